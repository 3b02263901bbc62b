// SPDX-License-Identifier: LGPL-2.1-or-later
#include <math.h>
#include <stdlib.h>

#include "stats.h"

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double middle(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare);
	if (count % 2)
		return values[count / 2];
	return (values[count / 2 - 1] + values[count / 2]) / 2;
}

/*
 * The distances overwrite the values; sorting them anew costs nothing at a few
 * dozen values, and no allocation can fail.
 */
struct stats stats_of(double *values, size_t count)
{
	struct stats stats = { 0 };
	size_t i;

	stats.median = middle(values, count);
	stats.min = values[0];
	stats.max = values[count - 1];
	for (i = 0; i < count; i++)
		stats.mean += values[i] / (double)count;
	for (i = 0; i < count; i++)
		values[i] = fabs(values[i] - stats.median);
	if (stats.median != 0)
		stats.mad_percent = 100 * middle(values, count) / fabs(stats.median);
	return stats;
}

bool stats_noisy(const struct stats *stats, double percent)
{
	return stats->mad_percent > percent;
}
