// SPDX-License-Identifier: LGPL-2.1-or-later
/* libipcx on the device: mailboxes, their senders, calls and replies. */
#include "common.h"

#include <ipcx/ipcx.h>
#include <poll.h>
#include <pthread.h>

FIXTURE(mbox) {
	struct ipcx_dev *dev;
	struct ipcx_mbox *m;	/* right to receive */
	struct ipcx_mbox *to;	/* right to send */
	char name[UNIQUE_NAME_SIZE];
};

FIXTURE_SETUP(mbox)
{
	unique_name(self->name, "lib");
	ASSERT_EQ(0, ipcx_dev_open(&self->dev, NULL));
	ASSERT_EQ(0, ipcx_mbox_create(&self->m, self->dev, self->name, 0, NULL));
	ASSERT_EQ(0, ipcx_mbox_open(&self->to, self->dev, self->name, 0));
}

FIXTURE_TEARDOWN(mbox)
{
	ipcx_mbox_close(self->to);
	ipcx_mbox_close(self->m);
	ipcx_dev_close(self->dev);
}

static int small_box(struct ipcx_mbox **m, const struct ipcx_dev *dev, unsigned int max_msgs)
{
	IPCX_OPTS(ipcx_mbox_opts, opts);

	opts.max_msgs = max_msgs;
	return ipcx_mbox_create(m, dev, NULL, IPCX_OPEN_WRITE, &opts);
}

static int send_cookie(const struct ipcx_mbox *m, uint64_t cookie,
		       const struct ipcx_mbox_send_opts *opts)
{
	struct ipcx_mbox_msg msg;

	ipcx_mbox_msg_init(&msg, &cookie, sizeof(cookie), 0, cookie);
	return ipcx_mbox_send_msgs(m, &msg, 1, opts);
}

static unsigned long long depth(const struct ipcx_mbox *m)
{
	return get_depth(ipcx_mbox_fd(m));
}

/* ---- handles ---- */

TEST_F(mbox, create_options)
{
	IPCX_OPTS(ipcx_mbox_opts, opts);
	struct ipcx_mbox *m;
	struct ipcx_stat st;

	umask(0);
	opts.mode = 0640;
	opts.flags = IPCX_MBOX_ADDRESSABLE;
	opts.max_msgs = 3;
	opts.max_msg_size = 100;
	opts.max_bytes = 250;
	ASSERT_EQ(0, ipcx_mbox_create(&m, self->dev, NULL, 0, &opts));
	ASSERT_EQ(0, ipcx_mbox_stat(m, &st));
	EXPECT_EQ(IPCX_KIND_MBOX, st.kind);
	EXPECT_EQ(0640, st.mode);
	EXPECT_EQ(3, st.max_msgs);
	EXPECT_EQ(100, st.max_msg_size);
	EXPECT_EQ(250, st.max_bytes);
	EXPECT_EQ(ipcx_mbox_port(m), st.id);
	EXPECT_EQ(0, st.state & IPCX_STAT_NAMED);
	EXPECT_EQ(FD_CLOEXEC, fcntl(ipcx_mbox_fd(m), F_GETFD));
	ipcx_mbox_close(m);

	ASSERT_EQ(0, ipcx_mbox_stat(self->m, &st));
	EXPECT_EQ(0600, st.mode);
	EXPECT_STREQ(self->name, st.name);
}

TEST_F(mbox, create_errors)
{
	IPCX_OPTS(ipcx_mbox_opts, opts);
	struct ipcx_mbox *m = self->m;
	char name[UNIQUE_NAME_SIZE];
	struct ipcx_queue *q;

	EXPECT_EQ(-EBUSY, ipcx_mbox_create(&m, self->dev, self->name, 0, NULL));
	EXPECT_EQ(NULL, m);
	EXPECT_EQ(-EEXIST, ipcx_mbox_create(&m, self->dev, self->name, IPCX_OPEN_EXCL, NULL));
	EXPECT_EQ(-EINVAL, ipcx_mbox_create(&m, self->dev, NULL, IPCX_OPEN_EXCL, NULL));
	EXPECT_EQ(-EINVAL, ipcx_mbox_create(&m, self->dev, "no-slash", 0, NULL));
	opts.flags = ~IPCX_MBOX_ADDRESSABLE;
	EXPECT_EQ(-EINVAL, ipcx_mbox_create(&m, self->dev, NULL, 0, &opts));
	opts.sz--;
	EXPECT_EQ(-EINVAL, ipcx_mbox_create(&m, self->dev, NULL, 0, &opts));

	unique_name(name, "queue");
	ASSERT_EQ(0, ipcx_queue_open(&q, self->dev, name, CREATE_RW, NULL));
	EXPECT_EQ(-EPROTOTYPE, ipcx_mbox_create(&m, self->dev, name, 0, NULL));
	EXPECT_EQ(-EPROTOTYPE, ipcx_mbox_open(&m, self->dev, name, 0));
	EXPECT_EQ(-ENOENT, ipcx_mbox_open_port(&m, self->dev, ipcx_queue_id(q), 0));
	EXPECT_EQ(0, ipcx_dev_unlink(self->dev, name));
	ipcx_queue_close(q);
}

