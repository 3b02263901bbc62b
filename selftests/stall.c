// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tasks that stand still in the middle of a copy, because their memory does
 * not answer (userfaultfd): what others can do meanwhile, and what happens
 * to the message.
 */
#include "stall.h"

#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#define PAGE STALL_SIZE

/* ---- a thread that does one transfer to or from the page ---- */

struct slow {
	int fd;
	unsigned long request;
	__u32 flags;
	struct stall stall;
	struct ipcx_msg msg;
	int ret;
	pthread_t thread;
};

static void *slow_transfer(void *arg)
{
	struct slow *s = arg;
	struct ipcx_xfer xfer = make_xfer(&s->msg, 1, s->flags);

	s->ret = op(s->fd, s->request, &xfer);
	return NULL;
}

static int slow_start(struct slow *s, int fd, unsigned long request, __u32 flags, size_t len)
{
	int ret = stall_new(&s->stall);

	if (ret < 0)
		return ret;
	s->fd = fd;
	s->request = request;
	s->flags = flags;
	s->msg = make_msg(s->stall.page, len, 5, 0);
	ret = -pthread_create(&s->thread, NULL, slow_transfer, s);
	return ret < 0 ? ret : stall_wait(&s->stall);
}

static int slow_finish(struct slow *s, char fill)
{
	int ret = stall_answer(&s->stall, fill);

	if (ret < 0)
		return ret;
	pthread_join(s->thread, NULL);
	return s->ret;
}

FIXTURE(stall)
{
	int fd;
	struct slow slow;
	char payload[PAGE];
	char buf[PAGE];
};

FIXTURE_VARIANT(stall)
{
	size_t len;
};

/* Payloads are stored in two ways. */
FIXTURE_VARIANT_ADD(stall, small)
{
	.len = 40,
};

FIXTURE_VARIANT_ADD(stall, large)
{
	.len = 4000,
};

FIXTURE_SETUP(stall)
{
	self->fd = small_queue(3);
	ASSERT_LE(0, self->fd);
	memset(self->payload, 'm', PAGE);
}

FIXTURE_TEARDOWN(stall)
{
	close(self->fd);
}

static int send_filled(int fd, char fill, size_t len, __u64 type)
{
	char buf[PAGE];

	memset(buf, fill, len);
	return send_msg(fd, buf, len, type, 0, IPCX_XFER_NONBLOCK);
}

/* Receives without waiting; the payload's letter, or -errno. */
static int recv_letter(int fd, size_t len)
{
	char buf[PAGE];
	struct ipcx_msg msg;
	size_t i;
	int ret = recv_msg(fd, buf, PAGE, &msg, IPCX_XFER_NONBLOCK);

	if (ret < 0)
		return ret;
	for (i = 0; i < len; i++)
		if (buf[i] != buf[0])
			return -EILSEQ;
	return msg.len == len ? buf[0] : -EMSGSIZE;
}

/* A receiver takes the message under the peeker's eyes; memory stays valid. */
TEST_F(stall, peeker_holds_nobody_up)
{
	size_t len = variant->len;

	ASSERT_EQ(1, send_filled(self->fd, 'a', len, 1));
	ASSERT_EQ(0, slow_start(&self->slow, self->fd, IPCX_RECV, IPCX_RECV_PEEK, len));
	EXPECT_EQ(1, get_depth(self->fd));
	EXPECT_EQ('a', recv_letter(self->fd, len));
	EXPECT_TRUE(is_empty(self->fd));
	/* What is sent now must not come to lie in the memory that is read. */
	ASSERT_EQ(1, send_filled(self->fd, 'b', len, 2));
	ASSERT_EQ(1, send_filled(self->fd, 'c', len, 3));
	EXPECT_EQ(1, slow_finish(&self->slow, '?'));
	EXPECT_EQ(1, self->slow.msg.type);
	memset(self->buf, 'a', len);
	EXPECT_EQ(0, memcmp(self->slow.stall.page, self->buf, len));
	EXPECT_EQ('b', recv_letter(self->fd, len));
	EXPECT_EQ('c', recv_letter(self->fd, len));
	stall_free(&self->slow.stall);
}

