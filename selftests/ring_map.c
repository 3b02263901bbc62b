// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What of a ring may be mapped how, and that nothing makes more of a mapping than it is:
 * it is not made writable or executable, not split, not doubled, and moved it is the same
 * role. What others may do to it is in ring_protect.c.
 */
#include "ring_map.h"

#include <sys/personality.h>

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

/* ---- what can be mapped ---- */

TEST_F(map, every_page)
{
	size_t at;

	EXPECT_EQ(0, touch_all(self->ring.view, view_len(&self->ring), false));
	for (at = 0; at < view_len(&self->ring); at += PAGE) {
		EXPECT_EQ(SIGSEGV, touch(self->ring.view + at, true)) {
			TH_LOG("page %zu of the view was written", at / PAGE);
		}
	}
	EXPECT_EQ(0, touch_all((char *)self->p.page, producer_len(&self->ring), true));
	EXPECT_EQ(0, touch_all((char *)self->c.page, PAGE, true));
}

/* One page is the same wherever it is seen, the data twice in a row. */
TEST_F(map, same_memory)
{
	size_t size = 4 * PAGE, i;
	struct producer p[2];
	struct consumer c;
	struct ring r;

	ASSERT_EQ(0, make_ring_sized(&r, IPCX_RING_BROADCAST, 2, 2, size));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, attach_producer(&p[i], &r));
		p[i].page->end = 100 + i;
	}
	ASSERT_EQ(0, attach_consumer(&c, &r));
	c.page->lost = 77;
	EXPECT_EQ(100, producer_page(&r, 0)->end);
	EXPECT_EQ(101, producer_page(&r, 1)->end);
	EXPECT_EQ(77, consumer_page(&r, 0)->lost);
	EXPECT_EQ(0, consumer_page(&r, 1)->lost);
	p[1].shared->confirmed[9] = 99;
	EXPECT_EQ(99, p[0].shared->confirmed[9]);
	EXPECT_EQ(99, r.shared->confirmed[9]);
	for (i = 0; i < 2 * size; i += 8) {
		__u64 word = i % size + 1;

		memcpy(p[i / 8 % 2].data + i, &word, 8);
	}
	for (i = 0; i < 2 * size; i += 8) {
		__u64 word;

		memcpy(&word, r.data + i, 8);
		ASSERT_EQ(i % size + 1, word);
	}
	EXPECT_EQ(0, memcmp(p[0].data, p[1].data, 2 * size));
	detach_consumer(&c);
	detach_producer(&p[0]);
	detach_producer(&p[1]);
	close_ring(&r);
}

/* A view without the data is for anybody who has the ring; its first page says how long. */
TEST_F(map, view_without_data)
{
	const struct ipcx_ring_info *info = NULL;
	size_t len = control_len(&self->ring);

	ASSERT_EQ(0, map_place(self->ring.fd, 0, PAGE, RD, MAP_SHARED, &info));
	EXPECT_EQ(PAGE, info->size);
	EXPECT_EQ(len, (2 + info->max_producers + info->max_consumers) * info->page_size);
	EXPECT_EQ(SIGSEGV, touch((char *)info, true));
	munmap((void *)info, PAGE);
	ASSERT_EQ(0, map_place(self->ring.fd, 0, len, RD, MAP_SHARED, &info));
	EXPECT_EQ(2, info->max_producers);
	EXPECT_EQ(SIGSEGV, touch((char *)info + PAGE, true));
	munmap((void *)info, len);
	EXPECT_EQ(0, map_place(self->ring.fd, 0, len, RD, MAP_SHARED | MAP_POPULATE, NULL));
}

/* ---- what cannot ---- */

TEST_F(map, lengths)
{
	const struct { __u64 where; size_t len, also; int prot; } places[] = {
		{ IPCX_RING_MAP_VIEW, view_len(&self->ring), control_len(&self->ring), RD },
		{ IPCX_RING_MAP_PRODUCER, producer_len(&self->ring), 0, WRITABLE },
		{ IPCX_RING_MAP_CONSUMER, PAGE, 0, WRITABLE },
		{ IPCX_RING_MAP_OVERRUN, PAGE, 0, WRITABLE },
	};
	size_t i, pages;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		for (pages = 1; pages < 40; pages++) {
			size_t len = pages * PAGE;
			bool good = len == places[i].len || len == places[i].also ||
				    (pages == 1 && !places[i].where);

			EXPECT_EQ(good ? 0 : -EINVAL,
				  map_place(self->ring.fd, places[i].where, len,
					    places[i].prot, MAP_SHARED, NULL)) {
				TH_LOG("place %zu, %zu pages", i, pages);
			}
		}
	}
	EXPECT_EQ(-EINVAL, map_place(self->ring.fd, IPCX_RING_MAP_PRODUCER, 1UL << 40, WRITABLE,
				     MAP_SHARED | MAP_NORESERVE, NULL));
}

