// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages, see msg.h.
 *
 * Two shapes: up to IPCX_SMALL_MAX bytes of payload lie in the message, which
 * comes from a slab cache of its own; longer payloads have one buffer beside
 * it. A message is charged at the size of its memory: to the sending user, or, if
 * it came by a group, to the subscriber; and to the memory cgroup by the allocator.
 * Memory that a cgroup has not got is -ENOMEM for the sender: no allocation here may
 * call the OOM killer.
 */
#include <linux/build_bug.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/uio.h>
#include <linux/vmalloc.h>

#include "account.h"
#include "files.h"
#include "ipcx.h"
#include "mail.h"
#include "msg.h"
#include "shared.h"
#include "stamps.h"
#include "trace.h"
#include "uabi.h"

/* Buffers up to here are physically contiguous where memory allows. */
#define IPCX_CONTIGUOUS_MAX	SZ_64K

static struct kmem_cache *message_cache;
static struct kmem_cache *mail_cache;

/* The memory budget of a small message, the slab's cgroup pointer included. */
static_assert(sizeof(struct ipcx_message) + sizeof(void *) <= 192);

/**
 * ipcx_messages_init() - Make the slab caches.
 *
 * Return: 0 or -ENOMEM.
 */
int ipcx_messages_init(void)
{
	message_cache =
		kmem_cache_create_usercopy("ipcx_message",
					   sizeof(struct ipcx_message), 0,
					   SLAB_ACCOUNT,
					   offsetof(struct ipcx_message, small),
					   IPCX_SMALL_MAX, NULL);
	if (!message_cache)
		return -ENOMEM;
	mail_cache =
		kmem_cache_create_usercopy("ipcx_mail",
					   sizeof(struct ipcx_mail), 0,
					   SLAB_ACCOUNT,
					   offsetof(struct ipcx_mail, msg.small),
					   IPCX_SMALL_MAX, NULL);
	if (!mail_cache) {
		kmem_cache_destroy(message_cache);
		return -ENOMEM;
	}
	return 0;
}

/**
 * ipcx_messages_exit() - Destroy the slab caches.
 */
void ipcx_messages_exit(void)
{
	kmem_cache_destroy(mail_cache);
	kmem_cache_destroy(message_cache);
}

static void *buffer_alloc(size_t room)
{
	void *data = NULL;

	if (room <= IPCX_CONTIGUOUS_MAX)
		data = kmalloc(room, GFP_KERNEL_ACCOUNT | __GFP_NOWARN |
				     __GFP_NORETRY);
	return data ? data : __vmalloc(room, IPCX_GFP);
}

/* What is really allocated for a payload of this size. */
static size_t buffer_room(size_t len)
{
	if (len <= IPCX_CONTIGUOUS_MAX)
		return roundup_pow_of_two(len);
	return PAGE_ALIGN(len);
}

/**
 * ipcx_message_charge() - Bytes that a message is charged with.
 * @msg: the message
 */
u64 ipcx_message_charge(const struct ipcx_message *msg)
{
	u64 charge = ipcx_message_is_big(msg) ? msg->big.room : 0;

	if (msg->e.state & IPCX_STATE_ONSTACK)
		return charge;
	return charge + (msg->e.state & IPCX_STATE_MAIL ?
			 sizeof(struct ipcx_mail) : sizeof(*msg));
}

/**
 * ipcx_message_charge_to() - Charge a message that belongs to nobody.
 * @msg: the message
 * @acct: who is charged, a reference that goes; NULL where there was no memory
 *
 * Context: process context.
 * Return: 0, -EDQUOT or -ENOMEM.
 */
int ipcx_message_charge_to(struct ipcx_message *msg, struct ipcx_account *acct)
{
	int ret;

	if (!acct)
		return -ENOMEM;
	ret = ipcx_account_charge(acct, IPCX_BYTES, ipcx_message_charge(msg));
	if (ret) {
		ipcx_account_put(acct);
		return ret;
	}
	msg->acct = acct;
	return 0;
}

static int message_charge_current(struct ipcx_message *msg)
{
	return ipcx_message_charge_to(msg, ipcx_account_get_current());
}

/**
 * ipcx_message_uncharge() - Nobody is charged with a message any more.
 * @msg: the message
 *
 * Context: process context.
 */
void ipcx_message_uncharge(struct ipcx_message *msg)
{
	if (!msg->acct)
		return;
	ipcx_account_uncharge(msg->acct, IPCX_BYTES, ipcx_message_charge(msg));
	ipcx_account_put(msg->acct);
	msg->acct = NULL;
}

