// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdlib.h>
#include <string.h>

#include "shm_ring.h"
#include "shm_side.h"

#define LENGTH		sizeof(uint32_t)
#define RECORD_ALIGN	8
#define DEFAULT_BYTES	65536

struct ring {
	struct shm_side producer;
	struct shm_side consumer;
	_Alignas(SHM_LINE) unsigned char data[];
};

/**
 * struct shm_end - One end.
 * @base: what the library sees
 * @bell_ops: how it sleeps; NULL: it never does, and is always nonblocking
 * @bells: what it sleeps on
 * @in: the ring that it receives from
 * @out: the ring that it sends to
 * @in_bells: number of the first bell of @in
 * @out_bells: the same of @out
 * @size: of a ring
 * @room: of which so many bytes are used
 * @max: largest payload
 * @nonblock: fail instead
 */
struct shm_end {
	struct ipcx_transport_end base;
	const struct shm_bell_ops *bell_ops;
	const struct shm_bells *bells;
	struct ring *in;
	struct ring *out;
	unsigned int in_bells;
	unsigned int out_bells;
	uint64_t size;
	uint64_t room;
	size_t max;
	bool nonblock;
};

struct shm_pair {
	struct ipcx_transport_pair base;
	struct shm_end end[2];
	const struct shm_way *way;
	struct shm_bells bells;
	void *map;
	size_t map_size;
};

static uint64_t record_size(size_t len)
{
	return (LENGTH + len + RECORD_ALIGN - 1) & ~(uint64_t)(RECORD_ALIGN - 1);
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

int shm_ring_send(struct ipcx_transport_end *base, const struct ipcx_transport_msg *msg)
{
	struct shm_end *end = (struct shm_end *)base;
	struct shm_side *self = &end->out->producer, *other = &end->out->consumer;
	uint64_t tail = atomic_load_explicit(&self->index, memory_order_relaxed);
	uint64_t need = record_size(msg->len), head;
	uint32_t len = (uint32_t)msg->len;
	int err;

	if (msg->len > end->max)
		return -EMSGSIZE;
	for (;;) {
		/* Pairs with the consumer's release in shm_ring_recv(). */
		head = atomic_load_explicit(&other->index, memory_order_acquire);
		if (end->room - (tail - head) >= need)
			break;
		if (end->nonblock)
			return -EAGAIN;
		err = shm_side_sleep(end->bell_ops, end->bells, self,
				     end->out_bells + SHM_PRODUCER, other, head);
		if (err)
			return err;
	}
	copy_in(end->out, end->size, tail, &len, LENGTH);
	copy_in(end->out, end->size, tail + LENGTH, msg->buf, msg->len);
	/* Pairs with the consumer's acquire in shm_ring_recv(). */
	atomic_store_explicit(&self->index, tail + need, memory_order_release);
	if (end->bell_ops)
		shm_side_wake(end->bell_ops, end->bells, other, end->out_bells + SHM_CONSUMER);
	return 0;
}

int shm_ring_recv(struct ipcx_transport_end *base, struct ipcx_transport_msg *msg)
{
	struct shm_end *end = (struct shm_end *)base;
	struct shm_side *self = &end->in->consumer, *other = &end->in->producer;
	uint64_t head = atomic_load_explicit(&self->index, memory_order_relaxed);
	uint32_t len;
	int err;

	/* Pairs with the producer's release in shm_ring_send(). */
	while (atomic_load_explicit(&other->index, memory_order_acquire) == head) {
		if (end->nonblock)
			return -EAGAIN;
		err = shm_side_sleep(end->bell_ops, end->bells, self,
				     end->in_bells + SHM_CONSUMER, other, head);
		if (err)
			return err;
	}
	copy_out(end->in, end->size, head, &len, LENGTH);
	if (len > end->max)
		return -EBADMSG;
	if (len > msg->len)
		return -EMSGSIZE;
	copy_out(end->in, end->size, head + LENGTH, msg->buf, len);
	/* Pairs with the producer's acquire in shm_ring_send(). */
	atomic_store_explicit(&self->index, head + record_size(len), memory_order_release);
	if (end->bell_ops)
		shm_side_wake(end->bell_ops, end->bells, other, end->in_bells + SHM_PRODUCER);
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

static void set_up(struct shm_pair *pair, uint64_t size, uint64_t room, size_t max)
{
	struct ring *ring[2] = {
		pair->map, (void *)((char *)pair->map + sizeof(struct ring) + size),
	};
	int side;

	for (side = 0; side < 2; side++) {
		struct shm_end *end = &pair->end[side];

		pair->bells.place[SHM_SIDES * side + SHM_PRODUCER] = &ring[side]->producer.bell;
		pair->bells.place[SHM_SIDES * side + SHM_CONSUMER] = &ring[side]->consumer.bell;
		end->base.ops = pair->base.ops;
		end->bell_ops = pair->way->bells;
		end->bells = &pair->bells;
		end->in = ring[!side];
		end->out = ring[side];
		end->in_bells = SHM_SIDES * !side;
		end->out_bells = SHM_SIDES * side;
		end->size = size;
		end->room = room;
		end->max = max;
		pair->base.end[side] = &end->base;
	}
}

int shm_ring_open(struct ipcx_transport_pair **out, const struct ipcx_transport_ops *ops,
		  const struct shm_way *way, const struct ipcx_transport_opts *opts, char *why)
{
	struct shm_pair *pair = calloc(1, sizeof(*pair));
	uint64_t room = record_size(opts->msg_size) * (opts->depth ? opts->depth : 1);
	uint64_t size = ring_size(room);
	int err;

	if (!pair)
		return -ENOMEM;
	pair->base.ops = ops;
	pair->way = way;
	pair->bells.set = -1;
	pair->bells.guard = GUARD_NONE;
	pair->map_size = 2 * (sizeof(struct ring) + size);
	*out = &pair->base;
	err = way->memory->map(&pair->map, pair->map_size, why);
	if (err)
		return err;
	set_up(pair, size, opts->depth ? room : size, opts->msg_size);
	return way->bells ? way->bells->make(&pair->bells, why) : 0;
}

int shm_ring_set_nonblock(struct ipcx_transport_end *base, int on)
{
	((struct shm_end *)base)->nonblock = on;
	return 0;
}

void shm_ring_close(struct ipcx_transport_pair *base)
{
	struct shm_pair *pair = (struct shm_pair *)base;

	if (pair->map) {
		if (pair->way->bells)
			pair->way->bells->drop(&pair->bells);
		pair->way->memory->unmap(pair->map, pair->map_size);
	}
	free(pair);
}
