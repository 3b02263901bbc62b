// SPDX-License-Identifier: LGPL-2.1-or-later
#include <string.h>

#include "payload.h"

#define WORD	sizeof(uint64_t)

/* An odd factor: consecutive numbers differ in their lowest byte already. */
static uint64_t first_word(uint64_t number)
{
	return (number + 1) * 0x9e3779b97f4a7c15ULL;
}

void payload_write(void *buf, size_t len, uint64_t number)
{
	uint64_t *words = buf, first = first_word(number), last;
	size_t count = len / WORD, i;

	for (i = 0; i < count; i++)
		words[i] = first + i;
	last = first + count;
	memcpy(words + count, &last, len % WORD);
}

bool payload_check(const void *buf, size_t len, uint64_t number)
{
	const uint64_t *words = buf;
	uint64_t first = first_word(number), differs = 0, last;
	size_t count = len / WORD, i;

	for (i = 0; i < count; i++)
		differs |= words[i] ^ (first + i);
	last = first + count;
	return !differs && memcmp(words + count, &last, len % WORD) == 0;
}
