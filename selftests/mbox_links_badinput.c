// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Bad pointers, closed fds and wrong kinds given to what mailboxes give away and are
 * tied by, as mbox_badinput.c for their messages; bad arrays of files are in
 * mbox_files.c. The documented error, and nothing half done.
 */
#include "mbox_more.h"
#include "badmem.h"

FIXTURE(bad) {
	int control;
	int mbox;
	int to;
	int group;
	int to_group;
	int home;
	__u64 port, group_port;
	char mbox_name[UNIQUE_NAME_SIZE];
	char group_name[UNIQUE_NAME_SIZE];
	struct bad_memory mem;
};

typedef FIXTURE_DATA(bad) env_t;

FIXTURE_SETUP(bad)
{
	struct ipcx_mbox_attr attr = { .flags = IPCX_MBOX_FILES };

	make_bad_memory(&self->mem);
	unique_name(self->mbox_name, "bad");
	unique_name(self->group_name, "bad-group");
	self->control = open_control();
	ASSERT_LE(0, self->control);
	self->mbox = open_mbox_attr(self->mbox_name, MBOX_CREATE, 0600, &attr, &self->port);
	ASSERT_LE(0, self->mbox);
	self->to = open_port(self->port, 0);
	ASSERT_LE(0, self->to);
	attr.flags = IPCX_MBOX_GROUP;
	self->group = open_mbox_attr(self->group_name, MBOX_CREATE, 0600, &attr,
				     &self->group_port);
	ASSERT_LE(0, self->group);
	self->to_group = grant(self->group, IPCX_OPEN_SUBSCRIBE);
	ASSERT_LE(0, self->to_group);
	self->home = new_mbox(NULL);
	ASSERT_LE(0, self->home);
}

FIXTURE_TEARDOWN(bad)
{
	EXPECT_TRUE(is_empty(self->mbox));
	EXPECT_TRUE(is_empty(self->home));
	EXPECT_EQ(0, get_watches(self->home));
	EXPECT_EQ(0, charged_files());
	close(self->home);
	close(self->to_group);
	close(self->group);
	close(self->to);
	close(self->mbox);
	close(self->control);
}

static long long get_members(int fd)
{
	struct ipcx_stat stat;
	int ret = get_stat(fd, &stat);

	return ret < 0 ? ret : (long long)stat.members;
}

/* A call that was received; its token. */
static __u64 received_call(env_t *env, __u64 cookie)
{
	__u64 number;

	post_call_number(env->to, cookie, env->home);
	return take_call(env->mbox, &number);
}

/* ---- the argument itself ---- */

TEST_F(bad, argument)
{
	int token = token_fd(self->mbox, received_call(self, 1)), before = count_fds();
	const struct { int fd; unsigned long number; } ops[] = {
		{ self->mbox, IPCX_GRANT }, { self->mbox, IPCX_TOKEN }, { token, IPCX_REPLY },
		{ self->control, IPCX_WATCH }, { self->to, IPCX_WATCH },
		{ self->home, IPCX_UNWATCH }, { self->control, IPCX_SUBSCRIBE },
		{ self->to_group, IPCX_SUBSCRIBE }, { self->home, IPCX_UNSUBSCRIBE },
		{ self->group, IPCX_UNSUBSCRIBE },
	};
	size_t i, j;

	ASSERT_LE(0, token);
	for (j = 0; j < ARRAY_SIZE(ops); j++) {
		for (i = 0; i < self->mem.n; i++) {
			void *arg = (void *)(uintptr_t)self->mem.addrs[i];

			if (addr(arg) == self->mem.addrs[i])
				EXPECT_EQ(-EFAULT, op(ops[j].fd, ops[j].number, arg));
		}
		/* It begins well and goes on into nothing. */
		EXPECT_EQ(-EFAULT, op(ops[j].fd, ops[j].number, self->mem.guard - 4));
	}
	EXPECT_EQ(before, count_fds());
	EXPECT_EQ(1, get_calls(self->mbox));
	EXPECT_EQ(0, get_members(self->group));
	close(token);
	EXPECT_TRUE(comes_notice(self->home, IPCX_MSG_REPLY | IPCX_MSG_DEAD, self->port, 1));
}

