// SPDX-License-Identifier: LGPL-2.1-or-later
/* Version and deadlines. */
#include "internal.h"

#define NS_PER_SEC 1000000000LL

#define STR(x) #x
#define VERSION_STR(major, minor, patch) STR(major) "." STR(minor) "." STR(patch)

const char *ipcx_version(void)
{
	return VERSION_STR(IPCX_VERSION_MAJOR, IPCX_VERSION_MINOR, IPCX_VERSION_PATCH);
}

int64_t ipcx_deadline_after(clockid_t clock, int64_t ns)
{
	struct timespec now;
	int64_t deadline;

	if (ns < 0)
		return -EINVAL;
	if (clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME && clock != CLOCK_REALTIME)
		return -EINVAL;
	if (clock_gettime(clock, &now))
		return -errno;
	if (__builtin_mul_overflow((int64_t)now.tv_sec, NS_PER_SEC, &deadline) ||
	    __builtin_add_overflow(deadline, (int64_t)now.tv_nsec, &deadline) ||
	    __builtin_add_overflow(deadline, ns, &deadline))
		return INT64_MAX;
	return deadline;
}
