// SPDX-License-Identifier: LGPL-2.1-or-later
/* libipcx on the device: rights that are granted, and files that messages carry. */
#include "lib_mbox.h"

#include <sys/resource.h>
#include <sys/socket.h>

FIXTURE(files) {
	struct ipcx_dev *dev;
	struct ipcx_mbox *m;	/* may send to itself, and carry files */
	int memfd;
};

FIXTURE_SETUP(files)
{
	ASSERT_EQ(0, ipcx_dev_open(&self->dev, NULL));
	ASSERT_EQ(0, special_box(&self->m, self->dev, IPCX_MBOX_FILES, IPCX_OPEN_WRITE));
	self->memfd = memfd_create("carried", MFD_CLOEXEC);
	ASSERT_LE(0, self->memfd);
}

FIXTURE_TEARDOWN(files)
{
	close(self->memfd);
	ipcx_mbox_close(self->m);
	ipcx_dev_close(self->dev);
}

/* Do two fds refer to one file? */
static bool same_file(int a, int b)
{
	struct stat sa, sb;

	return !fstat(a, &sa) && !fstat(b, &sb) && sa.st_dev == sb.st_dev &&
	       sa.st_ino == sb.st_ino;
}

static int send_fds(const struct ipcx_mbox *to, const int *fds, unsigned int count)
{
	struct ipcx_mbox_msg msg;

	ipcx_mbox_msg_init(&msg, "files", 5, 0, 0);
	ipcx_mbox_msg_set_fds(&msg, fds, count);
	return ipcx_mbox_send_msgs(to, &msg, 1, NULL);
}

/* Receives nothing but files, and does not wait. @flags: IPCX_RECV_* */
static int recv_fds(const struct ipcx_mbox *m, struct ipcx_mbox_recv *mail, int *fds,
		    unsigned int room, unsigned int flags)
{
	static char buf[8];
	IPCX_OPTS(ipcx_recv_opts, opts);

	opts.flags = IPCX_XFER_NONBLOCK | flags;
	ipcx_mbox_recv_init(mail, buf, sizeof(buf));
	ipcx_mbox_recv_set_fds(mail, fds, room);
	return ipcx_mbox_recv_msgs(m, mail, 1, &opts);
}

/* As many fds as are open already: no more can be had. */
static int no_more_fds(struct rlimit *old)
{
	struct rlimit limit;
	int fd = dup(0);

	if (fd < 0 || getrlimit(RLIMIT_NOFILE, old))
		return -errno;
	close(fd);
	limit = *old;
	limit.rlim_cur = fd;
	return setrlimit(RLIMIT_NOFILE, &limit) ? -errno : 0;
}

/* ---- rights ---- */

/* The only way to a mailbox that has neither name nor address. */
TEST_F(files, grant)
{
	struct ipcx_mbox *m, *to;
	char buf[8];

	ASSERT_EQ(0, ipcx_mbox_create(&m, self->dev, NULL, 0, NULL));
	EXPECT_EQ(-ENOENT, ipcx_mbox_open_port(&to, self->dev, ipcx_mbox_port(m), 0));
	ASSERT_EQ(0, ipcx_mbox_grant(&to, m, IPCX_OPEN_WRITE));
	EXPECT_EQ(ipcx_mbox_port(m), ipcx_mbox_port(to));
	EXPECT_EQ(FD_CLOEXEC, fcntl(ipcx_mbox_fd(to), F_GETFD));
	EXPECT_EQ(0, fcntl(ipcx_mbox_fd(to), F_GETFL) & O_NONBLOCK);
	EXPECT_EQ(0, ipcx_mbox_send(to, "hello", 5));
	EXPECT_EQ(-EBADF, ipcx_mbox_recv(to, buf, sizeof(buf), NULL));
	EXPECT_EQ(-EBADF, ipcx_mbox_subscribe(to, self->m, 0));
	EXPECT_EQ(5, ipcx_mbox_recv(m, buf, sizeof(buf), NULL));
	ipcx_mbox_close(m);
	EXPECT_EQ(-EPIPE, ipcx_mbox_send(to, "hello", 5));
	ipcx_mbox_close(to);
}

