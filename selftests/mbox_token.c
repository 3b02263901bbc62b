// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reply tokens as fds: the right to answer one call, for whoever has the fd, and
 * what ends it. Tokens as numbers are in mbox_call.c and mbox_death.c.
 */
#include "mbox_more.h"

#include <sys/socket.h>

FIXTURE(token)
{
	int mbox;
	int to;
	__u64 port;
	int socks[2];		/* to pass fds */
};

typedef FIXTURE_DATA(token) env_t;

FIXTURE_SETUP(token)
{
	self->mbox = files_mbox(&self->port);
	ASSERT_LE(0, self->mbox);
	self->to = open_port(self->port, 0);
	ASSERT_LE(0, self->to);
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, self->socks));
}

FIXTURE_TEARDOWN(token)
{
	if (self->mbox >= 0) {
		EXPECT_TRUE(is_empty(self->mbox));
		EXPECT_EQ(0, get_calls(self->mbox));
	}
	close_all(self->socks, 2);
	close(self->to);
	close(self->mbox);
}

struct caller {
	env_t *env;
	long long ms;		/* 0: no deadline */
	int ret;
	__u64 answer;
	struct ipcx_mbox_recv reply;
	pid_t pid;
};

/* Has nothing but the right to send: no receiver, no way to a token. */
static int call_once(void *arg)
{
	struct caller *c = arg;
	__u64 question = QUESTION;
	struct ipcx_call call = make_call(&question, 8, &c->answer, 8);

	close(c->env->mbox);
	close_all(c->env->socks, 2);
	call.request.cookie = QUESTION;
	if (c->ms) {
		call.flags = IPCX_XFER_DEADLINE;
		call.clock = CLOCK_MONOTONIC;
		call.deadline_ns = now_ns(CLOCK_MONOTONIC) + c->ms * NSEC_PER_MSEC;
	}
	c->ret = op(c->env->to, IPCX_CALL, &call);
	c->reply = call.reply;
	return 0;
}

static struct caller *start_caller(env_t *env, long long ms)
{
	struct caller *c = shared_memory(sizeof(*c));

	*c = (struct caller){ .env = env, .ms = ms, .ret = 1 };
	c->pid = spawn(call_once, c);
	return c;
}

/* Receives a request and turns its token into an fd. */
static int take_token(env_t *env)
{
	__u64 number, token = take_call(env->mbox, &number);

	return token ? token_fd(env->mbox, token) : -ENOMSG;
}

/* The caller came back with that: 0 and the answer, or an errno. */
static bool ended(struct caller *c, int ret)
{
	if (reap(c->pid) == 0 && c->ret == ret && c->answer == (ret ? 0 : ANSWER))
		return true;
	fprintf(stderr, "# the call gave %d, %llu\n", c->ret, (unsigned long long)c->answer);
	return false;
}

/* ---- one use ---- */

TEST_F(token, reply)
{
	struct caller *c = start_caller(self, 0);
	int fd = take_token(self);

	ASSERT_LE(0, fd);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_EQ(1, get_calls(self->mbox));
	EXPECT_EQ(0, reply_number(fd, 0, ANSWER));
	EXPECT_TRUE(ended(c, 0));
	EXPECT_EQ(0, get_calls(self->mbox));
	EXPECT_EQ(self->port, c->reply.sender);
	EXPECT_EQ(QUESTION, c->reply.cookie);
	EXPECT_EQ(getpid(), c->reply.pid);
	/* Once. */
	EXPECT_EQ(-ESTALE, reply_number(fd, 0, ANSWER));
	EXPECT_EQ(-ESTALE, discard_call(fd, 0));
	close(fd);
}

TEST_F(token, discard)
{
	struct caller *c = start_caller(self, 0);
	int fd = take_token(self);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, discard_call(fd, 0));
	EXPECT_TRUE(ended(c, -EPIPE));
	EXPECT_EQ(-ESTALE, reply_number(fd, 0, ANSWER));
	EXPECT_EQ(-ESTALE, discard_call(fd, 0));
	close(fd);
}

