// SPDX-License-Identifier: LGPL-2.1-or-later
/* ipcx send, ipcx publish and ipcx ring produce: sending. */
#include <inttypes.h>
#include <unistd.h>

#include "send.h"

error_t send_option(int key, char *arg, struct argp_state *state, struct send_args *args)
{
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
	case KEY_COOKIE:
		args->cookie = number_arg(state, "cookie", arg);
		args->has_cookie = true;
		return 0;
	case ARGP_KEY_ARG:
		if (!dest_or_text_arg(state, arg, &args->dest, &args->message))
			argp_error(state, "more than one MESSAGE: quote it, or send lines (--lines)");
		return 0;
	default:
		return patience_option(key, arg, state, &args->patience);
	}
}

void send_check(struct argp_state *state, const struct send_args *args)
{
	if (!args->dest.text)
		argp_usage(state);
	if (args->message && args->lines)
		argp_error(state, "--lines reads standard input: not with a MESSAGE");
	check_patience(state, &args->patience);
}

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

static int explain_produce(const struct sender *s, int err, size_t len)
{
	struct ipcx_stat stat;
	const char *name = s->args->dest.text;

	if (err == -EMSGSIZE && !fd_stat(ipcx_ring_fd(s->ring), &stat))
		return report_hint(name, err,
				   "%zu bytes or more; this ring takes %" PRIu64
				   " at most: send parts (--lines, --size), or create one with a larger --size",
				   len, (uint64_t)stat.max_msg_size);
	return report(ACT_PRODUCE, name, err);
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
	const struct send_args *args = s->args;
	IPCX_OPTS(ipcx_mbox_send_opts, opts);
	struct ipcx_mbox_msg msg;
	int ret;

	begin_waiting(&args->patience, &opts.flags, &opts.clock, &opts.deadline_ns);
	if (args->sync)
		opts.flags |= IPCX_POST_SYNC;
	if (args->adaptive)
		opts.flags |= IPCX_XFER_ADAPTIVE;
	ipcx_mbox_msg_init(&msg, buf, len, args->type, args->cookie);
	ipcx_mbox_msg_set_fds(&msg, args->bag.fds, args->bag.count);
	msg.priority = args->priority;
	ret = ipcx_mbox_send_msgs(s->mbox, &msg, 1, &opts);
	if (ret < 0)
		return explain_post(s->mbox, args->sync ? ACT_SYNC : ACT_POST, &args->dest, len,
				    ret);
	return EXIT_SUCCESS;
}

static int to_ring(struct sender *s, const void *buf, size_t len)
{
	IPCX_OPTS(ipcx_ring_wait_opts, opts);
	int ret;

	begin_waiting(&s->args->patience, &opts.flags, &opts.clock, &opts.deadline_ns);
	opts.policy = s->args->policy;
	ret = ipcx_producer_send(s->producer, buf, len, &opts);
	return ret ? explain_produce(s, ret, len) : EXIT_SUCCESS;
}

static int send_one(struct sender *s, const void *buf, size_t len)
{
	int status;

	if (s->producer)
		status = to_ring(s, buf, len);
	else
		status = s->mbox ? to_mailbox(s, buf, len) : to_queue(s, buf, len);
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

/* The longest message that fits. */
static int room(const struct sender *s, uint64_t *max)
{
	struct ipcx_stat stat;
	int err;

	if (s->ring)
		err = fd_stat(ipcx_ring_fd(s->ring), &stat);
	else
		err = s->mbox ? ipcx_mbox_stat(s->mbox, &stat) : ipcx_queue_stat(s->q, &stat);
	*max = stat.max_msg_size;
	return err ? report(ACT_STAT, s->args->dest.text, err) : EXIT_SUCCESS;
}

static int send_chunks(struct sender *s)
{
	size_t len, chunk = s->args->chunk;
	uint64_t max;
	char *buf;
	int status = room(s, &max);

	if (status)
		return status;
	if (chunk > max)
		return explain_produce(s, -EMSGSIZE, chunk);
	buf = check_alloc(malloc(chunk));
	do {
		len = fread(buf, 1, chunk, stdin);
		if (len)
			status = send_one(s, buf, len);
	} while (!status && len == chunk);
	if (!status && ferror(stdin))
		status = input_failed(-errno);
	free(buf);
	return status;
}

/* One message; of input without end no more is read than a message can be. */
static int send_input(struct sender *s)
{
	struct bytes input;
	uint64_t max;
	int status, err;

	status = room(s, &max);
	if (status)
		return status;
	err = read_bytes(STDIN_FILENO, max, &input);
	status = err ? input_failed(err) : send_one(s, input.data, input.len);
	free(input.data);
	return status;
}

int send_run(struct sender *s)
{
	const struct send_args *args = s->args;

	if (args->message)
		return send_one(s, args->message, strlen(args->message));
	/* A file is message enough. */
	if (args->bag.count)
		return send_one(s, NULL, 0);
	if (args->chunk)
		return send_chunks(s);
	return args->lines ? send_lines(s) : send_input(s);
}

json_t *sent_json(const struct sender *s)
{
	json_t *obj = check_alloc(json_object());

	json_set_u64(obj, "sent", s->messages);
	json_set_u64(obj, "bytes", s->bytes);
	return obj;
}
