// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copies between user memory and the kernel, as ipcx_probe.ko reports them.
 *
 * Whether a copy is payload is told by its address. In calls of ipcx it is not: its own
 * tracepoint says what was payload, after the copy, and which of those that were seen before
 * that were parts of it is found out then (ipcx.bpf.c).
 */
#include "state.h"

#include <bpf/bpf_tracing.h>

#include "call.h"

static bool in_ranges(const struct call *call, u64 addr)
{
	u32 i;

#pragma unroll
	for (i = 0; i < CALL_RANGES; i++) {
		if (i >= call->range_count)
			break;
		if (addr >= call->ranges[i].start && addr < call->ranges[i].end)
			return true;
	}
	return false;
}

static bool is_payload(const struct call *call, const struct copy *copy)
{
	if (!call->active || call->kind.direction != copy->direction)
		return false;
	return in_ranges(call, copy->addr) == !!call->ranges_are_payload;
}

/* What the task had no processor for is no time of copying. */
static u64 time_of(struct call *call, const struct copy *copy)
{
	struct pause *pause = &call->pause;
	u64 off = 0;

	if (pause->first_out >= copy->start)
		off = pause->since_copy;
	else if (pause->last_out >= copy->start)
		off = pause->last;
	pause->first_out = 0;
	pause->since_copy = 0;
	return copy->ns > off ? copy->ns - off : 0;
}

__hidden void count_argument(u32 mechanism, u64 copies, u64 bytes, u64 ns)
{
	struct ledger_row *row = row_of(mechanism);

	if (!row)
		return;
	row->argument_copies += copies;
	row->argument_bytes += bytes;
	row->argument_ns += ns;
}

__hidden void count_payload(u32 mechanism, u32 direction, u64 bytes, u64 ns)
{
	struct ledger_row *row = row_of(mechanism);
	struct ledger_side *side;

	if (!row)
		return;
	side = &row->side[direction == LEDGER_TO_USER];
	side->payload_copies++;
	side->payload_bytes += bytes;
	side->payload_ns += ns;
	count_copy_ns(mechanism, ns);
}

/* A call of ipcx. Where there are too many, the last ones are taken for one. */
static void put_off(struct call *call, const struct copy *copy, u64 ns)
{
	u64 i = call->pending_count;
	struct pending *pending;
	bool first = true;

	if (i >= CALL_PENDING) {
		i = CALL_PENDING - 1;
		first = false;
	} else {
		call->pending_count = i + 1;
	}
	/* So that the verifier, too, sees what the compiler takes for known. */
	barrier_var(i);
	pending = &call->pending[i & (CALL_PENDING - 1)];
	if (first)
		*pending = (struct pending){};
	pending->copies++;
	pending->bytes += copy->bytes;
	pending->ns += ns;
}

static void copied(struct call *call, const struct copy *copy)
{
	u32 mechanism = call->active ? call->mechanism : LEDGER_OTHER;
	u64 ns = time_of(call, copy);

	if (call->active && call_is_ipcx(call)) {
		put_off(call, copy, ns);
		return;
	}
	if (is_payload(call, copy))
		count_payload(mechanism, copy->direction, copy->bytes, ns);
	else
		count_argument(mechanism, 1, copy->bytes, ns);
	if (call->active && call->inner_size)
		call_read_inner(call, copy);
}

SEC("raw_tp/ipcx_probe_copy")
int copy_done(struct bpf_raw_tracepoint_args *ctx)
{
	struct copy copy = {
		.direction = ctx->args[1],
		.addr = ctx->args[2],
		.asked = ctx->args[3],
		.bytes = ctx->args[4],
		.start = ctx->args[5],
		.ns = ctx->args[6],
	};
	struct task_struct *task = bpf_get_current_task_btf();
	struct call *call = call_find(task->pid);

	if (call)
		copied(call, &copy);
	else if (followed(task))
		count_argument(LEDGER_BEFORE, 1, copy.bytes, copy.ns);
	return 0;
}
