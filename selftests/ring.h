/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests of shared rings share: mappings, and as little of the protocol as
 * puts records in and takes them out. As in common.h: -errno, and no checks.
 */
#ifndef IPCX_SELFTESTS_RING_H
#define IPCX_SELFTESTS_RING_H

#include "common.h"
#include "../kmod/ring_layout.h"

#define PAGE	4096UL

/* ---- words that others write ---- */

#define load(p)		__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define store(p, value)	__atomic_store_n(p, value, __ATOMIC_RELEASE)
/* What the fast side has between its store and its look at a waiters word. */
#define compiler_barrier()	__asm__ volatile("" : : : "memory")

/* ---- objects ---- */

/* IPCX_OPEN on a control fd of its own. */
static inline int open_ring_attr(const char *name, unsigned int flags, unsigned int mode,
				 const struct ipcx_ring_attr *attr)
{
	struct ipcx_open req = {
		.name = addr(name),
		.name_len = name ? strlen(name) : 0,
		.kind = IPCX_KIND_RING,
		.flags = flags,
		.mode = mode,
		.attr = addr(attr),
		.attr_size = attr ? sizeof(*attr) : 0,
	};
	int control = open_control();
	int ret = control < 0 ? control : op(control, IPCX_OPEN, &req);

	if (control >= 0)
		close(control);
	return ret;
}

static inline int open_ring(const char *name, unsigned int flags, unsigned int mode)
{
	return open_ring_attr(name, flags, mode, NULL);
}

static inline int new_ring(const struct ipcx_ring_attr *attr)
{
	return open_ring_attr(NULL, CREATE_RW, 0600, attr);
}

/* ---- mappings ---- */

/* mmap of a place: 0 or -errno; without @at it is unmapped at once. */
static inline int map_place(int fd, __u64 where, size_t len, int prot, int flags, void *at)
{
	void *p = mmap64(NULL, len, prot, flags, fd, where);

	if (p == MAP_FAILED)
		return -errno;
	if (at)
		memcpy(at, &p, sizeof(p));
	else
		munmap(p, len);
	return 0;
}

/* A ring as one process sees it. */
struct ring {
	int fd;
	__u64 size;
	unsigned int max_producers, max_consumers;
	char *view;
	struct ipcx_ring_info *info;
	struct ipcx_ring_shared *shared;
	char *data;
};

static inline size_t control_len(const struct ring *r)
{
	return (2 + r->max_producers + r->max_consumers) * PAGE;
}

static inline size_t view_len(const struct ring *r)
{
	return control_len(r) + 2 * r->size;
}

static inline size_t producer_len(const struct ring *r)
{
	return 2 * PAGE + 2 * r->size;
}

/* Another open file description, or another process's: only read. */
static inline int map_view(struct ring *r)
{
	int ret = map_place(r->fd, IPCX_RING_MAP_VIEW, view_len(r), PROT_READ, MAP_SHARED,
			    &r->view);

	if (ret)
		return ret;
	r->info = (void *)r->view;
	r->shared = (void *)(r->view + PAGE);
	r->data = r->view + control_len(r);
	return 0;
}

static inline int make_ring_flags(struct ring *r, __u32 mode, __u32 producers,
				  __u32 consumers, __u64 size, __u32 flags)
{
	struct ipcx_ring_attr attr = {
		.size = size, .mode = mode, .max_producers = producers,
		.max_consumers = consumers, .flags = flags,
	};

	*r = (struct ring){
		.fd = new_ring(&attr), .size = size, .max_producers = producers,
		.max_consumers = consumers,
	};
	return r->fd < 0 ? r->fd : map_view(r);
}

static inline int make_ring_sized(struct ring *r, __u32 mode, __u32 producers,
				  __u32 consumers, __u64 size)
{
	return make_ring_flags(r, mode, producers, consumers, size, 0);
}

/* Of one page of data. */
static inline int make_ring(struct ring *r, __u32 mode, __u32 producers, __u32 consumers)
{
	return make_ring_sized(r, mode, producers, consumers, PAGE);
}

static inline void close_ring(struct ring *r)
{
	munmap(r->view, view_len(r));
	close(r->fd);
}

static inline struct ipcx_ring_producer *producer_page(const struct ring *r, unsigned int slot)
{
	return (void *)(r->view + (2 + slot) * PAGE);
}

static inline struct ipcx_ring_consumer *consumer_page(const struct ring *r, unsigned int slot)
{
	return (void *)(r->view + (2 + r->max_producers + slot) * PAGE);
}

/* ---- a producer ---- */

struct producer {
	const struct ring *ring;
	struct ipcx_ring_producer *page;
	struct ipcx_ring_shared *shared;
	char *data;
	__u64 claim;		/* what it saw there */
	__u64 start, end;	/* of the record it makes */
};

