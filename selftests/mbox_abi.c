// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The shape of the interface of mailboxes, as abi.c for queues: sizes, unknown
 * flags, reserved and unused fields. No bad request may change the mailboxes.
 * Calls and replies are in mbox_call_abi.c.
 */
#include "mbox_abi.h"

/* Layouts are the same everywhere: this file is also built for i386. */
_Static_assert(sizeof(struct ipcx_mbox_attr) == 40, "mbox_attr");
_Static_assert(offsetof(struct ipcx_mbox_attr, ring_size) == IPCX_MBOX_ATTR_SIZE_VER0, "v0");
_Static_assert(sizeof(struct ipcx_delivery) == IPCX_DELIVERY_SIZE_VER0, "delivery");
_Static_assert(offsetof(struct ipcx_delivery, pid) == 32, "delivery.pid");
_Static_assert(offsetof(struct ipcx_delivery, priority) == 48, "delivery.priority");
_Static_assert(sizeof(struct ipcx_mbox_msg) == IPCX_MBOX_MSG_SIZE_VER0, "mbox_msg");
_Static_assert(sizeof(struct ipcx_mbox_recv) == IPCX_MBOX_RECV_SIZE_VER0, "mbox_recv");
_Static_assert(sizeof(struct ipcx_post) == IPCX_POST_SIZE_VER0, "post");
_Static_assert(offsetof(struct ipcx_stat, calls) == 432, "stat.calls");
_Static_assert(offsetof(struct ipcx_mbox_msg, flags) == 32, "mbox_msg.flags");
_Static_assert(offsetof(struct ipcx_mbox_recv, type) == 24, "mbox_recv.type");
_Static_assert(offsetof(struct ipcx_mbox_recv, pid) == 64, "mbox_recv.pid");
_Static_assert(offsetof(struct ipcx_mbox_recv, fds) == 104, "mbox_recv.fds");
_Static_assert(offsetof(struct ipcx_mbox_msg, fds) == 40, "mbox_msg.fds");
_Static_assert(offsetof(struct ipcx_post, dest) == 32, "post.dest");
_Static_assert(offsetof(struct ipcx_post, from) == 44, "post.from");

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
GOOD(good_recv, IPCX_RECV, prepare_recv, undo_post);
GOOD(good_recv_deadline, IPCX_RECV, prepare_recv_deadline, undo_post);
GOOD(good_recv_priority, IPCX_RECV, prepare_recv_priority, undo_post);
GOOD(good_recv_cookie, IPCX_RECV, prepare_recv_cookie, undo_post);
GOOD(good_peek, IPCX_RECV, prepare_peek, undo_post);

/* One of each number, and of each kind of fd that has it. */
static const struct good *const every_op[] = {
	&good_info, &good_create, &good_stat, &good_post, &good_post_port, &good_recv,
};

static const struct good *const every_good[] = {
	&good_info, &good_create, &good_create_default, &good_create_largest, &good_create_ring,
	&good_create_anonymous, &good_open, &good_open_port, &good_stat, &good_post,
	&good_post_deadline, &good_post_from, &good_post_port, &good_post_name,
	&good_post_sync, &good_recv, &good_recv_deadline, &good_recv_priority,
	&good_recv_cookie, &good_peek,
};

#include "abi_ops.h"

/* ---- sizes ---- */

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
	static const struct field stamps = FIELD(xfer.stamps);
	static const struct field count = FIELD(xfer.count);
	static const struct field match = FIELD(xfer.match);
	static const struct field match_arg = FIELD(xfer.match_arg);
	static const struct field room_flags = FIELD(room.recv.flags);
	uint64_t known = IPCX_XFER_NONBLOCK | IPCX_XFER_DEADLINE |
			 IPCX_RECV_PEEK | IPCX_RECV_TRUNC | IPCX_RECV_STAMPS;

	expect_bad_bits(_metadata, self, &good_recv, &flags, ~(known | IPCX_XFER_ADAPTIVE));
	expect_bad_bits(_metadata, self, &good_peek, &flags, ~known);
	check_deadline(_metadata, self, &good_recv, &good_recv_deadline, &clock, &deadline);
	expect_bad_bits(_metadata, self, &good_recv, &stamps, ~0ULL);
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

/* ---- numbers ---- */

/* Operations of another kind of fd, and without the right. */
TEST_F(abi, wrong_fd)
{
	const struct wrong_fd cases[] = {
		{ &good_create, self->mbox, -ENOTTY }, { &good_create, self->to_mbox, -ENOTTY },
		{ &good_stat, self->control, -ENOTTY },
		{ &good_post, self->mbox, -EBADF }, { &good_post, self->queue, -ENOTTY },
		{ &good_post, self->control, -EINVAL },
		{ &good_post_port, self->to_mbox, -EINVAL },
		{ &good_recv, self->to_mbox, -EBADF }, { &good_recv, self->control, -ENOTTY },
	};

	check_wrong_fds(_metadata, self, cases, ARRAY_SIZE(cases));
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
