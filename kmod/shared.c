// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared buffers, see shared.h.
 */
#include "account.h"
#include "ipcx.h"
#include "mbox.h"
#include "object.h"
#include "shared.h"

/**
 * ipcx_shared_make() - Several messages will have this one's buffer.
 * @msg: a message with a buffer, the caller's; the first reference is, too
 * @origin: the queue whose cache it came from
 *
 * Context: process context.
 */
void ipcx_shared_make(struct ipcx_message *msg, struct ipcx_queue *origin)
{
	ipcx_message_uncharge(msg);
	msg->e.state |= IPCX_STATE_ORIGIN;
	refcount_set(&msg->big.ref, 1);
	ipcx_object_get(&origin->obj);
	msg->big.origin = origin;
}

/* Into the cache, whose owner is charged with what is kept there. */
static void keep(struct ipcx_message *msg, struct ipcx_queue *q)
{
	ipcx_account_get(q->obj.acct);
	if (ipcx_message_charge_to(msg, q->obj.acct) ||
	    READ_ONCE(ipcx_mbox_of(q)->dead))
		ipcx_message_free(msg);
	else
		ipcx_queue_recycle(q, msg);
}

/**
 * ipcx_shared_give_back() - Nobody refers to a shared buffer any more.
 * @shared: the message whose it is
 *
 * Context: process context, may sleep.
 */
void ipcx_shared_give_back(struct ipcx_message *shared)
{
	struct ipcx_queue *origin = shared->big.origin;

	shared->e.state &= ~IPCX_STATE_ORIGIN;
	keep(shared, origin);
	ipcx_object_put(&origin->obj);
}

/**
 * ipcx_shared_put() - Drop a reference to a shared buffer.
 * @shared: the message whose it is
 *
 * Context: process context, may sleep.
 */
void ipcx_shared_put(struct ipcx_message *shared)
{
	if (refcount_dec_and_test(&shared->big.ref))
		ipcx_shared_give_back(shared);
}

/**
 * ipcx_shared_refer() - Give a message a share in a buffer.
 * @msg: a message without a buffer
 * @shared: the message whose buffer it is
 *
 * Context: any.
 * Return: 0, or -EDQUOT: who is charged for the message may not have it.
 */
int ipcx_shared_refer(struct ipcx_message *msg, struct ipcx_message *shared)
{
	int ret = ipcx_account_charge(msg->acct, IPCX_BYTES, shared->big.room);

	if (ret)
		return ret;
	refcount_inc(&shared->big.ref);
	msg->e.size = shared->e.size;
	msg->e.state |= IPCX_STATE_BIG | IPCX_STATE_SHARED;
	msg->big.data = shared->big.data;
	msg->big.room = shared->big.room;
	msg->big.shared = shared;
	return 0;
}

/**
 * ipcx_shared_unrefer() - Take a message's share in a buffer away.
 * @msg: a message with one; it has no buffer afterwards
 *
 * Context: any.
 * Return: NULL; or, if nobody has the buffer any more, the message whose it is, to be
 * freed (ipcx_message_free()).
 */
struct ipcx_message *ipcx_shared_unrefer(struct ipcx_message *msg)
{
	struct ipcx_message *shared = msg->big.shared;

	ipcx_account_uncharge(msg->acct, IPCX_BYTES, msg->big.room);
	msg->e.state &= ~(IPCX_STATE_BIG | IPCX_STATE_SHARED);
	return refcount_dec_and_test(&shared->big.ref) ? shared : NULL;
}
