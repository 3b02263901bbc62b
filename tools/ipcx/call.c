// SPDX-License-Identifier: LGPL-2.1-or-later
/* ipcx call */
#include <unistd.h>

#include "tool.h"

struct args {
	struct dest dest;
	const char *request;	/* NULL: standard input */
	uint64_t type;
	uint64_t cookie;
	uint32_t priority;
	bool lines;
	bool adaptive;
	bool files;
	bool cat;
	struct baggage bag;
	struct patience patience;
};

struct caller {
	const struct args *args;
	struct ipcx_mbox *mbox;
	size_t max;		/* largest payload of either direction */
	struct arrivals files;	/* that come with the reply */
};

static const struct argp_option options[] = {
	{ "type", 't', "N", 0, "Type of the request: 0 to 2^64-1 (default: 0)", 0 },
	{ "cookie", KEY_COOKIE, "N", 0, "A number for the receiver: 0 to 2^64-1 (default: 0)", 0 },
	{ "priority", 'p', "N", 0, "Priority, high first: 0 to 32767 (default: 0)", 0 },
	{ "timeout", 'T', "TIME", 0, "Wait for the reply for TIME at most (default: for ever)", 0 },
	{ "lines", 'l', 0, 0, "End the reply with a newline", 0 },
	{ "adaptive", KEY_ADAPTIVE, 0, 0, "Spin a little before sleeping", 0 },
	{ "file", KEY_FILE, "PATH", 0,
	  "Open this file and send it along, also several times", 0 },
	{ "fd", KEY_FD, "N", 0, "Send this open file descriptor along, also several times", 0 },
	{ "files", KEY_FILES, 0, 0, "Let the reply carry files, and say which came", 0 },
	{ "cat", KEY_CAT, 0, 0, "As --files, and write their content behind the reply", 0 },
	{ 0 }
};

