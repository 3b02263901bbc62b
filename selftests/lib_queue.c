// SPDX-License-Identifier: LGPL-2.1-or-later
/* libipcx on the device: handles, options, sending, receiving, walking. */
#include "common.h"

#include <ipcx/ipcx.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>

FIXTURE(lib) {
	struct ipcx_dev *dev;
	struct ipcx_queue *q;
	char name[UNIQUE_NAME_SIZE];
};

FIXTURE_SETUP(lib)
{
	unique_name(self->name, "lib");
	ASSERT_EQ(0, ipcx_dev_open(&self->dev, NULL));
	ASSERT_EQ(0, ipcx_queue_open(&self->q, self->dev, self->name, CREATE_RW, NULL));
}

FIXTURE_TEARDOWN(lib)
{
	ipcx_queue_close(self->q);
	ipcx_dev_unlink(self->dev, self->name);
	ipcx_dev_close(self->dev);
}

/* ---- device and handles ---- */

TEST_F(lib, info)
{
	struct ipcx_info info;

	memset(&info, 0xff, sizeof(info));
	ASSERT_EQ(0, ipcx_dev_info(self->dev, &info));
	EXPECT_LE(IPCX_ABI_VERSION, info.abi_version);
	EXPECT_NE(0, info.features & IPCX_FEATURE_QUEUE);
	EXPECT_LE(1, info.user_objects);
	EXPECT_EQ(FD_CLOEXEC, fcntl(ipcx_dev_fd(self->dev), F_GETFD));
}

TEST_F(lib, open_errors)
{
	struct ipcx_queue *q;

	EXPECT_EQ(-EEXIST, ipcx_queue_open(&q, self->dev, self->name,
					   CREATE_RW | IPCX_OPEN_EXCL, NULL));
	EXPECT_EQ(NULL, q);
	EXPECT_EQ(-ENOENT, ipcx_queue_open(&q, self->dev, "/not-there", RW, NULL));
	EXPECT_EQ(-EINVAL, ipcx_queue_open(&q, self->dev, self->name, 0, NULL));
	EXPECT_EQ(-EINVAL, ipcx_queue_open(&q, self->dev, "no-slash", RW, NULL));
	EXPECT_EQ(-EINVAL, ipcx_queue_open(&q, self->dev, NULL, RW | IPCX_OPEN_EXCL, NULL));
	EXPECT_EQ(-ENOENT, ipcx_dev_unlink(self->dev, "/not-there"));
	EXPECT_EQ(-EINVAL, ipcx_dev_unlink(self->dev, "/"));
}

TEST_F(lib, create_options)
{
	IPCX_OPTS(ipcx_queue_opts, opts);
	struct ipcx_queue *q;
	struct ipcx_stat st;

	umask(0);
	opts.mode = 0640;
	opts.overflow = IPCX_OVERFLOW_DROP;
	opts.max_msgs = 3;
	opts.max_msg_size = 100;
	opts.max_bytes = 250;
	ASSERT_EQ(0, ipcx_queue_open(&q, self->dev, NULL, RW, &opts));
	ASSERT_EQ(0, ipcx_queue_stat(q, &st));
	EXPECT_EQ(0640, st.mode);
	EXPECT_EQ(IPCX_OVERFLOW_DROP, st.overflow);
	EXPECT_EQ(3, st.max_msgs);
	EXPECT_EQ(100, st.max_msg_size);
	EXPECT_EQ(250, st.max_bytes);
	EXPECT_EQ(ipcx_queue_id(q), st.id);
	EXPECT_EQ(0, st.state & IPCX_STAT_NAMED);
	ipcx_queue_close(q);

	ASSERT_EQ(0, ipcx_queue_stat(self->q, &st));
	EXPECT_EQ(0600, st.mode);
	EXPECT_STREQ(self->name, st.name);
}

