// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Members of a ring come and go: slots, what the info page says of them, where a consumer
 * begins, and what becomes of the record that a producer was killed over.
 */
#include "ring.h"

#include <sys/prctl.h>

/* ---- slots ---- */

static const struct sides {
	__u32 mode;
	unsigned int producers, consumers;
} sides[] = {
	{ IPCX_RING_SPSC, 1, 1 }, { IPCX_RING_MPSC, 1, 1 }, { IPCX_RING_MPSC, 5, 1 },
	{ IPCX_RING_MPSC, 64, 1 }, { IPCX_RING_BROADCAST, 1, 64 },
	{ IPCX_RING_BROADCAST, 64, 64 },
};

static __u64 mask_of(unsigned int n)
{
	return n == 64 ? ~0ULL : (1ULL << n) - 1;
}

/* All that there can be, each with a slot of its own, and the lowest free one comes next. */
TEST(producers)
{
	struct producer p[64], more;
	struct ring r;
	unsigned int i;
	size_t s;

	for (s = 0; s < ARRAY_SIZE(sides); s++) {
		unsigned int n = sides[s].producers;

		ASSERT_EQ(0, make_ring(&r, sides[s].mode, n, sides[s].consumers));
		for (i = 0; i < n; i++) {
			ASSERT_EQ(0, attach_producer(&p[i], &r));
			EXPECT_EQ(i, p[i].page->slot);
			EXPECT_EQ(mask_of(i + 1), r.info->producers);
		}
		EXPECT_EQ(-EBUSY, attach_producer(&more, &r));
		EXPECT_EQ(-EBUSY, attach_producer(&more, &r));
		detach_producer(&p[n / 2]);
		EXPECT_EQ(mask_of(n) & ~(1ULL << n / 2), r.info->producers);
		EXPECT_EQ(n == 1, r.info->eof);
		ASSERT_EQ(0, attach_producer(&p[n / 2], &r));
		EXPECT_EQ(n / 2, p[n / 2].page->slot);
		EXPECT_EQ(0, r.info->eof);
		for (i = 0; i < n; i++) {
			EXPECT_EQ(0, r.info->eof);
			detach_producer(&p[i]);
		}
		EXPECT_EQ(0, r.info->producers);
		EXPECT_EQ(1, r.info->eof);
		EXPECT_EQ(0, r.info->broken);
		close_ring(&r);
	}
}

TEST(consumers)
{
	struct consumer c[64], more;
	struct ring r;
	unsigned int i;
	size_t s;

	for (s = 0; s < ARRAY_SIZE(sides); s++) {
		bool broadcast = sides[s].mode == IPCX_RING_BROADCAST;
		unsigned int n = sides[s].consumers;

		ASSERT_EQ(0, make_ring(&r, sides[s].mode, sides[s].producers, n));
		for (i = 0; i < n; i++) {
			ASSERT_EQ(0, attach_consumer(&c[i], &r));
			EXPECT_EQ(i, c[i].page->slot);
			EXPECT_EQ(0, c[i].page->overrun);
			EXPECT_EQ(mask_of(i + 1), r.info->consumers);
			EXPECT_EQ(mask_of(i + 1), r.info->holders);
		}
		EXPECT_EQ(-EBUSY, attach_consumer(&more, &r));
		detach_consumer(&c[n / 2]);
		EXPECT_EQ(n == 1, r.info->broken);
		/* The only one's place is kept for who comes. */
		EXPECT_EQ(broadcast ? mask_of(n) & ~(1ULL << n / 2) : 1, r.info->holders);
		ASSERT_EQ(0, attach_consumer(&c[n / 2], &r));
		EXPECT_EQ(n / 2, c[n / 2].page->slot);
		EXPECT_EQ(0, r.info->broken);
		for (i = 0; i < n; i++)
			detach_consumer(&c[i]);
		EXPECT_EQ(0, r.info->consumers);
		EXPECT_EQ(broadcast ? 0 : 1, r.info->holders);
		EXPECT_EQ(1, r.info->broken);
		EXPECT_EQ(0, r.info->eof);
		close_ring(&r);
	}
}

