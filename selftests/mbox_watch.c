// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Death notices: who asked is told once, and only if it may still send; whoever of
 * the two goes first, in whatever order, nothing is left. What they cost is in
 * mbox_limits.c.
 */
#include "mbox_more.h"

FIXTURE(watch)
{
	int mbox;		/* who is watched */
	int to;			/* right to send to it */
	__u64 port;
	char name[UNIQUE_NAME_SIZE];
	int home;		/* who is told */
	__u64 home_port;
};

typedef FIXTURE_DATA(watch) env_t;

FIXTURE_SETUP(watch)
{
	unique_name(self->name, "watch");
	self->mbox = open_mbox_attr(self->name, MBOX_CREATE | IPCX_OPEN_EXCL, 0600, NULL,
				    &self->port);
	ASSERT_LE(0, self->mbox);
	self->to = open_port(self->port, 0);
	ASSERT_LE(0, self->to);
	self->home = new_mbox(&self->home_port);
	ASSERT_LE(0, self->home);
}

FIXTURE_TEARDOWN(watch)
{
	if (self->home >= 0) {
		EXPECT_TRUE(is_empty(self->home));
		EXPECT_EQ(0, get_watches(self->home));
	}
	close(self->home);
	close(self->to);
	close(self->mbox);
}

static void die(env_t *env)
{
	close(env->mbox);
	env->mbox = -1;
}

static bool told(env_t *env, __u64 cookie)
{
	return comes_notice(env->home, IPCX_MSG_DEAD, env->port, cookie);
}

/* ---- the three ways ---- */

TEST_F(watch, by_fd)
{
	ASSERT_EQ(0, watch_fd(self->to, self->home, 7));
	EXPECT_EQ(1, get_watches(self->home));
	EXPECT_TRUE(is_empty(self->home));
	die(self);
	EXPECT_EQ(0, get_watches(self->home));
	EXPECT_EQ(1, get_depth(self->home));
	EXPECT_TRUE(told(self, 7));
}

TEST_F(watch, by_port)
{
	ASSERT_EQ(0, watch_port(self->port, self->home, ~0ULL));
	die(self);
	EXPECT_TRUE(told(self, ~0ULL));
}

TEST_F(watch, by_name)
{
	ASSERT_EQ(0, watch_name(self->name, self->home, 0));
	die(self);
	EXPECT_TRUE(told(self, 0));
}

/* The name led to the mailbox when the watch was asked for. */
TEST_F(watch, name_goes_before)
{
	int other;

	ASSERT_EQ(0, watch_name(self->name, self->home, 5));
	ASSERT_EQ(0, unlink_name(self->name));
	other = open_mbox(self->name, MBOX_CREATE, 0600);
	ASSERT_LE(0, other);
	close(other);
	EXPECT_TRUE(is_empty(self->home));
	die(self);
	EXPECT_TRUE(told(self, 5));
}

/* A message among others: it can be peeked at, selected, waited for. */
TEST_F(watch, is_a_message)
{
	int to_home = open_port(self->home_port, 0);
	struct ipcx_mbox_recv mail;
	__u64 number;

	ASSERT_LE(0, to_home);
	ASSERT_EQ(0, watch_port(self->port, self->home, 5));
	ASSERT_EQ(1, post_number(to_home, 5));
	die(self);
	ASSERT_EQ(1, post_number(to_home, 6));
	EXPECT_EQ(3, get_depth(self->home));
	ASSERT_EQ(1, recv_mail_match(self->home, NULL, 0, &mail, IPCX_MATCH_SENDER, self->port,
				     IPCX_RECV_PEEK));
	EXPECT_TRUE(is_notice(&mail, IPCX_MSG_DEAD, self->port, 5));
	/* It is no reply. */
	EXPECT_EQ(-EAGAIN, recv_mail_match(self->home, NULL, 0, &mail, IPCX_MATCH_REPLY, 0,
					   IPCX_XFER_NONBLOCK));
	/* In its turn. */
	EXPECT_EQ(1, take_number(self->home, &number));
	EXPECT_EQ(5, number);
	EXPECT_TRUE(told(self, 5));
	EXPECT_EQ(1, take_number(self->home, &number));
	EXPECT_EQ(6, number);
	close(to_home);
}

static int wait_for_notice(void *arg)
{
	env_t *env = arg;
	struct ipcx_mbox_recv mail;

	close(env->mbox);
	MUST_BE(1, recv_mail(env->home, NULL, 0, &mail, 0));
	MUST(is_notice(&mail, IPCX_MSG_DEAD, env->port, 9));
	return 0;
}

