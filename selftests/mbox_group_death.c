// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Ends: of groups, subscriptions, subscribers and senders, in any order and at any
 * time. Who is left goes on, and is told what it has to know. The accounts are looked
 * at after each program.
 */
#include "group.h"
#include "endings.h"

#include <poll.h>

FIXTURE(death)
{
	int group;
	int mbox;
	__u64 port;
};

FIXTURE_SETUP(death)
{
	self->group = new_group(IPCX_MBOX_GROUP_BLOCK, &self->port);
	ASSERT_LE(0, self->group);
	self->mbox = small_mbox(4, NULL);
	ASSERT_LE(0, self->mbox);
	ASSERT_EQ(0, subscribe(self->group, self->mbox, IPCX_LAG_DROP_NEWEST));
}

FIXTURE_TEARDOWN(death)
{
	if (self->group >= 0)
		close(self->group);
	close(self->mbox);
}

/* The next thing that comes is the end, and it is the last. */
static int has_ended(int mbox, __u64 port)
{
	struct ipcx_mbox_recv mail;
	char byte;

	MUST_BE(1, recv_mail(mbox, &byte, 1, &mail, IPCX_XFER_NONBLOCK));
	MUST(is_end_of(&mail, port));
	MUST_BE(-EAGAIN, recv_mail(mbox, &byte, 1, &mail, IPCX_XFER_NONBLOCK));
	MUST_BE(0, get_members(mbox));
	MUST_BE(-ENOENT, unsubscribe(mbox, port));
	return 0;
}

/* ---- a group's end ---- */

TEST_F(death, of_the_group)
{
	int to = grant_right(self->group, IPCX_OPEN_WRITE | IPCX_OPEN_SUBSCRIBE);
	struct ipcx_stat stat;
	__u64 number = 0, lost;

	ASSERT_LE(0, to);
	ASSERT_EQ(1, post_number(to, 1));
	close(self->group);
	self->group = -1;
	EXPECT_EQ(-EPIPE, post_number(to, 2));
	EXPECT_EQ(-EPIPE, try_post_number(to, 2));
	EXPECT_EQ(-ENOENT, post_to(NULL, self->port, 2));
	EXPECT_EQ(-EPIPE, subscribe(to, self->mbox, 0));
	EXPECT_EQ(-ENOENT, subscribe_to(NULL, self->port, self->mbox, 0));
	EXPECT_EQ(-ENOENT, open_subscription(self->port));
	ASSERT_EQ(0, get_stat(to, &stat));
	EXPECT_EQ(IPCX_STAT_DEAD | IPCX_STAT_GROUP, stat.state);
	EXPECT_EQ(0, stat.members);
	EXPECT_EQ(1, take_group_number(self->mbox, &number, &lost));
	EXPECT_EQ(1, number);
	EXPECT_EQ(0, has_ended(self->mbox, self->port));
	close(to);
}

/* There is always room for the last word, and it tells what was lost before it. */
TEST_F(death, of_a_group_with_a_full_mailbox)
{
	struct ipcx_mbox_recv mail;
	int direct = open_port(get_port(self->mbox), 0), n;
	__u64 number, lost;

	ASSERT_LE(0, direct);
	EXPECT_EQ(1, post_numbers(self->group, 1, 10));
	while (try_post_number(direct, 100) == 1)
		;
	lost = get_lost(self->mbox);
	EXPECT_LT(0, lost);
	close(self->group);
	self->group = -1;
	for (n = 0; recv_mail(self->mbox, &number, 8, &mail, IPCX_XFER_NONBLOCK) == 1; n++)
		if (mail.flags)
			break;
	EXPECT_TRUE(is_end_of(&mail, self->port));
	EXPECT_EQ(lost, mail.lost);
	EXPECT_EQ(10, n + lost);
	EXPECT_TRUE(is_empty(self->mbox));
	close(direct);
}

static int wait_for_the_end(void *arg)
{
	const int *mbox = arg;
	struct ipcx_mbox_recv mail;
	char byte;

	MUST_BE(1, recv_mail(*mbox, &byte, 1, &mail, 0));
	return mail.flags == IPCX_MSG_DEAD ? 0 : 1;
}

