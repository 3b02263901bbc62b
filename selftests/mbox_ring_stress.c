// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Mailboxes with a ring under load: every message arrives once, whole and in its sender's
 * order, also with senders being killed; and an owner that is killed, or writes nonsense,
 * leaves nobody waiting.
 */
#include "mbox_ring.h"

#include <sys/socket.h>

/* A lost wake-up; nothing else takes as long. */
#define LOST_MS		(10000LL * timeout_factor())

#define SIZE		(4 * PAGE)
#define SENDERS		8
#define WORDS_MAX	150

struct crowd {
	struct inbox in;
	unsigned int sender;	/* number of the first one */
	long count;		/* of messages, or of senders */
	int ret;		/* of the last send */
	uint64_t state;
};

/* ---- messages that can be checked ---- */

static size_t words_of(__u64 n)
{
	return 1 + n * 7 % WORDS_MAX;
}

/* Number @n of this sender: its words are made from both, and the last one from all. */
static size_t make_words(__u64 *words, unsigned int sender, __u64 n)
{
	size_t count = words_of(n), i;
	__u64 sum = 0;

	for (i = 0; i + 1 < count; i++) {
		words[i] = ((__u64)sender << 40 | n) * (2 * i + 1);
		sum = (sum ^ words[i]) * 0x9e3779b97f4a7c15ULL;
	}
	words[count - 1] = sum;
	return 8 * count;
}

static int check_message(const struct delivered *msg, __u64 *next)
{
	const unsigned int sender = msg->head->cookie;
	__u64 want[WORDS_MAX], seen[WORDS_MAX];

	MUST_BE(msg->head->type, next[sender]);
	MUST_BE(make_words(want, sender, next[sender]), msg->len);
	memcpy(seen, msg->payload, msg->len);
	MUST_BE(0, memcmp(want, seen, msg->len));
	next[sender]++;
	return 0;
}

/* Sends numbers, waiting for room, to the end or to its own. */
static int send_numbers(void *arg)
{
	struct crowd *crowd = arg;
	__u64 words[WORDS_MAX];
	long n;

	for (n = 0; n < crowd->count; n++) {
		size_t len = make_words(words, crowd->sender, n);

		crowd->ret = post_mail(crowd->in.to, words, len, n, crowd->sender, -1, 0);
		if (crowd->ret != 1)
			break;
	}
	return n < crowd->count;
}

/* ---- reading ---- */

struct reader {
	__u64 *next;
	unsigned long messages, waits;
	__u64 seq;		/* of the last one */
};

/* Reads until the word @stop is set and nothing is left. */
static int read_all(struct inbox *in, struct reader *r, const int *stop)
{
	for (;;) {
		bool last = load(stop);
		struct delivered msg;
		int ret = peek_delivered(in, &msg);

		if (ret == -EAGAIN && last)
			return 0;
		if (ret == -EAGAIN) {
			ret = wait_data(&in->c, 100);
			MUST(ret == 0 || ret == -ETIMEDOUT);
			r->waits++;
			continue;
		}
		MUST_BE(0, ret);
		MUST_BE(0, check_message(&msg, r->next));
		/* Both ways have one counter; here only one is used. */
		MUST(msg.head->seq > r->seq);
		r->seq = msg.head->seq;
		r->messages++;
		pass_delivered(in, &msg);
		MUST_BE(0, release(&in->c));
	}
}

static int start(struct crowd *crowd, struct reader *r, unsigned int senders, int **stop)
{
	*stop = shared_memory(sizeof(**stop));
	r->next = calloc(senders, sizeof(*r->next));
	return r->next ? new_inbox(&crowd->in, SIZE) : -ENOMEM;
}

/* Everything that was sent was read, and all room is back. */
static void expect_empty(struct __test_metadata *_metadata, struct inbox *in)
{
	struct ipcx_stat stat;

	EXPECT_EQ(0, get_stat(in->fd, &stat));
	EXPECT_EQ(0, stat.ring_used);
	EXPECT_EQ(0, stat.ring_msgs);
	EXPECT_EQ(stat.sent, stat.received);
	EXPECT_EQ(stat.sent_bytes, stat.received_bytes);
	EXPECT_EQ(0, stat.send_waiters);
	EXPECT_EQ(0, in->ring.info->space_waiters);
}

