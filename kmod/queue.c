// SPDX-License-Identifier: GPL-2.0-only
/*
 * Priority queues: the object and what happens under its lock, see queue.h.
 */
#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "ipcx.h"
#include "limits.h"
#include "mail.h"
#include "queue.h"
#include "shared.h"
#include "trace.h"
#include "uabi.h"

static struct ipcx_waiter *find_receiver_locked(struct ipcx_queue *q,
						struct ipcx_message *msg)
{
	struct ipcx_waiter *w;

	w = ipcx_waitset_only(&q->receivers);
	if (likely(w || !q->receivers.count))
		return w;
	w = ipcx_waitset_find(&q->receivers, msg->e.sel.key,
			      ipcx_pq_prio(&msg->e));
	if (q->mail) {
		struct ipcx_mail *mail = ipcx_mail_of(msg);

		w = ipcx_waitset_find_mail(&q->receivers, mail->from.port,
					   mail->cookie,
					   mail->flags & IPCX_MSG_REPLY, w);
	}
	return w;
}

/*
 * Give a message to the waiting receiver that comes first of those that want
 * it. Receivers whose room is too small are sent away with -EMSGSIZE. Returns 1
 * when a receiver got it, 0 when none wants it, -EAGAIN when @wk is full and has
 * to be carried out first.
 */
static int hand_over_locked(struct ipcx_queue *q, struct ipcx_message *msg,
			    struct ipcx_wakeups *wk)
{
	const u32 fds = q->mail ? ipcx_mail_fds(msg) : 0;
	struct ipcx_waiter *w;

	while ((w = find_receiver_locked(q, msg))) {
		bool fits = w->trunc || (msg->e.size <= w->room.len &&
					 fds <= w->room.fds);

		if (ipcx_wakeups_full(wk))
			return -EAGAIN;
		if (fits)
			w->msg = msg;
		else
			w->error = -EMSGSIZE;
		w->room.len = msg->e.size;
		w->room.fds = fds;
		trace_ipcx_wake(&q->obj, w->task, fits);
		if (fits && q->mail)
			ipcx_mail_handed_locked(msg, w->task);
		if (fits)
			ipcx_stamp_woken(msg, !w->spins);
		ipcx_waitset_complete(&q->receivers, w, wk);
		if (fits) {
			ipcx_queue_take_slot_locked(q, msg, q->mail);
			return 1;
		}
	}
	return 0;
}

/* A message has become receivable. */
static void announce_locked(struct ipcx_queue *q, struct ipcx_wakeups *wk)
{
	if (ipcx_queue_polled_locked(&q->read_wait)) {
		wk->readable = true;
		ipcx_wakeups_more(wk);
	}
	if (q->notification && q->pq.count == 1) {
		wk->notification = q->notification;
		ipcx_wakeups_more(wk);
		q->notification = NULL;
	}
}

/**
 * __ipcx_queue_offer_locked() - Accept a new message that others wait for.
 * @q: the queue, with room for it
 * @msg: the message, stamped
 * @wk: what to do after unlock
 *
 * Context: under the queue's lock.
 * Return: as ipcx_queue_offer_locked().
 */
bool __ipcx_queue_offer_locked(struct ipcx_queue *q, struct ipcx_message *msg,
			       struct ipcx_wakeups *wk)
{
	int ret;

	lockdep_assert_held(&q->lock);
	ret = hand_over_locked(q, msg, wk);
	if (ret < 0)
		return false;
	if (!ret) {
		ipcx_queue_insert_locked(q, msg, q->mail);
		announce_locked(q, wk);
		return true;
	}
	ipcx_queue_count_accepted_locked(q, msg, q->mail);
	trace_ipcx_enqueue(&q->obj, msg, true, q->pq.count);
	return true;
}

/**
 * ipcx_queue_return_locked() - Put a message back that a receiver had taken.
 * @q: the queue
 * @msg: the message, which still holds its slot
 * @wk: what to do after unlock
 *
 * Another receiver that waits for it gets it.
 *
 * Context: under the queue's lock.
 * Return: false when @wk is full: unlock, ipcx_queue_finish(), and try again.
 */
