// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mailboxes: sending to a group.
 *
 * The payload is copied in once, into memory of the group's. Each subscriber gets mail
 * of its own, in memory that is charged to the subscriber; a long payload stays in the
 * group's buffer, which all mail refers to (shared.h), a short one is copied on.
 *
 * Subscribers that block the sender come first: each of their mailboxes gives a place
 * (ipcx_mail.held) in which nobody sees the message yet. When all have, a second walk
 * fills those places and lets the others get or lose the message. Where one gives none
 * in time all are given back, and nobody has got or lost anything.
 *
 * Walks go by the subscribers' ports, without a lock. Who subscribes while they go on
 * has a higher number than those that count.
 */
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "account.h"
#include "compat.h"
#include "ipcx.h"
#include "limits.h"
#include "mbox.h"
#include "object.h"
#include "shared.h"
#include "trace.h"

/**
 * struct delivery - A message on its way to a group.
 * @t: the group, and from where
 * @m: the message
 * @body: its payload: a message from the group's cache, or for it
 * @shared: the payload is long: @body is a reference to a shared buffer
 * @size: bytes of payload
 * @acct: account of the sender, a reference
 * @user: who that is, in the initial user namespace
 * @held: places that are held: while they are got the last one first, then in the
 *	order of the walk
 */
struct delivery {
	const struct ipcx_target *t;
	const struct ipcx_mbox_msg *m;
	struct ipcx_message *body;
	bool shared;
	size_t size;
	struct ipcx_account *acct;
	struct ipcx_account *user;
	struct llist_head held;
};

static void count_lost_locked(struct ipcx_link *link)
{
	struct ipcx_mbox *home = ipcx_link_home(link);

	lockdep_assert_held(&home->q.lock);
	link->lost++;
	home->lost++;
	trace_ipcx_lost(link);
}

/* The subscriber does not get the message, and will be told with the next one. */
static void lose_locked(struct ipcx_link *link)
{
	if (link->over)
		return;
	count_lost_locked(link);
	link->untold++;
}

static void lose(struct ipcx_link *link)
{
	struct ipcx_mbox *home = ipcx_link_home(link);

	spin_lock(&home->q.lock);
	lose_locked(link);
	spin_unlock(&home->q.lock);
}

/* Memory for a subscriber's mail, charged to it. */
static struct ipcx_message *member_message(struct ipcx_mbox *home)
{
	struct ipcx_account *acct = home->q.obj.acct;
	struct ipcx_queue_cache *cache = &home->q.cache;
	struct ipcx_message *msg = NULL;

	spin_lock(&home->q.lock);
	if (cache->smalls && ipcx_message_first(&cache->small)->acct == acct)
		msg = ipcx_queue_take_free_locked(&home->q, 0);
	spin_unlock(&home->q.lock);
	if (msg)
		return msg;
	msg = ipcx_message_alloc_mail_for(acct);
	if (!IS_ERR(msg))
		return msg;
	/* As for a send: first goes what waits for reuse. */
	ipcx_queue_flush_cache(&home->q);
	return ipcx_message_alloc_mail_for(acct);
}

static int copy_payload(struct delivery *d, struct ipcx_message *msg)
{
	if (d->shared)
		return ipcx_shared_refer(msg, d->body);
	/* Whole: what is behind its size is never copied out. */
	memcpy(msg->small, d->body->small, sizeof(msg->small));
	msg->e.size = d->size;
	return 0;
}

/* What every subscriber gets; for which @msg is charged already. */
static void fill_mail(struct delivery *d, struct ipcx_link *link,
		      struct ipcx_message *msg, struct ipcx_share *share)
{
	struct ipcx_mail *mail = ipcx_mail_of(msg);

	mail->share = share;
	ipcx_pq_set(&msg->e, d->m->type, d->m->priority);
	ipcx_sender_set_current(&mail->from, d->t->port);
	mail->cookie = d->m->cookie;
	mail->flags = IPCX_MAIL_BY_GROUP;
	mail->wants_reply = false;
	mail->taken = false;
	mail->abandoned = false;
	mail->call = NULL;
	mail->group = link->target->q.obj.id;
	mail->lost = 0;
	refcount_inc(&link->ref);
	mail->link = link;
}

/* A subscriber's mail, complete but for its place; NULL: it cannot have it. */
static struct ipcx_message *member_mail(struct delivery *d,
					struct ipcx_link *link)
{
	struct ipcx_mbox *home = ipcx_link_home(link);
	struct ipcx_message *msg;
	struct ipcx_share *share;

