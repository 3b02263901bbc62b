/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ring of a mailbox: plain messages are copied once, by the kernel, into memory that the
 * mailbox's owner reads without a system call. Nobody else can write it: neither the owner nor
 * the senders.
 */
#ifndef IPCX_MBOX_RING_H
#define IPCX_MBOX_RING_H

#include <ipcx/mbox.h>
#include <ipcx/ring.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * ipcx_mbox_ring() - Get a mailbox's ring, to consume from it.
 * @ring: out: the ring; NULL after an error
 * @m: the mailbox, with the right to receive, created with &ipcx_mbox_opts.ring_size
 *
 * There is one consumer at a time, ipcx_consumer_attach(), and the kernel is the producer. A
 * record is one message: ipcx_mbox_ring_msg() takes it apart. When the consumer is detached
 * or its process ends, messages go on to be delivered, and the next one reads on from what was
 * released.
 *
 * Plain messages come into the ring, in their order. Calls, messages sent with
 * IPCX_POST_SYNC or with files, replies, messages of groups and notices of death are received
 * with ipcx_mbox_recv_msgs() and ipcx_mbox_reply_recv(), as without a ring. poll(2) of the
 * mailbox's fd, and of the ring's, which is a duplicate of it, tells of both.
 *
 * The handle's calls wait, unless the mailbox's fd is nonblocking now. It keeps the mailbox
 * alive until ipcx_ring_close(), so that the ring has no end of file.
 *
 * Return: 0, or -EBADF (the fd lacks the right to receive), -EMFILE, -ENODEV (the mailbox has
 * no ring), -ENOMEM, -EPROTO (a layout that the library does not know).
 */
IPCX_API int ipcx_mbox_ring(struct ipcx_ring **ring, const struct ipcx_mbox *m);

/**
 * ipcx_mbox_ring_msg() - Tell what a record of a mailbox's ring says.
 * @mail: out: the message and its sender, as a receive tells them; @buf of it is the address
 *	of the payload behind @record, and @len its bytes
 * @record: the record, from ipcx_consumer_peek() or ipcx_consumer_recv()
 * @len: its bytes
 *
 * What was peeked at stays as it is until it is released: no sender can change it.
 *
 * Return: 0, or -EBADMSG (it is shorter than any record of a mailbox's ring).
 */
IPCX_API int ipcx_mbox_ring_msg(struct ipcx_mbox_recv *mail, const void *record, size_t len);

#ifdef __cplusplus
}
#endif

#endif /* IPCX_MBOX_RING_H */
