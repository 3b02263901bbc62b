// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Death of a mailbox, of callers, of servers: nobody hangs, nothing is left. The
 * accounts are looked at after each program.
 */
#include "mbox.h"

#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/syscall.h>

FIXTURE(death)
{
	int mbox;
	int fd;
	__u64 port;
};

FIXTURE_SETUP(death)
{
	self->mbox = small_mbox(4, &self->port);
	ASSERT_LE(0, self->mbox);
	self->fd = open_port(self->port, 0);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(death)
{
	close(self->fd);
	if (self->mbox >= 0)
		close(self->mbox);
}

struct child {
	int fd;			/* right to send */
	int mbox;		/* right to receive, to be closed by who must not have it */
	int ret;
	__u64 answer;
	bool closed;
	pid_t pid;
};

static struct child *new_child(int fd, int mbox)
{
	struct child *c = shared_memory(sizeof(*c));

	*c = (struct child){ .fd = fd, .mbox = mbox, .ret = 1 };
	return c;
}

static int call_once(void *arg)
{
	struct child *c = arg;

	if (c->mbox >= 0)
		close(c->mbox);
	c->ret = call_number(c->fd, 1, &c->answer);
	return 0;
}

static int post_once(void *arg)
{
	struct child *c = arg;

	if (c->mbox >= 0)
		close(c->mbox);
	c->ret = post_number(c->fd, 1);
	return 0;
}

static int post_sync_once(void *arg)
{
	struct child *c = arg;

	if (c->mbox >= 0)
		close(c->mbox);
	c->ret = post_number_sync(c->fd, 1, 0);
	return 0;
}

/* ---- the mailbox ---- */

TEST_F(death, name_and_port_are_gone)
{
	char name[UNIQUE_NAME_SIZE];
	struct ipcx_stat stat;
	int mbox, fd;
	__u64 port;

	unique_name(name, "death");
	mbox = open_mbox_attr(name, MBOX_CREATE, 0600, NULL, &port);
	ASSERT_LE(0, mbox);
	fd = open_mbox(name, IPCX_OPEN_WRITE, 0);
	ASSERT_LE(0, fd);
	ASSERT_EQ(1, post_to(name, 0, 1));
	ASSERT_EQ(1, post_to(NULL, port, 2));
	ASSERT_EQ(2, get_depth(fd));
	close(mbox);
	EXPECT_EQ(-ENOENT, post_to(name, 0, 3));
	EXPECT_EQ(-ENOENT, post_to(NULL, port, 4));
	EXPECT_EQ(-ENOENT, open_mbox(name, IPCX_OPEN_WRITE, 0));
	EXPECT_EQ(-ENOENT, open_port(port, 0));
	EXPECT_EQ(-ENOENT, unlink_name(name));
	EXPECT_EQ(-EPIPE, post_number(fd, 5));
	EXPECT_EQ(-EPIPE, try_post_number(fd, 5));
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(IPCX_STAT_DEAD, stat.state);
	EXPECT_EQ(port, stat.id);
	EXPECT_TRUE(is_empty(fd));
	/* The name is free for another one. */
	mbox = open_mbox(name, MBOX_CREATE | IPCX_OPEN_EXCL, 0600);
	ASSERT_LE(0, mbox);
	close(mbox);
	close(fd);
}

TEST_F(death, callers_and_senders_are_told)
{
	struct child *called = new_child(self->fd, self->mbox);
	struct child *waiting[4];
	__u64 number;
	int i;

	/* One call that was received, one message in the mailbox, and it is full. */
	called->pid = spawn(call_once, called);
	ASSERT_EQ(1, recv_mail(self->mbox, &number, sizeof(number), NULL, 0));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(1, post_number(self->fd, i));
	}
	for (i = 0; i < 4; i++) {
		waiting[i] = new_child(self->fd, self->mbox);
		waiting[i]->pid = spawn(i % 2 ? post_once : i ? post_sync_once : call_once,
					waiting[i]);
	}
	ASSERT_EQ(0, wait_senders(self->fd, 4));
	close(self->mbox);
	self->mbox = -1;
	EXPECT_EQ(0, reap(called->pid));
	EXPECT_EQ(-EPIPE, called->ret);
	for (i = 0; i < 4; i++) {
		EXPECT_EQ(0, reap(waiting[i]->pid));
		EXPECT_EQ(-EPIPE, waiting[i]->ret);
	}
	EXPECT_TRUE(is_empty(self->fd));
}

