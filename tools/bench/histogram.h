/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Log-linear histogram: every power of two is cut into HISTOGRAM_SUB equal
 * buckets, so that a value read back is at most 1/HISTOGRAM_SUB too high,
 * whatever its size. Values below HISTOGRAM_SUB are exact.
 */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdbool.h>
#include <stdint.h>

#define HISTOGRAM_SUB_BITS	7
#define HISTOGRAM_SUB		(1U << HISTOGRAM_SUB_BITS)
#define HISTOGRAM_BUCKETS	((64 - HISTOGRAM_SUB_BITS + 1) * HISTOGRAM_SUB)

/**
 * struct histogram - Counts of values; begins zeroed.
 * @count: values recorded
 * @bounded: there is a smallest and a largest
 * @min: smallest, exact
 * @max: largest, exact
 * @buckets: how many fell into each
 */
struct histogram {
	uint64_t count;
	bool bounded;
	uint64_t min;
	uint64_t max;
	uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_record(struct histogram *histogram, uint64_t value);

/*
 * The first bucket from number *@bucket on that is not empty: its largest value and how many
 * are in it. False: there is none.
 */
bool histogram_next(const struct histogram *histogram, unsigned int *bucket, uint64_t *upper,
		    uint64_t *count);

/* As many values that fell into the bucket of which @upper is the largest, of another histogram. */
void histogram_add(struct histogram *histogram, uint64_t upper, uint64_t count);

/* The exact smallest and largest of what was added so. */
void histogram_bounds(struct histogram *histogram, uint64_t min, uint64_t max);

/*
 * The smallest value that at least @percent of the values do not exceed, rounded
 * up to its bucket's end, but never beyond the largest; 0 without values.
 */
uint64_t histogram_percentile(const struct histogram *histogram, double percent);

#endif /* BENCH_HISTOGRAM_H */
