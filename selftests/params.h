/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The module's parameters: what a test changes it puts back. */
#ifndef IPCX_SELFTESTS_PARAMS_H
#define IPCX_SELFTESTS_PARAMS_H

#include "common.h"

#define PARAMETERS "/sys/module/ipcx/parameters/"

static const char *const parameters[] = {
	"max_msg_size", "max_queue_msgs", "max_queue_bytes",
	"user_max_bytes", "user_max_objects", "user_max_files",
};

static inline int set_parameter(const char *name, unsigned long long value)
{
	char path[128], text[32];

	snprintf(path, sizeof(path), PARAMETERS "%s", name);
	snprintf(text, sizeof(text), "%llu\n", value);
	return write_file(path, text);
}

static inline long long get_parameter(const char *name)
{
	char path[128], text[32];
	int ret;

	snprintf(path, sizeof(path), PARAMETERS "%s", name);
	ret = read_file(path, text, sizeof(text));
	return ret < 0 ? ret : strtoll(text, NULL, 10);
}

/* All of them, to be put back also where a test fails. */
struct parameters {
	long long value[ARRAY_SIZE(parameters)];
};

static inline int save_parameters(struct parameters *saved)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(parameters); i++) {
		saved->value[i] = get_parameter(parameters[i]);
		if (saved->value[i] < 0)
			return saved->value[i];
	}
	return 0;
}

static inline int restore_parameters(const struct parameters *saved)
{
	int ret = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(parameters); i++) {
		int error = set_parameter(parameters[i], saved->value[i]);

		ret = ret ? ret : error;
	}
	return ret;
}

#endif /* IPCX_SELFTESTS_PARAMS_H */
