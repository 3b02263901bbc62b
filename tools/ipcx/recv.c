// SPDX-License-Identifier: LGPL-2.1-or-later
/* ipcx recv: the command line */
#include "recv.h"

enum { KEY_NOT_TYPE = 0x100, KEY_MAX_TYPE, KEY_MIN_PRIORITY, KEY_PEEK };

static const struct argp_option options[] = {
	{ 0, 0, 0, 0, "Which messages (one of these; default: all):", 1 },
	{ "type", 't', "N", 0, "Those of type N", 0 },
	{ "not-type", KEY_NOT_TYPE, "N", 0, "Those of all types but N", 0 },
	{ "max-type", KEY_MAX_TYPE, "N", 0, "Those of the lowest type there is up to N", 0 },
	{ "min-priority", KEY_MIN_PRIORITY, "N", 0, "Those of priority N and more", 0 },
	{ 0, 0, 0, 0, "How many (default: 1):", 2 },
	{ "count", 'c', "N", 0, "Receive N messages", 0 },
	{ "all", 'a', 0, 0, "Receive what is there, also nothing, and end", 0 },
	{ "follow", 'f', 0, 0, "Receive until interrupted", 0 },
	{ "peek", KEY_PEEK, 0, 0, "Show the next message and leave it there; never wait", 0 },
	{ 0, 0, 0, 0, "Waiting (default: for ever):", 3 },
	{ "timeout", 'T', "TIME", 0, "Wait for TIME at most for each message", 0 },
	{ "nonblock", 'n', 0, 0, "Do not wait", 0 },
	{ 0, 0, 0, 0, "Output (default: the payload as it is):", 4 },
	{ "lines", 'l', 0, 0, "End each payload with a newline", 0 },
	{ 0 }
};

static void parse_match(struct argp_state *state, unsigned int match, const char *option,
			const char *arg)
{
	struct recv_args *args = state->input;
	uint64_t max = match == IPCX_MATCH_MIN_PRIORITY ? IPCX_PRIO_MAX : UINT64_MAX;
	uint64_t value;

	if (args->opts.match != IPCX_MATCH_ANY)
		argp_error(state, "only one of --type, --not-type, --max-type and --min-priority");
	if (!parse_u64(arg, max, &value))
		argp_error(state, "--%s: '%s' is not a number from 0 to %s", option, arg,
			   match == IPCX_MATCH_MIN_PRIORITY ? "32767" : "2^64-1");
	args->opts.match = match;
	args->opts.match_arg = value;
}

static void check_args(struct argp_state *state, const struct recv_args *args)
{
	if (!args->name)
		argp_usage(state);
	if (args->nonblock && args->has_timeout)
		argp_error(state, "--nonblock and --timeout exclude each other");
	if (args->peek && (args->all || args->follow || args->count || args->has_timeout))
		argp_error(state, "--peek shows one message and never waits: not with --all, --follow, --count, --timeout");
	if (args->all && (args->follow || args->has_timeout))
		argp_error(state, "--all never waits: not with --follow or --timeout");
}

static error_t parse_selection(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 't':
		parse_match(state, IPCX_MATCH_TYPE, "type", arg);
		return 0;
	case KEY_NOT_TYPE:
		parse_match(state, IPCX_MATCH_NOT_TYPE, "not-type", arg);
		return 0;
	case KEY_MAX_TYPE:
		parse_match(state, IPCX_MATCH_LOWEST_TYPE, "max-type", arg);
		return 0;
	case KEY_MIN_PRIORITY:
		parse_match(state, IPCX_MATCH_MIN_PRIORITY, "min-priority", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct recv_args *args = state->input;

	switch (key) {
	case 'c':
		if (!parse_u64(arg, UINT64_MAX, &args->count) || !args->count)
			argp_error(state, "--count: '%s' is not a number above 0", arg);
		return 0;
	case 'a':
		args->all = true;
		return 0;
	case 'f':
		args->follow = true;
		return 0;
	case KEY_PEEK:
		args->peek = true;
		return 0;
	case 'T':
		if (!parse_duration(arg, &args->timeout_ns))
			argp_error(state, "--timeout: '%s' is not a time, such as 2, 1.5s or 200ms", arg);
		args->has_timeout = true;
		return 0;
	case 'n':
		args->nonblock = true;
		return 0;
	case 'l':
		args->lines = true;
		return 0;
	case ARGP_KEY_ARG:
		if (args->name)
			argp_usage(state);
		args->name = name_arg(state, arg);
		return 0;
	case ARGP_KEY_END:
		check_args(state, args);
		return 0;
	default:
		return parse_selection(key, arg, state);
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "NAME",
	.doc = "Receive messages from a queue and write them to standard output.\v"
	       "The highest priority comes first, and the oldest within a priority.\n"
	       "TIME is in seconds, or has a unit: ns, us, ms, s, m, h.\n"
	       "With --json: one object a line with type, priority, size and payload; a\n"
	       "payload that is not UTF-8 is in payload_base64 instead. A type above 2^63-1\n"
	       "is a string.\n"
	       "--follow ends when interrupted (Ctrl-C, SIGTERM, SIGHUP), with exit status 0\n"
	       "and without having taken a message that it did not write; or when the reader\n"
	       "of standard output goes away: likewise if it was waiting for a message, else\n"
	       "the message that was being written may be lost, which is exit status 1. With\n"
	       "--count it ends after N messages too.\n"
	       "\n"
	       "Exit status 3: nothing there (--nonblock, --peek) or nothing came (--timeout).\n"
	       "\n"
	       "Examples:\n"
	       "  ipcx recv /jobs\n"
	       "  ipcx recv /jobs --timeout=2 || echo nothing came\n"
	       "  ipcx recv /jobs --type=7 --nonblock\n"
	       "  ipcx recv /jobs --all >/dev/null                  empty the queue\n"
	       "  ipcx recv /jobs --follow --json | jq .priority\n",
};

int cmd_recv(int argc, char **argv)
{
	struct recv_args args = { .opts = { .sz = sizeof(args.opts) } };
	struct ipcx_queue *q;
	int status, err;

	parse_args(&argp, argc, argv, &args);
	status = open_device();
	if (status)
		return status;
	err = ipcx_queue_open(&q, tool.dev, args.name, IPCX_OPEN_READ, NULL);
	if (err)
		return report(ACT_OPEN, args.name, err);
	status = recv_run(&args, q);
	ipcx_queue_close(q);
	return status;
}
