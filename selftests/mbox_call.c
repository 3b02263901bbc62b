// SPDX-License-Identifier: LGPL-2.1-or-later
/* Calls to mailboxes: requests, tokens, replies. */
#include "mbox.h"

#include <pthread.h>

FIXTURE(call)
{
	int mbox;	/* right to receive */
	int fd;		/* right to send */
	__u64 port;
};

FIXTURE_SETUP(call)
{
	self->mbox = new_mbox(&self->port);
	ASSERT_LE(0, self->mbox);
	self->fd = open_port(self->port, 0);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(call)
{
	close(self->fd);
	close(self->mbox);
}

/* Serves calls in one system call each: answers with the number plus one. */
static int serve(void *arg)
{
	int fd = *(int *)arg;
	__u64 in = 0, out = 0;
	struct ipcx_reply r = { .flags = IPCX_REPLY_RECV };

	for (;;) {
		r.next = (struct ipcx_mbox_recv){ .buf = addr(&in), .len = sizeof(in) };
		MUST_BE(1, op(fd, IPCX_REPLY, &r));
		MUST_BE(0, r.token);
		MUST(r.next.len == sizeof(in) && r.next.token && r.next.token == r.next.seq);
		if (!in)
			return reply_number(fd, r.next.token, 0) == 0 ? 0 : 1;
		out = in + 1;
		r.token = r.next.token;
		r.reply = (struct ipcx_mbox_msg){ .buf = addr(&out), .len = sizeof(out) };
	}
}

TEST_F(call, request_and_reply)
{
	__u64 i, answer;
	pid_t pid = spawn(serve, &self->mbox);

	ASSERT_LT(0, pid);
	for (i = 1; i <= 100; i++) {
		answer = 0;
		ASSERT_EQ(0, call_number(self->fd, i, &answer));
		ASSERT_EQ(i + 1, answer);
	}
	ASSERT_EQ(0, call_number(self->fd, 0, &answer));
	EXPECT_EQ(0, answer);
	EXPECT_EQ(0, reap(pid));
}

/* ---- callers in children ---- */

/* A call in a child: its result is told in shared memory. */
struct caller {
	int fd;
	__u64 number;
	__u64 answer;
	__u32 flags;
	long long ms;		/* with IPCX_XFER_DEADLINE */
	size_t room;		/* 0: all of @answer */
	int ret;
	struct ipcx_mbox_recv reply;
	pid_t pid;
};

static int call_in_child(void *arg)
{
	struct caller *c = arg;
	struct ipcx_call call = make_call(&c->number, sizeof(c->number), &c->answer,
					  c->room ? c->room : sizeof(c->answer));

	call.flags = c->flags;
	call.request.cookie = c->number;
	if (c->flags & IPCX_XFER_DEADLINE) {
		call.clock = CLOCK_MONOTONIC;
		call.deadline_ns = now_ns(CLOCK_MONOTONIC) + c->ms * NSEC_PER_MSEC;
	}
	c->ret = op(c->fd, IPCX_CALL, &call);
	c->reply = call.reply;
	return 0;
}

static struct caller *start_caller(int fd, __u64 number)
{
	struct caller *c = shared_memory(sizeof(*c));

	*c = (struct caller){ .fd = fd, .number = number, .ret = 1 };
	c->pid = spawn(call_in_child, c);
	return c;
}

/* Takes a request; its token. */
static __u64 take_request(int mbox, __u64 *number)
{
	struct ipcx_mbox_recv mail;

	if (recv_mail(mbox, number, sizeof(*number), &mail, 0) != 1)
		return 0;
	return mail.token;
}

/* ---- tokens ---- */

TEST_F(call, token_is_good_once)
{
	struct caller *c = start_caller(self->fd, 5);
	__u64 token, number;

	token = take_request(self->mbox, &number);
	ASSERT_NE(0, token);
	EXPECT_EQ(5, number);
	EXPECT_EQ(1, get_calls(self->mbox));
	EXPECT_EQ(-ESTALE, reply_number(self->mbox, token + 1, 1));
	EXPECT_EQ(-ESTALE, reply_number(self->mbox, ~token, 1));
	EXPECT_EQ(0, reply_number(self->mbox, token, 6));
	EXPECT_EQ(-ESTALE, reply_number(self->mbox, token, 7));
	EXPECT_EQ(-ESTALE, discard_call(self->mbox, token));
	EXPECT_EQ(0, reap(c->pid));
	EXPECT_EQ(0, c->ret);
	EXPECT_EQ(6, c->answer);
	EXPECT_EQ(0, get_calls(self->mbox));
}

TEST_F(call, messages_that_expect_no_reply)
{
	struct ipcx_mbox_recv mail;
	__u64 number;

	ASSERT_EQ(1, post_number(self->fd, 1));
	ASSERT_EQ(1, recv_mail(self->mbox, &number, sizeof(number), &mail, 0));
	EXPECT_EQ(0, mail.token);
	EXPECT_EQ(-ESTALE, reply_number(self->mbox, mail.seq, 1));
	EXPECT_EQ(-EINVAL, reply_number(self->mbox, 0, 1));
}

TEST_F(call, peeking_gives_no_token)
{
	struct caller *c = start_caller(self->fd, 5);
	struct ipcx_mbox_recv mail;
	__u64 number;

	ASSERT_EQ(0, wait_depth(self->mbox, 1));
	ASSERT_EQ(1, recv_mail(self->mbox, &number, sizeof(number), &mail, IPCX_RECV_PEEK));
	EXPECT_EQ(-ESTALE, reply_number(self->mbox, mail.seq, 1));
	EXPECT_EQ(1, c->ret);
	ASSERT_EQ(mail.seq, take_request(self->mbox, &number));
	EXPECT_EQ(0, reply_number(self->mbox, mail.seq, 6));
	EXPECT_EQ(0, reap(c->pid));
	EXPECT_EQ(0, c->ret);
}

TEST_F(call, discard)
{
	struct caller *c = start_caller(self->fd, 5);
	__u64 token, number;

	token = take_request(self->mbox, &number);
	ASSERT_NE(0, token);
	EXPECT_EQ(0, discard_call(self->mbox, token));
	EXPECT_EQ(0, reap(c->pid));
	EXPECT_EQ(-EPIPE, c->ret);
	EXPECT_EQ(-ESTALE, discard_call(self->mbox, token));
	EXPECT_EQ(0, get_calls(self->mbox));
}

struct two {
	int fd;
	__u64 token;
};

static int reply_with(void *arg)
{
	struct two *t = arg;

	return reply_number(t->fd, t->token, 99) == -ESTALE ? 0 : 1;
}

/* A token is the receiving process's, and its closing does it no harm elsewhere. */
TEST_F(call, token_of_another_process)
{
	struct caller *c = start_caller(self->fd, 5);
	struct two t = { .fd = self->mbox };
	__u64 number;

	t.token = take_request(self->mbox, &number);
	ASSERT_NE(0, t.token);
	EXPECT_EQ(0, in_child(reply_with, &t));
	EXPECT_EQ(1, c->ret);
	EXPECT_EQ(0, reply_number(self->mbox, t.token, 6));
	EXPECT_EQ(0, reap(c->pid));
	EXPECT_EQ(6, c->answer);
}

static void *reply_in_thread(void *arg)
{
	struct two *t = arg;

	return (void *)(long)reply_number(t->fd, t->token, 6);
}

TEST_F(call, token_of_another_thread)
{
	struct caller *c = start_caller(self->fd, 5);
	struct two t = { .fd = self->mbox };
	pthread_t thread;
	__u64 number;
	void *ret;

	t.token = take_request(self->mbox, &number);
	ASSERT_NE(0, t.token);
	ASSERT_EQ(0, pthread_create(&thread, NULL, reply_in_thread, &t));
	ASSERT_EQ(0, pthread_join(thread, &ret));
	EXPECT_EQ(NULL, ret);
	EXPECT_EQ(0, reap(c->pid));
	EXPECT_EQ(6, c->answer);
}

/* ---- the reply ---- */

TEST_F(call, what_a_reply_tells)
{
	struct caller *c = start_caller(self->fd, 5);
	__u64 number, answer = 6;
	struct ipcx_reply reply = {
		.reply = {
			.buf = addr(&answer), .len = sizeof(answer),
			.type = 3, .priority = 7,
		},
	};

	reply.token = take_request(self->mbox, &number);
	ASSERT_NE(0, reply.token);
	number = reply.token;
	ASSERT_EQ(0, op(self->mbox, IPCX_REPLY, &reply));
	EXPECT_EQ(0, reply.token);
	EXPECT_EQ(0, reap(c->pid));
	EXPECT_EQ(0, c->ret);
	EXPECT_EQ(sizeof(answer), c->reply.len);
	EXPECT_EQ(3, c->reply.type);
	EXPECT_EQ(7, c->reply.priority);
	EXPECT_EQ(5, c->reply.cookie);
	EXPECT_EQ(0, c->reply.flags);
	EXPECT_EQ(0, c->reply.token);
	EXPECT_EQ(number, c->reply.seq);
	EXPECT_EQ(self->port, c->reply.sender);
	EXPECT_EQ(getpid(), c->reply.pid);
	EXPECT_EQ(getpid(), c->reply.tid);
	EXPECT_EQ(0, c->reply.uid);
	EXPECT_EQ(0, c->reply.gid);
}

TEST_F(call, cookie_of_a_reply)
{
	struct caller *c = start_caller(self->fd, 5);
	struct ipcx_reply reply = { .reply = { .cookie = 8 } };
	__u64 number;

	reply.token = take_request(self->mbox, &number);
	ASSERT_EQ(0, op(self->mbox, IPCX_REPLY, &reply));
	EXPECT_EQ(0, reap(c->pid));
	EXPECT_EQ(8, c->reply.cookie);
	EXPECT_EQ(0, c->reply.len);
}

/* A reply that does not fit is refused, and the token stays good. */
TEST_F(call, reply_too_long)
{
	struct caller *c = start_caller(self->fd, 5);
	char more[200] = { 0 };
	__u64 token, number;

	token = take_request(self->mbox, &number);
	EXPECT_EQ(-EMSGSIZE, reply_mail(self->mbox, token, more, 9));
	EXPECT_EQ(-EMSGSIZE, reply_mail(self->mbox, token, more, sizeof(more)));
	EXPECT_EQ(0, c->answer);
	EXPECT_EQ(1, c->ret);
	EXPECT_EQ(0, reply_number(self->mbox, token, 6));
	EXPECT_EQ(0, reap(c->pid));
	EXPECT_EQ(6, c->answer);
}

/* Neither is one that the mailbox's own limit forbids, or that cannot be read. */
TEST_F(call, reply_that_cannot_be)
{
	struct caller *c = start_caller(self->fd, 5);
	__u64 token, number;

	token = take_request(self->mbox, &number);
	EXPECT_EQ(-EMSGSIZE, reply_mail(self->mbox, token, &number, 1 << 30));
	EXPECT_EQ(-EFAULT, reply_mail(self->mbox, token, guard_page(), 8));
	EXPECT_EQ(-EFAULT, reply_mail(self->mbox, token, guard_page(), 100));
	EXPECT_EQ(1, c->ret);
	EXPECT_EQ(1, get_calls(self->mbox));
	EXPECT_EQ(0, reply_number(self->mbox, token, 6));
	EXPECT_EQ(0, reap(c->pid));
	EXPECT_EQ(6, c->answer);
}

TEST_F(call, reply_that_is_cut)
{
	struct caller *c = shared_memory(sizeof(*c));
	__u64 token, number;

	*c = (struct caller){ .fd = self->fd, .flags = IPCX_RECV_TRUNC, .room = 4, .ret = 1 };
	c->pid = spawn(call_in_child, c);
	token = take_request(self->mbox, &number);
	number = ~0ULL;
	EXPECT_EQ(0, reply_number(self->mbox, token, number));
	EXPECT_EQ(0, reap(c->pid));
	EXPECT_EQ(0, c->ret);
	EXPECT_EQ(sizeof(number), c->reply.len);
	EXPECT_EQ(IPCX_MSG_TRUNC, c->reply.flags);
	memcpy(&number, (__u32[]){ ~0U, 0 }, sizeof(number));
	EXPECT_EQ(number, c->answer);
}

static int call_large(void *arg)
{
	size_t i, size = 100000;
	unsigned char *out = malloc(size), *in = malloc(size);
	struct ipcx_call call = make_call(out, size / 2, in, size);

	MUST(out && in);
	for (i = 0; i < size; i++)
		out[i] = i * 7;
	MUST_BE(0, op(*(int *)arg, IPCX_CALL, &call));
	MUST_BE(size, call.reply.len);
	for (i = 0; i < size; i++)
		MUST(in[i] == (unsigned char)(i * 7 + 1));
	return 0;
}

TEST(large_requests_and_replies)
{
	struct ipcx_mbox_attr attr = {
		.flags = IPCX_MBOX_ADDRESSABLE, .max_msg_size = 100000,
	};
	unsigned char *buf = malloc(100000);
	struct ipcx_mbox_recv mail;
	int mbox, fd, i;
	__u64 port;
	pid_t pid;

	mbox = open_mbox_attr(NULL, MBOX_CREATE, 0600, &attr, &port);
	ASSERT_LE(0, mbox);
	fd = open_port(port, 0);
	ASSERT_LE(0, fd);
	pid = spawn(call_large, &fd);
	ASSERT_EQ(1, recv_mail(mbox, buf, 100000, &mail, 0));
	ASSERT_EQ(50000, mail.len);
	for (i = 0; i < 100000; i++) {
		if (i < 50000) {
			ASSERT_EQ((unsigned char)(i * 7), buf[i]);
		}
		buf[i] = i * 7 + 1;
	}
	ASSERT_EQ(0, reply_mail(mbox, mail.token, buf, 100000));
	EXPECT_EQ(0, reap(pid));
	close(fd);
	close(mbox);
}

struct scattered {
	int control;
	struct ipcx_call call;
	char in[16];
};

static int call_in_pieces(void *arg)
{
	struct scattered *s = arg;

	MUST_BE(0, op(s->control, IPCX_CALL, &s->call));
	MUST_BE(5, s->call.reply.len);
	MUST_BE(0, memcmp(s->in, "reply", 5));
	return 0;
}

TEST_F(call, scattered)
{
	struct scattered s = { .control = open_control() };
	char out[] = "request", buf[16] = { 0 };
	struct ipcx_iovec out_vec[2] = {
		{ .base = addr(out), .len = 3 }, { .base = addr(out + 3), .len = 4 },
	};
	struct ipcx_iovec in_vec[2] = {
		{ .base = addr(s.in), .len = 2 }, { .base = addr(s.in + 2), .len = 14 },
	};
	struct ipcx_mbox_recv mail;
	pid_t pid;

	ASSERT_LE(0, s.control);
	s.call = make_call(out_vec, 2, in_vec, 2);
	s.call.request.flags = IPCX_MSG_IOV;
	s.call.reply.flags = IPCX_MSG_IOV;
	s.call.flags = IPCX_TO_PORT;
	s.call.dest = self->port;
	pid = spawn(call_in_pieces, &s);
	ASSERT_EQ(1, recv_mail(self->mbox, buf, sizeof(buf), &mail, 0));
	EXPECT_EQ(7, mail.len);
	EXPECT_STREQ("request", buf);
	ASSERT_EQ(0, reply_mail(self->mbox, mail.token, "reply", 5));
	EXPECT_EQ(0, reap(pid));
	close(s.control);
}

static int call_without_room(void *arg)
{
	__u64 number = 1;
	struct ipcx_call call = make_call(&number, sizeof(number), guard_page(), 8);

	MUST_BE(-EFAULT, op(*(int *)arg, IPCX_CALL, &call));
	return 0;
}

/* A caller whose room cannot be written: the reply is lost, and it is told. */
TEST_F(call, reply_to_nowhere)
{
	__u64 token, number;
	pid_t pid = spawn(call_without_room, &self->fd);

	token = take_request(self->mbox, &number);
	EXPECT_EQ(0, reply_number(self->mbox, token, 6));
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(0, get_calls(self->mbox));
}

/* ---- giving up ---- */

TEST_F(call, deadline_before_it_is_received)
{
	struct caller *c = shared_memory(sizeof(*c));
	struct ipcx_stat before, after;

	ASSERT_EQ(0, get_stat(self->mbox, &before));
	*c = (struct caller){
		.fd = self->fd, .flags = IPCX_XFER_DEADLINE, .ms = 50, .ret = 1,
	};
	EXPECT_EQ(0, in_child(call_in_child, c));
	EXPECT_EQ(-ETIMEDOUT, c->ret);
	EXPECT_TRUE(is_empty(self->mbox));
	ASSERT_EQ(0, get_stat(self->mbox, &after));
	EXPECT_EQ(before.sent, after.sent);
	EXPECT_EQ(before.sent_bytes, after.sent_bytes);
}

TEST_F(call, deadline_after_it_was_received)
{
	struct caller *c = shared_memory(sizeof(*c));
	struct ipcx_mbox_recv mail;
	__u64 number;

	*c = (struct caller){
		.fd = self->fd, .flags = IPCX_XFER_DEADLINE, .ms = 500 * timeout_factor(),
		.ret = 1,
	};
	c->pid = spawn(call_in_child, c);
	ASSERT_EQ(0, wait_depth(self->mbox, 1));
	/* Not for ever, should the deadline be over already. */
	ASSERT_EQ(1, recv_mail(self->mbox, &number, sizeof(number), &mail,
			       IPCX_XFER_NONBLOCK));
	ASSERT_NE(0, mail.token);
	EXPECT_EQ(0, reap(c->pid));
	EXPECT_EQ(-ETIMEDOUT, c->ret);
	EXPECT_EQ(0, get_calls(self->mbox));
	EXPECT_EQ(-ESTALE, reply_number(self->mbox, mail.token, 1));
}

static int call_and_tell(void *arg, int sa_flags)
{
	MUST_BE(0, catch_signal(sa_flags));
	return call_in_child(arg);
}

static int call_restartable(void *arg)
{
	return call_and_tell(arg, SA_RESTART);
}

static int call_interruptible(void *arg)
{
	return call_and_tell(arg, 0);
}

TEST_F(call, signal_before_it_is_received)
{
	struct caller *c = shared_memory(sizeof(*c));

	*c = (struct caller){ .fd = self->fd, .ret = 1 };
	c->pid = spawn(call_interruptible, c);
	ASSERT_EQ(0, wait_depth(self->mbox, 1));
	ASSERT_EQ(0, wait_sleeping(c->pid));
	kill(c->pid, SIGUSR1);
	EXPECT_EQ(0, reap(c->pid));
	EXPECT_EQ(-EINTR, c->ret);
	EXPECT_TRUE(is_empty(self->mbox));
}

/* The request is taken back and sent again: it is another message then. */
TEST_F(call, signal_that_restarts_it)
{
	struct caller *c = shared_memory(sizeof(*c));
	struct ipcx_mbox_recv first, mail;
	__u64 number;
	int i;

	*c = (struct caller){ .fd = self->fd, .number = 4, .ret = 1 };
	c->pid = spawn(call_restartable, c);
	ASSERT_EQ(0, wait_depth(self->mbox, 1));
	ASSERT_EQ(1, recv_mail(self->mbox, &number, 8, &first, IPCX_RECV_PEEK));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, wait_sleeping(c->pid));
		kill(c->pid, SIGUSR1);
	}
	/* A request that is received is not sent again: the last signal is over. */
	ASSERT_EQ(0, wait_sleeping(c->pid));
	ASSERT_EQ(0, wait_depth(self->mbox, 1));
	ASSERT_EQ(1, recv_mail(self->mbox, &number, 8, &mail, 0));
	EXPECT_EQ(0, reply_number(self->mbox, mail.token, 5));
	EXPECT_EQ(4, number);
	EXPECT_LT(first.seq, mail.seq);
	EXPECT_EQ(0, reap(c->pid));
	EXPECT_EQ(0, c->ret);
	EXPECT_EQ(5, c->answer);
	EXPECT_TRUE(is_empty(self->mbox));
}