TEST_F(death, wakes_who_waits)
{
	int polled = new_mbox(NULL);
	struct pollfd p = { .fd = polled, .events = POLLIN };
	pid_t pid;

	ASSERT_LE(0, polled);
	ASSERT_EQ(0, subscribe(self->group, polled, IPCX_LAG_DROP_OLDEST));
	pid = spawn(wait_for_the_end, &self->mbox);
	ASSERT_EQ(0, wait_receivers(self->mbox, 1));
	EXPECT_EQ(0, poll(&p, 1, 0));
	EXPECT_EQ(0, unsubscribe(self->group, get_port(self->mbox)));
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(0, unsubscribe(self->group, get_port(polled)));
	EXPECT_EQ(1, poll(&p, 1, 0));
	EXPECT_EQ(POLLIN, p.revents);
	EXPECT_EQ(0, has_ended(polled, self->port));
	close(polled);
}

struct owner {
	int ready[2];
	__u64 port;
};

static int own_a_group(void *arg)
{
	struct owner *o = arg;
	int group = new_group(0, &o->port);

	MUST(group >= 0);
	MUST_BE(1, write(o->ready[1], "", 1));
	pause();
	return 0;
}

TEST_F(death, of_the_owners_process)
{
	struct owner *o = shared_memory(sizeof(*o));
	__u64 number = 0, lost;
	pid_t pid;
	char byte;
	int to;

	ASSERT_EQ(0, pipe(o->ready));
	pid = spawn(own_a_group, o);
	ASSERT_EQ(1, read(o->ready[0], &byte, 1));
	ASSERT_EQ(0, unsubscribe(self->mbox, self->port));
	ASSERT_EQ(0, subscribe_to(NULL, o->port, self->mbox, IPCX_LAG_DROP_OLDEST));
	to = open_port(o->port, 0);
	ASSERT_LE(0, to);
	ASSERT_EQ(1, post_number(to, 5));
	kill(pid, SIGKILL);
	EXPECT_EQ(KILLED_BY(SIGKILL), reap(pid));
	EXPECT_EQ(-EPIPE, post_number(to, 6));
	EXPECT_EQ(1, take_group_number(self->mbox, &number, &lost));
	EXPECT_EQ(5, number);
	EXPECT_EQ(0, has_ended(self->mbox, o->port));
	close(to);
}

/* Notices of several ends, and of the end of a mailbox: told apart. */
TEST_F(death, of_several)
{
	int groups[3], watched, to, i;
	__u64 ports[3], number, port;
	struct ipcx_mbox_recv mail;
	struct ipcx_watch watch = { .from = self->mbox, .cookie = 77 };

	watched = new_mbox(&port);
	to = open_port(port, 0);
	ASSERT_LE(0, to);
	ASSERT_EQ(0, op(to, IPCX_WATCH, &watch));
	for (i = 0; i < 3; i++) {
		groups[i] = new_group(0, &ports[i]);
		ASSERT_LE(0, groups[i]);
		ASSERT_EQ(0, subscribe(groups[i], self->mbox, IPCX_LAG_DROP_NEWEST));
	}
	close(groups[1]);
	close(watched);
	close(groups[0]);
	close(groups[2]);
	ASSERT_EQ(1, recv_mail(self->mbox, &number, 8, &mail, 0));
	EXPECT_TRUE(is_end_of(&mail, ports[1]));
	ASSERT_EQ(1, recv_mail(self->mbox, &number, 8, &mail, 0));
	EXPECT_EQ(IPCX_MSG_DEAD, mail.flags);
	EXPECT_EQ(0, mail.group);
	EXPECT_EQ(port, mail.sender);
	EXPECT_EQ(77, mail.cookie);
	ASSERT_EQ(1, recv_mail(self->mbox, &number, 8, &mail, 0));
	EXPECT_TRUE(is_end_of(&mail, ports[0]));
	ASSERT_EQ(1, recv_mail(self->mbox, &number, 8, &mail, 0));
	EXPECT_TRUE(is_end_of(&mail, ports[2]));
	EXPECT_EQ(1, get_members(self->mbox));
	close(to);
}

