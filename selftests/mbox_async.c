// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Asynchronous calls: each has its reply as a message in the caller's mailbox, or the
 * word that there will be none; never both, never neither. What they cost is in
 * mbox_limits.c, their tokens as fds in mbox_token.c.
 */
#include "mbox_more.h"

#define NO_REPLY	(IPCX_MSG_REPLY | IPCX_MSG_DEAD)

FIXTURE(async)
{
	int mbox;		/* who is called */
	int to;
	__u64 port;
	int home;		/* who calls */
	int to_home;
	__u64 home_port;
};

typedef FIXTURE_DATA(async) env_t;

FIXTURE_SETUP(async)
{
	self->mbox = new_mbox(&self->port);
	ASSERT_LE(0, self->mbox);
	self->to = open_port(self->port, 0);
	ASSERT_LE(0, self->to);
	self->home = files_mbox(&self->home_port);
	ASSERT_LE(0, self->home);
	self->to_home = open_port(self->home_port, 0);
	ASSERT_LE(0, self->to_home);
}

FIXTURE_TEARDOWN(async)
{
	if (self->home >= 0)
		EXPECT_TRUE(is_empty(self->home));
	if (self->mbox >= 0) {
		EXPECT_TRUE(is_empty(self->mbox));
		EXPECT_EQ(0, get_calls(self->mbox));
	}
	close(self->to_home);
	close(self->home);
	close(self->to);
	close(self->mbox);
}

static void die(int *mbox)
{
	close(*mbox);
	*mbox = -1;
}

static bool told_of_none(env_t *env, __u64 cookie)
{
	return comes_notice(env->home, NO_REPLY, env->port, cookie);
}

/* The next reply is that number to that call, and it is there. */
static bool comes_reply(env_t *env, __u64 cookie, __u64 number)
{
	struct ipcx_mbox_recv mail;
	__u64 got = 0;
	int ret = recv_mail_match(env->home, &got, sizeof(got), &mail, IPCX_MATCH_REPLY, 0,
				  IPCX_XFER_NONBLOCK);

	if (ret == 1 && mail.flags == IPCX_MSG_REPLY && mail.sender == env->port &&
	    mail.cookie == cookie && mail.len == sizeof(got) && got == number && !mail.token)
		return true;
	fprintf(stderr, "# %d: flags %#x, cookie %llu, number %llu\n", ret, mail.flags,
		(unsigned long long)mail.cookie, (unsigned long long)got);
	return false;
}

/* ---- replies ---- */

TEST_F(async, what_a_reply_tells)
{
	__u64 number, token, answer = 6;
	struct ipcx_reply reply = {
		.reply = {
			.buf = addr(&answer), .len = sizeof(answer), .type = 3, .priority = 7,
		},
	};
	struct ipcx_mbox_recv mail;

	ASSERT_EQ(1, post_call_number(self->to, 5, self->home));
	ASSERT_EQ(1, recv_mail(self->mbox, &number, sizeof(number), &mail, 0));
	EXPECT_EQ(5, number);
	EXPECT_EQ(5, mail.cookie);
	EXPECT_EQ(self->home_port, mail.sender);
	EXPECT_EQ(0, mail.flags);
	ASSERT_NE(0, mail.token);
	EXPECT_EQ(1, get_calls(self->mbox));
	EXPECT_TRUE(is_empty(self->home));
	token = mail.token;
	reply.token = token;
	ASSERT_EQ(0, op(self->mbox, IPCX_REPLY, &reply));
	EXPECT_EQ(0, reply.token);
	EXPECT_EQ(0, get_calls(self->mbox));
	ASSERT_EQ(1, recv_mail(self->home, &number, sizeof(number), &mail, 0));
	EXPECT_EQ(6, number);
	EXPECT_EQ(sizeof(number), mail.len);
	EXPECT_EQ(IPCX_MSG_REPLY, mail.flags);
	EXPECT_EQ(3, mail.type);
	EXPECT_EQ(7, mail.priority);
	EXPECT_EQ(5, mail.cookie);
	EXPECT_EQ(self->port, mail.sender);
	EXPECT_EQ(1, mail.seq);
	EXPECT_EQ(0, mail.token);
	EXPECT_EQ(0, mail.group);
	EXPECT_EQ(getpid(), mail.pid);
	EXPECT_EQ(gettid(), mail.tid);
	EXPECT_EQ(0, mail.uid);
	EXPECT_EQ(0, mail.gid);
	/* Once. */
	EXPECT_EQ(-ESTALE, reply_number(self->mbox, token, 6));
}

