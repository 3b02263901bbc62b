/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ioctl(2) with the library's convention for results.
 *
 * The C library's wrapper spends about 20 instructions on its variable argument
 * list, its stack protector and errno: more than all else that this library does
 * for a message. Where the system call can be made in line, it is.
 */
#ifndef IPCX_SYSCALL_H
#define IPCX_SYSCALL_H

#if defined(__x86_64__) && !defined(__ILP32__)

#include <sys/syscall.h>

static inline int ipcx_ioctl(int fd, unsigned long op, void *arg)
{
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "0"((long)SYS_ioctl), "D"((long)fd), "S"(op), "d"(arg)
			 : "rcx", "r11", "memory");
	return ret;
}

#elif defined(__aarch64__) && !defined(__ILP32__)

#include <sys/syscall.h>

static inline int ipcx_ioctl(int fd, unsigned long op, void *arg)
{
	register long x8 __asm__("x8") = SYS_ioctl;
	register long x0 __asm__("x0") = fd;
	register unsigned long x1 __asm__("x1") = op;
	register void *x2 __asm__("x2") = arg;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory", "cc");
	return x0;
}

#else

#include <errno.h>
#include <sys/ioctl.h>

static inline int ipcx_ioctl(int fd, unsigned long op, void *arg)
{
	int ret = ioctl(fd, op, arg);

	return ret < 0 ? -errno : ret;
}

#endif

#endif /* IPCX_SYSCALL_H */
