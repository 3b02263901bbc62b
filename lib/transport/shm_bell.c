// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"
#include "shm_bell.h"

/* ---- futex(2): a counter, which whoever rings bumps first ---- */

static long futex(_Atomic uint32_t *word, int op, uint32_t value)
{
	return syscall(SYS_futex, word, op, value, NULL, NULL, 0);
}

static int make_nothing(struct shm_bells *bells __attribute__((unused)),
			char *why __attribute__((unused)))
{
	return 0;
}

static void drop_nothing(struct shm_bells *bells __attribute__((unused)))
{
}

static uint32_t futex_look(const struct shm_bells *bells, unsigned int bell)
{
	_Atomic uint32_t *word = bells->place[bell];

	/* Pairs with the release in futex_ring(). */
	return atomic_load_explicit(word, memory_order_acquire);
}

static int futex_sleep(const struct shm_bells *bells, unsigned int bell, uint32_t seen)
{
	return futex(bells->place[bell], FUTEX_WAIT, seen) < 0 && errno != EAGAIN ? -errno : 0;
}

static void futex_ring(const struct shm_bells *bells, unsigned int bell)
{
	_Atomic uint32_t *word = bells->place[bell];

	/* Pairs with the acquire in futex_look(). */
	atomic_fetch_add_explicit(word, 1, memory_order_release);
	futex(word, FUTEX_WAKE, 1);
}

const struct shm_bell_ops shm_bell_futex = {
	make_nothing, futex_look, futex_sleep, futex_ring, drop_nothing,
};

/* ---- POSIX semaphores: they remember that they were posted ---- */

static uint32_t look_nowhere(const struct shm_bells *bells __attribute__((unused)),
			     unsigned int bell __attribute__((unused)))
{
	return 0;
}

static int semaphore_make(struct shm_bells *bells, char *why)
{
	for (int i = 0; i < BELLS; i++)
		if (sem_init(bells->place[i], 1, 0) < 0)
			return transport_why(why, -errno, "sem_init: %m");
	return 0;
}

static int semaphore_sleep(const struct shm_bells *bells, unsigned int bell,
			   uint32_t seen __attribute__((unused)))
{
	return sem_wait(bells->place[bell]) < 0 ? -errno : 0;
}

static void semaphore_ring(const struct shm_bells *bells, unsigned int bell)
{
	sem_post(bells->place[bell]);
}

const struct shm_bell_ops shm_bell_semaphore = {
	semaphore_make, look_nowhere, semaphore_sleep, semaphore_ring, drop_nothing,
};

/* What was not opened is not there. */
static void named_drop(struct shm_bells *bells)
{
	for (int i = 0; i < BELLS; i++) {
		if (bells->place[i])
			sem_close(bells->place[i]);
		bells->place[i] = NULL;
	}
}

/* Who inherits them may use them: the name is only for the moment. */
static int named_make(struct shm_bells *bells, char *why)
{
	for (int i = 0; i < BELLS; i++)
		bells->place[i] = NULL;
	for (int i = 0; i < BELLS; i++) {
		char name[TRANSPORT_NAME];
		sem_t *semaphore;

		transport_name(name);
		semaphore = sem_open(name, O_CREAT | O_EXCL, 0600, 0);
		if (semaphore == SEM_FAILED)
			return transport_why(why, -errno, "sem_open: %m");
		sem_unlink(name);
		bells->place[i] = semaphore;
	}
	return 0;
}

const struct shm_bell_ops shm_bell_named = {
	named_make, look_nowhere, semaphore_sleep, semaphore_ring, named_drop,
};

/* ---- System V semaphores: one set; they outlive their users ---- */

static void remove_set(void *what)
{
	struct shm_bells *bells = what;

	if (bells->set >= 0)
		semctl(bells->set, 0, IPC_RMID);
	bells->set = -1;
}

static int sysv_make(struct shm_bells *bells, char *why)
{
	bells->set = semget(IPC_PRIVATE, BELLS, IPC_CREAT | 0600);
	if (bells->set < 0)
		return transport_why(why, -errno, "semget: %m: see kernel.sem and ipcs -s");
	for (int i = 0; i < BELLS; i++)
		if (semctl(bells->set, i, SETVAL, 0) < 0)
			return transport_why(why, -errno, "semctl: %m");
	return guard_start(&bells->guard, remove_set, bells, why);
}

static int change(const struct shm_bells *bells, unsigned int bell, short by)
{
	struct sembuf op = { .sem_num = (unsigned short)bell, .sem_op = by };

	return semop(bells->set, &op, 1) < 0 ? -errno : 0;
}

static int sysv_sleep(const struct shm_bells *bells, unsigned int bell,
		      uint32_t seen __attribute__((unused)))
{
	int err = change(bells, bell, -1);

	return err == -EIDRM || err == -EINVAL ? -EPIPE : err;
}

static void sysv_ring(const struct shm_bells *bells, unsigned int bell)
{
	change(bells, bell, 1);
}

static void sysv_drop(struct shm_bells *bells)
{
	guard_end(&bells->guard, remove_set, bells);
}

const struct shm_bell_ops shm_bell_sysv = {
	sysv_make, look_nowhere, sysv_sleep, sysv_ring, sysv_drop,
};
