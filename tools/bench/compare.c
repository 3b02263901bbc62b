// SPDX-License-Identifier: LGPL-2.1-or-later
/* ipcx-bench compare: do two runs agree? */
#include <argp.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "commands.h"
#include "json.h"
#include "options.h"

struct compare {
	const char *paths[2];
	double bound;
};

static const struct argp_option arguments[] = {
	{ "bound", 'b', "PERCENT", 0, "Largest difference allowed (default: 1)", 1 },
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
		"between",
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
	char text[128];

	snprintf(text, sizeof(text), "%s %s %lld x%lld",
		 json_string_value(json_object_get(row, "transport")), mode ? mode : "",
		 (long long)json_integer_value(json_object_get(row, "size")),
		 (long long)json_integer_value(json_object_get(row, "batch")));
	printf("%-40s", text);
}

/*
 * Returns the difference in percent, or infinity where only one has a figure, or
 * the one a median and the other the fewest.
 */
static double compare_row(const json_t *a, const json_t *b)
{
	const json_t *x = json_object_get(a, "figure"), *y = json_object_get(b, "figure");
	double first, second, percent;

	if (!x && !y)
		return 0;
	print_name(a);
	if (!x || !y) {
		printf(" measured in one run only\n");
		return INFINITY;
	}
	if (!same_value(a, b, "figure_is")) {
		printf(" a median in one run only\n");
		return INFINITY;
	}
	first = json_number_value(x);
	second = json_number_value(y);
	percent = first != 0 ? 100 * (second - first) / first : second != 0 ? INFINITY : 0;
	printf(" %12.1f %12.1f %+8.2f %%\n", first, second, percent);
	return fabs(percent);
}

static int compare_all(const json_t *a, const json_t *b, double bound)
{
	const json_t *rows[2] = { json_object_get(a, "results"), json_object_get(b, "results") };
	double percent, worst = 0;
	unsigned int n = 0;
	const json_t *other;
	json_t *row;
	size_t i;

	if (!same_value(a, b, "unit")) {
		fprintf(stderr, "ipcx-bench: the two files are in different units\n");
		return EXIT_BAD;
	}
	json_array_foreach((json_t *)rows[0], i, row) {
		other = find(rows[1], row);
		percent = compare_row(row, other);
		if (percent > worst)
			worst = percent;
		n += json_object_get(row, "figure") && other && json_object_get(other, "figure");
	}
	if (json_array_size(rows[0]) != json_array_size(rows[1]))
		worst = INFINITY;
	printf("%u rows, largest difference %.2f %%, bound %.2f %%: %s\n", n, worst, bound,
	       n && worst <= bound ? "agree" : "DIFFER");
	return n && worst <= bound ? EXIT_DONE : EXIT_BAD;
}

int command_compare(int argc, char **argv)
{
	static const struct argp argp = {
		.options = arguments,
		.parser = parse,
		.args_doc = "A.json B.json",
		.doc = "Compare the figures of two runs row by row."
		       "\vExit status: 0: every row is in both files and within the bound; 1: not; 2: wrong usage.",
	};
	struct compare compare = { .bound = 1 };
	json_t *a, *b;
	int status = EXIT_BAD;

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &compare);
	a = json_read(compare.paths[0]);
	b = json_read(compare.paths[1]);
	if (a && b)
		status = compare_all(a, b, compare.bound);
	json_decref(a);
	json_decref(b);
	return status;
}