TEST_F(mbox, open_errors)
{
	struct ipcx_mbox *m = self->m;

	EXPECT_EQ(-ENOENT, ipcx_mbox_open(&m, self->dev, "/not-there", 0));
	EXPECT_EQ(NULL, m);
	EXPECT_EQ(-EINVAL, ipcx_mbox_open(&m, self->dev, self->name, IPCX_OPEN_CREATE));
	EXPECT_EQ(-EINVAL, ipcx_mbox_open(&m, self->dev, NULL, 0));
	EXPECT_EQ(-ENOENT, ipcx_mbox_open_port(&m, self->dev, 1ULL << 60, 0));
	EXPECT_EQ(-EINVAL, ipcx_mbox_open_port(&m, self->dev, ipcx_mbox_port(self->m),
					       IPCX_OPEN_READ));
}

/* Without a name, only the mailbox that says so can be found by its port. */
TEST_F(mbox, ports)
{
	IPCX_OPTS(ipcx_mbox_opts, opts);
	struct ipcx_mbox *m, *to;

	ASSERT_EQ(0, ipcx_mbox_create(&m, self->dev, NULL, 0, NULL));
	EXPECT_EQ(-ENOENT, ipcx_mbox_open_port(&to, self->dev, ipcx_mbox_port(m), 0));
	ipcx_mbox_close(m);

	opts.flags = IPCX_MBOX_ADDRESSABLE;
	ASSERT_EQ(0, ipcx_mbox_create(&m, self->dev, NULL, 0, &opts));
	ASSERT_EQ(0, ipcx_mbox_open_port(&to, self->dev, ipcx_mbox_port(m), 0));
	EXPECT_EQ(ipcx_mbox_port(m), ipcx_mbox_port(to));
	EXPECT_EQ(0, ipcx_mbox_send(to, "x", 1));
	EXPECT_EQ(1, depth(m));
	ipcx_mbox_close(to);
	ipcx_mbox_close(m);
}

TEST_F(mbox, from_fd)
{
	struct ipcx_queue *q;
	struct ipcx_mbox *m;
	int fd;

	fd = dup(ipcx_mbox_fd(self->to));
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ipcx_mbox_from_fd(&m, fd));
	EXPECT_EQ(fd, ipcx_mbox_fd(m));
	EXPECT_EQ(ipcx_mbox_port(self->m), ipcx_mbox_port(m));
	EXPECT_EQ(0, ipcx_mbox_send(m, "x", 1));
	EXPECT_EQ(1, depth(self->m));
	ipcx_mbox_close(m);
	EXPECT_EQ(-EBADF, ipcx_mbox_from_fd(&m, fd));

	/* After an error the fd is still the caller's. */
	EXPECT_EQ(-ENOTTY, ipcx_mbox_from_fd(&m, ipcx_dev_fd(self->dev)));
	EXPECT_EQ(NULL, m);
	EXPECT_EQ(-EPROTOTYPE, ipcx_queue_from_fd(&q, ipcx_mbox_fd(self->m)));
	fd = new_queue(RW, NULL);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EPROTOTYPE, ipcx_mbox_from_fd(&m, fd));
	EXPECT_EQ(0, close(fd));
}

TEST_F(mbox, rights)
{
	struct ipcx_mbox_recv room;
	struct ipcx_mbox *both;
	char buf[8];

	EXPECT_EQ(-EBADF, ipcx_mbox_send(self->m, "x", 1));
	EXPECT_EQ(-EBADF, ipcx_mbox_call(self->m, "x", 1, buf, sizeof(buf)));
	EXPECT_EQ(-EBADF, ipcx_mbox_recv(self->to, buf, sizeof(buf), NULL));
	EXPECT_EQ(-EBADF, ipcx_mbox_reply(self->to, 1, "x", 1));
	EXPECT_EQ(-EBADF, ipcx_mbox_discard(self->to, 1));
	ipcx_mbox_recv_init(&room, buf, sizeof(buf));
	EXPECT_EQ(-EBADF, ipcx_mbox_reply_recv(self->to, 7, NULL, &room, NULL));
	EXPECT_EQ(7, room.token);

	ASSERT_EQ(0, ipcx_mbox_create(&both, self->dev, NULL, IPCX_OPEN_WRITE, NULL));
	EXPECT_EQ(0, ipcx_mbox_send(both, "x", 1));
	EXPECT_EQ(1, ipcx_mbox_recv(both, buf, sizeof(buf), NULL));
	ipcx_mbox_close(both);
}

/* What IPCX_OPTS() would be in a program of another time. */
TEST_F(mbox, options_of_other_sizes)
{
	struct {
		struct ipcx_mbox_send_opts known;
		uint64_t unknown;
	} opts = { .known = { .sz = sizeof(opts), .from = self->m } };
	struct ipcx_mbox_recv mail;
	char buf[8];

	EXPECT_EQ(1, send_cookie(self->to, 1, &opts.known));
	EXPECT_EQ(8, ipcx_mbox_recv(self->m, buf, sizeof(buf), &mail));
	EXPECT_EQ(ipcx_mbox_port(self->m), mail.sender);
	opts.unknown = 1;
	EXPECT_EQ(-E2BIG, send_cookie(self->to, 1, &opts.known));
	opts.known.sz = sizeof(opts.known) - 1;
	EXPECT_EQ(-EINVAL, send_cookie(self->to, 1, &opts.known));
	EXPECT_EQ(0, depth(self->m));
}

