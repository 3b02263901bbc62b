// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A full queue: senders that wait or are turned away, and the policy that
 * drops, against a model.
 */
#include "common.h"

#define MSGS	8
#define BYTES	200

static int queue_of(unsigned int msgs, unsigned int bytes, unsigned int overflow)
{
	struct ipcx_queue_attr attr = {
		.max_msgs = msgs, .max_msg_size = bytes, .max_bytes = bytes,
		.overflow = overflow,
	};

	return new_queue(0, &attr);
}

static int send_sized(int fd, size_t len, __u64 type, __u32 priority)
{
	static const char zeros[4096];

	return send_msg(fd, zeros, len, type, priority, IPCX_XFER_NONBLOCK);
}

TEST(full_by_count)
{
	int fd = queue_of(2, BYTES, IPCX_OVERFLOW_BLOCK);
	__u64 number;

	ASSERT_LE(0, fd);
	EXPECT_EQ(1, try_send_number(fd, 1, 0));
	EXPECT_EQ(1, try_send_number(fd, 2, 0));
	EXPECT_EQ(-EAGAIN, try_send_number(fd, 3, IPCX_PRIO_MAX));
	EXPECT_EQ(-EAGAIN, send_sized(fd, 0, 0, 0));
	EXPECT_EQ(1, recv_number(fd, &number));
	EXPECT_EQ(1, try_send_number(fd, 3, 0));
}

TEST(full_by_bytes)
{
	int fd = queue_of(MSGS, 100, IPCX_OVERFLOW_BLOCK);

	ASSERT_LE(0, fd);
	EXPECT_EQ(1, send_sized(fd, 60, 0, 0));
	EXPECT_EQ(-EAGAIN, send_sized(fd, 41, 0, 0));
	EXPECT_EQ(1, send_sized(fd, 40, 0, 0));
	EXPECT_EQ(-EAGAIN, send_sized(fd, 1, 0, 0));
	/* A message without payload takes no bytes. */
	EXPECT_EQ(1, send_sized(fd, 0, 0, 0));
	EXPECT_EQ(3, get_depth(fd));
}

static int send_one(void *arg)
{
	return send_number(*(int *)arg, 9, 0) == 1 ? 0 : 1;
}

TEST(a_blocked_sender_goes_on)
{
	int fd = queue_of(1, BYTES, IPCX_OVERFLOW_BLOCK);
	__u64 number;
	pid_t pid;

	ASSERT_LE(0, fd);
	ASSERT_EQ(1, send_number(fd, 1, 0));
	pid = spawn(send_one, &fd);
	ASSERT_EQ(0, wait_senders(fd, 1));
	EXPECT_EQ(1, get_depth(fd));
	ASSERT_EQ(1, recv_number(fd, &number));
	EXPECT_EQ(1, number);
	EXPECT_EQ(0, reap(pid));
	ASSERT_EQ(1, try_recv_number(fd, &number));
	EXPECT_EQ(9, number);
}

struct sized {
	int fd;
	size_t len;
};

static int send_blocking(void *arg)
{
	static const char zeros[4096];
	struct sized *s = arg;

	return send_msg(s->fd, zeros, s->len, 0, 0, 0) == 1 ? 0 : 1;
}

/* While somebody waits for much room, nobody takes the little there is. */
TEST(no_overtaking)
{
	struct sized s = { queue_of(MSGS, 100, IPCX_OVERFLOW_BLOCK), 90 };
	struct ipcx_stat stat;
	pid_t pid;

	ASSERT_LE(0, s.fd);
	ASSERT_EQ(1, send_sized(s.fd, 40, 0, 0));
	ASSERT_EQ(1, send_sized(s.fd, 40, 0, 0));
	pid = spawn(send_blocking, &s);
	ASSERT_EQ(0, wait_senders(s.fd, 1));
	EXPECT_EQ(-EAGAIN, send_sized(s.fd, 10, 0, IPCX_PRIO_MAX));
	EXPECT_EQ(1, recv_msg(s.fd, NULL, 0, NULL, IPCX_RECV_TRUNC));
	/* 60 bytes are free, and still not enough. */
	ASSERT_EQ(0, get_stat(s.fd, &stat));
	EXPECT_EQ(1, stat.send_waiters);
	EXPECT_EQ(-EAGAIN, send_sized(s.fd, 10, 0, 0));
	EXPECT_EQ(1, recv_msg(s.fd, NULL, 0, NULL, IPCX_RECV_TRUNC));
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(1, send_sized(s.fd, 10, 0, 0));
}

