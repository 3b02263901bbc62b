// SPDX-License-Identifier: GPL-2.0-only
/*
 * System calls: whose they are, where their payload is, and what they moved.
 *
 * Which call is of which shape is told by user space (tools/trace/calls.c), which knows
 * the numbers; none of them is known here.
 *
 * Where the payload is one buffer, it is what is copied there. Where it may be any number
 * of buffers, as with readv(2) and sendmsg(2), the other arguments are few, and payload is
 * what is copied anywhere else. A struct msghdr is read when the kernel has just copied
 * it: so it is in memory, and of sendmmsg(2) it is the right one.
 */
#include "state.h"

#include <bpf/bpf_tracing.h>

#include "call.h"

/* By number; what is not there is LEDGER_PLAIN and LEDGER_OTHER. */
const volatile struct ledger_kind kinds[LEDGER_CALLS];

/* As the system call's arguments are, on every 64-bit processor. */
struct user_vector {
	u64 base;
	u64 length;
};

struct user_header {
	u64 name;
	u32 name_length;
	u32 reserved;
	u64 vector;
	u64 vectors;
	u64 control;
	u64 control_length;
	u32 flags;
	u32 reserved2;
};

struct user_headers {
	struct user_header header;
	u32 length;
	u32 reserved;
};

struct binder_request {
	u64 write_size;
	u64 write_consumed;
	u64 write_buffer;
	u64 read_size;
	u64 read_consumed;
	u64 read_buffer;
};

struct binder_transaction {
	u64 target;
	u64 cookie;
	u32 code;
	u32 flags;
	u32 pid;
	u32 uid;
	u64 data_size;
	u64 offsets_size;
	u64 data;
	u64 offsets;
};

/* What sendmmsg(2) and recvmmsg(2) do at most. */
#define HEADERS_MAX	1024

static void unread(void)
{
	struct ledger_lost *lost = lost_here();

	if (lost)
		lost->unread++;
}

static void add_range(struct call *call, u64 start, u64 length)
{
	u32 i = call->range_count;
	struct ledger_lost *lost;

	if (!start || !length)
		return;
	if (i < CALL_RANGES) {
		call->ranges[i].start = start;
		call->ranges[i].end = start + length;
		call->range_count = i + 1;
		return;
	}
	lost = lost_here();
	if (lost)
		lost->ranges++;
}

static void set_inner(struct call *call, u64 start, u64 length, u32 size)
{
	call->inner.start = start;
	call->inner.end = start + length;
	call->inner_size = size;
	add_range(call, start, length);
}

static void prepare_binder(struct call *call, u64 addr)
{
	struct binder_request request;

	call->kind.direction = LEDGER_FROM_USER;
	add_range(call, addr, sizeof(request));
	if (bpf_probe_read_user(&request, sizeof(request), (void *)addr)) {
		unread();
		return;
	}
	set_inner(call, request.write_buffer, request.write_size,
		  sizeof(struct binder_transaction));
	add_range(call, request.read_buffer, request.read_size);
}

/* Where in the arguments the payload is, or where it is not. */
static void prepare(struct call *call, const u64 args[CALL_ARGUMENTS])
{
	call->ranges_are_payload = 0;
	switch (call->kind.shape) {
	case LEDGER_BUFFER:
		call->ranges_are_payload = 1;
		add_range(call, args[1], args[2]);
		break;
	case LEDGER_SYSV_BUFFER:
		call->ranges_are_payload = 1;
		add_range(call, args[1] + sizeof(u64), args[2]);
		break;
	case LEDGER_TWO_VECTORS:
		add_range(call, args[3], args[4] * sizeof(struct user_vector));
		add_range(call, args[1], args[2] * sizeof(struct user_vector));
		break;
	case LEDGER_VECTOR:
		add_range(call, args[1], args[2] * sizeof(struct user_vector));
		break;
	case LEDGER_HEADER:
		set_inner(call, args[1], sizeof(struct user_header), sizeof(struct user_header));
		break;
	case LEDGER_HEADERS:
		set_inner(call, args[1], (u32)args[2] * sizeof(struct user_headers),
			  sizeof(struct user_header));
		break;
	case LEDGER_MOVED:
		call->ranges_are_payload = 1;
		break;
	case LEDGER_IOCTL:
		if (call->mechanism == LEDGER_BINDER)
			prepare_binder(call, args[2]);
		break;
	}
}

static void begin(struct call *call, u32 nr, const u64 args[CALL_ARGUMENTS])
{
	struct ledger_kind kind = { .mechanism = LEDGER_OTHER, .direction = LEDGER_NEITHER };
	const volatile struct ledger_kind *known;

	if (nr < LEDGER_CALLS) {
		/* So that the verifier, too, sees what the compiler takes for known. */
		barrier_var(nr);
		known = &kinds[nr & (LEDGER_CALLS - 1)];
		kind.shape = known->shape;
		kind.direction = known->direction;
		kind.mechanism = known->mechanism;
		kind.flags = known->flags;
	}
	call->kind = kind;
	call->mechanism = kind.mechanism;
	if (kind.mechanism == LEDGER_BY_FD)
		call->mechanism = mechanism_of_fd(args[0]);
	if (kind.shape == LEDGER_IOCTL)
		call->mechanism = mechanism_of_ioctl(call->mechanism, args[1]);
	call->length = args[2];
	call->messages = args[1];
	prepare(call, args);
}

static void clear(struct call *call)
{
	call->range_count = 0;
	call->inner_size = 0;
	call->pending_count = 0;
	__builtin_memset(&call->pause, 0, sizeof(call->pause));
	__builtin_memset(call->carried, 0, sizeof(call->carried));
}

