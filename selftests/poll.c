// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * poll, select and epoll: what is reported in each state, and that whoever
 * sleeps in them is woken by each change that makes a difference.
 */
#include "common.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>

#define IN	(POLLIN | POLLRDNORM)
#define OUT	(POLLOUT | POLLWRNORM)

/* What poll says at once. */
static int state_of(int fd)
{
	struct pollfd p = { .fd = fd, .events = IN | OUT | POLLPRI };

	return poll(&p, 1, 0) < 0 ? -errno : p.revents;
}

FIXTURE(poll)
{
	int fd;
	int rd;
	int wr;
};

FIXTURE_SETUP(poll)
{
	struct ipcx_queue_attr attr = { .max_msgs = 2, .max_msg_size = 64, .max_bytes = 64 };
	char name[UNIQUE_NAME_SIZE];

	unique_name(name, "poll");
	self->fd = open_queue_attr(name, CREATE_RW, 0600, &attr);
	ASSERT_LE(0, self->fd);
	self->rd = open_queue(name, IPCX_OPEN_READ, 0);
	self->wr = open_queue(name, IPCX_OPEN_WRITE, 0);
	EXPECT_EQ(0, unlink_name(name));
	ASSERT_LE(0, self->rd);
	ASSERT_LE(0, self->wr);
}

FIXTURE_TEARDOWN(poll)
{
	close(self->fd);
	close(self->rd);
	close(self->wr);
}

TEST_F(poll, states)
{
	EXPECT_EQ(OUT, state_of(self->fd));
	ASSERT_EQ(1, try_send_number(self->fd, 1, 0));
	EXPECT_EQ(IN | OUT, state_of(self->fd));
	ASSERT_EQ(1, try_send_number(self->fd, 2, 0));
	EXPECT_EQ(IN, state_of(self->fd));
	EXPECT_EQ(2, drain(self->fd));
	EXPECT_EQ(OUT, state_of(self->fd));
}

/* An fd shows only what it has the right to. */
TEST_F(poll, rights)
{
	EXPECT_EQ(0, state_of(self->rd));
	EXPECT_EQ(OUT, state_of(self->wr));
	ASSERT_EQ(1, try_send_number(self->wr, 1, 0));
	EXPECT_EQ(IN, state_of(self->rd));
	EXPECT_EQ(OUT, state_of(self->wr));
	ASSERT_EQ(1, try_send_number(self->wr, 2, 0));
	EXPECT_EQ(IN, state_of(self->rd));
	EXPECT_EQ(0, state_of(self->wr));
}

TEST_F(poll, full_by_bytes)
{
	char buf[64] = { 0 };

	ASSERT_EQ(1, send_msg(self->fd, buf, 64, 0, 0, 0));
	EXPECT_EQ(IN, state_of(self->fd));
	EXPECT_EQ(1, drain(self->fd));
	EXPECT_EQ(OUT, state_of(self->fd));
}

/* A queue that drops is never full. */
TEST(drop_policy_is_always_writable)
{
	struct ipcx_queue_attr attr = { .max_msgs = 1, .overflow = IPCX_OVERFLOW_DROP };
	int fd = new_queue(0, &attr);

	ASSERT_LE(0, fd);
	EXPECT_EQ(OUT, state_of(fd));
	ASSERT_EQ(1, try_send_number(fd, 1, 0));
	EXPECT_EQ(IN | OUT, state_of(fd));
}

TEST_F(poll, select)
{
	struct timeval none = { 0 };
	fd_set in, out, except;

	FD_ZERO(&in);
	FD_SET(self->rd, &in);
	FD_ZERO(&out);
	FD_SET(self->wr, &out);
	FD_ZERO(&except);
	FD_SET(self->fd, &except);
	EXPECT_EQ(1, select(self->wr + 1, &in, &out, &except, &none));
	EXPECT_TRUE(FD_ISSET(self->wr, &out));
	EXPECT_FALSE(FD_ISSET(self->rd, &in));

	ASSERT_EQ(1, try_send_number(self->fd, 1, 0));
	ASSERT_EQ(1, try_send_number(self->fd, 2, 0));
	FD_SET(self->rd, &in);
	FD_SET(self->wr, &out);
	EXPECT_EQ(1, select(self->wr + 1, &in, &out, NULL, &none));
	EXPECT_TRUE(FD_ISSET(self->rd, &in));
	EXPECT_FALSE(FD_ISSET(self->wr, &out));
}

