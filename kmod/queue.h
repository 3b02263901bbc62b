/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Priority queues.
 *
 * A message's way: copied in (queue_send.c, no lock) - handed to the first
 * waiting receiver or put in order (queue.c, lock) - taken (queue_recv.c, lock) -
 * copied out (no lock) - its slot released (lock), which lets waiting senders'
 * messages in. From acceptance to release a message holds a slot: max_msgs and
 * max_bytes count what is in the queue and what receivers are copying.
 *
 * Poll needs no barrier of its own: a poller enters the waitqueue and then takes
 * the queue's lock to look; whoever changes the queue looks for pollers before it
 * unlocks. Whichever comes second under the lock sees the other.
 */
#ifndef _IPCX_QUEUE_H
#define _IPCX_QUEUE_H

#include <linux/ipcx.h>
#include <linux/ktime.h>
#include <linux/spinlock.h>
#include <linux/timekeeping.h>
#include <linux/types.h>
#include <linux/wait.h>

#include "files.h"
#include "ipcx.h"
#include "limits.h"
#include "mail.h"
#include "msg.h"
#include "object.h"
#include "prioq.h"
#include "stamps.h"
#include "trace.h"
#include "wait.h"

struct iov_iter;
struct iovec;
struct ipcx_mbox;
struct ipcx_notification;
struct kiocb;

/**
 * struct ipcx_queue_stats - What a queue has seen; queue lock.
 * @sent: messages accepted
 * @received: messages delivered
 * @sent_bytes: payload bytes of @sent
 * @received_bytes: payload bytes of @received
 * @dropped: messages dropped to make room
 * @send_blocked: sends that waited
 * @recv_blocked: receives that waited
 * @depth_max: most slots in use
 * @bytes_max: most payload bytes in use
 */
struct ipcx_queue_stats {
	u64 sent;
	u64 received;
	u64 sent_bytes;
	u64 received_bytes;
	u64 dropped;
	u64 send_blocked;
	u64 recv_blocked;
	u64 depth_max;
	u64 bytes_max;
};

/**
 * struct ipcx_queue_cache - Free messages kept for reuse; queue lock.
 * @small: messages without a buffer
 * @big: messages with one
 * @smalls: how many in @small
 * @bigs: how many in @big
 * @big_bytes: sum of the buffers in @big
 */
struct ipcx_queue_cache {
	struct llist_head small;
	struct llist_head big;
	u32 smalls;
	u32 bigs;
	u64 big_bytes;
};

/**
 * struct ipcx_queue - A priority queue.
 * @obj: base
 * @max_msgs: most slots; immutable
 * @max_bytes: most payload bytes; immutable
 * @max_msg_size: largest payload; immutable
 * @overflow: one of enum ipcx_overflow; immutable
 * @mail: it is a mailbox's (mbox.h): its messages are mail; immutable
 * @lock: protects everything below
 * @inflight: messages that receivers are copying out
 * @askers: handles that want stamps of messages; atomic, and where it fits
 * @inflight_bytes: their payload bytes
 * @bytes: payload bytes of all slots
 * @pq: messages that can be received
 * @receivers: tasks that wait for a message
 * @senders: tasks that wait for a slot, each with its message; a mailbox's wait in
 *	their user's share (share.h)
 * @send_waiters: how many wait, wherever
 * @cache: free messages
 * @stats: counters
 * @notification: who wants to be told of a message, or NULL
 * @read_wait: pollers for messages
 * @write_wait: pollers for slots
 */
struct ipcx_queue {
	struct ipcx_object obj;
	u64 max_msgs;
	u64 max_bytes;
	u32 max_msg_size;
	u32 overflow;
	bool mail;

	spinlock_t lock;	/* all that follows */
	u32 inflight;
	atomic_t askers;	/* no lock */
	u64 inflight_bytes;
	u64 bytes;
	struct ipcx_prioq pq;
	struct ipcx_waitset receivers;
	struct ipcx_waitset senders;
	u32 send_waiters;
	struct ipcx_queue_cache cache;
	struct ipcx_queue_stats stats;
	struct ipcx_notification *notification;
	wait_queue_head_t read_wait;
	wait_queue_head_t write_wait;
};

static inline struct ipcx_queue *ipcx_queue_of(struct ipcx_object *obj)
{
	return container_of(obj, struct ipcx_queue, obj);
}

static inline struct ipcx_queue *ipcx_file_queue(const struct file *file)
{
	return ipcx_queue_of(ipcx_handle_of(file)->obj);
}

