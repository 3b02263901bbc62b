// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * IPCX_RING_WAIT and IPCX_RING_WAKE: what ends a wait, whose wait it may be, and what the
 * other side is told meanwhile.
 */
#include "ring.h"
#include "mbox.h"

#include <pthread.h>

/* For what is to end at once or by somebody's doing: a failure, and no test that hangs. */
#define LONG_MS		(5000LL * timeout_factor())

FIXTURE(wait)
{
	struct ring ring;
	char name[UNIQUE_NAME_SIZE];
	struct producer p[2];
	struct consumer c;
};

typedef FIXTURE_DATA(wait) env_t;

FIXTURE_SETUP(wait)
{
	struct ipcx_ring_attr attr = {
		.size = PAGE, .mode = IPCX_RING_MPSC, .max_producers = 2,
	};
	int i;

	unique_name(self->name, "wait");
	self->ring = (struct ring){
		.fd = open_ring_attr(self->name, CREATE_RW, 0600, &attr), .size = PAGE,
		.max_producers = 2, .max_consumers = 1,
	};
	ASSERT_LE(0, self->ring.fd);
	ASSERT_EQ(0, map_view(&self->ring));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, attach_producer(&self->p[i], &self->ring));
	}
	ASSERT_EQ(0, attach_consumer(&self->c, &self->ring));
}

FIXTURE_TEARDOWN(wait)
{
	struct ipcx_stat stat;
	int i;

	/* Nobody is left who waits. */
	EXPECT_EQ(0, get_stat(self->ring.fd, &stat));
	EXPECT_EQ(0, stat.recv_waiters);
	EXPECT_EQ(0, stat.send_waiters);
	EXPECT_EQ(0, self->ring.info->data_waiters);
	EXPECT_EQ(0, self->ring.info->space_waiters);
	for (i = 0; i < 2; i++)
		if (self->p[i].page)
			detach_producer(&self->p[i]);
	if (self->c.page)
		detach_consumer(&self->c);
	EXPECT_EQ(0, unlink_name(self->name));
	close_ring(&self->ring);
}

/* ---- a thread that waits: a role is its process's ---- */

struct sleeper {
	pthread_t thread;
	int fd;
	struct ipcx_ring_wait wait;
	int ret;
};

static void *sleep_in_wait(void *arg)
{
	struct sleeper *s = arg;

	s->ret = op(s->fd, IPCX_RING_WAIT, &s->wait);
	return NULL;
}

/* Returns when @n of that side sleep. */
static int start(struct sleeper *s, int fd, __u32 role, __u32 slot, __u64 index, unsigned int n)
{
	*s = (struct sleeper){ .fd = fd, .wait = make_wait(role, slot, index), .ret = 1 };
	s->wait.flags = IPCX_XFER_DEADLINE;
	s->wait.clock = CLOCK_MONOTONIC;
	s->wait.deadline_ns = now_ns(CLOCK_MONOTONIC) + LONG_MS * NSEC_PER_MSEC;
	if (pthread_create(&s->thread, NULL, sleep_in_wait, s))
		return -EAGAIN;
	return role == IPCX_RING_CONSUMER ? wait_receivers(fd, n) : wait_senders(fd, n);
}

static int start_consumer(struct sleeper *s, env_t *env)
{
	return start(s, env->ring.fd, IPCX_RING_CONSUMER, 0, env->c.next, 1);
}

static int start_producer(struct sleeper *s, env_t *env, int i, size_t len, unsigned int n)
{
	__u64 end = ipcx_ring_add(ring_end(&env->ring), ipcx_ring_record_size(len));

	return start(s, env->ring.fd, IPCX_RING_PRODUCER, i, end, n);
}

static int finish(struct sleeper *s)
{
	pthread_join(s->thread, NULL);
	return s->ret;
}

/* No room for a single byte more. */
static void fill(env_t *env)
{
	__u64 n = 0;

	while (put(&env->p[0], n) == 0)
		n++;
}

