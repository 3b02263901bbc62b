// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The shape of the interface of what mailboxes give away and are tied by, as
 * mbox_abi.c for their messages: granted rights, token fds, carried files,
 * asynchronous calls, watches and subscriptions.
 */
#include "mbox_more.h"

#define TAIL 64

/* Layouts are the same everywhere: this file is also built for i386. */
_Static_assert(sizeof(struct ipcx_grant) == IPCX_GRANT_SIZE_VER0, "grant");
_Static_assert(sizeof(struct ipcx_token) == IPCX_TOKEN_SIZE_VER0, "token");
_Static_assert(sizeof(struct ipcx_watch) == IPCX_WATCH_SIZE_VER0, "watch");
_Static_assert(sizeof(struct ipcx_subscribe) == IPCX_SUBSCRIBE_SIZE_VER0, "subscribe");
_Static_assert(sizeof(struct ipcx_leave) == IPCX_LEAVE_SIZE_VER0, "leave");
_Static_assert(offsetof(struct ipcx_watch, cookie) == 24, "watch.cookie");
_Static_assert(offsetof(struct ipcx_subscribe, lag) == 20, "subscribe.lag");
_Static_assert(offsetof(struct ipcx_leave, lost) == 8, "leave.lost");

struct request {
	int fd;
	union {
		struct ipcx_open open;
		struct ipcx_grant grant;
		struct ipcx_token token;
		struct ipcx_watch watch;
		struct ipcx_subscribe subscribe;
		struct ipcx_leave leave;
		struct ipcx_post post;
		struct ipcx_reply reply;
		struct ipcx_xfer xfer;
		char bytes[sizeof(struct ipcx_reply) + TAIL];
	};
	char name[UNIQUE_NAME_SIZE];
	struct ipcx_mbox_attr attr;
	struct ipcx_mbox_msg msg;
	struct ipcx_mbox_recv room;
	int fds[2];
	char payload[16];
};

FIXTURE(abi) {
	int control;
	int queue;
	int mbox;		/* takes files */
	int to_mbox;
	int group;
	int to_group;		/* right to subscribe */
	int home;
	int token;		/* fd of the token of the request that was prepared */
	int given;		/* what is sent in messages */
	int received[2];	/* fds of what is received */
	__u64 mbox_port, group_port, home_port;
	char mbox_name[UNIQUE_NAME_SIZE];
	char group_name[UNIQUE_NAME_SIZE];
};

typedef FIXTURE_DATA(abi) env_t;

struct observed {
	struct ipcx_stat mbox, group, home;
	int fds;
	int files;
};

#include "abi.h"

static int observe(env_t *env, struct observed *seen)
{
	int ret;

	memset(seen, 0, sizeof(*seen));
	seen->fds = count_fds();
	seen->files = charged_files();
	ret = get_stat(env->mbox, &seen->mbox);
	if (!ret)
		ret = get_stat(env->group, &seen->group);
	return ret ? ret : get_stat(env->home, &seen->home);
}

FIXTURE_SETUP(abi)
{
	struct ipcx_mbox_attr attr = { .flags = IPCX_MBOX_FILES };

	unique_name(self->mbox_name, "links");
	unique_name(self->group_name, "group");
	self->control = open_control();
	ASSERT_LE(0, self->control);
	self->queue = new_queue(0, NULL);
	ASSERT_LE(0, self->queue);
	self->mbox = open_mbox_attr(self->mbox_name, MBOX_CREATE, 0600, &attr, &self->mbox_port);
	ASSERT_LE(0, self->mbox);
	self->to_mbox = open_mbox(self->mbox_name, IPCX_OPEN_WRITE, 0);
	ASSERT_LE(0, self->to_mbox);
	attr.flags = IPCX_MBOX_GROUP;
	self->group = open_mbox_attr(self->group_name, MBOX_CREATE, 0600, &attr,
				     &self->group_port);
	ASSERT_LE(0, self->group);
	self->to_group = open_mbox(self->group_name, IPCX_OPEN_SUBSCRIBE, 0);
	ASSERT_LE(0, self->to_group);
	self->home = new_mbox(&self->home_port);
	ASSERT_LE(0, self->home);
	self->given = memfd_create("links", MFD_CLOEXEC);
	ASSERT_LE(0, self->given);
	self->token = -1;
}

