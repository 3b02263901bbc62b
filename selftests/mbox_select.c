// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Selective receive from a mailbox: each kind of match against a model that
 * walks a list, for mail that is there and for receivers that wait already;
 * peeks, truncation, batches; and mail that comes back after a fault.
 */
#include "mbox.h"

#define SENDERS		3
#define MODEL_MAX	64

FIXTURE(select)
{
	int mbox;
	int to;
	int own[SENDERS + 1];		/* mailboxes to send from; the last is none */
	__u64 ports[SENDERS + 1];
};

typedef FIXTURE_DATA(select) env_t;

FIXTURE_SETUP(select)
{
	__u64 port;
	int i;

	self->mbox = new_mbox(&port);
	ASSERT_LE(0, self->mbox);
	self->to = open_port(port, 0);
	ASSERT_LE(0, self->to);
	for (i = 0; i < SENDERS; i++) {
		self->own[i] = new_mbox(&self->ports[i]);
		ASSERT_LE(0, self->own[i]);
	}
	self->own[SENDERS] = -1;
	self->ports[SENDERS] = 0;
}

FIXTURE_TEARDOWN(select)
{
	int i;

	for (i = 0; i < SENDERS; i++)
		close(self->own[i]);
	close(self->to);
	close(self->mbox);
}

/* What a test sends: the payload is @number. */
struct mail {
	__u64 number;
	__u64 type;
	__u64 cookie;
	__u32 priority;
	int from;		/* index of own[] */
};

struct selection {
	__u32 match;
	__u64 arg;
};

static int send_mail(env_t *env, const struct mail *m)
{
	struct ipcx_mbox_msg msg = make_mail(&m->number, 8, m->type, m->cookie);
	struct ipcx_post post = make_post(&msg, 1, IPCX_XFER_NONBLOCK);

	msg.priority = m->priority;
	post.from = env->own[m->from];
	return op(env->to, IPCX_POST, &post);
}

static int recv_selected(int fd, const struct selection *s, __u64 *number, __u32 flags)
{
	return recv_mail_match(fd, number, sizeof(*number), NULL, s->match, s->arg, flags);
}

/* The number of the mail that is selected, or -errno. */
static long long take(env_t *env, __u32 match, __u64 arg)
{
	struct selection s = { match, arg };
	__u64 number;
	int ret = recv_selected(env->mbox, &s, &number, IPCX_XFER_NONBLOCK);

	return ret < 0 ? ret : (long long)number;
}

/* ---- each way ---- */

TEST_F(select, sender)
{
	static const struct mail mails[] = {
		{ .number = 10, .from = 0, .priority = 1 }, { .number = 20, .from = 1 },
		{ .number = 11, .from = 0, .priority = 5 }, { .number = 30, .from = SENDERS },
		{ .number = 12, .from = 0, .priority = 5 },
		{ .number = 31, .from = SENDERS, .priority = 1 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mails); i++)
		ASSERT_EQ(1, send_mail(self, &mails[i]));
	EXPECT_EQ(-EAGAIN, take(self, IPCX_MATCH_SENDER, self->ports[2]));
	EXPECT_EQ(-EAGAIN, take(self, IPCX_MATCH_SENDER, ~0ULL));
	EXPECT_EQ(20, take(self, IPCX_MATCH_SENDER, self->ports[1]));
	EXPECT_EQ(-EAGAIN, take(self, IPCX_MATCH_SENDER, self->ports[1]));
	EXPECT_EQ(11, take(self, IPCX_MATCH_SENDER, self->ports[0]));
	EXPECT_EQ(12, take(self, IPCX_MATCH_SENDER, self->ports[0]));
	EXPECT_EQ(10, take(self, IPCX_MATCH_SENDER, self->ports[0]));
	/* 0: from no mailbox. */
	EXPECT_EQ(31, take(self, IPCX_MATCH_SENDER, 0));
	EXPECT_EQ(30, take(self, IPCX_MATCH_SENDER, 0));
	EXPECT_TRUE(is_empty(self->mbox));
}

