// SPDX-License-Identifier: GPL-2.0-only
/*
 * Links between mailboxes, see mbox_link.h.
 *
 * One mutex for all: links come and go seldom, and each is in the books of two
 * mailboxes. A mailbox's death is made known (mbox->dead) before its links are ended
 * (ipcx_ties_end()), and who makes a link looks for that under the mutex: either it
 * sees the death, or the link is found.
 */
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "ipcx.h"
#include "limits.h"
#include "mbox.h"
#include "object.h"
#include "trace.h"
#include "uabi.h"

static DEFINE_MUTEX(links_lock);

/**
 * ipcx_ties_init() - A new mailbox has no links.
 * @ties: its ties
 */
void ipcx_ties_init(struct ipcx_ties *ties)
{
	xa_init_flags(&ties->out, XA_FLAGS_ACCOUNT);
	xa_init_flags(&ties->members, XA_FLAGS_ACCOUNT);
	INIT_LIST_HEAD(&ties->in);
}

/**
 * ipcx_ties_free() - Undo ipcx_ties_init().
 * @ties: a mailbox's without links
 */
void ipcx_ties_free(struct ipcx_ties *ties)
{
	xa_destroy(&ties->out);
	xa_destroy(&ties->members);
}

/* A mailbox is tied to another once in each way. */
static unsigned long tie_key(u64 target, bool subscription)
{
	return target << 1 | subscription;
}

static unsigned long link_key(const struct ipcx_link *link)
{
	return tie_key(link->target->q.obj.id, link->subscription);
}

/* Where the link is counted. */
static u64 *link_counter(struct ipcx_ties *ties, const struct ipcx_link *link)
{
	return link->subscription ? &ties->nmembers : &ties->nwatches;
}

static void count_link_locked(const struct ipcx_link *link, s64 n)
{
	struct ipcx_ties *home = &ipcx_link_home(link)->ties;
	u64 *counter = link_counter(home, link);

	WRITE_ONCE(*counter, *counter + n);
	if (link->subscription) {
		counter = &link->target->ties.nmembers;
		WRITE_ONCE(*counter, *counter + n);
	}
}

/*
 * Members are found by a mark that all have: that search looks at a word for each node,
 * where one for what is present looks at each of its 64 places.
 */
#define IPCX_MEMBER	XA_MARK_0

static int add_member_locked(struct ipcx_link *link)
{
	struct ipcx_ties *group = &link->target->ties;
	const u64 port = ipcx_link_home(link)->q.obj.id;
	int ret;

	link->number = group->next_number;
	ret = xa_insert(&group->members, port, link, IPCX_GFP);
	if (ret)
		return ret;
	xa_set_mark(&group->members, port, IPCX_MEMBER);
	WRITE_ONCE(group->next_number, link->number + 1);
	return 0;
}

static int tie_locked(struct ipcx_link *link)
{
	struct ipcx_mbox *home = ipcx_link_home(link);
	int ret;

	if (READ_ONCE(home->dead) || READ_ONCE(link->target->dead))
		return -EPIPE;
	ret = xa_insert(&home->ties.out, link_key(link), link, IPCX_GFP);
	if (ret)
		return ret == -EBUSY ? -EEXIST : ret;
	if (link->subscription) {
		ret = add_member_locked(link);
		if (ret) {
			xa_erase(&home->ties.out, link_key(link));
			return ret;
		}
	}
	list_add_tail(&link->at_target, &link->target->ties.in);
	count_link_locked(link, 1);
	trace_ipcx_link(link, true);
	return 0;
}

static void untie_locked(struct ipcx_link *link)
{
	lockdep_assert_held(&links_lock);
	xa_erase(&ipcx_link_home(link)->ties.out, link_key(link));
	if (link->subscription)
		xa_erase(&link->target->ties.members,
			 ipcx_link_home(link)->q.obj.id);
	list_del(&link->at_target);
	list_del_init(&link->at_handle);
	count_link_locked(link, -1);
	trace_ipcx_link(link, false);
}

/**
 * ipcx_link_put() - Drop a reference to a link.
 * @link: the link
 *
 * Context: any.
 */
void ipcx_link_put(struct ipcx_link *link)
{
	if (refcount_dec_and_test(&link->ref))
		kfree_rcu(link, rcu);
}

