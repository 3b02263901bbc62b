// SPDX-License-Identifier: LGPL-2.1-or-later
/* libipcx on the device: shared rings. What they do in a memfd, too, is in unit/test_ring*.c. */
#include "lib_ring.h"

#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

FIXTURE(ring) {
	struct ipcx_dev *dev;
	struct ipcx_ring *ring;
	struct ipcx_producer *p;
	struct ipcx_consumer *c;
};

FIXTURE_VARIANT(ring) {
	uint32_t type;
	uint32_t producers;
};

FIXTURE_VARIANT_ADD(ring, spsc) {
	.type = IPCX_RING_SPSC,
	.producers = 1,
};

FIXTURE_VARIANT_ADD(ring, mpsc) {
	.type = IPCX_RING_MPSC,
	.producers = 4,
};

FIXTURE_VARIANT_ADD(ring, broadcast) {
	.type = IPCX_RING_BROADCAST,
	.producers = 1,
};

FIXTURE_VARIANT_ADD(ring, broadcast_many) {
	.type = IPCX_RING_BROADCAST,
	.producers = 4,
};

#define SIZE	4096

static int new_ring(struct ipcx_ring **ring, const struct ipcx_dev *dev, uint32_t type,
		    uint32_t producers, const char *name, unsigned int flags)
{
	IPCX_OPTS(ipcx_ring_opts, opts);

	opts.size = SIZE;
	opts.type = type;
	opts.max_producers = producers;
	return ipcx_ring_open(ring, dev, name, flags, &opts);
}

FIXTURE_SETUP(ring)
{
	ASSERT_EQ(0, ipcx_dev_open(&self->dev, NULL));
	ASSERT_EQ(0, new_ring(&self->ring, self->dev, variant->type, variant->producers, NULL, RW));
	ASSERT_EQ(0, ipcx_producer_attach(&self->p, self->ring));
	ASSERT_EQ(0, ipcx_consumer_attach(&self->c, self->ring, 0));
}

FIXTURE_TEARDOWN(ring)
{
	ipcx_producer_detach(self->p);
	ipcx_consumer_detach(self->c);
	ipcx_ring_close(self->ring);
	ipcx_dev_close(self->dev);
}

static int send_value(struct ipcx_producer *p, uint64_t number)
{
	return ipcx_producer_send(p, &number, sizeof(number), NULL);
}

/* The number, which is small; or a negative errno. */
static long long recv_value(struct ipcx_consumer *c, const struct ipcx_ring_wait_opts *opts)
{
	uint64_t number;
	ssize_t ret = ipcx_consumer_recv(c, &number, sizeof(number), opts);

	if (ret == sizeof(number))
		return number;
	return ret < 0 ? ret : -EPROTO;
}

static uint32_t producers_of(const struct ipcx_ring *ring)
{
	IPCX_OPTS(ipcx_ring_stat, st);

	return ipcx_ring_stat(ring, &st) ? ~0U : st.producers;
}

/* ---- handles ---- */

TEST_F(ring, stat)
{
	IPCX_OPTS(ipcx_ring_stat, st);

	ASSERT_EQ(0, send_value(self->p, 1));
	ASSERT_EQ(0, ipcx_ring_stat(self->ring, &st));
	EXPECT_EQ(SIZE, st.size);
	EXPECT_EQ(16, st.used);
	EXPECT_EQ(SIZE - 16, st.free);
	EXPECT_EQ(1, st.producers);
	EXPECT_EQ(1, st.consumers);
	EXPECT_EQ(variant->type, st.type);
	EXPECT_EQ(0, st.eof);
	EXPECT_EQ(0, st.broken);
	EXPECT_EQ(0, st.lost);
	EXPECT_EQ(FD_CLOEXEC, fcntl(ipcx_ring_fd(self->ring), F_GETFD));
	EXPECT_NE(0, ipcx_ring_id(self->ring));
}