/* What was lost cannot be told: the subscription is as before. */
TEST_F(bad, leave_cannot_be_told)
{
	struct ipcx_subscribe subscribe = { .from = self->home };
	struct ipcx_leave req = { .port = self->group_port };

	ASSERT_EQ(0, op(self->to_group, IPCX_SUBSCRIBE, &subscribe));
	EXPECT_EQ(-EFAULT, op(self->home, IPCX_UNSUBSCRIBE,
			      as_readonly(&self->mem, &req, sizeof(req))));
	req.port = port_of(self->home);
	EXPECT_EQ(-EFAULT, op(self->group, IPCX_UNSUBSCRIBE,
			      as_readonly(&self->mem, &req, sizeof(req))));
	EXPECT_EQ(1, get_members(self->group));
	EXPECT_EQ(1, get_members(self->home));
	EXPECT_TRUE(is_empty(self->home));
	EXPECT_EQ(0, leave(self->home, IPCX_UNSUBSCRIBE, self->group_port));
	EXPECT_EQ(0, get_members(self->group));
}

TEST_F(bad, unwatch_cannot_be_told)
{
	struct ipcx_leave req = { .port = self->port };

	ASSERT_EQ(0, watch_fd(self->to, self->home, 1));
	EXPECT_EQ(-EFAULT, op(self->home, IPCX_UNWATCH,
			      as_readonly(&self->mem, &req, sizeof(req))));
	EXPECT_EQ(1, get_watches(self->home));
	EXPECT_EQ(0, unwatch(self->home, self->port));
}

/* ---- what the argument points to ---- */

/* The name of whom to watch, of whom to subscribe to. */
TEST_F(bad, destination)
{
	struct ipcx_watch watch = {
		.flags = IPCX_TO_NAME, .dest_len = strlen(self->mbox_name), .from = self->home,
	};
	struct ipcx_subscribe subscribe = {
		.flags = IPCX_TO_NAME, .dest_len = strlen(self->group_name), .from = self->home,
	};
	size_t i;

	for (i = 0; i < self->mem.n; i++) {
		int expected = self->mem.addrs[i] ? -EFAULT : -EINVAL;

		watch.dest = subscribe.dest = self->mem.addrs[i];
		EXPECT_EQ(expected, op(self->control, IPCX_WATCH, &watch)) {
			TH_LOG("%#llx", self->mem.addrs[i]);
		}
		EXPECT_EQ(expected, op(self->control, IPCX_SUBSCRIBE, &subscribe));
	}
	watch.dest = addr(at_edge(&self->mem, self->mbox_name, watch.dest_len - 1));
	EXPECT_EQ(-EFAULT, op(self->control, IPCX_WATCH, &watch));
	watch.dest = addr(at_edge(&self->mem, self->mbox_name, watch.dest_len));
	EXPECT_EQ(0, op(self->control, IPCX_WATCH, &watch));
	EXPECT_EQ(0, unwatch(self->home, self->port));
	subscribe.dest = addr(at_edge(&self->mem, self->group_name, subscribe.dest_len - 1));
	EXPECT_EQ(-EFAULT, op(self->control, IPCX_SUBSCRIBE, &subscribe));
	EXPECT_EQ(0, get_members(self->group));
}

/* An asynchronous call that was never sent has neither a reply nor a notice. */
TEST_F(bad, request_payload)
{
	static char bytes[65537];
	static const size_t lens[] = { 1, 64, 65, 4096 };
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		struct ipcx_mbox_msg msg = make_mail(NULL, lens[i], 0, 0);
		struct ipcx_post post = make_post(&msg, 1, IPCX_POST_CALL);

		post.from = self->home;
		for (j = 0; j < self->mem.n; j++) {
			msg.buf = self->mem.addrs[j];
			EXPECT_EQ(-EFAULT, op(self->to, IPCX_POST, &post));
		}
	}
	EXPECT_EQ(-EMSGSIZE, post_call(self->to, bytes, sizeof(bytes), 1, self->home));
	EXPECT_TRUE(is_empty(self->mbox));
	EXPECT_TRUE(is_empty(self->home));
}

