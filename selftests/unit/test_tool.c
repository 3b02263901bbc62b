// SPDX-License-Identifier: LGPL-2.1-or-later
/* The parts of the ipcx command that need no device. */
#include "unit.h"

#include <locale.h>

#include "../../tools/ipcx/parse.c"
#include "../../tools/ipcx/table.c"
#include "../../tools/ipcx/text.c"

static void test_u64(void)
{
	static const char *const bad[] = {
		"", "-1", "+1", " 1", "1 ", "x", "0x", "18446744073709551616", "1.0", "1k",
	};
	uint64_t v;

	UNIT_CHECK(parse_u64("0", 0, &v) && v == 0);
	UNIT_CHECK(parse_u64("010", UINT64_MAX, &v) && v == 10);
	UNIT_CHECK(parse_u64("0x1F", UINT64_MAX, &v) && v == 31);
	UNIT_CHECK(parse_u64("18446744073709551615", UINT64_MAX, &v) && v == UINT64_MAX);
	UNIT_CHECK(parse_u64("32767", 32767, &v) && v == 32767);
	UNIT_CHECK(!parse_u64("32768", 32767, &v));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		UNIT_CHECK(!parse_u64(bad[i], UINT64_MAX, &v));
	unit_ok("numbers");
}

static void test_size(void)
{
	static const char *const bad[] = {
		"", "-1", "k", "1q", "1kk", "1i", "1.5k", "17179869184g", "99999999999999999999", "1bb",
	};
	uint64_t v;

	UNIT_CHECK(parse_size("0", &v) && v == 0);
	UNIT_CHECK(parse_size("4096", &v) && v == 4096);
	UNIT_CHECK(parse_size("64K", &v) && v == 65536);
	UNIT_CHECK(parse_size("64KiB", &v) && v == 65536);
	UNIT_CHECK(parse_size("3m", &v) && v == 3 << 20);
	UNIT_CHECK(parse_size("2GB", &v) && v == 2ULL << 30);
	UNIT_CHECK(parse_size("17179869183g", &v) && v == 17179869183ULL << 30);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		UNIT_CHECK(!parse_size(bad[i], &v));
	unit_ok("sizes");
}

static void test_mode(void)
{
	static const char *const bad[] = { "", "8", "1000", "-1", "0o7", "rw", "77777777777777777777" };
	uint32_t v;

	UNIT_CHECK(parse_mode("0", &v) && v == 0);
	UNIT_CHECK(parse_mode("0660", &v) && v == 0660);
	UNIT_CHECK(parse_mode("777", &v) && v == 0777);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		UNIT_CHECK(!parse_mode(bad[i], &v));
	unit_ok("modes");
}

static void test_duration(void)
{
	static const char *const bad[] = {
		"", "s", "-1", "inf", "nan", ".5", "1d", "1 s", "0x1", "1ss", "1e",
	};
	int64_t v;

	UNIT_CHECK(parse_duration("0", &v) && v == 0);
	UNIT_CHECK(parse_duration("2", &v) && v == 2000000000);
	UNIT_CHECK(parse_duration("1.5s", &v) && v == 1500000000);
	UNIT_CHECK(parse_duration("250ms", &v) && v == 250000000);
	UNIT_CHECK(parse_duration("7us", &v) && v == 7000);
	UNIT_CHECK(parse_duration("7ns", &v) && v == 7);
	UNIT_CHECK(parse_duration("2m", &v) && v == 120000000000);
	UNIT_CHECK(parse_duration("1h", &v) && v == 3600000000000);
	UNIT_CHECK(parse_duration("1e300h", &v) && v == INT64_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		UNIT_CHECK(!parse_duration(bad[i], &v));
	unit_ok("durations");
}

static void test_name(void)
{
	char longest[IPCX_NAME_MAX + 2];

	memset(longest, 'x', sizeof(longest));
	longest[0] = '/';
	longest[IPCX_NAME_MAX + 1] = '\0';
	UNIT_CHECK(name_error(longest));
	longest[IPCX_NAME_MAX] = '\0';
	UNIT_CHECK(!name_error(longest));
	UNIT_CHECK(!name_error("/a") && !name_error("/ \n"));
	UNIT_CHECK(name_error("") && name_error("a") && name_error("/") && name_error("/a/b"));
	unit_ok("names");
}

static void check_printable(const char *text, const char *expected, int width)
{
	char *shown = printable(text);

	if (strcmp(shown, expected))
		fprintf(stderr, "'%s' instead of '%s'\n", shown, expected);
	UNIT_CHECK(!strcmp(shown, expected));
	UNIT_CHECK(display_width(shown) == width);
	free(shown);
}

static void test_printable(void)
{
	check_printable("", "", 0);
	check_printable("/jobs", "/jobs", 5);
	check_printable("/\033[31m\n\x7f", "/\\x1b[31m\\x0a\\x7f", 17);
	check_printable("/\xff\xc3", "/\\xff\\xc3", 9);
	UNIT_CHECK(setlocale(LC_CTYPE, "C.UTF-8"));
	check_printable("/gr\xc3\xbc\xc3\x9f", "/gr\xc3\xbc\xc3\x9f", 5);
	check_printable("/\xe6\x9c\xac\xc3", "/\xe6\x9c\xac\\xc3", 7);
	check_printable("/\xc2\x9b", "/\\xc2\\x9b", 9);
	setlocale(LC_CTYPE, "C");
	unit_ok("names for terminals");
}

int main(void)
{
	test_u64();
	test_size();
	test_mode();
	test_duration();
	test_name();
	test_printable();
	return 0;
}
