// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Bad pointers, bad lengths, huge counts, closed fds, wrong kinds given to
 * mailboxes: the documented error, nothing half done, nothing lost. Calls that
 * are received, and their replies, are in mbox_call_badinput.c.
 */
#include "mbox_badinput.h"

#include <limits.h>

/* ---- the argument itself ---- */

TEST_F(bad, argument)
{
	const struct { int fd; unsigned long number; } ops[] = {
		{ self->control, IPCX_POST }, { self->control, IPCX_CALL },
		{ self->to, IPCX_POST }, { self->to, IPCX_CALL }, { self->to, IPCX_STAT },
		{ self->mbox, IPCX_RECV }, { self->mbox, IPCX_REPLY }, { self->mbox, IPCX_STAT },
	};
	size_t i, j;

	for (j = 0; j < ARRAY_SIZE(ops); j++) {
		for (i = 0; i < self->mem.n; i++) {
			void *arg = (void *)(uintptr_t)self->mem.addrs[i];

			if (addr(arg) == self->mem.addrs[i])
				EXPECT_EQ(-EFAULT, op(ops[j].fd, ops[j].number, arg));
		}
		/* It begins well and goes on into nothing. */
		EXPECT_EQ(-EFAULT, op(ops[j].fd, ops[j].number, self->mem.guard - 8));
	}
}

TEST_F(bad, open_cannot_be_told)
{
	struct ipcx_open open = {
		.name = addr(self->name), .name_len = strlen(self->name),
		.kind = IPCX_KIND_MBOX, .flags = MBOX_CREATE, .mode = 0600,
	};
	int fd = lowest_free_fd(), mbox;
	struct ipcx_stat stat;

	/* No object, no name and no fd are left of these. */
	EXPECT_EQ(-EFAULT, op(self->control, IPCX_OPEN,
			      as_readonly(&self->mem, &open, sizeof(open))));
	EXPECT_EQ(fd, lowest_free_fd());
	EXPECT_EQ(-ENOENT, open_mbox(self->name, IPCX_OPEN_WRITE, 0));
	mbox = open_mbox(self->name, MBOX_CREATE, 0600);
	ASSERT_LE(0, mbox);
	/* A right to send that nobody was told of is none, and no receiver. */
	open.flags = IPCX_OPEN_WRITE;
	open.mode = 0;
	EXPECT_EQ(-EFAULT, op(self->control, IPCX_OPEN,
			      as_readonly(&self->mem, &open, sizeof(open))));
	open = (struct ipcx_open) {
		.kind = IPCX_KIND_MBOX, .flags = IPCX_OPEN_WRITE | IPCX_OPEN_PORT,
	};
	ASSERT_EQ(0, get_stat(mbox, &stat));
	open.id = stat.id;
	EXPECT_EQ(-EFAULT, op(self->control, IPCX_OPEN,
			      as_readonly(&self->mem, &open, sizeof(open))));
	ASSERT_EQ(0, get_stat(mbox, &stat));
	EXPECT_EQ(1, stat.handles);
	EXPECT_EQ(IPCX_STAT_NAMED, stat.state);
	close(mbox);
}

/* ---- what the argument points to ---- */

TEST_F(bad, attributes)
{
	struct ipcx_mbox_attr attr = { 0 };
	struct ipcx_open open = {
		.name = addr(self->name), .name_len = strlen(self->name),
		.kind = IPCX_KIND_MBOX, .flags = MBOX_CREATE, .mode = 0600,
		.attr = addr(&attr), .attr_size = sizeof(attr),
	};
	size_t i;
	int fd;

	for (i = 0; i < self->mem.n; i++) {
		open.attr = self->mem.addrs[i];
		EXPECT_EQ(open.attr ? -EFAULT : -EINVAL, op(self->control, IPCX_OPEN, &open)) {
			TH_LOG("attr %#llx", self->mem.addrs[i]);
		}
	}
	open.attr = addr(at_edge(&self->mem, &attr, sizeof(attr) - 1));
	EXPECT_EQ(-EFAULT, op(self->control, IPCX_OPEN, &open));
	EXPECT_EQ(-ENOENT, open_mbox(self->name, IPCX_OPEN_WRITE, 0));
	open.attr_size = ~0U;
	EXPECT_EQ(-E2BIG, op(self->control, IPCX_OPEN, &open));
	/* Right up to the edge is fine. */
	open.attr = addr(at_edge(&self->mem, &attr, sizeof(attr)));
	open.attr_size = sizeof(attr);
	fd = op(self->control, IPCX_OPEN, &open);
	ASSERT_LE(0, fd);
	close(fd);
}