/* Those that can be overrun take slots, and hold nobody up. */
TEST(overrun)
{
	struct consumer slow, c, more;
	struct producer p;
	struct ring r;
	int i;

	ASSERT_EQ(0, make_ring(&r, IPCX_RING_BROADCAST, 1, 2));
	ASSERT_EQ(0, attach_producer(&p, &r));
	ASSERT_EQ(0, attach_consumer_at(&slow, &r, IPCX_RING_MAP_OVERRUN));
	EXPECT_EQ(1, slow.page->overrun);
	EXPECT_EQ(0, r.info->holders);
	EXPECT_EQ(1, r.info->consumers);
	for (i = 0; i < 10000; i++) {
		ASSERT_EQ(0, put(&p, i));
	}
	ASSERT_EQ(0, attach_consumer(&c, &r));
	EXPECT_EQ(2, r.info->holders);
	EXPECT_EQ(-EBUSY, attach_consumer_at(&more, &r, IPCX_RING_MAP_OVERRUN));
	detach_consumer(&slow);
	/* The slot's next one may be of the other kind. */
	slow.page = NULL;
	ASSERT_EQ(0, attach_consumer(&slow, &r));
	EXPECT_EQ(0, slow.page->overrun);
	EXPECT_EQ(3, r.info->holders);
	detach_consumer(&c);
	EXPECT_EQ(1, r.info->holders);
	EXPECT_EQ(0, r.info->broken);
	detach_consumer(&slow);
	EXPECT_EQ(1, r.info->broken);
	detach_producer(&p);
	close_ring(&r);
}

/* ---- how a role ends ---- */

/* A process with both roles, and how far it came. */
struct member {
	struct ring ring;
	unsigned int stop;
	size_t len;
	int pipes[2];
	int state;		/* 1: it is where it shall be; an errno's negative */
	struct producer p;
	struct consumer c;
};

static bool has_state(void *arg)
{
	return load(&((struct member *)arg)->state);
}

static int wait_for_state(struct member *m)
{
	int ret = wait_until(has_state, m);

	return ret ? ret : m->state < 0 ? m->state : 0;
}

static int take_roles(struct member *m)
{
	MUST_BE(0, map_view(&m->ring));
	MUST_BE(0, attach_producer(&m->p, &m->ring));
	MUST_BE(0, attach_consumer(&m->c, &m->ring));
	store(&m->state, 1);
	return 0;
}

static int exit_with_roles(void *arg)
{
	return take_roles(arg);
}

static int pause_with_roles(void *arg)
{
	MUST_BE(0, take_roles(arg));
	for (;;)
		pause();
}

static int exec_with_roles(void *arg)
{
	MUST_BE(0, take_roles(arg));
	execl("/bin/sleep", "sleep", "1000", NULL);
	return 1;
}

/* Keeps the fd, and has no role: until the pipe's other end is closed. */
static int leave_the_fd_to_a_child(void *arg)
{
	struct member *m = arg;
	char byte;

	if (fork() == 0) {
		close(m->pipes[1]);
		_exit(read(m->pipes[0], &byte, 1) != 0);
	}
	return pause_with_roles(arg);
}

static bool has_no_members(void *arg)
{
	const struct ring *r = arg;

	return !load(&r->info->producers) && !load(&r->info->consumers);
}

static const struct {
	const char *what;
	int (*run)(void *arg);
	bool kill;
} endings[] = {
	{ "exit", exit_with_roles, false },
	{ "kill", pause_with_roles, true },
	{ "exec", exec_with_roles, false },
	{ "kill, a child has the fd", leave_the_fd_to_a_child, true },
};

/* Slots are free again, and both ends are told. */
TEST(roles_end_with_their_process)
{
	struct member *m = shared_memory(sizeof(*m));
	struct ring r;
	size_t i;

	ASSERT_EQ(0, make_ring(&r, IPCX_RING_SPSC, 1, 1));
	ASSERT_EQ(0, pipe(m->pipes));
	for (i = 0; i < ARRAY_SIZE(endings); i++) {
		pid_t pid;

		m->ring = r;
		m->state = 0;
		pid = spawn(endings[i].run, m);
		ASSERT_EQ(0, wait_for_state(m));
		if (endings[i].kill) {
			EXPECT_EQ(1, r.info->producers);
			kill(pid, SIGKILL);
			EXPECT_EQ(KILLED_BY(SIGKILL), reap(pid));
		}
		ASSERT_EQ(0, wait_until(has_no_members, &r)) {
			TH_LOG("%s", endings[i].what);
		}
		EXPECT_EQ(1, r.info->eof);
		EXPECT_EQ(1, r.info->broken);
		if (!endings[i].kill) {
			kill(pid, SIGKILL);
			reap(pid);
		}
	}
	close(m->pipes[0]);
	close(m->pipes[1]);
	close_ring(&r);
}

