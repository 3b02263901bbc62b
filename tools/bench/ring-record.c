// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a record takes, by the public functions and as any program would call them: one
 * process, and nothing to wait for. The payload is copied into the record, and out of it;
 * the loop is in the figures as well.
 */
#include <string.h>

#include "measure.h"
#include "ring.h"
#include "signals.h"

#define SIZE		64
#define RING_SIZE	65536
#define WARM_UP		2000
#define RECORDS		2000	/* in each of BLOCKS */
#define BURST		32	/* that the producer makes while its consumers look on */
#define BURSTS		50
#define CONSUMERS_MAX	16

/**
 * struct place - A ring with its members, all of this process.
 * @ring: the ring
 * @p: producer
 * @c: consumers
 * @consumers: how many
 * @out: payload
 * @in: room for it
 */
struct place {
	struct ipcx_ring *ring;
	struct ipcx_producer *p;
	struct ipcx_consumer *c[CONSUMERS_MAX];
	unsigned int consumers;
	unsigned char out[SIZE];
	unsigned char in[SIZE];
};

static void place_free(struct place *place)
{
	while (place->consumers)
		ipcx_consumer_detach(place->c[--place->consumers]);
	ipcx_producer_detach(place->p);
	ipcx_ring_close(place->ring);
}

static int place_init(struct place *place, const struct ring_kind *kind)
{
	int err;

	*place = (struct place){ 0 };
	if (kind->consumers > CONSUMERS_MAX)
		return -EINVAL;
	err = ring_make(&place->ring, kind, RING_SIZE);
	if (!err)
		err = ipcx_producer_attach(&place->p, place->ring);
	while (!err && place->consumers < kind->consumers) {
		err = ipcx_consumer_attach(&place->c[place->consumers], place->ring, 0);
		place->consumers += !err;
	}
	return err;
}

/* Not inlined: what the caller knows of the buffers would make it shorter. */
static __attribute__((noinline)) int records(struct place *place, unsigned long count)
{
	struct ipcx_producer *p = place->p;
	struct ipcx_consumer *c = place->c[0];
	const void *record;
	void *room;
	int err;

	for (; count; count--) {
		err = ipcx_producer_reserve(p, SIZE, &room);
		if (err)
			return err;
		memcpy(room, place->out, SIZE);
		err = ipcx_producer_commit(p);
		if (err)
			return err;
		if (ipcx_consumer_peek(c, &record) != SIZE)
			return -ENOTRECOVERABLE;
		memcpy(place->in, record, SIZE);
		err = ipcx_consumer_release(c);
		if (err)
			return err;
	}
	return 0;
}

static __attribute__((noinline)) int produce(struct place *place, unsigned long count)
{
	struct ipcx_producer *p = place->p;
	void *room;
	int err = 0;

	for (; count && !err; count--) {
		err = ipcx_producer_reserve(p, SIZE, &room);
		if (err)
			return err;
		memcpy(room, place->out, SIZE);
		err = ipcx_producer_commit(p);
	}
	return err;
}

static int drain(struct place *place)
{
	const void *record;
	unsigned int i;
	int n, err = 0;

	for (i = 0; i < place->consumers && !err; i++) {
		for (n = 0; n < BURST; n++)
			if (ipcx_consumer_peek(place->c[i], &record) != SIZE ||
			    memcmp(record, place->out, SIZE) != 0)
				return -ENOTRECOVERABLE;
		err = ipcx_consumer_release(place->c[i]);
	}
	return err;
}

static int timed_records(struct place *place, double *cost)
{
	uint64_t start = clock_now();
	int err = records(place, RECORDS);

	*cost = (double)(clock_now() - start - clock_own_cost) / RECORDS;
	return err ? err : memcmp(place->in, place->out, SIZE) ? -ENOTRECOVERABLE : 0;
}

static int timed_bursts(struct place *place, double *cost)
{
	uint64_t start, sum = 0;
	int i, err = 0;

	for (i = 0; i < BURSTS && !err; i++) {
		start = clock_now();
		err = produce(place, BURST);
		sum += clock_now() - start - clock_own_cost;
		if (!err)
			err = drain(place);
	}
	*cost = (double)sum / (BURSTS * BURST);
	return err;
}

static int cost(const struct ring_kind *kind, int (*timed)(struct place *place, double *cost),
		struct stats *stats)
{
	double values[BLOCKS];
	struct place place;
	unsigned int i;
	int err = place_init(&place, kind);

	for (i = 0; i < WARM_UP / RECORDS + 1 && !err; i++)
		err = timed(&place, values);
	for (i = 0; i < BLOCKS && !err; i++) {
		memset(place.out, (int)i, SIZE);
		err = timed(&place, &values[i]);
		if (!err && signals_stop())
			err = -EINTR;
	}
	place_free(&place);
	if (!err)
		*stats = stats_of(values, BLOCKS);
	return err;
}

int ring_record_cost(const struct ring_kind *kind, struct stats *stats)
{
	return cost(kind, timed_records, stats);
}

int ring_producer_cost(const struct ring_kind *kind, struct stats *stats)
{
	return cost(kind, timed_bursts, stats);
}
