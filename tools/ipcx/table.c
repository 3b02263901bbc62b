// SPDX-License-Identifier: LGPL-2.1-or-later
/* Tables whose columns line up, whatever a name contains. */
#include <stdarg.h>
#include <unistd.h>
#include <wchar.h>

#include "tool.h"

#define BOLD "\033[1m"
#define NORMAL "\033[0m"

/* Places on the screen; of printable text. */
static int display_width(const char *text)
{
	mbstate_t state = { 0 };
	int width = 0;
	wchar_t wc;

	while (*text) {
		size_t len = mbrtowc(&wc, text, strlen(text), &state);
		int w;

		if (len == (size_t)-1 || len == (size_t)-2)
			break;
		w = wcwidth(wc);
		width += w > 0 ? w : 0;
		text += len;
	}
	return width;
}

static bool use_colour(void)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (no_color && *no_color)
		return false;
	return isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0;
}

void table_init(struct table *t, const struct column *columns, size_t ncolumns)
{
	*t = (struct table){ .columns = columns, .ncolumns = ncolumns };
}

void table_add(struct table *t, const char *fmt, ...)
{
	char *raw;
	va_list ap;

	va_start(ap, fmt);
	raw = vformat_text(fmt, ap);
	va_end(ap);
	t->cells = check_alloc(reallocarray(t->cells, t->ncells + 1, sizeof(*t->cells)));
	t->cells[t->ncells++] = printable(raw);
	free(raw);
}

static void print_cell(const struct table *t, size_t column, const char *text, int width)
{
	int pad = width - display_width(text);
	bool last = column + 1 == t->ncolumns;

	if (t->columns[column].right)
		printf("%*s%s", pad, "", text);
	else
		printf("%s%*s", text, last ? 0 : pad, "");
	if (!last)
		fputs("  ", stdout);
}

void table_print(const struct table *t)
{
	int widths[TABLE_COLUMNS] = { 0 };
	bool colour = use_colour();

	for (size_t c = 0; c < t->ncolumns; c++) {
		widths[c] = display_width(t->columns[c].title);
		for (size_t i = c; i < t->ncells; i += t->ncolumns) {
			int width = display_width(t->cells[i]);

			if (width > widths[c])
				widths[c] = width;
		}
	}
	if (colour)
		fputs(BOLD, stdout);
	for (size_t c = 0; c < t->ncolumns; c++)
		print_cell(t, c, t->columns[c].title, widths[c]);
	if (colour)
		fputs(NORMAL, stdout);
	putchar('\n');
	for (size_t i = 0; i < t->ncells; i += t->ncolumns) {
		for (size_t c = 0; c < t->ncolumns; c++)
			print_cell(t, c, t->cells[i + c], widths[c]);
		putchar('\n');
	}
}

void table_free(struct table *t)
{
	for (size_t i = 0; i < t->ncells; i++)
		free(t->cells[i]);
	free(t->cells);
}
