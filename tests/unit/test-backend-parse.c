// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * tests/backend/parse.c: text to numbers.
 */
#include "unit.h"

#include "parse.h"

static void u32_good(void **state)
{
	static const struct {
		const char *text;
		uint32_t value;
	} table[] = {
		{ "0", 0 }, { "1", 1 }, { "9", 9 }, { "00012", 12 }, { "2147483648", 2147483648u },
		{ "4294967295", UINT32_MAX }, { "0000000000000000000000004294967295", UINT32_MAX },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		uint32_t v = 0xa5a5a5a5;
		char *text = unit_text(table[i].text);

		assert_true(parse_u32(text, &v));
		assert_int_equal(v, table[i].value);
		free(text);
	}
}

static void u32_bad(void **state)
{
	static const char * const table[] = {
		"", " ", "-1", "+1", " 1", "1 ", "1\n", "0x10", "1e3", "1.0", "a", "1a",
		"4294967296", "4294967297", "42949672950", "18446744073709551616",
		"18446744073709551617", "99999999999999999999999999999999999999", "/", ":",
	};
	uint32_t v = 0xa5a5a5a5;
	unsigned int i;
	char *text;

	(void)state;
	assert_false(parse_u32(NULL, &v));
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		text = unit_text(table[i]);
		assert_false(parse_u32(text, &v));
		free(text);
	}
	text = unit_long_text('9', 1048576);
	assert_false(parse_u32(text, &v));
	free(text);
	assert_int_equal(v, 0xa5a5a5a5);
}

static void resolution(void **state)
{
	static const struct {
		const char *text;
		bool good;
		uint32_t width;
		uint32_t height;
	} table[] = {
		{ "1x1", true, 1, 1 }, { "1920x1080", true, 1920, 1080 },
		{ "640X480", true, 640, 480 }, { "16384x1", true, 16384, 1 },
		{ "1x16384", true, 1, 16384 }, { "16385x1", false, 0, 0 },
		{ "1x16385", false, 0, 0 }, { "0x600", false, 0, 0 }, { "600x0", false, 0, 0 },
		{ "", false, 0, 0 }, { "x", false, 0, 0 }, { "1920", false, 0, 0 },
		{ "1920x", false, 0, 0 }, { "x1080", false, 0, 0 }, { "1920x1080 ", false, 0, 0 },
		{ " 1920x1080", false, 0, 0 }, { "1920 x1080", false, 0, 0 },
		{ "1920x-1", false, 0, 0 }, { "4294967297x1", false, 0, 0 },
		{ "1x4294967297", false, 0, 0 }, { "1920x1080x32", false, 0, 0 },
		{ "1920x1080\n", false, 0, 0 }, { "1920y1080", false, 0, 0 },
	};
	unsigned int i;
	uint32_t w, h;

	(void)state;
	assert_false(parse_resolution(NULL, &w, &h));
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		char *text = unit_text(table[i].text);

		w = 0;
		h = 0;
		if (parse_resolution(text, &w, &h) != table[i].good)
			fail_msg("\"%s\"", text);
		assert_int_equal(w, table[i].width);
		assert_int_equal(h, table[i].height);
		free(text);
	}
}

static void lists(void **state)
{
	static const struct {
		const char *list;
		const char *word;
		bool found;
	} table[] = {
		{ "1", "1", true }, { "1,2", "1", true }, { "1,2", "2", true },
		{ "1,2,3", "2", true }, { "12", "1", false }, { "21", "1", false },
		{ "12,21", "1", false }, { "", "1", false }, { ",", "1", false },
		{ ",,1", "1", true }, { "1,", "1", true }, { "1,12", "12", true },
		{ "1,2", "1,2", false }, { " 1", "1", false }, { "1", "", false },
		{ ",", "", false }, { "1", "12", false }, { "111", "1", false },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		char *list = unit_text(table[i].list), *word = unit_text(table[i].word);

		if (list_contains(list, word) != table[i].found)
			fail_msg("\"%s\" in \"%s\"", word, list);
		free(word);
		free(list);
	}
}

static void lists_valid(void **state)
{
	static const char * const good[] = { "1", "1,2", "2,1", "0", "4294967295,1", "10,11,12" };
	static const char * const bad[] = {
		"", ",", "1,", ",1", "1,,2", "a", "1,a", "1a", "1 ,2", "1, 2", "1;2", "-1",
		"4294967296", "1\n",
	};
	unsigned int i;
	char *list;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		list = unit_text(good[i]);
		assert_true(list_valid(list));
		free(list);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		list = unit_text(bad[i]);
		if (list_valid(list))
			fail_msg("\"%s\"", bad[i]);
		free(list);
	}
}

static void least(void **state)
{
	static const struct {
		const char *text;
		uint32_t width;
		uint32_t height;
	} good[] = {
		{ "1", 1, 1 }, { "64", 64, 64 }, { "16384", 16384, 16384 }, { "64x32", 64, 32 },
		{ "1x1", 1, 1 },
	};
	static const char * const bad[] = {
		"", "0", "0x0", "16385", "x", "64x", "x64", "64,32", "64 ", "-64", "4294967360",
	};
	uint32_t w = 7, h = 7;
	unsigned int i;
	char *text;

	(void)state;
	assert_false(parse_least(NULL, &w, &h));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		text = unit_text(bad[i]);
		if (parse_least(text, &w, &h))
			fail_msg("\"%s\"", bad[i]);
		free(text);
	}
	assert_true(w == 7 && h == 7);
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		text = unit_text(good[i].text);
		assert_true(parse_least(text, &w, &h));
		assert_int_equal(w, good[i].width);
		assert_int_equal(h, good[i].height);
		free(text);
	}
}