TEST_F(async, cookie_of_the_reply)
{
	struct ipcx_reply reply = { .reply = { .cookie = 8 } };
	struct ipcx_mbox_recv mail;
	__u64 number;

	ASSERT_EQ(1, post_call_number(self->to, 5, self->home));
	reply.token = take_call(self->mbox, &number);
	ASSERT_EQ(0, op(self->mbox, IPCX_REPLY, &reply));
	ASSERT_EQ(1, recv_mail(self->home, NULL, 0, &mail, 0));
	EXPECT_EQ(8, mail.cookie);
	EXPECT_EQ(0, mail.len);
}

/* By port, by name, by fd; one and many. */
TEST_F(async, each_way)
{
	struct ipcx_mbox_msg msgs[3] = {
		make_mail(NULL, 0, 0, 1), make_mail(NULL, 0, 0, 2), make_mail(NULL, 0, 0, 3),
	};
	struct ipcx_post post = make_post(msgs, 3, IPCX_POST_CALL);
	int control = open_control(), mbox, way;
	char name[UNIQUE_NAME_SIZE];

	unique_name(name, "async");
	mbox = open_mbox(name, MBOX_CREATE, 0600);
	ASSERT_LE(0, mbox);
	post.from = self->home;
	for (way = 0; way < 2; way++) {
		struct ipcx_mbox_recv mail;
		__u64 i;

		post.flags = IPCX_POST_CALL | (way ? IPCX_TO_NAME : IPCX_TO_PORT);
		post.dest = way ? addr(name) : port_of(mbox);
		post.dest_len = way ? strlen(name) : 0;
		ASSERT_EQ(3, op(control, IPCX_POST, &post));
		for (i = 1; i <= 3; i++) {
			ASSERT_EQ(1, recv_mail(mbox, NULL, 0, &mail, IPCX_XFER_NONBLOCK));
			EXPECT_EQ(i, mail.cookie);
			ASSERT_EQ(0, reply_number(mbox, mail.token, i + 10));
		}
		EXPECT_EQ(3, get_depth(self->home));
		for (i = 1; i <= 3; i++) {
			__u64 number;

			ASSERT_EQ(1, recv_mail(self->home, &number, 8, &mail, 0));
			EXPECT_EQ(i, mail.cookie);
			EXPECT_EQ(i + 10, number);
		}
	}
	close(mbox);
	close(control);
}

TEST_F(async, large_replies)
{
	static const size_t lens[] = { 0, 1, 64, 65, 4096, 65536 };
	static unsigned char out[65536], in[65536];
	struct ipcx_mbox_recv mail;
	__u64 number, token;
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		ASSERT_EQ(1, post_call_number(self->to, i, self->home));
		token = take_call(self->mbox, &number);
		for (j = 0; j < lens[i]; j++)
			out[j] = j * 7 + i;
		ASSERT_EQ(0, reply_mail(self->mbox, token, out, lens[i]));
		memset(in, 0, sizeof(in));
		ASSERT_EQ(1, recv_mail(self->home, in, sizeof(in), &mail, 0));
		EXPECT_EQ(lens[i], mail.len);
		EXPECT_EQ(0, memcmp(in, out, lens[i]));
	}
}

/* What cannot be replied leaves the token good. */
TEST_F(async, reply_that_is_refused)
{
	static char more[65537];
	__u64 number, token;

	ASSERT_EQ(1, post_call_number(self->to, 5, self->home));
	token = take_call(self->mbox, &number);
	EXPECT_EQ(-EMSGSIZE, reply_mail(self->mbox, token, more, sizeof(more)));
	EXPECT_EQ(-EFAULT, reply_mail(self->mbox, token, guard_page(), 8));
	EXPECT_EQ(-EFAULT, reply_mail(self->mbox, token, guard_page(), 100));
	EXPECT_EQ(-EBADF, reply_files(self->mbox, token, &(int){ -1 }, 1));
	EXPECT_TRUE(is_empty(self->home));
	EXPECT_EQ(1, get_calls(self->mbox));
	EXPECT_EQ(0, reply_number(self->mbox, token, 6));
	EXPECT_TRUE(comes_reply(self, 5, 6));
}

