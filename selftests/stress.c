// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Many senders and receivers at once, with payloads of all sizes, batches,
 * deadlines, selection and (as a variant) kills: every message is received
 * exactly once and whole, and in order within its sender and priority.
 */
#include "common.h"

#define SENDERS		8
#define RECEIVERS	8
#define PRIORITIES	4
#define MAX_BATCH	24
#define MAX_LEN		3000
#define MAX_MSGS	200000	/* of one sender */

/* What a message carries; the rest of it is made from serial. */
struct content {
	__u32 sender;
	__u32 serial;		/* counts within sender and priority */
	__u32 priority;
	__u32 len;
};

struct shared {
	int fd;
	long per_sender;
	uint64_t seed;
	/* One bit each: received. */
	__u8 seen[SENDERS][PRIORITIES][MAX_MSGS / 8];
	/* Next serial of each; the senders' own, but it survives them. */
	volatile __u32 next[SENDERS][PRIORITIES];
	volatile long sent[SENDERS];
	volatile long received;
	volatile bool stop;
	volatile long timeouts;
};

static unsigned char letter(const struct content *c, size_t at)
{
	return c->sender * 31 + c->serial * 7 + at;
}

static void fill(unsigned char *buf, const struct content *c)
{
	size_t at;

	memcpy(buf, c, sizeof(*c));
	for (at = sizeof(*c); at < c->len; at++)
		buf[at] = letter(c, at);
}

static bool is_whole(const unsigned char *buf, const struct ipcx_msg *msg, struct content *c)
{
	size_t at;

	if (msg->len < sizeof(*c))
		return false;
	memcpy(c, buf, sizeof(*c));
	if (c->len != msg->len || c->priority != msg->priority || c->sender != msg->type ||
	    c->sender >= SENDERS || c->priority >= PRIORITIES || c->serial >= MAX_MSGS)
		return false;
	for (at = sizeof(*c); at < c->len; at++)
		if (buf[at] != letter(c, at))
			return false;
	return true;
}

/* A deadline now and then: near, past, or far, on any clock. */
static void random_wait(uint64_t *seed, struct ipcx_xfer *xfer)
{
	static const clockid_t clocks[] = { CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_REALTIME };
	clockid_t clock = clocks[rnd_below(seed, ARRAY_SIZE(clocks))];

	switch (rnd_below(seed, 6)) {
	case 0:
		xfer->flags |= IPCX_XFER_NONBLOCK;
		break;
	case 1:
		set_deadline(xfer, clock, rnd_below(seed, 3));
		break;
	case 2:
		set_deadline(xfer, clock, 100000);
		break;
	default:
		break;
	}
}

struct worker {
	struct shared *s;
	unsigned int index;
	uint64_t seed;
};

static int send_some(struct worker *w)
{
	static unsigned char buf[MAX_BATCH][MAX_LEN];
	struct ipcx_msg msgs[MAX_BATCH];
	struct ipcx_xfer xfer = make_xfer(msgs, 1 + rnd_below(&w->seed, MAX_BATCH), 0);
	__u32 serial[PRIORITIES];
	struct content c[MAX_BATCH];
	struct shared *s = w->s;
	unsigned int i;
	int ret;

	for (i = 0; i < PRIORITIES; i++)
		serial[i] = s->next[w->index][i];
	if (xfer.count > s->per_sender - s->sent[w->index])
		xfer.count = s->per_sender - s->sent[w->index];
	for (i = 0; i < xfer.count; i++) {
		__u32 room = rnd_below(&w->seed, 4) ? 100 : MAX_LEN - sizeof(c[i]);

		c[i].sender = w->index;
		c[i].priority = rnd_below(&w->seed, PRIORITIES);
		c[i].serial = serial[c[i].priority]++;
		c[i].len = sizeof(c[i]) + rnd_below(&w->seed, room);
		fill(buf[i], &c[i]);
		msgs[i] = make_msg(buf[i], c[i].len, w->index, c[i].priority);
	}
	random_wait(&w->seed, &xfer);
	ret = op(s->fd, IPCX_SEND, &xfer);
	if (ret == -EAGAIN || ret == -ETIMEDOUT) {
		__atomic_add_fetch(&s->timeouts, 1, __ATOMIC_RELAXED);
		return 0;
	}
	for (i = 0; (int)i < ret; i++)
		s->next[w->index][c[i].priority]++;
	if (ret > 0)
		s->sent[w->index] += ret;
	return ret < 0 ? ret : 0;
}

static int sender(void *arg)
{
	struct worker *w = arg;
	int ret = 0;

	while (!ret && w->s->sent[w->index] < w->s->per_sender)
		ret = send_some(w);
	return -ret;
}