/* What IPCX_OPTS() would be in a program of another time. */
TEST_F(lib, options_of_other_sizes)
{
	struct {
		struct ipcx_recv_opts known;
		uint64_t unknown;
	} opts = { .known = { .sz = sizeof(opts), .flags = IPCX_XFER_NONBLOCK } };
	struct ipcx_msg msg;
	char buf[8];

	ipcx_msg_init(&msg, buf, sizeof(buf), 0, 0);
	EXPECT_EQ(-EAGAIN, ipcx_queue_recv_msgs(self->q, &msg, 1, &opts.known));
	opts.unknown = 1;
	EXPECT_EQ(-E2BIG, ipcx_queue_recv_msgs(self->q, &msg, 1, &opts.known));
	opts.known.sz = sizeof(opts.known);
	EXPECT_EQ(-EAGAIN, ipcx_queue_recv_msgs(self->q, &msg, 1, &opts.known));
	opts.known.reserved = 1;
	EXPECT_EQ(-EINVAL, ipcx_queue_recv_msgs(self->q, &msg, 1, &opts.known));
	opts.known.reserved = 0;
	/* The first version had no room for stamps. */
	opts.known.sz = offsetof(struct ipcx_recv_opts, stamps);
	opts.known.stamps = (void *)1;
	EXPECT_EQ(-EAGAIN, ipcx_queue_recv_msgs(self->q, &msg, 1, &opts.known));
	opts.known.sz = offsetof(struct ipcx_recv_opts, stamps) - 1;
	EXPECT_EQ(-EINVAL, ipcx_queue_recv_msgs(self->q, &msg, 1, &opts.known));
}

TEST_F(lib, from_fd)
{
	struct ipcx_queue *q;
	char buf[8];
	int fd;

	fd = dup(ipcx_queue_fd(self->q));
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ipcx_queue_from_fd(&q, fd));
	EXPECT_EQ(fd, ipcx_queue_fd(q));
	EXPECT_EQ(ipcx_queue_id(self->q), ipcx_queue_id(q));
	EXPECT_EQ(0, ipcx_queue_send(q, "x", 1, 0));
	EXPECT_EQ(1, ipcx_queue_recv(self->q, buf, sizeof(buf), NULL));
	ipcx_queue_close(q);
	EXPECT_EQ(-EBADF, ipcx_queue_from_fd(&q, fd));

	EXPECT_EQ(-ENOTTY, ipcx_queue_from_fd(&q, ipcx_dev_fd(self->dev)));
	fd = open("/dev/null", O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-ENOTTY, ipcx_queue_from_fd(&q, fd));
	EXPECT_EQ(NULL, q);
	/* After an error the fd is still the caller's. */
	EXPECT_EQ(0, close(fd));
}

TEST_F(lib, rights)
{
	struct ipcx_queue *in, *out;
	char buf[8];

	ASSERT_EQ(0, ipcx_queue_open(&in, self->dev, self->name, IPCX_OPEN_READ, NULL));
	ASSERT_EQ(0, ipcx_queue_open(&out, self->dev, self->name, IPCX_OPEN_WRITE, NULL));
	EXPECT_EQ(-EBADF, ipcx_queue_send(in, "x", 1, 0));
	EXPECT_EQ(0, ipcx_queue_send(out, "x", 1, 0));
	EXPECT_EQ(-EBADF, ipcx_queue_recv(out, buf, sizeof(buf), NULL));
	EXPECT_EQ(-EBADF, ipcx_queue_peek(out, buf, sizeof(buf), NULL));
	EXPECT_EQ(-EBADF, ipcx_queue_notify_cancel(out));
	EXPECT_EQ(1, ipcx_queue_recv(in, buf, sizeof(buf), NULL));
	ipcx_queue_close(in);
	ipcx_queue_close(out);
}

/* ---- sending and receiving ---- */

TEST_F(lib, send_recv_peek)
{
	unsigned int prio = 99;
	char buf[16];

	ASSERT_EQ(0, ipcx_queue_send(self->q, "low", 3, 1));
	ASSERT_EQ(0, ipcx_queue_send(self->q, "higher", 6, 2));
	EXPECT_EQ(6, ipcx_queue_peek(self->q, buf, sizeof(buf), &prio));
	EXPECT_EQ(2, prio);
	EXPECT_EQ(-EMSGSIZE, ipcx_queue_recv(self->q, buf, 5, &prio));
	EXPECT_EQ(6, ipcx_queue_recv(self->q, buf, 6, NULL));
	EXPECT_EQ(0, memcmp(buf, "higher", 6));
	EXPECT_EQ(3, ipcx_queue_recv(self->q, buf, sizeof(buf), &prio));
	EXPECT_EQ(1, prio);
	EXPECT_EQ(-EAGAIN, ipcx_queue_peek(self->q, buf, sizeof(buf), NULL));
	EXPECT_EQ(-EINVAL, ipcx_queue_send(self->q, "x", 1, IPCX_PRIO_MAX + 1));
	EXPECT_EQ(0, ipcx_queue_send(self->q, NULL, 0, IPCX_PRIO_MAX));
	EXPECT_EQ(0, ipcx_queue_recv(self->q, NULL, 0, &prio));
	EXPECT_EQ(IPCX_PRIO_MAX, prio);
	EXPECT_EQ(-EFAULT, ipcx_queue_send(self->q, NULL, 1, 0));
}

