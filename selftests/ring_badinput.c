// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What rings refuse: sizes, every field of their requests wrong one at a time, and bad
 * pointers, as abi.c and badinput.c for queues. No bad request may change the ring, and
 * the good one has to work right after it.
 */
#include "ring.h"
#include "badmem.h"

#include <sys/eventfd.h>

#define TAIL 64

struct request {
	int fd;
	union {
		struct ipcx_open open;
		struct ipcx_stat stat;
		struct ipcx_ring_wait wait;
		struct ipcx_ring_wake wake;
		struct ipcx_ring_eventfd event;
		char bytes[sizeof(struct ipcx_stat) + TAIL];
	};
	char name[UNIQUE_NAME_SIZE];
	struct {
		struct ipcx_ring_attr attr;
		char tail[TAIL];
	} attr;
};

FIXTURE(abi) {
	int control;
	struct ring ring;	/* a producer and a consumer of this process, room for more */
	struct producer p;
	struct consumer c;
	int only_read;
	int only_write;
	int event;
	struct bad_memory mem;
	char name[UNIQUE_NAME_SIZE];
	char fresh_name[UNIQUE_NAME_SIZE];
};

typedef FIXTURE_DATA(abi) env_t;

struct observed {
	struct ipcx_stat ring;
};

#include "abi.h"

static int observe(env_t *env, struct observed *seen)
{
	return get_stat(env->ring.fd, &seen->ring);
}

FIXTURE_SETUP(abi)
{
	struct ipcx_ring_attr attr = {
		.size = PAGE, .mode = IPCX_RING_MPSC, .max_producers = 3,
	};

	make_bad_memory(&self->mem);
	unique_name(self->name, "bad");
	unique_name(self->fresh_name, "bad-fresh");
	self->control = open_control();
	ASSERT_LE(0, self->control);
	self->ring = (struct ring){
		.fd = open_ring_attr(self->name, CREATE_RW, 0600, &attr),
		.size = PAGE, .max_producers = 3, .max_consumers = 1,
	};
	ASSERT_LE(0, self->ring.fd);
	ASSERT_EQ(0, map_view(&self->ring));
	ASSERT_EQ(0, attach_producer(&self->p, &self->ring));
	ASSERT_EQ(0, attach_consumer(&self->c, &self->ring));
	/* Something to read, and room for more. */
	self->p.shared->claim = 16 * IPCX_RING_BITS;
	self->only_read = open_ring(self->name, IPCX_OPEN_READ, 0);
	self->only_write = open_ring(self->name, IPCX_OPEN_WRITE, 0);
	ASSERT_LE(0, self->only_read);
	ASSERT_LE(0, self->only_write);
	self->event = eventfd(0, EFD_CLOEXEC);
	ASSERT_LE(0, self->event);
}

FIXTURE_TEARDOWN(abi)
{
	EXPECT_EQ(0, unlink_name(self->name));
	EXPECT_EQ(-ENOENT, open_ring(self->fresh_name, RW, 0));
	detach_consumer(&self->c);
	detach_producer(&self->p);
	close(self->event);
	close(self->only_write);
	close(self->only_read);
	close_ring(&self->ring);
	close(self->control);
}

/* ---- good requests ---- */

static void prepare_create(env_t *env, struct request *r)
{
	strcpy(r->name, env->fresh_name);
	r->fd = env->control;
	r->attr.attr = (struct ipcx_ring_attr) {
		.size = 8192, .mode = IPCX_RING_SPSC, .max_producers = 1, .max_consumers = 1,
	};
	r->open = (struct ipcx_open) {
		.name = addr(r->name), .name_len = strlen(r->name),
		.kind = IPCX_KIND_RING, .flags = CREATE_RW, .mode = 0600,
		.attr = addr(&r->attr), .attr_size = sizeof(r->attr.attr),
	};
}

static void prepare_create_mpsc(env_t *env, struct request *r)
{
	prepare_create(env, r);
	r->attr.attr.mode = IPCX_RING_MPSC;
	r->attr.attr.max_producers = IPCX_RING_SLOTS_MAX;
}

