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
#include <linux/types.h>
#include <linux/wait.h>

#include "msg.h"
#include "object.h"
#include "prioq.h"
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
	struct list_head small;
	struct list_head big;
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

	spinlock_t lock;
	u32 inflight;
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
	return ipcx_queue_of(((struct ipcx_handle *)file->private_data)->obj);
}

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
	struct ipcx_deadline deadline;
};

/* queue.c */
bool ipcx_queue_has_room_locked(const struct ipcx_queue *q, size_t size);
bool ipcx_queue_offer_locked(struct ipcx_queue *q, struct ipcx_message *msg,
			     struct ipcx_wakeups *wk);
bool ipcx_queue_return_locked(struct ipcx_queue *q, struct ipcx_message *msg,
			      struct ipcx_wakeups *wk);
void ipcx_queue_recycle_locked(struct ipcx_queue *q, struct ipcx_message *msg,
			       struct ipcx_wakeups *wk);
bool ipcx_queue_admit_locked(struct ipcx_queue *q, struct ipcx_wakeups *wk);
void ipcx_queue_flush_cache(struct ipcx_queue *q);
void ipcx_queue_finish(struct ipcx_queue *q, struct ipcx_wakeups *wk);

/* queue_xfer.c */
int ipcx_transfer_init(struct ipcx_transfer *xf, struct file *file,
		       void __user *arg, size_t size, u32 valid_flags);
int ipcx_transfer_fetch(struct ipcx_transfer *xf, struct ipcx_msg *desc);
struct iovec *ipcx_payload_import(struct ipcx_payload *pl,
				  const struct ipcx_msg *desc,
				  struct iov_iter *iter, bool send);

/* queue_send.c */
long ipcx_queue_ioctl_send(struct file *file, void __user *arg, size_t size);
ssize_t ipcx_queue_write_iter(struct kiocb *iocb, struct iov_iter *from);

/* queue_recv.c */
long ipcx_queue_ioctl_recv(struct file *file, void __user *arg, size_t size);
ssize_t ipcx_queue_read_iter(struct kiocb *iocb, struct iov_iter *to);

/* notify.c */
long ipcx_queue_ioctl_notify(struct file *file, void __user *arg, size_t size);
void ipcx_notification_drop_owner(struct ipcx_queue *q);
void ipcx_notification_fire(struct ipcx_notification *n);
void ipcx_notification_free(struct ipcx_notification *n);

#endif /* _IPCX_QUEUE_H */
