// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Names and lives: a named queue stays until it is unlinked and closed, and
 * an unlinked one is no other's business.
 */
#include "common.h"

FIXTURE(unlink)
{
	char name[UNIQUE_NAME_SIZE];
	int fd;
};

FIXTURE_SETUP(unlink)
{
	unique_name(self->name, "unlink");
	self->fd = open_queue(self->name, CREATE_RW, 0600);
	ASSERT_LE(0, self->fd);
}

/* Most tests have unlinked it by then. */
FIXTURE_TEARDOWN(unlink)
{
	close(self->fd);
	unlink_name(self->name);
}

static __u64 id_of(int fd)
{
	struct ipcx_stat stat;

	return get_stat(fd, &stat) == 0 ? stat.id : 0;
}

TEST_F(unlink, while_open)
{
	struct ipcx_stat stat;
	__u64 number;

	ASSERT_EQ(1, send_number(self->fd, 1, 0));
	ASSERT_EQ(0, get_stat(self->fd, &stat));
	EXPECT_EQ(IPCX_STAT_NAMED, stat.state);
	EXPECT_STREQ(self->name, stat.name);
	EXPECT_EQ(strlen(self->name), stat.name_len);
	ASSERT_EQ(0, unlink_name(self->name));
	EXPECT_EQ(-ENOENT, open_queue(self->name, RW, 0));
	EXPECT_EQ(-ENOENT, unlink_name(self->name));
	ASSERT_EQ(0, get_stat(self->fd, &stat));
	EXPECT_EQ(0, stat.state);
	EXPECT_EQ(0, stat.name_len);
	EXPECT_EQ('\0', stat.name[0]);
	/* It works as before. */
	ASSERT_EQ(1, send_number(self->fd, 2, 0));
	ASSERT_EQ(1, recv_number(self->fd, &number));
	EXPECT_EQ(1, number);
	EXPECT_EQ(1, get_depth(self->fd));
}

static int receive_one(void *arg)
{
	__u64 number;

	return recv_number(*(int *)arg, &number) == 1 ? (int)number : 255;
}

static int send_one(void *arg)
{
	return send_number(*(int *)arg, 9, 0) == 1 ? 0 : 1;
}

TEST_F(unlink, while_received_from)
{
	pid_t pid = spawn(receive_one, &self->fd);

	ASSERT_EQ(0, wait_receivers(self->fd, 1));
	ASSERT_EQ(0, unlink_name(self->name));
	ASSERT_EQ(0, wait_receivers(self->fd, 1));
	ASSERT_EQ(1, send_number(self->fd, 42, 0));
	EXPECT_EQ(42, reap(pid));
}

TEST_F(unlink, while_sent_to)
{
	struct ipcx_queue_attr attr = { .max_msgs = 1 };
	char name[UNIQUE_NAME_SIZE];
	__u64 number;
	pid_t pid;
	int fd;

	unique_name(name, "unlink");
	fd = open_queue_attr(name, CREATE_RW, 0600, &attr);
	ASSERT_LE(0, fd);
	ASSERT_EQ(1, send_number(fd, 1, 0));
	pid = spawn(send_one, &fd);
	ASSERT_EQ(0, wait_senders(fd, 1));
	ASSERT_EQ(0, unlink_name(name));
	ASSERT_EQ(0, wait_senders(fd, 1));
	ASSERT_EQ(1, recv_number(fd, &number));
	EXPECT_EQ(0, reap(pid));
	ASSERT_EQ(1, recv_number(fd, &number));
	EXPECT_EQ(9, number);
}

/* Without any fd the queue and its content stay; so do its attributes. */
TEST_F(unlink, persistence)
{
	struct ipcx_stat before, after;
	__u64 number;

	ASSERT_EQ(1, send_number(self->fd, 1, 1));
	ASSERT_EQ(1, send_number(self->fd, 2, 2));
	ASSERT_EQ(0, get_stat(self->fd, &before));
	close(self->fd);
	self->fd = open_queue(self->name, RW, 0);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, get_stat(self->fd, &after));
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(before)));
	ASSERT_EQ(1, recv_number(self->fd, &number));
	EXPECT_EQ(2, number);
	ASSERT_EQ(1, recv_number(self->fd, &number));
	EXPECT_EQ(1, number);
}

/* Unlinked without any fd: gone with all it held. */
TEST_F(unlink, last_thing_to_go)
{
	struct ipcx_info with, without;
	__u64 id = id_of(self->fd);

	ASSERT_EQ(1, send_number(self->fd, 1, 0));
	close(self->fd);
	ASSERT_EQ(0, get_info(&with));
	ASSERT_EQ(0, unlink_name(self->name));
	ASSERT_EQ(0, get_info(&without));
	EXPECT_EQ(with.user_objects - 1, without.user_objects);
	EXPECT_LT(without.user_bytes, with.user_bytes);
	self->fd = open_queue(self->name, CREATE_RW | IPCX_OPEN_EXCL, 0600);
	ASSERT_LE(0, self->fd);
	EXPECT_LT(id, id_of(self->fd));
	EXPECT_TRUE(is_empty(self->fd));
}

