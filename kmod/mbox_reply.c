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
 * @msg: the payload
 * @files: what it carries, or NULL
 */
struct answer {
	struct ipcx_message msg;
	struct ipcx_files *files;
};

/**
 * struct replier - Who replies, and where.
 * @mbox: the mailbox that was called
 * @calls: where to look for the call
 * @token: what came with the request
 * @owner: whose the token is
 */
struct replier {
	struct ipcx_mbox *mbox;
	struct rb_root *calls;
	u64 token;
	const void *owner;
};

static void drop_answer(struct answer *a)
{
	/* Mostly the caller has it all. */
	if (likely(!a->msg.acct && !a->files))
		return;
	ipcx_message_free(&a->msg);
	ipcx_files_free(a->files);
}

static int copy_answer(struct ipcx_mbox *mbox, struct answer *a,
		       struct ipcx_payload *pl)
{
	int ret;

	if (pl->len > mbox->q.max_msg_size)
		return -EMSGSIZE;
	ret = ipcx_message_reserve(&a->msg, pl->len);
	if (unlikely(ret)) {
		/* As for a send: first goes what waits for reuse. */
		ipcx_message_free(&a->msg);
		ipcx_queue_flush_cache(&mbox->q);
		ipcx_message_init_onstack(&a->msg, false);
		ret = ipcx_message_reserve(&a->msg, pl->len);
	}
	return ret ? ret : ipcx_message_copy_in(&a->msg, pl, mbox->q.obj.id);
}

/* On error, too, @a is for drop_answer(). */
static int get_answer(struct ipcx_mbox *mbox, struct answer *a,
		      const struct ipcx_mbox_msg *m)
{
	ipcx_uninitialized struct iov_iter iter;
	struct ipcx_payload pl = { .addr = m->buf, .len = m->len };
	struct iovec *vec = NULL;
	int ret;

	if (unlikely(m->flags & IPCX_MSG_IOV)) {
		vec = ipcx_payload_import(&pl, &iter, true);
		if (IS_ERR(vec))
			return PTR_ERR(vec);
	}
	ret = copy_answer(mbox, a, &pl);
	if (unlikely(vec))
		kfree(vec);
	if (ret || likely(!m->fd_count))
		return ret;
	a->files = ipcx_files_get(m->fds, m->fd_count);
	if (IS_ERR(a->files)) {
		ret = PTR_ERR(a->files);
		a->files = NULL;
		return ret;
	}
	trace_ipcx_files(mbox->q.obj.id, m->fd_count, true, 0);
	return 0;
}

static bool caller_has_room(const struct ipcx_caller *call,
			    const struct answer *a)
{
	if (call->trunc)
		return true;
	return a->msg.e.size <= call->room.len &&
	       (likely(!a->files) || a->files->count <= call->room.fds);
}

/* Hand the answer to the caller, with all that it has. */
static int hand_over_locked(const struct replier *by, struct ipcx_caller *call,
			    const struct ipcx_mbox_msg *m, struct answer *a,
			    struct ipcx_wakeups *wk)
{
	struct ipcx_mail *mail = call->reply;
	int ret;

	if (!caller_has_room(call, a))
		return -EMSGSIZE;
	ret = ipcx_message_move_payload(&mail->msg, &a->msg);
	if (unlikely(ret))
		return ret;
	ipcx_mail_attach(mail, a->files);
	a->files = NULL;
	ipcx_pq_set(&mail->msg.e, m->type, m->priority);
	if (m->cookie)
		mail->cookie = m->cookie;
	ipcx_sender_set_current(&mail->from, by->mbox->q.obj.id);
	trace_ipcx_reply(&by->mbox->q.obj, by->token, mail->msg.e.size, false);
	ipcx_call_end_locked(by->mbox, call, 0, wk);
	return 0;
}

static int reply_locked(const struct replier *by, const struct ipcx_reply *r,
			struct answer *a, struct ipcx_wakeups *wk)
{
	struct ipcx_caller *call;

	lockdep_assert_held(&by->mbox->q.lock);
	call = ipcx_call_find_locked(by->calls, by->token, by->owner);
	if (!call)
		return -ESTALE;
	if (r->flags & IPCX_REPLY_DISCARD) {
		trace_ipcx_reply(&by->mbox->q.obj, by->token, 0, true);
		ipcx_call_end_locked(by->mbox, call, -EPIPE, wk);
		return 0;
	}
	return hand_over_locked(by, call, &r->reply, a, wk);
}

static int reply_only(const struct replier *by, const struct ipcx_reply *r,
		      struct answer *a)
{
	ipcx_uninitialized struct ipcx_wakeups wk;
	struct ipcx_queue *q = &by->mbox->q;
	int ret;

	ipcx_wakeups_init(&wk);
	spin_lock(&q->lock);
	ret = reply_locked(by, r, a, &wk);
	spin_unlock(&q->lock);
	ipcx_queue_finish(q, &wk);
	return ret;
}

/* Reply, if there is a token, and receive under the same hold of the lock. */
static long reply_and_receive(struct ipcx_transfer *xf,
			      const struct replier *by,
			      const struct ipcx_reply *r, struct answer *a,
			      struct ipcx_payload *pl,
			      struct ipcx_reply __user *uarg)
{
	ipcx_uninitialized struct ipcx_wakeups wk;
	long ret = 0;

