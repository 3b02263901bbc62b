// SPDX-License-Identifier: LGPL-2.1-or-later
/* ipcx create */
#include <sys/stat.h>

#include "tool.h"

struct args {
	const char *name;
	struct ipcx_queue_opts opts;
	bool has_mode;		/* --mode: as it is, whatever the umask */
	bool exist_ok;
};

enum { KEY_OVERFLOW = 0x100, KEY_EXIST_OK };

static const struct argp_option options[] = {
	{ "mode", 'm', "MODE", 0,
	  "Permission bits in octal, whatever the umask: r to receive, w to send (default: 0600)", 0 },
	{ "max-msgs", KEY_MAX_MSGS, "N", 0, "Most messages in the queue (default: 1024)", 0 },
	{ "max-msg-size", KEY_MAX_MSG_SIZE, "SIZE", 0,
	  "Largest payload (default: 64K, or --max-bytes where that is less)", 0 },
	{ "max-bytes", KEY_MAX_BYTES, "SIZE", 0,
	  "Most payload bytes in the queue (default: 1M, or --max-msg-size where that is more)", 0 },
	{ "overflow", KEY_OVERFLOW, "POLICY", 0,
	  "What a send to the full queue does: 'block' (wait; the default) or 'drop' (the oldest of the lowest priority)",
	  0 },
	{ "exist-ok", KEY_EXIST_OK, 0, 0,
	  "Succeed also where the queue exists, which stays as it is", 0 },
	{ 0 }
};

static void parse_overflow(struct argp_state *state, const char *arg, uint32_t *overflow)
{
	if (!strcmp(arg, "block"))
		*overflow = IPCX_OVERFLOW_BLOCK;
	else if (!strcmp(arg, "drop"))
		*overflow = IPCX_OVERFLOW_DROP;
	else
		argp_error(state, "--overflow: '%s' is neither 'block' nor 'drop'", arg);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct args *args = state->input;

	switch (key) {
	case 'm':
		args->opts.mode = mode_arg(state, arg);
		args->has_mode = true;
		return 0;
	case KEY_MAX_MSGS:
		args->opts.max_msgs = count_arg(state, "max-msgs", arg);
		return 0;
	case KEY_MAX_MSG_SIZE:
		args->opts.max_msg_size = size_arg(state, "max-msg-size", arg);
		return 0;
	case KEY_MAX_BYTES:
		args->opts.max_bytes = size_arg(state, "max-bytes", arg);
		return 0;
	case KEY_OVERFLOW:
		parse_overflow(state, arg, &args->opts.overflow);
		return 0;
	case KEY_EXIST_OK:
		args->exist_ok = true;
		return 0;
	case ARGP_KEY_ARG:
		if (args->name)
			argp_usage(state);
		args->name = name_arg(state, arg);
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
	.args_doc = "NAME",
	.doc = "Create a priority queue.\v"
	       "A queue and its messages stay until 'ipcx rm', or until the module is removed.\n"
	       "NAME is '/' and up to 254 bytes without another '/'.\n"
	       "SIZE is in bytes; K, M and G are powers of 1024.\n"
	       "With --json: what 'ipcx stat --json' prints.\n"
	       "\n"
	       "Examples:\n"
	       "  ipcx create /jobs\n"
	       "  ipcx create /jobs --max-msgs=100 --max-msg-size=1M --max-bytes=16M\n"
	       "  ipcx create /log --overflow=drop --mode=0622    all may send\n",
};

/* A new queue, or with --exist-ok one that is there, also since a moment ago. */
static int make_or_open(const struct args *args, struct ipcx_queue **q, bool *made)
{
	int err;

	do {
		err = ipcx_queue_open(q, tool.dev, args->name,
				      IPCX_OPEN_READ | IPCX_OPEN_CREATE | IPCX_OPEN_EXCL,
				      &args->opts);
		*made = !err;
		if (err != -EEXIST || !args->exist_ok)
			return err;
		err = ipcx_queue_open(q, tool.dev, args->name, IPCX_OPEN_READ, NULL);
	} while (err == -ENOENT);
	return err;
}

static int create(const struct args *args, mode_t mode)
{
	struct ipcx_queue *q;
	struct ipcx_stat stat;
	bool made;
	int err = make_or_open(args, &q, &made);

	if (err == -EINVAL)
		return report_limits(args->name, args->opts.max_msgs, args->opts.max_msg_size,
				     args->opts.max_bytes);
	if (err)
		return report(ACT_CREATE, args->name, err);
	/* As mkdir -m does; until here it had no more than that. */
	if (made && args->has_mode && fchmod(ipcx_queue_fd(q), mode))
		err = -errno;
	if (!err && tool.json) {
		err = ipcx_queue_stat(q, &stat);
		stat.handles--;
		if (!err)
			json_print(stat_json(&stat));
	}
	ipcx_queue_close(q);
	return err ? report(ACT_CREATE, args->name, err) : EXIT_SUCCESS;
}

int cmd_create(int argc, char **argv)
{
	struct args args = { .opts = { .sz = sizeof(args.opts) } };
	int status;

	parse_args(&argp, argc, argv, &args);
	status = open_device();
	return status ? status : create(&args, args.opts.mode);
}
