/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The device of the test module switch_bench. Two processes that share one open
 * file of it hand the CPU to each other, and nothing else: one calls
 * SWITCH_BENCH_PING, the other one SWITCH_BENCH_PONG, each with the address of
 * how many times it is to wake the other.
 *
 * Both wait for the other one to come. PING begins, and returns when what it gave
 * last has come back; PONG returns when it has given for the last time. As long as
 * their counts are the same in total, either may divide its own into several calls.
 *
 * Afterwards the number holds how many are left: 0, unless there was an error.
 *
 * EINTR   a signal came; calling again goes on from there
 * EPIPE   the other process is dead, or has closed the file
 * EBUSY   this side is another task's, or the other side is the caller's
 * EFAULT  the address is not valid
 */
#ifndef SWITCH_BENCH_H
#define SWITCH_BENCH_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define SWITCH_BENCH_NAME	"ipcx-switch-bench"

#define SWITCH_BENCH_PING	_IOWR('x', 0xf0, __u64)
#define SWITCH_BENCH_PONG	_IOWR('x', 0xf1, __u64)

#endif /* SWITCH_BENCH_H */
