// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Bad pointers, bad lengths, huge counts: the documented error, nothing half
 * done, nothing lost. What is no ioctl, and fds that are none, are in
 * badinput_fd.c, what mailboxes have in mbox_badinput.c.
 */
#include "badinput.h"

/* ---- the argument itself ---- */

TEST_F(bad, argument)
{
	static const unsigned long on_control[] = { IPCX_INFO, IPCX_OPEN, IPCX_UNLINK, IPCX_LIST };
	static const unsigned long on_queue[] = {
		IPCX_INFO, IPCX_STAT, IPCX_SEND, IPCX_RECV, IPCX_NOTIFY,
	};
	size_t i, j;

	for (i = 0; i < self->mem.n; i++) {
		void *arg = (void *)(uintptr_t)self->mem.addrs[i];

		if (addr(arg) != self->mem.addrs[i])
			continue;
		for (j = 0; j < ARRAY_SIZE(on_control); j++)
			EXPECT_EQ(-EFAULT, op(self->control, on_control[j], arg));
		for (j = 0; j < ARRAY_SIZE(on_queue); j++)
			EXPECT_EQ(-EFAULT, op(self->queue, on_queue[j], arg));
	}
	/* It begins well and goes on into nothing. */
	for (j = 0; j < ARRAY_SIZE(on_control); j++)
		EXPECT_EQ(-EFAULT, op(self->control, on_control[j], self->mem.guard - 8));
	for (j = 0; j < ARRAY_SIZE(on_queue); j++)
		EXPECT_EQ(-EFAULT, op(self->queue, on_queue[j], self->mem.guard - 8));
}

TEST_F(bad, argument_cannot_be_written)
{
	struct ipcx_info info = { 0 };
	struct ipcx_open open = {
		.name = addr(self->name), .name_len = strlen(self->name),
		.kind = IPCX_KIND_QUEUE, .flags = CREATE_RW, .mode = 0600,
	};
	struct ipcx_stat entry;
	struct ipcx_list list = {
		.entries = addr(&entry), .count = 1, .entry_size = sizeof(entry),
	};
	int fd = lowest_free_fd();

	EXPECT_EQ(-EFAULT, op(self->control, IPCX_INFO,
			      as_readonly(&self->mem, &info, sizeof(info))));
	EXPECT_EQ(-EFAULT, op(self->queue, IPCX_STAT, self->mem.readonly));
	EXPECT_EQ(-EFAULT, op(self->control, IPCX_LIST,
			      as_readonly(&self->mem, &list, sizeof(list))));
	/* No object, no name and no fd are left of this one. */
	EXPECT_EQ(-EFAULT, op(self->control, IPCX_OPEN,
			      as_readonly(&self->mem, &open, sizeof(open))));
	EXPECT_EQ(fd, lowest_free_fd());
	EXPECT_EQ(-ENOENT, open_queue(self->name, RW, 0));
	open.name = 0;
	open.name_len = 0;
	EXPECT_EQ(-EFAULT, op(self->control, IPCX_OPEN,
			      as_readonly(&self->mem, &open, sizeof(open))));
	EXPECT_EQ(fd, lowest_free_fd());
}

/* An existing object that could not be opened is as it was. */
TEST_F(bad, open_existing_cannot_be_told)
{
	struct ipcx_open open = {
		.name = addr(self->name), .name_len = strlen(self->name),
		.kind = IPCX_KIND_QUEUE, .flags = RW,
	};
	struct ipcx_stat stat;
	int fd;

	fd = open_queue(self->name, CREATE_RW, 0600);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EFAULT, op(self->control, IPCX_OPEN,
			      as_readonly(&self->mem, &open, sizeof(open))));
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(1, stat.handles);
	EXPECT_EQ(IPCX_STAT_NAMED, stat.state);
	EXPECT_EQ(0, unlink_name(self->name));
	close(fd);
}

/* ---- what the argument points to ---- */

