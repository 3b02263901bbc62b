/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Messages over connected Unix datagram and seqpacket sockets, which differ in
 * their type only. Batches go through sendmmsg(2) and recvmmsg(2).
 */
#ifndef IPCX_TRANSPORT_UNIX_PACKET_H
#define IPCX_TRANSPORT_UNIX_PACKET_H

#include "internal.h"

int unix_packet_open(struct ipcx_transport_pair **out, const struct ipcx_transport_ops *ops,
		     int type, const struct ipcx_transport_opts *opts, char *why);
int unix_packet_send(struct ipcx_transport_end *end, const struct ipcx_transport_msg *msg);
int unix_packet_recv(struct ipcx_transport_end *end, struct ipcx_transport_msg *msg);
int unix_packet_send_batch(struct ipcx_transport_end *end,
			   const struct ipcx_transport_msg *msgs, unsigned int count);
int unix_packet_recv_batch(struct ipcx_transport_end *end, struct ipcx_transport_msg *msgs,
			   unsigned int count);
int unix_packet_set_nonblock(struct ipcx_transport_end *end, int on);
int unix_packet_wait(struct ipcx_transport_end *end, int out);
void unix_packet_attach(struct ipcx_transport_pair *pair, int side);
void unix_packet_close(struct ipcx_transport_pair *pair);

#endif /* IPCX_TRANSPORT_UNIX_PACKET_H */