/* The name that a message is sent to. */
TEST_F(bad, destination)
{
	struct ipcx_mbox_msg msg = make_mail("x", 1, 0, 0);
	struct ipcx_post post = make_post(&msg, 1, IPCX_TO_NAME);
	int fd = open_mbox(self->name, MBOX_CREATE, 0600);
	size_t len = strlen(self->name), i;
	char room[8];
	struct ipcx_call call = make_call("x", 1, room, sizeof(room));

	ASSERT_LE(0, fd);
	post.dest_len = len;
	call.dest_len = len;
	call.flags = IPCX_TO_NAME;
	for (i = 0; i < self->mem.n; i++) {
		int expected = self->mem.addrs[i] ? -EFAULT : -EINVAL;

		post.dest = self->mem.addrs[i];
		EXPECT_EQ(expected, op(self->control, IPCX_POST, &post)) {
			TH_LOG("%#llx", self->mem.addrs[i]);
		}
		call.dest = self->mem.addrs[i];
		EXPECT_EQ(expected, op(self->control, IPCX_CALL, &call));
	}
	post.dest = addr(at_edge(&self->mem, self->name, len - 1));
	EXPECT_EQ(-EFAULT, op(self->control, IPCX_POST, &post));
	EXPECT_TRUE(is_empty(fd));
	post.dest = addr(at_edge(&self->mem, self->name, len));
	EXPECT_EQ(1, op(self->control, IPCX_POST, &post));
	EXPECT_EQ(1, drain_mail(fd));
	close(fd);
}

TEST_F(bad, huge_structures)
{
	static char zeroes[1 << 16];
	struct ipcx_mbox_msg msg = { 0 };
	struct ipcx_mbox_recv room = { 0 };
	struct ipcx_post post = make_post(&msg, 1, IPCX_XFER_NONBLOCK);
	struct ipcx_xfer xfer = make_mail_xfer(&room, 1, IPCX_XFER_NONBLOCK);

	post.msg_size = ~0U;
	xfer.msg_size = ~0U;
	EXPECT_EQ(-EINVAL, op(self->to, IPCX_POST, &post));
	EXPECT_EQ(-EINVAL, op(self->mbox, IPCX_RECV, &xfer));
	post.msg_size = ~7U;
	xfer.msg_size = ~7U;
	EXPECT_EQ(-E2BIG, op(self->to, IPCX_POST, &post));
	EXPECT_EQ(-E2BIG, op(self->mbox, IPCX_RECV, &xfer));
	/* With an array that could be read so far. */
	post.msgs = addr(zeroes);
	xfer.msgs = addr(zeroes);
	post.msg_size = 4096 + 8;
	xfer.msg_size = 4096 + 8;
	EXPECT_EQ(-E2BIG, op(self->to, IPCX_POST, &post));
	EXPECT_EQ(-E2BIG, op(self->mbox, IPCX_RECV, &xfer));
	post.msg_size = 4096;
	xfer.msg_size = 4096;
	EXPECT_EQ(1, op(self->to, IPCX_POST, &post));
	EXPECT_EQ(1, op(self->mbox, IPCX_RECV, &xfer));
}

/* ---- sending ---- */

TEST_F(bad, post_array)
{
	struct ipcx_mbox_msg msgs[3] = { { 0 } };
	struct ipcx_post post = make_post(msgs, 1, 0);
	size_t i;

	for (i = 0; i < self->mem.n; i++) {
		post.msgs = self->mem.addrs[i];
		EXPECT_EQ(-EFAULT, op(self->to, IPCX_POST, &post));
	}
	post.msgs = addr(at_edge(&self->mem, msgs, sizeof(msgs[0]) - 1));
	EXPECT_EQ(-EFAULT, op(self->to, IPCX_POST, &post));
	EXPECT_TRUE(is_empty(self->mbox));
	/* Two can be read, the third not. */
	post.msgs = addr(at_edge(&self->mem, msgs, 2 * sizeof(msgs[0])));
	post.count = 3;
	EXPECT_EQ(2, op(self->to, IPCX_POST, &post));
	EXPECT_EQ(2, drain_mail(self->mbox));
	post.count = IPCX_COUNT_MAX;
	EXPECT_EQ(2, op(self->to, IPCX_POST, &post));
	EXPECT_EQ(2, drain_mail(self->mbox));
}

