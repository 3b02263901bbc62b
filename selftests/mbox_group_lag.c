// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Subscribers that lag: what each policy does, what is counted as lost, who waits
 * for whom, and who is charged.
 */
#include "group.h"
#include "endings.h"

#include <poll.h>
#include <pthread.h>

/* A mailbox for ROOM messages has so many of one user: half of what is free. */
#define ROOM	8
#define FITS	(ROOM / 2)

FIXTURE(lag)
{
	int group;
	int mbox;	/* subscribes in each test */
	int other;	/* has subscribed, and room */
	__u64 port;
	__u64 own;	/* the first mailbox's */
};

FIXTURE_SETUP(lag)
{
	start_watchdog();
	self->group = new_group(IPCX_MBOX_GROUP_BLOCK, &self->port);
	ASSERT_LE(0, self->group);
	self->mbox = small_mbox(ROOM, &self->own);
	ASSERT_LE(0, self->mbox);
	self->other = new_mbox(NULL);
	ASSERT_LE(0, self->other);
	ASSERT_EQ(0, subscribe(self->group, self->other, IPCX_LAG_DROP_NEWEST));
}

FIXTURE_TEARDOWN(lag)
{
	if (self->group >= 0)
		close(self->group);
	close(self->other);
	if (self->mbox >= 0)
		close(self->mbox);
}

/* Receives @number, and that so many were lost before it. */
static int takes(int mbox, __u64 number, __u64 lost)
{
	__u64 got = 0, told = 0;

	MUST_BE(1, take_group_number(mbox, &got, &told));
	MUST_BE(number, got);
	MUST_BE(lost, told);
	return 0;
}

static int takes_all(int mbox, __u64 from, __u64 to)
{
	for (; from <= to; from++)
		if (takes(mbox, from, 0))
			return 1;
	return 0;
}

/* ---- drop ---- */

/* Those that came while there was room; the next one tells how many did not. */
TEST_F(lag, newest)
{
	ASSERT_EQ(0, subscribe(self->group, self->mbox, IPCX_LAG_DROP_NEWEST));
	EXPECT_EQ(1, post_numbers(self->group, 1, FITS + 6));
	EXPECT_EQ(FITS, get_depth(self->mbox));
	EXPECT_EQ(6, get_lost(self->mbox));
	EXPECT_EQ(0, takes_all(self->mbox, 1, FITS));
	EXPECT_EQ(1, post_numbers(self->group, 20, 21));
	EXPECT_EQ(0, takes(self->mbox, 20, 6));
	EXPECT_EQ(0, takes(self->mbox, 21, 0));
	/* Each counts for itself. */
	EXPECT_EQ(0, get_lost(self->other));
	EXPECT_EQ(FITS + 8, drain_mail(self->other));
	EXPECT_EQ(6, get_lost(self->mbox));
	EXPECT_EQ(6, unsubscribe(self->mbox, self->port));
}

TEST_F(lag, oldest)
{
	ASSERT_EQ(0, subscribe(self->group, self->mbox, IPCX_LAG_DROP_OLDEST));
	EXPECT_EQ(1, post_numbers(self->group, 1, FITS + 6));
	EXPECT_EQ(FITS, get_depth(self->mbox));
	EXPECT_EQ(6, get_lost(self->mbox));
	EXPECT_EQ(0, takes(self->mbox, 7, 6));
	EXPECT_EQ(0, takes_all(self->mbox, 8, FITS + 6));
	EXPECT_EQ(1, post_numbers(self->group, 20, 20));
	EXPECT_EQ(0, takes(self->mbox, 20, 0));
	EXPECT_EQ(FITS + 7, drain_mail(self->other));
	EXPECT_EQ(6, unsubscribe(self->mbox, self->port));
}

