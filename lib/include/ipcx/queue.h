/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Priority queues. */
#ifndef IPCX_QUEUE_H
#define IPCX_QUEUE_H

#include <ipcx/dev.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct ipcx_queue - An open priority queue.
 *
 * Its functions are thread-safe: any number of threads may send and receive on
 * one handle, except that ipcx_queue_close() must be the last call. After
 * fork(2) both processes may use it, and each closes its own.
 */
struct ipcx_queue;

/**
 * struct ipcx_queue_opts - What ipcx_queue_open() creates a queue with. Ignored
 *	where nothing is created.
 * @sz: size of this structure, set by IPCX_OPTS()
 * @mode: permission bits, 1 to 0777, of which the umask's are removed: r to
 *	receive, w to send; 0: 0600 (for none at all, fchmod(2) the fd)
 * @overflow: one of &enum ipcx_overflow: what a send to the full queue does
 * @max_msgs: most messages; 0: the module's default
 * @max_msg_size: largest payload in bytes; 0: the module's default, or @max_bytes
 *	where that is given and less
 * @max_bytes: most payload bytes in the queue, at least @max_msg_size; 0: the
 *	module's default, or @max_msg_size where that is more
 */
struct ipcx_queue_opts {
	size_t sz;
	uint32_t mode;
	uint32_t overflow;
	uint64_t max_msgs;
	uint64_t max_msg_size;
	uint64_t max_bytes;
};

/**
 * struct ipcx_send_opts - Options of ipcx_queue_send_msgs().
 * @sz: size of this structure, set by IPCX_OPTS()
 * @flags: IPCX_XFER_NONBLOCK, IPCX_XFER_DEADLINE
 * @clock: with IPCX_XFER_DEADLINE: CLOCK_MONOTONIC, CLOCK_BOOTTIME or
 *	CLOCK_REALTIME; else 0
 * @deadline_ns: with IPCX_XFER_DEADLINE: absolute nanoseconds on @clock, see
 *	ipcx_deadline_after(); one that has passed means: try once. Else 0
 */
struct ipcx_send_opts {
	size_t sz;
	uint32_t flags;
	uint32_t clock;
	int64_t deadline_ns;
};

/**
 * struct ipcx_recv_opts - Options of ipcx_queue_recv_msgs(), and of a mailbox's receives.
 * @sz: size of this structure, set by IPCX_OPTS()
 * @flags: IPCX_XFER_NONBLOCK, IPCX_XFER_DEADLINE, IPCX_RECV_PEEK,
 *	IPCX_RECV_TRUNC; mailboxes: IPCX_XFER_ADAPTIVE (spin a little before sleeping)
 * @clock: as in &struct ipcx_send_opts
 * @deadline_ns: as in &struct ipcx_send_opts
 * @match_arg: as @match says
 * @match: one of &enum ipcx_match: which messages are taken
 * @reserved: 0
 * @stamps: room for as many &struct ipcx_stamps as messages, which tell when the stages of
 *	each one's way were reached: IPCX_RECV_STAMPS is set then. The first such
 *	receive makes messages that are sent from then on carry their sender's times,
 *	until all copies of the fd are closed, and slows them down. NULL: none
 */
struct ipcx_recv_opts {
	size_t sz;
	uint32_t flags;
	uint32_t clock;
	int64_t deadline_ns;
	uint64_t match_arg;
	uint32_t match;
	uint32_t reserved;
	struct ipcx_stamps *stamps;
};

/**
 * ipcx_queue_open() - Open or create a queue.
 * @q: out: the queue; NULL after an error
 * @dev: the device
 * @name: '/' and 1 to 254 bytes other than '/'; NULL: a queue without a name,
 *	which is created and lives as long as its fds
 * @flags: IPCX_OPEN_READ (receive), IPCX_OPEN_WRITE (send) or both; with
 *	IPCX_OPEN_CREATE, IPCX_OPEN_EXCL, IPCX_OPEN_NONBLOCK as wanted. A NULL
 *	@name implies IPCX_OPEN_CREATE
 * @opts: options, or NULL
 *
 * A named queue and its messages live until the name is removed
 * (ipcx_dev_unlink()) and the last fd is closed.
 *
 * Return: 0, or -EACCES (the queue's mode), -EDQUOT (the user's limit of
 * objects or bytes), -EEXIST (IPCX_OPEN_EXCL), -EINVAL (@name, @flags, or
 * @opts beyond the module's limits), -EMFILE, -ENFILE, -ENAMETOOLONG, -ENOENT
 * (no such name), -ENOMEM, -EPROTOTYPE (the name is of another kind), -E2BIG
 * (@opts is newer than the library and has unknown fields set).
 */