/* A mailbox that is gone was the sender all the same. */
TEST_F(select, dead_sender)
{
	struct mail m = { .number = 4, .from = 1 };

	ASSERT_EQ(1, send_mail(self, &m));
	close(self->own[1]);
	self->own[1] = -1;
	EXPECT_EQ(4, take(self, IPCX_MATCH_SENDER, self->ports[1]));
}

TEST_F(select, cookie)
{
	static const struct mail mails[] = {
		{ .number = 10, .cookie = 1 }, { .number = 11, .cookie = 1, .priority = 3 },
		{ .number = 20, .cookie = ~0ULL, .priority = 2 }, { .number = 30, .cookie = 0 },
		{ .number = 12, .cookie = 1, .from = 2 }, { .number = 40, .cookie = 1ULL << 32 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mails); i++)
		ASSERT_EQ(1, send_mail(self, &mails[i]));
	EXPECT_EQ(-EAGAIN, take(self, IPCX_MATCH_COOKIE, 2));
	EXPECT_EQ(30, take(self, IPCX_MATCH_COOKIE, 0));
	EXPECT_EQ(-EAGAIN, take(self, IPCX_MATCH_COOKIE, 0));
	EXPECT_EQ(20, take(self, IPCX_MATCH_COOKIE, ~0ULL));
	EXPECT_EQ(11, take(self, IPCX_MATCH_COOKIE, 1));
	EXPECT_EQ(10, take(self, IPCX_MATCH_COOKIE, 1));
	EXPECT_EQ(12, take(self, IPCX_MATCH_COOKIE, 1));
	EXPECT_EQ(40, take(self, IPCX_MATCH_COOKIE, 1ULL << 32));
	EXPECT_TRUE(is_empty(self->mbox));
}

/* As for queues. */
TEST_F(select, types_and_priorities)
{
	static const struct mail mails[] = {
		{ .number = 70, .type = 7, .priority = 9 }, { .number = 30, .type = 3 },
		{ .number = 31, .type = 3, .priority = 2 }, { .number = 50, .type = 5 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mails); i++)
		ASSERT_EQ(1, send_mail(self, &mails[i]));
	EXPECT_EQ(-EAGAIN, take(self, IPCX_MATCH_TYPE, 4));
	EXPECT_EQ(-EAGAIN, take(self, IPCX_MATCH_LOWEST_TYPE, 2));
	EXPECT_EQ(-EAGAIN, take(self, IPCX_MATCH_MIN_PRIORITY, 10));
	EXPECT_EQ(50, take(self, IPCX_MATCH_TYPE, 5));
	EXPECT_EQ(31, take(self, IPCX_MATCH_NOT_TYPE, 7));
	EXPECT_EQ(70, take(self, IPCX_MATCH_MIN_PRIORITY, 1));
	EXPECT_EQ(30, take(self, IPCX_MATCH_LOWEST_TYPE, ~0ULL));
	EXPECT_TRUE(is_empty(self->mbox));
}

/* ---- against a model ---- */

static bool matches(const env_t *env, const struct mail *m, const struct selection *s)
{
	switch (s->match) {
	case IPCX_MATCH_TYPE:
		return m->type == s->arg;
	case IPCX_MATCH_NOT_TYPE:
		return m->type != s->arg;
	case IPCX_MATCH_LOWEST_TYPE:
		return m->type <= s->arg;
	case IPCX_MATCH_MIN_PRIORITY:
		return m->priority >= s->arg;
	case IPCX_MATCH_SENDER:
		return env->ports[m->from] == s->arg;
	case IPCX_MATCH_COOKIE:
		return m->cookie == s->arg;
	default:
		return true;
	}
}

/* Index of the mail that a receive takes, -1: none. They are in order of arrival. */
static int find(const env_t *env, const struct mail *mails, int n, const struct selection *s)
{
	int i, best = -1;

	for (i = 0; i < n; i++) {
		if (!matches(env, &mails[i], s))
			continue;
		if (best >= 0 && s->match == IPCX_MATCH_LOWEST_TYPE &&
		    mails[i].type != mails[best].type) {
			if (mails[i].type < mails[best].type)
				best = i;
		} else if (best < 0 || mails[i].priority > mails[best].priority) {
			best = i;
		}
	}
	return best;
}

