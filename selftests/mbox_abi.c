// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The shape of the interface of mailboxes, as abi.c for queues: sizes, unknown
 * flags, reserved and unused fields. No bad request may change the mailboxes.
 */
#include "mbox.h"

#define TAIL 64

/* Layouts are the same everywhere: this file is also built for i386. */
_Static_assert(sizeof(struct ipcx_mbox_attr) == 40, "mbox_attr");
_Static_assert(offsetof(struct ipcx_mbox_attr, ring_size) == IPCX_MBOX_ATTR_SIZE_VER0, "v0");
_Static_assert(sizeof(struct ipcx_delivery) == IPCX_DELIVERY_SIZE_VER0, "delivery");
_Static_assert(offsetof(struct ipcx_delivery, pid) == 32, "delivery.pid");
_Static_assert(offsetof(struct ipcx_delivery, priority) == 48, "delivery.priority");
_Static_assert(sizeof(struct ipcx_mbox_msg) == IPCX_MBOX_MSG_SIZE_VER0, "mbox_msg");
_Static_assert(sizeof(struct ipcx_mbox_recv) == IPCX_MBOX_RECV_SIZE_VER0, "mbox_recv");
_Static_assert(sizeof(struct ipcx_post) == IPCX_POST_SIZE_VER0, "post");
_Static_assert(sizeof(struct ipcx_call) == IPCX_CALL_SIZE_VER0, "call");
_Static_assert(sizeof(struct ipcx_reply) == IPCX_REPLY_SIZE_VER0, "reply");
_Static_assert(offsetof(struct ipcx_stat, calls) == 432, "stat.calls");
_Static_assert(offsetof(struct ipcx_mbox_msg, flags) == 32, "mbox_msg.flags");
_Static_assert(offsetof(struct ipcx_mbox_recv, type) == 24, "mbox_recv.type");
_Static_assert(offsetof(struct ipcx_mbox_recv, pid) == 64, "mbox_recv.pid");
_Static_assert(offsetof(struct ipcx_mbox_recv, fds) == 104, "mbox_recv.fds");
_Static_assert(offsetof(struct ipcx_mbox_msg, fds) == 40, "mbox_msg.fds");
_Static_assert(offsetof(struct ipcx_post, dest) == 32, "post.dest");
_Static_assert(offsetof(struct ipcx_post, from) == 44, "post.from");
_Static_assert(offsetof(struct ipcx_call, request) == 32, "call.request");
_Static_assert(offsetof(struct ipcx_call, reply) == 88, "call.reply");
_Static_assert(offsetof(struct ipcx_reply, match_arg) == 32, "reply.match_arg");
_Static_assert(offsetof(struct ipcx_reply, reply) == 40, "reply.reply");
_Static_assert(offsetof(struct ipcx_reply, next) == 96, "reply.next");

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
static int serve(void *arg)
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

static void end_child(pid_t pid)
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

/* ---- good requests ---- */

static void prepare_info(env_t *env, struct request *r)
{
	r->fd = env->mbox;
}

static void prepare_create(env_t *env, struct request *r)
{
	strcpy(r->name, env->fresh_name);
	r->fd = env->control;
	r->attr.attr = (struct ipcx_mbox_attr) {
		.max_msgs = 10, .max_msg_size = 100, .max_bytes = 200,
	};
	r->open = (struct ipcx_open) {
		.name = addr(r->name), .name_len = strlen(r->name),
		.kind = IPCX_KIND_MBOX, .flags = MBOX_CREATE, .mode = 0600,
		.attr = addr(&r->attr), .attr_size = sizeof(r->attr.attr),
	};
}

static void prepare_create_default(env_t *env, struct request *r)
{
	prepare_create(env, r);
	r->open.attr = 0;
	r->open.attr_size = 0;
}

/* Room for the largest message that the module allows, and for nothing more. */
static void prepare_create_largest(env_t *env, struct request *r)
{
	struct ipcx_info info;

	prepare_create(env, r);
	get_info(&info);
	r->attr.attr.max_msg_size = info.max_msg_size;
	r->attr.attr.max_bytes = info.max_queue_bytes;
	r->attr.attr.max_msgs = info.max_queue_msgs;
}

static void prepare_create_ring(env_t *env, struct request *r)
{
	prepare_create(env, r);
	r->attr.attr.max_msg_size = 0;
	r->attr.attr.max_bytes = 0;
	r->attr.attr.max_msgs = 0;
	r->attr.attr.spin_ns = 0;
	r->attr.attr.ring_size = IPCX_RING_SIZE_MIN;
}

