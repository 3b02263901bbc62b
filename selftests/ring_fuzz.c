// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Whatever members write into the pages that are theirs to write, the kernel goes on: it
 * waits, wakes, polls, tells its state, repairs what is left of the killed, and lets others
 * come and go, while several processes write garbage and half-truths there.
 */
#include "fuzz.h"
#include "ring.h"

#include <poll.h>

#define RINGS	4
#define ROLES	6

/* Of a mode each; the second one's data is more than a page. */
static const struct ipcx_ring_attr attrs[RINGS] = {
	{ PAGE, IPCX_RING_SPSC, 1, 1 },
	{ 4 * PAGE, IPCX_RING_MPSC, 4, 1 },
	{ PAGE, IPCX_RING_BROADCAST, 3, 4 },
	{ 2UL << 20, IPCX_RING_MPSC, 2, 1, IPCX_RING_HUGE },
};

/* What a process has mapped. */
static struct role {
	char *at;
	size_t len;
	bool writable;
	int ring;
	__u32 role, slot;
} roles[ROLES];

static const int known[] = {
	EAGAIN, EINTR, EINVAL, ENOTCONN, EBUSY, ETIMEDOUT, EBADF, EPERM, E2BIG, ENOTTY, EFAULT,
	EACCES, ENOMEM, ENODEV, EOPNOTSUPP, EINPROGRESS, ENOENT, 0
};

static size_t len_of(int ring, __u64 where)
{
	const struct ipcx_ring_attr *a = &attrs[ring];

	if (where == IPCX_RING_MAP_VIEW)
		return (2 + a->max_producers + a->max_consumers) * PAGE + 2 * a->size;
	return where == IPCX_RING_MAP_PRODUCER ? 2 * PAGE + 2 * a->size : PAGE;
}

static int drop(struct role *role)
{
	if (role->at)
		munmap(role->at, role->len);
	role->at = NULL;
	return 0;
}

/* Some place of some ring, mostly as it can be mapped. */
static int come(struct worker *w)
{
	struct role *role = &roles[below(w, ROLES)];
	__u64 where = (one_in(w, 30) ? odd_number(w) % 8 : below(w, 4)) << 40;
	int ring = below(w, RINGS), ret, fd = one_in(w, 50) ? some_fd(w) : w->fds[ring];

	drop(role);
	role->ring = ring;
	role->len = one_in(w, 30) ? (1 + below(w, 60)) * PAGE : len_of(ring, where);
	role->writable = where != IPCX_RING_MAP_VIEW;
	role->role = where == IPCX_RING_MAP_PRODUCER ? IPCX_RING_PRODUCER : IPCX_RING_CONSUMER;
	ret = map_place(fd, where, role->len,
			role->writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED,
			&role->at);
	if (ret) {
		role->at = NULL;
		return ret;
	}
	if (role->writable)
		memcpy(&role->slot, role->at, sizeof(role->slot));
	return 0;
}

/* An index that is near the truth, or not at all. */
static __u64 some_index(struct worker *w, __u64 near)
{
	__u64 index = ipcx_ring_index(near);

	switch (below(w, 8)) {
	case 0:
		return odd_number(w);
	case 1:
		return rnd(&w->state);
	case 2:
		return index + (1ULL << 63) - below(w, 1024);
	case 3:
		return near ^ 1ULL << below(w, 64);
	case 4:
		return ipcx_ring_add(index, -(8 * below(w, 2 * PAGE / 8)));
	default:
		return ipcx_ring_add(index, 8 * below(w, 2 * PAGE / 8));
	}
}

static void put_word(char *at, __u64 word)
{
	__atomic_store_n((__u64 *)at, word, __ATOMIC_RELEASE);
}

static __u64 get_word(const char *at)
{
	return __atomic_load_n((const __u64 *)at, __ATOMIC_ACQUIRE);
}

/* The words that mean something. */
static void lie_as_producer(struct worker *w, struct role *role)
{
	char *shared = role->at + PAGE;
	__u64 claim = get_word(shared + offsetof(struct ipcx_ring_shared, claim));

	switch (below(w, 6)) {
	case 0:
		put_word(shared + offsetof(struct ipcx_ring_shared, tail), some_index(w, claim));
		break;
	case 1:
		put_word(shared + offsetof(struct ipcx_ring_shared, claim),
			 some_index(w, claim) | below(w, 64));
		break;
	case 2:
		put_word(shared + offsetof(struct ipcx_ring_shared, confirmed) + 8 * below(w, 64),
			 some_index(w, claim));
		break;
	case 3:
		put_word(role->at + offsetof(struct ipcx_ring_producer, announce),
			 some_index(w, claim) | below(w, 2));
		break;
	case 4:
		put_word(role->at + offsetof(struct ipcx_ring_producer, end),
			 some_index(w, claim));
		break;
	default:
		put_word(role->at + below(w, 2) * PAGE + 8 * below(w, PAGE / 8), odd_number(w));
	}
}

