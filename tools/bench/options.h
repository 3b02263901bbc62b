/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line of the comparison itself. */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include "bench.h"

/*
 * Fills @options. --help, --list and mistakes end the program. Has to be called
 * with clock_unit still undecided: the option or a trial decides it.
 */
void options_parse(int argc, char **argv, struct options *options);

#endif /* BENCH_OPTIONS_H */
