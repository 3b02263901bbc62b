// SPDX-License-Identifier: LGPL-2.1-or-later
/* libipcx on the device: notices of death, and groups. */
#include "lib_mbox.h"

static struct ipcx_stat stat_of(const struct ipcx_mbox *m)
{
	struct ipcx_stat st = { 0 };

	ipcx_mbox_stat(m, &st);
	return st;
}

/* "a notice" when that, and nothing else, is in @m; else what is different. */
static const char *came(const struct ipcx_mbox *m, uint64_t sender, uint64_t cookie,
			uint64_t group)
{
	struct ipcx_mbox_recv mail;
	char byte;

	memset(&mail, 0xff, sizeof(mail));
	if (try_recv(m, &byte, 1, &mail) != 1)
		return "nothing";
	if (mail.flags != IPCX_MSG_DEAD)
		return "flags";
	if (mail.len || mail.token || mail.fd_count)
		return "payload, token or files";
	if (mail.sender != sender || mail.cookie != cookie || mail.group != group)
		return "sender, cookie or group";
	return depth(m) ? "more" : "a notice";
}

/* ---- notices of death ---- */

FIXTURE(watch) {
	struct ipcx_dev *dev;
	struct ipcx_mbox *m;	/* whose death it is about */
	struct ipcx_mbox *to;	/* right to send to it */
	struct ipcx_mbox *own;	/* who is told */
	uint64_t port;		/* of m */
	char name[UNIQUE_NAME_SIZE];
};

FIXTURE_SETUP(watch)
{
	unique_name(self->name, "watched");
	ASSERT_EQ(0, ipcx_dev_open(&self->dev, NULL));
	ASSERT_EQ(0, ipcx_mbox_create(&self->m, self->dev, self->name, 0, NULL));
	ASSERT_EQ(0, ipcx_mbox_open(&self->to, self->dev, self->name, 0));
	ASSERT_EQ(0, ipcx_mbox_create(&self->own, self->dev, NULL, 0, NULL));
	self->port = ipcx_mbox_port(self->m);
}

FIXTURE_TEARDOWN(watch)
{
	ipcx_mbox_close(self->own);
	ipcx_mbox_close(self->to);
	ipcx_mbox_close(self->m);
	ipcx_dev_close(self->dev);
}

static void die(struct ipcx_mbox **m)
{
	ipcx_mbox_close(*m);
	*m = NULL;
}

TEST_F(watch, by_a_right)
{
	ASSERT_EQ(0, ipcx_mbox_watch(self->to, self->own, 7));
	EXPECT_EQ(1, stat_of(self->own).watches);
	EXPECT_EQ(0, depth(self->own));
	die(&self->m);
	EXPECT_STREQ("a notice", came(self->own, self->port, 7, 0));
	EXPECT_EQ(0, stat_of(self->own).watches);
}

TEST_F(watch, by_port)
{
	ASSERT_EQ(0, ipcx_mbox_watch_port(self->dev, self->port, self->own, 8));
	die(&self->m);
	EXPECT_STREQ("a notice", came(self->own, self->port, 8, 0));
}

TEST_F(watch, by_name)
{
	ASSERT_EQ(0, ipcx_mbox_watch_name(self->dev, self->name, self->own, 9));
	die(&self->m);
	EXPECT_STREQ("a notice", came(self->own, self->port, 9, 0));
}

/* Who has given the right back is told nothing. */
TEST_F(watch, right_closed)
{
	ASSERT_EQ(0, ipcx_mbox_watch(self->to, self->own, 7));
	die(&self->to);
	die(&self->m);
	EXPECT_EQ(0, depth(self->own));
}

TEST_F(watch, taken_back)
{
	ASSERT_EQ(0, ipcx_mbox_watch(self->to, self->own, 7));
	EXPECT_EQ(0, ipcx_mbox_unwatch(self->own, self->port));
	EXPECT_EQ(0, stat_of(self->own).watches);
	EXPECT_EQ(-ENOENT, ipcx_mbox_unwatch(self->own, self->port));
	EXPECT_EQ(-EBADF, ipcx_mbox_unwatch(self->to, self->port));
	die(&self->m);
	EXPECT_EQ(0, depth(self->own));
}

