// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared rings: the object and its memory, see ring.h.
 */
#include <linux/bitmap.h>
#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "account.h"
#include "compat.h"
#include "ipcx.h"
#include "limits.h"
#include "object.h"
#include "queue.h"
#include "ring.h"
#include "ring_layout.h"
#include "uabi.h"

/* One of a side where the mode has only one, else what is asked for. */
static int check_members(u32 *max, bool one, u32 by_default)
{
	if (!*max)
		*max = one ? 1 : by_default;
	if (*max > (one ? 1 : IPCX_RING_SLOTS_MAX))
		return -EINVAL;
	return 0;
}

static int check_attr(struct ipcx_ring_attr *attr)
{
	bool one;
	int ret;

	if (!attr->size)
		attr->size = max_t(u64, IPCX_DEFAULT_RING_SIZE, PAGE_SIZE);
	if (attr->size < max_t(u64, IPCX_RING_SIZE_MIN, PAGE_SIZE) ||
	    attr->size > IPCX_RING_SIZE_MAX || !is_power_of_2(attr->size))
		return -EINVAL;
	if (attr->mode > IPCX_RING_BROADCAST ||
	    attr->flags & ~IPCX_RING_VALID)
		return -EINVAL;
	one = attr->mode == IPCX_RING_SPSC;
	ret = check_members(&attr->max_producers, one,
			    attr->mode == IPCX_RING_MPSC ?
				    IPCX_DEFAULT_RING_MEMBERS : 1);
	if (ret)
		return ret;
	one = attr->mode != IPCX_RING_BROADCAST;
	return check_members(&attr->max_consumers, one,
			     IPCX_DEFAULT_RING_MEMBERS);
}

static int ring_attr_get(struct ipcx_ring_attr *attr, const void __user *uattr,
			 u32 size)
{
	int ret;

	memset(attr, 0, sizeof(*attr));
	if (uattr) {
		if (size < IPCX_RING_ATTR_SIZE_VER0)
			return -EINVAL;
		ret = ipcx_copy_in(attr, sizeof(*attr), uattr, size);
		if (ret)
			return ret;
	}
	return check_attr(attr);
}

static void free_pages_array(struct page **pages, u32 npages)
{
	u32 i;

	for (i = 0; i < npages && pages[i]; i++) {
		__free_page(pages[i]);
		if (!(i % IPCX_PAGES_STEP))
			cond_resched();
	}
	kvfree(pages);
}

/*
 * As many pages as one entry of the next higher table maps, each of them a page of its own
 * afterwards. The kernel tries once to make room for it.
 */
static bool alloc_huge_page(struct page **pages)
{
	struct page *page;
	u32 i;

	page = alloc_pages((IPCX_GFP & ~__GFP_RETRY_MAYFAIL) | __GFP_NORETRY |
			   __GFP_ZERO, ilog2(IPCX_HUGE_PAGES));
	if (!page)
		return false;
	split_page(page, ilog2(IPCX_HUGE_PAGES));
	for (i = 0; i < IPCX_HUGE_PAGES; i++)
		pages[i] = page + i;
	return true;
}

/* The next page, or huge one, which there may be no more of. Returns how many pages. */
static u32 alloc_next(struct ipcx_ring *ring, u32 i)
{
	if (ring->huge && i >= ipcx_ring_control_pages(ring)) {
		if (alloc_huge_page(ring->pages + i))
			return IPCX_HUGE_PAGES;
		ring->huge = false;
	}
	ring->pages[i] = alloc_page(IPCX_GFP | __GFP_ZERO);
	return ring->pages[i] ? 1 : 0;
}

