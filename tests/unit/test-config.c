// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * src/pure/config.c: strings from XenStore, the good ones and many others. Built
 * twice, as char is signed in some kernels and unsigned in others. Each string
 * lies in memory that ends with it.
 */
#include <regex.h>

#include "unit.h"

#include "xdf_config.h"

#define UNTOUCHED 0xa5a5a5a5u
#define MEGABYTE 1048576u

/* @expected: 0, an errno, or 1 for "an error, either of the two" */
static void resolution(const char *text, int expected, u32 width, u32 height)
{
	char *copy = unit_text(text);
	u32 w = UNTOUCHED, h = UNTOUCHED;
	int ret = xdf_config_resolution(copy, &w, &h);

	if (expected == 1 ? ret != -EINVAL && ret != -ERANGE : ret != expected)
		fail_msg("\"%.40s\" gives %d, not %d", text, ret, expected);
	if (ret) {
		width = UNTOUCHED;
		height = UNTOUCHED;
	}
	if (w != width || h != height)
		fail_msg("\"%.40s\" gives %ux%u, not %ux%u", text, w, h, width, height);
	free(copy);
}

static void resolution_good(void **state)
{
	static const struct {
		const char *text;
		u32 width;
		u32 height;
	} table[] = {
		{ "1x1", 1, 1 }, { "640x480", 640, 480 }, { "1024x768", 1024, 768 },
		{ "1920x1080", 1920, 1080 }, { "8192x8192", 8192, 8192 }, { "8192x1", 8192, 1 },
		{ "1x8192", 1, 8192 }, { "9x10", 9, 10 }, { "00640x00480", 640, 480 },
		{ "08192x1", 8192, 1 }, { "1234x5678", 1234, 5678 }, { "90x8019", 90, 8019 },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++)
		resolution(table[i].text, 0, table[i].width, table[i].height);
}

static void resolution_every_size(void **state)
{
	char text[32];
	u32 n;

	(void)state;
	for (n = 0; n <= 99999; n++) {
		int expected = n >= 1 && n <= 8192 ? 0 : -ERANGE;

		snprintf(text, sizeof(text), "%ux3", n);
		resolution(text, expected, n, 3);
		snprintf(text, sizeof(text), "4x%u", n);
		resolution(text, expected, 4, n);
	}
}

static void resolution_other_form(void **state)
{
	static const char * const table[] = {
		"", "x", "1920", "1920x", "x1080", "1920 x 1080", "1920x 1080", "1920 x1080",
		" 1920x1080", "1920x1080 ", "1920x1080\n", "\n1920x1080", "\t1x1", "1x1\t",
		"1x1\r\n", "+1920x1080", "1920x+1080", "-1920x1080", "1920x-1080", "-1x-1",
		"0x600x", "0x", "0x10x0x10", "0xffx1", "1x0xff", "a0xb0", "1e3x1e3", "1.5x2",
		"1x2.5", "1,2", "1920X1080", "1920*1080", "1920:1080", "1920\xc3\x97" "1080",
		"1920xx1080", "1920x1080x32", "1920x1080@60", "1920x1080;", "1920-1080",
		"\xff\xff\xff", "\x80x\x80", "1x\xb2", "/x1", "1x/", ":x1", "1x:", "1x1:", "1x1/",
		"(1x1)", "'1x1'", "\"1x1\"", "one x two", "%ux%u", "nanxinf", "1w1", "1y1",
		"1x1a", "1x1A", "1_0x1", "1'0x1", "\xb1x\xb1", "1x1\x80", "1x1\xff",
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++)
		resolution(table[i], -EINVAL, 0, 0);
}

static void resolution_out_of_range(void **state)
{
	static const char * const table[] = {
		"0x600", "600x0", "0x0", "00x1", "1x00000", "8193x1", "1x8193", "8193x8193",
		"99999x99999", "16384x16384", "65536x65536", "65537x65537", "10000x1", "1x10000",
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++)
		resolution(table[i], -ERANGE, 0, 0);
}

/* More than five digits are refused, whether as a form or as a number. */
static void resolution_many_digits(void **state)
{
	static const char * const table[] = {
		"100000x1", "1x100000", "100000x100000", "131072x1", "4294967295x1", "4294967296x1",
		"4294967297x1", "1x4294967297", "4294967936x4294967776", "2147483648x1",
		"18446744073709551616x1", "18446744073709551617x1", "1x18446744073709551617",
		"340282366920938463463374607431768211457x1", "999999999999999999999999999999x1",
		"429496729601x1", "1x429496729601",
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++)
		resolution(table[i], 1, 0, 0);
}

static void resolution_huge_text(void **state)
{
	static const char with[] = "0169x \n,\xff";
	unsigned int i;
	char *text;

	(void)state;
	for (i = 0; i < sizeof(with) - 1; i++) {
		text = unit_long_text(with[i], MEGABYTE);
		resolution(text, 1, 0, 0);
		memcpy(text, "640x480", 7);
		resolution(text, 1, 0, 0);
		memset(text, with[i], 7);
		memcpy(text + MEGABYTE - 7, "640x480", 7);
		resolution(text, 1, 0, 0);
		free(text);
	}
}

