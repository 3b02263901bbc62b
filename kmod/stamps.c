// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stamps, see stamps.h.
 */
#include <linux/mutex.h>
#include <linux/slab.h>

#include "ipcx.h"
#include "queue.h"
#include "stamps.h"

/* From the last one who asked to the change of the code. */
#define IPCX_STAMPS_OFF_DELAY	HZ

DEFINE_STATIC_KEY_DEFERRED_FALSE(ipcx_stamps_key, IPCX_STAMPS_OFF_DELAY);

/* Tracepoints with listeners that are told times. */
static atomic_t traced;

/* Handles become askers under it: the key is on when the first receive goes on. */
static DEFINE_MUTEX(ask_mutex);

/**
 * ipcx_stamps_wanted() - Does anybody want stamps of an object's messages?
 * @askers: the object's ipcx_queue.askers
 *
 * Context: any.
 */
bool ipcx_stamps_wanted(const atomic_t *askers)
{
	return atomic_read(askers) || atomic_read(&traced);
}

/**
 * ipcx_stamps_attach() - Give a message stamps; the copy in begins.
 * @msg: a message without stamps, in no queue
 *
 * Context: process context, may sleep.
 */
void ipcx_stamps_attach(struct ipcx_message *msg)
{
	struct ipcx_stamps *stamps = kzalloc(sizeof(*stamps), IPCX_GFP);

	if (!stamps)
		return;
	msg->stamps = stamps;
	msg->e.state |= IPCX_STATE_STAMPED;
	stamps->copy_in_start = ktime_get_ns();
}

/**
 * ipcx_stamps_attach_as() - Give a message stamps whose payload was copied in before.
 * @msg: a message without stamps, in no queue
 * @body: the message that it was copied to; NULL: it comes from the kernel
 *
 * Context: process context, may sleep.
 */
void ipcx_stamps_attach_as(struct ipcx_message *msg,
			   const struct ipcx_message *body)
{
	const struct ipcx_stamps *from = body ? ipcx_stamps_of(body) : NULL;

	ipcx_stamps_attach(msg);
	if (!(msg->e.state & IPCX_STATE_STAMPED))
		return;
	msg->stamps->copy_in_start = from ? from->copy_in_start : 0;
	msg->stamps->copy_in_end = from ? from->copy_in_end : 0;
}

/**
 * ipcx_stamps_drop() - Take a message's stamps away.
 * @msg: a message with stamps that nobody reads
 *
 * Context: any, but for hard interrupts and raw locks.
 */
void ipcx_stamps_drop(struct ipcx_message *msg)
{
	msg->e.state &= ~IPCX_STATE_STAMPED;
	kfree(msg->stamps);
}

/**
 * ipcx_stamps_begin() - A receiver has a message; its copy out begins.
 * @stamps: the receiver's own; complete but for @copy_out_end
 * @msg: the message, in flight or pinned
 *
 * Context: process context.
 */
void ipcx_stamps_begin(struct ipcx_stamps *stamps,
		       const struct ipcx_message *msg)
{
	const struct ipcx_stamps *from = ipcx_stamps_of(msg);

	memset(stamps, 0, sizeof(*stamps));
	if (from) {
		stamps->copy_in_start = from->copy_in_start;
		stamps->copy_in_end = from->copy_in_end;
		stamps->locked = from->locked;
		stamps->enqueued = from->enqueued;
		stamps->woken = READ_ONCE(from->woken);
	}
	stamps->dequeued = ktime_get_ns();
}

/**
 * ipcx_stamps_queued_ns() - How long a message has been queued.
 * @msg: the message, in flight
 *
 * Context: process context.
 * Return: nanoseconds; 0: nobody asked when it was queued.
 */
u64 ipcx_stamps_queued_ns(const struct ipcx_message *msg)
{
	const struct ipcx_stamps *stamps = ipcx_stamps_of(msg);

	if (!stamps || !stamps->enqueued)
		return 0;
	return ktime_get_ns() - stamps->enqueued;
}

/**
 * ipcx_stamps_ask() - A receiver wants stamps.
 * @file: its file, of a queue or mailbox
 *
 * Context: process context, may sleep.
 */
void ipcx_stamps_ask(struct file *file)
{
	struct ipcx_handle *handle = ipcx_handle_of(file);

	/* Pairs with the store below: who sees it sees the key switched on. */
	if (smp_load_acquire(&handle->asks))
		return;
	mutex_lock(&ask_mutex);
	if (!handle->asks) {
		static_branch_deferred_inc(&ipcx_stamps_key);
		atomic_inc(&ipcx_queue_of(handle->obj)->askers);
		/* Pairs with the load above. */
		smp_store_release(&handle->asks, true);
	}
	mutex_unlock(&ask_mutex);
}

/**
 * ipcx_stamps_release() - A handle is closed.
 * @handle: the handle; it may have asked
 *
 * Context: process context, may sleep.
 */
void ipcx_stamps_release(struct ipcx_handle *handle)
{
	if (likely(!handle->asks))
		return;
	atomic_dec(&ipcx_queue_of(handle->obj)->askers);
	static_branch_slow_dec_deferred(&ipcx_stamps_key);
}

/**
 * ipcx_stamps_trace() - A tracepoint that tells times has its first listener.
 *
 * Context: process context, may sleep.
 * Return: 0.
 */
int ipcx_stamps_trace(void)
{
	static_branch_deferred_inc(&ipcx_stamps_key);
	atomic_inc(&traced);
	return 0;
}

/**
 * ipcx_stamps_untrace() - A tracepoint that tells times has no listener any more.
 *
 * Context: process context, may sleep.
 */
void ipcx_stamps_untrace(void)
{
	atomic_dec(&traced);
	static_branch_slow_dec_deferred(&ipcx_stamps_key);
}

/**
 * ipcx_stamps_exit() - Switch the key off that is to be off by now.
 *
 * Context: process context, may sleep.
 */
void ipcx_stamps_exit(void)
{
	static_key_deferred_flush(&ipcx_stamps_key);
}
