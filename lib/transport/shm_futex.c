// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Two rings of bytes in shared memory, one per direction, each with one
 * producer and one consumer; a side that finds nothing to do sleeps in futex(2).
 *
 * A record is a 4-byte length, the payload, and padding to 8 bytes, and may wrap
 * around the ring's end. head and tail count bytes and never wrap themselves:
 * the ring holds tail - head of them, up to its room, which is less than its size
 * where fewer messages were asked for.
 *
 * SLEEP_BARRIER: a side that is about to sleep, and the side that could wake it:
 *
 *	sleeper						waker
 *	store sleeping = 1				store its index
 *	full barrier					full barrier
 *	load the other's index; sleep if unchanged	load sleeping; wake if 1
 *
 * At least one of the two loads sees the other's store, so no wake-up is lost.
 * The futex word is a counter that the waker bumps first, so that a wake-up that
 * comes before the sleep makes the sleep end at once. The waker clears sleeping
 * before: wake() bumps with release what sleep_while() loads with acquire, so that
 * a sleeper that has the new count stores its 1 after that 0, which then cannot
 * undo it.
 */
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

#define LENGTH		sizeof(uint32_t)
#define RECORD_ALIGN	8
#define DEFAULT_BYTES	65536
#define LINE		64

/**
 * struct side - What one side writes, on a cache line of its own.
 * @index: bytes produced or consumed so far
 * @sleeping: this side sleeps, or is about to
 * @doorbell: futex word that this side sleeps on; the other one bumps it
 */
struct side {
	_Alignas(LINE) _Atomic uint64_t index;
	_Atomic uint32_t sleeping;
	_Atomic uint32_t doorbell;
};

struct ring {
	struct side producer;
	struct side consumer;
	_Alignas(LINE) unsigned char data[];
};

struct shm_end {
	struct ipcx_transport_end base;
	struct ring *in;
	struct ring *out;
	uint64_t size;
	uint64_t room;
	size_t max;
	bool nonblock;
};

struct shm_pair {
	struct ipcx_transport_pair base;
	struct shm_end end[2];
	void *map;
	size_t map_size;
};

static uint64_t record_size(size_t len)
{
	return (LENGTH + len + RECORD_ALIGN - 1) & ~(uint64_t)(RECORD_ALIGN - 1);
}

static long futex(_Atomic uint32_t *word, int op, uint32_t value)
{
	return syscall(SYS_futex, word, op, value, NULL, NULL, 0);
}

/* Sleeps while the other side's index is @seen; see SLEEP_BARRIER. */
static int sleep_while(struct side *self, struct side *other, uint64_t seen)
{
	/* Pairs with the other side's release in wake(). */
	uint32_t bell = atomic_load_explicit(&self->doorbell, memory_order_acquire);
	int err = 0;

	atomic_store_explicit(&self->sleeping, 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&other->index, memory_order_relaxed) == seen &&
	    futex(&self->doorbell, FUTEX_WAIT, bell) < 0 && errno != EAGAIN)
		err = -errno;
	atomic_store_explicit(&self->sleeping, 0, memory_order_relaxed);
	return err;
}

/*
 * After this side's index was stored; see SLEEP_BARRIER. Taking the flag away
 * saves the calls until the woken side runs.
 */
static void wake(struct side *other)
{
	atomic_thread_fence(memory_order_seq_cst);
	if (!atomic_load_explicit(&other->sleeping, memory_order_relaxed))
		return;
	atomic_store_explicit(&other->sleeping, 0, memory_order_relaxed);
	/* Pairs with the other side's acquire in sleep_while(). */
	atomic_fetch_add_explicit(&other->doorbell, 1, memory_order_release);
	futex(&other->doorbell, FUTEX_WAKE, 1);
}

static void copy_in(struct ring *ring, uint64_t size, uint64_t at, const void *from, size_t len)
{
	size_t place = at & (size - 1);
	size_t first = len < size - place ? len : size - place;

	memcpy(ring->data + place, from, first);
	memcpy(ring->data, (const char *)from + first, len - first);
}

static void copy_out(struct ring *ring, uint64_t size, uint64_t at, void *to, size_t len)
{
	size_t place = at & (size - 1);
	size_t first = len < size - place ? len : size - place;

	memcpy(to, ring->data + place, first);
	memcpy((char *)to + first, ring->data, len - first);
}

