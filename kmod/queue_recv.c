// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receiving from a priority queue.
 *
 * Take messages under the lock, copy them out, and release their slots under
 * the lock: one by one, or up to IPCX_CHUNK at a time. A message that cannot be
 * copied goes back to its place.
 */
#include <linux/fs.h>
#include <linux/ipcx.h>
#include <linux/nospec.h>
#include <linux/pid.h>
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
 * @desc: descriptors
 * @msg: the messages
 */
struct recv_chunk {
	struct ipcx_msg desc[IPCX_CHUNK];
	struct ipcx_message *msg[IPCX_CHUNK];
};

/**
 * ipcx_queue_index_locked() - Bring the type index up to date.
 * @q: the queue
 * @match: one of enum ipcx_match; nothing is done where it does without
 *
 * Context: under the queue's lock, which is given up between steps: nothing may be
 * decided yet.
 */
void ipcx_queue_index_locked(struct ipcx_queue *q, u32 match)
{
	if (!ipcx_prioq_needs_index(match))
		return;
	while (!ipcx_prioq_index(&q->pq, IPCX_INDEX_STEP)) {
		spin_unlock(&q->lock);
		cond_resched();
		spin_lock(&q->lock);
	}
}

static noinline struct ipcx_pq_entry *
select_match_locked(const struct ipcx_transfer *xf)
{
	struct ipcx_queue *q = xf->q;

	if (xf->match >= IPCX_MATCH_SENDER)
		return ipcx_mail_select_locked(q, xf->match, xf->match_arg);
	ipcx_queue_index_locked(q, xf->match);
	return ipcx_prioq_select(&q->pq, xf->match, xf->match_arg);
}

/* The message that the call selects next, or NULL. It stays where it is. */
static inline struct ipcx_message *select_locked(const struct ipcx_transfer *xf)
{
	struct ipcx_pq_entry *e;

	if (likely(xf->match == IPCX_MATCH_ANY))
		e = ipcx_prioq_first(&xf->q->pq);
	else
		e = select_match_locked(xf);
	return ipcx_message_of(e);
}

static inline bool fits(const struct ipcx_transfer *xf,
			struct ipcx_message *msg,
			const struct ipcx_room *room, const bool mail)
{
	if (xf->flags & IPCX_RECV_TRUNC)
		return true;
	return msg->e.size <= room->len &&
	       (!mail || ipcx_mail_fds(msg) <= room->fds);
}

/* Take a message out of the order; it keeps its slot. */
static inline void take_locked(struct ipcx_queue *q, struct ipcx_message *msg,
			       const bool mail)
{
	ipcx_queue_remove_locked(q, msg, mail);
	ipcx_queue_take_slot_locked(q, msg, mail);
}

static void add_receiver_locked(const struct ipcx_transfer *xf,
				struct ipcx_waiter *w,
				const struct ipcx_room *room)
{
	struct ipcx_queue *q = xf->q;

	w->match = xf->match;
	w->sel.key = xf->match_arg;
	w->trunc = xf->flags & IPCX_RECV_TRUNC;
	w->room = *room;
	w->msg = NULL;
	ipcx_waitset_add(&q->receivers, w);
	q->stats.recv_blocked++;
}

/*
 * Sleep until a sender hands a message over. Returns 0 with the message in
 * w->msg, or an error: -EMSGSIZE with the size in w->room.
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

/* The same, but first without sleeping, while @peer runs, whose reference goes. */
static int spin_for_message(struct ipcx_queue *q, struct ipcx_waiter *w,
			    struct ipcx_peer *peer,
			    const struct ipcx_deadline *dl)
{
	bool served = ipcx_mail_spin(q, w, peer);

	put_pid(peer->pid);
	return served ? w->error : wait_for_message(q, w, dl);
}

/*
 * Unlock, and wake those whom @wk names, the caller being in line already: who is
 * woken and sends at once finds it there.
 */
static inline void unlock_queue(struct ipcx_queue *q, struct ipcx_wakeups *wk)
	__releases(&q->lock)
{
	spin_unlock(&q->lock);
	if (unlikely(wk))
		ipcx_queue_finish(q, wk);
}

/*
 * Get one message, waiting for it if need be. With -EMSGSIZE what it needs is in
 * @room. The lock is released, and then @wk carried out unless it is NULL.
 */
