/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A run that goes on where another one of the same rules ended. */
#ifndef BENCH_RESUME_H
#define BENCH_RESUME_H

#include <jansson.h>

#include "bench.h"

/*
 * Takes from the file @options->resume the repetitions of all cases that it has. Returns 0, or
 * a negative errno, told on stderr: -EINVAL where it is of other rules or another machine.
 */
int resume_read(const struct options *options, struct results *results, json_t *env);

#endif /* BENCH_RESUME_H */
