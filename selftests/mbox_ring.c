// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Mailboxes with a ring: what comes into it and in which order, what it tells of the
 * sender, how its owner waits, and what of a mailbox stays as it was.
 */
#include "inbox.h"

#include <poll.h>
#include <sys/epoll.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

typedef FIXTURE_DATA(inbox) env_t;

/* ---- what is told ---- */

static void *post_as_thread(void *arg)
{
	const struct inbox *in = arg;
	pid_t tid = syscall(SYS_gettid);

	return (void *)(intptr_t)post_mail(in->to, &tid, sizeof(tid), 7, 9, -1, 0);
}

static int post_as_a(void *arg)
{
	struct inbox *in = arg;
	pthread_t thread;
	void *ret = NULL;

	MUST_BE(0, become_effective(UID_A));
	MUST(pthread_create(&thread, NULL, post_as_thread, in) == 0);
	pthread_join(thread, &ret);
	MUST_BE(1, (intptr_t)ret);
	return 0;
}

TEST_F(inbox, sender_is_attested)
{
	struct delivered msg;
	pid_t pid, tid;

	pid = spawn(post_as_a, &self->in);
	EXPECT_EQ(0, reap(pid));
	ASSERT_EQ(0, peek_delivered(&self->in, &msg));
	ASSERT_EQ(sizeof(tid), msg.len);
	memcpy(&tid, msg.payload, sizeof(tid));
	EXPECT_EQ(pid, msg.head->pid);
	EXPECT_EQ(tid, msg.head->tid);
	EXPECT_NE(pid, tid);
	EXPECT_EQ(UID_A, msg.head->uid);
	EXPECT_EQ(getegid(), msg.head->gid);
	EXPECT_EQ(0, msg.head->sender);
	EXPECT_EQ(7, msg.head->type);
	EXPECT_EQ(9, msg.head->cookie);
	EXPECT_EQ(0, msg.head->priority);
	EXPECT_EQ(0, msg.head->reserved);
	EXPECT_EQ(1, msg.head->seq);
}

TEST_F(inbox, port_and_priority)
{
	struct ipcx_mbox_msg msg = make_mail(NULL, 0, 1, ~0ULL);
	struct ipcx_post post = make_post(&msg, 1, 0);
	struct delivered got;
	__u64 port;
	int own = new_mbox(&port);

	ASSERT_LE(0, own);
	msg.priority = IPCX_PRIO_MAX;
	post.from = own;
	EXPECT_EQ(1, op(self->in.to, IPCX_POST, &post));
	ASSERT_EQ(0, peek_delivered(&self->in, &got));
	EXPECT_EQ(port, got.head->sender);
	EXPECT_EQ(IPCX_PRIO_MAX, got.head->priority);
	EXPECT_EQ(~0ULL, got.head->cookie);
	EXPECT_EQ(0, got.len);
	close(own);
}

/* Numbers are those of who reads: pid 1 of its own, and an overflow id for all others. */
static int read_elsewhere(void *arg)
{
	struct inbox *in = arg;
	struct ipcx_delivery head = { 0 };
	__u64 number = 0;
	pid_t pid;

	MUST_BE(0, enter_userns(0, UID_B, 1));
	MUST(unshare(CLONE_NEWPID) == 0);
	pid = fork();
	if (pid)
		return pid < 0 ? 1 : reap(pid);
	MUST_BE(0, map_inbox(in, SIZE));
	/* From outside: not to be seen. */
	MUST_BE(0, take_delivered(in, &number, &head));
	MUST_BE(1, number);
	MUST(head.pid != 0);
	MUST_BE(1, post_number(in->to, 2));
	MUST_BE(0, take_delivered(in, &number, &head));
	MUST_BE(getpid(), head.pid);
	MUST_BE(1, head.pid);
	MUST_BE(0, head.uid);
	return 0;
}

static int post_from_outside(void *arg)
{
	struct inbox *in = arg;
	struct ipcx_delivery head = { 0 };
	__u64 number = 0;

	MUST_BE(1, post_number(in->to, 3));
	MUST_BE(0, map_inbox(in, SIZE));
	MUST_BE(0, take_delivered(in, &number, &head));
	MUST_BE(0, head.pid);
	MUST_BE(0, head.tid);
	MUST_BE(65534, head.uid);
	MUST_BE(65534, head.gid);
	return 0;
}

