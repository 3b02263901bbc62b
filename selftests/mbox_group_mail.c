// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What subscribers of a group receive: the same as was sent, as its sender's, each in
 * its own mailbox, and copied in once.
 */
#include "group.h"
#include "endings.h"
#include "tracing.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

#define SUBSCRIBERS 3

FIXTURE(mail)
{
	int group;
	int to[SUBSCRIBERS];	/* the subscribers' mailboxes */
	__u64 port;
};

FIXTURE_SETUP(mail)
{
	struct ipcx_mbox_attr attr = {
		.flags = IPCX_MBOX_GROUP | IPCX_MBOX_ADDRESSABLE, .max_msg_size = 128 << 10,
	};
	int i;

	self->group = open_mbox_attr(NULL, GROUP_CREATE, 0, &attr, &self->port);
	ASSERT_LE(0, self->group);
	ASSERT_EQ(0, fchmod(self->group, 0666));
	for (i = 0; i < SUBSCRIBERS; i++) {
		self->to[i] = new_mbox(NULL);
		ASSERT_LE(0, self->to[i]);
		ASSERT_EQ(0, subscribe(self->group, self->to[i], IPCX_LAG_DROP_NEWEST));
	}
}

FIXTURE_TEARDOWN(mail)
{
	int i;

	for (i = 0; i < SUBSCRIBERS; i++)
		close(self->to[i]);
	if (self->group >= 0)
		close(self->group);
}

/* ---- what the kernel says about a message ---- */

struct poster {
	__u64 group, own;
	uid_t uid;
	pid_t pid, tid;
};

static int post_as(void *arg)
{
	struct poster *p = arg;
	struct ipcx_mbox_msg msg = make_mail("hello", 5, 11, 12);
	struct ipcx_post post = make_post(&msg, 1, IPCX_TO_PORT);
	int control;

	msg.priority = 13;
	MUST_BE(0, become(p->uid));
	control = open_control();
	post.dest = p->group;
	post.from = new_mbox(&p->own);
	MUST(post.from >= 0);
	p->pid = getpid();
	p->tid = gettid();
	return op(control, IPCX_POST, &post) == 1 ? 0 : 1;
}

static struct poster *new_poster(__u64 group, uid_t uid)
{
	struct poster *p = shared_memory(sizeof(*p));

	*p = (struct poster){ .group = group, .uid = uid };
	return p;
}

/* The sender is who posted, in whatever mailbox it arrives. */
TEST_F(mail, tells_of_its_sender)
{
	struct poster *p = new_poster(self->port, UID_A);
	int i;

	ASSERT_EQ(0, in_child(post_as, p));
	for (i = 0; i < SUBSCRIBERS; i++) {
		struct ipcx_mbox_recv mail;
		char buf[16];

		ASSERT_EQ(1, recv_mail(self->to[i], buf, sizeof(buf), &mail, 0));
		EXPECT_EQ(5, mail.len);
		EXPECT_EQ(0, memcmp(buf, "hello", 5));
		EXPECT_EQ(0, mail.flags);
		EXPECT_EQ(11, mail.type);
		EXPECT_EQ(12, mail.cookie);
		EXPECT_EQ(13, mail.priority);
		EXPECT_EQ(p->own, mail.sender);
		EXPECT_EQ(p->pid, mail.pid);
		EXPECT_EQ(p->tid, mail.tid);
		EXPECT_EQ(UID_A, mail.uid);
		EXPECT_EQ(UID_A, mail.gid);
		EXPECT_EQ(self->port, mail.group);
		EXPECT_EQ(0, mail.lost);
		EXPECT_EQ(0, mail.token);
		EXPECT_EQ(0, mail.fd_count);
		EXPECT_EQ(1, mail.seq);
	}
}

struct foreign {
	int group;
	uid_t uids[2];
	gid_t gids[2];
	int ready[2];
};