/* May who asked still send to the mailbox that died? */
static bool may_tell(const struct ipcx_link *link)
{
	const struct cred *old;
	bool may;

	/* The links of a handle end with it. */
	if (!link->cred)
		return true;
	old = override_creds(link->cred);
	may = ipcx_object_permits(&link->target->q.obj, IPCX_OPEN_WRITE);
	revert_creds(old);
	return may;
}

/* Send senders away that wait for room. Returns whether some are left. */
static bool release_senders_locked(struct ipcx_link *link,
				   struct ipcx_wakeups *wk)
{
	struct ipcx_queue *q = &ipcx_link_home(link)->q;
	struct ipcx_mail *mail;

	while (!list_empty(&link->waiting)) {
		if (ipcx_wakeups_full(wk))
			return true;
		mail = list_first_entry(&link->waiting, struct ipcx_mail,
					in_link);
		ipcx_mail_fail_sender_locked(q, mail->sender, wk);
	}
	return false;
}

/* Nothing comes by this subscription from now on. Returns what is to be told. */
static u64 end_subscription(struct ipcx_link *link)
{
	ipcx_uninitialized struct ipcx_wakeups wk;
	struct ipcx_queue *q = &ipcx_link_home(link)->q;
	bool more = true;
	u64 untold = 0;

	ipcx_wakeups_init(&wk);
	while (more) {
		spin_lock(&q->lock);
		link->over = true;
		untold = link->untold;
		more = release_senders_locked(link, &wk);
		/* Others may have waited behind them. */
		ipcx_queue_admit_all(q, &wk);
	}
	return untold;
}

/* A link that was untied: its end. */
static void end_link(struct ipcx_link *link, bool tell)
{
	struct ipcx_mail *mail = link->notice.mail;

	mail->flags = IPCX_MSG_DEAD;
	if (link->subscription) {
		mail->flags |= IPCX_MAIL_BY_GROUP;
		mail->group = link->target->q.obj.id;
		mail->lost = end_subscription(link);
	} else {
		mail->from.port = link->target->q.obj.id;
	}
	if (tell && may_tell(link))
		ipcx_notice_send(&link->notice);
	else
		ipcx_notice_cancel(&link->notice);
	if (link->cred)
		put_cred(link->cred);
	ipcx_object_put(&link->target->q.obj);
	ipcx_link_put(link);
}

/* Any link of this mailbox, untied; NULL where there is none. */
static struct ipcx_link *untie_any(struct ipcx_mbox *mbox)
{
	struct ipcx_link *link;
	unsigned long key = 0;

	mutex_lock(&links_lock);
	link = list_first_entry_or_null(&mbox->ties.in, struct ipcx_link,
					at_target);
	if (!link)
		link = xa_find(&mbox->ties.out, &key, ULONG_MAX, XA_PRESENT);
	if (link)
		untie_locked(link);
	mutex_unlock(&links_lock);
	return link;
}

/**
 * ipcx_ties_end() - A mailbox is dead: so are its links.
 * @mbox: the mailbox, marked as dead
 *
 * Context: process context, may sleep.
 */
void ipcx_ties_end(struct ipcx_mbox *mbox)
{
	struct ipcx_link *link;

	while ((link = untie_any(mbox))) {
		end_link(link, link->target == mbox);
		cond_resched();
	}
}

static struct ipcx_link *untie_handle(struct ipcx_handle *handle)
{
	struct ipcx_link *link;

	mutex_lock(&links_lock);
	link = list_first_entry_or_null(&handle->watches, struct ipcx_link,
					at_handle);
	if (link)
		untie_locked(link);
	mutex_unlock(&links_lock);
	return link;
}

/**
 * ipcx_ties_drop_handle() - A handle goes, and the watches that were asked for by it.
 * @handle: the handle, which nobody uses any more
 *
 * Context: process context, may sleep.
 */
void ipcx_ties_drop_handle(struct ipcx_handle *handle)
{
	struct ipcx_link *link;

	/* Links only leave the list now, and are gone from it when they have. */
	while (!list_empty_careful(&handle->watches)) {
		link = untie_handle(handle);
		if (link)
			end_link(link, false);
		cond_resched();
	}
}

/* References to a link and to its home, unless one of them is going. Under RCU. */
static bool get_member(struct ipcx_link *link)
{
	if (!refcount_inc_not_zero(&link->ref))
		return false;
	/* Who ends the link frees its home under RCU, too. */
	if (ipcx_object_get_live(&ipcx_link_home(link)->q.obj))
		return true;
	ipcx_link_put(link);
	return false;
}

