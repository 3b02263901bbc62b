// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The shape of the interface: sizes, unknown flags, reserved and unused
 * fields. Each bad request is a good one with one field changed; it has to
 * leave the queue as it was, and the good one has to work right after it. What
 * mailboxes have is in mbox_abi.c.
 */
#include "common.h"

#include <sys/eventfd.h>

#define TAIL 64

/* Layouts are the same everywhere: this file is also built for i386. */
_Static_assert(sizeof(struct ipcx_info) == IPCX_INFO_SIZE_VER0, "info");
_Static_assert(sizeof(struct ipcx_open) == IPCX_OPEN_SIZE_VER0, "open");
_Static_assert(sizeof(struct ipcx_queue_attr) == IPCX_QUEUE_ATTR_SIZE_VER0, "attr");
_Static_assert(sizeof(struct ipcx_unlink) == IPCX_UNLINK_SIZE_VER0, "unlink");
_Static_assert(offsetof(struct ipcx_stat, ring_size) == IPCX_STAT_SIZE_VER0, "stat");
_Static_assert(sizeof(struct ipcx_stat) == 504, "stat");
_Static_assert(sizeof(struct ipcx_list) == IPCX_LIST_SIZE_VER0, "list");
_Static_assert(sizeof(struct ipcx_msg) == IPCX_MSG_SIZE_VER0, "msg");
_Static_assert(sizeof(struct ipcx_xfer) == IPCX_XFER_SIZE_VER1, "xfer");
_Static_assert(sizeof(struct ipcx_stamps) == IPCX_STAMPS_SIZE_VER0, "stamps");
_Static_assert(sizeof(struct ipcx_notify) == IPCX_NOTIFY_SIZE_VER0, "notify");
_Static_assert(sizeof(struct ipcx_iovec) == 16, "iovec");
_Static_assert(offsetof(struct ipcx_info, user_files) == 72, "info.user_files");
_Static_assert(offsetof(struct ipcx_open, id) == 40, "open.id");
_Static_assert(offsetof(struct ipcx_stat, created_ns) == 168, "stat.created_ns");
_Static_assert(offsetof(struct ipcx_stat, lost) == 456, "stat.lost");
_Static_assert(offsetof(struct ipcx_xfer, match_arg) == 40, "xfer.match_arg");
_Static_assert(offsetof(struct ipcx_xfer, stamps) == IPCX_XFER_SIZE_VER0, "xfer.stamps");
_Static_assert(offsetof(struct ipcx_notify, value) == 16, "notify.value");

/* One request with all that it points to. */
struct request {
	int fd;
	union {
		struct ipcx_info info;
		struct ipcx_open open;
		struct ipcx_unlink unlink;
		struct ipcx_stat stat;
		struct ipcx_list list;
		struct ipcx_xfer xfer;
		struct ipcx_notify notify;
		char bytes[sizeof(struct ipcx_stat) + TAIL];
	};
	char name[UNIQUE_NAME_SIZE];
	struct {
		struct ipcx_queue_attr attr;
		char tail[TAIL];
	} attr;
	struct {
		struct ipcx_msg msg;
		char tail[TAIL];
	} msg;
	struct {
		struct ipcx_stat stat;
		char tail[TAIL];
	} entry;
	char payload[16];
};

FIXTURE(abi) {
	int control;
	int queue;
	int event;
	char name[UNIQUE_NAME_SIZE];
	char fresh_name[UNIQUE_NAME_SIZE];
};

FIXTURE_SETUP(abi)
{
	unique_name(self->name, "abi");
	unique_name(self->fresh_name, "abi-fresh");
	self->control = open_control();
	ASSERT_LE(0, self->control);
	self->queue = open_queue(self->name, CREATE_RW, 0600);
	ASSERT_LE(0, self->queue);
	self->event = eventfd(0, EFD_CLOEXEC);
	ASSERT_LE(0, self->event);
}

FIXTURE_TEARDOWN(abi)
{
	EXPECT_TRUE(is_empty(self->queue));
	EXPECT_EQ(0, unlink_name(self->name));
	close(self->event);
	close(self->queue);
	close(self->control);
}

typedef FIXTURE_DATA(abi) env_t;

struct observed {
	struct ipcx_stat queue;
};

#include "abi.h"

static int observe(env_t *env, struct observed *seen)
{
	return get_stat(env->queue, &seen->queue);
}

/* ---- good requests ---- */