/* The fd it was made through may go first. */
TEST(roles_outlive_their_fd)
{
	struct producer p;
	struct consumer c;
	__u64 number = 0;
	struct ring r;

	ASSERT_EQ(0, make_ring(&r, IPCX_RING_SPSC, 1, 1));
	ASSERT_EQ(0, attach_producer(&p, &r));
	ASSERT_EQ(0, attach_consumer(&c, &r));
	close(r.fd);
	EXPECT_EQ(0, put(&p, 5));
	EXPECT_EQ(0, take(&c, &number));
	EXPECT_EQ(5, number);
	munmap(r.view, view_len(&r));
	munmap(p.page, producer_len(&r));
	munmap(c.page, PAGE);
}

/* ---- where a consumer begins ---- */

static const struct {
	__u32 mode;
	unsigned int producers;
} single[] = { { IPCX_RING_SPSC, 1 }, { IPCX_RING_MPSC, 1 }, { IPCX_RING_MPSC, 3 } };

/* What was not released is there for the next one. */
TEST(head_is_kept)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(single); i++) {
		struct producer p;
		struct consumer c;
		__u64 number, n;
		struct ring r;

		ASSERT_EQ(0, make_ring(&r, single[i].mode, single[i].producers, 1));
		ASSERT_EQ(0, attach_producer(&p, &r));
		for (n = 0; n < 8; n++) {
			ASSERT_EQ(0, put(&p, n));
		}
		for (n = 0; n < 8; n++) {
			ASSERT_EQ(0, attach_consumer(&c, &r));
			ASSERT_EQ(0, take(&c, &number));
			EXPECT_EQ(n, number);
			detach_consumer(&c);
		}
		ASSERT_EQ(0, attach_consumer(&c, &r));
		EXPECT_EQ(-EAGAIN, take(&c, &number));
		detach_consumer(&c);
		detach_producer(&p);
		close_ring(&r);
	}
}

/* Beyond the end, further back than there is data, or with low bits: as if all was read. */
TEST(nonsense_head_is_not_kept)
{
	static const __s64 bad[] = {
		8, 1LL << 40, -8 - (__s64)PAGE, -(1LL << 40), 1LL << 60, (1LL << 60) - 8,
	};
	struct producer p;
	struct consumer c;
	struct ring r;
	size_t i;

	ASSERT_EQ(0, make_ring(&r, IPCX_RING_SPSC, 1, 1));
	ASSERT_EQ(0, attach_producer(&p, &r));
	ASSERT_EQ(0, put(&p, 1));
	for (i = 0; i < ARRAY_SIZE(bad) + 1; i++) {
		__u64 end = p.shared->tail;

		ASSERT_EQ(0, attach_consumer(&c, &r));
		c.page->head = i < ARRAY_SIZE(bad) ? ipcx_ring_add(end, bad[i]) : end - 128 + 1;
		c.page->lost = 9;
		c.page->slot = 7;
		detach_consumer(&c);
		ASSERT_EQ(0, attach_consumer(&c, &r));
		EXPECT_EQ(end, c.page->head) {
			TH_LOG("head %zu", i);
		}
		EXPECT_EQ(0, c.page->lost);
		EXPECT_EQ(0, c.page->slot);
		/* All that there can be in it is no nonsense. */
		c.page->head = end - PAGE * IPCX_RING_BITS;
		detach_consumer(&c);
		ASSERT_EQ(0, attach_consumer(&c, &r));
		EXPECT_EQ(end - PAGE * IPCX_RING_BITS, c.page->head);
		detach_consumer(&c);
	}
	detach_producer(&p);
	close_ring(&r);
}

