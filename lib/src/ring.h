/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of rings share. The layout of the memory, and who may write what there,
 * are in <linux/ipcx.h> and ring_layout.h.
 *
 * What other processes write may be anything. The geometry of a ring is checked once and
 * kept where nobody else writes; indexes are masked before they become addresses; a record's
 * header is read once and checked before its length is used.
 *
 * The order of accesses, in pairs:
 *
 * IPCX_RING_COMMIT: a record is whole when it is seen
 *
 *	producer				consumer
 *	write header and payload		load-acquire tail (many: announce)
 *	store-release tail (many: announce)	read header and payload
 *
 * IPCX_RING_ROOM: room is not written again before it has been read
 *
 *	consumer				producer
 *	read header and payload			load-acquire head
 *	store-release head			write header and payload
 *
 * IPCX_RING_CLAIM: who sees a claim sees the announcement that came before it
 *
 *	producer				consumer, other producers
 *	store-release announce			load-acquire claim
 *	compare-exchange claim (acq_rel)	load-acquire announce
 *
 * IPCX_RING_MEMBER: who sees a member's bit sees its page as it was made
 *
 *	attach					the others
 *	make the page				load-acquire producers, holders
 *	set the bit (release)			load-acquire announce, head
 *
 * IPCX_RING_ATTACH: a new holder finds what it keeps whole
 *
 *	producer that looks for room		attach
 *	load-acquire claim (single: tail)	set the bit in holders
 *	load-acquire holders			a full barrier on all CPUs of the others
 *	write up to claim + size at most	head = claim (single: tail)
 *
 * IPCX_RING_LAPPED: a consumer that can be overrun sees that it was
 *
 *	producer				consumer
 *	store claim				read header and payload
 *	release fence				acquire fence
 *	write header and payload		load claim
 *
 * IPCX_RING_SLEEP: no wake-up is lost
 *
 *	who could wake				who goes to sleep
 *	store tail, announce or head		set waiters
 *	compiler barrier			a full barrier on all CPUs of the others
 *	load waiters; wake if set		look again; sleep
 *
 * The sleeper's barrier is the kernel's (IPCX_RING_WAIT), or membarrier(2) for a memfd. Where
 * that is not to be had, both sides have a full fence.
 */
#ifndef IPCX_SRC_RING_H
#define IPCX_SRC_RING_H

#include <pthread.h>
#include <stdbool.h>

/* The library is where the calls are that others inline. */
#define IPCX_RING_NO_INLINE

#include "barrier.h"
#include "internal.h"
#include "../../kmod/ring_layout.h"

#define RING_DEFAULT_SIZE	65536

/* What makes a member leave the short way: see <ipcx/ring_fast.h>. */
#define RING_MANY		(1U << 0)	/* there can be several producers */
#define RING_BROADCAST		(1U << 1)
#define RING_LAPPABLE		(1U << 2)	/* IPCX_RING_OVERRUN */
#define RING_FENCED		(1U << 3)	/* IPCX_RING_SLEEP by full fences */

/* In place of the word of those that wait, for one that is to look more closely each time. */
static const __u32 ring_always = 1;

struct ring_waiter;

/**
 * struct ring_ops - What differs between a ring of the module and one in a memfd.
 * @attach_producer: fills in @slot, @own, @shared and @data
 * @detach_producer: and wakes the consumers, should it have been the last one
 * @attach_consumer: fills in @slot, @own, @shared and @data
 * @detach_consumer: and wakes the producers, should it have been the last one
 * @wait: sleeps, unless what is waited for has come; 0 or a negative errno
 * @wake: @what: IPCX_RING_WAKE_*
 * @arm: @events: of poll(2); 1 if one of them is there, 0 if not
 * @set_eventfd: of a member: @role, one of &enum ipcx_ring_role, and @slot; 0 or a negative errno
 * @stat: all but the size and what follows from it
 */
struct ring_ops {
	int (*attach_producer)(struct ipcx_producer *p);
	void (*detach_producer)(struct ipcx_producer *p);
	int (*attach_consumer)(struct ipcx_consumer *c, unsigned int flags);
	void (*detach_consumer)(struct ipcx_consumer *c);
	int (*wait)(const struct ring_waiter *w, uint64_t index,
		    const struct ipcx_ring_wait_opts *opts);
	void (*wake)(const struct ipcx_ring *ring, unsigned int what);
	int (*arm)(const struct ipcx_ring *ring, unsigned int events);
	int (*set_eventfd)(const struct ipcx_ring *ring, uint32_t role, uint32_t slot, int fd);
	int (*stat)(const struct ipcx_ring *ring, struct ipcx_ring_stat *stat);
};

/*
 * Immutable once open, which is what makes its functions thread-safe; but for the view of
 * the module's ring, which a child does not inherit.
 */