TEST_F(poll, timeout)
{
	struct pollfd p = { .fd = self->fd, .events = POLLIN };
	long long start = now_ns(CLOCK_MONOTONIC);

	EXPECT_EQ(0, poll(&p, 1, 30));
	EXPECT_LE(30 * NSEC_PER_MSEC, now_ns(CLOCK_MONOTONIC) - start);
}

/* ---- sleepers are woken ---- */

struct sleeper {
	int fd;
	short events;
};

static int sleep_in_poll(void *arg)
{
	struct sleeper *s = arg;
	struct pollfd p = { .fd = s->fd, .events = s->events };

	return poll(&p, 1, -1) == 1 ? p.revents & s->events : 0;
}

static pid_t start_sleeper(int (*fn)(void *arg), int fd, short events)
{
	struct sleeper s = { fd, events };
	pid_t pid = spawn(fn, &s);
	int ret = pid < 0 ? pid : wait_sleeping(pid);

	return ret < 0 ? ret : pid;
}

static int receive_one(void *arg)
{
	__u64 number;

	return recv_number(*(int *)arg, &number) == 1 ? 0 : 1;
}

static int send_one(void *arg)
{
	return send_number(*(int *)arg, 9, 0) == 1 ? 0 : 1;
}

TEST_F(poll, a_message_wakes)
{
	pid_t pid = start_sleeper(sleep_in_poll, self->rd, POLLIN);

	ASSERT_LT(0, pid);
	ASSERT_EQ(1, send_number(self->wr, 1, 0));
	EXPECT_EQ(POLLIN, reap(pid));

	ASSERT_EQ(1, drain(self->fd));
	pid = start_sleeper(sleep_in_poll, self->fd, POLLIN);
	ASSERT_EQ(1, write(self->wr, "", 1));
	EXPECT_EQ(POLLIN, reap(pid));
}

TEST_F(poll, room_wakes)
{
	__u64 number;
	pid_t pid;

	ASSERT_EQ(1, send_number(self->fd, 1, 0));
	ASSERT_EQ(1, send_number(self->fd, 2, 0));
	pid = start_sleeper(sleep_in_poll, self->wr, POLLOUT);
	ASSERT_LT(0, pid);
	ASSERT_EQ(1, recv_number(self->rd, &number));
	EXPECT_EQ(POLLOUT, reap(pid));

	ASSERT_EQ(1, send_number(self->fd, 3, 0));
	pid = start_sleeper(sleep_in_poll, self->fd, POLLOUT);
	ASSERT_LT(0, pid);
	ASSERT_EQ(8, read(self->rd, &number, 8));
	EXPECT_EQ(POLLOUT, reap(pid));
}

TEST_F(poll, room_by_bytes_wakes)
{
	char buf[64] = { 0 };
	pid_t pid;

	ASSERT_EQ(1, send_msg(self->fd, buf, 64, 0, 0, 0));
	pid = start_sleeper(sleep_in_poll, self->wr, POLLOUT);
	ASSERT_LT(0, pid);
	ASSERT_EQ(1, drain(self->fd));
	EXPECT_EQ(POLLOUT, reap(pid));
}

/* A message of a sender that waited goes in: that too is one for a poller. */
TEST_F(poll, a_waiting_senders_message_wakes)
{
	pid_t sender, poller;
	__u64 number;

	ASSERT_EQ(1, send_number(self->fd, 1, 0));
	ASSERT_EQ(1, send_number(self->fd, 2, 0));
	sender = spawn(send_one, &self->fd);
	ASSERT_EQ(0, wait_senders(self->fd, 1));
	/* Asked for room, not for messages, of which there are some. */
	poller = start_sleeper(sleep_in_poll, self->wr, POLLOUT);
	ASSERT_LT(0, poller);
	ASSERT_EQ(1, recv_number(self->fd, &number));
	EXPECT_EQ(0, reap(sender));
	/* Its place went to the sender: nothing for the poller yet. */
	EXPECT_EQ(IN, state_of(self->fd));
	EXPECT_EQ(0, waitpid(poller, NULL, WNOHANG));
	ASSERT_EQ(1, recv_number(self->fd, &number));
	EXPECT_EQ(POLLOUT, reap(poller));
}

