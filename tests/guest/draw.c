// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The test card, the frames of a flip test and their hash, see draw.h. */

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "draw.h"


#define WHITE		0xf4f4f4
#define GROUND		0x23272e
#define GRID		0x4c535e
#define GRID_CENTRE	0x8a93a0
#define PLATE		0x0e1116
#define ACCENT		0x2f80c2
#define BLOCK_DARK	0x101317
#define BLOCK_LIGHT	0xd8dade

enum band {
	BAND_NAME,		/* the connector */
	BAND_BARS,
	BAND_TITLE,
	BAND_RAMP_STEPS,
	BAND_RAMP,
	BAND_BURST,		/* gratings of 1, 2 and 3 pixels */
	BAND_FOOT,
	BAND_END,
};

static const double band_top[] = { -1.0, -0.64, -0.28, 0.28, 0.40, 0.52, 0.70, 1.0 };

static int imin(int a, int b)
{
	return a < b ? a : b;
}

static int imax(int a, int b)
{
	return a > b ? a : b;
}

static int clampi(int v, int lo, int hi)
{
	return v < lo ? lo : v > hi ? hi : v;
}

static void fill(uint32_t *row, int width, int x0, int x1, uint32_t color)
{
	x0 = imax(x0, 0);
	x1 = imin(x1, width);
	for (; x0 < x1; x0++)
		row[x0] = color;
}

static uint32_t grey(int level)
{
	level = clampi(level, 0, 255);
	return level * 0x010101u;
}

/* Colour of the circle of hues, @at from 0 to 1535. */
static uint32_t hue(int at)
{
	unsigned int up = at & 255, down = 255 - up;

	switch ((at >> 8) % 6) {
	case 0:
		return 0xff0000 | up << 8;
	case 1:
		return down << 16 | 0x00ff00;
	case 2:
		return 0x00ff00 | up;
	case 3:
		return down << 8 | 0x0000ff;
	case 4:
		return up << 16 | 0x0000ff;
	default:
		return 0xff0000 | down;
	}
}

/* Place a line of text: centred on @cy, as large as @max_w and @cap allow. */
static void add_text(struct card *c, const char *s, double pen, double cy, double max_w,
		     double cap, uint32_t color)
{
	struct text *t = &c->text[c->ntext];
	double w;

	if (!s || !*s || c->ntext == CARD_LINES)
		return;
	snprintf(t->s, sizeof(t->s), "%s", s);
	w = font_width(t->s, pen);
	t->pen = pen;
	t->color = color;
	t->scale = fmin(cap / FONT_CAP, max_w / w);
	if (t->scale * FONT_CAP < 5)
		return;		/* nobody could read it */
	/* whole pixels for the height of a capital: sharper feet and tops */
	if (t->scale * FONT_CAP > 6)
		t->scale = floor(t->scale * FONT_CAP) / FONT_CAP;
	t->x = floor(c->cx - w * t->scale / 2) + 0.5;
	t->y = floor(cy + t->scale * FONT_CAP / 2) + 0.5;
	c->ntext++;
}

/* Half the width of the circle between two of its rows. */
static double chord(const struct card *c, int first, int end)
{
	double a = fabs(first - c->cy), b = fabs(end - c->cy), far = fmax(a, b);

	return far >= c->radius ? 0 : sqrt(c->radius * c->radius - far * far);
}

static void lay_text(struct card *c, const struct card_words *w)
{
	double mid, h;
	int b;

	b = c->band[BAND_NAME];
	h = c->band[BAND_BARS] - b;
	add_text(c, w->name, 1.0, b + h * 0.63, 2 * chord(c, b + h * 0.42, b + h) * 0.84, h * 0.34,
		 WHITE);

	b = c->band[BAND_TITLE];
	h = c->band[BAND_RAMP_STEPS] - b;
	mid = chord(c, b, b + h);
	add_text(c, w->title, 1.1, b + h * 0.26, 2 * mid * 0.86, h * 0.33, WHITE);
	add_text(c, w->mode, 0.9, b + h * 0.62, 2 * mid * 0.80, h * 0.16, 0x9fd2ff);
	add_text(c, w->system, 0.85, b + h * 0.86, 2 * mid * 0.86, h * 0.12, 0xc3cad3);
}

