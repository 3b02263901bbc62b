// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Shared rings in a memfd: the same layout, kept by the members themselves, who all can
 * write all of it.
 *
 * Words of struct ipcx_ring_info that the module leaves alone are used here: @reserved says
 * whether there is a full fence on the fast path (IPCX_RING_SLEEP), @pad0 has the masks of
 * slots that are taken, which come before the masks of members, and @pad1 and @pad2 the
 * futex words.
 */
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <linux/magic.h>
#include <linux/membarrier.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "ring.h"

#define SEALS	(F_SEAL_SHRINK | F_SEAL_GROW)

#define NS_PER_SEC 1000000000LL

/* Of a file in memory; where they are larger there are none. */
#define HUGE_SIZE	(2UL << 20)

/* Linux 5.14. */
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE	23
#endif

static __u64 *taken_producers(const struct ipcx_ring *ring)
{
	return &ring->info->pad0[0];
}

static __u64 *taken_consumers(const struct ipcx_ring *ring)
{
	return &ring->info->pad0[1];
}

static uint32_t *data_bell(const struct ipcx_ring *ring)
{
	return (uint32_t *)&ring->info->pad1[0];
}

static uint32_t *space_bell(const struct ipcx_ring *ring)
{
	return (uint32_t *)&ring->info->pad2[0];
}

static long membarrier(int command)
{
	return syscall(SYS_membarrier, command, 0, 0);
}

/* Can others be sure that this process takes part in their barriers? */
static int join_barriers(const struct ipcx_ring *ring)
{
	if (ring->fenced)
		return 0;
	return membarrier(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED) ? -EOPNOTSUPP : 0;
}

/* IPCX_RING_SLEEP: all members have seen what was stored before. */
static void barrier_everywhere(const struct ipcx_ring *ring)
{
	fence_full();
	if (ring->fenced || !membarrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED))
		return;
	/* That one needs memory; this one time. */
	membarrier(MEMBARRIER_CMD_GLOBAL);
}

/* ---- sleeping and waking ---- */

/* CLOCK_BOOTTIME is not known to futex(2): a suspended system is late by that time. */
static void futex_deadline(const struct ipcx_ring_wait_opts *opts, struct timespec *ts)
{
	int64_t ns = opts->deadline_ns;

	if (opts->clock == CLOCK_BOOTTIME) {
		ns -= ipcx_deadline_after(CLOCK_BOOTTIME, 0);
		ns = ipcx_deadline_after(CLOCK_MONOTONIC, ns > 0 ? ns : 0);
	}
	ts->tv_sec = ns / NS_PER_SEC;
	ts->tv_nsec = ns % NS_PER_SEC;
}

static int futex_wait(uint32_t *word, uint32_t value, const struct ipcx_ring_wait_opts *opts)
{
	bool limited = opts->flags & IPCX_XFER_DEADLINE;
	int op = FUTEX_WAIT_BITSET;
	struct timespec ts;

	if (limited)
		futex_deadline(opts, &ts);
	if (opts->clock == CLOCK_REALTIME && limited)
		op |= FUTEX_CLOCK_REALTIME;
	if (syscall(SYS_futex, word, op, value, limited ? &ts : NULL, NULL,
		    FUTEX_BITSET_MATCH_ANY) && errno != EAGAIN)
		return -errno;
	return 0;
}

/*
 * Who wakes takes the mark away before it rings: so whoever sees the new count sets a mark
 * that stays, and who has the old count does not fall asleep.
 */