bool ipcx_queue_return_locked(struct ipcx_queue *q, struct ipcx_message *msg,
			      struct ipcx_wakeups *wk)
{
	int ret;

	lockdep_assert_held(&q->lock);
	if (q->mail && ipcx_mail_of(msg)->abandoned) {
		ipcx_queue_give_slot_locked(q, msg, true);
		ipcx_mail_withdraw_locked(q, msg, wk);
		return true;
	}
	/* Whoever was woken for it has not got it. */
	ipcx_stamp_woken(msg, false);
	ret = hand_over_locked(q, msg, wk);
	if (ret < 0)
		return false;
	/* One slot is given up, and another one may have been taken. */
	if (ret) {
		q->inflight--;
		q->inflight_bytes -= msg->e.size;
		return true;
	}
	ipcx_queue_give_slot_locked(q, msg, q->mail);
	ipcx_prioq_put_back(&q->pq, &msg->e);
	if (q->mail)
		ipcx_mail_index_locked(q, msg);
	announce_locked(q, wk);
	return true;
}

static bool can_cache_big(const struct ipcx_queue_cache *cache,
			  const struct ipcx_message *msg)
{
	return ipcx_message_is_big(msg) && cache->bigs < IPCX_CACHE_BIG &&
	       cache->big_bytes + msg->big.room <= IPCX_CACHE_BIG_BYTES;
}

/* A message gives its share in a buffer up. */
static void unrefer_locked(struct ipcx_message *msg, struct ipcx_wakeups *wk)
{
	struct ipcx_message *shared = ipcx_shared_unrefer(msg);

	if (shared)
		ipcx_wakeups_free(wk, shared);
}

/**
 * __ipcx_queue_recycle_locked() - A message that is not simply kept.
 * @q: the queue
 * @msg: one that observers hold, that has a buffer, files or stamps, or that the cache
 *	has no room for
 * @wk: where it goes if it has to be freed
 *
 * Context: under the queue's lock.
 */
void __ipcx_queue_recycle_locked(struct ipcx_queue *q, struct ipcx_message *msg,
				 struct ipcx_wakeups *wk)
{
	struct ipcx_queue_cache *cache = &q->cache;

	lockdep_assert_held(&q->lock);
	if (msg->e.pins) {
		msg->e.state |= IPCX_STATE_RELEASED;
		return;
	}
	if (msg->e.state & IPCX_STATE_STAMPED)
		ipcx_stamps_drop(msg);
	if (msg->e.state & IPCX_STATE_SHARED)
		unrefer_locked(msg, wk);
	if (msg->e.state & IPCX_STATE_FILES) {
		ipcx_wakeups_free(wk, msg);
	} else if (ipcx_queue_keeps_locked(q, msg)) {
		ipcx_message_push(&cache->small, msg);
		cache->smalls++;
	} else if (can_cache_big(cache, msg)) {
		ipcx_message_push(&cache->big, msg);
		cache->bigs++;
		cache->big_bytes += msg->big.room;
	} else {
		ipcx_wakeups_free(wk, msg);
	}
}

/**
 * ipcx_queue_recycle() - ipcx_queue_recycle_locked() by itself.
 * @q: the queue
 * @msg: the message; not the caller's afterwards
 *
 * Context: process context, no locks of this module held.
 */
void ipcx_queue_recycle(struct ipcx_queue *q, struct ipcx_message *msg)
{
	ipcx_uninitialized struct ipcx_wakeups wk;

	ipcx_wakeups_init(&wk);
	spin_lock(&q->lock);
	ipcx_queue_recycle_locked(q, msg, &wk);
	spin_unlock(&q->lock);
	ipcx_queue_finish(q, &wk);
}

/*
 * Drop the oldest message of the lowest priority, which may be the new one.
 * Returns whether it was.
 */
static bool drop_locked(struct ipcx_queue *q, struct ipcx_message *msg,
			struct ipcx_wakeups *wk)
{
	struct ipcx_pq_entry *victim = ipcx_prioq_victim(&q->pq);

