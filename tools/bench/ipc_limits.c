// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "ipc_limits.h"

/* The kernel's own bounds: HARD_MSGMAX, HARD_MSGSIZEMAX, INT_MAX. */
static const struct {
	const char *path;
	const char *highest;
} limits[] = {
	{ "/proc/sys/fs/mqueue/msg_max", "65536" },
	{ "/proc/sys/fs/mqueue/msgsize_max", "16777216" },
	{ "/proc/sys/kernel/msgmax", "2147483647" },
	{ "/proc/sys/kernel/msgmnb", "2147483647" },
};

static bool wanted(const struct options *options)
{
	unsigned int i;

	for (i = 0; i < options->transports.count; i++)
		if (strcmp(options->transports.item[i]->name, "posix-mq") == 0 ||
		    strcmp(options->transports.item[i]->name, "sysv-mq") == 0)
			return true;
	return false;
}

/* A kernel without one of the two kinds has no such file. */
static bool raise_limit(const char *path, const char *highest)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return access(path, F_OK) < 0;
	n = write(fd, highest, strlen(highest));
	close(fd);
	return n == (ssize_t)strlen(highest);
}

static bool raise_all(void)
{
	unsigned int i;

	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (!raise_limit(limits[i].path, limits[i].highest))
			return false;
	return true;
}

bool ipc_limits_raise(const struct options *options)
{
	bool raised = false;
	int before;

	if (!wanted(options))
		return false;
	before = open("/proc/self/ns/ipc", O_RDONLY | O_CLOEXEC);
	if (before < 0)
		return false;
	/* A new namespace has the kernel's defaults, which may be lower than what was here. */
	if (unshare(CLONE_NEWIPC) == 0)
		raised = raise_all() || setns(before, CLONE_NEWIPC) < 0;
	close(before);
	return raised;
}
