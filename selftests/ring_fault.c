// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Every allocation and every copy from or to user memory of what is done with rings fails
 * once, as faultinj.c does with queues. Needs a kernel with fault injection.
 */
#include "ring.h"
#include "fault.h"

#include <poll.h>
#include <sys/eventfd.h>


FIXTURE(fault)
{
	int control;
	struct ring ring;
	struct producer p;
	struct consumer c;
	int event;
	char name[UNIQUE_NAME_SIZE], fresh[UNIQUE_NAME_SIZE];
};

typedef FIXTURE_DATA(fault) env_t;

FIXTURE_SETUP(fault)
{
	struct ipcx_ring_attr attr = {
		.size = PAGE, .mode = IPCX_RING_BROADCAST, .max_producers = 2,
		.max_consumers = 3,
	};

	ASSERT_EQ(0, set_up_faults(0));
	unique_name(self->name, "fault");
	unique_name(self->fresh, "fault-fresh");
	self->control = open_control();
	ASSERT_LE(0, self->control);
	self->ring = (struct ring){
		.fd = open_ring_attr(self->name, CREATE_RW, 0600, &attr), .size = PAGE,
		.max_producers = 2, .max_consumers = 3,
	};
	ASSERT_LE(0, self->ring.fd);
	ASSERT_EQ(0, map_view(&self->ring));
	ASSERT_EQ(0, attach_producer(&self->p, &self->ring));
	ASSERT_EQ(0, attach_consumer(&self->c, &self->ring));
	ASSERT_EQ(0, put(&self->p, 5));
	self->event = eventfd(0, EFD_CLOEXEC);
	ASSERT_LE(0, self->event);
}

FIXTURE_TEARDOWN(fault)
{
	__u64 number = 0;

	EXPECT_EQ(1, self->ring.info->producers);
	EXPECT_EQ(1, self->ring.info->consumers);
	EXPECT_EQ(0, take(&self->c, &number));
	EXPECT_EQ(5, number);
	EXPECT_EQ(0, unlink_name(self->name));
	detach_consumer(&self->c);
	detach_producer(&self->p);
	close_ring(&self->ring);
	close(self->event);
	close(self->control);
}

/* ---- objects ---- */