TEST_F(inbox, numbers_of_the_readers_namespaces)
{
	struct inbox *in = &self->in;

	EXPECT_EQ(1, post_number(in->to, 1));
	detach_consumer(&in->c);
	/* Whose mapping is gone when it is: its numbers stay. */
	EXPECT_EQ(0, in_child(read_elsewhere, in));
	EXPECT_EQ(0, in_child(post_from_outside, in));
	ASSERT_EQ(0, attach_consumer(&in->c, &in->ring));
}

/* ---- both ways in ---- */

TEST_F(inbox, two_ways_in)
{
	struct sync_post sync = { .fd = self->in.to, .number = 2 };
	struct ipcx_delivery head = { 0 };
	struct ipcx_mbox_recv mail;
	__u64 number = 0;
	pid_t pid;

	EXPECT_EQ(1, post_number(self->in.to, 1));
	pid = spawn(do_sync_post, &sync);
	ASSERT_EQ(0, wait_depth(self->in.fd, 1));
	EXPECT_EQ(1, post_number(self->in.to, 3));
	EXPECT_EQ(1, get_depth(self->in.fd));

	ASSERT_EQ(1, recv_mail(self->in.fd, &number, sizeof(number), &mail, 0));
	EXPECT_EQ(2, number);
	EXPECT_EQ(2, mail.seq);
	EXPECT_EQ(0, reap(pid));
	ASSERT_EQ(0, take_delivered(&self->in, &number, &head));
	EXPECT_EQ(1, number);
	EXPECT_EQ(1, head.seq);
	ASSERT_EQ(0, take_delivered(&self->in, &number, &head));
	EXPECT_EQ(3, number);
	EXPECT_EQ(3, head.seq);
	EXPECT_EQ(-EAGAIN, take_delivered(&self->in, &number, &head));
	EXPECT_EQ(-EAGAIN, take_number(self->in.fd, &number));
}

static int do_ask(void *arg)
{
	return ask(&((struct inbox *)arg)->to);
}

TEST_F(inbox, calls_and_files_come_the_other_way)
{
	struct ipcx_mbox_attr attr = {
		.flags = IPCX_MBOX_ADDRESSABLE | IPCX_MBOX_FILES, .ring_size = SIZE,
	};
	struct ipcx_mbox_recv mail;
	struct inbox other;
	__s32 file = 0;
	struct ipcx_mbox_msg msg = { .fds = addr(&file), .fd_count = 1 };
	struct ipcx_post post = make_post(&msg, 1, 0);
	__u64 number = 0;
	pid_t pid;

	pid = spawn(do_ask, &self->in);
	ASSERT_EQ(1, recv_mail(self->in.fd, &number, sizeof(number), &mail, 0));
	EXPECT_EQ(QUESTION, number);
	EXPECT_EQ(0, reply_number(self->in.fd, mail.token, ANSWER));
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(-EAGAIN, take_delivered(&self->in, &number, NULL));

	EXPECT_EQ(-EOPNOTSUPP, op(self->in.to, IPCX_POST, &post));
	ASSERT_EQ(0, new_inbox_attr(&other, &attr));
	file = memfd_create("carried", MFD_CLOEXEC);
	EXPECT_EQ(1, op(other.to, IPCX_POST, &post));
	EXPECT_EQ(-EAGAIN, take_delivered(&other, &number, NULL));
	EXPECT_EQ(1, get_depth(other.fd));
	close(file);
	close_inbox(&other);
}

/* ---- sizes ---- */

/* A payload that says where each of its bytes is. */
static void fill(unsigned char *buf, size_t len, unsigned int seed)
{
	size_t i;

	for (i = 0; i < len; i++)
		buf[i] = (i * 167 + i / 251 + seed) & 0xff;
}

/* Every length up to the longest, around the ring's end at every place. */
TEST_F(inbox, every_size_around_the_end)
{
	const size_t longest = SIZE / 2 - RECORD_HEAD;
	static unsigned char sent[SIZE], seen[SIZE];
	const size_t step = scaled(13, 1);
	struct delivered msg;
	size_t len;

	for (len = 0; len <= longest; len += len < 200 || len + 20 > longest ? 1 : step) {
		fill(sent, len, len);
		ASSERT_EQ(1, post_mail(self->in.to, sent, len, len, 0, -1,
				       IPCX_XFER_NONBLOCK));
		ASSERT_EQ(0, peek_delivered(&self->in, &msg));
		ASSERT_EQ(len, msg.len);
		EXPECT_EQ(len, msg.head->type);
		memcpy(seen, msg.payload, msg.len);
		ASSERT_EQ(0, memcmp(sent, seen, len));
		pass_delivered(&self->in, &msg);
		ASSERT_EQ(0, release(&self->in.c));
	}
	EXPECT_EQ(-EMSGSIZE, post_mail(self->in.to, sent, longest + 1, 0, 0, -1, 0));
	EXPECT_EQ(0, self->in.skipped);
}

