// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mailboxes: sending.
 */
#include <linux/fs.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "account.h"
#include "ipcx.h"
#include "limits.h"
#include "mbox.h"
#include "mbox_ring.h"
#include "object.h"
#include "trace.h"
#include "uabi.h"

/* What the kernel says about a message, and who waits for it. */
static void sign_mail(struct ipcx_mail *mail, const struct ipcx_target *t,
		      const struct ipcx_mbox_msg *m, struct ipcx_caller *call)
{
	ipcx_sender_set_current(&mail->from, t->port);
	mail->cookie = m->cookie;
	mail->flags = 0;
	mail->wants_reply = call && !call->sync;
	mail->taken = false;
	mail->abandoned = false;
	mail->call = call;
	if (call)
		call->mail = mail;
}

/**
 * ipcx_mbox_make_mail() - Make a message, complete but for its place.
 * @t: where it goes, and from where
 * @m: what the sender says of it
 * @pl: its payload
 * @files: what it carries, or NULL; the message's from then on
 * @call: who waits for what becomes of it, or NULL
 *
 * Context: process context, may fault and sleep.
 * Return: the message; -EDQUOT, -EFAULT or -ENOMEM as ERR_PTR.
 */
struct ipcx_message *ipcx_mbox_make_mail(const struct ipcx_target *t,
					 const struct ipcx_mbox_msg *m,
					 struct ipcx_payload *pl,
					 struct ipcx_files *files,
					 struct ipcx_caller *call)
{
	struct ipcx_queue *q = &t->mbox->q;
	struct ipcx_message *msg;

	spin_lock(&q->lock);
	msg = ipcx_queue_take_free_locked(q, pl->len);
	spin_unlock(&q->lock);
	msg = ipcx_queue_fill(q, msg, pl, m->type, m->priority);
	if (IS_ERR(msg))
		return msg;
	if (ipcx_share_assign(t->mbox, msg)) {
		ipcx_message_free(msg);
		return ERR_PTR(-ENOMEM);
	}
	sign_mail(ipcx_mail_of(msg), t, m, call);
	ipcx_mail_attach(ipcx_mail_of(msg), files);
	return msg;
}

/*
 * Send a short payload under one hold of the lock, if there is room, and memory in
 * the cache that is charged to this user, in whose share it was before. Returns
 * false: nothing happened, take the general way.
 */
static bool send_small(const struct ipcx_target *t,
		       const struct ipcx_mbox_msg *m, struct ipcx_caller *call)
{
	ipcx_uninitialized u8 data[IPCX_SMALL_MAX];
	ipcx_uninitialized struct ipcx_wakeups wk;
	enum ipcx_placed placed = IPCX_PLACE_FULL;
	struct ipcx_queue *q = &t->mbox->q;
	struct ipcx_message *msg;

	if (ipcx_get_bytes(data, u64_to_user_ptr(m->buf), m->len))
		return false;
	ipcx_wakeups_init(&wk);
	spin_lock(&q->lock);
	if (likely(q->cache.smalls)) {
		msg = ipcx_message_first(&q->cache.small);
		if (likely(ipcx_account_is_current(msg->acct) &&
			   ipcx_mail_of(msg)->share)) {
			q->cache.smalls--;
			ipcx_message_pop(&q->cache.small);
			/* Whole: what is behind @len is never copied out. */
			memcpy(msg->small, data, sizeof(data));
			msg->e.size = m->len;
			ipcx_pq_set(&msg->e, m->type, m->priority);
			sign_mail(ipcx_mail_of(msg), t, m, call);
			placed = ipcx_mail_place_locked(q, msg, &wk);
			if (unlikely(placed != IPCX_PLACED)) {
				ipcx_mail_of(msg)->call = NULL;
				ipcx_message_push(&q->cache.small, msg);
				q->cache.smalls++;
			}
		}
	}
	spin_unlock(&q->lock);
	ipcx_queue_finish(q, &wk);
	return placed == IPCX_PLACED;
}

