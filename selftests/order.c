// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What goes in comes out: highest priority first, oldest first within a
 * priority, every byte of it, by every way of sending and receiving.
 */
#include "common.h"

#include <sys/uio.h>

#define BIG	(16UL << 20)

/* A queue for payloads up to @size. */
static int queue_for(size_t size)
{
	struct ipcx_queue_attr attr = {
		.max_msgs = 64,
		.max_msg_size = size,
		.max_bytes = size,
	};

	return new_queue(0, &attr);
}

/* Differs from place to place and from one @seed to another. */
static void fill(unsigned char *buf, size_t len, uint64_t seed)
{
	size_t i;

	for (i = 0; i < len; i++)
		buf[i] = seed + i + (i >> 8) * 31 + (i >> 16) * 7;
}

static bool is_filled(const unsigned char *buf, size_t len, uint64_t seed)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (buf[i] != (unsigned char)(seed + i + (i >> 8) * 31 + (i >> 16) * 7))
			return false;
	return true;
}

TEST(priority_then_age)
{
	static const unsigned int prios[] = { 5, 0, IPCX_PRIO_MAX, 5, 1, 0, IPCX_PRIO_MAX, 5 };
	static const uint64_t expected[] = { 2, 6, 0, 3, 7, 4, 1, 5 };
	int fd = small_queue(16);
	struct ipcx_msg msg;
	__u64 number;
	int i;

	ASSERT_LE(0, fd);
	for (i = 0; i < 8; i++) {
		ASSERT_EQ(1, send_number(fd, i, prios[i]));
	}
	for (i = 0; i < 8; i++) {
		ASSERT_EQ(1, recv_msg(fd, &number, sizeof(number), &msg, 0));
		EXPECT_EQ(expected[i], number);
		EXPECT_EQ(prios[expected[i]], msg.priority);
		EXPECT_EQ(expected[i], msg.type);
		EXPECT_EQ(sizeof(number), msg.len);
		EXPECT_EQ(0, msg.flags);
	}
	EXPECT_TRUE(is_empty(fd));
}

/* Every priority there is, sent in a random order. */
TEST(all_priorities)
{
	const int prios = IPCX_PRIO_MAX + 1;
	struct ipcx_queue_attr attr = { .max_msgs = 2 * prios };
	uint64_t seed = test_seed();
	__u64 number;
	unsigned int *order = calloc(prios, sizeof(*order));
	int fd = new_queue(0, &attr);
	int i, round, step = scaled(8, 1);

	ASSERT_LE(0, fd);
	for (i = 0; i < prios; i++)
		order[i] = i;
	for (i = prios - 1; i > 0; i--) {
		int j = rnd_below(&seed, i + 1);
		unsigned int t = order[i];

		order[i] = order[j];
		order[j] = t;
	}
	for (round = 0; round < 2; round++)
		for (i = 0; i < prios; i++)
			if (order[i] % step == 0) {
				ASSERT_EQ(1, try_send_number(fd, order[i] * 2 + round, order[i]));
			}
	for (i = prios - step; i >= 0; i -= step) {
		for (round = 0; round < 2; round++) {
			ASSERT_EQ(1, try_recv_number(fd, &number));
			ASSERT_EQ(i * 2 + round, number);
		}
	}
	EXPECT_TRUE(is_empty(fd));
	free(order);
}

TEST(priority_limits)
{
	int fd = small_queue(4);

	ASSERT_LE(0, fd);
	EXPECT_EQ(1, send_number(fd, 1, 0));
	EXPECT_EQ(1, send_number(fd, 1, IPCX_PRIO_MAX));
	EXPECT_EQ(-EINVAL, send_number(fd, 1, IPCX_PRIO_MAX + 1));
	EXPECT_EQ(-EINVAL, send_number(fd, 1, UINT32_MAX));
	EXPECT_EQ(2, get_depth(fd));
}

TEST(zero_length)
{
	int fd = small_queue(4);
	struct ipcx_msg msg;
	char byte = 'x';

	ASSERT_LE(0, fd);
	ASSERT_EQ(1, send_msg(fd, NULL, 0, 77, 3, 0));
	ASSERT_EQ(1, send_msg(fd, &byte, 0, 78, 2, 0));
	EXPECT_EQ(2, get_depth(fd));
	ASSERT_EQ(1, recv_msg(fd, NULL, 0, &msg, 0));
	EXPECT_EQ(0, msg.len);
	EXPECT_EQ(77, msg.type);
	EXPECT_EQ(3, msg.priority);
	ASSERT_EQ(1, recv_msg(fd, &byte, 1, &msg, 0));
	EXPECT_EQ(0, msg.len);
	EXPECT_EQ(78, msg.type);
	EXPECT_EQ('x', byte);
	EXPECT_EQ(-EAGAIN, recv_msg(fd, NULL, 0, &msg, IPCX_XFER_NONBLOCK));
}

