// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The shape of the interface of calls and replies, as mbox_abi.c for the rest of what
 * mailboxes have.
 */
#include "mbox_abi.h"

/* As there: this file is also built for i386. */
_Static_assert(sizeof(struct ipcx_call) == IPCX_CALL_SIZE_VER0, "call");
_Static_assert(sizeof(struct ipcx_reply) == IPCX_REPLY_SIZE_VER0, "reply");
_Static_assert(offsetof(struct ipcx_call, request) == 32, "call.request");
_Static_assert(offsetof(struct ipcx_call, reply) == 88, "call.reply");
_Static_assert(offsetof(struct ipcx_reply, match_arg) == 32, "reply.match_arg");
_Static_assert(offsetof(struct ipcx_reply, reply) == 40, "reply.reply");
_Static_assert(offsetof(struct ipcx_reply, next) == 96, "reply.next");

/* ---- good requests ---- */

static void prepare_call(env_t *env, struct request *r)
{
	r->fd = env->to_served;
	r->call = make_call(r->payload, sizeof(r->payload), r->answer, sizeof(r->answer));
}

static void prepare_call_deadline(env_t *env, struct request *r)
{
	prepare_call(env, r);
	r->call.flags = IPCX_XFER_DEADLINE;
	r->call.clock = CLOCK_MONOTONIC;
	r->call.deadline_ns = now_ns(CLOCK_MONOTONIC) + 1000 * NSEC_PER_SEC;
}

static void prepare_call_port(env_t *env, struct request *r)
{
	prepare_call(env, r);
	r->fd = env->control;
	r->call.flags = IPCX_TO_PORT;
	r->call.dest = env->served_port;
}

static int call_mbox(void *arg)
{
	env_t *env = arg;
	char room[16];
	struct ipcx_call call = make_call("hello", 5, room, sizeof(room));

	return op(env->to_mbox, IPCX_CALL, &call) != 0;
}

static void prepare_reply(env_t *env, struct request *r)
{
	struct ipcx_mbox_recv mail;

	env->caller = spawn(call_mbox, env);
	recv_mail(env->mbox, r->payload, sizeof(r->payload), &mail, 0);
	r->fd = env->mbox;
	r->reply = (struct ipcx_reply) {
		.token = mail.token, .reply = make_mail(r->payload, 5, 7, 8),
	};
}

static void prepare_discard(env_t *env, struct request *r)
{
	prepare_reply(env, r);
	r->reply.flags = IPCX_REPLY_DISCARD;
	r->reply.reply = (struct ipcx_mbox_msg) { 0 };
}

/* Room for the next message, which is there. */
static void add_receive(env_t *env, struct request *r)
{
	post_mail(env->to_mbox, "hello", 5, 1, 2, -1, 0);
	r->reply.flags |= IPCX_REPLY_RECV | IPCX_XFER_NONBLOCK;
	memset(&r->reply.next, 0x55, sizeof(r->reply.next));
	r->reply.next.buf = addr(r->answer);
	r->reply.next.len = sizeof(r->answer);
	r->reply.next.flags = 0;
	r->reply.next.fd_room = 0;
	r->reply.next.fds = 0;
}

static void prepare_reply_recv(env_t *env, struct request *r)
{
	prepare_reply(env, r);
	add_receive(env, r);
}

static void prepare_only_recv(env_t *env, struct request *r)
{
	r->fd = env->mbox;
	r->reply = (struct ipcx_reply) { 0 };
	add_receive(env, r);
}

static void prepare_only_recv_deadline(env_t *env, struct request *r)
{
	prepare_only_recv(env, r);
	r->reply.flags = IPCX_REPLY_RECV | IPCX_XFER_DEADLINE;
	r->reply.clock = CLOCK_MONOTONIC;
	r->reply.deadline_ns = now_ns(CLOCK_MONOTONIC) + 1000 * NSEC_PER_SEC;
}

/* The caller has its answer, or EPIPE. */
static void undo_reply(env_t *env, int ret)
{
	(void)ret;
	reap(env->caller);
	env->caller = 0;
	drain_mail(env->mbox);
}

