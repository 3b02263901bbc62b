// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Shared rings: consumers.
 *
 * Between head and next lie the records that were peeked at. A consumer that can be overrun
 * (RING_LAPPABLE) cannot trust what it has read before it has seen that the producers were
 * not there meanwhile: IPCX_RING_LAPPED.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ring.h"

/* Numbers of records differ by less than this where some are missing. */
#define GAP_MAX	((IPCX_RING_SEQ_MASK + 1) / 2)
/* Discarded records that one peek goes past: a producer may write nothing else. */
#define SKIPS_MAX	128

static inline bool lappable(const struct ipcx_consumer *c)
{
	return c->flags & RING_LAPPABLE;
}

/* Records are there up to here, or further. */
static uint64_t reach(const struct ipcx_consumer *c)
{
	return lappable(c) ? c->reach : c->fast.avail;
}

static void set_reach(struct ipcx_consumer *c, uint64_t index)
{
	if (lappable(c))
		c->reach = index;
	else
		c->fast.avail = index;
}

static const unsigned char *look_at(const struct ipcx_consumer *c, uint64_t index)
{
	return c->data + ipcx_ring_offset(index, c->ring->size);
}

static void move_to(struct ipcx_consumer *c, uint64_t index)
{
	c->fast.next = index;
	if (lappable(c))
		c->fast.avail = index;
}

/* ---- being overrun ---- */

/* Is what lies from @index on still what was read there? */
static bool still_there(const struct ipcx_consumer *c, uint64_t index)
{
	uint64_t claim;

	fence_acquire();	/* IPCX_RING_LAPPED */
	claim = load_relaxed(&c->shared->claim);
	return !ring_after(ipcx_ring_index(claim) - c->size, index);
}

/* Nothing is peeked at. */
static void set_head(struct ipcx_consumer *c)
{
	c->peeked = 0;
	c->head = c->fast.next;
	/* for ipcx_ring_stat(): nobody waits for this one */
	store_release(&c->own->head, c->fast.next);
}

/* On with what comes now. How much was lost shows when producers are heard of again. */
static void skip_to_end(struct ipcx_consumer *c)
{
	uint64_t end = ring_committed(c->ring, ring_position(c->ring) - c->size);

	/* A claim that will fail can be announced before what was peeked at. */
	if (ring_after(c->fast.next, end))
		end = c->fast.next;
	move_to(c, end);
	set_reach(c, end);
	set_head(c);
	c->gap = ~0ULL;
}

static void count_lost(struct ipcx_consumer *c, uint64_t records)
{
	c->lost += records;
	store_relaxed(&c->own->lost, c->lost);
}

/* What was peeked at has been overwritten. */
static int lost_peeked(struct ipcx_consumer *c)
{
	count_lost(c, c->peeked);
	skip_to_end(c);
	return -EOVERFLOW;
}

/* A record was peeked at, whose header is good. */
static void count_record(struct ipcx_consumer *c, uint64_t header)
{
	uint32_t slot = ipcx_ring_header_slot(header), seq = ipcx_ring_header_seq(header);

	if (c->gap >> slot & 1) {
		uint64_t missing = (seq - c->expected[slot]) & IPCX_RING_SEQ_MASK;

		if (missing < GAP_MAX)
			count_lost(c, missing);
		c->gap &= ~(1ULL << slot);
	}
	c->expected[slot] = (seq + 1) & IPCX_RING_SEQ_MASK;
	c->last = header;
	c->peeked++;
}

/* ---- releasing ---- */

/* The head has moved on: IPCX_RING_SLEEP, and what can be overrun. */
int ipcx_consumer_release_slowly(struct ipcx_consumer *c)
{
	if (lappable(c)) {
		if (c->peeked && !still_there(c, c->head))
			return lost_peeked(c);
		set_head(c);
		return 0;
	}
	if (c->flags & RING_FENCED)
		fence_full();
	if (load_relaxed(&c->info->space_waiters))
		c->ring->ops->wake(c->ring, IPCX_RING_WAKE_SPACE);
	return 0;
}

