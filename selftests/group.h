/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of groups share. As in common.h: -errno, and no checks. */
#ifndef IPCX_SELFTESTS_GROUP_H
#define IPCX_SELFTESTS_GROUP_H

#include "mbox.h"

/* For a handle that owns, sends and subscribes. */
#define GROUP_CREATE	(MBOX_CREATE | IPCX_OPEN_WRITE | IPCX_OPEN_SUBSCRIBE)

/* @attr_flags: IPCX_MBOX_GROUP_BLOCK or 0. One without a name is reached by its port. */
static inline int open_group(const char *name, unsigned int mode, __u32 attr_flags,
			     __u64 *port)
{
	struct ipcx_mbox_attr attr = {
		.flags = IPCX_MBOX_GROUP | IPCX_MBOX_ADDRESSABLE | attr_flags,
	};

	return open_mbox_attr(name, GROUP_CREATE, mode, &attr, port);
}

static inline int new_group(__u32 attr_flags, __u64 *port)
{
	return open_group(NULL, 0600, attr_flags, port);
}

/* A right to subscribe, by port. */
static inline int open_subscription(__u64 port)
{
	struct ipcx_open req = {
		.kind = IPCX_KIND_MBOX,
		.flags = IPCX_OPEN_SUBSCRIBE | IPCX_OPEN_PORT,
		.id = port,
	};
	int control = open_control();
	int ret;

	if (control < 0)
		return control;
	ret = op(control, IPCX_OPEN, &req);
	close(control);
	return ret;
}

/* A handle with fewer rights, from the owner's. */
static inline int grant_right(int owner, __u32 rights)
{
	struct ipcx_grant grant = { .flags = rights };

	return op(owner, IPCX_GRANT, &grant);
}

/* Through a right to subscribe. */
static inline int subscribe(int group, int mbox, __u32 lag)
{
	struct ipcx_subscribe req = { .from = mbox, .lag = lag };

	return op(group, IPCX_SUBSCRIBE, &req);
}

/* By a name or a port, on a control fd of its own. */
static inline int subscribe_to(const char *name, __u64 port, int mbox, __u32 lag)
{
	struct ipcx_subscribe req = {
		.flags = name ? IPCX_TO_NAME : IPCX_TO_PORT,
		.from = mbox,
		.dest = name ? addr(name) : port,
		.dest_len = name ? strlen(name) : 0,
		.lag = lag,
	};
	int control = open_control();
	int ret;

	if (control < 0)
		return control;
	ret = op(control, IPCX_SUBSCRIBE, &req);
	close(control);
	return ret;
}

/* A subscriber leaves, or, on the group's fd, is put out: its losses, or -errno. */
static inline long long unsubscribe(int fd, __u64 port)
{
	struct ipcx_leave req = { .port = port, .lost = 12345 };
	int ret = op(fd, IPCX_UNSUBSCRIBE, &req);

	return ret < 0 ? ret : (long long)req.lost;
}

/* Subscribers of a group, or groups of a mailbox. */
static inline long long get_members(int fd)
{
	struct ipcx_stat stat;
	int ret = get_stat(fd, &stat);

	return ret < 0 ? ret : (long long)stat.members;
}

static inline long long get_lost(int fd)
{
	struct ipcx_stat stat;
	int ret = get_stat(fd, &stat);

	return ret < 0 ? ret : (long long)stat.lost;
}

static inline __u64 get_port(int fd)
{
	struct ipcx_stat stat;

	return get_stat(fd, &stat) == 0 ? stat.id : 0;
}

/* Posts @from, @from + 1, ... @to, each by itself and without waiting. */
static inline int post_numbers(int fd, __u64 from, __u64 to)
{
	int ret = 1;

	for (; from <= to && ret == 1; from++)
		ret = try_post_number(fd, from);
	return ret;
}

/* One number, and how many of the group's messages were lost before it. */
static inline int take_group_number(int mbox, __u64 *number, __u64 *lost)
{
	struct ipcx_mbox_recv mail;
	int ret = recv_mail(mbox, number, sizeof(*number), &mail, IPCX_XFER_NONBLOCK);

	*lost = mail.lost;
	return ret;
}

/* Is that the word that a subscription to this group has ended? */
static inline bool is_end_of(const struct ipcx_mbox_recv *mail, __u64 port)
{
	return mail->flags == IPCX_MSG_DEAD && mail->group == port && !mail->sender &&
	       !mail->len && !mail->token;
}

/*
 * What one sender numbers from 1 on arrives in order, and what is missing is told
 * as lost. @last: the number before, or 0 for a subscriber that came late.
 */
static inline bool follows(__u64 last, __u64 number, __u64 lost)
{
	return last ? number == last + 1 + lost : number > 0;
}

#endif /* IPCX_SELFTESTS_GROUP_H */
