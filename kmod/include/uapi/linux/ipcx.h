/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * ipcx: in-kernel objects for inter-process communication.
 *
 * This header is the whole interface between /dev/ipcx and user space.
 *
 * Conventions that hold for every operation:
 *
 * - A structure's size travels in the ioctl number (_IOC_SIZE). A caller may
 *   pass any size from the operation's VER0 size upwards: what the kernel does
 *   not know has to be zero (else E2BIG), what the caller does not know is
 *   taken as zero.
 * - Unknown flag bits, nonzero reserved fields and fields that the chosen
 *   flags leave unused give EINVAL.
 * - Layouts are the same for 32-bit and 64-bit callers. Addresses are passed
 *   as 64-bit numbers.
 * - Nothing is half done: an operation that returns an error changed nothing,
 *   unless its text says otherwise.
 */
#ifndef _UAPI_LINUX_IPCX_H
#define _UAPI_LINUX_IPCX_H

#include <linux/ioctl.h>
#include <linux/types.h>

/** IPCX_ABI_VERSION - Version of this interface, see &struct ipcx_info. */
#define IPCX_ABI_VERSION	1

/** IPCX_NAME_MAX - Longest name of an object in bytes, leading '/' included. */
#define IPCX_NAME_MAX		255

/** IPCX_PRIO_MAX - Highest priority of a message; 0 is the lowest. */
#define IPCX_PRIO_MAX		32767

/** IPCX_COUNT_MAX - Most messages in one IPCX_SEND, IPCX_RECV or IPCX_POST. */
#define IPCX_COUNT_MAX		1024

/** IPCX_FDS_MAX - Most files that one message can carry. */
#define IPCX_FDS_MAX		16

/** IPCX_SPIN_NS_MAX - Longest time in nanoseconds for IPCX_XFER_ADAPTIVE to spin. */
#define IPCX_SPIN_NS_MAX	10000000

/** IPCX_IOV_MAX - Most buffers that one message can be gathered from. */
#define IPCX_IOV_MAX		1024

/**
 * enum ipcx_kind - Kinds of objects.
 * @IPCX_KIND_QUEUE: priority queue
 * @IPCX_KIND_MBOX: mailbox
 * @IPCX_KIND_RING: shared ring
 */
enum ipcx_kind {
	IPCX_KIND_QUEUE = 1,
	IPCX_KIND_MBOX = 2,
	IPCX_KIND_RING = 3,
};

/* Feature bits of struct ipcx_info. */
/** IPCX_FEATURE_QUEUE - Priority queues can be created. */
#define IPCX_FEATURE_QUEUE	(1ULL << 0)
/** IPCX_FEATURE_MBOX - Mailboxes can be created. */
#define IPCX_FEATURE_MBOX	(1ULL << 1)
/** IPCX_FEATURE_RING - Shared rings can be created. */
#define IPCX_FEATURE_RING	(1ULL << 2)
/** IPCX_FEATURE_DELIVERY - Mailboxes can be created with a ring. */
#define IPCX_FEATURE_DELIVERY	(1ULL << 3)
/** IPCX_FEATURE_STAMPS - Receivers can have IPCX_RECV_STAMPS. */
#define IPCX_FEATURE_STAMPS	(1ULL << 4)

/**
 * struct ipcx_info - What this module offers (IPCX_INFO, any ipcx fd).
 * @abi_version: IPCX_ABI_VERSION of the module
 * @flags: in: 0
 * @features: bit mask of IPCX_FEATURE_*
 * @max_msg_size: largest payload of a message in bytes
 * @max_queue_msgs: most messages that a queue can be created for
 * @max_queue_bytes: most payload bytes that a queue can be created for
 * @user_bytes: bytes charged to the caller's user now
 * @user_bytes_limit: most bytes that may be charged to one user
 * @user_objects: objects charged to the caller's user now
 * @user_objects_limit: most objects that may be charged to one user
 * @user_files: files that messages of the caller's user carry now
 * @user_files_limit: most files that messages of one user may carry
 */
struct ipcx_info {
	__u32 abi_version;
	__u32 flags;
	__u64 features;
	__u64 max_msg_size;
	__u64 max_queue_msgs;
	__u64 max_queue_bytes;
	__u64 user_bytes;
	__u64 user_bytes_limit;
	__u64 user_objects;
	__u64 user_objects_limit;
	__u64 user_files;
	__u64 user_files_limit;
};

#define IPCX_INFO_SIZE_VER0	88

/* Flags of struct ipcx_open. */
/** IPCX_OPEN_READ - The new fd carries the right to receive. */
#define IPCX_OPEN_READ		(1U << 0)
/** IPCX_OPEN_WRITE - The new fd carries the right to send. */
#define IPCX_OPEN_WRITE		(1U << 1)
/** IPCX_OPEN_CREATE - Create the object if the name does not exist. */
#define IPCX_OPEN_CREATE	(1U << 2)
/** IPCX_OPEN_EXCL - With IPCX_OPEN_CREATE: fail if the name exists. */
#define IPCX_OPEN_EXCL		(1U << 3)
/** IPCX_OPEN_NONBLOCK - The new fd starts with O_NONBLOCK set. */
#define IPCX_OPEN_NONBLOCK	(1U << 4)
/** IPCX_OPEN_PORT - Open the mailbox whose port is @id. */
#define IPCX_OPEN_PORT		(1U << 5)
/** IPCX_OPEN_SUBSCRIBE - The new fd carries the right to subscribe to the group. */
#define IPCX_OPEN_SUBSCRIBE	(1U << 6)

/**
 * enum ipcx_overflow - What a send does when the queue is full.
 * @IPCX_OVERFLOW_BLOCK: wait, or fail with EAGAIN when nonblocking
 * @IPCX_OVERFLOW_DROP: make room by dropping the oldest of the messages with
 *	the lowest priority. A new message with a lower priority than every
 *	queued one is itself the one that is dropped; its send succeeds. What
 *	receivers are copying cannot be dropped: where that leaves too little
 *	room, nothing is, and the send waits or fails as with IPCX_OVERFLOW_BLOCK
 */
enum ipcx_overflow {
	IPCX_OVERFLOW_BLOCK = 0,
	IPCX_OVERFLOW_DROP = 1,
};

/**
 * struct ipcx_queue_attr - What a queue is created with.
 * @max_msgs: most messages in the queue; 0: the module's default
 * @max_msg_size: largest payload in bytes; 0: the module's default, or
 *	@max_bytes where that is given and less
 * @max_bytes: most payload bytes in the queue, at least @max_msg_size; 0: the
 *	module's default, or @max_msg_size where that is more
 * @overflow: one of &enum ipcx_overflow
 * @flags: 0
 */
struct ipcx_queue_attr {
	__u64 max_msgs;
	__u64 max_msg_size;
	__u64 max_bytes;
	__u32 overflow;
	__u32 flags;
};

#define IPCX_QUEUE_ATTR_SIZE_VER0	32

/* Flags of struct ipcx_mbox_attr. */
/**
 * IPCX_MBOX_ADDRESSABLE - A mailbox without a name can be sent to by its port.
 *	One with a name always can.
 */
#define IPCX_MBOX_ADDRESSABLE	(1U << 0)
/** IPCX_MBOX_FILES - Messages to it may carry files. */
#define IPCX_MBOX_FILES		(1U << 1)
/**
 * IPCX_MBOX_GROUP - A group: a message to it goes to every mailbox that has
 *	subscribed (IPCX_SUBSCRIBE). Nothing is received from the group itself, and
 *	it has neither calls nor carried files.
 */
#define IPCX_MBOX_GROUP		(1U << 2)
/** IPCX_MBOX_GROUP_BLOCK - With IPCX_MBOX_GROUP: IPCX_LAG_BLOCK is allowed. */
#define IPCX_MBOX_GROUP_BLOCK	(1U << 3)