static int drain_ring(env_t *env)
{
	__u64 number;
	int n = 0;

	while (take(&env->c, &number) == 0)
		n++;
	return n;
}

/* ---- what ends it ---- */

TEST_F(wait, already_true)
{
	__u64 number;

	EXPECT_EQ(0, wait_space(&self->p[0], PAGE - 8, LONG_MS));
	ASSERT_EQ(0, put(&self->p[0], 1));
	EXPECT_EQ(0, wait_data(&self->c, LONG_MS));
	EXPECT_EQ(0, wait_space(&self->p[1], PAGE - 24, LONG_MS));
	ASSERT_EQ(0, take(&self->c, &number));
}

/* Woken by the doorbell that the word asks for. */
TEST_F(wait, for_data)
{
	struct sleeper s;
	__u64 number = 0;
	int i;

	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, start_consumer(&s, self));
		EXPECT_EQ(1, self->ring.info->data_waiters);
		EXPECT_EQ(0, self->ring.info->space_waiters);
		ASSERT_EQ(0, put(&self->p[i % 2], i));
		EXPECT_EQ(0, finish(&s));
		EXPECT_EQ(0, self->ring.info->data_waiters);
		EXPECT_EQ(0, take(&self->c, &number));
		EXPECT_EQ(i, number);
	}
}

TEST_F(wait, for_space)
{
	struct sleeper s;
	__u64 number;
	int i;

	fill(self);
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, start_producer(&s, self, i % 2, 8, 1));
		EXPECT_EQ(1, self->ring.info->space_waiters);
		EXPECT_EQ(0, self->ring.info->data_waiters);
		ASSERT_EQ(0, take(&self->c, &number));
		EXPECT_EQ(0, finish(&s));
		EXPECT_EQ(0, self->ring.info->space_waiters);
		ASSERT_EQ(0, put(&self->p[1], i));
	}
	drain_ring(self);
}

/* Who rings for nothing wakes nobody. */
TEST_F(wait, not_true_yet)
{
	struct sleeper s;
	int i;

	ASSERT_EQ(0, start_consumer(&s, self));
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, ring_wake(self->ring.fd, IPCX_RING_WAKE_DATA | IPCX_RING_WAKE_SPACE));
		EXPECT_EQ(1, self->ring.info->data_waiters);
	}
	/* A record that is being made is none. */
	ASSERT_EQ(0, reserve(&self->p[0], 8));
	ASSERT_EQ(0, ring_wake(self->ring.fd, IPCX_RING_WAKE_DATA));
	EXPECT_EQ(1, self->ring.info->data_waiters);
	/* Nor is one that is committed behind it. */
	ASSERT_EQ(0, put(&self->p[1], 2));
	EXPECT_EQ(1, self->ring.info->data_waiters);
	EXPECT_EQ(1, s.ret);
	write_record(&self->p[0], "12345678", 8);
	ASSERT_EQ(0, commit(&self->p[0]));
	EXPECT_EQ(0, finish(&s));
	EXPECT_EQ(2, drain_ring(self));
}

/* Of two that wait for room the one that has enough of it goes on. */
TEST_F(wait, only_whose_wait_is_true)
{
	struct sleeper s[2];
	__u64 number;

	fill(self);
	ASSERT_EQ(0, start_producer(&s[0], self, 0, 8, 1));
	ASSERT_EQ(0, start_producer(&s[1], self, 1, 100, 2));
	EXPECT_EQ(2, self->ring.info->space_waiters);
	ASSERT_EQ(0, take(&self->c, &number));
	EXPECT_EQ(0, finish(&s[0]));
	EXPECT_EQ(1, self->ring.info->space_waiters);
	EXPECT_EQ(1, s[1].ret);
	while (self->ring.info->space_waiters) {
		ASSERT_EQ(0, take(&self->c, &number));
	}
	EXPECT_EQ(0, finish(&s[1]));
	/* Seven records made it 112 bytes. */
	EXPECT_EQ(PAGE / 16 - 7, drain_ring(self));
}