static void prepare_create_anonymous(env_t *env, struct request *r)
{
	prepare_create(env, r);
	r->open.name = 0;
	r->open.name_len = 0;
	r->attr.attr.flags = IPCX_MBOX_ADDRESSABLE;
}

static void prepare_open(env_t *env, struct request *r)
{
	strcpy(r->name, env->name);
	r->fd = env->control;
	r->open = (struct ipcx_open) {
		.name = addr(r->name), .name_len = strlen(r->name),
		.kind = IPCX_KIND_MBOX, .flags = IPCX_OPEN_WRITE,
	};
}

static void prepare_open_port(env_t *env, struct request *r)
{
	r->fd = env->control;
	r->open = (struct ipcx_open) {
		.kind = IPCX_KIND_MBOX, .flags = IPCX_OPEN_WRITE | IPCX_OPEN_PORT,
		.id = env->served_port,
	};
}

/* A mailbox's name goes with the right to receive. */
static void undo_open(env_t *env, int fd)
{
	(void)env;
	close(fd);
}

static void prepare_stat(env_t *env, struct request *r)
{
	r->fd = env->to_mbox;
}

static void prepare_post(env_t *env, struct request *r)
{
	r->fd = env->to_mbox;
	r->mail.msg = make_mail(r->payload, sizeof(r->payload), ~0ULL, ~0ULL);
	r->mail.msg.priority = IPCX_PRIO_MAX;
	r->post = make_post(&r->mail.msg, 1, IPCX_XFER_NONBLOCK);
}

static void prepare_post_deadline(env_t *env, struct request *r)
{
	prepare_post(env, r);
	r->post.flags = IPCX_XFER_DEADLINE;
	r->post.clock = CLOCK_MONOTONIC;
	r->post.deadline_ns = now_ns(CLOCK_MONOTONIC) + 1000 * NSEC_PER_SEC;
}

static void prepare_post_from(env_t *env, struct request *r)
{
	prepare_post(env, r);
	r->post.from = env->own;
}

static void prepare_post_port(env_t *env, struct request *r)
{
	prepare_post(env, r);
	r->fd = env->control;
	r->post.flags |= IPCX_TO_PORT;
	r->post.dest = env->served_port;
}

static void prepare_post_name(env_t *env, struct request *r)
{
	prepare_post(env, r);
	strcpy(r->name, env->name);
	r->fd = env->control;
	r->post.flags |= IPCX_TO_NAME;
	r->post.dest = addr(r->name);
	r->post.dest_len = strlen(r->name);
}

static void prepare_post_sync(env_t *env, struct request *r)
{
	prepare_post(env, r);
	r->fd = env->to_served;
	r->post.flags = IPCX_POST_SYNC;
}

static void undo_post(env_t *env, int n)
{
	(void)n;
	drain_mail(env->mbox);
}

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

/* What is output may hold anything. */
static void prepare_recv(env_t *env, struct request *r)
{
	post_mail(env->to_mbox, "hello", 5, 1, 2, env->own, 0);
	r->fd = env->mbox;
	memset(&r->room.recv, 0x55, sizeof(r->room.recv));
	r->room.recv.buf = addr(r->payload);
	r->room.recv.len = sizeof(r->payload);
	r->room.recv.flags = 0;
	r->room.recv.fd_room = 0;
	r->room.recv.fds = 0;
	r->xfer = make_mail_xfer(&r->room.recv, 1, IPCX_XFER_NONBLOCK);
}

static void prepare_recv_deadline(env_t *env, struct request *r)
{
	prepare_recv(env, r);
	r->xfer.flags = 0;
	set_deadline(&r->xfer, CLOCK_MONOTONIC, 1000 * 1000);
}

static void prepare_peek(env_t *env, struct request *r)
{
	prepare_recv(env, r);
	r->xfer.flags |= IPCX_RECV_PEEK;
}

static void prepare_recv_priority(env_t *env, struct request *r)
{
	prepare_recv(env, r);
	r->xfer.match = IPCX_MATCH_MIN_PRIORITY;
}

