// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * io_uring on a queue: reads and writes that complete at once or later, are
 * cancelled, or die with their ring.
 */
#include "mbox.h"

#include <linux/io_uring.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#define ENTRIES	16

/* As little of a ring as one submission at a time needs. */
struct uring {
	int fd;
	unsigned int *sq_tail, *sq_mask, *sq_array;
	unsigned int *cq_head, *cq_tail, *cq_mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
};

static void *map_ring(int fd, size_t size, off_t what)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, what);
}

static int uring_new(struct uring *r)
{
	struct io_uring_params p = { 0 };
	char *sq, *cq;

	r->fd = syscall(__NR_io_uring_setup, ENTRIES, &p);
	if (r->fd < 0)
		return -errno;
	sq = map_ring(r->fd, p.sq_off.array + p.sq_entries * sizeof(unsigned int),
		      IORING_OFF_SQ_RING);
	cq = map_ring(r->fd, p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe),
		      IORING_OFF_CQ_RING);
	r->sqes = map_ring(r->fd, p.sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
	if (sq == MAP_FAILED || cq == MAP_FAILED || r->sqes == MAP_FAILED)
		return -errno;
	r->sq_tail = (unsigned int *)(sq + p.sq_off.tail);
	r->sq_mask = (unsigned int *)(sq + p.sq_off.ring_mask);
	r->sq_array = (unsigned int *)(sq + p.sq_off.array);
	r->cq_head = (unsigned int *)(cq + p.cq_off.head);
	r->cq_tail = (unsigned int *)(cq + p.cq_off.tail);
	r->cq_mask = (unsigned int *)(cq + p.cq_off.ring_mask);
	r->cqes = (struct io_uring_cqe *)(cq + p.cq_off.cqes);
	return 0;
}

static int submit(struct uring *r, const struct io_uring_sqe *sqe)
{
	unsigned int tail = *r->sq_tail, index = tail & *r->sq_mask;
	int ret;

	r->sqes[index] = *sqe;
	r->sq_array[index] = index;
	__atomic_store_n(r->sq_tail, tail + 1, __ATOMIC_RELEASE);
	ret = syscall(__NR_io_uring_enter, r->fd, 1, 0, 0, NULL, 0);
	return ret < 0 ? -errno : ret;
}

static bool is_complete(const struct uring *r)
{
	return *r->cq_head != __atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE);
}

/* Waits for the next completion; its result, and in @tag whose it is. */
static int complete(struct uring *r, __u64 *tag)
{
	struct io_uring_cqe *cqe;
	int ret;

	while (!is_complete(r)) {
		if (syscall(__NR_io_uring_enter, r->fd, 0, 1, IORING_ENTER_GETEVENTS,
			    NULL, 0) < 0 && errno != EINTR)
			return -errno;
	}
	cqe = &r->cqes[*r->cq_head & *r->cq_mask];
	ret = cqe->res;
	if (tag)
		*tag = cqe->user_data;
	__atomic_store_n(r->cq_head, *r->cq_head + 1, __ATOMIC_RELEASE);
	return ret;
}

static int submit_rw(struct uring *r, int opcode, int fd, const void *buf, unsigned int len,
		     __u64 tag)
{
	struct io_uring_sqe sqe = {
		.opcode = opcode, .fd = fd, .off = -1,
		.addr = addr(buf), .len = len, .user_data = tag,
	};

	return submit(r, &sqe);
}

FIXTURE(uring)
{
	struct uring ring;
	int fd;
};