/* A ring by its name, with one right each. */
TEST_F(ring, rights)
{
	struct ipcx_ring *ring, *from, *to;
	struct ipcx_producer *p;
	struct ipcx_consumer *c;
	char name[UNIQUE_NAME_SIZE];

	unique_name(name, "ring");
	ASSERT_EQ(0, new_ring(&ring, self->dev, variant->type, variant->producers, name,
			      CREATE_RW | IPCX_OPEN_EXCL));
	EXPECT_EQ(-EEXIST, new_ring(&to, self->dev, variant->type, variant->producers, name,
				    CREATE_RW | IPCX_OPEN_EXCL));
	EXPECT_EQ(NULL, to);
	ASSERT_EQ(0, ipcx_ring_open(&to, self->dev, name, IPCX_OPEN_WRITE, NULL));
	ASSERT_EQ(0, ipcx_ring_open(&from, self->dev, name, IPCX_OPEN_READ, NULL));
	EXPECT_EQ(0, ipcx_dev_unlink(self->dev, name));
	EXPECT_EQ(ipcx_ring_id(ring), ipcx_ring_id(to));
	EXPECT_EQ(-EBADF, ipcx_consumer_attach(&c, to, 0));
	EXPECT_EQ(-EBADF, ipcx_producer_attach(&p, from));
	ASSERT_EQ(0, ipcx_consumer_attach(&c, from, 0));
	ASSERT_EQ(0, ipcx_producer_attach(&p, to));
	EXPECT_EQ(0, send_value(p, 7));
	EXPECT_EQ(7, recv_value(c, NULL));
	ipcx_producer_detach(p);
	ipcx_consumer_detach(c);
	ipcx_ring_close(to);
	ipcx_ring_close(from);
	ipcx_ring_close(ring);
}

static int use_passed(void *arg)
{
	struct ipcx_producer *p;
	struct ipcx_ring *ring;
	int fd = take_fd(*(int *)arg);

	MUST(fd >= 0);
	MUST_BE(0, ipcx_ring_from_fd(&ring, fd));
	MUST_BE(fd, ipcx_ring_fd(ring));
	MUST_BE(0, ipcx_producer_attach(&p, ring));
	MUST_BE(0, send_value(p, 21));
	ipcx_producer_detach(p);
	ipcx_ring_close(ring);
	return 0;
}

TEST_F(ring, from_fd)
{
	struct ipcx_ring *ring;
	int socks[2];
	pid_t pid;

	ipcx_producer_detach(self->p);
	self->p = NULL;
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, socks));
	pid = spawn(use_passed, &socks[1]);
	ASSERT_EQ(0, pass_fd(socks[0], ipcx_ring_fd(self->ring)));
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(21, recv_value(self->c, NULL));
	EXPECT_EQ(-ENODATA, recv_value(self->c, NULL));
	close(socks[0]);
	close(socks[1]);
	EXPECT_EQ(-ENOTTY, ipcx_ring_from_fd(&ring, ipcx_dev_fd(self->dev)));
	EXPECT_EQ(NULL, ring);
}

/* The child has the handle, and none of the parent's roles. */
static int child_of_member(void *arg)
{
	FIXTURE_DATA(ring) *self = arg;

	ipcx_producer_detach(self->p);
	ipcx_consumer_detach(self->c);
	MUST_BE(1, producers_of(self->ring));
	ipcx_ring_close(self->ring);
	return 0;
}

static int child_of_its_own(void *arg)
{
	FIXTURE_DATA(ring) *self = arg;
	struct ipcx_producer *p;

	/* What was mapped is not inherited; attaching maps it again. */
	MUST_BE(0, ipcx_producer_attach(&p, self->ring));
	MUST_BE(0, send_value(p, 5));
	ipcx_producer_detach(p);
	return 0;
}

