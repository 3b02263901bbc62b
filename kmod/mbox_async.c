// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mailboxes: asynchronous calls, whose replies come as mail; see mbox.h.
 */
#include <linux/slab.h>

#include "ipcx.h"
#include "mbox.h"
#include "object.h"
#include "trace.h"

static struct ipcx_async *make_async(struct ipcx_mbox *home,
				     const struct ipcx_mbox_msg *m)
{
	struct ipcx_async *async = kmalloc(sizeof(*async), IPCX_GFP);
	struct ipcx_caller *call;
	int ret;

	if (!async)
		return ERR_PTR(-ENOMEM);
	ret = ipcx_notice_init(&async->reply, home, sizeof(*async));
	if (ret) {
		kfree(async);
		return ERR_PTR(ret);
	}
	async->reply.mail->cookie = m->cookie;
	async->reply.mail->flags = IPCX_MSG_REPLY;
	call = &async->call;
	ipcx_call_init(call, async->reply.mail);
	call->async = true;
	call->room.len = home->q.max_msg_size;
	call->room.fds = home->flags & IPCX_MBOX_FILES ? IPCX_FDS_MAX : 0;
	return async;
}

/**
 * ipcx_async_send() - Send a request whose reply will come as mail.
 * @t: where it goes, and from where
 * @m: the request
 * @home: mailbox that the reply will go to
 * @nonblock: do not wait for room
 * @dl: until when to wait for it
 *
 * Context: process context, may sleep.
 * Return: 0 or a negative errno.
 */
int ipcx_async_send(const struct ipcx_target *t, const struct ipcx_mbox_msg *m,
		    struct ipcx_mbox *home, bool nonblock,
		    const struct ipcx_deadline *dl)
{
	struct ipcx_async *async = make_async(home, m);
	int ret;

	if (IS_ERR(async))
		return PTR_ERR(async);
	trace_ipcx_call(&t->mbox->q.obj, m->type);
	ret = ipcx_mbox_send(t, m, &async->call, nonblock, dl);
	if (ret) {
		ipcx_notice_cancel(&async->reply);
		kfree(async);
	}
	return ret;
}

/**
 * ipcx_async_end() - An asynchronous call is done.
 * @async: the call
 * @mbox: mailbox that was called
 * @error: 0, its reply being there, or why there is none
 * @wk: where it goes, for ipcx_async_finish()
 *
 * Context: under @mbox's lock.
 */
void ipcx_async_end(struct ipcx_async *async, struct ipcx_mbox *mbox,
		    int error, struct ipcx_wakeups *wk)
{
	struct ipcx_mail *mail = async->reply.mail;

	if (error) {
		mail->flags |= IPCX_MSG_DEAD;
		mail->from.port = mbox->q.obj.id;
	}
	async->done.next = wk->replies.first;
	wk->replies.first = &async->done;
	ipcx_wakeups_more(wk);
}

/**
 * ipcx_async_finish() - Send the replies of calls that are done.
 * @replies: the calls, the last one first; empty afterwards
 *
 * Context: process context, no locks of this module held.
 */
void ipcx_async_finish(struct llist_head *replies)
{
	struct llist_node *node = llist_reverse_order(replies->first), *next;

	init_llist_head(replies);
	for (; node; node = next) {
		struct ipcx_async *async = container_of(node, struct ipcx_async,
							done);

		next = node->next;
		ipcx_notice_send(&async->reply);
		kfree(async);
	}
}
