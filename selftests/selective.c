// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Selective receive: each kind of match against a model that walks a list,
 * for queued messages and for receivers that wait already, and that many
 * messages and waiters that do not match cost nothing.
 */
#include "common.h"

#include <pthread.h>

#define MODEL_MAX	64

/* What a queue holds, in order of arrival. */
struct model {
	struct ipcx_msg msgs[MODEL_MAX];	/* buf is the message's number */
	int count;
};

static bool matches(const struct ipcx_msg *msg, __u32 match, __u64 arg)
{
	switch (match) {
	case IPCX_MATCH_TYPE:
		return msg->type == arg;
	case IPCX_MATCH_NOT_TYPE:
		return msg->type != arg;
	case IPCX_MATCH_LOWEST_TYPE:
		return msg->type <= arg;
	case IPCX_MATCH_MIN_PRIORITY:
		return msg->priority >= arg;
	default:
		return true;
	}
}

/* Index of the message that a receive takes, -1: none. */
static int model_find(const struct model *m, __u32 match, __u64 arg)
{
	int i, best = -1;

	for (i = 0; i < m->count; i++) {
		const struct ipcx_msg *msg = &m->msgs[i];

		if (!matches(msg, match, arg))
			continue;
		if (best >= 0 && match == IPCX_MATCH_LOWEST_TYPE &&
		    msg->type != m->msgs[best].type) {
			if (msg->type < m->msgs[best].type)
				best = i;
		} else if (best < 0 || msg->priority > m->msgs[best].priority) {
			best = i;
		}
	}
	return best;
}

static void model_remove(struct model *m, int i)
{
	m->count--;
	memmove(&m->msgs[i], &m->msgs[i + 1], (m->count - i) * sizeof(m->msgs[0]));
}

struct selection {
	__u32 match;
	__u64 arg;
};

static __u64 random_type(uint64_t *seed)
{
	__u64 type = rnd_below(seed, 4);

	return rnd_below(seed, 4) ? type : UINT64_MAX - type;
}

static __u32 random_priority(uint64_t *seed)
{
	__u32 priority = rnd_below(seed, 3);

	return rnd_below(seed, 4) ? priority : IPCX_PRIO_MAX - priority;
}

static struct selection random_selection(uint64_t *seed)
{
	struct selection s = { .match = rnd_below(seed, 5) };

	if (s.match == IPCX_MATCH_MIN_PRIORITY)
		s.arg = random_priority(seed);
	else if (s.match != IPCX_MATCH_ANY)
		s.arg = random_type(seed);
	return s;
}

static int queue_of(unsigned long max_msgs)
{
	struct ipcx_queue_attr attr = { .max_msgs = max_msgs };

	return new_queue(0, &attr);
}

static int send_typed(int fd, __u64 type, __u32 priority, __u64 number)
{
	return send_msg(fd, &number, sizeof(number), type, priority, IPCX_XFER_NONBLOCK);
}

static int recv_selected(int fd, const struct selection *s, __u64 *number, __u32 flags)
{
	return recv_match(fd, number, sizeof(*number), NULL, s->match, s->arg, flags);
}

TEST(any)
{
	int fd = small_queue(8);
	__u64 n;

	ASSERT_LE(0, fd);
	ASSERT_EQ(1, send_typed(fd, 1, 1, 10));
	ASSERT_EQ(1, send_typed(fd, 2, 2, 20));
	ASSERT_EQ(1, recv_match(fd, &n, sizeof(n), NULL, IPCX_MATCH_ANY, 0, 0));
	EXPECT_EQ(20, n);
	EXPECT_EQ(-EINVAL, recv_match(fd, &n, sizeof(n), NULL, IPCX_MATCH_ANY, 1,
				      IPCX_XFER_NONBLOCK));
}

