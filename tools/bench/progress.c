// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdio.h>
#include <unistd.h>

#include "estimate.h"
#include "progress.h"
#include "size.h"

static bool shown;

void progress_init(bool quiet)
{
	shown = !quiet && isatty(STDERR_FILENO);
}

#define BAR	20

static void print_bar(unsigned long done, unsigned long all)
{
	unsigned long i;

	fputs("\r\033[K[", stderr);
	for (i = 0; i < BAR; i++)
		fputc(i < BAR * done / all ? '#' : '.', stderr);
	fprintf(stderr, "] %3lu %%  ", 100 * done / all);
}

void progress_step(unsigned long done, unsigned long all, double left_ms,
		   const struct bench_case *next)
{
	char size[SIZE_TEXT], left[ESTIMATE_TEXT];

	if (!shown)
		return;
	print_bar(done, all);
	if (left_ms >= 0)
		fprintf(stderr, "%s left  ", estimate_text(left_ms, left));
	fprintf(stderr, "%s %s %s", next->transport->name, mode_names[next->mode],
		size_format(next->size, size));
}

void progress_end(void)
{
	if (shown)
		fputs("\r\033[K", stderr);
}
