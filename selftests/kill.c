// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * kill -9 at any moment: of senders and receivers that wait, are being
 * served, copy, come or go. Afterwards nobody waits, every message is where
 * the counters say, and nothing is charged that is not there.
 */
#include "common.h"

#define VICTIMS	6	/* at a time */
#define MSGS	4
#define LEN	48

/* What one victim does until it is killed. */
struct victim {
	int fd;
	bool send;
	unsigned int batch;
	size_t len;
	__u32 match;
	int index;
};

struct shared {
	/* Messages that victims have seen delivered, and sent. */
	volatile __u64 received[VICTIMS];
	volatile __u64 sent[VICTIMS];
	volatile int broken;
};

static struct shared *shared;

static bool is_whole(const struct ipcx_msg *msg, const unsigned char *buf)
{
	size_t i;

	for (i = 0; i < msg->len; i++)
		if (buf[i] != (unsigned char)(msg->type + i))
			return false;
	return true;
}

static void work_once(const struct victim *v, unsigned char (*buf)[8192], __u64 *serial)
{
	struct ipcx_msg msgs[MSGS * 2];
	struct ipcx_xfer xfer = make_xfer(msgs, v->batch, 0);
	unsigned int i;
	size_t at;
	int ret;

	for (i = 0; i < v->batch; i++) {
		msgs[i] = make_msg(buf[i], v->send ? v->len : sizeof(buf[i]), 0, i % 3);
		if (!v->send)
			continue;
		msgs[i].type = ++*serial;
		for (at = 0; at < v->len; at++)
			buf[i][at] = msgs[i].type + at;
	}
	if (!v->send) {
		xfer.match = v->match;
		xfer.match_arg = v->match == IPCX_MATCH_LOWEST_TYPE ? UINT64_MAX : 0;
	}
	ret = op(v->fd, v->send ? IPCX_SEND : IPCX_RECV, &xfer);
	if (ret <= 0) {
		shared->broken = ret ? ret : -1;
		return;
	}
	if (v->send) {
		shared->sent[v->index] += ret;
		return;
	}
	for (i = 0; i < ret; i++)
		if (!is_whole(&msgs[i], buf[i]))
			shared->broken = 1;
	shared->received[v->index] += ret;
}

static int work_until_killed(void *arg)
{
	static unsigned char buf[MSGS * 2][8192];
	const struct victim *v = arg;
	__u64 serial = 0;

	while (!shared->broken)
		work_once(v, buf, &serial);
	return 1;
}

static struct victim random_victim(uint64_t *seed, int fd, int index)
{
	static const size_t lens[] = { 0, 1, LEN, 64, 65, 500, 8000 };
	static const __u32 matches[] = {
		IPCX_MATCH_ANY, IPCX_MATCH_NOT_TYPE, IPCX_MATCH_LOWEST_TYPE,
		IPCX_MATCH_MIN_PRIORITY,
	};
	struct victim v = {
		.fd = fd,
		.send = rnd_below(seed, 2),
		.batch = 1 + rnd_below(seed, MSGS * 2),
		.len = lens[rnd_below(seed, ARRAY_SIZE(lens))],
		.match = matches[rnd_below(seed, ARRAY_SIZE(matches))],
		.index = index,
	};

	return v;
}

static void spin(unsigned int n)
{
	while (n--) {
		__asm__ volatile("" ::: "memory");
	}
}

/* All that is left in the queue is whole; as many as the counters say. */
static void check_rest(struct __test_metadata *_metadata, int fd, __u64 deaths)
{
	struct ipcx_stat stat;
	__u64 sent = 0, received = 0;
	int i;

	ASSERT_EQ(0, wait_receivers(fd, 0));
	ASSERT_EQ(0, wait_senders(fd, 0));
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(0, stat.inflight);
	EXPECT_LE(stat.depth, MSGS);
	EXPECT_EQ(stat.sent, stat.received + stat.depth);
	EXPECT_EQ(stat.sent_bytes, stat.received_bytes + stat.bytes);
	for (i = 0; i < VICTIMS; i++) {
		sent += shared->sent[i];
		received += shared->received[i];
	}
	/* A victim can have died before it could count its last batch. */
	EXPECT_LE(sent, stat.sent);
	EXPECT_GE(sent + deaths * MSGS * 2, stat.sent);
	EXPECT_LE(received, stat.received);
	EXPECT_GE(received + deaths * MSGS * 2, stat.received);
	for (i = 0; i < stat.depth; i++) {
		unsigned char buf[8192];
		struct ipcx_msg msg;

		ASSERT_EQ(1, recv_msg(fd, buf, sizeof(buf), &msg, IPCX_XFER_NONBLOCK));
		EXPECT_TRUE(is_whole(&msg, buf));
	}
	EXPECT_TRUE(is_empty(fd));
	EXPECT_EQ(0, shared->broken);
}

/*
 * A handful of workers, one of which is killed again and again and replaced.
 * There are times at which only senders, or only receivers, are left.
 */
