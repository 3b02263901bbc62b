// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Messages through System V shared memory with System V semaphores, without ipcx: a ring of
 * slots, a semaphore that counts the free ones, one that counts the full ones, and one that is
 * a lock of the senders.
 *
 * What SEM_UNDO did is undone when its process ends: so the lock of the dead is free again, and
 * whoever gets it has to see whether what it protects is whole. What is counted has no SEM_UNDO:
 * messages stay when their sender ends.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SLOTS 4
#define MESSAGES 6
#define ROOM 64
#define PATIENCE 10

enum { FREE, FULL, LOCK, SEMAPHORES };

/**
 * struct ring - What all have mapped.
 * @sent: messages so far; who has the lock writes it, last
 * @slot: message N is in slot N % SLOTS
 */
struct ring {
	unsigned int sent;
	char slot[SLOTS][ROOM];
};

static int sems = -1;
static pid_t maker;

/* Semaphores have no fd: nothing but IPC_RMID removes them, not even the end of all processes. */
static void remove_semaphores(void)
{
	if (sems >= 0 && getpid() == maker)
		semctl(sems, 0, IPC_RMID);
}

/* It waits while the semaphore would be less than 0. */
static void change(unsigned short which, short by, short flags)
{
	struct sembuf op = { .sem_num = which, .sem_op = by, .sem_flg = flags };
	const struct timespec patience = { .tv_sec = PATIENCE };

	while (semtimedop(sems, &op, 1, &patience) < 0) {
		if (errno == EAGAIN)
			errx(1, "the other side is silent");
		if (errno != EINTR)
			err(1, "semop");
	}
}

static void send_messages(struct ring *ring, int count)
{
	for (int i = 0; i < count; i++) {
		change(FREE, -1, 0);
		change(LOCK, -1, SEM_UNDO);
		snprintf(ring->slot[ring->sent % SLOTS], ROOM, "message %u", ring->sent + 1);
		ring->sent++;
		change(FULL, 1, 0);
		change(LOCK, 1, SEM_UNDO);
	}
}

static void start_sender(struct ring *ring, int die_with_lock)
{
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (pid > 0)
		return;
	send_messages(ring, MESSAGES / 2);
	if (die_with_lock)
		change(LOCK, -1, SEM_UNDO);
	_exit(0);
}

static void receive_messages(const struct ring *ring, unsigned int from, unsigned int to)
{
	for (unsigned int i = from; i < to; i++) {
		change(FULL, -1, 0);
		printf("%.*s\n", ROOM, ring->slot[i % SLOTS]);
		change(FREE, 1, 0);
	}
}

static struct ring *make_ring(void)
{
	/* Programs that meet by a key have it of ftok(3), or agree on a number. */
	int memory = shmget(IPC_PRIVATE, sizeof(struct ring), IPC_CREAT | 0600);
	struct ring *ring;

	if (memory < 0)
		err(1, "shmget");
	ring = shmat(memory, NULL, 0);
	/* At once: it goes when the last process that has it ends, whatever happens. */
	if (shmctl(memory, IPC_RMID, NULL) < 0)
		err(1, "shmctl");
	if (ring == (void *)-1)
		err(1, "shmat");
	return ring;
}

static void make_semaphores(void)
{
	static const int values[SEMAPHORES] = { [FREE] = SLOTS, [FULL] = 0, [LOCK] = 1 };

	sems = semget(IPC_PRIVATE, SEMAPHORES, IPC_CREAT | 0600);
	if (sems < 0)
		err(1, "semget");
	maker = getpid();
	atexit(remove_semaphores);
	/* Who finds them by a key may come before this: they are not made with their values. */
	for (int i = 0; i < SEMAPHORES; i++)
		if (semctl(sems, i, SETVAL, values[i]) < 0)
			err(1, "semctl");
}

int main(void)
{
	struct ring *ring = make_ring();

	make_semaphores();
	start_sender(ring, 1);
	receive_messages(ring, 0, MESSAGES / 2);
	wait(NULL);
	puts("the first sender died with the lock");
	fflush(stdout);
	start_sender(ring, 0);
	receive_messages(ring, MESSAGES / 2, MESSAGES);
	wait(NULL);
	return 0;
}
