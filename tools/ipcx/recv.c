// SPDX-License-Identifier: LGPL-2.1-or-later
/* ipcx recv: the command line */
#include "recv.h"

enum { KEY_NOT_TYPE = 0x100, KEY_MAX_TYPE, KEY_MIN_PRIORITY, KEY_PEEK, KEY_MBOX, KEY_STAMPS };

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
	{ "stamps", KEY_STAMPS, 0, 0, "Say on standard error what the stages of each message's way took", 0 },
	{ 0, 0, 0, 0, "Mailboxes:", 5 },
	{ "mbox", KEY_MBOX, 0, 0, "Make the mailbox NAME and receive from it; it goes with this program", 0 },
	{ "mode", 'm', "MODE", 0,
	  "Its permission bits in octal, whatever the umask: w to send, r to list (default: 0600)", 0 },
	{ "max-msg-size", KEY_MAX_MSG_SIZE, "SIZE", 0, "Its largest payload (default: 64K)", 0 },
	{ "files", KEY_FILES, 0, 0, "Let messages carry files, and say which came", 0 },
	{ "cat", KEY_CAT, 0, 0, "As --files, and write their content behind the payload", 0 },
	{ "adaptive", KEY_ADAPTIVE, 0, 0, "Spin a little before sleeping", 0 },
	{ "ring", KEY_RING, "SIZE", 0,
	  "Let plain messages come into a ring of SIZE bytes, a power of two from 4K to 1G", 0 },
	{ "spin", KEY_SPIN, "TIME", 0,
	  "How long whoever asks for it may spin here at most, up to 10ms (default: the module's)", 0 },
	{ 0 }
};

static void parse_match(struct argp_state *state, unsigned int match, const char *option,
			const char *arg)
{
	struct recv_args *args = state->input;

	if (args->opts.match != IPCX_MATCH_ANY)
		argp_error(state, "only one of --type, --not-type, --max-type and --min-priority");
	args->opts.match = match;
	if (match == IPCX_MATCH_MIN_PRIORITY)
		args->opts.match_arg = priority_arg(state, option, arg);
	else
		args->opts.match_arg = number_arg(state, option, arg);
}

/* A mailbox that was just made is empty, and is nobody's but ours. */
static void check_mbox(struct argp_state *state, const struct recv_args *args)
{
	if (args->mbox && (args->peek || args->all || args->patience.nonblock))
		argp_error(state, "--mbox makes a mailbox, which is empty: not with --peek, --all or --nonblock");
	if (!args->mbox && (birth_given(&args->birth) || args->adaptive))
		argp_error(state, "--mode, --max-msg-size, --files, --cat, --adaptive, --ring and --spin are for making a mailbox (--mbox)");
	if (args->birth.opts.ring_size && (args->adaptive || args->opts.match != IPCX_MATCH_ANY))
		argp_error(state, "a ring keeps its order: --ring does not go with --adaptive, --type, --not-type, --max-type or --min-priority");
	if (args->birth.opts.ring_size && args->stamps)
		argp_error(state, "what comes into a ring has no times: not --ring with --stamps");
	if (args->cat && tool.json)
		argp_error(state, "--cat writes content as it is: not with --json");
}

