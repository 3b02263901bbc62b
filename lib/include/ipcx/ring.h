/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shared rings: records that are written and read where they lie, in memory that producers
 * and consumers map. Nothing is copied and no system call is made, but to sleep and to
 * wake who sleeps.
 */
#ifndef IPCX_RING_H
#define IPCX_RING_H

#include <ipcx/dev.h>
#include <sys/uio.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct ipcx_ring - An open ring.
 *
 * Its functions are thread-safe, except that ipcx_ring_close() must be the last call, after
 * the detaching of all that was attached through it. After fork(2) both processes may use
 * it, and each closes its own.
 */
struct ipcx_ring;

/**
 * struct ipcx_producer - One who writes records.
 *
 * For one thread at a time; each thread can attach a producer of its own. It belongs to the
 * process that attached it: after fork(2) the child may only detach it.
 */
struct ipcx_producer;

/**
 * struct ipcx_consumer - One who reads records.
 *
 * As for &struct ipcx_producer.
 */
struct ipcx_consumer;

/**
 * IPCX_RING_MEMFD - In &struct ipcx_ring_opts: a ring in a memfd, without the kernel module.
 *
 * Its members have to trust each other, for each of them can write all of it; and nobody
 * repairs what one leaves behind that dies.
 */
#define IPCX_RING_MEMFD		(1U << 0)

/**
 * IPCX_RING_OVERRUN - Of ipcx_consumer_attach(): producers do not wait for this consumer.
 *	What it has not read in time is overwritten, and ipcx_consumer_lost() counts it.
 */
#define IPCX_RING_OVERRUN	(1U << 0)

/**
 * struct ipcx_ring_opts - What ipcx_ring_open() creates a ring with. Ignored where nothing
 *	is created, but for IPCX_RING_MEMFD.
 * @sz: size of this structure, set by IPCX_OPTS()
 * @size: bytes of data, a power of two from IPCX_RING_SIZE_MIN, and not less than a page, to
 *	IPCX_RING_SIZE_MAX; 0: 65536. A record takes its payload and 8 bytes, rounded up to 8
 * @type: one of &enum ipcx_ring_mode
 * @max_producers: most producers at a time, up to IPCX_RING_SLOTS_MAX; 0: 1, with
 *	IPCX_RING_MPSC 16. With 1 producers are fastest
 * @max_consumers: most consumers at a time, likewise; 0: 1, with IPCX_RING_BROADCAST 16
 * @flags: IPCX_RING_MEMFD; IPCX_RING_HUGE: the data in huge pages where that can be, see
 *	@huge of &struct ipcx_ring_stat
 * @mode: permission bits, 1 to 0777, of which the umask's are removed: r to consume, w to
 *	produce; 0: 0600. Not used with IPCX_RING_MEMFD
 * @reserved: 0
 */
struct ipcx_ring_opts {
	size_t sz;
	uint64_t size;
	uint32_t type;
	uint32_t max_producers;
	uint32_t max_consumers;
	uint32_t flags;
	uint32_t mode;
	uint32_t reserved;
};

/**
 * struct ipcx_ring_stat - What ipcx_ring_stat() tells.
 * @sz: size of this structure, set by IPCX_OPTS()
 * @size: bytes of data
 * @used: bytes in use, headers included: what the slowest holder has not released
 * @free: the others
 * @lost: records that the present consumers have lost
 * @producers: attached producers
 * @consumers: attached consumers
 * @type: one of &enum ipcx_ring_mode
 * @eof: 1: the last producer has gone, and none has come since
 * @broken: 1: the last consumer has gone, and none has come since
 * @huge: 1: all of the data lies in huge pages (IPCX_RING_HUGE); of a memfd not known: 0
 */
struct ipcx_ring_stat {
	size_t sz;
	uint64_t size;
	uint64_t used;
	uint64_t free;
	uint64_t lost;
	uint32_t producers;
	uint32_t consumers;
	uint32_t type;
	uint32_t eof;
	uint32_t broken;
	uint32_t huge;
};

