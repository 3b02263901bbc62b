/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Marks around what is measured, for the QEMU plugin in plugin/: no-operations
 * that nothing else contains. Outside of such a virtual machine they do nothing.
 */
#ifndef BENCH_REGION_H
#define BENCH_REGION_H

#ifdef __x86_64__
/* nopl DISPLACEMENT(%rax,%rax,1), the displacement being "IPCb" or "IPCe" */
#define REGION_MARK(last) \
	__asm__ volatile(".byte 0x0f, 0x1f, 0x84, 0x00, 'I', 'P', 'C', " last : : : "memory")
#else
#define REGION_MARK(last)	((void)0)
#endif

/* Regions begun by this process so far: the plugin counts them likewise. */
extern unsigned long region_count;

static inline void region_begin(void)
{
	region_count++;
	REGION_MARK("'b'");
}

static inline void region_end(void)
{
	REGION_MARK("'e'");
}

#endif /* BENCH_REGION_H */
