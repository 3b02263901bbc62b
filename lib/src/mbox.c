// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Mailboxes: handles and rights, sending, receiving.
 *
 * As with queues: one system call, its argument on the stack, and what the kernel
 * checks is not checked here again.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mbox.h"

_Static_assert(sizeof(struct ipcx_mbox_msg) == IPCX_MBOX_MSG_SIZE_VER0, "needs a symbol version");
_Static_assert(sizeof(struct ipcx_mbox_recv) == IPCX_MBOX_RECV_SIZE_VER0,
	       "needs a symbol version");

static int mbox_new(struct ipcx_mbox **m, int fd, uint64_t port)
{
	*m = malloc(sizeof(**m));
	if (!*m)
		return -ENOMEM;
	(*m)->fd = fd;
	(*m)->port = port;
	return 0;
}

/* The same for an fd that is nobody's yet. */
static int mbox_of_new_fd(struct ipcx_mbox **m, int fd, uint64_t port)
{
	int ret = mbox_new(m, fd, port);

	if (ret)
		close(fd);
	return ret;
}

static int mbox_open(struct ipcx_mbox **m, const struct ipcx_dev *dev, const char *name,
		     struct ipcx_open *arg)
{
	int fd;

	*m = NULL;
	fd = ipcx_open(dev, name, IPCX_KIND_MBOX, arg);
	return fd < 0 ? fd : mbox_of_new_fd(m, fd, arg->id);
}

int ipcx_mbox_create(struct ipcx_mbox **m, const struct ipcx_dev *dev, const char *name,
		     unsigned int flags, const struct ipcx_mbox_opts *opts)
{
	struct ipcx_mbox_attr attr = { 0 };
	struct ipcx_mbox_opts o;
	struct ipcx_open arg = { .flags = flags | IPCX_OPEN_CREATE | IPCX_OPEN_READ };
	int ret;

	*m = NULL;
	ret = ipcx_opts_get(&o, sizeof(o), offsetofend(struct ipcx_mbox_opts, reserved), opts);
	if (ret)
		return ret;
	if (o.reserved)
		return -EINVAL;
	attr.max_msgs = o.max_msgs;
	attr.max_msg_size = o.max_msg_size;
	attr.max_bytes = o.max_bytes;
	attr.flags = o.flags;
	attr.spin_ns = o.spin_ns;
	attr.ring_size = o.ring_size;
	ipcx_open_make(&arg, o.mode, &attr, sizeof(attr));
	return mbox_open(m, dev, name, &arg);
}

/* Who opens wants to send, unless it is to subscribe. */
static unsigned int opener_flags(unsigned int flags)
{
	return flags & IPCX_OPEN_SUBSCRIBE ? flags : flags | IPCX_OPEN_WRITE;
}

int ipcx_mbox_open(struct ipcx_mbox **m, const struct ipcx_dev *dev, const char *name,
		   unsigned int flags)
{
	struct ipcx_open arg = { .flags = opener_flags(flags) };

	return mbox_open(m, dev, name, &arg);
}

int ipcx_mbox_open_port(struct ipcx_mbox **m, const struct ipcx_dev *dev, uint64_t port,
			unsigned int flags)
{
	struct ipcx_open arg = {
		.flags = opener_flags(flags) | IPCX_OPEN_PORT,
		.id = port,
	};

	return mbox_open(m, dev, NULL, &arg);
}

int ipcx_mbox_from_fd(struct ipcx_mbox **m, int fd)
{
	uint64_t port;
	int ret;

	*m = NULL;
	ret = ipcx_object_id(fd, IPCX_KIND_MBOX, &port);
	return ret ? ret : mbox_new(m, fd, port);
}

int ipcx_mbox_grant(struct ipcx_mbox **right, const struct ipcx_mbox *m, unsigned int flags)
{
	struct ipcx_grant arg = { .flags = flags };
	int fd;

	*right = NULL;
	fd = ipcx_ioctl(m->fd, IPCX_GRANT, &arg);
	return fd < 0 ? fd : mbox_of_new_fd(right, fd, m->port);
}

void ipcx_mbox_close(struct ipcx_mbox *m)
{
	if (!m)
		return;
	close(m->fd);
	free(m);
}

int ipcx_mbox_fd(const struct ipcx_mbox *m)
{
	return m->fd;
}

uint64_t ipcx_mbox_port(const struct ipcx_mbox *m)
{
	return m->port;
}

int ipcx_mbox_stat(const struct ipcx_mbox *m, struct ipcx_stat *stat)
{
	return ipcx_ioctl(m->fd, IPCX_STAT, stat);
}

int ipcx_mbox_send(const struct ipcx_mbox *m, const void *buf, size_t len)
{
	struct ipcx_mbox_msg msg = {
		.buf = (uintptr_t)buf,
		.len = len,
	};
	int ret = ipcx_mbox_send_msgs(m, &msg, 1, NULL);

	/* 1 message was sent, or none: */
	return ret < 0 ? ret : 0;
}

static int post(int fd, const struct mbox_dest *dest, const struct ipcx_mbox_msg *msgs,
		unsigned int count, const struct ipcx_mbox_send_opts *opts)
{
	struct ipcx_post arg = {
		.msgs = (uintptr_t)msgs,
		.count = count,
		.msg_size = sizeof(*msgs),
		.flags = dest->flag,
		.dest = dest->dest,
		.dest_len = dest->len,
		.from = -1,
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
	return ipcx_ioctl(fd, IPCX_POST, &arg);
}

int ipcx_mbox_send_msgs(const struct ipcx_mbox *m, const struct ipcx_mbox_msg *msgs,
			unsigned int count, const struct ipcx_mbox_send_opts *opts)
{
	return post(m->fd, &mbox_here, msgs, count, opts);
}

int ipcx_mbox_send_to_port(const struct ipcx_dev *dev, uint64_t port,
			   const struct ipcx_mbox_msg *msgs, unsigned int count,
			   const struct ipcx_mbox_send_opts *opts)
{
	const struct mbox_dest dest = mbox_to_port(port);

	return post(dev->fd, &dest, msgs, count, opts);
}

int ipcx_mbox_send_to_name(const struct ipcx_dev *dev, const char *name,
			   const struct ipcx_mbox_msg *msgs, unsigned int count,
			   const struct ipcx_mbox_send_opts *opts)
{
	const struct mbox_dest dest = mbox_to_name(name);

	return post(dev->fd, &dest, msgs, count, opts);
}

ssize_t ipcx_mbox_recv(const struct ipcx_mbox *m, void *buf, size_t len,
		       struct ipcx_mbox_recv *mail)
{
	struct ipcx_mbox_recv unused;
	int ret;

	if (!mail)
		mail = &unused;
	ipcx_mbox_recv_init(mail, buf, len);
	ret = ipcx_mbox_recv_msgs(m, mail, 1, NULL);
	return ret < 0 ? ret : (ssize_t)mail->len;
}

int ipcx_mbox_recv_msgs(const struct ipcx_mbox *m, struct ipcx_mbox_recv *mails,
			unsigned int count, const struct ipcx_recv_opts *opts)
{
	return ipcx_recv(m->fd, mails, sizeof(*mails), count, opts);
}
