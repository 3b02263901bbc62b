// SPDX-License-Identifier: LGPL-2.1-or-later
/* Peeking: a look at what a receive would take, which changes nothing. */
#include "common.h"

static int peek(int fd, __u64 *number, struct ipcx_msg *out)
{
	return recv_msg(fd, number, sizeof(*number), out, IPCX_RECV_PEEK);
}

static int send_typed(int fd, __u64 number, __u64 type, __u32 priority)
{
	return send_msg(fd, &number, sizeof(number), type, priority, 0);
}

FIXTURE(peek)
{
	int fd;
};

FIXTURE_SETUP(peek)
{
	self->fd = small_queue(16);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(peek)
{
	close(self->fd);
}

TEST_F(peek, changes_nothing)
{
	struct ipcx_stat before, after;
	struct ipcx_msg msg;
	__u64 number;
	int i;

	ASSERT_EQ(1, send_typed(self->fd, 10, 1, 1));
	ASSERT_EQ(1, send_typed(self->fd, 20, 2, 2));
	ASSERT_EQ(0, get_stat(self->fd, &before));
	for (i = 0; i < 3; i++) {
		number = 0;
		ASSERT_EQ(1, peek(self->fd, &number, &msg));
		EXPECT_EQ(20, number);
		EXPECT_EQ(2, msg.type);
		EXPECT_EQ(2, msg.priority);
		EXPECT_EQ(sizeof(number), msg.len);
		EXPECT_EQ(0, msg.flags);
	}
	ASSERT_EQ(0, get_stat(self->fd, &after));
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(before)));
	ASSERT_EQ(1, recv_number(self->fd, &number));
	EXPECT_EQ(20, number);
}

TEST_F(peek, never_waits)
{
	__u64 number;

	EXPECT_EQ(-EAGAIN, peek(self->fd, &number, NULL));
	EXPECT_EQ(-EAGAIN, recv_msg(self->fd, &number, sizeof(number), NULL,
				    IPCX_RECV_PEEK | IPCX_XFER_NONBLOCK));
	ASSERT_EQ(1, send_number(self->fd, 1, 0));
	EXPECT_EQ(1, recv_msg(self->fd, &number, sizeof(number), NULL,
			      IPCX_RECV_PEEK | IPCX_XFER_NONBLOCK));
}

TEST_F(peek, one_message_only)
{
	__u64 numbers[2];
	struct ipcx_msg msgs[2] = {
		make_msg(&numbers[0], sizeof(numbers[0]), 0, 0),
		make_msg(&numbers[1], sizeof(numbers[1]), 0, 0),
	};
	struct ipcx_xfer xfer = make_xfer(msgs, 2, IPCX_RECV_PEEK);

	ASSERT_EQ(1, send_number(self->fd, 1, 0));
	EXPECT_EQ(-EINVAL, op(self->fd, IPCX_RECV, &xfer));
	xfer.count = 1;
	EXPECT_EQ(1, op(self->fd, IPCX_RECV, &xfer));
}

TEST_F(peek, selects)
{
	__u64 number;

	ASSERT_EQ(1, send_typed(self->fd, 10, 1, 9));
	ASSERT_EQ(1, send_typed(self->fd, 20, 2, 1));
	ASSERT_EQ(1, recv_match(self->fd, &number, 8, NULL, IPCX_MATCH_TYPE, 2,
				IPCX_RECV_PEEK));
	EXPECT_EQ(20, number);
	ASSERT_EQ(1, recv_match(self->fd, &number, 8, NULL, IPCX_MATCH_NOT_TYPE, 1,
				IPCX_RECV_PEEK));
	EXPECT_EQ(20, number);
	ASSERT_EQ(1, recv_match(self->fd, &number, 8, NULL, IPCX_MATCH_LOWEST_TYPE, 5,
				IPCX_RECV_PEEK));
	EXPECT_EQ(10, number);
	EXPECT_EQ(-EAGAIN, recv_match(self->fd, &number, 8, NULL, IPCX_MATCH_MIN_PRIORITY,
				      10, IPCX_RECV_PEEK));
	EXPECT_EQ(2, get_depth(self->fd));
}

