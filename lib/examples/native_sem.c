// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Messages through POSIX shared memory with POSIX semaphores, without ipcx: a ring of slots, a
 * semaphore that counts the empty ones and one that counts the full ones. Unnamed semaphores are
 * in the memory, named ones beside it; the rest is the same.
 *
 * A semaphore does not know who waits for whom: when the other side dies nobody is told. So who
 * waits gives up some time.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SLOTS 4
#define MESSAGES 6
#define ROOM 64
#define PATIENCE 10

/**
 * struct ring - What both sides have mapped.
 * @empty: unnamed: slots that the sender may write to
 * @full: unnamed: slots that the receiver may read
 * @slot: message N is in slot N % SLOTS; only one side has the right to it at a time
 */
struct ring {
	sem_t empty, full;
	char slot[SLOTS][ROOM];
};

/* Names that processes meet by; they stay until they are removed, whoever ends. */
static char memory_name[64], empty_name[64], full_name[64];

static void remove_names(void)
{
	shm_unlink(memory_name);
	sem_unlink(empty_name);
	sem_unlink(full_name);
}

static void wait_for(sem_t *sem)
{
	struct timespec until;

	/* A time of the clock that nobody sets. */
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += PATIENCE;
	while (sem_clockwait(sem, CLOCK_MONOTONIC, &until) < 0) {
		if (errno == ETIMEDOUT)
			errx(1, "the other side is silent");
		if (errno != EINTR)
			err(1, "sem_clockwait");
	}
}

/* It needs no barrier beside it: who has waited sees what was written before the post. */
static void post(sem_t *sem)
{
	if (sem_post(sem) < 0)
		err(1, "sem_post");
}

/* Who makes it also sizes it; who finds the name before that must not touch it. */
static struct ring *map_ring(int flags)
{
	int fd = shm_open(memory_name, O_RDWR | flags, 0600);
	struct ring *ring;

	if (fd < 0 || ((flags & O_CREAT) && ftruncate(fd, sizeof(*ring)) < 0))
		err(1, "shm_open");
	ring = mmap(NULL, sizeof(*ring), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (ring == MAP_FAILED)
		err(1, "mmap");
	close(fd);
	return ring;
}

static sem_t *open_named(const char *name, int flags, unsigned int value)
{
	sem_t *sem = sem_open(name, flags, 0600, value);

	if (sem == SEM_FAILED)
		err(1, "sem_open");
	return sem;
}

static void send_messages(bool named)
{
	struct ring *ring = map_ring(0);
	sem_t *empty = named ? open_named(empty_name, 0, 0) : &ring->empty;
	sem_t *full = named ? open_named(full_name, 0, 0) : &ring->full;

	for (int i = 0; i < MESSAGES; i++) {
		wait_for(empty);
		snprintf(ring->slot[i % SLOTS], ROOM, "message %d", i + 1);
		post(full);
	}
}

static void run(bool named)
{
	struct ring *ring = map_ring(O_CREAT | O_EXCL);
	sem_t *empty = &ring->empty, *full = &ring->full;
	pid_t child;

	if (named) {
		empty = open_named(empty_name, O_CREAT | O_EXCL, SLOTS);
		full = open_named(full_name, O_CREAT | O_EXCL, 0);
	} else if (sem_init(empty, 1, SLOTS) < 0 || sem_init(full, 1, 0) < 0) {
		/* The 1: for other processes, too. */
		err(1, "sem_init");
	}
	child = fork();
	if (child < 0)
		err(1, "fork");
	if (child == 0) {
		send_messages(named);
		_exit(0);
	}
	for (int i = 0; i < MESSAGES; i++) {
		wait_for(full);
		printf("%s: %.*s\n", named ? "named" : "unnamed", ROOM, ring->slot[i % SLOTS]);
		post(empty);
	}
	fflush(stdout);
	wait(NULL);
	if (named) {
		sem_close(empty);
		sem_close(full);
	}
	remove_names();
	munmap(ring, sizeof(*ring));
}

int main(void)
{
	int pid = (int)getpid();

	snprintf(memory_name, sizeof(memory_name), "/native-sem-%d", pid);
	snprintf(empty_name, sizeof(empty_name), "/native-sem-empty-%d", pid);
	snprintf(full_name, sizeof(full_name), "/native-sem-full-%d", pid);
	atexit(remove_names);
	run(false);
	run(true);
	return 0;
}
