/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The few words that the pure rooms (ring, pgdir, piece, config, phase) need. The same files
 * are compiled into the module and, by tests/unit and tests/fuzz, into programs
 * on the host; everything that a backend or XenStore can influence is decided
 * in them.
 */
#ifndef XDF_PURE_H
#define XDF_PURE_H

#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/string.h>
#include <linux/types.h>
#else
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;

/* 64 bits by 32 or 64: a kernel for machines of 32 bits has no "/" for them. */
static inline s64 div_s64(s64 dividend, s32 divisor)
{
	return dividend / divisor;
}

static inline u64 div64_u64(u64 dividend, u64 divisor)
{
	return dividend / divisor;
}
#endif

/* Size of a grant and of every shared page, whatever the guest's PAGE_SIZE. */
#define XDF_GRANT_SIZE 4096u

#endif