FIXTURE_TEARDOWN(abi)
{
	EXPECT_TRUE(is_empty(self->mbox));
	EXPECT_TRUE(is_empty(self->home));
	EXPECT_EQ(0, get_watches(self->home));
	EXPECT_EQ(0, get_calls(self->mbox));
	EXPECT_EQ(0, charged_files());
	close(self->given);
	close(self->home);
	close(self->to_group);
	close(self->group);
	close(self->to_mbox);
	close(self->mbox);
	close(self->queue);
	close(self->control);
}

/* ---- good requests ---- */

static void close_result(env_t *env, int fd)
{
	(void)env;
	close(fd);
}

static void prepare_grant(env_t *env, struct request *r)
{
	r->fd = env->mbox;
	r->grant = (struct ipcx_grant) { .flags = IPCX_OPEN_WRITE };
}

static void prepare_grant_group(env_t *env, struct request *r)
{
	r->fd = env->group;
	r->grant = (struct ipcx_grant) {
		.flags = IPCX_OPEN_WRITE | IPCX_OPEN_SUBSCRIBE | IPCX_OPEN_NONBLOCK,
	};
}

static void prepare_open(env_t *env, struct request *r)
{
	strcpy(r->name, env->group_name);
	r->fd = env->control;
	r->open = (struct ipcx_open) {
		.name = addr(r->name), .name_len = strlen(r->name),
		.kind = IPCX_KIND_MBOX, .flags = IPCX_OPEN_SUBSCRIBE,
	};
}

static void prepare_open_port(env_t *env, struct request *r)
{
	r->fd = env->control;
	r->open = (struct ipcx_open) {
		.kind = IPCX_KIND_MBOX, .id = env->group_port,
		.flags = IPCX_OPEN_SUBSCRIBE | IPCX_OPEN_WRITE | IPCX_OPEN_PORT,
	};
}

static void prepare_group(env_t *env, struct request *r)
{
	r->fd = env->control;
	r->attr.flags = IPCX_MBOX_GROUP | IPCX_MBOX_GROUP_BLOCK | IPCX_MBOX_ADDRESSABLE;
	r->open = (struct ipcx_open) {
		.kind = IPCX_KIND_MBOX, .flags = MBOX_CREATE | IPCX_OPEN_SUBSCRIBE,
		.mode = 0600, .attr = addr(&r->attr), .attr_size = sizeof(r->attr),
	};
}

/* A call that was received: its token. */
static __u64 received_call(env_t *env)
{
	__u64 number;

	post_call_number(env->to_mbox, 5, env->home);
	return take_call(env->mbox, &number);
}

static void prepare_token(env_t *env, struct request *r)
{
	r->fd = env->mbox;
	r->token = (struct ipcx_token) { .token = received_call(env) };
}

/* It ends with the fd, of which the caller is told. */
static void undo_token(env_t *env, int fd)
{
	close(fd);
	drain_mail(env->home);
}

static void prepare_reply(env_t *env, struct request *r)
{
	env->token = token_fd(env->mbox, received_call(env));
	r->fd = env->token;
	r->reply = (struct ipcx_reply) { .reply = make_mail(r->payload, 8, 1, 2) };
}

static void prepare_discard(env_t *env, struct request *r)
{
	prepare_reply(env, r);
	r->reply = (struct ipcx_reply) { .flags = IPCX_REPLY_DISCARD };
}

static void undo_reply(env_t *env, int ret)
{
	(void)ret;
	close(env->token);
	drain_mail(env->home);
}

static void prepare_watch(env_t *env, struct request *r)
{
	r->fd = env->to_mbox;
	r->watch = (struct ipcx_watch) { .from = env->home, .cookie = ~0ULL };
}

static void prepare_watch_port(env_t *env, struct request *r)
{
	prepare_watch(env, r);
	r->fd = env->control;
	r->watch.flags = IPCX_TO_PORT;
	r->watch.dest = env->mbox_port;
}

static void prepare_watch_name(env_t *env, struct request *r)
{
	prepare_watch(env, r);
	strcpy(r->name, env->mbox_name);
	r->fd = env->control;
	r->watch.flags = IPCX_TO_NAME;
	r->watch.dest = addr(r->name);
	r->watch.dest_len = strlen(r->name);
}

static void undo_watch(env_t *env, int ret)
{
	(void)ret;
	unwatch(env->home, env->mbox_port);
}

