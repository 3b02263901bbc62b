// SPDX-License-Identifier: LGPL-2.1-or-later
/* A connected pair of Unix seqpacket sockets. */
#include <sys/socket.h>

#include "packet.h"

static int seqpacket_open(struct ipcx_transport_pair **pair, const struct ipcx_transport_opts *opts,
			  char *why)
{
	return packet_open_unix(pair, &ipcx_transport_unix_seqpacket, SOCK_SEQPACKET, opts, why);
}

const struct ipcx_transport_ops ipcx_transport_unix_seqpacket = {
	.name = "unix-seqpacket",
	.summary = "connected Unix seqpacket sockets",
	.caps = IPCX_TRANSPORT_BOUNDARIES | IPCX_TRANSPORT_BATCH | IPCX_TRANSPORT_PEER_DEATH |
		IPCX_TRANSPORT_POLL | TRANSPORT_MANY,
	.traits = IPCX_TRAIT_PASS_FDS | IPCX_TRAIT_BIDIRECTIONAL | IPCX_TRAIT_SENDER |
		IPCX_TRAIT_DEATH,
	.open = seqpacket_open,
	PACKET_OPS
};