TEST_F(inbox, gathered_from_pieces)
{
	static unsigned char sent[3000];
	struct ipcx_iovec vec[64];
	struct ipcx_mbox_msg mail = make_mail(vec, ARRAY_SIZE(vec), 0, 0);
	struct ipcx_post post = make_post(&mail, 1, 0);
	struct delivered msg;
	size_t i, at = 0;

	mail.flags = IPCX_MSG_IOV;
	fill(sent, sizeof(sent), 1);
	for (i = 0; i < ARRAY_SIZE(vec); i++) {
		vec[i] = (struct ipcx_iovec){ .base = addr(sent + at), .len = i };
		at += i;
	}
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(1, op(self->in.to, IPCX_POST, &post));
		ASSERT_EQ(0, peek_delivered(&self->in, &msg));
		ASSERT_EQ(at, msg.len);
		EXPECT_EQ(0, memcmp(sent, msg.payload, at));
		pass_delivered(&self->in, &msg);
		EXPECT_EQ(0, release(&self->in.c));
	}
}

/* ---- the owner waits ---- */

/*
 * A wait that ends at its deadline looks once more, and finds what nobody woke it for: it
 * has to have ended before.
 */
static bool ended_early(long long start_ns)
{
	return now_ns(CLOCK_MONOTONIC) - start_ns < LONG_MS * NSEC_PER_MSEC / 2;
}

static bool owner_waits(void *arg)
{
	const struct inbox *in = arg;

	return load(&in->ring.info->data_waiters);
}

static int post_when_waited_for(void *arg)
{
	struct inbox *in = arg;

	/* Mappings are not inherited. */
	MUST_BE(0, map_view(&in->ring));
	MUST_BE(0, wait_until(owner_waits, in));
	MUST_BE(1, post_number(in->to, 5));
	return 0;
}

TEST_F(inbox, owner_sleeps_until_something_comes)
{
	long long start;
	__u64 number = 0;
	pid_t pid;

	EXPECT_EQ(-ETIMEDOUT, wait_data(&self->in.c, 5));
	start = now_ns(CLOCK_MONOTONIC);
	pid = spawn(post_when_waited_for, &self->in);
	EXPECT_EQ(0, wait_data(&self->in.c, LONG_MS));
	EXPECT_TRUE(ended_early(start));
	EXPECT_EQ(0, take_delivered(&self->in, &number, NULL));
	EXPECT_EQ(5, number);
	EXPECT_EQ(0, reap(pid));
	/* O_NONBLOCK is the mailbox's, not its ring's. */
	EXPECT_EQ(0, fcntl(self->in.fd, F_SETFL, O_NONBLOCK));
	EXPECT_EQ(-EAGAIN, wait_data(&self->in.c, 0));
}

static short events_now(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	return poll(&p, 1, 0) < 0 ? -errno : p.revents;
}

TEST_F(inbox, poll_tells_of_either_way_in)
{
	struct pollfd p = { .fd = self->in.fd, .events = POLLIN };
	struct sync_post sync = { .fd = self->in.to, .number = 2 };
	long long start;
	__u64 number = 0;
	pid_t pid;

	EXPECT_EQ(0, events_now(self->in.fd, POLLIN));
	/* Looking armed it: the first record rings. */
	EXPECT_EQ(1, load(&self->in.ring.info->data_waiters));
	EXPECT_EQ(1, post_number(self->in.to, 1));
	EXPECT_EQ(0, load(&self->in.ring.info->data_waiters));
	EXPECT_EQ(POLLIN, events_now(self->in.fd, POLLIN));
	EXPECT_EQ(0, take_delivered(&self->in, &number, NULL));

	start = now_ns(CLOCK_MONOTONIC);
	pid = spawn(post_when_waited_for, &self->in);
	EXPECT_EQ(1, poll(&p, 1, LONG_MS));
	EXPECT_TRUE(ended_early(start));
	EXPECT_EQ(POLLIN, p.revents);
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(0, take_delivered(&self->in, &number, NULL));

	pid = spawn(do_sync_post, &sync);
	EXPECT_EQ(1, poll(&p, 1, LONG_MS));
	EXPECT_EQ(1, take_number(self->in.fd, &number));
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(0, events_now(self->in.fd, POLLIN));
	/* As the ring's own: what was armed goes with the next record. */
	EXPECT_EQ(1, post_number(self->in.to, 1));
	EXPECT_EQ(0, take_delivered(&self->in, &number, NULL));
}

