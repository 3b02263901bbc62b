// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Rings under load: every wait is ended by the other side, whatever the moment, and every
 * record arrives once, whole and in its producer's order, also with producers being killed.
 */
#include "ring.h"

/* A lost wake-up; nothing else takes as long. */
#define LOST_MS		(10000LL * timeout_factor())

static int stay_on_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) < 0 ? -errno : 0;
}

/* Two processors, or both on the only one. */
static int other_cpu(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN) > 1;
}

/* ---- there and back ---- */

struct game {
	struct ring ping, pong;
	long rounds;
	int cpu;
};

static int play_pong(void *arg)
{
	struct game *game = arg;
	struct consumer c;
	struct producer p;
	__u64 number = 0;
	long i;

	MUST_BE(0, stay_on_cpu(game->cpu));
	MUST_BE(0, map_view(&game->ping));
	MUST_BE(0, map_view(&game->pong));
	MUST_BE(0, attach_consumer(&c, &game->ping));
	MUST_BE(0, attach_producer(&p, &game->pong));
	for (i = 0; i < game->rounds; i++) {
		MUST_BE(0, take_waiting(&c, &number, LOST_MS));
		MUST_BE(i, number);
		MUST_BE(0, put_waiting(&p, number + 1, LOST_MS));
	}
	return 0;
}

static int play_ping(struct game *game)
{
	struct consumer c;
	struct producer p;
	__u64 number = 0;
	long i;

	MUST_BE(0, stay_on_cpu(0));
	MUST_BE(0, attach_consumer(&c, &game->pong));
	MUST_BE(0, attach_producer(&p, &game->ping));
	for (i = 0; i < game->rounds; i++) {
		MUST_BE(0, put_waiting(&p, i, LOST_MS));
		MUST_BE(0, take_waiting(&c, &number, LOST_MS));
		MUST_BE(i + 1, number);
	}
	detach_consumer(&c);
	detach_producer(&p);
	return 0;
}

static void play(struct __test_metadata *_metadata, int cpu)
{
	struct game game = { .rounds = scaled_to_kernel(60000, 500000), .cpu = cpu };
	pid_t pid;

	ASSERT_EQ(0, make_ring(&game.ping, IPCX_RING_SPSC, 1, 1));
	ASSERT_EQ(0, make_ring(&game.pong, IPCX_RING_SPSC, 1, 1));
	pid = spawn(play_pong, &game);
	while (!load(&game.ping.info->consumers) || !load(&game.pong.info->producers))
		sched_yield();
	EXPECT_EQ(0, play_ping(&game));
	EXPECT_EQ(0, reap(pid));
	close_ring(&game.ping);
	close_ring(&game.pong);
}

TEST(ping_pong_on_two_cpus)
{
	play(_metadata, other_cpu());
}

TEST(ping_pong_on_one_cpu)
{
	play(_metadata, 0);
}

/* ---- store buffers ---- */

struct litmus {
	struct ring ring;
	long rounds;
	long taken;
	long slept;
};

/* Goes to sleep at about the moment at which the other one commits. */
static int take_and_sleep(void *arg)
{
	struct litmus *l = arg;
	struct consumer c;
	__u64 number = 0;
	long i;

	MUST_BE(0, stay_on_cpu(other_cpu()));
	MUST_BE(0, map_view(&l->ring));
	MUST_BE(0, attach_consumer(&c, &l->ring));
	for (i = 0; i < l->rounds; i++) {
		int ret;

		while ((ret = take(&c, &number)) == -EAGAIN) {
			MUST_BE(0, wait_data(&c, LOST_MS));
			l->slept++;
		}
		MUST_BE(0, ret);
		MUST_BE(i, number);
		store(&l->taken, i + 1);
	}
	return 0;
}

static void spin(unsigned int n)
{
	while (n--)
		compiler_barrier();
}

