// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Every allocation and every copy from or to user memory of what is done with a mailbox's
 * ring fails once, as mbox_fault.c does. Needs a kernel with fault injection.
 */
#include "mbox_ring.h"
#include "fault.h"

#include <poll.h>

#define SIZE	(16 * PAGE)	/* a failed record, and one more, in a user's half */
#define LARGE	9000
#define PIECES	10

static unsigned char out[LARGE];

/* The place that fails, and whether it was met, once that is known. */
static unsigned int place;
static bool armed, met;

static void start_failing(void)
{
	armed = true;
	arm(place);
}

static void stop_failing(void)
{
	if (armed)
		met = disarm();
	armed = false;
}

FIXTURE(fault)
{
	int control;
	struct inbox in;
	struct ipcx_iovec vec[PIECES];
};

typedef FIXTURE_DATA(fault) env_t;

FIXTURE_SETUP(fault)
{
	struct ipcx_mbox_attr attr = {
		.flags = IPCX_MBOX_ADDRESSABLE, .ring_size = SIZE, .max_msgs = 8,
	};
	int i;

	ASSERT_EQ(0, set_up_faults(0));
	for (i = 0; i < LARGE; i++)
		out[i] = i * 7;
	for (i = 0; i < PIECES; i++)
		self->vec[i] = (struct ipcx_iovec){ addr(out + i * 500), 500 };
	self->control = open_control();
	ASSERT_LE(0, self->control);
	ASSERT_EQ(0, new_inbox_attr(&self->in, &attr));
}

FIXTURE_TEARDOWN(fault)
{
	close_inbox(&self->in);
	close(self->control);
}