/* What may have had an effect is not repeated, whatever the handler says. */
TEST_F(call, signal_after_it_was_received)
{
	struct caller *c = shared_memory(sizeof(*c));
	__u64 token, number;

	*c = (struct caller){ .fd = self->fd, .ret = 1 };
	c->pid = spawn(call_restartable, c);
	token = take_request(self->mbox, &number);
	ASSERT_NE(0, token);
	ASSERT_EQ(0, wait_sleeping(c->pid));
	kill(c->pid, SIGUSR1);
	EXPECT_EQ(0, reap(c->pid));
	EXPECT_EQ(-EINTR, c->ret);
	EXPECT_EQ(-ESTALE, reply_number(self->mbox, token, 1));
	EXPECT_TRUE(is_empty(self->mbox));
}

/* Who replies does not wait for a caller that is stopped, which may have given up. */
TEST_F(call, caller_is_stopped)
{
	struct caller *c = start_caller(self->fd, 5);
	__u64 token, number;
	int status, ret;

	token = take_request(self->mbox, &number);
	ASSERT_NE(0, token);
	ASSERT_EQ(0, wait_sleeping(c->pid));
	kill(c->pid, SIGSTOP);
	ASSERT_EQ(c->pid, waitpid(c->pid, &status, WUNTRACED));
	ASSERT_TRUE(WIFSTOPPED(status));
	ret = reply_number(self->mbox, token, 6);
	EXPECT_TRUE(ret == 0 || ret == -ESTALE);
	EXPECT_EQ(0, get_calls(self->mbox));
	EXPECT_EQ(1, c->ret);
	kill(c->pid, SIGCONT);
	EXPECT_EQ(0, reap(c->pid));
	EXPECT_EQ(ret ? -EINTR : 0, c->ret);
	EXPECT_EQ(ret ? 0 : 6, c->answer);
}

