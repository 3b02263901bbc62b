// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Stamps: the times of one message's stages, for receivers that ask and for those who listen
 * to the tracepoint ipcx_message. To ask changes the kernel's code, hence the name: see the
 * runner about probes.
 */
#include "stamps.h"
#include "tracing.h"

#include <pthread.h>

static char out[LARGE];

/* ---- queues ---- */

FIXTURE(stamps)
{
	int fd;
	struct ipcx_stamps s;
	__u64 start;
};

FIXTURE_SETUP(stamps)
{
	self->fd = small_queue(16);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, ask_for_stamps(self->fd));
	memset(&self->s, 0xff, sizeof(self->s));
	self->start = now_ns(CLOCK_MONOTONIC);
}

FIXTURE_TEARDOWN(stamps)
{
	close(self->fd);
}

TEST_F(stamps, message_first)
{
	static const size_t lens[] = { 0, 1, 64, 65, LARGE };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		ASSERT_EQ(1, send_msg(self->fd, out, lens[i], 0, 0, 0));
		ASSERT_EQ(1, recv_stamped(self->fd, &self->s, 0));
		expect_order(_metadata, &self->s, self->start);
		EXPECT_EQ(0, self->s.woken);
		self->start = self->s.copy_out_end;
	}
}

struct waiting {
	int fd;
	struct ipcx_stamps s;
};

static int receive_waiting(void *arg)
{
	struct waiting *w = arg;

	MUST_BE(1, recv_stamped(w->fd, &w->s, 0));
	return 0;
}

TEST_F(stamps, receiver_first)
{
	struct waiting *w = shared_memory(sizeof(*w));
	pid_t pid;

	w->fd = self->fd;
	pid = spawn(receive_waiting, w);
	ASSERT_EQ(0, wait_receivers(self->fd, 1));
	self->start = now_ns(CLOCK_MONOTONIC);
	ASSERT_EQ(1, send_number(self->fd, 1, 0));
	ASSERT_EQ(0, reap(pid));
	expect_order(_metadata, &w->s, self->start);
	EXPECT_LE(self->start, w->s.woken);
}

/* write(2) and its relatives are stamped; read(2) only has no room for it. */
TEST_F(stamps, written)
{
	ASSERT_EQ(100, write(self->fd, out, 100));
	ASSERT_EQ(1, recv_stamped(self->fd, &self->s, 0));
	expect_order(_metadata, &self->s, self->start);
	ASSERT_EQ(100, write(self->fd, out, 100));
	ASSERT_EQ(100, read(self->fd, in, sizeof(in)));
}

static int send_blocked(void *arg)
{
	MUST_BE(1, send_number(*(int *)arg, 2, 0));
	return 0;
}

/* From locked to enqueued it waits for room. */
TEST(sender_that_waits)
{
	struct ipcx_stamps s;
	int fd = small_queue(1);
	__u64 start, full;
	pid_t pid;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ask_for_stamps(fd));
	start = now_ns(CLOCK_MONOTONIC);
	ASSERT_EQ(1, send_number(fd, 1, 0));
	pid = spawn(send_blocked, &fd);
	ASSERT_EQ(0, wait_senders(fd, 1));
	full = now_ns(CLOCK_MONOTONIC);
	ASSERT_EQ(1, recv_stamped(fd, &s, 0));
	expect_order(_metadata, &s, start);
	ASSERT_EQ(1, recv_stamped(fd, &s, 0));
	ASSERT_EQ(0, reap(pid));
	expect_order(_metadata, &s, start);
	EXPECT_GT(full, s.locked);
	EXPECT_LE(full, s.enqueued);
	close(fd);
}

#define BATCH	10

static int send_batch(int fd)
{
	struct ipcx_msg msgs[BATCH];
	struct ipcx_xfer xfer = make_xfer(msgs, BATCH, 0);
	int i;

	for (i = 0; i < BATCH; i++)
		msgs[i] = make_msg(out, i % 2 ? 10 : 1000, 0, 0);
	return op(fd, IPCX_SEND, &xfer);
}

