/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shares: what each user has in a mailbox.
 *
 * With F bytes free in a mailbox and U of a user's in it, a message of S bytes is
 * let in while U + S <= (F + U) / 2; the same for the number of messages. So the
 * first user can fill half of a mailbox, the second half of what is left, and so
 * on. A user with nothing in the mailbox is let
 * in wherever there is room, since by that rule a message of more than half the
 * mailbox could never be sent.
 *
 * A user is one of the initial user namespace: who has a nested one, with all
 * its user ids, counts as its owner.
 *
 * Senders that wait do so in their user's share: nobody waits behind another
 * user who has too much.
 *
 * A mailbox with a ring has two ways in (mbox_ring.h), and shares for each: who
 * waits for one does not stand before the other.
 */
#ifndef _IPCX_SHARE_H
#define _IPCX_SHARE_H

#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/types.h>

#include "wait.h"

struct ipcx_account;
struct ipcx_mbox;
struct ipcx_message;
struct ipcx_queue;

/**
 * struct ipcx_share - What one user has in one mailbox; mailbox lock.
 * @node: place among the mailbox's shares
 * @user: account in the initial user namespace, a reference; immutable
 * @bytes: payload bytes of the user's messages in the mailbox
 * @msgs: how many they are
 * @senders: the user's tasks that wait for room, each with its message
 * @blocked: place among the shares with waiting senders, empty without any
 */
struct ipcx_share {
	struct rb_node node;
	struct ipcx_account *user;
	u64 bytes;
	u32 msgs;
	struct ipcx_waitset senders;
	struct list_head blocked;
};

/**
 * struct ipcx_shares - The shares of a mailbox, or of its ring; mailbox lock.
 * @tree: all, by user
 * @blocked: those with waiting senders; who was passed over comes last
 */
struct ipcx_shares {
	struct rb_root tree;
	struct list_head blocked;
};

void ipcx_shares_init(struct ipcx_shares *shares);
void ipcx_shares_free(struct ipcx_shares *shares);
struct ipcx_share *ipcx_share_get(struct ipcx_queue *q,
				  struct ipcx_shares *shares,
				  struct ipcx_account *user);
int ipcx_share_assign(struct ipcx_mbox *mbox, struct ipcx_message *msg);
struct ipcx_share *ipcx_share_find_locked(const struct ipcx_shares *shares,
					  const struct ipcx_account *user);
bool ipcx_share_allows(const struct ipcx_share *share, u64 size,
		       u64 free_bytes, u64 free_msgs);
bool ipcx_share_admits_locked(const struct ipcx_queue *q,
			      const struct ipcx_share *share, u64 size);

#endif /* _IPCX_SHARE_H */
