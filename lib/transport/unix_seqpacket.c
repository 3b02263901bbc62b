// SPDX-License-Identifier: LGPL-2.1-or-later
/* A connected pair of Unix seqpacket sockets. */
#include <sys/socket.h>

#include "unix_packet.h"

static int seqpacket_open(struct ipcx_transport_pair **pair, const struct ipcx_transport_opts *opts,
		      char *why)
{
	return unix_packet_open(pair, &ipcx_transport_unix_seqpacket, SOCK_SEQPACKET, opts, why);
}

const struct ipcx_transport_ops ipcx_transport_unix_seqpacket = {
	.name = "unix-seqpacket",
	.summary = "connected Unix seqpacket sockets",
	.caps = IPCX_TRANSPORT_BOUNDARIES | IPCX_TRANSPORT_BATCH | IPCX_TRANSPORT_PEER_DEATH |
		IPCX_TRANSPORT_POLL,
	.open = seqpacket_open,
	.send = unix_packet_send,
	.recv = unix_packet_recv,
	.send_batch = unix_packet_send_batch,
	.recv_batch = unix_packet_recv_batch,
	.set_nonblock = unix_packet_set_nonblock,
	.wait = unix_packet_wait,
	.attach = unix_packet_attach,
	.close = unix_packet_close,
};