static int recv_batch(int fd, struct ipcx_stamps *stamps)
{
	struct ipcx_msg msgs[BATCH];
	struct ipcx_xfer xfer = make_xfer(msgs, BATCH, IPCX_XFER_NONBLOCK | IPCX_RECV_STAMPS);
	int i;

	for (i = 0; i < BATCH; i++)
		msgs[i] = make_msg(in + i * 1000, 1000, 0, 0);
	xfer.stamps = addr(stamps);
	return op(fd, IPCX_RECV, &xfer);
}

TEST_F(stamps, batch)
{
	struct ipcx_stamps s[BATCH + 1] = { 0 };
	int i;

	ASSERT_EQ(BATCH, send_batch(self->fd));
	ASSERT_EQ(BATCH, recv_batch(self->fd, s));
	for (i = 0; i < BATCH; i++) {
		expect_order(_metadata, &s[i], self->start);
		if (i)
			EXPECT_LE(s[i - 1].enqueued, s[i].enqueued);
	}
	EXPECT_EQ(0, s[BATCH].dequeued);
}

/* Each stays for the next receive, which has its own times. */
TEST_F(stamps, peek)
{
	struct ipcx_stamps again;

	ASSERT_EQ(1, send_number(self->fd, 1, 0));
	ASSERT_EQ(1, recv_stamped(self->fd, &self->s, IPCX_RECV_PEEK));
	expect_order(_metadata, &self->s, self->start);
	ASSERT_EQ(1, recv_stamped(self->fd, &again, 0));
	expect_order(_metadata, &again, self->start);
	EXPECT_EQ(0, memcmp(&self->s, &again, offsetof(struct ipcx_stamps, dequeued)));
	EXPECT_LE(self->s.copy_out_end, again.dequeued);
}

TEST_F(stamps, bad_address)
{
	struct ipcx_stamps *bad = guard_page();

	ASSERT_EQ(1, send_number(self->fd, 1, 0));
	EXPECT_EQ(-EFAULT, recv_stamped(self->fd, bad, IPCX_XFER_NONBLOCK));
	EXPECT_EQ(-EFAULT, recv_stamped(self->fd, NULL, IPCX_XFER_NONBLOCK));
	EXPECT_EQ(-EFAULT, recv_stamped(self->fd, bad, IPCX_RECV_PEEK));
	/* The last byte is not there. */
	EXPECT_EQ(-EFAULT, recv_stamped(self->fd, (void *)((char *)bad - sizeof(*bad) + 1),
					IPCX_XFER_NONBLOCK));
	EXPECT_EQ(1, get_depth(self->fd));
	ASSERT_EQ(1, recv_stamped(self->fd, bad - 1, IPCX_XFER_NONBLOCK));
	expect_order(_metadata, bad - 1, self->start);
}

TEST_F(stamps, bad_address_in_batch)
{
	struct ipcx_stamps *bad = guard_page();

	ASSERT_EQ(BATCH, send_batch(self->fd));
	EXPECT_EQ(3, recv_batch(self->fd, bad - 3));
	EXPECT_EQ(BATCH - 3, get_depth(self->fd));
	expect_order(_metadata, bad - 3, self->start);
	expect_order(_metadata, bad - 1, self->start);
}

/* Who was woken for it and could not have it, was not woken for it. */
TEST_F(stamps, came_back)
{
	struct waiting *w = shared_memory(sizeof(*w));
	struct ipcx_msg msg = make_msg(guard_page(), 8, 0, 0);
	struct ipcx_xfer xfer = make_xfer(&msg, 1, 0);
	pid_t pid = fork();

	if (pid == 0)
		_exit(op(self->fd, IPCX_RECV, &xfer) != -EFAULT);
	ASSERT_EQ(0, wait_receivers(self->fd, 1));
	ASSERT_EQ(1, send_number(self->fd, 1, 0));
	ASSERT_EQ(0, reap(pid));
	ASSERT_EQ(1, recv_stamped(self->fd, &w->s, 0));
	expect_order(_metadata, &w->s, self->start);
	EXPECT_EQ(0, w->s.woken);
}