static void prepare_info(env_t *env, struct request *r)
{
	r->fd = env->control;
}

static void prepare_info_queue(env_t *env, struct request *r)
{
	r->fd = env->queue;
}

static void prepare_create(env_t *env, struct request *r)
{
	strcpy(r->name, env->fresh_name);
	r->fd = env->control;
	r->attr.attr = (struct ipcx_queue_attr) {
		.max_msgs = 10, .max_msg_size = 100, .max_bytes = 200,
	};
	r->open = (struct ipcx_open) {
		.name = addr(r->name), .name_len = strlen(r->name),
		.kind = IPCX_KIND_QUEUE, .flags = CREATE_RW, .mode = 0600,
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

static void prepare_create_anonymous(env_t *env, struct request *r)
{
	prepare_create(env, r);
	r->open.name = 0;
	r->open.name_len = 0;
}

static void prepare_open(env_t *env, struct request *r)
{
	strcpy(r->name, env->name);
	r->fd = env->control;
	r->open = (struct ipcx_open) {
		.name = addr(r->name), .name_len = strlen(r->name),
		.kind = IPCX_KIND_QUEUE, .flags = RW,
	};
}

/* Opened by accident in a bad request, it must not stay. */
static void undo_open(env_t *env, int fd)
{
	(void)env;
	close(fd);
}

static void undo_create(env_t *env, int fd)
{
	close(fd);
	unlink_name(env->fresh_name);
}

static void prepare_unlink(env_t *env, struct request *r)
{
	close(open_queue(env->fresh_name, CREATE_RW, 0600));
	strcpy(r->name, env->fresh_name);
	r->fd = env->control;
	r->unlink = (struct ipcx_unlink) {
		.name = addr(r->name), .name_len = strlen(r->name),
	};
}

static void prepare_stat(env_t *env, struct request *r)
{
	r->fd = env->queue;
}

static void prepare_list(env_t *env, struct request *r)
{
	r->fd = env->control;
	r->list = (struct ipcx_list) {
		.entries = addr(&r->entry), .count = 1,
		.entry_size = sizeof(r->entry.stat), .kind = IPCX_KIND_QUEUE,
	};
}

static void prepare_send(env_t *env, struct request *r)
{
	r->fd = env->queue;
	r->msg.msg = make_msg(r->payload, sizeof(r->payload), 1, 1);
	r->xfer = make_xfer(&r->msg.msg, 1, IPCX_XFER_NONBLOCK);
}

static void prepare_send_deadline(env_t *env, struct request *r)
{
	prepare_send(env, r);
	r->xfer.flags = 0;
	set_deadline(&r->xfer, CLOCK_MONOTONIC, 1000);
}

static void undo_send(env_t *env, int n)
{
	(void)n;
	drain(env->queue);
}

/* Type and priority are output: what is in them does not matter. */
static void prepare_recv(env_t *env, struct request *r)
{
	send_msg(env->queue, "hello", 5, 1, 1, 0);
	r->fd = env->queue;
	r->msg.msg = make_msg(r->payload, sizeof(r->payload), ~0ULL, ~0U);
	r->xfer = make_xfer(&r->msg.msg, 1, IPCX_XFER_NONBLOCK);
}

static void prepare_recv_deadline(env_t *env, struct request *r)
{
	prepare_recv(env, r);
	r->xfer.flags = 0;
	set_deadline(&r->xfer, CLOCK_MONOTONIC, 1000);
}

static void prepare_peek(env_t *env, struct request *r)
{
	prepare_recv(env, r);
	r->xfer.flags |= IPCX_RECV_PEEK;
}

static void prepare_recv_type(env_t *env, struct request *r)
{
	prepare_recv(env, r);
	r->xfer.match = IPCX_MATCH_TYPE;
	r->xfer.match_arg = 1;
}

static void prepare_recv_priority(env_t *env, struct request *r)
{
	prepare_recv(env, r);
	r->xfer.match = IPCX_MATCH_MIN_PRIORITY;
	r->xfer.match_arg = 1;
}

static void prepare_signal(env_t *env, struct request *r)
{
	r->fd = env->queue;
	r->notify = (struct ipcx_notify) {
		.how = IPCX_NOTIFY_SIGNAL, .signo = SIGUSR1, .value = 7,
	};
}

static void prepare_eventfd(env_t *env, struct request *r)
{
	r->fd = env->queue;
	r->notify = (struct ipcx_notify) { .how = IPCX_NOTIFY_EVENTFD, .fd = env->event };
}

static void prepare_none(env_t *env, struct request *r)
{
	r->fd = env->queue;
}

static void undo_notify(env_t *env, int ret)
{
	struct ipcx_notify none = { .how = IPCX_NOTIFY_NONE };

	(void)ret;
	op(env->queue, IPCX_NOTIFY, &none);
}

GOOD(good_info, IPCX_INFO, prepare_info, NULL);
GOOD(good_info_queue, IPCX_INFO, prepare_info_queue, NULL);
GOOD(good_create, IPCX_OPEN, prepare_create, undo_create);
GOOD(good_create_default, IPCX_OPEN, prepare_create_default, undo_create);
GOOD(good_create_largest, IPCX_OPEN, prepare_create_largest, undo_create);
GOOD(good_create_anonymous, IPCX_OPEN, prepare_create_anonymous, undo_open);
GOOD(good_open, IPCX_OPEN, prepare_open, undo_open);
GOOD(good_unlink, IPCX_UNLINK, prepare_unlink, NULL);
GOOD(good_stat, IPCX_STAT, prepare_stat, NULL);
GOOD(good_list, IPCX_LIST, prepare_list, NULL);
GOOD(good_send, IPCX_SEND, prepare_send, undo_send);
GOOD(good_send_deadline, IPCX_SEND, prepare_send_deadline, undo_send);
GOOD(good_recv, IPCX_RECV, prepare_recv, NULL);
GOOD(good_recv_deadline, IPCX_RECV, prepare_recv_deadline, NULL);
GOOD(good_recv_type, IPCX_RECV, prepare_recv_type, NULL);
GOOD(good_recv_priority, IPCX_RECV, prepare_recv_priority, NULL);
GOOD(good_peek, IPCX_RECV, prepare_peek, undo_send);
GOOD(good_signal, IPCX_NOTIFY, prepare_signal, undo_notify);
GOOD(good_eventfd, IPCX_NOTIFY, prepare_eventfd, undo_notify);
GOOD(good_none, IPCX_NOTIFY, prepare_none, NULL);

/* One of each number. */
static const struct good *const every_op[] = {
	&good_info, &good_create, &good_unlink, &good_stat, &good_list,
	&good_send, &good_recv, &good_signal,
};

static const struct good *const every_good[] = {
	&good_info, &good_info_queue, &good_create, &good_create_default,
	&good_create_largest, &good_create_anonymous, &good_open, &good_unlink,
	&good_stat, &good_list,
	&good_send, &good_send_deadline, &good_recv, &good_recv_deadline,
	&good_recv_type, &good_recv_priority, &good_peek, &good_signal, &good_eventfd, &good_none,
};

#include "abi_ops.h"

/* ---- sizes ---- */

TEST_F(abi, stat_clears_the_tail)
{
	char bytes[sizeof(struct ipcx_stat) + TAIL];
	size_t i;

	memset(bytes, 0x55, sizeof(bytes));
	ASSERT_EQ(0, op(self->queue, resized(IPCX_STAT, sizeof(bytes)), bytes));
	for (i = sizeof(struct ipcx_stat); i < sizeof(bytes); i++)
		EXPECT_EQ(0, bytes[i]);
}

/* The structures that others point to: attributes, messages, list entries. */

TEST_F(abi, attr_size)
{
	static const struct field size = FIELD(open.attr_size);
	static const struct field attr = FIELD(open.attr);
	static const struct field first = FIELD(attr.tail[0]);
	static const struct field last = FIELD(attr.tail[TAIL - 1]);
	struct request *r;
	__u32 bytes;

	for (bytes = 0; bytes < IPCX_QUEUE_ATTR_SIZE_VER0; bytes++)
		expect_bad(_metadata, self, &good_create, &size, bytes, -EINVAL);
	/* Either without the other. */
	expect_bad(_metadata, self, &good_create, &attr, 0, -EINVAL);
	expect_bad(_metadata, self, &good_create_default, &size,
		   IPCX_QUEUE_ATTR_SIZE_VER0, -EINVAL);

	r = prepare(self, &good_create);
	r->open.attr_size += TAIL;
	set_field(r, &first, 1);
	EXPECT_EQ(-E2BIG, op(r->fd, IPCX_OPEN, &r->open));
	set_field(r, &first, 0);
	set_field(r, &last, 1);
	EXPECT_EQ(-E2BIG, op(r->fd, IPCX_OPEN, &r->open));
	set_field(r, &last, 0);
	expect_good(_metadata, self, &good_create, r);
}

TEST_F(abi, msg_size)
{
	static const struct good *const goods[] = { &good_send, &good_recv, &good_peek };
	static const struct field size = FIELD(xfer.msg_size);
	static const struct field tail = FIELD(msg.tail[0]);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(goods); i++)
		check_item_size(_metadata, self, goods[i], &size, &tail, IPCX_MSG_SIZE_VER0);
}

/* Longer messages in an array lie where the caller's stride says. */
TEST_F(abi, msg_stride)
{
	struct {
		struct ipcx_msg msg;
		char tail[TAIL];
	} out[3], in[3];
	struct ipcx_xfer xfer;
	__u64 sent[3] = { 11, 22, 33 }, got[3] = { 0 };
	int i;

	memset(out, 0, sizeof(out));
	memset(in, 0, sizeof(in));
	for (i = 0; i < 3; i++) {
		out[i].msg = make_msg(&sent[i], sizeof(sent[i]), i, 0);
		in[i].msg = make_msg(&got[i], sizeof(got[i]), 0, 0);
	}
	xfer = make_xfer(&out[0].msg, 3, 0);
	xfer.msg_size = sizeof(out[0]);
	ASSERT_EQ(3, op(self->queue, IPCX_SEND, &xfer));
	xfer = make_xfer(&in[0].msg, 3, 0);
	xfer.msg_size = sizeof(in[0]);
	ASSERT_EQ(3, op(self->queue, IPCX_RECV, &xfer));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(sent[i], got[i]);
		EXPECT_EQ((__u64)i, in[i].msg.type);
		EXPECT_EQ(sizeof(got[i]), in[i].msg.len);
	}
}