/* Does anybody want stamps of a queue's messages? */
static __always_inline bool ipcx_queue_stamped(const struct ipcx_queue *q)
{
	return ipcx_stamps_on() && ipcx_stamps_wanted(&q->askers);
}

/* Is a message's way of interest to anybody? The fast ways tell nothing. */
static __always_inline bool ipcx_queue_watched(const struct ipcx_queue *q)
{
	return trace_ipcx_copy_enabled() || ipcx_queue_stamped(q);
}

/* What became of a message under the lock. */
enum ipcx_placed {
	IPCX_PLACED,		/* it is the queue's, a receiver's, or dropped */
	IPCX_PLACE_FULL,	/* there is no room */
	IPCX_PLACE_DEAD,	/* nobody will ever receive it */
	IPCX_PLACE_AGAIN,	/* enough for one hold of the lock: unlock and go on */
};

/**
 * struct ipcx_transfer - One send or receive call.
 * @q: the queue
 * @next: user address of the next &struct ipcx_msg
 * @stride: distance between two of them
 * @left: how many are left
 * @flags: IPCX_XFER_*, IPCX_RECV_*
 * @match: receive: one of enum ipcx_match
 * @match_arg: receive: its argument
 * @nonblock: do not wait
 * @later: a message was done
 * @deadline: until when to wait
 * @stamps: with IPCX_RECV_STAMPS: user address of the next message's
 * @fd: mailbox: room for the files of the next message
 */
struct ipcx_transfer {
	struct ipcx_queue *q;
	void __user *next;
	u32 stride;
	u32 left;
	u32 flags;
	u32 match;
	u64 match_arg;
	bool nonblock;
	bool later;
	struct ipcx_deadline deadline;
	struct ipcx_stamps __user *stamps;
	struct ipcx_fd_room fd;
};

/* queue.c */
int ipcx_queue_limits(struct ipcx_queue_attr *attr);
void ipcx_queue_init(struct ipcx_queue *q, const struct ipcx_queue_attr *attr);
void ipcx_queue_drain(struct ipcx_object *obj);
void ipcx_queue_idle(struct ipcx_object *obj);
void ipcx_queue_stat(struct ipcx_object *obj, struct ipcx_stat *st);
int ipcx_queue_release(struct inode *inode, struct file *file);
void ipcx_queue_show_fdinfo(struct seq_file *m, struct file *file);
void ipcx_queue_add_sender_locked(struct ipcx_queue *q, struct ipcx_waiter *w,
				  struct ipcx_message *msg);
void ipcx_queue_del_sender_locked(struct ipcx_queue *q, struct ipcx_waiter *w);
enum ipcx_placed ipcx_queue_place_locked(struct ipcx_queue *q,
					 struct ipcx_message *msg,
					 struct ipcx_wakeups *wk,
					 unsigned int *drops);
bool __ipcx_queue_offer_locked(struct ipcx_queue *q, struct ipcx_message *msg,
			       struct ipcx_wakeups *wk);
bool ipcx_queue_return_locked(struct ipcx_queue *q, struct ipcx_message *msg,
			      struct ipcx_wakeups *wk);
void __ipcx_queue_recycle_locked(struct ipcx_queue *q, struct ipcx_message *msg,
				 struct ipcx_wakeups *wk);
bool __ipcx_queue_admit_locked(struct ipcx_queue *q, struct ipcx_wakeups *wk);
void ipcx_queue_recycle(struct ipcx_queue *q, struct ipcx_message *msg);
void ipcx_queue_admit_all(struct ipcx_queue *q, struct ipcx_wakeups *wk)
	__releases(&q->lock);
void ipcx_queue_flush_cache(struct ipcx_queue *q);
void __ipcx_queue_finish(struct ipcx_queue *q, struct ipcx_wakeups *wk);

/*
 * Does somebody poll? Asked under the queue's lock only, which orders it: see the
 * head of this file for why no barrier is needed.
 */
static inline bool ipcx_queue_polled_locked(const struct wait_queue_head *wq)
{
	return !list_empty(&wq->head);
}

