/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Order of messages: highest priority first, oldest first within a priority.
 *
 *   levels (tree, one node per priority in use, best first)
 *     prio 9: m1 - m4 - m7        the first message of a level is its node
 *     prio 3: m2 - m3
 *   strays (tree by order): messages that were taken and came back
 *   types  (selection tree by type): every message, once somebody selects
 *   unindexed (list): messages that are not in @types yet
 *
 * Taking the first message and adding one to an existing level are O(1),
 * everything else is O(log n) of levels, strays or messages. A message that comes
 * back (its receiver could not copy it) belongs in the middle of a list, where
 * finding its place would be a walk: it goes to @strays, which is looked at
 * beside @levels and is nearly always empty.
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

#include <linux/list.h>
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

/* Where an entry is. */
#define IPCX_PQ_HEAD	0x01	/* first of its level: @rb is in levels */
#define IPCX_PQ_STRAY	0x02	/* @rb is in strays */
#define IPCX_PQ_INDEXED	0x04	/* @sel is in types, else in unindexed */

/**
 * struct ipcx_pq_entry - A message's place in the order.
 * @level: neighbours of the same priority
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
	struct list_head level;
	struct rb_node rb;
	union {
		struct list_head unindexed;
		struct ipcx_selnode sel;
	};
	u32 size;
	u16 pins;
	u8 where;
	u8 state;
};

/**
 * struct ipcx_prioq - Messages in order.
 * @levels: first entries of the priorities in use
 * @strays: entries that came back
 * @types: the type index
 * @unindexed: entries outside the index
 * @seq: sequence number of the next entry
 * @count: number of entries
 * @by_type: newcomers go to the index
 */
struct ipcx_prioq {
	struct rb_root_cached levels;
	struct rb_root_cached strays;
	struct rb_root types;
	struct list_head unindexed;
	u64 seq;
	u32 count;
	bool by_type;
};

void ipcx_pq_set(struct ipcx_pq_entry *e, u64 type, u32 prio);
u32 ipcx_pq_prio(const struct ipcx_pq_entry *e);

void ipcx_prioq_init(struct ipcx_prioq *pq);
void ipcx_prioq_stamp(struct ipcx_prioq *pq, struct ipcx_pq_entry *e);
void ipcx_prioq_insert(struct ipcx_prioq *pq, struct ipcx_pq_entry *e);
void ipcx_prioq_put_back(struct ipcx_prioq *pq, struct ipcx_pq_entry *e);
void ipcx_prioq_remove(struct ipcx_prioq *pq, struct ipcx_pq_entry *e);
struct ipcx_pq_entry *ipcx_prioq_first(const struct ipcx_prioq *pq);
struct ipcx_pq_entry *ipcx_prioq_victim(const struct ipcx_prioq *pq);
struct ipcx_pq_entry *ipcx_prioq_select(const struct ipcx_prioq *pq, u32 match,
					u64 arg);
bool ipcx_prioq_needs_index(u32 match);
bool ipcx_prioq_index(struct ipcx_prioq *pq, unsigned int budget);

#endif /* _IPCX_PRIOQ_H */
