/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * JSON lines on stdout: one object a line, written with one write(), so that
 * lines of parent and child, or of the client and the kernel's console, mix as
 * little as possible.
 */
#ifndef XDF_REPORT_H
#define XDF_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "util.h"

/* Exit codes of the program. */
enum {
	XDF_OK = 0,
	XDF_FAILED = 1,
	XDF_USAGE = 2,
	XDF_SKIP = 77,
};

void rep_begin(const char *type);
void rep_str(const char *key, const char *val);
void rep_int(const char *key, int64_t val);
void rep_uint(const char *key, uint64_t val);
void rep_real(const char *key, double val);
void rep_bool(const char *key, bool val);
void rep_hex64(const char *key, uint64_t val);
void rep_fourcc(const char *key, uint32_t fourcc);
void rep_errno(const char *key, int err);
void rep_obj(const char *key);
void rep_arr(const char *key);
void rep_close(void);
void rep_end(void);

int rep_fail(const char *what, int err, const char *fmt, ...)
	__printf(3, 4);
bool rep_check(const char *name, bool ok, int err);
void rep_skip(const char *what, const char *why);
unsigned int rep_failures(void);
const char *err_name(int err);
const char *fourcc_name(uint32_t fourcc, char out[5]);

#endif
