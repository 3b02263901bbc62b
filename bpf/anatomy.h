/* SPDX-License-Identifier: (GPL-2.0-only OR LGPL-2.1-or-later) */
/*
 * The stages of an object's messages: what a BPF program counts and ipcx-trace anatomy
 * shows.
 *
 * The program looks at one object only. Each processor has its own sums; a hash takes the
 * distributions, as the copy ledger's (ledger.h).
 */
#ifndef IPCX_BPF_ANATOMY_H
#define IPCX_BPF_ANATOMY_H

#include <linux/types.h>

/*
 * A message goes through them in this order, and each begins where the one before it
 * ended: what its stages took adds up to ANATOMY_TOTAL. It has either ANATOMY_QUEUE, or,
 * where a receiver slept for it, ANATOMY_WAKE and ANATOMY_SWITCH.
 */
enum anatomy_stage {
	/* The sender's copy into the kernel; not where the kernel is the sender. */
	ANATOMY_COPY_IN,
	/* To the object's lock; likewise. */
	ANATOMY_LOCK,
	/* Into the queue, or to a receiver; with waiting for room. */
	ANATOMY_ENQUEUE,
	/* Until a receiver came. */
	ANATOMY_QUEUE,
	/* Until the receiver's wake-up was made. */
	ANATOMY_WAKE,
	/* Until the receiver ran. */
	ANATOMY_SWITCH,
	/* The receiver's copy out of the kernel. */
	ANATOMY_COPY_OUT,
	/* From the first to the last. */
	ANATOMY_TOTAL,
	ANATOMY_STAGES,
};

/**
 * struct anatomy_row - A stage, on one processor.
 * @messages: that had it
 * @ns: what it took them all
 * @min_ns: the shortest; without meaning where @messages is 0
 * @max_ns: the longest
 */
struct anatomy_row {
	__u64 messages;
	__u64 ns;
	__u64 min_ns;
	__u64 max_ns;
};

/**
 * struct anatomy_counts - What was received, on one processor.
 * @bytes: payload of those messages that are in the stages
 * @before: messages without the sender's times, in no stage: sent before anybody looked
 * @disordered: messages whose times are in no order, in no stage
 * @lost: values that no bucket of a distribution was left for
 */
struct anatomy_counts {
	__u64 bytes;
	__u64 before;
	__u64 disordered;
	__u64 lost;
};

/**
 * struct anatomy_bucket - A bucket of a distribution.
 * @stage: one of &enum anatomy_stage
 * @reserved: 0
 * @at_least_ns: the smallest value in it
 */
struct anatomy_bucket {
	enum anatomy_stage stage;
	__u32 reserved;
	__u64 at_least_ns;
};

#endif /* IPCX_BPF_ANATOMY_H */
