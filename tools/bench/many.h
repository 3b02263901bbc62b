/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One way between several senders and several receivers, who share the two ends of a pair. */
#ifndef BENCH_MANY_H
#define BENCH_MANY_H

#include "measure.h"

/* One of each: what oneway.c does. */
static inline bool many_is_one(const struct bench_case *c)
{
	return c->senders <= 1 && c->receivers <= 1;
}

/* Whether the case can be done so at all; 0, or a negative errno with the reason. */
int many_possible(const struct options *options, const struct bench_case *bench_case, char *why);

/*
 * One repetition: fills the blocks, which are all alike, and the usage per message. Returns 0,
 * or a negative errno with the reason, as measure() does.
 */
int many_measure(const struct options *options, const struct bench_case *bench_case,
		 struct ipcx_transport_pair *pair, unsigned long count, struct outcome *outcome,
		 char *why);

#endif /* BENCH_MANY_H */