TEST_F(mbox, reply_options_of_other_sizes)
{
	struct {
		struct ipcx_recv_opts known;
		uint64_t unknown;
	} opts = { .known = { .sz = sizeof(opts), .flags = IPCX_XFER_NONBLOCK } };
	struct ipcx_mbox_recv next;
	char buf[8];

	ipcx_mbox_recv_init(&next, buf, sizeof(buf));
	EXPECT_EQ(-EAGAIN, ipcx_mbox_reply_recv(self->m, 0, NULL, &next, &opts.known));
	opts.unknown = 1;
	EXPECT_EQ(-E2BIG, ipcx_mbox_reply_recv(self->m, 9, NULL, &next, &opts.known));
	EXPECT_EQ(9, next.token);
	opts.known.sz = sizeof(opts.known);
	opts.known.reserved = 1;
	EXPECT_EQ(-EINVAL, ipcx_mbox_reply_recv(self->m, 0, NULL, &next, &opts.known));
	opts.known.reserved = 0;
	opts.known.flags |= IPCX_RECV_PEEK;
	EXPECT_EQ(-EINVAL, ipcx_mbox_reply_recv(self->m, 0, NULL, &next, &opts.known));
}

/* ---- sending and receiving ---- */

TEST_F(mbox, sender)
{
	IPCX_OPTS(ipcx_mbox_send_opts, opts);
	struct ipcx_mbox_recv mail;
	struct ipcx_mbox *own;
	uint64_t cookie;

	memset(&mail, 0xff, sizeof(mail));
	ASSERT_EQ(0, ipcx_mbox_send(self->to, "hello", 5));
	ASSERT_EQ(5, ipcx_mbox_recv(self->m, &cookie, sizeof(cookie), &mail));
	EXPECT_EQ(0, memcmp(&cookie, "hello", 5));
	EXPECT_EQ(5, mail.len);
	EXPECT_EQ(0, mail.flags);
	EXPECT_EQ(0, mail.priority);
	EXPECT_EQ(0, mail.type);
	EXPECT_EQ(0, mail.cookie);
	EXPECT_EQ(0, mail.sender);
	EXPECT_EQ(0, mail.token);
	EXPECT_EQ(getpid(), mail.pid);
	EXPECT_EQ(gettid(), mail.tid);
	EXPECT_EQ(geteuid(), mail.uid);
	EXPECT_EQ(getegid(), mail.gid);

	ASSERT_EQ(0, ipcx_mbox_create(&own, self->dev, NULL, 0, NULL));
	opts.from = own;
	ASSERT_EQ(1, send_cookie(self->to, 77, &opts));
	ASSERT_EQ(8, ipcx_mbox_recv(self->m, &cookie, sizeof(cookie), &mail));
	EXPECT_EQ(ipcx_mbox_port(own), mail.sender);
	EXPECT_EQ(77, mail.cookie);
	ipcx_mbox_close(own);
	/* A right to send is nobody's address. */
	opts.from = self->to;
	EXPECT_EQ(-EBADF, send_cookie(self->to, 77, &opts));
}

TEST_F(mbox, send_without_opening)
{
	IPCX_OPTS(ipcx_mbox_send_opts, opts);
	uint64_t port = ipcx_mbox_port(self->m);
	struct ipcx_mbox_recv mail;
	struct ipcx_mbox_msg msg;

	ipcx_mbox_msg_init(&msg, NULL, 0, 1, 2);
	opts.from = self->m;
	ASSERT_EQ(1, ipcx_mbox_send_to_port(self->dev, port, &msg, 1, &opts));
	ASSERT_EQ(0, ipcx_mbox_recv(self->m, NULL, 0, &mail));
	EXPECT_EQ(1, mail.type);
	EXPECT_EQ(2, mail.cookie);
	EXPECT_EQ(port, mail.sender);
	ASSERT_EQ(1, ipcx_mbox_send_to_name(self->dev, self->name, &msg, 1, NULL));
	ASSERT_EQ(0, ipcx_mbox_recv(self->m, NULL, 0, &mail));
	EXPECT_EQ(0, mail.sender);

	EXPECT_EQ(-ENOENT, ipcx_mbox_send_to_port(self->dev, 1ULL << 60, &msg, 1, NULL));
	EXPECT_EQ(-ENOENT, ipcx_mbox_send_to_name(self->dev, "/not-there", &msg, 1, NULL));
	EXPECT_EQ(-EINVAL, ipcx_mbox_send_to_name(self->dev, "no-slash", &msg, 1, NULL));
	/* Where it goes is the function's to say. */
	opts.flags = IPCX_TO_NAME;
	EXPECT_EQ(-EINVAL, ipcx_mbox_send_to_port(self->dev, port, &msg, 1, &opts));
	EXPECT_EQ(-EINVAL, ipcx_mbox_send_msgs(self->to, &msg, 1, &opts));
	EXPECT_EQ(0, depth(self->m));
}

TEST_F(mbox, batch)
{
	struct ipcx_mbox_recv mails[4];
	struct ipcx_mbox_msg msgs[4];
	uint64_t in[3] = { 10, 20, 30 }, out[4] = { 0 };
	int i;

	for (i = 0; i < 3; i++) {
		ipcx_mbox_msg_init(&msgs[i], &in[i], sizeof(in[i]), i, i + 100);
		msgs[i].priority = i;
	}
	ASSERT_EQ(3, ipcx_mbox_send_msgs(self->to, msgs, 3, NULL));
	for (i = 0; i < 4; i++)
		ipcx_mbox_recv_init(&mails[i], &out[i], sizeof(out[i]));
	ASSERT_EQ(3, ipcx_mbox_recv_msgs(self->m, mails, 4, NULL));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(in[2 - i], out[i]);
		EXPECT_EQ(sizeof(out[i]), mails[i].len);
		EXPECT_EQ(2 - i, mails[i].type);
		EXPECT_EQ(2 - i, mails[i].priority);
		EXPECT_EQ(102 - i, mails[i].cookie);
		EXPECT_EQ(getpid(), mails[i].pid);
	}
	EXPECT_EQ(-EINVAL, ipcx_mbox_send_msgs(self->to, msgs, 0, NULL));
	EXPECT_EQ(-EINVAL, ipcx_mbox_recv_msgs(self->m, mails, IPCX_COUNT_MAX + 1, NULL));
	msgs[0].priority = IPCX_PRIO_MAX + 1;
	EXPECT_EQ(-EINVAL, ipcx_mbox_send_msgs(self->to, msgs, 1, NULL));
}