static inline int attach_producer(struct producer *p, const struct ring *r)
{
	char *base = NULL;
	int ret = map_place(r->fd, IPCX_RING_MAP_PRODUCER, producer_len(r),
			    PROT_READ | PROT_WRITE, MAP_SHARED, &base);

	*p = (struct producer){
		.ring = r, .page = (void *)base, .shared = (void *)(base + PAGE),
		.data = base + 2 * PAGE,
	};
	return ret;
}

static inline void detach_producer(struct producer *p)
{
	munmap(p->page, producer_len(p->ring));
}

static inline bool has_many(const struct producer *p)
{
	return p->ring->max_producers > 1;
}

/* The end of what is claimed, or of what the only producer committed. */
static inline __u64 ring_end(const struct ring *r)
{
	return ipcx_ring_index(r->max_producers > 1 ? load(&r->shared->claim) :
						      load(&r->shared->tail));
}

/* May a record end there? */
static inline bool has_room(const struct producer *p, __u64 end)
{
	__u64 holders = load(&p->ring->info->holders);
	unsigned int slot;

	for (slot = 0; slot < p->ring->max_consumers; slot++) {
		__u64 head = load(&consumer_page(p->ring, slot)->head);

		if (holders >> slot & 1 && ipcx_ring_distance(head, end) > (__s64)p->ring->size)
			return false;
	}
	return true;
}

/* Where the record will be, if nobody else claims first. */
static inline int look(struct producer *p, size_t len)
{
	p->claim = has_many(p) ? load(&p->shared->claim) : p->shared->tail;
	p->start = ipcx_ring_index(p->claim);
	p->end = ipcx_ring_add(p->start, ipcx_ring_record_size(len));
	return has_room(p, p->end) ? 0 : -EAGAIN;
}

