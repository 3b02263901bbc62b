/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mailboxes: messages with attested senders, carried files, calls and replies. More of
 * them is in <ipcx/group.h>, <ipcx/mbox_ring.h>, <ipcx/token.h> and <ipcx/watch.h>.
 */
#ifndef IPCX_MBOX_H
#define IPCX_MBOX_H

#include <ipcx/dev.h>
#include <ipcx/queue.h>		/* struct ipcx_recv_opts */

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct ipcx_mbox - A mailbox's one right to receive, or a right to send to it, to
 *	subscribe to it, or both.
 *
 * Its functions are thread-safe: any number of threads may send, receive, call and
 * reply on one handle, except that ipcx_mbox_close() must be the last call. After
 * fork(2) both processes may use it, and each closes its own.
 */
struct ipcx_mbox;

/**
 * struct ipcx_mbox_opts - What ipcx_mbox_create() creates a mailbox with.
 * @sz: size of this structure, set by IPCX_OPTS()
 * @mode: permission bits, 1 to 0777, of which the umask's are removed: w to
 *	send, r to list and to subscribe; 0: 0600 (for none at all, fchmod(2) the fd)
 * @flags: IPCX_MBOX_ADDRESSABLE (without a name, too, its port reaches it),
 *	IPCX_MBOX_FILES (messages may carry files), IPCX_MBOX_GROUP (a group, see
 *	<ipcx/group.h>), and with it IPCX_MBOX_GROUP_BLOCK
 * @max_msgs: most messages; 0: the module's default
 * @max_msg_size: largest payload in bytes; 0: the module's default, or @max_bytes
 *	where that is given and less
 * @max_bytes: most payload bytes in the mailbox, at least @max_msg_size; 0: the
 *	module's default, or @max_msg_size where that is more
 * @spin_ns: how long IPCX_XFER_ADAPTIVE spins here at most, in nanoseconds, up to
 *	IPCX_SPIN_NS_MAX; 0: the module's default
 * @reserved: 0
 * @ring_size: bytes of a ring that plain messages are delivered into, see
 *	<ipcx/mbox_ring.h>: a power of two, in half of which a record of @max_msg_size has
 *	room; 0: no ring. With a ring, @max_msg_size 0 is at most what has room there
 */
struct ipcx_mbox_opts {
	size_t sz;
	uint32_t mode;
	uint32_t flags;
	uint64_t max_msgs;
	uint64_t max_msg_size;
	uint64_t max_bytes;
	uint32_t spin_ns;
	uint32_t reserved;
	uint64_t ring_size;
};

/**
 * struct ipcx_mbox_send_opts - Options of sends and calls.
 * @sz: size of this structure, set by IPCX_OPTS()
 * @flags: IPCX_XFER_NONBLOCK (do not wait for room; a call waits for its reply all
 *	the same), IPCX_XFER_DEADLINE; sends: IPCX_POST_SYNC (one message: return
 *	when it was received) or IPCX_POST_CALL (asynchronous calls: replies come as
 *	messages into @from); calls: IPCX_RECV_TRUNC (cut a reply that is longer
 *	than the room); calls and IPCX_POST_SYNC: IPCX_XFER_ADAPTIVE (spin a little
 *	before sleeping)
 * @clock: with IPCX_XFER_DEADLINE: CLOCK_MONOTONIC, CLOCK_BOOTTIME or
 *	CLOCK_REALTIME; else 0
 * @deadline_ns: with IPCX_XFER_DEADLINE: absolute nanoseconds on @clock, see
 *	ipcx_deadline_after(); one that has passed means: try once. Else 0
 * @from: the sender's own mailbox, with the right to receive, whose port the
 *	receiver is told; or NULL, but not with IPCX_POST_CALL
 */
struct ipcx_mbox_send_opts {
	size_t sz;
	uint32_t flags;
	uint32_t clock;
	int64_t deadline_ns;
	const struct ipcx_mbox *from;
};

