// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mailbox's ring: messages go into it, see mbox_ring.h.
 *
 * Three ways to the same end, from the shortest:
 *
 * - deliver_small(): a short payload, copied to the stack first, so that one hold of the
 *   lock claims, writes and publishes.
 * - deliver_direct(): a payload of any size and shape, from the sender's memory.
 * - deliver_staged(): by way of the kernel's memory: for who has to wait, and for whose
 *   memory was taken away while it was copied.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <linux/uio.h>
#include <linux/user_namespace.h>

#include "account.h"
#include "ipcx.h"
#include "limits.h"
#include "mbox.h"
#include "mbox_ring.h"
#include "ring.h"
#include "trace.h"
#include "uabi.h"

/**
 * struct parting - What is left to do after unlock.
 * @bell: the ring's file, a reference: somebody waits for records
 * @last: the same: they were the last ones
 */
struct parting {
	struct file *bell;
	struct file *last;
};

static struct ipcx_record *record_at(struct ipcx_mbox_ring *mr, u64 number)
{
	return &mr->record[number & mr->mask];
}

static u64 record_bytes(const struct ipcx_record *r)
{
	return ipcx_ring_record_size(r->len);
}

static struct ipcx_ring *ring_of(const struct ipcx_mbox_ring *mr)
{
	return ipcx_file_ring(mr->file);
}

/* How far the owner has released, as far as that can be. */
static u64 released_locked(struct ipcx_mbox_ring *mr)
{
	u64 head;

	/* Pairs with the release: it has been read. */
	head = smp_load_acquire(&ipcx_ring_consumer(ring_of(mr), 0)->head);
	if (head != ipcx_ring_index(head) ||
	    ipcx_ring_distance(mr->start, head) < 0 ||
	    ipcx_ring_distance(head, mr->tail) < 0)
		return mr->start;
	return head;
}

static void reclaim_one_locked(struct ipcx_queue *q, struct ipcx_mbox_ring *mr,
			       struct ipcx_record *r)
{
	r->share->bytes -= record_bytes(r);
	r->share->msgs--;
	mr->start = ipcx_ring_add(mr->start, record_bytes(r));
	mr->reclaimed++;
	if (r->state == IPCX_DELIVERY_FAULTED)
		return;
	q->stats.received++;
	q->stats.received_bytes += r->len - sizeof(struct ipcx_delivery);
}

/**
 * ipcx_mbox_ring_reclaim_locked() - Find out what the owner has released.
 * @mbox: the mailbox, with a ring
 *
 * Context: under the mailbox's lock.
 * Return: true when there may be more: after unlock.
 */
bool ipcx_mbox_ring_reclaim_locked(struct ipcx_mbox *mbox)
{
	struct ipcx_mbox_ring *mr = mbox->ring;
	unsigned int budget = IPCX_RECORD_STEP;
	u64 head;

	lockdep_assert_held(&mbox->q.lock);
	if (mr->reclaimed == mr->published || !mr->file)
		return false;
	head = released_locked(mr);
	while (mr->reclaimed != mr->published) {
		struct ipcx_record *r = record_at(mr, mr->reclaimed);
		u64 end = ipcx_ring_add(mr->start, record_bytes(r));

		if (ipcx_ring_distance(end, head) < 0)
			return false;
		if (!budget--)
			return true;
		reclaim_one_locked(&mbox->q, mr, r);
	}
	return false;
}

/**
 * ipcx_mbox_ring_reclaim() - Find out all that the owner has released.
 * @mbox: the mailbox, with a ring
 *
 * Context: process context.
 */
void ipcx_mbox_ring_reclaim(struct ipcx_mbox *mbox)
{
	bool more = true;

	while (more) {
		spin_lock(&mbox->q.lock);
		more = ipcx_mbox_ring_reclaim_locked(mbox);
		spin_unlock(&mbox->q.lock);
		cond_resched();
	}
}

/* Is there room, and does the rule among users give it to this one? */
static bool has_room_locked(const struct ipcx_mbox_ring *mr,
			    const struct ipcx_share *share, u32 len)
{
	u64 free_bytes = mr->size - ipcx_ring_distance(mr->start, mr->claim_end);
	u64 free_msgs = mr->max_msgs - (mr->claimed - mr->reclaimed);
	u64 bytes = ipcx_ring_record_size(len);

	if (!free_msgs || bytes > free_bytes)
		return false;
	return !share || !share->msgs ||
	       ipcx_share_allows(share, bytes, free_bytes, free_msgs);
}

