// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting, see wait.h.
 */
#include <linux/hrtimer.h>
#include <linux/nsproxy.h>
#include <linux/sched.h>
#include <linux/pid.h>
#include <linux/sched/clock.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/time_namespace.h>

#include "compat.h"
#include "wait.h"

/*
 * Order of waiters: (task priority + 1, smaller first) << 56 | arrival. The
 * priority is -1 for deadline tasks, 139 for the nicest ones.
 */
#define IPCX_ARRIVAL_BITS	56

/**
 * ipcx_waitset_init() - Make an empty set.
 * @set: the set
 */
void ipcx_waitset_init(struct ipcx_waitset *set)
{
	int i;

	for (i = 0; i < IPCX_MATCH_KINDS; i++)
		set->tree[i] = RB_ROOT;
	set->seq = 0;
	set->count = 0;
}

/**
 * ipcx_waiter_init() - The calling task will wait.
 * @w: the waiter
 */
void ipcx_waiter_init(struct ipcx_waiter *w)
{
	w->task = current;
	w->error = 0;
	w->spins = false;
	w->done = false;
}

/**
 * ipcx_waitset_add() - Line the calling task up.
 * @set: the set
 * @w: the waiter; match, key (@w->sel.key), trunc, msg and room set
 *
 * Context: under the object's lock.
 */
void ipcx_waitset_add(struct ipcx_waitset *set, struct ipcx_waiter *w)
{
	u64 arrival = set->seq++ & ((1ULL << IPCX_ARRIVAL_BITS) - 1);

	ipcx_waiter_init(w);
	w->sel.order = (u64)(current->prio + 1) << IPCX_ARRIVAL_BITS | arrival;
	ipcx_seltree_insert(&set->tree[w->match], &w->sel);
	set->count++;
}

/**
 * ipcx_waitset_del() - Take a waiter out.
 * @set: the set
 * @w: a waiter of it
 *
 * Context: under the object's lock.
 */
void ipcx_waitset_del(struct ipcx_waitset *set, struct ipcx_waiter *w)
{
	ipcx_seltree_erase(&set->tree[w->match], &w->sel);
	set->count--;
}

static struct ipcx_waiter *waiter_of(struct ipcx_selnode *node)
{
	return node ? container_of(node, struct ipcx_waiter, sel) : NULL;
}

/**
 * ipcx_waitset_first() - The waiter that is served first, whatever it asked for.
 * @set: a set of senders
 *
 * Context: under the object's lock.
 * Return: the waiter, which stays in the set, or NULL.
 */
struct ipcx_waiter *ipcx_waitset_first(const struct ipcx_waitset *set)
{
	return waiter_of(ipcx_seltree_best(&set->tree[IPCX_MATCH_ANY], 0,
					   U64_MAX));
}

/**
 * ipcx_waitset_only() - The only waiter, if it takes whatever comes.
 * @set: a set of receivers
 *
 * The common case, and the cheap one.
 *
 * Context: under the object's lock.
 * Return: the waiter, which stays in the set, or NULL.
 */
struct ipcx_waiter *ipcx_waitset_only(const struct ipcx_waitset *set)
{
	struct rb_node *rb = set->tree[IPCX_MATCH_ANY].rb_node;

	if (set->count != 1 || !rb)
		return NULL;
	return waiter_of(rb_entry(rb, struct ipcx_selnode, rb));
}

/**
 * ipcx_waitset_find() - The waiter that a message goes to.
 * @set: a set of receivers
 * @type: the message's type
 * @prio: its priority
 *
 * One look-up per kind of match, each O(log n) of its waiters. A receiver
 * that waits for the lowest type up to N found none up to N, so that any such
 * message is the lowest.
 *
 * Context: under the object's lock.
 * Return: the waiter, which stays in the set, or NULL.
 */
