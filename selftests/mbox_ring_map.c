// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Mailboxes with a ring: who may map what of it, what the owner can do to others by what it
 * writes there (nothing), and what comes after the mapping, the owner or the mailbox.
 */
#include "mbox_ring.h"

#include <poll.h>
#include <sys/syscall.h>

#define SIZE		(2 * PAGE)
#define WRITABLE	(PROT_READ | PROT_WRITE)

FIXTURE(map)
{
	struct inbox in;
};

FIXTURE_SETUP(map)
{
	ASSERT_EQ(0, new_inbox(&self->in, SIZE));
}

FIXTURE_TEARDOWN(map)
{
	close_inbox(&self->in);
}

typedef FIXTURE_DATA(map) env_t;

/* ---- what can be mapped ---- */

static int map_at(int fd, __u64 where, size_t len, int prot)
{
	return map_place(fd, where, len, prot, MAP_SHARED, NULL);
}

TEST_F(map, places)
{
	const struct inbox *in = &self->in;
	const size_t control = control_len(&in->ring), view = view_len(&in->ring);

	EXPECT_EQ(0, map_at(in->fd, IPCX_RING_MAP_VIEW, view, PROT_READ));
	EXPECT_EQ(0, map_at(in->fd, IPCX_RING_MAP_VIEW, control, PROT_READ));
	EXPECT_EQ(0, map_at(in->fd, IPCX_RING_MAP_VIEW, PAGE, PROT_READ));
	EXPECT_EQ(-EINVAL, map_at(in->fd, IPCX_RING_MAP_VIEW, view + PAGE, PROT_READ));
	EXPECT_EQ(-EPERM, map_at(in->fd, IPCX_RING_MAP_VIEW, view, WRITABLE));
	EXPECT_EQ(-EPERM, map_at(in->fd, IPCX_RING_MAP_VIEW, PAGE, PROT_READ | PROT_EXEC));
	/* One reads; and who writes is the kernel. */
	EXPECT_EQ(-EBUSY, map_at(in->fd, IPCX_RING_MAP_CONSUMER, PAGE, WRITABLE));
	EXPECT_EQ(-EBADF, map_at(in->fd, IPCX_RING_MAP_PRODUCER,
				 producer_len(&in->ring), WRITABLE));
	EXPECT_EQ(-EINVAL, map_at(in->fd, IPCX_RING_MAP_OVERRUN, PAGE, WRITABLE));
	EXPECT_EQ(-EINVAL, map_place(in->fd, IPCX_RING_MAP_VIEW, view, PROT_READ, MAP_PRIVATE,
				     NULL));
}

/* Not the right to send, nor to subscribe. */
TEST_F(map, needs_the_right_to_receive)
{
	const struct inbox *in = &self->in;

	EXPECT_EQ(-EBADF, map_at(in->to, IPCX_RING_MAP_VIEW, PAGE, PROT_READ));
	EXPECT_EQ(-EBADF, map_at(in->to, IPCX_RING_MAP_VIEW, view_len(&in->ring),
				 PROT_READ));
	EXPECT_EQ(-EBADF, map_at(in->to, IPCX_RING_MAP_CONSUMER, PAGE, WRITABLE));
	EXPECT_EQ(-EBADF, map_at(in->to, IPCX_RING_MAP_PRODUCER,
				 producer_len(&in->ring), WRITABLE));
	EXPECT_EQ(-EBADF, ring_wait(in->to, IPCX_RING_CONSUMER, 0, in->c.next, 1));
	EXPECT_EQ(-EBADF, ring_wake(in->to, IPCX_RING_WAKE_SPACE));
	/* Nor does the owner produce. */
	EXPECT_EQ(-EBADF, ring_wake(in->fd, IPCX_RING_WAKE_DATA));
	EXPECT_EQ(-ENOTCONN, ring_wait(in->fd, IPCX_RING_PRODUCER, 0, 0, 1));
}

TEST_F(map, stays_read_only)
{
	struct inbox *in = &self->in;

	EXPECT_EQ(-1, mprotect(in->ring.view, view_len(&in->ring), WRITABLE));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, mprotect(in->c.page, PAGE, WRITABLE | PROT_EXEC));
	EXPECT_EQ(-1, munmap(in->ring.data + SIZE, PAGE));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, mremap(in->c.page, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
}

/* ---- what the owner writes ---- */