TEST_F(async, replies_with_files)
{
	__u64 number, token;
	int pipes[2], fd;
	char byte;

	ASSERT_EQ(0, pipe(pipes));
	ASSERT_EQ(1, post_call_number(self->to, 5, self->home));
	token = take_call(self->mbox, &number);
	ASSERT_EQ(0, reply_files(self->mbox, token, &pipes[1], 1));
	EXPECT_EQ(1, charged_files());
	fd = recv_file(self->home);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, charged_files());
	ASSERT_EQ(1, write(fd, "f", 1));
	ASSERT_EQ(1, read(pipes[0], &byte, 1));
	EXPECT_EQ('f', byte);
	close(fd);
	close_all(pipes, 2);
}

/* A reply is a message in the caller's mailbox: it is one that may lie there. */
TEST_F(async, home_is_small)
{
	struct ipcx_mbox_attr attr = { .max_msg_size = 100 };
	static char more[101];
	__u64 number, token;

	close(self->home);
	self->home = open_mbox_attr(NULL, MBOX_CREATE, 0600, &attr, NULL);
	ASSERT_LE(0, self->home);
	ASSERT_EQ(1, post_call_number(self->to, 5, self->home));
	token = take_call(self->mbox, &number);
	EXPECT_EQ(-EMSGSIZE, reply_mail(self->mbox, token, more, 101));
	EXPECT_EQ(-EMSGSIZE, reply_files(self->mbox, token, &self->to, 1));
	EXPECT_TRUE(is_empty(self->home));
	EXPECT_EQ(0, reply_mail(self->mbox, token, more, 100));
	EXPECT_EQ(1, drain_mail(self->home));
}

/* ---- among other mail ---- */

TEST_F(async, only_replies)
{
	__u64 number, token[3];
	struct ipcx_mbox_recv mail;
	int i;

	EXPECT_EQ(-EAGAIN, recv_mail_match(self->home, &number, 8, &mail, IPCX_MATCH_REPLY, 0,
					   IPCX_XFER_NONBLOCK));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(1, post_call_number(self->to, 10 + i, self->home));
		token[i] = take_call(self->mbox, &number);
	}
	ASSERT_EQ(1, post_number(self->to_home, 1));
	EXPECT_EQ(-EAGAIN, recv_mail_match(self->home, &number, 8, &mail, IPCX_MATCH_REPLY, 0,
					   IPCX_XFER_NONBLOCK));
	ASSERT_EQ(0, reply_number(self->mbox, token[2], 22));
	ASSERT_EQ(1, post_number(self->to_home, 2));
	ASSERT_EQ(0, discard_call(self->mbox, token[0]));
	ASSERT_EQ(0, reply_number(self->mbox, token[1], 21));
	/* In the order in which they came; also by cookie and by sender. */
	ASSERT_EQ(1, recv_mail_match(self->home, &number, 8, &mail, IPCX_MATCH_REPLY, 0,
				     IPCX_RECV_PEEK));
	EXPECT_EQ(12, mail.cookie);
	EXPECT_TRUE(comes_reply(self, 12, 22));
	ASSERT_EQ(1, recv_mail_match(self->home, &number, 8, &mail, IPCX_MATCH_REPLY, 0, 0));
	EXPECT_TRUE(is_notice(&mail, NO_REPLY, self->port, 10));
	ASSERT_EQ(1, recv_mail_match(self->home, &number, 8, &mail, IPCX_MATCH_COOKIE, 11, 0));
	EXPECT_EQ(21, number);
	EXPECT_EQ(-EAGAIN, recv_mail_match(self->home, &number, 8, &mail, IPCX_MATCH_REPLY, 0,
					   IPCX_XFER_NONBLOCK));
	for (i = 1; i <= 2; i++) {
		ASSERT_EQ(1, recv_mail(self->home, &number, 8, &mail, 0));
		EXPECT_EQ(i, number);
		EXPECT_EQ(0, mail.flags);
	}
}

static int wait_for_reply(void *arg)
{
	env_t *env = arg;
	struct ipcx_mbox_recv mail;
	__u64 number;

	MUST_BE(1, recv_mail_match(env->home, &number, 8, &mail, IPCX_MATCH_REPLY, 0, 0));
	MUST_BE(IPCX_MSG_REPLY, mail.flags);
	MUST_BE(15, mail.cookie);
	MUST_BE(25, number);
	return 0;
}