/* The charge goes before the buffer: what is over the limit costs no memory. */
static int message_add_buffer(struct ipcx_message *msg, size_t len)
{
	int ret;

	msg->e.state |= IPCX_STATE_BIG;
	msg->big.data = NULL;
	msg->big.room = buffer_room(len);
	ret = message_charge_current(msg);
	if (ret)
		return ret;
	msg->big.data = buffer_alloc(msg->big.room);
	return msg->big.data ? 0 : -ENOMEM;
}

/* The memory of a message that belongs to nobody. */
static struct ipcx_message *message_memory(bool mail)
{
	struct ipcx_message *msg;
	struct ipcx_mail *m;

	if (!mail) {
		msg = kmem_cache_alloc(message_cache, IPCX_GFP);
		if (msg)
			msg->e.state = 0;
		return msg;
	}
	m = kmem_cache_alloc(mail_cache, IPCX_GFP);
	if (!m)
		return NULL;
	memset(m, 0, offsetof(struct ipcx_mail, msg));
	m->msg.e.state = IPCX_STATE_MAIL;
	return &m->msg;
}

/**
 * ipcx_message_alloc() - Make a message.
 * @len: bytes of payload that it has to hold
 * @mail: for a mailbox: it lies in a &struct ipcx_mail
 *
 * Context: process context, may sleep.
 * Return: the message, charged to the calling user; or -EDQUOT or -ENOMEM as
 * ERR_PTR.
 */
struct ipcx_message *ipcx_message_alloc(size_t len, bool mail)
{
	struct ipcx_message *msg;
	int ret;

	msg = message_memory(mail);
	if (!msg)
		return ERR_PTR(-ENOMEM);
	msg->acct = NULL;
	msg->e.pins = 0;
	if (len > IPCX_SMALL_MAX)
		ret = message_add_buffer(msg, len);
	else
		ret = message_charge_current(msg);
	if (ret) {
		ipcx_message_free(msg);
		return ERR_PTR(ret);
	}
	return msg;
}

/**
 * ipcx_message_alloc_mail_for() - Make mail with a short payload for another user.
 * @acct: who is charged
 *
 * Context: process context, may sleep.
 * Return: the message, or -EDQUOT or -ENOMEM as ERR_PTR.
 */
struct ipcx_message *ipcx_message_alloc_mail_for(struct ipcx_account *acct)
{
	struct ipcx_message *msg;
	int ret;

	msg = message_memory(true);
	if (!msg)
		return ERR_PTR(-ENOMEM);
	msg->acct = NULL;
	msg->e.pins = 0;
	ipcx_account_get(acct);
	ret = ipcx_message_charge_to(msg, acct);
	if (ret) {
		ipcx_message_free(msg);
		return ERR_PTR(ret);
	}
	return msg;
}

/**
 * ipcx_message_reserve() - Make room for a payload.
 * @msg: an empty message on the calling task's stack
 * @len: bytes of payload
 *
 * A buffer is charged to the calling user.
 *
 * Context: process context, may sleep.
 * Return: 0, -EDQUOT or -ENOMEM.
 */
int ipcx_message_reserve(struct ipcx_message *msg, size_t len)
{
	return len > IPCX_SMALL_MAX ? message_add_buffer(msg, len) : 0;
}

/**
 * ipcx_message_move_payload() - Hand a payload from one message to another.
 * @to: an empty message. Whoever it is charged to is charged for the payload, too;
 *	the charge moves along where it is nobody
 * @from: a message on a stack; empty afterwards
 *
 * Context: any.
 * Return: 0, or -EDQUOT with nothing moved.
 */
int ipcx_message_move_payload(struct ipcx_message *to,
			      struct ipcx_message *from)
{
	int ret;

	if (!ipcx_message_is_big(from)) {
		/* Whole: what is behind its size is never copied out. */
		memcpy(to->small, from->small, sizeof(to->small));
		to->e.size = from->e.size;
		return 0;
	}
	if (to->acct) {
		ret = ipcx_account_charge(to->acct, IPCX_BYTES, from->big.room);
		if (ret)
			return ret;
		ipcx_message_uncharge(from);
	} else {
		to->acct = from->acct;
		from->acct = NULL;
	}
	to->big = from->big;
	to->e.size = from->e.size;
	to->e.state |= IPCX_STATE_BIG;
	from->e.state &= ~IPCX_STATE_BIG;
	return 0;
}

/**
 * ipcx_message_adopt() - Make a message the calling user's.
 * @msg: a free message, or one with a payload that the caller was given
 *
 * Context: process context, may sleep.
 * Return: 0, -EDQUOT or -ENOMEM; on error the charge stays where it was.
 */
int ipcx_message_adopt(struct ipcx_message *msg)
{
	struct ipcx_account *old = msg->acct;
	int ret;

	if (ipcx_account_is_current(old))
		return 0;
	ret = message_charge_current(msg);
	if (ret)
		return ret;
	ipcx_account_uncharge(old, IPCX_BYTES, ipcx_message_charge(msg));
	ipcx_account_put(old);
	return 0;
}