/* ---- reply and receive ---- */

TEST_F(call, receive_only)
{
	struct ipcx_reply r = { .flags = IPCX_REPLY_RECV | IPCX_XFER_NONBLOCK };
	__u64 number = 0;

	r.next = (struct ipcx_mbox_recv){ .buf = addr(&number), .len = sizeof(number) };
	EXPECT_EQ(-EAGAIN, op(self->mbox, IPCX_REPLY, &r));
	ASSERT_EQ(1, post_number(self->fd, 3));
	EXPECT_EQ(1, op(self->mbox, IPCX_REPLY, &r));
	EXPECT_EQ(3, number);
	EXPECT_EQ(3, r.next.cookie);
	EXPECT_EQ(0, r.next.token);
}

/* A reply that is refused receives nothing. */
TEST_F(call, refused_reply_receives_nothing)
{
	__u64 number = 0;
	struct ipcx_reply r = {
		.token = 77, .flags = IPCX_REPLY_RECV,
		.next = { .buf = addr(&number), .len = sizeof(number) },
	};

	ASSERT_EQ(1, post_number(self->fd, 3));
	EXPECT_EQ(-ESTALE, op(self->mbox, IPCX_REPLY, &r));
	EXPECT_EQ(77, r.token);
	EXPECT_EQ(1, get_depth(self->mbox));
}