TEST_F(map, offsets)
{
	const struct { __u64 where; size_t len; int prot; } places[] = {
		{ IPCX_RING_MAP_VIEW, view_len(&self->ring), RD },
		{ IPCX_RING_MAP_PRODUCER, producer_len(&self->ring), WRITABLE },
		{ IPCX_RING_MAP_CONSUMER, PAGE, WRITABLE },
		{ IPCX_RING_MAP_OVERRUN, PAGE, WRITABLE },
	};
	static const __u64 beside[] = {
		PAGE, 2 * PAGE, 1ULL << 20, 1ULL << 30, 1ULL << 32, 1ULL << 39, 4ULL << 40,
		8ULL << 40, 1ULL << 62,
	};
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		for (j = 0; j < ARRAY_SIZE(beside); j++) {
			EXPECT_EQ(-EINVAL, map_place(self->ring.fd, places[i].where + beside[j],
						     places[i].len, places[i].prot, MAP_SHARED,
						     NULL)) {
				TH_LOG("place %zu + %#llx", i, (unsigned long long)beside[j]);
			}
		}
	}
}

TEST_F(map, protections)
{
	const struct { __u64 where; size_t len; int prot; } places[] = {
		{ IPCX_RING_MAP_VIEW, view_len(&self->ring), RD },
		{ IPCX_RING_MAP_VIEW, control_len(&self->ring), RD },
		{ IPCX_RING_MAP_PRODUCER, producer_len(&self->ring), WRITABLE },
		{ IPCX_RING_MAP_CONSUMER, PAGE, WRITABLE },
		{ IPCX_RING_MAP_OVERRUN, PAGE, WRITABLE },
	};
	size_t i;
	int prot;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		bool view = places[i].where == IPCX_RING_MAP_VIEW;

		for (prot = 0; prot < 8; prot++) {
			int error = prot & PROT_EXEC || (view && prot & PROT_WRITE) ? -EPERM :
				    view || prot == WRITABLE ? 0 : -EINVAL;

			EXPECT_EQ(error, map_place(self->ring.fd, places[i].where, places[i].len,
						   prot, MAP_SHARED, NULL)) {
				TH_LOG("place %zu, protection %d", i, prot);
			}
			EXPECT_EQ(prot & PROT_EXEC ? -EPERM : -EINVAL,
				  map_place(self->ring.fd, places[i].where, places[i].len, prot,
					    MAP_PRIVATE, NULL)) {
				TH_LOG("place %zu, private, protection %d", i, prot);
			}
		}
	}
}

static int map_readably(void *arg)
{
	env_t *env = arg;
	char *at = NULL;

	MUST(personality(READ_IMPLIES_EXEC) >= 0);
	MUST_BE(0, map_place(env->ring.fd, 0, view_len(&env->ring), RD, MAP_SHARED, &at));
	MUST_BE(-1, mprotect(at, view_len(&env->ring), PROT_READ | PROT_EXEC));
	MUST_BE(0, map_place(env->ring.fd, IPCX_RING_MAP_CONSUMER, PAGE, WRITABLE, MAP_SHARED,
			     NULL));
	return 0;
}

/* An old program, whose mappings are all executable: these are not, and can be had. */
TEST_F(map, who_always_asks_for_execution)
{
	EXPECT_EQ(0, in_child(map_readably, self));
}

/* Those of the mode that has it only. */
TEST_F(map, overrun_is_broadcast)
{
	__u32 mode;

	for (mode = IPCX_RING_SPSC; mode <= IPCX_RING_MPSC; mode++) {
		struct ring r;

		ASSERT_EQ(0, make_ring(&r, mode, 1, 1));
		EXPECT_EQ(-EINVAL, map_place(r.fd, IPCX_RING_MAP_OVERRUN, PAGE, WRITABLE,
					     MAP_SHARED, NULL));
		EXPECT_EQ(0, map_place(r.fd, IPCX_RING_MAP_CONSUMER, PAGE, WRITABLE, MAP_SHARED,
				       NULL));
		close_ring(&r);
	}
}

