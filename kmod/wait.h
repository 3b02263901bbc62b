/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Waiting: who waits for what, in which order, until when.
 *
 * A waiter lies on the stack of its task. Whoever has what it waits for takes
 * it out of the set under the object's lock, hands the thing over, and wakes
 * that one task after unlocking: no herd, and no second look at the lock for
 * the one that was woken.
 *
 * IPCX_BARRIER: hand-over without a lock on the waiter's side
 *
 *   waker (lock held)                  waiter (ipcx_wait())
 *   -----------------                  --------------------
 *   w->msg = ..., w->error = ...       set_current_state()       [A]
 *   get_task_struct(w->task)           smp_load_acquire(done)    [B]
 *   smp_store_release(done, true) [C]    true: read msg, error
 *   unlock                               false: schedule()
 *   wake_up_process()             [D]
 *   put_task_struct()
 *
 * [C] pairs with [B]: who sees done sees what was handed over, and that the
 * waker is through with the waiter, whose stack frame may end now; hence the
 * task reference comes first. [A] is a full barrier between the state and the
 * load, and wake_up_process() one between the store and its look at the state:
 * either the waiter sees done or the waker sees it asleep.
 *
 * A waiter that spins (w->spins) is not woken. Before it sleeps it says under the
 * lock that it does not spin any more, and there sees whether it was served.
 */
#ifndef _IPCX_WAIT_H
#define _IPCX_WAIT_H

#include <linux/ipcx.h>
#include <linux/ktime.h>
#include <linux/llist.h>
#include <linux/rbtree.h>
#include <linux/types.h>
#include <linux/wait.h>

#include "limits.h"
#include "seltree.h"

struct ipcx_message;
struct ipcx_notification;
struct pid;
struct task_struct;

#define IPCX_MATCH_KINDS	(IPCX_MATCH_REPLY + 1)

/**
 * struct ipcx_deadline - Until when to wait.
 * @set: false: for ever
 * @clock: clock of @expires
 * @expires: absolute time, time namespace applied
 */
struct ipcx_deadline {
	bool set;
	clockid_t clock;
	ktime_t expires;
};

/**
 * struct ipcx_room - What a receiver has room for, or what a message needs.
 * @len: bytes of payload
 * @fds: files; mailboxes
 */
struct ipcx_room {
	u64 len;
	u32 fds;
};

/**
 * struct ipcx_waiter - A task that waits.
 * @sel: place in the set; key: what it asked for, order: task priority, then
 *	arrival
 * @match: one of enum ipcx_match: which tree of the set it is in
 * @trunc: receiver: takes a message that is longer than @room
 * @spins: its task looks at @done and does not sleep: it need not be woken;
 *	changed under the object's lock
 * @done: IPCX_BARRIER
 * @error: 0, or why it was woken without what it waits for
 * @task: whom to wake
 * @msg: sender: the message to queue; receiver: the one it was handed
 * @room: receiver: what it can take; out with -EMSGSIZE: what is needed
 */
struct ipcx_waiter {
	struct ipcx_selnode sel;
	u32 match;
	bool trunc;
	bool spins;
	bool done;
	int error;
	struct task_struct *task;
	struct ipcx_message *msg;
	struct ipcx_room room;
};

/**
 * struct ipcx_peer - Whom an adaptive wait spins for.
 * @pid: the task that will serve it, a reference, or NULL: nobody knows
 * @woken: this task has served it, and woke it if it slept
 */
struct ipcx_peer {
	struct pid *pid;
	bool woken;
};

/**
 * struct ipcx_waitset - Tasks that wait on one side of an object.
 * @tree: by what they match; sender's are all in IPCX_MATCH_ANY
 * @seq: arrivals so far
 * @count: waiters
 */
struct ipcx_waitset {
	struct rb_root tree[IPCX_MATCH_KINDS];
	u64 seq;
	u32 count;
};

/**
 * struct ipcx_wakeups - What a locked section leaves to do after unlock.
 * @task: tasks to wake, references
 * @tasks: how many
 * @any: there is something to do
 * @more: there is more to do than to wake @task
 * @readable: pollers of the receiving side exist
 * @writable: pollers of the sending side exist
 * @tokens: pollers of tokens exist, of which one has become stale
 * @notification: registration that fired, or NULL
 * @garbage: messages to free, linked by e.free
 * @replies: asynchronous calls that are done, see struct ipcx_async
 */
struct ipcx_wakeups {
	struct task_struct *task[IPCX_WAKE_MAX];
	unsigned int tasks;
	bool any;
	bool more;
	bool readable;
	bool writable;
	bool tokens;
	struct ipcx_notification *notification;
	struct llist_head garbage;
	struct llist_head replies;
};

static inline void ipcx_wakeups_init(struct ipcx_wakeups *wk)
{
	wk->tasks = 0;
	wk->any = false;
	wk->more = false;
	wk->readable = false;
	wk->writable = false;
	wk->tokens = false;
	wk->notification = NULL;
	init_llist_head(&wk->garbage);
	init_llist_head(&wk->replies);
}

/* Something is noted down beside tasks to wake. */
static inline void ipcx_wakeups_more(struct ipcx_wakeups *wk)
{
	wk->any = true;
	wk->more = true;
}

/*
 * Receivers, of whom one message can send any number away, leave the last place
 * to the sender of that message.
 */
static inline bool ipcx_wakeups_full(const struct ipcx_wakeups *wk)
{
	return wk->tasks >= IPCX_WAKE_MAX - 1;
}

void ipcx_waitset_init(struct ipcx_waitset *set);
void ipcx_waitset_add(struct ipcx_waitset *set, struct ipcx_waiter *w);
void ipcx_waitset_del(struct ipcx_waitset *set, struct ipcx_waiter *w);
struct ipcx_waiter *ipcx_waitset_first(const struct ipcx_waitset *set);
struct ipcx_waiter *ipcx_waitset_only(const struct ipcx_waitset *set);
struct ipcx_waiter *ipcx_waitset_find(const struct ipcx_waitset *set, u64 type,
				      u32 prio);
struct ipcx_waiter *ipcx_waitset_find_mail(const struct ipcx_waitset *set,
					   u64 sender, u64 cookie, bool reply,
					   struct ipcx_waiter *other);
void ipcx_waiter_init(struct ipcx_waiter *w);
void ipcx_waiter_complete(struct ipcx_waiter *w, struct ipcx_wakeups *wk);
void ipcx_waitset_complete(struct ipcx_waitset *set, struct ipcx_waiter *w,
			   struct ipcx_wakeups *wk);

int ipcx_deadline_set(struct ipcx_deadline *dl, u32 clock, s64 ns);
int ipcx_wait(struct ipcx_waiter *w, const struct ipcx_deadline *dl);
bool ipcx_spin(const struct ipcx_waiter *w, struct ipcx_peer *peer, u32 ns);
void ipcx_wake(struct ipcx_wakeups *wk);

#endif /* _IPCX_WAIT_H */