/* Marks it as received; false where it was already. */
static bool first_time(struct shared *s, const struct content *c)
{
	__u8 *byte = &s->seen[c->sender][c->priority][c->serial / 8];
	__u8 bit = 1 << c->serial % 8;

	return !(__atomic_fetch_or(byte, bit, __ATOMIC_SEQ_CST) & bit);
}

/* Any of the selections under which each message is still for somebody. */
static void random_match(uint64_t *seed, struct ipcx_xfer *xfer)
{
	switch (rnd_below(seed, 8)) {
	case 0:
		xfer->match = IPCX_MATCH_TYPE;
		xfer->match_arg = rnd_below(seed, SENDERS);
		break;
	case 1:
		xfer->match = IPCX_MATCH_NOT_TYPE;
		xfer->match_arg = rnd_below(seed, SENDERS);
		break;
	case 2:
		xfer->match = IPCX_MATCH_LOWEST_TYPE;
		xfer->match_arg = rnd_below(seed, SENDERS);
		break;
	case 3:
		xfer->match = IPCX_MATCH_MIN_PRIORITY;
		xfer->match_arg = rnd_below(seed, PRIORITIES);
		break;
	default:
		break;
	}
}

enum { DAMAGED = 100, TWICE, OUT_OF_ORDER };

static int receive_some(struct worker *w, long next[SENDERS][PRIORITIES])
{
	static unsigned char buf[MAX_BATCH][MAX_LEN];
	struct ipcx_msg msgs[MAX_BATCH];
	struct ipcx_xfer xfer = make_xfer(msgs, 1 + rnd_below(&w->seed, MAX_BATCH), 0);
	int i, ret;

	for (i = 0; i < (int)xfer.count; i++)
		msgs[i] = make_msg(buf[i], MAX_LEN, 0, 0);
	random_match(&w->seed, &xfer);
	/* Those who select, or are asked to end, look up from time to time. */
	set_deadline(&xfer, CLOCK_MONOTONIC, 20);
	ret = op(w->s->fd, IPCX_RECV, &xfer);
	if (ret == -ETIMEDOUT)
		return 0;
	if (ret < 0)
		return ret;
	for (i = 0; i < ret; i++) {
		struct content c;
		long *expected;

		if (!is_whole(buf[i], &msgs[i], &c))
			return -DAMAGED;
		if (!first_time(w->s, &c))
			return -TWICE;
		/* Others may have had those between. */
		expected = &next[c.sender][c.priority];
		if (c.serial < *expected)
			return -OUT_OF_ORDER;
		*expected = c.serial + 1;
	}
	__atomic_add_fetch(&w->s->received, ret, __ATOMIC_SEQ_CST);
	return 0;
}

static int receiver(void *arg)
{
	long next[SENDERS][PRIORITIES] = { 0 };
	struct worker *w = arg;
	int ret = 0;

	while (!ret && !w->s->stop)
		ret = receive_some(w, next);
	return -ret;
}

FIXTURE(stress)
{
	struct shared *s;
	uint64_t seed;
	struct ipcx_info before;
	pid_t senders[SENDERS];
	pid_t receivers[RECEIVERS];
};

FIXTURE_VARIANT(stress)
{
	unsigned int max_msgs;
	unsigned int max_bytes;
};

FIXTURE_VARIANT_ADD(stress, roomy)
{
	.max_msgs = 1000,
	.max_bytes = 1 << 20,
};

FIXTURE_VARIANT_ADD(stress, few_messages)
{
	.max_msgs = 5,
	.max_bytes = 1 << 20,
};

FIXTURE_VARIANT_ADD(stress, few_bytes)
{
	.max_msgs = 1000,
	.max_bytes = 2 * MAX_LEN,
};

FIXTURE_SETUP(stress)
{
	struct ipcx_queue_attr attr = {
		.max_msgs = variant->max_msgs,
		.max_msg_size = MAX_LEN,
		.max_bytes = variant->max_bytes,
	};

	ASSERT_EQ(0, get_info(&self->before));
	self->seed = test_seed();
	self->s = shared_memory(sizeof(*self->s));
	self->s->fd = new_queue(0, &attr);
	ASSERT_LE(0, self->s->fd);
}

FIXTURE_TEARDOWN(stress)
{
	struct ipcx_info after;

	close(self->s->fd);
	ASSERT_EQ(0, get_info(&after));
	EXPECT_EQ(self->before.user_bytes, after.user_bytes);
	EXPECT_EQ(self->before.user_objects, after.user_objects);
}

