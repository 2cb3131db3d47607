/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Pictures, computed row by row: the test card and the frames of a flip test.
 * Pure: no system call, no kernel header.  A picture never has to be read back
 * to be drawn or hashed, so what a buffer ought to hold is known without it.
 */
#ifndef XDF_DRAW_H
#define XDF_DRAW_H

#include <stdint.h>

#include "font.h"

#define CARD_LINES	6
#define HASH_START	0xcbf29ce484222325ull
#define HASH_PRIME	0x100000001b3ull

/* What the test card says. */
struct card_words {
	const char *title;	/* "xen-drm-front" */
	const char *system;	/* "Linux 6.1.0-37-amd64 x86_64" */
	const char *name;	/* "Virtual-1" */
	const char *mode;	/* "1024*768 @ 60 Hz"; '*' shows as a times sign */
};

/* A test card, laid out for one size. */
struct card {
	int width, height;
	int line;		/* thickness of a thin line */
	int pitch_x, pitch_y;	/* distance of two grid lines */
	int block;		/* thickness of the blocks along the edges */
	int column_gap, column_width, column_left;
	double cx, cy, radius;	/* the circle */
	int band[8];		/* first rows of the bands in the circle, and its end */
	int ntext;
	struct text text[CARD_LINES];
};

/* A frame of a flip test. */
struct frame {
	int width, height;
	unsigned int pipe;	/* which connector */
	unsigned int buffer;	/* which buffer: sets the colours */
	uint32_t number;	/* which frame: sets the strip */
};

void card_init(struct card *c, int width, int height, const struct card_words *words);
void card_row(const struct card *c, int y, uint32_t *row);
uint64_t card_hash(const struct card *c, uint32_t *row);

void frame_row(const struct frame *f, int y, uint32_t *row);
void frame_strip(const struct frame *f, int *first, int *end);
uint64_t frame_hash(const struct frame *f, uint32_t *row);

uint64_t hash_row(uint64_t hash, const uint32_t *row, int width);

#endif