FIXTURE_SETUP(uring)
{
	ASSERT_EQ(0, uring_new(&self->ring));
	self->fd = small_queue(2);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(uring)
{
	close(self->fd);
	close(self->ring.fd);
}

TEST_F(uring, write_and_read)
{
	char buf[16] = { 0 };
	struct ipcx_msg msg;

	ASSERT_EQ(1, submit_rw(&self->ring, IORING_OP_WRITE, self->fd, "hello", 5, 0));
	EXPECT_EQ(5, complete(&self->ring, NULL));
	ASSERT_EQ(1, recv_msg(self->fd, buf, sizeof(buf), &msg, IPCX_XFER_NONBLOCK));
	EXPECT_EQ(5, msg.len);
	EXPECT_EQ(0, msg.type);
	EXPECT_EQ(0, msg.priority);
	EXPECT_EQ(0, memcmp(buf, "hello", 5));
	ASSERT_EQ(1, send_msg(self->fd, "world!", 6, 3, 4, 0));
	ASSERT_EQ(1, submit_rw(&self->ring, IORING_OP_READ, self->fd, buf, sizeof(buf), 0));
	EXPECT_EQ(6, complete(&self->ring, NULL));
	EXPECT_EQ(0, memcmp(buf, "world!", 6));
}

TEST_F(uring, vectors)
{
	char a[3] = { 0 }, b[9] = { 0 }, hello[] = "hello, ", world[] = "world";
	struct iovec out[] = { { hello, 7 }, { world, 5 } };
	struct iovec in[] = { { a, 3 }, { b, 9 } };

	ASSERT_EQ(1, submit_rw(&self->ring, IORING_OP_WRITEV, self->fd, out, 2, 0));
	EXPECT_EQ(12, complete(&self->ring, NULL));
	EXPECT_EQ(1, get_depth(self->fd));
	ASSERT_EQ(1, submit_rw(&self->ring, IORING_OP_READV, self->fd, in, 2, 0));
	EXPECT_EQ(12, complete(&self->ring, NULL));
	EXPECT_EQ(0, memcmp(a, "hello", 3));
	EXPECT_EQ(0, memcmp(b, "lo, world", 9));
}

TEST_F(uring, errors)
{
	char buf[100] = { 0 };

	ASSERT_EQ(1, send_msg(self->fd, buf, 100, 0, 0, 0));
	ASSERT_EQ(1, submit_rw(&self->ring, IORING_OP_READ, self->fd, buf, 99, 0));
	EXPECT_EQ(-EMSGSIZE, complete(&self->ring, NULL));
	ASSERT_EQ(1, submit_rw(&self->ring, IORING_OP_READ, self->fd, guard_page(), 100, 0));
	EXPECT_EQ(-EFAULT, complete(&self->ring, NULL));
	EXPECT_EQ(1, get_depth(self->fd));
	ASSERT_EQ(1, submit_rw(&self->ring, IORING_OP_WRITE, self->fd, guard_page(), 100, 0));
	EXPECT_EQ(-EFAULT, complete(&self->ring, NULL));
	EXPECT_EQ(1, get_depth(self->fd));
}

/* Mailboxes are neither read nor written. */
TEST_F(uring, mailbox)
{
	int mbox, fd;
	__u64 port;

	mbox = new_mbox(&port);
	ASSERT_LE(0, mbox);
	fd = open_port(port, 0);
	ASSERT_LE(0, fd);
	ASSERT_EQ(1, submit_rw(&self->ring, IORING_OP_WRITE, fd, "hello", 5, 0));
	EXPECT_EQ(-EINVAL, complete(&self->ring, NULL));
	EXPECT_TRUE(is_empty(mbox));
	close(fd);
	close(mbox);
}

/* A read of the empty queue completes when a message comes, and not before. */
TEST_F(uring, read_that_waits)
{
	char buf[16] = { 0 };

	ASSERT_EQ(1, submit_rw(&self->ring, IORING_OP_READ, self->fd, buf, sizeof(buf), 0));
	EXPECT_FALSE(is_complete(&self->ring));
	ASSERT_EQ(1, send_msg(self->fd, "late", 4, 0, 0, 0));
	EXPECT_EQ(4, complete(&self->ring, NULL));
	EXPECT_EQ(0, memcmp(buf, "late", 4));
	EXPECT_TRUE(is_empty(self->fd));
}

TEST_F(uring, write_that_waits)
{
	__u64 number;

	ASSERT_EQ(1, send_number(self->fd, 1, 0));
	ASSERT_EQ(1, send_number(self->fd, 2, 0));
	number = 3;
	ASSERT_EQ(1, submit_rw(&self->ring, IORING_OP_WRITE, self->fd, &number, 8, 0));
	EXPECT_FALSE(is_complete(&self->ring));
	ASSERT_EQ(1, recv_number(self->fd, &number));
	EXPECT_EQ(1, number);
	/* The buffer is the write's until it completes. */
	number = 3;
	EXPECT_EQ(8, complete(&self->ring, NULL));
	EXPECT_EQ(2, get_depth(self->fd));
}

/* Several that wait: each message completes one of them. */
TEST_F(uring, reads_that_wait)
{
	__u64 numbers[8] = { 0 }, tag, sum = 0;
	int i;

	for (i = 0; i < 8; i++) {
		ASSERT_EQ(1, submit_rw(&self->ring, IORING_OP_READ, self->fd, &numbers[i], 8, i));
	}
	for (i = 0; i < 8; i++) {
		ASSERT_EQ(1, send_number(self->fd, 1 << i, 0));
		ASSERT_EQ(8, complete(&self->ring, &tag));
		ASSERT_GT(8, tag);
		EXPECT_EQ(1 << i, numbers[tag]);
		EXPECT_FALSE(is_complete(&self->ring));
	}
	for (i = 0; i < 8; i++)
		sum += numbers[i];
	EXPECT_EQ(255, sum);
	EXPECT_TRUE(is_empty(self->fd));
}

/* A request that says so does not wait. */
TEST_F(uring, nowait)
{
	struct io_uring_sqe sqe = {
		.fd = self->fd, .off = -1, .len = 8, .rw_flags = RWF_NOWAIT,
	};
	__u64 number = 3;

	sqe.addr = addr(&number);
	sqe.opcode = IORING_OP_READ;
	ASSERT_EQ(1, submit(&self->ring, &sqe));
	EXPECT_EQ(-EAGAIN, complete(&self->ring, NULL));
	ASSERT_EQ(1, send_number(self->fd, 1, 0));
	ASSERT_EQ(1, submit(&self->ring, &sqe));
	EXPECT_EQ(8, complete(&self->ring, NULL));
	EXPECT_EQ(1, number);

	sqe.opcode = IORING_OP_WRITE;
	ASSERT_EQ(1, submit(&self->ring, &sqe));
	EXPECT_EQ(8, complete(&self->ring, NULL));
	ASSERT_EQ(1, send_number(self->fd, 1, 0));
	ASSERT_EQ(1, submit(&self->ring, &sqe));
	EXPECT_EQ(-EAGAIN, complete(&self->ring, NULL));
	EXPECT_EQ(2, get_depth(self->fd));
}

/* O_NONBLOCK is not for rings: as with pipes, they wait by polling. */
TEST_F(uring, nonblock)
{
	__u64 number;

	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_NONBLOCK));
	ASSERT_EQ(1, submit_rw(&self->ring, IORING_OP_READ, self->fd, &number, 8, 0));
	EXPECT_FALSE(is_complete(&self->ring));
	ASSERT_EQ(1, send_number(self->fd, 6, 0));
	EXPECT_EQ(8, complete(&self->ring, NULL));
	EXPECT_EQ(6, number);
}

