/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Pixel formats: rows of XRGB8888, which is what all pictures are drawn in, to
 * and from what a buffer holds. Pure: no system call.
 */
#ifndef XDF_PIXEL_H
#define XDF_PIXEL_H

#include <stdint.h>

/* Red, green and blue, in this order, little-endian words. */
struct pixel_format {
	uint32_t fourcc;
	uint8_t bpp;
	uint8_t shift[3];
	uint8_t bits[3];
	uint32_t rest;		/* bits that are no colour, and their value */
};

const struct pixel_format *pixel_format(uint32_t fourcc);
uint32_t pixel_fourcc(const char *name);
void pixel_put(const struct pixel_format *f, const uint32_t *row, uint8_t *to, uint32_t width);
void pixel_get(const struct pixel_format *f, const uint8_t *from, uint32_t *row, uint32_t width);
void pixel_seen(const struct pixel_format *f, uint32_t *row, uint32_t width);

#endif
