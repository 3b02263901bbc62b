/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose copies are told: the union of what the open files of the device wish.
 *
 * A followed process is an entry in a hash table, one for each file that follows it, keyed by
 * its struct pid (of the thread group), to which the entry holds a reference: the number may
 * be used again, the structure is not. Copies look it up under RCU. While everybody is wanted,
 * because a file says so or because there is none, the table is not looked at.
 *
 * With IPCX_PROBE_CHILDREN the kernel's tracepoints of fork and exit are hooked, as long as
 * such a file is open. A child is entered before it runs; nothing of it is missed. These
 * hooks must not sleep, and under PREEMPT_RT not even allocate: they take entries from a small
 * pool, which a worker fills again. A child for which there is none is counted.
 */
#ifndef _IPCX_PROBE_FILTER_H
#define _IPCX_PROBE_FILTER_H

#include <linux/types.h>

struct ipcx_probe_file;

/**
 * struct ipcx_probe_filter_stat - What the filter has to tell.
 * @files: open files
 * @followed: entries
 * @children_lost: children that could not be entered
 */
struct ipcx_probe_filter_stat {
	u32 files;
	u64 followed;
	u64 children_lost;
};

bool ipcx_probe_wanted(void);
struct ipcx_probe_file *ipcx_probe_file_open(void);
void ipcx_probe_file_close(struct ipcx_probe_file *file);
void ipcx_probe_file_all(struct ipcx_probe_file *file);
int ipcx_probe_file_follow(struct ipcx_probe_file *file, u32 nr, bool children);
void ipcx_probe_filter_tell(struct ipcx_probe_filter_stat *stat);
void ipcx_probe_filter_init(void);
void ipcx_probe_filter_exit(void);

#endif /* _IPCX_PROBE_FILTER_H */
