/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A mailbox with a ring, and what no test leaves in one. */
#ifndef IPCX_SELFTESTS_INBOX_H
#define IPCX_SELFTESTS_INBOX_H

#include "mbox_ring.h"

#define SIZE		(4 * PAGE)

FIXTURE(inbox)
{
	struct inbox in;
};

FIXTURE_SETUP(inbox)
{
	ASSERT_EQ(0, new_inbox(&self->in, SIZE));
}

FIXTURE_TEARDOWN(inbox)
{
	struct ipcx_stat stat;

	/* Nobody is left who waits, and nothing is left that was released. */
	EXPECT_LE(0, drain_delivered(&self->in));
	EXPECT_EQ(0, self->in.ring.info->data_waiters);
	EXPECT_EQ(0, self->in.ring.info->space_waiters);
	EXPECT_EQ(0, get_stat(self->in.fd, &stat));
	EXPECT_EQ(0, stat.send_waiters);
	EXPECT_EQ(0, stat.ring_used);
	EXPECT_EQ(0, stat.ring_msgs);
	EXPECT_EQ(stat.sent, stat.received);
	EXPECT_EQ(stat.sent_bytes, stat.received_bytes);
	close_inbox(&self->in);
}

#endif /* IPCX_SELFTESTS_INBOX_H */
