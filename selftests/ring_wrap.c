// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Indexes that go over 2^64, which takes too long to wait for: rings that begin close before
 * it. Records, waits, the state and the repair of a record that lies across.
 */
#include "ring.h"

#include <poll.h>

/* A failure, and no test that hangs. */
#define LONG_MS		(5000LL * timeout_factor())

#define START		ipcx_ring_add(0, -(__u64)PAGE / 2)

FIXTURE(wrap)
{
	struct ring ring;
	struct producer p;
	struct consumer c;
};

typedef FIXTURE_DATA(wrap) env_t;

FIXTURE_VARIANT(wrap)
{
	__u32 mode, producers, consumers;
};

FIXTURE_VARIANT_ADD(wrap, spsc) { IPCX_RING_SPSC, 1, 1 };
FIXTURE_VARIANT_ADD(wrap, mpsc) { IPCX_RING_MPSC, 3, 1 };
FIXTURE_VARIANT_ADD(wrap, broadcast) { IPCX_RING_BROADCAST, 1, 2 };
FIXTURE_VARIANT_ADD(wrap, broadcast_many) { IPCX_RING_BROADCAST, 3, 2 };

/* As after so many bytes: the words are the members' to write. */
static void begin_at(env_t *env, __u64 index)
{
	int i;

	store(&env->p.shared->tail, index);
	for (i = 0; i < IPCX_RING_SLOTS_MAX; i++)
		store(&env->p.shared->confirmed[i], index);
	store(&env->p.page->announce, index);
	store(&env->p.shared->claim, index);
	store(&env->c.page->head, index);
	store(&env->c.page->next, index);
	env->c.next = index;
}

FIXTURE_SETUP(wrap)
{
	ASSERT_EQ(0, make_ring(&self->ring, variant->mode, variant->producers,
			       variant->consumers));
	ASSERT_EQ(0, attach_producer(&self->p, &self->ring));
	ASSERT_EQ(0, attach_consumer(&self->c, &self->ring));
	begin_at(self, START);
}

FIXTURE_TEARDOWN(wrap)
{
	/* It was crossed. */
	EXPECT_GT(1ULL << 32, ring_end(&self->ring));
	EXPECT_EQ(self->c.next, ring_end(&self->ring));
	detach_consumer(&self->c);
	detach_producer(&self->p);
	close_ring(&self->ring);
}

static __u64 bytes_in(const struct ring *r)
{
	struct ipcx_stat stat;

	return get_stat(r->fd, &stat) ? ~0ULL : stat.bytes;
}

static int events_of(const struct ring *r)
{
	struct pollfd p = { .fd = r->fd, .events = POLLIN | POLLOUT };

	return poll(&p, 1, 0) < 0 ? -errno : p.revents;
}

/* Full and empty, again and again, with the edge at each place of a record once. */
TEST_F(wrap, state)
{
	__u64 number, n;
	int off;

	for (off = 8; off <= 64; off += 8) {
		begin_at(self, ipcx_ring_add(0, -(__u64)(PAGE / 2 + off)));
		EXPECT_EQ(POLLOUT, events_of(&self->ring));
		for (n = 0; put(&self->p, n) == 0; n++)
			EXPECT_EQ(16 * (n + 1), bytes_in(&self->ring));
		EXPECT_EQ(PAGE / 16, n);
		EXPECT_EQ(POLLIN, events_of(&self->ring));
		EXPECT_EQ(-ETIMEDOUT, wait_space(&self->p, 8, 1));
		EXPECT_EQ(0, wait_data(&self->c, 1));
		for (n = 0; take(&self->c, &number) == 0; n++) {
			EXPECT_EQ(n, number);
			EXPECT_EQ(0, wait_space(&self->p, 8, 1));
		}
		EXPECT_EQ(PAGE / 16, n);
		EXPECT_EQ(0, bytes_in(&self->ring));
		EXPECT_EQ(-ETIMEDOUT, wait_data(&self->c, 1));
	}
}

struct maker {
	struct ring ring;
	__u64 count;
};

static int make_numbers(void *arg)
{
	struct maker *m = arg;
	struct producer p;
	__u64 i;

	MUST_BE(0, map_view(&m->ring));
	MUST_BE(0, attach_producer(&p, &m->ring));
	for (i = 0; i < m->count; i++)
		MUST_BE(0, put_waiting(&p, i, LONG_MS));
	return 0;
}

/* Two processes that sleep and wake each other over it. */
TEST_F(wrap, two_processes)
{
	struct maker m = { self->ring, 4 * PAGE / 16 };
	__u64 number = 0, i;
	pid_t pid;

	if (variant->producers == 1)
		detach_producer(&self->p);
	pid = spawn(make_numbers, &m);
	while (!load(&self->ring.info->producers))
		sched_yield();
	for (i = 0; i < m.count; i++) {
		ASSERT_EQ(0, take_waiting(&self->c, &number, LONG_MS));
		ASSERT_EQ(i, number);
	}
	EXPECT_EQ(0, reap(pid));
	if (variant->producers == 1)
		ASSERT_EQ(0, attach_producer(&self->p, &self->ring));
}

/* Who comes finds its place beyond it. */
TEST_F(wrap, another_consumer)
{
	struct consumer c;
	__u64 number = 0, i;

	for (i = 0; i < PAGE / 32 + 10; i++) {
		ASSERT_EQ(0, put(&self->p, i));
		if (i < PAGE / 32)
			ASSERT_EQ(0, take(&self->c, &number));
	}
	if (self->ring.max_consumers > 1) {
		ASSERT_EQ(0, attach_consumer(&c, &self->ring));
		EXPECT_EQ(ring_end(&self->ring), c.next);
		detach_consumer(&c);
	} else {
		detach_consumer(&self->c);
		ASSERT_EQ(0, attach_consumer(&self->c, &self->ring));
	}
	for (i = PAGE / 32; i < PAGE / 32 + 10; i++) {
		ASSERT_EQ(0, take(&self->c, &number));
		EXPECT_EQ(i, number);
	}
}

static int claim_and_die(void *arg)
{
	struct ring r = *(struct ring *)arg;
	struct producer p;

	MUST_BE(0, map_view(&r));
	MUST_BE(0, attach_producer(&p, &r));
	MUST_BE(0, reserve(&p, PAGE - 8));
	kill(getpid(), SIGKILL);
	return 1;
}

/* Of the record that lies across, and was begun by one who died. */
TEST_F(wrap, repair)
{
	__u64 header = 0;

	if (variant->producers == 1) {
		begin_at(self, 0);
		return;
	}
	EXPECT_EQ(KILLED_BY(SIGKILL), in_child(claim_and_die, &self->ring));
	ASSERT_EQ(0, peek_header(&self->c, &header));
	EXPECT_EQ(PAGE - 8, ipcx_ring_header_len(header));
	EXPECT_NE(0, header & IPCX_RING_DISCARD);
	EXPECT_EQ(PAGE, bytes_in(&self->ring));
	skip(&self->c, header);
	EXPECT_EQ(0, release(&self->c));
}

TEST_HARNESS_MAIN
