// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What of libipcx needs no device. Its sources are compiled in, with the sanitizers,
 * and all of them: the archive is one object, whose functions would be here twice.
 */
#include "unit.h"

#include "../../lib/src/common.c"
#include "../../lib/src/dev.c"
#include "../../lib/src/mbox.c"
#include "../../lib/src/mbox_call.c"
#include "../../lib/src/mbox_link.c"
#include "../../lib/src/opts.c"
#include "../../lib/src/queue.c"
#include "../../lib/src/iter.c"

/* An option structure as the library knows it, and one of a later release. */
struct known {
	size_t sz;
	uint64_t first;
	uint64_t second;
};

struct later {
	struct known known;
	uint64_t third;
};

#define MIN offsetofend(struct known, first)

static void test_opts_absent(void)
{
	struct known o;

	memset(&o, 0xff, sizeof(o));
	UNIT_CHECK(ipcx_opts_get(&o, sizeof(o), MIN, NULL) == 0);
	UNIT_CHECK(o.first == 0 && o.second == 0);
	unit_ok("no options are all defaults");
}

static void test_opts_older(void)
{
	/* exactly as long as it says, so that the sanitizer sees one byte more */
	struct known given = { .sz = MIN, .first = 7 }, o;
	void *old = malloc(MIN);

	memcpy(old, &given, MIN);
	UNIT_CHECK(ipcx_opts_get(&o, sizeof(o), MIN, old) == 0);
	UNIT_CHECK(o.first == 7 && o.second == 0);
	free(old);
	unit_ok("options of an older program: absent fields are defaults");
}

static void test_opts_short(void)
{
	struct known given = { .first = 7 }, o;

	for (given.sz = 0; given.sz < MIN; given.sz++)
		UNIT_CHECK(ipcx_opts_get(&o, sizeof(o), MIN, &given) == -EINVAL);
	UNIT_CHECK(given.sz == MIN);
	UNIT_CHECK(ipcx_opts_get(&o, sizeof(o), MIN, &given) == 0);
	unit_ok("options shorter than the first version are refused");
}

static void test_opts_newer(void)
{
	struct later given = { .known = { sizeof(given), 7, 8 } };
	struct known o;

	UNIT_CHECK(ipcx_opts_get(&o, sizeof(o), MIN, &given) == 0);
	UNIT_CHECK(o.first == 7 && o.second == 8);
	for (size_t i = 0; i < sizeof(given.third); i++) {
		given.third = 1ULL << 8 * i;
		UNIT_CHECK(ipcx_opts_get(&o, sizeof(o), MIN, &given) == -E2BIG);
	}
	unit_ok("options of a newer program: unknown fields have to be zero");
}

static void test_opts_macro(void)
{
	IPCX_OPTS(ipcx_recv_opts, recv_opts);
	IPCX_OPTS(ipcx_queue_opts, queue_opts);
	IPCX_OPTS(ipcx_mbox_opts, mbox_opts);
	IPCX_OPTS(ipcx_mbox_send_opts, send_opts);

	UNIT_CHECK(recv_opts.sz == sizeof(struct ipcx_recv_opts));
	UNIT_CHECK(!recv_opts.flags && !recv_opts.match && !recv_opts.deadline_ns);
	UNIT_CHECK(queue_opts.sz == sizeof(struct ipcx_queue_opts));
	UNIT_CHECK(!queue_opts.mode && !queue_opts.max_bytes);
	UNIT_CHECK(mbox_opts.sz == sizeof(struct ipcx_mbox_opts));
	UNIT_CHECK(!mbox_opts.mode && !mbox_opts.flags && !mbox_opts.max_bytes);
	UNIT_CHECK(!mbox_opts.spin_ns && !mbox_opts.reserved);
	UNIT_CHECK(send_opts.sz == sizeof(struct ipcx_mbox_send_opts));
	UNIT_CHECK(!send_opts.flags && !send_opts.deadline_ns && !send_opts.from);
	unit_ok("IPCX_OPTS() sets the size and nothing else");
}