TEST_F(mbox, scattered)
{
	struct ipcx_iovec from[2] = {
		{ .base = addr("hello "), .len = 6 },
		{ .base = addr("world"), .len = 5 },
	};
	struct ipcx_mbox_recv mail;
	struct ipcx_mbox_msg msg;
	char head[4], tail[16];
	struct ipcx_iovec to[2] = {
		{ .base = addr(head), .len = sizeof(head) },
		{ .base = addr(tail), .len = sizeof(tail) },
	};

	ipcx_mbox_msg_init_iov(&msg, from, 2, 3, 4);
	ASSERT_EQ(1, ipcx_mbox_send_msgs(self->to, &msg, 1, NULL));
	ipcx_mbox_recv_init_iov(&mail, to, 2);
	ASSERT_EQ(1, ipcx_mbox_recv_msgs(self->m, &mail, 1, NULL));
	EXPECT_EQ(11, mail.len);
	EXPECT_EQ(3, mail.type);
	EXPECT_EQ(4, mail.cookie);
	EXPECT_EQ(0, memcmp(head, "hell", 4));
	EXPECT_EQ(0, memcmp(tail, "o world", 7));
}

TEST_F(mbox, choosing)
{
	IPCX_OPTS(ipcx_mbox_send_opts, own);
	IPCX_OPTS(ipcx_recv_opts, opts);
	struct ipcx_mbox_recv mail;
	uint64_t cookie;

	own.from = self->m;
	ASSERT_EQ(1, send_cookie(self->to, 1, NULL));
	ASSERT_EQ(1, send_cookie(self->to, 2, &own));
	ASSERT_EQ(1, send_cookie(self->to, 3, NULL));
	opts.flags = IPCX_XFER_NONBLOCK;
	opts.match = IPCX_MATCH_COOKIE;
	opts.match_arg = 3;
	ipcx_mbox_recv_init(&mail, &cookie, sizeof(cookie));
	ASSERT_EQ(1, ipcx_mbox_recv_msgs(self->m, &mail, 1, &opts));
	EXPECT_EQ(3, cookie);
	opts.match = IPCX_MATCH_SENDER;
	opts.match_arg = ipcx_mbox_port(self->m);
	ipcx_mbox_recv_init(&mail, &cookie, sizeof(cookie));
	ASSERT_EQ(1, ipcx_mbox_recv_msgs(self->m, &mail, 1, &opts));
	EXPECT_EQ(2, cookie);
	ipcx_mbox_recv_init(&mail, &cookie, sizeof(cookie));
	EXPECT_EQ(-EAGAIN, ipcx_mbox_recv_msgs(self->m, &mail, 1, &opts));
	EXPECT_EQ(1, depth(self->m));
}

TEST_F(mbox, too_little_room)
{
	IPCX_OPTS(ipcx_recv_opts, opts);
	struct ipcx_mbox_recv mail;
	char buf[4];

	ASSERT_EQ(0, ipcx_mbox_send(self->to, "hello", 5));
	EXPECT_EQ(-EMSGSIZE, ipcx_mbox_recv(self->m, buf, sizeof(buf), &mail));
	EXPECT_EQ(5, mail.len);
	opts.flags = IPCX_RECV_PEEK | IPCX_RECV_TRUNC;
	ipcx_mbox_recv_init(&mail, buf, sizeof(buf));
	ASSERT_EQ(1, ipcx_mbox_recv_msgs(self->m, &mail, 1, &opts));
	EXPECT_EQ(5, mail.len);
	EXPECT_EQ(IPCX_MSG_TRUNC, mail.flags);
	EXPECT_EQ(0, memcmp(buf, "hell", 4));
	EXPECT_EQ(1, depth(self->m));
}

TEST_F(mbox, waiting)
{
	IPCX_OPTS(ipcx_mbox_send_opts, opts);
	struct ipcx_mbox *m, *to;
	char buf[8];

	ASSERT_EQ(0, small_box(&m, self->dev, 1));
	ASSERT_EQ(1, send_cookie(m, 1, NULL));
	opts.flags = IPCX_XFER_NONBLOCK;
	EXPECT_EQ(-EAGAIN, send_cookie(m, 2, &opts));
	opts.flags = IPCX_XFER_DEADLINE;
	opts.clock = CLOCK_MONOTONIC;
	opts.deadline_ns = ipcx_deadline_after(CLOCK_MONOTONIC, 20 * NSEC_PER_MSEC);
	EXPECT_EQ(-ETIMEDOUT, send_cookie(m, 2, &opts));
	EXPECT_LE(opts.deadline_ns, now_ns(CLOCK_MONOTONIC));
	ipcx_mbox_close(m);

	ASSERT_EQ(0, ipcx_mbox_create(&m, self->dev, NULL, IPCX_OPEN_NONBLOCK, NULL));
	EXPECT_EQ(-EAGAIN, ipcx_mbox_recv(m, buf, sizeof(buf), NULL));
	ipcx_mbox_close(m);
	ASSERT_EQ(0, ipcx_mbox_open(&to, self->dev, self->name, IPCX_OPEN_NONBLOCK));
	EXPECT_EQ(O_NONBLOCK, fcntl(ipcx_mbox_fd(to), F_GETFL) & O_NONBLOCK);
	ipcx_mbox_close(to);
	ASSERT_EQ(0, ipcx_mbox_open_port(&to, self->dev, ipcx_mbox_port(self->m),
					 IPCX_OPEN_NONBLOCK));
	EXPECT_EQ(O_NONBLOCK, fcntl(ipcx_mbox_fd(to), F_GETFL) & O_NONBLOCK);
	ipcx_mbox_close(to);
}