TEST(type)
{
	int fd = small_queue(8);
	__u64 n;

	ASSERT_LE(0, fd);
	ASSERT_EQ(1, send_typed(fd, 1, 9, 10));
	ASSERT_EQ(1, send_typed(fd, 2, 1, 20));
	ASSERT_EQ(1, send_typed(fd, 2, 3, 21));
	ASSERT_EQ(1, send_typed(fd, 2, 3, 22));
	EXPECT_EQ(-EAGAIN, recv_match(fd, &n, sizeof(n), NULL, IPCX_MATCH_TYPE, 3,
				      IPCX_XFER_NONBLOCK));
	ASSERT_EQ(1, recv_match(fd, &n, sizeof(n), NULL, IPCX_MATCH_TYPE, 2, 0));
	EXPECT_EQ(21, n);
	ASSERT_EQ(1, recv_match(fd, &n, sizeof(n), NULL, IPCX_MATCH_TYPE, 2, 0));
	EXPECT_EQ(22, n);
	ASSERT_EQ(1, recv_match(fd, &n, sizeof(n), NULL, IPCX_MATCH_TYPE, 2, 0));
	EXPECT_EQ(20, n);
	EXPECT_EQ(1, get_depth(fd));
}

TEST(not_type)
{
	int fd = small_queue(8);
	__u64 n;

	ASSERT_LE(0, fd);
	ASSERT_EQ(1, send_typed(fd, 1, 9, 10));
	EXPECT_EQ(-EAGAIN, recv_match(fd, &n, sizeof(n), NULL, IPCX_MATCH_NOT_TYPE, 1,
				      IPCX_XFER_NONBLOCK));
	ASSERT_EQ(1, send_typed(fd, 0, 1, 20));
	ASSERT_EQ(1, send_typed(fd, UINT64_MAX, 2, 30));
	ASSERT_EQ(1, recv_match(fd, &n, sizeof(n), NULL, IPCX_MATCH_NOT_TYPE, 1, 0));
	EXPECT_EQ(30, n);
	ASSERT_EQ(1, recv_match(fd, &n, sizeof(n), NULL, IPCX_MATCH_NOT_TYPE, 1, 0));
	EXPECT_EQ(20, n);
	EXPECT_EQ(1, get_depth(fd));
}

TEST(lowest_type)
{
	int fd = small_queue(8);
	__u64 n;

	ASSERT_LE(0, fd);
	ASSERT_EQ(1, send_typed(fd, 7, 9, 70));
	ASSERT_EQ(1, send_typed(fd, 3, 1, 30));
	ASSERT_EQ(1, send_typed(fd, 3, 2, 31));
	EXPECT_EQ(-EAGAIN, recv_match(fd, &n, sizeof(n), NULL, IPCX_MATCH_LOWEST_TYPE, 2,
				      IPCX_XFER_NONBLOCK));
	ASSERT_EQ(1, recv_match(fd, &n, sizeof(n), NULL, IPCX_MATCH_LOWEST_TYPE, 7, 0));
	EXPECT_EQ(31, n);
	ASSERT_EQ(1, recv_match(fd, &n, sizeof(n), NULL, IPCX_MATCH_LOWEST_TYPE, 3, 0));
	EXPECT_EQ(30, n);
	ASSERT_EQ(1, recv_match(fd, &n, sizeof(n), NULL, IPCX_MATCH_LOWEST_TYPE,
				UINT64_MAX, 0));
	EXPECT_EQ(70, n);
}

TEST(min_priority)
{
	int fd = small_queue(8);
	__u64 n;

	ASSERT_LE(0, fd);
	ASSERT_EQ(1, send_typed(fd, 0, 5, 50));
	EXPECT_EQ(-EAGAIN, recv_match(fd, &n, sizeof(n), NULL, IPCX_MATCH_MIN_PRIORITY, 6,
				      IPCX_XFER_NONBLOCK));
	ASSERT_EQ(1, recv_match(fd, &n, sizeof(n), NULL, IPCX_MATCH_MIN_PRIORITY, 5, 0));
	EXPECT_EQ(50, n);
}