static error_t parse_rest(int key, char *arg, struct argp_state *state)
{
	struct args *args = state->input;

	switch (key) {
	case 'l':
		args->lines = true;
		return 0;
	case KEY_ADAPTIVE:
		args->adaptive = true;
		return 0;
	case KEY_CAT:
		args->cat = true;
		/* fallthrough */
	case KEY_FILES:
		args->files = true;
		return 0;
	case ARGP_KEY_END:
		if (args->cat && tool.json)
			argp_error(state, "--cat writes content as it is: not with --json");
		return 0;
	default:
		return baggage_option(key, arg, state, &args->bag);
	}
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct args *args = state->input;

	switch (key) {
	case 't':
		args->type = number_arg(state, "type", arg);
		return 0;
	case KEY_COOKIE:
		args->cookie = number_arg(state, "cookie", arg);
		return 0;
	case 'p':
		args->priority = priority_arg(state, "priority", arg);
		return 0;
	case 'T':
		timeout_arg(state, arg, &args->patience);
		return 0;
	case ARGP_KEY_ARG:
		if (!dest_or_text_arg(state, arg, &args->dest, &args->request))
			argp_error(state, "more than one REQUEST: quote it");
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_usage(state);
		return 0;
	default:
		return parse_rest(key, arg, state);
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "NAME [REQUEST]\nPORT [REQUEST]",
	.doc = "Send REQUEST to a mailbox, or what standard input gives up to its end, wait for the reply and write it to standard output.\v"
	       "A PORT is the ID of 'ipcx ls'. The receiver is told who calls. With files and\n"
	       "without REQUEST the request is empty.\n"
	       "TIME is in seconds, or has a unit: ns, us, ms, s, m, h.\n"
	       "With --json: one object with the reply's type, priority, cookie, seq (the\n"
	       "number of the request in the mailbox), size and payload, and who wrote it:\n"
	       "sender (the mailbox's port), pid, tid, uid, gid; with --files also files:\n"
	       "kind, size and path of each.\n"
	       "A file that comes is an open descriptor of the other side's. --cat reads it\n"
	       "from where that left it; else it is named on standard error and closed.\n"
	       "\n"
	       "Exit status 1: no reply will come: the receiver discarded the call, or ended.\n"
	       "Exit status 3: no reply came in time.\n"
	       "\n"
	       "Examples:\n"
	       "  ipcx serve /upper -- tr a-z A-Z        in another terminal\n"
	       "  ipcx call /upper 'hello'\n"
	       "  ipcx call /upper --timeout=2 <text.txt || echo no reply\n"
	       "  ipcx call /upper --json 'hello' | jq .pid\n"
	       "  ipcx call /words --file=text.txt\n"
	       "  ipcx call /files --cat motd >copy\n",
};

static json_t *reply_json(const struct caller *c, const struct ipcx_mbox_recv *reply,
			  const char *payload)
{
	json_t *obj = mail_json(reply);

	if (c->args->files)
		json_set(obj, "files", arrivals_json(&c->files));
	json_set_u64(obj, "size", reply->len);
	json_set_bytes(obj, "payload", payload, reply->len);
	return obj;
}

static int write_reply(struct caller *c, const struct ipcx_mbox_recv *reply,
		       const char *payload)
{
	const char *subject = c->args->dest.text;
	int err;

	if (tool.json)
		err = write_json(reply_json(c, reply, payload));
	else
		err = write_payload(payload, reply->len, c->args->lines);
	if (err) {
		fprintf(stderr, "ipcx: standard output: %s: the reply is lost\n", strerror(-err));
		return EXIT_FAILURE;
	}
	if (c->args->cat)
		return arrivals_cat(&c->files, subject);
	if (!tool.json)
		arrivals_tell(&c->files, subject);
	return EXIT_SUCCESS;
}

static int call(struct caller *c, const void *buf, size_t len)
{
	const struct args *args = c->args;
	char *room = check_alloc(malloc(c->max));
	IPCX_OPTS(ipcx_mbox_send_opts, opts);
	struct ipcx_mbox_recv reply = { 0 };
	struct ipcx_mbox_msg request;
	int err, status;

	ipcx_mbox_msg_init(&request, buf, len, args->type, args->cookie);
	ipcx_mbox_msg_set_fds(&request, args->bag.fds, args->bag.count);
	request.priority = args->priority;
	ipcx_mbox_recv_init(&reply, room, c->max);
	if (args->files)
		arrivals_expect(&c->files, &reply);
	begin_waiting(&args->patience, &opts.flags, &opts.clock, &opts.deadline_ns);
	if (args->adaptive)
		opts.flags |= IPCX_XFER_ADAPTIVE;
	err = ipcx_mbox_call_msg(c->mbox, &request, &reply, &opts);
	if (err) {
		status = explain_post(c->mbox, ACT_CALL, &args->dest, len, err);
	} else {
		arrivals_take(&c->files, &reply);
		status = write_reply(c, &reply, room);
		arrivals_close(&c->files);
	}
	free(room);
	return status;
}

static int call_with_input(struct caller *c)
{
	struct bytes input;
	int err = read_bytes(STDIN_FILENO, c->max, &input);
	int status = err ? input_failed(err) : call(c, input.data, input.len);

	free(input.data);
	return status;
}

static int call_dest(struct caller *c)
{
	const struct args *args = c->args;
	struct ipcx_stat stat;
	int err = ipcx_mbox_stat(c->mbox, &stat);

	if (err)
		return report(ACT_STAT, args->dest.text, err);
	c->max = stat.max_msg_size;
	if (args->request)
		return call(c, args->request, strlen(args->request));
	/* A file is request enough. */
	if (args->bag.count)
		return call(c, NULL, 0);
	return call_with_input(c);
}

int cmd_call(int argc, char **argv)
{
	struct args args = { 0 };
	struct caller c = { .args = &args };
	int status, err;

	parse_args(&argp, argc, argv, &args);
	status = baggage_open(&args.bag);
	if (!status)
		status = open_device();
	if (status)
		return status;
	err = open_mailbox(&c.mbox, &args.dest);
	if (err)
		return report(open_action(&args.dest), args.dest.text, err);
	status = call_dest(&c);
	ipcx_mbox_close(c.mbox);
	return status;
}
