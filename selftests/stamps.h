/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of stamps share: receives that ask for them, and which times there have to be. */
#ifndef IPCX_SELFTESTS_STAMPS_H
#define IPCX_SELFTESTS_STAMPS_H

#include "group.h"

#define LARGE	20000	/* has a buffer of its own */

static char in[LARGE];

static inline int recv_stamped(int fd, struct ipcx_stamps *stamps, __u32 flags)
{
	struct ipcx_msg msg = make_msg(in, sizeof(in), 0, 0);
	struct ipcx_xfer xfer = make_xfer(&msg, 1, flags | IPCX_RECV_STAMPS);

	xfer.stamps = addr(stamps);
	return op(fd, IPCX_RECV, &xfer);
}

static inline int recv_mail_stamped(int fd, struct ipcx_stamps *stamps, struct ipcx_mbox_recv *mail)
{
	struct ipcx_mbox_recv room = make_room(in, sizeof(in));
	struct ipcx_xfer xfer = make_mail_xfer(&room, 1, IPCX_XFER_NONBLOCK | IPCX_RECV_STAMPS);
	int ret;

	xfer.stamps = addr(stamps);
	ret = op(fd, IPCX_RECV, &xfer);
	if (mail)
		*mail = room;
	return ret;
}

/* Of a queue or mailbox without messages. */
static inline int ask_for_stamps(int fd)
{
	struct ipcx_stamps stamps;
	struct ipcx_stat stat;
	int ret = get_stat(fd, &stat);

	if (ret < 0)
		return ret;
	ret = stat.kind == IPCX_KIND_MBOX ? recv_mail_stamped(fd, &stamps, NULL) :
					    recv_stamped(fd, &stamps, IPCX_XFER_NONBLOCK);
	return ret == -EAGAIN ? 0 : ret;
}

/* All that is before the copy out, for a message that somebody sent knowing of it. */
static inline bool sender_in_order(const struct ipcx_stamps *s, __u64 from)
{
	return from <= s->copy_in_start && s->copy_in_start <= s->copy_in_end &&
	       s->copy_in_end <= s->locked && s->locked <= s->enqueued &&
	       s->enqueued <= (s->woken ? s->woken : s->dequeued);
}

static inline bool receiver_in_order(const struct ipcx_stamps *s, __u64 from)
{
	return from <= s->dequeued && s->woken <= s->dequeued && s->dequeued <= s->copy_out_end &&
	       s->copy_out_end <= (__u64)now_ns(CLOCK_MONOTONIC);
}

static inline bool sender_not_taken(const struct ipcx_stamps *s)
{
	return !s->copy_in_start && !s->copy_in_end && !s->locked && !s->enqueued && !s->woken;
}

static inline void expect_order(struct __test_metadata *_metadata, const struct ipcx_stamps *s,
			 __u64 from)
{
	EXPECT_TRUE(sender_in_order(s, from));
	EXPECT_TRUE(receiver_in_order(s, from));
	if (!sender_in_order(s, from) || !receiver_in_order(s, from))
		TH_LOG("from %llu: %llu %llu, %llu %llu, %llu, %llu %llu", (long long)from,
		       (long long)s->copy_in_start, (long long)s->copy_in_end,
		       (long long)s->locked, (long long)s->enqueued, (long long)s->woken,
		       (long long)s->dequeued, (long long)s->copy_out_end);
}

#endif /* IPCX_SELFTESTS_STAMPS_H */
