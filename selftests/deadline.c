// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Deadlines: on each clock, for sending and for receiving, in time namespaces,
 * and while somebody sets the clock.
 */
#include "common.h"

#include <sys/time.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME	0x00000080
#endif

#define FULL	1	/* messages that a queue of these tests has room for */

static int attempt(int fd, bool send, clockid_t clock, __s64 deadline_ns)
{
	__u64 number = 5;
	struct ipcx_msg msg = make_msg(&number, sizeof(number), 0, 0);
	struct ipcx_xfer xfer = make_xfer(&msg, 1, IPCX_XFER_DEADLINE);

	xfer.clock = clock;
	xfer.deadline_ns = deadline_ns;
	return op(fd, send ? IPCX_SEND : IPCX_RECV, &xfer);
}

FIXTURE(deadline)
{
	int fd;
};

FIXTURE_VARIANT(deadline)
{
	clockid_t clock;
	bool send;
};

FIXTURE_VARIANT_ADD(deadline, receive_monotonic)
{
	.clock = CLOCK_MONOTONIC,
};

FIXTURE_VARIANT_ADD(deadline, receive_boottime)
{
	.clock = CLOCK_BOOTTIME,
};

FIXTURE_VARIANT_ADD(deadline, receive_realtime)
{
	.clock = CLOCK_REALTIME,
};

FIXTURE_VARIANT_ADD(deadline, send_monotonic)
{
	.clock = CLOCK_MONOTONIC,
	.send = true,
};

FIXTURE_VARIANT_ADD(deadline, send_boottime)
{
	.clock = CLOCK_BOOTTIME,
	.send = true,
};

FIXTURE_VARIANT_ADD(deadline, send_realtime)
{
	.clock = CLOCK_REALTIME,
	.send = true,
};

/* A queue in which the variant's operation would wait. */
FIXTURE_SETUP(deadline)
{
	self->fd = small_queue(FULL);
	ASSERT_LE(0, self->fd);
	if (variant->send) {
		ASSERT_EQ(1, send_number(self->fd, 1, 0));
	}
}

FIXTURE_TEARDOWN(deadline)
{
	close(self->fd);
}

/* Makes the variant's operation possible. */
static int make_possible(int fd, bool send)
{
	__u64 number;

	return send ? recv_number(fd, &number) : send_number(fd, 5, 0);
}

TEST_F(deadline, past)
{
	long long now = now_ns(variant->clock);
	struct ipcx_stat stat;

	EXPECT_EQ(-ETIMEDOUT, attempt(self->fd, variant->send, variant->clock, 0));
	EXPECT_EQ(-ETIMEDOUT, attempt(self->fd, variant->send, variant->clock, 1));
	EXPECT_EQ(-ETIMEDOUT, attempt(self->fd, variant->send, variant->clock, now - 1));
	ASSERT_EQ(0, get_stat(self->fd, &stat));
	EXPECT_EQ(variant->send, stat.depth);
	EXPECT_EQ(0, stat.recv_waiters + stat.send_waiters);
}

TEST_F(deadline, past_means_try_once)
{
	ASSERT_EQ(1, make_possible(self->fd, variant->send));
	EXPECT_EQ(1, attempt(self->fd, variant->send, variant->clock, 0));
	EXPECT_EQ(-ETIMEDOUT, attempt(self->fd, variant->send, variant->clock, 0));
}

TEST_F(deadline, now)
{
	long long now = now_ns(variant->clock);

	EXPECT_EQ(-ETIMEDOUT, attempt(self->fd, variant->send, variant->clock, now));
}

TEST_F(deadline, near)
{
	long long end = now_ns(variant->clock) + 50 * NSEC_PER_MSEC, late;
	struct ipcx_stat stat;

	EXPECT_EQ(-ETIMEDOUT, attempt(self->fd, variant->send, variant->clock, end));
	late = now_ns(variant->clock) - end;
	EXPECT_LE(0, late);
	/* Not the wrong unit, on a busy machine. */
	EXPECT_LT(late, timeout_factor() * 20 * NSEC_PER_SEC);
	ASSERT_EQ(0, get_stat(self->fd, &stat));
	EXPECT_EQ(0, stat.recv_waiters + stat.send_waiters);
	EXPECT_EQ(variant->send, stat.depth);
	EXPECT_EQ(1, stat.recv_blocked + stat.send_blocked);
}

