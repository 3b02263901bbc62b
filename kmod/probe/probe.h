/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ipcx_probe: overview for those who read or change the module.
 *
 * BPF cannot attach to the functions that copy user memory: distributions build them without
 * hooks for ftrace. A module can put return probes (kretprobes) on them. This one does, and
 * tells what they see by a tracepoint that anybody can listen to.
 *
 *   listener (BPF, perf, tracefs)          /dev/ipcx_probe, open files
 *        |  the first comes, the last goes        |  wishes: these processes, or all
 *        v                                        v
 *   primitives.c  arm, disarm              filter.c  set of processes, looked up under RCU
 *        |  kretprobes                            |
 *        v                                        v
 *   copy.c  entry: does this call count? --> saved in the probe's instance
 *           return: bytes copied, time  --> tracepoint ipcx_probe_copy (trace.h)
 *
 * - The tracepoint's own hooks arm and disarm the probes: a listener that was killed leaves
 *   nothing behind, and while there is none the kernel's code is as it was.
 * - A copy is told once, by its outermost primitive: copy_page_to_iter() calls
 *   _copy_to_iter(). Whether a call is nested is read from the list of pending returns that
 *   the kernel keeps for each task anyway. There is no state of our own that a task which
 *   sleeps in a page fault, migrates or dies in the middle could leave behind, and none that
 *   can be full.
 * - The same list tells of returns that will never be reported, because their probe was
 *   disarmed while they slept: they do not hide what is below them.
 * - A copy that sleeps holds one instance of its probe. When none is left, calls are missed,
 *   and counted.
 * - Nothing that runs in a copy sleeps, takes a lock, or touches user memory: the handlers run
 *   with preemption off, on entry like in an NMI.
 *
 * Locks, outermost first:
 *
 *   filter mutex             files and their wishes; hooks for fork and exit come and go
 *     tracepoints' mutex     the kernel's: held while listeners come and go
 *       arm mutex            what is armed, and counters of what was (primitives.c)
 *         kprobes' mutex     the kernel's; patches code below it
 *   filter lock              raw spinlock, leaf: the set of processes. Taken in fork and exit
 *                            with preemption off, also under PREEMPT_RT; never in a copy
 */
#ifndef _IPCX_PROBE_H
#define _IPCX_PROBE_H

#include <linux/types.h>

struct ipcx_probe_primitive;

/* primitives.c */
int ipcx_probe_arm(void);
void ipcx_probe_disarm(void);
void ipcx_probe_look(void);
void ipcx_probe_close(void);
void ipcx_probe_tell(unsigned int index, struct ipcx_probe_primitive *p);

/* device.c */
int ipcx_probe_device_init(void);
void ipcx_probe_device_exit(void);

/* debugfs.c */
void ipcx_probe_debugfs_init(void);
void ipcx_probe_debugfs_exit(void);

#endif /* _IPCX_PROBE_H */
