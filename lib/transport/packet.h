/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Messages over connected sockets that keep them apart: Unix datagram and seqpacket
 * sockets, and UDP. Batches go through sendmmsg(2) and recvmmsg(2).
 */
#ifndef IPCX_TRANSPORT_PACKET_H
#define IPCX_TRANSPORT_PACKET_H

#include "internal.h"

/* A pair of these sockets, which it takes over, also when it fails; 0 or a negative errno. */
int packet_open(struct ipcx_transport_pair **out, const struct ipcx_transport_ops *ops,
		const int fds[2], const struct ipcx_transport_opts *opts);

/* The same of a new pair of Unix sockets, with room for what @opts asks for. */
int packet_open_unix(struct ipcx_transport_pair **out, const struct ipcx_transport_ops *ops,
		     int type, const struct ipcx_transport_opts *opts, char *why);

int packet_send(struct ipcx_transport_end *end, const struct ipcx_transport_msg *msg);
int packet_recv(struct ipcx_transport_end *end, struct ipcx_transport_msg *msg);
int packet_send_batch(struct ipcx_transport_end *end, const struct ipcx_transport_msg *msgs,
		      unsigned int count);
int packet_recv_batch(struct ipcx_transport_end *end, struct ipcx_transport_msg *msgs,
		      unsigned int count);
int packet_set_nonblock(struct ipcx_transport_end *end, int on);
int packet_wait(struct ipcx_transport_end *end, int out);
void packet_attach(struct ipcx_transport_pair *pair, int side);
void packet_close(struct ipcx_transport_pair *pair);

/* What is the same for all of them. */
#define PACKET_OPS						\
	.send = packet_send,					\
	.recv = packet_recv,					\
	.send_batch = packet_send_batch,			\
	.recv_batch = packet_recv_batch,			\
	.set_nonblock = packet_set_nonblock,			\
	.wait = packet_wait,					\
	.attach = packet_attach,				\
	.close = packet_close

#endif /* IPCX_TRANSPORT_PACKET_H */
