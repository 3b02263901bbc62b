// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The memory cgroup: messages count in the sender's, queues and rings in their maker's, its
 * limit is ENOMEM, and nobody is killed for it.
 */
#include "mbox_ring.h"

#define CGROUPS "/sys/fs/cgroup"
#define MIB (1ULL << 20)

FIXTURE(memcg) {
	char path[128];
	int queue;
};

FIXTURE_SETUP(memcg)
{
	struct ipcx_queue_attr attr = {
		.max_msgs = 1 << 20, .max_msg_size = 8 * MIB, .max_bytes = 512 * MIB,
	};

	snprintf(self->path, sizeof(self->path), CGROUPS "/ipcx-test-%d", (int)getpid());
	ASSERT_EQ(0, write_file(CGROUPS "/cgroup.subtree_control", "+memory"));
	ASSERT_EQ(0, mkdir(self->path, 0755));
	/* Made outside: the queue itself counts elsewhere. */
	self->queue = new_queue(0, &attr);
	ASSERT_LE(0, self->queue);
}

FIXTURE_TEARDOWN(memcg)
{
	close(self->queue);
	/* What was charged to it goes when its last page does. */
	EXPECT_EQ(0, rmdir(self->path));
}

typedef FIXTURE_DATA(memcg) env_t;

static int write_knob(const env_t *env, const char *knob, const char *value)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", env->path, knob);
	return write_file(path, value);
}

static long long read_knob(const env_t *env, const char *knob)
{
	char path[256], text[64];
	int ret;

	snprintf(path, sizeof(path), "%s/%s", env->path, knob);
	ret = read_file(path, text, sizeof(text));
	return ret < 0 ? ret : strtoll(text, NULL, 10);
}

/* One counter of memory.events. */
static long long read_event(const env_t *env, const char *name)
{
	char path[256], text[512];
	const char *at;
	int ret;

	snprintf(path, sizeof(path), "%s/memory.events", env->path);
	ret = read_file(path, text, sizeof(text));
	if (ret < 0)
		return ret;
	at = strstr(text, name);
	return at ? strtoll(at + strlen(name), NULL, 10) : -ENOENT;
}

/*
 * The calling process goes in, with a limit of that many MiB above its own use.
 * It takes all the memory that it needs now: a page fault at the limit would
 * call the OOM killer, which is not what is tested.
 */
static int enter(const env_t *env, unsigned int mib)
{
	char limit[32];

	MUST_BE(0, write_knob(env, "cgroup.procs", "0"));
	MUST(mlockall(MCL_CURRENT | MCL_FUTURE) == 0);
	/* Pages of files would make room at the limit. There is never so much to be had. */
	MUST_BE(-EAGAIN, write_knob(env, "memory.reclaim", "1G"));
	snprintf(limit, sizeof(limit), "%llu", read_knob(env, "memory.current") + mib * MIB);
	MUST_BE(0, write_knob(env, "memory.max", limit));
	return 0;
}

struct filler {
	env_t *env;
	size_t len;
};

static char payload[8 << 20];

static int fill(int fd, size_t len, int *error)
{
	int n = 0;

	while ((*error = send_msg(fd, payload, len, 0, 0, IPCX_XFER_NONBLOCK)) == 1)
		n++;
	return n;
}

static int fill_inside(void *arg)
{
	struct filler *filler = arg;
	env_t *env = filler->env;
	int n, error, again;

	MUST_BE(0, enter(env, 32));
	n = fill(env->queue, filler->len, &error);
	MUST_BE(-ENOMEM, error);
	/*
	 * A good part of the 32 MiB went to messages, and no more than there is:
	 * on a debug kernel every allocation has much around it.
	 */
	MUST(n * (filler->len + 300) > 10 * MIB);
	MUST(n * filler->len <= 33 * MIB);
	MUST_BE(n, get_depth(env->queue));
	/* Works again when there is room. */
	MUST_BE(n, drain(env->queue));
	again = fill(env->queue, filler->len, &error);
	MUST_BE(-ENOMEM, error);
	MUST(again > n / 2);
	MUST_BE(again, drain(env->queue));
	return 0;
}

TEST_F(memcg, limit_is_enomem)
{
	static const size_t lens[] = { 1000, 30000, 300000, 3 << 20 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		struct filler filler = { self, lens[i] };

		EXPECT_EQ(0, in_child(fill_inside, &filler)) {
			TH_LOG("%zu bytes", lens[i]);
		}
		drain(self->queue);
		ASSERT_EQ(0, write_knob(self, "memory.max", "max"));
	}
	EXPECT_EQ(0, read_event(self, "oom_kill "));
	EXPECT_LT(0, read_event(self, "max "));
}

static int fill_with_short_ones(void *arg)
{
	env_t *env = arg;
	int error, n;

	MUST_BE(0, enter(env, 4));
	n = fill(env->queue, 64, &error);
	MUST_BE(-ENOMEM, error);
	MUST(n > 10000);
	MUST_BE(n, get_depth(env->queue));
	return 0;
}

