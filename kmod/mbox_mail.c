// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mailboxes: what a queue's code does beside for mail: two indexes more, the
 * shares of users, and those who wait for a message to be received.
 */
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>

#include "ipcx.h"
#include "limits.h"
#include "mbox.h"
#include "mbox_ring.h"
#include "trace.h"

/**
 * ipcx_mail_index_locked() - Mail has entered the order.
 * @q: the mailbox's queue
 * @msg: the message
 *
 * Context: under the mailbox's lock.
 */
void ipcx_mail_index_locked(struct ipcx_queue *q, struct ipcx_message *msg)
{
	struct ipcx_mbox *mbox = ipcx_mbox_of(q);
	struct ipcx_mail *mail = ipcx_mail_of(msg);

	mail->by_sender.key = mail->from.port;
	mail->by_sender.order = msg->e.sel.order;
	ipcx_seltree_insert(&mbox->by_sender, &mail->by_sender);
	mail->by_cookie.key = mail->cookie;
	mail->by_cookie.order = msg->e.sel.order;
	ipcx_seltree_insert(&mbox->by_cookie, &mail->by_cookie);
	if (unlikely(mail->flags & IPCX_MSG_REPLY)) {
		mail->by_reply.key = 0;
		mail->by_reply.order = msg->e.sel.order;
		ipcx_seltree_insert(&mbox->by_reply, &mail->by_reply);
	}
	if (unlikely(mail->link)) {
		/* Who came first is received first, and comes back to the front. */
		if (msg->e.where & IPCX_PQ_STRAY)
			list_add(&mail->in_link, &mail->link->queued);
		else
			list_add_tail(&mail->in_link, &mail->link->queued);
	}
}

/**
 * ipcx_mail_unindex_locked() - Mail has left the order.
 * @q: the mailbox's queue
 * @msg: the message
 *
 * Context: under the mailbox's lock.
 */
void ipcx_mail_unindex_locked(struct ipcx_queue *q, struct ipcx_message *msg)
{
	struct ipcx_mbox *mbox = ipcx_mbox_of(q);
	struct ipcx_mail *mail = ipcx_mail_of(msg);

	ipcx_seltree_erase(&mbox->by_sender, &mail->by_sender);
	ipcx_seltree_erase(&mbox->by_cookie, &mail->by_cookie);
	if (unlikely(mail->flags & IPCX_MSG_REPLY))
		ipcx_seltree_erase(&mbox->by_reply, &mail->by_reply);
	if (unlikely(mail->link))
		list_del(&mail->in_link);
}

/**
 * ipcx_mail_select_locked() - The mail that a selective receive takes.
 * @q: the mailbox's queue
 * @match: IPCX_MATCH_SENDER, IPCX_MATCH_COOKIE or IPCX_MATCH_REPLY
 * @arg: its argument
 *
 * Context: under the mailbox's lock.
 * Return: its message's entry, which stays where it is, or NULL.
 */
struct ipcx_pq_entry *ipcx_mail_select_locked(struct ipcx_queue *q, u32 match,
					      u64 arg)
{
	struct ipcx_mbox *mbox = ipcx_mbox_of(q);
	struct ipcx_selnode *node;

	switch (match) {
	case IPCX_MATCH_SENDER:
		node = ipcx_seltree_best(&mbox->by_sender, arg, arg);
		return node ? &container_of(node, struct ipcx_mail,
					    by_sender)->msg.e : NULL;
	case IPCX_MATCH_COOKIE:
		node = ipcx_seltree_best(&mbox->by_cookie, arg, arg);
		return node ? &container_of(node, struct ipcx_mail,
					    by_cookie)->msg.e : NULL;
	default:
		node = ipcx_seltree_best(&mbox->by_reply, 0, 0);
		return node ? &container_of(node, struct ipcx_mail,
					    by_reply)->msg.e : NULL;
	}
}

/**
 * ipcx_mail_accepted_locked() - Mail has a place in its mailbox.
 * @q: the mailbox's queue
 * @msg: the message
 *
 * Context: under the mailbox's lock.
 */