/* The same when the message is dropped. */
TEST_F(stall, peeked_message_is_dropped)
{
	struct ipcx_queue_attr attr = { .max_msgs = 1, .overflow = IPCX_OVERFLOW_DROP };
	int fd = new_queue(0, &attr);
	size_t len = variant->len;

	ASSERT_LE(0, fd);
	ASSERT_EQ(1, send_filled(fd, 'a', len, 1));
	ASSERT_EQ(0, slow_start(&self->slow, fd, IPCX_RECV, IPCX_RECV_PEEK, len));
	ASSERT_EQ(1, send_filled(fd, 'b', len, 2));
	ASSERT_EQ(1, send_filled(fd, 'c', len, 3));
	EXPECT_EQ(1, slow_finish(&self->slow, '?'));
	memset(self->buf, 'a', len);
	EXPECT_EQ(0, memcmp(self->slow.stall.page, self->buf, len));
	EXPECT_EQ('c', recv_letter(fd, len));
	EXPECT_TRUE(is_empty(fd));
	stall_free(&self->slow.stall);
	close(fd);
}

/* Two look at one message; the first that ends does not free it. */
TEST_F(stall, two_peekers)
{
	struct slow second = { 0 };
	size_t len = variant->len;

	ASSERT_EQ(1, send_filled(self->fd, 'a', len, 1));
	ASSERT_EQ(0, slow_start(&self->slow, self->fd, IPCX_RECV, IPCX_RECV_PEEK, len));
	ASSERT_EQ(0, slow_start(&second, self->fd, IPCX_RECV, IPCX_RECV_PEEK, len));
	EXPECT_EQ('a', recv_letter(self->fd, len));
	EXPECT_EQ(1, slow_finish(&self->slow, '?'));
	ASSERT_EQ(1, send_filled(self->fd, 'b', len, 2));
	EXPECT_EQ(1, slow_finish(&second, '?'));
	memset(self->buf, 'a', len);
	EXPECT_EQ(0, memcmp(second.stall.page, self->buf, len));
	EXPECT_EQ('b', recv_letter(self->fd, len));
	stall_free(&self->slow.stall);
	stall_free(&second.stall);
}

/* A receiver that copies keeps its slot; others receive what follows. */
TEST_F(stall, receiver_keeps_its_slot)
{
	size_t len = variant->len;
	struct ipcx_stat stat;

	ASSERT_EQ(1, send_filled(self->fd, 'a', len, 1));
	ASSERT_EQ(1, send_filled(self->fd, 'b', len, 2));
	ASSERT_EQ(1, send_filled(self->fd, 'c', len, 3));
	ASSERT_EQ(0, slow_start(&self->slow, self->fd, IPCX_RECV, 0, len));
	ASSERT_EQ(0, get_stat(self->fd, &stat));
	EXPECT_EQ(2, stat.depth);
	EXPECT_EQ(1, stat.inflight);
	EXPECT_EQ(3 * len, stat.bytes);
	EXPECT_EQ(0, stat.received);
	EXPECT_EQ(-EAGAIN, send_filled(self->fd, 'd', len, 4));
	EXPECT_EQ('b', recv_letter(self->fd, len));
	EXPECT_EQ(1, send_filled(self->fd, 'd', len, 4));
	EXPECT_EQ(1, slow_finish(&self->slow, '?'));
	EXPECT_EQ(1, self->slow.msg.type);
	EXPECT_EQ('a', self->slow.stall.page[len - 1]);
	ASSERT_EQ(0, get_stat(self->fd, &stat));
	EXPECT_EQ(2, stat.depth);
	EXPECT_EQ(0, stat.inflight);
	EXPECT_EQ(2, stat.received);
	stall_free(&self->slow.stall);
}

