// SPDX-License-Identifier: GPL-2.0-only
/*
 * Payloads of ipcx's own objects, as the module's tracepoints report them.
 *
 * A message that goes straight into a mailbox's ring has no message in the kernel, by
 * which it is known. One that had to wait for room there was first copied as any other: it
 * is booked again when it arrives.
 */
#include "state.h"

#include <bpf/bpf_tracing.h>

#include "call.h"

/* enum ipcx_delivered of kmod/mbox_ring.h: how a record came into the ring. */
#define DELIVERED_STAGED	2

static void argument(const struct call *call, const struct pending *pending)
{
	count_argument(call->mechanism, pending->copies, pending->bytes, pending->ns);
}

/* All that was put off were arguments. */
__hidden void ipcx_settle(struct call *call)
{
	u32 i;

	for (i = 0; i < CALL_PENDING && i < call->pending_count; i++)
		argument(call, &call->pending[i]);
	call->pending_count = 0;
}

/*
 * The last of the copies are what is being reported if they are as long, and took no
 * longer. Nothing is, where the module has copied a short message by itself. Clocks would
 * not tell: an interrupt may come between a copy and the report.
 */
static u32 first_inside(const struct call *call, u64 bytes, u64 ns)
{
	u64 sum = 0, time = 0;
	u32 i;

	for (i = CALL_PENDING; i > 0; i--) {
		const struct pending *pending = &call->pending[i - 1];

		if (i > call->pending_count)
			continue;
		sum += pending->bytes;
		time += pending->ns;
		if (time > ns)
			break;
		if (sum == bytes)
			return i - 1;
	}
	return CALL_PENDING;
}

/* Returns what was copied before a fault, as far as a probe saw it. */
static u64 settle(struct call *call, u64 bytes, u64 ns, int error)
{
	u32 first = error ? call->pending_count - 1 : first_inside(call, bytes, ns);
	u64 inside = 0;
	u32 i;

	for (i = 0; i < CALL_PENDING && i < call->pending_count; i++) {
		if (i < first)
			argument(call, &call->pending[i]);
		else
			inside += call->pending[i].bytes;
	}
	call->pending_count = 0;
	return inside;
}

static void carry(struct call *call, u32 direction, u64 bytes)
{
	struct carried *carried = &call->carried[direction == LEDGER_TO_USER];
	u64 i = carried->messages;

	carried->messages = i + 1;
	carried->bytes += bytes;
	if (direction == LEDGER_FROM_USER && i < CALL_BATCH) {
		/* So that the verifier, too, sees what the compiler takes for known. */
		barrier_var(i);
		call->ends[i & (CALL_BATCH - 1)] = carried->bytes;
	}
}

static void payload(struct call *call, u32 direction, u64 bytes, u64 ns, int error)
{
	u64 inside = settle(call, bytes, ns, error);

	count_payload(call->mechanism, direction, error ? inside : bytes, ns);
	call->last_ns = ns;
	if (!error)
		carry(call, direction, bytes);
}

/* Requests of io_uring do not say what they are for: queues are what it is used with. */
static void choose_mechanism(struct call *call, bool has_message)
{
	if (call->kind.shape == LEDGER_IO_URING)
		call->mechanism = LEDGER_IPCX_QUEUE;
	if (!has_message)
		call->mechanism = LEDGER_IPCX_DELIVERY;
}

/* id, msg, in, bytes, ns, error */
SEC("raw_tp/ipcx_copy")
int ipcx_payload_copied(struct bpf_raw_tracepoint_args *ctx)
{
	u32 direction = (u8)ctx->args[2] ? LEDGER_FROM_USER : LEDGER_TO_USER;
	struct task_struct *task = bpf_get_current_task_btf();
	struct call *call = call_find(task->pid);

	if (call && call->active) {
		choose_mechanism(call, ctx->args[1]);
		payload(call, direction, ctx->args[3], ctx->args[4], ctx->args[5]);
	} else if (followed(task)) {
		count_payload(LEDGER_BEFORE, direction, ctx->args[3], ctx->args[4]);
	}
	return 0;
}

/* id, d, bytes, how */
SEC("raw_tp/ipcx_deliver")
int ipcx_record_complete(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct call *call = call_find(task->pid);
	u64 bytes = ctx->args[2];
	struct ledger_row *row;

	if ((u32)ctx->args[3] != DELIVERED_STAGED || !call || !call->active ||
	    call->mechanism != LEDGER_IPCX_MBOX)
		return 0;
	row = row_of(LEDGER_IPCX_MBOX);
	if (!row)
		return 0;
	/* Sums over the processors come out right also where one is below zero. */
	row->side[LEDGER_FROM_USER].payload_copies--;
	row->side[LEDGER_FROM_USER].payload_bytes -= bytes;
	row->side[LEDGER_FROM_USER].payload_ns -= call->last_ns;
	call->mechanism = LEDGER_IPCX_DELIVERY;
	count_payload(LEDGER_IPCX_DELIVERY, LEDGER_FROM_USER, bytes, call->last_ns);
	return 0;
}
