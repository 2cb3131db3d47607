// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * JSON, written only. Commas come by themselves: before anything that does not
 * follow an opening bracket. Pure.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

/**
 * json_reset() - empty it, keep the memory
 * @j: the text
 */
void json_reset(struct json *j)
{
	j->len = 0;
	j->broken = false;
	if (j->text)
		j->text[0] = '\0';
}

/**
 * json_free() - give the memory back
 * @j: the text
 */
void json_free(struct json *j)
{
	free(j->text);
	memset(j, 0, sizeof(*j));
}

/**
 * json_raw() - put bytes in as they are
 * @j: the text
 * @bytes: what
 * @len: how many
 */
void json_raw(struct json *j, const char *bytes, size_t len)
{
	if (j->broken)
		return;
	if (j->len + len + 1 > j->room) {
		size_t room = (j->len + len + 1) * 2 + 256;
		char *text = realloc(j->text, room);

		if (!text) {
			j->broken = true;
			return;
		}
		j->text = text;
		j->room = room;
	}
	memcpy(j->text + j->len, bytes, len);
	j->len += len;
	j->text[j->len] = '\0';
}

static void escaped(struct json *j, const char *s)
{
	json_raw(j, "\"", 1);
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		char buf[8];

		if (c == '"' || c == '\\') {
			buf[0] = '\\';
			buf[1] = (char)c;
			json_raw(j, buf, 2);
		} else if (c < 0x20 || c >= 0x7f) {
			json_raw(j, buf, (size_t)snprintf(buf, sizeof(buf), "\\u%04x", c));
		} else {
			json_raw(j, s, 1);
		}
	}
	json_raw(j, "\"", 1);
}

static void lead(struct json *j, const char *key)
{
	if (j->len && !strchr("{[\n", j->text[j->len - 1]))
		json_raw(j, ",", 1);
	if (key) {
		escaped(j, key);
		json_raw(j, ":", 1);
	}
}

/**
 * json_open() - begin an object or an array
 * @j: the text
 * @key: its name, or NULL
 * @bracket: '{' or '['
 */
void json_open(struct json *j, const char *key, char bracket)
{
	lead(j, key);
	json_raw(j, &bracket, 1);
}

/**
 * json_close() - end an object or an array
 * @j: the text
 * @bracket: '}' or ']'
 */
void json_close(struct json *j, char bracket)
{
	json_raw(j, &bracket, 1);
}

/**
 * json_u64() - an unsigned number
 * @j: the text
 * @key: its name, or NULL
 * @v: the value
 */
void json_u64(struct json *j, const char *key, uint64_t v)
{
	char buf[24];

	lead(j, key);
	json_raw(j, buf, (size_t)snprintf(buf, sizeof(buf), "%llu", (unsigned long long)v));
}

/**
 * json_i64() - a signed number
 * @j: the text
 * @key: its name, or NULL
 * @v: the value
 */
void json_i64(struct json *j, const char *key, int64_t v)
{
	char buf[24];

	lead(j, key);
	json_raw(j, buf, (size_t)snprintf(buf, sizeof(buf), "%lld", (long long)v));
}

/**
 * json_bool() - true or false
 * @j: the text
 * @key: its name, or NULL
 * @v: the value
 */
void json_bool(struct json *j, const char *key, bool v)
{
	lead(j, key);
	json_raw(j, v ? "true" : "false", v ? 4 : 5);
}

/**
 * json_real() - a number with a fraction
 * @j: the text
 * @key: its name, or NULL
 * @v: the value, finite
 * @digits: after the point
 */
void json_real(struct json *j, const char *key, double v, int digits)
{
	char buf[64];
	int n = snprintf(buf, sizeof(buf), "%.*f", digits, v);

	lead(j, key);
	if (n > 0 && n < (int)sizeof(buf))
		json_raw(j, buf, (size_t)n);
	else
		json_raw(j, "0", 1);
}

/**
 * json_str() - a text, escaped
 * @j: the text
 * @key: its name, or NULL
 * @s: the value; NULL gives null
 */
void json_str(struct json *j, const char *key, const char *s)
{
	lead(j, key);
	if (s)
		escaped(j, s);
	else
		json_raw(j, "null", 4);
}

/**
 * json_hex() - a 64-bit value as "0x..." text (JSON numbers lose bits)
 * @j: the text
 * @key: its name, or NULL
 * @v: the value
 */
void json_hex(struct json *j, const char *key, uint64_t v)
{
	char buf[24];

	snprintf(buf, sizeof(buf), "0x%llx", (unsigned long long)v);
	json_str(j, key, buf);
}

/**
 * json_hex16() - a 64-bit value as 16 hex digits
 * @j: the text
 * @key: its name, or NULL
 * @v: the value
 */
void json_hex16(struct json *j, const char *key, uint64_t v)
{
	char buf[24];

	snprintf(buf, sizeof(buf), "%016llx", (unsigned long long)v);
	json_str(j, key, buf);
}
