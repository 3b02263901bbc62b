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
	if (*at)
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
	/* A thread is of one process for good. */
	if (unlikely(from->tid != task_pid(current))) {
		set_pid(&from->pid, task_tgid(current));
		set_pid(&from->tid, task_pid(current));
	}
	from->uid = current_euid();
	from->gid = current_egid();
}

/**
 * ipcx_sender_set_nobody() - Write down that the kernel sends.
 * @from: zeroed
 * @port: port that it tells something about
 */
void ipcx_sender_set_nobody(struct ipcx_sender *from, u64 port)
{
	from->port = port;
	from->uid = INVALID_UID;
	from->gid = INVALID_GID;
}

/**
 * ipcx_mail_init_onstack() - Set up mail on the calling task's stack, for a reply.
 * @mail: the mail; ipcx_message_free() drops what it gets
 */
void ipcx_mail_init_onstack(struct ipcx_mail *mail)
{
	mail->from.pid = NULL;
	mail->from.tid = NULL;
	mail->flags = 0;
	mail->wants_reply = false;
	ipcx_message_init_onstack(&mail->msg, true);
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

/* The hot paths' short ways: most receivers live in the initial namespaces. */
static u32 show_pid(struct pid *pid, struct pid_namespace *ns)
{
	return likely(ns == &init_pid_ns) ? pid_nr(pid) : pid_nr_ns(pid, ns);
}

static void show_ids(const struct ipcx_sender *from, struct user_namespace *ns,
		     struct ipcx_mbox_recv *out)
{
	if (likely(ns == &init_user_ns && uid_valid(from->uid))) {
		out->uid = __kuid_val(from->uid);
		out->gid = __kgid_val(from->gid);
		return;
	}
	out->uid = from_kuid_munged(ns, from->uid);
	out->gid = from_kgid_munged(ns, from->gid);
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

	out->sender = from->port;
	out->pid = show_pid(from->pid, pid_ns);
	out->tid = show_pid(from->tid, pid_ns);
	show_ids(from, current_user_ns(), out);
}