/**
 * struct ipcx_mbox_attr - What a mailbox is created with.
 * @max_msgs: most messages in the mailbox; 0: the module's default. A group: 0
 * @max_msg_size: largest payload in bytes; 0: the module's default, or
 *	@max_bytes where that is given and less
 * @max_bytes: most payload bytes in the mailbox, at least @max_msg_size; 0: the
 *	module's default, or @max_msg_size where that is more. A group: 0
 * @flags: IPCX_MBOX_*
 * @spin_ns: how long IPCX_XFER_ADAPTIVE spins here at most, in nanoseconds, up to
 *	IPCX_SPIN_NS_MAX; 0: the module's default. A group: 0
 * @ring_size: 0: no ring. Else bytes of data of a ring that plain messages are delivered
 *	into (&struct ipcx_delivery): a power of two as in &struct ipcx_ring_attr, in half
 *	of which a record of @max_msg_size has room. @max_msg_size 0 then is at most what
 *	has. A group: 0
 *
 * A ring's memory is allocated and charged to the creator at once, as a ring's of its own
 * is, and some bytes for each message that it can hold: up to @max_msgs, or as many as
 * there is room for without payload. It counts as one object more.
 */
struct ipcx_mbox_attr {
	__u64 max_msgs;
	__u64 max_msg_size;
	__u64 max_bytes;
	__u32 flags;
	__u32 spin_ns;
	__u64 ring_size;
};

#define IPCX_MBOX_ATTR_SIZE_VER0	32

/**
 * enum ipcx_ring_mode - Who takes part in a ring.
 * @IPCX_RING_SPSC: one producer, one consumer
 * @IPCX_RING_MPSC: many producers, one consumer
 * @IPCX_RING_BROADCAST: many producers, many consumers, each of which sees every record
 */
enum ipcx_ring_mode {
	IPCX_RING_SPSC = 0,
	IPCX_RING_MPSC = 1,
	IPCX_RING_BROADCAST = 2,
};

/** IPCX_RING_SIZE_MIN - Smallest ring, in bytes of data. */
#define IPCX_RING_SIZE_MIN	4096

/** IPCX_RING_SIZE_MAX - Largest ring, in bytes of data. */
#define IPCX_RING_SIZE_MAX	(1ULL << 30)

/** IPCX_RING_SLOTS_MAX - Most producers, and most consumers, of a ring. */
#define IPCX_RING_SLOTS_MAX	64

/**
 * IPCX_RING_HUGE - Wish: the data in huge pages, where the kernel has them and @size is a
 *	multiple of theirs, which takes fewer faults and less of the processors' tables.
 *	IPCX_STAT_HUGE tells whether it came true.
 */
#define IPCX_RING_HUGE		(1U << 1)

/**
 * struct ipcx_ring_attr - What a ring is created with.
 * @size: bytes of data: a power of two from IPCX_RING_SIZE_MIN (and not less than a
 *	page) to IPCX_RING_SIZE_MAX; 0: 65536
 * @mode: one of &enum ipcx_ring_mode
 * @max_producers: most at a time, up to IPCX_RING_SLOTS_MAX; IPCX_RING_SPSC: 0 or 1; 0:
 *	1, with IPCX_RING_MPSC 16
 * @max_consumers: likewise; IPCX_RING_SPSC and IPCX_RING_MPSC: 0 or 1; 0: 1, with
 *	IPCX_RING_BROADCAST 16
 * @flags: IPCX_RING_HUGE
 *
 * All of its memory is allocated, and charged to the creator, at once: a page for the
 * ring, one for its producers together and one for each producer and consumer that
 * there may be, and @size.
 */
struct ipcx_ring_attr {
	__u64 size;
	__u32 mode;
	__u32 max_producers;
	__u32 max_consumers;
	__u32 flags;
};

#define IPCX_RING_ATTR_SIZE_VER0	24

/**
 * struct ipcx_open - Create or open an object (IPCX_OPEN, control fd).
 * @name: address of the name; 0 with @name_len 0 for an anonymous object,
 *	which needs IPCX_OPEN_CREATE
 * @name_len: length of the name in bytes without a terminator: '/' and then
 *	1 to 254 bytes that are neither '/' nor NUL
 * @kind: one of &enum ipcx_kind
 * @flags: IPCX_OPEN_*; of IPCX_OPEN_READ, IPCX_OPEN_WRITE and, for a mailbox,
 *	IPCX_OPEN_SUBSCRIBE at least one. A mailbox is created with
 *	IPCX_OPEN_READ, the one right to receive, and opened without
 * @mode: with IPCX_OPEN_CREATE: permission bits 0 to 0777, of which the umask's
 *	are removed; else 0. Read permits to receive, to subscribe and to consume, write
 *	to send and to produce
 * @attr: with IPCX_OPEN_CREATE: address of the kind's attributes (&struct
 *	ipcx_queue_attr, &struct ipcx_mbox_attr, &struct ipcx_ring_attr), or 0 for the
 *	defaults; else 0. Read only where an object is made, ignored where the name exists
 * @attr_size: size of the attributes in bytes, 0 without @attr
 * @reserved: 0
 * @id: out: the object's id, never used again while the module is loaded; a
 *	mailbox's is its port. In: with IPCX_OPEN_PORT the port, without @name
 *
 * Returns a new file descriptor, close-on-exec.
 *
 * Errors: EACCES (mode forbids), EBUSY (a mailbox has its receiver), EDQUOT (the
 * user's limit), EEXIST (IPCX_OPEN_EXCL), EINVAL, EMFILE, ENAMETOOLONG, ENFILE,
 * ENOENT (no such name and no IPCX_OPEN_CREATE; no such port, or one that the
 * caller may not open so), ENOMEM, EPROTOTYPE (the name is of another kind),
 * EFAULT, E2BIG.
 */
struct ipcx_open {
	__aligned_u64 name;
	__u32 name_len;
	__u32 kind;
	__u32 flags;
	__u32 mode;
	__aligned_u64 attr;
	__u32 attr_size;
	__u32 reserved;
	__u64 id;
};

#define IPCX_OPEN_SIZE_VER0	48

/**
 * struct ipcx_unlink - Remove a name (IPCX_UNLINK, control fd).
 * @name: address of the name
 * @name_len: its length in bytes
 * @flags: 0
 *
 * The object lives on until its last fd is closed, a mailbox until its right to
 * receive is. Only its owner, or a caller
 * with CAP_IPC_OWNER in the object's user namespace, may do this.
 *
 * Errors: EACCES, EFAULT, EINVAL, ENAMETOOLONG, ENOENT.
 */
struct ipcx_unlink {
	__aligned_u64 name;
	__u32 name_len;
	__u32 flags;
};

#define IPCX_UNLINK_SIZE_VER0	16

/**
 * struct ipcx_grant - Make an fd with fewer rights (IPCX_GRANT, mailbox fd with the
 *	right to receive).
 * @flags: IPCX_OPEN_WRITE, IPCX_OPEN_SUBSCRIBE or both; IPCX_OPEN_NONBLOCK
 * @reserved: 0
 *
 * For passing on: such an fd does not keep the mailbox alive, and a message may
 * carry it.
 *
 * Returns a new file descriptor, close-on-exec.
 *
 * Errors: EBADF (no right to receive), EFAULT, EINVAL, EMFILE, ENFILE, ENOMEM.
 */
struct ipcx_grant {
	__u32 flags;
	__u32 reserved;
};

#define IPCX_GRANT_SIZE_VER0	8

/* State bits of struct ipcx_stat. */
/** IPCX_STAT_NAMED - The object has a name now. */
#define IPCX_STAT_NAMED		(1U << 0)
/** IPCX_STAT_NOTIFY - A notification is registered. */
#define IPCX_STAT_NOTIFY	(1U << 1)
/** IPCX_STAT_DEAD - The mailbox has no receiver any more. */
#define IPCX_STAT_DEAD		(1U << 2)
/** IPCX_STAT_GROUP - The mailbox is a group. */
#define IPCX_STAT_GROUP		(1U << 3)
/** IPCX_STAT_EOF - The last producer of the ring has gone, and none has come since. */
#define IPCX_STAT_EOF		(1U << 4)
/** IPCX_STAT_BROKEN - The last consumer of the ring has gone, and none has come since. */
#define IPCX_STAT_BROKEN	(1U << 5)
/** IPCX_STAT_HUGE - All of the ring's data lies in huge pages (IPCX_RING_HUGE). */
#define IPCX_STAT_HUGE		(1U << 6)

