/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of what can be seen of objects share. */
#ifndef IPCX_SELFTESTS_INFO_H
#define IPCX_SELFTESTS_INFO_H

#include "common.h"

#define DEBUGFS_OBJECTS "/sys/kernel/debug/ipcx/objects"

/* Closes @fd. */
static inline void expect_attributes(struct __test_metadata *_metadata, int fd,
				     __u64 msgs, __u64 msg_size, __u64 bytes)
{
	struct ipcx_stat stat;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(msgs, stat.max_msgs);
	EXPECT_EQ(msg_size, stat.max_msg_size);
	EXPECT_EQ(bytes, stat.max_bytes);
	close(fd);
}

/* The value of a fdinfo line, or NULL. */
static inline const char *fdinfo_value(const char *text, const char *key)
{
	static char value[300];
	const char *at = text;

	while ((at = strstr(at, key))) {
		if ((at == text || at[-1] == '\n') && at[strlen(key)] == ':') {
			at += strlen(key) + 1;
			sscanf(at, " %299[^\n]", value);
			return value;
		}
		at++;
	}
	return NULL;
}

#endif /* IPCX_SELFTESTS_INFO_H */
