/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The two sides of something in shared memory that one fills and the other empties: how far
 * each is, and how one sleeps until the other has come further.
 *
 * SLEEP_BARRIER: a side that is about to sleep, and the side that could wake it:
 *
 *	sleeper						waker
 *	look at the bell
 *	store sleeping = 1				store its index
 *	full barrier					full barrier
 *	load the other's index; sleep if unchanged	load sleeping; if 1, clear it and ring
 *
 * At least one of the two loads sees the other's store, so no wake-up is lost. The waker rings
 * after it has cleared sleeping: should its 0 undo the 1 of a later sleep, the ring ends that,
 * and a bell that rings before the sleep makes it end at once.
 */
#ifndef IPCX_TRANSPORT_SHM_SIDE_H
#define IPCX_TRANSPORT_SHM_SIDE_H

#include <stdatomic.h>
#include <stdint.h>

#include "shm_bell.h"

#define SHM_LINE	64

/**
 * struct shm_side - What one side writes, on a cache line of its own.
 * @index: how much it has produced or consumed so far
 * @sleeping: this side sleeps, or is about to
 * @bell: what it sleeps on; the other one rings it
 */
struct shm_side {
	_Alignas(SHM_LINE) _Atomic uint64_t index;
	_Atomic uint32_t sleeping;
	union shm_bell bell;
};

/* Bells of the sides; those of the second direction come after those of the first. */
#define SHM_PRODUCER	0
#define SHM_CONSUMER	1
#define SHM_SIDES	2

/* Sleeps while the other side's index is @seen; see SLEEP_BARRIER. */
static inline int shm_side_sleep(const struct shm_bell_ops *ops, const struct shm_bells *bells,
				 struct shm_side *self, unsigned int bell,
				 struct shm_side *other, uint64_t seen)
{
	uint32_t look = ops->look(bells, bell);
	int err = 0;

	atomic_store_explicit(&self->sleeping, 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&other->index, memory_order_relaxed) == seen)
		err = ops->sleep(bells, bell, look);
	atomic_store_explicit(&self->sleeping, 0, memory_order_relaxed);
	return err;
}

/*
 * After this side's index was stored; see SLEEP_BARRIER. Taking the flag away
 * saves the calls until the woken side runs.
 */
static inline void shm_side_wake(const struct shm_bell_ops *ops, const struct shm_bells *bells,
				 struct shm_side *other, unsigned int bell)
{
	atomic_thread_fence(memory_order_seq_cst);
	if (!atomic_load_explicit(&other->sleeping, memory_order_relaxed))
		return;
	atomic_store_explicit(&other->sleeping, 0, memory_order_relaxed);
	ops->ring(bells, bell);
}

#endif /* IPCX_TRANSPORT_SHM_SIDE_H */
