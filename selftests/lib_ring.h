/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of libipcx's rings share. */
#ifndef IPCX_SELFTESTS_LIB_RING_H
#define IPCX_SELFTESTS_LIB_RING_H

#include "common.h"

#include <ipcx/ipcx.h>

/* How to wait, and for how long at most. */
static inline struct ipcx_ring_wait_opts within(uint32_t policy, long long ms)
{
	IPCX_OPTS(ipcx_ring_wait_opts, opts);

	opts.policy = policy;
	opts.flags = IPCX_XFER_DEADLINE;
	opts.clock = CLOCK_MONOTONIC;
	opts.deadline_ns = ipcx_deadline_after(CLOCK_MONOTONIC, ms * NSEC_PER_MSEC);
	return opts;
}

#endif /* IPCX_SELFTESTS_LIB_RING_H */
