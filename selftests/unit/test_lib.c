// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What of libipcx needs no device. Its sources are compiled in, with the sanitizers,
 * and all of them: the archive is one object, whose functions would be here twice.
 */
#include "unit.h"

#include "../../lib/src/common.c"
#include "../../lib/src/dev.c"
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

	UNIT_CHECK(recv_opts.sz == sizeof(struct ipcx_recv_opts));
	UNIT_CHECK(!recv_opts.flags && !recv_opts.match && !recv_opts.deadline_ns);
	UNIT_CHECK(queue_opts.sz == sizeof(struct ipcx_queue_opts));
	UNIT_CHECK(!queue_opts.mode && !queue_opts.max_bytes);
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

static void test_no_device(void)
{
	struct ipcx_dev *dev = (void *)1;
	struct ipcx_queue *q = (void *)1;
	IPCX_OPTS(ipcx_dev_opts, opts);

	opts.path = "/dev/null";
	UNIT_CHECK(ipcx_dev_open(&dev, &opts) == -ENOTTY && !dev);
	opts.path = "/nonexistent/ipcx";
	UNIT_CHECK(ipcx_dev_open(&dev, &opts) == -ENOENT && !dev);
	opts.sz = 1;
	UNIT_CHECK(ipcx_dev_open(&dev, &opts) == -EINVAL && !dev);
	UNIT_CHECK(ipcx_queue_from_fd(&q, 0x7fffffff) == -EBADF && !q);
	ipcx_dev_close(NULL);
	ipcx_queue_close(NULL);
	ipcx_iter_free(NULL);
	unit_ok("what is no device is refused, nothing leaks");
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
	test_version();
	return 0;
}
