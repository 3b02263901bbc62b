/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Groups: one send, many receivers.
 *
 * A group is a mailbox that was created with IPCX_MBOX_GROUP. What is sent to it goes to
 * every mailbox that has subscribed; nothing is received from the group itself, but its
 * right to receive keeps it alive and ends subscriptions. Each message has the attested
 * sender that sent it and the group's port in its group field; its lost field tells how
 * many of the group's messages were lost before it for want of room.
 */
#ifndef IPCX_GROUP_H
#define IPCX_GROUP_H

#include <ipcx/mbox.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * ipcx_mbox_subscribe() - Subscribe a mailbox to a group.
 * @group: the group, with the right to subscribe
 * @m: the caller's own mailbox, with the right to receive
 * @lag: one of &enum ipcx_lag: what becomes of a message that @m has no room for
 *
 * @m gets every message that is sent to the group from then on. When the group dies or
 * ends the subscription, the last message says so: its flags are IPCX_MSG_DEAD, its
 * group is the group's port.
 *
 * Return: 0, or -EBADF (the fd of @group lacks the right to subscribe, or that of @m the
 * right to receive), -EDQUOT (the user's limit of bytes), -EEXIST (@m has subscribed
 * already), -EINVAL (@lag; @m is a group), -ENOMEM, -EOPNOTSUPP (@group is not a group),
 * -EPERM (IPCX_LAG_BLOCK, and the group was created without IPCX_MBOX_GROUP_BLOCK),
 * -EPIPE (the group is dead).
 */
IPCX_API int ipcx_mbox_subscribe(const struct ipcx_mbox *group, const struct ipcx_mbox *m,
				 unsigned int lag);

/**
 * ipcx_mbox_subscribe_port() - Subscribe a mailbox to the group of a port, without
 *	opening it.
 * @dev: the device
 * @port: the group's port
 * @m: as for ipcx_mbox_subscribe()
 * @lag: as for ipcx_mbox_subscribe()
 *
 * Return: as ipcx_mbox_subscribe(), or -ENOENT (no such port, or one that the caller may
 * not subscribe to).
 */
IPCX_API int ipcx_mbox_subscribe_port(const struct ipcx_dev *dev, uint64_t port,
				      const struct ipcx_mbox *m, unsigned int lag);

/**
 * ipcx_mbox_subscribe_name() - Subscribe a mailbox to the group of a name, without
 *	opening it.
 * @dev: the device
 * @name: the group's name
 * @m: as for ipcx_mbox_subscribe()
 * @lag: as for ipcx_mbox_subscribe()
 *
 * Return: as ipcx_mbox_subscribe(), or -EACCES (the group's mode), -EINVAL (@name, too),
 * -ENAMETOOLONG, -ENOENT (no such name), -EPROTOTYPE (the name is of another kind).
 */
IPCX_API int ipcx_mbox_subscribe_name(const struct ipcx_dev *dev, const char *name,
				      const struct ipcx_mbox *m, unsigned int lag);

/**
 * ipcx_mbox_unsubscribe() - End the subscription of one's own mailbox.
 * @m: the mailbox, with the right to receive
 * @group: the group's port
 * @lost: out: messages of the group that @m lost in all; or NULL
 *
 * Messages that are in @m already stay there; no message tells of the end.
 *
 * Return: 0, or -EBADF (the fd lacks the right to receive), -ENOENT (@m has not
 * subscribed to it).
 */
IPCX_API int ipcx_mbox_unsubscribe(const struct ipcx_mbox *m, uint64_t group, uint64_t *lost);

/**
 * ipcx_mbox_expel() - End another's subscription to one's own group.
 * @group: the group, with the right to receive
 * @member: port of the mailbox that has subscribed
 * @lost: out: messages of the group that it lost in all; or NULL
 *
 * The member is told, see ipcx_mbox_subscribe().
 *
 * Return: 0, or -EBADF (the fd lacks the right to receive), -ENOENT (nobody with that
 * port has subscribed).
 */
IPCX_API int ipcx_mbox_expel(const struct ipcx_mbox *group, uint64_t member, uint64_t *lost);

#ifdef __cplusplus
}
#endif

#endif /* IPCX_GROUP_H */