/* Callers whose requests lie in the mailbox. */
TEST_F(death, queued_calls_are_told)
{
	struct child *call = new_child(self->fd, self->mbox);
	struct child *sync = new_child(self->fd, self->mbox);

	call->pid = spawn(call_once, call);
	ASSERT_EQ(0, wait_depth(self->mbox, 1));
	sync->pid = spawn(post_sync_once, sync);
	ASSERT_EQ(0, wait_depth(self->mbox, 2));
	close(self->mbox);
	self->mbox = -1;
	EXPECT_EQ(0, reap(call->pid));
	EXPECT_EQ(-EPIPE, call->ret);
	EXPECT_EQ(0, reap(sync->pid));
	EXPECT_EQ(-EPIPE, sync->ret);
}

TEST_F(death, more_than_is_buried_at_once)
{
	enum { MANY = 500 };
	struct ipcx_mbox_attr attr = {
		.flags = IPCX_MBOX_ADDRESSABLE, .max_msgs = 2 * MANY,
	};
	int mbox, fd, i;
	__u64 port;

	mbox = open_mbox_attr(NULL, MBOX_CREATE, 0600, &attr, &port);
	ASSERT_LE(0, mbox);
	fd = open_port(port, 0);
	for (i = 0; i < MANY; i++) {
		ASSERT_EQ(1, post_number(fd, i));
	}
	close(mbox);
	EXPECT_TRUE(is_empty(fd));
	EXPECT_EQ(-EPIPE, post_number(fd, 1));
	close(fd);
}

static int wait_for_hangup(void *arg)
{
	struct child *c = arg;
	struct pollfd p = { .fd = c->fd };

	close(c->mbox);
	MUST_BE(1, poll(&p, 1, -1));
	MUST_BE(POLLHUP | POLLERR, p.revents);
	return 0;
}

TEST_F(death, pollers_are_told)
{
	struct pollfd p = { .fd = self->fd, .events = POLLIN | POLLOUT };
	struct child *c = new_child(self->fd, self->mbox);

	ASSERT_EQ(1, poll(&p, 1, 0));
	EXPECT_EQ(POLLOUT, p.revents);
	c->pid = spawn(wait_for_hangup, c);
	ASSERT_EQ(0, wait_sleeping(c->pid));
	close(self->mbox);
	self->mbox = -1;
	EXPECT_EQ(0, reap(c->pid));
	ASSERT_EQ(1, poll(&p, 1, 0));
	EXPECT_EQ(POLLHUP | POLLERR, p.revents);
}

/* The right is the open file: it lives while any holder does. */
static int receive_and_exit(void *arg)
{
	struct child *c = arg;
	__u64 number;

	return recv_mail(c->mbox, &number, sizeof(number), NULL, 0) == 1 ? 0 : 1;
}

TEST_F(death, the_last_holder_counts)
{
	int copy = dup(self->mbox), socks[2];
	struct child *c = new_child(self->fd, copy);

	ASSERT_LE(0, copy);
	close(self->mbox);
	self->mbox = copy;
	ASSERT_EQ(1, post_number(self->fd, 1));
	EXPECT_EQ(0, in_child(receive_and_exit, c));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, socks));
	ASSERT_EQ(0, pass_fd(socks[0], self->mbox));
	close(self->mbox);
	self->mbox = -1;
	EXPECT_EQ(1, post_number(self->fd, 2));
	close(socks[0]);
	close(socks[1]);
	EXPECT_EQ(-EPIPE, post_number(self->fd, 3));
}

/* ---- servers ---- */

/* Takes a call and ends, or closes, or executes, as told. */
enum how { EXITS, CLOSES, CLOSES_COPY, KILLED, DUP2S };

struct worker {
	int mbox;
	enum how how;
	int taken[2];
};