TEST_F(watch, errors)
{
	struct ipcx_mbox *group;

	EXPECT_EQ(-EBADF, ipcx_mbox_watch(self->m, self->own, 0));
	EXPECT_EQ(-EBADF, ipcx_mbox_watch(self->to, self->to, 0));
	ASSERT_EQ(0, special_box(&group, self->dev, IPCX_MBOX_GROUP, 0));
	EXPECT_EQ(-EINVAL, ipcx_mbox_watch(self->to, group, 0));
	ipcx_mbox_close(group);
	ASSERT_EQ(0, ipcx_mbox_watch(self->to, self->own, 0));
	EXPECT_EQ(-EEXIST, ipcx_mbox_watch(self->to, self->own, 1));
	EXPECT_EQ(-EEXIST, ipcx_mbox_watch_port(self->dev, self->port, self->own, 1));
	EXPECT_EQ(-EEXIST, ipcx_mbox_watch_name(self->dev, self->name, self->own, 1));
	die(&self->m);
	EXPECT_EQ(-EPIPE, ipcx_mbox_watch(self->to, self->own, 1));
	EXPECT_EQ(-ENOENT, ipcx_mbox_watch_port(self->dev, self->port, self->own, 1));
	EXPECT_EQ(-ENOENT, ipcx_mbox_watch_name(self->dev, self->name, self->own, 1));
}

TEST_F(watch, names)
{
	char name[UNIQUE_NAME_SIZE], longer[IPCX_NAME_MAX + 2];
	struct ipcx_queue *q;

	EXPECT_EQ(-EINVAL, ipcx_mbox_watch_name(self->dev, "no-slash", self->own, 0));
	memset(longer, 'x', sizeof(longer) - 1);
	longer[0] = '/';
	longer[sizeof(longer) - 1] = 0;
	EXPECT_EQ(-ENAMETOOLONG, ipcx_mbox_watch_name(self->dev, longer, self->own, 0));
	EXPECT_EQ(-ENAMETOOLONG, ipcx_mbox_subscribe_name(self->dev, longer, self->own, 0));
	unique_name(name, "queue");
	ASSERT_EQ(0, ipcx_queue_open(&q, self->dev, name, CREATE_RW, NULL));
	EXPECT_EQ(-EPROTOTYPE, ipcx_mbox_watch_name(self->dev, name, self->own, 0));
	EXPECT_EQ(-EPROTOTYPE, ipcx_mbox_subscribe_name(self->dev, name, self->own, 0));
	EXPECT_EQ(-ENOENT, ipcx_mbox_watch_port(self->dev, ipcx_queue_id(q), self->own, 0));
	EXPECT_EQ(0, ipcx_dev_unlink(self->dev, name));
	ipcx_queue_close(q);
}

/* Whom the mode does not let in. */
struct stranger {
	const char *name;
	uint64_t port;
};

static int watch_and_subscribe(void *arg)
{
	struct stranger *s = arg;
	struct ipcx_mbox *own;
	struct ipcx_dev *dev;

	MUST_BE(0, become(UID_A));
	MUST_BE(0, ipcx_dev_open(&dev, NULL));
	MUST_BE(0, ipcx_mbox_create(&own, dev, NULL, 0, NULL));
	MUST_BE(-EACCES, ipcx_mbox_watch_name(dev, s->name, own, 0));
	MUST_BE(-ENOENT, ipcx_mbox_watch_port(dev, s->port, own, 0));
	MUST_BE(-EACCES, ipcx_mbox_subscribe_name(dev, s->name, own, 0));
	MUST_BE(-ENOENT, ipcx_mbox_subscribe_port(dev, s->port, own, 0));
	return 0;
}

TEST_F(watch, stranger)
{
	struct stranger s = { .name = self->name, .port = self->port };

	EXPECT_EQ(0, in_child(watch_and_subscribe, &s));
}

/* ---- groups ---- */

#define ROOM 3		/* messages of one sender in a member that lags */

FIXTURE(group) {
	struct ipcx_dev *dev;
	struct ipcx_mbox *g;	/* the group: right to receive, to send and to subscribe */
	struct ipcx_mbox *a;	/* members, if they have subscribed */
	struct ipcx_mbox *b;
	uint64_t port;		/* of the group */
	char name[UNIQUE_NAME_SIZE];
};

