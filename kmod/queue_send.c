// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending to a priority queue.
 *
 * Three ways to the same end, from the shortest:
 *
 * - send_small(): one short payload that nobody waits for. It is copied to the
 *   stack first, so that one hold of the lock gets memory from the queue's cache
 *   and queues it.
 * - send_payload(): one payload of any size and shape.
 * - send_chunk(): several messages; up to IPCX_CHUNK of them get their memory,
 *   and then their places, under one hold of the lock each.
 */
#include <linux/fs.h>
#include <linux/ipcx.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "account.h"
#include "ipcx.h"
#include "limits.h"
#include "queue.h"
#include "trace.h"
#include "uabi.h"

/**
 * struct send_chunk - Messages on their way into a queue.
 * @desc: descriptors
 * @msg: the messages
 */
struct send_chunk {
	struct ipcx_msg desc[IPCX_CHUNK];
	struct ipcx_message *msg[IPCX_CHUNK];
};

static struct ipcx_message *take_small_locked(struct ipcx_queue *q)
{
	if (unlikely(!q->cache.smalls))
		return NULL;
	q->cache.smalls--;
	return ipcx_message_pop(&q->cache.small);
}

static struct ipcx_message *take_big_locked(struct ipcx_queue *q, size_t size)
{
	struct ipcx_message *msg;

	if (!q->cache.bigs)
		return NULL;
	msg = ipcx_message_pop(&q->cache.big);
	/* Neither too small nor a waste. */
	if (msg->big.room < size || msg->big.room / 4 > size) {
		ipcx_message_push(&q->cache.big, msg);
		return NULL;
	}
	q->cache.bigs--;
	q->cache.big_bytes -= msg->big.room;
	return msg;
}

/**
 * ipcx_queue_take_free_locked() - Get a free message from the queue's cache.
 * @q: the queue
 * @size: bytes of payload that it has to hold
 *
 * Context: under the queue's lock.
 * Return: the message, whoever it is charged to, or NULL.
 */
struct ipcx_message *ipcx_queue_take_free_locked(struct ipcx_queue *q,
						 size_t size)
{
	return size <= IPCX_SMALL_MAX ? take_small_locked(q) :
					take_big_locked(q, size);
}

/**
 * ipcx_queue_alloc() - Make a new message.
 * @q: the queue that it will go to
 * @size: bytes of payload that it has to hold
 *
 * What the cache holds is charged, too: it goes before anybody is refused.
 *
 * Context: process context, may sleep.
 * Return: the message, charged to the calling user; or -EDQUOT or -ENOMEM as
 * ERR_PTR.
 */
struct ipcx_message *ipcx_queue_alloc(struct ipcx_queue *q, size_t size)
{
	struct ipcx_message *msg = ipcx_message_alloc(size, q->mail);

	if (!IS_ERR(msg))
		return msg;
	ipcx_queue_flush_cache(q);
	return ipcx_message_alloc(size, q->mail);
}

/**
 * ipcx_queue_fill() - Make a message.
 * @q: the queue that it will go to
 * @msg: a free message of it, or NULL; freed on error
 * @pl: the payload
 * @type: its type
 * @prio: its priority
 *
 * Context: process context, may fault and sleep.
 * Return: the message, charged to the calling user; -EDQUOT, -EFAULT or
 * -ENOMEM as ERR_PTR.
 */
noinline struct ipcx_message *ipcx_queue_fill(struct ipcx_queue *q,
					      struct ipcx_message *msg,
					      struct ipcx_payload *pl,
					      u64 type, u32 prio)
{
	int ret;

	if (msg && ipcx_message_adopt(msg)) {
		ipcx_message_free(msg);
		msg = NULL;
	}
	if (!msg) {
		msg = ipcx_queue_alloc(q, pl->len);
		if (IS_ERR(msg))
			return msg;
	}
	if (ipcx_queue_stamped(q))
		ipcx_stamps_attach(msg);
	ret = ipcx_message_copy_in(msg, pl, q->obj.id);
	ipcx_stamp_copied_in(msg);
	if (ret) {
		ipcx_message_free(msg);
		return ERR_PTR(ret);
	}
	ipcx_pq_set(&msg->e, type, prio);
	return msg;
}

/*
 * Send a short payload if nothing stands in the way: the cache has memory that
 * is charged to this user, there is room, and nobody waits. Returns true when it
 * is sent; false: nothing happened, take the general way.
 */
