// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Adaptive waiting: where it can be asked for, that it changes nothing but the time
 * that a call takes, and that it ends when it shall: with the peer's run, with the
 * budget, a deadline, a signal, a death.
 */
#include "mbox.h"
#include "endings.h"
#include "tracing.h"

#include <sys/resource.h>

#define SPIN_NS	IPCX_SPIN_NS_MAX

static int pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) < 0 ? -errno : 0;
}

static int open_spinning(__u32 spin_ns, __u64 *port)
{
	struct ipcx_mbox_attr attr = { .flags = IPCX_MBOX_ADDRESSABLE, .spin_ns = spin_ns };

	return open_mbox_attr(NULL, MBOX_CREATE, 0600, &attr, port);
}

FIXTURE(adaptive)
{
	int mbox;
	int fd;
	__u64 port;
};

FIXTURE_SETUP(adaptive)
{
	start_watchdog();
	self->mbox = open_spinning(SPIN_NS, &self->port);
	ASSERT_LE(0, self->mbox);
	self->fd = open_port(self->port, 0);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(adaptive)
{
	close(self->fd);
	close(self->mbox);
}

/* ---- what can be asked for ---- */

TEST(budget)
{
	static const __u32 good[] = { 0, 1, 1000, IPCX_SPIN_NS_MAX };
	static const __u32 bad[] = { IPCX_SPIN_NS_MAX + 1, 1U << 31, ~0U };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		int mbox = open_spinning(good[i], NULL);

		ASSERT_LE(0, mbox);
		close(mbox);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, open_spinning(bad[i], NULL));
	}
}

static int call_until(int fd, __u32 flags, long long ns)
{
	__u64 number = 1, answer;
	struct ipcx_call call = make_call(&number, sizeof(number), &answer, sizeof(answer));

	call.flags = flags | IPCX_XFER_DEADLINE;
	call.clock = CLOCK_MONOTONIC;
	call.deadline_ns = ns ? now_ns(CLOCK_MONOTONIC) + ns : 0;
	return op(fd, IPCX_CALL, &call);
}

static int post_until(int fd, __u32 flags)
{
	struct ipcx_mbox_msg msg = make_mail("", 1, 0, 0);
	struct ipcx_post post = make_post(&msg, 1, flags | IPCX_XFER_DEADLINE);

	post.clock = CLOCK_MONOTONIC;
	return op(fd, IPCX_POST, &post);
}

/* Wherever a mailbox is waited for, but for room. */
TEST_F(adaptive, accepted)
{
	__u64 number = 0;
	struct ipcx_reply r = {
		.flags = IPCX_REPLY_RECV | IPCX_XFER_NONBLOCK | IPCX_XFER_ADAPTIVE,
		.next = make_room(&number, sizeof(number)),
	};
	const __u32 flags = IPCX_XFER_NONBLOCK | IPCX_XFER_ADAPTIVE;

	EXPECT_EQ(-EAGAIN, recv_mail(self->mbox, &number, 8, NULL, flags));
	EXPECT_EQ(-EAGAIN, op(self->mbox, IPCX_REPLY, &r));
	EXPECT_EQ(-ETIMEDOUT, call_until(self->fd, IPCX_XFER_ADAPTIVE, 0));
	EXPECT_EQ(-ETIMEDOUT, post_until(self->fd, IPCX_POST_SYNC | IPCX_XFER_ADAPTIVE));
	EXPECT_TRUE(is_empty(self->mbox));
	ASSERT_EQ(1, post_number(self->fd, 5));
	EXPECT_EQ(1, recv_mail(self->mbox, &number, 8, NULL, IPCX_XFER_ADAPTIVE));
	EXPECT_EQ(5, number);
	ASSERT_EQ(1, post_number(self->fd, 6));
	r.next = make_room(&number, sizeof(number));
	EXPECT_EQ(1, op(self->mbox, IPCX_REPLY, &r));
	EXPECT_EQ(6, number);
}

