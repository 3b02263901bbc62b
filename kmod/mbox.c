// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mailboxes: the object, its birth and its death, see mbox.h.
 */
#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "account.h"
#include "ipcx.h"
#include "limits.h"
#include "mbox.h"
#include "mbox_ring.h"
#include "object.h"
#include "uabi.h"

static int check_attr(const struct ipcx_mbox_attr *attr)
{
	const u32 group = attr->flags & IPCX_MBOX_GROUP;

	if (attr->flags & ~IPCX_MBOX_VALID || attr->spin_ns > IPCX_SPIN_NS_MAX)
		return -EINVAL;
	if (attr->flags & IPCX_MBOX_GROUP_BLOCK && !group)
		return -EINVAL;
	/* What a group would have of its own, and has not. */
	if (group && (attr->flags & IPCX_MBOX_FILES || attr->spin_ns ||
		      attr->max_msgs || attr->max_bytes || attr->ring_size))
		return -EINVAL;
	return 0;
}

static int mbox_attr_get(struct ipcx_mbox_attr *attr,
			 struct ipcx_queue_attr *limits,
			 const void __user *uattr, u32 size)
{
	int ret;

	memset(attr, 0, sizeof(*attr));
	if (uattr) {
		if (size < IPCX_MBOX_ATTR_SIZE_VER0)
			return -EINVAL;
		ret = ipcx_copy_in(attr, sizeof(*attr), uattr, size);
		if (ret)
			return ret;
	}
	ret = check_attr(attr);
	if (ret)
		return ret;
	*limits = (struct ipcx_queue_attr) {
		.max_msgs = attr->max_msgs,
		.max_msg_size = attr->max_msg_size,
		.max_bytes = attr->max_bytes,
		.overflow = IPCX_OVERFLOW_BLOCK,
	};
	ret = ipcx_queue_limits(limits);
	if (!ret && attr->ring_size)
		ret = ipcx_mbox_ring_limits(attr, limits);
	return ret;
}

static void mbox_init(struct ipcx_mbox *mbox, const struct ipcx_mbox_attr *attr,
		      const struct ipcx_queue_attr *limits)
{
	ipcx_queue_init(&mbox->q, limits);
	mbox->q.mail = true;
	/* A token of 0 means that no reply is expected. */
	mbox->q.pq.seq = 1;
	mbox->flags = attr->flags;
	/* Whoever asks may have subscribed: what is copied in once is stamped for all. */
	if (ipcx_mbox_is_group(mbox))
		atomic_set(&mbox->q.askers, 1);
	mbox->spin_ns = attr->spin_ns ? attr->spin_ns : IPCX_SPIN_NS_DEFAULT;
	mbox->by_sender = RB_ROOT;
	mbox->by_cookie = RB_ROOT;
	mbox->by_reply = RB_ROOT;
	mbox->calls = RB_ROOT;
	mbox->handed = RB_ROOT;
	init_waitqueue_head(&mbox->token_wait);
	ipcx_ties_init(&mbox->ties);
	ipcx_shares_init(&mbox->shares);
}

static struct ipcx_object *mbox_create(const void __user *uattr, u32 size)
{
	struct ipcx_queue_attr limits;
	struct ipcx_mbox_attr attr;
	struct ipcx_mbox *mbox;
	int ret;

	ret = mbox_attr_get(&attr, &limits, uattr, size);
	if (ret)
		return ERR_PTR(ret);
	mbox = kzalloc(sizeof(*mbox), GFP_KERNEL_ACCOUNT);
	if (!mbox)
		return ERR_PTR(-ENOMEM);
	ret = ipcx_object_init(&mbox->q.obj, &ipcx_mbox_kind_ops,
			       sizeof(*mbox) +
			       ipcx_mbox_ring_memory(attr.ring_size,
						     limits.max_msgs));
	if (ret)
		goto free;
	mbox_init(mbox, &attr, &limits);
	if (attr.ring_size) {
		ret = ipcx_mbox_ring_create(mbox, attr.ring_size);
		if (ret)
			goto fini;
	}
	return &mbox->q.obj;

fini:
	ipcx_object_fini(&mbox->q.obj);
free:
	kfree(mbox);
	return ERR_PTR(ret);
}

static void mbox_destroy(struct ipcx_object *obj)
{
	struct ipcx_mbox *mbox = ipcx_mbox_of(ipcx_queue_of(obj));

	ipcx_queue_flush_cache(&mbox->q);
	ipcx_shares_free(&mbox->shares);
	ipcx_mbox_ring_free(mbox->ring);
	ipcx_ties_free(&mbox->ties);
	put_pid(mbox->sender);
	put_pid(mbox->receiver);
	ipcx_object_fini(obj);
	kfree_rcu(mbox, q.obj.rcu);
}