static inline bool send_small(struct ipcx_queue *q, u64 addr, size_t len,
			      u64 type, u32 prio)
{
	ipcx_uninitialized u8 data[IPCX_SMALL_MAX];
	struct ipcx_message *msg;
	bool ok = false;

	if (ipcx_get_bytes(data, u64_to_user_ptr(addr), len))
		return false;
	spin_lock(&q->lock);
	if (likely(q->cache.smalls && ipcx_queue_has_room_locked(q, len) &&
		   ipcx_queue_quiet_locked(q))) {
		msg = ipcx_message_first(&q->cache.small);
		if (likely(ipcx_account_is_current(msg->acct))) {
			q->cache.smalls--;
			ipcx_message_pop(&q->cache.small);
			/* Whole: what is behind @len is never copied out. */
			memcpy(msg->small, data, sizeof(data));
			msg->e.size = len;
			ipcx_pq_set(&msg->e, type, prio);
			ipcx_queue_stamp_locked(q, msg);
			ipcx_queue_insert_locked(q, msg, false);
			ok = true;
		}
	}
	spin_unlock(&q->lock);
	return ok;
}

/* Wait until a receiver makes room and takes w->msg in. */
static int wait_for_room(struct ipcx_queue *q, struct ipcx_waiter *w,
			 const struct ipcx_deadline *dl)
{
	ipcx_uninitialized struct ipcx_wakeups wk;
	int ret;

	trace_ipcx_block(&q->obj, true);
	ret = ipcx_wait(w, dl);
	if (likely(!ret))
		return w->error;
	ipcx_wakeups_init(&wk);
	spin_lock(&q->lock);
	if (w->done) {
		spin_unlock(&q->lock);
		return w->error;
	}
	ipcx_queue_del_sender_locked(q, w);
	/* Those behind may fit where this one did not. */
	ipcx_queue_admit_all(q, &wk);
	return ret;
}

/* Place a sender's message. Those that wait already come first. */
static inline enum ipcx_placed place_new_locked(struct ipcx_queue *q,
						struct ipcx_message *msg,
						struct ipcx_wakeups *wk,
						unsigned int *drops,
						const bool mail)
{
	if (mail)
		return ipcx_mail_place_locked(q, msg, wk);
	ipcx_stamp_locked(msg);
	if (likely(ipcx_queue_has_room_locked(q, msg->e.size)))
		return ipcx_queue_offer_locked(q, msg, wk, false) ?
		       IPCX_PLACED : IPCX_PLACE_AGAIN;
	if (q->send_waiters)
		return IPCX_PLACE_FULL;
	return ipcx_queue_place_locked(q, msg, wk, drops);
}

/*
 * Queue messages in order. Returns how many are the queue's now; less than @n
 * with an error in @err, the others still the caller's. @mail is q->mail.
 */
static __always_inline unsigned int put_in(struct ipcx_queue *q,
					   struct ipcx_message **msg,
					   unsigned int n, bool nonblock,
					   const struct ipcx_deadline *dl,
					   int *err, const bool mail)
{
	ipcx_uninitialized struct ipcx_wakeups wk;
	ipcx_uninitialized struct ipcx_waiter w;
	unsigned int i = 0;

	ipcx_wakeups_init(&wk);
	while (i < n) {
		unsigned int drops = IPCX_DROP_MAX;
		enum ipcx_placed placed;

		spin_lock(&q->lock);
		while ((placed = place_new_locked(q, msg[i], &wk, &drops,
						  mail)) == IPCX_PLACED)
			if (++i == n)
				break;
		if (placed == IPCX_PLACE_FULL && !nonblock)
			ipcx_queue_add_sender_locked(q, &w, msg[i]);
		spin_unlock(&q->lock);
		ipcx_queue_finish(q, &wk);

		if (mail && unlikely(placed == IPCX_PLACE_DEAD)) {
			*err = -EPIPE;
			break;
		}
		if (likely(placed != IPCX_PLACE_FULL))
			continue;
		*err = nonblock ? -EAGAIN : wait_for_room(q, &w, dl);
		if (*err)
			break;
		i++;
	}
	return i;
}

static noinline unsigned int
queue_messages(struct ipcx_queue *q, struct ipcx_message **msg, unsigned int n,
	       bool nonblock, const struct ipcx_deadline *dl, int *err)
{
	return put_in(q, msg, n, nonblock, dl, err, false);
}

/**
 * ipcx_mail_put_in() - Put mail into its mailbox, waiting for room.
 * @q: the mailbox's queue
 * @msg: the message; still the caller's after an error
 * @nonblock: do not wait
 * @dl: until when to wait
 *
 * Context: process context, may sleep.
 * Return: 0, -EAGAIN, -EPIPE, -ERESTARTSYS or -ETIMEDOUT.
 */
int ipcx_mail_put_in(struct ipcx_queue *q, struct ipcx_message *msg,
		     bool nonblock, const struct ipcx_deadline *dl)
{
	int ret = 0;

	put_in(q, &msg, 1, nonblock, dl, &ret, true);
	return ret;
}

