// SPDX-License-Identifier: LGPL-2.1-or-later
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#ifdef __x86_64__
#include <cpuid.h>
#endif

#include "clock.h"
#include "env.h"

#define CGROUPS		"/sys/fs/cgroup"
#define VULNERABILITIES	"/sys/devices/system/cpu/vulnerabilities"
#define TEXT		512

/* The first line of a file without its newline, or NULL. */
static const char *read_line(const char *path, char text[TEXT])
{
	FILE *file = fopen(path, "re");
	char *got;

	if (!file)
		return NULL;
	got = fgets(text, TEXT, file);
	fclose(file);
	if (got)
		text[strcspn(text, "\n")] = '\0';
	return got;
}

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

static json_t *file_or_null(const char *path)
{
	char text[TEXT];

	return text_or_null(read_line(path, text));
}

static json_t *cpu_model(void)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	json_t *model = NULL;
	char line[TEXT];

	while (file && !model && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "model name", 10) == 0 && strstr(line, ": "))
			model = json_string(strstr(line, ": ") + 2);
	}
	if (file)
		fclose(file);
	return model ? model : json_null();
}

#ifdef __x86_64__
static const struct {
	const char *signature;
	const char *name;
} hypervisors[] = {
	{ "TCGTCGTCGTCG", "software emulation (QEMU TCG)" },
	{ "KVMKVMKVM", "KVM" },
	{ "Microsoft Hv", "Hyper-V" },
	{ "VMwareVMware", "VMware" },
	{ "XenVMMXenVMM", "Xen" },
};

/* The processor itself tells who imitates it. */
static const char *virtualization(char text[TEXT])
{
	unsigned int a, b, c, d, i;

	if (!__get_cpuid(1, &a, &b, &c, &d))
		return NULL;
	if (!(c & (1U << 31)))
		return "none";
	__cpuid(0x40000000, a, b, c, d);
	memcpy(text, &b, 4);
	memcpy(text + 4, &c, 4);
	memcpy(text + 8, &d, 4);
	text[12] = '\0';
	for (i = 0; i < sizeof(hypervisors) / sizeof(hypervisors[0]); i++)
		if (strcmp(text, hypervisors[i].signature) == 0)
			return hypervisors[i].name;
	return text;
}
#else
static const char *virtualization(char text[TEXT])
{
	return read_line("/sys/hypervisor/type", text);
}
#endif

static json_t *mitigations(void)
{
	json_t *all = json_object();
	char path[TEXT], text[TEXT];
	DIR *dir = opendir(VULNERABILITIES);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), VULNERABILITIES "/%s", entry->d_name);
		json_object_set_new(all, entry->d_name, text_or_null(read_line(path, text)));
	}
	if (dir)
		closedir(dir);
	return all;
}

int env_cgroup(char *path, size_t size)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	char line[TEXT];
	int found = -1;

	while (file && found < 0 && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "0::", 3) == 0 &&
		    (size_t)snprintf(path, size, CGROUPS "%s", line + 3) < size)
			found = 0;
	}
	if (file)
		fclose(file);
	return found;
}

/* The limit that applies is the lowest on the way up to the root. */
static json_t *memory_limit(const char *cgroup)
{
	char path[2 * TEXT], file[2 * TEXT + 16], text[TEXT], *slash;
	unsigned long long lowest = 0, value;

	snprintf(path, sizeof(path), "%s", cgroup);
	while (strlen(path) > strlen(CGROUPS)) {
		snprintf(file, sizeof(file), "%s/memory.max", path);
		if (read_line(file, text) && sscanf(text, "%llu", &value) == 1 &&
		    (!lowest || value < lowest))
			lowest = value;
		slash = strrchr(path, '/');
		if (!slash)
			break;
		*slash = '\0';
	}
	return lowest ? json_integer((json_int_t)lowest) : json_null();
}

static json_t *cgroup(void)
{
	char path[TEXT] = "", text[4096] = "", file[TEXT + 32];
	bool known = env_cgroup(path, sizeof(path)) == 0;
	const char *cmdline = read_line("/proc/cmdline", text);

	snprintf(file, sizeof(file), "%s/memory.current", path);
	return json_pack("{s:o, s:o, s:b, s:b}",
			 "path", known ? json_string(path + strlen(CGROUPS)) : json_null(),
			 "memory_max", known ? memory_limit(path) : json_null(),
			 "memory_controller", known && access(file, R_OK) == 0,
			 "kernel_memory_accounting", !cmdline || !strstr(cmdline, "nokmem"));
}

static json_t *now(void)
{
	time_t seconds = time(NULL);
	char text[TEXT];
	struct tm tm;

	if (!gmtime_r(&seconds, &tm))
		return json_null();
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return json_string(text);
}

json_t *env_collect(void)
{
	struct utsname uts = { 0 };
	char text[TEXT];
	json_t *env;

	uname(&uts);
	env = json_pack("{s:o, s:s, s:s, s:s, s:o, s:i, s:o, s:o, s:o, s:i, s:o}",
			"time", now(), "kernel", uts.release, "version", uts.version,
			"machine", uts.machine, "cpu", cpu_model(),
			"cpus", (int)sysconf(_SC_NPROCESSORS_ONLN),
			"virtualization", text_or_null(virtualization(text)),
			"mitigations", mitigations(),
			"clocksource", file_or_null("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
			"uid", (int)geteuid(), "cgroup", cgroup());
	if (env)
		json_object_set_new(env, "clock_cost", json_integer((json_int_t)clock_cost()));
	return env;
}

static const char *get(const json_t *env, const char *key)
{
	const char *text = json_string_value(json_object_get(env, key));

	return text ? text : "unknown";
}

bool env_emulated(const json_t *env)
{
	return strstr(get(env, "virtualization"), "emulation");
}

/* Anything that is mitigated makes entering the kernel dearer. */
static int mitigated(const json_t *env, size_t *all)
{
	const json_t *list = json_object_get(env, "mitigations");
	const char *name;
	json_t *value;
	int count = 0;

	*all = json_object_size(list);
	json_object_foreach((json_t *)list, name, value)
		if (json_is_string(value) && strncmp(json_string_value(value), "Mitigation", 10) == 0)
			count++;
	return count;
}

static void print_cgroup(const json_t *cgroup)
{
	json_t *max = json_object_get(cgroup, "memory_max");

	printf("cgroup   %s, ", get(cgroup, "path"));
	if (json_is_integer(max))
		printf("limited to %lld MiB", (long long)json_integer_value(max) >> 20);
	else
		printf("no memory limit");
	printf(", kernel memory %saccounted\n",
	       json_is_true(json_object_get(cgroup, "kernel_memory_accounting")) ? "" : "not ");
}

void env_print(const json_t *env)
{
	size_t all;
	int count = mitigated(env, &all);

	printf("kernel   %s %s, user %lld\n", get(env, "kernel"), get(env, "machine"),
	       (long long)json_integer_value(json_object_get(env, "uid")));
	printf("machine  %s, %lld online, virtualization: %s\n", get(env, "cpu"),
	       (long long)json_integer_value(json_object_get(env, "cpus")),
	       get(env, "virtualization"));
	printf("         %d of %zu known processor flaws mitigated, clock source %s\n", count,
	       all, get(env, "clocksource"));
	print_cgroup(json_object_get(env, "cgroup"));
	if (strcmp(get(env, "ipc_namespace"), "own") == 0)
		puts("limits   message queues have an IPC namespace of their own, in which they may be as long and large as the kernel allows");
}
