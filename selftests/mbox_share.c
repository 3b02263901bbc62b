// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Fairness among users: one user takes half of what is free to it, whatever it
 * does, and nobody waits behind another user's messages.
 */
#include "group.h"
#include "endings.h"
#include "mbox_share.h"

#include <poll.h>

FIXTURE(share)
{
	int mbox;
	int fd;
	__u64 port;
};

FIXTURE_SETUP(share)
{
	struct ipcx_mbox_attr attr = {
		.flags = IPCX_MBOX_ADDRESSABLE, .max_msgs = 16,
		.max_bytes = 64 << 10, .max_msg_size = 64 << 10,
	};

	self->mbox = open_mbox_attr(NULL, MBOX_CREATE, 0600, &attr, &self->port);
	ASSERT_LE(0, self->mbox);
	self->fd = open_port(self->port, 0);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(share)
{
	close(self->fd);
	close(self->mbox);
}

TEST_F(share, half_of_the_messages_then_half_of_the_rest)
{
	EXPECT_EQ(8, count_as(self->fd, UID_A, 0));
	EXPECT_EQ(0, count_as(self->fd, UID_A, 0));
	EXPECT_EQ(4, count_as(self->fd, UID_B, 1));
	EXPECT_EQ(2, count_as(self->fd, USER_C, 0));
	EXPECT_EQ(1, count_as(self->fd, 0, 0));
	/* Room for one more, and for nobody who has something there. */
	EXPECT_EQ(0, count_as(self->fd, UID_A, 0));
	EXPECT_EQ(1, count_as(self->fd, UID_A + 10, 0));
	EXPECT_EQ(0, count_as(self->fd, UID_A + 11, 0));
	EXPECT_EQ(16, drain_mail(self->mbox));
	EXPECT_EQ(8, count_as(self->fd, UID_B, 0));
	EXPECT_EQ(8, drain_mail(self->mbox));
}

TEST_F(share, half_of_the_bytes_then_half_of_the_rest)
{
	EXPECT_EQ(4, count_as(self->fd, UID_A, 8 << 10));
	EXPECT_EQ(2, count_as(self->fd, UID_B, 8 << 10));
	EXPECT_EQ(1, count_as(self->fd, USER_C, 8 << 10));
	EXPECT_EQ(1, count_as(self->fd, 0, 8 << 10));
	EXPECT_EQ(8, drain_mail(self->mbox));
}

/* Who has nothing there is let in wherever there is room. */
TEST_F(share, one_message_of_any_size)
{
	EXPECT_EQ(1, count_as(self->fd, UID_A, 60 << 10));
	EXPECT_EQ(1, count_as(self->fd, UID_B, 4 << 10));
	EXPECT_EQ(0, count_as(self->fd, USER_C, 1));
	EXPECT_EQ(2, drain_mail(self->mbox));
}

/* User ids of a nested namespace are all its owner's. */
static int post_from_userns(void *arg)
{
	struct sender *s = arg;
	unsigned int i;

	MUST_BE(0, enter_userns(0, 100000, 10));
	for (i = 0; i < 10; i++) {
		struct sender *one = new_sender(s->fd, i, s->size);

		MUST_BE(0, in_child(post_all_as, one));
		s->posted += one->posted;
	}
	return 0;
}

TEST_F(share, many_ids_of_one_user)
{
	struct sender *s = new_sender(self->fd, 0, 0);

	EXPECT_EQ(0, in_child(post_from_userns, s));
	EXPECT_EQ(8, s->posted);
	/* Its owner is root, who made it. */
	EXPECT_EQ(0, count_as(self->fd, 0, 0));
	EXPECT_EQ(4, count_as(self->fd, UID_A, 0));
	EXPECT_EQ(12, drain_mail(self->mbox));
}

static int post_one_as(void *arg)
{
	struct sender *s = arg;

	MUST_BE(0, become(s->uid));
	MUST_BE(1, post_number(s->fd, s->uid));
	s->posted = 1;
	return 0;
}

TEST_F(share, nobody_waits_behind_another_user)
{
	struct sender *first = new_sender(self->fd, UID_A, 0);
	struct sender *second = new_sender(self->fd, UID_A, 0);
	pid_t pids[2];
	__u64 number;
	int i;

	EXPECT_EQ(8, count_as(self->fd, UID_A, 0));
	pids[0] = spawn(post_one_as, first);
	ASSERT_EQ(0, wait_senders(self->fd, 1));
	pids[1] = spawn(post_one_as, second);
	ASSERT_EQ(0, wait_senders(self->fd, 2));
	EXPECT_EQ(4, count_as(self->fd, UID_B, 0));
	EXPECT_EQ(0, first->posted + second->posted);
	/* With 8 + 4 of 16 there, A may have what is at most (F + U) / 2: 6. */
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(1, recv_mail(self->mbox, &number, 8, NULL, IPCX_RECV_TRUNC));
	}
	ASSERT_EQ(0, wait_senders(self->fd, 2));
	ASSERT_EQ(1, recv_mail(self->mbox, &number, 8, NULL, IPCX_RECV_TRUNC));
	EXPECT_EQ(0, reap(pids[0]));
	EXPECT_EQ(0, second->posted);
	ASSERT_EQ(1, recv_mail(self->mbox, &number, 8, NULL, IPCX_RECV_TRUNC));
	EXPECT_EQ(0, reap(pids[1]));
	EXPECT_EQ(10, drain_mail(self->mbox));
}

