// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "limits.h"

#define NAMES	5

/* By how the names of mechanisms begin; the first that fits counts. */
static const struct {
	const char *prefix;
	const char *settings[NAMES];
} limited[] = {
	{ "pipe", { "fs.pipe-max-size", "fs.pipe-user-pages-soft" } },
	{ "fifo", { "fs.pipe-max-size", "fs.pipe-user-pages-soft" } },
	{ "io_uring-pipe", { "fs.pipe-max-size", "fs.pipe-user-pages-soft",
			     "kernel.io_uring_disabled" } },
	{ "io_uring-", { "net.core.wmem_max", "kernel.io_uring_disabled" } },
	{ "posix-mq", { "fs.mqueue.msg_max", "fs.mqueue.msgsize_max", "fs.mqueue.queues_max",
			"RLIMIT_MSGQUEUE" } },
	{ "sysv-mq", { "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni" } },
	{ "unix-dgram", { "net.core.wmem_max", "net.unix.max_dgram_qlen" } },
	{ "unix-", { "net.core.wmem_max" } },
	{ "tcp", { "net.core.wmem_max", "net.core.rmem_max" } },
	{ "udp", { "net.core.wmem_max", "net.core.rmem_max" } },
	{ "shm-sysv", { "kernel.shmmax", "kernel.shmall", "kernel.shmmni", "kernel.sem" } },
	{ "process-vm", { "kernel.yama.ptrace_scope" } },
	{ "signal", { "RLIMIT_SIGPENDING" } },
};

static const struct {
	const char *name;
	int resource;
} resources[] = {
	{ "RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE },
	{ "RLIMIT_SIGPENDING", RLIMIT_SIGPENDING },
};

/* Those of a few numbers, as kernel.sem, are text. */
static json_t *setting(const char *name)
{
	char path[96], text[96], *slash, *end;
	unsigned long long value;
	FILE *file;
	char *got;

	snprintf(path, sizeof(path), "/proc/sys/%s", name);
	for (slash = path; (slash = strchr(slash, '.')); )
		*slash = '/';
	file = fopen(path, "re");
	if (!file)
		return NULL;
	got = fgets(text, sizeof(text), file);
	fclose(file);
	if (!got)
		return NULL;
	text[strcspn(text, "\n")] = '\0';
	value = strtoull(text, &end, 10);
	if (*end || end == text)
		return json_string(text);
	return value > (unsigned long long)INT64_MAX ? json_null() :
	       json_integer((json_int_t)value);
}

static json_t *limit(const char *name)
{
	struct rlimit now;
	unsigned int i;

	for (i = 0; i < sizeof(resources) / sizeof(resources[0]); i++)
		if (strcmp(name, resources[i].name) == 0 &&
		    getrlimit(resources[i].resource, &now) == 0)
			return now.rlim_cur == RLIM_INFINITY ? json_null() :
			       json_integer((json_int_t)now.rlim_cur);
	return setting(name);
}

json_t *limits_of(const struct ipcx_transport_ops *ops)
{
	json_t *limits = json_object(), *value;
	unsigned int i, n;

	for (i = 0; i < sizeof(limited) / sizeof(limited[0]); i++)
		if (strncmp(ops->name, limited[i].prefix, strlen(limited[i].prefix)) == 0)
			break;
	if (i == sizeof(limited) / sizeof(limited[0]))
		return limits;
	for (n = 0; n < NAMES && limited[i].settings[n]; n++) {
		value = limit(limited[i].settings[n]);
		if (value)
			json_object_set_new(limits, limited[i].settings[n], value);
	}
	return limits;
}