static __u64 random_number(uint64_t *seed)
{
	__u64 n = rnd_below(seed, 4);

	return rnd_below(seed, 4) ? n : UINT64_MAX - n;
}

static struct mail random_mail(uint64_t *seed, __u64 number)
{
	return (struct mail) {
		.number = number, .type = random_number(seed), .cookie = random_number(seed),
		.priority = rnd_below(seed, 3), .from = rnd_below(seed, SENDERS + 1),
	};
}

static struct selection random_selection(const env_t *env, uint64_t *seed)
{
	struct selection s = { .match = rnd_below(seed, IPCX_MATCH_COOKIE + 1) };

	if (s.match == IPCX_MATCH_MIN_PRIORITY)
		s.arg = rnd_below(seed, 4);
	else if (s.match == IPCX_MATCH_SENDER)
		s.arg = env->ports[rnd_below(seed, SENDERS + 1)];
	else if (s.match != IPCX_MATCH_ANY)
		s.arg = random_number(seed);
	return s;
}

/* Receives, peeks, and receives that fault: only the first take anything. */
enum try { RECEIVE, PEEK, FAULT };

static int try_selection(env_t *env, const struct selection *s, enum try how, __u64 *number)
{
	struct ipcx_mbox_recv room = { .buf = how == FAULT ? 8 : addr(number), .len = 8 };
	struct ipcx_xfer xfer = make_mail_xfer(&room, 1, how == PEEK ? IPCX_RECV_PEEK :
							 IPCX_XFER_NONBLOCK);

	xfer.match = s->match;
	xfer.match_arg = s->arg;
	return op(env->mbox, IPCX_RECV, &xfer);
}

TEST_F(select, random_against_model)
{
	struct mail *mails = calloc(MODEL_MAX, sizeof(*mails));
	uint64_t seed = test_seed();
	long i, steps = scaled_to_kernel(20000, 500000);
	int n = 0, want, ret;

	for (i = 0; i < steps; i++) {
		struct selection s = random_selection(self, &seed);
		enum try how = rnd_below(&seed, 4) ? RECEIVE : 1 + rnd_below(&seed, 2);
		__u64 number = UINT64_MAX;

		/* Phases that fill and phases that empty. */
		if (rnd_below(&seed, 100) < (i / 500 % 2 ? 30 : 60) && n < MODEL_MAX) {
			mails[n] = random_mail(&seed, i);
			ASSERT_EQ(1, send_mail(self, &mails[n++]));
			continue;
		}
		want = find(self, mails, n, &s);
		ret = try_selection(self, &s, how, &number);
		ASSERT_EQ(want < 0 ? -EAGAIN : how == FAULT ? -EFAULT : 1, ret) {
			TH_LOG("step %ld: match %u %llu", i, s.match, s.arg);
		}
		if (want < 0 || how == FAULT)
			continue;
		ASSERT_EQ(mails[want].number, number) {
			TH_LOG("step %ld: match %u %llu", i, s.match, s.arg);
		}
		if (how == RECEIVE)
			memmove(&mails[want], &mails[want + 1],
				(--n - want) * sizeof(mails[0]));
	}
	EXPECT_EQ(n, get_depth(self->mbox));
	free(mails);
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

TEST_F(select, each_kind_waits_for_what_it_selects)
{
	const struct {
		struct selection s;
		struct mail wrong, right;
	} cases[] = {
		{ { IPCX_MATCH_TYPE, 5 }, { .type = 4, .priority = 9 }, { .type = 5 } },
		{ { IPCX_MATCH_NOT_TYPE, 5 }, { .type = 5, .priority = 9 }, { .type = 4 } },
		{ { IPCX_MATCH_LOWEST_TYPE, 5 }, { .type = 6, .priority = 9 }, { .type = 5 } },
		{ { IPCX_MATCH_MIN_PRIORITY, 5 }, { .priority = 4 }, { .priority = 5 } },
		{ { IPCX_MATCH_SENDER, self->ports[1] }, { .from = 0, .priority = 9 },
		  { .from = 1 } },
		{ { IPCX_MATCH_SENDER, self->ports[1] }, { .from = SENDERS }, { .from = 1 } },
		{ { IPCX_MATCH_SENDER, 0 }, { .from = 0 }, { .from = SENDERS } },
		{ { IPCX_MATCH_COOKIE, 5 }, { .type = 5, .cookie = 4, .priority = 9 },
		  { .type = 4, .cookie = 5 } },
		{ { IPCX_MATCH_COOKIE, 0 }, { .cookie = UINT64_MAX }, { .cookie = 0 } },
		{ { IPCX_MATCH_COOKIE, UINT64_MAX }, { .cookie = 0 }, { .cookie = UINT64_MAX } },
	};
	struct waiter *w = shared_memory(sizeof(*w));
	struct mail m;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		*w = (struct waiter) { .fd = self->mbox, .s = cases[i].s };
		ASSERT_EQ(0, start_waiter(w, 1));
		m = cases[i].wrong;
		m.number = 1;
		ASSERT_EQ(1, send_mail(self, &m));
		EXPECT_EQ(1, get_depth(self->mbox));
		ASSERT_EQ(0, wait_receivers(self->mbox, 1));
		m = cases[i].right;
		m.number = 2;
		ASSERT_EQ(1, send_mail(self, &m));
		EXPECT_EQ(0, reap(w->pid));
		EXPECT_EQ(1, w->ret);
		EXPECT_EQ(2, w->number) {
			TH_LOG("case %zu", i);
		}
		EXPECT_EQ(1, drain_mail(self->mbox));
	}
}