static void prepare_recv_cookie(env_t *env, struct request *r)
{
	prepare_recv(env, r);
	r->xfer.match = IPCX_MATCH_COOKIE;
	r->xfer.match_arg = 2;
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

GOOD(good_info, IPCX_INFO, prepare_info, NULL);
GOOD(good_create, IPCX_OPEN, prepare_create, undo_open);
GOOD(good_create_default, IPCX_OPEN, prepare_create_default, undo_open);
GOOD(good_create_largest, IPCX_OPEN, prepare_create_largest, undo_open);
GOOD(good_create_ring, IPCX_OPEN, prepare_create_ring, undo_open);
GOOD(good_create_anonymous, IPCX_OPEN, prepare_create_anonymous, undo_open);
GOOD(good_open, IPCX_OPEN, prepare_open, undo_open);
GOOD(good_open_port, IPCX_OPEN, prepare_open_port, undo_open);
GOOD(good_stat, IPCX_STAT, prepare_stat, NULL);
GOOD(good_post, IPCX_POST, prepare_post, undo_post);
GOOD(good_post_deadline, IPCX_POST, prepare_post_deadline, undo_post);
GOOD(good_post_from, IPCX_POST, prepare_post_from, undo_post);
GOOD(good_post_port, IPCX_POST, prepare_post_port, undo_post);
GOOD(good_post_name, IPCX_POST, prepare_post_name, undo_post);
GOOD(good_post_sync, IPCX_POST, prepare_post_sync, undo_post);
GOOD(good_call, IPCX_CALL, prepare_call, NULL);
GOOD(good_call_deadline, IPCX_CALL, prepare_call_deadline, NULL);
GOOD(good_call_port, IPCX_CALL, prepare_call_port, NULL);
GOOD(good_recv, IPCX_RECV, prepare_recv, undo_post);
GOOD(good_recv_deadline, IPCX_RECV, prepare_recv_deadline, undo_post);
GOOD(good_recv_priority, IPCX_RECV, prepare_recv_priority, undo_post);
GOOD(good_recv_cookie, IPCX_RECV, prepare_recv_cookie, undo_post);
GOOD(good_peek, IPCX_RECV, prepare_peek, undo_post);
GOOD(good_reply, IPCX_REPLY, prepare_reply, undo_reply);
GOOD(good_discard, IPCX_REPLY, prepare_discard, undo_reply);
GOOD(good_reply_recv, IPCX_REPLY, prepare_reply_recv, undo_reply);
GOOD(good_only_recv, IPCX_REPLY, prepare_only_recv, undo_post);
GOOD(good_only_recv_deadline, IPCX_REPLY, prepare_only_recv_deadline, undo_post);

/* One of each number, and of each kind of fd that has it. */
static const struct good *const every_op[] = {
	&good_info, &good_create, &good_stat, &good_post, &good_post_port,
	&good_call, &good_call_port, &good_recv, &good_reply, &good_reply_recv,
};

static const struct good *const every_good[] = {
	&good_info, &good_create, &good_create_default, &good_create_largest, &good_create_ring,
	&good_create_anonymous, &good_open, &good_open_port, &good_stat, &good_post,
	&good_post_deadline, &good_post_from, &good_post_port, &good_post_name,
	&good_post_sync, &good_call, &good_call_deadline, &good_call_port, &good_recv,
	&good_recv_deadline, &good_recv_priority, &good_recv_cookie, &good_peek,
	&good_reply, &good_discard, &good_reply_recv, &good_only_recv,
	&good_only_recv_deadline,
};

TEST_F(abi, every_good_request_works)
{
	check_good(_metadata, self, every_good, ARRAY_SIZE(every_good));
}

/* ---- sizes ---- */

TEST_F(abi, shorter_than_the_first_version)
{
	check_shorter(_metadata, self, every_op, ARRAY_SIZE(every_op));
}

TEST_F(abi, longer_with_zero_tail)
{
	check_zero_tail(_metadata, self, every_op, ARRAY_SIZE(every_op));
}

TEST_F(abi, longer_with_nonzero_tail)
{
	check_nonzero_tail(_metadata, self, every_op, ARRAY_SIZE(every_op));
}

TEST_F(abi, longest)
{
	check_longest(_metadata, self, every_op, ARRAY_SIZE(every_op));
}

TEST_F(abi, attr_size)
{
	static const struct field size = FIELD(open.attr_size);
	static const struct field attr = FIELD(open.attr);
	struct request *r = prepare(self, &good_create);
	__u32 bytes;

	for (bytes = 0; bytes < IPCX_MBOX_ATTR_SIZE_VER0; bytes++)
		r = try_bad(_metadata, self, &good_create, r, &size, bytes, -EINVAL);
	r = try_bad(_metadata, self, &good_create, r, &size, 4096 + 1, -E2BIG);
	/* Either without the other. */
	r = try_bad(_metadata, self, &good_create, r, &attr, 0, -EINVAL);
	expect_bad(_metadata, self, &good_create_default, &size,
		   IPCX_MBOX_ATTR_SIZE_VER0, -EINVAL);

	r->open.attr_size += TAIL;
	r->attr.tail[0] = 1;
	EXPECT_EQ(-E2BIG, op(r->fd, IPCX_OPEN, &r->open));
	r->attr.tail[0] = 0;
	r->attr.tail[TAIL - 1] = 1;
	EXPECT_EQ(-E2BIG, op(r->fd, IPCX_OPEN, &r->open));
	r->attr.tail[TAIL - 1] = 0;
	expect_good(_metadata, self, &good_create, r);
}

TEST_F(abi, msg_size)
{
	static const struct field post_size = FIELD(post.msg_size);
	static const struct field mail_tail = FIELD(mail.tail[0]);
	static const struct field recv_size = FIELD(xfer.msg_size);
	static const struct field room_tail = FIELD(room.tail[0]);

	check_item_size(_metadata, self, &good_post, &post_size, &mail_tail,
			IPCX_MBOX_MSG_SIZE_VER0);
	check_item_size(_metadata, self, &good_post_port, &post_size, &mail_tail,
			IPCX_MBOX_MSG_SIZE_VER0);
	check_item_size(_metadata, self, &good_recv, &recv_size, &room_tail,
			IPCX_MBOX_RECV_SIZE_VER0);
	check_item_size(_metadata, self, &good_peek, &recv_size, &room_tail,
			IPCX_MBOX_RECV_SIZE_VER0);
}

/* Longer messages in an array lie where the caller's stride says. */
TEST_F(abi, msg_stride)
{
	struct {
		struct ipcx_mbox_msg msg;
		char tail[TAIL];
	} out[3];
	struct {
		struct ipcx_mbox_recv recv;
		char tail[TAIL];
	} in[3];
	struct ipcx_xfer xfer = {
		.msgs = addr(in), .count = 3, .msg_size = sizeof(in[0]),
	};
	__u64 sent[3] = { 11, 22, 33 }, got[3] = { 0 };
	struct ipcx_post post;
	int i;

	memset(out, 0, sizeof(out));
	memset(in, 0, sizeof(in));
	for (i = 0; i < 3; i++) {
		out[i].msg = make_mail(&sent[i], sizeof(sent[i]), i, 10 + i);
		in[i].recv.buf = addr(&got[i]);
		in[i].recv.len = sizeof(got[i]);
	}
	post = make_post(&out[0].msg, 3, 0);
	post.msg_size = sizeof(out[0]);
	ASSERT_EQ(3, op(self->to_mbox, IPCX_POST, &post));
	ASSERT_EQ(3, op(self->mbox, IPCX_RECV, &xfer));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(sent[i], got[i]);
		EXPECT_EQ(i, in[i].recv.type);
		EXPECT_EQ(10 + i, in[i].recv.cookie);
		EXPECT_EQ(sizeof(got[i]), in[i].recv.len);
		EXPECT_EQ(addr(&got[i]), in[i].recv.buf);
	}
}

