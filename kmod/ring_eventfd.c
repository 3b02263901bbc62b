// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared rings: an eventfd instead of sleep.
 *
 * A role has one at most, kept until the role ends. It is armed with the index that a
 * sleeper would give, counts in the waiters words like one, and is signalled once, by
 * whoever would wake that sleeper: a doorbell, a member that goes, a repair. Arming is a
 * sleeper's way into sleep, IPCX_RING_FENCE included; what has come true meanwhile
 * signals at once.
 *
 * References: the member's, and that of who signals, which is done after unlocking. That
 * is never within another eventfd's wake-up (eventfd_signal_allowed()): only calls of a
 * task, and the end of its mapping, lead here.
 */
#include <linux/eventfd.h>
#include <linux/slab.h>

#include "compat.h"
#include "ipcx.h"
#include "ring.h"
#include "trace.h"
#include "uabi.h"

/**
 * struct ipcx_bell - An eventfd that was registered.
 * @refs: references
 * @ctx: immutable
 */
struct ipcx_bell {
	refcount_t refs;
	struct eventfd_ctx *ctx;
};

static struct ipcx_bell *bell_make(int fd)
{
	struct ipcx_bell *bell;
	struct eventfd_ctx *ctx;

	ctx = eventfd_ctx_fdget(fd);
	if (IS_ERR(ctx))
		return ERR_CAST(ctx);
	bell = kmalloc(sizeof(*bell), IPCX_GFP);
	if (!bell) {
		eventfd_ctx_put(ctx);
		return ERR_PTR(-ENOMEM);
	}
	refcount_set(&bell->refs, 1);
	bell->ctx = ctx;
	return bell;
}

static void bell_put(struct ipcx_bell *bell)
{
	if (!bell || !refcount_dec_and_test(&bell->refs))
		return;
	eventfd_ctx_put(bell->ctx);
	kfree(bell);
}

static void disarm_locked(struct ipcx_member *m)
{
	if (!m->armed)
		return;
	m->armed = false;
	m->ring->side[m->side].bells--;
	ipcx_ring_show_waiters_locked(m->ring);
}

/**
 * ipcx_bell_take_locked() - What the member's eventfd was armed for has come true.
 * @m: a member that is armed
 *
 * Context: under the ring's lock.
 * Return: what to give to ipcx_bell_ring() after unlocking.
 */
struct ipcx_bell *ipcx_bell_take_locked(struct ipcx_member *m)
{
	disarm_locked(m);
	refcount_inc(&m->bell->refs);
	trace_ipcx_ring_eventfd(m->ring, m);
	return m->bell;
}

/**
 * ipcx_bell_ring() - Signal an eventfd, and let it go.
 * @bell: a reference, or NULL
 *
 * Context: process context, no locks of this module held.
 */
void ipcx_bell_ring(struct ipcx_bell *bell)
{
	if (!bell)
		return;
	ipcx_eventfd_signal(bell->ctx);
	bell_put(bell);
}

/**
 * ipcx_bell_detach_locked() - The member goes, its eventfd with it.
 * @m: the member
 *
 * As one that sleeps is woken, one that is armed is signalled.
 *
 * Context: under the ring's lock.
 * Return: what to give to ipcx_bell_ring() after unlocking; NULL: not armed.
 */
struct ipcx_bell *ipcx_bell_detach_locked(struct ipcx_member *m)
{
	return m->armed ? ipcx_bell_take_locked(m) : NULL;
}

/**
 * ipcx_bell_free() - Let the eventfd of a member go that is no member any more.
 * @m: the member
 *
 * Context: process context, no locks of this module held.
 */
void ipcx_bell_free(struct ipcx_member *m)
{
	bell_put(m->bell);
}

/**
 * ipcx_ring_ioctl_eventfd() - IPCX_RING_EVENTFD.
 * @file: a file of a ring
 * @uarg: user address of &struct ipcx_ring_eventfd
 * @size: its size
 *
 * Context: process context, may sleep.
 * Return: 0 or a negative errno.
 */
long ipcx_ring_ioctl_eventfd(struct file *file, void __user *uarg, size_t size)
{
	struct ipcx_ring *ring = ipcx_file_ring(file);
	struct ipcx_ring_eventfd arg;
	struct ipcx_bell *bell = NULL;
	struct ipcx_member *m;
	int ret;

	ret = ipcx_copy_in(&arg, sizeof(arg), uarg, size);
	if (ret)
		return ret;
	if (!ipcx_ring_role_valid(arg.role) || arg.reserved)
		return -EINVAL;
	if (arg.fd != -1)
		bell = bell_make(arg.fd);
	if (IS_ERR(bell))
		return PTR_ERR(bell);
	spin_lock(&ring->lock);
	m = ipcx_find_member_locked(ring, file, arg.role, arg.slot);
	if (m) {
		disarm_locked(m);
		swap(m->bell, bell);
	}
	spin_unlock(&ring->lock);
	/* The former one, or the one that nobody took. */
	bell_put(bell);
	return m ? 0 : -ENOTCONN;
}

/**
 * ipcx_ring_arm_bell() - Have the caller's eventfd signalled when a wait has come true.
 * @file: a file of a ring
 * @arg: the wait, checked
 *
 * Context: process context, may sleep.
 * Return: 0 (there is nothing to wait for), -EINPROGRESS (armed), -ENOENT (the role has no
 * eventfd), -ENOTCONN.
 */
int ipcx_ring_arm_bell(struct file *file, const struct ipcx_ring_wait *arg)
{
	struct ipcx_ring *ring = ipcx_file_ring(file);
	enum ipcx_ring_side side = ipcx_ring_side_of(arg->role);
	struct ipcx_member *m;
	int ret = 0;

	spin_lock(&ring->lock);
	m = ipcx_find_member_locked(ring, file, arg->role, arg->slot);
	if (!m) {
		ret = -ENOTCONN;
	} else if (!m->bell) {
		ret = -ENOENT;
	} else if (ipcx_member_ready_locked(m, arg->index)) {
		disarm_locked(m);
	} else {
		m->armed_index = arg->index;
		ring->side[side].bells += !m->armed;
		m->armed = true;
		ipcx_ring_show_waiters_locked(ring);
		ret = -EINPROGRESS;
	}
	spin_unlock(&ring->lock);
	if (ret != -EINPROGRESS)
		return ret;
	ipcx_ring_fence_for(ring, side);
	/* IPCX_RING_FENCE [C] pairs with [D]. */
	ipcx_ring_wake_side(ring, side);
	return ret;
}
