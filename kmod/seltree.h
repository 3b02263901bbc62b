/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Selection tree: "of all entries whose key lies in a range, which is first
 * in order?" in O(log n).
 *
 * A red-black tree sorted by (key, order), in which every node also knows the
 * node with the smallest order in its subtree. The same structure answers
 * which message a selective receive takes (key: type, order: priority, age)
 * and which waiting receiver a message goes to (key: what the receiver asked
 * for, order: task priority, arrival).
 *
 * No locks, no memory: the caller owns the nodes and serializes access.
 */
#ifndef _IPCX_SELTREE_H
#define _IPCX_SELTREE_H

#include <linux/rbtree.h>
#include <linux/types.h>

/**
 * struct ipcx_selnode - An entry of a selection tree.
 * @rb: position in the tree
 * @best: entry with the smallest @order in the subtree below @rb, self included
 * @key: what ranges select
 * @order: rank, smaller is better; unique within a tree
 */
struct ipcx_selnode {
	struct rb_node rb;
	struct ipcx_selnode *best;
	u64 key;
	u64 order;
};

void ipcx_seltree_insert(struct rb_root *root, struct ipcx_selnode *node);
void ipcx_seltree_erase(struct rb_root *root, struct ipcx_selnode *node);
struct ipcx_selnode *ipcx_seltree_best(const struct rb_root *root, u64 lo,
				       u64 hi);
struct ipcx_selnode *ipcx_seltree_best_except(const struct rb_root *root,
					      u64 key);

/**
 * ipcx_selnode_better() - Pick the better of two entries.
 * @a: an entry or NULL
 * @b: an entry or NULL
 *
 * Return: the one with the smaller order, the other one where one is NULL.
 */
static inline struct ipcx_selnode *ipcx_selnode_better(struct ipcx_selnode *a,
						       struct ipcx_selnode *b)
{
	if (!a || !b)
		return a ? a : b;
	return a->order < b->order ? a : b;
}

#endif /* _IPCX_SELTREE_H */