/* ---- flags, reserved and unused fields ---- */

TEST_F(abi, open_flags)
{
	static const struct field flags = FIELD(open.flags);
	uint64_t unknown = ~(uint64_t)(CREATE_RW | IPCX_OPEN_EXCL | IPCX_OPEN_NONBLOCK |
				       IPCX_OPEN_SUBSCRIBE);

	/* What is created or has a name is not meant by its port. */
	expect_bad_bits(_metadata, self, &good_create, &flags, unknown);
	expect_bad_bits(_metadata, self, &good_create_anonymous, &flags, unknown);
	expect_bad_bits(_metadata, self, &good_open, &flags, unknown | IPCX_OPEN_EXCL);
	/* By its port nothing is created, nor received from. */
	expect_bad_bits(_metadata, self, &good_open_port, &flags,
			~(uint64_t)(IPCX_OPEN_WRITE | IPCX_OPEN_PORT | IPCX_OPEN_NONBLOCK |
				    IPCX_OPEN_SUBSCRIBE));
	expect_bad(_metadata, self, &good_open_port, &flags, IPCX_OPEN_PORT, -EINVAL);
	expect_bad(_metadata, self, &good_open_port, &flags, IPCX_OPEN_WRITE, -EINVAL);
	/* Nobody else could receive. */
	expect_bad(_metadata, self, &good_create, &flags,
		   IPCX_OPEN_CREATE | IPCX_OPEN_WRITE | IPCX_OPEN_SUBSCRIBE, -EINVAL);
	expect_bad(_metadata, self, &good_create, &flags, IPCX_OPEN_CREATE, -EINVAL);
	expect_bad(_metadata, self, &good_create_anonymous, &flags,
		   MBOX_CREATE | IPCX_OPEN_EXCL, -EINVAL);
	expect_bad(_metadata, self, &good_open, &flags, 0, -EINVAL);
}

