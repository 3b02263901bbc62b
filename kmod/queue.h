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
#include <linux/spinlock.h>
#include <linux/timekeeping.h>
#include <linux/types.h>
#include <linux/wait.h>

#include "ipcx.h"
#include "limits.h"
#include "msg.h"
#include "object.h"
#include "prioq.h"
#include "trace.h"
#include "wait.h"

struct iov_iter;
struct iovec;
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
 * @lock: protects everything below
 * @inflight: messages that receivers are copying out
 * @inflight_bytes: their payload bytes
 * @bytes: payload bytes of all slots
 * @pq: messages that can be received
 * @receivers: tasks that wait for a message
 * @senders: tasks that wait for a slot, each with its message
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

	spinlock_t lock;	/* all that follows */
	u32 inflight;
	u64 inflight_bytes;
	u64 bytes;
	struct ipcx_prioq pq;
	struct ipcx_waitset receivers;
	struct ipcx_waitset senders;
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

/* What became of a message under the lock. */
enum ipcx_placed {
	IPCX_PLACED,		/* it is the queue's, a receiver's, or dropped */
	IPCX_PLACE_FULL,	/* there is no room */
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
};

/* queue.c */
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
	return ipcx_queue_fits_locked(q, size) && !q->senders.count;
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

/* A message goes to a receiver, or comes back, or its slot is released. */
static inline void ipcx_queue_take_slot_locked(struct ipcx_queue *q, u32 size)
{
	q->inflight++;
	q->inflight_bytes += size;
}

static inline void ipcx_queue_give_slot_locked(struct ipcx_queue *q, u32 size)
{
	q->inflight--;
	q->inflight_bytes -= size;
}

static inline void ipcx_queue_count_accepted_locked(struct ipcx_queue *q,
						    u32 size)
{
	u32 depth = q->pq.count + q->inflight;

	q->bytes += size;
	q->stats.sent++;
	q->stats.sent_bytes += size;
	if (unlikely(depth > q->stats.depth_max))
		q->stats.depth_max = depth;
	if (unlikely(q->bytes > q->stats.bytes_max))
		q->stats.bytes_max = q->bytes;
}

/* A new message gets its place behind others of its priority, and its time. */
static inline void ipcx_queue_stamp_locked(struct ipcx_queue *q,
					   struct ipcx_message *msg)
{
	msg->enqueued_ns = trace_ipcx_dequeue_enabled() ? ktime_get_ns() : 0;
	ipcx_prioq_stamp(&q->pq, &msg->e);
}

/* Put a stamped message in order. */
static inline void ipcx_queue_insert_locked(struct ipcx_queue *q,
					    struct ipcx_message *msg)
{
	ipcx_prioq_insert(&q->pq, &msg->e);
	ipcx_queue_count_accepted_locked(q, msg->e.size);
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
 *
 * Context: under the queue's lock.
 * Return: true when the message is the queue's or a receiver's; false when @wk
 * is full: unlock, ipcx_queue_finish(), and look for room again.
 */
static inline bool ipcx_queue_offer_locked(struct ipcx_queue *q,
					   struct ipcx_message *msg,
					   struct ipcx_wakeups *wk)
{
	ipcx_queue_stamp_locked(q, msg);
	if (likely(ipcx_queue_quiet_locked(q))) {
		ipcx_queue_insert_locked(q, msg);
		return true;
	}
	return __ipcx_queue_offer_locked(q, msg, wk);
}

/* Is a message that is in no slot any more simply kept for the next send? */
static inline bool ipcx_queue_keeps_locked(const struct ipcx_queue *q,
					   const struct ipcx_message *msg)
{
	return !msg->e.pins && !ipcx_message_is_big(msg) &&
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
	if (likely(!q->senders.count &&
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

struct iovec *ipcx_payload_import(struct ipcx_payload *pl,
				  const struct ipcx_msg *desc,
				  struct iov_iter *iter, bool send);

/* queue_send.c */
long ipcx_queue_ioctl_send(struct file *file, void __user *arg, size_t size);
ssize_t ipcx_queue_write(struct file *file, const char __user *buf, size_t len,
			 loff_t *pos);
ssize_t ipcx_queue_write_iter(struct kiocb *iocb, struct iov_iter *from);

/* queue_recv.c */
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
