/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the library's own files share. */
#ifndef IPCX_INTERNAL_H
#define IPCX_INTERNAL_H

#include <errno.h>

#include <ipcx/ipcx.h>

#include "syscall.h"

/* Immutable once open, which is what makes its functions thread-safe. */
struct ipcx_dev {
	int fd;
};

#define offsetofend(type, member) \
	(offsetof(type, member) + sizeof(((type *)0)->member))

/*
 * Bring an option structure of whatever size the program was compiled with to
 * the size the library knows. Absent fields become zero, their default.
 *
 * Returns 0, -EINVAL (shorter than the first version, which had @min bytes) or
 * -E2BIG (longer, with something set that the library does not know).
 */
int ipcx_opts_get(void *to, size_t size, size_t min, const void *opts);

#endif /* IPCX_INTERNAL_H */
