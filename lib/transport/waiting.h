/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ways of waiting other than to block: see enum ipcx_wait_policy.
 *
 * Where the mechanism has no such way of its own, an end is made nonblocking, and
 * what cannot be done yet is tried again. The ends of such a pair have another table
 * of functions, which do that, so that ends that block do not pay for it.
 */
#ifndef IPCX_TRANSPORT_WAITING_H
#define IPCX_TRANSPORT_WAITING_H

#include <stdint.h>

#include "internal.h"

/**
 * struct patience - How long to try again.
 * @policy: enum ipcx_wait_policy
 * @ns: how long at most
 */
struct patience {
	unsigned int policy;
	uint64_t ns;
};

/**
 * struct tries - What was tried in vain; zeroed before the first time.
 * @count: how often
 * @until: when to stop
 */
struct tries {
	unsigned int count;
	uint64_t until;
};

/* What the processor should do between two looks at the same thing. */
static inline void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield" : : : "memory");
#else
	__asm__ volatile("" : : : "memory");
#endif
}

struct patience patience_of(const struct ipcx_transport_opts *opts);

/*
 * After something was tried in vain. Returns 0: try again; 1: it is time to sleep;
 * -EINTR: who spins cannot see a signal, and so lets the caller look from time to time.
 */
int try_again(const struct patience *patience, struct tries *tries);

/* How an end waits now: IPCX_WAIT_BLOCK also where it is nonblocking. */
unsigned int waiting_policy(const struct ipcx_transport_end *end);

/* Makes the ends of an open pair wait as @opts says; 0 or a negative errno. */
int waiting_start(struct ipcx_transport_pair *pair, const struct ipcx_transport_opts *opts,
		  char *why);

/* What waiting_start() has left at a pair that is to be closed, or NULL; for free(3). */
void *waiting_left(const struct ipcx_transport_pair *pair);

#endif /* IPCX_TRANSPORT_WAITING_H */
