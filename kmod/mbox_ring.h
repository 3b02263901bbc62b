/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A mailbox's ring: a ring (ring.h) of which the kernel is the only producer, and who has
 * the right to receive the only consumer.
 *
 * A record's way:
 *
 *   claim     mailbox lock   it gets a place, a number, its sender's share
 *   write     no lock        copied from the sender's memory with page faults off, or
 *                            from the kernel's
 *   publish   mailbox lock   the records that are written, oldest first; then the bell
 *
 * Many senders write side by side. Nobody who has a claim sleeps, or can die: a copy that
 * meets a page that is not there ends, its record is one to be skipped, and the message is
 * copied into the kernel's memory first (staged), by which the sender may be held up as
 * long as it likes. So is one that has to wait for room: whoever makes room claims for it,
 * and it writes its record itself when it is woken, whatever signals it has. What can keep
 * a claim is the scheduler alone. Short messages are read before they claim, and are
 * claimed, written and published under one hold of the lock.
 *
 * What the owner can write is one word: @head, how far it has released. It is believed if
 * it lies between what was found released before and what is published; else nothing is
 * free. All else that the kernel has to know of a record is in @entry.
 *
 * The other way in, the queue, is as in any mailbox. The two have nothing in common but
 * the lock, the numbers and the counters: shares, waiting and room are each way's own.
 *
 * The ring is an object of its own that nobody can find. The mailbox holds a file of it,
 * which is in no table of files; a mapping holds that file, not the mailbox. It goes when
 * the mailbox dies, with the last claim.
 *
 * Who sleeps for room is on the left of IPCX_RING_FENCE, and looks for it under the
 * mailbox's lock. For records the kernel is on the right, with a barrier of its own (see
 * show_tail_locked()), since no processor is known to run it.
 */
#ifndef _IPCX_MBOX_RING_H
#define _IPCX_MBOX_RING_H

#include <linux/fs.h>
#include <linux/ipcx.h>
#include <linux/poll.h>
#include <linux/types.h>

#include "ring_layout.h"
#include "share.h"

struct ipcx_account;
struct ipcx_mbox;
struct ipcx_mbox_attr;
struct ipcx_mbox_msg;
struct ipcx_deadline;
struct ipcx_queue_attr;
struct ipcx_target;

/* What becomes of a claim. */
enum ipcx_delivered {
	IPCX_DELIVERY_BUSY,	/* it is being written */
	IPCX_DELIVERED,		/* a record, copied from the sender's memory */
	IPCX_DELIVERED_STAGED,	/* from the kernel's */
	IPCX_DELIVERY_FAULTED,	/* to be skipped */
};

/**
 * struct ipcx_claim - A place in a mailbox's ring.
 * @number: of the record among the ring's
 * @index: where it begins
 * @len: bytes of its payload, the sender's part included
 * @head: the sender's part
 */
struct ipcx_claim {
	u64 number;
	u64 index;
	u32 len;
	struct ipcx_delivery head;
};

/**
 * struct ipcx_record - What the kernel knows of a record in a mailbox's ring.
 * @share: whose it is
 * @len: bytes of its payload, the sender's part included
 * @state: one of enum ipcx_delivered
 */
struct ipcx_record {
	struct ipcx_share *share;
	u32 len;
	u32 state;
};

/**
 * struct ipcx_mbox_ring - A mailbox's ring; mailbox lock.
 * @size: bytes of data; immutable
 * @max_msgs: most records; immutable
 * @mask: of @record; immutable
 * @file: its file, a reference; NULL once the mailbox is dead and all is published. Stays
 *	while a file with the right to receive does
 * @shares: what each user has in it
 * @recent: one of them: who sent last; also read without the lock
 * @pid_ns: namespace of the numbers in records, a reference
 * @user_ns: likewise
 * @claimed: records so far
 * @published: those of them that can be read
 * @reclaimed: those of them that were released
 * @claim_end: index where the last of the first ends
 * @tail: of the second
 * @start: of the third
 * @record: those that are not reclaimed, by number
 */
struct ipcx_mbox_ring {
	u64 size;
	u64 max_msgs;
	u64 mask;
	struct file *file;
	struct ipcx_shares shares;
	struct ipcx_share *recent;
	struct pid_namespace *pid_ns;
	struct user_namespace *user_ns;
	u64 claimed;
	u64 published;
	u64 reclaimed;
	u64 claim_end;
	u64 tail;
	u64 start;
	struct ipcx_record record[];
};

/* Bytes of a record of a message without payload. */
#define IPCX_RECORD_MIN \
	(IPCX_RING_HEADER + sizeof(struct ipcx_delivery))

/* mbox_ring.c */
int ipcx_mbox_ring_limits(const struct ipcx_mbox_attr *attr,
			  struct ipcx_queue_attr *limits);
u64 ipcx_mbox_ring_memory(u64 size, u64 max_msgs);
int ipcx_mbox_ring_create(struct ipcx_mbox *mbox, u64 size);
void ipcx_mbox_ring_free(struct ipcx_mbox_ring *mr);
void ipcx_mbox_ring_end(struct file *file);
void ipcx_mbox_ring_die(struct ipcx_mbox *mbox);
void ipcx_mbox_ring_stat(struct ipcx_mbox *mbox, struct ipcx_stat *st);
struct file *ipcx_mbox_ring_get(struct ipcx_mbox *mbox);
__poll_t ipcx_mbox_ring_poll(struct ipcx_mbox *mbox, poll_table *wait);
void ipcx_mbox_ring_arm(struct ipcx_mbox *mbox);
int ipcx_mbox_mmap(struct file *file, struct vm_area_struct *vma);
long ipcx_mbox_ioctl_ring_wait(struct file *file, void __user *arg, size_t size);
long ipcx_mbox_ioctl_ring_wake(struct file *file, void __user *arg, size_t size);

/* mbox_deliver.c */
bool ipcx_mbox_ring_reclaim_locked(struct ipcx_mbox *mbox);
void ipcx_mbox_ring_reclaim(struct ipcx_mbox *mbox);
bool ipcx_mbox_ring_fits_locked(struct ipcx_mbox *mbox,
				struct ipcx_account *acct);
struct file *ipcx_mbox_ring_take_file_locked(struct ipcx_mbox *mbox);
bool ipcx_claim_locked(struct ipcx_mbox *mbox, struct ipcx_share *share,
		       struct ipcx_claim *claim);
enum ipcx_placed ipcx_claim_place_locked(struct ipcx_mbox *mbox,
					 struct ipcx_share *share,
					 struct ipcx_claim *claim);
int ipcx_mbox_deliver(const struct ipcx_target *t,
		      const struct ipcx_mbox_msg *m, bool nonblock,
		      const struct ipcx_deadline *dl);

#endif /* _IPCX_MBOX_RING_H */