struct ipcx_ring {
	const struct ring_ops *ops;
	struct ipcx_ring_info *info;	/* begins the view; the module's cannot be written */
	size_t view_len;
	uint64_t size;
	uint64_t id;
	uint32_t page_size;
	uint32_t mode;
	uint32_t max_producers;
	uint32_t max_consumers;
	uint64_t producer_slots;	/* the bits that a mask of producers can have */
	uint64_t consumer_slots;
	int fd;
	bool nonblock;
	bool fenced;
	pid_t pid;			/* whose the view is; 0: it is inherited */
	pthread_mutex_t lock;		/* of a child that maps its own */
};

/*
 * The first cache line is all that a producer touches of it, as long as it may take the
 * short way. Those for which that is not enough (flags is more than RING_FENCED) have no
 * @fast.fits but for the time of a reservation: then it is the size of the record, and 0 when
 * that is committed.
 */
struct ipcx_producer {
	struct ipcx_producer_fast fast;
	uint64_t limit;			/* index up to which there is room, or more */
	uint64_t fits;			/* many: as fast.fits, as long as nobody else claims */
	uint64_t len_max;
	struct ipcx_ring_shared *shared;
	struct ipcx_ring_producer *own;
	struct ipcx_ring_info *info;
	unsigned char *data;
	uint32_t mask;			/* of the data's size */
	uint32_t flags;			/* RING_* */
	uint32_t slot;
	/* from here on seldom */
	uint64_t claimed;		/* not many: as far as anything was written */
	struct ipcx_ring *ring;
	void *map;			/* of its own, if any */
	pid_t pid;
};

/**
 * struct ring_announcements - Where to look over what many producers are about to write.
 * @claim: how far they have got
 * @producers: mask of those that are attached
 * @slots: the bits that it can have
 * @first: announcement of the first one
 * @page_size: from one to the next
 */
struct ring_announcements {
	const __u64 *claim;
	const __u64 *producers;
	uint64_t slots;
	const char *first;
	size_t page_size;
};

/*
 * The first cache line is all that a consumer touches of it, as long as there is something
 * to read, or there is one producer. One that can be overrun never goes the short way: it has
 * no @fast.avail and no @fast.beyond, and @fast.waiters is always set.
 */
struct ipcx_consumer {
	struct ipcx_consumer_fast fast;
	struct ipcx_ring_info *info;
	struct ipcx_ring_shared *shared;
	const unsigned char *data;
	uint64_t size;			/* of the data, in units of an index */
	uint32_t flags;			/* RING_* */
	uint32_t slot;
	struct ring_announcements all;	/* RING_MANY */
	struct ipcx_ring_consumer *own;
	struct ipcx_ring *ring;
	void *map;			/* of its own, if any */
	pid_t pid;
	/* RING_LAPPABLE: */
	uint64_t reach;			/* instead of avail */
	uint64_t head;			/* end of what is released */
	uint64_t lost;
	uint64_t peeked;		/* records from head to next */
	uint64_t last;			/* header of the last of them */
	uint64_t gap;			/* producers of whom records may have been lost */
	uint32_t expected[IPCX_RING_SLOTS_MAX];	/* number of the next record of each */
};

/**
 * struct ring_waiter - Who waits in ring_wait().
 * @ring: where
 * @who: its &struct ipcx_producer or &struct ipcx_consumer
 * @role: one of &enum ipcx_ring_role
 * @slot: its number
 * @bits: producer: of the record, in units of an index
 * @ready: 0 if it has what it waits for; -EAGAIN if not, and *@index is what the kernel has
 *	to know of it; another negative errno if waiting is of no use
 */
struct ring_waiter {
	const struct ipcx_ring *ring;
	void *who;
	uint32_t role;
	uint32_t slot;
	uint64_t bits;
	int (*ready)(const struct ring_waiter *w, uint64_t *index);
};

/* Does @a come after @b? */
static inline bool ring_after(uint64_t a, uint64_t b)
{
	return (int64_t)(a - b) > 0;
}

/* The same as ipcx_ring_record_size(), with an instruction less. */
static inline uint64_t ring_record_size(uint64_t len)
{
	return (len + IPCX_RING_HEADER + 7) & ~7ULL;
}

static inline uint64_t ring_record_bits(uint64_t len)
{
	return ring_record_size(len) * IPCX_RING_BITS;
}

static inline void *ring_page(const struct ipcx_ring *ring, size_t number)
{
	return (unsigned char *)ring->info + number * ring->page_size;
}

static inline struct ipcx_ring_shared *ring_shared(const struct ipcx_ring *ring)
{
	return ring_page(ring, 1);
}

static inline struct ipcx_ring_producer *ring_producer(const struct ipcx_ring *ring,
						       unsigned int slot)
{
	return ring_page(ring, 2 + slot);
}