/* Who claimed before is known to have done so. */
static inline void witness(struct producer *p)
{
	unsigned int other = p->claim & IPCX_RING_LOW_MASK;
	__u64 *confirmed = &p->shared->confirmed[other];
	__u64 value = load(confirmed);

	if (other == p->page->slot)
		return;
	while (ipcx_ring_distance(value, p->start) > 0)
		if (__atomic_compare_exchange_n(confirmed, &value, p->start, false,
						__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			break;
}

static inline void announce(struct producer *p)
{
	p->page->end = p->end;
	store(&p->page->announce, p->start | IPCX_RING_ANNOUNCED);
}

static inline bool claim(struct producer *p)
{
	__u64 seen = p->claim;

	return __atomic_compare_exchange_n(&p->shared->claim, &seen, p->end | p->page->slot,
					   false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

static inline void write_record(struct producer *p, const void *payload, size_t len)
{
	char *at = p->data + ipcx_ring_offset(p->start, p->ring->size);
	__u64 header = ipcx_ring_header(len, p->page->records, p->page->slot);

	memcpy(at + IPCX_RING_HEADER, payload, len);
	memcpy(at, &header, sizeof(header));
}

/* Shows the record, without waking anybody. */
static inline void publish(struct producer *p)
{
	if (has_many(p))
		store(&p->page->announce, p->start);
	else
		store(&p->shared->tail, p->end);
	store(&p->page->records, p->page->records + 1);
}

static inline int ring_wake(int fd, __u32 flags)
{
	struct ipcx_ring_wake req = { .flags = flags };

	return op(fd, IPCX_RING_WAKE, &req);
}

/* After a store that lets others see a record. */
static inline int ring_for_data(const struct producer *p)
{
	compiler_barrier();
	return load(&p->ring->info->data_waiters) ? ring_wake(p->ring->fd, IPCX_RING_WAKE_DATA) :
						    0;
}

static inline int commit(struct producer *p)
{
	publish(p);
	return ring_for_data(p);
}

/* A place in the ring that is this producer's. */
static inline int reserve(struct producer *p, size_t len)
{
	bool hiding = false;
	int ret;

	for (;;) {
		ret = look(p, len);
		if (ret || !has_many(p))
			break;
		witness(p);
		announce(p);
		if (claim(p))
			return 0;
		hiding = true;
	}
	if (!hiding)
		return ret;
	/* Another's record is where it was announced: not to be hidden by one who waits. */
	store(&p->page->announce, p->start);
	return ring_for_data(p) ? -ENOTRECOVERABLE : ret;
}

/* 0, or -EAGAIN where there is no room. */
static inline int put_bytes(struct producer *p, const void *payload, size_t len)
{
	int ret = reserve(p, len);

	if (ret)
		return ret;
	write_record(p, payload, len);
	return commit(p);
}

static inline int put(struct producer *p, __u64 number)
{
	return put_bytes(p, &number, sizeof(number));
}

/* ---- a consumer ---- */

struct consumer {
	const struct ring *ring;
	struct ipcx_ring_consumer *page;
	__u64 next;
};

static inline int attach_consumer_at(struct consumer *c, const struct ring *r, __u64 where)
{
	*c = (struct consumer){ .ring = r };
	int ret = map_place(r->fd, where, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, &c->page);

	if (!ret)
		c->next = c->page->head;
	return ret;
}

static inline int attach_consumer(struct consumer *c, const struct ring *r)
{
	return attach_consumer_at(c, r, IPCX_RING_MAP_CONSUMER);
}

static inline void detach_consumer(struct consumer *c)
{
	munmap(c->page, PAGE);
}

/* How far everything is committed. */
static inline __u64 committed(const struct consumer *c)
{
	const struct ring *r = c->ring;
	__u64 end = ring_end(r), producers = load(&r->info->producers);
	unsigned int slot;

	for (slot = 0; r->max_producers > 1 && slot < r->max_producers; slot++) {
		__u64 word = load(&producer_page(r, slot)->announce);
		__u64 start = ipcx_ring_index(word);

		if (producers >> slot & 1 && word & IPCX_RING_ANNOUNCED &&
		    ipcx_ring_distance(c->next, start) >= 0 &&
		    ipcx_ring_distance(start, end) > 0)
			end = start;
	}
	return end;
}

/* The next header, discarded ones included: 0, -EAGAIN or -EBADMSG. */
static inline int peek_header(const struct consumer *c, __u64 *header)
{
	__s64 there = ipcx_ring_distance(c->next, committed(c));

	if (!there)
		return -EAGAIN;
	if (there < 0 || there > (__s64)c->ring->size)
		return -EBADMSG;
	memcpy(header, c->ring->data + ipcx_ring_offset(c->next, c->ring->size),
	       sizeof(*header));
	return ipcx_ring_header_good(*header, there) ? 0 : -EBADMSG;
}

static inline void skip(struct consumer *c, __u64 header)
{
	c->next = ipcx_ring_add(c->next, ipcx_ring_record_size(ipcx_ring_header_len(header)));
}

static inline int release(struct consumer *c)
{
	store(&c->page->head, c->next);
	compiler_barrier();
	return load(&c->ring->info->space_waiters) ?
		ring_wake(c->ring->fd, IPCX_RING_WAKE_SPACE) : 0;
}

/* Takes the next number: 0, -EAGAIN or -EBADMSG; what is discarded is passed over. */
static inline int take(struct consumer *c, __u64 *number)
{
	__u64 header;
	int ret;

	while (!(ret = peek_header(c, &header)) && header & IPCX_RING_DISCARD) {
		skip(c, header);
		release(c);
	}
	if (ret)
		return ret;
	memcpy(number, c->ring->data + ipcx_ring_offset(c->next, c->ring->size) +
	       IPCX_RING_HEADER, sizeof(*number));
	skip(c, header);
	return release(c);
}

/* ---- waiting ---- */

static inline struct ipcx_ring_wait make_wait(__u32 role, __u32 slot, __u64 index)
{
	struct ipcx_ring_wait wait = { .role = role, .slot = slot, .index = index };

	return wait;
}

/* @ms: gives up after so many milliseconds, 0: never. */
static inline int ring_wait(int fd, __u32 role, __u32 slot, __u64 index, long long ms)
{
	struct ipcx_ring_wait wait = make_wait(role, slot, index);

	if (ms) {
		wait.flags = IPCX_XFER_DEADLINE;
		wait.clock = CLOCK_MONOTONIC;
		wait.deadline_ns = now_ns(CLOCK_MONOTONIC) + ms * NSEC_PER_MSEC;
	}
	return op(fd, IPCX_RING_WAIT, &wait);
}

static inline int wait_data(const struct consumer *c, long long ms)
{
	return ring_wait(c->ring->fd, IPCX_RING_CONSUMER, c->page->slot, c->next, ms);
}

/* Until a record of that length fits. */
static inline int wait_space(const struct producer *p, size_t len, long long ms)
{
	__u64 end = ipcx_ring_add(ring_end(p->ring), ipcx_ring_record_size(len));

	return ring_wait(p->ring->fd, IPCX_RING_PRODUCER, p->page->slot, end, ms);
}

/* Like put() and take(), and they wait that long: -EPIPE, -ENODATA where nobody is left. */
static inline int put_bytes_waiting(struct producer *p, const void *payload, size_t len,
				    long long ms)
{
	int ret;

	while ((ret = put_bytes(p, payload, len)) == -EAGAIN) {
		ret = load(&p->ring->info->broken) ? -EPIPE : wait_space(p, len, ms);
		if (ret)
			break;
	}
	return ret;
}

static inline int put_waiting(struct producer *p, __u64 number, long long ms)
{
	return put_bytes_waiting(p, &number, sizeof(number), ms);
}

static inline int take_waiting(struct consumer *c, __u64 *number, long long ms)
{
	int ret;

	while ((ret = take(c, number)) == -EAGAIN) {
		bool eof = load(&c->ring->info->eof);

		/* The last ones may have come just before the end. */
		if (eof && take(c, number) == 0)
			return 0;
		ret = eof ? -ENODATA : wait_data(c, ms);
		if (ret)
			break;
	}
	return ret;
}

#endif /* IPCX_SELFTESTS_RING_H */