/**
 * card_init - lay out a test card
 * @c: where to
 * @width: pixels in a row, at least 1
 * @height: rows, at least 1
 * @words: what it says; copied
 */
void card_init(struct card *c, int width, int height, const struct card_words *words)
{
	int small = imin(width, height), cells, room, i;

	memset(c, 0, sizeof(*c));
	c->width = width;
	c->height = height;
	c->line = imax(1, small / 720);
	c->cx = width / 2.0;
	c->cy = height / 2.0;

	/* squares of a sixteenth of the short side, a grid line in the middle */
	cells = imax(2, imin(16, small / 12));
	c->pitch_x = imax(4, small / cells);
	c->pitch_y = c->pitch_x;
	c->block = imax(1, c->pitch_x / 3);
	c->radius = small / 2.0 - c->block - imax(1, c->pitch_x / 8);
	if (c->radius < 0)
		c->radius = 0;
	for (i = 0; i <= BAND_END; i++)
		c->band[i] = (int)floor(c->cy + band_top[i] * c->radius + 0.5);

	/* the columns of colour at both sides, when there is room for them */
	room = (int)floor(c->cx - c->radius) - c->block;
	c->column_gap = imax(2, c->pitch_x / 3);
	c->column_width = imin(c->pitch_x, (room - 2 * c->column_gap) / 3);
	if (c->column_width < 4)
		c->column_width = 0;
	c->column_left = c->block + (room - 3 * c->column_width) / 2;

	if (words)
		lay_text(c, words);
}

/* Is the grid line nearest to @at on it?  1: a line, 2: the one in the middle. */
static int on_grid(const struct card *c, int at, double centre, int pitch)
{
	int from = at - (int)centre + c->line / 2, k;

	k = from >= 0 ? from / pitch : -((pitch - 1 - from) / pitch);
	if (from - k * pitch >= c->line)
		return 0;
	return k ? 1 : 2;
}

static void ground_row(const struct card *c, int y, uint32_t *row)
{
	int what = on_grid(c, y, c->cy, c->pitch_y), x, k;

	fill(row, c->width, 0, c->width, what == 2 ? GRID_CENTRE : what ? GRID : GROUND);
	for (x = (int)c->cx % c->pitch_x - c->line / 2; x < c->width; x += c->pitch_x) {
		k = on_grid(c, x < 0 ? 0 : x, c->cx, c->pitch_x);
		fill(row, c->width, x, x + c->line, k == 2 || what == 2 ? GRID_CENTRE : GRID);
	}
}

/* Columns beside the circle: red, green, blue at the left, hues at the right. */
static void columns_row(const struct card *c, int y, uint32_t *row)
{
	static const uint32_t primary[] = { 0x010000, 0x000100, 0x000001 };
	int top = c->block + 4 * c->pitch_y - c->pitch_y / 3, end = c->height - top;
	int x = c->column_left, w = c->column_width, level, i;

	if (!w || y < top || y >= end)
		return;
	level = (end - 1 - y) * 256 / (end - top);
	for (i = 0; i < 3; i++)
		fill(row, c->width, x + i * w, x + (i + 1) * w, primary[i] * level);

	x = c->width - c->column_left - 3 * w;
	level = (y - top) * 1536 / (end - top);
	fill(row, c->width, x, x + w, blend(WHITE, hue(level), 128));
	fill(row, c->width, x + w, x + 2 * w, hue(level));
	fill(row, c->width, x + 2 * w, x + 3 * w, blend(0, hue(level), 128));
}