/* ---- who asked, and until when ---- */

TEST(sent_before)
{
	struct ipcx_stamps s;
	int fd = small_queue(16);
	__u64 start;

	ASSERT_LE(0, fd);
	ASSERT_EQ(1, send_number(fd, 1, 0));
	ASSERT_EQ(1, send_number(fd, 1, 0));
	start = now_ns(CLOCK_MONOTONIC);
	ASSERT_EQ(1, recv_stamped(fd, &s, 0));
	EXPECT_TRUE(sender_not_taken(&s));
	EXPECT_TRUE(receiver_in_order(&s, start));
	ASSERT_EQ(1, recv_stamped(fd, &s, 0));
	EXPECT_TRUE(sender_not_taken(&s));
	ASSERT_EQ(1, send_number(fd, 1, 0));
	ASSERT_EQ(1, recv_stamped(fd, &s, 0));
	expect_order(_metadata, &s, start);
	close(fd);
}

/* The file that asked; not a descriptor of it. */
TEST(until_it_is_closed)
{
	char name[UNIQUE_NAME_SIZE];
	struct ipcx_stamps s;
	int fd, other, copy;
	__u64 start;

	unique_name(name, "stamps");
	fd = open_queue(name, CREATE_RW, 0600);
	other = open_queue(name, RW, 0);
	ASSERT_LE(0, other);
	ASSERT_EQ(0, ask_for_stamps(fd));
	start = now_ns(CLOCK_MONOTONIC);
	ASSERT_EQ(1, send_number(other, 1, 0));
	ASSERT_EQ(1, recv_stamped(fd, &s, 0));
	expect_order(_metadata, &s, start);

	copy = dup(fd);
	close(fd);
	ASSERT_EQ(1, send_number(other, 1, 0));
	ASSERT_EQ(1, recv_stamped(copy, &s, 0));
	expect_order(_metadata, &s, start);

	close(copy);
	ASSERT_EQ(1, send_number(other, 1, 0));
	ASSERT_EQ(1, recv_stamped(other, &s, 0));
	EXPECT_TRUE(sender_not_taken(&s));
	ASSERT_EQ(0, unlink_name(name));
	close(other);
}

TEST(of_this_object_only)
{
	struct ipcx_stamps s;
	int fd = small_queue(16), other = small_queue(16);

	ASSERT_EQ(0, ask_for_stamps(fd));
	ASSERT_EQ(1, send_number(other, 1, 0));
	ASSERT_EQ(1, recv_stamped(other, &s, 0));
	EXPECT_TRUE(sender_not_taken(&s));
	close(other);
	close(fd);
}

/* ---- mailboxes ---- */

FIXTURE(mail)
{
	int fd, to;
	__u64 port;
	struct ipcx_stamps s;
	__u64 start;
};

FIXTURE_SETUP(mail)
{
	struct ipcx_mbox_attr attr = { .flags = IPCX_MBOX_ADDRESSABLE | IPCX_MBOX_FILES };

	self->fd = open_mbox_attr(NULL, MBOX_CREATE, 0600, &attr, &self->port);
	ASSERT_LE(0, self->fd);
	self->to = open_port(self->port, 0);
	ASSERT_LE(0, self->to);
	ASSERT_EQ(0, ask_for_stamps(self->fd));
	self->start = now_ns(CLOCK_MONOTONIC);
}

FIXTURE_TEARDOWN(mail)
{
	close(self->to);
	close(self->fd);
}