TEST_F(files, grant_to_subscribe)
{
	struct ipcx_mbox *group, *right;

	ASSERT_EQ(0, special_box(&group, self->dev, IPCX_MBOX_GROUP, IPCX_OPEN_WRITE));
	ASSERT_EQ(0, ipcx_mbox_grant(&right, group, IPCX_OPEN_SUBSCRIBE | IPCX_OPEN_NONBLOCK));
	EXPECT_EQ(O_NONBLOCK, fcntl(ipcx_mbox_fd(right), F_GETFL) & O_NONBLOCK);
	EXPECT_EQ(-EBADF, ipcx_mbox_send(right, "x", 1));
	EXPECT_EQ(0, ipcx_mbox_subscribe(right, self->m, IPCX_LAG_DROP_NEWEST));
	EXPECT_EQ(0, ipcx_mbox_send(group, "x", 1));
	EXPECT_EQ(1, depth(self->m));
	ipcx_mbox_close(right);

	ASSERT_EQ(0, ipcx_mbox_grant(&right, group, IPCX_OPEN_SUBSCRIBE | IPCX_OPEN_WRITE));
	EXPECT_EQ(0, ipcx_mbox_send(right, "x", 1));
	EXPECT_EQ(-EEXIST, ipcx_mbox_subscribe(right, self->m, IPCX_LAG_DROP_NEWEST));
	ipcx_mbox_close(right);
	ipcx_mbox_close(group);
}

TEST_F(files, grant_errors)
{
	struct ipcx_mbox *to, *right = self->m;
	struct rlimit old;

	EXPECT_EQ(-EINVAL, ipcx_mbox_grant(&right, self->m, 0));
	EXPECT_EQ(NULL, right);
	EXPECT_EQ(-EINVAL, ipcx_mbox_grant(&right, self->m, RW));
	EXPECT_EQ(-EINVAL, ipcx_mbox_grant(&right, self->m, IPCX_OPEN_NONBLOCK));
	ASSERT_EQ(0, ipcx_mbox_grant(&to, self->m, IPCX_OPEN_WRITE));
	EXPECT_EQ(-EBADF, ipcx_mbox_grant(&right, to, IPCX_OPEN_WRITE));
	ipcx_mbox_close(to);
	ASSERT_EQ(0, no_more_fds(&old));
	EXPECT_EQ(-EMFILE, ipcx_mbox_grant(&right, self->m, IPCX_OPEN_WRITE));
	EXPECT_EQ(NULL, right);
	EXPECT_EQ(0, setrlimit(RLIMIT_NOFILE, &old));
}

/* ---- files in messages ---- */

TEST_F(files, carried)
{
	int pipefds[2], sent[2], fds[3] = { -2, -2, -2 };
	struct ipcx_mbox_recv mail;
	char c = 0;

	ASSERT_EQ(0, pipe(pipefds));
	sent[0] = self->memfd;
	sent[1] = pipefds[1];
	ASSERT_EQ(1, send_fds(self->m, sent, 2));
	EXPECT_EQ(0, close(pipefds[1]));
	ASSERT_EQ(1, recv_fds(self->m, &mail, fds, 3, 0));
	EXPECT_EQ(5, mail.len);
	EXPECT_EQ(IPCX_MSG_CLOEXEC, mail.flags);
	EXPECT_EQ(2, mail.fd_count);
	EXPECT_TRUE(same_file(self->memfd, fds[0]));
	EXPECT_NE(self->memfd, fds[0]);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fds[0], F_GETFD));
	EXPECT_EQ(1, write(fds[1], "p", 1));
	EXPECT_EQ(1, read(pipefds[0], &c, 1));
	EXPECT_EQ('p', c);
	EXPECT_EQ(0, close(fds[0]));
	EXPECT_EQ(0, close(fds[1]));
	EXPECT_EQ(0, read(pipefds[0], &c, 1));
	EXPECT_EQ(0, close(pipefds[0]));
}

TEST_F(files, to_survive_exec)
{
	struct ipcx_mbox_recv mail;
	char buf[8];
	int fd;

	ASSERT_EQ(1, send_fds(self->m, &self->memfd, 1));
	ipcx_mbox_recv_init(&mail, buf, sizeof(buf));
	ipcx_mbox_recv_set_fds(&mail, &fd, 1);
	mail.flags &= ~IPCX_MSG_CLOEXEC;
	ASSERT_EQ(1, ipcx_mbox_recv_msgs(self->m, &mail, 1, NULL));
	EXPECT_EQ(0, fcntl(fd, F_GETFD));
	EXPECT_EQ(0, close(fd));
}

