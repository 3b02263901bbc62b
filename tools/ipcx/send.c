// SPDX-License-Identifier: LGPL-2.1-or-later
/* ipcx send */
#include "send.h"

enum { KEY_SYNC = 0x100 };

static const struct argp_option options[] = {
	{ "type", 't', "N", 0, "Type, for selective receive: 0 to 2^64-1 (default: 0)", 1 },
	{ "priority", 'p', "N", 0, "Priority, high first: 0 to 32767 (default: 0)", 1 },
	{ "lines", 'l', 0, 0, "Send each line of standard input as a message, as it comes", 1 },
	{ "timeout", 'T', "TIME", 0, "While there is no room wait for TIME at most", 1 },
	{ "nonblock", 'n', 0, 0, "Do not wait for room", 1 },
	{ 0, 0, 0, 0, "Mailboxes only:", 2 },
	{ "sync", KEY_SYNC, 0, 0, "Wait until the message has been received", 2 },
	{ "adaptive", KEY_ADAPTIVE, 0, 0, "With --sync: spin a little before sleeping", 2 },
	{ "cookie", KEY_COOKIE, "N", 0, "A number for the receiver: 0 to 2^64-1 (default: 0)", 2 },
	{ "file", KEY_FILE, "PATH", 0,
	  "Open this file and send it along, also several times", 2 },
	{ "fd", KEY_FD, "N", 0, "Send this open file descriptor along, also several times", 2 },
	{ 0 }
};

static void check_args(struct argp_state *state, const struct send_args *args)
{
	send_check(state, args);
	if (args->lines && args->bag.count)
		argp_error(state, "--lines sends many messages: not with --file or --fd");
	if (args->adaptive && !args->sync)
		argp_error(state, "--adaptive is about waiting for the receiver: only with --sync");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct send_args *args = state->input;

	switch (key) {
	case KEY_SYNC:
		args->sync = true;
		return 0;
	case KEY_ADAPTIVE:
		args->adaptive = true;
		return 0;
	case KEY_FILE:
	case KEY_FD:
		return baggage_option(key, arg, state, &args->bag);
	case ARGP_KEY_END:
		check_args(state, args);
		return 0;
	default:
		return send_option(key, arg, state, args);
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "NAME [MESSAGE]\nPORT [MESSAGE]",
	.doc = "Send MESSAGE to a queue or a mailbox, or what standard input gives up to its end.\v"
	       "A PORT is the ID of a mailbox ('ipcx ls'). The receiver of a mailbox is told\n"
	       "who sent the message. Files go as open descriptors, as over a Unix socket: the\n"
	       "receiver reads them with the rights that they were opened with here. With files\n"
	       "and without MESSAGE the message is empty.\n"
	       "TIME is in seconds, or has a unit: ns, us, ms, s, m, h. With --lines it counts\n"
	       "for each message; a line is sent without its newline. With --sync it is the\n"
	       "time until the message has been received.\n"
	       "With --json: the messages and bytes that were sent.\n"
	       "\n"
	       "Exit status 3: no room (--nonblock), or still none (--timeout).\n"
	       "\n"
	       "Examples:\n"
	       "  ipcx send /jobs 'hello'\n"
	       "  ipcx send /jobs --priority=10 --type=7 'urgent'\n"
	       "  ipcx send /jobs <picture.png\n"
	       "  tail -f log | ipcx send /jobs --lines\n"
	       "  ipcx send /jobs --timeout=500ms 'hello' || echo full\n"
	       "  ipcx send /inbox --sync --timeout=2 'hello' || echo nobody took it\n"
	       "  ipcx send /inbox --file=report.pdf 'please sign'\n"
	       "  ipcx send /inbox --fd=3 3<picture.png\n",
};

/* Whichever of the two kinds it is. */
static int open_dest(struct sender *s)
{
	const struct send_args *args = s->args;
	int err = -EPROTOTYPE;

	if (!args->dest.is_port)
		err = ipcx_queue_open(&s->q, tool.dev, args->dest.text, IPCX_OPEN_WRITE, NULL);
	if (err == -EPROTOTYPE) {
		err = open_mailbox(&s->mbox, &args->dest);
		return err ? report(open_action(&args->dest), args->dest.text, err) : 0;
	}
	if (err)
		return report(ACT_OPEN, args->dest.text, err);
	if (args->sync || args->has_cookie || args->bag.count)
		return report(ACT_SYNC, args->dest.text, -EPROTOTYPE);
	return 0;
}

int cmd_send(int argc, char **argv)
{
	struct send_args args = { 0 };
	struct sender s = { .args = &args };
	int status;

	parse_args(&argp, argc, argv, &args);
	status = baggage_open(&args.bag);
	if (!status)
		status = open_device();
	if (status)
		return status;
	status = open_dest(&s);
	if (!status) {
		status = send_run(&s);
		if (tool.json)
			json_print(sent_json(&s));
	}
	ipcx_mbox_close(s.mbox);
	ipcx_queue_close(s.q);
	return status;
}
