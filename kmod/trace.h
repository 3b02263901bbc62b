/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints. Off, each is a NOP; clocks are read only while one is on.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM ipcx

#if !defined(_IPCX_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _IPCX_TRACE_H

#include <linux/sched.h>
#include <linux/tracepoint.h>

#include "mbox_link.h"
#include "mbox_ring.h"
#include "msg.h"
#include "object.h"
#include "ring.h"
#include "stamps.h"

DECLARE_EVENT_CLASS(ipcx_object_class,
	TP_PROTO(const struct ipcx_object *obj),
	TP_ARGS(obj),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u32, kind)
		__dynamic_array(char, name, obj->name_len + 1)
	),
	TP_fast_assign(
		__entry->id = obj->id;
		__entry->kind = obj->kind->kind;
		memcpy(__get_dynamic_array(name), obj->name,
		       obj->name_len + 1);
	),
	TP_printk("id=%llu kind=%u name=%s", __entry->id, __entry->kind,
		  __get_str(name))
);

/* An object was made and can be found. */
DEFINE_EVENT(ipcx_object_class, ipcx_object_create,
	TP_PROTO(const struct ipcx_object *obj), TP_ARGS(obj));

/* A handle was opened. */
DEFINE_EVENT(ipcx_object_class, ipcx_object_open,
	TP_PROTO(const struct ipcx_object *obj), TP_ARGS(obj));

/* An object lost its name. */
DEFINE_EVENT(ipcx_object_class, ipcx_object_unlink,
	TP_PROTO(const struct ipcx_object *obj), TP_ARGS(obj));

/* The last reference is gone. */
DEFINE_EVENT(ipcx_object_class, ipcx_object_free,
	TP_PROTO(const struct ipcx_object *obj), TP_ARGS(obj));

/* A payload was copied between user space and a message. */
TRACE_EVENT(ipcx_copy,
	TP_PROTO(u64 id, const struct ipcx_message *msg, bool in, u64 bytes,
		 u64 ns, int error),
	TP_ARGS(id, msg, in, bytes, ns, error),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(const void *, msg)
		__field(u64, bytes)
		__field(u64, ns)
		__field(int, error)
		__field(bool, in)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->msg = msg;
		__entry->bytes = bytes;
		__entry->ns = ns;
		__entry->error = error;
		__entry->in = in;
	),
	TP_printk("id=%llu msg=%p dir=%s bytes=%llu ns=%llu error=%d",
		  __entry->id, __entry->msg, __entry->in ? "in" : "out",
		  __entry->bytes, __entry->ns, __entry->error)
);

/* A message was accepted: queued, or handed to a waiting receiver. */
TRACE_EVENT(ipcx_enqueue,
	TP_PROTO(const struct ipcx_object *obj, const struct ipcx_message *msg,
		 bool handed_over, u32 depth),
	TP_ARGS(obj, msg, handed_over, depth),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(const void *, msg)
		__field(u64, type)
		__field(u32, prio)
		__field(u32, bytes)
		__field(u32, depth)
		__field(bool, handed_over)
	),
	TP_fast_assign(
		__entry->id = obj->id;
		__entry->msg = msg;
		__entry->type = msg->e.sel.key;
		__entry->prio = ipcx_pq_prio(&msg->e);
		__entry->bytes = msg->e.size;
		__entry->depth = depth;
		__entry->handed_over = handed_over;
	),
	TP_printk("id=%llu msg=%p type=%llu prio=%u bytes=%u depth=%u handed_over=%d",
		  __entry->id, __entry->msg, __entry->type, __entry->prio,
		  __entry->bytes, __entry->depth, __entry->handed_over)
);

/*
 * A receiver has a message and is about to copy it. @ns: time in the queue; 0
 * where the tracepoint was off when it was queued.
 */