static int run_open(env_t *env, unsigned int flags, const char *name)
{
	struct ipcx_ring_attr attr = { .size = 2 * PAGE, .mode = IPCX_RING_MPSC };
	bool make = flags & IPCX_OPEN_CREATE;
	struct ipcx_open req = {
		.name = addr(name), .name_len = name ? strlen(name) : 0,
		.kind = IPCX_KIND_RING, .flags = flags, .mode = make ? 0600 : 0,
		.attr = make ? addr(&attr) : 0, .attr_size = make ? sizeof(attr) : 0,
	};
	int fd = op(env->control, IPCX_OPEN, &req);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static int create(env_t *env)
{
	return run_open(env, CREATE_RW, NULL);
}

/* With small pages where the huge one is not to be had. */
static int create_huge(env_t *env)
{
	struct ipcx_ring_attr attr = { .size = 2UL << 20, .flags = IPCX_RING_HUGE };
	struct ipcx_open req = {
		.kind = IPCX_KIND_RING, .flags = CREATE_RW, .mode = 0600,
		.attr = addr(&attr), .attr_size = sizeof(attr),
	};
	int fd = op(env->control, IPCX_OPEN, &req);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static int create_named(env_t *env)
{
	return run_open(env, CREATE_RW | IPCX_OPEN_EXCL, env->fresh);
}

static int open_named(env_t *env)
{
	return run_open(env, RW, env->name);
}

static int stat_it(env_t *env)
{
	struct ipcx_stat stat;

	return get_stat(env->ring.fd, &stat);
}

/* ---- mappings ---- */

static int map_it(env_t *env, __u64 where, size_t len, int prot)
{
	return map_place(env->ring.fd, where, len, prot, MAP_SHARED, NULL);
}

static int map_a_view(env_t *env)
{
	return map_it(env, IPCX_RING_MAP_VIEW, view_len(&env->ring), PROT_READ);
}

static int map_a_producer(env_t *env)
{
	return map_it(env, IPCX_RING_MAP_PRODUCER, producer_len(&env->ring),
			    PROT_READ | PROT_WRITE);
}

static int map_a_consumer(env_t *env)
{
	return map_it(env, IPCX_RING_MAP_CONSUMER, PAGE, PROT_READ | PROT_WRITE);
}

static int map_an_overrun(env_t *env)
{
	return map_it(env, IPCX_RING_MAP_OVERRUN, PAGE, PROT_READ | PROT_WRITE);
}

/* ---- waiting ---- */

static int wait_true(env_t *env)
{
	return wait_data(&env->c, 0);
}

/* As far as to sleep, and to give up. */
static int wait_false(env_t *env)
{
	int ret = ring_wait(env->ring.fd, IPCX_RING_CONSUMER, 0, ring_end(&env->ring), 1);

	return ret == -ETIMEDOUT ? 0 : ret;
}

static int wait_for_room(env_t *env)
{
	int ret = ring_wait(env->ring.fd, IPCX_RING_PRODUCER, 0,
			    ipcx_ring_add(env->c.next, PAGE + 8), 1);

	return ret == -ETIMEDOUT ? 0 : ret;
}

static int give_event(env_t *env, int fd)
{
	struct ipcx_ring_eventfd req = { .role = IPCX_RING_CONSUMER, .fd = fd };

	return op(env->ring.fd, IPCX_RING_EVENTFD, &req);
}

static int set_event(env_t *env)
{
	return give_event(env, env->event);
}

/* There is one, unless it could not be had; armed, or there is none. */
static int arm_event(env_t *env)
{
	struct ipcx_ring_wait wait = make_wait(IPCX_RING_CONSUMER, 0, ring_end(&env->ring));
	int ret = give_event(env, env->event), ret2;

	wait.flags = IPCX_RING_WAIT_EVENTFD;
	ret = ret ? ret : op(env->ring.fd, IPCX_RING_WAIT, &wait);
	do {
		ret2 = give_event(env, -1);
	} while (ret2 == -EFAULT);
	return ret == -EINPROGRESS ? ret2 : ret;
}

static int wake_both(env_t *env)
{
	return ring_wake(env->ring.fd, IPCX_RING_WAKE_DATA | IPCX_RING_WAKE_SPACE);
}

static int poll_it(env_t *env)
{
	struct pollfd p = { .fd = env->ring.fd, .events = POLLIN | POLLOUT };
	int ret = poll(&p, 1, 0);

	return ret < 0 ? -errno : p.revents == (POLLIN | POLLOUT) ? 0 : -EIO;
}

/* Nothing there: it arms. */
static int poll_nothing(env_t *env)
{
	struct pollfd p = { .fd = env->ring.fd, .events = POLLIN | POLLRDHUP };
	__u64 head = env->c.page->head;
	int ret;

	env->c.page->head = ring_end(&env->ring);
	ret = poll(&p, 1, 1);
	env->c.page->head = head;
	return ret < 0 ? -errno : ret ? -EIO : 0;
}

static const struct {
	const char *what;
	int (*run)(env_t *env);
	unsigned int places;	/* at least */
	bool named;
} operations[] = {
	/* One for each page and more: 2 + 16 + 1 + 2. */
	{ "create", create, 23 },
	{ "create huge", create_huge, 8 },
	{ "create named", create_named, 24, true },
	{ "open", open_named, 3 },
	{ "stat", stat_it, 1 },
	{ "map view", map_a_view, 1 },
	{ "map producer", map_a_producer, 2 },
	{ "map consumer", map_a_consumer, 2 },
	{ "map overrun", map_an_overrun, 2 },
	{ "wait, true", wait_true, 1 },
	{ "wait for data", wait_false, 1 },
	{ "wait for room", wait_for_room, 1 },
	{ "eventfd", set_event, 2 },
	{ "eventfd, armed", arm_event, 3 },
	{ "wake", wake_both, 1 },
	{ "poll", poll_it, 1 },
	{ "poll, nothing there", poll_nothing, 1 },
};

/* Nothing is half done: no name, no charge, no role, no waiter. */
static void expect_as_before(struct __test_metadata *_metadata, env_t *env,
			     const struct ipcx_info *before)
{
	struct ipcx_info info;
	struct ipcx_stat stat;

	EXPECT_EQ(0, get_info(&info));
	EXPECT_EQ(before->user_bytes, info.user_bytes);
	EXPECT_EQ(before->user_objects, info.user_objects);
	EXPECT_EQ(0, get_stat(env->ring.fd, &stat));
	EXPECT_EQ(1, stat.producers);
	EXPECT_EQ(1, stat.consumers);
	EXPECT_EQ(1, stat.handles);
	EXPECT_EQ(0, stat.recv_waiters);
	EXPECT_EQ(0, stat.send_waiters);
	EXPECT_EQ(1, env->ring.info->producers);
	EXPECT_EQ(1, env->ring.info->consumers);
}

TEST_F(fault, operations)
{
	struct ipcx_info before;
	size_t i;

	ASSERT_EQ(0, get_info(&before));
	for (i = 0; i < ARRAY_SIZE(operations); i++) {
		bool met = true;
		unsigned int n;

		for (n = 1; met && n < MANY; n++) {
			int ret;

			arm(n);
			ret = operations[i].run(self);
			met = disarm();
			ASSERT_TRUE(ret == 0 || (met && (ret == -ENOMEM || ret == -EFAULT))) {
				TH_LOG("%s, place %u: %d", operations[i].what, n, ret);
			}
			if (operations[i].named)
				EXPECT_EQ(ret ? -ENOENT : 0, unlink_name(self->fresh));
			expect_as_before(_metadata, self, &before);
			ASSERT_TRUE(__test_passed(_metadata)) {
				TH_LOG("%s, place %u: %d", operations[i].what, n, ret);
			}
		}
		printf("# %s: %u places\n", operations[i].what, n - 2);
		EXPECT_LE(operations[i].places, n - 2) {
			TH_LOG("%s", operations[i].what);
		}
	}
}

/* A page that cannot be shown now is shown the next time. */
TEST_F(fault, first_look)
{
	bool met = true;
	unsigned int n;

	for (n = 1; met && n < MANY; n++) {
		struct producer p;

		ASSERT_EQ(0, attach_producer(&p, &self->ring));
		arm(n);
		store(&p.page->end, n);
		met = disarm();
		EXPECT_EQ(n, producer_page(&self->ring, 1)->end);
		detach_producer(&p);
	}
	printf("# first look: %u places\n", n - 2);
}

TEST_HARNESS_MAIN
