// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mailboxes: calls from the moment that somebody waits for one until it is done,
 * see mbox.h.
 */
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/hash.h>
#include <linux/sched.h>

#include "compat.h"
#include "ipcx.h"
#include "limits.h"
#include "mbox.h"
#include "trace.h"

static struct ipcx_caller *call_of(struct rb_node *rb)
{
	return rb ? rb_entry(rb, struct ipcx_caller, node) : NULL;
}

/**
 * ipcx_call_init() - Somebody will wait for what becomes of a message.
 * @call: the record
 * @reply: the reply's mail, or NULL where none is expected
 */
void ipcx_call_init(struct ipcx_caller *call, struct ipcx_mail *reply)
{
	ipcx_waiter_init(&call->w);
	call->mail = NULL;
	call->owner = NULL;
	call->sync = false;
	call->async = false;
	call->handed = false;
	call->trunc = false;
	call->adaptive = false;
	call->woken = false;
	call->peer = NULL;
	call->reply = reply;
}

static void insert_locked(struct rb_root *calls, struct ipcx_caller *call)
{
	struct rb_node **link = &calls->rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = call->token < call_of(parent)->token ?
		       &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&call->node, parent, link);
	rb_insert_color(&call->node, calls);
}

/* The first call from this token on, or NULL. */
static struct ipcx_caller *next_call_locked(struct rb_root *calls, u64 token)
{
	struct rb_node *rb = calls->rb_node;
	struct ipcx_caller *found = NULL;

	while (rb) {
		struct ipcx_caller *call = call_of(rb);

		if (call->token < token) {
			rb = rb->rb_right;
			continue;
		}
		found = call;
		rb = rb->rb_left;
	}
	return found;
}

/**
 * ipcx_call_find_locked() - The call that a token is for.
 * @calls: the mailbox's calls, or those whose tokens are files
 * @token: the token
 * @owner: whose it is: the calling process's table of files, or its own file
 *
 * Context: under the mailbox's lock.
 * Return: the call, or NULL: none, over, or another's.
 */
struct ipcx_caller *ipcx_call_find_locked(struct rb_root *calls, u64 token,
					  const void *owner)
{
	struct ipcx_caller *call = next_call_locked(calls, token);

	if (!call || call->token != token || call->owner != owner)
		return NULL;
	return call;
}

static void detach_mail_locked(struct ipcx_caller *call)
{
	call->mail->call = NULL;
	call->mail = NULL;
}

/* Whatever became of its message, the call has nothing to do with it any more. */
static void detach_locked(struct ipcx_mbox *mbox, struct ipcx_caller *call,
			  struct ipcx_wakeups *wk)
{
	if (call->mail) {
		detach_mail_locked(call);
	} else if (call->owner) {
		rb_erase(&call->node,
			 call->handed ? &mbox->handed : &mbox->calls);
		call->owner = NULL;
		mbox->ncalls--;
		if (unlikely(call->handed) &&
		    ipcx_queue_polled_locked(&mbox->token_wait)) {
			wk->tokens = true;
			ipcx_wakeups_more(wk);
		}
	}
}

/**
 * ipcx_call_end_locked() - A call is done, one way or the other.
 * @mbox: the mailbox
 * @call: the call; its caller's afterwards
 * @error: 0, its reply being there, or why there is none
 * @wk: with a place left
 *
 * Context: under the mailbox's lock.
 */
void ipcx_call_end_locked(struct ipcx_mbox *mbox, struct ipcx_caller *call,
			  int error, struct ipcx_wakeups *wk)
{
	lockdep_assert_held(&mbox->q.lock);
	detach_locked(mbox, call, wk);
	if (unlikely(call->async)) {
		ipcx_async_end(container_of(call, struct ipcx_async, call),
			       mbox, error, wk);
		return;
	}
	call->w.error = error;
	trace_ipcx_wake(&mbox->q.obj, call->w.task, !error);
	ipcx_waiter_complete(&call->w, wk);
}

/**
 * ipcx_call_received_locked() - Its message was copied to the receiver.
 * @mbox: the mailbox
 * @call: the call
 * @token: the message's number
 * @wk: with a place left
 *
 * Context: under the mailbox's lock, in the receiving task.
 */