TRACE_EVENT_FN(ipcx_dequeue,
	TP_PROTO(const struct ipcx_object *obj, const struct ipcx_message *msg,
		 u64 ns),
	TP_ARGS(obj, msg, ns),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(const void *, msg)
		__field(u64, ns)
		__field(u32, prio)
		__field(u32, bytes)
	),
	TP_fast_assign(
		__entry->id = obj->id;
		__entry->msg = msg;
		__entry->ns = ns;
		__entry->prio = ipcx_pq_prio(&msg->e);
		__entry->bytes = msg->e.size;
	),
	TP_printk("id=%llu msg=%p prio=%u bytes=%u queued_ns=%llu",
		  __entry->id, __entry->msg, __entry->prio, __entry->bytes,
		  __entry->ns),
	ipcx_stamps_trace, ipcx_stamps_untrace
);

/*
 * A message of a queue or mailbox was received, and is copied out: when what happened to
 * it. CLOCK_MONOTONIC; 0: it did not, or nobody asked yet.
 */
TRACE_EVENT_FN(ipcx_message,
	TP_PROTO(const struct ipcx_object *obj, const struct ipcx_message *msg,
		 const struct ipcx_stamps *stamps),
	TP_ARGS(obj, msg, stamps),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, type)
		__field(u32, kind)
		__field(u32, prio)
		__field(u64, bytes)
		__field(u64, copy_in_start)
		__field(u64, copy_in_end)
		__field(u64, locked)
		__field(u64, enqueued)
		__field(u64, woken)
		__field(u64, dequeued)
		__field(u64, copy_out_end)
	),
	TP_fast_assign(
		__entry->id = obj->id;
		__entry->type = msg->e.sel.key;
		__entry->kind = obj->kind->kind;
		__entry->prio = ipcx_pq_prio(&msg->e);
		__entry->bytes = msg->e.size;
		__entry->copy_in_start = stamps->copy_in_start;
		__entry->copy_in_end = stamps->copy_in_end;
		__entry->locked = stamps->locked;
		__entry->enqueued = stamps->enqueued;
		__entry->woken = stamps->woken;
		__entry->dequeued = stamps->dequeued;
		__entry->copy_out_end = stamps->copy_out_end;
	),
	TP_printk("id=%llu kind=%u type=%llu prio=%u bytes=%llu copy_in_start=%llu copy_in_end=%llu locked=%llu enqueued=%llu woken=%llu dequeued=%llu copy_out_end=%llu",
		  __entry->id, __entry->kind, __entry->type, __entry->prio,
		  __entry->bytes, __entry->copy_in_start, __entry->copy_in_end,
		  __entry->locked, __entry->enqueued, __entry->woken,
		  __entry->dequeued, __entry->copy_out_end),
	ipcx_stamps_trace, ipcx_stamps_untrace
);

/* The calling task goes to sleep. */
TRACE_EVENT(ipcx_block,
	TP_PROTO(const struct ipcx_object *obj, bool send),
	TP_ARGS(obj, send),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(bool, send)
	),
	TP_fast_assign(
		__entry->id = obj->id;
		__entry->send = send;
	),
	TP_printk("id=%llu op=%s", __entry->id,
		  __entry->send ? "send" : "recv")
);

/* A sleeping task is served, or sent away with an error, and will be woken. */
TRACE_EVENT(ipcx_wake,
	TP_PROTO(const struct ipcx_object *obj, const struct task_struct *task,
		 bool served),
	TP_ARGS(obj, task, served),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(pid_t, pid)
		__field(bool, served)
	),
	TP_fast_assign(
		__entry->id = obj->id;
		__entry->pid = task->pid;
		__entry->served = served;
	),
	TP_printk("id=%llu pid=%d served=%d", __entry->id, __entry->pid,
		  __entry->served)
);

/* A call begins: its request is about to go to the mailbox. */
TRACE_EVENT(ipcx_call,
	TP_PROTO(const struct ipcx_object *obj, u64 type),
	TP_ARGS(obj, type),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, type)
	),
	TP_fast_assign(
		__entry->id = obj->id;
		__entry->type = type;
	),
	TP_printk("id=%llu type=%llu", __entry->id, __entry->type)
);

