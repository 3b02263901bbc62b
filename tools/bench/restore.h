/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows of a result file as rows that can be measured on, or added up. */
#ifndef BENCH_RESTORE_H
#define BENCH_RESTORE_H

#include <jansson.h>

#include "bench.h"

/* Senders and receivers of a row. */
struct pairs restore_pairs(const json_t *row);

/* Whether @row of a file is of this case. */
bool restore_matches(const struct bench_case *bench_case, const json_t *row);

/*
 * Adds what @row has to the case, which has room for @most repetitions: samples, latencies,
 * counts. A row without repetitions adds nothing. Latencies one by one only where the case
 * keeps them. Returns 0, -EINVAL where the row is none of such a file, or -E2BIG where there
 * are too many repetitions.
 */
int restore_row(struct bench_case *bench_case, const json_t *row, unsigned long most);

/*
 * What @a and @b, two files' parts named @name, differ in, so that their figures do not belong
 * together: told on stderr. Members named in @except, which ends with NULL, may differ.
 */
bool restore_differs(const json_t *a, const json_t *b, const char *name,
		     const char *const *except);

/* Whether a member is named in such a list. */
bool restore_excepted(const char *const *except, const char *key);

/* Of the environment: what is not the machine's; of the rules: what only makes more or less. */
extern const char *const restore_environment[];
extern const char *const restore_rules[];

#endif /* BENCH_RESTORE_H */
