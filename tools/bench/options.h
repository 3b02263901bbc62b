/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line of the comparison itself. */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <argp.h>

#include "bench.h"

/*
 * Fills @options. --help, --list and mistakes end the program. Has to be called
 * with clock_unit still undecided: the option or a trial decides it.
 */
void options_parse(int argc, char **argv, struct options *options);

/* From 1 to @max, for the commands' parsers, too; a mistake in @what ends the program. */
unsigned long options_number(struct argp_state *state, const char *text, unsigned long max,
			     const char *what);

/* The same for a percentage, 0 or more. */
double options_percent(struct argp_state *state, const char *text, const char *what);

#endif /* BENCH_OPTIONS_H */
