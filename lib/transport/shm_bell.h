/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a side of a ring sleeps on until the other one rings: by each way that Linux has for
 * who shares memory. Who sleeps looks first at the bell, then says that it is about to sleep,
 * then looks at the ring; who rings between the first and the last of these is not missed. It
 * may wake for no reason.
 */
#ifndef IPCX_TRANSPORT_SHM_BELL_H
#define IPCX_TRANSPORT_SHM_BELL_H

#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>

#include "guard.h"

/* Bells of a pair: two rings, each with a producer and a consumer. */
#define BELLS	4

/**
 * union shm_bell - What lies in the shared memory for it, zeroed at first.
 * @word: futex(2): how often it was rung
 * @semaphore: sem_init(3)
 */
union shm_bell {
	_Atomic uint32_t word;
	sem_t semaphore;
};

/**
 * struct shm_bells - Those of a pair, as its processes see them; zeroed at first.
 * @place: where each is: &union shm_bell, or what sem_open(3) gave
 * @set: semget(2)
 * @guard: of @set
 */
struct shm_bells {
	void *place[BELLS];
	int set;
	struct guard guard;
};

/**
 * struct shm_bell_ops - A way.
 * @make: the bells, whose @place is set; 0, or a negative errno with the reason
 * @look: before it is decided to sleep
 * @sleep: until the bell is rung, or was since @look gave @seen; 0 or a negative errno
 * @ring: wakes who sleeps
 * @drop: in each process
 */
struct shm_bell_ops {
	int (*make)(struct shm_bells *bells, char *why);
	uint32_t (*look)(const struct shm_bells *bells, unsigned int bell);
	int (*sleep)(const struct shm_bells *bells, unsigned int bell, uint32_t seen);
	void (*ring)(const struct shm_bells *bells, unsigned int bell);
	void (*drop)(struct shm_bells *bells);
};

extern const struct shm_bell_ops shm_bell_futex;
extern const struct shm_bell_ops shm_bell_semaphore;	/* POSIX, without a name */
extern const struct shm_bell_ops shm_bell_named;	/* POSIX, with a name */
extern const struct shm_bell_ops shm_bell_sysv;

#endif /* IPCX_TRANSPORT_SHM_BELL_H */