TEST_F(abi, open_fields)
{
	static const struct field reserved = FIELD(open.reserved);
	static const struct field kind = FIELD(open.kind);
	static const struct field mode = FIELD(open.mode);
	static const struct field attr = FIELD(open.attr);
	static const struct field attr_size = FIELD(open.attr_size);
	static const struct field name = FIELD(open.name);
	static const struct field name_len = FIELD(open.name_len);
	static const struct field id = FIELD(open.id);
	static const struct good *const openers[] = { &good_open, &good_open_port };
	size_t i;

	expect_bad_bits(_metadata, self, &good_create, &reserved, ~0U);
	expect_bad_bits(_metadata, self, &good_create, &mode, ~0777U);
	expect_bad_bits(_metadata, self, &good_create, &kind, ~3U);
	expect_bad(_metadata, self, &good_create, &name_len, 0, -EINVAL);
	expect_bad(_metadata, self, &good_create_anonymous, &name, 0x1000, -EINVAL);
	for (i = 0; i < ARRAY_SIZE(openers); i++) {
		expect_bad_bits(_metadata, self, openers[i], &reserved, ~0U);
		expect_bad_bits(_metadata, self, openers[i], &mode, ~0U);
		expect_bad_bits(_metadata, self, openers[i], &attr, ~0ULL);
		expect_bad_bits(_metadata, self, openers[i], &attr_size, ~0U);
		expect_bad_bits(_metadata, self, openers[i], &kind, ~3U);
	}
	/* A port that is none, a port and a name, a queue by its port. */
	expect_bad(_metadata, self, &good_open_port, &id, 0, -ENOENT);
	expect_bad(_metadata, self, &good_open_port, &id, ~0ULL, -ENOENT);
	expect_bad(_metadata, self, &good_open_port, &id, 1ULL << 32 | self->served_port,
		   -ENOENT);
	expect_bad_bits(_metadata, self, &good_open_port, &name, ~0ULL);
	expect_bad_bits(_metadata, self, &good_open_port, &name_len, ~0U);
	expect_bad(_metadata, self, &good_open_port, &kind, IPCX_KIND_QUEUE, -EINVAL);
	expect_bad(_metadata, self, &good_open, &kind, IPCX_KIND_QUEUE, -EPROTOTYPE);
}

