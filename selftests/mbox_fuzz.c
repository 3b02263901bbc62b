// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Random operations by several processes on the same few mailboxes and groups, their
 * rights, tokens and files: mostly good ones, some with a field or two made up, some
 * on objects that they are not for. As fuzz.c does with queues.
 */
#include "fuzz.h"
#include "group.h"
#include "ring.h"

#include <linux/close_range.h>
#include <poll.h>

/* What is in which slot first; later on, anything may be. */
enum {
	MBOX, MBOX_2, MBOX_3, TO, TO_2, TO_3, GROUP_1, GROUP_2, TO_GROUP, QUEUE, TOKEN,
	TOKEN_2, SLOTS,
};

/* What a worker has seen of tokens and ports. */
static __u64 tokens[8], ports[8];

static int put_in_slot(struct worker *w, int fd)
{
	if (fd < 0)
		return fd;
	dup2(fd, w->fds[below(w, SLOTS)]);
	close(fd);
	return 0;
}

static __u64 some_port(struct worker *w)
{
	return one_in(w, 10) ? odd_number(w) : ports[below(w, ARRAY_SIZE(ports))];
}

static __u64 some_token(struct worker *w)
{
	return one_in(w, 20) ? odd_number(w) : tokens[below(w, ARRAY_SIZE(tokens))];
}

/* Most often one that can be right. */
static int fd_among(struct worker *w, int first, int last)
{
	return one_in(w, 8) ? some_fd(w) : w->fds[first + below(w, last - first + 1)];
}

static int own_fd(struct worker *w)
{
	return one_in(w, 3) ? -1 : fd_among(w, MBOX, MBOX_3);
}

/* A port, a name, or an fd and neither. */
static int choose_dest(struct worker *w, __u32 *flags, __u64 *dest, __u32 *dest_len,
		       int first, int last)
{
	const char *name = some_name(w);

	switch (below(w, 3)) {
	case 0:
		*flags |= IPCX_TO_PORT;
		*dest = some_port(w);
		return w->control;
	case 1:
		*flags |= IPCX_TO_NAME;
		*dest = addr(name);
		*dest_len = strlen(name);
		return w->control;
	default:
		return fd_among(w, first, last);
	}
}

static __u32 some_of(struct worker *w, __u32 flags)
{
	return flags & rnd(&w->state) & rnd(&w->state);
}

static void maybe_deadline(struct worker *w, __u32 *flags, __u32 *clock, __s64 *deadline)
{
	if (one_in(w, 4))
		return;
	*flags |= IPCX_XFER_DEADLINE;
	*clock = CLOCK_MONOTONIC;
	*deadline = now_ns(CLOCK_MONOTONIC) + below(w, 3 * NSEC_PER_MSEC);
}

/* ---- messages ---- */

static void fill_mail(struct worker *w, struct ipcx_mbox_msg *msg, struct ipcx_iovec *iov,
		      __s32 *fds)
{
	unsigned int i;

	*msg = make_mail(NULL, some_length(w), below(w, 5), below(w, 5));
	msg->buf = somewhere(w);
	msg->priority = below(w, 4);
	if (one_in(w, 8)) {
		msg->flags = IPCX_MSG_IOV;
		msg->buf = addr(iov);
		msg->len = fill_iov(w, iov);
	}
	if (one_in(w, 3)) {
		msg->fd_count = 1 + below(w, one_in(w, 4) ? IPCX_FDS_MAX + 2 : 3);
		msg->fds = addr(fds);
		for (i = 0; i < msg->fd_count; i++)
			fds[i] = fd_among(w, TO, SLOTS - 1);
	}
	if (one_in(w, 60))
		spoil(w, msg, sizeof(*msg), offsetof(struct ipcx_mbox_msg, buf));
}

static void fill_room(struct worker *w, struct ipcx_mbox_recv *mail, struct ipcx_iovec *iov,
		      __s32 *fds)
{
	*mail = make_room(NULL, one_in(w, 4) ? some_length(w) : 65536);
	mail->buf = somewhere(w);
	if (one_in(w, 8)) {
		mail->flags = IPCX_MSG_IOV;
		mail->buf = addr(iov);
		mail->len = fill_iov(w, iov);
	}
	if (!one_in(w, 3)) {
		mail->fds = one_in(w, 20) ? somewhere(w) : addr(fds);
		mail->fd_room = below(w, IPCX_FDS_MAX + 1);
		mail->flags |= one_in(w, 2) ? IPCX_MSG_CLOEXEC : 0;
	}
	if (one_in(w, 100))
		spoil(w, &mail->len, sizeof(mail->len) + sizeof(mail->flags), SIZE_MAX - 4);
}

