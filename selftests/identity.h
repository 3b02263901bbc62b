/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel attests about who sent or replied. */
#ifndef IPCX_SELFTESTS_IDENTITY_H
#define IPCX_SELFTESTS_IDENTITY_H

#include "mbox.h"

struct identity {
	__u64 port;
	__u32 pid;
	__u32 tid;
	__u32 uid;
	__u32 gid;
};

static inline struct identity told(const struct ipcx_mbox_recv *mail)
{
	return (struct identity) {
		.port = mail->sender, .pid = mail->pid, .tid = mail->tid,
		.uid = mail->uid, .gid = mail->gid,
	};
}

/* Receives; all ones where nothing came. */
static inline struct identity receive_identity(int fd)
{
	struct ipcx_mbox_recv mail;
	char buf[16];

	memset(&mail, 0xff, sizeof(mail));
	if (recv_mail(fd, buf, sizeof(buf), &mail, IPCX_RECV_TRUNC) != 1)
		memset(&mail, 0xff, sizeof(mail));
	return told(&mail);
}

static inline bool same(const struct identity *a, const struct identity *b)
{
	if (!memcmp(a, b, sizeof(*a)))
		return true;
	fprintf(stderr, "# port %llu, pid %u, tid %u, uid %u, gid %u\n", a->port, a->pid, a->tid,
		a->uid, a->gid);
	return false;
}

static inline struct identity myself(__u64 port)
{
	return (struct identity) {
		.port = port, .pid = getpid(), .tid = gettid(), .uid = geteuid(),
		.gid = getegid(),
	};
}

/* Runs @fn as the first process of a new namespace; *@pid: what it is here. */
static inline int in_pidns(int (*fn)(void *arg), void *arg, __u32 *pid)
{
	pid_t child;

	MUST(unshare(CLONE_NEWPID) == 0);
	child = spawn(fn, arg);
	if (pid)
		*pid = child;
	return reap(child);
}

#endif /* IPCX_SELFTESTS_IDENTITY_H */
