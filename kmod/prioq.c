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

/**
 * ipcx_prioq_init() - Make an empty queue.
 * @pq: the queue
 */
void ipcx_prioq_init(struct ipcx_prioq *pq)
{
	INIT_LIST_HEAD(&pq->front);
	pq->front_rank = 0;
	pq->levels = RB_ROOT_CACHED;
	pq->strays = RB_ROOT_CACHED;
	pq->types = RB_ROOT;
	INIT_HLIST_HEAD(&pq->unindexed);
	pq->seq = 0;
	pq->count = 0;
	pq->by_type = false;
}

/*
 * The lists' pointers are nobody's but ours: they are not checked at each step
 * (CONFIG_DEBUG_LIST, in distribution kernels), which costs more than the step.
 */
static void append(struct ipcx_pq_entry *e, struct list_head *head)
{
	struct list_head *last = head->prev;

	e->level.next = head;
	e->level.prev = last;
	last->next = &e->level;
	head->prev = &e->level;
}

static void count_entry(struct ipcx_prioq *pq, struct ipcx_pq_entry *e)
{
	if (unlikely(pq->by_type)) {
		ipcx_seltree_insert(&pq->types, &e->sel);
		e->where |= IPCX_PQ_INDEXED;
	} else {
		hlist_add_head(&e->unindexed, &pq->unindexed);
	}
	pq->count++;
}

static void insert_level(struct ipcx_prioq *pq, struct ipcx_pq_entry *e)
{
	struct rb_node **link = &pq->levels.rb_root.rb_node, *parent = NULL;
	u32 rank = ipcx_pq_rank(e);
	bool leftmost = true;

	while (*link) {
		struct ipcx_pq_entry *at = entry_of(*link);
		u32 at_rank = ipcx_pq_rank(at);

		if (rank == at_rank) {
			append(e, &at->level);
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
}

/* Does an entry of this rank belong to the front? */
static bool joins_front(struct ipcx_prioq *pq, u32 rank)
{
	if (!list_empty(&pq->front))
		return pq->front_rank == rank;
	if (!RB_EMPTY_ROOT(&pq->levels.rb_root))
		return false;
	pq->front_rank = rank;
	return true;
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
	e->where = 0;
	if (likely(joins_front(pq, ipcx_pq_rank(e))))
		append(e, &pq->front);
	else
		insert_level(pq, e);
	count_entry(pq, e);
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
	count_entry(pq, e);
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
	__list_del(e->level.prev, e->level.next);
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
	if (unlikely(e->where & IPCX_PQ_HEAD))
		remove_head(pq, e);
	else if (unlikely(e->where & IPCX_PQ_STRAY))
		rb_erase_cached(&e->rb, &pq->strays);
	else
		__list_del(e->level.prev, e->level.next);

	if (unlikely(e->where & IPCX_PQ_INDEXED))
		ipcx_seltree_erase(&pq->types, &e->sel);
	else
		__hlist_del(&e->unindexed);
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
 * __ipcx_prioq_first() - ipcx_prioq_first() where not all is in the front.
 * @pq: the queue
 *
 * Context: the caller serializes access to the queue.
 * Return: the entry, which stays where it is, or NULL.
 */
struct ipcx_pq_entry *__ipcx_prioq_first(const struct ipcx_prioq *pq)
{
	struct ipcx_pq_entry *first = ipcx_prioq_front(pq);

	first = earlier(first, entry_of(rb_first_cached(&pq->levels)));
	return earlier(first, entry_of(rb_first_cached(&pq->strays)));
}

/* The oldest stray of the priority with this rank, or NULL. */
static struct ipcx_pq_entry *first_stray_of(const struct ipcx_prioq *pq,
					    u32 rank)
{
	struct rb_node *rb = pq->strays.rb_root.rb_node;
	struct ipcx_pq_entry *found = NULL;

	while (rb) {
		struct ipcx_pq_entry *e = entry_of(rb);

		if (ipcx_pq_rank(e) < rank) {
			rb = rb->rb_right;
			continue;
		}
		if (ipcx_pq_rank(e) == rank)
			found = e;
		rb = rb->rb_left;
	}
	return found;
}

/* Of two entries that are first of their priority: the one to drop first. */
static struct ipcx_pq_entry *worse(struct ipcx_pq_entry *a,
				   struct ipcx_pq_entry *b)
{
	if (!a || !b)
		return a ? a : b;
	if (ipcx_pq_rank(a) != ipcx_pq_rank(b))
		return ipcx_pq_rank(a) > ipcx_pq_rank(b) ? a : b;
	return earlier(a, b);
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

	if (stray)
		stray = first_stray_of(pq, ipcx_pq_rank(stray));
	return worse(worse(ipcx_prioq_front(pq), level), stray);
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
	while (!hlist_empty(&pq->unindexed)) {
		if (!budget--)
			return false;
		e = hlist_entry(pq->unindexed.first, struct ipcx_pq_entry,
				unindexed);
		__hlist_del(&e->unindexed);
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