struct waiting {
	int fd;
	bool send;
	clockid_t clock;
	__s64 deadline_ns;
};

static int attempt_in_child(void *arg)
{
	struct waiting *w = arg;
	int ret = attempt(w->fd, w->send, w->clock, w->deadline_ns);

	return ret < 0 ? -ret : 0;
}

static int wait_for_waiter(const struct waiting *w)
{
	return w->send ? wait_senders(w->fd, 1) : wait_receivers(w->fd, 1);
}

TEST_F(deadline, far)
{
	long long far[] = {
		now_ns(variant->clock) + 10000 * NSEC_PER_SEC, INT64_MAX - 1, INT64_MAX,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(far); i++) {
		struct waiting w = { self->fd, variant->send, variant->clock, far[i] };
		pid_t pid = spawn(attempt_in_child, &w);

		ASSERT_LT(0, pid);
		ASSERT_EQ(0, wait_for_waiter(&w));
		ASSERT_EQ(1, make_possible(self->fd, variant->send));
		EXPECT_EQ(0, reap(pid));
		/* It is as it was: full, or empty. */
		EXPECT_EQ(variant->send, get_depth(self->fd));
	}
}

TEST_F(deadline, negative)
{
	ASSERT_EQ(1, make_possible(self->fd, variant->send));
	EXPECT_EQ(-EINVAL, attempt(self->fd, variant->send, variant->clock, -1));
	EXPECT_EQ(-EINVAL, attempt(self->fd, variant->send, variant->clock, INT64_MIN));
	EXPECT_EQ(1, attempt(self->fd, variant->send, variant->clock, 0));
}

TEST_F(deadline, other_clocks)
{
	static const clockid_t clocks[] = {
		CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID, CLOCK_MONOTONIC_RAW,
		CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE, CLOCK_REALTIME_ALARM,
		CLOCK_BOOTTIME_ALARM, CLOCK_TAI, 12, 99, -1, INT32_MAX, INT32_MIN,
	};
	size_t i;

	ASSERT_EQ(1, make_possible(self->fd, variant->send));
	for (i = 0; i < ARRAY_SIZE(clocks); i++) {
		EXPECT_EQ(-EINVAL, attempt(self->fd, variant->send, clocks[i], 0)) {
			TH_LOG("clock %d", clocks[i]);
		}
	}
	EXPECT_EQ(1, attempt(self->fd, variant->send, variant->clock, 0));
}

TEST_F(deadline, fields_without_the_flag)
{
	__u64 number = 5;
	struct ipcx_msg msg = make_msg(&number, sizeof(number), 0, 0);
	struct ipcx_xfer xfer = make_xfer(&msg, 1, 0);
	unsigned long request = variant->send ? IPCX_SEND : IPCX_RECV;

	ASSERT_EQ(1, make_possible(self->fd, variant->send));
	xfer.deadline_ns = 1;
	EXPECT_EQ(-EINVAL, op(self->fd, request, &xfer));
	xfer.deadline_ns = 0;
	xfer.clock = CLOCK_MONOTONIC;
	EXPECT_EQ(-EINVAL, op(self->fd, request, &xfer));
	xfer.clock = 0;
	EXPECT_EQ(1, op(self->fd, request, &xfer));
}

/* ---- time namespaces ---- */

static const char *alarm_note;

static void on_alarm(int sig)
{
	(void)sig;
	(void)!write(STDERR_FILENO, alarm_note, strlen(alarm_note));
}

/*
 * In a namespace whose clock is shifted: a deadline that is taken for one of
 * the outer clock is either past at once or far in the future.
 */
static int near_deadline_in_namespace(void *arg)
{
	struct waiting *w = arg;
	struct sigaction action = { .sa_handler = on_alarm };
	long long end;
	int ret;

	alarm_note = "# the deadline was not seen in time\n";
	sigaction(SIGALRM, &action, NULL);
	alarm(20 * timeout_factor());
	end = now_ns(w->clock) + 50 * NSEC_PER_MSEC;
	ret = attempt(w->fd, w->send, w->clock, end);
	alarm(0);
	if (ret != -ETIMEDOUT)
		return ret < 0 ? -ret : 1;
	return now_ns(w->clock) >= end ? 0 : 250;
}

struct shifted {
	struct waiting w;
	clockid_t clock;	/* whose offset */
	long long seconds;
};

