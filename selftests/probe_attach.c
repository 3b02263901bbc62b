// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Probes come with the first listener and go with the last, however it goes; while there is
 * none, the kernel's code is as it was. The module is not unloaded under a listener that would
 * notice, and safely under one that does not hold it.
 */
#include "kcore.h"
#include "probe.h"

#include <linux/perf_event.h>

#define CODE	64		/* bytes of a function's beginning that are compared */
#define WATCHED	"_copy_from_user"
/* Whether the kernel makes jumps of breakpoints where it can, which it does some time later. */
#define OPTIMIZATION	"/proc/sys/debug/kprobes-optimization"

FIXTURE(attach) {
	struct tracing t;
};

FIXTURE_SETUP(attach)
{
	/* Not by probe_open(), which listens. */
	self->t = probe_shared.t;
}

FIXTURE_TEARDOWN(attach)
{
	probe_close(&self->t);
	EXPECT_EQ(0, write_file(OPTIMIZATION, "1"));
}

/* ---- the kernel's code ---- */

static unsigned long long address_of(const char *symbol)
{
	unsigned long long at, found = 0;
	char line[512], type, name[256];
	FILE *file = fopen("/proc/kallsyms", "re");

	if (!file)
		return 0;
	while (!found && fgets(line, sizeof(line), file))
		if (sscanf(line, "%llx %c %255s", &at, &type, name) == 3 &&
		    strcmp(name, symbol) == 0)
			found = at;
	fclose(file);
	return found;
}

struct code {
	unsigned long long at;
	char then[CODE];
};

/* The kernel puts an optimized probe's place back by a worker. */
static bool is_as_it_was(void *arg)
{
	struct code *code = arg;
	char now[CODE];

	return kcore_read(code->at, now, CODE) == 0 && memcmp(now, code->then, CODE) == 0;
}

static bool differs(void *arg)
{
	return !is_as_it_was(arg);
}

/* Loaded, with the device open, and nobody listens: not a byte is another. */
TEST_F(attach, nothing_while_nobody_listens)
{
	struct code code;
	int fd;

	ASSERT_EQ(0, probe_unload());
	code.at = address_of(WATCHED);
	ASSERT_NE(0, code.at);
	ASSERT_EQ(0, kcore_read(code.at, code.then, CODE));
	ASSERT_EQ(0, probe_load(""));
	fd = probe_device();
	ASSERT_EQ(0, op(fd, IPCX_PROBE_ALL, NULL));
	EXPECT_EQ(0, probe_armed());
	EXPECT_EQ(0, probe_kprobes());
	EXPECT_TRUE(is_as_it_was(&code));
	ASSERT_EQ(0, probe_listen(&self->t, true));
	EXPECT_LT(0, probe_armed());
	EXPECT_EQ(probe_armed(), probe_kprobes());
	EXPECT_EQ(0, wait_until(differs, &code));
	ASSERT_EQ(0, probe_listen(&self->t, false));
	EXPECT_EQ(0, probe_armed());
	EXPECT_EQ(0, probe_kprobes());
	EXPECT_EQ(0, wait_until(is_as_it_was, &code));
	close(fd);
}

/* And nothing is counted. */
TEST_F(attach, nothing_is_counted_while_nobody_listens)
{
	struct probe_info before, after;
	int i;

	ASSERT_EQ(0, probe_stat(&before));
	for (i = 0; i < 100; i++)
		ASSERT_EQ(0, probe_stat(&after));
	EXPECT_EQ(before.stat.hits, after.stat.hits);
	EXPECT_EQ(before.stat.missed, after.stat.missed);
}

/* ---- listeners ---- */

/* A listener that is a file descriptor: ends with its process, however that ends. */
static int perf_listen(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr),
		.sample_period = 1, .sample_type = PERF_SAMPLE_RAW,
	};
	char id[32];
	int ret = read_file(TRACEFS PROBE_EVENT "id", id, sizeof(id));

	if (ret < 0)
		return ret;
	attr.config = atoi(id);
	ret = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	return ret < 0 ? -errno : ret;
}

static bool nothing_is_armed(void *arg __attribute__((unused)))
{
	return probe_armed() == 0;
}

static bool something_is_armed(void *arg __attribute__((unused)))
{
	return probe_armed() > 0;
}

