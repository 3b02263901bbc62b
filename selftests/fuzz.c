// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Random operations by several processes on the same few queues: mostly good
 * ones, some with a field or two made up. Nothing is expected of each but a
 * known errno; of all together, that the queues still work and that, once they
 * are gone, nothing is left. The kernel's checks do the rest.
 */
#include "fuzz.h"

#include <poll.h>
#include <sys/uio.h>

#define QUEUES	6

/* ---- messages ---- */

static int transfer(struct worker *w, unsigned long number)
{
	static struct ipcx_msg msgs[64];
	static struct ipcx_iovec iov[64][12];
	struct ipcx_xfer xfer;
	unsigned int count = one_in(w, 3) ? 1 + below(w, 60) : 1, i;
	bool recv = number == IPCX_RECV;

	for (i = 0; i < count; i++) {
		msgs[i] = make_msg(NULL, some_length(w), below(w, 5), below(w, 4));
		msgs[i].buf = somewhere(w);
		if (one_in(w, 8)) {
			msgs[i].flags = IPCX_MSG_IOV;
			msgs[i].buf = addr(iov[i]);
			msgs[i].len = fill_iov(w, iov[i]);
		} else if (recv && !one_in(w, 4)) {
			msgs[i].len = 65536;
		}
		if (one_in(w, 200))
			spoil(w, &msgs[i], sizeof(msgs[i]), offsetof(struct ipcx_msg, buf));
	}
	xfer = make_xfer(msgs, count, one_in(w, 5) ? 0 : IPCX_XFER_NONBLOCK);
	if (one_in(w, 5))
		set_deadline(&xfer, one_in(w, 2) ? CLOCK_MONOTONIC : CLOCK_REALTIME,
			     (long long)below(w, 5) - 1);
	if (recv && one_in(w, 2)) {
		xfer.match = below(w, IPCX_MATCH_MIN_PRIORITY + 1);
		xfer.match_arg = xfer.match ? below(w, 5) : 0;
	}
	if (recv && one_in(w, 5))
		xfer.flags |= IPCX_RECV_TRUNC;
	if (recv && one_in(w, 6)) {
		xfer.flags = IPCX_RECV_PEEK;
		xfer.count = 1;
		xfer.clock = 0;
		xfer.deadline_ns = 0;
	}
	if (one_in(w, 30))
		spoil(w, &xfer, sizeof(xfer), offsetof(struct ipcx_xfer, msgs));
	/* A made-up stride must not lead out of the array. */
	if (xfer.msg_size != sizeof(msgs[0]) || xfer.count > ARRAY_SIZE(msgs))
		xfer.count = xfer.count ? 1 : 0;
	return call(w, some_fd(w), number, &xfer);
}

static int read_or_write(struct worker *w)
{
	struct iovec iov[3];
	int fd = w->fds[below(w, QUEUES)], flags = fcntl(fd, F_GETFL);
	ssize_t n;
	size_t i;

	/* Blocking ones are ended by the timer. */
	fcntl(fd, F_SETFL, one_in(w, 5) ? flags & ~O_NONBLOCK : flags | O_NONBLOCK);
	for (i = 0; i < ARRAY_SIZE(iov); i++) {
		iov[i].iov_base = w->arena->bytes + below(w, ARENA / 2);
		iov[i].iov_len = below(w, 400);
	}
	if (one_in(w, 20))
		iov[1].iov_base = w->guard - 8;
	if (one_in(w, 2))
		n = readv(fd, iov, 1 + below(w, 3));
	else
		n = writev(fd, iov, 1 + below(w, 3));
	return n < 0 ? -errno : 0;
}

/* ---- objects ---- */

static int reopen(struct worker *w)
{
	struct ipcx_queue_attr attr = {
		.max_msgs = 1 + below(w, 40), .max_msg_size = 65536,
		.overflow = below(w, 2),
	};
	size_t slot = below(w, QUEUES);
	const char *name = some_name(w);
	struct ipcx_open req = {
		.name = addr(name), .name_len = strlen(name), .kind = IPCX_KIND_QUEUE,
		.flags = CREATE_RW, .mode = 0777,
		.attr = addr(&attr), .attr_size = sizeof(attr),
	};
	int fd;

	if (one_in(w, 4)) {
		req.name = 0;
		req.name_len = 0;
	}
	if (one_in(w, 10))
		spoil(w, &attr, sizeof(attr), sizeof(attr));
	if (one_in(w, 10))
		spoil(w, &req, sizeof(req), offsetof(struct ipcx_open, name));
	fd = call(w, w->control, IPCX_OPEN, &req);
	if (fd < 0)
		return fd;
	dup2(fd, w->fds[slot]);
	close(fd);
	return 0;
}

