// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending to a priority queue.
 *
 * In chunks of up to IPCX_CHUNK messages: read the descriptors, get memory (from
 * the queue's cache in one go), copy the payloads in, and then queue them under
 * the lock, waiting for room where there is none.
 */
#include <linux/fs.h>
#include <linux/ipcx.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "ipcx.h"
#include "limits.h"
#include "queue.h"
#include "trace.h"
#include "uabi.h"

/**
 * struct send_chunk - Messages on their way into a queue.
 * @pl: payloads
 * @desc: descriptors
 * @msg: the messages
 * @iter: for the payload of a chunk of one
 * @vec: its buffers, or NULL
 * @n: number of messages
 */
struct send_chunk {
	struct ipcx_msg desc[IPCX_CHUNK];
	struct ipcx_payload pl[IPCX_CHUNK];
	struct ipcx_message *msg[IPCX_CHUNK];
	struct iov_iter iter;
	struct iovec *vec;
	unsigned int n;
};

/* A free message of the queue that can hold this payload, or NULL. */
static struct ipcx_message *take_free_locked(struct ipcx_queue *q, size_t size)
{
	struct ipcx_queue_cache *cache = &q->cache;
	struct ipcx_message *msg;

	lockdep_assert_held(&q->lock);
	if (size <= IPCX_SMALL_MAX) {
		if (!cache->smalls)
			return NULL;
		msg = ipcx_message_of(list_first_entry(&cache->small,
						       struct ipcx_pq_entry,
						       level));
		cache->smalls--;
	} else {
		if (!cache->bigs)
			return NULL;
		msg = ipcx_message_of(list_first_entry(&cache->big,
						       struct ipcx_pq_entry,
						       level));
		/* Neither too small nor a waste. */
		if (msg->big.room < size || msg->big.room / 4 > size)
			return NULL;
		cache->bigs--;
		cache->big_bytes -= msg->big.room;
	}
	list_del(&msg->e.level);
	return msg;
}

/*
 * A new message. What the cache holds is charged, too: it goes before a sender
 * is refused.
 */
static struct ipcx_message *alloc_message(struct ipcx_queue *q, size_t size)
{
	struct ipcx_message *msg = ipcx_message_alloc(size);

	if (likely(!IS_ERR(msg)))
		return msg;
	ipcx_queue_flush_cache(q);
	return ipcx_message_alloc(size);
}

/* Fill @msg, or a new message where it is NULL. Frees it on error. */
static struct ipcx_message *fill_message(struct ipcx_queue *q,
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
		msg = alloc_message(q, pl->len);
		if (IS_ERR(msg))
			return msg;
	}
	ret = ipcx_message_copy_in(msg, pl, q->obj.id);
	if (ret) {
		ipcx_message_free(msg);
		return ERR_PTR(ret);
	}
	ipcx_pq_set(&msg->e, type, prio);
	return msg;
}

static int check_desc(const struct ipcx_queue *q, const struct ipcx_msg *desc)
{
	if (desc->flags & ~IPCX_MSG_VALID || desc->priority > IPCX_PRIO_MAX)
		return -EINVAL;
	if (!(desc->flags & IPCX_MSG_IOV) && desc->len > q->max_msg_size)
		return -EMSGSIZE;
	return 0;
}