IPCX_API int ipcx_queue_open(struct ipcx_queue **q, const struct ipcx_dev *dev,
			     const char *name, unsigned int flags,
			     const struct ipcx_queue_opts *opts);

/**
 * ipcx_queue_from_fd() - Make a handle for a queue's fd that was received over
 *	a socket, or kept across execve(2).
 * @q: out: the queue; NULL after an error
 * @fd: the fd, which is the handle's from then on; after an error it stays the
 *	caller's
 *
 * Return: 0, or -EBADF (not open), -ENOTTY (not an ipcx object), -EPROTOTYPE
 * (an object of another kind), -ENOMEM.
 */
IPCX_API int ipcx_queue_from_fd(struct ipcx_queue **q, int fd);

/**
 * ipcx_queue_close() - Close a queue's handle and its fd.
 * @q: the queue, or NULL
 */
IPCX_API void ipcx_queue_close(struct ipcx_queue *q);

/**
 * ipcx_queue_fd() - The queue's fd: for poll(2) and epoll(7), fcntl(2)
 *	(O_NONBLOCK, FD_CLOEXEC), fchmod(2), passing on, read(2) and write(2).
 * @q: the queue
 *
 * Return: the fd, which stays the handle's.
 */
IPCX_API int ipcx_queue_fd(const struct ipcx_queue *q);

/**
 * ipcx_queue_id() - The queue's id.
 * @q: the queue
 *
 * Return: a number that no other object has while the module stays loaded.
 */
IPCX_API uint64_t ipcx_queue_id(const struct ipcx_queue *q);

/**
 * ipcx_queue_send() - Send one message of type 0.
 * @q: the queue, with the right to send
 * @buf: payload
 * @len: bytes of payload, 0 allowed
 * @priority: 0 (lowest) to IPCX_PRIO_MAX
 *
 * Waits while the queue is full, unless the fd is nonblocking.
 *
 * Return: 0, or the errors of ipcx_queue_send_msgs().
 */
IPCX_API int ipcx_queue_send(const struct ipcx_queue *q, const void *buf, size_t len,
			     unsigned int priority);

/**
 * ipcx_queue_recv() - Receive one message: the oldest of the highest priority.
 * @q: the queue, with the right to receive
 * @buf: room for the payload
 * @len: bytes of room
 * @priority: out: the message's priority, or NULL
 *
 * Waits while the queue is empty, unless the fd is nonblocking.
 *
 * Return: bytes of payload, 0 or more; or the errors of
 * ipcx_queue_recv_msgs().
 */
IPCX_API ssize_t ipcx_queue_recv(const struct ipcx_queue *q, void *buf, size_t len,
				 unsigned int *priority);

/**
 * ipcx_queue_peek() - Copy the message that ipcx_queue_recv() would take and
 *	leave it in the queue.
 * @q: the queue, with the right to receive
 * @buf: room for the payload
 * @len: bytes of room
 * @priority: out: the message's priority, or NULL
 *
 * Never waits.
 *
 * Return: bytes of payload, 0 or more; or -EAGAIN (empty), and the other errors
 * of ipcx_queue_recv_msgs().
 */
IPCX_API ssize_t ipcx_queue_peek(const struct ipcx_queue *q, void *buf, size_t len,
				 unsigned int *priority);

/**
 * ipcx_msg_init() - Describe a message to send, or room to receive one.
 * @msg: the description
 * @buf: the payload, or room for it
 * @len: its bytes
 * @type: type to send with; any number when receiving
 * @priority: priority to send with; any number when receiving
 */
static inline void ipcx_msg_init(struct ipcx_msg *msg, const void *buf, size_t len,
				 uint64_t type, uint32_t priority)
{
	msg->buf = (uintptr_t)buf;
	msg->len = len;
	msg->type = type;
	msg->priority = priority;
	msg->flags = 0;
}

/**
 * ipcx_msg_init_iov() - Describe a message whose payload is scattered.
 * @msg: the description
 * @iov: the buffers, which have to live until the call is over
 * @count: buffers, up to IPCX_IOV_MAX
 * @type: type to send with; any number when receiving
 * @priority: priority to send with; any number when receiving
 *
 * A receive turns the description's len into the payload's length: initialize
 * it again before the next one.
 */
static inline void ipcx_msg_init_iov(struct ipcx_msg *msg, const struct ipcx_iovec *iov,
				     size_t count, uint64_t type, uint32_t priority)
{
	ipcx_msg_init(msg, iov, count, type, priority);
	msg->flags = IPCX_MSG_IOV;
}