TEST_F(mail, message)
{
	static const size_t lens[] = { 0, 1, 64, 65, LARGE };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		ASSERT_EQ(1, post_mail(self->to, out, lens[i], 0, 0, -1, 0));
		ASSERT_EQ(1, recv_mail_stamped(self->fd, &self->s, NULL));
		expect_order(_metadata, &self->s, self->start);
		self->start = self->s.copy_out_end;
	}
}

TEST_F(mail, batch)
{
	struct ipcx_mbox_recv mails[BATCH];
	struct ipcx_xfer xfer = make_mail_xfer(mails, BATCH, IPCX_XFER_NONBLOCK | IPCX_RECV_STAMPS);
	struct ipcx_stamps s[BATCH];
	int i;

	for (i = 0; i < BATCH; i++) {
		mails[i] = make_room(in, sizeof(in));
		ASSERT_EQ(1, post_number(self->to, i));
	}
	xfer.stamps = addr(s);
	ASSERT_EQ(BATCH, op(self->fd, IPCX_RECV, &xfer));
	for (i = 0; i < BATCH; i++)
		expect_order(_metadata, &s[i], self->start);
}

/* A request has stamps, and its caller is told what it is always told. */
TEST_F(mail, call)
{
	struct ipcx_mbox_recv mail;
	pid_t pid = spawn(ask, &self->to);

	ASSERT_EQ(0, wait_depth(self->fd, 1));
	ASSERT_EQ(1, recv_mail_stamped(self->fd, &self->s, &mail));
	expect_order(_metadata, &self->s, self->start);
	ASSERT_EQ(0, reply_number(self->fd, mail.token, ANSWER));
	EXPECT_EQ(0, reap(pid));
}

/* What the kernel sends was copied in by nobody, but has its place in the mailbox. */
TEST_F(mail, asynchronous_reply)
{
	__u64 question = QUESTION;
	struct ipcx_mbox_msg msg = make_mail(&question, sizeof(question), 0, 0);
	struct ipcx_post post = make_post(&msg, 1, IPCX_POST_CALL);
	struct ipcx_mbox_recv mail;

	post.from = self->fd;
	ASSERT_EQ(1, op(self->to, IPCX_POST, &post));
	ASSERT_EQ(1, recv_mail_stamped(self->fd, &self->s, &mail));
	expect_order(_metadata, &self->s, self->start);
	ASSERT_EQ(0, reply_number(self->fd, mail.token, ANSWER));
	ASSERT_EQ(1, recv_mail_stamped(self->fd, &self->s, &mail));
	EXPECT_EQ(IPCX_MSG_REPLY, mail.flags);
	EXPECT_EQ(0, self->s.copy_in_start);
	EXPECT_EQ(0, self->s.copy_in_end);
	EXPECT_LE(self->start, self->s.locked);
	EXPECT_LE(self->s.locked, self->s.enqueued);
	EXPECT_LE(self->s.enqueued, self->s.dequeued);
	EXPECT_TRUE(receiver_in_order(&self->s, self->start));
}

/* The stamps are written before files are installed, which none is for nothing. */
TEST_F(mail, bad_address)
{
	struct ipcx_stamps *bad = guard_page();
	int fds[1] = { open("/dev/null", O_RDONLY | O_CLOEXEC) };
	struct ipcx_mbox_msg msg = make_mail(out, 100, 0, 0);
	struct ipcx_post post = make_post(&msg, 1, 0);
	struct ipcx_mbox_recv room = make_room(in, sizeof(in));
	struct ipcx_xfer xfer = make_mail_xfer(&room, 1, IPCX_XFER_NONBLOCK | IPCX_RECV_STAMPS);
	int pair[2], next;

	ASSERT_EQ(0, pipe2(pair, O_CLOEXEC));
	fds[0] = pair[0];
	msg.fds = addr(fds);
	msg.fd_count = 1;
	ASSERT_EQ(1, op(self->to, IPCX_POST, &post));
	next = dup(0);
	close(next);
	room.fds = addr(fds);
	room.fd_room = 1;
	xfer.stamps = addr(bad);
	EXPECT_EQ(-EFAULT, op(self->fd, IPCX_RECV, &xfer));
	EXPECT_EQ(1, get_depth(self->fd));
	EXPECT_EQ(next, dup(0));
	close(next);
	xfer.stamps = addr(&self->s);
	EXPECT_EQ(1, op(self->fd, IPCX_RECV, &xfer));
	EXPECT_EQ(1, room.fd_count);
	expect_order(_metadata, &self->s, self->start);
}