static void *receive_one(void *m)
{
	uint64_t number;

	return ipcx_mbox_recv(m, &number, sizeof(number), NULL) == sizeof(number) ? m : NULL;
}

/* Nobody receives: the message is taken back. Somebody does: sent. */
TEST_F(mbox, synchronous)
{
	IPCX_OPTS(ipcx_mbox_send_opts, opts);
	pthread_t thread;
	void *result;

	opts.flags = IPCX_POST_SYNC | IPCX_XFER_DEADLINE;
	opts.clock = CLOCK_MONOTONIC;
	opts.deadline_ns = ipcx_deadline_after(CLOCK_MONOTONIC, 20 * NSEC_PER_MSEC);
	EXPECT_EQ(-ETIMEDOUT, send_cookie(self->to, 1, &opts));
	EXPECT_EQ(0, depth(self->m));

	ASSERT_EQ(0, pthread_create(&thread, NULL, receive_one, self->m));
	opts = (struct ipcx_mbox_send_opts){ .sz = sizeof(opts), .flags = IPCX_POST_SYNC };
	EXPECT_EQ(1, send_cookie(self->to, 2, &opts));
	ASSERT_EQ(0, pthread_join(thread, &result));
	EXPECT_EQ(self->m, result);
}

TEST_F(mbox, poll_on_the_fd)
{
	struct pollfd pfds[2] = {
		{ .fd = ipcx_mbox_fd(self->m), .events = POLLIN },
		{ .fd = ipcx_mbox_fd(self->to), .events = POLLOUT },
	};

	EXPECT_EQ(1, poll(pfds, 2, 0));
	EXPECT_EQ(POLLOUT, pfds[1].revents);
	ASSERT_EQ(0, ipcx_mbox_send(self->to, "x", 1));
	EXPECT_EQ(2, poll(pfds, 2, 1000));
	EXPECT_EQ(POLLIN, pfds[0].revents);
}

TEST_F(mbox, death)
{
	struct ipcx_mbox *m;
	struct ipcx_stat st;
	char buf[8];

	ASSERT_EQ(0, ipcx_mbox_send(self->to, "x", 1));
	ipcx_mbox_close(self->m);
	self->m = NULL;
	EXPECT_EQ(-EPIPE, ipcx_mbox_send(self->to, "x", 1));
	EXPECT_EQ(-EPIPE, ipcx_mbox_call(self->to, "x", 1, buf, sizeof(buf)));
	ASSERT_EQ(0, ipcx_mbox_stat(self->to, &st));
	EXPECT_EQ(IPCX_STAT_DEAD, st.state);
	EXPECT_EQ(-ENOENT, ipcx_mbox_open(&m, self->dev, self->name, 0));
	EXPECT_EQ(-ENOENT, ipcx_mbox_open_port(&m, self->dev, ipcx_mbox_port(self->to), 0));
	/* The name is free for another. */
	EXPECT_EQ(0, ipcx_mbox_create(&self->m, self->dev, self->name, IPCX_OPEN_EXCL, NULL));
}

/* ---- calls ---- */

/* A call by a thread of its own. */
struct caller {
	pthread_t thread;
	const struct ipcx_mbox *m;
	struct ipcx_mbox_send_opts opts;
	size_t room;
	int ret;
	struct ipcx_mbox_recv reply;
	uint64_t answer;
};

#define QUESTION 41

static void *call_thread(void *arg)
{
	struct caller *c = arg;
	uint64_t question = QUESTION;
	struct ipcx_mbox_msg msg;

	ipcx_mbox_msg_init(&msg, &question, sizeof(question), 5, 6);
	ipcx_mbox_recv_init(&c->reply, &c->answer, c->room);
	c->ret = ipcx_mbox_call_msg(c->m, &msg, &c->reply, &c->opts);
	return NULL;
}

static int start_call(struct caller *c, const struct ipcx_mbox *to, size_t room)
{
	memset(c, 0, sizeof(*c));
	c->m = to;
	c->room = room;
	c->opts.sz = sizeof(c->opts);
	return -pthread_create(&c->thread, NULL, call_thread, c);
}

static int end_call(struct caller *c)
{
	pthread_join(c->thread, NULL);
	return c->ret;
}

/* Token of the call that comes next. */
static uint64_t take_call(const struct ipcx_mbox *m)
{
	struct ipcx_mbox_recv mail;
	uint64_t question;

	if (ipcx_mbox_recv(m, &question, sizeof(question), &mail) != sizeof(question))
		return 0;
	return question == QUESTION ? mail.token : 0;
}

