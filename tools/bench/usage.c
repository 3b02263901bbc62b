// SPDX-License-Identifier: LGPL-2.1-or-later
#include <sys/resource.h>

#include "usage.h"

static double ns(const struct timeval *time)
{
	return (double)time->tv_sec * 1e9 + (double)time->tv_usec * 1e3;
}

struct usage usage_now(void)
{
	struct usage usage = { 0 };
	struct rusage rusage;

	if (getrusage(RUSAGE_SELF, &rusage) == 0) {
		usage.cpu_ns = ns(&rusage.ru_utime) + ns(&rusage.ru_stime);
		usage.switches = (double)rusage.ru_nvcsw + (double)rusage.ru_nivcsw;
	}
	return usage;
}

void usage_since(struct usage *usage)
{
	struct usage now = usage_now();

	usage->cpu_ns = now.cpu_ns - usage->cpu_ns;
	usage->switches = now.switches - usage->switches;
}
