// SPDX-License-Identifier: LGPL-2.1-or-later
/* Shared rings: how long and in which way to wait. */
#include "ring.h"

#define SPIN_NS		20000
/* Looks between two looks at the clock. */
#define SPIN_ROUNDS	64

int ring_opts_check(const struct ipcx_ring_wait_opts *opts)
{
	if (opts->flags & ~(IPCX_XFER_NONBLOCK | IPCX_XFER_DEADLINE | IPCX_RING_WAIT_EVENTFD))
		return -EINVAL;
	if ((opts->flags & IPCX_RING_WAIT_EVENTFD) &&
	    (opts->flags != IPCX_RING_WAIT_EVENTFD || opts->policy != IPCX_WAIT_BLOCK))
		return -EINVAL;
	if (opts->policy > IPCX_WAIT_SPIN)
		return -EINVAL;
	if (opts->spin_ns > (opts->policy == IPCX_WAIT_ADAPTIVE ? IPCX_SPIN_NS_MAX : 0))
		return -EINVAL;
	if (!(opts->flags & IPCX_XFER_DEADLINE))
		return opts->clock || opts->deadline_ns ? -EINVAL : 0;
	if (opts->clock != CLOCK_MONOTONIC && opts->clock != CLOCK_BOOTTIME &&
	    opts->clock != CLOCK_REALTIME)
		return -EINVAL;
	return opts->deadline_ns < 0 ? -EINVAL : 0;
}

static bool deadline_passed(const struct ipcx_ring_wait_opts *opts)
{
	return (opts->flags & IPCX_XFER_DEADLINE) &&
	       ipcx_deadline_after(opts->clock, 0) >= opts->deadline_ns;
}

/* -EAGAIN: it has lasted long enough. */
static int spin(const struct ring_waiter *w, const struct ipcx_ring_wait_opts *opts,
		uint64_t *index)
{
	int64_t until = INT64_MAX;
	int ret;

	if (opts->policy == IPCX_WAIT_ADAPTIVE)
		until = ipcx_deadline_after(CLOCK_MONOTONIC,
					    opts->spin_ns ? opts->spin_ns : SPIN_NS);
	for (unsigned int round = 1;; round++) {
		cpu_relax();
		ret = w->ready(w, index);
		if (ret != -EAGAIN)
			return ret;
		if (round % SPIN_ROUNDS)
			continue;
		if (deadline_passed(opts))
			return -ETIMEDOUT;
		if (until != INT64_MAX && ipcx_deadline_after(CLOCK_MONOTONIC, 0) >= until)
			return -EAGAIN;
	}
}

/* An fd that does not block has nothing against what does not sleep. */
static bool may_wait(const struct ring_waiter *w, const struct ipcx_ring_wait_opts *opts)
{
	if (opts->flags & IPCX_RING_WAIT_EVENTFD)
		return true;
	return !w->ring->nonblock && !(opts->flags & IPCX_XFER_NONBLOCK);
}

int ring_wait(const struct ring_waiter *w, const struct ipcx_ring_wait_opts *opts)
{
	static const struct ipcx_ring_wait_opts defaults = { .sz = sizeof(defaults) };
	bool woken = false;
	uint64_t index;
	int ret;

	if (!opts)
		opts = &defaults;
	for (;; woken = true) {
		ret = w->ready(w, &index);
		/* Members that lie may wake it for nothing, as often as they like. */
		if (ret == -EAGAIN && woken && deadline_passed(opts))
			return -ETIMEDOUT;
		if (ret != -EAGAIN || !may_wait(w, opts))
			return ret;
		if (opts->policy != IPCX_WAIT_BLOCK) {
			ret = spin(w, opts, &index);
			if (ret != -EAGAIN)
				return ret;
		}
		ret = w->ring->ops->wait(w, index, opts);
		if (ret)
			return ret;
	}
}
