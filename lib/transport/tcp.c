// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A TCP connection over the loopback interface, without Nagle's delay.
 *
 * Whoever else connects to the port in the moment in which it listens is sent away: the peer has
 * to be the socket of this pair.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fd.h"
#include "stream.h"

/* What is sent is counted in pieces of at most this, each with its own cost. */
#define PIECE		32768
#define PIECE_COST	2048

static long long room(const struct ipcx_transport_opts *opts)
{
	long long bytes = (long long)stream_bytes(opts);
	long long pieces = bytes / PIECE + 1;

	return (2 * bytes + pieces * PIECE_COST) * (opts->depth ? opts->depth : 1);
}

static int make_socket(char *why)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd < 0 ? transport_why(why, -errno, "socket: %m") : fd;
}

/* Any free port of the loopback interface. */
static int listen_at(int fd, struct sockaddr_in *addr, char *why)
{
	socklen_t len = sizeof(*addr);

	addr->sin_family = AF_INET;
	addr->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)addr, sizeof(*addr)) < 0 || listen(fd, 1) < 0 ||
	    getsockname(fd, (struct sockaddr *)addr, &len) < 0)
		return transport_why(why, -errno, "cannot listen on the loopback interface: %m");
	return 0;
}

/* The connection that this socket has begun. */
static int accept_from(int listener, int socket, char *why)
{
	struct sockaddr_in own, peer;
	socklen_t len = sizeof(own);
	int fd;

	if (getsockname(socket, (struct sockaddr *)&own, &len) < 0)
		return transport_why(why, -errno, "getsockname: %m");
	for (;;) {
		len = sizeof(peer);
		fd = accept4(listener, (struct sockaddr *)&peer, &len, SOCK_CLOEXEC);
		if (fd < 0 && errno == EINTR)
			continue;
		if (fd < 0)
			return transport_why(why, -errno, "accept: %m");
		if (peer.sin_port == own.sin_port &&
		    peer.sin_addr.s_addr == own.sin_addr.s_addr)
			return fd;
		close(fd);
	}
}

/* A signal ends the wait, but not the connection that is being made: who asks again waits again. */
static int connect_to(int fd, const struct sockaddr_in *addr)
{
	while (connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) < 0)
		if (errno != EINTR)
			return errno == EISCONN ? 0 : -errno;
	return 0;
}

static int connect_ends(struct stream_pair *pair, int listener, char *why)
{
	struct sockaddr_in addr = { 0 };
	int err = listen_at(listener, &addr, why);

	if (err)
		return err;
	err = connect_to(pair->end[0].in, &addr);
	if (err)
		return transport_why(why, err, "connect: %s", strerror(-err));
	pair->end[1].in = accept_from(listener, pair->end[0].in, why);
	return pair->end[1].in < 0 ? pair->end[1].in : 0;
}

static int set_up(struct stream_end *end, const struct ipcx_transport_opts *opts, char *why)
{
	const int on = 1;

	end->out = end->in;
	end->put = stream_put_socket;
	if (setsockopt(end->in, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0)
		return transport_why(why, -errno, "TCP_NODELAY: %m");
	return fd_socket_room(end->in, room(opts), opts->depth, why);
}

static int tcp_open(struct ipcx_transport_pair **out, const struct ipcx_transport_opts *opts,
		    char *why)
{
	struct stream_pair *pair = stream_pair_new(&ipcx_transport_tcp, opts);
	int listener, err;

	if (!pair)
		return -ENOMEM;
	*out = &pair->base;
	listener = make_socket(why);
	if (listener < 0)
		return listener;
	pair->end[0].in = make_socket(why);
	err = pair->end[0].in < 0 ? pair->end[0].in : connect_ends(pair, listener, why);
	close(listener);
	if (!err)
		err = set_up(&pair->end[0], opts, why);
	return err ? err : set_up(&pair->end[1], opts, why);
}

const struct ipcx_transport_ops ipcx_transport_tcp = {
	.name = "tcp",
	.summary = "a TCP connection over the loopback interface",
	.caps = IPCX_TRANSPORT_PEER_DEATH | IPCX_TRANSPORT_POLL,
	.traits = IPCX_TRAIT_BIDIRECTIONAL | IPCX_TRAIT_NETWORK | IPCX_TRAIT_DEATH,
	.max_size = STREAM_MAX_SIZE,
	.open = tcp_open,
	STREAM_OPS
};
