/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests of ipcx-trace share: a workload of known bytes, run by ipcx-trace, and
 * what that says of it.
 *
 * The workload is the test program itself, started anew: so nothing of the harness is
 * followed. A test defines its workloads as WORKLOADS before it includes this, or includes
 * it without any.
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

/* Before the harness, which has its own idea of the program's arguments. */
__attribute__((constructor)) static void run_work(void)
{
	const char *name = getenv(WORK_VARIABLE);

	if (!name)
		return;
	for (const struct work *work = works; work->name; work++)
		if (strcmp(work->name, name) == 0)
			_exit(work->run());
	_exit(99);
}

/* ---- what came of it ---- */

#define TRACED_ROOM	(64 << 10)

struct traced {
	int status;
	char text[TRACED_ROOM];
};

/* Beside the tests' folder, unless the environment says otherwise. */
static inline const char *trace_program(void)
{
	static char path[4096];
	const char *given = getenv("IPCX_TRACE");
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 64);

	if (given)
		return given;
	if (len < 0)
		return "ipcx-trace";
	path[len] = '\0';
	*strrchr(path, '/') = '\0';
	strcat(path, "/../tools/ipcx-trace");
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
		execv(argv[0], argv);
		_exit(127);
	}
	traced->status = pid < 0 ? -errno : reap(pid);
	rewind(file);
	len = fread(traced->text, 1, sizeof(traced->text) - 1, file);
	traced->text[len] = '\0';
	fclose(file);
	return pid < 0 ? traced->status : 0;
}

/* Runs a workload under ipcx-trace. */
static inline int trace_work(struct traced *traced, const char *name)
{
	char *argv[] = {
		(char *)trace_program(), "copies", "--json", "--", "/proc/self/exe", NULL
	};
	static char self[4096];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int err;

	if (len < 0)
		return -errno;
	self[len] = '\0';
	argv[4] = self;
	setenv(WORK_VARIABLE, name, 1);
	err = trace_command(traced, argv);
	unsetenv(WORK_VARIABLE);
	return err;
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

/* What the module's tracepoints need has to be there. */
static inline bool probe_is_there(void)
{
	return access("/sys/module/ipcx_probe", F_OK) == 0;
}

#endif /* IPCX_SELFTESTS_TRACE_H */
