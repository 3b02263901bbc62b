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

/* What the counters' tests send: three messages, of these lengths and in this order. */
#define FIRST_LEN	100
#define LAST_LEN	7
#define ALL_LEN		(FIRST_LEN + 0 + LAST_LEN)

/* An object without a name that was made after @since and that nobody has used. */
static inline void expect_fresh(struct __test_metadata *_metadata, int fd, __u32 kind,
				__u32 overflow, long long since)
{
	static const struct ipcx_stat zero;
	struct ipcx_stat stat;

	memset(&stat, 0x55, sizeof(stat));
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_LT(0, stat.id);
	EXPECT_EQ(kind, stat.kind);
	EXPECT_EQ(0600, stat.mode);
	EXPECT_EQ(0, stat.uid);
	EXPECT_EQ(0, stat.gid);
	EXPECT_EQ(0, stat.state);
	EXPECT_EQ(overflow, stat.overflow);
	EXPECT_EQ(1, stat.handles);
	EXPECT_EQ(0, stat.name_len);
	EXPECT_EQ(0, stat.recv_waiters);
	EXPECT_EQ(0, stat.send_waiters);
	EXPECT_LE(since - 10 * NSEC_PER_MSEC, stat.created_ns);
	EXPECT_GE(now_ns(CLOCK_REALTIME), stat.created_ns);
	/* All counters, and every byte of the name. */
	EXPECT_EQ(0, memcmp(&stat.depth, &zero.depth, offsetof(struct ipcx_stat, created_ns) -
			    offsetof(struct ipcx_stat, depth)));
	EXPECT_EQ(0, memcmp(stat.name, zero.name, sizeof(zero.name)));
	EXPECT_EQ(0, memcmp(&stat.calls, &zero.calls, offsetof(struct ipcx_stat, ring_mode) -
			    offsetof(struct ipcx_stat, calls)));
	EXPECT_EQ(0, stat.reserved);
}

static inline void expect_three_sent(struct __test_metadata *_metadata, int fd)
{
	struct ipcx_stat stat;

	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(3, stat.depth);
	EXPECT_EQ(ALL_LEN, stat.bytes);
	EXPECT_EQ(3, stat.sent);
	EXPECT_EQ(ALL_LEN, stat.sent_bytes);
	EXPECT_EQ(0, stat.received);
}

/* One of the three, with @len bytes. */
static inline void expect_one_received(struct __test_metadata *_metadata, int fd, __u64 len)
{
	struct ipcx_stat stat;

	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(2, stat.depth);
	EXPECT_EQ(0, stat.inflight);
	EXPECT_EQ(ALL_LEN - len, stat.bytes);
	EXPECT_EQ(1, stat.received);
	EXPECT_EQ(len, stat.received_bytes);
}

static inline void expect_three_received(struct __test_metadata *_metadata, int fd)
{
	struct ipcx_stat stat;

	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(0, stat.depth);
	EXPECT_EQ(0, stat.bytes);
	EXPECT_EQ(3, stat.received);
	EXPECT_EQ(ALL_LEN, stat.received_bytes);
	EXPECT_EQ(3, stat.depth_max);
	EXPECT_EQ(ALL_LEN, stat.bytes_max);
	EXPECT_EQ(0, stat.dropped);
	EXPECT_EQ(0, stat.send_blocked);
	EXPECT_EQ(0, stat.recv_blocked);
	EXPECT_EQ(0, stat.calls);
}

/* What an fd is called in /proc/PID/fd. */
static inline void expect_link(struct __test_metadata *_metadata, int fd, const char *kind)
{
	char path[64], target[64], expected[64];
	struct ipcx_stat stat;
	ssize_t n;

	ASSERT_EQ(0, get_stat(fd, &stat));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, target, sizeof(target) - 1);
	ASSERT_LT(0, n);
	target[n] = '\0';
	snprintf(expected, sizeof(expected), "ipcx:[%s:%llu]", kind, (unsigned long long)stat.id);
	EXPECT_STREQ(expected, target);
}

/* Where the line begins that has @what, or NULL. */
static inline const char *line_with(const char *text, const char *what)
{
	const char *line = strstr(text, what);

	while (line && line > text && line[-1] != '\n')
		line--;
	return line;
}

/* A line of an object in debugfs: its id, then its kind. */
static inline void expect_object(struct __test_metadata *_metadata, const char *name,
				 const char *kind)
{
	char text[65536];
	const char *line;

	ASSERT_LT(0, read_file(DEBUGFS_OBJECTS, text, sizeof(text)));
	line = line_with(text, name);
	ASSERT_NE(NULL, line);
	line += strspn(line, "0123456789");
	line += strspn(line, " ");
	EXPECT_TRUE(!strncmp(line, kind, strlen(kind)) && line[strlen(kind)] == ' ') {
		TH_LOG("%.80s", line);
	}
}

#endif /* IPCX_SELFTESTS_INFO_H */
