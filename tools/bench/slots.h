/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the shared rings are compared with: the best simple queue that we know for one
 * producer and one consumer. It holds a fixed number of slots of one cache line each; each
 * side keeps what it last saw of the other's index, and looks again only when that is used
 * up. It checks nothing, since both trust each other, and nobody can sleep.
 */
#ifndef BENCH_SLOTS_H
#define BENCH_SLOTS_H

#include <stddef.h>
#include <stdint.h>

#define SLOT_SIZE	64
#define SLOTS		1024
/* Processors fetch cache lines in pairs. */
#define APART		128

/**
 * struct slots - In zeroed memory that both sides have.
 * @tail: slots filled so far, of the producer
 * @seen_head: what it last saw of @head
 * @head: slots emptied so far, of the consumer
 * @seen_tail: what it last saw of @tail
 * @slot: the slots
 */
struct slots {
	_Alignas(APART) uint64_t tail;
	uint64_t seen_head;
	_Alignas(APART) uint64_t head;
	uint64_t seen_tail;
	_Alignas(APART) unsigned char slot[SLOTS][SLOT_SIZE];
};

/* Room, or NULL. */
static inline void *slots_reserve(struct slots *q)
{
	if (q->tail - q->seen_head == SLOTS) {
		q->seen_head = __atomic_load_n(&q->head, __ATOMIC_ACQUIRE);
		if (q->tail - q->seen_head == SLOTS)
			return NULL;
	}
	return q->slot[q->tail % SLOTS];
}

static inline void slots_commit(struct slots *q)
{
	__atomic_store_n(&q->tail, q->tail + 1, __ATOMIC_RELEASE);
}

/* What comes next, or NULL. */
static inline const void *slots_peek(struct slots *q)
{
	if (q->head == q->seen_tail) {
		q->seen_tail = __atomic_load_n(&q->tail, __ATOMIC_ACQUIRE);
		if (q->head == q->seen_tail)
			return NULL;
	}
	return q->slot[q->head % SLOTS];
}

static inline void slots_release(struct slots *q)
{
	__atomic_store_n(&q->head, q->head + 1, __ATOMIC_RELEASE);
}

#endif /* BENCH_SLOTS_H */
