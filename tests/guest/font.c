// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The stroke font, see font.h. */

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "font.h"

#define FONT_GAP	1.7	/* between the pens of two glyphs, units */
#define FONT_SPACE	3.5
#define PRIM_MAX	40

/*
 * A path is a list of strokes, separated by blanks; a stroke is a list of
 * points "xyr": x in base 36, y + 4 in base 36, r the radius of the corner
 * there.  "z" closes a stroke.  A stroke of one point is a dot.
 */
struct glyph {
	char c;
	unsigned char width;
	const char *path;
};

static const struct glyph glyphs[] = {
	{ '?', 6, "0d00g36g36a23a2370 340" },
	{ '-', 4, "080480" },
	{ '+', 6, "080680 3b0350" },
	{ '=', 5, "060560 0a05a0" },
	{ '_', 6, "030630" },
	{ '.', 0, "040" },
	{ ',', 1, "140020" },
	{ ':', 0, "040 0b0" },
	{ '/', 4, "0404g0" },
	{ '~', 6, "0702a1471690" },
	{ '(', 2, "2h00c5085230" },
	{ ')', 2, "0h02c5285030" },
	/* a multiplication sign stands at '*' */
	{ '*', 5, "0505a0 0a0550" },
	{ '#', 7, "1405g0 3407g0 080680 1c07c0" },
	{ '@', 10, "3c17c1771371z 7c0771a71ag40g4034830" },
	{ '0', 6, "0g36g3643043z" },
	{ '1', 6, "1d04g0440" },
	{ '2', 6, "0d00g36g36b3040640" },
	{ '3', 6, "0g06g36a32a0 2a06a3643040" },
	{ '4', 7, "5405g0070770" },
	{ '5', 6, "6g00g00b06b3643040" },
	{ '6', 6, "5g00g30436436b30b0" },
	{ '7', 6, "0g06g0240" },
	{ '8', 6, "0g36g36a30a3z 0a36a3643043z" },
	{ '9', 6, "1406436g30g3093690" },
	{ 'A', 8, "0404g0840 180780" },
	{ 'B', 7, "0400g06g36a30a0 0a07a3743040" },
	{ 'C', 7, "7g00g4044740" },
	{ 'D', 7, "0400g07g4744040" },
	{ 'E', 6, "6g00g0040640 0a05a0" },
	{ 'F', 6, "6g00g0040 0a05a0" },
	{ 'G', 7, "7g00g40437437a04a0" },
	{ 'H', 7, "0g0040 7g0740 0a07a0" },
	{ 'I', 0, "0g0040" },
	{ 'J', 5, "5g0543040" },
	{ 'K', 7, "0g0040 7g0080 2a0740" },
	{ 'L', 6, "0g0040640" },
	{ 'M', 8, "0400g04808g0840" },
	{ 'N', 7, "0400g07407g0" },
	{ 'O', 8, "0g48g4844044z" },
	{ 'P', 7, "0400g07g3793090" },
	{ 'Q', 8, "0g48g4844044z 570830" },
	{ 'R', 7, "0400g07g3793090 390740" },
	{ 'S', 7, "7g00g30a37a3743040" },
	{ 'T', 8, "0g08g0 4g0440" },
	{ 'U', 7, "0g00437437g0" },
	{ 'V', 8, "0g04408g0" },
	{ 'W', 12, "0g03406g0940cg0" },
	{ 'X', 7, "0g0740 7g0040" },
	{ 'Y', 8, "0g04908g0 490440" },
	{ 'Z', 7, "0g07g0040740" },
	{ 'a', 6, "1c06c3640 690092042640" },
	{ 'b', 6, "0g0040 0c06c3643040" },
	{ 'c', 5, "5c00c3043540" },
	{ 'd', 6, "6g0640 6c00c3043640" },
	{ 'e', 6, "0806806c30c3043540" },
	{ 'f', 4, "4g01g3140 0c04c0" },
	{ 'g', 6, "6c00c3043640 6c0603100" },
	{ 'h', 6, "0g0040 0c06c3640" },
	{ 'i', 0, "0c0040 0f0" },
	{ 'j', 2, "2c0202000 2f0" },
	{ 'k', 5, "0g0040 5c0070 290540" },
	{ 'l', 2, "0g0042240" },
	{ 'm', 10, "0c0040 0c0ac3a40 5c0540" },
	{ 'n', 6, "0c0040 0c06c3640" },
	{ 'o', 6, "0c36c3643043z" },
	{ 'p', 6, "0c0000 0c06c3643040" },
	{ 'q', 6, "6c0600 6c00c3043640" },
	{ 'r', 4, "0c0040 0800c34c0" },
	{ 's', 5, "5c00c2082582542040" },
	{ 't', 4, "1f0143440 0c04c0" },
	{ 'u', 6, "0c0043640 6c0640" },
	{ 'v', 6, "0c03406c0" },
	{ 'w', 10, "0c03405c0740ac0" },
	{ 'x', 5, "0c0540 5c0040" },
	{ 'y', 6, "0c0340 6c0200" },
	{ 'z', 5, "0c05c0040540" },
};

