// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Pipes and Unix stream sockets that are read and written by io_uring, one request in each
 * system call. What is moved is what the transports "pipe" and "unix-stream" move.
 *
 * A ring belongs to the process that has opened it, so each end has one, and who takes an end
 * after fork(2) opens its own.
 */
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "pipe.h"
#include "unix_stream.h"
#include "uring.h"

#ifndef RWF_NOWAIT
#define RWF_NOWAIT	0x00000008
#endif

/**
 * struct uring_side - What an end has more than other streams.
 * @ring: its ring
 * @socket: it is a socket
 * @nonblock: requests fail instead of waiting
 * @takes_back: the kernel (before 6.4) knows no such requests for pipes
 */
struct uring_side {
	struct uring ring;
	bool socket;
	bool nonblock;
	bool takes_back;
};

struct uring_pair {
	struct stream_pair stream;
	struct uring_side side[2];
};

/*
 * O_NONBLOCK lets the kernel try at once, and then wait all the same. A request that says so by
 * itself does not wait; where there is no such request, it is taken back.
 */
static int pipe_call(struct uring_side *side, struct io_uring_sqe *request)
{
	int n;

	request->off = -1ULL;
	if (!side->nonblock)
		return uring_call(&side->ring, request, true);
	if (!side->takes_back) {
		request->rw_flags = RWF_NOWAIT;
		n = uring_call(&side->ring, request, true);
		if (n != -EOPNOTSUPP)
			return n;
		side->takes_back = true;
		request->rw_flags = 0;
	}
	n = uring_call(&side->ring, request, false);
	return n == -EINTR ? -EAGAIN : n;
}

/* As read(2) and write(2) have it. */
static ssize_t result_of(int n)
{
	if (n >= 0)
		return n;
	errno = -n;
	return -1;
}

static struct io_uring_sqe request_of(unsigned char opcode, int fd, const void *bytes, size_t len)
{
	return (struct io_uring_sqe){
		.opcode = opcode, .fd = fd, .addr = (uintptr_t)bytes,
		.len = len < STREAM_MAX_SIZE ? (unsigned int)len : STREAM_MAX_SIZE,
	};
}

static ssize_t uring_put(const struct stream_end *end, const void *bytes, size_t len)
{
	struct uring_side *side = end->own;
	struct io_uring_sqe request = request_of(side->socket ? IORING_OP_SEND : IORING_OP_WRITE,
						 end->out, bytes, len);

	if (!side->socket)
		return result_of(pipe_call(side, &request));
	request.msg_flags = MSG_NOSIGNAL | (side->nonblock ? MSG_DONTWAIT : 0);
	return result_of(uring_call(&side->ring, &request, true));
}

static ssize_t uring_get(const struct stream_end *end, void *bytes, size_t len)
{
	struct uring_side *side = end->own;
	struct io_uring_sqe request = request_of(side->socket ? IORING_OP_RECV : IORING_OP_READ,
						 end->in, bytes, len);

	if (!side->socket)
		return result_of(pipe_call(side, &request));
	request.msg_flags = side->nonblock ? MSG_DONTWAIT : 0;
	return result_of(uring_call(&side->ring, &request, true));
}

static int open_rings(struct uring_pair *pair, char *why)
{
	int i, err;

	for (i = 0; i < 2; i++) {
		err = uring_open(&pair->side[i].ring);
		if (err) {
			errno = -err;
			return transport_why(why, err, "cannot open an io_uring: %m");
		}
	}
	return 0;
}

static int uring_pair_open(struct ipcx_transport_pair **out, const struct ipcx_transport_ops *ops,
			   const struct ipcx_transport_opts *opts, bool socket, char *why)
{
	struct uring_pair *pair = calloc(1, sizeof(*pair));
	int i, err;

	if (!pair)
		return -ENOMEM;
	stream_pair_init(&pair->stream, ops, opts);
	for (i = 0; i < 2; i++) {
		pair->side[i].ring = URING_NONE;
		pair->side[i].socket = socket;
	}
	*out = &pair->stream.base;
	err = socket ? unix_stream_connect(&pair->stream, opts, why) :
		       pipe_connect(&pair->stream, opts, why);
	for (i = 0; i < 2; i++) {
		pair->stream.end[i].put = uring_put;
		pair->stream.end[i].get = uring_get;
		pair->stream.end[i].own = &pair->side[i];
	}
	return err ? err : open_rings(pair, why);
}

static int pipe_open(struct ipcx_transport_pair **out, const struct ipcx_transport_opts *opts,
		     char *why)
{
	return uring_pair_open(out, &ipcx_transport_uring_pipe, opts, false, why);
}

static int unix_open(struct ipcx_transport_pair **out, const struct ipcx_transport_opts *opts,
		     char *why)
{
	return uring_pair_open(out, &ipcx_transport_uring_unix, opts, true, why);
}

static int uring_set_nonblock(struct ipcx_transport_end *base, int on)
{
	struct uring_side *side = ((struct stream_end *)base)->own;

	side->nonblock = on;
	return stream_set_nonblock(base, on);
}

/* What goes wrong with the ring is the result of the first call. */
static void uring_attach(struct ipcx_transport_pair *base, int which)
{
	struct uring_pair *pair = (struct uring_pair *)base;
	struct uring *ring = &pair->side[which].ring;

	uring_close(&pair->side[!which].ring);
	stream_attach(base, which);
	if (ring->owner == getpid())
		return;
	uring_close(ring);
	uring_open(ring);
}

static void uring_pair_close(struct ipcx_transport_pair *base)
{
	struct uring_pair *pair = (struct uring_pair *)base;

	uring_close(&pair->side[0].ring);
	uring_close(&pair->side[1].ring);
	stream_close(base);
}

const struct ipcx_transport_ops ipcx_transport_uring_pipe = {
	.name = "io_uring-pipe",
	.summary = "two pipes, read and written by io_uring",
	.caps = IPCX_TRANSPORT_RELATED | IPCX_TRANSPORT_PEER_DEATH | IPCX_TRANSPORT_POLL |
		IPCX_TRANSPORT_LINGERS,
	.traits = IPCX_TRAIT_DEATH,
	.max_size = STREAM_MAX_SIZE,
	.available = uring_available,
	.open = pipe_open,
	.send = stream_send,
	.recv = stream_recv,
	.set_nonblock = uring_set_nonblock,
	.wait = stream_wait,
	.attach = uring_attach,
	.close = uring_pair_close,
};

const struct ipcx_transport_ops ipcx_transport_uring_unix = {
	.name = "io_uring-unix",
	.summary = "connected Unix stream sockets, read and written by io_uring",
	.caps = IPCX_TRANSPORT_PEER_DEATH | IPCX_TRANSPORT_POLL | IPCX_TRANSPORT_LINGERS,
	.traits = IPCX_TRAIT_PASS_FDS | IPCX_TRAIT_BIDIRECTIONAL | IPCX_TRAIT_SENDER |
		IPCX_TRAIT_DEATH,
	.max_size = STREAM_MAX_SIZE,
	.available = uring_available,
	.open = unix_open,
	.send = stream_send,
	.recv = stream_recv,
	.set_nonblock = uring_set_nonblock,
	.wait = stream_wait,
	.attach = uring_attach,
	.close = uring_pair_close,
};
