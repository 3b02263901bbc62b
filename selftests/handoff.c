// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Who is served: waiters in order of task priority, then of arrival; one
 * message wakes one waiter, and none gets past one that can take it.
 */
#include "common.h"

#include <sys/resource.h>
#include <sys/syscall.h>

/* How a waiter is scheduled: by deadline, at a real-time priority, or nicely. */
struct schedule {
	int realtime;
	int nice;
};

#define DEADLINE	100	/* in place of a real-time priority */

struct waiter {
	int fd;
	bool send;
	struct schedule schedule;
	size_t room;
	__u32 flags;
	__u32 match;
	__u64 match_arg;
	__u64 number;		/* send: what; receive: what came */
	__u64 len;
	int ret;
	pid_t pid;
};

/* Ten milliseconds in each tenth of a second. */
static int set_deadline_schedule(void)
{
	struct {
		__u32 size, policy;
		__u64 flags;
		__s32 nice;
		__u32 priority;
		__u64 runtime, deadline, period;
	} attr = {
		.size = sizeof(attr), .policy = SCHED_DEADLINE,
		.runtime = 10 * NSEC_PER_MSEC,
		.deadline = 100 * NSEC_PER_MSEC, .period = 100 * NSEC_PER_MSEC,
	};

	return syscall(SYS_sched_setattr, 0, &attr, 0);
}

static int set_schedule(const struct schedule *s)
{
	struct sched_param param = { .sched_priority = s->realtime };

	if (s->realtime == DEADLINE)
		return set_deadline_schedule();
	if (s->realtime)
		return sched_setscheduler(0, SCHED_FIFO, &param);
	return setpriority(PRIO_PROCESS, 0, s->nice);
}

static int wait_in_child(void *arg)
{
	struct waiter *w = arg;
	char buf[256] = { 0 };
	struct ipcx_msg msg;

	if (set_schedule(&w->schedule) < 0)
		return errno;
	if (w->send) {
		w->ret = send_number(w->fd, w->number, 0);
		return 0;
	}
	w->ret = recv_match(w->fd, buf, w->room, &msg, w->match, w->match_arg, w->flags);
	memcpy(&w->number, buf, sizeof(w->number));
	w->len = msg.len;
	return 0;
}

/* Starts a waiter, and returns when it waits as the @nth. */
static int start_waiter(struct waiter *w, int nth)
{
	w->pid = spawn(wait_in_child, w);
	if (w->pid < 0)
		return w->pid;
	return w->send ? wait_senders(w->fd, nth) : wait_receivers(w->fd, nth);
}

/* Waiters in the order in which they come, and the order in which they go. */
static const struct {
	struct schedule schedule;
	int place;
} mixed[] = {
	{ { 0, 0 }, 7 },
	{ { 0, 10 }, 10 },
	{ { 1, 0 }, 4 },
	{ { 0, -10 }, 6 },
	{ { 50, 0 }, 1 },
	{ { 0, 0 }, 8 },
	{ { 1, 0 }, 5 },
	{ { DEADLINE, 0 }, 0 },
	{ { 50, 0 }, 2 },
	{ { 0, 0 }, 9 },
	{ { 0, 10 }, 11 },
	{ { 20, 0 }, 3 },
};

#define MIXED	((int)ARRAY_SIZE(mixed))

TEST(receivers_by_task_priority_then_arrival)
{
	struct waiter *w = shared_memory(MIXED * sizeof(*w));
	int fd = small_queue(MIXED), i;
	struct ipcx_stat stat;

	ASSERT_LE(0, fd);
	for (i = 0; i < MIXED; i++) {
		w[i] = (struct waiter){
			.fd = fd, .schedule = mixed[i].schedule, .room = 8,
		};
		ASSERT_EQ(0, start_waiter(&w[i], i + 1));
	}
	/* Whatever a message's priority: it goes to the first in line. */
	for (i = 0; i < MIXED; i++) {
		ASSERT_EQ(1, try_send_number(fd, i, i % 3));
	}
	for (i = 0; i < MIXED; i++) {
		EXPECT_EQ(0, reap(w[i].pid));
		EXPECT_EQ(1, w[i].ret);
		EXPECT_EQ(mixed[i].place, w[i].number) {
			TH_LOG("waiter %d", i);
		}
	}
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(MIXED, stat.received);
	EXPECT_EQ(MIXED, stat.recv_blocked);
	EXPECT_EQ(0, stat.depth);
}