/* Queued messages: random sends, receives and peeks. */
TEST(random_against_model)
{
	uint64_t seed = test_seed();
	struct model *m = calloc(1, sizeof(*m));
	long i, steps = scaled_to_kernel(20000, 500000);
	int fd = small_queue(MODEL_MAX);
	__u64 next = 0;

	ASSERT_LE(0, fd);
	for (i = 0; i < steps; i++) {
		struct selection s = random_selection(&seed);
		__u64 number = UINT64_MAX;
		__u32 flags = IPCX_XFER_NONBLOCK;
		int want, ret;

		/* Phases that fill and phases that empty. */
		if (rnd_below(&seed, 100) < (i / 500 % 2 ? 30 : 60) && m->count < MODEL_MAX) {
			struct ipcx_msg *msg = &m->msgs[m->count++];

			*msg = make_msg(NULL, 0, random_type(&seed), random_priority(&seed));
			msg->buf = next++;
			ASSERT_EQ(1, send_typed(fd, msg->type, msg->priority, msg->buf));
			continue;
		}
		if (rnd_below(&seed, 4) == 0)
			flags = IPCX_RECV_PEEK;
		want = model_find(m, s.match, s.arg);
		ret = recv_selected(fd, &s, &number, flags);
		ASSERT_EQ(want < 0 ? -EAGAIN : 1, ret) {
			TH_LOG("step %ld: match %u %llu", i, s.match, s.arg);
		}
		if (want < 0)
			continue;
		ASSERT_EQ(m->msgs[want].buf, number) {
			TH_LOG("step %ld: match %u %llu", i, s.match, s.arg);
		}
		if (flags != IPCX_RECV_PEEK)
			model_remove(m, want);
	}
	EXPECT_EQ(m->count, get_depth(fd));
	free(m);
}

/* ---- receivers that wait ---- */

struct waiter {
	int fd;
	struct selection s;
	/* Results. */
	int ret;
	__u64 number;
	pid_t pid;
};

static int wait_selected(void *arg)
{
	struct waiter *w = arg;

	w->ret = recv_selected(w->fd, &w->s, &w->number, 0);
	return 0;
}

/* Starts a receiver, and returns when it waits as the @nth. */
static int start_waiter(struct waiter *w, int nth)
{
	w->pid = spawn(wait_selected, w);
	return w->pid < 0 ? w->pid : wait_receivers(w->fd, nth);
}

TEST(each_kind_waits_for_what_it_selects)
{
	/* A message that does not match, and one that does. */
	static const struct {
		struct selection s;
		__u64 wrong_type, right_type;
		__u32 wrong_priority, right_priority;
	} cases[] = {
		{ { IPCX_MATCH_TYPE, 5 }, 4, 5, 9, 0 },
		{ { IPCX_MATCH_NOT_TYPE, 5 }, 5, 4, 9, 0 },
		{ { IPCX_MATCH_LOWEST_TYPE, 5 }, 6, 5, 9, 0 },
		{ { IPCX_MATCH_MIN_PRIORITY, 5 }, 0, 0, 4, 5 },
		{ { IPCX_MATCH_TYPE, UINT64_MAX }, 0, UINT64_MAX, 1, 0 },
		{ { IPCX_MATCH_NOT_TYPE, UINT64_MAX }, UINT64_MAX, 0, 1, 0 },
		{ { IPCX_MATCH_NOT_TYPE, 0 }, 0, UINT64_MAX, 1, 0 },
		{ { IPCX_MATCH_LOWEST_TYPE, 0 }, 1, 0, 1, 0 },
		{ { IPCX_MATCH_MIN_PRIORITY, IPCX_PRIO_MAX }, 0, 0, IPCX_PRIO_MAX - 1,
		  IPCX_PRIO_MAX },
	};
	struct waiter *w = shared_memory(sizeof(*w));
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		memset(w, 0, sizeof(*w));
		w->fd = small_queue(8);
		w->s = cases[i].s;
		ASSERT_LE(0, w->fd);
		ASSERT_EQ(0, start_waiter(w, 1));
		ASSERT_EQ(1, send_typed(w->fd, cases[i].wrong_type, cases[i].wrong_priority, 1));
		EXPECT_EQ(1, get_depth(w->fd));
		ASSERT_EQ(0, wait_receivers(w->fd, 1));
		ASSERT_EQ(1, send_typed(w->fd, cases[i].right_type, cases[i].right_priority, 2));
		EXPECT_EQ(0, reap(w->pid));
		EXPECT_EQ(1, w->ret);
		EXPECT_EQ(2, w->number) {
			TH_LOG("case %zu", i);
		}
		EXPECT_EQ(1, get_depth(w->fd));
		close(w->fd);
	}
}