/* What is only output may hold anything. */
static void prepare_unwatch(env_t *env, struct request *r)
{
	watch_fd(env->to_mbox, env->home, 1);
	r->fd = env->home;
	r->leave = (struct ipcx_leave) { .port = env->mbox_port, .lost = ~0ULL };
}

static void prepare_subscribe(env_t *env, struct request *r)
{
	r->fd = env->to_group;
	r->subscribe = (struct ipcx_subscribe) {
		.from = env->home, .lag = IPCX_LAG_DROP_OLDEST,
	};
}

static void prepare_subscribe_port(env_t *env, struct request *r)
{
	prepare_subscribe(env, r);
	r->fd = env->control;
	r->subscribe.flags = IPCX_TO_PORT;
	r->subscribe.dest = env->group_port;
}

static void prepare_subscribe_name(env_t *env, struct request *r)
{
	prepare_subscribe(env, r);
	strcpy(r->name, env->group_name);
	r->fd = env->control;
	r->subscribe.flags = IPCX_TO_NAME;
	r->subscribe.dest = addr(r->name);
	r->subscribe.dest_len = strlen(r->name);
}

static void undo_subscribe(env_t *env, int ret)
{
	(void)ret;
	leave(env->home, IPCX_UNSUBSCRIBE, env->group_port);
}

static void prepare_unsubscribe(env_t *env, struct request *r)
{
	struct ipcx_subscribe req = { .from = env->home };

	op(env->to_group, IPCX_SUBSCRIBE, &req);
	r->fd = env->home;
	r->leave = (struct ipcx_leave) { .port = env->group_port, .lost = ~0ULL };
}

static void prepare_expel(env_t *env, struct request *r)
{
	prepare_unsubscribe(env, r);
	r->fd = env->group;
	r->leave.port = env->home_port;
}

static void undo_expel(env_t *env, int ret)
{
	(void)ret;
	drain_mail(env->home);
}

static void prepare_post_files(env_t *env, struct request *r)
{
	r->fds[0] = env->given;
	r->fds[1] = env->given;
	r->fd = env->to_mbox;
	r->msg = make_parcel(r->payload, 8, r->fds, 2);
	r->post = make_post(&r->msg, 1, IPCX_XFER_NONBLOCK);
}

static void undo_post(env_t *env, int ret)
{
	(void)ret;
	drain_mail(env->mbox);
}

static void prepare_recv_files(env_t *env, struct request *r)
{
	int fds[2] = { env->given, env->given };

	post_files(env->to_mbox, fds, 2);
	r->fd = env->mbox;
	r->room = make_fd_room(r->payload, sizeof(r->payload), env->received, 2);
	r->xfer = make_mail_xfer(&r->room, 1, IPCX_XFER_NONBLOCK);
}

static void undo_recv_files(env_t *env, int ret)
{
	if (ret == 1)
		close_all(env->received, 2);
}

static void prepare_post_call(env_t *env, struct request *r)
{
	r->fd = env->to_mbox;
	r->msg = make_mail(r->payload, 8, 1, 2);
	r->post = make_post(&r->msg, 1, IPCX_XFER_NONBLOCK | IPCX_POST_CALL);
	r->post.from = env->home;
}

static void undo_post_call(env_t *env, int ret)
{
	__u64 number;

	(void)ret;
	discard_call(env->mbox, take_call(env->mbox, &number));
	drain_mail(env->home);
}

GOOD(good_grant, IPCX_GRANT, prepare_grant, close_result);
GOOD(good_grant_group, IPCX_GRANT, prepare_grant_group, close_result);
GOOD(good_open, IPCX_OPEN, prepare_open, close_result);
GOOD(good_open_port, IPCX_OPEN, prepare_open_port, close_result);
GOOD(good_group, IPCX_OPEN, prepare_group, close_result);
GOOD(good_token, IPCX_TOKEN, prepare_token, undo_token);
GOOD(good_reply, IPCX_REPLY, prepare_reply, undo_reply);
GOOD(good_discard, IPCX_REPLY, prepare_discard, undo_reply);
GOOD(good_watch, IPCX_WATCH, prepare_watch, undo_watch);
GOOD(good_watch_port, IPCX_WATCH, prepare_watch_port, undo_watch);
GOOD(good_watch_name, IPCX_WATCH, prepare_watch_name, undo_watch);
GOOD(good_unwatch, IPCX_UNWATCH, prepare_unwatch, NULL);
GOOD(good_subscribe, IPCX_SUBSCRIBE, prepare_subscribe, undo_subscribe);
GOOD(good_subscribe_port, IPCX_SUBSCRIBE, prepare_subscribe_port, undo_subscribe);
GOOD(good_subscribe_name, IPCX_SUBSCRIBE, prepare_subscribe_name, undo_subscribe);
GOOD(good_unsubscribe, IPCX_UNSUBSCRIBE, prepare_unsubscribe, NULL);
GOOD(good_expel, IPCX_UNSUBSCRIBE, prepare_expel, undo_expel);
GOOD(good_post_files, IPCX_POST, prepare_post_files, undo_post);
GOOD(good_recv_files, IPCX_RECV, prepare_recv_files, undo_recv_files);
GOOD(good_post_call, IPCX_POST, prepare_post_call, undo_post_call);