/* The reply is done, and the receive's error tells of the receive. */
TEST_F(call, reply_done_and_receive_failed)
{
	struct caller *c = start_caller(self->fd, 5);
	__u64 number, answer = 6;
	struct ipcx_reply r = {
		.flags = IPCX_REPLY_RECV | IPCX_XFER_NONBLOCK,
		.reply = { .buf = addr(&answer), .len = sizeof(answer) },
		.next = { .buf = addr(&number), .len = 4 },
	};

	r.token = take_request(self->mbox, &number);
	EXPECT_EQ(-EAGAIN, op(self->mbox, IPCX_REPLY, &r));
	EXPECT_EQ(0, r.token);
	EXPECT_EQ(0, reap(c->pid));
	EXPECT_EQ(6, c->answer);

	c = start_caller(self->fd, 5);
	r.token = take_request(self->mbox, &number);
	ASSERT_EQ(1, post_number(self->fd, 3));
	EXPECT_EQ(-EMSGSIZE, op(self->mbox, IPCX_REPLY, &r));
	EXPECT_EQ(0, r.token);
	EXPECT_EQ(8, r.next.len);
	EXPECT_EQ(0, reap(c->pid));
	EXPECT_EQ(6, c->answer);
	EXPECT_EQ(1, get_depth(self->mbox));
}