static struct ipcx_mbox_msg out[32];
static struct ipcx_mbox_recv in[32];
static struct ipcx_iovec out_iov[32][12], in_iov[32][12];
static __s32 out_fds[32][IPCX_FDS_MAX + 2], in_fds[32][IPCX_FDS_MAX + 2];

static int post(struct worker *w)
{
	unsigned int count = one_in(w, 3) ? 1 + below(w, ARRAY_SIZE(out)) : 1, i;
	struct ipcx_post p = make_post(out, count, one_in(w, 3) ? 0 : IPCX_XFER_NONBLOCK);
	int fd;

	for (i = 0; i < count; i++)
		fill_mail(w, &out[i], out_iov[i], out_fds[i]);
	p.flags |= some_of(w, IPCX_POST_SYNC | IPCX_POST_CALL | IPCX_XFER_ADAPTIVE);
	if (p.flags & IPCX_POST_SYNC && !one_in(w, 4))
		p.count = 1;
	maybe_deadline(w, &p.flags, &p.clock, &p.deadline_ns);
	fd = choose_dest(w, &p.flags, &p.dest, &p.dest_len, TO, TO_GROUP);
	p.from = own_fd(w);
	if (one_in(w, 30))
		spoil(w, &p, sizeof(p), offsetof(struct ipcx_post, msgs));
	/* A made-up stride must not lead out of the array. */
	if (p.msg_size != sizeof(out[0]) || p.count > ARRAY_SIZE(out))
		p.count = p.count ? 1 : 0;
	return call(w, fd, IPCX_POST, &p);
}

static void remember(struct worker *w, const struct ipcx_mbox_recv *mail)
{
	if (mail->token)
		tokens[below(w, ARRAY_SIZE(tokens))] = mail->token;
	if (mail->sender)
		ports[below(w, ARRAY_SIZE(ports))] = mail->sender;
}

static int receive(struct worker *w)
{
	unsigned int count = one_in(w, 3) ? 1 + below(w, ARRAY_SIZE(in)) : 1, i;
	struct ipcx_xfer xfer = make_mail_xfer(in, count, one_in(w, 4) ? 0 : IPCX_XFER_NONBLOCK);
	int ret;

	for (i = 0; i < count; i++)
		fill_room(w, &in[i], in_iov[i], in_fds[i]);
	xfer.flags |= some_of(w, IPCX_RECV_TRUNC | IPCX_XFER_ADAPTIVE);
	if (one_in(w, 3)) {
		xfer.match = below(w, IPCX_MATCH_REPLY + 2);
		xfer.match_arg = xfer.match == IPCX_MATCH_SENDER ? some_port(w) : below(w, 4);
		if (xfer.match == IPCX_MATCH_ANY || xfer.match == IPCX_MATCH_REPLY)
			xfer.match_arg = 0;
	}
	if (one_in(w, 6)) {
		xfer.flags = IPCX_RECV_PEEK;
		xfer.count = 1;
	} else {
		maybe_deadline(w, &xfer.flags, &xfer.clock, &xfer.deadline_ns);
	}
	if (one_in(w, 30))
		spoil(w, &xfer, sizeof(xfer), offsetof(struct ipcx_xfer, msgs));
	if (xfer.msg_size != sizeof(in[0]) || xfer.count > ARRAY_SIZE(in))
		xfer.count = xfer.count ? 1 : 0;
	ret = call(w, fd_among(w, MBOX, MBOX_3), IPCX_RECV, &xfer);
	for (i = 0; (int)i < ret; i++)
		remember(w, &in[i]);
	return ret;
}

static int call_one(struct worker *w)
{
	struct ipcx_call c = { .flags = some_of(w, IPCX_XFER_NONBLOCK | IPCX_XFER_ADAPTIVE |
						IPCX_RECV_TRUNC) };
	int fd;

	fill_mail(w, &c.request, out_iov[0], out_fds[0]);
	fill_room(w, &c.reply, in_iov[0], in_fds[0]);
	maybe_deadline(w, &c.flags, &c.clock, &c.deadline_ns);
	fd = choose_dest(w, &c.flags, &c.dest, &c.dest_len, TO, TO_3);
	c.from = own_fd(w);
	if (one_in(w, 30))
		spoil(w, &c, offsetof(struct ipcx_call, request), SIZE_MAX - 4);
	return call(w, fd, IPCX_CALL, &c);
}

