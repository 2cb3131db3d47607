// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Pictures: pixel formats, snapshots and their hash. Pure; the PNG writer is
 * in pngfile.c.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "picture.h"

static const struct pixfmt formats[] = {
	{ "XRGB8888", "XR24", 32, { 16, 8, 0 }, { 8, 8, 8 } },
	{ "ARGB8888", "AR24", 32, { 16, 8, 0 }, { 8, 8, 8 } },
	{ "XBGR8888", "XB24", 32, { 0, 8, 16 }, { 8, 8, 8 } },
	{ "ABGR8888", "AB24", 32, { 0, 8, 16 }, { 8, 8, 8 } },
	{ "RGBX8888", "RX24", 32, { 24, 16, 8 }, { 8, 8, 8 } },
	{ "RGBA8888", "RA24", 32, { 24, 16, 8 }, { 8, 8, 8 } },
	{ "BGRX8888", "BX24", 32, { 8, 16, 24 }, { 8, 8, 8 } },
	{ "BGRA8888", "BA24", 32, { 8, 16, 24 }, { 8, 8, 8 } },
	{ "XRGB2101010", "XR30", 32, { 20, 10, 0 }, { 10, 10, 10 } },
	{ "ARGB2101010", "AR30", 32, { 20, 10, 0 }, { 10, 10, 10 } },
	{ "XBGR2101010", "XB30", 32, { 0, 10, 20 }, { 10, 10, 10 } },
	{ "ABGR2101010", "AB30", 32, { 0, 10, 20 }, { 10, 10, 10 } },
	{ "RGB888", "RG24", 24, { 16, 8, 0 }, { 8, 8, 8 } },
	{ "BGR888", "BG24", 24, { 0, 8, 16 }, { 8, 8, 8 } },
	{ "RGB565", "RG16", 16, { 11, 5, 0 }, { 5, 6, 5 } },
	{ "BGR565", "BG16", 16, { 0, 5, 11 }, { 5, 6, 5 } },
	{ "XRGB1555", "XR15", 16, { 10, 5, 0 }, { 5, 5, 5 } },
	{ "ARGB1555", "AR15", 16, { 10, 5, 0 }, { 5, 5, 5 } },
	{ "XRGB4444", "XR12", 16, { 8, 4, 0 }, { 4, 4, 4 } },
	{ "ARGB4444", "AR12", 16, { 8, 4, 0 }, { 4, 4, 4 } },
};

/**
 * pixfmt_by_index() - walk the formats we can convert
 * @i: from 0
 *
 * Return: the format, or NULL behind the last one.
 */
const struct pixfmt *pixfmt_by_index(unsigned int i)
{
	return i < ARRAY_SIZE(formats) ? &formats[i] : NULL;
}

/**
 * pixfmt_by_fourcc() - find a format by its number
 * @fourcc: as in FB_ATTACH
 *
 * Return: the format, or NULL.
 */
const struct pixfmt *pixfmt_by_fourcc(uint32_t fourcc)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(formats); i++)
		if (FOURCC(formats[i].fourcc) == fourcc)
			return &formats[i];
	return NULL;
}

/**
 * pixfmt_by_name() - find a format by name or by its four letters
 * @name: "XRGB8888" or "XR24", need not be terminated
 * @len: its length
 *
 * Return: the format, or NULL.
 */
const struct pixfmt *pixfmt_by_name(const char *name, size_t len)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(formats); i++) {
		const struct pixfmt *f = &formats[i];

		if ((len == strlen(f->name) && !memcmp(name, f->name, len)) ||
		    (len == 4 && !memcmp(name, f->fourcc, 4)))
			return f;
	}
	return NULL;
}

/**
 * fourcc_text() - a fourcc for people
 * @fourcc: any 32 bits
 * @text: four characters and a zero; what is not printable becomes '?'
 */
void fourcc_text(uint32_t fourcc, char text[5])
{
	int i;

	for (i = 0; i < 4; i++) {
		uint8_t c = (uint8_t)(fourcc >> (8 * i));

		text[i] = c >= 0x20 && c < 0x7f ? (char)c : '?';
	}
	text[4] = '\0';
}

/**
 * assumed_pitch() - bytes from row to row
 * @width: pixels
 * @bpp: bits per pixel
 *
 * The protocol carries no pitch: it is the width rounded up to whole 32-bit words.
 *
 * Return: bytes.
 */
