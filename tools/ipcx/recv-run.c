// SPDX-License-Identifier: LGPL-2.1-or-later
/* ipcx recv: receiving and writing. */
#include <unistd.h>

#include "recv.h"

#define FIRST_ROOM 65536

struct receiver {
	const struct recv_args *args;
	struct ipcx_queue *q;
	struct ipcx_recv_opts opts;
	struct ipcx_msg msg;
	char *buf;
	size_t room;
};

/* One message into r->buf, which grows to what it needs. */
static int take(struct receiver *r)
{
	int ret;

	if (r->args->has_timeout)
		r->opts.deadline_ns = ipcx_deadline_after(r->opts.clock, r->args->timeout_ns);
	for (;;) {
		ipcx_msg_init(&r->msg, r->buf, r->room, 0, 0);
		ret = ipcx_queue_recv_msgs(r->q, &r->msg, 1, &r->opts);
		if (ret != -EMSGSIZE)
			return ret;
		/* The message stays; another receiver may get it meanwhile. */
		r->room = r->msg.len;
		free(r->buf);
		r->buf = check_alloc(malloc(r->room));
	}
}

static int write_all(const char *buf, size_t len)
{
	while (len) {
		ssize_t ret = write(STDOUT_FILENO, buf, len);

		if (ret < 0 && errno == EINTR)
			continue;
		if (ret < 0)
			return -errno;
		buf += ret;
		len -= ret;
	}
	return 0;
}

static int write_json(const struct receiver *r)
{
	json_t *obj = check_alloc(json_object());
	char *text;
	int err;

	json_set_u64(obj, "type", r->msg.type);
	json_set_u64(obj, "priority", r->msg.priority);
	json_set_u64(obj, "size", r->msg.len);
	json_set_bytes(obj, "payload", r->buf, r->msg.len);
	text = check_alloc(json_dumps(obj, JSON_COMPACT));
	err = write_all(text, strlen(text));
	if (!err)
		err = write_all("\n", 1);
	free(text);
	json_decref(obj);
	return err;
}

static int write_message(const struct receiver *r)
{
	bool newline = r->args->lines;
	int err;

	if (tool.json)
		return write_json(r);
	/* A prompt is to come on a line of its own. */
	if (isatty(STDOUT_FILENO) && (!r->msg.len || r->buf[r->msg.len - 1] != '\n'))
		newline = true;
	err = write_all(r->buf, r->msg.len);
	if (!err && newline)
		err = write_all("\n", 1);
	return err;
}

static int output_failed(const struct receiver *r, int err)
{
	fprintf(stderr, "ipcx: standard output: %s%s\n", strerror(-err),
		r->args->peek ? "" : ": a message that was received is lost");
	return EXIT_FAILURE;
}

static int receive_failed(const struct receiver *r, int err)
{
	if (stop_asked() && (err == -EINTR || err == -EAGAIN))
		return EXIT_SUCCESS;
	if (r->args->all && err == -EAGAIN)
		return EXIT_SUCCESS;
	return report(ACT_RECV, r->args->name, err);
}

static void set_waiting(struct receiver *r)
{
	const struct recv_args *args = r->args;

	if (args->peek) {
		r->opts.flags |= IPCX_RECV_PEEK;
	} else if (args->nonblock || args->all) {
		r->opts.flags |= IPCX_XFER_NONBLOCK;
	} else if (args->has_timeout) {
		r->opts.flags |= IPCX_XFER_DEADLINE;
		r->opts.clock = CLOCK_MONOTONIC;
	}
}

static int receive_loop(struct receiver *r)
{
	const struct recv_args *args = r->args;
	uint64_t limit = args->count;
	int err;

	if (!limit && !args->all && !args->follow)
		limit = 1;
	for (uint64_t n = 0; !limit || n < limit; n++) {
		if (stop_asked() || stop_no_reader())
			return EXIT_SUCCESS;
		err = take(r);
		if (err < 0)
			return receive_failed(r, err);
		err = write_message(r);
		if (err)
			return output_failed(r, err);
	}
	return EXIT_SUCCESS;
}

int recv_run(const struct recv_args *args, struct ipcx_queue *q)
{
	struct receiver r = { .args = args, .q = q, .opts = args->opts };
	int status, err;

	if (args->follow) {
		err = stop_setup(q);
		if (err)
			return report(ACT_RECV, args->name, err);
	}
	set_waiting(&r);
	r.room = FIRST_ROOM;
	r.buf = check_alloc(malloc(r.room));
	status = receive_loop(&r);
	free(r.buf);
	return status;
}
