// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Two ipcx queues without names, one per direction; as "ipcx-queue" through the
 * library, with everything a queue can do, and as "ipcx-queue-rw" through
 * read(2) and write(2), which know payloads only.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ipcx/ipcx.h>

#include "fd.h"
#include "internal.h"

/**
 * struct queue_end - One end.
 * @base: what the library sees
 * @in: queue that is received from
 * @out: queue that is sent to
 * @in_fd: its fd
 * @out_fd: its fd
 * @msgs: one per message of a batch
 */
struct queue_end {
	struct ipcx_transport_end base;
	struct ipcx_queue *in;
	struct ipcx_queue *out;
	int in_fd;
	int out_fd;
	struct ipcx_msg *msgs;
};

struct queue_pair {
	struct ipcx_transport_pair base;
	struct queue_end end[2];
	struct ipcx_queue *queue[2];
};

int transport_ipcx_available(char *why)
{
	struct ipcx_dev *dev;
	int err = ipcx_dev_open(&dev, NULL);

	ipcx_dev_close(dev);
	switch (err) {
	case 0:
		return 0;
	case -ENOENT:
		return transport_why(why, err,
				     IPCX_DEV_PATH " not found: is the module loaded? try: sudo modprobe ipcx");
	case -EACCES:
		return transport_why(why, err, IPCX_DEV_PATH ": no permission: see its mode");
	default:
		return transport_why(why, err, IPCX_DEV_PATH ": %s", strerror(-err));
	}
}

static int queue_open(const struct ipcx_dev *dev, struct ipcx_queue **queue,
		      const struct ipcx_transport_opts *opts, char *why)
{
	IPCX_OPTS(ipcx_queue_opts, attr);
	struct ipcx_info info;
	int err;

	attr.max_msgs = opts->depth;
	attr.max_msg_size = opts->msg_size;
	attr.max_bytes = (uint64_t)opts->msg_size * opts->depth;
	err = ipcx_queue_open(queue, dev, NULL, IPCX_OPEN_READ | IPCX_OPEN_WRITE, &attr);
	if (err != -EINVAL || ipcx_dev_info(dev, &info) < 0)
		return err ? transport_why(why, err, "cannot create a queue: %s",
					   strerror(-err)) : 0;
	return transport_why(why, err,
			     "the module's limits are %llu bytes per message, %llu messages and %llu bytes per queue: see /sys/module/ipcx/parameters",
			     (unsigned long long)info.max_msg_size,
			     (unsigned long long)info.max_queue_msgs,
			     (unsigned long long)info.max_queue_bytes);
}

static int open_both(struct queue_pair *pair, const struct ipcx_transport_opts *opts, char *why)
{
	struct ipcx_dev *dev;
	int i, err = ipcx_dev_open(&dev, NULL);

	for (i = 0; i < 2 && !err; i++)
		err = queue_open(dev, &pair->queue[i], opts, why);
	ipcx_dev_close(dev);
	return err;
}

static int pair_open(struct ipcx_transport_pair **out, const struct ipcx_transport_ops *ops,
		     const struct ipcx_transport_opts *opts, char *why)
{
	struct queue_pair *pair = calloc(1, sizeof(*pair));
	int side, err;

	if (!pair)
		return -ENOMEM;
	pair->base.ops = ops;
	*out = &pair->base;
	err = open_both(pair, opts, why);
	for (side = 0; side < 2 && !err; side++) {
		struct queue_end *end = &pair->end[side];

		end->base.ops = ops;
		end->in = pair->queue[!side];
		end->out = pair->queue[side];
		end->in_fd = ipcx_queue_fd(end->in);
		end->out_fd = ipcx_queue_fd(end->out);
		end->msgs = calloc(IPCX_TRANSPORT_BATCH_MAX, sizeof(*end->msgs));
		if (!end->msgs)
			err = -ENOMEM;
		pair->base.end[side] = &end->base;
	}
	return err;
}

static int queue_pair_open(struct ipcx_transport_pair **pair,
			   const struct ipcx_transport_opts *opts, char *why)
{
	return pair_open(pair, &ipcx_transport_ipcx_queue, opts, why);
}

static int rw_pair_open(struct ipcx_transport_pair **pair,
			const struct ipcx_transport_opts *opts, char *why)
{
	return pair_open(pair, &ipcx_transport_ipcx_queue_rw, opts, why);
}

static int queue_send(struct ipcx_transport_end *base, const struct ipcx_transport_msg *msg)
{
	return ipcx_queue_send(((struct queue_end *)base)->out, msg->buf, msg->len,
			       msg->priority);
}