/* The last close is a discard, and no other is. */
TEST_F(token, close)
{
	struct caller *c = start_caller(self, 0);
	int fd = take_token(self), copy = dup(fd);

	ASSERT_LE(0, copy);
	close(fd);
	ASSERT_EQ(0, wait_sleeping(c->pid));
	EXPECT_EQ(1, c->ret);
	EXPECT_EQ(1, get_calls(self->mbox));
	close(copy);
	EXPECT_TRUE(ended(c, -EPIPE));
}

TEST_F(token, reply_that_is_refused)
{
	struct caller *c = start_caller(self, 0);
	char more[100] = { 0 };
	int fd = take_token(self);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EMSGSIZE, reply_mail(fd, 0, more, sizeof(more)));
	EXPECT_EQ(-EFAULT, reply_mail(fd, 0, guard_page(), 8));
	EXPECT_EQ(-EMSGSIZE, reply_files(fd, 0, &fd, 1));
	EXPECT_EQ(1, c->ret);
	EXPECT_EQ(0, reply_number(fd, 0, ANSWER));
	EXPECT_TRUE(ended(c, 0));
	close(fd);
}

/* What was turned into an fd is no number any more. */
TEST_F(token, the_number_is_gone)
{
	struct caller *c = start_caller(self, 0);
	__u64 number, token = take_call(self->mbox, &number);
	int fd = token_fd(self->mbox, token);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-ESTALE, reply_number(self->mbox, token, 1));
	EXPECT_EQ(-ESTALE, discard_call(self->mbox, token));
	EXPECT_EQ(-ESTALE, token_fd(self->mbox, token));
	EXPECT_EQ(1, c->ret);
	EXPECT_EQ(0, reply_number(fd, 0, ANSWER));
	EXPECT_TRUE(ended(c, 0));
	EXPECT_EQ(-ESTALE, token_fd(self->mbox, token));
	close(fd);
}

/* What is no token makes no fd. */
struct foreign {
	env_t *env;
	__u64 token;
};

static int take_foreign(void *arg)
{
	struct foreign *f = arg;

	MUST_BE(-ESTALE, token_fd(f->env->mbox, f->token));
	return 0;
}

TEST_F(token, of_nothing)
{
	struct foreign f = { .env = self };
	struct caller *c = start_caller(self, 0);
	struct ipcx_mbox_recv mail;
	__u64 number;
	int before = count_fds(), next = next_fd();

	f.token = take_call(self->mbox, &number);
	ASSERT_NE(0, f.token);
	EXPECT_EQ(-ESTALE, token_fd(self->mbox, f.token + 1));
	EXPECT_EQ(-ESTALE, token_fd(self->mbox, ~0ULL));
	EXPECT_EQ(-EBADF, token_fd(self->to, f.token));
	EXPECT_EQ(0, in_child(take_foreign, &f));
	ASSERT_EQ(1, post_number(self->to, 3));
	ASSERT_EQ(1, recv_mail(self->mbox, &number, 8, &mail, 0));
	EXPECT_EQ(-ESTALE, token_fd(self->mbox, mail.seq));
	EXPECT_EQ(before, count_fds());
	EXPECT_EQ(0, reply_number(self->mbox, f.token, ANSWER));
	EXPECT_TRUE(ended(c, 0));
	EXPECT_EQ(-ESTALE, token_fd(self->mbox, f.token));
	EXPECT_EQ(before, count_fds());
	EXPECT_EQ(next, next_fd());
}

static int take_and_tell(void *arg)
{
	struct foreign *f = arg;
	__u64 number;

	f->token = take_call(f->env->mbox, &number);
	return f->token ? 0 : 1;
}

