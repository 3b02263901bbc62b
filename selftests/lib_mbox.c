// SPDX-License-Identifier: LGPL-2.1-or-later
/* libipcx on the device: mailboxes, their handles, sending and receiving. */
#include "lib_mbox.h"

#include <poll.h>

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
	opts.spin_ns = IPCX_SPIN_NS_MAX;
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
	opts.flags = 0;
	opts.spin_ns = IPCX_SPIN_NS_MAX + 1;
	EXPECT_EQ(-EINVAL, ipcx_mbox_create(&m, self->dev, NULL, 0, &opts));
	opts.spin_ns = 0;
	opts.reserved = 1;
	EXPECT_EQ(-EINVAL, ipcx_mbox_create(&m, self->dev, NULL, 0, &opts));
	opts.reserved = 0;
	/* less than the first version had */
	opts.sz = offsetof(struct ipcx_mbox_opts, ring_size) - 1;
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

/* What the flags of an open ask for: to send, to subscribe, or both. */
TEST_F(mbox, open_for)
{
	uint64_t port = ipcx_mbox_port(self->m);
	struct ipcx_mbox *to;

	ASSERT_EQ(0, ipcx_mbox_open(&to, self->dev, self->name, IPCX_OPEN_SUBSCRIBE));
	EXPECT_EQ(-EBADF, ipcx_mbox_send(to, "x", 1));
	EXPECT_EQ(-EOPNOTSUPP, ipcx_mbox_subscribe(to, self->m, 0));
	ipcx_mbox_close(to);
	ASSERT_EQ(0, ipcx_mbox_open_port(&to, self->dev, port,
					 IPCX_OPEN_SUBSCRIBE | IPCX_OPEN_NONBLOCK));
	EXPECT_EQ(-EBADF, ipcx_mbox_send(to, "x", 1));
	ipcx_mbox_close(to);
	ASSERT_EQ(0, ipcx_mbox_open_port(&to, self->dev, port,
					 IPCX_OPEN_SUBSCRIBE | IPCX_OPEN_WRITE));
	EXPECT_EQ(0, ipcx_mbox_send(to, "x", 1));
	EXPECT_EQ(-EOPNOTSUPP, ipcx_mbox_subscribe(to, self->m, 0));
	ipcx_mbox_close(to);
	EXPECT_EQ(-EBADF, ipcx_mbox_subscribe(self->to, self->m, 0));
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
	struct ipcx_stamps stamps;
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
	opts.known.stamps = &stamps;
	EXPECT_EQ(-EINVAL, ipcx_mbox_reply_recv(self->m, 0, NULL, &next, &opts.known));
	opts.known.stamps = NULL;
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

TEST_HARNESS_MAIN