/* Nonsense in @head makes no room; the truth does. */
TEST_F(map, owner_that_lies)
{
	struct inbox *in = &self->in;
	const int n = fill_up(in);
	const __u64 tail = load(&in->ring.shared->tail);
	const __u64 lies[] = {
		tail + 64, tail + 512, tail - SIZE * 8 - 64, tail + SIZE * 8, ~0ULL, 1ULL << 63,
		(1ULL << 63) + tail, -64ULL, tail + (1ULL << 40), tail + 1, 1, 63,
	};
	uint64_t state = test_seed();
	__u64 number = 0;
	size_t i;

	ASSERT_LT(0, n);
	for (i = 0; i < ARRAY_SIZE(lies); i++) {
		store(&in->c.page->head, lies[i]);
		EXPECT_EQ(-EAGAIN, try_post_number(in->to, 1));
		EXPECT_EQ(0, ring_wake(in->fd, IPCX_RING_WAKE_SPACE));
	}
	for (i = 0; i < (size_t)scaled(1000, 100000); i++) {
		__u64 lie = rnd(&state);

		/* Within the ring it is no lie. */
		if (ipcx_ring_distance(0, lie) >= 0 && ipcx_ring_distance(lie, tail) >= 0)
			continue;
		store(&in->c.page->head, lie);
		ASSERT_EQ(-EAGAIN, try_post_number(in->to, 1));
	}
	/* In the middle of a record: up to that record. */
	store(&in->c.page->head, 64 + 8 * ipcx_ring_record_size(RECORD_HEAD));
	store(&in->c.page->head, in->c.next);
	EXPECT_EQ(n, drain_delivered(in));
	EXPECT_EQ(1, post_number(in->to, 7));
	EXPECT_EQ(0, take_delivered(in, &number, NULL));
	EXPECT_EQ(7, number);
}

static int post_to_a_dead_end(void *arg)
{
	const struct inbox *in = arg;

	close(in->fd);
	MUST_BE(-EPIPE, post_number(in->to, 1));
	return 0;
}

/* What it says is not what counts for who comes after. */
TEST_F(map, lies_do_not_outlive_the_mapping)
{
	struct inbox *in = &self->in;
	const __u64 lies[] = { 64, 8 * 40, ~0ULL, 1ULL << 63, 0 };
	struct ipcx_stat stat;
	__u64 number;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lies); i++) {
		ASSERT_EQ(1, post_number(in->to, 1));
		ASSERT_EQ(1, post_number(in->to, 2));
		ASSERT_EQ(0, take_delivered(in, &number, NULL));
		/* What the kernel has seen released by then is released. */
		ASSERT_EQ(0, get_stat(in->fd, &stat));
		EXPECT_EQ(1, stat.ring_msgs);
		store(&in->c.page->head, in->c.page->head + lies[i]);
		detach_consumer(&in->c);
		ASSERT_EQ(0, attach_consumer(&in->c, &in->ring));
		ASSERT_EQ(0, take_delivered(in, &number, NULL));
		EXPECT_EQ(2, number);
		EXPECT_EQ(-EAGAIN, take_delivered(in, &number, NULL));
	}
}

TEST_F(map, liars_senders_are_freed_by_its_death)
{
	struct inbox *in = &self->in;
	pid_t pids[3];
	int i;

	ASSERT_LT(0, fill_up(in));
	store(&in->c.page->head, ~0ULL);
	for (i = 0; i < 3; i++)
		pids[i] = spawn(post_to_a_dead_end, in);
	ASSERT_EQ(0, wait_senders(in->fd, 3));
	close(in->fd);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, reap(pids[i]));
	in->fd = -1;
}

/* ---- ends ---- */

static int map_as_child(void *arg)
{
	struct inbox *in = arg;
	const struct ring inherited = in->ring;
	__u64 number = 0;

	/* It has nothing of its parent's mappings, and cannot be in its place. */
	MUST_BE(-1, madvise(inherited.view, PAGE, MADV_NORMAL));
	MUST_BE(ENOMEM, errno);
	MUST_BE(-EBUSY, map_inbox(in, SIZE));
	MUST_BE(-ENOTCONN, ring_wait(in->fd, IPCX_RING_CONSUMER, 0, 0, 1));
	return number;
}

static int read_on(void *arg)
{
	struct inbox *in = arg;
	__u64 number = 0;

	MUST_BE(0, map_inbox(in, SIZE));
	MUST_BE(0, take_delivered(in, &number, NULL));
	MUST_BE(2, number);
	/* Without releasing what comes next. */
	return 0;
}