static inline struct ipcx_ring_consumer *ring_consumer(const struct ipcx_ring *ring,
						       unsigned int slot)
{
	return ring_page(ring, 2 + ring->max_producers + slot);
}

static inline size_t ring_control_len(const struct ipcx_ring *ring)
{
	return (2 + ring->max_producers + ring->max_consumers) * (size_t)ring->page_size;
}

static inline void *ring_data(const struct ipcx_ring *ring)
{
	return (unsigned char *)ring->info + ring_control_len(ring);
}

static inline uint64_t ring_producers(const struct ipcx_ring *ring)
{
	/* IPCX_RING_MEMBER */
	return load_acquire(&ring->info->producers) & ring->producer_slots;
}

static inline uint64_t ring_holders(const struct ipcx_ring *ring)
{
	/* IPCX_RING_MEMBER */
	return load_acquire(&ring->info->holders) & ring->consumer_slots;
}

void ring_count_slots(struct ipcx_ring *ring);
int ring_take_info(struct ipcx_ring *ring);
int ring_opts_check(const struct ipcx_ring_wait_opts *opts);
int ring_wait(const struct ring_waiter *w, const struct ipcx_ring_wait_opts *opts);

/* A handle for the module's ring behind @fd, which is the ring's unless that fails. */
int ring_of_object(struct ipcx_ring **out, int fd, uint64_t id);
int ring_kernel_open(struct ipcx_ring *ring);
int ring_kernel_renew(struct ipcx_ring *ring);
int ring_memfd_create(struct ipcx_ring *ring, const struct ipcx_ring_opts *opts);
int ring_memfd_open(struct ipcx_ring *ring);

/*
 * Has the last producer, or consumer, gone? Of a memfd each member writes that by itself, and
 * one that is late may for a moment say so beside another that has come: who is there counts.
 */
static inline bool ring_ended(const struct ipcx_ring *ring)
{
	return load_acquire(&ring->info->eof) && !ring_producers(ring);
}

static inline bool ring_broken(const struct ipcx_ring *ring)
{
	return load_acquire(&ring->info->broken) &&
	       !(load_acquire(&ring->info->consumers) & ring->consumer_slots);
}

/* After fork(2): what is to be used has to be there. */
static inline int ring_renew(struct ipcx_ring *ring)
{
	return ring->pid ? ring_kernel_renew(ring) : 0;
}

/* End of what producers have claimed. */
static inline uint64_t ring_position(const struct ipcx_ring *ring)
{
	const struct ipcx_ring_shared *shared = ring_shared(ring);

	/* IPCX_RING_COMMIT, IPCX_RING_CLAIM */
	return ipcx_ring_index(ring->max_producers > 1 ? load_acquire(&shared->claim) :
			       load_acquire(&shared->tail));
}

static inline struct ring_announcements ring_announcements(const struct ipcx_ring *ring)
{
	return (struct ring_announcements){
		.claim = &ring_shared(ring)->claim,
		.producers = &ring->info->producers,
		.slots = ring->producer_slots,
		.first = (const char *)&ring_producer(ring, 0)->announce,
		.page_size = ring->page_size,
	};
}

/* How much many have committed without a gap, as seen by one who is at @from. */
static inline uint64_t ring_committed_many(const struct ring_announcements *all, uint64_t from)
{
	/* IPCX_RING_CLAIM */
	uint64_t ready = ipcx_ring_index(load_acquire(all->claim)) - from, bits;

	/* That is a lie, to be found out by who asks. */
	if (unlikely((int64_t)ready < 0))
		return ready;
	/* IPCX_RING_MEMBER */
	for (bits = load_acquire(all->producers) & all->slots; bits; bits &= bits - 1) {
		size_t page = (unsigned int)__builtin_ctzll(bits) * all->page_size;
		/* IPCX_RING_COMMIT */
		uint64_t announce = load_acquire((const __u64 *)(all->first + page));

		/* One before @from is stale: that claim fails. */
		if (unlikely(announce & IPCX_RING_ANNOUNCED) &&
		    ipcx_ring_index(announce) - from < ready)
			ready = ipcx_ring_index(announce) - from;
	}
	return ready;
}

static inline uint64_t ring_committed(const struct ipcx_ring *ring, uint64_t from)
{
	struct ring_announcements all = ring_announcements(ring);

	return ring->max_producers > 1 ? from + ring_committed_many(&all, from) :
					 ring_position(ring);
}

/* Options of the size that the library knows, checked. */
static inline int ring_wait_opts(const struct ipcx_ring_wait_opts **opts,
				 struct ipcx_ring_wait_opts *space)
{
	int ret;

	*opts = ipcx_opts_view(space, sizeof(*space),
			       offsetofend(struct ipcx_ring_wait_opts, spin_ns), *opts, &ret);
	if (ret || !*opts)
		return ret;
	return ring_opts_check(*opts);
}

#endif /* IPCX_SRC_RING_H */
