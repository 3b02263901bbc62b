// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Eventfds of a ring's members: what signals them, once, and whose they are.
 */
#include "ring.h"

#include <poll.h>
#include <sys/eventfd.h>

/* Nothing that ends takes as long: who was not told is a failure, and no hang. */
#define LONG_MS	(5000 * timeout_factor())

FIXTURE(event)
{
	struct ring ring;
	struct producer p;
	struct consumer c;
	int event;
};

typedef FIXTURE_DATA(event) env_t;

FIXTURE_SETUP(event)
{
	ASSERT_EQ(0, make_ring(&self->ring, IPCX_RING_MPSC, 3, 1));
	ASSERT_EQ(0, attach_producer(&self->p, &self->ring));
	ASSERT_EQ(0, attach_consumer(&self->c, &self->ring));
	self->event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	ASSERT_LE(0, self->event);
}

FIXTURE_TEARDOWN(event)
{
	if (self->c.page)
		detach_consumer(&self->c);
	if (self->p.page)
		detach_producer(&self->p);
	/* Nobody is waited for any more. */
	EXPECT_EQ(0, self->ring.info->data_waiters);
	EXPECT_EQ(0, self->ring.info->space_waiters);
	close(self->event);
	close_ring(&self->ring);
}

static int set_event(int fd, __u32 role, __u32 slot, int event)
{
	struct ipcx_ring_eventfd req = { .role = role, .slot = slot, .fd = event };

	return op(fd, IPCX_RING_EVENTFD, &req);
}

static int set_consumer(const struct consumer *c, int event)
{
	return set_event(c->ring->fd, IPCX_RING_CONSUMER, c->page->slot, event);
}

static int set_producer(const struct producer *p, int event)
{
	return set_event(p->ring->fd, IPCX_RING_PRODUCER, p->page->slot, event);
}

static int arm_role(int fd, __u32 role, __u32 slot, __u64 index)
{
	struct ipcx_ring_wait wait = make_wait(role, slot, index);

	wait.flags = IPCX_RING_WAIT_EVENTFD;
	return op(fd, IPCX_RING_WAIT, &wait);
}

static int arm_consumer(const struct consumer *c)
{
	return arm_role(c->ring->fd, IPCX_RING_CONSUMER, c->page->slot, c->next);
}

/* For a record of that length. */
static int arm_producer(const struct producer *p, size_t len)
{
	__u64 end = ipcx_ring_add(ring_end(p->ring), ipcx_ring_record_size(len));

	return arm_role(p->ring->fd, IPCX_RING_PRODUCER, p->page->slot, end);
}

/* How often it was signalled since the last look; waits for the first time. */
static long long signals_of(int event, int ms)
{
	struct pollfd p = { .fd = event, .events = POLLIN };
	uint64_t n;

	if (poll(&p, 1, ms) != 1)
		return 0;
	return read(event, &n, sizeof(n)) == sizeof(n) ? (long long)n : -errno;
}

static void fill(env_t *env)
{
	while (put(&env->p, 1) == 0)
		;
}

/* ---- what signals ---- */

TEST_F(event, records)
{
	__u64 number;
	int i;

	ASSERT_EQ(0, set_consumer(&self->c, self->event));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(0, self->ring.info->data_waiters);
		EXPECT_EQ(-EINPROGRESS, arm_consumer(&self->c));
		EXPECT_EQ(1, self->ring.info->data_waiters);
		EXPECT_EQ(0, signals_of(self->event, 0));
		/* A bell without a record is no reason. */
		EXPECT_EQ(0, ring_wake(self->ring.fd, IPCX_RING_WAKE_DATA));
		EXPECT_EQ(0, signals_of(self->event, 0));
		ASSERT_EQ(0, put(&self->p, i));
		EXPECT_EQ(0, self->ring.info->data_waiters);
		/* Once. */
		ASSERT_EQ(0, put(&self->p, i));
		EXPECT_EQ(0, ring_wake(self->ring.fd, IPCX_RING_WAKE_DATA));
		EXPECT_EQ(1, signals_of(self->event, 0));
		/* There is something: nothing is armed. */
		EXPECT_EQ(0, arm_consumer(&self->c));
		EXPECT_EQ(0, self->ring.info->data_waiters);
		EXPECT_EQ(0, take(&self->c, &number));
		EXPECT_EQ(0, take(&self->c, &number));
		EXPECT_EQ(0, signals_of(self->event, 0));
	}
}