/* Gratings in the circle: upright lines of 1, 2, 3, 3, 2, 1 pixels. */
static void burst_row(const struct card *c, uint32_t *row, int x0, int x1)
{
	double left = c->cx - c->radius, span = 2 * c->radius;
	int x, part, from;

	for (x = x0; x < x1; x++) {
		part = clampi((int)((x + 0.5 - left) * 6 / span), 0, 5);
		from = (int)floor(left + part * span / 6);
		row[x] = (x - from) / (part < 3 ? part + 1 : 6 - part) & 1 ? 0x101010 : 0xe8e8e8;
	}
}

/* The picture inside the circle, from @x0 to before @x1. */
static void disc_row(const struct card *c, int y, uint32_t *row, int x0, int x1)
{
	static const uint32_t bars[] = {
		0xf0f0f0, 0xe8e000, 0x00dede, 0x00d600, 0xd800d8, 0xdc0000, 0x0010dc, 0x080808,
	};
	double left = c->cx - c->radius, span = 2 * c->radius;
	int band = BAND_NAME, x, i;

	while (band < BAND_FOOT && y >= c->band[band + 1])
		band++;

	switch (band) {
	case BAND_NAME:
		fill(row, c->width, x0, x1, ACCENT);
		break;
	case BAND_BARS:
		/* 8 bars over the chord at the upper edge of the band */
		span = 2 * chord(c, c->band[BAND_BARS], c->band[BAND_BARS]);
		left = c->cx - span / 2;
		if (span < 8)
			break;
		for (x = x0; x < x1; x++) {
			i = (int)floor((x + 0.5 - left) * 8 / span);
			row[x] = bars[clampi(i, 0, 7)];
		}
		break;
	case BAND_TITLE:
		fill(row, c->width, x0, x1, PLATE);
		break;
	case BAND_RAMP_STEPS:
		for (x = x0; x < x1; x++) {
			i = clampi((int)((x + 0.5 - left) * 16 / span), 0, 15);
			row[x] = grey(i * 17);
		}
		break;
	case BAND_RAMP:
		for (x = x0; x < x1; x++)
			row[x] = grey((int)((x + 0.5 - left) * 256 / span));
		break;
	case BAND_BURST:
		burst_row(c, row, x0, x1);
		break;
	default:
		/* the foot: a staircase of the accent colour */
		i = (y - c->band[BAND_FOOT]) * 6 / imax(1, c->band[BAND_END] - c->band[BAND_FOOT]);
		fill(row, c->width, x0, x1, blend(ACCENT, PLATE, clampi(i, 0, 5) * 42));
		break;
	}
}

/* Draw a ring: its middle at @radius around (@cx, @cy), @pen its half width. */
static void ring_row(int width, int y, uint32_t *row, double cx, double cy, double radius,
		     double pen, uint32_t color)
{
	double dy = y + 0.5 - cy, out = radius + pen + 0.5, in = radius - pen - 0.5, far, near;
	int side, x, x0, x1;

	if (fabs(dy) >= out || radius <= 0)
		return;
	far = sqrt(out * out - dy * dy);
	near = in > fabs(dy) ? sqrt(in * in - dy * dy) : 0;
	for (side = 0; side < 2; side++) {
		x0 = side ? (int)floor(cx + near) : (int)floor(cx - far);
		x1 = side ? (int)ceil(cx + far) : (int)ceil(cx - near);
		/* at the poles both sides meet: do not draw a pixel twice */
		if (side && near <= 0)
			break;
		if (!side && near <= 0)
			x1 = (int)ceil(cx + far);
		if (side)
			x0 = imax(x0, (int)ceil(cx - near));
		for (x = imax(x0, 0); x < imin(x1, width); x++) {
			double dx = x + 0.5 - cx, d = fabs(sqrt(dx * dx + dy * dy) - radius);
			double cover = pen + 0.5 - d;

			if (cover <= 0)
				continue;
			if (cover > 1)
				cover = 1;
			row[x] = blend(row[x], color, (unsigned int)(cover * 256));
		}
	}
}

