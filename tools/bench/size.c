// SPDX-License-Identifier: LGPL-2.1-or-later
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "size.h"

static const char units[] = "KMG";

static int digits(const char *text, unsigned long long *number, const char **rest)
{
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	*number = strtoull(text, &end, 10);
	*rest = end;
	return errno ? -ERANGE : 0;
}

int size_parse(const char *text, size_t *size)
{
	unsigned long long number;
	unsigned int shift = 0;
	const char *rest, *unit;
	int err = digits(text, &number, &rest);

	if (err)
		return err;
	if (*rest) {
		unit = strchr(units, toupper((unsigned char)*rest));
		if (!unit || (rest[1] && strcasecmp(rest + 1, "iB")))
			return -EINVAL;
		shift = 10 * (unsigned int)(unit - units + 1);
	}
	if (number > (SIZE_MAX >> shift))
		return -ERANGE;
	*size = (size_t)number << shift;
	return 0;
}

const char *size_format(size_t size, char text[SIZE_TEXT])
{
	unsigned int unit = 0;

	while (size && size % 1024 == 0 && unit < sizeof(units) - 1) {
		size /= 1024;
		unit++;
	}
	snprintf(text, SIZE_TEXT, unit ? "%zu%c" : "%zu", size, unit ? units[unit - 1] : '\0');
	return text;
}

int number_parse(const char *text, unsigned long min, unsigned long max, unsigned long *number)
{
	unsigned long long value;
	const char *rest;
	int err = digits(text, &value, &rest);

	if (err)
		return err;
	if (*rest)
		return -EINVAL;
	if (value < min || value > max)
		return -ERANGE;
	*number = (unsigned long)value;
	return 0;
}
