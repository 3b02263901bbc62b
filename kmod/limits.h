/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every maximum and every mask of valid flags, in one place.
 *
 * What an administrator can tune is a module parameter (main.c) that starts
 * with the value given here.
 */
#ifndef _IPCX_LIMITS_H
#define _IPCX_LIMITS_H

#include <linux/build_bug.h>
#include <linux/ipcx.h>
#include <linux/sizes.h>
#include <linux/time64.h>

/* Start values of the module parameters. */
#define IPCX_MAX_MSG_SIZE	SZ_16M
#define IPCX_MAX_QUEUE_MSGS	SZ_1M
#define IPCX_MAX_QUEUE_BYTES	SZ_1G
#define IPCX_USER_MAX_BYTES	SZ_256M
#define IPCX_USER_MAX_OBJECTS	SZ_128K
#define IPCX_USER_MAX_FILES	SZ_16K

/* What the parameters can be raised to. */
#define IPCX_MSG_SIZE_CEILING	SZ_256M
#define IPCX_QUEUE_MSGS_CEILING	SZ_256M

/* What a queue gets where its creator does not say. */
#define IPCX_DEFAULT_QUEUE_MSGS		1024
#define IPCX_DEFAULT_MSG_SIZE		SZ_64K
#define IPCX_DEFAULT_QUEUE_BYTES	SZ_1M

/* What a ring gets. */
#define IPCX_DEFAULT_RING_SIZE		SZ_64K
#define IPCX_DEFAULT_RING_MEMBERS	16

/*
 * Bounds on what is done in one go.
 *
 * IPCX_CHUNK: messages that are copied, and then queued or taken, under one
 * hold of a queue's lock.
 * IPCX_WAKE_MAX: tasks that are woken after one hold of a lock, at least 2.
 * IPCX_DROP_MAX: messages dropped under one hold.
 * IPCX_INDEX_STEP: messages entered in the type index under one hold.
 * IPCX_LIST_STEP: objects that a list passes over under one hold of the registry.
 * IPCX_SHARE_STEP: users with waiting senders that are passed over under one hold.
 * IPCX_CALL_STEP: calls that a closer looks at under one hold.
 * IPCX_RECORD_STEP: records of a mailbox's ring that are published, or found
 * released, under one hold.
 * IPCX_PAGES_STEP: pages of a ring that are allocated or freed without a break.
 */
#define IPCX_CHUNK		16
#define IPCX_RECORD_STEP	256
#define IPCX_WAKE_MAX		32
#define IPCX_DROP_MAX		32
#define IPCX_INDEX_STEP		64
#define IPCX_LIST_STEP		256
#define IPCX_SHARE_STEP		64
#define IPCX_CALL_STEP		256
#define IPCX_PAGES_STEP		256

/* Pages of a ring that one fault maps. */
#define IPCX_FAULT_PAGES	16

/*
 * How long an adaptive wait spins where a mailbox's creator does not say: a few
 * times what sleeping and waking cost under KVM; see the guide.
 */
#define IPCX_SPIN_NS_DEFAULT	(50 * NSEC_PER_USEC)

/* Freed messages that a queue keeps for reuse while it is open. */
#define IPCX_CACHE_SMALL	64
#define IPCX_CACHE_BIG		4
#define IPCX_CACHE_BIG_BYTES	SZ_128K

/* Largest structure that a caller of a later version may pass. */
#define IPCX_STRUCT_MAX		SZ_4K

/* Tracked fields of a message are narrow; see struct ipcx_pq_entry. */
#define IPCX_PINS_MAX		U16_MAX

#define IPCX_OPEN_VALID \
	(IPCX_OPEN_READ | IPCX_OPEN_WRITE | IPCX_OPEN_CREATE | \
	 IPCX_OPEN_EXCL | IPCX_OPEN_NONBLOCK | IPCX_OPEN_PORT | \
	 IPCX_OPEN_SUBSCRIBE)

#define IPCX_OPEN_RIGHTS \
	(IPCX_OPEN_READ | IPCX_OPEN_WRITE | IPCX_OPEN_SUBSCRIBE)

#define IPCX_SEND_VALID		(IPCX_XFER_NONBLOCK | IPCX_XFER_DEADLINE)

#define IPCX_RECV_VALID \
	(IPCX_XFER_NONBLOCK | IPCX_XFER_DEADLINE | IPCX_RECV_PEEK | \
	 IPCX_RECV_TRUNC | IPCX_RECV_STAMPS)

#define IPCX_MAIL_RECV_VALID	(IPCX_RECV_VALID | IPCX_XFER_ADAPTIVE)

#define IPCX_MSG_VALID		IPCX_MSG_IOV

#define IPCX_ROOM_VALID		(IPCX_MSG_IOV | IPCX_MSG_CLOEXEC)

#define IPCX_MBOX_VALID \
	(IPCX_MBOX_ADDRESSABLE | IPCX_MBOX_FILES | IPCX_MBOX_GROUP | \
	 IPCX_MBOX_GROUP_BLOCK)

#define IPCX_GRANT_RIGHTS	(IPCX_OPEN_WRITE | IPCX_OPEN_SUBSCRIBE)

#define IPCX_GRANT_VALID	(IPCX_GRANT_RIGHTS | IPCX_OPEN_NONBLOCK)

#define IPCX_TO_VALID		(IPCX_TO_PORT | IPCX_TO_NAME)

#define IPCX_POST_VALID \
	(IPCX_XFER_NONBLOCK | IPCX_XFER_DEADLINE | IPCX_XFER_ADAPTIVE | \
	 IPCX_POST_SYNC | IPCX_POST_CALL | IPCX_TO_VALID)

#define IPCX_CALL_VALID \
	(IPCX_XFER_NONBLOCK | IPCX_XFER_DEADLINE | IPCX_XFER_ADAPTIVE | \
	 IPCX_RECV_TRUNC | IPCX_TO_VALID)

#define IPCX_REPLY_VALID \
	(IPCX_XFER_NONBLOCK | IPCX_XFER_DEADLINE | IPCX_XFER_ADAPTIVE | \
	 IPCX_RECV_TRUNC | IPCX_REPLY_DISCARD | IPCX_REPLY_RECV)

#define IPCX_RING_VALID		IPCX_RING_HUGE

#define IPCX_RING_WAIT_VALID \
	(IPCX_XFER_NONBLOCK | IPCX_XFER_DEADLINE | IPCX_RING_WAIT_EVENTFD)

#define IPCX_RING_WAKE_VALID	(IPCX_RING_WAKE_DATA | IPCX_RING_WAKE_SPACE)

#endif /* _IPCX_LIMITS_H */