static int work(void *arg)
{
	struct worker *w = arg;
	int copy = w->how == CLOSES_COPY ? dup(w->mbox) : -1;
	struct ipcx_mbox_recv mail;
	__u64 number;

	MUST_BE(1, recv_mail(w->mbox, &number, sizeof(number), &mail, 0));
	MUST(mail.token);
	switch (w->how) {
	case EXITS:
		return 0;
	case CLOSES:
		close(w->mbox);
		break;
	case CLOSES_COPY:
		close(copy);
		break;
	case DUP2S:
		MUST_BE(w->mbox, dup2(0, w->mbox));
		break;
	case KILLED:
		kill(getpid(), SIGKILL);
		break;
	}
	MUST_BE(1, write(w->taken[1], "", 1));
	/* Lives on; the test's process has the mailbox, too. */
	pause();
	return 0;
}

static const enum how all_hows[] = { EXITS, CLOSES, CLOSES_COPY, KILLED, DUP2S };

TEST_F(death, of_a_worker_fails_its_calls)
{
	struct worker w = { .mbox = self->mbox };
	char byte;
	int i;

	ASSERT_EQ(0, pipe(w.taken));
	for (i = 0; i < (int)ARRAY_SIZE(all_hows); i++) {
		struct child *c = new_child(self->fd, self->mbox);
		pid_t pid;

		w.how = all_hows[i];
		pid = spawn(work, &w);
		c->pid = spawn(call_once, c);
		EXPECT_EQ(0, reap(c->pid));
		EXPECT_EQ(-EPIPE, c->ret);
		if (w.how != EXITS && w.how != KILLED) {
			ASSERT_EQ(1, read(w.taken[0], &byte, 1));
			kill(pid, SIGKILL);
		}
		EXPECT_EQ(w.how == EXITS ? 0 : KILLED_BY(SIGKILL), reap(pid));
	}
	/* The mailbox goes on. */
	EXPECT_EQ(1, post_number(self->fd, 1));
	EXPECT_EQ(1, get_depth(self->mbox));
}

/* Another worker's calls are none of it. */
TEST_F(death, of_a_worker_leaves_the_others_calls)
{
	struct worker w = { .mbox = self->mbox, .how = EXITS };
	struct child *ours = new_child(self->fd, self->mbox);
	struct child *its = new_child(self->fd, self->mbox);
	struct ipcx_mbox_recv mail;
	__u64 number;

	ours->pid = spawn(call_once, ours);
	ASSERT_EQ(1, recv_mail(self->mbox, &number, sizeof(number), &mail, 0));
	its->pid = spawn(call_once, its);
	ASSERT_EQ(0, wait_depth(self->mbox, 1));
	EXPECT_EQ(0, in_child(work, &w));
	EXPECT_EQ(0, reap(its->pid));
	EXPECT_EQ(-EPIPE, its->ret);
	EXPECT_EQ(1, ours->ret);
	EXPECT_EQ(0, reply_number(self->mbox, mail.token, 7));
	EXPECT_EQ(0, reap(ours->pid));
	EXPECT_EQ(0, ours->ret);
	EXPECT_EQ(7, ours->answer);
}

/* More calls than one hold of the lock looks at. */
#define MANY_CALLS 300

static void *call_in_thread(void *arg)
{
	struct child *c = arg;
	__u64 answer;

	return (void *)(long)call_number(c->fd, 1, &answer);
}

static int many_calls(void *arg)
{
	pthread_t threads[MANY_CALLS];
	struct child *c = arg;
	int i;

	close(c->mbox);
	for (i = 0; i < MANY_CALLS; i++)
		MUST_BE(0, pthread_create(&threads[i], NULL, call_in_thread, c));
	for (i = 0; i < MANY_CALLS; i++) {
		void *ret;

		pthread_join(threads[i], &ret);
		MUST_BE(-EPIPE, (long)ret);
	}
	return 0;
}

