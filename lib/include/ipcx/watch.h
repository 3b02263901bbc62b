/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Notices of a mailbox's death. */
#ifndef IPCX_WATCH_H
#define IPCX_WATCH_H

#include <ipcx/mbox.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * ipcx_mbox_watch() - Be told when a mailbox dies.
 * @target: the mailbox, with the right to send
 * @m: the caller's own mailbox, with the right to receive, into which the notice comes
 * @cookie: any number, which the notice shall tell
 *
 * A mailbox dies when the last fd with its right to receive is closed. The notice is a
 * message without payload: its flags are IPCX_MSG_DEAD, its sender is the port that
 * died, its group is 0. There is always room for it. It comes if the fd of @target is
 * still open then.
 *
 * Return: 0, or -EBADF (the fd of @target lacks the right to send, or that of @m the
 * right to receive), -EDQUOT (the user's limit of bytes), -EEXIST (@m will be told of
 * that port already), -EINVAL (@m is a group), -ENOMEM, -EPIPE (it is dead already).
 */
IPCX_API int ipcx_mbox_watch(const struct ipcx_mbox *target, const struct ipcx_mbox *m,
			     uint64_t cookie);

/**
 * ipcx_mbox_watch_port() - Be told when the mailbox of a port dies, without opening it.
 * @dev: the device
 * @port: the mailbox's port
 * @m: as for ipcx_mbox_watch()
 * @cookie: as for ipcx_mbox_watch()
 *
 * The notice comes if the caller may still send to the mailbox then.
 *
 * Return: as ipcx_mbox_watch(), or -ENOENT (no such port, or one that the caller may not
 * send to).
 */
IPCX_API int ipcx_mbox_watch_port(const struct ipcx_dev *dev, uint64_t port,
				  const struct ipcx_mbox *m, uint64_t cookie);

/**
 * ipcx_mbox_watch_name() - Be told when the mailbox of a name dies, without opening it.
 * @dev: the device
 * @name: the mailbox's name
 * @m: as for ipcx_mbox_watch()
 * @cookie: as for ipcx_mbox_watch()
 *
 * It is the mailbox that has the name now; another that gets it later is not watched.
 * The notice comes if the caller may still send to the mailbox when it dies.
 *
 * Return: as ipcx_mbox_watch(), or -EACCES (the mailbox's mode), -EINVAL (@name, too),
 * -ENAMETOOLONG, -ENOENT (no such name), -EPROTOTYPE (the name is of another kind).
 */
IPCX_API int ipcx_mbox_watch_name(const struct ipcx_dev *dev, const char *name,
				  const struct ipcx_mbox *m, uint64_t cookie);

/**
 * ipcx_mbox_unwatch() - Do not be told of a mailbox's death after all.
 * @m: the caller's own mailbox
 * @port: the port that was watched
 *
 * A notice that has come already stays in @m.
 *
 * Return: 0, or -EBADF (the fd lacks the right to receive), -ENOENT (@m would not be
 * told of that port).
 */
IPCX_API int ipcx_mbox_unwatch(const struct ipcx_mbox *m, uint64_t port);

#ifdef __cplusplus
}
#endif

#endif /* IPCX_WATCH_H */
