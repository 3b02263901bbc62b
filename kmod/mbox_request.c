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

static int copy_payload(struct ipcx_mbox *mbox, struct ipcx_reply_data *r,
			struct ipcx_payload *pl)
{
	size_t n = min_t(size_t, r->size, pl->len);

	if (r->msg)
		return ipcx_message_copy_out(r->msg, pl, mbox->q.obj.id);
	if (pl->iter)
		return copy_to_iter(r->small, n, pl->iter) == n ? 0 : -EFAULT;
	return ipcx_put_bytes(u64_to_user_ptr(pl->addr), r->small, n) ?
	       -EFAULT : 0;
}

/* Write the reply where the caller wants it. */
static int put_reply(struct ipcx_mbox *mbox, struct ipcx_caller *call,
		     struct ipcx_payload *pl, u32 flags,
		     struct ipcx_mbox_recv __user *uout)
{
	struct ipcx_reply_data *r = &call->reply;
	struct ipcx_mbox_recv out;

	if (copy_payload(mbox, r, pl))
		return -EFAULT;
	if (r->size > pl->len)
		flags |= IPCX_MSG_TRUNC;
	out.len = r->size;
	out.flags = flags;
	out.priority = r->prio;
	out.type = r->type;
	out.cookie = r->cookie;
	out.seq = call->token;
	out.token = 0;
	ipcx_sender_show(&r->from, &out);
	return ipcx_mbox_put_recv(uout, &out);
}

static int do_call(const struct ipcx_target *t, const struct ipcx_call *c,
		   struct ipcx_payload *room, bool nonblock,
		   const struct ipcx_deadline *dl,
		   struct ipcx_mbox_recv __user *uout)
{
	ipcx_uninitialized struct ipcx_caller call;
	int ret;

	ipcx_call_init(&call);
	call.room = room->len;
	call.trunc = c->flags & IPCX_RECV_TRUNC;
	call.reply.cookie = c->request.cookie;
	trace_ipcx_call(&t->mbox->q.obj, c->request.type);
	ret = ipcx_mbox_send(t, &c->request, &call, nonblock, dl);
	if (ret)
		return ret;
	ret = ipcx_call_wait(t->mbox, &call, dl);
	/* Whatever the caller's memory does: the replier does not pay for it. */
	if (!ret && call.reply.msg)
		ret = ipcx_message_adopt(call.reply.msg);
	if (!ret)
		ret = put_reply(t->mbox, &call, room, c->reply.flags, uout);
	ipcx_message_free(call.reply.msg);
	ipcx_sender_put(&call.reply.from);
	return ret;
}

static int call_with_room(struct file *file, const struct ipcx_call *c,
			  const struct ipcx_deadline *dl,
			  struct ipcx_mbox_recv __user *uout)
{
	struct ipcx_payload room = { .addr = c->reply.buf, .len = c->reply.len };
	struct iovec *vec = NULL;
	struct ipcx_target t;
	struct iov_iter iter;
	int ret;

	if (c->reply.flags & IPCX_MSG_IOV) {
		vec = ipcx_payload_import(&room, &iter, false);
		if (IS_ERR(vec))
			return PTR_ERR(vec);
	}
	ret = ipcx_target_get(&t, file, c->flags, c->dest, c->dest_len,
			      c->from);
	if (!ret) {
		ret = do_call(&t, c, &room, c->flags & IPCX_XFER_NONBLOCK ||
			      file->f_flags & O_NONBLOCK, dl, uout);
		ipcx_target_put(&t);
	}
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
	struct ipcx_call __user *uarg = arg;
	ipcx_uninitialized struct ipcx_call c;
	struct ipcx_deadline dl;
	int ret;

	ret = ipcx_get_struct(&c, sizeof(c), arg, size);
	if (ret)
		return ret;
	if (c.flags & ~IPCX_CALL_VALID || c.reply.flags & ~IPCX_MSG_VALID)
		return -EINVAL;
	ret = ipcx_deadline_get(&dl, c.flags, c.clock, c.deadline_ns);
	if (ret)
		return ret;
	return call_with_room(file, &c, &dl, &uarg->reply);
}
