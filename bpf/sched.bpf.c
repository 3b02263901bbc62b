// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time that calls spend without a processor; and tasks' beginnings and ends.
 *
 * A task that is preempted lost its processor, too, but is not blocked. The way from the
 * wake-up to the processor counts from the moment that the waker found the task asleep,
 * so that an interrupt to another processor is a part of it.
 */
#include "state.h"

#include <bpf/bpf_tracing.h>

static void leaves(struct call *call, u64 now, bool sleeps)
{
	struct pause *pause = &call->pause;

	pause->woken_at = 0;
	pause->sleeps = sleeps;
	pause->last_out = now;
	if (!pause->first_out)
		pause->first_out = now;
	pause->out_at = now;
}

static void comes_back(struct call *call, u64 now)
{
	struct pause *pause = &call->pause;
	u64 ns;

	if (!pause->out_at)
		return;
	ns = now - pause->out_at;
	pause->out_at = 0;
	pause->total += ns;
	pause->since_copy += ns;
	pause->last = ns;
	if (!pause->sleeps)
		return;
	pause->blocked += ns;
	if (pause->woken_at)
		count_wake_ns(call->mechanism, now - pause->woken_at);
}

SEC("tp_btf/sched_switch")
int BPF_PROG(task_switched, bool preempt, struct task_struct *prev, struct task_struct *next,
	     unsigned int prev_state)
{
	u64 now = bpf_ktime_get_ns();
	struct call *call;

	call = call_find(prev->pid);
	if (call && call->active)
		leaves(call, now, !preempt && prev_state);
	call = call_find(next->pid);
	if (call && call->active)
		comes_back(call, now);
	return 0;
}

SEC("tp_btf/sched_waking")
int BPF_PROG(task_waking, struct task_struct *task)
{
	struct call *call = call_find(task->pid);

	if (call && call->active && call->pause.out_at && !call->pause.woken_at)
		call->pause.woken_at = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(task_forked, struct task_struct *parent, struct task_struct *child)
{
	if (!followed(parent))
		return 0;
	follow(child->tgid);
	call_get(child->pid);
	return 0;
}

/* The number of a process is free for others once its last thread is gone. */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(task_ended, struct task_struct *task)
{
	call_forget(task->pid);
	if (BPF_CORE_READ(task, signal, live.counter) <= 0)
		unfollow(task->tgid);
	return 0;
}