/**
 * ipcx_mbox_ring_fits_locked() - Would a message of one byte from this user be let in?
 * @mbox: the mailbox, with a ring
 * @acct: the user, or NULL: just any
 *
 * Context: under the mailbox's lock.
 */
bool ipcx_mbox_ring_fits_locked(struct ipcx_mbox *mbox,
				struct ipcx_account *acct)
{
	struct ipcx_mbox_ring *mr = mbox->ring;
	struct ipcx_share *share = NULL;

	if (acct)
		share = ipcx_share_find_locked(&mr->shares,
					       ipcx_account_top(acct));
	return !(share && share->senders.count) &&
	       has_room_locked(mr, share, sizeof(struct ipcx_delivery) + 1);
}

/**
 * ipcx_claim_locked() - Claim a place.
 * @mbox: the mailbox, with a ring
 * @share: the sender's share
 * @claim: with the sender's part but for the number, and its length
 *
 * Whatever other senders wait.
 *
 * Context: under the mailbox's lock.
 * Return: whether there was room.
 */
bool ipcx_claim_locked(struct ipcx_mbox *mbox, struct ipcx_share *share,
		       struct ipcx_claim *claim)
{
	struct ipcx_mbox_ring *mr = mbox->ring;
	struct ipcx_queue *q = &mbox->q;
	struct ipcx_record *r;

	if (mbox->dead || !has_room_locked(mr, share, claim->len))
		return false;
	claim->number = mr->claimed++;
	claim->index = mr->claim_end;
	claim->head.seq = ipcx_prioq_next_seq(&q->pq);
	r = record_at(mr, claim->number);
	r->share = share;
	r->len = claim->len;
	r->state = IPCX_DELIVERY_BUSY;
	mr->claim_end = ipcx_ring_add(mr->claim_end, record_bytes(r));
	share->bytes += record_bytes(r);
	share->msgs++;
	q->stats.sent++;
	q->stats.sent_bytes += claim->len - sizeof(claim->head);
	return true;
}

/**
 * ipcx_claim_place_locked() - Claim a place, if it is this sender's turn.
 * @mbox: the mailbox, with a ring
 * @share: the sender's share
 * @claim: as for ipcx_claim_locked()
 *
 * Context: under the mailbox's lock.
 * Return: one of enum ipcx_placed.
 */
enum ipcx_placed ipcx_claim_place_locked(struct ipcx_mbox *mbox,
					 struct ipcx_share *share,
					 struct ipcx_claim *claim)
{
	bool more;

	if (unlikely(mbox->dead))
		return IPCX_PLACE_DEAD;
	more = ipcx_mbox_ring_reclaim_locked(mbox);
	if (likely(!share->senders.count && ipcx_claim_locked(mbox, share, claim)))
		return IPCX_PLACED;
	return more ? IPCX_PLACE_AGAIN : IPCX_PLACE_FULL;
}

/**
 * ipcx_mbox_ring_take_file_locked() - Has the last record come into the ring?
 * @mbox: a mailbox with a ring
 *
 * Context: under the mailbox's lock.
 * Return: the ring's file for ipcx_mbox_ring_end(), once; else NULL.
 */
struct file *ipcx_mbox_ring_take_file_locked(struct ipcx_mbox *mbox)
{
	struct ipcx_mbox_ring *mr = mbox->ring;
	struct file *file = mr->file;

	if (likely(!mbox->dead) || mr->published != mr->claimed)
		return NULL;
	mr->file = NULL;
	return file;
}

/* Show what is new. Returns the file where somebody has to be woken for it. */
static struct file *show_tail_locked(struct ipcx_mbox_ring *mr)
{
	struct ipcx_ring *ring = ring_of(mr);

	/* The records are whole: pairs with the consumer's load. */
	smp_store_release(&ipcx_ring_shared(ring)->tail, mr->tail);
	WRITE_ONCE(ipcx_ring_producer(ring, 0)->records, mr->published);
	/*
	 * Between the store of the tail and the load of the waiters: pairs with the
	 * barrier that ipcx_ring_fence() begins with, between a consumer's showing that
	 * it waits and its second look at the tail.
	 */
	smp_mb();
	if (likely(!READ_ONCE(ipcx_ring_info(ring)->data_waiters)))
		return NULL;
	return get_file(mr->file);
}

/*
 * Publish what is written and has nothing unwritten before it. Returns true when there may
 * be more: after unlock.
 */
