// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Shared rings: producers.
 *
 * A producer that has the ring to itself moves the tail. Where there can be more, each
 * announces its record, claims it in one word for all, and takes the announcement back when
 * the record is whole; which of them died with a claim is then known to the kernel.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ring.h"

/* ---- room ---- */

/* The more that is kept of what lies before @position: by someone who is at @index. */
static uint64_t more_kept(uint64_t kept, uint64_t position, uint64_t index)
{
	/* One that says it is further has seen what was claimed since, or lies. */
	return ring_after(position, index + kept) ? position - index : kept;
}

/*
 * How far one may write who is at @position, which was read before the members are:
 * IPCX_RING_ATTACH. Where consumers come and go, also other producers' records are in the
 * way that are still being written: who has come since does not keep them.
 */
static uint64_t room_end(const struct ipcx_producer *p, uint64_t position)
{
	const struct ipcx_ring *ring = p->ring;
	uint64_t size = ring->size * IPCX_RING_BITS, kept = 0;

	if ((p->flags & RING_MANY) && (p->flags & RING_BROADCAST))
		kept = more_kept(0, position, ring_committed(ring, position - size));
	for (uint64_t holders = ring_holders(ring); holders; holders &= holders - 1) {
		/* IPCX_RING_ROOM */
		uint64_t head = load_acquire(&ring_consumer(ring,
					__builtin_ctzll(holders))->head);

		kept = more_kept(kept, position, ipcx_ring_index(head));
	}
	return position + size - (kept < size ? kept : size);
}

static inline void *record_at(const struct ipcx_producer *p, uint64_t index)
{
	return p->data + (index / IPCX_RING_BITS & p->mask);
}

/*
 * The next record begins at @index: what fits there without asking anybody, and without
 * going beyond the end of the data, after which there is the beginning once more.
 */
static void begin_at(struct ipcx_producer *p, uint64_t index)
{
	uint64_t room = (p->limit - index) / IPCX_RING_BITS;
	uint64_t data = p->ring->size - (index / IPCX_RING_BITS & p->mask);

	if (room > data)
		room = data;
	room = room ? room - IPCX_RING_HEADER + 1 : 0;
	p->fits = p->flags & RING_MANY ? room : 0;
	p->fast.fits = p->flags & (RING_MANY | RING_BROADCAST) ? 0 : room;
	p->fast.start = index;
	p->fast.record = record_at(p, index);
}

/* Is there room up to @end for one who is at @position? */
static NOINLINE bool more_room(struct ipcx_producer *p, uint64_t position, uint64_t end)
{
	p->limit = room_end(p, position);
	/* What is reserved was taken off what fits. */
	if (p->fast.len == IPCX_FAST_NONE)
		begin_at(p, p->fast.start);
	return !ring_after(end, p->limit);
}

/* Where the next record would begin. */
static uint64_t producer_position(const struct ipcx_producer *p)
{
	if (p->flags & RING_MANY)
		return ipcx_ring_index(load_acquire(&p->shared->claim));
	return p->fast.start;
}

/* ---- waking ---- */

static COLD int wake_consumers(const struct ipcx_producer *p)
{
	p->ring->ops->wake(p->ring, IPCX_RING_WAKE_DATA);
	return 0;
}

/* IPCX_RING_SLEEP: after the store that lets somebody have something. */
static inline int wake_if_waiting(const struct ipcx_producer *p)
{
	barrier();
	if (unlikely(is_set(&p->info->data_waiters)))
		return wake_consumers(p);
	return 0;
}

/* The same where others may be without asymmetric fences. */
static inline int let_see(const struct ipcx_producer *p)
{
	if (p->flags & RING_FENCED)
		fence_full();
	return wake_if_waiting(p);
}

/* ---- claims ---- */

/* The claim before this one was made: once its maker is dead, nobody else could say so. */
static inline void witness(struct ipcx_ring_shared *shared, uint32_t slot, uint64_t end)
{
	__u64 *confirmed = &shared->confirmed[slot];
	__u64 seen = load_relaxed(confirmed);

	while (ring_after(end, seen) && !compare_exchange(confirmed, &seen, end))
		;
}

/* Makes what lies from @seen, the end of all claims, to @end the caller's; false: too late. */
static inline bool make_claim(struct ipcx_producer *p, __u64 seen, uint64_t end)
{
	struct ipcx_ring_shared *shared = p->shared;
	struct ipcx_ring_producer *own = p->own;
	uint64_t start = ipcx_ring_index(seen);
	uint32_t slot = p->slot;

	if ((seen & IPCX_RING_LOW_MASK) != slot)
		witness(shared, seen & IPCX_RING_LOW_MASK, start);
	store_relaxed(&own->end, end);
	store_release(&own->announce, start | IPCX_RING_ANNOUNCED);
	if (unlikely(!compare_exchange(&shared->claim, &seen, end | slot)))
		return false;
	p->fast.start = start;
	/* IPCX_RING_LAPPED; for nothing where nobody can be, which is cheaper than to ask */
	fence_release();
	return true;
}

