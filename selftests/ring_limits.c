// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a ring costs and whom, and how far it reaches: users' limits, the largest one,
 * the module's life, user and network namespaces, mailboxes. Memory cgroups: memcg.c.
 */
#include "mbox_more.h"
#include "params.h"
#include "ring.h"

#include <sys/syscall.h>

#define KIB	1024ULL
#define MIB	(KIB * KIB)
#define GIB	(KIB * MIB)

FIXTURE(limits)
{
	struct parameters saved;
};

FIXTURE_SETUP(limits)
{
	ASSERT_EQ(0, save_parameters(&self->saved));
}

FIXTURE_TEARDOWN(limits)
{
	EXPECT_EQ(0, restore_parameters(&self->saved));
}

static long long charged_bytes(void)
{
	struct ipcx_info info;
	int ret = get_info(&info);

	return ret ? ret : (long long)info.user_bytes;
}

static long long charged_objects(void)
{
	struct ipcx_info info;
	int ret = get_info(&info);

	return ret ? ret : (long long)info.user_objects;
}

static int ring_of(__u64 size)
{
	struct ipcx_ring_attr attr = { .size = size };

	return new_ring(&attr);
}

/* ---- users ---- */

/* Every page counts from the beginning, and nothing more is taken by using it. */
TEST_F(limits, charge)
{
	static const struct { __u32 mode, producers, consumers; __u64 size; } rings[] = {
		{ IPCX_RING_SPSC, 1, 1, PAGE }, { IPCX_RING_SPSC, 1, 1, 1 << 20 },
		{ IPCX_RING_MPSC, 64, 1, PAGE }, { IPCX_RING_BROADCAST, 64, 64, 1 << 16 },
	};
	long long before = charged_bytes(), with;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rings); i++) {
		unsigned long long pages;
		struct producer p;
		struct ring r;

		ASSERT_EQ(0, make_ring_sized(&r, rings[i].mode, rings[i].producers,
					     rings[i].consumers, rings[i].size));
		pages = 2 + r.max_producers + r.max_consumers + r.size / PAGE;
		with = charged_bytes() - before;
		EXPECT_LE(pages * PAGE, with);
		EXPECT_GE(pages * (PAGE + 16) + 8 * KIB, with);
		ASSERT_EQ(0, attach_producer(&p, &r));
		memset(p.data, 1, 2 * r.size);
		EXPECT_EQ(with, charged_bytes() - before);
		close(r.fd);
		/* A mapping is as good as an fd. */
		EXPECT_EQ(with, charged_bytes() - before);
		munmap(r.view, view_len(&r));
		detach_producer(&p);
		EXPECT_EQ(before, charged_bytes());
	}
}

static int bytes_as_a(void *arg)
{
	(void)arg;
	MUST_BE(0, become(UID_A));
	MUST_BE(-EDQUOT, ring_of(MIB));
	MUST_BE(-EDQUOT, ring_of(256 * KIB));
	MUST_BE(-EDQUOT, ring_of(IPCX_RING_SIZE_MAX));
	MUST_BE(0, charged_bytes());
	MUST_BE(0, charged_objects());
	/* One that fits; then no second one. */
	MUST(ring_of(128 * KIB) >= 0);
	MUST_BE(-EDQUOT, ring_of(128 * KIB));
	return 0;
}

static int names_as_a(void *arg)
{
	const struct ipcx_ring_attr attr = { .size = MIB };
	char name[UNIQUE_NAME_SIZE];
	int fd;

	(void)arg;
	unique_name(name, "quota");
	MUST_BE(0, become(UID_A));
	MUST_BE(-EDQUOT, open_ring_attr(name, CREATE_RW, 0600, &attr));
	MUST_BE(-ENOENT, open_ring(name, RW, 0));
	MUST_BE(0, charged_bytes());
	fd = open_ring(name, CREATE_RW | IPCX_OPEN_EXCL, 0600);
	MUST(fd >= 0);
	close(fd);
	/* Named, it counts without anybody; unlinked, while somebody maps it. */
	MUST(charged_bytes() > 64 * (long long)KIB);
	fd = open_ring(name, RW, 0);
	MUST_BE(0, unlink_name(name));
	MUST(charged_bytes() > 64 * (long long)KIB);
	close(fd);
	MUST_BE(0, charged_bytes());
	MUST_BE(0, charged_objects());
	return 0;
}

