/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mail: a message to a mailbox, with its sender.
 *
 * Around the message that every queue knows (msg.h) lies what the kernel attests
 * about its sender, and what a mailbox selects by beside type and priority. A
 * free one in a mailbox's cache keeps its references for the next sender, who is
 * mostly the same.
 */
#ifndef _IPCX_MAIL_H
#define _IPCX_MAIL_H

#include <linux/ipcx.h>
#include <linux/types.h>
#include <linux/uidgid.h>

#include "msg.h"
#include "seltree.h"

struct ipcx_caller;
struct ipcx_share;
struct pid;

/**
 * struct ipcx_sender - Who sent something, as the kernel saw it.
 * @port: port of the mailbox that it was sent from, or 0
 * @pid: process, a reference, or NULL
 * @tid: thread, a reference, or NULL
 * @uid: effective user
 * @gid: effective group
 */
struct ipcx_sender {
	u64 port;
	struct pid *pid;
	struct pid *tid;
	kuid_t uid;
	kgid_t gid;
};

/**
 * struct ipcx_mail - A message to a mailbox.
 * @from: its sender
 * @cookie: as the sender chose
 * @wants_reply: the sender calls; set before it is queued
 * @taken: a receiver is copying it; mailbox lock
 * @abandoned: its caller gave up meanwhile; mailbox lock
 * @call: who waits for it to be received, or for its reply; mailbox lock
 * @share: what its user has in the mailbox
 * @by_sender: node of the mailbox's index of ports
 * @by_cookie: node of its index of cookies
 * @msg: the message
 */
struct ipcx_mail {
	struct ipcx_sender from;
	u64 cookie;
	bool wants_reply;
	bool taken;
	bool abandoned;
	struct ipcx_caller *call;
	struct ipcx_share *share;
	struct ipcx_selnode by_sender;
	struct ipcx_selnode by_cookie;
	struct ipcx_message msg;
};

static inline struct ipcx_mail *ipcx_mail_of(struct ipcx_message *msg)
{
	return container_of(msg, struct ipcx_mail, msg);
}

/* Number of the message in its mailbox, and its reply's token. */
static inline u64 ipcx_mail_seq(const struct ipcx_mail *mail)
{
	return mail->msg.e.sel.order & IPCX_SEQ_MASK;
}

void ipcx_sender_set_current(struct ipcx_sender *from, u64 port);
void ipcx_sender_put(struct ipcx_sender *from);
void ipcx_sender_show(const struct ipcx_sender *from,
		      struct ipcx_mbox_recv *out);

#endif /* _IPCX_MAIL_H */