/* ---- groups ---- */

static void try_group(struct __test_metadata *_metadata, __u32 flags, __u32 lag, size_t len)
{
	struct ipcx_stamps s[2], none;
	__u64 port, start;
	int group, box[3], i;

	group = new_group(flags, &port);
	ASSERT_LE(0, group);
	for (i = 0; i < 3; i++) {
		box[i] = new_mbox(NULL);
		ASSERT_LE(0, box[i]);
		ASSERT_EQ(0, subscribe(group, box[i], lag));
	}
	/* What they keep of it is what a later one would be made of. */
	ASSERT_EQ(1, post_mail(group, out, 1, 0, 0, -1, 0));
	for (i = 0; i < 3; i++)
		ASSERT_EQ(1, drain_mail(box[i]));
	ASSERT_EQ(0, ask_for_stamps(box[0]));
	ASSERT_EQ(0, ask_for_stamps(box[1]));
	start = now_ns(CLOCK_MONOTONIC);
	ASSERT_EQ(1, post_mail(group, out, len, 0, 0, -1, 0));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(1, recv_mail_stamped(box[i], &s[i], NULL));
		expect_order(_metadata, &s[i], start);
	}
	EXPECT_EQ(s[0].copy_in_start, s[1].copy_in_start);
	EXPECT_EQ(s[0].copy_in_end, s[1].copy_in_end);
	EXPECT_NE(s[0].enqueued, s[1].enqueued);
	ASSERT_EQ(1, recv_mail_stamped(box[2], &none, NULL));
	EXPECT_TRUE(sender_not_taken(&none));
	for (i = 0; i < 3; i++)
		close(box[i]);
	close(group);
}

TEST(group)
{
	try_group(_metadata, 0, IPCX_LAG_DROP_NEWEST, 10);
	try_group(_metadata, 0, IPCX_LAG_DROP_NEWEST, LARGE);
	try_group(_metadata, 0, IPCX_LAG_DROP_OLDEST, 10);
}

TEST(group_that_blocks)
{
	try_group(_metadata, IPCX_MBOX_GROUP_BLOCK, IPCX_LAG_BLOCK, 10);
	try_group(_metadata, IPCX_MBOX_GROUP_BLOCK, IPCX_LAG_BLOCK, LARGE);
}

/* ---- the tracepoint ---- */

#define EVENT	"ipcx_message"

/* The number behind @name= in a line. */
static __u64 traced_number(const char *line, const char *name)
{
	char key[32];
	const char *at;

	snprintf(key, sizeof(key), " %s=", name);
	at = strstr(line, key);
	return at ? strtoull(at + strlen(key), NULL, 10) : ~0ULL;
}

static void traced_stamps(const char *line, struct ipcx_stamps *s)
{
	s->copy_in_start = traced_number(line, "copy_in_start");
	s->copy_in_end = traced_number(line, "copy_in_end");
	s->locked = traced_number(line, "locked");
	s->enqueued = traced_number(line, "enqueued");
	s->woken = traced_number(line, "woken");
	s->dequeued = traced_number(line, "dequeued");
	s->copy_out_end = traced_number(line, "copy_out_end");
}