static bool publish_locked(struct ipcx_mbox *mbox, struct parting *p)
{
	struct ipcx_mbox_ring *mr = mbox->ring;
	unsigned int budget = IPCX_RECORD_STEP;
	u64 before = mr->published;

	while (budget && mr->published != mr->claimed) {
		struct ipcx_record *r = record_at(mr, mr->published);

		if (r->state == IPCX_DELIVERY_BUSY)
			break;
		mr->tail = ipcx_ring_add(mr->tail, record_bytes(r));
		mr->published++;
		budget--;
	}
	p->bell = mr->published == before ? NULL : show_tail_locked(mr);
	p->last = ipcx_mbox_ring_take_file_locked(mbox);
	return !budget;
}

static void part(const struct parting *p)
{
	if (unlikely(p->bell)) {
		ipcx_ring_wake_side(ipcx_file_ring(p->bell), IPCX_CONSUMERS);
		fput(p->bell);
	}
	if (unlikely(p->last))
		ipcx_mbox_ring_end(p->last);
}

/* A message that never was. */
static void count_skipped_locked(struct ipcx_queue *q,
				 const struct ipcx_record *r)
{
	q->stats.sent--;
	q->stats.sent_bytes -= r->len - sizeof(struct ipcx_delivery);
}

/* The record of a claim is written. */
static void finish(struct ipcx_mbox *mbox, const struct ipcx_claim *claim,
		   enum ipcx_delivered how)
{
	struct ipcx_record *r = record_at(mbox->ring, claim->number);
	struct ipcx_queue *q = &mbox->q;
	struct parting p;
	bool more;

	trace_ipcx_deliver(q->obj.id, &claim->head,
			   claim->len - sizeof(claim->head), how);
	spin_lock(&q->lock);
	r->state = how;
	if (how == IPCX_DELIVERY_FAULTED)
		count_skipped_locked(q, r);
	more = publish_locked(mbox, &p);
	spin_unlock(&q->lock);
	part(&p);
	while (more) {
		spin_lock(&q->lock);
		more = publish_locked(mbox, &p);
		spin_unlock(&q->lock);
		part(&p);
	}
}

/* Up to the end of the page. */
static size_t chunk(const void *at, size_t len)
{
	return min_t(size_t, len, PAGE_SIZE - offset_in_page(at));
}

static void put_kernel(struct ipcx_ring *ring, u64 index, const void *src,
		       size_t len)
{
	while (len) {
		void *at = ipcx_ring_data(ring, index);
		size_t n = chunk(at, len);

		memcpy(at, src, n);
		src += n;
		len -= n;
		index = ipcx_ring_add(index, n);
	}
}

/* Whatever cannot be read without a page fault ends it. */
static int put_user_nofault(struct ipcx_ring *ring, u64 index,
			    struct iov_iter *iter, size_t len)
{
	int ret = 0;

	pagefault_disable();
	while (len && !ret) {
		void *at = ipcx_ring_data(ring, index);
		size_t n = chunk(at, len);

		if (copy_from_iter(at, n, iter) != n)
			ret = -EFAULT;
		len -= n;
		index = ipcx_ring_add(index, n);
	}
	pagefault_enable();
	return ret;
}

static u64 payload_at(const struct ipcx_claim *claim)
{
	return ipcx_ring_add(claim->index, IPCX_RECORD_MIN);
}

/* All of a record but its payload. */
static void put_head(struct ipcx_ring *ring, const struct ipcx_claim *claim,
		     u64 flags)
{
	u64 header = ipcx_ring_header(claim->len, claim->number, 0) | flags;

	put_kernel(ring, claim->index, &header, sizeof(header));
	put_kernel(ring, ipcx_ring_add(claim->index, sizeof(header)),
		   &claim->head, sizeof(claim->head));
}

/* Write down what will be said about a message of the calling task. */
static void describe_locked(const struct ipcx_target *t,
			    const struct ipcx_mbox_msg *m, u64 len,
			    struct ipcx_claim *claim)
{
	const struct ipcx_mbox_ring *mr = t->mbox->ring;

	claim->len = sizeof(claim->head) + len;
	claim->head = (struct ipcx_delivery) {
		.sender = t->port,
		.type = m->type,
		.cookie = m->cookie,
		.pid = task_tgid_nr_ns(current, mr->pid_ns),
		.tid = task_pid_nr_ns(current, mr->pid_ns),
		.uid = from_kuid_munged(mr->user_ns, current_euid()),
		.gid = from_kgid_munged(mr->user_ns, current_egid()),
		.priority = m->priority,
	};
}

