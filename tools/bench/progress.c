// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdio.h>
#include <unistd.h>

#include "progress.h"
#include "size.h"

static bool shown;

void progress_init(bool quiet)
{
	shown = !quiet && isatty(STDERR_FILENO);
}

void progress_step(unsigned long done, unsigned long all, const struct bench_case *next)
{
	char size[SIZE_TEXT];

	if (shown)
		fprintf(stderr, "\r\033[K%3lu %%  %s %s %s", 100 * done / all,
			next->transport->name, mode_names[next->mode],
			size_format(next->size, size));
}

void progress_end(void)
{
	if (shown)
		fputs("\r\033[K", stderr);
}