/* A sender that is slow to hand its payload over has no place yet. */
TEST_F(stall, sender_holds_nobody_up)
{
	size_t len = variant->len;

	ASSERT_EQ(0, slow_start(&self->slow, self->fd, IPCX_SEND, 0, len));
	EXPECT_TRUE(is_empty(self->fd));
	ASSERT_EQ(1, send_filled(self->fd, 'b', len, 2));
	EXPECT_EQ('b', recv_letter(self->fd, len));
	EXPECT_EQ(1, slow_finish(&self->slow, 'a'));
	EXPECT_EQ('a', recv_letter(self->fd, len));
	stall_free(&self->slow.stall);
}

/* ---- killed in the middle of a copy ---- */

struct victim {
	int fd;
	bool peek;
	size_t len;
	int sock;
};

/* Its memory is watched by the parent, so that it stays stalled when killed. */
static int slow_victim(void *arg)
{
	struct victim *v = arg;
	struct stall s;

	if (stall_new(&s) < 0 || pass_fd(v->sock, s.uffd) < 0)
		return 1;
	return recv_msg(v->fd, s.page, v->len, NULL, v->peek ? IPCX_RECV_PEEK : 0);
}

/* The pid of a process that stands still; its monitor in @s. */
static pid_t start_victim(struct victim *v, struct stall *s, int socks[2])
{
	pid_t pid;

	v->sock = socks[1];
	pid = spawn(slow_victim, v);
	if (pid < 0)
		return pid;
	s->uffd = take_fd(socks[0]);
	if (s->uffd < 0)
		return s->uffd;
	return stall_wait(s) < 0 ? -ETIMEDOUT : pid;
}

TEST_F(stall, killed_receivers_message_goes_back)
{
	struct victim v = { .fd = self->fd, .len = variant->len };
	struct ipcx_stat stat;
	struct stall s;
	int socks[2];
	pid_t pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, socks));
	ASSERT_EQ(1, send_filled(self->fd, 'a', v.len, 1));
	ASSERT_EQ(1, send_filled(self->fd, 'b', v.len, 2));
	pid = start_victim(&v, &s, socks);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, get_stat(self->fd, &stat));
	ASSERT_EQ(1, stat.inflight);
	kill(pid, SIGKILL);
	EXPECT_EQ(KILLED_BY(SIGKILL), reap(pid));
	ASSERT_EQ(0, get_stat(self->fd, &stat));
	EXPECT_EQ(0, stat.inflight);
	EXPECT_EQ(2, stat.depth);
	EXPECT_EQ(0, stat.received);
	EXPECT_EQ('a', recv_letter(self->fd, v.len));
	EXPECT_EQ('b', recv_letter(self->fd, v.len));
	close(s.uffd);
}

static int receive_waiting(void *arg)
{
	struct victim *v = arg;
	char buf[PAGE];

	return recv_msg(v->fd, buf, PAGE, NULL, 0) == 1 ? buf[0] : 0;
}

/* What comes back goes to whoever waits, and wakes whoever polls. */
TEST_F(stall, what_comes_back_finds_a_waiter)
{
	struct victim v = { .fd = self->fd, .len = variant->len };
	struct stall s;
	int socks[2];
	pid_t pid, waiter;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, socks));
	ASSERT_EQ(1, send_filled(self->fd, 'a', v.len, 1));
	pid = start_victim(&v, &s, socks);
	ASSERT_LT(0, pid);
	waiter = spawn(receive_waiting, &v);
	ASSERT_EQ(0, wait_receivers(self->fd, 1));
	kill(pid, SIGKILL);
	EXPECT_EQ(KILLED_BY(SIGKILL), reap(pid));
	EXPECT_EQ('a', reap(waiter));
	EXPECT_TRUE(is_empty(self->fd));
	close(s.uffd);
}

static int poll_waiting(void *arg)
{
	struct victim *v = arg;
	struct pollfd p = { .fd = v->fd, .events = POLLIN };

	return poll(&p, 1, -1) == 1 && p.revents & POLLIN ? 0 : 1;
}

