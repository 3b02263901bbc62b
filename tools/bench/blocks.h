/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The measured phase of those modes in which nothing is on its way between blocks. */
#ifndef BENCH_BLOCKS_H
#define BENCH_BLOCKS_H

#include "measure.h"
#include "region.h"

/*
 * As @block: in one go as a rule, but who asks for so many long messages that they take minutes
 * can still have them stopped.
 */
static __attribute__((noinline)) int
in_pieces(struct link *link, uint64_t first, unsigned long count, bool check,
	  int (*block)(struct link *link, uint64_t first, unsigned long count, bool check))
{
	unsigned long piece = link->piece;
	int err = 0;

	for (; count > piece && !err; count -= piece, first += piece) {
		err = block(link, first, piece, check);
		if (!err && signals_stop())
			err = -EINTR;
	}
	return err ? err : block(link, first, count, check);
}

/* Inlined, so that the call of @block is no more than that. */
static inline __attribute__((always_inline)) int
blocks_measure(const struct phase *phase, struct link *link, struct outcome *outcome,
	       int (*block)(struct link *link, uint64_t first, unsigned long count, bool check))
{
	unsigned long count = phase->count / BLOCKS, i;
	uint64_t start, first;
	int err = 0;

	outcome->usage = usage_now();
	region_begin();
	outcome->region = region_count;
	for (i = 0; i < BLOCKS && !err; i++) {
		start = clock_now();
		first = phase->first + i * count;
		err = __builtin_expect(count > link->piece, 0) ?
			      in_pieces(link, first, count, phase->check, block) :
			      block(link, first, count, phase->check);
		outcome->blocks[i] = (double)(clock_now() - start - clock_own_cost) / (double)count;
		if (!err && signals_stop())
			err = -EINTR;
	}
	region_end();
	usage_since(&outcome->usage);
	return err;
}

#endif /* BENCH_BLOCKS_H */