/* The calling user's share. */
static struct ipcx_share *get_share(struct ipcx_mbox *mbox)
{
	struct ipcx_mbox_ring *mr = mbox->ring;
	struct ipcx_share *share = READ_ONCE(mr->recent);
	struct ipcx_account *acct;

	/* Shares stay as long as the mailbox. */
	if (likely(share && ipcx_account_is_current(share->user)))
		return share;
	acct = ipcx_account_get_current();
	if (!acct)
		return NULL;
	share = ipcx_share_get(&mbox->q, &mr->shares, ipcx_account_top(acct));
	ipcx_account_put(acct);
	if (share)
		/* Pairs with the load above, which what is in it depends on. */
		smp_store_release(&mr->recent, share);
	return share;
}

/*
 * Deliver a short payload. Returns false where nothing happened: take the general way.
 */
static bool deliver_small(const struct ipcx_target *t,
			  const struct ipcx_mbox_msg *m,
			  struct ipcx_share *share)
{
	ipcx_uninitialized u8 data[IPCX_SMALL_MAX];
	struct ipcx_mbox *mbox = t->mbox;
	struct ipcx_claim claim;
	enum ipcx_placed placed;
	struct parting p = { };

	if (ipcx_get_bytes(data, u64_to_user_ptr(m->buf), m->len))
		return false;
	spin_lock(&mbox->q.lock);
	describe_locked(t, m, m->len, &claim);
	placed = ipcx_claim_place_locked(mbox, share, &claim);
	if (likely(placed == IPCX_PLACED)) {
		struct ipcx_mbox_ring *mr = mbox->ring;

		put_head(ring_of(mr), &claim, 0);
		put_kernel(ring_of(mr), payload_at(&claim), data, m->len);
		record_at(mr, claim.number)->state = IPCX_DELIVERED;
		/* More is left only by who is about to go on with it. */
		publish_locked(mbox, &p);
	}
	spin_unlock(&mbox->q.lock);
	part(&p);
	if (placed == IPCX_PLACED)
		trace_ipcx_deliver(mbox->q.obj.id, &claim.head, m->len,
				   IPCX_DELIVERED);
	return placed == IPCX_PLACED;
}

static int claim_now(const struct ipcx_target *t, const struct ipcx_mbox_msg *m,
		     struct ipcx_share *share, u64 len, struct ipcx_claim *claim)
{
	struct ipcx_queue *q = &t->mbox->q;
	enum ipcx_placed placed;

	do {
		spin_lock(&q->lock);
		describe_locked(t, m, len, claim);
		placed = ipcx_claim_place_locked(t->mbox, share, claim);
		spin_unlock(&q->lock);
	} while (placed == IPCX_PLACE_AGAIN);
	if (placed == IPCX_PLACE_DEAD)
		return -EPIPE;
	return placed == IPCX_PLACED ? 0 : -EAGAIN;
}

static int copy_payload(struct ipcx_mbox *mbox, const struct ipcx_claim *claim,
			struct iov_iter *iter, size_t len)
{
	struct ipcx_ring *ring = ring_of(mbox->ring);
	u64 start;
	int ret;

	if (!trace_ipcx_copy_enabled())
		return put_user_nofault(ring, payload_at(claim), iter, len);
	start = ktime_get_ns();
	ret = put_user_nofault(ring, payload_at(claim), iter, len);
	trace_ipcx_copy(mbox->q.obj.id, NULL, true, len, ktime_get_ns() - start,
			ret);
	return ret;
}

/*
 * Deliver a payload from the sender's memory, which is brought in before anything is
 * claimed. Returns 0, -EAGAIN (no room), -EPIPE; -EFAULT: there is none; 1: it was taken
 * away again.
 */
static int deliver_direct(const struct ipcx_target *t,
			  const struct ipcx_mbox_msg *m, struct iov_iter *iter,
			  size_t len, struct ipcx_share *share)
{
	struct ipcx_mbox *mbox = t->mbox;
	struct ipcx_claim claim;
	int ret;

	if (len && fault_in_iov_iter_readable(iter, len))
		return -EFAULT;
	ret = claim_now(t, m, share, len, &claim);
	if (ret)
		return ret;
	ret = copy_payload(mbox, &claim, iter, len);
	put_head(ring_of(mbox->ring), &claim, ret ? IPCX_RING_DISCARD : 0);
	finish(mbox, &claim, ret ? IPCX_DELIVERY_FAULTED : IPCX_DELIVERED);
	return ret ? 1 : 0;
}

