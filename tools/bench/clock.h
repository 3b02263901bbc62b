/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a measurement is made in: nanoseconds; or instructions, in a virtual
 * machine whose clock advances by one tick per instruction (QEMU -icount
 * shift=0), where the time stamp counter is an instruction counter.
 */
#ifndef BENCH_CLOCK_H
#define BENCH_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum clock_unit {
	CLOCK_NS,
	CLOCK_INSTRUCTIONS,
};

extern enum clock_unit clock_unit;
/* What clock_cost() gave when the unit was chosen. */
extern uint64_t clock_own_cost;

void clock_choose(enum clock_unit unit);

static inline uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static inline uint64_t clock_now(void)
{
#ifdef __x86_64__
	if (clock_unit == CLOCK_INSTRUCTIONS)
		return __builtin_ia32_rdtsc();
#endif
	return clock_ns();
}

/* Whether the time stamp counter counts instructions here: it is tried out. */
bool clock_counts_instructions(void);

/* What reading the clock twice in a row shows, at best. */
uint64_t clock_cost(void);

const char *clock_unit_name(enum clock_unit unit);

#endif /* BENCH_CLOCK_H */