TEST_F(attach, two_listeners)
{
	int perf = perf_listen();

	ASSERT_LE(0, perf);
	EXPECT_LT(0, probe_armed());
	ASSERT_EQ(0, probe_listen(&self->t, true));
	EXPECT_EQ(probe_armed(), probe_kprobes());
	close(perf);
	EXPECT_LT(0, probe_armed());
	perf = perf_listen();
	ASSERT_LE(0, perf);
	ASSERT_EQ(0, probe_listen(&self->t, false));
	EXPECT_LT(0, probe_armed());
	close(perf);
	EXPECT_EQ(0, wait_until(nothing_is_armed, NULL));
	EXPECT_EQ(0, probe_kprobes());
}

static int listen_for_ever(void *arg __attribute__((unused)))
{
	MUST(perf_listen() >= 0);
	pause();
	return 1;
}

TEST_F(attach, killed_listener)
{
	pid_t pid = spawn(listen_for_ever, NULL);

	ASSERT_LT(0, pid);
	ASSERT_EQ(0, wait_until(something_is_armed, NULL));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(KILLED_BY(SIGKILL), reap(pid));
	EXPECT_EQ(0, wait_until(nothing_is_armed, NULL));
	EXPECT_EQ(0, probe_kprobes());
}

/* ---- how a probe is called ---- */

/* What is told of so many copies each way, of 64 bytes each. */
static int copy_and_count(const struct tracing *t, int n)
{
	char out[64] = { 0 }, in[64];
	int fd[2], i;

	MUST_BE(0, pipe2(fd, O_CLOEXEC));
	MUST_BE(0, probe_record(t));
	for (i = 0; i < n; i++) {
		MUST_BE(64, write(fd[1], out, 64));
		MUST_BE(64, read(fd[0], in, 64));
	}
	MUST_BE(0, probe_pause(t));
	close(fd[0]);
	close(fd[1]);
	MUST_BE(n, probe_copies(t, probe_from(getpid(), out, 64)));
	MUST_BE(64 * n, probe_bytes(t, probe_from(getpid(), out, 64)));
	MUST_BE(n, probe_copies(t, probe_to(getpid(), in, 64)));
	MUST_BE(64 * n, probe_bytes(t, probe_to(getpid(), in, 64)));
	return 0;
}

/* As x86 begins them. */
#define BREAKPOINT	0xcc
#define JUMP		0xe9

/*
 * How many probes have @mark in their line of the list, and how many of those are where the
 * code now has @byte. -errno.
 */
static int count_probes(const char *mark, unsigned char byte, int *there)
{
	char text[16384], *line, *rest = text;
	int n = 0, ret = read_file(PROBE_LIST, text, sizeof(text));
	unsigned char first;

	*there = 0;
	while (ret > 0 && (line = strsep(&rest, "\n")) && *line) {
		/* Those on functions that have ftrace's hook use that. */
		if (strstr(line, "[FTRACE]") || !strstr(line, mark))
			continue;
		ret = kcore_read(strtoull(line, NULL, 16), &first, 1) ?: 1;
		*there += first == byte;
		n++;
	}
	return ret < 0 ? ret : n;
}

/*
 * The list says that a probe is optimized as soon as it is going to be: so the code is looked
 * at. Functions into which the kernel jumps after a fault are not optimized.
 */
static bool optimized_are_jumps(void *arg __attribute__((unused)))
{
	int there, n = count_probes("[OPTIMIZED]", JUMP, &there);

	return n >= 0 && n == there;
}

/* By a breakpoint, whose handler is like an NMI, and by a jump, which is what it becomes. */
TEST_F(attach, breakpoints_and_jumps)
{
	int n, there;

	ASSERT_EQ(0, write_file(OPTIMIZATION, "0"));
	EXPECT_EQ(0, probe_listen(&self->t, true));
	n = count_probes("", BREAKPOINT, &there);
	EXPECT_LT(0, n);
	EXPECT_EQ(n, there);
	EXPECT_EQ(0, copy_and_count(&self->t, 20));
	ASSERT_EQ(0, write_file(OPTIMIZATION, "1"));
	EXPECT_LT(0, count_probes("[OPTIMIZED]", JUMP, &there));
	EXPECT_EQ(0, wait_until(optimized_are_jumps, NULL));
	EXPECT_EQ(0, copy_and_count(&self->t, 20));
}

