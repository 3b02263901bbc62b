// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receiving from a priority queue.
 *
 * In chunks of up to IPCX_CHUNK messages: read the descriptors, take messages
 * under the lock, copy them out, and release their slots under the lock. A
 * message that cannot be copied goes back to its place.
 */
#include <linux/fs.h>
#include <linux/ipcx.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/uio.h>

#include "ipcx.h"
#include "limits.h"
#include "queue.h"
#include "trace.h"
#include "uabi.h"

/**
 * struct recv_chunk - Messages on their way out of a queue.
 * @pl: room for the payloads
 * @flags: IPCX_MSG_* of the descriptors
 * @udesc: user addresses of the descriptors
 * @msg: the messages
 * @iter: for the room of a chunk of one
 * @vec: its buffers, or NULL
 * @n: number of descriptors
 */
struct recv_chunk {
	struct ipcx_payload pl[IPCX_CHUNK];
	u32 flags[IPCX_CHUNK];
	void __user *udesc[IPCX_CHUNK];
	struct ipcx_message *msg[IPCX_CHUNK];
	struct iov_iter iter;
	struct iovec *vec;
	unsigned int n;
};

/* Read the descriptors of the next chunk; scattered room is one alone. */
static int fetch_chunk(struct ipcx_transfer *xf, struct recv_chunk *c)
{
	const unsigned int max = min_t(u32, xf->left, IPCX_CHUNK);
	struct ipcx_msg desc;
	int ret;

	c->vec = NULL;
	for (c->n = 0; c->n < max; c->n++) {
		unsigned int i = c->n;

		c->udesc[i] = xf->next;
		ret = ipcx_transfer_fetch(xf, &desc);
		if (ret)
			return ret;
		if (desc.flags & ~IPCX_MSG_VALID)
			return -EINVAL;
		c->flags[i] = desc.flags;
		c->pl[i].addr = desc.buf;
		c->pl[i].iter = NULL;
		c->pl[i].len = desc.len;
		if (unlikely(desc.flags & IPCX_MSG_IOV))
			break;
	}
	if (c->n == max)
		return 0;
	if (c->n) {
		/* The next chunk starts with it. */
		xf->next -= xf->stride;
		xf->left++;
		return 0;
	}
	c->vec = ipcx_payload_import(&c->pl[0], &desc, &c->iter, false);
	if (IS_ERR(c->vec)) {
		ret = PTR_ERR(c->vec);
		c->vec = NULL;
		return ret;
	}
	c->n = 1;
	return 0;
}

/* Tell the size that the first message's room is too small for. */
static int put_needed(void __user *udesc, u64 size)
{
	struct ipcx_msg __user *desc = udesc;

	return put_user(size, &desc->len) ? -EFAULT : -EMSGSIZE;
}

/* Copy one message and what it says about itself to the receiver. */
static int copy_message(struct ipcx_queue *q, struct ipcx_message *msg,
			struct ipcx_payload *pl, void __user *udesc, u32 flags)
{
	struct ipcx_msg out = {
		.len = msg->e.size,
		.type = msg->e.sel.key,
		.priority = ipcx_pq_prio(&msg->e),
		.flags = flags | (msg->e.size > pl->len ? IPCX_MSG_TRUNC : 0),
	};
	const size_t head = offsetof(struct ipcx_msg, len);
	int ret;

	ret = ipcx_message_copy_out(msg, pl, q->obj.id);
	if (ret)
		return ret;
	return ipcx_put_small(udesc + head, (u8 *)&out + head,
			      sizeof(out) - head);
}

/* Take the message that @xf selects next, or NULL; it keeps its slot. */
static struct ipcx_message *select_locked(const struct ipcx_transfer *xf)
{
	struct ipcx_queue *q = xf->q;

	lockdep_assert_held(&q->lock);
	if (ipcx_prioq_needs_index(xf->match)) {
		/* The lock is given up between steps: nothing was decided yet. */
		while (!ipcx_prioq_index(&q->pq, IPCX_INDEX_STEP)) {
			spin_unlock(&q->lock);
			cond_resched();
			spin_lock(&q->lock);
		}
	}
	return ipcx_message_of(ipcx_prioq_select(&q->pq, xf->match,
						 xf->match_arg));
}

/*
 * Take messages for the chunk. Returns how many; 0 with -EMSGSIZE in @err and
 * the size in @needed where the first is too long for its room.
 */
static unsigned int take_locked(const struct ipcx_transfer *xf,
				struct recv_chunk *c, u64 *needed, int *err)
{
	struct ipcx_queue *q = xf->q;
	unsigned int i;

