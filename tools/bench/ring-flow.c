// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Messages one way, as fast as they go: the peer writes, this side reads. Each is copied in
 * from a buffer and out into another one, and has its number in its first bytes.
 *
 * The loops are compiled for each length: a copy of 8 bytes is then an instruction.
 */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "ring.h"
#include "signals.h"

/* Looks in vain before the errors are looked at. */
#define LOOKS		4096

#define INLINED static inline __attribute__((always_inline))

INLINED void fill(void *room, unsigned char *out, size_t size, uint64_t number)
{
	memcpy(out, &number, sizeof(number));
	memcpy(room, out, size);
}

INLINED int take(const void *record, unsigned char *in, size_t size, uint64_t number)
{
	memcpy(in, record, size);
	return memcmp(in, &number, sizeof(number)) ? -ENOTRECOVERABLE : 0;
}

/* Not yet: @looks counts. */
INLINED int pause_a_bit(const struct ring_meeting *m, unsigned long *looks)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#endif
	return ++*looks % LOOKS ? 0 : ring_verdict(m);
}

INLINED int fill_ring(struct ipcx_producer *p, const struct ring_meeting *m, unsigned char *buf,
		      size_t size, unsigned long count)
{
	unsigned long i, looks = 0;
	void *room;
	int err;

	for (i = 0; i < count; i++) {
		while ((err = ipcx_producer_reserve(p, size, &room)) == -EAGAIN)
			if ((err = pause_a_bit(m, &looks)))
				break;
		if (err)
			return err;
		fill(room, buf, size, i);
		ipcx_producer_commit(p);
	}
	return 0;
}

INLINED int empty_ring(struct ipcx_consumer *c, const struct ring_meeting *m,
		       unsigned char *buf, size_t size, unsigned long count)
{
	unsigned long i, looks = 0;
	const void *record;
	ssize_t len;
	int err;

	for (i = 0; i < count; i++) {
		while ((len = ipcx_consumer_peek(c, &record)) == -EAGAIN)
			if ((len = pause_a_bit(m, &looks)))
				break;
		if (len != (ssize_t)size)
			return len < 0 ? (int)len : -ENOTRECOVERABLE;
		err = take(record, buf, size, i);
		if (err)
			return err;
		ipcx_consumer_release(c);
	}
	return 0;
}

INLINED int fill_slots(struct slots *q, const struct ring_meeting *m, unsigned char *buf,
		       size_t size, unsigned long count)
{
	unsigned long i, looks = 0;
	void *room;
	int err;

	for (i = 0; i < count; i++) {
		while (!(room = slots_reserve(q)))
			if ((err = pause_a_bit(m, &looks)))
				return err;
		fill(room, buf, size, i);
		slots_commit(q);
	}
	return 0;
}

INLINED int empty_slots(struct slots *q, const struct ring_meeting *m, unsigned char *buf,
			size_t size, unsigned long count)
{
	unsigned long i, looks = 0;
	const void *record;
	int err;

	for (i = 0; i < count; i++) {
		while (!(record = slots_peek(q)))
			if ((err = pause_a_bit(m, &looks)))
				return err;
		err = take(record, buf, size, i);
		if (err)
			return err;
		slots_release(q);
	}
	return 0;
}

/* The buffer is either side's in turns. */
static int hand_over(struct ring_meeting *m, bool fills, unsigned char *buf, size_t size,
		     unsigned long count)
{
	unsigned long i, looks = 0;
	int err = 0;

	for (i = 0; i < count && !err; i++) {
		while (__atomic_load_n(&m->line, __ATOMIC_ACQUIRE) == fills)
			if ((err = pause_a_bit(m, &looks)))
				return err;
		if (fills)
			fill(m->plain, buf, size, i);
		else
			err = take(m->plain, buf, size, i);
		__atomic_store_n(&m->line, fills, __ATOMIC_RELEASE);
	}
	return err;
}

/* @call: a macro of (size), which becomes a constant where that is common. */
#define BY_SIZE(call, size)							\
	((size) == 8 ? call(8) : (size) == 64 ? call(64) : (size) == 1024 ? call(1024) : call(size))

static int produce(const struct ring_two *two, struct ring_meeting *m)
{
	unsigned char *buf = calloc(1, two->size);
	struct ipcx_producer *p = NULL;
	int err = buf ? 0 : -ENOMEM;

	if (!err && two->way == WAY_RING)
		err = ipcx_producer_attach(&p, m->ring[0]);
	if (!err)
		err = ring_begin(m, true);
#define RING(size)	fill_ring(p, m, buf, size, two->count)
#define QUEUE(size)	fill_slots(&m->slots, m, buf, size, two->count)
	if (!err && two->way == WAY_RING)
		err = BY_SIZE(RING, two->size);
	else if (!err && two->way == WAY_SLOTS)
		err = BY_SIZE(QUEUE, two->size);
	else if (!err)
		err = hand_over(m, true, buf, two->size, two->count);
#undef RING
#undef QUEUE
	ipcx_producer_detach(p);
	free(buf);
	return err;
}

static int consume(const struct ring_two *two, struct ring_meeting *m)
{
	unsigned char *buf = calloc(1, two->size);
	struct ipcx_consumer *c = NULL;
	int err = buf ? 0 : -ENOMEM;
	uint64_t start;

	if (!err && two->way == WAY_RING)
		err = ipcx_consumer_attach(&c, m->ring[0], 0);
	if (!err)
		err = ring_begin(m, false);
	start = clock_ns();
#define RING(size)	empty_ring(c, m, buf, size, two->count)
#define QUEUE(size)	empty_slots(&m->slots, m, buf, size, two->count)
	if (!err && two->way == WAY_RING)
		err = BY_SIZE(RING, two->size);
	else if (!err && two->way == WAY_SLOTS)
		err = BY_SIZE(QUEUE, two->size);
	else if (!err)
		err = hand_over(m, false, buf, two->size, two->count);
#undef RING
#undef QUEUE
	m->ns = (double)(clock_ns() - start) / (double)two->count;
	ipcx_consumer_detach(c);
	free(buf);
	return err;
}

int ring_flow(const struct ring_two *two, double *ns)
{
	return ring_meet(two, consume, produce, ns);
}
