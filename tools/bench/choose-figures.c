// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which results: those that were named; else the newest in $XDG_STATE_HOME/ipcx; else
 * out/bench.json, where "make run" leaves them; else the sample that is part of the program.
 * Of several the newest that was measured with the way of waiting that is asked for; figures
 * are never taken from two of them, which would compare two machines.
 */
#include <glob.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "choose.h"
#include "env.h"
#include "json.h"
#include "sample.h"

#define HERE	"out/bench.json"

static const char *get(const json_t *value, const char *object, const char *key)
{
	return json_string_value(json_object_get(json_object_get(value, object), key));
}

/* What a machine is known by. */
static bool same_machine(const json_t *a, const json_t *b)
{
	static const char *const keys[] = { "kernel", "machine", "cpu", "cpus", "virtualization" };
	unsigned int i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!json_equal(json_object_get(a, keys[i]), json_object_get(b, keys[i])))
			return false;
	return true;
}

static void set_time(struct figures *figures)
{
	const char *own = get(figures->document, "environment", "time");
	struct stat stat_buf;
	struct tm tm;

	if (own)
		snprintf(figures->time, sizeof(figures->time), "%s", own);
	else if (figures->path && stat(figures->path, &stat_buf) == 0 &&
		 gmtime_r(&stat_buf.st_mtime, &tm))
		strftime(figures->time, sizeof(figures->time), "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* One sender, one receiver, as fast as they can, a message a call. */
static bool is_row(const json_t *row, const char *mode)
{
	const char *is = json_string_value(json_object_get(row, "mode"));
	const char *pairs = json_string_value(json_object_get(row, "pairs"));

	return is && strcmp(is, mode) == 0 && json_object_get(row, "figure") &&
	       json_integer_value(json_object_get(row, "batch")) == 1 &&
	       (!pairs || strcmp(pairs, "1x1") == 0) && !json_object_get(row, "rate");
}

/* Set-ups, batches, or crowds alone rank nobody. */
static bool ranks(const json_t *document)
{
	json_t *rows = json_object_get(document, "results"), *row;
	size_t i;

	json_array_foreach(rows, i, row)
		if (is_row(row, "roundtrip") || is_row(row, "oneway"))
			return true;
	return false;
}

static int describe(struct figures *figures)
{
	const json_t *environment = json_object_get(figures->document, "environment");
	const char *kind = json_string_value(json_object_get(figures->document, "kind"));
	json_t *here;

	figures->unit = json_string_value(json_object_get(figures->document, "unit"));
	figures->wait = get(figures->document, "rules", "wait");
	if (!kind || strcmp(kind, "transports") || !figures->unit || !figures->wait ||
	    !json_is_object(environment) ||
	    !json_is_array(json_object_get(figures->document, "results"))) {
		fprintf(stderr, "ipcx-bench choose: %s: not results of a comparison: make some with ipcx-bench --json FILE\n",
			figures->path ? figures->path : "the sample");
		return -1;
	}
	if (!ranks(figures->document)) {
		fprintf(stderr, "ipcx-bench choose: %s: has neither round trips nor messages one way, one by one, to rank by: make some with ipcx-bench --modes roundtrip,oneway --json FILE\n",
			figures->path ? figures->path : "the sample");
		return -1;
	}
	set_time(figures);
	figures->emulated = env_emulated(environment);
	here = env_collect();
	figures->here = same_machine(environment, here);
	json_decref(here);
	return 0;
}

static int figures_read(struct figures *figures, const char *path)
{
	*figures = (struct figures){ .path = path };
	figures->document = path ? json_read(path) : json_loads(sample, 0, NULL);
	if (!figures->document || describe(figures) < 0) {
		json_decref(figures->document);
		figures->document = NULL;
		return -1;
	}
	return 0;
}

static bool better(const struct figures *a, const struct figures *b, const struct needs *needs)
{
	bool waits_a = strcmp(a->wait, wait_names[needs->wait]) == 0;
	bool waits_b = strcmp(b->wait, wait_names[needs->wait]) == 0;

	if (waits_a != waits_b)
		return waits_a;
	return strcmp(a->time, b->time) > 0;
}

/* A file that was named has to be good; one that was found is passed over, with a word. */
static int best_of(struct figures *figures, const char *const *paths, unsigned int count,
		   const struct needs *needs, bool named)
{
	struct figures next;
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (figures_read(&next, paths[i]) < 0) {
			if (named)
				return -1;
			continue;
		}
		if (figures->document && !better(&next, figures, needs)) {
			json_decref(next.document);
			continue;
		}
		json_decref(figures->document);
		*figures = next;
	}
	return 0;
}

static void find_kept(struct figures *figures, const struct needs *needs)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	char pattern[PATH_MAX];
	static glob_t found;
	int n;

	if (state && *state == '/')
		n = snprintf(pattern, sizeof(pattern), "%s/ipcx/*.json", state);
	else
		n = snprintf(pattern, sizeof(pattern), "%s/.local/state/ipcx/*.json",
			     home ? home : "");
	/* What is found stays: paths point into it. */
	if (n < (int)sizeof(pattern) && glob(pattern, 0, NULL, &found) == 0)
		best_of(figures, (const char *const *)found.gl_pathv,
			(unsigned int)found.gl_pathc, needs, false);
}

