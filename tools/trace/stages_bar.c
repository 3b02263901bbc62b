// SPDX-License-Identifier: LGPL-2.1-or-later
/* The stages as one bar, in their order, each as long as its share of the time. */
#include <string.h>

#include "anatomy.h"

/* The bar's own: a sign at each end. */
#define ENDS	2
#define WIDTH_MIN	20
#define WIDTH_MAX	512

/* Background colours, of any terminal that has some. */
static const char *const colours[ANATOMY_TOTAL] = {
	[ANATOMY_COPY_IN] = "\033[30;42m",
	[ANATOMY_LOCK] = "\033[30;41m",
	[ANATOMY_ENQUEUE] = "\033[30;43m",
	[ANATOMY_QUEUE] = "\033[30;47m",
	[ANATOMY_WAKE] = "\033[30;45m",
	[ANATOMY_SWITCH] = "\033[37;44m",
	[ANATOMY_COPY_OUT] = "\033[30;46m",
};

#define PLAIN	"\033[0m"

/* Where a stage's end is, in characters: so the lengths add up to all of them. */
static int end_of(const struct stages *stages, enum anatomy_stage stage, int room)
{
	double all = (double)stages->rows[ANATOMY_TOTAL].ns, sum = 0;

	for (int i = 0; i <= (int)stage; i++)
		sum += (double)stages->rows[i].ns;
	return all > 0 ? (int)(sum / all * room + 0.5) : 0;
}

/* Its letters, with its name in their middle where there is room for that. */
static void fill(char *text, int length, const struct stage_figures *f)
{
	int name = (int)strlen(f->name);

	memset(text, f->letter, (size_t)length);
	text[length] = '\0';
	if (length < name + 2)
		return;
	text += (length - name - 2) / 2;
	*text++ = ' ';
	memcpy(text, f->name, (size_t)name);
	text[name] = ' ';
}

static void print_stage(const struct stages *stages, enum anatomy_stage stage, int length,
			bool colour)
{
	char text[WIDTH_MAX + 1];
	struct stage_figures f;

	stage_figures_of(stages, stage, &f);
	fill(text, length, &f);
	if (length > 0)
		printf("%s%s%s", colour ? colours[stage] : "", text, colour ? PLAIN : "");
}

static void print_legend(const struct stages *stages, bool colour)
{
	struct stage_figures f;

	for (int i = 0; i < ANATOMY_TOTAL; i++) {
		stage_figures_of(stages, i, &f);
		printf("%s%s%c%s %s", i ? "  " : " ", colour ? colours[i] : "", f.letter,
		       colour ? PLAIN : "", f.name);
	}
	putchar('\n');
}

void stages_bar_print(const struct stages *stages, int width, bool colour)
{
	int from = 0, room;

	if (width < WIDTH_MIN)
		width = WIDTH_MIN;
	room = (width < WIDTH_MAX ? width : WIDTH_MAX) - ENDS;
	putchar('|');
	for (int i = 0; i < ANATOMY_TOTAL; i++) {
		int to = end_of(stages, i, room);

		print_stage(stages, i, to - from, colour);
		from = to;
	}
	puts("|");
	print_legend(stages, colour);
}