/*
 * Store tail, load data_waiters; store data_waiters, load tail: without the fence that the
 * kernel puts between the former two, each can miss the other's, and one sleeps for ever.
 *
 * That this test does not fail without the fence is no wonder: the latter two are further
 * apart, in the kernel and under its lock twice, than a store stays in a processor's buffer,
 * and emulation stretches the distance and not the buffer. It is for what can be lost
 * otherwise; the fence is shown to be needed by the model, which fails without it at once
 * (selftests/model/sleep.pml).
 */
TEST(commit_against_wait)
{
	struct litmus *l = shared_memory(sizeof(*l));
	uint64_t state = test_seed();
	struct producer p;
	unsigned int most = 64;
	long slept = 0, i;
	pid_t pid;

	*l = (struct litmus){ .rounds = scaled_to_kernel(90000, 2000000) };
	ASSERT_EQ(0, make_ring(&l->ring, IPCX_RING_SPSC, 1, 1));
	ASSERT_EQ(0, attach_producer(&p, &l->ring));
	ASSERT_EQ(0, stay_on_cpu(0));
	pid = spawn(take_and_sleep, l);
	for (i = 0; i < l->rounds; i++) {
		long long end = now_ns(CLOCK_MONOTONIC) + 2 * LOST_MS * NSEC_PER_MSEC;

		while (load(&l->taken) != i && now_ns(CLOCK_MONOTONIC) < end)
			if (!other_cpu())
				sched_yield();
		ASSERT_EQ(i, load(&l->taken));
		/* About half of the time it shall be too late to be seen without sleep. */
		if (slept == load(&l->slept))
			most += 1 + most / 64;
		else
			most -= most / 64 + (most > 2);
		slept = load(&l->slept);
		spin(rnd_below(&state, most));
		ASSERT_EQ(0, put(&p, i));
	}
	EXPECT_EQ(0, reap(pid));
	printf("# slept %ld times of %ld\n", l->slept, l->rounds);
	EXPECT_LT(0, l->slept);
	detach_producer(&p);
	close_ring(&l->ring);
}

/* ---- many producers, some of which are killed ---- */

#define MAKERS	3

struct crowd {
	struct ring ring;
	int (*run)(void *arg);
	unsigned int maker;	/* number of the first one */
	long count;		/* of records, or of makers */
	uint64_t state;
};

/* Numbers with its own in the high bits, in records of several lengths. */
static int make_numbers(void *arg)
{
	struct crowd *crowd = arg;
	__u64 words[12];
	struct producer p;
	long n;

	MUST_BE(0, map_view(&crowd->ring));
	MUST_BE(0, attach_producer(&p, &crowd->ring));
	for (n = 0; n < crowd->count; n++) {
		size_t len = 8 * (1 + n % ARRAY_SIZE(words)), i;

		for (i = 0; i < len / 8; i++)
			words[i] = (__u64)crowd->maker << 32 | n;
		MUST_BE(0, put_bytes_waiting(&p, words, len, LOST_MS));
	}
	return 0;
}

/* Makers that come, write, and are killed at any moment. */
static int kill_makers(void *arg)
{
	struct crowd *crowd = arg;
	struct crowd one = { .ring = crowd->ring, .count = 1L << 32 };
	long i;

	for (i = 0; i < crowd->count; i++) {
		pid_t pid;

		one.maker = crowd->maker + i;
		pid = spawn(make_numbers, &one);
		sleep_ms(rnd_below(&crowd->state, 8 * timeout_factor()));
		kill(pid, SIGKILL);
		MUST_BE(KILLED_BY(SIGKILL), reap(pid));
	}
	return 0;
}

/* A producer itself while they work, so that the end of all is the end. */
static int supervise(void *arg)
{
	struct crowd *crowd = arg;
	pid_t pids[MAKERS];
	struct producer p;
	int i;

	MUST_BE(0, map_view(&crowd->ring));
	MUST_BE(0, attach_producer(&p, &crowd->ring));
	for (i = 0; i < MAKERS; i++) {
		struct crowd part = *crowd;

		part.maker = i * crowd->count;
		part.state += i;
		pids[i] = spawn(crowd->run, &part);
	}
	for (i = 0; i < MAKERS; i++)
		MUST_BE(0, reap(pids[i]));
	return 0;
}

