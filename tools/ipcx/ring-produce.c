// SPDX-License-Identifier: LGPL-2.1-or-later
/* ipcx ring produce */
#include "send.h"

struct args {
	struct send_args send;
	char **texts;
	size_t count;
};

enum { KEY_SIZE = 0x100 };

static const struct argp_option options[] = {
	{ "lines", 'l', 0, 0, "Write each line of standard input as a record, as it comes", 0 },
	{ "size", KEY_SIZE, "SIZE", 0,
	  "Write each SIZE bytes of standard input as a record, and what is left at its end", 0 },
	{ "timeout", 'T', "TIME", 0, "While there is no room wait for TIME at most", 0 },
	{ "nonblock", 'n', 0, 0, "Do not wait for room", 0 },
	{ "wait", KEY_AWAIT, 0, 0, "Wait first until there is a consumer", 0 },
	{ "wait-policy", KEY_WAIT_POLICY, "POLICY", 0,
	  "How to wait for room: 'block' (asleep; the default), 'adaptive' (look for a moment, then sleep) or 'spin' (look all the time)",
	  0 },
	{ 0 }
};

static void check_args(struct argp_state *state, const struct args *args)
{
	if (!args->send.dest.text)
		argp_usage(state);
	if (args->count && (args->send.lines || args->send.chunk))
		argp_error(state, "--lines and --size read standard input: not with a TEXT");
	if (args->send.lines && args->send.chunk)
		argp_error(state, "--lines and --size exclude each other");
	check_patience(state, &args->send.patience);
	if (args->send.await)
		check_await(state, &args->send.patience);
}

static void text_arg(struct argp_state *state, struct args *args, char *arg)
{
	if (!args->send.dest.text) {
		args->send.dest.text = name_arg(state, arg);
		return;
	}
	args->texts[args->count++] = arg;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct args *args = state->input;

	switch (key) {
	case KEY_SIZE:
		args->send.chunk = size_arg(state, "size", arg);
		return 0;
	case KEY_AWAIT:
		args->send.await = true;
		return 0;
	case KEY_WAIT_POLICY:
		args->send.policy = wait_policy_arg(state, arg);
		return 0;
	case ARGP_KEY_ARG:
		text_arg(state, args, arg);
		return 0;
	case ARGP_KEY_END:
		/* As for programs that take files. */
		if (args->count == 1 && !strcmp(args->texts[0], "-"))
			args->count = 0;
		check_args(state, args);
		return 0;
	default:
		return send_option(key, arg, state, &args->send);
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "NAME [TEXT...]\nNAME -",
	.doc = "Write each TEXT as a record into a ring, or what standard input gives up to its end.\v"
	       "When the last producer ends consumers read what is left, and then the end of\n"
	       "file. Records wait in the ring for a consumer to come; with --mode=broadcast\n"
	       "only for those that are there. Once the last consumer has gone writing fails.\n"
	       "TIME is in seconds, or has a unit: ns, us, ms, s, m, h. With many records it\n"
	       "counts for each, and for --wait by itself. With --lines a record is a line\n"
	       "without its newline.\n"
	       "With --json: the records and bytes that were sent.\n"
	       "\n"
	       "Exit status 3: no room (--nonblock), or still none (--timeout).\n"
	       "\n"
	       "Examples:\n"
	       "  ipcx ring produce /log 'hello' 'world'      two records\n"
	       "  tail -f log | ipcx ring produce /log --lines\n"
	       "  ipcx ring produce /prices --wait 42         once somebody listens\n"
	       "  ipcx ring produce /frames --size=1M <film.raw\n"
	       "  ipcx ring produce /log --timeout=500ms 'hello' || echo full\n",
};

static int produce(struct args *args, struct sender *s)
{
	int status = EXIT_SUCCESS;

	if (!args->count)
		return send_run(s);
	for (size_t i = 0; !status && i < args->count; i++) {
		args->send.message = args->texts[i];
		status = send_run(s);
	}
	return status;
}

static int attach_and_produce(struct args *args, struct sender *s)
{
	const char *name = args->send.dest.text;
	int err, status;

	err = ipcx_producer_attach(&s->producer, s->ring);
	if (err)
		return explain_attach(s->ring, name, ACT_PRODUCE, err);
	status = EXIT_SUCCESS;
	if (args->send.await)
		status = await_other_side(s->ring, name, ACT_PRODUCE, &args->send.patience);
	if (!status)
		status = produce(args, s);
	if (tool.json)
		json_print(sent_json(s));
	ipcx_producer_detach(s->producer);
	return status;
}

int cmd_ring_produce(int argc, char **argv)
{
	struct args args = { .texts = check_alloc(calloc(argc, sizeof(char *))) };
	struct sender s = { .args = &args.send };
	int status;

	parse_args(&argp, argc, argv, &args);
	status = open_device();
	if (!status)
		status = open_ring(&s.ring, args.send.dest.text, IPCX_OPEN_WRITE, ACT_PRODUCE);
	if (!status)
		status = attach_and_produce(&args, &s);
	ipcx_ring_close(s.ring);
	free(args.texts);
	return status;
}