static __always_inline struct ipcx_message *
get_message_locked(const struct ipcx_transfer *xf, struct ipcx_wakeups *wk,
		   bool nonblock, struct ipcx_room *room, const bool mail)
	__releases(&xf->q->lock)
{
	ipcx_uninitialized struct ipcx_waiter w;
	struct ipcx_queue *q = xf->q;
	struct ipcx_message *msg;
	struct ipcx_peer peer = { };
	int ret;

	msg = select_locked(xf);
	if (likely(msg)) {
		if (likely(fits(xf, msg, room, mail))) {
			take_locked(q, msg, mail);
		} else {
			room->len = msg->e.size;
			room->fds = mail ? ipcx_mail_fds(msg) : 0;
			msg = ERR_PTR(-EMSGSIZE);
		}
		unlock_queue(q, wk);
		return msg;
	}
	if (nonblock) {
		unlock_queue(q, wk);
		return ERR_PTR(-EAGAIN);
	}
	add_receiver_locked(xf, &w, room);
	if (mail && unlikely(xf->flags & IPCX_XFER_ADAPTIVE))
		ipcx_mail_peer_locked(q, &w, wk, &peer);
	unlock_queue(q, wk);

	if (mail && unlikely(peer.pid))
		ret = spin_for_message(q, &w, &peer, &xf->deadline);
	else
		ret = wait_for_message(q, &w, &xf->deadline);
	*room = w.room;
	return ret ? ERR_PTR(ret) : w.msg;
}

static void trace_dequeue(struct ipcx_queue *q, struct ipcx_message *msg)
{
	if (trace_ipcx_dequeue_enabled())
		trace_ipcx_dequeue(&q->obj, msg, ipcx_stamps_queued_ns(msg));
}

/* Tell the receiver what a message says about itself. */
static __always_inline int put_desc(const struct ipcx_transfer *xf,
				    struct ipcx_message *msg,
				    const struct ipcx_payload *pl,
				    struct ipcx_msg __user *udesc, u32 flags,
				    const bool mail)
{
	if (unlikely(msg->e.size > pl->len))
		flags |= IPCX_MSG_TRUNC;
	if (unlikely(mail))
		return ipcx_mail_put_desc(xf->q, udesc, msg, flags,
					  xf->flags & IPCX_RECV_PEEK ?
					  NULL : &xf->fd);
	return ipcx_put_desc(udesc, msg->e.size, msg->e.sel.key,
			     ipcx_pq_prio(&msg->e), flags);
}

/*
 * copy_message() where somebody wants to know when; by a read(2), without @udesc, too.
 * The stamps go out before files come in, which a failure would have to take back.
 */
static noinline int copy_stamped(const struct ipcx_transfer *xf,
				 struct ipcx_message *msg,
				 struct ipcx_payload *pl,
				 struct ipcx_msg __user *udesc, u32 flags)
{
	struct ipcx_queue *q = xf->q;
	struct ipcx_stamps stamps;
	int ret;

	ipcx_stamps_begin(&stamps, msg);
	ret = ipcx_message_copy_out(msg, pl, q->obj.id);
	if (ret)
		return ret;
	stamps.copy_out_end = ktime_get_ns();
	if (xf->flags & IPCX_RECV_STAMPS &&
	    copy_to_user(xf->stamps, &stamps, sizeof(stamps)))
		return -EFAULT;
	if (udesc)
		ret = put_desc(xf, msg, pl, udesc, flags, q->mail);
	if (!ret && !(xf->flags & IPCX_RECV_PEEK))
		trace_ipcx_message(&q->obj, msg, &stamps);
	return ret;
}

/* Copy a message and what it says about itself to the receiver. */
static __always_inline int copy_message(const struct ipcx_transfer *xf,
					struct ipcx_message *msg,
					struct ipcx_payload *pl,
					struct ipcx_msg __user *udesc,
					u32 flags, const bool mail)
{
	int ret;

	if (ipcx_stamps_on())
		return copy_stamped(xf, msg, pl, udesc, flags);
	ret = ipcx_message_copy_out(msg, pl, xf->q->obj.id);
	if (unlikely(ret))
		return ret;
	return put_desc(xf, msg, pl, udesc, flags, mail);
}

static inline void release_locked(struct ipcx_queue *q,
				  struct ipcx_message *msg,
				  struct ipcx_wakeups *wk, const bool mail)
{
	ipcx_queue_give_slot_locked(q, msg, mail);
	q->bytes -= msg->e.size;
	q->stats.received++;
	q->stats.received_bytes += msg->e.size;
	if (unlikely(mail))
		ipcx_mail_received_locked(q, msg, wk);
	ipcx_queue_recycle_locked(q, msg, wk);
}