/* A claim as it has to be, and nothing after it: what the kernel repairs. */
static void claim_and_leave(struct worker *w, struct role *role)
{
	char *shared = role->at + PAGE;
	__u64 start = ipcx_ring_index(get_word(shared + offsetof(struct ipcx_ring_shared,
								 claim)));
	__u64 end = ipcx_ring_add(start, 8 * below(w, PAGE / 8 + 2));

	put_word(role->at + offsetof(struct ipcx_ring_producer, end), end);
	put_word(role->at + offsetof(struct ipcx_ring_producer, announce),
		 start | IPCX_RING_ANNOUNCED);
	put_word(shared + offsetof(struct ipcx_ring_shared, claim), end | role->slot);
}

static int lie(struct worker *w)
{
	struct role *role = &roles[below(w, ROLES)];

	if (!role->at || !role->writable)
		return 0;
	if (role->role == IPCX_RING_CONSUMER) {
		char *head = role->at + offsetof(struct ipcx_ring_consumer, head);

		put_word(one_in(w, 3) ? role->at + 8 * below(w, PAGE / 8) : head,
			 some_index(w, get_word(head)));
	} else if (one_in(w, 6)) {
		claim_and_leave(w, role);
	} else if (one_in(w, 6)) {
		put_word(role->at + 2 * PAGE + 8 * below(w, 2 * PAGE / 8), rnd(&w->state));
	} else {
		lie_as_producer(w, role);
	}
	return 0;
}

/* Does what a member does, in its own pages. */
static int wait_a_little(struct worker *w)
{
	struct role *role = &roles[below(w, ROLES)];
	struct ipcx_ring_wait wait = make_wait(role->role, role->slot, 0);
	__u64 near = 0;

	if (role->at && role->role == IPCX_RING_PRODUCER)
		near = get_word(role->at + PAGE + offsetof(struct ipcx_ring_shared, claim));
	else if (role->at)
		near = get_word(role->at + offsetof(struct ipcx_ring_consumer, head));
	wait.index = ipcx_ring_index(some_index(w, near));
	wait.flags = one_in(w, 3) ? IPCX_RING_WAIT_EVENTFD : IPCX_XFER_NONBLOCK;
	if (one_in(w, 2)) {
		wait.flags = IPCX_XFER_DEADLINE;
		wait.clock = CLOCK_MONOTONIC;
		wait.deadline_ns = now_ns(CLOCK_MONOTONIC) + below(w, NSEC_PER_MSEC);
	}
	if (one_in(w, 40))
		spoil(w, &wait, sizeof(wait), SIZE_MAX - 4);
	/* Neither for ever nor for a year. */
	if (!(wait.flags & (IPCX_XFER_NONBLOCK | IPCX_RING_WAIT_EVENTFD)) &&
	    wait.deadline_ns > now_ns(CLOCK_MONOTONIC) + NSEC_PER_SEC)
		return 0;
	return call(w, w->fds[role->ring], IPCX_RING_WAIT, &wait);
}

static int ring_bell(struct worker *w)
{
	struct ipcx_ring_wake wake = { .flags = 1 + below(w, 3) };

	if (one_in(w, 40))
		spoil(w, &wake, sizeof(wake), SIZE_MAX - 4);
	return call(w, w->fds[below(w, RINGS)], IPCX_RING_WAKE, &wake);
}

static int give_event(struct worker *w)
{
	struct role *role = &roles[below(w, ROLES)];
	struct ipcx_ring_eventfd req = {
		.role = role->role, .slot = role->slot,
		.fd = one_in(w, 4) ? -1 : one_in(w, 20) ? some_fd(w) : w->event,
	};

	if (one_in(w, 40))
		spoil(w, &req, sizeof(req), SIZE_MAX - 4);
	return call(w, w->fds[role->ring], IPCX_RING_EVENTFD, &req);
}

static int look_around(struct worker *w)
{
	struct pollfd fds[RINGS];
	struct ipcx_stat stat[2];
	int i;

	if (one_in(w, 3))
		return call(w, some_fd(w), IPCX_STAT, stat);
	for (i = 0; i < RINGS; i++)
		fds[i] = (struct pollfd){ w->fds[i], below(w, 1 << 14), 0 };
	return poll(fds, RINGS, below(w, 2)) < 0 ? -errno : 0;
}

/* Some single pages, or huge ones, are there. */
static void touch_somewhere(struct worker *w, struct role *role)
{
	int i;

	for (i = below(w, 4); i; i--)
		get_word(role->at + below(w, role->len / 8) * 8);
}

