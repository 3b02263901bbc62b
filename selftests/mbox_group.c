// SPDX-License-Identifier: LGPL-2.1-or-later
/* Groups: who subscribes, by which right, who leaves, and what a group is not for. */
#include "group.h"
#include "endings.h"

#include <sys/socket.h>

FIXTURE(group)
{
	int group;	/* owns, sends, subscribes */
	int mbox;
	__u64 port;
	__u64 own;	/* the mailbox's */
};

FIXTURE_SETUP(group)
{
	self->group = new_group(0, &self->port);
	ASSERT_LE(0, self->group);
	self->mbox = new_mbox(&self->own);
	ASSERT_LE(0, self->mbox);
}

FIXTURE_TEARDOWN(group)
{
	close(self->mbox);
	close(self->group);
}

/* The mailbox is a member and gets what is sent; so it is told on both sides. */
static int is_member(int group, int mbox)
{
	__u64 number = 0, lost;

	MUST_BE(1, get_members(group));
	MUST_BE(1, get_members(mbox));
	MUST_BE(1, try_post_number(group, 4711));
	MUST_BE(1, take_group_number(mbox, &number, &lost));
	MUST_BE(4711, number);
	MUST_BE(0, lost);
	return 0;
}

static int is_no_member(int group, int mbox)
{
	__u64 number;

	MUST_BE(0, get_members(group));
	MUST_BE(0, get_members(mbox));
	MUST_BE(1, try_post_number(group, 4711));
	MUST_BE(-EAGAIN, take_number(mbox, &number));
	return 0;
}

/* ---- ways in, and out ---- */

TEST_F(group, state)
{
	struct ipcx_stat stat;

	ASSERT_EQ(0, get_stat(self->group, &stat));
	EXPECT_EQ(IPCX_KIND_MBOX, stat.kind);
	EXPECT_EQ(IPCX_STAT_GROUP, stat.state);
	EXPECT_EQ(0, stat.members);
	EXPECT_EQ(0, stat.depth);
	ASSERT_EQ(0, get_stat(self->mbox, &stat));
	EXPECT_EQ(0, stat.state);
	/* A message to nobody is sent all the same. */
	EXPECT_EQ(0, is_no_member(self->group, self->mbox));
	ASSERT_EQ(0, get_stat(self->group, &stat));
	EXPECT_EQ(0, stat.depth);
	EXPECT_EQ(1, stat.sent);
	EXPECT_EQ(8, stat.sent_bytes);
}

TEST_F(group, by_its_fd)
{
	EXPECT_EQ(0, subscribe(self->group, self->mbox, IPCX_LAG_DROP_NEWEST));
	EXPECT_EQ(0, is_member(self->group, self->mbox));
	EXPECT_EQ(0, unsubscribe(self->mbox, self->port));
	EXPECT_EQ(0, is_no_member(self->group, self->mbox));
	/* And once more. */
	EXPECT_EQ(0, subscribe(self->group, self->mbox, IPCX_LAG_DROP_OLDEST));
	EXPECT_EQ(0, is_member(self->group, self->mbox));
}

TEST_F(group, by_port)
{
	EXPECT_EQ(0, subscribe_to(NULL, self->port, self->mbox, IPCX_LAG_DROP_NEWEST));
	EXPECT_EQ(0, is_member(self->group, self->mbox));
	EXPECT_EQ(1, post_to(NULL, self->port, 7));
	EXPECT_EQ(1, get_depth(self->mbox));
}

TEST_F(group, by_name)
{
	char name[UNIQUE_NAME_SIZE];
	int group;

	unique_name(name, "group");
	group = open_group(name, 0600, 0, NULL);
	ASSERT_LE(0, group);
	EXPECT_EQ(0, subscribe_to(name, 0, self->mbox, IPCX_LAG_DROP_NEWEST));
	EXPECT_EQ(0, is_member(group, self->mbox));
	EXPECT_EQ(1, post_to(name, 0, 7));
	EXPECT_EQ(1, get_depth(self->mbox));
	/* Without its name it goes on, and its port still leads there. */
	EXPECT_EQ(0, unlink_name(name));
	EXPECT_EQ(-ENOENT, subscribe_to(name, 0, self->mbox, IPCX_LAG_DROP_NEWEST));
	EXPECT_EQ(-EEXIST, subscribe_to(NULL, get_port(group), self->mbox, 0));
	EXPECT_EQ(1, drain_mail(self->mbox));
	EXPECT_EQ(0, is_member(group, self->mbox));
	close(group);
}

