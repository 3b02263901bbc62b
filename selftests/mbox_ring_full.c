// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Mailboxes with a ring that is full: who waits for room, in which order, until when, and
 * whose numbers its message then has.
 */
#include "inbox.h"

struct poster {
	struct inbox *in;
	__u64 number;
	size_t len;
	int ret;
	bool interruptible;
	long long ms;
};

static int post_waiting(void *arg)
{
	struct poster *p = arg;
	char buf[2048] = "";
	struct ipcx_mbox_msg msg = make_mail(buf, p->len ? p->len : sizeof(p->number), 0, 0);
	struct ipcx_post post = make_post(&msg, 1, 0);

	memcpy(buf, &p->number, sizeof(p->number));
	if (p->interruptible)
		MUST_BE(0, catch_signal(0));
	if (p->ms) {
		post.flags = IPCX_XFER_DEADLINE;
		post.clock = CLOCK_MONOTONIC;
		post.deadline_ns = now_ns(CLOCK_MONOTONIC) + p->ms * NSEC_PER_MSEC;
	}
	MUST_BE(p->ret, op(p->in->to, IPCX_POST, &post));
	return 0;
}

TEST_F(inbox, a_sender_waits)
{
	struct poster poster = { .in = &self->in, .number = 1000, .ret = 1 };
	int n = fill_up(&self->in), i;
	__u64 number = 0;
	pid_t pid;

	/* One user's half. */
	EXPECT_EQ((int)(SIZE / 2 / (RECORD_HEAD + 8)), n);
	EXPECT_EQ(0, self->in.ring.info->space_waiters);
	pid = spawn(post_waiting, &poster);
	ASSERT_EQ(0, wait_senders(self->in.fd, 1));
	EXPECT_EQ(1, load(&self->in.ring.info->space_waiters));
	EXPECT_EQ(-EAGAIN, try_post_number(self->in.to, 1));
	for (i = 0; i < n; i++) {
		ASSERT_EQ(0, take_delivered_waiting(&self->in, &number, LONG_MS));
		ASSERT_EQ(i, number);
	}
	EXPECT_EQ(0, reap(pid));
	ASSERT_EQ(0, take_delivered_waiting(&self->in, &number, LONG_MS));
	EXPECT_EQ(1000, number);
}

/* The owner goes between its release of all there is and the doorbell: who is left waits. */
static pid_t leave_waiting(struct __test_metadata *_metadata, struct inbox *in)
{
	struct poster poster = { .in = in, .number = 1000, .ret = 1 };
	pid_t pid;

	ASSERT_LT(0, fill_up(in));
	pid = spawn(post_waiting, &poster);
	ASSERT_EQ(0, wait_senders(in->fd, 1));
	store(&in->c.page->head, load(&in->ring.shared->tail));
	detach_consumer(&in->c);
	return pid;
}

/* Who reads on lets in who waits. */
TEST_F(inbox, its_owner_goes)
{
	pid_t pid = leave_waiting(_metadata, &self->in);
	__u64 number = 0;

	ASSERT_EQ(0, attach_consumer(&self->in.c, &self->in.ring));
	EXPECT_EQ(0, take_delivered_waiting(&self->in, &number, LONG_MS));
	EXPECT_EQ(1000, number);
	EXPECT_EQ(0, reap(pid));
}

static int read_who_waited(void *arg)
{
	struct inbox *in = arg;
	struct ipcx_delivery head = { 0 };
	__u64 number = 0;
	int ret;

	MUST_BE(0, enter_userns(0, UID_B, 1));
	MUST_BE(0, map_inbox(in, SIZE));
	while ((ret = take_delivered(in, &number, &head)) == -EAGAIN)
		MUST_BE(0, wait_data(&in->c, LONG_MS));
	MUST_BE(0, ret);
	MUST_BE(1000, number);
	MUST_BE(65534, head.uid);
	return 0;
}

/* Root's message is not one of who is root there, whoever read when the wait began. */
TEST_F(inbox, numbers_of_who_reads_after_a_wait)
{
	pid_t pid = leave_waiting(_metadata, &self->in);

	EXPECT_EQ(0, in_child(read_who_waited, &self->in));
	EXPECT_EQ(0, reap(pid));
	ASSERT_EQ(0, attach_consumer(&self->in.c, &self->in.ring));
}