uint64_t assumed_pitch(uint32_t width, uint32_t bpp)
{
	return ((uint64_t)width * bpp + 31) / 32 * 4;
}

/* fewer bits: the upper ones once more behind them; more bits: the upper eight */
static uint32_t to8(uint32_t v, unsigned int bits)
{
	switch (bits) {
	case 4:
		return v * 17;
	case 5:
		return v << 3 | v >> 2;
	case 6:
		return v << 2 | v >> 4;
	case 10:
		return v >> 2;
	default:
		return v;
	}
}

/**
 * row_to_xrgb() - convert one row
 * @fmt: format of @src
 * @src: the row, @width * bpp / 8 bytes
 * @dst: @width words, 0x00RRGGBB
 * @width: pixels
 */
void row_to_xrgb(const struct pixfmt *fmt, const uint8_t *src, uint32_t *dst, uint32_t width)
{
	unsigned int bytes = fmt->bpp / 8u, k, c;
	uint32_t x;

	for (x = 0; x < width; x++, src += bytes) {
		uint32_t v = 0, out = 0;

		for (k = 0; k < bytes; k++)
			v |= (uint32_t)src[k] << (8 * k);
		if (fmt->bits[0] == 8 && fmt->shift[0] == 16 && !fmt->shift[2]) {
			dst[x] = v & 0xffffff;
			continue;
		}
		for (c = 0; c < 3; c++) {
			uint32_t part = v >> fmt->shift[c] & ((1u << fmt->bits[c]) - 1);

			out = out << 8 | to8(part, fmt->bits[c]);
		}
		dst[x] = out;
	}
}

/**
 * picture_take() - copy a picture out of guest memory
 * @p: where to; an older picture in it is replaced
 * @fmt: its format
 * @width: pixels per row
 * @height: rows
 * @src: first row; NULL: a black picture
 * @pitch: bytes from row to row
 *
 * The guest may write to @src meanwhile: that tears the picture and nothing else.
 *
 * Return: false if there is no memory, the older picture is gone then.
 */
bool picture_take(struct picture *p, const struct pixfmt *fmt, uint32_t width, uint32_t height,
		  const uint8_t *src, uint64_t pitch)
{
	size_t row = (size_t)width * fmt->bpp / 8u, need = row * height;
	uint32_t y;
	void *map;

	if (p->room < need || p->room / 4 > need) {
		picture_free(p);
		/* page by page at first touch takes 20 s for 256 MiB in a PV dom0 under TCG */
		map = mmap(NULL, need, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
		if (map == MAP_FAILED)
			return false;
		p->data = map;
		p->room = need;
	}
	if (!src)
		memset(p->data, 0, need);
	else if (pitch == row)
		memcpy(p->data, src, need);
	else
		for (y = 0; y < height; y++)
			memcpy(p->data + row * y, src + pitch * y, row);
	p->fmt = fmt;
	p->width = width;
	p->height = height;
	return true;
}

/**
 * picture_hash() - FNV-1a, 64 bits, over the picture as XRGB8888 with X = 0
 * @p: a picture that is there
 *
 * The bytes are B, G, R, 0 for each pixel, row by row without padding; the
 * guest's clients compute the very same number from what they drew.
 *
 * Return: the hash, 0 if there was no memory for a row.
 */
uint64_t picture_hash(const struct picture *p)
{
	size_t row = (size_t)p->width * p->fmt->bpp / 8u;
	uint32_t *line = calloc(p->width, sizeof(*line));
	uint64_t h = 0xcbf29ce484222325ull;
	const uint64_t prime = 0x100000001b3ull;
	uint32_t x, y;

	if (!line)
		return 0;
	for (y = 0; y < p->height; y++) {
		row_to_xrgb(p->fmt, p->data + row * y, line, p->width);
		for (x = 0; x < p->width; x++) {
			h = (h ^ (line[x] & 0xff)) * prime;
			h = (h ^ (line[x] >> 8 & 0xff)) * prime;
			h = (h ^ (line[x] >> 16 & 0xff)) * prime;
			h *= prime;
		}
	}
	free(line);
	return h;
}

/**
 * picture_free() - forget the picture and its memory
 * @p: the picture
 */
void picture_free(struct picture *p)
{
	if (p->data)
		munmap(p->data, p->room);
	memset(p, 0, sizeof(*p));
}
