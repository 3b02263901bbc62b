// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Two System V message queues, one per direction.
 *
 * Such a queue outlives its users, and removing it early, as one does with
 * shared memory, ends it: a guard does so in the end.
 */
#include <stdlib.h>
#include <sys/msg.h>
#include <unistd.h>

#include "guard.h"
#include "internal.h"

struct sysv_end {
	struct ipcx_transport_end base;
	int in;
	int out;
	int flags;
};

struct sysv_pair {
	struct ipcx_transport_pair base;
	struct sysv_end end[2];
	int queue[2];
	struct guard guard;
};

static int sysv_available(char *why)
{
	if (access("/proc/sys/kernel/msgmax", F_OK) == 0)
		return 0;
	return transport_why(why, -ENOSYS,
			     "this kernel has no System V message queues (CONFIG_SYSVIPC)");
}

static void remove_queues(void *what)
{
	struct sysv_pair *pair = what;
	int i;

	for (i = 0; i < 2; i++) {
		if (pair->queue[i] >= 0)
			msgctl(pair->queue[i], IPC_RMID, NULL);
		pair->queue[i] = -1;
	}
}

/*
 * The kernel counts the queue's room in payload bytes, and messages likewise. A
 * message larger than the whole queue would wait for ever: there is room for one
 * at least.
 */
static int make_room(int queue, const struct ipcx_transport_opts *opts, char *why)
{
	unsigned long size = opts->msg_size ? opts->msg_size : 1;
	unsigned long bytes = size * (opts->depth ? opts->depth : 1);
	struct msqid_ds ds;

	if (msgctl(queue, IPC_STAT, &ds) < 0)
		return transport_why(why, -errno, "msgctl: %m");
	if (opts->depth ? ds.msg_qbytes == bytes : ds.msg_qbytes >= bytes)
		return 0;
	ds.msg_qbytes = bytes;
	if (msgctl(queue, IPC_SET, &ds) == 0)
		return 0;
	return transport_why(why, -ENOSPC, "kernel.msgmnb is %lld: as root, sysctl kernel.msgmnb=%lu",
			     transport_setting("/proc/sys/kernel/msgmnb"), bytes);
}

static int queue_open(int *queue, const struct ipcx_transport_opts *opts, char *why)
{
	long long max = transport_setting("/proc/sys/kernel/msgmax");

	if (max >= 0 && (unsigned long long)max < opts->msg_size)
		return transport_why(why, -EMSGSIZE,
				     "kernel.msgmax is %lld: as root, sysctl kernel.msgmax=%zu kernel.msgmnb=%zu",
				     max, opts->msg_size, 2 * opts->msg_size);
	*queue = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
	if (*queue < 0)
		return transport_why(why, -errno, errno == ENOSPC ?
				     "kernel.msgmni queues exist: remove some, see ipcs -q" :
				     "msgget: %m");
	return make_room(*queue, opts, why);
}

static int sysv_open(struct ipcx_transport_pair **out, const struct ipcx_transport_opts *opts,
		     char *why)
{
	struct sysv_pair *pair = calloc(1, sizeof(*pair));
	int side, err;

	if (!pair)
		return -ENOMEM;
	pair->base.ops = &ipcx_transport_sysv_mq;
	pair->queue[0] = -1;
	pair->queue[1] = -1;
	pair->guard = GUARD_NONE;
	*out = &pair->base;
	err = queue_open(&pair->queue[0], opts, why);
	if (!err)
		err = queue_open(&pair->queue[1], opts, why);
	if (!err)
		err = guard_start(&pair->guard, remove_queues, pair, why);
	for (side = 0; side < 2; side++) {
		pair->end[side].base.ops = pair->base.ops;
		pair->end[side].in = pair->queue[!side];
		pair->end[side].out = pair->queue[side];
		pair->base.end[side] = &pair->end[side].base;
	}
	return err;
}

static void *message(const struct ipcx_transport_msg *msg)
{
	return (long *)msg->buf - 1;
}

static int sysv_send(struct ipcx_transport_end *base, const struct ipcx_transport_msg *msg)
{
	struct sysv_end *end = (struct sysv_end *)base;

	*(long *)message(msg) = 1;
	if (msgsnd(end->out, message(msg), msg->len, end->flags) == 0)
		return 0;
	return errno == EIDRM ? -EPIPE : -errno;
}

static int sysv_recv(struct ipcx_transport_end *base, struct ipcx_transport_msg *msg)
{
	struct sysv_end *end = (struct sysv_end *)base;
	ssize_t n = msgrcv(end->in, message(msg), msg->len, 0, end->flags);

	msg->priority = 0;
	if (n >= 0) {
		msg->len = (size_t)n;
		return 0;
	}
	switch (errno) {
	case EIDRM:
		return -EPIPE;
	case E2BIG:
		return -EMSGSIZE;
	case ENOMSG:
		return -EAGAIN;
	default:
		return -errno;
	}
}

static int sysv_set_nonblock(struct ipcx_transport_end *base, int on)
{
	((struct sysv_end *)base)->flags = on ? IPC_NOWAIT : 0;
	return 0;
}

static void sysv_close(struct ipcx_transport_pair *base)
{
	struct sysv_pair *pair = (struct sysv_pair *)base;
	guard_end(&pair->guard, remove_queues, pair);
	free(pair);
}

const struct ipcx_transport_ops ipcx_transport_sysv_mq = {
	.name = "sysv-mq",
	.summary = "System V message queues",
	.caps = IPCX_TRANSPORT_BOUNDARIES | TRANSPORT_MANY,
	.traits = IPCX_TRAIT_TYPE_FILTER | IPCX_TRAIT_BIDIRECTIONAL,
	.persistence = IPCX_PERSISTS_KERNEL,
	.max_size = 0x7fffffff,
	.available = sysv_available,
	.open = sysv_open,
	.send = sysv_send,
	.recv = sysv_recv,
	.set_nonblock = sysv_set_nonblock,
	.close = sysv_close,
};
