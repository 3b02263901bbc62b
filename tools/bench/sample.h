/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Results of one run, sample.json, for who has none of his own: part of the program. */
#ifndef BENCH_SAMPLE_H
#define BENCH_SAMPLE_H

/* Text of JSON. */
extern const char sample[];

#endif /* BENCH_SAMPLE_H */