TEST_F(watch, wakes_who_waits)
{
	pid_t pid = spawn(wait_for_notice, self);

	ASSERT_EQ(0, watch_fd(self->to, self->home, 9));
	ASSERT_EQ(0, wait_receivers(self->home, 1));
	die(self);
	EXPECT_EQ(0, reap(pid));
}

static int hold_for_ever(void *arg)
{
	(void)arg;
	pause();
	return 0;
}

/* Nobody asks a process that is killed to tell. */
TEST_F(watch, of_a_killed_process)
{
	pid_t pid = spawn(hold_for_ever, NULL);

	ASSERT_EQ(0, watch_fd(self->to, self->home, 3));
	die(self);
	EXPECT_TRUE(is_empty(self->home));
	EXPECT_EQ(1, post_number(self->to, 1));
	kill(pid, SIGKILL);
	EXPECT_EQ(KILLED_BY(SIGKILL), reap(pid));
	EXPECT_TRUE(told(self, 3));
}

/* A right to send tells it to poll, too. */
TEST_F(watch, poll)
{
	struct pollfd p = { .fd = self->to, .events = POLLOUT };
	int granted = grant(self->mbox, IPCX_OPEN_WRITE);

	ASSERT_LE(0, granted);
	ASSERT_EQ(1, poll(&p, 1, 0));
	EXPECT_EQ(POLLOUT, p.revents);
	die(self);
	ASSERT_EQ(1, poll(&p, 1, 0));
	EXPECT_EQ(POLLERR | POLLHUP, p.revents);
	p.fd = granted;
	ASSERT_EQ(1, poll(&p, 1, 0));
	EXPECT_EQ(POLLERR | POLLHUP, p.revents);
	close(granted);
}

static int fill_home(env_t *env)
{
	int to_home = open_port(env->home_port, 0), n = 0;

	while (try_post_number(to_home, n) == 1)
		n++;
	close(to_home);
	return n;
}

/* A full mailbox has room for it. */
TEST_F(watch, full_home)
{
	struct ipcx_mbox_recv mail;
	int n, i;

	close(self->home);
	self->home = small_mbox(4, &self->home_port);
	ASSERT_LE(0, self->home);
	n = fill_home(self);
	EXPECT_EQ(2, n);
	ASSERT_EQ(0, watch_fd(self->to, self->home, 1));
	die(self);
	EXPECT_EQ(n + 1, get_depth(self->home));
	for (i = 0; i < n; i++) {
		__u64 number;

		ASSERT_EQ(1, recv_mail(self->home, &number, 8, &mail, IPCX_XFER_NONBLOCK));
		EXPECT_EQ(0, mail.flags & IPCX_MSG_DEAD);
	}
	EXPECT_TRUE(told(self, 1));
}

/* ---- asked for once ---- */

TEST_F(watch, twice)
{
	int other = new_mbox(NULL), to = open_port(self->port, 0);

	ASSERT_EQ(0, watch_port(self->port, self->home, 1));
	EXPECT_EQ(-EEXIST, watch_port(self->port, self->home, 2));
	EXPECT_EQ(-EEXIST, watch_name(self->name, self->home, 2));
	EXPECT_EQ(-EEXIST, watch_fd(self->to, self->home, 2));
	EXPECT_EQ(-EEXIST, watch_fd(to, self->home, 2));
	EXPECT_EQ(1, get_watches(self->home));
	/* Another mailbox is another matter. */
	EXPECT_EQ(0, watch_port(self->port, other, 3));
	die(self);
	EXPECT_TRUE(told(self, 1));
	EXPECT_TRUE(comes_notice(other, IPCX_MSG_DEAD, self->port, 3));
	EXPECT_TRUE(is_empty(other));
	close(other);
	close(to);
}

TEST_F(watch, taken_back)
{
	EXPECT_EQ(-ENOENT, unwatch(self->home, self->port));
	ASSERT_EQ(0, watch_port(self->port, self->home, 1));
	EXPECT_EQ(-ENOENT, unwatch(self->home, self->port + 1));
	EXPECT_EQ(-ENOENT, unwatch(self->home, self->home_port));
	EXPECT_EQ(-ENOENT, unwatch(self->mbox, self->port));
	EXPECT_EQ(-EBADF, unwatch(self->to, self->port));
	EXPECT_EQ(0, unwatch(self->home, self->port));
	EXPECT_EQ(-ENOENT, unwatch(self->home, self->port));
	EXPECT_EQ(0, get_watches(self->home));
	/* And asked for again. */
	ASSERT_EQ(0, watch_port(self->port, self->home, 2));
	EXPECT_EQ(0, unwatch(self->home, self->port));
	die(self);
	EXPECT_TRUE(is_empty(self->home));
}

