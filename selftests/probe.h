/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests of ipcx_probe.ko share: a listener of the test's own (a trace buffer), the
 * events in it, the device, and the module. As in common.h: -errno, and no checks.
 */
#ifndef IPCX_SELFTESTS_PROBE_H
#define IPCX_SELFTESTS_PROBE_H

#include "common.h"
#include "module.h"
#include "tracing.h"

#include <linux/ipcx_probe.h>
#include <sys/syscall.h>

#define PROBE_DEVICE	"/dev/ipcx_probe"
#define PROBE_EVENT	"events/ipcx_probe/ipcx_probe_copy/"
#define PROBE_LIST	"/sys/kernel/debug/kprobes/list"
#define PROBE_ROOM	64

/* ---- the listener ---- */

/* One copy, as it was told. */
struct probe_event {
	int pid;
	char primitive[IPCX_PROBE_NAME_MAX];
	bool to;
	unsigned long long addr, asked, copied, start, ns;
};

static inline int probe_listen(const struct tracing *t, bool on)
{
	return tracing_write(t, PROBE_EVENT "enable", on ? "1" : "0");
}

/*
 * One trace buffer for all tests of a program: to make one and to set the probes takes seconds
 * on a kernel with all checks. @owner: the program's first process; @always: it listens from
 * beginning to end; else each test does.
 */
static struct {
	struct tracing t;
	pid_t owner;
	bool always;
} probe_shared;

/*
 * Takes the trace buffer, forgets what was in it, and listens: from probe_record() on it
 * records what is told of @pid, or of everybody if 0.
 */
static inline int probe_open(struct tracing *t, pid_t pid)
{
	char filter[64] = "0";
	int ret;

	*t = probe_shared.t;
	if (pid)
		snprintf(filter, sizeof(filter), "common_pid == %d", (int)pid);
	ret = tracing_write(t, "tracing_on", "0");
	if (ret == 0)
		ret = tracing_write(t, PROBE_EVENT "filter", filter);
	return ret ?: probe_listen(t, true);
}

static inline void probe_close(const struct tracing *t)
{
	tracing_write(t, "tracing_on", "0");
	if (!probe_shared.always)
		probe_listen(t, false);
}

static inline void probe_end(void)
{
	/* Not when a child of main() ends. */
	if (probe_shared.owner != getpid())
		return;
	probe_listen(&probe_shared.t, false);
	tracing_close(&probe_shared.t);
}

static inline int probe_begin(bool always)
{
	int ret = tracing_open(&probe_shared.t);

	probe_shared.owner = getpid();
	probe_shared.always = always;
	/* The harness ends by exit(). */
	atexit(probe_end);
	if (ret == 0 && always)
		ret = probe_listen(&probe_shared.t, true);
	if (ret)
		fprintf(stderr, "# no trace buffer that listens: %s\n", strerror(-ret));
	return ret;
}

/* Instead of TEST_HARNESS_MAIN. */
#define PROBE_HARNESS_MAIN(always)						\
	int main(int argc, char **argv)						\
	{									\
		return probe_begin(always) ? KSFT_FAIL : test_harness_run(argc, argv); \
	}

/* From here to probe_pause() is recorded: the looking itself copies, too. */
static inline int probe_record(const struct tracing *t)
{
	int ret = tracing_clear(t);

	return ret ?: tracing_write(t, "tracing_on", "1");
}

static inline int probe_pause(const struct tracing *t)
{
	return tracing_write(t, "tracing_on", "0");
}

static inline bool probe_parse(const char *line, struct probe_event *e)
{
	const char *cpu = strstr(line, " ["), *at = strstr(line, ": ipcx_probe_copy: ");
	const char *pid = cpu;
	char dir[8];

	if (!cpu || !at || cpu > at)
		return false;
	while (pid > line && pid[-1] != '-')
		pid--;
	e->pid = atoi(pid);
	if (sscanf(at, ": ipcx_probe_copy: primitive=%31s dir=%7s addr=%llx asked=%llu copied=%llu start=%llu ns=%llu",
		   e->primitive, dir, &e->addr, &e->asked, &e->copied, &e->start, &e->ns) != 7)
		return false;
	e->to = strcmp(dir, "to") == 0;
	return e->to || strcmp(dir, "from") == 0;
}