/* Ordinary mail does not wake who waits for a reply. */
TEST_F(async, waiting_for_replies)
{
	pid_t pid = spawn(wait_for_reply, self);
	__u64 number, token;

	ASSERT_EQ(0, wait_receivers(self->home, 1));
	ASSERT_EQ(1, post_number(self->to_home, 1));
	EXPECT_EQ(1, get_depth(self->home));
	ASSERT_EQ(1, post_call_number(self->to, 15, self->home));
	token = take_call(self->mbox, &number);
	ASSERT_EQ(0, reply_number(self->mbox, token, 25));
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(1, take_number(self->home, &number));
	EXPECT_EQ(1, number);
}

/* A full mailbox has room for replies; for others they are in the way. */
TEST_F(async, full_home)
{
	__u64 number, token[4];
	int i, n = 0;

	close(self->to_home);
	close(self->home);
	self->home = small_mbox(4, &self->home_port);
	self->to_home = open_port(self->home_port, 0);
	ASSERT_LE(0, self->to_home);
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(1, post_call_number(self->to, i, self->home));
		token[i] = take_call(self->mbox, &number);
	}
	while (try_post_number(self->to_home, 100 + n) == 1)
		n++;
	EXPECT_LT(0, n);
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, i % 2 ? discard_call(self->mbox, token[i]) :
				     reply_number(self->mbox, token[i], 50 + i));
	}
	EXPECT_EQ(n + 4, get_depth(self->home));
	while (n--) {
		ASSERT_EQ(1, take_number(self->home, &number));
		EXPECT_LE(100, number);
	}
	/* Only replies are there, and they fill it. */
	EXPECT_EQ(-EAGAIN, try_post_number(self->to_home, 1));
	EXPECT_TRUE(comes_reply(self, 0, 50));
	EXPECT_TRUE(told_of_none(self, 1));
	EXPECT_TRUE(comes_reply(self, 2, 52));
	EXPECT_TRUE(told_of_none(self, 3));
	EXPECT_EQ(1, try_post_number(self->to_home, 1));
	EXPECT_EQ(1, drain_mail(self->home));
}

/* Callers who wait and those who do not are served alike. */
static int ask_and_exit(void *arg)
{
	env_t *env = arg;

	return ask(&env->to);
}

TEST_F(async, beside_synchronous_calls)
{
	pid_t pid = spawn(ask_and_exit, self);
	__u64 number, token, waiting;

	waiting = take_call(self->mbox, &number);
	ASSERT_EQ(1, post_call_number(self->to, 5, self->home));
	token = take_call(self->mbox, &number);
	EXPECT_EQ(2, get_calls(self->mbox));
	ASSERT_EQ(0, reply_number(self->mbox, token, 6));
	ASSERT_EQ(0, reply_number(self->mbox, waiting, ANSWER));
	EXPECT_EQ(0, reap(pid));
	EXPECT_TRUE(comes_reply(self, 5, 6));
}

/* One that calls itself. */
TEST_F(async, to_itself)
{
	struct ipcx_mbox_recv mail;
	__u64 number;

	ASSERT_EQ(1, post_call_number(self->to_home, 5, self->home));
	ASSERT_EQ(1, recv_mail(self->home, &number, 8, &mail, 0));
	ASSERT_NE(0, mail.token);
	ASSERT_EQ(0, reply_number(self->home, mail.token, 6));
	ASSERT_EQ(1, recv_mail(self->home, &number, 8, &mail, 0));
	EXPECT_EQ(6, number);
	EXPECT_EQ(IPCX_MSG_REPLY, mail.flags);
	/* The rest goes with it: a request, a token, a reply. */
	ASSERT_EQ(1, post_call_number(self->to_home, 6, self->home));
	ASSERT_NE(0, take_call(self->home, &number));
	ASSERT_EQ(1, post_call_number(self->to_home, 7, self->home));
	die(&self->home);
}

/* ---- no reply ---- */

