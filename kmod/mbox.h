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
 * The record of an asynchronous call (struct ipcx_async) is allocated, with the mail
 * that its reply will be. Nobody takes it back; when it is done it is put on a list
 * (ipcx_wakeups.replies), and after unlock the reply goes to the caller's mailbox.
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
 *
 * A token that was turned into a file (mbox_token.c) belongs to that file instead. Its
 * call is in a tree of its own (@handed), which the mailbox's death leaves alone.
 */
#ifndef _IPCX_MBOX_H
#define _IPCX_MBOX_H

#include <linux/ipcx.h>
#include <linux/rbtree.h>
#include <linux/types.h>

#include "mail.h"
#include "mbox_link.h"
#include "mbox_notice.h"
#include "queue.h"
#include "share.h"
#include "wait.h"

struct file;
struct ipcx_mbox_ring;
struct pid;

#define IPCX_CLOSED_BITS	4

/**
 * struct ipcx_mbox - A mailbox.
 * @q: its messages, and its lock
 * @flags: IPCX_MBOX_*; immutable
 * @spin_ns: how long an adaptive wait spins at most; immutable
 * @ring: its ring (mbox_ring.h), or NULL; immutable
 * @ties: its links with others (mbox_link.c)
 * @token_wait: pollers of token files
 * @dead: nobody receives any more; as all that follows: mailbox lock
 * @adaptive: somebody waits adaptively: @sender and @receiver are wanted
 * @sender: task that sent what was received last, a reference, or NULL
 * @receiver: task that received it, a reference, or NULL
 * @lost: messages of groups that there was no room for
 * @by_sender: queued mail by port of the sender
 * @by_cookie: queued mail by cookie
 * @by_reply: queued replies to asynchronous calls
 * @calls: received calls by token
 * @handed: those whose tokens were turned into files
 * @ncalls: how many are in both
 * @shares: what each user has in the mailbox
 * @closed: tables of files that closed the mailbox: NULL, one, or IPCX_CLOSED_MANY
 * @closes: times that one did
 */
struct ipcx_mbox {
	struct ipcx_queue q;
	u32 flags;
	u32 spin_ns;
	struct ipcx_mbox_ring *ring;
	struct ipcx_ties ties;
	wait_queue_head_t token_wait;

	bool dead;
	bool adaptive;
	struct pid *sender;
	struct pid *receiver;
	u64 lost;
	struct rb_root by_sender;
	struct rb_root by_cookie;
	struct rb_root by_reply;
	struct rb_root calls;
	struct rb_root handed;
	u32 ncalls;
	struct ipcx_shares shares;
	const void *closed[1 << IPCX_CLOSED_BITS];
	u64 closes;
};

/* No table of files has this address. */
#define IPCX_CLOSED_MANY	((const void *)1)

/**
 * struct ipcx_caller - Somebody who waits for a message to be received, or for the
 *	reply to it; mailbox lock until @w.done.
 * @w: the task
 * @node: received: place in the tree of calls
 * @mail: queued: the request
 * @token: received: its token
 * @owner: received: what the token belongs to: a table of files, or a &struct
 *	ipcx_token_file
 * @sync: no reply is expected
 * @async: it is a &struct ipcx_async's, and nobody waits in @w
 * @handed: @owner is a &struct ipcx_token_file
 * @trunc: a reply of more than @room is cut, not refused
 * @adaptive: the caller spins while @peer runs
 * @woken: @peer waited for the request, and got it at once
 * @peer: adaptive: the task that was handed the request, or will come for it, a
 *	reference, or NULL; set once at most
 * @room: what the reply may have
 * @reply: the reply's mail
 */
struct ipcx_caller {
	struct ipcx_waiter w;
	struct rb_node node;
	struct ipcx_mail *mail;
	u64 token;
	const void *owner;
	bool sync;
	bool async;
	bool handed;
	bool trunc;
	bool adaptive;
	bool woken;
	struct pid *peer;
	struct ipcx_room room;
	struct ipcx_mail *reply;
};

/**
 * struct ipcx_async - An asynchronous call.
 * @done: place in ipcx_wakeups.replies
 * @call: the call
 * @reply: its reply
 */
