// SPDX-License-Identifier: LGPL-2.1-or-later
/* The ring of a mailbox: a ring's handle on the mailbox's fd, and what its records say. */
#include <fcntl.h>
#include <unistd.h>

#include <ipcx/mbox_ring.h>

#include "mbox.h"
#include "ring.h"

_Static_assert(sizeof(struct ipcx_delivery) == IPCX_DELIVERY_SIZE_VER0, "another record");

int ipcx_mbox_ring(struct ipcx_ring **ring, const struct ipcx_mbox *m)
{
	int fd, ret;

	*ring = NULL;
	fd = fcntl(m->fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	ret = ring_of_object(ring, fd, m->port);
	if (ret)
		close(fd);
	return ret;
}

int ipcx_mbox_ring_msg(struct ipcx_mbox_recv *mail, const void *record, size_t len)
{
	const struct ipcx_delivery *head = record;

	if (len < sizeof(*head))
		return -EBADMSG;
	*mail = (struct ipcx_mbox_recv){
		.buf = (uintptr_t)(head + 1),
		.len = len - sizeof(*head),
		.priority = head->priority,
		.type = head->type,
		.cookie = head->cookie,
		.sender = head->sender,
		.seq = head->seq,
		.pid = head->pid,
		.tid = head->tid,
		.uid = head->uid,
		.gid = head->gid,
	};
	return 0;
}