/* Who polled when nobody had it mapped is told of what comes then. */
TEST_F(inbox, polled_before_it_was_mapped)
{
	struct epoll_event event = { .events = EPOLLIN };
	__u64 number = 0;
	int i, epoll;

	for (i = 0; i < 2; i++) {
		detach_consumer(&self->in.c);
		epoll = epoll_create1(EPOLL_CLOEXEC);
		ASSERT_LE(0, epoll);
		ASSERT_EQ(0, epoll_ctl(epoll, EPOLL_CTL_ADD, self->in.fd, &event));
		if (i)
			EXPECT_EQ(1, post_number(self->in.to, 1));
		ASSERT_EQ(0, attach_consumer(&self->in.c, &self->in.ring));
		if (!i)
			EXPECT_EQ(1, post_number(self->in.to, 1));
		EXPECT_EQ(1, epoll_wait(epoll, &event, 1, LONG_MS));
		EXPECT_EQ(0, take_delivered(&self->in, &number, NULL));
		close(epoll);
	}
}

static int drain_when_asked(void *arg)
{
	struct inbox *in = arg;
	int n;

	MUST_BE(0, map_inbox(in, SIZE));
	while (!load(&in->ring.info->space_waiters))
		sched_yield();
	n = drain_delivered(in);
	MUST(n > 0);
	return 0;
}

TEST_F(inbox, poll_tells_of_room)
{
	struct pollfd p = { .fd = self->in.to, .events = POLLOUT };
	long long start;
	pid_t pid;

	EXPECT_EQ(POLLOUT, events_now(self->in.to, POLLOUT));
	EXPECT_EQ(0, self->in.ring.info->space_waiters);
	EXPECT_LT(0, fill_up(&self->in));
	detach_consumer(&self->in.c);
	EXPECT_EQ(0, events_now(self->in.to, POLLIN));
	EXPECT_EQ(0, self->in.ring.info->space_waiters);
	start = now_ns(CLOCK_MONOTONIC);
	pid = spawn(drain_when_asked, &self->in);
	EXPECT_EQ(1, poll(&p, 1, LONG_MS));
	EXPECT_TRUE(ended_early(start));
	EXPECT_EQ(POLLOUT, p.revents);
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(1, try_post_number(self->in.to, 1));
	EXPECT_EQ(0, attach_consumer(&self->in.c, &self->in.ring));
	/* Nobody polls any more; the first release takes that back. */
	if (self->in.ring.info->space_waiters)
		EXPECT_EQ(0, ring_wake(self->in.fd, IPCX_RING_WAKE_SPACE));
}

/* ---- no system call ---- */

/* Reads all of them while any system call but the end of the program would kill it. */
static int read_without_calls(void *arg)
{
	struct inbox *in = arg;
	struct delivered msg;
	unsigned int i;

	MUST_BE(0, map_inbox(in, SIZE));
	MUST(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0);
	for (i = 0; i < 100; i++) {
		__u64 number = ~0ULL;

		if (peek_delivered(in, &msg) || msg.len != sizeof(number))
			syscall(SYS_exit, 2);
		memcpy(&number, msg.payload, sizeof(number));
		pass_delivered(in, &msg);
		if (number != i || release(&in->c))
			syscall(SYS_exit, 3);
	}
	syscall(SYS_exit, peek_delivered(in, &msg) == -EAGAIN ? 0 : 4);
	return 1;
}

TEST_F(inbox, reading_takes_no_system_call)
{
	int i;

	detach_consumer(&self->in.c);
	for (i = 0; i < 100; i++)
		ASSERT_EQ(1, try_post_number(self->in.to, i));
	EXPECT_EQ(0, in_child(read_without_calls, &self->in));
	EXPECT_EQ(0, attach_consumer(&self->in.c, &self->in.ring));
	EXPECT_EQ(-EAGAIN, take_delivered(&self->in, &(__u64){ 0 }, NULL));
}

/* ---- creation ---- */

