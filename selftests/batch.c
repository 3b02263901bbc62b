// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Batches: how far they come, and what a fault in the middle leaves behind:
 * nothing half sent, nothing lost, everything in its place.
 */
#include "common.h"

#define LEN	24	/* payload of the messages of most tests */

struct batch {
	struct ipcx_msg msgs[IPCX_COUNT_MAX + 1];
	char payload[IPCX_COUNT_MAX + 1][LEN];
};

static struct batch b;

/* The batch's messages, numbered by type from @first on. */
static void prepare(int n, __u64 first)
{
	int i;

	for (i = 0; i < n; i++) {
		memset(b.payload[i], 'a' + (first + i) % 26, LEN);
		b.msgs[i] = make_msg(b.payload[i], LEN, first + i, 0);
	}
}

static int send_batch(int fd, int n, __u32 flags)
{
	struct ipcx_xfer xfer = make_xfer(b.msgs, n, flags);

	return op(fd, IPCX_SEND, &xfer);
}

static int recv_batch(int fd, int n, __u32 flags)
{
	struct ipcx_xfer xfer = make_xfer(b.msgs, n, flags);

	return op(fd, IPCX_RECV, &xfer);
}

/* Room for a batch, in which nothing is right before the receive. */
static void prepare_room(int n)
{
	int i;

	memset(b.payload, '?', sizeof(b.payload));
	for (i = 0; i < n; i++)
		b.msgs[i] = make_msg(b.payload[i], LEN, UINT64_MAX, UINT32_MAX);
}

/* Entries @from … are the messages numbered @first …, intact. */
static bool are_messages(int from, int n, __u64 first)
{
	char expected[LEN];
	int i;

	for (i = 0; i < n; i++) {
		memset(expected, 'a' + (first + i) % 26, LEN);
		if (b.msgs[from + i].type != first + i || b.msgs[from + i].len != LEN ||
		    memcmp(b.payload[from + i], expected, LEN))
			return false;
	}
	return true;
}

/* All that is queued are the messages numbered @first …, in order. */
static bool queue_holds(int fd, int n, __u64 first)
{
	prepare_room(IPCX_COUNT_MAX);
	if (n == 0)
		return recv_batch(fd, 1, IPCX_XFER_NONBLOCK) == -EAGAIN && is_empty(fd);
	return recv_batch(fd, IPCX_COUNT_MAX, IPCX_XFER_NONBLOCK) == n &&
	       are_messages(0, n, first) && is_empty(fd);
}

FIXTURE(batch)
{
	int fd;
	char *guard;
};

FIXTURE_SETUP(batch)
{
	self->fd = small_queue(IPCX_COUNT_MAX);
	ASSERT_LE(0, self->fd);
	self->guard = guard_page();
}

FIXTURE_TEARDOWN(batch)
{
	close(self->fd);
}

/* Around the bounds of what is done in one go. */
TEST_F(batch, sizes)
{
	static const int sizes[] = { 1, 2, 15, 16, 17, 31, 32, 33, 64, 1000, IPCX_COUNT_MAX };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		int n = sizes[i];

		prepare(n, 0);
		ASSERT_EQ(n, send_batch(self->fd, n, 0));
		prepare_room(n);
		ASSERT_EQ(n, recv_batch(self->fd, n, 0));
		EXPECT_TRUE(are_messages(0, n, 0)) {
			TH_LOG("batch of %d", n);
		}
		EXPECT_TRUE(is_empty(self->fd));
	}
}

TEST_F(batch, counts_out_of_range)
{
	prepare(IPCX_COUNT_MAX + 1, 0);
	EXPECT_EQ(-EINVAL, send_batch(self->fd, 0, 0));
	EXPECT_EQ(-EINVAL, send_batch(self->fd, IPCX_COUNT_MAX + 1, IPCX_XFER_NONBLOCK));
	EXPECT_EQ(-EINVAL, recv_batch(self->fd, 0, 0));
	EXPECT_EQ(-EINVAL, recv_batch(self->fd, IPCX_COUNT_MAX + 1, IPCX_XFER_NONBLOCK));
	EXPECT_TRUE(is_empty(self->fd));
}

