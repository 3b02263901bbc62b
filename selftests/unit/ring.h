/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests of shared rings have in common. The library's sources are compiled in,
 * with the sanitizer of the test; the rings are in memfds.
 */
#ifndef IPCX_UNIT_RING_H
#define IPCX_UNIT_RING_H

#include "unit.h"

#include "../../lib/src/allocate.c"
#include "../../lib/src/common.c"
#include "../../lib/src/dev.c"
#include "../../lib/src/opts.c"
#include "../../lib/src/ring.c"
#include "../../lib/src/ring_consumer.c"
#include "../../lib/src/ring_eventfd.c"
#include "../../lib/src/ring_kernel.c"
#include "../../lib/src/ring_memfd.c"
#include "../../lib/src/ring_producer.c"
#include "../../lib/src/ring_wait.c"

#include <sys/wait.h>

#define SIZE	4096
#define MS	1000000LL

/* A kind of ring. */
struct form {
	const char *what;
	uint32_t type;
	uint32_t producers;
	uint32_t consumers;
};

static const struct form forms[] = {
	{ "SPSC", IPCX_RING_SPSC, 1, 1 },
	{ "MPSC", IPCX_RING_MPSC, 9, 1 },
	{ "MPSC with one producer", IPCX_RING_MPSC, 1, 1 },
	{ "broadcast", IPCX_RING_BROADCAST, 1, 4 },
	{ "broadcast of many", IPCX_RING_BROADCAST, 9, 4 },
};

#define FORMS	(sizeof(forms) / sizeof(forms[0]))

/* As one that has been used up to @index: before anybody attaches. */
static inline void set_index(struct ipcx_ring *ring, uint64_t index)
{
	struct ipcx_ring_shared *shared = ring_shared(ring);

	shared->tail = index;
	shared->claim = index;
	for (unsigned int i = 0; i < ring->max_producers; i++) {
		shared->confirmed[i] = index;
		ring_producer(ring, i)->announce = index;
	}
	for (unsigned int i = 0; i < ring->max_consumers; i++)
		ring_consumer(ring, i)->head = index;
}

static inline struct ipcx_ring *ring_at(const struct form *form, uint64_t size, uint64_t index)
{
	IPCX_OPTS(ipcx_ring_opts, opts);
	struct ipcx_ring *ring;

	opts.flags = IPCX_RING_MEMFD;
	opts.type = form->type;
	opts.size = size;
	opts.max_producers = form->producers;
	opts.max_consumers = form->consumers;
	UNIT_CHECK(ipcx_ring_open(&ring, NULL, NULL, 0, &opts) == 0);
	set_index(ring, index);
	return ring;
}

/* One of each, or neither. */
struct ends {
	struct ipcx_ring *ring;
	struct ipcx_producer *p;
	struct ipcx_consumer *c;
};

static inline struct ends ends_at(const struct form *form, uint64_t size, uint64_t index)
{
	struct ends e = { .ring = ring_at(form, size, index) };

	UNIT_CHECK(ipcx_producer_attach(&e.p, e.ring) == 0);
	UNIT_CHECK(ipcx_consumer_attach(&e.c, e.ring, 0) == 0);
	return e;
}

static inline void close_ends(struct ends *e)
{
	ipcx_producer_detach(e->p);
	ipcx_consumer_detach(e->c);
	ipcx_ring_close(e->ring);
}

static inline struct ipcx_ring_wait_opts nonblock(void)
{
	IPCX_OPTS(ipcx_ring_wait_opts, opts);

	opts.flags = IPCX_XFER_NONBLOCK;
	return opts;
}

static inline struct ipcx_ring_wait_opts waiting(uint32_t policy, clockid_t clock, int64_t ns)
{
	IPCX_OPTS(ipcx_ring_wait_opts, opts);

	opts.policy = policy;
	opts.flags = IPCX_XFER_DEADLINE;
	opts.clock = clock;
	opts.deadline_ns = ipcx_deadline_after(clock, ns);
	return opts;
}

static inline void check_stat(const struct ipcx_ring *ring, uint64_t used, uint32_t producers,
			      uint32_t consumers, uint32_t eof, uint32_t broken)
{
	IPCX_OPTS(ipcx_ring_stat, st);

	UNIT_CHECK(ipcx_ring_stat(ring, &st) == 0);
	UNIT_CHECK(st.size == ring->size && st.type == ring->mode);
	UNIT_CHECK(st.used == used && st.free == st.size - used);
	UNIT_CHECK(st.producers == producers && st.consumers == consumers);
	UNIT_CHECK(st.eof == eof && st.broken == broken);
}

static inline void fill(unsigned char *buf, size_t len, uint64_t seed)
{
	for (size_t i = 0; i < len; i++)
		buf[i] = (unsigned char)(seed + i * 7);
}

static inline bool filled(const unsigned char *buf, size_t len, uint64_t seed)
{
	for (size_t i = 0; i < len; i++)
		if (buf[i] != (unsigned char)(seed + i * 7))
			return false;
	return true;
}

/* A record of that length goes in. */
static inline void put(struct ipcx_producer *p, size_t len, uint64_t seed)
{
	void *buf;

	UNIT_CHECK(ipcx_producer_reserve(p, len, &buf) == 0);
	UNIT_CHECK((uintptr_t)buf % 8 == 0);
	fill(buf, len, seed);
	UNIT_CHECK(ipcx_producer_commit(p) == 0);
}

/* And comes out; it is not released. */
static inline void peek_one(struct ipcx_consumer *c, size_t len, uint64_t seed)
{
	const void *buf;

	UNIT_CHECK(ipcx_consumer_peek(c, &buf) == (ssize_t)len);
	UNIT_CHECK(filled(buf, len, seed));
}

static inline void get(struct ipcx_consumer *c, size_t len, uint64_t seed)
{
	peek_one(c, len, seed);
	UNIT_CHECK(ipcx_consumer_release(c) == 0);
}

#endif /* IPCX_UNIT_RING_H */