/*
 * Makes @bits the caller's from fast.start on, which others may be claiming as well. As long
 * as it announced what another claimed, that one's record was not to be seen: when it does
 * so no more, it rings for the other.
 */
static int claim_many(struct ipcx_producer *p, uint64_t bits)
{
	bool hiding = load_relaxed(&p->own->announce) & IPCX_RING_ANNOUNCED;

	for (;;) {
		/* IPCX_RING_CLAIM */
		__u64 seen = load_acquire(&p->shared->claim);
		uint64_t start = ipcx_ring_index(seen), end = start + bits;

		if (ring_after(end, p->limit)) {
			if (hiding) {
				store_release(&p->own->announce, start);
				let_see(p);
				hiding = false;
			}
			if (!more_room(p, start, end))
				return -EAGAIN;
		}
		if (make_claim(p, seen, end))
			break;
		hiding = true;
	}
	if (hiding)
		let_see(p);
	return 0;
}

/* The same for the only producer there can be. */
static inline int claim_single(struct ipcx_producer *p, uint64_t bits)
{
	uint64_t end = p->fast.start + bits;

	if (ring_after(end, p->limit) && !more_room(p, p->fast.start, end))
		return -EAGAIN;
	/* What was discarded may have been written: the claim does not go back. */
	if ((p->flags & RING_BROADCAST) && ring_after(end, p->claimed)) {
		p->claimed = end;
		store_relaxed(&p->shared->claim, end);
		fence_release();	/* IPCX_RING_LAPPED */
	}
	return 0;
}

static inline int claim(struct ipcx_producer *p, uint64_t bits)
{
	return p->flags & RING_MANY ? claim_many(p, bits) : claim_single(p, bits);
}

/* ---- records ---- */

/* Header of the record that is number @ahead from now on, from 0. */
static inline uint64_t header(const struct ipcx_producer *p, uint32_t len, unsigned int ahead)
{
	return ipcx_fast_header(p->fast.upper + ahead * IPCX_FAST_SEQ, len);
}

static inline void write_header(void *record, uint64_t what)
{
	/* Those that can be overrun may be looking. */
	store_relaxed((__u64 *)record, what);
}

/* What lies from fast.start to @end is whole: @count records. */
static int publish(struct ipcx_producer *p, uint64_t end, unsigned int count)
{
	store_release(p->fast.word, end);	/* IPCX_RING_COMMIT */
	add_own(p->fast.records, count);
	p->fast.upper += count * IPCX_FAST_SEQ;
	begin_at(p, end);
	return let_see(p);
}

static inline bool too_long(const struct ipcx_producer *p, size_t len)
{
	return len > p->len_max;
}

/*
 * What is announced and was not claimed may hide another's record: whoever is told that it
 * cannot have any takes it back, and rings for the other.
 */
static void withdraw(const struct ipcx_producer *p)
{
	if (!(p->flags & RING_MANY) || p->fast.len != IPCX_FAST_NONE ||
	    !(load_relaxed(&p->own->announce) & IPCX_RING_ANNOUNCED))
		return;
	store_release(&p->own->announce, producer_position(p));
	let_see(p);
}

/* Why nothing of that length can be reserved, apart from want of room. */
static int refusal(const struct ipcx_producer *p, size_t len)
{
	if (too_long(p, len))
		return -EMSGSIZE;
	if (p->fast.len != IPCX_FAST_NONE)
		return -EBUSY;
	return ring_broken(p->ring) ? -EPIPE : 0;
}

static COLD void nothing_fits(struct ipcx_producer *p)
{
	p->fits = 0;
}

/* Where there is no short way, or there are others: see struct ipcx_producer. */
static inline void take_room(struct ipcx_producer *p, uint64_t size)
{
	p->fast.fits = size;
	p->fits -= size;
	if (unlikely((int64_t)p->fits < 0))
		nothing_fits(p);
}

static inline struct ipcx_found reserved(struct ipcx_producer *p, size_t len)
{
	p->fast.len = len;
	return (struct ipcx_found){ 0, p->fast.record + IPCX_RING_HEADER };
}