GOOD(good_call, IPCX_CALL, prepare_call, NULL);
GOOD(good_call_deadline, IPCX_CALL, prepare_call_deadline, NULL);
GOOD(good_call_port, IPCX_CALL, prepare_call_port, NULL);
GOOD(good_reply, IPCX_REPLY, prepare_reply, undo_reply);
GOOD(good_discard, IPCX_REPLY, prepare_discard, undo_reply);
GOOD(good_reply_recv, IPCX_REPLY, prepare_reply_recv, undo_reply);
GOOD(good_only_recv, IPCX_REPLY, prepare_only_recv, undo_post);
GOOD(good_only_recv_deadline, IPCX_REPLY, prepare_only_recv_deadline, undo_post);

/* One of each number, and of each kind of fd that has it. */
static const struct good *const every_op[] = {
	&good_call, &good_call_port, &good_reply, &good_reply_recv,
};

static const struct good *const every_good[] = {
	&good_call, &good_call_deadline, &good_call_port, &good_reply, &good_discard,
	&good_reply_recv, &good_only_recv, &good_only_recv_deadline,
};

#include "abi_ops.h"

/* ---- flags, reserved and unused fields ---- */

TEST_F(abi, call_fields)
{
	static const struct field flags = FIELD(call.flags);
	static const struct field clock = FIELD(call.clock);
	static const struct field deadline = FIELD(call.deadline_ns);
	static const struct field dest = FIELD(call.dest);
	static const struct field dest_len = FIELD(call.dest_len);
	static const struct field from = FIELD(call.from);
	static const struct field msg_flags = FIELD(call.request.flags);
	static const struct field priority = FIELD(call.request.priority);
	static const struct field reply_flags = FIELD(call.reply.flags);
	static const struct field fds = FIELD(call.request.fds);
	static const struct field fd_count = FIELD(call.request.fd_count);
	static const struct field reserved = FIELD(call.request.reserved);
	uint64_t known = IPCX_XFER_NONBLOCK | IPCX_XFER_DEADLINE | IPCX_RECV_TRUNC |
			 IPCX_XFER_ADAPTIVE;

	expect_bad_bits(_metadata, self, &good_call, &flags, ~known);
	expect_bad_bits(_metadata, self, &good_call_port, &flags, ~(known | IPCX_TO_PORT));
	check_deadline(_metadata, self, &good_call, &good_call_deadline, &clock, &deadline);
	check_target(_metadata, self, &good_call, &good_call_port, &flags, &dest, &dest_len,
		     &from);
	expect_bad_bits(_metadata, self, &good_call, &msg_flags, ~(uint64_t)IPCX_MSG_IOV);
	expect_bad_bits(_metadata, self, &good_call, &reply_flags,
			~(uint64_t)(IPCX_MSG_IOV | IPCX_MSG_CLOEXEC));
	expect_bad(_metadata, self, &good_call, &priority, IPCX_PRIO_MAX + 1, -EINVAL);
	expect_bad(_metadata, self, &good_call, &priority, ~0U, -EINVAL);
	check_no_files(_metadata, self, &good_call, &fds, &fd_count, &reserved);
}

/* The fields of @reply: without a reply each of them has to be 0. */
static void check_no_reply(struct __test_metadata *_metadata, env_t *env,
			   const struct good *good)
{
	static const struct field fields[] = {
		FIELD(reply.reply.buf), FIELD(reply.reply.len), FIELD(reply.reply.type),
		FIELD(reply.reply.cookie), FIELD(reply.reply.flags),
		FIELD(reply.reply.priority), FIELD(reply.reply.fds),
		FIELD(reply.reply.fd_count), FIELD(reply.reply.reserved),
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fields); i++)
		expect_bad_bits(_metadata, env, good, &fields[i], ~0ULL);
}