TEST_F(abi, list_entry_size)
{
	static const struct field size = FIELD(list.entry_size);
	struct request *r;
	__u32 bytes;
	int i;

	for (bytes = 0; bytes < IPCX_STAT_SIZE_VER0; bytes += 27)
		expect_bad(_metadata, self, &good_list, &size, bytes, -EINVAL);
	expect_bad(_metadata, self, &good_list, &size, IPCX_STAT_SIZE_VER0 - 1, -EINVAL);
	expect_bad(_metadata, self, &good_list, &size, 4096 + 1, -E2BIG);
	expect_bad(_metadata, self, &good_list, &size, ~0U, -E2BIG);

	r = prepare(self, &good_list);
	r->list.entry_size += TAIL;
	memset(r->entry.tail, 0x55, TAIL);
	ASSERT_EQ(1, op(r->fd, IPCX_LIST, &r->list));
	for (i = 0; i < TAIL; i++)
		EXPECT_EQ(0, r->entry.tail[i]);
	free(r);
}

/* ---- flags, reserved and unused fields ---- */

TEST_F(abi, info_flags)
{
	static const struct field flags = FIELD(info.flags);

	expect_bad_bits(_metadata, self, &good_info, &flags, ~0U);
	expect_bad_bits(_metadata, self, &good_info_queue, &flags, ~0U);
}

