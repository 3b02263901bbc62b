// SPDX-License-Identifier: LGPL-2.1-or-later
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fd.h"
#include "packet.h"

/* What the kernel counts for a message on top of its payload, at most. */
#define MESSAGE_COST	1024

/**
 * struct packet_end - One end.
 * @base: what the library sees
 * @fd: the socket
 * @max: largest payload
 * @headers: one per message of a batch; their names, control data and iovec
 *	addresses never change
 * @iovecs: the payloads of a batch
 */
struct packet_end {
	struct ipcx_transport_end base;
	int fd;
	size_t max;
	struct mmsghdr *headers;
	struct iovec *iovecs;
};

struct packet_pair {
	struct ipcx_transport_pair base;
	struct packet_end end[2];
};

static int end_init(struct packet_end *end, const struct ipcx_transport_ops *ops, int fd,
		    const struct ipcx_transport_opts *opts)
{
	unsigned int i;

	end->base.ops = ops;
	end->fd = fd;
	end->max = opts->msg_size;
	end->headers = calloc(IPCX_TRANSPORT_BATCH_MAX, sizeof(*end->headers));
	end->iovecs = calloc(IPCX_TRANSPORT_BATCH_MAX, sizeof(*end->iovecs));
	if (!end->headers || !end->iovecs)
		return -ENOMEM;
	for (i = 0; i < IPCX_TRANSPORT_BATCH_MAX; i++) {
		end->headers[i].msg_hdr.msg_iov = &end->iovecs[i];
		end->headers[i].msg_hdr.msg_iovlen = 1;
	}
	return 0;
}

int packet_open(struct ipcx_transport_pair **out, const struct ipcx_transport_ops *ops,
		const int fds[2], const struct ipcx_transport_opts *opts)
{
	struct packet_pair *pair = calloc(1, sizeof(*pair));
	int side, err, result = 0;

	if (!pair) {
		close(fds[0]);
		close(fds[1]);
		return -ENOMEM;
	}
	*out = &pair->base;
	pair->base.ops = ops;
	for (side = 0; side < 2; side++) {
		pair->base.end[side] = &pair->end[side].base;
		err = end_init(&pair->end[side], ops, fds[side], opts);
		if (err)
			result = err;
	}
	return result;
}

int packet_open_unix(struct ipcx_transport_pair **out, const struct ipcx_transport_ops *ops,
		     int type, const struct ipcx_transport_opts *opts, char *why)
{
	long long one = 2 * (long long)opts->msg_size + MESSAGE_COST;
	int fds[2], side, err;

	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds) < 0)
		return transport_why(why, -errno, "socketpair: %m");
	err = packet_open(out, ops, fds, opts);
	/* Even with nothing queued a message larger than the buffer is refused. */
	for (side = 0; side < 2 && !err; side++)
		err = fd_socket_room(fds[side], one * (opts->depth ? opts->depth : 1),
				     opts->depth, why);
	return err;
}

/* A datagram socket tells a sender, and only a sender, that its peer is gone. */
static int failed(void)
{
	return errno == ECONNRESET || errno == ECONNREFUSED ? -EPIPE : -errno;
}

int packet_send(struct ipcx_transport_end *base, const struct ipcx_transport_msg *msg)
{
	struct packet_end *end = (struct packet_end *)base;

	if (msg->len > end->max)
		return -EMSGSIZE;
	return send(end->fd, msg->buf, msg->len, MSG_NOSIGNAL) < 0 ? failed() : 0;
}

/*
 * A seqpacket socket gives 0 for an empty message and for a peer that is gone;
 * a second look tells them apart unless both are true: empty messages that a
 * peer sent last, and then went, are lost.
 */
static int zero_or_gone(const struct packet_end *end)
{
	struct pollfd pollfd = { .fd = end->fd, .events = POLLIN };

	if (poll(&pollfd, 1, 0) < 0)
		return errno == EINTR ? 0 : -errno;
	return pollfd.revents & POLLHUP ? -EPIPE : 0;
}

/* With MSG_TRUNC the result is the message's length, also if it was cut. */
int packet_recv(struct ipcx_transport_end *base, struct ipcx_transport_msg *msg)
{
	struct packet_end *end = (struct packet_end *)base;
	ssize_t n = recv(end->fd, msg->buf, msg->len, MSG_TRUNC);

	msg->priority = 0;
	if (n < 0)
		return failed();
	if ((size_t)n > msg->len)
		return -EMSGSIZE;
	msg->len = (size_t)n;
	return n ? 0 : zero_or_gone(end);
}

int packet_send_batch(struct ipcx_transport_end *base, const struct ipcx_transport_msg *msgs,
		      unsigned int count)
{
	struct packet_end *end = (struct packet_end *)base;
	unsigned int i;
	int n;

	for (i = 0; i < count; i++) {
		if (msgs[i].len > end->max)
			return -EMSGSIZE;
		end->iovecs[i].iov_base = msgs[i].buf;
		end->iovecs[i].iov_len = msgs[i].len;
	}
	n = sendmmsg(end->fd, end->headers, count, MSG_NOSIGNAL);
	return n < 0 ? failed() : n;
}

/*
 * Having met the end once, recvmmsg(2) meets it again for all that is left of the
 * array: those are no messages. How many there are without them.
 */
static int without_end(const struct packet_end *end, const struct ipcx_transport_msg *msgs, int n)
{
	if (msgs[n - 1].len || zero_or_gone(end) != -EPIPE)
		return n;
	while (n && !msgs[n - 1].len)
		n--;
	return n ? n : -EPIPE;
}

int packet_recv_batch(struct ipcx_transport_end *base, struct ipcx_transport_msg *msgs,
		      unsigned int count)
{
	struct packet_end *end = (struct packet_end *)base;
	unsigned int i;
	int n;

	for (i = 0; i < count; i++) {
		end->iovecs[i].iov_base = msgs[i].buf;
		end->iovecs[i].iov_len = msgs[i].len;
	}
	n = recvmmsg(end->fd, end->headers, count, MSG_WAITFORONE | MSG_TRUNC, NULL);
	if (n < 0)
		return failed();
	for (i = 0; i < (unsigned int)n; i++) {
		if (end->headers[i].msg_len > msgs[i].len)
			return -EMSGSIZE;
		msgs[i].len = end->headers[i].msg_len;
		msgs[i].priority = 0;
	}
	return n ? without_end(end, msgs, n) : 0;
}

int packet_set_nonblock(struct ipcx_transport_end *base, int on)
{
	return fd_set_nonblock(((struct packet_end *)base)->fd, on);
}

int packet_wait(struct ipcx_transport_end *base, int out)
{
	return fd_wait(((struct packet_end *)base)->fd, out ? POLLOUT : POLLIN);
}

void packet_attach(struct ipcx_transport_pair *base, int side)
{
	fd_close(&((struct packet_pair *)base)->end[!side].fd);
}

void packet_close(struct ipcx_transport_pair *base)
{
	struct packet_pair *pair = (struct packet_pair *)base;
	int side;

	for (side = 0; side < 2; side++) {
		fd_close(&pair->end[side].fd);
		free(pair->end[side].headers);
		free(pair->end[side].iovecs);
	}
	free(pair);
}