/*
 * The first @done of @n messages were copied: release their slots. The others
 * go back.
 */
static void settle(struct ipcx_queue *q, struct ipcx_message **msg,
		   unsigned int n, unsigned int done)
{
	ipcx_uninitialized struct ipcx_wakeups wk;
	const bool mail = q->mail;
	unsigned int i = 0;
	bool again = true;

	ipcx_wakeups_init(&wk);
	while (again) {
		spin_lock(&q->lock);
		/* For whom mail may wake; nobody else is in @wk yet. */
		for (; i < done && !ipcx_wakeups_full(&wk); i++)
			release_locked(q, msg[i], &wk, mail);
		while (unlikely(i >= done && i < n) &&
		       ipcx_queue_return_locked(q, msg[i], &wk))
			i++;
		again = i < n || ipcx_queue_admit_locked(q, &wk);
		spin_unlock(&q->lock);
		ipcx_queue_finish(q, &wk);
	}
	if (unlikely(mail))
		ipcx_mail_check_owner(q);
}

/* settle() for one message that was copied: mostly nobody waits for its slot. */
static inline void settle_copied(struct ipcx_queue *q, struct ipcx_message *msg)
{
	spin_lock(&q->lock);
	if (unlikely(q->send_waiters ||
		     ipcx_queue_polled_locked(&q->write_wait) ||
		     !ipcx_queue_keeps_locked(q, msg))) {
		spin_unlock(&q->lock);
		settle(q, &msg, 1, 1);
		return;
	}
	release_locked(q, msg, NULL, false);
	spin_unlock(&q->lock);
}

/* Tell what a message needs, if it is the call's first. */
static int put_needed(const struct ipcx_transfer *xf,
		      struct ipcx_msg __user *udesc,
		      const struct ipcx_room *needed)
{
	int ret;

	if (xf->later)
		return -EMSGSIZE;
	if (xf->q->mail)
		ret = ipcx_mail_put_needed(udesc, needed);
	else
		ret = put_user(needed->len, &udesc->len);
	return ret ? ret : -EMSGSIZE;
}

/*
 * Receive into one payload. Called with the lock, which it releases, and then @wk
 * carried out unless it is NULL. Returns 1 or an error.
 */
static __always_inline long
recv_locked(const struct ipcx_transfer *xf, struct ipcx_wakeups *wk,
	    struct ipcx_payload *pl, struct ipcx_msg __user *udesc, u32 flags,
	    bool nonblock, const bool mail)
	__releases(&xf->q->lock)
{
	struct ipcx_room room = { .len = pl->len };
	struct ipcx_queue *q = xf->q;
	struct ipcx_message *msg;
	int ret;

	if (mail)
		room.fds = xf->fd.room;
	msg = get_message_locked(xf, wk, nonblock, &room, mail);
	if (IS_ERR(msg)) {
		ret = PTR_ERR(msg);
		return ret == -EMSGSIZE ? put_needed(xf, udesc, &room) : ret;
	}
	trace_dequeue(q, msg);
	ret = copy_message(xf, msg, pl, udesc, flags, mail);
	if (mail || unlikely(ret))
		settle(q, &msg, 1, !ret);
	else
		settle_copied(q, msg);
	return ret ? ret : 1;
}

/**
 * ipcx_mail_recv_locked() - Receive one message from a mailbox.
 * @xf: the call
 * @wk: what the caller's locked section left, to be carried out; or NULL
 * @pl: room for the payload
 * @udesc: user address of &struct ipcx_mbox_recv
 * @flags: IPCX_MSG_* of it
 * @nonblock: do not wait
 *
 * Context: process context, may sleep. Called with the mailbox's lock, which it
 * releases.
 * Return: 1 or a negative errno.
 */
noinline long ipcx_mail_recv_locked(const struct ipcx_transfer *xf,
				    struct ipcx_wakeups *wk,
				    struct ipcx_payload *pl,
				    void __user *udesc, u32 flags,
				    bool nonblock)
	__releases(&xf->q->lock)
{
	return recv_locked(xf, wk, pl, udesc, flags, nonblock, true);
}