/* Priority 0 and no wish to know it: the library has a shorter way for these. */
TEST_F(lib, send_recv_plain)
{
	static const char big[65537];
	char buf[16];

	ASSERT_EQ(0, ipcx_queue_send(self->q, "one", 3, 0));
	ASSERT_EQ(0, ipcx_queue_send(self->q, NULL, 0, 0));
	EXPECT_EQ(-EMSGSIZE, ipcx_queue_recv(self->q, buf, 2, NULL));
	EXPECT_EQ(-EMSGSIZE, ipcx_queue_recv(self->q, NULL, 0, NULL));
	EXPECT_EQ(-EFAULT, ipcx_queue_recv(self->q, NULL, 3, NULL));
	EXPECT_EQ(3, ipcx_queue_recv(self->q, buf, sizeof(buf), NULL));
	EXPECT_EQ(0, memcmp(buf, "one", 3));
	EXPECT_EQ(0, ipcx_queue_recv(self->q, NULL, 0, NULL));
	EXPECT_EQ(-EMSGSIZE, ipcx_queue_send(self->q, big, sizeof(big), 0));
	EXPECT_EQ(-EMSGSIZE, ipcx_queue_send(self->q, big, sizeof(big), 1));
	EXPECT_EQ(-EFAULT, ipcx_queue_send(self->q, guard_page(), 1, 0));
	EXPECT_EQ(0, get_depth(ipcx_queue_fd(self->q)));
}

TEST_F(lib, nonblock)
{
	struct ipcx_queue *q;
	char buf[8];

	ASSERT_EQ(0, ipcx_queue_open(&q, self->dev, self->name, RW | IPCX_OPEN_NONBLOCK, NULL));
	EXPECT_EQ(-EAGAIN, ipcx_queue_recv(q, buf, sizeof(buf), NULL));
	ipcx_queue_close(q);
}

TEST_F(lib, batch)
{
	struct ipcx_msg msgs[4];
	uint64_t in[3] = { 10, 20, 30 }, out[4] = { 0 };
	int i;

	for (i = 0; i < 3; i++)
		ipcx_msg_init(&msgs[i], &in[i], sizeof(in[i]), i, i);
	ASSERT_EQ(3, ipcx_queue_send_msgs(self->q, msgs, 3, NULL));
	for (i = 0; i < 4; i++)
		ipcx_msg_init(&msgs[i], &out[i], sizeof(out[i]), 77, 77);
	ASSERT_EQ(3, ipcx_queue_recv_msgs(self->q, msgs, 4, NULL));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(in[2 - i], out[i]);
		EXPECT_EQ(sizeof(out[i]), msgs[i].len);
		EXPECT_EQ(2 - i, msgs[i].type);
		EXPECT_EQ(2 - i, msgs[i].priority);
	}
	EXPECT_EQ(-EINVAL, ipcx_queue_send_msgs(self->q, msgs, 0, NULL));
	EXPECT_EQ(-EINVAL, ipcx_queue_recv_msgs(self->q, msgs, IPCX_COUNT_MAX + 1, NULL));
}

TEST_F(lib, scattered)
{
	struct ipcx_iovec iov[2] = {
		{ .base = addr("hello "), .len = 6 },
		{ .base = addr("world"), .len = 5 },
	};
	struct ipcx_msg msg;
	char buf[16];

	ipcx_msg_init_iov(&msg, iov, 2, 0, 0);
	ASSERT_EQ(1, ipcx_queue_send_msgs(self->q, &msg, 1, NULL));
	ASSERT_EQ(11, ipcx_queue_recv(self->q, buf, sizeof(buf), NULL));
	EXPECT_EQ(0, memcmp(buf, "hello world", 11));
}

