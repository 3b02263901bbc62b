// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Looking for an object. It is not opened: a handle of our own would keep it alive, and count.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "object.h"
#include "trace.h"

/* 0: it is no number. */
static __u64 number_of(const char *text)
{
	unsigned long long number;
	char *end;

	/* strtoull() would take a sign and blanks, too. */
	if (*text < '0' || *text > '9')
		return 0;
	errno = 0;
	number = strtoull(text, &end, 10);
	return errno || *end ? 0 : number;
}

bool object_is_given(const char *text)
{
	return (text[0] == '/' && text[1]) || number_of(text);
}

static bool is_it(const struct ipcx_stat *stat, const char *text)
{
	if (text[0] == '/')
		return (stat->state & IPCX_STAT_NAMED) && strcmp(stat->name, text) == 0;
	return stat->id == number_of(text);
}

/* 1: found; 0: there is none. */
static int look_for(const struct ipcx_dev *dev, const char *text, struct ipcx_stat *found)
{
	const struct ipcx_stat *stat;
	struct ipcx_iter *iter;
	int ret = ipcx_iter_new(&iter, dev, 0);

	if (ret)
		return ret;
	do {
		ret = ipcx_iter_next(iter, &stat);
	} while (ret == -EINTR || (ret > 0 && !is_it(stat, text)));
	if (ret > 0)
		*found = *stat;
	ipcx_iter_free(iter);
	return ret;
}

int object_find(const char *text, struct ipcx_stat *stat)
{
	struct ipcx_dev *dev;
	int ret = ipcx_dev_open(&dev, NULL);

	if (ret) {
		say("/dev/ipcx: %s", strerror(-ret));
		return ret;
	}
	ret = look_for(dev, text, stat);
	ipcx_dev_close(dev);
	if (ret > 0)
		return 0;
	if (ret)
		say("/dev/ipcx: %s", strerror(-ret));
	else
		say("%s: no such object: 'ipcx ls' lists those of this network namespace", text);
	return ret ? ret : -ENOENT;
}
