/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Structures that cross the border to user space.
 */
#ifndef _IPCX_UABI_H
#define _IPCX_UABI_H

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
	for (i = 0; i < words; i++)
		unsafe_get_user(dst[i], from + i, fault);
	user_read_access_end();
	return 0;
fault:
	user_read_access_end();
	return -EFAULT;
}

int ipcx_get_small(void *dst, const void __user *src, size_t len);
int ipcx_put_small(void __user *dst, const void *src, size_t len);

#endif /* _IPCX_UABI_H */