/* One release can let several in. */
TEST(room_for_several)
{
	struct sized s = { queue_of(MSGS, 100, IPCX_OVERFLOW_BLOCK), 30 };
	pid_t pids[4];
	int i;

	ASSERT_LE(0, s.fd);
	ASSERT_EQ(1, send_sized(s.fd, 100, 0, 0));
	for (i = 0; i < 4; i++) {
		pids[i] = spawn(send_blocking, &s);
		ASSERT_EQ(0, wait_senders(s.fd, i + 1));
	}
	ASSERT_EQ(1, recv_msg(s.fd, NULL, 0, NULL, IPCX_RECV_TRUNC));
	/* Three times 30 fit; in order of arrival. */
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(0, reap(pids[i]));
	}
	ASSERT_EQ(0, wait_senders(s.fd, 1));
	EXPECT_EQ(3, get_depth(s.fd));
	ASSERT_EQ(1, recv_msg(s.fd, NULL, 0, NULL, IPCX_RECV_TRUNC));
	EXPECT_EQ(0, reap(pids[3]));
}

/* ---- dropping ---- */

TEST(drop_oldest_of_lowest)
{
	int fd = queue_of(3, BYTES, IPCX_OVERFLOW_DROP);
	struct ipcx_stat stat;
	__u64 number;

	ASSERT_LE(0, fd);
	ASSERT_EQ(1, send_number(fd, 1, 5));
	ASSERT_EQ(1, send_number(fd, 2, 1));
	ASSERT_EQ(1, send_number(fd, 3, 1));
	/* 2 is the oldest of the lowest. */
	ASSERT_EQ(1, send_number(fd, 4, 1));
	/* Lower than all: it is the one that is dropped. */
	ASSERT_EQ(1, send_number(fd, 5, 0));
	ASSERT_EQ(1, send_number(fd, 6, 9));
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(3, stat.depth);
	EXPECT_EQ(3, stat.dropped);
	EXPECT_EQ(6, stat.sent);
	EXPECT_EQ(3 * sizeof(number), stat.bytes);
	ASSERT_EQ(1, recv_number(fd, &number));
	EXPECT_EQ(6, number);
	ASSERT_EQ(1, recv_number(fd, &number));
	EXPECT_EQ(1, number);
	ASSERT_EQ(1, recv_number(fd, &number));
	EXPECT_EQ(4, number);
	EXPECT_TRUE(is_empty(fd));
}

/* A large message may cost many small ones. */
TEST(drop_for_bytes)
{
	int fd = queue_of(100, 100, IPCX_OVERFLOW_DROP), i;
	struct ipcx_stat stat;

	ASSERT_LE(0, fd);
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(1, send_sized(fd, 1, i, 0));
	}
	ASSERT_EQ(1, send_sized(fd, 90, 100, 0));
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(11, stat.depth);
	EXPECT_EQ(90, stat.dropped);
	EXPECT_EQ(100, stat.bytes);
}

/* More than one hold of a lock may drop. */
TEST(drop_many)
{
	struct ipcx_queue_attr attr = {
		.max_msgs = 5000, .max_msg_size = 5000, .max_bytes = 5000,
		.overflow = IPCX_OVERFLOW_DROP,
	};
	static const char zeros[5000];
	struct ipcx_stat stat;
	int fd = new_queue(0, &attr), i;

	ASSERT_LE(0, fd);
	for (i = 0; i < 5000; i++) {
		ASSERT_EQ(1, send_sized(fd, 1, 0, 0));
	}
	ASSERT_EQ(1, send_msg(fd, zeros, 5000, 7, 0, 0));
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(1, stat.depth);
	EXPECT_EQ(5000, stat.dropped);
	EXPECT_EQ(5000, stat.bytes);
}

struct model_msg {
	__u64 type;
	__u32 priority;
	size_t len;
};

struct model {
	struct model_msg msgs[MSGS];	/* in order of arrival */
	unsigned int count;
	__u64 bytes;
	__u64 dropped;
};

static void model_remove(struct model *m, unsigned int i)
{
	m->bytes -= m->msgs[i].len;
	m->count--;
	memmove(&m->msgs[i], &m->msgs[i + 1], (m->count - i) * sizeof(m->msgs[0]));
}

