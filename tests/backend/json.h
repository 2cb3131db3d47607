/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_BE_JSON_H
#define XDF_BE_JSON_H

#include "common.h"

/**
 * struct json - a JSON text that grows
 * @text: zero-terminated once something was put in
 * @len: its length
 * @room: bytes allocated
 * @broken: memory ran out; what follows is lost
 */
struct json {
	char *text;
	size_t len;
	size_t room;
	bool broken;
};

void json_reset(struct json *j);
void json_free(struct json *j);
void json_raw(struct json *j, const char *bytes, size_t len);
void json_open(struct json *j, const char *key, char bracket);
void json_close(struct json *j, char bracket);
void json_u64(struct json *j, const char *key, uint64_t v);
void json_i64(struct json *j, const char *key, int64_t v);
void json_bool(struct json *j, const char *key, bool v);
void json_real(struct json *j, const char *key, double v, int digits);
void json_str(struct json *j, const char *key, const char *s);
void json_hex(struct json *j, const char *key, uint64_t v);
void json_hex16(struct json *j, const char *key, uint64_t v);

#endif