/* Zeroed pages, into the array; what there is of them also when it fails. */
static int fill_pages_array(struct ipcx_ring *ring)
{
	u32 n, i;

	for (i = 0; i < ring->npages; i += n) {
		n = alloc_next(ring, i);
		if (!n)
			return -ENOMEM;
		/* A break with the first page of a step, and with a huge one: that is longer. */
		if (i % IPCX_PAGES_STEP >= n)
			continue;
		cond_resched();
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	return 0;
}

/* All pages. */
static int alloc_ring_pages(struct ipcx_ring *ring)
{
	int ret;

	ring->pages = kvcalloc(ring->npages, sizeof(*ring->pages), IPCX_GFP);
	if (!ring->pages)
		return -ENOMEM;
	ret = fill_pages_array(ring);
	if (ret)
		free_pages_array(ring->pages, ring->npages);
	return ret;
}

static void init_side(struct ipcx_side *side, u32 max)
{
	side->max = max;
	init_waitqueue_head(&side->poll_wait);
}

static void write_info(struct ipcx_ring *ring)
{
	struct ipcx_ring_info *info = ipcx_ring_info(ring);

	info->version = IPCX_RING_LAYOUT;
	info->mode = ring->mode;
	info->size = ring->size;
	info->page_size = PAGE_SIZE;
	info->max_producers = ring->side[IPCX_PRODUCERS].max;
	info->max_consumers = ring->side[IPCX_CONSUMERS].max;
	info->holders = ring->holders;
}

static struct ipcx_ring *ring_alloc(const struct ipcx_ring_attr *attr)
{
	struct ipcx_ring *ring = kzalloc(sizeof(*ring), IPCX_GFP);

	if (!ring)
		return NULL;
	spin_lock_init(&ring->lock);
	ring->size = attr->size;
	ring->mode = attr->mode;
	ring->many = attr->max_producers > 1;
	ring->huge = IPCX_HUGE_PAGES && attr->flags & IPCX_RING_HUGE &&
		     attr->size >> PAGE_SHIFT >= IPCX_HUGE_PAGES;
	init_side(&ring->side[IPCX_PRODUCERS], attr->max_producers);
	init_side(&ring->side[IPCX_CONSUMERS], attr->max_consumers);
	/* The only consumer's place is kept for who comes. */
	ring->holders = attr->mode == IPCX_RING_BROADCAST ? 0 : 1;
	ring->npages = ipcx_ring_control_pages(ring) +
		       (attr->size >> PAGE_SHIFT);
	return ring;
}

static struct ipcx_object *ring_make(const struct ipcx_ring_attr *attr)
{
	struct ipcx_ring *ring;
	int ret;

	ring = ring_alloc(attr);
	if (!ring)
		return ERR_PTR(-ENOMEM);
	ret = ipcx_object_init(&ring->obj, &ipcx_ring_kind_ops,
			       sizeof(*ring) + ring->npages *
			       (PAGE_SIZE + sizeof(*ring->pages)));
	if (ret)
		goto free;
	ret = alloc_ring_pages(ring);
	if (ret)
		goto fini;
	write_info(ring);
	return &ring->obj;

fini:
	ipcx_object_fini(&ring->obj);
free:
	kfree(ring);
	return ERR_PTR(ret);
}

static struct ipcx_object *ring_create(const void __user *uattr, u32 size)
{
	struct ipcx_ring_attr attr;
	int ret;

	ret = ring_attr_get(&attr, uattr, size);
	return ret ? ERR_PTR(ret) : ring_make(&attr);
}

/**
 * ipcx_ring_create_for_kernel() - Make a ring of which the kernel is the producer.
 * @size: bytes of data, a power of two within the limits
 *
 * It has one consumer, and a producer that no process is; ipcx_ring_kernel_gone() takes
 * that away. It is the caller's to publish, or not.
 *
 * Context: process context, may sleep.
 * Return: the object with a reference and a handle count for the caller; or -EDQUOT,
 * -EINTR or -ENOMEM as ERR_PTR.
 */
struct ipcx_object *ipcx_ring_create_for_kernel(u64 size)
{
	const struct ipcx_ring_attr attr = {
		.size = size,
		.mode = IPCX_RING_SPSC,
		.max_producers = 1,
		.max_consumers = 1,
	};
	struct ipcx_object *obj = ring_make(&attr);

	if (!IS_ERR(obj)) {
		struct ipcx_ring *ring = ipcx_ring_of(obj);

		ring->kernel = true;
		ring->side[IPCX_PRODUCERS].attached = BIT_ULL(0);
		ipcx_ring_info(ring)->producers = BIT_ULL(0);
	}
	return obj;
}

/* Nobody has a handle, and so no mapping; it may still be asked for its state. */
static void ring_drain(struct ipcx_object *obj)
{
	struct ipcx_ring *ring = ipcx_ring_of(obj);
	struct page **pages;

	spin_lock(&ring->lock);
	pages = ring->pages;
	ring->pages = NULL;
	spin_unlock(&ring->lock);
	if (pages)
		free_pages_array(pages, ring->npages);
}

/* What is in it stays: it has a name. */
static void ring_idle(struct ipcx_object *obj)
{
}

static void ring_destroy(struct ipcx_object *obj)
{
	struct ipcx_ring *ring = ipcx_ring_of(obj);

	ring_drain(obj);
	ipcx_object_fini(obj);
	kfree_rcu(ring, obj.rcu);
}

/* How much the slowest holder keeps, whatever nonsense it says. */
static u64 used_locked(struct ipcx_ring *ring, u64 end)
{
	unsigned long holders[] = { BITMAP_FROM_U64(ring->holders) };
	unsigned int slot;
	s64 used, most = 0;

	for_each_set_bit(slot, holders, IPCX_RING_SLOTS_MAX) {
		u64 head = READ_ONCE(ipcx_ring_consumer(ring, slot)->head);

		used = ipcx_ring_distance(ipcx_ring_index(head), end);
		most = max(most, used);
	}
	return min_t(u64, most, ring->size);
}

static void stat_members_locked(struct ipcx_ring *ring, struct ipcx_stat *st)
{
	const struct ipcx_side *producers = &ring->side[IPCX_PRODUCERS];
	const struct ipcx_side *consumers = &ring->side[IPCX_CONSUMERS];
	u32 i;

	for (i = 0; i < producers->max; i++)
		st->sent += READ_ONCE(ipcx_ring_producer(ring, i)->records);
	for (i = 0; i < consumers->max; i++)
		if (consumers->member[i])
			st->lost += READ_ONCE(ipcx_ring_consumer(ring, i)->lost);
	st->producers = hweight64(producers->attached);
	st->consumers = hweight64(consumers->attached);
	st->send_waiters = producers->waiters;
	st->recv_waiters = consumers->waiters;
	if (producers->gone)
		st->state |= IPCX_STAT_EOF;
	if (consumers->gone)
		st->state |= IPCX_STAT_BROKEN;
}

static void ring_stat(struct ipcx_object *obj, struct ipcx_stat *st)
{
	struct ipcx_ring *ring = ipcx_ring_of(obj);

	st->max_msg_size = ipcx_ring_len_max(ring->size);
	st->max_bytes = ring->size;
	st->ring_mode = ring->mode;
	if (ring->huge)
		st->state |= IPCX_STAT_HUGE;
	spin_lock(&ring->lock);
	if (ring->pages) {
		st->bytes = used_locked(ring, ipcx_ring_end_locked(ring));
		stat_members_locked(ring, st);
	}
	spin_unlock(&ring->lock);
}

static int ring_release(struct inode *inode, struct file *file)
{
	ipcx_fs_release(file);
	return 0;
}

static const struct file_operations ring_fops = {
	.owner = THIS_MODULE,
	.mmap = ipcx_ring_mmap,
	.get_unmapped_area = ipcx_ring_unmapped_area,
	.poll = ipcx_ring_poll,
	.unlocked_ioctl = ipcx_object_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.release = ring_release,
	.show_fdinfo = ipcx_queue_show_fdinfo,
};

const struct ipcx_kind_ops ipcx_ring_kind_ops = {
	.kind = IPCX_KIND_RING,
	.name = "ring",
	.fops = &ring_fops,
	.create = ring_create,
	.destroy = ring_destroy,
	.drain = ring_drain,
	.idle = ring_idle,
	.stat = ring_stat,
};
