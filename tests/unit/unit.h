/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What all unit tests want: cmocka with the headers it asks for, numbers that
 * are the same in each run, memory whose end AddressSanitizer watches.
 */
#ifndef XDF_UNIT_H
#define XDF_UNIT_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#endif

/* splitmix64: any seed is a good one */
static inline uint64_t unit_random(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

/* a number from 0 to @below - 1 */
static inline uint32_t unit_below(uint64_t *seed, uint32_t below)
{
	return (uint32_t)((unit_random(seed) >> 32) * below >> 32);
}

/* memory of just @size bytes, none of them 0 */
static inline void *unit_alloc(size_t size)
{
	void *p = malloc(size);

	assert_non_null(p);
	memset(p, 0xa5, size);
	return p;
}

/* a copy with nothing behind its end */
static inline void *unit_copy(const void *from, size_t size)
{
	void *p = unit_alloc(size);

	memcpy(p, from, size);
	return p;
}

static inline char *unit_text(const char *from)
{
	return unit_copy(from, strlen(from) + 1);
}

/* @length times the same character */
static inline char *unit_long_text(char c, size_t length)
{
	char *p = unit_alloc(length + 1);

	memset(p, c, length);
	p[length] = '\0';
	return p;
}

#endif