TEST_F(mbox, call_and_reply)
{
	uint64_t answer = 42, token;
	struct ipcx_mbox_msg reply;
	struct caller c;

	ASSERT_EQ(0, start_call(&c, self->to, sizeof(c.answer)));
	token = take_call(self->m);
	EXPECT_NE(0, token);
	EXPECT_EQ(0, ipcx_mbox_reply(self->m, token, &answer, sizeof(answer)));
	EXPECT_EQ(0, end_call(&c));
	EXPECT_EQ(42, c.answer);
	EXPECT_EQ(sizeof(answer), c.reply.len);
	EXPECT_EQ(0, c.reply.type);
	EXPECT_EQ(6, c.reply.cookie);
	EXPECT_EQ(0, c.reply.token);
	EXPECT_EQ(ipcx_mbox_port(self->m), c.reply.sender);
	EXPECT_EQ(getpid(), c.reply.pid);

	ASSERT_EQ(0, start_call(&c, self->to, sizeof(c.answer)));
	token = take_call(self->m);
	ipcx_mbox_msg_init(&reply, &answer, 4, 7, 8);
	reply.priority = 9;
	EXPECT_EQ(0, ipcx_mbox_reply_msg(self->m, token, &reply));
	EXPECT_EQ(0, end_call(&c));
	EXPECT_EQ(4, c.reply.len);
	EXPECT_EQ(7, c.reply.type);
	EXPECT_EQ(8, c.reply.cookie);
	EXPECT_EQ(9, c.reply.priority);
}

/* Answers calls with the number plus one, until it is asked about 0. */
static void *serve(void *m)
{
	struct ipcx_mbox_recv mail = { 0 };
	uint64_t number = 1;
	struct ipcx_mbox_msg reply;
	int ret;

	while (number) {
		number++;
		ipcx_mbox_msg_init(&reply, &number, sizeof(number), 0, 0);
		ipcx_mbox_recv_init(&mail, &number, sizeof(number));
		ret = ipcx_mbox_reply_recv(m, mail.token, &reply, &mail, NULL);
		if (ret || mail.len != sizeof(number) || !mail.token)
			return NULL;
	}
	return ipcx_mbox_reply(m, mail.token, NULL, 0) ? NULL : m;
}

TEST_F(mbox, call_in_each_way)
{
	uint64_t number = 1, answer = 0;
	struct ipcx_mbox_recv reply;
	struct ipcx_mbox_msg msg;
	pthread_t thread;
	void *result;

	ASSERT_EQ(0, pthread_create(&thread, NULL, serve, self->m));
	EXPECT_EQ(sizeof(answer), ipcx_mbox_call(self->to, &number, sizeof(number), &answer,
						 sizeof(answer)));
	EXPECT_EQ(2, answer);
	ipcx_mbox_msg_init(&msg, &number, sizeof(number), 0, 3);
	number = 2;
	ipcx_mbox_recv_init(&reply, &answer, sizeof(answer));
	EXPECT_EQ(0, ipcx_mbox_call_port(self->dev, ipcx_mbox_port(self->m), &msg, &reply, NULL));
	EXPECT_EQ(3, answer);
	number = 3;
	ipcx_mbox_recv_init(&reply, &answer, sizeof(answer));
	EXPECT_EQ(0, ipcx_mbox_call_name(self->dev, self->name, &msg, &reply, NULL));
	EXPECT_EQ(4, answer);
	EXPECT_EQ(3, reply.cookie);

	ipcx_mbox_recv_init(&reply, &answer, sizeof(answer));
	EXPECT_EQ(-ENOENT, ipcx_mbox_call_port(self->dev, 1ULL << 60, &msg, &reply, NULL));
	EXPECT_EQ(-ENOENT, ipcx_mbox_call_name(self->dev, "/not-there", &msg, &reply, NULL));
	EXPECT_EQ(sizeof(answer), reply.len);
	number = 0;
	EXPECT_EQ(0, ipcx_mbox_call(self->to, &number, sizeof(number), NULL, 0));
	ASSERT_EQ(0, pthread_join(thread, &result));
	EXPECT_EQ(self->m, result);
}

TEST_F(mbox, call_deadline)
{
	IPCX_OPTS(ipcx_mbox_send_opts, opts);
	struct ipcx_mbox_recv reply;
	struct ipcx_mbox_msg msg;

	opts.flags = IPCX_XFER_DEADLINE;
	opts.clock = CLOCK_BOOTTIME;
	opts.deadline_ns = ipcx_deadline_after(CLOCK_BOOTTIME, 20 * NSEC_PER_MSEC);
	ipcx_mbox_msg_init(&msg, NULL, 0, 0, 0);
	ipcx_mbox_recv_init(&reply, NULL, 0);
	EXPECT_EQ(-ETIMEDOUT, ipcx_mbox_call_msg(self->to, &msg, &reply, &opts));
	EXPECT_EQ(0, depth(self->m));
	opts.flags |= IPCX_POST_SYNC;
	EXPECT_EQ(-EINVAL, ipcx_mbox_call_msg(self->to, &msg, &reply, &opts));
	opts.sz--;
	EXPECT_EQ(-EINVAL, ipcx_mbox_call_msg(self->to, &msg, &reply, &opts));
}

TEST_F(mbox, discarded)
{
	struct caller c;

	ASSERT_EQ(0, start_call(&c, self->to, sizeof(c.answer)));
	EXPECT_EQ(0, ipcx_mbox_discard(self->m, take_call(self->m)));
	EXPECT_EQ(-EPIPE, end_call(&c));

	/* Received, and never answered. */
	ASSERT_EQ(0, start_call(&c, self->to, sizeof(c.answer)));
	EXPECT_NE(0, take_call(self->m));
	ipcx_mbox_close(self->m);
	self->m = NULL;
	EXPECT_EQ(-EPIPE, end_call(&c));
	/* What is unchanged after an error: */
	EXPECT_EQ(sizeof(c.answer), c.reply.len);
}