/**
 * struct ipcx_stat - State of an object (IPCX_STAT, object fd; and the entries
 *	of IPCX_LIST).
 * @id: the object's id
 * @kind: one of &enum ipcx_kind
 * @mode: permission bits
 * @uid: owner, in the caller's user namespace
 * @gid: owner's group, in the caller's user namespace
 * @state: IPCX_STAT_*
 * @overflow: one of &enum ipcx_overflow
 * @handles: open file descriptions
 * @name_len: length of @name in bytes, 0 when anonymous or unlinked
 * @recv_waiters: tasks that wait to receive
 * @send_waiters: tasks that wait to send
 * @max_msgs: most messages
 * @max_msg_size: largest payload in bytes
 * @max_bytes: most payload bytes; ring: bytes of data
 * @depth: messages that can be received now
 * @inflight: messages that receivers are copying out now; they keep their slot
 * @bytes: payload bytes of both; ring: bytes in use, headers included, as far as its
 *	members tell the truth
 * @sent: messages accepted so far, dropped ones included, without those that their
 *	senders took back from a mailbox
 * @received: messages delivered so far
 * @sent_bytes: payload bytes of @sent
 * @received_bytes: payload bytes of @received
 * @dropped: messages dropped by IPCX_OVERFLOW_DROP
 * @send_blocked: sends that had to wait
 * @recv_blocked: receives that had to wait
 * @depth_max: high-water mark of @depth + @inflight
 * @bytes_max: high-water mark of @bytes
 * @created_ns: time of creation, CLOCK_REALTIME, in nanoseconds
 * @name: the name, NUL-terminated
 * @calls: mailbox: calls that were received and wait for their reply
 * @members: group: mailboxes that have subscribed; other mailbox: groups that it
 *	has subscribed to
 * @watches: mailbox: ports whose death it will be told
 * @lost: mailbox: messages of groups that it had no room for; ring: records that its
 *	present consumers say they have lost
 * @producers: ring: attached producers
 * @consumers: ring: attached consumers; mailbox: 1: somebody has its ring mapped to read
 *	from it
 * @ring_mode: ring: one of &enum ipcx_ring_mode
 * @reserved: 0
 * @ring_size: mailbox: bytes of data of its ring, or 0
 * @ring_used: mailbox: bytes of the records in its ring, headers included, that are not
 *	released
 * @ring_msgs: mailbox: how many records those are. They are in none of @depth, @bytes
 *	and their high-water marks; @sent, @received and their bytes count what goes
 *	either way, a record as received when it is found released
 */
struct ipcx_stat {
	__u64 id;
	__u32 kind;
	__u32 mode;
	__u32 uid;
	__u32 gid;
	__u32 state;
	__u32 overflow;
	__u32 handles;
	__u32 name_len;
	__u32 recv_waiters;
	__u32 send_waiters;
	__u64 max_msgs;
	__u64 max_msg_size;
	__u64 max_bytes;
	__u64 depth;
	__u64 inflight;
	__u64 bytes;
	__u64 sent;
	__u64 received;
	__u64 sent_bytes;
	__u64 received_bytes;
	__u64 dropped;
	__u64 send_blocked;
	__u64 recv_blocked;
	__u64 depth_max;
	__u64 bytes_max;
	__u64 created_ns;
	char name[IPCX_NAME_MAX + 1];
	__u64 calls;
	__u64 members;
	__u64 watches;
	__u64 lost;
	__u32 producers;
	__u32 consumers;
	__u32 ring_mode;
	__u32 reserved;
	__u64 ring_size;
	__u64 ring_used;
	__u64 ring_msgs;
};

#define IPCX_STAT_SIZE_VER0	480

/**
 * struct ipcx_list - The objects of the network namespace that the caller may
 *	read (IPCX_LIST, control fd).
 * @cursor: in: 0, or what the call before gave; out: where to go on
 * @entries: address of an array of &struct ipcx_stat
 * @count: entries that the array has room for, at least 1
 * @entry_size: sizeof(struct ipcx_stat) of the caller, at least
 *	IPCX_STAT_SIZE_VER0
 * @kind: one of &enum ipcx_kind, or 0 for all
 * @flags: 0
 *
 * Entries come in the order of their ids. An object that exists during the
 * whole walk is given exactly once. Returns the number of entries written; 0:
 * no more.
 *
 * Errors: EFAULT, EINVAL, EINTR.
 */
struct ipcx_list {
	__u64 cursor;
	__aligned_u64 entries;
	__u32 count;
	__u32 entry_size;
	__u32 kind;
	__u32 flags;
};

#define IPCX_LIST_SIZE_VER0	32

/**
 * struct ipcx_iovec - One buffer of a scattered payload; the layout of a 64-bit
 *	struct iovec, for callers of any size.
 * @base: address
 * @len: bytes
 */
struct ipcx_iovec {
	__aligned_u64 base;
	__u64 len;
};

/* Flags of struct ipcx_msg. */
/** IPCX_MSG_IOV - In: @buf is an array of @len &struct ipcx_iovec. */
#define IPCX_MSG_IOV		(1U << 0)
/**
 * IPCX_MSG_TRUNC - Received: the payload was longer than the room given
 *	(IPCX_RECV_TRUNC); @len is the whole payload's length.
 */
#define IPCX_MSG_TRUNC		(1U << 1)
/** IPCX_MSG_CLOEXEC - In, mailbox receive: files that arrive are close-on-exec. */
#define IPCX_MSG_CLOEXEC	(1U << 2)
/**
 * IPCX_MSG_FD_TRUNC - Received: the message carried more files than there was room
 *	for (IPCX_RECV_TRUNC); none was installed, and they are closed. @fd_count is
 *	their number.
 */
#define IPCX_MSG_FD_TRUNC	(1U << 3)
/** IPCX_MSG_REPLY - Received: the reply to an asynchronous call. */
#define IPCX_MSG_REPLY		(1U << 4)
/**
 * IPCX_MSG_DEAD - Received: written by the kernel, no payload. With IPCX_MSG_REPLY:
 *	there will be no reply to the call with this @cookie. Else with @group: the
 *	subscription to it has ended. Else: the port @sender is dead.
 */
#define IPCX_MSG_DEAD		(1U << 5)

/**
 * struct ipcx_msg - One message of IPCX_SEND or IPCX_RECV.
 * @buf: address of the payload, or of an array of &struct ipcx_iovec
 * @len: send: bytes of payload, 0 allowed. Receive: in: room at @buf; out:
 *	bytes of payload. With IPCX_MSG_IOV the input is the number of buffers, the
 *	output still the bytes of payload
 * @type: send: any number, for selective receive. Receive: out
 * @priority: send: 0 to IPCX_PRIO_MAX. Receive: out
 * @flags: IPCX_MSG_IOV; receive: out: IPCX_MSG_IOV as given, IPCX_MSG_TRUNC
 *
 * For a receive @type and @priority are output only and may hold anything.
 */
struct ipcx_msg {
	__aligned_u64 buf;
	__u64 len;
	__u64 type;
	__u32 priority;
	__u32 flags;
};

#define IPCX_MSG_SIZE_VER0	32

/* Flags of struct ipcx_xfer. */
/** IPCX_XFER_NONBLOCK - Do not wait: EAGAIN. Also when the fd has O_NONBLOCK. */
#define IPCX_XFER_NONBLOCK	(1U << 0)
/** IPCX_XFER_DEADLINE - Wait until @deadline_ns on @clock at most. */
#define IPCX_XFER_DEADLINE	(1U << 1)
/**
 * IPCX_RECV_PEEK - Receive only, @count 1: copy the message that a receive
 *	would take and leave it where it is. Never waits: EAGAIN.
 */
#define IPCX_RECV_PEEK		(1U << 2)
/** IPCX_RECV_TRUNC - Receive only: cut a payload that is longer than the room. */
#define IPCX_RECV_TRUNC		(1U << 3)
/**
 * IPCX_RECV_STAMPS - Receive only: write each message's &struct ipcx_stamps to @stamps.
 *	The first receive with it, whether it gets a message or not, makes messages
 *	that are sent to the object from then on carry their sender's stamps, until the
 *	file it was made by is closed for the last time. It costs every sender and
 *	receiver of the object time and the sender's memory cgroup memory.
 */
#define IPCX_RECV_STAMPS	(1U << 10)
/**
 * IPCX_XFER_ADAPTIVE - Mailboxes: before the task sleeps it spins for a while, as
 *	long as the other side runs on another processor, or was just woken there: a
 *	caller for the receiver that is handed its request or else received last, a
 *	receiver for the task that sent it a message last. The mailbox's @spin_ns
 *	bounds it; a deadline may be overrun by that much.
 */