/**
 * ipcx_mbox_create() - Create a mailbox and get the right to receive from it.
 * @m: out: the mailbox; NULL after an error
 * @dev: the device
 * @name: '/' and 1 to 254 bytes other than '/'; NULL: a mailbox without a name
 * @flags: IPCX_OPEN_EXCL, IPCX_OPEN_NONBLOCK, IPCX_OPEN_WRITE (the handle may send,
 *	too) and IPCX_OPEN_SUBSCRIBE (and subscribe others to this group) as wanted
 * @opts: options, or NULL
 *
 * The right is one: fork(2) and passing the fd share it, and nobody else gets
 * another. When its last fd is closed the mailbox dies: its name and its port are
 * gone, and who has sent or sends then gets -EPIPE.
 *
 * Return: 0, or -EACCES (the name exists and its mode forbids), -EBUSY (the name
 * has its receiver), -EDQUOT (the user's limit of objects or bytes), -EEXIST
 * (IPCX_OPEN_EXCL), -EINVAL (@name, @flags, or @opts beyond the module's limits),
 * -EMFILE, -ENFILE, -ENAMETOOLONG, -ENOMEM, -EPROTOTYPE (the name is of another
 * kind), -E2BIG (@opts is newer than the library and has unknown fields set).
 */
IPCX_API int ipcx_mbox_create(struct ipcx_mbox **m, const struct ipcx_dev *dev,
			      const char *name, unsigned int flags,
			      const struct ipcx_mbox_opts *opts);

/**
 * ipcx_mbox_open() - Get a right to send or to subscribe, by name.
 * @m: out: the right; NULL after an error
 * @dev: the device
 * @name: the mailbox's name
 * @flags: IPCX_OPEN_SUBSCRIBE (the right to subscribe instead of the right to send),
 *	with it IPCX_OPEN_WRITE (both rights); IPCX_OPEN_NONBLOCK
 *
 * The mailbox's mode has to permit to write for the right to send, and to read for the
 * right to subscribe.
 *
 * Return: 0, or -EACCES (the mailbox's mode), -EINVAL (@name, @flags), -EMFILE,
 * -ENFILE, -ENAMETOOLONG, -ENOENT (no such name), -ENOMEM, -EPROTOTYPE (the name is
 * of another kind).
 */
IPCX_API int ipcx_mbox_open(struct ipcx_mbox **m, const struct ipcx_dev *dev,
			    const char *name, unsigned int flags);

/**
 * ipcx_mbox_open_port() - Get a right to send or to subscribe, by port.
 * @m: out: the right; NULL after an error
 * @dev: the device
 * @port: the mailbox's port
 * @flags: as for ipcx_mbox_open()
 *
 * Return: 0, or -ENOENT (no such port, or one that the caller may not open so),
 * -EINVAL (@flags), -EMFILE, -ENFILE, -ENOMEM.
 */
IPCX_API int ipcx_mbox_open_port(struct ipcx_mbox **m, const struct ipcx_dev *dev,
				 uint64_t port, unsigned int flags);

/**
 * ipcx_mbox_from_fd() - Make a handle for a mailbox's fd that was received over a
 *	socket, or kept across execve(2).
 * @m: out: the mailbox; NULL after an error
 * @fd: the fd, which is the handle's from then on; after an error it stays the
 *	caller's
 *
 * Return: 0, or -EBADF (not open), -ENOTTY (not an ipcx object), -EPROTOTYPE (an
 * object of another kind), -ENOMEM.
 */
IPCX_API int ipcx_mbox_from_fd(struct ipcx_mbox **m, int fd);

