/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of the shape of the interface of mailboxes share. */
#ifndef IPCX_SELFTESTS_MBOX_ABI_H
#define IPCX_SELFTESTS_MBOX_ABI_H

#include "mbox.h"

#define TAIL 64

struct request {
	int fd;
	union {
		struct ipcx_info info;
		struct ipcx_open open;
		struct ipcx_stat stat;
		struct ipcx_xfer xfer;
		struct ipcx_post post;
		struct ipcx_call call;
		struct ipcx_reply reply;
		char bytes[sizeof(struct ipcx_stat) + TAIL];
	};
	char name[UNIQUE_NAME_SIZE];
	struct {
		struct ipcx_mbox_attr attr;
		char tail[TAIL];
	} attr;
	struct {
		struct ipcx_mbox_msg msg;
		char tail[TAIL];
	} mail;
	struct {
		struct ipcx_mbox_recv recv;
		char tail[TAIL];
	} room;
	char payload[16];
	char answer[16];
};

FIXTURE(abi) {
	int control;
	int queue;
	int mbox;		/* nobody receives but who asks for it */
	int to_mbox;
	int served;		/* each call is answered by the server */
	int to_served;
	int own;		/* mailbox to send from */
	pid_t server;
	pid_t caller;		/* whose request a good reply is for */
	__u64 served_port;
	char name[UNIQUE_NAME_SIZE];
	char fresh_name[UNIQUE_NAME_SIZE];
};

typedef FIXTURE_DATA(abi) env_t;

struct observed {
	struct ipcx_stat mbox;
	struct ipcx_stat served;
};

#include "abi.h"

static int observe(env_t *env, struct observed *seen)
{
	int ret = wait_receivers(env->served, 1);

	if (!ret)
		ret = get_stat(env->served, &seen->served);
	return ret ? ret : get_stat(env->mbox, &seen->mbox);
}

/* Gives back what it is sent. */
static inline int serve(void *arg)
{
	int fd = *(int *)arg;
	struct ipcx_reply r = { .flags = IPCX_REPLY_RECV };
	char buf[16];

	for (;;) {
		r.next = (struct ipcx_mbox_recv) { .buf = addr(buf), .len = sizeof(buf) };
		MUST_BE(1, op(fd, IPCX_REPLY, &r));
		r.token = r.next.token;
		r.reply = (struct ipcx_mbox_msg) { 0 };
		if (r.token)
			r.reply = make_mail(buf, r.next.len, 0, 0);
	}
}

FIXTURE_SETUP(abi)
{
	unique_name(self->name, "abi");
	unique_name(self->fresh_name, "abi-fresh");
	self->control = open_control();
	ASSERT_LE(0, self->control);
	self->queue = new_queue(0, NULL);
	ASSERT_LE(0, self->queue);
	self->mbox = open_mbox(self->name, MBOX_CREATE, 0600);
	ASSERT_LE(0, self->mbox);
	self->to_mbox = open_mbox(self->name, IPCX_OPEN_WRITE, 0);
	ASSERT_LE(0, self->to_mbox);
	self->served = new_mbox(&self->served_port);
	ASSERT_LE(0, self->served);
	self->to_served = open_port(self->served_port, 0);
	ASSERT_LE(0, self->to_served);
	self->own = new_mbox(NULL);
	ASSERT_LE(0, self->own);
	self->server = spawn(serve, &self->served);
	ASSERT_LT(0, self->server);
}

static inline void end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	reap(pid);
}

FIXTURE_TEARDOWN(abi)
{
	if (self->caller > 0)
		end_child(self->caller);
	EXPECT_TRUE(is_empty(self->mbox));
	EXPECT_TRUE(is_empty(self->queue));
	end_child(self->server);
	close(self->own);
	close(self->to_served);
	close(self->served);
	close(self->to_mbox);
	close(self->mbox);
	close(self->queue);
	close(self->control);
}

static inline void undo_post(env_t *env, int n)
{
	(void)n;
	drain_mail(env->mbox);
}

/* A message without files says nothing of any. */
static inline void check_no_files(struct __test_metadata *_metadata, env_t *env,
				  const struct good *good, const struct field *fds,
				  const struct field *fd_count, const struct field *reserved)
{
	expect_bad_bits(_metadata, env, good, fds, ~0ULL);
	expect_bad(_metadata, env, good, fd_count, IPCX_FDS_MAX + 1, -EINVAL);
	expect_bad(_metadata, env, good, fd_count, ~0U, -EINVAL);
	expect_bad_bits(_metadata, env, good, reserved, ~0U);
}

/* Where to, and from where: the same for a post and a call. */
static inline void check_target(struct __test_metadata *_metadata, env_t *env,
				const struct good *on_mbox, const struct good *on_control,
				const struct field *flags, const struct field *dest,
				const struct field *dest_len, const struct field *from)
{
	const struct { int fd; int error; } senders[] = {
		{ -2, -EBADF }, { 1000, -EBADF }, { (int)0x80000000, -EBADF },
		{ 0x7fffffff, -EBADF }, { env->to_mbox, -EBADF }, { env->to_served, -EBADF },
		{ env->queue, -EINVAL }, { env->control, -EINVAL }, { 0, -EINVAL },
	};
	struct request *r;
	size_t i;

	/* An fd that leads to a mailbox leads to no other. */
	expect_bad_bits(_metadata, env, on_mbox, dest, ~0ULL);
	expect_bad_bits(_metadata, env, on_mbox, dest_len, ~0U);
	expect_bad(_metadata, env, on_control, flags, 0, -EINVAL);
	expect_bad(_metadata, env, on_control, flags, IPCX_TO_PORT | IPCX_TO_NAME, -EINVAL);
	expect_bad_bits(_metadata, env, on_control, dest_len, ~0U);
	expect_bad(_metadata, env, on_control, dest, 0, -ENOENT);
	expect_bad(_metadata, env, on_control, dest, ~0ULL, -ENOENT);

	r = prepare(env, on_mbox);
	for (i = 0; i < ARRAY_SIZE(senders); i++)
		r = try_bad(_metadata, env, on_mbox, r, from, (__u32)senders[i].fd,
			    senders[i].error);
	expect_good(_metadata, env, on_mbox, r);
}

#endif /* IPCX_SELFTESTS_MBOX_ABI_H */
