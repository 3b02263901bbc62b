// SPDX-License-Identifier: LGPL-2.1-or-later
/* What can be seen of mailboxes: stat, list, fdinfo, debugfs, /proc/PID/fd. */
#include "info.h"
#include "mbox.h"

TEST(defaults)
{
	struct ipcx_mbox_attr attr = { 0 };

	expect_attributes(_metadata, open_mbox(NULL, MBOX_CREATE, 0600), 1024, 65536, 1 << 20);
	attr.max_msgs = 7;
	attr.max_msg_size = 2 << 20;
	expect_attributes(_metadata, open_mbox_attr(NULL, MBOX_CREATE, 0600, &attr, NULL), 7,
			  2 << 20, 2 << 20);
	attr.max_msg_size = 0;
	attr.max_bytes = 1000;
	expect_attributes(_metadata, open_mbox_attr(NULL, MBOX_CREATE, 0600, &attr, NULL), 7,
			  1000, 1000);
}

TEST(fresh)
{
	long long before = now_ns(CLOCK_REALTIME);
	struct ipcx_stat stat;
	__u64 port;
	int fd = new_mbox(&port);

	expect_fresh(_metadata, fd, IPCX_KIND_MBOX, IPCX_OVERFLOW_BLOCK, before);
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(port, stat.id);
	close(fd);
}

TEST(counters)
{
	char big[FIRST_LEN] = { 0 };
	struct ipcx_stat stat;
	__u64 port;
	int fd = new_mbox(&port), to = open_port(port, 0);

	ASSERT_LE(0, to);
	ASSERT_EQ(1, post_mail(to, big, FIRST_LEN, 0, 0, -1, 0));
	ASSERT_EQ(1, post_mail(to, big, 0, 0, 0, -1, 0));
	ASSERT_EQ(1, post_mail(to, big, LAST_LEN, 0, 0, -1, 0));
	/* Both ends see the same. */
	expect_three_sent(_metadata, to);
	ASSERT_EQ(0, get_stat(to, &stat));
	EXPECT_EQ(2, stat.handles);
	ASSERT_EQ(1, recv_mail(fd, big, sizeof(big), NULL, IPCX_RECV_PEEK));
	ASSERT_EQ(1, recv_mail(fd, big, sizeof(big), NULL, 0));
	expect_one_received(_metadata, fd, FIRST_LEN);
	EXPECT_EQ(2, drain_mail(fd));
	expect_three_received(_metadata, fd);
	close(to);
	close(fd);
}

static int take_one(void *arg)
{
	__u64 number;

	return recv_mail(*(int *)arg, &number, sizeof(number), NULL, 0) != 1;
}

static int post_one(void *arg)
{
	return post_number(*(int *)arg, 1) != 1;
}

TEST(waiters)
{
	struct ipcx_stat stat;
	pid_t pids[2];
	__u64 port;
	int fd = small_mbox(1, &port), to = open_port(port, 0), i;

	ASSERT_LE(0, to);
	for (i = 0; i < 2; i++)
		pids[i] = spawn(take_one, &fd);
	ASSERT_EQ(0, wait_receivers(to, 2));
	for (i = 0; i < 2; i++)
		ASSERT_EQ(1, post_number(to, i));
	for (i = 0; i < 2; i++)
		EXPECT_EQ(0, reap(pids[i]));
	ASSERT_EQ(1, post_number(to, 0));
	for (i = 0; i < 2; i++)
		pids[i] = spawn(post_one, &to);
	ASSERT_EQ(0, wait_senders(fd, 2));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, take_one(&fd));
	for (i = 0; i < 2; i++)
		EXPECT_EQ(0, reap(pids[i]));
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(0, stat.recv_waiters);
	EXPECT_EQ(0, stat.send_waiters);
	EXPECT_EQ(2, stat.recv_blocked);
	/* One may have waited for a receiver above to finish its copy, too. */
	EXPECT_LE(2, stat.send_blocked);
	EXPECT_EQ(5, stat.sent);
	close(to);
	close(fd);
}

