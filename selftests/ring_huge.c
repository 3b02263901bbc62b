// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Rings in huge pages: whether they are, is to be told by the faults that they take; what
 * they are, not at all. What nobody may do with a mapping is in ring_protect.c.
 */
#include "ring_touch.h"

#include <sys/resource.h>

#define MIB	(1UL << 20)
#define HUGE	(2 * MIB)
#define SIZE	(2 * HUGE)

/* More than any part of the data takes that is in huge pages, less than single ones take. */
#define FEW	16

static bool has_huge_pages(void)
{
	return access("/sys/kernel/mm/transparent_hugepage", F_OK) == 0;
}

FIXTURE(huge)
{
	struct ring ring;
	struct producer p;
};

typedef FIXTURE_DATA(huge) env_t;

FIXTURE_SETUP(huge)
{
	ASSERT_EQ(0, make_ring_flags(&self->ring, IPCX_RING_SPSC, 1, 1, SIZE, IPCX_RING_HUGE));
	ASSERT_EQ(0, attach_producer(&self->p, &self->ring));
}

FIXTURE_TEARDOWN(huge)
{
	detach_producer(&self->p);
	close_ring(&self->ring);
}

static bool is_huge(int fd)
{
	struct ipcx_stat stat;

	return get_stat(fd, &stat) == 0 && stat.state & IPCX_STAT_HUGE;
}

/* ---- whether ---- */

TEST_F(huge, wish)
{
	static const struct {
		__u64 size;
		__u32 flags;
		bool huge;
	} wishes[] = {
		{ HUGE, 0, false },
		{ HUGE / 2, IPCX_RING_HUGE, false },
		{ PAGE, IPCX_RING_HUGE, false },
		{ HUGE, IPCX_RING_HUGE, true },
		{ 8 * HUGE, IPCX_RING_HUGE, true },
	};
	size_t i;

	EXPECT_EQ(has_huge_pages(), is_huge(self->ring.fd));
	for (i = 0; i < ARRAY_SIZE(wishes); i++) {
		struct ipcx_ring_attr attr = { .size = wishes[i].size, .flags = wishes[i].flags };
		int fd = new_ring(&attr);

		ASSERT_LE(0, fd);
		EXPECT_EQ(wishes[i].huge && has_huge_pages(), is_huge(fd)) {
			TH_LOG("%llu bytes", (unsigned long long)attr.size);
		}
		close(fd);
	}
}

/* It costs what it always does. */
TEST_F(huge, charge)
{
	struct ipcx_ring_attr attr = { .size = SIZE };
	struct ipcx_info before, small, huge;
	int fd;

	ASSERT_EQ(0, get_info(&before));
	fd = new_ring(&attr);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, get_info(&small));
	close(fd);
	attr.flags = IPCX_RING_HUGE;
	fd = new_ring(&attr);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, get_info(&huge));
	close(fd);
	EXPECT_EQ(small.user_bytes, huge.user_bytes);
	ASSERT_EQ(0, get_info(&huge));
	EXPECT_EQ(before.user_bytes, huge.user_bytes);
}

/* ---- faults ---- */

static long faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt;
}

/* How many it takes to look at, or to write, a byte of each page. */
static long faults_of(char *p, size_t len, bool write)
{
	long before = faults();
	size_t at;

	for (at = 0; at < len; at += PAGE) {
		char byte = load(p + at);

		if (write)
			store(p + at, byte);
	}
	return faults() - before;
}

static void expect_faults(struct __test_metadata *_metadata, const char *what, long n, bool few)
{
	EXPECT_TRUE(few ? n <= FEW : n > FEW) {
		TH_LOG("%s: %ld faults", what, n);
	}
}

TEST_F(huge, few_faults)
{
	struct ring small;
	bool few = is_huge(self->ring.fd);

	expect_faults(_metadata, "view", faults_of(self->ring.data, 2 * SIZE, false), few);
	expect_faults(_metadata, "producer", faults_of(self->p.data, 2 * SIZE, true), few);
	EXPECT_EQ(0, faults_of(self->p.data, 2 * SIZE, true));
	ASSERT_EQ(0, make_ring_sized(&small, IPCX_RING_SPSC, 1, 1, SIZE));
	expect_faults(_metadata, "a small one", faults_of(small.data, 2 * SIZE, false), false);
	close_ring(&small);
}

/* ---- the same memory, however it is mapped ---- */

/* Each page has its number in it. */
static void number_pages(char *data)
{
	size_t at;

	for (at = 0; at < SIZE; at += PAGE)
		*(size_t *)(data + at) = at / PAGE;
}

static void expect_numbers(struct __test_metadata *_metadata, const char *data)
{
	size_t at;

	for (at = 0; at < 2 * SIZE; at += PAGE) {
		ASSERT_EQ(at % SIZE / PAGE, *(const size_t *)(data + at)) {
			TH_LOG("at %#zx", at);
		}
	}
}

TEST_F(huge, twice_in_a_row)
{
	number_pages(self->p.data + SIZE);
	expect_numbers(_metadata, self->p.data);
	expect_numbers(_metadata, self->ring.data);
}

