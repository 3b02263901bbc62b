// SPDX-License-Identifier: LGPL-2.1-or-later
/* libipcx on the device: calls, replies, and tokens as fds. */
#include "lib_mbox.h"

#include <poll.h>

/* ---- calls ---- */

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
	struct caller c = {
		.m = self->to, .opts.flags = IPCX_RECV_TRUNC, .room = sizeof(c.answer),
	};

	ASSERT_EQ(0, run_call(&c));
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

/* ---- tokens as fds ---- */

/* The fd of the call that comes next. */
static int take_token(const struct ipcx_mbox *m)
{
	uint64_t token = take_call(m);

	return token ? ipcx_mbox_token_fd(m, token) : -ENOMSG;
}

static int reply_to_token(void *arg)
{
	uint64_t answer = 42;

	MUST_BE(0, ipcx_token_reply(*(int *)arg, &answer, sizeof(answer)));
	return 0;
}

/* Whoever has the fd can reply, also when the mailbox is gone. */
TEST_F(mbox, token_for_another_process)
{
	struct caller c;
	pid_t pid;
	int fd;

	ASSERT_EQ(0, start_call(&c, self->to, sizeof(c.answer)));
	fd = take_token(self->m);
	ASSERT_LE(0, fd);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	ipcx_mbox_close(self->m);
	self->m = NULL;
	pid = spawn(reply_to_token, &fd);
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(0, end_call(&c));
	EXPECT_EQ(42, c.answer);
	EXPECT_EQ(6, c.reply.cookie);
	EXPECT_EQ(0, c.reply.type);
	EXPECT_EQ(pid, c.reply.pid);
	EXPECT_EQ(ipcx_mbox_port(self->to), c.reply.sender);
	EXPECT_EQ(0, close(fd));
}

/* What is an fd is no number any more, and good for one reply. */
TEST_F(mbox, token_is_used_once)
{
	struct ipcx_mbox_msg reply;
	uint64_t answer = 43, token;
	struct caller c;
	int fd;

	ASSERT_EQ(0, start_call(&c, self->to, sizeof(c.answer)));
	token = take_call(self->m);
	fd = ipcx_mbox_token_fd(self->m, token);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-ESTALE, ipcx_mbox_reply(self->m, token, NULL, 0));
	EXPECT_EQ(-ESTALE, ipcx_mbox_token_fd(self->m, token));

	ipcx_mbox_msg_init(&reply, &answer, sizeof(answer), 7, 8);
	ASSERT_EQ(0, ipcx_token_reply_msg(fd, &reply));
	EXPECT_EQ(-ESTALE, ipcx_token_reply_msg(fd, &reply));
	EXPECT_EQ(-ESTALE, ipcx_token_discard(fd));
	EXPECT_EQ(0, close(fd));
	EXPECT_EQ(0, end_call(&c));
	EXPECT_EQ(43, c.answer);
	EXPECT_EQ(7, c.reply.type);
	EXPECT_EQ(8, c.reply.cookie);
}

TEST_F(mbox, token_discarded)
{
	struct caller c;
	int fd;

	ASSERT_EQ(0, start_call(&c, self->to, sizeof(c.answer)));
	fd = take_token(self->m);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ipcx_token_discard(fd));
	EXPECT_EQ(-EPIPE, end_call(&c));
	EXPECT_EQ(-ESTALE, ipcx_token_discard(fd));
	EXPECT_EQ(0, close(fd));

	ASSERT_EQ(0, start_call(&c, self->to, sizeof(c.answer)));
	fd = take_token(self->m);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, close(fd));
	EXPECT_EQ(-EPIPE, end_call(&c));
}

TEST_F(mbox, token_poll)
{
	struct pollfd pfd = { .events = POLLOUT };
	struct caller c = {
		.m = self->to,
		.opts = {
			.flags = IPCX_XFER_DEADLINE,
			.clock = CLOCK_MONOTONIC,
			.deadline_ns = ipcx_deadline_after(CLOCK_MONOTONIC, NSEC_PER_SEC),
		},
	};

	ASSERT_EQ(0, run_call(&c));
	pfd.fd = take_token(self->m);
	ASSERT_LE(0, pfd.fd);
	EXPECT_EQ(1, poll(&pfd, 1, 0));
	EXPECT_EQ(POLLOUT, pfd.revents);
	pfd.events = 0;
	EXPECT_EQ(1, poll(&pfd, 1, 60000));
	EXPECT_EQ(POLLERR | POLLHUP, pfd.revents);
	EXPECT_EQ(-ETIMEDOUT, end_call(&c));
	EXPECT_EQ(-ESTALE, ipcx_token_reply(pfd.fd, NULL, 0));
	EXPECT_EQ(0, close(pfd.fd));
}

