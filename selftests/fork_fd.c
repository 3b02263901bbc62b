// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Queues are file descriptors: inherited, passed on, duplicated, closed by
 * exec, with flags that belong to the description or to the descriptor.
 */
#include "common.h"

#include <sys/socket.h>

FIXTURE(fd)
{
	int fd;
};

FIXTURE_SETUP(fd)
{
	self->fd = small_queue(4);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(fd)
{
	close(self->fd);
}

static int answer(void *arg)
{
	int fd = *(int *)arg;
	__u64 number;

	if (recv_number(fd, &number) != 1)
		return 1;
	return send_number(fd, number + 1, 0) == 1 ? 0 : 2;
}

TEST_F(fd, inherited_over_fork)
{
	__u64 number;

	ASSERT_EQ(1, send_number(self->fd, 41, 0));
	EXPECT_EQ(0, in_child(answer, &self->fd));
	ASSERT_EQ(1, recv_number(self->fd, &number));
	EXPECT_EQ(42, number);
}

static int grandchild(void *arg)
{
	return in_child(answer, arg);
}

TEST_F(fd, inherited_twice)
{
	ASSERT_EQ(1, send_number(self->fd, 41, 0));
	EXPECT_EQ(0, in_child(grandchild, &self->fd));
	EXPECT_EQ(1, get_depth(self->fd));
}

/* The anonymous queue lives as long as one fd of it, in whatever process. */
static int outlive(void *arg)
{
	int sock = *(int *)arg, fd;
	__u64 number;

	fd = take_fd(sock);
	if (fd < 0)
		return 1;
	/* The sender closes its own before it says so. */
	if (take_fd(sock) < 0)
		return 2;
	if (recv_number(fd, &number) != 1 || number != 7)
		return 3;
	return 0;
}

TEST_F(fd, passed_over_a_socket)
{
	struct ipcx_info before, after;
	int socks[2], fd;
	pid_t pid;

	ASSERT_EQ(0, get_info(&before));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, socks));
	pid = spawn(outlive, &socks[1]);
	fd = small_queue(2);
	ASSERT_LE(0, fd);
	ASSERT_EQ(1, send_number(fd, 7, 0));
	ASSERT_EQ(0, pass_fd(socks[0], fd));
	close(fd);
	ASSERT_EQ(0, pass_fd(socks[0], socks[0]));
	EXPECT_EQ(0, reap(pid));
	ASSERT_EQ(0, get_info(&after));
	EXPECT_EQ(before.user_objects, after.user_objects);
	EXPECT_EQ(before.user_bytes, after.user_bytes);
}

/* In flight only, in a socket that nobody reads: alive, then gone with it. */
TEST_F(fd, alive_while_in_flight)
{
	struct ipcx_info before, after;
	int socks[2], fd;
	__u64 number;

	ASSERT_EQ(0, get_info(&before));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, socks));
	fd = small_queue(2);
	ASSERT_EQ(1, send_number(fd, 7, 0));
	ASSERT_EQ(0, pass_fd(socks[0], fd));
	close(fd);
	fd = take_fd(socks[1]);
	ASSERT_LE(0, fd);
	EXPECT_EQ(1, recv_number(fd, &number));
	EXPECT_EQ(7, number);
	ASSERT_EQ(0, pass_fd(socks[0], fd));
	close(fd);
	close(socks[0]);
	close(socks[1]);
	ASSERT_EQ(0, get_info(&after));
	EXPECT_EQ(before.user_objects, after.user_objects);
	EXPECT_EQ(before.user_bytes, after.user_bytes);
}

static int try_rights(void *arg)
{
	int sock = *(int *)arg, fd;
	__u64 number;

	if (become(65534) < 0)
		return 1;
	fd = take_fd(sock);
	if (fd < 0)
		return 2;
	if (send_number(fd, 5, 0) != 1)
		return 3;
	return try_recv_number(fd, &number) == -EBADF ? 0 : 4;
}

/* An fd is a capability: no less and no more than it was opened with. */
TEST(rights_travel_with_it)
{
	char name[UNIQUE_NAME_SIZE];
	int socks[2], rd, wr;
	__u64 number;
	pid_t pid;

	unique_name(name, "fork_fd");
	rd = open_queue(name, IPCX_OPEN_READ | IPCX_OPEN_CREATE, 0600);
	wr = open_queue(name, IPCX_OPEN_WRITE, 0);
	ASSERT_EQ(0, unlink_name(name));
	ASSERT_LE(0, rd);
	ASSERT_LE(0, wr);
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, socks));
	pid = spawn(try_rights, &socks[1]);
	ASSERT_EQ(0, pass_fd(socks[0], wr));
	EXPECT_EQ(0, reap(pid));
	ASSERT_EQ(1, recv_number(rd, &number));
	EXPECT_EQ(5, number);
}

