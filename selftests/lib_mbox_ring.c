// SPDX-License-Identifier: LGPL-2.1-or-later
/* libipcx on the device: the ring of a mailbox. */
#include "lib_ring.h"

#include <poll.h>
#include <pthread.h>

#define SIZE		4096
/* What a message without payload takes: a header and who sent it. */
#define RECORD		(8 + sizeof(struct ipcx_delivery))

FIXTURE(delivery) {
	struct ipcx_dev *dev;
	struct ipcx_mbox *m;	/* right to receive, and to send */
	struct ipcx_ring *ring;
	struct ipcx_consumer *c;
};

static int ring_box(struct ipcx_mbox **m, const struct ipcx_dev *dev, uint64_t size,
		    unsigned int flags)
{
	IPCX_OPTS(ipcx_mbox_opts, opts);

	opts.ring_size = size;
	return ipcx_mbox_create(m, dev, NULL, IPCX_OPEN_WRITE | flags, &opts);
}

FIXTURE_SETUP(delivery)
{
	ASSERT_EQ(0, ipcx_dev_open(&self->dev, NULL));
	ASSERT_EQ(0, ring_box(&self->m, self->dev, SIZE, 0));
	ASSERT_EQ(0, ipcx_mbox_ring(&self->ring, self->m));
	ASSERT_EQ(0, ipcx_consumer_attach(&self->c, self->ring, 0));
}

FIXTURE_TEARDOWN(delivery)
{
	ipcx_consumer_detach(self->c);
	ipcx_ring_close(self->ring);
	ipcx_mbox_close(self->m);
	ipcx_dev_close(self->dev);
}

/* One plain message: its number is the cookie, and the payload. */
static int send_number_to(const struct ipcx_mbox *m, uint64_t number, unsigned int flags)
{
	IPCX_OPTS(ipcx_mbox_send_opts, opts);
	struct ipcx_mbox_msg msg;

	opts.flags = flags;
	ipcx_mbox_msg_init(&msg, &number, sizeof(number), 3, number);
	return ipcx_mbox_send_msgs(m, &msg, 1, &opts);
}

/* The next record, in the ring: 0, or a negative errno. */
static int peek_mail(struct ipcx_consumer *c, struct ipcx_mbox_recv *mail)
{
	const void *record;
	ssize_t len = ipcx_consumer_peek(c, &record);

	return len < 0 ? len : ipcx_mbox_ring_msg(mail, record, len);
}

/* Its number, which is small; or a negative errno. */
static long long peek_value(struct ipcx_consumer *c)
{
	struct ipcx_mbox_recv mail;
	int ret = peek_mail(c, &mail);
	uint64_t number;

	if (ret)
		return ret;
	if (mail.len != sizeof(number))
		return -EPROTO;
	memcpy(&number, (const void *)(uintptr_t)mail.buf, sizeof(number));
	return number == mail.cookie ? (long long)number : -EPROTO;
}

/* ---- what a record says ---- */

TEST_F(delivery, record)
{
	IPCX_OPTS(ipcx_mbox_send_opts, opts);
	struct ipcx_mbox_recv mail;
	struct ipcx_mbox_msg msg;
	struct ipcx_mbox *own;

	ASSERT_EQ(0, ipcx_mbox_create(&own, self->dev, NULL, 0, NULL));
	opts.from = own;
	ipcx_mbox_msg_init(&msg, "hello", 5, 11, 12);
	msg.priority = 13;
	memset(&mail, 0xff, sizeof(mail));
	ASSERT_EQ(1, ipcx_mbox_send_msgs(self->m, &msg, 1, &opts));
	ASSERT_EQ(0, peek_mail(self->c, &mail));
	EXPECT_EQ(5, mail.len);
	EXPECT_EQ(0, memcmp("hello", (const void *)(uintptr_t)mail.buf, 5));
	EXPECT_EQ(0, mail.buf % 8);
	EXPECT_EQ(11, mail.type);
	EXPECT_EQ(12, mail.cookie);
	EXPECT_EQ(13, mail.priority);
	EXPECT_EQ(ipcx_mbox_port(own), mail.sender);
	EXPECT_EQ(1, mail.seq);
	EXPECT_EQ(getpid(), mail.pid);
	EXPECT_EQ(gettid(), mail.tid);
	EXPECT_EQ(geteuid(), mail.uid);
	EXPECT_EQ(getegid(), mail.gid);
	/* What a plain message has not. */
	EXPECT_EQ(0, mail.token);
	EXPECT_EQ(0, mail.flags);
	EXPECT_EQ(0, mail.group);
	EXPECT_EQ(0, mail.lost);
	EXPECT_EQ(0, mail.fd_count);
	EXPECT_EQ(-EAGAIN, peek_mail(self->c, &mail));
	EXPECT_EQ(0, ipcx_consumer_release(self->c));
	ipcx_mbox_close(own);
}