	ipcx_wakeups_init(&wk);
	spin_lock(&xf->q->lock);
	/* May give the lock up, which the reply shall not wait for. */
	ipcx_queue_index_locked(xf->q, xf->match);
	if (by->token)
		ret = reply_locked(by, r, a, &wk);
	if (ret) {
		spin_unlock(&xf->q->lock);
		return ret;
	}
	ret = ipcx_mail_recv_locked(xf, &wk, pl, &uarg->next, r->next.flags,
				    xf->nonblock);
	/* What is done is not to be done again when the call is restarted. */
	if (by->token && put_user(0, &uarg->token) && ret == -ERESTARTSYS)
		ret = -EINTR;
	return ret;
}

static long receive_too(struct file *file, const struct replier *by,
			const struct ipcx_reply *r, struct answer *a,
			const struct ipcx_deadline *dl,
			struct ipcx_reply __user *uarg)
{
	ipcx_uninitialized struct ipcx_transfer xf;
	ipcx_uninitialized struct iov_iter iter;
	struct ipcx_payload pl = { .addr = r->next.buf, .len = r->next.len };
	struct iovec *vec = NULL;
	long ret;

	xf.q = &by->mbox->q;
	xf.flags = r->flags & (IPCX_RECV_TRUNC | IPCX_XFER_ADAPTIVE);
	xf.match = array_index_nospec(r->match, IPCX_MATCH_KINDS);
	xf.match_arg = r->match_arg;
	xf.nonblock = r->flags & IPCX_XFER_NONBLOCK ||
		      file->f_flags & O_NONBLOCK;
	xf.later = false;
	xf.deadline = *dl;
	ipcx_mail_set_fd_room(&xf.fd, &r->next);
	if (unlikely(r->next.flags & IPCX_MSG_IOV)) {
		vec = ipcx_payload_import(&pl, &iter, false);
		if (IS_ERR(vec))
			return PTR_ERR(vec);
	}
	ret = reply_and_receive(&xf, by, r, a, &pl, uarg);
	if (unlikely(vec))
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
		return r->next.flags & ~IPCX_ROOM_VALID ||
		       !ipcx_match_valid(q, r->match, r->match_arg);
	return r->match || r->match_arg ||
	       r->flags & ~(IPCX_REPLY_RECV | IPCX_REPLY_DISCARD) ||
	       !all_zero(&r->next, sizeof(r->next));
}

/* @token: what is replied to, 0 for nothing */
static int check_reply(const struct ipcx_queue *q, const struct ipcx_reply *r,
		       u64 token)
{
	if (r->flags & ~IPCX_REPLY_VALID || r->reserved || check_receive(q, r))
		return -EINVAL;
	/* As it is where a signal has come after the reply. */
	if (!token)
		return r->flags & IPCX_REPLY_RECV ? 0 : -EINVAL;
	if (r->flags & IPCX_REPLY_DISCARD)
		return all_zero(&r->reply, sizeof(r->reply)) ? 0 : -EINVAL;
	return ipcx_mbox_check_msg(&r->reply);
}

/* Who replies: by a token of the process's, or by one that is the file. */
static int get_replier(struct replier *by, struct file *file,
		       const struct ipcx_reply *r)
{
	const struct ipcx_token_file *tok = ipcx_file_token(file);

	if (likely(!tok)) {
		by->mbox = ipcx_file_mbox(file);
		by->calls = &by->mbox->calls;
		by->token = r->token;
		by->owner = current->files;
		return ipcx_mbox_is_group(by->mbox) ? -EOPNOTSUPP : 0;
	}
	by->mbox = ipcx_token_mbox(tok, &by->token);
	by->calls = &by->mbox->handed;
	by->owner = tok;
	return r->token || r->flags & IPCX_REPLY_RECV ? -EINVAL : 0;
}

/**
 * ipcx_mbox_ioctl_reply() - IPCX_REPLY.
 * @file: a mailbox's file with the right to receive, or a token's
 * @arg: user address of &struct ipcx_reply
 * @size: its size
 *
 * Context: process context, may sleep.
 * Return: 1 when a message was received, 0, or a negative errno.
 */
long ipcx_mbox_ioctl_reply(struct file *file, void __user *arg, size_t size)
{
	ipcx_uninitialized struct answer a;
	ipcx_uninitialized struct ipcx_reply r;
	ipcx_uninitialized struct ipcx_deadline dl;
	ipcx_uninitialized struct replier by;
	struct ipcx_reply __user *uarg = arg;
	long ret;

	ret = ipcx_get_struct(&r, sizeof(r), arg, size);
	if (!ret)
		ret = get_replier(&by, file, &r);
	if (!ret)
		ret = check_reply(&by.mbox->q, &r, by.token);
	if (!ret)
		ret = ipcx_deadline_get(&dl, r.flags, r.clock, r.deadline_ns);
	if (ret)
		return ret;
	ipcx_message_init_onstack(&a.msg, false);
	a.files = NULL;
	if (by.token && !(r.flags & IPCX_REPLY_DISCARD))
		ret = get_answer(by.mbox, &a, &r.reply);
	if (ret)
		goto drop;
	if (r.flags & IPCX_REPLY_RECV) {
		ret = receive_too(file, &by, &r, &a, &dl, uarg);
	} else {
		ret = reply_only(&by, &r, &a);
		/* A file's token is not in the structure. */
		if (!ret && r.token && put_user(0, &uarg->token))
			ret = -EFAULT;
	}
drop:
	drop_answer(&a);
	return ret;
}