static inline long recv_payload(const struct ipcx_transfer *xf,
				struct ipcx_payload *pl,
				struct ipcx_msg __user *udesc, u32 flags,
				bool nonblock)
{
	spin_lock(&xf->q->lock);
	if (unlikely(xf->q->mail))
		return ipcx_mail_recv_locked(xf, NULL, pl, udesc, flags,
					     nonblock);
	return recv_locked(xf, NULL, pl, udesc, flags, nonblock, false);
}

/*
 * Copy a message that stays where it is. A pin keeps its memory while a
 * receiver may take it. Returns 1 or an error.
 */
static long peek_payload(const struct ipcx_transfer *xf,
			 struct ipcx_payload *pl,
			 struct ipcx_msg __user *udesc, u32 flags)
{
	struct ipcx_room room = { .len = pl->len };
	struct ipcx_queue *q = xf->q;
	struct ipcx_message *msg;
	bool last;
	int ret = 0;

	spin_lock(&q->lock);
	msg = select_locked(xf);
	if (!msg || msg->e.pins == IPCX_PINS_MAX) {
		ret = -EAGAIN;
	} else if (!fits(xf, msg, &room, false)) {
		room.len = msg->e.size;
		room.fds = q->mail ? ipcx_mail_fds(msg) : 0;
		ret = -EMSGSIZE;
	} else {
		msg->e.pins++;
	}
	spin_unlock(&q->lock);
	if (ret)
		return ret == -EMSGSIZE ? put_needed(xf, udesc, &room) : ret;

	ret = copy_message(xf, msg, pl, udesc, flags, q->mail);
	spin_lock(&q->lock);
	last = !--msg->e.pins && msg->e.state & IPCX_STATE_RELEASED;
	spin_unlock(&q->lock);
	if (last)
		ipcx_message_free(msg);
	return ret ? ret : 1;
}

/* Receive one message as @desc says. Returns 1 or an error. */
static long recv_desc(const struct ipcx_transfer *xf,
		      const struct ipcx_msg *desc,
		      struct ipcx_msg __user *udesc, bool nonblock)
{
	struct ipcx_payload pl = { .addr = desc->buf, .len = desc->len };
	struct iovec *vec = NULL;
	struct iov_iter iter;
	long ret;

	if (unlikely(desc->flags & IPCX_MSG_IOV)) {
		vec = ipcx_payload_import(&pl, &iter, false);
		if (IS_ERR(vec))
			return PTR_ERR(vec);
	}
	if (unlikely(xf->flags & IPCX_RECV_PEEK))
		ret = peek_payload(xf, &pl, udesc, desc->flags);
	else
		ret = recv_payload(xf, &pl, udesc, desc->flags, nonblock);
	kfree(vec);
	return ret;
}

/* Receive one message, the first or the only one of a call. */
static long recv_single(struct ipcx_transfer *xf, bool nonblock)
{
	ipcx_uninitialized struct ipcx_msg desc;
	int ret;

	if (unlikely(xf->q->mail))
		ret = ipcx_mail_fetch_room(xf, &desc);
	else
		ipcx_transfer_fetch(xf, &desc, 1, &ret);
	if (unlikely(ret))
		return ret;
	if (unlikely(desc.flags & ~(xf->q->mail ? IPCX_ROOM_VALID :
						  IPCX_MSG_VALID)))
		return -EINVAL;
	return recv_desc(xf, &desc, xf->next, nonblock);
}

/* Take messages for @n descriptors. Returns how many. */
static unsigned int take_chunk(const struct ipcx_transfer *xf,
			       struct recv_chunk *c, unsigned int n)
{
	struct ipcx_queue *q = xf->q;
	unsigned int i;

	spin_lock(&q->lock);
	for (i = 0; i < n; i++) {
		struct ipcx_room room = { .len = c->desc[i].len };
		struct ipcx_message *msg = select_locked(xf);

		if (!msg || !fits(xf, msg, &room, false))
			break;
		take_locked(q, msg, false);
		c->msg[i] = msg;
	}
	spin_unlock(&q->lock);
	return i;
}

/* Copy a message of the chunk and note in its descriptor what it is. */
static inline int deliver_message(struct ipcx_queue *q,
				  struct ipcx_message *msg,
				  struct ipcx_msg *desc)
{
	size_t n = min_t(u64, msg->e.size, desc->len);
	struct ipcx_payload pl;