static NOINLINE struct ipcx_found reserve_anyhow(struct ipcx_producer *p, size_t len)
{
	int ret = refusal(p, len);

	if (ret)
		withdraw(p);
	else
		ret = claim(p, ring_record_bits(len));
	if (ret)
		return (struct ipcx_found){ ret, NULL };
	begin_at(p, p->fast.start);
	if (p->flags & (RING_MANY | RING_BROADCAST))
		take_room(p, ring_record_size(len));
	return reserved(p, len);
}

/*
 * The shortest way where there are others: nobody has claimed anything since this one did,
 * who still knows the room that was left.
 */
struct ipcx_found ipcx_producer_reserve_slowly(struct ipcx_producer *p, size_t len)
{
	struct ipcx_ring_producer *own = p->own;
	struct ipcx_ring_shared *shared = p->shared;
	uint64_t start = p->fast.start, size = ring_record_size(len);
	uint64_t end = start + size * IPCX_RING_BITS;
	__u64 seen = start | p->slot;

	if (unlikely(len >= p->fits || p->fast.len != IPCX_FAST_NONE ||
		     ipcx_fast_set(p->fast.broken) || load_acquire(&shared->claim) != seen))
		return reserve_anyhow(p, len);
	store_relaxed(&own->end, end);
	store_release(&own->announce, start | IPCX_RING_ANNOUNCED);
	if (unlikely(!compare_exchange(&shared->claim, &seen, end | p->slot)))
		return reserve_anyhow(p, len);
	fence_release();	/* IPCX_RING_LAPPED */
	take_room(p, size);
	return reserved(p, len);
}

/* The commit is done: what is left. */
int ipcx_producer_commit_slowly(struct ipcx_producer *p)
{
	begin_at(p, p->fast.start);
	return let_see(p);
}

int ipcx_producer_reserve(struct ipcx_producer *p, size_t len, void **buf)
{
	return ipcx_fast_reserve(p, len, buf);
}

int ipcx_producer_commit(struct ipcx_producer *p)
{
	return ipcx_fast_commit(p);
}

int ipcx_producer_discard(struct ipcx_producer *p)
{
	uint32_t len = p->fast.len;

	if (len == IPCX_FAST_NONE)
		return -EINVAL;
	p->fast.len = IPCX_FAST_NONE;
	if (!(p->flags & RING_MANY)) {
		begin_at(p, p->fast.start);
		return 0;
	}
	/* Records of others may lie behind it, and be waited for. */
	write_header(p->fast.record, ipcx_ring_header(len, 0, p->slot) | IPCX_RING_DISCARD);
	return publish(p, p->fast.start + ring_record_bits(len), 0);
}

/* ---- waiting ---- */

static int room_ready(const struct ring_waiter *w, uint64_t *index)
{
	struct ipcx_producer *p = w->who;
	uint64_t position = producer_position(p);
	bool room;

	*index = position + w->bits;
	room = more_room(p, position, *index);
	/* After that: the room that the last consumer leaves is none. */
	if (ring_broken(p->ring))
		return -EPIPE;
	return room ? 0 : -EAGAIN;
}

/* @opts have been checked. */
static COLD int wait_for_room(struct ipcx_producer *p, size_t len,
			      const struct ipcx_ring_wait_opts *opts)
{
	struct ring_waiter w = {
		.ring = p->ring,
		.who = p,
		.role = IPCX_RING_PRODUCER,
		.slot = p->slot,
		.bits = ring_record_bits(len),
		.ready = room_ready,
	};

	return ring_wait(&w, opts);
}

int ipcx_producer_wait(struct ipcx_producer *p, size_t len,
		       const struct ipcx_ring_wait_opts *opts)
{
	struct ipcx_ring_wait_opts space;
	int ret = ring_wait_opts(&opts, &space);

	if (ret)
		return ret;
	return too_long(p, len) ? -EMSGSIZE : wait_for_room(p, len, opts);
}

int ipcx_producer_arm(struct ipcx_producer *p)
{
	return p->ring->ops->arm(p->ring, POLLOUT);
}

/* ---- copies ---- */

int ipcx_producer_send(struct ipcx_producer *p, const void *buf, size_t len,
		       const struct ipcx_ring_wait_opts *opts)
{
	struct ipcx_ring_wait_opts space;
	void *room;
	int ret = ring_wait_opts(&opts, &space);

	if (ret)
		return ret;
	for (;;) {
		ret = ipcx_fast_reserve(p, len, &room);
		if (likely(!ret))
			break;
		if (ret == -EAGAIN)
			ret = wait_for_room(p, len, opts);
		if (ret)
			return ret;
	}
	if (len)
		memcpy(room, buf, len);
	return ipcx_fast_commit(p);
}

