/* SPDX-License-Identifier: (GPL-2.0-only OR LGPL-2.1-or-later) */
/*
 * The copy ledger's records: what the BPF programs count and ipcx-trace shows.
 *
 * All counting is done in the kernel. A row per mechanism, one copy of it for each
 * processor, takes sums; two hashes take the distributions, log-linear: a value belongs to
 * the bucket that is named by the smallest value in it. User space only adds up.
 */
#ifndef IPCX_BPF_LEDGER_H
#define IPCX_BPF_LEDGER_H

#include <linux/types.h>

/*
 * What the call that a task is in belongs to. LEDGER_OTHER is all that has no row of its
 * own, and copies outside of calls; LEDGER_CALL32 are calls of 32-bit programs, whose
 * arguments nobody looks at; LEDGER_BEFORE is what was already under way.
 */
enum ledger_mechanism {
	LEDGER_PIPE,
	LEDGER_FIFO,
	LEDGER_UNIX_STREAM,
	LEDGER_UNIX_DGRAM,
	LEDGER_UNIX_SEQPACKET,
	LEDGER_TCP,
	LEDGER_UDP,
	LEDGER_POSIX_MQ,
	LEDGER_SYSV_MSG,
	LEDGER_EVENTFD,
	LEDGER_PROCESS_VM,
	LEDGER_SPLICE,
	LEDGER_BINDER,
	LEDGER_FUTEX,
	LEDGER_FILE,
	LEDGER_TTY,
	LEDGER_IPCX_QUEUE,
	LEDGER_IPCX_MBOX,
	LEDGER_IPCX_DELIVERY,
	LEDGER_IPCX_RING,
	LEDGER_OTHER,
	LEDGER_CALL32,
	LEDGER_BEFORE,
	LEDGER_MECHANISMS,
};

/* The first two as ipcx_probe_copy counts them; the last for calls that move nothing. */
enum ledger_direction {
	LEDGER_FROM_USER,
	LEDGER_TO_USER,
	LEDGER_DIRECTIONS,
	LEDGER_NEITHER = LEDGER_DIRECTIONS,
};

/* How a system call names its payload. */
enum ledger_shape {
	/* Nothing of it is payload. */
	LEDGER_PLAIN,
	/* A buffer and its length: the second and third argument. */
	LEDGER_BUFFER,
	/* Likewise, and behind the address of a message of System V is its type. */
	LEDGER_SYSV_BUFFER,
	/* An array of buffers, and how many. */
	LEDGER_VECTOR,
	/* Likewise, and another such array for another process's memory. */
	LEDGER_TWO_VECTORS,
	/* A struct msghdr. */
	LEDGER_HEADER,
	/* An array of struct mmsghdr, and how many. */
	LEDGER_HEADERS,
	/* Moved between two files, so that nothing is at a user address. */
	LEDGER_MOVED,
	LEDGER_IOCTL,
	/* Requests lie in shared memory. */
	LEDGER_IO_URING,
};

/* Where a file descriptor says which mechanism it is. */
#define LEDGER_BY_FD		LEDGER_MECHANISMS

/* Its return value is 0, and the message as long as its argument said. */
#define LEDGER_RETURNS_ZERO	1

/**
 * struct ledger_kind - A system call, as user space describes it to the programs.
 * @shape: one of &enum ledger_shape
 * @direction: which way its payload goes
 * @mechanism: one of &enum ledger_mechanism, or LEDGER_BY_FD: the first argument's
 * @flags: LEDGER_RETURNS_ZERO
 */
struct ledger_kind {
	__u8 shape;
	__u8 direction;
	__u8 mechanism;
	__u8 flags;
};

/* One more than the largest number of a system call that is told apart. */
#define LEDGER_CALLS		512

/**
 * struct ledger_side - One direction of a mechanism.
 * @messages: that calls reported as moved
 * @message_bytes: how long those were
 * @payload_copies: calls of a copy function for payload
 * @payload_bytes: what those copied
 * @payload_ns: what they took, time in which the task had no processor left out
 */
struct ledger_side {
	__u64 messages;
	__u64 message_bytes;
	__u64 payload_copies;
	__u64 payload_bytes;
	__u64 payload_ns;
};

/**
 * struct ledger_row - A mechanism, on one processor.
 * @calls: that returned
 * @call_ns: from entry to return
 * @off_cpu_ns: of that without a processor
 * @blocked_ns: of that after going to sleep, the wait for a processor after it included
 * @argument_copies: calls of a copy function for all but payload
 * @argument_bytes: what those copied
 * @argument_ns: what they took
 * @side: the payload
 */
struct ledger_row {
	__u64 calls;
	__u64 call_ns;
	__u64 off_cpu_ns;
	__u64 blocked_ns;
	__u64 argument_copies;
	__u64 argument_bytes;
	__u64 argument_ns;
	struct ledger_side side[LEDGER_DIRECTIONS];
};

/**
 * struct ledger_bucket - A bucket of a distribution.
 * @mechanism: one of &enum ledger_mechanism
 * @reserved: 0
 * @at_least_ns: the smallest value in it; the next one is an eighth of its power of two
 *	away
 */
struct ledger_bucket {
	enum ledger_mechanism mechanism;
	__u32 reserved;
	__u64 at_least_ns;
};

/* Parts of a power of two: a value is known to 1/8. */
#define LEDGER_PARTS_SHIFT	3

/**
 * struct ledger_lost - What could not be counted, on one processor.
 * @tasks: calls of a task for which there was no record left
 * @buckets: values that no bucket of a distribution was left for
 * @unread: arguments that were not in memory, so that what a call copied may be taken for
 *	the wrong one of payload and arguments
 * @ranges: likewise, because it had too many; or the lengths of a batch of messages are not
 *	known one by one
 */
struct ledger_lost {
	__u64 tasks;
	__u64 buckets;
	__u64 unread;
	__u64 ranges;
};

#endif /* IPCX_BPF_LEDGER_H */
