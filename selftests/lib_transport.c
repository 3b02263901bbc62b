// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Transports on the device, and native ones beside them: several processes at one end. Each
 * message arrives once, at one receiver, or once at each; a sender's messages stay in order;
 * one that is killed takes nothing of the others with it.
 */
#include <stdatomic.h>
#include <sys/time.h>

#include "common.h"

#include <ipcx/transport.h>

#define MOST		3
#define EACH		200
#define DEPTH		8
/* Of a message that ends a receiver. */
#define STOP		MOST
/* What the victim has sent at least when it is killed. */
#define BEFORE_KILL	20
/* Pairs of a mechanism, of messages so large that their memory takes longer than a signal. */
#define OPENED		10
#define LARGE		(64 * 1024)
/* Nobody waits for ever for one that has failed. */
#define LIMIT_S		20

struct note {
	uint32_t sender;
	uint32_t number;
};

/**
 * struct tally - In shared memory.
 * @ready: children that have an end
 * @left: senders, but for the first, that may still send
 * @sent: by each sender, as far as its calls have returned
 * @received: by each receiver from each sender
 * @disorder: messages that came before an earlier one of the same sender
 */
struct tally {
	_Atomic unsigned int ready;
	_Atomic unsigned int left;
	_Atomic uint32_t sent[MOST];
	uint32_t received[MOST][MOST];
	uint32_t disorder;
};

FIXTURE(many) {
	const struct ipcx_transport_ops *ops;
	struct ipcx_transport_pair *pair;
	struct tally *tally;
	unsigned int senders, receivers;
	pid_t pids[2 * MOST];
};

typedef FIXTURE_DATA(many) env_t;

FIXTURE_VARIANT(many) {
	const char *name;
};

#define TRANSPORT(variant_name, text) \
	FIXTURE_VARIANT_ADD(many, variant_name) { .name = text }

TRANSPORT(queue, "ipcx-queue");
TRANSPORT(queue_rw, "ipcx-queue-rw");
TRANSPORT(mbox, "ipcx-mbox");
TRANSPORT(mbox_ring, "ipcx-mbox-ring");
TRANSPORT(ring_mpsc, "ipcx-ring-mpsc");
TRANSPORT(ring_broadcast, "ipcx-ring-broadcast");
TRANSPORT(pipe, "pipe");
TRANSPORT(fifo, "fifo");
TRANSPORT(posix_mq, "posix-mq");
TRANSPORT(sysv_mq, "sysv-mq");
TRANSPORT(unix_dgram, "unix-dgram");
TRANSPORT(unix_seqpacket, "unix-seqpacket");

static int open_pair_of(struct ipcx_transport_pair **pair, const struct ipcx_transport_ops *ops,
			size_t size)
{
	IPCX_OPTS(ipcx_transport_opts, opts);
	char why[IPCX_TRANSPORT_WHY];
	int err;

	opts.msg_size = size;
	opts.depth = DEPTH;
	opts.flags = IPCX_TRANSPORT_FIXED;
	err = ipcx_transport_open(pair, ops, &opts, why);
	if (err)
		fprintf(stderr, "# %s: %s\n", ops->name, why);
	return err;
}

static int open_pair(struct ipcx_transport_pair **pair, const struct ipcx_transport_ops *ops)
{
	return open_pair_of(pair, ops, sizeof(struct note));
}

FIXTURE_SETUP(many)
{
	self->ops = ipcx_transport_find(variant->name);
	ASSERT_NE(NULL, self->ops);
	self->senders = self->ops->caps & IPCX_TRANSPORT_MANY_SENDERS ? MOST : 1;
	self->receivers = self->ops->caps & IPCX_TRANSPORT_MANY_RECEIVERS ? MOST : 1;
	self->tally = shared_memory(sizeof(*self->tally));
	ASSERT_EQ(0, open_pair(&self->pair, self->ops));
	ipcx_transport_leave(self->pair);
}

FIXTURE_TEARDOWN(many)
{
	ipcx_transport_close(self->pair);
	munmap(self->tally, sizeof(*self->tally));
}

static bool broadcasts(const env_t *env)
{
	return env->ops->caps & IPCX_TRANSPORT_BROADCAST;
}

