// SPDX-License-Identifier: LGPL-2.1-or-later
#include "histogram.h"

static unsigned int bucket_of(uint64_t value)
{
	unsigned int shift;

	if (value < HISTOGRAM_SUB)
		return (unsigned int)value;
	shift = 63 - (unsigned int)__builtin_clzll(value) - HISTOGRAM_SUB_BITS;
	return (shift + 1) * HISTOGRAM_SUB + (unsigned int)((value >> shift) - HISTOGRAM_SUB);
}

/* The largest value that falls into the bucket. */
static uint64_t bucket_end(unsigned int bucket)
{
	unsigned int shift;

	if (bucket < HISTOGRAM_SUB)
		return bucket;
	shift = bucket / HISTOGRAM_SUB - 1;
	return ((uint64_t)(bucket % HISTOGRAM_SUB + HISTOGRAM_SUB) << shift) +
	       (((uint64_t)1 << shift) - 1);
}

void histogram_bounds(struct histogram *histogram, uint64_t min, uint64_t max)
{
	if (!histogram->bounded || min < histogram->min)
		histogram->min = min;
	if (max > histogram->max)
		histogram->max = max;
	histogram->bounded = true;
}

void histogram_record(struct histogram *histogram, uint64_t value)
{
	histogram_bounds(histogram, value, value);
	histogram->count++;
	histogram->buckets[bucket_of(value)]++;
}

void histogram_add(struct histogram *histogram, uint64_t upper, uint64_t count)
{
	histogram->buckets[bucket_of(upper)] += count;
	histogram->count += count;
}

bool histogram_next(const struct histogram *histogram, unsigned int *bucket, uint64_t *upper,
		    uint64_t *count)
{
	while (*bucket < HISTOGRAM_BUCKETS && !histogram->buckets[*bucket])
		++*bucket;
	if (*bucket == HISTOGRAM_BUCKETS)
		return false;
	*upper = bucket_end(*bucket);
	*count = histogram->buckets[*bucket];
	return true;
}

uint64_t histogram_percentile(const struct histogram *histogram, double percent)
{
	/* 99.9 % of 1000 are 999, also where the product comes out a trace above. */
	double share = percent / 100 * (double)histogram->count - 1e-6;
	uint64_t rank = (uint64_t)share, seen = 0;
	unsigned int i;

	if ((double)rank < share || rank < 1)
		rank++;
	for (i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += histogram->buckets[i];
		if (seen >= rank)
			return bucket_end(i) < histogram->max ? bucket_end(i) : histogram->max;
	}
	return histogram->max;
}