	if (likely(!ipcx_message_is_big(msg) && !trace_ipcx_copy_enabled())) {
		if (ipcx_put_bytes(u64_to_user_ptr(desc->buf), msg->small, n))
			return -EFAULT;
	} else {
		pl.addr = desc->buf;
		pl.iter = NULL;
		pl.len = desc->len;
		if (ipcx_message_copy_out(msg, &pl, q->obj.id))
			return -EFAULT;
	}
	if (unlikely(msg->e.size > desc->len))
		desc->flags |= IPCX_MSG_TRUNC;
	desc->len = msg->e.size;
	desc->type = msg->e.sel.key;
	desc->priority = ipcx_pq_prio(&msg->e);
	return 0;
}

/* Write descriptors back. Returns how many, and why no more. */
static unsigned int put_chunk(const struct ipcx_transfer *xf,
			      const struct ipcx_msg *desc, unsigned int n,
			      int *err)
{
	void __user *udesc = xf->next;
	unsigned int i;
	size_t missing;

	if (likely(xf->stride == sizeof(*desc))) {
		missing = ipcx_put_bytes(udesc, desc, n * sizeof(*desc));
		if (likely(!missing))
			return n;
		*err = -EFAULT;
		return n - DIV_ROUND_UP(missing, sizeof(*desc));
	}
	for (i = 0; i < n; i++, udesc += xf->stride) {
		if (ipcx_put_bytes(udesc, &desc[i], sizeof(*desc))) {
			*err = -EFAULT;
			break;
		}
	}
	return i;
}

/* Copy @n taken messages out. Returns how many, and why no more. */
static unsigned int deliver_chunk(const struct ipcx_transfer *xf,
				  struct recv_chunk *c, unsigned int n,
				  int *err)
{
	unsigned int i, done;

	for (i = 0; i < n; i++) {
		trace_dequeue(xf->q, c->msg[i]);
		*err = deliver_message(xf->q, c->msg[i], &c->desc[i]);
		if (unlikely(*err))
			break;
	}
	done = put_chunk(xf, c->desc, i, err);
	settle(xf->q, c->msg, n, done);
	return done;
}

/*
 * Receive what is there into the next descriptors, up to one with scattered
 * room, which is served by itself. Returns how many messages, and why no more.
 */
static unsigned int recv_chunk(struct ipcx_transfer *xf, struct recv_chunk *c,
			       int *err)
{
	unsigned int fetched, n, taken, done = 0;
	int fetch_err;
	long ret;

	fetched = ipcx_transfer_fetch(xf, c->desc,
				      min_t(u32, xf->left, IPCX_CHUNK),
				      &fetch_err);
	for (n = 0; n < fetched; n++)
		if (unlikely(c->desc[n].flags))
			break;
	taken = take_chunk(xf, c, n);
	if (taken)
		done = deliver_chunk(xf, c, taken, err);
	ipcx_transfer_advance(xf, done);
	if (*err)
		return done;
	if (done < n) {
		*err = -EAGAIN;
	} else if (n < fetched) {
		ret = recv_single(xf, true);
		*err = min(ret, 0L);
		ipcx_transfer_advance(xf, ret > 0);
		done += ret > 0;
	} else {
		*err = fetch_err;
	}
	return done;
}

/* recv_many() one by one: mail, each with its sender, and what is stamped. */
static long recv_each(struct ipcx_transfer *xf)
{
	long done = 0;
	int ret;

	do {
		ret = recv_single(xf, done || xf->nonblock);
		if (ret < 0)
			return done ? done : ret;
		ipcx_transfer_advance(xf, 1);
		if (xf->flags & IPCX_RECV_STAMPS)
			xf->stamps++;
		xf->later = true;
		done++;
		cond_resched();
	} while (xf->left);
	return done;
}

/* The first message is waited for, and its error told; the others are there or not. */
static noinline long recv_many(struct ipcx_transfer *xf)
{
	ipcx_uninitialized struct recv_chunk c;
	long done;
	int ret = 0;

	if (xf->q->mail || ipcx_stamps_on())
		return recv_each(xf);
	done = recv_single(xf, xf->nonblock);
	if (done < 0)
		return done;
	ipcx_transfer_advance(xf, 1);
	xf->later = true;
	while (xf->left && !ret)
		done += recv_chunk(xf, &c, &ret);
	return done;
}