TEST(type_is_any_number)
{
	static const uint64_t types[] = { 0, 1, INT64_MAX, 1ULL << 63, UINT64_MAX };
	int fd = small_queue(8);
	struct ipcx_msg msg;
	size_t i;

	ASSERT_LE(0, fd);
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		ASSERT_EQ(1, send_msg(fd, NULL, 0, types[i], 0, 0));
	}
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		ASSERT_EQ(1, recv_msg(fd, NULL, 0, &msg, 0));
		EXPECT_EQ(types[i], msg.type);
	}
}

/* Around everything that an implementation might round to. */
TEST(payload_sizes)
{
	static const size_t sizes[] = {
		1, 7, 8, 9, 63, 64, 65, 127, 128, 129, 192, 4000, 4095, 4096, 4097,
		8191, 8192, 65535, 65536, 65537, 1 << 20, BIG - 1, BIG,
	};
	unsigned char *out = malloc(BIG + 1), *in = malloc(BIG + 1);
	int fd = queue_for(BIG);
	struct ipcx_msg msg;
	size_t i;

	ASSERT_LE(0, fd);
	ASSERT_TRUE(out && in);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		fill(out, sizes[i], i);
		memset(in, 0xee, sizes[i] + 1);
		ASSERT_EQ(1, send_msg(fd, out, sizes[i], 0, 0, 0));
		ASSERT_EQ(1, recv_msg(fd, in, sizes[i], &msg, 0));
		EXPECT_EQ(sizes[i], msg.len);
		EXPECT_TRUE(is_filled(in, sizes[i], i)) {
			TH_LOG("payload of %zu bytes is damaged", sizes[i]);
		}
		EXPECT_EQ(0xee, in[sizes[i]]);
	}
	EXPECT_TRUE(is_empty(fd));
	EXPECT_EQ(-EMSGSIZE, send_msg(fd, out, BIG + 1, 0, 0, 0));
	free(out);
	free(in);
}

TEST(largest_message_of_a_queue)
{
	int fd = queue_for(100);
	char buf[101] = { 0 };

	ASSERT_LE(0, fd);
	EXPECT_EQ(1, send_msg(fd, buf, 100, 0, 0, 0));
	EXPECT_EQ(-EMSGSIZE, send_msg(fd, buf, 101, 0, 0, IPCX_XFER_NONBLOCK));
	EXPECT_EQ(1, recv_msg(fd, buf, 100, NULL, 0));
	EXPECT_EQ(-EMSGSIZE, send_msg(fd, buf, 101, 0, 0, IPCX_XFER_NONBLOCK));
}

/* Too little room: the message stays, and its size is told. */
TEST(small_room)
{
	int fd = queue_for(100);
	struct ipcx_msg msg;
	char buf[100];

	ASSERT_LE(0, fd);
	memset(buf, 'a', sizeof(buf));
	ASSERT_EQ(1, send_msg(fd, buf, 100, 5, 6, 0));
	EXPECT_EQ(-EMSGSIZE, recv_msg(fd, buf, 99, &msg, 0));
	EXPECT_EQ(100, msg.len);
	EXPECT_EQ(-EMSGSIZE, recv_msg(fd, NULL, 0, &msg, 0));
	EXPECT_EQ(100, msg.len);
	EXPECT_EQ(1, get_depth(fd));
	EXPECT_EQ(1, recv_msg(fd, buf, 100, &msg, 0));
	EXPECT_EQ(100, msg.len);
}

TEST(truncation)
{
	int fd = queue_for(100);
	struct ipcx_msg msg;
	char buf[100], in[100];

	ASSERT_LE(0, fd);
	fill((unsigned char *)buf, 100, 1);
	memset(in, 'z', sizeof(in));
	ASSERT_EQ(1, send_msg(fd, buf, 100, 0, 0, 0));
	ASSERT_EQ(1, recv_msg(fd, in, 10, &msg, IPCX_RECV_TRUNC));
	EXPECT_EQ(100, msg.len);
	EXPECT_EQ(IPCX_MSG_TRUNC, msg.flags);
	EXPECT_EQ(0, memcmp(buf, in, 10));
	EXPECT_EQ('z', in[10]);
	EXPECT_TRUE(is_empty(fd));

	/* Not cut: no flag. */
	ASSERT_EQ(1, send_msg(fd, buf, 100, 0, 0, 0));
	ASSERT_EQ(1, recv_msg(fd, in, 100, &msg, IPCX_RECV_TRUNC));
	EXPECT_EQ(0, msg.flags);
	EXPECT_EQ(100, msg.len);

	ASSERT_EQ(1, send_msg(fd, buf, 100, 0, 0, 0));
	ASSERT_EQ(1, recv_msg(fd, NULL, 0, &msg, IPCX_RECV_TRUNC));
	EXPECT_EQ(IPCX_MSG_TRUNC, msg.flags);
	EXPECT_EQ(100, msg.len);
}

