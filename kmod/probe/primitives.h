/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's functions that copy user memory, and the probes on them.
 */
#ifndef _IPCX_PROBE_PRIMITIVES_H
#define _IPCX_PROBE_PRIMITIVES_H

#include <linux/ipcx_probe.h>
#include <linux/kprobes.h>
#include <linux/percpu.h>

/*
 * Their numbers, which the tracepoint tells: new ones are appended. Not an enum, so that the
 * format that user space reads has numbers.
 */
#define IPCX_PROBE_COPY_FROM_USER	0
#define IPCX_PROBE_COPY_TO_USER		1
#define IPCX_PROBE_COPY_FROM_ITER	2
#define IPCX_PROBE_COPY_TO_ITER		3
#define IPCX_PROBE_FROM_ITER_NOCACHE	4
#define IPCX_PROBE_FROM_ITER_FLUSH	5
#define IPCX_PROBE_MC_TO_ITER		6
#define IPCX_PROBE_PAGE_FROM_ITER	7
#define IPCX_PROBE_PAGE_TO_ITER		8
#define IPCX_PROBE_PAGE_NOFAULT		9
#define IPCX_PROBE_PAGE_ATOMIC		10
#define IPCX_PROBE_FOLIO_ATOMIC		11
#define IPCX_PROBE_CSUM_FROM_ITER	12
#define IPCX_PROBE_CSUM_FROM_ITER_FULL	13
#define IPCX_PROBE_CSUM_TO_ITER		14
#define IPCX_PROBE_HASH_TO_ITER		15
#define IPCX_PROBE_PRIMITIVES		16

/**
 * enum ipcx_probe_result - What a primitive returns.
 * @IPCX_PROBE_LEFT: the bytes that were not copied
 * @IPCX_PROBE_DONE: the bytes that were
 * @IPCX_PROBE_ALL_OR_NONE: a bool: true: all of them, false: it took back what it did
 */
enum ipcx_probe_result {
	IPCX_PROBE_LEFT,
	IPCX_PROBE_DONE,
	IPCX_PROBE_ALL_OR_NONE,
};

/**
 * struct ipcx_probe_site - A primitive and its probe.
 * @name: the kernel's name of it
 * @dir: one of &enum ipcx_probe_dir
 * @iter: its address argument is a struct iov_iter
 * @address: which argument has the address; as all above and @bytes and @result: immutable
 * @bytes: which argument has the number of bytes
 * @result: one of &enum ipcx_probe_result
 * @armed: @rp is registered; as all that follows: arm mutex
 * @error: why it could not be: a positive errno, or 0
 * @missed: calls missed by earlier registrations
 * @rp: the return probe; written anew for each registration
 */
struct ipcx_probe_site {
	const char *name;
	u8 dir;
	bool iter;
	u8 address;
	u8 bytes;
	u8 result;
	bool armed;
	int error;
	u64 missed;
	struct kretprobe rp;
};

extern struct ipcx_probe_site ipcx_probe_sites[IPCX_PROBE_PRIMITIVES];

/* Copies told; each CPU writes its own, with preemption off. */
DECLARE_PER_CPU(u64[IPCX_PROBE_PRIMITIVES], ipcx_probe_hits);

/**
 * struct ipcx_probe_call - A call between entry and return, in the probe's instance.
 * @index: of the primitive
 * @address: first byte of user memory
 * @asked: bytes, at most what the iterator has left
 * @start: ns of CLOCK_MONOTONIC
 */
struct ipcx_probe_call {
	unsigned int index;
	unsigned long address;
	size_t asked;
	u64 start;
};

/* copy.c */
int ipcx_probe_entry(struct kretprobe_instance *ri, struct pt_regs *regs);
int ipcx_probe_return(struct kretprobe_instance *ri, struct pt_regs *regs);

#endif /* _IPCX_PROBE_PRIMITIVES_H */