/**
 * struct ipcx_ring_wait_opts - How calls that wait do that.
 * @sz: size of this structure, set by IPCX_OPTS()
 * @flags: IPCX_XFER_NONBLOCK, IPCX_XFER_DEADLINE; or IPCX_RING_WAIT_EVENTFD alone, with
 *	IPCX_WAIT_BLOCK: do not sleep, but have the eventfd of ipcx_producer_set_eventfd() or
 *	ipcx_consumer_set_eventfd() signalled once when it is time to try again. The call
 *	returns -EINPROGRESS then; or -ENOENT (no eventfd), -EOPNOTSUPP (a memfd)
 * @clock: as in &struct ipcx_send_opts
 * @deadline_ns: as in &struct ipcx_send_opts
 * @policy: one of &enum ipcx_wait_policy. IPCX_WAIT_SPIN does not notice signals
 * @spin_ns: with IPCX_WAIT_ADAPTIVE: how long to look before sleeping, in nanoseconds, up
 *	to IPCX_SPIN_NS_MAX; 0: 20000. Else 0
 */
struct ipcx_ring_wait_opts {
	size_t sz;
	uint32_t flags;
	uint32_t clock;
	int64_t deadline_ns;
	uint32_t policy;
	uint32_t spin_ns;
};

/**
 * ipcx_ring_open() - Open or create a ring.
 * @ring: out: the ring; NULL after an error
 * @dev: the device; NULL with IPCX_RING_MEMFD
 * @name: as for ipcx_queue_open(); NULL: a ring without a name, which is created and lives
 *	as long as its fds and mappings
 * @flags: IPCX_OPEN_READ (consume), IPCX_OPEN_WRITE (produce) or both; with
 *	IPCX_OPEN_CREATE, IPCX_OPEN_EXCL, IPCX_OPEN_NONBLOCK as wanted. With
 *	IPCX_RING_MEMFD everybody has both rights
 * @opts: options, or NULL
 *
 * Return: 0, or -EACCES (the ring's mode), -EDQUOT (the user's limit of objects or bytes),
 * -EEXIST (IPCX_OPEN_EXCL), -EINVAL (@name, @flags, @opts), -EMFILE, -ENFILE,
 * -ENAMETOOLONG, -ENOENT (no such name), -ENOMEM, -EPROTO (a layout that the library does
 * not know), -EPROTOTYPE (the name is of another kind), -E2BIG (@opts is newer than the
 * library and has unknown fields set).
 */
IPCX_API int ipcx_ring_open(struct ipcx_ring **ring, const struct ipcx_dev *dev,
			    const char *name, unsigned int flags,
			    const struct ipcx_ring_opts *opts);

/**
 * ipcx_ring_from_fd() - Make a handle for a ring's fd that was received over a socket, or
 *	kept across execve(2).
 * @ring: out: the ring; NULL after an error
 * @fd: the fd, of the module or a memfd, which is the handle's from then on; after an error
 *	it stays the caller's
 *
 * Return: 0, or -EBADF (not open), -ENOTTY (no ring), -EPROTO (a layout that the library
 * does not know), -EPROTOTYPE (an object of another kind), -ENOMEM.
 */
IPCX_API int ipcx_ring_from_fd(struct ipcx_ring **ring, int fd);

/**
 * ipcx_ring_close() - Close a ring's handle and its fd.
 * @ring: the ring, or NULL. Its producers and consumers have been detached
 */
IPCX_API void ipcx_ring_close(struct ipcx_ring *ring);

/**
 * ipcx_ring_fd() - The ring's fd: for poll(2) and epoll(7), and passing on.
 * @ring: the ring
 *
 * A memfd is passed on only: it cannot be polled.
 *
 * Return: the fd, which stays the handle's.
 */