/* For receives that peek, or ask for stamps: what is not for others to pay for. */
static int prepare_unusual(const struct ipcx_transfer *xf, struct file *file)
{
	if (xf->flags & IPCX_RECV_PEEK &&
	    (xf->left != 1 || xf->flags & (IPCX_XFER_DEADLINE |
					   IPCX_XFER_ADAPTIVE)))
		return -EINVAL;
	if (xf->flags & IPCX_RECV_STAMPS)
		ipcx_stamps_ask(file);
	return 0;
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
	ipcx_uninitialized struct ipcx_transfer xf;
	int ret;

	ret = ipcx_transfer_init(&xf, file, arg, size,
				 ipcx_file_queue(file)->mail ?
				 IPCX_MAIL_RECV_VALID : IPCX_RECV_VALID);
	if (unlikely(ret))
		return ret;
	if (unlikely(!ipcx_match_valid(xf.q, xf.match, xf.match_arg)))
		return -EINVAL;
	xf.match = array_index_nospec(xf.match, IPCX_MATCH_KINDS);
	if (unlikely(xf.flags & (IPCX_RECV_PEEK | IPCX_RECV_STAMPS))) {
		ret = prepare_unusual(&xf, file);
		if (ret)
			return ret;
	}
	return xf.left == 1 ? recv_single(&xf, xf.nonblock) : recv_many(&xf);
}

/* Receive one message for read(2) and its relatives. */
static ssize_t read_payload(struct file *file, struct ipcx_payload *pl,
			    bool nonblock)
{
	struct ipcx_transfer xf = { .q = ipcx_file_queue(file) };
	struct ipcx_room room = { .len = pl->len };
	struct ipcx_message *msg;
	ssize_t size;
	int ret;

	spin_lock(&xf.q->lock);
	msg = get_message_locked(&xf, NULL,
				 nonblock || file->f_flags & O_NONBLOCK, &room,
				 false);
	if (IS_ERR(msg))
		return PTR_ERR(msg);
	size = msg->e.size;
	trace_dequeue(xf.q, msg);
	if (ipcx_stamps_on())
		ret = copy_stamped(&xf, msg, pl, NULL, 0);
	else
		ret = ipcx_message_copy_out(msg, pl, xf.q->obj.id);
	settle(xf.q, &msg, 1, !ret);
	return ret ? ret : size;
}

static bool may_receive(const struct file *file)
{
	return ipcx_handle_of(file)->rights & IPCX_OPEN_READ;
}

/*
 * Receive a short payload if nothing stands in the way: there is one, and it
 * fits. Returns its size, or -EAGAIN: nothing happened, take the general way.
 */
static inline ssize_t read_small(struct ipcx_queue *q, char __user *buf,
				 size_t room)
{
	struct ipcx_message *msg;
	ssize_t size;

	spin_lock(&q->lock);
	msg = ipcx_message_of(ipcx_prioq_first(&q->pq));
	if (unlikely(!msg || ipcx_message_is_big(msg) || msg->e.size > room)) {
		spin_unlock(&q->lock);
		return -EAGAIN;
	}
	take_locked(q, msg, false);
	spin_unlock(&q->lock);

	size = msg->e.size;
	trace_dequeue(q, msg);
	if (unlikely(ipcx_put_bytes(buf, msg->small, size))) {
		settle(q, &msg, 1, 0);
		return -EFAULT;
	}
	settle_copied(q, msg);
	return size;
}

/**
 * ipcx_queue_read() - read(2): one message.
 * @file: a file of a queue
 * @buf: room for the payload
 * @len: size of the room
 * @pos: not used
 *
 * Context: process context, may sleep.
 * Return: bytes of payload, or a negative errno.
 */
ssize_t ipcx_queue_read(struct file *file, char __user *buf, size_t len,
			loff_t *pos)
{
	struct ipcx_payload pl = { };
	ssize_t ret;

	if (unlikely(!may_receive(file)))
		return -EBADF;
	if (likely(!trace_ipcx_copy_enabled() && !ipcx_stamps_on())) {
		ret = read_small(ipcx_file_queue(file), buf, len);
		if (likely(ret != -EAGAIN))
			return ret;
	}
	pl.addr = (uintptr_t)buf;
	pl.len = len;
	return read_payload(file, &pl, false);
}

/**
 * ipcx_queue_read_iter() - read(2)'s relatives: one message.
 * @iocb: the call
 * @to: room for the payload
 *
 * Context: process context, may sleep.
 * Return: bytes of payload, or a negative errno.
 */
ssize_t ipcx_queue_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct ipcx_payload pl = { .iter = to, .len = iov_iter_count(to) };

	if (!may_receive(iocb->ki_filp))
		return -EBADF;
	return read_payload(iocb->ki_filp, &pl, iocb->ki_flags & IOCB_NOWAIT);
}