#define IPCX_XFER_ADAPTIVE	(1U << 8)

/**
 * enum ipcx_match - Which messages a receive takes. Among those that match the
 *	highest priority comes first, and the oldest within a priority.
 * @IPCX_MATCH_ANY: every message; @match_arg is 0
 * @IPCX_MATCH_TYPE: type equals @match_arg
 * @IPCX_MATCH_NOT_TYPE: type differs from @match_arg
 * @IPCX_MATCH_LOWEST_TYPE: the lowest type that is present and at most
 *	@match_arg
 * @IPCX_MATCH_MIN_PRIORITY: priority is at least @match_arg
 * @IPCX_MATCH_SENDER: mailboxes: the sender's port equals @match_arg
 * @IPCX_MATCH_COOKIE: mailboxes: the cookie equals @match_arg
 * @IPCX_MATCH_REPLY: mailboxes: replies to asynchronous calls, also those that tell
 *	there will be none; @match_arg is 0
 */
enum ipcx_match {
	IPCX_MATCH_ANY = 0,
	IPCX_MATCH_TYPE = 1,
	IPCX_MATCH_NOT_TYPE = 2,
	IPCX_MATCH_LOWEST_TYPE = 3,
	IPCX_MATCH_MIN_PRIORITY = 4,
	IPCX_MATCH_SENDER = 5,
	IPCX_MATCH_COOKIE = 6,
	IPCX_MATCH_REPLY = 7,
};

/**
 * struct ipcx_stamps - When the stages of a message's way were reached (IPCX_RECV_STAMPS,
 *	and the tracepoint ipcx_message).
 * @copy_in_start: its sender begins to copy the payload
 * @copy_in_end: it is copied
 * @locked: the sender has the object's lock for the first time with this message
 * @enqueued: the message is in the object, or a waiting receiver's; from @locked on its
 *	sender may have waited for room
 * @woken: the wake-up of a receiver that sleeps, and was handed the message, is about to
 *	be made
 * @dequeued: the receiver runs and has the message, and begins to copy
 * @copy_out_end: the payload is copied
 *
 * Nanoseconds of CLOCK_MONOTONIC as the first time namespace has it, whoever asks: the
 * times of one message are comparable, in whatever namespaces sender and receiver are.
 *
 * 0: not taken. @woken, where nobody slept for the message. The sender's four and @woken,
 * where nobody had asked for the object's stamps when the message was sent, or there was no
 * memory for them. @copy_in_start and @copy_in_end, where the kernel is the sender: the
 * replies and failures of asynchronous calls, and notices of deaths.
 *
 * A group copies a payload once: its subscribers' messages have the same
 * @copy_in_start and @copy_in_end, and each its own of the others. What goes into a
 * mailbox's ring has no stamps, nor has the reply that IPCX_CALL returns.
 */
struct ipcx_stamps {
	__u64 copy_in_start;
	__u64 copy_in_end;
	__u64 locked;
	__u64 enqueued;
	__u64 woken;
	__u64 dequeued;
	__u64 copy_out_end;
};

#define IPCX_STAMPS_SIZE_VER0	56

/**
 * struct ipcx_xfer - Send or receive messages (IPCX_SEND, queue fd; IPCX_RECV,
 *	queue or mailbox fd).
 * @msgs: address of an array of &struct ipcx_msg; mailbox: of &struct
 *	ipcx_mbox_recv
 * @count: messages in the array, 1 to IPCX_COUNT_MAX
 * @msg_size: sizeof(struct ipcx_msg) of the caller, a multiple of 8, at least
 *	IPCX_MSG_SIZE_VER0; mailbox: the same of struct ipcx_mbox_recv
 * @flags: IPCX_XFER_*, IPCX_RECV_*; IPCX_XFER_ADAPTIVE for mailboxes only
 * @clock: with IPCX_XFER_DEADLINE: CLOCK_REALTIME, CLOCK_MONOTONIC or
 *	CLOCK_BOOTTIME; else 0
 * @deadline_ns: with IPCX_XFER_DEADLINE: absolute time in nanoseconds on
 *	@clock of the caller's time namespace, 0 or more; one that has passed
 *	means: try once. Else 0
 * @match: receive: one of &enum ipcx_match; send: 0
 * @reserved: 0
 * @match_arg: receive: as @match says; send: 0
 * @stamps: with IPCX_RECV_STAMPS: address of an array of @count &struct ipcx_stamps, of
 *	which one is written for each message received; else 0
 *
 * A send goes on until all messages are queued, waiting for room as often as
 * it has to. A receive waits for the first message and then takes what is
 * there.
 *
 * Returns the number of messages done, which is less than @count where a
 * later message met an error, a deadline or a signal; an error is returned
 * only when none was done. Messages that were not done are as before.
 *
 * Errors: EAGAIN (nonblocking and full or empty; a peek found none), EBADF (the
 * fd lacks the right), EDQUOT (the sending user's limit), EFAULT, EINTR, EINVAL,
 * EMSGSIZE (send: larger than the queue allows; receive: larger than the room,
 * the message stays and the first entry's @len tells its size), ENOMEM (also
 * the memory cgroup's limit), ETIMEDOUT, E2BIG. A receive from a mailbox, too:
 * EMSGSIZE (more files than room; @fd_count tells how many), EMFILE and EACCES (the
 * files cannot be installed in this process, the latter by a security module's word;
 * the message stays), EOPNOTSUPP (a group).
 */
struct ipcx_xfer {
	__aligned_u64 msgs;
	__u32 count;
	__u32 msg_size;
	__u32 flags;
	__u32 clock;
	__s64 deadline_ns;
	__u32 match;
	__u32 reserved;
	__u64 match_arg;
	__aligned_u64 stamps;
};

#define IPCX_XFER_SIZE_VER0	48	/* up to @match_arg */
#define IPCX_XFER_SIZE_VER1	56

/**
 * enum ipcx_notify_how - How IPCX_NOTIFY tells.
 * @IPCX_NOTIFY_NONE: take the caller's registration back
 * @IPCX_NOTIFY_SIGNAL: send @signo with si_code SI_MESGQ and @value
 * @IPCX_NOTIFY_EVENTFD: add 1 to the eventfd @fd
 */
enum ipcx_notify_how {
	IPCX_NOTIFY_NONE = 0,
	IPCX_NOTIFY_SIGNAL = 1,
	IPCX_NOTIFY_EVENTFD = 2,
};

/**
 * struct ipcx_notify - Be told once when a message arrives in the empty queue
 *	and no receiver waits for it (IPCX_NOTIFY, queue fd with the right to
 *	receive).
 * @how: one of &enum ipcx_notify_how
 * @signo: IPCX_NOTIFY_SIGNAL: signal 1 to SIGRTMAX; else 0
 * @fd: IPCX_NOTIFY_EVENTFD: an eventfd; else 0
 * @flags: 0
 * @value: IPCX_NOTIFY_SIGNAL: si_value; else 0
 *
 * One process at a time is registered. The registration ends when it has
 * fired, when its process closes an fd of the queue, exits, or executes
 * another program (a signal never reaches the new program).
 *
 * The signal is directed at one thread: one that does not block it, or, where
 * all do, the first that has not ended. A process in which several threads wait
 * for signals (sigwaitinfo, signalfd) is better served by an eventfd.
 *
 * Errors: EBADF (no right to receive, or @fd is not open), EBUSY (another
 * registration exists), EFAULT, EINVAL (also: @fd is not an eventfd), ENOMEM.
 * IPCX_NOTIFY_NONE by a process that has no registration does nothing.
 */
struct ipcx_notify {
	__u32 how;
	__u32 signo;
	__s32 fd;
	__u32 flags;
	__u64 value;
};

#define IPCX_NOTIFY_SIZE_VER0	24