	if (d->size > home->q.max_msg_size)
		return NULL;
	msg = member_message(home);
	if (IS_ERR(msg))
		return NULL;
	share = ipcx_share_get(&home->q, &home->shares, d->user);
	if (!share || copy_payload(d, msg)) {
		ipcx_message_free(msg);
		return NULL;
	}
	fill_mail(d, link, msg, share);
	if (ipcx_queue_stamped(&home->q))
		ipcx_stamps_attach_as(msg, d->body);
	return msg;
}

/*
 * The same from what the subscriber keeps, for a user who sent it something before.
 * NULL: take the general way.
 */
static struct ipcx_message *member_mail_locked(struct delivery *d,
					       struct ipcx_link *link)
{
	struct ipcx_mbox *home = ipcx_link_home(link);
	struct ipcx_queue_cache *cache = &home->q.cache;
	struct ipcx_message *msg;

	lockdep_assert_held(&home->q.lock);
	if (!link->share || link->share->user != d->user || !cache->smalls ||
	    d->size > home->q.max_msg_size || ipcx_queue_stamped(&home->q))
		return NULL;
	msg = ipcx_message_first(&cache->small);
	if (msg->acct != home->q.obj.acct || copy_payload(d, msg))
		return NULL;
	ipcx_message_pop(&cache->small);
	cache->smalls--;
	fill_mail(d, link, msg, link->share);
	return msg;
}

/* Mail that is in no mailbox after all. */
static void drop_mail(struct ipcx_message *msg)
{
	ipcx_link_put(ipcx_mail_of(msg)->link);
	ipcx_mail_of(msg)->link = NULL;
	ipcx_message_free(msg);
}

/* The subscriber loses its oldest message. What that had to tell the next one does. */
static void drop_oldest_locked(struct ipcx_link *link, struct ipcx_wakeups *wk)
{
	struct ipcx_mbox *home = ipcx_link_home(link);
	struct ipcx_mail *mail, *next;
	u64 untold;

	mail = list_first_entry(&link->queued, struct ipcx_mail, in_link);
	untold = mail->lost + 1;
	ipcx_queue_remove_locked(&home->q, &mail->msg, true);
	home->q.bytes -= mail->msg.e.size;
	next = list_first_entry_or_null(&link->queued, struct ipcx_mail,
					in_link);
	if (next)
		next->lost += untold;
	else
		link->untold += untold;
	count_lost_locked(link);
	/* Its reference is not the last: the walk has one. */
	ipcx_mail_gone_locked(&mail->msg);
	ipcx_queue_recycle_locked(&home->q, &mail->msg, wk);
}

/* Where the sending user's own tasks wait for room, they come first. */
static bool may_drop_locked(const struct ipcx_link *link,
			    const struct ipcx_mail *mail)
{
	return link->lag == IPCX_LAG_DROP_OLDEST && !list_empty(&link->queued) &&
	       !mail->share->senders.count;
}

/*
 * Find a place for a subscriber's mail, as its policy says, or none: then the message
 * is lost. IPCX_PLACE_AGAIN: unlock, and once more.
 */
static enum ipcx_placed place_locked(struct ipcx_link *link,
				     struct ipcx_message *msg,
				     struct ipcx_wakeups *wk)
{
	struct ipcx_queue *q = &ipcx_link_home(link)->q;
	struct ipcx_mail *mail = ipcx_mail_of(msg);
	unsigned int budget = IPCX_DROP_MAX;
	enum ipcx_placed placed;

	mail->lost = link->untold;
	while ((placed = ipcx_mail_place_locked(q, msg, wk)) ==
	       IPCX_PLACE_FULL) {
		if (!may_drop_locked(link, mail)) {
			lose_locked(link);
			return placed;
		}
		if (!budget--)
			return IPCX_PLACE_AGAIN;
		drop_oldest_locked(link, wk);
		mail->lost = link->untold;
	}
	if (placed == IPCX_PLACED)
		link->untold = 0;
	return placed;
}