TEST_F(async, discard)
{
	__u64 number, token;

	ASSERT_EQ(1, post_call_number(self->to, 5, self->home));
	token = take_call(self->mbox, &number);
	EXPECT_EQ(0, discard_call(self->mbox, token));
	EXPECT_EQ(-ESTALE, discard_call(self->mbox, token));
	EXPECT_TRUE(told_of_none(self, 5));
}

TEST_F(async, copy_of_the_mailbox_is_closed)
{
	__u64 number, token;

	ASSERT_EQ(1, post_call_number(self->to, 5, self->home));
	ASSERT_EQ(1, post_call_number(self->to, 6, self->home));
	token = take_call(self->mbox, &number);
	close(dup(self->mbox));
	EXPECT_TRUE(told_of_none(self, 5));
	EXPECT_EQ(-ESTALE, reply_number(self->mbox, token, 1));
	/* The other one was not received yet. */
	token = take_call(self->mbox, &number);
	EXPECT_EQ(6, number);
	EXPECT_EQ(0, reply_number(self->mbox, token, 7));
	EXPECT_TRUE(comes_reply(self, 6, 7));
}

/* A second process takes a call, and ends somehow; the mailbox goes on. */
enum how { EXITS, KILLED, CLOSES, EXECUTES };

struct worker {
	env_t *env;
	enum how how;
};

static int take_and_end(void *arg)
{
	struct worker *w = arg;
	__u64 number;

	close(w->env->home);
	MUST(take_call(w->env->mbox, &number));
	switch (w->how) {
	case EXITS:
		return 0;
	case KILLED:
		kill(getpid(), SIGKILL);
		break;
	case CLOSES:
		close(w->env->mbox);
		break;
	case EXECUTES:
		execl("/bin/sleep", "sleep", "1000", NULL);
		break;
	}
	pause();
	return 0;
}

static bool has_mail(void *arg)
{
	return get_depth(((env_t *)arg)->home) == 1;
}

TEST_F(async, server_ends)
{
	struct worker w = { .env = self };

	for (w.how = EXITS; w.how <= EXECUTES; w.how++) {
		pid_t pid = spawn(take_and_end, &w);

		ASSERT_EQ(1, post_call_number(self->to, w.how, self->home));
		ASSERT_EQ(0, wait_until(has_mail, self));
		EXPECT_TRUE(told_of_none(self, w.how));
		kill(pid, SIGKILL);
		reap(pid);
		EXPECT_TRUE(is_empty(self->home));
	}
}

/* Received, not yet received, already replied to: one word about each. */
TEST_F(async, mailbox_dies)
{
	__u64 number, token;
	int i;

	for (i = 0; i < 5; i++) {
		ASSERT_EQ(1, post_call_number(self->to, i, self->home));
	}
	ASSERT_NE(0, take_call(self->mbox, &number));
	ASSERT_NE(0, take_call(self->mbox, &number));
	token = take_call(self->mbox, &number);
	ASSERT_EQ(0, reply_number(self->mbox, token, 33));
	die(&self->mbox);
	EXPECT_EQ(5, get_depth(self->home));
	EXPECT_TRUE(comes_reply(self, 2, 33));
	for (i = 0; i < 4; i++) {
		struct ipcx_mbox_recv mail;

		ASSERT_EQ(1, recv_mail_match(self->home, NULL, 0, &mail, IPCX_MATCH_COOKIE,
					     i < 2 ? i : i + 1, IPCX_XFER_NONBLOCK));
		EXPECT_TRUE(is_notice(&mail, NO_REPLY, self->port, i < 2 ? i : i + 1));
	}
	EXPECT_EQ(-EPIPE, post_call_number(self->to, 9, self->home));
}

struct blocked {
	env_t *env;
	int ret;
};

static int call_when_there_is_room(void *arg)
{
	struct blocked *b = arg;

	close(b->env->mbox);
	b->ret = post_call_number(b->env->to, 77, b->env->home);
	return 0;
}

/* A call that was never sent has no reply, and no word of it. */
TEST_F(async, waiting_for_room)
{
	struct blocked *b = shared_memory(sizeof(*b));
	int i, n = 0;
	pid_t pid;

	b->env = self;
	for (i = 0; i < 2; i++) {
		while (try_post_number(self->to, 1) == 1)
			n++;
		EXPECT_EQ(-EAGAIN, post_mail(self->to, NULL, 0, 0, 5, self->home,
					     IPCX_POST_CALL | IPCX_XFER_NONBLOCK));
		b->ret = -1;
		pid = spawn(call_when_there_is_room, b);
		ASSERT_EQ(0, wait_senders(self->to, 1));
		if (i == 0) {
			kill(pid, SIGKILL);
			EXPECT_EQ(KILLED_BY(SIGKILL), reap(pid));
		} else {
			die(&self->mbox);
			EXPECT_EQ(0, reap(pid));
			EXPECT_EQ(-EPIPE, b->ret);
		}
		EXPECT_TRUE(is_empty(self->home));
	}
}

