// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Text from XenStore, options and the control socket to numbers. Pure.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"

/* digits at *p to a number; false: no digit there, or more than 32 bits */
static bool digits(const char **p, uint32_t *value)
{
	uint64_t v = 0;
	const char *s = *p;

	if (*s < '0' || *s > '9')
		return false;
	for (; *s >= '0' && *s <= '9'; s++) {
		v = v * 10 + (uint64_t)(*s - '0');
		if (v > UINT32_MAX)
			return false;
	}
	*p = s;
	*value = (uint32_t)v;
	return true;
}

/**
 * parse_u32() - a whole decimal number
 * @s: text, may be NULL
 * @value: the number, untouched on failure
 *
 * Return: true if @s is nothing but decimal digits that fit 32 bits.
 */
bool parse_u32(const char *s, uint32_t *value)
{
	uint32_t v;

	if (!s || !digits(&s, &v) || *s)
		return false;
	*value = v;
	return true;
}

/**
 * parse_resolution() - "<width>x<height>"
 * @s: text, may be NULL
 * @width: result, untouched on failure
 * @height: result, untouched on failure
 *
 * Return: true if both are within 1..MAX_SIDE.
 */
bool parse_resolution(const char *s, uint32_t *width, uint32_t *height)
{
	uint32_t w, h;

	if (!s || !digits(&s, &w) || (*s != 'x' && *s != 'X'))
		return false;
	s++;
	if (!digits(&s, &h) || *s)
		return false;
	if (!w || !h || w > MAX_SIDE || h > MAX_SIDE)
		return false;
	*width = w;
	*height = h;
	return true;
}

/**
 * parse_least() - "<width>x<height>", or one number for both
 * @s: text, may be NULL
 * @width: result, untouched on failure
 * @height: result, untouched on failure
 *
 * Return: true if both are within 1..MAX_SIDE.
 */
bool parse_least(const char *s, uint32_t *width, uint32_t *height)
{
	uint32_t v;

	if (!parse_u32(s, &v))
		return parse_resolution(s, width, height);
	if (!v || v > MAX_SIDE)
		return false;
	*width = v;
	*height = v;
	return true;
}

/* the size at the start of a list "WxH,WxH"; false: there is none */
static bool first_size(const char *list, uint32_t *width, uint32_t *height)
{
	size_t n = strcspn(list, ",");
	char text[24];

	if (n >= sizeof(text))
		return false;
	memcpy(text, list, n);
	text[n] = '\0';
	return parse_resolution(text, width, height);
}

/**
 * sizes_valid() - is this a comma separated list of sizes
 * @list: "640x480,1024x768"
 *
 * Return: true if it is and holds at least one.
 */
bool sizes_valid(const char *list)
{
	uint32_t w, h;

	for (;;) {
		if (!first_size(list, &w, &h))
			return false;
		list += strcspn(list, ",");
		if (!*list++)
			return true;
	}
}

/**
 * sizes_contain() - is a size in such a list
 * @list: a valid one
 * @width: pixels
 * @height: lines
 *
 * Return: true if it is there.
 */
bool sizes_contain(const char *list, uint32_t width, uint32_t height)
{
	uint32_t w, h;

	while (first_size(list, &w, &h)) {
		if (w == width && h == height)
			return true;
		list += strcspn(list, ",");
		if (!*list++)
			break;
	}
	return false;
}

/**
 * list_contains() - is a word in a comma separated list
 * @list: "a,b,c"
 * @word: what to look for, whole
 *
 * Return: true if it is there.
 */
bool list_contains(const char *list, const char *word)
{
	size_t len = strlen(word);

	while (len && *list) {
		size_t n = strcspn(list, ",");

		if (n == len && !memcmp(list, word, n))
			return true;
		list += n;
		if (*list == ',')
			list++;
	}
	return false;
}

/**
 * list_valid() - is this a comma separated list of decimal numbers
 * @list: "1,2"
 *
 * Return: true if it is and holds at least one.
 */
bool list_valid(const char *list)
{
	uint32_t v;

	for (;;) {
		if (!digits(&list, &v))
			return false;
		if (!*list)
			return true;
		if (*list++ != ',')
			return false;
	}
}

/**
 * parse_pace() - flips per second
 * @s: text; "0" means at once
 * @hz: result, untouched on failure
 *
 * Return: true if @s is 0 or within 0.01..10000.
 */
bool parse_pace(const char *s, double *hz)
{
	char *end;
	double v;

	if (!s || !((*s >= '0' && *s <= '9') || *s == '.'))
		return false;
	v = strtod(s, &end);
	if (*end || !isfinite(v) || (v != 0 && (v < 0.01 || v > 10000)))
		return false;
	*hz = v;
	return true;
}

/**
 * parse_status() - the status of a response
 * @s: an error by name (ENOENT) or number (2 or -2); +2 is positive
 * @status: the number that goes to the response, untouched on failure
 *
 * Return: true if @s is one of these and not 0.
 */
bool parse_status(const char *s, int32_t *status)
{
	bool plus = s && *s == '+';
	uint32_t v;
	int i;

	if (!s)
		return false;
	if (*s == 'E') {
		/* Linux numbers: those of Xen, with few exceptions */
		for (i = 1; i < 200; i++) {
			const char *name = strerrorname_np(i);

			if (name && !strcmp(name, s)) {
				*status = -i;
				return true;
			}
		}
		return false;
	}
	if (!parse_u32(s + (plus || *s == '-'), &v) || !v || v > INT32_MAX)
		return false;
	*status = plus ? (int32_t)v : -(int32_t)v;
	return true;
}

/**
 * split_words() - cut a line at its blanks
 * @line: changed in place
 * @word: where the words go
 * @max: room in @word
 *
 * Return: number of words, or -1 if there are more than @max.
 */
int split_words(char *line, char **word, int max)
{
	int n = 0;

	for (;;) {
		line += strspn(line, " \t\r");
		if (!*line)
			return n;
		if (n == max)
			return -1;
		word[n++] = line;
		line += strcspn(line, " \t\r");
		if (*line)
			*line++ = '\0';
	}
}
