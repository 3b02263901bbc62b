/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reply tokens as fds: a call that another process answers. */
#ifndef IPCX_TOKEN_H
#define IPCX_TOKEN_H

#include <ipcx/mbox.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * ipcx_mbox_token_fd() - Turn a token into an fd, with which another process can reply.
 * @m: the mailbox, with the right to receive
 * @token: what came with the request; not good any more afterwards
 *
 * The fd can be passed on, also by a message, and is good for one reply by whoever has
 * it. poll(2) tells POLLOUT while the caller waits, then POLLERR and POLLHUP. Its last
 * close without a reply is a discard.
 *
 * Return: the fd, which is the caller's to close, close-on-exec; or -ESTALE (no such
 * token, or the caller has given up), -EBADF (the fd lacks the right to receive),
 * -EINVAL (a token of 0), -EMFILE, -ENFILE, -ENOMEM. Unless the token is stale it stays
 * good after an error.
 */
IPCX_API int ipcx_mbox_token_fd(const struct ipcx_mbox *m, uint64_t token);

/**
 * ipcx_token_reply() - Reply with a message of type 0 to the call whose token an fd is.
 * @fd: the fd, which stays open
 * @buf: payload of the reply
 * @len: its bytes, 0 allowed
 *
 * Never waits.
 *
 * Return: 0, or the errors of ipcx_token_reply_msg().
 */
IPCX_API int ipcx_token_reply(int fd, const void *buf, size_t len);

/**
 * ipcx_token_reply_msg() - Reply to the call whose token an fd is.
 * @fd: the fd, which stays open
 * @reply: the reply; a cookie of 0 stands for the request's
 *
 * Never waits.
 *
 * Return: 0, or the errors of ipcx_mbox_reply_msg(), where -ESTALE means that the call
 * has been answered, too; or -EBADF (also: not open), -EINVAL, -ENOTTY (also: the fd is no
 * token's).
 */
IPCX_API int ipcx_token_reply_msg(int fd, const struct ipcx_mbox_msg *reply);

/**
 * ipcx_token_discard() - Do not reply to the call whose token an fd is: its caller gets
 *	-EPIPE.
 * @fd: the fd, which stays open
 *
 * Return: 0, or -ESTALE (the call has been answered, or the caller has given up), -EBADF
 * (not open); or -EBADF, -EINVAL, -ENOTTY (the fd is no token's).
 */
IPCX_API int ipcx_token_discard(int fd);

#ifdef __cplusplus
}
#endif

#endif /* IPCX_TOKEN_H */
