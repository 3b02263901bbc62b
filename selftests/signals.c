// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Signals that meet a wait: EINTR or a restart, the deadline kept, what was
 * done told, and never a message lost or doubled.
 */
#include "common.h"

#include <sys/uio.h>

/* What parent and child tell each other. */
struct shared {
	int fd;
	int sa_flags;
	bool send;
	bool plain;		/* read(2) or write(2) */
	long long length_ns;	/* of the wait: sets the deadline */
	__s64 deadline_ns;
	unsigned int batch;
	volatile int handled;	/* signals that the handler saw */
	int ret;
	__u64 number;
	long long ended_ns;
	volatile long rounds;
	volatile bool stop;
	const struct shared *peer;	/* the other side of a storm */
};

static struct shared *shared;

static void on_signal(int sig)
{
	(void)sig;
	__atomic_add_fetch(&shared->handled, 1, __ATOMIC_SEQ_CST);
}

static int catch_signals(int sa_flags)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = sa_flags };

	return sigaction(SIGUSR1, &action, NULL);
}

static int transfer(struct shared *s)
{
	struct ipcx_msg msgs[16];
	struct ipcx_xfer xfer;
	ssize_t n;
	unsigned int i;

	if (s->plain) {
		n = s->send ? write(s->fd, &s->number, 8) : read(s->fd, &s->number, 8);
		return n < 0 ? -errno : n == 8;
	}
	for (i = 0; i < s->batch; i++)
		msgs[i] = make_msg(&s->number, 8, i, 0);
	xfer = make_xfer(msgs, s->batch, s->deadline_ns ? IPCX_XFER_DEADLINE : 0);
	if (s->deadline_ns) {
		xfer.clock = CLOCK_MONOTONIC;
		xfer.deadline_ns = s->deadline_ns;
	}
	return op(s->fd, s->send ? IPCX_SEND : IPCX_RECV, &xfer);
}

static int transfer_in_child(void *arg)
{
	struct shared *s = arg;

	shared = s;
	catch_signals(s->sa_flags);
	if (s->length_ns)
		s->deadline_ns = now_ns(CLOCK_MONOTONIC) + s->length_ns;
	s->ret = transfer(s);
	s->ended_ns = now_ns(CLOCK_MONOTONIC);
	return 0;
}

static int wait_for_waiter(const struct shared *s)
{
	return s->send ? wait_senders(s->fd, 1) : wait_receivers(s->fd, 1);
}

static bool was_handled(void *arg)
{
	struct shared *s = arg;

	return s->handled > 0;
}

FIXTURE(signals)
{
	struct shared *s;
	pid_t pid;
};

FIXTURE_VARIANT(signals)
{
	bool send;
	bool plain;
};

FIXTURE_VARIANT_ADD(signals, receive)
{
	.send = false,
};

FIXTURE_VARIANT_ADD(signals, send)
{
	.send = true,
};

FIXTURE_VARIANT_ADD(signals, read)
{
	.plain = true,
};

FIXTURE_VARIANT_ADD(signals, write)
{
	.send = true,
	.plain = true,
};

/* A queue in which the variant's operation waits. */
FIXTURE_SETUP(signals)
{
	self->s = shared_memory(sizeof(*self->s));
	self->s->fd = small_queue(1);
	ASSERT_LE(0, self->s->fd);
	self->s->send = variant->send;
	self->s->plain = variant->plain;
	self->s->batch = 1;
	self->s->number = 77;
	if (variant->send) {
		ASSERT_EQ(1, send_number(self->s->fd, 1, 0));
	}
}

FIXTURE_TEARDOWN(signals)
{
	close(self->s->fd);
}

/* Makes the variant's operation possible. */
static int make_possible(const struct shared *s)
{
	__u64 number;

	return s->send ? recv_number(s->fd, &number) : send_number(s->fd, 5, 0);
}

TEST_F(signals, interrupt)
{
	struct ipcx_stat stat;
	pid_t pid = spawn(transfer_in_child, self->s);

	ASSERT_LT(0, pid);
	ASSERT_EQ(0, wait_for_waiter(self->s));
	kill(pid, SIGUSR1);
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(-EINTR, self->s->ret);
	EXPECT_EQ(1, self->s->handled);
	ASSERT_EQ(0, get_stat(self->s->fd, &stat));
	EXPECT_EQ(0, stat.recv_waiters + stat.send_waiters);
	EXPECT_EQ(variant->send, stat.depth);
	EXPECT_EQ(variant->send, stat.sent);
}