/* Room for the payload in pieces, and for files beside it. */
TEST_F(files, scattered)
{
	struct ipcx_iovec from = { .base = addr("scattered"), .len = 9 };
	struct ipcx_mbox_recv mail;
	struct ipcx_mbox_msg msg;
	char buf[9];
	struct ipcx_iovec to[2] = {
		{ .base = addr(buf), .len = 4 },
		{ .base = addr(buf + 4), .len = 5 },
	};
	int fd;

	ipcx_mbox_msg_init_iov(&msg, &from, 1, 0, 0);
	ipcx_mbox_msg_set_fds(&msg, &self->memfd, 1);
	ASSERT_EQ(1, ipcx_mbox_send_msgs(self->m, &msg, 1, NULL));
	ipcx_mbox_recv_init_iov(&mail, to, 2);
	ipcx_mbox_recv_set_fds(&mail, &fd, 1);
	ASSERT_EQ(1, ipcx_mbox_recv_msgs(self->m, &mail, 1, NULL));
	EXPECT_EQ(0, memcmp(buf, "scattered", 9));
	EXPECT_EQ(1, mail.fd_count);
	EXPECT_TRUE(same_file(self->memfd, fd));
	EXPECT_EQ(0, close(fd));
}

/* A mailbox's address, as a file that one can send to. */
TEST_F(files, right_in_a_message)
{
	struct ipcx_mbox *own, *right;
	struct ipcx_mbox_recv mail;
	int fd;

	ASSERT_EQ(0, ipcx_mbox_create(&own, self->dev, NULL, 0, NULL));
	ASSERT_EQ(0, ipcx_mbox_grant(&right, own, IPCX_OPEN_WRITE));
	fd = ipcx_mbox_fd(right);
	ASSERT_EQ(1, send_fds(self->m, &fd, 1));
	ipcx_mbox_close(right);
	ASSERT_EQ(1, recv_fds(self->m, &mail, &fd, 1, 0));
	ASSERT_EQ(0, ipcx_mbox_from_fd(&right, fd));
	EXPECT_EQ(ipcx_mbox_port(own), ipcx_mbox_port(right));
	EXPECT_EQ(1, send_cookie(right, 1, NULL));
	EXPECT_EQ(1, depth(own));
	ipcx_mbox_close(right);
	ipcx_mbox_close(own);
}

