// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mailboxes: sending.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "account.h"
#include "ipcx.h"
#include "limits.h"
#include "mbox.h"
#include "object.h"
#include "trace.h"
#include "uabi.h"

/* The mailbox with this port, if the caller may send to it. */
static struct ipcx_object *find_port(struct net *net, u64 port)
{
	struct ipcx_object *obj = ipcx_object_get_id(net, port);
	struct ipcx_mbox *mbox;

	if (!obj)
		return ERR_PTR(-ENOENT);
	if (obj->kind != &ipcx_mbox_kind_ops)
		goto refuse;
	mbox = ipcx_mbox_of(ipcx_queue_of(obj));
	if (!(mbox->flags & IPCX_MBOX_ADDRESSABLE || READ_ONCE(obj->linked)))
		goto refuse;
	if (!ipcx_object_permission(obj, IPCX_OPEN_WRITE))
		return obj;
refuse:
	/* All the same: a number tells nothing. */
	ipcx_object_put(obj);
	return ERR_PTR(-ENOENT);
}

/**
 * ipcx_mbox_open_port() - Open a mailbox by its port, for sending.
 * @net: network namespace, whose end the caller holds off
 * @port: the port
 *
 * Context: process context, may sleep.
 * Return: the object with a reference and a handle count for the caller, or
 * -ENOENT as ERR_PTR.
 */
struct ipcx_object *ipcx_mbox_open_port(struct net *net, u64 port)
{
	struct ipcx_object *obj = find_port(net, port);

	if (!IS_ERR(obj))
		ipcx_object_add_handle(obj);
	return obj;
}

static struct ipcx_object *find_name(struct net *net, u64 addr, u32 len)
{
	struct ipcx_name name;
	int ret;

	ret = ipcx_name_get(&name, addr, len);
	if (!ret && !name.len)
		ret = -EINVAL;
	if (ret)
		return ERR_PTR(ret);
	return ipcx_object_get_name(net, &name, IPCX_KIND_MBOX,
				    IPCX_OPEN_WRITE);
}

static struct ipcx_object *find_dest(struct net *net, u32 flags, u64 dest,
				     u32 dest_len)
{
	switch (flags & (IPCX_TO_PORT | IPCX_TO_NAME)) {
	case IPCX_TO_PORT:
		return dest_len ? ERR_PTR(-EINVAL) : find_port(net, dest);
	case IPCX_TO_NAME:
		return find_name(net, dest, dest_len);
	default:
		return ERR_PTR(-EINVAL);
	}
}

/* Port of the mailbox that this fd has the right to receive from. */
static int port_of(int fd, u64 *port)
{
	struct file *file = fget(fd);
	int ret = -EINVAL;

	if (!file)
		return -EBADF;
	if (ipcx_file_is(file, &ipcx_mbox_kind_ops)) {
		ret = ipcx_handle_of(file)->rights & IPCX_OPEN_READ ? 0 : -EBADF;
		*port = ipcx_handle_of(file)->obj->id;
	}
	fput(file);
	return ret;
}

/**
 * ipcx_target_get() - Find out where a message goes, and from where.
 * @t: where to
 * @file: a control file, or a mailbox's file with the right to send
 * @flags: IPCX_TO_*
 * @dest: control file: where to
 * @dest_len: IPCX_TO_NAME: length of the name
 * @from: fd of the sender's own mailbox, or -1
 *
 * Context: process context, may sleep.
 * Return: 0 or a negative errno.
 */
int ipcx_target_get(struct ipcx_target *t, struct file *file, u32 flags,
		    u64 dest, u32 dest_len, s32 from)
{
	struct net *net = ipcx_control_net(file);
	struct ipcx_object *obj;
	int ret;

	t->port = 0;
	if (from < -1)
		return -EBADF;
	if (from >= 0) {
		ret = port_of(from, &t->port);
		if (ret)
			return ret;
	}
	t->ref = net;
	if (net) {
		obj = find_dest(net, flags, dest, dest_len);
		if (IS_ERR(obj))
			return PTR_ERR(obj);
	} else {
		if (flags & (IPCX_TO_PORT | IPCX_TO_NAME) || dest || dest_len)
			return -EINVAL;
		obj = ipcx_handle_of(file)->obj;
	}
	t->mbox = ipcx_mbox_of(ipcx_queue_of(obj));
	return 0;
}

/**
 * ipcx_target_put() - Undo ipcx_target_get().
 * @t: the target
 *
 * Context: process context, may sleep.
 */
