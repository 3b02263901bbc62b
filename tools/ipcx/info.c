// SPDX-License-Identifier: LGPL-2.1-or-later
/* ipcx info */
#include <inttypes.h>

#include "tool.h"

static const struct {
	uint64_t bit;
	const char *name;
} features[] = {
	{ IPCX_FEATURE_QUEUE, "queue" },
	{ IPCX_FEATURE_MBOX, "mbox" },
	{ IPCX_FEATURE_RING, "ring" },
	{ IPCX_FEATURE_DELIVERY, "delivery" },
	{ IPCX_FEATURE_STAMPS, "stamps" },
};

static error_t parse(int key, char *arg __attribute__((unused)), struct argp_state *state)
{
	if (key != ARGP_KEY_ARG)
		return ARGP_ERR_UNKNOWN;
	argp_usage(state);
	return 0;
}

static const struct argp argp = {
	.parser = parse,
	.doc = "Show what the module offers, its limits and your use of them.\v"
	       "The limits are module parameters; root changes them in\n"
	       "/sys/module/ipcx/parameters/.\n"
	       "\n"
	       "Examples:\n"
	       "  ipcx info\n"
	       "  ipcx info --json | jq .user_bytes\n",
};

static void print_json(const struct ipcx_info *info)
{
	json_t *obj = check_alloc(json_object()), *list = check_alloc(json_array());

	for (size_t i = 0; i < ARRAY_SIZE(features); i++)
		if (info->features & features[i].bit)
			json_array_append_new(list, json_string(features[i].name));
	json_set_str(obj, "version", ipcx_version());
	json_set_u64(obj, "abi_version", info->abi_version);
	json_set(obj, "features", list);
	json_set_u64(obj, "max_msg_size", info->max_msg_size);
	json_set_u64(obj, "max_queue_msgs", info->max_queue_msgs);
	json_set_u64(obj, "max_queue_bytes", info->max_queue_bytes);
	json_set_u64(obj, "user_bytes", info->user_bytes);
	json_set_u64(obj, "user_bytes_limit", info->user_bytes_limit);
	json_set_u64(obj, "user_objects", info->user_objects);
	json_set_u64(obj, "user_objects_limit", info->user_objects_limit);
	json_set_u64(obj, "user_files", info->user_files);
	json_set_u64(obj, "user_files_limit", info->user_files_limit);
	json_print(obj);
}

static void print_text(const struct ipcx_info *info)
{
	printf("version:          %s\n", ipcx_version());
	printf("ABI version:      %u\n", info->abi_version);
	fputs("features:        ", stdout);
	for (size_t i = 0; i < ARRAY_SIZE(features); i++)
		if (info->features & features[i].bit)
			printf(" %s", features[i].name);
	printf("\nlargest message:  %" PRIu64 " bytes\n", (uint64_t)info->max_msg_size);
	printf("largest queue:    %" PRIu64 " messages, %" PRIu64 " bytes\n",
	       (uint64_t)info->max_queue_msgs, (uint64_t)info->max_queue_bytes);
	printf("your objects:     %" PRIu64 " of %" PRIu64 "\n",
	       (uint64_t)info->user_objects, (uint64_t)info->user_objects_limit);
	printf("your bytes:       %" PRIu64 " of %" PRIu64 "\n",
	       (uint64_t)info->user_bytes, (uint64_t)info->user_bytes_limit);
	printf("your files:       %" PRIu64 " of %" PRIu64 " in messages\n",
	       (uint64_t)info->user_files, (uint64_t)info->user_files_limit);
}

int cmd_info(int argc, char **argv)
{
	struct ipcx_info info;
	int status, err;

	parse_args(&argp, argc, argv, NULL);
	status = open_device();
	if (status)
		return status;
	err = ipcx_dev_info(tool.dev, &info);
	if (err)
		return report(ACT_DEVICE, tool.device, err);
	if (tool.json)
		print_json(&info);
	else
		print_text(&info);
	return EXIT_SUCCESS;
}