static void deliver(struct delivery *d, struct ipcx_link *link)
{
	ipcx_uninitialized struct ipcx_wakeups wk;
	struct ipcx_queue *q = &ipcx_link_home(link)->q;
	enum ipcx_placed placed;
	struct ipcx_message *msg;

	ipcx_wakeups_init(&wk);
	spin_lock(&q->lock);
	msg = member_mail_locked(d, link);
	if (unlikely(!msg)) {
		spin_unlock(&q->lock);
		msg = member_mail(d, link);
		if (!msg) {
			lose(link);
			return;
		}
		spin_lock(&q->lock);
		link->share = ipcx_mail_of(msg)->share;
	}
	for (;;) {
		placed = place_locked(link, msg, &wk);
		if (placed != IPCX_PLACE_AGAIN)
			break;
		spin_unlock(&q->lock);
		ipcx_queue_finish(q, &wk);
		cond_resched();
		spin_lock(&q->lock);
	}
	/* What was dropped may have left more room than was needed. */
	ipcx_queue_admit_all(q, &wk);
	if (placed != IPCX_PLACED)
		drop_mail(msg);
}

/*
 * Get a place in a mailbox that blocks the sender. Returns 1, with the walk's references
 * for whom the place is settled; 0: it needs none; or why to give up.
 */
static int hold(struct delivery *d, struct ipcx_link *link, bool nonblock,
		const struct ipcx_deadline *dl)
{
	struct ipcx_message *msg = member_mail(d, link);
	int ret;

	/* It will lose the message, if that is sent. */
	if (!msg)
		return 0;
	ipcx_mail_of(msg)->held = true;
	ret = ipcx_mail_put_in(&ipcx_link_home(link)->q, msg, nonblock, dl);
	if (!ret) {
		ipcx_message_push(&d->held, msg);
		return 1;
	}
	ipcx_mail_of(msg)->held = false;
	drop_mail(msg);
	/* Who is dead, or has left, holds nobody up. */
	return ret == -EPIPE ? 0 : ret;
}

/* Nobody will be given what this place was for. */
static void give_back_locked(struct ipcx_queue *q, struct ipcx_message *msg,
			     struct ipcx_wakeups *wk)
{
	ipcx_queue_give_slot_locked(q, msg, true);
	ipcx_mail_withdraw_locked(q, msg, wk);
}

/* The place is filled, or given up. Returns false: once more. */
static bool settle_locked(struct ipcx_link *link, struct ipcx_message *msg,
			  bool commit, struct ipcx_wakeups *wk)
{
	struct ipcx_mbox *home = ipcx_link_home(link);
	struct ipcx_mail *mail = ipcx_mail_of(msg);

	mail->held = false;
	if (!commit || link->over || home->dead) {
		give_back_locked(&home->q, msg, wk);
		return true;
	}
	mail->lost = link->untold;
	if (!ipcx_queue_return_locked(&home->q, msg, wk))
		return false;
	link->untold = 0;
	return true;
}

static void settle_one(struct ipcx_message *msg, bool commit)
{
	ipcx_uninitialized struct ipcx_wakeups wk;
	struct ipcx_link *link = ipcx_mail_of(msg)->link;
	struct ipcx_queue *q = &ipcx_link_home(link)->q;
	bool done;

	ipcx_wakeups_init(&wk);
	do {
		spin_lock(&q->lock);
		done = settle_locked(link, msg, commit, &wk);
		/* A place that was given back is others'. */
		ipcx_queue_admit_all(q, &wk);
	} while (!done);
	/* What came back too late for the mailbox's own flush. */
	if (READ_ONCE(ipcx_link_home(link)->dead))
		ipcx_queue_flush_cache(q);
	ipcx_link_put_member(link);
}

/* Settle the places that are held in mailboxes with a lower port than @port. */
static void settle_below(struct delivery *d, u64 port, bool commit)
{
	while (!llist_empty(&d->held)) {
		struct ipcx_message *msg = ipcx_message_first(&d->held);
		struct ipcx_link *link = ipcx_mail_of(msg)->link;

		if (ipcx_link_home(link)->q.obj.id >= port)
			break;
		settle_one(ipcx_message_pop(&d->held), commit);
		cond_resched();
	}
}

static int hold_all(struct delivery *d, u64 end, bool nonblock,
		    const struct ipcx_deadline *dl)
{
	struct ipcx_mbox *group = d->t->mbox;
	struct ipcx_link *link;
	unsigned long port = 0;
	int ret = 0;

	if (!(group->flags & IPCX_MBOX_GROUP_BLOCK))
		return 0;
	for (; (link = ipcx_link_next_member(group, &port, end)); port++) {
		ret = 0;
		if (link->lag == IPCX_LAG_BLOCK)
			ret = hold(d, link, nonblock, dl);
		if (ret <= 0)
			ipcx_link_put_member(link);
		if (ret < 0)
			return ret;
		cond_resched();
	}
	return 0;
}