/* ---- peeking ---- */

/* Is there a record that was not peeked at? */
static int look(struct ipcx_consumer *c)
{
	uint64_t end = ring_committed(c->ring, c->fast.next);
	int none = -EAGAIN;

	if (end == c->fast.next && ring_ended(c->ring)) {
		/* Whoever is gone may have committed something before. */
		end = ring_committed(c->ring, c->fast.next);
		none = -ENODATA;
	}
	if (end == c->fast.next) {
		/* for who polls; once, because producers read that cache line, too */
		if (load_relaxed(&c->own->next) != c->fast.next)
			store_relaxed(&c->own->next, c->fast.next);
		return none;
	}
	if (end - c->fast.next <= c->size) {
		set_reach(c, end);
		return 0;
	}
	if (!lappable(c) || ring_after(c->fast.next, end))
		return -EBADMSG;
	if (c->peeked)
		return -EOVERFLOW;
	skip_to_end(c);
	return -EAGAIN;
}

static int look_if_needed(struct ipcx_consumer *c)
{
	return c->fast.next == reach(c) ? look(c) : 0;
}

/* A header was read where producers may have been. */
static int check_overrun(struct ipcx_consumer *c)
{
	if (still_there(c, c->fast.next))
		return 0;
	if (c->peeked)
		return -EOVERFLOW;
	skip_to_end(c);
	return -EAGAIN;
}

/* A discarded record does not hold up producers, unless one before it is in use. */
static void skip(struct ipcx_consumer *c, uint64_t end)
{
	bool first = lappable(c) ? !c->peeked : load_relaxed(&c->own->head) == c->fast.next;

	move_to(c, end);
	if (first)
		ipcx_fast_release(c);
}

/* One step: a record (its header), or -EINTR: nothing yet, but there may be more. */
static int step(struct ipcx_consumer *c, uint64_t *header)
{
	uint64_t bits;
	int ret = look_if_needed(c);

	if (ret)
		return ret;
	*header = load_relaxed((const __u64 *)look_at(c, c->fast.next));
	if (lappable(c)) {
		ret = check_overrun(c);
		if (ret)
			return ret;
	}
	if (!ipcx_ring_header_good(*header, (reach(c) - c->fast.next) / IPCX_RING_BITS))
		return -EBADMSG;
	if (!(*header & IPCX_RING_DISCARD))
		return 0;
	bits = ring_record_bits(ipcx_ring_header_len(*header));
	skip(c, c->fast.next + bits);
	return -EINTR;
}

static NOINLINE struct ipcx_found peek_anyhow(struct ipcx_consumer *c)
{
	unsigned int skipped = 0;
	uint64_t header = 0;
	const void *record;
	size_t len;
	int ret;

	do {
		ret = step(c, &header);
	} while (ret == -EINTR && ++skipped < SKIPS_MAX);
	if (ret)
		return (struct ipcx_found){ ret == -EINTR ? -EAGAIN : ret, NULL };
	record = look_at(c, c->fast.next);
	len = ipcx_ring_header_len(header);
	move_to(c, c->fast.next + ring_record_bits(len));
	if (lappable(c))
		count_record(c, header);
	return (struct ipcx_found){ len, (char *)record + IPCX_RING_HEADER };
}

/* The shortest way where there are more producers than one. */
struct ipcx_found ipcx_consumer_peek_slowly(struct ipcx_consumer *c)
{
	uint64_t next = c->fast.next, ready;
	struct ipcx_found found;

	if (c->flags & RING_MANY) {
		ready = ring_committed_many(&c->all, next);
		if (likely(ready <= c->size)) {
			c->fast.avail = next + ready;
			found = ipcx_fast_take(&c->fast, next, next + ready);
			if (likely(found.buf))
				return found;
		}
	}
	return peek_anyhow(c);
}

