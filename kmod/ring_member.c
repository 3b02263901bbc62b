// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared rings: members come and go.
 *
 * A producer that goes may leave a record behind that it had begun. Where there can be
 * several, it announced the record, then claimed it by moving the end of what is claimed
 * from the record's start to its end, with its slot in the low bits. Whether that was done
 * is seen there as long as nobody has claimed since; who claims after another writes down
 * first, in @confirmed, what it saw the other claim. So it is known for certain, and the
 * record becomes one that is to be skipped. A single producer publishes what is complete.
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "ipcx.h"
#include "ring.h"
#include "ring_layout.h"
#include "trace.h"
#include "wait.h"

/* Tell the members in user space who there is. */
static void show_members_locked(struct ipcx_ring *ring)
{
	const struct ipcx_side *producers = &ring->side[IPCX_PRODUCERS];
	const struct ipcx_side *consumers = &ring->side[IPCX_CONSUMERS];
	struct ipcx_ring_info *info = ipcx_ring_info(ring);

	lockdep_assert_held(&ring->lock);
	WRITE_ONCE(info->consumers, consumers->attached);
	/* Pairs with the producers' load: then they find where it begins. */
	smp_store_release(&info->holders, ring->holders);
	/*
	 * Who finds a producer gone, or the last one, finds what it has left: pairs with
	 * the loads that the library does before it looks at the other producers.
	 */
	smp_store_release(&info->producers, producers->attached);
	/* Likewise. */
	smp_store_release(&info->eof, producers->gone);
	WRITE_ONCE(info->broken, consumers->gone);
}

/*
 * Where a consumer begins. In place of one that went: where that one was, unless it lied.
 * With IPCX_RING_BROADCAST at the end: what producers may write over, now or by what they
 * have looked up, lies before it.
 */
static void start_consumer_locked(struct ipcx_ring *ring, u32 slot)
{
	struct ipcx_ring_consumer *page = ipcx_ring_consumer(ring, slot);
	u64 head, end;
	s64 used;

	/* There it is the mailbox that says where. */
	if (ring->kernel)
		return;
	head = READ_ONCE(page->head);
	end = ipcx_ring_end_locked(ring);
	used = ipcx_ring_distance(head, end);
	if (ring->mode == IPCX_RING_BROADCAST || head != ipcx_ring_index(head) ||
	    used < 0 || used > ring->size)
		head = end;
	/* What the one before kept and did not release is to be read again. */
	WRITE_ONCE(page->next, head);
	/* Pairs with the producers' load when they look for room. */
	smp_store_release(&page->head, head);
}

static void start_member_locked(struct ipcx_member *m, bool hold)
{
	struct ipcx_ring *ring = m->ring;

	if (m->side == IPCX_PRODUCERS) {
		struct ipcx_ring_producer *page;

		page = ipcx_ring_producer(ring, m->slot);
		WRITE_ONCE(page->slot, m->slot);
		return;
	}
	WRITE_ONCE(ipcx_ring_consumer(ring, m->slot)->slot, m->slot);
	WRITE_ONCE(ipcx_ring_consumer(ring, m->slot)->overrun, !hold);
	WRITE_ONCE(ipcx_ring_consumer(ring, m->slot)->lost, 0);
	start_consumer_locked(ring, m->slot);
	if (hold)
		ring->holders |= BIT_ULL(m->slot);
}

static int add_member(struct ipcx_member *m, bool hold)
{
	struct ipcx_ring *ring = m->ring;
	struct ipcx_side *side = &ring->side[m->side];
	int ret = -EBUSY;

	spin_lock(&ring->lock);
	if (hweight64(side->attached) < side->max) {
		m->slot = __ffs64(~side->attached);
		side->member[m->slot] = m;
		side->attached |= BIT_ULL(m->slot);
		side->gone = false;
		start_member_locked(m, hold);
		show_members_locked(ring);
		ret = 0;
	}
	spin_unlock(&ring->lock);
	return ret;
}

/**
 * ipcx_member_attach() - The calling process takes part.
 * @file: a handle's file, with the right to
 * @side: on which side
 * @hold: consumer: producers wait for it
 *
 * Context: process context, may sleep; mmap lock held.
 * Return: the member, which ends with ipcx_member_end(); or -EBUSY (no slot is free) or
 * -ENOMEM as ERR_PTR.
 */
struct ipcx_member *ipcx_member_attach(struct file *file,
				       enum ipcx_ring_side side, bool hold)
{
	struct ipcx_ring *ring = ipcx_file_ring(file);
	struct ipcx_member *m;
	int ret;

