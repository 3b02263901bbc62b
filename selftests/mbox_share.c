// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Fairness among users: one user takes half of what is free to it, whatever it
 * does, and nobody waits behind another user's messages.
 */
#include "mbox.h"

#include <poll.h>

#define USER_C	61003

struct sender {
	int fd;
	uid_t uid;
	size_t size;
	int posted;
	int ready[2];
};

static struct sender *new_sender(int fd, uid_t uid, size_t size)
{
	struct sender *s = shared_memory(sizeof(*s));

	*s = (struct sender){ .fd = fd, .uid = uid, .size = size };
	return s;
}

/* As many as are let in. */
static int post_all_as(void *arg)
{
	static const char zeros[1 << 20];
	struct sender *s = arg;
	int ret;

	MUST_BE(0, become(s->uid));
	while ((ret = post_mail(s->fd, zeros, s->size, 0, 0, -1, IPCX_XFER_NONBLOCK)) == 1)
		s->posted++;
	MUST_BE(-EAGAIN, ret);
	return 0;
}

static int count_as(int fd, uid_t uid, size_t size)
{
	struct sender *s = new_sender(fd, uid, size);

	return in_child(post_all_as, s) ? -1 : s->posted;
}

FIXTURE(share)
{
	int mbox;
	int fd;
	__u64 port;
};

FIXTURE_SETUP(share)
{
	struct ipcx_mbox_attr attr = {
		.flags = IPCX_MBOX_ADDRESSABLE, .max_msgs = 16,
		.max_bytes = 64 << 10, .max_msg_size = 64 << 10,
	};

	self->mbox = open_mbox_attr(NULL, MBOX_CREATE, 0600, &attr, &self->port);
	ASSERT_LE(0, self->mbox);
	self->fd = open_port(self->port, 0);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(share)
{
	close(self->fd);
	close(self->mbox);
}

TEST_F(share, half_of_the_messages_then_half_of_the_rest)
{
	EXPECT_EQ(8, count_as(self->fd, UID_A, 0));
	EXPECT_EQ(0, count_as(self->fd, UID_A, 0));
	EXPECT_EQ(4, count_as(self->fd, UID_B, 1));
	EXPECT_EQ(2, count_as(self->fd, USER_C, 0));
	EXPECT_EQ(1, count_as(self->fd, 0, 0));
	/* Room for one more, and for nobody who has something there. */
	EXPECT_EQ(0, count_as(self->fd, UID_A, 0));
	EXPECT_EQ(1, count_as(self->fd, UID_A + 10, 0));
	EXPECT_EQ(0, count_as(self->fd, UID_A + 11, 0));
	EXPECT_EQ(16, drain_mail(self->mbox));
	EXPECT_EQ(8, count_as(self->fd, UID_B, 0));
	EXPECT_EQ(8, drain_mail(self->mbox));
}

TEST_F(share, half_of_the_bytes_then_half_of_the_rest)
{
	EXPECT_EQ(4, count_as(self->fd, UID_A, 8 << 10));
	EXPECT_EQ(2, count_as(self->fd, UID_B, 8 << 10));
	EXPECT_EQ(1, count_as(self->fd, USER_C, 8 << 10));
	EXPECT_EQ(1, count_as(self->fd, 0, 8 << 10));
	EXPECT_EQ(8, drain_mail(self->mbox));
}

/* Who has nothing there is let in wherever there is room. */
TEST_F(share, one_message_of_any_size)
{
	EXPECT_EQ(1, count_as(self->fd, UID_A, 60 << 10));
	EXPECT_EQ(1, count_as(self->fd, UID_B, 4 << 10));
	EXPECT_EQ(0, count_as(self->fd, USER_C, 1));
	EXPECT_EQ(2, drain_mail(self->mbox));
}

/* User ids of a nested namespace are all its owner's. */
static int post_from_userns(void *arg)
{
	struct sender *s = arg;
	unsigned int i;

	MUST_BE(0, enter_userns(0, 100000, 10));
	for (i = 0; i < 10; i++) {
		struct sender *one = new_sender(s->fd, i, s->size);

		MUST_BE(0, in_child(post_all_as, one));
		s->posted += one->posted;
	}
	return 0;
}

TEST_F(share, many_ids_of_one_user)
{
	struct sender *s = new_sender(self->fd, 0, 0);

	EXPECT_EQ(0, in_child(post_from_userns, s));
	EXPECT_EQ(8, s->posted);
	/* Its owner is root, who made it. */
	EXPECT_EQ(0, count_as(self->fd, 0, 0));
	EXPECT_EQ(4, count_as(self->fd, UID_A, 0));
	EXPECT_EQ(12, drain_mail(self->mbox));
}

static int post_one_as(void *arg)
{
	struct sender *s = arg;

	MUST_BE(0, become(s->uid));
	MUST_BE(1, post_number(s->fd, s->uid));
	s->posted = 1;
	return 0;
}

TEST_F(share, nobody_waits_behind_another_user)
{
	struct sender *first = new_sender(self->fd, UID_A, 0);
	struct sender *second = new_sender(self->fd, UID_A, 0);
	pid_t pids[2];
	__u64 number;
	int i;

	EXPECT_EQ(8, count_as(self->fd, UID_A, 0));
	pids[0] = spawn(post_one_as, first);
	ASSERT_EQ(0, wait_senders(self->fd, 1));
	pids[1] = spawn(post_one_as, second);
	ASSERT_EQ(0, wait_senders(self->fd, 2));
	EXPECT_EQ(4, count_as(self->fd, UID_B, 0));
	EXPECT_EQ(0, first->posted + second->posted);
	/* With 8 + 4 of 16 there, A may have what is at most (F + U) / 2: 6. */
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(1, recv_mail(self->mbox, &number, 8, NULL, IPCX_RECV_TRUNC));
	}
	ASSERT_EQ(0, wait_senders(self->fd, 2));
	ASSERT_EQ(1, recv_mail(self->mbox, &number, 8, NULL, IPCX_RECV_TRUNC));
	EXPECT_EQ(0, reap(pids[0]));
	EXPECT_EQ(0, second->posted);
	ASSERT_EQ(1, recv_mail(self->mbox, &number, 8, NULL, IPCX_RECV_TRUNC));
	EXPECT_EQ(0, reap(pids[1]));
	EXPECT_EQ(10, drain_mail(self->mbox));
}

