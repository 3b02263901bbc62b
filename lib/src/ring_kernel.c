// SPDX-License-Identifier: LGPL-2.1-or-later
/* Shared rings of the module: their mappings are rights, and end with the process. */
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ring.h"

static void *ring_map(const struct ipcx_ring *ring, size_t len, int prot, uint64_t place)
{
	return mmap(NULL, len, prot, MAP_SHARED, ring->fd, place);
}

/* The attach functions take the kernel's word for the slot as it is at that time. */
static int kernel_attach_producer(struct ipcx_producer *p)
{
	const struct ipcx_ring *ring = p->ring;
	size_t page = ring->page_size;
	unsigned char *map;

	map = ring_map(ring, 2 * page + 2 * ring->size, PROT_READ | PROT_WRITE,
		       IPCX_RING_MAP_PRODUCER);
	if (map == MAP_FAILED)
		return -errno;
	p->map = map;
	p->own = (struct ipcx_ring_producer *)map;
	p->shared = (struct ipcx_ring_shared *)(map + page);
	p->data = map + 2 * page;
	p->slot = p->own->slot;
	return 0;
}

static void kernel_detach_producer(struct ipcx_producer *p)
{
	munmap(p->map, 2 * (size_t)p->ring->page_size + 2 * p->ring->size);
}

static int kernel_attach_consumer(struct ipcx_consumer *c, unsigned int flags)
{
	const struct ipcx_ring *ring = c->ring;
	void *map;

	map = ring_map(ring, ring->page_size, PROT_READ | PROT_WRITE,
		       flags & IPCX_RING_OVERRUN ? IPCX_RING_MAP_OVERRUN : IPCX_RING_MAP_CONSUMER);
	if (map == MAP_FAILED)
		return -errno;
	c->map = map;
	c->own = map;
	c->shared = ring_shared(ring);
	c->data = ring_data(ring);
	c->slot = c->own->slot;
	return 0;
}

static void kernel_detach_consumer(struct ipcx_consumer *c)
{
	munmap(c->map, c->ring->page_size);
}

static int kernel_wait(const struct ring_waiter *w, uint64_t index,
		       const struct ipcx_ring_wait_opts *opts)
{
	struct ipcx_ring_wait arg = {
		.flags = opts->flags & (IPCX_XFER_DEADLINE | IPCX_RING_WAIT_EVENTFD),
		.clock = opts->clock,
		.deadline_ns = opts->deadline_ns,
		.role = w->role,
		.slot = w->slot,
		.index = index,
	};

	return ipcx_ioctl(w->ring->fd, IPCX_RING_WAIT, &arg);
}

static void kernel_wake(const struct ipcx_ring *ring, unsigned int what)
{
	struct ipcx_ring_wake arg = { .flags = what };

	ipcx_ioctl(ring->fd, IPCX_RING_WAKE, &arg);
}

static int kernel_arm(const struct ipcx_ring *ring, unsigned int events)
{
	struct pollfd pfd = { .fd = ring->fd, .events = events };
	int ret = poll(&pfd, 1, 0);

	return ret < 0 ? -errno : ret;
}

static int kernel_set_eventfd(const struct ipcx_ring *ring, uint32_t role, uint32_t slot, int fd)
{
	struct ipcx_ring_eventfd arg = { .role = role, .slot = slot, .fd = fd };

	return ipcx_ioctl(ring->fd, IPCX_RING_EVENTFD, &arg);
}

static int kernel_stat(const struct ipcx_ring *ring, struct ipcx_ring_stat *stat)
{
	struct ipcx_stat st;
	int ret = ipcx_ioctl(ring->fd, IPCX_STAT, &st);

	if (ret)
		return ret;
	stat->consumers = st.consumers;
	if (st.kind == IPCX_KIND_MBOX) {
		/* The kernel is the producer; this fd keeps the mailbox alive. */
		stat->producers = 1;
		stat->used = st.ring_used;
		return 0;
	}
	stat->used = st.bytes;
	stat->lost = st.lost;
	stat->producers = st.producers;
	stat->eof = !!(st.state & IPCX_STAT_EOF);
	stat->broken = !!(st.state & IPCX_STAT_BROKEN);
	stat->huge = !!(st.state & IPCX_STAT_HUGE);
	return 0;
}

static const struct ring_ops kernel_ops = {
	.attach_producer = kernel_attach_producer,
	.detach_producer = kernel_detach_producer,
	.attach_consumer = kernel_attach_consumer,
	.detach_consumer = kernel_detach_consumer,
	.wait = kernel_wait,
	.wake = kernel_wake,
	.arm = kernel_arm,
	.set_eventfd = kernel_set_eventfd,
	.stat = kernel_stat,
};

/* The first page tells how long the rest is. */
static int read_info(struct ipcx_ring *ring)
{
	size_t page = sysconf(_SC_PAGESIZE);
	int ret;

	ring->info = ring_map(ring, page, PROT_READ, IPCX_RING_MAP_VIEW);
	if (ring->info == MAP_FAILED)
		return -errno;
	ret = ring_take_info(ring);
	munmap(ring->info, page);
	return ret;
}

/* With the data, where there is the right to receive. */
static int map_view(struct ipcx_ring *ring)
{
	size_t control = ring_control_len(ring), len = control + 2 * ring->size;
	void *map;

	map = ring_map(ring, len, PROT_READ, IPCX_RING_MAP_VIEW);
	if (map == MAP_FAILED && errno == EBADF) {
		len = control;
		map = ring_map(ring, len, PROT_READ, IPCX_RING_MAP_VIEW);
	}
	if (map == MAP_FAILED)
		return -errno;
	ring->info = map;
	ring->view_len = len;
	ring->pid = getpid();
	return 0;
}

int ring_kernel_renew(struct ipcx_ring *ring)
{
	int ret = 0;

	pthread_mutex_lock(&ring->lock);
	if (ring->pid != getpid())
		ret = map_view(ring);
	pthread_mutex_unlock(&ring->lock);
	return ret;
}

int ring_kernel_open(struct ipcx_ring *ring)
{
	int ret;

	ring->ops = &kernel_ops;
	ret = read_info(ring);
	return ret ? ret : map_view(ring);
}
