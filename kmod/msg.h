/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages: memory, charge, and the copies from and to user space.
 */
#ifndef _IPCX_MSG_H
#define _IPCX_MSG_H

#include <linux/ipcx.h>
#include <linux/types.h>

#include "prioq.h"

struct iov_iter;
struct ipcx_account;

/* A payload up to this size lies in the message itself. */
#define IPCX_SMALL_MAX	64

/* ipcx_message.e.state */
#define IPCX_MSG_BIG		0x01	/* the payload has a buffer of its own */
#define IPCX_MSG_RELEASED	0x02	/* only observers hold it still */
#define IPCX_MSG_MAIL		0x04	/* it lies in a struct ipcx_mail */

/**
 * struct ipcx_message - A message.
 * @e: place in a queue; @e.size is the payload's length, @e.state IPCX_MSG_*. While
 *	the message is on a list of free ones, @e.free links it
 * @acct: account that the memory is charged to, a reference
 * @enqueued_ns: when it was queued, 0 where nobody traced that
 * @small: payload, without IPCX_MSG_BIG
 * @big: payload, with IPCX_MSG_BIG
 * @big.data: the buffer
 * @big.room: its size
 */
struct ipcx_message {
	struct ipcx_pq_entry e;
	struct ipcx_account *acct;
	u64 enqueued_ns;
	union {
		u8 small[IPCX_SMALL_MAX];
		struct {
			void *data;
			size_t room;
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

static inline bool ipcx_message_is_big(const struct ipcx_message *msg)
{
	return msg->e.state & IPCX_MSG_BIG;
}

static inline void *ipcx_message_data(struct ipcx_message *msg)
{
	return ipcx_message_is_big(msg) ? msg->big.data : msg->small;
}

int ipcx_messages_init(void);
void ipcx_messages_exit(void);

struct ipcx_message *ipcx_message_alloc(size_t len, bool mail);
int ipcx_message_adopt(struct ipcx_message *msg);
void ipcx_message_free(struct ipcx_message *msg);
void ipcx_message_free_list(struct llist_head *list);
u64 ipcx_message_charge(const struct ipcx_message *msg);

int ipcx_message_copy_in(struct ipcx_message *msg, struct ipcx_payload *pl,
			 u64 object_id);
int ipcx_message_copy_out(struct ipcx_message *msg, struct ipcx_payload *pl,
			  u64 object_id);

#endif /* _IPCX_MSG_H */
