// SPDX-License-Identifier: LGPL-2.1-or-later
/* ipcx-bench compare: what has changed from one run to another, beyond their noise? */
#include <argp.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "commands.h"
#include "json.h"
#include "options.h"
#include "restore.h"

/**
 * struct compare - What to hold against what.
 * @paths: the files
 * @bound: percent; negative: beyond the spread
 * @less: what a smaller figure is called
 * @more: what a larger one is called
 */
struct compare {
	const char *paths[2];
	double bound;
	const char *less;
	const char *more;
};

/* Without --bound, where figures spread: what lies so far apart counts as changed. */
#define SPREADS	3
#define LEAST	1.0

static const struct argp_option arguments[] = {
	{ "bound", 'b', "PERCENT", 0, "Largest difference allowed, whatever the spread (default: of instructions 1; else what is beyond the spread of both runs has changed)", 1 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct compare *compare = state->input;

	switch (key) {
	case 'b':
		compare->bound = options_percent(state, arg, "--bound");
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num > 1)
			argp_error(state, "more than two files");
		else
			compare->paths[state->arg_num] = arg;
		return 0;
	case ARGP_KEY_END:
		if (state->arg_num < 2)
			argp_error(state, "two files, please");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static bool same_value(const json_t *a, const json_t *b, const char *key)
{
	const json_t *x = json_object_get(a, key), *y = json_object_get(b, key);

	return x == y || json_equal((json_t *)x, (json_t *)y);
}

/* A row is found again by everything that is not a measurement. */
static bool same_row(const json_t *a, const json_t *b)
{
	static const char *const keys[] = {
		"transport", "mode", "size", "batch", "queued", "priorities", "peer", "wait",
		"between", "rate", "pairs",
	};
	unsigned int i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!same_value(a, b, keys[i]))
			return false;
	return true;
}

static const json_t *find(const json_t *rows, const json_t *like)
{
	json_t *row;
	size_t i;

	json_array_foreach((json_t *)rows, i, row)
		if (same_row(row, like))
			return row;
	return NULL;
}

static void print_name(const json_t *row)
{
	const char *mode = json_string_value(json_object_get(row, "mode"));
	const char *pairs = json_string_value(json_object_get(row, "pairs"));
	char text[128];

	snprintf(text, sizeof(text), "%s %s %lld x%lld %s",
		 json_string_value(json_object_get(row, "transport")), mode ? mode : "",
		 (long long)json_integer_value(json_object_get(row, "size")),
		 (long long)json_integer_value(json_object_get(row, "batch")),
		 pairs ? pairs : "");
	printf("%-40s", text);
}

/**
 * struct tally - What came of the rows.
 * @rows: both files have a figure
 * @changed: beyond the bound, or beyond both spreads
 * @lone: only one file has a figure, or only one a median
 * @worst: largest difference, in percent
 */
struct tally {
	unsigned int rows;
	unsigned int changed;
	unsigned int lone;
	double worst;
};

static double spread(const json_t *row)
{
	return json_number_value(json_object_get(row, "mad_percent"));
}

/* In percent; a median's distance to another is noise as far as repetitions lie apart. */
static double allowed(const struct compare *compare, const json_t *a, const json_t *b)
{
	double percent;

	if (compare->bound >= 0)
		return compare->bound;
	percent = SPREADS * (spread(a) > spread(b) ? spread(a) : spread(b));
	return percent > LEAST ? percent : LEAST;
}

static double difference(double first, double second)
{
	if (first != 0)
		return 100 * (second - first) / first;
	return second != 0 ? INFINITY : 0;
}

static void compare_figures(const struct compare *compare, const json_t *a, const json_t *b,
			    struct tally *tally)
{
	double first = json_number_value(json_object_get(a, "figure"));
	double second = json_number_value(json_object_get(b, "figure"));
	double percent = difference(first, second), most = allowed(compare, a, b);

	printf(" %12.1f %12.1f %+8.2f %%", first, second, percent);
	if (compare->bound < 0)
		printf(" +-%6.2f", most);
	tally->rows++;
	if (fabs(percent) > tally->worst)
		tally->worst = fabs(percent);
	if (fabs(percent) > most) {
		tally->changed++;
		printf("  %s", percent < 0 ? compare->less : compare->more);
	}
	puts("");
}

static void compare_row(const struct compare *compare, const json_t *a, const json_t *b,
			struct tally *tally)
{
	const json_t *x = json_object_get(a, "figure"), *y = json_object_get(b, "figure");

	if (!x && !y)
		return;
	print_name(a ? a : b);
	if (x && y && same_value(a, b, "figure_is")) {
		compare_figures(compare, a, b, tally);
		return;
	}
	tally->lone++;
	printf(" %s in one run only\n", x && y ? "a median" : "measured");
}

/* As the exit status says. */
static bool agree(const struct compare *compare, const struct tally *tally)
{
	if (compare->bound >= 0)
		printf("%u rows, largest difference %.2f %%, bound %.2f %%: ", tally->rows,
		       tally->lone ? INFINITY : tally->worst, compare->bound);
	else
		printf("%u rows, %u changed beyond %d times the larger spread (%g %% at least), %u in one run only: ",
		       tally->rows, tally->changed, SPREADS, LEAST, tally->lone);
	return tally->rows && !tally->changed && !tally->lone;
}

/* What a smaller figure means is known of times only. */
static void choose_words(struct compare *compare, const json_t *file)
{
	const char *kind = json_string_value(json_object_get(file, "kind"));
	bool times = kind && strcmp(kind, "transports") == 0;

	compare->less = times ? "faster" : "less";
	compare->more = times ? "slower" : "more";
}

static bool same_unit(struct compare *compare, const json_t *a, const json_t *b)
{
	const char *unit = json_string_value(json_object_get(a, "unit"));

	if (!same_value(a, b, "unit") || !same_value(a, b, "kind")) {
		fprintf(stderr, "ipcx-bench: the two files are of different kinds or in different units\n");
		return false;
	}
	if (compare->bound < 0 && unit && strcmp(unit, "ns"))
		compare->bound = 1;
	return true;
}

/* In one word or number, if it has one. */
static char *plainly(const json_t *value)
{
	if (!value)
		return strdup("nothing");
	if (json_is_string(value))
		return strdup(json_string_value(value));
	return json_is_object(value) || json_is_array(value) ? NULL :
	       json_dumps(value, JSON_ENCODE_ANY);
}

/* Machines and rules may differ, if that is the question; who reads the figures has to know. */
static void print_differences(const json_t *a, const json_t *b, const char *part,
			      const char *const *except)
{
	json_t *all = json_object(), *value;
	const char *key;
	char *one, *other;

	json_object_update(all, json_object_get(a, part));
	json_object_update_missing(all, json_object_get(b, part));
	a = json_object_get(a, part);
	b = json_object_get(b, part);
	json_object_foreach(all, key, value) {
		if (restore_excepted(except, key) || same_value(a, b, key))
			continue;
		/* A rule that older files do not have: nobody could ask for it. */
		if (!(json_object_get(a, key) && json_object_get(b, key)) &&
		    json_is_integer(value) && !json_integer_value(value))
			continue;
		one = plainly(json_object_get(a, key));
		other = plainly(json_object_get(b, key));
		if (one && other)
			printf("NOT THE SAME %-12s %s: %s, then %s\n", part, key, one, other);
		else
			printf("NOT THE SAME %-12s %s\n", part, key);
		free(one);
		free(other);
	}
	json_decref(all);
}

static int compare_all(struct compare *compare, const json_t *a, const json_t *b)
{
	const json_t *rows[2] = { json_object_get(a, "results"), json_object_get(b, "results") };
	struct tally tally = { 0 };
	json_t *row;
	size_t i;
	bool same;

	if (!same_unit(compare, a, b))
		return EXIT_BAD;
	choose_words(compare, a);
	print_differences(a, b, "environment", restore_environment);
	print_differences(a, b, "rules", restore_rules);
	printf("%-40s %12s %12s %10s%s\n", "ROW", "FIRST", "SECOND", "CHANGE",
	       compare->bound < 0 ? "  +- NOISE" : "");
	json_array_foreach((json_t *)rows[0], i, row) {
		compare_row(compare, row, find(rows[1], row), &tally);
	}
	json_array_foreach((json_t *)rows[1], i, row) {
		if (!find(rows[0], row))
			compare_row(compare, NULL, row, &tally);
	}
	same = agree(compare, &tally);
	puts(same ? "agree" : "DIFFER");
	return same ? EXIT_DONE : EXIT_BAD;
}

int command_compare(int argc, char **argv)
{
	static const struct argp argp = {
		.options = arguments,
		.parser = parse,
		.args_doc = "A.json B.json",
		.doc = "Compare the figures of two runs row by row and mark what has changed beyond their noise."
		       "\vWhere the two were measured on other machines or by other rules, that is told first.\n\n"
		       "Examples:\n"
		       "  ipcx-bench compare before.json after.json\n"
		       "  ipcx-bench compare --bound 1 first.json again.json   instructions, or every percent counts\n\n"
		       "Exit status: 0: every row is in both files and has not changed; 1: not; 2: wrong usage.",
	};
	struct compare compare = { .bound = -1 };
	json_t *a, *b;
	int status = EXIT_BAD;

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &compare);
	a = json_read(compare.paths[0]);
	b = json_read(compare.paths[1]);
	if (a && b)
		status = compare_all(&compare, a, b);
	json_decref(a);
	json_decref(b);
	return status;
}
