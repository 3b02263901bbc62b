// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "figure.h"
#include "json.h"
#include "run.h"
#include "stats.h"

static json_t *repetitions(const struct bench_case *c)
{
	json_t *list = json_array();
	unsigned int i;

	for (i = 0; i < c->sample_count; i++)
		json_array_append_new(list, json_real(c->samples[i].per_message));
	return list;
}

/* Pairs of a bucket's largest value and how many are in it; what is not there is 0. */
static json_t *histogram(const struct histogram *h)
{
	json_t *list = json_array();
	uint64_t upper, count;
	unsigned int i;

	for (i = 0; histogram_next(h, &i, &upper, &count); i++)
		json_array_append_new(list, json_pack("[I, I]", (json_int_t)upper,
						      (json_int_t)count));
	return list;
}

static json_t *latencies(const struct bench_case *c)
{
	const struct histogram *h = c->latencies;

	if (!h->count)
		return json_null();
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}",
			 "count", (json_int_t)h->count, "min", (json_int_t)h->min,
			 "p50", (json_int_t)histogram_percentile(h, 50),
			 "p90", (json_int_t)histogram_percentile(h, 90),
			 "p99", (json_int_t)histogram_percentile(h, 99),
			 "p99.9", (json_int_t)histogram_percentile(h, 99.9),
			 "max", (json_int_t)h->max, "histogram", histogram(h));
}

static json_t *raw(const struct bench_case *c)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < c->raw_count; i++)
		json_array_append_new(list, json_integer((json_int_t)c->raw[i]));
	return list;
}

/* Without a step of the second process: null. */
static json_t *setup(const struct bench_case *c)
{
	json_t *parts = json_object();
	unsigned int i;

	for (i = 0; i < SETUP_PARTS; i++)
		json_object_set_new(parts, setup_names[i],
				    i == SETUP_ATTACH && !c->transport->attach ?
					    json_null() : json_real(case_part(c, i)));
	return parts;
}

static void add_rates(json_t *row, const struct bench_case *c)
{
	double rate = case_rate(c);

	if (rate <= 0)
		return;
	json_object_set_new(row, "messages_per_second", json_real(rate));
	json_object_set_new(row, "bytes_per_second", json_real(rate * (double)c->size));
}

static void add_figures(json_t *row, const struct bench_case *c, double noise)
{
	struct stats stats = case_stats(c);

	json_object_set_new(row, "figure", json_real(figure_of(c->mode, &stats)));
	json_object_set_new(row, "figure_is", json_string(figure_names[figure_kind(c->mode)]));
	json_object_set_new(row, "mean", json_real(stats.mean));
	json_object_set_new(row, "median", json_real(stats.median));
	json_object_set_new(row, "min", json_real(stats.min));
	json_object_set_new(row, "max", json_real(stats.max));
	json_object_set_new(row, "mad_percent", json_real(stats.mad_percent));
	json_object_set_new(row, "noisy", json_boolean(stats_noisy(&stats, noise)));
	add_rates(row, c);
	json_object_set_new(row, "repetitions", repetitions(c));
	json_object_set_new(row, "latency", latencies(c));
	if (c->mode == MODE_LATENCY && clock_unit == CLOCK_NS)
		json_object_set_new(row, "arrived_per_second", json_real(case_arrived(c)));
	if (c->mode == MODE_SETUP)
		json_object_set_new(row, "setup", setup(c));
	json_object_set_new(row, "cpu_ns", json_real(case_cpu_ns(c)));
	json_object_set_new(row, "context_switches", json_real(case_switches(c)));
	if (c->syscalls >= 0)
		json_object_set_new(row, "system_calls", json_real(c->syscalls));
	if (c->counted.known)
		json_object_set_new(row, "counted",
				    json_pack("{s:f, s:f, s:f, s:f}",
					      "instructions", c->counted.instructions,
					      "kernel_instructions", c->counted.kernel,
					      "locked_instructions", c->counted.locked,
					      "system_calls", c->counted.syscalls));
	if (c->raw)
		json_object_set_new(row, "raw_latencies", raw(c));
}

static json_t *json_case(const struct bench_case *c, double noise)
{
	json_t *row = json_pack("{s:s, s:s, s:I, s:i, s:I, s:I}",
				"transport", c->transport->name,
				"mode", mode_names[c->mode], "size", (json_int_t)c->size,
				"batch", (int)c->batch, "count", (json_int_t)c->count,
				"depth", (json_int_t)c->depth);

	if (c->senders > 1 || c->receivers > 1)
		json_object_set_new(row, "pairs", json_sprintf("%ux%u", c->senders,
								c->receivers));
	if (c->sample_count)
		add_figures(row, c, noise);
	if (c->err)
		json_object_set_new(row, c->skipped ? "skipped" : "failed",
				    json_string(c->why));
	return row;
}

json_t *json_document(const char *kind, json_t *env, json_t *rows)
{
	return json_pack("{s:i, s:s, s:s, s:O, s:O}", "ipcx-bench", JSON_FORMAT, "kind", kind,
			 "unit", strcmp(kind, "memory") ? clock_unit_name(clock_unit) : "bytes",
			 "environment", env, "results", rows);
}

