// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a ring is: layouts, defaults, its info page, its state and how that is shown,
 * its name. What it refuses is in ring_badinput.c.
 */
#include "info.h"
#include "mbox.h"
#include "ring.h"

/* Layouts are the same everywhere: this file is also built for i386. */
_Static_assert(sizeof(struct ipcx_ring_attr) == IPCX_RING_ATTR_SIZE_VER0, "ring_attr");
_Static_assert(sizeof(struct ipcx_ring_wait) == IPCX_RING_WAIT_SIZE_VER0, "ring_wait");
_Static_assert(sizeof(struct ipcx_ring_wake) == IPCX_RING_WAKE_SIZE_VER0, "ring_wake");
_Static_assert(sizeof(struct ipcx_ring_eventfd) == IPCX_RING_EVENTFD_SIZE_VER0, "ring_eventfd");
_Static_assert(offsetof(struct ipcx_ring_attr, mode) == 8, "ring_attr.mode");
_Static_assert(offsetof(struct ipcx_ring_attr, flags) == 20, "ring_attr.flags");
_Static_assert(offsetof(struct ipcx_ring_wait, deadline_ns) == 8, "ring_wait.deadline_ns");
_Static_assert(offsetof(struct ipcx_ring_wait, role) == 16, "ring_wait.role");
_Static_assert(offsetof(struct ipcx_ring_wait, index) == 24, "ring_wait.index");
_Static_assert(offsetof(struct ipcx_stat, producers) == 464, "stat.producers");
_Static_assert(offsetof(struct ipcx_stat, ring_mode) == 472, "stat.ring_mode");
_Static_assert(IPCX_STAT_SIZE_VER0 == 480, "stat");

/* The two sides' words lie in different cache lines, and all in one page. */
_Static_assert(offsetof(struct ipcx_ring_info, size) == 8, "info.size");
_Static_assert(offsetof(struct ipcx_ring_info, max_consumers) == 24, "info.max_consumers");
_Static_assert(offsetof(struct ipcx_ring_info, data_waiters) == 64, "info.data_waiters");
_Static_assert(offsetof(struct ipcx_ring_info, broken) == 68, "info.broken");
_Static_assert(offsetof(struct ipcx_ring_info, space_waiters) == 128, "info.space_waiters");
_Static_assert(offsetof(struct ipcx_ring_info, eof) == 132, "info.eof");
_Static_assert(offsetof(struct ipcx_ring_info, producers) == 192, "info.producers");
_Static_assert(offsetof(struct ipcx_ring_info, consumers) == 200, "info.consumers");
_Static_assert(offsetof(struct ipcx_ring_info, holders) == 208, "info.holders");
_Static_assert(sizeof(struct ipcx_ring_info) == 216, "info");
_Static_assert(offsetof(struct ipcx_ring_shared, claim) == 64, "shared.claim");
_Static_assert(offsetof(struct ipcx_ring_shared, confirmed) == 128, "shared.confirmed");
_Static_assert(sizeof(struct ipcx_ring_shared) == 128 + 64 * 8, "shared");
_Static_assert(offsetof(struct ipcx_ring_producer, records) == 8, "producer.records");
_Static_assert(offsetof(struct ipcx_ring_producer, announce) == 64, "producer.announce");
_Static_assert(offsetof(struct ipcx_ring_producer, end) == 72, "producer.end");
_Static_assert(sizeof(struct ipcx_ring_producer) == 80, "producer");
_Static_assert(offsetof(struct ipcx_ring_consumer, lost) == 8, "consumer.lost");
_Static_assert(offsetof(struct ipcx_ring_consumer, head) == 64, "consumer.head");
_Static_assert(offsetof(struct ipcx_ring_consumer, next) == 72, "consumer.next");
_Static_assert(sizeof(struct ipcx_ring_consumer) == 80, "consumer");
_Static_assert(_IOC_NR(IPCX_RING_WAIT) == 0x31 && _IOC_NR(IPCX_RING_WAKE) == 0x32 &&
	       _IOC_NR(IPCX_RING_EVENTFD) == 0x33, "numbers");

TEST(feature)
{
	struct ipcx_info info;

	ASSERT_EQ(0, get_info(&info));
	EXPECT_EQ(IPCX_FEATURE_RING, info.features & IPCX_FEATURE_RING);
}

/* ---- what is made ---- */