static int shm_send(struct ipcx_transport_end *base, const struct ipcx_transport_msg *msg)
{
	struct shm_end *end = (struct shm_end *)base;
	struct side *self = &end->out->producer, *other = &end->out->consumer;
	uint64_t tail = atomic_load_explicit(&self->index, memory_order_relaxed);
	uint64_t need = record_size(msg->len), head;
	uint32_t len = (uint32_t)msg->len;
	int err;

	if (msg->len > end->max)
		return -EMSGSIZE;
	for (;;) {
		/* Pairs with the consumer's release in shm_recv(). */
		head = atomic_load_explicit(&other->index, memory_order_acquire);
		if (end->room - (tail - head) >= need)
			break;
		if (end->nonblock)
			return -EAGAIN;
		err = sleep_while(self, other, head);
		if (err)
			return err;
	}
	copy_in(end->out, end->size, tail, &len, LENGTH);
	copy_in(end->out, end->size, tail + LENGTH, msg->buf, msg->len);
	/* Pairs with the consumer's acquire in shm_recv(). */
	atomic_store_explicit(&self->index, tail + need, memory_order_release);
	wake(other);
	return 0;
}

static int shm_recv(struct ipcx_transport_end *base, struct ipcx_transport_msg *msg)
{
	struct shm_end *end = (struct shm_end *)base;
	struct side *self = &end->in->consumer, *other = &end->in->producer;
	uint64_t head = atomic_load_explicit(&self->index, memory_order_relaxed);
	uint32_t len;
	int err;

	/* Pairs with the producer's release in shm_send(). */
	while (atomic_load_explicit(&other->index, memory_order_acquire) == head) {
		if (end->nonblock)
			return -EAGAIN;
		err = sleep_while(self, other, head);
		if (err)
			return err;
	}
	copy_out(end->in, end->size, head, &len, LENGTH);
	if (len > end->max)
		return -EBADMSG;
	if (len > msg->len)
		return -EMSGSIZE;
	copy_out(end->in, end->size, head + LENGTH, msg->buf, len);
	/* Pairs with the producer's acquire in shm_send(). */
	atomic_store_explicit(&self->index, head + record_size(len), memory_order_release);
	wake(other);
	msg->len = len;
	msg->priority = 0;
	return 0;
}

static uint64_t ring_size(uint64_t room)
{
	uint64_t size = DEFAULT_BYTES;

	while (size < room)
		size *= 2;
	return size;
}

static int shm_open_pair(struct ipcx_transport_pair **out,
			 const struct ipcx_transport_opts *opts, char *why)
{
	struct shm_pair *pair = calloc(1, sizeof(*pair));
	uint64_t room = record_size(opts->msg_size) * (opts->depth ? opts->depth : 1);
	uint64_t size = ring_size(room);
	struct ring *ring[2];
	int side;

	if (!pair)
		return -ENOMEM;
	pair->base.ops = &ipcx_transport_shm_futex;
	pair->map_size = 2 * (sizeof(struct ring) + size);
	*out = &pair->base;
	pair->map = mmap(NULL, pair->map_size, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (pair->map == MAP_FAILED)
		return transport_why(why, -errno, "cannot map %zu bytes: %m", pair->map_size);
	ring[0] = pair->map;
	ring[1] = (void *)((char *)pair->map + sizeof(struct ring) + size);
	for (side = 0; side < 2; side++) {
		pair->end[side].base.ops = pair->base.ops;
		pair->end[side].in = ring[!side];
		pair->end[side].out = ring[side];
		pair->end[side].size = size;
		pair->end[side].room = opts->depth ? room : size;
		pair->end[side].max = opts->msg_size;
		pair->base.end[side] = &pair->end[side].base;
	}
	return 0;
}

static int shm_set_nonblock(struct ipcx_transport_end *base, int on)
{
	((struct shm_end *)base)->nonblock = on;
	return 0;
}

static void shm_close(struct ipcx_transport_pair *base)
{
	struct shm_pair *pair = (struct shm_pair *)base;

	if (pair->map && pair->map != MAP_FAILED)
		munmap(pair->map, pair->map_size);
	free(pair);
}

const struct ipcx_transport_ops ipcx_transport_shm_futex = {
	.name = "shm-futex",
	.summary = "rings in shared memory, sleeping in futex(2)",
	.caps = IPCX_TRANSPORT_BOUNDARIES | IPCX_TRANSPORT_SHARED,
	.max_size = 1 << 30,
	.open = shm_open_pair,
	.send = shm_send,
	.recv = shm_recv,
	.set_nonblock = shm_set_nonblock,
	.close = shm_close,
};
