// SPDX-License-Identifier: GPL-2.0-only
/* The maps, and what all programs do with them; see state.h. */
#include "histogram.h"
#include "state.h"

/* Threads that can be followed at a time. */
#define TASKS		16384
/* Processes, likewise. */
#define PROCESSES	8192
/* Buckets of a distribution that have something in them, over all mechanisms. */
#define BUCKETS		4096

char _license[] SEC("license") = "GPL";

/* Every task, but for those of the process that looks: that one only if it says so. */
bool follow_all;
const volatile __u32 own_tgid;

/* Processes that are followed, by number; those that they make come to it. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PROCESSES);
	__type(key, u32);
	__type(value, u32);
} followed_processes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TASKS);
	__type(key, u32);
	__type(value, struct call);
} calls_of_tasks SEC(".maps");

/* A hash, so that the rows go by name; user space puts all of them there. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, LEDGER_MECHANISMS);
	__type(key, enum ledger_mechanism);
	__type(value, struct ledger_row);
} ledger_rows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, BUCKETS);
	__type(key, struct ledger_bucket);
	__type(value, u64);
} copy_ns SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, BUCKETS);
	__type(key, struct ledger_bucket);
	__type(value, u64);
} wake_to_run_ns SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct ledger_lost);
} ledger_lost SEC(".maps");

/* What a new record is made from: too large for a program's stack. */
static const struct call no_call;

__hidden struct ledger_lost *lost_here(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&ledger_lost, &zero);
}

__hidden struct ledger_row *row_of(u32 mechanism)
{
	return bpf_map_lookup_elem(&ledger_rows, &mechanism);
}

__hidden bool followed(const struct task_struct *task)
{
	u32 tgid = BPF_CORE_READ(task, tgid);

	return (follow_all && tgid != own_tgid) ||
	       bpf_map_lookup_elem(&followed_processes, &tgid);
}

__hidden void follow(u32 tgid)
{
	struct ledger_lost *lost;
	u32 since = 1;

	if (follow_all || !bpf_map_update_elem(&followed_processes, &tgid, &since, BPF_ANY))
		return;
	lost = lost_here();
	if (lost)
		lost->tasks++;
}

__hidden void unfollow(u32 tgid)
{
	bpf_map_delete_elem(&followed_processes, &tgid);
}

__hidden struct call *call_find(u32 pid)
{
	return bpf_map_lookup_elem(&calls_of_tasks, &pid);
}

__hidden struct call *call_get(u32 pid)
{
	struct call *call = bpf_map_lookup_elem(&calls_of_tasks, &pid);
	struct ledger_lost *lost;

	if (call)
		return call;
	if (!bpf_map_update_elem(&calls_of_tasks, &pid, &no_call, BPF_NOEXIST))
		return bpf_map_lookup_elem(&calls_of_tasks, &pid);
	lost = lost_here();
	if (lost)
		lost->tasks++;
	return NULL;
}

__hidden void call_forget(u32 pid)
{
	bpf_map_delete_elem(&calls_of_tasks, &pid);
}

static __always_inline void count_value(void *map, u32 mechanism, u64 ns)
{
	struct ledger_bucket bucket = { mechanism, 0, bucket_start(ns) };
	struct ledger_lost *lost;
	u64 *count, one = 1;

	count = bpf_map_lookup_elem(map, &bucket);
	if (count) {
		*count += 1;
		return;
	}
	/* Another processor may have been faster: then it is there. */
	if (!bpf_map_update_elem(map, &bucket, &one, BPF_NOEXIST))
		return;
	count = bpf_map_lookup_elem(map, &bucket);
	if (count) {
		*count += 1;
		return;
	}
	lost = lost_here();
	if (lost)
		lost->buckets++;
}

__hidden void count_copy_ns(u32 mechanism, u64 ns)
{
	count_value(&copy_ns, mechanism, ns);
}

__hidden void count_wake_ns(u32 mechanism, u64 ns)
{
	count_value(&wake_to_run_ns, mechanism, ns);
}