/* What has come stays. */
TEST_F(watch, taken_back_too_late)
{
	ASSERT_EQ(0, watch_port(self->port, self->home, 1));
	die(self);
	EXPECT_EQ(-ENOENT, unwatch(self->home, self->port));
	EXPECT_TRUE(told(self, 1));
}

TEST_F(watch, already_dead)
{
	die(self);
	EXPECT_EQ(-ENOENT, watch_port(self->port, self->home, 1));
	EXPECT_EQ(-ENOENT, watch_name(self->name, self->home, 1));
	EXPECT_EQ(-EPIPE, watch_fd(self->to, self->home, 1));
	EXPECT_TRUE(is_empty(self->home));
}

/* ---- what is none ---- */

TEST_F(watch, of_nothing)
{
	int queue = new_queue(0, NULL), hidden = open_mbox(NULL, MBOX_CREATE, 0666);
	int control = open_control();
	struct ipcx_watch req = { .from = self->home };

	EXPECT_EQ(-ENOENT, watch_port(0, self->home, 1));
	EXPECT_EQ(-ENOENT, watch_port(~0ULL, self->home, 1));
	EXPECT_EQ(-ENOENT, watch_port(port_of(queue), self->home, 1));
	EXPECT_EQ(-ENOENT, watch_port(port_of(hidden), self->home, 1));
	EXPECT_EQ(-ENOENT, watch_name("/no-such-name", self->home, 1));
	/* Neither the right to receive nor a queue is a right to send. */
	EXPECT_EQ(-EBADF, watch_fd(hidden, self->home, 1));
	EXPECT_EQ(-ENOTTY, watch_fd(queue, self->home, 1));
	EXPECT_EQ(-EINVAL, op(control, IPCX_WATCH, &req));
	/* Told is who may receive. */
	EXPECT_EQ(-EBADF, watch_fd(self->to, self->to, 1));
	EXPECT_EQ(-EINVAL, watch_fd(self->to, queue, 1));
	EXPECT_EQ(-EINVAL, watch_fd(self->to, control, 1));
	EXPECT_EQ(-EBADF, watch_fd(self->to, -1, 1));
	EXPECT_EQ(0, get_watches(self->home));
	close(control);
	close(hidden);
	close(queue);
}

/* A group is watched like any mailbox, and is told nothing. */
TEST_F(watch, groups)
{
	struct ipcx_mbox_attr attr = { .flags = IPCX_MBOX_GROUP | IPCX_MBOX_ADDRESSABLE };
	__u64 port;
	int group = open_mbox_attr(NULL, MBOX_CREATE, 0600, &attr, &port);

	ASSERT_LE(0, group);
	EXPECT_EQ(-EINVAL, watch_fd(self->to, group, 1));
	EXPECT_EQ(0, watch_port(port, self->home, 4));
	close(group);
	EXPECT_TRUE(comes_notice(self->home, IPCX_MSG_DEAD, port, 4));
}

/* ---- the right that it was asked for with ---- */

/* UID_B watches a mailbox of another user, as it may; then that changes. */
struct other {
	env_t *env;
	__u64 cookie;
	bool watches, go;
	bool expected;
};

static bool may_go(void *arg)
{
	return ((struct other *)arg)->go;
}

static bool has_watch(void *arg)
{
	return ((struct other *)arg)->watches;
}

static int watch_as_b(void *arg)
{
	struct other *o = arg;
	int home;

	close(o->env->mbox);
	MUST_BE(0, become(UID_B));
	home = new_mbox(NULL);
	MUST(home >= 0);
	MUST_BE(0, watch_port(o->env->port, home, o->cookie));
	o->watches = true;
	MUST_BE(0, wait_until(may_go, o));
	MUST_BE(0, get_watches(home));
	MUST_BE(o->expected, get_depth(home));
	return 0;
}

static struct other *start_b(env_t *env, bool expected, pid_t *pid)
{
	struct other *o = shared_memory(sizeof(*o));

	*o = (struct other){ .env = env, .cookie = 1, .expected = expected };
	*pid = spawn(watch_as_b, o);
	if (wait_until(has_watch, o))
		return NULL;
	return o;
}