TEST_F(delivery, record_too_short)
{
	struct ipcx_delivery record = { .cookie = 5 };
	struct ipcx_mbox_recv mail;

	for (size_t len = 0; len < sizeof(record); len++)
		ASSERT_EQ(-EBADMSG, ipcx_mbox_ring_msg(&mail, &record, len));
	ASSERT_EQ(0, ipcx_mbox_ring_msg(&mail, &record, sizeof(record)));
	EXPECT_EQ(0, mail.len);
	EXPECT_EQ(5, mail.cookie);
}

/* What is copied out of the ring says the same. */
TEST_F(delivery, copied)
{
	char buf[sizeof(struct ipcx_delivery) + 8] __attribute__((aligned(8)));
	struct ipcx_mbox_recv mail;

	ASSERT_EQ(1, send_number_to(self->m, 41, 0));
	EXPECT_EQ(-EMSGSIZE, ipcx_consumer_recv(self->c, buf, sizeof(buf) - 1, NULL));
	ASSERT_EQ(sizeof(buf), ipcx_consumer_recv(self->c, buf, sizeof(buf), NULL));
	ASSERT_EQ(0, ipcx_mbox_ring_msg(&mail, buf, sizeof(buf)));
	EXPECT_EQ(41, mail.cookie);
	EXPECT_EQ(8, mail.len);
	EXPECT_EQ((uintptr_t)buf + sizeof(struct ipcx_delivery), mail.buf);
}

/* ---- two ways in ---- */

static void *send_sync(void *arg)
{
	return (void *)(intptr_t)send_number_to(arg, 2, IPCX_POST_SYNC);
}

/* Each of them has its own, and the numbers tell the order between them. */
TEST_F(delivery, two_ways)
{
	struct ipcx_mbox_recv mail, first, last;
	uint64_t number = 0;
	pthread_t thread;
	void *ret;

	ASSERT_EQ(1, send_number_to(self->m, 1, 0));
	ASSERT_EQ(0, pthread_create(&thread, NULL, send_sync, self->m));
	ASSERT_EQ(0, wait_depth(ipcx_mbox_fd(self->m), 1));
	ASSERT_EQ(1, send_number_to(self->m, 3, 0));
	ASSERT_EQ(0, peek_mail(self->c, &first));
	ASSERT_EQ(0, peek_mail(self->c, &last));
	EXPECT_EQ(8, ipcx_mbox_recv(self->m, &number, sizeof(number), &mail));
	EXPECT_EQ(2, number);
	EXPECT_EQ(1, first.cookie);
	EXPECT_EQ(1, first.seq);
	EXPECT_EQ(2, mail.seq);
	EXPECT_EQ(3, last.cookie);
	EXPECT_EQ(3, last.seq);
	EXPECT_EQ(-EAGAIN, peek_value(self->c));
	pthread_join(thread, &ret);
	EXPECT_EQ(1, (intptr_t)ret);
}

static void *call(void *arg)
{
	char reply[8];

	return (void *)(intptr_t)ipcx_mbox_call(arg, "ask", 3, reply, sizeof(reply));
}

/* A service with a ring replies as one without. */
TEST_F(delivery, calls)
{
	struct ipcx_mbox_recv mail;
	pthread_t thread;
	char buf[8];
	void *ret;

	ASSERT_EQ(0, pthread_create(&thread, NULL, call, self->m));
	ASSERT_EQ(3, ipcx_mbox_recv(self->m, buf, sizeof(buf), &mail));
	EXPECT_EQ(-EAGAIN, peek_value(self->c));
	EXPECT_EQ(0, ipcx_mbox_reply(self->m, mail.token, "yes!", 4));
	pthread_join(thread, &ret);
	EXPECT_EQ(4, (intptr_t)ret);
}

static short readable(const struct ipcx_mbox *m)
{
	struct pollfd pfd = { .fd = ipcx_mbox_fd(m), .events = POLLIN };

	return poll(&pfd, 1, 0) < 0 ? -1 : pfd.revents;
}

TEST_F(delivery, poll_either_way)
{
	struct ipcx_mbox_recv mail;
	pthread_t thread;
	uint64_t number;
	void *ret;

	EXPECT_EQ(0, readable(self->m));
	EXPECT_EQ(0, ipcx_consumer_arm(self->c));
	ASSERT_EQ(1, send_number_to(self->m, 1, 0));
	EXPECT_EQ(POLLIN, readable(self->m));
	EXPECT_EQ(1, ipcx_consumer_arm(self->c));
	EXPECT_EQ(1, peek_value(self->c));
	EXPECT_EQ(-EAGAIN, peek_value(self->c));
	EXPECT_EQ(0, ipcx_consumer_release(self->c));
	EXPECT_EQ(0, readable(self->m));

	ASSERT_EQ(0, pthread_create(&thread, NULL, send_sync, self->m));
	ASSERT_EQ(0, wait_depth(ipcx_mbox_fd(self->m), 1));
	EXPECT_EQ(POLLIN, readable(self->m));
	EXPECT_EQ(-EAGAIN, peek_value(self->c));
	EXPECT_EQ(8, ipcx_mbox_recv(self->m, &number, sizeof(number), &mail));
	EXPECT_EQ(0, readable(self->m));
	pthread_join(thread, &ret);
}

