// SPDX-License-Identifier: LGPL-2.1-or-later
/* A connected pair of Unix stream sockets. */
#include <sys/socket.h>
#include <unistd.h>

#include "fd.h"
#include "unix_stream.h"

/* The kernel cuts a stream into pieces of at most this, each with its own cost. */
#define PIECE		32768
#define PIECE_COST	1024

static long long room(const struct ipcx_transport_opts *opts)
{
	long long bytes = (long long)stream_bytes(opts);
	long long pieces = bytes / PIECE + 1;

	return (2 * bytes + pieces * PIECE_COST) * opts->depth;
}

int unix_stream_connect(struct stream_pair *pair, const struct ipcx_transport_opts *opts,
			char *why)
{
	int fds[2], side, err = 0;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return transport_why(why, -errno, "socketpair: %m");
	for (side = 0; side < 2; side++) {
		pair->end[side].in = fds[side];
		pair->end[side].out = fds[side];
		pair->end[side].put = stream_put_socket;
	}
	for (side = 0; side < 2 && !err; side++)
		err = fd_socket_room(fds[side], room(opts), opts->depth, why);
	return err;
}

static int stream_open(struct ipcx_transport_pair **out, const struct ipcx_transport_opts *opts,
		       char *why)
{
	struct stream_pair *pair = stream_pair_new(&ipcx_transport_unix_stream, opts);

	if (!pair)
		return -ENOMEM;
	*out = &pair->base;
	return unix_stream_connect(pair, opts, why);
}

const struct ipcx_transport_ops ipcx_transport_unix_stream = {
	.name = "unix-stream",
	.summary = "connected Unix stream sockets",
	.caps = IPCX_TRANSPORT_PEER_DEATH | IPCX_TRANSPORT_POLL,
	.traits = IPCX_TRAIT_PASS_FDS | IPCX_TRAIT_BIDIRECTIONAL | IPCX_TRAIT_SENDER |
		IPCX_TRAIT_DEATH,
	.max_size = STREAM_MAX_SIZE,
	.open = stream_open,
	STREAM_OPS
};