void ipcx_call_received_locked(struct ipcx_mbox *mbox, struct ipcx_caller *call,
			       u64 token, struct ipcx_wakeups *wk)
{
	if (call->sync) {
		ipcx_call_end_locked(mbox, call, 0, wk);
		return;
	}
	detach_mail_locked(call);
	call->token = token;
	call->owner = current->files;
	insert_locked(&mbox->calls, call);
	mbox->ncalls++;
}

/**
 * ipcx_call_hand_locked() - A call's token becomes a file's.
 * @mbox: the mailbox
 * @call: the call, of a process's token
 * @owner: the file's &struct ipcx_token_file
 *
 * Context: under the mailbox's lock.
 */
void ipcx_call_hand_locked(struct ipcx_mbox *mbox, struct ipcx_caller *call,
			   const void *owner)
{
	rb_erase(&call->node, &mbox->calls);
	call->owner = owner;
	call->handed = true;
	insert_locked(&mbox->handed, call);
}

/*
 * Take back what can be taken back. Returns whether the message was not received
 * and will not be.
 */
static bool take_back_locked(struct ipcx_mbox *mbox, struct ipcx_caller *call,
			     struct ipcx_wakeups *wk)
{
	struct ipcx_mail *mail = call->mail;

	detach_locked(mbox, call, wk);
	if (!mail)
		return false;
	if (mail->taken) {
		mail->abandoned = true;
		return false;
	}
	ipcx_queue_remove_locked(&mbox->q, &mail->msg, true);
	ipcx_mail_withdraw_locked(&mbox->q, &mail->msg, wk);
	return true;
}

/* The caller does not wait any more, for the reason in @why. */
static int give_up(struct ipcx_mbox *mbox, struct ipcx_caller *call, int why)
{
	ipcx_uninitialized struct ipcx_wakeups wk;
	struct ipcx_queue *q = &mbox->q;
	bool back;

	ipcx_wakeups_init(&wk);
	spin_lock(&q->lock);
	if (call->w.done) {
		spin_unlock(&q->lock);
		return call->w.error;
	}
	back = take_back_locked(mbox, call, &wk);
	ipcx_queue_admit_all(q, &wk);
	/* What may have had an effect is never repeated. */
	return why == -ERESTARTSYS && !back ? -EINTR : why;
}

/**
 * ipcx_mail_handed_locked() - A message goes to a task that waited for one.
 * @msg: the message
 * @to: the task
 *
 * Context: under the mailbox's lock.
 */
void ipcx_mail_handed_locked(struct ipcx_message *msg, struct task_struct *to)
{
	struct ipcx_caller *call = ipcx_mail_of(msg)->call;

	if (!call || !call->adaptive || call->peer)
		return;
	call->peer = get_pid(task_pid(to));
	call->woken = true;
}

/**
 * ipcx_call_accepted_locked() - An adaptive caller's message has its place.
 * @mbox: the mailbox
 * @call: the call, which spins from now on if there is somebody to spin for
 *
 * Nobody waited for the message: who received last will come for it.
 *
 * Context: under the mailbox's lock.
 */
void ipcx_call_accepted_locked(struct ipcx_mbox *mbox, struct ipcx_caller *call)
{
	mbox->adaptive = true;
	if (!call->peer)
		call->peer = get_pid(mbox->receiver);
	call->w.spins = call->peer;
}

/* Returns whether the call was done before the budget was. */
static bool spin_for_call(struct ipcx_mbox *mbox, struct ipcx_caller *call)
{
	/* Whoever spins has a peer, which stays the same. */
	struct ipcx_peer peer = { .pid = call->peer, .woken = call->woken };

	return ipcx_mail_spin(&mbox->q, &call->w, &peer);
}

/**
 * ipcx_call_wait() - Wait until a call is done.
 * @mbox: the mailbox
 * @call: a call whose message is in the mailbox, or was
 * @dl: until when
 *
 * Context: process context, may sleep.
 * Return: 0, the call's error, -ETIMEDOUT, -EINTR, or -ERESTARTSYS: the message
 * was taken back. The record is the caller's again.
 */