static void ring_bell(uint32_t *waiters, uint32_t *bell)
{
	store_relaxed(waiters, 0);
	__atomic_fetch_add(bell, 1, __ATOMIC_RELEASE);
	syscall(SYS_futex, bell, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

/* Where consumers come and go, producers wait for each other's records, too. */
static bool producers_wait_for_commits(const struct ipcx_ring *ring)
{
	return ring->mode == IPCX_RING_BROADCAST && ring->max_producers > 1;
}

static void memfd_wake(const struct ipcx_ring *ring, unsigned int what)
{
	if (what & IPCX_RING_WAKE_DATA)
		ring_bell(&ring->info->data_waiters, data_bell(ring));
	if (what & IPCX_RING_WAKE_SPACE || producers_wait_for_commits(ring))
		ring_bell(&ring->info->space_waiters, space_bell(ring));
}

static int memfd_wait(const struct ring_waiter *w, uint64_t index,
		      const struct ipcx_ring_wait_opts *opts)
{
	const struct ipcx_ring *ring = w->ring;
	bool consumer = w->role == IPCX_RING_CONSUMER;
	uint32_t *waiters = consumer ? &ring->info->data_waiters : &ring->info->space_waiters;
	uint32_t *bell = consumer ? data_bell(ring) : space_bell(ring);
	/* Pairs with the release in ring_bell(). */
	uint32_t count = load_acquire(bell);
	int ret;

	if (opts->flags & IPCX_RING_WAIT_EVENTFD)
		return -EOPNOTSUPP;
	store_relaxed(waiters, 1);
	if (!consumer && producers_wait_for_commits(ring))
		store_relaxed(&ring->info->data_waiters, 1);
	barrier_everywhere(ring);
	ret = w->ready(w, &index);
	return ret == -EAGAIN ? futex_wait(bell, count, opts) : ret;
}

/* There is nobody who would poll or signal for a member that is not waiting itself. */
static int memfd_arm(const struct ipcx_ring *ring, unsigned int events)
{
	(void)ring;
	(void)events;
	return -EOPNOTSUPP;
}

static int memfd_set_eventfd(const struct ipcx_ring *ring, uint32_t role, uint32_t slot, int fd)
{
	(void)ring;
	(void)role;
	(void)slot;
	(void)fd;
	return -EOPNOTSUPP;
}

/* ---- members ---- */

/* A slot for one who will make its page and then be a member; -EBUSY: there is none. */
static int take_slot(__u64 *taken, uint64_t slots)
{
	__u64 seen = load_relaxed(taken), unused;

	do {
		unused = ~seen & slots;
		if (!unused)
			return -EBUSY;
	} while (!compare_exchange(taken, &seen, seen | (unused & -unused)));
	return __builtin_ctzll(unused);
}

static void add_member(__u64 *members, unsigned int slot)
{
	/* IPCX_RING_MEMBER; sequentially consistent for settle() */
	__atomic_fetch_or(members, 1ULL << slot, __ATOMIC_SEQ_CST);
}

static void remove_member(__u64 *members, unsigned int slot)
{
	__atomic_fetch_and(members, ~(1ULL << slot), __ATOMIC_SEQ_CST);
}

/*
 * @gone tells whether there are no members. Of those who change that at the same time, the
 * last one to store looks at what is there after its store.
 */
static void settle(const __u64 *members, uint32_t *gone)
{
	uint64_t seen;

	do {
		seen = load_seq_cst(members);
		store_seq_cst(gone, !seen);
	} while (load_seq_cst(members) != seen);
}

static int memfd_attach_producer(struct ipcx_producer *p)
{
	const struct ipcx_ring *ring = p->ring;
	int ret;

	ret = join_barriers(ring);
	if (ret)
		return ret;
	ret = take_slot(taken_producers(ring), ring->producer_slots);
	if (ret < 0)
		return ret;
	p->slot = ret;
	p->own = ring_producer(ring, p->slot);
	p->shared = ring_shared(ring);
	p->data = ring_data(ring);
	store_relaxed(&p->own->slot, p->slot);
	store_relaxed(&p->own->announce, 0);
	add_member(&ring->info->producers, p->slot);
	settle(&ring->info->producers, &ring->info->eof);
	return 0;
}

static void memfd_detach_producer(struct ipcx_producer *p)
{
	const struct ipcx_ring *ring = p->ring;

	remove_member(&ring->info->producers, p->slot);
	remove_member(taken_producers(ring), p->slot);
	settle(&ring->info->producers, &ring->info->eof);
	memfd_wake(ring, IPCX_RING_WAKE_DATA);
}

/*
 * Producers that have not seen the holder by the barrier write up to their position of that
 * time and a ring's size. What is taken for its head afterwards is no earlier position.
 */
static void start_at_end(struct ipcx_consumer *c)
{
	const struct ipcx_ring *ring = c->ring;

	store_relaxed(&c->own->head, ring_position(ring));
	if (!(c->flags & RING_LAPPABLE)) {
		add_member(&ring->info->holders, c->slot);
		barrier_everywhere(ring);
	}
	store_release(&c->own->head, ring_position(ring));
	/* Producers may have filled meanwhile what the first head left them. */
	memfd_wake(ring, IPCX_RING_WAKE_SPACE);
}

static int memfd_attach_consumer(struct ipcx_consumer *c, unsigned int flags)
{
	const struct ipcx_ring *ring = c->ring;
	int ret;

	ret = join_barriers(ring);
	if (ret)
		return ret;
	ret = take_slot(taken_consumers(ring), ring->consumer_slots);
	if (ret < 0)
		return ret;
	c->slot = ret;
	c->own = ring_consumer(ring, c->slot);
	c->shared = ring_shared(ring);
	c->data = ring_data(ring);
	store_relaxed(&c->own->slot, c->slot);
	store_relaxed(&c->own->overrun, !!(flags & IPCX_RING_OVERRUN));
	store_relaxed(&c->own->lost, 0);
	if (ring->mode == IPCX_RING_BROADCAST)
		start_at_end(c);
	add_member(&ring->info->consumers, c->slot);
	settle(&ring->info->consumers, &ring->info->broken);
	return 0;
}

static void memfd_detach_consumer(struct ipcx_consumer *c)
{
	const struct ipcx_ring *ring = c->ring;

	remove_member(&ring->info->consumers, c->slot);
	settle(&ring->info->consumers, &ring->info->broken);
	/* Now: room for nobody is not taken for room. */
	if (ring->mode == IPCX_RING_BROADCAST)
		remove_member(&ring->info->holders, c->slot);
	remove_member(taken_consumers(ring), c->slot);
	memfd_wake(ring, IPCX_RING_WAKE_SPACE);
}

static int memfd_stat(const struct ipcx_ring *ring, struct ipcx_ring_stat *stat)
{
	uint64_t producers = ring_producers(ring), holders = ring_holders(ring);
	uint64_t consumers = load_acquire(&ring->info->consumers) & ring->consumer_slots;

	for (uint64_t bits = holders; bits; bits &= bits - 1) {
		uint64_t head = load_relaxed(&ring_consumer(ring, __builtin_ctzll(bits))->head);
		int64_t used = ipcx_ring_distance(head, ring_position(ring));

		if (used > (int64_t)stat->used)
			stat->used = used;
	}
	for (uint64_t bits = consumers; bits; bits &= bits - 1)
		stat->lost += load_relaxed(&ring_consumer(ring, __builtin_ctzll(bits))->lost);
	stat->producers = __builtin_popcountll(producers);
	stat->consumers = __builtin_popcountll(consumers);
	stat->eof = !!load_relaxed(&ring->info->eof);
	stat->broken = !!load_relaxed(&ring->info->broken);
	return 0;
}

static const struct ring_ops memfd_ops = {
	.attach_producer = memfd_attach_producer,
	.detach_producer = memfd_detach_producer,
	.attach_consumer = memfd_attach_consumer,
	.detach_consumer = memfd_detach_consumer,
	.wait = memfd_wait,
	.wake = memfd_wake,
	.arm = memfd_arm,
	.set_eventfd = memfd_set_eventfd,
	.stat = memfd_stat,
};

/* ---- the object ---- */

/*
 * Addresses, at a multiple of a huge page where there may be some: an offset in the file then
 * differs from its address by such a multiple, in both mappings of the data.
 */
static unsigned char *find_room(const struct ipcx_ring *ring)
{
	size_t len = ring->view_len, spare = ring->size >= HUGE_SIZE ? HUGE_SIZE : 0, front;
	unsigned char *map;

	map = mmap(NULL, len + spare, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
		   0);
	if (map == MAP_FAILED || !spare)
		return map;
	front = -(uintptr_t)map % HUGE_SIZE;
	if (front)
		munmap(map, front);
	munmap(map + front + len, spare - front);
	return map + front;
}

/* All of it, and the data once more behind itself. */
static int map_all(struct ipcx_ring *ring)
{
	size_t control = ring_control_len(ring), once = control + ring->size;
	unsigned char *map;
	int err;

	ring->view_len = once + ring->size;
	map = find_room(ring);
	if (map == MAP_FAILED)
		return -errno;
	if (mmap(map, once, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, ring->fd, 0) ==
	    MAP_FAILED ||
	    mmap(map + once, ring->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, ring->fd,
		 control) == MAP_FAILED) {
		err = errno;
		munmap(map, ring->view_len);
		return -err;
	}
	ring->info = (struct ipcx_ring_info *)map;
	return 0;
}

/* What the module takes for 0, and what it refuses. */
static int take_opts(struct ipcx_ring *ring, const struct ipcx_ring_opts *opts)
{
	bool one_producer = opts->type == IPCX_RING_SPSC;
	bool one_consumer = opts->type != IPCX_RING_BROADCAST;

	ring->mode = opts->type;
	ring->size = opts->size ? opts->size : RING_DEFAULT_SIZE;
	ring->page_size = sysconf(_SC_PAGESIZE);
	ring->max_producers = opts->max_producers ? opts->max_producers :
			      opts->type == IPCX_RING_MPSC ? 16 : 1;
	ring->max_consumers = opts->max_consumers ? opts->max_consumers : one_consumer ? 1 : 16;
	if (ring->mode > IPCX_RING_BROADCAST || ring->size & (ring->size - 1) ||
	    ring->size < IPCX_RING_SIZE_MIN || ring->size < ring->page_size ||
	    ring->size > IPCX_RING_SIZE_MAX)
		return -EINVAL;
	if (ring->max_producers > (one_producer ? 1 : IPCX_RING_SLOTS_MAX) ||
	    ring->max_consumers > (one_consumer ? 1 : IPCX_RING_SLOTS_MAX))
		return -EINVAL;
	ring_count_slots(ring);
	return 0;
}

static void write_info(const struct ipcx_ring *ring)
{
	struct ipcx_ring_info *info = ring->info;

	info->mode = ring->mode;
	info->size = ring->size;
	info->page_size = ring->page_size;
	info->max_producers = ring->max_producers;
	info->max_consumers = ring->max_consumers;
	info->reserved = ring->fenced;
	info->holders = ring->mode == IPCX_RING_BROADCAST ? 0 : 1;
	info->version = IPCX_RING_LAYOUT;
}

static int make_file(struct ipcx_ring *ring)
{
	int err;

	ring->fd = memfd_create("ipcx-ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (ring->fd < 0)
		return -errno;
	err = ftruncate(ring->fd, ring_control_len(ring) + ring->size) ||
	      fcntl(ring->fd, F_ADD_SEALS, SEALS | F_SEAL_SEAL) ? errno : 0;
	if (err)
		close(ring->fd);
	return -err;
}

/* All of it at once: a hole that cannot be filled would be a SIGBUS. */
static int fill_file(const struct ipcx_ring *ring, bool huge)
{
	size_t len = ring_control_len(ring) + ring->size;
	int err;

	/* A wish: what does not come so comes with the rest. */
	if (huge && !madvise(ring->info, ring->view_len, MADV_HUGEPAGE))
		madvise(ring->info, len, MADV_POPULATE_WRITE);
	err = ipcx_allocate(ring->fd, len);
	return err == -ENOSPC ? -ENOMEM : err;
}

int ring_memfd_create(struct ipcx_ring *ring, const struct ipcx_ring_opts *opts)
{
	struct stat st;
	int ret;

	ret = take_opts(ring, opts);
	if (ret)
		return ret;
	ring->ops = &memfd_ops;
	ring->fenced = join_barriers(ring) != 0;
	ret = make_file(ring);
	if (ret)
		return ret;
	ret = fstat(ring->fd, &st) ? -errno : map_all(ring);
	if (ret)
		goto close;
	ret = fill_file(ring, opts->flags & IPCX_RING_HUGE);
	if (ret)
		goto unmap;
	ring->id = st.st_ino;
	write_info(ring);
	return 0;

unmap:
	munmap(ring->info, ring->view_len);
close:
	close(ring->fd);
	return ret;
}

/* The first page says how much there is, if there is that much. */
static int take_file(struct ipcx_ring *ring, const struct stat *st)
{
	size_t page = sysconf(_SC_PAGESIZE);
	void *map;
	int ret;

	if ((uint64_t)st->st_size < page)
		return -ENOTTY;
	map = mmap(NULL, page, PROT_READ, MAP_SHARED, ring->fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	ring->info = map;
	ret = ring_take_info(ring);
	ring->fenced = load_relaxed(&ring->info->reserved);
	munmap(map, page);
	if (!ret && (uint64_t)st->st_size < ring_control_len(ring) + ring->size)
		ret = -EPROTO;
	return ret;
}

int ring_memfd_open(struct ipcx_ring *ring)
{
	int seals = fcntl(ring->fd, F_GET_SEALS);
	struct statfs fs;
	struct stat st;
	int ret;

	if (fstat(ring->fd, &st) || fstatfs(ring->fd, &fs))
		return -errno;
	/* Of huge pages (MFD_HUGETLB) a mapping is longer than was asked for. */
	if (fs.f_type != TMPFS_MAGIC)
		return -ENOTTY;
	/* Without them a member could take away what the others look at. */
	if (seals < 0 || (seals & SEALS) != SEALS)
		return -ENOTTY;
	ring->ops = &memfd_ops;
	ring->id = st.st_ino;
	ret = take_file(ring, &st);
	return ret ? ret : map_all(ring);
}
