// SPDX-License-Identifier: LGPL-2.1-or-later
/* Mailboxes: what several commands do with them. */
#include <sys/stat.h>

#include "tool.h"

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

static int explain(const char *name, const struct ipcx_mbox_opts *opts, int err)
{
	if (err == -EINVAL)
		return report_limits(name, 0, opts->max_msg_size, 0);
	return report(ACT_SERVE, name, err);
}

int make_mailbox(struct ipcx_mbox **m, const char *name, const struct birth *birth)
{
	int err = ipcx_mbox_create(m, tool.dev, name, 0, &birth->opts);

	if (err)
		return explain(name, &birth->opts, err);
	/* As mkdir -m does; until here it had no more than that. */
	if (birth->has_mode && fchmod(ipcx_mbox_fd(*m), birth->opts.mode)) {
		err = report(ACT_SERVE, name, -errno);
		ipcx_mbox_close(*m);
	}
	return err;
}

int explain_post(const struct ipcx_mbox *m, enum action action, const struct dest *dest,
		 size_t len, int err)
{
	struct ipcx_stat stat;

	if (err != -EMSGSIZE && err != -EPIPE)
		return report(action, dest->text, err);
	if (ipcx_mbox_stat(m, &stat))
		return report(action, dest->text, err);
	if (err == -EMSGSIZE)
		return report_hint(dest->text, err,
				   "%zu bytes or more; this mailbox takes %llu at most: its receiver chose that when making it",
				   len, (unsigned long long)stat.max_msg_size);
	if (stat.state & IPCX_STAT_DEAD)
		return report_hint(dest->text, err, "the mailbox's receiver has gone");
	return report_hint(dest->text, err,
			   "the receiver discarded the call, or ended before it replied");
}