static void prepare_create_broadcast(env_t *env, struct request *r)
{
	prepare_create_mpsc(env, r);
	r->attr.attr.mode = IPCX_RING_BROADCAST;
	r->attr.attr.max_consumers = IPCX_RING_SLOTS_MAX;
}

static void prepare_create_default(env_t *env, struct request *r)
{
	prepare_create(env, r);
	r->open.attr = 0;
	r->open.attr_size = 0;
}

static void undo_create(env_t *env, int fd)
{
	close(fd);
	unlink_name(env->fresh_name);
}

static void prepare_open(env_t *env, struct request *r)
{
	strcpy(r->name, env->name);
	r->fd = env->control;
	r->open = (struct ipcx_open) {
		.name = addr(r->name), .name_len = strlen(r->name),
		.kind = IPCX_KIND_RING, .flags = RW,
	};
}

static void undo_open(env_t *env, int fd)
{
	(void)env;
	close(fd);
}

static void prepare_stat(env_t *env, struct request *r)
{
	r->fd = env->only_read;
}

static void prepare_wait(env_t *env, struct request *r)
{
	r->fd = env->ring.fd;
	r->wait = make_wait(IPCX_RING_CONSUMER, 0, 0);
	r->wait.flags = IPCX_XFER_NONBLOCK;
}

static void prepare_wait_space(env_t *env, struct request *r)
{
	prepare_wait(env, r);
	r->wait.role = IPCX_RING_PRODUCER;
	r->wait.index = PAGE * IPCX_RING_BITS;
}

static void prepare_wait_deadline(env_t *env, struct request *r)
{
	prepare_wait(env, r);
	r->wait.flags = IPCX_XFER_DEADLINE;
	r->wait.clock = CLOCK_MONOTONIC;
	r->wait.deadline_ns = now_ns(CLOCK_MONOTONIC) + 1000 * NSEC_PER_SEC;
}

/* There is something: it is told at once, and nothing stays armed. */
static void prepare_arm(env_t *env, struct request *r)
{
	prepare_wait(env, r);
	r->wait.flags = IPCX_RING_WAIT_EVENTFD;
}

static void prepare_event(env_t *env, struct request *r)
{
	r->fd = env->ring.fd;
	r->event.role = IPCX_RING_CONSUMER;
	r->event.fd = env->event;
}

static void prepare_wake(env_t *env, struct request *r)
{
	r->fd = env->only_write;
	r->wake.flags = IPCX_RING_WAKE_DATA;
}

static void prepare_wake_space(env_t *env, struct request *r)
{
	r->fd = env->only_read;
	r->wake.flags = IPCX_RING_WAKE_SPACE;
}

static void prepare_wake_both(env_t *env, struct request *r)
{
	r->fd = env->ring.fd;
	r->wake.flags = IPCX_RING_WAKE_DATA | IPCX_RING_WAKE_SPACE;
}

GOOD(good_create, IPCX_OPEN, prepare_create, undo_create);
GOOD(good_create_mpsc, IPCX_OPEN, prepare_create_mpsc, undo_create);
GOOD(good_create_broadcast, IPCX_OPEN, prepare_create_broadcast, undo_create);
GOOD(good_create_default, IPCX_OPEN, prepare_create_default, undo_create);
GOOD(good_open, IPCX_OPEN, prepare_open, undo_open);
GOOD(good_stat, IPCX_STAT, prepare_stat, NULL);
GOOD(good_wait, IPCX_RING_WAIT, prepare_wait, NULL);
GOOD(good_wait_space, IPCX_RING_WAIT, prepare_wait_space, NULL);
GOOD(good_wait_deadline, IPCX_RING_WAIT, prepare_wait_deadline, NULL);
GOOD(good_event, IPCX_RING_EVENTFD, prepare_event, NULL);
GOOD(good_arm, IPCX_RING_WAIT, prepare_arm, NULL);
GOOD(good_wake, IPCX_RING_WAKE, prepare_wake, NULL);
GOOD(good_wake_space, IPCX_RING_WAKE, prepare_wake_space, NULL);
GOOD(good_wake_both, IPCX_RING_WAKE, prepare_wake_both, NULL);