/* ---- waiting ---- */

/* Once the main thread sleeps. */
static void *send_later(void *arg)
{
	int ret = wait_sleeping(getpid());

	if (!ret)
		ret = send_number_to(arg, 9, 0);
	return (void *)(intptr_t)ret;
}

TEST_F(delivery, wait)
{
	struct ipcx_ring_wait_opts opts = within(IPCX_WAIT_BLOCK, 20);
	pthread_t thread;
	void *ret;

	EXPECT_EQ(-ETIMEDOUT, ipcx_consumer_wait(self->c, &opts));
	opts = within(IPCX_WAIT_SPIN, 20);
	EXPECT_EQ(-ETIMEDOUT, ipcx_consumer_wait(self->c, &opts));
	ASSERT_EQ(0, pthread_create(&thread, NULL, send_later, self->m));
	opts = within(IPCX_WAIT_BLOCK, 100 * 1000);
	ASSERT_EQ(0, ipcx_consumer_wait(self->c, &opts));
	EXPECT_EQ(9, peek_value(self->c));
	pthread_join(thread, &ret);
	EXPECT_EQ(1, (intptr_t)ret);
}

TEST_F(delivery, nonblocking)
{
	struct ipcx_consumer *c;
	struct ipcx_ring *ring;
	struct ipcx_mbox *m;

	ASSERT_EQ(0, ring_box(&m, self->dev, SIZE, IPCX_OPEN_NONBLOCK));
	ASSERT_EQ(0, ipcx_mbox_ring(&ring, m));
	ASSERT_EQ(0, ipcx_consumer_attach(&c, ring, 0));
	EXPECT_EQ(-EAGAIN, ipcx_consumer_wait(c, NULL));
	ipcx_consumer_detach(c);
	ipcx_ring_close(ring);
	ipcx_mbox_close(m);
}

/* Full for this user; what is released can be sent again. */
TEST_F(delivery, full)
{
	IPCX_OPTS(ipcx_ring_stat, st);
	uint64_t sent = 0;
	int ret;

	while ((ret = send_number_to(self->m, sent, IPCX_XFER_NONBLOCK)) == 1)
		sent++;
	EXPECT_EQ(-EAGAIN, ret);
	EXPECT_GE(SIZE / (RECORD + 8), sent);
	EXPECT_LT(0, sent);
	ASSERT_EQ(0, ipcx_ring_stat(self->ring, &st));
	EXPECT_EQ(sent * (RECORD + 8), st.used);
	for (uint64_t i = 0; i < sent; i++)
		ASSERT_EQ((long long)i, peek_value(self->c));
	EXPECT_EQ(-EAGAIN, peek_value(self->c));
	EXPECT_EQ(0, ipcx_consumer_release(self->c));
	EXPECT_EQ(1, send_number_to(self->m, 1000, IPCX_XFER_NONBLOCK));
	EXPECT_EQ(1000, peek_value(self->c));
}

/* ---- handles ---- */

TEST_F(delivery, stat)
{
	IPCX_OPTS(ipcx_ring_stat, st);
	struct ipcx_stat mbox;

	ASSERT_EQ(1, send_number_to(self->m, 1, 0));
	ASSERT_EQ(0, ipcx_ring_stat(self->ring, &st));
	EXPECT_EQ(SIZE, st.size);
	EXPECT_EQ(RECORD + 8, st.used);
	EXPECT_EQ(SIZE - RECORD - 8, st.free);
	EXPECT_EQ(1, st.producers);
	EXPECT_EQ(1, st.consumers);
	EXPECT_EQ(IPCX_RING_SPSC, st.type);
	EXPECT_EQ(0, st.eof);
	EXPECT_EQ(0, st.broken);
	EXPECT_EQ(0, st.lost);
	EXPECT_EQ(ipcx_mbox_port(self->m), ipcx_ring_id(self->ring));
	EXPECT_EQ(FD_CLOEXEC, fcntl(ipcx_ring_fd(self->ring), F_GETFD));
	ASSERT_EQ(0, ipcx_mbox_stat(self->m, &mbox));
	EXPECT_EQ(SIZE, mbox.ring_size);
	EXPECT_EQ(RECORD + 8, mbox.ring_used);
	EXPECT_EQ(1, mbox.ring_msgs);
	EXPECT_EQ(0, mbox.depth);
}

