// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mailboxes: IPCX_CALL, the caller's side of a call.
 */
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "ipcx.h"
#include "limits.h"
#include "mbox.h"
#include "trace.h"
#include "uabi.h"

/* Write the reply where the caller wants it. */
static int put_reply(struct ipcx_mbox *mbox, struct ipcx_caller *call,
		     const struct ipcx_call *c, struct ipcx_payload *pl,
		     struct ipcx_mbox_recv __user *uout)
{
	ipcx_uninitialized struct ipcx_fd_room fd;
	struct ipcx_message *msg = &call->reply->msg;
	u32 flags = c->reply.flags;
	int ret;

	/* Whatever the caller's memory does: the replier does not pay for it. */
	if (unlikely(msg->acct)) {
		ret = ipcx_message_adopt(msg);
		if (ret)
			return ret;
	}
	ret = ipcx_message_copy_out(msg, pl, mbox->q.obj.id);
	if (ret)
		return ret;
	if (msg->e.size > pl->len)
		flags |= IPCX_MSG_TRUNC;
	msg->e.sel.order |= call->token & IPCX_SEQ_MASK;
	ipcx_mail_set_fd_room(&fd, &c->reply);
	return ipcx_mail_put_desc(&mbox->q, uout, msg, flags, &fd);
}

static __always_inline int
do_call(const struct ipcx_target *t, const struct ipcx_call *c,
	struct ipcx_payload *room, bool nonblock,
	const struct ipcx_deadline *dl, struct ipcx_mbox_recv __user *uout)
{
	ipcx_uninitialized struct ipcx_caller call;
	ipcx_uninitialized struct ipcx_mail reply;
	int ret;

	ipcx_mail_init_onstack(&reply);
	reply.cookie = c->request.cookie;
	ipcx_call_init(&call, &reply);
	call.room.len = room->len;
	call.room.fds = c->reply.fd_room;
	call.trunc = c->flags & IPCX_RECV_TRUNC;
	call.adaptive = c->flags & IPCX_XFER_ADAPTIVE;
	trace_ipcx_call(&t->mbox->q.obj, c->request.type);
	ret = ipcx_mbox_send(t, &c->request, &call, nonblock, dl);
	if (!ret)
		ret = ipcx_call_wait(t->mbox, &call, dl);
	if (!ret)
		ret = put_reply(t->mbox, &call, c, room, uout);
	ipcx_message_free(&reply.msg);
	return ret;
}

/* A group has subscribers, but nobody who replies. */
static int get_callee(struct ipcx_target *t, struct file *file,
		      const struct ipcx_call *c)
{
	int ret;

	ret = ipcx_target_get(t, file, c->flags, c->dest, c->dest_len,
			      IPCX_OPEN_WRITE);
	if (ret)
		return ret;
	ret = ipcx_mbox_is_group(t->mbox) ? -EOPNOTSUPP :
					    ipcx_target_from(t, c->from);
	if (ret)
		ipcx_target_put(t);
	return ret;
}

static __always_inline int
call_with_room(struct file *file, const struct ipcx_call *c,
	       const struct ipcx_deadline *dl,
	       struct ipcx_mbox_recv __user *uout)
{
	ipcx_uninitialized struct ipcx_target t;
	ipcx_uninitialized struct iov_iter iter;
	struct ipcx_payload room = { .addr = c->reply.buf, .len = c->reply.len };
	struct iovec *vec = NULL;
	int ret;

	if (unlikely(c->reply.flags & IPCX_MSG_IOV)) {
		vec = ipcx_payload_import(&room, &iter, false);
		if (IS_ERR(vec))
			return PTR_ERR(vec);
	}
	ret = get_callee(&t, file, c);
	if (!ret) {
		ret = do_call(&t, c, &room, c->flags & IPCX_XFER_NONBLOCK ||
			      file->f_flags & O_NONBLOCK, dl, uout);
		ipcx_target_put(&t);
	}
	if (unlikely(vec))
		kfree(vec);
	return ret;
}

/**
 * ipcx_mbox_ioctl_call() - IPCX_CALL.
 * @file: a control file, or a mailbox's file with the right to send
 * @arg: user address of &struct ipcx_call
 * @size: its size
 *
 * Context: process context, may sleep.
 * Return: 0 or a negative errno.
 */
long ipcx_mbox_ioctl_call(struct file *file, void __user *arg, size_t size)
{
	ipcx_uninitialized struct ipcx_call c;
	ipcx_uninitialized struct ipcx_deadline dl;
	struct ipcx_call __user *uarg = arg;
	int ret;

	ret = ipcx_get_struct(&c, sizeof(c), arg, size);
	if (ret)
		return ret;
	if (c.flags & ~IPCX_CALL_VALID || c.reply.flags & ~IPCX_ROOM_VALID)
		return -EINVAL;
	ret = ipcx_deadline_get(&dl, c.flags, c.clock, c.deadline_ns);
	if (ret)
		return ret;
	return call_with_room(file, &c, &dl, &uarg->reply);
}
