/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What every part of the library shares: export marks, option structures and
 * deadlines.
 */
#ifndef IPCX_COMMON_H
#define IPCX_COMMON_H

#include <linux/ipcx.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include <ipcx/version.h>

/** IPCX_API - Marks what the shared library exports; the rest is hidden. */
#define IPCX_API __attribute__((visibility("default")))

#ifdef __cplusplus
template <typename T> inline T ipcx_opts_init()
{
	T opts = T();

	opts.sz = sizeof(opts);
	return opts;
}
#endif

/**
 * IPCX_OPTS() - Declare an option structure with nothing set.
 * @type: tag of the structure, for example ipcx_recv_opts
 * @name: name of the variable
 *
 * The first field of every option structure, sz, is its size as the program
 * was compiled. Fields added later are absent from older programs and take
 * their defaults; zero is always the default.
 */
#ifdef __cplusplus
#define IPCX_OPTS(type, name) struct type name = ipcx_opts_init<struct type>()
#else
#define IPCX_OPTS(type, name) struct type name = { .sz = sizeof(struct type) }
#endif

/**
 * enum ipcx_wait_policy - How who finds nothing to do waits for it.
 * @IPCX_WAIT_BLOCK: asleep
 * @IPCX_WAIT_ADAPTIVE: looks again and again for a short time, then sleeps
 * @IPCX_WAIT_SPIN: looks again and again: the shortest wait, for a CPU of one's own
 *
 * Looking again is for two sides with a CPU each: on one, who does so keeps the other
 * from running.
 */
enum ipcx_wait_policy {
	IPCX_WAIT_BLOCK = 0,
	IPCX_WAIT_ADAPTIVE = 1,
	IPCX_WAIT_SPIN = 2,
};

#ifdef __cplusplus
extern "C" {
#endif

/**
 * ipcx_version() - Version of the library that runs.
 *
 * Return: "MAJOR.MINOR.PATCH", static storage. Compare with
 * IPCX_VERSION_MAJOR, IPCX_VERSION_MINOR and IPCX_VERSION_PATCH, the version
 * that the program was compiled with.
 */
IPCX_API const char *ipcx_version(void);

/**
 * ipcx_deadline_after() - The absolute time that lies some time ahead.
 * @clock: CLOCK_MONOTONIC, CLOCK_BOOTTIME or CLOCK_REALTIME
 * @ns: nanoseconds from now, 0 or more
 *
 * Thread-safe. A sum that does not fit gives INT64_MAX.
 *
 * Return: nanoseconds on @clock, for the deadline_ns of an option structure;
 * or -EINVAL (another clock, or @ns below 0).
 */
IPCX_API int64_t ipcx_deadline_after(clockid_t clock, int64_t ns);

#ifdef __cplusplus
}
#endif

#endif /* IPCX_COMMON_H */