static pid_t start(FIXTURE_DATA(stress) *self, int (*fn)(void *arg), unsigned int index)
{
	struct worker w = { .s = self->s, .index = index, .seed = rnd(&self->seed) };

	return spawn(fn, &w);
}

static void start_all(FIXTURE_DATA(stress) *self)
{
	unsigned int i;

	for (i = 0; i < RECEIVERS; i++)
		self->receivers[i] = start(self, receiver, i);
	for (i = 0; i < SENDERS; i++)
		self->senders[i] = start(self, sender, i);
}

/* Messages that were received of those with a serial below @end. */
static long count_seen(const struct shared *s, int sender, int priority, long end)
{
	long serial, n = 0;

	for (serial = 0; serial < end; serial++)
		n += s->seen[sender][priority][serial / 8] >> serial % 8 & 1;
	return n;
}

static bool all_received(void *arg)
{
	struct shared *s = arg;
	struct ipcx_stat stat;

	return get_stat(s->fd, &stat) == 0 && stat.received == stat.sent &&
	       !stat.depth && !stat.inflight;
}

TEST_F(stress, every_message_once)
{
	long i, p, total, n = scaled_to_kernel(6000, 100000);
	struct ipcx_stat stat;

	self->s->per_sender = n;
	total = n * SENDERS;
	start_all(self);
	for (i = 0; i < SENDERS; i++) {
		EXPECT_EQ(0, reap(self->senders[i])) {
			TH_LOG("sender %ld", i);
		}
	}
	EXPECT_EQ(0, wait_until(all_received, self->s));
	self->s->stop = true;
	for (i = 0; i < RECEIVERS; i++) {
		EXPECT_EQ(0, reap(self->receivers[i])) {
			TH_LOG("receiver %ld", i);
		}
	}
	EXPECT_EQ(total, self->s->received);
	for (i = 0; i < SENDERS; i++) {
		for (p = 0; p < PRIORITIES; p++) {
			EXPECT_EQ(self->s->next[i][p],
				  count_seen(self->s, i, p, self->s->next[i][p]));
		}
	}
	ASSERT_EQ(0, get_stat(self->s->fd, &stat));
	EXPECT_EQ(total, stat.sent);
	EXPECT_EQ(total, stat.received);
	EXPECT_EQ(stat.sent_bytes, stat.received_bytes);
	EXPECT_EQ(0, stat.depth + stat.inflight + stat.bytes);
	EXPECT_EQ(0, stat.recv_waiters + stat.send_waiters);
	EXPECT_GE(variant->max_msgs, stat.depth_max);
	EXPECT_GE(variant->max_bytes, stat.bytes_max);
	/* Both sides had to wait, or nothing was tried. */
	EXPECT_LT(0, stat.recv_blocked);
	if (variant->max_msgs < 1000) {
		EXPECT_LT(0, stat.send_blocked);
	}
}

/*
 * One receiver after the other is killed and replaced. What a dying one had
 * received and not noted is lost with it; nothing is received twice.
 */
TEST_F(stress, receivers_are_killed)
{
	long i, p, seen = 0, kills = 0, n = scaled_to_kernel(6000, 100000);
	struct ipcx_stat stat;
	int status, left = SENDERS;

	self->s->per_sender = n;
	start_all(self);
	while (left) {
		unsigned int victim = rnd_below(&self->seed, RECEIVERS);

		for (i = 0; i < SENDERS; i++) {
			if (self->senders[i] &&
			    waitpid(self->senders[i], &status, WNOHANG) == self->senders[i]) {
				EXPECT_EQ(0, status);
				self->senders[i] = 0;
				left--;
			}
		}
		kill(self->receivers[victim], SIGKILL);
		ASSERT_EQ(KILLED_BY(SIGKILL), reap(self->receivers[victim]));
		self->receivers[victim] = start(self, receiver, victim);
		kills++;
	}
	EXPECT_EQ(0, wait_until(all_received, self->s));
	self->s->stop = true;
	for (i = 0; i < RECEIVERS; i++) {
		EXPECT_EQ(0, reap(self->receivers[i])) {
			TH_LOG("receiver %ld", i);
		}
	}
	for (i = 0; i < SENDERS; i++) {
		for (p = 0; p < PRIORITIES; p++)
			seen += count_seen(self->s, i, p, MAX_MSGS);
	}
	ASSERT_EQ(0, get_stat(self->s->fd, &stat));
	EXPECT_EQ(n * SENDERS, stat.sent);
	EXPECT_EQ(stat.sent, stat.received);
	EXPECT_LE(seen, stat.received);
	EXPECT_GE(seen + kills * MAX_BATCH, stat.received);
}

TEST_HARNESS_MAIN
