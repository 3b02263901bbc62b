// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Files that nobody receives are closed, whatever ends the message: the mailbox's
 * death, a sender or caller who takes it back or is killed, a caller who is gone when
 * its reply comes. And what lies in a mailbox never keeps a mailbox alive.
 */
#include "mbox_more.h"

FIXTURE(undelivered)
{
	int mbox;
	int to;
	int rd, wr;		/* a pipe: its reader sees the last writer go */
	__u64 objects;
};

typedef FIXTURE_DATA(undelivered) env_t;

static __u64 charged_objects(void)
{
	struct ipcx_info info;

	return get_info(&info) == 0 ? info.user_objects : ~0ULL;
}

FIXTURE_SETUP(undelivered)
{
	struct ipcx_mbox_attr attr = {
		.flags = IPCX_MBOX_ADDRESSABLE | IPCX_MBOX_FILES, .max_msgs = 8,
	};
	int pipes[2];
	__u64 port;

	self->objects = charged_objects();
	self->mbox = open_mbox_attr(NULL, MBOX_CREATE, 0600, &attr, &port);
	ASSERT_LE(0, self->mbox);
	self->to = open_port(port, 0);
	ASSERT_LE(0, self->to);
	ASSERT_EQ(0, pipe2(pipes, O_CLOEXEC));
	self->rd = pipes[0];
	self->wr = pipes[1];
}

static bool no_objects(void *arg)
{
	return charged_objects() == *(__u64 *)arg;
}

static bool no_files(void *arg)
{
	(void)arg;
	return charged_files() == 0;
}

FIXTURE_TEARDOWN(undelivered)
{
	if (self->mbox >= 0)
		EXPECT_TRUE(is_empty(self->mbox));
	EXPECT_EQ(0, wait_until(no_files, NULL));
	close(self->mbox);
	close(self->to);
	close(self->rd);
	EXPECT_EQ(0, wait_until(no_objects, &self->objects));
}

static void close_mbox(env_t *env)
{
	close(env->mbox);
	env->mbox = -1;
}

/* ---- the mailbox ---- */

TEST_F(undelivered, mailbox_dies)
{
	int fds[IPCX_FDS_MAX], i;

	for (i = 0; i < IPCX_FDS_MAX; i++)
		fds[i] = self->wr;
	for (i = 1; i <= 3; i++) {
		ASSERT_EQ(1, post_files(self->to, fds, IPCX_FDS_MAX / i));
	}
	close(self->wr);
	EXPECT_TRUE(has_writer(self->rd));
	close_mbox(self);
	EXPECT_TRUE(hung_up(self->rd));
}

static int hold_for_ever(void *arg)
{
	env_t *env = arg;

	close(env->wr);
	/* The message is for this process, which does not take it. */
	pause();
	return 0;
}

TEST_F(undelivered, last_receiver_is_killed)
{
	pid_t pid = spawn(hold_for_ever, self);

	close_mbox(self);
	ASSERT_EQ(1, post_file(self->to, self->wr));
	close(self->wr);
	ASSERT_EQ(0, wait_sleeping(pid));
	EXPECT_TRUE(has_writer(self->rd));
	kill(pid, SIGKILL);
	EXPECT_EQ(KILLED_BY(SIGKILL), reap(pid));
	EXPECT_TRUE(hung_up(self->rd));
	EXPECT_EQ(-EPIPE, post_file(self->to, self->rd));
}

TEST_F(undelivered, messages_are_dropped_unread)
{
	int fds[2] = { self->wr, self->wr }, i;

	for (i = 0; i < 4; i++) {
		ASSERT_EQ(1, post_files(self->to, fds, 2));
	}
	close(self->wr);
	EXPECT_TRUE(has_writer(self->rd));
	EXPECT_EQ(4, drain_mail(self->mbox));
	EXPECT_TRUE(hung_up(self->rd));
}

/* ---- senders ---- */

/* What a child sends with the writing end, and how it ends. */
struct attempt {
	env_t *env;
	unsigned long how;	/* IPCX_POST or IPCX_CALL */
	__u32 flags;
	long long ms;		/* 0: no deadline */
	int ret;
};

static int try_to_send(void *arg)
{
	struct attempt *a = arg;
	struct ipcx_mbox_msg msg = make_parcel(NULL, 0, &a->env->wr, 1);
	struct ipcx_post post = make_post(&msg, 1, a->flags);
	struct ipcx_call call = { .from = -1, .flags = a->flags, .request = msg };

	MUST_BE(0, catch_signal(0));
	close(a->env->mbox);
	if (a->ms) {
		post.flags |= IPCX_XFER_DEADLINE;
		post.clock = CLOCK_MONOTONIC;
		post.deadline_ns = now_ns(CLOCK_MONOTONIC) + a->ms * NSEC_PER_MSEC;
		call.flags = post.flags;
		call.clock = post.clock;
		call.deadline_ns = post.deadline_ns;
	}
	a->ret = op(a->env->to, a->how, a->how == IPCX_CALL ? (void *)&call : &post);
	close(a->env->wr);
	/* The reader looks before this process ends. */
	pause();
	return 0;
}

