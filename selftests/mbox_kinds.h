/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of the kinds of files that messages carry, or not, share. */
#ifndef IPCX_SELFTESTS_MBOX_KINDS_H
#define IPCX_SELFTESTS_MBOX_KINDS_H

#include "mbox_more.h"

FIXTURE(kinds)
{
	int mbox;
	int to;
	int fds;
	char dir[32];
};

typedef FIXTURE_DATA(kinds) env_t;

FIXTURE_SETUP(kinds)
{
	__u64 port;

	self->mbox = files_mbox(&port);
	ASSERT_LE(0, self->mbox);
	self->to = open_port(port, 0);
	ASSERT_LE(0, self->to);
	strcpy(self->dir, "/tmp/kinds-XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->dir));
	self->fds = count_fds();
}

FIXTURE_TEARDOWN(kinds)
{
	rmdir(self->dir);
	EXPECT_EQ(self->fds, count_fds());
	EXPECT_EQ(0, charged_files());
	EXPECT_TRUE(is_empty(self->mbox));
	close(self->to);
	close(self->mbox);
}

static inline const char *in_dir(const env_t *env, const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s/%s", env->dir, name);
	return path;
}

/* Whoever has one end reads what the other one wrote. */
static inline int read_x(int fd)
{
	char byte;

	MUST_BE(1, read(fd, &byte, 1));
	MUST_BE('x', byte);
	return 0;
}

static inline int write_x(int fd)
{
	MUST_BE(1, write(fd, "x", 1));
	return 0;
}

#endif /* IPCX_SELFTESTS_MBOX_KINDS_H */
