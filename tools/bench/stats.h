/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The middle and the spread of a few measurements. */
#ifndef BENCH_STATS_H
#define BENCH_STATS_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct stats - Summary.
 * @mean: mean
 * @median: middle value, or the mean of the two middle ones
 * @min: smallest
 * @max: largest
 * @mad_percent: median distance from the median, in percent of the median; 0
 *	where that is 0
 */
struct stats {
	double mean;
	double median;
	double min;
	double max;
	double mad_percent;
};

/* Overwrites @values; @count is at least 1. */
struct stats stats_of(double *values, size_t count);

/*
 * Whether repetitions lie too far apart for their median to be relied on: on both sides of it
 * half of them are within @percent. One value has no spread.
 */
bool stats_noisy(const struct stats *stats, double percent);

#endif /* BENCH_STATS_H */