TEST_F(bad, name_and_attributes)
{
	size_t len = strlen(self->name), i;
	struct ipcx_queue_attr attr = { 0 };
	struct ipcx_open open = {
		.name = addr(self->name), .name_len = len,
		.kind = IPCX_KIND_QUEUE, .flags = CREATE_RW, .mode = 0600,
		.attr = addr(&attr), .attr_size = sizeof(attr),
	};
	struct ipcx_unlink unlink = { .name_len = len };
	int fd;

	for (i = 0; i < self->mem.n; i++) {
		/* Address 0 is no name at all. */
		int expected = self->mem.addrs[i] ? -EFAULT : -EINVAL;

		open.name = self->mem.addrs[i];
		EXPECT_EQ(expected, op(self->control, IPCX_OPEN, &open)) {
			TH_LOG("name %#llx", self->mem.addrs[i]);
		}
		unlink.name = self->mem.addrs[i];
		EXPECT_EQ(expected, op(self->control, IPCX_UNLINK, &unlink));
		open.name = addr(self->name);
		open.attr = self->mem.addrs[i];
		EXPECT_EQ(expected, op(self->control, IPCX_OPEN, &open)) {
			TH_LOG("attr %#llx", self->mem.addrs[i]);
		}
		open.attr = addr(&attr);
	}
	open.name = addr(at_edge(&self->mem, self->name, len - 1));
	EXPECT_EQ(-EFAULT, op(self->control, IPCX_OPEN, &open));
	open.name = addr(self->name);
	open.attr = addr(at_edge(&self->mem, &attr, sizeof(attr) - 1));
	EXPECT_EQ(-EFAULT, op(self->control, IPCX_OPEN, &open));
	open.attr = addr(at_edge(&self->mem, &attr, sizeof(attr)));
	open.attr_size = sizeof(attr) + 1;
	EXPECT_EQ(-EFAULT, op(self->control, IPCX_OPEN, &open));
	/* Right up to the edge is fine. */
	open.attr_size = sizeof(attr);
	fd = op(self->control, IPCX_OPEN, &open);
	ASSERT_LE(0, fd);
	close(fd);
	unlink.name = addr(at_edge(&self->mem, self->name, len - 1));
	EXPECT_EQ(-EFAULT, op(self->control, IPCX_UNLINK, &unlink));
	unlink.name = addr(at_edge(&self->mem, self->name, len));
	EXPECT_EQ(0, op(self->control, IPCX_UNLINK, &unlink));
}

TEST_F(bad, huge_structures)
{
	static char zeroes[1 << 16];
	struct ipcx_open open = {
		.kind = IPCX_KIND_QUEUE, .flags = CREATE_RW,
		.attr = addr(zeroes), .attr_size = ~0U,
	};
	struct ipcx_msg msg = { 0 };
	struct ipcx_xfer xfer = make_xfer(&msg, 1, IPCX_XFER_NONBLOCK);

	EXPECT_EQ(-E2BIG, op(self->control, IPCX_OPEN, &open));
	open.attr_size = sizeof(zeroes);
	EXPECT_EQ(-E2BIG, op(self->control, IPCX_OPEN, &open));
	xfer.msg_size = ~0U;
	EXPECT_EQ(-EINVAL, op(self->queue, IPCX_SEND, &xfer));
	EXPECT_EQ(-EINVAL, op(self->queue, IPCX_RECV, &xfer));
	xfer.msg_size = ~7U;
	EXPECT_EQ(-E2BIG, op(self->queue, IPCX_SEND, &xfer));
	EXPECT_EQ(-E2BIG, op(self->queue, IPCX_RECV, &xfer));
	/* With an array that could be read so far. */
	xfer.msgs = addr(zeroes);
	xfer.msg_size = 4096 + 8;
	EXPECT_EQ(-E2BIG, op(self->queue, IPCX_SEND, &xfer));
	EXPECT_EQ(-E2BIG, op(self->queue, IPCX_RECV, &xfer));
	xfer.msg_size = 4096;
	EXPECT_EQ(1, op(self->queue, IPCX_SEND, &xfer));
	EXPECT_EQ(1, op(self->queue, IPCX_RECV, &xfer));
	EXPECT_TRUE(is_empty(self->queue));
}