void ipcx_mail_accepted_locked(struct ipcx_queue *q, struct ipcx_message *msg)
{
	struct ipcx_mail *mail = ipcx_mail_of(msg);

	mail->share->bytes += msg->e.size;
	mail->share->msgs++;
	if (mail->call && unlikely(mail->call->adaptive))
		ipcx_call_accepted_locked(ipcx_mbox_of(q), mail->call);
}

/**
 * ipcx_mail_gone_locked() - Mail has given its place up.
 * @msg: the message
 *
 * Context: under the mailbox's lock.
 */
void ipcx_mail_gone_locked(struct ipcx_message *msg)
{
	struct ipcx_mail *mail = ipcx_mail_of(msg);

	mail->share->bytes -= msg->e.size;
	mail->share->msgs--;
	if (likely(!mail->link))
		return;
	ipcx_link_put(mail->link);
	mail->link = NULL;
	/* The sender's, whereas the memory is charged to the subscriber. */
	mail->share = NULL;
}

/**
 * ipcx_mail_withdraw_locked() - Mail was never sent.
 * @q: the mailbox's queue
 * @msg: accepted mail that is neither in the order nor with a receiver
 * @wk: what to do after unlock
 *
 * Context: under the mailbox's lock.
 */
void ipcx_mail_withdraw_locked(struct ipcx_queue *q, struct ipcx_message *msg,
			       struct ipcx_wakeups *wk)
{
	ipcx_queue_count_withdrawn_locked(q, msg);
	ipcx_mail_gone_locked(msg);
	ipcx_queue_recycle_locked(q, msg, wk);
}

static void remember(struct pid **last, struct pid *pid)
{
	if (*last == pid)
		return;
	put_pid(*last);
	*last = get_pid(pid);
}

/**
 * ipcx_mail_peer_locked() - For whom an adaptive receiver spins.
 * @q: the mailbox's queue
 * @w: the receiver, which spins from now on if there is anybody
 * @wk: whom the receiver's own reply wakes, or NULL
 * @peer: where to: the task that sent last
 *
 * Context: under the mailbox's lock.
 */
void ipcx_mail_peer_locked(struct ipcx_queue *q, struct ipcx_waiter *w,
			   const struct ipcx_wakeups *wk,
			   struct ipcx_peer *peer)
{
	struct ipcx_mbox *mbox = ipcx_mbox_of(q);

	mbox->adaptive = true;
	peer->pid = get_pid(mbox->sender);
	peer->woken = wk && wk->tasks && task_pid(wk->task[0]) == peer->pid;
	w->spins = peer->pid;
}

/* From now on the waiter has to be woken. Returns whether it was served before. */
static bool stop_spinning(struct ipcx_queue *q, struct ipcx_waiter *w)
{
	bool done;

	spin_lock(&q->lock);
	w->spins = false;
	done = w->done;
	spin_unlock(&q->lock);
	return done;
}

/**
 * ipcx_mail_spin() - Wait for a while without sleeping, see ipcx_spin().
 * @q: the mailbox's queue
 * @w: the waiter, which spins
 * @peer: who will serve it
 *
 * Context: process context, no locks held.
 * Return: true when served.
 */
bool ipcx_mail_spin(struct ipcx_queue *q, struct ipcx_waiter *w,
		    struct ipcx_peer *peer)
{
	u64 start = trace_ipcx_spin_enabled() ? ktime_get_ns() : 0;
	bool hit = ipcx_spin(w, peer, ipcx_mbox_of(q)->spin_ns);

	if (start)
		trace_ipcx_spin(&q->obj, ktime_get_ns() - start, hit);
	return hit || stop_spinning(q, w);
}

/**
 * ipcx_mail_received_locked() - Mail was copied to its receiver.
 * @q: the mailbox's queue
 * @msg: the message
 * @wk: with a place left for who waited for that
 *
 * Context: under the mailbox's lock, in the receiving task.
 */