TEST_F(call, discard_and_receive)
{
	struct caller *c = start_caller(self->fd, 5);
	__u64 number = 0;
	struct ipcx_reply r = {
		.flags = IPCX_REPLY_RECV | IPCX_REPLY_DISCARD,
		.next = { .buf = addr(&number), .len = sizeof(number) },
	};

	r.token = take_request(self->mbox, &number);
	ASSERT_EQ(1, post_number(self->fd, 3));
	EXPECT_EQ(1, op(self->mbox, IPCX_REPLY, &r));
	EXPECT_EQ(3, number);
	EXPECT_EQ(0, reap(c->pid));
	EXPECT_EQ(-EPIPE, c->ret);
}

struct server {
	int mbox;
	struct ipcx_reply r;
	__u64 answer, number;
	int ret;
};

static int reply_and_wait(void *arg)
{
	struct server *s = arg;

	MUST_BE(0, catch_signal(SA_RESTART));
	s->r.token = take_request(s->mbox, &s->number);
	s->r.flags = IPCX_REPLY_RECV;
	s->r.reply = (struct ipcx_mbox_msg){ .buf = addr(&s->answer), .len = 8 };
	s->r.next = (struct ipcx_mbox_recv){ .buf = addr(&s->number), .len = 8 };
	s->ret = op(s->mbox, IPCX_REPLY, &s->r);
	return 0;
}

