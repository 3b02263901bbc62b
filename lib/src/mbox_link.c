// SPDX-License-Identifier: LGPL-2.1-or-later
/* What ties two mailboxes: notices of death, and groups. */
#include "mbox.h"

static int watch(int fd, const struct mbox_dest *dest, const struct ipcx_mbox *m, uint64_t cookie)
{
	struct ipcx_watch arg = {
		.flags = dest->flag,
		.from = m->fd,
		.dest = dest->dest,
		.dest_len = dest->len,
		.cookie = cookie,
	};

	return ipcx_ioctl(fd, IPCX_WATCH, &arg);
}

int ipcx_mbox_watch(const struct ipcx_mbox *target, const struct ipcx_mbox *m, uint64_t cookie)
{
	return watch(target->fd, &mbox_here, m, cookie);
}

int ipcx_mbox_watch_port(const struct ipcx_dev *dev, uint64_t port, const struct ipcx_mbox *m,
			 uint64_t cookie)
{
	const struct mbox_dest dest = mbox_to_port(port);

	return watch(dev->fd, &dest, m, cookie);
}

int ipcx_mbox_watch_name(const struct ipcx_dev *dev, const char *name, const struct ipcx_mbox *m,
			 uint64_t cookie)
{
	const struct mbox_dest dest = mbox_to_name(name);

	return watch(dev->fd, &dest, m, cookie);
}

int ipcx_mbox_unwatch(const struct ipcx_mbox *m, uint64_t port)
{
	struct ipcx_leave arg = { .port = port };

	return ipcx_ioctl(m->fd, IPCX_UNWATCH, &arg);
}

static int subscribe(int fd, const struct mbox_dest *dest, const struct ipcx_mbox *m,
		     unsigned int lag)
{
	struct ipcx_subscribe arg = {
		.flags = dest->flag,
		.from = m->fd,
		.dest = dest->dest,
		.dest_len = dest->len,
		.lag = lag,
	};

	return ipcx_ioctl(fd, IPCX_SUBSCRIBE, &arg);
}

int ipcx_mbox_subscribe(const struct ipcx_mbox *group, const struct ipcx_mbox *m,
			unsigned int lag)
{
	return subscribe(group->fd, &mbox_here, m, lag);
}

int ipcx_mbox_subscribe_port(const struct ipcx_dev *dev, uint64_t port,
			     const struct ipcx_mbox *m, unsigned int lag)
{
	const struct mbox_dest dest = mbox_to_port(port);

	return subscribe(dev->fd, &dest, m, lag);
}

int ipcx_mbox_subscribe_name(const struct ipcx_dev *dev, const char *name,
			     const struct ipcx_mbox *m, unsigned int lag)
{
	const struct mbox_dest dest = mbox_to_name(name);

	return subscribe(dev->fd, &dest, m, lag);
}

/* The kernel tells by the fd whether it is the member or the group that ends it. */
static int unsubscribe(int fd, uint64_t other, uint64_t *lost)
{
	struct ipcx_leave arg = { .port = other };
	int ret = ipcx_ioctl(fd, IPCX_UNSUBSCRIBE, &arg);

	if (!ret && lost)
		*lost = arg.lost;
	return ret;
}

int ipcx_mbox_unsubscribe(const struct ipcx_mbox *m, uint64_t group, uint64_t *lost)
{
	return unsubscribe(m->fd, group, lost);
}

int ipcx_mbox_expel(const struct ipcx_mbox *group, uint64_t member, uint64_t *lost)
{
	return unsubscribe(group->fd, member, lost);
}