/* What comes after the first NUL is not part of the string. */
static void resolution_stops_at_nul(void **state)
{
	u32 w, h;

	(void)state;
	assert_int_equal(xdf_config_resolution("640x480\0" "0", &w, &h), 0);
	assert_int_equal(w, 640);
	assert_int_equal(h, 480);
	assert_int_equal(xdf_config_resolution("640\0x480", &w, &h), -EINVAL);
	assert_int_equal(xdf_config_resolution("640x\0" "480", &w, &h), -EINVAL);
}

/* Strings at random, judged by a regular expression and strtoul(). */
static void resolution_random(void **state)
{
	static const char letters[] = "00112345678999xxx- +\nX";
	static const u64 seeds[] = { 1, 2, 3, 4, 5 };
	unsigned int s, i, k, good = 0;
	regex_t form;

	(void)state;
	assert_int_equal(regcomp(&form, "^[0-9]{1,5}x[0-9]{1,5}$", REG_EXTENDED | REG_NOSUB), 0);
	for (s = 0; s < ARRAY_SIZE(seeds); s++) {
		u64 seed = seeds[s];

		for (i = 0; i < 20000; i++) {
			u32 length = unit_below(&seed, 12), w = 0, h = 0;
			char text[16] = "", *end;
			int expected = 1;

			for (k = 0; k < length; k++)
				text[k] = letters[unit_below(&seed, sizeof(letters) - 1)];
			if (!regexec(&form, text, 0, NULL, 0)) {
				w = (u32)strtoul(text, &end, 10);
				h = (u32)strtoul(end + 1, NULL, 10);
				expected = w - 1 < 8192 && h - 1 < 8192 ? 0 : -ERANGE;
				good += !expected;
			}
			resolution(text, expected, w, h);
		}
	}
	regfree(&form);
	assert_true(good > 100);
}

/* the highest version that we speak among those of the mask */
static int best_of(u32 offered)
{
	int v;

	for (v = XDF_PROTOCOL_VERSION; v > 0; v--)
		if (offered & (1u << v))
			return v;
	return -EPROTONOSUPPORT;
}

static void version(const char *text, u32 offered)
{
	char *copy = unit_text(text);
	int ret = xdf_config_version(copy);

	if (ret != best_of(offered))
		fail_msg("\"%.40s\" gives %d, not %d", text, ret, best_of(offered));
	free(copy);
}

#define V(n) (1u << (n))

static void version_missing(void **state)
{
	(void)state;
	assert_int_equal(xdf_config_version(NULL), 1);
}

static void version_lists(void **state)
{
	static const struct {
		const char *text;
		u32 offered;
	} table[] = {
		{ "1", V(1) }, { "2", V(2) }, { "1,2", V(1) | V(2) }, { "2,1", V(1) | V(2) },
		{ "3", V(3) }, { "3,1", V(1) | V(3) }, { "1,3", V(1) | V(3) },
		{ "3,2,1", V(1) | V(2) | V(3) }, { "1,1,1", V(1) },
		{ "2,9,1,4", V(1) | V(2) | V(4) },
		{ "1,junk", V(1) }, { "junk,1", V(1) }, { "junk", 0 }, { ",,1", V(1) },
		{ "1,,", V(1) }, { ",1,", V(1) }, { "2x,1", V(1) }, { "1x,2", V(2) },
		{ "1 ,1", V(1) }, { "99999,1", V(1) }, { "1,99999", V(1) }, { "0,1", V(1) },
		{ "00001", V(1) }, { "01", V(1) }, { "4294967297,1", V(1) }, { "x,y,z,1", V(1) },
		{ "-1,1", V(1) }, { "1,-1", V(1) },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++)
		version(table[i].text, table[i].offered);
}

static void version_none(void **state)
{
	static const char * const table[] = {
		"", ",", ",,,,", "0", "00000", " 1", "1 ", "1\n", "\t1", "+1", "-1", "1.0", "1;",
		"1:", "1/", "x1", "1x", "v1", "0x1", "1;2", "1 2", "one", "10", "11", "12", "21",
		"99999", "65537", "100001", "4294967297", "18446744073709551617", "1\x80", "\xb1",
		"\xff",
		"10,11", "1a,1b", "-1,-2", "\"1\"", "1\r", "257,65537", "/", ":",
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++)
		version(table[i], 0);
}

static void version_huge_text(void **state)
{
	static const char with[] = "0123,x \xff";
	unsigned int i;
	char *text;

	(void)state;
	for (i = 0; i < sizeof(with) - 1; i++) {
		text = unit_long_text(with[i], MEGABYTE);
		version(text, 0);
		memcpy(text, "1,", 2);
		version(text, V(1));
		memset(text, with[i], 2);
		memcpy(text + MEGABYTE - 2, ",1", 2);
		version(text, V(1));
		free(text);
	}
	text = unit_alloc(MEGABYTE + 1);
	for (i = 0; i < MEGABYTE; i++)
		text[i] = "9,"[i % 2];
	text[MEGABYTE] = '\0';
	version(text, 0);
	text[MEGABYTE / 2] = '1';
	version(text, V(1));
	free(text);
}

