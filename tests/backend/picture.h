/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_BE_PICTURE_H
#define XDF_BE_PICTURE_H

#include "common.h"

/**
 * struct pixfmt - a packed RGB format
 * @name: as drm_fourcc.h has it, without DRM_FORMAT_
 * @fourcc: four letters
 * @bpp: bits per pixel in memory
 * @shift: lowest bit of red, green, blue in the little-endian pixel
 * @bits: how many bits each has
 */
struct pixfmt {
	const char *name;
	char fourcc[5];
	uint8_t bpp;
	uint8_t shift[3];
	uint8_t bits[3];
};

#define FOURCC(s) ((uint32_t)(s)[0] | (uint32_t)(s)[1] << 8 | \
		   (uint32_t)(s)[2] << 16 | (uint32_t)(s)[3] << 24)

/**
 * struct picture - a copy of what a connector shows
 * @fmt: NULL as long as there is nothing
 * @width: pixels per row
 * @height: rows
 * @data: rows without padding, as the guest wrote them
 * @room: bytes allocated at @data
 */
struct picture {
	const struct pixfmt *fmt;
	uint32_t width;
	uint32_t height;
	uint8_t *data;
	size_t room;
};

const struct pixfmt *pixfmt_by_index(unsigned int i);
const struct pixfmt *pixfmt_by_fourcc(uint32_t fourcc);
const struct pixfmt *pixfmt_by_name(const char *name, size_t len);
void fourcc_text(uint32_t fourcc, char text[5]);
uint64_t assumed_pitch(uint32_t width, uint32_t bpp);
void row_to_xrgb(const struct pixfmt *fmt, const uint8_t *src, uint32_t *dst, uint32_t width);
bool picture_take(struct picture *p, const struct pixfmt *fmt, uint32_t width, uint32_t height,
		  const uint8_t *src, uint64_t pitch);
uint64_t picture_hash(const struct picture *p);
bool picture_write_png(const struct picture *p, const char *path, const char **why);
void picture_free(struct picture *p);

#endif
