// SPDX-License-Identifier: LGPL-2.1-or-later
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fd.h"
#include "stream.h"
#include "waiting.h"

#define HEADER	sizeof(uint32_t)

static ssize_t put_pipe(const struct stream_end *end, const void *bytes, size_t len)
{
	return write(end->out, bytes, len);
}

static ssize_t get_fd(const struct stream_end *end, void *bytes, size_t len)
{
	return read(end->in, bytes, len);
}

ssize_t stream_put_socket(const struct stream_end *end, const void *bytes, size_t len)
{
	return send(end->out, bytes, len, MSG_NOSIGNAL);
}

void stream_pair_init(struct stream_pair *pair, const struct ipcx_transport_ops *ops,
		      const struct ipcx_transport_opts *opts)
{
	int side;

	pair->base.ops = ops;
	for (side = 0; side < 2; side++) {
		struct stream_end *end = &pair->end[side];

		end->base.ops = ops;
		end->put = put_pipe;
		end->get = get_fd;
		end->in = -1;
		end->out = -1;
		end->max = opts->msg_size;
		end->fixed = opts->flags & IPCX_TRANSPORT_FIXED ? opts->msg_size : 0;
		end->pending = -1;
		pair->base.end[side] = &end->base;
	}
}

struct stream_pair *stream_pair_new(const struct ipcx_transport_ops *ops,
				    const struct ipcx_transport_opts *opts)
{
	struct stream_pair *pair = calloc(1, sizeof(*pair));

	if (pair)
		stream_pair_init(pair, ops, opts);
	return pair;
}

size_t stream_bytes(const struct ipcx_transport_opts *opts)
{
	bool bare = (opts->flags & IPCX_TRANSPORT_FIXED) && opts->msg_size;

	return opts->msg_size + (bare ? 0 : HEADER);
}

/* Waits out the rest of a message that is on its way already. */
static int wait_for_rest(const struct stream_end *end, int fd, short events)
{
	int err;

	if (waiting_policy(&end->base) == IPCX_WAIT_SPIN) {
		relax();
		return 0;
	}
	err = fd_wait(fd, events);
	return err == -EINTR ? 0 : err;
}

/* A TCP connection says reset where others say that the pipe is broken. */
static int failed(void)
{
	return errno == ECONNRESET ? -EPIPE : -errno;
}

/* After a write that gave @n instead of @len. */
static __attribute__((noinline)) int
write_rest(const struct stream_end *end, const char *bytes, size_t len, ssize_t n)
{
	int err;

	if (n < 0)
		return failed();
	for (;;) {
		bytes += n;
		len -= (size_t)n;
		if (!len)
			return 0;
		n = end->put(end, bytes, len);
		if (n >= 0)
			continue;
		err = failed();
		if (err == -EAGAIN)
			err = waiting_policy(&end->base) == IPCX_WAIT_BLOCK ?
				      -ENOBUFS : wait_for_rest(end, end->out, POLLOUT);
		if (err && err != -EINTR)
			return err;
		n = 0;
	}
}

/* The common case is as short as a program's own call would be. */
int stream_write(const struct stream_end *end, const void *bytes, size_t len)
{
	ssize_t n = end->put(end, bytes, len);

	return n == (ssize_t)len ? 0 : write_rest(end, bytes, len, n);
}

int stream_send(struct ipcx_transport_end *base, const struct ipcx_transport_msg *msg)
{
	struct stream_end *end = (struct stream_end *)base;
	uint32_t header;

	if (end->fixed) {
		if (msg->len != end->fixed)
			return -EMSGSIZE;
		return stream_write(end, msg->buf, msg->len);
	}
	if (msg->len > end->max)
		return -EMSGSIZE;
	header = (uint32_t)msg->len;
	memcpy((char *)msg->buf - HEADER, &header, HEADER);
	return stream_write(end, (char *)msg->buf - HEADER, HEADER + msg->len);
}

/* Has to be called with a part of the message read: it waits for the rest. */
static __attribute__((noinline)) int
read_rest(const struct stream_end *end, char *bytes, size_t len)
{
	ssize_t n;
	int err;

	while (len) {
		n = end->get(end, bytes, len);
		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
		} else if (n == 0) {
			return -EPIPE;
		} else if (errno == EAGAIN) {
			err = wait_for_rest(end, end->in, POLLIN);
			if (err)
				return err;
		} else if (errno != EINTR) {
			return failed();
		}
	}
	return 0;
}

static inline int read_whole(const struct stream_end *end, char *bytes, size_t len)
{
	ssize_t n = end->get(end, bytes, len);

	if (n == (ssize_t)len)
		return 0;
	if (n <= 0)
		return n ? failed() : -EPIPE;
	return read_rest(end, bytes + n, len - (size_t)n);
}

/* The length of the next message stays known until its payload is taken. */
static int recv_framed(struct stream_end *end, struct ipcx_transport_msg *msg)
{
	uint32_t header;
	size_t len;
	int err;

	if (end->pending < 0) {
		err = read_whole(end, (char *)&header, HEADER);
		if (err)
			return err;
		if (header > end->max)
			return -EBADMSG;
		end->pending = header;
	}
	len = (size_t)end->pending;
	if (len > msg->len) {
		msg->len = len;
		return -EMSGSIZE;
	}
	err = read_rest(end, msg->buf, len);
	if (err)
		return err;
	end->pending = -1;
	msg->len = len;
	return 0;
}

int stream_recv(struct ipcx_transport_end *base, struct ipcx_transport_msg *msg)
{
	struct stream_end *end = (struct stream_end *)base;
	int err;

	msg->priority = 0;
	if (!end->fixed)
		return recv_framed(end, msg);
	if (msg->len < end->fixed)
		return -EMSGSIZE;
	err = read_whole(end, msg->buf, end->fixed);
	if (!err)
		msg->len = end->fixed;
	return err;
}

int stream_set_nonblock(struct ipcx_transport_end *base, int on)
{
	struct stream_end *end = (struct stream_end *)base;
	int err = fd_set_nonblock(end->in, on);

	return err ? err : fd_set_nonblock(end->out, on);
}

int stream_wait(struct ipcx_transport_end *base, int out)
{
	struct stream_end *end = (struct stream_end *)base;

	return out ? fd_wait(end->out, POLLOUT) : fd_wait(end->in, POLLIN);
}

static void end_close(struct stream_end *end)
{
	if (end->out != end->in)
		fd_close(&end->out);
	fd_close(&end->in);
	end->out = -1;
}

void stream_attach(struct ipcx_transport_pair *base, int side)
{
	end_close(&((struct stream_pair *)base)->end[!side]);
}

void stream_close(struct ipcx_transport_pair *base)
{
	struct stream_pair *pair = (struct stream_pair *)base;

	end_close(&pair->end[0]);
	end_close(&pair->end[1]);
	free(pair);
}
