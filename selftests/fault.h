/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fault injection: the n-th place of the calling task at which something can fail. */
#ifndef IPCX_SELFTESTS_FAULT_H
#define IPCX_SELFTESTS_FAULT_H

#include "common.h"

#include <sys/resource.h>

#define DEBUGFS		"/sys/kernel/debug/"
#define MANY		1000	/* nothing has as many places to fail */

static const char *const injectors[] = { "failslab", "fail_page_alloc", "fail_usercopy" };

static inline int set_knob(const char *injector, const char *knob, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), DEBUGFS "%s/%s", injector, knob);
	return write_file(path, value);
}

/* "require" or "reject" failures below a function whose code lies there. */
static inline int set_code(const char *what, unsigned long start, unsigned long end)
{
	char knob[32], value[32];
	int ret = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(injectors); i++) {
		snprintf(knob, sizeof(knob), "%s-start", what);
		snprintf(value, sizeof(value), "%#lx", start);
		ret = ret ? ret : set_knob(injectors[i], knob, value);
		snprintf(knob, sizeof(knob), "%s-end", what);
		snprintf(value, sizeof(value), "%#lx", end);
		ret = ret ? ret : set_knob(injectors[i], knob, value);
	}
	return ret;
}

/* Wherever they are. */
static inline int set_all_code(void)
{
	int ret = set_code("require", 0, ~0UL);

	return ret ? ret : set_code("reject", 0, 0);
}

/* Silent, and none spared: not what may sleep, nor what is small. */
static inline int set_up_injectors(void)
{
	size_t i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(injectors); i++) {
		ret = set_knob(injectors[i], "verbose", "0");
		ret = ret ? ret : set_knob(injectors[i], "probability", "0");
		if (ret)
			return ret;
	}
	ret = set_knob("failslab", "ignore-gfp-wait", "N");
	ret = ret ? ret : set_knob("fail_page_alloc", "ignore-gfp-wait", "N");
	ret = ret ? ret : set_knob("fail_page_alloc", "ignore-gfp-highmem", "N");
	ret = ret ? ret : set_knob("fail_page_alloc", "min-order", "0");
	return ret ? ret : set_all_code();
}

/* The calling task's n-th place to fail, counted from here, fails. */
static int fail_fd = -1;

static inline int open_fail_nth(void)
{
	fail_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	return fail_fd < 0 ? -errno : 0;
}

/* For a program that goes on as @uid. Page faults of its own are not what is tested. */
static inline int set_up_faults(uid_t uid)
{
	struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	int ret = set_up_injectors();

	if (!ret && setrlimit(RLIMIT_MEMLOCK, &unlimited) < 0)
		ret = -errno;
	if (!ret && uid)
		ret = become(uid);
	if (!ret && mlockall(MCL_CURRENT) < 0)
		ret = -errno;
	return ret ? ret : open_fail_nth();
}

static inline void arm(unsigned int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", n);

	if (pwrite(fail_fd, text, len, 0) != len)
		abort();
}

/* Whether the failure was met. To ask and to disarm can themselves fail. */
static inline bool disarm(void)
{
	char text[16] = "";
	bool met = pread(fail_fd, text, sizeof(text) - 1, 0) > 0 && atoi(text) == 0;

	while (pwrite(fail_fd, "0", 1, 0) != 1)
		;
	return met;
}

#endif /* IPCX_SELFTESTS_FAULT_H */