/* mbox_mail.c, mbox_call.c: what is more to do for mail. */
void ipcx_mail_index_locked(struct ipcx_queue *q, struct ipcx_message *msg);
void ipcx_mail_unindex_locked(struct ipcx_queue *q, struct ipcx_message *msg);
void ipcx_mail_accepted_locked(struct ipcx_queue *q, struct ipcx_message *msg);
void ipcx_mail_gone_locked(struct ipcx_message *msg);
void ipcx_mail_withdraw_locked(struct ipcx_queue *q, struct ipcx_message *msg,
			       struct ipcx_wakeups *wk);
void ipcx_mail_handed_locked(struct ipcx_message *msg, struct task_struct *to);
void ipcx_mail_received_locked(struct ipcx_queue *q, struct ipcx_message *msg,
			       struct ipcx_wakeups *wk);
struct ipcx_pq_entry *ipcx_mail_select_locked(struct ipcx_queue *q, u32 match,
					      u64 arg);
enum ipcx_placed ipcx_mail_place_locked(struct ipcx_queue *q,
					struct ipcx_message *msg,
					struct ipcx_wakeups *wk);
void ipcx_mail_add_sender_locked(struct ipcx_queue *q, struct ipcx_waiter *w);
void ipcx_mail_del_sender_locked(struct ipcx_waiter *w);
bool ipcx_mail_admit_locked(struct ipcx_queue *q, struct ipcx_wakeups *wk);
void ipcx_mail_check_owner(struct ipcx_queue *q);

/* Is there a slot for a payload of this size? Under the queue's lock. */
static inline bool ipcx_queue_fits_locked(const struct ipcx_queue *q,
					  size_t size)
{
	return (u64)q->pq.count + q->inflight < q->max_msgs &&
	       q->bytes + size <= q->max_bytes;
}

/**
 * ipcx_queue_has_room_locked() - May a new message come in as things are?
 * @q: the queue
 * @size: its payload in bytes
 *
 * Not while other senders wait, even if it would fit and theirs do not: who
 * waits for much room would wait for ever.
 *
 * Context: under the queue's lock.
 */
static inline bool ipcx_queue_has_room_locked(const struct ipcx_queue *q,
					      size_t size)
{
	return ipcx_queue_fits_locked(q, size) && !q->send_waiters;
}

/**
 * ipcx_queue_can_fit_locked() - Can there be a slot for a payload of this size?
 * @q: the queue
 * @size: the payload in bytes
 *
 * Where messages may be dropped: yes, unless receivers hold too much. Asked before
 * the first one is dropped, so that none goes for a send that fails.
 *
 * Context: under the queue's lock.
 */
static inline bool ipcx_queue_can_fit_locked(const struct ipcx_queue *q,
					     size_t size)
{
	if (q->overflow != IPCX_OVERFLOW_DROP)
		return ipcx_queue_fits_locked(q, size);
	return q->inflight < q->max_msgs &&
	       q->inflight_bytes + size <= q->max_bytes;
}

/*
 * Some functions that follow take @mail, which is q->mail: a constant where it is
 * known, so that a priority queue's short ways do not ask again and again.
 */

/* A message goes to a receiver, or comes back, or its slot is released. */
static inline void ipcx_queue_take_slot_locked(struct ipcx_queue *q,
					       struct ipcx_message *msg,
					       const bool mail)
{
	q->inflight++;
	q->inflight_bytes += msg->e.size;
	if (unlikely(mail))
		ipcx_mail_of(msg)->taken = true;
}

static inline void ipcx_queue_give_slot_locked(struct ipcx_queue *q,
					       struct ipcx_message *msg,
					       const bool mail)
{
	q->inflight--;
	q->inflight_bytes -= msg->e.size;
	if (unlikely(mail))
		ipcx_mail_of(msg)->taken = false;
}

static inline void ipcx_queue_count_accepted_locked(struct ipcx_queue *q,
						    struct ipcx_message *msg,
						    const bool mail)
{
	u32 depth = q->pq.count + q->inflight;
	u32 size = msg->e.size;

	if (unlikely(mail))
		ipcx_mail_accepted_locked(q, msg);
	q->bytes += size;
	q->stats.sent++;
	q->stats.sent_bytes += size;
	if (unlikely(depth > q->stats.depth_max))
		q->stats.depth_max = depth;
	if (unlikely(q->bytes > q->stats.bytes_max))
		q->stats.bytes_max = q->bytes;
}

/* An accepted message was never sent after all. */
static inline void ipcx_queue_count_withdrawn_locked(struct ipcx_queue *q,
						     struct ipcx_message *msg)
{
	q->bytes -= msg->e.size;
	q->stats.sent--;
	q->stats.sent_bytes -= msg->e.size;
}