/* Again and again: what is missing is always told, and nothing twice. */
TEST_F(lag, gaps_are_told)
{
	static const __u32 lags[] = { IPCX_LAG_DROP_NEWEST, IPCX_LAG_DROP_OLDEST };
	uint64_t seed = test_seed();
	__u64 next, last, number, lost, total;
	size_t i;
	int n;

	for (i = 0; i < ARRAY_SIZE(lags); i++) {
		ASSERT_EQ(0, subscribe(self->group, self->mbox, lags[i]));
		next = 1;
		total = 0;
		for (last = 0, n = 0; n < 100; n++) {
			__u64 posts = rnd_below(&seed, 7), takes = rnd_below(&seed, 5);

			ASSERT_EQ(1, post_numbers(self->group, next, next + posts - 1));
			next += posts;
			while (takes-- && take_group_number(self->mbox, &number, &lost) == 1) {
				ASSERT_EQ(last + lost + 1, number);
				last = number;
				total += lost;
			}
			ASSERT_LE(0, drain_mail(self->other));
		}
		while (take_group_number(self->mbox, &number, &lost) == 1) {
			ASSERT_EQ(last + lost + 1, number);
			last = number;
			total += lost;
		}
		/* What was lost since is told when it leaves. */
		EXPECT_EQ(total + next - 1 - last, unsubscribe(self->mbox, self->port));
	}
}

/* The oldest by time, whatever its priority. */
TEST_F(lag, oldest_by_age)
{
	__u64 i, number;

	ASSERT_EQ(0, subscribe(self->group, self->mbox, IPCX_LAG_DROP_OLDEST));
	for (i = 1; i <= FITS + 1; i++) {
		struct ipcx_mbox_msg msg = make_mail(&i, 8, i, i);
		struct ipcx_post post = make_post(&msg, 1, 0);

		msg.priority = 100 - i;
		ASSERT_EQ(1, op(self->group, IPCX_POST, &post));
	}
	for (i = 2; i <= FITS + 1; i++) {
		EXPECT_EQ(1, take_number(self->mbox, &number));
		EXPECT_EQ(i, number);
	}
	EXPECT_TRUE(is_empty(self->mbox));
}

/* Several small ones make room for a large one. */
TEST_F(lag, oldest_by_bytes)
{
	struct ipcx_mbox_attr attr = { .max_msg_size = 4096, .max_bytes = 8192 };
	int mbox = open_mbox_attr(NULL, MBOX_CREATE, 0, &attr, NULL), i;
	struct ipcx_mbox_recv mail;
	static char buf[4096];

	ASSERT_LE(0, mbox);
	ASSERT_EQ(0, subscribe(self->group, mbox, IPCX_LAG_DROP_OLDEST));
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(1, post_mail(self->group, buf, 1000, i, 0, -1, 0));
	}
	EXPECT_EQ(4, get_depth(mbox));
	ASSERT_EQ(1, post_mail(self->group, buf, 3000, 4, 0, -1, 0));
	EXPECT_EQ(2, get_depth(mbox));
	EXPECT_EQ(3, get_lost(mbox));
	ASSERT_EQ(1, recv_mail(mbox, buf, sizeof(buf), &mail, 0));
	EXPECT_EQ(3, mail.type);
	EXPECT_EQ(3, mail.lost);
	ASSERT_EQ(1, recv_mail(mbox, buf, sizeof(buf), &mail, 0));
	EXPECT_EQ(4, mail.type);
	EXPECT_EQ(0, mail.lost);
	EXPECT_TRUE(is_empty(mbox));
	close(mbox);
}

/* The only one there goes, and with it what it had to tell. */
TEST_F(lag, oldest_is_the_newest)
{
	int mbox = small_mbox(1, NULL);

	ASSERT_EQ(0, subscribe(self->group, mbox, IPCX_LAG_DROP_OLDEST));
	EXPECT_EQ(1, post_numbers(self->group, 1, 4));
	EXPECT_EQ(0, takes(mbox, 4, 3));
	close(mbox);
}