	m = kzalloc(sizeof(*m), IPCX_GFP);
	if (!m)
		return ERR_PTR(-ENOMEM);
	m->ring = ring;
	m->side = side;
	m->file = file;
	m->mm = current->mm;
	refcount_set(&m->maps, 1);
	ret = add_member(m, hold);
	if (ret) {
		kfree(m);
		return ERR_PTR(ret);
	}
	mmgrab(m->mm);
	if (hold && ring->mode == IPCX_RING_BROADCAST) {
		/*
		 * A producer that looks for holders has looked at the end before, and
		 * goes no further than a ring's length beyond that. One that did not find
		 * this holder thus knows no later end than what is read here.
		 */
		ipcx_ring_fence(ring, IPCX_PRODUCERS);
		spin_lock(&ring->lock);
		start_consumer_locked(ring, m->slot);
		spin_unlock(&ring->lock);
		/* Meanwhile they may have filled what the first end left them. */
		ipcx_ring_wake_side(ring, IPCX_PRODUCERS);
	}
	/* Who polled when there was no consumer was not waited for. */
	if (side == IPCX_CONSUMERS)
		wake_up_interruptible_all(&ring->side[side].poll_wait);
	trace_ipcx_ring_member(ring, m, true);
	return m;
}

/* Make a record of a dead producer one that is to be skipped. */
static void skip_record_locked(struct ipcx_ring *ring, u32 slot, u64 start,
			       u64 bytes)
{
	u64 *header = ipcx_ring_data(ring, start);

	WRITE_ONCE(*header, ipcx_ring_header(bytes - IPCX_RING_HEADER, 0, slot) |
		   IPCX_RING_DISCARD);
	trace_ipcx_ring_repair(ring, slot, bytes);
}

/* Finish what a producer has left; nobody writes its page any more. */
static void repair_locked(struct ipcx_ring *ring, u32 slot)
{
	struct ipcx_ring_producer *page = ipcx_ring_producer(ring, slot);
	struct ipcx_ring_shared *shared = ipcx_ring_shared(ring);
	u64 announce = READ_ONCE(page->announce);
	u64 end = ipcx_ring_index(READ_ONCE(page->end));
	u64 start = ipcx_ring_index(announce);
	s64 bytes = ipcx_ring_distance(start, end);
	u64 claim;

	if (!ring->many || !(announce & IPCX_RING_ANNOUNCED))
		return;
	/* Before @confirmed: who moves the claim on has written there first. */
	claim = smp_load_acquire(&shared->claim);
	if (bytes >= IPCX_RING_HEADER && bytes <= ring->size &&
	    ipcx_ring_claimed(claim, READ_ONCE(shared->confirmed[slot]), slot,
			      end))
		skip_record_locked(ring, slot, start, bytes);
	/* Pairs with the consumers' load: then the header is to be seen, too. */
	smp_store_release(&page->announce, start);
}

/**
 * ipcx_member_end() - A member's mapping has ended.
 * @m: the member; not the caller's afterwards
 *
 * Context: process context, mmap lock held, or the last of a process's life.
 */
void ipcx_member_end(struct ipcx_member *m)
{
	struct ipcx_ring *ring = m->ring;
	struct ipcx_side *side = &ring->side[m->side];
	struct ipcx_wakeups wk;
	enum ipcx_ring_side i;
	struct ipcx_bell *bell;

	/* Before anybody can see it, and end for that reason: a trace shows what led to what. */
	trace_ipcx_ring_member(ring, m, false);
	ipcx_wakeups_init(&wk);
	spin_lock(&ring->lock);
	side->member[m->slot] = NULL;
	side->attached &= ~BIT_ULL(m->slot);
	side->gone = !side->attached;
	if (m->side == IPCX_PRODUCERS)
		repair_locked(ring, m->slot);
	else if (ring->mode == IPCX_RING_BROADCAST)
		ring->holders &= ~BIT_ULL(m->slot);
	if (m->waiter)
		ipcx_member_wake_locked(m, &wk);
	bell = ipcx_bell_detach_locked(m);
	show_members_locked(ring);
	spin_unlock(&ring->lock);
	ipcx_wake(&wk);
	ipcx_bell_ring(bell);

	/* Records may have become readable, room may have become free, or both ended. */
	for (i = 0; i < IPCX_SIDES; i++) {
		/* Who polls for room in a mailbox's ring does so at the mailbox. */
		if (ring->kernel && i == IPCX_PRODUCERS)
			continue;
		ipcx_ring_wake_side(ring, i);
		wake_up_interruptible_all(&ring->side[i].poll_wait);
	}
	ipcx_bell_free(m);
	mmdrop(m->mm);
	kfree(m);
}

/**
 * ipcx_ring_kernel_gone() - The kernel produces no more: end of file.
 * @ring: a ring of which it was the producer
 *
 * Context: process context, no locks of this module held.
 */
void ipcx_ring_kernel_gone(struct ipcx_ring *ring)
{
	struct ipcx_side *side = &ring->side[IPCX_PRODUCERS];

	spin_lock(&ring->lock);
	side->attached = 0;
	side->gone = true;
	show_members_locked(ring);
	spin_unlock(&ring->lock);
	ipcx_ring_wake_side(ring, IPCX_CONSUMERS);
	wake_up_interruptible_all(&ring->side[IPCX_CONSUMERS].poll_wait);
}