static const struct good *const every_op[] = {
	&good_create, &good_stat, &good_wait, &good_event, &good_wake,
};

static const struct good *const every_good[] = {
	&good_create, &good_create_mpsc, &good_create_broadcast, &good_create_default,
	&good_open, &good_stat, &good_wait, &good_wait_space, &good_wait_deadline,
	/* In this order: what is armed has to be there. */
	&good_event, &good_arm, &good_wake, &good_wake_space, &good_wake_both,
};

#include "abi_ops.h"

/* ---- sizes ---- */

TEST_F(abi, attr_size)
{
	static const struct field size = FIELD(open.attr_size);
	static const struct field attr = FIELD(open.attr);
	struct request *r = prepare(self, &good_create);
	__u32 bytes;

	for (bytes = 0; bytes < IPCX_RING_ATTR_SIZE_VER0; bytes++)
		r = try_bad(_metadata, self, &good_create, r, &size, bytes, -EINVAL);
	r = try_bad(_metadata, self, &good_create, r, &size, 4096 + 1, -E2BIG);
	r = try_bad(_metadata, self, &good_create, r, &attr, 0, -EINVAL);
	r->open.attr_size += TAIL;
	r->attr.tail[TAIL - 1] = 1;
	EXPECT_EQ(-E2BIG, op(r->fd, IPCX_OPEN, &r->open));
	r->attr.tail[TAIL - 1] = 0;
	expect_good(_metadata, self, &good_create, r);
}

/* ---- fields of the attributes ---- */

TEST_F(abi, attr_ring_size)
{
	static const struct field size = FIELD(attr.attr.size);
	static const uint64_t values[] = {
		1, 8, 2048, 4095, 4097, 8191, 8193, 12288, 65535, 65537, IPCX_RING_SIZE_MAX - 1,
		IPCX_RING_SIZE_MAX + 1, 2 * IPCX_RING_SIZE_MAX, 1ULL << 32, 1ULL << 63, ~0ULL,
	};
	struct request *r = prepare(self, &good_create);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(values); i++)
		r = try_bad(_metadata, self, &good_create, r, &size, values[i], -EINVAL);
	expect_good(_metadata, self, &good_create, r);
}

TEST_F(abi, attr_mode)
{
	static const struct field mode = FIELD(attr.attr.mode);

	expect_bad(_metadata, self, &good_create, &mode, IPCX_RING_BROADCAST + 1, -EINVAL);
	expect_bad(_metadata, self, &good_create, &mode, ~0U, -EINVAL);
	expect_bad_bits(_metadata, self, &good_create, &mode, ~3U);
	/* Sixty-four consumers are for one mode only, and so are as many producers. */
	expect_bad(_metadata, self, &good_create_broadcast, &mode, IPCX_RING_MPSC, -EINVAL);
	expect_bad(_metadata, self, &good_create_mpsc, &mode, IPCX_RING_SPSC, -EINVAL);
}

TEST_F(abi, attr_members)
{
	static const struct field producers = FIELD(attr.attr.max_producers);
	static const struct field consumers = FIELD(attr.attr.max_consumers);
	static const uint64_t too_many[] = { IPCX_RING_SLOTS_MAX + 1, 1U << 31, ~0U };
	size_t i;

	expect_bad(_metadata, self, &good_create, &producers, 2, -EINVAL);
	expect_bad(_metadata, self, &good_create, &consumers, 2, -EINVAL);
	expect_bad(_metadata, self, &good_create_mpsc, &consumers, 2, -EINVAL);
	for (i = 0; i < ARRAY_SIZE(too_many); i++) {
		expect_bad(_metadata, self, &good_create_mpsc, &producers, too_many[i], -EINVAL);
		expect_bad(_metadata, self, &good_create_broadcast, &producers, too_many[i],
			   -EINVAL);
		expect_bad(_metadata, self, &good_create_broadcast, &consumers, too_many[i],
			   -EINVAL);
	}
}