/* Send one payload of any kind. Returns 0 or an error. */
static int send_payload(struct ipcx_queue *q, struct ipcx_payload *pl, u64 type,
			u32 prio, bool nonblock,
			const struct ipcx_deadline *dl)
{
	struct ipcx_message *msg;
	int ret = 0;

	if (pl->len > q->max_msg_size)
		return -EMSGSIZE;
	spin_lock(&q->lock);
	msg = ipcx_queue_take_free_locked(q, pl->len);
	spin_unlock(&q->lock);
	msg = ipcx_queue_fill(q, msg, pl, type, prio);
	if (IS_ERR(msg))
		return PTR_ERR(msg);
	if (!queue_messages(q, &msg, 1, nonblock, dl, &ret))
		ipcx_message_free(msg);
	return ret;
}

static int send_scattered(struct ipcx_transfer *xf, const struct ipcx_msg *desc)
{
	struct ipcx_payload pl = { .addr = desc->buf, .len = desc->len };
	struct iov_iter iter;
	struct iovec *vec;
	int ret;

	vec = ipcx_payload_import(&pl, &iter, true);
	if (IS_ERR(vec))
		return PTR_ERR(vec);
	ret = send_payload(xf->q, &pl, desc->type, desc->priority,
			   xf->nonblock, &xf->deadline);
	kfree(vec);
	return ret;
}

static int check_desc(const struct ipcx_queue *q, const struct ipcx_msg *desc)
{
	if (unlikely(desc->flags & ~IPCX_MSG_VALID ||
		     desc->priority > IPCX_PRIO_MAX))
		return -EINVAL;
	if (!(desc->flags & IPCX_MSG_IOV) && desc->len > q->max_msg_size)
		return -EMSGSIZE;
	return 0;
}

/* Send the one message of a call. Returns 1 or an error. */
static long send_single(struct ipcx_transfer *xf)
{
	ipcx_uninitialized struct ipcx_msg desc;
	struct ipcx_queue *q = xf->q;
	struct ipcx_payload pl = { };
	int ret;

	if (unlikely(!ipcx_transfer_fetch(xf, &desc, 1, &ret)))
		return ret;
	ret = check_desc(q, &desc);
	if (unlikely(ret))
		return ret;
	if (unlikely(desc.flags & IPCX_MSG_IOV)) {
		ret = send_scattered(xf, &desc);
		return ret ? ret : 1;
	}
	if (desc.len <= IPCX_SMALL_MAX && !ipcx_queue_watched(q) &&
	    send_small(q, desc.buf, desc.len, desc.type, desc.priority))
		return 1;
	pl.addr = desc.buf;
	pl.len = desc.len;
	ret = send_payload(q, &pl, desc.type, desc.priority, xf->nonblock,
			   &xf->deadline);
	return ret ? ret : 1;
}

/*
 * Read the descriptors of the next chunk; @scattered tells that one with a
 * scattered payload, which is sent by itself, follows behind them. Returns how
 * many, and why no more.
 */
static unsigned int fetch_chunk(struct ipcx_transfer *xf, struct send_chunk *c,
				bool *scattered, int *err)
{
	unsigned int n, i;

	*scattered = false;
	n = ipcx_transfer_fetch(xf, c->desc, min_t(u32, xf->left, IPCX_CHUNK),
				err);
	for (i = 0; i < n; i++) {
		int ret = check_desc(xf->q, &c->desc[i]);

		if (unlikely(ret || c->desc[i].flags & IPCX_MSG_IOV)) {
			*scattered = !ret;
			*err = ret;
			break;
		}
	}
	return i;
}

/* Free messages that were not sent. */
static void free_messages(struct ipcx_message **msg, unsigned int n)
{
	while (n)
		ipcx_message_free(msg[--n]);
}

/*
 * Make one message of the chunk, from @msg where the cache had one. The plain
 * case, a short payload for the same user's memory, stays in line.
 */
static inline struct ipcx_message *chunk_message(struct ipcx_queue *q,
						 struct ipcx_message *msg,
						 const struct ipcx_msg *desc)
{
	struct ipcx_payload pl;

	if (likely(msg && desc->len <= IPCX_SMALL_MAX &&
		   ipcx_account_is_current(msg->acct) &&
		   !ipcx_queue_watched(q) &&
		   !ipcx_get_bytes(msg->small, u64_to_user_ptr(desc->buf),
				   desc->len))) {
		msg->e.size = desc->len;
		ipcx_pq_set(&msg->e, desc->type, desc->priority);
		return msg;
	}
	pl.addr = desc->buf;
	pl.iter = NULL;
	pl.len = desc->len;
	return ipcx_queue_fill(q, msg, &pl, desc->type, desc->priority);
}