/* Cuts @buf into @n pieces of odd sizes, some of them empty. */
static size_t scatter(struct ipcx_iovec *iov, int n, unsigned char *buf)
{
	size_t done = 0;
	int i;

	for (i = 0; i < n; i++) {
		iov[i].base = i % 5 == 4 ? 0 : addr(buf + done);
		iov[i].len = i % 5 == 4 ? 0 : (i * 37) % 101;
		done += iov[i].len;
	}
	return done;
}

static struct ipcx_msg iov_msg(const struct ipcx_iovec *iov, size_t n)
{
	struct ipcx_msg msg = make_msg(iov, n, 0, 0);

	msg.flags = IPCX_MSG_IOV;
	return msg;
}

static int send_iov(int fd, const struct ipcx_iovec *iov, size_t n)
{
	struct ipcx_msg msg = iov_msg(iov, n);
	struct ipcx_xfer xfer = make_xfer(&msg, 1, IPCX_XFER_NONBLOCK);

	return op(fd, IPCX_SEND, &xfer);
}

static int recv_iov(int fd, const struct ipcx_iovec *iov, size_t n, struct ipcx_msg *msg,
		    unsigned int flags)
{
	struct ipcx_xfer xfer = make_xfer(msg, 1, IPCX_XFER_NONBLOCK | flags);

	*msg = iov_msg(iov, n);
	return op(fd, IPCX_RECV, &xfer);
}

TEST(gather_and_scatter)
{
	static const int counts[] = { 1, 2, 8, 9, 100, IPCX_IOV_MAX };
	struct ipcx_iovec *iov = calloc(IPCX_IOV_MAX, sizeof(*iov));
	unsigned char *buf = malloc(IPCX_IOV_MAX * 101), *in = malloc(IPCX_IOV_MAX * 101);
	int fd = queue_for(IPCX_IOV_MAX * 101);
	struct ipcx_msg msg;
	size_t i, len;

	ASSERT_LE(0, fd);
	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		/* Gathered from pieces, received in one. */
		len = scatter(iov, counts[i], buf);
		fill(buf, len, i);
		ASSERT_EQ(1, send_iov(fd, iov, counts[i]));
		ASSERT_EQ(1, recv_msg(fd, in, len, &msg, 0));
		EXPECT_EQ(len, msg.len);
		EXPECT_TRUE(is_filled(in, len, i));

		/* Sent in one, scattered to pieces. */
		ASSERT_EQ(1, send_msg(fd, buf, len, 0, 0, 0));
		memset(in, 0, len);
		scatter(iov, counts[i], in);
		ASSERT_EQ(1, recv_iov(fd, iov, counts[i], &msg, 0));
		EXPECT_EQ(len, msg.len);
		EXPECT_EQ(IPCX_MSG_IOV, msg.flags);
		EXPECT_TRUE(is_filled(in, len, i));
	}
	free(iov);
	free(buf);
	free(in);
}

TEST(iovec_limits)
{
	struct ipcx_iovec *iov = calloc(IPCX_IOV_MAX + 1, sizeof(*iov));
	int fd = queue_for(100);
	struct ipcx_msg msg;
	char buf[200] = { 0 };

	ASSERT_LE(0, fd);
	/* No buffer is a payload of no bytes. */
	EXPECT_EQ(1, send_iov(fd, NULL, 0));
	EXPECT_EQ(1, recv_iov(fd, NULL, 0, &msg, 0));
	EXPECT_EQ(0, msg.len);

	EXPECT_EQ(-EINVAL, send_iov(fd, iov, IPCX_IOV_MAX + 1));
	EXPECT_EQ(1, send_iov(fd, iov, IPCX_IOV_MAX));
	EXPECT_EQ(-EINVAL, recv_iov(fd, iov, IPCX_IOV_MAX + 1, &msg, 0));
	EXPECT_EQ(1, recv_iov(fd, iov, IPCX_IOV_MAX, &msg, 0));
	EXPECT_EQ(0, msg.len);

	iov[0] = (struct ipcx_iovec){ .base = addr(buf), .len = 60 };
	iov[1] = (struct ipcx_iovec){ .base = addr(buf + 60), .len = 41 };
	EXPECT_EQ(-EMSGSIZE, send_iov(fd, iov, 2));
	iov[1].len = 40;
	EXPECT_EQ(1, send_iov(fd, iov, 2));
	iov[1].len = 39;
	EXPECT_EQ(-EMSGSIZE, recv_iov(fd, iov, 2, &msg, 0));
	EXPECT_EQ(100, msg.len);
	EXPECT_EQ(1, recv_iov(fd, iov, 2, &msg, IPCX_RECV_TRUNC));
	EXPECT_EQ(100, msg.len);
	EXPECT_EQ(IPCX_MSG_IOV | IPCX_MSG_TRUNC, msg.flags);
	EXPECT_TRUE(is_empty(fd));
	free(iov);
}