/**
 * struct ipcx_mbox_msg - A message to a mailbox.
 * @buf: address of the payload, or of an array of &struct ipcx_iovec
 * @len: bytes of payload, 0 allowed; with IPCX_MSG_IOV the number of buffers
 * @type: any number, for selective receive
 * @cookie: any number, for selective receive and to tell replies apart
 * @flags: IPCX_MSG_IOV
 * @priority: 0 to IPCX_PRIO_MAX, high first
 * @fds: address of an array of __s32: files that the message carries; 0 for none
 * @fd_count: how many, up to IPCX_FDS_MAX
 * @reserved: 0
 *
 * Files of these kinds can be carried: regular files and directories (also opened
 * with O_PATH), pipes, memfds, eventfds, IPv4 and IPv6 sockets, and of ipcx queues,
 * reply tokens, and rights to send and to subscribe. The sender keeps its own.
 * What is not received is closed.
 */
struct ipcx_mbox_msg {
	__aligned_u64 buf;
	__u64 len;
	__u64 type;
	__u64 cookie;
	__u32 flags;
	__u32 priority;
	__aligned_u64 fds;
	__u32 fd_count;
	__u32 reserved;
};

#define IPCX_MBOX_MSG_SIZE_VER0	56

/**
 * struct ipcx_mbox_recv - Room for a message from a mailbox, and what the kernel
 *	says about it.
 * @buf: address of the room, or of an array of &struct ipcx_iovec
 * @len: in: bytes of room, with IPCX_MSG_IOV the number of buffers; out: bytes of
 *	payload
 * @flags: IPCX_MSG_IOV, IPCX_MSG_CLOEXEC; out: also IPCX_MSG_TRUNC,
 *	IPCX_MSG_FD_TRUNC, IPCX_MSG_REPLY, IPCX_MSG_DEAD
 * @priority: out: as sent
 * @type: out: as sent
 * @cookie: out: as sent
 * @sender: out: port of the mailbox it was sent from, or 0
 * @seq: out: number of the message in this mailbox, from 1
 * @token: out: for IPCX_REPLY; 0: no reply is expected
 * @pid: out: sending process, in the receiver's namespace; 0: not visible there
 * @tid: out: sending thread, likewise
 * @uid: out: sender's effective user, in the receiver's user namespace; the
 *	overflow id where it has none there
 * @gid: out: sender's effective group, likewise
 * @group: out: port of the group that it came by, or 0
 * @lost: out: messages of that group that were lost here since the one before, for
 *	want of room
 * @fd_count: out: files that it carries; unless IPCX_MSG_FD_TRUNC is set, or the
 *	message was only peeked at, so many fds are in @fds
 * @fd_room: fds that @fds has room for; 0: none are expected
 * @fds: address of an array of __s32 for the fds of files that the message carries,
 *	or 0
 *
 * What is marked "out" may hold anything before. The sender's part is written by
 * the kernel when the message is sent, and nothing a sender can set is in it.
 */
struct ipcx_mbox_recv {
	__aligned_u64 buf;
	__u64 len;
	__u32 flags;
	__u32 priority;
	__u64 type;
	__u64 cookie;
	__u64 sender;
	__u64 seq;
	__u64 token;
	__u32 pid;
	__u32 tid;
	__u32 uid;
	__u32 gid;
	__u64 group;
	__u64 lost;
	__u32 fd_count;
	__u32 fd_room;
	__aligned_u64 fds;
};

#define IPCX_MBOX_RECV_SIZE_VER0	112

/* Flags of struct ipcx_post and struct ipcx_call. */
/** IPCX_TO_PORT - Control fd: @dest is a port. */
#define IPCX_TO_PORT		(1U << 4)
/** IPCX_TO_NAME - Control fd: @dest is the address of a name. */
#define IPCX_TO_NAME		(1U << 5)
/**
 * IPCX_POST_SYNC - Return when the message has been received, not when it is in
 *	the mailbox; one message per call.
 */
#define IPCX_POST_SYNC		(1U << 6)
/**
 * IPCX_POST_CALL - Asynchronous calls: each message is a request, and its reply comes
 *	as a message into the mailbox @from, or the word that there will be none.
 */
#define IPCX_POST_CALL		(1U << 7)

/**
 * struct ipcx_post - Send messages to a mailbox (IPCX_POST, control fd or an fd
 *	with the right to send).
 * @msgs: address of an array of &struct ipcx_mbox_msg
 * @count: messages in the array, 1 to IPCX_COUNT_MAX
 * @msg_size: sizeof(struct ipcx_mbox_msg) of the caller, a multiple of 8
 * @flags: IPCX_XFER_NONBLOCK (do not wait for room), IPCX_XFER_DEADLINE,
 *	IPCX_POST_SYNC (and with it IPCX_XFER_ADAPTIVE) or IPCX_POST_CALL; on a
 *	control fd one of IPCX_TO_PORT and IPCX_TO_NAME
 * @clock: as in &struct ipcx_xfer
 * @deadline_ns: as in &struct ipcx_xfer
 * @dest: control fd: where to, else 0
 * @dest_len: IPCX_TO_NAME: length of the name in bytes, else 0
 * @from: fd of the caller's own mailbox, with the right to receive, whose port
 *	the message shall tell; or -1. Needed with IPCX_POST_CALL
 *
 * Returns the number of messages sent, as IPCX_SEND does. One user's messages
 * never take more than half of what is free to it: with F bytes (or messages)
 * free and U of the sender's user in the mailbox, a message of size S is let in
 * while U + S is at most (F + U) / 2, or where the user has no message there.
 *
 * With IPCX_POST_SYNC a signal or the deadline takes a message back that was not
 * received yet; while it is being received the call ends with EINTR or
 * ETIMEDOUT, too, and the message may have been received.
 *
 * A message to a group has been sent when every subscriber has it or has lost it.
 * Only subscribers with IPCX_LAG_BLOCK are waited for, and before anybody gets the
 * message: where one has no room in time, nobody does. poll tells nothing of them: a
 * group is always writable.
 *
 * With IPCX_POST_CALL the memory of the reply is the caller's, who is charged for it
 * from the request on; a mailbox always has room for replies.
 *
 * Errors: those of IPCX_SEND, and EACCES (name: mode forbids), EBADF (also @from, and
 * a file to be carried), EDQUOT (also: the limit of carried files), EINVAL (also: @from
 * is no mailbox, or is a group), ENAMETOOLONG, ENOENT (no such name; no such port, or
 * one that the caller may not send to), EOPNOTSUPP (files, and the mailbox was not
 * created with IPCX_MBOX_FILES; files or calls to a group), EPERM (a file of a kind
 * that cannot be carried), EPIPE (the mailbox is gone), EPROTOTYPE (the name is of
 * another kind).
 */
struct ipcx_post {
	__aligned_u64 msgs;
	__u32 count;
	__u32 msg_size;
	__u32 flags;
	__u32 clock;
	__s64 deadline_ns;
	__aligned_u64 dest;
	__u32 dest_len;
	__s32 from;
};

#define IPCX_POST_SIZE_VER0	48

/**
 * struct ipcx_call - Send a request and wait for its reply (IPCX_CALL, control
 *	fd or an fd with the right to send).
 * @flags: IPCX_XFER_NONBLOCK (do not wait for room; the reply is waited for),
 *	IPCX_XFER_DEADLINE, IPCX_XFER_ADAPTIVE, IPCX_RECV_TRUNC (the reply),
 *	IPCX_TO_*
 * @clock: as in &struct ipcx_xfer
 * @deadline_ns: until when to wait, for room and for the reply
 * @dest: as in &struct ipcx_post
 * @dest_len: as in &struct ipcx_post
 * @from: as in &struct ipcx_post
 * @request: the request
 * @reply: room for the reply, and what the kernel says about it; @reply.token: out: 0
 *
 * A signal while the request waits to be received takes it back, and the call
 * restarts as the handler's SA_RESTART says. One that comes later ends the call
 * with EINTR, as the deadline ends it with ETIMEDOUT: a reply then finds nobody.
 *
 * Returns 0.
 *
 * Errors: those of IPCX_POST, and EINTR, EPIPE (also: the process that had
 * received the request is gone or has discarded it), EFAULT (also: the reply
 * could not be written, and is lost), EDQUOT and ENOMEM (also: the caller may not
 * have a reply of that size, and it is lost), EMFILE and EACCES (the reply's files
 * cannot be installed, and it is lost).
 */
struct ipcx_call {
	__u32 flags;
	__u32 clock;
	__s64 deadline_ns;
	__aligned_u64 dest;
	__u32 dest_len;
	__s32 from;
	struct ipcx_mbox_msg request;
	struct ipcx_mbox_recv reply;
};

#define IPCX_CALL_SIZE_VER0	200