TEST_F(abi, open_flags)
{
	static const struct field flags = FIELD(open.flags);
	uint64_t unknown = ~(uint64_t)(CREATE_RW | IPCX_OPEN_EXCL | IPCX_OPEN_NONBLOCK);

	expect_bad_bits(_metadata, self, &good_create, &flags, unknown);
	expect_bad_bits(_metadata, self, &good_open, &flags, unknown);
	expect_bad_bits(_metadata, self, &good_create_anonymous, &flags, unknown);
	/* What has no port cannot be opened by it. */
	expect_bad(_metadata, self, &good_open, &flags, RW | IPCX_OPEN_PORT, -EINVAL);
	/* No right at all, EXCL without CREATE, EXCL or no CREATE without name. */
	expect_bad(_metadata, self, &good_create, &flags, IPCX_OPEN_CREATE, -EINVAL);
	expect_bad(_metadata, self, &good_open, &flags, 0, -EINVAL);
	expect_bad(_metadata, self, &good_open, &flags, RW | IPCX_OPEN_EXCL, -EINVAL);
	expect_bad(_metadata, self, &good_create_anonymous, &flags,
		   CREATE_RW | IPCX_OPEN_EXCL, -EINVAL);
	expect_bad(_metadata, self, &good_create_anonymous, &flags, RW, -EINVAL);
}