struct ipcx_waiter *ipcx_waitset_find(const struct ipcx_waitset *set, u64 type,
				      u32 prio)
{
	const struct rb_root *tree = set->tree;
	struct ipcx_selnode *best, *node;

	if (!set->count)
		return NULL;
	best = ipcx_seltree_best(&tree[IPCX_MATCH_ANY], 0, U64_MAX);
	node = ipcx_seltree_best(&tree[IPCX_MATCH_TYPE], type, type);
	best = ipcx_selnode_better(best, node);
	node = ipcx_seltree_best_except(&tree[IPCX_MATCH_NOT_TYPE], type);
	best = ipcx_selnode_better(best, node);
	node = ipcx_seltree_best(&tree[IPCX_MATCH_LOWEST_TYPE], type, U64_MAX);
	best = ipcx_selnode_better(best, node);
	node = ipcx_seltree_best(&tree[IPCX_MATCH_MIN_PRIORITY], 0, prio);
	best = ipcx_selnode_better(best, node);
	return waiter_of(best);
}

/**
 * ipcx_waitset_find_mail() - The waiter that mail goes to.
 * @set: a set of receivers
 * @sender: port of the sender
 * @cookie: the mail's cookie
 * @reply: the mail is a reply
 * @other: what ipcx_waitset_find() found
 *
 * Context: under the object's lock.
 * Return: the waiter that comes first of all, which stays in the set, or NULL.
 */
struct ipcx_waiter *ipcx_waitset_find_mail(const struct ipcx_waitset *set,
					   u64 sender, u64 cookie, bool reply,
					   struct ipcx_waiter *other)
{
	const struct rb_root *tree = set->tree;
	struct ipcx_selnode *best, *node;

	best = other ? &other->sel : NULL;
	node = ipcx_seltree_best(&tree[IPCX_MATCH_SENDER], sender, sender);
	best = ipcx_selnode_better(best, node);
	node = ipcx_seltree_best(&tree[IPCX_MATCH_COOKIE], cookie, cookie);
	best = ipcx_selnode_better(best, node);
	node = NULL;
	if (unlikely(reply))
		node = ipcx_seltree_best(&tree[IPCX_MATCH_REPLY], 0, 0);
	return waiter_of(ipcx_selnode_better(best, node));
}

/**
 * ipcx_waiter_complete() - A waiter that is in no set is served.
 * @w: the waiter, with all that it shall find
 * @wk: where its task goes, with a place left
 *
 * @w must not be touched afterwards.
 *
 * Context: under the object's lock; the caller calls ipcx_wake() after it.
 */
void ipcx_waiter_complete(struct ipcx_waiter *w, struct ipcx_wakeups *wk)
{
	if (likely(!w->spins)) {
		wk->task[wk->tasks++] = get_task_struct(w->task);
		wk->any = true;
	}
	/* IPCX_BARRIER [C] pairs with [B] in ipcx_wait(). */
	smp_store_release(&w->done, true);
}

/**
 * ipcx_waitset_complete() - A waiter is served.
 * @set: the set
 * @w: a waiter of it, with msg, error and room as it shall find them
 * @wk: where its task goes, with a place left: a receiver's caller asks
 *	ipcx_wakeups_full(), a sender's asked it before the message was offered
 *
 * @w must not be touched afterwards.
 *
 * Context: under the object's lock; the caller calls ipcx_wake() after it.
 */
void ipcx_waitset_complete(struct ipcx_waitset *set, struct ipcx_waiter *w,
			   struct ipcx_wakeups *wk)
{
	ipcx_waitset_del(set, w);
	ipcx_waiter_complete(w, wk);
}

/* Offset of the calling task's time namespace: its time minus the host's. */
static ktime_t timens_offset(clockid_t clock)
{
	const struct timens_offsets *off;

	if (!IS_ENABLED(CONFIG_TIME_NS))
		return 0;
	off = &current->nsproxy->time_ns->offsets;
	switch (clock) {
	case CLOCK_MONOTONIC:
		return timespec64_to_ktime(off->monotonic);
	case CLOCK_BOOTTIME:
		return timespec64_to_ktime(off->boottime);
	default:
		return 0;
	}
}

/**
 * ipcx_deadline_set() - Check a caller's deadline.
 * @dl: where to
 * @clock: the clock
 * @ns: absolute time on it, in the caller's time namespace
 *
 * Return: 0 or -EINVAL.
 */