/* For as much room as was asked for, not the first byte of it. */
TEST_F(event, room)
{
	__u64 number;

	ASSERT_EQ(0, set_producer(&self->p, self->event));
	EXPECT_EQ(0, arm_producer(&self->p, 8));
	fill(self);
	EXPECT_EQ(-EINPROGRESS, arm_producer(&self->p, 40));
	EXPECT_EQ(1, self->ring.info->space_waiters);
	EXPECT_EQ(0, take(&self->c, &number));
	EXPECT_EQ(0, take(&self->c, &number));
	EXPECT_EQ(0, signals_of(self->event, 0));
	EXPECT_EQ(0, take(&self->c, &number));
	EXPECT_EQ(1, signals_of(self->event, 0));
	EXPECT_EQ(0, self->ring.info->space_waiters);
	EXPECT_EQ(0, arm_producer(&self->p, 40));
}

TEST_F(event, ends)
{
	int other = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	ASSERT_LE(0, other);
	ASSERT_EQ(0, set_consumer(&self->c, self->event));
	ASSERT_EQ(-EINPROGRESS, arm_consumer(&self->c));
	detach_producer(&self->p);
	EXPECT_EQ(1, signals_of(self->event, 0));
	EXPECT_EQ(0, arm_consumer(&self->c));
	ASSERT_EQ(0, attach_producer(&self->p, &self->ring));
	fill(self);
	ASSERT_EQ(0, set_producer(&self->p, other));
	ASSERT_EQ(-EINPROGRESS, arm_producer(&self->p, 8));
	detach_consumer(&self->c);
	self->c.page = NULL;
	EXPECT_EQ(1, signals_of(other, 0));
	EXPECT_EQ(0, signals_of(self->event, 0));
	close(other);
}

static int claim_and_pause(void *arg)
{
	int *fds = arg;
	struct producer p;
	struct ring r = { .fd = fds[0], .size = PAGE, .max_producers = 3, .max_consumers = 1 };

	MUST_BE(0, map_view(&r));
	MUST_BE(0, attach_producer(&p, &r));
	MUST_BE(0, reserve(&p, 8));
	MUST_BE(1, write(fds[1], "c", 1));
	pause();
	return 1;
}

/* What lies behind the record of a dead producer can be read then. */
TEST_F(event, repair)
{
	int pipefds[2], fds[2];
	__u64 number = 0;
	pid_t pid;
	char c;

	ASSERT_EQ(0, pipe(pipefds));
	fds[0] = self->ring.fd;
	fds[1] = pipefds[1];
	pid = spawn(claim_and_pause, fds);
	ASSERT_EQ(1, read(pipefds[0], &c, 1));
	ASSERT_EQ(0, put(&self->p, 7));
	ASSERT_EQ(0, set_consumer(&self->c, self->event));
	EXPECT_EQ(-EINPROGRESS, arm_consumer(&self->c));
	EXPECT_EQ(0, signals_of(self->event, 10));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(KILLED_BY(SIGKILL), reap(pid));
	EXPECT_EQ(1, signals_of(self->event, LONG_MS));
	EXPECT_EQ(0, take(&self->c, &number));
	EXPECT_EQ(7, number);
	close(pipefds[0]);
	close(pipefds[1]);
}

/* ---- whose it is, and for how long ---- */

