// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Bad pointers and bad lengths given to who calls and who replies, as mbox_badinput.c for
 * mail: the call stays what it was, and whoever calls does not notice that its request
 * or reply went the long way.
 */
#include "mbox_badinput.h"

/* ---- requests ---- */

/* A request that could not be copied is in its place, and its caller waits. */
TEST_F(bad, request_comes_back)
{
	struct ipcx_mbox_recv room;
	struct ipcx_xfer xfer = make_mail_xfer(&room, 1, 0);
	pid_t pid = spawn(ask, &self->to);
	__u64 number = 0, seq;
	size_t i;

	ASSERT_EQ(0, wait_depth(self->mbox, 1));
	ASSERT_EQ(1, recv_mail(self->mbox, &number, 8, &room, IPCX_RECV_PEEK));
	seq = room.seq;
	for (i = 0; i < self->mem.n; i++) {
		room = (struct ipcx_mbox_recv) { .buf = self->mem.addrs[i], .len = 8 };
		ASSERT_EQ(-EFAULT, op(self->mbox, IPCX_RECV, &xfer));
		ASSERT_EQ(1, get_depth(self->mbox));
		ASSERT_EQ(0, get_calls(self->mbox));
		/* Nobody has received it. */
		ASSERT_EQ(-ESTALE, reply_number(self->mbox, seq, ANSWER));
	}
	ASSERT_EQ(1, recv_mail(self->mbox, &number, 8, &room, 0));
	EXPECT_EQ(QUESTION, number);
	EXPECT_EQ(seq, room.seq);
	EXPECT_EQ(seq, room.token);
	EXPECT_EQ(1, get_calls(self->mbox));
	EXPECT_EQ(0, reply_number(self->mbox, room.token, ANSWER));
	EXPECT_EQ(0, reap(pid));
}

static int post_sync(void *arg)
{
	int ret = post_number_sync(*(int *)arg, 1, 0);

	return ret < 0 ? -ret : 0;
}

/* What could not be copied was not received: the sender is not told so. */
TEST_F(bad, sync_post_comes_back)
{
	struct ipcx_mbox_recv room = { .buf = 8, .len = 8 };
	struct ipcx_xfer xfer = make_mail_xfer(&room, 1, 0);
	pid_t pid = spawn(post_sync, &self->to);
	char buf[8];

	ASSERT_EQ(0, wait_depth(self->mbox, 1));
	ASSERT_EQ(0, wait_sleeping(pid));
	ASSERT_EQ(-EFAULT, op(self->mbox, IPCX_RECV, &xfer));
	EXPECT_EQ(0, wait_sleeping(pid));
	EXPECT_EQ(0, waitpid(pid, NULL, WNOHANG));
	ASSERT_EQ(1, recv_mail(self->mbox, buf, sizeof(buf), &room, 0));
	EXPECT_EQ(0, room.token);
	EXPECT_EQ(0, reap(pid));
}

/* ---- replies ---- */

struct asker {
	int fd;
	struct ipcx_call call;
	bool readonly;
	struct bad_memory *mem;
};

static int ask_with(void *arg)
{
	struct asker *a = arg;
	void *call = &a->call;

	if (a->readonly)
		call = as_readonly(a->mem, &a->call, sizeof(a->call));
	return -op(a->fd, IPCX_CALL, call);
}

/* The caller cannot take its reply: EFAULT for it, and nothing for who replies. */
TEST_F(bad, reply_cannot_be_written)
{
	struct asker a = { .fd = self->to, .mem = &self->mem };
	struct ipcx_mbox_recv room;
	__u64 answer, number;
	size_t i;
	pid_t pid;

	for (i = 0; i <= self->mem.n; i++) {
		a.call = make_call(&a, 8, &answer, sizeof(answer));
		a.readonly = i == self->mem.n;
		if (!a.readonly)
			a.call.reply.buf = self->mem.addrs[i];
		pid = spawn(ask_with, &a);
		ASSERT_EQ(1, recv_mail(self->mbox, &number, 8, &room, 0));
		EXPECT_EQ(0, reply_number(self->mbox, room.token, ANSWER));
		EXPECT_EQ(EFAULT, reap(pid));
		EXPECT_EQ(-ESTALE, reply_number(self->mbox, room.token, ANSWER));
		EXPECT_EQ(0, get_calls(self->mbox));
	}
}

/* Scattered room for a reply that is none: nothing is sent. */
TEST_F(bad, room_for_the_reply)
{
	struct ipcx_call call = make_call("x", 1, NULL, 1);
	size_t i;

	call.reply.flags = IPCX_MSG_IOV;
	for (i = 0; i < self->mem.n; i++) {
		call.reply.buf = self->mem.addrs[i];
		EXPECT_EQ(-EFAULT, op(self->to, IPCX_CALL, &call));
	}
	call.reply.len = IPCX_IOV_MAX + 1;
	EXPECT_EQ(-EINVAL, op(self->to, IPCX_CALL, &call));
	call.reply.len = ~0ULL;
	EXPECT_EQ(-EINVAL, op(self->to, IPCX_CALL, &call));
	EXPECT_TRUE(is_empty(self->mbox));
}

