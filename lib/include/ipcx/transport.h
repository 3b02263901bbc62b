/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One interface to every way of moving a message between two processes, so
 * that programs and measurements can exchange one mechanism for another.
 *
 * A transport opens a *pair*: two ends, joined in both directions. One process
 * may use both ends; or it forks, and each process attaches to one:
 *
 *	IPCX_OPTS(ipcx_transport_opts, opts);
 *	struct ipcx_transport_pair *pair;
 *	char why[IPCX_TRANSPORT_WHY];
 *
 *	opts.msg_size = 64;
 *	err = ipcx_transport_open(&pair, ipcx_transport_find("pipe"), &opts, why);
 *	side = fork() == 0;
 *	end = ipcx_transport_attach(pair, side);
 *	if (side == 0)
 *		err = ipcx_transport_send(end, &msg);
 *	else
 *		err = ipcx_transport_recv(end, &msg);
 *	ipcx_transport_close(pair);
 *
 * Every transport waits by blocking in the kernel, unless another way is asked for
 * (enum ipcx_wait_policy); a signal whose handler was installed without SA_RESTART
 * ends the wait with -EINTR and nothing done. No transport leaves anything behind, also when
 * the program is killed; but for the name of a POSIX queue, semaphore or shared memory,
 * /ipcx-transport.PID.NUMBER, of a FIFO or of a file, in $TMPDIR or /tmp, if the program is
 * killed in the moment between the calls that make and remove it.
 *
 * Two things differ from the rest of the library: pipes and FIFOs raise SIGPIPE when the
 * peer is gone, unless the program ignores it; and for System V queues and semaphores a
 * small process is kept that removes them should the program be killed.
 */
#ifndef IPCX_TRANSPORT_H
#define IPCX_TRANSPORT_H

#include <ipcx/common.h>