/* A number ends with the process that had it, and with a close of the mailbox. */
TEST_F(token, number_of_the_dead)
{
	struct foreign *f = shared_memory(sizeof(*f));
	struct caller *c = start_caller(self, 0);
	__u64 number;

	f->env = self;
	ASSERT_EQ(0, in_child(take_and_tell, f));
	EXPECT_TRUE(ended(c, -EPIPE));
	EXPECT_EQ(-ESTALE, token_fd(self->mbox, f->token));
	EXPECT_EQ(-ESTALE, reply_number(self->mbox, f->token, ANSWER));
	c = start_caller(self, 0);
	f->token = take_call(self->mbox, &number);
	ASSERT_NE(0, f->token);
	close(dup(self->mbox));
	EXPECT_TRUE(ended(c, -EPIPE));
	EXPECT_EQ(-ESTALE, token_fd(self->mbox, f->token));
	EXPECT_EQ(-ESTALE, discard_call(self->mbox, f->token));
}

static int take_without_fds(void *arg)
{
	env_t *env = arg;
	__u64 number, token = take_call(env->mbox, &number);

	MUST(token);
	MUST_BE(0, leave_fds(0));
	MUST_BE(-EMFILE, token_fd(env->mbox, token));
	/* It is still a number. */
	MUST_BE(0, reply_number(env->mbox, token, ANSWER));
	return 0;
}

TEST_F(token, at_the_limit_of_fds)
{
	struct caller *c = start_caller(self, 0);

	EXPECT_EQ(0, in_child(take_without_fds, self));
	EXPECT_TRUE(ended(c, 0));
}

TEST_F(token, many_at_once)
{
	enum { CALLS = 20 };
	struct caller *c[CALLS];
	int fds[CALLS], i;

	for (i = 0; i < CALLS; i++)
		c[i] = start_caller(self, 0);
	for (i = 0; i < CALLS; i++) {
		fds[i] = take_token(self);
		ASSERT_LE(0, fds[i]);
	}
	EXPECT_EQ(CALLS, get_calls(self->mbox));
	/* Every second is answered, the others closed. */
	for (i = 0; i < CALLS; i++) {
		if (i % 2) {
			EXPECT_EQ(0, reply_number(fds[i], 0, ANSWER));
		}
		close(fds[i]);
	}
	for (i = 0; i < CALLS; i++) {
		reap(c[i]->pid);
		EXPECT_TRUE(c[i]->ret == 0 || c[i]->ret == -EPIPE);
	}
}

/* ---- another process ---- */

/* How a second process comes by the fd, and what it does with it. */
struct second {
	env_t *env;
	enum { BY_MESSAGE, BY_SOCKET } way;
	__u64 port;		/* mailbox of the second */
	bool taken;
	bool go;
};

static bool may_go(void *arg)
{
	return ((struct second *)arg)->go;
}

static int reply_for_another(void *arg)
{
	struct second *s = arg;
	int own = -1, fd;

	close(s->env->mbox);
	if (s->way == BY_MESSAGE) {
		own = files_mbox(&s->port);
		MUST(own >= 0);
		fd = recv_file(own);
	} else {
		fd = take_fd(s->env->socks[1]);
	}
	MUST(fd >= 0);
	s->taken = true;
	MUST_BE(0, wait_until(may_go, s));
	MUST_BE(0, reply_number(fd, 0, ANSWER));
	return 0;
}

static bool has_port(void *arg)
{
	return ((struct second *)arg)->port != 0;
}

static bool has_taken(void *arg)
{
	return ((struct second *)arg)->taken;
}

/* The first process, which receives: hands the token on, and ends. */
static int receive_and_pass(void *arg)
{
	struct second *s = arg;
	int fd = take_token(s->env), to;

	MUST(fd >= 0);
	if (s->way == BY_SOCKET)
		return -pass_fd(s->env->socks[0], fd);
	MUST_BE(0, wait_until(has_port, s));
	to = open_port(s->port, 0);
	MUST_BE(1, post_file(to, fd));
	return 0;
}

