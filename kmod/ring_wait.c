// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared rings: sleeping, polling, and the doorbell; see IPCX_RING_FENCE in ring.h.
 *
 * Who waits is told to the other side by a word in the info page, and is woken when what it
 * waits for has come true: found out by looking at the indexes, a bounded number of them.
 */
#include <linux/bitmap.h>
#include <linux/cpumask.h>
#include <linux/mm_types.h>
#include <linux/nospec.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/smp.h>

#include "ipcx.h"
#include "limits.h"
#include "ring.h"
#include "ring_layout.h"
#include "trace.h"
#include "uabi.h"
#include "wait.h"

/*
 * Where consumers come and go, none of them may be there that keeps the place of a record
 * that is still being made: producers wait for each other, too.
 */
static bool producers_wait_for_commits(const struct ipcx_ring *ring)
{
	return ring->many && ring->mode == IPCX_RING_BROADCAST;
}

/**
 * ipcx_ring_end_locked() - End of what producers have claimed, or a single one committed.
 * @ring: the ring
 *
 * Context: under the ring's lock.
 */
u64 ipcx_ring_end_locked(struct ipcx_ring *ring)
{
	const struct ipcx_ring_shared *shared = ipcx_ring_shared(ring);

	const u64 *end = ring->many ? &shared->claim : &shared->tail;

	/* Pairs with the claim or the commit: then what was announced is seen. */
	return ipcx_ring_index(smp_load_acquire(end));
}

/* The first of the records behind @from that are not committed, or the end. */
static u64 committed_locked(struct ipcx_ring *ring, u64 from)
{
	unsigned long attached[] = {
		BITMAP_FROM_U64(ring->side[IPCX_PRODUCERS].attached)
	};
	u64 end = ipcx_ring_end_locked(ring);
	unsigned int slot;

	if (!ring->many)
		return end;
	for_each_set_bit(slot, attached, IPCX_RING_SLOTS_MAX) {
		u64 announce, start;

		/* Pairs with the commit: then the record is whole. */
		announce = smp_load_acquire(&ipcx_ring_producer(ring, slot)->announce);
		start = ipcx_ring_index(announce);
		/* What lies before was claimed by another: this claim will fail. */
		if (announce & IPCX_RING_ANNOUNCED &&
		    ipcx_ring_distance(from, start) >= 0 &&
		    ipcx_ring_distance(start, end) > 0)
			end = start;
	}
	return end;
}

/* Anything at @index? Also where that makes no sense: the consumer shall look. */
static bool readable_locked(struct ipcx_ring *ring, u64 index)
{
	return ring->side[IPCX_PRODUCERS].gone ||
	       committed_locked(ring, index) != index;
}

/* May a record end at @index? */
static bool writable_locked(struct ipcx_ring *ring, u64 index)
{
	unsigned long holders[] = { BITMAP_FROM_U64(ring->holders) };
	u64 oldest = ipcx_ring_add(index, -ring->size);
	unsigned int slot;
	u64 end;

	if (ring->side[IPCX_CONSUMERS].gone)
		return true;
	for_each_set_bit(slot, holders, IPCX_RING_SLOTS_MAX) {
		u64 head;

		/* Pairs with the release: it has been read. */
		head = smp_load_acquire(&ipcx_ring_consumer(ring, slot)->head);
		if (ipcx_ring_distance(ipcx_ring_index(head), oldest) > 0)
			return false;
	}
	if (!producers_wait_for_commits(ring))
		return true;
	end = ipcx_ring_end_locked(ring);
	return ipcx_ring_distance(committed_locked(ring,
						   ipcx_ring_add(end, -ring->size)),
				  oldest) <= 0;
}

/**
 * ipcx_member_ready_locked() - Has come true what a member would wait for?
 * @m: the member
 * @index: as in &struct ipcx_ring_wait
 *
 * Context: under the ring's lock.
 */