TEST_F(limits, bytes)
{
	ASSERT_EQ(0, set_parameter("user_max_bytes", 256 * KIB));
	EXPECT_EQ(0, in_child(bytes_as_a, NULL));
	EXPECT_EQ(0, in_child(names_as_a, NULL));
}

static int objects_as_a(void *arg)
{
	int fds[5], i;

	(void)arg;
	MUST_BE(0, become(UID_A));
	for (i = 0; i < 5; i++) {
		fds[i] = i % 2 ? ring_of(PAGE) : new_queue(0, NULL);
		MUST(fds[i] >= 0);
	}
	MUST_BE(-EDQUOT, ring_of(PAGE));
	MUST_BE(-EDQUOT, new_queue(0, NULL));
	close(fds[1]);
	MUST(ring_of(PAGE) >= 0);
	MUST_BE(-EDQUOT, ring_of(PAGE));
	return 0;
}

TEST_F(limits, objects)
{
	ASSERT_EQ(0, set_parameter("user_max_objects", 5));
	EXPECT_EQ(0, in_child(objects_as_a, NULL));
}

/* ---- the largest one ---- */

static long long available_memory(void)
{
	char text[4096];
	const char *at;

	if (read_file("/proc/meminfo", text, sizeof(text)) < 0)
		return 0;
	at = strstr(text, "MemAvailable:");
	return at ? strtoll(at + strlen("MemAvailable:"), NULL, 10) * (long long)KIB : 0;
}

TEST_F(limits, largest)
{
	struct producer p;
	struct ring r;
	size_t at;

	if (available_memory() < (long long)(GIB + 256 * MIB))
		SKIP(return, "not enough memory");
	ASSERT_EQ(0, set_parameter("user_max_bytes", 2 * GIB));
	ASSERT_EQ(0, make_ring_sized(&r, IPCX_RING_SPSC, 1, 1, IPCX_RING_SIZE_MAX));
	ASSERT_EQ(0, attach_producer(&p, &r));
	for (at = 0; at < r.size; at += 64 * MIB)
		memcpy(p.data + at, &at, sizeof(at));
	for (at = 0; at < 2 * r.size; at += 64 * MIB) {
		size_t expected = at % r.size;

		EXPECT_EQ(0, memcmp(r.data + at, &expected, sizeof(expected)));
	}
	/* The longest record there can be, from the middle to the middle. */
	p.shared->tail = r.size / 2 * IPCX_RING_BITS;
	EXPECT_EQ(-EAGAIN, look(&p, r.size - 8));
	EXPECT_EQ(0, look(&p, r.size / 2 - 8));
	detach_producer(&p);
	close_ring(&r);
}

/* Does not end by itself. */
static int make_largest(void *arg)
{
	int fd;

	(void)arg;
	do {
		fd = ring_of(IPCX_RING_SIZE_MAX);
		close(fd);
	} while (fd >= 0);
	return 1;
}

/* Killed while it is made: the pages are given back. */
TEST_F(limits, killed_maker)
{
	long long before = charged_bytes();
	int i;

	if (available_memory() < (long long)(GIB + 256 * MIB))
		SKIP(return, "not enough memory");
	ASSERT_EQ(0, set_parameter("user_max_bytes", 2 * GIB));
	for (i = 0; i < 5; i++) {
		pid_t pid = spawn(make_largest, NULL);

		sleep_ms(10 + 20 * i);
		kill(pid, SIGKILL);
		EXPECT_EQ(KILLED_BY(SIGKILL), reap(pid));
		EXPECT_EQ(before, charged_bytes());
	}
}

/* ---- the module ---- */

TEST_F(limits, no_unloading_under_a_mapping)
{
	struct consumer c;
	struct ring r;

	ASSERT_EQ(0, make_ring(&r, IPCX_RING_SPSC, 1, 1));
	ASSERT_EQ(0, attach_consumer(&c, &r));
	close(r.fd);
	EXPECT_EQ(-1, syscall(SYS_delete_module, "ipcx", O_NONBLOCK));
	EXPECT_EQ(EWOULDBLOCK, errno);
	munmap(r.view, view_len(&r));
	EXPECT_EQ(-1, syscall(SYS_delete_module, "ipcx", O_NONBLOCK));
	EXPECT_EQ(EWOULDBLOCK, errno);
	detach_consumer(&c);
}