static int send_payload(const struct ipcx_target *t,
			const struct ipcx_mbox_msg *m, struct ipcx_payload *pl,
			struct ipcx_caller *call, bool nonblock,
			const struct ipcx_deadline *dl)
{
	struct ipcx_files *files = NULL;
	struct ipcx_message *msg;
	int ret;

	if (pl->len > t->mbox->q.max_msg_size)
		return -EMSGSIZE;
	if (m->fd_count) {
		files = ipcx_files_get(m->fds, m->fd_count);
		if (IS_ERR(files))
			return PTR_ERR(files);
	}
	msg = ipcx_mbox_make_mail(t, m, pl, files, call);
	if (IS_ERR(msg)) {
		ipcx_files_free(files);
		return PTR_ERR(msg);
	}
	if (files)
		trace_ipcx_files(t->mbox->q.obj.id, files->count, true, 0);
	ret = ipcx_mail_put_in(&t->mbox->q, msg, nonblock, dl);
	if (ret)
		ipcx_message_free(msg);
	return ret;
}

/**
 * ipcx_mbox_check_msg() - Check what a sender or replier says of its message.
 * @m: the message
 *
 * Return: 0 or -EINVAL.
 */
int ipcx_mbox_check_msg(const struct ipcx_mbox_msg *m)
{
	if (m->flags & ~IPCX_MSG_VALID || m->priority > IPCX_PRIO_MAX ||
	    m->reserved || m->fd_count > IPCX_FDS_MAX ||
	    (m->fds && !m->fd_count))
		return -EINVAL;
	return 0;
}

/**
 * ipcx_mbox_send() - Put a message into a mailbox.
 * @t: which, and from where
 * @m: the message
 * @call: who waits for what becomes of it, or NULL
 * @nonblock: do not wait for room
 * @dl: until when to wait for it
 *
 * Context: process context, may sleep.
 * Return: 0 or a negative errno; with 0 @call is under the mailbox's lock until
 * ipcx_call_wait().
 */
int ipcx_mbox_send(const struct ipcx_target *t, const struct ipcx_mbox_msg *m,
		   struct ipcx_caller *call, bool nonblock,
		   const struct ipcx_deadline *dl)
{
	ipcx_uninitialized struct iov_iter iter;
	struct ipcx_payload pl = { .addr = m->buf, .len = m->len };
	struct iovec *vec = NULL;
	int ret;

	ret = ipcx_mbox_check_msg(m);
	if (ret)
		return ret;
	if (m->fd_count && !(t->mbox->flags & IPCX_MBOX_FILES))
		return -EOPNOTSUPP;
	if (!m->flags && !m->fd_count && m->len <= IPCX_SMALL_MAX &&
	    m->len <= t->mbox->q.max_msg_size && !ipcx_queue_watched(&t->mbox->q) &&
	    send_small(t, m, call))
		return 0;
	if (m->flags & IPCX_MSG_IOV) {
		vec = ipcx_payload_import(&pl, &iter, true);
		if (IS_ERR(vec))
			return PTR_ERR(vec);
	}
	ret = send_payload(t, m, &pl, call, nonblock, dl);
	kfree(vec);
	return ret;
}

static int post_sync(const struct ipcx_target *t, const struct ipcx_mbox_msg *m,
		     bool adaptive, bool nonblock,
		     const struct ipcx_deadline *dl)
{
	ipcx_uninitialized struct ipcx_caller call;
	int ret;

	ipcx_call_init(&call, NULL);
	call.sync = true;
	call.adaptive = adaptive;
	ret = ipcx_mbox_send(t, m, &call, nonblock, dl);
	return ret ? ret : ipcx_call_wait(t->mbox, &call, dl);
}

/**
 * struct posting - An IPCX_POST.
 * @p: its arguments
 * @t: where its messages go
 * @home: where replies go, a reference, or NULL
 * @nonblock: do not wait for room
 * @dl: until when to wait
 */
struct posting {
	struct ipcx_post p;
	struct ipcx_target t;
	struct ipcx_mbox *home;
	bool nonblock;
	struct ipcx_deadline dl;
};