/* Flags of struct ipcx_reply. */
/** IPCX_REPLY_DISCARD - No reply: the caller gets EPIPE. @reply is unused, 0. */
#define IPCX_REPLY_DISCARD	(1U << 4)
/** IPCX_REPLY_RECV - Then receive the next message into @next. */
#define IPCX_REPLY_RECV		(1U << 5)

/**
 * struct ipcx_reply - Reply to a call (IPCX_REPLY, mailbox fd with the right to
 *	receive, or the fd of a token).
 * @token: what came with the request; 0 with IPCX_REPLY_RECV: only receive, and
 *	@reply is not looked at. Set to 0 once the reply is done, so that the same
 *	call can be made again after a signal. Fd of a token: 0, and no
 *	IPCX_REPLY_RECV
 * @flags: IPCX_REPLY_*; with IPCX_REPLY_RECV also those of IPCX_RECV but
 *	IPCX_RECV_PEEK
 * @clock: with IPCX_REPLY_RECV: as in &struct ipcx_xfer
 * @deadline_ns: with IPCX_REPLY_RECV: as in &struct ipcx_xfer
 * @match: with IPCX_REPLY_RECV: as in &struct ipcx_xfer
 * @reserved: 0
 * @match_arg: with IPCX_REPLY_RECV: as in &struct ipcx_xfer
 * @reply: the reply; @reply.cookie is 0: the caller gets its own
 * @next: with IPCX_REPLY_RECV: room for the next message
 *
 * A token is good for one reply, by a thread of the process that received the
 * request. It ends, and the caller gets EPIPE, when that process closes an fd of
 * the mailbox or ends. One that was turned into an fd (IPCX_TOKEN) is good for who
 * has the fd, and ends with it, not with the mailbox.
 *
 * Returns 1 when a message was received into @next, else 0.
 *
 * Errors: EMSGSIZE (the reply is larger than the caller's room, carries more files
 * than that, or is larger than the mailbox's messages may be; the token stays good),
 * ESTALE (no such token, or the caller has given up), EFAULT (also, without
 * IPCX_REPLY_RECV: the reply is done, and @token cannot be set to 0), EBADF and EPERM
 * (files, as for IPCX_POST), EINVAL, ENOMEM, EDQUOT (also: the asynchronous caller may
 * not have a reply of that size); and, @token being 0 then, those of IPCX_RECV.
 */
struct ipcx_reply {
	__u64 token;
	__u32 flags;
	__u32 clock;
	__s64 deadline_ns;
	__u32 match;
	__u32 reserved;
	__u64 match_arg;
	struct ipcx_mbox_msg reply;
	struct ipcx_mbox_recv next;
};

#define IPCX_REPLY_SIZE_VER0	208

/**
 * struct ipcx_token - Turn a reply token into an fd (IPCX_TOKEN, mailbox fd with the
 *	right to receive).
 * @token: what came with the request; not good any more afterwards
 * @flags: 0
 * @reserved: 0
 *
 * For another process that shall reply: IPCX_REPLY works on the fd, and its last
 * close is a discard. poll tells POLLOUT while the caller waits, then POLLERR and
 * POLLHUP.
 *
 * Returns a new file descriptor, close-on-exec.
 *
 * Errors: EBADF (no right to receive), EFAULT, EINVAL, EMFILE, ENFILE, ENOMEM, ESTALE
 * (no such token, or the caller has given up).
 */
struct ipcx_token {
	__u64 token;
	__u32 flags;
	__u32 reserved;
};

#define IPCX_TOKEN_SIZE_VER0	16

/**
 * struct ipcx_watch - Be told of a mailbox's death (IPCX_WATCH, control fd or a
 *	mailbox fd with the right to send).
 * @flags: control fd: one of IPCX_TO_PORT and IPCX_TO_NAME
 * @from: fd of the caller's own mailbox, with the right to receive
 * @dest: control fd: whose death, else 0
 * @dest_len: IPCX_TO_NAME: length of the name in bytes, else 0
 * @reserved: 0
 * @cookie: what the notice shall tell
 *
 * The notice is a message in @from with IPCX_MSG_DEAD, @sender the port that died,
 * and @cookie; there is always room for it. It comes if the caller may still
 * send when the mailbox dies: the mode permits it to who asked by port or name; the
 * fd by which another asked is still open. A mailbox is told of a port once.
 *
 * Errors: EACCES, EBADF, EDQUOT, EEXIST (@from will be told of that port already),
 * EFAULT, EINVAL (also: @from is no mailbox, or is a group), ENAMETOOLONG, ENOENT (as
 * for IPCX_POST), ENOMEM, EPIPE (it is dead, or @from is), EPROTOTYPE.
 */
struct ipcx_watch {
	__u32 flags;
	__s32 from;
	__aligned_u64 dest;
	__u32 dest_len;
	__u32 reserved;
	__u64 cookie;
};

#define IPCX_WATCH_SIZE_VER0	32

/**
 * enum ipcx_lag - What becomes of a group's message that a subscriber has no room
 *	for. What is lost is counted for the subscriber.
 * @IPCX_LAG_DROP_NEWEST: it loses the message
 * @IPCX_LAG_DROP_OLDEST: it loses the oldest of the group's messages that it has not
 *	received, until there is room; where that is not enough, or other sends of
 *	that user wait for room, this one
 * @IPCX_LAG_BLOCK: the sender waits; only where the group was created with
 *	IPCX_MBOX_GROUP_BLOCK
 */
enum ipcx_lag {
	IPCX_LAG_DROP_NEWEST = 0,
	IPCX_LAG_DROP_OLDEST = 1,
	IPCX_LAG_BLOCK = 2,
};

/**
 * struct ipcx_subscribe - Subscribe a mailbox to a group (IPCX_SUBSCRIBE, control fd
 *	or a group's fd with the right to subscribe).
 * @flags: control fd: one of IPCX_TO_PORT and IPCX_TO_NAME
 * @from: fd of the caller's own mailbox, with the right to receive
 * @dest: control fd: the group, else 0
 * @dest_len: IPCX_TO_NAME: length of the name in bytes, else 0
 * @lag: one of &enum ipcx_lag
 *
 * By port or name the group's mode has to permit the caller to read. The mailbox gets
 * every message that is sent to the group from then on, each with its own sender and
 * with the group's port in @group, and is charged for what it has not received.
 * How much of its room one sending user may take is as for IPCX_POST: half of what is
 * free to it.
 * When the group ends or its owner ends the subscription, the last message says so
 * (IPCX_MSG_DEAD).
 *
 * Errors: EACCES, EBADF, EDQUOT, EEXIST (@from has subscribed already), EFAULT, EINVAL
 * (also: @from is no mailbox, or is a group), ENAMETOOLONG, ENOENT (as for IPCX_POST),
 * ENOMEM, EOPNOTSUPP (not a group), EPERM (IPCX_LAG_BLOCK is not allowed), EPIPE (the
 * group is dead, or @from is), EPROTOTYPE.
 */
struct ipcx_subscribe {
	__u32 flags;
	__s32 from;
	__aligned_u64 dest;
	__u32 dest_len;
	__u32 lag;
};

#define IPCX_SUBSCRIBE_SIZE_VER0	24

/**
 * struct ipcx_leave - End what ties two mailboxes (IPCX_UNWATCH, IPCX_UNSUBSCRIBE,
 *	mailbox fd with the right to receive).
 * @port: IPCX_UNWATCH: the port that was to be watched. IPCX_UNSUBSCRIBE: the group's;
 *	on a group's fd: the subscriber's
 * @lost: out: IPCX_UNSUBSCRIBE: messages that the subscriber lost
 * @flags: 0
 * @reserved: 0
 *
 * What is in the mailbox already stays there.
 *
 * Errors: EBADF (no right to receive), EFAULT, EINVAL, ENOENT (nothing ties them).
 */
struct ipcx_leave {
	__u64 port;
	__u64 lost;
	__u32 flags;
	__u32 reserved;
};

#define IPCX_LEAVE_SIZE_VER0	24

/*
 * Shared rings. Records are written and read in memory that the ring's fd maps; the
 * kernel is called to wait, and to wake who waits.
 *
 * Indexes count the bits that went through the ring since it was made, and wrap at
 * 2^64. A record begins at a multiple of 8 bytes, so that the low six bits of an index
 * are free: some words carry a producer's slot or a flag there. Where an index lies in
 * the data is (index / 8) modulo the ring's size.
 */