/* What came another way is not the group's to drop. */
TEST_F(lag, only_its_own_are_dropped)
{
	int direct = open_port(self->own, 0), second = new_group(0, NULL);
	__u64 i, number;

	ASSERT_LE(0, direct);
	ASSERT_LE(0, second);
	ASSERT_EQ(0, subscribe(self->group, self->mbox, IPCX_LAG_DROP_OLDEST));
	ASSERT_EQ(0, subscribe(second, self->mbox, IPCX_LAG_DROP_OLDEST));
	for (i = 1; i <= FITS - 1; i++) {
		ASSERT_EQ(1, post_number(direct, i));
	}
	ASSERT_EQ(1, post_number(second, FITS));
	/* There is none of this group's that could go. */
	ASSERT_EQ(1, post_numbers(self->group, 100, 102));
	EXPECT_EQ(FITS, get_depth(self->mbox));
	EXPECT_EQ(3, get_lost(self->mbox));
	/* Of the other one there is. */
	ASSERT_EQ(1, post_number(second, 200));
	EXPECT_EQ(4, get_lost(self->mbox));
	for (i = 1; i <= FITS - 1; i++) {
		EXPECT_EQ(1, take_number(self->mbox, &number));
		EXPECT_EQ(i, number);
	}
	EXPECT_EQ(0, takes(self->mbox, 200, 1));
	EXPECT_EQ(3, unsubscribe(self->mbox, self->port));
	close(second);
	close(direct);
}

/* Larger than any room there will be: lost whatever the policy, also to who waits. */
TEST_F(lag, too_large_for_ever)
{
	struct ipcx_mbox_attr attr = { .max_msg_size = 100 };
	static char buf[101];
	__u32 lag;

	for (lag = IPCX_LAG_DROP_NEWEST; lag <= IPCX_LAG_BLOCK; lag++) {
		int mbox = open_mbox_attr(NULL, MBOX_CREATE, 0, &attr, NULL);

		ASSERT_LE(0, mbox);
		ASSERT_EQ(0, subscribe(self->group, mbox, lag));
		ASSERT_EQ(1, post_number(self->group, 1));
		EXPECT_EQ(1, post_mail(self->group, buf, 101, 0, 0, -1, IPCX_XFER_NONBLOCK));
		EXPECT_EQ(1, get_lost(mbox));
		EXPECT_EQ(0, takes(mbox, 1, 0));
		EXPECT_EQ(1, post_numbers(self->group, 2, 3));
		EXPECT_EQ(0, takes(mbox, 2, 1));
		EXPECT_EQ(0, takes(mbox, 3, 0));
		EXPECT_EQ(1, unsubscribe(mbox, self->port));
		close(mbox);
	}
	EXPECT_EQ(12, drain_mail(self->other));
}

/* ---- block ---- */

TEST_F(lag, block_needs_the_owners_grant)
{
	int group = new_group(0, NULL);

	ASSERT_LE(0, group);
	EXPECT_EQ(-EPERM, subscribe(group, self->mbox, IPCX_LAG_BLOCK));
	EXPECT_EQ(0, subscribe(group, self->mbox, IPCX_LAG_DROP_NEWEST));
	EXPECT_EQ(0, subscribe(self->group, self->mbox, IPCX_LAG_BLOCK));
	close(group);
}

/* Without the will to wait it fails, and nobody has it. */
TEST_F(lag, block_and_nonblocking)
{
	ASSERT_EQ(0, subscribe(self->group, self->mbox, IPCX_LAG_BLOCK));
	EXPECT_EQ(1, post_numbers(self->group, 1, FITS));
	EXPECT_EQ(-EAGAIN, try_post_number(self->group, 99));
	EXPECT_EQ(-EAGAIN, try_post_number(self->group, 99));
	EXPECT_EQ(FITS, get_depth(self->mbox));
	EXPECT_EQ(FITS, drain_mail(self->other));
	EXPECT_EQ(0, takes(self->mbox, 1, 0));
	EXPECT_EQ(1, try_post_number(self->group, FITS + 1));
	EXPECT_EQ(-EAGAIN, try_post_number(self->group, 99));
	EXPECT_EQ(0, takes_all(self->mbox, 2, FITS + 1));
	EXPECT_EQ(0, takes(self->other, FITS + 1, 0));
	EXPECT_EQ(0, get_lost(self->mbox));
	EXPECT_TRUE(is_empty(self->mbox));
	EXPECT_TRUE(is_empty(self->other));
}