TEST_F(batch, fewer_than_asked_for)
{
	prepare(3, 0);
	ASSERT_EQ(3, send_batch(self->fd, 3, 0));
	prepare_room(10);
	ASSERT_EQ(3, recv_batch(self->fd, 10, 0));
	EXPECT_TRUE(are_messages(0, 3, 0));
	EXPECT_EQ(UINT64_MAX, b.msgs[3].type);
	EXPECT_EQ('?', b.payload[3][0]);

	prepare(40, 0);
	ASSERT_EQ(40, send_batch(self->fd, 40, 0));
	prepare_room(100);
	ASSERT_EQ(40, recv_batch(self->fd, 100, 0));
	EXPECT_TRUE(are_messages(0, 40, 0));
}

TEST(more_than_fit)
{
	static const int rooms[] = { 1, 4, 16, 20, 40 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rooms); i++) {
		int fd = small_queue(rooms[i]);

		ASSERT_LE(0, fd);
		prepare(50, 0);
		EXPECT_EQ(rooms[i], send_batch(fd, 50, IPCX_XFER_NONBLOCK));
		EXPECT_EQ(-EAGAIN, send_batch(fd, 50, IPCX_XFER_NONBLOCK));
		EXPECT_TRUE(queue_holds(fd, rooms[i], 0));
		close(fd);
	}
}

/* Many more than fit at once: the sender waits as often as it has to. */
static int send_all(void *arg)
{
	prepare(IPCX_COUNT_MAX, 0);
	return send_batch(*(int *)arg, IPCX_COUNT_MAX, 0) == IPCX_COUNT_MAX ? 0 : 1;
}

TEST(a_sender_waits_for_room_again_and_again)
{
	int fd = small_queue(5), done = 0;
	pid_t pid;

	ASSERT_LE(0, fd);
	pid = spawn(send_all, &fd);
	while (done < IPCX_COUNT_MAX) {
		int ret;

		prepare_room(50);
		ret = recv_batch(fd, 50, 0);
		ASSERT_LT(0, ret);
		ASSERT_TRUE(are_messages(0, ret, done));
		done += ret;
	}
	EXPECT_EQ(0, reap(pid));
	EXPECT_TRUE(is_empty(fd));
}

struct waiting {
	int fd;
	int count;
	int bad;	/* entry with an unknown flag, or 0 */
	int ret;
	bool in_place;
};

static int recv_in_child(void *arg)
{
	struct waiting *w = arg;

	prepare_room(w->count);
	if (w->bad)
		b.msgs[w->bad].flags = 1U << 31;
	w->ret = recv_batch(w->fd, w->count, 0);
	w->in_place = w->ret > 0 && are_messages(0, w->ret, 0);
	return 0;
}

/*
 * A receive that had to wait fills its array from the start, without holes,
 * with what is there when it runs; the batch may still be coming in then.
 */
TEST_F(batch, after_a_wait_there_is_no_gap)
{
	static const int counts[] = { 2, 16, 17, 32, 100 };
	struct waiting *w = shared_memory(sizeof(*w));
	int most = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		pid_t pid;

		*w = (struct waiting){ .fd = self->fd, .count = counts[i] };
		pid = spawn(recv_in_child, w);
		ASSERT_EQ(0, wait_receivers(self->fd, 1));
		prepare(50, 0);
		ASSERT_EQ(50, send_batch(self->fd, 50, 0));
		EXPECT_EQ(0, reap(pid));
		ASSERT_LT(0, w->ret);
		EXPECT_TRUE(w->in_place) {
			TH_LOG("array of %d: %d messages with a hole", counts[i], w->ret);
		}
		EXPECT_TRUE(queue_holds(self->fd, 50 - w->ret, w->ret));
		if (w->ret > most)
			most = w->ret;
	}
	EXPECT_LT(1, most);
}