/* By way of a group it is the sender's share, not the subscriber's. */
TEST_F(share, through_a_group)
{
	int group = new_group(IPCX_MBOX_GROUP_BLOCK, NULL);

	ASSERT_LE(0, group);
	ASSERT_EQ(0, subscribe(group, self->mbox, IPCX_LAG_BLOCK));
	EXPECT_EQ(8, count_as(group, UID_A, 0));
	EXPECT_EQ(0, count_as(self->fd, UID_A, 0));
	EXPECT_EQ(4, count_as(self->fd, 0, 0));
	EXPECT_EQ(0, count_as(group, 0, 0));
	close(group);
	EXPECT_EQ(13, drain_mail(self->mbox));
}

/* A group's message makes no room for itself where a sender waits for some. */
TEST_F(share, who_waits_comes_before_a_group)
{
	struct sender *s = new_sender(self->fd, 0, 0);
	int group = new_group(0, NULL);
	__u64 number, i;
	pid_t pid;

	ASSERT_LE(0, group);
	ASSERT_EQ(0, subscribe(group, self->mbox, IPCX_LAG_DROP_OLDEST));
	ASSERT_EQ(1, post_numbers(group, 1, 8));
	pid = spawn(post_one_as, s);
	ASSERT_EQ(0, wait_senders(self->fd, 1));
	EXPECT_EQ(1, try_post_number(group, 9));
	EXPECT_EQ(1, get_lost(self->mbox));
	for (i = 1; i <= 8; i++) {
		EXPECT_EQ(1, take_number(self->mbox, &number));
		EXPECT_EQ(i, number);
	}
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(1, take_number(self->mbox, &number));
	EXPECT_EQ(0, number);
	close(group);
	EXPECT_EQ(1, drain_mail(self->mbox));
}

static int post_sized_as(void *arg)
{
	static const char zeros[1 << 20];
	struct sender *s = arg;

	MUST_BE(0, become(s->uid));
	MUST_BE(1, post_mail(s->fd, zeros, s->size, 0, 0, -1, 0));
	return 0;
}

/* More room than the group's message needed is for who waits. */
TEST_F(share, what_a_group_drops_makes_room)
{
	struct sender *s = new_sender(self->fd, UID_B, 20 << 10);
	struct sender *to_group = new_sender(new_group(0, NULL), UID_A, 20 << 10);
	pid_t pid;

	ASSERT_LE(0, to_group->fd);
	ASSERT_EQ(0, subscribe(to_group->fd, self->mbox, IPCX_LAG_DROP_OLDEST));
	ASSERT_EQ(0, in_child(post_sized_as, to_group));
	to_group->size = 10 << 10;
	ASSERT_EQ(0, in_child(post_sized_as, to_group));
	ASSERT_EQ(0, in_child(post_one_as, s));
	pid = spawn(post_sized_as, s);
	ASSERT_EQ(0, wait_senders(self->fd, 1));
	to_group->size = 5 << 10;
	ASSERT_EQ(0, in_child(post_sized_as, to_group));
	EXPECT_EQ(1, get_lost(self->mbox));
	EXPECT_EQ(0, reap(pid));
	close(to_group->fd);
	EXPECT_EQ(5, drain_mail(self->mbox));
}