/* So many events of the object, all in order; the bytes of them together. */
static long long check_events(struct __test_metadata *_metadata, const struct tracing *t,
			      __u64 id, int kind, int count, __u64 start)
{
	struct tracing_lines lines = { 0 };
	struct ipcx_stamps s;
	long long bytes = 0;

	ASSERT_EQ(0, tracing_read(t, &lines, EVENT, id));
	while (tracing_next(&lines)) {
		traced_stamps(lines.line, &s);
		expect_order(_metadata, &s, start);
		EXPECT_EQ(kind, traced_number(lines.line, "kind"));
		EXPECT_EQ(7, traced_number(lines.line, "type"));
		bytes += traced_number(lines.line, "bytes");
		count--;
	}
	EXPECT_EQ(0, count);
	return bytes;
}

/* Once for each message, whichever way it is received; not for a look at one. */
TEST(tracepoint_of_queue)
{
	struct ipcx_msg msgs[3];
	struct ipcx_xfer xfer = make_xfer(msgs, 3, 0);
	int fd = small_queue(16), i;
	struct ipcx_stamps s;
	struct tracing t = { 0 };
	struct ipcx_stat stat;
	__u64 start = now_ns(CLOCK_MONOTONIC);

	ASSERT_EQ(0, get_stat(fd, &stat));
	ASSERT_EQ(0, tracing_open(&t));
	ASSERT_EQ(0, tracing_enable(&t, EVENT, true));
	for (i = 0; i < 3; i++)
		msgs[i] = make_msg(out, 30, 7, 5);
	ASSERT_EQ(3, op(fd, IPCX_SEND, &xfer));
	ASSERT_EQ(1, send_msg(fd, out, LARGE, 7, 4, 0));
	ASSERT_EQ(1, send_msg(fd, out, 1, 7, 3, 0));
	ASSERT_EQ(1, send_msg(fd, out, 4, 7, 3, 0));
	ASSERT_EQ(1, send_msg(fd, out, 2, 7, 2, 0));
	ASSERT_EQ(1, recv_msg(fd, in, sizeof(in), NULL, IPCX_RECV_PEEK));
	ASSERT_EQ(-EFAULT, recv_msg(fd, guard_page(), 100, NULL, 0));
	for (i = 0; i < 3; i++)
		msgs[i] = make_msg(in + 30 * i, 30, 0, 0);
	ASSERT_EQ(3, op(fd, IPCX_RECV, &xfer));
	ASSERT_EQ(LARGE, read(fd, in, sizeof(in)));
	ASSERT_EQ(1, recv_msg(fd, in, sizeof(in), NULL, 0));
	ASSERT_EQ(4, read(fd, in, sizeof(in)));
	ASSERT_EQ(1, recv_stamped(fd, &s, 0));
	ASSERT_EQ(0, tracing_enable(&t, EVENT, false));
	EXPECT_EQ(3 * 30 + LARGE + 1 + 4 + 2,
		  check_events(_metadata, &t, stat.id, IPCX_KIND_QUEUE, 7, start));
	EXPECT_EQ(3, tracing_count(&t, EVENT, stat.id, " prio=5 bytes=30 "));
	EXPECT_EQ(1, tracing_count(&t, EVENT, stat.id, " prio=2 bytes=2 "));
	tracing_close(&t);
	close(fd);
}