/* How many of the records fit from @position on, and how long they are together. */
static unsigned int count_fitting(const struct ipcx_producer *p, uint64_t position,
				  const struct iovec *msgs, unsigned int count, uint64_t *bits)
{
	unsigned int n;

	*bits = 0;
	for (n = 0; n < count && !too_long(p, msgs[n].iov_len); n++) {
		uint64_t with = *bits + ring_record_bits(msgs[n].iov_len);

		if (ring_after(position + with, p->limit))
			break;
		*bits = with;
	}
	return n;
}

/* Room for as many as fit, at least one; their number. */
static int reserve_msgs(struct ipcx_producer *p, const struct iovec *msgs, unsigned int count,
			uint64_t *bits)
{
	int n;

	n = refusal(p, msgs[0].iov_len);
	if (n)
		return n;
	do {
		uint64_t position = producer_position(p);

		n = count_fitting(p, position, msgs, count, bits);
		if (n < (int)count) {
			more_room(p, position, position);
			n = count_fitting(p, position, msgs, count, bits);
		}
		if (!n)
			return -EAGAIN;
		/* Another one has been faster: there is less room. */
	} while (claim(p, *bits));
	return n;
}

/* Those that fit, as one: consumers look once, and are woken once. */
static int send_fitting(struct ipcx_producer *p, const struct iovec *msgs, unsigned int count)
{
	uint64_t at, bits;
	int n = reserve_msgs(p, msgs, count, &bits);

	if (n < 0)
		return n;
	at = p->fast.start;
	for (int i = 0; i < n; i++) {
		unsigned char *record = record_at(p, at);
		size_t len = msgs[i].iov_len;

		if (len)
			memcpy(record + IPCX_RING_HEADER, msgs[i].iov_base, len);
		write_header(record, header(p, len, i));
		at += ring_record_bits(len);
	}
	publish(p, at, n);
	return n;
}

int ipcx_producer_send_msgs(struct ipcx_producer *p, const struct iovec *msgs,
			    unsigned int count, const struct ipcx_ring_wait_opts *opts)
{
	struct ipcx_ring_wait_opts space;
	unsigned int sent = 0;
	int ret = ring_wait_opts(&opts, &space);

	if (ret)
		return ret;
	if (!count || count > IPCX_COUNT_MAX)
		return -EINVAL;
	while (sent < count) {
		ret = send_fitting(p, msgs + sent, count - sent);
		if (ret > 0)
			sent += ret;
		else if (ret == -EAGAIN)
			ret = wait_for_room(p, msgs[sent].iov_len, opts);
		if (ret < 0)
			break;
	}
	return sent ? (int)sent : ret;
}

/* ---- membership ---- */

int ipcx_producer_attach(struct ipcx_producer **out, struct ipcx_ring *ring)
{
	struct ipcx_producer *p;
	int ret;

	*out = NULL;
	ret = ring_renew(ring);
	if (ret)
		return ret;
	p = aligned_alloc(64, (sizeof(*p) + 63) & ~(size_t)63);
	if (!p)
		return -ENOMEM;
	*p = (struct ipcx_producer){
		.fast.len = IPCX_FAST_NONE,
		.fast.broken = &ring->info->broken,
		.fast.waiters = ring->fenced ? &ring_always : &ring->info->data_waiters,
		.info = ring->info,
		.mask = ring->size - 1,
		.ring = ring,
		.pid = getpid(),
		.flags = (ring->max_producers > 1 ? RING_MANY : 0) |
			 (ring->mode == IPCX_RING_BROADCAST ? RING_BROADCAST : 0) |
			 (ring->fenced ? RING_FENCED : 0),
	};
	ret = ring->ops->attach_producer(p);
	if (ret) {
		free(p);
		return ret;
	}
	p->fast.word = p->flags & RING_MANY ? &p->own->announce : &p->shared->tail;
	p->fast.records = &p->own->records;
	p->fast.upper = load_relaxed(p->fast.records) * IPCX_FAST_SEQ | p->slot;
	p->claimed = ipcx_ring_index(load_relaxed(&p->shared->claim));
	p->len_max = ipcx_ring_len_max(ring->size);
	p->limit = ring_position(ring);
	begin_at(p, p->limit);
	*out = p;
	return 0;
}

void ipcx_producer_detach(struct ipcx_producer *p)
{
	if (!p)
		return;
	/* A child has inherited the handle, not what it stands for. */
	if (p->pid == getpid()) {
		ipcx_producer_discard(p);
		p->ring->ops->detach_producer(p);
	}
	free(p);
}
