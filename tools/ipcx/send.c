// SPDX-License-Identifier: LGPL-2.1-or-later
/* ipcx send */
#include <inttypes.h>
#include <unistd.h>

#include "tool.h"

struct args {
	struct dest dest;
	const char *message;	/* NULL: standard input */
	bool lines;
	uint64_t type;
	uint32_t priority;
	struct patience patience;
	/* mailboxes only: */
	bool sync;
	bool has_cookie;
	uint64_t cookie;
};

/* What has been sent so far. */
struct sender {
	const struct args *args;
	struct ipcx_queue *q;		/* or: */
	struct ipcx_mbox *mbox;
	uint64_t messages;
	uint64_t bytes;
};

enum { KEY_SYNC = 0x100, KEY_COOKIE };

static const struct argp_option options[] = {
	{ "type", 't', "N", 0, "Type, for selective receive: 0 to 2^64-1 (default: 0)", 1 },
	{ "priority", 'p', "N", 0, "Priority, high first: 0 to 32767 (default: 0)", 1 },
	{ "lines", 'l', 0, 0, "Send each line of standard input as a message, as it comes", 1 },
	{ "timeout", 'T', "TIME", 0, "While there is no room wait for TIME at most", 1 },
	{ "nonblock", 'n', 0, 0, "Do not wait for room", 1 },
	{ 0, 0, 0, 0, "Mailboxes only:", 2 },
	{ "sync", KEY_SYNC, 0, 0, "Wait until the message has been received", 2 },
	{ "cookie", KEY_COOKIE, "N", 0, "A number for the receiver: 0 to 2^64-1 (default: 0)", 2 },
	{ 0 }
};