TEST_F(stall, what_comes_back_wakes_pollers)
{
	struct victim v = { .fd = self->fd, .len = variant->len };
	struct stall s;
	int socks[2];
	pid_t pid, poller;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, socks));
	ASSERT_EQ(1, send_filled(self->fd, 'a', v.len, 1));
	pid = start_victim(&v, &s, socks);
	ASSERT_LT(0, pid);
	poller = spawn(poll_waiting, &v);
	ASSERT_EQ(0, wait_sleeping(poller));
	kill(pid, SIGKILL);
	EXPECT_EQ(KILLED_BY(SIGKILL), reap(pid));
	EXPECT_EQ(0, reap(poller));
	EXPECT_EQ('a', recv_letter(self->fd, v.len));
	close(s.uffd);
}

/* A peeker that is killed while the message is taken leaks nothing. */
TEST_F(stall, killed_peeker)
{
	struct victim v = { .fd = self->fd, .len = variant->len, .peek = true };
	struct ipcx_info before, after;
	struct stall s;
	int socks[2];
	pid_t pid;

	ASSERT_EQ(0, get_info(&before));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, socks));
	v.fd = small_queue(3);
	ASSERT_LE(0, v.fd);
	ASSERT_EQ(1, send_filled(v.fd, 'a', v.len, 1));
	pid = start_victim(&v, &s, socks);
	ASSERT_LT(0, pid);
	EXPECT_EQ('a', recv_letter(v.fd, v.len));
	kill(pid, SIGKILL);
	EXPECT_EQ(KILLED_BY(SIGKILL), reap(pid));
	close(v.fd);
	ASSERT_EQ(0, get_info(&after));
	EXPECT_EQ(before.user_bytes, after.user_bytes);
	EXPECT_EQ(before.user_objects, after.user_objects);
	close(s.uffd);
}

/* A queue that is full of messages in copy has none to drop: senders wait. */
TEST_F(stall, nothing_to_drop)
{
	struct ipcx_queue_attr attr = { .max_msgs = 1, .overflow = IPCX_OVERFLOW_DROP };
	struct slow sender = { 0 };
	size_t len = variant->len;
	int fd = new_queue(0, &attr);

	ASSERT_LE(0, fd);
	ASSERT_EQ(1, send_filled(fd, 'a', len, 1));
	ASSERT_EQ(0, slow_start(&self->slow, fd, IPCX_RECV, 0, len));
	EXPECT_EQ(-EAGAIN, send_filled(fd, 'b', len, 2));
	sender.fd = fd;
	sender.request = IPCX_SEND;
	sender.msg = make_msg(self->payload, len, 2, 0);
	ASSERT_EQ(0, pthread_create(&sender.thread, NULL, slow_transfer, &sender));
	ASSERT_EQ(0, wait_senders(fd, 1));
	EXPECT_EQ(1, slow_finish(&self->slow, '?'));
	pthread_join(sender.thread, NULL);
	EXPECT_EQ(1, sender.ret);
	EXPECT_EQ('m', recv_letter(fd, len));
	stall_free(&self->slow.stall);
	close(fd);
}

/* The page goes away under whoever stands still on it; what the call gave. */
static int slow_fault(struct slow *s)
{
	stall_free(&s->stall);
	pthread_join(s->thread, NULL);
	return s->ret;
}

/* What comes back can be dropped: for the sender that waits for its slot. */
TEST_F(stall, what_comes_back_is_dropped_for_a_waiting_sender)
{
	struct ipcx_queue_attr attr = { .max_msgs = 1, .overflow = IPCX_OVERFLOW_DROP };
	struct slow sender = { 0 };
	size_t len = variant->len;
	struct ipcx_stat stat;
	int fd = new_queue(0, &attr);

	ASSERT_LE(0, fd);
	ASSERT_EQ(1, send_filled(fd, 'a', len, 1));
	ASSERT_EQ(0, slow_start(&self->slow, fd, IPCX_RECV, 0, len));
	sender.fd = fd;
	sender.request = IPCX_SEND;
	sender.msg = make_msg(self->payload, len, 2, 0);
	ASSERT_EQ(0, pthread_create(&sender.thread, NULL, slow_transfer, &sender));
	ASSERT_EQ(0, wait_senders(fd, 1));
	EXPECT_EQ(-EFAULT, slow_fault(&self->slow));
	pthread_join(sender.thread, NULL);
	EXPECT_EQ(1, sender.ret);
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(1, stat.depth);
	EXPECT_EQ(1, stat.dropped);
	EXPECT_EQ(len, stat.bytes);
	EXPECT_EQ('m', recv_letter(fd, len));
	close(fd);
}