TEST(of_a_worker_with_many_calls)
{
	struct ipcx_mbox_attr attr = {
		.flags = IPCX_MBOX_ADDRESSABLE, .max_msgs = 2 * MANY_CALLS,
	};
	struct child *c;
	int mbox, fd, i;
	__u64 port, number;

	mbox = open_mbox_attr(NULL, MBOX_CREATE, 0600, &attr, &port);
	ASSERT_LE(0, mbox);
	fd = open_port(port, 0);
	ASSERT_LE(0, fd);
	c = new_child(fd, mbox);
	c->pid = spawn(many_calls, c);
	for (i = 0; i < MANY_CALLS; i++) {
		ASSERT_EQ(1, recv_mail(mbox, &number, sizeof(number), NULL, 0));
	}
	close(dup(mbox));
	EXPECT_EQ(0, reap(c->pid));
	close(fd);
	close(mbox);
}

static void *receive_in_thread(void *arg)
{
	struct child *c = arg;
	__u64 number;

	c->ret = recv_mail(c->mbox, &number, sizeof(number), NULL, 0);
	return NULL;
}

/* One thread closes the mailbox while another one waits in it. */
static int close_under_a_receiver(void *arg)
{
	struct child *c = arg;
	pthread_t thread;
	char byte;

	MUST_BE(0, pthread_create(&thread, NULL, receive_in_thread, c));
	MUST_BE(0, wait_receivers(c->mbox, 1));
	close(c->mbox);
	c->closed = true;
	pthread_join(thread, NULL);
	MUST_BE(1, c->ret);
	/* The call came without an fd to reply through: it has failed. */
	return read(c->fd, &byte, 1) == 1 ? 0 : 1;
}

static bool has_closed(void *arg)
{
	const struct child *c = arg;

	return c->closed;
}

TEST_F(death, closed_while_another_thread_receives)
{
	struct child *call = new_child(self->fd, self->mbox);
	struct child *c = new_child(-1, self->mbox);
	int go[2];
	pid_t pid;

	ASSERT_EQ(0, pipe(go));
	c->fd = go[0];
	pid = spawn(close_under_a_receiver, c);
	/* Its thread waits, and its fd is closed. */
	ASSERT_EQ(0, wait_until(has_closed, c));
	ASSERT_EQ(0, wait_receivers(self->mbox, 1));
	call->pid = spawn(call_once, call);
	EXPECT_EQ(0, reap(call->pid));
	EXPECT_EQ(-EPIPE, call->ret);
	ASSERT_EQ(1, write(go[1], "", 1));
	EXPECT_EQ(0, reap(pid));
}

/* A table that closed it once, and still has it, serves on. */
static int close_a_copy_and_serve(void *arg)
{
	struct child *c = arg;
	struct ipcx_mbox_recv mail;
	__u64 number;
	int i;

	for (i = 0; i < 3; i++) {
		close(dup(c->mbox));
		MUST_BE(1, recv_mail(c->mbox, &number, sizeof(number), &mail, 0));
		MUST_BE(0, reply_number(c->mbox, mail.token, number + 1));
	}
	return 0;
}

TEST_F(death, a_copy_closed_before_is_no_harm)
{
	struct child *c = new_child(self->fd, self->mbox);
	__u64 answer;
	pid_t pid = spawn(close_a_copy_and_serve, c);
	int i;

	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, call_number(self->fd, i, &answer));
		EXPECT_EQ(i + 1, answer);
	}
	EXPECT_EQ(0, reap(pid));
}

struct executor {
	int mbox;
	bool keeps;
};

static int receive_and_exec(void *arg)
{
	struct executor *e = arg;
	__u64 number;

	MUST_BE(1, recv_mail(e->mbox, &number, sizeof(number), NULL, 0));
	if (e->keeps)
		MUST_BE(0, fcntl(e->mbox, F_SETFD, 0));
	execl("/bin/sleep", "sleep", "1000", NULL);
	return 1;
}

/* A program has its name when what is closed on exec is closed. */
static bool has_executed(void *arg)
{
	char path[64], comm[32];

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)*(pid_t *)arg);
	return read_file(path, comm, sizeof(comm)) > 0 && strcmp(comm, "sleep\n") == 0;
}