/**
 * ipcx_mbox_grant() - Make a right to send or to subscribe out of the right to
 *	receive.
 * @right: out: the right; NULL after an error
 * @m: the mailbox, with the right to receive
 * @flags: IPCX_OPEN_WRITE, IPCX_OPEN_SUBSCRIBE or both; IPCX_OPEN_NONBLOCK
 *
 * For passing on, by a message or otherwise: the mailbox's mode is not asked, and no
 * name or port is needed. The new handle does not keep the mailbox alive.
 *
 * Return: 0, or -EBADF (the fd lacks the right to receive), -EINVAL (@flags),
 * -EMFILE, -ENFILE, -ENOMEM.
 */
IPCX_API int ipcx_mbox_grant(struct ipcx_mbox **right, const struct ipcx_mbox *m,
			     unsigned int flags);

/**
 * ipcx_mbox_close() - Close a mailbox's handle and its fd.
 * @m: the mailbox, or NULL
 *
 * Where it has the right to receive, the callers whose requests this process has
 * received and not answered get -EPIPE, also when the right lives on elsewhere.
 */
IPCX_API void ipcx_mbox_close(struct ipcx_mbox *m);

/**
 * ipcx_mbox_fd() - The mailbox's fd: for poll(2) and epoll(7), fcntl(2)
 *	(O_NONBLOCK, FD_CLOEXEC), fchmod(2), passing on.
 * @m: the mailbox
 *
 * Return: the fd, which stays the handle's.
 */
IPCX_API int ipcx_mbox_fd(const struct ipcx_mbox *m);

/**
 * ipcx_mbox_port() - The mailbox's port.
 * @m: the mailbox
 *
 * Return: a number that no other object has while the module stays loaded.
 */
IPCX_API uint64_t ipcx_mbox_port(const struct ipcx_mbox *m);

/**
 * ipcx_mbox_msg_init() - Describe a message to send.
 * @msg: the description
 * @buf: the payload
 * @len: its bytes
 * @type: any number, for the receiver to choose by
 * @cookie: any number, likewise, and what the reply to a call has, too
 *
 * The priority is 0; set msg->priority for another. It carries no files, see
 * ipcx_mbox_msg_set_fds().
 */
static inline void ipcx_mbox_msg_init(struct ipcx_mbox_msg *msg, const void *buf, size_t len,
				      uint64_t type, uint64_t cookie)
{
	msg->buf = (uintptr_t)buf;
	msg->len = len;
	msg->type = type;
	msg->cookie = cookie;
	msg->flags = 0;
	msg->priority = 0;
	msg->fds = 0;
	msg->fd_count = 0;
	msg->reserved = 0;
}

/**
 * ipcx_mbox_msg_init_iov() - Describe a message whose payload is scattered.
 * @msg: the description
 * @iov: the buffers, which have to live until the call is over
 * @count: buffers, up to IPCX_IOV_MAX
 * @type: as for ipcx_mbox_msg_init()
 * @cookie: as for ipcx_mbox_msg_init()
 */
static inline void ipcx_mbox_msg_init_iov(struct ipcx_mbox_msg *msg,
					  const struct ipcx_iovec *iov, size_t count,
					  uint64_t type, uint64_t cookie)
{
	ipcx_mbox_msg_init(msg, iov, count, type, cookie);
	msg->flags = IPCX_MSG_IOV;
}

/**
 * ipcx_mbox_msg_set_fds() - Let a message carry files.
 * @msg: the description, from ipcx_mbox_msg_init() or ipcx_mbox_msg_init_iov()
 * @fds: fds of the files, which have to live until the call is over
 * @count: how many, up to IPCX_FDS_MAX; 0: none
 *
 * The sender keeps its own fds, and may close them as soon as the message was sent.
 * &struct ipcx_mbox_msg says which kinds of files can be carried.
 */
static inline void ipcx_mbox_msg_set_fds(struct ipcx_mbox_msg *msg, const int *fds,
					 unsigned int count)
{
	msg->fds = count ? (uintptr_t)fds : 0;
	msg->fd_count = count;
}

