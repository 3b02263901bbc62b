// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"
#include "uring.h"

/* A request, and one that takes it back. */
#define ENTRIES		2
#define REQUEST		1
#define CANCEL		2

static int enter(const struct uring *ring, unsigned int submit, unsigned int wait)
{
	long n = syscall(SYS_io_uring_enter, ring->fd, submit, wait, IORING_ENTER_GETEVENTS,
			 NULL, 0);

	return n < 0 ? -errno : (int)n;
}

static int setup(struct io_uring_params *params)
{
	int fd;

	/* Completions wait for the next call rather than interrupt this processor. */
	*params = (struct io_uring_params){ .flags = IORING_SETUP_COOP_TASKRUN };
	fd = (int)syscall(SYS_io_uring_setup, ENTRIES, params);
	if (fd < 0 && errno == EINVAL) {
		*params = (struct io_uring_params){ 0 };
		fd = (int)syscall(SYS_io_uring_setup, ENTRIES, params);
	}
	return fd < 0 ? -errno : fd;
}

int uring_available(char *why)
{
	struct io_uring_params params;
	int fd = setup(&params);

	if (fd >= 0) {
		close(fd);
		return 0;
	}
	if (fd == -ENOSYS)
		return transport_why(why, fd, "this kernel has no io_uring (CONFIG_IO_URING)");
	if (fd == -EPERM)
		return transport_why(why, fd,
				     "io_uring is not allowed here: as root, sysctl kernel.io_uring_disabled=0; or a seccomp filter forbids it");
	errno = -fd;
	return transport_why(why, fd, "io_uring_setup: %m");
}

static void *map(const struct uring *ring, size_t size, uint64_t what)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->fd,
			(off_t)what);

	return at == MAP_FAILED ? NULL : at;
}

static int map_all(struct uring *ring, const struct io_uring_params *p)
{
	ring->sq_size = p->sq_off.array + p->sq_entries * sizeof(unsigned int);
	ring->cq_size = p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe);
	ring->sqes_size = p->sq_entries * sizeof(struct io_uring_sqe);
	ring->sq = map(ring, ring->sq_size, IORING_OFF_SQ_RING);
	ring->cq = map(ring, ring->cq_size, IORING_OFF_CQ_RING);
	ring->sqes = map(ring, ring->sqes_size, IORING_OFF_SQES);
	if (!ring->sq || !ring->cq || !ring->sqes)
		return -ENOMEM;
	ring->sq_tail = (unsigned int *)(ring->sq + p->sq_off.tail);
	ring->sq_array = (unsigned int *)(ring->sq + p->sq_off.array);
	ring->sq_mask = *(unsigned int *)(ring->sq + p->sq_off.ring_mask);
	ring->cq_head = (unsigned int *)(ring->cq + p->cq_off.head);
	ring->cq_tail = (unsigned int *)(ring->cq + p->cq_off.tail);
	ring->cq_mask = *(unsigned int *)(ring->cq + p->cq_off.ring_mask);
	ring->cqes = (const struct io_uring_cqe *)(ring->cq + p->cq_off.cqes);
	return 0;
}

int uring_open(struct uring *ring)
{
	struct io_uring_params params;
	int err;

	*ring = URING_NONE;
	ring->owner = getpid();
	ring->fd = setup(&params);
	err = ring->fd < 0 ? ring->fd : map_all(ring, &params);
	if (err)
		uring_close(ring);
	ring->err = err;
	return err;
}

static void unmap(void *at, size_t size)
{
	if (at)
		munmap(at, size);
}

void uring_close(struct uring *ring)
{
	unmap(ring->sq, ring->sq_size);
	unmap(ring->cq, ring->cq_size);
	unmap(ring->sqes, ring->sqes_size);
	if (ring->fd >= 0)
		close(ring->fd);
	*ring = URING_NONE;
}

/* The kernel takes it in the next enter(), so that all it reads is before it. */
static void push(struct uring *ring, const struct io_uring_sqe *request, uint64_t which)
{
	unsigned int tail = *ring->sq_tail, place = tail & ring->sq_mask;

	ring->sqes[place] = *request;
	ring->sqes[place].user_data = which;
	ring->sq_array[place] = place;
	__atomic_store_n(ring->sq_tail, tail + 1, __ATOMIC_RELEASE);
}

/* Who was completed next, 0: nobody yet. */
static uint64_t pop(struct uring *ring, int *result)
{
	unsigned int head = *ring->cq_head;
	const struct io_uring_cqe *cqe = &ring->cqes[head & ring->cq_mask];
	uint64_t which;

	/* Pairs with the kernel's release, after it has written the completion. */
	if (head == __atomic_load_n(ring->cq_tail, __ATOMIC_ACQUIRE))
		return 0;
	which = cqe->user_data;
	*result = cqe->res;
	/* The kernel may write there again. */
	__atomic_store_n(ring->cq_head, head + 1, __ATOMIC_RELEASE);
	return which;
}

/*
 * Buffers are the caller's: the kernel may not have them any longer. Returns what the request
 * came to after all.
 */
static __attribute__((noinline)) int take_back(struct uring *ring)
{
	const struct io_uring_sqe cancel = { .opcode = IORING_OP_ASYNC_CANCEL, .fd = -1,
					     .addr = REQUEST };
	int result = -EINTR, own, submit = 1;
	unsigned int seen = 0;
	uint64_t which;

	push(ring, &cancel, CANCEL);
	while (seen != (REQUEST | CANCEL)) {
		/* Signals do not matter now, and it cannot be given up. */
		if (enter(ring, (unsigned int)submit, 1) > 0)
			submit = 0;
		while ((which = pop(ring, &own))) {
			seen |= (unsigned int)which;
			if (which == REQUEST)
				result = own;
		}
	}
	return result == -ECANCELED ? -EINTR : result;
}

int uring_call(struct uring *ring, const struct io_uring_sqe *request, bool waits)
{
	int result, n;

	if (ring->fd < 0)
		return ring->err;
	push(ring, request, REQUEST);
	n = enter(ring, 1, waits);
	if (n < 1) {
		/* The kernel has not taken it. */
		__atomic_store_n(ring->sq_tail, *ring->sq_tail - 1, __ATOMIC_RELEASE);
		return n < 0 ? n : -EAGAIN;
	}
	return pop(ring, &result) ? result : take_back(ring);
}
