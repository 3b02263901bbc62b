// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "measure.h"
#include "restore.h"
#include "resume.h"

/* What ended in an error, or was cut off before its latencies one by one, is done again. */
static bool usable(const struct bench_case *c, const json_t *row)
{
	return !json_object_get(row, "failed") && !json_object_get(row, "skipped") &&
	       (!c->raw || json_object_get(row, "raw_latencies"));
}

static const json_t *find(const json_t *rows, const struct bench_case *c)
{
	json_t *row;
	size_t i;

	json_array_foreach((json_t *)rows, i, row)
		if (restore_matches(c, row))
			return row;
	return NULL;
}

/* The blocks of a repetition are equal, and each latency has its place. */
static bool goes_on(const struct bench_case *c)
{
	unsigned long most = c->mode == MODE_LATENCY ? LATENCIES_MAX : COUNT_MAX;
	unsigned long step = measure_step(c);

	return c->count % step == 0 && c->count < most + step;
}

static int take_rows(const struct options *options, struct results *results, const json_t *rows)
{
	const json_t *row;
	unsigned int i;
	int err = 0;

	for (i = 0; i < results->count && !err; i++) {
		struct bench_case *c = &results->cases[i];

		row = find(rows, c);
		if (row && usable(c, row))
			err = restore_row(c, row, options->repeat);
		if (!err && c->sample_count && !goes_on(c))
			err = -EINVAL;
		if (err)
			fprintf(stderr, "ipcx-bench: %s: %s %s: %s\n", options->resume,
				c->transport->name, mode_names[c->mode],
				err == -E2BIG ? "has more repetitions than asked for: try a larger --repeat" :
						"not a row of a result");
	}
	return err;
}

int resume_read(const struct options *options, struct results *results, json_t *env)
{
	json_t *file = json_read(options->resume), *mine;
	int err = -EINVAL;

	if (!file)
		return -EINVAL;
	mine = json_results(options, results, env);
	if (!mine)
		err = -ENOMEM;
	else if (!json_equal(json_object_get(file, "kind"), json_object_get(mine, "kind")) ||
		 !json_equal(json_object_get(file, "unit"), json_object_get(mine, "unit")))
		fprintf(stderr, "ipcx-bench: %s: of another kind, or in another unit\n",
			options->resume);
	else if (!restore_differs(json_object_get(mine, "environment"),
				  json_object_get(file, "environment"), "machines",
				  restore_environment) &&
		 !restore_differs(json_object_get(mine, "rules"), json_object_get(file, "rules"),
				  "rules", restore_rules))
		err = take_rows(options, results, json_object_get(file, "results"));
	json_decref(mine);
	json_decref(file);
	return err;
}
