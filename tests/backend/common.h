/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What every file of the backend may use: integers, clocks, limits.
 */
#ifndef XDF_BE_COMMON_H
#define XDF_BE_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define PAGE_BYTES 4096u
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define NSEC_PER_SEC 1000000000ull
#define NSEC_PER_MSEC 1000000ull
#define NEVER UINT64_MAX

/**
 * clock_ns() - monotonic time
 *
 * Return: nanoseconds.
 */
static inline uint64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

static inline uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

#endif
