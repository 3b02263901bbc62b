// SPDX-License-Identifier: LGPL-2.1-or-later
/* The walk over objects, which asks the kernel for a handful at a time. */
#include <stdlib.h>

#include "internal.h"

#define ITER_BATCH 32

/* What the first release of the library has; entries, and what ipcx_*_stat() fills in. */
_Static_assert(sizeof(struct ipcx_stat) == offsetofend(struct ipcx_stat, ring_msgs),
	       "needs a symbol version");

struct ipcx_iter {
	int fd;			/* the device's, not owned */
	unsigned int kind;
	uint64_t cursor;
	unsigned int next;	/* entry to give next */
	unsigned int count;	/* entries there are */
	struct ipcx_stat entries[ITER_BATCH];
};

int ipcx_iter_new(struct ipcx_iter **iter, const struct ipcx_dev *dev, unsigned int kind)
{
	struct ipcx_iter *it;

	*iter = NULL;
	it = calloc(1, sizeof(*it));
	if (!it)
		return -ENOMEM;
	it->fd = dev->fd;
	it->kind = kind;
	*iter = it;
	return 0;
}

static int refill(struct ipcx_iter *it)
{
	struct ipcx_list arg = {
		.cursor = it->cursor,
		.entries = (uintptr_t)it->entries,
		.count = ITER_BATCH,
		.entry_size = sizeof(it->entries[0]),
		.kind = it->kind,
	};
	int ret;

	ret = ipcx_ioctl(it->fd, IPCX_LIST, &arg);
	if (ret < 0)
		return ret;
	it->cursor = arg.cursor;
	it->next = 0;
	it->count = ret;
	return 0;
}

int ipcx_iter_next(struct ipcx_iter *it, const struct ipcx_stat **stat)
{
	*stat = NULL;
	if (it->next == it->count) {
		int ret = refill(it);

		if (ret)
			return ret;
		if (!it->count)
			return 0;
	}
	*stat = &it->entries[it->next++];
	return 1;
}

void ipcx_iter_free(struct ipcx_iter *it)
{
	free(it);
}