TEST_F(lag, block_and_a_batch)
{
	__u64 numbers[] = { 1, 2, 3, 4, 5, 6 };
	struct ipcx_mbox_msg msgs[6];
	struct ipcx_post post = make_post(msgs, 6, IPCX_XFER_NONBLOCK);
	int i;

	for (i = 0; i < 6; i++)
		msgs[i] = make_mail(&numbers[i], 8, 0, 0);
	ASSERT_EQ(0, subscribe(self->group, self->mbox, IPCX_LAG_BLOCK));
	EXPECT_EQ(FITS, op(self->group, IPCX_POST, &post));
	EXPECT_EQ(FITS, get_depth(self->other));
	EXPECT_EQ(-EAGAIN, op(self->group, IPCX_POST, &post));
	EXPECT_EQ(FITS, get_depth(self->other));
}

struct sender {
	int group, mbox;
	__u64 number;
	int sa_flags;
	long long ms;
	int ret;
};

static int post_one(void *arg)
{
	struct sender *s = arg;
	struct ipcx_mbox_msg msg = make_mail(&s->number, 8, 0, 0);
	struct ipcx_post post = make_post(&msg, 1, 0);

	MUST_BE(0, catch_signal(s->sa_flags));
	if (s->mbox >= 0)
		close(s->mbox);
	if (s->ms) {
		post.flags = IPCX_XFER_DEADLINE;
		post.clock = CLOCK_MONOTONIC;
		post.deadline_ns = now_ns(CLOCK_MONOTONIC) + s->ms * NSEC_PER_MSEC;
	}
	s->ret = op(s->group, IPCX_POST, &post);
	return 0;
}

static struct sender *new_sender(int group, int mbox, __u64 number)
{
	struct sender *s = shared_memory(sizeof(*s));

	*s = (struct sender){
		.group = group, .mbox = mbox, .number = number,
		.sa_flags = SA_RESTART, .ret = -1000,
	};
	return s;
}

/* Fills the mailbox of a subscriber that is waited for; @other is emptied. */
static int fill_up(int group, int mbox, int other)
{
	MUST_BE(0, subscribe(group, mbox, IPCX_LAG_BLOCK));
	MUST_BE(1, post_numbers(group, 1, FITS));
	MUST_BE(-EAGAIN, try_post_number(group, 99));
	MUST_BE(FITS, drain_mail(other));
	return 0;
}

TEST_F(lag, block_until_there_is_room)
{
	struct sender *s = new_sender(self->group, self->mbox, FITS + 1);
	pid_t pid;

	ASSERT_EQ(0, fill_up(self->group, self->mbox, self->other));
	pid = spawn(post_one, s);
	ASSERT_EQ(0, wait_sleeping(pid));
	EXPECT_EQ(0, get_depth(self->other));
	EXPECT_EQ(-1000, s->ret);
	EXPECT_EQ(0, takes(self->mbox, 1, 0));
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(1, s->ret);
	EXPECT_EQ(0, takes_all(self->mbox, 2, FITS + 1));
	EXPECT_EQ(0, takes(self->other, FITS + 1, 0));
	EXPECT_TRUE(is_empty(self->mbox));
}

TEST_F(lag, block_until_the_deadline)
{
	struct sender *s = new_sender(self->group, self->mbox, 99);

	ASSERT_EQ(0, fill_up(self->group, self->mbox, self->other));
	s->ms = 30;
	EXPECT_EQ(0, in_child(post_one, s));
	EXPECT_EQ(-ETIMEDOUT, s->ret);
	EXPECT_EQ(0, get_depth(self->other));
	EXPECT_EQ(FITS, drain_mail(self->mbox));
	/* Nothing of it is left behind: neither room that is kept, nor the message. */
	EXPECT_EQ(1, post_numbers(self->group, 1, FITS));
	EXPECT_EQ(-EAGAIN, try_post_number(self->group, 99));
	EXPECT_EQ(0, takes_all(self->mbox, 1, FITS));
}