static int queue_recv(struct ipcx_transport_end *base, struct ipcx_transport_msg *msg)
{
	ssize_t n = ipcx_queue_recv(((struct queue_end *)base)->in, msg->buf, msg->len,
				    &msg->priority);

	if (n < 0)
		return (int)n;
	msg->len = (size_t)n;
	return 0;
}

static int queue_send_batch(struct ipcx_transport_end *base,
			    const struct ipcx_transport_msg *msgs, unsigned int count)
{
	struct queue_end *end = (struct queue_end *)base;
	unsigned int i;

	for (i = 0; i < count; i++)
		ipcx_msg_init(&end->msgs[i], msgs[i].buf, msgs[i].len, 0, msgs[i].priority);
	return ipcx_queue_send_msgs(end->out, end->msgs, count, NULL);
}

static int queue_recv_batch(struct ipcx_transport_end *base, struct ipcx_transport_msg *msgs,
			    unsigned int count)
{
	struct queue_end *end = (struct queue_end *)base;
	int i, n;

	/* type and priority are output only: not worth a store */
	for (i = 0; i < (int)count; i++) {
		end->msgs[i].buf = (uintptr_t)msgs[i].buf;
		end->msgs[i].len = msgs[i].len;
		end->msgs[i].flags = 0;
	}
	n = ipcx_queue_recv_msgs(end->in, end->msgs, count, NULL);
	for (i = 0; i < n; i++) {
		msgs[i].len = end->msgs[i].len;
		msgs[i].priority = end->msgs[i].priority;
	}
	return n;
}

static int rw_send(struct ipcx_transport_end *base, const struct ipcx_transport_msg *msg)
{
	return write(((struct queue_end *)base)->out_fd, msg->buf, msg->len) < 0 ? -errno : 0;
}

static int rw_recv(struct ipcx_transport_end *base, struct ipcx_transport_msg *msg)
{
	ssize_t n = read(((struct queue_end *)base)->in_fd, msg->buf, msg->len);

	if (n < 0)
		return -errno;
	msg->len = (size_t)n;
	msg->priority = 0;
	return 0;
}

static int queue_set_nonblock(struct ipcx_transport_end *base, int on)
{
	struct queue_end *end = (struct queue_end *)base;
	int err = fd_set_nonblock(end->in_fd, on);

	return err ? err : fd_set_nonblock(end->out_fd, on);
}

static int queue_wait(struct ipcx_transport_end *base, int out)
{
	struct queue_end *end = (struct queue_end *)base;

	return out ? fd_wait(end->out_fd, POLLOUT) : fd_wait(end->in_fd, POLLIN);
}

static void pair_close(struct ipcx_transport_pair *base)
{
	struct queue_pair *pair = (struct queue_pair *)base;
	int i;

	for (i = 0; i < 2; i++) {
		ipcx_queue_close(pair->queue[i]);
		free(pair->end[i].msgs);
	}
	free(pair);
}

const struct ipcx_transport_ops ipcx_transport_ipcx_queue = {
	.name = "ipcx-queue",
	.summary = "ipcx priority queues, with priorities and types",
	.caps = IPCX_TRANSPORT_BOUNDARIES | IPCX_TRANSPORT_PRIORITY | IPCX_TRANSPORT_BATCH |
		IPCX_TRANSPORT_POLL | TRANSPORT_MANY,
	.traits = IPCX_TRAIT_TYPE_FILTER | IPCX_TRAIT_BIDIRECTIONAL,
	.persistence = IPCX_PERSISTS_KERNEL,
	.max_priority = IPCX_PRIO_MAX,
	.available = transport_ipcx_available,
	.open = queue_pair_open,
	.send = queue_send,
	.recv = queue_recv,
	.send_batch = queue_send_batch,
	.recv_batch = queue_recv_batch,
	.set_nonblock = queue_set_nonblock,
	.wait = queue_wait,
	.close = pair_close,
};

const struct ipcx_transport_ops ipcx_transport_ipcx_queue_rw = {
	.name = "ipcx-queue-rw",
	.summary = "ipcx priority queues, as plain read(2) and write(2)",
	.caps = IPCX_TRANSPORT_BOUNDARIES | IPCX_TRANSPORT_POLL | TRANSPORT_MANY,
	.persistence = IPCX_PERSISTS_KERNEL,
	.available = transport_ipcx_available,
	.open = rw_pair_open,
	.send = rw_send,
	.recv = rw_recv,
	.set_nonblock = queue_set_nonblock,
	.wait = queue_wait,
	.close = pair_close,
};
