/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One line that tells how far the run is, where somebody can see it. */
#ifndef BENCH_PROGRESS_H
#define BENCH_PROGRESS_H

#include "bench.h"

/* Shows nothing unless stderr is a terminal and @quiet is false. */
void progress_init(bool quiet);

/* @done of @all steps are behind, and about @left_ms before us; negative: not known. */
void progress_step(unsigned long done, unsigned long all, double left_ms,
		   const struct bench_case *next);

void progress_end(void);

#endif /* BENCH_PROGRESS_H */