static struct second *start_second(env_t *env, int way)
{
	struct second *s = shared_memory(sizeof(*s));

	*s = (struct second){ .env = env, .way = way };
	return s;
}

/* Who had received the request is gone, and it is answered by another process. */
TEST_F(token, passed_on)
{
	int way;

	for (way = BY_MESSAGE; way <= BY_SOCKET; way++) {
		struct caller *c = start_caller(self, 0);
		struct second *s = start_second(self, way);
		pid_t second = spawn(reply_for_another, s);

		EXPECT_EQ(0, in_child(receive_and_pass, s));
		ASSERT_EQ(0, wait_until(has_taken, s));
		/* Nor does the close of a copy of the mailbox end it. */
		close(dup(self->mbox));
		ASSERT_EQ(0, wait_sleeping(c->pid));
		EXPECT_EQ(1, c->ret);
		s->go = true;
		EXPECT_EQ(0, reap(second));
		EXPECT_TRUE(ended(c, 0));
		EXPECT_EQ(second, c->reply.pid);
	}
}

TEST_F(token, last_holder_is_killed)
{
	int way;

	for (way = BY_MESSAGE; way <= BY_SOCKET; way++) {
		struct caller *c = start_caller(self, 0);
		struct second *s = start_second(self, way);
		pid_t second = spawn(reply_for_another, s);

		EXPECT_EQ(0, in_child(receive_and_pass, s));
		ASSERT_EQ(0, wait_until(has_taken, s));
		EXPECT_EQ(1, c->ret);
		kill(second, SIGKILL);
		EXPECT_EQ(KILLED_BY(SIGKILL), reap(second));
		EXPECT_TRUE(ended(c, -EPIPE));
	}
}

/* On its way to nobody it ends with the message, and in a socket with the socket. */
TEST_F(token, never_arrives)
{
	struct caller *c = start_caller(self, 0);
	__u64 port;
	int own = files_mbox(&port), to = open_port(port, 0), fd = take_token(self);

	ASSERT_EQ(1, post_file(to, fd));
	close(fd);
	EXPECT_EQ(1, c->ret);
	close(own);
	EXPECT_TRUE(ended(c, -EPIPE));
	close(to);

	c = start_caller(self, 0);
	fd = take_token(self);
	ASSERT_EQ(0, pass_fd(self->socks[0], fd));
	close(fd);
	EXPECT_EQ(1, c->ret);
	fd = take_fd(self->socks[1]);
	ASSERT_LE(0, fd);
	close(fd);
	EXPECT_TRUE(ended(c, -EPIPE));
}

/* Two who have it answer once. */
static int reply_once_more(void *arg)
{
	MUST_BE(0, reply_number(*(int *)arg, 0, ANSWER));
	return 0;
}

TEST_F(token, shared_over_fork)
{
	struct caller *c = start_caller(self, 0);
	int fd = take_token(self);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, in_child(reply_once_more, &fd));
	EXPECT_TRUE(ended(c, 0));
	EXPECT_EQ(-ESTALE, reply_number(fd, 0, 1));
	close(fd);
}

struct executor {
	env_t *env;
	bool keeps;
};

static int take_and_exec(void *arg)
{
	struct executor *e = arg;
	int fd = take_token(e->env);

	MUST(fd >= 0);
	if (e->keeps)
		MUST_BE(0, fcntl(fd, F_SETFD, 0));
	execl("/bin/sleep", "sleep", "1000", NULL);
	return 1;
}

static bool has_executed(void *arg)
{
	char path[64], comm[32];

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)*(pid_t *)arg);
	return read_file(path, comm, sizeof(comm)) > 0 && strcmp(comm, "sleep\n") == 0;
}

