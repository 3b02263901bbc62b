// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * kmod/prioq.c against a naive model: random entries come, are taken, come
 * back to their place or go for good, while every question is also answered
 * by walking an array.
 */
#include <linux/ipcx.h>
#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/types.h>

#include "prioq.h"
#include "unit.h"

#define ENTRIES	200

enum place { FREE, QUEUED, TAKEN };

/* One entry, and what the model knows of it. */
struct item {
	struct ipcx_pq_entry e;
	enum place place;
	u64 type;
	u32 prio;
	u64 seq;
};

static struct item items[ENTRIES];
static struct ipcx_prioq pq;
static u64 next_seq;

static struct item *item_of(struct ipcx_pq_entry *e)
{
	return e ? container_of(e, struct item, e) : NULL;
}

/* Does @a leave the queue before @b? */
static bool before(const struct item *a, const struct item *b)
{
	return a->prio != b->prio ? a->prio > b->prio : a->seq < b->seq;
}

static bool matches(const struct item *it, u32 match, u64 arg)
{
	switch (match) {
	case IPCX_MATCH_TYPE:
		return it->type == arg;
	case IPCX_MATCH_NOT_TYPE:
		return it->type != arg;
	case IPCX_MATCH_LOWEST_TYPE:
		return it->type <= arg;
	case IPCX_MATCH_MIN_PRIORITY:
		return it->prio >= arg;
	default:
		return true;
	}
}

static struct item *naive_select(u32 match, u64 arg)
{
	struct item *best = NULL;
	int i;

	for (i = 0; i < ENTRIES; i++) {
		struct item *it = &items[i];

		if (it->place != QUEUED || !matches(it, match, arg))
			continue;
		if (best && match == IPCX_MATCH_LOWEST_TYPE && it->type != best->type) {
			if (it->type < best->type)
				best = it;
			continue;
		}
		if (!best || before(it, best))
			best = it;
	}
	return best;
}

static struct item *naive_victim(void)
{
	struct item *victim = NULL;
	int i;

	for (i = 0; i < ENTRIES; i++) {
		struct item *it = &items[i];

		if (it->place != QUEUED)
			continue;
		if (!victim || it->prio < victim->prio ||
		    (it->prio == victim->prio && it->seq < victim->seq))
			victim = it;
	}
	return victim;
}

static u32 count_queued(void)
{
	u32 n = 0;
	int i;

	for (i = 0; i < ENTRIES; i++)
		n += items[i].place == QUEUED;
	return n;
}

static void reset(void)
{
	memset(items, 0, sizeof(items));
	ipcx_prioq_init(&pq);
	next_seq = 0;
}

/* A new message, as it is when it has its place but is not in the queue yet. */
static void stamp(struct item *it, u64 type, u32 prio)
{
	/* Nothing of an earlier life may count. */
	memset(&it->e, 0xa5, sizeof(it->e));
	it->type = type;
	it->prio = prio;
	it->seq = next_seq++;
	ipcx_pq_set(&it->e, type, prio);
	UNIT_CHECK(ipcx_pq_prio(&it->e) == prio);
	ipcx_prioq_stamp(&pq, &it->e);
	UNIT_CHECK(ipcx_pq_prio(&it->e) == prio);
}

static void insert(struct item *it, u64 type, u32 prio)
{
	stamp(it, type, prio);
	ipcx_prioq_insert(&pq, &it->e);
	it->place = QUEUED;
}

static void take(struct item *it)
{
	ipcx_prioq_remove(&pq, &it->e);
	it->place = TAKEN;
}

static void put_back(struct item *it)
{
	ipcx_prioq_put_back(&pq, &it->e);
	it->place = QUEUED;
	UNIT_CHECK(ipcx_pq_prio(&it->e) == it->prio);
}

static void index_all(unsigned int budget)
{
	unsigned int calls = 0;

	while (!ipcx_prioq_index(&pq, budget))
		UNIT_CHECK(calls++ <= ENTRIES);
}

static void ask_unindexed(u64 min_prio)
{
	UNIT_CHECK(pq.count == count_queued());
	UNIT_CHECK(item_of(ipcx_prioq_first(&pq)) == naive_select(IPCX_MATCH_ANY, 0));
	UNIT_CHECK(item_of(ipcx_prioq_victim(&pq)) == naive_victim());
	UNIT_CHECK(item_of(ipcx_prioq_select(&pq, IPCX_MATCH_MIN_PRIORITY, min_prio)) ==
		   naive_select(IPCX_MATCH_MIN_PRIORITY, min_prio));
}

static void ask_indexed(uint64_t *state, u64 arg)
{
	u32 match;

	index_all(1 + unit_rnd_below(state, 8));
	for (match = IPCX_MATCH_ANY; match <= IPCX_MATCH_MIN_PRIORITY; match++)
		UNIT_CHECK(item_of(ipcx_prioq_select(&pq, match, arg)) ==
			   naive_select(match, arg));
}

static u64 random_type(uint64_t *state, unsigned int span)
{
	u64 type = unit_rnd_below(state, span);

	return unit_rnd_below(state, 4) ? type : UINT64_MAX - type;
}

static u32 random_prio(uint64_t *state, unsigned int span)
{
	u32 prio = unit_rnd_below(state, span);

	return unit_rnd_below(state, 4) ? prio : IPCX_PRIO_MAX - prio;
}

struct shape {
	unsigned int types;
	unsigned int prios;
	unsigned int fill;	/* of 100 steps with a free entry, how many insert */
	unsigned int selective;	/* of 100 steps, how many ask for types */
};