TEST_F(group, once)
{
	int copy = dup(self->mbox);

	ASSERT_LE(0, copy);
	EXPECT_EQ(0, subscribe(self->group, self->mbox, IPCX_LAG_DROP_NEWEST));
	EXPECT_EQ(-EEXIST, subscribe(self->group, self->mbox, IPCX_LAG_DROP_NEWEST));
	EXPECT_EQ(-EEXIST, subscribe(self->group, copy, IPCX_LAG_DROP_OLDEST));
	EXPECT_EQ(-EEXIST, subscribe_to(NULL, self->port, self->mbox, IPCX_LAG_DROP_NEWEST));
	EXPECT_EQ(0, is_member(self->group, self->mbox));
	close(copy);
}

/* The subscription is the mailbox's, not the right's by which it was made. */
TEST_F(group, outlives_the_right)
{
	int right = grant_right(self->group, IPCX_OPEN_SUBSCRIBE);

	ASSERT_LE(0, right);
	ASSERT_EQ(0, subscribe(right, self->mbox, IPCX_LAG_DROP_NEWEST));
	close(right);
	EXPECT_EQ(0, is_member(self->group, self->mbox));
}

/* What came before stays; nothing comes after, no word of the end either. */
TEST_F(group, leaving)
{
	__u64 number = 0;

	ASSERT_EQ(0, subscribe(self->group, self->mbox, IPCX_LAG_DROP_NEWEST));
	ASSERT_EQ(1, post_number(self->group, 1));
	EXPECT_EQ(0, unsubscribe(self->mbox, self->port));
	EXPECT_EQ(-ENOENT, unsubscribe(self->mbox, self->port));
	EXPECT_EQ(0, get_members(self->group));
	ASSERT_EQ(1, post_number(self->group, 2));
	EXPECT_EQ(1, take_number(self->mbox, &number));
	EXPECT_EQ(1, number);
	EXPECT_EQ(-EAGAIN, take_number(self->mbox, &number));
	EXPECT_TRUE(is_empty(self->mbox));
}

TEST_F(group, put_out_by_the_owner)
{
	struct ipcx_mbox_recv mail;
	__u64 number = 0;

	ASSERT_EQ(0, subscribe(self->group, self->mbox, IPCX_LAG_DROP_NEWEST));
	ASSERT_EQ(1, post_number(self->group, 1));
	EXPECT_EQ(-ENOENT, unsubscribe(self->group, self->own + 1000));
	EXPECT_EQ(-ENOENT, unsubscribe(self->group, self->port));
	EXPECT_EQ(0, unsubscribe(self->group, self->own));
	EXPECT_EQ(-ENOENT, unsubscribe(self->group, self->own));
	EXPECT_EQ(-ENOENT, unsubscribe(self->mbox, self->port));
	EXPECT_EQ(0, get_members(self->mbox));
	ASSERT_EQ(1, post_number(self->group, 2));
	/* The message, and the last word. */
	ASSERT_EQ(1, recv_mail(self->mbox, &number, 8, &mail, 0));
	EXPECT_EQ(1, number);
	EXPECT_EQ(self->port, mail.group);
	ASSERT_EQ(1, recv_mail(self->mbox, &number, 8, &mail, IPCX_XFER_NONBLOCK));
	EXPECT_TRUE(is_end_of(&mail, self->port));
	EXPECT_TRUE(is_empty(self->mbox));
	/* It may come again, if it may. */
	ASSERT_EQ(0, subscribe(self->group, self->mbox, IPCX_LAG_DROP_NEWEST));
	EXPECT_EQ(0, is_member(self->group, self->mbox));
}

