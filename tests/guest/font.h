/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * A stroke font: each glyph is a few lines and arcs, drawn with a round pen of
 * any width at any size, anti-aliased.  Pure: no system call, no kernel header.
 *
 * Units: 12 from the baseline to the top of a capital, 8 to the top of an "x",
 * -4 to the bottom of a "g".
 */
#ifndef XDF_FONT_H
#define XDF_FONT_H

#include <stdint.h>

#include "util.h"

#define FONT_CAP	12
#define FONT_DESCENT	4
#define FONT_TEXT_MAX	96

/* A line of text with its place on the picture. */
struct text {
	char s[FONT_TEXT_MAX];
	double x;		/* left edge of the first pen stroke, pixels */
	double y;		/* baseline, pixels */
	double scale;		/* pixels per unit */
	double pen;		/* half the width of the pen, units */
	uint32_t color;
};

double font_width(const char *s, double pen);
void font_draw_row(const struct text *t, int y, uint32_t *row, int width);
uint32_t blend(uint32_t below, uint32_t above, unsigned int alpha);

#endif