/* Who was let in comes last, and nobody else changes places. */
TEST(users_take_turns)
{
	static const uid_t uids[] = { UID_A, UID_B, USER_C, UID_A, UID_B, USER_C };
	enum { SENDERS = ARRAY_SIZE(uids) };
	pid_t pids[SENDERS];
	__u64 port, number;
	int mbox, fd, i;

	mbox = small_mbox(4, &port);
	ASSERT_LE(0, mbox);
	fd = open_port(port, 0);
	ASSERT_LE(0, fd);
	EXPECT_EQ(2, count_as(fd, 0, 0));
	EXPECT_EQ(1, count_as(fd, UID_A + 10, 0));
	EXPECT_EQ(1, count_as(fd, UID_A + 11, 0));
	for (i = 0; i < SENDERS; i++) {
		pids[i] = spawn(post_one_as, new_sender(fd, uids[i], 0));
		ASSERT_EQ(0, wait_senders(fd, i + 1));
	}
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(1, take_number(mbox, &number));
	}
	for (i = 0; i < SENDERS; i++) {
		ASSERT_EQ(1, take_number(mbox, &number));
		EXPECT_EQ(uids[i], number);
	}
	for (i = 0; i < SENDERS; i++) {
		EXPECT_EQ(0, reap(pids[i]));
	}
	EXPECT_TRUE(is_empty(mbox));
	close(fd);
	close(mbox);
}

/* ---- who is charged ---- */

enum { CHARGED = 1000 };

static int post_and_pay(void *arg)
{
	static const char zeros[CHARGED];
	struct ipcx_info before, after;
	struct sender *s = arg;

	MUST_BE(0, become(s->uid));
	MUST_BE(0, get_info(&before));
	MUST_BE(1, post_mail(s->fd, zeros, sizeof(zeros), 0, 0, -1, 0));
	MUST_BE(0, get_info(&after));
	MUST(after.user_bytes >= before.user_bytes + CHARGED);
	return 0;
}

