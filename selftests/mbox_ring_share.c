// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Mailboxes with a ring: no user fills it for others, and what its memory costs whom.
 */
#include "mbox_ring.h"
#include "mbox_share.h"
#include "params.h"

#define KIB	1024ULL
#define SIZE	(64 * KIB)

FIXTURE(share)
{
	struct inbox in;
	struct parameters saved;
};

FIXTURE_SETUP(share)
{
	struct ipcx_mbox_attr attr = {
		.flags = IPCX_MBOX_ADDRESSABLE, .ring_size = SIZE, .max_msgs = 64,
		/* The ring's own: what the queue may hold is another matter. */
		.max_bytes = SIZE / 2,
	};

	ASSERT_EQ(0, save_parameters(&self->saved));
	ASSERT_EQ(0, new_inbox_attr(&self->in, &attr));
}

FIXTURE_TEARDOWN(share)
{
	EXPECT_EQ(0, restore_parameters(&self->saved));
	close_inbox(&self->in);
}

/* Records of 8 KiB: 4 and 2 and 1, and one for whoever has nothing there. */
TEST_F(share, half_of_the_bytes_then_half_of_the_rest)
{
	const size_t len = 8 * KIB - RECORD_HEAD;
	int i;

	for (i = 0; i < 3; i++) {
		EXPECT_EQ(4, count_as(self->in.to, UID_A, len));
		EXPECT_EQ(2, count_as(self->in.to, UID_B, len));
		EXPECT_EQ(1, count_as(self->in.to, USER_C, len));
		EXPECT_EQ(0, count_as(self->in.to, UID_A, 0));
		EXPECT_EQ(1, count_as(self->in.to, 0, len));
		EXPECT_EQ(0, count_as(self->in.to, 61010, 0));
		EXPECT_EQ(8, drain_delivered(&self->in));
	}
}

TEST_F(share, half_of_the_messages_then_half_of_the_rest)
{
	EXPECT_EQ(32, count_as(self->in.to, UID_A, 0));
	EXPECT_EQ(16, count_as(self->in.to, UID_B, 1));
	EXPECT_EQ(8, count_as(self->in.to, USER_C, 100));
	EXPECT_EQ(56, drain_delivered(&self->in));
}

/* User ids of a nested namespace are all its owner's. */
static int post_from_userns(void *arg)
{
	struct inbox *in = arg;
	int n = 0;
	uid_t uid;

	MUST_BE(0, enter_userns(0, 100000, 10));
	for (uid = 0; uid < 10; uid++) {
		int one = count_as(in->to, uid, 0);

		MUST(one >= 0);
		n += one;
	}
	MUST_BE(32, n);
	return 0;
}

TEST_F(share, users_of_a_nested_namespace_are_one)
{
	EXPECT_EQ(0, in_child(post_from_userns, &self->in));
	EXPECT_EQ(16, count_as(self->in.to, UID_A, 0));
	EXPECT_EQ(48, drain_delivered(&self->in));
}

static int wait_as(void *arg)
{
	struct sender *s = arg;

	MUST_BE(0, become(s->uid));
	MUST_BE(1, post_mail(s->fd, NULL, 0, 0, 0, -1, 0));
	return 0;
}

/* Who waits because of what it has in the ring does not stand before others. */
TEST_F(share, nobody_waits_behind_another_user)
{
	struct sender *a = new_sender(self->in.to, UID_A, 0);
	int i, n = 0;
	pid_t pids[5];

	EXPECT_EQ(32, count_as(self->in.to, UID_A, 0));
	for (i = 0; i < 5; i++)
		pids[i] = spawn(wait_as, a);
	ASSERT_EQ(0, wait_senders(self->in.fd, 5));
	EXPECT_EQ(16, count_as(self->in.to, UID_B, 0));
	for (i = 0; i < 5; i++) {
		struct delivered msg;

		/* One in, one out, or a few more: all in the end. */
		while (!peek_delivered(&self->in, &msg)) {
			pass_delivered(&self->in, &msg);
			ASSERT_EQ(0, release(&self->in.c));
			n++;
		}
	}
	for (i = 0; i < 5; i++)
		EXPECT_EQ(0, reap(pids[i]));
	n += drain_delivered(&self->in);
	EXPECT_EQ(32 + 16 + 5, n);
}

/* ---- memory ---- */

static int try_ring(__u64 size, __u64 max_msgs)
{
	struct ipcx_mbox_attr attr = { .ring_size = size, .max_msgs = max_msgs };

	return open_mbox_attr(NULL, MBOX_CREATE, 0600, &attr, NULL);
}

static long long charged_bytes(void)
{
	struct ipcx_info info;
	int ret = get_info(&info);

	return ret ? ret : (long long)info.user_bytes;
}

static int limits_as_a(void *arg)
{
	struct ipcx_info info;
	int fd;

	(void)arg;
	MUST_BE(0, become(UID_A));
	MUST_BE(-EDQUOT, try_ring(256 * KIB, 0));
	/* The ring fits; what is kept for each of its records does not any more. */
	MUST_BE(-EDQUOT, try_ring(128 * KIB, 1 << 20));
	MUST_BE(0, charged_bytes());
	fd = try_ring(128 * KIB, 16);
	MUST(fd >= 0);
	MUST(charged_bytes() > 128 * (long long)KIB);
	MUST_BE(0, get_info(&info));
	MUST_BE(2, info.user_objects);
	MUST_BE(-EDQUOT, try_ring(128 * KIB, 16));
	close(fd);
	MUST_BE(0, charged_bytes());
	MUST_BE(0, get_info(&info));
	MUST_BE(0, info.user_objects);
	return 0;
}

TEST_F(share, users_limit_of_bytes)
{
	ASSERT_EQ(0, set_parameter("user_max_bytes", 160 * KIB));
	EXPECT_EQ(0, in_child(limits_as_a, NULL));
}

/* Entries for as many records as there can be: limited by room as by number. */
TEST_F(share, what_records_cost)
{
	long long before = charged_bytes(), few, many, most;
	int fd;

	fd = try_ring(SIZE, 16);
	ASSERT_LE(0, fd);
	few = charged_bytes() - before;
	close(fd);
	fd = try_ring(SIZE, 512);
	many = charged_bytes() - before;
	close(fd);
	fd = try_ring(SIZE, 1 << 20);
	most = charged_bytes() - before;
	close(fd);
	EXPECT_EQ(16 * (512 - 16), many - few);
	EXPECT_EQ(16 * ((long long)(SIZE / RECORD_HEAD) - 16), most - few);
	EXPECT_EQ(before, charged_bytes());
}

TEST_HARNESS_MAIN