/* A new message gets its place behind others of its priority, and its time. */
static inline void ipcx_queue_stamp_locked(struct ipcx_queue *q,
					   struct ipcx_message *msg)
{
	ipcx_stamp_enqueued(msg);
	ipcx_prioq_stamp(&q->pq, &msg->e);
}

/* Put a stamped message in order. */
static inline void ipcx_queue_insert_locked(struct ipcx_queue *q,
					    struct ipcx_message *msg,
					    const bool mail)
{
	ipcx_prioq_insert(&q->pq, &msg->e);
	if (unlikely(mail))
		ipcx_mail_index_locked(q, msg);
	ipcx_queue_count_accepted_locked(q, msg, mail);
	trace_ipcx_enqueue(&q->obj, msg, false, q->pq.count);
}

/**
 * ipcx_queue_quiet_locked() - Is there nobody to tell of a new message?
 * @q: the queue
 *
 * Context: under the queue's lock.
 */
static inline bool ipcx_queue_quiet_locked(const struct ipcx_queue *q)
{
	return !q->receivers.count && !q->notification &&
	       !ipcx_queue_polled_locked(&q->read_wait);
}

/**
 * ipcx_queue_offer_locked() - Accept a new message.
 * @q: the queue, with room for it
 * @msg: the message
 * @wk: what to do after unlock
 * @mail: q->mail
 *
 * Context: under the queue's lock.
 * Return: true when the message is the queue's or a receiver's; false when @wk
 * is full: unlock, ipcx_queue_finish(), and look for room again.
 */
static inline bool ipcx_queue_offer_locked(struct ipcx_queue *q,
					   struct ipcx_message *msg,
					   struct ipcx_wakeups *wk,
					   const bool mail)
{
	ipcx_queue_stamp_locked(q, msg);
	if (likely(ipcx_queue_quiet_locked(q))) {
		ipcx_queue_insert_locked(q, msg, mail);
		return true;
	}
	return __ipcx_queue_offer_locked(q, msg, wk);
}

/* Is a message that is in no slot any more simply kept for the next send? */
static inline bool ipcx_queue_keeps_locked(const struct ipcx_queue *q,
					   const struct ipcx_message *msg)
{
	return !msg->e.pins &&
	       !(msg->e.state & (IPCX_STATE_BIG | IPCX_STATE_FILES |
				 IPCX_STATE_STAMPED)) &&
	       q->cache.smalls < IPCX_CACHE_SMALL;
}

/**
 * ipcx_queue_recycle_locked() - A message is in no slot any more.
 * @q: the queue
 * @msg: the message; not the caller's afterwards
 * @wk: where it goes if it has to be freed; not used for one that the queue
 *	keeps
 *
 * Context: under the queue's lock.
 */
static inline void ipcx_queue_recycle_locked(struct ipcx_queue *q,
					     struct ipcx_message *msg,
					     struct ipcx_wakeups *wk)
{
	if (unlikely(!ipcx_queue_keeps_locked(q, msg))) {
		__ipcx_queue_recycle_locked(q, msg, wk);
		return;
	}
	ipcx_message_push(&q->cache.small, msg);
	q->cache.smalls++;
}

/**
 * ipcx_queue_admit_locked() - Let waiting senders' messages in.
 * @q: the queue, in which a slot was released or a waiting sender gave up
 * @wk: what to do after unlock
 *
 * Context: under the queue's lock.
 * Return: true when @wk is full and more could come in: unlock,
 * ipcx_queue_finish(), and call again.
 */
static inline bool ipcx_queue_admit_locked(struct ipcx_queue *q,
					   struct ipcx_wakeups *wk)
{
	if (likely(!q->send_waiters &&
		   !ipcx_queue_polled_locked(&q->write_wait)))
		return false;
	return __ipcx_queue_admit_locked(q, wk);
}

/**
 * ipcx_queue_finish() - Carry out what a locked section left.
 * @q: the queue
 * @wk: what to do; nothing afterwards
 *
 * Context: process context, no locks of this module held.
 */
static inline void ipcx_queue_finish(struct ipcx_queue *q,
				     struct ipcx_wakeups *wk)
{
	if (unlikely(wk->any))
		__ipcx_queue_finish(q, wk);
}

