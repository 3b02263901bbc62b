/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Results as JSON, and JSON files in general. */
#ifndef BENCH_JSON_H
#define BENCH_JSON_H

#include <jansson.h>

#include "bench.h"

/* Version of the format: the "ipcx-bench" member of every file. */
#define JSON_FORMAT	1

/* Everything about a run; NULL without memory. Takes a reference of @env. */
json_t *json_results(const struct options *options, const struct results *results,
		     json_t *env);

/* The same frame for the other commands. Takes references of @env and @rows. */
json_t *json_document(const char *kind, json_t *env, json_t *rows);

/*
 * Whether json_write() to there would fail, as far as that can be known before there is anything
 * to write: nobody should wait for hours to hear it. Tells why on stderr. Returns 0 or -1.
 */
int json_can_write(const char *path);

/*
 * Writes @value to the file, or to stdout for "-", and gives up its reference.
 * Tells what is wrong on stderr. Returns 0 or -1.
 */
int json_write(json_t *value, const char *path);

/*
 * Writes the document of such a command to the file, unless @path is NULL, and gives up
 * the references to @env and @rows. Returns 0 or -1.
 */
int json_save(const char *kind, json_t *env, json_t *rows, const char *path);

/*
 * Writes what there is of a run that goes on, where nobody reads it meanwhile: to a file that
 * can be replaced, or else not at all. Says nothing: the run's end will.
 */
void json_keep(json_t *value, const char *path);

/* Reads a file that json_write() wrote. NULL: told on stderr. */
json_t *json_read(const char *path);

#endif /* BENCH_JSON_H */
