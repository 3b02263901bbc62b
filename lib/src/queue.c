// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Priority queues: handles, sending, receiving.
 *
 * Sending and receiving are one system call with its argument on the stack: no
 * allocation, no lock, nothing remembered between calls. What the kernel checks
 * is not checked here again.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

_Static_assert(sizeof(struct ipcx_msg) == IPCX_MSG_SIZE_VER0, "needs a symbol version");

/* Immutable once open, which is what makes its functions thread-safe. */
struct ipcx_queue {
	int fd;
	uint64_t id;
};

static int queue_new(struct ipcx_queue **q, int fd, uint64_t id)
{
	*q = malloc(sizeof(**q));
	if (!*q)
		return -ENOMEM;
	(*q)->fd = fd;
	(*q)->id = id;
	return 0;
}

int ipcx_queue_open(struct ipcx_queue **q, const struct ipcx_dev *dev, const char *name,
		    unsigned int flags, const struct ipcx_queue_opts *opts)
{
	struct ipcx_queue_attr attr = { 0 };
	struct ipcx_queue_opts o;
	struct ipcx_open arg = { .flags = name ? flags : flags | IPCX_OPEN_CREATE };
	int fd, ret;

	*q = NULL;
	ret = ipcx_opts_get(&o, sizeof(o), offsetofend(struct ipcx_queue_opts, max_bytes), opts);
	if (ret)
		return ret;
	if (arg.flags & IPCX_OPEN_CREATE) {
		attr.max_msgs = o.max_msgs;
		attr.max_msg_size = o.max_msg_size;
		attr.max_bytes = o.max_bytes;
		attr.overflow = o.overflow;
		ipcx_open_make(&arg, o.mode, &attr, sizeof(attr));
	}
	fd = ipcx_open(dev, name, IPCX_KIND_QUEUE, &arg);
	if (fd < 0)
		return fd;
	ret = queue_new(q, fd, arg.id);
	if (ret)
		close(fd);
	return ret;
}

int ipcx_queue_from_fd(struct ipcx_queue **q, int fd)
{
	uint64_t id;
	int ret;

	*q = NULL;
	ret = ipcx_object_id(fd, IPCX_KIND_QUEUE, &id);
	return ret ? ret : queue_new(q, fd, id);
}

void ipcx_queue_close(struct ipcx_queue *q)
{
	if (!q)
		return;
	close(q->fd);
	free(q);
}

int ipcx_queue_fd(const struct ipcx_queue *q)
{
	return q->fd;
}

uint64_t ipcx_queue_id(const struct ipcx_queue *q)
{
	return q->id;
}

static int send_one(const struct ipcx_queue *q, const void *buf, size_t len,
		    unsigned int priority)
{
	struct ipcx_msg msg = {
		.buf = (uintptr_t)buf,
		.len = len,
		.priority = priority,
	};
	struct ipcx_xfer xfer = {
		.msgs = (uintptr_t)&msg,
		.count = 1,
		.msg_size = sizeof(msg),
	};
	int ret = ipcx_ioctl(q->fd, IPCX_SEND, &xfer);

	/* 1 message was sent, or none: */
	return ret < 0 ? ret : 0;
}

int ipcx_queue_send(const struct ipcx_queue *q, const void *buf, size_t len,
		    unsigned int priority)
{
	/* write(2) is the shortest way for what it can say */
	if (!priority) {
		ssize_t n = ipcx_write(q->fd, buf, len);

		return n < 0 ? n : 0;
	}
	return send_one(q, buf, len, priority);
}

static inline ssize_t recv_one(const struct ipcx_queue *q, void *buf, size_t len,
			       unsigned int *priority, unsigned int flags)
{
	/* type and priority are output only: not worth a store */
	struct ipcx_msg msg;
	struct ipcx_xfer xfer = {
		.msgs = (uintptr_t)&msg,
		.count = 1,
		.msg_size = sizeof(msg),
		.flags = flags,
	};
	int ret;

	msg.buf = (uintptr_t)buf;
	msg.len = len;
	msg.flags = 0;
	ret = ipcx_ioctl(q->fd, IPCX_RECV, &xfer);
	if (ret < 0)
		return ret;
	if (priority)
		*priority = msg.priority;
	return msg.len;
}

ssize_t ipcx_queue_recv(const struct ipcx_queue *q, void *buf, size_t len,
			unsigned int *priority)
{
	/* read(2) is the shortest way for what it can tell */
	if (priority)
		return recv_one(q, buf, len, priority, 0);
	return ipcx_read(q->fd, buf, len);
}

ssize_t ipcx_queue_peek(const struct ipcx_queue *q, void *buf, size_t len,
			unsigned int *priority)
{
	return recv_one(q, buf, len, priority, IPCX_RECV_PEEK);
}

int ipcx_queue_send_msgs(const struct ipcx_queue *q, const struct ipcx_msg *msgs,
			 unsigned int count, const struct ipcx_send_opts *opts)
{
	struct ipcx_xfer xfer = {
		.msgs = (uintptr_t)msgs,
		.count = count,
		.msg_size = sizeof(*msgs),
	};
	struct ipcx_send_opts o;
	int ret;

	opts = ipcx_opts_view(&o, sizeof(o), offsetofend(struct ipcx_send_opts, deadline_ns), opts,
			      &ret);
	if (ret)
		return ret;
	if (opts) {
		xfer.flags = opts->flags;
		xfer.clock = opts->clock;
		xfer.deadline_ns = opts->deadline_ns;
	}
	return ipcx_ioctl(q->fd, IPCX_SEND, &xfer);
}

int ipcx_queue_recv_msgs(const struct ipcx_queue *q, struct ipcx_msg *msgs,
			 unsigned int count, const struct ipcx_recv_opts *opts)
{
	return ipcx_recv(q->fd, msgs, sizeof(*msgs), count, opts);
}

int ipcx_queue_stat(const struct ipcx_queue *q, struct ipcx_stat *stat)
{
	return ipcx_ioctl(q->fd, IPCX_STAT, stat);
}