TEST_F(lib, choosing)
{
	static const struct {
		uint32_t match;
		uint64_t arg;
		uint64_t type;	/* that is taken */
	} choices[] = {
		{ IPCX_MATCH_TYPE, 3, 3 },
		{ IPCX_MATCH_NOT_TYPE, 5, 2 },
		{ IPCX_MATCH_LOWEST_TYPE, 9, 1 },
		{ IPCX_MATCH_MIN_PRIORITY, 2, 5 },
		{ IPCX_MATCH_ANY, 0, 4 },
	};
	/* type and priority */
	static const unsigned int sent[][2] = { { 1, 0 }, { 2, 1 }, { 3, 0 }, { 4, 0 }, { 5, 2 } };
	IPCX_OPTS(ipcx_recv_opts, opts);
	struct ipcx_msg msg;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sent); i++) {
		ipcx_msg_init(&msg, NULL, 0, sent[i][0], sent[i][1]);
		ASSERT_EQ(1, ipcx_queue_send_msgs(self->q, &msg, 1, NULL));
	}
	for (i = 0; i < ARRAY_SIZE(choices); i++) {
		opts.match = choices[i].match;
		opts.match_arg = choices[i].arg;
		opts.flags = IPCX_XFER_NONBLOCK;
		ipcx_msg_init(&msg, NULL, 0, 0, 0);
		ASSERT_EQ(1, ipcx_queue_recv_msgs(self->q, &msg, 1, &opts));
		EXPECT_EQ(choices[i].type, msg.type);
	}
}

TEST_F(lib, truncated_peek_tells_the_size)
{
	IPCX_OPTS(ipcx_recv_opts, opts);
	struct ipcx_msg msg;

	ASSERT_EQ(0, ipcx_queue_send(self->q, "hello", 5, 0));
	opts.flags = IPCX_RECV_PEEK | IPCX_RECV_TRUNC;
	ipcx_msg_init(&msg, NULL, 0, 0, 0);
	ASSERT_EQ(1, ipcx_queue_recv_msgs(self->q, &msg, 1, &opts));
	EXPECT_EQ(5, msg.len);
	EXPECT_EQ(IPCX_MSG_TRUNC, msg.flags);
}

TEST_F(lib, deadlines)
{
	static const clockid_t clocks[] = { CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_REALTIME };
	IPCX_OPTS(ipcx_recv_opts, opts);
	struct ipcx_msg msg;
	size_t i;

	opts.flags = IPCX_XFER_DEADLINE;
	for (i = 0; i < ARRAY_SIZE(clocks); i++) {
		opts.clock = clocks[i];
		opts.deadline_ns = ipcx_deadline_after(clocks[i], 20 * NSEC_PER_MSEC);
		ipcx_msg_init(&msg, NULL, 0, 0, 0);
		EXPECT_EQ(-ETIMEDOUT, ipcx_queue_recv_msgs(self->q, &msg, 1, &opts));
		/* On its own clock: what others say may differ, if only in a VM. */
		EXPECT_LE(opts.deadline_ns, now_ns(clocks[i]));
	}
}

TEST_F(lib, send_deadline)
{
	IPCX_OPTS(ipcx_queue_opts, small);
	IPCX_OPTS(ipcx_send_opts, opts);
	struct ipcx_queue *q;
	struct ipcx_msg msg;

	small.max_msgs = 1;
	ASSERT_EQ(0, ipcx_queue_open(&q, self->dev, NULL, RW, &small));
	opts.flags = IPCX_XFER_DEADLINE;
	opts.clock = CLOCK_MONOTONIC;
	opts.deadline_ns = ipcx_deadline_after(CLOCK_MONOTONIC, NSEC_PER_MSEC);
	ipcx_msg_init(&msg, NULL, 0, 0, 0);
	EXPECT_EQ(1, ipcx_queue_send_msgs(q, &msg, 1, &opts));
	EXPECT_EQ(-ETIMEDOUT, ipcx_queue_send_msgs(q, &msg, 1, &opts));
	opts.flags = IPCX_XFER_NONBLOCK;
	EXPECT_EQ(-EINVAL, ipcx_queue_send_msgs(q, &msg, 1, &opts));
	opts.clock = 0;
	opts.deadline_ns = 0;
	EXPECT_EQ(-EAGAIN, ipcx_queue_send_msgs(q, &msg, 1, &opts));
	ipcx_queue_close(q);
}

/* ---- events ---- */

TEST_F(lib, poll_on_the_fd)
{
	struct pollfd pfd = { .fd = ipcx_queue_fd(self->q), .events = POLLIN };

	EXPECT_EQ(0, poll(&pfd, 1, 0));
	ASSERT_EQ(0, ipcx_queue_send(self->q, "x", 1, 0));
	EXPECT_EQ(1, poll(&pfd, 1, 1000));
	EXPECT_EQ(POLLIN, pfd.revents);
}