/**
 * ipcx_mbox_recv_init() - Describe room for a message.
 * @mail: the description
 * @buf: the room
 * @len: its bytes
 *
 * Before every receive: one turns the description's len into the payload's length
 * and sets its flags. What a receive only tells is left as it is. There is no room for
 * files, see ipcx_mbox_recv_set_fds().
 */
static inline void ipcx_mbox_recv_init(struct ipcx_mbox_recv *mail, void *buf, size_t len)
{
	mail->buf = (uintptr_t)buf;
	mail->len = len;
	mail->flags = 0;
	mail->fds = 0;
	mail->fd_room = 0;
}

/**
 * ipcx_mbox_recv_init_iov() - Describe room that is scattered.
 * @mail: the description
 * @iov: the buffers, which have to live until the call is over
 * @count: buffers, up to IPCX_IOV_MAX
 *
 * As ipcx_mbox_recv_init().
 */
static inline void ipcx_mbox_recv_init_iov(struct ipcx_mbox_recv *mail,
					   const struct ipcx_iovec *iov, size_t count)
{
	ipcx_mbox_recv_init(mail, (void *)(uintptr_t)iov, count);
	mail->flags = IPCX_MSG_IOV;
}

/**
 * ipcx_mbox_recv_set_fds() - Make room for the files that a message carries.
 * @mail: the description, from ipcx_mbox_recv_init() or ipcx_mbox_recv_init_iov()
 * @fds: room for their fds
 * @room: how many; 0: none are expected
 *
 * The fds that arrive, mail->fd_count of them, are the receiver's own and
 * close-on-exec; clear IPCX_MSG_CLOEXEC in mail->flags before the receive for files
 * that shall survive execve(2).
 */
static inline void ipcx_mbox_recv_set_fds(struct ipcx_mbox_recv *mail, int *fds,
					  unsigned int room)
{
	mail->flags |= IPCX_MSG_CLOEXEC;
	mail->fds = room ? (uintptr_t)fds : 0;
	mail->fd_room = room;
}

/**
 * ipcx_mbox_send() - Send one message of type 0.
 * @m: the mailbox, with the right to send
 * @buf: payload
 * @len: bytes of payload, 0 allowed
 *
 * Waits while there is no room, unless the fd is nonblocking.
 *
 * Return: 0, or the errors of ipcx_mbox_send_msgs().
 */
IPCX_API int ipcx_mbox_send(const struct ipcx_mbox *m, const void *buf, size_t len);

/**
 * ipcx_mbox_send_msgs() - Send messages in one system call.
 * @m: the mailbox, with the right to send
 * @msgs: the messages, in the order in which they are sent
 * @count: how many, 1 to IPCX_COUNT_MAX; 1 with IPCX_POST_SYNC
 * @opts: options, or NULL: wait while there is no room, unless the fd is
 *	nonblocking
 *
 * One user's messages take at most half of what is free to it in a mailbox.
 *
 * With IPCX_POST_CALL every message is a request, which the receiver answers as any
 * other. The reply comes as a message into @opts->from with IPCX_MSG_REPLY in its
 * flags and the request's cookie unless it has its own; IPCX_MSG_DEAD, too: there will
 * be none. There is always room for it.
 *
 * A message to a group goes to all that have subscribed, see <ipcx/group.h>.
 *
 * Return: how many were sent, which is less than @count where an error, the
 * deadline or a signal met a later one; when none was: -EAGAIN (nonblocking and no
 * room), -EBADF (the fd lacks the right to send, or that of @opts->from the right
 * to receive, or a file to be carried is not open), -EDQUOT (the user's limit of bytes,
 * or of carried files), -EFAULT, -EINTR, -EINVAL (@count, @opts, a priority, message
 * flags, more than IPCX_FDS_MAX files), -EMSGSIZE (larger than the mailbox allows),
 * -ENOMEM (also the memory cgroup's limit), -EOPNOTSUPP (files, and the mailbox was
 * created without IPCX_MBOX_FILES; files or calls to a group), -EPERM (a file of a kind
 * that cannot be carried), -EPIPE (the mailbox is gone), -ETIMEDOUT (deadline), -E2BIG
 * (@opts is newer than the library and has unknown fields set). With IPCX_POST_SYNC,
 * -EINTR and -ETIMEDOUT may come for a message that was being received just then.
 */