TEST_F(adaptive, refused)
{
	struct ipcx_reply r = { .token = 1, .flags = IPCX_XFER_ADAPTIVE };
	int queue = small_queue(4), own = new_mbox(NULL);
	__u64 number;

	ASSERT_LE(0, queue);
	ASSERT_LE(0, own);
	EXPECT_EQ(-EINVAL, send_msg(queue, "", 1, 0, 0, IPCX_XFER_ADAPTIVE));
	ASSERT_EQ(1, send_number(queue, 1, 0));
	EXPECT_EQ(-EINVAL, recv_msg(queue, &number, 8, NULL, IPCX_XFER_ADAPTIVE));
	EXPECT_EQ(1, recv_msg(queue, &number, 8, NULL, 0));
	EXPECT_EQ(-EINVAL, post_mail(self->fd, "", 1, 0, 0, -1, IPCX_XFER_ADAPTIVE));
	EXPECT_EQ(-EINVAL, post_mail(self->fd, "", 1, 0, 0, own,
				     IPCX_XFER_ADAPTIVE | IPCX_POST_CALL));
	EXPECT_EQ(-EINVAL, op(self->mbox, IPCX_REPLY, &r));
	r.flags = 0;
	EXPECT_EQ(-ESTALE, op(self->mbox, IPCX_REPLY, &r));
	EXPECT_TRUE(is_empty(self->mbox));
	close(own);
	close(queue);
}

/* ---- callers and servers ---- */

/* What a server does with some requests. */
#define STOP	(~0ULL)
#define SLOW	(~1ULL)

struct server {
	int mbox, cpu;
	__u32 flags;
	long busy_ns, asleep_ns;	/* before the reply to a slow one; -1: for ever */
	long late_ns;			/* busy between a reply and the next receive */
	volatile bool taken;		/* a slow one */
};

static void be_busy(long ns)
{
	long long end = now_ns(CLOCK_MONOTONIC) + ns;

	while (ns < 0 || now_ns(CLOCK_MONOTONIC) < end)
		;
}

static int reply_only(int mbox, __u64 token, const struct ipcx_mbox_msg *reply)
{
	struct ipcx_reply r = { .token = token, .reply = *reply };

	return op(mbox, IPCX_REPLY, &r);
}

/* Answers with what it got plus one; longer requests come back as they are. */
static int serve(void *arg)
{
	static __u64 buf[8192];
	struct server *s = arg;
	struct ipcx_reply r = { 0 };

	MUST_BE(0, pin(s->cpu));
	r.flags = IPCX_REPLY_RECV | s->flags;
	for (;;) {
		r.next = make_room(buf, sizeof(buf));
		MUST_BE(1, op(s->mbox, IPCX_REPLY, &r));
		if (buf[0] == STOP)
			return 0;
		if (buf[0] == SLOW) {
			s->taken = true;
			be_busy(s->busy_ns);
			sleep_ns(s->asleep_ns);
		}
		buf[0]++;
		r.token = r.next.token;
		r.reply = make_mail(buf, r.next.len, 0, 0);
		if (s->late_ns) {
			MUST_BE(0, reply_only(s->mbox, r.token, &r.reply));
			r.token = 0;
			r.reply = (struct ipcx_mbox_msg){ 0 };
			be_busy(s->late_ns);
		}
	}
}

static struct server *new_server(int mbox, int cpu, __u32 flags)
{
	struct server *s = shared_memory(sizeof(*s));

	*s = (struct server){ .mbox = mbox, .cpu = cpu, .flags = flags };
	return s;
}

struct client {
	int fd, cpu;
	__u32 flags;
	uint64_t seed;
	long calls;
	int slow;		/* each so manieth call is a slow one; 0: none */
	uint64_t digest;
	long long cpu_ns;	/* time on the processor */
	long long least_ns, most_ns;	/* of that in a slow call */
	long sleeps, switches;
};

static void note_slow(struct client *c, long long ns)
{
	if (!c->least_ns || ns < c->least_ns)
		c->least_ns = ns;
	if (ns > c->most_ns)
		c->most_ns = ns;
}