static int reply_one(struct worker *w)
{
	struct ipcx_reply r = { .token = some_token(w) };
	int fd = fd_among(w, MBOX, MBOX_3), ret;

	if (one_in(w, 3)) {
		fd = fd_among(w, TOKEN, TOKEN_2);
		r.token = one_in(w, 10) ? r.token : 0;
	}
	if (one_in(w, 6))
		r.flags = IPCX_REPLY_DISCARD;
	else
		fill_mail(w, &r.reply, out_iov[0], out_fds[0]);
	if (one_in(w, 3)) {
		r.flags |= IPCX_REPLY_RECV | some_of(w, IPCX_XFER_NONBLOCK | IPCX_RECV_TRUNC |
						     IPCX_XFER_ADAPTIVE);
		maybe_deadline(w, &r.flags, &r.clock, &r.deadline_ns);
		fill_room(w, &r.next, in_iov[0], in_fds[0]);
	}
	if (one_in(w, 30))
		spoil(w, &r, offsetof(struct ipcx_reply, reply), SIZE_MAX - 4);
	ret = call(w, fd, IPCX_REPLY, &r);
	if (ret == 1)
		remember(w, &r.next);
	return ret;
}

/* ---- objects, rights, ties ---- */

static int reopen(struct worker *w)
{
	static const __u32 kinds[] = {
		0, IPCX_MBOX_FILES, IPCX_MBOX_FILES | IPCX_MBOX_ADDRESSABLE, IPCX_MBOX_ADDRESSABLE,
		IPCX_MBOX_GROUP, IPCX_MBOX_GROUP | IPCX_MBOX_GROUP_BLOCK | IPCX_MBOX_ADDRESSABLE,
	};
	struct ipcx_mbox_attr attr = {
		.max_msgs = 1 + below(w, 20), .max_msg_size = 65536,
		.flags = kinds[below(w, ARRAY_SIZE(kinds))], .spin_ns = below(w, 100000),
		/* The smallest that permits such messages. */
		.ring_size = one_in(w, 3) ? 1 << 18 : 0,
	};
	const char *name = some_name(w);
	struct ipcx_open req = {
		.name = addr(name), .name_len = strlen(name), .kind = IPCX_KIND_MBOX,
		.flags = MBOX_CREATE | some_of(w, IPCX_OPEN_WRITE | IPCX_OPEN_SUBSCRIBE |
					       IPCX_OPEN_NONBLOCK | IPCX_OPEN_EXCL),
		.mode = 0777, .attr = addr(&attr), .attr_size = sizeof(attr),
	};
	int fd;

	if (one_in(w, 3)) {
		req.name = 0;
		req.name_len = 0;
	}
	if (one_in(w, 2)) {
		req.flags = some_of(w, IPCX_OPEN_SUBSCRIBE) | IPCX_OPEN_WRITE;
		req.mode = 0;
		req.attr = 0;
		req.attr_size = 0;
		if (!req.name) {
			req.flags |= IPCX_OPEN_PORT;
			req.id = some_port(w);
		}
	}
	if (one_in(w, 10))
		spoil(w, &attr, sizeof(attr), SIZE_MAX - 4);
	if (one_in(w, 10))
		spoil(w, &req, sizeof(req), offsetof(struct ipcx_open, name));
	fd = call(w, w->control, IPCX_OPEN, &req);
	if (fd >= 0)
		ports[below(w, ARRAY_SIZE(ports))] = req.id;
	return put_in_slot(w, fd);
}

static int grant(struct worker *w)
{
	struct ipcx_grant g = {
		.flags = some_of(w, IPCX_OPEN_WRITE | IPCX_OPEN_SUBSCRIBE | IPCX_OPEN_NONBLOCK),
	};

	if (one_in(w, 10))
		spoil(w, &g, sizeof(g), SIZE_MAX - 4);
	return put_in_slot(w, call(w, fd_among(w, MBOX, GROUP_2), IPCX_GRANT, &g));
}