static void step(uint64_t *state, const struct shape *shape)
{
	struct item *it = &items[unit_rnd_below(state, ENTRIES)];
	unsigned int roll = unit_rnd_below(state, 100);

	switch (it->place) {
	case FREE:
		if (roll < 3) {
			/* Handed to a receiver past the queue; it may come back. */
			stamp(it, random_type(state, shape->types),
			      random_prio(state, shape->prios));
			it->place = TAKEN;
		} else if (roll < shape->fill) {
			insert(it, random_type(state, shape->types),
			       random_prio(state, shape->prios));
		}
		break;
	case QUEUED:
		/* Mostly from the head, as receivers do; else from anywhere. */
		if (roll < 50)
			it = item_of(ipcx_prioq_first(&pq));
		else if (roll < 60)
			it = item_of(ipcx_prioq_victim(&pq));
		take(it);
		break;
	case TAKEN:
		if (roll < 40)
			put_back(it);
		else
			it->place = FREE;
		break;
	}
}

static void run_random(uint64_t *state, const struct shape *shape, long steps)
{
	long i;

	reset();
	for (i = 0; i < steps; i++) {
		u64 arg = random_type(state, shape->types);

		step(state, shape);
		ask_unindexed(random_prio(state, shape->prios));
		/* A type index that is under construction meets all changes. */
		if (unit_rnd_below(state, 100) < shape->selective)
			ask_indexed(state, arg);
		else if (unit_rnd_below(state, 100) < shape->selective)
			ipcx_prioq_index(&pq, unit_rnd_below(state, 3));
	}
	while (pq.count)
		take(item_of(ipcx_prioq_first(&pq)));
	UNIT_CHECK(count_queued() == 0);
	UNIT_CHECK(!ipcx_prioq_first(&pq));
	UNIT_CHECK(!ipcx_prioq_victim(&pq));
}

static void test_empty(void)
{
	u32 match;

	reset();
	UNIT_CHECK(ipcx_prioq_index(&pq, 0));
	for (match = IPCX_MATCH_ANY; match <= IPCX_MATCH_MIN_PRIORITY; match++)
		UNIT_CHECK(!ipcx_prioq_select(&pq, match, 0));
}

/* Each step of indexing is bounded, and an empty queue forgets the index. */
static void test_index_budget(void)
{
	int i;

	reset();
	for (i = 0; i < 10; i++)
		insert(&items[i], i, 0);
	UNIT_CHECK(!pq.by_type);
	UNIT_CHECK(!ipcx_prioq_index(&pq, 4));
	UNIT_CHECK(!ipcx_prioq_index(&pq, 4));
	/* A newcomer does not make it longer. */
	insert(&items[10], 10, 0);
	UNIT_CHECK(ipcx_prioq_index(&pq, 2));
	UNIT_CHECK(item_of(ipcx_prioq_select(&pq, IPCX_MATCH_TYPE, 10)) == &items[10]);
	for (i = 0; i <= 10; i++)
		take(&items[i]);
	UNIT_CHECK(!pq.by_type);
}

static void test_needs_index(void)
{
	UNIT_CHECK(!ipcx_prioq_needs_index(IPCX_MATCH_ANY));
	UNIT_CHECK(ipcx_prioq_needs_index(IPCX_MATCH_TYPE));
	UNIT_CHECK(ipcx_prioq_needs_index(IPCX_MATCH_NOT_TYPE));
	UNIT_CHECK(ipcx_prioq_needs_index(IPCX_MATCH_LOWEST_TYPE));
	UNIT_CHECK(!ipcx_prioq_needs_index(IPCX_MATCH_MIN_PRIORITY));
}

/* What came back leaves before what came after it, and is dropped first. */
static void test_put_back(void)
{
	int i;

	reset();
	for (i = 0; i < 6; i++)
		insert(&items[i], 0, i % 2);
	take(&items[1]);
	take(&items[3]);
	put_back(&items[3]);
	put_back(&items[1]);
	for (i = 1; i < 6; i += 2) {
		UNIT_CHECK(item_of(ipcx_prioq_first(&pq)) == &items[i]);
		take(&items[i]);
	}
	take(&items[0]);
	put_back(&items[0]);
	UNIT_CHECK(item_of(ipcx_prioq_victim(&pq)) == &items[0]);
	take(&items[0]);
	take(&items[2]);
	take(&items[4]);
	put_back(&items[4]);
	put_back(&items[2]);
	/* Only strays left: both ends are found among them. */
	UNIT_CHECK(item_of(ipcx_prioq_victim(&pq)) == &items[2]);
	UNIT_CHECK(item_of(ipcx_prioq_first(&pq)) == &items[2]);
}

int main(void)
{
	static const struct shape shapes[] = {
		{ .types = 1, .prios = 1, .fill = 100, .selective = 10 },
		{ .types = 4, .prios = 3, .fill = 100, .selective = 50 },
		{ .types = 4, .prios = 3, .fill = 15, .selective = 5 },
		{ .types = 1000, .prios = 32, .fill = 100, .selective = 20 },
		{ .types = 3, .prios = 32768, .fill = 100, .selective = 0 },
		{ .types = 100000, .prios = 32768, .fill = 50, .selective = 30 },
	};
	uint64_t state = unit_seed();
	char what[64];
	size_t i;

	test_empty();
	unit_ok("empty");
	test_needs_index();
	unit_ok("which selections need the index");
	test_index_budget();
	unit_ok("indexing in steps");
	test_put_back();
	unit_ok("put back");
	for (i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		run_random(&state, &shapes[i], unit_scaled(20000, 1000000));
		snprintf(what, sizeof(what), "random, %u types, %u priorities",
			 shapes[i].types, shapes[i].prios);
		unit_ok(what);
	}
	return 0;
}