#ifdef __cplusplus
extern "C" {
#endif

/** IPCX_TRANSPORT_WHY - Room for the reason why a transport cannot be used. */
#define IPCX_TRANSPORT_WHY	256

/**
 * IPCX_TRANSPORT_HEADROOM - Bytes in front of every payload that belong to the
 *	transport during a call: SysV messages have their type there, streams
 *	their length header, so that no transport needs to copy the payload.
 */
#define IPCX_TRANSPORT_HEADROOM	16

/* @caps of a transport: what can be had of the mechanism by the functions here. */
/** IPCX_TRANSPORT_BOUNDARIES - The mechanism itself keeps messages apart. */
#define IPCX_TRANSPORT_BOUNDARIES	(1U << 0)
/** IPCX_TRANSPORT_PRIORITY - Messages with a higher priority overtake. */
#define IPCX_TRANSPORT_PRIORITY		(1U << 1)
/** IPCX_TRANSPORT_RELATED - Works only between processes that share an
 *	ancestor or pass fds: there is no name to meet at.
 */
#define IPCX_TRANSPORT_RELATED		(1U << 2)
/** IPCX_TRANSPORT_BATCH - Several messages in one system call. */
#define IPCX_TRANSPORT_BATCH		(1U << 3)
/** IPCX_TRANSPORT_PEER_DEATH - A peer's end is noticed (-EPIPE); by a TCP connection's
 *	sender only after another message.
 */
#define IPCX_TRANSPORT_PEER_DEATH	(1U << 4)
/** IPCX_TRANSPORT_SHARED - The ends share memory: a hostile peer can rewrite. */
#define IPCX_TRANSPORT_SHARED		(1U << 5)
/** IPCX_TRANSPORT_POLL - An end's fd works with poll, select and epoll. */
#define IPCX_TRANSPORT_POLL		(1U << 6)
/** IPCX_TRANSPORT_CALL - A request and its reply are one call on each side. */
#define IPCX_TRANSPORT_CALL		(1U << 7)
/** IPCX_TRANSPORT_CALLS_ONLY - Nothing but calls: the process that opened the pair
 *	takes side 0 and calls, another one takes side 1 and answers. Such a transport
 *	holds no messages (depth 0), and no other function may be called.
 */
#define IPCX_TRANSPORT_CALLS_ONLY	(1U << 8)
/** IPCX_TRANSPORT_MANY_SENDERS - After ipcx_transport_leave() and fork(2) several processes may
 *	take one side and send the same way. With a byte stream only messages of up to
 *	PIPE_BUF bytes, all of one length (IPCX_TRANSPORT_FIXED).
 */
#define IPCX_TRANSPORT_MANY_SENDERS	(1U << 24)
/** IPCX_TRANSPORT_MANY_RECEIVERS - The same of processes that receive: what is sent to them goes
 *	to one of them, whole.
 */
#define IPCX_TRANSPORT_MANY_RECEIVERS	(1U << 25)
/** IPCX_TRANSPORT_BROADCAST - With several receivers each of them gets every message. */
#define IPCX_TRANSPORT_BROADCAST	(1U << 26)

/* What a transport does less than others, which the mechanism is to blame for. */
/** IPCX_TRANSPORT_LOSSY - Nothing holds a sender back: what the receiver has no room for
 *	is lost without a word. Who sends sees to it that no more than the pair's depth
 *	is on its way.
 */
#define IPCX_TRANSPORT_LOSSY		(1U << 16)
/** IPCX_TRANSPORT_SENDER_KEEPS - A message stays with its sender until it is received:
 *	when that process ends, what it has sent is lost (-EPIPE).
 */
#define IPCX_TRANSPORT_SENDER_KEEPS	(1U << 17)
/** IPCX_TRANSPORT_SPIN_ONLY - There is nothing to sleep on: a pair has to be opened with
 *	IPCX_WAIT_SPIN (-ENOTSUP).
 */
#define IPCX_TRANSPORT_SPIN_ONLY	(1U << 18)
/** IPCX_TRANSPORT_NOTIFICATION - Tells that something is, rather than what: a message has
 *	at most max_size bytes, which are a few or none. Nothing holds a sender back
 *	before the kernel's own limit.
 */
#define IPCX_TRANSPORT_NOTIFICATION	(1U << 19)

/** IPCX_TRANSPORT_LINGERS - A process that has used it has threads of the kernel from then on
 *	that share its open files, which makes all its calls on files dearer.
 */
#define IPCX_TRANSPORT_LINGERS		(1U << 20)

/*
 * @traits of a transport: what the mechanism gives to a program that uses it by itself,
 * whether or not there is a function for it here. What such a program could build on top,
 * in shared memory for example, is not counted.
 */
/** IPCX_TRAIT_TYPE_FILTER - A receiver chooses which types of messages it takes. */
#define IPCX_TRAIT_TYPE_FILTER		(1U << 0)
/** IPCX_TRAIT_PASS_FDS - Messages carry open files. */
#define IPCX_TRAIT_PASS_FDS		(1U << 1)
/** IPCX_TRAIT_BROADCAST - One send reaches several receivers. */
#define IPCX_TRAIT_BROADCAST		(1U << 2)
/** IPCX_TRAIT_BIDIRECTIONAL - One object carries both directions, and nobody receives
 *	what he has sent himself; by types, where it is a queue.
 */
#define IPCX_TRAIT_BIDIRECTIONAL	(1U << 3)
/** IPCX_TRAIT_NETWORK - The two sides may be on two machines. */
#define IPCX_TRAIT_NETWORK		(1U << 4)
/** IPCX_TRAIT_SENDER - The kernel tells the receiver who has sent. */
#define IPCX_TRAIT_SENDER		(1U << 5)
/** IPCX_TRAIT_DEATH - The kernel tells one side that the other one has ended: by a call's
 *	result, by poll(2) or by a notice.
 */
#define IPCX_TRAIT_DEATH		(1U << 6)

/**
 * enum ipcx_persistence - What stays of a mechanism's object when nobody has it open. What
 *	stays has to be removed. The pairs of ipcx_transport_open() leave nothing, whatever
 *	the mechanism could.
 * @IPCX_PERSISTS_PROCESS: nothing: it ends with the last process that has it
 * @IPCX_PERSISTS_NAME: its name, which can be opened again, but no message
 * @IPCX_PERSISTS_KERNEL: it and what is in it, until it is removed or the machine restarts
 * @IPCX_PERSISTS_FILE: it and what is in it, until the file is removed, as durable as its
 *	file system
 */
enum ipcx_persistence {
	IPCX_PERSISTS_PROCESS = 0,
	IPCX_PERSISTS_NAME = 1,
	IPCX_PERSISTS_KERNEL = 2,
	IPCX_PERSISTS_FILE = 3,
};

/**
 * struct ipcx_transport_msg - One message.
 * @buf: payload; IPCX_TRANSPORT_HEADROOM bytes before it have to be writable and
 *	are overwritten (see ipcx_transport_buffer())
 * @len: send: bytes of payload. Receive: in: room at @buf, at least the msg_size
 *	that the pair was opened with; out: bytes of payload
 * @priority: send: 0 to IPCX_PRIO_MAX, for transports that have priorities, which
 *	may have fewer (-EINVAL). Receive: out, 0 without priorities
 */
struct ipcx_transport_msg {
	void *buf;
	size_t len;
	unsigned int priority;
};

/* Flags of struct ipcx_transport_opts. */
/**
 * IPCX_TRANSPORT_FIXED - Every message has exactly msg_size bytes. Streams then
 *	need no length header, and send none unless msg_size is 0.
 */
#define IPCX_TRANSPORT_FIXED		(1U << 0)

/**
 * struct ipcx_transport_opts - Options of ipcx_transport_open().
 * @sz: size of this structure, set by IPCX_OPTS()
 * @msg_size: largest payload in bytes
 * @depth: messages of that size that one direction has to hold while nobody
 *	receives, at most IPCX_TRANSPORT_DEPTH_MAX, and as few more as it can:
 *	pipes and sockets count pages, and the kernel's own bytes per message, and a TCP
 *	connection's receiver has room that is the kernel's own business. 0:
 *	the mechanism's default, with room for one message at least. One process
 *	that uses both ends needs at least 1. Limits of the process and of the object
 *	are raised for it where that is allowed; settings of the system are left
 *	alone. With IPCX_TRANSPORT_CALLS_ONLY it has to be 0
 * @flags: IPCX_TRANSPORT_FIXED
 * @wait: one of &enum ipcx_wait_policy, of both ends
 * @spin_ns: with IPCX_WAIT_ADAPTIVE: how long a call tries again, in nanoseconds, up to
 *	IPCX_SPIN_NS_MAX; 0: as long as a mailbox does by default. Else 0
 *
 * No signal ends a wait with IPCX_WAIT_SPIN; instead -EINTR comes after 100 ms in vain, so
 * that the caller can look.
 *
 * Most transports try again by nonblocking calls, which know nothing of the other
 * side. In a mailbox the kernel tries again, and only while the other side runs on
 * another processor; then it sleeps, with IPCX_WAIT_SPIN, too, which only stands for
 * the longest time there is (IPCX_SPIN_NS_MAX).
 */
struct ipcx_transport_opts {
	size_t sz;
	size_t msg_size;
	unsigned int depth;
	unsigned int flags;
	unsigned int wait;
	unsigned int spin_ns;
};

/** IPCX_TRANSPORT_DEPTH_MAX - Most messages that a pair can be asked to hold. */
#define IPCX_TRANSPORT_DEPTH_MAX	1048576

/** IPCX_TRANSPORT_BATCH_MAX - Most messages in one batch. */
#define IPCX_TRANSPORT_BATCH_MAX	1024

struct ipcx_transport_ops;

/**
 * struct ipcx_transport_end - One end of a pair; transports embed it.
 * @ops: the transport
 */
struct ipcx_transport_end {
	const struct ipcx_transport_ops *ops;
};

/**
 * struct ipcx_transport_pair - A pair; transports embed it.
 * @ops: the transport
 * @end: its ends; what is sent at one is received at the other
 */
struct ipcx_transport_pair {
	const struct ipcx_transport_ops *ops;
	struct ipcx_transport_end *end[2];
};

/**
 * struct ipcx_transport_ops - A mechanism.
 * @name: what it is called on command lines
 * @summary: one line for people
 * @caps: IPCX_TRANSPORT_* of what these functions can do
 * @traits: IPCX_TRAIT_* of what the mechanism offers to who uses it directly
 * @persistence: what of it outlives its processes, if a program wants that
 * @max_size: largest payload that the mechanism can ever move, 0: no such limit; with
 *	IPCX_TRANSPORT_NOTIFICATION: none
 * @max_priority: highest priority
 * @available: 0, or a negative errno when this kernel or user cannot use it at
 *	all, with the reason
 * @open: make a pair; 0, or a negative errno with the reason
 * @send: send one message; 0 or a negative errno; NULL with
 *	IPCX_TRANSPORT_CALLS_ONLY, as are @recv, both batches and @set_nonblock
 * @recv: receive one message; 0 or a negative errno
 * @send_batch: send up to @count messages; how many, or a negative errno if none;
 *	NULL without IPCX_TRANSPORT_BATCH
 * @recv_batch: receive 1 to @count messages, waiting for the first only; as
 *	@send_batch
 * @call: send @request and receive the reply to it; 0 or a negative errno; NULL
 *	without IPCX_TRANSPORT_CALL
 * @answer: give @reply to what this end received last by @answer, unless it is
 *	NULL, and receive the next request into @next, unless that is; as @call
 * @set_nonblock: from now on this end's calls fail with -EAGAIN instead of
 *	waiting, or wait again. The ends of posix-mq, ipcx-queue and ipcx-queue-rw
 *	share their open files: there the other end's calls do so too, also in
 *	another process. To be called by the end's own @ops: an end that does not
 *	wait by blocking has another
 * @wait: sleep until a nonblocking send, with @out, or else receive may succeed; 0 or
 *	a negative errno; NULL: it cannot be waited for but by a call that blocks
 * @leave: before fork(2): give up what only one process can have; NULL: there is no such thing
 * @attach: after fork(2): give up what only the other end needs; may be NULL
 * @close: free the pair in this process; @pair may be half open
 *
 * A nonblocking send of a stream that could be done in part only gives -ENOBUFS,
 * and the end cannot be used any more.
 */
struct ipcx_transport_ops {
	const char *name;
	const char *summary;
	unsigned int caps;
	unsigned int traits;
	enum ipcx_persistence persistence;
	size_t max_size;
	unsigned int max_priority;
	int (*available)(char *why);
	int (*open)(struct ipcx_transport_pair **pair, const struct ipcx_transport_opts *opts,
		    char *why);
	int (*send)(struct ipcx_transport_end *end, const struct ipcx_transport_msg *msg);
	int (*recv)(struct ipcx_transport_end *end, struct ipcx_transport_msg *msg);
	int (*send_batch)(struct ipcx_transport_end *end, const struct ipcx_transport_msg *msgs,
			  unsigned int count);
	int (*recv_batch)(struct ipcx_transport_end *end, struct ipcx_transport_msg *msgs,
			  unsigned int count);
	int (*call)(struct ipcx_transport_end *end, const struct ipcx_transport_msg *request,
		    struct ipcx_transport_msg *reply);
	int (*answer)(struct ipcx_transport_end *end, const struct ipcx_transport_msg *reply,
		      struct ipcx_transport_msg *next);
	int (*set_nonblock)(struct ipcx_transport_end *end, int on);
	int (*wait)(struct ipcx_transport_end *end, int out);
	void (*leave)(struct ipcx_transport_pair *pair);
	void (*attach)(struct ipcx_transport_pair *pair, int side);
	void (*close)(struct ipcx_transport_pair *pair);
};

/**
 * ipcx_transport_at() - The transports, by number.
 * @index: 0 and up
 *
 * Return: the transport, or NULL after the last one.
 */
IPCX_API const struct ipcx_transport_ops *ipcx_transport_at(unsigned int index);

/**
 * ipcx_transport_find() - A transport by its name.
 * @name: for example "pipe"
 *
 * Return: the transport, or NULL.
 */
IPCX_API const struct ipcx_transport_ops *ipcx_transport_find(const char *name);

/**
 * ipcx_transport_available() - Whether a transport can be used here at all.
 * @ops: the transport
 * @why: room for IPCX_TRANSPORT_WHY bytes: the reason if not, and the mend
 *
 * Return: 0 or a negative errno.
 */
IPCX_API int ipcx_transport_available(const struct ipcx_transport_ops *ops, char *why);

/**
 * ipcx_transport_open() - Open a pair.
 * @pair: out: the pair; NULL after an error
 * @ops: the transport
 * @opts: options
 * @why: room for IPCX_TRANSPORT_WHY bytes: the reason after an error, and the mend
 *
 * A depth of up to 4096 messages is tried out before the pair is handed over.
 *
 * Return: 0, or -EINVAL (@opts), -E2BIG (@opts is newer than the library and has
 * unknown fields set), -EMSGSIZE (messages of this size cannot be sent),
 * -ENOSPC (the depth does not fit), or what the mechanism says.
 */
IPCX_API int ipcx_transport_open(struct ipcx_transport_pair **pair,
				 const struct ipcx_transport_ops *ops,
				 const struct ipcx_transport_opts *opts, char *why);

/**
 * ipcx_transport_attach() - Choose this process's end, after fork(2).
 * @pair: the pair
 * @side: 0 or 1; the other process takes the other one
 *
 * The other end cannot be used in this process from then on.
 *
 * Return: the end.
 */
IPCX_API struct ipcx_transport_end *ipcx_transport_attach(struct ipcx_transport_pair *pair,
							  int side);

/**
 * ipcx_transport_leave() - Leave both ends to other processes, before fork(2).
 * @pair: the pair
 *
 * For a process that opens a pair for others, which it forks and which then choose their
 * ends; several the same one, where the transport has IPCX_TRANSPORT_MANY_SENDERS or
 * IPCX_TRANSPORT_MANY_RECEIVERS. This process uses neither end from then on, and still has to
 * close the pair.
 */
IPCX_API void ipcx_transport_leave(struct ipcx_transport_pair *pair);

/**
 * ipcx_transport_close() - Close a pair in this process.
 * @pair: the pair, or NULL
 *
 * The process that opened the pair must be the last one to close it: what both
 * use may go with it.
 */
IPCX_API void ipcx_transport_close(struct ipcx_transport_pair *pair);

/**
 * ipcx_transport_buffer() - Allocate room for payloads with their headroom.
 * @size: bytes of payload
 *
 * Return: the payload's address, aligned to 64 bytes and zeroed, or NULL.
 */
IPCX_API void *ipcx_transport_buffer(size_t size);

/**
 * ipcx_transport_buffer_free() - Free a buffer.
 * @buf: what ipcx_transport_buffer() gave, or NULL
 */
IPCX_API void ipcx_transport_buffer_free(void *buf);

/**
 * ipcx_transport_send() - Send one message.
 * @end: this process's end
 * @msg: the message
 *
 * Waits while the transport is full.
 *
 * Return: 0, or -EINTR (signal, nothing sent), -EPIPE (the peer is gone),
 * -EMSGSIZE (too large), -EAGAIN (nonblocking), or what the mechanism says.
 */
static inline int ipcx_transport_send(struct ipcx_transport_end *end,
				      const struct ipcx_transport_msg *msg)
{
	return end->ops->send(end, msg);
}

/**
 * ipcx_transport_recv() - Receive one message.
 * @end: this process's end
 * @msg: room in, message out
 *
 * Waits while there is none.
 *
 * Return: 0, or -EINTR (signal, nothing received), -EPIPE (the peer is gone),
 * -EMSGSIZE (the room is too small), -EAGAIN (nonblocking), or what the
 * mechanism says.
 */
static inline int ipcx_transport_recv(struct ipcx_transport_end *end,
				      struct ipcx_transport_msg *msg)
{
	return end->ops->recv(end, msg);
}

/**
 * ipcx_transport_call() - Send a request and receive its reply, in one call of the
 *	mechanism.
 * @end: this process's end, of a transport with IPCX_TRANSPORT_CALL
 * @request: the request
 * @reply: room in, reply out
 *
 * Return: 0, or -EINTR (signal, nothing received and nothing that will be), -EPIPE
 * (the peer is gone, or does not reply), or what the mechanism says.
 */
static inline int ipcx_transport_call(struct ipcx_transport_end *end,
				      const struct ipcx_transport_msg *request,
				      struct ipcx_transport_msg *reply)
{
	return end->ops->call(end, request, reply);
}

/**
 * ipcx_transport_answer() - Reply to the request that was received last, and
 *	receive the next one, in one call of the mechanism.
 * @end: this process's end, of a transport with IPCX_TRANSPORT_CALL
 * @reply: the reply, or NULL: only receive
 * @next: room in, request out; or NULL: only reply
 *
 * Return: 0, or -EINTR (signal; the reply is done, and nothing received), -EPIPE
 * (the peer is gone), -ESTALE (the caller has given up), or what the mechanism says.
 */
static inline int ipcx_transport_answer(struct ipcx_transport_end *end,
					const struct ipcx_transport_msg *reply,
					struct ipcx_transport_msg *next)
{
	return end->ops->answer(end, reply, next);
}

/**
 * ipcx_transport_send_batch() - Send messages, in one call where the mechanism
 *	can.
 * @end: this process's end
 * @msgs: the messages
 * @count: how many, 1 to IPCX_TRANSPORT_BATCH_MAX
 *
 * Return: how many were sent, or the errors of ipcx_transport_send() when none.
 */
IPCX_API int ipcx_transport_send_batch(struct ipcx_transport_end *end,
				       const struct ipcx_transport_msg *msgs,
				       unsigned int count);

/**
 * ipcx_transport_recv_batch() - Receive messages, in one call where the
 *	mechanism can.
 * @end: this process's end
 * @msgs: room in, messages out
 * @count: most messages, 1 to IPCX_TRANSPORT_BATCH_MAX
 *
 * Waits for the first message only. Without IPCX_TRANSPORT_BATCH it receives one.
 *
 * Return: how many were received, or the errors of ipcx_transport_recv() when
 * none.
 */
IPCX_API int ipcx_transport_recv_batch(struct ipcx_transport_end *end,
				       struct ipcx_transport_msg *msgs, unsigned int count);

#ifdef __cplusplus
}
#endif

#endif /* IPCX_TRANSPORT_H */
