// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * poll and epoll on rings: what is reported in each state, to whom, and that who sleeps
 * there, or has found nothing there, is told by the doorbell.
 */
#include "ring.h"

#include <poll.h>
#include <sys/epoll.h>

#define IN	(POLLIN | POLLRDNORM)
#define OUT	(POLLOUT | POLLWRNORM)
#define ALL	(IN | OUT | POLLPRI | POLLRDHUP)

/* Nothing that ends takes as long: who was not woken is a failure, and no hang. */
#define LONG_MS	(5000 * timeout_factor())

/* What poll says at once. */
static int state_of(int fd)
{
	struct pollfd p = { .fd = fd, .events = ALL };

	return poll(&p, 1, 0) < 0 ? -errno : p.revents;
}

FIXTURE(poll)
{
	struct ring ring;	/* its fd: both rights, the consumer's */
	struct ring writer;	/* the same one, the producer's fd and its right only */
	struct producer p;
	struct consumer c;
};

typedef FIXTURE_DATA(poll) env_t;

FIXTURE_SETUP(poll)
{
	struct ipcx_ring_attr attr = { .size = PAGE };
	char name[UNIQUE_NAME_SIZE];

	unique_name(name, "poll");
	self->ring = (struct ring){
		.fd = open_ring_attr(name, IPCX_OPEN_READ | IPCX_OPEN_CREATE, 0600, &attr),
		.size = PAGE, .max_producers = 1, .max_consumers = 1,
	};
	ASSERT_LE(0, self->ring.fd);
	ASSERT_EQ(0, map_view(&self->ring));
	self->writer = self->ring;
	self->writer.fd = open_ring(name, IPCX_OPEN_WRITE, 0);
	ASSERT_LE(0, self->writer.fd);
	EXPECT_EQ(0, unlink_name(name));
	ASSERT_EQ(0, attach_producer(&self->p, &self->writer));
	ASSERT_EQ(0, attach_consumer(&self->c, &self->ring));
}

FIXTURE_TEARDOWN(poll)
{
	if (self->c.page)
		detach_consumer(&self->c);
	if (self->p.page)
		detach_producer(&self->p);
	close(self->writer.fd);
	close_ring(&self->ring);
}

static void fill(env_t *env)
{
	while (put(&env->p, 1) == 0)
		;
}

static void drain_ring(env_t *env)
{
	__u64 number;

	while (take(&env->c, &number) == 0)
		;
}

/* ---- states ---- */

TEST_F(poll, states)
{
	__u64 number;

	/* To each by its rights. */
	EXPECT_EQ(0, state_of(self->ring.fd));
	EXPECT_EQ(OUT, state_of(self->writer.fd));
	ASSERT_EQ(0, put(&self->p, 1));
	EXPECT_EQ(IN, state_of(self->ring.fd));
	EXPECT_EQ(OUT, state_of(self->writer.fd));
	fill(self);
	EXPECT_EQ(IN, state_of(self->ring.fd));
	EXPECT_EQ(0, state_of(self->writer.fd));
	ASSERT_EQ(0, take(&self->c, &number));
	EXPECT_EQ(OUT, state_of(self->writer.fd));
	drain_ring(self);
	EXPECT_EQ(0, state_of(self->ring.fd));
}

TEST_F(poll, ends)
{
	detach_producer(&self->p);
	EXPECT_EQ(IN | POLLRDHUP, state_of(self->ring.fd));
	EXPECT_EQ(OUT, state_of(self->writer.fd));
	ASSERT_EQ(0, attach_producer(&self->p, &self->writer));
	EXPECT_EQ(0, state_of(self->ring.fd));
	fill(self);
	EXPECT_EQ(0, state_of(self->writer.fd));
	detach_consumer(&self->c);
	EXPECT_EQ(OUT | POLLERR, state_of(self->writer.fd));
	ASSERT_EQ(0, attach_consumer(&self->c, &self->ring));
	EXPECT_EQ(0, state_of(self->writer.fd));
	EXPECT_EQ(IN, state_of(self->ring.fd));
}