static int new_group(struct ipcx_mbox **g, const struct ipcx_dev *dev, const char *name,
		     unsigned int flags)
{
	IPCX_OPTS(ipcx_mbox_opts, opts);

	opts.flags = IPCX_MBOX_GROUP | flags;
	return ipcx_mbox_create(g, dev, name, IPCX_OPEN_WRITE | IPCX_OPEN_SUBSCRIBE, &opts);
}

FIXTURE_SETUP(group)
{
	unique_name(self->name, "group");
	ASSERT_EQ(0, ipcx_dev_open(&self->dev, NULL));
	ASSERT_EQ(0, new_group(&self->g, self->dev, self->name, 0));
	ASSERT_EQ(0, small_box(&self->a, self->dev, 2 * ROOM));
	ASSERT_EQ(0, ipcx_mbox_create(&self->b, self->dev, NULL, 0, NULL));
	self->port = ipcx_mbox_port(self->g);
}

FIXTURE_TEARDOWN(group)
{
	ipcx_mbox_close(self->b);
	ipcx_mbox_close(self->a);
	ipcx_mbox_close(self->g);
	ipcx_dev_close(self->dev);
}

/* Sends @n messages with the cookies from 1 on; the number of those sent. */
static int publish(const struct ipcx_mbox *g, int n)
{
	int i, sent = 0;

	for (i = 1; i <= n; i++)
		sent += send_cookie(g, i, NULL) == 1;
	return sent;
}

/* The cookie of the next message by the group, and what was lost before it. */
static uint64_t take_news(const struct ipcx_mbox *m, uint64_t group, uint64_t *lost)
{
	struct ipcx_mbox_recv mail;
	uint64_t cookie;

	if (try_recv(m, &cookie, sizeof(cookie), &mail) != 1)
		return 0;
	*lost = mail.lost;
	if (mail.len != sizeof(cookie) || cookie != mail.cookie || mail.group != group)
		return 0;
	return cookie;
}

TEST_F(group, one_send_and_many_receivers)
{
	IPCX_OPTS(ipcx_mbox_send_opts, opts);
	struct ipcx_mbox_recv mail;
	uint64_t cookie, lost = 1;

	ASSERT_EQ(0, ipcx_mbox_subscribe(self->g, self->a, IPCX_LAG_DROP_NEWEST));
	ASSERT_EQ(0, ipcx_mbox_subscribe_port(self->dev, self->port, self->b,
					      IPCX_LAG_DROP_OLDEST));
	EXPECT_EQ(IPCX_STAT_GROUP | IPCX_STAT_NAMED, stat_of(self->g).state);
	EXPECT_EQ(2, stat_of(self->g).members);
	EXPECT_EQ(1, stat_of(self->b).members);
	opts.from = self->a;
	EXPECT_EQ(1, send_cookie(self->g, 5, &opts));
	ASSERT_EQ(1, try_recv(self->b, &cookie, sizeof(cookie), &mail));
	EXPECT_EQ(5, cookie);
	EXPECT_EQ(self->port, mail.group);
	EXPECT_EQ(ipcx_mbox_port(self->a), mail.sender);
	EXPECT_EQ(getpid(), mail.pid);
	EXPECT_EQ(0, mail.flags);
	EXPECT_EQ(0, mail.lost);
	EXPECT_EQ(0, mail.token);
	EXPECT_EQ(5, take_news(self->a, self->port, &lost));
	EXPECT_EQ(0, lost);
}

TEST_F(group, by_name)
{
	uint64_t lost;

	ASSERT_EQ(0, ipcx_mbox_subscribe_name(self->dev, self->name, self->b, 0));
	EXPECT_EQ(1, publish(self->g, 1));
	EXPECT_EQ(1, take_news(self->b, self->port, &lost));
	EXPECT_EQ(0, depth(self->a));
}