static int make_token(struct worker *w)
{
	struct ipcx_token t = { .token = some_token(w) };
	int fd;

	if (one_in(w, 10))
		spoil(w, &t, sizeof(t), SIZE_MAX - 4);
	fd = call(w, fd_among(w, MBOX, MBOX_3), IPCX_TOKEN, &t);
	if (fd < 0)
		return fd;
	dup2(fd, w->fds[TOKEN + below(w, 2)]);
	close(fd);
	return 0;
}

static int tie(struct worker *w)
{
	struct ipcx_subscribe s = {
		.from = fd_among(w, MBOX, MBOX_3), .lag = below(w, IPCX_LAG_BLOCK + 1),
	};
	struct ipcx_watch watch = { .from = s.from, .cookie = below(w, 5) };
	int fd;

	if (one_in(w, 2)) {
		fd = choose_dest(w, &watch.flags, &watch.dest, &watch.dest_len, TO, GROUP_1);
		if (one_in(w, 20))
			spoil(w, &watch, sizeof(watch), SIZE_MAX - 4);
		return call(w, fd, IPCX_WATCH, &watch);
	}
	fd = choose_dest(w, &s.flags, &s.dest, &s.dest_len, GROUP_1, GROUP_2);
	if (one_in(w, 20))
		spoil(w, &s, sizeof(s), SIZE_MAX - 4);
	return call(w, fd, IPCX_SUBSCRIBE, &s);
}

static int untie(struct worker *w)
{
	struct ipcx_leave l = { .port = some_port(w) };

	if (one_in(w, 20))
		spoil(w, &l, sizeof(l), SIZE_MAX - 4);
	return call(w, fd_among(w, MBOX, GROUP_2), one_in(w, 2) ? IPCX_UNWATCH : IPCX_UNSUBSCRIBE,
		    &l);
}

static int inspect(struct worker *w)
{
	struct pollfd pollfd = { .fd = some_fd(w), .events = below(w, 64) };
	struct ipcx_info info = { 0 };
	struct ipcx_stat stat;
	int ret;

	switch (below(w, 4)) {
	case 0:
		return call(w, some_fd(w), IPCX_INFO, &info);
	case 1:
		return poll(&pollfd, 1, below(w, 3)) < 0 ? -errno : 0;
	case 2:
		return fchmod(w->fds[below(w, QUEUE + 1)], 0600 | below(w, 01000)) < 0 ? -errno : 0;
	default:
		ret = op(some_fd(w), IPCX_STAT, &stat);
		if (!ret)
			ports[below(w, ARRAY_SIZE(ports))] = stat.id;
		return ret;
	}
}

/* ---- the ring of a mailbox, if it has one ---- */

/* What is mapped now: its consumer's page, and what can be seen of it. */
static struct ipcx_ring_consumer *page;
static const struct ipcx_ring_shared *shared;

static int map_some_ring(struct worker *w)
{
	int fd = fd_among(w, MBOX, MBOX_3), ret;

	if (page)
		munmap(page, PAGE);
	if (shared)
		munmap((char *)shared - PAGE, 4 * PAGE);
	page = NULL;
	shared = NULL;
	ret = map_place(fd, one_in(w, 10) ? below(w, 4) << 40 : IPCX_RING_MAP_CONSUMER, PAGE,
			PROT_READ | PROT_WRITE, MAP_SHARED, &page);
	if (ret || map_place(fd, IPCX_RING_MAP_VIEW, 4 * PAGE, PROT_READ, MAP_SHARED, &shared))
		return ret;
	shared = (const void *)((const char *)shared + PAGE);
	return 0;
}

/* Releases all, or says so of anything; and asks for more. */
static int use_ring(struct worker *w)
{
	struct ipcx_ring_wake wake = { .flags = 1 + below(w, 3) };
	struct ipcx_ring_wait wait = { .role = IPCX_RING_CONSUMER };

	if (!page || one_in(w, 8))
		return map_some_ring(w);
	if (shared)
		store(&page->head, one_in(w, 3) ? odd_number(w) : load(&shared->tail));
	if (one_in(w, 2))
		return call(w, fd_among(w, MBOX, MBOX_3), IPCX_RING_WAKE, &wake);
	wait.index = shared ? load(&shared->tail) : odd_number(w);
	maybe_deadline(w, &wait.flags, &wait.clock, &wait.deadline_ns);
	return call(w, fd_among(w, MBOX, MBOX_3), IPCX_RING_WAIT, &wait);
}