static int64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static void test_deadline(void)
{
	static const clockid_t clocks[] = { CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_REALTIME };

	for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
		int64_t before = now_ns(clocks[i]);
		int64_t deadline = ipcx_deadline_after(clocks[i], 5000);
		int64_t after = now_ns(clocks[i]);

		UNIT_CHECK(deadline >= before + 5000 && deadline <= after + 5000);
		UNIT_CHECK(ipcx_deadline_after(clocks[i], INT64_MAX) == INT64_MAX);
		UNIT_CHECK(ipcx_deadline_after(clocks[i], 0) > 0);
		UNIT_CHECK(ipcx_deadline_after(clocks[i], -1) == -EINVAL);
	}
	UNIT_CHECK(ipcx_deadline_after(CLOCK_PROCESS_CPUTIME_ID, 1) == -EINVAL);
	UNIT_CHECK(ipcx_deadline_after(-1, 1) == -EINVAL);
	unit_ok("deadlines: three clocks, no overflow");
}

#define NO_FD 0x7fffffff

static void test_no_device(void)
{
	struct ipcx_dev *dev = (void *)1;
	struct ipcx_queue *q = (void *)1;
	struct ipcx_mbox *m = (void *)1;
	IPCX_OPTS(ipcx_dev_opts, opts);

	opts.path = "/dev/null";
	UNIT_CHECK(ipcx_dev_open(&dev, &opts) == -ENOTTY && !dev);
	opts.path = "/nonexistent/ipcx";
	UNIT_CHECK(ipcx_dev_open(&dev, &opts) == -ENOENT && !dev);
	opts.sz = 1;
	UNIT_CHECK(ipcx_dev_open(&dev, &opts) == -EINVAL && !dev);
	UNIT_CHECK(ipcx_queue_from_fd(&q, NO_FD) == -EBADF && !q);
	UNIT_CHECK(ipcx_mbox_from_fd(&m, NO_FD) == -EBADF && !m);
	ipcx_dev_close(NULL);
	ipcx_queue_close(NULL);
	ipcx_mbox_close(NULL);
	ipcx_iter_free(NULL);
	unit_ok("what is no device is refused, nothing leaks");
}

static void test_mbox_describe(void)
{
	struct ipcx_iovec iov;
	struct ipcx_mbox_recv mail;
	struct ipcx_mbox_msg msg;

	memset(&msg, 0xff, sizeof(msg));
	ipcx_mbox_msg_init(&msg, &iov, 3, 4, 5);
	UNIT_CHECK(msg.buf == (uintptr_t)&iov && msg.len == 3 && !msg.flags);
	UNIT_CHECK(msg.type == 4 && msg.cookie == 5 && !msg.priority);
	UNIT_CHECK(!msg.fds && !msg.fd_count && !msg.reserved);
	ipcx_mbox_msg_init_iov(&msg, &iov, 1, 6, 7);
	UNIT_CHECK(msg.buf == (uintptr_t)&iov && msg.len == 1 && msg.flags == IPCX_MSG_IOV);
	UNIT_CHECK(msg.type == 6 && msg.cookie == 7);

	memset(&mail, 0xff, sizeof(mail));
	ipcx_mbox_recv_init(&mail, &iov, 3);
	UNIT_CHECK(mail.buf == (uintptr_t)&iov && mail.len == 3 && !mail.flags);
	UNIT_CHECK(!mail.fds && !mail.fd_room);
	/* What a server still has to answer. */
	UNIT_CHECK(mail.token == UINT64_MAX);
	ipcx_mbox_recv_init_iov(&mail, &iov, 1);
	UNIT_CHECK(mail.buf == (uintptr_t)&iov && mail.len == 1 && mail.flags == IPCX_MSG_IOV);
	UNIT_CHECK(!mail.fds && !mail.fd_room);
	unit_ok("descriptions of messages and of room have all that the kernel reads");
}

static void test_mbox_describe_files(void)
{
	struct ipcx_mbox_recv mail;
	struct ipcx_mbox_msg msg;
	struct ipcx_iovec iov;
	int fds[2];

	ipcx_mbox_msg_init(&msg, NULL, 0, 0, 0);
	ipcx_mbox_msg_set_fds(&msg, fds, 2);
	UNIT_CHECK(msg.fds == (uintptr_t)fds && msg.fd_count == 2);
	/* None is none, whatever the array. */
	ipcx_mbox_msg_set_fds(&msg, fds, 0);
	UNIT_CHECK(!msg.fds && !msg.fd_count);

	ipcx_mbox_recv_init_iov(&mail, &iov, 1);
	ipcx_mbox_recv_set_fds(&mail, fds, 2);
	UNIT_CHECK(mail.flags == (IPCX_MSG_IOV | IPCX_MSG_CLOEXEC));
	UNIT_CHECK(mail.fds == (uintptr_t)fds && mail.fd_room == 2);
	ipcx_mbox_recv_set_fds(&mail, fds, 0);
	UNIT_CHECK(!mail.fds && !mail.fd_room);
	unit_ok("files are described beside the payload");
}