static const struct made {
	struct ipcx_ring_attr attr, as;
} made[] = {
	{ { 0 }, { 65536, IPCX_RING_SPSC, 1, 1 } },
	{ { 4096, IPCX_RING_SPSC, 1, 1 }, { 4096, IPCX_RING_SPSC, 1, 1 } },
	{ { 0, IPCX_RING_MPSC }, { 65536, IPCX_RING_MPSC, 16, 1 } },
	{ { 8192, IPCX_RING_MPSC, 1 }, { 8192, IPCX_RING_MPSC, 1, 1 } },
	{ { 1 << 20, IPCX_RING_MPSC, 64, 1 }, { 1 << 20, IPCX_RING_MPSC, 64, 1 } },
	{ { 0, IPCX_RING_BROADCAST }, { 65536, IPCX_RING_BROADCAST, 1, 16 } },
	{ { 4096, IPCX_RING_BROADCAST, 2, 64 }, { 4096, IPCX_RING_BROADCAST, 2, 64 } },
	{ { 4096, IPCX_RING_BROADCAST, 64, 1 }, { 4096, IPCX_RING_BROADCAST, 64, 1 } },
};

static int opened_as(struct ring *r, int fd, const struct ipcx_ring_attr *as)
{
	*r = (struct ring){
		.fd = fd, .size = as->size, .max_producers = as->max_producers,
		.max_consumers = as->max_consumers,
	};
	return fd < 0 ? fd : map_view(r);
}

static void expect_info(struct __test_metadata *_metadata, const struct ring *r, __u32 mode)
{
	static const struct ipcx_ring_info zero;
	const struct ipcx_ring_info *info = r->info;

	EXPECT_EQ(IPCX_RING_LAYOUT, info->version);
	EXPECT_EQ(mode, info->mode);
	EXPECT_EQ(r->size, info->size);
	EXPECT_EQ(PAGE, info->page_size);
	EXPECT_EQ(r->max_producers, info->max_producers);
	EXPECT_EQ(r->max_consumers, info->max_consumers);
	EXPECT_EQ(mode == IPCX_RING_BROADCAST ? 0 : 1, info->holders);
	EXPECT_EQ(0, info->producers);
	EXPECT_EQ(0, info->consumers);
	/* Neither ended before it began, nor waited for. */
	EXPECT_EQ(0, memcmp(&info->reserved, &zero, offsetof(struct ipcx_ring_info, producers) -
			    offsetof(struct ipcx_ring_info, reserved)));
}

static bool is_zero(const char *bytes, size_t len)
{
	return !bytes[0] && !memcmp(bytes, bytes + 1, len - 1);
}

/* As asked for or by default; all that is not said is zero, data included. */
TEST(made_as_asked_for)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(made); i++) {
		const struct ipcx_ring_attr *as = &made[i].as;
		struct ipcx_stat stat;
		struct ring r;

		ASSERT_EQ(0, opened_as(&r, new_ring(&made[i].attr), as)) {
			TH_LOG("ring %zu", i);
		}
		expect_info(_metadata, &r, as->mode);
		EXPECT_TRUE(is_zero(r.view + sizeof(*r.info), view_len(&r) - sizeof(*r.info)));
		ASSERT_EQ(0, get_stat(r.fd, &stat));
		EXPECT_EQ(as->mode, stat.ring_mode);
		EXPECT_EQ(as->size, stat.max_bytes);
		EXPECT_EQ(as->size - 8, stat.max_msg_size);
		close_ring(&r);
	}
}

TEST(without_attributes)
{
	struct ring r;

	ASSERT_EQ(0, opened_as(&r, new_ring(NULL), &made[0].as));
	expect_info(_metadata, &r, IPCX_RING_SPSC);
	close_ring(&r);
}

/* ---- IPCX_STAT, IPCX_LIST ---- */

TEST(stat_of_a_fresh_one)
{
	long long before = now_ns(CLOCK_REALTIME);
	int fd = new_ring(NULL);

	expect_fresh(_metadata, fd, IPCX_KIND_RING, IPCX_OVERFLOW_BLOCK, before);
	close(fd);
}

