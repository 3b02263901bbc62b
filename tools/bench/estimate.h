/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How long a run will take, and what is left of it. */
#ifndef BENCH_ESTIMATE_H
#define BENCH_ESTIMATE_H

#include "bench.h"

/* Room for estimate_text(). */
#define ESTIMATE_TEXT	32

/*
 * Milliseconds from pass @number, case @index, on to the end of the run: by what each case
 * took last, and before that by what was asked for. Negative: nobody knows yet.
 */
double estimate_left(const struct options *options, const struct results *results,
		     unsigned long number, unsigned int index);

/* For people: "8 s", "3 min 20 s", "1 h 05 min". */
const char *estimate_text(double ms, char text[ESTIMATE_TEXT]);

#endif /* BENCH_ESTIMATE_H */
