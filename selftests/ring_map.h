/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests of a ring's mappings share: one of each kind, which has to be what it was
 * after whatever was tried.
 */
#ifndef IPCX_SELFTESTS_RING_MAP_H
#define IPCX_SELFTESTS_RING_MAP_H

#include "ring_touch.h"

#define RD		PROT_READ
#define WRITABLE	(PROT_READ | PROT_WRITE)

FIXTURE(map)
{
	struct ring ring;	/* broadcast: all there is to map */
	struct producer p;
	struct consumer c;
};

typedef FIXTURE_DATA(map) env_t;

FIXTURE_VARIANT(map)
{
	__u64 size;
	__u32 flags;
};

FIXTURE_VARIANT_ADD(map, pages) {
	.size = PAGE,
};

FIXTURE_SETUP(map)
{
	ASSERT_EQ(0, make_ring_flags(&self->ring, IPCX_RING_BROADCAST, 2, 3, variant->size,
				     variant->flags));
	ASSERT_EQ(0, attach_producer(&self->p, &self->ring));
	ASSERT_EQ(0, attach_consumer(&self->c, &self->ring));
	ASSERT_EQ(0, put(&self->p, 5));
}

/* Whatever was tried: the roles are what they were, and work. */
FIXTURE_TEARDOWN(map)
{
	__u64 number = 0;

	EXPECT_EQ(1, self->ring.info->producers);
	EXPECT_EQ(1, self->ring.info->consumers);
	EXPECT_EQ(0, take(&self->c, &number));
	EXPECT_EQ(5, number);
	EXPECT_EQ(-EAGAIN, take(&self->c, &number));
	EXPECT_EQ(0, put(&self->p, 6));
	EXPECT_EQ(0, wait_data(&self->c, 1));
	EXPECT_EQ(0, take(&self->c, &number));
	EXPECT_EQ(6, number);
	detach_consumer(&self->c);
	detach_producer(&self->p);
	EXPECT_EQ(0, self->ring.info->producers);
	EXPECT_EQ(0, self->ring.info->consumers);
	close_ring(&self->ring);
}

/* A mapping that is tried to be changed. */
struct target {
	const char *what;
	char *at;
	size_t len;
	bool writable;
};

#define TARGETS(env) {								\
	{ "view", (env)->ring.view, view_len(&(env)->ring), false },		\
	{ "producer", (char *)(env)->p.page, producer_len(&(env)->ring), true },\
	{ "consumer", (char *)(env)->c.page, PAGE, true },			\
}

#endif /* IPCX_SELFTESTS_RING_MAP_H */