/** IPCX_RING_LAYOUT - Version of what follows, see &struct ipcx_ring_info. */
#define IPCX_RING_LAYOUT	1

/** IPCX_RING_BITS - Units of an index per byte. */
#define IPCX_RING_BITS		8

/** IPCX_RING_LOW_MASK - The bits of a word that do not belong to its index. */
#define IPCX_RING_LOW_MASK	63

/** IPCX_RING_ANNOUNCED - In @announce: a record is being made. */
#define IPCX_RING_ANNOUNCED	1

/* Places to map, as offsets for mmap(2). All are MAP_SHARED and as long as said. */
/**
 * IPCX_RING_MAP_VIEW - Read-only: &struct ipcx_ring_info, &struct ipcx_ring_shared, all
 *	&struct ipcx_ring_producer, all &struct ipcx_ring_consumer, a page each; and,
 *	with the right to receive, the data twice in a row. Also without the data, or only
 *	the first page.
 */
#define IPCX_RING_MAP_VIEW	0ULL
/**
 * IPCX_RING_MAP_PRODUCER - Readable and writable, with the right to send: the caller's own
 *	&struct ipcx_ring_producer, &struct ipcx_ring_shared, the data twice in a row, which
 *	a producer can therefore read. The caller is one until this mapping ends.
 */
#define IPCX_RING_MAP_PRODUCER	(1ULL << 40)
/**
 * IPCX_RING_MAP_CONSUMER - Readable and writable, with the right to receive: the caller's own
 *	&struct ipcx_ring_consumer. The caller is a consumer until this mapping ends, and
 *	producers wait for it.
 */
#define IPCX_RING_MAP_CONSUMER	(2ULL << 40)
/**
 * IPCX_RING_MAP_OVERRUN - The same, IPCX_RING_BROADCAST only, and producers do not wait:
 *	what it has not read in time is overwritten.
 */
#define IPCX_RING_MAP_OVERRUN	(3ULL << 40)

/**
 * struct ipcx_ring_info - What the kernel says about a ring; nobody else can write it.
 * @version: IPCX_RING_LAYOUT
 * @mode: one of &enum ipcx_ring_mode
 * @size: bytes of data
 * @page_size: of each of the structures here
 * @max_producers: as created
 * @max_consumers: as created
 * @reserved: 0
 * @pad0: 0; what one side reads all the time lies apart from what the other does
 * @data_waiters: not 0: a consumer waits for records (IPCX_RING_WAKE); or, in a ring with
 *	IPCX_RING_BROADCAST and several producers, a producer for room
 * @broken: the last consumer has gone, and none has come since
 * @pad1: 0
 * @space_waiters: not 0: a producer waits for room (IPCX_RING_WAKE)
 * @eof: the last producer has gone, and none has come since
 * @pad2: 0
 * @producers: bit mask of the slots of attached producers
 * @consumers: bit mask of the slots of attached consumers
 * @holders: bit mask of the consumers that producers wait for. But with
 *	IPCX_RING_BROADCAST that is always the one slot there is: records are kept for
 *	a consumer to come
 */
struct ipcx_ring_info {
	__u32 version;
	__u32 mode;
	__u64 size;
	__u32 page_size;
	__u32 max_producers;
	__u32 max_consumers;
	__u32 reserved;
	__u64 pad0[4];
	__u32 data_waiters;
	__u32 broken;
	__u64 pad1[7];
	__u32 space_waiters;
	__u32 eof;
	__u64 pad2[7];
	__u64 producers;
	__u64 consumers;
	__u64 holders;
};

/**
 * struct ipcx_ring_shared - What the producers have in common.
 * @tail: ring with one producer at most: end of what has been committed
 * @claim: end of what has been claimed, which is written or about to be. With more
 *	producers the low bits hold the slot of who claimed last. With one producer at
 *	most: IPCX_RING_BROADCAST only, for consumers that can be overrun
 * @confirmed: of each producer the end of a claim that somebody saw it make. Who claims
 *	after another writes it first, so that a claim is known when its maker is dead
 * @pad0: not used
 * @pad1: not used
 */
struct ipcx_ring_shared {
	__u64 tail;
	__u64 pad0[7];
	__u64 claim;
	__u64 pad1[7];
	__u64 confirmed[IPCX_RING_SLOTS_MAX];
};

/**
 * struct ipcx_ring_producer - A producer's own page.
 * @slot: its number, written by the kernel at attach
 * @reserved: 0
 * @records: committed so far by whoever had the slot
 * @announce: index of the record it is about to claim or has claimed, with
 *	IPCX_RING_ANNOUNCED until that is committed. Not used where there is one
 *	producer at most
 * @end: where that record ends; written before @announce
 * @pad: not used
 */
struct ipcx_ring_producer {
	__u32 slot;
	__u32 reserved;
	__u64 records;
	__u64 pad[6];
	__u64 announce;
	__u64 end;
};

/**
 * struct ipcx_ring_consumer - A consumer's own page.
 * @slot: its number, written by the kernel at attach
 * @overrun: it was attached with IPCX_RING_MAP_OVERRUN
 * @lost: records that it has lost
 * @head: end of what it has released. At attach it is what the one before had released;
 *	with IPCX_RING_BROADCAST the kernel sets it to the end of what is claimed, or
 *	of what is committed where there is one producer at most
 * @next: where it found nothing, for poll: what it has read and not released lies before.
 *	Used where it is beyond @head
 * @pad: not used
 */
struct ipcx_ring_consumer {
	__u32 slot;
	__u32 overrun;
	__u64 lost;
	__u64 pad[6];
	__u64 head;
	__u64 next;
};

/*
 * A record is a header of one __u64 in the byte order of the machine, the payload, and
 * up to 7 bytes to the next multiple of 8. The header: from bit 0 the length of the payload
 * in bytes, IPCX_RING_DISCARD, from IPCX_RING_SEQ_SHIFT the number of the record among its
 * producer's, from IPCX_RING_SLOT_SHIFT the producer's slot.
 */
/** IPCX_RING_LEN_MASK - The length in a record's header. */
#define IPCX_RING_LEN_MASK	0x3fffffffULL
/** IPCX_RING_DISCARD - In a record's header: not for anybody. */
#define IPCX_RING_DISCARD	(1ULL << 31)
/** IPCX_RING_SEQ_SHIFT - Where the record's number is in its header. */
#define IPCX_RING_SEQ_SHIFT	32
/** IPCX_RING_SEQ_MASK - As much of the number as a header holds, before the shift. */
#define IPCX_RING_SEQ_MASK	0x3ffffffULL
/** IPCX_RING_SLOT_SHIFT - Where the producer's slot is in a record's header. */
#define IPCX_RING_SLOT_SHIFT	58

/**
 * enum ipcx_ring_role - What a member of a ring is.
 * @IPCX_RING_PRODUCER: writes records
 * @IPCX_RING_CONSUMER: reads them
 */
enum ipcx_ring_role {
	IPCX_RING_PRODUCER = 1,
	IPCX_RING_CONSUMER = 2,
};

/**
 * IPCX_RING_WAIT_EVENTFD - Do not sleep: have the role's eventfd signalled (1 is added to
 *	it) once what is waited for has come, or the role has ended. Until then another
 *	call takes the place of this one.
 */
#define IPCX_RING_WAIT_EVENTFD	(1U << 9)

/**
 * struct ipcx_ring_wait - Wait for records or for room (IPCX_RING_WAIT, ring fd).
 * @flags: IPCX_XFER_NONBLOCK, IPCX_XFER_DEADLINE; or IPCX_RING_WAIT_EVENTFD alone
 * @clock: as in &struct ipcx_xfer
 * @deadline_ns: as in &struct ipcx_xfer
 * @role: one of &enum ipcx_ring_role
 * @slot: the caller's own, by a mapping of its process made through this fd or one that
 *	shares its open file description
 * @index: consumer: where it reads next: wait until something is committed there, or the
 *	last producer is gone. Producer: where its record would end: wait until there is
 *	room up to there, or the last consumer is gone
 *
 * Returns 0 when that is so, or may be; with IPCX_RING_WAIT_EVENTFD nothing was armed then.
 *
 * Errors: EAGAIN, EBUSY (another thread waits in that role), EFAULT, EINPROGRESS
 * (IPCX_RING_WAIT_EVENTFD: armed; the eventfd may have been signalled already), EINTR,
 * EINVAL (also: @index has one of its low six bits), ENOENT (IPCX_RING_WAIT_EVENTFD: the
 * role has no eventfd), ENOTCONN (the role is not the caller's), ETIMEDOUT.
 */
