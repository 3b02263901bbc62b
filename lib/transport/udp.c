// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Two UDP sockets on the loopback interface, connected to each other, so that nobody else's
 * datagrams arrive.
 *
 * A datagram is with its receiver as soon as it is sent, and nothing holds a sender back: what
 * the receiver's buffer has no room for is thrown away.
 */
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fd.h"
#include "packet.h"

/* What a datagram of IPv4 can carry. */
#define MAX_SIZE	65507
/* What is counted for a datagram on top of twice its payload, at most. */
#define MESSAGE_COST	2048

/*
 * The kernel may keep the room of what was received, up to a quarter of the buffer, until the
 * buffer is empty.
 */
static long long room(const struct ipcx_transport_opts *opts)
{
	long long one = 2 * (long long)opts->msg_size + MESSAGE_COST;

	return one * (opts->depth ? opts->depth : 1) * 3 / 2;
}

/* Any free port of the loopback interface. */
static int bind_any(int fd, struct sockaddr_in *addr, char *why)
{
	socklen_t len = sizeof(*addr);

	*addr = (struct sockaddr_in){ .sin_family = AF_INET };
	addr->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)addr, sizeof(*addr)) < 0 ||
	    getsockname(fd, (struct sockaddr *)addr, &len) < 0)
		return transport_why(why, -errno, "cannot bind to the loopback interface: %m");
	return 0;
}

/* What strangers have sent before it was connected goes. */
static int connect_to(int fd, const struct sockaddr_in *peer, char *why)
{
	char byte;

	if (connect(fd, (const struct sockaddr *)peer, sizeof(*peer)) < 0)
		return transport_why(why, -errno, "connect: %m");
	while (recv(fd, &byte, 1, MSG_DONTWAIT | MSG_TRUNC) >= 0)
		;
	return 0;
}

static int connect_both(const int fds[2], char *why)
{
	struct sockaddr_in addr[2];
	int side, err = 0;

	for (side = 0; side < 2 && !err; side++)
		err = bind_any(fds[side], &addr[side], why);
	for (side = 0; side < 2 && !err; side++)
		err = connect_to(fds[side], &addr[!side], why);
	return err;
}

static int make_sockets(int fds[2], char *why)
{
	int err;

	fds[0] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fds[0] < 0)
		return transport_why(why, -errno, "socket: %m");
	fds[1] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fds[1] >= 0)
		return 0;
	err = -errno;
	close(fds[0]);
	return transport_why(why, err, "socket: %m");
}

static int udp_open(struct ipcx_transport_pair **out, const struct ipcx_transport_opts *opts,
		    char *why)
{
	int fds[2], side, err = make_sockets(fds, why);

	if (err)
		return err;
	err = packet_open(out, &ipcx_transport_udp, fds, opts);
	if (!err)
		err = connect_both(fds, why);
	for (side = 0; side < 2 && !err; side++)
		err = fd_receive_room(fds[side], room(opts), opts->depth, why);
	return err;
}

const struct ipcx_transport_ops ipcx_transport_udp = {
	.name = "udp",
	.summary = "connected UDP sockets on the loopback interface",
	.caps = IPCX_TRANSPORT_BOUNDARIES | IPCX_TRANSPORT_BATCH | IPCX_TRANSPORT_POLL |
		IPCX_TRANSPORT_LOSSY,
	.traits = IPCX_TRAIT_BROADCAST | IPCX_TRAIT_BIDIRECTIONAL | IPCX_TRAIT_NETWORK,
	.max_size = MAX_SIZE,
	.open = udp_open,
	PACKET_OPS
};
