// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Random operations by several processes on the same few queues: mostly good
 * ones, some with a field or two made up. Nothing is expected of each but a
 * known errno; of all together, that the queues still work and that, once they
 * are gone, nothing is left. The kernel's checks do the rest.
 *
 * IPCX_SEED repeats a run, as far as scheduling lets it be repeated.
 */
#include "common.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/time.h>
#include <sys/uio.h>

#define QUEUES	6
#define WORKERS	4
#define NAMES	4
#define ARENA	(1 << 20)

/*
 * Everything that the kernel may write goes here, at offsets that leave room
 * for the longest message: an address is either in here or nowhere.
 */
struct arena {
	char bytes[ARENA];
	char spare[1 << 17];
};

struct worker {
	uint64_t state;
	long rounds;
	int control;
	int event;
	int fds[QUEUES];
	struct arena *arena;
	char *guard;
	char *names;	/* read-only */
};

static uint64_t below(struct worker *w, uint64_t n)
{
	return rnd_below(&w->state, n);
}

static bool one_in(struct worker *w, uint64_t n)
{
	return below(w, n) == 0;
}

/* Numbers near the edges of things. */
static uint64_t odd_number(struct worker *w)
{
	static const uint64_t edges[] = {
		0, 1, 2, 7, 8, 63, 64, 65, 255, 256, 1023, 1024, 1025, 4096, 32767, 32768,
		65535, 65536, 65537, 1 << 20, 0x7fffffff, 0x80000000, 0xffffffff,
		1ULL << 32, 1ULL << 49, 0x7fffffffffffffff, 1ULL << 63, ~0ULL,
	};
	uint64_t number = edges[below(w, ARRAY_SIZE(edges))];

	switch (below(w, 4)) {
	case 0:
		return number + 1;
	case 1:
		return number - 1;
	case 2:
		return rnd(&w->state) >> below(w, 64);
	default:
		return number;
	}
}

static uint64_t somewhere(struct worker *w)
{
	static const uint64_t nowhere[] = {
		0, 1, 0x8000000000000000, ~0ULL, 0xffff888000000000, 0xffffffff81000000,
	};

	switch (below(w, 40)) {
	case 0:
		return nowhere[below(w, ARRAY_SIZE(nowhere))];
	case 1:
		return addr(w->guard) - below(w, 300);
	default:
		return addr(w->arena->bytes + (below(w, ARENA / 8) & ~7ULL));
	}
}

/* A length of a message: mostly short. */
static uint64_t some_length(struct worker *w)
{
	switch (below(w, 20)) {
	case 0:
		return odd_number(w);
	case 1:
		return below(w, 65536);
	case 2:
		return below(w, 5000);
	default:
		return below(w, 130);
	}
}

/* One of the queues, the control fd, or something else altogether. */
static int some_fd(struct worker *w)
{
	switch (below(w, 50)) {
	case 0:
		return w->control;
	case 1:
		return w->event;
	case 2:
		return 12345;
	default:
		return w->fds[below(w, QUEUES)];
	}
}

/* Makes up one of the words of a structure that are no addresses. */
static void spoil(struct worker *w, void *arg, size_t size, size_t skip_at)
{
	size_t word = below(w, size / 4) * 4;
	uint32_t value = odd_number(w);

	if (word == skip_at || word == skip_at + 4)
		return;
	memcpy((char *)arg + word, &value, sizeof(value));
}

static int call(struct worker *w, int fd, unsigned long number, void *arg)
{
	size_t size = _IOC_SIZE(number);

	if (one_in(w, 60))
		number = resized(number, below(w, 2 * size));
	return op(fd, number, arg);
}

/* ---- messages ---- */

static __u64 fill_iov(struct worker *w, struct ipcx_iovec *iov)
{
	unsigned int n = below(w, 12), i;

	for (i = 0; i < n; i++) {
		iov[i].base = somewhere(w);
		iov[i].len = one_in(w, 30) ? odd_number(w) : below(w, 200);
	}
	return n;
}

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
	const char *name = w->names + UNIQUE_NAME_SIZE * below(w, NAMES);
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
	const char *name = w->names + UNIQUE_NAME_SIZE * below(w, NAMES);
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

/* What no operation may answer here, whatever it was asked. */
static bool is_known(int error)
{
	static const int known[] = {
		0, EINVAL, EFAULT, E2BIG, ENOTTY, EBADF, EAGAIN, EINTR, EMSGSIZE,
		ETIMEDOUT, EEXIST, ENOENT, EACCES, ENAMETOOLONG, EDQUOT, ENOMEM, EBUSY,
		EPROTOTYPE, EMFILE,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(known); i++)
		if (error == known[i])
			return true;
	return false;
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

static void nothing(int signo)
{
	(void)signo;
}

static int work(void *arg)
{
	/* A call that waits is interrupted, sooner or later. */
	struct itimerval tick = { { 0, 3000 }, { 0, 3000 } };
	struct sigaction action = { .sa_handler = nothing };
	struct worker *w = arg;
	long i;

	sigaction(SIGALRM, &action, NULL);
	sigaction(SIGUSR1, &action, NULL);
	setitimer(ITIMER_REAL, &tick, NULL);
	for (i = 0; i < w->rounds; i++) {
		int ret = one_round(w);

		if (ret >= 0 || is_known(-ret))
			continue;
		fprintf(stderr, "# round %ld: %s\n", i, strerror(-ret));
		return 1;
	}
	return 0;
}

/* ---- the test ---- */

static void make_names(struct __test_metadata *_metadata, struct worker *w)
{
	size_t i;

	w->names = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, w->names);
	for (i = 0; i < NAMES; i++)
		unique_name(w->names + i * UNIQUE_NAME_SIZE, "fuzz");
	mprotect(w->names, 4096, PROT_READ);
}

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

/* A name whose length was spoiled is one, too. */
static void unlink_all(int control)
{
	struct ipcx_stat stat;
	struct ipcx_list list = {
		.entries = addr(&stat), .count = 1, .entry_size = sizeof(stat),
	};

	while (op(control, IPCX_LIST, &list) > 0)
		if (stat.name_len)
			unlink_name(stat.name);
}

TEST(random_operations)
{
	struct worker w = { .rounds = scaled(15000, 3000000) };
	uint64_t seed = test_seed();
	pid_t pids[WORKERS];
	size_t i;

	w.control = open_control();
	ASSERT_LE(0, w.control);
	w.event = eventfd(0, EFD_NONBLOCK);
	w.guard = guard_page();
	w.arena = mmap(NULL, sizeof(*w.arena), PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, w.arena);
	make_names(_metadata, &w);
	for (i = 0; i < QUEUES; i++) {
		/* The first ones are shared by all, until replaced. */
		w.fds[i] = small_queue(5 + 10 * i);
		ASSERT_LE(0, w.fds[i]);
	}
	for (i = 0; i < WORKERS; i++) {
		w.state = seed + i;
		pids[i] = spawn(work, &w);
	}
	for (i = 0; i < WORKERS; i++)
		EXPECT_EQ(0, reap(pids[i]));
	for (i = 0; i < QUEUES; i++) {
		expect_working(_metadata, w.fds[i]);
		close(w.fds[i]);
	}
	unlink_all(w.control);
	close(w.event);
	close(w.control);
}

TEST_HARNESS_MAIN