/* What a mailbox is not for. */
static int mistake(struct worker *w)
{
	struct ipcx_msg msg = make_msg(w->arena->bytes, 8, 0, 0);
	struct ipcx_xfer xfer = make_xfer(&msg, 1, IPCX_XFER_NONBLOCK);
	struct ipcx_notify n = { .how = IPCX_NOTIFY_NONE };

	switch (below(w, 3)) {
	case 0:
		return op(some_fd(w), IPCX_NOTIFY, &n);
	case 1:
		return op(some_fd(w), IPCX_SEND, &xfer);
	default:
		return read(some_fd(w), w->arena->bytes, below(w, 100)) < 0 ? -errno : 0;
	}
}

/* The slots stay; what a message brought goes. */
static int one_round(struct worker *w)
{
	static unsigned int rounds;

	if (++rounds % 16 == 0)
		close_range(w->fds[SLOTS - 1] + 1, ~0U, 0);
	switch (below(w, 32)) {
	case 0:
		return reopen(w);
	case 1:
		return inspect(w);
	case 2:
		return grant(w);
	case 3:
		return make_token(w);
	case 4:
	case 5:
		return tie(w);
	case 6:
		return untie(w);
	case 7:
		return mistake(w);
	case 8:
	case 9:
		return use_ring(w);
	case 10:
	case 11:
		return call_one(w);
	case 12 ... 15:
		return reply_one(w);
	case 16 ... 23:
		return post(w);
	default:
		return receive(w);
	}
}

/* ---- the test ---- */

static int fill_slots(struct worker *w)
{
	struct ipcx_mbox_attr attr = {
		.flags = IPCX_MBOX_ADDRESSABLE | IPCX_MBOX_FILES, .max_msgs = 16,
	};
	int i;

	for (i = MBOX; i <= MBOX_3; i++)
		w->fds[i] = open_mbox_attr(NULL, MBOX_CREATE | IPCX_OPEN_WRITE, 0600, &attr,
					   &ports[i]);
	for (i = TO; i <= TO_3; i++)
		w->fds[i] = open_port(ports[i - TO], 0);
	w->fds[GROUP_1] = new_group(IPCX_MBOX_GROUP_BLOCK, &ports[3]);
	w->fds[GROUP_2] = new_group(0, &ports[4]);
	w->fds[TO_GROUP] = open_port(ports[3], 0);
	w->fds[QUEUE] = small_queue(8);
	w->fds[TOKEN] = open("/", O_PATH | O_CLOEXEC);
	w->fds[TOKEN_2] = eventfd(0, EFD_CLOEXEC);
	for (i = 0; i < SLOTS; i++)
		if (w->fds[i] < 0)
			return w->fds[i];
	return 0;
}

/* The mailbox that all had still works. */
static void expect_working(struct __test_metadata *_metadata, int mbox, int to)
{
	__u64 number = 0;

	ASSERT_LE(0, drain_mail(mbox));
	EXPECT_TRUE(is_empty(mbox));
	ASSERT_EQ(1, try_post_number(to, 4711));
	ASSERT_EQ(1, take_number(mbox, &number));
	EXPECT_EQ(4711, number);
}

TEST(random_operations)
{
	static const int known[] = {
		EINVAL, EFAULT, E2BIG, ENOTTY, EBADF, EAGAIN, EINTR, EMSGSIZE, ETIMEDOUT,
		EEXIST, ENOENT, EACCES, ENAMETOOLONG, EDQUOT, ENOMEM, EBUSY, EPROTOTYPE,
		EMFILE, EPIPE, ESTALE, EPERM, EOPNOTSUPP, EISDIR, ENODEV, ENOTCONN, 0,
	};
	struct worker w = {
		.one_round = one_round, .known = known, .rounds = scaled(10000, 3000000),
		.nfds = SLOTS,
	};
	uint64_t seed = test_seed();
	int i;

	ASSERT_EQ(0, set_up_worker(&w));
	ASSERT_EQ(0, fill_slots(&w));
	EXPECT_EQ(0, run_workers(&w, seed));
	for (i = MBOX; i <= MBOX_3; i++)
		expect_working(_metadata, w.fds[i], w.fds[TO + i]);
	for (i = 0; i < SLOTS; i++)
		close(w.fds[i]);
	unlink_all(w.control);
	close(w.event);
	close(w.control);
}

TEST_HARNESS_MAIN