static void check_args(struct argp_state *state, const struct recv_args *args)
{
	check_patience(state, &args->patience);
	if (args->peek && (args->all || args->follow || args->count || args->patience.has_timeout))
		argp_error(state, "--peek shows one message and never waits: not with --all, --follow, --count, --timeout");
	if (args->all && (args->follow || args->patience.has_timeout))
		argp_error(state, "--all never waits: not with --follow or --timeout");
	check_mbox(state, args);
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

static error_t parse_mbox(int key, char *arg, struct argp_state *state)
{
	struct recv_args *args = state->input;

	switch (key) {
	case KEY_MBOX:
		args->mbox = true;
		return 0;
	case KEY_CAT:
		args->cat = true;
		/* fallthrough */
	case KEY_FILES:
		args->files = true;
		args->birth.opts.flags |= IPCX_MBOX_FILES;
		return 0;
	case KEY_ADAPTIVE:
		args->adaptive = true;
		return 0;
	default:
		if (!birth_option(key, arg, state, &args->birth) ||
		    !recv_option(key, arg, state, args))
			return 0;
		return parse_selection(key, arg, state);
	}
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct recv_args *args = state->input;

	switch (key) {
	case 'a':
		args->all = true;
		return 0;
	case 'f':
		args->follow = true;
		return 0;
	case KEY_PEEK:
		args->peek = true;
		return 0;
	case KEY_STAMPS:
		args->stamps = true;
		return 0;
	case ARGP_KEY_END:
		check_args(state, args);
		return 0;
	default:
		return parse_mbox(key, arg, state);
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "NAME",
	.doc = "Receive messages from a queue and write them to standard output, or with --mbox those to a new mailbox.\v"
	       "The highest priority comes first, and the oldest within a priority.\n"
	       "TIME is in seconds, or has a unit: ns, us, ms, s, m, h.\n"
	       "With --json: one object a line with type, priority, size and payload; a\n"
	       "payload that is not UTF-8 is in payload_base64 instead. A type above 2^63-1\n"
	       "is a string.\n"
	       "Only the program that makes a mailbox receives from it, while it runs, as with\n"
	       "'nc -l'. Calls are written like other messages and get no reply: their callers\n"
	       "see an error. With --json there are also cookie, seq, call (true or false),\n"
	       "and the sender: sender (its own port, or 0), pid, tid, uid, gid; with --files\n"
	       "also files: kind, size and path of each.\n"
	       "--stamps tells nanoseconds: of the sender's copy into the kernel; from there\n"
	       "to the lock, and to the message's place, for which the sender may have waited;\n"
	       "of the wait in the queue, or of the receiver's waking; and of the copy out. A\n"
	       "message that was sent before anybody asked has the last one only. With --json\n"
	       "stamps has the times themselves (CLOCK_MONOTONIC; 0: not taken). To ask makes\n"
	       "senders slower.\n"
	       "With --ring there are two ways in, and messages from both are written in turn:\n"
	       "plain ones come into the ring, in the order in which they were sent; calls, files\n"
	       "and messages sent with --sync beside it. With --json ring tells which (true or\n"
	       "false), and seq the order between them.\n"
	       "A file that comes is an open descriptor of its sender's. --cat reads it from\n"
	       "where the sender left it; else it is named on standard error and closed.\n"
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
	       "  ipcx recv /jobs --follow --json | jq .priority\n"
	       "  ipcx recv --mbox /inbox --mode=0622 --follow --lines    all may send\n"
	       "  ipcx recv --mbox /inbox --cat >copy                     a file comes along\n"
	       "  ipcx recv --mbox /log --ring=1M --mode=0622 --follow --json    who logs what\n",
};

/* To consume from the ring of the mailbox; 0, or an exit status after a message. */
static int open_delivery(const struct recv_args *args, struct recv_source *from)
{
	int err = ipcx_mbox_ring(&from->ring, from->mbox);

	if (!err)
		err = ipcx_consumer_attach(&from->consumer, from->ring, 0);
	return err ? report(ACT_SERVE, args->name, err) : 0;
}

static int open_source(const struct recv_args *args, struct recv_source *from)
{
	int err;

	if (args->mbox) {
		err = make_mailbox(&from->mbox, args->name, &args->birth);
		return err || !args->birth.opts.ring_size ? err : open_delivery(args, from);
	}
	err = ipcx_queue_open(&from->q, tool.dev, args->name, IPCX_OPEN_READ, NULL);
	return err ? report(ACT_TAKE, args->name, err) : 0;
}

int cmd_recv(int argc, char **argv)
{
	struct recv_args args = {
		.opts = { .sz = sizeof(args.opts) },
		.birth = BIRTH_INIT,
	};
	struct recv_source from = { 0 };
	int status;

	parse_args(&argp, argc, argv, &args);
	status = open_device();
	if (status)
		return status;
	status = open_source(&args, &from);
	if (!status)
		status = recv_run(&args, &from);
	ipcx_consumer_detach(from.consumer);
	ipcx_ring_close(from.ring);
	ipcx_mbox_close(from.mbox);
	ipcx_queue_close(from.q);
	return status;
}
