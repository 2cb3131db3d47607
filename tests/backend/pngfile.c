// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A picture to a PNG file, 8-bit RGB, all or nothing.
 */
#include <errno.h>
#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "picture.h"

static void on_error(png_structp png, png_const_charp text)
{
	const char **why = png_get_error_ptr(png);

	*why = text;
	png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
	(void)png;
	(void)text;
}

/*
 * Everything that must outlive the longjmp is in the caller: line and rgb are
 * rows of scratch memory.
 */
static bool encode(const struct picture *p, FILE *file, uint32_t *line, uint8_t *rgb,
		   const char **why)
{
	size_t row = (size_t)p->width * p->fmt->bpp / 8u;
	png_structp png;
	png_infop info;
	uint32_t x, y;

	png = png_create_write_struct(PNG_LIBPNG_VER_STRING, why, on_error, on_warning);
	if (!png)
		return false;
	info = png_create_info_struct(png);
	if (!info || setjmp(png_jmpbuf(png))) {
		png_destroy_write_struct(&png, &info);
		return false;
	}
	png_init_io(png, file);
	/* the event loop waits for us: quick rather than small */
	png_set_compression_level(png, 1);
	png_set_filter(png, 0, PNG_FILTER_NONE);
	png_set_IHDR(png, info, p->width, p->height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
		     PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	png_write_info(png, info);
	for (y = 0; y < p->height; y++) {
		row_to_xrgb(p->fmt, p->data + row * y, line, p->width);
		for (x = 0; x < p->width; x++) {
			rgb[3 * x] = (uint8_t)(line[x] >> 16);
			rgb[3 * x + 1] = (uint8_t)(line[x] >> 8);
			rgb[3 * x + 2] = (uint8_t)line[x];
		}
		png_write_row(png, rgb);
	}
	png_write_end(png, info);
	png_destroy_write_struct(&png, &info);
	return true;
}

/**
 * picture_write_png() - write a picture, atomically
 * @p: a picture that is there
 * @path: file; a temporary one beside it is renamed to it
 * @why: on failure a text that says what went wrong
 *
 * Return: true if the file is complete.
 */
bool picture_write_png(const struct picture *p, const char *path, const char **why)
{
	uint32_t *line = calloc(p->width, sizeof(*line));
	uint8_t *rgb = calloc(p->width, 3);
	char *tmp = NULL;
	FILE *file = NULL;
	bool ok = false;

	*why = "out of memory";
	if (!line || !rgb || asprintf(&tmp, "%s.%ld.tmp", path, (long)getpid()) < 0) {
		tmp = NULL;
		goto out;
	}
	file = fopen(tmp, "wb");
	if (!file) {
		*why = strerror(errno);
		goto out;
	}
	ok = encode(p, file, line, rgb, why);
	if (fclose(file) && ok) {
		*why = strerror(errno);
		ok = false;
	}
	if (ok && rename(tmp, path)) {
		*why = strerror(errno);
		ok = false;
	}
	if (!ok)
		unlink(tmp);
out:
	free(tmp);
	free(rgb);
	free(line);
	return ok;
}