static void model_send(struct model *m, const struct model_msg *msg)
{
	while (m->count == MSGS || m->bytes + msg->len > BYTES) {
		unsigned int i, victim = 0;

		for (i = 1; i < m->count; i++)
			if (m->msgs[i].priority < m->msgs[victim].priority)
				victim = i;
		m->dropped++;
		if (m->msgs[victim].priority > msg->priority)
			return;
		model_remove(m, victim);
	}
	m->msgs[m->count++] = *msg;
	m->bytes += msg->len;
}

/* What a receive takes, which there is. */
static struct model_msg model_receive(struct model *m)
{
	unsigned int i, first = 0;
	struct model_msg msg;

	for (i = 1; i < m->count; i++)
		if (m->msgs[i].priority > m->msgs[first].priority)
			first = i;
	msg = m->msgs[first];
	model_remove(m, first);
	return msg;
}

TEST(drop_random_against_model)
{
	uint64_t seed = test_seed();
	long i, steps = scaled_to_kernel(20000, 500000);
	int fd = queue_of(MSGS, BYTES, IPCX_OVERFLOW_DROP);
	struct model m = { 0 };
	struct ipcx_stat stat;

	ASSERT_LE(0, fd);
	for (i = 0; i < steps; i++) {
		struct model_msg msg = {
			.type = i,
			.priority = rnd_below(&seed, 4),
			.len = rnd_below(&seed, 4) ? rnd_below(&seed, 40) :
						     rnd_below(&seed, BYTES + 1),
		};
		char buf[BYTES];
		struct ipcx_msg got;

		if (rnd_below(&seed, 4)) {
			model_send(&m, &msg);
			ASSERT_EQ(1, send_sized(fd, msg.len, msg.type, msg.priority));
		} else if (m.count) {
			msg = model_receive(&m);
			ASSERT_EQ(1, recv_msg(fd, buf, BYTES, &got, IPCX_XFER_NONBLOCK));
			ASSERT_EQ(msg.type, got.type) {
				TH_LOG("step %ld", i);
			}
			ASSERT_EQ(msg.len, got.len);
			ASSERT_EQ(msg.priority, got.priority);
		} else {
			ASSERT_EQ(-EAGAIN, recv_msg(fd, buf, BYTES, &got, IPCX_XFER_NONBLOCK));
		}
		if (i % 16)
			continue;
		ASSERT_EQ(0, get_stat(fd, &stat));
		ASSERT_EQ(m.count, stat.depth);
		ASSERT_EQ(m.bytes, stat.bytes);
		ASSERT_EQ(m.dropped, stat.dropped);
		ASSERT_EQ(stat.sent, stat.received + stat.dropped + stat.depth);
	}
}

static int receive_one(void *arg)
{
	__u64 number;

	return recv_number(*(int *)arg, &number) == 1 ? (int)number : 255;
}

/* A receiver that waits gets its message, nothing is dropped for it. */
TEST(drop_and_a_waiting_receiver)
{
	int fd = queue_of(1, BYTES, IPCX_OVERFLOW_DROP);
	struct ipcx_stat stat;
	pid_t pid;

	ASSERT_LE(0, fd);
	pid = spawn(receive_one, &fd);
	ASSERT_EQ(0, wait_receivers(fd, 1));
	ASSERT_EQ(1, send_number(fd, 7, 0));
	EXPECT_EQ(7, reap(pid));
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(0, stat.dropped);
}

/* A batch into a queue that drops: the last ones are what stays. */
TEST(drop_in_a_batch)
{
	struct ipcx_msg msgs[100];
	struct ipcx_xfer xfer = make_xfer(msgs, 100, 0);
	int fd = queue_of(MSGS, BYTES, IPCX_OVERFLOW_DROP), i;
	struct ipcx_msg got;

	ASSERT_LE(0, fd);
	for (i = 0; i < 100; i++)
		msgs[i] = make_msg(NULL, 0, i, 0);
	ASSERT_EQ(100, op(fd, IPCX_SEND, &xfer));
	for (i = 100 - MSGS; i < 100; i++) {
		ASSERT_EQ(1, recv_msg(fd, NULL, 0, &got, IPCX_XFER_NONBLOCK));
		EXPECT_EQ(i, got.type);
	}
	EXPECT_TRUE(is_empty(fd));
}

TEST(unknown_policy)
{
	EXPECT_EQ(-EINVAL, queue_of(MSGS, BYTES, 2));
	EXPECT_EQ(-EINVAL, queue_of(MSGS, BYTES, UINT32_MAX));
}

TEST_HARNESS_MAIN
