// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which mechanism a file is of.
 *
 * The file is looked up without a lock or a reference: it may be closed meanwhile, and
 * then something else is read, but nothing breaks.
 */
#include "state.h"

#include "call.h"

/* Numbers of <linux/major.h>. */
#define MAJOR_OF(device)	((device) >> 20)
#define TTY_MAJOR		4
#define TTYAUX_MAJOR		5
#define UNIX98_PTY_MASTERS	128
#define UNIX98_PTY_LAST		143

/* IPCX_POST, IPCX_CALL and IPCX_REPLY, of any size; BINDER_WRITE_READ. */
#define IOCTL_TYPE(request)	((request) >> 8 & 0xff)
#define IOCTL_NUMBER(request)	((request) & 0xff)
#define IPCX_IOC_MAGIC		0xb9
#define IPCX_POST_NUMBER	0x28
#define IPCX_REPLY_NUMBER	0x2a
#define BINDER_WRITE_READ	0xc0306201

static const struct file *file_of(u32 fd)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **files, *file = NULL;

	if (fd >= BPF_CORE_READ(table, max_fds))
		return NULL;
	files = BPF_CORE_READ(table, fd);
	bpf_core_read(&file, sizeof(file), files + fd);
	return file;
}

static u32 of_unix(short type)
{
	switch (type) {
	case SOCK_STREAM:
		return LEDGER_UNIX_STREAM;
	case SOCK_DGRAM:
		return LEDGER_UNIX_DGRAM;
	case SOCK_SEQPACKET:
		return LEDGER_UNIX_SEQPACKET;
	default:
		return LEDGER_OTHER;
	}
}

static u32 of_socket(const struct file *file)
{
	struct socket *socket = BPF_CORE_READ(file, private_data);
	struct sock *sk = BPF_CORE_READ(socket, sk);
	u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);
	u16 protocol;

	if (family == AF_UNIX)
		return of_unix(BPF_CORE_READ(socket, type));
	if (family != AF_INET && family != AF_INET6)
		return LEDGER_OTHER;
	protocol = BPF_CORE_READ(sk, sk_protocol);
	if (protocol == IPPROTO_TCP)
		return LEDGER_TCP;
	return protocol == IPPROTO_UDP ? LEDGER_UDP : LEDGER_OTHER;
}

static u32 of_device(const struct inode *inode)
{
	u32 major = MAJOR_OF(BPF_CORE_READ(inode, i_rdev));

	if (major == TTY_MAJOR || major == TTYAUX_MAJOR ||
	    (major >= UNIX98_PTY_MASTERS && major <= UNIX98_PTY_LAST))
		return LEDGER_TTY;
	return LEDGER_OTHER;
}

/* Files without a name of their own are told apart by what /proc/PID/fd shows. */
static u64 first_letters(const struct file *file)
{
	const unsigned char *name = BPF_CORE_READ(file, f_path.dentry, d_name.name);
	char letters[8] = "";

	bpf_probe_read_kernel_str(letters, sizeof(letters), name);
	return *(u64 *)letters;
}

#define LETTERS(a, b, c, d, e, f, g) \
	((u64)(a) | (u64)(b) << 8 | (u64)(c) << 16 | (u64)(d) << 24 | \
	 (u64)(e) << 32 | (u64)(f) << 40 | (u64)(g) << 48)

static u32 of_anonymous(const struct file *file)
{
	return first_letters(file) == LETTERS('[', 'e', 'v', 'e', 'n', 't', 'f') ?
		LEDGER_EVENTFD : LEDGER_OTHER;
}

static u32 of_ipcx(const struct file *file)
{
	u64 letters = first_letters(file);

	if (letters == LETTERS('q', 'u', 'e', 'u', 'e', 0, 0))
		return LEDGER_IPCX_QUEUE;
	if (letters == LETTERS('r', 'i', 'n', 'g', 0, 0, 0))
		return LEDGER_IPCX_RING;
	return LEDGER_IPCX_MBOX;
}

static u32 of_type(const struct file *file, const struct inode *inode, u64 magic)
{
	switch (BPF_CORE_READ(inode, i_mode) & S_IFMT) {
	case S_IFIFO:
		return magic == PIPEFS_MAGIC ? LEDGER_PIPE : LEDGER_FIFO;
	case S_IFSOCK:
		return of_socket(file);
	case S_IFREG:
		return LEDGER_FILE;
	case S_IFCHR:
		return of_device(inode);
	default:
		return LEDGER_OTHER;
	}
}

__hidden u32 mechanism_of_fd(u32 fd)
{
	const struct file *file = file_of(fd);
	const struct inode *inode;
	u64 magic;

	if (!file)
		return LEDGER_OTHER;
	inode = BPF_CORE_READ(file, f_inode);
	magic = BPF_CORE_READ(inode, i_sb, s_magic);
	if (magic == IPCX_FS_MAGIC)
		return of_ipcx(file);
	if (magic == ANON_INODE_FS_MAGIC)
		return of_anonymous(file);
	return of_type(file, inode, magic);
}

/* Mailboxes can be sent to, and Binder is used, by a device. */
__hidden u32 mechanism_of_ioctl(u32 mechanism, u32 request)
{
	u32 number = IOCTL_NUMBER(request);

	if (request == BINDER_WRITE_READ)
		return LEDGER_BINDER;
	if (IOCTL_TYPE(request) == IPCX_IOC_MAGIC && mechanism == LEDGER_OTHER &&
	    number >= IPCX_POST_NUMBER && number <= IPCX_REPLY_NUMBER)
		return LEDGER_IPCX_MBOX;
	return mechanism;
}