TEST_F(batch, after_a_wait_a_bad_entry_makes_no_gap)
{
	static const int bad[] = { 1, 5, 15, 16, 17, 20 };
	struct waiting *w = shared_memory(sizeof(*w));
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		pid_t pid;

		*w = (struct waiting){ .fd = self->fd, .count = 40, .bad = bad[i] };
		pid = spawn(recv_in_child, w);
		ASSERT_EQ(0, wait_receivers(self->fd, 1));
		prepare(10, 0);
		ASSERT_EQ(10, send_batch(self->fd, 10, 0));
		EXPECT_EQ(0, reap(pid));
		ASSERT_LT(0, w->ret);
		EXPECT_GE(bad[i] < 10 ? bad[i] : 10, w->ret);
		EXPECT_TRUE(w->in_place) {
			TH_LOG("bad entry %d", bad[i]);
		}
		EXPECT_TRUE(queue_holds(self->fd, 10 - w->ret, w->ret));
	}
}

/* ---- errors in the middle of a send ---- */

struct defect {
	int ret;			/* where it is the first */
	void (*make)(struct ipcx_msg *msg, char *guard);
};

static void bad_payload(struct ipcx_msg *msg, char *guard)
{
	msg->buf = addr(guard);
}

/* The first half can be read. */
static void half_payload(struct ipcx_msg *msg, char *guard)
{
	msg->buf = addr(guard - LEN / 2);
}

static void bad_priority(struct ipcx_msg *msg, char *guard)
{
	(void)guard;
	msg->priority = IPCX_PRIO_MAX + 1;
}

static void bad_flag(struct ipcx_msg *msg, char *guard)
{
	(void)guard;
	msg->flags = 1U << 31;
}

static void too_long(struct ipcx_msg *msg, char *guard)
{
	(void)guard;
	msg->len = 65537;
}

static void bad_iovec(struct ipcx_msg *msg, char *guard)
{
	msg->flags = IPCX_MSG_IOV;
	msg->buf = addr(guard);
	msg->len = 1;
}

static const struct defect send_defects[] = {
	{ -EFAULT, bad_payload },
	{ -EFAULT, half_payload },
	{ -EINVAL, bad_priority },
	{ -EINVAL, bad_flag },
	{ -EMSGSIZE, too_long },
	{ -EFAULT, bad_iovec },
};

TEST_F(batch, bad_entry_in_a_send)
{
	static const int places[] = { 0, 1, 5, 15, 16, 17, 31, 32, 39 };
	size_t d, p;

	for (d = 0; d < ARRAY_SIZE(send_defects); d++) {
		for (p = 0; p < ARRAY_SIZE(places); p++) {
			int k = places[p], ret;

			prepare(40, 0);
			send_defects[d].make(&b.msgs[k], self->guard);
			ret = send_batch(self->fd, 40, 0);
			EXPECT_EQ(k ? k : send_defects[d].ret, ret) {
				TH_LOG("defect %zu at %d", d, k);
			}
			EXPECT_TRUE(queue_holds(self->fd, k, 0)) {
				TH_LOG("defect %zu at %d", d, k);
			}
		}
	}
}

/* The array itself ends in a page that cannot be read. */
TEST_F(batch, array_of_a_send_runs_into_a_fault)
{
	static const int readable[] = { 0, 1, 16, 20 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(readable); i++) {
		int n = readable[i];
		struct ipcx_msg *msgs = (struct ipcx_msg *)self->guard - n;
		struct ipcx_xfer xfer = make_xfer(msgs, 40, 0);

		prepare(n, 0);
		memcpy(msgs, b.msgs, n * sizeof(*msgs));
		EXPECT_EQ(n ? n : -EFAULT, op(self->fd, IPCX_SEND, &xfer));
		EXPECT_TRUE(queue_holds(self->fd, n, 0)) {
			TH_LOG("%d readable", n);
		}
	}
}

/* ---- errors in the middle of a receive ---- */

static void small_room(struct ipcx_msg *msg, char *guard)
{
	(void)guard;
	msg->len = LEN - 1;
}

static const struct defect recv_defects[] = {
	{ -EFAULT, bad_payload },
	{ -EFAULT, half_payload },
	{ -EINVAL, bad_flag },
	{ -EMSGSIZE, small_room },
	{ -EFAULT, bad_iovec },
};