/* The bell for the one side is none for the other. */
TEST_F(wait, the_other_sides_bell)
{
	struct sleeper s;

	ASSERT_EQ(0, start_consumer(&s, self));
	ASSERT_EQ(0, reserve(&self->p[0], 8));
	write_record(&self->p[0], "12345678", 8);
	publish(&self->p[0]);
	ASSERT_EQ(0, ring_wake(self->ring.fd, IPCX_RING_WAKE_SPACE));
	EXPECT_EQ(1, self->ring.info->data_waiters);
	ASSERT_EQ(0, ring_wake(self->ring.fd, IPCX_RING_WAKE_DATA));
	EXPECT_EQ(0, finish(&s));
	EXPECT_EQ(1, drain_ring(self));
}

TEST_F(wait, last_producer_gone)
{
	struct sleeper s;

	ASSERT_EQ(0, start_consumer(&s, self));
	detach_producer(&self->p[0]);
	EXPECT_EQ(1, self->ring.info->data_waiters);
	EXPECT_EQ(1, s.ret);
	detach_producer(&self->p[1]);
	EXPECT_EQ(0, finish(&s));
	EXPECT_EQ(1, self->ring.info->eof);
	/* And from now on at once, until another one comes. */
	EXPECT_EQ(0, wait_data(&self->c, LONG_MS));
	ASSERT_EQ(0, attach_producer(&self->p[0], &self->ring));
	EXPECT_EQ(0, self->ring.info->eof);
	EXPECT_EQ(-ETIMEDOUT, wait_data(&self->c, 10));
	self->p[1].page = NULL;
}

TEST_F(wait, last_consumer_gone)
{
	struct sleeper s[2];
	int i;

	fill(self);
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, start_producer(&s[i], self, i, 8, i + 1));
	}
	detach_consumer(&self->c);
	for (i = 0; i < 2; i++)
		EXPECT_EQ(0, finish(&s[i]));
	EXPECT_EQ(1, self->ring.info->broken);
	EXPECT_EQ(0, wait_space(&self->p[0], 8, LONG_MS));
	ASSERT_EQ(0, attach_consumer(&self->c, &self->ring));
	EXPECT_EQ(-ETIMEDOUT, wait_space(&self->p[0], 8, 10));
	drain_ring(self);
}

/* Its own role ends under it. */
TEST_F(wait, role_is_unmapped)
{
	struct sleeper s;

	ASSERT_EQ(0, start_consumer(&s, self));
	detach_consumer(&self->c);
	EXPECT_EQ(0, finish(&s));
	EXPECT_EQ(-ENOTCONN, ring_wait(self->ring.fd, IPCX_RING_CONSUMER, 0, 0, LONG_MS));
	ASSERT_EQ(0, attach_consumer(&self->c, &self->ring));
	fill(self);
	ASSERT_EQ(0, start_producer(&s, self, 1, 8, 1));
	detach_producer(&self->p[1]);
	EXPECT_EQ(0, finish(&s));
	EXPECT_EQ(-ENOTCONN, ring_wait(self->ring.fd, IPCX_RING_PRODUCER, 1, 0, LONG_MS));
	self->p[1].page = NULL;
	drain_ring(self);
}

