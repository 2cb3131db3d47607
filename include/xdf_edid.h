/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_EDID_H
#define XDF_EDID_H

#include "xdf_pure.h"

#define XDF_EDID_BLOCK 128u
/* Blocks of an EDID that are used; displays have up to eight. */
#define XDF_EDID_BLOCKS 16u
/* What a frontend must have room for: 256 blocks. */
#define XDF_EDID_MAX (256u * XDF_EDID_BLOCK)

/**
 * struct xdf_timing - what is needed of a timing
 * @width: visible, in pixels
 * @height: visible, in lines
 * @htotal: pixels a line, with blanking
 * @vtotal: lines a frame, with blanking
 * @clock_khz: pixels a millisecond
 */
struct xdf_timing {
	u32 width;
	u32 height;
	u32 htotal;
	u32 vtotal;
	u32 clock_khz;
};

int xdf_edid_check(u8 *edid, u32 size, u32 capacity, const char **why);
bool xdf_edid_wrapped(const struct xdf_timing *timing, u32 width, u32 height);

#endif