static void mbox_stat(struct ipcx_object *obj, struct ipcx_stat *st)
{
	struct ipcx_mbox *mbox = ipcx_mbox_of(ipcx_queue_of(obj));

	if (mbox->ring)
		/* It counts what was received. */
		ipcx_mbox_ring_reclaim(mbox);
	ipcx_queue_stat(obj, st);
	spin_lock(&mbox->q.lock);
	st->calls = mbox->ncalls;
	st->lost = mbox->lost;
	if (mbox->dead)
		st->state |= IPCX_STAT_DEAD;
	spin_unlock(&mbox->q.lock);
	if (mbox->ring)
		ipcx_mbox_ring_stat(mbox, st);
	if (ipcx_mbox_is_group(mbox))
		st->state |= IPCX_STAT_GROUP;
	st->members = READ_ONCE(mbox->ties.nmembers);
	st->watches = READ_ONCE(mbox->ties.nwatches);
}

/* A message without receiver: its caller is told. */
static void drop_mail_locked(struct ipcx_mbox *mbox, struct ipcx_message *msg,
			     struct ipcx_wakeups *wk)
{
	struct ipcx_mail *mail = ipcx_mail_of(msg);

	ipcx_queue_remove_locked(&mbox->q, msg, true);
	mbox->q.bytes -= msg->e.size;
	ipcx_mail_gone_locked(msg);
	if (mail->call)
		ipcx_call_end_locked(mbox, mail->call, -EPIPE, wk);
	ipcx_wakeups_free(wk, msg);
}

/* Of the senders that wait for room, whichever way in. */
static struct ipcx_waiter *first_sender_locked(struct ipcx_mbox *mbox)
{
	struct list_head *blocked = &mbox->shares.blocked;
	struct ipcx_share *share;

	if (list_empty(blocked) && mbox->ring)
		blocked = &mbox->ring->shares.blocked;
	share = list_first_entry_or_null(blocked, struct ipcx_share, blocked);
	return share ? ipcx_waitset_first(&share->senders) : NULL;
}

/* A step of a death that has some. Returns false when nothing is left. */
static bool bury_one_locked(struct ipcx_mbox *mbox, struct ipcx_wakeups *wk)
{
	struct ipcx_pq_entry *e = ipcx_prioq_first(&mbox->q.pq);
	struct ipcx_waiter *sender = first_sender_locked(mbox);
	struct rb_node *rb = mbox->calls.rb_node;

	if (e)
		drop_mail_locked(mbox, ipcx_message_of(e), wk);
	else if (sender)
		ipcx_mail_fail_sender_locked(&mbox->q, sender, wk);
	else if (rb)
		ipcx_call_end_locked(mbox, rb_entry(rb, struct ipcx_caller, node),
				     -EPIPE, wk);
	else
		return false;
	return true;
}

/* The right to receive is gone: so is all that waited for its use. */
static void mbox_die(struct ipcx_mbox *mbox)
{
	ipcx_uninitialized struct ipcx_wakeups wk;
	struct ipcx_queue *q = &mbox->q;
	unsigned int budget;
	bool more = true;

	ipcx_object_withdraw(&q->obj);
	ipcx_wakeups_init(&wk);
	while (more) {
		spin_lock(&q->lock);
		/* Also read without the lock, by who makes a link. */
		WRITE_ONCE(mbox->dead, true);
		for (budget = IPCX_DROP_MAX; more && budget; budget--) {
			if (ipcx_wakeups_full(&wk))
				break;
			more = bury_one_locked(mbox, &wk);
		}
		spin_unlock(&q->lock);
		ipcx_queue_finish(q, &wk);
		cond_resched();
	}
	/* Everybody, also who asked to be the only one. */
	__wake_up(&q->write_wait, TASK_NORMAL, 0,
		  poll_to_key(EPOLLHUP | EPOLLERR));
	ipcx_ties_end(mbox);
	if (mbox->ring)
		ipcx_mbox_ring_die(mbox);
	ipcx_queue_flush_cache(q);
}

/*
 * Would a message of one byte from this user be let in, whichever way it goes? Without a
 * user: is there room at all?
 */
static bool would_fit_locked(struct ipcx_mbox *mbox,
			     struct ipcx_account *acct)
{
	struct ipcx_share *share;