SEC("tp_btf/sys_enter")
int BPF_PROG(call_begins, struct pt_regs *regs, long nr)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u64 args[CALL_ARGUMENTS];
	struct call *call;

	if (!followed(task))
		return 0;
	call = call_get(task->pid);
	if (!call)
		return 0;
	clear(call);
	if (compat_call32(task)) {
		call->kind.shape = LEDGER_PLAIN;
		call->kind.direction = LEDGER_NEITHER;
		call->mechanism = LEDGER_CALL32;
	} else {
		compat_arguments(regs, args);
		begin(call, nr, args);
	}
	call->start = bpf_ktime_get_ns();
	call->active = 1;
	return 0;
}

static void read_header(struct call *call, u64 addr)
{
	struct user_header header;

	if (bpf_probe_read_user(&header, sizeof(header), (void *)addr)) {
		unread();
		return;
	}
	/* In place of the message before it. */
	call->range_count = 0;
	add_range(call, call->inner.start, call->inner.end - call->inner.start);
	add_range(call, header.name, header.name_length);
	add_range(call, header.vector, header.vectors * sizeof(struct user_vector));
	add_range(call, header.control, header.control_length);
}

static void read_transaction(struct call *call, u64 addr)
{
	struct carried *carried = &call->carried[LEDGER_FROM_USER];
	struct binder_transaction transaction;

	if (bpf_probe_read_user(&transaction, sizeof(transaction), (void *)addr)) {
		unread();
		return;
	}
	add_range(call, transaction.offsets, transaction.offsets_size);
	carried->messages++;
	carried->bytes += transaction.data_size;
}

__hidden void call_read_inner(struct call *call, const struct copy *copy)
{
	if (copy->direction != LEDGER_FROM_USER || copy->asked != call->inner_size ||
	    copy->addr < call->inner.start || copy->addr >= call->inner.end)
		return;
	if (call->mechanism == LEDGER_BINDER)
		read_transaction(call, copy->addr);
	else
		read_header(call, copy->addr);
}

/* ---- the end ---- */

/* bpf_loop() hands over what lies on the stack only. */
struct lengths {
	struct call *call;
};

/* The sum lies in the map: to the verifier one turn then looks like all others. */
static long add_length(u32 i, struct lengths *lengths)
{
	struct call *call = lengths->call;
	const struct user_headers *headers = (const void *)call->messages;
	u32 length = 0;

	if (bpf_probe_read_user(&length, sizeof(length), &headers[i].length))
		unread();
	call->length += length;
	return 0;
}

/* The kernel has just written how long each message was. */
static void count_headers(struct call *call, struct ledger_side *side, u32 count)
{
	struct lengths lengths = { call };

	if (count > HEADERS_MAX)
		return;
	call->length = 0;
	bpf_loop(count, add_length, &lengths, 0);
	side->messages += count;
	side->message_bytes += call->length;
}

/* Of a batch of which not all were accepted, those that were. */
static u64 bytes_of_first(const struct call *call, u64 count)
{
	const struct carried *in = &call->carried[LEDGER_FROM_USER];
	struct ledger_lost *lost;
	u64 i = count - 1;

	if (i < CALL_BATCH) {
		barrier_var(i);
		return call->ends[i & (CALL_BATCH - 1)];
	}
	lost = lost_here();
	if (lost)
		lost->ranges++;
	return in->bytes / in->messages * count;
}

static void count_carried(const struct call *call, struct ledger_row *row, s64 ret)
{
	const struct carried *in = &call->carried[LEDGER_FROM_USER];
	const struct carried *out = &call->carried[LEDGER_TO_USER];
	struct ledger_side *sent = &row->side[LEDGER_FROM_USER];

	row->side[LEDGER_TO_USER].messages += out->messages;
	row->side[LEDGER_TO_USER].message_bytes += out->bytes;
	if (ret < 0 || !in->messages)
		return;
	/* Calls return how many were accepted, or 0 where there is only one. */
	if (ret && (u64)ret < in->messages) {
		sent->messages += ret;
		sent->message_bytes += bytes_of_first(call, ret);
		return;
	}
	sent->messages += in->messages;
	sent->message_bytes += in->bytes;
}

static void count_one(struct call *call, struct ledger_row *row, s64 ret)
{
	struct ledger_side *side = &row->side[call->kind.direction == LEDGER_TO_USER];

	if (call->kind.shape == LEDGER_HEADERS) {
		count_headers(call, side, ret);
		return;
	}
	side->messages++;
	side->message_bytes += call->kind.flags & LEDGER_RETURNS_ZERO ? call->length : ret;
}

static void count_messages(struct call *call, struct ledger_row *row, s64 ret)
{
	if (call_is_ipcx(call) || call->mechanism == LEDGER_BINDER) {
		count_carried(call, row, ret);
		return;
	}
	if (call->kind.direction == LEDGER_NEITHER || ret < 0)
		return;
	if (ret || call->kind.flags & LEDGER_RETURNS_ZERO)
		count_one(call, row, ret);
}

static void end(struct call *call, s64 ret)
{
	u64 now = bpf_ktime_get_ns();
	struct ledger_row *row;

	call->active = 0;
	if (call_is_ipcx(call))
		ipcx_settle(call);
	row = row_of(call->mechanism);
	if (!row)
		return;
	row->calls++;
	row->call_ns += now - call->start;
	row->off_cpu_ns += call->pause.total;
	row->blocked_ns += call->pause.blocked;
	count_messages(call, row, ret);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(call_ends, struct pt_regs *regs, long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct call *call = call_find(task->pid);

	if (call && call->active)
		end(call, ret);
	return 0;
}
