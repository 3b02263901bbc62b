// SPDX-License-Identifier: LGPL-2.1-or-later
/* ipcx rm */
#include "tool.h"

struct args {
	char **names;
	size_t count;
	bool force;
};

static const struct argp_option options[] = {
	{ "force", 'f', 0, 0, "Do not mind names that do not exist", 0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct args *args = state->input;

	switch (key) {
	case 'f':
		args->force = true;
		return 0;
	case ARGP_KEY_ARG:
		name_arg(state, arg);
		args->names[args->count++] = arg;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_usage(state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "NAME...",
	.doc = "Remove objects by name.\v"
	       "Programs that have an object open go on using it; it and its messages go when\n"
	       "the last of them closes it. A mailbox without its name is still reached by those\n"
	       "who have it open. Only its owner and root may remove an object.\n"
	       "With --json: one line for each that is removed.\n"
	       "\n"
	       "Examples:\n"
	       "  ipcx rm /jobs\n"
	       "  ipcx rm --force /jobs /log\n",
};

static void print_removed(const char *name)
{
	json_t *obj = check_alloc(json_object());

	json_set_bytes(obj, "removed", name, strlen(name));
	json_print(obj);
}

int cmd_rm(int argc, char **argv)
{
	struct args args = { .names = check_alloc(calloc(argc, sizeof(char *))) };
	int status, failed = EXIT_SUCCESS;

	parse_args(&argp, argc, argv, &args);
	status = open_device();
	for (size_t i = 0; !status && i < args.count; i++) {
		int err = ipcx_dev_unlink(tool.dev, args.names[i]);

		if (!err && tool.json)
			print_removed(args.names[i]);
		else if (err && (err != -ENOENT || !args.force))
			failed = report(ACT_UNLINK, args.names[i], err);
	}
	free(args.names);
	return status ? status : failed;
}