TEST_F(lib, notify_eventfd)
{
	int efd = eventfd(0, EFD_NONBLOCK);
	eventfd_t count = 0;

	ASSERT_LE(0, efd);
	ASSERT_EQ(0, ipcx_queue_notify_eventfd(self->q, efd));
	EXPECT_EQ(-EBUSY, ipcx_queue_notify_eventfd(self->q, efd));
	ASSERT_EQ(0, ipcx_queue_send(self->q, "x", 1, 0));
	EXPECT_EQ(0, eventfd_read(efd, &count));
	EXPECT_EQ(1, count);
	EXPECT_EQ(0, ipcx_queue_notify_eventfd(self->q, efd));
	EXPECT_EQ(0, ipcx_queue_notify_cancel(self->q));
	EXPECT_EQ(0, ipcx_queue_notify_cancel(self->q));
	EXPECT_EQ(-EINVAL, ipcx_queue_notify_eventfd(self->q, ipcx_dev_fd(self->dev)));
	close(efd);
}

TEST_F(lib, notify_signal)
{
	struct timespec limit = { .tv_sec = 10 };
	siginfo_t info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, &set, NULL));
	ASSERT_EQ(0, ipcx_queue_notify_signal(self->q, SIGRTMIN, (uintptr_t)self));
	ASSERT_EQ(0, ipcx_queue_send(self->q, "x", 1, 0));
	ASSERT_EQ(SIGRTMIN, sigtimedwait(&set, &info, &limit));
	EXPECT_EQ(SI_MESGQ, info.si_code);
	EXPECT_EQ((void *)self, info.si_value.sival_ptr);
	EXPECT_EQ(-EINVAL, ipcx_queue_notify_signal(self->q, SIGRTMAX + 1, 0));
}

/* ---- one handle, many threads ---- */

#define THREADS 4
#define PER_THREAD 500

static void *sender(void *q)
{
	uint64_t i;

	for (i = 1; i <= PER_THREAD; i++)
		if (ipcx_queue_send(q, &i, sizeof(i), 0))
			return NULL;
	return q;
}

static void *receiver(void *q)
{
	uint64_t i, value, sum = 0;

	for (i = 0; i < PER_THREAD; i++) {
		if (ipcx_queue_recv(q, &value, sizeof(value), NULL) != sizeof(value))
			return NULL;
		sum += value;
	}
	return (void *)(uintptr_t)sum;
}

TEST_F(lib, threads_share_a_handle)
{
	pthread_t senders[THREADS], receivers[THREADS];
	uintptr_t sum = 0;
	void *result;
	int i;

	for (i = 0; i < THREADS; i++) {
		ASSERT_EQ(0, pthread_create(&receivers[i], NULL, receiver, self->q));
		ASSERT_EQ(0, pthread_create(&senders[i], NULL, sender, self->q));
	}
	for (i = 0; i < THREADS; i++) {
		ASSERT_EQ(0, pthread_join(senders[i], &result));
		EXPECT_EQ(self->q, result);
		ASSERT_EQ(0, pthread_join(receivers[i], &result));
		sum += (uintptr_t)result;
	}
	EXPECT_EQ(THREADS * (PER_THREAD * (PER_THREAD + 1) / 2), sum);
}

/* ---- walking ---- */

/* More than the library asks the kernel for at a time. */
#define OBJECTS 70

TEST_F(lib, walk)
{
	struct ipcx_queue *queues[OBJECTS];
	const struct ipcx_stat *stat;
	struct ipcx_iter *iter;
	uint64_t last = 0;
	int i, found = 0, named = 0, ret;

	for (i = 0; i < OBJECTS; i++)
		ASSERT_EQ(0, ipcx_queue_open(&queues[i], self->dev, NULL, RW, NULL));
	ASSERT_EQ(0, ipcx_iter_new(&iter, self->dev, IPCX_KIND_QUEUE));
	while ((ret = ipcx_iter_next(iter, &stat)) > 0) {
		EXPECT_LT(last, stat->id);
		last = stat->id;
		if (!strcmp(stat->name, self->name))
			named++;
		for (i = 0; i < OBJECTS; i++)
			found += stat->id == ipcx_queue_id(queues[i]);
	}
	EXPECT_EQ(0, ret);
	EXPECT_EQ(NULL, stat);
	EXPECT_EQ(1, named);
	EXPECT_EQ(OBJECTS, found);
	/* The end stays the end, until something new is there. */
	EXPECT_EQ(0, ipcx_iter_next(iter, &stat));
	ipcx_iter_free(iter);

	ASSERT_EQ(0, ipcx_iter_new(&iter, self->dev, 0xffff));
	EXPECT_EQ(-EINVAL, ipcx_iter_next(iter, &stat));
	ipcx_iter_free(iter);
	for (i = 0; i < OBJECTS; i++)
		ipcx_queue_close(queues[i]);
}

TEST_HARNESS_MAIN
