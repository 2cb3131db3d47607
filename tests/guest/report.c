// SPDX-License-Identifier: GPL-2.0 OR MIT
/* JSON lines on stdout, see report.h. */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report.h"

#define REP_DEPTH	8

static char *line;
static size_t len, room;
static bool first[REP_DEPTH + 1];
static char closer[REP_DEPTH + 1];
static unsigned int depth;
static unsigned int failures;

static void put(const char *s, size_t n)
{
	if (len + n + 2 > room) {
		size_t want = (len + n + 2) * 2 + 256;
		char *p = realloc(line, want);

		if (!p) {
			fprintf(stderr, "xdf-client: out of memory\n");
			exit(XDF_FAILED);
		}
		line = p;
		room = want;
	}
	memcpy(line + len, s, n);
	len += n;
}

static void puts_raw(const char *s)
{
	put(s, strlen(s));
}

static void put_quoted(const char *s)
{
	char esc[8];

	put("\"", 1);
	for (; *s; s++) {
		unsigned char c = *s;

		if (c == '"' || c == '\\') {
			esc[0] = '\\';
			esc[1] = c;
			put(esc, 2);
		} else if (c < 0x20 || c >= 0x7f) {
			snprintf(esc, sizeof(esc), "\\u%04x", c);
			put(esc, 6);
		} else {
			put(s, 1);
		}
	}
	put("\"", 1);
}

static void put_key(const char *key)
{
	if (!first[depth])
		put(",", 1);
	first[depth] = false;
	if (key) {
		put_quoted(key);
		put(":", 1);
	}
}

static void open_level(const char *key, const char *how, char end)
{
	if (key || depth)
		put_key(key);
	if (depth == REP_DEPTH)
		abort();
	depth++;
	first[depth] = true;
	closer[depth] = end;
	puts_raw(how);
}

/**
 * rep_begin - start a line
 * @type: what the line is about, the value of "t"
 */
void rep_begin(const char *type)
{
	len = 0;
	depth = 0;
	first[0] = true;
	open_level(NULL, "{", '}');
	rep_str("t", type);
}

/**
 * rep_str - add a string
 * @key: name, NULL inside an array
 * @val: value
 */
void rep_str(const char *key, const char *val)
{
	put_key(key);
	put_quoted(val);
}

/**
 * rep_int - add a signed number
 * @key: name, NULL inside an array
 * @val: value
 */
void rep_int(const char *key, int64_t val)
{
	char s[32];

	put_key(key);
	snprintf(s, sizeof(s), "%lld", (long long)val);
	puts_raw(s);
}

/**
 * rep_uint - add an unsigned number
 * @key: name, NULL inside an array
 * @val: value
 */
void rep_uint(const char *key, uint64_t val)
{
	char s[32];

	put_key(key);
	snprintf(s, sizeof(s), "%llu", (unsigned long long)val);
	puts_raw(s);
}

/**
 * rep_real - add a number with three decimals
 * @key: name, NULL inside an array
 * @val: value, finite
 */
void rep_real(const char *key, double val)
{
	char s[64];

	put_key(key);
	snprintf(s, sizeof(s), "%.3f", val);
	puts_raw(s);
}

/**
 * rep_bool - add true or false
 * @key: name, NULL inside an array
 * @val: value
 */
void rep_bool(const char *key, bool val)
{
	put_key(key);
	puts_raw(val ? "true" : "false");
}

/**
 * rep_hex64 - add a 64 bit number as a string of 16 hex digits
 * @key: name, NULL inside an array
 * @val: value
 */
void rep_hex64(const char *key, uint64_t val)
{
	char s[24];

	snprintf(s, sizeof(s), "%016llx", (unsigned long long)val);
	rep_str(key, s);
}

/**
 * rep_fourcc - add a pixel format as its four characters
 * @key: name, NULL inside an array
 * @fourcc: DRM_FORMAT_*
 */
void rep_fourcc(const char *key, uint32_t fourcc)
{
	char s[5];

	rep_str(key, fourcc_name(fourcc, s));
}

/**
 * rep_errno - add an error by its name
 * @key: name, NULL inside an array
 * @err: errno value of either sign; 0 adds "OK"
 */
void rep_errno(const char *key, int err)
{
	rep_str(key, err_name(err));
}

/**
 * rep_obj - open an object; ended by rep_close()
 * @key: name, NULL inside an array
 */
void rep_obj(const char *key)
{
	open_level(key, "{", '}');
}

/**
 * rep_arr - open an array; ended by rep_close()
 * @key: name, NULL inside an array
 */
void rep_arr(const char *key)
{
	open_level(key, "[", ']');
}

/**
 * rep_close - close what rep_obj() or rep_arr() opened
 */
void rep_close(void)
{
	put(&closer[depth], 1);
	depth--;
}

/**
 * rep_end - close whatever is open and write the line
 */
void rep_end(void)
{
	size_t done = 0;

	while (depth)
		rep_close();
	put("\n", 1);
	while (done < len) {
		ssize_t n = write(STDOUT_FILENO, line + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += n;
	}
	len = 0;
}

/**
 * rep_fail - report a failure and count it
 * @what: short name of what failed
 * @err: errno value of either sign, 0 when there is none
 * @fmt: details for a human, may be NULL
 *
 * Return: XDF_FAILED, for use in a return statement.
 */
int rep_fail(const char *what, int err, const char *fmt, ...)
{
	char detail[256];
	va_list ap;

	failures++;
	rep_begin("fail");
	rep_str("what", what);
	if (err)
		rep_errno("errno", err);
	if (fmt) {
		va_start(ap, fmt);
		vsnprintf(detail, sizeof(detail), fmt, ap);
		va_end(ap);
		rep_str("detail", detail);
	}
	rep_end();
	return XDF_FAILED;
}

/**
 * rep_check - report one check and count it when it failed
 * @name: name of the check
 * @ok: its outcome
 * @err: what the system call in question answered, 0 or errno of either sign
 *
 * Return: @ok.
 */
bool rep_check(const char *name, bool ok, int err)
{
	if (!ok)
		failures++;
	rep_begin("check");
	rep_str("name", name);
	rep_bool("ok", ok);
	rep_errno("result", err);
	rep_end();
	return ok;
}

/**
 * rep_skip - report that something could not be tried
 * @what: name of it
 * @why: reason
 */
void rep_skip(const char *what, const char *why)
{
	rep_begin("skip");
	rep_str("what", what);
	rep_str("why", why);
	rep_end();
}

/**
 * rep_failures - number of failures reported so far
 *
 * Return: the number.
 */
unsigned int rep_failures(void)
{
	return failures;
}

/**
 * err_name - name of an error
 * @err: errno value of either sign
 *
 * Return: "ENOENT" and the like, "OK" for 0, "E?" for an unknown one.
 */
const char *err_name(int err)
{
	const char *s;

	if (!err)
		return "OK";
	s = strerrorname_np(err < 0 ? -err : err);
	return s ? s : "E?";
}

/**
 * fourcc_name - characters of a pixel format
 * @fourcc: DRM_FORMAT_*
 * @out: where to put them
 *
 * Return: @out.
 */
const char *fourcc_name(uint32_t fourcc, char out[5])
{
	int i;

	for (i = 0; i < 4; i++) {
		char c = (fourcc >> (8 * i)) & 0x7f;

		out[i] = c < 0x20 || c == 0x7f ? '?' : c;
	}
	out[4] = 0;
	return out;
}
