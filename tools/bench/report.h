/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Results as a table on stdout. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <jansson.h>

#include "bench.h"

void report_results(const struct options *options, const struct results *results,
		    const json_t *env);

/* --list: the transports, what they can do, and whether they can be used here. */
void report_transports(void);

#endif /* BENCH_REPORT_H */