TEST_F(abi, attr_flags)
{
	static const struct field flags = FIELD(attr.attr.flags);

	expect_bad_bits(_metadata, self, &good_create, &flags, ~(__u32)IPCX_RING_HUGE);
}

TEST_F(abi, open_flags)
{
	static const struct field flags = FIELD(open.flags);

	/* Rights that are mailboxes'. */
	expect_bad(_metadata, self, &good_open, &flags, RW | IPCX_OPEN_PORT, -EINVAL);
	expect_bad(_metadata, self, &good_open, &flags, RW | IPCX_OPEN_SUBSCRIBE, -EINVAL);
	expect_bad(_metadata, self, &good_open, &flags, 0, -EINVAL);
}

/* ---- fields of a wait ---- */

TEST_F(abi, wait_flags)
{
	static const struct field flags = FIELD(wait.flags);

	expect_bad_bits(_metadata, self, &good_wait, &flags,
			~(__u32)(IPCX_XFER_NONBLOCK | IPCX_XFER_DEADLINE));
	expect_good(_metadata, self, &good_event, prepare(self, &good_event));
	expect_bad_bits(_metadata, self, &good_arm, &flags, ~(__u32)IPCX_RING_WAIT_EVENTFD);
}

TEST_F(abi, wait_deadline)
{
	static const struct field clock = FIELD(wait.clock);
	static const struct field deadline = FIELD(wait.deadline_ns);

	check_deadline(_metadata, self, &good_wait, &good_wait_deadline, &clock, &deadline);
}

TEST_F(abi, wait_role)
{
	static const struct field role = FIELD(wait.role);

	expect_bad(_metadata, self, &good_wait, &role, 0, -EINVAL);
	expect_bad(_metadata, self, &good_wait, &role, IPCX_RING_CONSUMER + 1, -EINVAL);
	expect_bad(_metadata, self, &good_wait, &role, ~0U, -EINVAL);
}

TEST_F(abi, wait_slot)
{
	static const struct field slot = FIELD(wait.slot);
	static const uint64_t nobodys[] = { 1, 2, 3, 63, 64, 1 << 16, 1U << 31, ~0U };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(nobodys); i++) {
		expect_bad(_metadata, self, &good_wait, &slot, nobodys[i], -ENOTCONN);
		expect_bad(_metadata, self, &good_wait_space, &slot, nobodys[i], -ENOTCONN);
	}
}

TEST_F(abi, wait_index)
{
	static const struct field index = FIELD(wait.index);

	expect_bad_bits(_metadata, self, &good_wait, &index, IPCX_RING_LOW_MASK);
	expect_bad_bits(_metadata, self, &good_wait_space, &index, IPCX_RING_LOW_MASK);
	/* Where nothing is, and where there is no room. */
	expect_bad(_metadata, self, &good_wait, &index, 16 * IPCX_RING_BITS, -EAGAIN);
	expect_bad(_metadata, self, &good_wait_space, &index, (PAGE + 8) * IPCX_RING_BITS,
		   -EAGAIN);
}

/* ---- fields of an eventfd ---- */

TEST_F(abi, event_role)
{
	static const struct field role = FIELD(event.role);

	expect_bad(_metadata, self, &good_event, &role, 0, -EINVAL);
	expect_bad(_metadata, self, &good_event, &role, IPCX_RING_CONSUMER + 1, -EINVAL);
	expect_bad(_metadata, self, &good_event, &role, ~0U, -EINVAL);
}

TEST_F(abi, event_slot)
{
	static const struct field slot = FIELD(event.slot);
	static const uint64_t nobodys[] = { 1, 2, 3, 63, 64, 1 << 16, 1U << 31, ~0U };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(nobodys); i++)
		expect_bad(_metadata, self, &good_event, &slot, nobodys[i], -ENOTCONN);
}

TEST_F(abi, event_fd)
{
	static const struct field fd = FIELD(event.fd);

	expect_bad(_metadata, self, &good_event, &fd, (__u32)-2, -EBADF);
	expect_bad(_metadata, self, &good_event, &fd, 1U << 31, -EBADF);
	expect_bad(_metadata, self, &good_event, &fd, 1 << 20, -EBADF);
	expect_bad(_metadata, self, &good_event, &fd, self->control, -EINVAL);
	expect_bad(_metadata, self, &good_event, &fd, self->ring.fd, -EINVAL);
}