/* A call is mail first, and counted as one when it was received. */
TEST(calls)
{
	struct ipcx_mbox_recv mails[3];
	struct ipcx_stat stat;
	__u64 port, number;
	int fd = new_mbox(&port), to = open_port(port, 0), i;
	pid_t pids[3];

	ASSERT_LE(0, to);
	for (i = 0; i < 3; i++) {
		pids[i] = spawn(ask, &to);
		ASSERT_EQ(0, wait_depth(fd, i + 1));
	}
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(0, stat.calls);
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(1, recv_mail(fd, &number, sizeof(number), &mails[i], 0));
		ASSERT_EQ(0, get_stat(to, &stat));
		EXPECT_EQ(i + 1, stat.calls);
		EXPECT_EQ(2 - i, stat.depth);
	}
	/* The reply comes to the first, the end to the second. */
	EXPECT_EQ(0, reply_number(fd, mails[0].token, ANSWER));
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(2, stat.calls);
	EXPECT_EQ(0, reap(pids[0]));
	EXPECT_EQ(0, discard_call(fd, mails[1].token));
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(1, stat.calls);
	EXPECT_EQ(EPIPE, reap(pids[1]));
	/* The third is killed, and nobody waits for its reply any more. */
	kill(pids[2], SIGKILL);
	EXPECT_EQ(KILLED_BY(SIGKILL), reap(pids[2]));
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(0, stat.calls);
	EXPECT_EQ(3, stat.sent);
	EXPECT_EQ(3, stat.received);
	close(to);
	close(fd);
}

TEST(dead)
{
	char name[UNIQUE_NAME_SIZE];
	struct ipcx_stat stat, zero;
	int fd, to;

	memset(&zero, 0, sizeof(zero));
	unique_name(name, "dead");
	fd = open_mbox(name, MBOX_CREATE, 0600);
	to = open_mbox(name, IPCX_OPEN_WRITE, 0);
	ASSERT_LE(0, to);
	ASSERT_EQ(1, post_number(to, 1));
	ASSERT_EQ(0, get_stat(to, &stat));
	EXPECT_EQ(IPCX_STAT_NAMED, stat.state);
	EXPECT_STREQ(name, stat.name);
	EXPECT_EQ(strlen(name), stat.name_len);
	close(fd);
	ASSERT_EQ(0, get_stat(to, &stat));
	EXPECT_EQ(IPCX_STAT_DEAD, stat.state);
	EXPECT_EQ(0, stat.name_len);
	EXPECT_EQ(0, memcmp(stat.name, zero.name, sizeof(zero.name)));
	EXPECT_EQ(1, stat.handles);
	EXPECT_EQ(0, stat.depth);
	EXPECT_EQ(0, stat.bytes);
	EXPECT_EQ(1, stat.sent);
	EXPECT_EQ(0, stat.received);
	close(to);
}

/* The mailbox is its maker's, the mail its sender's; its end gives all back. */
TEST(charge)
{
	struct ipcx_info before, with, filled, after;
	char big[1000] = { 0 };
	__u64 port;
	int fd, to;

	/* What those before it have closed may go a moment later. */
	do {
		sched_yield();
		ASSERT_EQ(0, get_info(&before));
	} while (before.user_objects);
	fd = new_mbox(&port);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, get_info(&with));
	EXPECT_EQ(before.user_objects + 1, with.user_objects);
	EXPECT_LT(before.user_bytes, with.user_bytes);
	to = open_port(port, 0);
	ASSERT_EQ(1, post_mail(to, big, sizeof(big), 0, 0, -1, 0));
	ASSERT_EQ(1, post_mail(to, big, 10, 0, 0, -1, 0));
	ASSERT_EQ(0, get_info(&filled));
	EXPECT_LE(with.user_bytes + sizeof(big) + 10, filled.user_bytes);
	EXPECT_EQ(with.user_objects, filled.user_objects);
	close(fd);
	/* What a right to send keeps is only the mailbox itself. */
	ASSERT_EQ(0, get_info(&after));
	EXPECT_EQ(with.user_bytes, after.user_bytes);
	close(to);
	ASSERT_EQ(0, get_info(&after));
	EXPECT_EQ(before.user_objects, after.user_objects);
	EXPECT_EQ(before.user_bytes, after.user_bytes);
}