TEST_F(wait, deadlines)
{
	static const clockid_t clocks[] = { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME };
	struct ipcx_ring_wait wait = make_wait(IPCX_RING_CONSUMER, 0, self->c.next);
	size_t i;

	wait.flags = IPCX_XFER_DEADLINE;
	for (i = 0; i < ARRAY_SIZE(clocks); i++) {
		wait.clock = clocks[i];
		wait.deadline_ns = now_ns(clocks[i]) + 30 * NSEC_PER_MSEC;
		EXPECT_EQ(-ETIMEDOUT, op(self->ring.fd, IPCX_RING_WAIT, &wait));
		EXPECT_LE(wait.deadline_ns, now_ns(clocks[i]));
		EXPECT_EQ(0, self->ring.info->data_waiters);
		/* Past, and long past. */
		EXPECT_EQ(-ETIMEDOUT, op(self->ring.fd, IPCX_RING_WAIT, &wait));
		wait.deadline_ns = 0;
		EXPECT_EQ(-ETIMEDOUT, op(self->ring.fd, IPCX_RING_WAIT, &wait));
	}
	/* What is so is so, also after the deadline. */
	ASSERT_EQ(0, put(&self->p[0], 1));
	EXPECT_EQ(0, op(self->ring.fd, IPCX_RING_WAIT, &wait));
	drain_ring(self);
}

TEST_F(wait, nonblock)
{
	struct ipcx_ring_wait data = make_wait(IPCX_RING_CONSUMER, 0, self->c.next);
	struct ipcx_ring_wait space = make_wait(IPCX_RING_PRODUCER, 0, 0);

	fill(self);
	space.index = ipcx_ring_add(ring_end(&self->ring), 16);
	data.index = ring_end(&self->ring);
	data.flags = IPCX_XFER_NONBLOCK;
	space.flags = IPCX_XFER_NONBLOCK;
	EXPECT_EQ(-EAGAIN, op(self->ring.fd, IPCX_RING_WAIT, &data));
	EXPECT_EQ(-EAGAIN, op(self->ring.fd, IPCX_RING_WAIT, &space));
	data.flags = 0;
	space.flags = 0;
	ASSERT_EQ(0, fcntl(self->ring.fd, F_SETFL, O_NONBLOCK));
	EXPECT_EQ(-EAGAIN, op(self->ring.fd, IPCX_RING_WAIT, &data));
	EXPECT_EQ(-EAGAIN, op(self->ring.fd, IPCX_RING_WAIT, &space));
	ASSERT_EQ(0, fcntl(self->ring.fd, F_SETFL, 0));
	drain_ring(self);
	space.flags = IPCX_XFER_NONBLOCK;
	EXPECT_EQ(0, op(self->ring.fd, IPCX_RING_WAIT, &space));
}

/* ---- signals ---- */

struct child {
	struct ring ring;
	int sa_flags;
	int ret;
};

static int wait_as_consumer(void *arg)
{
	struct child *child = arg;
	struct consumer c;

	MUST_BE(0, catch_signal(child->sa_flags));
	MUST_BE(0, map_view(&child->ring));
	MUST_BE(0, attach_consumer(&c, &child->ring));
	child->ret = wait_data(&c, LONG_MS);
	return 0;
}

TEST_F(wait, signals)
{
	struct child *child = shared_memory(sizeof(*child));
	pid_t pid;

	detach_consumer(&self->c);
	*child = (struct child){ .ring = self->ring, .ret = 1 };
	pid = spawn(wait_as_consumer, child);
	ASSERT_EQ(0, wait_receivers(self->ring.fd, 1));
	kill(pid, SIGUSR1);
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(-EINTR, child->ret);
	EXPECT_EQ(0, self->ring.info->data_waiters);

	*child = (struct child){ .ring = self->ring, .sa_flags = SA_RESTART, .ret = 1 };
	pid = spawn(wait_as_consumer, child);
	ASSERT_EQ(0, wait_receivers(self->ring.fd, 1));
	kill(pid, SIGUSR1);
	sleep_ms(20);
	ASSERT_EQ(0, wait_receivers(self->ring.fd, 1));
	EXPECT_EQ(1, child->ret);
	ASSERT_EQ(0, put(&self->p[0], 1));
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(0, child->ret);
	/* Killed, it waits no more either. */
	*child = (struct child){ .ring = self->ring };
	ASSERT_EQ(0, attach_consumer(&self->c, &self->ring));
	ASSERT_EQ(1, drain_ring(self));
	detach_consumer(&self->c);
	pid = spawn(wait_as_consumer, child);
	ASSERT_EQ(0, wait_receivers(self->ring.fd, 1));
	kill(pid, SIGKILL);
	EXPECT_EQ(KILLED_BY(SIGKILL), reap(pid));
	EXPECT_EQ(0, self->ring.info->data_waiters);
	munmap(child, sizeof(*child));
	self->c.page = NULL;
}