TEST_F(ring, fork)
{
	EXPECT_EQ(0, in_child(child_of_member, self));
	EXPECT_EQ(0, send_value(self->p, 4));
	EXPECT_EQ(4, recv_value(self->c, NULL));
	ipcx_producer_detach(self->p);
	self->p = NULL;
	EXPECT_EQ(0, in_child(child_of_its_own, self));
	EXPECT_EQ(5, recv_value(self->c, NULL));
	EXPECT_EQ(-ENODATA, recv_value(self->c, NULL));
}

/* ---- traffic ---- */

#define PER_PRODUCER	5000

static int produce(void *arg)
{
	struct ipcx_ring *ring;
	struct ipcx_producer *p;
	uint64_t numbers[8];
	struct iovec msgs[8];
	int ret;

	MUST_BE(0, ipcx_ring_from_fd(&ring, *(int *)arg));
	MUST_BE(0, ipcx_producer_attach(&p, ring));
	for (unsigned int n = 0; n < PER_PRODUCER;) {
		for (unsigned int i = 0; i < 8; i++) {
			numbers[i] = n + i;
			msgs[i] = (struct iovec){ &numbers[i], sizeof(numbers[i]) };
		}
		ret = ipcx_producer_send_msgs(p, msgs, 8, NULL);
		MUST(ret > 0);
		n += ret;
	}
	ipcx_producer_detach(p);
	ipcx_ring_close(ring);
	return 0;
}

/* Records of each producer in order, none twice, none missing: their sum is what it is. */
TEST_F(ring, processes)
{
	unsigned int producers = variant->producers > 1 ? 3 : 1;
	uint64_t sum = 0, number;
	int fd = ipcx_ring_fd(self->ring);
	pid_t pids[3];

	/* A single producer leaves its place; else it keeps the end of file away. */
	if (producers == 1) {
		ipcx_producer_detach(self->p);
		self->p = NULL;
		/* and the end of file that it leaves goes with the next one */
		ASSERT_EQ(-ENODATA, ipcx_consumer_wait(self->c, NULL));
	}
	for (unsigned int i = 0; i < producers; i++)
		pids[i] = spawn(produce, &fd);
	/* It cannot be through before the consumer has begun. */
	while (producers == 1 && !producers_of(self->ring))
		sleep_ms(1);
	for (unsigned int i = 0; i < producers * PER_PRODUCER; i++) {
		ASSERT_EQ(8, ipcx_consumer_recv(self->c, &number, sizeof(number), NULL));
		sum += number;
	}
	EXPECT_EQ((uint64_t)producers * PER_PRODUCER * (PER_PRODUCER - 1) / 2, sum);
	for (unsigned int i = 0; i < producers; i++)
		EXPECT_EQ(0, reap(pids[i]));
	EXPECT_EQ(producers == 1 ? -ENODATA : -EAGAIN,
		  ipcx_consumer_peek(self->c, (const void **)&number));
}

/* ---- ends ---- */

TEST_F(ring, end_of_file)
{
	const void *buf;

	ASSERT_EQ(0, send_value(self->p, 1));
	ipcx_producer_detach(self->p);
	EXPECT_EQ(1, recv_value(self->c, NULL));
	EXPECT_EQ(-ENODATA, recv_value(self->c, NULL));
	EXPECT_EQ(-ENODATA, ipcx_consumer_peek(self->c, &buf));
	ASSERT_EQ(0, ipcx_producer_attach(&self->p, self->ring));
	EXPECT_EQ(-EAGAIN, ipcx_consumer_peek(self->c, &buf));
}

TEST_F(ring, broken_pipe)
{
	void *buf;

	ipcx_consumer_detach(self->c);
	EXPECT_EQ(-EPIPE, send_value(self->p, 1));
	EXPECT_EQ(-EPIPE, ipcx_producer_reserve(self->p, 1, &buf));
	EXPECT_EQ(-EPIPE, ipcx_producer_wait(self->p, 1, NULL));
	ASSERT_EQ(0, ipcx_consumer_attach(&self->c, self->ring, 0));
	EXPECT_EQ(0, send_value(self->p, 1));
}

