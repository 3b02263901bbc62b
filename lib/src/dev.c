// SPDX-License-Identifier: LGPL-2.1-or-later
/* The control fd, and what is common to the fds that come from it. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

/*
 * Structures of the ABI that travel by pointer through the library's own
 * interface must not grow under programs that were compiled with a smaller one:
 * whoever extends one of them adds a new version of the functions that take it
 * to libipcx.map and keeps the old one.
 */
_Static_assert(sizeof(struct ipcx_info) == IPCX_INFO_SIZE_VER0, "needs a symbol version");

/* Is this an ipcx device that speaks at least our version of the ABI? */
static int check_abi(const struct ipcx_dev *dev)
{
	struct ipcx_info info;
	int ret;

	ret = ipcx_dev_info(dev, &info);
	if (ret)
		return ret;
	return info.abi_version < IPCX_ABI_VERSION ? -EPROTO : 0;
}

int ipcx_dev_open(struct ipcx_dev **dev, const struct ipcx_dev_opts *opts)
{
	struct ipcx_dev_opts o;
	struct ipcx_dev *d;
	int ret;

	*dev = NULL;
	ret = ipcx_opts_get(&o, sizeof(o), offsetofend(struct ipcx_dev_opts, path), opts);
	if (ret)
		return ret;
	d = malloc(sizeof(*d));
	if (!d)
		return -ENOMEM;
	d->fd = open(o.path ? o.path : IPCX_DEV_PATH, O_RDWR | O_CLOEXEC);
	if (d->fd < 0) {
		ret = -errno;
		goto free_dev;
	}
	ret = check_abi(d);
	if (ret)
		goto close_fd;
	*dev = d;
	return 0;

close_fd:
	close(d->fd);
free_dev:
	free(d);
	return ret;
}

void ipcx_dev_close(struct ipcx_dev *dev)
{
	if (!dev)
		return;
	close(dev->fd);
	free(dev);
}

int ipcx_dev_fd(const struct ipcx_dev *dev)
{
	return dev->fd;
}

int ipcx_dev_info(const struct ipcx_dev *dev, struct ipcx_info *info)
{
	memset(info, 0, sizeof(*info));
	return ipcx_ioctl(dev->fd, IPCX_INFO, info);
}

int ipcx_dev_unlink(const struct ipcx_dev *dev, const char *name)
{
	struct ipcx_unlink arg = {
		.name = (uintptr_t)name,
		.name_len = strlen(name),
	};

	return ipcx_ioctl(dev->fd, IPCX_UNLINK, &arg);
}

int ipcx_object_id(int fd, unsigned int kind, uint64_t *id)
{
	struct ipcx_stat stat;
	int ret;

	ret = ipcx_ioctl(fd, IPCX_STAT, &stat);
	if (ret)
		return ret;
	if (stat.kind != kind)
		return -EPROTOTYPE;
	*id = stat.id;
	return 0;
}