TEST_F(uring, poll)
{
	struct io_uring_sqe sqe = {
		.opcode = IORING_OP_POLL_ADD, .fd = self->fd, .poll32_events = POLLIN,
	};

	ASSERT_EQ(1, submit(&self->ring, &sqe));
	EXPECT_FALSE(is_complete(&self->ring));
	ASSERT_EQ(1, send_number(self->fd, 1, 0));
	EXPECT_EQ(POLLIN, complete(&self->ring, NULL) & POLLIN);
	EXPECT_EQ(1, get_depth(self->fd));
}

/* A cancelled read takes no message. */
TEST_F(uring, cancel)
{
	struct io_uring_sqe cancel = {
		.opcode = IORING_OP_ASYNC_CANCEL, .fd = -1, .addr = 77, .user_data = 88,
	};
	__u64 number, tag;
	int i, ret;

	ASSERT_EQ(1, submit_rw(&self->ring, IORING_OP_READ, self->fd, &number, 8, 77));
	ASSERT_EQ(1, submit(&self->ring, &cancel));
	for (i = 0; i < 2; i++) {
		ret = complete(&self->ring, &tag);
		if (tag == 77) {
			EXPECT_TRUE(ret == -ECANCELED || ret == -EINTR) {
				TH_LOG("the read ended with %d", ret);
			}
		} else {
			EXPECT_TRUE(ret == 0 || ret == -EALREADY);
		}
	}
	ASSERT_EQ(0, wait_receivers(self->fd, 0));
	ASSERT_EQ(1, send_number(self->fd, 5, 0));
	ASSERT_EQ(1, try_recv_number(self->fd, &number));
	EXPECT_EQ(5, number);
}

/* Ends with a read and a write under way. */
static int leave_them_waiting(void *arg)
{
	int *fds = arg;
	static __u64 number;
	struct uring r;

	if (uring_new(&r) < 0)
		return 1;
	if (submit_rw(&r, IORING_OP_READ, fds[0], &number, 8, 0) != 1)
		return 2;
	if (submit_rw(&r, IORING_OP_WRITE, fds[1], &number, 8, 0) != 1)
		return 3;
	return 0;
}

TEST_F(uring, process_ends_with_requests_under_way)
{
	int fds[2] = { self->fd, small_queue(1) };
	__u64 number;

	ASSERT_LE(0, fds[1]);
	ASSERT_EQ(1, send_number(fds[1], 9, 0));
	EXPECT_EQ(0, in_child(leave_them_waiting, fds));
	ASSERT_EQ(0, wait_receivers(fds[0], 0));
	ASSERT_EQ(0, wait_senders(fds[1], 0));
	ASSERT_EQ(1, send_number(fds[0], 5, 0));
	ASSERT_EQ(1, try_recv_number(fds[0], &number));
	EXPECT_EQ(5, number);
	ASSERT_EQ(1, try_recv_number(fds[1], &number));
	EXPECT_EQ(9, number);
	EXPECT_TRUE(is_empty(fds[1]));
}

TEST_HARNESS_MAIN