/* Messages stay for who maps next: what was not released is read again. */
TEST_F(map, next_one_goes_on)
{
	struct inbox *in = &self->in;
	__u64 number = 0;
	int i;

	for (i = 1; i <= 3; i++)
		EXPECT_EQ(1, post_number(in->to, i));
	EXPECT_EQ(0, take_delivered(in, &number, NULL));
	EXPECT_EQ(0, in_child(map_as_child, in));
	detach_consumer(&in->c);
	/* There is nobody: messages come in all the same. */
	EXPECT_EQ(1, post_number(in->to, 4));
	EXPECT_EQ(0, in_child(read_on, in));
	ASSERT_EQ(0, attach_consumer(&in->c, &in->ring));
	EXPECT_EQ(0, take_delivered(in, &number, NULL));
	EXPECT_EQ(3, number);
	EXPECT_EQ(0, take_delivered(in, &number, NULL));
	EXPECT_EQ(4, number);
	EXPECT_EQ(-EAGAIN, take_delivered(in, &number, NULL));
}

/* When the mailbox dies what was delivered can be read, and the end is seen. */
TEST_F(map, death_of_the_mailbox)
{
	struct inbox *in = &self->in;
	__u64 number = 0;

	EXPECT_EQ(1, post_number(in->to, 1));
	EXPECT_EQ(1, post_number(in->to, 2));
	EXPECT_EQ(0, load(&in->ring.info->eof));
	EXPECT_EQ(1, load(&in->ring.info->producers));
	close(in->fd);
	in->fd = -1;
	EXPECT_EQ(1, load(&in->ring.info->eof));
	EXPECT_EQ(0, load(&in->ring.info->producers));
	EXPECT_EQ(-EPIPE, post_number(in->to, 3));
	EXPECT_EQ(0, take_delivered(in, &number, NULL));
	EXPECT_EQ(1, number);
	EXPECT_EQ(0, take_delivered(in, &number, NULL));
	EXPECT_EQ(2, number);
	EXPECT_EQ(-EAGAIN, take_delivered(in, &number, NULL));
}

static long long charged(void)
{
	struct ipcx_info info;
	int ret = get_info(&info);

	return ret ? ret : (long long)info.user_bytes;
}

/* A right to send keeps the mailbox's memory, not the ring's; a mapping keeps that. */
TEST(memory_goes_with_the_mailbox)
{
	const long long before = charged();
	struct ipcx_stat stat;
	struct inbox in;

	ASSERT_EQ(0, new_inbox(&in, 1 << 20));
	EXPECT_LT(before + (1 << 20), charged());
	close(in.fd);
	EXPECT_LT(before + (1 << 20), charged());
	detach_consumer(&in.c);
	EXPECT_LT(before + (1 << 20), charged());
	munmap(in.ring.view, view_len(&in.ring));
	EXPECT_GT(before + (1 << 20), charged());
	EXPECT_EQ(0, get_stat(in.to, &stat));
	EXPECT_EQ(IPCX_STAT_DEAD, stat.state & IPCX_STAT_DEAD);
	EXPECT_EQ(1 << 20, stat.ring_size);
	EXPECT_EQ(-EPIPE, post_number(in.to, 1));
	EXPECT_EQ(POLLHUP | POLLERR,
		  ({ struct pollfd p = { in.to, POLLOUT, 0 }; poll(&p, 1, 0); p.revents; }));
	close(in.to);
	EXPECT_EQ(before, charged());
}

TEST_F(map, no_unloading_under_a_mapping)
{
	struct inbox *in = &self->in;

	close(in->fd);
	close(in->to);
	in->fd = in->to = -1;
	munmap(in->ring.view, view_len(&in->ring));
	in->ring.view = NULL;
	EXPECT_EQ(-1, syscall(SYS_delete_module, "ipcx", O_NONBLOCK));
	EXPECT_EQ(EWOULDBLOCK, errno);
}

/* Around the ring again and again; each time one more than a record fits. */
TEST_F(map, many_times_around)
{
	struct inbox *in = &self->in;
	const long rounds = scaled_to_kernel(20000, 1000000);
	__u64 number = 0;
	long i;

	for (i = 0; i < rounds; i++) {
		ASSERT_EQ(1, try_post_number(in->to, i));
		ASSERT_EQ(0, take_delivered(in, &number, NULL));
		ASSERT_EQ(i, number);
	}
}

TEST_HARNESS_MAIN
