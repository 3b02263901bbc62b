/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which processor a process runs on, and how it is scheduled there. */
#ifndef BENCH_PIN_H
#define BENCH_PIN_H

#include "bench.h"

/*
 * Remembers the processors this process may use. Returns how many there are, or
 * a negative errno.
 */
int pin_init(void);

/* Pin the measuring process, or its peer. Returns 0 or a negative errno. */
int pin_self(enum cpus cpus);
int pin_peer(enum cpus cpus);

/* For this process and those it starts. Returns 0 or a negative errno. */
int pin_policy(enum policy policy);

#endif /* BENCH_PIN_H */