/* ---- whose ---- */

TEST_F(wait, one_thread_in_a_role)
{
	struct sleeper s[2];

	ASSERT_EQ(0, start_consumer(&s[0], self));
	EXPECT_EQ(-EBUSY, wait_data(&self->c, LONG_MS));
	EXPECT_EQ(-EBUSY, wait_data(&self->c, 10));
	EXPECT_EQ(1, self->ring.info->data_waiters);
	fill(self);
	EXPECT_EQ(0, finish(&s[0]));
	ASSERT_EQ(0, start_producer(&s[0], self, 0, 8, 1));
	EXPECT_EQ(-EBUSY, wait_space(&self->p[0], 8, LONG_MS));
	/* Another role is another one's. */
	ASSERT_EQ(0, start_producer(&s[1], self, 1, 8, 2));
	drain_ring(self);
	EXPECT_EQ(0, finish(&s[0]));
	EXPECT_EQ(0, finish(&s[1]));
}

static int wait_as_another(void *arg)
{
	const int *fd = arg;

	MUST_BE(-ENOTCONN, ring_wait(*fd, IPCX_RING_CONSUMER, 0, 0, LONG_MS));
	MUST_BE(-ENOTCONN, ring_wait(*fd, IPCX_RING_PRODUCER, 0, 0, LONG_MS));
	MUST_BE(-ENOTCONN, ring_wait(*fd, IPCX_RING_PRODUCER, 1, 0, LONG_MS));
	return 0;
}

TEST_F(wait, whose_role_it_is_not)
{
	int other = open_ring(self->name, RW, 0), same = dup(self->ring.fd);
	struct producer p = { 0 };

	ASSERT_LE(0, other);
	EXPECT_EQ(0, in_child(wait_as_another, &self->ring.fd));
	/* Through another open file description it is nobody's, through a dup it is. */
	EXPECT_EQ(0, wait_as_another(&other));
	EXPECT_EQ(0, ring_wait(same, IPCX_RING_PRODUCER, 0, 0, LONG_MS));
	EXPECT_EQ(0, ring_wait(same, IPCX_RING_PRODUCER, 1, 0, LONG_MS));
	detach_producer(&self->p[0]);
	EXPECT_EQ(-ENOTCONN, ring_wait(self->ring.fd, IPCX_RING_PRODUCER, 0, 0, LONG_MS));
	/* And the other way round. */
	EXPECT_EQ(0, map_place(other, IPCX_RING_MAP_PRODUCER, producer_len(&self->ring),
			       PROT_READ | PROT_WRITE, MAP_SHARED, &p.page));
	EXPECT_EQ(0, ring_wait(other, IPCX_RING_PRODUCER, 0, 0, LONG_MS));
	EXPECT_EQ(-ENOTCONN, ring_wait(self->ring.fd, IPCX_RING_PRODUCER, 0, 0, LONG_MS));
	munmap(p.page, producer_len(&self->ring));
	self->p[0].page = NULL;
	close(same);
	close(other);
}

/* ---- broadcasts ---- */

