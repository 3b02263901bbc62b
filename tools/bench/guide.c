// SPDX-License-Identifier: LGPL-2.1-or-later
#include <string.h>

#include "guide.h"

#define MQ_LIMITS	"holds 10 messages of 8 KiB by default: see fs.mqueue and RLIMIT_MSGQUEUE"
#define SYSV_LIMITS	"8 KiB a message, 16 KiB a queue by default: see kernel.msgmax and kernel.msgmnb"
#define OWN_RING	"a ring and how to wake who waits are yours to write, or take ipcx-ring-memfd"
#define PIPE_SIGNAL	"SIGPIPE ends a writer whose reader is gone, unless it is ignored"

const char *const effort_texts[EFFORT_MOST + 1] = {
	NULL,
	"read and write on what one call has made",
	"names or addresses, and calls of its own",
	"settings, limits or removal to mind besides",
	"losses, waking or when memory is free again: the program's own affair",
	"a protocol, privileges or modules besides",
};

static const struct guide guides[] = {
	{ "pipe", 1, "lib/examples/native_pipe.c", PIPE_SIGNAL, NULL },
	{ "pipe-vmsplice", 4, "lib/examples/native_vmsplice.c",
	  "the pages of a message must not be written again until they have been read", NULL },
	{ "fifo", 2, "lib/examples/native_fifo.c", PIPE_SIGNAL, NULL },
	{ "posix-mq", 3, "lib/examples/native_posix_mq.c", MQ_LIMITS, NULL },
	{ "sysv-mq", 3, "lib/examples/native_sysv_mq.c", SYSV_LIMITS, NULL },
	{ "unix-stream", 2, "lib/examples/native_unix.c", NULL, NULL },
	{ "unix-dgram", 2, "lib/examples/native_unix.c",
	  "a sender waits when net.unix.max_dgram_qlen messages are unread", NULL },
	{ "unix-seqpacket", 2, "lib/examples/native_unix.c", NULL, NULL },
	{ "tcp", 3, "lib/examples/native_tcp.c",
	  "set TCP_NODELAY, or small messages wait for each other", NULL },
	{ "udp", 4, "lib/examples/native_udp.c", NULL, NULL },
	{ "io_uring-pipe", 4, "lib/examples/native_io_uring.c",
	  "many systems forbid it: kernel.io_uring_disabled", NULL },
	{ "io_uring-unix", 4, "lib/examples/native_io_uring.c",
	  "many systems forbid it: kernel.io_uring_disabled", NULL },
	{ "process-vm", 5, "lib/examples/native_process_vm.c",
	  "the receiver needs the right to trace the sender: see kernel.yama.ptrace_scope", NULL },
	{ "eventfd", 1, "lib/examples/native_eventfd.c", NULL, NULL },
	{ "signal", 3, "lib/examples/native_signal.c", NULL, NULL },
	{ "shm-atomics", 4, "lib/examples/native_shm.c", "each side burns a processor while it waits",
	  NULL },
	{ "shm-futex", 4, "lib/examples/native_shm.c", OWN_RING, NULL },
	{ "shm-posix-futex", 4, "lib/examples/native_shm.c", OWN_RING, NULL },
	{ "shm-posix-sem", 4, "lib/examples/native_sem.c", OWN_RING, NULL },
	{ "shm-named-sem", 4, "lib/examples/native_sem.c", OWN_RING, NULL },
	{ "shm-sysv", 4, "lib/examples/native_sysv_shm.c", OWN_RING, NULL },
	{ "shm-memfd", 4, "lib/examples/native_shm.c", OWN_RING, NULL },
	{ "shm-file", 4, "lib/examples/native_shm.c",
	  "pages are written to the disk now and then; a tmpfs spares that", NULL },
	{ "binder", 5, "lib/transport/binder.c", "calls and their replies only; one manager",
	  "binder_linux" },
	{ "ipcx-queue", 2, "lib/examples/send_recv.c", NULL, "ipcx" },
	{ "ipcx-queue-rw", 1, "lib/examples/send_recv.c", NULL, "ipcx" },
	{ "ipcx-mbox", 2, "lib/examples/mbox_call.c", NULL, "ipcx" },
	{ "ipcx-mbox-ring", 3, "lib/examples/mbox_log.c", NULL, "ipcx" },
	{ "ipcx-ring-spsc", 2, "lib/examples/ring_first.c", NULL, "ipcx" },
	{ "ipcx-ring-mpsc", 2, "lib/examples/ring_log.c", NULL, "ipcx" },
	{ "ipcx-ring-broadcast", 2, "lib/examples/ring_market.c",
	  "a slow consumer holds the producer, or loses records: see IPCX_RING_OVERRUN", "ipcx" },
	{ "ipcx-ring-memfd", 2, "lib/examples/ring_first.c", NULL, NULL },
};

static const struct guide unknown = { "", EFFORT_MOST, NULL, NULL, NULL };

const struct guide *guide_find(const struct ipcx_transport_ops *ops)
{
	unsigned int i;

	for (i = 0; i < sizeof(guides) / sizeof(guides[0]); i++)
		if (strcmp(guides[i].name, ops->name) == 0)
			return &guides[i];
	return &unknown;
}