/* ---- namespaces ---- */

static int consume_five(const struct ring *ring)
{
	struct ring r = *ring;
	__u64 number = 0;
	struct consumer c;

	MUST_BE(0, map_view(&r));
	MUST_BE(0, attach_consumer(&c, &r));
	MUST_BE(0, take_waiting(&c, &number, 10000 * timeout_factor()));
	MUST_BE(5, number);
	return 0;
}

static int consume_in_userns(void *arg)
{
	MUST_BE(0, become(UID_B));
	MUST_BE(0, enter_userns(0, UID_B, 1));
	return consume_five(arg);
}

static int consume_in_netns(void *arg)
{
	MUST_BE(0, enter_netns());
	return consume_five(arg);
}

/* Who has the fd takes part, wherever it is. */
TEST_F(limits, consumers_in_namespaces)
{
	static int (*const consumers[])(void *arg) = { consume_in_userns, consume_in_netns };
	struct producer p;
	struct ring r;
	pid_t pid;
	size_t i;

	ASSERT_EQ(0, make_ring(&r, IPCX_RING_SPSC, 1, 1));
	ASSERT_EQ(0, attach_producer(&p, &r));
	for (i = 0; i < ARRAY_SIZE(consumers); i++) {
		pid = spawn(consumers[i], &r);
		ASSERT_EQ(0, wait_receivers(r.fd, 1));
		ASSERT_EQ(0, put(&p, 5));
		EXPECT_EQ(0, reap(pid));
	}
	detach_producer(&p);
	close_ring(&r);
}

static int look_from_netns(void *arg)
{
	struct ipcx_stat stats[2];
	struct ipcx_list list = {
		.entries = addr(stats), .count = 2, .entry_size = sizeof(stats[0]),
		.kind = IPCX_KIND_RING,
	};
	const char *name = arg;
	int control, fd;

	MUST_BE(0, enter_netns());
	control = open_control();
	MUST_BE(0, op(control, IPCX_LIST, &list));
	MUST_BE(-ENOENT, open_ring(name, RW, 0));
	/* The name is free here. */
	fd = open_ring(name, CREATE_RW | IPCX_OPEN_EXCL, 0600);
	MUST(fd >= 0);
	list.cursor = 0;
	MUST_BE(1, op(control, IPCX_LIST, &list));
	return unlink_name(name);
}

TEST_F(limits, names_in_network_namespaces)
{
	char name[UNIQUE_NAME_SIZE];
	int fd;

	unique_name(name, "netns");
	fd = open_ring(name, CREATE_RW, 0600);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, in_child(look_from_netns, name));
	EXPECT_EQ(0, unlink_name(name));
	close(fd);
}

/* ---- mailboxes ---- */

static bool is_charged(void *arg)
{
	return charged_bytes() == *(long long *)arg;
}

/* In a message it stays what it is, with who takes part, and is somebody's charge. */
TEST_F(limits, carried_in_mail)
{
	long long before = charged_bytes();
	__u64 port, number = 0;
	int mbox = files_mbox(&port), to = open_port(port, 0);
	struct producer p;
	struct consumer c;
	struct ring r;

	ASSERT_LE(0, to);
	ASSERT_EQ(0, make_ring(&r, IPCX_RING_SPSC, 1, 1));
	ASSERT_EQ(1, post_file(to, r.fd));
	close_ring(&r);
	EXPECT_LT(before + (long long)(5 * PAGE), charged_bytes());
	r.fd = recv_file(mbox);
	ASSERT_LE(0, r.fd);
	ASSERT_EQ(0, map_view(&r));
	ASSERT_EQ(0, attach_producer(&p, &r));
	ASSERT_EQ(1, post_file(to, r.fd));
	EXPECT_EQ(1, r.info->producers);
	ASSERT_EQ(0, attach_consumer(&c, &r));
	ASSERT_EQ(0, put(&p, 5));
	EXPECT_EQ(0, take(&c, &number));
	EXPECT_EQ(5, number);
	detach_consumer(&c);
	detach_producer(&p);
	close_ring(&r);
	/* Only the message has it now, and goes with its mailbox. */
	close(to);
	close(mbox);
	EXPECT_EQ(0, wait_until(is_charged, &before));
}

TEST_HARNESS_MAIN
