// SPDX-License-Identifier: LGPL-2.1-or-later
/* Sending to mailboxes: at once and until received, one and many. */
#include "mbox.h"

FIXTURE(sync)
{
	int mbox;
	int fd;
	__u64 port;
};

FIXTURE_SETUP(sync)
{
	self->mbox = small_mbox(8, &self->port);
	ASSERT_LE(0, self->mbox);
	self->fd = open_port(self->port, 0);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(sync)
{
	close(self->fd);
	close(self->mbox);
}

struct sender {
	int fd;
	int sa_flags;
	long long ms;		/* 0: no deadline */
	int ret;
};

static int post_sync(void *arg)
{
	struct sender *s = arg;

	MUST_BE(0, catch_signal(s->sa_flags));
	s->ret = post_number_sync(s->fd, 7, s->ms);
	return 0;
}

static struct sender *new_sender(int fd)
{
	struct sender *s = shared_memory(sizeof(*s));

	*s = (struct sender){ .fd = fd, .sa_flags = SA_RESTART, .ret = -1 };
	return s;
}

TEST_F(sync, returns_when_it_was_received)
{
	struct sender *s = new_sender(self->fd);
	struct ipcx_mbox_recv mail;
	__u64 number = 0;
	pid_t pid = spawn(post_sync, s);

	ASSERT_EQ(0, wait_depth(self->mbox, 1));
	ASSERT_EQ(0, wait_sleeping(pid));
	ASSERT_EQ(1, recv_mail(self->mbox, &number, sizeof(number), &mail, IPCX_RECV_PEEK));
	ASSERT_EQ(0, wait_sleeping(pid));
	EXPECT_EQ(-1, s->ret);
	ASSERT_EQ(1, recv_mail(self->mbox, &number, sizeof(number), &mail, 0));
	EXPECT_EQ(7, number);
	EXPECT_EQ(0, mail.token);
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(1, s->ret);
	EXPECT_EQ(-ESTALE, reply_number(self->mbox, mail.seq, 1));
}

/* A receiver that cannot copy it has not received it. */
TEST_F(sync, not_when_it_could_not_be_copied)
{
	struct sender *s = new_sender(self->fd);
	__u64 number = 0;
	pid_t pid = spawn(post_sync, s);

	ASSERT_EQ(0, wait_depth(self->mbox, 1));
	EXPECT_EQ(-EFAULT, recv_mail(self->mbox, guard_page(), 8, NULL, 0));
	EXPECT_EQ(-EMSGSIZE, recv_mail(self->mbox, &number, 4, NULL, 0));
	ASSERT_EQ(0, wait_sleeping(pid));
	EXPECT_EQ(-1, s->ret);
	ASSERT_EQ(1, take_number(self->mbox, &number));
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(1, s->ret);
}

TEST_F(sync, deadline_takes_it_back)
{
	struct sender *s = new_sender(self->fd);

	s->ms = 30;
	EXPECT_EQ(0, in_child(post_sync, s));
	EXPECT_EQ(-ETIMEDOUT, s->ret);
	EXPECT_TRUE(is_empty(self->mbox));
}

TEST_F(sync, restarted_by_a_signal)
{
	struct sender *s = new_sender(self->fd);
	__u64 number;
	pid_t pid = spawn(post_sync, s);

	ASSERT_EQ(0, wait_depth(self->mbox, 1));
	ASSERT_EQ(0, wait_sleeping(pid));
	kill(pid, SIGUSR1);
	ASSERT_EQ(0, wait_sleeping(pid));
	ASSERT_EQ(0, wait_depth(self->mbox, 1));
	ASSERT_EQ(1, recv_mail(self->mbox, &number, sizeof(number), NULL, 0));
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(1, s->ret);
	EXPECT_TRUE(is_empty(self->mbox));
}

TEST_F(sync, interrupted_by_a_signal)
{
	struct sender *s = new_sender(self->fd);
	pid_t pid;

	s->sa_flags = 0;
	pid = spawn(post_sync, s);
	ASSERT_EQ(0, wait_depth(self->mbox, 1));
	ASSERT_EQ(0, wait_sleeping(pid));
	kill(pid, SIGUSR1);
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(-EINTR, s->ret);
	EXPECT_TRUE(is_empty(self->mbox));
}

TEST_F(sync, killed)
{
	struct sender *s = new_sender(self->fd);
	pid_t pid = spawn(post_sync, s);

	ASSERT_EQ(0, wait_depth(self->mbox, 1));
	kill(pid, SIGKILL);
	EXPECT_EQ(KILLED_BY(SIGKILL), reap(pid));
	EXPECT_TRUE(is_empty(self->mbox));
}

TEST_F(sync, one_message_per_call)
{
	__u64 number = 1;
	struct ipcx_mbox_msg msgs[2] = {
		make_mail(&number, 8, 0, 0), make_mail(&number, 8, 0, 0),
	};
	struct ipcx_post post = make_post(msgs, 2, IPCX_POST_SYNC);

	EXPECT_EQ(-EINVAL, op(self->fd, IPCX_POST, &post));
	post.flags = 0;
	EXPECT_EQ(2, op(self->fd, IPCX_POST, &post));
}

/* ---- many ---- */

TEST_F(sync, batch)
{
	struct ipcx_mbox_msg msgs[6];
	struct ipcx_mbox_recv mails[6];
	struct ipcx_post post = make_post(msgs, 6, IPCX_XFER_NONBLOCK);
	struct ipcx_xfer xfer = {
		.msgs = addr(mails), .count = 6, .msg_size = sizeof(mails[0]),
	};
	__u64 out[6], in[6];
	int i;

	for (i = 0; i < 6; i++) {
		out[i] = i + 10;
		msgs[i] = make_mail(&out[i], sizeof(out[i]), i, 100 + i);
		mails[i] = (struct ipcx_mbox_recv){ .buf = addr(&in[i]), .len = 8 };
	}
	/* Half of the mailbox is one user's; the fifth is not let in. */
	EXPECT_EQ(4, op(self->fd, IPCX_POST, &post));
	EXPECT_EQ(-EAGAIN, op(self->fd, IPCX_POST, &post));
	ASSERT_EQ(4, op(self->mbox, IPCX_RECV, &xfer));
	for (i = 0; i < 4; i++) {
		EXPECT_EQ(out[i], in[i]);
		EXPECT_EQ(i, mails[i].type);
		EXPECT_EQ(100 + i, mails[i].cookie);
		EXPECT_EQ(i + 1, mails[i].seq);
	}
}

/* An error in the middle: what came before is sent, and no more. */
TEST_F(sync, batch_with_a_bad_one)
{
	__u64 number = 1;
	struct ipcx_mbox_msg msgs[3] = {
		make_mail(&number, 8, 0, 0), make_mail(guard_page(), 8, 0, 0),
		make_mail(&number, 8, 0, 0),
	};
	struct ipcx_post post = make_post(msgs, 3, 0);

	EXPECT_EQ(1, op(self->fd, IPCX_POST, &post));
	EXPECT_EQ(1, get_depth(self->mbox));
	post.msgs = addr(&msgs[1]);
	post.count = 2;
	EXPECT_EQ(-EFAULT, op(self->fd, IPCX_POST, &post));
	msgs[1] = make_mail(&number, 8, 0, 0);
	EXPECT_EQ(2, op(self->fd, IPCX_POST, &post));
	EXPECT_EQ(3, get_depth(self->mbox));
}

TEST_F(sync, waits_for_room)
{
	struct sender *s = new_sender(self->fd);
	__u64 number;
	pid_t pid;
	int i;

	for (i = 0; i < 4; i++) {
		ASSERT_EQ(1, try_post_number(self->fd, i));
	}
	EXPECT_EQ(-EAGAIN, try_post_number(self->fd, 4));
	pid = spawn(post_sync, s);
	ASSERT_EQ(0, wait_senders(self->fd, 1));
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(1, recv_mail(self->mbox, &number, sizeof(number), NULL, 0));
		EXPECT_EQ(i, number);
		EXPECT_EQ(-1, s->ret);
	}
	ASSERT_EQ(1, recv_mail(self->mbox, &number, sizeof(number), NULL, 0));
	EXPECT_EQ(7, number);
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(1, s->ret);
}

TEST_HARNESS_MAIN