TEST_F(group, loses_the_newest)
{
	uint64_t lost = 0;

	ASSERT_EQ(0, ipcx_mbox_subscribe(self->g, self->a, IPCX_LAG_DROP_NEWEST));
	ASSERT_EQ(ROOM + 2, publish(self->g, ROOM + 2));
	EXPECT_EQ(2, stat_of(self->a).lost);
	EXPECT_EQ(1, take_news(self->a, self->port, &lost));
	EXPECT_EQ(0, lost);
	EXPECT_EQ(2, take_news(self->a, self->port, &lost));
	EXPECT_EQ(3, take_news(self->a, self->port, &lost));
	EXPECT_EQ(0, lost);
	ASSERT_EQ(1, send_cookie(self->g, 9, NULL));
	EXPECT_EQ(9, take_news(self->a, self->port, &lost));
	EXPECT_EQ(2, lost);
	lost = 0;
	EXPECT_EQ(0, ipcx_mbox_unsubscribe(self->a, self->port, &lost));
	EXPECT_EQ(2, lost);
}

TEST_F(group, loses_the_oldest)
{
	uint64_t lost = 0;

	ASSERT_EQ(0, ipcx_mbox_subscribe(self->g, self->a, IPCX_LAG_DROP_OLDEST));
	ASSERT_EQ(ROOM + 2, publish(self->g, ROOM + 2));
	EXPECT_EQ(3, take_news(self->a, self->port, &lost));
	EXPECT_EQ(2, lost);
	EXPECT_EQ(4, take_news(self->a, self->port, &lost));
	EXPECT_EQ(0, lost);
	EXPECT_EQ(5, take_news(self->a, self->port, &lost));
	EXPECT_EQ(0, ipcx_mbox_unsubscribe(self->a, self->port, &lost));
	EXPECT_EQ(2, lost);
}

/* One that lets senders wait: then nobody gets the message. */
TEST_F(group, lets_the_sender_wait)
{
	IPCX_OPTS(ipcx_mbox_send_opts, opts);
	struct ipcx_mbox *g;

	EXPECT_EQ(-EPERM, ipcx_mbox_subscribe(self->g, self->a, IPCX_LAG_BLOCK));
	ASSERT_EQ(0, new_group(&g, self->dev, NULL, IPCX_MBOX_GROUP_BLOCK));
	ASSERT_EQ(0, ipcx_mbox_subscribe(g, self->a, IPCX_LAG_BLOCK));
	ASSERT_EQ(0, ipcx_mbox_subscribe(g, self->b, IPCX_LAG_DROP_NEWEST));
	ASSERT_EQ(ROOM, publish(g, ROOM));
	opts.flags = IPCX_XFER_NONBLOCK;
	EXPECT_EQ(-EAGAIN, send_cookie(g, 1, &opts));
	EXPECT_EQ(ROOM, depth(self->a));
	EXPECT_EQ(ROOM, depth(self->b));
	EXPECT_EQ(0, stat_of(self->a).lost);
	ipcx_mbox_close(g);
}

TEST_F(group, left)
{
	uint64_t lost = 7;

	ASSERT_EQ(0, ipcx_mbox_subscribe(self->g, self->b, 0));
	ASSERT_EQ(1, publish(self->g, 1));
	EXPECT_EQ(0, ipcx_mbox_unsubscribe(self->b, self->port, NULL));
	EXPECT_EQ(0, stat_of(self->g).members);
	EXPECT_EQ(-ENOENT, ipcx_mbox_unsubscribe(self->b, self->port, &lost));
	EXPECT_EQ(7, lost);
	/* What has come stays; nothing else comes. */
	EXPECT_EQ(1, publish(self->g, 1));
	EXPECT_EQ(1, take_news(self->b, self->port, &lost));
	EXPECT_EQ(0, depth(self->b));
}

TEST_F(group, expelled)
{
	uint64_t member = ipcx_mbox_port(self->a), lost = 7;
	struct ipcx_mbox *to;

	ASSERT_EQ(0, ipcx_mbox_open(&to, self->dev, self->name, 0));
	ASSERT_EQ(0, ipcx_mbox_subscribe(self->g, self->a, IPCX_LAG_DROP_NEWEST));
	ASSERT_EQ(ROOM + 1, publish(self->g, ROOM + 1));
	EXPECT_EQ(-EBADF, ipcx_mbox_expel(to, member, &lost));
	EXPECT_EQ(-ENOENT, ipcx_mbox_expel(self->g, ipcx_mbox_port(self->b), &lost));
	EXPECT_EQ(7, lost);
	EXPECT_EQ(0, ipcx_mbox_expel(self->g, member, &lost));
	EXPECT_EQ(1, lost);
	EXPECT_EQ(-ENOENT, ipcx_mbox_expel(self->g, member, NULL));
	ipcx_mbox_close(to);
	/* It has no room, and is told all the same. */
	EXPECT_EQ(1, take_news(self->a, self->port, &lost));
	EXPECT_EQ(2, take_news(self->a, self->port, &lost));
	EXPECT_EQ(3, take_news(self->a, self->port, &lost));
	EXPECT_STREQ("a notice", came(self->a, 0, 0, self->port));
}