static int receive_in_userns(void *arg)
{
	struct foreign *f = arg;
	struct ipcx_mbox_recv mail;
	char buf[16];
	int mbox, i;

	MUST_BE(0, enter_userns(7, UID_A, 1));
	MUST_BE(0, die_with_parent());
	mbox = new_mbox(NULL);
	MUST(mbox >= 0);
	MUST_BE(0, subscribe(f->group, mbox, 0));
	MUST_BE(1, write(f->ready[1], "", 1));
	for (i = 0; i < 2; i++) {
		MUST_BE(1, recv_mail(mbox, buf, sizeof(buf), &mail, 0));
		f->uids[i] = mail.uid;
		f->gids[i] = mail.gid;
	}
	return 0;
}

/* One message, and each subscriber sees its sender with its own eyes. */
TEST_F(mail, sender_in_the_subscribers_namespace)
{
	static const uid_t posters[] = { UID_A, UID_B };
	struct foreign *f = shared_memory(sizeof(*f));
	struct ipcx_mbox_recv mail;
	char byte, buf[16];
	pid_t pid;
	int i;

	f->group = self->group;
	ASSERT_EQ(0, pipe(f->ready));
	pid = spawn(receive_in_userns, f);
	ASSERT_EQ(1, read(f->ready[0], &byte, 1));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, in_child(post_as, new_poster(self->port, posters[i])));
	}
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(7, f->uids[0]);
	EXPECT_EQ(7, f->gids[0]);
	EXPECT_EQ(65534, f->uids[1]);
	EXPECT_EQ(65534, f->gids[1]);
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(1, recv_mail(self->to[0], buf, sizeof(buf), &mail, 0));
		EXPECT_EQ(posters[i], mail.uid);
	}
}

/* Each mailbox counts for itself, and all that comes into it. */
TEST_F(mail, numbers_in_each_mailbox)
{
	int direct = open_port(get_port(self->to[1]), 0), i;
	struct ipcx_mbox_recv mail;
	__u64 number;

	ASSERT_LE(0, direct);
	ASSERT_EQ(1, post_number(direct, 1));
	ASSERT_EQ(1, post_number(self->group, 2));
	ASSERT_EQ(1, post_number(direct, 3));
	ASSERT_EQ(1, post_number(self->group, 4));
	for (i = 1; i <= 4; i++) {
		ASSERT_EQ(1, recv_mail(self->to[1], &number, 8, &mail, 0));
		EXPECT_EQ(i, number);
		EXPECT_EQ(i, mail.seq);
		EXPECT_EQ(i % 2 ? 0 : self->port, mail.group);
	}
	for (i = 1; i <= 2; i++) {
		ASSERT_EQ(1, recv_mail(self->to[0], &number, 8, &mail, 0));
		EXPECT_EQ(2 * i, number);
		EXPECT_EQ(i, mail.seq);
	}
	close(direct);
}

/* Who has subscribed itself is no exception. */
TEST_F(mail, to_oneself)
{
	struct ipcx_mbox_recv mail;
	__u64 number;

	ASSERT_EQ(1, post_mail(self->group, "", 0, 0, 0, self->to[0], 0));
	ASSERT_EQ(1, recv_mail(self->to[0], &number, 8, &mail, 0));
	EXPECT_EQ(get_port(self->to[0]), mail.sender);
	EXPECT_EQ(self->port, mail.group);
}

/* ---- payloads ---- */

static const size_t sizes[] = { 0, 1, 63, 64, 65, 4095, 4096, 4097, 64 << 10 };

static void fill(unsigned char *buf, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		buf[i] = i * 7 + size;
}

/* The whole one, then one that has no room for it first. */
static int receive_filled(int fd, size_t size)
{
	static unsigned char want[64 << 10], got[64 << 10];
	struct ipcx_mbox_recv mail;

	fill(want, size);
	if (size) {
		MUST_BE(-EMSGSIZE, recv_mail(fd, got, size - 1, &mail, 0));
		MUST_BE(size, mail.len);
		MUST_BE(-EFAULT, recv_mail(fd, guard_page(), size, &mail, 0));
	}
	MUST_BE(1, recv_mail(fd, got, sizeof(got), &mail, IPCX_RECV_PEEK));
	MUST_BE(size, mail.len);
	memset(got, 0, size);
	MUST_BE(1, recv_mail(fd, got, sizeof(got), &mail, 0));
	MUST_BE(size, mail.len);
	MUST_BE(0, memcmp(want, got, size));
	return 0;
}