static int send_note(struct ipcx_transport_end *end, uint32_t sender, uint32_t number)
{
	static struct note *note;
	struct ipcx_transport_msg msg = { .len = sizeof(*note) };

	if (!note)
		note = ipcx_transport_buffer(sizeof(*note));
	if (!note)
		return -ENOMEM;
	*note = (struct note){ sender, number };
	msg.buf = note;
	return ipcx_transport_send(end, &msg);
}

/* All of them have their ends before the first message. */
static void meet(const env_t *env)
{
	atomic_fetch_add(&env->tally->ready, 1);
	while (atomic_load(&env->tally->ready) < env->senders + env->receivers)
		usleep(1000);
}

static int stop_receivers(const env_t *env, struct ipcx_transport_end *end)
{
	unsigned int i, stops = broadcasts(env) ? 1 : env->receivers;

	while (atomic_load(&env->tally->left))
		usleep(1000);
	for (i = 0; i < stops; i++)
		MUST_BE(0, send_note(end, STOP, 0));
	return 0;
}

/* The first one outlives the others, and ends the receivers. */
static int sender(const env_t *env, unsigned int me, unsigned int count)
{
	struct ipcx_transport_end *end = ipcx_transport_attach(env->pair, 1);
	uint32_t i;

	meet(env);
	for (i = 0; i < count; i++) {
		MUST_BE(0, send_note(end, me, i));
		atomic_store(&env->tally->sent[me], i + 1);
	}
	if (!me)
		return stop_receivers(env, end);
	atomic_fetch_sub(&env->tally->left, 1);
	return 0;
}

static int receiver(const env_t *env, unsigned int me)
{
	struct ipcx_transport_end *end = ipcx_transport_attach(env->pair, 0);
	struct ipcx_transport_msg msg = { .buf = ipcx_transport_buffer(sizeof(struct note)) };
	const struct note *note = msg.buf;
	uint32_t next[MOST] = { 0 };

	MUST(msg.buf);
	meet(env);
	for (;;) {
		msg.len = sizeof(*note);
		MUST_BE(0, ipcx_transport_recv(end, &msg));
		MUST_BE(sizeof(*note), msg.len);
		if (note->sender == STOP)
			return 0;
		MUST(note->sender < MOST);
		if (note->number < next[note->sender])
			env->tally->disorder++;
		next[note->sender] = note->number + 1;
		env->tally->received[me][note->sender]++;
	}
}

static int member(const env_t *env, unsigned int i, unsigned int count)
{
	alarm(LIMIT_S * timeout_factor());
	return i < env->senders ? sender(env, i, count) : receiver(env, i - env->senders);
}

/* Of the last sender it is another count than of the others. */
static int start(env_t *env, unsigned int last_count)
{
	unsigned int i, count;
	pid_t pid;

	atomic_store(&env->tally->left, env->senders - 1);
	for (i = 0; i < env->senders + env->receivers; i++) {
		count = i == env->senders - 1 ? last_count : EACH;
		pid = fork();
		if (pid < 0)
			return -errno;
		if (pid == 0)
			_exit(member(env, i, count));
		env->pids[i] = pid;
	}
	return 0;
}

static unsigned int received(const env_t *env, unsigned int from)
{
	unsigned int i, sum = 0;

	for (i = 0; i < env->receivers; i++)
		sum += env->tally->received[i][from];
	return sum;
}

TEST_F(many, each_arrives_once)
{
	unsigned int i, r;

	ASSERT_EQ(0, start(self, EACH));
	for (i = 0; i < self->senders + self->receivers; i++)
		EXPECT_EQ(0, reap(self->pids[i]));
	EXPECT_EQ(0, self->tally->disorder);
	for (i = 0; i < self->senders; i++) {
		if (!broadcasts(self)) {
			EXPECT_EQ(EACH, received(self, i));
			continue;
		}
		for (r = 0; r < self->receivers; r++)
			EXPECT_EQ(EACH, self->tally->received[r][i]);
	}
}

static bool victim_is_at_it(void *arg)
{
	const env_t *env = arg;

	return atomic_load(&env->tally->sent[env->senders - 1]) >= BEFORE_KILL;
}