/* mbox_recv.c, mbox_mail.c, mbox_async.c, mbox_token.c: what is more to do for mail. */
int ipcx_mail_fetch_room(struct ipcx_transfer *xf, struct ipcx_msg *desc);
int ipcx_mail_put_desc(struct ipcx_queue *q, void __user *udesc,
		       struct ipcx_message *msg, u32 flags,
		       const struct ipcx_fd_room *fd);
int ipcx_mail_put_needed(void __user *udesc, const struct ipcx_room *needed);
void ipcx_mail_peer_locked(struct ipcx_queue *q, struct ipcx_waiter *w,
			   const struct ipcx_wakeups *wk,
			   struct ipcx_peer *peer);
bool ipcx_mail_spin(struct ipcx_queue *q, struct ipcx_waiter *w,
		    struct ipcx_peer *peer);
void ipcx_async_finish(struct llist_head *replies);
void ipcx_tokens_wake(struct ipcx_queue *q);

/* Take a message out of the order. */
static inline void ipcx_queue_remove_locked(struct ipcx_queue *q,
					    struct ipcx_message *msg,
					    const bool mail)
{
	ipcx_prioq_remove(&q->pq, &msg->e);
	if (unlikely(mail))
		ipcx_mail_unindex_locked(q, msg);
}

/* queue_xfer.c */
int ipcx_transfer_init(struct ipcx_transfer *xf, struct file *file,
		       void __user *arg, size_t size, u32 valid_flags);
unsigned int ipcx_transfer_fetch(struct ipcx_transfer *xf,
				 struct ipcx_msg *desc, unsigned int n,
				 int *err);
/* The next @n messages are done. */
static inline void ipcx_transfer_advance(struct ipcx_transfer *xf,
					 unsigned int n)
{
	xf->next += (size_t)n * xf->stride;
	xf->left -= n;
}

int ipcx_deadline_get(struct ipcx_deadline *dl, u32 flags, u32 clock, s64 ns);
struct iovec *ipcx_payload_import(struct ipcx_payload *pl,
				  struct iov_iter *iter, bool send);

/* queue_send.c */
struct ipcx_message *ipcx_queue_take_free_locked(struct ipcx_queue *q,
						 size_t size);
struct ipcx_message *ipcx_queue_alloc(struct ipcx_queue *q, size_t size);
struct ipcx_message *ipcx_queue_fill(struct ipcx_queue *q,
				     struct ipcx_message *msg,
				     struct ipcx_payload *pl, u64 type,
				     u32 prio);
int ipcx_mail_put_in(struct ipcx_queue *q, struct ipcx_message *msg,
		     bool nonblock, const struct ipcx_deadline *dl);
long ipcx_queue_ioctl_send(struct file *file, void __user *arg, size_t size);
ssize_t ipcx_queue_write(struct file *file, const char __user *buf, size_t len,
			 loff_t *pos);
ssize_t ipcx_queue_write_iter(struct kiocb *iocb, struct iov_iter *from);

/* queue_recv.c */
void ipcx_queue_index_locked(struct ipcx_queue *q, u32 match);

/* Can a queue's messages be selected so? */
static inline bool ipcx_match_valid(const struct ipcx_queue *q, u32 match,
				    u64 arg)
{
	if (likely(match == IPCX_MATCH_ANY))
		return !arg;
	if (match == IPCX_MATCH_MIN_PRIORITY)
		return arg <= IPCX_PRIO_MAX;
	if (match == IPCX_MATCH_REPLY)
		return q->mail && !arg;
	return match < IPCX_MATCH_KINDS &&
	       (q->mail || match < IPCX_MATCH_SENDER);
}

long ipcx_mail_recv_locked(const struct ipcx_transfer *xf,
			   struct ipcx_wakeups *wk, struct ipcx_payload *pl,
			   void __user *udesc, u32 flags, bool nonblock)
	__releases(&xf->q->lock);
long ipcx_queue_ioctl_recv(struct file *file, void __user *arg, size_t size);
ssize_t ipcx_queue_read(struct file *file, char __user *buf, size_t len,
			loff_t *pos);
ssize_t ipcx_queue_read_iter(struct kiocb *iocb, struct iov_iter *to);

/* notify.c */
long ipcx_queue_ioctl_notify(struct file *file, void __user *arg, size_t size);
void ipcx_notification_drop_owner(struct ipcx_queue *q);
bool ipcx_notification_alive(const struct ipcx_notification *n);
void ipcx_notification_fire(struct ipcx_notification *n);
void ipcx_notification_free(struct ipcx_notification *n);

#endif /* _IPCX_QUEUE_H */