/* ---- the caller goes ---- */

/* The home is gone: the server learns it, or its reply is lost. */
TEST_F(async, home_dies_first)
{
	static char big[65536];
	__u64 number, token[3];
	int i, ret;

	for (i = 0; i < 4; i++) {
		ASSERT_EQ(1, post_call_number(self->to, i, self->home));
	}
	for (i = 0; i < 3; i++)
		token[i] = take_call(self->mbox, &number);
	die(&self->home);
	ret = reply_number(self->mbox, token[0], 1);
	EXPECT_TRUE(ret == 0 || ret == -ESTALE);
	ret = reply_mail(self->mbox, token[1], big, sizeof(big));
	EXPECT_TRUE(ret == 0 || ret == -ESTALE);
	ret = discard_call(self->mbox, token[2]);
	EXPECT_TRUE(ret == 0 || ret == -ESTALE);
	/* The fourth may be received yet, for nothing. */
	if (get_depth(self->mbox) == 1) {
		number = take_call(self->mbox, &number);
		ret = reply_number(self->mbox, number, 1);
		EXPECT_TRUE(ret == 0 || ret == -ESTALE);
	}
	EXPECT_EQ(0, get_calls(self->mbox));
}

static int call_and_exit(void *arg)
{
	env_t *env = arg;

	MUST_BE(1, post_call_number(env->to, 5, env->home));
	return 0;
}

/* The reply is the mailbox's, not that of the process that had called. */
TEST_F(async, caller_has_exited)
{
	__u64 number, token;

	ASSERT_EQ(0, in_child(call_and_exit, self));
	token = take_call(self->mbox, &number);
	ASSERT_NE(0, token);
	EXPECT_EQ(0, reply_number(self->mbox, token, 6));
	EXPECT_TRUE(comes_reply(self, 5, 6));
}

/* ---- what is no such call ---- */

TEST_F(async, needs_a_home)
{
	struct ipcx_mbox_attr attr = { .flags = IPCX_MBOX_GROUP | IPCX_MBOX_ADDRESSABLE };
	__u64 port;
	int group = open_mbox_attr(NULL, MBOX_CREATE, 0600, &attr, &port);
	int to_group = open_port(port, 0), queue = new_queue(0, NULL);

	ASSERT_LE(0, to_group);
	EXPECT_EQ(-EINVAL, post_call_number(self->to, 1, -1));
	EXPECT_EQ(-EBADF, post_call_number(self->to, 1, 1000));
	EXPECT_EQ(-EBADF, post_call_number(self->to, 1, self->to_home));
	EXPECT_EQ(-EINVAL, post_call_number(self->to, 1, queue));
	EXPECT_EQ(-EINVAL, post_call_number(self->to, 1, group));
	EXPECT_EQ(-EOPNOTSUPP, post_call_number(to_group, 1, self->home));
	EXPECT_EQ(-EINVAL, post_mail(self->to, NULL, 0, 0, 1, self->home,
				     IPCX_POST_CALL | IPCX_POST_SYNC));
	EXPECT_TRUE(is_empty(self->mbox));
	close(queue);
	close(to_group);
	close(group);
}

/* ---- many ---- */

#define CALLS	10000

static void shuffle(int *order, int n, uint64_t *seed)
{
	int i;

	for (i = 0; i < n; i++)
		order[i] = i;
	for (i = n - 1; i > 0; i--) {
		int j = rnd_below(seed, i + 1), other = order[j];

		order[j] = order[i];
		order[i] = other;
	}
}