/* One call with a random request; a slow one is short. */
static int call_random(struct client *c, bool slow)
{
	static __u64 out[8192], in[8192];
	size_t words = 1 + rnd_below(&c->seed, rnd_below(&c->seed, 10) ? 8 : 8192), at;
	struct ipcx_call call;
	long long began;

	for (at = 0; at < words; at++)
		out[at] = rnd(&c->seed) >> 1;
	if (slow) {
		out[0] = SLOW;
		words = 1;
	}
	call = make_call(out, words * 8, in, sizeof(in));
	call.flags = c->flags;
	began = now_ns(CLOCK_THREAD_CPUTIME_ID);
	MUST_BE(0, op(c->fd, IPCX_CALL, &call));
	if (slow)
		note_slow(c, now_ns(CLOCK_THREAD_CPUTIME_ID) - began);
	MUST_BE(words * 8, call.reply.len);
	MUST(in[0] == out[0] + 1);
	MUST_BE(0, memcmp(in + 1, out + 1, (words - 1) * 8));
	c->digest = (c->digest + in[0] + in[words - 1]) * 0x9e3779b97f4a7c15ULL;
	return 0;
}

static int call_many(void *arg)
{
	struct client *c = arg;
	struct rusage usage;
	long i;

	MUST_BE(0, pin(c->cpu));
	for (i = 0; i < c->calls; i++)
		if (call_random(c, c->slow && i % c->slow == c->slow - 1))
			return 1;
	c->cpu_ns = now_ns(CLOCK_THREAD_CPUTIME_ID);
	MUST(getrusage(RUSAGE_SELF, &usage) == 0);
	c->sleeps = usage.ru_nvcsw;
	c->switches = usage.ru_nvcsw + usage.ru_nivcsw;
	return 0;
}

/* So many calls from one processor to another, or to the same; 0 where all went well. */
static int run(int mbox, int fd, struct server *s, struct client *c)
{
	pid_t server = spawn(serve, s), client;
	int ret;

	MUST(fd >= 0 && mbox >= 0);
	client = spawn(call_many, c);
	ret = reap(client);
	MUST_BE(1, post_number(fd, STOP));
	MUST_BE(0, reap(server));
	return ret;
}

static struct client *new_client(int fd, int cpu, __u32 flags, long calls)
{
	struct client *c = shared_memory(sizeof(*c));

	*c = (struct client){ .fd = fd, .cpu = cpu, .flags = flags, .calls = calls };
	return c;
}

static bool has_two_processors(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN) >= 2;
}

#define NEED_TWO_PROCESSORS()							\
	do {									\
		if (!has_two_processors())					\
			SKIP(return, "needs two processors (tools/vm/run --cpus)");	\
	} while (0)

/* Each way of waiting on either side gives the same. */
TEST_F(adaptive, same_results)
{
	static const __u32 flags[][2] = {
		{ 0, 0 }, { IPCX_XFER_ADAPTIVE, IPCX_XFER_ADAPTIVE },
		{ IPCX_XFER_ADAPTIVE, 0 }, { 0, IPCX_XFER_ADAPTIVE },
	};
	uint64_t seed = test_seed(), digest = 0;
	size_t i;

	NEED_TWO_PROCESSORS();
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		struct server *s = new_server(self->mbox, 0, flags[i][0]);
		struct client *c = new_client(self->fd, 1, flags[i][1],
					      scaled_to_kernel(1500, 200000));

		c->seed = seed;
		ASSERT_EQ(0, run(self->mbox, self->fd, s, c));
		if (!i)
			digest = c->digest;
		EXPECT_EQ(digest, c->digest);
		EXPECT_TRUE(is_empty(self->mbox));
	}
}

/* ---- what it does, by its tracepoint ---- */

/* The emulator may keep the peer off its processor: what is rare is tried so often. */
#define TRIES	50
/* What is the rule, but not on a host that has other things to do. */
#define FEW_TRIES	10

struct spins {
	long n, hits;
	unsigned long long ns, longest, last;
};