/* One of each number, and of each kind of fd that has it. */
static const struct good *const every_op[] = {
	&good_grant, &good_token, &good_reply, &good_watch, &good_watch_port, &good_unwatch,
	&good_subscribe, &good_subscribe_port, &good_unsubscribe,
};

static const struct good *const every_good[] = {
	&good_grant, &good_grant_group, &good_open, &good_open_port, &good_group, &good_token,
	&good_reply, &good_discard, &good_watch, &good_watch_port, &good_watch_name,
	&good_unwatch, &good_subscribe, &good_subscribe_port, &good_subscribe_name,
	&good_unsubscribe, &good_expel, &good_post_files, &good_recv_files, &good_post_call,
};

#include "abi_ops.h"

/* ---- flags, reserved and unused fields ---- */

TEST_F(abi, grant_fields)
{
	static const struct field flags = FIELD(grant.flags);
	static const struct field reserved = FIELD(grant.reserved);
	uint64_t known = IPCX_OPEN_WRITE | IPCX_OPEN_SUBSCRIBE | IPCX_OPEN_NONBLOCK;

	/* Never the right to receive. */
	expect_bad_bits(_metadata, self, &good_grant, &flags, ~known);
	expect_bad_bits(_metadata, self, &good_grant_group, &flags, ~known);
	expect_bad(_metadata, self, &good_grant, &flags, 0, -EINVAL);
	expect_bad(_metadata, self, &good_grant, &flags, IPCX_OPEN_NONBLOCK, -EINVAL);
	expect_bad_bits(_metadata, self, &good_grant, &reserved, ~0U);
}

TEST_F(abi, open_fields)
{
	static const struct field flags = FIELD(open.flags);
	static const struct field kind = FIELD(open.kind);
	static const struct field attr_flags = FIELD(attr.flags);
	static const struct field spin_ns = FIELD(attr.spin_ns);
	uint64_t rights = IPCX_OPEN_SUBSCRIBE | IPCX_OPEN_WRITE;

	expect_bad(_metadata, self, &good_open, &kind, IPCX_KIND_QUEUE, -EINVAL);
	expect_bad(_metadata, self, &good_open_port, &flags, rights, -EINVAL);
	expect_bad(_metadata, self, &good_open_port, &flags,
		   rights | IPCX_OPEN_PORT | IPCX_OPEN_READ, -EINVAL);
	/* A group is one that receives nothing: no files, no spinning. */
	expect_bad(_metadata, self, &good_group, &attr_flags,
		   IPCX_MBOX_GROUP_BLOCK | IPCX_MBOX_ADDRESSABLE, -EINVAL);
	expect_bad(_metadata, self, &good_group, &attr_flags,
		   IPCX_MBOX_GROUP | IPCX_MBOX_FILES, -EINVAL);
	expect_bad_bits(_metadata, self, &good_group, &attr_flags,
			~(uint64_t)(IPCX_MBOX_GROUP | IPCX_MBOX_GROUP_BLOCK |
				    IPCX_MBOX_ADDRESSABLE));
	expect_bad_bits(_metadata, self, &good_group, &spin_ns, ~0U);
}

TEST_F(abi, token_fields)
{
	static const struct field token = FIELD(token.token);
	static const struct field flags = FIELD(token.flags);
	static const struct field reserved = FIELD(token.reserved);

	expect_bad(_metadata, self, &good_token, &token, 0, -EINVAL);
	expect_bad(_metadata, self, &good_token, &token, ~0ULL, -ESTALE);
	expect_bad(_metadata, self, &good_token, &token, 1ULL << 32, -ESTALE);
	expect_bad_bits(_metadata, self, &good_token, &flags, ~0U);
	expect_bad_bits(_metadata, self, &good_token, &reserved, ~0U);
}