/* Attributes that are good, but only for one who creates. */
static void expect_bad_attr(struct __test_metadata *_metadata, env_t *env)
{
	struct request *r = prepare(env, &good_open);

	r->attr.attr = (struct ipcx_queue_attr) { .max_msgs = 10 };
	r->open.attr = addr(&r->attr);
	r->open.attr_size = sizeof(r->attr.attr);
	EXPECT_EQ(-EINVAL, op(r->fd, IPCX_OPEN, &r->open));
	r->open.attr = 0;
	r->open.attr_size = 0;
	expect_good(_metadata, env, &good_open, r);
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

	expect_bad_bits(_metadata, self, &good_create, &reserved, ~0U);
	expect_bad_bits(_metadata, self, &good_open, &reserved, ~0U);
	expect_bad_bits(_metadata, self, &good_create_anonymous, &reserved, ~0U);
	expect_bad(_metadata, self, &good_create, &kind, 0, -EINVAL);
	expect_bad(_metadata, self, &good_create, &kind, IPCX_KIND_RING + 1, -EINVAL);
	expect_bad_bits(_metadata, self, &good_create, &kind, ~3U);
	expect_bad_bits(_metadata, self, &good_open, &kind, ~3U);
	expect_bad_bits(_metadata, self, &good_create, &mode, ~0777U);
	/* What only a creator may give. */
	expect_bad_bits(_metadata, self, &good_open, &mode, ~0U);
	expect_bad_bits(_metadata, self, &good_open, &attr, ~0ULL);
	expect_bad_bits(_metadata, self, &good_open, &attr_size, ~0U);
	expect_bad_attr(_metadata, self);
	/* A name that is only half given. */
	expect_bad(_metadata, self, &good_create, &name_len, 0, -EINVAL);
	expect_bad(_metadata, self, &good_create_anonymous, &name, 0x1000, -EINVAL);
}

/* The new id and what was in its field before are two things. */
TEST_F(abi, open_id_is_output)
{
	struct request *r = prepare(self, &good_create);
	struct ipcx_stat stat;
	int fd;

	r->open.id = ~0ULL;
	fd = op(r->fd, IPCX_OPEN, &r->open);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(stat.id, r->open.id);
	undo_create(self, fd);
	free(r);
}

