/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the examples share: they end at the first error. */
#ifndef IPCX_EXAMPLE_H
#define IPCX_EXAMPLE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ipcx/ipcx.h>

/* Passes results on; a negative one is an errno and ends the program. */
static inline long check(const char *what, long result)
{
	if (result >= 0)
		return result;
	fprintf(stderr, "%s: %s\n", what, strerror(-result));
	exit(EXIT_FAILURE);
}

#define IPCX_RW (IPCX_OPEN_READ | IPCX_OPEN_WRITE)

#endif /* IPCX_EXAMPLE_H */
