/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every way to a mailbox, for the tests of who may go it. */
#ifndef IPCX_SELFTESTS_MBOX_REACH_H
#define IPCX_SELFTESTS_MBOX_REACH_H

#include "mbox.h"

/* No errno: the ways to a mailbox do not agree. */
#define DIFFERENT	-10000

static inline int close_ok(int fd)
{
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static inline int try_open(const char *name, unsigned int flags)
{
	return close_ok(open_mbox(name, flags, 0));
}

static inline __u64 port_of(int fd)
{
	struct ipcx_stat stat;

	return get_stat(fd, &stat) == 0 ? stat.id : 0;
}

/* A call without time to wait: -ETIMEDOUT where it was possible. */
static inline int call_to(const char *name, __u64 port)
{
	struct ipcx_call call = make_call("?", 1, NULL, 0);
	int control = open_control();
	int ret;

	if (control < 0)
		return control;
	call.flags = IPCX_XFER_DEADLINE | (name ? IPCX_TO_NAME : IPCX_TO_PORT);
	call.clock = CLOCK_MONOTONIC;
	call.dest = name ? addr(name) : port;
	call.dest_len = name ? strlen(name) : 0;
	ret = op(control, IPCX_CALL, &call);
	close(control);
	return ret;
}

/* Opens, sends and calls: 0, or the error that all three give. */
static inline int reach(const char *name, __u64 port)
{
	int opened = close_ok(name ? open_mbox(name, IPCX_OPEN_WRITE, 0) : open_port(port, 0));
	int sent = post_to(name, port, 1);
	int called = call_to(name, port);

	if (opened < 0)
		return sent == opened && called == opened ? opened : DIFFERENT;
	return sent == 1 && called == -ETIMEDOUT ? 0 : DIFFERENT;
}

static inline int reach_name(const char *name)
{
	return reach(name, 0);
}

static inline int reach_port(__u64 port)
{
	return reach(NULL, port);
}

struct mailbox {
	char name[UNIQUE_NAME_SIZE];
	__u64 port;
	int fd;
};

/* A mailbox with a name that is this user's. */
static inline int mailbox_of(struct mailbox *m, uid_t uid, unsigned int mode)
{
	unique_name(m->name, "rights");
	m->fd = open_mbox_attr(m->name, MBOX_CREATE | IPCX_OPEN_EXCL, 0, NULL, &m->port);
	if (m->fd < 0)
		return m->fd;
	return fchmod(m->fd, mode) < 0 || fchown(m->fd, uid, uid) < 0 ? -errno : 0;
}

/* By UID_B: 0, or the error that the name gives; the port then is none. */
static inline int reach_both_ways(void *arg)
{
	struct mailbox *m = arg;
	int by_name, by_port;

	MUST_BE(0, become(UID_B));
	by_name = reach_name(m->name);
	by_port = reach_port(m->port);
	MUST(by_port == (by_name ? -ENOENT : 0));
	return -by_name;
}

#endif /* IPCX_SELFTESTS_MBOX_REACH_H */
