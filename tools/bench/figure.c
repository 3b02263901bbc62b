// SPDX-License-Identifier: LGPL-2.1-or-later
#include "figure.h"

const char *const figure_names[2] = { "median", "fewest" };

enum figure figure_kind(enum mode mode)
{
	if (clock_unit == CLOCK_NS || mode == MODE_ONEWAY)
		return FIGURE_MEDIAN;
	return FIGURE_FEWEST;
}

double figure_of(enum mode mode, const struct stats *stats)
{
	return figure_kind(mode) == FIGURE_MEDIAN ? stats->median : stats->min;
}
