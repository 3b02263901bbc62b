/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the programs know in common: who is followed, and the call that each task is in.
 *
 * A followed task gets a &struct call when it is first seen to begin a system call, or
 * when it is forked, and keeps it until it ends. Only the task itself changes it, but for
 * woken_at: so no lock is needed. The map of them is preallocated, as all maps are:
 * nothing is allocated in a tracepoint, where PREEMPT_RT would not allow it.
 *
 * Functions that are not inlined are hidden: the verifier then follows them with their
 * caller's state, and may get a pointer back.
 */
#ifndef _IPCX_BPF_STATE_H
#define _IPCX_BPF_STATE_H

#include "compat.bpf.h"
#include "ledger.h"

/* A msghdr's addresses, its buffers, its control data and its name; and some to spare. */
#define CALL_RANGES	6

/* Messages of a call of ipcx whose lengths are known one by one. */
#define CALL_BATCH	64

/* Copies in a call of ipcx that may turn out to be a part of what ipcx_copy reports. */
#define CALL_PENDING	8

struct range {
	u64 start;
	u64 end;
};

/**
 * struct pending - A copy, or some, that are not yet payload or arguments.
 * @bytes: what they copied
 * @copies: how many they are
 * @ns: what they took
 */
struct pending {
	u64 bytes;
	u64 copies;
	u64 ns;
};

/**
 * struct pause - Time without a processor.
 * @out_at: when the task lost it; 0: it has one
 * @woken_at: when it was woken after that
 * @total: of this call
 * @blocked: of that after going to sleep
 * @first_out: when it first lost it since the last copy; 0: it did not
 * @since_copy: how much it was since then
 * @last_out: when it last lost it
 * @last: how long that was
 * @sleeps: it lost it by going to sleep
 */
struct pause {
	u64 out_at;
	u64 woken_at;
	u64 total;
	u64 blocked;
	u64 first_out;
	u64 since_copy;
	u64 last_out;
	u64 last;
	u64 sleeps;
};

/**
 * struct carried - Messages that are counted as they are copied, not by what the call returns.
 * @messages: how many
 * @bytes: their payload
 */
struct carried {
	u64 messages;
	u64 bytes;
};

/**
 * struct call - The system call that a task is in.
 * @start: when it began
 * @active: there is one; what is copied at other times is LEDGER_OTHER's
 * @mechanism: one of &enum ledger_mechanism
 * @kind: how the call names its payload
 * @length: LEDGER_RETURNS_ZERO: the message's; LEDGER_HEADERS: in the end, of all of them
 * @messages: LEDGER_HEADERS: their address
 * @ranges: address ranges
 * @range_count: how many of them are used
 * @ranges_are_payload: 1: what is copied there is payload, 0: all else is
 * @inner: where a structure that names more of the arguments is copied from
 * @inner_size: how long that is; 0: there is none
 * @pause: time without a processor
 * @carried: ipcx and Binder: messages of this call
 * @ends: ipcx: bytes up to the end of each message that was copied from user memory
 * @last_ns: ipcx: what the last copy into the kernel took
 * @pending: ipcx: copies that ipcx_copy may be about to report
 * @pending_count: how many of them are used
 */
struct call {
	u64 start;
	u32 active;
	u32 mechanism;
	struct ledger_kind kind;
	u32 range_count;
	u64 length;
	u64 messages;
	struct range ranges[CALL_RANGES];
	struct range inner;
	u32 inner_size;
	u32 ranges_are_payload;
	struct pause pause;
	struct carried carried[LEDGER_DIRECTIONS];
	u32 ends[CALL_BATCH];
	u64 last_ns;
	struct pending pending[CALL_PENDING];
	u64 pending_count;
};

/* What a copy took beside. */
struct copy {
	u64 addr;
	u64 asked;
	u64 bytes;
	u64 start;
	u64 ns;
	u32 direction;
};

/* Is the task followed? */
bool followed(const struct task_struct *task);
/* From now on, and not any more, a process is. */
void follow(u32 tgid);
void unfollow(u32 tgid);

/* The record of a task; NULL: it has none. */
struct call *call_find(u32 pid);
/* The same, and it is made where there was none. */
struct call *call_get(u32 pid);
void call_forget(u32 pid);
/* This processor's row. */
struct ledger_row *row_of(u32 mechanism);

/* A value of a distribution. */
void count_copy_ns(u32 mechanism, u64 ns);
void count_wake_ns(u32 mechanism, u64 ns);

/* Where what cannot be counted is counted; NULL only for the verifier. */
struct ledger_lost *lost_here(void);

#endif /* _IPCX_BPF_STATE_H */