/* Who comes to a broadcast hears what is said from now on. */
TEST(broadcast_begins_at_the_end)
{
	unsigned int producers;

	for (producers = 1; producers <= 2; producers++) {
		struct consumer c[2];
		struct producer p;
		struct ring r;
		__u64 number;

		ASSERT_EQ(0, make_ring(&r, IPCX_RING_BROADCAST, producers, 2));
		ASSERT_EQ(0, attach_producer(&p, &r));
		ASSERT_EQ(0, put(&p, 1));
		ASSERT_EQ(0, attach_consumer(&c[0], &r));
		EXPECT_EQ(ring_end(&r), c[0].page->head);
		EXPECT_EQ(-EAGAIN, take(&c[0], &number));
		ASSERT_EQ(0, put(&p, 2));
		ASSERT_EQ(0, attach_consumer_at(&c[1], &r, IPCX_RING_MAP_OVERRUN));
		EXPECT_EQ(-EAGAIN, take(&c[1], &number));
		ASSERT_EQ(0, put(&p, 3));
		EXPECT_EQ(0, take(&c[0], &number));
		EXPECT_EQ(2, number);
		EXPECT_EQ(0, take(&c[0], &number));
		EXPECT_EQ(3, number);
		EXPECT_EQ(0, take(&c[1], &number));
		EXPECT_EQ(3, number);
		detach_consumer(&c[0]);
		detach_consumer(&c[1]);
		/* Nor is the place of one before remembered. */
		ASSERT_EQ(0, put(&p, 4));
		ASSERT_EQ(0, attach_consumer(&c[0], &r));
		EXPECT_EQ(-EAGAIN, take(&c[0], &number));
		detach_consumer(&c[0]);
		detach_producer(&p);
		close_ring(&r);
	}
}

/* A slot's records are counted on. */
TEST(records_are_counted_by_slot)
{
	struct ipcx_stat stat;
	struct producer p;
	struct ring r;
	int i;

	ASSERT_EQ(0, make_ring(&r, IPCX_RING_MPSC, 2, 1));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, attach_producer(&p, &r));
		EXPECT_EQ(i, p.page->records);
		ASSERT_EQ(0, put(&p, i));
		detach_producer(&p);
	}
	ASSERT_EQ(0, get_stat(r.fd, &stat));
	EXPECT_EQ(3, stat.sent);
	close_ring(&r);
}

/* ---- killed over a record ---- */

enum step { LOOKED, WITNESSED, ANNOUNCED, CLAIMED, WRITTEN, COMMITTED, STEPS };

#define NUMBER	41

/* Makes a record as far as that, and waits to be killed. */
static int stop_at_step(void *arg)
{
	struct member *m = arg;
	static char payload[PAGE];
	struct producer *p = &m->p;

	MUST_BE(0, map_view(&m->ring));
	MUST_BE(0, attach_producer(p, &m->ring));
	MUST_BE(0, look(p, m->len));
	if (m->stop >= WITNESSED)
		witness(p);
	if (m->stop >= ANNOUNCED)
		announce(p);
	if (m->stop >= CLAIMED)
		MUST(claim(p));
	payload[0] = NUMBER;
	if (m->stop >= WRITTEN)
		write_record(p, payload, m->len);
	if (m->stop >= COMMITTED)
		MUST_BE(0, commit(p));
	store(&m->state, 1);
	for (;;)
		pause();
}

FIXTURE(death)
{
	struct member *victim;
	struct ring ring;
	struct producer p;	/* another one */
	struct consumer c;
};

typedef FIXTURE_DATA(death) env_t;

FIXTURE_SETUP(death)
{
	self->victim = shared_memory(sizeof(*self->victim));
	ASSERT_EQ(0, make_ring(&self->ring, IPCX_RING_MPSC, 3, 1));
	ASSERT_EQ(0, attach_producer(&self->p, &self->ring));
	ASSERT_EQ(0, attach_consumer(&self->c, &self->ring));
}

FIXTURE_TEARDOWN(death)
{
	__u64 number = 0;

	/* It goes on. */
	EXPECT_EQ(0, put(&self->p, 99));
	EXPECT_EQ(0, take(&self->c, &number));
	EXPECT_EQ(99, number);
	detach_consumer(&self->c);
	detach_producer(&self->p);
	close_ring(&self->ring);
	munmap(self->victim, sizeof(*self->victim));
}

static pid_t start_victim(env_t *env, enum step stop, size_t len)
{
	struct member *m = env->victim;
	pid_t pid;

	*m = (struct member){ .ring = env->ring, .stop = stop, .len = len };
	pid = spawn(stop_at_step, m);
	return wait_for_state(m) ? -1 : pid;
}

static void kill_victim(pid_t pid)
{
	kill(pid, SIGKILL);
	reap(pid);
}

/* What the kernel wrote: of that length, to be skipped, by the second producer. */
static void expect_discard(struct __test_metadata *_metadata, env_t *env, size_t len)
{
	__u64 header = 0;

	ASSERT_EQ(0, peek_header(&env->c, &header));
	EXPECT_NE(0, header & IPCX_RING_DISCARD);
	EXPECT_EQ((len + 7) & ~7UL, ipcx_ring_header_len(header));
	EXPECT_EQ(1, ipcx_ring_header_slot(header));
	skip(&env->c, header);
	release(&env->c);
}