TEST_F(lag, block_until_a_signal)
{
	struct sender *s = new_sender(self->group, self->mbox, FITS + 1);
	pid_t pid;

	ASSERT_EQ(0, fill_up(self->group, self->mbox, self->other));
	s->sa_flags = 0;
	pid = spawn(post_one, s);
	ASSERT_EQ(0, wait_sleeping(pid));
	kill(pid, SIGUSR1);
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(-EINTR, s->ret);
	EXPECT_EQ(0, get_depth(self->other));
	/* With SA_RESTART it is as if nothing had been. */
	s->sa_flags = SA_RESTART;
	pid = spawn(post_one, s);
	ASSERT_EQ(0, wait_sleeping(pid));
	kill(pid, SIGUSR1);
	ASSERT_EQ(0, wait_sleeping(pid));
	EXPECT_EQ(0, takes_all(self->mbox, 1, FITS));
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(1, s->ret);
	EXPECT_EQ(0, takes(self->mbox, FITS + 1, 0));
	EXPECT_EQ(0, takes(self->other, FITS + 1, 0));
	EXPECT_TRUE(is_empty(self->mbox));
	EXPECT_TRUE(is_empty(self->other));
}

TEST_F(lag, block_until_killed)
{
	struct sender *s = new_sender(self->group, self->mbox, 99);
	pid_t pid;

	ASSERT_EQ(0, fill_up(self->group, self->mbox, self->other));
	pid = spawn(post_one, s);
	ASSERT_EQ(0, wait_sleeping(pid));
	kill(pid, SIGKILL);
	EXPECT_EQ(KILLED_BY(SIGKILL), reap(pid));
	EXPECT_EQ(FITS, drain_mail(self->mbox));
	EXPECT_EQ(0, get_depth(self->other));
	EXPECT_EQ(1, post_numbers(self->group, 1, FITS));
}

/* ---- who is waited for goes ---- */

enum going { CLOSES, LEAVES, IS_PUT_OUT };

TEST_F(lag, block_until_it_goes)
{
	enum going how;

	for (how = CLOSES; how <= IS_PUT_OUT; how++) {
		struct sender *s = new_sender(self->group, self->mbox, 7);
		pid_t pid;

		ASSERT_EQ(0, fill_up(self->group, self->mbox, self->other));
		pid = spawn(post_one, s);
		ASSERT_EQ(0, wait_sleeping(pid));
		EXPECT_EQ(-1000, s->ret);
		if (how == CLOSES) {
			close(self->mbox);
		} else if (how == LEAVES) {
			EXPECT_EQ(0, unsubscribe(self->mbox, self->port));
		} else {
			EXPECT_EQ(0, unsubscribe(self->group, self->own));
		}
		EXPECT_EQ(0, reap(pid));
		EXPECT_EQ(1, s->ret);
		EXPECT_EQ(0, takes(self->other, 7, 0));
		EXPECT_EQ(1, get_members(self->group));
		if (how != CLOSES) {
			EXPECT_EQ(FITS + (how == IS_PUT_OUT), drain_mail(self->mbox));
			close(self->mbox);
		}
		self->mbox = small_mbox(ROOM, &self->own);
		ASSERT_LE(0, self->mbox);
	}
}

/* The process that has it, killed. */
static int hold(void *arg)
{
	(void)arg;
	pause();
	return 0;
}

