/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of a row's repetitions stands for it. */
#ifndef BENCH_FIGURE_H
#define BENCH_FIGURE_H

#include "bench.h"
#include "stats.h"

/**
 * enum figure - What stands for a row.
 * @FIGURE_MEDIAN: the median of its repetitions
 * @FIGURE_FEWEST: the one that took least
 */
enum figure {
	FIGURE_MEDIAN,
	FIGURE_FEWEST,
};

extern const char *const figure_names[2];

/*
 * Of nanoseconds always the median. Of instructions the fewest, where the same
 * work is done in every repetition: what happens now and then only adds (see
 * hold_files() in measure.c), so that no other figure comes out the same every
 * time. One way it is not the same work: of two processes on one CPU the scheduler
 * decides how many messages one moves before the other runs, and it is a matter of
 * luck whether a repetition has fewer switches than all others. There the median
 * comes out the same every time.
 */
enum figure figure_kind(enum mode mode);

/* The figure of a row of this mode. */
double figure_of(enum mode mode, const struct stats *stats);

#endif /* BENCH_FIGURE_H */