IPCX_API int ipcx_ring_fd(const struct ipcx_ring *ring);

/**
 * ipcx_ring_id() - The ring's id.
 * @ring: the ring
 *
 * Return: a number that no other object has while the module stays loaded; of a memfd, its
 * inode's number.
 */
IPCX_API uint64_t ipcx_ring_id(const struct ipcx_ring *ring);

/**
 * ipcx_ring_stat() - State of the ring, as far as its members tell the truth.
 * @ring: the ring
 * @stat: out; declared with IPCX_OPTS()
 *
 * Return: 0, or -EINVAL (@stat is smaller than the first version of the structure).
 */
IPCX_API int ipcx_ring_stat(const struct ipcx_ring *ring, struct ipcx_ring_stat *stat);

/**
 * ipcx_producer_attach() - Become a producer.
 * @p: out: the producer; NULL after an error
 * @ring: the ring, with the right to produce
 *
 * Return: 0, or -EBADF (the fd lacks the right), -EBUSY (there are as many as there may
 * be), -ENOMEM, -EOPNOTSUPP (memfd: this system cannot wake in the way the others do).
 */
IPCX_API int ipcx_producer_attach(struct ipcx_producer **p, struct ipcx_ring *ring);

/**
 * ipcx_producer_detach() - Cease to be a producer.
 * @p: the producer, or NULL
 *
 * What is reserved is discarded. After the last one consumers read what is left, and then
 * the end of file.
 */
IPCX_API void ipcx_producer_detach(struct ipcx_producer *p);

/**
 * ipcx_producer_reserve() - Get room for one record in the ring.
 * @p: the producer
 * @len: bytes of payload, 0 allowed
 * @buf: out: where the payload is to be written, at a multiple of 8 bytes
 *
 * Never waits. Other producers go on, but consumers do not see beyond this record until it
 * is committed or discarded.
 *
 * Return: 0, or -EAGAIN (no room), -EBUSY (something is reserved already), -EMSGSIZE (more
 * than fits into the ring), -EPIPE (the last consumer has gone).
 */
IPCX_API int ipcx_producer_reserve(struct ipcx_producer *p, size_t len, void **buf);

/**
 * ipcx_producer_commit() - Let consumers have the reserved record.
 * @p: the producer
 *
 * Return: 0, or -EINVAL (nothing is reserved).
 */
IPCX_API int ipcx_producer_commit(struct ipcx_producer *p);

/**
 * ipcx_producer_discard() - Give the reserved room back; nobody sees a record.
 * @p: the producer
 *
 * Return: 0, or -EINVAL (nothing is reserved).
 */
IPCX_API int ipcx_producer_discard(struct ipcx_producer *p);

/**
 * ipcx_producer_wait() - Wait until a record fits.
 * @p: the producer
 * @len: its bytes of payload
 * @opts: options, or NULL: sleep, unless the fd is nonblocking
 *
 * Other producers may take the room before ipcx_producer_reserve() does.
 *
 * Return: 0, or -EAGAIN (nonblocking), -EBUSY (another thread waits as this producer),
 * -EINTR, -EINVAL (@opts), -EMSGSIZE, -EPIPE (the last consumer has gone), -ETIMEDOUT,
 * -E2BIG (@opts is newer than the library and has unknown fields set).
 */
IPCX_API int ipcx_producer_wait(struct ipcx_producer *p, size_t len,
				const struct ipcx_ring_wait_opts *opts);

/**
 * ipcx_producer_send() - Copy one record into the ring.
 * @p: the producer
 * @buf: payload
 * @len: its bytes, 0 allowed
 * @opts: options, or NULL: sleep while there is no room, unless the fd is nonblocking
 *
 * Return: 0, or the errors of ipcx_producer_wait(); -EBUSY also: something is reserved.
 */
