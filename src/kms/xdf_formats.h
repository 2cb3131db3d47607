/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_FORMATS_H
#define XDF_FORMATS_H

#include <linux/types.h>

#define XDF_NUM_FORMATS 11

/**
 * struct xdf_format - a pixel format that a backend might take
 * @fourcc: DRM's name of it
 * @bpp: bits a pixel
 */
struct xdf_format {
	u32 fourcc;
	u32 bpp;
};

extern const struct xdf_format xdf_formats[XDF_NUM_FORMATS];

#endif
