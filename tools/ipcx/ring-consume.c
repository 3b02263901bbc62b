// SPDX-License-Identifier: LGPL-2.1-or-later
/* ipcx ring consume */
#include "recv.h"

enum { KEY_OVERRUN = 0x100 };

static const struct argp_option options[] = {
	{ "count", 'c', "N", 0, "End after N records", 0 },
	{ "lines", 'l', 0, 0, "End each payload with a newline", 0 },
	{ "overrun", KEY_OVERRUN, 0, 0,
	  "Let producers overwrite what has not been read in time, and say how much was lost (broadcast rings)",
	  0 },
	{ "timeout", 'T', "TIME", 0, "Wait for TIME at most for each record", 0 },
	{ "nonblock", 'n', 0, 0, "Do not wait", 0 },
	{ "wait", KEY_AWAIT, 0, 0,
	  "Wait first until there is a producer, or what one has left", 0 },
	{ "wait-policy", KEY_WAIT_POLICY, "POLICY", 0,
	  "How to wait: 'block' (asleep; the default), 'adaptive' (look for a moment, then sleep) or 'spin' (look all the time)",
	  0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct recv_args *args = state->input;

	switch (key) {
	case KEY_OVERRUN:
		args->overrun = true;
		return 0;
	case KEY_AWAIT:
		args->await = true;
		return 0;
	case KEY_WAIT_POLICY:
		args->policy = wait_policy_arg(state, arg);
		return 0;
	case ARGP_KEY_END:
		check_patience(state, &args->patience);
		if (args->await)
			check_await(state, &args->patience);
		return 0;
	default:
		return recv_option(key, arg, state, args);
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "NAME",
	.doc = "Read records from a ring and write them to standard output.\v"
	       "Ends with status 0 at the end of file: when nothing is left and the last\n"
	       "producer has gone. So it does when interrupted (Ctrl-C, SIGTERM, SIGHUP), and\n"
	       "when the reader of standard output goes away while it waits. A record leaves\n"
	       "the ring when it was written: one that could not be is there for the next\n"
	       "consumer. Not so in a broadcast ring, where a consumer gets what is sent while\n"
	       "it is there.\n"
	       "TIME is in seconds, or has a unit: ns, us, ms, s, m, h. It counts for --wait by\n"
	       "itself.\n"
	       "With --json: one object a line with lost (records that were lost just before\n"
	       "this one), size and payload; a payload that is not UTF-8 is in payload_base64\n"
	       "instead.\n"
	       "\n"
	       "Exit status 3: nothing there (--nonblock), or nothing came (--timeout).\n"
	       "\n"
	       "Examples:\n"
	       "  ipcx ring consume /log --lines\n"
	       "  ipcx ring consume /log --count=1 --timeout=2 || echo nothing came\n"
	       "  ipcx ring consume /frames >film.raw\n"
	       "  ipcx ring consume /log --lines --wait      start before the producer\n"
	       "  ipcx ring consume /prices --overrun --json | jq 'select(.lost > 0)'\n",
};

int cmd_ring_consume(int argc, char **argv)
{
	struct recv_args args = { .opts.sz = sizeof(args.opts), .follow = true };
	struct recv_source from = { 0 };
	int status, err;

	parse_args(&argp, argc, argv, &args);
	status = open_device();
	if (!status)
		status = open_ring(&from.ring, args.name, IPCX_OPEN_READ, ACT_CONSUME);
	if (status)
		return status;
	err = ipcx_consumer_attach(&from.consumer, from.ring,
				   args.overrun ? IPCX_RING_OVERRUN : 0);
	if (err)
		status = explain_attach(from.ring, args.name, ACT_CONSUME, err);
	else if (args.await)
		status = await_other_side(from.ring, args.name, ACT_CONSUME, &args.patience);
	if (!status)
		status = recv_run(&args, &from);
	ipcx_consumer_detach(from.consumer);
	ipcx_ring_close(from.ring);
	return status;
}
