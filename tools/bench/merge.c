// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * ipcx-bench merge: several runs of one machine and one set of rules as one: the rows of all,
 * and of a row that several have the repetitions of all.
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "json.h"
#include "restore.h"
#include "run.h"
#include "switch.h"

#define FILES_MAX	64

/**
 * struct merge - What to do.
 * @paths: files to read
 * @count: how many
 * @out: file to write
 */
struct merge {
	const char *paths[FILES_MAX];
	unsigned int count;
	const char *out;
};

static const struct argp_option arguments[] = {
	{ "output", 'o', "FILE", 0, "Where to write what came of it; - for stdout", 1 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct merge *merge = state->input;

	switch (key) {
	case 'o':
		merge->out = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (merge->count == FILES_MAX)
			argp_error(state, "more than %u files", FILES_MAX);
		merge->paths[merge->count++] = arg;
		return 0;
	case ARGP_KEY_END:
		if (merge->count < 2)
			argp_error(state, "two files at least, please");
		if (!merge->out)
			argp_error(state, "where to? add -o FILE");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct ipcx_transport_ops *transport_of(const json_t *row)
{
	const char *name = json_string_value(json_object_get(row, "transport"));

	if (!name)
		return NULL;
	return strcmp(name, switch_ops.name) ? ipcx_transport_find(name) : &switch_ops;
}

static int mode_of(const json_t *row)
{
	const char *name = json_string_value(json_object_get(row, "mode"));
	int mode;

	for (mode = 0; name && mode < MODE_COUNT; mode++)
		if (strcmp(name, mode_names[mode]) == 0)
			return mode;
	return -1;
}

static struct bench_case *add_case(struct results *results, const json_t *row)
{
	struct bench_case *c = &results->cases[results->count];
	int mode = mode_of(row);

	c->transport = transport_of(row);
	if (!c->transport || mode < 0)
		return NULL;
	c->mode = (enum mode)mode;
	c->size = (size_t)json_integer_value(json_object_get(row, "size"));
	c->batch = (unsigned int)json_integer_value(json_object_get(row, "batch"));
	c->senders = restore_pairs(row).senders;
	c->receivers = restore_pairs(row).receivers;
	c->syscalls = -1;
	c->depth = (unsigned int)json_integer_value(json_object_get(row, "depth"));
	c->samples = calloc(REPEAT_MAX, sizeof(*c->samples));
	c->latencies = calloc(1, sizeof(*c->latencies));
	results->count++;
	return c->samples && c->latencies ? c : NULL;
}

static struct bench_case *case_of(struct results *results, const json_t *row)
{
	unsigned int i;

	for (i = 0; i < results->count; i++)
		if (restore_matches(&results->cases[i], row))
			return &results->cases[i];
	return add_case(results, row);
}

/* Why a row has no figure, unless another file has one. */
static void note_reason(struct bench_case *c, const json_t *row)
{
	const json_t *skipped = json_object_get(row, "skipped"), *failed = json_object_get(row, "failed");

	if (c->sample_count) {
		c->err = 0;
		return;
	}
	if (!skipped && !failed)
		return;
	c->err = -ENOTSUP;
	c->skipped = !failed;
	snprintf(c->why, sizeof(c->why), "%s", json_string_value(failed ? failed : skipped));
}

static int add_file(struct results *results, const json_t *file, const char *path)
{
	json_t *rows = json_object_get(file, "results"), *row;
	struct bench_case *c;
	size_t i;
	int err;

	results->interrupted |= json_is_true(json_object_get(file, "interrupted"));
	json_array_foreach(rows, i, row) {
		c = case_of(results, row);
		err = c ? restore_row(c, row, REPEAT_MAX) : -EINVAL;
		if (err) {
			fprintf(stderr, "ipcx-bench: %s: row %zu: %s\n", path, i + 1,
				err == -E2BIG ? "too many repetitions" : "not a row of a comparison");
			return err;
		}
		note_reason(c, row);
	}
	return 0;
}

static bool fits(const json_t *first, const json_t *file, const char *path)
{
	if (!json_equal(json_object_get(first, "kind"), json_object_get(file, "kind")) ||
	    !json_equal(json_object_get(first, "unit"), json_object_get(file, "unit"))) {
		fprintf(stderr, "ipcx-bench: %s: of another kind, or in another unit\n", path);
		return false;
	}
	return !restore_differs(json_object_get(first, "environment"),
				json_object_get(file, "environment"), "machines",
				restore_environment) &&
	       !restore_differs(json_object_get(first, "rules"), json_object_get(file, "rules"),
				"rules", restore_rules);
}

/* The rules are the first file's, but for how often each row was repeated. */
static json_t *document(const struct results *results, const json_t *first)
{
	json_t *rules = json_object_get(first, "rules"), *made;
	struct options options = {
		.noise = json_number_value(json_object_get(rules, "noise_percent")),
	};
	unsigned int i, most = 0;

	for (i = 0; i < results->count; i++)
		if (results->cases[i].sample_count > most)
			most = results->cases[i].sample_count;
	made = json_results(&options, results, json_object_get(first, "environment"));
	json_object_set_new(rules, "repeat", json_integer(most));
	json_object_set(made, "rules", rules);
	return made;
}

static int merge_all(const struct merge *merge, json_t **files)
{
	struct results results = { 0 };
	size_t most = 0;
	unsigned int i;
	int err = 0;

	if (strcmp(json_string_value(json_object_get(files[0], "kind")), "transports")) {
		fprintf(stderr, "ipcx-bench: %s: not a comparison of transports\n",
			merge->paths[0]);
		return EXIT_BAD;
	}
	clock_unit = strcmp(json_string_value(json_object_get(files[0], "unit")), "ns") ?
			     CLOCK_INSTRUCTIONS : CLOCK_NS;
	for (i = 0; i < merge->count; i++)
		most += json_array_size(json_object_get(files[i], "results"));
	results.cases = calloc(most + 1, sizeof(*results.cases));
	if (!results.cases) {
		fprintf(stderr, "ipcx-bench: %s\n", strerror(ENOMEM));
		return EXIT_BAD;
	}
	for (i = 0; i < merge->count && !err; i++)
		err = fits(files[0], files[i], merge->paths[i]) ?
			      add_file(&results, files[i], merge->paths[i]) : -EINVAL;
	if (!err)
		err = json_write(document(&results, files[0]), merge->out);
	results_free(&results);
	return err ? EXIT_BAD : EXIT_DONE;
}

int command_merge(int argc, char **argv)
{
	static const struct argp argp = {
		.options = arguments,
		.parser = parse,
		.args_doc = "A.json B.json...",
		.doc = "Make one result of several of the same machine and rules."
		       "\vA row that several have gets the repetitions of all. Example:\n"
		       "  ipcx-bench merge monday.json tuesday.json -o both.json\n\n"
		       "Exit status: 0: written; 1: a file cannot be read, or they do not belong together; 2: wrong usage.",
	};
	struct merge merge = { 0 };
	json_t *files[FILES_MAX] = { 0 };
	int status = EXIT_DONE;
	unsigned int i;

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &merge);
	for (i = 0; i < merge.count; i++) {
		files[i] = json_read(merge.paths[i]);
		if (!files[i])
			status = EXIT_BAD;
	}
	if (status == EXIT_DONE)
		status = merge_all(&merge, files);
	for (i = 0; i < merge.count; i++)
		json_decref(files[i]);
	return status;
}
