// SPDX-License-Identifier: LGPL-2.1-or-later
/* ipcx recv, ipcx subscribe and ipcx ring consume: receiving and writing. */
#include <inttypes.h>
#include <unistd.h>

#include "recv.h"

#define FIRST_ROOM 65536
#define SPIN_SLICE_NS 50000000

struct receiver {
	const struct recv_args *args;
	const struct recv_source *from;
	struct ipcx_recv_opts opts;
	struct ipcx_mbox_recv mail;	/* of a queue's message the part that it has */
	struct arrivals files;
	struct ipcx_stamps stamps;
	const char *payload;		/* in buf, or where a record lies in its ring */
	bool in_ring;			/* it is such a record, or a copy of one */
	uint64_t ring_lost;		/* records, up to now */
	char *buf;
	size_t room;
};

error_t recv_option(int key, char *arg, struct argp_state *state, struct recv_args *args)
{
	error_t err;

	switch (key) {
	case 'c':
		args->count = count_arg(state, "count", arg);
		return 0;
	case 'l':
		args->lines = true;
		return 0;
	default:
		err = patience_option(key, arg, state, &args->patience);
		return err ? name_option(key, arg, state, &args->name) : 0;
	}
}

static void make_room(struct receiver *r, size_t room)
{
	free(r->buf);
	r->room = room;
	r->buf = check_alloc(malloc(room));
}

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

static int take_from_mailbox(struct receiver *r, const struct ipcx_recv_opts *opts)
{
	int ret;

	ipcx_mbox_recv_init(&r->mail, r->buf, r->room);
	if (r->args->files)
		arrivals_expect(&r->files, &r->mail);
	ret = ipcx_mbox_recv_msgs(r->from->mbox, &r->mail, 1, opts);
	if (ret <= 0)
		return ret;
	arrivals_take(&r->files, &r->mail);
	/* Nobody here replies: its caller is not to wait for who reads our output. */
	if (r->mail.token)
		ipcx_mbox_discard(r->from->mbox, r->mail.token);
	return ret;
}

/* Who spins does not notice signals: in slices. */
static int spin(const struct receiver *r, const struct ipcx_ring_wait_opts *opts)
{
	bool limited = opts->flags & IPCX_XFER_DEADLINE, last;
	struct ipcx_ring_wait_opts slice = *opts;
	int err;

	slice.flags |= IPCX_XFER_DEADLINE;
	slice.clock = CLOCK_MONOTONIC;
	do {
		slice.deadline_ns = ipcx_deadline_after(CLOCK_MONOTONIC, SPIN_SLICE_NS);
		last = limited && opts->deadline_ns <= slice.deadline_ns;
		if (last)
			slice.deadline_ns = opts->deadline_ns;
		err = ipcx_consumer_wait(r->from->consumer, &slice);
		if (err == -ETIMEDOUT && stop_asked())
			return -EINTR;
	} while (err == -ETIMEDOUT && !last);
	return err;
}

static int wait_for_record(const struct receiver *r)
{
	IPCX_OPTS(ipcx_ring_wait_opts, opts);

	opts.flags = r->opts.flags;
	opts.clock = r->opts.clock;
	opts.deadline_ns = r->opts.deadline_ns;
	opts.policy = r->args->policy;
	if (opts.policy == IPCX_WAIT_SPIN && !(opts.flags & IPCX_XFER_NONBLOCK))
		return spin(r, &opts);
	return ipcx_consumer_wait(r->from->consumer, &opts);
}

/* What may be overwritten any time is copied; @len: of what was peeked at, or an error. */
static ssize_t copy_record(struct receiver *r, ssize_t len)
{
	int err;

	if (len > 0 && (size_t)len > r->room)
		make_room(r, len);
	if (len > 0)
		memcpy(r->buf, r->payload, len);
	err = ipcx_consumer_release(r->from->consumer);
	r->payload = r->buf;
	return err ? err : len;
}

/* The next record, which stays in the ring until it was written. */
static int take_from_ring(struct receiver *r)
{
	struct ipcx_consumer *c = r->from->consumer;
	uint64_t lost;
	ssize_t len;
	int err;

	for (;;) {
		const void *data;

		len = ipcx_consumer_peek(c, &data);
		if (len >= 0)
			r->payload = data;
		if (r->args->overrun && (len >= 0 || len == -EOVERFLOW))
			len = copy_record(r, len);
		if (len >= 0)
			break;
		if (len != -EAGAIN && len != -EOVERFLOW)
			return len;
		err = len == -EAGAIN ? wait_for_record(r) : 0;
		if (err && err != -EOVERFLOW)
			return err;
	}
	lost = ipcx_consumer_lost(c);
	r->mail.lost = lost - r->ring_lost;
	r->ring_lost = lost;
	r->mail.len = len;
	r->in_ring = true;
	return 1;
}