TEST_F(signals, restart)
{
	pid_t pid;

	self->s->sa_flags = SA_RESTART;
	pid = spawn(transfer_in_child, self->s);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, wait_for_waiter(self->s));
	kill(pid, SIGUSR1);
	ASSERT_EQ(0, wait_until(was_handled, self->s));
	ASSERT_EQ(0, wait_for_waiter(self->s));
	ASSERT_EQ(1, make_possible(self->s));
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(1, self->s->ret);
	EXPECT_EQ(1, self->s->handled);
	EXPECT_EQ(variant->send, get_depth(self->s->fd));
}

/* A stop and a continue have no handler: the wait goes on by itself. */
TEST_F(signals, stop_and_continue)
{
	int status;
	pid_t pid = spawn(transfer_in_child, self->s);

	ASSERT_LT(0, pid);
	ASSERT_EQ(0, wait_for_waiter(self->s));
	kill(pid, SIGSTOP);
	ASSERT_EQ(pid, waitpid(pid, &status, WUNTRACED));
	ASSERT_TRUE(WIFSTOPPED(status));
	kill(pid, SIGCONT);
	ASSERT_EQ(0, wait_for_waiter(self->s));
	ASSERT_EQ(1, make_possible(self->s));
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(1, self->s->ret);
}

static bool has_deadline(void *arg)
{
	struct shared *s = arg;

	return s->deadline_ns != 0;
}

static long long times_blocked(const struct shared *s)
{
	struct ipcx_stat stat;

	if (get_stat(s->fd, &stat) < 0)
		return -1;
	return stat.send_blocked + stat.recv_blocked;
}

/* A wait until the deadline, under fire. How often it was restarted. */
static int wait_under_fire(struct __test_metadata *_metadata, struct shared *s)
{
	long long before = times_blocked(s);
	pid_t pid;

	s->deadline_ns = 0;
	s->handled = 0;
	pid = spawn(transfer_in_child, s);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, wait_until(has_deadline, s));
	/* A restarted duration would never end while signals come faster. */
	while (waitpid(pid, NULL, WNOHANG) == 0) {
		ASSERT_LT(now_ns(CLOCK_MONOTONIC), s->deadline_ns + 20 * s->length_ns);
		kill(pid, SIGUSR1);
		sleep_ms(5);
	}
	EXPECT_EQ(-ETIMEDOUT, s->ret);
	EXPECT_LE(s->deadline_ns, s->ended_ns);
	EXPECT_EQ(s->send, get_depth(s->fd));
	return times_blocked(s) - before - 1;
}

/* Restarts do not put the end off: it is an instant, not a duration. */
static void check_deadline(struct __test_metadata *_metadata, bool send)
{
	struct shared *s = shared_memory(sizeof(*s));
	int restarts;

	s->fd = small_queue(1);
	ASSERT_LE(0, s->fd);
	s->send = send;
	s->batch = 1;
	s->sa_flags = SA_RESTART;
	s->length_ns = timeout_factor() * NSEC_PER_SEC / 8;
	if (send) {
		ASSERT_EQ(1, send_number(s->fd, 1, 0));
	}
	/* On a busy machine the time may be over before the first signal. */
	do {
		s->length_ns *= 4;
		restarts = wait_under_fire(_metadata, s);
	} while (restarts < 1 && s->length_ns < timeout_factor() * 10 * NSEC_PER_SEC);
	EXPECT_LT(0, restarts);
	EXPECT_LT(0, s->handled);
	close(s->fd);
}

TEST(restarts_keep_the_deadline_of_a_receive)
{
	check_deadline(_metadata, false);
}

TEST(restarts_keep_the_deadline_of_a_send)
{
	check_deadline(_metadata, true);
}

/* What was sent is told, whatever SA_RESTART says: it must not be sent twice. */
static void check_partial_batch(struct __test_metadata *_metadata, int sa_flags)
{
	struct shared *s = shared_memory(sizeof(*s));
	struct ipcx_msg msg;
	pid_t pid;
	int i;

	s->fd = small_queue(4);
	s->send = true;
	s->sa_flags = sa_flags;
	s->batch = 10;
	ASSERT_LE(0, s->fd);
	pid = spawn(transfer_in_child, s);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, wait_senders(s->fd, 1));
	kill(pid, SIGUSR1);
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(4, s->ret);
	EXPECT_EQ(4, get_depth(s->fd));
	for (i = 0; i < 4; i++) {
		__u64 number;

		ASSERT_EQ(1, recv_msg(s->fd, &number, 8, &msg, 0));
		EXPECT_EQ(i, msg.type);
	}
	close(s->fd);
}