/**
 * ipcx_link_next_member() - The next subscription of a group, for a sender to it.
 * @group: the group
 * @port: from which port of a subscriber on; out: its port
 * @end: subscriptions with this number or a higher one do not count
 *
 * Context: any.
 * Return: the link, with a reference to it and to its home, or NULL.
 */
struct ipcx_link *ipcx_link_next_member(struct ipcx_mbox *group,
					unsigned long *port, u64 end)
{
	struct ipcx_link *link;

	rcu_read_lock();
	for (;; ++*port) {
		link = xa_find(&group->ties.members, port, ULONG_MAX,
			       IPCX_MEMBER);
		if (!link || (link->number < end && get_member(link)))
			break;
	}
	rcu_read_unlock();
	return link;
}

/**
 * ipcx_link_put_member() - Drop what ipcx_link_next_member() gave.
 * @link: the link
 *
 * Context: process context, may sleep.
 */
void ipcx_link_put_member(struct ipcx_link *link)
{
	ipcx_object_put(&ipcx_link_home(link)->q.obj);
	ipcx_link_put(link);
}

/* What a link takes at most: it, and a node in each index that it is in. */
#define IPCX_LINK_CHARGE \
	(sizeof(struct ipcx_link) + 2 * sizeof(struct xa_node))

static struct ipcx_link *make_link(struct ipcx_mbox *target,
				   struct ipcx_mbox *home, u64 cookie)
{
	struct ipcx_link *link = kzalloc(sizeof(*link), IPCX_GFP);
	int ret;

	if (!link)
		return ERR_PTR(-ENOMEM);
	ret = ipcx_notice_init(&link->notice, home, IPCX_LINK_CHARGE);
	if (ret) {
		kfree(link);
		return ERR_PTR(ret);
	}
	link->notice.mail->cookie = cookie;
	refcount_set(&link->ref, 1);
	INIT_LIST_HEAD(&link->at_handle);
	INIT_LIST_HEAD(&link->queued);
	INIT_LIST_HEAD(&link->waiting);
	ipcx_object_get(&target->q.obj);
	link->target = target;
	return link;
}

/* Tie two mailboxes by a link that is complete, or drop it. */
static int tie(struct ipcx_link *link, struct ipcx_handle *handle)
{
	int ret;

	mutex_lock(&links_lock);
	ret = tie_locked(link);
	if (!ret && handle)
		list_add_tail(&link->at_handle, &handle->watches);
	mutex_unlock(&links_lock);
	if (ret)
		end_link(link, false);
	return ret;
}

/* Who asks for a watch: the handle, or else the calling task. */
static int watch(struct ipcx_mbox *target, struct ipcx_mbox *home, u64 cookie,
		 struct ipcx_handle *handle)
{
	struct ipcx_link *link = make_link(target, home, cookie);

	if (IS_ERR(link))
		return PTR_ERR(link);
	if (!handle)
		link->cred = get_current_cred();
	return tie(link, handle);
}

/**
 * ipcx_mbox_ioctl_watch() - IPCX_WATCH.
 * @file: a control file, or a mailbox's file with the right to send
 * @arg: user address of &struct ipcx_watch
 * @size: its size
 *
 * Context: process context, may sleep.
 * Return: 0 or a negative errno.
 */
long ipcx_mbox_ioctl_watch(struct file *file, void __user *arg, size_t size)
{
	struct ipcx_target t;
	struct ipcx_mbox *home;
	struct ipcx_watch w;
	int ret;

	ret = ipcx_copy_in(&w, sizeof(w), arg, size);
	if (ret)
		return ret;
	if (w.flags & ~IPCX_TO_VALID || w.reserved)
		return -EINVAL;
	home = ipcx_mbox_get_own(w.from);
	if (IS_ERR(home))
		return PTR_ERR(home);
	ret = ipcx_target_get(&t, file, w.flags, w.dest, w.dest_len,
			      IPCX_OPEN_WRITE);
	if (!ret) {
		ret = watch(t.mbox, home, w.cookie,
			    t.ref ? NULL : ipcx_handle_of(file));
		ipcx_target_put(&t);
	}
	ipcx_object_put(&home->q.obj);
	return ret;
}