TEST_F(group, several)
{
	int others[3], i;
	__u64 number, lost;

	ASSERT_EQ(0, subscribe(self->group, self->mbox, IPCX_LAG_DROP_NEWEST));
	for (i = 0; i < 3; i++) {
		others[i] = new_mbox(NULL);
		ASSERT_LE(0, others[i]);
		ASSERT_EQ(0, subscribe(self->group, others[i], IPCX_LAG_DROP_NEWEST));
	}
	EXPECT_EQ(4, get_members(self->group));
	EXPECT_EQ(0, unsubscribe(self->group, get_port(others[1])));
	EXPECT_EQ(1, drain_mail(others[1]));
	EXPECT_EQ(3, get_members(self->group));
	ASSERT_EQ(1, post_number(self->group, 5));
	EXPECT_EQ(0, get_depth(others[1]));
	EXPECT_EQ(1, take_group_number(self->mbox, &number, &lost));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(i == 1 ? -EAGAIN : 1, take_group_number(others[i], &number, &lost));
		EXPECT_EQ(5, number);
		close(others[i]);
	}
	EXPECT_EQ(1, get_members(self->group));
}

/* ---- rights ---- */

TEST_F(group, rights_of_a_handle)
{
	static const struct {
		__u32 rights;
		int subscribes, sends, expels;
	} handles[] = {
		{ IPCX_OPEN_WRITE, -EBADF, 1, -EBADF },
		{ IPCX_OPEN_SUBSCRIBE, 0, -EBADF, -EBADF },
		{ IPCX_OPEN_WRITE | IPCX_OPEN_SUBSCRIBE, 0, 1, -EBADF },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(handles); i++) {
		int fd = grant_right(self->group, handles[i].rights);

		ASSERT_LE(0, fd);
		EXPECT_EQ(handles[i].subscribes, subscribe(fd, self->mbox, 0));
		EXPECT_EQ(handles[i].sends, try_post_number(fd, 1));
		EXPECT_EQ(handles[i].expels, unsubscribe(fd, self->own));
		EXPECT_EQ(handles[i].subscribes ? -ENOENT : 0,
			  unsubscribe(self->mbox, self->port));
		close(fd);
	}
}

/* The owner's own handle has the rights that it was made with, and no others. */
TEST_F(group, rights_of_the_owner)
{
	struct ipcx_mbox_attr attr = { .flags = IPCX_MBOX_GROUP };
	int group = open_mbox_attr(NULL, MBOX_CREATE, 0, &attr, NULL), right;

	ASSERT_LE(0, group);
	EXPECT_EQ(-EBADF, subscribe(group, self->mbox, 0));
	EXPECT_EQ(-EBADF, try_post_number(group, 1));
	/* What it grants may be more. */
	right = grant_right(group, IPCX_OPEN_WRITE | IPCX_OPEN_SUBSCRIBE);
	ASSERT_LE(0, right);
	EXPECT_EQ(0, subscribe(right, self->mbox, 0));
	EXPECT_EQ(0, is_member(right, self->mbox));
	EXPECT_EQ(0, unsubscribe(group, self->own));
	EXPECT_EQ(1, drain_mail(self->mbox));
	close(right);
	close(group);
}

/* By an fd there is nothing else to say where to. */
TEST_F(group, one_way_at_a_time)
{
	struct ipcx_subscribe req = { .from = self->mbox, .flags = IPCX_TO_PORT };
	int control = open_control();

	req.dest = self->port;
	EXPECT_EQ(-EINVAL, op(self->group, IPCX_SUBSCRIBE, &req));
	req.flags = 0;
	EXPECT_EQ(-EINVAL, op(self->group, IPCX_SUBSCRIBE, &req));
	EXPECT_EQ(-EINVAL, op(control, IPCX_SUBSCRIBE, &req));
	req.flags = IPCX_TO_PORT | IPCX_TO_NAME;
	EXPECT_EQ(-EINVAL, op(control, IPCX_SUBSCRIBE, &req));
	req.flags = IPCX_TO_PORT;
	req.lag = IPCX_LAG_BLOCK + 1;
	EXPECT_EQ(-EINVAL, op(control, IPCX_SUBSCRIBE, &req));
	req.lag = 0;
	EXPECT_EQ(0, op(control, IPCX_SUBSCRIBE, &req));
	close(control);
}

