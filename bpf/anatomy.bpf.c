// SPDX-License-Identifier: GPL-2.0-only
/*
 * The stages of the messages that one object's receivers get, from the stamps that
 * ipcx:ipcx_message brings: it comes once for each message, when that is with its receiver.
 *
 * A tracepoint runs with preemption off, and this one never in an interrupt: what is a
 * processor's own needs no lock. It comes after the last stamp, so that what is done here
 * is in no stage.
 */
#include "kernel.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <linux/ipcx.h>

#include "anatomy.h"
#include "histogram.h"

/* All that there are: 61 powers of two have eight parts, and eight values are below them. */
#define BUCKETS		(ANATOMY_STAGES * (61 * 8 + 8))

char _license[] SEC("license") = "GPL";

/* The module's, with only the fields that are read here. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ipcx_object {
	u64 id;
};

struct ipcx_pq_entry {
	u32 size;
};

struct ipcx_message {
	struct ipcx_pq_entry e;
};

#pragma clang attribute pop

const volatile __u64 object_id;

/* The object is no more. */
bool gone;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, ANATOMY_STAGES);
	__type(key, enum anatomy_stage);
	__type(value, struct anatomy_row);
} anatomy_rows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct anatomy_counts);
} anatomy_counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, BUCKETS);
	__type(key, struct anatomy_bucket);
	__type(value, u64);
} stage_ns SEC(".maps");

static bool count_bucket(u32 stage, u64 ns)
{
	struct anatomy_bucket bucket = { stage, 0, bucket_start(ns) };
	u64 *count, zero = 0;

	count = bpf_map_lookup_elem(&stage_ns, &bucket);
	if (!count) {
		/* Another processor may have been faster: then it is there. */
		bpf_map_update_elem(&stage_ns, &bucket, &zero, BPF_NOEXIST);
		count = bpf_map_lookup_elem(&stage_ns, &bucket);
	}
	if (!count)
		return false;
	*count += 1;
	return true;
}

/* User space has put all rows there. */
static void count_stage(struct anatomy_counts *counts, u32 stage, u64 ns)
{
	struct anatomy_row *row = bpf_map_lookup_elem(&anatomy_rows, &stage);

	if (!row)
		return;
	if (!row->messages || ns < row->min_ns)
		row->min_ns = ns;
	if (ns > row->max_ns)
		row->max_ns = ns;
	row->messages++;
	row->ns += ns;
	if (!count_bucket(stage, ns))
		counts->lost++;
}

/* The one who wakes writes that down last: the receiver may have been faster. */
static void settle(struct ipcx_stamps *s)
{
	if (s->woken > s->dequeued)
		s->woken = s->dequeued;
}

static bool in_order(const struct ipcx_stamps *s)
{
	return s->copy_in_start <= s->copy_in_end && s->copy_in_end <= s->locked &&
	       s->locked <= s->enqueued && s->enqueued <= s->dequeued &&
	       (!s->woken || s->enqueued <= s->woken) && s->dequeued <= s->copy_out_end;
}

/* What the kernel sends by itself is not copied: the lock is the first it comes to. */
static u64 start_of(const struct ipcx_stamps *s)
{
	return s->copy_in_start ? s->copy_in_start : s->locked;
}

static void count_stages(struct anatomy_counts *counts, const struct ipcx_stamps *s)
{
	if (s->copy_in_start) {
		count_stage(counts, ANATOMY_COPY_IN, s->copy_in_end - s->copy_in_start);
		count_stage(counts, ANATOMY_LOCK, s->locked - s->copy_in_end);
	}
	count_stage(counts, ANATOMY_ENQUEUE, s->enqueued - s->locked);
	if (s->woken) {
		count_stage(counts, ANATOMY_WAKE, s->woken - s->enqueued);
		count_stage(counts, ANATOMY_SWITCH, s->dequeued - s->woken);
	} else {
		count_stage(counts, ANATOMY_QUEUE, s->dequeued - s->enqueued);
	}
	count_stage(counts, ANATOMY_COPY_OUT, s->copy_out_end - s->dequeued);
	count_stage(counts, ANATOMY_TOTAL, s->copy_out_end - start_of(s));
}

static bool is_ours(const struct ipcx_object *obj)
{
	return BPF_CORE_READ(obj, id) == object_id;
}

/* obj, msg, stamps */
SEC("raw_tp/ipcx_message")
int message_received(struct bpf_raw_tracepoint_args *ctx)
{
	const struct ipcx_message *msg = (const void *)ctx->args[1];
	struct anatomy_counts *counts;
	struct ipcx_stamps stamps;
	u32 zero = 0;

	if (!is_ours((const void *)ctx->args[0]))
		return 0;
	counts = bpf_map_lookup_elem(&anatomy_counts, &zero);
	if (!counts)
		return 0;
	bpf_probe_read_kernel(&stamps, sizeof(stamps), (const void *)ctx->args[2]);
	settle(&stamps);
	if (!stamps.locked || !stamps.enqueued) {
		counts->before++;
	} else if (!in_order(&stamps)) {
		counts->disordered++;
	} else {
		counts->bytes += BPF_CORE_READ(msg, e.size);
		count_stages(counts, &stamps);
	}
	return 0;
}

/* obj */
SEC("raw_tp/ipcx_object_free")
int object_freed(struct bpf_raw_tracepoint_args *ctx)
{
	if (is_ours((const void *)ctx->args[0]))
		gone = true;
	return 0;
}
