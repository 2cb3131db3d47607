// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Pixel formats, see pixel.h. */

#include <stddef.h>
#include <string.h>

#include <drm_fourcc.h>

#include "pixel.h"
#include "util.h"

#define ALPHA8		0xff000000u
#define ALPHA2		0xc0000000u
/* in X there may be anything */
#define JUNK8		0xa5000000u
#define JUNK2		0x40000000u

static const struct pixel_format formats[] = {
	{ DRM_FORMAT_XRGB8888, 32, { 16, 8, 0 }, { 8, 8, 8 }, 0 },
	{ DRM_FORMAT_ARGB8888, 32, { 16, 8, 0 }, { 8, 8, 8 }, ALPHA8 },
	{ DRM_FORMAT_XBGR8888, 32, { 0, 8, 16 }, { 8, 8, 8 }, JUNK8 },
	{ DRM_FORMAT_ABGR8888, 32, { 0, 8, 16 }, { 8, 8, 8 }, ALPHA8 },
	{ DRM_FORMAT_BGRX8888, 32, { 8, 16, 24 }, { 8, 8, 8 }, JUNK8 >> 24 },
	{ DRM_FORMAT_XRGB2101010, 32, { 20, 10, 0 }, { 10, 10, 10 }, JUNK2 },
	{ DRM_FORMAT_ARGB2101010, 32, { 20, 10, 0 }, { 10, 10, 10 }, ALPHA2 },
	{ DRM_FORMAT_XBGR2101010, 32, { 0, 10, 20 }, { 10, 10, 10 }, JUNK2 },
	{ DRM_FORMAT_ABGR2101010, 32, { 0, 10, 20 }, { 10, 10, 10 }, ALPHA2 },
	{ DRM_FORMAT_RGB888, 24, { 16, 8, 0 }, { 8, 8, 8 }, 0 },
	{ DRM_FORMAT_RGB565, 16, { 11, 5, 0 }, { 5, 6, 5 }, 0 },
};

/**
 * pixel_format - look a format up
 * @fourcc: DRM_FORMAT_*
 *
 * Return: the format, or NULL when it is none that we can draw in.
 */
const struct pixel_format *pixel_format(uint32_t fourcc)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(formats); i++)
		if (formats[i].fourcc == fourcc)
			return &formats[i];
	return NULL;
}

/**
 * pixel_fourcc - a format by its four characters
 * @name: the characters
 *
 * Return: DRM_FORMAT_*, or 0 when it is none that we can draw in.
 */
uint32_t pixel_fourcc(const char *name)
{
	uint32_t fourcc;

	if (strlen(name) != 4)
		return 0;
	fourcc = fourcc_code(name[0], name[1], name[2], name[3]);
	return pixel_format(fourcc) ? fourcc : 0;
}

/* More bits: the upper ones once more behind them. */
static uint32_t from8(uint32_t v, unsigned int bits)
{
	return bits > 8 ? v << (bits - 8) | v >> (16 - bits) : v >> (8 - bits);
}

static uint32_t to8(uint32_t v, unsigned int bits)
{
	return bits > 8 ? v >> (bits - 8) : v << (8 - bits) | v >> (2 * bits - 8);
}

/**
 * pixel_put - convert a row
 * @f: format
 * @row: XRGB8888
 * @to: where to, in format @f
 * @width: pixels
 */
void pixel_put(const struct pixel_format *f, const uint32_t *row, uint8_t *to, uint32_t width)
{
	unsigned int bytes = f->bpp / 8, c, i;
	uint32_t x, v;

	if (f->fourcc == DRM_FORMAT_XRGB8888) {
		memcpy(to, row, (size_t)width * sizeof(*row));
		return;
	}
	for (x = 0; x < width; x++) {
		v = f->rest;
		for (c = 0; c < 3; c++)
			v |= from8(row[x] >> (16 - 8 * c) & 0xff, f->bits[c]) << f->shift[c];
		for (i = 0; i < bytes; i++)
			*to++ = v >> (8 * i);
	}
}

/**
 * pixel_get - convert a row back
 * @f: format
 * @from: row in format @f
 * @row: XRGB8888 with X of 0
 * @width: pixels
 */
void pixel_get(const struct pixel_format *f, const uint8_t *from, uint32_t *row, uint32_t width)
{
	unsigned int bytes = f->bpp / 8, c, i;
	uint32_t x, v;

	if (f->fourcc == DRM_FORMAT_XRGB8888) {
		memcpy(row, from, (size_t)width * sizeof(*row));
		for (x = 0; x < width; x++)
			row[x] &= 0xffffff;
		return;
	}
	for (x = 0; x < width; x++) {
		for (v = 0, i = 0; i < bytes; i++)
			v |= (uint32_t)*from++ << (8 * i);
		row[x] = 0;
		for (c = 0; c < 3; c++)
			row[x] |= to8(v >> f->shift[c] & ((1u << f->bits[c]) - 1), f->bits[c])
				  << (16 - 8 * c);
	}
}

/**
 * pixel_seen - what is left of a row in another format
 * @f: the other format
 * @row: XRGB8888, changed in place
 * @width: pixels
 */
void pixel_seen(const struct pixel_format *f, uint32_t *row, uint32_t width)
{
	uint32_t x, v;
	unsigned int c;

	if (f->bits[0] >= 8)
		return;
	for (x = 0; x < width; x++) {
		for (v = 0, c = 0; c < 3; c++)
			v |= to8(from8(row[x] >> (16 - 8 * c) & 0xff, f->bits[c]), f->bits[c])
			     << (16 - 8 * c);
		row[x] = v;
	}
}