/* A program that is executed has the token where it has the fd. */
TEST_F(token, exec)
{
	struct executor e = { .env = self };
	struct caller *c;
	pid_t pid;

	for (e.keeps = false;; e.keeps = true) {
		c = start_caller(self, 0);
		pid = spawn(take_and_exec, &e);
		ASSERT_EQ(0, wait_until(has_executed, &pid));
		if (!e.keeps) {
			EXPECT_TRUE(ended(c, -EPIPE));
		} else {
			EXPECT_EQ(1, get_calls(self->mbox));
			EXPECT_EQ(1, c->ret);
		}
		kill(pid, SIGKILL);
		EXPECT_EQ(KILLED_BY(SIGKILL), reap(pid));
		if (e.keeps)
			break;
	}
	EXPECT_TRUE(ended(c, -EPIPE));
}

static int take_and_become_replier(void *arg)
{
	int fd = take_token(arg);

	MUST(fd >= 0);
	return become_replier(fd, 0);
}

TEST_F(token, executed_program_replies)
{
	struct caller *c = start_caller(self, 0);

	EXPECT_EQ(0, in_child(take_and_become_replier, self));
	EXPECT_TRUE(ended(c, 0));
}

/* ---- the caller, the mailbox ---- */

static short poll_now(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };
	int n = poll(&p, 1, 0);

	return n < 0 ? -1 : p.revents;
}

TEST_F(token, poll)
{
	struct caller *c = start_caller(self, 0);
	int fd = take_token(self);

	ASSERT_LE(0, fd);
	EXPECT_EQ(POLLOUT, poll_now(fd));
	EXPECT_EQ(0, reply_number(fd, 0, ANSWER));
	EXPECT_EQ(POLLERR | POLLHUP, poll_now(fd));
	EXPECT_TRUE(ended(c, 0));
	close(fd);

	/* The caller is killed. */
	c = start_caller(self, 0);
	fd = take_token(self);
	EXPECT_EQ(POLLOUT, poll_now(fd));
	kill(c->pid, SIGKILL);
	reap(c->pid);
	EXPECT_EQ(POLLERR | POLLHUP, poll_now(fd));
	EXPECT_EQ(-ESTALE, reply_number(fd, 0, ANSWER));
	EXPECT_EQ(-ESTALE, discard_call(fd, 0));
	close(fd);
}

static int wait_for_hangup(void *arg)
{
	struct pollfd p = { .fd = *(int *)arg };

	MUST_BE(1, poll(&p, 1, -1));
	MUST_BE(POLLERR | POLLHUP, p.revents);
	return 0;
}

/* One who waits is told that the caller has given up, or was answered by another. */
TEST_F(token, waiting_poll)
{
	int i;

	for (i = 0; i < 3; i++) {
		struct caller *c = start_caller(self, 0);
		int fd = take_token(self);
		pid_t pid = spawn(wait_for_hangup, &fd);

		ASSERT_EQ(0, wait_sleeping(pid));
		EXPECT_EQ(0, i == 0 ? kill(c->pid, SIGKILL) :
			     i == 1 ? reply_number(fd, 0, ANSWER) : discard_call(fd, 0));
		EXPECT_EQ(0, reap(pid));
		reap(c->pid);
		close(fd);
	}
}

TEST_F(token, deadline_of_the_caller)
{
	struct caller *c = start_caller(self, 300 * timeout_factor());
	int fd = take_token(self);
	struct pollfd p = { .fd = fd };

	ASSERT_LE(0, fd);
	EXPECT_EQ(1, poll(&p, 1, timeout_factor() * 30000));
	EXPECT_EQ(POLLERR | POLLHUP, p.revents);
	EXPECT_TRUE(ended(c, -ETIMEDOUT));
	EXPECT_EQ(-ESTALE, reply_number(fd, 0, ANSWER));
	close(fd);
}

