// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The module that sees copies. Its tracepoint is what arms it; here it is only told whose
 * copies are wanted, and asked what it missed.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/ipcx_probe.h>

#include "trace.h"

#define DEVICE		"/dev/ipcx_probe"
#define PRIMITIVES	64

int probe_open(struct probe *probe)
{
	probe->fd = open(DEVICE, O_RDWR | O_CLOEXEC);
	if (probe->fd >= 0)
		return 0;
	say("%s: %s", DEVICE, strerror(errno));
	return -errno;
}

void probe_close(struct probe *probe)
{
	if (probe->fd >= 0)
		close(probe->fd);
	probe->fd = -1;
}

int probe_follow(const struct probe *probe, pid_t pid)
{
	struct ipcx_probe_follow follow = { .pid = (__u32)pid, .flags = IPCX_PROBE_CHILDREN };

	if (ioctl(probe->fd, IPCX_PROBE_FOLLOW, &follow) == 0)
		return 0;
	say("process %d: %s", (int)pid, strerror(errno));
	return -errno;
}

int probe_follow_all(const struct probe *probe)
{
	if (ioctl(probe->fd, IPCX_PROBE_ALL) == 0)
		return 0;
	say("%s: %s", DEVICE, strerror(errno));
	return -errno;
}

int probe_lost(const struct probe *probe, struct probe_lost *lost)
{
	struct ipcx_probe_primitive primitives[PRIMITIVES];
	struct ipcx_probe_stat stat = {
		.primitives = (uintptr_t)primitives,
		.count = PRIMITIVES,
		.primitive_size = sizeof(primitives[0]),
	};

	*lost = (struct probe_lost){ 0 };
	if (ioctl(probe->fd, IPCX_PROBE_STAT, &stat) < 0) {
		say("%s: %s", DEVICE, strerror(errno));
		return -errno;
	}
	lost->missed = stat.missed;
	lost->children = stat.children_lost;
	for (unsigned int i = 0; i < stat.count; i++)
		lost->failed += primitives[i].error && primitives[i].error != ENOENT;
	return 0;
}