/* Those before the bad entry are received, it and the rest are as before. */
TEST_F(batch, bad_entry_in_a_receive)
{
	static const int places[] = { 0, 1, 5, 15, 16, 17, 31, 32, 39 };
	size_t d, p;

	for (d = 0; d < ARRAY_SIZE(recv_defects); d++) {
		for (p = 0; p < ARRAY_SIZE(places); p++) {
			int k = places[p], ret;
			struct ipcx_stat stat;

			prepare(40, 0);
			ASSERT_EQ(40, send_batch(self->fd, 40, 0));
			prepare_room(40);
			recv_defects[d].make(&b.msgs[k], self->guard);
			ret = recv_batch(self->fd, 40, 0);
			EXPECT_EQ(k ? k : recv_defects[d].ret, ret) {
				TH_LOG("defect %zu at %d", d, k);
			}
			EXPECT_TRUE(are_messages(0, k, 0));
			ASSERT_EQ(0, get_stat(self->fd, &stat));
			EXPECT_EQ(40 - k, stat.depth);
			EXPECT_EQ((40 - k) * LEN, stat.bytes);
			EXPECT_EQ(0, stat.inflight);
			EXPECT_EQ(stat.sent - stat.depth, stat.received);
			EXPECT_TRUE(queue_holds(self->fd, 40 - k, k)) {
				TH_LOG("defect %zu at %d", d, k);
			}
		}
	}
}

TEST_F(batch, array_of_a_receive_runs_into_a_fault)
{
	static const int writable[] = { 0, 1, 16, 20 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(writable); i++) {
		int n = writable[i];
		struct ipcx_msg *msgs = (struct ipcx_msg *)self->guard - n;
		struct ipcx_xfer xfer = make_xfer(msgs, 40, 0);

		prepare(40, 0);
		ASSERT_EQ(40, send_batch(self->fd, 40, 0));
		prepare_room(n);
		memcpy(msgs, b.msgs, n * sizeof(*msgs));
		EXPECT_EQ(n ? n : -EFAULT, op(self->fd, IPCX_RECV, &xfer));
		memcpy(b.msgs, msgs, n * sizeof(*msgs));
		EXPECT_TRUE(are_messages(0, n, 0));
		EXPECT_TRUE(queue_holds(self->fd, 40 - n, n)) {
			TH_LOG("%d writable", n);
		}
	}
}

/* What a message says about itself cannot be written: it was not received. */
TEST_F(batch, read_only_array)
{
	struct ipcx_msg *msgs = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct ipcx_xfer xfer = make_xfer(msgs, 3, 0);

	prepare(3, 0);
	ASSERT_EQ(3, send_batch(self->fd, 3, 0));
	prepare_room(3);
	memcpy(msgs, b.msgs, 3 * sizeof(*msgs));
	ASSERT_EQ(0, mprotect(msgs, 4096, PROT_READ));
	EXPECT_EQ(-EFAULT, op(self->fd, IPCX_RECV, &xfer));
	EXPECT_TRUE(queue_holds(self->fd, 3, 0));
}

/* The same in the middle, with the descriptors of a later version's caller. */
TEST_F(batch, array_that_turns_read_only)
{
	const size_t page = sysconf(_SC_PAGESIZE), stride = 2 * sizeof(struct ipcx_msg);
	const int fit = page / stride, n = fit + 3;
	char *array = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct ipcx_xfer xfer = make_xfer((struct ipcx_msg *)array, n, 0);
	int i;

	xfer.msg_size = stride;
	prepare(n, 0);
	ASSERT_EQ(n, send_batch(self->fd, n, 0));
	prepare_room(n);
	for (i = 0; i < n; i++)
		memcpy(array + i * stride, &b.msgs[i], sizeof(b.msgs[i]));
	ASSERT_EQ(0, mprotect(array + page, page, PROT_READ));
	EXPECT_EQ(fit, op(self->fd, IPCX_RECV, &xfer));
	for (i = 0; i < n; i++)
		memcpy(&b.msgs[i], array + i * stride, sizeof(b.msgs[i]));
	EXPECT_TRUE(are_messages(0, fit, 0));
	EXPECT_TRUE(queue_holds(self->fd, n - fit, fit));
	munmap(array, 2 * page);
}