TEST_F(lag, block_until_its_process_is_killed)
{
	struct sender *s = new_sender(self->group, self->mbox, 7);
	pid_t pid, holder;

	ASSERT_EQ(0, fill_up(self->group, self->mbox, self->other));
	holder = spawn(hold, NULL);
	pid = spawn(post_one, s);
	ASSERT_EQ(0, wait_sleeping(pid));
	close(self->mbox);
	self->mbox = -1;
	ASSERT_EQ(0, wait_sleeping(pid));
	EXPECT_EQ(-1000, s->ret);
	kill(holder, SIGKILL);
	EXPECT_EQ(KILLED_BY(SIGKILL), reap(holder));
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(1, s->ret);
}

/* With the group goes what its senders wait for. */
TEST_F(lag, block_until_the_group_ends)
{
	int to = grant_right(self->group, IPCX_OPEN_WRITE);
	struct sender *s = new_sender(to, self->group, 7);
	pid_t pid;

	ASSERT_LE(0, to);
	ASSERT_EQ(0, fill_up(self->group, self->mbox, self->other));
	pid = spawn(post_one, s);
	ASSERT_EQ(0, wait_sleeping(pid));
	close(self->group);
	self->group = -1;
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(-EPIPE, s->ret);
	/* Only the end has come. */
	EXPECT_EQ(FITS + 1, drain_mail(self->mbox));
	EXPECT_EQ(1, drain_mail(self->other));
	close(to);
}

/* Two that are waited for: the one with room gets nothing until both have. */
TEST_F(lag, block_for_two)
{
	int second = small_mbox(ROOM, NULL), i;
	struct sender *s;
	pid_t pid;

	ASSERT_LE(0, second);
	ASSERT_EQ(0, fill_up(self->group, self->mbox, self->other));
	ASSERT_EQ(0, subscribe(self->group, second, IPCX_LAG_BLOCK));
	EXPECT_EQ(-EAGAIN, try_post_number(self->group, 99));
	EXPECT_EQ(0, get_depth(second));
	s = new_sender(self->group, -1, 50);
	pid = spawn(post_one, s);
	ASSERT_EQ(0, wait_sleeping(pid));
	EXPECT_EQ(0, get_depth(second));
	EXPECT_EQ(0, takes(self->mbox, 1, 0));
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(1, s->ret);
	EXPECT_EQ(0, takes(second, 50, 0));
	/* Now it is the other's turn to lag; what has room is not taken twice. */
	EXPECT_EQ(FITS, drain_mail(self->mbox));
	for (i = 1; i <= FITS; i++) {
		ASSERT_EQ(1, try_post_number(self->group, i));
		EXPECT_EQ(0, takes(self->mbox, i, 0));
	}
	EXPECT_EQ(-EAGAIN, try_post_number(self->group, 99));
	EXPECT_EQ(0, get_depth(self->mbox));
	EXPECT_EQ(0, takes(second, 1, 0));
	EXPECT_EQ(1, try_post_number(self->group, FITS + 1));
	EXPECT_EQ(0, takes(self->mbox, FITS + 1, 0));
	EXPECT_EQ(0, takes_all(second, 2, FITS + 1));
	EXPECT_EQ(0, get_lost(second));
	close(second);
}

/*
 * Two groups with the same two subscribers, who came in another order, and hold one
 * message each: their senders do not wait for each other for ever.
 */
TEST_F(lag, block_crosswise)
{
	int group[2] = { self->group, new_group(IPCX_MBOX_GROUP_BLOCK, NULL) }, mbox[2], i;
	struct sender *s[2];
	__u64 number, port;
	pid_t pids[2];

	for (i = 0; i < 2; i++) {
		int direct;

		mbox[i] = small_mbox(1, &port);
		direct = open_port(port, 0);
		ASSERT_LE(0, direct);
		ASSERT_EQ(1, post_number(direct, 1));
		close(direct);
	}
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, subscribe(group[i], mbox[i], IPCX_LAG_BLOCK));
		ASSERT_EQ(0, subscribe(group[i], mbox[!i], IPCX_LAG_BLOCK));
		s[i] = new_sender(group[i], -1, 2);
		s[i]->ms = 2000 * timeout_factor();
		pids[i] = spawn(post_one, s[i]);
		ASSERT_EQ(0, wait_sleeping(pids[i]));
	}
	/* Room for whoever takes it first, and then for the other. */
	for (i = 0; s[0]->ret == -1000 || s[1]->ret == -1000; i = !i) {
		take_number(mbox[i], &number);
		sleep_ms(1);
	}
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(0, reap(pids[i]));
		EXPECT_EQ(1, s[i]->ret);
		close(mbox[i]);
	}
	close(group[1]);
}

