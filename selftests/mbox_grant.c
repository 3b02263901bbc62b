// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Granted rights: an fd that can do what its flags say and nothing else, for whoever
 * has it, as long as the mailbox lives.
 */
#include "mbox_more.h"

#include <sys/socket.h>

FIXTURE(grant)
{
	int mbox;		/* for nobody but whom it grants a right */
	int group;
	int home;		/* to subscribe with */
};

typedef FIXTURE_DATA(grant) env_t;

FIXTURE_SETUP(grant)
{
	struct ipcx_mbox_attr attr = { .flags = IPCX_MBOX_ADDRESSABLE };

	self->mbox = open_mbox_attr(NULL, MBOX_CREATE, 0, &attr, NULL);
	ASSERT_LE(0, self->mbox);
	attr.flags = IPCX_MBOX_GROUP;
	self->group = open_mbox_attr(NULL, MBOX_CREATE, 0, &attr, NULL);
	ASSERT_LE(0, self->group);
	self->home = new_mbox(NULL);
	ASSERT_LE(0, self->home);
}

FIXTURE_TEARDOWN(grant)
{
	close(self->home);
	close(self->group);
	close(self->mbox);
}

static int subscribe(int fd, int home)
{
	struct ipcx_subscribe req = { .from = home };

	return op(fd, IPCX_SUBSCRIBE, &req);
}

static long long handles(int fd)
{
	struct ipcx_stat stat;
	int ret = get_stat(fd, &stat);

	return ret < 0 ? ret : (long long)stat.handles;
}

/* ---- what each fd may ---- */

TEST_F(grant, to_send)
{
	int fd = grant(self->mbox, IPCX_OPEN_WRITE);
	__u64 number = 0;

	ASSERT_LE(0, fd);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_EQ(0, fcntl(fd, F_GETFL) & O_NONBLOCK);
	EXPECT_EQ(2, handles(self->mbox));
	EXPECT_EQ(port_of(self->mbox), port_of(fd));
	EXPECT_EQ(1, post_number(fd, 5));
	EXPECT_EQ(1, take_number(self->mbox, &number));
	EXPECT_EQ(5, number);
	EXPECT_EQ(0, watch_fd(fd, self->home, 1));
	/* Nothing that is the receiver's. */
	EXPECT_EQ(-EBADF, take_number(fd, &number));
	EXPECT_EQ(-EBADF, recv_mail(fd, &number, 8, NULL, IPCX_RECV_PEEK));
	EXPECT_EQ(-EBADF, reply_number(fd, 1, 1));
	EXPECT_EQ(-EBADF, token_fd(fd, 1));
	EXPECT_EQ(-EBADF, unwatch(fd, 1));
	EXPECT_EQ(-EBADF, grant(fd, IPCX_OPEN_WRITE));
	EXPECT_EQ(-EBADF, post_mail(fd, NULL, 0, 0, 0, fd, 0));
	EXPECT_EQ(-EBADF, subscribe(fd, self->home));
	close(fd);
	EXPECT_EQ(1, handles(self->mbox));
	EXPECT_TRUE(is_empty(self->mbox));
}

TEST_F(grant, to_subscribe)
{
	int fd = grant(self->group, IPCX_OPEN_SUBSCRIBE);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, subscribe(fd, self->home));
	EXPECT_EQ(-EEXIST, subscribe(fd, self->home));
	EXPECT_EQ(-EBADF, post_number(fd, 5));
	EXPECT_EQ(-EBADF, watch_fd(fd, self->home, 1));
	EXPECT_EQ(-EBADF, grant(fd, IPCX_OPEN_SUBSCRIBE));
	EXPECT_TRUE(is_empty(self->home));
	close(fd);
}

TEST_F(grant, both)
{
	int fd = grant(self->group, IPCX_OPEN_SUBSCRIBE | IPCX_OPEN_WRITE);
	struct ipcx_mbox_recv mail;
	__u64 number = 0;

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, subscribe(fd, self->home));
	EXPECT_EQ(1, post_number(fd, 5));
	EXPECT_EQ(1, recv_mail(self->home, &number, 8, &mail, IPCX_XFER_NONBLOCK));
	EXPECT_EQ(5, number);
	EXPECT_EQ(port_of(self->group), mail.group);
	EXPECT_EQ(-EBADF, grant(fd, IPCX_OPEN_WRITE));
	close(fd);
}