TEST_F(group, dead)
{
	struct ipcx_mbox *right;

	ASSERT_EQ(0, ipcx_mbox_open(&right, self->dev, self->name, IPCX_OPEN_SUBSCRIBE));
	ASSERT_EQ(0, ipcx_mbox_subscribe(right, self->a, 0));
	ASSERT_EQ(0, ipcx_mbox_subscribe(right, self->b, 0));
	die(&self->g);
	EXPECT_STREQ("a notice", came(self->a, 0, 0, self->port));
	EXPECT_STREQ("a notice", came(self->b, 0, 0, self->port));
	EXPECT_EQ(-EPIPE, ipcx_mbox_subscribe(right, self->a, 0));
	EXPECT_EQ(-ENOENT, ipcx_mbox_unsubscribe(self->a, self->port, NULL));
	ipcx_mbox_close(right);
}

TEST_F(group, errors)
{
	struct ipcx_mbox *to, *g;
	char buf[8];

	EXPECT_EQ(-EOPNOTSUPP, ipcx_mbox_recv(self->g, buf, sizeof(buf), NULL));
	EXPECT_EQ(-EOPNOTSUPP, ipcx_mbox_call(self->g, "x", 1, buf, sizeof(buf)));
	EXPECT_EQ(-EINVAL, ipcx_mbox_subscribe(self->g, self->a, IPCX_LAG_BLOCK + 1));
	EXPECT_EQ(-EBADF, ipcx_mbox_subscribe(self->a, self->b, 0));
	ASSERT_EQ(0, ipcx_mbox_open(&to, self->dev, self->name, 0));
	EXPECT_EQ(-EBADF, ipcx_mbox_subscribe(to, self->a, 0));
	ipcx_mbox_close(to);
	ASSERT_EQ(0, ipcx_mbox_grant(&to, self->b, IPCX_OPEN_WRITE));
	EXPECT_EQ(-EBADF, ipcx_mbox_subscribe(self->g, to, 0));
	ipcx_mbox_close(to);
	ASSERT_EQ(0, new_group(&g, self->dev, NULL, 0));
	EXPECT_EQ(-EINVAL, ipcx_mbox_subscribe(self->g, g, 0));
	EXPECT_EQ(-ENOENT, ipcx_mbox_subscribe_port(self->dev, ipcx_mbox_port(g), self->a, 0));
	ipcx_mbox_close(g);
	ASSERT_EQ(0, ipcx_mbox_subscribe(self->g, self->a, 0));
	EXPECT_EQ(-EEXIST, ipcx_mbox_subscribe(self->g, self->a, 0));
	EXPECT_EQ(-EEXIST, ipcx_mbox_subscribe_port(self->dev, self->port, self->a, 0));
	EXPECT_EQ(-EEXIST, ipcx_mbox_subscribe_name(self->dev, self->name, self->a, 0));
	EXPECT_EQ(-ENOENT, ipcx_mbox_subscribe_port(self->dev, 1ULL << 60, self->b, 0));
	EXPECT_EQ(-ENOENT, ipcx_mbox_subscribe_name(self->dev, "/not-there", self->b, 0));
	EXPECT_EQ(-EINVAL, ipcx_mbox_subscribe_name(self->dev, "no-slash", self->b, 0));
	EXPECT_EQ(-EINVAL, special_box(&g, self->dev, IPCX_MBOX_GROUP_BLOCK, 0));
	EXPECT_EQ(-EINVAL, special_box(&g, self->dev, IPCX_MBOX_GROUP | IPCX_MBOX_FILES, 0));
}

TEST_HARNESS_MAIN