TEST_F(mail, sizes)
{
	static unsigned char buf[64 << 10];
	size_t i;
	int to;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		fill(buf, sizes[i]);
		ASSERT_EQ(1, post_mail(self->group, buf, sizes[i], 0, 0, -1, 0));
		memset(buf, 0, sizes[i]);
		for (to = 0; to < SUBSCRIBERS; to++) {
			EXPECT_EQ(0, receive_filled(self->to[to], sizes[i]));
			EXPECT_TRUE(is_empty(self->to[to]));
		}
	}
}

/* All at once, so that each mailbox has several under way. */
TEST_F(mail, batch)
{
	static unsigned char bufs[ARRAY_SIZE(sizes)][64 << 10];
	struct ipcx_mbox_msg msgs[ARRAY_SIZE(sizes)];
	struct ipcx_post post = make_post(msgs, ARRAY_SIZE(sizes), 0);
	size_t i;
	int to;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		fill(bufs[i], sizes[i]);
		msgs[i] = make_mail(bufs[i], sizes[i], 0, 0);
	}
	ASSERT_EQ(ARRAY_SIZE(sizes), op(self->group, IPCX_POST, &post));
	for (to = 0; to < SUBSCRIBERS; to++)
		for (i = 0; i < ARRAY_SIZE(sizes); i++)
			EXPECT_EQ(0, receive_filled(self->to[to], sizes[i]));
	/* What cannot be read is nobody's, and what comes before is everybody's. */
	msgs[2].buf = addr(guard_page());
	EXPECT_EQ(2, op(self->group, IPCX_POST, &post));
	for (to = 0; to < SUBSCRIBERS; to++)
		EXPECT_EQ(2, drain_mail(self->to[to]));
}

TEST_F(mail, gathered_and_scattered)
{
	static char text[] = "group of many parts, of more bytes than lie in the message itself";
	struct ipcx_iovec out[2] = {
		{ .base = addr(text), .len = 10 }, { .base = addr(text + 10), .len = 55 },
	};
	struct ipcx_mbox_msg msg = make_mail(out, 2, 0, 0);
	struct ipcx_post post = make_post(&msg, 1, 0);
	char got[80] = "";
	struct ipcx_iovec in[2] = {
		{ .base = addr(got), .len = 33 }, { .base = addr(got + 33), .len = 40 },
	};
	int to;

	msg.flags = IPCX_MSG_IOV;
	ASSERT_EQ(1, op(self->group, IPCX_POST, &post));
	for (to = 0; to < SUBSCRIBERS; to++) {
		struct ipcx_mbox_recv mail = make_room(in, 2);
		struct ipcx_xfer xfer = make_mail_xfer(&mail, 1, 0);

		memset(got, 0, sizeof(got));
		mail.flags = IPCX_MSG_IOV;
		ASSERT_EQ(1, op(self->to[to], IPCX_RECV, &xfer));
		EXPECT_EQ(65, mail.len);
		EXPECT_STREQ(text, got);
	}
}

/* What the group forbids is the sender's error, and nobody gets it. */
TEST_F(mail, larger_than_the_groups_messages)
{
	static char buf[(128 << 10) + 1];

	EXPECT_EQ(-EMSGSIZE, post_mail(self->group, buf, sizeof(buf), 0, 0, -1, 0));
	EXPECT_EQ(-EINVAL, post_mail(self->group, buf, 1, 0, 0, -1, 1U << 31));
	EXPECT_EQ(-EFAULT, post_mail(self->group, guard_page(), 1, 0, 0, -1, 0));
	EXPECT_EQ(-EFAULT, post_mail(self->group, guard_page(), 100, 0, 0, -1, 0));
	EXPECT_EQ(0, get_depth(self->to[0]));
	EXPECT_EQ(0, get_lost(self->to[0]));
}