/* A call is replied to, or its request discarded. */
TRACE_EVENT(ipcx_reply,
	TP_PROTO(const struct ipcx_object *obj, u64 token, u64 bytes,
		 bool discard),
	TP_ARGS(obj, token, bytes, discard),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, token)
		__field(u64, bytes)
		__field(bool, discard)
	),
	TP_fast_assign(
		__entry->id = obj->id;
		__entry->token = token;
		__entry->bytes = bytes;
		__entry->discard = discard;
	),
	TP_printk("id=%llu token=%llu bytes=%llu discard=%d", __entry->id,
		  __entry->token, __entry->bytes, __entry->discard)
);

/* A message got files to carry, or a receiver got, was told of, or was refused them. */
TRACE_EVENT(ipcx_files,
	TP_PROTO(u64 id, u32 count, bool in, int error),
	TP_ARGS(id, count, in, error),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u32, count)
		__field(int, error)
		__field(bool, in)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->count = count;
		__entry->error = error;
		__entry->in = in;
	),
	TP_printk("id=%llu dir=%s count=%u error=%d", __entry->id,
		  __entry->in ? "in" : "out", __entry->count, __entry->error)
);

/* A reply token was turned into a file. */
TRACE_EVENT(ipcx_token,
	TP_PROTO(const struct ipcx_object *obj, u64 token),
	TP_ARGS(obj, token),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, token)
	),
	TP_fast_assign(
		__entry->id = obj->id;
		__entry->token = token;
	),
	TP_printk("id=%llu token=%llu", __entry->id, __entry->token)
);

/* A mailbox watches or has subscribed to another, or does not any more. */
TRACE_EVENT(ipcx_link,
	TP_PROTO(const struct ipcx_link *link, bool up),
	TP_ARGS(link, up),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, home)
		__field(bool, subscription)
		__field(bool, up)
	),
	TP_fast_assign(
		__entry->id = link->target->q.obj.id;
		__entry->home = ipcx_link_home(link)->q.obj.id;
		__entry->subscription = link->subscription;
		__entry->up = up;
	),
	TP_printk("id=%llu home=%llu op=%s%s", __entry->id, __entry->home,
		  __entry->up ? "" : "un",
		  __entry->subscription ? "subscribe" : "watch")
);

/* A subscriber lost a message of a group. */
TRACE_EVENT(ipcx_lost,
	TP_PROTO(const struct ipcx_link *link),
	TP_ARGS(link),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, home)
	),
	TP_fast_assign(
		__entry->id = link->target->q.obj.id;
		__entry->home = ipcx_link_home(link)->q.obj.id;
	),
	TP_printk("id=%llu home=%llu", __entry->id, __entry->home)
);

/* An adaptive wait has spun, until it was served (@hit) or is going to sleep. */
TRACE_EVENT(ipcx_spin,
	TP_PROTO(const struct ipcx_object *obj, u64 ns, bool hit),
	TP_ARGS(obj, ns, hit),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, ns)
		__field(bool, hit)
	),
	TP_fast_assign(
		__entry->id = obj->id;
		__entry->ns = ns;
		__entry->hit = hit;
	),
	TP_printk("id=%llu ns=%llu hit=%d", __entry->id, __entry->ns,
		  __entry->hit)
);

/* A notification fires. */
TRACE_EVENT(ipcx_notify,
	TP_PROTO(u32 how, int signo),
	TP_ARGS(how, signo),
	TP_STRUCT__entry(
		__field(u32, how)
		__field(int, signo)
	),
	TP_fast_assign(
		__entry->how = how;
		__entry->signo = signo;
	),
	TP_printk("how=%u signo=%d", __entry->how, __entry->signo)
);

