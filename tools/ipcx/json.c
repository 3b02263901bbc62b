// SPDX-License-Identifier: LGPL-2.1-or-later
/* JSON output. */
#include <inttypes.h>

#include "tool.h"

void json_set(json_t *obj, const char *key, json_t *value)
{
	check_alloc(value);
	if (json_object_set_new(obj, key, value))
		check_alloc(NULL);
}

static char *base64(const unsigned char *in, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *out = check_alloc(malloc((len + 2) / 3 * 4 + 1)), *to = out;

	for (size_t i = 0; i < len; i += 3) {
		size_t left = len - i;
		unsigned int group = in[i] << 16;

		if (left > 1)
			group |= in[i + 1] << 8;
		if (left > 2)
			group |= in[i + 2];
		*to++ = digits[group >> 18];
		*to++ = digits[group >> 12 & 63];
		*to++ = left > 1 ? digits[group >> 6 & 63] : '=';
		*to++ = left > 2 ? digits[group & 63] : '=';
	}
	*to = '\0';
	return out;
}

void json_set_bytes(json_t *obj, const char *key, const void *bytes, size_t len)
{
	json_t *text = json_stringn(bytes, len);
	char *encoded, *name;

	if (text) {
		json_set(obj, key, text);
		return;
	}
	name = format_text("%s_base64", key);
	encoded = base64(bytes, len);
	json_set_str(obj, name, encoded);
	free(encoded);
	free(name);
}

void json_set_u64(json_t *obj, const char *key, uint64_t value)
{
	char digits[24];

	if (value <= INT64_MAX) {
		json_set(obj, key, json_integer((json_int_t)value));
		return;
	}
	snprintf(digits, sizeof(digits), "%" PRIu64, value);
	json_set_str(obj, key, digits);
}

void json_set_str(json_t *obj, const char *key, const char *value)
{
	json_set(obj, key, json_string(value));
}

void json_set_bool(json_t *obj, const char *key, bool value)
{
	json_set(obj, key, json_boolean(value));
}

void json_print(json_t *value)
{
	/* A failure to write is seen by finish_stdout(). */
	if (json_dumpf(check_alloc(value), stdout, JSON_COMPACT))
		fflush(stdout);
	putchar('\n');
	json_decref(value);
}