TEST_F(abi, event_reserved)
{
	static const struct field reserved = FIELD(event.reserved);

	expect_bad_bits(_metadata, self, &good_event, &reserved, ~0U);
}

/* ---- fields of a wake ---- */

TEST_F(abi, wake_flags)
{
	static const struct field flags = FIELD(wake.flags);

	expect_bad(_metadata, self, &good_wake, &flags, 0, -EINVAL);
	expect_bad_bits(_metadata, self, &good_wake_both, &flags, ~3U);
	/* Rights: who commits rings for data, who releases rings for room. */
	expect_bad(_metadata, self, &good_wake, &flags, IPCX_RING_WAKE_SPACE, -EBADF);
	expect_bad(_metadata, self, &good_wake, &flags, 3, -EBADF);
	expect_bad(_metadata, self, &good_wake_space, &flags, IPCX_RING_WAKE_DATA, -EBADF);
	expect_bad(_metadata, self, &good_wake_space, &flags, 3, -EBADF);
}

TEST_F(abi, wake_reserved)
{
	static const struct field reserved = FIELD(wake.reserved);

	expect_bad_bits(_metadata, self, &good_wake, &reserved, ~0U);
}

/* ---- pointers ---- */

TEST_F(abi, argument)
{
	static const unsigned long numbers[] = {
		IPCX_RING_WAIT, IPCX_RING_WAKE, IPCX_RING_EVENTFD, IPCX_STAT,
	};
	size_t i, j;

	for (j = 0; j < ARRAY_SIZE(numbers); j++) {
		for (i = 0; i < self->mem.n; i++) {
			void *arg = (void *)(uintptr_t)self->mem.addrs[i];

			if (addr(arg) == self->mem.addrs[i])
				EXPECT_EQ(-EFAULT, op(self->ring.fd, numbers[j], arg));
		}
		/* It begins well and goes on into nothing. */
		EXPECT_EQ(-EFAULT, op(self->ring.fd, numbers[j], self->mem.guard - 4));
	}
}

TEST_F(abi, attributes)
{
	struct request *r = prepare(self, &good_create);
	size_t i;

	for (i = 0; i < self->mem.n; i++) {
		r->open.attr = self->mem.addrs[i];
		EXPECT_EQ(r->open.attr ? -EFAULT : -EINVAL, op(r->fd, IPCX_OPEN, &r->open)) {
			TH_LOG("attr %#llx", (unsigned long long)self->mem.addrs[i]);
		}
	}
	r->open.attr = addr(at_edge(&self->mem, &r->attr, sizeof(r->attr.attr) - 1));
	EXPECT_EQ(-EFAULT, op(r->fd, IPCX_OPEN, &r->open));
	EXPECT_EQ(-ENOENT, open_ring(self->fresh_name, RW, 0));
	/* Right up to the edge is fine. */
	r->open.attr = addr(at_edge(&self->mem, &r->attr, sizeof(r->attr.attr)));
	expect_good(_metadata, self, &good_create, r);
}

/* No object, no name, no fd and no memory are left of one whose maker was not told. */
TEST_F(abi, open_cannot_be_told)
{
	struct request *r = prepare(self, &good_create);
	int fd = lowest_free_fd();
	struct ipcx_info before, after;

	ASSERT_EQ(0, get_info(&before));
	EXPECT_EQ(-EFAULT, op(self->control, IPCX_OPEN,
			      as_readonly(&self->mem, &r->open, sizeof(r->open))));
	EXPECT_EQ(fd, lowest_free_fd());
	EXPECT_EQ(-ENOENT, open_ring(self->fresh_name, RW, 0));
	ASSERT_EQ(0, get_info(&after));
	EXPECT_EQ(before.user_bytes, after.user_bytes);
	EXPECT_EQ(before.user_objects, after.user_objects);
	expect_good(_metadata, self, &good_create, r);
}

TEST_HARNESS_MAIN