#define WAITERS	10

/*
 * A message goes to the first of the waiters that selects it, in order of
 * arrival, else it is queued.
 */
TEST_F(select, random_waiters_against_model)
{
	struct waiter *all = shared_memory(WAITERS * sizeof(*all)), *line[WAITERS], *w;
	long step, steps = scaled_to_kernel(300, 5000);
	uint64_t seed = test_seed();
	int waiting = 0, queued = 0, i, hit;

	for (i = 0; i < WAITERS; i++)
		line[i] = &all[i];
	for (step = 0; step < steps; step++) {
		struct mail m = random_mail(&seed, step);

		/* Only those that nothing queued matches do wait. */
		if (waiting < WAITERS / 2 && queued) {
			ASSERT_EQ(queued, drain_mail(self->mbox));
			queued = 0;
		}
		while (queued == 0 && waiting < WAITERS) {
			w = line[waiting++];
			*w = (struct waiter) {
				.fd = self->mbox, .s = random_selection(self, &seed),
			};
			ASSERT_EQ(0, start_waiter(w, waiting));
		}
		for (hit = 0; hit < waiting; hit++)
			if (matches(self, &m, &line[hit]->s))
				break;
		ASSERT_EQ(1, send_mail(self, &m));
		queued += hit == waiting;
		ASSERT_EQ(queued, get_depth(self->mbox)) {
			TH_LOG("step %ld", step);
		}
		if (hit == waiting)
			continue;
		w = line[hit];
		ASSERT_EQ(0, reap(w->pid));
		ASSERT_EQ(1, w->ret);
		ASSERT_EQ(step, w->number);
		memmove(&line[hit], &line[hit + 1], (--waiting - hit) * sizeof(line[0]));
		line[waiting] = w;
	}
	for (i = 0; i < waiting; i++) {
		kill(line[i]->pid, SIGKILL);
		EXPECT_EQ(KILLED_BY(SIGKILL), reap(line[i]->pid));
	}
	EXPECT_EQ(0, wait_receivers(self->mbox, 0));
}

/* ---- peeks, lengths, batches ---- */

/* Each selects the second of three, by all that is different about it. */
static const struct mail three[] = {
	{ .number = 1, .type = 1, .cookie = 1, .from = 0 },
	{ .number = 2, .type = 2, .cookie = 2, .from = 1 },
	{ .number = 3, .type = 3, .cookie = 3, .from = 2 },
};

struct ways {
	struct selection s[3];
};

static struct ways ways_to_second(const env_t *env)
{
	return (struct ways) { {
		{ IPCX_MATCH_TYPE, 2 }, { IPCX_MATCH_SENDER, env->ports[1] },
		{ IPCX_MATCH_COOKIE, 2 },
	} };
}