/**
 * ipcx_queue_send_msgs() - Send messages in one system call.
 * @q: the queue, with the right to send
 * @msgs: the messages, in the order in which they are queued
 * @count: how many, 1 to IPCX_COUNT_MAX
 * @opts: options, or NULL: wait while the queue is full, unless the fd is
 *	nonblocking
 *
 * Return: how many were queued, which is less than @count where an error, the
 * deadline or a signal met a later one; when none was: -EAGAIN (nonblocking and
 * full), -EBADF (the fd lacks the right to send), -EDQUOT (the user's limit of
 * bytes), -EFAULT, -EINTR, -EINVAL (@count, @opts, a priority, message flags),
 * -EMSGSIZE (larger than the queue allows), -ENOMEM (also the memory cgroup's
 * limit), -ETIMEDOUT (deadline), -E2BIG (@opts is newer than the library and
 * has unknown fields set).
 */
IPCX_API int ipcx_queue_send_msgs(const struct ipcx_queue *q, const struct ipcx_msg *msgs,
				  unsigned int count, const struct ipcx_send_opts *opts);

/**
 * ipcx_queue_recv_msgs() - Receive messages in one system call.
 * @q: the queue, with the right to receive
 * @msgs: in: room for each payload; out: len, type, priority and flags of each
 *	message received
 * @count: most messages to take, 1 to IPCX_COUNT_MAX; 1 with IPCX_RECV_PEEK
 * @opts: options, or NULL: any message; wait for the first one, unless the fd
 *	is nonblocking
 *
 * Waits for the first message only, then takes what is there.
 *
 * Return: how many were received, 1 or more; or -EAGAIN (nonblocking or peek,
 * and none that matches), -EBADF (the fd lacks the right to receive), -EFAULT,
 * -EINTR, -EINVAL (@count, @opts), -EMSGSIZE (the room is too small and
 * IPCX_RECV_TRUNC is not set: the message stays, and the first entry's len is
 * the size it needs), -ETIMEDOUT (deadline), -E2BIG (@opts is newer than the
 * library and has unknown fields set).
 */
IPCX_API int ipcx_queue_recv_msgs(const struct ipcx_queue *q, struct ipcx_msg *msgs,
				  unsigned int count, const struct ipcx_recv_opts *opts);

/**
 * ipcx_queue_stat() - Limits, state and counters of the queue.
 * @q: the queue
 * @stat: out
 *
 * Return: 0, or a negative errno.
 */
IPCX_API int ipcx_queue_stat(const struct ipcx_queue *q, struct ipcx_stat *stat);

/**
 * ipcx_queue_notify_signal() - Ask for a signal when a message arrives in the
 *	empty queue and no receiver waits for it.
 * @q: the queue, with the right to receive
 * @signo: 1 to SIGRTMAX
 * @value: what the handler finds in si_value.sival_ptr (and its low 32 bits in
 *	si_value.sival_int); si_code is SI_MESGQ
 *
 * The signal comes once; ask again *before* emptying the queue, so that none is
 * missed. One process at a time is registered.
 *
 * Return: 0, or -EBUSY (a registration exists, the caller's own too), -EBADF
 * (the fd lacks the right to receive), -EINVAL (@signo), -ENOMEM.
 */
IPCX_API int ipcx_queue_notify_signal(const struct ipcx_queue *q, int signo,
				      uintptr_t value);

/**
 * ipcx_queue_notify_eventfd() - Ask for 1 to be added to an eventfd when a
 *	message arrives in the empty queue and no receiver waits for it.
 * @q: the queue, with the right to receive
 * @efd: an eventfd
 *
 * As ipcx_queue_notify_signal().
 *
 * Return: 0, or -EBUSY (a registration exists, the caller's own too), -EBADF
 * (the fd lacks the right to receive, or @efd is not open), -EINVAL (@efd is
 * not an eventfd), -ENOMEM.
 */
IPCX_API int ipcx_queue_notify_eventfd(const struct ipcx_queue *q, int efd);

/**
 * ipcx_queue_notify_cancel() - Take this process's registration back.
 * @q: the queue, with the right to receive
 *
 * Does nothing where this process has none.
 *
 * Return: 0, or -EBADF (the fd lacks the right to receive).
 */
IPCX_API int ipcx_queue_notify_cancel(const struct ipcx_queue *q);

#ifdef __cplusplus
}
#endif

#endif /* IPCX_QUEUE_H */