/* The offset is in force for children of the one that unshares. */
static int enter_and_try(void *arg)
{
	struct shifted *s = arg;
	char text[64];
	int ret;

	if (unshare(CLONE_NEWTIME) < 0)
		return errno;
	snprintf(text, sizeof(text), "%d %lld 0\n", (int)s->clock, s->seconds);
	ret = write_file("/proc/self/timens_offsets", text);
	if (ret < 0)
		return -ret;
	return in_child(near_deadline_in_namespace, &s->w);
}

/* CLOCK_REALTIME is the same in all of them: offsets of others do not shift it. */
TEST_F(deadline, time_namespace)
{
	clockid_t clock = variant->clock == CLOCK_REALTIME ? CLOCK_MONOTONIC : variant->clock;
	/* Back to where the clock shows one second; a clock cannot be negative. */
	long long back = -(now_ns(clock) / NSEC_PER_SEC - 1);
	struct shifted s = { { self->fd, variant->send, variant->clock, 0 }, clock, 5000 };
	int ret;

	ret = in_child(enter_and_try, &s);
	EXPECT_EQ(0, ret) {
		TH_LOG("clock shifted forward");
	}
	s.seconds = back;
	ret = in_child(enter_and_try, &s);
	EXPECT_EQ(0, ret) {
		TH_LOG("clock shifted back by %lld s", -back);
	}
}

/* ---- the clock is set ---- */

#define SHIFT	5000

FIXTURE(set_clock)
{
	int fd;
	long long shifted;
};

static int shift_realtime(FIXTURE_DATA(set_clock) *self, long long seconds)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	now.tv_sec += seconds;
	if (clock_settime(CLOCK_REALTIME, &now) < 0)
		return -errno;
	self->shifted += seconds;
	return 0;
}

FIXTURE_SETUP(set_clock)
{
	self->fd = small_queue(FULL);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(set_clock)
{
	EXPECT_EQ(0, shift_realtime(self, -self->shifted));
	close(self->fd);
}

/* A wait on the real-time clock sees that the time has come. */
TEST_F(set_clock, forward)
{
	struct waiting w = {
		self->fd, false, CLOCK_REALTIME,
		now_ns(CLOCK_REALTIME) + 4000 * NSEC_PER_SEC,
	};
	pid_t pid = spawn(attempt_in_child, &w);

	ASSERT_LT(0, pid);
	ASSERT_EQ(0, wait_receivers(self->fd, 1));
	ASSERT_EQ(0, shift_realtime(self, SHIFT));
	EXPECT_EQ(ETIMEDOUT, reap(pid));
	EXPECT_EQ(0, wait_receivers(self->fd, 0));
}

/* The other clocks do not run with it. */
TEST_F(set_clock, others_do_not_care)
{
	static const clockid_t clocks[] = { CLOCK_MONOTONIC, CLOCK_BOOTTIME };
	pid_t pids[ARRAY_SIZE(clocks)];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(clocks); i++) {
		struct waiting w = {
			self->fd, false, clocks[i],
			now_ns(clocks[i]) + 4000 * NSEC_PER_SEC,
		};

		pids[i] = spawn(attempt_in_child, &w);
		ASSERT_LT(0, pids[i]);
		ASSERT_EQ(0, wait_receivers(self->fd, i + 1));
	}
	ASSERT_EQ(0, shift_realtime(self, SHIFT));
	/* Timers that had gone off would have done so by then. */
	EXPECT_EQ(-ETIMEDOUT, attempt(self->fd, false, CLOCK_MONOTONIC,
				      now_ns(CLOCK_MONOTONIC) + 100 * NSEC_PER_MSEC));
	for (i = 0; i < ARRAY_SIZE(clocks); i++) {
		ASSERT_EQ(1, send_number(self->fd, 1, 0));
	}
	for (i = 0; i < ARRAY_SIZE(clocks); i++) {
		EXPECT_EQ(0, reap(pids[i]));
	}
}

