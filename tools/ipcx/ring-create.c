// SPDX-License-Identifier: LGPL-2.1-or-later
/* ipcx ring create */
#include "tool.h"

struct args {
	struct creation c;	/* the first */
	struct ipcx_ring_opts opts;
	struct ipcx_ring *ring;
};

enum { KEY_SIZE = 0x100, KEY_MODE, KEY_PRODUCERS, KEY_CONSUMERS, KEY_PERM, KEY_HUGE };

static const struct argp_option options[] = {
	{ "size", KEY_SIZE, "SIZE", 0,
	  "Bytes of data, a power of two from 4K to 1G (default: 64K)", 0 },
	{ "mode", KEY_MODE, "MODE", 0,
	  "Who takes part: 'spsc' (one producer, one consumer; the default), 'mpsc' (many producers, one consumer) or 'broadcast' (each of many consumers gets every record)",
	  0 },
	{ "producers", KEY_PRODUCERS, "N", 0,
	  "Most producers at a time, up to 64 (default: 1; mpsc: 16)", 0 },
	{ "consumers", KEY_CONSUMERS, "N", 0,
	  "Most consumers at a time, up to 64 (default: 1; broadcast: 16)", 0 },
	{ "huge", KEY_HUGE, 0, 0,
	  "Data in huge pages where the kernel has them: 'ipcx stat' says whether (from 2M)", 0 },
	{ "perm", KEY_PERM, "MODE", 0,
	  "Permission bits in octal, whatever the umask: r to consume, w to produce (default: 0600)", 0 },
	{ "exist-ok", KEY_EXIST_OK, 0, 0,
	  "Succeed also where the ring exists, which stays as it is", 0 },
	{ 0 }
};

static uint64_t ring_size_arg(struct argp_state *state, const char *arg)
{
	uint64_t size = size_arg(state, "size", arg);

	if (size < IPCX_RING_SIZE_MIN || size > IPCX_RING_SIZE_MAX || size & (size - 1))
		argp_error(state, "--size: '%s' is not a power of two from 4K to 1G", arg);
	return size;
}

static unsigned int ring_mode_arg(struct argp_state *state, const char *arg)
{
	static const char *const modes[] = {
		[IPCX_RING_SPSC] = "spsc",
		[IPCX_RING_MPSC] = "mpsc",
		[IPCX_RING_BROADCAST] = "broadcast",
	};

	return word_arg(state, "mode", arg, modes, ARRAY_SIZE(modes));
}

static uint32_t members_arg(struct argp_state *state, const char *option, const char *arg)
{
	uint64_t count = count_arg(state, option, arg);

	if (count > IPCX_RING_SLOTS_MAX)
		argp_error(state, "--%s: at most %d", option, IPCX_RING_SLOTS_MAX);
	return count;
}

static void check_members(struct argp_state *state, const struct ipcx_ring_opts *opts)
{
	if (opts->max_producers > 1 && opts->type == IPCX_RING_SPSC)
		argp_error(state, "a ring of mode spsc has one producer: see --mode=mpsc and --mode=broadcast");
	if (opts->max_consumers > 1 && opts->type != IPCX_RING_BROADCAST)
		argp_error(state, "a ring of mode %s has one consumer: see --mode=broadcast",
			   ring_mode_name(opts->type));
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct args *args = state->input;

	switch (key) {
	case KEY_SIZE:
		args->opts.size = ring_size_arg(state, arg);
		return 0;
	case KEY_MODE:
		args->opts.type = ring_mode_arg(state, arg);
		return 0;
	case KEY_PRODUCERS:
		args->opts.max_producers = members_arg(state, "producers", arg);
		return 0;
	case KEY_CONSUMERS:
		args->opts.max_consumers = members_arg(state, "consumers", arg);
		return 0;
	case KEY_HUGE:
		args->opts.flags |= IPCX_RING_HUGE;
		return 0;
	case KEY_PERM:
		args->c.mode = mode_arg(state, "perm", arg);
		args->c.has_mode = true;
		args->opts.mode = args->c.mode;
		return 0;
	case ARGP_KEY_END:
		check_members(state, &args->opts);
		return 0;
	default:
		return creation_option(key, arg, state, &args->c);
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "NAME",
	.doc = "Create a shared ring.\v"
	       "A ring and its records stay until 'ipcx rm', or until the module is removed.\n"
	       "All of its memory is allocated, and charged to you, at once: 'ipcx info' tells\n"
	       "how much you may have. A record takes its payload and 8 bytes, rounded up to 8.\n"
	       "NAME is '/' and up to 254 bytes without another '/'.\n"
	       "SIZE is in bytes; K, M and G are powers of 1024.\n"
	       "With --json: what 'ipcx stat --json' prints.\n"
	       "\n"
	       "Examples:\n"
	       "  ipcx ring create /frames --size=16M\n"
	       "  ipcx ring create /log --mode=mpsc --producers=4 --perm=0620\n"
	       "  ipcx ring create /prices --mode=broadcast --perm=0644    all may consume\n",
};

static int open_it(struct creation *c, unsigned int flags)
{
	struct args *args = (struct args *)c;
	int err = ipcx_ring_open(&args->ring, tool.dev, c->name, flags, &args->opts);

	return err ? err : ipcx_ring_fd(args->ring);
}

int cmd_ring_create(int argc, char **argv)
{
	struct args args = { .c.open = open_it, .opts.sz = sizeof(args.opts) };
	int status, err;

	parse_args(&argp, argc, argv, &args);
	status = open_device();
	if (status)
		return status;
	err = creation_run(&args.c);
	ipcx_ring_close(args.ring);
	return err ? report(ACT_RING, args.c.name, err) : EXIT_SUCCESS;
}
