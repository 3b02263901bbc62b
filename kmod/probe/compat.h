/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only place of ipcx_probe that knows kernel versions. Each entry names the release that
 * changed.
 */
#ifndef _IPCX_PROBE_COMPAT_H
#define _IPCX_PROBE_COMPAT_H

#include <linux/kprobes.h>
#include <linux/sched.h>
#include <linux/uio.h>
#include <linux/version.h>

/* 6.4: the segments of an iterator are got by a function. */
static inline const struct iovec *ipcx_probe_segments(const struct iov_iter *i)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
	return iter_iov(i);
#else
	return i->iov;
#endif
}

/*
 * 5.18 (x86): return probes are rethooks (CONFIG_KRETPROBE_ON_RETHOOK); elsewhere they have a
 * list of their own. Both keep the pending returns of a task in a list that only this task,
 * and what interrupts it, changes.
 */
#ifdef CONFIG_KRETPROBE_ON_RETHOOK
static inline struct llist_node *ipcx_probe_pending(void)
{
	return current->rethooks.first;
}

/* The data of whoever waits for that return, or NULL where it will not be told any more. */
static inline const void *ipcx_probe_waits(const struct llist_node *pending)
{
	const struct rethook_node *node =
		llist_entry(pending, struct rethook_node, llist);
	const struct rethook *hook = node->rethook;

	return rcu_access_pointer(hook->handler) ? hook->data : NULL;
}
#else
static inline struct llist_node *ipcx_probe_pending(void)
{
	return current->kretprobe_instances.first;
}

static inline const void *ipcx_probe_waits(const struct llist_node *pending)
{
	return get_kretprobe(llist_entry(pending, struct kretprobe_instance,
					 llist));
}
#endif

/* 6.16: the tracepoint sched_process_exit also tells whether the process ends. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
#define IPCX_PROBE_EXIT_ARGS	struct task_struct *task, bool group_dead
#else
#define IPCX_PROBE_EXIT_ARGS	struct task_struct *task
#endif

#endif /* _IPCX_PROBE_COMPAT_H */