/* Which events: of @pid (0: any), in a direction, that begin in a range of addresses. */
struct probe_match {
	pid_t pid;
	bool to;
	const void *buf;
	size_t len;
};

static inline bool probe_matches(const struct probe_match *m, const struct probe_event *e)
{
	return (!m->pid || m->pid == e->pid) && m->to == e->to &&
	       e->addr >= addr(m->buf) && e->addr < addr(m->buf) + m->len;
}

/* What matched. */
struct probe_sum {
	int count;
	unsigned long long asked, copied;
	struct probe_event first, last;
};

static inline int probe_count(const struct tracing *t, const struct probe_match *m,
			      struct probe_sum *sum)
{
	char path[192], line[1024];
	struct probe_event e;
	FILE *file;

	memset(sum, 0, sizeof(*sum));
	snprintf(path, sizeof(path), "%s/trace", t->path);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file)) {
		if (!probe_parse(line, &e) || !probe_matches(m, &e))
			continue;
		if (sum->count++ == 0)
			sum->first = e;
		sum->last = e;
		sum->asked += e.asked;
		sum->copied += e.copied;
	}
	fclose(file);
	return 0;
}

static inline struct probe_match probe_from(pid_t pid, const void *buf, size_t len)
{
	return (struct probe_match) { .pid = pid, .buf = buf, .len = len };
}

static inline struct probe_match probe_to(pid_t pid, const void *buf, size_t len)
{
	return (struct probe_match) { .pid = pid, .to = true, .buf = buf, .len = len };
}

/* Bytes that were copied, or -errno. */
static inline long long probe_bytes(const struct tracing *t, struct probe_match m)
{
	struct probe_sum sum;
	int ret = probe_count(t, &m, &sum);

	return ret ?: (long long)sum.copied;
}

/* Number of copies, or -errno. */
static inline int probe_copies(const struct tracing *t, struct probe_match m)
{
	struct probe_sum sum;
	int ret = probe_count(t, &m, &sum);

	return ret ?: sum.count;
}

/* ---- the device ---- */

static inline int probe_device(void)
{
	int fd = open(PROBE_DEVICE, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static inline int probe_follow(int fd, pid_t pid, __u32 flags)
{
	struct ipcx_probe_follow req = { .pid = pid, .flags = flags };

	return op(fd, IPCX_PROBE_FOLLOW, &req);
}

struct probe_info {
	struct ipcx_probe_stat stat;
	struct ipcx_probe_primitive primitives[PROBE_ROOM];
};

static inline int probe_stat_of(int fd, struct probe_info *info)
{
	memset(info, 0, sizeof(*info));
	info->stat.primitives = addr(info->primitives);
	info->stat.primitive_size = sizeof(info->primitives[0]);
	info->stat.count = PROBE_ROOM;
	return op(fd, IPCX_PROBE_STAT, &info->stat);
}

/* By a file that is closed again. */
static inline int probe_stat(struct probe_info *info)
{
	int fd = probe_device(), ret;

	if (fd < 0)
		return fd;
	ret = probe_stat_of(fd, info);
	close(fd);
	return ret;
}

static inline int probe_armed(void)
{
	struct probe_info info;
	int ret = probe_stat(&info);

	return ret ?: (int)info.stat.armed;
}

static inline const struct ipcx_probe_primitive *
probe_find(const struct probe_info *info, const char *name)
{
	__u32 i;

	for (i = 0; i < info->stat.count; i++)
		if (strcmp(info->primitives[i].name, name) == 0)
			return &info->primitives[i];
	return NULL;
}

/* Probes of the whole kernel: ours are the only ones in a test machine. */
static inline int probe_kprobes(void)
{
	char text[16384];
	int ret = read_file(PROBE_LIST, text, sizeof(text)), n = 0;
	const char *at;

	for (at = text; ret > 0 && (at = strchr(at, '\n')); at++)
		n++;
	return ret < 0 ? ret : n;
}

/* ---- the module ---- */

static const struct module probe_module = { "IPCX_PROBE_MODULE", "ipcx_probe" };

static inline int probe_load(const char *parameters)
{
	return module_load(&probe_module, parameters);
}

static inline int probe_unload_now(void)
{
	return module_unload_now(&probe_module);
}

static inline int probe_unload(void)
{
	return module_unload(&probe_module);
}

#endif /* IPCX_SELFTESTS_PROBE_H */