int ipcx_call_wait(struct ipcx_mbox *mbox, struct ipcx_caller *call,
		   const struct ipcx_deadline *dl)
{
	int ret;

	if (unlikely(call->w.spins) && spin_for_call(mbox, call)) {
		ret = 0;
	} else {
		trace_ipcx_block(&mbox->q.obj, true);
		ret = ipcx_wait(&call->w, dl);
	}
	ret = unlikely(ret) ? give_up(mbox, call, ret) : call->w.error;
	put_pid(call->peer);
	return ret;
}

static const void **closed_slot(struct ipcx_mbox *mbox, const void *owner)
{
	return &mbox->closed[hash_ptr(owner, IPCX_CLOSED_BITS)];
}

/*
 * Fail a table of files' calls from @token on, so many that others wait not too
 * long for the lock. Returns where to go on, 0: all done.
 */
static u64 close_some_locked(struct ipcx_mbox *mbox, const void *owner,
			     u64 token, struct ipcx_wakeups *wk)
{
	unsigned int budget = IPCX_CALL_STEP;
	struct ipcx_caller *call, *next;

	for (call = next_call_locked(&mbox->calls, token); call; call = next) {
		if (!budget-- || ipcx_wakeups_full(wk))
			return call->token;
		next = call_of(rb_next(&call->node));
		if (call->owner == owner)
			ipcx_call_end_locked(mbox, call, -EPIPE, wk);
	}
	return 0;
}

static void close_calls(struct ipcx_mbox *mbox, const void *owner)
{
	ipcx_uninitialized struct ipcx_wakeups wk;
	u64 token = 1;

	ipcx_wakeups_init(&wk);
	while (token) {
		spin_lock(&mbox->q.lock);
		token = close_some_locked(mbox, owner, token, &wk);
		spin_unlock(&mbox->q.lock);
		ipcx_queue_finish(&mbox->q, &wk);
		cond_resched();
	}
}

/**
 * ipcx_calls_close() - A table of files closes the mailbox.
 * @mbox: the mailbox
 * @owner: the table
 *
 * Context: process context.
 */
void ipcx_calls_close(struct ipcx_mbox *mbox, const void *owner)
{
	const void **slot = closed_slot(mbox, owner);

	spin_lock(&mbox->q.lock);
	if (*slot != owner)
		WRITE_ONCE(*slot, *slot ? IPCX_CLOSED_MANY : owner);
	mbox->closes++;
	spin_unlock(&mbox->q.lock);
	close_calls(mbox, owner);
}

/* For iterate_fd(): nonzero ends it. */
static int is_receiver(const void *data, struct file *file, unsigned int fd)
{
	const struct ipcx_mbox *mbox = data;

	return ipcx_file_receives(file, &mbox->q.obj);
}

/**
 * ipcx_mail_check_owner() - After a receive: does the table of files still have
 *	the mailbox?
 * @q: the mailbox's queue
 *
 * Only if it closed it once, or many did, there is anything to do. If it has not,
 * nobody can reply: its calls fail. If it has, its own mark goes, unless it was set
 * again meanwhile.
 *
 * Context: process context.
 */
void ipcx_mail_check_owner(struct ipcx_queue *q)
{
	struct ipcx_mbox *mbox = ipcx_mbox_of(q);
	const void **slot = closed_slot(mbox, current->files);
	const void *mark = READ_ONCE(*slot);
	u64 closes;

	/* Set before the call was received, or the closer found the call. */
	if (likely(mark != current->files && mark != IPCX_CLOSED_MANY))
		return;
	spin_lock(&mbox->q.lock);
	closes = mbox->closes;
	spin_unlock(&mbox->q.lock);
	if (!iterate_fd(current->files, 0, is_receiver, mbox)) {
		close_calls(mbox, current->files);
		return;
	}
	spin_lock(&mbox->q.lock);
	if (mbox->closes == closes && *slot == current->files)
		WRITE_ONCE(*slot, NULL);
	spin_unlock(&mbox->q.lock);
}
