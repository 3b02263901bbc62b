/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a measurement was made: part of every result. */
#ifndef BENCH_ENV_H
#define BENCH_ENV_H

#include <jansson.h>
#include <stdbool.h>

/*
 * Kernel, processor, virtualization, mitigations, clock source, user, memory
 * cgroup. What cannot be found out is null. Returns NULL without memory.
 */
json_t *env_collect(void);

/* A few lines for people. */
void env_print(const json_t *env);

/* Whether the processor is a program: its nanoseconds are that program's. */
bool env_emulated(const json_t *env);

/* The memory cgroup of this process under the unified hierarchy, or -1. */
int env_cgroup(char *path, size_t size);

#endif /* BENCH_ENV_H */