/* A straight line (r == 0) or an arc of less than half a circle. */
struct prim {
	double x0, y0, x1, y1;	/* ends */
	double cx, cy, r;	/* circle of an arc */
	double turn;		/* of an arc: +1 left, -1 right */
	double lo, hi;		/* range of y */
};

struct outline {
	bool ready;
	int n;
	struct prim p[PRIM_MAX];
};

static struct outline outlines[ARRAY_SIZE(glyphs)];

static int digit(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

static double clamp_unit(double v)
{
	return v < 0 ? 0 : v > 1 ? 1 : v;
}

static void add_line(struct outline *o, double x0, double y0, double x1, double y1)
{
	struct prim *p;

	if (o->n == PRIM_MAX)
		return;
	p = &o->p[o->n++];
	*p = (struct prim){
		.x0 = x0, .y0 = y0, .x1 = x1, .y1 = y1,
		.lo = fmin(y0, y1), .hi = fmax(y0, y1),
	};
}

/*
 * Round the corner b of a - b - c: the arc is added, its two ends returned in
 * *in and *out.  Without a radius both are b.
 */
static void add_corner(struct outline *o, const double *a, const double *b, const double *c,
		       double *in, double *out)
{
	double ux = a[0] - b[0], uy = a[1] - b[1], vx = c[0] - b[0], vy = c[1] - b[1];
	double ul = sqrt(ux * ux + uy * uy), vl = sqrt(vx * vx + vy * vy);
	double r = b[2], cosine, tangent, mx, my, ml, dist;
	struct prim *p;

	in[0] = b[0];
	in[1] = b[1];
	out[0] = b[0];
	out[1] = b[1];
	if (r <= 0 || ul <= 0 || vl <= 0 || o->n == PRIM_MAX)
		return;
	ux /= ul;
	uy /= ul;
	vx /= vl;
	vy /= vl;
	cosine = ux * vx + uy * vy;
	if (cosine > 0.999 || cosine < -0.999)
		return;
	/* distance from b to the ends of the arc: r / tan(half the angle) */
	tangent = r * sqrt((1 + cosine) / (1 - cosine));
	dist = sqrt(tangent * tangent + r * r);
	mx = ux + vx;
	my = uy + vy;
	ml = sqrt(mx * mx + my * my);
	in[0] += ux * tangent;
	in[1] += uy * tangent;
	out[0] += vx * tangent;
	out[1] += vy * tangent;
	p = &o->p[o->n++];
	*p = (struct prim){
		.x0 = in[0], .y0 = in[1], .x1 = out[0], .y1 = out[1],
		.cx = b[0] + mx / ml * dist, .cy = b[1] + my / ml * dist, .r = r,
		.turn = ux * vy - uy * vx < 0 ? 1 : -1,
	};
	p->lo = fmin(fmin(p->y0, p->y1), b[1]);
	p->hi = fmax(fmax(p->y0, p->y1), b[1]);
}

static void build(struct outline *o, const char *path)
{
	double pt[16][3], in[16][2], out[16][2];

	while (*path) {
		bool closed = false;
		int n = 0, i;

		for (; *path && *path != ' '; path += 3) {
			if (*path == 'z') {
				closed = true;
				path++;
				break;
			}
			pt[n][0] = digit(path[0]);
			pt[n][1] = digit(path[1]) - FONT_DESCENT;
			pt[n][2] = digit(path[2]);
			n++;
		}
		while (*path == ' ')
			path++;
		for (i = 0; i < n; i++) {
			bool end = !closed && (i == 0 || i == n - 1);
			double bare[3] = { pt[i][0], pt[i][1], end ? 0 : pt[i][2] };

			add_corner(o, pt[(i + n - 1) % n], bare, pt[(i + 1) % n], in[i], out[i]);
		}
		if (n == 1)
			add_line(o, pt[0][0], pt[0][1], pt[0][0], pt[0][1]);
		for (i = 0; i + 1 < n || (closed && i < n); i++)
			add_line(o, out[i][0], out[i][1], in[(i + 1) % n][0], in[(i + 1) % n][1]);
	}
	o->ready = true;
}

static int glyph_index(char c)
{
	size_t i;

	for (i = 1; i < ARRAY_SIZE(glyphs); i++)
		if (glyphs[i].c == c)
			return i;
	return 0;
}

static double line_distance2(const struct prim *p, double x, double y)
{
	double dx = p->x1 - p->x0, dy = p->y1 - p->y0, l2 = dx * dx + dy * dy, t = 0;

	if (l2 > 0)
		t = clamp_unit(((x - p->x0) * dx + (y - p->y0) * dy) / l2);
	dx = x - p->x0 - t * dx;
	dy = y - p->y0 - t * dy;
	return dx * dx + dy * dy;
}

static double arc_distance2(const struct prim *p, double x, double y)
{
	double ax = p->x0 - p->cx, ay = p->y0 - p->cy, bx = p->x1 - p->cx, by = p->y1 - p->cy;
	double d0, d1, d;

	x -= p->cx;
	y -= p->cy;
	if (p->turn * (ax * y - ay * x) >= 0 && p->turn * (x * by - y * bx) >= 0) {
		d = sqrt(x * x + y * y) - p->r;
		return d * d;
	}
	d0 = (x - ax) * (x - ax) + (y - ay) * (y - ay);
	d1 = (x - bx) * (x - bx) + (y - by) * (y - by);
	return fmin(d0, d1);
}

/**
 * blend - mix two colours
 * @below: colour underneath
 * @above: colour on top
 * @alpha: how much of @above, 0 to 256
 *
 * Return: the mix, with the unused byte 0.
 */
uint32_t blend(uint32_t below, uint32_t above, unsigned int alpha)
{
	unsigned int keep = 256 - alpha;
	uint32_t rb, g;

	rb = ((below & 0xff00ff) * keep + (above & 0xff00ff) * alpha + 0x800080) >> 8;
	g = ((below & 0x00ff00) * keep + (above & 0x00ff00) * alpha + 0x008000) >> 8;
	return (rb & 0xff00ff) | (g & 0x00ff00);
}

/**
 * font_width - width of a line of text
 * @s: the text
 * @pen: half the width of the pen, units
 *
 * Return: the width in units, pen included.
 */
double font_width(const char *s, double pen)
{
	double w = -FONT_GAP;

	for (; *s; s++)
		w += (*s == ' ' ? FONT_SPACE : glyphs[glyph_index(*s)].width + 2 * pen) + FONT_GAP;
	return w < 0 ? 0 : w;
}

/**
 * font_draw_row - draw what a line of text has on one row of pixels
 * @t: the text
 * @y: number of the row
 * @row: the row
 * @width: its number of pixels
 */
void font_draw_row(const struct text *t, int y, uint32_t *row, int width)
{
	double uy = (t->y - (y + 0.5)) / t->scale;
	double soft = 0.5 / t->scale, reach = t->pen + soft, left = t->x / t->scale;
	const char *s;

	if (t->scale <= 0 || uy > FONT_CAP + 1 + reach || uy < -FONT_DESCENT - reach)
		return;
	for (s = t->s; *s; s++) {
		const struct prim *near[PRIM_MAX];
		struct outline *o;
		int i, n = 0, x, x0, x1;

		if (*s == ' ') {
			left += FONT_SPACE + FONT_GAP;
			continue;
		}
		i = glyph_index(*s);
		o = &outlines[i];
		if (!o->ready)
			build(o, glyphs[i].path);
		left += t->pen;
		x0 = floor((left - reach) * t->scale);
		x1 = ceil((left + glyphs[i].width + reach) * t->scale);
		if (x0 < 0)
			x0 = 0;
		if (x1 > width)
			x1 = width;
		for (int k = 0; k < o->n; k++)
			if (uy >= o->p[k].lo - reach && uy <= o->p[k].hi + reach)
				near[n++] = &o->p[k];
		for (x = x0; n && x < x1; x++) {
			double ux = (x + 0.5) / t->scale - left, best = 1e9, cover;

			for (int k = 0; k < n; k++) {
				double d = near[k]->r > 0 ? arc_distance2(near[k], ux, uy) :
							    line_distance2(near[k], ux, uy);

				if (d < best)
					best = d;
			}
			if (best >= reach * reach)
				continue;
			cover = clamp_unit((reach - sqrt(best)) * t->scale);
			row[x] = blend(row[x], t->color, (unsigned int)(cover * 256));
		}
		left += glyphs[i].width + t->pen + FONT_GAP;
	}
}