/* A program that is executed keeps what it has, and what it may answer. */
TEST_F(death, tokens_outlive_exec_with_the_fd)
{
	struct child *c = new_child(self->fd, self->mbox);
	struct executor e = { .mbox = self->mbox, .keeps = true };
	pid_t pid;

	c->pid = spawn(call_once, c);
	pid = spawn(receive_and_exec, &e);
	ASSERT_EQ(0, wait_until(has_executed, &pid));
	EXPECT_EQ(1, get_calls(self->mbox));
	ASSERT_EQ(0, wait_sleeping(c->pid));
	EXPECT_EQ(1, c->ret);
	kill(pid, SIGKILL);
	EXPECT_EQ(KILLED_BY(SIGKILL), reap(pid));
	EXPECT_EQ(0, reap(c->pid));
	EXPECT_EQ(-EPIPE, c->ret);
}

/* Closed on exec: nobody can answer any more, though the process goes on. */
TEST_F(death, tokens_end_with_the_fd_on_exec)
{
	struct child *c = new_child(self->fd, self->mbox);
	struct executor e = { .mbox = self->mbox };
	pid_t pid;

	c->pid = spawn(call_once, c);
	pid = spawn(receive_and_exec, &e);
	EXPECT_EQ(0, reap(c->pid));
	EXPECT_EQ(-EPIPE, c->ret);
	EXPECT_EQ(0, wait_until(has_executed, &pid));
	kill(pid, SIGKILL);
	EXPECT_EQ(KILLED_BY(SIGKILL), reap(pid));
}

struct replier {
	int mbox;
	__u64 token;		/* 0: of a call that it receives */
	bool in_thread;
};

static void *become_replier_in_thread(void *arg)
{
	struct replier *r = arg;

	_exit(become_replier(r->mbox, r->token));
}

static int execute_replier(void *arg)
{
	struct replier *r = arg;
	struct ipcx_mbox_recv mail;
	pthread_t thread;
	__u64 number;

	if (!r->token) {
		MUST_BE(1, recv_mail(r->mbox, &number, sizeof(number), &mail, 0));
		r->token = mail.token;
	}
	if (!r->in_thread)
		return become_replier(r->mbox, r->token);
	MUST_BE(0, pthread_create(&thread, NULL, become_replier_in_thread, r));
	pause();
	return 1;
}

/* The process is the same: the program replies, whichever thread executed it. */
TEST_F(death, tokens_are_good_after_exec)
{
	struct replier r = { .mbox = self->mbox };
	struct child *c;
	int i;

	for (i = 0; i < 2; i++) {
		r.in_thread = i;
		c = new_child(self->fd, self->mbox);
		c->pid = spawn(call_once, c);
		EXPECT_EQ(0, in_child(execute_replier, &r));
		EXPECT_EQ(0, reap(c->pid));
		EXPECT_EQ(0, c->ret);
		EXPECT_EQ(ANSWER, c->answer);
	}
}

/* Another process's are not, after exec as before. */
TEST_F(death, tokens_stay_foreign_after_exec)
{
	struct child *c = new_child(self->fd, self->mbox);
	struct replier r = { .mbox = self->mbox };
	struct ipcx_mbox_recv mail;
	__u64 number;

	c->pid = spawn(call_once, c);
	ASSERT_EQ(1, recv_mail(self->mbox, &number, sizeof(number), &mail, 0));
	r.token = mail.token;
	EXPECT_EQ(ESTALE, in_child(execute_replier, &r));
	EXPECT_EQ(1, c->ret);
	EXPECT_EQ(0, reply_number(self->mbox, mail.token, 7));
	EXPECT_EQ(0, reap(c->pid));
	EXPECT_EQ(7, c->answer);
}

/* ---- kill at random points ---- */

struct party {
	int mbox, fd;
	int ready[2];
};

static int serve_for_ever(void *arg)
{
	struct party *p = arg;
	__u64 in, out;
	struct ipcx_reply r = { .flags = IPCX_REPLY_RECV };

	close(p->fd);
	MUST_BE(1, write(p->ready[1], "", 1));
	for (;;) {
		int ret;

		r.next = (struct ipcx_mbox_recv){ .buf = addr(&in), .len = sizeof(in) };
		ret = op(p->mbox, IPCX_REPLY, &r);
		if (ret == -ESTALE) {
			r.token = 0;
			continue;
		}
		MUST_BE(1, ret);
		out = in + 1;
		r.token = r.next.token;
		r.reply = (struct ipcx_mbox_msg){ .buf = addr(&out), .len = sizeof(out) };
	}
}

