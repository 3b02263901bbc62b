// SPDX-License-Identifier: LGPL-2.1-or-later
#include "clock.h"

#define TRIES	20
#define LOOPS	10000

enum clock_unit clock_unit = CLOCK_NS;
uint64_t clock_own_cost;

void clock_choose(enum clock_unit unit)
{
	clock_unit = unit;
	clock_own_cost = clock_cost();
}

const char *clock_unit_name(enum clock_unit unit)
{
	return unit == CLOCK_INSTRUCTIONS ? "instructions" : "ns";
}

uint64_t clock_cost(void)
{
	uint64_t best = UINT64_MAX, start, cost;
	int i;

	for (i = 0; i < TRIES; i++) {
		start = clock_now();
		cost = clock_now() - start;
		if (cost < best)
			best = cost;
	}
	return best;
}

#ifdef __x86_64__
/* 2 instructions per turn, which a real processor runs at once. */
static uint64_t short_turns(void)
{
	uint64_t start = __builtin_ia32_rdtsc();
	unsigned int n = LOOPS;

	__asm__ volatile("1: dec %0; jnz 1b" : "+r"(n) : : "cc");
	return __builtin_ia32_rdtsc() - start;
}

/* 6 instructions per turn, which a real processor cannot overlap. */
static uint64_t long_turns(void)
{
	uint64_t start = __builtin_ia32_rdtsc(), x = 1;
	unsigned int n = LOOPS;

	__asm__ volatile("1: imul %1, %1; imul %1, %1; imul %1, %1; imul %1, %1; dec %0; jnz 1b"
			 : "+r"(n), "+r"(x) : : "cc");
	return __builtin_ia32_rdtsc() - start;
}

/* At its quickest, when no interrupt came between. */
static uint64_t quickest(uint64_t (*turns)(void))
{
	uint64_t best = UINT64_MAX, ticks;
	int i;

	for (i = 0; i < TRIES; i++) {
		ticks = turns();
		if (ticks < best)
			best = ticks;
	}
	return best;
}

static bool about(uint64_t ticks, uint64_t instructions)
{
	return ticks >= instructions && ticks <= instructions + instructions / 200;
}

bool clock_counts_instructions(void)
{
	return about(quickest(short_turns), 2 * LOOPS) && about(quickest(long_turns), 6 * LOOPS);
}
#else
bool clock_counts_instructions(void)
{
	return false;
}
#endif