TEST_F(mbox, reply_errors)
{
	uint64_t answer[2] = { 1, 2 }, token;
	struct ipcx_mbox_msg reply;
	struct caller c;

	EXPECT_EQ(-EINVAL, ipcx_mbox_reply(self->m, 0, NULL, 0));
	EXPECT_EQ(-EINVAL, ipcx_mbox_discard(self->m, 0));
	EXPECT_EQ(-ESTALE, ipcx_mbox_reply(self->m, 12345, NULL, 0));
	EXPECT_EQ(-ESTALE, ipcx_mbox_discard(self->m, 12345));

	ASSERT_EQ(0, start_call(&c, self->to, sizeof(c.answer)));
	token = take_call(self->m);
	/* Each of these leaves the token good. */
	EXPECT_EQ(-EMSGSIZE, ipcx_mbox_reply(self->m, token, answer, sizeof(answer)));
	EXPECT_EQ(-EFAULT, ipcx_mbox_reply(self->m, token, guard_page(), 1));
	ipcx_mbox_msg_init(&reply, answer, 8, 0, 0);
	reply.priority = IPCX_PRIO_MAX + 1;
	EXPECT_EQ(-EINVAL, ipcx_mbox_reply_msg(self->m, token, &reply));
	EXPECT_EQ(0, ipcx_mbox_reply(self->m, token, answer, 8));
	EXPECT_EQ(-ESTALE, ipcx_mbox_reply(self->m, token, answer, 8));
	EXPECT_EQ(0, end_call(&c));
	EXPECT_EQ(1, c.answer);
}

TEST_F(mbox, reply_truncated)
{
	uint64_t answer[2] = { 1, 2 };
	struct caller c;

	memset(&c, 0, sizeof(c));
	c.m = self->to;
	c.room = sizeof(c.answer);
	c.opts.sz = sizeof(c.opts);
	c.opts.flags = IPCX_RECV_TRUNC;
	ASSERT_EQ(0, pthread_create(&c.thread, NULL, call_thread, &c));
	EXPECT_EQ(0, ipcx_mbox_reply(self->m, take_call(self->m), answer, sizeof(answer)));
	EXPECT_EQ(0, end_call(&c));
	EXPECT_EQ(1, c.answer);
	EXPECT_EQ(sizeof(answer), c.reply.len);
	EXPECT_EQ(IPCX_MSG_TRUNC, c.reply.flags);
}

/* A token that a process received is no other's, the child's neither. */
struct stolen {
	const struct ipcx_mbox *m;
	uint64_t token;
};

static int reply_stolen(void *arg)
{
	struct stolen *s = arg;

	MUST_BE(-ESTALE, ipcx_mbox_reply(s->m, s->token, NULL, 0));
	return 0;
}

TEST_F(mbox, token_of_another_process)
{
	struct stolen s = { .m = self->m };
	struct caller c;

	ASSERT_EQ(0, start_call(&c, self->to, sizeof(c.answer)));
	s.token = take_call(self->m);
	EXPECT_EQ(0, in_child(reply_stolen, &s));
	EXPECT_EQ(0, ipcx_mbox_reply(self->m, s.token, NULL, 0));
	EXPECT_EQ(0, end_call(&c));
}

/* ---- reply and receive ---- */

TEST_F(mbox, refused_reply_receives_nothing)
{
	uint64_t answer[2] = { 1, 2 }, token, number = 0;
	struct ipcx_mbox_recv next;
	struct ipcx_mbox_msg reply;
	struct caller c;

	ASSERT_EQ(0, start_call(&c, self->to, sizeof(c.answer)));
	token = take_call(self->m);
	ASSERT_EQ(1, send_cookie(self->to, 3, NULL));
	ipcx_mbox_msg_init(&reply, answer, sizeof(answer), 0, 0);
	ipcx_mbox_recv_init(&next, &number, sizeof(number));
	EXPECT_EQ(-EMSGSIZE, ipcx_mbox_reply_recv(self->m, token, &reply, &next, NULL));
	EXPECT_EQ(token, next.token);
	EXPECT_EQ(0, number);
	EXPECT_EQ(1, depth(self->m));
	/* The same call with less to say. */
	reply.len = sizeof(c.answer);
	ipcx_mbox_recv_init(&next, &number, sizeof(number));
	EXPECT_EQ(0, ipcx_mbox_reply_recv(self->m, next.token, &reply, &next, NULL));
	EXPECT_EQ(0, next.token);
	EXPECT_EQ(3, next.cookie);
	EXPECT_EQ(3, number);
	EXPECT_EQ(0, end_call(&c));
	EXPECT_EQ(1, c.answer);
}

TEST_F(mbox, reply_done_and_nothing_received)
{
	IPCX_OPTS(ipcx_recv_opts, opts);
	struct ipcx_mbox_recv next;
	struct ipcx_mbox_msg reply;
	uint64_t answer = 42, token;
	struct caller c;
	char byte;

	opts.flags = IPCX_XFER_NONBLOCK;
	ipcx_mbox_msg_init(&reply, &answer, sizeof(answer), 0, 0);
	ASSERT_EQ(0, start_call(&c, self->to, sizeof(c.answer)));
	token = take_call(self->m);
	ipcx_mbox_recv_init(&next, &byte, 1);
	EXPECT_EQ(-EAGAIN, ipcx_mbox_reply_recv(self->m, token, &reply, &next, &opts));
	EXPECT_EQ(0, next.token);
	EXPECT_EQ(0, end_call(&c));
	EXPECT_EQ(42, c.answer);

	/* Nobody waits for it any more: nothing is left to do. */
	ipcx_mbox_recv_init(&next, &byte, 1);
	EXPECT_EQ(-ESTALE, ipcx_mbox_reply_recv(self->m, token, &reply, &next, &opts));
	EXPECT_EQ(0, next.token);

	/* It is not the reply that is too large. */
	ASSERT_EQ(0, start_call(&c, self->to, sizeof(c.answer)));
	token = take_call(self->m);
	ASSERT_EQ(1, send_cookie(self->to, 3, NULL));
	ipcx_mbox_recv_init(&next, &byte, 1);
	EXPECT_EQ(-EMSGSIZE, ipcx_mbox_reply_recv(self->m, token, &reply, &next, &opts));
	EXPECT_EQ(0, next.token);
	EXPECT_EQ(sizeof(uint64_t), next.len);
	EXPECT_EQ(0, end_call(&c));
}

