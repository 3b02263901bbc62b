/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the QEMU plugin counted between the marks of region.h. */
#ifndef BENCH_REGIONS_H
#define BENCH_REGIONS_H

#include "bench.h"

/*
 * Gives every finished case its counts per message, from the file that the
 * plugin writes; see plugin/count.c for its form. Returns 0, or a negative errno
 * when the file cannot be read.
 */
int regions_read(const char *path, struct results *results);

/* The number of the last region of the programs that ran in the VM before. */
unsigned long regions_before(const char *path);

#endif /* BENCH_REGIONS_H */