TEST_F(map, rights)
{
	struct ipcx_ring_attr attr = {
		.size = PAGE, .mode = IPCX_RING_BROADCAST, .max_producers = 2,
		.max_consumers = 3,
	};
	const struct { __u64 where; size_t len; int prot, reader, writer; } places[] = {
		{ IPCX_RING_MAP_VIEW, view_len(&self->ring), RD, 0, -EBADF },
		{ IPCX_RING_MAP_VIEW, control_len(&self->ring), RD, 0, 0 },
		{ IPCX_RING_MAP_VIEW, PAGE, RD, 0, 0 },
		{ IPCX_RING_MAP_PRODUCER, producer_len(&self->ring), WRITABLE, -EBADF, 0 },
		{ IPCX_RING_MAP_CONSUMER, PAGE, WRITABLE, 0, -EBADF },
		{ IPCX_RING_MAP_OVERRUN, PAGE, WRITABLE, 0, -EBADF },
	};
	char name[UNIQUE_NAME_SIZE], path[64];
	int reader, writer, by_path;
	size_t i;

	unique_name(name, "rights");
	reader = open_ring_attr(name, IPCX_OPEN_READ | IPCX_OPEN_CREATE, 0600, &attr);
	ASSERT_LE(0, reader);
	writer = open_ring(name, IPCX_OPEN_WRITE, 0);
	ASSERT_LE(0, writer);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", reader);
	by_path = open(path, O_PATH);
	ASSERT_LE(0, by_path);
	EXPECT_GT(0, open(path, O_RDWR));
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		EXPECT_EQ(places[i].reader, map_place(reader, places[i].where, places[i].len,
						      places[i].prot, MAP_SHARED, NULL)) {
			TH_LOG("place %zu", i);
		}
		EXPECT_EQ(places[i].writer, map_place(writer, places[i].where, places[i].len,
						      places[i].prot, MAP_SHARED, NULL)) {
			TH_LOG("place %zu", i);
		}
		EXPECT_EQ(-EBADF, map_place(by_path, places[i].where, places[i].len,
					    places[i].prot, MAP_SHARED, NULL)) {
			TH_LOG("place %zu", i);
		}
	}
	EXPECT_EQ(0, unlink_name(name));
	close(by_path);
	close(writer);
	close(reader);
}

/* ---- what is read-only stays so ---- */

static int change(char *at, size_t len, int prot)
{
	return mprotect(at, len, prot) < 0 ? -errno : 0;
}

TEST_F(map, mprotect)
{
	const struct target targets[] = TARGETS(self);
	size_t i;
	int prot;

	for (i = 0; i < ARRAY_SIZE(targets); i++) {
		const struct target *t = &targets[i];

		for (prot = 0; prot < 8; prot++) {
			bool bad = prot & PROT_EXEC || (prot & PROT_WRITE && !t->writable);

			EXPECT_EQ(bad ? -EACCES : 0, change(t->at, t->len, prot)) {
				TH_LOG("%s, protection %d", t->what, prot);
			}
		}
		/* A part of it would be a mapping of its own. */
		if (t->len > PAGE) {
			EXPECT_EQ(-EINVAL, change(t->at, PAGE, PROT_NONE));
			EXPECT_EQ(-EINVAL, change(t->at + PAGE, PAGE, PROT_NONE));
			EXPECT_EQ(-EINVAL, change(t->at + t->len - PAGE, PAGE, PROT_NONE));
		}
		ASSERT_EQ(0, change(t->at, t->len, t->writable ? WRITABLE : RD));
		EXPECT_EQ(0, touch_all(t->at, t->len, t->writable));
		if (!t->writable) {
			EXPECT_EQ(SIGSEGV, touch(t->at, true));
		}
	}
}

TEST_F(map, munmap_of_a_part)
{
	const struct target targets[] = TARGETS(self);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(targets); i++) {
		const struct target *t = &targets[i];

		if (t->len == PAGE)
			continue;
		EXPECT_EQ(-1, munmap(t->at, PAGE));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, munmap(t->at + PAGE, PAGE));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, munmap(t->at + t->len - PAGE, PAGE));
		EXPECT_EQ(EINVAL, errno);
		/* Nor is a hole made by mapping something there. */
		EXPECT_EQ(MAP_FAILED, mmap(t->at + PAGE, PAGE, WRITABLE,
					   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
		EXPECT_EQ(0, touch_all(t->at, t->len, t->writable));
	}
}