void ipcx_mail_received_locked(struct ipcx_queue *q, struct ipcx_message *msg,
			       struct ipcx_wakeups *wk)
{
	struct ipcx_mail *mail = ipcx_mail_of(msg);
	struct ipcx_mbox *mbox = ipcx_mbox_of(q);

	ipcx_mail_gone_locked(msg);
	if (unlikely(mbox->adaptive)) {
		remember(&mbox->sender, mail->from.tid);
		remember(&mbox->receiver, task_pid(current));
	}
	if (mail->call)
		ipcx_call_received_locked(mbox, mail->call, ipcx_mail_seq(mail),
					  wk);
}

/* Mail gets its place, but no receiver sees it yet. */
static void hold_locked(struct ipcx_queue *q, struct ipcx_message *msg)
{
	ipcx_queue_stamp_locked(q, msg);
	ipcx_queue_take_slot_locked(q, msg, true);
	ipcx_queue_count_accepted_locked(q, msg, true);
}

/* Let mail in for which there is room. Returns false when @wk is full. */
static bool enter_locked(struct ipcx_queue *q, struct ipcx_message *msg,
			 struct ipcx_wakeups *wk)
{
	if (likely(!ipcx_mail_of(msg)->held))
		return ipcx_queue_offer_locked(q, msg, wk, true);
	hold_locked(q, msg);
	return true;
}

/**
 * ipcx_mail_place_locked() - Let a sender's mail in, if it may.
 * @q: the mailbox's queue
 * @msg: the message, its share assigned
 * @wk: what to do after unlock
 *
 * Context: under the mailbox's lock.
 * Return: one of enum ipcx_placed.
 */
enum ipcx_placed ipcx_mail_place_locked(struct ipcx_queue *q,
					struct ipcx_message *msg,
					struct ipcx_wakeups *wk)
{
	struct ipcx_mail *mail = ipcx_mail_of(msg);
	struct ipcx_share *share = mail->share;

	lockdep_assert_held(&q->lock);
	ipcx_stamp_locked(msg);
	if (unlikely(mail->claim))
		return ipcx_claim_place_locked(ipcx_mbox_of(q), share,
					       mail->claim);
	if (unlikely(ipcx_mbox_of(q)->dead || (mail->link && mail->link->over)))
		return IPCX_PLACE_DEAD;
	if (share->senders.count || !ipcx_queue_fits_locked(q, msg->e.size) ||
	    !ipcx_share_admits_locked(q, share, msg->e.size))
		return IPCX_PLACE_FULL;
	return enter_locked(q, msg, wk) ? IPCX_PLACED : IPCX_PLACE_AGAIN;
}

/**
 * ipcx_mail_add_sender_locked() - A sender waits for room.
 * @q: the mailbox's queue
 * @w: the waiter, with its message
 *
 * Context: under the mailbox's lock.
 */
void ipcx_mail_add_sender_locked(struct ipcx_queue *q, struct ipcx_waiter *w)
{
	struct ipcx_mail *mail = ipcx_mail_of(w->msg);
	struct ipcx_mbox *mbox = ipcx_mbox_of(q);
	struct ipcx_share *share = mail->share;
	struct ipcx_shares *shares;

	shares = mail->claim ? &mbox->ring->shares : &mbox->shares;
	if (!share->senders.count)
		list_add_tail(&share->blocked, &shares->blocked);
	ipcx_waitset_add(&share->senders, w);
	if (mail->link) {
		mail->sender = w;
		list_add_tail(&mail->in_link, &mail->link->waiting);
	}
}

/**
 * ipcx_mail_del_sender_locked() - A sender does not wait any more.
 * @w: the waiter
 *
 * Context: under the mailbox's lock.
 */
void ipcx_mail_del_sender_locked(struct ipcx_waiter *w)
{
	struct ipcx_mail *mail = ipcx_mail_of(w->msg);
	struct ipcx_share *share = mail->share;

	ipcx_waitset_del(&share->senders, w);
	if (!share->senders.count)
		list_del_init(&share->blocked);
	if (mail->link)
		list_del(&mail->in_link);
}