static void free_payload(struct ipcx_message *msg)
{
	if (msg->e.state & IPCX_STATE_SHARED)
		ipcx_shared_put(msg->big.shared);
	else if (ipcx_message_is_big(msg))
		kvfree(msg->big.data);
}

static void free_mail(struct ipcx_mail *mail)
{
	ipcx_sender_put(&mail->from);
	if (mail->msg.e.state & IPCX_STATE_FILES)
		ipcx_files_free(mail->files);
	if (!(mail->msg.e.state & IPCX_STATE_ONSTACK))
		kmem_cache_free(mail_cache, mail);
}

/**
 * ipcx_message_free() - Free a message.
 * @msg: a message that is in no queue, complete or half made; or NULL
 *
 * Of one on a stack, what it has. One whose buffer was shared goes back to its queue.
 *
 * Context: process context, may sleep.
 */
void ipcx_message_free(struct ipcx_message *msg)
{
	if (!msg)
		return;
	if (msg->e.state & IPCX_STATE_ORIGIN) {
		ipcx_shared_give_back(msg);
		return;
	}
	if (unlikely(msg->e.state & IPCX_STATE_STAMPED))
		ipcx_stamps_drop(msg);
	ipcx_message_uncharge(msg);
	free_payload(msg);
	if (msg->e.state & IPCX_STATE_MAIL)
		free_mail(ipcx_mail_of(msg));
	else if (!(msg->e.state & IPCX_STATE_ONSTACK))
		kmem_cache_free(message_cache, msg);
}

/**
 * ipcx_message_free_list() - Free messages linked by @e.free.
 * @list: the messages; empty afterwards
 *
 * Context: process context, may sleep.
 */
void ipcx_message_free_list(struct llist_head *list)
{
	struct llist_node *node = list->first, *next;

	for (; node; node = next) {
		next = node->next;
		ipcx_message_free(container_of(node, struct ipcx_message,
					       e.free));
		cond_resched();
	}
	list->first = NULL;
}

static int copy_in(struct ipcx_message *msg, struct ipcx_payload *pl)
{
	void *data = ipcx_message_data(msg);

	if (pl->iter) {
		if (!copy_from_iter_full(data, pl->len, pl->iter))
			return -EFAULT;
		return 0;
	}
	if (!ipcx_message_is_big(msg))
		return ipcx_get_bytes(data, u64_to_user_ptr(pl->addr),
				      pl->len) ? -EFAULT : 0;
	if (copy_from_user(data, u64_to_user_ptr(pl->addr), pl->len))
		return -EFAULT;
	return 0;
}

static int copy_out(struct ipcx_message *msg, struct ipcx_payload *pl, size_t n)
{
	void *data = ipcx_message_data(msg);

	if (pl->iter)
		return copy_to_iter(data, n, pl->iter) == n ? 0 : -EFAULT;
	if (!ipcx_message_is_big(msg))
		return ipcx_put_bytes(u64_to_user_ptr(pl->addr), data, n) ?
		       -EFAULT : 0;
	if (copy_to_user(u64_to_user_ptr(pl->addr), data, n))
		return -EFAULT;
	return 0;
}

/**
 * ipcx_message_copy_in() - Fill a message with its payload.
 * @msg: a message with room for it
 * @pl: the payload
 * @object_id: object that it goes to, for the tracepoint
 *
 * Context: process context, may fault.
 * Return: 0 or -EFAULT.
 */
int ipcx_message_copy_in(struct ipcx_message *msg, struct ipcx_payload *pl,
			 u64 object_id)
{
	u64 start;
	int ret;

	msg->e.size = pl->len;
	if (!trace_ipcx_copy_enabled())
		return copy_in(msg, pl);
	start = ktime_get_ns();
	ret = copy_in(msg, pl);
	trace_ipcx_copy(object_id, msg, true, pl->len, ktime_get_ns() - start,
			ret);
	return ret;
}

/**
 * ipcx_message_copy_out() - Give a message's payload to a receiver.
 * @msg: the message
 * @pl: room for it; a longer payload is cut
 * @object_id: object that it comes from, for the tracepoint
 *
 * Context: process context, may fault.
 * Return: 0 or -EFAULT.
 */
int ipcx_message_copy_out(struct ipcx_message *msg, struct ipcx_payload *pl,
			  u64 object_id)
{
	size_t n = min_t(size_t, msg->e.size, pl->len);
	u64 start;
	int ret;

	if (!trace_ipcx_copy_enabled())
		return copy_out(msg, pl, n);
	start = ktime_get_ns();
	ret = copy_out(msg, pl, n);
	trace_ipcx_copy(object_id, msg, false, n, ktime_get_ns() - start, ret);
	return ret;
}