/* Lists at random, cut at their commas and judged by a regular expression. */
static void version_random(void **state)
{
	static const char letters[] = "0011122399,,,,,,x- ";
	unsigned int i, k, good = 0;
	u64 seed = 11;
	regex_t form;

	(void)state;
	assert_int_equal(regcomp(&form, "^[0-9]{1,5}$", REG_EXTENDED | REG_NOSUB), 0);
	for (i = 0; i < 100000; i++) {
		u32 length = unit_below(&seed, 14), offered = 0;
		char text[16] = "", cut[16], *rest = cut, *entry;

		for (k = 0; k < length; k++)
			text[k] = letters[unit_below(&seed, sizeof(letters) - 1)];
		memcpy(cut, text, sizeof(cut));
		while ((entry = strsep(&rest, ",")))
			if (!regexec(&form, entry, 0, NULL, 0) && strtoul(entry, NULL, 10) < 32)
				offered |= V(strtoul(entry, NULL, 10));
		good += best_of(offered) > 0;
		version(text, offered);
	}
	regfree(&form);
	assert_true(good > 1000);
}

static void unique_id(const char *text, const char *expected)
{
	char *copy = text ? unit_text(text) : NULL;
	char *id = unit_alloc(XDF_UNIQUE_ID_LEN + 1);

	xdf_config_unique_id(copy, id);
	assert_string_equal(id, expected);
	free(id);
	free(copy);
}

static void unique_id_kept(void **state)
{
	(void)state;
	unique_id("HDMI-A-1", "HDMI-A-1");
	unique_id("Virtual-1", "Virtual-1");
	unique_id("0", "0");
	unique_id("%s%n%p", "%s%n%p");
	unique_id("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~");
}

static void unique_id_nothing(void **state)
{
	(void)state;
	unique_id(NULL, "");
	unique_id("", "");
}

static void unique_id_lengths(void **state)
{
	static const unsigned int lengths[] = { 1, 2, 61, 62, 63, 64, 65, 128, 4096, MEGABYTE };
	char expected[XDF_UNIQUE_ID_LEN + 1];
	unsigned int i, k;

	(void)state;
	assert_int_equal(XDF_UNIQUE_ID_LEN, 63);
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		char *text = unit_long_text('x', lengths[i]);

		for (k = 0; k < lengths[i]; k++)
			text[k] = (char)('a' + k % 26);
		memset(expected, 0, sizeof(expected));
		memcpy(expected, text, lengths[i] < 63 ? lengths[i] : 63);
		unique_id(text, expected);
		free(text);
	}
}

/* A blank counts as unprintable: a name has none (xl.cfg cannot give it one). */
static void unique_id_every_byte(void **state)
{
	unsigned int c;

	(void)state;
	for (c = 1; c < 256; c++) {
		char text[4] = { 'a', (char)c, 'b', 0 }, expected[4] = "a?b";

		if (c > 0x20 && c < 0x7f)
			expected[1] = (char)c;
		unique_id(text, expected);
	}
	unique_id("\x1b[2J\n<6>fake", "?[2J?<6>fake");
	unique_id("\xc3\xa4", "??");
}

static void be_alloc(void **state)
{
	static const char * const bad[] = { "", "2", "01", "10", " 1", "1 ", "-1", "yes", "\xff",
					    "11111111111111111111" };
	unsigned int i;
	char *copy;

	(void)state;
	assert_int_equal(xdf_config_be_alloc(NULL), 0);
	assert_int_equal(xdf_config_be_alloc("0"), 0);
	assert_int_equal(xdf_config_be_alloc("1"), 1);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		copy = unit_text(bad[i]);
		assert_int_equal(xdf_config_be_alloc(copy), -EINVAL);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resolution_good),
		cmocka_unit_test(resolution_every_size),
		cmocka_unit_test(resolution_other_form),
		cmocka_unit_test(resolution_out_of_range),
		cmocka_unit_test(resolution_many_digits),
		cmocka_unit_test(resolution_huge_text),
		cmocka_unit_test(resolution_stops_at_nul),
		cmocka_unit_test(resolution_random),
		cmocka_unit_test(version_missing),
		cmocka_unit_test(version_lists),
		cmocka_unit_test(version_none),
		cmocka_unit_test(version_huge_text),
		cmocka_unit_test(version_random),
		cmocka_unit_test(unique_id_kept),
		cmocka_unit_test(unique_id_nothing),
		cmocka_unit_test(unique_id_lengths),
		cmocka_unit_test(unique_id_every_byte),
		cmocka_unit_test(be_alloc),
	};

	return cmocka_run_group_tests_name((char)-1 < 0 ? "config, char is signed" :
					   "config, char is unsigned", tests, NULL, NULL);
}