bool ipcx_member_ready_locked(const struct ipcx_member *m, u64 index)
{
	if (m->side == IPCX_CONSUMERS)
		return readable_locked(m->ring, index);
	return writable_locked(m->ring, index);
}

static bool ready_locked(const struct ipcx_member *m)
{
	return ipcx_member_ready_locked(m, m->index);
}

static u32 waiting_locked(const struct ipcx_side *side)
{
	return side->waiters + side->bells + side->armed;
}

/**
 * ipcx_ring_show_waiters_locked() - Tell each side whether the other waits for it.
 * @ring: the ring
 *
 * Context: under the ring's lock.
 */
void ipcx_ring_show_waiters_locked(struct ipcx_ring *ring)
{
	u32 space = waiting_locked(&ring->side[IPCX_PRODUCERS]);
	u32 data = waiting_locked(&ring->side[IPCX_CONSUMERS]);
	struct ipcx_ring_info *info = ipcx_ring_info(ring);

	lockdep_assert_held(&ring->lock);
	if (producers_wait_for_commits(ring))
		data += space;
	/* IPCX_RING_FENCE [A] pairs with [E]. */
	WRITE_ONCE(info->space_waiters, space);
	WRITE_ONCE(info->data_waiters, data);
}

static void fence_here(void *unused)
{
	/* IPCX_RING_FENCE [B]: between the stores and loads that it falls between. */
	smp_mb();
}

/*
 * The processors that may run members of this side. Where the architecture does not say in
 * time which ones use some memory: all.
 */
static void find_processors(struct ipcx_ring *ring, enum ipcx_ring_side side,
			    struct cpumask *cpus)
{
	struct ipcx_side *s = &ring->side[side];
	u32 slot;

	cpumask_clear(cpus);
	spin_lock(&ring->lock);
	for (slot = 0; slot < s->max; slot++) {
		if (!s->member[slot])
			continue;
		if (IS_ENABLED(CONFIG_X86))
			cpumask_or(cpus, cpus, mm_cpumask(s->member[slot]->mm));
		else
			cpumask_copy(cpus, cpu_online_mask);
	}
	spin_unlock(&ring->lock);
}

/**
 * ipcx_ring_fence() - A full barrier on every processor that runs members of a side.
 * @ring: the ring
 * @side: which side
 *
 * Context: process context, may sleep, no locks held.
 */
void ipcx_ring_fence(struct ipcx_ring *ring, enum ipcx_ring_side side)
{
	cpumask_var_t cpus;

	/* Before the masks are read: who is not in them has yet to begin to run. */
	smp_mb();
	if (num_online_cpus() == 1)
		return;
	if (!alloc_cpumask_var(&cpus, GFP_KERNEL | __GFP_NOWARN)) {
		on_each_cpu(fence_here, NULL, true);
		return;
	}
	find_processors(ring, side, cpus);
	on_each_cpu_mask(cpus, fence_here, NULL, true);
	free_cpumask_var(cpus);
}

static enum ipcx_ring_side other_side(enum ipcx_ring_side side)
{
	return side == IPCX_PRODUCERS ? IPCX_CONSUMERS : IPCX_PRODUCERS;
}

/**
 * ipcx_ring_fence_for() - Let those see the waiters word for whom a member waits.
 * @ring: the ring
 * @side: the member's
 *
 * Context: process context, may sleep, no locks held.
 */
void ipcx_ring_fence_for(struct ipcx_ring *ring, enum ipcx_ring_side side)
{
	ipcx_ring_fence(ring, other_side(side));
	if (side == IPCX_PRODUCERS && producers_wait_for_commits(ring))
		ipcx_ring_fence(ring, side);
}

static void remove_waiter_locked(struct ipcx_member *m)
{
	m->waiter = NULL;
	m->ring->side[m->side].waiters--;
	ipcx_ring_show_waiters_locked(m->ring);
}

/**
 * ipcx_member_wake_locked() - Let the member's thread look for itself.
 * @m: a member that waits
 * @wk: where its task goes, with a place left
 *
 * Context: under the ring's lock.
 */