static void send_three(struct __test_metadata *_metadata, env_t *env)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(three); i++)
		ASSERT_EQ(1, send_mail(env, &three[i]));
}

/* All three, in order, whichever way they are asked for. */
static void expect_three(struct __test_metadata *_metadata, env_t *env)
{
	struct ways ways = ways_to_second(env);
	__u64 number;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ways.s); i++) {
		ASSERT_EQ(1, recv_selected(env->mbox, &ways.s[i], &number, IPCX_RECV_PEEK));
		EXPECT_EQ(2, number);
	}
	EXPECT_EQ(3, get_depth(env->mbox));
	for (i = 0; i < ARRAY_SIZE(three); i++)
		EXPECT_EQ(three[i].number, take(env, IPCX_MATCH_ANY, 0));
	EXPECT_TRUE(is_empty(env->mbox));
}

TEST_F(select, peek_leaves_it)
{
	struct ways ways = ways_to_second(self);
	struct ipcx_mbox_recv peeked, taken;
	__u64 number;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ways.s); i++) {
		EXPECT_EQ(-EAGAIN, recv_selected(self->mbox, &ways.s[i], &number,
						 IPCX_RECV_PEEK));
		send_three(_metadata, self);
		memset(&peeked, 0, sizeof(peeked));
		memset(&taken, 0, sizeof(taken));
		ASSERT_EQ(1, recv_mail_match(self->mbox, &number, 8, &peeked, ways.s[i].match,
					     ways.s[i].arg, IPCX_RECV_PEEK));
		EXPECT_EQ(2, number);
		ASSERT_EQ(1, recv_mail_match(self->mbox, &number, 8, &taken, ways.s[i].match,
					     ways.s[i].arg, 0));
		EXPECT_EQ(0, memcmp(&peeked, &taken, sizeof(taken)));
		EXPECT_EQ(2, drain_mail(self->mbox));
	}
}

/* A message that does not fit is not passed over, and its size is told. */
TEST_F(select, too_long)
{
	struct ways ways = ways_to_second(self);
	struct ipcx_mbox_recv mail;
	char buf[8];
	size_t i;

	send_three(_metadata, self);
	for (i = 0; i < ARRAY_SIZE(ways.s); i++) {
		EXPECT_EQ(-EMSGSIZE, recv_mail_match(self->mbox, buf, 7, &mail, ways.s[i].match,
						     ways.s[i].arg, 0));
		EXPECT_EQ(8, mail.len);
		EXPECT_EQ(-EMSGSIZE, recv_mail_match(self->mbox, buf, 0, &mail, ways.s[i].match,
						     ways.s[i].arg, IPCX_RECV_PEEK));
		EXPECT_EQ(8, mail.len);
		memset(buf, 'x', sizeof(buf));
		EXPECT_EQ(1, recv_mail_match(self->mbox, buf, 3, &mail, ways.s[i].match,
					     ways.s[i].arg, IPCX_RECV_PEEK | IPCX_RECV_TRUNC));
		EXPECT_EQ(8, mail.len);
		EXPECT_EQ(IPCX_MSG_TRUNC, mail.flags);
		EXPECT_EQ(0, memcmp(buf, "\2\0\0xxxxx", 8));
	}
	expect_three(_metadata, self);

	send_three(_metadata, self);
	EXPECT_EQ(1, recv_mail_match(self->mbox, buf, 3, &mail, IPCX_MATCH_SENDER,
				     self->ports[2], IPCX_RECV_TRUNC));
	EXPECT_EQ(8, mail.len);
	EXPECT_EQ(3, mail.type);
	EXPECT_EQ(IPCX_MSG_TRUNC, mail.flags);
	EXPECT_EQ(2, drain_mail(self->mbox));
}

static int wait_with_little_room(void *arg)
{
	struct waiter *w = arg;
	struct ipcx_mbox_recv mail;
	char buf[4];

	w->ret = recv_mail_match(w->fd, buf, sizeof(buf), &mail, w->s.match, w->s.arg, 0);
	w->number = mail.len;
	return 0;
}

