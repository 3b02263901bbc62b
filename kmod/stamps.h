/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stamps: when the stages of a message's way were reached, for those who ask.
 *
 * Two sorts ask. A receiver (IPCX_RECV_STAMPS) asks for its object, until its handle is
 * closed; who listens to a tracepoint that tells times asks for all objects. While nobody
 * does, a static key makes NOPs of all that is here, no clock is read, and no message is
 * larger for it. While somebody does, messages go the general ways: the fast ones would
 * have to ask at every step.
 *
 * A message's times are in memory of its own (ipcx_message.stamps, there with
 * IPCX_STATE_STAMPED), allocated by its sender before the copy in and freed when the
 * message has left its slot. Without memory it goes on without stamps. They are written by
 * whoever has the message: its sender, and then, under the object's lock, who queues
 * it or hands it over. A receiver's own times are on its stack, so that a message which
 * comes back, or is only looked at, is none the wiser.
 *
 * The key is switched off a while after the last one has gone (static_key_deferred): it
 * changes code on all processors, and anybody may open, ask and close in a loop.
 */
#ifndef _IPCX_STAMPS_H
#define _IPCX_STAMPS_H

#include <linux/atomic.h>
#include <linux/ipcx.h>
#include <linux/jump_label_ratelimit.h>
#include <linux/timekeeping.h>
#include <linux/types.h>

#include "msg.h"

struct file;
struct ipcx_handle;

extern struct static_key_false_deferred ipcx_stamps_key;

/* Does anybody anywhere ask, or did so a moment ago? */
static __always_inline bool ipcx_stamps_on(void)
{
	return static_branch_unlikely(&ipcx_stamps_key.key);
}

/* The message's stamps, if it has any and somebody may want them. */
static __always_inline struct ipcx_stamps *
ipcx_stamps_of(const struct ipcx_message *msg)
{
	if (!ipcx_stamps_on() || !(msg->e.state & IPCX_STATE_STAMPED))
		return NULL;
	return msg->stamps;
}

/* Under the object's lock: the sender has come so far. */
static inline void ipcx_stamp_locked(struct ipcx_message *msg)
{
	struct ipcx_stamps *stamps = ipcx_stamps_of(msg);

	if (unlikely(stamps) && !stamps->locked)
		stamps->locked = ktime_get_ns();
}

/* Under the object's lock: the message has its place. */
static inline void ipcx_stamp_enqueued(struct ipcx_message *msg)
{
	struct ipcx_stamps *stamps = ipcx_stamps_of(msg);

	if (unlikely(stamps))
		stamps->enqueued = ktime_get_ns();
}

/*
 * Under the object's lock: a receiver is handed the message, and will be woken (@sleeps)
 * or finds it by itself. An observer may be reading.
 */
static inline void ipcx_stamp_woken(struct ipcx_message *msg, bool sleeps)
{
	struct ipcx_stamps *stamps = ipcx_stamps_of(msg);

	if (unlikely(stamps))
		WRITE_ONCE(stamps->woken, sleeps ? ktime_get_ns() : 0);
}

/* The payload was copied in. */
static inline void ipcx_stamp_copied_in(struct ipcx_message *msg)
{
	struct ipcx_stamps *stamps = ipcx_stamps_of(msg);

	if (unlikely(stamps))
		stamps->copy_in_end = ktime_get_ns();
}

bool ipcx_stamps_wanted(const atomic_t *askers);
void ipcx_stamps_attach(struct ipcx_message *msg);
void ipcx_stamps_attach_as(struct ipcx_message *msg,
			   const struct ipcx_message *body);
void ipcx_stamps_drop(struct ipcx_message *msg);
void ipcx_stamps_begin(struct ipcx_stamps *stamps,
		       const struct ipcx_message *msg);
u64 ipcx_stamps_queued_ns(const struct ipcx_message *msg);

void ipcx_stamps_ask(struct file *file);
void ipcx_stamps_release(struct ipcx_handle *handle);
int ipcx_stamps_trace(void);
void ipcx_stamps_untrace(void);
void ipcx_stamps_exit(void);

#endif /* _IPCX_STAMPS_H */