/* On a token's fd there is a reply, and no more. */
TEST_F(abi, token_reply_fields)
{
	static const struct field token = FIELD(reply.token);
	static const struct field flags = FIELD(reply.flags);
	static const struct field unused[] = {
		FIELD(reply.clock), FIELD(reply.deadline_ns), FIELD(reply.match),
		FIELD(reply.reserved), FIELD(reply.match_arg), FIELD(reply.next.buf),
		FIELD(reply.next.len), FIELD(reply.next.flags), FIELD(reply.next.token),
		FIELD(reply.next.fds), FIELD(reply.next.fd_room), FIELD(reply.reply.reserved),
	};
	size_t i;

	expect_bad_bits(_metadata, self, &good_reply, &token, ~0ULL);
	expect_bad_bits(_metadata, self, &good_reply, &flags, ~0U);
	expect_bad_bits(_metadata, self, &good_discard, &token, ~0ULL);
	expect_bad_bits(_metadata, self, &good_discard, &flags, ~(uint64_t)IPCX_REPLY_DISCARD);
	for (i = 0; i < ARRAY_SIZE(unused); i++) {
		expect_bad_bits(_metadata, self, &good_reply, &unused[i], ~0ULL);
		expect_bad_bits(_metadata, self, &good_discard, &unused[i], ~0ULL);
	}
}

/* Whose death, or which group; and for which mailbox: the same for both. */
static void check_link(struct __test_metadata *_metadata, env_t *env,
		       const struct good *const goods[3], const struct field *flags,
		       const struct field *from, const struct field *dest,
		       const struct field *dest_len, const char *name)
{
	const struct { int fd; int error; } homes[] = {
		{ -1, -EBADF }, { 1000, -EBADF }, { (int)0x80000000, -EBADF },
		{ env->to_mbox, -EBADF }, { env->group, -EINVAL }, { env->to_group, -EINVAL },
		{ env->queue, -EINVAL }, { env->control, -EINVAL }, { env->given, -EINVAL },
	};
	const struct good *on_mbox = goods[0], *by_port = goods[1], *by_name = goods[2];
	size_t i, j;

	expect_bad_bits(_metadata, env, on_mbox, flags, ~0U);
	expect_bad_bits(_metadata, env, by_port, flags, ~(uint64_t)IPCX_TO_PORT);
	expect_bad_bits(_metadata, env, by_name, flags, ~(uint64_t)IPCX_TO_NAME);
	expect_bad(_metadata, env, by_port, flags, 0, -EINVAL);
	expect_bad_bits(_metadata, env, on_mbox, dest, ~0ULL);
	expect_bad_bits(_metadata, env, on_mbox, dest_len, ~0U);
	expect_bad_bits(_metadata, env, by_port, dest_len, ~0U);
	expect_bad(_metadata, env, by_port, dest, 0, -ENOENT);
	expect_bad(_metadata, env, by_port, dest, ~0ULL, -ENOENT);
	expect_bad(_metadata, env, by_name, dest, 0, -EINVAL);
	expect_bad(_metadata, env, by_name, dest, 8, -EFAULT);
	expect_bad(_metadata, env, by_name, dest_len, 0, -EINVAL);
	expect_bad(_metadata, env, by_name, dest_len, strlen(name) - 1, -ENOENT);
	expect_bad(_metadata, env, by_name, dest_len, strlen(name) + 1, -EINVAL);
	expect_bad(_metadata, env, by_name, dest_len, IPCX_NAME_MAX + 1, -ENAMETOOLONG);
	for (i = 0; i < 3; i++)
		for (j = 0; j < ARRAY_SIZE(homes); j++)
			expect_bad(_metadata, env, goods[i], from, (__u32)homes[j].fd,
				   homes[j].error);
}

TEST_F(abi, watch_fields)
{
	static const struct good *const goods[] = {
		&good_watch, &good_watch_port, &good_watch_name,
	};
	static const struct field flags = FIELD(watch.flags);
	static const struct field from = FIELD(watch.from);
	static const struct field dest = FIELD(watch.dest);
	static const struct field dest_len = FIELD(watch.dest_len);
	static const struct field reserved = FIELD(watch.reserved);

	check_link(_metadata, self, goods, &flags, &from, &dest, &dest_len, self->mbox_name);
	expect_bad_bits(_metadata, self, &good_watch, &reserved, ~0U);
	expect_bad_bits(_metadata, self, &good_watch_port, &reserved, ~0U);
}

