// SPDX-License-Identifier: GPL-2.0-only
/* /dev/ipcx_probe: whose copies are wanted, and how many there were. */
#include <linux/build_bug.h>
#include <linux/capability.h>
#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/ipcx_probe.h>
#include <linux/kernel.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#include "filter.h"
#include "primitives.h"
#include "probe.h"

/* A longer structure is a mistake. */
#define STRUCT_MAX	4096

static_assert(sizeof(struct ipcx_probe_follow) == IPCX_PROBE_FOLLOW_SIZE_VER0);
static_assert(sizeof(struct ipcx_probe_primitive) == IPCX_PROBE_PRIMITIVE_SIZE_VER0);
static_assert(sizeof(struct ipcx_probe_stat) == IPCX_PROBE_STAT_SIZE_VER0);

/* A structure of the caller's size; what the caller does not know reads as zero. */
static int copy_in(void *dst, size_t ksize, const void __user *src,
		   size_t usize, size_t ver0)
{
	if (usize < ver0)
		return -EINVAL;
	if (usize > STRUCT_MAX)
		return -E2BIG;
	return copy_struct_from_user(dst, ksize, src, usize);
}

/* What this module does not know is written as zero. */
static int copy_out(void __user *dst, size_t usize, const void *src, size_t ksize)
{
	size_t n = min(usize, ksize);

	if (copy_to_user(dst, src, n) || clear_user(dst + n, usize - n))
		return -EFAULT;
	return 0;
}

static int follow(struct ipcx_probe_file *file, void __user *arg, size_t size)
{
	struct ipcx_probe_follow req;
	int ret = copy_in(&req, sizeof(req), arg, size, IPCX_PROBE_FOLLOW_SIZE_VER0);

	if (ret)
		return ret;
	if (req.flags & ~IPCX_PROBE_CHILDREN)
		return -EINVAL;
	return ipcx_probe_file_follow(file, req.pid,
				      req.flags & IPCX_PROBE_CHILDREN);
}

/* Writes as many primitives as there is room for, and adds all of them up. */
static int stat_primitives(struct ipcx_probe_stat *st)
{
	u8 __user *to = u64_to_user_ptr(st->primitives);
	u32 i, room = st->count;
	int ret = 0;

	st->count = 0;
	for (i = 0; i < IPCX_PROBE_PRIMITIVES && !ret; i++) {
		struct ipcx_probe_primitive p;

		ipcx_probe_tell(i, &p);
		st->total++;
		st->armed += p.armed;
		st->hits += p.hits;
		st->missed += p.missed;
		if (i >= room)
			continue;
		st->count++;
		ret = copy_out(to + (size_t)i * st->primitive_size,
			       st->primitive_size, &p, sizeof(p));
	}
	return ret;
}

static int stat(void __user *arg, size_t size)
{
	struct ipcx_probe_filter_stat filter;
	struct ipcx_probe_stat req, st;
	int ret = copy_in(&req, sizeof(req), arg, size, IPCX_PROBE_STAT_SIZE_VER0);

	if (ret)
		return ret;
	if (req.flags)
		return -EINVAL;
	if (req.count && req.primitive_size < IPCX_PROBE_PRIMITIVE_SIZE_VER0)
		return -EINVAL;
	if (req.count && req.primitive_size > STRUCT_MAX)
		return -E2BIG;
	ipcx_probe_filter_tell(&filter);
	st = (struct ipcx_probe_stat) {
		.primitives = req.primitives,
		.count = req.count,
		.primitive_size = req.primitive_size,
		.files = filter.files,
		.followed = filter.followed,
		.children_lost = filter.children_lost,
	};
	ret = stat_primitives(&st);
	return ret ?: copy_out(arg, size, &st, sizeof(st));
}

static long device_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *user = (void __user *)arg;
	size_t size = _IOC_SIZE(cmd);

	/* The number without its size, which grows. */
	switch (cmd & ~IOCSIZE_MASK) {
	case IPCX_PROBE_FOLLOW & ~IOCSIZE_MASK:
		return follow(file->private_data, user, size);
	case IPCX_PROBE_STAT & ~IOCSIZE_MASK:
		return stat(user, size);
	case IPCX_PROBE_ALL:
		if (size)
			return -ENOTTY;
		ipcx_probe_file_all(file->private_data);
		return 0;
	default:
		return -ENOTTY;
	}
}

/* Others' addresses and sizes are told: as for perf, that takes a capability. */
static int device_open(struct inode *inode, struct file *file)
{
	struct ipcx_probe_file *wishes;

	if (!perfmon_capable())
		return -EPERM;
	wishes = ipcx_probe_file_open();
	if (!wishes)
		return -ENOMEM;
	file->private_data = wishes;
	return 0;
}

static int device_release(struct inode *inode, struct file *file)
{
	ipcx_probe_file_close(file->private_data);
	return 0;
}

static const struct file_operations device_fops = {
	.owner = THIS_MODULE,
	.open = device_open,
	.release = device_release,
	.unlocked_ioctl = device_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "ipcx_probe",
	.mode = 0600,
	.fops = &device_fops,
};

/**
 * ipcx_probe_device_init() - Make the device; it can be opened from now on.
 *
 * Context: process context.
 * Return: 0 or a negative errno.
 */
int ipcx_probe_device_init(void)
{
	return misc_register(&device);
}

/**
 * ipcx_probe_device_exit() - Remove it. No file of it is open.
 */
void ipcx_probe_device_exit(void)
{
	misc_deregister(&device);
}