/* What the subscriber's mailbox forbids is lost there, and only there. */
TEST_F(mail, larger_than_the_subscribers_messages)
{
	struct ipcx_mbox_attr attr = { .max_msg_size = 100 };
	int small = open_mbox_attr(NULL, MBOX_CREATE, 0, &attr, NULL);
	static char buf[128 << 10];
	__u64 number, lost;

	ASSERT_LE(0, small);
	ASSERT_EQ(0, subscribe(self->group, small, IPCX_LAG_DROP_OLDEST));
	ASSERT_EQ(1, post_number(self->group, 1));
	EXPECT_EQ(1, post_mail(self->group, buf, 101, 0, 0, -1, 0));
	EXPECT_EQ(1, post_mail(self->group, buf, sizeof(buf), 0, 0, -1, 0));
	EXPECT_EQ(1, get_depth(small));
	EXPECT_EQ(2, get_lost(small));
	ASSERT_EQ(1, post_mail(self->group, buf, 100, 0, 0, -1, 0));
	EXPECT_EQ(1, take_group_number(small, &number, &lost));
	EXPECT_EQ(1, number);
	EXPECT_EQ(0, lost);
	EXPECT_EQ(-EMSGSIZE, take_group_number(small, &number, &lost));
	EXPECT_EQ(1, recv_mail(small, buf, 100, NULL, 0));
	EXPECT_EQ(2, unsubscribe(small, self->port));
	/* The others' limit is 64 KiB. */
	EXPECT_EQ(3, get_depth(self->to[0]));
	EXPECT_EQ(1, get_lost(self->to[0]));
	close(small);
}

static int post_large(void *arg)
{
	static unsigned char buf[64 << 10];
	struct poster *p = arg;
	int control = open_control();
	struct ipcx_mbox_msg msg = make_mail(buf, sizeof(buf), 0, 0);
	struct ipcx_post post = make_post(&msg, 1, IPCX_TO_PORT);

	post.dest = p->group;
	fill(buf, sizeof(buf));
	return op(control, IPCX_POST, &post) == 1 ? 0 : 1;
}

/* Its memory is nobody's in particular, and lives until the last has read it. */
TEST_F(mail, outlives_its_sender_and_the_group)
{
	struct ipcx_mbox_recv mail;
	int to;
	char byte;

	ASSERT_EQ(0, in_child(post_large, new_poster(self->port, 0)));
	close(self->group);
	self->group = -1;
	/* One of them is never read. */
	close(self->to[0]);
	for (to = 1; to < SUBSCRIBERS; to++) {
		EXPECT_EQ(0, receive_filled(self->to[to], 64 << 10));
		ASSERT_EQ(1, recv_mail(self->to[to], &byte, 1, &mail, IPCX_XFER_NONBLOCK));
		EXPECT_TRUE(is_end_of(&mail, self->port));
	}
}

static int copies(const struct tracing *t, __u64 port, const char *dir)
{
	return tracing_count(t, "ipcx_copy", port, dir);
}

/* However many there are, what a sender gave is read once. */
TEST_F(mail, one_copy)
{
	static const size_t some_sizes[] = { 0, 64, 65, 64 << 10 };
	static unsigned char buf[64 << 10];
	enum { MANY = 20 };
	struct tracing tracing = { 0 };
	int more[MANY], to;
	size_t i;

	for (to = 0; to < MANY; to++) {
		more[to] = new_mbox(NULL);
		ASSERT_LE(0, more[to]);
		ASSERT_EQ(0, subscribe(self->group, more[to], IPCX_LAG_DROP_NEWEST));
	}
	ASSERT_EQ(0, tracing_open(&tracing));
	ASSERT_EQ(0, tracing_enable(&tracing, "ipcx_copy", true));
	for (i = 0; i < ARRAY_SIZE(some_sizes); i++) {
		ASSERT_EQ(0, tracing_clear(&tracing));
		fill(buf, some_sizes[i]);
		ASSERT_EQ(1, post_mail(self->group, buf, some_sizes[i], 0, 0, -1, 0));
		for (to = 0; to < MANY; to++)
			EXPECT_EQ(0, receive_filled(more[to], some_sizes[i]));
		EXPECT_EQ(1, copies(&tracing, self->port, "dir=in"));
		for (to = 0; to < MANY; to += 5) {
			EXPECT_EQ(0, copies(&tracing, get_port(more[to]), "dir=in"));
			EXPECT_LT(0, copies(&tracing, get_port(more[to]), "dir=out"));
		}
	}
	EXPECT_EQ(0, tracing_enable(&tracing, "ipcx_copy", false));
	tracing_close(&tracing);
	for (to = 0; to < MANY; to++)
		close(more[to]);
}