/* Read the descriptors of the next chunk; a scattered payload is one alone. */
static int fetch_chunk(struct ipcx_transfer *xf, struct send_chunk *c)
{
	const unsigned int max = min_t(u32, xf->left, IPCX_CHUNK);
	struct ipcx_queue *q = xf->q;
	int ret;

	c->vec = NULL;
	for (c->n = 0; c->n < max; c->n++) {
		struct ipcx_msg *desc = &c->desc[c->n];
		struct ipcx_payload *pl = &c->pl[c->n];

		ret = ipcx_transfer_fetch(xf, desc);
		if (!ret)
			ret = check_desc(q, desc);
		if (ret)
			return ret;
		pl->addr = desc->buf;
		pl->iter = NULL;
		pl->len = desc->len;
		if (unlikely(desc->flags & IPCX_MSG_IOV))
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
	c->vec = ipcx_payload_import(&c->pl[0], &c->desc[0], &c->iter, true);
	if (IS_ERR(c->vec)) {
		ret = PTR_ERR(c->vec);
		c->vec = NULL;
		return ret;
	}
	if (c->pl[0].len > q->max_msg_size)
		return -EMSGSIZE;
	c->n = 1;
	return 0;
}

/* Free messages that were not sent. */
static void free_messages(struct ipcx_message **msg, unsigned int n)
{
	while (n)
		ipcx_message_free(msg[--n]);
}

/* Make the chunk's messages. On error c->n tells how many there are. */
static int fill_chunk(struct ipcx_queue *q, struct send_chunk *c)
{
	unsigned int n = c->n, i;
	int ret = 0;

	spin_lock(&q->lock);
	for (i = 0; i < n; i++)
		c->msg[i] = take_free_locked(q, c->pl[i].len);
	spin_unlock(&q->lock);

	for (i = 0; i < n; i++) {
		struct ipcx_message *msg;

		msg = fill_message(q, c->msg[i], &c->pl[i], c->desc[i].type,
				   c->desc[i].priority);
		if (IS_ERR(msg)) {
			ret = PTR_ERR(msg);
			break;
		}
		c->msg[i] = msg;
	}
	if (ret) {
		free_messages(c->msg + i + 1, n - i - 1);
		c->n = i;
	}
	return ret;
}

/*
 * Make room by dropping the oldest message of the lowest priority, which may
 * be the new one. Returns 1 when the new one went, 0 when an old one did,
 * -EAGAIN when receivers hold all slots.
 */
static int drop_locked(struct ipcx_queue *q, struct ipcx_message *msg,
		       struct ipcx_wakeups *wk)
{
	struct ipcx_pq_entry *victim = ipcx_prioq_victim(&q->pq);

	if (!victim)
		return -EAGAIN;
	q->stats.dropped++;
	if (ipcx_pq_prio(victim) > ipcx_pq_prio(&msg->e)) {
		q->stats.sent++;
		q->stats.sent_bytes += msg->e.size;
		ipcx_queue_recycle_locked(q, msg, wk);
		return 1;
	}
	ipcx_prioq_remove(&q->pq, victim);
	q->bytes -= victim->size;
	ipcx_queue_recycle_locked(q, ipcx_message_of(victim), wk);
	return 0;
}

/* What became of a message under the lock. */
enum placed {
	PLACED,		/* it is the queue's, a receiver's, or dropped */
	PLACE_FULL,	/* there is no room */
	PLACE_AGAIN,	/* enough for one hold of the lock: unlock and go on */
};

static enum placed place_locked(struct ipcx_queue *q, struct ipcx_message *msg,
				struct ipcx_wakeups *wk)
{
	unsigned int budget = IPCX_DROP_MAX;

	while (!ipcx_queue_has_room_locked(q, msg->e.size)) {
		int ret;

		if (q->overflow != IPCX_OVERFLOW_DROP || q->senders.count)
			return PLACE_FULL;
		if (!budget--)
			return PLACE_AGAIN;
		ret = drop_locked(q, msg, wk);
		if (ret < 0)
			return PLACE_FULL;
		if (ret)
			return PLACED;
	}
	return ipcx_queue_offer_locked(q, msg, wk) ? PLACED : PLACE_AGAIN;
}

/* Wait until a receiver makes room and takes w->msg in. */
static int wait_for_room(struct ipcx_queue *q, struct ipcx_waiter *w,
			 const struct ipcx_deadline *dl)
{
	struct ipcx_wakeups wk;
	bool again = true;
	int ret;

	ret = ipcx_wait(w, dl);
	if (likely(!ret))
		return 0;
	ipcx_wakeups_init(&wk);
	spin_lock(&q->lock);
	if (w->done) {
		spin_unlock(&q->lock);
		return 0;
	}
	ipcx_waitset_del(&q->senders, w);
	/* Those behind may fit where this one did not. */
	while (again) {
		again = ipcx_queue_admit_locked(q, &wk);
		spin_unlock(&q->lock);
		ipcx_queue_finish(q, &wk);
		if (again)
			spin_lock(&q->lock);
	}
	return ret;
}

/*
 * Queue messages in order. Returns how many are the queue's now; less than @n
 * with an error in @err, the others still the caller's.
 */
static unsigned int queue_messages(struct ipcx_queue *q,
				   struct ipcx_message **msg, unsigned int n,
				   bool nonblock,
				   const struct ipcx_deadline *dl, int *err)
{
	struct ipcx_wakeups wk;
	struct ipcx_waiter w;
	unsigned int i = 0;

	ipcx_wakeups_init(&wk);
	while (i < n) {
		enum placed placed;

		spin_lock(&q->lock);
		while ((placed = place_locked(q, msg[i], &wk)) == PLACED)
			if (++i == n)
				break;
		if (placed == PLACE_FULL && !nonblock) {
			w.match = IPCX_MATCH_ANY;
			w.sel.key = 0;
			w.msg = msg[i];
			ipcx_waitset_add(&q->senders, &w);
			q->stats.send_blocked++;
		}
		spin_unlock(&q->lock);
		ipcx_queue_finish(q, &wk);

		if (placed != PLACE_FULL)
			continue;
		if (nonblock) {
			*err = -EAGAIN;
			break;
		}
		trace_ipcx_block(&q->obj, true);
		*err = wait_for_room(q, &w, dl);
		if (*err)
			break;
		i++;
	}
	return i;
}

/* Send the next chunk. Returns how many messages went, and why no more did. */
static unsigned int send_chunk(struct ipcx_transfer *xf, struct send_chunk *c,
			       int *err)
{
	struct ipcx_queue *q = xf->q;
	unsigned int sent = 0;
	int fetch_err, fill_err = 0;

	fetch_err = fetch_chunk(xf, c);
	if (c->n)
		fill_err = fill_chunk(q, c);
	kfree(c->vec);
	if (c->n)
		sent = queue_messages(q, c->msg, c->n, xf->nonblock,
				      &xf->deadline, err);
	free_messages(c->msg + sent, c->n - sent);
	if (!*err)
		*err = fill_err ? fill_err : fetch_err;
	return sent;
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
	struct ipcx_transfer xf;
	struct send_chunk c;
	long done = 0;
	int ret;

	ret = ipcx_transfer_init(&xf, file, arg, size, IPCX_SEND_VALID);
	if (ret)
		return ret;
	if (xf.match || xf.match_arg)
		return -EINVAL;
	while (xf.left && !ret)
		done += send_chunk(&xf, &c, &ret);
	return done ? done : ret;
}

/**
 * ipcx_queue_write_iter() - write(2) and its relatives: one message.
 * @iocb: the call
 * @from: the payload
 *
 * Context: process context, may sleep.
 * Return: bytes of payload, or a negative errno.
 */
ssize_t ipcx_queue_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct file *file = iocb->ki_filp;
	struct ipcx_queue *q = ipcx_file_queue(file);
	struct ipcx_payload pl = { .iter = from, .len = iov_iter_count(from) };
	struct ipcx_deadline forever = { .set = false };
	struct ipcx_message *msg;
	bool nonblock;
	int ret = 0;

	if (!(ipcx_handle_of(file)->rights & IPCX_OPEN_WRITE))
		return -EBADF;
	if (pl.len > q->max_msg_size)
		return -EMSGSIZE;
	nonblock = iocb->ki_flags & IOCB_NOWAIT || file->f_flags & O_NONBLOCK;

	spin_lock(&q->lock);
	msg = take_free_locked(q, pl.len);
	spin_unlock(&q->lock);
	msg = fill_message(q, msg, &pl, 0, 0);
	if (IS_ERR(msg))
		return PTR_ERR(msg);
	if (queue_messages(q, &msg, 1, nonblock, &forever, &ret))
		return pl.len;
	ipcx_message_free(msg);
	return ret;
}