/* Ids of the listed objects of a kind: their number, or -errno. */
static int list_kind(__u32 kind, struct ipcx_stat *stats, __u32 count)
{
	struct ipcx_list list = {
		.entries = addr(stats), .count = count, .entry_size = sizeof(*stats),
		.kind = kind,
	};
	int control = open_control();
	int n = op(control, IPCX_LIST, &list);

	close(control);
	return n;
}

TEST(list_of_kinds)
{
	struct ipcx_stat stats[8], stat;
	int queue = new_queue(0, NULL), mbox = open_mbox(NULL, MBOX_CREATE | IPCX_OPEN_WRITE, 0600);
	int dead, to;
	__u64 port;

	ASSERT_LE(0, queue);
	ASSERT_LE(0, mbox);
	ASSERT_EQ(1, post_number(mbox, 1));
	EXPECT_EQ(2, list_kind(0, stats, ARRAY_SIZE(stats)));
	ASSERT_EQ(1, list_kind(IPCX_KIND_QUEUE, stats, ARRAY_SIZE(stats)));
	EXPECT_EQ(IPCX_KIND_QUEUE, stats[0].kind);
	ASSERT_EQ(1, list_kind(IPCX_KIND_MBOX, stats, ARRAY_SIZE(stats)));
	/* A mailbox that no port leads to is in the list of who may read it. */
	ASSERT_EQ(0, get_stat(mbox, &stat));
	EXPECT_EQ(0, memcmp(&stat, &stats[0], sizeof(stat)));
	EXPECT_EQ(-EINVAL, list_kind(IPCX_KIND_RING + 1, stats, ARRAY_SIZE(stats)));
	/* The dead are not. */
	dead = new_mbox(&port);
	to = open_port(port, 0);
	ASSERT_LE(0, to);
	EXPECT_EQ(2, list_kind(IPCX_KIND_MBOX, stats, ARRAY_SIZE(stats)));
	close(dead);
	EXPECT_EQ(1, list_kind(IPCX_KIND_MBOX, stats, ARRAY_SIZE(stats)));
	close(to);
	close(mbox);
	close(queue);
}

static int list_mboxes_as_b(void *arg)
{
	struct ipcx_stat stats[4];
	__u64 port = *(__u64 *)arg;

	MUST_BE(0, become(UID_B));
	MUST_BE(1, list_kind(IPCX_KIND_MBOX, stats, ARRAY_SIZE(stats)));
	MUST(stats[0].id == port);
	return 0;
}

/* To read is what the mode's bits of who may receive say; to send is not enough. */
TEST(list_of_readable_mboxes)
{
	__u64 port;
	int readable = new_mbox(&port), writable = new_mbox(NULL);

	ASSERT_LE(0, readable);
	ASSERT_LE(0, writable);
	ASSERT_EQ(0, fchmod(readable, 0604));
	ASSERT_EQ(0, fchmod(writable, 0662));
	EXPECT_EQ(0, in_child(list_mboxes_as_b, &port));
	close(readable);
	close(writable);
}

TEST(text)
{
	char name[UNIQUE_NAME_SIZE], path[64], text[65536];
	int fd;

	unique_name(name, "text");
	fd = open_mbox(name, MBOX_CREATE | IPCX_OPEN_WRITE, 0600);
	ASSERT_LE(0, fd);
	ASSERT_EQ(1, post_number(fd, 1));
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	ASSERT_LT(0, read_file(path, text, sizeof(text)));
	ASSERT_NE(NULL, fdinfo_value(text, "ipcx-kind"));
	EXPECT_STREQ("mbox", fdinfo_value(text, "ipcx-kind"));
	ASSERT_NE(NULL, fdinfo_value(text, "ipcx-name"));
	EXPECT_STREQ(name, fdinfo_value(text, "ipcx-name"));
	ASSERT_NE(NULL, fdinfo_value(text, "ipcx-depth"));
	EXPECT_STREQ("1", fdinfo_value(text, "ipcx-depth"));
	expect_link(_metadata, fd, "mbox");
	expect_object(_metadata, name, "mbox");
	close(fd);
	ASSERT_LE(0, read_file(DEBUGFS_OBJECTS, text, sizeof(text)));
	EXPECT_EQ(NULL, strstr(text, name));
}

TEST_HARNESS_MAIN