static void expect_number(struct __test_metadata *_metadata, env_t *env, __u64 wanted)
{
	__u64 number = 0;

	ASSERT_EQ(0, take(&env->c, &number));
	EXPECT_EQ(wanted, number);
}

static void expect_nothing(struct __test_metadata *_metadata, env_t *env)
{
	__u64 header;

	EXPECT_EQ(-EAGAIN, peek_header(&env->c, &header));
}

static void check_step(struct __test_metadata *_metadata, env_t *env, enum step stop,
		       size_t len, __u64 fill)
{
	__u64 before = env->p.shared->claim;
	pid_t pid;

	/* The victim is to see another's claim before its own, and lie anywhere. */
	ASSERT_EQ(0, put_bytes(&env->p, "        ", 8));
	expect_number(_metadata, env, fill);
	before = ring_end(&env->ring);
	pid = start_victim(env, stop, len);
	ASSERT_LT(0, pid);
	EXPECT_EQ(3, env->ring.info->producers);
	if (stop != COMMITTED) {
		expect_nothing(_metadata, env);
	}
	kill_victim(pid);
	EXPECT_EQ(1, env->ring.info->producers);
	EXPECT_EQ(0, producer_page(&env->ring, 1)->announce & IPCX_RING_ANNOUNCED);
	if (stop < CLAIMED) {
		EXPECT_EQ(before, ring_end(&env->ring));
	} else if (stop < COMMITTED) {
		expect_discard(_metadata, env, len);
	} else {
		__u64 header = 0;

		ASSERT_EQ(0, peek_header(&env->c, &header));
		EXPECT_EQ(len, header & (IPCX_RING_LEN_MASK | IPCX_RING_DISCARD));
		skip(&env->c, header);
		release(&env->c);
	}
	expect_nothing(_metadata, env);
}

/* Each step, each length, and records that lie anywhere. */
TEST_F(death, at_each_step)
{
	static const size_t lens[] = { 0, 1, 8, 100, 3000, PAGE - 8 };
	unsigned int stop;
	__u64 fill;
	size_t i;

	memcpy(&fill, "        ", 8);
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		for (stop = LOOKED; stop < STEPS; stop++) {
			check_step(_metadata, self, stop, lens[i], fill);
			ASSERT_TRUE(__test_passed(_metadata)) {
				TH_LOG("step %u, %zu bytes", stop, lens[i]);
			}
		}
	}
}

/* Another one has claimed since: it wrote down what the victim's claim was. */
TEST_F(death, another_has_claimed_since)
{
	static const enum step stops[] = { CLAIMED, WRITTEN };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(stops); i++) {
		pid_t pid = start_victim(self, stops[i], 24);

		ASSERT_LT(0, pid);
		ASSERT_EQ(0, put(&self->p, 7));
		ASSERT_EQ(0, put(&self->p, 8));
		/* Not before the victim's. */
		expect_nothing(_metadata, self);
		kill_victim(pid);
		expect_discard(_metadata, self, 24);
		expect_number(_metadata, self, 7);
		expect_number(_metadata, self, 8);
	}
}

/* It announced, and another's claim was first: not a byte of that one's is touched. */
TEST_F(death, another_has_claimed_instead)
{
	static const size_t lens[] = { 0, 8, 16, 1000 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		pid_t pid = start_victim(self, ANNOUNCED, lens[i]);

		ASSERT_LT(0, pid);
		ASSERT_EQ(0, put(&self->p, 7));
		ASSERT_EQ(0, put(&self->p, 8));
		kill_victim(pid);
		expect_number(_metadata, self, 7);
		expect_number(_metadata, self, 8);
		expect_nothing(_metadata, self);
	}
}

/* Both: one that is dead in front of one that is dead. */
TEST_F(death, two_of_them)
{
	struct member *second = shared_memory(sizeof(*second));
	pid_t pids[2];
	int first;

	for (first = 0; first < 2; first++) {
		__u64 header = 0;

		pids[0] = start_victim(self, CLAIMED, 40);
		ASSERT_LT(0, pids[0]);
		*second = (struct member){ .ring = self->ring, .stop = CLAIMED, .len = 80 };
		pids[1] = spawn(stop_at_step, second);
		ASSERT_EQ(0, wait_for_state(second));
		ASSERT_EQ(0, put(&self->p, 7));
		kill_victim(pids[first]);
		kill_victim(pids[!first]);
		expect_discard(_metadata, self, 40);
		ASSERT_EQ(0, peek_header(&self->c, &header));
		EXPECT_EQ(80 | IPCX_RING_DISCARD | 2ULL << IPCX_RING_SLOT_SHIFT, header);
		expect_number(_metadata, self, 7);
	}
	munmap(second, sizeof(*second));
}

