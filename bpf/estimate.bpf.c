// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where ipcx_probe.ko is not there: what can be seen without it, which are not the copies
 * but functions that copy. How many bytes they say they moved is taken for what they
 * copied; how many copies those were, and how long they took, is not known.
 *
 * Used are only functions that move a message or a part of it once.
 */
#include "state.h"

#include <bpf/bpf_tracing.h>

#include "call.h"

/* Addresses of errors, as IS_ERR(). */
#define ERRORS	(-4095UL)

static int moved(u32 direction, s64 bytes)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct call *call = call_find(task->pid);
	struct ledger_row *row;

	if (!call || !call->active || bytes <= 0)
		return 0;
	row = row_of(call->mechanism);
	if (row)
		row->side[direction == LEDGER_TO_USER].payload_bytes += bytes;
	return 0;
}

SEC("fexit/pipe_write")
int BPF_PROG(estimate_pipe_write, void *iocb, void *iter, long ret)
{
	return moved(LEDGER_FROM_USER, ret);
}

SEC("fexit/pipe_read")
int BPF_PROG(estimate_pipe_read, void *iocb, void *iter, long ret)
{
	return moved(LEDGER_TO_USER, ret);
}

/* Unix sockets. */
SEC("fexit/skb_copy_datagram_from_iter")
int BPF_PROG(estimate_skb_from_user, void *skb, int offset, void *iter, int len, int ret)
{
	return moved(LEDGER_FROM_USER, ret ? 0 : len);
}

/* All sockets. */
SEC("fexit/skb_copy_datagram_iter")
int BPF_PROG(estimate_skb_to_user, void *skb, int offset, void *iter, int len, int ret)
{
	return moved(LEDGER_TO_USER, ret ? 0 : len);
}

SEC("fexit/tcp_sendmsg_locked")
int BPF_PROG(estimate_tcp_send, void *sk, void *msg, u64 size, int ret)
{
	return moved(LEDGER_FROM_USER, ret);
}

SEC("fexit/udp_sendmsg")
int BPF_PROG(estimate_udp_send, void *sk, void *msg, u64 len, int ret)
{
	return moved(LEDGER_FROM_USER, ret);
}

/* Message queues of POSIX and of System V. */
SEC("fexit/load_msg")
int BPF_PROG(estimate_load_msg, void *src, u64 len, u64 ret)
{
	return moved(LEDGER_FROM_USER, ret >= ERRORS ? 0 : len);
}

SEC("fexit/store_msg")
int BPF_PROG(estimate_store_msg, void *dest, void *msg, u64 len, int ret)
{
	return moved(LEDGER_TO_USER, ret ? 0 : len);
}

SEC("fexit/eventfd_write")
int BPF_PROG(estimate_eventfd_write, void *file, void *buf, u64 count, void *pos, long ret)
{
	return moved(LEDGER_FROM_USER, ret);
}

SEC("fexit/eventfd_read")
int BPF_PROG(estimate_eventfd_read, void *iocb, void *iter, long ret)
{
	return moved(LEDGER_TO_USER, ret);
}