TEST_F(abi, attr_fields)
{
	static const struct field flags = FIELD(attr.attr.flags);
	static const struct field spin_ns = FIELD(attr.attr.spin_ns);
	static const struct field max_msgs = FIELD(attr.attr.max_msgs);
	static const struct field max_msg_size = FIELD(attr.attr.max_msg_size);
	static const struct field max_bytes = FIELD(attr.attr.max_bytes);
	static const struct field ring_size = FIELD(attr.attr.ring_size);
	uint64_t known = IPCX_MBOX_ADDRESSABLE | IPCX_MBOX_FILES | IPCX_MBOX_GROUP;
	struct ipcx_info info;

	ASSERT_EQ(0, get_info(&info));
	/* Only a group's senders can be blocked; it carries no files. */
	expect_bad_bits(_metadata, self, &good_create, &flags, ~known);
	expect_bad_bits(_metadata, self, &good_create_anonymous, &flags, ~known);
	expect_bad(_metadata, self, &good_create, &flags, IPCX_MBOX_GROUP | IPCX_MBOX_FILES,
		   -EINVAL);
	expect_bad(_metadata, self, &good_create, &spin_ns, IPCX_SPIN_NS_MAX + 1, -EINVAL);
	expect_bad(_metadata, self, &good_create, &spin_ns, ~0U, -EINVAL);
	/* A power of two, and large enough; what is, is good. */
	expect_bad_bits(_metadata, self, &good_create, &ring_size,
			~(IPCX_RING_SIZE_MAX * 2 - IPCX_RING_SIZE_MIN));
	expect_bad(_metadata, self, &good_create, &ring_size, 3 * IPCX_RING_SIZE_MIN, -EINVAL);
	expect_bad(_metadata, self, &good_create_largest, &ring_size, IPCX_RING_SIZE_MIN,
		   -EINVAL);
	expect_bad(_metadata, self, &good_create_ring, &flags, IPCX_MBOX_GROUP, -EINVAL);
	/* The good one has max_msg_size 100, max_bytes 200. */
	expect_bad(_metadata, self, &good_create, &max_bytes, 99, -EINVAL);
	expect_bad(_metadata, self, &good_create, &max_msg_size, 201, -EINVAL);
	expect_bad(_metadata, self, &good_create_largest, &max_msgs,
		   info.max_queue_msgs + 1, -EINVAL);
	expect_bad(_metadata, self, &good_create_largest, &max_msgs, ~0ULL, -EINVAL);
	expect_bad(_metadata, self, &good_create_largest, &max_bytes,
		   info.max_queue_bytes + 1, -EINVAL);
	expect_bad(_metadata, self, &good_create_largest, &max_bytes, ~0ULL, -EINVAL);
	expect_bad(_metadata, self, &good_create_largest, &max_msg_size,
		   info.max_msg_size + 1, -EINVAL);
	expect_bad(_metadata, self, &good_create_largest, &max_msg_size, ~0ULL, -EINVAL);
}

/* A message without files says nothing of any. */
static void check_no_files(struct __test_metadata *_metadata, env_t *env,
			   const struct good *good, const struct field *fds,
			   const struct field *fd_count, const struct field *reserved)
{
	expect_bad_bits(_metadata, env, good, fds, ~0ULL);
	expect_bad(_metadata, env, good, fd_count, IPCX_FDS_MAX + 1, -EINVAL);
	expect_bad(_metadata, env, good, fd_count, ~0U, -EINVAL);
	expect_bad_bits(_metadata, env, good, reserved, ~0U);
}

TEST_F(abi, post_fields)
{
	static const struct field flags = FIELD(post.flags);
	static const struct field clock = FIELD(post.clock);
	static const struct field deadline = FIELD(post.deadline_ns);
	static const struct field count = FIELD(post.count);
	static const struct field msg_flags = FIELD(mail.msg.flags);
	static const struct field priority = FIELD(mail.msg.priority);
	static const struct field fds = FIELD(mail.msg.fds);
	static const struct field fd_count = FIELD(mail.msg.fd_count);
	static const struct field msg_reserved = FIELD(mail.msg.reserved);
	uint64_t known = IPCX_XFER_NONBLOCK | IPCX_XFER_DEADLINE | IPCX_POST_SYNC;

	/* A call would have to say where its reply shall go. */
	expect_bad_bits(_metadata, self, &good_post, &flags, ~known);
	expect_bad_bits(_metadata, self, &good_post_sync, &flags, ~(known | IPCX_XFER_ADAPTIVE));
	expect_bad_bits(_metadata, self, &good_post_port, &flags, ~(known | IPCX_TO_PORT));
	expect_bad_bits(_metadata, self, &good_post_name, &flags, ~(known | IPCX_TO_NAME));
	check_deadline(_metadata, self, &good_post, &good_post_deadline, &clock, &deadline);
	check_deadline(_metadata, self, &good_post_sync, &good_post_deadline, &clock, &deadline);
	expect_bad(_metadata, self, &good_post, &count, 0, -EINVAL);
	expect_bad(_metadata, self, &good_post, &count, IPCX_COUNT_MAX + 1, -EINVAL);
	expect_bad(_metadata, self, &good_post, &count, ~0U, -EINVAL);
	expect_bad(_metadata, self, &good_post_sync, &count, 0, -EINVAL);
	expect_bad(_metadata, self, &good_post_sync, &count, 2, -EINVAL);
	expect_bad_bits(_metadata, self, &good_post, &msg_flags, ~(uint64_t)IPCX_MSG_IOV);
	expect_bad_bits(_metadata, self, &good_post_sync, &msg_flags, ~(uint64_t)IPCX_MSG_IOV);
	expect_bad(_metadata, self, &good_post, &priority, IPCX_PRIO_MAX + 1, -EINVAL);
	expect_bad(_metadata, self, &good_post, &priority, ~0U, -EINVAL);
	check_no_files(_metadata, self, &good_post, &fds, &fd_count, &msg_reserved);
}

