// SPDX-License-Identifier: LGPL-2.1-or-later
/* The ways of sharing memory, and of waiting for who shares it. */
#include "shm_ring.h"

/*
 * What differs is where the rings are and what a side sleeps on. Memory without a name has to be
 * inherited, or its fd passed. How long it stays is a matter of the memory alone; no bell stays
 * for a shorter time.
 */
#define PERSISTENCE_shm_anonymous	IPCX_PERSISTS_PROCESS
#define PERSISTENCE_shm_memfd		IPCX_PERSISTS_PROCESS
#define PERSISTENCE_shm_posix		IPCX_PERSISTS_KERNEL
#define PERSISTENCE_shm_sysv		IPCX_PERSISTS_KERNEL
#define PERSISTENCE_shm_file		IPCX_PERSISTS_FILE

#define SHM_TRANSPORT(id, called, text, memory_, bells_, more)				\
static int open_##id(struct ipcx_transport_pair **pair,					\
		     const struct ipcx_transport_opts *opts, char *why)			\
{											\
	static const struct shm_way way = { &(memory_), (bells_) };			\
											\
	return shm_ring_open(pair, &ipcx_transport_##id, &way, opts, why);		\
}											\
											\
const struct ipcx_transport_ops ipcx_transport_##id = {					\
	.name = (called),								\
	.summary = (text),								\
	.caps = IPCX_TRANSPORT_BOUNDARIES | IPCX_TRANSPORT_SHARED | (more),		\
	.traits = IPCX_TRAIT_BIDIRECTIONAL,						\
	.persistence = PERSISTENCE_##memory_,						\
	.max_size = 1 << 30,								\
	.open = open_##id,								\
	.send = shm_ring_send,								\
	.recv = shm_ring_recv,								\
	.set_nonblock = shm_ring_set_nonblock,						\
	.close = shm_ring_close,							\
}

SHM_TRANSPORT(shm_atomics, "shm-atomics", "rings in anonymous shared memory, with nothing to sleep on",
	      shm_anonymous, NULL, IPCX_TRANSPORT_RELATED | IPCX_TRANSPORT_SPIN_ONLY);
SHM_TRANSPORT(shm_futex, "shm-futex", "rings in anonymous shared memory, sleeping in futex(2)",
	      shm_anonymous, &shm_bell_futex, IPCX_TRANSPORT_RELATED);
SHM_TRANSPORT(shm_posix_futex, "shm-posix-futex", "rings in POSIX shared memory, sleeping in futex(2)",
	      shm_posix, &shm_bell_futex, 0);
SHM_TRANSPORT(shm_posix_sem, "shm-posix-sem", "rings in POSIX shared memory, with POSIX semaphores in it",
	      shm_posix, &shm_bell_semaphore, 0);
SHM_TRANSPORT(shm_named_sem, "shm-named-sem", "rings in POSIX shared memory, with named POSIX semaphores",
	      shm_posix, &shm_bell_named, 0);
SHM_TRANSPORT(shm_sysv, "shm-sysv", "rings in System V shared memory, with System V semaphores",
	      shm_sysv, &shm_bell_sysv, 0);
SHM_TRANSPORT(shm_memfd, "shm-memfd", "rings in a memfd, sleeping in futex(2)",
	      shm_memfd, &shm_bell_futex, IPCX_TRANSPORT_RELATED);
SHM_TRANSPORT(shm_file, "shm-file", "rings in a memory-mapped file, sleeping in futex(2)",
	      shm_file, &shm_bell_futex, 0);