	if (!ipcx_queue_fits_locked(&mbox->q, 1) ||
	    (mbox->ring && !ipcx_mbox_ring_fits_locked(mbox, acct)))
		return false;
	if (!acct)
		return true;
	share = ipcx_share_find_locked(&mbox->shares, ipcx_account_top(acct));
	return !share || (!share->senders.count &&
			  ipcx_share_admits_locked(&mbox->q, share, 1));
}

/*
 * Writable for the polling user. Who polls for another (Linux AIO does from a
 * kernel thread) does not know for whom, and is told whether there is room at all.
 */
static __poll_t poll_writable(struct ipcx_mbox *mbox)
{
	struct ipcx_account *acct = NULL;
	__poll_t mask = 0;

	if (!(current->flags & PF_KTHREAD))
		acct = ipcx_account_get_current();

	spin_lock(&mbox->q.lock);
	/* Without account, for want of memory too: a try tells. */
	if (!mbox->dead && would_fit_locked(mbox, acct))
		mask = EPOLLOUT | EPOLLWRNORM;
	spin_unlock(&mbox->q.lock);
	ipcx_account_put(acct);
	return mask;
}

/* The same with a ring, whose owner is asked to tell of room where there is none. */
static __poll_t poll_writable_ring(struct ipcx_mbox *mbox, __poll_t wanted)
{
	__poll_t mask;

	ipcx_mbox_ring_reclaim(mbox);
	mask = poll_writable(mbox);
	if (mask || !(wanted & (EPOLLOUT | EPOLLWRNORM)))
		return mask;
	ipcx_mbox_ring_arm(mbox);
	/* IPCX_RING_FENCE [C] pairs with [D]. */
	return poll_writable(mbox);
}

static __poll_t mbox_poll(struct file *file, poll_table *wait)
{
	struct ipcx_mbox *mbox = ipcx_file_mbox(file);
	u32 rights = ipcx_handle_of(file)->rights;
	__poll_t mask = 0;

	if (rights & IPCX_OPEN_READ)
		poll_wait(file, &mbox->q.read_wait, wait);
	if (rights & IPCX_GRANT_RIGHTS)
		poll_wait(file, &mbox->q.write_wait, wait);

	if (rights & IPCX_OPEN_WRITE)
		mask |= mbox->ring ?
			poll_writable_ring(mbox, poll_requested_events(wait)) :
			poll_writable(mbox);
	if (rights & IPCX_OPEN_READ && mbox->ring)
		mask |= ipcx_mbox_ring_poll(mbox, wait);
	spin_lock(&mbox->q.lock);
	if (rights & IPCX_OPEN_READ && mbox->q.pq.count)
		mask |= EPOLLIN | EPOLLRDNORM;
	if (rights & IPCX_GRANT_RIGHTS && mbox->dead)
		mask |= EPOLLHUP | EPOLLERR;
	spin_unlock(&mbox->q.lock);
	return mask;
}

/* Each close by each process, the last one of a file included. */
static int mbox_flush(struct file *file, fl_owner_t id)
{
	if (ipcx_handle_of(file)->rights & IPCX_OPEN_READ)
		ipcx_calls_close(ipcx_file_mbox(file), id);
	return 0;
}

static int mbox_release(struct inode *inode, struct file *file)
{
	struct ipcx_mbox *mbox = ipcx_file_mbox(file);

	ipcx_ties_drop_handle(ipcx_handle_of(file));
	if (ipcx_handle_of(file)->rights & IPCX_OPEN_READ)
		mbox_die(mbox);
	ipcx_fs_release(file);
	return 0;
}

/*
 * No write(2), and with it no splice(2): a privileged program that is made to
 * write to an fd it inherited must not send mail that is attested to be its own.
 */
static const struct file_operations mbox_fops = {
	.owner = THIS_MODULE,
	.mmap = ipcx_mbox_mmap,
	.poll = mbox_poll,
	.unlocked_ioctl = ipcx_object_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.flush = mbox_flush,
	.release = mbox_release,
	.show_fdinfo = ipcx_queue_show_fdinfo,
};

const struct ipcx_kind_ops ipcx_mbox_kind_ops = {
	.kind = IPCX_KIND_MBOX,
	.name = "mbox",
	.one_receiver = true,
	.fops = &mbox_fops,
	.create = mbox_create,
	.destroy = mbox_destroy,
	.drain = ipcx_queue_idle,
	.idle = ipcx_queue_idle,
	.stat = mbox_stat,
};