TEST_F(bad, list_entries)
{
	struct ipcx_list list = { .count = 3, .entry_size = sizeof(struct ipcx_stat) };
	int others[3], i, n, total = 0;
	size_t j;

	for (i = 0; i < 3; i++)
		others[i] = new_queue(0, NULL);
	for (j = 0; j < self->mem.n; j++) {
		list.cursor = 0;
		list.entries = self->mem.addrs[j];
		EXPECT_EQ(-EFAULT, op(self->control, IPCX_LIST, &list)) {
			TH_LOG("%#llx", self->mem.addrs[j]);
		}
		EXPECT_EQ(0, list.cursor);
	}
	list.entries = addr(self->mem.readonly);
	EXPECT_EQ(-EFAULT, op(self->control, IPCX_LIST, &list));
	/* Room for two of three: the walk goes on where it could not. */
	list.entries = addr(self->mem.guard - 2 * sizeof(struct ipcx_stat));
	while (total < 4) {
		list.count = 3;
		n = op(self->control, IPCX_LIST, &list);
		if (n == -EFAULT) {
			list.count = 2;
			n = op(self->control, IPCX_LIST, &list);
		}
		ASSERT_LT(0, n);
		total += n;
	}
	EXPECT_EQ(4, total);
	/* A count beyond all memory is only a bound. */
	list.cursor = 0;
	list.count = ~0U;
	list.entries = addr(calloc(10, sizeof(struct ipcx_stat)));
	EXPECT_EQ(4, op(self->control, IPCX_LIST, &list));
	for (i = 0; i < 3; i++)
		close(others[i]);
}

/* ---- sending ---- */

TEST_F(bad, send_array)
{
	struct ipcx_msg msgs[3] = { 0 };
	struct ipcx_xfer xfer = make_xfer(msgs, 1, 0);
	__u64 type;
	size_t i;

	for (i = 0; i < self->mem.n; i++) {
		xfer.msgs = self->mem.addrs[i];
		EXPECT_EQ(-EFAULT, op(self->queue, IPCX_SEND, &xfer));
	}
	xfer.msgs = addr(at_edge(&self->mem, msgs, sizeof(msgs[0]) - 1));
	EXPECT_EQ(-EFAULT, op(self->queue, IPCX_SEND, &xfer));
	EXPECT_TRUE(is_empty(self->queue));
	/* Two can be read, the third not. */
	for (type = 0; type < 3; type++)
		msgs[type].type = type;
	xfer.msgs = addr(at_edge(&self->mem, msgs, 2 * sizeof(msgs[0])));
	xfer.count = 3;
	EXPECT_EQ(2, op(self->queue, IPCX_SEND, &xfer));
	EXPECT_EQ(2, drain(self->queue));
	xfer.count = IPCX_COUNT_MAX;
	EXPECT_EQ(2, op(self->queue, IPCX_SEND, &xfer));
	EXPECT_EQ(2, drain(self->queue));
}

/* Payloads of several lengths: they are copied in different ways. */
static const size_t lens[] = { 1, 3, 8, 63, 64, 65, 4096, 65536 };

TEST_F(bad, send_payload)
{
	static char bytes[65536];
	size_t i, j;

	for (j = 0; j < ARRAY_SIZE(lens); j++) {
		struct ipcx_msg msg = make_msg(bytes, lens[j], 0, 0);
		struct ipcx_xfer xfer = make_xfer(&msg, 1, 0);

		for (i = 0; i < self->mem.n; i++) {
			msg.buf = self->mem.addrs[i];
			EXPECT_EQ(-EFAULT, op(self->queue, IPCX_SEND, &xfer)) {
				TH_LOG("%zu bytes at %#llx", lens[j], self->mem.addrs[i]);
			}
		}
		msg.buf = addr(self->mem.guard - lens[j] / 2);
		if (lens[j] / 2 <= 4096)
			EXPECT_EQ(-EFAULT, op(self->queue, IPCX_SEND, &xfer));
		EXPECT_TRUE(is_empty(self->queue));
		msg.buf = addr(bytes);
		EXPECT_EQ(1, op(self->queue, IPCX_SEND, &xfer));
		EXPECT_EQ(1, drain(self->queue));
	}
	/* An empty payload is nowhere; the three are addresses of user space. */
	for (i = 0; i < 3; i++)
		EXPECT_EQ(1, send_msg(self->queue, (void *)(uintptr_t)self->mem.addrs[i], 0, 0, 0,
				      0));
	EXPECT_EQ(3, drain(self->queue));
}