/* What it has read and keeps is nothing new; what it says beyond all sense is looked at. */
TEST_F(poll, kept_records)
{
	__u64 header;
	int i;

	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, put(&self->p, i));
	}
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(IN, state_of(self->ring.fd));
		ASSERT_EQ(0, peek_header(&self->c, &header));
		skip(&self->c, header);
		store(&self->c.page->next, self->c.next);
	}
	EXPECT_EQ(0, state_of(self->ring.fd));
	EXPECT_EQ(1, self->ring.info->data_waiters);
	ASSERT_EQ(0, put(&self->p, 4));
	EXPECT_EQ(IN, state_of(self->ring.fd));
	/* Before the head it says nothing. */
	release(&self->c);
	store(&self->c.page->next, 0);
	EXPECT_EQ(IN, state_of(self->ring.fd));
	store(&self->c.page->next, self->c.page->head + (1ULL << 50));
	EXPECT_EQ(IN, state_of(self->ring.fd));
	drain_ring(self);
	store(&self->c.page->next, 0);
	EXPECT_EQ(0, state_of(self->ring.fd));
}

/* What one kept and did not release is new to the next one. */
TEST_F(poll, kept_by_the_one_before)
{
	__u64 number, header;

	ASSERT_EQ(0, put(&self->p, 5));
	ASSERT_EQ(0, peek_header(&self->c, &header));
	skip(&self->c, header);
	store(&self->c.page->next, self->c.next);
	EXPECT_EQ(0, state_of(self->ring.fd));
	detach_consumer(&self->c);
	ASSERT_EQ(0, attach_consumer(&self->c, &self->ring));
	EXPECT_EQ(IN, state_of(self->ring.fd));
	EXPECT_EQ(0, take(&self->c, &number));
	EXPECT_EQ(0, state_of(self->ring.fd));
}

/* What there is to read is the consumer's, who is one through that fd. */
TEST_F(poll, whose_it_is)
{
	struct ring r;
	struct producer p;
	struct consumer c;
	int other;
	char name[UNIQUE_NAME_SIZE];
	struct ipcx_ring_attr attr = { .size = PAGE };

	unique_name(name, "whose");
	r = (struct ring){
		.fd = open_ring_attr(name, CREATE_RW, 0600, &attr), .size = PAGE,
		.max_producers = 1, .max_consumers = 1,
	};
	ASSERT_EQ(0, map_view(&r));
	other = open_ring(name, RW, 0);
	ASSERT_LE(0, other);
	EXPECT_EQ(0, unlink_name(name));
	ASSERT_EQ(0, attach_producer(&p, &r));
	ASSERT_EQ(0, put(&p, 1));
	EXPECT_EQ(OUT, state_of(r.fd));
	ASSERT_EQ(0, attach_consumer(&c, &r));
	EXPECT_EQ(IN | OUT, state_of(r.fd));
	EXPECT_EQ(OUT, state_of(other));
	detach_consumer(&c);
	EXPECT_EQ(OUT | POLLERR, state_of(r.fd));
	detach_producer(&p);
	EXPECT_EQ(IN | OUT | POLLERR | POLLRDHUP, state_of(other));
	close(other);
	close_ring(&r);
}

/* ---- the waiters words ---- */

/* Armed by who found nothing; disarmed by the bell, whoever it is for. */
TEST_F(poll, arming)
{
	__u64 number;

	EXPECT_EQ(0, self->ring.info->data_waiters);
	EXPECT_EQ(0, state_of(self->ring.fd));
	EXPECT_EQ(1, self->ring.info->data_waiters);
	EXPECT_EQ(0, state_of(self->ring.fd));
	EXPECT_EQ(1, self->ring.info->data_waiters);
	ASSERT_EQ(0, put(&self->p, 1));
	EXPECT_EQ(0, self->ring.info->data_waiters);
	/* What is there is not waited for. */
	EXPECT_EQ(IN, state_of(self->ring.fd));
	EXPECT_EQ(0, self->ring.info->data_waiters);
	EXPECT_EQ(OUT, state_of(self->writer.fd));
	EXPECT_EQ(0, self->ring.info->space_waiters);
	fill(self);
	EXPECT_EQ(0, state_of(self->writer.fd));
	EXPECT_EQ(1, self->ring.info->space_waiters);
	EXPECT_EQ(0, self->ring.info->data_waiters);
	ASSERT_EQ(0, take(&self->c, &number));
	EXPECT_EQ(0, self->ring.info->space_waiters);
}