static int create(env_t *env)
{
	struct ipcx_mbox_attr attr = { .ring_size = 2 * PAGE };
	struct ipcx_open req = {
		.kind = IPCX_KIND_MBOX, .flags = MBOX_CREATE, .mode = 0600,
		.attr = addr(&attr), .attr_size = sizeof(attr),
	};
	int fd = op(env->control, IPCX_OPEN, &req);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* ---- messages ---- */

static int post_it(env_t *env, const void *at, size_t len, __u32 flags, __u32 how)
{
	struct ipcx_mbox_msg msg = make_mail(at, len, 1, 2);
	struct ipcx_post post = make_post(&msg, 1, how);

	msg.flags = flags;
	if (how & IPCX_XFER_DEADLINE) {
		post.clock = CLOCK_MONOTONIC;
		post.deadline_ns = now_ns(CLOCK_MONOTONIC) + NSEC_PER_MSEC;
	}
	return op(env->in.to, IPCX_POST, &post);
}

/* Takes what was sent, if anything was: whole, with nothing before it but discards. */
static int check_sent(env_t *env, size_t len, int ret)
{
	struct delivered msg;
	struct ipcx_stat stat;
	int seen;

	stop_failing();
	seen = peek_delivered(&env->in, &msg);
	if (ret != 1 && (ret >= 0 || seen != -EAGAIN))
		return -EIO;
	if (ret == 1) {
		if (seen || msg.len != len || memcmp(msg.payload, out, len))
			return -EBADMSG;
		pass_delivered(&env->in, &msg);
		release(&env->in.c);
	}
	if (get_stat(env->in.fd, &stat) || stat.ring_used || stat.sent != stat.received ||
	    stat.sent_bytes != stat.received_bytes || stat.send_waiters)
		return -EPROTO;
	return ret == 1 ? 0 : ret;
}

static int post_small(env_t *env)
{
	return check_sent(env, 50, post_it(env, out, 50, 0, IPCX_XFER_NONBLOCK));
}

static int post_large(env_t *env)
{
	return check_sent(env, LARGE, post_it(env, out, LARGE, 0, IPCX_XFER_NONBLOCK));
}

static int post_pieces(env_t *env)
{
	return check_sent(env, 500 * PIECES, post_it(env, env->vec, PIECES, IPCX_MSG_IOV,
						     IPCX_XFER_NONBLOCK));
}

/* As far as to sleep, and to give up. */
static int post_waiting(env_t *env)
{
	int ret, n = 0;

	/* What comes before does not fail here, or it is not the wait that does. */
	while ((ret = post_it(env, out, 0, 0, IPCX_XFER_NONBLOCK)) == 1)
		n++;
	if (ret == -EAGAIN)
		ret = post_it(env, out, 100, 0, IPCX_XFER_DEADLINE);
	stop_failing();
	if (drain_delivered(&env->in) != n)
		return -EBADMSG;
	return ret == -ETIMEDOUT ? 0 : ret;
}

/* ---- the owner ---- */

static int stat_it(env_t *env)
{
	struct ipcx_stat stat;

	return get_stat(env->in.fd, &stat);
}

static int map_a_view(env_t *env)
{
	return map_place(env->in.fd, IPCX_RING_MAP_VIEW, view_len(&env->in.ring), PROT_READ,
			 MAP_SHARED, NULL);
}

static int map_the_consumer(env_t *env)
{
	struct consumer c;
	int ret;

	stop_failing();
	detach_consumer(&env->in.c);
	start_failing();
	ret = attach_consumer(&c, &env->in.ring);
	stop_failing();
	if (!ret)
		detach_consumer(&c);
	return attach_consumer(&env->in.c, &env->in.ring) ? -EIO : ret;
}

static int wait_false(env_t *env)
{
	int ret = wait_data(&env->in.c, 1);

	return ret == -ETIMEDOUT ? 0 : ret;
}

static int wake(env_t *env)
{
	return ring_wake(env->in.fd, IPCX_RING_WAKE_SPACE);
}

static int poll_fd(int fd, short events, short wanted)
{
	struct pollfd p = { .fd = fd, .events = events };
	int ret = poll(&p, 1, wanted ? 0 : 1);

	return ret < 0 ? -errno : p.revents == wanted ? 0 : -EIO;
}

static int poll_for_data(env_t *env)
{
	return poll_fd(env->in.fd, POLLIN, 0);
}

static int poll_for_room(env_t *env)
{
	return poll_fd(env->in.to, POLLOUT, POLLOUT);
}

static const struct {
	const char *what;
	int (*run)(env_t *env);
	unsigned int places;	/* at least */
} operations[] = {
	/* One for each page of 2 + 2 + 2, and the handles, files, structures of both. */
	{ "create", create, 18 },
	{ "post small", post_small, 3 },
	{ "post large", post_large, 3 },
	{ "post pieces", post_pieces, 4 },
	{ "post and wait", post_waiting, 12 },
	{ "stat", stat_it, 1 },
	{ "map view", map_a_view, 1 },
	{ "map consumer", map_the_consumer, 2 },
	{ "wait", wait_false, 1 },
	{ "wake", wake, 1 },
	{ "poll for data", poll_for_data, 1 },
	{ "poll for room", poll_for_room, 1 },
};

/* Nothing is half done: no charge, no role, no waiter, no record. */
static void expect_as_before(struct __test_metadata *_metadata, env_t *env,
			     const struct ipcx_info *before)
{
	struct ipcx_info info;
	struct ipcx_stat stat;

	EXPECT_EQ(0, get_info(&info));
	/* Messages that wait for reuse are kept, and charged. */
	EXPECT_GE(before->user_bytes + 64 * 1024, info.user_bytes);
	EXPECT_EQ(before->user_objects, info.user_objects);
	EXPECT_EQ(0, get_stat(env->in.fd, &stat));
	EXPECT_EQ(1, stat.consumers);
	EXPECT_EQ(1, env->in.ring.info->consumers);
	EXPECT_EQ(0, stat.send_waiters);
	EXPECT_EQ(0, stat.ring_used);
	EXPECT_EQ(stat.sent, stat.received);
	EXPECT_EQ(0, env->in.ring.info->space_waiters);
}

static bool is_allowed(int ret)
{
	return ret == 0 || (met && (ret == -ENOMEM || ret == -EFAULT));
}

TEST_F(fault, operations)
{
	struct ipcx_info before;
	size_t i;

	ASSERT_EQ(0, get_info(&before));
	for (i = 0; i < ARRAY_SIZE(operations); i++) {
		unsigned int failures = 0;

		met = true;
		for (place = 1; met && place < MANY; place++) {
			int ret;

			start_failing();
			ret = operations[i].run(self);
			stop_failing();
			ASSERT_TRUE(is_allowed(ret)) {
				TH_LOG("%s, place %u: %d", operations[i].what, place, ret);
			}
			failures += ret != 0;
			expect_as_before(_metadata, self, &before);
			ASSERT_TRUE(__test_passed(_metadata)) {
				TH_LOG("%s, place %u: %d", operations[i].what, place, ret);
			}
		}
		printf("# %s: %u places, %u failures\n", operations[i].what, place - 2,
		       failures);
		EXPECT_LE(operations[i].places, place - 2) {
			TH_LOG("%s", operations[i].what);
		}
	}
	/* A copy that failed has left a record to be skipped, and the message came after. */
	EXPECT_LT(0, self->in.skipped);
}

TEST_HARNESS_MAIN