/* Lengths whose sum wraps round must not look small. */
TEST(iovec_overflow)
{
	char buf[16] = { 0 };
	struct ipcx_iovec iov[2] = {
		{ .base = addr(buf), .len = 8 },
		{ .base = addr(buf), .len = UINT64_MAX - 3 },
	};
	int fd = queue_for(100);
	int ret;

	ASSERT_LE(0, fd);
	ret = send_iov(fd, iov, 2);
	EXPECT_TRUE(ret == -EMSGSIZE || ret == -EINVAL || ret == -EFAULT) {
		TH_LOG("returned %d", ret);
	}
	EXPECT_TRUE(is_empty(fd));
}

TEST(read_and_write)
{
	int fd = small_queue(8);
	char buf[16] = { 0 };
	struct ipcx_msg msg;

	ASSERT_LE(0, fd);
	ASSERT_EQ(5, write(fd, "hello", 5));
	ASSERT_EQ(3, write(fd, "abc", 3));
	ASSERT_EQ(1, recv_msg(fd, buf, sizeof(buf), &msg, 0));
	EXPECT_EQ(5, msg.len);
	EXPECT_EQ(0, msg.type);
	EXPECT_EQ(0, msg.priority);
	EXPECT_EQ(0, memcmp(buf, "hello", 5));

	ASSERT_EQ(-1, read(fd, buf, 2));
	EXPECT_EQ(EMSGSIZE, errno);
	EXPECT_EQ(1, get_depth(fd));
	ASSERT_EQ(3, read(fd, buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp(buf, "abc", 3));

	ASSERT_EQ(1, send_msg(fd, "prio", 4, 9, 9, 0));
	ASSERT_EQ(4, read(fd, buf, 4));

	/* A message of no bytes is one too. */
	ASSERT_EQ(0, write(fd, buf, 0));
	EXPECT_EQ(1, get_depth(fd));
	ASSERT_EQ(0, read(fd, buf, 0));
	EXPECT_EQ(0, get_depth(fd));
}

TEST(read_and_write_without_waiting)
{
	int fd = small_queue(1);
	char byte = 0;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, fcntl(fd, F_SETFL, O_NONBLOCK));
	ASSERT_EQ(-1, read(fd, &byte, 1));
	EXPECT_EQ(EAGAIN, errno);
	ASSERT_EQ(1, write(fd, &byte, 1));
	ASSERT_EQ(-1, write(fd, &byte, 1));
	EXPECT_EQ(EAGAIN, errno);
}

TEST(read_and_write_with_nowait)
{
	int fd = small_queue(1);
	char byte = 'n';
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };

	ASSERT_LE(0, fd);
	ASSERT_EQ(-1, preadv2(fd, &iov, 1, -1, RWF_NOWAIT));
	EXPECT_EQ(EAGAIN, errno);
	ASSERT_EQ(1, pwritev2(fd, &iov, 1, -1, RWF_NOWAIT));
	ASSERT_EQ(-1, pwritev2(fd, &iov, 1, -1, RWF_NOWAIT));
	EXPECT_EQ(EAGAIN, errno);
	ASSERT_EQ(1, preadv2(fd, &iov, 1, -1, RWF_NOWAIT));
	EXPECT_TRUE(is_empty(fd));
}