/* Only a group can be subscribed to. */
TEST_F(grant, to_subscribe_to_what_is_no_group)
{
	int fd = grant(self->mbox, IPCX_OPEN_SUBSCRIBE);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EOPNOTSUPP, subscribe(fd, self->home));
	EXPECT_EQ(-EBADF, post_number(fd, 5));
	close(fd);
}

TEST_F(grant, nonblocking)
{
	int fd = grant(self->mbox, IPCX_OPEN_WRITE | IPCX_OPEN_NONBLOCK), n = 0, ret;

	ASSERT_LE(0, fd);
	EXPECT_EQ(O_NONBLOCK, fcntl(fd, F_GETFL) & O_NONBLOCK);
	while ((ret = post_number(fd, n)) == 1)
		n++;
	EXPECT_EQ(-EAGAIN, ret);
	EXPECT_EQ(n, drain_mail(self->mbox));
	close(fd);
}

/* Who grants has the right to receive, and may have others. */
TEST_F(grant, by_whom)
{
	__u64 port;
	int both = open_mbox(NULL, MBOX_CREATE | IPCX_OPEN_WRITE, 0);
	int other = new_mbox(&port), sends = open_port(port, 0), queue = new_queue(0, NULL);
	int control = open_control(), fd = grant(both, IPCX_OPEN_WRITE);

	ASSERT_LE(0, fd);
	EXPECT_EQ(1, post_number(fd, 1));
	EXPECT_EQ(1, drain_mail(both));
	EXPECT_EQ(-EBADF, grant(sends, IPCX_OPEN_WRITE));
	EXPECT_EQ(-ENOTTY, grant(queue, IPCX_OPEN_WRITE));
	EXPECT_EQ(-ENOTTY, grant(control, IPCX_OPEN_WRITE));
	close(fd);
	close(control);
	close(queue);
	close(sends);
	close(other);
	close(both);
}

/* There is no other way from one right to another. */
TEST_F(grant, no_path_to_more)
{
	int fd = grant(self->mbox, IPCX_OPEN_WRITE);
	char path[64];

	ASSERT_LE(0, fd);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	EXPECT_EQ(-1, open(path, O_RDWR));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, open(path, O_RDONLY));
	EXPECT_EQ(-1, open(path, O_WRONLY));
	close(fd);
}

static int grant_without_fds(void *arg)
{
	env_t *env = arg;
	long long before = handles(env->mbox);

	MUST_BE(0, leave_fds(0));
	MUST_BE(-EMFILE, grant(env->mbox, IPCX_OPEN_WRITE));
	MUST_BE(before, handles(env->mbox));
	return 0;
}

TEST_F(grant, at_the_limit_of_fds)
{
	EXPECT_EQ(0, in_child(grant_without_fds, self));
}

/* ---- the mailbox's life ---- */

TEST_F(grant, does_not_keep_it_alive)
{
	int fd = grant(self->mbox, IPCX_OPEN_WRITE), copy = dup(fd);
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	struct ipcx_stat stat;
	__u64 answer;

	ASSERT_LE(0, copy);
	ASSERT_EQ(1, post_number(fd, 1));
	close(self->mbox);
	self->mbox = -1;
	EXPECT_EQ(-EPIPE, post_number(fd, 1));
	EXPECT_EQ(-EPIPE, call_number(copy, 1, &answer));
	EXPECT_EQ(-EPIPE, watch_fd(fd, self->home, 1));
	ASSERT_EQ(1, poll(&p, 1, 0));
	EXPECT_EQ(POLLERR | POLLHUP, p.revents);
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(IPCX_STAT_DEAD, stat.state);
	EXPECT_TRUE(is_empty(fd));
	close(fd);
	close(copy);
}

TEST_F(grant, group_dies)
{
	int fd = grant(self->group, IPCX_OPEN_SUBSCRIBE | IPCX_OPEN_WRITE);

	ASSERT_LE(0, fd);
	close(self->group);
	self->group = -1;
	EXPECT_EQ(-EPIPE, subscribe(fd, self->home));
	EXPECT_EQ(-EPIPE, post_number(fd, 1));
	close(fd);
}

/* ---- passed on ---- */

/* UID_B, whom no mode lets in, has what it was given. */
struct holder {
	env_t *env;
	int sock;		/* it comes by this, */
	int mbox;		/* or by this */
	bool go;
};