TEST_F(mbox, reply_recv_discards_and_chooses)
{
	IPCX_OPTS(ipcx_recv_opts, opts);
	struct ipcx_mbox_recv next;
	uint64_t number;
	struct caller c;

	ASSERT_EQ(0, start_call(&c, self->to, sizeof(c.answer)));
	number = take_call(self->m);
	ASSERT_EQ(1, send_cookie(self->to, 1, NULL));
	ASSERT_EQ(1, send_cookie(self->to, 2, NULL));
	opts.match = IPCX_MATCH_COOKIE;
	opts.match_arg = 2;
	ipcx_mbox_recv_init(&next, &number, sizeof(number));
	EXPECT_EQ(0, ipcx_mbox_reply_recv(self->m, number, NULL, &next, &opts));
	EXPECT_EQ(2, number);
	EXPECT_EQ(-EPIPE, end_call(&c));
}

static volatile sig_atomic_t handled;

static void handle(int sig)
{
	handled = sig;
}

static bool was_handled(void *arg)
{
	(void)arg;
	return handled;
}

/* Waits for the next message with its reply done; a signal meets it there. */
struct waiting {
	struct ipcx_mbox *m;
	uint64_t token, number;
	struct ipcx_mbox_recv next;
	int ret;
};

static void *reply_and_wait(void *arg)
{
	struct waiting *w = arg;
	struct ipcx_mbox_msg reply;
	uint64_t answer = 42;

	ipcx_mbox_msg_init(&reply, &answer, sizeof(answer), 0, 0);
	ipcx_mbox_recv_init(&w->next, &w->number, sizeof(w->number));
	w->ret = ipcx_mbox_reply_recv(w->m, w->token, &reply, &w->next, NULL);
	return NULL;
}

/* How reply_recv ends that got a signal, and then a message. */
static int signal_while_waiting(struct waiting *w, const struct ipcx_mbox *to, int flags)
{
	struct sigaction sa = { .sa_handler = handle, .sa_flags = flags };
	pthread_t thread;
	struct caller c;
	int ret;

	handled = 0;
	sigaction(SIGUSR1, &sa, NULL);
	start_call(&c, to, sizeof(c.answer));
	w->token = take_call(w->m);
	pthread_create(&thread, NULL, reply_and_wait, w);
	ret = end_call(&c);
	if (!ret)
		ret = wait_receivers(ipcx_mbox_fd(w->m), 1);
	pthread_kill(thread, SIGUSR1);
	if (!ret)
		ret = wait_until(was_handled, NULL);
	send_cookie(to, 3, NULL);
	pthread_join(thread, NULL);
	return ret ? ret : w->ret;
}

TEST_F(mbox, reply_recv_and_a_signal)
{
	struct waiting w = { .m = self->m };

	EXPECT_EQ(-EINTR, signal_while_waiting(&w, self->to, 0));
	EXPECT_EQ(0, w.next.token);
	EXPECT_EQ(1, depth(self->m));
	/* The same call again, with what is left of it. */
	w.token = w.next.token;
	reply_and_wait(&w);
	EXPECT_EQ(0, w.ret);
	EXPECT_EQ(3, w.number);
}

TEST_F(mbox, reply_recv_is_restarted)
{
	struct waiting w = { .m = self->m };

	EXPECT_EQ(0, signal_while_waiting(&w, self->to, SA_RESTART));
	EXPECT_EQ(3, w.number);
}

/* ---- one handle, many threads ---- */

#define THREADS 4
#define PER_THREAD 200

static void *ask(void *to)
{
	uint64_t i, answer;

	for (i = 1; i <= PER_THREAD; i++)
		if (ipcx_mbox_call(to, &i, sizeof(i), &answer, sizeof(answer)) !=
		    sizeof(answer) || answer != i + 1)
			return NULL;
	return to;
}

TEST_F(mbox, threads_share_a_handle)
{
	pthread_t callers[THREADS], servers[THREADS];
	uint64_t end = 0;
	void *result;
	int i;

	for (i = 0; i < THREADS; i++) {
		ASSERT_EQ(0, pthread_create(&servers[i], NULL, serve, self->m));
		ASSERT_EQ(0, pthread_create(&callers[i], NULL, ask, self->to));
	}
	for (i = 0; i < THREADS; i++) {
		ASSERT_EQ(0, pthread_join(callers[i], &result));
		EXPECT_EQ(self->to, result);
	}
	for (i = 0; i < THREADS; i++)
		EXPECT_EQ(0, ipcx_mbox_call(self->to, &end, sizeof(end), NULL, 0));
	for (i = 0; i < THREADS; i++) {
		ASSERT_EQ(0, pthread_join(servers[i], &result));
		EXPECT_EQ(self->m, result);
	}
}

TEST_HARNESS_MAIN
