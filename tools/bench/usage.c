// SPDX-License-Identifier: LGPL-2.1-or-later
#include <sys/resource.h>

#include "syscalls.h"
#include "usage.h"

static double ns(const struct timeval *time)
{
	return (double)time->tv_sec * 1e9 + (double)time->tv_usec * 1e3;
}

static struct usage resources(void)
{
	struct usage usage = { 0 };
	struct rusage rusage;

	if (getrusage(RUSAGE_SELF, &rusage) == 0) {
		usage.cpu_ns = ns(&rusage.ru_utime) + ns(&rusage.ru_stime);
		usage.switches = (double)rusage.ru_nvcsw + (double)rusage.ru_nivcsw;
	}
	return usage;
}

struct usage usage_now(void)
{
	struct usage usage = resources();

	usage.syscalls = syscalls_now();
	return usage;
}

void usage_since(struct usage *usage)
{
	/* First, and last in usage_now(): the other calls are not counted. */
	double syscalls = syscalls_now();
	struct usage now = resources();

	usage->cpu_ns = now.cpu_ns - usage->cpu_ns;
	usage->switches = now.switches - usage->switches;
	usage->syscalls = syscalls < 0 || usage->syscalls < 0 ? -1 : syscalls - usage->syscalls;
}