/* Fill the place that is held for a subscriber, or it loses the message. */
static void deliver_held(struct delivery *d, struct ipcx_link *link)
{
	struct ipcx_message *msg;

	settle_below(d, ipcx_link_home(link)->q.obj.id, true);
	msg = ipcx_message_first(&d->held);
	if (!llist_empty(&d->held) && ipcx_mail_of(msg)->link == link)
		settle_one(ipcx_message_pop(&d->held), true);
	else
		lose(link);
}

static void deliver_all(struct delivery *d, u64 end)
{
	struct ipcx_link *link;
	unsigned long port = 0;

	for (; (link = ipcx_link_next_member(d->t->mbox, &port, end)); port++) {
		if (link->lag == IPCX_LAG_BLOCK)
			deliver_held(d, link);
		else
			deliver(d, link);
		ipcx_link_put_member(link);
		cond_resched();
	}
}

/* From here on the message is sent, whatever becomes of the group. */
static int count_sent(struct delivery *d)
{
	struct ipcx_queue *q = &d->t->mbox->q;
	bool dead;

	spin_lock(&q->lock);
	dead = d->t->mbox->dead;
	if (!dead) {
		q->stats.sent++;
		q->stats.sent_bytes += d->size;
	}
	spin_unlock(&q->lock);
	return dead ? -EPIPE : 0;
}

static int send_to_members(struct delivery *d, bool nonblock,
			   const struct ipcx_deadline *dl)
{
	u64 end = READ_ONCE(d->t->mbox->ties.next_number);
	int ret;

	init_llist_head(&d->held);
	ret = hold_all(d, end, nonblock, dl);
	if (!ret)
		ret = count_sent(d);
	d->held.first = llist_reverse_order(d->held.first);
	if (!ret)
		deliver_all(d, end);
	settle_below(d, U64_MAX, !ret);
	return ret;
}

/* Copy the payload in, for all to share if it is long. */
static int get_payload(struct delivery *d, struct ipcx_payload *pl)
{
	struct ipcx_queue *q = &d->t->mbox->q;
	struct ipcx_message *body;

	if (pl->len > q->max_msg_size)
		return -EMSGSIZE;
	spin_lock(&q->lock);
	body = ipcx_queue_take_free_locked(q, pl->len);
	spin_unlock(&q->lock);
	body = ipcx_queue_fill(q, body, pl, d->m->type, d->m->priority);
	if (IS_ERR(body))
		return PTR_ERR(body);
	d->body = body;
	d->size = pl->len;
	d->shared = ipcx_message_is_big(body);
	if (d->shared)
		ipcx_shared_make(body, q);
	return 0;
}

static void put_payload(struct delivery *d)
{
	if (d->shared)
		ipcx_shared_put(d->body);
	else
		ipcx_queue_recycle(&d->t->mbox->q, d->body);
}

static int import_payload(struct delivery *d)
{
	struct ipcx_payload pl = { .addr = d->m->buf, .len = d->m->len };
	struct iovec *vec = NULL;
	struct iov_iter iter;
	int ret;

	if (d->m->flags & IPCX_MSG_IOV) {
		vec = ipcx_payload_import(&pl, &iter, true);
		if (IS_ERR(vec))
			return PTR_ERR(vec);
	}
	ret = get_payload(d, &pl);
	kfree(vec);
	return ret;
}

/**
 * ipcx_group_send() - Send a message to a group.
 * @t: the group, and from where
 * @m: the message
 * @nonblock: do not wait for subscribers that block the sender
 * @dl: until when to wait for them
 *
 * Context: process context, may sleep.
 * Return: 0 or a negative errno: then no subscriber got it.
 */
int ipcx_group_send(const struct ipcx_target *t, const struct ipcx_mbox_msg *m,
		    bool nonblock, const struct ipcx_deadline *dl)
{
	ipcx_uninitialized struct delivery d;
	int ret;

	ret = ipcx_mbox_check_msg(m);
	if (ret)
		return ret;
	if (m->fd_count)
		return -EOPNOTSUPP;
	d.t = t;
	d.m = m;
	d.acct = ipcx_account_get_current();
	if (!d.acct)
		return -ENOMEM;
	d.user = ipcx_account_top(d.acct);
	ret = import_payload(&d);
	if (!ret) {
		ret = send_to_members(&d, nonblock, dl);
		put_payload(&d);
	}
	ipcx_account_put(d.acct);
	return ret;
}