/* Back in its place, among others of several priorities, and again. */
TEST_F(batch, place_is_kept)
{
	int i, round;

	prepare(30, 0);
	for (i = 0; i < 30; i++)
		b.msgs[i].priority = i % 3;
	ASSERT_EQ(30, send_batch(self->fd, 30, 0));
	for (round = 0; round < 5; round++) {
		/* All are taken, and none is delivered. */
		prepare_room(30);
		b.msgs[0].buf = addr(self->guard);
		ASSERT_EQ(-EFAULT, recv_batch(self->fd, 30, 0));
		ASSERT_EQ(30, get_depth(self->fd));
	}
	/* A newcomer of the same priority comes after what came back. */
	prepare(1, 1000);
	b.msgs[0].priority = 2;
	ASSERT_EQ(1, send_batch(self->fd, 1, 0));
	prepare_room(40);
	ASSERT_EQ(31, recv_batch(self->fd, 40, 0));
	for (i = 0; i < 10; i++) {
		EXPECT_EQ(3 * i + 2, b.msgs[i].type);
	}
	EXPECT_EQ(1000, b.msgs[10].type);
	for (i = 0; i < 10; i++) {
		EXPECT_EQ(3 * i + 1, b.msgs[11 + i].type);
		EXPECT_EQ(3 * i, b.msgs[21 + i].type);
	}
}

/* Selected messages go back, too, and are found by every kind of match. */
TEST_F(batch, place_is_kept_with_selection)
{
	struct ipcx_xfer xfer = make_xfer(b.msgs, 10, 0);
	int i;

	prepare(10, 0);
	for (i = 0; i < 10; i++)
		b.msgs[i].type = i % 2;
	ASSERT_EQ(10, send_batch(self->fd, 10, 0));
	prepare_room(10);
	b.msgs[2].buf = addr(self->guard);
	xfer.match = IPCX_MATCH_TYPE;
	xfer.match_arg = 1;
	ASSERT_EQ(2, op(self->fd, IPCX_RECV, &xfer));
	EXPECT_EQ('a' + 1, b.payload[0][0]);
	EXPECT_EQ('a' + 3, b.payload[1][0]);
	prepare_room(10);
	ASSERT_EQ(3, op(self->fd, IPCX_RECV, &xfer));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ('a' + 5 + 2 * i, b.payload[i][0]);
	}
	xfer.match = IPCX_MATCH_NOT_TYPE;
	prepare_room(10);
	b.msgs[0].buf = addr(self->guard);
	ASSERT_EQ(-EFAULT, op(self->fd, IPCX_RECV, &xfer));
	prepare_room(10);
	ASSERT_EQ(5, op(self->fd, IPCX_RECV, &xfer));
	for (i = 0; i < 5; i++) {
		EXPECT_EQ('a' + 2 * i, b.payload[i][0]);
	}
}

/* read(2) too: a message that cannot be copied stays. */
TEST_F(batch, fault_in_read_and_write)
{
	prepare(2, 0);
	ASSERT_EQ(-1, write(self->fd, self->guard - LEN / 2, LEN));
	EXPECT_EQ(EFAULT, errno);
	ASSERT_EQ(2, send_batch(self->fd, 2, 0));
	ASSERT_EQ(-1, read(self->fd, self->guard - LEN / 2, LEN));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_TRUE(queue_holds(self->fd, 2, 0));
}

/* A receiver that waits with a bad buffer learns it when a message comes. */
static int wait_with_bad_buffer(void *arg)
{
	struct waiting *w = arg;

	w->ret = recv_msg(w->fd, guard_page(), LEN, NULL, 0);
	return 0;
}

