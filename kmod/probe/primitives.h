/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's functions that copy user memory, and where their arguments are.
 *
 * IPCX_PROBE_LIST() is the one list of them; enum, table and the tracepoint's names are made
 * from it. Its columns: name in this module, the kernel's name, direction, which argument has
 * the user address (or the iterator), which the number of bytes, and what is returned.
 * New ones are appended: the index is part of the interface.
 */
#ifndef _IPCX_PROBE_PRIMITIVES_H
#define _IPCX_PROBE_PRIMITIVES_H

#include <linux/ipcx_probe.h>
#include <linux/kprobes.h>
#include <linux/percpu.h>

#define IPCX_PROBE_LIST(P, LAST)						\
	P(COPY_FROM_USER, _copy_from_user, FROM, 1, 2, LEFT)			\
	P(COPY_TO_USER, _copy_to_user, TO, 0, 2, LEFT)				\
	P(COPY_FROM_ITER, _copy_from_iter, FROM, ITER(2), 1, DONE)		\
	P(COPY_TO_ITER, _copy_to_iter, TO, ITER(2), 1, DONE)			\
	P(FROM_ITER_NOCACHE, _copy_from_iter_nocache, FROM, ITER(2), 1, DONE)	\
	P(FROM_ITER_FLUSH, _copy_from_iter_flushcache, FROM, ITER(2), 1, DONE)	\
	P(COPY_MC_TO_ITER, _copy_mc_to_iter, TO, ITER(2), 1, DONE)		\
	P(PAGE_FROM_ITER, copy_page_from_iter, FROM, ITER(3), 2, DONE)		\
	P(PAGE_TO_ITER, copy_page_to_iter, TO, ITER(3), 2, DONE)		\
	P(PAGE_TO_ITER_NOFAULT, copy_page_to_iter_nofault, TO, ITER(3), 2, DONE) \
	P(PAGE_ATOMIC, copy_page_from_iter_atomic, FROM, ITER(3), 2, DONE)	\
	P(FOLIO_ATOMIC, copy_folio_from_iter_atomic, FROM, ITER(3), 2, DONE)	\
	P(CSUM_FROM_ITER, csum_and_copy_from_iter, FROM, ITER(3), 1, DONE)	\
	P(CSUM_FROM_ITER_FULL, csum_and_copy_from_iter_full, FROM, ITER(3), 1, ALL) \
	P(CSUM_TO_ITER, csum_and_copy_to_iter, TO, ITER(3), 1, DONE)		\
	LAST(HASH_TO_ITER, hash_and_copy_to_iter, TO, ITER(3), 1, DONE)

#define IPCX_PROBE_ENUM(id, ...)	IPCX_PROBE_##id,
enum {
	IPCX_PROBE_LIST(IPCX_PROBE_ENUM, IPCX_PROBE_ENUM)
	IPCX_PROBE_PRIMITIVES
};

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