/* Payloads of several lengths: they are copied in different ways. */
static const size_t lens[] = { 1, 3, 8, 63, 64, 65, 4096, 65536 };

TEST_F(bad, request_payload)
{
	static char bytes[65536];
	size_t i, j;

	for (j = 0; j < ARRAY_SIZE(lens); j++) {
		struct ipcx_mbox_msg msg = make_mail(bytes, lens[j], 0, 0);
		struct ipcx_post post = make_post(&msg, 1, 0);
		struct ipcx_call call = make_call(NULL, lens[j], bytes, sizeof(bytes));

		for (i = 0; i < self->mem.n; i++) {
			msg.buf = self->mem.addrs[i];
			post.flags = 0;
			EXPECT_EQ(-EFAULT, op(self->to, IPCX_POST, &post)) {
				TH_LOG("%zu bytes at %#llx", lens[j], self->mem.addrs[i]);
			}
			post.flags = IPCX_POST_SYNC;
			EXPECT_EQ(-EFAULT, op(self->to, IPCX_POST, &post));
			call.request.buf = self->mem.addrs[i];
			EXPECT_EQ(-EFAULT, op(self->to, IPCX_CALL, &call));
		}
		EXPECT_TRUE(is_empty(self->mbox));
		msg.buf = addr(bytes);
		post.flags = 0;
		EXPECT_EQ(1, op(self->to, IPCX_POST, &post));
		EXPECT_EQ(1, drain_mail(self->mbox));
	}
	/* An empty payload is nowhere. */
	for (i = 0; i < 3; i++)
		EXPECT_EQ(1, post_mail(self->to, (void *)(uintptr_t)self->mem.addrs[i], 0, 0, 0,
				       -1, 0));
	EXPECT_EQ(3, drain_mail(self->mbox));
}

static const struct ipcx_mbox_msg broken[] = {
	{ .buf = 8, .len = 8 }, { .len = 8, .flags = IPCX_MSG_IOV }, { .flags = 1U << 31 },
	{ .priority = IPCX_PRIO_MAX + 1 }, { .len = ~0ULL },
};

static const int broken_errors[] = { -EFAULT, -EFAULT, -EINVAL, -EINVAL, -EMSGSIZE };

/* The k-th is bad: those before it are sent, in order, and only those. */
TEST_F(bad, post_batch)
{
	struct ipcx_mbox_msg msgs[20];
	struct ipcx_post post = make_post(msgs, ARRAY_SIZE(msgs), 0);
	size_t k, i;

	for (k = 0; k < ARRAY_SIZE(msgs); k++) {
		for (i = 0; i < ARRAY_SIZE(msgs); i++)
			msgs[i] = make_mail(&msgs[i], 8, i, i);
		msgs[k] = broken[k % ARRAY_SIZE(broken)];
		EXPECT_EQ(k ? (int)k : -EFAULT, op(self->to, IPCX_POST, &post)) {
			TH_LOG("bad one at %zu", k);
		}
		for (i = 0; i < k; i++) {
			struct ipcx_mbox_recv got;
			char buf[8];

			ASSERT_EQ(1, recv_mail(self->mbox, buf, 8, &got, IPCX_XFER_NONBLOCK));
			ASSERT_EQ(i, got.type);
		}
		ASSERT_TRUE(is_empty(self->mbox));
	}
}

TEST_F(bad, broken_messages)
{
	struct ipcx_call call;
	struct ipcx_post post;
	char room[8];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(broken); i++) {
		post = make_post(&broken[i], 1, 0);
		EXPECT_EQ(broken_errors[i], op(self->to, IPCX_POST, &post)) {
			TH_LOG("case %zu", i);
		}
		post.flags = IPCX_POST_SYNC;
		EXPECT_EQ(broken_errors[i], op(self->to, IPCX_POST, &post));
		call = make_call(NULL, 0, room, sizeof(room));
		call.request = broken[i];
		EXPECT_EQ(broken_errors[i], op(self->to, IPCX_CALL, &call));
		EXPECT_TRUE(is_empty(self->mbox));
	}
}

