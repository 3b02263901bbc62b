/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Links: what ties a mailbox (home) to another (target). A watch is told of the
 * target's death; a subscription gets what is sent to the target, a group, and is
 * told of its end, too.
 *
 * Who finds a link, and how it goes:
 *
 *   home's ties, target's list    under the links' mutex. Who takes a link out of
 *                                 both ends it: the notice is sent or cancelled,
 *                                 and the references to both mailboxes go
 *   target's members              a sender to a group, under RCU: takes a reference
 *                                 to the link, and one to its home, both of which
 *                                 may be going. All walk in the order of the homes'
 *                                 ports: who holds places in some mailboxes waits
 *                                 only for one that comes later
 *   mail in home's queue          a reference to the link, for its list and its
 *                                 counters, which are under home's lock
 *
 * A subscription that has ended says so (@over, home's lock): nothing more comes by
 * it, and nobody waits any more for room because of it.
 *
 * The last reference frees the link's memory and nothing else.
 */
#ifndef _IPCX_MBOX_LINK_H
#define _IPCX_MBOX_LINK_H

#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include "mbox_notice.h"

struct cred;
struct file;
struct ipcx_handle;
struct ipcx_mail;
struct ipcx_mbox;
struct ipcx_share;
struct ipcx_stat;

/**
 * struct ipcx_link - A tie between two mailboxes; immutable but for what says a lock.
 * @target: the one that is watched, or the group; a reference while it is linked
 * @notice: what home will be told; @notice.home is home
 * @ref: holders
 * @at_target: place in the target's list; links' mutex
 * @at_handle: watch by fd: place in that handle's list; links' mutex
 * @subscription: it is one, else a watch
 * @cred: watch by port or name: who asked, a reference
 * @number: subscription: later ones to the same group have higher numbers
 * @lag: subscription: one of enum ipcx_lag
 * @over: it has ended; as all that follows: subscription, home's lock
 * @lost: messages lost
 * @untold: how many of them the next message has to tell
 * @share: what the user has in home who sent last by it, or NULL
 * @queued: its mail in home's queue, oldest first
 * @waiting: mail whose senders wait for room
 * @rcu: for senders to the group
 */
struct ipcx_link {
	struct ipcx_mbox *target;
	struct ipcx_notice notice;
	refcount_t ref;
	struct list_head at_target;
	struct list_head at_handle;
	bool subscription;
	const struct cred *cred;
	u64 number;
	u32 lag;
	bool over;
	u64 lost;
	u64 untold;
	struct ipcx_share *share;
	struct list_head queued;
	struct list_head waiting;
	struct rcu_head rcu;
};

/**
 * struct ipcx_ties - A mailbox's links; links' mutex.
 * @out: links of which it is home, by target and kind
 * @in: links of which it is target
 * @members: group: subscriptions by their homes' ports; read under RCU
 * @next_number: number of the next subscription to it
 * @nmembers: group: subscriptions to it; else: of its own
 * @nwatches: watches of its own
 */
struct ipcx_ties {
	struct xarray out;
	struct list_head in;
	struct xarray members;
	u64 next_number;
	u64 nmembers;
	u64 nwatches;
};

static inline struct ipcx_mbox *ipcx_link_home(const struct ipcx_link *link)
{
	return link->notice.home;
}

void ipcx_ties_init(struct ipcx_ties *ties);
void ipcx_ties_free(struct ipcx_ties *ties);
void ipcx_ties_end(struct ipcx_mbox *mbox);
void ipcx_ties_drop_handle(struct ipcx_handle *handle);
void ipcx_link_put(struct ipcx_link *link);
struct ipcx_link *ipcx_link_next_member(struct ipcx_mbox *group,
					unsigned long *port, u64 end);
void ipcx_link_put_member(struct ipcx_link *link);

long ipcx_mbox_ioctl_watch(struct file *file, void __user *arg, size_t size);
long ipcx_mbox_ioctl_unwatch(struct file *file, void __user *arg, size_t size);
long ipcx_mbox_ioctl_subscribe(struct file *file, void __user *arg,
			       size_t size);
long ipcx_mbox_ioctl_unsubscribe(struct file *file, void __user *arg,
				 size_t size);

#endif /* _IPCX_MBOX_LINK_H */
