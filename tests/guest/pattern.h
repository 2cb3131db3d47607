/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Bytes that tell where they belong, for buffers that are read back. */
#ifndef XDF_PATTERN_H
#define XDF_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline uint8_t pattern(size_t i, unsigned int seed)
{
	return (i * 7 + (i >> 12) * 31 + seed) & 0xff;
}

/* @size bytes at @p are those from @from on */
static inline bool holds(const uint8_t *p, size_t from, size_t size, unsigned int seed)
{
	size_t i;

	for (i = 0; i < size; i++)
		if (p[i] != pattern(from + i, seed))
			return false;
	return true;
}

#endif