/* ---- receiving ---- */

static void fill_numbers(struct __test_metadata *_metadata, env_t *env, int n)
{
	int i;

	for (i = 0; i < n; i++)
		ASSERT_EQ(1, post_number(env->to, i));
}

/* All from @from on are there, in order, and nothing else. */
static void expect_numbers(struct __test_metadata *_metadata, env_t *env, int from, int n)
{
	int i;

	for (i = from; i < n; i++) {
		__u64 number;

		ASSERT_EQ(1, take_number(env->mbox, &number));
		ASSERT_EQ((__u64)i, number);
	}
	ASSERT_TRUE(is_empty(env->mbox));
}

TEST_F(bad, recv_array)
{
	__u64 number;
	struct ipcx_mbox_recv rooms[3] = {
		make_room(&number, 8), make_room(&number, 8), make_room(&number, 8),
	};
	struct ipcx_xfer xfer = make_mail_xfer(rooms, 1, 0);
	size_t i;

	fill_numbers(_metadata, self, 5);
	for (i = 0; i < self->mem.n; i++) {
		xfer.msgs = self->mem.addrs[i];
		EXPECT_EQ(-EFAULT, op(self->mbox, IPCX_RECV, &xfer));
	}
	xfer.msgs = addr(at_edge(&self->mem, rooms, sizeof(rooms[0]) - 1));
	EXPECT_EQ(-EFAULT, op(self->mbox, IPCX_RECV, &xfer));
	/* The payload could be written, what is said about it not. */
	xfer.msgs = addr(as_readonly(&self->mem, rooms, sizeof(rooms)));
	EXPECT_EQ(-EFAULT, op(self->mbox, IPCX_RECV, &xfer));
	xfer.flags = IPCX_RECV_PEEK;
	EXPECT_EQ(-EFAULT, op(self->mbox, IPCX_RECV, &xfer));
	xfer.flags = 0;
	EXPECT_EQ(5, get_depth(self->mbox));
	/* Two can be read, the third not. */
	xfer.msgs = addr(at_edge(&self->mem, rooms, 2 * sizeof(rooms[0])));
	xfer.count = 3;
	EXPECT_EQ(2, op(self->mbox, IPCX_RECV, &xfer));
	expect_numbers(_metadata, self, 2, 5);
}

TEST_F(bad, recv_payload)
{
	static char bytes[65536];
	size_t i, j;

	for (j = 0; j < ARRAY_SIZE(lens); j++) {
		struct ipcx_mbox_recv room = make_room(bytes, sizeof(bytes));
		struct ipcx_xfer xfer = make_mail_xfer(&room, 1, 0);

		memset(bytes, 'a' + j, sizeof(bytes));
		ASSERT_EQ(1, post_mail(self->to, bytes, lens[j], 1, 1, -1, 0));
		ASSERT_EQ(1, post_mail(self->to, bytes, lens[j], 2, 1, -1, 0));
		for (i = 0; i < self->mem.n; i++) {
			room = (struct ipcx_mbox_recv) {
				.buf = self->mem.addrs[i], .len = sizeof(bytes),
			};
			xfer.flags = 0;
			EXPECT_EQ(-EFAULT, op(self->mbox, IPCX_RECV, &xfer)) {
				TH_LOG("%zu bytes at %#llx", lens[j], self->mem.addrs[i]);
			}
			xfer.flags = IPCX_RECV_PEEK;
			EXPECT_EQ(-EFAULT, op(self->mbox, IPCX_RECV, &xfer));
		}
		xfer.flags = 0;
		room.buf = addr(self->mem.readonly);
		EXPECT_EQ(-EFAULT, op(self->mbox, IPCX_RECV, &xfer));
		room.buf = addr(self->mem.guard - (lens[j] > 8192 ? 4096 : lens[j] / 2));
		EXPECT_EQ(-EFAULT, op(self->mbox, IPCX_RECV, &xfer));
		EXPECT_EQ(2, get_depth(self->mbox));
		/* In order, and whole. */
		for (i = 1; i <= 2; i++) {
			memset(bytes, 0, sizeof(bytes));
			room = make_room(bytes, sizeof(bytes));
			ASSERT_EQ(1, op(self->mbox, IPCX_RECV, &xfer));
			EXPECT_EQ(i, room.type);
			EXPECT_EQ(lens[j], room.len);
			EXPECT_EQ('a' + (int)j, bytes[0]);
			EXPECT_EQ('a' + (int)j, bytes[lens[j] - 1]);
		}
		EXPECT_TRUE(is_empty(self->mbox));
	}
}

