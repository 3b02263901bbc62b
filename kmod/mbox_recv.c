// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mailboxes: what a receiver says and is told.
 */
#include <linux/build_bug.h>

#include "mbox.h"
#include "uabi.h"

/* Where a queue's code finds what it needs in either descriptor. */
static_assert(offsetof(struct ipcx_mbox_recv, buf) ==
	      offsetof(struct ipcx_msg, buf));
static_assert(offsetof(struct ipcx_mbox_recv, len) ==
	      offsetof(struct ipcx_msg, len));

/**
 * ipcx_mail_fetch_room() - Read the next descriptor of a receive.
 * @xf: the call; does not move on
 * @desc: what a queue's code needs of it
 *
 * Context: process context, may fault.
 * Return: 0, -EFAULT or -E2BIG.
 */
int ipcx_mail_fetch_room(struct ipcx_transfer *xf, struct ipcx_msg *desc)
{
	struct ipcx_mbox_recv r;
	int ret;

	ret = ipcx_get_struct(&r, sizeof(r), xf->next, xf->stride);
	if (ret)
		return ret;
	desc->buf = r.buf;
	desc->len = r.len;
	desc->flags = r.flags;
	return 0;
}

/**
 * ipcx_mbox_put_recv() - Write what a receiver or caller is told.
 * @uout: user address of &struct ipcx_mbox_recv
 * @out: what it is told, complete but for @buf, which is the reader's
 *
 * Context: process context, may fault.
 * Return: 0 or -EFAULT.
 */
int ipcx_mbox_put_recv(void __user *uout, const struct ipcx_mbox_recv *out)
{
	const size_t start = offsetof(struct ipcx_mbox_recv, len);

	return ipcx_put_bytes(uout + start, &out->len, sizeof(*out) - start) ?
	       -EFAULT : 0;
}

/**
 * ipcx_mail_put_desc() - Tell a receiver about its message.
 * @udesc: user address of &struct ipcx_mbox_recv
 * @msg: the message
 * @flags: IPCX_MSG_*
 *
 * Context: process context, may fault.
 * Return: 0 or -EFAULT.
 */
int ipcx_mail_put_desc(void __user *udesc, struct ipcx_message *msg, u32 flags)
{
	struct ipcx_mail *mail = ipcx_mail_of(msg);
	struct ipcx_mbox_recv out;

	out.len = msg->e.size;
	out.flags = flags;
	out.priority = ipcx_pq_prio(&msg->e);
	out.type = msg->e.sel.key;
	out.cookie = mail->cookie;
	out.seq = ipcx_mail_seq(mail);
	out.token = mail->wants_reply ? out.seq : 0;
	ipcx_sender_show(&mail->from, &out);
	return ipcx_mbox_put_recv(udesc, &out);
}