/* The k-th is bad: those before it are sent, in order, and only those. */
TEST_F(bad, send_batch)
{
	struct ipcx_msg msgs[40];
	struct ipcx_xfer xfer = make_xfer(msgs, ARRAY_SIZE(msgs), 0);
	size_t k, i;

	for (k = 0; k < ARRAY_SIZE(msgs); k++) {
		static const struct ipcx_msg broken[] = {
			{ .buf = 8, .len = 8 },
			{ .len = 8, .flags = IPCX_MSG_IOV },
			{ .flags = 1U << 31 },
			{ .priority = IPCX_PRIO_MAX + 1 },
			{ .len = ~0ULL },
		};
		static const int errors[] = { -EFAULT, -EFAULT, -EINVAL, -EINVAL, -EMSGSIZE };

		for (i = 0; i < ARRAY_SIZE(msgs); i++)
			msgs[i] = make_msg(&msgs[i], 8, i, 0);
		msgs[k] = broken[k % ARRAY_SIZE(broken)];
		EXPECT_EQ(k ? (int)k : errors[0], op(self->queue, IPCX_SEND, &xfer)) {
			TH_LOG("bad one at %zu", k);
		}
		for (i = 0; i < k; i++) {
			struct ipcx_msg got;
			char buf[8];

			ASSERT_EQ(1, recv_msg(self->queue, buf, 8, &got, IPCX_XFER_NONBLOCK));
			ASSERT_EQ(i, got.type);
		}
		ASSERT_TRUE(is_empty(self->queue));
	}
	/* Each of them first: its own error, and nothing sent. */
	for (i = 0; i < 5; i++) {
		static const struct ipcx_msg broken[] = {
			{ .buf = 8, .len = 8 }, { .len = 8, .flags = IPCX_MSG_IOV },
			{ .flags = 1U << 31 }, { .priority = IPCX_PRIO_MAX + 1 }, { .len = ~0ULL },
		};
		static const int errors[] = { -EFAULT, -EFAULT, -EINVAL, -EINVAL, -EMSGSIZE };

		msgs[0] = broken[i];
		EXPECT_EQ(errors[i], op(self->queue, IPCX_SEND, &xfer)) {
			TH_LOG("case %zu", i);
		}
		EXPECT_TRUE(is_empty(self->queue));
	}
}

/* ---- receiving ---- */

TEST_F(bad, recv_array)
{
	__u64 number;
	struct ipcx_msg msgs[3] = {
		make_msg(&number, 8, 0, 0), make_msg(&number, 8, 0, 0), make_msg(&number, 8, 0, 0),
	};
	struct ipcx_xfer xfer = make_xfer(msgs, 1, 0);
	size_t i;

	fill_numbers(_metadata, self->queue, 5);
	for (i = 0; i < self->mem.n; i++) {
		xfer.msgs = self->mem.addrs[i];
		EXPECT_EQ(-EFAULT, op(self->queue, IPCX_RECV, &xfer));
	}
	xfer.msgs = addr(at_edge(&self->mem, msgs, sizeof(msgs[0]) - 1));
	EXPECT_EQ(-EFAULT, op(self->queue, IPCX_RECV, &xfer));
	/* The payload could be written, what is said about it not. */
	xfer.msgs = addr(as_readonly(&self->mem, msgs, sizeof(msgs)));
	EXPECT_EQ(-EFAULT, op(self->queue, IPCX_RECV, &xfer));
	xfer.flags = IPCX_RECV_PEEK;
	EXPECT_EQ(-EFAULT, op(self->queue, IPCX_RECV, &xfer));
	xfer.flags = 0;
	EXPECT_EQ(5, get_depth(self->queue));
	/* Two can be read, the third not. */
	xfer.msgs = addr(at_edge(&self->mem, msgs, 2 * sizeof(msgs[0])));
	xfer.count = 3;
	EXPECT_EQ(2, op(self->queue, IPCX_RECV, &xfer));
	expect_numbers(_metadata, self->queue, 2, 5);
}