/* What a liar says that it was about to claim is nobody else's. */
TEST_F(death, nonsense_is_not_written)
{
	static const __s64 lens[] = { 0, -8, PAGE + 8, 1 << 30, -(1LL << 40), 1LL << 59 };
	struct producer liar;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		__u64 start = ring_end(&self->ring), header = 0;

		ASSERT_EQ(0, put(&self->p, 7));
		ASSERT_EQ(0, attach_producer(&liar, &self->ring));
		/* A claim was seen, of a record that it never was. */
		liar.page->end = ipcx_ring_add(start, lens[i]);
		liar.shared->confirmed[1] = liar.page->end;
		liar.page->announce = start | IPCX_RING_ANNOUNCED;
		detach_producer(&liar);
		ASSERT_EQ(0, peek_header(&self->c, &header));
		EXPECT_EQ(8, header & (IPCX_RING_LEN_MASK | IPCX_RING_DISCARD)) {
			TH_LOG("%lld bytes", (long long)lens[i]);
		}
		expect_number(_metadata, self, 7);
	}
}

/* A single producer shows what is whole, and nothing else. */
TEST(single_producer_dies)
{
	struct member *m = shared_memory(sizeof(*m));
	struct consumer c;
	struct ring r;
	__u64 header;
	pid_t pid;

	ASSERT_EQ(0, make_ring(&r, IPCX_RING_SPSC, 1, 1));
	ASSERT_EQ(0, attach_consumer(&c, &r));
	*m = (struct member){ .ring = r, .stop = LOOKED, .len = 24 };
	pid = spawn(stop_at_step, m);
	ASSERT_EQ(0, wait_for_state(m));
	kill_victim(pid);
	EXPECT_EQ(-EAGAIN, peek_header(&c, &header));
	EXPECT_EQ(1, r.info->eof);
	detach_consumer(&c);
	close_ring(&r);
}

/* ---- who waits is told ---- */

struct reader {
	struct ring ring;
	int state;
	__u64 number;
};

/* Reads on until there is a number or no producer any more. */
static int read_one(void *arg)
{
	struct reader *reader = arg;
	struct consumer c;
	int ret;

	MUST_BE(0, map_view(&reader->ring));
	MUST_BE(0, attach_consumer(&c, &reader->ring));
	store(&reader->state, 1);
	while ((ret = take(&c, &reader->number)) == -EAGAIN) {
		MUST_BE(0, wait_data(&c, 10000 * timeout_factor()));
		if (load(&reader->ring.info->eof))
			break;
	}
	return -ret;
}

TEST_F(death, waiting_consumer_goes_on)
{
	struct reader *reader = shared_memory(sizeof(*reader));
	pid_t pid, victim = start_victim(self, CLAIMED, 8);

	ASSERT_LT(0, victim);
	ASSERT_EQ(0, put(&self->p, 7));
	detach_consumer(&self->c);
	reader->ring = self->ring;
	pid = spawn(read_one, reader);
	ASSERT_EQ(0, wait_receivers(self->ring.fd, 1));
	EXPECT_LT(0, self->ring.info->data_waiters);
	kill_victim(victim);
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(7, reader->number);
	EXPECT_EQ(0, self->ring.info->data_waiters);
	munmap(reader, sizeof(*reader));
	ASSERT_EQ(0, attach_consumer(&self->c, &self->ring));
}

TEST_F(death, waiting_consumer_is_told_of_the_end)
{
	struct reader *reader = shared_memory(sizeof(*reader));
	pid_t pid, victim = start_victim(self, ANNOUNCED, 8);

	ASSERT_LT(0, victim);
	detach_consumer(&self->c);
	detach_producer(&self->p);
	reader->ring = self->ring;
	pid = spawn(read_one, reader);
	ASSERT_EQ(0, wait_receivers(self->ring.fd, 1));
	kill_victim(victim);
	EXPECT_EQ(EAGAIN, reap(pid));
	EXPECT_EQ(1, self->ring.info->eof);
	munmap(reader, sizeof(*reader));
	ASSERT_EQ(0, attach_producer(&self->p, &self->ring));
	ASSERT_EQ(0, attach_consumer(&self->c, &self->ring));
}

TEST_HARNESS_MAIN
