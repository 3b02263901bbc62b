/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All cases, their repetitions interleaved. */
#ifndef BENCH_RUN_H
#define BENCH_RUN_H

#include "bench.h"
#include "stats.h"

/* The rows that @options asks for, with nothing in them. Returns 0 or -ENOMEM. */
int run_prepare(const struct options *options, struct results *results);

/*
 * Measures them, as far as they have not their repetitions already. Cases that cannot run are
 * marked, Ctrl-C ends the run and keeps what is finished. @keep gets @results and @with
 * whenever all have one repetition more, but for the last time. Returns 0 or -ENOMEM.
 */
int run_all(const struct options *options, struct results *results,
	    void (*keep)(const struct options *options, const struct results *results, void *with),
	    void *with);

void results_free(struct results *results);

/* Median and spread over a finished case's repetitions. */
struct stats case_stats(const struct bench_case *bench_case);

/* Means over its repetitions. */
double case_cpu_ns(const struct bench_case *bench_case);
double case_switches(const struct bench_case *bench_case);

/*
 * Messages per second, by the median; 0 where there is no such figure: of instructions, and of
 * round trips, whose messages are not moved twice as fast for coming back.
 */
double case_rate(const struct bench_case *bench_case);

/* Median of a part of a set-up. */
double case_part(const struct bench_case *bench_case, enum setup_part part);

/* Messages per second that arrived in mode latency, median. */
double case_arrived(const struct bench_case *bench_case);

#endif /* BENCH_RUN_H */