/* Reserves, says so, and waits to be killed. */
static int die_reserved(void *arg)
{
	int *fds = arg;
	struct ipcx_producer *p;
	struct ipcx_ring *ring;
	void *buf;

	MUST_BE(0, ipcx_ring_from_fd(&ring, fds[0]));
	MUST_BE(0, ipcx_producer_attach(&p, ring));
	MUST_BE(0, send_value(p, 1));
	MUST_BE(0, ipcx_producer_reserve(p, 100, &buf));
	MUST_BE(1, write(fds[1], "r", 1));
	pause();
	return 1;
}

/* What was begun is skipped; what others have committed behind it is not lost. */
TEST_F(ring, death)
{
	bool many = variant->producers > 1;
	int pipefds[2], fds[2];
	const void *buf;
	pid_t pid;
	char c;

	if (!many)
		ipcx_producer_detach(self->p);
	ASSERT_EQ(0, pipe(pipefds));
	fds[0] = ipcx_ring_fd(self->ring);
	fds[1] = pipefds[1];
	pid = spawn(die_reserved, fds);
	ASSERT_EQ(1, read(pipefds[0], &c, 1));
	if (many)
		ASSERT_EQ(0, send_value(self->p, 2));
	EXPECT_EQ(1, recv_value(self->c, NULL));
	EXPECT_EQ(-EAGAIN, ipcx_consumer_peek(self->c, &buf));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(KILLED_BY(SIGKILL), reap(pid));
	if (many) {
		EXPECT_EQ(2, recv_value(self->c, NULL));
		EXPECT_EQ(1, producers_of(self->ring));
	} else {
		self->p = NULL;
		EXPECT_EQ(-ENODATA, recv_value(self->c, NULL));
		ASSERT_EQ(0, ipcx_producer_attach(&self->p, self->ring));
		ASSERT_EQ(0, send_value(self->p, 3));
		EXPECT_EQ(3, recv_value(self->c, NULL));
	}
	close(pipefds[0]);
	close(pipefds[1]);
}

/* A consumer that dies gives the next one what it had not released; in a broadcast, nothing. */
static int die_peeking(void *arg)
{
	int *fds = arg;
	struct ipcx_consumer *c;
	struct ipcx_ring *ring;
	const void *buf;

	MUST_BE(0, ipcx_ring_from_fd(&ring, fds[0]));
	MUST_BE(0, ipcx_consumer_attach(&c, ring, 0));
	MUST_BE(1, write(fds[1], "a", 1));
	MUST_BE(0, ipcx_consumer_wait(c, NULL));
	MUST_BE(8, ipcx_consumer_peek(c, &buf));
	MUST_BE(1, write(fds[1], "p", 1));
	pause();
	return 1;
}

TEST_F(ring, consumer_death)
{
	bool broadcast = variant->type == IPCX_RING_BROADCAST;
	int pipefds[2], fds[2];
	pid_t pid;
	char c;

	ipcx_consumer_detach(self->c);
	self->c = NULL;
	ASSERT_EQ(0, pipe(pipefds));
	fds[0] = ipcx_ring_fd(self->ring);
	fds[1] = pipefds[1];
	pid = spawn(die_peeking, fds);
	ASSERT_EQ(1, read(pipefds[0], &c, 1));
	ASSERT_EQ(0, send_value(self->p, 9));
	ASSERT_EQ(1, read(pipefds[0], &c, 1));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(KILLED_BY(SIGKILL), reap(pid));
	EXPECT_EQ(-EPIPE, send_value(self->p, 10));
	ASSERT_EQ(0, ipcx_consumer_attach(&self->c, self->ring, 0));
	if (!broadcast)
		EXPECT_EQ(9, recv_value(self->c, NULL));
	ASSERT_EQ(0, send_value(self->p, 11));
	EXPECT_EQ(11, recv_value(self->c, NULL));
	close(pipefds[0]);
	close(pipefds[1]);
}