static int try_attr(__u64 ring_size, __u64 max_msg_size, __u32 flags)
{
	struct ipcx_mbox_attr attr = {
		.ring_size = ring_size, .max_msg_size = max_msg_size, .flags = flags,
	};
	int fd = open_mbox_attr(NULL, MBOX_CREATE, 0600, &attr, NULL);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

TEST(attributes)
{
	struct ipcx_mbox_attr attr = { .ring_size = PAGE };
	const __u64 most = PAGE / 2 - RECORD_HEAD;
	struct ipcx_info info;
	struct ipcx_stat stat;
	struct inbox in;
	int fd;

	ASSERT_EQ(0, get_info(&info));
	EXPECT_EQ(IPCX_FEATURE_DELIVERY, info.features & IPCX_FEATURE_DELIVERY);
	EXPECT_EQ(0, try_attr(PAGE, 0, 0));
	EXPECT_EQ(0, try_attr(PAGE, most, 0));
	EXPECT_EQ(-EINVAL, try_attr(PAGE, most + 1, 0));
	EXPECT_EQ(-EINVAL, try_attr(PAGE / 2, 0, 0));
	EXPECT_EQ(-EINVAL, try_attr(1, 0, 0));
	EXPECT_EQ(-EINVAL, try_attr(PAGE + 8, 0, 0));
	EXPECT_EQ(-EINVAL, try_attr(3 * PAGE, 0, 0));
	EXPECT_EQ(-EINVAL, try_attr(2 * IPCX_RING_SIZE_MAX, 0, 0));
	EXPECT_EQ(-EINVAL, try_attr(~0ULL, 0, 0));
	EXPECT_EQ(-EINVAL, try_attr(PAGE, 0, IPCX_MBOX_GROUP));
	/* Nobody said how long a message may be: as long as the ring permits. */
	fd = open_mbox_attr(NULL, MBOX_CREATE, 0600, &attr, NULL);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(most, stat.max_msg_size);
	EXPECT_EQ(0, stat.consumers);
	close(fd);
	/* Without one nothing is said of it, and it cannot be mapped. */
	attr = (struct ipcx_mbox_attr){ .flags = IPCX_MBOX_ADDRESSABLE };
	ASSERT_EQ(0, new_inbox_fds(&in, &attr));
	EXPECT_EQ(0, get_stat(in.fd, &stat));
	EXPECT_EQ(0, stat.ring_size);
	EXPECT_EQ(-ENODEV, map_inbox(&in, PAGE));
	EXPECT_EQ(-EOPNOTSUPP, ring_wait(in.fd, IPCX_RING_CONSUMER, 0, 0, 1));
	EXPECT_EQ(-EOPNOTSUPP, ring_wake(in.fd, IPCX_RING_WAKE_SPACE));
	EXPECT_EQ(-EBADF, ring_wake(in.to, IPCX_RING_WAKE_SPACE));
	in.ring.view = NULL;
	close_inbox(&in);
}

/* The two operations of rings, on a mailbox: as strict as there. */
TEST_F(inbox, bad_requests)
{
	struct ipcx_ring_wait wait = make_wait(IPCX_RING_CONSUMER, 0, self->in.c.next);
	struct ipcx_ring_wake wake = { .flags = IPCX_RING_WAKE_SPACE };
	void *nothing_there = guard_page();

	EXPECT_EQ(-EFAULT, op(self->in.fd, IPCX_RING_WAIT, nothing_there));
	EXPECT_EQ(-EFAULT, op(self->in.fd, IPCX_RING_WAKE, nothing_there));
	EXPECT_EQ(-EINVAL, op(self->in.fd, resized(IPCX_RING_WAIT, sizeof(wait) - 1), &wait));
	EXPECT_EQ(-EINVAL, op(self->in.fd, resized(IPCX_RING_WAKE, sizeof(wake) - 1), &wake));
	wait.flags = 1U << 31;
	EXPECT_EQ(-EINVAL, op(self->in.fd, IPCX_RING_WAIT, &wait));
	wait = make_wait(3, 0, self->in.c.next);
	EXPECT_EQ(-EINVAL, op(self->in.fd, IPCX_RING_WAIT, &wait));
	wait = make_wait(IPCX_RING_CONSUMER, 0, 1);
	EXPECT_EQ(-EINVAL, op(self->in.fd, IPCX_RING_WAIT, &wait));
	wait = make_wait(IPCX_RING_CONSUMER, 1, 0);
	EXPECT_EQ(-ENOTCONN, op(self->in.fd, IPCX_RING_WAIT, &wait));
	wake.reserved = 1;
	EXPECT_EQ(-EINVAL, op(self->in.fd, IPCX_RING_WAKE, &wake));
	wake = (struct ipcx_ring_wake){ .flags = 4 };
	EXPECT_EQ(-EINVAL, op(self->in.fd, IPCX_RING_WAKE, &wake));
	wake.flags = 0;
	EXPECT_EQ(-EINVAL, op(self->in.fd, IPCX_RING_WAKE, &wake));
	/* What is said about a message is looked at first. */
	EXPECT_EQ(-EINVAL, post_mail(self->in.to, NULL, 0, 0, 0, -1, 1U << 31));
}

TEST_HARNESS_MAIN