/* The subscriber is a mailbox that the caller receives from. */
TEST_F(group, who_can_subscribe)
{
	int to = open_port(self->own, 0), queue = small_queue(4), control = open_control();
	int other = new_group(0, NULL);

	ASSERT_LE(0, to);
	ASSERT_LE(0, queue);
	ASSERT_LE(0, other);
	EXPECT_EQ(-EBADF, subscribe(self->group, to, 0));
	EXPECT_EQ(-EBADF, subscribe(self->group, -1, 0));
	EXPECT_EQ(-EBADF, subscribe(self->group, 12345, 0));
	EXPECT_EQ(-EINVAL, subscribe(self->group, queue, 0));
	EXPECT_EQ(-EINVAL, subscribe(self->group, control, 0));
	EXPECT_EQ(-EINVAL, subscribe(self->group, STDOUT_FILENO, 0));
	/* A group in a group, and in itself. */
	EXPECT_EQ(-EINVAL, subscribe(self->group, other, 0));
	EXPECT_EQ(-EINVAL, subscribe(self->group, self->group, 0));
	EXPECT_EQ(-EINVAL, subscribe_to(NULL, self->port, other, 0));
	EXPECT_EQ(0, get_members(self->group));
	EXPECT_EQ(0, subscribe(self->group, self->mbox, 0));
	close(other);
	close(control);
	close(queue);
	close(to);
}

TEST_F(group, what_can_be_subscribed_to)
{
	struct ipcx_mbox_attr hidden = { .flags = IPCX_MBOX_GROUP };
	char name[UNIQUE_NAME_SIZE];
	int other, right, queue;
	__u64 port;

	other = new_mbox(&port);
	ASSERT_LE(0, other);
	right = grant_right(other, IPCX_OPEN_SUBSCRIBE);
	if (right >= 0) {
		EXPECT_EQ(-EOPNOTSUPP, subscribe(right, self->mbox, 0));
		close(right);
	}
	EXPECT_EQ(-EOPNOTSUPP, subscribe_to(NULL, port, self->mbox, 0));
	EXPECT_EQ(-EOPNOTSUPP, subscribe_to(NULL, self->own, self->mbox, 0));
	close(other);
	EXPECT_EQ(-ENOENT, subscribe_to(NULL, port, self->mbox, 0));
	EXPECT_EQ(-ENOENT, subscribe_to(NULL, 0, self->mbox, 0));
	/* Of another kind; and one that no number leads to. */
	unique_name(name, "queue");
	queue = open_queue(name, CREATE_RW, 0600);
	ASSERT_LE(0, queue);
	EXPECT_EQ(-EPROTOTYPE, subscribe_to(name, 0, self->mbox, 0));
	EXPECT_EQ(0, unlink_name(name));
	close(queue);
	other = open_mbox_attr(NULL, GROUP_CREATE, 0666, &hidden, &port);
	ASSERT_LE(0, other);
	EXPECT_EQ(-ENOENT, subscribe_to(NULL, port, self->mbox, 0));
	EXPECT_EQ(-ENOENT, open_subscription(port));
	EXPECT_EQ(0, subscribe(other, self->mbox, 0));
	close(other);
}

/* What is told of an end is for members: who was none gets nothing. */
TEST_F(group, refused_leaves_nothing)
{
	EXPECT_EQ(-EPERM, subscribe(self->group, self->mbox, IPCX_LAG_BLOCK));
	EXPECT_EQ(0, get_members(self->mbox));
	EXPECT_EQ(0, get_members(self->group));
	close(self->group);
	EXPECT_EQ(0, get_depth(self->mbox));
	self->group = -1;
}

/* ---- modes ---- */

static const unsigned int some_modes[] = {
	0000, 0400, 0200, 0600, 0040, 0020, 0060, 0004, 0002, 0006, 0642, 0777,
};

struct matrix {
	struct {
		char name[UNIQUE_NAME_SIZE];
		__u64 port;
		int fd;
	} groups[ARRAY_SIZE(some_modes)];
	enum class class;
};