TEST_F(bad, recv_payload)
{
	static char bytes[65536];
	size_t i, j;

	for (j = 0; j < ARRAY_SIZE(lens); j++) {
		struct ipcx_msg msg = make_msg(bytes, sizeof(bytes), 0, 0);
		struct ipcx_xfer xfer = make_xfer(&msg, 1, 0);

		memset(bytes, 'a' + j, sizeof(bytes));
		ASSERT_EQ(1, send_msg(self->queue, bytes, lens[j], 1, 1, 0));
		ASSERT_EQ(1, send_msg(self->queue, bytes, lens[j], 2, 1, 0));
		for (i = 0; i < self->mem.n; i++) {
			msg.buf = self->mem.addrs[i];
			msg.len = sizeof(bytes);
			xfer.flags = 0;
			EXPECT_EQ(-EFAULT, op(self->queue, IPCX_RECV, &xfer)) {
				TH_LOG("%zu bytes at %#llx", lens[j], self->mem.addrs[i]);
			}
			xfer.flags = IPCX_RECV_PEEK;
			EXPECT_EQ(-EFAULT, op(self->queue, IPCX_RECV, &xfer));
		}
		xfer.flags = 0;
		msg.buf = addr(self->mem.readonly);
		EXPECT_EQ(-EFAULT, op(self->queue, IPCX_RECV, &xfer));
		msg.buf = addr(self->mem.guard - (lens[j] > 8192 ? 4096 : lens[j] / 2));
		EXPECT_EQ(-EFAULT, op(self->queue, IPCX_RECV, &xfer));
		EXPECT_EQ(2, get_depth(self->queue));
		/* In order, and whole. */
		msg.buf = addr(bytes);
		for (i = 1; i <= 2; i++) {
			memset(bytes, 0, sizeof(bytes));
			msg.len = sizeof(bytes);
			ASSERT_EQ(1, op(self->queue, IPCX_RECV, &xfer));
			EXPECT_EQ(i, msg.type);
			EXPECT_EQ(lens[j], msg.len);
			EXPECT_EQ('a' + (int)j, bytes[0]);
			EXPECT_EQ('a' + (int)j, bytes[lens[j] - 1]);
		}
		EXPECT_TRUE(is_empty(self->queue));
	}
}

/* The k-th has no memory: those before it are received, the others stay. */
TEST_F(bad, recv_batch)
{
	__u64 numbers[40];
	struct ipcx_msg msgs[ARRAY_SIZE(numbers)];
	struct ipcx_xfer xfer = make_xfer(msgs, ARRAY_SIZE(msgs), 0);
	size_t k, i;

	for (k = 0; k < ARRAY_SIZE(msgs); k++) {
		fill_numbers(_metadata, self->queue, ARRAY_SIZE(msgs));
		for (i = 0; i < ARRAY_SIZE(msgs); i++)
			msgs[i] = make_msg(&numbers[i], 8, 0, 0);
		switch (k % 3) {
		case 0:
			msgs[k].buf = self->mem.addrs[k % self->mem.n];
			break;
		case 1:
			msgs[k].flags = 1U << 31;
			break;
		default:
			msgs[k].buf = 8;
			msgs[k].flags = IPCX_MSG_IOV;
		}
		EXPECT_EQ(k ? (int)k : -EFAULT, op(self->queue, IPCX_RECV, &xfer)) {
			TH_LOG("bad one at %zu", k);
		}
		for (i = 0; i < k; i++)
			ASSERT_EQ(i, numbers[i]);
		expect_numbers(_metadata, self->queue, k, ARRAY_SIZE(msgs));
	}
}

/* A message too long for a later entry only ends the batch. */
TEST_F(bad, recv_batch_room)
{
	char room[3][4];
	struct ipcx_msg msgs[3];
	struct ipcx_xfer xfer = make_xfer(msgs, 3, 0);
	size_t i;

	ASSERT_EQ(1, send_msg(self->queue, "ab", 2, 1, 0, 0));
	ASSERT_EQ(1, send_msg(self->queue, "abcdefgh", 8, 2, 0, 0));
	for (i = 0; i < 3; i++)
		msgs[i] = make_msg(room[i], 4, 77, 77);
	EXPECT_EQ(1, op(self->queue, IPCX_RECV, &xfer));
	/* Entries that were not done are as before. */
	EXPECT_EQ(4, msgs[1].len);
	EXPECT_EQ(77, msgs[1].type);
	msgs[0] = make_msg(room[0], 4, 77, 77);
	EXPECT_EQ(-EMSGSIZE, op(self->queue, IPCX_RECV, &xfer));
	EXPECT_EQ(8, msgs[0].len);
	EXPECT_EQ(1, get_depth(self->queue));
	/* The needed length cannot be told. */
	msgs[0].len = 4;
	xfer.msgs = addr(as_readonly(&self->mem, msgs, sizeof(msgs)));
	EXPECT_EQ(-EFAULT, op(self->queue, IPCX_RECV, &xfer));
	EXPECT_EQ(1, drain(self->queue));
}