/* Wait for a place with the message @msg. */
static int wait_for_claim(struct ipcx_mbox *mbox, struct ipcx_message *msg,
			  bool nonblock, const struct ipcx_deadline *dl)
{
	struct file *file;
	int ret;

	if (nonblock)
		return ipcx_mail_put_in(&mbox->q, msg, true, dl);
	file = ipcx_mbox_ring_get(mbox);
	if (!file)
		return -EPIPE;
	/* Before the look for room that is made under the lock. */
	ipcx_ring_expect_room(ipcx_file_ring(file));
	ret = ipcx_mail_put_in(&mbox->q, msg, false, dl);
	ipcx_ring_end_expect_room(ipcx_file_ring(file));
	fput(file);
	return ret;
}

static int deliver_staged(const struct ipcx_target *t,
			  const struct ipcx_mbox_msg *m,
			  struct ipcx_payload *pl, struct ipcx_share *share,
			  bool nonblock, const struct ipcx_deadline *dl)
{
	struct ipcx_mbox *mbox = t->mbox;
	struct ipcx_queue *q = &mbox->q;
	struct ipcx_share *queue_share;
	struct ipcx_claim claim;
	struct ipcx_message *msg;
	struct ipcx_ring *ring;
	struct ipcx_mail *mail;
	u64 seq;
	int ret;

	msg = ipcx_mbox_make_mail(t, m, pl, NULL, NULL);
	if (IS_ERR(msg))
		return PTR_ERR(msg);
	mail = ipcx_mail_of(msg);
	queue_share = mail->share;
	mail->share = share;
	mail->claim = &claim;
	claim.len = sizeof(claim.head) + pl->len;
	ret = wait_for_claim(mbox, msg, nonblock, dl);
	mail->share = queue_share;
	mail->claim = NULL;
	if (ret) {
		ipcx_message_free(msg);
		return ret;
	}
	/* Who reads may be in other namespaces than when the wait began. */
	spin_lock(&q->lock);
	seq = claim.head.seq;
	describe_locked(t, m, pl->len, &claim);
	claim.head.seq = seq;
	spin_unlock(&q->lock);
	ring = ring_of(mbox->ring);
	put_kernel(ring, payload_at(&claim), ipcx_message_data(msg), pl->len);
	put_head(ring, &claim, 0);
	finish(mbox, &claim, IPCX_DELIVERED_STAGED);
	ipcx_queue_recycle(q, msg);
	return 0;
}

static int deliver(const struct ipcx_target *t, const struct ipcx_mbox_msg *m,
		   struct ipcx_payload *pl, struct ipcx_share *share,
		   bool nonblock, const struct ipcx_deadline *dl)
{
	struct iovec vec = {
		.iov_base = u64_to_user_ptr(pl->addr), .iov_len = pl->len,
	};
	struct iov_iter iter;
	int ret;

	if (pl->len > t->mbox->q.max_msg_size)
		return -EMSGSIZE;
	if (pl->iter)
		iter = *pl->iter;
	else
		iov_iter_init(&iter, ITER_SOURCE, &vec, 1, pl->len);
	ret = deliver_direct(t, m, &iter, pl->len, share);
	if (ret == 1 || (ret == -EAGAIN && !nonblock))
		ret = deliver_staged(t, m, pl, share, nonblock, dl);
	return ret;
}

/**
 * ipcx_mbox_deliver() - Put a message into a mailbox's ring.
 * @t: which, and from where
 * @m: the message, without files
 * @nonblock: do not wait for room
 * @dl: until when to wait for it
 *
 * Context: process context, may sleep.
 * Return: 0 or a negative errno.
 */
int ipcx_mbox_deliver(const struct ipcx_target *t,
		      const struct ipcx_mbox_msg *m, bool nonblock,
		      const struct ipcx_deadline *dl)
{
	struct ipcx_payload pl = { .addr = m->buf, .len = m->len };
	struct ipcx_share *share;
	struct iov_iter iter;
	struct iovec *vec = NULL;
	int ret;

	ret = ipcx_mbox_check_msg(m);
	if (ret)
		return ret;
	share = get_share(t->mbox);
	if (!share)
		return -ENOMEM;
	if (!m->flags && m->len <= IPCX_SMALL_MAX &&
	    m->len <= t->mbox->q.max_msg_size && !trace_ipcx_copy_enabled() &&
	    deliver_small(t, m, share))
		return 0;
	if (m->flags & IPCX_MSG_IOV) {
		vec = ipcx_payload_import(&pl, &iter, true);
		if (IS_ERR(vec))
			return PTR_ERR(vec);
	}
	ret = deliver(t, m, &pl, share, nonblock, dl);
	kfree(vec);
	return ret;
}