int ipcx_deadline_set(struct ipcx_deadline *dl, u32 clock, s64 ns)
{
	ktime_t offset;

	if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC &&
	    clock != CLOCK_BOOTTIME)
		return -EINVAL;
	if (ns < 0)
		return -EINVAL;
	offset = timens_offset(clock);
	dl->set = true;
	dl->clock = clock;
	/* Before the host's time zero is past; past the end is for ever. */
	if (offset > 0)
		dl->expires = ns > offset ? ns - offset : 0;
	else
		dl->expires = ktime_add_safe(ns, -offset);
	return 0;
}

/**
 * ipcx_wait() - Sleep until served, a signal, or the deadline.
 * @w: the waiter, added to a set
 * @dl: the deadline
 *
 * Only waits: on any error the caller takes the object's lock and looks at
 * @w->done again, since it may have been served meanwhile.
 *
 * Context: process context, no locks held.
 * Return: 0 when served, -ERESTARTSYS or -ETIMEDOUT.
 */
int ipcx_wait(struct ipcx_waiter *w, const struct ipcx_deadline *dl)
{
	ktime_t expires = dl->expires;
	int ret = 0;

	for (;;) {
		/* IPCX_BARRIER [A] pairs with [D] in ipcx_wake(). */
		set_current_state(TASK_INTERRUPTIBLE);
		/* IPCX_BARRIER [B] pairs with [C] in ipcx_waiter_complete(). */
		if (smp_load_acquire(&w->done))
			break;
		if (signal_pending(current)) {
			ret = -ERESTARTSYS;
			break;
		}
		if (likely(!dl->set)) {
			schedule();
			continue;
		}
		if (!schedule_hrtimeout_range_clock(&expires, 0,
						    HRTIMER_MODE_ABS,
						    dl->clock)) {
			ret = -ETIMEDOUT;
			break;
		}
	}
	__set_current_state(TASK_RUNNING);
	return ret;
}

/*
 * Does the task run now, and not here? Who was just woken elsewhere counts until
 * it is seen to run: off its processor after that, it sleeps or was preempted.
 */
static bool runs_elsewhere(struct ipcx_peer *peer)
{
	struct task_struct *task;
	bool runs = false;

	rcu_read_lock();
	task = pid_task(peer->pid, PIDTYPE_PID);
	if (task && task_cpu(task) != raw_smp_processor_id()) {
		runs = ipcx_task_runs(task);
		if (runs)
			peer->woken = false;
		else
			runs = peer->woken && ipcx_task_wakes(task);
	}
	rcu_read_unlock();
	return runs;
}

/* Looks at a waiter between two looks at everything else. */
#define IPCX_SPIN_BURST	64

static bool spin_burst(const struct ipcx_waiter *w)
{
	unsigned int i;

	for (i = 0; i < IPCX_SPIN_BURST; i++) {
		/* IPCX_BARRIER [B] pairs with [C] in ipcx_waiter_complete(). */
		if (smp_load_acquire(&w->done))
			return true;
		cpu_relax();
	}
	return false;
}

/**
 * ipcx_spin() - Wait for a while without sleeping.
 * @w: the waiter, added to a set; not known to be served
 * @peer: who will serve it; @peer->woken is used up
 * @ns: how long at most
 *
 * Only while @peer runs on another processor, or is about to, and nobody else
 * wants this one.
 *
 * Context: process context, no locks held.
 * Return: true when served; else ipcx_wait() goes on.
 */
bool ipcx_spin(const struct ipcx_waiter *w, struct ipcx_peer *peer, u32 ns)
{
	u64 start = local_clock();

	while (runs_elsewhere(peer) && !need_resched() &&
	       !signal_pending(current)) {
		if (spin_burst(w))
			return true;
		if (local_clock() - start >= ns)
			break;
	}
	return false;
}

/**
 * ipcx_wake() - Wake the tasks that a locked section served.
 * @wk: the tasks; none afterwards
 *
 * Context: any, no locks of this module held.
 */
void ipcx_wake(struct ipcx_wakeups *wk)
{
	unsigned int i;

	for (i = 0; i < wk->tasks; i++) {
		/* IPCX_BARRIER [D] pairs with [A] in ipcx_wait(). */
		wake_up_process(wk->task[i]);
		put_task_struct(wk->task[i]);
	}
	wk->tasks = 0;
}