/* Short messages count with no more than they need: 192 bytes. */
TEST_F(memcg, short_messages)
{
	long long before, after;
	int n;

	before = read_knob(self, "memory.current");
	ASSERT_EQ(0, in_child(fill_with_short_ones, self));
	EXPECT_EQ(0, read_event(self, "oom_kill "));
	/* The sender is gone; its messages still count where it was. */
	after = read_knob(self, "memory.current");
	n = get_depth(self->queue);
	EXPECT_LE(before + n * 64LL, after);
	EXPECT_GE(before + n * 300LL, after);
	EXPECT_EQ(n, drain(self->queue));
}

static int send_at_the_limit(void *arg)
{
	struct ipcx_msg msgs[64];
	struct ipcx_xfer xfer = make_xfer(msgs, ARRAY_SIZE(msgs), 0);
	env_t *env = arg;
	int n;
	size_t i;

	MUST_BE(0, enter(env, 16));
	for (i = 0; i < ARRAY_SIZE(msgs); i++)
		msgs[i] = make_msg(payload, MIB, i, 0);
	/* A batch that gets so far, then no further. */
	n = op(env->queue, IPCX_SEND, &xfer);
	MUST(n > 4 && n < 17);
	MUST_BE(n, get_depth(env->queue));
	MUST_BE(-ENOMEM, op(env->queue, IPCX_SEND, &xfer));
	MUST_BE(n, get_depth(env->queue));
	return 0;
}

TEST_F(memcg, batch)
{
	struct ipcx_msg got;
	__u64 type = 0;

	ASSERT_EQ(0, in_child(send_at_the_limit, self));
	while (recv_msg(self->queue, payload, sizeof(payload), &got,
			IPCX_XFER_NONBLOCK) == 1) {
		EXPECT_EQ(type++, got.type);
		EXPECT_EQ(MIB, got.len);
	}
	EXPECT_LT(4, type);
	EXPECT_EQ(0, read_event(self, "oom_kill "));
}

static int make_many_queues(void *arg)
{
	long long before;
	int i;

	MUST_BE(0, enter(arg, 64));
	before = read_knob(arg, "memory.current");
	for (i = 0; i < 500; i++)
		MUST(new_queue(0, NULL) >= 0);
	/* The kernel counts in batches of pages; a queue is hundreds of bytes. */
	MUST(read_knob(arg, "memory.current") - before > 500 * 500);
	return 0;
}

/* Queues count, too. */
TEST_F(memcg, queues)
{
	EXPECT_EQ(0, in_child(make_many_queues, self));
	EXPECT_EQ(0, read_event(self, "oom_kill "));
}

static int ring_of(__u64 size)
{
	const struct ipcx_ring_attr attr = { .size = size };

	return new_ring(&attr);
}

/* A mailbox's. */
static int inbox_of(__u64 size)
{
	const struct ipcx_mbox_attr attr = { .ring_size = size };

	return open_mbox_attr(NULL, MBOX_CREATE, 0600, &attr, NULL);
}

struct maker {
	env_t *env;
	int (*make)(__u64 size);
};

static int make_rings(void *arg)
{
	const struct maker *maker = arg;
	env_t *env = maker->env;
	long long before;
	int fds[8], n = 0;

	MUST_BE(0, enter(env, 32));
	before = read_knob(env, "memory.current");
	while (n < 8 && (fds[n] = maker->make(4 * MIB)) >= 0)
		n++;
	MUST(n > 4 && n < 8);
	MUST_BE(-ENOMEM, fds[n]);
	/* All that they have, whether anybody looks at it or not. */
	MUST(read_knob(env, "memory.current") - before >= n * 4 * (long long)MIB);
	/* The one that failed has left nothing behind. */
	close(fds[--n]);
	fds[n] = maker->make(MIB);
	MUST(fds[n] >= 0);
	return 0;
}

/* A ring counts where it was made, from the beginning, and goes with its last user. */
TEST_F(memcg, rings)
{
	struct maker maker = { self, ring_of };

	EXPECT_EQ(0, in_child(make_rings, &maker));
	EXPECT_EQ(0, read_event(self, "oom_kill "));
	EXPECT_LT(0, read_event(self, "max "));
	EXPECT_GT(4 * MIB, read_knob(self, "memory.current"));
}

TEST_F(memcg, rings_of_mailboxes)
{
	struct maker maker = { self, inbox_of };

	EXPECT_EQ(0, in_child(make_rings, &maker));
	EXPECT_EQ(0, read_event(self, "oom_kill "));
	EXPECT_LT(0, read_event(self, "max "));
	EXPECT_GT(4 * MIB, read_knob(self, "memory.current"));
}

static int receive_inside(void *arg)
{
	env_t *env = arg;
	__u64 number;
	int i;

	MUST_BE(0, enter(env, 1));
	for (i = 0; i < 1000; i++)
		MUST_BE(1, recv_number(env->queue, &number));
	return 0;
}

/* To receive takes no memory: one at its limit still can. */
TEST_F(memcg, receiver_at_its_limit)
{
	int i;

	for (i = 0; i < 1000; i++)
		ASSERT_EQ(1, send_number(self->queue, i, i % 7));
	EXPECT_EQ(0, in_child(receive_inside, self));
}

TEST_HARNESS_MAIN
