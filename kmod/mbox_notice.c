// SPDX-License-Identifier: GPL-2.0-only
/*
 * Notices, see mbox_notice.h.
 */
#include "account.h"
#include "compat.h"
#include "ipcx.h"
#include "mbox.h"
#include "object.h"

/**
 * ipcx_notice_init() - Make a notice.
 * @n: the notice
 * @home: mailbox that it will go to
 * @extra: bytes to be charged with it, for what the caller keeps beside
 *
 * Context: process context, may sleep.
 * Return: 0, -EDQUOT or -ENOMEM with nothing to undo.
 */
int ipcx_notice_init(struct ipcx_notice *n, struct ipcx_mbox *home,
		     size_t extra)
{
	struct ipcx_message *msg;
	int ret;

	msg = ipcx_queue_alloc(&home->q, 0);
	if (IS_ERR(msg))
		return PTR_ERR(msg);
	ret = ipcx_account_charge(msg->acct, IPCX_BYTES, extra);
	if (ret)
		goto free;
	ret = ipcx_share_assign(home, msg);
	if (ret)
		goto uncharge;
	msg->e.size = 0;
	ipcx_pq_set(&msg->e, 0, 0);
	n->mail = ipcx_mail_of(msg);
	ipcx_sender_set_nobody(&n->mail->from, 0);
	ipcx_object_get(&home->q.obj);
	n->home = home;
	n->extra = extra;
	return 0;

uncharge:
	ipcx_account_uncharge(msg->acct, IPCX_BYTES, extra);
free:
	ipcx_message_free(msg);
	return ret;
}

/* Put it in, whether there is room or not. Returns false: once more. */
static bool deliver(struct ipcx_mbox *home, struct ipcx_message *msg)
{
	ipcx_uninitialized struct ipcx_wakeups wk;
	bool dead, done = true;

	ipcx_wakeups_init(&wk);
	spin_lock(&home->q.lock);
	ipcx_stamp_locked(msg);
	dead = home->dead;
	if (!dead)
		done = ipcx_queue_offer_locked(&home->q, msg, &wk, true);
	spin_unlock(&home->q.lock);
	ipcx_queue_finish(&home->q, &wk);
	if (dead)
		ipcx_message_free(msg);
	return done;
}

static void uncharge_extra(struct ipcx_notice *n)
{
	ipcx_account_uncharge(n->mail->msg.acct, IPCX_BYTES, n->extra);
}

/**
 * ipcx_notice_send() - What it tells has happened.
 * @n: the notice, its mail complete; not one any more afterwards
 *
 * Context: process context, may sleep.
 */
void ipcx_notice_send(struct ipcx_notice *n)
{
	uncharge_extra(n);
	if (ipcx_queue_stamped(&n->home->q))
		ipcx_stamps_attach_as(&n->mail->msg, NULL);
	while (!deliver(n->home, &n->mail->msg))
		;
	ipcx_object_put(&n->home->q.obj);
}

/**
 * ipcx_notice_cancel() - It will not happen.
 * @n: the notice; not one any more afterwards
 *
 * Context: process context, may sleep.
 */
void ipcx_notice_cancel(struct ipcx_notice *n)
{
	uncharge_extra(n);
	ipcx_message_free(&n->mail->msg);
	ipcx_object_put(&n->home->q.obj);
}