/* Nobody rings for who has no consumer here, or did not ask. */
TEST_F(poll, not_armed)
{
	struct pollfd p = { .fd = self->ring.fd, .events = POLLRDHUP };
	pid_t pid;

	EXPECT_EQ(0, poll(&p, 1, 0));
	EXPECT_EQ(0, self->ring.info->data_waiters);
	fill(self);
	p = (struct pollfd){ .fd = self->writer.fd };
	EXPECT_EQ(0, poll(&p, 1, 0));
	EXPECT_EQ(0, self->ring.info->space_waiters);
	drain_ring(self);
	detach_consumer(&self->c);
	EXPECT_EQ(0, state_of(self->ring.fd));
	EXPECT_EQ(0, self->ring.info->data_waiters);
	/* They are told of the end all the same. */
	pid = fork();
	if (pid == 0) {
		p = (struct pollfd){ .fd = self->ring.fd, .events = POLLRDHUP };
		_exit(poll(&p, 1, LONG_MS) == 1 && p.revents == POLLRDHUP ? 0 : 1);
	}
	ASSERT_EQ(0, wait_sleeping(pid));
	detach_producer(&self->p);
	EXPECT_EQ(0, reap(pid));
	self->c.page = NULL;
	self->p.page = NULL;
}

/* ---- sleepers ---- */

struct sleeper {
	int fd;
	int events;
	bool epoll;
};

static int sleep_in_poll(void *arg)
{
	struct sleeper *s = arg;
	struct pollfd p = { .fd = s->fd, .events = s->events };
	struct epoll_event event;

	if (s->epoll)
		return epoll_wait(s->fd, &event, 1, LONG_MS) == 1 ? event.events & 0xff : 0;
	return poll(&p, 1, LONG_MS) == 1 ? p.revents & 0xff : 0;
}

static pid_t start(int fd, int events, bool epoll)
{
	struct sleeper s = { fd, events, epoll };
	pid_t pid = spawn(sleep_in_poll, &s);

	return pid < 0 ? pid : wait_sleeping(pid) ? -ETIMEDOUT : pid;
}

TEST_F(poll, sleepers_are_woken)
{
	__u64 number;
	pid_t pid;

	pid = start(self->ring.fd, POLLIN, false);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, put(&self->p, 1));
	EXPECT_EQ(POLLIN, reap(pid));
	fill(self);
	pid = start(self->writer.fd, POLLOUT, false);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, take(&self->c, &number));
	EXPECT_EQ(POLLOUT, reap(pid));
}

TEST_F(poll, sleepers_are_told_of_the_end)
{
	pid_t pid = start(self->ring.fd, POLLIN, false);

	ASSERT_LT(0, pid);
	detach_producer(&self->p);
	EXPECT_EQ(POLLIN, reap(pid));
	ASSERT_EQ(0, attach_producer(&self->p, &self->writer));
	fill(self);
	pid = start(self->writer.fd, POLLOUT, false);
	ASSERT_LT(0, pid);
	detach_consumer(&self->c);
	self->c.page = NULL;
	EXPECT_EQ(POLLOUT | POLLERR, reap(pid));
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

static int epoll_now(int ep)
{
	struct epoll_event event;
	int n = epoll_wait(ep, &event, 1, 0);

	return n == 1 ? (int)event.events : n;
}

TEST_F(poll, level_triggered)
{
	int in = epoll_on(self->ring.fd, EPOLLIN | EPOLLRDHUP), out;
	__u64 number;

	ASSERT_LE(0, in);
	EXPECT_EQ(0, epoll_now(in));
	ASSERT_EQ(0, put(&self->p, 1));
	EXPECT_EQ(EPOLLIN, epoll_now(in));
	EXPECT_EQ(EPOLLIN, epoll_now(in));
	drain_ring(self);
	EXPECT_EQ(0, epoll_now(in));
	/* To look armed it again. */
	EXPECT_EQ(1, self->ring.info->data_waiters);
	fill(self);
	EXPECT_EQ(EPOLLIN, epoll_now(in));
	out = epoll_on(self->writer.fd, EPOLLOUT);
	EXPECT_EQ(0, epoll_now(out));
	ASSERT_EQ(0, take(&self->c, &number));
	EXPECT_EQ(EPOLLOUT, epoll_now(out));
	EXPECT_EQ(EPOLLOUT, epoll_now(out));
	drain_ring(self);
	EXPECT_EQ(0, epoll_now(in));
	detach_producer(&self->p);
	self->p.page = NULL;
	EXPECT_EQ(EPOLLIN | EPOLLRDHUP, epoll_now(in));
	close(out);
	close(in);
}

/* Told once; who then finds nothing looks with poll, and is told of the next one. */
TEST_F(poll, before_there_was_a_consumer)
{
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	__u64 number;

	ASSERT_LE(0, epoll);
	detach_consumer(&self->c);
	ASSERT_EQ(0, epoll_ctl(epoll, EPOLL_CTL_ADD, self->ring.fd, &event));
	ASSERT_EQ(0, attach_consumer(&self->c, &self->ring));
	ASSERT_EQ(0, put(&self->p, 1));
	EXPECT_EQ(1, epoll_wait(epoll, &event, 1, LONG_MS));
	EXPECT_EQ(0, take(&self->c, &number));
	close(epoll);
}

TEST_F(poll, edge_triggered_in)
{
	int ep = epoll_on(self->ring.fd, EPOLLIN | EPOLLET), i;

	ASSERT_LE(0, ep);
	EXPECT_EQ(0, epoll_now(ep));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(1, self->ring.info->data_waiters);
		ASSERT_EQ(0, put(&self->p, 1));
		EXPECT_EQ(0, self->ring.info->data_waiters);
		EXPECT_EQ(EPOLLIN, epoll_now(ep));
		EXPECT_EQ(0, epoll_now(ep));
		drain_ring(self);
		EXPECT_EQ(0, state_of(self->ring.fd));
	}
	close(ep);
}