/* Moved, protected, forked, and tried to be cut: it is one mapping, or none. */
static int handle(struct worker *w)
{
	struct role *role = &roles[below(w, ROLES)];
	void *there;

	if (!role->at)
		return 0;
	switch (below(w, 4)) {
	case 0:
		touch_somewhere(w, role);
		there = mmap(NULL, role->len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		there = mremap(role->at, role->len, role->len, MREMAP_MAYMOVE | MREMAP_FIXED,
			       there);
		if (there != MAP_FAILED)
			role->at = there;
		return 0;
	case 1:
		mprotect(role->at, role->len, PROT_READ);
		mprotect(role->at, role->len,
			 role->writable ? PROT_READ | PROT_WRITE : PROT_READ);
		return 0;
	case 2:
		return munmap(role->at, PAGE / 2) < 0 ? -errno :
		       role->len > PAGE ? -EIO : (role->at = NULL, 0);
	default:
		return madvise(role->at, role->len, below(w, 26)) < 0 ? -errno : 0;
	}
}

static int lie_and_be_killed(void *arg)
{
	struct worker *w = arg;
	int i;

	memset(roles, 0, sizeof(roles));
	for (i = 0; i < 60; i++) {
		if (i < 4)
			come(w);
		else
			lie(w);
	}
	kill(getpid(), SIGKILL);
	return 1;
}

static int die(struct worker *w)
{
	pid_t pid;

	w->state++;
	pid = spawn(lie_and_be_killed, w);
	return reap(pid) == KILLED_BY(SIGKILL) ? 0 : -EIO;
}

static int one_round(struct worker *w)
{
	if (one_in(w, 300))
		return die(w);
	switch (below(w, 16)) {
	case 0:
		return come(w);
	case 1:
		return one_in(w, 3) ? drop(&roles[below(w, ROLES)]) : handle(w);
	case 2:
		return give_event(w);
	case 3:
		return ring_bell(w);
	case 4:
	case 5:
		return look_around(w);
	case 6:
	case 7:
	case 8:
		return wait_a_little(w);
	default:
		return lie(w);
	}
}

/* A ring that nobody has spoiled does what it always did. */
static int use_afresh(void)
{
	struct producer p;
	struct consumer c;
	__u64 number = 0;
	struct ring r;

	MUST_BE(0, make_ring(&r, IPCX_RING_MPSC, 2, 1));
	MUST_BE(0, attach_producer(&p, &r));
	MUST_BE(0, attach_consumer(&c, &r));
	MUST_BE(0, put(&p, 5));
	MUST_BE(0, wait_data(&c, 0));
	MUST_BE(0, take(&c, &number));
	MUST_BE(5, number);
	detach_consumer(&c);
	detach_producer(&p);
	close_ring(&r);
	return 0;
}

/* All slots are free again, and can be had. */
static void expect_free_slots(struct __test_metadata *_metadata, int fd, int ring)
{
	const struct ipcx_ring_attr *a = &attrs[ring];
	struct ring r = {
		.fd = fd, .size = a->size, .max_producers = a->max_producers,
		.max_consumers = a->max_consumers,
	};
	struct producer p[4];
	struct consumer c[4];
	__u32 i;

	ASSERT_EQ(0, map_view(&r));
	EXPECT_EQ(0, r.info->producers);
	EXPECT_EQ(0, r.info->consumers);
	EXPECT_EQ(a->size, r.info->size);
	EXPECT_EQ(a->mode, r.info->mode);
	for (i = 0; i < a->max_producers; i++)
		EXPECT_EQ(0, attach_producer(&p[i], &r));
	for (i = 0; i < a->max_consumers; i++)
		EXPECT_EQ(0, attach_consumer(&c[i], &r));
	for (i = 0; i < a->max_producers; i++)
		detach_producer(&p[i]);
	for (i = 0; i < a->max_consumers; i++)
		detach_consumer(&c[i]);
	munmap(r.view, view_len(&r));
}

TEST(fuzz)
{
	struct worker w = {
		.one_round = one_round, .known = known, .nfds = RINGS,
		.rounds = scaled_to_kernel(60000, 1000000),
	};
	int i;

	ASSERT_EQ(0, set_up_worker(&w));
	for (i = 0; i < RINGS; i++) {
		w.fds[i] = new_ring(&attrs[i]);
		ASSERT_LE(0, w.fds[i]);
	}
	EXPECT_EQ(0, run_workers(&w, test_seed()));
	for (i = 0; i < RINGS; i++) {
		expect_free_slots(_metadata, w.fds[i], i);
		close(w.fds[i]);
	}
	EXPECT_EQ(0, use_afresh());
	close(w.event);
	close(w.control);
}

TEST_HARNESS_MAIN