	for (i = 0; i < c->n; i++) {
		struct ipcx_message *msg = select_locked(xf);

		if (!msg)
			break;
		if (msg->e.size > c->pl[i].len &&
		    !(xf->flags & IPCX_RECV_TRUNC)) {
			if (!i) {
				*needed = msg->e.size;
				*err = -EMSGSIZE;
			}
			break;
		}
		ipcx_prioq_remove(&q->pq, &msg->e);
		q->inflight++;
		c->msg[i] = msg;
	}
	return i;
}

static void trace_dequeue(struct ipcx_queue *q, struct ipcx_message *msg)
{
	u64 ns = 0;

	if (!trace_ipcx_dequeue_enabled())
		return;
	if (msg->enqueued_ns)
		ns = ktime_get_ns() - msg->enqueued_ns;
	trace_ipcx_dequeue(&q->obj, msg, ns);
}

static void release_locked(struct ipcx_queue *q, struct ipcx_message *msg,
			   struct ipcx_wakeups *wk)
{
	q->inflight--;
	q->bytes -= msg->e.size;
	q->stats.received++;
	q->stats.received_bytes += msg->e.size;
	ipcx_queue_recycle_locked(q, msg, wk);
}

/*
 * The first @done of @n messages were copied: release their slots. The others
 * go back.
 */
static void settle(struct ipcx_queue *q, struct ipcx_message **msg,
		   unsigned int n, unsigned int done)
{
	struct ipcx_wakeups wk;
	unsigned int i = 0;
	bool again = true;

	ipcx_wakeups_init(&wk);
	while (again) {
		spin_lock(&q->lock);
		for (; i < done; i++)
			release_locked(q, msg[i], &wk);
		while (i < n && ipcx_queue_return_locked(q, msg[i], &wk))
			i++;
		again = i < n || ipcx_queue_admit_locked(q, &wk);
		spin_unlock(&q->lock);
		ipcx_queue_finish(q, &wk);
	}
}

/* Copy @n taken messages out. Returns how many; @err tells why not all. */
static unsigned int deliver(struct ipcx_queue *q, struct recv_chunk *c,
			    unsigned int n, int *err)
{
	unsigned int done;

	for (done = 0; done < n; done++) {
		trace_dequeue(q, c->msg[done]);
		*err = copy_message(q, c->msg[done], &c->pl[done],
				    c->udesc[done], c->flags[done]);
		if (*err)
			break;
	}
	settle(q, c->msg, n, done);
	return done;
}

/*
 * Sleep until a sender hands a message over. Called with the waiter in the
 * set. Returns 0 with the message in w->msg, or an error: -EMSGSIZE with the
 * size in w->room.
 */
static int wait_for_message(struct ipcx_queue *q, struct ipcx_waiter *w,
			    const struct ipcx_deadline *dl)
{
	int ret;

	trace_ipcx_block(&q->obj, false);
	ret = ipcx_wait(w, dl);
	if (unlikely(ret)) {
		spin_lock(&q->lock);
		if (!w->done)
			ipcx_waitset_del(&q->receivers, w);
		else
			ret = 0;
		spin_unlock(&q->lock);
	}
	return ret ? ret : w->error;
}

static void wait_locked(const struct ipcx_transfer *xf, struct ipcx_waiter *w,
			size_t room)
{
	struct ipcx_queue *q = xf->q;

	w->match = xf->match;
	w->sel.key = xf->match == IPCX_MATCH_ANY ? 0 : xf->match_arg;
	w->trunc = xf->flags & IPCX_RECV_TRUNC;
	w->room = room;
	w->msg = NULL;
	ipcx_waitset_add(&q->receivers, w);
	q->stats.recv_blocked++;
}

/*
 * Get messages for the chunk, waiting for the first. Returns how many; 0 with an
 * error in @err.
 */
static unsigned int get_messages(const struct ipcx_transfer *xf,
				 struct recv_chunk *c, bool nonblock,
				 u64 *needed, int *err)
{
	struct ipcx_queue *q = xf->q;
	struct ipcx_waiter w;
	unsigned int n;

	spin_lock(&q->lock);
	n = take_locked(xf, c, needed, err);
	if (n || *err || nonblock) {
		spin_unlock(&q->lock);
		if (!n && !*err)
			*err = -EAGAIN;
		return n;
	}
	wait_locked(xf, &w, c->pl[0].len);
	spin_unlock(&q->lock);

	*err = wait_for_message(q, &w, &xf->deadline);
	if (*err) {
		*needed = w.room;
		return 0;
	}
	c->msg[0] = w.msg;
	return 1;
}