ssize_t ipcx_consumer_peek(struct ipcx_consumer *c, const void **buf)
{
	return ipcx_fast_peek(c, buf);
}

int ipcx_consumer_release(struct ipcx_consumer *c)
{
	return ipcx_fast_release(c);
}

uint64_t ipcx_consumer_lost(const struct ipcx_consumer *c)
{
	return c->lost;
}

uint64_t ipcx_consumer_index(const struct ipcx_consumer *c)
{
	return c->fast.next / IPCX_RING_BITS;
}

/* ---- waiting ---- */

static int data_ready(const struct ring_waiter *w, uint64_t *index)
{
	struct ipcx_consumer *c = w->who;
	int ret = look_if_needed(c);

	*index = c->fast.next;
	return ret;
}

/* @opts have been checked. */
static COLD int wait_for_data(struct ipcx_consumer *c, const struct ipcx_ring_wait_opts *opts)
{
	struct ring_waiter w = {
		.ring = c->ring,
		.who = c,
		.role = IPCX_RING_CONSUMER,
		.slot = c->slot,
		.ready = data_ready,
	};

	return ring_wait(&w, opts);
}

int ipcx_consumer_wait(struct ipcx_consumer *c, const struct ipcx_ring_wait_opts *opts)
{
	struct ipcx_ring_wait_opts space;
	int ret = ring_wait_opts(&opts, &space);

	return ret ? ret : wait_for_data(c, opts);
}

int ipcx_consumer_arm(struct ipcx_consumer *c)
{
	int ret = look_if_needed(c);

	if (ret != -EAGAIN)
		return 1;
	return c->ring->ops->arm(c->ring, POLLIN);
}

/* ---- copies ---- */

/* The record that was peeked at last goes back. */
static void unpeek(struct ipcx_consumer *c, uint64_t index)
{
	move_to(c, index);
	if (!lappable(c))
		return;
	c->expected[ipcx_ring_header_slot(c->last)] = ipcx_ring_header_seq(c->last);
	c->peeked--;
}

/* Copies what was peeked at last to where there is room for *@len bytes. */
static int take(struct ipcx_consumer *c, const void *record, size_t record_len, void *buf,
		size_t *len)
{
	uint64_t index = c->fast.next - ring_record_bits(record_len);
	size_t room = *len;

	*len = record_len;
	if (record_len > room) {
		unpeek(c, index);
		return -EMSGSIZE;
	}
	if (record_len)
		memcpy(buf, record, record_len);
	if (unlikely(lappable(c))) {
		/* What was peeked at before is no business of this one. */
		if (!still_there(c, index))
			return lost_peeked(c);
		set_head(c);
	}
	return 0;
}

/* The next record, if there is one: 0, and its length in *@len. */
static inline int take_next(struct ipcx_consumer *c, void *buf, size_t *len)
{
	const void *record;
	ssize_t n = ipcx_fast_peek(c, &record);
	size_t room = *len;
	int ret;

	while (n >= 0) {
		ret = take(c, record, n, buf, len);
		if (ret != -EOVERFLOW)
			return ret;
		*len = room;
		n = ipcx_fast_peek(c, &record);
	}
	/* Records that were peeked at before: the caller has lost them, and goes on. */
	return n == -EOVERFLOW ? lost_peeked(c) : (int)n;
}

/* Nothing was found: there is nothing, or more discarded records than a peek goes past. */
static COLD int wait_for_more(struct ipcx_consumer *c, const struct ipcx_ring_wait_opts *opts)
{
	if (c->fast.next == reach(c))
		return wait_for_data(c, opts);
	if (c->ring->nonblock || (opts && opts->flags & IPCX_XFER_NONBLOCK))
		return -EAGAIN;
	return opts && opts->flags & IPCX_XFER_DEADLINE &&
	       ipcx_deadline_after(opts->clock, 0) >= opts->deadline_ns ? -ETIMEDOUT : 0;
}