	q->stats.dropped++;
	if (ipcx_pq_prio(victim) > ipcx_pq_prio(&msg->e)) {
		q->stats.sent++;
		q->stats.sent_bytes += msg->e.size;
		ipcx_queue_recycle_locked(q, msg, wk);
		return true;
	}
	ipcx_prioq_remove(&q->pq, victim);
	q->bytes -= victim->size;
	ipcx_queue_recycle_locked(q, ipcx_message_of(victim), wk);
	return false;
}

/**
 * ipcx_queue_place_locked() - Accept a message, if need be for others that are
 *	dropped.
 * @q: the queue
 * @msg: the message, of a sender whose turn it is
 * @wk: what to do after unlock
 * @drops: how many may be dropped under this hold of the lock; counted down
 *
 * Context: under the queue's lock.
 * Return: one of enum ipcx_placed.
 */
enum ipcx_placed ipcx_queue_place_locked(struct ipcx_queue *q,
					 struct ipcx_message *msg,
					 struct ipcx_wakeups *wk,
					 unsigned int *drops)
{
	lockdep_assert_held(&q->lock);
	if (!ipcx_queue_can_fit_locked(q, msg->e.size))
		return IPCX_PLACE_FULL;
	while (!ipcx_queue_fits_locked(q, msg->e.size)) {
		if (!*drops)
			return IPCX_PLACE_AGAIN;
		--*drops;
		if (drop_locked(q, msg, wk))
			return IPCX_PLACED;
	}
	return ipcx_queue_offer_locked(q, msg, wk, false) ? IPCX_PLACED :
							    IPCX_PLACE_AGAIN;
}

/**
 * __ipcx_queue_admit_locked() - Let waiting senders' messages in.
 * @q: the queue, which has waiting senders or pollers for slots
 * @wk: what to do after unlock
 *
 * Context: under the queue's lock.
 * Return: as ipcx_queue_admit_locked().
 */
bool __ipcx_queue_admit_locked(struct ipcx_queue *q, struct ipcx_wakeups *wk)
{
	unsigned int drops = IPCX_DROP_MAX;
	enum ipcx_placed placed;
	struct ipcx_waiter *w;

	lockdep_assert_held(&q->lock);
	if (q->mail && ipcx_mail_admit_locked(q, wk))
		return true;
	while ((w = ipcx_waitset_first(&q->senders))) {
		/* Before the message goes, for its sender. */
		if (ipcx_wakeups_full(wk))
			return true;
		placed = ipcx_queue_place_locked(q, w->msg, wk, &drops);
		if (placed != IPCX_PLACED)
			return placed == IPCX_PLACE_AGAIN;
		trace_ipcx_wake(&q->obj, w->task, true);
		q->send_waiters--;
		ipcx_waitset_complete(&q->senders, w, wk);
	}
	if (ipcx_queue_polled_locked(&q->write_wait) &&
	    ipcx_queue_can_fit_locked(q, 1)) {
		wk->writable = true;
		ipcx_wakeups_more(wk);
	}
	return false;
}

/**
 * ipcx_queue_admit_all() - Let all waiting senders' messages in that fit, and
 *	unlock.
 * @q: the queue, in which room may have become free
 * @wk: what else to do after unlock; nothing afterwards
 *
 * Context: process context. Called with the queue's lock, which it releases.
 */
void ipcx_queue_admit_all(struct ipcx_queue *q, struct ipcx_wakeups *wk)
	__releases(&q->lock)
{
	bool again = true;

	while (again) {
		again = ipcx_queue_admit_locked(q, wk);
		spin_unlock(&q->lock);
		ipcx_queue_finish(q, wk);
		if (again)
			spin_lock(&q->lock);
	}
}

/**
 * ipcx_queue_add_sender_locked() - The calling task will wait for room.
 * @q: the queue
 * @w: its waiter
 * @msg: its message
 *
 * Context: under the queue's lock.
 */
void ipcx_queue_add_sender_locked(struct ipcx_queue *q, struct ipcx_waiter *w,
				  struct ipcx_message *msg)
{
	w->match = IPCX_MATCH_ANY;
	w->sel.key = 0;
	w->msg = msg;
	if (q->mail)
		ipcx_mail_add_sender_locked(q, w);
	else
		ipcx_waitset_add(&q->senders, w);
	q->send_waiters++;
	q->stats.send_blocked++;
}