TEST_F(event, replaced_and_removed)
{
	int other = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	__u64 number;

	ASSERT_LE(0, other);
	EXPECT_EQ(-ENOENT, arm_consumer(&self->c));
	EXPECT_EQ(0, set_consumer(&self->c, -1));
	ASSERT_EQ(0, set_consumer(&self->c, self->event));
	ASSERT_EQ(-EINPROGRESS, arm_consumer(&self->c));
	/* What was armed goes with it. */
	ASSERT_EQ(0, set_consumer(&self->c, other));
	EXPECT_EQ(0, self->ring.info->data_waiters);
	ASSERT_EQ(0, put(&self->p, 1));
	EXPECT_EQ(0, signals_of(self->event, 0));
	EXPECT_EQ(0, signals_of(other, 0));
	ASSERT_EQ(0, take(&self->c, &number));
	ASSERT_EQ(-EINPROGRESS, arm_consumer(&self->c));
	ASSERT_EQ(0, put(&self->p, 1));
	EXPECT_EQ(1, signals_of(other, 0));
	EXPECT_EQ(0, signals_of(self->event, 0));
	ASSERT_EQ(0, take(&self->c, &number));
	ASSERT_EQ(-EINPROGRESS, arm_consumer(&self->c));
	ASSERT_EQ(0, set_consumer(&self->c, -1));
	EXPECT_EQ(0, self->ring.info->data_waiters);
	EXPECT_EQ(-ENOENT, arm_consumer(&self->c));
	ASSERT_EQ(0, put(&self->p, 1));
	EXPECT_EQ(0, signals_of(other, 0));
	close(other);
}

/* Armed again before it was signalled: the later index counts. */
TEST_F(event, armed_again)
{
	__u64 beyond = ipcx_ring_add(self->c.next, 16);

	ASSERT_EQ(0, set_consumer(&self->c, self->event));
	ASSERT_EQ(-EINPROGRESS, arm_consumer(&self->c));
	ASSERT_EQ(-EINPROGRESS, arm_consumer(&self->c));
	EXPECT_EQ(1, self->ring.info->data_waiters);
	ASSERT_EQ(0, put(&self->p, 1));
	EXPECT_EQ(1, signals_of(self->event, 0));
	ASSERT_EQ(-EINPROGRESS, arm_role(self->ring.fd, IPCX_RING_CONSUMER, 0, beyond));
	EXPECT_EQ(0, ring_wake(self->ring.fd, IPCX_RING_WAKE_DATA));
	EXPECT_EQ(0, signals_of(self->event, 0));
	ASSERT_EQ(0, put(&self->p, 2));
	EXPECT_EQ(1, signals_of(self->event, 0));
}

/* What there is nothing to wait for takes the place of the wait before. */
TEST_F(event, not_armed_any_more)
{
	ASSERT_EQ(0, set_producer(&self->p, self->event));
	ASSERT_EQ(0, put(&self->p, 1));
	ASSERT_EQ(-EINPROGRESS, arm_producer(&self->p, ipcx_ring_len_max(PAGE)));
	EXPECT_EQ(1, self->ring.info->space_waiters);
	EXPECT_EQ(0, arm_producer(&self->p, 8));
	EXPECT_EQ(0, self->ring.info->space_waiters);
	EXPECT_EQ(0, signals_of(self->event, 0));
}

/* It is kept without its fd, and let go with the role, which tells as it goes. */
TEST_F(event, role_ends)
{
	int copy = dup(self->event);

	ASSERT_LE(0, copy);
	ASSERT_EQ(0, set_consumer(&self->c, copy));
	close(copy);
	ASSERT_EQ(-EINPROGRESS, arm_consumer(&self->c));
	detach_consumer(&self->c);
	EXPECT_EQ(1, signals_of(self->event, 0));
	EXPECT_EQ(0, self->ring.info->data_waiters);
	/* Who comes after it has none. */
	ASSERT_EQ(0, attach_consumer(&self->c, &self->ring));
	EXPECT_EQ(-ENOENT, arm_consumer(&self->c));
	ASSERT_EQ(0, put(&self->p, 1));
	EXPECT_EQ(0, signals_of(self->event, 0));
}

static int not_mine(void *arg)
{
	env_t *env = arg;

	MUST_BE(-ENOTCONN, set_event(env->ring.fd, IPCX_RING_CONSUMER, 0, env->event));
	MUST_BE(-ENOTCONN, set_event(env->ring.fd, IPCX_RING_CONSUMER, 0, -1));
	MUST_BE(-ENOTCONN, arm_role(env->ring.fd, IPCX_RING_CONSUMER, 0, 0));
	return 0;
}

TEST_F(event, whose_role_it_is_not)
{
	ASSERT_EQ(0, set_consumer(&self->c, self->event));
	ASSERT_EQ(-EINPROGRESS, arm_consumer(&self->c));
	EXPECT_EQ(0, in_child(not_mine, self));
	EXPECT_EQ(-ENOTCONN, set_event(self->ring.fd, IPCX_RING_PRODUCER, 1, self->event));
	ASSERT_EQ(0, put(&self->p, 1));
	EXPECT_EQ(1, signals_of(self->event, 0));
}