struct blocked {
	int fd;
	__u64 buf;
};

static int receive_into(void *arg)
{
	struct blocked *blocked = arg;
	struct ipcx_msg msg = { .buf = blocked->buf, .len = 8 };
	struct ipcx_xfer xfer = make_xfer(&msg, 1, 0);

	return -op(blocked->fd, IPCX_RECV, &xfer);
}

/* Handed a message that it cannot take: the next in line gets it. */
TEST_F(bad, blocked_receiver)
{
	size_t i;

	for (i = 0; i < self->mem.n; i++) {
		__u64 number = 0;
		struct blocked faulty = { self->queue, self->mem.addrs[i] };
		struct blocked good = { self->queue, addr(&number) };
		pid_t first, second;

		first = spawn(receive_into, &faulty);
		ASSERT_EQ(0, wait_receivers(self->queue, 1));
		second = spawn(receive_into, &good);
		ASSERT_EQ(0, wait_receivers(self->queue, 2));
		ASSERT_EQ(1, send_number(self->queue, 1, 0));
		EXPECT_EQ(EFAULT, reap(first));
		EXPECT_EQ(255, reap(second));
		EXPECT_TRUE(is_empty(self->queue));
		/* Alone: the message is left for whoever comes. */
		first = spawn(receive_into, &faulty);
		ASSERT_EQ(0, wait_receivers(self->queue, 1));
		ASSERT_EQ(1, send_number(self->queue, 2, 0));
		EXPECT_EQ(EFAULT, reap(first));
		EXPECT_EQ(1, try_recv_number(self->queue, &number));
		EXPECT_EQ(2, number);
	}
}

/* ---- scattered payloads ---- */

static int send_iov(env_t *env, __u64 iov, __u64 count)
{
	struct ipcx_msg msg = { .buf = iov, .len = count, .flags = IPCX_MSG_IOV };
	struct ipcx_xfer xfer = make_xfer(&msg, 1, IPCX_XFER_NONBLOCK);

	return op(env->queue, IPCX_SEND, &xfer);
}

static int recv_iov(env_t *env, __u64 iov, __u64 count)
{
	struct ipcx_msg msg = { .buf = iov, .len = count, .flags = IPCX_MSG_IOV };
	struct ipcx_xfer xfer = make_xfer(&msg, 1, IPCX_XFER_NONBLOCK);

	return op(env->queue, IPCX_RECV, &xfer);
}

TEST_F(bad, iov_array)
{
	static struct ipcx_iovec iov[IPCX_IOV_MAX + 1];
	char byte = 'x';
	size_t i;

	for (i = 0; i < ARRAY_SIZE(iov); i++)
		iov[i] = (struct ipcx_iovec) { addr(&byte), 1 };
	EXPECT_EQ(-EINVAL, send_iov(self, addr(iov), IPCX_IOV_MAX + 1));
	EXPECT_EQ(-EINVAL, send_iov(self, addr(iov), ~0U));
	EXPECT_EQ(-EINVAL, send_iov(self, addr(iov), ~0ULL));
	EXPECT_EQ(-EINVAL, send_iov(self, addr(iov), 1ULL << 32));
	EXPECT_EQ(-EINVAL, send_iov(self, addr(iov), (1ULL << 32) + 1));
	for (i = 0; i < self->mem.n; i++) {
		EXPECT_EQ(-EFAULT, send_iov(self, self->mem.addrs[i], 1));
		EXPECT_EQ(-EFAULT, send_iov(self, self->mem.addrs[i], IPCX_IOV_MAX));
	}
	EXPECT_EQ(-EFAULT, send_iov(self, addr(at_edge(&self->mem, iov, 40)), 3));
	EXPECT_TRUE(is_empty(self->queue));
	EXPECT_EQ(1, send_iov(self, addr(iov), IPCX_IOV_MAX));

	EXPECT_EQ(-EINVAL, recv_iov(self, addr(iov), IPCX_IOV_MAX + 1));
	EXPECT_EQ(-EINVAL, recv_iov(self, addr(iov), ~0ULL));
	EXPECT_EQ(-EINVAL, recv_iov(self, addr(iov), 1ULL << 32));
	for (i = 0; i < self->mem.n; i++)
		EXPECT_EQ(-EFAULT, recv_iov(self, self->mem.addrs[i], 1));
	EXPECT_EQ(-EMSGSIZE, recv_iov(self, addr(iov), IPCX_IOV_MAX - 1));
	EXPECT_EQ(1, get_depth(self->queue));
	EXPECT_EQ(1, recv_iov(self, addr(iov), IPCX_IOV_MAX));
	EXPECT_TRUE(is_empty(self->queue));
}

