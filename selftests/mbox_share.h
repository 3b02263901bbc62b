/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Users who send as much to a mailbox as they are let. */
#ifndef IPCX_SELFTESTS_MBOX_SHARE_H
#define IPCX_SELFTESTS_MBOX_SHARE_H

#include "mbox.h"

#define USER_C	61003

/* In memory that its process shares with the test. */
struct sender {
	int fd;
	uid_t uid;
	size_t size;
	int posted;
	int ready[2];	/* a pipe, for who makes one */
};

static inline struct sender *new_sender(int fd, uid_t uid, size_t size)
{
	struct sender *s = shared_memory(sizeof(*s));

	*s = (struct sender){ .fd = fd, .uid = uid, .size = size };
	return s;
}

/* As many as are let in. */
static inline int post_all_as(void *arg)
{
	static const char zeros[1 << 20];
	struct sender *s = arg;
	int ret;

	MUST_BE(0, become(s->uid));
	while ((ret = post_mail(s->fd, zeros, s->size, 0, 0, -1, IPCX_XFER_NONBLOCK)) == 1)
		s->posted++;
	MUST_BE(-EAGAIN, ret);
	return 0;
}

/* How many that user gets in. */
static inline int count_as(int fd, uid_t uid, size_t size)
{
	struct sender *s = new_sender(fd, uid, size);

	return in_child(post_all_as, s) ? -1 : s->posted;
}

#endif /* IPCX_SELFTESTS_MBOX_SHARE_H */
