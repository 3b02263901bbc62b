// SPDX-License-Identifier: LGPL-2.1-or-later
/* Mailboxes: calls, replies, and tokens as fds. */
#include "mbox.h"

/* What a receive is told and tells nothing of yet. */
static inline struct ipcx_mbox_recv room_of(const struct ipcx_mbox_recv *mail)
{
	return (struct ipcx_mbox_recv){
		.buf = mail->buf,
		.len = mail->len,
		.flags = mail->flags,
		.fd_room = mail->fd_room,
		.fds = mail->fds,
	};
}

static int call(int fd, const struct mbox_dest *dest, const struct ipcx_mbox_msg *request,
		struct ipcx_mbox_recv *reply, const struct ipcx_mbox_send_opts *opts)
{
	struct ipcx_call arg = {
		.flags = dest->flag,
		.dest = dest->dest,
		.dest_len = dest->len,
		.from = -1,
		.request = *request,
		.reply = room_of(reply),
	};
	struct ipcx_mbox_send_opts o;
	int ret;

	ret = mbox_send_opts(&opts, &o);
	if (ret)
		return ret;
	if (opts) {
		arg.flags |= opts->flags;
		arg.clock = opts->clock;
		arg.deadline_ns = opts->deadline_ns;
		arg.from = mbox_from(opts);
	}
	ret = ipcx_ioctl(fd, IPCX_CALL, &arg);
	if (!ret)
		*reply = arg.reply;
	return ret;
}

ssize_t ipcx_mbox_call(const struct ipcx_mbox *m, const void *request, size_t len, void *reply,
		       size_t room)
{
	struct ipcx_mbox_recv mail;
	struct ipcx_mbox_msg msg;
	int ret;

	ipcx_mbox_msg_init(&msg, request, len, 0, 0);
	ipcx_mbox_recv_init(&mail, reply, room);
	ret = call(m->fd, &mbox_here, &msg, &mail, NULL);
	return ret < 0 ? ret : (ssize_t)mail.len;
}

int ipcx_mbox_call_msg(const struct ipcx_mbox *m, const struct ipcx_mbox_msg *request,
		       struct ipcx_mbox_recv *reply, const struct ipcx_mbox_send_opts *opts)
{
	return call(m->fd, &mbox_here, request, reply, opts);
}

int ipcx_mbox_call_port(const struct ipcx_dev *dev, uint64_t port,
			const struct ipcx_mbox_msg *request, struct ipcx_mbox_recv *reply,
			const struct ipcx_mbox_send_opts *opts)
{
	const struct mbox_dest dest = mbox_to_port(port);

	return call(dev->fd, &dest, request, reply, opts);
}

int ipcx_mbox_call_name(const struct ipcx_dev *dev, const char *name,
			const struct ipcx_mbox_msg *request, struct ipcx_mbox_recv *reply,
			const struct ipcx_mbox_send_opts *opts)
{
	const struct mbox_dest dest = mbox_to_name(name);

	return call(dev->fd, &dest, request, reply, opts);
}

/* @fd: of the mailbox, or of the token itself, which is 0 then */
static int reply_to(int fd, uint64_t token, const struct ipcx_mbox_msg *reply)
{
	struct ipcx_reply arg = {
		.token = token,
		.reply = *reply,
	};

	return ipcx_ioctl(fd, IPCX_REPLY, &arg);
}

static int discard(int fd, uint64_t token)
{
	struct ipcx_reply arg = {
		.token = token,
		.flags = IPCX_REPLY_DISCARD,
	};

	return ipcx_ioctl(fd, IPCX_REPLY, &arg);
}

int ipcx_mbox_reply(const struct ipcx_mbox *m, uint64_t token, const void *buf, size_t len)
{
	struct ipcx_mbox_msg msg;

	ipcx_mbox_msg_init(&msg, buf, len, 0, 0);
	return reply_to(m->fd, token, &msg);
}

int ipcx_mbox_reply_msg(const struct ipcx_mbox *m, uint64_t token,
			const struct ipcx_mbox_msg *reply)
{
	return reply_to(m->fd, token, reply);
}

int ipcx_mbox_discard(const struct ipcx_mbox *m, uint64_t token)
{
	return discard(m->fd, token);
}

int ipcx_mbox_token_fd(const struct ipcx_mbox *m, uint64_t token)
{
	struct ipcx_token arg = { .token = token };

	return ipcx_ioctl(m->fd, IPCX_TOKEN, &arg);
}

int ipcx_token_reply(int fd, const void *buf, size_t len)
{
	struct ipcx_mbox_msg msg;

	ipcx_mbox_msg_init(&msg, buf, len, 0, 0);
	return reply_to(fd, 0, &msg);
}

int ipcx_token_reply_msg(int fd, const struct ipcx_mbox_msg *reply)
{
	return reply_to(fd, 0, reply);
}

int ipcx_token_discard(int fd)
{
	return discard(fd, 0);
}

static int reply_recv(const struct ipcx_mbox *m, struct ipcx_reply *arg,
		      const struct ipcx_mbox_msg *reply, const struct ipcx_recv_opts *opts)
{
	struct ipcx_recv_opts o;
	int ret;

	opts = ipcx_opts_view(&o, sizeof(o), offsetofend(struct ipcx_recv_opts, reserved), opts,
			      &ret);
	if (ret)
		return ret;
	/* The kernel is not told of them. */
	if (opts && opts->stamps)
		return -EINVAL;
	arg->flags = IPCX_REPLY_RECV;
	if (arg->token && reply)
		arg->reply = *reply;
	else if (arg->token)
		arg->flags |= IPCX_REPLY_DISCARD;
	if (opts) {
		arg->flags |= opts->flags;
		arg->clock = opts->clock;
		arg->deadline_ns = opts->deadline_ns;
		arg->match = opts->match;
		arg->reserved = opts->reserved;
		arg->match_arg = opts->match_arg;
	}
	return ipcx_ioctl(m->fd, IPCX_REPLY, arg);
}

int ipcx_mbox_reply_recv(const struct ipcx_mbox *m, uint64_t token,
			 const struct ipcx_mbox_msg *reply, struct ipcx_mbox_recv *next,
			 const struct ipcx_recv_opts *opts)
{
	struct ipcx_reply arg = {
		.token = token,
		.next = room_of(next),
	};
	int ret = reply_recv(m, &arg, reply, opts);

	*next = arg.next;
	if (ret < 0) {
		/* The kernel takes the token of a reply that is done. */
		next->token = ret == -ESTALE ? 0 : arg.token;
		return ret;
	}
	return 0;
}