/* ---- as any other message ---- */

TEST_F(mail, selected)
{
	int own = self->to[2], fd = self->to[0];
	__u64 number = 0, port = get_port(own);

	ASSERT_EQ(1, post_mail(self->group, "", 0, 5, 50, -1, 0));
	ASSERT_EQ(1, post_mail(self->group, "", 0, 6, 60, own, 0));
	ASSERT_EQ(1, post_mail(self->group, "", 0, 4, 70, -1, 0));
	EXPECT_EQ(1, recv_mail_match(fd, &number, 8, NULL, IPCX_MATCH_SENDER, port,
				     IPCX_RECV_PEEK));
	EXPECT_EQ(-EAGAIN, recv_mail_match(fd, &number, 8, NULL, IPCX_MATCH_SENDER, self->port,
					   IPCX_XFER_NONBLOCK));
	EXPECT_EQ(-EAGAIN, recv_mail_match(fd, &number, 8, NULL, IPCX_MATCH_REPLY, 0,
					   IPCX_XFER_NONBLOCK));
	EXPECT_EQ(1, recv_mail_match(fd, &number, 8, NULL, IPCX_MATCH_SENDER, port, 0));
	EXPECT_EQ(1, recv_mail_match(fd, &number, 8, NULL, IPCX_MATCH_COOKIE, 70, 0));
	EXPECT_EQ(1, recv_mail_match(fd, &number, 8, NULL, IPCX_MATCH_TYPE, 5, 0));
	EXPECT_TRUE(is_empty(fd));
	/* That was one mailbox's choice. */
	EXPECT_EQ(3, get_depth(self->to[1]));
}

TEST_F(mail, by_priority)
{
	__u64 i, number;

	for (i = 1; i <= 5; i++) {
		struct ipcx_mbox_msg msg = make_mail(&i, 8, i, i);
		struct ipcx_post post = make_post(&msg, 1, 0);

		msg.priority = i % 3;
		ASSERT_EQ(1, op(self->group, IPCX_POST, &post));
	}
	for (i = 0; i < 5; i++) {
		static const __u64 order[] = { 2, 5, 1, 4, 3 };

		ASSERT_EQ(1, take_number(self->to[1], &number));
		EXPECT_EQ(order[i], number);
	}
}

static int receive_one(void *arg)
{
	__u64 number = 0;

	MUST_BE(1, recv_mail(*(int *)arg, &number, 8, NULL, 0));
	MUST_BE(QUESTION, number);
	return 0;
}

/* Whoever waits is told: receivers, pollers, registered ones. */
TEST_F(mail, wakes)
{
	struct pollfd p = { .fd = self->to[1], .events = POLLIN };
	pid_t pid = spawn(receive_one, &self->to[0]);

	ASSERT_EQ(0, wait_receivers(self->to[0], 1));
	EXPECT_EQ(0, poll(&p, 1, 0));
	ASSERT_EQ(1, post_number(self->group, QUESTION));
	EXPECT_EQ(0, reap(pid));
	EXPECT_TRUE(is_empty(self->to[0]));
	EXPECT_EQ(1, poll(&p, 1, 0));
	EXPECT_EQ(POLLIN, p.revents);
}

