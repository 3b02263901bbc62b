// SPDX-License-Identifier: LGPL-2.1-or-later
/* Stamps for which there is no memory. */
#include "stamps.h"

#include "fault.h"

/* A message without memory for stamps goes on without. */
TEST(no_memory)
{
	int fd = small_queue(16), without = 0;
	unsigned int n, sent = 0;
	struct ipcx_stamps s;
	bool met = true;
	__u64 start;

	ASSERT_EQ(0, ask_for_stamps(fd));
	/* What the queue keeps is what all of them are sent in: each fails at the same places. */
	ASSERT_EQ(1, send_number(fd, 0, 0));
	ASSERT_EQ(1, recv_stamped(fd, &s, 0));
	ASSERT_EQ(0, set_up_faults(0));
	start = now_ns(CLOCK_MONOTONIC);
	for (n = 1; met && n < MANY; n++) {
		int ret;

		arm(n);
		ret = send_number(fd, n, 0);
		met = disarm();
		if (ret != 1)
			continue;
		sent++;
		ASSERT_EQ(1, recv_stamped(fd, &s, 0));
		if (s.copy_in_start == 0) {
			EXPECT_TRUE(sender_not_taken(&s));
			without++;
		} else {
			expect_order(_metadata, &s, start);
		}
	}
	EXPECT_LT(0, without);
	EXPECT_LT(1, sent);
	EXPECT_TRUE(is_empty(fd));
	close(fd);
}

TEST_HARNESS_MAIN