void ipcx_member_wake_locked(struct ipcx_member *m, struct ipcx_wakeups *wk)
{
	struct ipcx_waiter *w = m->waiter;

	remove_waiter_locked(m);
	trace_ipcx_wake(&m->ring->obj, w->task, true);
	ipcx_waiter_complete(w, wk);
}

/*
 * Wake those from slot @slot on whose wait has come true. Returns where to go on, not
 * before @bell was signalled: there are more than @wk and @bell have places for.
 */
static u32 wake_ready_locked(struct ipcx_side *side, u32 slot,
			     struct ipcx_wakeups *wk, struct ipcx_bell **bell)
{
	for (; slot < side->max && side->waiters + side->bells; slot++) {
		struct ipcx_member *m = side->member[slot];

		if (!m)
			continue;
		if (m->waiter && ready_locked(m)) {
			if (ipcx_wakeups_full(wk))
				return slot;
			ipcx_member_wake_locked(m, wk);
		}
		if (m->armed && ipcx_member_ready_locked(m, m->armed_index)) {
			*bell = ipcx_bell_take_locked(m);
			return slot + 1;
		}
	}
	return side->max;
}

/**
 * ipcx_ring_wake_side() - Wake who waits on a side and need not any more.
 * @ring: the ring
 * @side: which side
 *
 * Context: process context, no locks of this module held.
 * Return: how many tasks were woken.
 */
unsigned int ipcx_ring_wake_side(struct ipcx_ring *ring,
				 enum ipcx_ring_side side)
{
	struct ipcx_side *s = &ring->side[side];
	unsigned int woken = 0;
	struct ipcx_wakeups wk;
	u32 slot = 0;
	bool armed;

	ipcx_wakeups_init(&wk);
	do {
		struct ipcx_bell *bell = NULL;

		spin_lock(&ring->lock);
		slot = wake_ready_locked(s, slot, &wk, &bell);
		armed = s->armed;
		s->armed = false;
		if (armed)
			ipcx_ring_show_waiters_locked(ring);
		spin_unlock(&ring->lock);
		woken += wk.tasks;
		ipcx_wake(&wk);
		ipcx_bell_ring(bell);
		/*
		 * All of them, without a word what there is: it differs. Who finds
		 * nothing arms again.
		 */
		if (armed)
			wake_up_interruptible_all(&s->poll_wait);
	} while (slot < s->max);
	return woken;
}

/**
 * ipcx_ring_expect_room() - Somebody is about to wait for room to be released.
 * @ring: a ring of which the kernel is the producer
 *
 * Who releases rings from now on. Afterwards the caller looks for room, IPCX_RING_FENCE
 * [C], and then may sleep.
 *
 * Context: process context, may sleep, no locks held.
 */
void ipcx_ring_expect_room(struct ipcx_ring *ring)
{
	spin_lock(&ring->lock);
	ring->side[IPCX_PRODUCERS].waiters++;
	ipcx_ring_show_waiters_locked(ring);
	spin_unlock(&ring->lock);
	ipcx_ring_fence(ring, IPCX_CONSUMERS);
}

/**
 * ipcx_ring_end_expect_room() - Undo ipcx_ring_expect_room().
 * @ring: the ring
 *
 * Context: process context.
 */
void ipcx_ring_end_expect_room(struct ipcx_ring *ring)
{
	spin_lock(&ring->lock);
	ring->side[IPCX_PRODUCERS].waiters--;
	ipcx_ring_show_waiters_locked(ring);
	spin_unlock(&ring->lock);
}

/**
 * ipcx_ring_arm_room() - ipcx_ring_expect_room() for a poller, up to the next ring.
 * @ring: a ring of which the kernel is the producer
 *
 * Context: process context, may sleep, no locks held.
 */