/* ---- load ---- */

/*
 * Copies of all kinds of sizes, for ever, each checked. It gives the processor up now and then:
 * before the kernel optimizes a probe it waits until each task has done so.
 */
static int copy_for_ever(void *arg __attribute__((unused)))
{
	static char out[65536], in[65536];
	uint64_t seed = getpid();
	int fd[2];

	MUST_BE(0, pipe(fd));
	for (;;) {
		size_t len = 1 + rnd_below(&seed, sizeof(out));

		memset(out, len, len);
		MUST_BE(len, write(fd[1], out, len));
		MUST_BE(len, read(fd[0], in, len));
		MUST_BE(0, memcmp(in, out, len));
		sched_yield();
	}
}

#define LOADERS	2

static void attach_under_load(struct __test_metadata *_metadata, FIXTURE_DATA(attach) *self,
			      long rounds)
{
	pid_t pid[LOADERS];
	long i;

	for (i = 0; i < LOADERS; i++)
		pid[i] = spawn(copy_for_ever, NULL);
	for (i = 0; i < rounds; i++) {
		ASSERT_EQ(0, probe_listen(&self->t, true));
		ASSERT_EQ(0, probe_listen(&self->t, false));
	}
	EXPECT_EQ(0, probe_armed());
	EXPECT_EQ(0, probe_kprobes());
	for (i = 0; i < LOADERS; i++) {
		kill(pid[i], SIGKILL);
		EXPECT_EQ(KILLED_BY(SIGKILL), reap(pid[i]));
	}
	/* It still works. */
	ASSERT_EQ(0, probe_listen(&self->t, true));
	EXPECT_LT(0, probe_armed());
}

/*
 * As the kernel is: a round takes it a second or two, in which it waits until each task has
 * given up the processor, for a probe may have become a jump.
 */
TEST_F(attach, many_times_under_load)
{
	attach_under_load(_metadata, self, scaled_to_kernel(6, 1000));
}

/* And by breakpoints only, without that wait. */
TEST_F(attach, many_times_by_breakpoints)
{
	ASSERT_EQ(0, write_file(OPTIMIZATION, "0"));
	attach_under_load(_metadata, self, scaled_to_kernel(24, 1000));
}

/* ---- the module ---- */

TEST_F(attach, unload_is_refused)
{
	int fd = probe_device(), perf;

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EWOULDBLOCK, probe_unload_now());
	close(fd);
	perf = perf_listen();
	ASSERT_LE(0, perf);
	EXPECT_EQ(-EWOULDBLOCK, probe_unload_now());
	EXPECT_LT(0, probe_armed());
	close(perf);
	EXPECT_EQ(0, probe_unload());
	EXPECT_EQ(0, probe_load(""));
}

/* An event that is on in tracefs does not hold its module, which is then safe. */
TEST_F(attach, unload_under_tracefs)
{
	pid_t pid = spawn(copy_for_ever, NULL);

	ASSERT_EQ(0, probe_listen(&self->t, true));
	ASSERT_LT(0, probe_armed());
	EXPECT_EQ(0, probe_unload());
	EXPECT_EQ(0, probe_kprobes());
	ASSERT_EQ(0, kill(pid, SIGKILL));
	EXPECT_EQ(KILLED_BY(SIGKILL), reap(pid));
	EXPECT_EQ(0, probe_load(""));
	EXPECT_EQ(0, probe_armed());
}

TEST_F(attach, reload)
{
	long rounds = scaled_to_kernel(6, 100), i;
	pid_t pid = spawn(copy_for_ever, NULL);

	for (i = 0; i < rounds; i++) {
		ASSERT_EQ(0, probe_unload());
		ASSERT_EQ(0, probe_load(""));
		ASSERT_EQ(0, probe_listen(&self->t, true));
		ASSERT_EQ(0, probe_listen(&self->t, false));
	}
	ASSERT_EQ(0, kill(pid, SIGKILL));
	EXPECT_EQ(KILLED_BY(SIGKILL), reap(pid));
}

PROBE_HARNESS_MAIN(false)
