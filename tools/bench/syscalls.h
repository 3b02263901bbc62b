/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How many system calls a process makes, counted by the kernel: a perf event on the tracepoint
 * that every system call passes. It makes each of them dearer, so that nothing is measured
 * while they are counted.
 */
#ifndef BENCH_SYSCALLS_H
#define BENCH_SYSCALLS_H

/*
 * From now on this process's are counted, until syscalls_end(). Does nothing where that is not
 * allowed: it takes root, or CAP_PERFMON and a readable tracefs.
 */
void syscalls_begin(void);
void syscalls_end(void);

/* Those since the beginning, without the ones that this function makes; negative: not counted. */
double syscalls_now(void);

/* Of two processes, both or neither of which have been counted. */
static inline double syscalls_sum(double a, double b)
{
	return a < 0 || b < 0 ? -1 : a + b;
}

#endif /* BENCH_SYSCALLS_H */