/* The k-th has no memory: those before it are received, the others stay. */
TEST_F(bad, recv_batch)
{
	__u64 numbers[20];
	struct ipcx_mbox_recv rooms[ARRAY_SIZE(numbers)];
	struct ipcx_xfer xfer = make_mail_xfer(rooms, ARRAY_SIZE(rooms), 0);
	size_t k, i;

	for (k = 0; k < ARRAY_SIZE(rooms); k++) {
		fill_numbers(_metadata, self, ARRAY_SIZE(rooms));
		for (i = 0; i < ARRAY_SIZE(rooms); i++)
			rooms[i] = make_room(&numbers[i], 8);
		switch (k % 3) {
		case 0:
			rooms[k].buf = self->mem.addrs[k % self->mem.n];
			break;
		case 1:
			rooms[k].flags = 1U << 31;
			break;
		default:
			rooms[k].buf = 8;
			rooms[k].flags = IPCX_MSG_IOV;
		}
		EXPECT_EQ(k ? (int)k : -EFAULT, op(self->mbox, IPCX_RECV, &xfer)) {
			TH_LOG("bad one at %zu", k);
		}
		for (i = 0; i < k; i++)
			ASSERT_EQ(i, numbers[i]);
		expect_numbers(_metadata, self, k, ARRAY_SIZE(rooms));
	}
}

/* The needed length cannot be told. */
TEST_F(bad, recv_length_cannot_be_told)
{
	char byte;
	struct ipcx_mbox_recv room = make_room(&byte, 1);
	struct ipcx_xfer xfer = make_mail_xfer(&room, 1, 0);

	ASSERT_EQ(1, post_number(self->to, 5));
	xfer.msgs = addr(as_readonly(&self->mem, &room, sizeof(room)));
	EXPECT_EQ(-EFAULT, op(self->mbox, IPCX_RECV, &xfer));
	xfer.msgs = addr(&room);
	EXPECT_EQ(-EMSGSIZE, op(self->mbox, IPCX_RECV, &xfer));
	EXPECT_EQ(8, room.len);
	EXPECT_EQ(1, drain_mail(self->mbox));
}

struct blocked {
	int fd;
	__u64 buf;
};

static int receive_into(void *arg)
{
	struct blocked *blocked = arg;
	struct ipcx_mbox_recv room = { .buf = blocked->buf, .len = 8 };
	struct ipcx_xfer xfer = make_mail_xfer(&room, 1, 0);
	int ret = op(blocked->fd, IPCX_RECV, &xfer);

	return ret < 0 ? -ret : 0;
}

/* Handed a message that it cannot take: the next in line gets it. */
TEST_F(bad, blocked_receiver)
{
	size_t i;

	for (i = 0; i < self->mem.n; i++) {
		__u64 number = 0;
		struct blocked faulty = { self->mbox, self->mem.addrs[i] };
		struct blocked good = { self->mbox, addr(&number) };
		pid_t first, second;

		first = spawn(receive_into, &faulty);
		ASSERT_EQ(0, wait_receivers(self->mbox, 1));
		second = spawn(receive_into, &good);
		ASSERT_EQ(0, wait_receivers(self->mbox, 2));
		ASSERT_EQ(1, post_number(self->to, 1));
		EXPECT_EQ(EFAULT, reap(first));
		EXPECT_EQ(0, reap(second));
		EXPECT_TRUE(is_empty(self->mbox));
		/* Alone: the message is left for whoever comes. */
		first = spawn(receive_into, &faulty);
		ASSERT_EQ(0, wait_receivers(self->mbox, 1));
		ASSERT_EQ(1, post_number(self->to, 2));
		EXPECT_EQ(EFAULT, reap(first));
		EXPECT_EQ(1, take_number(self->mbox, &number));
		EXPECT_EQ(2, number);
	}
}

