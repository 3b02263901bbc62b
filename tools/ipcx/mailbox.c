// SPDX-License-Identifier: LGPL-2.1-or-later
/* Mailboxes: what several commands do with them. */
#include <sys/stat.h>

#include "tool.h"

/* What a record of a mailbox's ring has in front of a message. */
#define RECORD_OVERHEAD (sizeof(uint64_t) + sizeof(struct ipcx_delivery))

int open_mailbox(struct ipcx_mbox **m, const struct dest *dest)
{
	if (dest->is_port)
		return ipcx_mbox_open_port(m, tool.dev, dest->port, 0);
	return ipcx_mbox_open(m, tool.dev, dest->text, 0);
}

enum action open_action(const struct dest *dest)
{
	return dest->is_port ? ACT_PORT : ACT_MBOX;
}

error_t birth_option(int key, char *arg, struct argp_state *state, struct birth *birth)
{
	switch (key) {
	case 'm':
		birth->opts.mode = mode_arg(state, "mode", arg);
		birth->has_mode = true;
		return 0;
	case KEY_MAX_MSGS:
		birth->opts.max_msgs = count_arg(state, "max-msgs", arg);
		return 0;
	case KEY_MAX_MSG_SIZE:
		birth->opts.max_msg_size = size_arg(state, "max-msg-size", arg);
		return 0;
	case KEY_MAX_BYTES:
		birth->opts.max_bytes = size_arg(state, "max-bytes", arg);
		return 0;
	case KEY_SPIN:
		birth->opts.spin_ns = spin_arg(state, arg);
		return 0;
	case KEY_RING:
		birth->opts.ring_size = size_arg(state, "ring", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

bool birth_given(const struct birth *birth)
{
	const struct ipcx_mbox_opts *opts = &birth->opts;

	return birth->has_mode || opts->flags || opts->max_msgs || opts->max_msg_size ||
	       opts->max_bytes || opts->spin_ns || opts->ring_size;
}

/* Half of a ring holds the largest message. */
static bool ring_fits(const struct ipcx_mbox_opts *opts)
{
	uint64_t size = opts->ring_size;

	return size >= IPCX_RING_SIZE_MIN && size <= IPCX_RING_SIZE_MAX && !(size & (size - 1)) &&
	       opts->max_msg_size <= size / 2 - RECORD_OVERHEAD;
}

static int explain(const char *name, const struct ipcx_mbox_opts *opts, int err)
{
	if (err == -EINVAL && opts->ring_size && !ring_fits(opts))
		return report_hint(name, err,
				   "--ring: a power of two from 4K to 1G, in half of which --max-msg-size and %zu bytes have room",
				   RECORD_OVERHEAD);
	if (err == -EINVAL)
		return report_limits(name, opts->max_msgs, opts->max_msg_size, opts->max_bytes);
	return report(ACT_SERVE, name, err);
}

int make_mailbox(struct ipcx_mbox **m, const char *name, const struct birth *birth)
{
	const char *subject = name ? name : "a mailbox";
	int err = ipcx_mbox_create(m, tool.dev, name, birth->rights, &birth->opts);

	if (err)
		return explain(subject, &birth->opts, err);
	/* As mkdir -m does; until here it had no more than that. */
	if (birth->has_mode && fchmod(ipcx_mbox_fd(*m), birth->opts.mode)) {
		err = report(ACT_SERVE, subject, -errno);
		ipcx_mbox_close(*m);
	}
	return err;
}

int explain_post(const struct ipcx_mbox *m, enum action action, const struct dest *dest,
		 size_t len, int err)
{
	struct ipcx_stat stat;
	bool group;

	if (ipcx_mbox_stat(m, &stat))
		return report(action, dest->text, err);
	group = stat.state & IPCX_STAT_GROUP;
	switch (err) {
	case -EOPNOTSUPP:
		return report_hint(dest->text, err, "%s",
				   group ? "that is a group, which has no calls, no files and no --sync: see ipcx publish" :
					   "this mailbox takes no files: who makes it has to say so (--files)");
	case -EMSGSIZE:
		return report_hint(dest->text, err,
				   "%zu bytes or more; this %s takes %llu at most: its %s chose that when making it",
				   len, group ? "group" : "mailbox",
				   (unsigned long long)stat.max_msg_size,
				   group ? "holder" : "receiver");
	case -EPIPE:
		if (group)
			return report_hint(dest->text, err, "the group's holder has gone");
		if (stat.state & IPCX_STAT_DEAD)
			return report_hint(dest->text, err, "the mailbox's receiver has gone");
		return report_hint(dest->text, err,
				   "the receiver discarded the call, or ended before it replied");
	default:
		return report(group ? ACT_GROUP : action, dest->text, err);
	}
}