IPCX_API int ipcx_producer_send(struct ipcx_producer *p, const void *buf, size_t len,
				const struct ipcx_ring_wait_opts *opts);

/**
 * ipcx_producer_send_msgs() - Copy records into the ring, those that fit at once.
 * @p: the producer
 * @msgs: the payloads
 * @count: how many, 1 to IPCX_COUNT_MAX
 * @opts: options, or NULL: sleep while there is no room, unless the fd is nonblocking
 *
 * Return: how many were sent, which is less than @count where an error, the deadline or a
 * signal met a later one; when none was, the errors of ipcx_producer_send().
 */
IPCX_API int ipcx_producer_send_msgs(struct ipcx_producer *p, const struct iovec *msgs,
				     unsigned int count,
				     const struct ipcx_ring_wait_opts *opts);

/**
 * ipcx_producer_arm() - Before waiting in an edge-triggered epoll(7): make sure that room
 *	will be told of.
 * @p: the producer
 *
 * The fd tells of room for the shortest record, one without payload: for others wait with
 * ipcx_producer_wait().
 *
 * Return: 0: there is no room, the fd becomes writable; 1: there is some, try again; or
 * -EOPNOTSUPP (a memfd).
 */
IPCX_API int ipcx_producer_arm(struct ipcx_producer *p);

/**
 * ipcx_producer_set_eventfd() - Give the producer an eventfd, for IPCX_RING_WAIT_EVENTFD.
 * @p: the producer
 * @fd: the eventfd, which takes the place of the one before and may be closed afterwards;
 *	-1: none. Nothing is awaited any more
 *
 * Return: 0, or -EBADF (@fd is not open), -EINVAL (@fd is no eventfd), -ENOMEM, -EOPNOTSUPP
 * (a memfd).
 */
IPCX_API int ipcx_producer_set_eventfd(struct ipcx_producer *p, int fd);

/**
 * ipcx_consumer_attach() - Become a consumer.
 * @c: out: the consumer; NULL after an error
 * @ring: the ring, with the right to consume
 * @flags: IPCX_RING_OVERRUN, or 0
 *
 * With IPCX_RING_BROADCAST a consumer gets what is sent from now on. Else it gets what the
 * one before it had not released.
 *
 * Return: 0, or -EBADF (the fd lacks the right), -EBUSY (there are as many as there may
 * be), -EINVAL (@flags; IPCX_RING_OVERRUN without IPCX_RING_BROADCAST), -ENOMEM,
 * -EOPNOTSUPP (memfd: this system cannot wake in the way the others do).
 */
IPCX_API int ipcx_consumer_attach(struct ipcx_consumer **c, struct ipcx_ring *ring,
				  unsigned int flags);

/**
 * ipcx_consumer_detach() - Cease to be a consumer.
 * @c: the consumer, or NULL
 *
 * After the last one producers get -EPIPE.
 */
IPCX_API void ipcx_consumer_detach(struct ipcx_consumer *c);

/**
 * ipcx_consumer_peek() - Look at the next record, in the ring.
 * @c: the consumer
 * @buf: out: its payload, which stays until ipcx_consumer_release()
 *
 * Never waits. The next call gives the record after this one.
 *
 * Return: bytes of payload, 0 or more; or -EAGAIN (no record), -EBADMSG (what is in the ring
 * makes no sense: see ipcx_consumer_index()), -ENODATA (no record, and the last producer has
 * gone: end of file), -EOVERFLOW (IPCX_RING_OVERRUN: what was peeked at has been overwritten;
 * release it).
 */
IPCX_API ssize_t ipcx_consumer_peek(struct ipcx_consumer *c, const void **buf);

/**
 * ipcx_consumer_release() - Give the room of all records that were peeked at back.
 * @c: the consumer
 *
 * Return: 0, or -EOVERFLOW (IPCX_RING_OVERRUN: they, or the first of them, had been
 * overwritten meanwhile: what was read must not be used; they count as lost).
 */
