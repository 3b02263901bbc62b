// SPDX-License-Identifier: LGPL-2.1-or-later
/* Option structures of older and newer programs. */
#include <string.h>

#include "internal.h"

int ipcx_opts_get(void *to, size_t size, size_t min, const void *opts)
{
	const unsigned char *from = opts;
	size_t given;

	memset(to, 0, size);
	if (!opts)
		return 0;
	/* Every option structure begins with its size. */
	memcpy(&given, from, sizeof(given));
	if (given < min)
		return -EINVAL;
	for (size_t i = size; i < given; i++)
		if (from[i])
			return -E2BIG;
	memcpy(to, from, given < size ? given : size);
	return 0;
}
