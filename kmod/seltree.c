// SPDX-License-Identifier: GPL-2.0-only
/*
 * Selection tree, see seltree.h.
 */
#include <linux/limits.h>
#include <linux/rbtree_augmented.h>

#include "seltree.h"

static struct ipcx_selnode *selnode(struct rb_node *rb)
{
	return rb ? rb_entry(rb, struct ipcx_selnode, rb) : NULL;
}

static struct ipcx_selnode *subtree_best(struct rb_node *rb)
{
	return rb ? selnode(rb)->best : NULL;
}

/* Recompute @node->best; tells whether it was right already. */
static bool update_best(struct ipcx_selnode *node, bool exit)
{
	struct ipcx_selnode *best;

	best = ipcx_selnode_better(subtree_best(node->rb.rb_left),
				   subtree_best(node->rb.rb_right));
	best = ipcx_selnode_better(best, node);
	if (exit && node->best == best)
		return true;
	node->best = best;
	return false;
}

RB_DECLARE_CALLBACKS(static, seltree_callbacks, struct ipcx_selnode, rb, best,
		     update_best)

/**
 * ipcx_seltree_insert() - Add an entry.
 * @root: the tree
 * @node: the entry, its key and order set
 *
 * Context: the caller serializes access to the tree.
 */
void ipcx_seltree_insert(struct rb_root *root, struct ipcx_selnode *node)
{
	struct rb_node **link = &root->rb_node, *parent = NULL;

	while (*link) {
		struct ipcx_selnode *at = selnode(*link);

		parent = *link;
		/* Every node on the way has @node below it from now on. */
		if (node->order < at->best->order)
			at->best = node;
		if (node->key < at->key ||
		    (node->key == at->key && node->order < at->order))
			link = &parent->rb_left;
		else
			link = &parent->rb_right;
	}
	node->best = node;
	rb_link_node(&node->rb, parent, link);
	rb_insert_augmented(&node->rb, root, &seltree_callbacks);
}

/**
 * ipcx_seltree_erase() - Remove an entry.
 * @root: the tree
 * @node: an entry of the tree
 *
 * Context: the caller serializes access to the tree.
 */
void ipcx_seltree_erase(struct rb_root *root, struct ipcx_selnode *node)
{
	rb_erase_augmented(&node->rb, root, &seltree_callbacks);
}

/* The best entry below @rb with a key of at least @lo. */
static struct ipcx_selnode *best_from(struct rb_node *rb, u64 lo)
{
	struct ipcx_selnode *best = NULL;

	while (rb) {
		struct ipcx_selnode *node = selnode(rb);

		if (node->key < lo) {
			rb = rb->rb_right;
			continue;
		}
		best = ipcx_selnode_better(best, node);
		best = ipcx_selnode_better(best, subtree_best(rb->rb_right));
		rb = rb->rb_left;
	}
	return best;
}

/* The best entry below @rb with a key of at most @hi. */
static struct ipcx_selnode *best_to(struct rb_node *rb, u64 hi)
{
	struct ipcx_selnode *best = NULL;

	while (rb) {
		struct ipcx_selnode *node = selnode(rb);

		if (node->key > hi) {
			rb = rb->rb_left;
			continue;
		}
		best = ipcx_selnode_better(best, node);
		best = ipcx_selnode_better(best, subtree_best(rb->rb_left));
		rb = rb->rb_right;
	}
	return best;
}

/**
 * ipcx_seltree_best() - Find the first entry of a range of keys.
 * @root: the tree
 * @lo: smallest key
 * @hi: largest key
 *
 * Walks down from the topmost node inside the range once to each side: at most
 * twice the height of the tree.
 *
 * Context: the caller serializes access to the tree.
 * Return: the entry with the smallest order, NULL where no key is in the range.
 */
struct ipcx_selnode *ipcx_seltree_best(const struct rb_root *root, u64 lo,
				       u64 hi)
{
	struct rb_node *rb = root->rb_node;

	while (rb) {
		struct ipcx_selnode *node = selnode(rb);
		struct ipcx_selnode *best;

		if (node->key < lo) {
			rb = rb->rb_right;
			continue;
		}
		if (node->key > hi) {
			rb = rb->rb_left;
			continue;
		}
		best = ipcx_selnode_better(best_from(rb->rb_left, lo),
					   best_to(rb->rb_right, hi));
		return ipcx_selnode_better(best, node);
	}
	return NULL;
}

/**
 * ipcx_seltree_best_except() - Find the first entry with another key.
 * @root: the tree
 * @key: the key that does not count
 *
 * Context: the caller serializes access to the tree.
 * Return: the entry with the smallest order, or NULL.
 */
struct ipcx_selnode *ipcx_seltree_best_except(const struct rb_root *root,
					      u64 key)
{
	struct ipcx_selnode *below = NULL, *above = NULL;

	if (key > 0)
		below = ipcx_seltree_best(root, 0, key - 1);
	if (key < U64_MAX)
		above = ipcx_seltree_best(root, key + 1, U64_MAX);
	return ipcx_selnode_better(below, above);
}