IPCX_API int ipcx_consumer_release(struct ipcx_consumer *c);

/**
 * ipcx_consumer_wait() - Wait until there is a record that was not peeked at.
 * @c: the consumer
 * @opts: options, or NULL: sleep, unless the fd is nonblocking
 *
 * The record may turn out to be one that its producer discarded.
 *
 * Return: 0, or -EAGAIN (nonblocking), -EBADMSG, -EBUSY (another thread waits as this
 * consumer), -EINTR, -EINVAL (@opts), -ENODATA (end of file), -EOVERFLOW (as of
 * ipcx_consumer_peek()), -ETIMEDOUT, -E2BIG (@opts is newer than the library and has unknown
 * fields set).
 */
IPCX_API int ipcx_consumer_wait(struct ipcx_consumer *c,
				const struct ipcx_ring_wait_opts *opts);

/**
 * ipcx_consumer_recv() - Copy the next record out of the ring.
 * @c: the consumer
 * @buf: room for the payload
 * @len: bytes of room
 * @opts: options, or NULL: sleep while there is none, unless the fd is nonblocking
 *
 * Releases what was peeked at before as well.
 *
 * Return: bytes of payload, 0 or more; or -EMSGSIZE (larger than the room: the record
 * stays), and the errors of ipcx_consumer_wait().
 */
IPCX_API ssize_t ipcx_consumer_recv(struct ipcx_consumer *c, void *buf, size_t len,
				    const struct ipcx_ring_wait_opts *opts);

/**
 * ipcx_consumer_recv_msgs() - Copy records out of the ring.
 * @c: the consumer
 * @msgs: in: room for each payload; out: iov_len is its length
 * @count: most records, 1 to IPCX_COUNT_MAX
 * @opts: options, or NULL: sleep while there is none, unless the fd is nonblocking
 *
 * Waits for the first one, then takes what is there.
 *
 * Return: how many were received, 1 or more; or the errors of ipcx_consumer_recv().
 */
IPCX_API int ipcx_consumer_recv_msgs(struct ipcx_consumer *c, struct iovec *msgs,
				     unsigned int count,
				     const struct ipcx_ring_wait_opts *opts);

/**
 * ipcx_consumer_lost() - How many records this consumer has lost (IPCX_RING_OVERRUN).
 * @c: the consumer
 *
 * Lost records of a producer are counted when its next one is looked at; up to 2^25 of each
 * at a time.
 *
 * Return: records.
 */
IPCX_API uint64_t ipcx_consumer_lost(const struct ipcx_consumer *c);

/**
 * ipcx_consumer_index() - Where the consumer reads next: for the diagnosis of -EBADMSG.
 * @c: the consumer
 *
 * Return: bytes since the ring was made, modulo 2^61; its offset in the data is that modulo
 * the ring's size.
 */
IPCX_API uint64_t ipcx_consumer_index(const struct ipcx_consumer *c);

/**
 * ipcx_consumer_arm() - Before waiting in an edge-triggered epoll(7): make sure that a
 *	record will be told of.
 * @c: the consumer, with nothing peeked at
 *
 * Return: 0: there is none, the fd becomes readable; 1: there is something, or the end of
 * file, try again; or -EOPNOTSUPP (a memfd).
 */
IPCX_API int ipcx_consumer_arm(struct ipcx_consumer *c);

/**
 * ipcx_consumer_set_eventfd() - Give the consumer an eventfd, for IPCX_RING_WAIT_EVENTFD.
 * @c: the consumer
 * @fd: as of ipcx_producer_set_eventfd()
 *
 * Return: as of ipcx_producer_set_eventfd().
 */
IPCX_API int ipcx_consumer_set_eventfd(struct ipcx_consumer *c, int fd);

#ifdef __cplusplus
}
#endif

#include <ipcx/ring_fast.h>

#endif /* IPCX_RING_H */
