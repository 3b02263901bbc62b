// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copying of size-versioned structures, and the proof that the layout is the
 * same for every caller.
 */
#include <linux/build_bug.h>
#include <linux/ipcx.h>
#include <linux/minmax.h>
#include <linux/stddef.h>

#include "limits.h"
#include "uabi.h"

/**
 * ipcx_copy_in() - Read a structure of the caller's size.
 * @dst: where to
 * @ksize: size as this kernel knows it
 * @src: user address
 * @usize: size as the caller knows it, at least the operation's VER0 size
 *
 * What the caller does not know reads as zero; what this kernel does not know
 * has to be zero.
 *
 * Context: process context, may fault.
 * Return: 0, -EFAULT, or -E2BIG for a nonzero tail.
 */
int ipcx_copy_in(void *dst, size_t ksize, const void __user *src, size_t usize)
{
	if (usize > IPCX_STRUCT_MAX)
		return -E2BIG;
	return copy_struct_from_user(dst, ksize, src, usize);
}

/**
 * ipcx_copy_out() - Write a structure in the caller's size.
 * @dst: user address
 * @usize: size as the caller knows it
 * @src: what to write
 * @ksize: size as this kernel knows it
 *
 * What the caller does not know is left out; what this kernel does not know is
 * written as zero.
 *
 * Context: process context, may fault.
 * Return: 0 or -EFAULT.
 */
int ipcx_copy_out(void __user *dst, size_t usize, const void *src, size_t ksize)
{
	size_t n = min(usize, ksize);

	if (copy_to_user(dst, src, n))
		return -EFAULT;
	if (usize > n && clear_user(dst + n, usize - n))
		return -EFAULT;
	return 0;
}

#define CHECK_SIZE(type, ver0) \
	static_assert(sizeof(struct type) == (ver0))
#define CHECK_OFFSET(type, field, offset) \
	static_assert(offsetof(struct type, field) == (offset))

CHECK_SIZE(ipcx_info, IPCX_INFO_SIZE_VER0);
CHECK_SIZE(ipcx_queue_attr, IPCX_QUEUE_ATTR_SIZE_VER0);
CHECK_SIZE(ipcx_open, IPCX_OPEN_SIZE_VER0);
CHECK_SIZE(ipcx_unlink, IPCX_UNLINK_SIZE_VER0);
CHECK_SIZE(ipcx_list, IPCX_LIST_SIZE_VER0);
CHECK_SIZE(ipcx_msg, IPCX_MSG_SIZE_VER0);
CHECK_SIZE(ipcx_xfer, IPCX_XFER_SIZE_VER1);
CHECK_SIZE(ipcx_stamps, IPCX_STAMPS_SIZE_VER0);
CHECK_SIZE(ipcx_notify, IPCX_NOTIFY_SIZE_VER0);
CHECK_SIZE(ipcx_mbox_msg, IPCX_MBOX_MSG_SIZE_VER0);
CHECK_SIZE(ipcx_mbox_recv, IPCX_MBOX_RECV_SIZE_VER0);
CHECK_SIZE(ipcx_post, IPCX_POST_SIZE_VER0);
CHECK_SIZE(ipcx_call, IPCX_CALL_SIZE_VER0);
CHECK_SIZE(ipcx_reply, IPCX_REPLY_SIZE_VER0);
CHECK_SIZE(ipcx_grant, IPCX_GRANT_SIZE_VER0);
CHECK_SIZE(ipcx_token, IPCX_TOKEN_SIZE_VER0);
CHECK_SIZE(ipcx_watch, IPCX_WATCH_SIZE_VER0);
CHECK_SIZE(ipcx_subscribe, IPCX_SUBSCRIBE_SIZE_VER0);
CHECK_SIZE(ipcx_leave, IPCX_LEAVE_SIZE_VER0);
CHECK_SIZE(ipcx_ring_attr, IPCX_RING_ATTR_SIZE_VER0);
CHECK_SIZE(ipcx_ring_wait, IPCX_RING_WAIT_SIZE_VER0);
CHECK_SIZE(ipcx_ring_wake, IPCX_RING_WAKE_SIZE_VER0);
CHECK_SIZE(ipcx_ring_eventfd, IPCX_RING_EVENTFD_SIZE_VER0);
CHECK_SIZE(ipcx_delivery, IPCX_DELIVERY_SIZE_VER0);

CHECK_OFFSET(ipcx_open, attr, 24);
CHECK_OFFSET(ipcx_open, id, 40);
CHECK_OFFSET(ipcx_stat, max_msgs, 48);
CHECK_OFFSET(ipcx_stat, name, 176);
CHECK_OFFSET(ipcx_msg, type, 16);
CHECK_OFFSET(ipcx_msg, flags, 28);
CHECK_OFFSET(ipcx_xfer, deadline_ns, 24);
CHECK_OFFSET(ipcx_xfer, match_arg, 40);
CHECK_OFFSET(ipcx_notify, value, 16);
CHECK_OFFSET(ipcx_stat, calls, 432);
CHECK_OFFSET(ipcx_stat, lost, 456);
/* What came later begins where the first version ended. */
CHECK_OFFSET(ipcx_stat, ring_size, IPCX_STAT_SIZE_VER0);
CHECK_OFFSET(ipcx_xfer, stamps, IPCX_XFER_SIZE_VER0);
CHECK_OFFSET(ipcx_mbox_attr, ring_size, IPCX_MBOX_ATTR_SIZE_VER0);
CHECK_OFFSET(ipcx_mbox_msg, flags, 32);
CHECK_OFFSET(ipcx_mbox_msg, fds, 40);
CHECK_OFFSET(ipcx_mbox_recv, type, 24);
CHECK_OFFSET(ipcx_mbox_recv, pid, 64);
CHECK_OFFSET(ipcx_mbox_recv, fd_count, 96);
CHECK_OFFSET(ipcx_mbox_recv, fds, 104);
CHECK_OFFSET(ipcx_post, dest, 32);
CHECK_OFFSET(ipcx_post, from, 44);
CHECK_OFFSET(ipcx_call, request, 32);
CHECK_OFFSET(ipcx_call, reply, 88);
CHECK_OFFSET(ipcx_reply, match_arg, 32);
CHECK_OFFSET(ipcx_reply, reply, 40);
CHECK_OFFSET(ipcx_reply, next, 96);
CHECK_OFFSET(ipcx_watch, cookie, 24);
CHECK_OFFSET(ipcx_subscribe, lag, 20);