TEST(senders_by_task_priority_then_arrival)
{
	struct waiter *w = shared_memory(MIXED * sizeof(*w));
	int fd = small_queue(1), i;
	int by_place[MIXED];
	__u64 number = 0;

	ASSERT_LE(0, fd);
	ASSERT_EQ(1, send_number(fd, 1000, 0));
	for (i = 0; i < MIXED; i++) {
		w[i] = (struct waiter){
			.fd = fd, .send = true, .schedule = mixed[i].schedule, .number = i,
		};
		ASSERT_EQ(0, start_waiter(&w[i], i + 1));
		by_place[mixed[i].place] = i;
	}
	ASSERT_EQ(1, try_recv_number(fd, &number));
	EXPECT_EQ(1000, number);
	for (i = 0; i < MIXED; i++) {
		/* Let in by the receive before, without any help of its task. */
		ASSERT_EQ(1, try_recv_number(fd, &number));
		EXPECT_EQ(by_place[i], number) {
			TH_LOG("place %d", i);
		}
	}
	for (i = 0; i < MIXED; i++) {
		EXPECT_EQ(0, reap(w[i].pid));
		EXPECT_EQ(1, w[i].ret);
	}
	EXPECT_TRUE(is_empty(fd));
}

/* Those who leave the line, from any place in it, do not disturb the others. */
TEST(leaving_the_line)
{
	struct waiter *w = shared_memory(MIXED * sizeof(*w));
	int fd = small_queue(MIXED), i, sent = 0;

	ASSERT_LE(0, fd);
	for (i = 0; i < MIXED; i++) {
		w[i] = (struct waiter){ .fd = fd, .schedule = mixed[i].schedule, .room = 8 };
		ASSERT_EQ(0, start_waiter(&w[i], i + 1));
	}
	for (i = 0; i < MIXED; i += 2) {
		kill(w[i].pid, SIGKILL);
		EXPECT_EQ(KILLED_BY(SIGKILL), reap(w[i].pid));
	}
	ASSERT_EQ(0, wait_receivers(fd, MIXED / 2));
	for (i = 0; i < MIXED / 2; i++) {
		ASSERT_EQ(1, try_send_number(fd, sent++, 0));
	}
	for (i = 1; i < MIXED; i += 2) {
		int j, before = 0;

		for (j = 1; j < MIXED; j += 2)
			before += mixed[j].place < mixed[i].place;
		EXPECT_EQ(0, reap(w[i].pid));
		EXPECT_EQ(before, w[i].number);
	}
	EXPECT_TRUE(is_empty(fd));
}

static int send_large(void *arg)
{
	static const char large[200];

	return send_msg(*(int *)arg, large, sizeof(large), 0, 0, 0) == 1 ? 0 : 1;
}

static int send_little(void *arg)
{
	return send_number(*(int *)arg, 2, 0) == 1 ? 0 : 1;
}

/* Who waits for much room keeps those behind from little, but not beyond death. */
TEST(who_stood_behind_one_that_leaves)
{
	struct ipcx_queue_attr attr = { .max_msgs = 8, .max_bytes = 256, .max_msg_size = 200 };
	int fd = new_queue(0, &attr);
	char most[128] = { 0 };
	pid_t large, little;
	__u64 number;

	ASSERT_LE(0, fd);
	ASSERT_EQ(1, send_msg(fd, most, sizeof(most), 0, 0, 0));
	large = spawn(send_large, &fd);
	ASSERT_EQ(0, wait_senders(fd, 1));
	little = spawn(send_little, &fd);
	ASSERT_EQ(0, wait_senders(fd, 2));
	EXPECT_EQ(1, get_depth(fd));
	kill(large, SIGKILL);
	EXPECT_EQ(KILLED_BY(SIGKILL), reap(large));
	EXPECT_EQ(0, reap(little));
	EXPECT_EQ(2, get_depth(fd));
	ASSERT_EQ(1, recv_msg(fd, most, sizeof(most), NULL, 0));
	ASSERT_EQ(1, recv_number(fd, &number));
	EXPECT_EQ(2, number);
	EXPECT_TRUE(is_empty(fd));
	close(fd);
}

/* ---- no herd ---- */

/* Times that the task gave the processor up of its own will, that is, slept. */
static long sleeps_of(pid_t pid)
{
	static const char key[] = "\nvoluntary_ctxt_switches:";
	char path[64], text[8192];
	const char *found;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if (read_file(path, text, sizeof(text)) < 0)
		return -1;
	found = strstr(text, key);
	return found ? atol(found + strlen(key)) : -1;
}

/*
 * The same of a task that sleeps: it is shown as sleeping a moment before the
 * sleep is counted. -1: not to be had.
 */
static long settled_sleeps_of(pid_t pid)
{
	long last, now = sleeps_of(pid);

	do {
		last = now;
		sleep_ms(5);
		now = sleeps_of(pid);
	} while (now != last);
	return now;
}