/* A role in a ring begins or ends. */
TRACE_EVENT(ipcx_ring_member,
	TP_PROTO(const struct ipcx_ring *ring, const struct ipcx_member *m,
		 bool attached),
	TP_ARGS(ring, m, attached),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u32, slot)
		__field(bool, producer)
		__field(bool, attached)
	),
	TP_fast_assign(
		__entry->id = ring->obj.id;
		__entry->slot = m->slot;
		__entry->producer = m->side == IPCX_PRODUCERS;
		__entry->attached = attached;
	),
	TP_printk("id=%llu role=%s slot=%u attached=%d", __entry->id,
		  __entry->producer ? "producer" : "consumer", __entry->slot,
		  __entry->attached)
);

/* A record that a dead producer had claimed is to be skipped. */
TRACE_EVENT(ipcx_ring_repair,
	TP_PROTO(const struct ipcx_ring *ring, u32 slot, u64 bytes),
	TP_ARGS(ring, slot, bytes),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, bytes)
		__field(u32, slot)
	),
	TP_fast_assign(
		__entry->id = ring->obj.id;
		__entry->bytes = bytes;
		__entry->slot = slot;
	),
	TP_printk("id=%llu slot=%u bytes=%llu", __entry->id, __entry->slot,
		  __entry->bytes)
);

/* The eventfd of a member of a ring is signalled. */
TRACE_EVENT(ipcx_ring_eventfd,
	TP_PROTO(const struct ipcx_ring *ring, const struct ipcx_member *m),
	TP_ARGS(ring, m),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u32, slot)
		__field(bool, producer)
	),
	TP_fast_assign(
		__entry->id = ring->obj.id;
		__entry->slot = m->slot;
		__entry->producer = m->side == IPCX_PRODUCERS;
	),
	TP_printk("id=%llu role=%s slot=%u", __entry->id,
		  __entry->producer ? "producer" : "consumer", __entry->slot)
);

/* A member of a ring rang, and so many tasks were woken. @flags: IPCX_RING_WAKE_*. */
TRACE_EVENT(ipcx_doorbell,
	TP_PROTO(const struct ipcx_ring *ring, u32 flags, u32 woken),
	TP_ARGS(ring, flags, woken),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u32, flags)
		__field(u32, woken)
	),
	TP_fast_assign(
		__entry->id = ring->obj.id;
		__entry->flags = flags;
		__entry->woken = woken;
	),
	TP_printk("id=%llu for=%s%s woken=%u", __entry->id,
		  __entry->flags & IPCX_RING_WAKE_DATA ? "d" : "",
		  __entry->flags & IPCX_RING_WAKE_SPACE ? "s" : "",
		  __entry->woken)
);

#define IPCX_SHOW_DELIVERED(how)						\
	__print_symbolic(how,							\
			 { IPCX_DELIVERED, "direct" },				\
			 { IPCX_DELIVERY_FAULTED, "faulted" },			\
			 { IPCX_DELIVERED_STAGED, "staged" })

/*
 * A record of a mailbox's ring is complete: copied from the sender's memory, or, where a
 * sender waited for room, from the kernel's; or it is to be skipped.
 */
TRACE_EVENT(ipcx_deliver,
	TP_PROTO(u64 id, const struct ipcx_delivery *d, u32 bytes, u32 how),
	TP_ARGS(id, d, bytes, how),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, port)
		__field(u64, seq)
		__field(u64, type)
		__field(u32, bytes)
		__field(u32, how)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->port = d->sender;
		__entry->seq = d->seq;
		__entry->type = d->type;
		__entry->bytes = bytes;
		__entry->how = how;
	),
	TP_printk("id=%llu port=%llu seq=%llu type=%llu bytes=%u how=%s",
		  __entry->id, __entry->port, __entry->seq, __entry->type,
		  __entry->bytes, IPCX_SHOW_DELIVERED(__entry->how))
);

#endif /* _IPCX_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