IPCX_API int ipcx_mbox_send_msgs(const struct ipcx_mbox *m, const struct ipcx_mbox_msg *msgs,
				 unsigned int count, const struct ipcx_mbox_send_opts *opts);

/**
 * ipcx_mbox_send_to_port() - Send messages to a port, without opening it.
 * @dev: the device
 * @port: the mailbox's port
 * @msgs: as for ipcx_mbox_send_msgs()
 * @count: as for ipcx_mbox_send_msgs()
 * @opts: as for ipcx_mbox_send_msgs()
 *
 * Return: as ipcx_mbox_send_msgs(), or -ENOENT (no such port, or one that the caller
 * may not send to).
 */
IPCX_API int ipcx_mbox_send_to_port(const struct ipcx_dev *dev, uint64_t port,
				    const struct ipcx_mbox_msg *msgs, unsigned int count,
				    const struct ipcx_mbox_send_opts *opts);

/**
 * ipcx_mbox_send_to_name() - Send messages to a name, without opening it.
 * @dev: the device
 * @name: the mailbox's name
 * @msgs: as for ipcx_mbox_send_msgs()
 * @count: as for ipcx_mbox_send_msgs()
 * @opts: as for ipcx_mbox_send_msgs()
 *
 * Return: as ipcx_mbox_send_msgs(), or -EACCES (the mailbox's mode), -EINVAL (@name,
 * too), -ENAMETOOLONG, -ENOENT (no such name), -EPROTOTYPE (the name is of another
 * kind).
 */
IPCX_API int ipcx_mbox_send_to_name(const struct ipcx_dev *dev, const char *name,
				    const struct ipcx_mbox_msg *msgs, unsigned int count,
				    const struct ipcx_mbox_send_opts *opts);

/**
 * ipcx_mbox_recv() - Receive one message: the oldest of the highest priority.
 * @m: the mailbox, with the right to receive
 * @buf: room for the payload
 * @len: bytes of room
 * @mail: out: the message and its sender, or NULL, where no calls are expected: the
 *	token that answers one is here
 *
 * Waits while the mailbox is empty, unless the fd is nonblocking. There is no room for
 * files: where a message may carry some, ipcx_mbox_recv_msgs() takes it.
 *
 * Return: bytes of payload, 0 or more; or the errors of ipcx_mbox_recv_msgs().
 */
IPCX_API ssize_t ipcx_mbox_recv(const struct ipcx_mbox *m, void *buf, size_t len,
				struct ipcx_mbox_recv *mail);

/**
 * ipcx_mbox_recv_msgs() - Receive messages in one system call.
 * @m: the mailbox, with the right to receive
 * @mails: in: room for each payload; out: each message and its sender
 * @count: most messages to take, 1 to IPCX_COUNT_MAX; 1 with IPCX_RECV_PEEK
 * @opts: options, or NULL: any message; wait for the first one, unless the fd is
 *	nonblocking
 *
 * Waits for the first message only, then takes what is there.
 *
 * Return: how many were received, 1 or more; or -EAGAIN (nonblocking or peek, and
 * none that matches), -EBADF (the fd lacks the right to receive), -EFAULT, -EINTR,
 * -EINVAL (@count, @opts), -EMSGSIZE (the room is too small for the payload or for the
 * files and IPCX_RECV_TRUNC is not set: the message stays, and the first entry's len
 * and fd_count are what it needs), -EMFILE and -EACCES (the files cannot be installed
 * in this process, the latter by a security module's word; the message stays), -ENOMEM,
 * -EOPNOTSUPP (a group), -ETIMEDOUT (deadline), -E2BIG (@opts is newer than the library
 * and has unknown fields set).
 */
