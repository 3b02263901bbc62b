/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The measured phase of those modes in which nothing is on its way between blocks. */
#ifndef BENCH_BLOCKS_H
#define BENCH_BLOCKS_H

#include "measure.h"
#include "region.h"

/* Inlined, so that the call of @block is no more than that. */
static inline __attribute__((always_inline)) int
blocks_measure(const struct phase *phase, struct link *link, struct outcome *outcome,
	       int (*block)(struct link *link, uint64_t first, unsigned long count, bool check))
{
	unsigned long count = phase->count / BLOCKS, i;
	uint64_t start;
	int err = 0;

	outcome->usage = usage_now();
	region_begin();
	outcome->region = region_count;
	for (i = 0; i < BLOCKS && !err; i++) {
		start = clock_now();
		err = block(link, phase->first + i * count, count, phase->check);
		outcome->blocks[i] = (double)(clock_now() - start - clock_own_cost) / (double)count;
		if (!err && signals_stop())
			err = -EINTR;
	}
	region_end();
	usage_since(&outcome->usage);
	return err;
}

#endif /* BENCH_BLOCKS_H */
