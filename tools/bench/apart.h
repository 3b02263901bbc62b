/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A repetition in a process of its own. */
#ifndef BENCH_APART_H
#define BENCH_APART_H

#include "measure.h"

/**
 * struct apart - What comes back from there. In shared memory.
 * @outcome: its latencies point to @latencies
 * @latencies: room for them
 * @why: the reason of a failure
 */
struct apart {
	struct outcome outcome;
	uint64_t latencies[LATENCIES_MAX];
	char why[IPCX_TRANSPORT_WHY];
};

/* NULL: no memory. */
struct apart *apart_new(void);
void apart_free(struct apart *apart);

/*
 * As measure(), with the outcome in @apart. A mechanism that leaves something behind in its
 * process is measured in another one than those that come after it.
 */
int apart_measure(const struct options *options, const struct bench_case *bench_case,
		  unsigned long count, unsigned long number, struct apart *apart, char *why);

#endif /* BENCH_APART_H */