/* A signal restarts the receive, not the reply. */
TEST_F(call, restarted_reply_and_receive)
{
	struct server *s = shared_memory(sizeof(*s));
	__u64 answer = 0;
	pid_t pid;

	s->mbox = self->mbox;
	s->answer = 6;
	pid = spawn(reply_and_wait, s);
	ASSERT_EQ(0, call_number(self->fd, 5, &answer));
	EXPECT_EQ(6, answer);
	ASSERT_EQ(0, wait_receivers(self->mbox, 1));
	ASSERT_EQ(0, wait_sleeping(pid));
	kill(pid, SIGUSR1);
	ASSERT_EQ(1, post_number(self->fd, 9));
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(1, s->ret);
	EXPECT_EQ(0, s->r.token);
	EXPECT_EQ(9, s->number);
}

/* ---- nesting ---- */

struct hop {
	int in, out;
};

/* Answers with what the next one answers, plus one. */
static int relay(void *arg)
{
	struct hop *hop = arg;
	__u64 token, number, answer = 0;

	token = take_request(hop->in, &number);
	MUST(token);
	if (hop->out >= 0)
		MUST_BE(0, call_number(hop->out, number, &answer));
	else
		answer = number;
	MUST_BE(0, reply_number(hop->in, token, answer + 1));
	return 0;
}

