// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdio.h>

#include "estimate.h"
#include "measure.h"

/* Opening, forking and what is measured one by one, beside what was asked for. */
#define ALONGSIDE	1.7
#define FIXED_MS	2
/* Messages that are moved whatever the duration: see measure.c. */
#define FEWEST		(BLOCKS * 2 + 20)
/* A byte of a long message: written, copied in and out, checked. */
#define BYTE_NS		0.5

/* Of a repetition; pass 0 does less, but as many of the messages that take long. */
static double guess(const struct options *options, const struct bench_case *c, bool first)
{
	double asked = options->count ? 0 : (double)options->duration_ms * ALONGSIDE;
	double bytes = (double)c->size * FEWEST * BYTE_NS / 1e6;

	if (first)
		asked /= 3;
	return FIXED_MS + (asked > bytes ? asked : bytes);
}

/* What cannot run takes no time; what has run takes as long again. */
static double repetition(const struct options *options, const struct bench_case *c, bool first)
{
	if (c->err)
		return 0;
	if (c->took_ms > 0)
		return c->took_ms;
	return guess(options, c, first);
}

double estimate_left(const struct options *options, const struct results *results,
		     unsigned long number, unsigned int index)
{
	double left = 0;
	unsigned int i;

	/* Instructions per second are nobody's promise. */
	if (clock_unit == CLOCK_INSTRUCTIONS && number == 0)
		return -1;
	for (i = 0; i < results->count; i++) {
		const struct bench_case *c = &results->cases[i];

		/* What another run left is not looked at again. */
		if (number == 0 && i >= index && !c->sample_count)
			left += repetition(options, c, true);
		left += repetition(options, c, false) *
			(double)(options->repeat - c->sample_count);
	}
	return left;
}

const char *estimate_text(double ms, char text[ESTIMATE_TEXT])
{
	unsigned long s = (unsigned long)(ms / 1000 + 0.5);

	if (s >= 3600)
		snprintf(text, ESTIMATE_TEXT, "%lu h %02lu min", s / 3600, s / 60 % 60);
	else if (s >= 60)
		snprintf(text, ESTIMATE_TEXT, "%lu min %02lu s", s / 60, s % 60);
	else
		snprintf(text, ESTIMATE_TEXT, "%lu s", s);
	return text;
}
