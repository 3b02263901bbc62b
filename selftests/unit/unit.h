/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the host tests share: checks, a seed, random numbers, scale. */
#ifndef IPCX_UNIT_H
#define IPCX_UNIT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The first thing that is wrong ends the program: what follows would be noise. */
#define UNIT_CHECK(condition) do {						\
	if (!(condition)) {							\
		fprintf(stderr, "%s:%d: %s: not so: %s\n", __FILE__, __LINE__,	\
			__func__, #condition);					\
		exit(1);							\
	}									\
} while (0)

/* IPCX_SEED, or a fresh one; printed, so that a failure can be had again. */
static inline uint64_t unit_seed(void)
{
	const char *given = getenv("IPCX_SEED");
	struct timespec now;
	uint64_t seed;

	clock_gettime(CLOCK_REALTIME, &now);
	seed = given ? strtoull(given, NULL, 0) :
	       (uint64_t)now.tv_sec * 1000000007 ^ now.tv_nsec ^ (uint64_t)getpid() << 40;
	printf("# IPCX_SEED=%#llx\n", (unsigned long long)seed);
	fflush(stdout);
	return seed;
}

/* splitmix64 */
static inline uint64_t unit_rnd(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

static inline uint64_t unit_rnd_below(uint64_t *state, uint64_t below)
{
	return unit_rnd(state) % below;
}

/* The count for this run: IPCX_FRACTION is quick (default) or full. */
static inline long unit_scaled(long quick, long full)
{
	const char *fraction = getenv("IPCX_FRACTION");

	return fraction && strcmp(fraction, "full") == 0 ? full : quick;
}

/* One line of TAP for @what, which has just come to its end. */
static inline void unit_ok(const char *what)
{
	static int count;

	printf("ok %d %s\n", ++count, what);
	fflush(stdout);
}

#endif /* IPCX_UNIT_H */