static int try_mremap(const struct target *t, size_t old_len, size_t new_len, int flags)
{
	void *there = mmap(NULL, 64 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *p = mremap(t->at, old_len, new_len, flags, there);
	int ret = p == MAP_FAILED ? -errno : 0;

	munmap(there, 64 * PAGE);
	return ret;
}

TEST_F(map, mremap_makes_no_more)
{
	const struct target targets[] = TARGETS(self);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(targets); i++) {
		const struct target *t = &targets[i];

		EXPECT_EQ(-EFAULT, try_mremap(t, t->len, t->len + PAGE, MREMAP_MAYMOVE));
		EXPECT_EQ(-EFAULT, try_mremap(t, t->len, t->len + PAGE, 0));
		/* A second one of the same. */
		EXPECT_GT(0, try_mremap(t, 0, t->len, MREMAP_MAYMOVE));
		EXPECT_GT(0, try_mremap(t, 0, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED));
		EXPECT_EQ(-EINVAL, try_mremap(t, t->len, t->len,
					      MREMAP_MAYMOVE | MREMAP_DONTUNMAP));
		EXPECT_EQ(-EINVAL, try_mremap(t, t->len, t->len,
					      MREMAP_MAYMOVE | MREMAP_DONTUNMAP | MREMAP_FIXED));
		/* Less of it, and a part of it elsewhere. */
		if (t->len > PAGE) {
			EXPECT_EQ(-EINVAL, try_mremap(t, t->len, PAGE, MREMAP_MAYMOVE));
			EXPECT_EQ(-EINVAL, try_mremap(t, PAGE, PAGE,
						      MREMAP_MAYMOVE | MREMAP_FIXED));
		}
		EXPECT_EQ(0, touch_all(t->at, t->len, t->writable)) {
			TH_LOG("%s", t->what);
		}
	}
}

static void *move(void *p, size_t len)
{
	void *there = mmap(NULL, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mremap(p, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, there);
}

/* Moved, it is the same role of the same one: the teardown uses it there. */
TEST_F(map, mremap_moves_the_role)
{
	char *at;

	self->c.page = move(self->c.page, PAGE);
	ASSERT_NE(MAP_FAILED, (void *)self->c.page);
	at = move(self->p.page, producer_len(&self->ring));
	ASSERT_NE(MAP_FAILED, (void *)at);
	self->p.page = (void *)at;
	self->p.shared = (void *)(at + PAGE);
	self->p.data = at + 2 * PAGE;
	EXPECT_EQ(0, touch_all(at, producer_len(&self->ring), true));
	EXPECT_EQ(0, wait_data(&self->c, 1));
	EXPECT_EQ(0, wait_space(&self->p, 8, 1));
	EXPECT_EQ(1, self->ring.info->producers);
	EXPECT_EQ(1, self->ring.info->consumers);
}

/* The old way to move within a file: it maps afresh, if that is allowed. */
TEST_F(map, remap_file_pages)
{
	EXPECT_EQ(-1, remap_file_pages(self->ring.view, PAGE, 0, 1, 0));
	EXPECT_EQ(-1, remap_file_pages(self->ring.view, PAGE, 0,
				       IPCX_RING_MAP_CONSUMER / PAGE, 0));
	EXPECT_EQ(-1, remap_file_pages((char *)self->p.page + PAGE, PAGE, 0, 0, 0));
	EXPECT_EQ(SIGSEGV, touch(self->ring.view, true));
}

TEST_F(map, madvise)
{
	static const int never[] = {
		MADV_DONTNEED, MADV_FREE, MADV_REMOVE, MADV_DOFORK, MADV_DODUMP,
		MADV_WIPEONFORK, MADV_PAGEOUT, MADV_COLD, MADV_POPULATE_READ,
		MADV_POPULATE_WRITE,
	};
	const struct target targets[] = TARGETS(self);
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(targets); i++) {
		const struct target *t = &targets[i];

		for (j = 0; j < ARRAY_SIZE(never); j++) {
			EXPECT_EQ(-1, madvise(t->at, t->len, never[j])) {
				TH_LOG("%s, advice %d", t->what, never[j]);
			}
		}
		EXPECT_EQ(0, touch_all(t->at, t->len, t->writable));
	}
}

TEST_HARNESS_MAIN
