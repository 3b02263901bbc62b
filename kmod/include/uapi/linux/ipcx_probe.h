/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * ipcx_probe: what the kernel copies from and to user memory, as a tracepoint.
 *
 * This header is the interface of /dev/ipcx_probe: whose copies the tracepoint
 * ipcx_probe_copy tells of, and how many there were. Opening the device needs
 * CAP_PERFMON or CAP_SYS_ADMIN, and arms nothing: a listener to the tracepoint does.
 *
 * What is told is the union of what all open files ask for. While no file of the device is
 * open, all tasks' copies are told. A file that is closed, also by the death of its holder,
 * takes its wishes back.
 *
 * As in ipcx.h a structure's size travels in the ioctl number: a caller may pass any size
 * from VER0 upwards; unknown flag bits and nonzero reserved fields give EINVAL.
 */
#ifndef _UAPI_LINUX_IPCX_PROBE_H
#define _UAPI_LINUX_IPCX_PROBE_H

#include <linux/ioctl.h>
#include <linux/types.h>

/** IPCX_PROBE_NAME_MAX - Room for the name of a primitive, its NUL included. */
#define IPCX_PROBE_NAME_MAX	32

/* Flags of struct ipcx_probe_follow. */
/** IPCX_PROBE_CHILDREN - Also the processes that it forks from now on, and theirs. */
#define IPCX_PROBE_CHILDREN	(1U << 0)

/**
 * struct ipcx_probe_follow - A process to be told of (IPCX_PROBE_FOLLOW).
 * @pid: a process or thread, in the caller's pid namespace; all threads of its process
 *	are followed
 * @flags: IPCX_PROBE_CHILDREN or 0
 */
struct ipcx_probe_follow {
	__u32 pid;
	__u32 flags;
};

#define IPCX_PROBE_FOLLOW_SIZE_VER0	8

/**
 * enum ipcx_probe_dir - Direction of a copy, as the tracepoint's field dir.
 * @IPCX_PROBE_FROM_USER: from user memory into the kernel
 * @IPCX_PROBE_TO_USER: from the kernel to user memory
 */
enum ipcx_probe_dir {
	IPCX_PROBE_FROM_USER = 0,
	IPCX_PROBE_TO_USER = 1,
};

/**
 * struct ipcx_probe_primitive - One of the kernel's copy functions.
 * @name: of the function, NUL-terminated
 * @dir: one of &enum ipcx_probe_dir
 * @armed: 1: its calls are seen now
 * @error: errno of why it could not be armed: ENOENT where this kernel has no such function
 * @reserved: 0
 * @hits: copies told since the module was loaded
 * @missed: calls that could not be looked at
 */
struct ipcx_probe_primitive {
	char name[IPCX_PROBE_NAME_MAX];
	__u32 dir;
	__u32 armed;
	__u32 error;
	__u32 reserved;
	__u64 hits;
	__u64 missed;
};

#define IPCX_PROBE_PRIMITIVE_SIZE_VER0	64

/**
 * struct ipcx_probe_stat - What was seen and what was not (IPCX_PROBE_STAT).
 * @primitives: in: address of an array of &struct ipcx_probe_primitive. The index in it is
 *	the tracepoint's field primitive
 * @count: in: elements that there is room for; out: elements that were filled
 * @primitive_size: in: size of an element as the caller knows it
 * @flags: in: 0
 * @total: elements that there are
 * @armed: primitives that are armed now
 * @files: open files of the device
 * @followed: processes that they follow, as often as they do
 * @children_lost: children that could not be followed for want of memory
 * @hits: sum of the primitives' hits
 * @missed: sum of the primitives' missed calls
 */
struct ipcx_probe_stat {
	__u64 primitives;
	__u32 count;
	__u32 primitive_size;
	__u32 flags;
	__u32 total;
	__u32 armed;
	__u32 files;
	__u64 followed;
	__u64 children_lost;
	__u64 hits;
	__u64 missed;
};

#define IPCX_PROBE_STAT_SIZE_VER0	64

#define IPCX_PROBE_IOC_MAGIC	0xB9

#define IPCX_PROBE_FOLLOW	_IOW(IPCX_PROBE_IOC_MAGIC, 0x60, struct ipcx_probe_follow)
#define IPCX_PROBE_ALL		_IO(IPCX_PROBE_IOC_MAGIC, 0x61)
#define IPCX_PROBE_STAT		_IOWR(IPCX_PROBE_IOC_MAGIC, 0x62, struct ipcx_probe_stat)

#endif /* _UAPI_LINUX_IPCX_PROBE_H */
