// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mailboxes: IPCX_REPLY, the receiver's side of a call: reply, and receive the
 * next message in the same system call.
 */
#include <linux/fs.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uio.h>

#include "ipcx.h"
#include "limits.h"
#include "mbox.h"
#include "trace.h"
#include "uabi.h"

/**
 * struct answer - A reply as the replier gave it.
 * @len: bytes of payload
 * @msg: payload of more than IPCX_SMALL_MAX bytes, or NULL
 * @small: payload otherwise
 */
struct answer {
	size_t len;
	struct ipcx_message *msg;
	u8 small[IPCX_SMALL_MAX];
};

static int fill_answer(struct ipcx_mbox *mbox, struct answer *a,
		       struct ipcx_payload *pl)
{
	struct ipcx_message *msg;
	int ret;

	a->len = pl->len;
	if (pl->len > mbox->q.max_msg_size)
		return -EMSGSIZE;
	if (pl->len <= IPCX_SMALL_MAX) {
		if (pl->iter)
			return copy_from_iter_full(a->small, pl->len, pl->iter) ?
			       0 : -EFAULT;
		return ipcx_get_bytes(a->small, u64_to_user_ptr(pl->addr),
				      pl->len) ? -EFAULT : 0;
	}
	msg = ipcx_message_alloc(pl->len, false);
	if (IS_ERR(msg)) {
		/* As for a send: first goes what waits for reuse. */
		ipcx_queue_flush_cache(&mbox->q);
		msg = ipcx_message_alloc(pl->len, false);
	}
	if (IS_ERR(msg))
		return PTR_ERR(msg);
	ret = ipcx_message_copy_in(msg, pl, mbox->q.obj.id);
	if (ret) {
		ipcx_message_free(msg);
		return ret;
	}
	a->msg = msg;
	return 0;
}

static int get_answer(struct ipcx_mbox *mbox, struct answer *a,
		      const struct ipcx_mbox_msg *m)
{
	struct ipcx_payload pl = { .addr = m->buf, .len = m->len };
	struct iovec *vec = NULL;
	struct iov_iter iter;
	int ret;

	if (m->flags & IPCX_MSG_IOV) {
		vec = ipcx_payload_import(&pl, &iter, true);
		if (IS_ERR(vec))
			return PTR_ERR(vec);
	}
	ret = fill_answer(mbox, a, &pl);
	kfree(vec);
	return ret;
}

/* Hand the answer to the caller; the payload's message goes along. */
static int reply_locked(struct ipcx_mbox *mbox, const struct ipcx_reply *r,
			struct answer *a, struct ipcx_wakeups *wk)
{
	struct ipcx_caller *call = ipcx_call_find_locked(mbox, r->token);

	lockdep_assert_held(&mbox->q.lock);
	if (!call)
		return -ESTALE;
	if (r->flags & IPCX_REPLY_DISCARD) {
		trace_ipcx_reply(&mbox->q.obj, r->token, 0, true);
		ipcx_call_end_locked(mbox, call, -EPIPE, wk);
		return 0;
	}
	if (a->len > call->room && !call->trunc)
		return -EMSGSIZE;
	call->reply.size = a->len;
	call->reply.type = r->reply.type;
	call->reply.prio = r->reply.priority;
	if (r->reply.cookie)
		call->reply.cookie = r->reply.cookie;
	ipcx_sender_set_current(&call->reply.from, mbox->q.obj.id);
	if (a->msg)
		call->reply.msg = a->msg;
	else
		memcpy(call->reply.small, a->small, a->len);
	a->msg = NULL;
	trace_ipcx_reply(&mbox->q.obj, r->token, a->len, false);
	ipcx_call_end_locked(mbox, call, 0, wk);
	return 0;
}

static int reply_only(struct ipcx_mbox *mbox, const struct ipcx_reply *r,
		      struct answer *a)
{
	ipcx_uninitialized struct ipcx_wakeups wk;
	int ret;

	ipcx_wakeups_init(&wk);
	spin_lock(&mbox->q.lock);
	ret = reply_locked(mbox, r, a, &wk);
	spin_unlock(&mbox->q.lock);
	ipcx_queue_finish(&mbox->q, &wk);
	return ret;
}

/* Reply, if there is a token, and receive under the same hold of the lock. */
static long reply_and_receive(struct ipcx_transfer *xf,
			      const struct ipcx_reply *r, struct answer *a,
			      struct ipcx_payload *pl,
			      struct ipcx_reply __user *uarg)
{
	struct ipcx_mbox *mbox = ipcx_mbox_of(xf->q);
	ipcx_uninitialized struct ipcx_wakeups wk;
	long ret = 0;

