/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shared buffers: a group's long payload, which all its subscribers' mail refers to.
 *
 * It is the buffer of a message that came from the group's cache of free ones, and
 * goes back there when the last mail has been received. Meanwhile nobody is charged
 * with that message: each mail is charged with the buffer, as if it had it alone.
 */
#ifndef _IPCX_SHARED_H
#define _IPCX_SHARED_H

#include <linux/types.h>

struct ipcx_message;
struct ipcx_queue;

void ipcx_shared_make(struct ipcx_message *msg, struct ipcx_queue *origin);
void ipcx_shared_put(struct ipcx_message *shared);
void ipcx_shared_give_back(struct ipcx_message *shared);
int ipcx_shared_refer(struct ipcx_message *msg, struct ipcx_message *shared);
struct ipcx_message *ipcx_shared_unrefer(struct ipcx_message *msg);

#endif /* _IPCX_SHARED_H */