#define HERD	20

static void check_herd(struct __test_metadata *_metadata, bool send)
{
	struct waiter *w = shared_memory(HERD * sizeof(*w));
	int fd = small_queue(1), i;
	long before[HERD];
	__u64 number = 0;

	ASSERT_LE(0, fd);
	if (send) {
		ASSERT_EQ(1, send_number(fd, 1, 0));
	}
	for (i = 0; i < HERD; i++) {
		w[i] = (struct waiter){ .fd = fd, .send = send, .room = 8, .number = i };
		ASSERT_EQ(0, start_waiter(&w[i], i + 1));
	}
	for (i = 0; i < HERD; i++) {
		ASSERT_EQ(0, wait_sleeping(w[i].pid));
		before[i] = settled_sleeps_of(w[i].pid);
		ASSERT_LT(0, before[i]);
	}
	for (i = 0; i < HERD; i++) {
		int j;

		if (send) {
			ASSERT_EQ(1, recv_number(fd, &number));
		} else {
			ASSERT_EQ(1, send_number(fd, i, 0));
		}
		EXPECT_EQ(0, reap(w[i].pid));
		EXPECT_EQ(1, w[i].ret);
		for (j = i + 1; j < HERD; j++) {
			EXPECT_EQ(before[j], sleeps_of(w[j].pid)) {
				TH_LOG("waiter %d was woken by message %d", j, i);
			}
		}
	}
	close(fd);
}

TEST(one_message_wakes_one_receiver)
{
	check_herd(_metadata, false);
}

TEST(one_slot_wakes_one_sender)
{
	check_herd(_metadata, true);
}

/* ---- too little room ---- */

/* The first in line learns the size, the message goes to one who has room. */
TEST(too_little_room_lets_the_next_one_have_it)
{
	struct waiter *w = shared_memory(3 * sizeof(*w));
	static const size_t rooms[] = { 10, 99, 100 };
	int fd = small_queue(4), i;
	char buf[100];

	ASSERT_LE(0, fd);
	memset(buf, 'r', sizeof(buf));
	for (i = 0; i < 3; i++) {
		w[i] = (struct waiter){ .fd = fd, .room = rooms[i] };
		ASSERT_EQ(0, start_waiter(&w[i], i + 1));
	}
	ASSERT_EQ(1, send_msg(fd, buf, 100, 0, 0, 0));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(0, reap(w[i].pid));
		EXPECT_EQ(i < 2 ? -EMSGSIZE : 1, w[i].ret);
		EXPECT_EQ(100, w[i].len);
	}
	EXPECT_TRUE(is_empty(fd));
}

TEST(too_little_room_everywhere)
{
	struct waiter *w = shared_memory(100 * sizeof(*w));
	struct ipcx_stat stat;
	int fd = small_queue(4), i;
	char buf[100] = { 0 };

	ASSERT_LE(0, fd);
	/* More than are woken under one hold of a lock. */
	for (i = 0; i < 100; i++) {
		w[i] = (struct waiter){ .fd = fd, .room = 50 };
		ASSERT_EQ(0, start_waiter(&w[i], i + 1));
	}
	ASSERT_EQ(1, send_msg(fd, buf, 100, 0, 0, 0));
	for (i = 0; i < 100; i++) {
		EXPECT_EQ(0, reap(w[i].pid));
		EXPECT_EQ(-EMSGSIZE, w[i].ret);
		EXPECT_EQ(100, w[i].len);
	}
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(1, stat.depth);
	EXPECT_EQ(1, stat.sent);
	EXPECT_EQ(0, stat.recv_waiters);
}

/*
 * A slot lets a waiting sender's message in, which sends any number of receivers
 * away for lack of room before its sender is told, too: more than the module
 * wakes at once.
 */
static void sender_behind_receivers(struct __test_metadata *_metadata, int n)
{
	struct waiter *w = shared_memory((n + 1) * sizeof(*w));
	int fd = small_queue(1), i;
	__u64 number = 0;

	ASSERT_LE(0, fd);
	ASSERT_EQ(1, send_number(fd, 1, 0));
	for (i = 0; i < n; i++) {
		w[i] = (struct waiter){
			.fd = fd, .match = IPCX_MATCH_NOT_TYPE, .match_arg = 1,
		};
		ASSERT_EQ(0, start_waiter(&w[i], i + 1));
	}
	w[n] = (struct waiter){ .fd = fd, .send = true, .number = 2 };
	ASSERT_EQ(0, start_waiter(&w[n], 1));
	ASSERT_EQ(1, try_recv_number(fd, &number));
	EXPECT_EQ(1, number);
	for (i = 0; i <= n; i++) {
		EXPECT_EQ(0, reap(w[i].pid));
		EXPECT_EQ(i < n ? -EMSGSIZE : 1, w[i].ret) {
			TH_LOG("waiter %d of %d", i, n);
		}
	}
	EXPECT_EQ(1, get_depth(fd));
	EXPECT_EQ(1, try_recv_number(fd, &number));
	EXPECT_EQ(2, number);
	munmap(w, (n + 1) * sizeof(*w));
	close(fd);
}