/* The k-th is bad: those before it are calls, and only those. */
TEST_F(bad, batch_of_calls)
{
	struct ipcx_mbox_msg msgs[10];
	struct ipcx_post post = make_post(msgs, ARRAY_SIZE(msgs), IPCX_POST_CALL);
	__u64 number = 1;
	size_t k, i;

	post.from = self->home;
	for (k = 0; k < ARRAY_SIZE(msgs); k++) {
		for (i = 0; i < ARRAY_SIZE(msgs); i++)
			msgs[i] = make_mail(&number, 8, 0, i);
		if (k % 2)
			msgs[k].buf = 8;
		else
			msgs[k].reserved = 1;
		EXPECT_EQ(k ? (int)k : -EINVAL, op(self->to, IPCX_POST, &post));
		for (i = 0; i < k; i++) {
			ASSERT_EQ(0, discard_call(self->mbox, take_call(self->mbox, &number)));
			ASSERT_TRUE(comes_notice(self->home, IPCX_MSG_REPLY | IPCX_MSG_DEAD,
						 self->port, i));
		}
		ASSERT_TRUE(is_empty(self->mbox));
	}
}

/* ---- fds ---- */

TEST_F(bad, closed_fds)
{
	int token = token_fd(self->mbox, received_call(self, 1));
	int sends = grant(self->mbox, IPCX_OPEN_WRITE), own = new_mbox(NULL);

	ASSERT_LE(0, token);
	ASSERT_LE(0, sends);
	ASSERT_LE(0, own);
	close(token);
	close(sends);
	close(own);
	EXPECT_EQ(-EBADF, reply_number(token, 0, 1));
	EXPECT_EQ(-EBADF, grant(own, IPCX_OPEN_WRITE));
	EXPECT_EQ(-EBADF, token_fd(own, 1));
	EXPECT_EQ(-EBADF, watch_fd(sends, self->home, 1));
	EXPECT_EQ(-EBADF, watch_fd(self->to, own, 1));
	EXPECT_EQ(-EBADF, watch_port(self->port, own, 1));
	EXPECT_EQ(-EBADF, unwatch(own, self->port));
	EXPECT_EQ(-EBADF, post_call_number(self->to, 1, own));
	EXPECT_TRUE(comes_notice(self->home, IPCX_MSG_REPLY | IPCX_MSG_DEAD, self->port, 1));
}

/* The way to an inode is no right, be it a mailbox's or a token's. */
TEST_F(bad, o_path)
{
	int token = token_fd(self->mbox, received_call(self, 1)), fd;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->mbox);
	fd = open(path, O_PATH | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EBADF, grant(fd, IPCX_OPEN_WRITE));
	EXPECT_EQ(-EBADF, token_fd(fd, 1));
	EXPECT_EQ(-EBADF, watch_fd(self->to, fd, 1));
	EXPECT_EQ(-EBADF, unwatch(fd, self->port));
	EXPECT_EQ(-EBADF, post_call_number(self->to, 1, fd));
	close(fd);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", token);
	fd = open(path, O_PATH | O_CLOEXEC);
	if (fd >= 0) {
		EXPECT_EQ(-EBADF, reply_number(fd, 0, 1));
		EXPECT_EQ(-EPERM, post_file(self->to, fd));
		close(fd);
	}
	EXPECT_EQ(0, reply_number(token, 0, 1));
	EXPECT_EQ(1, drain_mail(self->home));
	close(token);
}

/* A control fd of another network namespace finds nothing of this one. */
static int from_another_netns(void *arg)
{
	env_t *env = arg;
	struct ipcx_subscribe subscribe = {
		.flags = IPCX_TO_PORT, .dest = env->group_port, .from = env->home,
	};
	int control;

	MUST_BE(0, enter_netns());
	control = open_control();
	MUST_BE(-ENOENT, watch_port(env->port, env->home, 1));
	MUST_BE(-ENOENT, watch_name(env->mbox_name, env->home, 1));
	MUST_BE(-ENOENT, op(control, IPCX_SUBSCRIBE, &subscribe));
	/* An fd leads where it leads. */
	MUST_BE(0, watch_fd(env->to, env->home, 1));
	MUST_BE(0, unwatch(env->home, env->port));
	return 0;
}

TEST_F(bad, another_network_namespace)
{
	EXPECT_EQ(0, in_child(from_another_netns, self));
}

TEST_HARNESS_MAIN
