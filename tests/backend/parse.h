/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_BE_PARSE_H
#define XDF_BE_PARSE_H

#include "common.h"

/* the widest or tallest picture that a connector or a buffer may have */
#define MAX_SIDE 16384u

bool parse_u32(const char *s, uint32_t *value);
bool parse_resolution(const char *s, uint32_t *width, uint32_t *height);
bool parse_least(const char *s, uint32_t *width, uint32_t *height);
bool sizes_valid(const char *list);
bool sizes_contain(const char *list, uint32_t width, uint32_t height);
bool list_contains(const char *list, const char *word);
bool list_valid(const char *list);
bool parse_pace(const char *s, double *hz);
bool parse_status(const char *s, int32_t *status);
int split_words(char *line, char **word, int max);

#endif