static pid_t start(env_t *env, struct attempt **attempt, unsigned long how, __u32 flags,
		   long long ms)
{
	struct attempt *a = shared_memory(sizeof(*a));

	*a = (struct attempt){ .env = env, .how = how, .flags = flags, .ms = ms, .ret = 1 };
	*attempt = a;
	return spawn(try_to_send, a);
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	reap(pid);
}

static const struct {
	unsigned long how;
	__u32 flags;
} waits[] = {
	{ IPCX_CALL, 0 }, { IPCX_POST, IPCX_POST_SYNC },
};

static bool has_ended(void *arg)
{
	return ((struct attempt *)arg)->ret != 1;
}

TEST_F(undelivered, deadline_takes_it_back)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(waits); i++) {
		struct attempt *a;
		pid_t pid = start(self, &a, waits[i].how, waits[i].flags, 50);

		ASSERT_EQ(0, wait_until(has_ended, a));
		EXPECT_EQ(-ETIMEDOUT, a->ret);
		EXPECT_EQ(0, charged_files());
		end(pid);
	}
	close(self->wr);
	EXPECT_TRUE(hung_up(self->rd));
}

TEST_F(undelivered, signal_takes_it_back)
{
	struct attempt *a[ARRAY_SIZE(waits)];
	pid_t pids[ARRAY_SIZE(waits)];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(waits); i++) {
		pids[i] = start(self, &a[i], waits[i].how, waits[i].flags, 0);
		ASSERT_EQ(0, wait_depth(self->mbox, i + 1));
		ASSERT_EQ(0, wait_sleeping(pids[i]));
	}
	close(self->wr);
	EXPECT_EQ(2, charged_files());
	for (i = 0; i < ARRAY_SIZE(waits); i++) {
		EXPECT_TRUE(has_writer(self->rd));
		kill(pids[i], SIGUSR1);
	}
	EXPECT_TRUE(hung_up(self->rd));
	for (i = 0; i < ARRAY_SIZE(waits); i++) {
		end(pids[i]);
		EXPECT_EQ(-EINTR, a[i]->ret);
	}
}

TEST_F(undelivered, caller_is_killed)
{
	struct attempt *a;
	pid_t pid = start(self, &a, IPCX_CALL, 0, 0);

	ASSERT_EQ(0, wait_depth(self->mbox, 1));
	close(self->wr);
	EXPECT_TRUE(has_writer(self->rd));
	end(pid);
	EXPECT_TRUE(hung_up(self->rd));
}

/* Who waits for room has its files with it, and then has them no more. */
TEST_F(undelivered, waiting_for_room)
{
	struct attempt *a[3];
	pid_t pids[3];
	int i;

	while (try_post_number(self->to, 1) == 1)
		;
	for (i = 0; i < 3; i++) {
		pids[i] = start(self, &a[i], i ? IPCX_POST : IPCX_CALL, 0, 0);
		ASSERT_EQ(0, wait_senders(self->to, i + 1));
		ASSERT_EQ(0, wait_sleeping(pids[i]));
	}
	close(self->wr);
	EXPECT_EQ(3, charged_files());
	/* One is killed, one interrupted, and one is told of the mailbox's death. */
	end(pids[0]);
	kill(pids[1], SIGUSR1);
	ASSERT_EQ(0, wait_senders(self->to, 1));
	EXPECT_TRUE(has_writer(self->rd));
	close_mbox(self);
	EXPECT_TRUE(hung_up(self->rd));
	for (i = 1; i < 3; i++) {
		end(pids[i]);
		EXPECT_EQ(i == 1 ? -EINTR : -EPIPE, a[i]->ret);
	}
}

/* Whoever gave up while it was received: the receiver has the files all the same. */
TEST_F(undelivered, received_before_the_caller_gave_up)
{
	struct attempt *a;
	pid_t pid = start(self, &a, IPCX_CALL, 0, 0);
	int fd = recv_file(self->mbox);

	ASSERT_LE(0, fd);
	end(pid);
	close(self->wr);
	EXPECT_TRUE(has_writer(self->rd));
	EXPECT_EQ(1, write(fd, "x", 1));
	close(fd);
	EXPECT_TRUE(hung_up(self->rd));
}

/* ---- replies ---- */

struct caller {
	int to;
	long long ms;
	bool unwritable;
	int ret;
};