TEST_F(batch, waiting_with_a_bad_buffer)
{
	struct waiting *w = shared_memory(sizeof(*w));
	pid_t pid;

	w->fd = self->fd;
	pid = spawn(wait_with_bad_buffer, w);
	ASSERT_EQ(0, wait_receivers(self->fd, 1));
	prepare(3, 0);
	ASSERT_EQ(3, send_batch(self->fd, 3, 0));
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(-EFAULT, w->ret);
	EXPECT_TRUE(queue_holds(self->fd, 3, 0));
}

/* Cut messages in a batch: each entry tells for itself. */
TEST_F(batch, truncation)
{
	prepare(3, 0);
	ASSERT_EQ(3, send_batch(self->fd, 3, 0));
	prepare_room(3);
	b.msgs[1].len = 5;
	ASSERT_EQ(3, recv_batch(self->fd, 3, IPCX_RECV_TRUNC));
	EXPECT_EQ(0, b.msgs[0].flags);
	EXPECT_EQ(IPCX_MSG_TRUNC, b.msgs[1].flags);
	EXPECT_EQ(0, b.msgs[2].flags);
	EXPECT_EQ(LEN, b.msgs[1].len);
	EXPECT_EQ('?', b.payload[1][5]);
	EXPECT_EQ('a' + 2, b.payload[2][0]);
}

/* Only the first entry of a call tells a size; a later one stays as it was. */
TEST_F(batch, a_later_entry_that_is_too_small_is_as_before)
{
	struct ipcx_iovec iov;
	int k;

	for (k = 1; k < 20; k += 6) {
		struct ipcx_msg before;

		prepare(20, 0);
		ASSERT_EQ(20, send_batch(self->fd, 20, 0));
		prepare_room(20);
		iov = (struct ipcx_iovec){ .base = b.msgs[k].buf, .len = LEN - 1 };
		b.msgs[k].buf = addr(&iov);
		b.msgs[k].len = 1;
		b.msgs[k].flags = IPCX_MSG_IOV;
		before = b.msgs[k];
		ASSERT_EQ(k, recv_batch(self->fd, 20, 0));
		EXPECT_EQ(0, memcmp(&before, &b.msgs[k], sizeof(before)));
		/* As the first one it is told. */
		b.msgs[0] = before;
		ASSERT_EQ(-EMSGSIZE, recv_batch(self->fd, 20, 0));
		EXPECT_EQ(LEN, b.msgs[0].len);
		EXPECT_TRUE(queue_holds(self->fd, 20 - k, k));

		prepare(20, 0);
		ASSERT_EQ(20, send_batch(self->fd, 20, 0));
		prepare_room(20);
		b.msgs[k].len = LEN - 1;
		before = b.msgs[k];
		ASSERT_EQ(k, recv_batch(self->fd, 20, 0));
		EXPECT_EQ(0, memcmp(&before, &b.msgs[k], sizeof(before)));
		EXPECT_TRUE(queue_holds(self->fd, 20 - k, k));
	}
}

/* Scattered and plain entries in one array. */
TEST_F(batch, iovecs_among_others)
{
	struct ipcx_iovec iov[40];
	int i;

	prepare(40, 0);
	for (i = 0; i < 40; i += 3) {
		iov[i] = (struct ipcx_iovec){ .base = b.msgs[i].buf, .len = LEN };
		b.msgs[i].buf = addr(&iov[i]);
		b.msgs[i].len = 1;
		b.msgs[i].flags = IPCX_MSG_IOV;
	}
	ASSERT_EQ(40, send_batch(self->fd, 40, 0));
	prepare_room(40);
	for (i = 0; i < 40; i += 5) {
		iov[i] = (struct ipcx_iovec){ .base = b.msgs[i].buf, .len = LEN };
		b.msgs[i].buf = addr(&iov[i]);
		b.msgs[i].len = 1;
		b.msgs[i].flags = IPCX_MSG_IOV;
	}
	ASSERT_EQ(40, recv_batch(self->fd, 40, 0));
	EXPECT_TRUE(are_messages(0, 40, 0));
	for (i = 0; i < 40; i++) {
		EXPECT_EQ(i % 5 ? 0 : IPCX_MSG_IOV, b.msgs[i].flags);
	}
}

TEST_HARNESS_MAIN
