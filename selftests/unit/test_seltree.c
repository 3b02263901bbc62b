// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * kmod/seltree.c against a naive model: the same random entries in an array
 * that is walked for every question.
 */
#include <linux/rbtree.h>
#include <linux/types.h>

#include "seltree.h"
#include "unit.h"

#define ENTRIES	300

static struct ipcx_selnode nodes[ENTRIES];
static bool present[ENTRIES];
static struct rb_root root;

/* What the tree answers, by walking all entries. */
static struct ipcx_selnode *naive_best(u64 lo, u64 hi, bool except, u64 key)
{
	struct ipcx_selnode *best = NULL;
	int i;

	for (i = 0; i < ENTRIES; i++) {
		if (!present[i] || nodes[i].key < lo || nodes[i].key > hi)
			continue;
		if (except && nodes[i].key == key)
			continue;
		if (!best || nodes[i].order < best->order)
			best = &nodes[i];
	}
	return best;
}

/* Few keys, so that they meet, and both ends of the range. */
static u64 random_key(uint64_t *state, unsigned int span)
{
	switch (unit_rnd_below(state, 8)) {
	case 0:
		return 0;
	case 1:
		return UINT64_MAX;
	case 2:
		return UINT64_MAX - unit_rnd_below(state, span);
	default:
		return unit_rnd_below(state, span);
	}
}

/* Returns the number of entries below @rb; the tree's own rules must hold. */
static int check_subtree(struct rb_node *rb, struct ipcx_selnode **best)
{
	struct ipcx_selnode *node, *left = NULL, *right = NULL;
	int n;

	*best = NULL;
	if (!rb)
		return 0;
	node = rb_entry(rb, struct ipcx_selnode, rb);
	n = 1 + check_subtree(rb->rb_left, &left) + check_subtree(rb->rb_right, &right);
	*best = ipcx_selnode_better(ipcx_selnode_better(left, right), node);
	UNIT_CHECK(node->best == *best);
	return n;
}

static void check_tree(int expected)
{
	struct ipcx_selnode *before = NULL, *best;
	struct rb_node *rb;

	UNIT_CHECK(check_subtree(root.rb_node, &best) == expected);
	for (rb = rb_first(&root); rb; rb = rb_next(rb)) {
		struct ipcx_selnode *node = rb_entry(rb, struct ipcx_selnode, rb);

		if (before)
			UNIT_CHECK(before->key < node->key ||
				   (before->key == node->key && before->order < node->order));
		before = node;
	}
}

static void ask(uint64_t *state, unsigned int span)
{
	u64 lo = random_key(state, span), hi = random_key(state, span);

	UNIT_CHECK(ipcx_seltree_best(&root, lo, hi) == naive_best(lo, hi, false, 0));
	UNIT_CHECK(ipcx_seltree_best(&root, lo, lo) == naive_best(lo, lo, false, 0));
	UNIT_CHECK(ipcx_seltree_best(&root, 0, UINT64_MAX) ==
		   naive_best(0, UINT64_MAX, false, 0));
	UNIT_CHECK(ipcx_seltree_best_except(&root, lo) ==
		   naive_best(0, UINT64_MAX, true, lo));
}

/* Unique, and in no relation to the time of insertion. */
static u64 random_order(uint64_t *state, int i)
{
	return unit_rnd_below(state, 1 << 20) * ENTRIES + i;
}

static void run_random(uint64_t *state, long steps, unsigned int span)
{
	int count = 0;
	long step;

	root = RB_ROOT;
	memset(present, 0, sizeof(present));
	for (step = 0; step < steps; step++) {
		int i = unit_rnd_below(state, ENTRIES);

		if (present[i]) {
			ipcx_seltree_erase(&root, &nodes[i]);
			/* A stale pointer to it shall not look right. */
			memset(&nodes[i], 0xa5, sizeof(nodes[i]));
			count--;
		} else {
			nodes[i].key = random_key(state, span);
			nodes[i].order = random_order(state, i);
			ipcx_seltree_insert(&root, &nodes[i]);
			count++;
		}
		present[i] = !present[i];
		ask(state, span);
		if (step % 64 == 0)
			check_tree(count);
	}
	check_tree(count);
}

static void test_empty(void)
{
	root = RB_ROOT;
	UNIT_CHECK(!ipcx_seltree_best(&root, 0, UINT64_MAX));
	UNIT_CHECK(!ipcx_seltree_best_except(&root, 0));
}

static void test_ends(void)
{
	struct ipcx_selnode low = { .key = 0, .order = 2 };
	struct ipcx_selnode high = { .key = UINT64_MAX, .order = 1 };

	root = RB_ROOT;
	ipcx_seltree_insert(&root, &low);
	ipcx_seltree_insert(&root, &high);
	UNIT_CHECK(ipcx_seltree_best(&root, 0, 0) == &low);
	UNIT_CHECK(ipcx_seltree_best(&root, 1, UINT64_MAX - 1) == NULL);
	UNIT_CHECK(ipcx_seltree_best(&root, 0, UINT64_MAX) == &high);
	UNIT_CHECK(ipcx_seltree_best_except(&root, UINT64_MAX) == &low);
	UNIT_CHECK(ipcx_seltree_best_except(&root, 0) == &high);
	UNIT_CHECK(ipcx_seltree_best_except(&root, 7) == &high);
	/* A range that is none. */
	UNIT_CHECK(ipcx_seltree_best(&root, 5, 4) == NULL);
}

/* Sorted insertion and removal: the worst cases of rebalancing. */
static void test_sorted(void)
{
	int i;

	root = RB_ROOT;
	for (i = 0; i < ENTRIES; i++) {
		nodes[i].key = i;
		nodes[i].order = ENTRIES - i;
		ipcx_seltree_insert(&root, &nodes[i]);
		UNIT_CHECK(ipcx_seltree_best(&root, 0, UINT64_MAX) == &nodes[i]);
	}
	check_tree(ENTRIES);
	for (i = ENTRIES - 1; i >= 0; i--) {
		UNIT_CHECK(ipcx_seltree_best(&root, 0, UINT64_MAX) == &nodes[i]);
		ipcx_seltree_erase(&root, &nodes[i]);
	}
	check_tree(0);
}

int main(void)
{
	static const unsigned int spans[] = { 1, 3, 40, 100000 };
	uint64_t state = unit_seed();
	char what[32];
	size_t i;

	test_empty();
	unit_ok("empty");
	test_ends();
	unit_ok("ends of the range of keys");
	test_sorted();
	unit_ok("sorted insertion and removal");
	for (i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		run_random(&state, unit_scaled(10000, 1000000), spans[i]);
		snprintf(what, sizeof(what), "random, %u keys", spans[i]);
		unit_ok(what);
	}
	return 0;
}
