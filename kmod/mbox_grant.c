// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mailboxes: fds with fewer rights, for the owner to pass on.
 */
#include <linux/file.h>
#include <linux/fs.h>

#include "ipcx.h"
#include "limits.h"
#include "mbox.h"
#include "object.h"
#include "uabi.h"

/**
 * ipcx_mbox_ioctl_grant() - IPCX_GRANT.
 * @file: a mailbox's file with the right to receive
 * @arg: user address of &struct ipcx_grant
 * @size: its size
 *
 * Context: process context, may sleep.
 * Return: the new fd, or a negative errno.
 */
long ipcx_mbox_ioctl_grant(struct file *file, void __user *arg, size_t size)
{
	struct ipcx_object *obj = ipcx_handle_of(file)->obj;
	struct ipcx_grant g;
	struct file *granted;
	int fd, ret;

	ret = ipcx_copy_in(&g, sizeof(g), arg, size);
	if (ret)
		return ret;
	if (g.flags & ~IPCX_GRANT_VALID || !(g.flags & IPCX_GRANT_RIGHTS) ||
	    g.reserved)
		return -EINVAL;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	ipcx_object_get(obj);
	ipcx_object_add_handle(obj);
	granted = ipcx_fs_open(obj, g.flags);
	if (IS_ERR(granted)) {
		put_unused_fd(fd);
		return PTR_ERR(granted);
	}
	fd_install(fd, granted);
	return fd;
}
