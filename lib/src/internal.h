/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the library's own files share. */
#ifndef IPCX_INTERNAL_H
#define IPCX_INTERNAL_H

#include <errno.h>
#include <string.h>

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

/*
 * The same for what every message passes. Returns @opts, or a copy in @space where
 * they are of another size.
 */
static inline const void *ipcx_opts_view(void *space, size_t size, size_t min, const void *opts,
					 int *ret)
{
	*ret = 0;
	/* Every option structure begins with its size. */
	if (!opts || *(const size_t *)opts == size)
		return opts;
	*ret = ipcx_opts_get(space, size, min, opts);
	return space;
}

/*
 * The blocks of a file, all of them; 0 or a negative errno. Signals wait so long: each would
 * end it with nothing allocated.
 */
int ipcx_allocate(int fd, size_t len);

/* IPCX_RECV of descriptors of whatever kind. */
static inline int ipcx_recv(int fd, void *msgs, size_t msg_size, unsigned int count,
			    const struct ipcx_recv_opts *opts)
{
	struct ipcx_xfer xfer = {
		.msgs = (uintptr_t)msgs,
		.count = count,
		.msg_size = msg_size,
	};
	struct ipcx_recv_opts o;
	int ret;

	opts = ipcx_opts_view(&o, sizeof(o), offsetofend(struct ipcx_recv_opts, reserved), opts,
			      &ret);
	if (ret)
		return ret;
	if (opts) {
		xfer.flags = opts->flags;
		xfer.clock = opts->clock;
		xfer.deadline_ns = opts->deadline_ns;
		xfer.match = opts->match;
		xfer.reserved = opts->reserved;
		xfer.match_arg = opts->match_arg;
		if (opts->stamps) {
			xfer.flags |= IPCX_RECV_STAMPS;
			xfer.stamps = (uintptr_t)opts->stamps;
		}
	}
	return ipcx_ioctl(fd, IPCX_RECV, &xfer);
}

/* IPCX_OPEN of a name or, where that is NULL, of what else is in @arg. An fd, and @arg->id. */
static inline int ipcx_open(const struct ipcx_dev *dev, const char *name, unsigned int kind,
			    struct ipcx_open *arg)
{
	arg->name = (uintptr_t)name;
	arg->name_len = name ? strlen(name) : 0;
	arg->kind = kind;
	return ipcx_ioctl(dev->fd, IPCX_OPEN, arg);
}

/* What is made if it is not there; @mode 0: the default. */
static inline void ipcx_open_make(struct ipcx_open *arg, uint32_t mode, const void *attr,
				  size_t size)
{
	arg->mode = mode ? mode : 0600;
	arg->attr = (uintptr_t)attr;
	arg->attr_size = size;
}

/* Id of the object behind an fd, or -EPROTOTYPE where it is of another kind. */
int ipcx_object_id(int fd, unsigned int kind, uint64_t *id);

#endif /* IPCX_INTERNAL_H */