TEST_F(peek, small_room)
{
	char buf[100], in[100];
	struct ipcx_msg msg;

	memset(buf, 'p', sizeof(buf));
	memset(in, 0, sizeof(in));
	ASSERT_EQ(1, send_msg(self->fd, buf, 100, 0, 0, 0));
	EXPECT_EQ(-EMSGSIZE, recv_msg(self->fd, in, 99, &msg, IPCX_RECV_PEEK));
	EXPECT_EQ(100, msg.len);
	EXPECT_EQ(0, in[0]);
	ASSERT_EQ(1, recv_msg(self->fd, in, 7, &msg, IPCX_RECV_PEEK | IPCX_RECV_TRUNC));
	EXPECT_EQ(100, msg.len);
	EXPECT_EQ(IPCX_MSG_TRUNC, msg.flags);
	EXPECT_EQ('p', in[6]);
	EXPECT_EQ(0, in[7]);
	/* To learn the size, no room is needed. */
	ASSERT_EQ(1, recv_msg(self->fd, NULL, 0, &msg, IPCX_RECV_PEEK | IPCX_RECV_TRUNC));
	EXPECT_EQ(100, msg.len);
	EXPECT_EQ(1, get_depth(self->fd));
}

TEST_F(peek, fault)
{
	__u64 number;

	ASSERT_EQ(1, send_number(self->fd, 5, 0));
	EXPECT_EQ(-EFAULT, recv_msg(self->fd, guard_page(), 8, NULL, IPCX_RECV_PEEK));
	EXPECT_EQ(1, get_depth(self->fd));
	ASSERT_EQ(1, recv_number(self->fd, &number));
	EXPECT_EQ(5, number);
}

TEST(needs_the_right_to_receive)
{
	int fd = new_queue(IPCX_OPEN_WRITE, NULL);
	__u64 number;

	ASSERT_LE(0, fd);
	ASSERT_EQ(1, send_number(fd, 5, 0));
	EXPECT_EQ(-EBADF, peek(fd, &number, NULL));
}

/* ---- while others receive ---- */

#define BIG	20000
#define PEEKERS	3

struct traffic {
	int fd;
	volatile bool stop;
	volatile unsigned long seen;
};

static void fill(__u64 *buf, size_t words, __u64 value)
{
	size_t i;

	for (i = 0; i < words; i++)
		buf[i] = value + i;
}

/* Each message that is seen is one message, whole. */
static int keep_peeking(void *arg)
{
	static __u64 buf[BIG / 8];
	struct traffic *t = arg;
	struct ipcx_msg msg;
	__u64 last = 0;

	while (!t->stop) {
		size_t i;
		int ret = recv_msg(t->fd, buf, sizeof(buf), &msg, IPCX_RECV_PEEK);

		if (ret == -EAGAIN)
			continue;
		if (ret != 1)
			return 1;
		for (i = 0; i < msg.len / 8; i++)
			if (buf[i] != msg.type + i)
				return 2;
		/* The end mark has no number. */
		if (!msg.type)
			continue;
		/* One priority: no earlier message shows up again. */
		if (msg.type < last)
			return 3;
		last = msg.type;
		__atomic_add_fetch(&t->seen, 1, __ATOMIC_SEQ_CST);
	}
	return 0;
}

static int keep_receiving(void *arg)
{
	static __u64 buf[BIG / 8];
	struct traffic *t = arg;
	struct ipcx_msg msg;
	__u64 expected = 1;

	for (;;) {
		if (recv_msg(t->fd, buf, sizeof(buf), &msg, 0) != 1)
			return 1;
		if (msg.type == 0)
			return 0;
		if (msg.type != expected++)
			return 2;
	}
}

TEST_F(peek, while_others_receive)
{
	static __u64 buf[BIG / 8];
	struct traffic *t = shared_memory(sizeof(*t));
	long count = scaled_to_kernel(5000, 200000), i;
	uint64_t seed = test_seed();
	pid_t peekers[PEEKERS], receiver;
	struct ipcx_stat stat;

	t->fd = self->fd;
	for (i = 0; i < PEEKERS; i++)
		peekers[i] = spawn(keep_peeking, t);
	receiver = spawn(keep_receiving, t);
	/* Small and large ones: both ways of storing a payload. */
	for (i = 1; i <= count || !t->seen; i++) {
		size_t words = rnd_below(&seed, 2) ? rnd_below(&seed, 8) : rnd_below(&seed, BIG / 8);

		fill(buf, words, i);
		ASSERT_EQ(1, send_msg(self->fd, buf, words * 8, i, 0, 0));
	}
	ASSERT_EQ(1, send_msg(self->fd, NULL, 0, 0, 0, 0));
	EXPECT_EQ(0, reap(receiver));
	t->stop = true;
	for (i = 0; i < PEEKERS; i++) {
		EXPECT_EQ(0, reap(peekers[i]));
	}
	EXPECT_LT(0, t->seen);
	ASSERT_EQ(0, get_stat(self->fd, &stat));
	EXPECT_EQ(stat.sent, stat.received);
	EXPECT_TRUE(is_empty(self->fd));
}

TEST_HARNESS_MAIN
