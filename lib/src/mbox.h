/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of mailboxes share. */
#ifndef IPCX_SRC_MBOX_H
#define IPCX_SRC_MBOX_H

#include <string.h>

#include "internal.h"

/* Immutable once open, which is what makes its functions thread-safe. */
struct ipcx_mbox {
	int fd;
	uint64_t port;
};

/* Where a message goes that is sent through the device. */
struct mbox_dest {
	uint64_t dest;
	uint32_t len;
	uint32_t flag;		/* IPCX_TO_*; 0: through an fd of the mailbox */
};

static const struct mbox_dest mbox_here;

static inline struct mbox_dest mbox_to_port(uint64_t port)
{
	return (struct mbox_dest){ .dest = port, .flag = IPCX_TO_PORT };
}

static inline struct mbox_dest mbox_to_name(const char *name)
{
	return (struct mbox_dest){
		.dest = (uintptr_t)name,
		.len = strlen(name),
		.flag = IPCX_TO_NAME,
	};
}

/* Options of the size that the library knows, see ipcx_opts_view(). */
static inline int mbox_send_opts(const struct ipcx_mbox_send_opts **opts,
				 struct ipcx_mbox_send_opts *space)
{
	int ret;

	*opts = ipcx_opts_view(space, sizeof(*space),
			       offsetofend(struct ipcx_mbox_send_opts, from), *opts, &ret);
	return ret;
}

static inline int mbox_from(const struct ipcx_mbox_send_opts *opts)
{
	return opts->from ? opts->from->fd : -1;
}

#endif /* IPCX_SRC_MBOX_H */
