// SPDX-License-Identifier: LGPL-2.1-or-later
/* ipcx send */
#include <inttypes.h>
#include <unistd.h>

#include "tool.h"

struct args {
	const char *name;
	const char *message;	/* NULL: standard input */
	bool lines;
	uint64_t type;
	uint64_t priority;
	bool nonblock;
	bool has_timeout;
	int64_t timeout_ns;
};

/* What has been sent so far. */
struct sender {
	const struct args *args;
	struct ipcx_queue *q;
	uint64_t messages;
	uint64_t bytes;
};

static const struct argp_option options[] = {
	{ "type", 't', "N", 0, "Type, for selective receive: 0 to 2^64-1 (default: 0)", 0 },
	{ "priority", 'p', "N", 0, "Priority, high first: 0 to 32767 (default: 0)", 0 },
	{ "lines", 'l', 0, 0, "Send each line of standard input as a message, as it comes", 0 },
	{ "timeout", 'T', "TIME", 0, "While the queue is full wait for TIME at most", 0 },
	{ "nonblock", 'n', 0, 0, "Do not wait where the queue is full", 0 },
	{ 0 }
};

static void check_args(struct argp_state *state, const struct args *args)
{
	if (!args->name)
		argp_usage(state);
	if (args->message && args->lines)
		argp_error(state, "--lines reads standard input: not with a MESSAGE");
	if (args->nonblock && args->has_timeout)
		argp_error(state, "--nonblock and --timeout exclude each other");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct args *args = state->input;

	switch (key) {
	case 't':
		if (!parse_u64(arg, UINT64_MAX, &args->type))
			argp_error(state, "--type: '%s' is not a number from 0 to 2^64-1", arg);
		return 0;
	case 'p':
		if (!parse_u64(arg, IPCX_PRIO_MAX, &args->priority))
			argp_error(state, "--priority: '%s' is not a number from 0 to %d", arg,
				   IPCX_PRIO_MAX);
		return 0;
	case 'l':
		args->lines = true;
		return 0;
	case 'T':
		if (!parse_duration(arg, &args->timeout_ns))
			argp_error(state, "--timeout: '%s' is not a time, such as 2, 1.5s or 200ms", arg);
		args->has_timeout = true;
		return 0;
	case 'n':
		args->nonblock = true;
		return 0;
	case ARGP_KEY_ARG:
		if (!args->name)
			args->name = name_arg(state, arg);
		else if (!args->message)
			args->message = arg;
		else
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
	.args_doc = "NAME [MESSAGE]",
	.doc = "Send MESSAGE to a queue, or what standard input gives up to its end.\v"
	       "TIME is in seconds, or has a unit: ns, us, ms, s, m, h. With --lines it counts\n"
	       "for each message; a line is sent without its newline.\n"
	       "With --json: the messages and bytes that were sent.\n"
	       "\n"
	       "Exit status 3: the queue is full (--nonblock) or stayed full (--timeout).\n"
	       "\n"
	       "Examples:\n"
	       "  ipcx send /jobs 'hello'\n"
	       "  ipcx send /jobs --priority=10 --type=7 'urgent'\n"
	       "  ipcx send /jobs <picture.png\n"
	       "  tail -f log | ipcx send /jobs --lines\n"
	       "  ipcx send /jobs --timeout=500ms 'hello' || echo full\n",
};

static int explain(const struct sender *s, int err, size_t len)
{
	struct ipcx_stat stat;

	if (err == -EMSGSIZE && !ipcx_queue_stat(s->q, &stat))
		return report_hint(s->args->name, err,
				   "%zu bytes or more; this queue takes %" PRIu64
				   " at most: create one with a larger --max-msg-size",
				   len, (uint64_t)stat.max_msg_size);
	if (err == -EBADF)
		return report(ACT_OPEN, s->args->name, -EACCES);
	return report(ACT_SEND, s->args->name, err);
}

static int send_one(struct sender *s, const void *buf, size_t len)
{
	IPCX_OPTS(ipcx_send_opts, opts);
	struct ipcx_msg msg;
	int ret;

	if (s->args->nonblock) {
		opts.flags = IPCX_XFER_NONBLOCK;
	} else if (s->args->has_timeout) {
		opts.flags = IPCX_XFER_DEADLINE;
		opts.clock = CLOCK_MONOTONIC;
		opts.deadline_ns = ipcx_deadline_after(CLOCK_MONOTONIC, s->args->timeout_ns);
	}
	ipcx_msg_init(&msg, buf, len, s->args->type, s->args->priority);
	ret = ipcx_queue_send_msgs(s->q, &msg, 1, &opts);
	if (ret < 0)
		return explain(s, ret, len);
	s->messages++;
	s->bytes += len;
	return EXIT_SUCCESS;
}

static int read_error(void)
{
	fprintf(stderr, "ipcx: standard input: %s\n", strerror(errno));
	return EXIT_FAILURE;
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
		status = read_error();
	free(line);
	return status;
}

/* One message; of input without end no more is read than a message can be. */
static int send_input(struct sender *s)
{
	size_t len = 0, room = 65536;
	char *buf = check_alloc(malloc(room));
	struct ipcx_stat stat;
	int status, err;

	err = ipcx_queue_stat(s->q, &stat);
	if (err) {
		status = explain(s, err, 0);
		goto free_buf;
	}
	for (;;) {
		ssize_t ret;

		if (len == room) {
			room *= 2;
			buf = check_alloc(realloc(buf, room));
		}
		ret = read(STDIN_FILENO, buf + len, room - len);
		if (ret < 0) {
			status = read_error();
			goto free_buf;
		}
		len += ret;
		if (!ret || len > stat.max_msg_size)
			break;
	}
	status = send_one(s, buf, len);
free_buf:
	free(buf);
	return status;
}

static void print_json(const struct sender *s)
{
	json_t *obj = check_alloc(json_object());

	json_set_u64(obj, "sent", s->messages);
	json_set_u64(obj, "bytes", s->bytes);
	json_print(obj);
}

int cmd_send(int argc, char **argv)
{
	struct args args = { 0 };
	struct sender s = { .args = &args };
	int status, err;

	parse_args(&argp, argc, argv, &args);
	status = open_device();
	if (status)
		return status;
	err = ipcx_queue_open(&s.q, tool.dev, args.name, IPCX_OPEN_WRITE, NULL);
	if (err)
		return report(ACT_OPEN, args.name, err);
	if (args.message)
		status = send_one(&s, args.message, strlen(args.message));
	else if (args.lines)
		status = send_lines(&s);
	else
		status = send_input(&s);
	if (tool.json)
		print_json(&s);
	ipcx_queue_close(s.q);
	return status;
}
