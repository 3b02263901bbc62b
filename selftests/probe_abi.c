// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The shape of /dev/ipcx_probe: who may open it, sizes, unknown flags, addresses, what it tells
 * of each primitive, and that debugfs tells the same.
 */
#include "probe.h"

#include <linux/capability.h>

#define DEBUGFS		"/sys/kernel/debug/ipcx_probe/primitives"

#ifndef CAP_PERFMON
#define CAP_PERFMON	38
#endif

FIXTURE(abi) {
	int fd;
};

FIXTURE_SETUP(abi)
{
	self->fd = probe_device();
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(abi)
{
	close(self->fd);
}

/* ---- who ---- */

static int open_without(int first, int second)
{
	int fd;

	MUST_BE(0, drop_capability(first));
	fd = probe_device();
	MUST(fd >= 0);
	close(fd);
	MUST_BE(0, drop_capability(second));
	MUST_BE(-EPERM, probe_device());
	return 0;
}

static int open_with_perfmon(void *arg __attribute__((unused)))
{
	return open_without(CAP_SYS_ADMIN, CAP_PERFMON);
}

static int open_with_sys_admin(void *arg __attribute__((unused)))
{
	return open_without(CAP_PERFMON, CAP_SYS_ADMIN);
}

static int open_as_user(void *arg __attribute__((unused)))
{
	MUST_BE(0, become(UID_A));
	MUST_BE(-EACCES, probe_device());
	return 0;
}

/* Root of a user namespace is nobody here. */
static int open_in_userns(void *arg __attribute__((unused)))
{
	MUST_BE(0, enter_userns(0, 0, 1));
	MUST_BE(-EPERM, probe_device());
	return 0;
}

TEST_F(abi, who)
{
	struct stat st;

	EXPECT_EQ(0, in_child(open_with_perfmon, NULL));
	EXPECT_EQ(0, in_child(open_with_sys_admin, NULL));
	EXPECT_EQ(0, in_child(open_as_user, NULL));
	EXPECT_EQ(0, in_child(open_in_userns, NULL));
	ASSERT_EQ(0, stat(PROBE_DEVICE, &st));
	EXPECT_EQ(S_IFCHR | 0600, st.st_mode);
}

/* ---- operations ---- */

TEST_F(abi, unknown_operations)
{
	char arg[128] = { 0 };

	EXPECT_EQ(-ENOTTY, op(self->fd, _IO(IPCX_PROBE_IOC_MAGIC, 0x5f), arg));
	EXPECT_EQ(-ENOTTY, op(self->fd, _IO(IPCX_PROBE_IOC_MAGIC, 0x63), arg));
	EXPECT_EQ(-ENOTTY, op(self->fd, _IOR(IPCX_PROBE_IOC_MAGIC, 0x60, __u64), arg));
	EXPECT_EQ(-ENOTTY, op(self->fd, _IOW(0xB8, 0x60, __u64), arg));
	EXPECT_EQ(-ENOTTY, op(self->fd, resized(IPCX_PROBE_ALL, 8), arg));
	EXPECT_EQ(-ENOTTY, op(self->fd, IPCX_INFO, arg));
}

TEST_F(abi, follow)
{
	struct {
		struct ipcx_probe_follow req;
		__u64 more;
	} longer = { .req.pid = getpid() };
	struct ipcx_probe_follow *req = &longer.req;
	unsigned long resized_op = resized(IPCX_PROBE_FOLLOW, sizeof(longer));

	ASSERT_EQ(0, op(self->fd, IPCX_PROBE_FOLLOW, req));
	ASSERT_EQ(0, op(self->fd, resized_op, &longer));
	longer.more = 1;
	EXPECT_EQ(-E2BIG, op(self->fd, resized_op, &longer));
	EXPECT_EQ(-E2BIG, op(self->fd, resized(IPCX_PROBE_FOLLOW, 8192), (char *)guard_page() - 8192));
	EXPECT_EQ(-EINVAL, op(self->fd, resized(IPCX_PROBE_FOLLOW, 4), req));
	EXPECT_EQ(-EFAULT, op(self->fd, IPCX_PROBE_FOLLOW, guard_page()));
	req->flags = 2;
	EXPECT_EQ(-EINVAL, op(self->fd, IPCX_PROBE_FOLLOW, req));
	req->flags = IPCX_PROBE_CHILDREN;
	EXPECT_EQ(0, op(self->fd, IPCX_PROBE_FOLLOW, req));
}

static int exit_at_once(void *arg __attribute__((unused)))
{
	return 0;
}

TEST_F(abi, nobody_to_follow)
{
	pid_t pid = spawn(exit_at_once, NULL);

	ASSERT_EQ(0, reap(pid));
	EXPECT_EQ(-ESRCH, probe_follow(self->fd, pid, 0));
	EXPECT_EQ(-ESRCH, probe_follow(self->fd, 0, 0));
	EXPECT_EQ(-ESRCH, probe_follow(self->fd, -1, 0));
}

/* ---- IPCX_PROBE_STAT ---- */

TEST_F(abi, stat_sizes)
{
	struct {
		struct ipcx_probe_stat stat;
		__u64 more;
	} longer = { 0 };
	unsigned long resized_op = resized(IPCX_PROBE_STAT, sizeof(longer));

	ASSERT_EQ(0, op(self->fd, resized_op, &longer));
	EXPECT_LT(0, longer.stat.total);
	EXPECT_EQ(0, longer.stat.count);
	longer.more = 1;
	EXPECT_EQ(-E2BIG, op(self->fd, resized_op, &longer));
	EXPECT_EQ(-EINVAL, op(self->fd, resized(IPCX_PROBE_STAT, 32), &longer));
	longer.stat.flags = 1;
	EXPECT_EQ(-EINVAL, op(self->fd, IPCX_PROBE_STAT, &longer));
	EXPECT_EQ(-EFAULT, op(self->fd, IPCX_PROBE_STAT, guard_page()));
}

TEST_F(abi, stat_elements)
{
	/* Longer than the module knows: the rest is cleared. */
	static struct {
		struct ipcx_probe_primitive p;
		__u64 more;
	} list[PROBE_ROOM];
	struct ipcx_probe_stat st = {
		.primitives = addr(list), .count = 2, .primitive_size = sizeof(list[0]),
	};

	memset(list, 0xff, sizeof(list));
	ASSERT_EQ(0, op(self->fd, IPCX_PROBE_STAT, &st));
	EXPECT_EQ(2, st.count);
	EXPECT_STREQ("_copy_from_user", list[0].p.name);
	EXPECT_STREQ("_copy_to_user", list[1].p.name);
	EXPECT_EQ(IPCX_PROBE_FROM_USER, list[0].p.dir);
	EXPECT_EQ(IPCX_PROBE_TO_USER, list[1].p.dir);
	EXPECT_EQ(0, list[1].more);
	EXPECT_EQ(~0ULL, list[2].more);
	st.count = PROBE_ROOM;
	ASSERT_EQ(0, op(self->fd, IPCX_PROBE_STAT, &st));
	EXPECT_EQ(st.total, st.count);
	st.primitive_size = sizeof(list[0].p) - 1;
	EXPECT_EQ(-EINVAL, op(self->fd, IPCX_PROBE_STAT, &st));
	st.primitive_size = 4097;
	EXPECT_EQ(-E2BIG, op(self->fd, IPCX_PROBE_STAT, &st));
	st.primitive_size = sizeof(list[0].p);
	st.primitives = addr((char *)guard_page() - sizeof(list[0].p));
	EXPECT_EQ(-EFAULT, op(self->fd, IPCX_PROBE_STAT, &st));
}

/* Of each the kernel has it or not, and says so whether or not somebody listens. */
TEST_F(abi, primitives)
{
	static const char *const everywhere[] = {
		"_copy_from_user", "_copy_to_user", "_copy_from_iter", "_copy_to_iter",
		"copy_page_from_iter", "copy_page_to_iter",
	};
	struct probe_info info, listening;
	struct tracing t;
	__u32 i, lacking = 0;

	ASSERT_EQ(0, probe_stat_of(self->fd, &info));
	EXPECT_EQ(0, info.stat.armed);
	ASSERT_EQ(0, probe_open(&t, 0));
	ASSERT_EQ(0, probe_stat_of(self->fd, &listening));
	probe_close(&t);
	for (i = 0; i < info.stat.count; i++) {
		const struct ipcx_probe_primitive *p = &info.primitives[i];
		const struct ipcx_probe_primitive *l = &listening.primitives[i];

		EXPECT_EQ(0, p->armed);
		EXPECT_EQ(p->error, l->error);
		EXPECT_EQ(!l->error, l->armed);
		EXPECT_TRUE(p->error == 0 || p->error == ENOENT);
		lacking += p->error == ENOENT;
	}
	/* None has all: some came when others went. Each is skipped, the rest work. */
	EXPECT_LT(0, lacking);
	EXPECT_EQ(info.stat.total - lacking, listening.stat.armed);
	for (i = 0; i < ARRAY_SIZE(everywhere); i++) {
		const struct ipcx_probe_primitive *p = probe_find(&info, everywhere[i]);

		ASSERT_NE(NULL, p);
		EXPECT_EQ(0, p->error) {
			TH_LOG("%s: %u", p->name, p->error);
		}
	}
}

/* The tracepoint prints names of its own: they are those of the table, in its order. */
TEST_F(abi, names_in_the_format)
{
	struct probe_info info;
	char format[8192], pair[64];
	const char *at = format;
	__u32 i;

	ASSERT_EQ(0, probe_stat_of(self->fd, &info));
	ASSERT_LT(0, read_file(TRACEFS PROBE_EVENT "format", format, sizeof(format)));
	for (i = 0; i < info.stat.count; i++) {
		snprintf(pair, sizeof(pair), "{ %u, \"%s\" }", i, info.primitives[i].name);
		at = strstr(at, pair);
		ASSERT_NE(NULL, at) {
			TH_LOG("no %s", pair);
		}
	}
	EXPECT_EQ(NULL, strstr(at + 1, "{ "));
}

/* What is counted is what is told. */
TEST_F(abi, hits)
{
	struct probe_match to = probe_to(0, NULL, SIZE_MAX), from = probe_from(0, NULL, SIZE_MAX);
	struct probe_info before, after;
	struct tracing t;
	int told;

	ASSERT_EQ(0, probe_follow(self->fd, getpid(), 0));
	ASSERT_EQ(0, probe_open(&t, 0));
	ASSERT_EQ(0, probe_record(&t));
	ASSERT_EQ(0, probe_stat_of(self->fd, &before));
	ASSERT_EQ(0, probe_stat_of(self->fd, &after));
	ASSERT_EQ(0, tracing_write(&t, "tracing_on", "0"));
	told = probe_copies(&t, to) + probe_copies(&t, from);
	probe_close(&t);
	/*
	 * One look makes a copy for each primitive and two for itself, each counted once it is
	 * made: the second look has seen all of the first but what that had seen itself. In the
	 * buffer are both, and the writes to the buffer's files before and after.
	 */
	EXPECT_EQ(before.stat.total + 2, after.stat.hits - before.stat.hits);
	EXPECT_EQ(2 * (before.stat.total + 2) + 1, told);
}

static bool same_line(char *line, const struct ipcx_probe_primitive *p)
{
	char name[IPCX_PROBE_NAME_MAX], dir[8];
	unsigned int armed, error;
	unsigned long long hits, missed;

	return sscanf(line, "%31s %7s %u %u %llu %llu", name, dir, &armed, &error, &hits,
		      &missed) == 6 &&
	       strcmp(name, p->name) == 0 && strcmp(dir, p->dir ? "to" : "from") == 0 &&
	       armed == p->armed && error == p->error && hits == p->hits && missed == p->missed;
}

TEST_F(abi, debugfs)
{
	struct probe_info info;
	char line[256];
	size_t width = 0;
	__u32 n = 0;
	FILE *file;

	ASSERT_EQ(0, probe_stat_of(self->fd, &info));
	file = fopen(DEBUGFS, "re");
	ASSERT_NE(NULL, file);
	ASSERT_NE(NULL, fgets(line, sizeof(line), file));
	EXPECT_STREQ("# files 1 followed 0 children_lost 0\n", line);
	while (fgets(line, sizeof(line), file)) {
		EXPECT_TRUE(!width || width == strlen(line));
		width = strlen(line);
		if (line[0] == '#')
			continue;
		ASSERT_LT(n, info.stat.count);
		EXPECT_TRUE(same_line(line, &info.primitives[n++])) {
			TH_LOG("%s", line);
		}
	}
	fclose(file);
	EXPECT_EQ(info.stat.total, n);
}

/* ---- parameters ---- */

TEST(instances)
{
	static const char *const bad[] = { "instances=0", "instances=65537", "instances=x" };
	size_t i;

	ASSERT_EQ(0, probe_unload());
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_NE(0, probe_load(bad[i]));
	EXPECT_EQ(0, probe_load("instances=65536"));
	EXPECT_EQ(0, probe_unload());
	ASSERT_EQ(0, probe_load(""));
}

PROBE_HARNESS_MAIN(false)