/* Each consumer waits for itself, and a holder alone holds producers up. */
TEST(consumers_of_a_broadcast)
{
	struct consumer c[3];
	struct sleeper s[3];
	struct producer p;
	struct ring r;
	__u64 number;
	int i;

	ASSERT_EQ(0, make_ring(&r, IPCX_RING_BROADCAST, 1, 3));
	ASSERT_EQ(0, attach_producer(&p, &r));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, attach_consumer_at(&c[i], &r, i ? IPCX_RING_MAP_CONSUMER :
							       IPCX_RING_MAP_OVERRUN));
		ASSERT_EQ(0, start(&s[i], r.fd, IPCX_RING_CONSUMER, i, c[i].next, i + 1));
	}
	EXPECT_EQ(3, r.info->data_waiters);
	ASSERT_EQ(0, put(&p, 1));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(0, finish(&s[i]));
		EXPECT_EQ(0, take(&c[i], &number));
	}
	while (put(&p, 1) == 0)
		;
	ASSERT_EQ(0, start(&s[0], r.fd, IPCX_RING_PRODUCER, 0, ipcx_ring_add(r.shared->tail, 16),
			   1));
	/* Two holders: one of them is not enough. */
	ASSERT_EQ(0, take(&c[1], &number));
	EXPECT_EQ(1, r.info->space_waiters);
	detach_consumer(&c[0]);
	EXPECT_EQ(1, r.info->space_waiters);
	detach_consumer(&c[2]);
	EXPECT_EQ(0, finish(&s[0]));
	detach_consumer(&c[1]);
	EXPECT_EQ(1, r.info->broken);
	detach_producer(&p);
	close_ring(&r);
}

/*
 * Nobody is there to hold a place: the oldest record that is still being made holds them up,
 * and its commit is what they wait for.
 */
TEST(producers_of_a_broadcast)
{
	struct producer p[2];
	struct consumer c;
	struct sleeper s;
	struct ring r;

	ASSERT_EQ(0, make_ring(&r, IPCX_RING_BROADCAST, 2, 2));
	ASSERT_EQ(0, attach_producer(&p[0], &r));
	ASSERT_EQ(0, attach_producer(&p[1], &r));
	/* One that is overrun: the ring is not broken. */
	ASSERT_EQ(0, attach_consumer_at(&c, &r, IPCX_RING_MAP_OVERRUN));
	ASSERT_EQ(0, reserve(&p[0], 8));
	ASSERT_EQ(0, put_bytes(&p[1], r.data, PAGE - 16 - 8));
	ASSERT_EQ(0, start(&s, r.fd, IPCX_RING_PRODUCER, 1,
			   ipcx_ring_add(ring_end(&r), 16), 1));
	EXPECT_EQ(1, r.info->space_waiters);
	EXPECT_LT(0, r.info->data_waiters);
	write_record(&p[0], "12345678", 8);
	ASSERT_EQ(0, commit(&p[0]));
	EXPECT_EQ(0, finish(&s));
	EXPECT_EQ(0, r.info->data_waiters);
	detach_consumer(&c);
	detach_producer(&p[0]);
	detach_producer(&p[1]);
	close_ring(&r);
}

/* The same, and it is killed instead. */
TEST(producer_of_a_broadcast_goes)
{
	struct producer p[2];
	struct consumer c;
	struct sleeper s;
	struct ring r;

	ASSERT_EQ(0, make_ring(&r, IPCX_RING_BROADCAST, 2, 2));
	ASSERT_EQ(0, attach_producer(&p[0], &r));
	ASSERT_EQ(0, attach_producer(&p[1], &r));
	ASSERT_EQ(0, attach_consumer_at(&c, &r, IPCX_RING_MAP_OVERRUN));
	ASSERT_EQ(0, reserve(&p[0], 8));
	ASSERT_EQ(0, put_bytes(&p[1], r.data, PAGE - 16 - 8));
	ASSERT_EQ(0, start(&s, r.fd, IPCX_RING_PRODUCER, 1,
			   ipcx_ring_add(ring_end(&r), 16), 1));
	detach_producer(&p[0]);
	EXPECT_EQ(0, finish(&s));
	detach_consumer(&c);
	detach_producer(&p[1]);
	close_ring(&r);
}

TEST_HARNESS_MAIN
