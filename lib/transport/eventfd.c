// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Two eventfds that count like semaphores, one per direction: a message is a 1 that is added,
 * and has no payload. Whoever sends waits for no one: the counter has room for 2^64 - 2.
 */
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "fd.h"
#include "internal.h"

/**
 * struct event_end - One end.
 * @base: what the library sees
 * @in: what it reads
 * @out: what it adds to
 */
struct event_end {
	struct ipcx_transport_end base;
	int in;
	int out;
};

struct event_pair {
	struct ipcx_transport_pair base;
	struct event_end end[2];
	int fds[2];
};

static int event_send(struct ipcx_transport_end *base, const struct ipcx_transport_msg *msg)
{
	struct event_end *end = (struct event_end *)base;
	const uint64_t one = 1;

	if (msg->len)
		return -EMSGSIZE;
	return write(end->out, &one, sizeof(one)) < 0 ? -errno : 0;
}

static int event_recv(struct ipcx_transport_end *base, struct ipcx_transport_msg *msg)
{
	struct event_end *end = (struct event_end *)base;
	uint64_t one;

	if (read(end->in, &one, sizeof(one)) < 0)
		return -errno;
	msg->len = 0;
	msg->priority = 0;
	return 0;
}

/* Only who reads ever waits; and the fd that it reads is the one that the other writes. */
static int event_set_nonblock(struct ipcx_transport_end *base, int on)
{
	return fd_set_nonblock(((struct event_end *)base)->in, on);
}

static int event_wait(struct ipcx_transport_end *base, int out)
{
	struct event_end *end = (struct event_end *)base;

	return out ? fd_wait(end->out, POLLOUT) : fd_wait(end->in, POLLIN);
}

static int event_open(struct ipcx_transport_pair **out,
		      const struct ipcx_transport_opts *opts __attribute__((unused)), char *why)
{
	struct event_pair *pair = calloc(1, sizeof(*pair));
	int side;

	if (!pair)
		return -ENOMEM;
	pair->base.ops = &ipcx_transport_eventfd;
	pair->fds[0] = -1;
	pair->fds[1] = -1;
	*out = &pair->base;
	for (side = 0; side < 2; side++) {
		pair->fds[side] = eventfd(0, EFD_CLOEXEC | EFD_SEMAPHORE);
		if (pair->fds[side] < 0)
			return transport_why(why, -errno, "eventfd: %m");
	}
	for (side = 0; side < 2; side++) {
		pair->end[side].base.ops = pair->base.ops;
		pair->end[side].in = pair->fds[!side];
		pair->end[side].out = pair->fds[side];
		pair->base.end[side] = &pair->end[side].base;
	}
	return 0;
}

static void event_close(struct ipcx_transport_pair *base)
{
	struct event_pair *pair = (struct event_pair *)base;

	fd_close(&pair->fds[0]);
	fd_close(&pair->fds[1]);
	free(pair);
}

const struct ipcx_transport_ops ipcx_transport_eventfd = {
	.name = "eventfd",
	.summary = "two eventfds: notifications without payload",
	.caps = IPCX_TRANSPORT_BOUNDARIES | IPCX_TRANSPORT_RELATED | IPCX_TRANSPORT_POLL |
		IPCX_TRANSPORT_NOTIFICATION,
	.open = event_open,
	.send = event_send,
	.recv = event_recv,
	.set_nonblock = event_set_nonblock,
	.wait = event_wait,
	.close = event_close,
};