/* A group can be watched as any mailbox can: that is another word. */
TEST_F(death, watched_too)
{
	struct ipcx_watch watch = { .from = self->mbox, .cookie = 77 };
	int to = grant_right(self->group, IPCX_OPEN_WRITE), ends = 0, deaths = 0, i;
	struct ipcx_mbox_recv mail;
	char byte;

	ASSERT_LE(0, to);
	ASSERT_EQ(0, op(to, IPCX_WATCH, &watch));
	close(self->group);
	self->group = -1;
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(1, recv_mail(self->mbox, &byte, 1, &mail, IPCX_XFER_NONBLOCK));
		ends += is_end_of(&mail, self->port);
		deaths += mail.flags == IPCX_MSG_DEAD && !mail.group &&
			  mail.sender == self->port && mail.cookie == 77;
	}
	EXPECT_EQ(1, ends);
	EXPECT_EQ(1, deaths);
	EXPECT_TRUE(is_empty(self->mbox));
	close(to);
}

/* ---- a subscriber's end ---- */

static int subscribe_and_pause(void *arg)
{
	struct owner *o = arg;
	int mbox = small_mbox(4, NULL);
	__u64 number;

	MUST(mbox >= 0);
	MUST_BE(0, subscribe_to(NULL, o->port, mbox, IPCX_LAG_BLOCK));
	MUST_BE(1, recv_mail(mbox, &number, sizeof(number), NULL, 0));
	MUST_BE(1, write(o->ready[1], "", 1));
	pause();
	return 0;
}

TEST_F(death, of_a_subscribers_process)
{
	struct owner *o = shared_memory(sizeof(*o));
	pid_t pid;
	char byte;

	o->port = self->port;
	ASSERT_EQ(0, pipe(o->ready));
	pid = spawn(subscribe_and_pause, o);
	while (get_members(self->group) != 2)
		sleep_ms(1);
	ASSERT_EQ(1, post_number(self->group, 1));
	ASSERT_EQ(1, read(o->ready[0], &byte, 1));
	ASSERT_EQ(1, post_numbers(self->group, 2, 3));
	EXPECT_EQ(-EAGAIN, try_post_number(self->group, 4));
	kill(pid, SIGKILL);
	EXPECT_EQ(KILLED_BY(SIGKILL), reap(pid));
	EXPECT_EQ(1, get_members(self->group));
	EXPECT_EQ(1, try_post_number(self->group, 4));
}

/* With messages of it in other mailboxes, and shared ones in its own. */
TEST_F(death, of_a_mailbox_that_is_full)
{
	static char large[5000], got[5000];
	int mbox = new_mbox(NULL), i;

	ASSERT_LE(0, mbox);
	ASSERT_EQ(0, subscribe(self->group, mbox, IPCX_LAG_DROP_OLDEST));
	memset(large, 'x', sizeof(large));
	for (i = 0; i < 50; i++) {
		ASSERT_EQ(1, post_mail(self->group, large, sizeof(large), 0, 0, -1, 0));
	}
	EXPECT_EQ(50, get_depth(mbox));
	close(mbox);
	ASSERT_EQ(1, recv_mail(self->mbox, got, sizeof(got), NULL, 0));
	EXPECT_EQ(0, memcmp(large, got, sizeof(got)));
	EXPECT_EQ(1, get_members(self->group));
}

/* ---- a sender that has one's place, and waits for another's ---- */

struct waiting {
	int group;
	int first;	/* has room; the older one, which comes before the second */
	int second;	/* is full */
	__u64 own;	/* the first one's */
	pid_t pid;
};

static int post_and_wait(void *arg)
{
	const struct waiting *w = arg;

	close(w->first);
	MUST_BE(1, post_number(w->group, 7));
	return 0;
}

/* @first_too: the first one has subscribed, too, and its place is held. */
static int start_waiting(struct waiting *w, bool first_too)
{
	w->first = small_mbox(5, &w->own);
	w->second = small_mbox(4, NULL);
	MUST_BE(0, subscribe(w->group, w->second, IPCX_LAG_BLOCK));
	MUST_BE(1, post_numbers(w->group, 1, 2));
	if (first_too)
		MUST_BE(0, subscribe(w->group, w->first, IPCX_LAG_BLOCK));
	MUST_BE(-EAGAIN, try_post_number(w->group, 99));
	w->pid = spawn(post_and_wait, w);
	MUST_BE(0, wait_sleeping(w->pid));
	MUST_BE(0, get_depth(w->first));
	return 0;
}

