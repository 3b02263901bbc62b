/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests of ipcx-trace share: workloads of known bytes, run by ipcx-trace, and
 * what that says of them.
 *
 * A workload is the test program itself, started anew, with the names of what it is to do in
 * the environment: so nothing of the harness is followed. A test defines works[]. To start
 * ipcx-trace takes seconds, a dozen where the kernel checks everything: so works whose
 * mechanisms are not the same run together, and tests that name the same works look at the
 * same run.
 */
#ifndef IPCX_SELFTESTS_TRACE_H
#define IPCX_SELFTESTS_TRACE_H

#include "common.h"

#define WORK_VARIABLE	"IPCX_TRACE_WORK"

struct work {
	const char *name;
	/* Exit status. */
	int (*run)(void);
};

extern const struct work works[];

static int run_one(const char *name, size_t len)
{
	for (const struct work *work = works; work->name; work++)
		if (strlen(work->name) == len && strncmp(work->name, name, len) == 0)
			return work->run();
	return 99;
}

/* One after the other; the exit status of the first that fails. */
static int run_works(const char *names)
{
	int status = 0;

	for (; *names && !status; names += strspn(names, " ")) {
		size_t len = strcspn(names, " ");

		status = run_one(names, len);
		names += len;
	}
	return status;
}

/* ---- what came of it ---- */

#define TRACED_ROOM	(64 << 10)
#define TRACED_MAX	12

/* @names: of the works; "" where nothing has run */
struct traced {
	char names[160];
	int status;
	char text[TRACED_ROOM];
};

/* All runs so far; each test is a process of its own. */
static struct traced *traced_runs;

/* Before the harness, which has its own idea of the program's arguments. */
__attribute__((constructor)) static void begin_work(void)
{
	const char *names = getenv(WORK_VARIABLE);

	if (names)
		_exit(run_works(names));
	traced_runs = mmap(NULL, TRACED_MAX * sizeof(*traced_runs), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (traced_runs == MAP_FAILED)
		abort();
}

/* The program that runs. */
static inline const char *own_path(void)
{
	static char path[4096];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);

	path[len < 0 ? 0 : len] = '\0';
	return path;
}

/* Beside the tests' folder, unless the environment says otherwise. */
static inline const char *trace_program(void)
{
	static char path[4096 + 64];
	const char *given = getenv("IPCX_TRACE"), *own = own_path();
	const char *end = strrchr(own, '/');

	if (given || !end)
		return given ?: "ipcx-trace";
	snprintf(path, sizeof(path), "%.*s/../tools/ipcx-trace", (int)(end - own), own);
	return path;
}

/* Standard output goes to @traced; -errno, or 0 with its exit status there. */
static inline int trace_command(struct traced *traced, char *const argv[])
{
	FILE *file = tmpfile();
	size_t len;
	pid_t pid;

	if (!file)
		return -errno;
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		dup2(fileno(file), STDOUT_FILENO);
		execvp(argv[0], argv);
		_exit(127);
	}
	traced->status = pid < 0 ? -errno : reap(pid);
	rewind(file);
	len = fread(traced->text, 1, sizeof(traced->text) - 1, file);
	traced->text[len] = '\0';
	fclose(file);
	return pid < 0 ? traced->status : 0;
}

/* Runs works under ipcx-trace. */
static inline int trace_works(struct traced *traced, const char *names)
{
	char *argv[] = {
		(char *)trace_program(), "copies", "--json", "--", (char *)own_path(), NULL
	};
	int err;

	setenv(WORK_VARIABLE, names, 1);
	err = trace_command(traced, argv);
	unsetenv(WORK_VARIABLE);
	return err;
}

/* What it said of these works: it is run, unless it was already. NULL: no run, or no room. */
static inline const struct traced *traced_works(const char *names)
{
	struct traced *traced = traced_runs, *end = traced_runs + TRACED_MAX;

	while (traced < end && traced->names[0] && strcmp(traced->names, names))
		traced++;
	if (traced == end || strlen(names) >= sizeof(traced->names))
		return NULL;
	if (!traced->names[0]) {
		if (trace_works(traced, names))
			return NULL;
		strcpy(traced->names, names);
	}
	return traced;
}

/* A number after "KEY": in the text from @from to @to; -1 where there is none. */
static inline double number_in(const char *from, const char *to, const char *key)
{
	char quoted[64];
	const char *at;

	snprintf(quoted, sizeof(quoted), "\"%s\": ", key);
	at = strstr(from, quoted);
	if (!at || (to && at >= to))
		return -1;
	at += strlen(quoted);
	return strncmp(at, "null", 4) ? strtod(at, NULL) : -1;
}

/* Of all. */
static inline double traced_number(const struct traced *traced, const char *key)
{
	return number_in(traced->text, NULL, key);
}

/* Of a mechanism; 0 where it has no row. */
static inline double traced_figure(const struct traced *traced, const char *mechanism,
				   const char *key)
{
	char name[64];
	const char *row, *next;

	snprintf(name, sizeof(name), "\"mechanism\": \"%s\"", mechanism);
	row = strstr(traced->text, name);
	if (!row)
		return 0;
	next = strstr(row + 1, "\"mechanism\": ");
	return number_in(row, next, key);
}

#endif /* IPCX_SELFTESTS_TRACE_H */