static int read_spins(const struct tracing *t, __u64 port, struct spins *spins)
{
	struct tracing_lines lines = { 0 };
	int ret = tracing_read(t, &lines, "ipcx_spin", port);

	*spins = (struct spins){ 0 };
	if (ret)
		return ret;
	while (tracing_next(&lines)) {
		const char *at = strstr(lines.line, " ns=");
		unsigned long long ns = at ? strtoull(at + 4, NULL, 10) : ~0ULL;

		spins->n++;
		spins->hits += !!strstr(lines.line, " hit=1");
		spins->ns += ns;
		if (ns > spins->longest)
			spins->longest = ns;
		spins->last = ns;
	}
	return 0;
}

/* Runs with the tracepoint on. */
static int run_traced(int mbox, int fd, struct server *s, struct client *c, __u64 port,
		      struct spins *spins)
{
	struct tracing t = { 0 };
	int ret;

	MUST_BE(0, tracing_open(&t));
	MUST_BE(0, tracing_enable(&t, "ipcx_spin", true));
	ret = run(mbox, fd, s, c);
	MUST_BE(0, tracing_enable(&t, "ipcx_spin", false));
	MUST_BE(0, read_spins(&t, port, spins));
	tracing_close(&t);
	printf("# %ld waits, %ld met, %llu us spun, %llu us at most; %ld sleeps, %lld us\n"
	       "# slow calls: %lld to %lld us\n",
	       spins->n, spins->hits, spins->ns / 1000, spins->longest / 1000, c->sleeps,
	       c->cpu_ns / 1000, c->least_ns / 1000, c->most_ns / 1000);
	fflush(stdout);
	return ret;
}

/* Replies come while a caller spins, who then does not sleep. */
TEST_F(adaptive, spins_while_the_peer_runs)
{
	struct server *s = new_server(self->mbox, 0, IPCX_XFER_ADAPTIVE);
	struct client *c = new_client(self->fd, 1, IPCX_XFER_ADAPTIVE, 100);
	struct spins spins = { 0 };
	int i;

	NEED_TWO_PROCESSORS();
	for (i = 0; i < TRIES && spins.hits <= 10; i++) {
		ASSERT_EQ(0, run_traced(self->mbox, self->fd, s, c, self->port, &spins));
		EXPECT_LE(100, spins.n);
	}
	EXPECT_LT(10, spins.hits);
}

TEST_F(adaptive, does_not_unless_asked)
{
	struct server *s = new_server(self->mbox, 0, 0);
	struct client *c = new_client(self->fd, 1, 0, 50);
	struct spins spins;

	NEED_TWO_PROCESSORS();
	ASSERT_EQ(0, run_traced(self->mbox, self->fd, s, c, self->port, &spins));
	EXPECT_EQ(0, spins.n);
}

/* ---- how two come to spin for each other ---- */

/* Calls of a server, and how many of them the caller was put to sleep in. */
struct sleeper {
	int fd;
	__u32 flags;
	long calls, pause_ns, sleeps;
};

static int call_and_count(void *arg)
{
	struct sleeper *c = arg;
	struct rusage before, after;
	__u64 number, answer;
	long i;

	MUST_BE(0, pin(1));
	for (i = 0; i < c->calls; i++) {
		struct ipcx_call call = make_call(&number, 8, &answer, 8);

		number = i;
		call.flags = c->flags;
		sleep_ns(c->pause_ns);
		MUST(getrusage(RUSAGE_SELF, &before) == 0);
		MUST_BE(0, op(c->fd, IPCX_CALL, &call));
		MUST(getrusage(RUSAGE_SELF, &after) == 0);
		MUST_BE(number + 1, answer);
		c->sleeps += after.ru_nvcsw > before.ru_nvcsw;
	}
	return 0;
}

static struct sleeper *new_sleeper(int fd, __u32 flags, long calls, long pause_ns)
{
	struct sleeper *c = shared_memory(sizeof(*c));

	*c = (struct sleeper){ .fd = fd, .flags = flags, .calls = calls, .pause_ns = pause_ns };
	return c;
}

