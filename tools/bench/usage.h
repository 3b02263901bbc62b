/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a stretch of work took of the processor and how often it was left. */
#ifndef BENCH_USAGE_H
#define BENCH_USAGE_H

/**
 * struct usage - Of one process.
 * @cpu_ns: processor time, user and system
 * @switches: context switches, voluntary or not
 * @syscalls: system calls; negative: they are not counted
 */
struct usage {
	double cpu_ns;
	double switches;
	double syscalls;
};

/* Of this process since its start. */
struct usage usage_now(void);

/* @usage was taken at the beginning; it becomes the difference to now. */
void usage_since(struct usage *usage);

#endif /* BENCH_USAGE_H */