struct ipcx_async {
	struct llist_node done;
	struct ipcx_caller call;
	struct ipcx_notice reply;
};

static inline struct ipcx_mbox *ipcx_mbox_of(struct ipcx_queue *q)
{
	return container_of(q, struct ipcx_mbox, q);
}

static inline struct ipcx_mbox *ipcx_file_mbox(const struct file *file)
{
	return ipcx_mbox_of(ipcx_file_queue(file));
}

static inline bool ipcx_mbox_is_group(const struct ipcx_mbox *mbox)
{
	return mbox->flags & IPCX_MBOX_GROUP;
}

/* mbox_target.c */
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
		    u64 dest, u32 dest_len, u32 rights);
int ipcx_target_from(struct ipcx_target *t, int fd);
void ipcx_target_put(struct ipcx_target *t);
struct ipcx_mbox *ipcx_mbox_get_own(int fd);

/* mbox_post.c */
int ipcx_mbox_check_msg(const struct ipcx_mbox_msg *m);
struct ipcx_message *ipcx_mbox_make_mail(const struct ipcx_target *t,
					 const struct ipcx_mbox_msg *m,
					 struct ipcx_payload *pl,
					 struct ipcx_files *files,
					 struct ipcx_caller *call);
int ipcx_mbox_send(const struct ipcx_target *t, const struct ipcx_mbox_msg *m,
		   struct ipcx_caller *call, bool nonblock,
		   const struct ipcx_deadline *dl);
long ipcx_mbox_ioctl_post(struct file *file, void __user *arg, size_t size);

/* mbox_grant.c */
long ipcx_mbox_ioctl_grant(struct file *file, void __user *arg, size_t size);

/* mbox_mail.c */
void ipcx_mail_fail_sender_locked(struct ipcx_queue *q, struct ipcx_waiter *w,
				  struct ipcx_wakeups *wk);

/* mbox_call.c */
void ipcx_call_init(struct ipcx_caller *call, struct ipcx_mail *reply);
int ipcx_call_wait(struct ipcx_mbox *mbox, struct ipcx_caller *call,
		   const struct ipcx_deadline *dl);
void ipcx_call_accepted_locked(struct ipcx_mbox *mbox,
			       struct ipcx_caller *call);
void ipcx_call_received_locked(struct ipcx_mbox *mbox, struct ipcx_caller *call,
			       u64 token, struct ipcx_wakeups *wk);
struct ipcx_caller *ipcx_call_find_locked(struct rb_root *calls, u64 token,
					  const void *owner);
void ipcx_call_hand_locked(struct ipcx_mbox *mbox, struct ipcx_caller *call,
			   const void *owner);
void ipcx_call_end_locked(struct ipcx_mbox *mbox, struct ipcx_caller *call,
			  int error, struct ipcx_wakeups *wk);
void ipcx_calls_close(struct ipcx_mbox *mbox, const void *owner);

/* mbox_recv.c */
void ipcx_mail_set_fd_room(struct ipcx_fd_room *fd,
			   const struct ipcx_mbox_recv *r);

/* mbox_async.c */
int ipcx_async_send(const struct ipcx_target *t, const struct ipcx_mbox_msg *m,
		    struct ipcx_mbox *home, bool nonblock,
		    const struct ipcx_deadline *dl);
void ipcx_async_end(struct ipcx_async *async, struct ipcx_mbox *mbox,
		    int error, struct ipcx_wakeups *wk);

/* mbox_group.c */
int ipcx_group_send(const struct ipcx_target *t, const struct ipcx_mbox_msg *m,
		    bool nonblock, const struct ipcx_deadline *dl);

/* mbox_request.c */
long ipcx_mbox_ioctl_call(struct file *file, void __user *arg, size_t size);

/* mbox_reply.c */
long ipcx_mbox_ioctl_reply(struct file *file, void __user *arg, size_t size);

/* mbox_token.c */
struct ipcx_token_file;
const struct ipcx_token_file *ipcx_file_token(const struct file *file);
struct ipcx_mbox *ipcx_token_mbox(const struct ipcx_token_file *tok,
				  u64 *token);
long ipcx_mbox_ioctl_token(struct file *file, void __user *arg, size_t size);

#endif /* _IPCX_MBOX_H */
