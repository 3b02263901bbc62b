// SPDX-License-Identifier: LGPL-2.1-or-later
/* Two POSIX message queues, one per direction. */
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "fd.h"
#include "internal.h"

#define DEFAULT_DEPTH	10
/* What the kernel counts against RLIMIT_MSGQUEUE for each message, at most. */
#define MESSAGE_COST	128

struct mq_end {
	struct ipcx_transport_end base;
	mqd_t in;
	mqd_t out;
};

struct mq_pair {
	struct ipcx_transport_pair base;
	struct mq_end end[2];
	mqd_t queue[2];
};

static int mq_available(char *why)
{
	if (access("/proc/sys/fs/mqueue", F_OK) == 0)
		return 0;
	return transport_why(why, -ENOSYS,
			     "this kernel has no POSIX message queues (CONFIG_POSIX_MQUEUE)");
}

/* The soft limit as far as the hard one, and that one where root may. */
static bool raise_limit(rlim_t bytes)
{
	struct rlimit limit, wish;

	if (getrlimit(RLIMIT_MSGQUEUE, &limit) < 0)
		return false;
	if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < bytes) {
		wish.rlim_cur = bytes;
		wish.rlim_max = limit.rlim_max < bytes ? bytes : limit.rlim_max;
		return setrlimit(RLIMIT_MSGQUEUE, &wish) == 0;
	}
	return false;
}

static int explain(const struct mq_attr *attr, rlim_t bytes, int error, char *why)
{
	long long size = transport_setting("/proc/sys/fs/mqueue/msgsize_max");
	long long depth = transport_setting("/proc/sys/fs/mqueue/msg_max");
	int err = -error;

	if (err == -EINVAL && size >= 0 && attr->mq_msgsize > size)
		return transport_why(why, -EMSGSIZE,
				     "fs.mqueue.msgsize_max is %lld: as root, sysctl fs.mqueue.msgsize_max=%ld",
				     size, attr->mq_msgsize);
	if (err == -EINVAL && depth >= 0 && attr->mq_maxmsg > depth)
		return transport_why(why, -ENOSPC,
				     "fs.mqueue.msg_max is %lld: as root, sysctl fs.mqueue.msg_max=%ld",
				     depth, attr->mq_maxmsg);
	if (err == -EINVAL)
		return transport_why(why, err, "%ld messages of %ld bytes are too much for a queue",
				     attr->mq_maxmsg, attr->mq_msgsize);
	if (err == -EMFILE)
		return transport_why(why, err,
				     "RLIMIT_MSGQUEUE is too low: as root, ulimit -q %llu",
				     (unsigned long long)bytes);
	return transport_why(why, err, "mq_open: %s", strerror(error));
}

/*
 * The name is gone before anybody can be killed with it in place, but for a blink.
 * One that was left so may be met by a process of the same id: the next is taken.
 */
static mqd_t open_nameless(struct mq_attr *attr)
{
	char name[TRANSPORT_NAME];
	mqd_t mq;

	do {
		transport_name(name);
		mq = mq_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600, attr);
	} while (mq < 0 && errno == EEXIST);
	if (mq >= 0)
		mq_unlink(name);
	return mq;
}

static int queue_open(mqd_t *mq, const struct ipcx_transport_opts *opts, char *why)
{
	struct mq_attr attr = {
		.mq_maxmsg = opts->depth ? opts->depth : DEFAULT_DEPTH,
		.mq_msgsize = opts->msg_size ? (long)opts->msg_size : 1,
	};
	/* Both queues of the pair count, and maybe others of this user. */
	rlim_t bytes = 4 * (rlim_t)attr.mq_maxmsg * ((rlim_t)attr.mq_msgsize + MESSAGE_COST);

	*mq = open_nameless(&attr);
	if (*mq < 0 && errno == EMFILE) {
		if (!raise_limit(bytes))
			return explain(&attr, bytes, EMFILE, why);
		*mq = open_nameless(&attr);
	}
	if (*mq < 0 && errno == EINVAL && !opts->depth) {
		attr.mq_maxmsg = 1;
		*mq = open_nameless(&attr);
	}
	return *mq < 0 ? explain(&attr, bytes, errno, why) : 0;
}

static int mq_pair_open(struct ipcx_transport_pair **out,
			const struct ipcx_transport_opts *opts, char *why)
{
	struct mq_pair *pair = calloc(1, sizeof(*pair));
	int side, err;

	if (!pair)
		return -ENOMEM;
	pair->base.ops = &ipcx_transport_posix_mq;
	pair->queue[0] = -1;
	pair->queue[1] = -1;
	*out = &pair->base;
	err = queue_open(&pair->queue[0], opts, why);
	if (!err)
		err = queue_open(&pair->queue[1], opts, why);
	for (side = 0; side < 2; side++) {
		pair->end[side].base.ops = pair->base.ops;
		pair->end[side].in = pair->queue[!side];
		pair->end[side].out = pair->queue[side];
		pair->base.end[side] = &pair->end[side].base;
	}
	return err;
}

static int send_one(struct ipcx_transport_end *end, const struct ipcx_transport_msg *msg)
{
	return mq_send(((struct mq_end *)end)->out, msg->buf, msg->len, msg->priority) < 0 ?
		       -errno : 0;
}

static int recv_one(struct ipcx_transport_end *end, struct ipcx_transport_msg *msg)
{
	ssize_t n = mq_receive(((struct mq_end *)end)->in, msg->buf, msg->len ? msg->len : 1,
			       &msg->priority);

	if (n < 0)
		return -errno;
	msg->len = (size_t)n;
	return 0;
}

static int set_nonblock(struct ipcx_transport_end *base, int on)
{
	struct mq_end *end = (struct mq_end *)base;
	struct mq_attr attr = { .mq_flags = on ? O_NONBLOCK : 0 };

	if (mq_setattr(end->in, &attr, NULL) < 0 || mq_setattr(end->out, &attr, NULL) < 0)
		return -errno;
	return 0;
}

static int mq_wait(struct ipcx_transport_end *base, int out)
{
	struct mq_end *end = (struct mq_end *)base;

	/* On Linux a queue's descriptor is an fd. */
	return out ? fd_wait(end->out, POLLOUT) : fd_wait(end->in, POLLIN);
}

static void mq_pair_close(struct ipcx_transport_pair *base)
{
	struct mq_pair *pair = (struct mq_pair *)base;
	int i;

	for (i = 0; i < 2; i++)
		if (pair->queue[i] >= 0)
			mq_close(pair->queue[i]);
	free(pair);
}

const struct ipcx_transport_ops ipcx_transport_posix_mq = {
	.name = "posix-mq",
	.summary = "POSIX message queues",
	.caps = IPCX_TRANSPORT_BOUNDARIES | IPCX_TRANSPORT_PRIORITY | IPCX_TRANSPORT_POLL |
		TRANSPORT_MANY,
	.persistence = IPCX_PERSISTS_KERNEL,
	.max_size = 16 << 20,
	.max_priority = 32767,
	.available = mq_available,
	.open = mq_pair_open,
	.send = send_one,
	.recv = recv_one,
	.set_nonblock = set_nonblock,
	.wait = mq_wait,
	.close = mq_pair_close,
};