TEST(any_waits_too)
{
	struct waiter *w = shared_memory(sizeof(*w));

	w->fd = small_queue(8);
	ASSERT_LE(0, w->fd);
	ASSERT_EQ(0, start_waiter(w, 1));
	ASSERT_EQ(1, send_typed(w->fd, 3, 4, 2));
	EXPECT_EQ(0, reap(w->pid));
	EXPECT_EQ(2, w->number);
}

#define WAITERS	12

/*
 * A message goes to the first of the waiters that selects it, in order of
 * arrival, else it is queued. After each hand-over the next waiter comes.
 */
TEST(random_waiters_against_model)
{
	uint64_t seed = test_seed();
	struct waiter *all = shared_memory(WAITERS * sizeof(*all)), *line[WAITERS];
	int fd = small_queue(1000), waiting = 0, i, hit;
	long step, steps = scaled_to_kernel(400, 5000);
	__u64 queued = 0;

	ASSERT_LE(0, fd);
	for (i = 0; i < WAITERS; i++)
		line[i] = &all[i];
	for (step = 0; step < steps && queued < 1000; step++) {
		struct ipcx_msg msg = make_msg(NULL, 0, random_type(&seed),
					       random_priority(&seed));
		struct waiter *w;

		/* Only those that nothing queued matches do wait. */
		while (queued == 0 && waiting < WAITERS) {
			w = line[waiting++];
			*w = (struct waiter){ .fd = fd, .s = random_selection(&seed) };
			ASSERT_EQ(0, start_waiter(w, waiting));
		}
		for (hit = 0; hit < waiting; hit++)
			if (matches(&msg, line[hit]->s.match, line[hit]->s.arg))
				break;
		ASSERT_EQ(1, send_typed(fd, msg.type, msg.priority, step));
		if (hit == waiting) {
			ASSERT_EQ(++queued, get_depth(fd)) {
				TH_LOG("step %ld: somebody took what nobody selects", step);
			}
			continue;
		}
		w = line[hit];
		ASSERT_EQ(queued, get_depth(fd));
		ASSERT_EQ(0, reap(w->pid));
		ASSERT_EQ(1, w->ret);
		ASSERT_EQ(step, w->number);
		memmove(&line[hit], &line[hit + 1], (--waiting - hit) * sizeof(line[0]));
		line[waiting] = w;
		/* Let the queue be empty for the newcomers. */
		if (waiting < WAITERS / 2)
			queued -= drain(fd);
	}
	for (i = 0; i < waiting; i++) {
		kill(line[i]->pid, SIGKILL);
		EXPECT_EQ(KILLED_BY(SIGKILL), reap(line[i]->pid));
	}
	EXPECT_EQ(0, wait_receivers(fd, 0));
}

/* ---- cost ---- */

/* Short rounds: some fall into a quiet moment of a busy machine. */
#define ROUNDS	200
#define OPS	5

/* Least time of ROUNDS times OPS sends and receives of one message. */
static long long best_time(int fd, const struct selection *s, __u64 type, __u32 priority)
{
	long long best = INT64_MAX;
	int round, i;

	for (round = 0; round < ROUNDS; round++) {
		long long start = now_ns(CLOCK_MONOTONIC), took;
		__u64 number;

		for (i = 0; i < OPS; i++) {
			if (send_typed(fd, type, priority, i) != 1 ||
			    recv_selected(fd, s, &number, IPCX_XFER_NONBLOCK) != 1 || number != i)
				return -1;
		}
		took = now_ns(CLOCK_MONOTONIC) - start;
		if (took < best)
			best = took;
	}
	return best;
}

static int fill_with(int fd, int n, __u64 type, __u32 priority)
{
	int i;

	for (i = 0; i < n; i++)
		if (send_typed(fd, type, priority, UINT64_MAX) != 1)
			return -1;
	return 0;
}

