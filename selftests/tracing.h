/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the module's tracepoints tell, in a trace buffer of the test's own. As in
 * common.h: -errno, and no checks.
 */
#ifndef IPCX_SELFTESTS_TRACING_H
#define IPCX_SELFTESTS_TRACING_H

#include "common.h"

#define TRACEFS		"/sys/kernel/tracing/"

struct tracing {
	char path[96];
};

static inline int tracing_write(const struct tracing *t, const char *file, const char *text)
{
	char path[192];

	snprintf(path, sizeof(path), "%s/%s", t->path, file);
	return write_file(path, text);
}

static inline int tracing_enable(const struct tracing *t, const char *event, bool on)
{
	char file[64];

	snprintf(file, sizeof(file), "events/ipcx/%s/enable", event);
	return tracing_write(t, file, on ? "1" : "0");
}

static inline int tracing_open(struct tracing *t)
{
	snprintf(t->path, sizeof(t->path), TRACEFS "instances/ipcx-%d", (int)getpid());
	return mkdir(t->path, 0700) < 0 ? -errno : 0;
}

static inline void tracing_close(const struct tracing *t)
{
	rmdir(t->path);
}

/* Forgets what was recorded. */
static inline int tracing_clear(const struct tracing *t)
{
	char path[192];
	int fd;

	snprintf(path, sizeof(path), "%s/trace", t->path);
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	return fd < 0 ? -errno : close(fd);
}

/* Lines about one event of one object. */
struct tracing_lines {
	FILE *file;
	char pattern[96];
	char line[1024];
};

static inline int tracing_read(const struct tracing *t, struct tracing_lines *lines,
			       const char *event, __u64 id)
{
	char path[192];

	snprintf(path, sizeof(path), "%s/trace", t->path);
	snprintf(lines->pattern, sizeof(lines->pattern), " %s: id=%llu ", event,
		 (unsigned long long)id);
	lines->file = fopen(path, "re");
	return lines->file ? 0 : -errno;
}

/* False when there is none left; the file is closed then. */
static inline bool tracing_next(struct tracing_lines *lines)
{
	while (fgets(lines->line, sizeof(lines->line), lines->file))
		if (strstr(lines->line, lines->pattern))
			return true;
	fclose(lines->file);
	return false;
}

/* How many of them have @text in it. */
static inline int tracing_count(const struct tracing *t, const char *event, __u64 id,
				const char *text)
{
	struct tracing_lines lines = { 0 };
	int n = tracing_read(t, &lines, event, id);

	if (n)
		return n;
	while (tracing_next(&lines))
		n += !!strstr(lines.line, text);
	return n;
}

#endif /* IPCX_SELFTESTS_TRACING_H */