/* With the next message of a reply, too; and nothing while nobody listens. */
TEST(tracepoint_of_mailbox)
{
	struct ipcx_reply reply = { .flags = IPCX_REPLY_RECV };
	__u64 start = now_ns(CLOCK_MONOTONIC), port;
	struct tracing t = { 0 };
	int fd = new_mbox(&port), to = open_port(port, 0);

	ASSERT_LE(0, to);
	ASSERT_EQ(0, tracing_open(&t));
	ASSERT_EQ(0, tracing_enable(&t, EVENT, true));
	ASSERT_EQ(1, post_mail(to, out, 20, 7, 0, -1, 0));
	ASSERT_EQ(1, post_mail(to, out, 300, 7, 0, -1, 0));
	ASSERT_EQ(1, recv_mail(fd, in, sizeof(in), NULL, 0));
	reply.next = make_room(in, sizeof(in));
	ASSERT_EQ(1, op(fd, IPCX_REPLY, &reply));
	ASSERT_EQ(0, tracing_enable(&t, EVENT, false));
	ASSERT_EQ(1, post_mail(to, out, 20, 7, 0, -1, 0));
	ASSERT_EQ(1, recv_mail(fd, in, sizeof(in), NULL, 0));
	EXPECT_EQ(320, check_events(_metadata, &t, port, IPCX_KIND_MBOX, 2, start));
	tracing_close(&t);
	close(to);
	close(fd);
}

/* ipcx_dequeue tells how long a message was queued: by the same means. */
TEST(queued_ns)
{
	struct tracing_lines lines = { 0 };
	int fd = small_queue(16);
	struct ipcx_stat stat;
	struct tracing t = { 0 };
	__u64 number;

	ASSERT_EQ(0, get_stat(fd, &stat));
	ASSERT_EQ(0, tracing_open(&t));
	ASSERT_EQ(1, send_number(fd, 1, 0));
	ASSERT_EQ(0, tracing_enable(&t, "ipcx_dequeue", true));
	ASSERT_EQ(1, send_number(fd, 2, 0));
	sleep_ms(20);
	ASSERT_EQ(1, recv_number(fd, &number));
	ASSERT_EQ(1, recv_number(fd, &number));
	ASSERT_EQ(0, tracing_enable(&t, "ipcx_dequeue", false));
	ASSERT_EQ(0, tracing_read(&t, &lines, "ipcx_dequeue", stat.id));
	ASSERT_TRUE(tracing_next(&lines));
	EXPECT_EQ(0, traced_number(lines.line, "queued_ns"));
	ASSERT_TRUE(tracing_next(&lines));
	EXPECT_LE(20 * NSEC_PER_MSEC, (long long)traced_number(lines.line, "queued_ns"));
	EXPECT_FALSE(tracing_next(&lines));
	tracing_close(&t);
	close(fd);
}

/* ---- at once ---- */

/* Observers, receivers that come and go, and senders, all at once. */
static int churn(void *arg)
{
	const char *name = arg;
	long rounds = scaled_to_kernel(300, 20000), i;
	struct ipcx_stamps s;
	int fd;

	for (i = 0; i < rounds; i++) {
		fd = open_queue(name, RW, 0);
		MUST(fd >= 0);
		if (i % 3 == 0)
			MUST_BE(0, ask_for_stamps(fd) < 0 ? -1 : 0);
		send_msg(fd, out, i % 2 ? 10 : 1000, 0, 0, IPCX_XFER_NONBLOCK);
		send_msg(fd, out, i % 2 ? 1000 : 10, 0, 0, IPCX_XFER_NONBLOCK);
		recv_stamped(fd, &s, IPCX_RECV_PEEK);
		recv_msg(fd, in, sizeof(in), NULL, IPCX_XFER_NONBLOCK);
		recv_stamped(fd, &s, IPCX_XFER_NONBLOCK);
		close(fd);
	}
	return 0;
}

TEST(comings_and_goings)
{
	char name[UNIQUE_NAME_SIZE];
	pid_t pid[3];
	int fd, i;

	unique_name(name, "churn");
	fd = open_queue(name, CREATE_RW, 0600);
	ASSERT_LE(0, fd);
	for (i = 0; i < 3; i++)
		pid[i] = spawn(churn, name);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, reap(pid[i]));
	ASSERT_EQ(0, unlink_name(name));
	close(fd);
}

/*
 * The kernel's code is as before a while after the last file that asked was closed. What
 * comes next may run with more than one processor.
 */
TEST(zz_all_gone)
{
	sleep_ms(3000);
}

TEST_HARNESS_MAIN