TEST_F(share, sender_pays)
{
	struct sender *s = new_sender(self->fd, UID_A, 0);
	struct ipcx_info before, after;

	ASSERT_EQ(0, get_info(&before));
	EXPECT_EQ(0, in_child(post_and_pay, s));
	ASSERT_EQ(0, get_info(&after));
	EXPECT_EQ(before.user_bytes, after.user_bytes);
	EXPECT_EQ(1, drain_mail(self->mbox));
}

/* ---- poll tells each user of its own share ---- */

static int poll_and_post(void *arg)
{
	struct sender *s = arg;
	struct pollfd p = { .fd = s->fd, .events = POLLOUT };

	MUST_BE(0, become(s->uid));
	MUST_BE(0, poll(&p, 1, 0));
	MUST_BE(1, write(s->ready[1], "", 1));
	MUST_BE(1, poll(&p, 1, -1));
	MUST_BE(POLLOUT, p.revents);
	MUST_BE(1, try_post_number(s->fd, 1));
	return 0;
}

TEST_F(share, poll)
{
	struct pollfd p = { .fd = self->fd, .events = POLLOUT };
	struct sender *s = new_sender(self->fd, UID_A, 0);
	__u64 number;
	pid_t pid;
	char byte;

	ASSERT_EQ(0, pipe(s->ready));
	EXPECT_EQ(8, count_as(self->fd, UID_A, 0));
	EXPECT_EQ(1, poll(&p, 1, 0));
	pid = spawn(poll_and_post, s);
	ASSERT_EQ(1, read(s->ready[0], &byte, 1));
	ASSERT_EQ(0, wait_sleeping(pid));
	ASSERT_EQ(1, recv_mail(self->mbox, &number, sizeof(number), NULL, 0));
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(8, drain_mail(self->mbox));
}

/* ---- a storm ---- */

static int storm(void *arg)
{
	struct sender *s = arg;

	MUST_BE(0, become(s->uid));
	MUST_BE(1, write(s->ready[1], "", 1));
	for (;;)
		post_mail(s->fd, "", 1, 0, 0, -1, rand() % 2 ? IPCX_XFER_NONBLOCK : 0);
}

/* Uses its own mailbox, and the one under the storm. */
static int work_on(void *arg)
{
	struct sender *s = arg;
	__u64 port = 0, number;
	int mbox, fd, i;

	MUST_BE(0, become(s->uid));
	mbox = new_mbox(&port);
	fd = open_port(port, 0);
	MUST(mbox >= 0 && fd >= 0);
	for (i = 0; i < 1000; i++) {
		MUST_BE(1, try_post_number(fd, i));
		MUST_BE(1, take_number(mbox, &number));
		MUST_BE(i, number);
	}
	for (i = 0; i < 4; i++)
		MUST_BE(1, try_post_number(s->fd, i));
	return 0;
}

TEST_F(share, storm_against_a_reader_that_never_reads)
{
	struct sender *bad = new_sender(self->fd, UID_A, 0);
	struct sender *good = new_sender(self->fd, UID_B, 0);
	pid_t pids[8];
	char byte;
	int i;

	ASSERT_EQ(0, pipe(bad->ready));
	for (i = 0; i < 8; i++) {
		pids[i] = spawn(storm, bad);
		ASSERT_EQ(1, read(bad->ready[0], &byte, 1));
	}
	ASSERT_EQ(0, wait_senders(self->fd, 8));
	EXPECT_EQ(8, get_depth(self->fd));
	EXPECT_EQ(0, in_child(work_on, good));
	EXPECT_EQ(12, get_depth(self->fd));
	for (i = 0; i < 8; i++) {
		kill(pids[i], SIGKILL);
		EXPECT_EQ(KILLED_BY(SIGKILL), reap(pids[i]));
	}
	EXPECT_EQ(12, drain_mail(self->mbox));
	EXPECT_TRUE(is_empty(self->mbox));
}

TEST_HARNESS_MAIN