void ipcx_ring_arm_room(struct ipcx_ring *ring)
{
	spin_lock(&ring->lock);
	ring->side[IPCX_PRODUCERS].armed = true;
	ipcx_ring_show_waiters_locked(ring);
	spin_unlock(&ring->lock);
	ipcx_ring_fence(ring, IPCX_CONSUMERS);
}

static int check_wait(const struct ipcx_ring_wait *arg,
		      struct ipcx_deadline *dl)
{
	dl->set = false;
	if (arg->flags & ~IPCX_RING_WAIT_VALID ||
	    !ipcx_ring_role_valid(arg->role))
		return -EINVAL;
	/* One that does not sleep needs neither. */
	if (arg->flags & IPCX_RING_WAIT_EVENTFD &&
	    arg->flags != IPCX_RING_WAIT_EVENTFD)
		return -EINVAL;
	if (arg->index != ipcx_ring_index(arg->index))
		return -EINVAL;
	if (arg->flags & IPCX_XFER_DEADLINE)
		return ipcx_deadline_set(dl, arg->clock, arg->deadline_ns);
	return arg->clock || arg->deadline_ns ? -EINVAL : 0;
}

/**
 * ipcx_find_member_locked() - The calling process's own role, as it says.
 * @ring: the ring
 * @file: what it is called through
 * @role: a valid one
 * @slot: anything
 *
 * Context: under the ring's lock.
 * Return: the member, or NULL: that is not the caller's.
 */
struct ipcx_member *ipcx_find_member_locked(struct ipcx_ring *ring,
					    const struct file *file, u32 role,
					    u32 slot)
{
	struct ipcx_side *side = &ring->side[ipcx_ring_side_of(role)];
	struct ipcx_member *m;

	lockdep_assert_held(&ring->lock);
	if (slot >= side->max)
		return NULL;
	m = side->member[array_index_nospec(slot, side->max)];
	return m && m->mm == current->mm && m->file == file ? m : NULL;
}

/* Wait in the caller's role, unless there is nothing to wait for: @w->done. */
static int add_waiter(struct file *file, const struct ipcx_ring_wait *arg,
		      struct ipcx_waiter *w, struct ipcx_member **mp)
{
	struct ipcx_ring *ring = ipcx_file_ring(file);
	struct ipcx_member *m;
	int ret = 0;

	ipcx_waiter_init(w);
	spin_lock(&ring->lock);
	m = ipcx_find_member_locked(ring, file, arg->role, arg->slot);
	if (!m) {
		ret = -ENOTCONN;
	} else if (m->waiter) {
		ret = -EBUSY;
	} else {
		m->index = arg->index;
		w->done = ready_locked(m);
	}
	if (!ret && !w->done) {
		m->waiter = w;
		ring->side[m->side].waiters++;
		ipcx_ring_show_waiters_locked(ring);
		*mp = m;
	}
	spin_unlock(&ring->lock);
	return ret;
}

/*
 * Stop waiting: when it has come true, or with @force. Returns whether the thread need not
 * sleep. Once it was woken, the member may be gone.
 */
static bool stop_waiting(struct ipcx_ring *ring, struct ipcx_member *m,
			 struct ipcx_waiter *w, bool force, bool *true_now)
{
	bool stop;

	spin_lock(&ring->lock);
	*true_now = w->done || ready_locked(m);
	stop = *true_now || force;
	if (stop && !w->done)
		remove_waiter_locked(m);
	spin_unlock(&ring->lock);
	return stop;
}

static int wait_in_role(struct file *file, const struct ipcx_ring_wait *arg,
			bool nonblock, const struct ipcx_deadline *dl)
{
	struct ipcx_ring *ring = ipcx_file_ring(file);
	struct ipcx_member *m;
	struct ipcx_waiter w;
	bool true_now;
	int ret;

	ret = add_waiter(file, arg, &w, &m);
	if (ret || w.done)
		return ret;
	if (!nonblock)
		ipcx_ring_fence_for(ring, ipcx_ring_side_of(arg->role));
	/* IPCX_RING_FENCE [C] pairs with [D]. */
	if (stop_waiting(ring, m, &w, nonblock, &true_now))
		return true_now ? 0 : -EAGAIN;
	trace_ipcx_block(&ring->obj, arg->role == IPCX_RING_PRODUCER);
	ret = ipcx_wait(&w, dl);
	if (!ret)
		return 0;
	stop_waiting(ring, m, &w, true, &true_now);
	return true_now ? 0 : ret;
}