static int remove_name(struct worker *w)
{
	const char *name = some_name(w);
	struct ipcx_unlink req = { .name = addr(name), .name_len = strlen(name) };

	if (one_in(w, 10))
		spoil(w, &req, sizeof(req), offsetof(struct ipcx_unlink, name));
	return call(w, w->control, IPCX_UNLINK, &req);
}

static int look(struct worker *w)
{
	struct ipcx_list list = {
		.cursor = one_in(w, 2) ? 0 : odd_number(w), .entries = somewhere(w),
		.count = 1 + below(w, 20), .entry_size = sizeof(struct ipcx_stat),
	};
	struct ipcx_info info = { 0 };
	struct ipcx_stat stats[2];

	switch (below(w, 3)) {
	case 0:
		if (one_in(w, 4))
			spoil(w, &list, offsetof(struct ipcx_list, count),
			      offsetof(struct ipcx_list, entries));
		return op(w->control, IPCX_LIST, &list);
	case 1:
		if (one_in(w, 4))
			spoil(w, &info, sizeof(info), sizeof(info));
		return call(w, some_fd(w), IPCX_INFO, &info);
	default:
		return call(w, some_fd(w), IPCX_STAT, stats);
	}
}

static int notify(struct worker *w)
{
	struct ipcx_notify req = { .how = below(w, 3) };

	if (req.how == IPCX_NOTIFY_SIGNAL)
		req.signo = SIGUSR1;
	else if (req.how == IPCX_NOTIFY_EVENTFD)
		req.fd = w->event;
	/* A signal that would end this process is no use. */
	if (one_in(w, 10)) {
		spoil(w, &req, sizeof(req), offsetof(struct ipcx_notify, signo));
		if (req.how == IPCX_NOTIFY_SIGNAL)
			req.signo = SIGUSR1;
	}
	return call(w, w->fds[below(w, QUEUES)], IPCX_NOTIFY, &req);
}

static int wait_for(struct worker *w)
{
	struct pollfd pollfd = { .fd = some_fd(w), .events = below(w, 64) };

	return poll(&pollfd, 1, below(w, 3)) < 0 ? -errno : 0;
}

static int change_mode(struct worker *w)
{
	return fchmod(w->fds[below(w, QUEUES)], 0600 | below(w, 01000)) < 0 ? -errno : 0;
}

static int one_round(struct worker *w)
{
	switch (below(w, 20)) {
	case 0:
		return reopen(w);
	case 1:
		return remove_name(w);
	case 2:
		return look(w);
	case 3:
		return notify(w);
	case 4:
		return wait_for(w);
	case 5:
		return one_in(w, 3) ? change_mode(w) : read_or_write(w);
	case 6:
	case 7:
		return read_or_write(w);
	default:
		return transfer(w, one_in(w, 2) ? IPCX_SEND : IPCX_RECV);
	}
}

/* ---- the test ---- */

static void expect_working(struct __test_metadata *_metadata, int fd)
{
	__u64 number = 0;

	fcntl(fd, F_SETFL, O_RDWR);
	ASSERT_LE(0, drain(fd));
	EXPECT_TRUE(is_empty(fd));
	ASSERT_EQ(1, try_send_number(fd, 4711, 0));
	ASSERT_EQ(1, try_recv_number(fd, &number));
	EXPECT_EQ(4711, number);
}

TEST(random_operations)
{
	static const int known[] = {
		EINVAL, EFAULT, E2BIG, ENOTTY, EBADF, EAGAIN, EINTR, EMSGSIZE, ETIMEDOUT,
		EEXIST, ENOENT, EACCES, ENAMETOOLONG, EDQUOT, ENOMEM, EBUSY, EPROTOTYPE,
		EMFILE, 0,
	};
	struct worker w = {
		.one_round = one_round, .known = known, .rounds = scaled(15000, 3000000),
		.nfds = QUEUES,
	};
	uint64_t seed = test_seed();
	size_t i;

	ASSERT_EQ(0, set_up_worker(&w));
	for (i = 0; i < QUEUES; i++) {
		/* The first ones are shared by all, until replaced. */
		w.fds[i] = small_queue(5 + 10 * i);
		ASSERT_LE(0, w.fds[i]);
	}
	EXPECT_EQ(0, run_workers(&w, seed));
	for (i = 0; i < QUEUES; i++) {
		expect_working(_metadata, w.fds[i]);
		close(w.fds[i]);
	}
	unlink_all(w.control);
	close(w.event);
	close(w.control);
}

TEST_HARNESS_MAIN
