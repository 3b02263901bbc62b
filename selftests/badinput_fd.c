// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Bad pointers given to read(2) and write(2), closed fds, fds of other things, none
 * free: the documented error, nothing half done, nothing lost.
 */
#include "badinput.h"

#include <limits.h>
#include <sys/uio.h>

/* ---- read and write ---- */

TEST_F(bad, read_write)
{
	static char big[70000];
	struct iovec iov[2];
	char byte;
	size_t i;

	for (i = 0; i < self->mem.n; i++) {
		void *p = (void *)(uintptr_t)self->mem.addrs[i];

		if (addr(p) != self->mem.addrs[i])
			continue;
		EXPECT_EQ(-1, write(self->queue, p, 8));
		EXPECT_EQ(EFAULT, errno);
	}
	EXPECT_TRUE(is_empty(self->queue));
	EXPECT_EQ(-1, write(self->queue, big, sizeof(big)));
	EXPECT_EQ(EMSGSIZE, errno);
	fill_numbers(_metadata, self->queue, 2);
	for (i = 0; i < self->mem.n; i++) {
		void *p = (void *)(uintptr_t)self->mem.addrs[i];

		if (addr(p) != self->mem.addrs[i])
			continue;
		EXPECT_EQ(-1, read(self->queue, p, 8));
		EXPECT_EQ(EFAULT, errno);
	}
	EXPECT_EQ(-1, read(self->queue, &byte, 1));
	EXPECT_EQ(EMSGSIZE, errno);
	EXPECT_EQ(-1, read(self->queue, &byte, 0));
	iov[0] = (struct iovec) { big, 4 };
	iov[1] = (struct iovec) { self->mem.guard - 2, 4 };
	EXPECT_EQ(-1, readv(self->queue, iov, 2));
	EXPECT_EQ(EFAULT, errno);
	expect_numbers(_metadata, self->queue, 0, 2);
	EXPECT_EQ(-1, writev(self->queue, iov, 2));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_TRUE(is_empty(self->queue));
}

TEST_F(bad, no_positions)
{
	char byte;

	EXPECT_EQ(-1, lseek(self->queue, 0, SEEK_SET));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(-1, pread(self->queue, &byte, 1, 0));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(-1, pwrite(self->queue, &byte, 1, 0));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_TRUE(is_empty(self->queue));
}

/* The control fd is for operations only. */
TEST_F(bad, control_fd)
{
	char byte = 0;

	EXPECT_EQ(-1, read(self->control, &byte, 1));
	EXPECT_EQ(-1, write(self->control, &byte, 1));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ, MAP_SHARED, self->control, 0));
}

/* ---- fds ---- */

TEST_F(bad, closed_and_foreign_fds)
{
	struct ipcx_stat stat;
	int fd = new_queue(0, NULL), pipes[2];
	__u64 number;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, pipe(pipes));
	close(fd);
	EXPECT_EQ(-EBADF, get_stat(fd, &stat));
	EXPECT_EQ(-EBADF, try_send_number(fd, 1, 0));
	EXPECT_EQ(-EBADF, try_recv_number(fd, &number));
	EXPECT_EQ(-EBADF, get_stat(-1, &stat));
	EXPECT_EQ(-EBADF, get_stat(INT_MAX, &stat));
	EXPECT_EQ(-ENOTTY, get_stat(pipes[0], &stat));
	EXPECT_EQ(-ENOTTY, try_send_number(pipes[1], 1, 0));
	close(pipes[0]);
	close(pipes[1]);
}

TEST_F(bad, o_path)
{
	char path[64];
	struct ipcx_stat stat;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->queue);
	fd = open(path, O_PATH | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EBADF, get_stat(fd, &stat));
	EXPECT_EQ(-EBADF, try_send_number(fd, 1, 0));
	close(fd);
}

/* No fd is free: no object is left. */
static int without_fds(void *arg)
{
	const char *name = arg;
	int control = open_control(), last = -1, fd;
	struct ipcx_open open = {
		.name = addr(name), .name_len = strlen(name), .kind = IPCX_KIND_QUEUE,
		.flags = CREATE_RW | IPCX_OPEN_EXCL, .mode = 0600,
	};

	MUST(control >= 0);
	while ((fd = dup(0)) >= 0)
		last = fd;
	MUST_BE(-EMFILE, op(control, IPCX_OPEN, &open));
	open.flags = RW;
	open.mode = 0;
	close(last);
	MUST_BE(-ENOENT, op(control, IPCX_OPEN, &open));
	return 0;
}

TEST_F(bad, no_free_fd)
{
	EXPECT_EQ(0, in_child(without_fds, self->name));
}

TEST_HARNESS_MAIN