TEST_F(mbox, token_errors)
{
	uint64_t answer[2] = { 1, 2 };
	struct caller c;
	int fd;

	EXPECT_EQ(-EINVAL, ipcx_mbox_token_fd(self->m, 0));
	EXPECT_EQ(-ESTALE, ipcx_mbox_token_fd(self->m, 12345));
	EXPECT_EQ(-EBADF, ipcx_mbox_token_fd(self->to, 12345));

	ASSERT_EQ(0, start_call(&c, self->to, sizeof(c.answer)));
	fd = take_token(self->m);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EMSGSIZE, ipcx_token_reply(fd, answer, sizeof(answer)));
	EXPECT_EQ(-EFAULT, ipcx_token_reply(fd, guard_page(), 1));
	ASSERT_EQ(0, ipcx_token_reply(fd, answer, sizeof(c.answer)));
	EXPECT_EQ(0, end_call(&c));
	EXPECT_EQ(0, close(fd));
	EXPECT_EQ(-EBADF, ipcx_token_reply(fd, NULL, 0));
	EXPECT_EQ(-EBADF, ipcx_token_discard(fd));

	/* What is no token */
	EXPECT_EQ(-ENOTTY, ipcx_token_reply(ipcx_dev_fd(self->dev), NULL, 0));
	EXPECT_EQ(-ENOTTY, ipcx_token_discard(ipcx_dev_fd(self->dev)));
	EXPECT_EQ(-EINVAL, ipcx_token_reply(ipcx_mbox_fd(self->m), NULL, 0));
	EXPECT_EQ(-EBADF, ipcx_token_discard(ipcx_mbox_fd(self->to)));
}

/* ---- asynchronous calls ---- */

/* Requests to self->to, whose replies come into @own. */
static struct ipcx_mbox_send_opts asking_from(const struct ipcx_mbox *own)
{
	IPCX_OPTS(ipcx_mbox_send_opts, opts);

	opts.flags = IPCX_POST_CALL;
	opts.from = own;
	return opts;
}

static int recv_reply(const struct ipcx_mbox *own, struct ipcx_mbox_recv *mail, uint64_t *answer)
{
	IPCX_OPTS(ipcx_recv_opts, opts);

	opts.flags = IPCX_XFER_NONBLOCK;
	opts.match = IPCX_MATCH_REPLY;
	*answer = 0;
	ipcx_mbox_recv_init(mail, answer, sizeof(*answer));
	return ipcx_mbox_recv_msgs(own, mail, 1, &opts);
}

TEST_F(mbox, asynchronous_calls)
{
	struct ipcx_mbox_recv mail;
	struct ipcx_mbox_send_opts opts;
	struct ipcx_mbox *own;
	uint64_t number, answer;

	ASSERT_EQ(0, ipcx_mbox_create(&own, self->dev, NULL, IPCX_OPEN_WRITE, NULL));
	opts = asking_from(own);
	EXPECT_EQ(1, send_cookie(self->to, 1, &opts));
	EXPECT_EQ(1, send_cookie(self->to, 2, &opts));
	EXPECT_EQ(1, send_cookie(own, 99, NULL));
	EXPECT_EQ(-EAGAIN, recv_reply(own, &mail, &answer));

	ASSERT_EQ(sizeof(number), ipcx_mbox_recv(self->m, &number, sizeof(number), &mail));
	EXPECT_EQ(1, number);
	EXPECT_EQ(ipcx_mbox_port(own), mail.sender);
	EXPECT_EQ(0, mail.flags);
	number = 11;
	EXPECT_EQ(0, ipcx_mbox_reply(self->m, mail.token, &number, sizeof(number)));
	ASSERT_EQ(sizeof(number), ipcx_mbox_recv(self->m, &number, sizeof(number), &mail));
	EXPECT_EQ(0, ipcx_mbox_discard(self->m, mail.token));

	ASSERT_EQ(1, recv_reply(own, &mail, &answer));
	EXPECT_EQ(IPCX_MSG_REPLY, mail.flags);
	EXPECT_EQ(1, mail.cookie);
	EXPECT_EQ(11, answer);
	EXPECT_EQ(0, mail.token);
	EXPECT_EQ(ipcx_mbox_port(self->m), mail.sender);
	ASSERT_EQ(1, recv_reply(own, &mail, &answer));
	EXPECT_EQ(IPCX_MSG_REPLY | IPCX_MSG_DEAD, mail.flags);
	EXPECT_EQ(2, mail.cookie);
	EXPECT_EQ(0, mail.len);
	EXPECT_EQ(ipcx_mbox_port(self->m), mail.sender);
	EXPECT_EQ(-EAGAIN, recv_reply(own, &mail, &answer));
	EXPECT_EQ(1, depth(own));
	ipcx_mbox_close(own);
}

