/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What one should know of a mechanism and cannot measure: effort, code, what to mind. */
#ifndef BENCH_GUIDE_H
#define BENCH_GUIDE_H

#include <ipcx/transport.h>

/*
 * How much a program has to do for it:
 * 1: read and write on what one call has made
 * 2: names or addresses, and calls of its own
 * 3: settings, limits or removal to mind besides
 * 4: losses, waking or when memory is free again: the program's own affair
 * 5: a protocol, privileges or modules besides
 */
#define EFFORT_MOST	5

/**
 * struct guide - Of one mechanism.
 * @name: its name
 * @effort: 1 to EFFORT_MOST
 * @code: a program or source that shows it, from the top of the source tree
 * @mind: what to mind, or NULL
 * @module: the kernel module that it needs, or NULL
 */
struct guide {
	const char *name;
	unsigned int effort;
	const char *code;
	const char *mind;
	const char *module;
};

extern const char *const effort_texts[EFFORT_MOST + 1];

/* Never NULL: who is not known has EFFORT_MOST and no code. */
const struct guide *guide_find(const struct ipcx_transport_ops *ops);

#endif /* BENCH_GUIDE_H */