/* An operation that is refused as a whole leaves its arguments as they were. */
static void test_mbox_refused(void)
{
	IPCX_OPTS(ipcx_mbox_send_opts, opts);
	struct ipcx_dev dev = { .fd = NO_FD };
	struct ipcx_mbox m = { .fd = NO_FD };
	struct ipcx_mbox_recv mail;
	struct ipcx_mbox_msg msg;
	struct ipcx_mbox *new = (void *)1;
	char buf[8];
	int fd;

	ipcx_mbox_msg_init(&msg, buf, sizeof(buf), 0, 0);
	ipcx_mbox_recv_init(&mail, buf, sizeof(buf));
	ipcx_mbox_recv_set_fds(&mail, &fd, 1);
	UNIT_CHECK(ipcx_mbox_create(&new, &dev, NULL, 0, NULL) == -EBADF && !new);
	UNIT_CHECK(ipcx_mbox_send_to_port(&dev, 1, &msg, 1, &opts) == -EBADF);
	UNIT_CHECK(ipcx_mbox_call_name(&dev, "/x", &msg, &mail, &opts) == -EBADF);
	UNIT_CHECK(mail.len == sizeof(buf));
	UNIT_CHECK(ipcx_mbox_call(&m, buf, 1, buf, 1) == -EBADF);
	opts.sz--;
	UNIT_CHECK(ipcx_mbox_send_msgs(&m, &msg, 1, &opts) == -EINVAL);
	UNIT_CHECK(ipcx_mbox_call_msg(&m, &msg, &mail, &opts) == -EINVAL);
	UNIT_CHECK(ipcx_mbox_reply_recv(&m, 7, &msg, &mail, NULL) == -EBADF);
	UNIT_CHECK(mail.token == 7 && mail.len == sizeof(buf));
	UNIT_CHECK(mail.fds == (uintptr_t)&fd && mail.fd_room == 1);
	unit_ok("refused: arguments unchanged, the token still to be answered");
}

static void test_mbox_links_refused(void)
{
	struct ipcx_dev dev = { .fd = NO_FD };
	struct ipcx_mbox m = { .fd = NO_FD };
	struct ipcx_mbox *right = (void *)1;
	uint64_t lost = 7;

	UNIT_CHECK(ipcx_mbox_grant(&right, &m, IPCX_OPEN_WRITE) == -EBADF && !right);
	UNIT_CHECK(ipcx_mbox_token_fd(&m, 1) == -EBADF);
	UNIT_CHECK(ipcx_token_reply(NO_FD, NULL, 0) == -EBADF);
	UNIT_CHECK(ipcx_token_discard(NO_FD) == -EBADF);
	UNIT_CHECK(ipcx_mbox_watch(&m, &m, 1) == -EBADF);
	UNIT_CHECK(ipcx_mbox_watch_name(&dev, "/x", &m, 1) == -EBADF);
	UNIT_CHECK(ipcx_mbox_unwatch(&m, 1) == -EBADF);
	UNIT_CHECK(ipcx_mbox_subscribe(&m, &m, 0) == -EBADF);
	UNIT_CHECK(ipcx_mbox_subscribe_port(&dev, 1, &m, 0) == -EBADF);
	UNIT_CHECK(ipcx_mbox_unsubscribe(&m, 1, &lost) == -EBADF && lost == 7);
	UNIT_CHECK(ipcx_mbox_expel(&m, 1, NULL) == -EBADF);
	unit_ok("refused: what ties mailboxes");
}

static void test_version(void)
{
	char expected[32];

	snprintf(expected, sizeof(expected), "%d.%d.%d", IPCX_VERSION_MAJOR,
		 IPCX_VERSION_MINOR, IPCX_VERSION_PATCH);
	UNIT_CHECK(!strcmp(ipcx_version(), expected));
	unit_ok("the version is the header's");
}

int main(void)
{
	test_opts_absent();
	test_opts_older();
	test_opts_short();
	test_opts_newer();
	test_opts_macro();
	test_deadline();
	test_no_device();
	test_mbox_describe();
	test_mbox_describe_files();
	test_mbox_refused();
	test_mbox_links_refused();
	test_version();
	return 0;
}
