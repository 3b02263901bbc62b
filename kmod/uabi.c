// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copying of size-versioned structures and of short payloads, and the proof that
 * the layout is the same for every caller.
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

/*
 * Short payloads are moved in words, without the set-up of the general copy
 * functions. Both sides' bounds were checked by the caller: the kernel's side
 * is the small buffer of a message.
 */
#define get_units(type, dst, src, len, label)				\
	do {								\
		while ((len) >= sizeof(type)) {				\
			unsafe_get_user(*(type *)(dst),			\
					(const type __user *)(src),	\
					label);				\
			(dst) += sizeof(type);				\
			(src) += sizeof(type);				\
			(len) -= sizeof(type);				\
		}							\
	} while (0)

#define put_units(type, dst, src, len, label)				\
	do {								\
		while ((len) >= sizeof(type)) {				\
			unsafe_put_user(*(const type *)(src),		\
					(type __user *)(dst), label);	\
			(dst) += sizeof(type);				\
			(src) += sizeof(type);				\
			(len) -= sizeof(type);				\
		}							\
	} while (0)

/**
 * ipcx_get_small() - Read a few bytes.
 * @dst: where to
 * @src: user address
 * @len: bytes, 0 allowed
 *
 * Context: process context, may fault.
 * Return: 0 or -EFAULT.
 */
int ipcx_get_small(void *dst, const void __user *src, size_t len)
{
	might_fault();
	if (ipcx_should_fail_usercopy())
		return -EFAULT;
	if (!user_read_access_begin(src, len))
		return -EFAULT;
	get_units(u64, dst, src, len, fault);
	get_units(u32, dst, src, len, fault);
	get_units(u8, dst, src, len, fault);
	user_read_access_end();
	return 0;
fault:
	user_read_access_end();
	return -EFAULT;
}

/**
 * ipcx_put_small() - Write a few bytes.
 * @dst: user address
 * @src: what to write
 * @len: bytes, 0 allowed
 *
 * Context: process context, may fault.
 * Return: 0 or -EFAULT.
 */
int ipcx_put_small(void __user *dst, const void *src, size_t len)
{
	might_fault();
	if (ipcx_should_fail_usercopy())
		return -EFAULT;
	if (!user_write_access_begin(dst, len))
		return -EFAULT;
	put_units(u64, dst, src, len, fault);
	put_units(u32, dst, src, len, fault);
	put_units(u8, dst, src, len, fault);
	user_write_access_end();
	return 0;
fault:
	user_write_access_end();
	return -EFAULT;
}

#define CHECK_SIZE(type, ver0) \
	static_assert(sizeof(struct type) == (ver0))
#define CHECK_OFFSET(type, field, offset) \
	static_assert(offsetof(struct type, field) == (offset))

CHECK_SIZE(ipcx_info, IPCX_INFO_SIZE_VER0);
CHECK_SIZE(ipcx_queue_attr, IPCX_QUEUE_ATTR_SIZE_VER0);
CHECK_SIZE(ipcx_open, IPCX_OPEN_SIZE_VER0);
CHECK_SIZE(ipcx_unlink, IPCX_UNLINK_SIZE_VER0);
CHECK_SIZE(ipcx_stat, IPCX_STAT_SIZE_VER0);
CHECK_SIZE(ipcx_list, IPCX_LIST_SIZE_VER0);
CHECK_SIZE(ipcx_msg, IPCX_MSG_SIZE_VER0);
CHECK_SIZE(ipcx_xfer, IPCX_XFER_SIZE_VER0);
CHECK_SIZE(ipcx_notify, IPCX_NOTIFY_SIZE_VER0);

CHECK_OFFSET(ipcx_open, attr, 24);
CHECK_OFFSET(ipcx_open, id, 40);
CHECK_OFFSET(ipcx_stat, max_msgs, 48);
CHECK_OFFSET(ipcx_stat, name, 176);
CHECK_OFFSET(ipcx_msg, type, 16);
CHECK_OFFSET(ipcx_msg, flags, 28);
CHECK_OFFSET(ipcx_xfer, deadline_ns, 24);
CHECK_OFFSET(ipcx_xfer, match_arg, 40);
CHECK_OFFSET(ipcx_notify, value, 16);