/* Where to, and from where: the same for a post and a call. */
static void check_target(struct __test_metadata *_metadata, env_t *env,
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

TEST_F(abi, post_target)
{
	static const struct field flags = FIELD(post.flags);
	static const struct field dest = FIELD(post.dest);
	static const struct field dest_len = FIELD(post.dest_len);
	static const struct field from = FIELD(post.from);

	check_target(_metadata, self, &good_post, &good_post_port, &flags, &dest, &dest_len,
		     &from);
	expect_bad(_metadata, self, &good_post_name, &dest, 0, -EINVAL);
	expect_bad(_metadata, self, &good_post_name, &dest_len, 0, -EINVAL);
	expect_bad(_metadata, self, &good_post_name, &dest_len, 1, -EINVAL);
	expect_bad(_metadata, self, &good_post_name, &dest_len, strlen(self->name) - 1,
		   -ENOENT);
	expect_bad(_metadata, self, &good_post_name, &dest_len, strlen(self->name) + 1,
		   -EINVAL);
	expect_bad(_metadata, self, &good_post_name, &dest_len, IPCX_NAME_MAX + 1,
		   -ENAMETOOLONG);
	expect_bad(_metadata, self, &good_post_name, &dest_len, ~0U, -ENAMETOOLONG);
}

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

/* A peek never waits. */
static void expect_bad_peek(struct __test_metadata *_metadata, env_t *env)
{
	struct request *r = prepare(env, &good_peek);
	__u32 flags = r->xfer.flags;

	set_deadline(&r->xfer, CLOCK_MONOTONIC, 1000);
	EXPECT_EQ(-EINVAL, op(r->fd, IPCX_RECV, &r->xfer));
	r->xfer.flags = flags;
	r->xfer.clock = 0;
	r->xfer.deadline_ns = 0;
	expect_good(_metadata, env, &good_peek, r);
}

TEST_F(abi, recv_fields)
{
	static const struct field flags = FIELD(xfer.flags);
	static const struct field clock = FIELD(xfer.clock);
	static const struct field deadline = FIELD(xfer.deadline_ns);
	static const struct field reserved = FIELD(xfer.reserved);
	static const struct field count = FIELD(xfer.count);
	static const struct field match = FIELD(xfer.match);
	static const struct field match_arg = FIELD(xfer.match_arg);
	static const struct field room_flags = FIELD(room.recv.flags);
	uint64_t known = IPCX_XFER_NONBLOCK | IPCX_XFER_DEADLINE |
			 IPCX_RECV_PEEK | IPCX_RECV_TRUNC;

	expect_bad_bits(_metadata, self, &good_recv, &flags, ~(known | IPCX_XFER_ADAPTIVE));
	expect_bad_bits(_metadata, self, &good_peek, &flags, ~known);
	check_deadline(_metadata, self, &good_recv, &good_recv_deadline, &clock, &deadline);
	expect_bad_bits(_metadata, self, &good_recv, &reserved, ~0U);
	expect_bad_bits(_metadata, self, &good_recv, &match_arg, ~0ULL);
	expect_bad(_metadata, self, &good_recv, &count, 0, -EINVAL);
	expect_bad(_metadata, self, &good_recv, &count, IPCX_COUNT_MAX + 1, -EINVAL);
	expect_bad(_metadata, self, &good_recv, &count, ~0U, -EINVAL);
	expect_bad(_metadata, self, &good_recv_cookie, &match, IPCX_MATCH_REPLY + 1, -EINVAL);
	/* Only one kind of reply there is: it has no argument. */
	expect_bad(_metadata, self, &good_recv_cookie, &match, IPCX_MATCH_REPLY, -EINVAL);
	expect_bad(_metadata, self, &good_recv_cookie, &match, ~0U, -EINVAL);
	expect_bad(_metadata, self, &good_recv_priority, &match_arg, IPCX_PRIO_MAX + 1, -EINVAL);
	expect_bad(_metadata, self, &good_recv_priority, &match_arg, 1ULL << 32, -EINVAL);
	expect_bad_bits(_metadata, self, &good_recv, &room_flags,
			~(uint64_t)(IPCX_MSG_IOV | IPCX_MSG_CLOEXEC));
	expect_bad_bits(_metadata, self, &good_peek, &room_flags,
			~(uint64_t)(IPCX_MSG_IOV | IPCX_MSG_CLOEXEC));
	expect_bad(_metadata, self, &good_peek, &count, 2, -EINVAL);
	expect_bad_peek(_metadata, self);
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

/* Whatever was in them: all that is told is of this message. */
TEST_F(abi, output_fields)
{
	struct request *r = prepare(self, &good_recv);
	struct ipcx_stat own;

	ASSERT_EQ(0, get_stat(self->own, &own));
	ASSERT_EQ(1, op(r->fd, IPCX_RECV, &r->xfer));
	EXPECT_EQ(addr(r->payload), r->room.recv.buf);
	EXPECT_EQ(5, r->room.recv.len);
	EXPECT_EQ(0, r->room.recv.flags);
	EXPECT_EQ(0, r->room.recv.priority);
	EXPECT_EQ(1, r->room.recv.type);
	EXPECT_EQ(2, r->room.recv.cookie);
	EXPECT_EQ(own.id, r->room.recv.sender);
	EXPECT_LT(0, r->room.recv.seq);
	EXPECT_EQ(0, r->room.recv.token);
	EXPECT_EQ(getpid(), r->room.recv.pid);
	EXPECT_EQ(gettid(), r->room.recv.tid);
	EXPECT_EQ(0, r->room.recv.uid);
	EXPECT_EQ(0, r->room.recv.gid);
	EXPECT_EQ(0, r->room.recv.group);
	EXPECT_EQ(0, r->room.recv.lost);
	EXPECT_EQ(0, r->room.recv.fd_count);
	EXPECT_EQ(0, r->room.recv.fd_room);
	EXPECT_EQ(0, r->room.recv.fds);
	free(r);
}

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

TEST_F(abi, wrong_direction_and_magic)
{
	check_direction(_metadata, self, every_op, ARRAY_SIZE(every_op));
}

/* Operations of another kind of fd, and without the right. */
TEST_F(abi, wrong_fd)
{
	const struct {
		const struct good *good;
		int fd;
		int error;
	} cases[] = {
		{ &good_create, self->mbox, -ENOTTY }, { &good_create, self->to_mbox, -ENOTTY },
		{ &good_stat, self->control, -ENOTTY },
		{ &good_post, self->mbox, -EBADF }, { &good_post, self->queue, -ENOTTY },
		{ &good_post, self->control, -EINVAL },
		{ &good_post_port, self->to_mbox, -EINVAL },
		{ &good_call, self->mbox, -EBADF }, { &good_call, self->queue, -ENOTTY },
		{ &good_call, self->control, -EINVAL },
		{ &good_call_port, self->to_mbox, -EINVAL },
		{ &good_recv, self->to_mbox, -EBADF }, { &good_recv, self->control, -ENOTTY },
		{ &good_reply, self->to_mbox, -EBADF }, { &good_reply, self->queue, -ENOTTY },
		{ &good_reply, self->control, -ENOTTY }, { &good_reply, self->own, -ESTALE },
		{ &good_reply_recv, self->own, -ESTALE },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		static const struct field fd = FIELD(fd);

		expect_bad(_metadata, self, cases[i].good, &fd, cases[i].fd, cases[i].error);
	}
}

/* What queues have and mailboxes have not. */
TEST_F(abi, queue_operations)
{
	struct ipcx_notify notify = { .how = IPCX_NOTIFY_SIGNAL, .signo = SIGUSR1 };
	struct ipcx_msg msg = make_msg("x", 1, 0, 0);
	struct ipcx_xfer xfer = make_xfer(&msg, 1, IPCX_XFER_NONBLOCK);
	int both = open_mbox(NULL, MBOX_CREATE | IPCX_OPEN_WRITE, 0600);

	ASSERT_LE(0, both);
	EXPECT_EQ(-ENOTTY, op(both, IPCX_SEND, &xfer));
	EXPECT_EQ(-ENOTTY, op(both, IPCX_NOTIFY, &notify));
	EXPECT_TRUE(is_empty(both));
	/* The same requests are good ones. */
	EXPECT_EQ(1, op(self->queue, IPCX_SEND, &xfer));
	EXPECT_EQ(1, drain(self->queue));
	EXPECT_EQ(0, op(self->queue, IPCX_NOTIFY, &notify));
	notify = (struct ipcx_notify) { .how = IPCX_NOTIFY_NONE };
	EXPECT_EQ(0, op(self->queue, IPCX_NOTIFY, &notify));
	close(both);
}

TEST_HARNESS_MAIN