/* ---- many senders ---- */

static int supervise(struct crowd *crowd, int (*run)(void *arg), int *stop)
{
	pid_t pids[SENDERS];
	int i, failed = 0;

	for (i = 0; i < SENDERS; i++) {
		struct crowd part = *crowd;

		part.sender = i;
		part.state += i;
		pids[i] = spawn(run, &part);
	}
	for (i = 0; i < SENDERS; i++)
		failed |= reap(pids[i]);
	store(stop, 1);
	return failed;
}

TEST(many_senders)
{
	struct crowd crowd = { .count = scaled_to_kernel(20000, 500000) };
	struct reader r = { 0 };
	int *stop, i;
	pid_t pid;

	ASSERT_EQ(0, start(&crowd, &r, SENDERS, &stop));
	pid = fork();
	if (!pid)
		_exit(supervise(&crowd, send_numbers, stop));
	EXPECT_EQ(0, read_all(&crowd.in, &r, stop));
	EXPECT_EQ(0, reap(pid));
	for (i = 0; i < SENDERS; i++)
		EXPECT_EQ(crowd.count, r.next[i]);
	EXPECT_EQ(SENDERS * crowd.count, r.messages);
	EXPECT_EQ(0, crowd.in.skipped);
	printf("# %lu messages, %lu waits\n", r.messages, r.waits);
	expect_empty(_metadata, &crowd.in);
	close_inbox(&crowd.in);
	free(r.next);
}

/* ---- senders that are killed ---- */

static int kill_senders(void *arg)
{
	struct crowd *crowd = arg;
	struct crowd one = *crowd;
	long i;

	one.count = 1L << 30;
	for (i = 0; i < crowd->count; i++) {
		pid_t pid;

		one.sender = crowd->sender * crowd->count + i;
		pid = spawn(send_numbers, &one);
		sleep_ms(rnd_below(&crowd->state, 6 * timeout_factor()));
		kill(pid, SIGKILL);
		MUST_BE(KILLED_BY(SIGKILL), reap(pid));
	}
	return 0;
}

/* What arrives of each is a beginning of what it sent. */
TEST(killed_senders)
{
	struct crowd crowd = {
		.count = scaled_to_kernel(40, 1250), .state = test_seed(),
	};
	struct reader r = { 0 };
	int *stop;
	pid_t pid;

	ASSERT_EQ(0, start(&crowd, &r, SENDERS * crowd.count, &stop));
	pid = fork();
	if (!pid)
		_exit(supervise(&crowd, kill_senders, stop));
	EXPECT_EQ(0, read_all(&crowd.in, &r, stop));
	EXPECT_EQ(0, reap(pid));
	printf("# %ld senders killed, %lu messages, %lu skipped\n", SENDERS * crowd.count,
	       r.messages, crowd.in.skipped);
	EXPECT_LT(0, r.messages);
	expect_empty(_metadata, &crowd.in);
	close_inbox(&crowd.in);
	free(r.next);
}

/* ---- an owner that is killed ---- */

struct owner {
	struct inbox in;
	int sock[2];
	int *stop;
};

/* Passes the right to send on, then reads, until it is killed. */
static int own(void *arg)
{
	struct owner *o = arg;
	struct reader r = { .next = calloc(SENDERS, sizeof(__u64)) };

	MUST_BE(0, new_inbox(&o->in, SIZE));
	MUST_BE(0, pass_fd(o->sock[1], o->in.to));
	return read_all(&o->in, &r, o->stop);
}

static int send_until_dead(void *arg)
{
	struct crowd *crowd = arg;

	crowd->count = 1L << 30;
	MUST_BE(1, send_numbers(crowd));
	MUST_BE(-EPIPE, crowd->ret);
	return 0;
}

