// SPDX-License-Identifier: LGPL-2.1-or-later
/* Allocated text. */
#include <stdarg.h>
#include <wchar.h>
#include <wctype.h>

#include "tool.h"

void *check_alloc(void *p)
{
	if (!p) {
		fputs("ipcx: out of memory\n", stderr);
		exit(EXIT_FAILURE);
	}
	return p;
}

char *vformat_text(const char *fmt, va_list ap)
{
	char *text;

	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	return check_alloc(text);
}

char *format_text(const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = vformat_text(fmt, ap);
	va_end(ap);
	return text;
}

char *printable(const char *text)
{
	/* \xNN is the longest that becomes of a byte */
	char *out = check_alloc(malloc(4 * strlen(text) + 1)), *to = out;
	mbstate_t state = { 0 };
	wchar_t wc;

	while (*text) {
		size_t len = mbrtowc(&wc, text, strlen(text), &state);

		if (len != (size_t)-1 && len != (size_t)-2 && iswprint(wc)) {
			memcpy(to, text, len);
			to += len;
			text += len;
		} else {
			to += sprintf(to, "\\x%02x", (unsigned char)*text++);
			memset(&state, 0, sizeof(state));
		}
	}
	*to = '\0';
	return out;
}