static int close_ok(int fd)
{
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* Read is for subscribers, write for senders; a number that is refused is none. */
static int check_modes(void *arg)
{
	struct matrix *matrix = arg;
	int mbox;
	size_t i;

	MUST_BE(0, become_class(matrix->class));
	mbox = new_mbox(NULL);
	MUST(mbox >= 0);
	for (i = 0; i < ARRAY_SIZE(some_modes); i++) {
		unsigned int bits = some_modes[i] >> (6 - 3 * matrix->class);
		const char *name = matrix->groups[i].name;
		__u64 port = matrix->groups[i].port;

		MUST_BE(bits & 4 ? 0 : -EACCES, subscribe_to(name, 0, mbox, 0));
		MUST_BE(bits & 4 ? 0 : -ENOENT, unsubscribe(mbox, port));
		MUST_BE(bits & 4 ? 0 : -ENOENT, subscribe_to(NULL, port, mbox, 0));
		MUST_BE(bits & 4 ? 0 : -EACCES,
			close_ok(open_mbox(name, IPCX_OPEN_SUBSCRIBE, 0)));
		MUST_BE(bits & 4 ? 0 : -ENOENT, close_ok(open_subscription(port)));
		MUST_BE((bits & 6) == 6 ? 0 : -EACCES,
			close_ok(open_mbox(name, IPCX_OPEN_SUBSCRIBE | IPCX_OPEN_WRITE, 0)));
		MUST_BE(bits & 2 ? 1 : -EACCES, post_to(name, 0, 1));
		MUST_BE(bits & 2 ? 1 : -ENOENT, post_to(NULL, port, 2));
		MUST_BE(bits & 4 && bits & 2 ? 2 : 0, drain_mail(mbox));
	}
	return 0;
}

TEST(modes)
{
	struct matrix matrix;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(some_modes); i++) {
		unique_name(matrix.groups[i].name, "modes");
		matrix.groups[i].fd = open_group(matrix.groups[i].name, 0, 0,
						 &matrix.groups[i].port);
		ASSERT_LE(0, matrix.groups[i].fd);
		ASSERT_EQ(0, fchmod(matrix.groups[i].fd, some_modes[i]));
		ASSERT_EQ(0, fchown(matrix.groups[i].fd, UID_A, UID_A));
	}
	for (matrix.class = OWNER; matrix.class <= OTHER; matrix.class++) {
		EXPECT_EQ(0, in_child(check_modes, &matrix));
	}
	for (i = 0; i < ARRAY_SIZE(some_modes); i++)
		close(matrix.groups[i].fd);
}

/* ---- a right that was passed on ---- */

struct passed {
	int sock;
	char name[UNIQUE_NAME_SIZE];
	__u64 port;
	int ready[2];
};

static int subscribe_with_passed(void *arg)
{
	struct passed *p = arg;
	struct ipcx_mbox_recv mail;
	int mbox, right;
	__u64 number;

	MUST_BE(0, become(UID_B));
	MUST_BE(0, die_with_parent());
	mbox = new_mbox(NULL);
	MUST(mbox >= 0);
	MUST_BE(-EACCES, subscribe_to(p->name, 0, mbox, 0));
	MUST_BE(-ENOENT, subscribe_to(NULL, p->port, mbox, 0));
	right = take_fd(p->sock);
	MUST(right >= 0);
	MUST_BE(0, subscribe(right, mbox, 0));
	/* It is that right and no other. */
	MUST_BE(-EBADF, try_post_number(right, 1));
	MUST_BE(-EBADF, grant_right(right, IPCX_OPEN_SUBSCRIBE));
	MUST_BE(1, write(p->ready[1], "", 1));
	MUST_BE(1, recv_mail(mbox, &number, sizeof(number), &mail, 0));
	MUST_BE(QUESTION, number);
	MUST(mail.group == p->port);
	return 0;
}

TEST(passed_to_another_process)
{
	struct passed p;
	int group, right, socks[2];
	pid_t pid;
	char byte;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, socks));
	ASSERT_EQ(0, pipe(p.ready));
	unique_name(p.name, "passed");
	group = open_group(p.name, 0600, 0, &p.port);
	ASSERT_LE(0, group);
	right = open_subscription(p.port);
	ASSERT_LE(0, right);
	p.sock = socks[1];
	pid = spawn(subscribe_with_passed, &p);
	ASSERT_EQ(0, pass_fd(socks[0], right));
	close(right);
	ASSERT_EQ(1, read(p.ready[0], &byte, 1));
	EXPECT_EQ(1, get_members(group));
	ASSERT_EQ(1, post_number(group, QUESTION));
	EXPECT_EQ(0, reap(pid));
	/* With the process went its mailbox, and its place. */
	EXPECT_EQ(0, get_members(group));
	close(group);
	close(socks[0]);
	close(socks[1]);
}