/* What one record says: whole, and after the one before it of the same maker. */
static int check_record(const struct consumer *c, __u64 header, __u64 *next)
{
	const char *at = c->ring->data + ipcx_ring_offset(c->next, c->ring->size) + 8;
	size_t len = ipcx_ring_header_len(header), i;
	unsigned int maker;
	__u64 first;

	memcpy(&first, at, 8);
	maker = first >> 32;
	for (i = 0; i < len; i += 8)
		MUST_BE(0, memcmp(at + i, &first, 8));
	MUST_BE((long long)next[maker], (__u32)first);
	next[maker]++;
	return len != 8 * (1 + (__u32)first % 12);
}

static int take_records(struct consumer *c, __u64 *next, long *discards)
{
	__u64 header;
	int ret;

	for (;;) {
		ret = peek_header(c, &header);
		if (ret == -EAGAIN) {
			if (load(&c->ring->info->eof) && peek_header(c, &header) == -EAGAIN)
				return 0;
			MUST_BE(0, wait_data(c, LOST_MS));
			continue;
		}
		MUST_BE(0, ret);
		if (header & IPCX_RING_DISCARD)
			++*discards;
		else
			MUST_BE(0, check_record(c, header, next));
		skip(c, header);
		MUST_BE(0, release(c));
	}
}

/* Takes all that such a crowd makes; how many of each maker's are in @next. */
static void take_from(struct __test_metadata *_metadata, struct crowd *crowd, __u64 size,
		      __u64 *next, long *discards)
{
	struct consumer c;
	pid_t pid;

	ASSERT_EQ(0, make_ring_sized(&crowd->ring, IPCX_RING_MPSC, MAKERS + 1, 1, size));
	ASSERT_EQ(0, attach_consumer(&c, &crowd->ring));
	pid = spawn(supervise, crowd);
	EXPECT_EQ(0, take_records(&c, next, discards));
	EXPECT_EQ(0, reap(pid));
	detach_consumer(&c);
}

/* All of them live to their end: all that they made arrives. */
TEST(many_producers)
{
	struct crowd crowd = {
		.run = make_numbers, .count = scaled_to_kernel(30000, 1000000),
	};
	__u64 *next = calloc(MAKERS * crowd.count, sizeof(*next));
	long discards = 0;
	int i;

	take_from(_metadata, &crowd, PAGE, next, &discards);
	for (i = 0; i < MAKERS; i++)
		EXPECT_EQ(crowd.count, next[i * crowd.count]);
	EXPECT_EQ(0, discards);
	close_ring(&crowd.ring);
	free(next);
}

/* What the killed have committed arrives, and what they have begun holds nobody up. */
TEST(killed_producers)
{
	struct crowd crowd = {
		.run = kill_makers, .count = scaled_to_kernel(150, 5000), .state = test_seed(),
	};
	long makers = MAKERS * crowd.count, discards = 0, i;
	__u64 *next = calloc(makers, sizeof(*next)), all = 0;
	struct ipcx_stat stat;

	take_from(_metadata, &crowd, 4 * PAGE, next, &discards);
	for (i = 0; i < makers; i++)
		all += next[i];
	ASSERT_EQ(0, get_stat(crowd.ring.fd, &stat));
	printf("# %llu records, %ld were begun\n", (unsigned long long)all, discards);
	/* Each was killed once at most between a commit and its count. */
	EXPECT_LE(stat.sent, all);
	EXPECT_GE(stat.sent + makers, all);
	EXPECT_LT(0, all);
	close_ring(&crowd.ring);
	free(next);
}

TEST_HARNESS_MAIN