/* The owner takes the right away: no word of the death. */
TEST_F(watch, permission_goes_before)
{
	bool stays;

	for (stays = false;; stays = true) {
		struct other *o;
		pid_t pid;

		ASSERT_EQ(0, fchmod(self->mbox, 0602));
		o = start_b(self, stays, &pid);
		ASSERT_NE(NULL, o);
		ASSERT_EQ(0, watch_port(self->port, self->home, 2));
		if (!stays)
			ASSERT_EQ(0, fchmod(self->mbox, 0600));
		die(self);
		o->go = true;
		EXPECT_EQ(0, reap(pid));
		/* Root may send, whatever the mode. */
		EXPECT_TRUE(told(self, 2));
		if (stays)
			break;
		self->mbox = open_mbox_attr(self->name, MBOX_CREATE, 0600, NULL, &self->port);
	}
}

static int may_not_watch(void *arg)
{
	env_t *env = arg;
	int home;

	MUST_BE(0, become(UID_B));
	home = new_mbox(NULL);
	MUST_BE(-ENOENT, watch_port(env->port, home, 1));
	MUST_BE(-EACCES, watch_name(env->name, home, 1));
	/* An fd is a right. */
	MUST_BE(0, watch_fd(env->to, home, 1));
	MUST_BE(1, get_watches(home));
	return 0;
}

TEST_F(watch, who_may)
{
	EXPECT_EQ(0, in_child(may_not_watch, self));
}

/* By whose ids it was asked is what counts, not what became of that process. */
static int watch_and_change(void *arg)
{
	env_t *env = arg;

	MUST_BE(0, become_effective(UID_A));
	MUST_BE(0, watch_port(env->port, env->home, 1));
	MUST_BE(0, become_effective(0));
	return 0;
}

TEST_F(watch, ids_of_the_moment)
{
	ASSERT_EQ(0, fchown(self->mbox, UID_A, UID_A));
	ASSERT_EQ(0, in_child(watch_and_change, self));
	ASSERT_EQ(0, fchown(self->mbox, UID_B, UID_B));
	die(self);
	EXPECT_TRUE(is_empty(self->home));
}

TEST_F(watch, fd_goes_before)
{
	int to = open_port(self->port, 0), copy = dup(to);

	ASSERT_LE(0, copy);
	ASSERT_EQ(0, watch_fd(to, self->home, 1));
	close(to);
	EXPECT_EQ(1, get_watches(self->home));
	close(copy);
	EXPECT_EQ(0, get_watches(self->home));
	/* Another right to send is not the one. */
	die(self);
	EXPECT_TRUE(is_empty(self->home));
}

TEST_F(watch, copy_of_the_fd_stays)
{
	int to = open_port(self->port, 0), copy = dup(to);

	ASSERT_EQ(0, watch_fd(to, self->home, 1));
	close(to);
	die(self);
	EXPECT_TRUE(told(self, 1));
	close(copy);
}

/* A right that lies in a message is open. */
TEST_F(watch, fd_is_on_its_way)
{
	__u64 port;
	int to = open_port(self->port, 0), mbox = files_mbox(&port), way = open_port(port, 0);

	ASSERT_EQ(0, watch_fd(to, self->home, 1));
	ASSERT_EQ(1, post_file(way, to));
	close(to);
	EXPECT_EQ(1, get_watches(self->home));
	drain_mail(mbox);
	EXPECT_EQ(0, get_watches(self->home));
	close(mbox);
	close(way);
}

/* ---- in each order ---- */

TEST_F(watch, home_dies_first)
{
	ASSERT_EQ(0, watch_fd(self->to, self->home, 1));
	close(self->home);
	self->home = new_mbox(NULL);
	ASSERT_EQ(0, watch_port(self->port, self->home, 2));
	close(self->home);
	self->home = -1;
	die(self);
}

TEST_F(watch, itself)
{
	ASSERT_EQ(0, watch_port(self->home_port, self->home, 1));
	EXPECT_EQ(1, get_watches(self->home));
	EXPECT_EQ(0, unwatch(self->home, self->home_port));
	ASSERT_EQ(0, watch_port(self->home_port, self->home, 1));
	close(self->home);
	self->home = -1;
}

TEST_F(watch, each_other)
{
	int order;

	for (order = 0; order < 2; order++) {
		__u64 port[2];
		int mbox[2] = { new_mbox(&port[0]), new_mbox(&port[1]) };

		ASSERT_EQ(0, watch_port(port[0], mbox[1], 10));
		ASSERT_EQ(0, watch_port(port[1], mbox[0], 11));
		close(mbox[order]);
		EXPECT_TRUE(comes_notice(mbox[!order], IPCX_MSG_DEAD, port[order], 10 + order));
		EXPECT_EQ(0, get_watches(mbox[!order]));
		close(mbox[!order]);
	}
}

