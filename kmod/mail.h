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

#include <linux/bits.h>
#include <linux/ipcx.h>
#include <linux/types.h>
#include <linux/uidgid.h>

#include "files.h"
#include "msg.h"
#include "seltree.h"

struct ipcx_caller;
struct ipcx_claim;
struct ipcx_link;
struct ipcx_share;
struct ipcx_waiter;
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

/* ipcx_mail.flags beside IPCX_MSG_REPLY and IPCX_MSG_DEAD */
#define IPCX_MAIL_BY_GROUP	BIT(31)	/* @group and @lost say more */

/**
 * struct ipcx_mail - A message to a mailbox.
 * @from: its sender
 * @cookie: as the sender chose
 * @flags: IPCX_MSG_REPLY, IPCX_MSG_DEAD, IPCX_MAIL_BY_GROUP; set before it is
 *	queued
 * @wants_reply: the sender calls; set before it is queued
 * @held: it gets its place, but nobody shall receive it yet; set before
 * @taken: a receiver is copying it, or it is held; mailbox lock
 * @abandoned: its caller gave up meanwhile; mailbox lock
 * @call: who waits for it to be received, or for its reply; mailbox lock
 * @share: what its user has in the mailbox; NULL in a free message whose user has to
 *	be looked up
 * @claim: it goes into the mailbox's ring, there; NULL: into the queue
 * @files: with IPCX_STATE_FILES: what it carries
 * @group: port of the group that it came by
 * @lost: messages of the group that were lost before it; mailbox lock
 * @link: subscription that it came by, a reference, or NULL; mailbox lock
 * @in_link: place in the subscription's list of queued mail, or of mail whose sender
 *	waits; mailbox lock
 * @sender: that sender; mailbox lock
 * @by_sender: node of the mailbox's index of ports
 * @by_cookie: node of its index of cookies
 * @by_reply: node of its index of replies, for those
 * @msg: the message
 */
struct ipcx_mail {
	struct ipcx_sender from;
	u64 cookie;
	u32 flags;
	bool wants_reply;
	bool held;
	bool taken;
	bool abandoned;
	struct ipcx_caller *call;
	struct ipcx_share *share;
	struct ipcx_claim *claim;
	struct ipcx_files *files;
	u64 group;
	u64 lost;
	struct ipcx_link *link;
	struct list_head in_link;
	struct ipcx_waiter *sender;
	struct ipcx_selnode by_sender;
	struct ipcx_selnode by_cookie;
	struct ipcx_selnode by_reply;
	struct ipcx_message msg;
};

static inline struct ipcx_mail *ipcx_mail_of(struct ipcx_message *msg)
{
	return container_of(msg, struct ipcx_mail, msg);
}

/* Files that a message of a mailbox carries. */
static inline u32 ipcx_mail_fds(struct ipcx_message *msg)
{
	if (likely(!(msg->e.state & IPCX_STATE_FILES)))
		return 0;
	return ipcx_mail_of(msg)->files->count;
}

/* A message gets files to carry, or none. */
static inline void ipcx_mail_attach(struct ipcx_mail *mail,
				    struct ipcx_files *files)
{
	if (likely(!files))
		return;
	mail->files = files;
	mail->msg.e.state |= IPCX_STATE_FILES;
}

/* Number of the message in its mailbox, and its reply's token. */
static inline u64 ipcx_mail_seq(const struct ipcx_mail *mail)
{
	return mail->msg.e.sel.order & IPCX_SEQ_MASK;
}

void ipcx_mail_init_onstack(struct ipcx_mail *mail);
void ipcx_sender_set_current(struct ipcx_sender *from, u64 port);
void ipcx_sender_set_nobody(struct ipcx_sender *from, u64 port);
void ipcx_sender_put(struct ipcx_sender *from);
void ipcx_sender_show(const struct ipcx_sender *from,
		      struct ipcx_mbox_recv *out);

#endif /* _IPCX_MAIL_H */