static int call_for_a_file(void *arg)
{
	struct caller *c = arg;
	int fd;
	struct ipcx_call call = { .from = -1, .reply = make_fd_room(NULL, 0, &fd, 1) };

	if (c->unwritable)
		call.reply.fds = addr(guard_page());
	if (c->ms) {
		call.flags = IPCX_XFER_DEADLINE;
		call.clock = CLOCK_MONOTONIC;
		call.deadline_ns = now_ns(CLOCK_MONOTONIC) + c->ms * NSEC_PER_MSEC;
	}
	c->ret = op(c->to, IPCX_CALL, &call);
	return 0;
}

static struct caller *new_caller(env_t *env)
{
	struct caller *c = shared_memory(sizeof(*c));

	*c = (struct caller){ .to = env->to, .ret = 1 };
	return c;
}

TEST_F(undelivered, caller_of_the_reply_is_killed)
{
	struct caller *c = new_caller(self);
	pid_t pid = spawn(call_for_a_file, c);
	__u64 number, token = take_call(self->mbox, &number);

	ASSERT_NE(0, token);
	kill(pid, SIGKILL);
	EXPECT_EQ(KILLED_BY(SIGKILL), reap(pid));
	EXPECT_EQ(-ESTALE, reply_files(self->mbox, token, &self->wr, 1));
	EXPECT_EQ(0, charged_files());
	close(self->wr);
	EXPECT_TRUE(hung_up(self->rd));
}

static bool has_returned(void *arg)
{
	return ((struct caller *)arg)->ret != 1;
}

TEST_F(undelivered, caller_of_the_reply_has_given_up)
{
	struct caller *c = new_caller(self);
	__u64 number, token;
	pid_t pid;

	c->ms = 300 * timeout_factor();
	pid = spawn(call_for_a_file, c);
	token = take_call(self->mbox, &number);
	ASSERT_NE(0, token);
	ASSERT_EQ(0, wait_until(has_returned, c));
	EXPECT_EQ(-ETIMEDOUT, c->ret);
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(-ESTALE, reply_files(self->mbox, token, &self->wr, 1));
	close(self->wr);
	EXPECT_TRUE(hung_up(self->rd));
}

/* Given, and then the caller cannot have it: the reply is lost. */
TEST_F(undelivered, reply_cannot_be_written)
{
	struct caller *c = new_caller(self);
	__u64 number, token;
	pid_t pid;

	c->unwritable = true;
	pid = spawn(call_for_a_file, c);
	token = take_call(self->mbox, &number);
	ASSERT_NE(0, token);
	ASSERT_EQ(0, reply_files(self->mbox, token, &self->wr, 1));
	close(self->wr);
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(-EFAULT, c->ret);
	EXPECT_TRUE(hung_up(self->rd));
}

/* A caller that is killed while it is stopped never sees its reply. */
TEST_F(undelivered, caller_is_stopped_and_killed)
{
	struct caller *c = new_caller(self);
	pid_t pid = spawn(call_for_a_file, c);
	__u64 number, token = take_call(self->mbox, &number);
	int status, ret;

	ASSERT_NE(0, token);
	ASSERT_EQ(0, wait_sleeping(pid));
	kill(pid, SIGSTOP);
	ASSERT_EQ(pid, waitpid(pid, &status, WUNTRACED));
	ret = reply_files(self->mbox, token, &self->wr, 1);
	EXPECT_TRUE(ret == 0 || ret == -ESTALE);
	close(self->wr);
	kill(pid, SIGKILL);
	EXPECT_EQ(KILLED_BY(SIGKILL), reap(pid));
	EXPECT_TRUE(hung_up(self->rd));
}

/* A reply that came and was not taken goes with the mailbox it lies in. */
TEST_F(undelivered, asynchronous_reply)
{
	int home = files_mbox(NULL);
	__u64 number, token;
	int i;

	ASSERT_LE(0, home);
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(1, post_call_number(self->to, i, home));
		token = take_call(self->mbox, &number);
		ASSERT_NE(0, token);
		if (i == 0) {
			ASSERT_EQ(0, reply_files(self->mbox, token, &self->wr, 1));
			EXPECT_EQ(1, charged_files());
			close(home);
			home = files_mbox(NULL);
		}
	}
	/* The second one's home is gone before the reply comes. */
	close(home);
	reply_files(self->mbox, token, &self->wr, 1);
	close(self->wr);
	EXPECT_TRUE(hung_up(self->rd));
}

/* ---- no mailbox lives by what lies in one ---- */

/* A right to send to it lies in the mailbox itself. */
TEST_F(undelivered, its_own_right)
{
	int i;

	for (i = 0; i < 3; i++) {
		ASSERT_EQ(1, post_file(self->to, self->to));
	}
	ASSERT_EQ(1, post_file(self->to, self->wr));
	close(self->to);
	close(self->wr);
	self->to = -1;
	close_mbox(self);
	EXPECT_TRUE(hung_up(self->rd));
	EXPECT_EQ(0, wait_until(no_objects, &self->objects));
}

