/* SPDX-License-Identifier: GPL-2.0-only */
/* The tracepoint. Who listens to it arms the probes. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM ipcx_probe

#if !defined(_IPCX_PROBE_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _IPCX_PROBE_TRACE_H

#include <linux/tracepoint.h>

#include "primitives.h"
#include "probe.h"

/* probe_abi tests that these are the names of the table in primitives.c. */
#define IPCX_PROBE_SHOW(primitive)						\
	__print_symbolic(primitive,						\
			 { IPCX_PROBE_COPY_FROM_USER, "_copy_from_user" },	\
			 { IPCX_PROBE_COPY_TO_USER, "_copy_to_user" },		\
			 { IPCX_PROBE_COPY_FROM_ITER, "_copy_from_iter" },	\
			 { IPCX_PROBE_COPY_TO_ITER, "_copy_to_iter" },		\
			 { IPCX_PROBE_FROM_ITER_NOCACHE, "_copy_from_iter_nocache" },	\
			 { IPCX_PROBE_FROM_ITER_FLUSH, "_copy_from_iter_flushcache" },	\
			 { IPCX_PROBE_MC_TO_ITER, "_copy_mc_to_iter" },		\
			 { IPCX_PROBE_PAGE_FROM_ITER, "copy_page_from_iter" },	\
			 { IPCX_PROBE_PAGE_TO_ITER, "copy_page_to_iter" },	\
			 { IPCX_PROBE_PAGE_NOFAULT, "copy_page_to_iter_nofault" },	\
			 { IPCX_PROBE_PAGE_ATOMIC, "copy_page_from_iter_atomic" },	\
			 { IPCX_PROBE_FOLIO_ATOMIC, "copy_folio_from_iter_atomic" },	\
			 { IPCX_PROBE_CSUM_FROM_ITER, "csum_and_copy_from_iter" },	\
			 { IPCX_PROBE_CSUM_FROM_ITER_FULL, "csum_and_copy_from_iter_full" },	\
			 { IPCX_PROBE_CSUM_TO_ITER, "csum_and_copy_to_iter" },	\
			 { IPCX_PROBE_HASH_TO_ITER, "hash_and_copy_to_iter" })

/* The current task copied, outermost call; preemption is off. */
TRACE_EVENT_FN(ipcx_probe_copy,
	TP_PROTO(u32 primitive, u32 dir, unsigned long addr, size_t asked,
		 size_t copied, u64 start, u64 ns),
	TP_ARGS(primitive, dir, addr, asked, copied, start, ns),
	TP_STRUCT__entry(
		__field(u32, primitive)
		__field(u32, dir)
		__field(unsigned long, addr)
		__field(size_t, asked)
		__field(size_t, copied)
		__field(u64, start)
		__field(u64, ns)
	),
	TP_fast_assign(
		__entry->primitive = primitive;
		__entry->dir = dir;
		__entry->addr = addr;
		__entry->asked = asked;
		__entry->copied = copied;
		__entry->start = start;
		__entry->ns = ns;
	),
	TP_printk("primitive=%s dir=%s addr=0x%lx asked=%zu copied=%zu start=%llu ns=%llu",
		  IPCX_PROBE_SHOW(__entry->primitive),
		  __entry->dir ? "to" : "from", __entry->addr, __entry->asked,
		  __entry->copied, __entry->start, __entry->ns),
	ipcx_probe_arm, ipcx_probe_disarm
);

#endif /* _IPCX_PROBE_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH probe
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