/* Roles come and go; i386 has them, too. */
TEST(stat_of_members)
{
	struct ipcx_stat stat;
	struct producer p[2];
	struct consumer c;
	struct ring r;
	int i;

	ASSERT_EQ(0, make_ring(&r, IPCX_RING_MPSC, 2, 1));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, attach_producer(&p[i], &r));
	}
	ASSERT_EQ(0, attach_consumer(&c, &r));
	ASSERT_EQ(0, get_stat(r.fd, &stat));
	EXPECT_EQ(2, stat.producers);
	EXPECT_EQ(1, stat.consumers);
	EXPECT_EQ(0, stat.state);
	p[0].page->records = 5;
	p[1].page->records = 7;
	c.page->lost = 3;
	detach_producer(&p[0]);
	ASSERT_EQ(0, get_stat(r.fd, &stat));
	EXPECT_EQ(1, stat.producers);
	/* What was sent before counts; what was lost does where somebody lost it. */
	EXPECT_EQ(12, stat.sent);
	EXPECT_EQ(3, stat.lost);
	detach_producer(&p[1]);
	ASSERT_EQ(0, get_stat(r.fd, &stat));
	EXPECT_EQ(IPCX_STAT_EOF, stat.state);
	EXPECT_EQ(0, stat.producers);
	detach_consumer(&c);
	ASSERT_EQ(0, get_stat(r.fd, &stat));
	EXPECT_EQ(IPCX_STAT_EOF | IPCX_STAT_BROKEN, stat.state);
	EXPECT_EQ(0, stat.consumers);
	EXPECT_EQ(0, stat.lost);
	close_ring(&r);
}

/* Bytes in use, headers included, and never more than there are. */
TEST(stat_of_bytes)
{
	struct ipcx_stat stat;
	struct producer p;
	struct consumer c;
	struct ring r;

	ASSERT_EQ(0, make_ring(&r, IPCX_RING_SPSC, 1, 1));
	ASSERT_EQ(0, attach_producer(&p, &r));
	p.shared->tail = 40 * IPCX_RING_BITS;
	ASSERT_EQ(0, get_stat(r.fd, &stat));
	EXPECT_EQ(40, stat.bytes);
	ASSERT_EQ(0, attach_consumer(&c, &r));
	c.page->head = 16 * IPCX_RING_BITS;
	ASSERT_EQ(0, get_stat(r.fd, &stat));
	EXPECT_EQ(24, stat.bytes);
	p.shared->tail = 1ULL << 60;
	ASSERT_EQ(0, get_stat(r.fd, &stat));
	EXPECT_EQ(PAGE, stat.bytes);
	c.page->head = 2ULL << 60;
	ASSERT_EQ(0, get_stat(r.fd, &stat));
	EXPECT_EQ(0, stat.bytes);
	detach_consumer(&c);
	detach_producer(&p);
	close_ring(&r);
}

TEST(list)
{
	struct ipcx_stat stats[4], stat;
	struct ipcx_list list = {
		.entries = addr(stats), .count = ARRAY_SIZE(stats),
		.entry_size = sizeof(stats[0]), .kind = IPCX_KIND_RING,
	};
	int queue = new_queue(0, NULL), ring = new_ring(NULL), control = open_control();

	ASSERT_LE(0, ring);
	ASSERT_EQ(1, op(control, IPCX_LIST, &list));
	ASSERT_EQ(0, get_stat(ring, &stat));
	EXPECT_EQ(0, memcmp(&stat, stats, sizeof(stat)));
	list.cursor = 0;
	list.kind = 0;
	EXPECT_EQ(2, op(control, IPCX_LIST, &list));
	list.cursor = 0;
	list.kind = IPCX_KIND_RING + 1;
	EXPECT_EQ(-EINVAL, op(control, IPCX_LIST, &list));
	close(control);
	close(ring);
	close(queue);
}

/* ---- text ---- */

TEST(text)
{
	char name[UNIQUE_NAME_SIZE], path[64], text[4096], expected[128];
	int fd;

	unique_name(name, "ring-text");
	fd = open_ring(name, IPCX_OPEN_READ | IPCX_OPEN_CREATE, 0600);
	ASSERT_LE(0, fd);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	ASSERT_LT(0, read_file(path, text, sizeof(text)));
	EXPECT_NE(NULL, strstr(text, "\nipcx-kind:\t" "ring\n"));
	snprintf(expected, sizeof(expected), "\nipcx-name:\t%s\nipcx-rights:\tr-\n", name);
	EXPECT_NE(NULL, strstr(text, expected)) {
		TH_LOG("%s", text);
	}
	expect_link(_metadata, fd, "ring");
	expect_object(_metadata, name, "ring");
	EXPECT_EQ(0, unlink_name(name));
	close(fd);
}

/* ---- names ---- */