/* Records of all that lies around the end of the data, and the beginning of a huge page. */
TEST_F(huge, wrap_around)
{
	static char sent[HUGE], *got;
	struct consumer c;
	__u64 header;
	int i;

	ASSERT_EQ(0, attach_consumer(&c, &self->ring));
	for (i = 0; i < 20; i++) {
		size_t len = HUGE - 8 - 8 * i;

		memset(sent, 'a' + i, len);
		ASSERT_EQ(0, put_bytes(&self->p, sent, len));
		ASSERT_EQ(0, peek_header(&c, &header));
		ASSERT_EQ(len, ipcx_ring_header_len(header));
		got = self->ring.data + ipcx_ring_offset(c.next, SIZE) + IPCX_RING_HEADER;
		EXPECT_EQ(0, memcmp(sent, got, len));
		skip(&c, header);
		ASSERT_EQ(0, release(&c));
	}
	detach_consumer(&c);
}

static char *reserve_room(size_t len)
{
	char *at = mmap(NULL, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

/* Where data would be aligned, and that many bytes further. */
static char *place_for(char *room, size_t before, size_t off)
{
	return (char *)(((uintptr_t)room + before + HUGE - 1) / HUGE * HUGE) - before + off;
}

TEST_F(huge, where_it_is_told_to_be)
{
	static const size_t offs[] = { 0, PAGE, HUGE / 2, HUGE - PAGE };
	size_t len = view_len(&self->ring), before = control_len(&self->ring), i;

	number_pages(self->p.data);
	for (i = 0; i < ARRAY_SIZE(offs); i++) {
		char *room = reserve_room(len + 2 * HUGE);
		char *at = place_for(room, before, offs[i]);
		bool few = is_huge(self->ring.fd) && !offs[i];

		ASSERT_EQ(at, mmap(at, len, PROT_READ, MAP_SHARED | MAP_FIXED, self->ring.fd,
				   IPCX_RING_MAP_VIEW));
		expect_faults(_metadata, "fixed", faults_of(at + before, 2 * SIZE, false), few);
		expect_numbers(_metadata, at + before);
		munmap(room, len + 2 * HUGE);
	}
}

/* From where it is aligned to where it is not, and back, with some of its pages in use. */
TEST_F(huge, moved)
{
	static const size_t offs[] = { PAGE, 0, HUGE - PAGE, 0, HUGE / 2, PAGE, 0, 0 };
	size_t len = producer_len(&self->ring), before = 2 * PAGE, i;
	char *at = (char *)self->p.page;

	number_pages(self->p.data);
	for (i = 0; i < ARRAY_SIZE(offs); i++) {
		char *room = reserve_room(len + 2 * HUGE);
		char *there = place_for(room, before, offs[i]);

		/* Not all of it: what is not there yet comes at its new place. */
		store(at + before + HUGE + 3 * PAGE + 64, 1);
		ASSERT_EQ(there, mremap(at, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, there));
		at = there;
		store(at + before + HUGE + 4 * PAGE + 64, 1);
		store(at + before + HUGE + 300 * PAGE + 64, 1);
		if (i % 2)
			expect_numbers(_metadata, at + before);
		munmap(room, there - room);
		munmap(there + len, room + len + 2 * HUGE - there - len);
	}
	self->p.page = (void *)at;
	self->p.shared = (void *)(at + PAGE);
	self->p.data = at + before;
	expect_numbers(_metadata, self->p.data);
	ASSERT_EQ(0, put(&self->p, 1));
}

TEST_F(huge, protected)
{
	size_t len = producer_len(&self->ring);
	char *at = (char *)self->p.page;
	int i;

	for (i = 0; i < 3; i++) {
		number_pages(self->p.data);
		ASSERT_EQ(0, mprotect(at, len, PROT_READ));
		EXPECT_EQ(SIGSEGV, touch(self->p.data + SIZE, true));
		EXPECT_EQ(0, touch(self->p.data + SIZE, false));
		ASSERT_EQ(0, mprotect(at, len, PROT_NONE));
		EXPECT_EQ(SIGSEGV, touch(self->p.data + HUGE, false));
		ASSERT_EQ(0, mprotect(at, len, PROT_READ | PROT_WRITE));
		EXPECT_EQ(0, touch_all(self->p.data, 2 * SIZE, true));
		expect_numbers(_metadata, self->p.data);
	}
	EXPECT_EQ(SIGSEGV, touch(self->ring.data, true));
	EXPECT_EQ(-1, mprotect(self->ring.view, view_len(&self->ring), PROT_READ | PROT_WRITE));
	/* Not in parts, not even in huge ones. */
	EXPECT_EQ(-1, munmap(self->p.data + HUGE, HUGE));
	EXPECT_EQ(-1, mprotect(self->p.data, HUGE, PROT_READ));
	EXPECT_EQ(MAP_FAILED, mremap(at, len, len - HUGE, 0));
	EXPECT_EQ(-1, madvise(self->ring.data, HUGE, MADV_DONTNEED));
	expect_numbers(_metadata, self->ring.data);
}

/* ---- whose it is ---- */

static int look_and_die(void *arg)
{
	env_t *env = arg;
	struct ring r = env->ring;

	MUST_BE(0, map_view(&r));
	MUST(faults_of(r.data, 2 * SIZE, false) >= 0);
	kill(getpid(), SIGKILL);
	return 1;
}

TEST_F(huge, survives_who_dies)
{
	int i;

	number_pages(self->p.data);
	for (i = 0; i < 5; i++)
		EXPECT_EQ(KILLED_BY(SIGKILL), in_child(look_and_die, self));
	expect_numbers(_metadata, self->ring.data);
}

TEST_HARNESS_MAIN
