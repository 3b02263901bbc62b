/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A queue to be given bad input, which none of it may change. */
#ifndef IPCX_SELFTESTS_BADINPUT_H
#define IPCX_SELFTESTS_BADINPUT_H

#include "badmem.h"

FIXTURE(bad) {
	int control;
	int queue;
	char name[UNIQUE_NAME_SIZE];
	struct bad_memory mem;
};

typedef FIXTURE_DATA(bad) env_t;

FIXTURE_SETUP(bad)
{
	make_bad_memory(&self->mem);
	unique_name(self->name, "bad");
	self->control = open_control();
	ASSERT_LE(0, self->control);
	self->queue = new_queue(0, NULL);
	ASSERT_LE(0, self->queue);
}

FIXTURE_TEARDOWN(bad)
{
	EXPECT_EQ(-ENOENT, open_queue(self->name, RW, 0));
	close(self->queue);
	close(self->control);
}

static inline void fill_numbers(struct __test_metadata *_metadata, int fd, int n)
{
	int i;

	for (i = 0; i < n; i++)
		ASSERT_EQ(1, send_number(fd, i, 0));
}

/* All n are there, in order, and nothing else. */
static inline void expect_numbers(struct __test_metadata *_metadata, int fd, int from, int n)
{
	int i;

	for (i = from; i < n; i++) {
		__u64 number;

		ASSERT_EQ(1, try_recv_number(fd, &number));
		ASSERT_EQ((__u64)i, number);
	}
	ASSERT_TRUE(is_empty(fd));
}

#endif /* IPCX_SELFTESTS_BADINPUT_H */