/* Who waits with too little room is told, and what it selects goes on. */
TEST_F(select, too_long_for_a_waiter)
{
	struct ways ways = ways_to_second(self);
	struct waiter *w = shared_memory(sizeof(*w));
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ways.s); i++) {
		*w = (struct waiter) { .fd = self->mbox, .s = ways.s[i] };
		w->pid = spawn(wait_with_little_room, w);
		ASSERT_EQ(0, wait_receivers(self->mbox, 1));
		send_three(_metadata, self);
		EXPECT_EQ(0, reap(w->pid));
		EXPECT_EQ(-EMSGSIZE, w->ret);
		EXPECT_EQ(8, w->number);
		expect_three(_metadata, self);
	}
}

/* As many as match, in order; what does not is as before. */
TEST_F(select, batch)
{
	__u64 numbers[8];
	struct ipcx_mbox_recv rooms[ARRAY_SIZE(numbers)];
	struct ipcx_xfer xfer = make_mail_xfer(rooms, ARRAY_SIZE(rooms), 0);
	const struct selection kinds[] = {
		{ IPCX_MATCH_SENDER, self->ports[1] }, { IPCX_MATCH_COOKIE, 1 },
		{ IPCX_MATCH_TYPE, 1 },
	};
	size_t i, j;

	for (j = 0; j < ARRAY_SIZE(kinds); j++) {
		for (i = 0; i < 10; i++) {
			struct mail m = {
				.number = i, .type = i % 2, .cookie = i % 2, .from = i % 2,
				.priority = i == 7,
			};

			ASSERT_EQ(1, send_mail(self, &m));
		}
		for (i = 0; i < ARRAY_SIZE(rooms); i++)
			rooms[i] = make_room(&numbers[i], 8);
		rooms[5].type = 77;
		xfer.match = kinds[j].match;
		xfer.match_arg = kinds[j].arg;
		ASSERT_EQ(5, op(self->mbox, IPCX_RECV, &xfer));
		EXPECT_EQ(7, numbers[0]);
		EXPECT_EQ(1, numbers[1]);
		EXPECT_EQ(3, numbers[2]);
		EXPECT_EQ(5, numbers[3]);
		EXPECT_EQ(9, numbers[4]);
		EXPECT_EQ(77, rooms[5].type);
		EXPECT_EQ(8, rooms[5].len);
		EXPECT_EQ(-EAGAIN, recv_selected(self->mbox, &kinds[j], numbers,
						 IPCX_XFER_NONBLOCK));
		for (i = 0; i < 10; i += 2)
			EXPECT_EQ(i, take(self, IPCX_MATCH_ANY, 0));
	}
}

/* One that is too long for a later room only ends the batch. */
TEST_F(select, batch_room)
{
	__u64 numbers[3];
	struct ipcx_mbox_recv rooms[3] = {
		make_room(&numbers[0], 8), make_room(&numbers[1], 7), make_room(&numbers[2], 8),
	};
	struct ipcx_xfer xfer = make_mail_xfer(rooms, 3, 0);

	send_three(_metadata, self);
	rooms[1].type = 77;
	EXPECT_EQ(1, op(self->mbox, IPCX_RECV, &xfer));
	EXPECT_EQ(1, numbers[0]);
	EXPECT_EQ(7, rooms[1].len);
	EXPECT_EQ(77, rooms[1].type);
	EXPECT_EQ(2, get_depth(self->mbox));
}

/* A reply can be followed by a selective receive. */
TEST_F(select, reply_and_receive)
{
	struct ways ways = ways_to_second(self);
	struct ipcx_reply r;
	__u64 number;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ways.s); i++) {
		send_three(_metadata, self);
		r = (struct ipcx_reply) {
			.flags = IPCX_REPLY_RECV | IPCX_XFER_NONBLOCK, .match = ways.s[i].match,
			.match_arg = ways.s[i].arg, .next = make_room(&number, 8),
		};
		ASSERT_EQ(1, op(self->mbox, IPCX_REPLY, &r));
		EXPECT_EQ(2, number);
		r.next = make_room(&number, 8);
		EXPECT_EQ(-EAGAIN, op(self->mbox, IPCX_REPLY, &r));
		EXPECT_EQ(2, drain_mail(self->mbox));
	}
}

