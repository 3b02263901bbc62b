// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mailbox's ring: its life, who maps it, poll and the doorbell; see mbox_ring.h.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/pid_namespace.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>

#include "ipcx.h"
#include "limits.h"
#include "mbox.h"
#include "mbox_ring.h"
#include "object.h"
#include "ring.h"
#include "uabi.h"

/* The longest payload of which two records have room. */
static u64 len_max(u64 size)
{
	return size / 2 - IPCX_RECORD_MIN;
}

/**
 * ipcx_mbox_ring_limits() - Check a ring's size, and what it permits.
 * @attr: what the creator asks for, with a ring
 * @limits: the mailbox's limits, checked; the largest message is the ring's where nobody
 *	said
 *
 * Return: 0 or -EINVAL.
 */
int ipcx_mbox_ring_limits(const struct ipcx_mbox_attr *attr,
			  struct ipcx_queue_attr *limits)
{
	const u64 size = attr->ring_size;

	if (size < max_t(u64, IPCX_RING_SIZE_MIN, PAGE_SIZE) ||
	    size > IPCX_RING_SIZE_MAX || !is_power_of_2(size))
		return -EINVAL;
	if (!attr->max_msg_size)
		limits->max_msg_size = min(limits->max_msg_size, len_max(size));
	return limits->max_msg_size > len_max(size) ? -EINVAL : 0;
}

/* Records that there may be at a time. */
static u64 most_records(u64 size, u64 max_msgs)
{
	return min(max_msgs, size / IPCX_RECORD_MIN);
}

/**
 * ipcx_mbox_ring_memory() - What a mailbox is charged for its ring, which is charged itself.
 * @size: bytes of data, or 0: no ring
 * @max_msgs: the mailbox's limit
 *
 * Return: bytes.
 */
u64 ipcx_mbox_ring_memory(u64 size, u64 max_msgs)
{
	struct ipcx_mbox_ring *mr;

	if (!size)
		return 0;
	return struct_size(mr, record,
			   roundup_pow_of_two(most_records(size, max_msgs)));
}

static struct file *make_ring(u64 size)
{
	struct ipcx_object *obj = ipcx_ring_create_for_kernel(size);

	return IS_ERR(obj) ? ERR_CAST(obj) : ipcx_fs_open(obj, IPCX_OPEN_READ);
}

/**
 * ipcx_mbox_ring_create() - Give a new mailbox its ring.
 * @mbox: the mailbox
 * @size: bytes of data, checked
 *
 * Context: process context, may sleep.
 * Return: 0, -EDQUOT, -EINTR, -ENFILE or -ENOMEM.
 */
int ipcx_mbox_ring_create(struct ipcx_mbox *mbox, u64 size)
{
	struct ipcx_mbox_ring *mr;

	mr = kvzalloc(ipcx_mbox_ring_memory(size, mbox->q.max_msgs), IPCX_GFP);
	if (!mr)
		return -ENOMEM;
	mr->file = make_ring(size);
	if (IS_ERR(mr->file)) {
		int ret = PTR_ERR(mr->file);

		kvfree(mr);
		return ret;
	}
	mr->size = size;
	mr->max_msgs = most_records(size, mbox->q.max_msgs);
	mr->mask = roundup_pow_of_two(mr->max_msgs) - 1;
	ipcx_shares_init(&mr->shares);
	mr->pid_ns = get_pid_ns(task_active_pid_ns(current));
	mr->user_ns = get_user_ns(current_user_ns());
	mbox->ring = mr;
	return 0;
}

/**
 * ipcx_mbox_ring_end() - Nothing more comes into a ring.
 * @file: its file, a reference that goes
 *
 * Context: process context, no locks of this module held.
 */
void ipcx_mbox_ring_end(struct file *file)
{
	ipcx_ring_kernel_gone(ipcx_file_ring(file));
	fput(file);
}

/**
 * ipcx_mbox_ring_die() - The mailbox has died.
 * @mbox: it, with a ring; no sender waits any more
 *
 * Context: process context, may sleep.
 */