/* ---- waiting ---- */

TEST_F(ring, deadlines)
{
	for (uint32_t policy = IPCX_WAIT_BLOCK; policy <= IPCX_WAIT_SPIN; policy++) {
		struct ipcx_ring_wait_opts opts = within(policy, 20);

		EXPECT_EQ(-ETIMEDOUT, recv_value(self->c, &opts));
		EXPECT_LE(opts.deadline_ns, now_ns(CLOCK_MONOTONIC));
		opts = within(policy, 20);
		EXPECT_EQ(0, ipcx_producer_wait(self->p, SIZE - 8, &opts));
		ASSERT_EQ(0, send_value(self->p, 1));
		EXPECT_EQ(-ETIMEDOUT, ipcx_producer_wait(self->p, SIZE - 8, &opts));
		EXPECT_LE(opts.deadline_ns, now_ns(CLOCK_MONOTONIC));
		EXPECT_EQ(1, recv_value(self->c, NULL));
	}
}

static void *send_later(void *p)
{
	sleep_ms(20);
	return send_value(p, 33) ? NULL : p;
}

TEST_F(ring, woken_by_data)
{
	for (uint32_t policy = IPCX_WAIT_BLOCK; policy <= IPCX_WAIT_SPIN; policy++) {
		IPCX_OPTS(ipcx_ring_wait_opts, opts);
		pthread_t thread;
		void *result;

		opts.policy = policy;
		ASSERT_EQ(0, pthread_create(&thread, NULL, send_later, self->p));
		EXPECT_EQ(33, recv_value(self->c, &opts));
		ASSERT_EQ(0, pthread_join(thread, &result));
		EXPECT_EQ(self->p, result);
	}
}

static void *receive_later(void *c)
{
	sleep_ms(20);
	return recv_value(c, NULL) == 1 ? c : NULL;
}

TEST_F(ring, woken_by_room)
{
	for (uint32_t policy = IPCX_WAIT_BLOCK; policy <= IPCX_WAIT_SPIN; policy++) {
		IPCX_OPTS(ipcx_ring_wait_opts, opts);
		pthread_t thread;
		void *result;

		opts.policy = policy;
		ASSERT_EQ(0, send_value(self->p, 1));
		ASSERT_EQ(0, pthread_create(&thread, NULL, receive_later, self->c));
		EXPECT_EQ(0, ipcx_producer_wait(self->p, SIZE - 8, &opts));
		ASSERT_EQ(0, pthread_join(thread, &result));
		EXPECT_EQ(self->c, result);
	}
}

static void handler(int signo)
{
	(void)signo;
}

TEST_F(ring, signals)
{
	struct sigaction action = { .sa_handler = handler };

	ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
	ualarm(20000, 20000);
	EXPECT_EQ(-EINTR, recv_value(self->c, NULL));
	ualarm(0, 0);
}

TEST_F(ring, nonblock)
{
	struct ipcx_producer *p;
	struct ipcx_consumer *c;
	struct ipcx_ring *ring;

	ASSERT_EQ(0, new_ring(&ring, self->dev, variant->type, variant->producers, NULL,
			      RW | IPCX_OPEN_NONBLOCK));
	ASSERT_EQ(0, ipcx_producer_attach(&p, ring));
	ASSERT_EQ(0, ipcx_consumer_attach(&c, ring, 0));
	EXPECT_EQ(-EAGAIN, recv_value(c, NULL));
	ASSERT_EQ(0, send_value(p, 1));
	EXPECT_EQ(-EAGAIN, ipcx_producer_wait(p, SIZE - 8, NULL));
	EXPECT_EQ(1, recv_value(c, NULL));
	ipcx_producer_detach(p);
	ipcx_consumer_detach(c);
	ipcx_ring_close(ring);
}

