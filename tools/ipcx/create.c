// SPDX-License-Identifier: LGPL-2.1-or-later
/* ipcx create, and what ipcx ring create shares with it */
#include <sys/stat.h>

#include "tool.h"

struct args {
	struct creation c;	/* the first */
	struct ipcx_queue_opts opts;
	struct ipcx_queue *q;
};

enum { KEY_OVERFLOW = 0x100 };

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

error_t creation_option(int key, char *arg, struct argp_state *state, struct creation *c)
{
	switch (key) {
	case KEY_EXIST_OK:
		c->exist_ok = true;
		return 0;
	default:
		return name_option(key, arg, state, &c->name);
	}
}

/* A new object, or with --exist-ok one that is there, also since a moment ago: its fd. */
static int make_or_open(struct creation *c, bool *made)
{
	int fd;

	do {
		fd = c->open(c, IPCX_OPEN_READ | IPCX_OPEN_CREATE | IPCX_OPEN_EXCL);
		*made = fd >= 0;
		if (fd != -EEXIST || !c->exist_ok)
			return fd;
		fd = c->open(c, IPCX_OPEN_READ);
	} while (fd == -ENOENT);
	return fd;
}

int creation_run(struct creation *c)
{
	struct ipcx_stat stat;
	bool made;
	int fd = make_or_open(c, &made), err;

	if (fd < 0)
		return fd;
	/* As mkdir -m does; until here it had no more than that. */
	if (made && c->has_mode && fchmod(fd, c->mode))
		return -errno;
	if (!tool.json)
		return 0;
	err = fd_stat(fd, &stat);
	if (err)
		return err;
	stat.handles--;
	json_print(stat_json(&stat));
	return 0;
}

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
		args->c.mode = mode_arg(state, "mode", arg);
		args->c.has_mode = true;
		args->opts.mode = args->c.mode;
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
	default:
		return creation_option(key, arg, state, &args->c);
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

static int open_queue(struct creation *c, unsigned int flags)
{
	struct args *args = (struct args *)c;
	int err = ipcx_queue_open(&args->q, tool.dev, c->name, flags, &args->opts);

	return err ? err : ipcx_queue_fd(args->q);
}

static int create(struct args *args)
{
	int err = creation_run(&args->c);

	ipcx_queue_close(args->q);
	if (err == -EINVAL)
		return report_limits(args->c.name, args->opts.max_msgs, args->opts.max_msg_size,
				     args->opts.max_bytes);
	return err ? report(ACT_CREATE, args->c.name, err) : EXIT_SUCCESS;
}

int cmd_create(int argc, char **argv)
{
	struct args args = { .c.open = open_queue, .opts.sz = sizeof(args.opts) };
	int status;

	parse_args(&argp, argc, argv, &args);
	status = open_device();
	return status ? status : create(&args);
}