TEST_F(inbox, deadline_and_signal)
{
	struct poster late = { .in = &self->in, .ret = -ETIMEDOUT, .ms = 20 };
	struct poster hit = { .in = &self->in, .ret = -EINTR, .interruptible = true };
	int n = fill_up(&self->in);
	pid_t pid;

	EXPECT_EQ(0, in_child(post_waiting, &late));
	pid = spawn(post_waiting, &hit);
	ASSERT_EQ(0, wait_senders(self->in.fd, 1));
	kill(pid, SIGUSR1);
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(0, load(&self->in.ring.info->space_waiters));
	EXPECT_EQ(n, drain_delivered(&self->in));
}

/* Who waits with a long message does not keep short ones of others out, only the user's. */
TEST_F(inbox, order_of_those_who_wait)
{
	struct poster big = { .in = &self->in, .number = 1, .len = 2000, .ret = 1 };
	struct poster small = { .in = &self->in, .number = 2, .ret = 1 };
	int n = fill_up(&self->in), i;
	__u64 number = 0;
	struct delivered msg;
	pid_t first, second;

	first = spawn(post_waiting, &big);
	ASSERT_EQ(0, wait_senders(self->in.fd, 1));
	/* Room for the short one, but it is not its turn. */
	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, take_delivered(&self->in, &number, NULL));
	EXPECT_EQ(-EAGAIN, try_post_number(self->in.to, 3));
	second = spawn(post_waiting, &small);
	ASSERT_EQ(0, wait_senders(self->in.fd, 2));
	for (; i < n; i++)
		ASSERT_EQ(0, take_delivered(&self->in, &number, NULL));
	EXPECT_EQ(0, reap(first));
	EXPECT_EQ(0, reap(second));
	ASSERT_EQ(0, peek_delivered(&self->in, &msg));
	EXPECT_EQ(2000, msg.len);
	pass_delivered(&self->in, &msg);
	EXPECT_EQ(0, release(&self->in.c));
	ASSERT_EQ(0, take_delivered(&self->in, &number, NULL));
	EXPECT_EQ(2, number);
}

/* Who waits for the ring does not stand before the queue, nor the other way round. */
TEST_F(inbox, the_ways_do_not_wait_for_each_other)
{
	struct ipcx_mbox_attr attr = {
		.flags = IPCX_MBOX_ADDRESSABLE, .ring_size = SIZE, .max_msgs = 4,
	};
	struct poster poster = { .number = 1000, .ret = 1 };
	struct sync_post sync[3];
	struct inbox other;
	__u64 number = 0;
	pid_t pids[3], pid;
	int i;

	ASSERT_EQ(0, new_inbox_attr(&other, &attr));
	poster.in = &other;
	EXPECT_EQ(2, fill_up(&other));
	pid = spawn(post_waiting, &poster);
	ASSERT_EQ(0, wait_senders(other.fd, 1));
	for (i = 0; i < 3; i++) {
		sync[i] = (struct sync_post){ .fd = other.to, .number = i };
		pids[i] = spawn(do_sync_post, &sync[i]);
	}
	/* Two got in. One waits there, as one does here. */
	ASSERT_EQ(0, wait_depth(other.fd, 2));
	ASSERT_EQ(0, wait_senders(other.fd, 2));
	i = drain_delivered(&other);
	EXPECT_EQ(0, reap(pid));
	/* It may have been quick enough to be the third. */
	EXPECT_EQ(3, i + drain_delivered(&other));
	ASSERT_EQ(0, wait_senders(other.fd, 1));
	EXPECT_EQ(1, try_post_number(other.to, 3));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(1, recv_mail(other.fd, &number, sizeof(number), NULL, 0));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, reap(pids[i]));
	close_inbox(&other);
}

/* Records are counted, too. */
TEST_F(inbox, most_messages)
{
	struct ipcx_mbox_attr attr = {
		.flags = IPCX_MBOX_ADDRESSABLE, .ring_size = SIZE, .max_msgs = 5,
	};
	struct ipcx_stat stat;
	struct inbox other;
	int i;

	ASSERT_EQ(0, new_inbox_attr(&other, &attr));
	for (i = 0; i < 20; i++) {
		EXPECT_EQ(2, fill_up(&other));
		ASSERT_EQ(0, get_stat(other.fd, &stat));
		EXPECT_EQ(2, stat.ring_msgs);
		EXPECT_EQ(2 * (RECORD_HEAD + 8), stat.ring_used);
		EXPECT_EQ(SIZE, stat.ring_size);
		EXPECT_EQ(1, stat.consumers);
		EXPECT_EQ(0, stat.depth);
		EXPECT_EQ(0, stat.bytes);
		EXPECT_EQ(2 * (i + 1), stat.sent);
		EXPECT_EQ(2 * i, stat.received);
		EXPECT_EQ(2, drain_delivered(&other));
	}
	close_inbox(&other);
}

TEST_HARNESS_MAIN
