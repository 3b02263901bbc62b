// SPDX-License-Identifier: LGPL-2.1-or-later
/* ipcx recv: receiving and writing. */
#include <unistd.h>

#include "recv.h"

#define FIRST_ROOM 65536

struct receiver {
	const struct recv_args *args;
	const struct recv_source *from;
	struct ipcx_recv_opts opts;
	struct ipcx_mbox_recv mail;	/* of a queue's message the part that it has */
	char *buf;
	size_t room;
};

static int take_from_queue(struct receiver *r)
{
	struct ipcx_msg msg;
	int ret;

	ipcx_msg_init(&msg, r->buf, r->room, 0, 0);
	ret = ipcx_queue_recv_msgs(r->from->q, &msg, 1, &r->opts);
	r->mail.len = msg.len;
	r->mail.type = msg.type;
	r->mail.priority = msg.priority;
	return ret;
}

static int take_from_mailbox(struct receiver *r)
{
	int ret;

	ipcx_mbox_recv_init(&r->mail, r->buf, r->room);
	ret = ipcx_mbox_recv_msgs(r->from->mbox, &r->mail, 1, &r->opts);
	/* Nobody here replies: its caller is not to wait for who reads our output. */
	if (ret > 0 && r->mail.token)
		ipcx_mbox_discard(r->from->mbox, r->mail.token);
	return ret;
}

/* One message into r->buf, which grows to what it needs. */
static int take(struct receiver *r)
{
	int ret;

	begin_waiting(&r->args->patience, &r->opts.flags, &r->opts.clock, &r->opts.deadline_ns);
	for (;;) {
		ret = r->from->mbox ? take_from_mailbox(r) : take_from_queue(r);
		if (ret != -EMSGSIZE)
			return ret;
		/* The message stays; another receiver may get it meanwhile. */
		r->room = r->mail.len;
		free(r->buf);
		r->buf = check_alloc(malloc(r->room));
	}
}

static json_t *message_json(const struct receiver *r)
{
	json_t *obj;

	if (r->from->mbox) {
		obj = mail_json(&r->mail);
		json_set_bool(obj, "call", r->mail.token);
	} else {
		obj = check_alloc(json_object());
		json_set_u64(obj, "type", r->mail.type);
		json_set_u64(obj, "priority", r->mail.priority);
	}
	json_set_u64(obj, "size", r->mail.len);
	json_set_bytes(obj, "payload", r->buf, r->mail.len);
	return obj;
}

static int write_message(const struct receiver *r)
{
	if (tool.json)
		return write_json(message_json(r));
	return write_payload(r->buf, r->mail.len, r->args->lines);
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

static int catch_end(const struct recv_source *from)
{
	int err = stop_setup(from->mbox ? ipcx_mbox_fd(from->mbox) : ipcx_queue_fd(from->q));

	return err ? err : stop_without_reader();
}

int recv_run(const struct recv_args *args, const struct recv_source *from)
{
	struct receiver r = { .args = args, .from = from, .opts = args->opts };
	int status, err;

	if (args->follow) {
		err = catch_end(from);
		if (err)
			return report(ACT_RECV, args->name, err);
	}
	if (args->peek)
		r.opts.flags |= IPCX_RECV_PEEK;
	if (args->all)
		r.opts.flags |= IPCX_XFER_NONBLOCK;
	r.room = FIRST_ROOM;
	r.buf = check_alloc(malloc(r.room));
	status = receive_loop(&r);
	free(r.buf);
	return status;
}
