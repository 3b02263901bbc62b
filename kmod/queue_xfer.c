// SPDX-License-Identifier: GPL-2.0-only
/*
 * What sending and receiving have in common: the call's arguments.
 */
#include <linux/fs.h>
#include <linux/ipcx.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "ipcx.h"
#include "limits.h"
#include "queue.h"
#include "uabi.h"

static_assert(sizeof(struct ipcx_xfer) % sizeof(u64) == 0);
static_assert(sizeof(struct ipcx_msg) % sizeof(u64) == 0);

static int fetch_xfer(struct ipcx_xfer *x, const void __user *arg, size_t size)
{
	if (likely(size == sizeof(*x)))
		return ipcx_get_words((u64 *)x, arg,
				      sizeof(*x) / sizeof(u64));
	if (size == IPCX_XFER_SIZE_VER0) {
		x->stamps = 0;
		return ipcx_get_words((u64 *)x, arg,
				      IPCX_XFER_SIZE_VER0 / sizeof(u64));
	}
	return ipcx_copy_in(x, sizeof(*x), arg, size);
}

/**
 * ipcx_deadline_get() - Check an operation's deadline.
 * @dl: where to
 * @flags: with IPCX_XFER_DEADLINE, or there is none
 * @clock: the clock, else 0
 * @ns: absolute time, else 0
 *
 * Return: 0 or -EINVAL.
 */
int ipcx_deadline_get(struct ipcx_deadline *dl, u32 flags, u32 clock, s64 ns)
{
	if (flags & IPCX_XFER_DEADLINE)
		return ipcx_deadline_set(dl, clock, ns);
	dl->set = false;
	return clock || ns ? -EINVAL : 0;
}

/**
 * ipcx_transfer_init() - Read and check the arguments of IPCX_SEND or IPCX_RECV.
 * @xf: where to
 * @file: a file of a queue
 * @arg: user address of &struct ipcx_xfer
 * @size: its size
 * @valid_flags: flags that the operation knows
 *
 * Context: process context, may fault.
 * Return: 0, -EFAULT, -EINVAL or -E2BIG.
 */
int ipcx_transfer_init(struct ipcx_transfer *xf, struct file *file,
		       void __user *arg, size_t size, u32 valid_flags)
{
	ipcx_uninitialized struct ipcx_xfer x;
	int ret;

	ret = fetch_xfer(&x, arg, size);
	if (ret)
		return ret;
	if (x.flags & ~valid_flags || x.reserved || !x.count ||
	    x.count > IPCX_COUNT_MAX || x.msg_size % sizeof(u64))
		return -EINVAL;
	if (unlikely(x.stamps || x.flags & IPCX_RECV_STAMPS)) {
		/* Who says the flag knows of the field. */
		if (!(x.flags & IPCX_RECV_STAMPS) || size < IPCX_XFER_SIZE_VER1)
			return -EINVAL;
		xf->stamps = u64_to_user_ptr(x.stamps);
	}
	if (x.msg_size > IPCX_STRUCT_MAX)
		return -E2BIG;
	xf->q = ipcx_file_queue(file);
	if (x.msg_size < (xf->q->mail ? IPCX_MBOX_RECV_SIZE_VER0 :
					IPCX_MSG_SIZE_VER0))
		return -EINVAL;
	xf->next = u64_to_user_ptr(x.msgs);
	xf->stride = x.msg_size;
	xf->left = x.count;
	xf->flags = x.flags;
	xf->match = x.match;
	xf->match_arg = x.match_arg;
	xf->nonblock = x.flags & IPCX_XFER_NONBLOCK ||
		       file->f_flags & O_NONBLOCK;
	xf->later = false;
	return ipcx_deadline_get(&xf->deadline, x.flags, x.clock, x.deadline_ns);
}

static unsigned int fetch_wide(struct ipcx_transfer *xf, struct ipcx_msg *desc,
			       unsigned int n, int *err)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		*err = ipcx_copy_in(&desc[i], sizeof(*desc),
				    xf->next + i * xf->stride, xf->stride);
		if (*err)
			break;
	}
	return i;
}

/**
 * ipcx_transfer_fetch() - Read the next messages' descriptors.
 * @xf: the call; does not move on
 * @desc: where to
 * @n: how many
 * @err: why it is not all of them: -EFAULT or -E2BIG; else 0
 *
 * Context: process context, may fault.
 * Return: how many were read.
 */
unsigned int ipcx_transfer_fetch(struct ipcx_transfer *xf,
				 struct ipcx_msg *desc, unsigned int n,
				 int *err)
{
	size_t missing;

	*err = 0;
	if (unlikely(xf->stride != sizeof(*desc)))
		return fetch_wide(xf, desc, n, err);
	missing = ipcx_get_bytes(desc, xf->next, n * sizeof(*desc));
	if (unlikely(missing)) {
		*err = -EFAULT;
		n -= DIV_ROUND_UP(missing, sizeof(*desc));
	}
	return n;
}

/* Sum of the buffers' lengths, or -EINVAL where no message can be so long. */
static ssize_t vec_length(const struct iovec *vec, size_t n)
{
	size_t total = 0, i;

	for (i = 0; i < n; i++) {
		if (vec[i].iov_len > MAX_RW_COUNT - total)
			return -EINVAL;
		total += vec[i].iov_len;
	}
	return total;
}

/**
 * ipcx_payload_import() - Read the buffers of a scattered payload.
 * @pl: address and number of the buffers, as with IPCX_MSG_IOV; afterwards the
 *	payload
 * @iter: iterator for @pl to use
 * @send: direction
 *
 * The buffers have the 64-bit layout whoever calls, hence not import_iovec().
 *
 * Context: process context, may fault and sleep.
 * Return: the buffers, which the caller frees with kfree() after the copy; or
 * -EFAULT, -EINVAL, -ENOMEM as ERR_PTR.
 */
struct iovec *ipcx_payload_import(struct ipcx_payload *pl,
				  struct iov_iter *iter, bool send)
{
	const void __user *uvec = u64_to_user_ptr(pl->addr);
	size_t count = pl->len;
	struct iovec *vec;
	ssize_t len;

	static_assert(sizeof(struct ipcx_iovec) == sizeof(struct iovec));
	if (count > IPCX_IOV_MAX)
		return ERR_PTR(-EINVAL);
	/* One element more: an array of none is an empty payload. */
	vec = kmalloc_array(count + 1, sizeof(*vec), IPCX_GFP);
	if (!vec)
		return ERR_PTR(-ENOMEM);
	len = -EFAULT;
	if (copy_from_user(vec, uvec, count * sizeof(*vec)))
		goto free;
	len = vec_length(vec, count);
	if (len < 0)
		goto free;
	iov_iter_init(iter, send ? ITER_SOURCE : ITER_DEST, vec, count, len);
	pl->addr = 0;
	pl->iter = iter;
	pl->len = len;
	return vec;
free:
	kfree(vec);
	return ERR_PTR(len);
}
