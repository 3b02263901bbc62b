/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of failures on the way of a queue's messages share. */
#ifndef IPCX_SELFTESTS_FAULT_QUEUE_H
#define IPCX_SELFTESTS_FAULT_QUEUE_H

#include "fault.h"

#define BIG		(1 << 20)
#define TYPES		100

/* The message of type n is what lies here from byte n on: none is like another. */
static char payload[BIG + TYPES];
static char room[BIG];

/* Never 0, and with a period that is no size of a buffer or step of a copy. */
static inline void make_payload(void)
{
	size_t i;

	for (i = 0; i < sizeof(payload); i++)
		payload[i] = 1 + i % 251;
}

/*
 * @ret, but -EIO where it says that the first message, with @len bytes, was received
 * and it was not.
 */
static inline int whole(int ret, const struct ipcx_msg *msg, size_t len)
{
	if (ret != 1)
		return ret;
	if (msg->len != len || msg->type != 0 || msg->priority != 3)
		return -EIO;
	return memcmp(room, payload, len) ? -EIO : ret;
}

/* The next one in the queue is of that type, and whole. */
static inline void expect_message(struct __test_metadata *_metadata, int queue, const char *what,
				  int type, size_t len)
{
	struct ipcx_msg msg;

	memset(room, 0, len);
	ASSERT_EQ(1, recv_msg(queue, room, sizeof(room), &msg, IPCX_XFER_NONBLOCK)) {
		TH_LOG("%s: message %d is lost", what, type);
	}
	ASSERT_EQ((__u64)type, msg.type) {
		TH_LOG("%s: out of order", what);
	}
	ASSERT_EQ(len, msg.len) {
		TH_LOG("%s: message %d", what, type);
	}
	ASSERT_EQ(0, memcmp(room, payload + type, len)) {
		TH_LOG("%s: message %d is not what was sent", what, type);
	}
}

static inline void expect_no_message(struct __test_metadata *_metadata, int queue,
				     const char *what)
{
	ASSERT_TRUE(is_empty(queue)) {
		TH_LOG("%s: too much is there", what);
	}
}

#endif /* IPCX_SELFTESTS_FAULT_QUEUE_H */