int figures_find(struct figures *figures, const char *const *paths, unsigned int count,
		 const struct needs *needs)
{
	static const char *const here[] = { HERE };

	*figures = (struct figures){ 0 };
	if (count)
		return best_of(figures, paths, count, needs, true);
	find_kept(figures, needs);
	if (!figures->document && access(HERE, R_OK) == 0)
		best_of(figures, here, 1, needs, false);
	return figures->document ? 0 : figures_read(figures, NULL);
}

/* ---- what is in them ---- */

static double distance(size_t a, size_t b)
{
	return fabs(log((double)(a ? a : 1)) - log((double)(b ? b : 1)));
}

static void set_size(struct figures *figures, size_t wanted)
{
	json_t *rows = json_object_get(figures->document, "results"), *row;
	bool first = true;
	size_t i, size;

	json_array_foreach(rows, i, row) {
		if (!is_row(row, "roundtrip") && !is_row(row, "oneway"))
			continue;
		size = (size_t)json_integer_value(json_object_get(row, "size"));
		if (first || distance(size, wanted) < distance(figures->size, wanted))
			figures->size = size;
		first = false;
	}
}

static struct cost cost_of(const struct figures *figures, const char *name, const char *mode)
{
	json_t *rows = json_object_get(figures->document, "results"), *row;
	const char *transport;
	size_t i;

	json_array_foreach(rows, i, row) {
		transport = json_string_value(json_object_get(row, "transport"));
		if (!transport || strcmp(transport, name) || !is_row(row, mode) ||
		    (size_t)json_integer_value(json_object_get(row, "size")) != figures->size)
			continue;
		return (struct cost){
			.known = true,
			.value = json_number_value(json_object_get(row, "figure")),
			.spread = json_number_value(json_object_get(row, "mad_percent")),
			.p99 = json_number_value(json_object_get(json_object_get(row, "latency"),
								 "p99")),
		};
	}
	return (struct cost){ 0 };
}

/* ---- order ---- */

double choose_cost(const struct needs *needs, const struct candidate *candidate)
{
	const struct cost *cost = needs->prefer == PREFER_THROUGHPUT ? &candidate->oneway :
				  &candidate->roundtrip;

	return cost->known ? cost->value : INFINITY;
}

bool choose_last(const struct needs *needs, const struct candidate *candidate)
{
	return !needs->lossy && !feature_has(candidate->ops, FEATURE_LOSSLESS);
}

static const struct needs *ranked_for;

static int compare(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	double cost_x = choose_cost(ranked_for, x), cost_y = choose_cost(ranked_for, y);

	if (!x->failed != !y->failed)
		return x->failed ? 1 : -1;
	if (!x->failed && choose_last(ranked_for, x) != choose_last(ranked_for, y))
		return choose_last(ranked_for, x) ? 1 : -1;
	if (!x->failed && ranked_for->prefer == PREFER_SIMPLICITY &&
	    x->guide->effort != y->guide->effort)
		return x->guide->effort < y->guide->effort ? -1 : 1;
	if (!x->failed && cost_x != cost_y)
		return cost_x < cost_y ? -1 : 1;
	return strcmp(x->ops->name, y->ops->name);
}

void figures_rank(struct choice *choice)
{
	struct figures *figures = &choice->figures;
	unsigned int i;

	set_size(figures, choice->needs.size);
	for (i = 0; i < choice->count; i++) {
		struct candidate *c = &choice->candidates[i];

		c->roundtrip = cost_of(figures, c->ops->name, "roundtrip");
		c->oneway = cost_of(figures, c->ops->name, "oneway");
	}
	ranked_for = &choice->needs;
	qsort(choice->candidates, choice->count, sizeof(*choice->candidates), compare);
}