/* A walk over 10,000 messages takes a hundred times longer, not eight times. */
#define SLOWER	8

TEST(messages_that_do_not_match_cost_nothing)
{
	static const struct {
		struct selection s;
		__u64 other_type, type;
		__u32 other_priority, priority;
	} cases[] = {
		{ { IPCX_MATCH_TYPE, 5 }, 4, 5, 9, 0 },
		{ { IPCX_MATCH_NOT_TYPE, 5 }, 5, 6, 9, 0 },
		{ { IPCX_MATCH_LOWEST_TYPE, 5 }, 6, 5, 9, 0 },
		{ { IPCX_MATCH_MIN_PRIORITY, 5 }, 4, 4, 4, 5 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		int few = queue_of(20), many = queue_of(10100);
		long long fast, slow;

		ASSERT_LE(0, few);
		ASSERT_LE(0, many);
		ASSERT_EQ(0, fill_with(few, 10, cases[i].other_type, cases[i].other_priority));
		ASSERT_EQ(0, fill_with(many, 10000, cases[i].other_type,
				       cases[i].other_priority));
		fast = best_time(few, &cases[i].s, cases[i].type, cases[i].priority);
		slow = best_time(many, &cases[i].s, cases[i].type, cases[i].priority);
		ASSERT_LT(0, fast);
		ASSERT_LT(0, slow);
		EXPECT_LT(slow, SLOWER * fast) {
			TH_LOG("match %u: %lld ns with 10 messages, %lld ns with 10,000",
			              cases[i].s.match, fast / OPS, slow / OPS);
		}
		EXPECT_EQ(10000, get_depth(many));
		close(few);
		close(many);
	}
}

struct thread_arg {
	int fd;
	__u64 type;
	__u64 number;
	int ret;
};

static void *wait_for_type(void *arg)
{
	struct thread_arg *t = arg;
	struct selection s = { .match = IPCX_MATCH_TYPE, .arg = t->type };

	t->ret = recv_selected(t->fd, &s, &t->number, 0);
	return NULL;
}

/* Threads are what this test takes its time for where processors are emulated. */
static int many_threads(void)
{
	if (timeout_factor() == 1)
		return 10000;
	return timeout_factor() > 10 ? 500 : 2000;
}

TEST(waiters_that_do_not_match_cost_nothing)
{
	const int threads = many_threads();
	/* A walk over fewer waiters is not that much slower. */
	const int slower = threads < 10000 ? 3 : SLOWER;
	struct selection s = { .match = IPCX_MATCH_TYPE, .arg = 0 };
	struct thread_arg *args = calloc(threads, sizeof(*args));
	pthread_t *ids = calloc(threads, sizeof(*ids));
	int fd = queue_of(threads + 1), i, wrong = 0;
	long long fast, slow;
	pthread_attr_t attr;

	ASSERT_LE(0, fd);
	fast = best_time(fd, &s, 0, 0);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 << 10);
	for (i = 0; i < threads; i++) {
		args[i] = (struct thread_arg){ .fd = fd, .type = 1 + i };
		ASSERT_EQ(0, pthread_create(&ids[i], &attr, wait_for_type, &args[i])) {
			TH_LOG("thread %d", i);
		}
	}
	ASSERT_EQ(0, wait_receivers(fd, threads));
	slow = best_time(fd, &s, 0, 0);
	ASSERT_LT(0, fast);
	ASSERT_LT(0, slow);
	EXPECT_LT(slow, slower * fast) {
		TH_LOG("%lld ns with no waiter, %lld ns with %d", fast / OPS, slow / OPS, threads);
	}

	/* Each still gets its own, whatever the order. */
	for (i = threads - 1; i >= 0; i--) {
		ASSERT_EQ(1, send_typed(fd, 1 + i, i % 7, i));
	}
	for (i = 0; i < threads; i++) {
		pthread_join(ids[i], NULL);
		wrong += args[i].ret != 1 || args[i].number != i;
	}
	EXPECT_EQ(0, wrong);
	EXPECT_TRUE(is_empty(fd));
	free(args);
	free(ids);
}

TEST_HARNESS_MAIN