/* ---- mail that comes back ---- */

/* What was taken by one way and could not be copied is found by every other. */
TEST_F(select, comes_back_to_its_place)
{
	struct ways ways = ways_to_second(self);
	__u64 number;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ways.s); i++) {
		send_three(_metadata, self);
		EXPECT_EQ(-EFAULT, try_selection(self, &ways.s[i], FAULT, &number));
		expect_three(_metadata, self);
	}
}

/* The same among equals: neither to the end nor to the front of its kind. */
TEST_F(select, comes_back_among_equals)
{
	const struct selection kinds[] = {
		{ IPCX_MATCH_ANY, 0 }, { IPCX_MATCH_TYPE, 7 }, { IPCX_MATCH_NOT_TYPE, 8 },
		{ IPCX_MATCH_LOWEST_TYPE, 9 }, { IPCX_MATCH_MIN_PRIORITY, 0 },
		{ IPCX_MATCH_SENDER, self->ports[0] }, { IPCX_MATCH_COOKIE, 7 },
	};
	/* Takes 0 and 1 at once, of which the second faults. */
	__u64 number, first;
	struct ipcx_mbox_recv rooms[2];
	struct ipcx_xfer xfer = make_mail_xfer(rooms, 2, IPCX_XFER_NONBLOCK);
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		for (j = 0; j < ARRAY_SIZE(kinds); j++) {
			struct mail m = { .type = 7, .cookie = 7 };

			for (m.number = 0; m.number < 4; m.number++)
				ASSERT_EQ(1, send_mail(self, &m));
			rooms[0] = make_room(&first, 8);
			rooms[1] = (struct ipcx_mbox_recv) { .buf = 8, .len = 8 };
			xfer.match = kinds[i].match;
			xfer.match_arg = kinds[i].arg;
			ASSERT_EQ(1, op(self->mbox, IPCX_RECV, &xfer));
			EXPECT_EQ(0, first);
			EXPECT_EQ(-EFAULT, try_selection(self, &kinds[i], FAULT, &number));
			for (m.number = 1; m.number < 4; m.number++)
				EXPECT_EQ(m.number, take(self, kinds[j].match, kinds[j].arg)) {
					TH_LOG("taken by %u, found by %u", kinds[i].match,
					       kinds[j].match);
				}
			ASSERT_TRUE(is_empty(self->mbox));
		}
	}
}

static int wait_and_fault(void *arg)
{
	struct waiter *w = arg;
	struct ipcx_mbox_recv room = { .buf = 8, .len = 8 };
	struct ipcx_xfer xfer = make_mail_xfer(&room, 1, 0);

	xfer.match = w->s.match;
	xfer.match_arg = w->s.arg;
	return -op(w->fd, IPCX_RECV, &xfer);
}

/* Handed over to one who cannot take it: to the next that selects it, by its way. */
TEST_F(select, comes_back_from_a_waiter)
{
	struct ways ways = ways_to_second(self);
	struct waiter *w = shared_memory(2 * sizeof(*w));
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(ways.s); i++) {
		for (j = 0; j < ARRAY_SIZE(ways.s); j++) {
			w[0] = (struct waiter) { .fd = self->mbox, .s = ways.s[i] };
			w[0].pid = spawn(wait_and_fault, &w[0]);
			ASSERT_EQ(0, wait_receivers(self->mbox, 1));
			w[1] = (struct waiter) { .fd = self->mbox, .s = ways.s[j] };
			ASSERT_EQ(0, start_waiter(&w[1], 2));
			send_three(_metadata, self);
			EXPECT_EQ(EFAULT, reap(w[0].pid));
			EXPECT_EQ(0, reap(w[1].pid));
			EXPECT_EQ(1, w[1].ret);
			EXPECT_EQ(2, w[1].number);
			EXPECT_EQ(1, take(self, IPCX_MATCH_ANY, 0));
			EXPECT_EQ(3, take(self, IPCX_MATCH_ANY, 0));
			ASSERT_TRUE(is_empty(self->mbox));
		}
	}
}

TEST_HARNESS_MAIN