void ipcx_target_put(struct ipcx_target *t)
{
	if (t->ref)
		ipcx_object_put(&t->mbox->q.obj);
}

/* What the kernel says about a message, and who waits for it. */
static void sign_mail(struct ipcx_mail *mail, const struct ipcx_target *t,
		      const struct ipcx_mbox_msg *m, struct ipcx_caller *call)
{
	ipcx_sender_set_current(&mail->from, t->port);
	mail->cookie = m->cookie;
	mail->wants_reply = call && !call->sync;
	mail->taken = false;
	mail->abandoned = false;
	mail->call = call;
	if (call)
		call->mail = mail;
}

/* Make the message, complete but for its place. */
static struct ipcx_message *make_mail(const struct ipcx_target *t,
				      const struct ipcx_mbox_msg *m,
				      struct ipcx_payload *pl,
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
		if (likely(ipcx_account_is_current(msg->acct))) {
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
	struct ipcx_message *msg;
	int ret;

	if (pl->len > t->mbox->q.max_msg_size)
		return -EMSGSIZE;
	msg = make_mail(t, m, pl, call);
	if (IS_ERR(msg))
		return PTR_ERR(msg);
	ret = ipcx_mail_put_in(&t->mbox->q, msg, nonblock, dl);
	if (ret)
		ipcx_message_free(msg);
	return ret;
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
	struct ipcx_payload pl = { .addr = m->buf, .len = m->len };
	struct iovec *vec = NULL;
	struct iov_iter iter;
	int ret;

	if (m->flags & ~IPCX_MSG_VALID || m->priority > IPCX_PRIO_MAX)
		return -EINVAL;
	if (!m->flags && m->len <= IPCX_SMALL_MAX &&
	    m->len <= t->mbox->q.max_msg_size && !trace_ipcx_copy_enabled() &&
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

static int post_one(const struct ipcx_target *t, const struct ipcx_mbox_msg *m,
		    bool sync, bool nonblock, const struct ipcx_deadline *dl)
{
	ipcx_uninitialized struct ipcx_caller call;
	int ret;

	if (!sync)
		return ipcx_mbox_send(t, m, NULL, nonblock, dl);
	ipcx_call_init(&call);
	call.sync = true;
	ret = ipcx_mbox_send(t, m, &call, nonblock, dl);
	return ret ? ret : ipcx_call_wait(t->mbox, &call, dl);
}

static int check_post(const struct ipcx_post *p)
{
	if (p->flags & ~IPCX_POST_VALID || !p->count ||
	    p->count > IPCX_COUNT_MAX ||
	    p->msg_size < IPCX_MBOX_MSG_SIZE_VER0 ||
	    p->msg_size % sizeof(u64))
		return -EINVAL;
	if (p->flags & IPCX_POST_SYNC && p->count != 1)
		return -EINVAL;
	return p->msg_size > IPCX_STRUCT_MAX ? -E2BIG : 0;
}

static long post_all(const struct ipcx_target *t, const struct ipcx_post *p,
		     bool nonblock, const struct ipcx_deadline *dl)
{
	const void __user *from = u64_to_user_ptr(p->msgs);
	struct ipcx_mbox_msg m;
	u32 done;
	int ret;

	for (done = 0; done < p->count; done++, from += p->msg_size) {
		ret = ipcx_get_struct(&m, sizeof(m), from, p->msg_size);
		if (!ret)
			ret = post_one(t, &m, p->flags & IPCX_POST_SYNC,
				       nonblock, dl);
		if (ret)
			return done ? done : ret;
		cond_resched();
	}
	return done;
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
	struct ipcx_deadline dl;
	struct ipcx_target t;
	struct ipcx_post p;
	bool nonblock;
	long ret;

	ret = ipcx_get_struct(&p, sizeof(p), arg, size);
	if (!ret)
		ret = check_post(&p);
	if (!ret)
		ret = ipcx_deadline_get(&dl, p.flags, p.clock, p.deadline_ns);
	if (!ret)
		ret = ipcx_target_get(&t, file, p.flags, p.dest, p.dest_len,
				      p.from);
	if (ret)
		return ret;
	nonblock = p.flags & IPCX_XFER_NONBLOCK || file->f_flags & O_NONBLOCK;
	ret = post_all(&t, &p, nonblock, &dl);
	ipcx_target_put(&t);
	return ret;
}