TEST(readv_and_writev)
{
	char a[4] = { 0 }, b[8] = { 0 }, hello[] = "hello, ", world[] = "world";
	struct iovec out[] = {
		{ .iov_base = hello, .iov_len = 7 },
		{ .iov_base = world, .iov_len = 5 },
	};
	struct iovec in[] = {
		{ .iov_base = a, .iov_len = 4 },
		{ .iov_base = b, .iov_len = 8 },
	};
	int fd = small_queue(8);

	ASSERT_LE(0, fd);
	ASSERT_EQ(12, writev(fd, out, 2));
	EXPECT_EQ(1, get_depth(fd));
	ASSERT_EQ(-1, readv(fd, in, 1));
	EXPECT_EQ(EMSGSIZE, errno);
	ASSERT_EQ(12, readv(fd, in, 2));
	EXPECT_EQ(0, memcmp(a, "hell", 4));
	EXPECT_EQ(0, memcmp(b, "o, world", 8));
}

TEST(no_positions)
{
	int fd = small_queue(8);
	char byte = 0;

	ASSERT_LE(0, fd);
	ASSERT_EQ(1, write(fd, &byte, 1));
	EXPECT_EQ(-1, lseek(fd, 0, SEEK_SET));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(-1, pread(fd, &byte, 1, 0));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(-1, pwrite(fd, &byte, 1, 0));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(1, get_depth(fd));
}

TEST(read_and_write_need_the_right)
{
	char name[UNIQUE_NAME_SIZE], byte = 0;
	int rd, wr;

	unique_name(name, "order");
	rd = open_queue(name, IPCX_OPEN_READ | IPCX_OPEN_CREATE, 0600);
	wr = open_queue(name, IPCX_OPEN_WRITE, 0);
	ASSERT_EQ(0, unlink_name(name));
	ASSERT_LE(0, rd);
	ASSERT_LE(0, wr);
	EXPECT_EQ(-1, write(rd, &byte, 1));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(-1, read(wr, &byte, 1));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(1, write(wr, &byte, 1));
	EXPECT_EQ(1, read(rd, &byte, 1));
}

TEST(counters)
{
	long long before = now_ns(CLOCK_REALTIME);
	int fd = small_queue(8);
	struct ipcx_stat stat;
	char buf[100] = { 0 };

	ASSERT_LE(0, fd);
	ASSERT_EQ(1, send_msg(fd, buf, 100, 0, 0, 0));
	ASSERT_EQ(1, send_msg(fd, buf, 10, 0, 0, 0));
	ASSERT_EQ(1, send_msg(fd, buf, 1, 0, 0, 0));
	ASSERT_EQ(100, read(fd, buf, 100));
	ASSERT_EQ(10, read(fd, buf, 100));
	ASSERT_EQ(1, send_msg(fd, buf, 20, 0, 0, 0));
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(2, stat.depth);
	EXPECT_EQ(0, stat.inflight);
	EXPECT_EQ(21, stat.bytes);
	EXPECT_EQ(4, stat.sent);
	EXPECT_EQ(131, stat.sent_bytes);
	EXPECT_EQ(2, stat.received);
	EXPECT_EQ(110, stat.received_bytes);
	EXPECT_EQ(3, stat.depth_max);
	EXPECT_EQ(111, stat.bytes_max);
	EXPECT_EQ(0, stat.dropped);
	EXPECT_EQ(0, stat.send_blocked);
	EXPECT_EQ(0, stat.recv_blocked);
	EXPECT_EQ(0, stat.recv_waiters);
	EXPECT_EQ(0, stat.send_waiters);
	EXPECT_LE(before, (long long)stat.created_ns);
	EXPECT_GE(now_ns(CLOCK_REALTIME), (long long)stat.created_ns);
}

static int receive_one(void *arg)
{
	__u64 number;

	return recv_number(*(int *)arg, &number) == 1 ? (int)number : 255;
}

static int send_one(void *arg)
{
	return send_number(*(int *)arg, 7, 0) == 1 ? 0 : 255;
}

TEST(counters_of_waits)
{
	int fd = small_queue(1);
	struct ipcx_stat stat;
	__u64 number;
	pid_t pid;

	ASSERT_LE(0, fd);
	pid = spawn(receive_one, &fd);
	ASSERT_EQ(0, wait_receivers(fd, 1));
	ASSERT_EQ(1, send_number(fd, 42, 0));
	EXPECT_EQ(42, reap(pid));
	ASSERT_EQ(1, send_number(fd, 6, 0));
	pid = spawn(send_one, &fd);
	ASSERT_EQ(0, wait_senders(fd, 1));
	ASSERT_EQ(1, recv_number(fd, &number));
	EXPECT_EQ(6, number);
	EXPECT_EQ(0, reap(pid));
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(1, stat.recv_blocked);
	EXPECT_EQ(1, stat.send_blocked);
	EXPECT_EQ(3, stat.sent);
	EXPECT_EQ(2, stat.received);
	EXPECT_EQ(1, stat.depth);
}

TEST_HARNESS_MAIN
