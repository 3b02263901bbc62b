/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two rings of bytes in shared memory, one per direction, each with one
 * producer and one consumer; a side that finds nothing to do sleeps. Where the memory comes
 * from, and what a side sleeps on, is the transport's.
 *
 * A record is a 4-byte length, the payload, and padding to 8 bytes, and may wrap
 * around the ring's end. head and tail count bytes and never wrap themselves:
 * the ring holds tail - head of them, up to its room, which is less than its size
 * where fewer messages were asked for.
 */
#ifndef IPCX_TRANSPORT_SHM_RING_H
#define IPCX_TRANSPORT_SHM_RING_H

#include "internal.h"
#include "shm_bell.h"
#include "shm_memory.h"

/**
 * struct shm_way - What a transport of this kind is made of.
 * @memory: where its rings are
 * @bells: what its sides sleep on; NULL with IPCX_TRANSPORT_SPIN_ONLY
 */
struct shm_way {
	const struct shm_memory *memory;
	const struct shm_bell_ops *bells;
};

int shm_ring_open(struct ipcx_transport_pair **out, const struct ipcx_transport_ops *ops,
		  const struct shm_way *way, const struct ipcx_transport_opts *opts, char *why);
int shm_ring_send(struct ipcx_transport_end *end, const struct ipcx_transport_msg *msg);
int shm_ring_recv(struct ipcx_transport_end *end, struct ipcx_transport_msg *msg);
int shm_ring_set_nonblock(struct ipcx_transport_end *end, int on);
void shm_ring_close(struct ipcx_transport_pair *pair);

#endif /* IPCX_TRANSPORT_SHM_RING_H */