TEST_F(poll, edge_triggered_out)
{
	int ep = epoll_on(self->writer.fd, EPOLLOUT | EPOLLET), i;

	ASSERT_LE(0, ep);
	EXPECT_EQ(EPOLLOUT, epoll_now(ep));
	for (i = 0; i < 3; i++) {
		fill(self);
		EXPECT_EQ(0, epoll_now(ep));
		EXPECT_EQ(0, state_of(self->writer.fd));
		EXPECT_EQ(1, self->ring.info->space_waiters);
		drain_ring(self);
		EXPECT_EQ(0, self->ring.info->space_waiters);
		EXPECT_EQ(EPOLLOUT, epoll_now(ep));
		EXPECT_EQ(0, epoll_now(ep));
	}
	close(ep);
}

TEST_F(poll, epoll_sleepers_are_woken)
{
	static const unsigned int modes[] = { 0, EPOLLET, EPOLLONESHOT, EPOLLEXCLUSIVE };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		int in = epoll_on(self->ring.fd, EPOLLIN | modes[i]), out;
		pid_t pid = start(in, 0, true);

		ASSERT_LT(0, pid);
		fill(self);
		EXPECT_EQ(EPOLLIN, reap(pid));
		out = epoll_on(self->writer.fd, EPOLLOUT | modes[i]);
		pid = start(out, 0, true);
		ASSERT_LT(0, pid);
		drain_ring(self);
		EXPECT_EQ(EPOLLOUT, reap(pid));
		close(in);
		close(out);
	}
}

/* ---- poll against a change at the same moment ---- */

struct reader {
	struct ring ring;
	long count;
};

static int poll_and_take(void *arg)
{
	struct reader *reader = arg;
	struct pollfd p = { .fd = reader->ring.fd, .events = POLLIN };
	__u64 number = 0, expected = 0;
	struct consumer c;

	MUST_BE(0, map_view(&reader->ring));
	MUST_BE(0, attach_consumer(&c, &reader->ring));
	while (expected < (__u64)reader->count) {
		MUST_BE(1, poll(&p, 1, LONG_MS));
		while (take(&c, &number) == 0)
			MUST_BE((long long)expected++, number);
	}
	return 0;
}

/* A wake-up that is lost leaves both sides asleep. */
TEST_F(poll, no_lost_wakeups)
{
	struct reader reader = { self->ring, scaled_to_kernel(20000, 500000) };
	struct pollfd p = { .fd = self->writer.fd, .events = POLLOUT };
	pid_t pid;
	long i;

	detach_consumer(&self->c);
	self->c.page = NULL;
	pid = spawn(poll_and_take, &reader);
	while (!load(&self->ring.info->consumers))
		sched_yield();
	for (i = 0; i < reader.count; i++) {
		int ret;

		while ((ret = put(&self->p, i)) == -EAGAIN) {
			ASSERT_EQ(1, poll(&p, 1, LONG_MS));
		}
		ASSERT_EQ(0, ret);
		/* Now and then it has to sleep for each one. */
		if (i % 64 < 8)
			sched_yield();
	}
	EXPECT_EQ(0, reap(pid));
}

TEST_HARNESS_MAIN
