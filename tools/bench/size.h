/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sizes and numbers as people write them. */
#ifndef BENCH_SIZE_H
#define BENCH_SIZE_H

#include <stddef.h>

/* Room for any size that size_format() writes. */
#define SIZE_TEXT	24

/*
 * "64", "4K", "1M", "1G" (powers of 1024, also "KiB", "MiB", "GiB"). Returns 0,
 * or -EINVAL, or -ERANGE.
 */
int size_parse(const char *text, size_t *size);

/* The shortest form that size_parse() turns back into the same number. */
const char *size_format(size_t size, char text[SIZE_TEXT]);

/* A decimal number from @min to @max. Returns 0, -EINVAL or -ERANGE. */
int number_parse(const char *text, unsigned long min, unsigned long max,
		 unsigned long *number);

#endif /* BENCH_SIZE_H */
