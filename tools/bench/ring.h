/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ipcx-bench ring: what its parts share.
 *
 *	ring.c			command line, tables, file
 *	ring-record.c		one process: what a record takes
 *	ring-two.c		two of them, on two CPUs: how they meet, and the time between
 *	ring-flow.c		what they do: records one way
 *	ring-latency.c		and records there and back
 */
#ifndef BENCH_RING_H
#define BENCH_RING_H

#include <stdbool.h>
#include <stddef.h>

#include <ipcx/ipcx.h>

#include "slots.h"
#include "stats.h"

/**
 * struct ring_kind - Which rings.
 * @dev: the device, or NULL: in a memfd
 * @mode: one of &enum ipcx_ring_mode
 * @consumers: most at a time
 */
struct ring_kind {
	struct ipcx_dev *dev;
	enum ipcx_ring_mode mode;
	unsigned int consumers;
};

/* 0 or a negative errno. */
int ring_make(struct ipcx_ring **ring, const struct ring_kind *kind, uint64_t size);

/*
 * Cost of a record of 64 bytes that is reserved, written, committed, peeked at, read and
 * released, in the unit of the clock.
 */
int ring_record_cost(const struct ring_kind *kind, struct stats *stats);

/* The same of what the producer does, with kind->consumers of them. */
int ring_producer_cost(const struct ring_kind *kind, struct stats *stats);

/* What goes from one side to the other. */
enum ring_way {
	WAY_RING,
	WAY_SLOTS,	/* see slots.h */
	WAY_PLAIN,	/* a buffer that both have, and a flag */
	WAY_LINE,	/* a number in a cache line */
};

/**
 * struct ring_two - Work for two sides.
 * @way: what is between them
 * @dev: for WAY_RING: the device, or NULL: in a memfd
 * @size: bytes of payload
 * @count: messages, or round trips
 * @processes: two of them, or else threads
 */
struct ring_two {
	enum ring_way way;
	struct ipcx_dev *dev;
	size_t size;
	unsigned long count;
	bool processes;
};

/**
 * struct ring_meeting - What both sides have, in shared memory.
 * @there: the peer is ready
 * @go: it may begin
 * @err: what has gone wrong on either side
 * @ns: how long it took, one message or round trip
 * @ring: to this side, and to the peer
 * @slots: instead
 * @line: for WAY_LINE: the number; for WAY_PLAIN: the buffer is full
 * @plain: for WAY_PLAIN: the buffer
 * @number: of the next round trip
 */
struct ring_meeting {
	int there;
	int go;
	int err;
	double ns;
	struct ipcx_ring *ring[2];
	struct slots slots;
	_Alignas(APART) uint64_t line;
	_Alignas(APART) uint64_t number;
	_Alignas(APART) unsigned char plain[];
};

/* One side's work. @peer: the other process or thread. 0 or a negative errno. */
typedef int ring_side(const struct ring_two *two, struct ring_meeting *m);

/* Runs both, each on its CPU; the time between their meeting and the end of @here. */
int ring_meet(const struct ring_two *two, ring_side *here, ring_side *peer, double *ns);

/* To be called by both sides when they are ready: 0 or a negative errno. */
int ring_begin(struct ring_meeting *m, bool peer);

/* From time to time while nothing comes: 0: go on; or a negative errno. */
int ring_verdict(const struct ring_meeting *m);

/* ns per message; the median of several short stretches per one-way message. */
int ring_flow(const struct ring_two *two, double *ns);
int ring_latency(const struct ring_two *two, double *ns);

#endif /* BENCH_RING_H */
