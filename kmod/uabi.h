/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Structures that cross the border to user space.
 */
#ifndef _IPCX_UABI_H
#define _IPCX_UABI_H

#include <linux/ipcx.h>
#include <linux/nospec.h>
#include <linux/types.h>
#include <linux/uaccess.h>

#include "compat.h"

int ipcx_copy_in(void *dst, size_t ksize, const void __user *src, size_t usize);
int ipcx_copy_out(void __user *dst, size_t usize, const void *src,
		  size_t ksize);

/**
 * ipcx_get_words() - Read a small structure of 64-bit words.
 * @dst: where to
 * @src: user address
 * @words: number of words, a constant
 *
 * The hot paths read 32 or 48 bytes per call; what the general functions check
 * and call around that costs more than the reading.
 *
 * Context: process context, may fault.
 * Return: 0 or -EFAULT.
 */
static __always_inline int ipcx_get_words(u64 *dst, const void __user *src,
					  const unsigned int words)
{
	const u64 __user *from = src;
	unsigned int i;

	might_fault();
	if (ipcx_should_fail_usercopy())
		return -EFAULT;
	if (!user_read_access_begin(from, words * sizeof(u64)))
		return -EFAULT;
#pragma GCC unroll 8
	for (i = 0; i < words; i++)
		unsafe_get_user(dst[i], from + i, fault);
	user_read_access_end();
	return 0;
fault:
	user_read_access_end();
	return -EFAULT;
}

/**
 * ipcx_put_desc() - Tell a receiver about its message.
 * @desc: user address of its descriptor
 * @len: bytes of payload
 * @type: its type
 * @priority: its priority
 * @flags: IPCX_MSG_*
 *
 * Context: process context, may fault.
 * Return: 0 or -EFAULT.
 */
static __always_inline int ipcx_put_desc(struct ipcx_msg __user *desc, u64 len,
					 u64 type, u32 priority, u32 flags)
{
	might_fault();
	if (ipcx_should_fail_usercopy())
		return -EFAULT;
	if (!user_write_access_begin(desc, sizeof(*desc)))
		return -EFAULT;
	unsafe_put_user(len, &desc->len, fault);
	unsafe_put_user(type, &desc->type, fault);
	unsafe_put_user(priority, &desc->priority, fault);
	unsafe_put_user(flags, &desc->flags, fault);
	user_write_access_end();
	return 0;
fault:
	user_write_access_end();
	return -EFAULT;
}

/*
 * Copies between user memory and the hot paths' own small buffers, whose bounds
 * the caller has checked. What copy_from_user() would look up about such a buffer
 * (CONFIG_HARDENED_USERCOPY) costs several times what the copy does.
 */

/**
 * ipcx_get_bytes() - Read a few bytes.
 * @dst: where to
 * @src: user address
 * @len: bytes, 0 allowed
 *
 * Context: process context, may fault.
 * Return: number of bytes at the end that could not be read.
 */
static __always_inline size_t ipcx_get_bytes(void *dst, const void __user *src,
					     size_t len)
{
	might_fault();
	if (ipcx_should_fail_usercopy() || !access_ok(src, len))
		return len;
	/* Nothing that a wrong guess about access_ok() read is acted on. */
	barrier_nospec();
	return raw_copy_from_user(dst, src, len);
}

/**
 * ipcx_put_bytes() - Write a few bytes.
 * @dst: user address
 * @src: what to write
 * @len: bytes, 0 allowed
 *
 * Context: process context, may fault.
 * Return: number of bytes at the end that could not be written.
 */
static __always_inline size_t ipcx_put_bytes(void __user *dst, const void *src,
					     size_t len)
{
	might_fault();
	if (ipcx_should_fail_usercopy() || !access_ok(dst, len))
		return len;
	return raw_copy_to_user(dst, src, len);
}

/**
 * ipcx_get_struct() - ipcx_copy_in() for the hot paths.
 * @dst: where to
 * @ksize: its size, a constant
 * @src: user address
 * @usize: caller's size
 *
 * Context: process context, may fault.
 * Return: 0, -EFAULT or -E2BIG.
 */
static __always_inline int ipcx_get_struct(void *dst, const size_t ksize,
					   const void __user *src, size_t usize)
{
	if (likely(usize == ksize))
		return ipcx_get_bytes(dst, src, ksize) ? -EFAULT : 0;
	return ipcx_copy_in(dst, ksize, src, usize);
}

#endif /* _IPCX_UABI_H */
