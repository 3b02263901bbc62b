/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shared rings: records in pages that producers and consumers map.
 *
 * The kernel allocates the pages, says who may map which of them how, keeps account of
 * who takes part, lets members sleep, and cleans up after those that die. Records are none
 * of its business: all it ever writes about them is that one is to be skipped.
 *
 * Whatever lies in pages that a member can write is hostile: it is read once, used only in
 * arithmetic that cannot go wrong, and to find a place within the data.
 *
 * A member is one role of one process: a mapping, at whose end the role ends. It cannot be
 * split nor inherited, and has no struct pages for others to pin (VM_PFNMAP).
 *
 * IPCX_RING_FENCE: sleeping without a fence on the fast side
 *
 *   member that would sleep               member that goes on, in user space
 *   -----------------------               ----------------------------------
 *   waiters word = 1               [A]    store: tail, announce or head   [D]
 *   ipcx_ring_fence(): a full      [B]    (compiler barrier only)
 *     barrier on every processor          load: waiters word              [E]
 *     that runs one of the others           not 0: IPCX_RING_WAKE
 *   look again                     [C]
 *     nothing: sleep
 *
 * The barrier of [B] falls somewhere on the right. Before [E]: the load is done after [A]
 * and finds the word. After [E], and so after [D]: the store has left the processor's store
 * buffer before [C] looks. What cannot happen is a store that [C] does not see with a load
 * that does not see [A]. A process that begins to run while [B] looks for processors has
 * passed a full barrier of the scheduler after [A].
 */
#ifndef _IPCX_RING_H
#define _IPCX_RING_H

#include <linux/fs.h>
#include <linux/ipcx.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>

#include "object.h"
#include "ring_layout.h"

struct ipcx_bell;
struct ipcx_ring;
struct ipcx_waiter;
struct ipcx_wakeups;

/**
 * enum ipcx_ring_side - The two sides of a ring.
 * @IPCX_PRODUCERS: wait for room
 * @IPCX_CONSUMERS: wait for records
 * @IPCX_SIDES: how many there are
 */
enum ipcx_ring_side {
	IPCX_PRODUCERS,
	IPCX_CONSUMERS,
	IPCX_SIDES,
};

/**
 * struct ipcx_member - A role of a process in a ring.
 * @ring: the ring, which the mapping's file keeps; immutable
 * @side: immutable
 * @slot: immutable
 * @mm: the process's memory, a reference to the structure only; immutable
 * @file: what it was mapped through, to be compared only; immutable
 * @maps: mappings; one, and for a moment two while it is moved
 * @waiter: the thread that sleeps in this role, or NULL; ring lock
 * @index: what it waits for; ring lock
 * @bell: eventfd, or NULL; ring lock
 * @armed: @bell is to be signalled; ring lock
 * @armed_index: what for, as @index; ring lock
 */
struct ipcx_member {
	struct ipcx_ring *ring;
	enum ipcx_ring_side side;
	u32 slot;
	struct mm_struct *mm;
	const struct file *file;
	refcount_t maps;
	struct ipcx_waiter *waiter;
	u64 index;
	struct ipcx_bell *bell;
	bool armed;
	u64 armed_index;
};

/**
 * struct ipcx_side - The members of one side.
 * @max: most at a time; immutable
 * @waiters: how many sleep, senders for whom the kernel produces included; ring lock
 * @bells: eventfds that are armed; ring lock
 * @armed: somebody polled and found nothing; ring lock
 * @gone: the last one has gone, and none has come since; ring lock
 * @attached: bit mask of slots; ring lock
 * @member: by slot, NULL for the kernel; ring lock
 * @poll_wait: pollers of this side
 */
struct ipcx_side {
	u32 max;
	u32 waiters;
	u32 bells;
	bool armed;
	bool gone;
	u64 attached;
	struct ipcx_member *member[IPCX_RING_SLOTS_MAX];
	wait_queue_head_t poll_wait;
};

/**
 * struct ipcx_ring - A ring.
 * @obj: base
 * @size: bytes of data, a power of two; immutable
 * @mode: one of enum ipcx_ring_mode; immutable
 * @many: there can be more than one producer; immutable
 * @huge: each IPCX_HUGE_PAGES of the data are in a row, aligned; immutable
 * @kernel: the kernel is the producer, and says where a consumer begins; immutable
 * @npages: pages of all kinds; immutable
 * @pages: in the order of IPCX_RING_MAP_VIEW; NULL once drained, under ring lock. A
 *	handle or a name keeps them
 * @lock: members, and the kernel's own words in the info page
 * @holders: consumers that producers wait for; ring lock
 * @side: both sides
 */
struct ipcx_ring {
	struct ipcx_object obj;
	u64 size;
	u32 mode;
	bool many;
	bool huge;
	bool kernel;
	u32 npages;
	struct page **pages;
	spinlock_t lock;	/* members, words of the info page */
	u64 holders;
	struct ipcx_side side[IPCX_SIDES];
};

static inline bool ipcx_ring_role_valid(u32 role)
{
	return role == IPCX_RING_PRODUCER || role == IPCX_RING_CONSUMER;
}