/**
 * ipcx_mail_fail_sender_locked() - A waiting sender will never get its mail in.
 * @q: the mailbox's queue
 * @w: the sender's waiter
 * @wk: with a place left
 *
 * Context: under the mailbox's lock.
 */
void ipcx_mail_fail_sender_locked(struct ipcx_queue *q, struct ipcx_waiter *w,
				  struct ipcx_wakeups *wk)
{
	ipcx_queue_del_sender_locked(q, w);
	w->error = -EPIPE;
	trace_ipcx_wake(&q->obj, w->task, false);
	ipcx_waiter_complete(w, wk);
}

/* Let mail in whose sender comes first of its user's. Returns whether it was. */
static bool admit_mail_locked(struct ipcx_queue *q, struct ipcx_message *msg,
			      struct ipcx_wakeups *wk)
{
	struct ipcx_mail *mail = ipcx_mail_of(msg);
	size_t size = msg->e.size;

	if (unlikely(mail->claim))
		return ipcx_claim_locked(ipcx_mbox_of(q), mail->share,
					 mail->claim);
	/* @wk has a place for the sender, and nearly all for receivers. */
	return ipcx_queue_fits_locked(q, size) &&
	       ipcx_share_admits_locked(q, mail->share, size) &&
	       enter_locked(q, msg, wk);
}

/* Let the first waiting sender of a user in. Returns whether it was. */
static bool admit_from_locked(struct ipcx_queue *q, struct ipcx_share *share,
			      struct ipcx_wakeups *wk)
{
	struct ipcx_waiter *w = ipcx_waitset_first(&share->senders);

	if (!admit_mail_locked(q, w->msg, wk))
		return false;
	trace_ipcx_wake(&q->obj, w->task, true);
	ipcx_queue_del_sender_locked(q, w);
	ipcx_waiter_complete(w, wk);
	return true;
}

/* ipcx_mail_admit_locked() for those that wait for one of the ways in. */
static bool admit_blocked_locked(struct ipcx_queue *q, struct list_head *blocked,
				 struct ipcx_wakeups *wk)
{
	struct ipcx_share *share, *first = NULL;
	unsigned int budget = IPCX_SHARE_STEP;

	while (budget-- && !list_empty(blocked)) {
		if (ipcx_wakeups_full(wk))
			return true;
		share = list_first_entry(blocked, struct ipcx_share, blocked);
		/* All were looked at, and stand as before. */
		if (share == first)
			break;
		list_move_tail(&share->blocked, blocked);
		if (admit_from_locked(q, share, wk)) {
			budget = IPCX_SHARE_STEP;
			first = NULL;
		} else if (!first) {
			first = share;
		}
	}
	return ipcx_wakeups_full(wk);
}

/**
 * ipcx_mail_admit_locked() - Let waiting senders' mail in, user by user.
 * @q: the mailbox's queue
 * @wk: what to do after unlock
 *
 * A bounded number of users is looked at, those that were passed over longest
 * first. Any that are left are looked at when the next slot is released; in an
 * empty mailbox every one is let in.
 *
 * Context: under the mailbox's lock.
 * Return: true when there is more to do: unlock, ipcx_queue_finish(), and call again.
 */
bool ipcx_mail_admit_locked(struct ipcx_queue *q, struct ipcx_wakeups *wk)
{
	struct ipcx_mbox *mbox = ipcx_mbox_of(q);
	struct list_head *in_ring;

	lockdep_assert_held(&q->lock);
	if (admit_blocked_locked(q, &mbox->shares.blocked, wk))
		return true;
	if (likely(!mbox->ring))
		return false;
	in_ring = &mbox->ring->shares.blocked;
	if (!list_empty(in_ring) && ipcx_mbox_ring_reclaim_locked(mbox))
		return true;
	return admit_blocked_locked(q, in_ring, wk);
}