/**
 * ipcx_ring_do_wait() - Wait in a role.
 * @file: a file of a ring
 * @arg: what for, as a user says
 * @nonblock: do not wait, whatever @arg says
 *
 * Context: process context, may sleep.
 * Return: 0 or a negative errno.
 */
long ipcx_ring_do_wait(struct file *file, const struct ipcx_ring_wait *arg,
		       bool nonblock)
{
	struct ipcx_deadline dl;
	int ret = check_wait(arg, &dl);

	if (ret)
		return ret;
	if (arg->flags & IPCX_RING_WAIT_EVENTFD)
		return ipcx_ring_arm_bell(file, arg);
	nonblock |= arg->flags & IPCX_XFER_NONBLOCK;
	return wait_in_role(file, arg, nonblock, &dl);
}

/**
 * ipcx_ring_ioctl_wait() - IPCX_RING_WAIT.
 * @file: a file of a ring
 * @uarg: user address of &struct ipcx_ring_wait
 * @size: its size
 *
 * Context: process context, may sleep.
 * Return: 0 or a negative errno.
 */
long ipcx_ring_ioctl_wait(struct file *file, void __user *uarg, size_t size)
{
	struct ipcx_ring_wait arg;
	int ret;

	ret = ipcx_copy_in(&arg, sizeof(arg), uarg, size);
	return ret ? ret : ipcx_ring_do_wait(file, &arg,
					     file->f_flags & O_NONBLOCK);
}

/**
 * ipcx_ring_ioctl_wake() - IPCX_RING_WAKE.
 * @file: a file of a ring
 * @uarg: user address of &struct ipcx_ring_wake
 * @size: its size
 *
 * Context: process context, may sleep.
 * Return: 0 or a negative errno.
 */
long ipcx_ring_ioctl_wake(struct file *file, void __user *uarg, size_t size)
{
	struct ipcx_ring *ring = ipcx_file_ring(file);
	u32 rights = ipcx_handle_of(file)->rights;
	struct ipcx_ring_wake arg;
	unsigned int woken = 0;
	bool data, space;
	int ret;

	ret = ipcx_copy_in(&arg, sizeof(arg), uarg, size);
	if (ret)
		return ret;
	if (!arg.flags || arg.flags & ~IPCX_RING_WAKE_VALID || arg.reserved)
		return -EINVAL;
	data = arg.flags & IPCX_RING_WAKE_DATA;
	space = arg.flags & IPCX_RING_WAKE_SPACE;
	if ((data && !(rights & IPCX_OPEN_WRITE)) ||
	    (space && !(rights & IPCX_OPEN_READ)))
		return -EBADF;
	if (data)
		woken += ipcx_ring_wake_side(ring, IPCX_CONSUMERS);
	if (space || producers_wait_for_commits(ring))
		woken += ipcx_ring_wake_side(ring, IPCX_PRODUCERS);
	trace_ipcx_doorbell(ring, arg.flags, woken);
	return 0;
}

/* Where a consumer reads next, as far as it says. */
static u64 next_of_locked(struct ipcx_ring *ring, u32 slot)
{
	const struct ipcx_ring_consumer *page = ipcx_ring_consumer(ring, slot);
	u64 head = ipcx_ring_index(READ_ONCE(page->head));
	u64 next = ipcx_ring_index(READ_ONCE(page->next));

	return ipcx_ring_distance(head, next) > 0 ? next : head;
}