IPCX_API int ipcx_mbox_recv_msgs(const struct ipcx_mbox *m, struct ipcx_mbox_recv *mails,
				 unsigned int count, const struct ipcx_recv_opts *opts);

/**
 * ipcx_mbox_call() - Send a request of type 0 and wait for its reply.
 * @m: the mailbox, with the right to send
 * @request: payload of the request
 * @len: its bytes, 0 allowed
 * @reply: room for the reply
 * @room: bytes of room
 *
 * Return: bytes of the reply, 0 or more; or the errors of ipcx_mbox_call_msg().
 */
IPCX_API ssize_t ipcx_mbox_call(const struct ipcx_mbox *m, const void *request, size_t len,
				void *reply, size_t room);

/**
 * ipcx_mbox_call_msg() - Send a request and wait for its reply.
 * @m: the mailbox, with the right to send
 * @request: the request
 * @reply: in: room for the reply's payload and files; out: the reply and who wrote it,
 *	with the request's cookie unless the reply has its own; unchanged after an error
 * @opts: options, or NULL: wait for room, unless the fd is nonblocking, and for the
 *	reply
 *
 * A signal while the request waits to be received takes it back. One that comes
 * later, and the deadline, end the wait: the reply then finds nobody.
 *
 * Return: 0, or -EACCES and -EMFILE (the reply's files cannot be installed in this
 * process, and it is lost), -EAGAIN (nonblocking and no room), -EBADF (the fd lacks the
 * right to send, or that of @opts->from the right to receive, or a file to be carried is
 * not open), -EDQUOT (the user's limit of bytes, also for the reply, which is then lost;
 * or of carried files), -EFAULT (also: the reply could not be written, and is lost),
 * -EINTR, -EINVAL (@opts, a priority, message flags, more than IPCX_FDS_MAX files),
 * -EMSGSIZE (the request is larger than the mailbox allows), -ENOMEM (also the memory
 * cgroup's limit), -EOPNOTSUPP (files, and the mailbox was created without
 * IPCX_MBOX_FILES; a group), -EPERM (a file of a kind that cannot be carried), -EPIPE
 * (the mailbox is gone, or the request was received and will not be answered),
 * -ETIMEDOUT (deadline), -E2BIG (@opts is newer than the library and has unknown fields
 * set).
 */
IPCX_API int ipcx_mbox_call_msg(const struct ipcx_mbox *m, const struct ipcx_mbox_msg *request,
				struct ipcx_mbox_recv *reply,
				const struct ipcx_mbox_send_opts *opts);

/**
 * ipcx_mbox_call_port() - Call a port, without opening it.
 * @dev: the device
 * @port: the mailbox's port
 * @request: as for ipcx_mbox_call_msg()
 * @reply: as for ipcx_mbox_call_msg()
 * @opts: as for ipcx_mbox_call_msg()
 *
 * Return: as ipcx_mbox_call_msg(), or -ENOENT (no such port, or one that the caller
 * may not send to).
 */
IPCX_API int ipcx_mbox_call_port(const struct ipcx_dev *dev, uint64_t port,
				 const struct ipcx_mbox_msg *request,
				 struct ipcx_mbox_recv *reply,
				 const struct ipcx_mbox_send_opts *opts);

/**
 * ipcx_mbox_call_name() - Call a name, without opening it.
 * @dev: the device
 * @name: the mailbox's name
 * @request: as for ipcx_mbox_call_msg()
 * @reply: as for ipcx_mbox_call_msg()
 * @opts: as for ipcx_mbox_call_msg()
 *
 * Return: as ipcx_mbox_call_msg(), or -EACCES (the mailbox's mode), -EINVAL (@name,
 * too), -ENAMETOOLONG, -ENOENT (no such name), -EPROTOTYPE (the name is of another
 * kind).
 */