TEST_F(abi, subscribe_fields)
{
	static const struct good *const goods[] = {
		&good_subscribe, &good_subscribe_port, &good_subscribe_name,
	};
	static const struct field flags = FIELD(subscribe.flags);
	static const struct field from = FIELD(subscribe.from);
	static const struct field dest = FIELD(subscribe.dest);
	static const struct field dest_len = FIELD(subscribe.dest_len);
	static const struct field lag = FIELD(subscribe.lag);

	check_link(_metadata, self, goods, &flags, &from, &dest, &dest_len, self->group_name);
	expect_bad(_metadata, self, &good_subscribe, &lag, IPCX_LAG_BLOCK, -EPERM);
	expect_bad(_metadata, self, &good_subscribe, &lag, IPCX_LAG_BLOCK + 1, -EINVAL);
	expect_bad(_metadata, self, &good_subscribe, &lag, ~0U, -EINVAL);
	expect_bad(_metadata, self, &good_subscribe_port, &dest, self->mbox_port, -EOPNOTSUPP);
}

TEST_F(abi, leave_fields)
{
	static const struct good *const goods[] = {
		&good_unwatch, &good_unsubscribe, &good_expel,
	};
	static const struct field port = FIELD(leave.port);
	static const struct field flags = FIELD(leave.flags);
	static const struct field reserved = FIELD(leave.reserved);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(goods); i++) {
		expect_bad_bits(_metadata, self, goods[i], &flags, ~0U);
		expect_bad_bits(_metadata, self, goods[i], &reserved, ~0U);
		expect_bad(_metadata, self, goods[i], &port, 0, -ENOENT);
		expect_bad(_metadata, self, goods[i], &port, ~0ULL, -ENOENT);
		expect_bad(_metadata, self, goods[i], &port, 1ULL << 63, -ENOENT);
	}
	/* A watch is no subscription, nor the other way round. */
	expect_bad(_metadata, self, &good_unwatch, &port, self->group_port, -ENOENT);
	expect_bad(_metadata, self, &good_unsubscribe, &port, self->mbox_port, -ENOENT);
	expect_bad(_metadata, self, &good_expel, &port, self->mbox_port, -ENOENT);
}

TEST_F(abi, leave_tells)
{
	struct request *r = prepare(self, &good_unsubscribe);

	ASSERT_EQ(0, op(r->fd, IPCX_UNSUBSCRIBE, &r->leave));
	EXPECT_EQ(0, r->leave.lost);
	EXPECT_EQ(self->group_port, r->leave.port);
	free(r);
}

TEST_F(abi, file_fields)
{
	static const struct field fds = FIELD(msg.fds);
	static const struct field fd_count = FIELD(msg.fd_count);
	static const struct field reserved = FIELD(msg.reserved);
	static const struct field flags = FIELD(msg.flags);
	static const struct field first = FIELD(fds[0]);
	static const struct field last = FIELD(fds[1]);

	/* An address of nothing, and none where there is nothing to tell. */
	expect_bad(_metadata, self, &good_post_files, &fds, 0, -EFAULT);
	expect_bad(_metadata, self, &good_post_files, &fds, 8, -EFAULT);
	expect_bad(_metadata, self, &good_post_files, &fds, 0xffff888000001000, -EFAULT);
	expect_bad(_metadata, self, &good_post_files, &fd_count, 0, -EINVAL);
	expect_bad(_metadata, self, &good_post_files, &fd_count, IPCX_FDS_MAX + 1, -EINVAL);
	expect_bad(_metadata, self, &good_post_files, &fd_count, ~0U, -EINVAL);
	expect_bad_bits(_metadata, self, &good_post_files, &reserved, ~0U);
	/* What a receiver says, and what the kernel does, is not the sender's to say. */
	expect_bad_bits(_metadata, self, &good_post_files, &flags, ~(uint64_t)IPCX_MSG_IOV);
	expect_bad(_metadata, self, &good_post_files, &first, ~0U, -EBADF);
	expect_bad(_metadata, self, &good_post_files, &last, 1000, -EBADF);
	expect_bad(_metadata, self, &good_post_files, &last, self->mbox, -EPERM);
	expect_bad(_metadata, self, &good_post_files, &first, self->control, -EPERM);
}