static int post_one(const struct posting *po, const struct ipcx_mbox_msg *m)
{
	if (ipcx_mbox_is_group(po->t.mbox))
		return ipcx_group_send(&po->t, m, po->nonblock, &po->dl);
	if (po->home)
		return ipcx_async_send(&po->t, m, po->home, po->nonblock,
				       &po->dl);
	if (po->p.flags & IPCX_POST_SYNC)
		return post_sync(&po->t, m, po->p.flags & IPCX_XFER_ADAPTIVE,
				 po->nonblock, &po->dl);
	if (po->t.mbox->ring && !m->fd_count)
		return ipcx_mbox_deliver(&po->t, m, po->nonblock, &po->dl);
	return ipcx_mbox_send(&po->t, m, NULL, po->nonblock, &po->dl);
}

static int check_post(const struct ipcx_post *p)
{
	const u32 sync = p->flags & IPCX_POST_SYNC;
	const u32 call = p->flags & IPCX_POST_CALL;

	if (p->flags & ~IPCX_POST_VALID || !p->count ||
	    p->count > IPCX_COUNT_MAX ||
	    p->msg_size < IPCX_MBOX_MSG_SIZE_VER0 ||
	    p->msg_size % sizeof(u64))
		return -EINVAL;
	if (sync && (call || p->count != 1))
		return -EINVAL;
	if (p->flags & IPCX_XFER_ADAPTIVE && !sync)
		return -EINVAL;
	if (call && p->from == -1)
		return -EINVAL;
	return p->msg_size > IPCX_STRUCT_MAX ? -E2BIG : 0;
}

static long post_all(const struct posting *po)
{
	const void __user *from = u64_to_user_ptr(po->p.msgs);
	struct ipcx_mbox_msg m;
	u32 done;
	int ret;

	for (done = 0; done < po->p.count; done++, from += po->p.msg_size) {
		ret = ipcx_get_struct(&m, sizeof(m), from, po->p.msg_size);
		if (!ret)
			ret = post_one(po, &m);
		if (ret)
			return done ? done : ret;
		cond_resched();
	}
	return done;
}

/* Asynchronous calls have a mailbox of the caller's, and no group answers. */
static int get_home(struct posting *po)
{
	if (po->p.flags & (IPCX_POST_SYNC | IPCX_POST_CALL) &&
	    ipcx_mbox_is_group(po->t.mbox))
		return -EOPNOTSUPP;
	po->home = NULL;
	if (!(po->p.flags & IPCX_POST_CALL))
		return ipcx_target_from(&po->t, po->p.from);
	po->home = ipcx_mbox_get_own(po->p.from);
	if (IS_ERR(po->home))
		return PTR_ERR(po->home);
	po->t.port = po->home->q.obj.id;
	return 0;
}

static long post_to_target(struct posting *po)
{
	long ret = get_home(po);

	if (ret)
		return ret;
	ret = post_all(po);
	if (po->home)
		ipcx_object_put(&po->home->q.obj);
	return ret;
}

/**
 * ipcx_mbox_ioctl_post() - IPCX_POST.
 * @file: a control file, or a mailbox's file with the right to send
 * @arg: user address of &struct ipcx_post
 * @size: its size
 *
 * Context: process context, may sleep.
 * Return: number of messages sent, or a negative errno where it is none.
 */
long ipcx_mbox_ioctl_post(struct file *file, void __user *arg, size_t size)
{
	ipcx_uninitialized struct posting po;
	struct ipcx_post *p = &po.p;
	long ret;

	ret = ipcx_get_struct(p, sizeof(*p), arg, size);
	if (!ret)
		ret = check_post(p);
	if (!ret)
		ret = ipcx_deadline_get(&po.dl, p->flags, p->clock,
					p->deadline_ns);
	if (!ret)
		ret = ipcx_target_get(&po.t, file, p->flags, p->dest,
				      p->dest_len, IPCX_OPEN_WRITE);
	if (ret)
		return ret;
	po.nonblock = p->flags & IPCX_XFER_NONBLOCK ||
		      file->f_flags & O_NONBLOCK;
	ret = post_to_target(&po);
	ipcx_target_put(&po.t);
	return ret;
}