/* One message into r->buf, which grows to what it needs. */
static int take_message(struct receiver *r, const struct ipcx_recv_opts *opts)
{
	int ret;

	for (;;) {
		ret = r->from->mbox ? take_from_mailbox(r, opts) : take_from_queue(r);
		r->payload = r->buf;
		if (ret != -EMSGSIZE || r->mail.len <= r->room)
			return ret;
		/* The message stays; another receiver may get it meanwhile. */
		make_room(r, r->mail.len);
	}
}

/* A message in the ring of a mailbox, which stays there until it was written. */
static int take_delivered(struct receiver *r)
{
	const void *record;
	ssize_t len = ipcx_consumer_peek(r->from->consumer, &record);
	int err;

	if (len < 0)
		return len;
	err = ipcx_mbox_ring_msg(&r->mail, record, len);
	r->payload = (const char *)(uintptr_t)r->mail.buf;
	return err ? err : 1;
}

/* In turn, so that neither way in has to wait until nothing comes by the other. */
static int take_either_way(struct receiver *r)
{
	IPCX_OPTS(ipcx_recv_opts, now);
	int ret;

	now.flags = IPCX_XFER_NONBLOCK;
	do {
		ret = -EAGAIN;
		for (int i = 0; i < 2 && ret == -EAGAIN; i++) {
			r->in_ring = !r->in_ring;
			ret = r->in_ring ? take_delivered(r) : take_message(r, &now);
		}
		if (ret != -EAGAIN)
			return ret;
		ret = stop_poll(ipcx_mbox_fd(r->from->mbox), r->opts.deadline_ns);
	} while (!ret);
	return ret;
}

/* A message, or a record. */
static int take(struct receiver *r)
{
	begin_waiting(&r->args->patience, &r->opts.flags, &r->opts.clock, &r->opts.deadline_ns);
	if (r->from->mbox && r->from->consumer)
		return take_either_way(r);
	return r->from->consumer ? take_from_ring(r) : take_message(r, &r->opts);
}

/* From a ring that is no mailbox's. */
static bool is_record(const struct receiver *r)
{
	return r->from->consumer && !r->from->mbox;
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
	if (r->from->consumer)
		json_set_bool(obj, "ring", r->in_ring);
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
	}
	if (r->from->q) {
		json_set_u64(obj, "type", r->mail.type);
		json_set_u64(obj, "priority", r->mail.priority);
	}
	if (is_record(r))
		json_set_u64(obj, "lost", r->mail.lost);
	if (r->args->stamps)
		json_set(obj, "stamps", stamps_json(&r->stamps));
	json_set_u64(obj, "size", r->mail.len);
	json_set_bytes(obj, "payload", r->payload, r->mail.len);
	return obj;
}

/* Is a message that could not be written still where it was? */
static bool stays(const struct receiver *r)
{
	return r->args->peek || (r->in_ring && !r->args->overrun);
}

static int output_failed(const struct receiver *r, int err)
{
	fprintf(stderr, "ipcx: standard output: %s%s\n", strerror(-err),
		stays(r) ? "" : ": a message that was received is lost");
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
	if (r->args->stamps && !tool.json)
		stamps_tell(&r->stamps, r->args->name);
	arrivals_close(&r->files);
	return status;
}

static int write_message(struct receiver *r)
{
	int err = 0;

	if (r->mail.lost && !tool.json)
		fprintf(stderr, "ipcx: %s: %" PRIu64 " %s\n", r->args->name, (uint64_t)r->mail.lost,
			is_record(r) ? "records lost: they were overwritten before they were read" :
					    "messages lost: there was no room for them");
	if (tool.json)
		err = write_json(message_json(r));
	else if (!is_end(r))
		err = write_payload(r->payload, r->mail.len, r->args->lines);
	if (err) {
		arrivals_close(&r->files);
		return output_failed(r, err);
	}
	if (r->in_ring && !r->args->overrun)
		ipcx_consumer_release(r->from->consumer);
	return write_rest(r);
}

static int receive_failed(const struct receiver *r, int err)
{
	if (stop_asked() && (err == -EINTR || err == -EAGAIN))
		return EXIT_SUCCESS;
	if (r->args->all && err == -EAGAIN)
		return EXIT_SUCCESS;
	if (!is_record(r))
		return report(ACT_RECV, r->args->name, err);
	/* The last producer has gone. */
	if (err == -ENODATA)
		return EXIT_SUCCESS;
	if (err == -EBADMSG)
		return report_hint(r->args->name, err,
				   "no record at byte %" PRIu64
				   ": somebody who may produce has written nonsense; make a new ring",
				   ipcx_consumer_index(r->from->consumer));
	return report(ACT_CONSUME, r->args->name, err);
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
	int fd, err;

	if (from->mbox)
		fd = ipcx_mbox_fd(from->mbox);
	else
		fd = from->ring ? ipcx_ring_fd(from->ring) : ipcx_queue_fd(from->q);
	err = stop_setup(fd);
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
	if (args->stamps)
		r.opts.stamps = &r.stamps;
	make_room(&r, FIRST_ROOM);
	status = receive_loop(&r);
	free(r.buf);
	return status;
}