TEST(calls_that_call)
{
	enum { HOPS = 5 };
	struct hop hops[HOPS];
	__u64 port, answer = 0;
	pid_t pids[HOPS];
	int i, fd = -1;

	for (i = HOPS - 1; i >= 0; i--) {
		hops[i].in = new_mbox(&port);
		ASSERT_LE(0, hops[i].in);
		hops[i].out = fd;
		fd = open_port(port, 0);
		ASSERT_LE(0, fd);
	}
	for (i = 0; i < HOPS; i++)
		pids[i] = spawn(relay, &hops[i]);
	ASSERT_EQ(0, call_number(fd, 10, &answer));
	EXPECT_EQ(10 + HOPS, answer);
	for (i = 0; i < HOPS; i++) {
		EXPECT_EQ(0, reap(pids[i]));
		close(hops[i].in);
		if (hops[i].out >= 0)
			close(hops[i].out);
	}
	close(fd);
}

/* A server may take more requests while it has some, and answer in any order. */
TEST_F(call, many_at_once)
{
	enum { CALLS = 20 };
	struct caller *c[CALLS];
	__u64 token[CALLS], number[CALLS];
	int i;

	for (i = 0; i < CALLS; i++)
		c[i] = start_caller(self->fd, i);
	for (i = 0; i < CALLS; i++) {
		token[i] = take_request(self->mbox, &number[i]);
		ASSERT_NE(0, token[i]);
	}
	EXPECT_EQ(CALLS, get_calls(self->mbox));
	for (i = CALLS - 1; i >= 0; i--) {
		ASSERT_EQ(0, reply_number(self->mbox, token[i], number[i] + 100));
	}
	for (i = 0; i < CALLS; i++) {
		EXPECT_EQ(0, reap(c[i]->pid));
		EXPECT_EQ(0, c[i]->ret);
		EXPECT_EQ(i + 100, c[i]->answer);
	}
}

TEST_HARNESS_MAIN
