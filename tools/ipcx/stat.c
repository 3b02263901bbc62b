// SPDX-License-Identifier: LGPL-2.1-or-later
/* ipcx stat */
#include <inttypes.h>
#include <sys/ioctl.h>

#include "tool.h"

struct args {
	struct dest *dests;
	size_t count;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct args *args = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		dest_arg(state, arg, &args->dests[args->count++]);
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_usage(state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.parser = parse,
	.args_doc = "NAME...\nPORT...",
	.doc = "Show everything about objects.\v"
	       "A PORT is the ID of a mailbox. Needs permission to receive or to send (a ring:\n"
	       "to consume or to produce) or, for a mailbox given by name, to read.\n"
	       "With --json: one object a line, with the field names of <linux/ipcx.h>.\n"
	       "\n"
	       "Examples:\n"
	       "  ipcx stat /jobs\n"
	       "  ipcx stat --json /jobs | jq .depth\n"
	       "  ipcx stat --json /upper | jq .calls\n",
};

static const struct argp ring_argp = {
	.parser = parse,
	.args_doc = "NAME...",
	.doc = "Show everything about rings.\v"
	       "Needs permission to consume or to produce. What is used, sent and lost is what\n"
	       "producers and consumers say in the ring's memory.\n"
	       "With --json: one object a line, with the field names of <linux/ipcx.h>.\n"
	       "\n"
	       "Examples:\n"
	       "  ipcx ring stat /log\n"
	       "  ipcx ring stat --json /log | jq .consumers\n",
};

int fd_stat(int fd, struct ipcx_stat *stat)
{
	memset(stat, 0, sizeof(*stat));
	return ioctl(fd, IPCX_STAT, stat) ? -errno : 0;
}

/* What may be listed but not sent to. */
static int stat_listed(const char *name, struct ipcx_stat *stat)
{
	const struct ipcx_stat *each;
	struct ipcx_iter *iter;
	int ret;

	ret = ipcx_iter_new(&iter, tool.dev, IPCX_KIND_MBOX);
	if (ret)
		return ret;
	while ((ret = ipcx_iter_next(iter, &each)) > 0) {
		if (strcmp(each->name, name) != 0)
			continue;
		*stat = *each;
		break;
	}
	ipcx_iter_free(iter);
	if (ret < 0)
		return ret;
	return ret ? 0 : -EACCES;
}

static int stat_mailbox(const struct dest *dest, struct ipcx_stat *stat)
{
	struct ipcx_mbox *m;
	int ret;

	ret = open_mailbox(&m, dest);
	if (ret == -EACCES)
		return stat_listed(dest->text, stat);
	if (ret)
		return ret;
	ret = ipcx_mbox_stat(m, stat);
	/* Our own handle is not what is asked for. */
	if (!ret)
		stat->handles--;
	ipcx_mbox_close(m);
	return ret;
}

/* Either right will do. */
static int stat_queue(const char *name, struct ipcx_stat *stat)
{
	struct ipcx_queue *q;
	int ret;

	ret = ipcx_queue_open(&q, tool.dev, name, IPCX_OPEN_READ, NULL);
	if (ret == -EACCES)
		ret = ipcx_queue_open(&q, tool.dev, name, IPCX_OPEN_WRITE, NULL);
	if (ret)
		return ret;
	ret = ipcx_queue_stat(q, stat);
	if (!ret)
		stat->handles--;
	ipcx_queue_close(q);
	return ret;
}

static int stat_ring(const char *name, struct ipcx_stat *stat)
{
	struct ipcx_ring *ring;
	int ret;

	ret = ipcx_ring_open(&ring, tool.dev, name, IPCX_OPEN_READ, NULL);
	if (ret == -EACCES)
		ret = ipcx_ring_open(&ring, tool.dev, name, IPCX_OPEN_WRITE, NULL);
	if (ret)
		return ret;
	ret = fd_stat(ipcx_ring_fd(ring), stat);
	if (!ret)
		stat->handles--;
	ipcx_ring_close(ring);
	return ret;
}

static int stat_dest(const struct dest *dest, struct ipcx_stat *stat)
{
	int ret;

	if (dest->is_port)
		return stat_mailbox(dest, stat);
	ret = stat_queue(dest->text, stat);
	if (ret == -EPROTOTYPE)
		ret = stat_ring(dest->text, stat);
	return ret == -EPROTOTYPE ? stat_mailbox(dest, stat) : ret;
}

static int stat_only_ring(const struct dest *dest, struct ipcx_stat *stat)
{
	return dest->is_port ? -EPROTOTYPE : stat_ring(dest->text, stat);
}

static void line(const char *label, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void line(const char *label, const char *fmt, ...)
{
	va_list ap;

	printf("%-12s", label);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

#define NUM(x) ((uint64_t)(x))

static void print_who(const struct ipcx_stat *stat)
{
	char *user = user_name(stat->uid), *group = group_name(stat->gid);
	char *name = printable(stat->name), *created = time_text(stat->created_ns);

	line("name:", "%s", (stat->state & IPCX_STAT_NAMED) ? name : "-");
	line("kind:", "%s", kind_name(stat));
	line(stat->kind == IPCX_KIND_MBOX ? "port:" : "id:", "%" PRIu64, NUM(stat->id));
	line("owner:", "%s (%u), group %s (%u)", user, stat->uid, group, stat->gid);
	line("mode:", "%04o", stat->mode);
	line("created:", "%s", created);
	line("handles:", "%u", stat->handles);
	free(created);
	free(name);
	free(group);
	free(user);
}

/* A group keeps no messages itself. */
static void print_group(const struct ipcx_stat *stat)
{
	line("holder:", "%s", stat->state & IPCX_STAT_DEAD ? "gone" : "there");
	line("limits:", "%" PRIu64 " bytes a message", NUM(stat->max_msg_size));
	line("members:", "%" PRIu64 " mailboxes have subscribed", NUM(stat->members));
	line("sent:", "%" PRIu64 " messages, %" PRIu64 " bytes",
	     NUM(stat->sent), NUM(stat->sent_bytes));
}

static void print_ties(const struct ipcx_stat *stat)
{
	line("calls:", "%" PRIu64 " received and not answered yet", NUM(stat->calls));
	line("groups:", "%" PRIu64 " subscribed to, %" PRIu64 " of their messages lost",
	     NUM(stat->members), NUM(stat->lost));
	line("watches:", "%" PRIu64 " ports", NUM(stat->watches));
}

/* The other way into a mailbox. */
static void print_delivery(const struct ipcx_stat *stat)
{
	line("ring:", "%" PRIu64 " messages, %" PRIu64 " of %" PRIu64 " bytes, %s",
	     NUM(stat->ring_msgs), NUM(stat->ring_used), NUM(stat->ring_size),
	     stat->consumers ? "mapped to be read" : "nobody has it mapped");
}

static void print_content(const struct ipcx_stat *stat)
{
	bool mbox = stat->kind == IPCX_KIND_MBOX;

	if (mbox)
		line("receiver:", "%s", stat->state & IPCX_STAT_DEAD ? "gone" : "there");
	line("limits:", "%" PRIu64 " messages, %" PRIu64 " bytes, %" PRIu64 " bytes a message",
	     NUM(stat->max_msgs), NUM(stat->max_bytes), NUM(stat->max_msg_size));
	if (!mbox)
		line("when full:", "%s",
		     stat->overflow == IPCX_OVERFLOW_DROP ?
		     "drop the oldest of the lowest priority" : overflow_name(stat->overflow));
	line("queued:", "%" PRIu64 " messages (and %" PRIu64 " being received), %" PRIu64 " bytes",
	     NUM(stat->depth), NUM(stat->inflight), NUM(stat->bytes));
	if (stat->ring_size)
		print_delivery(stat);
	if (mbox)
		print_ties(stat);
	line("most:", "%" PRIu64 " messages, %" PRIu64 " bytes",
	     NUM(stat->depth_max), NUM(stat->bytes_max));
	line("sent:", "%" PRIu64 " messages, %" PRIu64 " bytes",
	     NUM(stat->sent), NUM(stat->sent_bytes));
	line("received:", "%" PRIu64 " messages, %" PRIu64 " bytes",
	     NUM(stat->received), NUM(stat->received_bytes));
	if (!mbox)
		line("dropped:", "%" PRIu64 " messages", NUM(stat->dropped));
	line("blocked:", "%" PRIu64 " sends, %" PRIu64 " receives",
	     NUM(stat->send_blocked), NUM(stat->recv_blocked));
	line("waiting:", "%u to send, %u to receive", stat->send_waiters, stat->recv_waiters);
	if (!mbox)
		line("notify:", "%s", stat->state & IPCX_STAT_NOTIFY ? "registered" : "none");
}

/* How many there are of one side. */
static void print_side(const char *label, uint32_t count, bool gone)
{
	line(label, "%u%s", count, gone ? ", the last one has gone" : "");
}

static void print_ring(const struct ipcx_stat *stat)
{
	line("ring mode:", "%s", ring_mode_name(stat->ring_mode));
	line("limits:", "%" PRIu64 " bytes%s, %" PRIu64 " bytes a record",
	     NUM(stat->max_bytes), stat->state & IPCX_STAT_HUGE ? " in huge pages" : "",
	     NUM(stat->max_msg_size));
	line("used:", "%" PRIu64 " bytes", NUM(stat->bytes));
	print_side("producers:", stat->producers, stat->state & IPCX_STAT_EOF);
	print_side("consumers:", stat->consumers, stat->state & IPCX_STAT_BROKEN);
	line("sent:", "%" PRIu64 " records", NUM(stat->sent));
	line("lost:", "%" PRIu64 " records, by the consumers that are there", NUM(stat->lost));
	line("waiting:", "%u to produce, %u to consume", stat->send_waiters, stat->recv_waiters);
}

static void print_text(const struct ipcx_stat *stat)
{
	print_who(stat);
	if (stat->kind == IPCX_KIND_RING)
		print_ring(stat);
	else if (stat->state & IPCX_STAT_GROUP)
		print_group(stat);
	else
		print_content(stat);
}

static int stat_all(const struct argp *line_argp, int argc, char **argv,
		    int (*get)(const struct dest *dest, struct ipcx_stat *stat),
		    enum action action)
{
	struct args args = { .dests = check_alloc(calloc(argc, sizeof(struct dest))) };
	int status, failed = 0;

	parse_args(line_argp, argc, argv, &args);
	status = open_device();
	for (size_t i = 0; !status && i < args.count; i++) {
		struct ipcx_stat stat;
		int err = get(&args.dests[i], &stat);

		if (err) {
			failed = report(args.dests[i].is_port && err == -ENOENT ? ACT_PORT : action,
					args.dests[i].text, err);
			continue;
		}
		if (tool.json) {
			json_print(stat_json(&stat));
			continue;
		}
		if (i)
			putchar('\n');
		print_text(&stat);
	}
	free(args.dests);
	return status ? status : failed;
}

int cmd_stat(int argc, char **argv)
{
	return stat_all(&argp, argc, argv, stat_dest, ACT_STAT);
}

int cmd_ring_stat(int argc, char **argv)
{
	return stat_all(&ring_argp, argc, argv, stat_only_ring, ACT_CONSUME);
}
