// SPDX-License-Identifier: LGPL-2.1-or-later
/* Values of options. */
#include <ctype.h>
#include <strings.h>

#include "tool.h"

bool parse_u64(const char *text, uint64_t max, uint64_t *value)
{
	char *end;

	/* strtoull() would take white space and a sign. */
	if (!isdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	*value = strtoull(text, &end, !strncasecmp(text, "0x", 2) ? 16 : 10);
	return !errno && !*end && *value <= max;
}

bool parse_size(const char *text, uint64_t *bytes)
{
	static const char units[] = "kmg";
	uint64_t number, factor = 1;
	const char *unit;
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno)
		return false;
	unit = *end ? strchr(units, tolower((unsigned char)*end)) : NULL;
	if (unit) {
		factor <<= 10 * (unit - units + 1);
		end++;
		if (!strcasecmp(end, "ib") || !strcasecmp(end, "b"))
			end = "";
	}
	return !*end && !__builtin_mul_overflow(number, factor, bytes);
}

bool parse_mode(const char *text, uint32_t *mode)
{
	char *end;
	unsigned long value;

	if (!isdigit((unsigned char)text[0]))
		return false;
	value = strtoul(text, &end, 8);
	*mode = value;
	return !*end && value <= 0777;
}

bool parse_duration(const char *text, int64_t *ns)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = {
		{ "", 1e9 }, { "s", 1e9 }, { "ms", 1e6 }, { "us", 1e3 }, { "ns", 1 },
		{ "m", 60e9 }, { "h", 3600e9 },
	};
	double value;
	char *end;

	if (!isdigit((unsigned char)text[0]) || tolower((unsigned char)text[1]) == 'x')
		return false;
	value = strtod(text, &end);
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcmp(end, units[i].name) != 0)
			continue;
		value *= units[i].ns;
		*ns = value < (double)INT64_MAX ? (int64_t)value : INT64_MAX;
		return true;
	}
	return false;
}

const char *name_error(const char *name)
{
	if (name[0] != '/')
		return "names begin with '/'";
	if (!name[1])
		return "a name is more than '/'";
	if (strchr(name + 1, '/'))
		return "names have no '/' but the first";
	if (strlen(name) > IPCX_NAME_MAX)
		return "names have at most 255 bytes";
	return NULL;
}