static int run_sleeper(int fd, struct server *s, struct sleeper *c)
{
	pid_t server = spawn(serve, s);
	int ret;

	c->sleeps = 0;
	ret = reap(spawn(call_and_count, c));
	MUST_BE(1, post_number(fd, STOP));
	MUST_BE(0, reap(server));
	printf("# the caller slept in %ld of %ld calls\n", c->sleeps, c->calls);
	return ret;
}

/* A server that sleeps when the request comes: it is about to run. */
TEST_F(adaptive, while_the_server_wakes_up)
{
	struct server *s = new_server(self->mbox, 0, 0);
	struct sleeper *c = new_sleeper(self->fd, IPCX_XFER_ADAPTIVE, 50, NSEC_PER_MSEC);
	int i = 0;

	NEED_TWO_PROCESSORS();
	/* By luck it runs already in every second one. */
	do {
		ASSERT_EQ(0, run_sleeper(self->fd, s, c));
	} while (c->sleeps >= c->calls / 4 && ++i < FEW_TRIES);
	EXPECT_GT(c->calls / 4, c->sleeps);
}

/* A server that runs and does not wait yet will come for the request. */
TEST_F(adaptive, while_the_request_is_queued)
{
	struct server *s = new_server(self->mbox, 0, 0);
	struct sleeper *c = new_sleeper(self->fd, IPCX_XFER_ADAPTIVE, 50, 0);
	int i = 0;

	NEED_TWO_PROCESSORS();
	s->late_ns = NSEC_PER_MSEC;
	do {
		ASSERT_EQ(0, run_sleeper(self->fd, s, c));
	} while (c->sleeps >= c->calls / 2 && ++i < FEW_TRIES);
	EXPECT_GT(c->calls / 2, c->sleeps);
}

/* On one processor nobody spins for another. */
static void check_one_processor(struct __test_metadata *_metadata,
				const FIXTURE_DATA(adaptive) *self)
{
	struct server *s = new_server(self->mbox, 0, IPCX_XFER_ADAPTIVE);
	struct client *c = new_client(self->fd, 0, IPCX_XFER_ADAPTIVE, 100);
	struct spins spins;

	ASSERT_EQ(0, run_traced(self->mbox, self->fd, s, c, self->port, &spins));
	EXPECT_EQ(0, spins.hits);
	/* Next to the 10 ms that each could have spun. */
	EXPECT_GE(c->calls * SPIN_NS / 10, spins.ns);
	EXPECT_LE(c->calls, c->switches);
}

TEST_F(adaptive, not_on_the_peers_processor)
{
	check_one_processor(_metadata, self);
}

#define SECOND "/sys/devices/system/cpu/cpu1/online"

FIXTURE(one)
{
	FIXTURE_DATA(adaptive) a;
	bool offline;
};

FIXTURE_SETUP(one)
{
	start_watchdog();
	if (has_two_processors()) {
		ASSERT_EQ(0, write_file(SECOND, "0"));
		self->offline = true;
	}
	self->a.mbox = open_spinning(SPIN_NS, &self->a.port);
	ASSERT_LE(0, self->a.mbox);
	self->a.fd = open_port(self->a.port, 0);
	ASSERT_LE(0, self->a.fd);
}

FIXTURE_TEARDOWN(one)
{
	close(self->a.fd);
	close(self->a.mbox);
	if (self->offline) {
		EXPECT_EQ(0, write_file(SECOND, "1"));
	}
}

TEST_F(one, processor_in_the_machine)
{
	if (sysconf(_SC_NPROCESSORS_ONLN) != 1)
		SKIP(return, "more than two processors");
	check_one_processor(_metadata, &self->a);
}

/* ---- when it ends ---- */

enum { QUICK = 100, ROUNDS = 5 };

/* Quick calls, during which both sides spin, and slow ones between them. */
static struct client *new_slow_client(int fd)
{
	struct client *c = new_client(fd, 1, IPCX_XFER_ADAPTIVE, ROUNDS * QUICK);

	c->slow = QUICK;
	return c;
}

