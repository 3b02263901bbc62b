// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shares, see share.h.
 */
#include <linux/minmax.h>
#include <linux/slab.h>

#include "account.h"
#include "ipcx.h"
#include "mail.h"
#include "mbox.h"
#include "share.h"

static struct ipcx_share *share_of(struct rb_node *rb)
{
	return rb_entry(rb, struct ipcx_share, node);
}

/**
 * ipcx_shares_init() - Make an empty set of shares.
 * @shares: the set
 */
void ipcx_shares_init(struct ipcx_shares *shares)
{
	shares->tree = RB_ROOT;
	INIT_LIST_HEAD(&shares->blocked);
}

/**
 * ipcx_shares_free() - Free all shares.
 * @shares: a set of which nobody waits and no message is left
 *
 * Context: process context.
 */
void ipcx_shares_free(struct ipcx_shares *shares)
{
	struct ipcx_share *share, *next;

	rbtree_postorder_for_each_entry_safe(share, next, &shares->tree, node) {
		ipcx_account_put(share->user);
		kfree(share);
	}
	shares->tree = RB_ROOT;
}

/**
 * ipcx_share_find_locked() - A user's share.
 * @shares: the mailbox's
 * @user: account in the initial user namespace
 *
 * Context: under the mailbox's lock.
 * Return: the share, or NULL where the user never sent.
 */
struct ipcx_share *ipcx_share_find_locked(const struct ipcx_shares *shares,
					  const struct ipcx_account *user)
{
	struct rb_node *rb = shares->tree.rb_node;

	while (rb) {
		struct ipcx_share *share = share_of(rb);

		if (user == share->user)
			return share;
		rb = user < share->user ? rb->rb_left : rb->rb_right;
	}
	return NULL;
}

static void insert_locked(struct ipcx_shares *shares, struct ipcx_share *share)
{
	struct rb_node **link = &shares->tree.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = share->user < share_of(parent)->user ? &parent->rb_left :
							      &parent->rb_right;
	}
	rb_link_node(&share->node, parent, link);
	rb_insert_color(&share->node, &shares->tree);
}

static struct ipcx_share *make_share(struct ipcx_queue *q,
				     struct ipcx_shares *shares,
				     struct ipcx_account *user)
{
	struct ipcx_share *share, *other;

	share = kzalloc(sizeof(*share), IPCX_GFP);
	if (!share)
		return NULL;
	ipcx_account_get(user);
	share->user = user;
	ipcx_waitset_init(&share->senders);
	INIT_LIST_HEAD(&share->blocked);

	spin_lock(&q->lock);
	other = ipcx_share_find_locked(shares, user);
	if (!other)
		insert_locked(shares, share);
	spin_unlock(&q->lock);
	if (!other)
		return share;
	ipcx_account_put(share->user);
	kfree(share);
	return other;
}

/**
 * ipcx_share_get() - A user's share.
 * @q: the mailbox's queue
 * @shares: the mailbox's
 * @user: account in the initial user namespace
 *
 * A share stays until its mailbox is freed: there are never more than users.
 *
 * Context: process context, may sleep.
 * Return: the share, or NULL where there is no memory.
 */
struct ipcx_share *ipcx_share_get(struct ipcx_queue *q,
				  struct ipcx_shares *shares,
				  struct ipcx_account *user)
{
	struct ipcx_share *share;

	spin_lock(&q->lock);
	share = ipcx_share_find_locked(shares, user);
	spin_unlock(&q->lock);
	return share ? share : make_share(q, shares, user);
}

/**
 * ipcx_share_assign() - Find the share that a message counts in.
 * @mbox: mailbox that it goes to
 * @msg: a free message of this mailbox
 *
 * Context: process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int ipcx_share_assign(struct ipcx_mbox *mbox, struct ipcx_message *msg)
{
	struct ipcx_mail *mail = ipcx_mail_of(msg);
	struct ipcx_account *user = ipcx_account_top(msg->acct);

	if (likely(mail->share && mail->share->user == user))
		return 0;
	mail->share = ipcx_share_get(&mbox->q, &mbox->shares, user);
	return mail->share ? 0 : -ENOMEM;
}

/**
 * ipcx_share_allows() - The rule among users, for one who has something there.
 * @share: the user's share
 * @size: bytes of what is to come in
 * @free_bytes: bytes that are free
 * @free_msgs: messages for which there is room
 *
 * Context: under the mailbox's lock.
 * Return: true where it lets that in.
 */
bool ipcx_share_allows(const struct ipcx_share *share, u64 size,
		       u64 free_bytes, u64 free_msgs)
{
	return share->bytes + size <= (free_bytes + share->bytes) / 2 &&
	       share->msgs + 1 <= (free_msgs + share->msgs) / 2;
}

/**
 * ipcx_share_admits_locked() - Does a user's share leave place for a message?
 * @q: the mailbox's queue
 * @share: the user's share
 * @size: the message's payload in bytes
 *
 * Only the rule among users: whether there is room at all is another question.
 *
 * Context: under the mailbox's lock.
 * Return: true where it does.
 */
bool ipcx_share_admits_locked(const struct ipcx_queue *q,
			      const struct ipcx_share *share, u64 size)
{
	u64 msgs = (u64)q->pq.count + q->inflight;
	u64 free_bytes, free_msgs;

	if (!share->msgs)
		return true;
	/* What the kernel puts in has always room: there may be too much. */
	free_bytes = q->max_bytes - min(q->max_bytes, q->bytes);
	free_msgs = q->max_msgs - min(q->max_msgs, msgs);
	return ipcx_share_allows(share, size, free_bytes, free_msgs);
}