void ipcx_mbox_ring_die(struct ipcx_mbox *mbox)
{
	struct file *file;

	spin_lock(&mbox->q.lock);
	file = ipcx_mbox_ring_take_file_locked(mbox);
	spin_unlock(&mbox->q.lock);
	if (file)
		ipcx_mbox_ring_end(file);
}

/**
 * ipcx_mbox_ring_free() - Free what a mailbox keeps for its ring.
 * @mr: that, or NULL; nobody refers to the mailbox any more
 *
 * Context: process context, may sleep.
 */
void ipcx_mbox_ring_free(struct ipcx_mbox_ring *mr)
{
	if (!mr)
		return;
	/* Still there only where the mailbox was never opened. */
	if (mr->file)
		fput(mr->file);
	ipcx_shares_free(&mr->shares);
	put_pid_ns(mr->pid_ns);
	put_user_ns(mr->user_ns);
	kvfree(mr);
}

/**
 * ipcx_mbox_ring_stat() - A ring's part of its mailbox's state.
 * @mbox: the mailbox, with a ring
 * @st: where to
 *
 * The caller has reclaimed what was released: that counts elsewhere too.
 *
 * Context: process context.
 */
void ipcx_mbox_ring_stat(struct ipcx_mbox *mbox, struct ipcx_stat *st)
{
	struct ipcx_mbox_ring *mr = mbox->ring;

	spin_lock(&mbox->q.lock);
	st->ring_size = mr->size;
	st->ring_used = ipcx_ring_distance(mr->start, mr->claim_end);
	st->ring_msgs = mr->claimed - mr->reclaimed;
	if (mr->file)
		st->consumers =
			!!READ_ONCE(ipcx_ring_info(ipcx_file_ring(mr->file))->consumers);
	spin_unlock(&mbox->q.lock);
}

/**
 * ipcx_mbox_ring_get() - A mailbox's ring.
 * @mbox: the mailbox, with a ring
 *
 * Context: process context.
 * Return: its file, a reference; or NULL, if the mailbox is dead.
 */
struct file *ipcx_mbox_ring_get(struct ipcx_mbox *mbox)
{
	struct file *file = NULL;

	spin_lock(&mbox->q.lock);
	if (!mbox->dead)
		file = get_file(mbox->ring->file);
	spin_unlock(&mbox->q.lock);
	return file;
}

/**
 * ipcx_mbox_ring_poll() - Is there anything to read in the ring?
 * @mbox: a mailbox, with a ring, that the caller has the right to receive from
 * @wait: as the VFS gives it
 *
 * Context: process context, may sleep.
 * Return: EPOLLIN and EPOLLRDNORM, or 0.
 */
__poll_t ipcx_mbox_ring_poll(struct ipcx_mbox *mbox, poll_table *wait)
{
	return ipcx_ring_poll(mbox->ring->file, wait) &
	       (EPOLLIN | EPOLLRDNORM);
}

/**
 * ipcx_mbox_ring_arm() - The caller polls for room, and found none.
 * @mbox: the mailbox, with a ring
 *
 * Afterwards it looks again.
 *
 * Context: process context, may sleep.
 */
void ipcx_mbox_ring_arm(struct ipcx_mbox *mbox)
{
	struct file *file = ipcx_mbox_ring_get(mbox);

	if (!file)
		return;
	ipcx_ring_arm_room(ipcx_file_ring(file));
	fput(file);
	ipcx_mbox_ring_reclaim(mbox);
}

/*
 * Somebody else reads from now on: its namespaces are those of the numbers in records, and
 * it begins with the oldest record, whatever the one before has written where it was.
 */