/* ---- scattered payloads ---- */

static int post_iov(env_t *env, __u64 iov, __u64 count)
{
	struct ipcx_mbox_msg msg = { .buf = iov, .len = count, .flags = IPCX_MSG_IOV };
	struct ipcx_post post = make_post(&msg, 1, IPCX_XFER_NONBLOCK);

	return op(env->to, IPCX_POST, &post);
}

static int recv_iov(env_t *env, __u64 iov, __u64 count)
{
	struct ipcx_mbox_recv room = { .buf = iov, .len = count, .flags = IPCX_MSG_IOV };
	struct ipcx_xfer xfer = make_mail_xfer(&room, 1, IPCX_XFER_NONBLOCK);

	return op(env->mbox, IPCX_RECV, &xfer);
}

TEST_F(bad, iov_array)
{
	static struct ipcx_iovec iov[IPCX_IOV_MAX + 1];
	char byte = 'x';
	size_t i;

	for (i = 0; i < ARRAY_SIZE(iov); i++)
		iov[i] = (struct ipcx_iovec) { addr(&byte), 1 };
	EXPECT_EQ(-EINVAL, post_iov(self, addr(iov), IPCX_IOV_MAX + 1));
	EXPECT_EQ(-EINVAL, post_iov(self, addr(iov), ~0ULL));
	EXPECT_EQ(-EINVAL, post_iov(self, addr(iov), (1ULL << 32) + 1));
	for (i = 0; i < self->mem.n; i++)
		EXPECT_EQ(-EFAULT, post_iov(self, self->mem.addrs[i], IPCX_IOV_MAX));
	EXPECT_EQ(-EFAULT, post_iov(self, addr(at_edge(&self->mem, iov, 40)), 3));
	EXPECT_TRUE(is_empty(self->mbox));
	EXPECT_EQ(1, post_iov(self, addr(iov), IPCX_IOV_MAX));

	EXPECT_EQ(-EINVAL, recv_iov(self, addr(iov), IPCX_IOV_MAX + 1));
	EXPECT_EQ(-EINVAL, recv_iov(self, addr(iov), ~0ULL));
	EXPECT_EQ(-EINVAL, recv_iov(self, addr(iov), 1ULL << 32));
	for (i = 0; i < self->mem.n; i++)
		EXPECT_EQ(-EFAULT, recv_iov(self, self->mem.addrs[i], 1));
	EXPECT_EQ(-EMSGSIZE, recv_iov(self, addr(iov), IPCX_IOV_MAX - 1));
	EXPECT_EQ(1, get_depth(self->mbox));
	EXPECT_EQ(1, recv_iov(self, addr(iov), IPCX_IOV_MAX));
}

TEST_F(bad, iov_buffers)
{
	char first[8] = "abcdefg", second[8] = "1234567", out[16];
	struct ipcx_iovec iov[] = { { addr(first), 8 }, { addr(second), 8 } };
	size_t i;

	for (i = 0; i < self->mem.n; i++) {
		iov[1].base = self->mem.addrs[i];
		EXPECT_EQ(-EFAULT, post_iov(self, addr(iov), 2));
	}
	EXPECT_TRUE(is_empty(self->mbox));
	iov[1].base = addr(second);
	ASSERT_EQ(1, post_iov(self, addr(iov), 2));
	for (i = 0; i < self->mem.n; i++) {
		iov[1].base = self->mem.addrs[i];
		EXPECT_EQ(-EFAULT, recv_iov(self, addr(iov), 2));
	}
	EXPECT_EQ(1, get_depth(self->mbox));
	ASSERT_EQ(1, recv_mail(self->mbox, out, sizeof(out), NULL, 0));
	EXPECT_EQ(0, memcmp(out, "abcdefg\0" "1234567", 16));
	/* None at all is a message of no length. */
	EXPECT_EQ(1, post_iov(self, 0, 0));
	EXPECT_EQ(1, recv_iov(self, 0, 0));
}

