// SPDX-License-Identifier: LGPL-2.1-or-later
/* ipcx recv and ipcx subscribe: receiving and writing. */
#include <inttypes.h>
#include <unistd.h>

#include "recv.h"

#define FIRST_ROOM 65536

struct receiver {
	const struct recv_args *args;
	const struct recv_source *from;
	struct ipcx_recv_opts opts;
	struct ipcx_mbox_recv mail;	/* of a queue's message the part that it has */
	struct arrivals files;
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
	if (r->args->files)
		arrivals_expect(&r->files, &r->mail);
	ret = ipcx_mbox_recv_msgs(r->from->mbox, &r->mail, 1, &r->opts);
	if (ret <= 0)
		return ret;
	arrivals_take(&r->files, &r->mail);
	/* Nobody here replies: its caller is not to wait for who reads our output. */
	if (r->mail.token)
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
		if (ret != -EMSGSIZE || r->mail.len <= r->room)
			return ret;
		/* The message stays; another receiver may get it meanwhile. */
		r->room = r->mail.len;
		free(r->buf);
		r->buf = check_alloc(malloc(r->room));
	}
}

/* The last that comes from a group. */
static bool is_end(const struct receiver *r)
{
	return r->mail.flags & IPCX_MSG_DEAD;
}

static json_t *mailbox_json(const struct receiver *r)
{
	const struct ipcx_mbox_recv *mail = &r->mail;
	json_t *obj;

	obj = is_end(r) ? check_alloc(json_object()) : mail_json(mail);
	if (mail->group) {
		json_set_u64(obj, "group", mail->group);
		json_set_u64(obj, "lost", mail->lost);
		json_set_bool(obj, "end", is_end(r));
	} else {
		json_set_bool(obj, "call", mail->token);
	}
	if (r->args->files)
		json_set(obj, "files", arrivals_json(&r->files));
	return obj;
}

static json_t *message_json(const struct receiver *r)
{
	json_t *obj;

	if (r->from->mbox) {
		obj = mailbox_json(r);
		if (is_end(r))
			return obj;
	} else {
		obj = check_alloc(json_object());
		json_set_u64(obj, "type", r->mail.type);
		json_set_u64(obj, "priority", r->mail.priority);
	}
	json_set_u64(obj, "size", r->mail.len);
	json_set_bytes(obj, "payload", r->buf, r->mail.len);
	return obj;
}

static int output_failed(const struct receiver *r, int err)
{
	fprintf(stderr, "ipcx: standard output: %s%s\n", strerror(-err),
		r->args->peek ? "" : ": a message that was received is lost");
	return EXIT_FAILURE;
}

/* What came beside the payload: the exit status. */
static int write_rest(struct receiver *r)
{
	int status = EXIT_SUCCESS;

	if (r->args->cat)
		status = arrivals_cat(&r->files, r->args->name);
	else if (!tool.json)
		arrivals_tell(&r->files, r->args->name);
	arrivals_close(&r->files);
	return status;
}

static int write_message(struct receiver *r)
{
	int err = 0;

	if (r->mail.lost && !tool.json)
		fprintf(stderr, "ipcx: %s: %" PRIu64 " messages lost: there was no room for them\n",
			r->args->name, (uint64_t)r->mail.lost);
	if (tool.json)
		err = write_json(message_json(r));
	else if (!is_end(r))
		err = write_payload(r->buf, r->mail.len, r->args->lines);
	if (err) {
		arrivals_close(&r->files);
		return output_failed(r, err);
	}
	return write_rest(r);
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
	int err, status;

	if (!limit && !args->all && !args->follow)
		limit = 1;
	for (uint64_t n = 0; !limit || n < limit; n++) {
		if (stop_asked() || stop_no_reader())
			return EXIT_SUCCESS;
		err = take(r);
		if (err < 0)
			return receive_failed(r, err);
		status = write_message(r);
		if (status || is_end(r))
			return status;
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
	if (args->adaptive)
		r.opts.flags |= IPCX_XFER_ADAPTIVE;
	r.room = FIRST_ROOM;
	r.buf = check_alloc(malloc(r.room));
	status = receive_loop(&r);
	free(r.buf);
	return status;
}