TEST_F(files, refused)
{
	int fds[IPCX_FDS_MAX + 1], pair[2], i;
	struct ipcx_mbox *plain;

	for (i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = self->memfd;
	EXPECT_EQ(-EINVAL, send_fds(self->m, fds, IPCX_FDS_MAX + 1));
	fds[1] = -1;
	EXPECT_EQ(-EBADF, send_fds(self->m, fds, 2));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	fds[1] = pair[0];
	EXPECT_EQ(-EPERM, send_fds(self->m, fds, 2));
	fds[1] = ipcx_mbox_fd(self->m);
	EXPECT_EQ(-EPERM, send_fds(self->m, fds, 2));
	EXPECT_EQ(-EFAULT, send_fds(self->m, guard_page(), 1));
	EXPECT_EQ(0, depth(self->m));
	EXPECT_EQ(0, close(pair[0]));
	EXPECT_EQ(0, close(pair[1]));

	ASSERT_EQ(0, special_box(&plain, self->dev, 0, IPCX_OPEN_WRITE));
	EXPECT_EQ(-EOPNOTSUPP, send_fds(plain, &self->memfd, 1));
	EXPECT_EQ(1, send_fds(plain, &self->memfd, 0));
	ipcx_mbox_close(plain);
	ASSERT_EQ(0, special_box(&plain, self->dev, IPCX_MBOX_GROUP, IPCX_OPEN_WRITE));
	EXPECT_EQ(-EOPNOTSUPP, send_fds(plain, &self->memfd, 1));
	ipcx_mbox_close(plain);
}

/* ---- room for files ---- */

TEST_F(files, too_little_room)
{
	int pipefds[2], sent[2], fds[2] = { -2, -2 };
	struct ipcx_mbox_recv mail;
	char buf[8];

	ASSERT_EQ(0, pipe2(pipefds, O_NONBLOCK));
	sent[0] = self->memfd;
	sent[1] = pipefds[1];
	ASSERT_EQ(1, send_fds(self->m, sent, 2));
	EXPECT_EQ(0, close(pipefds[1]));

	EXPECT_EQ(-EMSGSIZE, ipcx_mbox_recv(self->m, buf, sizeof(buf), &mail));
	EXPECT_EQ(5, mail.len);
	EXPECT_EQ(2, mail.fd_count);
	EXPECT_EQ(-EMSGSIZE, recv_fds(self->m, &mail, fds, 1, 0));
	EXPECT_EQ(2, mail.fd_count);
	EXPECT_EQ(1, depth(self->m));
	EXPECT_EQ(-EAGAIN, read(pipefds[0], buf, 1) < 0 ? -errno : 0);

	/* None is installed, and the last write end is closed. */
	ASSERT_EQ(1, recv_fds(self->m, &mail, fds, 1, IPCX_RECV_TRUNC));
	EXPECT_EQ(IPCX_MSG_FD_TRUNC | IPCX_MSG_CLOEXEC, mail.flags);
	EXPECT_EQ(2, mail.fd_count);
	EXPECT_EQ(0, read(pipefds[0], buf, 1));
	EXPECT_EQ(0, close(pipefds[0]));
}

TEST_F(files, peek)
{
	struct ipcx_mbox_recv mail;
	int fd = -2;

	ASSERT_EQ(1, send_fds(self->m, &self->memfd, 1));
	ASSERT_EQ(1, recv_fds(self->m, &mail, &fd, 1, IPCX_RECV_PEEK));
	EXPECT_EQ(1, mail.fd_count);
	EXPECT_GT(0, fd);
	ASSERT_EQ(1, recv_fds(self->m, &mail, &fd, 1, 0));
	EXPECT_TRUE(same_file(self->memfd, fd));
	EXPECT_EQ(0, close(fd));
}

TEST_F(files, no_fd_left)
{
	struct ipcx_mbox_recv mail;
	struct rlimit old;
	int fd = -2;

	ASSERT_EQ(1, send_fds(self->m, &self->memfd, 1));
	ASSERT_EQ(0, no_more_fds(&old));
	EXPECT_EQ(-EMFILE, recv_fds(self->m, &mail, &fd, 1, 0));
	EXPECT_EQ(1, depth(self->m));
	EXPECT_EQ(0, setrlimit(RLIMIT_NOFILE, &old));
	ASSERT_EQ(1, recv_fds(self->m, &mail, &fd, 1, 0));
	EXPECT_EQ(0, close(fd));
}

/* ---- files of calls ---- */

/* A request, and what its reply carries. */
static int reply_fds(const struct ipcx_mbox *m, uint64_t token, const int *fds,
		     unsigned int count)
{
	struct ipcx_mbox_msg reply;

	ipcx_mbox_msg_init(&reply, NULL, 0, 0, 0);
	ipcx_mbox_msg_set_fds(&reply, fds, count);
	return ipcx_mbox_reply_msg(m, token, &reply);
}

TEST_F(files, reply)
{
	struct caller c = { .m = self->m, .fd_room = 1 };
	int fds[2] = { self->memfd, self->memfd };
	uint64_t token;

	ASSERT_EQ(0, run_call(&c));
	token = take_call(self->m);
	/* Each of these leaves the token good. */
	EXPECT_EQ(-EMSGSIZE, reply_fds(self->m, token, fds, 2));
	fds[0] = -1;
	EXPECT_EQ(-EBADF, reply_fds(self->m, token, fds, 1));
	fds[0] = ipcx_mbox_fd(self->m);
	EXPECT_EQ(-EPERM, reply_fds(self->m, token, fds, 1));
	ASSERT_EQ(0, reply_fds(self->m, token, &self->memfd, 1));
	EXPECT_EQ(0, end_call(&c));
	EXPECT_EQ(IPCX_MSG_CLOEXEC, c.reply.flags);
	EXPECT_EQ(1, c.reply.fd_count);
	EXPECT_TRUE(same_file(self->memfd, c.fds[0]));
	EXPECT_EQ(FD_CLOEXEC, fcntl(c.fds[0], F_GETFD));
	EXPECT_EQ(0, close(c.fds[0]));
}

TEST_F(files, reply_cut)
{
	struct caller c = { .m = self->m, .opts.flags = IPCX_RECV_TRUNC };

	ASSERT_EQ(0, run_call(&c));
	ASSERT_EQ(0, reply_fds(self->m, take_call(self->m), &self->memfd, 1));
	EXPECT_EQ(0, end_call(&c));
	EXPECT_EQ(IPCX_MSG_FD_TRUNC, c.reply.flags);
	EXPECT_EQ(1, c.reply.fd_count);
}

/* By whoever has the fd of a token, which came in a message. */
TEST_F(files, reply_by_a_token)
{
	struct caller c = { .m = self->m, .fd_room = 1 };
	struct ipcx_mbox_recv mail;
	struct ipcx_mbox_msg reply;
	int fd;

	ASSERT_EQ(0, run_call(&c));
	fd = ipcx_mbox_token_fd(self->m, take_call(self->m));
	ASSERT_LE(0, fd);
	ASSERT_EQ(1, send_fds(self->m, &fd, 1));
	EXPECT_EQ(0, close(fd));
	ASSERT_EQ(1, recv_fds(self->m, &mail, &fd, 1, 0));
	ipcx_mbox_msg_init(&reply, NULL, 0, 0, 0);
	ipcx_mbox_msg_set_fds(&reply, &self->memfd, 1);
	ASSERT_EQ(0, ipcx_token_reply_msg(fd, &reply));
	EXPECT_EQ(0, close(fd));
	EXPECT_EQ(0, end_call(&c));
	EXPECT_EQ(1, c.reply.fd_count);
	EXPECT_TRUE(same_file(self->memfd, c.fds[0]));
	EXPECT_EQ(0, close(c.fds[0]));
}

/* Of the reply to an asynchronous call, if its mailbox takes files. */
TEST_F(files, asynchronous_reply)
{
	IPCX_OPTS(ipcx_mbox_send_opts, opts);
	struct ipcx_mbox_recv mail;
	struct ipcx_mbox *plain;
	char buf[8];
	int fd = -2;

	ASSERT_EQ(0, special_box(&plain, self->dev, 0, IPCX_OPEN_WRITE));
	opts.flags = IPCX_POST_CALL;
	opts.from = self->m;
	ASSERT_EQ(1, send_cookie(plain, 7, &opts));
	ASSERT_EQ(8, ipcx_mbox_recv(plain, buf, sizeof(buf), &mail));
	EXPECT_EQ(0, reply_fds(plain, mail.token, &self->memfd, 1));
	ASSERT_EQ(1, recv_fds(self->m, &mail, &fd, 1, 0));
	EXPECT_EQ(IPCX_MSG_REPLY | IPCX_MSG_CLOEXEC, mail.flags);
	EXPECT_EQ(7, mail.cookie);
	EXPECT_EQ(1, mail.fd_count);
	EXPECT_TRUE(same_file(self->memfd, fd));
	EXPECT_EQ(0, close(fd));

	opts.from = plain;
	ASSERT_EQ(1, send_cookie(self->m, 8, &opts));
	ASSERT_EQ(8, ipcx_mbox_recv(self->m, buf, sizeof(buf), &mail));
	EXPECT_EQ(-EMSGSIZE, reply_fds(self->m, mail.token, &self->memfd, 1));
	EXPECT_EQ(0, ipcx_mbox_reply(self->m, mail.token, NULL, 0));
	ipcx_mbox_close(plain);
}

TEST_F(files, reply_recv)
{
	struct caller c = { .m = self->m, .fd_room = 1 };
	struct ipcx_mbox_recv next;
	struct ipcx_mbox_msg reply;
	uint64_t token;
	char buf[8];
	int fd = -2;

	ASSERT_EQ(0, run_call(&c));
	token = take_call(self->m);
	ASSERT_EQ(1, send_fds(self->m, &self->memfd, 1));
	ipcx_mbox_msg_init(&reply, NULL, 0, 0, 0);
	ipcx_mbox_msg_set_fds(&reply, &self->memfd, 1);
	/* There is no room for what comes next. */
	ipcx_mbox_recv_init(&next, buf, sizeof(buf));
	EXPECT_EQ(-EMSGSIZE, ipcx_mbox_reply_recv(self->m, token, &reply, &next, NULL));
	ASSERT_EQ(0, next.token);
	EXPECT_EQ(1, next.fd_count);
	EXPECT_EQ(0, end_call(&c));
	EXPECT_TRUE(same_file(self->memfd, c.fds[0]));
	EXPECT_EQ(0, close(c.fds[0]));

	ipcx_mbox_recv_init(&next, buf, sizeof(buf));
	ipcx_mbox_recv_set_fds(&next, &fd, 1);
	EXPECT_EQ(0, ipcx_mbox_reply_recv(self->m, 0, NULL, &next, NULL));
	EXPECT_EQ(1, next.fd_count);
	EXPECT_TRUE(same_file(self->memfd, fd));
	EXPECT_EQ(0, close(fd));
}

TEST_HARNESS_MAIN