static int call_for_ever(void *arg)
{
	struct party *p = arg;
	__u64 i, answer;

	close(p->mbox);
	MUST_BE(1, write(p->ready[1], "", 1));
	for (i = 1;; i++) {
		int ret = call_number(p->fd, i, &answer);

		MUST(ret == -EPIPE || (ret == 0 && answer == i + 1));
	}
}

static int post_for_ever(void *arg)
{
	struct party *p = arg;

	close(p->mbox);
	MUST_BE(1, write(p->ready[1], "", 1));
	for (;;)
		MUST_BE(1, post_number(p->fd, 1));
}

/*
 * Callers and servers of one mailbox, killed at random and replaced; whoever is
 * left goes on.
 */
TEST_F(death, anybody_at_any_time)
{
	static int (*const roles[])(void *arg) = {
		serve_for_ever, call_for_ever, post_for_ever, serve_for_ever,
		call_for_ever, call_for_ever,
	};
	enum { PARTIES = ARRAY_SIZE(roles) };
	struct party p = { .mbox = self->mbox, .fd = self->fd };
	long kills = scaled_to_kernel(1000, 10000), n;
	uint64_t seed = test_seed();
	pid_t pids[PARTIES];
	char byte;
	int i;

	ASSERT_EQ(0, pipe(p.ready));
	for (i = 0; i < PARTIES; i++) {
		pids[i] = spawn(roles[i], &p);
		ASSERT_EQ(1, read(p.ready[0], &byte, 1));
	}
	for (n = 0; n < kills; n++) {
		struct timespec while_ns = { .tv_nsec = rnd_below(&seed, 2000000) };

		nanosleep(&while_ns, NULL);
		i = rnd_below(&seed, PARTIES);
		kill(pids[i], SIGKILL);
		ASSERT_EQ(KILLED_BY(SIGKILL), reap(pids[i]));
		pids[i] = spawn(roles[i], &p);
		ASSERT_EQ(1, read(p.ready[0], &byte, 1));
	}
	for (i = 0; i < PARTIES; i++) {
		kill(pids[i], SIGKILL);
		EXPECT_EQ(KILLED_BY(SIGKILL), reap(pids[i]));
	}
	/* Not a waiter, not a call is left; a message may be. */
	ASSERT_EQ(0, wait_receivers(self->mbox, 0));
	ASSERT_EQ(0, wait_senders(self->mbox, 0));
	while (recv_mail(self->mbox, &seed, sizeof(seed), NULL, IPCX_XFER_NONBLOCK) == 1)
		;
	EXPECT_TRUE(is_empty(self->mbox));
}

/* The mailbox itself dies at any time, with callers and senders under way. */
TEST(the_mailbox_at_any_time)
{
	static int (*const roles[])(void *arg) = { call_once, post_once, post_sync_once };
	long rounds = scaled_to_kernel(200, 5000), n;
	uint64_t seed = test_seed();

	for (n = 0; n < rounds; n++) {
		struct timespec while_ns = { .tv_nsec = rnd_below(&seed, 1000000) };
		struct child *c[6];
		int mbox, fd, i;
		__u64 port, number;

		mbox = small_mbox(4, &port);
		ASSERT_LE(0, mbox);
		fd = open_port(port, 0);
		ASSERT_LE(0, fd);
		for (i = 0; i < 6; i++) {
			c[i] = new_child(fd, mbox);
			c[i]->pid = spawn(roles[rnd_below(&seed, 3)], c[i]);
		}
		if (rnd_below(&seed, 2))
			recv_mail(mbox, &number, sizeof(number), NULL, 0);
		nanosleep(&while_ns, NULL);
		close(mbox);
		for (i = 0; i < 6; i++) {
			EXPECT_EQ(0, reap(c[i]->pid));
			EXPECT_TRUE(c[i]->ret == -EPIPE || c[i]->ret == 1);
			munmap(c[i], sizeof(*c[i]));
		}
		EXPECT_TRUE(is_empty(fd));
		close(fd);
	}
}

int main(int argc, char **argv)
{
	int ret = be_replier(argc, argv);

	return ret < 0 ? test_harness_run(argc, argv) : ret;
}