TEST_F(event, no_eventfd)
{
	int pipefds[2];

	ASSERT_EQ(0, pipe(pipefds));
	ASSERT_EQ(0, set_consumer(&self->c, self->event));
	EXPECT_EQ(-EINVAL, set_consumer(&self->c, pipefds[0]));
	EXPECT_EQ(-EINVAL, set_consumer(&self->c, self->ring.fd));
	close(pipefds[0]);
	close(pipefds[1]);
	EXPECT_EQ(-EBADF, set_consumer(&self->c, pipefds[0]));
	EXPECT_EQ(-EBADF, set_consumer(&self->c, -2));
	/* The one before is there still. */
	ASSERT_EQ(-EINPROGRESS, arm_consumer(&self->c));
	ASSERT_EQ(0, put(&self->p, 1));
	EXPECT_EQ(1, signals_of(self->event, 0));
}

/* ---- several at once ---- */

#define CONSUMERS	40	/* more than are woken under one lock */

TEST(every_member_has_its_own)
{
	struct consumer c[CONSUMERS];
	struct producer p;
	struct ring r;
	int events[CONSUMERS], i;

	ASSERT_EQ(0, make_ring(&r, IPCX_RING_BROADCAST, 2, CONSUMERS));
	ASSERT_EQ(0, attach_producer(&p, &r));
	for (i = 0; i < CONSUMERS; i++) {
		ASSERT_EQ(0, attach_consumer(&c[i], &r));
		events[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		ASSERT_LE(0, events[i]);
		ASSERT_EQ(0, set_consumer(&c[i], events[i]));
		ASSERT_EQ(-EINPROGRESS, arm_consumer(&c[i]));
	}
	EXPECT_EQ(CONSUMERS, r.info->data_waiters);
	ASSERT_EQ(0, put(&p, 1));
	EXPECT_EQ(0, r.info->data_waiters);
	for (i = 0; i < CONSUMERS; i++) {
		EXPECT_EQ(1, signals_of(events[i], 0));
		close(events[i]);
		detach_consumer(&c[i]);
	}
	detach_producer(&p);
	close_ring(&r);
}

/* ---- arming against a change at the same moment ---- */

struct reader {
	struct ring ring;
	int event;
	long count;
};

static int arm_and_take(void *arg)
{
	struct reader *reader = arg;
	__u64 number = 0, expected = 0;
	struct consumer c;

	MUST_BE(0, map_view(&reader->ring));
	MUST_BE(0, attach_consumer(&c, &reader->ring));
	MUST_BE(0, set_consumer(&c, reader->event));
	while (expected < (__u64)reader->count) {
		int ret = arm_consumer(&c);

		MUST(ret == 0 || ret == -EINPROGRESS);
		if (ret)
			MUST_BE(1, signals_of(reader->event, LONG_MS));
		while (take(&c, &number) == 0)
			MUST_BE((long long)expected++, number);
	}
	return 0;
}

/* A signal that is lost leaves both sides waiting. */
TEST_F(event, no_lost_signals)
{
	struct reader reader = {
		self->ring, eventfd(0, EFD_CLOEXEC), scaled_to_kernel(20000, 500000)
	};
	pid_t pid;
	long i;

	ASSERT_LE(0, reader.event);
	detach_consumer(&self->c);
	self->c.page = NULL;
	pid = spawn(arm_and_take, &reader);
	while (!load(&self->ring.info->consumers))
		sched_yield();
	ASSERT_EQ(0, set_producer(&self->p, self->event));
	for (i = 0; i < reader.count; i++) {
		int ret;

		while ((ret = put(&self->p, i)) == -EAGAIN) {
			ret = arm_producer(&self->p, 8);
			if (ret == -EINPROGRESS && signals_of(self->event, LONG_MS) == 1)
				ret = 0;
			ASSERT_EQ(0, ret);
		}
		ASSERT_EQ(0, ret);
		/* Now and then it has to be told of each one. */
		if (i % 64 < 8)
			sched_yield();
	}
	EXPECT_EQ(0, reap(pid));
	close(reader.event);
}

TEST_HARNESS_MAIN