/* The second one has room again: the message is sent. */
static int end_waiting(struct waiting *w)
{
	__u64 number, i;

	MUST_BE(0, wait_sleeping(w->pid));
	MUST_BE(2, get_depth(w->second));
	for (i = 1; i <= 3; i++) {
		MUST_BE(1, take_number(w->second, &number));
		MUST_BE(i < 3 ? i : 7, number);
		if (i == 1)
			MUST_BE(0, reap(w->pid));
	}
	return 0;
}

enum going { CLOSES, LEAVES, IS_PUT_OUT };

/* Who goes then does not get the message, nor is there less room. */
TEST_F(death, of_one_whose_place_is_held)
{
	enum going how;

	for (how = CLOSES; how <= IS_PUT_OUT; how++) {
		struct waiting w = { .group = self->group };

		ASSERT_EQ(0, start_waiting(&w, true));
		if (how == CLOSES) {
			close(w.first);
		} else if (how == LEAVES) {
			EXPECT_EQ(0, unsubscribe(w.first, self->port));
		} else {
			EXPECT_EQ(0, unsubscribe(self->group, w.own));
		}
		EXPECT_EQ(0, end_waiting(&w));
		if (how != CLOSES) {
			EXPECT_EQ(how == IS_PUT_OUT, drain_mail(w.first));
			EXPECT_EQ(0, get_lost(w.first));
			EXPECT_TRUE(is_empty(w.first));
			close(w.first);
		}
		close(w.second);
		EXPECT_LE(0, drain_mail(self->mbox));
	}
}

static int post_directly(void *arg)
{
	MUST_BE(1, post_number(*(int *)arg, 9));
	return 0;
}

/* The place counts as a message does: of 5, so many are half of what is free. */
TEST_F(death, nor_is_a_held_place_free)
{
	struct waiting w = { .group = self->group };
	pid_t pid;
	int direct;

	ASSERT_EQ(0, start_waiting(&w, true));
	direct = open_port(w.own, 0);
	ASSERT_LE(0, direct);
	EXPECT_EQ(1, try_post_number(direct, 8));
	EXPECT_EQ(-EAGAIN, try_post_number(direct, 8));
	/* It is for who waits, when it is given back. */
	pid = spawn(post_directly, &direct);
	ASSERT_EQ(0, wait_senders(direct, 1));
	kill(w.pid, SIGKILL);
	EXPECT_EQ(KILLED_BY(SIGKILL), reap(w.pid));
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(2, drain_mail(w.first));
	EXPECT_EQ(2, drain_mail(w.second));
	close(direct);
	close(w.second);
	close(w.first);
}

/* Who comes then gets what is sent afterwards, and has lost nothing. */
TEST_F(death, but_one_comes)
{
	struct waiting w = { .group = self->group };
	__u64 number;

	ASSERT_EQ(0, start_waiting(&w, false));
	ASSERT_EQ(0, subscribe(self->group, w.first, IPCX_LAG_BLOCK));
	EXPECT_EQ(0, end_waiting(&w));
	EXPECT_TRUE(is_empty(w.first));
	EXPECT_EQ(0, get_lost(w.first));
	EXPECT_EQ(1, try_post_number(self->group, 8));
	EXPECT_EQ(1, take_number(w.first, &number));
	EXPECT_EQ(8, number);
	close(w.second);
	close(w.first);
}

/* ---- coming and going under way ---- */

enum { STORMERS = 5 };

struct stormer {
	__u64 own;
	uint64_t seed;
	__u32 lag;
	volatile long rounds, received;
};

struct storm {
	int group;
	__u64 port;
	uint64_t seed;
	volatile bool stop, silence;
	volatile long sent, put_out;
	struct stormer stormers[STORMERS];
};

/* One of the stormers, in its process. */
struct in_storm {
	struct storm *storm;
	struct stormer *self;
	int mbox;
	__u64 last;	/* number of the message before, 0: there was none */
};

/* Long enough to be shared by reference, and it does not matter when it is not. */
struct numbered {
	__u64 number;
	char rest[192];
};