/* Has a consumer of this file something to read? */
static __poll_t readable_events_locked(struct ipcx_ring *ring,
				       const struct file *file)
{
	struct ipcx_side *side = &ring->side[IPCX_CONSUMERS];
	u32 slot;

	if (ring->side[IPCX_PRODUCERS].gone)
		return EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
	for (slot = 0; slot < side->max; slot++) {
		const struct ipcx_member *m = side->member[slot];

		if (!m || m->file != file)
			continue;
		if (readable_locked(ring, next_of_locked(ring, slot)))
			return EPOLLIN | EPOLLRDNORM;
	}
	return 0;
}

static __poll_t writable_events_locked(struct ipcx_ring *ring)
{
	u64 end = ipcx_ring_end_locked(ring);

	if (ring->side[IPCX_CONSUMERS].gone)
		return EPOLLOUT | EPOLLWRNORM | EPOLLERR;
	/* The shortest record. */
	if (writable_locked(ring, ipcx_ring_add(end, IPCX_RING_HEADER)))
		return EPOLLOUT | EPOLLWRNORM;
	return 0;
}

static __poll_t events_locked(struct ipcx_ring *ring, const struct file *file)
{
	u32 rights = ipcx_handle_of(file)->rights;
	__poll_t mask = 0;

	if (rights & IPCX_OPEN_READ)
		mask |= readable_events_locked(ring, file);
	if (rights & IPCX_OPEN_WRITE)
		mask |= writable_events_locked(ring);
	return mask;
}

static bool consumes_locked(const struct ipcx_ring *ring,
			    const struct file *file)
{
	const struct ipcx_side *side = &ring->side[IPCX_CONSUMERS];
	u32 slot;

	for (slot = 0; slot < side->max; slot++)
		if (side->member[slot] && side->member[slot]->file == file)
			return true;
	return false;
}

/*
 * What is asked for and is not there is waited for. Without a consumer only the last
 * producer's end is, which needs nobody's call.
 */
static void arm_locked(struct ipcx_ring *ring, const struct file *file,
		       __poll_t missing, bool *data, bool *space)
{
	u32 rights = ipcx_handle_of(file)->rights;

	*data = missing & (EPOLLIN | EPOLLRDNORM) &&
		consumes_locked(ring, file);
	*space = missing & (EPOLLOUT | EPOLLWRNORM) &&
		 rights & IPCX_OPEN_WRITE;
	if (*data)
		ring->side[IPCX_CONSUMERS].armed = true;
	if (*space)
		ring->side[IPCX_PRODUCERS].armed = true;
	if (*data || *space)
		ipcx_ring_show_waiters_locked(ring);
}

/**
 * ipcx_ring_poll() - poll(2) of a ring.
 * @file: a file of it
 * @wait: as the VFS gives it
 *
 * Context: process context, may sleep.
 * Return: EPOLL*.
 */
__poll_t ipcx_ring_poll(struct file *file, poll_table *wait)
{
	struct ipcx_ring *ring = ipcx_file_ring(file);
	u32 rights = ipcx_handle_of(file)->rights;
	bool data, space;
	__poll_t mask;

	if (rights & IPCX_OPEN_READ)
		poll_wait(file, &ring->side[IPCX_CONSUMERS].poll_wait, wait);
	if (rights & IPCX_OPEN_WRITE)
		poll_wait(file, &ring->side[IPCX_PRODUCERS].poll_wait, wait);
	spin_lock(&ring->lock);
	mask = events_locked(ring, file);
	arm_locked(ring, file, poll_requested_events(wait) & ~mask, &data,
		   &space);
	spin_unlock(&ring->lock);
	if (!data && !space)
		return mask;
	if (data)
		ipcx_ring_fence_for(ring, IPCX_CONSUMERS);
	if (space)
		ipcx_ring_fence_for(ring, IPCX_PRODUCERS);
	spin_lock(&ring->lock);
	/* IPCX_RING_FENCE [C] pairs with [D]. */
	mask = events_locked(ring, file);
	spin_unlock(&ring->lock);
	return mask;
}