/* The small rings in the corners, for geometry, with a colour each. */
static void corner_rings(const struct card *c, int y, uint32_t *row)
{
	static const uint32_t color[] = { 0xff5a4a, 0x52d273, 0x5a8dff, 0xffd24a };
	double r = c->pitch_x * 1.25, off = c->block + r + c->pitch_x * 0.5, reach;
	double dx = c->cx - off, dy = c->cy - off;
	int i;

	reach = sqrt(dx * dx + dy * dy);
	if (reach < c->radius + r + 2 || r < 6)
		return;
	for (i = 0; i < 4; i++) {
		double cx = i & 1 ? c->width - off : off, cy = i & 2 ? c->height - off : off;
		double k;

		ring_row(c->width, y, row, cx, cy, r, c->line * 0.9, color[i]);
		for (k = r * 0.75; k > 2; k -= r * 0.25)
			ring_row(c->width, y, row, cx, cy, k, c->line * 0.5, color[i]);
	}
}

/*
 * The edge: one line of white all around, blocks inside it, and a coloured
 * bracket in each corner, so that a missing row or column is seen at once.
 */
static void edge_row(const struct card *c, int y, uint32_t *row)
{
	static const uint32_t color[] = { 0xff2d1e, 0x1ec84b, 0x2d6bff, 0xffc21e };
	int b = c->block, w = c->width, h = c->height, arm, thick, x, k;
	int from_edge = imin(y, h - 1 - y);
	bool rim = from_edge < b;

	if (b < 3)
		goto rim;
	for (x = 0; x < w; x++) {
		int side = imin(x, w - 1 - x);

		if (!rim && side >= b) {
			x = w - b - 1;
			continue;
		}
		/* count the blocks from the middle, so that both ends look the same */
		if (rim && side >= b)
			k = abs((int)floor((x + 0.5 - c->cx) / (c->pitch_x / 2.0) + 0.5));
		else
			k = abs((int)floor((y + 0.5 - c->cy) / (c->pitch_y / 2.0) + 0.5));
		row[x] = k & 1 ? BLOCK_DARK : BLOCK_LIGHT;
	}
rim:
	if (from_edge == 0) {
		fill(row, w, 0, w, 0xffffff);
	} else {
		row[0] = 0xffffff;
		row[w - 1] = 0xffffff;
	}
	/* brackets: the outermost pixels, in colour */
	arm = imin(c->pitch_x * 2, imin(w, h) / 4);
	thick = imax(1, b / 2);
	if (from_edge >= arm)
		return;
	k = from_edge < thick ? arm : thick;
	fill(row, w, 0, k, y < h / 2 ? color[0] : color[2]);
	fill(row, w, w - k, w, y < h / 2 ? color[1] : color[3]);
}

/**
 * card_row - draw one row of a test card
 * @c: the card
 * @y: number of the row
 * @row: where to, as many pixels as the card is wide
 */
void card_row(const struct card *c, int y, uint32_t *row)
{
	double dy = y + 0.5 - c->cy, half;
	int i;

	ground_row(c, y, row);
	columns_row(c, y, row);
	if (fabs(dy) < c->radius) {
		half = sqrt(c->radius * c->radius - dy * dy);
		disc_row(c, y, row, imax(0, (int)floor(c->cx - half + 0.5)),
			 imin(c->width, (int)floor(c->cx + half + 0.5)));
		for (i = BAND_BARS; i < BAND_END; i++)
			if (y >= c->band[i] - (c->line + 1) / 2 &&
			    y < c->band[i] + (c->line + 1) / 2 && i != BAND_RAMP && c->radius > 40)
				fill(row, c->width, (int)ceil(c->cx - half),
				     (int)floor(c->cx + half), WHITE);
	}
	ring_row(c->width, y, row, c->cx, c->cy, c->radius, fmax(0.6, c->radius / 150), WHITE);
	corner_rings(c, y, row);
	edge_row(c, y, row);
	for (i = 0; i < c->ntext; i++)
		font_draw_row(&c->text[i], y, row, c->width);
}

