/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's structures, with only the fields that the programs read. CO-RE moves each
 * access to where the running kernel has the field, so that no kernel is needed to
 * compile.
 */
#ifndef _IPCX_BPF_KERNEL_H
#define _IPCX_BPF_KERNEL_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s64 s64;

#define NULL	((void *)0)

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	int counter;
} atomic_t;

struct qstr {
	const unsigned char *name;
};

struct dentry {
	struct qstr d_name;
};

struct path {
	struct dentry *dentry;
};

struct super_block {
	unsigned long s_magic;
};

struct inode {
	unsigned short i_mode;
	struct super_block *i_sb;
	u32 i_rdev;
};

struct file {
	struct inode *f_inode;
	struct path f_path;
	void *private_data;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct sock_common {
	unsigned short skc_family;
};

struct sock {
	struct sock_common __sk_common;
	u16 sk_protocol;
};

struct socket {
	short type;
	struct sock *sk;
};

struct signal_struct {
	atomic_t live;
};

struct thread_info {
	unsigned long flags;
};

struct task_struct {
	struct thread_info thread_info;
	int pid;
	int tgid;
	struct signal_struct *signal;
	struct files_struct *files;
};

#pragma clang attribute pop

/* The magic numbers of <linux/magic.h>, and that of kmod/fs.c. */
#define PIPEFS_MAGIC		0x50495045
#define ANON_INODE_FS_MAGIC	0x09041934
#define IPCX_FS_MAGIC		0x69706378

#define S_IFMT		0170000
#define S_IFSOCK	0140000
#define S_IFREG		0100000
#define S_IFCHR		0020000
#define S_IFIFO		0010000

#define AF_UNIX		1
#define AF_INET		2
#define AF_INET6	10
#define SOCK_STREAM	1
#define SOCK_DGRAM	2
#define SOCK_SEQPACKET	5
#define IPPROTO_TCP	6
#define IPPROTO_UDP	17

#endif /* _IPCX_BPF_KERNEL_H */