	ipcx_wakeups_init(&wk);
	spin_lock(&xf->q->lock);
	/* May give the lock up, which the reply shall not wait for. */
	ipcx_queue_index_locked(xf->q, xf->match);
	if (r->token)
		ret = reply_locked(mbox, r, a, &wk);
	if (ret) {
		spin_unlock(&xf->q->lock);
		return ret;
	}
	ret = ipcx_mail_recv_locked(xf, &wk, pl, &uarg->next, r->next.flags,
				    xf->nonblock);
	/* What is done is not to be done again when the call is restarted. */
	if (r->token && put_user(0, &uarg->token) && ret == -ERESTARTSYS)
		ret = -EINTR;
	return ret;
}

static long receive_too(struct file *file, const struct ipcx_reply *r,
			struct answer *a, const struct ipcx_deadline *dl,
			struct ipcx_reply __user *uarg)
{
	struct ipcx_payload pl = { .addr = r->next.buf, .len = r->next.len };
	struct ipcx_transfer xf = {
		.q = ipcx_file_queue(file),
		.flags = r->flags & IPCX_RECV_TRUNC,
		.match = array_index_nospec(r->match, IPCX_MATCH_KINDS),
		.match_arg = r->match_arg,
		.nonblock = r->flags & IPCX_XFER_NONBLOCK ||
			    file->f_flags & O_NONBLOCK,
		.deadline = *dl,
	};
	struct iovec *vec = NULL;
	struct iov_iter iter;
	long ret;

	if (r->next.flags & IPCX_MSG_IOV) {
		vec = ipcx_payload_import(&pl, &iter, false);
		if (IS_ERR(vec))
			return PTR_ERR(vec);
	}
	ret = reply_and_receive(&xf, r, a, &pl, uarg);
	kfree(vec);
	return ret;
}

static bool all_zero(const void *p, size_t size)
{
	return !memchr_inv(p, 0, size);
}

static int check_receive(const struct ipcx_queue *q, const struct ipcx_reply *r)
{
	if (r->flags & IPCX_REPLY_RECV)
		return r->next.flags & ~IPCX_MSG_VALID ||
		       !ipcx_match_valid(q, r->match, r->match_arg);
	return !r->token || r->match || r->match_arg ||
	       r->flags & ~(IPCX_REPLY_RECV | IPCX_REPLY_DISCARD) ||
	       !all_zero(&r->next, sizeof(r->next));
}

static int check_reply(const struct ipcx_queue *q, const struct ipcx_reply *r)
{
	if (r->flags & ~IPCX_REPLY_VALID || r->reserved || check_receive(q, r))
		return -EINVAL;
	/* As it is where a signal has come after the reply. */
	if (!r->token)
		return 0;
	if (r->flags & IPCX_REPLY_DISCARD)
		return all_zero(&r->reply, sizeof(r->reply)) ? 0 : -EINVAL;
	if (r->reply.flags & ~IPCX_MSG_VALID ||
	    r->reply.priority > IPCX_PRIO_MAX)
		return -EINVAL;
	return 0;
}

/**
 * ipcx_mbox_ioctl_reply() - IPCX_REPLY.
 * @file: a mailbox's file with the right to receive
 * @arg: user address of &struct ipcx_reply
 * @size: its size
 *
 * Context: process context, may sleep.
 * Return: 1 when a message was received, 0, or a negative errno.
 */
long ipcx_mbox_ioctl_reply(struct file *file, void __user *arg, size_t size)
{
	struct ipcx_mbox *mbox = ipcx_file_mbox(file);
	struct ipcx_reply __user *uarg = arg;
	ipcx_uninitialized struct answer a;
	ipcx_uninitialized struct ipcx_reply r;
	struct ipcx_deadline dl;
	long ret;

	ret = ipcx_get_struct(&r, sizeof(r), arg, size);
	if (!ret)
		ret = check_reply(&mbox->q, &r);
	if (!ret)
		ret = ipcx_deadline_get(&dl, r.flags, r.clock, r.deadline_ns);
	if (ret)
		return ret;
	a.msg = NULL;
	a.len = 0;
	if (r.token && !(r.flags & IPCX_REPLY_DISCARD))
		ret = get_answer(mbox, &a, &r.reply);
	if (ret)
		return ret;
	if (r.flags & IPCX_REPLY_RECV) {
		ret = receive_too(file, &r, &a, &dl, uarg);
	} else {
		ret = reply_only(mbox, &r, &a);
		if (!ret && put_user(0, &uarg->token))
			ret = -EFAULT;
	}
	ipcx_message_free(a.msg);
	return ret;
}