/* A sender that gives up lets those behind it see the room again. */
TEST_F(poll, a_sender_that_gives_up_wakes)
{
	char buf[64] = { 0 };
	struct ipcx_msg msg = make_msg(buf, 64, 0, 0);
	struct ipcx_xfer xfer = make_xfer(&msg, 1, 0);
	pid_t sender, poller;

	/* One byte is in: 64 do not fit, and while their sender waits nothing else. */
	ASSERT_EQ(1, send_msg(self->fd, buf, 1, 0, 0, 0));
	sender = fork();
	if (sender == 0)
		_exit(op(self->fd, IPCX_SEND, &xfer) == 1 ? 0 : 1);
	ASSERT_EQ(0, wait_senders(self->fd, 1));
	EXPECT_EQ(IN, state_of(self->fd));
	poller = start_sleeper(sleep_in_poll, self->wr, POLLOUT);
	ASSERT_LT(0, poller);
	kill(sender, SIGKILL);
	EXPECT_EQ(KILLED_BY(SIGKILL), reap(sender));
	EXPECT_EQ(POLLOUT, reap(poller));
}

/* A message that goes to a waiting receiver is nothing for pollers. */
TEST_F(poll, handed_over_is_not_seen)
{
	pid_t receiver = spawn(receive_one, &self->rd), poller;

	ASSERT_EQ(0, wait_receivers(self->fd, 1));
	poller = start_sleeper(sleep_in_poll, self->rd, POLLIN);
	ASSERT_LT(0, poller);
	ASSERT_EQ(1, send_number(self->wr, 1, 0));
	EXPECT_EQ(0, reap(receiver));
	EXPECT_EQ(0, state_of(self->rd));
	EXPECT_EQ(0, waitpid(poller, NULL, WNOHANG));
	ASSERT_EQ(1, send_number(self->wr, 2, 0));
	EXPECT_EQ(POLLIN, reap(poller));
}

/* ---- epoll ---- */

static int epoll_on(int fd, unsigned int events)
{
	struct epoll_event event = { .events = events, .data.fd = fd };
	int ep = epoll_create1(EPOLL_CLOEXEC);

	if (ep < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event) < 0)
		return -errno;
	return ep;
}

/* Events there are now; 0: none. */
static int epoll_now(int ep)
{
	struct epoll_event event;
	int n = epoll_wait(ep, &event, 1, 0);

	return n == 1 ? (int)event.events : n;
}

TEST_F(poll, level_triggered)
{
	int ep = epoll_on(self->fd, EPOLLIN);
	__u64 number;

	ASSERT_LE(0, ep);
	EXPECT_EQ(0, epoll_now(ep));
	ASSERT_EQ(1, send_number(self->fd, 1, 0));
	ASSERT_EQ(1, send_number(self->fd, 2, 0));
	EXPECT_EQ(EPOLLIN, epoll_now(ep));
	EXPECT_EQ(EPOLLIN, epoll_now(ep));
	ASSERT_EQ(1, recv_number(self->fd, &number));
	EXPECT_EQ(EPOLLIN, epoll_now(ep));
	ASSERT_EQ(1, recv_number(self->fd, &number));
	EXPECT_EQ(0, epoll_now(ep));
	close(ep);
}

TEST_F(poll, edge_triggered_in)
{
	int ep = epoll_on(self->fd, EPOLLIN | EPOLLET);
	__u64 number;

	ASSERT_LE(0, ep);
	EXPECT_EQ(0, epoll_now(ep));
	ASSERT_EQ(1, send_number(self->fd, 1, 0));
	EXPECT_EQ(EPOLLIN, epoll_now(ep));
	/* No change, no event, although the message is there. */
	EXPECT_EQ(0, epoll_now(ep));
	/* Each arrival is an edge: whoever took only one may sleep. */
	ASSERT_EQ(1, send_number(self->fd, 2, 0));
	EXPECT_EQ(EPOLLIN, epoll_now(ep));
	EXPECT_EQ(0, epoll_now(ep));
	ASSERT_EQ(1, recv_number(self->fd, &number));
	EXPECT_EQ(0, epoll_now(ep));
	ASSERT_EQ(1, recv_number(self->fd, &number));
	EXPECT_EQ(0, epoll_now(ep));
	ASSERT_EQ(1, send_number(self->fd, 3, 0));
	EXPECT_EQ(EPOLLIN, epoll_now(ep));
	close(ep);
}