/* @role: a valid one of the ABI. */
static inline enum ipcx_ring_side ipcx_ring_side_of(u32 role)
{
	return role == IPCX_RING_PRODUCER ? IPCX_PRODUCERS : IPCX_CONSUMERS;
}

static inline struct ipcx_ring *ipcx_ring_of(struct ipcx_object *obj)
{
	return container_of(obj, struct ipcx_ring, obj);
}

static inline struct ipcx_ring *ipcx_file_ring(const struct file *file)
{
	return ipcx_ring_of(ipcx_handle_of(file)->obj);
}

/* Pages in front of the data. */
static inline u32 ipcx_ring_control_pages(const struct ipcx_ring *ring)
{
	return 2 + ring->side[IPCX_PRODUCERS].max +
	       ring->side[IPCX_CONSUMERS].max;
}

static inline struct ipcx_ring_info *ipcx_ring_info(struct ipcx_ring *ring)
{
	return page_address(ring->pages[0]);
}

static inline struct ipcx_ring_shared *ipcx_ring_shared(struct ipcx_ring *ring)
{
	return page_address(ring->pages[1]);
}

/* Which of the pages is this member's own? */
static inline u32 ipcx_ring_own_page(const struct ipcx_ring *ring,
				     enum ipcx_ring_side side, u32 slot)
{
	u32 first = side == IPCX_CONSUMERS ? ring->side[IPCX_PRODUCERS].max : 0;

	return 2 + first + slot;
}

static inline struct ipcx_ring_producer *
ipcx_ring_producer(struct ipcx_ring *ring, u32 slot)
{
	return page_address(ring->pages[ipcx_ring_own_page(ring, IPCX_PRODUCERS,
							   slot)]);
}

static inline struct ipcx_ring_consumer *
ipcx_ring_consumer(struct ipcx_ring *ring, u32 slot)
{
	return page_address(ring->pages[ipcx_ring_own_page(ring, IPCX_CONSUMERS,
							   slot)]);
}

/* Where in the data an index lies, as far as to the end of the page. */
static inline void *ipcx_ring_data(struct ipcx_ring *ring, u64 index)
{
	u64 offset = ipcx_ring_offset(index, ring->size);
	struct page *page = ring->pages[ipcx_ring_control_pages(ring) +
					(offset >> PAGE_SHIFT)];

	return page_address(page) + offset_in_page(offset);
}

/* ring.c */
struct ipcx_object *ipcx_ring_create_for_kernel(u64 size);

/* ring_member.c */
void ipcx_ring_kernel_gone(struct ipcx_ring *ring);
struct ipcx_member *ipcx_member_attach(struct file *file,
				       enum ipcx_ring_side side, bool hold);
void ipcx_member_end(struct ipcx_member *m);

/* ring_map.c */
int ipcx_ring_mmap(struct file *file, struct vm_area_struct *vma);
unsigned long ipcx_ring_unmapped_area(struct file *file, unsigned long addr,
				      unsigned long len, unsigned long pgoff,
				      unsigned long flags);

/* ring_wait.c */
u64 ipcx_ring_end_locked(struct ipcx_ring *ring);
void ipcx_ring_show_waiters_locked(struct ipcx_ring *ring);
void ipcx_ring_fence(struct ipcx_ring *ring, enum ipcx_ring_side side);
void ipcx_ring_fence_for(struct ipcx_ring *ring, enum ipcx_ring_side side);
bool ipcx_member_ready_locked(const struct ipcx_member *m, u64 index);
struct ipcx_member *ipcx_find_member_locked(struct ipcx_ring *ring,
					    const struct file *file, u32 role,
					    u32 slot);
unsigned int ipcx_ring_wake_side(struct ipcx_ring *ring,
				 enum ipcx_ring_side side);
void ipcx_member_wake_locked(struct ipcx_member *m, struct ipcx_wakeups *wk);
void ipcx_ring_expect_room(struct ipcx_ring *ring);
void ipcx_ring_end_expect_room(struct ipcx_ring *ring);
void ipcx_ring_arm_room(struct ipcx_ring *ring);
__poll_t ipcx_ring_poll(struct file *file, poll_table *wait);
long ipcx_ring_do_wait(struct file *file, const struct ipcx_ring_wait *arg,
		       bool nonblock);
long ipcx_ring_ioctl_wait(struct file *file, void __user *uarg, size_t size);
long ipcx_ring_ioctl_wake(struct file *file, void __user *uarg, size_t size);

/* ring_eventfd.c */
struct ipcx_bell *ipcx_bell_take_locked(struct ipcx_member *m);
struct ipcx_bell *ipcx_bell_detach_locked(struct ipcx_member *m);
void ipcx_bell_ring(struct ipcx_bell *bell);
void ipcx_bell_free(struct ipcx_member *m);
int ipcx_ring_arm_bell(struct file *file, const struct ipcx_ring_wait *arg);
long ipcx_ring_ioctl_eventfd(struct file *file, void __user *uarg, size_t size);

#endif /* _IPCX_RING_H */
