// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Messages through shared memory, without ipcx: a ring of fixed slots for one sender and one
 * receiver, in a memfd. Who has to wait sleeps in futex(2) until the other side's index changes.
 *
 * To keep it short every change wakes; a ring in earnest does so only when somebody sleeps, and
 * it notices when the other side dies. The rings of ipcx do both.
 */
#include <err.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SLOTS 4
#define ROOM 64

/**
 * struct ring - What both sides have mapped.
 * @head: messages that were sent, written by the sender
 * @tail: messages that were received, written by the receiver, on a cache line of its own
 * @slot: message N is in slot N % SLOTS
 */
struct ring {
	_Alignas(64) _Atomic uint32_t head;
	_Alignas(64) _Atomic uint32_t tail;
	_Alignas(64) char slot[SLOTS][ROOM];
};

/* Returns at once if @index is no longer @seen: no change is slept through. */
static void sleep_while(_Atomic uint32_t *index, uint32_t seen)
{
	syscall(SYS_futex, index, FUTEX_WAIT, seen, NULL, NULL, 0);
}

static void advance(_Atomic uint32_t *index)
{
	/* Release: who sees the new index sees what was done to the slot. */
	atomic_fetch_add_explicit(index, 1, memory_order_release);
	syscall(SYS_futex, index, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static char *reserve(struct ring *ring)
{
	uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed), tail;

	while (head - (tail = atomic_load_explicit(&ring->tail, memory_order_acquire)) == SLOTS)
		sleep_while(&ring->tail, tail);
	return ring->slot[head % SLOTS];
}

static const char *peek(struct ring *ring)
{
	uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed), head;

	while ((head = atomic_load_explicit(&ring->head, memory_order_acquire)) == tail)
		sleep_while(&ring->head, head);
	return ring->slot[tail % SLOTS];
}

int main(void)
{
	int fd = memfd_create("native-shm", MFD_CLOEXEC);
	struct ring *ring;

	/* Another process gets the fd by fork(2), or over a Unix socket. */
	if (fd < 0 || ftruncate(fd, sizeof(*ring)) < 0)
		err(1, "memfd_create");
	ring = mmap(NULL, sizeof(*ring), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (ring == MAP_FAILED)
		err(1, "mmap");
	if (fork() == 0) {
		for (int i = 1; i <= 2 * SLOTS; i++) {
			snprintf(reserve(ring), ROOM, "message %d", i);
			advance(&ring->head);
		}
		_exit(0);
	}
	for (int i = 1; i <= 2 * SLOTS; i++) {
		/* It is read where it is: the sender could change it meanwhile. */
		printf("%.*s\n", ROOM, peek(ring));
		advance(&ring->tail);
	}
	wait(NULL);
	return 0;
}