static bool may_go(void *arg)
{
	return ((struct holder *)arg)->go;
}

static int use_what_comes(void *arg)
{
	struct holder *h = arg;
	__u64 answer = 0;
	int fd;

	close(h->env->mbox);
	MUST_BE(0, become(UID_B));
	fd = h->sock >= 0 ? take_fd(h->sock) : recv_file(h->mbox);
	MUST(fd >= 0);
	MUST_BE(-ENOENT, open_port(port_of(fd), 0));
	MUST_BE(1, post_number(fd, 17));
	MUST_BE(0, call_number(fd, QUESTION, &answer));
	MUST_BE(ANSWER, answer);
	/* Whatever becomes of the mode. */
	MUST_BE(0, wait_until(may_go, h));
	MUST_BE(1, post_number(fd, 18));
	MUST_BE(-EBADF, take_number(fd, &answer));
	return 0;
}

static void serve_holder(struct __test_metadata *_metadata, env_t *env, struct holder *h,
			 pid_t pid)
{
	struct ipcx_mbox_recv mail;
	__u64 number;

	ASSERT_EQ(1, recv_mail(env->mbox, &number, 8, &mail, 0));
	EXPECT_EQ(17, number);
	EXPECT_EQ(UID_B, mail.uid);
	EXPECT_EQ(pid, mail.pid);
	ASSERT_EQ(1, recv_mail(env->mbox, &number, 8, &mail, 0));
	EXPECT_EQ(QUESTION, number);
	ASSERT_EQ(0, reply_number(env->mbox, mail.token, ANSWER));
	ASSERT_EQ(0, fchmod(env->mbox, 0));
	h->go = true;
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(1, take_number(env->mbox, &number));
	EXPECT_EQ(18, number);
}

static struct holder *new_holder(env_t *env, int sock, int mbox)
{
	struct holder *h = shared_memory(sizeof(*h));

	*h = (struct holder){ .env = env, .sock = sock, .mbox = mbox };
	return h;
}

TEST_F(grant, by_socket)
{
	int socks[2], fd = grant(self->mbox, IPCX_OPEN_WRITE);
	struct holder *h;
	pid_t pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, socks));
	h = new_holder(self, socks[1], -1);
	ASSERT_EQ(0, pass_fd(socks[0], fd));
	close(fd);
	pid = spawn(use_what_comes, h);
	serve_holder(_metadata, self, h, pid);
	close_all(socks, 2);
	EXPECT_EQ(1, handles(self->mbox));
}

TEST_F(grant, by_message)
{
	__u64 port;
	int mbox = files_mbox(&port), to = open_port(port, 0);
	int fd = grant(self->mbox, IPCX_OPEN_WRITE);
	struct holder *h = new_holder(self, -1, mbox);
	pid_t pid;

	ASSERT_EQ(1, post_file(to, fd));
	close(fd);
	pid = spawn(use_what_comes, h);
	serve_holder(_metadata, self, h, pid);
	close(to);
	close(mbox);
	EXPECT_EQ(1, handles(self->mbox));
}

static int grant_and_end(void *arg)
{
	struct holder *h = arg;
	int fd = grant(h->env->mbox, IPCX_OPEN_WRITE);

	return -pass_fd(h->sock, fd);
}

/* It is the mailbox's, not its maker's. */
TEST_F(grant, maker_has_ended)
{
	struct holder *h;
	int socks[2], fd;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, socks));
	h = new_holder(self, socks[0], -1);
	ASSERT_EQ(0, in_child(grant_and_end, h));
	fd = take_fd(socks[1]);
	ASSERT_LE(0, fd);
	EXPECT_EQ(1, post_number(fd, 1));
	EXPECT_EQ(1, drain_mail(self->mbox));
	close(fd);
	close_all(socks, 2);
}

TEST_F(grant, many)
{
	int fds[500], i;

	for (i = 0; i < 500; i++) {
		fds[i] = grant(self->mbox, IPCX_OPEN_WRITE);
		ASSERT_LE(0, fds[i]);
	}
	EXPECT_EQ(501, handles(self->mbox));
	for (i = 0; i < 500; i++) {
		ASSERT_EQ(1, post_number(fds[i], i));
		close(fds[i]);
	}
	EXPECT_EQ(500, drain_mail(self->mbox));
	EXPECT_EQ(1, handles(self->mbox));
}

TEST_HARNESS_MAIN