TEST(workers)
{
	uint64_t seed = test_seed();
	long deaths = scaled(timeout_factor() > 10 ? 150 : 800, 8000), n;
	struct ipcx_info before, after;
	pid_t pids[VICTIMS];
	int fd, i;

	shared = shared_memory(sizeof(*shared));
	ASSERT_EQ(0, get_info(&before));
	fd = small_queue(MSGS);
	ASSERT_LE(0, fd);
	for (i = 0; i < VICTIMS; i++) {
		struct victim v = random_victim(&seed, fd, i);

		pids[i] = spawn(work_until_killed, &v);
		ASSERT_LT(0, pids[i]);
	}
	for (n = 0; n < deaths; n++) {
		struct victim v;

		i = rnd_below(&seed, VICTIMS);
		spin(rnd_below(&seed, 20000));
		ASSERT_EQ(0, kill(pids[i], SIGKILL));
		ASSERT_EQ(KILLED_BY(SIGKILL), reap(pids[i]));
		ASSERT_EQ(0, shared->broken);
		v = random_victim(&seed, fd, i);
		pids[i] = spawn(work_until_killed, &v);
		ASSERT_LT(0, pids[i]);
	}
	for (i = 0; i < VICTIMS; i++) {
		kill(pids[i], SIGKILL);
		EXPECT_EQ(KILLED_BY(SIGKILL), reap(pids[i]));
	}
	check_rest(_metadata, fd, deaths + VICTIMS);
	close(fd);
	ASSERT_EQ(0, get_info(&after));
	EXPECT_EQ(before.user_bytes, after.user_bytes);
	EXPECT_EQ(before.user_objects, after.user_objects);
}

/* ---- killed while it is known to wait ---- */

static int send_once(void *arg)
{
	return send_number(*(int *)arg, 7, 0);
}

static int receive_once(void *arg)
{
	__u64 number;

	return recv_number(*(int *)arg, &number);
}

static void check_waiting(struct __test_metadata *_metadata, bool send)
{
	long deaths = scaled(timeout_factor() > 10 ? 25 : 100, 1000), n;
	struct ipcx_info before, after;
	struct ipcx_stat stat;
	int fd;

	ASSERT_EQ(0, get_info(&before));
	fd = small_queue(1);
	ASSERT_LE(0, fd);
	if (send) {
		ASSERT_EQ(1, send_number(fd, 1, 0));
	}
	for (n = 0; n < deaths; n++) {
		pid_t pid = spawn(send ? send_once : receive_once, &fd);

		ASSERT_EQ(0, send ? wait_senders(fd, 1) : wait_receivers(fd, 1));
		ASSERT_EQ(0, kill(pid, SIGKILL));
		ASSERT_EQ(KILLED_BY(SIGKILL), reap(pid));
		ASSERT_EQ(0, get_stat(fd, &stat));
		ASSERT_EQ(0, stat.send_waiters + stat.recv_waiters);
		ASSERT_EQ(send, stat.depth);
		ASSERT_EQ(send, stat.sent);
	}
	close(fd);
	ASSERT_EQ(0, get_info(&after));
	EXPECT_EQ(before.user_bytes, after.user_bytes);
	EXPECT_EQ(before.user_objects, after.user_objects);
}

TEST(waiting_receivers)
{
	check_waiting(_metadata, false);
}

TEST(waiting_senders)
{
	check_waiting(_metadata, true);
}

/* ---- killed at the moment of the hand-over ---- */

/* The message is received, or it is there: never neither, never both. */
TEST(handed_over_to_the_dying)
{
	uint64_t seed = test_seed();
	long deaths = scaled(timeout_factor() > 10 ? 25 : 200, 2000), n;
	struct ipcx_stat stat;
	int fd = small_queue(4);
	__u64 number;

	ASSERT_LE(0, fd);
	for (n = 0; n < deaths; n++) {
		pid_t pid = spawn(receive_once, &fd);
		int ret;

		ASSERT_EQ(0, wait_receivers(fd, 1));
		if (rnd_below(&seed, 2)) {
			ASSERT_EQ(0, kill(pid, SIGKILL));
			ASSERT_EQ(1, send_number(fd, n, 0));
		} else {
			ASSERT_EQ(1, send_number(fd, n, 0));
			spin(rnd_below(&seed, 500));
			ASSERT_EQ(0, kill(pid, SIGKILL));
		}
		ret = reap(pid);
		ASSERT_TRUE(ret == 1 || ret == KILLED_BY(SIGKILL));
		ASSERT_EQ(0, get_stat(fd, &stat));
		ASSERT_EQ(0, stat.recv_waiters + stat.inflight);
		ASSERT_EQ(stat.sent, stat.received + stat.depth);
		if (stat.depth) {
			ASSERT_EQ(KILLED_BY(SIGKILL), ret);
			ASSERT_EQ(1, try_recv_number(fd, &number));
			ASSERT_EQ(n, number);
		}
		ASSERT_TRUE(is_empty(fd));
	}
}

/* A whole line dies at once, in whatever order; the last one is served. */
TEST(a_line_of_the_dying)
{
	const int n = 60 / (timeout_factor() > 10 ? 3 : 1);
	int fd = small_queue(4), i;
	pid_t pids[60], last;
	struct ipcx_stat stat;

	ASSERT_LE(0, fd);
	for (i = 0; i < n; i++) {
		pids[i] = spawn(receive_once, &fd);
		ASSERT_LT(0, pids[i]);
	}
	ASSERT_EQ(0, wait_receivers(fd, n));
	last = spawn(receive_once, &fd);
	ASSERT_EQ(0, wait_receivers(fd, n + 1));
	for (i = 0; i < n; i++) {
		kill(pids[i], SIGKILL);
	}
	for (i = 0; i < n; i++) {
		EXPECT_EQ(KILLED_BY(SIGKILL), reap(pids[i]));
	}
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(1, stat.recv_waiters);
	ASSERT_EQ(1, send_number(fd, 5, 0));
	EXPECT_EQ(1, reap(last));
	EXPECT_TRUE(is_empty(fd));
}

TEST_HARNESS_MAIN