/* Takes one message; 1: a message, 2: the end, 3: nothing there, 0: something wrong. */
static int take_in_storm(struct in_storm *p, __u32 flags)
{
	struct numbered content;
	struct ipcx_mbox_recv mail;
	int ret = recv_mail(p->mbox, &content, sizeof(content), &mail, flags);

	if (ret == -EAGAIN)
		return 3;
	if (ret == 1 && is_end_of(&mail, p->storm->port))
		return 2;
	if (ret != 1 || mail.flags || !follows(p->last, content.number, mail.lost)) {
		printf("# %d: after %llu came %llu, %llu lost, flags %#x\n", ret, p->last,
		       content.number, mail.lost, mail.flags);
		fflush(stdout);
		return 0;
	}
	p->last = content.number;
	p->self->received++;
	return 1;
}

/* What comes between subscribing and leaving is one run, gaps told. */
static int subscribe_once(struct in_storm *p)
{
	long takes = rnd_below(&p->self->seed, 12), left;
	int got = 1;

	p->last = 0;
	MUST_BE(0, subscribe_to(NULL, p->storm->port, p->mbox, p->self->lag));
	while (takes-- && got == 1)
		got = take_in_storm(p, 0);
	MUST(got);
	left = unsubscribe(p->mbox, p->storm->port);
	MUST(left >= 0 || left == -ENOENT);
	/* Put out: the end comes, if it has not. */
	while (got == 1)
		got = take_in_storm(p, left < 0 ? 0 : IPCX_XFER_NONBLOCK);
	MUST_BE(left < 0 ? 2 : 3, got);
	/* A sender that waits for another may keep a place here, and nothing in it. */
	MUST_BE(0, get_depth(p->mbox));
	return 0;
}

static int come_and_go(void *arg)
{
	struct in_storm *p = arg;

	p->mbox = small_mbox(8, &p->self->own);
	MUST(p->mbox >= 0);
	for (; !p->storm->stop; p->self->rounds++)
		if (subscribe_once(p))
			return 1;
	return 0;
}

static int send_all_the_time(void *arg)
{
	struct numbered content = { 0 };
	struct storm *s = arg;

	for (s->sent = 1; !s->silence; s->sent++) {
		content.number = s->sent;
		MUST_BE(1, post_mail(s->group, &content, s->sent % 3 ? 8 : sizeof(content),
				     0, 0, -1, 0));
	}
	return 0;
}

static int put_out_all_the_time(void *arg)
{
	struct storm *s = arg;

	while (!s->stop) {
		__u64 own = s->stormers[rnd_below(&s->seed, STORMERS)].own;
		long long ret = unsubscribe(s->group, own);

		MUST(ret >= 0 || ret == -ENOENT);
		s->put_out += ret >= 0;
		sleep_ns(rnd_below(&s->seed, 3000000));
	}
	return 0;
}

static bool all_have_received(void *arg)
{
	const struct storm *s = arg;
	int i;

	for (i = 0; i < STORMERS; i++)
		if (!s->stormers[i].received)
			return false;
	return s->put_out;
}

/*
 * Subscribers come, go and are put out while somebody sends without a pause: what
 * each gets has no gap that it is not told of, none is waited for that is gone, and
 * nothing comes after the end.
 */
TEST_F(death, storm)
{
	static const __u32 lags[STORMERS] = {
		IPCX_LAG_BLOCK, IPCX_LAG_DROP_OLDEST, IPCX_LAG_DROP_NEWEST, IPCX_LAG_BLOCK,
		IPCX_LAG_DROP_OLDEST,
	};
	struct storm *s = shared_memory(sizeof(*s));
	uint64_t seed = test_seed();
	pid_t pids[STORMERS], sender, owner;
	long rounds = 0;
	int i;

	start_watchdog();
	s->group = self->group;
	s->port = self->port;
	s->seed = rnd(&seed);
	sender = spawn(send_all_the_time, s);
	for (i = 0; i < STORMERS; i++) {
		struct in_storm p = { .storm = s, .self = &s->stormers[i] };

		s->stormers[i] = (struct stormer){ .seed = rnd(&seed), .lag = lags[i] };
		pids[i] = spawn(come_and_go, &p);
	}
	owner = spawn(put_out_all_the_time, s);
	sleep_ms(scaled(1000, 60000));
	EXPECT_EQ(0, wait_until(all_have_received, s));
	s->stop = true;
	EXPECT_EQ(0, reap(owner));
	for (i = 0; i < STORMERS; i++) {
		EXPECT_EQ(0, reap(pids[i]));
		rounds += s->stormers[i].rounds;
	}
	s->silence = true;
	EXPECT_EQ(0, reap(sender));
	printf("# %ld messages, %ld subscriptions, %ld put out\n", s->sent, rounds, s->put_out);
	EXPECT_EQ(1, get_members(self->group));
}