TEST_F(poll, edge_triggered_out)
{
	int ep = epoll_on(self->fd, EPOLLOUT | EPOLLET);
	__u64 number;

	ASSERT_LE(0, ep);
	EXPECT_EQ(EPOLLOUT, epoll_now(ep));
	EXPECT_EQ(0, epoll_now(ep));
	ASSERT_EQ(1, send_number(self->fd, 1, 0));
	ASSERT_EQ(1, send_number(self->fd, 2, 0));
	EXPECT_EQ(0, epoll_now(ep));
	ASSERT_EQ(1, recv_number(self->fd, &number));
	EXPECT_EQ(EPOLLOUT, epoll_now(ep));
	EXPECT_EQ(0, epoll_now(ep));
	close(ep);
}

TEST_F(poll, one_shot)
{
	int ep = epoll_on(self->fd, EPOLLIN | EPOLLONESHOT);
	struct epoll_event event = { .events = EPOLLIN | EPOLLONESHOT };

	ASSERT_LE(0, ep);
	ASSERT_EQ(1, send_number(self->fd, 1, 0));
	EXPECT_EQ(EPOLLIN, epoll_now(ep));
	EXPECT_EQ(0, epoll_now(ep));
	ASSERT_EQ(1, send_number(self->fd, 2, 0));
	EXPECT_EQ(0, epoll_now(ep));
	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_MOD, self->fd, &event));
	EXPECT_EQ(EPOLLIN, epoll_now(ep));
	close(ep);
}

static int sleep_in_epoll(void *arg)
{
	struct sleeper *s = arg;
	struct epoll_event event;

	return epoll_wait(s->fd, &event, 1, -1) == 1 ? event.events & s->events : 0;
}

TEST_F(poll, epoll_sleepers_are_woken)
{
	static const unsigned int modes[] = { 0, EPOLLET, EPOLLONESHOT, EPOLLEXCLUSIVE };
	__u64 number;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		int in = epoll_on(self->rd, EPOLLIN | modes[i]);
		int out = epoll_on(self->wr, EPOLLOUT | modes[i]);
		pid_t pid;

		ASSERT_LE(0, in);
		ASSERT_LE(0, out);
		pid = start_sleeper(sleep_in_epoll, in, EPOLLIN);
		ASSERT_LT(0, pid);
		ASSERT_EQ(1, send_number(self->fd, 1, 0));
		EXPECT_EQ(EPOLLIN, reap(pid));

		ASSERT_EQ(1, send_number(self->fd, 2, 0));
		/* What was true when it was added is told first. */
		epoll_now(out);
		if (modes[i] == EPOLLONESHOT) {
			struct epoll_event again = { .events = EPOLLOUT | EPOLLONESHOT };

			ASSERT_EQ(0, epoll_ctl(out, EPOLL_CTL_MOD, self->wr, &again));
		}
		pid = start_sleeper(sleep_in_epoll, out, EPOLLOUT);
		ASSERT_LT(0, pid);
		ASSERT_EQ(1, recv_number(self->fd, &number));
		EXPECT_EQ(EPOLLOUT, reap(pid));
		EXPECT_EQ(1, drain(self->fd));
		close(in);
		close(out);
	}
}

/* ---- exclusive sleepers ---- */

#define SLEEPERS	8

struct taker {
	int fd;
	int ep;
	volatile unsigned int *woken;
};

/* Sleeps in epoll until it could take one message. */
static int take_one(void *arg)
{
	struct taker *t = arg;
	struct epoll_event event;
	__u64 number;

	for (;;) {
		if (epoll_wait(t->ep, &event, 1, -1) != 1)
			return 1;
		__atomic_add_fetch(t->woken, 1, __ATOMIC_SEQ_CST);
		if (try_recv_number(t->fd, &number) == 1)
			return 0;
	}
}