/* The last fd of an unlinked queue takes everything with it. */
TEST_F(unlink, last_fd_to_go)
{
	struct ipcx_info with, without;
	int i;

	for (i = 0; i < 100; i++) {
		ASSERT_EQ(1, send_number(self->fd, i, i));
	}
	ASSERT_EQ(0, unlink_name(self->name));
	ASSERT_EQ(0, get_info(&with));
	close(self->fd);
	ASSERT_EQ(0, get_info(&without));
	EXPECT_EQ(with.user_objects - 1, without.user_objects);
	EXPECT_LE(without.user_bytes + 100 * sizeof(__u64), with.user_bytes);
	self->fd = open_control();
}

/* What keeps only the inode keeps no messages. */
TEST_F(unlink, path_fd_is_left)
{
	struct ipcx_info with, without;
	char path[64];
	int i, path_fd;

	for (i = 0; i < 100; i++) {
		ASSERT_EQ(1, send_number(self->fd, i, i));
	}
	ASSERT_EQ(0, unlink_name(self->name));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->fd);
	path_fd = open(path, O_PATH | O_CLOEXEC);
	ASSERT_LE(0, path_fd);
	ASSERT_EQ(0, get_info(&with));
	close(self->fd);
	ASSERT_EQ(0, get_info(&without));
	EXPECT_EQ(with.user_objects, without.user_objects);
	EXPECT_LE(without.user_bytes + 100 * sizeof(__u64), with.user_bytes);
	self->fd = path_fd;
}

/* Free messages are kept for those who have it open, and nobody has. */
TEST_F(unlink, name_is_left)
{
	struct ipcx_info fresh, used, idle;
	__u64 number;
	int i;

	ASSERT_EQ(0, get_info(&fresh));
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(1, send_number(self->fd, i, 0));
	}
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(1, recv_number(self->fd, &number));
	}
	ASSERT_EQ(0, get_info(&used));
	EXPECT_LT(fresh.user_bytes, used.user_bytes);
	close(self->fd);
	self->fd = -1;
	ASSERT_EQ(0, get_info(&idle));
	EXPECT_EQ(fresh.user_bytes, idle.user_bytes);
}

/* The same name, another queue: neither knows of the other. */
TEST_F(unlink, same_name_again)
{
	__u64 number;
	int fd;

	ASSERT_EQ(1, send_number(self->fd, 1, 0));
	ASSERT_EQ(0, unlink_name(self->name));
	fd = open_queue(self->name, CREATE_RW | IPCX_OPEN_EXCL, 0600);
	ASSERT_LE(0, fd);
	EXPECT_NE(id_of(self->fd), id_of(fd));
	EXPECT_EQ(0, get_depth(fd));
	ASSERT_EQ(1, send_number(fd, 2, 0));
	ASSERT_EQ(1, recv_number(self->fd, &number));
	EXPECT_EQ(1, number);
	EXPECT_EQ(0, get_depth(self->fd));
	close(self->fd);
	self->fd = open_queue(self->name, RW, 0);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(id_of(fd), id_of(self->fd));
	ASSERT_EQ(1, recv_number(self->fd, &number));
	EXPECT_EQ(2, number);
	close(fd);
}

/* Ids are never used again. */
TEST(ids_grow)
{
	long i, n = scaled(500, 20000);
	__u64 last = 0;

	for (i = 0; i < n; i++) {
		int fd = small_queue(1);
		__u64 id = id_of(fd);

		ASSERT_LE(0, fd);
		ASSERT_LT(last, id);
		last = id;
		close(fd);
	}
}

/* ---- two that create and unlink one name at the same time ---- */

struct race {
	char name[UNIQUE_NAME_SIZE];
	long rounds;
};

static int create_and_unlink(void *arg)
{
	struct race *r = arg;
	long i;

	for (i = 0; i < r->rounds; i++) {
		int fd = open_queue(r->name, CREATE_RW | (i % 2 ? IPCX_OPEN_EXCL : 0), 0600);
		int ret;

		if (fd < 0 && fd != -EEXIST)
			return 1;
		if (fd >= 0 && send_number(fd, i, 0) != 1)
			return 2;
		ret = unlink_name(r->name);
		if (ret < 0 && ret != -ENOENT)
			return 3;
		if (fd >= 0)
			close(fd);
	}
	return 0;
}

TEST(race_for_one_name)
{
	struct race r = { .rounds = scaled_to_kernel(2000, 100000) };
	struct ipcx_info before, after;
	pid_t pids[4];
	int i;

	unique_name(r.name, "unlink");
	ASSERT_EQ(0, get_info(&before));
	for (i = 0; i < 4; i++)
		pids[i] = spawn(create_and_unlink, &r);
	for (i = 0; i < 4; i++) {
		EXPECT_EQ(0, reap(pids[i]));
	}
	unlink_name(r.name);
	ASSERT_EQ(0, get_info(&after));
	EXPECT_EQ(before.user_objects, after.user_objects);
	EXPECT_EQ(before.user_bytes, after.user_bytes);
}

TEST_HARNESS_MAIN