/* ---- killed at any time ---- */

struct killing {
	char name[UNIQUE_NAME_SIZE];
	volatile long received, ends;
};

static int be_owner(unsigned int self, void *arg)
{
	struct killing *k = arg;
	uint64_t seed = now_ns(CLOCK_MONOTONIC) + self;

	for (;;) {
		int group = open_group(k->name, 0600, IPCX_MBOX_GROUP_BLOCK, NULL);

		MUST(group >= 0);
		sleep_ns(rnd_below(&seed, 50000000));
		close(group);
	}
}

/* Each sender's numbers go up, also over its own death. */
static int be_sender(unsigned int self, void *arg)
{
	struct numbered content = { 0 };
	struct killing *k = arg;

	for (;;) {
		int to = open_mbox(k->name, IPCX_OPEN_WRITE, 0), ret = 1;

		MUST(to >= 0 || to == -ENOENT);
		while (to >= 0 && ret == 1) {
			content.number = now_ns(CLOCK_MONOTONIC);
			ret = post_mail(to, &content, content.number % 3 ? 8 : sizeof(content),
					self, 0, -1, 0);
			MUST(ret == 1 || ret == -EPIPE);
		}
		close(to);
	}
}

static int receive_until_the_end(struct killing *k, int mbox)
{
	__u64 last[CROWD_MAX] = { 0 };
	struct numbered content;
	struct ipcx_mbox_recv mail;

	for (;;) {
		MUST_BE(1, recv_mail(mbox, &content, sizeof(content), &mail, 0));
		if (mail.flags)
			break;
		MUST(mail.group && mail.type < CROWD_MAX && content.number > last[mail.type]);
		last[mail.type] = content.number;
		k->received++;
	}
	k->ends++;
	MUST_BE(IPCX_MSG_DEAD, mail.flags);
	MUST_BE(-EAGAIN, recv_mail(mbox, &content, 8, &mail, IPCX_XFER_NONBLOCK));
	return 0;
}

static int be_subscriber(unsigned int self, void *arg)
{
	struct killing *k = arg;
	int mbox = small_mbox(8, NULL), ret;

	MUST(mbox >= 0);
	for (;;) {
		ret = subscribe_to(k->name, 0, mbox, self % (IPCX_LAG_BLOCK + 1));
		MUST(ret == 0 || ret == -ENOENT || ret == -EPIPE);
		if (!ret && receive_until_the_end(k, mbox))
			return 1;
	}
}

/* Owner, senders and subscribers: whoever is left goes on. */
TEST(anybody_at_any_time)
{
	static int (*const roles[])(unsigned int self, void *arg) = {
		be_owner, be_sender, be_sender, be_subscriber, be_subscriber, be_subscriber,
		be_subscriber,
	};
	struct killing *k = shared_memory(sizeof(*k));
	struct crowd crowd = { .roles = roles, .size = ARRAY_SIZE(roles), .arg = k };
	uint64_t seed = test_seed();
	struct ipcx_info before;

	start_watchdog();
	unique_name(k->name, "killing");
	ASSERT_EQ(0, get_info(&before));
	ASSERT_EQ(0, crowd_start(&crowd));
	EXPECT_EQ(0, crowd_suffer(&crowd, scaled_to_kernel(600, 10000), &seed, 6000000));
	EXPECT_EQ(0, crowd_end(&crowd));
	printf("# %ld messages received, %ld ends\n", k->received, k->ends);
	EXPECT_LT(0, k->received);
	EXPECT_LT(0, k->ends);
	EXPECT_EQ(0, wait_back_to(&before));
}

TEST_HARNESS_MAIN