TEST_F(abi, fd_room_fields)
{
	static const struct field fds = FIELD(room.fds);
	static const struct field flags = FIELD(room.flags);
	struct request *r;
	__u32 room;

	expect_bad(_metadata, self, &good_recv_files, &fds, 0, -EFAULT);
	expect_bad(_metadata, self, &good_recv_files, &fds, 8, -EFAULT);
	expect_bad_bits(_metadata, self, &good_recv_files, &flags,
			~(uint64_t)(IPCX_MSG_IOV | IPCX_MSG_CLOEXEC));
	/* What is missing is told; the rest of the descriptor is as before. */
	r = prepare(self, &good_recv_files);
	for (room = 0; room < 2; room++) {
		r->room.fd_room = room;
		r->room.fd_count = 77;
		r->room.type = 77;
		EXPECT_EQ(-EMSGSIZE, op(r->fd, IPCX_RECV, &r->xfer));
		EXPECT_EQ(2, r->room.fd_count);
		EXPECT_EQ(room, r->room.fd_room);
		EXPECT_EQ(77, r->room.type);
		r->room.len = sizeof(r->payload);
	}
	/* Room is only a bound. */
	r->room.fd_room = ~0U;
	expect_good(_metadata, self, &good_recv_files, r);
}

TEST_F(abi, post_call_fields)
{
	static const struct field flags = FIELD(post.flags);
	static const struct field from = FIELD(post.from);
	static const struct field msg_flags = FIELD(msg.flags);
	uint64_t known = IPCX_XFER_NONBLOCK | IPCX_POST_CALL | IPCX_XFER_DEADLINE;

	expect_bad_bits(_metadata, self, &good_post_call, &flags, ~known);
	expect_bad(_metadata, self, &good_post_call, &from, ~0U, -EINVAL);
	expect_bad(_metadata, self, &good_post_call, &from, 1000, -EBADF);
	expect_bad(_metadata, self, &good_post_call, &from, self->to_mbox, -EBADF);
	expect_bad(_metadata, self, &good_post_call, &from, self->group, -EINVAL);
	expect_bad(_metadata, self, &good_post_call, &from, self->queue, -EINVAL);
	expect_bad_bits(_metadata, self, &good_post_call, &msg_flags, ~(uint64_t)IPCX_MSG_IOV);
}

/* ---- numbers ---- */

/* Operations of another kind of fd, and without the right. */
TEST_F(abi, wrong_fd)
{
	const struct wrong_fd cases[] = {
		{ &good_grant, self->to_mbox, -EBADF }, { &good_grant, self->to_group, -EBADF },
		{ &good_grant, self->queue, -ENOTTY }, { &good_grant, self->control, -ENOTTY },
		{ &good_token, self->to_mbox, -EBADF }, { &good_token, self->home, -ESTALE },
		{ &good_token, self->queue, -ENOTTY }, { &good_token, self->control, -ENOTTY },
		{ &good_watch, self->mbox, -EBADF }, { &good_watch, self->to_group, -EBADF },
		{ &good_watch, self->queue, -ENOTTY }, { &good_watch, self->control, -EINVAL },
		{ &good_watch_port, self->to_mbox, -EINVAL },
		{ &good_unwatch, self->to_mbox, -EBADF }, { &good_unwatch, self->queue, -ENOTTY },
		{ &good_unwatch, self->mbox, -ENOENT }, { &good_unwatch, self->control, -ENOTTY },
		{ &good_subscribe, self->group, -EBADF },
		{ &good_subscribe, self->to_mbox, -EBADF },
		{ &good_subscribe, self->queue, -ENOTTY },
		{ &good_subscribe, self->control, -EINVAL },
		{ &good_subscribe_port, self->to_group, -EINVAL },
		{ &good_unsubscribe, self->to_group, -EBADF },
		{ &good_unsubscribe, self->mbox, -ENOENT },
		{ &good_unsubscribe, self->queue, -ENOTTY },
		{ &good_unsubscribe, self->control, -ENOTTY },
		{ &good_post_files, self->mbox, -EBADF }, { &good_post_call, self->mbox, -EBADF },
	};

	check_wrong_fds(_metadata, self, cases, ARRAY_SIZE(cases));
}

TEST_HARNESS_MAIN