/* O_NONBLOCK is the description's: what one duplicate sets, all have. */
TEST_F(fd, nonblock_is_shared_by_duplicates)
{
	int copy = dup(self->fd);
	__u64 number;

	ASSERT_LE(0, copy);
	EXPECT_EQ(0, fcntl(self->fd, F_GETFL) & O_NONBLOCK);
	EXPECT_EQ(O_RDWR, fcntl(self->fd, F_GETFL) & O_ACCMODE);
	ASSERT_EQ(0, fcntl(copy, F_SETFL, O_NONBLOCK));
	EXPECT_EQ(O_NONBLOCK, fcntl(self->fd, F_GETFL) & O_NONBLOCK);
	EXPECT_EQ(-EAGAIN, recv_number(self->fd, &number));
	ASSERT_EQ(0, fcntl(copy, F_SETFL, 0));
	EXPECT_EQ(0, fcntl(self->fd, F_GETFL) & O_NONBLOCK);
	close(copy);
}

static int set_nonblock(void *arg)
{
	return fcntl(*(int *)arg, F_SETFL, O_NONBLOCK) < 0;
}

TEST_F(fd, nonblock_is_shared_over_fork)
{
	__u64 number;

	ASSERT_EQ(0, in_child(set_nonblock, &self->fd));
	EXPECT_EQ(-EAGAIN, recv_number(self->fd, &number));
}

TEST(nonblock_is_not_shared_by_other_opens)
{
	char name[UNIQUE_NAME_SIZE];
	int a, b;

	unique_name(name, "fork_fd");
	a = open_queue(name, CREATE_RW | IPCX_OPEN_NONBLOCK, 0600);
	b = open_queue(name, RW, 0);
	ASSERT_EQ(0, unlink_name(name));
	ASSERT_LE(0, a);
	ASSERT_LE(0, b);
	EXPECT_EQ(O_NONBLOCK, fcntl(a, F_GETFL) & O_NONBLOCK);
	EXPECT_EQ(0, fcntl(b, F_GETFL) & O_NONBLOCK);
}

/* A nonblocking fd does not wait, deadline or not. */
TEST_F(fd, nonblock_sends_too)
{
	int i;

	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_NONBLOCK));
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(1, send_number(self->fd, i, 0));
	}
	EXPECT_EQ(-EAGAIN, send_number(self->fd, 4, 0));
}

TEST_F(fd, close_on_exec)
{
	int control = open_control();

	EXPECT_EQ(FD_CLOEXEC, fcntl(self->fd, F_GETFD));
	ASSERT_LE(0, control);
	EXPECT_EQ(FD_CLOEXEC, fcntl(control, F_GETFD));
}

struct exec {
	int fd;
	bool keep;
};

/* A shell that looks whether the fd is there. */
static int look_in_shell(void *arg)
{
	struct exec *e = arg;
	char command[64];

	if (e->keep)
		fcntl(e->fd, F_SETFD, 0);
	snprintf(command, sizeof(command), "test -e /proc/self/fd/%d", e->fd);
	execl("/bin/sh", "sh", "-c", command, NULL);
	return 99;
}

TEST_F(fd, closed_by_exec)
{
	struct exec e = { self->fd, false };

	EXPECT_EQ(1, in_child(look_in_shell, &e));
	e.keep = true;
	EXPECT_EQ(0, in_child(look_in_shell, &e));
}

static unsigned int handles(int fd)
{
	struct ipcx_stat stat;

	return get_stat(fd, &stat) == 0 ? stat.handles : 0;
}

/* Descriptions are counted, not descriptors. */
TEST(handles_are_descriptions)
{
	char name[UNIQUE_NAME_SIZE];
	int a, b, copy;

	unique_name(name, "fork_fd");
	a = open_queue(name, CREATE_RW, 0600);
	ASSERT_LE(0, a);
	EXPECT_EQ(1, handles(a));
	copy = dup(a);
	EXPECT_EQ(1, handles(a));
	b = open_queue(name, RW, 0);
	EXPECT_EQ(2, handles(a));
	close(a);
	EXPECT_EQ(2, handles(b));
	close(copy);
	EXPECT_EQ(1, handles(b));
	ASSERT_EQ(0, unlink_name(name));
}

/* Closing the descriptor under a waiting receiver does not take its queue. */
static int receive_one(void *arg)
{
	__u64 number;

	return recv_number(*(int *)arg, &number) == 1 ? (int)number : 255;
}

TEST(closed_by_all_others_while_waited_on)
{
	char name[UNIQUE_NAME_SIZE];
	int fd, other;
	pid_t pid;

	unique_name(name, "fork_fd");
	fd = open_queue(name, CREATE_RW, 0600);
	ASSERT_LE(0, fd);
	pid = spawn(receive_one, &fd);
	ASSERT_EQ(0, wait_receivers(fd, 1));
	close(fd);
	other = open_queue(name, RW, 0);
	ASSERT_LE(0, other);
	ASSERT_EQ(0, unlink_name(name));
	ASSERT_EQ(1, send_number(other, 42, 0));
	EXPECT_EQ(42, reap(pid));
}

/* There is no way to a new description but by name. */
TEST_F(fd, not_reopened_through_proc)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->fd);
	EXPECT_EQ(-1, open(path, O_RDWR));
	EXPECT_EQ(EACCES, errno);
}

TEST_HARNESS_MAIN