/**
 * card_hash - hash of a whole test card
 * @c: the card
 * @row: room for one row
 *
 * Return: the hash.
 */
uint64_t card_hash(const struct card *c, uint32_t *row)
{
	uint64_t hash = HASH_START;
	int y;

	for (y = 0; y < c->height; y++) {
		card_row(c, y, row);
		hash = hash_row(hash, row, c->width);
	}
	return hash;
}

/**
 * frame_strip - rows of a frame that depend on its number
 * @f: the frame
 * @first: first such row
 * @end: the row after the last one
 *
 * The rest depends on pipe and buffer only and need not be drawn again.
 */
void frame_strip(const struct frame *f, int *first, int *end)
{
	int tall = clampi(f->height / 8, 1, 64);

	*first = (f->height - tall) / 2;
	*end = *first + tall;
}

/* The strip: a square that wanders, and the number as 32 blocks, low bit right. */
static void strip_row(const struct frame *f, int y, uint32_t *row)
{
	int first, end, bit, cell = imax(1, f->width / 34), left = (f->width - 32 * cell) / 2;
	int wander, tall;

	frame_strip(f, &first, &end);
	tall = end - first;
	fill(row, f->width, 0, f->width, 0x181c22);
	if (y < first + tall / 2) {
		for (bit = 0; bit < 32; bit++) {
			uint32_t on = f->number >> (31 - bit) & 1 ? 0xffffff : 0x303640;

			fill(row, f->width, left + bit * cell + 1, left + (bit + 1) * cell, on);
		}
	} else {
		wander = (int)((uint64_t)f->number * imax(1, f->width / 64) % imax(1, f->width));
		fill(row, f->width, wander, wander + tall / 2, 0xffd24a);
	}
}

/**
 * frame_row - draw one row of a frame
 * @f: the frame
 * @y: number of the row
 * @row: where to, as many pixels as the frame is wide
 */
void frame_row(const struct frame *f, int y, uint32_t *row)
{
	uint32_t base = hue((f->buffer * 512 + f->pipe * 180) % 1536), color;
	int first, end, cell = clampi(f->width / 20, 1, 64), x;

	frame_strip(f, &first, &end);
	if (y >= first && y < end) {
		strip_row(f, y, row);
		return;
	}
	/* a chequered slope of the buffer's colour */
	color = blend(0x20242a, base, 32 + (unsigned int)((int64_t)y * 180 / imax(1, f->height)));
	for (x = 0; x < f->width; x++)
		row[x] = (x / cell + y / cell) & 1 ? color : blend(color, 0, 60);
	if (y == 0 || y == f->height - 1)
		fill(row, f->width, 0, f->width, 0xffffff);
	row[0] = 0xffffff;
	row[f->width - 1] = 0xffffff;
}

/**
 * frame_hash - hash of a whole frame
 * @f: the frame
 * @row: room for one row
 *
 * Return: the hash.
 */
uint64_t frame_hash(const struct frame *f, uint32_t *row)
{
	uint64_t hash = HASH_START;
	int y;

	for (y = 0; y < f->height; y++) {
		frame_row(f, y, row);
		hash = hash_row(hash, row, f->width);
	}
	return hash;
}

/**
 * hash_row - go on with a hash over one row
 * @hash: HASH_START or what the row before gave
 * @row: pixels, XRGB8888
 * @width: their number
 *
 * FNV-1a, 64 bits, over the bytes B, G, R, 0 of each pixel.
 *
 * Return: the hash so far.
 */
uint64_t hash_row(uint64_t hash, const uint32_t *row, int width)
{
	int x;

	for (x = 0; x < width; x++) {
		hash = (hash ^ (row[x] & 0xff)) * HASH_PRIME;
		hash = (hash ^ (row[x] >> 8 & 0xff)) * HASH_PRIME;
		hash = (hash ^ (row[x] >> 16 & 0xff)) * HASH_PRIME;
		hash = hash * HASH_PRIME;	/* a byte of 0 changes nothing else */
	}
	return hash;
}