static void sizes(void **state)
{
	static const char * const bad[] = {
		"", ",", "640x480,", ",640x480", "640x480,,800x600", "640x480 ", "640", "640x0",
		"640x480;800x600", "640x480,800x16385", "640x480,any",
		"640x00000000000000000000000000480",
	};
	char *one = unit_text("640x480"), *three = unit_text("5120x1440,640x480,16384X16384");
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		char *text = unit_text(bad[i]);

		if (sizes_valid(text))
			fail_msg("\"%s\"", bad[i]);
		free(text);
	}
	assert_true(sizes_valid(one));
	assert_true(sizes_contain(one, 640, 480));
	assert_false(sizes_contain(one, 640, 481));
	assert_false(sizes_contain(one, 480, 640));
	assert_true(sizes_valid(three));
	assert_true(sizes_contain(three, 5120, 1440));
	assert_true(sizes_contain(three, 640, 480));
	assert_true(sizes_contain(three, 16384, 16384));
	assert_false(sizes_contain(three, 5120, 480));
	free(one);
	free(three);
}

static void pace(void **state)
{
	static const struct {
		const char *text;
		double hz;
	} good[] = {
		{ "0", 0 }, { "60", 60 }, { "59.94", 59.94 }, { "0.01", 0.01 }, { ".5", 0.5 },
		{ "10000", 10000 }, { "0.0", 0 }, { "1e3", 1000 },
	};
	static const char * const bad[] = {
		"", "-1", "+60", " 60", "60 ", "60hz", "nan", "inf", "1e999", "10000.1", "0.009",
		".", "-0", "60\n", "1e-9",
	};
	unsigned int i;
	double hz;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		hz = -7;
		assert_true(parse_pace(good[i].text, &hz));
		assert_true(hz > good[i].hz - 1e-9 && hz < good[i].hz + 1e-9);
	}
	hz = -7;
	assert_false(parse_pace(NULL, &hz));
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		if (parse_pace(bad[i], &hz))
			fail_msg("\"%s\"", bad[i]);
	assert_true(hz > -7.5 && hz < -6.5);
}

static void status(void **state)
{
	static const struct {
		const char *text;
		int32_t value;
	} good[] = {
		{ "EINVAL", -22 }, { "ENOENT", -2 }, { "EPERM", -1 }, { "22", -22 }, { "-22", -22 },
		{ "+22", 22 }, { "ETIMEDOUT", -110 }, { "2147483647", -2147483647 },
		{ "+2147483647", 2147483647 },
	};
	static const char * const bad[] = {
		"", "E", "EINVA", "EINVALX", "einval", "0", "-0", "+0", "+", "-", "--2", "+-2",
		"2147483648", "-2147483648", "4294967296", "2 ", " 2", "EINVAL ",
	};
	int32_t v = 7;
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		char *text = unit_text(good[i].text);

		assert_true(parse_status(text, &v));
		assert_int_equal(v, good[i].value);
		free(text);
	}
	v = 7;
	assert_false(parse_status(NULL, &v));
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		if (parse_status(bad[i], &v))
			fail_msg("\"%s\"", bad[i]);
	assert_int_equal(v, 7);
}

static void words(void **state)
{
	static const struct {
		const char *line;
		int max;
		int count;
		const char *word[4];
	} table[] = {
		{ "", 4, 0, { NULL } }, { " \t\r ", 4, 0, { NULL } },
		{ "one", 4, 1, { "one" } }, { "  one  ", 4, 1, { "one" } },
		{ "a b\tc", 4, 3, { "a", "b", "c" } },
		{ "a b c d", 4, 4, { "a", "b", "c", "d" } },
		{ "a b c d ", 4, 4, { "a", "b", "c", "d" } },
		{ "a b c d e", 4, -1, { "a", "b", "c", "d" } },
		{ "a", 0, -1, { NULL } }, { " ", 0, 0, { NULL } },
		{ "save 0 /tmp/x.png\r", 4, 3, { "save", "0", "/tmp/x.png" } },
	};
	unsigned int i;
	int k;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		char *line = unit_text(table[i].line);
		/* as large as it may be used, and not a word more */
		char **word = unit_alloc((size_t)table[i].max * sizeof(*word));

		assert_int_equal(split_words(line, word, table[i].max), table[i].count);
		for (k = 0; k < 4 && table[i].word[k]; k++)
			assert_string_equal(word[k], table[i].word[k]);
		free(word);
		free(line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(u32_good),
		cmocka_unit_test(u32_bad),
		cmocka_unit_test(resolution),
		cmocka_unit_test(lists),
		cmocka_unit_test(lists_valid),
		cmocka_unit_test(least),
		cmocka_unit_test(sizes),
		cmocka_unit_test(pace),
		cmocka_unit_test(status),
		cmocka_unit_test(words),
	};

	return cmocka_run_group_tests_name("backend, parse", tests, NULL, NULL);
}