/* A send that fails for what receivers hold drops nothing before it does. */
TEST_F(stall, no_drop_for_a_send_that_fails)
{
	size_t len = variant->len;
	struct ipcx_queue_attr attr = {
		.max_msgs = 10, .max_msg_size = len, .max_bytes = len + len / 2,
		.overflow = IPCX_OVERFLOW_DROP,
	};
	int fd = new_queue(0, &attr);
	struct ipcx_stat stat;

	ASSERT_LE(0, fd);
	ASSERT_EQ(1, send_filled(fd, 'a', len, 1));
	ASSERT_EQ(0, slow_start(&self->slow, fd, IPCX_RECV, 0, len));
	ASSERT_EQ(1, send_filled(fd, 'b', len / 4, 2));
	ASSERT_EQ(1, send_filled(fd, 'c', len / 4, 3));
	EXPECT_EQ(-EAGAIN, send_filled(fd, 'd', len, 4));
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(2, stat.depth);
	EXPECT_EQ(0, stat.dropped);
	/* One that fits beside what they hold does drop. */
	EXPECT_EQ(1, send_filled(fd, 'e', len / 2, 5));
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(1, stat.depth);
	EXPECT_EQ(2, stat.dropped);
	EXPECT_EQ(1, slow_finish(&self->slow, '?'));
	EXPECT_EQ('e', recv_letter(fd, len / 2));
	stall_free(&self->slow.stall);
	close(fd);
}

static void *poll_for_room(void *arg)
{
	struct pollfd p = { .fd = *(int *)arg, .events = POLLOUT };

	return poll(&p, 1, -1) == 1 ? arg : NULL;
}

/* A queue that drops can be written to unless receivers hold all of it. */
TEST_F(stall, poll_of_a_queue_that_drops)
{
	struct ipcx_queue_attr attr = { .max_msgs = 1, .overflow = IPCX_OVERFLOW_DROP };
	size_t len = variant->len;
	int fd = new_queue(0, &attr);
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	pthread_t thread;
	void *woken;

	ASSERT_LE(0, fd);
	ASSERT_EQ(1, send_filled(fd, 'a', len, 1));
	EXPECT_EQ(1, poll(&p, 1, 0));
	ASSERT_EQ(0, slow_start(&self->slow, fd, IPCX_RECV, 0, len));
	EXPECT_EQ(0, poll(&p, 1, 0));
	ASSERT_EQ(0, pthread_create(&thread, NULL, poll_for_room, &fd));
	sleep_ms(100);
	EXPECT_EQ(1, slow_finish(&self->slow, '?'));
	ASSERT_EQ(0, pthread_join(thread, &woken));
	EXPECT_EQ(&fd, woken);
	stall_free(&self->slow.stall);
	close(fd);
}

/* It keeps its place although others left and came meanwhile. */
TEST_F(stall, a_killed_receivers_message_keeps_its_place)
{
	struct victim v = { .fd = self->fd, .len = variant->len };
	struct stall s;
	int socks[2], i;
	pid_t pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, socks));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(1, send_filled(self->fd, 'a' + i, v.len, i));
	}
	pid = start_victim(&v, &s, socks);
	ASSERT_LT(0, pid);
	/* Meanwhile one leaves and one comes. */
	EXPECT_EQ('b', recv_letter(self->fd, v.len));
	ASSERT_EQ(1, send_filled(self->fd, 'd', v.len, 3));
	kill(pid, SIGKILL);
	EXPECT_EQ(KILLED_BY(SIGKILL), reap(pid));
	EXPECT_EQ('a', recv_letter(self->fd, v.len));
	EXPECT_EQ('c', recv_letter(self->fd, v.len));
	EXPECT_EQ('d', recv_letter(self->fd, v.len));
	close(s.uffd);
}

TEST_HARNESS_MAIN
