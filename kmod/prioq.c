// SPDX-License-Identifier: GPL-2.0-only
/*
 * Order of messages, see prioq.h.
 */
#include <linux/ipcx.h>

#include "prioq.h"

static struct ipcx_pq_entry *entry_of(struct rb_node *rb)
{
	return rb ? rb_entry(rb, struct ipcx_pq_entry, rb) : NULL;
}

/* Priority, counted from the best: what levels are sorted by. */
static u32 rank_of(const struct ipcx_pq_entry *e)
{
	return e->sel.order >> IPCX_SEQ_BITS;
}

/**
 * ipcx_pq_set() - Say what an entry is sorted by.
 * @e: an entry that is in no queue
 * @type: its type
 * @prio: its priority, 0 to IPCX_PRIO_MAX
 */
void ipcx_pq_set(struct ipcx_pq_entry *e, u64 type, u32 prio)
{
	e->sel.key = type;
	e->sel.order = (u64)(IPCX_PRIO_MAX - prio) << IPCX_SEQ_BITS;
	e->where = 0;
}

/**
 * ipcx_pq_prio() - Priority of an entry.
 * @e: an entry that ipcx_pq_set() was called for
 *
 * Return: 0 to IPCX_PRIO_MAX.
 */
u32 ipcx_pq_prio(const struct ipcx_pq_entry *e)
{
	return IPCX_PRIO_MAX - rank_of(e);
}

/**
 * ipcx_prioq_init() - Make an empty queue.
 * @pq: the queue
 */
void ipcx_prioq_init(struct ipcx_prioq *pq)
{
	pq->levels = RB_ROOT_CACHED;
	pq->strays = RB_ROOT_CACHED;
	pq->types = RB_ROOT;
	INIT_LIST_HEAD(&pq->unindexed);
	pq->seq = 0;
	pq->count = 0;
	pq->by_type = false;
}