TEST_F(bad, lengths)
{
	static const __u64 huge[] = {
		65537, 1ULL << 31, 0xffffffff, 1ULL << 32, (1ULL << 32) + 1,
		1ULL << 63, ~0ULL, ~0ULL - 7,
	};
	__u64 number = 9;
	struct ipcx_mbox_msg msg = make_mail(&number, 8, 0, 0);
	struct ipcx_post post = make_post(&msg, 1, IPCX_XFER_NONBLOCK);
	struct ipcx_mbox_recv room;
	struct ipcx_xfer xfer = make_mail_xfer(&room, 1, IPCX_XFER_NONBLOCK);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(huge); i++) {
		msg.len = huge[i];
		EXPECT_EQ(-EMSGSIZE, op(self->to, IPCX_POST, &post));
	}
	EXPECT_TRUE(is_empty(self->mbox));
	/* Room is only a bound. */
	for (i = 0; i < ARRAY_SIZE(huge); i++) {
		ASSERT_EQ(1, post_number(self->to, i));
		room = make_room(&number, 0);
		room.len = huge[i];
		EXPECT_EQ(1, op(self->mbox, IPCX_RECV, &xfer)) {
			TH_LOG("%#llx", huge[i]);
		}
		EXPECT_EQ(8, room.len);
		EXPECT_EQ(i, number);
		drain_mail(self->mbox);
	}
}

/* ---- fds ---- */

TEST_F(bad, closed_and_foreign_fds)
{
	int fd = open_port(self->port, 0), own = new_mbox(NULL), pipes[2];
	__u64 number;

	ASSERT_LE(0, fd);
	ASSERT_LE(0, own);
	ASSERT_EQ(0, pipe(pipes));
	EXPECT_EQ(1, post_mail(self->to, "x", 1, 0, 0, own, 0));
	close(fd);
	close(own);
	EXPECT_EQ(-EBADF, try_post_number(fd, 1));
	EXPECT_EQ(-EBADF, call_number(fd, 1, &number));
	EXPECT_EQ(-EBADF, take_number(own, &number));
	EXPECT_EQ(-EBADF, reply_number(own, 1, 1));
	EXPECT_EQ(-EBADF, try_post_number(-1, 1));
	EXPECT_EQ(-EBADF, try_post_number(INT_MAX, 1));
	EXPECT_EQ(-EBADF, post_mail(self->to, "x", 1, 0, 0, own, 0));
	EXPECT_EQ(-EINVAL, post_mail(self->to, "x", 1, 0, 0, pipes[0], 0));
	EXPECT_EQ(-ENOTTY, try_post_number(pipes[1], 1));
	EXPECT_EQ(1, drain_mail(self->mbox));
	close(pipes[0]);
	close(pipes[1]);
}

TEST_F(bad, o_path)
{
	char path[64];
	__u64 number;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->mbox);
	fd = open(path, O_PATH | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EBADF, take_number(fd, &number));
	EXPECT_EQ(-EBADF, reply_number(fd, 1, 1));
	EXPECT_EQ(-EBADF, post_mail(self->to, "x", 1, 0, 0, fd, 0));
	close(fd);
	/* The way to the inode was no right to receive: the mailbox lives. */
	EXPECT_EQ(1, try_post_number(self->to, 1));
	EXPECT_EQ(1, drain_mail(self->mbox));
}

/* No fd is free: no mailbox is left, and none opened. */
static int without_fds(void *arg)
{
	env_t *env = arg;
	struct ipcx_open open = {
		.name = addr(env->name), .name_len = strlen(env->name),
		.kind = IPCX_KIND_MBOX, .flags = MBOX_CREATE | IPCX_OPEN_EXCL, .mode = 0600,
	};
	struct ipcx_open port = {
		.kind = IPCX_KIND_MBOX, .flags = IPCX_OPEN_WRITE | IPCX_OPEN_PORT,
		.id = env->port,
	};
	int last = -1, fd;

	while ((fd = dup(0)) >= 0)
		last = fd;
	MUST_BE(-EMFILE, op(env->control, IPCX_OPEN, &open));
	MUST_BE(-EMFILE, op(env->control, IPCX_OPEN, &port));
	close(last);
	open.flags = IPCX_OPEN_WRITE;
	open.mode = 0;
	MUST_BE(-ENOENT, op(env->control, IPCX_OPEN, &open));
	MUST_BE(last, op(env->control, IPCX_OPEN, &port));
	return 0;
}

TEST_F(bad, no_free_fd)
{
	EXPECT_EQ(0, in_child(without_fds, self));
}

TEST_HARNESS_MAIN
