// SPDX-License-Identifier: GPL-2.0-only
/*
 * Senders of mail, see mail.h.
 */
#include <linux/cred.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/user_namespace.h>

#include "mail.h"

static void set_pid(struct pid **at, struct pid *pid)
{
	if (*at == pid)
		return;
	put_pid(*at);
	*at = get_pid(pid);
}

/**
 * ipcx_sender_set_current() - Write down that the calling task sends.
 * @from: zeroed, or what it said before
 * @port: port of a mailbox of which the caller has the right to receive, or 0
 *
 * Context: any.
 */
void ipcx_sender_set_current(struct ipcx_sender *from, u64 port)
{
	from->port = port;
	set_pid(&from->pid, task_tgid(current));
	set_pid(&from->tid, task_pid(current));
	from->uid = current_euid();
	from->gid = current_egid();
}

/**
 * ipcx_sender_put() - Drop a sender's references.
 * @from: a sender, or zeroed
 *
 * Context: any.
 */
void ipcx_sender_put(struct ipcx_sender *from)
{
	put_pid(from->pid);
	put_pid(from->tid);
}

/**
 * ipcx_sender_show() - Tell a receiver who sent something.
 * @from: the sender
 * @out: what the receiver gets; the sender's part is written
 *
 * In the namespaces of the calling task, which receives.
 *
 * Context: process context.
 */
void ipcx_sender_show(const struct ipcx_sender *from, struct ipcx_mbox_recv *out)
{
	struct pid_namespace *pid_ns = task_active_pid_ns(current);
	struct user_namespace *user_ns = current_user_ns();

	out->sender = from->port;
	out->pid = pid_nr_ns(from->pid, pid_ns);
	out->tid = pid_nr_ns(from->tid, pid_ns);
	out->uid = from_kuid_munged(user_ns, from->uid);
	out->gid = from_kgid_munged(user_ns, from->gid);
}