/* What only IPCX_REPLY_RECV has: without it each has to be 0. */
static void check_no_next(struct __test_metadata *_metadata, env_t *env,
			  const struct good *good)
{
	static const struct field fields[] = {
		FIELD(reply.clock), FIELD(reply.deadline_ns), FIELD(reply.match),
		FIELD(reply.match_arg), FIELD(reply.next.buf), FIELD(reply.next.len),
		FIELD(reply.next.flags), FIELD(reply.next.priority), FIELD(reply.next.type),
		FIELD(reply.next.cookie), FIELD(reply.next.sender), FIELD(reply.next.seq),
		FIELD(reply.next.token), FIELD(reply.next.pid), FIELD(reply.next.tid),
		FIELD(reply.next.uid), FIELD(reply.next.gid), FIELD(reply.next.group),
		FIELD(reply.next.lost), FIELD(reply.next.fd_count), FIELD(reply.next.fd_room),
		FIELD(reply.next.fds),
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fields); i++)
		expect_bad_bits(_metadata, env, good, &fields[i], ~0ULL);
}

TEST_F(abi, reply_fields)
{
	static const struct field token = FIELD(reply.token);
	static const struct field flags = FIELD(reply.flags);
	static const struct field reserved = FIELD(reply.reserved);
	static const struct field msg_flags = FIELD(reply.reply.flags);
	static const struct field priority = FIELD(reply.reply.priority);
	static const struct field fds = FIELD(reply.reply.fds);
	static const struct field fd_count = FIELD(reply.reply.fd_count);
	static const struct field msg_reserved = FIELD(reply.reply.reserved);
	uint64_t known = IPCX_REPLY_DISCARD | IPCX_REPLY_RECV;

	/* How to wait is nothing for who does not. */
	expect_bad_bits(_metadata, self, &good_reply, &flags, ~known);
	expect_bad_bits(_metadata, self, &good_discard, &flags, ~known);
	/* The reply would be lost. */
	expect_bad(_metadata, self, &good_reply, &flags, IPCX_REPLY_DISCARD, -EINVAL);
	expect_bad_bits(_metadata, self, &good_reply, &reserved, ~0U);
	expect_bad_bits(_metadata, self, &good_discard, &reserved, ~0U);
	expect_bad_bits(_metadata, self, &good_reply, &msg_flags, ~(uint64_t)IPCX_MSG_IOV);
	expect_bad(_metadata, self, &good_reply, &priority, IPCX_PRIO_MAX + 1, -EINVAL);
	expect_bad(_metadata, self, &good_reply, &priority, ~0U, -EINVAL);
	expect_bad(_metadata, self, &good_reply, &token, 0, -EINVAL);
	expect_bad(_metadata, self, &good_reply, &token, ~0ULL, -ESTALE);
	expect_bad(_metadata, self, &good_discard, &token, 0, -EINVAL);
	expect_bad(_metadata, self, &good_discard, &token, ~0ULL, -ESTALE);
	check_no_files(_metadata, self, &good_reply, &fds, &fd_count, &msg_reserved);
	check_no_reply(_metadata, self, &good_discard);
	check_no_next(_metadata, self, &good_reply);
	check_no_next(_metadata, self, &good_discard);
}

TEST_F(abi, reply_recv_fields)
{
	static const struct field token = FIELD(reply.token);
	static const struct field flags = FIELD(reply.flags);
	static const struct field clock = FIELD(reply.clock);
	static const struct field deadline = FIELD(reply.deadline_ns);
	static const struct field reserved = FIELD(reply.reserved);
	static const struct field match = FIELD(reply.match);
	static const struct field match_arg = FIELD(reply.match_arg);
	static const struct field next_flags = FIELD(reply.next.flags);
	static const struct good *const goods[] = { &good_reply_recv, &good_only_recv };
	uint64_t known = IPCX_XFER_NONBLOCK | IPCX_XFER_DEADLINE | IPCX_RECV_TRUNC |
			 IPCX_XFER_ADAPTIVE | IPCX_REPLY_DISCARD | IPCX_REPLY_RECV;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(goods); i++) {
		expect_bad_bits(_metadata, self, goods[i], &flags, ~known);
		expect_bad_bits(_metadata, self, goods[i], &reserved, ~0U);
		expect_bad_bits(_metadata, self, goods[i], &match_arg, ~0ULL);
		expect_bad(_metadata, self, goods[i], &match, IPCX_MATCH_REPLY + 1, -EINVAL);
		expect_bad(_metadata, self, goods[i], &match, ~0U, -EINVAL);
		expect_bad_bits(_metadata, self, goods[i], &next_flags,
				~(uint64_t)(IPCX_MSG_IOV | IPCX_MSG_CLOEXEC));
		check_deadline(_metadata, self, goods[i], &good_only_recv_deadline, &clock,
			       &deadline);
	}
	/* What is refused receives nothing either. */
	expect_bad(_metadata, self, &good_reply_recv, &token, ~0ULL, -ESTALE);
}

