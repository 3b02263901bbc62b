// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * There and back between two CPUs: a record of 8 bytes each way, or nothing but a number in a
 * cache line that both write in turns, which is the least that there can be. Both look
 * again and again.
 */
#include <string.h>

#include "clock.h"
#include "ring.h"

#define STRETCHES	101
#define LOOKS		(1UL << 20)

/**
 * struct ends - One side's.
 * @p: to the other side
 * @c: from it
 */
struct ends {
	struct ipcx_producer *p;
	struct ipcx_consumer *c;
};

static int ends_attach(struct ends *ends, const struct ring_two *two, struct ring_meeting *m,
		       bool peer)
{
	int err = 0;

	*ends = (struct ends){ 0 };
	if (two->way == WAY_RING)
		err = ipcx_producer_attach(&ends->p, m->ring[peer]);
	if (!err && two->way == WAY_RING)
		err = ipcx_consumer_attach(&ends->c, m->ring[!peer], 0);
	return err;
}

static void ends_detach(struct ends *ends)
{
	ipcx_producer_detach(ends->p);
	ipcx_consumer_detach(ends->c);
}

static inline int put(const struct ends *ends, uint64_t number)
{
	void *room;
	int err = ipcx_producer_reserve(ends->p, sizeof(number), &room);

	if (err)
		return err;
	memcpy(room, &number, sizeof(number));
	return ipcx_producer_commit(ends->p);
}

static inline int get(const struct ends *ends, const struct ring_meeting *m, uint64_t *number)
{
	unsigned long looks = 0;
	const void *record;
	ssize_t len;

	while ((len = ipcx_consumer_peek(ends->c, &record)) == -EAGAIN)
		if (!(++looks % LOOKS) && (len = ring_verdict(m)))
			break;
	if (len != sizeof(*number))
		return len < 0 ? (int)len : -ENOTRECOVERABLE;
	memcpy(number, record, sizeof(*number));
	return ipcx_consumer_release(ends->c);
}

static inline int wait_for(struct ring_meeting *m, uint64_t number)
{
	unsigned long looks = 0;
	int err = 0;

	while (__atomic_load_n(&m->line, __ATOMIC_ACQUIRE) != number && !err)
		err = ++looks % LOOKS ? 0 : ring_verdict(m);
	return err;
}

static int echo_records(const struct ends *ends, struct ring_meeting *m, unsigned long count)
{
	uint64_t number;
	int err = 0;

	for (; count && !err; count--) {
		err = get(ends, m, &number);
		if (!err)
			err = put(ends, number);
	}
	return err;
}

static int echo_line(struct ring_meeting *m, unsigned long count)
{
	uint64_t number;
	int err = 0;

	for (number = 1; number < 2 * count && !err; number += 2) {
		err = wait_for(m, number);
		__atomic_store_n(&m->line, number + 1, __ATOMIC_RELEASE);
	}
	return err;
}

static int records(const struct ends *ends, struct ring_meeting *m, unsigned long count)
{
	uint64_t number;
	int err = 0;

	for (; count && !err; count--) {
		err = put(ends, m->number);
		if (!err)
			err = get(ends, m, &number);
		if (!err && number != m->number++)
			err = -ENOTRECOVERABLE;
	}
	return err;
}

static int line(struct ring_meeting *m, unsigned long count)
{
	int err = 0;

	for (; count && !err; count--, m->number += 2) {
		__atomic_store_n(&m->line, m->number + 1, __ATOMIC_RELEASE);
		err = wait_for(m, m->number + 2);
	}
	return err;
}

static int here(const struct ring_two *two, struct ring_meeting *m)
{
	unsigned long count = two->count / STRETCHES;
	double values[STRETCHES];
	struct ends ends;
	uint64_t start;
	int i, err = ends_attach(&ends, two, m, false);

	if (!err)
		err = ring_begin(m, false);
	for (i = 0; i < STRETCHES && !err; i++) {
		start = clock_ns();
		err = two->way == WAY_RING ? records(&ends, m, count) : line(m, count);
		values[i] = (double)(clock_ns() - start) / (2 * (double)count);
	}
	if (!err)
		m->ns = stats_of(values, STRETCHES).median;
	ends_detach(&ends);
	return err;
}

static int there(const struct ring_two *two, struct ring_meeting *m)
{
	unsigned long count = two->count / STRETCHES * STRETCHES;
	struct ends ends;
	int err = ends_attach(&ends, two, m, true);

	if (!err)
		err = ring_begin(m, true);
	if (!err)
		err = two->way == WAY_RING ? echo_records(&ends, m, count) : echo_line(m, count);
	ends_detach(&ends);
	return err;
}

int ring_latency(const struct ring_two *two, double *ns)
{
	return ring_meet(two, here, there, ns);
}
