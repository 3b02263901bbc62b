/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Order of messages: highest priority first, oldest first within a priority.
 *
 *   front (list): messages of one priority, outside the tree
 *     prio 5: m5 - m6
 *   levels (tree, one node per other priority in use, best first)
 *     prio 9: m1 - m4 - m7        the first message of a level is its node
 *     prio 3: m2 - m3
 *   strays (tree by order): messages that were taken and came back
 *   types  (selection tree by type): every message, once somebody selects
 *   unindexed (list): messages that are not in @types yet
 *
 * A message starts the front where everything is empty, and joins it where it
 * has the same priority: a queue that uses one priority at a time never touches
 * a tree. Adding to the front or taking from it is O(1), everything else O(log
 * n) of levels, strays or messages. A message that comes back (its receiver could
 * not copy it) belongs in the middle of a list, where finding its place would be a
 * walk: it goes to @strays, which is looked at beside the others and is nearly
 * always empty.
 *
 * The type index costs nothing until the first selective receive. That one
 * sets @by_type, so that newcomers are indexed at once, and enters the others
 * in steps of which each is bounded (ipcx_prioq_index()); the list can then only
 * shrink. An empty queue forgets that it was ever asked.
 *
 * Ordering only: no locks, no memory, no user memory. The caller serializes.
 */
#ifndef _IPCX_PRIOQ_H
#define _IPCX_PRIOQ_H

#include <linux/ipcx.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/rbtree.h>
#include <linux/types.h>

#include "seltree.h"

/*
 * An order is (IPCX_PRIO_MAX - priority) << 49 | sequence number. 49 bits of
 * sequence last for three years at five million messages a second through one
 * queue.
 */
#define IPCX_SEQ_BITS	49
#define IPCX_SEQ_MASK	((1ULL << IPCX_SEQ_BITS) - 1)

/* Where an entry is; none of the first two: in the middle of a list. */
#define IPCX_PQ_HEAD	0x01	/* first of its level: @rb is in levels */
#define IPCX_PQ_STRAY	0x02	/* @rb is in strays */
#define IPCX_PQ_INDEXED	0x04	/* @sel is in types, else in unindexed */

/**
 * struct ipcx_pq_entry - A message's place in the order.
 * @level: neighbours of the same priority
 * @free: for the owner's use while the entry is in no queue
 * @rb: node of levels or strays
 * @unindexed: neighbours in the list of entries without index
 * @sel: node of the type index; @sel.key is the type and @sel.order the order,
 *	which stay valid while @unindexed uses the space of the tree node
 * @size: bytes of payload, for the owner's use
 * @pins: observers that read the message now, for the owner's use
 * @where: IPCX_PQ_*
 * @state: for the owner's use
 */
struct ipcx_pq_entry {
	union {
		struct list_head level;
		struct llist_node free;
	};
	struct rb_node rb;
	union {
		struct hlist_node unindexed;
		struct ipcx_selnode sel;
	};
	u32 size;
	u16 pins;
	u8 where;
	u8 state;
};

/**
 * struct ipcx_prioq - Messages in order.
 * @front: entries of the priority with rank @front_rank, in order
 * @front_rank: IPCX_PRIO_MAX - priority; no level has it while @front has entries
 * @levels: first entries of the priorities in use
 * @strays: entries that came back
 * @types: the type index
 * @unindexed: entries outside the index
 * @seq: sequence number of the next entry
 * @count: number of entries
 * @by_type: newcomers go to the index
 */
struct ipcx_prioq {
	struct list_head front;
	u32 front_rank;
	struct rb_root_cached levels;
	struct rb_root_cached strays;
	struct rb_root types;
	struct hlist_head unindexed;
	u64 seq;
	u32 count;
	bool by_type;
};

/**
 * ipcx_pq_set() - Say what an entry is sorted by.
 * @e: an entry that is in no queue
 * @type: its type
 * @prio: its priority, 0 to IPCX_PRIO_MAX
 */
static inline void ipcx_pq_set(struct ipcx_pq_entry *e, u64 type, u32 prio)
{
	e->sel.key = type;
	e->sel.order = (u64)(IPCX_PRIO_MAX - prio) << IPCX_SEQ_BITS;
}

/* Priority of an entry, counted from the best: what levels are sorted by. */
static inline u32 ipcx_pq_rank(const struct ipcx_pq_entry *e)
{
	return e->sel.order >> IPCX_SEQ_BITS;
}

/**
 * ipcx_pq_prio() - Priority of an entry.
 * @e: an entry that ipcx_pq_set() was called for
 *
 * Return: 0 to IPCX_PRIO_MAX.
 */
static inline u32 ipcx_pq_prio(const struct ipcx_pq_entry *e)
{
	return IPCX_PRIO_MAX - ipcx_pq_rank(e);
}

/* The number of what comes in next. */
static inline u64 ipcx_prioq_next_seq(struct ipcx_prioq *pq)
{
	return pq->seq++ & IPCX_SEQ_MASK;
}

/**
 * ipcx_prioq_stamp() - Give a new entry its place behind those of its priority.
 * @pq: the queue
 * @e: the entry, ipcx_pq_set() done
 *
 * An entry that goes straight to a receiver is stamped, too: it may come back.
 *
 * Context: the caller serializes access to the queue.
 */
static inline void ipcx_prioq_stamp(struct ipcx_prioq *pq,
				    struct ipcx_pq_entry *e)
{
	e->sel.order &= ~IPCX_SEQ_MASK;
	e->sel.order |= ipcx_prioq_next_seq(pq);
}

void ipcx_prioq_init(struct ipcx_prioq *pq);
void ipcx_prioq_insert(struct ipcx_prioq *pq, struct ipcx_pq_entry *e);
void ipcx_prioq_put_back(struct ipcx_prioq *pq, struct ipcx_pq_entry *e);
void ipcx_prioq_remove(struct ipcx_prioq *pq, struct ipcx_pq_entry *e);
struct ipcx_pq_entry *__ipcx_prioq_first(const struct ipcx_prioq *pq);
struct ipcx_pq_entry *ipcx_prioq_victim(const struct ipcx_prioq *pq);
struct ipcx_pq_entry *ipcx_prioq_select(const struct ipcx_prioq *pq, u32 match,
					u64 arg);
bool ipcx_prioq_needs_index(u32 match);
bool ipcx_prioq_index(struct ipcx_prioq *pq, unsigned int budget);

/* The first entry of the front, or NULL. */
static inline struct ipcx_pq_entry *
ipcx_prioq_front(const struct ipcx_prioq *pq)
{
	if (list_empty(&pq->front))
		return NULL;
	return list_first_entry(&pq->front, struct ipcx_pq_entry, level);
}

/**
 * ipcx_prioq_first() - The oldest entry of the highest priority.
 * @pq: the queue
 *
 * Context: the caller serializes access to the queue.
 * Return: the entry, which stays where it is, or NULL.
 */
static inline struct ipcx_pq_entry *
ipcx_prioq_first(const struct ipcx_prioq *pq)
{
	if (unlikely(pq->levels.rb_leftmost || pq->strays.rb_leftmost))
		return __ipcx_prioq_first(pq);
	return ipcx_prioq_front(pq);
}

#endif /* _IPCX_PRIOQ_H */
