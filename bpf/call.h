/* SPDX-License-Identifier: GPL-2.0-only */
/* What copies have to know of the call that they are made in. */
#ifndef _IPCX_BPF_CALL_H
#define _IPCX_BPF_CALL_H

#include "state.h"

/* What ipcx_copy reports is the payload then. */
static __always_inline bool call_is_ipcx(const struct call *call)
{
	return (call->mechanism >= LEDGER_IPCX_QUEUE && call->mechanism <= LEDGER_IPCX_RING) ||
	       call->kind.shape == LEDGER_IO_URING;
}

/* Where a structure was copied that names more of the arguments, they are read there. */
void call_read_inner(struct call *call, const struct copy *copy);

/* At an ipcx call's end: copies that were no payload. */
void ipcx_settle(struct call *call);

void count_argument(u32 mechanism, u64 copies, u64 bytes, u64 ns);
void count_payload(u32 mechanism, u32 direction, u64 bytes, u64 ns);

/* The mechanism of a file descriptor of the calling task; of an ioctl on one. */
u32 mechanism_of_fd(u32 fd);
u32 mechanism_of_ioctl(u32 mechanism, u32 request);

#endif /* _IPCX_BPF_CALL_H */