/* Make the chunk's messages. Returns how many, and why no more. */
static unsigned int fill_chunk(struct ipcx_queue *q, struct send_chunk *c,
			       unsigned int n, int *err)
{
	unsigned int i;

	spin_lock(&q->lock);
	for (i = 0; i < n; i++)
		c->msg[i] = ipcx_queue_take_free_locked(q, c->desc[i].len);
	spin_unlock(&q->lock);

	for (i = 0; i < n; i++) {
		struct ipcx_message *msg;

		msg = chunk_message(q, c->msg[i], &c->desc[i]);
		if (IS_ERR(msg)) {
			*err = PTR_ERR(msg);
			free_messages(c->msg + i + 1, n - i - 1);
			break;
		}
		c->msg[i] = msg;
	}
	return i;
}

/* Send the next chunk. Returns how many messages went, and why no more. */
static unsigned int send_chunk(struct ipcx_transfer *xf, struct send_chunk *c,
			       int *err)
{
	unsigned int fetched, filled, sent;
	int fetch_err, fill_err = 0;
	bool scattered;

	fetched = fetch_chunk(xf, c, &scattered, &fetch_err);
	filled = fill_chunk(xf->q, c, fetched, &fill_err);
	sent = queue_messages(xf->q, c->msg, filled, xf->nonblock,
			      &xf->deadline, err);
	free_messages(c->msg + sent, filled - sent);
	if (!*err)
		*err = fill_err ? fill_err : fetch_err;
	if (unlikely(scattered) && !*err) {
		*err = send_scattered(xf, &c->desc[fetched]);
		sent += !*err;
	}
	ipcx_transfer_advance(xf, sent);
	return sent;
}

static noinline long send_many(struct ipcx_transfer *xf)
{
	ipcx_uninitialized struct send_chunk c;
	long done = 0;
	int ret = 0;

	while (xf->left && !ret)
		done += send_chunk(xf, &c, &ret);
	return done ? done : ret;
}

/**
 * ipcx_queue_ioctl_send() - IPCX_SEND.
 * @file: a file of a queue with the right to send
 * @arg: user address of &struct ipcx_xfer
 * @size: its size
 *
 * Context: process context, may sleep.
 * Return: number of messages sent, or a negative errno where it is none.
 */
long ipcx_queue_ioctl_send(struct file *file, void __user *arg, size_t size)
{
	ipcx_uninitialized struct ipcx_transfer xf;
	int ret;

	ret = ipcx_transfer_init(&xf, file, arg, size, IPCX_SEND_VALID);
	if (unlikely(ret))
		return ret;
	if (unlikely(xf.match || xf.match_arg))
		return -EINVAL;
	return xf.left == 1 ? send_single(&xf) : send_many(&xf);
}

static ssize_t write_payload(struct file *file, struct ipcx_payload *pl,
			     bool nonblock)
{
	struct ipcx_deadline forever = { .set = false };
	int ret;

	ret = send_payload(ipcx_file_queue(file), pl, 0, 0,
			   nonblock || file->f_flags & O_NONBLOCK, &forever);
	return ret ? ret : pl->len;
}

static bool may_send(const struct file *file)
{
	return ipcx_handle_of(file)->rights & IPCX_OPEN_WRITE;
}

/**
 * ipcx_queue_write() - write(2): one message of type 0 and priority 0.
 * @file: a file of a queue
 * @buf: the payload
 * @len: its length
 * @pos: not used
 *
 * Context: process context, may sleep.
 * Return: bytes of payload, or a negative errno.
 */
ssize_t ipcx_queue_write(struct file *file, const char __user *buf, size_t len,
			 loff_t *pos)
{
	struct ipcx_payload pl = { .addr = (uintptr_t)buf, .len = len };

	if (unlikely(!may_send(file)))
		return -EBADF;
	if (len <= IPCX_SMALL_MAX && len <= ipcx_file_queue(file)->max_msg_size &&
	    !ipcx_queue_watched(ipcx_file_queue(file)) &&
	    send_small(ipcx_file_queue(file), pl.addr, len, 0, 0))
		return len;
	return write_payload(file, &pl, false);
}

/**
 * ipcx_queue_write_iter() - write(2)'s relatives: one message of type 0 and
 *	priority 0.
 * @iocb: the call
 * @from: the payload
 *
 * Context: process context, may sleep.
 * Return: bytes of payload, or a negative errno.
 */
ssize_t ipcx_queue_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct ipcx_payload pl = { .iter = from, .len = iov_iter_count(from) };

	if (!may_send(iocb->ki_filp))
		return -EBADF;
	return write_payload(iocb->ki_filp, &pl, iocb->ki_flags & IOCB_NOWAIT);
}