/* A reply that fails leaves the token good, and receives nothing. */
TEST_F(bad, reply_fails)
{
	static const size_t reply_lens[] = { 1, 8, 64, 65, 4096 };
	struct ipcx_mbox_recv room;
	__u64 number, got = 0;
	pid_t pid = spawn(ask, &self->to);
	struct ipcx_reply r;
	size_t i, j;

	ASSERT_EQ(1, recv_mail(self->mbox, &number, 8, &room, 0));
	ASSERT_EQ(1, post_number(self->to, 77));
	r = (struct ipcx_reply) {
		.token = room.token, .flags = IPCX_REPLY_RECV, .next = make_room(&got, 8),
	};
	for (i = 0; i < self->mem.n; i++) {
		for (j = 0; j < ARRAY_SIZE(reply_lens); j++) {
			r.reply.buf = self->mem.addrs[i];
			r.reply.len = reply_lens[j];
			EXPECT_EQ(-EFAULT, op(self->mbox, IPCX_REPLY, &r));
		}
		r.reply.flags = IPCX_MSG_IOV;
		r.reply.len = 1;
		EXPECT_EQ(-EFAULT, op(self->mbox, IPCX_REPLY, &r));
		r.reply.flags = 0;
		/* Good, but there is no room to receive into. */
		r.reply = make_mail(&number, 8, 0, 0);
		r.next = (struct ipcx_mbox_recv) {
			.buf = self->mem.addrs[i], .len = 1, .flags = IPCX_MSG_IOV,
		};
		EXPECT_EQ(-EFAULT, op(self->mbox, IPCX_REPLY, &r));
		r.next = make_room(&got, 8);
	}
	/* Longer than a message of this mailbox, than the caller's room. */
	r.reply = make_mail(&number, 65537, 0, 0);
	EXPECT_EQ(-EMSGSIZE, op(self->mbox, IPCX_REPLY, &r));
	r.reply.len = ~0ULL;
	EXPECT_EQ(-EMSGSIZE, op(self->mbox, IPCX_REPLY, &r));
	r.reply = make_mail(self, 9, 0, 0);
	EXPECT_EQ(-EMSGSIZE, op(self->mbox, IPCX_REPLY, &r));
	r.reply = make_mail(&number, IPCX_IOV_MAX + 1, 0, 0);
	r.reply.flags = IPCX_MSG_IOV;
	EXPECT_EQ(-EINVAL, op(self->mbox, IPCX_REPLY, &r));
	EXPECT_EQ(room.token, r.token);
	EXPECT_EQ(1, get_calls(self->mbox));
	EXPECT_EQ(0, got);

	number = ANSWER;
	r.reply = make_mail(&number, 8, 0, 0);
	EXPECT_EQ(1, op(self->mbox, IPCX_REPLY, &r));
	EXPECT_EQ(77, got);
	EXPECT_EQ(0, reap(pid));
}

/* The reply is done, the next message could not be received: it stays. */
TEST_F(bad, receive_after_the_reply_fails)
{
	struct ipcx_mbox_recv room;
	__u64 number, answer = ANSWER;
	struct ipcx_reply r;
	size_t i;
	pid_t pid;

	for (i = 0; i < self->mem.n; i++) {
		pid = spawn(ask, &self->to);
		ASSERT_EQ(1, recv_mail(self->mbox, &number, 8, &room, 0));
		ASSERT_EQ(1, post_number(self->to, 77));
		r = (struct ipcx_reply) {
			.token = room.token, .flags = IPCX_REPLY_RECV,
			.reply = make_mail(&answer, 8, 0, 0),
			.next = { .buf = self->mem.addrs[i], .len = 8 },
		};
		EXPECT_EQ(-EFAULT, op(self->mbox, IPCX_REPLY, &r));
		EXPECT_EQ(0, r.token);
		EXPECT_EQ(0, reap(pid));
		/* With the token 0 it is the receive that is made again. */
		r.reply = (struct ipcx_mbox_msg) { 0 };
		r.next = make_room(&number, 8);
		EXPECT_EQ(1, op(self->mbox, IPCX_REPLY, &r));
		EXPECT_EQ(77, number);
	}
}

/* The end of the token cannot be told; the caller has one reply all the same. */
TEST_F(bad, reply_cannot_be_told)
{
	struct ipcx_mbox_recv room;
	__u64 number, answer = ANSWER;
	pid_t pid = spawn(ask, &self->to);
	struct ipcx_reply r;
	int ret;

	ASSERT_EQ(1, recv_mail(self->mbox, &number, 8, &room, 0));
	r = (struct ipcx_reply) { .token = room.token, .reply = make_mail(&answer, 8, 0, 0) };
	EXPECT_EQ(-EFAULT, op(self->mbox, IPCX_REPLY,
			      as_readonly(&self->mem, &r, sizeof(r))));
	ret = reply_number(self->mbox, room.token, ANSWER);
	EXPECT_TRUE(ret == 0 || ret == -ESTALE);
	EXPECT_EQ(0, reap(pid));
}

TEST_HARNESS_MAIN