/* Who was let in comes last, and nobody else changes places. */
TEST(users_take_turns)
{
	static const uid_t uids[] = { UID_A, UID_B, USER_C, UID_A, UID_B, USER_C };
	enum { SENDERS = ARRAY_SIZE(uids) };
	pid_t pids[SENDERS];
	__u64 port, number;
	int mbox, fd, i;

	mbox = small_mbox(4, &port);
	ASSERT_LE(0, mbox);
	fd = open_port(port, 0);
	ASSERT_LE(0, fd);
	EXPECT_EQ(2, count_as(fd, 0, 0));
	EXPECT_EQ(1, count_as(fd, UID_A + 10, 0));
	EXPECT_EQ(1, count_as(fd, UID_A + 11, 0));
	for (i = 0; i < SENDERS; i++) {
		pids[i] = spawn(post_one_as, new_sender(fd, uids[i], 0));
		ASSERT_EQ(0, wait_senders(fd, i + 1));
	}
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(1, take_number(mbox, &number));
	}
	for (i = 0; i < SENDERS; i++) {
		ASSERT_EQ(1, take_number(mbox, &number));
		EXPECT_EQ(uids[i], number);
	}
	for (i = 0; i < SENDERS; i++) {
		EXPECT_EQ(0, reap(pids[i]));
	}
	EXPECT_TRUE(is_empty(mbox));
	close(fd);
	close(mbox);
}

/* ---- who is charged ---- */

enum { CHARGED = 1000 };

static int post_and_pay(void *arg)
{
	static const char zeros[CHARGED];
	struct ipcx_info before, after;
	struct sender *s = arg;

	MUST_BE(0, become(s->uid));
	MUST_BE(0, get_info(&before));
	MUST_BE(1, post_mail(s->fd, zeros, sizeof(zeros), 0, 0, -1, 0));
	MUST_BE(0, get_info(&after));
	MUST(after.user_bytes >= before.user_bytes + CHARGED);
	return 0;
}

TEST_F(share, sender_pays)
{
	struct sender *s = new_sender(self->fd, UID_A, 0);
	struct ipcx_info before, after;

	ASSERT_EQ(0, get_info(&before));
	EXPECT_EQ(0, in_child(post_and_pay, s));
	ASSERT_EQ(0, get_info(&after));
	EXPECT_EQ(before.user_bytes, after.user_bytes);
	EXPECT_EQ(1, drain_mail(self->mbox));
}

/* ---- poll tells each user of its own share ---- */

static int poll_and_post(void *arg)
{
	struct sender *s = arg;
	struct pollfd p = { .fd = s->fd, .events = POLLOUT };

	MUST_BE(0, become(s->uid));
	MUST_BE(0, die_with_parent());
	MUST_BE(0, poll(&p, 1, 0));
	MUST_BE(1, write(s->ready[1], "", 1));
	MUST_BE(1, poll(&p, 1, -1));
	MUST_BE(POLLOUT, p.revents);
	MUST_BE(1, try_post_number(s->fd, 1));
	return 0;
}

TEST_F(share, poll)
{
	struct pollfd p = { .fd = self->fd, .events = POLLOUT };
	struct sender *s = new_sender(self->fd, UID_A, 0);
	__u64 number;
	pid_t pid;
	char byte;

	ASSERT_EQ(0, pipe(s->ready));
	EXPECT_EQ(8, count_as(self->fd, UID_A, 0));
	EXPECT_EQ(1, poll(&p, 1, 0));
	pid = spawn(poll_and_post, s);
	ASSERT_EQ(1, read(s->ready[0], &byte, 1));
	ASSERT_EQ(0, wait_sleeping(pid));
	ASSERT_EQ(1, recv_mail(self->mbox, &number, sizeof(number), NULL, 0));
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(8, drain_mail(self->mbox));
}

/* ---- a storm ---- */

#define STORMERS 8

/* What a storm is made of. */
struct storm {
	struct sender *from;
	int group;		/* -1: to the mailbox itself */
	bool nested;		/* from many ids of one user namespace */
	int file;		/* carried by each message, or -1 */
	uid_t inside;
};

static int storm_for_ever(void *arg)
{
	const struct storm *storm = arg;
	int to = storm->group < 0 ? storm->from->fd : storm->group;
	struct ipcx_mbox_msg msg = make_mail("", 1, 0, 0);
	struct ipcx_post post = make_post(&msg, 1, 0);
	__s32 fds[IPCX_FDS_MAX];
	int i;

	if (storm->nested)
		MUST_BE(0, enter_userns(0, 100000, STORMERS + 1));
	MUST_BE(0, become(storm->nested ? storm->inside : storm->from->uid));
	MUST_BE(0, die_with_parent());
	if (storm->file >= 0) {
		for (i = 0; i < IPCX_FDS_MAX; i++)
			fds[i] = storm->file;
		msg.fds = addr(fds);
		msg.fd_count = IPCX_FDS_MAX;
	}
	MUST_BE(1, write(storm->from->ready[1], "", 1));
	for (;;) {
		post.flags = rand() % 2 ? IPCX_XFER_NONBLOCK : 0;
		op(to, IPCX_POST, &post);
	}
}