json_t *json_results(const struct options *options, const struct results *results, json_t *env)
{
	json_t *rows = json_array(), *document, *rules;
	unsigned int i;

	for (i = 0; i < results->count; i++)
		json_array_append_new(rows, json_case(&results->cases[i], options->noise));
	document = json_document("transports", env, rows);
	json_decref(rows);
	rules = json_pack("{s:s, s:s, s:s, s:b, s:s, s:I, s:I, s:f, s:I, s:I}", "wait", wait_names[options->wait],
			  "cpus", cpus_names[options->cpus],
			  "policy", policy_names[options->policy], "framed", options->framed,
			  "payload_checked", options->check_inside ? "inside" : "outside",
			  "depth", (json_int_t)options->depth,
			  "repeat", (json_int_t)options->repeat, "noise_percent", options->noise,
			  "duration_ms", (json_int_t)options->duration_ms,
			  "rate", (json_int_t)options->rate);
	json_object_set_new(document, "rules", rules);
	json_object_set_new(document, "interrupted", json_boolean(results->interrupted));
	return document;
}

#define FLAGS	(JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(9))

/* A list of rows has one on each line: they are long, and a line is what tools compare. */
static int dump_member(const json_t *value, FILE *file)
{
	json_t *row;
	size_t i;
	int bad = 0;

	if (!json_is_array(value))
		return json_dumpf(value, file, FLAGS);
	fputs("[", file);
	json_array_foreach((json_t *)value, i, row) {
		fputs(i ? ",\n  " : "\n  ", file);
		bad |= json_dumpf(row, file, FLAGS);
	}
	fputs("]", file);
	return bad;
}

/* One member on each line. */
static int dump(const json_t *object, FILE *file)
{
	const char *key, *between = "{\n ";
	json_t *value;
	int bad = 0;

	json_object_foreach((json_t *)object, key, value) {
		fprintf(file, "%s\"%s\": ", between, key);
		bad |= dump_member(value, file);
		between = ",\n ";
	}
	fputs("\n}\n", file);
	return bad || fflush(file) || ferror(file) ? -1 : 0;
}

/* What was there before stays whole until what is new is whole. */
static int dump_file(const json_t *object, const char *path)
{
	char *other;
	FILE *file;
	int bad;

	if (asprintf(&other, "%s.new", path) < 0)
		return -1;
	file = fopen(other, "we");
	bad = !file || dump(object, file) < 0;
	if (file)
		bad |= fclose(file) != 0;
	if (!bad)
		bad = rename(other, path) < 0;
	if (bad && file) {
		int why = errno;

		unlink(other);
		errno = why;
	}
	free(other);
	return bad ? -1 : 0;
}

/* A device, a pipe or a link is nothing that another file could take the place of. */
static int dump_in_place(const json_t *object, const char *path)
{
	FILE *file = fopen(path, "we");
	int bad;

	if (!file)
		return -1;
	bad = dump(object, file);
	return fclose(file) || bad ? -1 : 0;
}

/* Not by where a link leads: /dev/stdout leads to a file as well as to a terminal. */
static bool replaceable(const char *path)
{
	struct stat st;

	return lstat(path, &st) < 0 || S_ISREG(st.st_mode);
}

/* Whether dump_file() could begin. */
static bool can_replace(const char *path)
{
	char *other;
	int fd;

	if (asprintf(&other, "%s.new", path) < 0)
		return false;
	fd = open(other, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (fd >= 0) {
		close(fd);
		unlink(other);
	}
	free(other);
	return fd >= 0;
}

/* The same of dump_in_place(). What opening means to who reads a FIFO is left for the end. */
static bool can_open(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno == ENOENT;
	if (S_ISDIR(st.st_mode))
		errno = EISDIR;
	return !S_ISDIR(st.st_mode) && access(path, W_OK) == 0;
}

int json_can_write(const char *path)
{
	if (strcmp(path, "-") == 0 || (replaceable(path) ? can_replace(path) : can_open(path)))
		return 0;
	fprintf(stderr, "ipcx-bench: cannot write %s: %s\n", path, strerror(errno));
	return -1;
}

int json_write(json_t *value, const char *path)
{
	int bad;

	if (!value)
		errno = ENOMEM;
	if (!value)
		bad = -1;
	else if (strcmp(path, "-") == 0)
		bad = dump(value, stdout);
	else if (replaceable(path))
		bad = dump_file(value, path);
	else
		bad = dump_in_place(value, path);
	json_decref(value);
	if (bad)
		fprintf(stderr, "ipcx-bench: cannot write %s: %s\n", path, strerror(errno));
	return bad ? -1 : 0;
}

void json_keep(json_t *value, const char *path)
{
	if (value && strcmp(path, "-") && replaceable(path))
		dump_file(value, path);
	json_decref(value);
}

int json_save(const char *kind, json_t *env, json_t *rows, const char *path)
{
	int ret = path ? json_write(json_document(kind, env, rows), path) : 0;

	json_decref(env);
	json_decref(rows);
	return ret;
}

json_t *json_read(const char *path)
{
	json_error_t error;
	json_t *value = json_load_file(path, 0, &error);

	if (!value) {
		fprintf(stderr, "ipcx-bench: %s: %s\n", path, error.text);
		return NULL;
	}
	if (json_integer_value(json_object_get(value, "ipcx-bench")) != JSON_FORMAT ||
	    !json_is_string(json_object_get(value, "kind")) ||
	    !json_is_string(json_object_get(value, "unit")) ||
	    !json_is_object(json_object_get(value, "environment")) ||
	    !json_is_array(json_object_get(value, "results"))) {
		fprintf(stderr, "ipcx-bench: %s: not a result of this version of ipcx-bench\n",
			path);
		json_decref(value);
		return NULL;
	}
	return value;
}