struct ipcx_ring_wait {
	__u32 flags;
	__u32 clock;
	__s64 deadline_ns;
	__u32 role;
	__u32 slot;
	__u64 index;
};

#define IPCX_RING_WAIT_SIZE_VER0	32

/**
 * struct ipcx_ring_eventfd - Give a role an eventfd, for IPCX_RING_WAIT_EVENTFD
 *	(IPCX_RING_EVENTFD, ring fd).
 * @role: as in &struct ipcx_ring_wait
 * @slot: as in &struct ipcx_ring_wait
 * @fd: the eventfd, which the role keeps until it ends; it takes the place of the one
 *	before. -1: none
 * @reserved: 0
 *
 * What was armed is not any more.
 *
 * Errors: EBADF (@fd is not open), EFAULT, EINVAL (also: @fd is no eventfd), ENOMEM,
 * ENOTCONN (the role is not the caller's).
 */
struct ipcx_ring_eventfd {
	__u32 role;
	__u32 slot;
	__s32 fd;
	__u32 reserved;
};

#define IPCX_RING_EVENTFD_SIZE_VER0	16

/** IPCX_RING_WAKE_DATA - Records were committed; needs the right to send. */
#define IPCX_RING_WAKE_DATA	(1U << 0)
/** IPCX_RING_WAKE_SPACE - Room was released; needs the right to receive. */
#define IPCX_RING_WAKE_SPACE	(1U << 1)

/**
 * struct ipcx_ring_wake - The doorbell: wake those whose wait has come true
 *	(IPCX_RING_WAKE, ring fd).
 * @flags: IPCX_RING_WAKE_*, one at least
 * @reserved: 0
 *
 * Needed when @data_waiters, or @space_waiters, is found not to be 0 after the store that
 * commits, or releases; at other times it does nothing. No fence is needed between store
 * and load: who waits has the kernel put one on the processors that the others run on.
 *
 * poll and epoll, too, tell of a ring what was so when they looked, and are woken by this.
 * POLLIN: a consumer attached through this open file description has something to read, or
 * there is no producer any more (POLLRDHUP). POLLOUT: there is room for the shortest
 * record; POLLERR: there is no consumer any more. Edge-triggered users look (poll without
 * waiting) each time they found nothing, so that they are waited for.
 *
 * Errors: EBADF (the fd lacks the right), EFAULT, EINVAL.
 */
struct ipcx_ring_wake {
	__u32 flags;
	__u32 reserved;
};

#define IPCX_RING_WAKE_SIZE_VER0	8

/**
 * struct ipcx_delivery - What is in front of the payload in a record of a mailbox's ring,
 *	written by the kernel; it counts in the record's length.
 * @sender: port of the mailbox it was sent from, or 0
 * @seq: number of the message in this mailbox, from 1
 * @type: as sent
 * @cookie: as sent
 * @pid: sending process, 0: not visible
 * @tid: sending thread, likewise
 * @uid: sender's effective user
 * @gid: sender's effective group
 * @priority: as sent; it does not change the order
 * @reserved: 0
 *
 * A mailbox with a ring (@ring_size of &struct ipcx_mbox_attr) has two ways in. Plain
 * messages, those of IPCX_POST without IPCX_POST_SYNC, IPCX_POST_CALL and files, are
 * copied once, from the sender's memory into the ring, and read there without a
 * system call. All others, group messages and replies included, are received with
 * IPCX_RECV and IPCX_REPLY. Each way keeps its order; @seq tells the order between them.
 * @max_msgs holds for each way by itself, @max_bytes for the other one only.
 *
 * The fd with the right to receive is mapped and used as a ring's with IPCX_RING_SPSC, to
 * consume only: IPCX_RING_MAP_VIEW, IPCX_RING_MAP_CONSUMER, IPCX_RING_WAIT as
 * IPCX_RING_CONSUMER, IPCX_RING_WAKE with IPCX_RING_WAKE_SPACE. mmap: EBADF (no right to
 * receive, or IPCX_RING_MAP_PRODUCER: the kernel is the only one), ENODEV (no ring);
 * those two: EBADF, EOPNOTSUPP (no ring). poll: POLLIN: there is something in either way;
 * POLLOUT: there is room for the caller's user in both; who uses it edge-triggered looks
 * after nothing was found in the ring.
 *
 * The numbers @pid to @gid are those of the namespaces of who mapped IPCX_RING_MAP_CONSUMER
 * last before the message was sent, at first the creator's, as in &struct ipcx_mbox_recv.
 *
 * What each user may have in the ring is what IPCX_POST says, in bytes of records. Who
 * finds no room waits, or has EAGAIN, as with the other way. A record whose sender's memory
 * went away while it was copied has IPCX_RING_DISCARD, and counts as the user's until it is
 * released; the message comes after it, if it can be read.
 *
 * When the mapping ends and the mailbox lives on, the messages stay: who maps next reads
 * on from what was released. When the mailbox dies, its ring has @eof, and what is in it
 * can be read by who has it mapped.
 */
struct ipcx_delivery {
	__u64 sender;
	__u64 seq;
	__u64 type;
	__u64 cookie;
	__u32 pid;
	__u32 tid;
	__u32 uid;
	__u32 gid;
	__u32 priority;
	__u32 reserved;
};

#define IPCX_DELIVERY_SIZE_VER0	56

#define IPCX_IOC_MAGIC	0xB9

#define IPCX_INFO	_IOWR(IPCX_IOC_MAGIC, 0x20, struct ipcx_info)
#define IPCX_OPEN	_IOWR(IPCX_IOC_MAGIC, 0x21, struct ipcx_open)
#define IPCX_UNLINK	_IOW(IPCX_IOC_MAGIC, 0x22, struct ipcx_unlink)
#define IPCX_LIST	_IOWR(IPCX_IOC_MAGIC, 0x23, struct ipcx_list)
#define IPCX_STAT	_IOR(IPCX_IOC_MAGIC, 0x24, struct ipcx_stat)
#define IPCX_SEND	_IOW(IPCX_IOC_MAGIC, 0x25, struct ipcx_xfer)
#define IPCX_RECV	_IOW(IPCX_IOC_MAGIC, 0x26, struct ipcx_xfer)
#define IPCX_NOTIFY	_IOW(IPCX_IOC_MAGIC, 0x27, struct ipcx_notify)
#define IPCX_POST	_IOW(IPCX_IOC_MAGIC, 0x28, struct ipcx_post)
#define IPCX_CALL	_IOWR(IPCX_IOC_MAGIC, 0x29, struct ipcx_call)
#define IPCX_REPLY	_IOWR(IPCX_IOC_MAGIC, 0x2a, struct ipcx_reply)
#define IPCX_GRANT	_IOW(IPCX_IOC_MAGIC, 0x2b, struct ipcx_grant)
#define IPCX_TOKEN	_IOW(IPCX_IOC_MAGIC, 0x2c, struct ipcx_token)
#define IPCX_WATCH	_IOW(IPCX_IOC_MAGIC, 0x2d, struct ipcx_watch)
#define IPCX_UNWATCH	_IOWR(IPCX_IOC_MAGIC, 0x2e, struct ipcx_leave)
#define IPCX_SUBSCRIBE	_IOW(IPCX_IOC_MAGIC, 0x2f, struct ipcx_subscribe)
#define IPCX_UNSUBSCRIBE _IOWR(IPCX_IOC_MAGIC, 0x30, struct ipcx_leave)
#define IPCX_RING_WAIT	_IOW(IPCX_IOC_MAGIC, 0x31, struct ipcx_ring_wait)
#define IPCX_RING_WAKE	_IOW(IPCX_IOC_MAGIC, 0x32, struct ipcx_ring_wake)
#define IPCX_RING_EVENTFD _IOW(IPCX_IOC_MAGIC, 0x33, struct ipcx_ring_eventfd)

#endif /* _UAPI_LINUX_IPCX_H */