TEST_F(bad, iov_buffers)
{
	char first[8] = "abcdefg", second[8] = "1234567", out[16];
	struct ipcx_iovec iov[] = { { addr(first), 8 }, { addr(second), 8 } };
	size_t i;

	for (i = 0; i < self->mem.n; i++) {
		iov[1].base = self->mem.addrs[i];
		EXPECT_EQ(-EFAULT, send_iov(self, addr(iov), 2)) {
			TH_LOG("%#llx", self->mem.addrs[i]);
		}
	}
	EXPECT_TRUE(is_empty(self->queue));
	iov[1].base = addr(second);
	ASSERT_EQ(1, send_iov(self, addr(iov), 2));
	for (i = 0; i < self->mem.n; i++) {
		iov[1].base = self->mem.addrs[i];
		EXPECT_EQ(-EFAULT, recv_iov(self, addr(iov), 2));
	}
	EXPECT_EQ(1, get_depth(self->queue));
	ASSERT_EQ(1, recv_msg(self->queue, out, sizeof(out), NULL, 0));
	EXPECT_EQ(0, memcmp(out, "abcdefg\0" "1234567", 16));
	/* Nothing is read or written at an empty one. */
	iov[0].len = 0;
	iov[0].base = 8;
	iov[1].base = addr(second);
	EXPECT_EQ(1, send_iov(self, addr(iov), 2));
	ASSERT_EQ(1, recv_iov(self, addr(iov), 2));
	/* None at all is a message of no length. */
	EXPECT_EQ(1, send_iov(self, 0, 0));
	EXPECT_EQ(1, recv_iov(self, 0, 0));
	EXPECT_TRUE(is_empty(self->queue));
}

TEST_F(bad, iov_lengths)
{
	static const __u64 huge[] = {
		~0ULL, 1ULL << 63, (1ULL << 63) - 1, 1ULL << 40, 1ULL << 32,
		0xffffffff, 0x80000000, 65536,
	};
	char buf[8];
	struct ipcx_iovec iov[] = { { addr(buf), 8 }, { addr(buf), 8 } };
	size_t i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(huge); i++) {
		iov[1].len = huge[i];
		ret = send_iov(self, addr(iov), 2);
		EXPECT_TRUE(ret == -EMSGSIZE || ret == -EINVAL || ret == -EFAULT) {
			TH_LOG("%#llx: %d", huge[i], ret);
		}
	}
	/* Two whose sum is small again. */
	iov[0].len = ~0ULL;
	iov[1].len = 9;
	ret = send_iov(self, addr(iov), 2);
	EXPECT_TRUE(ret == -EMSGSIZE || ret == -EINVAL || ret == -EFAULT);
	EXPECT_TRUE(is_empty(self->queue));
}

TEST_F(bad, lengths)
{
	static const __u64 huge[] = {
		65537, 1ULL << 31, 0xffffffff, 1ULL << 32, (1ULL << 32) + 1,
		1ULL << 63, ~0ULL, ~0ULL - 7,
	};
	__u64 number = 9;
	struct ipcx_msg msg = make_msg(&number, 8, 0, 0);
	struct ipcx_xfer xfer = make_xfer(&msg, 1, IPCX_XFER_NONBLOCK);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(huge); i++) {
		msg.len = huge[i];
		EXPECT_EQ(-EMSGSIZE, op(self->queue, IPCX_SEND, &xfer));
	}
	EXPECT_TRUE(is_empty(self->queue));
	/* Room is only a bound. */
	for (i = 0; i < ARRAY_SIZE(huge); i++) {
		ASSERT_EQ(1, send_number(self->queue, i, 0));
		msg.len = huge[i];
		EXPECT_EQ(1, op(self->queue, IPCX_RECV, &xfer)) {
			TH_LOG("%#llx", huge[i]);
		}
		EXPECT_EQ(8, msg.len);
		EXPECT_EQ(i, number);
		drain(self->queue);
	}
}

TEST_HARNESS_MAIN