IPCX_API int ipcx_mbox_call_name(const struct ipcx_dev *dev, const char *name,
				 const struct ipcx_mbox_msg *request,
				 struct ipcx_mbox_recv *reply,
				 const struct ipcx_mbox_send_opts *opts);

/**
 * ipcx_mbox_reply() - Reply to a call with a message of type 0.
 * @m: the mailbox, with the right to receive
 * @token: what came with the request
 * @buf: payload of the reply
 * @len: its bytes, 0 allowed
 *
 * Never waits.
 *
 * Return: 0, or the errors of ipcx_mbox_reply_msg().
 */
IPCX_API int ipcx_mbox_reply(const struct ipcx_mbox *m, uint64_t token, const void *buf,
			     size_t len);

/**
 * ipcx_mbox_reply_msg() - Reply to a call.
 * @m: the mailbox, with the right to receive
 * @token: what came with the request
 * @reply: the reply; a cookie of 0 stands for the request's
 *
 * Never waits. A token is good for one reply, by a thread of the process that
 * received the request. ipcx_mbox_token_fd() lets another process reply.
 *
 * Return: 0, or -ESTALE (no such token, or the caller has given up), -EBADF (the fd
 * lacks the right to receive, or a file to be carried is not open), -EDQUOT (also: the
 * asynchronous caller may not have a reply of that size), -EFAULT, -EINVAL (a token of
 * 0, a priority, message flags, more than IPCX_FDS_MAX files), -EMSGSIZE (the reply is
 * larger than the caller's room or carries more files than that, or is larger than the
 * mailbox allows), -ENOMEM, -EPERM (a file of a kind that cannot be carried). Unless
 * the token is stale it stays good after an error.
 */
IPCX_API int ipcx_mbox_reply_msg(const struct ipcx_mbox *m, uint64_t token,
				 const struct ipcx_mbox_msg *reply);

/**
 * ipcx_mbox_discard() - Do not reply to a call: its caller gets -EPIPE.
 * @m: the mailbox, with the right to receive
 * @token: what came with the request
 *
 * Return: 0, or -ESTALE (no such token, or the caller has given up), -EBADF (the fd
 * lacks the right to receive), -EINVAL (a token of 0).
 */
IPCX_API int ipcx_mbox_discard(const struct ipcx_mbox *m, uint64_t token);

/**
 * ipcx_mbox_reply_recv() - Reply to a call and receive the next message, in one
 *	system call.
 * @m: the mailbox, with the right to receive
 * @token: what came with the request; 0: only receive
 * @reply: the reply; NULL: discard the call. Unused where @token is 0
 * @next: in: room for the next message's payload; out: the message and its sender
 * @opts: options, or NULL: any message; wait for it, unless the fd is nonblocking.
 *	Not IPCX_RECV_PEEK, and no stamps
 *
 * Where the reply is refused nothing is received. After any error @next->token
 * tells what is left to be answered: @token, which is still good, or 0, the reply
 * being done or nobody waiting for it. A loop that passes it to the next call
 * therefore replies once, whatever happens in between.
 *
 * Return: 0 with a message in @next; or the errors of ipcx_mbox_reply_msg() and of
 * ipcx_mbox_recv_msgs().
 */
IPCX_API int ipcx_mbox_reply_recv(const struct ipcx_mbox *m, uint64_t token,
				  const struct ipcx_mbox_msg *reply,
				  struct ipcx_mbox_recv *next,
				  const struct ipcx_recv_opts *opts);

/**
 * ipcx_mbox_stat() - Limits, state and counters of the mailbox.
 * @m: the mailbox
 * @stat: out
 *
 * Return: 0, or a negative errno.
 */
IPCX_API int ipcx_mbox_stat(const struct ipcx_mbox *m, struct ipcx_stat *stat);

#ifdef __cplusplus
}
#endif

#endif /* IPCX_MBOX_H */