/* What is left of a call that a signal has interrupted is not looked at. */
TEST_F(abi, reply_recv_without_token)
{
	struct request *r = prepare(self, &good_only_recv);

	memset(&r->reply.reply, 0xff, sizeof(r->reply.reply));
	r->reply.flags |= IPCX_REPLY_DISCARD;
	EXPECT_EQ(1, op(r->fd, IPCX_REPLY, &r->reply));
	EXPECT_EQ(0, r->reply.token);
	free(r);
}

/* ---- output ---- */

TEST_F(abi, output_of_a_call)
{
	struct request *r = prepare(self, &good_call);

	memset(&r->call.reply, 0x55, sizeof(r->call.reply));
	r->call.reply.buf = addr(r->answer);
	r->call.reply.len = sizeof(r->answer);
	r->call.reply.flags = 0;
	r->call.reply.fd_room = 0;
	r->call.reply.fds = 0;
	r->call.request.cookie = 77;
	memcpy(r->payload, "0123456789abcdef", 16);
	ASSERT_EQ(0, op(r->fd, IPCX_CALL, &r->call));
	EXPECT_EQ(0, memcmp(r->answer, r->payload, 16));
	EXPECT_EQ(addr(r->answer), r->call.reply.buf);
	EXPECT_EQ(16, r->call.reply.len);
	EXPECT_EQ(0, r->call.reply.flags);
	EXPECT_EQ(0, r->call.reply.priority);
	EXPECT_EQ(0, r->call.reply.type);
	EXPECT_EQ(77, r->call.reply.cookie);
	EXPECT_EQ(self->served_port, r->call.reply.sender);
	EXPECT_EQ(0, r->call.reply.token);
	EXPECT_EQ(self->server, r->call.reply.pid);
	EXPECT_EQ(self->server, r->call.reply.tid);
	EXPECT_EQ(0, r->call.reply.uid);
	EXPECT_EQ(0, r->call.reply.gid);
	EXPECT_EQ(0, r->call.reply.group);
	EXPECT_EQ(0, r->call.reply.lost);
	EXPECT_EQ(0, r->call.reply.fd_count);
	/* The request is the caller's. */
	EXPECT_EQ(77, r->call.request.cookie);
	EXPECT_EQ(16, r->call.request.len);
	free(r);
}

/* The token is 0 when the reply is done, and as it was when it is not. */
TEST_F(abi, token_when_done)
{
	struct request *r = prepare(self, &good_reply);
	__u64 token = r->reply.token;

	r->reply.reply.len = 17;
	EXPECT_EQ(-EMSGSIZE, op(r->fd, IPCX_REPLY, &r->reply));
	EXPECT_EQ(token, r->reply.token);
	r->reply.reply.len = 5;
	EXPECT_EQ(0, op(r->fd, IPCX_REPLY, &r->reply));
	EXPECT_EQ(0, r->reply.token);
	undo_reply(self, 0);
	free(r);
}

/* ---- numbers ---- */

/* Operations of another kind of fd, and without the right. */
TEST_F(abi, wrong_fd)
{
	const struct wrong_fd cases[] = {
		{ &good_call, self->mbox, -EBADF }, { &good_call, self->queue, -ENOTTY },
		{ &good_call, self->control, -EINVAL },
		{ &good_call_port, self->to_mbox, -EINVAL },
		{ &good_reply, self->to_mbox, -EBADF }, { &good_reply, self->queue, -ENOTTY },
		{ &good_reply, self->control, -ENOTTY }, { &good_reply, self->own, -ESTALE },
		{ &good_reply_recv, self->own, -ESTALE },
	};

	check_wrong_fds(_metadata, self, cases, ARRAY_SIZE(cases));
}

TEST_HARNESS_MAIN
