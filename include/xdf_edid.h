/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_EDID_H
#define XDF_EDID_H

#include "xdf_pure.h"

#define XDF_EDID_BLOCK 128u
/* Blocks that an EDID may have; displays have up to eight. */
#define XDF_EDID_BLOCKS 16u
/* What a frontend must have room for: 256 blocks. */
#define XDF_EDID_MAX (256u * XDF_EDID_BLOCK)

int xdf_edid_check(const u8 *edid, u32 size, u32 capacity, const char **why);

#endif