/* Receive the next chunk. Returns how many messages, and why no more. */
static unsigned int recv_chunk(struct ipcx_transfer *xf, struct recv_chunk *c,
			       bool first, int *err)
{
	unsigned int n, done = 0;
	int fetch_err;
	u64 needed;

	fetch_err = fetch_chunk(xf, c);
	if (!c->n) {
		*err = fetch_err;
		return 0;
	}
	n = get_messages(xf, c, xf->nonblock || !first, &needed, err);
	if (n)
		done = deliver(xf->q, c, n, err);
	else if (*err == -EMSGSIZE && first)
		*err = put_needed(c->udesc[0], needed);
	kfree(c->vec);
	if (*err)
		return done;
	/* Descriptors that found no message are for the next chunk. */
	xf->next -= (c->n - done) * xf->stride;
	xf->left += c->n - done;
	if (done == c->n)
		*err = fetch_err;
	return done;
}

/*
 * Copy a message that stays where it is. A pin keeps its memory while a
 * receiver may take it.
 */
static long peek(struct ipcx_transfer *xf, struct recv_chunk *c)
{
	struct ipcx_queue *q = xf->q;
	struct ipcx_message *msg;
	bool last;
	int ret;

	spin_lock(&q->lock);
	msg = select_locked(xf);
	if (!msg)
		ret = -EAGAIN;
	else if (msg->e.size > c->pl[0].len && !(xf->flags & IPCX_RECV_TRUNC))
		ret = -EMSGSIZE;
	else
		ret = msg->e.pins == IPCX_PINS_MAX ? -EAGAIN : 0;
	if (!ret)
		msg->e.pins++;
	c->msg[0] = msg;
	if (ret == -EMSGSIZE)
		c->pl[0].len = msg->e.size;
	spin_unlock(&q->lock);
	if (ret == -EMSGSIZE)
		return put_needed(c->udesc[0], c->pl[0].len);
	if (ret)
		return ret;

	ret = copy_message(q, msg, &c->pl[0], c->udesc[0], c->flags[0]);
	spin_lock(&q->lock);
	last = !--msg->e.pins && msg->e.state & IPCX_MSG_RELEASED;
	spin_unlock(&q->lock);
	if (last)
		ipcx_message_free(msg);
	return ret ? ret : 1;
}

static long peek_one(struct ipcx_transfer *xf, struct recv_chunk *c)
{
	long ret;

	if (xf->left != 1 || xf->deadline.set)
		return -EINVAL;
	ret = fetch_chunk(xf, c);
	if (!ret)
		ret = peek(xf, c);
	kfree(c->vec);
	return ret;
}

static bool match_valid(const struct ipcx_transfer *xf)
{
	if (xf->match == IPCX_MATCH_ANY)
		return !xf->match_arg;
	if (xf->match == IPCX_MATCH_MIN_PRIORITY)
		return xf->match_arg <= IPCX_PRIO_MAX;
	return xf->match < IPCX_MATCH_KINDS;
}

/**
 * ipcx_queue_ioctl_recv() - IPCX_RECV.
 * @file: a file of a queue with the right to receive
 * @arg: user address of &struct ipcx_xfer
 * @size: its size
 *
 * Context: process context, may sleep.
 * Return: number of messages received, or a negative errno where it is none.
 */
long ipcx_queue_ioctl_recv(struct file *file, void __user *arg, size_t size)
{
	struct ipcx_transfer xf;
	struct recv_chunk c;
	long done = 0;
	int ret;

	ret = ipcx_transfer_init(&xf, file, arg, size, IPCX_RECV_VALID);
	if (ret)
		return ret;
	if (!match_valid(&xf))
		return -EINVAL;
	if (xf.flags & IPCX_RECV_PEEK)
		return peek_one(&xf, &c);
	while (xf.left && !ret)
		done += recv_chunk(&xf, &c, !done, &ret);
	return done ? done : ret;
}

/**
 * ipcx_queue_read_iter() - read(2) and its relatives: one message.
 * @iocb: the call
 * @to: room for the payload
 *
 * Context: process context, may sleep.
 * Return: bytes of payload, or a negative errno.
 */
ssize_t ipcx_queue_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct file *file = iocb->ki_filp;
	struct ipcx_transfer xf = { .q = ipcx_file_queue(file) };
	struct recv_chunk c;
	ssize_t size;
	u64 needed;
	int ret = 0;

	if (!(ipcx_handle_of(file)->rights & IPCX_OPEN_READ))
		return -EBADF;
	c.pl[0].addr = 0;
	c.pl[0].iter = to;
	c.pl[0].len = iov_iter_count(to);
	c.n = 1;
	if (!get_messages(&xf, &c, iocb->ki_flags & IOCB_NOWAIT ||
			  file->f_flags & O_NONBLOCK, &needed, &ret))
		return ret;
	size = c.msg[0]->e.size;
	trace_dequeue(xf.q, c.msg[0]);
	ret = ipcx_message_copy_out(c.msg[0], &c.pl[0], xf.q->obj.id);
	settle(xf.q, c.msg, 1, !ret);
	return ret ? ret : size;
}
