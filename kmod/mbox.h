/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mailboxes.
 *
 * A mailbox is a priority queue of mail with one right to receive: an open file
 * description. Its last close is the mailbox's death (mbox_die()): the name
 * and the port are gone, messages are dropped, and whoever waits gets EPIPE. Rights to
 * send are handles like a queue's; they keep the memory, not the mailbox.
 *
 * Life of a call. Its record (struct ipcx_caller) lies on the caller's stack; all of
 * it is under the mailbox's lock until the caller is woken, so that there is
 * nothing to allocate and nothing to count:
 *
 *   queued    call <-> mail       the caller can take the request back
 *   received  call in the tree    mail is free; the token is the receiver's
 *   done      in nothing          w.done: the record is the caller's again
 *
 * While a receiver copies the request (mail->taken) a caller that gives up leaves
 * the mail behind, marked (mail->abandoned): if the copy fails it vanishes.
 *
 * A token belongs to the table of files (current->files) of the task that
 * received the request, which is what a process's threads share and what closes
 * files: flush, called for every close by every process, fails the calls that
 * the closing table has taken. A thread may receive while another one closes the
 * file, and take a call after its flush. So closing leaves a mark (@closed, hashed
 * by table), and who receives under its own mark, or one that stands for many, looks
 * whether its table still has the mailbox. Tables take back their own mark only.
 */
#ifndef _IPCX_MBOX_H
#define _IPCX_MBOX_H

#include <linux/ipcx.h>
#include <linux/rbtree.h>
#include <linux/types.h>

#include "mail.h"
#include "queue.h"
#include "share.h"
#include "wait.h"

struct file;

#define IPCX_CLOSED_BITS	4

/**
 * struct ipcx_mbox - A mailbox.
 * @q: its messages, and its lock
 * @flags: IPCX_MBOX_*; immutable
 * @dead: nobody receives any more; as all that follows: mailbox lock
 * @by_sender: queued mail by port of the sender
 * @by_cookie: queued mail by cookie
 * @calls: received calls by token
 * @ncalls: how many
 * @shares: what each user has in the mailbox
 * @closed: tables of files that closed the mailbox: NULL, one, or IPCX_CLOSED_MANY
 * @closes: times that one did
 */
struct ipcx_mbox {
	struct ipcx_queue q;
	u32 flags;

	bool dead;
	struct rb_root by_sender;
	struct rb_root by_cookie;
	struct rb_root calls;
	u32 ncalls;
	struct ipcx_shares shares;
	const void *closed[1 << IPCX_CLOSED_BITS];
	u64 closes;
};

/* No table of files has this address. */
#define IPCX_CLOSED_MANY	((const void *)1)

/**
 * struct ipcx_reply_data - A reply on its way; mailbox lock until it is done.
 * @from: who replies
 * @cookie: the reply's, or the request's
 * @type: as the replier chose
 * @prio: likewise
 * @size: bytes of payload
 * @msg: payload of more than IPCX_SMALL_MAX bytes, or NULL
 * @small: payload otherwise
 */
struct ipcx_reply_data {
	struct ipcx_sender from;
	u64 cookie;
	u64 type;
	u32 prio;
	u32 size;
	struct ipcx_message *msg;
	u8 small[IPCX_SMALL_MAX];
};

/**
 * struct ipcx_caller - Somebody who waits for a message to be received, or for the
 *	reply to it; mailbox lock until @w.done.
 * @w: the task
 * @node: received: place in the tree of calls
 * @mail: queued: the request
 * @token: received: its token
 * @owner: received: table of files that the token belongs to
 * @sync: no reply is expected
 * @trunc: a reply of more than @room is cut, not refused
 * @room: bytes that the reply may have
 * @reply: done: the reply
 */
struct ipcx_caller {
	struct ipcx_waiter w;
	struct rb_node node;
	struct ipcx_mail *mail;
	u64 token;
	const void *owner;
	bool sync;
	bool trunc;
	u64 room;
	struct ipcx_reply_data reply;
};

static inline struct ipcx_mbox *ipcx_mbox_of(struct ipcx_queue *q)
{
	return container_of(q, struct ipcx_mbox, q);
}

static inline struct ipcx_mbox *ipcx_file_mbox(const struct file *file)
{
	return ipcx_mbox_of(ipcx_file_queue(file));
}

/* mbox_post.c */
/**
 * struct ipcx_target - Where a message goes, and from where.
 * @mbox: the mailbox
 * @ref: it is a reference
 * @port: port of the sender's own mailbox, or 0
 */
struct ipcx_target {
	struct ipcx_mbox *mbox;
	bool ref;
	u64 port;
};

int ipcx_target_get(struct ipcx_target *t, struct file *file, u32 flags,
		    u64 dest, u32 dest_len, s32 from);
void ipcx_target_put(struct ipcx_target *t);
int ipcx_mbox_send(const struct ipcx_target *t, const struct ipcx_mbox_msg *m,
		   struct ipcx_caller *call, bool nonblock,
		   const struct ipcx_deadline *dl);
long ipcx_mbox_ioctl_post(struct file *file, void __user *arg, size_t size);

/* mbox_call.c */
void ipcx_call_init(struct ipcx_caller *call);
int ipcx_call_wait(struct ipcx_mbox *mbox, struct ipcx_caller *call,
		   const struct ipcx_deadline *dl);
void ipcx_call_received_locked(struct ipcx_mbox *mbox, struct ipcx_caller *call,
			       u64 token, struct ipcx_wakeups *wk);
struct ipcx_caller *ipcx_call_find_locked(struct ipcx_mbox *mbox, u64 token);
void ipcx_call_end_locked(struct ipcx_mbox *mbox, struct ipcx_caller *call,
			  int error, struct ipcx_wakeups *wk);
void ipcx_calls_close(struct ipcx_mbox *mbox, const void *owner);

/* mbox_recv.c */
int ipcx_mbox_put_recv(void __user *uout, const struct ipcx_mbox_recv *out);

/* mbox_request.c */
long ipcx_mbox_ioctl_call(struct file *file, void __user *arg, size_t size);

/* mbox_reply.c */
long ipcx_mbox_ioctl_reply(struct file *file, void __user *arg, size_t size);

#endif /* _IPCX_MBOX_H */