/**
 * ipcx_queue_del_sender_locked() - A sender has given up.
 * @q: the queue
 * @w: its waiter
 *
 * Context: under the queue's lock.
 */
void ipcx_queue_del_sender_locked(struct ipcx_queue *q, struct ipcx_waiter *w)
{
	if (q->mail)
		ipcx_mail_del_sender_locked(w);
	else
		ipcx_waitset_del(&q->senders, w);
	q->send_waiters--;
}

/**
 * __ipcx_queue_finish() - Carry out what a locked section left.
 * @q: the queue
 * @wk: what to do; nothing afterwards
 *
 * Context: process context, no locks of this module held.
 */
void __ipcx_queue_finish(struct ipcx_queue *q, struct ipcx_wakeups *wk)
{
	ipcx_wake(wk);
	if (likely(!wk->more)) {
		wk->any = false;
		return;
	}
	if (wk->readable)
		wake_up_interruptible_poll(&q->read_wait,
					   EPOLLIN | EPOLLRDNORM);
	/* Whether there is room for a user in a mailbox, only that user knows. */
	if (wk->writable)
		__wake_up(&q->write_wait, TASK_INTERRUPTIBLE, q->mail ? 0 : 1,
			  poll_to_key(EPOLLOUT | EPOLLWRNORM));
	if (wk->tokens)
		ipcx_tokens_wake(q);
	if (wk->notification)
		ipcx_notification_fire(wk->notification);
	if (!llist_empty(&wk->replies))
		ipcx_async_finish(&wk->replies);
	ipcx_message_free_list(&wk->garbage);
	ipcx_wakeups_init(wk);
}

/**
 * ipcx_queue_flush_cache() - Free the messages that wait for reuse.
 * @q: the queue
 *
 * Context: process context, may sleep.
 */
void ipcx_queue_flush_cache(struct ipcx_queue *q)
{
	struct llist_head small, big;

	spin_lock(&q->lock);
	small = q->cache.small;
	big = q->cache.big;
	init_llist_head(&q->cache.small);
	init_llist_head(&q->cache.big);
	q->cache.smalls = 0;
	q->cache.bigs = 0;
	q->cache.big_bytes = 0;
	spin_unlock(&q->lock);
	ipcx_message_free_list(&small);
	ipcx_message_free_list(&big);
}

/**
 * ipcx_queue_limits() - Put in what a creator did not say, and check the rest.
 * @attr: the limits
 *
 * Return: 0 or -EINVAL.
 */
int ipcx_queue_limits(struct ipcx_queue_attr *attr)
{
	u64 max_size = READ_ONCE(ipcx_max_msg_size);
	u64 max_msgs = READ_ONCE(ipcx_max_queue_msgs);
	u64 max_bytes = READ_ONCE(ipcx_max_queue_bytes);

	if (!attr->max_msgs)
		attr->max_msgs = min_t(u64, IPCX_DEFAULT_QUEUE_MSGS, max_msgs);
	if (!attr->max_msg_size) {
		attr->max_msg_size = min_t(u64, IPCX_DEFAULT_MSG_SIZE, max_size);
		if (attr->max_bytes)
			attr->max_msg_size = min(attr->max_msg_size,
						 attr->max_bytes);
	}
	if (!attr->max_bytes)
		attr->max_bytes = max_t(u64, attr->max_msg_size,
					min_t(u64, IPCX_DEFAULT_QUEUE_BYTES,
					      max_bytes));
	if (attr->max_msgs > max_msgs || attr->max_msg_size > max_size ||
	    attr->max_bytes > max_bytes || attr->max_bytes < attr->max_msg_size)
		return -EINVAL;
	return 0;
}

static int queue_attr_get(struct ipcx_queue_attr *attr,
			  const void __user *uattr, u32 size)
{
	int ret;

	memset(attr, 0, sizeof(*attr));
	if (uattr) {
		if (size < IPCX_QUEUE_ATTR_SIZE_VER0)
			return -EINVAL;
		ret = ipcx_copy_in(attr, sizeof(*attr), uattr, size);
		if (ret)
			return ret;
	}
	if (attr->flags || attr->overflow > IPCX_OVERFLOW_DROP)
		return -EINVAL;
	return ipcx_queue_limits(attr);
}