/* A server that is slow: the caller's processor time does not grow with that. */
TEST_F(adaptive, while_the_peer_sleeps)
{
	struct server *s = new_server(self->mbox, 0, IPCX_XFER_ADAPTIVE);
	struct client *c = new_slow_client(self->fd);
	struct spins spins;

	NEED_TWO_PROCESSORS();
	s->asleep_ns = 100 * NSEC_PER_MSEC;
	ASSERT_EQ(0, run_traced(self->mbox, self->fd, s, c, self->port, &spins));
	/* Not even as long as it might. */
	EXPECT_GT(SPIN_NS * 8 / 10, c->least_ns);
	EXPECT_LE(ROUNDS, c->sleeps);
}

TEST_F(adaptive, while_the_peer_is_busy)
{
	struct server *s = new_server(self->mbox, 0, IPCX_XFER_ADAPTIVE);
	struct spins spins;
	struct client *c;
	int i = 0;

	NEED_TWO_PROCESSORS();
	s->busy_ns = 100 * NSEC_PER_MSEC;
	/* At least once it spins all its budget, and then sleeps. */
	do {
		c = new_slow_client(self->fd);
		ASSERT_EQ(0, run_traced(self->mbox, self->fd, s, c, self->port, &spins));
		EXPECT_GT(s->busy_ns / 2, c->least_ns);
		EXPECT_LE(ROUNDS, c->sleeps);
	} while (c->most_ns < SPIN_NS && ++i < TRIES);
	EXPECT_LE(SPIN_NS, c->most_ns);
}

/* Both sides spin: the next call finds the server on its processor. */
static int warm_up(int fd)
{
	__u64 number, answer;
	int ret = 0;

	for (number = 1; number <= QUICK && !ret; number++) {
		struct ipcx_call call = make_call(&number, 8, &answer, 8);

		call.flags = IPCX_XFER_ADAPTIVE;
		ret = op(fd, IPCX_CALL, &call);
	}
	return ret;
}

/* A call that is not answered: its result, and how long it took. */
static int call_slow(int fd, long long deadline_ns, long long *took)
{
	__u64 number = SLOW, answer;
	struct ipcx_call call = make_call(&number, 8, &answer, 8);
	long long began = now_ns(CLOCK_MONOTONIC);
	int ret;

	call.flags = IPCX_XFER_ADAPTIVE;
	if (deadline_ns) {
		call.flags |= IPCX_XFER_DEADLINE;
		call.clock = CLOCK_MONOTONIC;
		call.deadline_ns = began + deadline_ns;
	}
	ret = op(fd, IPCX_CALL, &call);
	*took = now_ns(CLOCK_MONOTONIC) - began;
	return ret;
}

/* The budget bounds what a deadline is overrun by. */
TEST_F(adaptive, until_the_deadline)
{
	const long long deadline = 5 * NSEC_PER_MSEC;
	struct server *s = new_server(self->mbox, 0, IPCX_XFER_ADAPTIVE);
	long long took;
	pid_t pid;

	NEED_TWO_PROCESSORS();
	s->busy_ns = -1;
	ASSERT_EQ(0, pin(1));
	pid = spawn(serve, s);
	ASSERT_EQ(0, warm_up(self->fd));
	EXPECT_EQ(-ETIMEDOUT, call_slow(self->fd, deadline, &took));
	EXPECT_LE(deadline, took);
	EXPECT_GT(deadline + SPIN_NS + 100 * NSEC_PER_MSEC * timeout_factor(), took);
	kill(pid, SIGKILL);
	EXPECT_EQ(KILLED_BY(SIGKILL), reap(pid));
	EXPECT_EQ(0, get_calls(self->mbox));
}

/* SIGUSR1, every two milliseconds from now on; 0: no more. */
static int set_timer(timer_t timer, long ns)
{
	struct itimerspec soon = { .it_value.tv_nsec = ns, .it_interval.tv_nsec = ns };

	return timer_settime(timer, 0, &soon, NULL) < 0 ? -errno : 0;
}