/* In another network namespace there is neither such a name nor such a port. */
static int subscribe_elsewhere(void *arg)
{
	struct passed *p = arg;
	int mbox;

	MUST_BE(0, enter_netns());
	mbox = new_mbox(NULL);
	MUST(mbox >= 0);
	MUST_BE(-ENOENT, subscribe_to(p->name, 0, mbox, 0));
	MUST_BE(-ENOENT, subscribe_to(NULL, p->port, mbox, 0));
	/* An fd is a right wherever it came from. */
	MUST_BE(0, subscribe(p->sock, mbox, 0));
	MUST_BE(0, is_member(p->sock, mbox));
	return 0;
}

TEST(network_namespaces)
{
	struct passed p;

	unique_name(p.name, "netns");
	p.sock = open_group(p.name, 0666, 0, &p.port);
	ASSERT_LE(0, p.sock);
	EXPECT_EQ(0, in_child(subscribe_elsewhere, &p));
	EXPECT_EQ(0, get_members(p.sock));
	close(p.sock);
}

/* ---- what a group is not for ---- */

TEST_F(group, nothing_is_received_from_it)
{
	struct ipcx_reply r = { .flags = IPCX_REPLY_RECV | IPCX_XFER_NONBLOCK };
	__u64 number;

	EXPECT_EQ(-EOPNOTSUPP, take_number(self->group, &number));
	EXPECT_EQ(-EOPNOTSUPP, recv_mail(self->group, &number, 8, NULL, 0));
	EXPECT_EQ(-EOPNOTSUPP, recv_mail(self->group, &number, 8, NULL, IPCX_RECV_PEEK));
	r.next = make_room(&number, sizeof(number));
	EXPECT_EQ(-EOPNOTSUPP, op(self->group, IPCX_REPLY, &r));
}

TEST_F(group, neither_calls_nor_files)
{
	struct ipcx_mbox_attr attr = { .flags = IPCX_MBOX_GROUP | IPCX_MBOX_FILES };
	struct ipcx_mbox_msg msg = make_mail("", 1, 0, 0);
	struct ipcx_post post = make_post(&msg, 1, 0);
	__s32 fds[1] = { STDOUT_FILENO };
	__u64 answer;

	ASSERT_EQ(0, subscribe(self->group, self->mbox, 0));
	EXPECT_EQ(-EOPNOTSUPP, call_number(self->group, 1, &answer));
	EXPECT_EQ(-EOPNOTSUPP, post_number_sync(self->group, 1, 0));
	EXPECT_EQ(-EOPNOTSUPP, post_mail(self->group, "", 1, 0, 0, self->mbox, IPCX_POST_CALL));
	msg.fds = addr(fds);
	msg.fd_count = 1;
	EXPECT_EQ(-EOPNOTSUPP, op(self->group, IPCX_POST, &post));
	EXPECT_EQ(0, get_depth(self->mbox));
	msg.fd_count = 0;
	msg.fds = 0;
	EXPECT_EQ(1, op(self->group, IPCX_POST, &post));
	EXPECT_EQ(-EINVAL, open_mbox_attr(NULL, GROUP_CREATE, 0, &attr, NULL));
	/* The owner's grant to block is a group's. */
	attr.flags = IPCX_MBOX_GROUP_BLOCK;
	EXPECT_EQ(-EINVAL, open_mbox_attr(NULL, MBOX_CREATE, 0, &attr, NULL));
}

/* Nobody is told to answer there. */
TEST_F(group, is_no_sender)
{
	int other = new_mbox(NULL), to;
	struct ipcx_watch watch = { .from = self->group };
	__u64 port;

	ASSERT_LE(0, other);
	port = get_port(other);
	to = open_port(port, 0);
	ASSERT_LE(0, to);
	EXPECT_EQ(-EINVAL, post_mail(to, "", 1, 0, 0, self->group, IPCX_POST_CALL));
	EXPECT_EQ(-EINVAL, post_mail(to, "", 1, 0, 0, self->group, 0));
	EXPECT_EQ(-EINVAL, op(to, IPCX_WATCH, &watch));
	watch.from = self->mbox;
	EXPECT_EQ(0, op(to, IPCX_WATCH, &watch));
	EXPECT_EQ(1, post_mail(to, "", 1, 0, 0, self->mbox, 0));
	EXPECT_EQ(1, get_depth(other));
	close(other);
	EXPECT_EQ(1, drain_mail(self->mbox));
	close(to);
}

TEST_HARNESS_MAIN