/* ---- charging ---- */

static long long charged(void)
{
	struct ipcx_info info;
	int ret = get_info(&info);

	return ret ? ret : (long long)info.user_bytes;
}

struct lagging {
	int group;
	int ready[2], go[2];
	long long before, after, lost;
};

/* Subscribes, lets others post, and tells what it is charged. */
static int lag_as_other_user(void *arg)
{
	struct lagging *l = arg;
	char byte;
	int mbox;

	MUST_BE(0, become(UID_A));
	MUST_BE(0, die_with_parent());
	mbox = new_mbox(NULL);
	MUST(mbox >= 0);
	MUST_BE(0, subscribe(l->group, mbox, IPCX_LAG_DROP_NEWEST));
	l->before = charged();
	MUST_BE(1, write(l->ready[1], "", 1));
	MUST_BE(1, read(l->go[0], &byte, 1));
	l->after = charged();
	l->lost = get_lost(mbox);
	/* Received, it is nobody's any more. */
	MUST_BE(4, drain_mail(mbox));
	MUST(charged() < l->after - 3 * (60 << 10));
	close(mbox);
	return 0;
}

static int post_as_other_user(void *arg)
{
	struct lagging *l = arg;
	static char buf[60 << 10];
	long long before;
	int i;

	MUST_BE(0, become(UID_B));
	before = charged();
	for (i = 0; i < 4; i++)
		MUST_BE(1, post_mail(l->group, buf, sizeof(buf), 0, 0, -1, IPCX_XFER_NONBLOCK));
	MUST(charged() < before + (long long)sizeof(buf));
	return 0;
}

TEST_F(lag, who_lags_is_charged)
{
	struct lagging *l = shared_memory(sizeof(*l));
	pid_t pid;
	char byte;

	l->group = self->group;
	ASSERT_EQ(0, pipe(l->ready));
	ASSERT_EQ(0, pipe(l->go));
	pid = spawn(lag_as_other_user, l);
	ASSERT_EQ(1, read(l->ready[0], &byte, 1));
	EXPECT_EQ(0, in_child(post_as_other_user, l));
	ASSERT_EQ(1, write(l->go[1], "", 1));
	EXPECT_EQ(0, reap(pid));
	EXPECT_LE(l->before + 4 * (60 << 10), l->after);
	EXPECT_EQ(0, l->lost);
	EXPECT_EQ(4, drain_mail(self->other));
}

#define LIMIT "/sys/module/ipcx/parameters/user_max_bytes"

/* What a test changes is put back, also when it fails. */
FIXTURE(quota)
{
	int group;
	char saved[32];
};

FIXTURE_SETUP(quota)
{
	self->group = new_group(0, NULL);
	ASSERT_LE(0, self->group);
	ASSERT_LT(0, read_file(LIMIT, self->saved, sizeof(self->saved)));
}

FIXTURE_TEARDOWN(quota)
{
	EXPECT_EQ(0, write_file(LIMIT, self->saved));
	close(self->group);
}