/* As many messages as sleepers: each gets one, and none sleeps on. */
TEST(exclusive_sleepers_lose_no_wakeup)
{
	struct taker takers[SLEEPERS];
	volatile unsigned int *woken = shared_memory(sizeof(*woken));
	int fd = small_queue(SLEEPERS), i, round, rounds = scaled(20, 500);
	pid_t pids[SLEEPERS];

	ASSERT_LE(0, fd);
	for (round = 0; round < rounds; round++) {
		for (i = 0; i < SLEEPERS; i++) {
			takers[i] = (struct taker){
				.fd = fd, .ep = epoll_on(fd, EPOLLIN | EPOLLEXCLUSIVE),
				.woken = woken,
			};
			ASSERT_LE(0, takers[i].ep);
			pids[i] = spawn(take_one, &takers[i]);
		}
		if (round % 2)
			for (i = 0; i < SLEEPERS; i++) {
				ASSERT_EQ(0, wait_sleeping(pids[i]));
			}
		for (i = 0; i < SLEEPERS; i++) {
			ASSERT_EQ(1, send_number(fd, i, i % 3));
		}
		for (i = 0; i < SLEEPERS; i++) {
			EXPECT_EQ(0, reap(pids[i]));
			close(takers[i].ep);
		}
		EXPECT_EQ(0, get_depth(fd));
	}
}

/* One message does not wake all who sleep exclusively. */
TEST(exclusive_sleepers_are_no_herd)
{
	struct taker takers[SLEEPERS];
	volatile unsigned int *woken = shared_memory(sizeof(*woken));
	int fd = small_queue(1), i;
	pid_t pids[SLEEPERS], taken_by;

	ASSERT_LE(0, fd);
	for (i = 0; i < SLEEPERS; i++) {
		takers[i] = (struct taker){
			.fd = fd, .ep = epoll_on(fd, EPOLLIN | EPOLLEXCLUSIVE), .woken = woken,
		};
		pids[i] = spawn(take_one, &takers[i]);
		ASSERT_EQ(0, wait_sleeping(pids[i]));
	}
	ASSERT_EQ(1, send_number(fd, 1, 0));
	taken_by = wait(NULL);
	/* Who was woken for nothing sleeps again by then, and was counted. */
	for (i = 0; i < SLEEPERS; i++)
		if (pids[i] != taken_by) {
			ASSERT_EQ(0, wait_sleeping(pids[i]));
		}
	EXPECT_LT(*woken, SLEEPERS);
	for (i = 1; i < SLEEPERS; i++) {
		ASSERT_EQ(1, send_number(fd, i, 0));
	}
	for (i = 0; i < SLEEPERS; i++)
		if (pids[i] != taken_by) {
			EXPECT_EQ(0, reap(pids[i]));
		}
}

/* ---- poll against a change at the same moment ---- */

static int poll_and_take(void *arg)
{
	struct sleeper *s = arg;
	struct pollfd p = { .fd = s->fd, .events = POLLIN };
	__u64 expected = 0, number;

	for (;;) {
		if (poll(&p, 1, -1) != 1 || !(p.revents & POLLIN))
			return 1;
		if (try_recv_number(s->fd, &number) != 1)
			return 2;
		if (number == UINT64_MAX)
			return 0;
		if (number != expected++)
			return 3;
	}
}

/* A wake-up that is lost leaves both sides asleep for ever. */
TEST(no_lost_wakeups)
{
	long count = scaled_to_kernel(5000, 200000), i;
	struct sleeper s = { small_queue(1), 0 };
	struct pollfd p = { .fd = s.fd, .events = POLLOUT };
	pid_t pid;

	ASSERT_LE(0, s.fd);
	pid = spawn(poll_and_take, &s);
	for (i = 0; i <= count; i++) {
		ASSERT_EQ(1, poll(&p, 1, 100000 * timeout_factor()));
		ASSERT_EQ(1, try_send_number(s.fd, i == count ? UINT64_MAX : i, 0));
	}
	EXPECT_EQ(0, reap(pid));
}

TEST_HARNESS_MAIN