ssize_t ipcx_consumer_recv(struct ipcx_consumer *c, void *buf, size_t len,
			   const struct ipcx_ring_wait_opts *opts)
{
	struct ipcx_ring_wait_opts space;
	size_t got;
	int ret = ring_wait_opts(&opts, &space);

	if (ret)
		return ret;
	for (;;) {
		got = len;
		ret = take_next(c, buf, &got);
		if (likely(!ret))
			break;
		if (ret == -EAGAIN)
			ret = wait_for_more(c, opts);
		if (ret)
			return ret;
	}
	ipcx_fast_release(c);
	return got;
}

int ipcx_consumer_recv_msgs(struct ipcx_consumer *c, struct iovec *msgs, unsigned int count,
			    const struct ipcx_ring_wait_opts *opts)
{
	struct ipcx_ring_wait_opts space;
	unsigned int got = 0;
	int ret = ring_wait_opts(&opts, &space);

	if (ret)
		return ret;
	if (!count || count > IPCX_COUNT_MAX)
		return -EINVAL;
	while (got < count) {
		size_t room = msgs[got].iov_len;

		ret = take_next(c, msgs[got].iov_base, &room);
		if (!ret) {
			msgs[got++].iov_len = room;
			continue;
		}
		if (ret != -EAGAIN || got)
			break;
		ret = wait_for_more(c, opts);
		if (ret)
			return ret;
	}
	if (!got)
		return ret;
	ipcx_fast_release(c);
	return got;
}

/* ---- membership ---- */

/* The number of each producer's next record, as far as it is known from outside. */
static void expect_records(struct ipcx_consumer *c)
{
	for (unsigned int slot = 0; slot < c->ring->max_producers; slot++)
		c->expected[slot] = load_relaxed(&ring_producer(c->ring, slot)->records) &
				    IPCX_RING_SEQ_MASK;
}

int ipcx_consumer_attach(struct ipcx_consumer **out, struct ipcx_ring *ring, unsigned int flags)
{
	struct ipcx_consumer *c;
	int ret;

	*out = NULL;
	if (flags & ~IPCX_RING_OVERRUN ||
	    (flags && ring->mode != IPCX_RING_BROADCAST))
		return -EINVAL;
	ret = ring_renew(ring);
	if (ret)
		return ret;
	c = aligned_alloc(64, (sizeof(*c) + 63) & ~(size_t)63);
	if (!c)
		return -ENOMEM;
	*c = (struct ipcx_consumer){
		.fast.mask = ring->size - 1,
		.size = ring->size * IPCX_RING_BITS,
		.info = ring->info,
		.ring = ring,
		.pid = getpid(),
		/* RING_MANY: of those that cannot be overrun */
		.flags = (flags ? RING_LAPPABLE : ring->max_producers > 1 ? RING_MANY : 0) |
			 (ring->fenced ? RING_FENCED : 0),
	};
	ret = ring->ops->attach_consumer(c, flags);
	if (ret) {
		free(c);
		return ret;
	}
	c->all = ring_announcements(ring);
	c->fast.data = c->data;
	c->fast.head = &c->own->head;
	c->fast.tail = &c->shared->tail;
	c->fast.beyond = ring->max_producers == 1 && !flags ? c->size + 1 : 0;
	c->fast.waiters = flags || ring->fenced ? &ring_always : &c->info->space_waiters;
	c->head = ipcx_ring_index(load_relaxed(&c->own->head));
	move_to(c, c->head);
	set_reach(c, c->head);
	expect_records(c);
	*out = c;
	return 0;
}

void ipcx_consumer_detach(struct ipcx_consumer *c)
{
	if (!c)
		return;
	/* A child has inherited the handle, not what it stands for. */
	if (c->pid == getpid())
		c->ring->ops->detach_consumer(c);
	free(c);
}
