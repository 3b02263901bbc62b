// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mailboxes: what a receiver says and is told.
 */
#include <linux/build_bug.h>
#include <linux/fcntl.h>

#include "files.h"
#include "mbox.h"
#include "trace.h"
#include "uabi.h"

/* Where a queue's code finds what it needs in either descriptor. */
static_assert(offsetof(struct ipcx_mbox_recv, buf) ==
	      offsetof(struct ipcx_msg, buf));
static_assert(offsetof(struct ipcx_mbox_recv, len) ==
	      offsetof(struct ipcx_msg, len));

/**
 * ipcx_mail_set_fd_room() - Where a receiver wants files.
 * @fd: where to
 * @r: its descriptor
 */
void ipcx_mail_set_fd_room(struct ipcx_fd_room *fd,
			   const struct ipcx_mbox_recv *r)
{
	fd->fds = r->fds;
	fd->room = r->fd_room;
	fd->o_flags = r->flags & IPCX_MSG_CLOEXEC ? O_CLOEXEC : 0;
}

/**
 * ipcx_mail_fetch_room() - Read the next descriptor of a receive.
 * @xf: the call; does not move on, but for its room for files
 * @desc: what a queue's code needs of it
 *
 * Context: process context, may fault.
 * Return: 0, -EFAULT, -E2BIG, or -EOPNOTSUPP: nothing is received from a group.
 */
int ipcx_mail_fetch_room(struct ipcx_transfer *xf, struct ipcx_msg *desc)
{
	ipcx_uninitialized struct ipcx_mbox_recv r;
	int ret;

	if (unlikely(ipcx_mbox_is_group(ipcx_mbox_of(xf->q))))
		return -EOPNOTSUPP;
	ret = ipcx_get_struct(&r, sizeof(r), xf->next, xf->stride);
	if (ret)
		return ret;
	desc->buf = r.buf;
	desc->len = r.len;
	desc->flags = r.flags;
	ipcx_mail_set_fd_room(&xf->fd, &r);
	return 0;
}

/**
 * ipcx_mail_put_needed() - Tell a receiver what the next message needs.
 * @udesc: user address of &struct ipcx_mbox_recv
 * @needed: what it needs
 *
 * Context: process context, may fault.
 * Return: 0 or -EFAULT.
 */
int ipcx_mail_put_needed(void __user *udesc, const struct ipcx_room *needed)
{
	struct ipcx_mbox_recv __user *r = udesc;

	if (put_user(needed->len, &r->len))
		return -EFAULT;
	return put_user(needed->fds, &r->fd_count);
}

/* All but what the receiver itself said: @buf, and the room for files. */
static int put_recv(void __user *uout, const struct ipcx_mbox_recv *out)
{
	const size_t start = offsetof(struct ipcx_mbox_recv, len);
	const size_t end = offsetof(struct ipcx_mbox_recv, fd_room);

	return ipcx_put_bytes(uout + start, &out->len, end - start) ?
	       -EFAULT : 0;
}

/* The receiver gets the files, too, or is told that it does not. */
static noinline int put_with_files(void __user *uout,
				   struct ipcx_mbox_recv *out,
				   const struct ipcx_files *files,
				   const struct ipcx_fd_room *room)
{
	int fd[IPCX_FDS_MAX];
	int ret;

	out->fd_count = files->count;
	if (!room)
		return put_recv(uout, out);
	if (files->count > room->room) {
		out->flags |= IPCX_MSG_FD_TRUNC;
		return put_recv(uout, out);
	}
	ret = ipcx_files_install(files, room, fd);
	if (ret)
		return ret;
	ret = put_recv(uout, out);
	if (ret)
		ipcx_files_uninstall(files, fd);
	return ret;
}

/**
 * ipcx_mail_put_desc() - Tell a receiver about its message, and give it the files.
 * @q: the mailbox's queue
 * @udesc: user address of &struct ipcx_mbox_recv
 * @msg: the message
 * @flags: IPCX_MSG_*
 * @fd: room for the files; NULL: they stay in the message
 *
 * Context: process context, may fault.
 * Return: 0, -EFAULT, or why the files cannot be installed.
 */
int ipcx_mail_put_desc(struct ipcx_queue *q, void __user *udesc,
		       struct ipcx_message *msg, u32 flags,
		       const struct ipcx_fd_room *fd)
{
	ipcx_uninitialized struct ipcx_mbox_recv out;
	struct ipcx_mail *mail = ipcx_mail_of(msg);
	bool by_group = mail->flags & IPCX_MAIL_BY_GROUP;
	int ret;

	out.len = msg->e.size;
	out.flags = flags | (mail->flags & (IPCX_MSG_REPLY | IPCX_MSG_DEAD));
	out.priority = ipcx_pq_prio(&msg->e);
	out.type = msg->e.sel.key;
	out.cookie = mail->cookie;
	out.seq = ipcx_mail_seq(mail);
	out.token = mail->wants_reply ? out.seq : 0;
	ipcx_sender_show(&mail->from, &out);
	out.group = by_group ? mail->group : 0;
	out.lost = by_group ? mail->lost : 0;
	out.fd_count = 0;
	if (likely(!(msg->e.state & IPCX_STATE_FILES)))
		return put_recv(udesc, &out);
	ret = put_with_files(udesc, &out, mail->files, fd);
	trace_ipcx_files(q->obj.id, out.fd_count, false, ret);
	return ret;
}