static void account_entry(struct ipcx_prioq *pq, struct ipcx_pq_entry *e)
{
	if (pq->by_type) {
		ipcx_seltree_insert(&pq->types, &e->sel);
		e->where |= IPCX_PQ_INDEXED;
	} else {
		list_add_tail(&e->unindexed, &pq->unindexed);
	}
	pq->count++;
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
void ipcx_prioq_stamp(struct ipcx_prioq *pq, struct ipcx_pq_entry *e)
{
	e->sel.order &= ~IPCX_SEQ_MASK;
	e->sel.order |= pq->seq++ & IPCX_SEQ_MASK;
}

/**
 * ipcx_prioq_insert() - Add a new entry.
 * @pq: the queue
 * @e: the entry that was stamped last
 *
 * Context: the caller serializes access to the queue.
 */
void ipcx_prioq_insert(struct ipcx_prioq *pq, struct ipcx_pq_entry *e)
{
	struct rb_node **link = &pq->levels.rb_root.rb_node, *parent = NULL;
	u32 rank = rank_of(e);
	bool leftmost = true;

	while (*link) {
		struct ipcx_pq_entry *at = entry_of(*link);
		u32 at_rank = rank_of(at);

		if (rank == at_rank) {
			list_add_tail(&e->level, &at->level);
			account_entry(pq, e);
			return;
		}
		parent = *link;
		if (rank < at_rank) {
			link = &parent->rb_left;
		} else {
			link = &parent->rb_right;
			leftmost = false;
		}
	}
	INIT_LIST_HEAD(&e->level);
	e->where = IPCX_PQ_HEAD;
	rb_link_node(&e->rb, parent, link);
	rb_insert_color_cached(&e->rb, &pq->levels, leftmost);
	account_entry(pq, e);
}

/**
 * ipcx_prioq_put_back() - Return a removed entry to its old place.
 * @pq: the queue
 * @e: an entry that was removed from this queue
 *
 * Context: the caller serializes access to the queue.
 */
void ipcx_prioq_put_back(struct ipcx_prioq *pq, struct ipcx_pq_entry *e)
{
	struct rb_node **link = &pq->strays.rb_root.rb_node, *parent = NULL;
	bool leftmost = true;

	while (*link) {
		parent = *link;
		if (e->sel.order < entry_of(parent)->sel.order) {
			link = &parent->rb_left;
		} else {
			link = &parent->rb_right;
			leftmost = false;
		}
	}
	e->where = IPCX_PQ_STRAY;
	rb_link_node(&e->rb, parent, link);
	rb_insert_color_cached(&e->rb, &pq->strays, leftmost);
	account_entry(pq, e);
}

/* Take the first entry of a level out; its successor becomes the node. */
static void remove_head(struct ipcx_prioq *pq, struct ipcx_pq_entry *e)
{
	struct ipcx_pq_entry *next;

	if (list_empty(&e->level)) {
		rb_erase_cached(&e->rb, &pq->levels);
		return;
	}
	next = list_first_entry(&e->level, struct ipcx_pq_entry, level);
	list_del(&e->level);
	rb_replace_node_cached(&e->rb, &next->rb, &pq->levels);
	next->where |= IPCX_PQ_HEAD;
}

/**
 * ipcx_prioq_remove() - Take an entry out.
 * @pq: the queue
 * @e: an entry of it
 *
 * Context: the caller serializes access to the queue.
 */
void ipcx_prioq_remove(struct ipcx_prioq *pq, struct ipcx_pq_entry *e)
{
	if (e->where & IPCX_PQ_HEAD)
		remove_head(pq, e);
	else if (e->where & IPCX_PQ_STRAY)
		rb_erase_cached(&e->rb, &pq->strays);
	else
		list_del(&e->level);

	if (e->where & IPCX_PQ_INDEXED)
		ipcx_seltree_erase(&pq->types, &e->sel);
	else
		list_del(&e->unindexed);
	e->where = 0;
	if (!--pq->count)
		pq->by_type = false;
}

static struct ipcx_pq_entry *earlier(struct ipcx_pq_entry *a,
				     struct ipcx_pq_entry *b)
{
	if (!a || !b)
		return a ? a : b;
	return a->sel.order < b->sel.order ? a : b;
}

/**
 * ipcx_prioq_first() - The oldest entry of the highest priority.
 * @pq: the queue
 *
 * Context: the caller serializes access to the queue.
 * Return: the entry, which stays where it is, or NULL.
 */
struct ipcx_pq_entry *ipcx_prioq_first(const struct ipcx_prioq *pq)
{
	return earlier(entry_of(rb_first_cached(&pq->levels)),
		       entry_of(rb_first_cached(&pq->strays)));
}

/* The oldest stray of the priority with this rank, or NULL. */
static struct ipcx_pq_entry *first_stray_of(const struct ipcx_prioq *pq,
					    u32 rank)
{
	struct rb_node *rb = pq->strays.rb_root.rb_node;
	struct ipcx_pq_entry *found = NULL;

	while (rb) {
		struct ipcx_pq_entry *e = entry_of(rb);

		if (rank_of(e) < rank) {
			rb = rb->rb_right;
			continue;
		}
		if (rank_of(e) == rank)
			found = e;
		rb = rb->rb_left;
	}
	return found;
}

/**
 * ipcx_prioq_victim() - The oldest entry of the lowest priority.
 * @pq: the queue
 *
 * Context: the caller serializes access to the queue.
 * Return: the entry, which stays where it is, or NULL.
 */
struct ipcx_pq_entry *ipcx_prioq_victim(const struct ipcx_prioq *pq)
{
	struct ipcx_pq_entry *level = entry_of(rb_last(&pq->levels.rb_root));
	struct ipcx_pq_entry *stray = entry_of(rb_last(&pq->strays.rb_root));

	if (!level || !stray)
		return level ? level :
		       stray ? first_stray_of(pq, rank_of(stray)) : NULL;
	if (rank_of(level) > rank_of(stray))
		return level;
	stray = first_stray_of(pq, rank_of(stray));
	return rank_of(level) == rank_of(stray) ? earlier(level, stray) : stray;
}

/**
 * ipcx_prioq_needs_index() - Does this selection use the type index?
 * @match: one of enum ipcx_match
 *
 * Return: true where ipcx_prioq_index() must have returned true before
 * ipcx_prioq_select().
 */
bool ipcx_prioq_needs_index(u32 match)
{
	return match == IPCX_MATCH_TYPE || match == IPCX_MATCH_NOT_TYPE ||
	       match == IPCX_MATCH_LOWEST_TYPE;
}

/**
 * ipcx_prioq_index() - Bring the type index up to date, a step at a time.
 * @pq: the queue
 * @budget: most entries to enter now
 *
 * Entries that are added from the first call on are indexed at once, so that the
 * number of calls is bounded by what was queued before.
 *
 * Context: the caller serializes access to the queue, and may let others have
 * it between two calls.
 * Return: true when every entry is indexed.
 */
bool ipcx_prioq_index(struct ipcx_prioq *pq, unsigned int budget)
{
	struct ipcx_pq_entry *e;

	if (!pq->count)
		return true;
	pq->by_type = true;
	while (!list_empty(&pq->unindexed)) {
		if (!budget--)
			return false;
		e = list_first_entry(&pq->unindexed, struct ipcx_pq_entry,
				     unindexed);
		list_del(&e->unindexed);
		ipcx_seltree_insert(&pq->types, &e->sel);
		e->where |= IPCX_PQ_INDEXED;
	}
	return true;
}

static struct ipcx_pq_entry *by_type(struct ipcx_selnode *node)
{
	return node ? container_of(node, struct ipcx_pq_entry, sel) : NULL;
}

static struct ipcx_pq_entry *lowest_type(const struct ipcx_prioq *pq, u64 max)
{
	struct rb_node *rb = rb_first(&pq->types);
	struct ipcx_selnode *node;

	if (!rb)
		return NULL;
	node = rb_entry(rb, struct ipcx_selnode, rb);
	return node->key <= max ? by_type(node) : NULL;
}

/**
 * ipcx_prioq_select() - The entry that a selective receive takes.
 * @pq: the queue, indexed where ipcx_prioq_needs_index() asks for it
 * @match: one of enum ipcx_match
 * @arg: its argument
 *
 * Context: the caller serializes access to the queue.
 * Return: the entry, which stays where it is, or NULL.
 */
struct ipcx_pq_entry *ipcx_prioq_select(const struct ipcx_prioq *pq, u32 match,
					u64 arg)
{
	struct ipcx_pq_entry *e;

	switch (match) {
	case IPCX_MATCH_TYPE:
		return by_type(ipcx_seltree_best(&pq->types, arg, arg));
	case IPCX_MATCH_NOT_TYPE:
		return by_type(ipcx_seltree_best_except(&pq->types, arg));
	case IPCX_MATCH_LOWEST_TYPE:
		return lowest_type(pq, arg);
	case IPCX_MATCH_MIN_PRIORITY:
		e = ipcx_prioq_first(pq);
		return e && ipcx_pq_prio(e) >= arg ? e : NULL;
	default:
		return ipcx_prioq_first(pq);
	}
}