static void check_args(struct argp_state *state, const struct args *args)
{
	if (!args->dest.text)
		argp_usage(state);
	if (args->message && args->lines)
		argp_error(state, "--lines reads standard input: not with a MESSAGE");
	check_patience(state, &args->patience);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct args *args = state->input;

	switch (key) {
	case 't':
		args->type = number_arg(state, "type", arg);
		return 0;
	case 'p':
		args->priority = priority_arg(state, "priority", arg);
		return 0;
	case 'l':
		args->lines = true;
		return 0;
	case 'T':
		timeout_arg(state, arg, &args->patience);
		return 0;
	case 'n':
		args->patience.nonblock = true;
		return 0;
	case KEY_SYNC:
		args->sync = true;
		return 0;
	case KEY_COOKIE:
		args->cookie = number_arg(state, "cookie", arg);
		args->has_cookie = true;
		return 0;
	case ARGP_KEY_ARG:
		if (!dest_or_text_arg(state, arg, &args->dest, &args->message))
			argp_error(state, "more than one MESSAGE: quote it, or send lines (--lines)");
		return 0;
	case ARGP_KEY_END:
		check_args(state, args);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "NAME [MESSAGE]\nPORT [MESSAGE]",
	.doc = "Send MESSAGE to a queue or a mailbox, or what standard input gives up to its end.\v"
	       "A PORT is the ID of a mailbox ('ipcx ls'). The receiver of a mailbox is told\n"
	       "who sent the message.\n"
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
	       "  ipcx send /inbox --sync --timeout=2 'hello' || echo nobody took it\n",
};

static int explain(const struct sender *s, int err, size_t len)
{
	struct ipcx_stat stat;

	if (err == -EMSGSIZE && !ipcx_queue_stat(s->q, &stat))
		return report_hint(s->args->dest.text, err,
				   "%zu bytes or more; this queue takes %" PRIu64
				   " at most: create one with a larger --max-msg-size",
				   len, (uint64_t)stat.max_msg_size);
	if (err == -EBADF)
		return report(ACT_OPEN, s->args->dest.text, -EACCES);
	return report(ACT_SEND, s->args->dest.text, err);
}

static int to_queue(struct sender *s, const void *buf, size_t len)
{
	IPCX_OPTS(ipcx_send_opts, opts);
	struct ipcx_msg msg;
	int ret;

	begin_waiting(&s->args->patience, &opts.flags, &opts.clock, &opts.deadline_ns);
	ipcx_msg_init(&msg, buf, len, s->args->type, s->args->priority);
	ret = ipcx_queue_send_msgs(s->q, &msg, 1, &opts);
	return ret < 0 ? explain(s, ret, len) : EXIT_SUCCESS;
}

static int to_mailbox(struct sender *s, const void *buf, size_t len)
{
	const struct args *args = s->args;
	IPCX_OPTS(ipcx_mbox_send_opts, opts);
	struct ipcx_mbox_msg msg;
	int ret;

	begin_waiting(&args->patience, &opts.flags, &opts.clock, &opts.deadline_ns);
	if (args->sync)
		opts.flags |= IPCX_POST_SYNC;
	ipcx_mbox_msg_init(&msg, buf, len, args->type, args->cookie);
	msg.priority = args->priority;
	ret = ipcx_mbox_send_msgs(s->mbox, &msg, 1, &opts);
	if (ret < 0)
		return explain_post(s->mbox, args->sync ? ACT_SYNC : ACT_POST, &args->dest, len,
				    ret);
	return EXIT_SUCCESS;
}

static int send_one(struct sender *s, const void *buf, size_t len)
{
	int status = s->mbox ? to_mailbox(s, buf, len) : to_queue(s, buf, len);

	if (status)
		return status;
	s->messages++;
	s->bytes += len;
	return EXIT_SUCCESS;
}

static int send_lines(struct sender *s)
{
	int status = EXIT_SUCCESS;
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	while (!status && (len = getline(&line, &size, stdin)) >= 0) {
		if (len && line[len - 1] == '\n')
			len--;
		status = send_one(s, line, len);
	}
	if (!status && ferror(stdin))
		status = input_failed(-errno);
	free(line);
	return status;
}

/* One message; of input without end no more is read than a message can be. */
static int send_input(struct sender *s)
{
	struct ipcx_stat stat;
	struct bytes input;
	int status, err;

	err = s->mbox ? ipcx_mbox_stat(s->mbox, &stat) : ipcx_queue_stat(s->q, &stat);
	if (err)
		return report(ACT_STAT, s->args->dest.text, err);
	err = read_bytes(STDIN_FILENO, stat.max_msg_size, &input);
	status = err ? input_failed(err) : send_one(s, input.data, input.len);
	free(input.data);
	return status;
}

static void print_json(const struct sender *s)
{
	json_t *obj = check_alloc(json_object());

	json_set_u64(obj, "sent", s->messages);
	json_set_u64(obj, "bytes", s->bytes);
	json_print(obj);
}

/* Whichever of the two kinds it is. */
static int open_dest(struct sender *s)
{
	const struct args *args = s->args;
	int err = -EPROTOTYPE;

	if (!args->dest.is_port)
		err = ipcx_queue_open(&s->q, tool.dev, args->dest.text, IPCX_OPEN_WRITE, NULL);
	if (err == -EPROTOTYPE) {
		err = open_mailbox(&s->mbox, &args->dest);
		return err ? report(open_action(&args->dest), args->dest.text, err) : 0;
	}
	if (err)
		return report(ACT_OPEN, args->dest.text, err);
	if (args->sync || args->has_cookie)
		return report(ACT_SYNC, args->dest.text, -EPROTOTYPE);
	return 0;
}

static int send_all(struct sender *s)
{
	if (s->args->message)
		return send_one(s, s->args->message, strlen(s->args->message));
	return s->args->lines ? send_lines(s) : send_input(s);
}

int cmd_send(int argc, char **argv)
{
	struct args args = { 0 };
	struct sender s = { .args = &args };
	int status;

	parse_args(&argp, argc, argv, &args);
	status = open_device();
	if (status)
		return status;
	status = open_dest(&s);
	if (!status) {
		status = send_all(&s);
		if (tool.json)
			print_json(&s);
	}
	ipcx_mbox_close(s.mbox);
	ipcx_queue_close(s.q);
	return status;
}
