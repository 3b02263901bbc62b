/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * System calls with the library's convention for results.
 *
 * The C library's ioctl(2) spends about 20 instructions on its variable argument
 * list, its stack protector and errno: more than all else that this library does
 * for a message; and its read(2) and write(2) are cancellation points, at which
 * a thread could end with a message in its hands. Where the system call can be
 * made in line, it is.
 */
#ifndef IPCX_SYSCALL_H
#define IPCX_SYSCALL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>

#if defined(__x86_64__) && !defined(__ILP32__)

static inline long ipcx_syscall3(long nr, long a, long b, long c)
{
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "0"(nr), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return ret;
}

#elif defined(__aarch64__) && !defined(__ILP32__)

static inline long ipcx_syscall3(long nr, long a, long b, long c)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory", "cc");
	return x0;
}

#else

#include <errno.h>
#include <unistd.h>

static inline long ipcx_syscall3(long nr, long a, long b, long c)
{
	long ret = syscall(nr, a, b, c);

	return ret < 0 ? -errno : ret;
}

#endif

static inline int ipcx_ioctl(int fd, unsigned long op, void *arg)
{
	return ipcx_syscall3(SYS_ioctl, fd, op, (intptr_t)arg);
}

static inline ssize_t ipcx_read(int fd, void *buf, size_t len)
{
	return ipcx_syscall3(SYS_read, fd, (intptr_t)buf, len);
}

static inline ssize_t ipcx_write(int fd, const void *buf, size_t len)
{
	return ipcx_syscall3(SYS_write, fd, (intptr_t)buf, len);
}

#endif /* IPCX_SYSCALL_H */