/* Each of many has rights to the others, and queues. */
TEST_F(undelivered, a_ring)
{
	enum { RING = 10 };
	int mbox[RING], to[RING], queue = new_queue(0, NULL), i;

	ASSERT_LE(0, queue);
	for (i = 0; i < RING; i++) {
		__u64 port;

		mbox[i] = files_mbox(&port);
		to[i] = open_port(port, 0);
		ASSERT_LE(0, to[i]);
	}
	for (i = 0; i < RING; i++) {
		int fds[3] = { to[(i + 1) % RING], queue, self->wr };

		ASSERT_EQ(1, post_files(to[i], fds, 3));
	}
	close_all(to, RING);
	close(queue);
	close(self->wr);
	/* Rights in messages are rights, and no more. */
	for (i = 0; i < RING; i++) {
		EXPECT_TRUE(has_writer(self->rd));
		close(mbox[i]);
	}
	EXPECT_TRUE(hung_up(self->rd));
	close_mbox(self);
	close(self->to);
	self->to = -1;
	EXPECT_EQ(0, wait_until(no_objects, &self->objects));
}

static int call_and_fail(void *arg)
{
	env_t *env = arg;
	__u64 answer;

	close(env->mbox);
	close(env->wr);
	MUST_BE(-EPIPE, call_number(env->to, 1, &answer));
	return 0;
}

/* A token of a call to the mailbox lies in it: its end is the end of the call. */
TEST_F(undelivered, its_own_token)
{
	pid_t pid = spawn(call_and_fail, self);
	__u64 number, token = take_call(self->mbox, &number);
	int fds[2] = { token_fd(self->mbox, token), self->wr };

	ASSERT_LE(0, fds[0]);
	ASSERT_EQ(1, post_files(self->to, fds, 2));
	close(fds[0]);
	close(self->wr);
	ASSERT_EQ(0, wait_sleeping(pid));
	close_mbox(self);
	EXPECT_EQ(0, reap(pid));
	EXPECT_TRUE(hung_up(self->rd));
}

/* ---- kill at random points ---- */

static int send_for_ever(void *arg)
{
	env_t *env = arg;
	int fds[3] = { env->wr, env->to, env->rd };

	close(env->mbox);
	for (;;) {
		struct ipcx_mbox_msg msg = make_parcel(NULL, 0, fds, 3);
		struct ipcx_post post = make_post(&msg, 1, 0);

		MUST_BE(1, op(env->to, IPCX_POST, &post));
	}
}

static int call_for_ever(void *arg)
{
	env_t *env = arg;
	int fds[3] = { env->wr, env->to, env->rd }, got[3];

	close(env->mbox);
	for (;;) {
		struct ipcx_call call = {
			.from = -1, .request = make_parcel(NULL, 0, fds, 3),
			.reply = make_fd_room(NULL, 0, got, 3),
		};
		int ret = op(env->to, IPCX_CALL, &call);

		MUST(ret == 0 || ret == -EPIPE);
		if (ret == 0)
			close_all(got, call.reply.fd_count);
	}
}

static int serve_for_ever(void *arg)
{
	env_t *env = arg;
	struct ipcx_mbox_recv mail;
	int fds[3];

	for (;;) {
		MUST_BE(1, recv_files(env->mbox, fds, 3, &mail, 0));
		if (mail.token) {
			int ret = reply_files(env->mbox, mail.token, fds, mail.fd_count);

			MUST(ret == 0 || ret == -ESTALE);
		}
		close_all(fds, mail.fd_count);
	}
}

TEST_F(undelivered, anybody_at_any_time)
{
	static int (*const roles[])(void *arg) = {
		send_for_ever, serve_for_ever, call_for_ever, serve_for_ever, call_for_ever,
	};
	long kills = scaled_to_kernel(500, 10000), n;
	uint64_t seed = test_seed();
	pid_t pids[ARRAY_SIZE(roles)];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(roles); i++)
		pids[i] = spawn(roles[i], self);
	for (n = 0; n < kills; n++) {
		struct timespec while_ns = { .tv_nsec = rnd_below(&seed, 3000000) };

		nanosleep(&while_ns, NULL);
		i = rnd_below(&seed, ARRAY_SIZE(roles));
		kill(pids[i], SIGKILL);
		ASSERT_EQ(KILLED_BY(SIGKILL), reap(pids[i]));
		pids[i] = spawn(roles[i], self);
	}
	for (i = 0; i < ARRAY_SIZE(roles); i++)
		end(pids[i]);
	EXPECT_EQ(0, get_calls(self->mbox));
	drain_mail(self->mbox);
	close(self->wr);
	EXPECT_TRUE(hung_up(self->rd));
}

TEST_HARNESS_MAIN
