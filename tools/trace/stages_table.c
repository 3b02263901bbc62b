// SPDX-License-Identifier: LGPL-2.1-or-later
/* The stages for people: a table, a bar, and what has to be known of them. */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "anatomy.h"

/* Where no terminal says its own. */
#define WIDTH	80

static bool is_terminal(void)
{
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0;
}

/* Whoever sets NO_COLOR to anything does not want any. */
static bool has_colour(void)
{
	const char *no = getenv("NO_COLOR");

	return is_terminal() && !(no && *no);
}

static int width_of_terminal(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_col)
		return WIDTH;
	return size.ws_col;
}

static void print_head(const struct anatomy *a)
{
	char *label = object_label(&a->object);

	printf("%s: %llu messages, %llu bytes, in %.3f s\n\n", label,
	       a->stages.rows[ANATOMY_TOTAL].messages, a->stages.counts.bytes, a->seconds);
	free(label);
}

static void print_row(const struct stage_figures *f)
{
	if (!f->messages) {
		printf("%-9s %9d %7s %10s %10s %10s %12s\n", f->name, 0, "-", "-", "-", "-", "-");
		return;
	}
	printf("%-9s %9llu %6.1f%% %10.0f %10.0f %10.0f %12llu\n", f->name, f->messages,
	       f->share * 100, f->mean, f->p50, f->p99, f->max);
}

static void print_rows(const struct stages *stages)
{
	struct stage_figures f;

	printf("%-9s %9s %7s %10s %10s %10s %12s\n", "STAGE", "MESSAGES", "SHARE", "MEAN-NS",
	       "P50-NS", "P99-NS", "MAX-NS");
	for (int i = 0; i < ANATOMY_STAGES; i++) {
		stage_figures_of(stages, i, &f);
		print_row(&f);
	}
}

static void print_remarks(const struct anatomy *a)
{
	const struct anatomy_counts *counts = &a->stages.counts;

	if (counts->before)
		printf("before      %llu messages more were sent before it looked: in no row\n",
		       counts->before);
	if (counts->disordered)
		printf("disordered  %llu messages more, whose times are in no order: in no row\n",
		       counts->disordered);
	if (a->stages.missed + counts->lost)
		printf("lost        %llu messages, %llu values of distributions\n",
		       a->stages.missed, counts->lost);
	if (a->object.kind == IPCX_KIND_MBOX && a->object.ring_size)
		puts("unseen      messages that went straight into the mailbox's ring");
	if (a->gone)
		puts("gone        the object vanished meanwhile");
	if (a->emulated)
		puts("unit        ns OF AN EMULATED PROCESSOR: they measure the emulator; compare "
		     "rows, not machines");
}

void stages_table_print(const struct anatomy *a)
{
	print_head(a);
	print_rows(&a->stages);
	putchar('\n');
	stages_bar_print(&a->stages, width_of_terminal(), has_colour());
	putchar('\n');
	print_remarks(a);
}
