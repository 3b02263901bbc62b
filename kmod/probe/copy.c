// SPDX-License-Identifier: GPL-2.0-only
/*
 * What runs in a copy: on entry it is decided whether the call counts, and noted where and
 * how much; on return it is told.
 *
 * The entry handler may run in a breakpoint, which looks like an NMI; there the kernel cannot
 * tell a task from an interrupt. The return handler can: it runs in the context of the caller.
 * Interrupts do not copy user memory, so that nearly nothing is noted in vain.
 */
#include <linux/kprobes.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>
#include <linux/uio.h>

#include "compat.h"
#include "filter.h"
#include "primitives.h"
#include "trace.h"

DEFINE_PER_CPU(u64[IPCX_PROBE_PRIMITIVES], ipcx_probe_hits);

/*
 * Is the task already in a primitive, whose return will be told? The call itself is not in
 * the list yet.
 */
static bool is_nested(void)
{
	const struct llist_node *pending = ipcx_probe_pending();

	for (; pending; pending = pending->next) {
		const void *site = ipcx_probe_waits(pending);

		if (site >= (void *)&ipcx_probe_sites[0] &&
		    site < (void *)&ipcx_probe_sites[IPCX_PROBE_PRIMITIVES])
			return true;
	}
	return false;
}

/* The first byte that will be copied; 0 if there is none. Segments may be empty. */
static unsigned long iterator_address(const struct iov_iter *i)
{
	size_t skip = i->iov_offset;
	const struct iovec *segment;
	unsigned long n;

	if (iter_is_ubuf(i))
		return (unsigned long)i->ubuf + skip;
	segment = ipcx_probe_segments(i);
	for (n = i->nr_segs; n; n--, segment++, skip = 0)
		if (skip < segment->iov_len)
			return (unsigned long)segment->iov_base + skip;
	return 0;
}

/* Does it copy user memory at all? Then notes where and how much. */
static bool read_arguments(struct ipcx_probe_call *call,
			   const struct ipcx_probe_site *site,
			   struct pt_regs *regs)
{
	unsigned long address = regs_get_kernel_argument(regs, site->address);
	const struct iov_iter *i = (void *)address;

	call->asked = regs_get_kernel_argument(regs, site->bytes);
	if (!site->iter) {
		call->address = address;
		return call->asked;
	}
	if (!user_backed_iter(i))
		return false;
	/* Callers ask for a page and mean what is left. */
	call->asked = min(call->asked, iov_iter_count(i));
	if (!call->asked)
		return false;
	call->address = iterator_address(i);
	return true;
}

/**
 * ipcx_probe_entry() - A primitive is called.
 * @ri: the instance that a call that counts is noted in
 * @regs: registers at its first instruction
 *
 * Context: any, preemption off; also in a breakpoint, like an NMI.
 * Return: 0: tell of its return; 1: do not.
 */
int ipcx_probe_entry(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct kretprobe *rp = get_kretprobe(ri);
	struct ipcx_probe_call *call = (void *)ri->data;
	const struct ipcx_probe_site *site;

	/* NULL: where return probes are no rethooks, and this one is being disarmed. */
	if (!rp)
		return 1;
	site = container_of(rp, struct ipcx_probe_site, rp);
	if (!current->mm || !ipcx_probe_wanted() || is_nested() ||
	    !read_arguments(call, site, regs))
		return 1;
	call->index = site - ipcx_probe_sites;
	call->start = ktime_get_mono_fast_ns();
	return 0;
}

NOKPROBE_SYMBOL(ipcx_probe_entry);

static size_t bytes_copied(const struct ipcx_probe_call *call, u8 result,
			   unsigned long value)
{
	switch (result) {
	case IPCX_PROBE_LEFT:
		return call->asked - min_t(size_t, call->asked, value);
	case IPCX_PROBE_ALL_OR_NONE:
		/* Of a bool only the lowest byte of the register is defined. */
		return (u8)value ? call->asked : 0;
	default:
		return value;
	}
}

/**
 * ipcx_probe_return() - A primitive returns.
 * @ri: the instance with the noted call
 * @regs: registers at its return
 *
 * Context: that of the caller, preemption off.
 * Return: 0.
 */
int ipcx_probe_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	u64 end = ktime_get_mono_fast_ns();
	const struct ipcx_probe_call *call = (void *)ri->data;
	const struct ipcx_probe_site *site = &ipcx_probe_sites[call->index];

	if (!in_task())
		return 0;
	this_cpu_inc(ipcx_probe_hits[call->index]);
	trace_ipcx_probe_copy(call->index, site->dir, call->address, call->asked,
			      bytes_copied(call, site->result,
					   regs_return_value(regs)),
			      call->start, end - call->start);
	return 0;
}

NOKPROBE_SYMBOL(ipcx_probe_return);