/* What was handed out as an fd is the fd's: the mailbox's death is no end of it. */
TEST_F(token, of_a_dead_mailbox)
{
	struct caller *answered = start_caller(self, 0), *dropped, *lost;
	int fd = take_token(self), other;
	__u64 number;

	ASSERT_LE(0, fd);
	dropped = start_caller(self, 0);
	other = take_token(self);
	ASSERT_LE(0, other);
	lost = start_caller(self, 0);
	ASSERT_NE(0, take_call(self->mbox, &number));
	close(self->mbox);
	self->mbox = -1;
	/* A number was the mailbox's. */
	EXPECT_TRUE(ended(lost, -EPIPE));
	EXPECT_EQ(POLLOUT, poll_now(fd));
	EXPECT_EQ(1, answered->ret);
	EXPECT_EQ(0, reply_number(fd, 0, ANSWER));
	EXPECT_TRUE(ended(answered, 0));
	EXPECT_EQ(self->port, answered->reply.sender);
	EXPECT_EQ(-ESTALE, reply_number(fd, 0, ANSWER));
	close(fd);
	EXPECT_EQ(1, dropped->ret);
	close(other);
	EXPECT_TRUE(ended(dropped, -EPIPE));
}

/* ---- asynchronous calls ---- */

TEST_F(token, of_an_asynchronous_call)
{
	__u64 port, answer = 0;
	int home = new_mbox(&port), fd;
	struct ipcx_mbox_recv mail;

	ASSERT_LE(0, home);
	ASSERT_EQ(1, post_call_number(self->to, 5, home));
	fd = take_token(self);
	ASSERT_LE(0, fd);
	EXPECT_EQ(POLLOUT, poll_now(fd));
	EXPECT_EQ(0, reply_number(fd, 0, ANSWER));
	EXPECT_EQ(POLLERR | POLLHUP, poll_now(fd));
	EXPECT_EQ(-ESTALE, reply_number(fd, 0, ANSWER));
	close(fd);
	ASSERT_EQ(1, recv_mail(home, &answer, 8, &mail, IPCX_XFER_NONBLOCK));
	EXPECT_EQ(ANSWER, answer);
	EXPECT_EQ(5, mail.cookie);

	/* Closed without a reply, the caller is told. */
	ASSERT_EQ(1, post_call_number(self->to, 6, home));
	close(take_token(self));
	EXPECT_TRUE(comes_notice(home, IPCX_MSG_REPLY | IPCX_MSG_DEAD, self->port, 6));
	close(home);
}

/* ---- what an fd of a token is not ---- */

TEST_F(token, other_operations)
{
	struct caller *c = start_caller(self, 0);
	int fd = take_token(self);
	struct ipcx_stat stat;
	struct ipcx_info info = { 0 };
	char byte = 0;

	ASSERT_LE(0, fd);
	EXPECT_EQ(-ENOTTY, get_stat(fd, &stat));
	EXPECT_EQ(-ENOTTY, post_number(fd, 1));
	EXPECT_EQ(-ENOTTY, recv_mail(fd, &byte, 1, NULL, 0));
	EXPECT_EQ(-ENOTTY, token_fd(fd, 1));
	EXPECT_EQ(-ENOTTY, grant(fd, IPCX_OPEN_WRITE));
	EXPECT_EQ(-ENOTTY, watch_fd(fd, self->mbox, 0));
	EXPECT_EQ(0, op(fd, IPCX_INFO, &info));
	EXPECT_EQ(IPCX_ABI_VERSION, info.abi_version);
	EXPECT_EQ(-1, read(fd, &byte, 1));
	EXPECT_EQ(-1, write(fd, &byte, 1));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0));
	/* Nor is it a mailbox to send from. */
	EXPECT_EQ(-EINVAL, post_mail(self->to, &byte, 1, 0, 0, fd, 0));
	EXPECT_EQ(0, reply_number(fd, 0, ANSWER));
	EXPECT_TRUE(ended(c, 0));
	close(fd);
}

int main(int argc, char **argv)
{
	int ret = be_replier(argc, argv);

	return ret < 0 ? test_harness_run(argc, argv) : ret;
}