TEST_F(abi, attr_fields)
{
	static const struct field flags = FIELD(attr.attr.flags);
	static const struct field overflow = FIELD(attr.attr.overflow);
	static const struct field max_msgs = FIELD(attr.attr.max_msgs);
	static const struct field max_msg_size = FIELD(attr.attr.max_msg_size);
	static const struct field max_bytes = FIELD(attr.attr.max_bytes);
	struct ipcx_info info;

	ASSERT_EQ(0, get_info(&info));
	expect_bad_bits(_metadata, self, &good_create, &flags, ~0U);
	expect_bad_bits(_metadata, self, &good_create_anonymous, &flags, ~0U);
	expect_bad_bits(_metadata, self, &good_create, &overflow, ~1U);
	expect_bad(_metadata, self, &good_create, &overflow, 3, -EINVAL);
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

TEST_F(abi, unlink_flags)
{
	static const struct field flags = FIELD(unlink.flags);

	expect_bad_bits(_metadata, self, &good_unlink, &flags, ~0U);
}

TEST_F(abi, list_fields)
{
	static const struct field flags = FIELD(list.flags);
	static const struct field kind = FIELD(list.kind);
	static const struct field count = FIELD(list.count);

	expect_bad_bits(_metadata, self, &good_list, &flags, ~0U);
	expect_bad(_metadata, self, &good_list, &kind, IPCX_KIND_RING + 1, -EINVAL);
	expect_bad_bits(_metadata, self, &good_list, &kind, ~3U);
	expect_bad(_metadata, self, &good_list, &count, 0, -EINVAL);
}

static void check_xfer_fields(struct __test_metadata *_metadata, env_t *env,
			      const struct good *good, const struct good *with_deadline)
{
	static const struct field reserved = FIELD(xfer.reserved);
	static const struct field stamps = FIELD(xfer.stamps);
	static const struct field clock = FIELD(xfer.clock);
	static const struct field deadline = FIELD(xfer.deadline_ns);
	static const struct field count = FIELD(xfer.count);
	static const struct field msg_flags = FIELD(msg.msg.flags);

	expect_bad_bits(_metadata, env, good, &stamps, ~0ULL);
	expect_bad_bits(_metadata, env, good, &reserved, ~0U);
	expect_bad_bits(_metadata, env, with_deadline, &reserved, ~0U);
	check_deadline(_metadata, env, good, with_deadline, &clock, &deadline);
	expect_bad(_metadata, env, good, &count, 0, -EINVAL);
	expect_bad(_metadata, env, good, &count, IPCX_COUNT_MAX + 1, -EINVAL);
	expect_bad(_metadata, env, good, &count, ~0U, -EINVAL);
	expect_bad_bits(_metadata, env, good, &msg_flags, ~(uint64_t)IPCX_MSG_IOV);
}

TEST_F(abi, send_fields)
{
	static const struct field flags = FIELD(xfer.flags);
	static const struct field match = FIELD(xfer.match);
	static const struct field match_arg = FIELD(xfer.match_arg);
	static const struct field priority = FIELD(msg.msg.priority);
	uint64_t known = IPCX_XFER_NONBLOCK | IPCX_XFER_DEADLINE;

	check_xfer_fields(_metadata, self, &good_send, &good_send_deadline);
	expect_bad_bits(_metadata, self, &good_send, &flags, ~known);
	expect_bad_bits(_metadata, self, &good_send_deadline, &flags, ~known);
	expect_bad_bits(_metadata, self, &good_send, &match, ~0U);
	expect_bad_bits(_metadata, self, &good_send, &match_arg, ~0ULL);
	expect_bad(_metadata, self, &good_send, &priority, IPCX_PRIO_MAX + 1, -EINVAL);
	expect_bad(_metadata, self, &good_send, &priority, ~0U, -EINVAL);
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
	static const struct field match = FIELD(xfer.match);
	static const struct field match_arg = FIELD(xfer.match_arg);
	static const struct field count = FIELD(xfer.count);
	uint64_t known = IPCX_XFER_NONBLOCK | IPCX_XFER_DEADLINE |
			 IPCX_RECV_PEEK | IPCX_RECV_TRUNC | IPCX_RECV_STAMPS;

	check_xfer_fields(_metadata, self, &good_recv, &good_recv_deadline);
	expect_bad_bits(_metadata, self, &good_recv, &flags, ~known);
	expect_bad_bits(_metadata, self, &good_recv_deadline, &flags, ~known);
	expect_bad_bits(_metadata, self, &good_recv, &match_arg, ~0ULL);
	/* For mailboxes only, and for nobody. */
	expect_bad(_metadata, self, &good_recv_type, &match, IPCX_MATCH_SENDER, -EINVAL);
	expect_bad(_metadata, self, &good_recv_type, &match, IPCX_MATCH_COOKIE, -EINVAL);
	expect_bad(_metadata, self, &good_recv_type, &match, IPCX_MATCH_COOKIE + 1, -EINVAL);
	expect_bad(_metadata, self, &good_recv_type, &match, ~0U, -EINVAL);
	expect_bad(_metadata, self, &good_recv_priority, &match_arg, IPCX_PRIO_MAX + 1, -EINVAL);
	expect_bad(_metadata, self, &good_recv_priority, &match_arg, 1ULL << 32, -EINVAL);
	expect_bad(_metadata, self, &good_recv_priority, &match_arg, ~0ULL, -EINVAL);
	expect_bad(_metadata, self, &good_peek, &count, 2, -EINVAL);
	expect_bad_peek(_metadata, self);
}

/* Who asks for what came later says how much it knows; who does not is served as ever. */
TEST_F(abi, xfer_of_the_first_version)
{
	struct request *r = prepare(self, &good_recv);
	unsigned long first = resized(IPCX_RECV, IPCX_XFER_SIZE_VER0);

	r->xfer.flags |= IPCX_RECV_STAMPS;
	EXPECT_EQ(-EINVAL, op(r->fd, first, &r->xfer));
	EXPECT_EQ(-EINVAL, op(r->fd, resized(IPCX_RECV, IPCX_XFER_SIZE_VER1 - 1), &r->xfer));
	r->xfer.flags &= ~IPCX_RECV_STAMPS;
	/* Not read. */
	r->xfer.stamps = ~0ULL;
	EXPECT_EQ(1, op(r->fd, first, &r->xfer));
	free(r);
	r = prepare(self, &good_send);
	r->xfer.stamps = ~0ULL;
	EXPECT_EQ(1, op(r->fd, resized(IPCX_SEND, IPCX_XFER_SIZE_VER0), &r->xfer));
	good_send.undo(self, 1);
	free(r);
}

TEST_F(abi, notify_fields)
{
	static const struct field how = FIELD(notify.how);
	static const struct field signo = FIELD(notify.signo);
	static const struct field fd = FIELD(notify.fd);
	static const struct field flags = FIELD(notify.flags);
	static const struct field value = FIELD(notify.value);

	expect_bad(_metadata, self, &good_signal, &how, IPCX_NOTIFY_EVENTFD + 1, -EINVAL);
	expect_bad(_metadata, self, &good_signal, &how, ~0U, -EINVAL);
	expect_bad_bits(_metadata, self, &good_signal, &flags, ~0U);
	expect_bad_bits(_metadata, self, &good_eventfd, &flags, ~0U);
	expect_bad_bits(_metadata, self, &good_none, &flags, ~0U);
	expect_bad(_metadata, self, &good_signal, &signo, 0, -EINVAL);
	expect_bad(_metadata, self, &good_signal, &signo, SIGRTMAX + 1, -EINVAL);
	expect_bad(_metadata, self, &good_signal, &signo, ~0U, -EINVAL);
	/* Unused ones. */
	expect_bad_bits(_metadata, self, &good_signal, &fd, ~0U);
	expect_bad_bits(_metadata, self, &good_eventfd, &signo, ~0U);
	expect_bad_bits(_metadata, self, &good_eventfd, &value, ~0ULL);
	expect_bad_bits(_metadata, self, &good_none, &signo, ~0U);
	expect_bad_bits(_metadata, self, &good_none, &fd, ~0U);
	expect_bad_bits(_metadata, self, &good_none, &value, ~0ULL);
	/* No eventfd. */
	expect_bad(_metadata, self, &good_eventfd, &fd, self->queue, -EINVAL);
	expect_bad(_metadata, self, &good_eventfd, &fd, ~0U, -EBADF);
	expect_bad(_metadata, self, &good_eventfd, &fd, 1000, -EBADF);
}

/* ---- numbers ---- */

static bool is_known(unsigned int nr)
{
	return nr >= _IOC_NR(IPCX_INFO) && nr <= _IOC_NR(IPCX_REPLY);
}

TEST_F(abi, unknown_numbers)
{
	struct request *r = prepare(self, &good_send);
	unsigned int nr;

	for (nr = 0; nr < 256; nr++) {
		unsigned long number = _IOC(_IOC_READ | _IOC_WRITE, IPCX_IOC_MAGIC, nr, 48);

		if (is_known(nr))
			continue;
		EXPECT_EQ(-ENOTTY, op(self->control, number, r->bytes));
		EXPECT_EQ(-ENOTTY, op(self->queue, number, r->bytes));
	}
	free(r);
}

/* Operations of the other kind of fd; IPCX_INFO is for both. */
TEST_F(abi, wrong_fd)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(every_op); i++) {
		const struct good *good = every_op[i];
		struct request *r = prepare(self, good);
		int other = r->fd == self->control ? self->queue : self->control;
		int expected = good == &good_info ? 0 : -ENOTTY;

		EXPECT_EQ(expected, op(other, good->number, r->bytes)) {
			TH_LOG("%s", good->what);
		}
		expect_good(_metadata, self, good, r);
	}
}

TEST_F(abi, info)
{
	struct ipcx_info info;

	memset(&info, 0x55, sizeof(info));
	info.flags = 0;
	ASSERT_EQ(0, op(self->control, IPCX_INFO, &info));
	EXPECT_EQ(IPCX_ABI_VERSION, info.abi_version);
	EXPECT_EQ(0, info.flags);
	EXPECT_EQ(IPCX_FEATURE_QUEUE | IPCX_FEATURE_MBOX | IPCX_FEATURE_RING |
		  IPCX_FEATURE_DELIVERY | IPCX_FEATURE_STAMPS, info.features);
	EXPECT_LT(0, info.max_msg_size);
	EXPECT_LT(0, info.max_queue_msgs);
	EXPECT_LE(info.max_msg_size, info.max_queue_bytes);
	EXPECT_LT(0, info.user_bytes_limit);
	EXPECT_LE(1, info.user_objects);
	EXPECT_LE(info.user_objects, info.user_objects_limit);
}

TEST_HARNESS_MAIN