static int start_storm(struct storm *storm, pid_t *pids)
{
	char byte;
	int i;

	MUST_BE(0, pipe(storm->from->ready));
	for (i = 0; i < STORMERS; i++) {
		storm->inside = i;
		pids[i] = spawn(storm_for_ever, storm);
		MUST_BE(1, read(storm->from->ready[0], &byte, 1));
	}
	return 0;
}

static int end_storm(const pid_t *pids)
{
	int i;

	for (i = 0; i < STORMERS; i++) {
		kill(pids[i], SIGKILL);
		MUST_BE(KILLED_BY(SIGKILL), reap(pids[i]));
	}
	return 0;
}

enum { TRIPS = 1000 };

/* Uses its own mailbox and its own group, with files; then the one under the storm. */
static int work_on(void *arg)
{
	struct ipcx_mbox_attr attr = { .flags = IPCX_MBOX_ADDRESSABLE | IPCX_MBOX_FILES };
	long long began = now_ns(CLOCK_MONOTONIC);
	__s32 file = open("/", O_PATH | O_CLOEXEC);
	struct ipcx_mbox_msg msg = make_mail("", 1, 0, 0);
	struct ipcx_post post = make_post(&msg, 1, IPCX_XFER_NONBLOCK);
	struct sender *s = arg;
	int mbox, fd, group, i;
	__u64 port = 0, number;

	MUST_BE(0, become(s->uid));
	mbox = open_mbox_attr(NULL, MBOX_CREATE, 0600, &attr, &port);
	fd = open_port(port, 0);
	group = new_group(0, NULL);
	MUST(mbox >= 0 && fd >= 0);
	MUST_BE(0, subscribe(group, mbox, IPCX_LAG_DROP_NEWEST));
	for (i = 0; i < TRIPS; i++) {
		MUST_BE(1, try_post_number(i % 2 ? group : fd, i));
		MUST_BE(1, take_number(mbox, &number));
		MUST_BE(i, number);
	}
	msg.fds = addr(&file);
	msg.fd_count = 1;
	for (i = 0; i < 10; i++)
		MUST_BE(1, op(fd, IPCX_POST, &post));
	MUST_BE(10, drain_mail(mbox));
	MUST_BE(0, get_lost(mbox));
	for (i = 0; i < 4; i++)
		MUST_BE(1, try_post_number(s->fd, i));
	printf("# %d messages beside the storm, and 4 into it, in %lld ms\n", TRIPS,
	       (now_ns(CLOCK_MONOTONIC) - began) / NSEC_PER_MSEC);
	fflush(stdout);
	return 0;
}

TEST_F(share, storm_against_a_reader_that_never_reads)
{
	struct storm storm = { .from = new_sender(self->fd, UID_A, 0), .group = -1, .file = -1 };
	struct sender *good = new_sender(self->fd, UID_B, 0);
	pid_t pids[STORMERS];

	ASSERT_EQ(0, start_storm(&storm, pids));
	ASSERT_EQ(0, wait_senders(self->fd, STORMERS));
	EXPECT_EQ(8, get_depth(self->fd));
	EXPECT_EQ(0, in_child(work_on, good));
	EXPECT_EQ(12, get_depth(self->fd));
	EXPECT_EQ(0, end_storm(pids));
	EXPECT_EQ(12, drain_mail(self->mbox));
	EXPECT_TRUE(is_empty(self->mbox));
}

/* From as many user ids, which are all the namespace owner's. */
TEST_F(share, storm_from_a_user_namespace)
{
	struct storm storm = {
		.from = new_sender(self->fd, 0, 0), .group = -1, .nested = true, .file = -1,
	};
	struct sender *good = new_sender(self->fd, UID_B, 0);
	pid_t pids[STORMERS];

	ASSERT_EQ(0, start_storm(&storm, pids));
	ASSERT_EQ(0, wait_senders(self->fd, STORMERS));
	EXPECT_EQ(8, get_depth(self->fd));
	EXPECT_EQ(0, in_child(work_on, good));
	EXPECT_EQ(12, get_depth(self->fd));
	EXPECT_EQ(0, end_storm(pids));
	EXPECT_EQ(12, drain_mail(self->mbox));
}

static bool has_lost_many(void *arg)
{
	return get_lost(*(int *)arg) > 1000;
}