TEST(killed_owner)
{
	const long rounds = scaled_to_kernel(100, 3000);
	uint64_t state = test_seed();
	long round;

	for (round = 0; round < rounds; round++) {
		struct owner *o = shared_memory(sizeof(*o));
		struct crowd crowd = { .count = 0 };
		pid_t owner, pids[3];
		int i;

		o->stop = shared_memory(sizeof(*o->stop));
		ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, o->sock));
		owner = spawn(own, o);
		crowd.in.to = take_fd(o->sock[0]);
		ASSERT_LE(0, crowd.in.to);
		for (i = 0; i < 3; i++) {
			crowd.sender = i;
			pids[i] = spawn(send_until_dead, &crowd);
		}
		sleep_ms(rnd_below(&state, 5 * timeout_factor()));
		kill(owner, SIGKILL);
		EXPECT_EQ(KILLED_BY(SIGKILL), reap(owner));
		for (i = 0; i < 3; i++)
			EXPECT_EQ(0, reap(pids[i]));
		close(crowd.in.to);
		close(o->sock[0]);
		close(o->sock[1]);
		munmap(o->stop, sizeof(*o->stop));
		munmap(o, sizeof(*o));
	}
}

/* ---- an owner that writes nonsense ---- */

/* All over its page, most often where it is looked at, with rings and other maps between. */
static int write_nonsense(struct inbox *in, uint64_t *state, long rounds)
{
	long i;

	for (i = 0; i < rounds; i++) {
		__u64 *words = (__u64 *)in->c.page, tail = load(&in->ring.shared->tail);
		__u64 word = rnd(state);

		switch (rnd_below(state, 8)) {
		case 0:
			store(&words[rnd_below(state, PAGE / 8)], word);
			break;
		case 1:
			store(&in->c.page->head, tail);
			break;
		case 2:
			store(&in->c.page->head, tail - (word & 0xffff) * 8);
			break;
		case 3:
			store(&in->c.page->next, word);
			break;
		case 4:
			detach_consumer(&in->c);
			MUST_BE(0, attach_consumer(&in->c, &in->ring));
			break;
		case 5:
			MUST_BE(0, ring_wake(in->fd, IPCX_RING_WAKE_SPACE));
			break;
		default:
			store(&in->c.page->head, tail - (word & 63) * 64);
			MUST_BE(0, ring_wake(in->fd, IPCX_RING_WAKE_SPACE));
		}
	}
	return 0;
}

/* Nobody is hurt, and with the truth, or with the end, all comes right. */
TEST(owner_that_writes_nonsense)
{
	struct crowd crowd = { .count = 0 };
	uint64_t state = test_seed();
	pid_t pids[3];
	__u64 number;
	int i;

	ASSERT_EQ(0, new_inbox(&crowd.in, SIZE));
	for (i = 0; i < 3; i++) {
		crowd.sender = i;
		pids[i] = fork();
		if (!pids[i]) {
			close(crowd.in.fd);
			_exit(send_until_dead(&crowd));
		}
	}
	EXPECT_EQ(0, write_nonsense(&crowd.in, &state, scaled_to_kernel(100000, 10000000)));
	/* A new reader begins with a record, whatever was there. */
	detach_consumer(&crowd.in.c);
	ASSERT_EQ(0, attach_consumer(&crowd.in.c, &crowd.in.ring));
	for (i = 0; i < 1000; i++) {
		struct delivered msg;
		int ret = peek_delivered(&crowd.in, &msg);

		if (ret == -EAGAIN) {
			ASSERT_EQ(0, wait_data(&crowd.in.c, LOST_MS));
			continue;
		}
		ASSERT_EQ(0, ret);
		number = msg.head->type;
		ASSERT_EQ(8 * words_of(number), msg.len);
		pass_delivered(&crowd.in, &msg);
		ASSERT_EQ(0, release(&crowd.in.c));
	}
	close(crowd.in.fd);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, reap(pids[i]));
	crowd.in.fd = -1;
	close_inbox(&crowd.in);
}

TEST_HARNESS_MAIN