/* Set back, a wait lasts longer, and a deadline that had passed is ahead. */
TEST_F(set_clock, back)
{
	long long end = now_ns(CLOCK_REALTIME) + 1000 * NSEC_PER_SEC;
	struct waiting w = { self->fd, false, CLOCK_REALTIME, end };
	pid_t pid;

	ASSERT_EQ(0, shift_realtime(self, SHIFT));
	EXPECT_EQ(-ETIMEDOUT, attempt(self->fd, false, CLOCK_REALTIME, end));
	ASSERT_EQ(0, shift_realtime(self, -SHIFT));
	pid = spawn(attempt_in_child, &w);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, wait_receivers(self->fd, 1));
	ASSERT_EQ(1, send_number(self->fd, 1, 0));
	EXPECT_EQ(0, reap(pid));
}

/* ---- together with other things ---- */

/* A batch that meets its deadline in the middle says how far it came. */
TEST(partial_batch)
{
	int fd = small_queue(3), i;
	struct ipcx_msg msgs[5];
	struct ipcx_xfer xfer;
	__u64 number;

	ASSERT_LE(0, fd);
	for (i = 0; i < 5; i++)
		msgs[i] = make_msg(NULL, 0, i, 0);
	xfer = make_xfer(msgs, 5, 0);
	set_deadline(&xfer, CLOCK_MONOTONIC, 50);
	EXPECT_EQ(3, op(fd, IPCX_SEND, &xfer));
	EXPECT_EQ(3, get_depth(fd));
	EXPECT_EQ(0, wait_senders(fd, 0));

	/* A receive waits for the first message only. */
	for (i = 0; i < 5; i++)
		msgs[i] = make_msg(&number, sizeof(number), 0, 0);
	xfer = make_xfer(msgs, 5, 0);
	set_deadline(&xfer, CLOCK_MONOTONIC, 100000);
	EXPECT_EQ(3, op(fd, IPCX_RECV, &xfer));
}

/* One deadline for the whole of a batch that waits more than once. */
static int send_many(void *arg)
{
	struct waiting *w = arg;
	struct ipcx_msg msgs[100];
	struct ipcx_xfer xfer = make_xfer(msgs, 100, IPCX_XFER_DEADLINE);
	int i;

	for (i = 0; i < 100; i++)
		msgs[i] = make_msg(NULL, 0, i, 0);
	xfer.clock = w->clock;
	xfer.deadline_ns = w->deadline_ns;
	return op(w->fd, IPCX_SEND, &xfer);
}

/* Each taken message starts another wait of the sender; how many it were. */
static int take_some(const struct waiting *w, int n)
{
	int taken = 0;

	while (taken < n && attempt(w->fd, false, w->clock, w->deadline_ns) == 1)
		taken++;
	return taken;
}

TEST(one_deadline_for_many_waits)
{
	struct waiting w = { small_queue(FULL), true, CLOCK_MONOTONIC };
	long long length = timeout_factor() * NSEC_PER_SEC / 2, end;
	const int n = 5;
	int taken, sent;

	ASSERT_LE(0, w.fd);
	/* Where a fork and the hand-overs took longer than that, it gets more. */
	do {
		pid_t pid;

		length *= 2;
		drain(w.fd);
		w.deadline_ns = now_ns(CLOCK_MONOTONIC) + length;
		pid = spawn(send_many, &w);
		ASSERT_LT(0, pid);
		taken = take_some(&w, n);
		sent = reap(pid);
		end = now_ns(CLOCK_MONOTONIC);
	} while (sent < n + FULL && length < timeout_factor() * 10 * NSEC_PER_SEC);
	EXPECT_EQ(n, taken);
	EXPECT_EQ(n + FULL, sent);
	EXPECT_LE(w.deadline_ns, end);
	/* Nor does it start anew with each wait. */
	EXPECT_LT(end, w.deadline_ns + timeout_factor() * 20 * NSEC_PER_SEC);
	EXPECT_EQ(FULL, get_depth(w.fd));
}

TEST(deadline_of_a_selective_receive)
{
	int fd = small_queue(4);
	struct ipcx_msg msg = make_msg(NULL, 0, 0, 0);
	struct ipcx_xfer xfer = make_xfer(&msg, 1, 0);

	ASSERT_LE(0, fd);
	ASSERT_EQ(1, send_msg(fd, NULL, 0, 1, 0, 0));
	xfer.match = IPCX_MATCH_TYPE;
	xfer.match_arg = 2;
	set_deadline(&xfer, CLOCK_MONOTONIC, 30);
	EXPECT_EQ(-ETIMEDOUT, op(fd, IPCX_RECV, &xfer));
	EXPECT_EQ(1, get_depth(fd));
}

TEST_HARNESS_MAIN