TEST(too_little_room_for_many_and_a_sender_behind)
{
	static const int many[] = { 29, 30, 31, 32, 33, 62, 63, 64, 65 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(many); i++)
		sender_behind_receivers(_metadata, many[i]);
}

/* A shorter message is not for others only because one was too long. */
TEST(little_room_is_enough_for_little)
{
	struct waiter *w = shared_memory(sizeof(*w));
	int fd = small_queue(4);

	ASSERT_LE(0, fd);
	*w = (struct waiter){ .fd = fd, .room = 8 };
	ASSERT_EQ(0, start_waiter(w, 1));
	ASSERT_EQ(1, send_number(fd, 77, 0));
	EXPECT_EQ(0, reap(w->pid));
	EXPECT_EQ(77, w->number);
}

TEST(a_waiter_that_takes_part_of_it)
{
	struct waiter *w = shared_memory(sizeof(*w));
	int fd = small_queue(4);
	char buf[100];

	ASSERT_LE(0, fd);
	memset(buf, 'r', sizeof(buf));
	*w = (struct waiter){ .fd = fd, .room = 10, .flags = IPCX_RECV_TRUNC };
	ASSERT_EQ(0, start_waiter(w, 1));
	ASSERT_EQ(1, send_msg(fd, buf, 100, 0, 0, 0));
	EXPECT_EQ(0, reap(w->pid));
	EXPECT_EQ(1, w->ret);
	EXPECT_EQ(100, w->len);
	EXPECT_TRUE(is_empty(fd));
}

/* ---- many at once ---- */

static int send_batch_of(int fd, int n)
{
	struct ipcx_msg msgs[IPCX_COUNT_MAX];
	__u64 numbers[IPCX_COUNT_MAX];
	struct ipcx_xfer xfer = make_xfer(msgs, n, 0);
	int i;

	for (i = 0; i < n; i++) {
		numbers[i] = i;
		msgs[i] = make_msg(&numbers[i], 8, 0, 0);
	}
	return op(fd, IPCX_SEND, &xfer);
}

/* A batch serves a whole line, each with the message of its place. */
TEST(a_batch_serves_the_line)
{
	const int n = 100;
	struct waiter *w = shared_memory(n * sizeof(*w));
	int fd = small_queue(n), i;

	ASSERT_LE(0, fd);
	for (i = 0; i < n; i++) {
		w[i] = (struct waiter){ .fd = fd, .room = 8 };
		ASSERT_EQ(0, start_waiter(&w[i], i + 1));
	}
	ASSERT_EQ(n, send_batch_of(fd, n));
	for (i = 0; i < n; i++) {
		EXPECT_EQ(0, reap(w[i].pid));
		EXPECT_EQ(i, w[i].number);
	}
	EXPECT_TRUE(is_empty(fd));
}

/* The same with senders: one receive of many lets as many in. */
TEST(a_batch_lets_the_line_in)
{
	const int n = 100;
	struct waiter *w = shared_memory(n * sizeof(*w));
	int fd = small_queue(n), i, pos = 0;
	__u64 number = 0;

	ASSERT_LE(0, fd);
	ASSERT_EQ(n, send_batch_of(fd, n));
	for (i = 0; i < n; i++) {
		w[i] = (struct waiter){ .fd = fd, .send = true, .number = 1000 + i };
		ASSERT_EQ(0, start_waiter(&w[i], i + 1));
	}
	while (pos < n) {
		struct ipcx_msg msgs[50];
		char room[50][8];
		struct ipcx_xfer xfer = make_xfer(msgs, 50, 0);
		int ret;

		for (i = 0; i < 50; i++)
			msgs[i] = make_msg(room[i], 8, 0, 0);
		ret = op(fd, IPCX_RECV, &xfer);
		ASSERT_LT(0, ret);
		pos += ret;
	}
	for (i = 0; i < n; i++) {
		EXPECT_EQ(0, reap(w[i].pid));
		EXPECT_EQ(1, w[i].ret);
		ASSERT_EQ(1, try_recv_number(fd, &number));
		EXPECT_EQ(1000 + i, number);
	}
	EXPECT_TRUE(is_empty(fd));
}

TEST_HARNESS_MAIN
