/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between kernels and between processors, and nowhere else is known.
 */
#ifndef _IPCX_BPF_COMPAT_H
#define _IPCX_BPF_COMPAT_H

#include "kernel.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* What a system call was called with; the fields are those of the processor's own. */
struct pt_regs___x86 {
	unsigned long di, si, dx, r10, r8, r9;
};

struct user_pt_regs___arm64 {
	u64 regs[31];
};

/* x86 has a word of its own for what arm64 keeps in thread_info's flags. */
struct thread_info___x86 {
	u32 status;
};

#pragma clang attribute pop

#define CALL_ARGUMENTS	5

/* From the tracepoint sys_enter. */
static __always_inline void compat_arguments(const void *regs, u64 args[CALL_ARGUMENTS])
{
#ifdef __TARGET_ARCH_arm64
	const struct user_pt_regs___arm64 *r = regs;

	args[0] = BPF_CORE_READ(r, regs[0]);
	args[1] = BPF_CORE_READ(r, regs[1]);
	args[2] = BPF_CORE_READ(r, regs[2]);
	args[3] = BPF_CORE_READ(r, regs[3]);
	args[4] = BPF_CORE_READ(r, regs[4]);
#else
	const struct pt_regs___x86 *r = regs;

	args[0] = BPF_CORE_READ(r, di);
	args[1] = BPF_CORE_READ(r, si);
	args[2] = BPF_CORE_READ(r, dx);
	args[3] = BPF_CORE_READ(r, r10);
	args[4] = BPF_CORE_READ(r, r8);
#endif
}

/* Is it a 32-bit call? TS_COMPAT of x86, TIF_32BIT of arm64. */
static __always_inline bool compat_call32(const struct task_struct *task)
{
#ifdef __TARGET_ARCH_arm64
	return BPF_CORE_READ(task, thread_info.flags) >> 22 & 1;
#else
	const struct thread_info___x86 *info = (const void *)&task->thread_info;

	return BPF_CORE_READ(info, status) & 2;
#endif
}

#endif /* _IPCX_BPF_COMPAT_H */