TEST_F(mail, only_what_comes_after)
{
	int late = new_mbox(NULL);
	__u64 number, lost;

	ASSERT_LE(0, late);
	EXPECT_EQ(1, post_numbers(self->group, 1, 3));
	ASSERT_EQ(0, subscribe(self->group, late, IPCX_LAG_DROP_NEWEST));
	EXPECT_EQ(0, get_depth(late));
	EXPECT_EQ(1, post_number(self->group, 4));
	EXPECT_EQ(1, take_group_number(late, &number, &lost));
	EXPECT_EQ(4, number);
	EXPECT_EQ(0, lost);
	EXPECT_EQ(4, drain_mail(self->to[0]));
	close(late);
}

/* ---- many ---- */

TEST(many_subscribers)
{
	enum { MANY = 1000 };
	struct rlimit limit = { MANY + 100, MANY + 100 };
	static char large[1000];
	int group, *to = calloc(MANY, sizeof(*to)), i;
	__u64 number, port;

	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	group = new_group(0, &port);
	ASSERT_LE(0, group);
	for (i = 0; i < MANY; i++) {
		to[i] = small_mbox(8, NULL);
		ASSERT_LE(0, to[i]);
		ASSERT_EQ(0, subscribe(group, to[i], IPCX_LAG_DROP_OLDEST));
	}
	EXPECT_EQ(MANY, get_members(group));
	ASSERT_EQ(1, post_number(group, 1));
	ASSERT_EQ(1, post_mail(group, large, sizeof(large), 0, 0, -1, 0));
	/* Every other one goes, and is not missed. */
	for (i = 0; i < MANY; i += 2)
		close(to[i]);
	EXPECT_EQ(MANY / 2, get_members(group));
	ASSERT_EQ(1, post_number(group, 3));
	for (i = 1; i < MANY; i += 2) {
		ASSERT_EQ(1, take_number(to[i], &number));
		ASSERT_EQ(1, number);
		ASSERT_EQ(1, recv_mail(to[i], large, sizeof(large), NULL, 0));
		ASSERT_EQ(1, take_number(to[i], &number));
		ASSERT_EQ(3, number);
	}
	close(group);
	for (i = 1; i < MANY; i += 2) {
		struct ipcx_mbox_recv mail;

		ASSERT_EQ(1, recv_mail(to[i], &number, 8, &mail, IPCX_XFER_NONBLOCK));
		ASSERT_TRUE(is_end_of(&mail, port));
		close(to[i]);
	}
	free(to);
}

TEST(many_groups)
{
	enum { MANY = 200 };
	int group[MANY], mbox = new_mbox(NULL), i;
	struct ipcx_mbox_recv mail;
	__u64 port[MANY], number;

	ASSERT_LE(0, mbox);
	for (i = 0; i < MANY; i++) {
		group[i] = new_group(0, &port[i]);
		ASSERT_LE(0, group[i]);
		ASSERT_EQ(0, subscribe(group[i], mbox, IPCX_LAG_DROP_NEWEST));
	}
	EXPECT_EQ(MANY, get_members(mbox));
	for (i = 0; i < MANY; i++) {
		ASSERT_EQ(1, post_number(group[i], i));
	}
	for (i = 0; i < MANY; i++) {
		ASSERT_EQ(1, recv_mail(mbox, &number, 8, &mail, 0));
		ASSERT_EQ(i, number);
		ASSERT_EQ(port[i], mail.group);
	}
	/* It leaves some, some leave it, and the rest ends with it. */
	for (i = 0; i < MANY; i += 4) {
		ASSERT_EQ(0, unsubscribe(mbox, port[i]));
		close(group[i + 1]);
	}
	EXPECT_EQ(MANY / 2, get_members(mbox));
	EXPECT_EQ(MANY / 4, drain_mail(mbox));
	close(mbox);
	for (i = 0; i < MANY; i++) {
		if (i % 4 == 1)
			continue;
		ASSERT_EQ(0, get_members(group[i]));
		close(group[i]);
	}
}

TEST_HARNESS_MAIN