TEST_F(delivery, errors)
{
	struct ipcx_ring *ring = self->ring;
	struct ipcx_mbox *m, *to;
	struct ipcx_producer *p;
	struct ipcx_consumer *c;

	ASSERT_EQ(0, ipcx_mbox_create(&m, self->dev, NULL, 0, NULL));
	EXPECT_EQ(-ENODEV, ipcx_mbox_ring(&ring, m));
	EXPECT_EQ(NULL, ring);
	ipcx_mbox_close(m);
	ASSERT_EQ(0, ipcx_mbox_grant(&to, self->m, IPCX_OPEN_WRITE));
	EXPECT_EQ(-EBADF, ipcx_mbox_ring(&ring, to));
	ipcx_mbox_close(to);
	EXPECT_EQ(-EBUSY, ipcx_consumer_attach(&c, self->ring, 0));
	EXPECT_EQ(-EBADF, ipcx_producer_attach(&p, self->ring));
	EXPECT_EQ(-EPROTOTYPE, ipcx_ring_from_fd(&ring, ipcx_mbox_fd(self->m)));
}

TEST_F(delivery, options)
{
	IPCX_OPTS(ipcx_mbox_opts, opts);
	struct ipcx_mbox *m;
	struct ipcx_stat st;

	EXPECT_EQ(-EINVAL, ring_box(&m, self->dev, SIZE + 8, 0));
	EXPECT_EQ(-EINVAL, ring_box(&m, self->dev, SIZE / 2, 0));
	opts.ring_size = SIZE;
	opts.max_msg_size = SIZE / 2 - RECORD + 1;
	EXPECT_EQ(-EINVAL, ipcx_mbox_create(&m, self->dev, NULL, 0, &opts));
	opts.max_msg_size--;
	ASSERT_EQ(0, ipcx_mbox_create(&m, self->dev, NULL, 0, &opts));
	ipcx_mbox_close(m);
	/* The program knows no rings. */
	opts.sz = offsetof(struct ipcx_mbox_opts, ring_size);
	ASSERT_EQ(0, ipcx_mbox_create(&m, self->dev, NULL, 0, &opts));
	ASSERT_EQ(0, ipcx_mbox_stat(m, &st));
	EXPECT_EQ(0, st.ring_size);
	ipcx_mbox_close(m);
	ASSERT_EQ(0, ipcx_mbox_stat(self->m, &st));
	EXPECT_EQ(SIZE / 2 - RECORD, st.max_msg_size);
}

/* ---- who comes next ---- */

static int read_in_child(void *arg)
{
	struct ipcx_ring *ring = arg;
	struct ipcx_consumer *c;

	MUST_BE(0, ipcx_consumer_attach(&c, ring, 0));
	MUST_BE(2, peek_value(c));
	MUST_BE(3, peek_value(c));
	MUST_BE(0, ipcx_consumer_release(c));
	ipcx_consumer_detach(c);
	ipcx_ring_close(ring);
	return 0;
}

/* What one has not released the next one has, here and in another process. */
TEST_F(delivery, next_consumer)
{
	ASSERT_EQ(1, send_number_to(self->m, 1, 0));
	ASSERT_EQ(1, send_number_to(self->m, 2, 0));
	ASSERT_EQ(1, peek_value(self->c));
	ASSERT_EQ(0, ipcx_consumer_release(self->c));
	ASSERT_EQ(2, peek_value(self->c));
	ipcx_consumer_detach(self->c);
	self->c = NULL;
	ASSERT_EQ(1, send_number_to(self->m, 3, 0));
	EXPECT_EQ(0, in_child(read_in_child, self->ring));
	ASSERT_EQ(0, ipcx_consumer_attach(&self->c, self->ring, 0));
	EXPECT_EQ(-EAGAIN, peek_value(self->c));
}

/* The handle has its own fd: the mailbox lives as long as that. */
TEST_F(delivery, keeps_the_mailbox)
{
	struct ipcx_mbox *to;

	ASSERT_EQ(0, ipcx_mbox_grant(&to, self->m, IPCX_OPEN_WRITE));
	ipcx_mbox_close(self->m);
	self->m = NULL;
	EXPECT_EQ(1, send_number_to(to, 4, 0));
	EXPECT_EQ(4, peek_value(self->c));
	ipcx_consumer_detach(self->c);
	self->c = NULL;
	ipcx_ring_close(self->ring);
	self->ring = NULL;
	EXPECT_EQ(-EPIPE, send_number_to(to, 5, 0));
	ipcx_mbox_close(to);
}

TEST_HARNESS_MAIN