/**
 * ipcx_queue_init() - Set up an empty queue.
 * @q: the queue, zeroed but for its base
 * @attr: its limits, checked
 */
void ipcx_queue_init(struct ipcx_queue *q, const struct ipcx_queue_attr *attr)
{
	q->max_msgs = attr->max_msgs;
	q->max_bytes = attr->max_bytes;
	q->max_msg_size = attr->max_msg_size;
	q->overflow = attr->overflow;
	spin_lock_init(&q->lock);
	ipcx_prioq_init(&q->pq);
	ipcx_waitset_init(&q->receivers);
	ipcx_waitset_init(&q->senders);
	init_llist_head(&q->cache.small);
	init_llist_head(&q->cache.big);
	init_waitqueue_head(&q->read_wait);
	init_waitqueue_head(&q->write_wait);
}

static struct ipcx_object *queue_create(const void __user *uattr, u32 size)
{
	struct ipcx_queue_attr attr;
	struct ipcx_queue *q;
	int ret;

	ret = queue_attr_get(&attr, uattr, size);
	if (ret)
		return ERR_PTR(ret);
	q = kzalloc(sizeof(*q), GFP_KERNEL_ACCOUNT);
	if (!q)
		return ERR_PTR(-ENOMEM);
	ret = ipcx_object_init(&q->obj, &ipcx_queue_kind_ops, sizeof(*q));
	if (ret) {
		kfree(q);
		return ERR_PTR(ret);
	}
	ipcx_queue_init(q, &attr);
	return &q->obj;
}

/**
 * ipcx_queue_idle() - Nobody has the queue open.
 * @obj: its base
 *
 * Context: process context, may sleep.
 */
void ipcx_queue_idle(struct ipcx_object *obj)
{
	ipcx_queue_flush_cache(ipcx_queue_of(obj));
}

/**
 * ipcx_queue_drain() - Drop all messages.
 * @obj: the queue's base
 *
 * Nobody has a handle: no waiter, no message in flight, no observer.
 *
 * Context: process context, may sleep.
 */
void ipcx_queue_drain(struct ipcx_object *obj)
{
	struct ipcx_queue *q = ipcx_queue_of(obj);
	struct ipcx_pq_entry *e;
	unsigned int budget;
	LLIST_HEAD(garbage);

	do {
		budget = IPCX_DROP_MAX;
		spin_lock(&q->lock);
		while (budget && (e = ipcx_prioq_first(&q->pq))) {
			ipcx_prioq_remove(&q->pq, e);
			q->bytes -= e->size;
			ipcx_message_push(&garbage, ipcx_message_of(e));
			budget--;
		}
		spin_unlock(&q->lock);
		ipcx_message_free_list(&garbage);
	} while (!budget);
	ipcx_queue_flush_cache(q);
}

static void queue_destroy(struct ipcx_object *obj)
{
	struct ipcx_queue *q = ipcx_queue_of(obj);

	ipcx_queue_drain(obj);
	ipcx_notification_free(q->notification);
	ipcx_object_fini(obj);
	kfree_rcu(q, obj.rcu);
}

/**
 * ipcx_queue_stat() - A queue's part of its state.
 * @obj: its base
 * @st: where to
 *
 * Context: process context.
 */
void ipcx_queue_stat(struct ipcx_object *obj, struct ipcx_stat *st)
{
	struct ipcx_queue *q = ipcx_queue_of(obj);

	st->overflow = q->overflow;
	st->max_msgs = q->max_msgs;
	st->max_msg_size = q->max_msg_size;
	st->max_bytes = q->max_bytes;
	spin_lock(&q->lock);
	if (ipcx_notification_alive(q->notification))
		st->state |= IPCX_STAT_NOTIFY;
	st->recv_waiters = q->receivers.count;
	st->send_waiters = q->send_waiters;
	st->depth = q->pq.count;
	st->inflight = q->inflight;
	st->bytes = q->bytes;
	st->sent = q->stats.sent;
	st->received = q->stats.received;
	st->sent_bytes = q->stats.sent_bytes;
	st->received_bytes = q->stats.received_bytes;
	st->dropped = q->stats.dropped;
	st->send_blocked = q->stats.send_blocked;
	st->recv_blocked = q->stats.recv_blocked;
	st->depth_max = q->stats.depth_max;
	st->bytes_max = q->stats.bytes_max;
	spin_unlock(&q->lock);
}