TEST_F(ring, poll)
{
	struct pollfd pfd = { .fd = ipcx_ring_fd(self->ring), .events = POLLIN | POLLOUT };
	pthread_t thread;
	void *buf;

	EXPECT_EQ(1, poll(&pfd, 1, 0));
	EXPECT_EQ(POLLOUT, pfd.revents);
	ASSERT_EQ(0, send_value(self->p, 1));
	EXPECT_EQ(1, poll(&pfd, 1, 0));
	EXPECT_EQ(POLLIN | POLLOUT, pfd.revents);
	ASSERT_EQ(0, ipcx_producer_reserve(self->p, SIZE - 24, &buf));
	ASSERT_EQ(0, ipcx_producer_commit(self->p));
	EXPECT_EQ(1, poll(&pfd, 1, 0));
	EXPECT_EQ(POLLIN, pfd.revents);
	EXPECT_EQ(1, recv_value(self->c, NULL));
	EXPECT_EQ(SIZE - 24, ipcx_consumer_peek(self->c, (const void **)&buf));
	ASSERT_EQ(0, ipcx_consumer_release(self->c));

	pfd.events = POLLIN;
	ASSERT_EQ(0, pthread_create(&thread, NULL, send_later, self->p));
	EXPECT_EQ(1, poll(&pfd, 1, 10000));
	EXPECT_EQ(POLLIN, pfd.revents);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(33, recv_value(self->c, NULL));
	ipcx_producer_detach(self->p);
	self->p = NULL;
	pfd.events |= POLLRDHUP;
	EXPECT_EQ(1, poll(&pfd, 1, 0));
	EXPECT_EQ(POLLIN | POLLRDHUP, pfd.revents);
}

/* Edge-triggered: armed after each time that nothing was found. */
TEST_F(ring, epoll_edge)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	const void *buf;
	int epfd = epoll_create1(EPOLL_CLOEXEC);
	pthread_t thread;

	ASSERT_LE(0, epfd);
	ASSERT_EQ(0, epoll_ctl(epfd, EPOLL_CTL_ADD, ipcx_ring_fd(self->ring), &event));
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(-EAGAIN, ipcx_consumer_peek(self->c, &buf));
		EXPECT_EQ(0, ipcx_consumer_arm(self->c));
		ASSERT_EQ(0, pthread_create(&thread, NULL, send_later, self->p));
		EXPECT_EQ(1, epoll_wait(epfd, &event, 1, 10000));
		ASSERT_EQ(0, pthread_join(thread, NULL));
		EXPECT_EQ(1, ipcx_consumer_arm(self->c));
		EXPECT_EQ(33, recv_value(self->c, NULL));
	}
	EXPECT_EQ(1, ipcx_producer_arm(self->p));
	close(epfd);
}

/* ---- eventfds ---- */

static struct ipcx_ring_wait_opts by_eventfd(void)
{
	IPCX_OPTS(ipcx_ring_wait_opts, opts);

	opts.flags = IPCX_RING_WAIT_EVENTFD;
	return opts;
}

/* How often it was signalled. */
static int wait_signal(int event, int ms)
{
	struct pollfd pfd = { .fd = event, .events = POLLIN };
	uint64_t n;

	if (poll(&pfd, 1, ms) != 1)
		return 0;
	return read(event, &n, sizeof(n)) == sizeof(n) ? (int)n : -errno;
}

