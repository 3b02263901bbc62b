/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages: memory, charge, and the copies from and to user space.
 */
#ifndef _IPCX_MSG_H
#define _IPCX_MSG_H

#include <linux/ipcx.h>
#include <linux/refcount.h>
#include <linux/types.h>

#include "prioq.h"
#include "wait.h"

struct iov_iter;
struct ipcx_account;
struct ipcx_queue;

/* A payload up to this size lies in the message itself. */
#define IPCX_SMALL_MAX	64

/* ipcx_message.e.state */
#define IPCX_STATE_BIG	0x01	/* the payload has a buffer of its own */
#define IPCX_STATE_RELEASED	0x02	/* only observers hold it still */
#define IPCX_STATE_MAIL	0x04	/* it lies in a struct ipcx_mail */
#define IPCX_STATE_ONSTACK	0x08	/* its memory is a task's stack */
#define IPCX_STATE_SHARED	0x10	/* with BIG: the buffer is others', too */
#define IPCX_STATE_FILES	0x20	/* mail: it carries files */
#define IPCX_STATE_ORIGIN	0x40	/* with BIG: others have its buffer, see shared.h */
#define IPCX_STATE_STAMPED	0x80	/* it has stamps, see stamps.h */

/**
 * struct ipcx_message - A message.
 * @e: place in a queue; @e.size is the payload's length, @e.state IPCX_STATE_*. While
 *	the message is on a list of free ones, @e.free links it
 * @acct: account that the memory is charged to, a reference; NULL for one on a
 *	stack that has no buffer
 * @stamps: with IPCX_STATE_STAMPED: its times (stamps.h)
 * @small: payload, without IPCX_STATE_BIG
 * @big: payload, with IPCX_STATE_BIG
 * @big.data: the buffer
 * @big.room: its size
 * @big.shared: with IPCX_STATE_SHARED: whose buffer it is, a reference
 * @big.ref: with IPCX_STATE_ORIGIN: who has the buffer
 * @big.origin: and the queue that it goes back to, a reference
 */
struct ipcx_message {
	struct ipcx_pq_entry e;
	struct ipcx_account *acct;
	struct ipcx_stamps *stamps;
	union {
		u8 small[IPCX_SMALL_MAX];
		struct {
			void *data;
			size_t room;
			union {
				struct ipcx_message *shared;
				struct {
					refcount_t ref;
					struct ipcx_queue *origin;
				};
			};
		} big;
	};
};

/**
 * struct ipcx_payload - Where in user space a payload is.
 * @addr: address of a plain buffer, without @iter
 * @iter: scattered buffers, or NULL
 * @len: bytes: of the payload (send), of room (receive)
 */
struct ipcx_payload {
	u64 addr;
	struct iov_iter *iter;
	size_t len;
};

static inline struct ipcx_message *ipcx_message_of(struct ipcx_pq_entry *e)
{
	return e ? container_of(e, struct ipcx_message, e) : NULL;
}

/* Lists of free messages, each under its owner's lock. */
static inline void ipcx_message_push(struct llist_head *list,
				     struct ipcx_message *msg)
{
	msg->e.free.next = list->first;
	list->first = &msg->e.free;
}

static inline struct ipcx_message *
ipcx_message_first(const struct llist_head *list)
{
	return container_of(list->first, struct ipcx_message, e.free);
}

static inline struct ipcx_message *ipcx_message_pop(struct llist_head *list)
{
	struct ipcx_message *msg = ipcx_message_first(list);

	list->first = msg->e.free.next;
	return msg;
}

/* A message is to be freed after unlock. */
static inline void ipcx_wakeups_free(struct ipcx_wakeups *wk,
				     struct ipcx_message *msg)
{
	ipcx_message_push(&wk->garbage, msg);
	ipcx_wakeups_more(wk);
}

static inline bool ipcx_message_is_big(const struct ipcx_message *msg)
{
	return msg->e.state & IPCX_STATE_BIG;
}

static inline void *ipcx_message_data(struct ipcx_message *msg)
{
	return ipcx_message_is_big(msg) ? msg->big.data : msg->small;
}

/**
 * ipcx_message_init_onstack() - Set up an empty message on the calling task's stack.
 * @msg: the message; ipcx_message_free() drops what it gets
 * @mail: it lies in a &struct ipcx_mail
 */
static inline void ipcx_message_init_onstack(struct ipcx_message *msg,
					     bool mail)
{
	msg->e.state = IPCX_STATE_ONSTACK | (mail ? IPCX_STATE_MAIL : 0);
	msg->e.pins = 0;
	msg->e.size = 0;
	msg->acct = NULL;
}

int ipcx_messages_init(void);
void ipcx_messages_exit(void);

struct ipcx_message *ipcx_message_alloc(size_t len, bool mail);
struct ipcx_message *ipcx_message_alloc_mail_for(struct ipcx_account *acct);
int ipcx_message_reserve(struct ipcx_message *msg, size_t len);
int ipcx_message_move_payload(struct ipcx_message *to,
			      struct ipcx_message *from);
int ipcx_message_adopt(struct ipcx_message *msg);
int ipcx_message_charge_to(struct ipcx_message *msg, struct ipcx_account *acct);
void ipcx_message_uncharge(struct ipcx_message *msg);
void ipcx_message_free(struct ipcx_message *msg);
void ipcx_message_free_list(struct llist_head *list);
u64 ipcx_message_charge(const struct ipcx_message *msg);

int ipcx_message_copy_in(struct ipcx_message *msg, struct ipcx_payload *pl,
			 u64 object_id);
int ipcx_message_copy_out(struct ipcx_message *msg, struct ipcx_payload *pl,
			  u64 object_id);

#endif /* _IPCX_MSG_H */