static __poll_t queue_poll(struct file *file, poll_table *wait)
{
	struct ipcx_queue *q = ipcx_file_queue(file);
	u32 rights = ipcx_handle_of(file)->rights;
	__poll_t mask = 0;

	if (rights & IPCX_OPEN_READ)
		poll_wait(file, &q->read_wait, wait);
	if (rights & IPCX_OPEN_WRITE)
		poll_wait(file, &q->write_wait, wait);

	spin_lock(&q->lock);
	if (rights & IPCX_OPEN_READ && q->pq.count)
		mask |= EPOLLIN | EPOLLRDNORM;
	if (rights & IPCX_OPEN_WRITE && !q->send_waiters &&
	    ipcx_queue_can_fit_locked(q, 1))
		mask |= EPOLLOUT | EPOLLWRNORM;
	spin_unlock(&q->lock);
	return mask;
}

/* Each close by each process; the last one of a file comes to release. */
static int queue_flush(struct file *file, fl_owner_t id)
{
	ipcx_notification_drop_owner(ipcx_file_queue(file));
	return 0;
}

/**
 * ipcx_queue_release() - The last close of a handle.
 * @inode: the queue's inode
 * @file: the handle's file
 *
 * Context: process context, may sleep.
 * Return: 0.
 */
int ipcx_queue_release(struct inode *inode, struct file *file)
{
	ipcx_fs_release(file);
	return 0;
}

/**
 * ipcx_queue_show_fdinfo() - What /proc/PID/fdinfo says of a handle.
 * @m: where to
 * @file: the handle's file
 *
 * Context: process context, may sleep.
 */
void ipcx_queue_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct ipcx_handle *handle = ipcx_handle_of(file);
	struct ipcx_stat st;

	ipcx_object_stat(handle->obj, &st);
	seq_printf(m, "ipcx-kind:\t%s\n", handle->obj->kind->name);
	seq_printf(m, "ipcx-id:\t%llu\n", st.id);
	seq_puts(m, "ipcx-name:\t");
	ipcx_show_name(m, st.name);
	seq_putc(m, '\n');
	seq_printf(m, "ipcx-rights:\t%s%s%s\n",
		   handle->rights & IPCX_OPEN_READ ? "r" : "-",
		   handle->rights & IPCX_OPEN_WRITE ? "w" : "-",
		   handle->rights & IPCX_OPEN_SUBSCRIBE ? "s" : "");
	seq_printf(m, "ipcx-depth:\t%llu\n", st.depth);
	seq_printf(m, "ipcx-inflight:\t%llu\n", st.inflight);
	seq_printf(m, "ipcx-bytes:\t%llu\n", st.bytes);
	seq_printf(m, "ipcx-waiters:\t%u %u\n", st.recv_waiters,
		   st.send_waiters);
	if (st.ring_size)
		seq_printf(m, "ipcx-ring:\t%llu %llu %llu\n", st.ring_msgs,
			   st.ring_used, st.ring_size);
}

static const struct file_operations queue_fops = {
	.owner = THIS_MODULE,
	.read = ipcx_queue_read,
	.write = ipcx_queue_write,
	.read_iter = ipcx_queue_read_iter,
	.write_iter = ipcx_queue_write_iter,
	.poll = queue_poll,
	.unlocked_ioctl = ipcx_object_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.flush = queue_flush,
	.release = ipcx_queue_release,
	.show_fdinfo = ipcx_queue_show_fdinfo,
};

const struct ipcx_kind_ops ipcx_queue_kind_ops = {
	.kind = IPCX_KIND_QUEUE,
	.name = "queue",
	.fops = &queue_fops,
	.create = queue_create,
	.destroy = queue_destroy,
	.drain = ipcx_queue_drain,
	.idle = ipcx_queue_idle,
	.stat = ipcx_queue_stat,
};