/* How long the caller spun until the signal came, or -errno. */
static long long spin_until_signal(const struct tracing *t, int fd, __u64 port, timer_t timer)
{
	struct spins spins;
	long long took;
	int ret;

	ret = tracing_clear(t);
	if (!ret)
		ret = warm_up(fd);
	if (!ret)
		ret = set_timer(timer, 2 * NSEC_PER_MSEC);
	if (ret)
		return ret;
	ret = call_slow(fd, 0, &took);
	set_timer(timer, 0);
	if (ret != -EINTR)
		return -EIO;
	ret = read_spins(t, port, &spins);
	return ret ? ret : (long long)spins.last;
}

/* A signal cuts it short. */
TEST_F(adaptive, until_a_signal)
{
	struct server *s = new_server(self->mbox, 0, IPCX_XFER_ADAPTIVE);
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct tracing t = { 0 };
	timer_t timer;
	int i, spun = 0, cut = 0;
	pid_t pid;

	NEED_TWO_PROCESSORS();
	s->busy_ns = -1;
	ASSERT_EQ(0, pin(1));
	ASSERT_EQ(0, catch_signal(0));
	ASSERT_EQ(0, timer_create(CLOCK_MONOTONIC, &event, &timer));
	ASSERT_EQ(0, tracing_open(&t));
	ASSERT_EQ(0, tracing_enable(&t, "ipcx_spin", true));
	/* Now and then the server is off its processor; or the whole machine is. */
	for (i = 0; i < 200 && cut < 2; i++) {
		long long ns;

		pid = spawn(serve, s);
		ns = spin_until_signal(&t, self->fd, self->port, timer);
		ASSERT_LE(0, ns);
		spun += ns > NSEC_PER_MSEC;
		cut += ns > NSEC_PER_MSEC && ns < SPIN_NS * 8 / 10;
		kill(pid, SIGKILL);
		EXPECT_EQ(KILLED_BY(SIGKILL), reap(pid));
	}
	printf("# %d tries, %d spins, %d cut short\n", i, spun, cut);
	EXPECT_LE(2, cut);
	EXPECT_EQ(0, tracing_enable(&t, "ipcx_spin", false));
	tracing_close(&t);
	EXPECT_EQ(0, get_calls(self->mbox));
	EXPECT_TRUE(is_empty(self->mbox));
}

static bool is_taken(void *arg)
{
	return ((struct server *)arg)->taken;
}

struct waiting {
	int fd, ret;
};

static int call_and_tell(void *arg)
{
	struct waiting *w = arg;
	long long took;

	MUST_BE(0, pin(1));
	MUST_BE(0, warm_up(w->fd));
	w->ret = call_slow(w->fd, 0, &took);
	return 0;
}

/* Of the server under a spinning caller, and of the spinning caller. */
TEST_F(adaptive, until_death)
{
	struct server *s = new_server(self->mbox, 0, IPCX_XFER_ADAPTIVE);
	struct waiting *w = shared_memory(sizeof(*w));
	uint64_t seed = test_seed();
	pid_t server, client;
	int i;

	NEED_TWO_PROCESSORS();
	s->busy_ns = -1;
	w->fd = self->fd;
	for (i = 0; i < 10; i++) {
		s->taken = false;
		w->ret = 1;
		server = spawn(serve, s);
		client = spawn(call_and_tell, w);
		ASSERT_EQ(0, wait_until(is_taken, s));
		sleep_ns(rnd_below(&seed, 12 * NSEC_PER_MSEC));
		if (i % 2) {
			kill(client, SIGKILL);
			EXPECT_EQ(KILLED_BY(SIGKILL), reap(client));
		}
		kill(server, SIGKILL);
		EXPECT_EQ(KILLED_BY(SIGKILL), reap(server));
		if (i % 2 == 0) {
			EXPECT_EQ(0, reap(client));
			EXPECT_EQ(-EPIPE, w->ret);
		}
		ASSERT_EQ(0, get_calls(self->mbox));
		ASSERT_TRUE(is_empty(self->mbox));
	}
}

TEST_HARNESS_MAIN