struct ring {
	int n;
	bool each;		/* every one watches every other one */
};

/* All die with their process, in the order in which it closes them. */
static int die_together(void *arg)
{
	struct ring *ring = arg;
	int mbox[64], i, j;
	__u64 port[64];

	for (i = 0; i < ring->n; i++)
		mbox[i] = new_mbox(&port[i]);
	for (i = 0; i < ring->n; i++)
		for (j = 0; j < ring->n; j++)
			if (ring->each || j == (i + 1) % ring->n)
				MUST_BE(0, watch_port(port[j], mbox[i], i));
	kill(getpid(), SIGKILL);
	return 1;
}

TEST_F(watch, rings)
{
	static struct ring rings[] = { { 2 }, { 3 }, { 64 }, { 2, true }, { 40, true } };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rings); i++) {
		EXPECT_EQ(KILLED_BY(SIGKILL), in_child(die_together, &rings[i]));
	}
}

/* ---- many ---- */

#define MANY	1000

/* Each of the watchers is told. */
TEST_F(watch, many_watchers)
{
	int homes[MANY], i;

	ASSERT_EQ(0, allow_fds(MANY));
	for (i = 0; i < MANY; i++) {
		homes[i] = new_mbox(NULL);
		ASSERT_LE(0, homes[i]);
		ASSERT_EQ(0, i % 2 ? watch_port(self->port, homes[i], i) :
				     watch_fd(self->to, homes[i], i));
	}
	/* Some have gone or have thought better of it. */
	for (i = 0; i < MANY; i += 10) {
		ASSERT_EQ(0, unwatch(homes[i], self->port));
		close(homes[i + 1]);
	}
	die(self);
	for (i = 0; i < MANY; i++) {
		if (i % 10 == 0) {
			ASSERT_TRUE(is_empty(homes[i]));
		} else if (i % 10 != 1) {
			ASSERT_TRUE(comes_notice(homes[i], IPCX_MSG_DEAD, self->port, i));
		}
		if (i % 10 != 1)
			close(homes[i]);
	}
}

static int make_many(void *arg)
{
	env_t *env = arg;
	int i;

	MUST_BE(0, allow_fds(MANY));
	for (i = 0; i < MANY; i++) {
		__u64 port;

		MUST(new_mbox(&port) >= 0);
		MUST_BE(0, watch_port(port, env->home, port));
	}
	return 0;
}

/* One is told of many, each once. */
TEST_F(watch, many_deaths)
{
	struct ipcx_mbox_recv mail;
	__u64 last = 0;
	int i;

	ASSERT_EQ(0, in_child(make_many, self));
	EXPECT_EQ(MANY, get_depth(self->home));
	for (i = 0; i < MANY; i++) {
		ASSERT_EQ(1, recv_mail(self->home, NULL, 0, &mail, IPCX_XFER_NONBLOCK));
		ASSERT_TRUE(is_notice(&mail, IPCX_MSG_DEAD, mail.cookie, mail.cookie));
		ASSERT_NE(last, mail.cookie);
		last = mail.cookie;
	}
}

/* ---- kill at random points ---- */

static int watch_for_ever(void *arg)
{
	env_t *env = arg;

	close(env->mbox);
	for (;;) {
		__u64 port;
		int home = new_mbox(&port), other = new_mbox(NULL), ret;

		ret = watch_name(env->name, home, 1);
		MUST(ret == 0 || ret == -ENOENT || ret == -EPIPE);
		MUST_BE(0, watch_port(port, other, 2));
		close(home);
		MUST(comes_notice(other, IPCX_MSG_DEAD, port, 2));
		close(other);
	}
}

static int live_and_die(void *arg)
{
	env_t *env = arg;

	close(env->mbox);
	for (;;) {
		int mbox = open_mbox(env->name, MBOX_CREATE, 0600);

		MUST(mbox >= 0);
		close(mbox);
	}
}

/* Watchers and watched, killed at random and replaced. */
TEST_F(watch, anybody_at_any_time)
{
	static int (*const roles[])(void *arg) = {
		live_and_die, watch_for_ever, watch_for_ever, watch_for_ever,
	};
	long kills = scaled_to_kernel(300, 10000), n;
	uint64_t seed = test_seed();
	pid_t pids[ARRAY_SIZE(roles)];
	size_t i;

	die(self);
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
	for (i = 0; i < ARRAY_SIZE(roles); i++) {
		kill(pids[i], SIGKILL);
		EXPECT_EQ(KILLED_BY(SIGKILL), reap(pids[i]));
	}
}

TEST_HARNESS_MAIN