static int subscribe(struct ipcx_mbox *group, struct ipcx_mbox *home, u32 lag)
{
	struct ipcx_link *link;

	if (!ipcx_mbox_is_group(group))
		return -EOPNOTSUPP;
	if (lag == IPCX_LAG_BLOCK && !(group->flags & IPCX_MBOX_GROUP_BLOCK))
		return -EPERM;
	link = make_link(group, home, 0);
	if (IS_ERR(link))
		return PTR_ERR(link);
	link->subscription = true;
	link->lag = lag;
	return tie(link, NULL);
}

/**
 * ipcx_mbox_ioctl_subscribe() - IPCX_SUBSCRIBE.
 * @file: a control file, or a group's file with the right to subscribe
 * @arg: user address of &struct ipcx_subscribe
 * @size: its size
 *
 * Context: process context, may sleep.
 * Return: 0 or a negative errno.
 */
long ipcx_mbox_ioctl_subscribe(struct file *file, void __user *arg, size_t size)
{
	struct ipcx_subscribe s;
	struct ipcx_mbox *home;
	struct ipcx_target t;
	int ret;

	ret = ipcx_copy_in(&s, sizeof(s), arg, size);
	if (ret)
		return ret;
	if (s.flags & ~IPCX_TO_VALID || s.lag > IPCX_LAG_BLOCK)
		return -EINVAL;
	home = ipcx_mbox_get_own(s.from);
	if (IS_ERR(home))
		return PTR_ERR(home);
	ret = ipcx_target_get(&t, file, s.flags, s.dest, s.dest_len,
			      IPCX_OPEN_SUBSCRIBE);
	if (!ret) {
		ret = subscribe(t.mbox, home, s.lag);
		ipcx_target_put(&t);
	}
	ipcx_object_put(&home->q.obj);
	return ret;
}

static struct ipcx_link *find_own_locked(struct ipcx_mbox *home, u64 target,
					 bool subscription)
{
	if (target > ULONG_MAX >> 1)
		return NULL;
	return xa_load(&home->ties.out, tie_key(target, subscription));
}

static struct ipcx_link *find_member_locked(struct ipcx_mbox *group, u64 port)
{
	return port > ULONG_MAX ? NULL : xa_load(&group->ties.members, port);
}

/* End a link of this mailbox's. Who was expelled from a group is told. */
static int leave(struct ipcx_mbox *mbox, u64 port, bool subscription, u64 *lost)
{
	bool expel = subscription && ipcx_mbox_is_group(mbox);
	struct ipcx_link *link;

	mutex_lock(&links_lock);
	link = expel ? find_member_locked(mbox, port) :
		       find_own_locked(mbox, port, subscription);
	if (link) {
		untie_locked(link);
		refcount_inc(&link->ref);
	}
	mutex_unlock(&links_lock);
	if (!link)
		return -ENOENT;
	end_link(link, expel);
	/* It is over: nobody counts any more. */
	*lost = link->lost;
	ipcx_link_put(link);
	return 0;
}

static int do_leave(struct file *file, struct ipcx_leave __user *uarg,
		    size_t size, bool subscription)
{
	struct ipcx_leave l;
	u64 lost = 0;
	int ret;

	ret = ipcx_copy_in(&l, sizeof(l), uarg, size);
	if (ret)
		return ret;
	if (l.flags || l.reserved)
		return -EINVAL;
	/* Memory that cannot be written shows before anything is done. */
	if (put_user(lost, &uarg->lost))
		return -EFAULT;
	ret = leave(ipcx_file_mbox(file), l.port, subscription, &lost);
	if (ret)
		return ret;
	return put_user(lost, &uarg->lost);
}

/**
 * ipcx_mbox_ioctl_unwatch() - IPCX_UNWATCH.
 * @file: a mailbox's file with the right to receive
 * @arg: user address of &struct ipcx_leave
 * @size: its size
 *
 * Context: process context, may sleep.
 * Return: 0 or a negative errno.
 */
long ipcx_mbox_ioctl_unwatch(struct file *file, void __user *arg, size_t size)
{
	return do_leave(file, arg, size, false);
}

/**
 * ipcx_mbox_ioctl_unsubscribe() - IPCX_UNSUBSCRIBE.
 * @file: a mailbox's file with the right to receive
 * @arg: user address of &struct ipcx_leave
 * @size: its size
 *
 * Context: process context, may sleep.
 * Return: 0 or a negative errno.
 */
long ipcx_mbox_ioctl_unsubscribe(struct file *file, void __user *arg,
				 size_t size)
{
	return do_leave(file, arg, size, true);
}