static void start_reading(struct ipcx_mbox *mbox)
{
	ipcx_uninitialized struct ipcx_wakeups wk;
	struct pid_namespace *pid_ns = get_pid_ns(task_active_pid_ns(current));
	struct user_namespace *user_ns = get_user_ns(current_user_ns());
	struct ipcx_mbox_ring *mr = mbox->ring;
	struct ipcx_ring *ring = ipcx_file_ring(mr->file);
	struct ipcx_ring_consumer *page = ipcx_ring_consumer(ring, 0);

	ipcx_wakeups_init(&wk);
	ipcx_mbox_ring_reclaim(mbox);
	spin_lock(&mbox->q.lock);
	WRITE_ONCE(page->next, mr->start);
	WRITE_ONCE(page->head, mr->start);
	swap(mr->pid_ns, pid_ns);
	swap(mr->user_ns, user_ns);
	/* The one before may have died between its release and the doorbell. */
	ipcx_queue_admit_all(&mbox->q, &wk);
	/* Who polled meanwhile looked where the one before was. */
	wake_up_interruptible_all(&ring->side[IPCX_CONSUMERS].poll_wait);
	put_pid_ns(pid_ns);
	put_user_ns(user_ns);
}

/**
 * ipcx_mbox_mmap() - mmap(2) of a mailbox: of its ring.
 * @file: its handle's file
 * @vma: the mapping to be, which gets the ring's file
 *
 * Context: process context, mmap lock held for writing.
 * Return: 0, -ENODEV (there is no ring), or what ipcx_ring_mmap() returns.
 */
int ipcx_mbox_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct ipcx_mbox *mbox = ipcx_file_mbox(file);
	int ret;

	if (!mbox->ring)
		return -ENODEV;
	if (!(ipcx_handle_of(file)->rights & IPCX_OPEN_READ))
		return -EBADF;
	vma_set_file(vma, mbox->ring->file);
	ret = ipcx_ring_mmap(vma->vm_file, vma);
	if (!ret && vma->vm_pgoff == IPCX_RING_MAP_CONSUMER >> PAGE_SHIFT)
		start_reading(mbox);
	return ret;
}

/* The ring of a mailbox that this file has the right to receive from. */
static struct file *own_ring(const struct file *file)
{
	struct ipcx_mbox_ring *mr = ipcx_file_mbox(file)->ring;

	if (!(ipcx_handle_of(file)->rights & IPCX_OPEN_READ))
		return ERR_PTR(-EBADF);
	return mr ? mr->file : ERR_PTR(-EOPNOTSUPP);
}

/**
 * ipcx_mbox_ioctl_ring_wait() - IPCX_RING_WAIT on a mailbox.
 * @file: a file of a mailbox
 * @uarg: user address of &struct ipcx_ring_wait
 * @size: its size
 *
 * Context: process context, may sleep.
 * Return: 0 or a negative errno.
 */
long ipcx_mbox_ioctl_ring_wait(struct file *file, void __user *uarg, size_t size)
{
	struct file *ring = own_ring(file);
	struct ipcx_ring_wait arg;
	int ret;

	if (IS_ERR(ring))
		return PTR_ERR(ring);
	ret = ipcx_copy_in(&arg, sizeof(arg), uarg, size);
	return ret ? ret : ipcx_ring_do_wait(ring, &arg,
					     file->f_flags & O_NONBLOCK);
}

/**
 * ipcx_mbox_ioctl_ring_wake() - IPCX_RING_WAKE on a mailbox: its owner has made room.
 * @file: a file of a mailbox
 * @uarg: user address of &struct ipcx_ring_wake
 * @size: its size
 *
 * Context: process context, may sleep.
 * Return: 0 or a negative errno.
 */
long ipcx_mbox_ioctl_ring_wake(struct file *file, void __user *uarg, size_t size)
{
	ipcx_uninitialized struct ipcx_wakeups wk;
	struct ipcx_mbox *mbox = ipcx_file_mbox(file);
	struct file *ring = own_ring(file);
	long ret;

	if (IS_ERR(ring))
		return PTR_ERR(ring);
	ret = ipcx_ring_ioctl_wake(ring, uarg, size);
	if (ret)
		return ret;
	ipcx_wakeups_init(&wk);
	spin_lock(&mbox->q.lock);
	ipcx_queue_admit_all(&mbox->q, &wk);
	return 0;
}