TEST(kinds_of_names)
{
	char ring[UNIQUE_NAME_SIZE], queue[UNIQUE_NAME_SIZE], mbox[UNIQUE_NAME_SIZE];
	int fds[3];

	unique_name(ring, "ring");
	unique_name(queue, "queue");
	unique_name(mbox, "mbox");
	fds[0] = open_ring(ring, CREATE_RW, 0600);
	fds[1] = open_queue(queue, CREATE_RW, 0600);
	fds[2] = open_mbox(mbox, MBOX_CREATE, 0600);
	ASSERT_LE(0, fds[0]);
	ASSERT_LE(0, fds[1]);
	ASSERT_LE(0, fds[2]);
	EXPECT_EQ(-EPROTOTYPE, open_queue(ring, RW, 0));
	EXPECT_EQ(-EPROTOTYPE, open_mbox(ring, IPCX_OPEN_WRITE, 0));
	EXPECT_EQ(-EPROTOTYPE, open_ring(queue, RW, 0));
	EXPECT_EQ(-EPROTOTYPE, open_ring(mbox, IPCX_OPEN_WRITE, 0));
	EXPECT_EQ(-EPROTOTYPE, open_ring(queue, CREATE_RW, 0600));
	EXPECT_EQ(-EEXIST, open_ring(ring, CREATE_RW | IPCX_OPEN_EXCL, 0600));
	EXPECT_EQ(0, unlink_name(ring));
	EXPECT_EQ(-ENOENT, open_ring(ring, RW, 0));
	EXPECT_EQ(0, unlink_name(queue));
	close(fds[0]);
	close(fds[1]);
	close(fds[2]);
}

/* Ring operations of the others, and the others' of rings. */
TEST(operations_of_kinds)
{
	int ring = new_ring(NULL), queue = new_queue(0, NULL), control = open_control();
	struct ipcx_ring_wait wait = make_wait(IPCX_RING_CONSUMER, 0, 0);
	char byte;

	ASSERT_LE(0, ring);
	EXPECT_EQ(-ENOTTY, op(queue, IPCX_RING_WAIT, &wait));
	EXPECT_EQ(-ENOTTY, op(control, IPCX_RING_WAIT, &wait));
	EXPECT_EQ(-ENOTTY, ring_wake(queue, IPCX_RING_WAKE_DATA));
	EXPECT_EQ(-ENOTTY, ring_wake(control, IPCX_RING_WAKE_DATA));
	EXPECT_EQ(-ENOTTY, send_number(ring, 1, 0));
	EXPECT_EQ(-ENOTTY, post_number(ring, 1));
	/* Nothing to read or write in the way of files. */
	EXPECT_EQ(-1, read(ring, &byte, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, write(ring, &byte, 1));
	EXPECT_EQ(EINVAL, errno);
	close(control);
	close(queue);
	close(ring);
}

/* It is there without anybody, with what is in it. */
TEST(kernel_persistence)
{
	struct ipcx_ring_attr attr = { .size = PAGE };
	char name[UNIQUE_NAME_SIZE];
	struct ring r, again;
	struct ipcx_stat stat;
	struct producer p;
	int fd;

	unique_name(name, "stays");
	fd = open_ring_attr(name, CREATE_RW, 0600, &attr);
	attr.max_producers = 1;
	attr.max_consumers = 1;
	ASSERT_EQ(0, opened_as(&r, fd, &attr));
	ASSERT_EQ(0, attach_producer(&p, &r));
	p.shared->tail = 64 * IPCX_RING_BITS;
	strcpy(p.data, "still here");
	detach_producer(&p);
	close_ring(&r);

	ASSERT_EQ(0, opened_as(&again, open_ring(name, RW, 0), &attr));
	EXPECT_STREQ("still here", again.data);
	EXPECT_EQ(64 * IPCX_RING_BITS, again.shared->tail);
	EXPECT_EQ(1, again.info->eof);
	ASSERT_EQ(0, get_stat(again.fd, &stat));
	EXPECT_STREQ(name, stat.name);
	EXPECT_EQ(64, stat.bytes);
	EXPECT_EQ(0, unlink_name(name));
	/* And without its name as long as somebody has it. */
	EXPECT_STREQ("still here", again.data);
	close(again.fd);
	EXPECT_STREQ("still here", again.data);
	munmap(again.view, view_len(&again));
}

static int open_as_b(void *arg)
{
	const char *name = arg;
	int fd;

	MUST_BE(0, become(UID_B));
	MUST_BE(-EACCES, open_ring(name, RW, 0));
	MUST_BE(-EACCES, open_ring(name, IPCX_OPEN_WRITE, 0));
	fd = open_ring(name, IPCX_OPEN_READ, 0);
	MUST(fd >= 0);
	MUST_BE(-EACCES, unlink_name(name));
	return 0;
}

TEST(rights_by_mode)
{
	char name[UNIQUE_NAME_SIZE];
	int fd;

	unique_name(name, "rights");
	fd = open_ring(name, CREATE_RW, 0600);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, fchmod(fd, 0604));
	EXPECT_EQ(0, in_child(open_as_b, name));
	EXPECT_EQ(0, unlink_name(name));
	close(fd);
}

TEST_HARNESS_MAIN
