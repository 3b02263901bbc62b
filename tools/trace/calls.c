// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The system calls that move messages, and how each names its payload. What is not here
 * has no payload, and belongs to no mechanism.
 */
#include <sys/syscall.h>

#include "trace.h"

#ifndef SYS_io_uring_enter
#define SYS_io_uring_enter	426
#endif

const struct mechanism mechanisms[LEDGER_MECHANISMS] = {
	[LEDGER_PIPE] = { "pipe", false },
	[LEDGER_FIFO] = { "fifo", false },
	[LEDGER_UNIX_STREAM] = { "unix-stream", false },
	[LEDGER_UNIX_DGRAM] = { "unix-dgram", false },
	[LEDGER_UNIX_SEQPACKET] = { "unix-seqpacket", false },
	[LEDGER_TCP] = { "tcp", false },
	[LEDGER_UDP] = { "udp", false },
	[LEDGER_POSIX_MQ] = { "posix-mq", false },
	[LEDGER_SYSV_MSG] = { "sysv-msg", false },
	[LEDGER_EVENTFD] = { "eventfd", false },
	[LEDGER_PROCESS_VM] = { "process-vm", true },
	[LEDGER_SPLICE] = { "splice", true },
	[LEDGER_BINDER] = { "binder", false },
	[LEDGER_FUTEX] = { "futex", true },
	[LEDGER_FILE] = { "file", true },
	[LEDGER_TTY] = { "tty", true },
	[LEDGER_IPCX_QUEUE] = { "ipcx-queue", false },
	[LEDGER_IPCX_MBOX] = { "ipcx-mbox", false },
	[LEDGER_IPCX_DELIVERY] = { "ipcx-delivery", false },
	[LEDGER_IPCX_RING] = { "ipcx-ring", false },
	[LEDGER_OTHER] = { "other", true },
	[LEDGER_CALL32] = { "32-bit", true },
	[LEDGER_BEFORE] = { "begun-before", true },
};

#define FROM_FD(direction, shape) \
	{ LEDGER_##shape, LEDGER_##direction, LEDGER_BY_FD, 0 }
#define FIXED(direction, shape, mechanism, flags) \
	{ LEDGER_##shape, LEDGER_##direction, LEDGER_##mechanism, flags }

static const struct {
	long nr;
	struct ledger_kind kind;
} calls[] = {
	{ SYS_read, FROM_FD(TO_USER, BUFFER) },
	{ SYS_pread64, FROM_FD(TO_USER, BUFFER) },
	{ SYS_readv, FROM_FD(TO_USER, VECTOR) },
	{ SYS_preadv, FROM_FD(TO_USER, VECTOR) },
	{ SYS_preadv2, FROM_FD(TO_USER, VECTOR) },
	{ SYS_write, FROM_FD(FROM_USER, BUFFER) },
	{ SYS_pwrite64, FROM_FD(FROM_USER, BUFFER) },
	{ SYS_writev, FROM_FD(FROM_USER, VECTOR) },
	{ SYS_pwritev, FROM_FD(FROM_USER, VECTOR) },
	{ SYS_pwritev2, FROM_FD(FROM_USER, VECTOR) },
	{ SYS_recvfrom, FROM_FD(TO_USER, BUFFER) },
	{ SYS_recvmsg, FROM_FD(TO_USER, HEADER) },
	{ SYS_recvmmsg, FROM_FD(TO_USER, HEADERS) },
	{ SYS_sendto, FROM_FD(FROM_USER, BUFFER) },
	{ SYS_sendmsg, FROM_FD(FROM_USER, HEADER) },
	{ SYS_sendmmsg, FROM_FD(FROM_USER, HEADERS) },
	{ SYS_ioctl, FROM_FD(NEITHER, IOCTL) },
	{ SYS_mq_timedsend, FIXED(FROM_USER, BUFFER, POSIX_MQ, LEDGER_RETURNS_ZERO) },
	{ SYS_mq_timedreceive, FIXED(TO_USER, BUFFER, POSIX_MQ, 0) },
	{ SYS_mq_notify, FIXED(NEITHER, PLAIN, POSIX_MQ, 0) },
	{ SYS_msgsnd, FIXED(FROM_USER, SYSV_BUFFER, SYSV_MSG, LEDGER_RETURNS_ZERO) },
	{ SYS_msgrcv, FIXED(TO_USER, SYSV_BUFFER, SYSV_MSG, 0) },
	{ SYS_process_vm_readv, FIXED(TO_USER, TWO_VECTORS, PROCESS_VM, 0) },
	{ SYS_process_vm_writev, FIXED(FROM_USER, TWO_VECTORS, PROCESS_VM, 0) },
	{ SYS_splice, FIXED(FROM_USER, MOVED, SPLICE, 0) },
	{ SYS_tee, FIXED(FROM_USER, MOVED, SPLICE, 0) },
	{ SYS_sendfile, FIXED(FROM_USER, MOVED, SPLICE, 0) },
	{ SYS_copy_file_range, FIXED(FROM_USER, MOVED, SPLICE, 0) },
	{ SYS_vmsplice, FIXED(TO_USER, VECTOR, SPLICE, 0) },
	{ SYS_futex, FIXED(NEITHER, PLAIN, FUTEX, 0) },
	{ SYS_io_uring_enter, FIXED(NEITHER, IO_URING, OTHER, 0) },
};

void calls_describe(struct ledger_kind kinds[LEDGER_CALLS])
{
	static const struct ledger_kind none = FIXED(NEITHER, PLAIN, OTHER, 0);

	for (size_t i = 0; i < LEDGER_CALLS; i++)
		kinds[i] = none;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].nr >= 0 && calls[i].nr < LEDGER_CALLS)
			kinds[calls[i].nr] = calls[i].kind;
}