/* All are outstanding at once, and each reply is the right one, in any order. */
TEST_F(async, many_outstanding)
{
	static __u64 token[CALLS];
	static int order[CALLS];
	static bool seen[CALLS];
	uint64_t seed = test_seed();
	struct ipcx_mbox_recv mail;
	__u64 number;
	int i;

	for (i = 0; i < CALLS; i++) {
		ASSERT_EQ(1, post_call_number(self->to, i, self->home));
		token[i] = take_call(self->mbox, &number);
		ASSERT_EQ(i, number);
	}
	EXPECT_EQ(CALLS, get_calls(self->mbox));
	shuffle(order, CALLS, &seed);
	for (i = 0; i < CALLS; i++) {
		int which = order[i];

		/* Every tenth is not answered. */
		ASSERT_EQ(0, which % 10 ? reply_number(self->mbox, token[which], which * 3) :
					  discard_call(self->mbox, token[which]));
	}
	EXPECT_EQ(CALLS, get_depth(self->home));
	for (i = 0; i < CALLS; i++) {
		ASSERT_EQ(1, recv_mail(self->home, &number, 8, &mail, IPCX_XFER_NONBLOCK));
		ASSERT_GT(CALLS, mail.cookie);
		ASSERT_EQ(order[i], mail.cookie);
		ASSERT_FALSE(seen[mail.cookie]);
		seen[mail.cookie] = true;
		if (mail.cookie % 10) {
			ASSERT_EQ(IPCX_MSG_REPLY, mail.flags);
			ASSERT_EQ(mail.cookie * 3, number);
		} else {
			ASSERT_EQ(NO_REPLY, mail.flags);
		}
	}
}

static int take_many(void *arg)
{
	env_t *env = arg;
	__u64 number;
	int i;

	close(env->home);
	for (i = 0; i < CALLS; i++)
		MUST(take_call(env->mbox, &number));
	kill(getpid(), SIGKILL);
	return 1;
}

/* A server that is killed with all of them: a word about each, in their order. */
TEST_F(async, many_without_a_reply)
{
	struct ipcx_mbox_recv mail;
	pid_t pid = spawn(take_many, self);
	int i;

	for (i = 0; i < CALLS; i++) {
		ASSERT_EQ(1, post_call_number(self->to, i, self->home));
	}
	EXPECT_EQ(KILLED_BY(SIGKILL), reap(pid));
	EXPECT_EQ(CALLS, get_depth(self->home));
	for (i = 0; i < CALLS; i++) {
		ASSERT_EQ(1, recv_mail(self->home, NULL, 0, &mail, IPCX_XFER_NONBLOCK));
		ASSERT_EQ(NO_REPLY, mail.flags);
		ASSERT_EQ(i, mail.cookie);
	}
}

/* ---- kill at random points ---- */

static int serve_for_ever(void *arg)
{
	env_t *env = arg;
	__u64 number, token;

	close(env->home);
	for (;;) {
		token = take_call(env->mbox, &number);
		MUST(token);
		MUST_BE(0, reply_number(env->mbox, token, number + 1));
	}
}

/* Servers are killed at any time: each call has one answer all the same. */
TEST_F(async, servers_at_any_time)
{
	enum { SERVERS = 4 };
	long kills = scaled_to_kernel(300, 5000), n;
	uint64_t seed = test_seed();
	__u64 sent = 0, received = 0;
	pid_t pids[SERVERS];
	int i;

	for (i = 0; i < SERVERS; i++)
		pids[i] = spawn(serve_for_ever, self);
	for (n = 0; n < kills; n++) {
		for (i = 0; i < 20; i++, sent++) {
			ASSERT_EQ(1, post_call_number(self->to, sent, self->home));
		}
		i = rnd_below(&seed, SERVERS);
		kill(pids[i], SIGKILL);
		ASSERT_EQ(KILLED_BY(SIGKILL), reap(pids[i]));
		pids[i] = spawn(serve_for_ever, self);
		for (; received < sent; received++) {
			struct ipcx_mbox_recv mail;
			__u64 number = 0;

			ASSERT_EQ(1, recv_mail_match(self->home, &number, 8, &mail,
						     IPCX_MATCH_COOKIE, received, 0));
			ASSERT_TRUE(mail.flags == NO_REPLY ||
				    (mail.flags == IPCX_MSG_REPLY && number == received + 1));
		}
		ASSERT_TRUE(is_empty(self->home));
	}
	for (i = 0; i < SERVERS; i++) {
		kill(pids[i], SIGKILL);
		reap(pids[i]);
	}
}

TEST_HARNESS_MAIN
