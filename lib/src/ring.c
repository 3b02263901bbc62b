// SPDX-License-Identifier: LGPL-2.1-or-later
/* Shared rings: handles, and what can be said of a ring as a whole. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ring.h"

_Static_assert(sizeof(struct ipcx_ring_attr) == IPCX_RING_ATTR_SIZE_VER0, "new attributes");
_Static_assert(offsetof(struct ipcx_producer, limit) == 64, "the fast path is one cache line");
_Static_assert(offsetof(struct ipcx_consumer, info) == 64, "the fast path is one cache line");

static uint64_t slots(unsigned int max)
{
	return max < 64 ? (1ULL << max) - 1 : ~0ULL;
}

void ring_count_slots(struct ipcx_ring *ring)
{
	ring->producer_slots = slots(ring->max_producers);
	ring->consumer_slots = slots(ring->max_consumers);
}

/* Whoever wrote it: it is checked here, and not looked at again. */
int ring_take_info(struct ipcx_ring *ring)
{
	const struct ipcx_ring_info *info = ring->info;

	if (load_relaxed(&info->version) != IPCX_RING_LAYOUT)
		return -EPROTO;
	ring->size = load_relaxed(&info->size);
	ring->mode = load_relaxed(&info->mode);
	ring->page_size = load_relaxed(&info->page_size);
	ring->max_producers = load_relaxed(&info->max_producers);
	ring->max_consumers = load_relaxed(&info->max_consumers);
	if (ring->page_size != (uint32_t)sysconf(_SC_PAGESIZE) ||
	    ring->size < ring->page_size || ring->size > IPCX_RING_SIZE_MAX ||
	    (ring->size & (ring->size - 1)) || ring->mode > IPCX_RING_BROADCAST ||
	    ring->max_producers - 1 >= IPCX_RING_SLOTS_MAX ||
	    ring->max_consumers - 1 >= IPCX_RING_SLOTS_MAX)
		return -EPROTO;
	ring_count_slots(ring);
	return 0;
}

static struct ipcx_ring *ring_new(int fd)
{
	struct ipcx_ring *ring = calloc(1, sizeof(*ring));

	if (!ring)
		return NULL;
	ring->fd = fd;
	pthread_mutex_init(&ring->lock, NULL);
	return ring;
}

/* Whether calls wait is decided here: a look at the fd each time would be a system call. */
static void ring_take_nonblock(struct ipcx_ring *ring)
{
	int flags = fcntl(ring->fd, F_GETFL);

	ring->nonblock = flags >= 0 && (flags & O_NONBLOCK);
}

static int open_memfd(struct ipcx_ring **out, const struct ipcx_dev *dev, const char *name,
		      unsigned int flags, const struct ipcx_ring_opts *opts)
{
	struct ipcx_ring *ring;
	int ret;

	if (dev || name || (flags & ~(IPCX_OPEN_READ | IPCX_OPEN_WRITE | IPCX_OPEN_CREATE |
				      IPCX_OPEN_EXCL | IPCX_OPEN_NONBLOCK)))
		return -EINVAL;
	ring = ring_new(-1);
	if (!ring)
		return -ENOMEM;
	ret = ring_memfd_create(ring, opts);
	if (ret) {
		free(ring);
		return ret;
	}
	ring->nonblock = flags & IPCX_OPEN_NONBLOCK;
	if (ring->nonblock)
		fcntl(ring->fd, F_SETFL, O_RDWR | O_NONBLOCK);
	*out = ring;
	return 0;
}

int ring_of_object(struct ipcx_ring **out, int fd, uint64_t id)
{
	struct ipcx_ring *ring = ring_new(fd);
	int ret = -ENOMEM;

	if (ring) {
		ring->id = id;
		ret = ring_kernel_open(ring);
	}
	if (ret) {
		free(ring);
		return ret;
	}
	ring_take_nonblock(ring);
	*out = ring;
	return 0;
}

int ipcx_ring_open(struct ipcx_ring **ring, const struct ipcx_dev *dev, const char *name,
		   unsigned int flags, const struct ipcx_ring_opts *opts)
{
	struct ipcx_ring_attr attr = { 0 };
	struct ipcx_ring_opts o;
	struct ipcx_open arg = { .flags = name ? flags : flags | IPCX_OPEN_CREATE };
	int fd, ret;

	*ring = NULL;
	ret = ipcx_opts_get(&o, sizeof(o), offsetofend(struct ipcx_ring_opts, reserved), opts);
	if (ret)
		return ret;
	if (o.flags & ~(IPCX_RING_MEMFD | IPCX_RING_HUGE) || o.reserved)
		return -EINVAL;
	if (o.flags & IPCX_RING_MEMFD)
		return open_memfd(ring, dev, name, flags, &o);
	if (arg.flags & IPCX_OPEN_CREATE) {
		attr.size = o.size;
		attr.mode = o.type;
		attr.max_producers = o.max_producers;
		attr.max_consumers = o.max_consumers;
		attr.flags = o.flags & IPCX_RING_HUGE;
		ipcx_open_make(&arg, o.mode, &attr, sizeof(attr));
	}
	fd = ipcx_open(dev, name, IPCX_KIND_RING, &arg);
	if (fd < 0)
		return fd;
	ret = ring_of_object(ring, fd, arg.id);
	if (ret)
		close(fd);
	return ret;
}

int ipcx_ring_from_fd(struct ipcx_ring **ring, int fd)
{
	struct ipcx_ring *memfd;
	uint64_t id;
	int ret;

	*ring = NULL;
	ret = ipcx_object_id(fd, IPCX_KIND_RING, &id);
	if (!ret)
		return ring_of_object(ring, fd, id);
	if (ret != -ENOTTY)
		return ret;
	memfd = ring_new(fd);
	if (!memfd)
		return -ENOMEM;
	ret = ring_memfd_open(memfd);
	if (ret) {
		free(memfd);
		return ret;
	}
	ring_take_nonblock(memfd);
	*ring = memfd;
	return 0;
}

void ipcx_ring_close(struct ipcx_ring *ring)
{
	if (!ring)
		return;
	/* In a child something else may be where the parent's view was. */
	if (!ring->pid || ring->pid == getpid())
		munmap(ring->info, ring->view_len);
	close(ring->fd);
	free(ring);
}

int ipcx_ring_fd(const struct ipcx_ring *ring)
{
	return ring->fd;
}

uint64_t ipcx_ring_id(const struct ipcx_ring *ring)
{
	return ring->id;
}

int ipcx_ring_stat(const struct ipcx_ring *ring, struct ipcx_ring_stat *stat)
{
	struct ipcx_ring_stat st = { .sz = stat->sz };
	int ret;

	if (stat->sz < offsetofend(struct ipcx_ring_stat, huge))
		return -EINVAL;
	ret = ring->ops->stat(ring, &st);
	if (ret)
		return ret;
	st.size = ring->size;
	st.type = ring->mode;
	if (st.used > st.size)
		st.used = st.size;
	st.free = st.size - st.used;
	memcpy(stat, &st, st.sz < sizeof(st) ? st.sz : sizeof(st));
	return 0;
}