/* What it had sent has arrived, and perhaps what it was sending, and all of the others. */
TEST_F(many, killed_sender)
{
	unsigned int i, victim = self->senders - 1;

	if (!victim)
		return;
	ASSERT_EQ(0, start(self, UINT32_MAX));
	ASSERT_EQ(0, wait_until(victim_is_at_it, self));
	ASSERT_EQ(0, kill(self->pids[victim], SIGKILL));
	EXPECT_EQ(KILLED_BY(SIGKILL), reap(self->pids[victim]));
	atomic_fetch_sub(&self->tally->left, 1);
	for (i = 0; i < self->senders + self->receivers; i++)
		if (i != victim)
			EXPECT_EQ(0, reap(self->pids[i]));
	EXPECT_EQ(0, self->tally->disorder);
	for (i = 0; i < victim; i++)
		EXPECT_EQ(EACH, received(self, i));
	EXPECT_GE(received(self, victim), atomic_load(&self->tally->sent[victim]));
	EXPECT_LE(received(self, victim), atomic_load(&self->tally->sent[victim]) + 1);
}

/* ---- places that one process has ---- */

static int one_too_many(struct ipcx_transport_pair *pair, int side, bool sends)
{
	struct ipcx_transport_end *end = ipcx_transport_attach(pair, side);
	struct ipcx_transport_msg msg = { .buf = ipcx_transport_buffer(sizeof(struct note)),
					  .len = sizeof(struct note) };

	MUST(msg.buf);
	if (sends)
		MUST_BE(-EBUSY, ipcx_transport_send(end, &msg));
	else
		MUST_BE(-EBUSY, ipcx_transport_recv(end, &msg));
	return 0;
}

/* Who has an end until he is told that it is over. */
static int first_of_one(struct ipcx_transport_pair *pair, int side, struct tally *tally)
{
	alarm(LIMIT_S * timeout_factor());
	ipcx_transport_attach(pair, side);
	atomic_fetch_add(&tally->ready, 1);
	while (atomic_load(&tally->ready) < MOST)
		usleep(1000);
	return 0;
}

static bool both_are_there(void *arg)
{
	return atomic_load(&((struct tally *)arg)->ready) == 2;
}

static int only_one(const char *name, struct tally *tally, bool sends)
{
	struct ipcx_transport_pair *pair;
	pid_t firsts[2], pid;
	int side;

	MUST_BE(0, open_pair(&pair, ipcx_transport_find(name)));
	ipcx_transport_leave(pair);
	atomic_store(&tally->ready, 0);
	for (side = 0; side < 2; side++) {
		firsts[side] = fork();
		if (firsts[side] == 0)
			_exit(first_of_one(pair, side, tally));
	}
	MUST_BE(0, wait_until(both_are_there, tally));
	pid = fork();
	if (pid == 0)
		_exit(one_too_many(pair, 1, sends));
	MUST_BE(0, reap(pid));
	atomic_fetch_add(&tally->ready, 1);
	MUST_BE(0, reap(firsts[0]));
	MUST_BE(0, reap(firsts[1]));
	ipcx_transport_close(pair);
	return 0;
}

TEST(second_of_one)
{
	struct tally *tally = shared_memory(sizeof(*tally));

	EXPECT_EQ(0, only_one("ipcx-ring-spsc", tally, true));
	EXPECT_EQ(0, only_one("ipcx-ring-spsc", tally, false));
	EXPECT_EQ(0, only_one("ipcx-ring-memfd", tally, true));
	EXPECT_EQ(0, only_one("ipcx-ring-mpsc", tally, false));
	EXPECT_EQ(0, only_one("ipcx-ring-broadcast", tally, true));
	munmap(tally, sizeof(*tally));
}

/* ---- opening ---- */

static void nothing(int signo)
{
	(void)signo;
}

/* Some kernels end fallocate(2) by any signal, with nothing allocated. */
TEST(open_under_signals)
{
	static const char *const names[] = {
		"shm-posix-futex", "shm-memfd", "shm-file", "ipcx-ring-memfd", "tcp",
		"ipcx-queue", "ipcx-mbox", "ipcx-mbox-ring", "ipcx-ring-spsc",
	};
	const struct sigaction action = { .sa_handler = nothing };
	const struct itimerval often = { { .tv_usec = 500 }, { .tv_usec = 500 } }, never = { 0 };
	struct ipcx_transport_pair *pair;
	unsigned int i, n;

	ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &often, NULL));
	for (i = 0; i < ARRAY_SIZE(names); i++)
		for (n = 0; n < OPENED; n++) {
			ASSERT_EQ(0, open_pair_of(&pair, ipcx_transport_find(names[i]), LARGE));
			ipcx_transport_close(pair);
		}
	setitimer(ITIMER_REAL, &never, NULL);
}

TEST_HARNESS_MAIN
