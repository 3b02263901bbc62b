/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What it costs to have a pair at all. */
#ifndef BENCH_SETUP_H
#define BENCH_SETUP_H

#include "measure.h"

/*
 * One repetition of mode setup: fills the blocks, the parts and the usage. Returns 0, or a
 * negative errno with the reason, as measure() does.
 */
int setup_measure(const struct options *options, const struct bench_case *bench_case,
		  struct outcome *outcome, char *why);

#endif /* BENCH_SETUP_H */