TEST_F(ring, eventfd_data)
{
	struct ipcx_ring_wait_opts opts = by_eventfd();
	int event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	pthread_t thread;

	ASSERT_LE(0, event);
	EXPECT_EQ(-ENOENT, ipcx_consumer_wait(self->c, &opts));
	EXPECT_EQ(-EINVAL, ipcx_consumer_set_eventfd(self->c, ipcx_ring_fd(self->ring)));
	ASSERT_EQ(0, ipcx_consumer_set_eventfd(self->c, event));
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(-EINPROGRESS, recv_value(self->c, &opts));
		ASSERT_EQ(0, pthread_create(&thread, NULL, send_later, self->p));
		EXPECT_EQ(1, wait_signal(event, 10000));
		ASSERT_EQ(0, pthread_join(thread, NULL));
		EXPECT_EQ(0, ipcx_consumer_wait(self->c, &opts));
		EXPECT_EQ(33, recv_value(self->c, &opts));
	}
	EXPECT_EQ(-EINPROGRESS, ipcx_consumer_wait(self->c, &opts));
	ipcx_producer_detach(self->p);
	self->p = NULL;
	EXPECT_EQ(1, wait_signal(event, 10000));
	EXPECT_EQ(-ENODATA, ipcx_consumer_wait(self->c, &opts));
	close(event);
}

/* Of a producer that has sent a part of what it has. */
TEST_F(ring, eventfd_room)
{
	struct ipcx_ring_wait_opts opts = by_eventfd();
	int event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	static char payload[SIZE / 2];
	struct iovec msgs[] = { { payload, sizeof(payload) }, { payload, sizeof(payload) } };

	ASSERT_LE(0, event);
	ASSERT_EQ(0, ipcx_producer_set_eventfd(self->p, event));
	EXPECT_EQ(1, ipcx_producer_send_msgs(self->p, msgs, 2, &opts));
	EXPECT_EQ(0, wait_signal(event, 0));
	EXPECT_EQ(SIZE / 2, ipcx_consumer_recv(self->c, payload, sizeof(payload), NULL));
	EXPECT_EQ(1, wait_signal(event, 10000));
	EXPECT_EQ(0, ipcx_producer_send(self->p, payload, sizeof(payload), &opts));
	EXPECT_EQ(-EINPROGRESS, ipcx_producer_send(self->p, payload, sizeof(payload), &opts));
	ASSERT_EQ(0, ipcx_producer_set_eventfd(self->p, -1));
	EXPECT_EQ(-ENOENT, ipcx_producer_send(self->p, payload, sizeof(payload), &opts));
	opts.policy = IPCX_WAIT_SPIN;
	EXPECT_EQ(-EINVAL, ipcx_producer_send(self->p, payload, sizeof(payload), &opts));
	close(event);
}

/* ---- more than one consumer ---- */

TEST_F(ring, overrun)
{
	struct ipcx_consumer *c = NULL;
	const void *buf;

	if (variant->type != IPCX_RING_BROADCAST) {
		EXPECT_EQ(-EINVAL, ipcx_consumer_attach(&c, self->ring, IPCX_RING_OVERRUN));
		EXPECT_EQ(NULL, c);
		return;
	}
	ASSERT_EQ(0, ipcx_consumer_attach(&c, self->ring, IPCX_RING_OVERRUN));
	for (uint64_t i = 0; i < 1000; i++) {
		ASSERT_EQ(0, send_value(self->p, i));
		EXPECT_EQ(i, recv_value(self->c, NULL));
	}
	EXPECT_EQ(-EAGAIN, ipcx_consumer_peek(c, &buf));
	ASSERT_EQ(0, send_value(self->p, 1000));
	EXPECT_EQ(1000, recv_value(c, NULL));
	EXPECT_EQ(1000, ipcx_consumer_lost(c));
	/* What is overwritten while it is in use. */
	ASSERT_EQ(0, send_value(self->p, 1001));
	EXPECT_EQ(8, ipcx_consumer_peek(c, &buf));
	for (uint64_t i = 0; i < 500; i++) {
		EXPECT_EQ(1000 + i, recv_value(self->c, NULL));
		ASSERT_EQ(0, send_value(self->p, 1002 + i));
	}
	EXPECT_EQ(-EOVERFLOW, ipcx_consumer_release(c));
	ipcx_consumer_detach(c);
}

TEST_HARNESS_MAIN