/* A user at the limit loses what the others get, and the sender goes on. */
TEST_F(quota, of_a_subscriber)
{
	struct lagging *l = shared_memory(sizeof(*l));
	int mbox = new_mbox(NULL), i;
	pid_t pid;
	char byte;

	ASSERT_LE(0, mbox);
	l->group = self->group;
	ASSERT_EQ(0, pipe(l->ready));
	ASSERT_EQ(0, pipe(l->go));
	pid = spawn(lag_as_other_user, l);
	ASSERT_EQ(1, read(l->ready[0], &byte, 1));
	EXPECT_EQ(0, in_child(post_as_other_user, l));
	ASSERT_EQ(0, subscribe(self->group, mbox, IPCX_LAG_DROP_NEWEST));
	/* Its four are more than that; what root has is less. */
	ASSERT_EQ(0, write_file(LIMIT, "240000"));
	for (i = 0; i < 4; i++) {
		EXPECT_EQ(1, try_post_number(self->group, i));
		EXPECT_EQ(1, post_mail(self->group, l, 100, 0, 0, -1, 0));
	}
	EXPECT_EQ(8, drain_mail(mbox));
	ASSERT_EQ(1, write(l->go[1], "", 1));
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(8, l->lost);
	close(mbox);
}

/* ---- two senders ---- */

struct stream {
	int group;
	__u64 sender;	/* 1 or 2 */
	long count;
};

static int stream(void *arg)
{
	struct stream *s = arg;
	__u64 i;

	for (i = 1; i <= (__u64)s->count; i++)
		MUST_BE(1, post_mail(s->group, &i, sizeof(i), s->sender, i, -1, 0));
	return 0;
}

struct listener {
	int mbox, owner;
	__u64 group;
	__u32 lag;
	__u64 received, lost, told;
};

/* Each sender's come in order, none twice; until the group's end. */
static int listen_to_both(void *arg)
{
	struct listener *l = arg;
	__u64 last[3] = { 0 }, number;
	struct ipcx_mbox_recv mail;

	close(l->owner);
	for (;;) {
		MUST_BE(1, recv_mail(l->mbox, &number, sizeof(number), &mail, 0));
		l->told += mail.lost;
		if (is_end_of(&mail, l->group))
			break;
		l->received++;
		MUST(mail.type == 1 || mail.type == 2);
		MUST(number > last[mail.type]);
		MUST(l->lag != IPCX_LAG_BLOCK || number == last[mail.type] + 1);
		last[mail.type] = number;
	}
	l->lost = get_lost(l->mbox);
	return 0;
}

TEST_F(lag, two_senders_at_once)
{
	static const __u32 lags[] = {
		IPCX_LAG_DROP_NEWEST, IPCX_LAG_BLOCK, IPCX_LAG_DROP_OLDEST, IPCX_LAG_BLOCK,
	};
	enum { LISTENERS = ARRAY_SIZE(lags) };
	long each = scaled_to_kernel(1500, 100000);
	struct listener *l = shared_memory(LISTENERS * sizeof(*l));
	pid_t listeners[LISTENERS], senders[2];
	int i;

	ASSERT_EQ(0, unsubscribe(self->other, self->port));
	for (i = 0; i < LISTENERS; i++) {
		l[i] = (struct listener){
			.mbox = small_mbox(64, NULL), .owner = self->group,
			.group = self->port, .lag = lags[i],
		};
		ASSERT_LE(0, l[i].mbox);
		ASSERT_EQ(0, subscribe(self->group, l[i].mbox, lags[i]));
		listeners[i] = spawn(listen_to_both, &l[i]);
		/* Its process has it now, and the group's owner is this one. */
		close(l[i].mbox);
	}
	for (i = 0; i < 2; i++) {
		struct stream s = { .group = self->group, .sender = i + 1, .count = each };

		senders[i] = spawn(stream, &s);
	}
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(0, reap(senders[i]));
	}
	close(self->group);
	self->group = -1;
	for (i = 0; i < LISTENERS; i++) {
		EXPECT_EQ(0, reap(listeners[i]));
		EXPECT_EQ(2 * each, l[i].received + l[i].lost);
		EXPECT_EQ(l[i].lost, l[i].told);
		EXPECT_TRUE(lags[i] != IPCX_LAG_BLOCK || !l[i].lost);
	}
}

TEST_HARNESS_MAIN