/* Received or not: of each request the mailbox's death tells. */
TEST_F(mbox, asynchronous_calls_to_the_dead)
{
	uint64_t port = ipcx_mbox_port(self->m), answer, cookies = 0;
	struct ipcx_mbox_send_opts opts;
	struct ipcx_mbox_recv mail;
	struct ipcx_mbox_msg msg;
	struct ipcx_mbox *own;
	int i;

	ASSERT_EQ(0, ipcx_mbox_create(&own, self->dev, NULL, 0, NULL));
	opts = asking_from(own);
	ipcx_mbox_msg_init(&msg, NULL, 0, 0, 1);
	EXPECT_EQ(1, ipcx_mbox_send_to_port(self->dev, port, &msg, 1, &opts));
	msg.cookie = 2;
	EXPECT_EQ(1, ipcx_mbox_send_to_name(self->dev, self->name, &msg, 1, &opts));
	ASSERT_EQ(0, ipcx_mbox_recv(self->m, NULL, 0, &mail));
	EXPECT_NE(0, mail.token);
	ipcx_mbox_close(self->m);
	self->m = NULL;
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(1, recv_reply(own, &mail, &answer));
		EXPECT_EQ(IPCX_MSG_REPLY | IPCX_MSG_DEAD, mail.flags);
		cookies |= 1 << mail.cookie;
	}
	EXPECT_EQ(1 << 1 | 1 << 2, cookies);
	EXPECT_EQ(0, depth(own));
	EXPECT_EQ(-EPIPE, send_cookie(self->to, 3, &opts));
	ipcx_mbox_close(own);
}

TEST_F(mbox, asynchronous_call_errors)
{
	struct ipcx_mbox_send_opts opts = asking_from(NULL);
	struct ipcx_mbox *group;

	ASSERT_EQ(-EINVAL, send_cookie(self->to, 1, &opts));
	opts.from = self->to;
	EXPECT_EQ(-EBADF, send_cookie(self->to, 1, &opts));
	opts.from = self->m;
	opts.flags |= IPCX_POST_SYNC;
	EXPECT_EQ(-EINVAL, send_cookie(self->to, 1, &opts));
	EXPECT_EQ(0, depth(self->m));
	ASSERT_EQ(0, special_box(&group, self->dev, IPCX_MBOX_GROUP, IPCX_OPEN_WRITE));
	opts = asking_from(group);
	EXPECT_EQ(-EINVAL, send_cookie(self->to, 1, &opts));
	opts.from = self->m;
	EXPECT_EQ(-EOPNOTSUPP, send_cookie(group, 1, &opts));
	ipcx_mbox_close(group);
}

/* ---- adaptive waiting ---- */

static void *serve_adaptively(void *m)
{
	IPCX_OPTS(ipcx_recv_opts, opts);
	struct ipcx_mbox_recv mail = { 0 };
	struct ipcx_mbox_msg reply;
	uint64_t number = 1;

	opts.flags = IPCX_XFER_ADAPTIVE;
	while (number) {
		number++;
		ipcx_mbox_msg_init(&reply, &number, sizeof(number), 0, 0);
		ipcx_mbox_recv_init(&mail, &number, sizeof(number));
		if (ipcx_mbox_reply_recv(m, mail.token, &reply, &mail, &opts))
			return NULL;
	}
	ipcx_mbox_recv_init(&mail, &number, sizeof(number));
	return ipcx_mbox_recv_msgs(m, &mail, 1, &opts) == 1 ? m : NULL;
}

TEST_F(mbox, adaptive_waiting)
{
	IPCX_OPTS(ipcx_mbox_send_opts, opts);
	struct ipcx_mbox_recv reply;
	struct ipcx_mbox_msg msg;
	uint64_t number, answer;
	pthread_t thread;
	void *result;

	opts.flags = IPCX_XFER_ADAPTIVE;
	ipcx_mbox_msg_init(&msg, &number, sizeof(number), 0, 0);
	ASSERT_EQ(0, pthread_create(&thread, NULL, serve_adaptively, self->m));
	for (number = 1; number < 100; number++) {
		ipcx_mbox_recv_init(&reply, &answer, sizeof(answer));
		ASSERT_EQ(0, ipcx_mbox_call_msg(self->to, &msg, &reply, &opts));
		ASSERT_EQ(number + 1, answer);
	}
	number = 0;
	EXPECT_EQ(1, ipcx_mbox_send_msgs(self->to, &msg, 1, NULL));
	opts.flags |= IPCX_POST_SYNC;
	EXPECT_EQ(1, ipcx_mbox_send_msgs(self->to, &msg, 1, &opts));
	ASSERT_EQ(0, pthread_join(thread, &result));
	EXPECT_EQ(self->m, result);
	/* Where nobody waits there is nothing to adapt. */
	opts.flags = IPCX_XFER_ADAPTIVE;
	EXPECT_EQ(-EINVAL, ipcx_mbox_send_msgs(self->to, &msg, 1, &opts));
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