TEST(partial_batch)
{
	check_partial_batch(_metadata, 0);
	check_partial_batch(_metadata, SA_RESTART);
}

/* A signal that is pending already does not stop what need not wait. */
static int pending_signal(void *arg)
{
	struct shared *s = arg;
	__u64 number;

	shared = s;
	catch_signals(0);
	if (send_number(s->fd, 5, 0) != 1)
		return 1;
	kill(getpid(), SIGUSR1);
	if (s->handled != 1)
		return 2;
	return recv_number(s->fd, &number) == 1 ? 0 : 3;
}

TEST(no_wait_no_interruption)
{
	struct shared *s = shared_memory(sizeof(*s));

	s->fd = small_queue(1);
	ASSERT_LE(0, s->fd);
	EXPECT_EQ(0, in_child(pending_signal, s));
}

/* ---- a signal and a message at the same time ---- */

/* Receives one number after the other, each exactly once. */
static int receive_in_order(void *arg)
{
	struct shared *s = arg;
	__u64 expected = 1, number;

	shared = s;
	catch_signals(s->sa_flags);
	while (!s->stop) {
		int ret = recv_number(s->fd, &number);

		if (ret == -EINTR && !(s->sa_flags & SA_RESTART))
			continue;
		if (ret != 1)
			return 1;
		if (number == 0)
			return 0;
		if (number != expected++)
			return 2;
		s->rounds++;
	}
	return 3;
}

/* The storm has come to both sides; or it never will. */
static bool has_raged(const struct shared *s, long long give_up_ns)
{
	return (s->handled && s->peer->handled) || now_ns(CLOCK_MONOTONIC) > give_up_ns;
}

static int send_in_order(void *arg)
{
	struct shared *s = arg;
	long long give_up_ns = now_ns(CLOCK_MONOTONIC) + timeout_factor() * 30 * NSEC_PER_SEC;
	__u64 number;

	shared = s;
	catch_signals(s->sa_flags);
	for (number = 1; number <= s->number || !has_raged(s, give_up_ns); ) {
		int ret = send_number(s->fd, number, 0);

		if (ret == 1)
			s->rounds = number++;
		else if (ret != -EINTR || s->sa_flags & SA_RESTART)
			return 1;
	}
	while (send_number(s->fd, 0, 0) != 1)
		;
	return 0;
}

/* Both sides are under fire; nothing is lost, doubled or out of order. */
static void check_storm(struct __test_metadata *_metadata, int sa_flags)
{
	struct shared *r = shared_memory(sizeof(*r)), *w = shared_memory(sizeof(*w));
	long count = scaled_to_kernel(3000, 100000);
	uint64_t seed = test_seed();
	pid_t receiver, sender;
	struct ipcx_stat stat;
	int status = 0;

	r->fd = w->fd = small_queue(1);
	r->sa_flags = w->sa_flags = sa_flags;
	w->number = count;
	w->peer = r;
	ASSERT_LE(0, r->fd);
	/* Handlers are in place before the first signal: both wait by then. */
	receiver = spawn(receive_in_order, r);
	ASSERT_EQ(0, wait_receivers(r->fd, 1));
	sender = spawn(send_in_order, w);
	ASSERT_LT(0, sender);
	while (r->rounds == 0 && waitpid(receiver, &status, WNOHANG) == 0)
		sched_yield();
	ASSERT_EQ(0, status);
	while (waitpid(receiver, &status, WNOHANG) == 0) {
		unsigned int spin = rnd_below(&seed, 2000);

		kill(receiver, SIGUSR1);
		kill(sender, SIGUSR1);
		while (spin--)
			__asm__ volatile("" ::: "memory");
	}
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, reap(sender));
	EXPECT_LE(count, w->rounds);
	EXPECT_EQ(w->rounds, r->rounds);
	EXPECT_LT(0, r->handled);
	EXPECT_LT(0, w->handled);
	ASSERT_EQ(0, get_stat(r->fd, &stat));
	EXPECT_EQ(w->rounds + 1, stat.sent);
	EXPECT_EQ(w->rounds + 1, stat.received);
	EXPECT_EQ(0, stat.depth + stat.inflight);
	close(r->fd);
}

TEST(storm)
{
	check_storm(_metadata, 0);
}

TEST(storm_with_restarts)
{
	check_storm(_metadata, SA_RESTART);
}

TEST_HARNESS_MAIN