/* By way of a group it is still that user's: the others have their half. */
static void check_group_storm(struct __test_metadata *_metadata,
			      const FIXTURE_DATA(share) *self, __u32 lag, bool nested)
{
	struct storm storm = {
		.from = new_sender(self->fd, UID_A, 0), .nested = nested, .file = -1,
	};
	struct sender *good = new_sender(self->fd, UID_B, 0);
	pid_t pids[STORMERS];

	storm.group = new_group(IPCX_MBOX_GROUP_BLOCK, NULL);
	ASSERT_LE(0, storm.group);
	ASSERT_EQ(0, subscribe(storm.group, self->mbox, lag));
	ASSERT_EQ(0, start_storm(&storm, pids));
	if (lag == IPCX_LAG_BLOCK) {
		ASSERT_EQ(0, wait_senders(self->fd, STORMERS));
	} else {
		ASSERT_EQ(0, wait_until(has_lost_many, (void *)&self->mbox));
	}
	EXPECT_EQ(0, in_child(work_on, good));
	/* Of 16, with 4 of another user's: 8 that were there stay, new ones make it 6. */
	EXPECT_EQ(0, wait_depth(self->fd, lag == IPCX_LAG_DROP_OLDEST ? 10 : 12));
	EXPECT_EQ(0, end_storm(pids));
	EXPECT_EQ(lag == IPCX_LAG_DROP_OLDEST ? 10 : 12, drain_mail(self->mbox));
	EXPECT_TRUE(is_empty(self->mbox));
	close(storm.group);
	EXPECT_EQ(1, drain_mail(self->mbox));
}

TEST_F(share, storm_through_a_group_that_drops)
{
	check_group_storm(_metadata, self, IPCX_LAG_DROP_NEWEST, false);
	check_group_storm(_metadata, self, IPCX_LAG_DROP_OLDEST, true);
}

TEST_F(share, storm_through_a_group_that_waits)
{
	check_group_storm(_metadata, self, IPCX_LAG_BLOCK, false);
}

/* ---- a storm of files ---- */

#define FILES_LIMIT	"/sys/module/ipcx/parameters/user_max_files"

FIXTURE(files)
{
	int mbox;
	int fd;
	int directory;
	char saved[32];
};

FIXTURE_SETUP(files)
{
	struct ipcx_mbox_attr attr = {
		.flags = IPCX_MBOX_ADDRESSABLE | IPCX_MBOX_FILES, .max_msgs = 64,
	};
	__u64 port;

	ASSERT_LT(0, read_file(FILES_LIMIT, self->saved, sizeof(self->saved)));
	self->directory = open("/", O_PATH | O_CLOEXEC);
	ASSERT_LE(0, self->directory);
	self->mbox = open_mbox_attr(NULL, MBOX_CREATE, 0600, &attr, &port);
	ASSERT_LE(0, self->mbox);
	self->fd = open_port(port, 0);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(files)
{
	EXPECT_EQ(0, write_file(FILES_LIMIT, self->saved));
	close(self->fd);
	close(self->mbox);
	close(self->directory);
}

static int count_files(void *arg)
{
	struct ipcx_info info;

	MUST_BE(0, become(((struct sender *)arg)->uid));
	MUST_BE(0, get_info(&info));
	return info.user_files;
}

/* The limit is a user's: at it, the next message with files is refused. */
static void check_file_storm(struct __test_metadata *_metadata,
			     const FIXTURE_DATA(files) *self, uid_t bad_uid, bool nested)
{
	struct storm storm = {
		.from = new_sender(self->fd, bad_uid, 0), .group = -1, .nested = nested,
		.file = self->directory,
	};
	struct sender *good = new_sender(self->fd, UID_B, 0);
	pid_t pids[STORMERS];

	ASSERT_EQ(0, write_file(FILES_LIMIT, "100"));
	ASSERT_EQ(0, start_storm(&storm, pids));
	ASSERT_EQ(0, wait_depth(self->fd, 100 / IPCX_FDS_MAX));
	EXPECT_EQ(0, in_child(work_on, good));
	EXPECT_EQ(0, in_child(count_files, good));
	EXPECT_EQ(0, end_storm(pids));
	/* Not before: what is about to be refused is charged for a moment. */
	EXPECT_EQ(100 / IPCX_FDS_MAX * IPCX_FDS_MAX, in_child(count_files, storm.from));
	EXPECT_EQ(100 / IPCX_FDS_MAX + 4, drain_mail(self->mbox));
	EXPECT_EQ(0, in_child(count_files, storm.from));
}

TEST_F(files, storm)
{
	check_file_storm(_metadata, self, UID_A, false);
}

TEST_F(files, storm_from_a_user_namespace)
{
	check_file_storm(_metadata, self, 0, true);
}

TEST_HARNESS_MAIN
