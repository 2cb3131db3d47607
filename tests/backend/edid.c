// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * EDID blocks for a connector that has one mode. Pure.
 *
 * The mode is the first detailed timing of the base block. One that does not
 * fit there (a side above 4095, a pixel clock above 655 MHz) is in a DisplayID
 * extension, and the base block has no timing at all: a smaller one would name
 * a mode that SET_CONFIG refuses. Blocks behind that are CTA-861 extensions
 * with nothing but vendor data.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "edid.h"
#include "parse.h"

#define DTD_BYTES 18u
#define DTD_FIRST 54u
#define NAME_CHARS 13u
#define TAG_CTA 0x02
#define TAG_DISPLAYID 0x70
#define DISPLAYID_PRODUCT 0x00
#define DISPLAYID_TYPE_I 0x03
#define TYPE_I_BYTES 20u

/* reduced blanking, as CVT has it */
#define RB_HBLANK 160u
#define RB_HFRONT 48u
#define RB_HSYNC 32u
#define RB_VFRONT 3u
#define RB_VBACK_MIN 6u
#define RB_VBLANK_US 460

/**
 * struct timing - a mode; lengths in pixels and lines
 * @clock: in 10 kHz
 */
struct timing {
	uint32_t clock;
	uint32_t hactive, hblank, hfront, hsync;
	uint32_t vactive, vblank, vfront, vsync;
};

/* "60", "59.94" */
static bool parse_rate(const char *s, uint32_t *mhz)
{
	char *end;
	double v;

	if (*s < '0' || *s > '9')
		return false;
	v = strtod(s, &end);
	if (*end || !(v >= 1) || v > EDID_MAX_HZ)
		return false;
	*mhz = (uint32_t)lround(v * 1000);
	return true;
}

/* one part of "auto:2:1024x768", without what separates it */
static const char *parse_part(const char *part, size_t len, struct edid_spec *spec)
{
	char text[32];

	if (len >= sizeof(text))
		return "too long";
	memcpy(text, part, len);
	text[len] = '\0';
	if (strpbrk(text, "xX")) {
		if (spec->width || !parse_resolution(text, &spec->width, &spec->height))
			return "not one WxH within 1..16384";
	} else if (spec->blocks || !parse_u32(text, &spec->blocks) || !spec->blocks ||
		   spec->blocks > EDID_MAX_BLOCKS) {
		spec->blocks = 0;
		return "not one number of blocks, 1..256";
	}
	return NULL;
}

/**
 * edid_parse() - what to answer to GET_EDID
 * @text: none, displ_be, file:PATH, or auto[:BLOCKS][:WxH][@HZ]
 * @spec: the result; valid only if NULL is returned; @path points into @text
 *
 * Return: NULL, or what is wrong.
 */
const char *edid_parse(const char *text, struct edid_spec *spec)
{
	const char *why;

	memset(spec, 0, sizeof(*spec));
	if (!strcmp(text, "none"))
		return NULL;
	if (!strcmp(text, "displ_be")) {
		spec->kind = EDID_DISPL_BE;
		return NULL;
	}
	if (!strncmp(text, "file:", 5)) {
		spec->kind = EDID_FILE;
		spec->path = text + 5;
		return *spec->path ? NULL : "file: without a path";
	}
	if (strncmp(text, "auto", 4))
		return "not none, auto[:BLOCKS][:WxH][@HZ], displ_be or file:PATH";
	spec->kind = EDID_AUTO;
	spec->mhz = 60000;
	text += 4;
	while (*text == ':') {
		size_t n = strcspn(++text, ":@");

		why = parse_part(text, n, spec);
		if (why)
			return why;
		text += n;
	}
	if (*text == '@' && !parse_rate(text + 1, &spec->mhz))
		return "the rate is not within 1..500 Hz";
	if (*text && *text != '@')
		return "not none, auto[:BLOCKS][:WxH][@HZ], displ_be or file:PATH";
	if (!spec->blocks)
		spec->blocks = 1;
	return NULL;
}

/* the height of the sync pulse tells the shape of the picture */
static uint32_t sync_lines(uint32_t w, uint32_t h)
{
	if (w * 3 == h * 4)
		return 4;
	if (w * 9 == h * 16)
		return 5;
	if (w * 10 == h * 16)
		return 6;
	if (w * 4 == h * 5 || w * 9 == h * 15)
		return 7;
	return 10;
}

static void make_timing(struct timing *t, uint32_t width, uint32_t height, uint32_t mhz)
{
	double line_us = (1e9 / mhz - RB_VBLANK_US) / height;
	double clock;

	t->hactive = width;
	t->hblank = RB_HBLANK;
	t->hfront = RB_HFRONT;
	t->hsync = RB_HSYNC;
	t->vactive = height;
	t->vfront = RB_VFRONT;
	t->vsync = sync_lines(width, height);
	t->vblank = (uint32_t)ceil(RB_VBLANK_US / line_us);
	if (t->vblank < t->vfront + t->vsync + RB_VBACK_MIN)
		t->vblank = t->vfront + t->vsync + RB_VBACK_MIN;
	clock = (double)(width + t->hblank) * (height + t->vblank) * mhz / 1e7;
	t->clock = clock < 1 ? 1 : (uint32_t)lround(clock);
}

static bool fits_dtd(const struct timing *t)
{
	return t->clock <= 0xffff && t->hactive <= 0xfff && t->vactive <= 0xfff &&
	       t->hblank <= 0xfff && t->vblank <= 0xfff;
}

static bool fits_displayid(const struct timing *t)
{
	return t->clock <= 1u << 24;
}

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

/* low byte, low byte, the upper halves of both in one */
static void put12(uint8_t *p, uint32_t a, uint32_t b)
{
	p[0] = (uint8_t)a;
	p[1] = (uint8_t)b;
	p[2] = (uint8_t)((a >> 8 & 0xf) << 4 | (b >> 8 & 0xf));
}

/* what the last byte has to be for a sum of 0 */
static uint8_t checksum(const uint8_t *p, size_t n)
{
	unsigned int sum = 0;

	while (n--)
		sum += *p++;
	return (uint8_t)-sum;
}

/* at 96 dots per inch */
static uint32_t millimetres(uint32_t pixels)
{
	return pixels * 254 / 960;
}

static void put_dtd(uint8_t *d, const struct timing *t)
{
	put16(d, t->clock);
	put12(d + 2, t->hactive, t->hblank);
	put12(d + 5, t->vactive, t->vblank);
	d[8] = (uint8_t)t->hfront;
	d[9] = (uint8_t)t->hsync;
	d[10] = (uint8_t)((t->vfront & 0xf) << 4 | (t->vsync & 0xf));
	put12(d + 12, millimetres(t->hactive), millimetres(t->vactive));
	d[17] = 0x1a;		/* digital, separate syncs: horizontal +, vertical - */
}

/* a descriptor that is no timing; what is behind the text is a line end and blanks */
static void put_text(uint8_t *d, uint8_t tag, const char *text)
{
	size_t i, n = strnlen(text, NAME_CHARS);

	d[3] = tag;
	for (i = 0; i < n; i++)
		d[5 + i] = text[i] >= ' ' && text[i] <= '~' ? (uint8_t)text[i] : '?';
	for (; i < NAME_CHARS; i++)
		d[5 + i] = i == n ? '\n' : ' ';
}

static void put_dummy(uint8_t *d)
{
	d[3] = 0x10;
}

/* two limits of one byte each; what does not fit is a bit of the offsets */
static bool put_range(uint8_t *d, uint8_t *offsets, unsigned int bit, uint32_t low, uint32_t high)
{
	if (high > 510 || low < 1)
		return false;
	if (high > 255) {
		*offsets |= (uint8_t)((low > 255 ? 3 : 2) << bit);
		high -= 255;
		if (low > 255)
			low -= 255;
	}
	d[0] = (uint8_t)low;
	d[1] = (uint8_t)high;
	return true;
}

static void put_limits(uint8_t *d, const struct timing *t)
{
	uint32_t htotal = t->hactive + t->hblank, vtotal = t->vactive + t->vblank;
	double khz = t->clock * 10.0 / htotal, hz = khz * 1000 / vtotal;
	uint32_t low_hz = hz < 2 ? 1 : (uint32_t)hz, low_khz = khz < 2 ? 1 : (uint32_t)khz;
	uint32_t max_clock = (t->clock + 999) / 1000;

	d[3] = 0xfd;
	if (!put_range(d + 5, &d[4], 0, low_hz, (uint32_t)ceil(hz)) ||
	    !put_range(d + 7, &d[4], 2, low_khz, (uint32_t)ceil(khz)) || max_clock > 255) {
		memset(d, 0, DTD_BYTES);
		put_dummy(d);
		return;
	}
	d[9] = (uint8_t)max_clock;
	d[10] = 0x01;		/* limits only */
	d[11] = '\n';
	memset(d + 12, ' ', 6);
}

static const uint8_t header[8] = { 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0 };

/* three letters of five bits each, the first one in the upper bits */
static void put_vendor(uint8_t *b)
{
	b[8] = ('X' - '@') << 2 | ('E' - '@') >> 3;
	b[9] = (uint8_t)(('E' - '@') << 5 | ('N' - '@'));
}

static void put_base(uint8_t *b, const struct timing *t, const char *name, uint32_t extensions)
{
	static const uint8_t srgb[10] = { 0xee, 0x91, 0xa3, 0x54, 0x4c, 0x99, 0x26, 0x0f, 0x50,
					  0x54 };
	uint32_t cm_w = millimetres(t->hactive) / 10, cm_h = millimetres(t->vactive) / 10;
	uint8_t *d = b + DTD_FIRST;

	memcpy(b, header, sizeof(header));
	put_vendor(b);
	b[10] = 1;		/* product */
	b[16] = 0xff;		/* the year is that of the model */
	b[17] = 2026 - 1990;
	b[18] = 1;
	b[19] = 4;
	b[20] = 0xa0;		/* digital, 8 bits for each colour */
	if (cm_w && cm_h && cm_w <= 255 && cm_h <= 255) {
		b[21] = (uint8_t)cm_w;
		b[22] = (uint8_t)cm_h;
	}
	b[23] = 120;		/* gamma 2.2 */
	b[24] = 0x04;		/* RGB only, sRGB */
	memcpy(b + 25, srgb, sizeof(srgb));
	memset(b + 38, 0x01, 16);
	if (fits_dtd(t)) {
		b[24] |= 0x02;	/* the first timing is the native one */
		put_dtd(d, t);
	} else {
		put_dummy(d);
	}
	put_text(d + DTD_BYTES, 0xfc, *name ? name : "XEN");
	put_limits(d + 2 * DTD_BYTES, t);
	put_text(d + 3 * DTD_BYTES, 0xfe, "xdf-backend");
	b[126] = (uint8_t)extensions;
	b[127] = checksum(b, 127);
}

static void put_type_1(uint8_t *p, const struct timing *t)
{
	put16(p, t->clock - 1);
	p[2] = (uint8_t)((t->clock - 1) >> 16);
	p[3] = 0x88;		/* preferred, no stereo, shape not said */
	put16(p + 4, t->hactive - 1);
	put16(p + 6, t->hblank - 1);
	put16(p + 8, (t->hfront - 1) | 0x8000);
	put16(p + 10, t->hsync - 1);
	put16(p + 12, t->vactive - 1);
	put16(p + 14, t->vblank - 1);
	put16(p + 16, t->vfront - 1);
	put16(p + 18, t->vsync - 1);
}

static void put_displayid(uint8_t *b, const struct timing *t)
{
	static const uint8_t product[] = {
		DISPLAYID_PRODUCT, 0, 12, 'X', 'E', 'N', 1, 0, 0, 0, 0, 0, 0xff, 2026 - 2000, 0
	};
	uint8_t *p = b + 5;

	b[0] = TAG_DISPLAYID;
	b[1] = 0x13;		/* DisplayID 1.3 */
	b[2] = sizeof(product) + 3 + TYPE_I_BYTES;
	b[3] = 3;		/* a display of its own */
	memcpy(p, product, sizeof(product));
	p += sizeof(product);
	p[0] = DISPLAYID_TYPE_I;
	p[2] = TYPE_I_BYTES;
	put_type_1(p + 3, t);
	b[5 + b[2]] = checksum(b + 1, 4u + b[2]);
	b[127] = checksum(b, 127);
}

static void put_cta(uint8_t *b, unsigned int index, bool first)
{
	/* what a computer's screen can do, once; a vendor's block of Xen: the index */
	static const uint8_t video[] = { 7 << 5 | 2, 0x00, 0x4f };
	static const uint8_t vendor[] = { 3 << 5 | 5, 0x3e, 0x16, 0x00 };
	unsigned int at = 4;

	b[0] = TAG_CTA;
	b[1] = 3;
	b[3] = 0x80;		/* nothing of the picture is cut off */
	if (first) {
		memcpy(b + at, video, sizeof(video));
		at += sizeof(video);
	}
	memcpy(b + at, vendor, sizeof(vendor));
	put16(b + at + sizeof(vendor), index);
	b[2] = (uint8_t)(at + sizeof(vendor) + 2);
	b[127] = checksum(b, 127);
}

/**
 * edid_generate() - make an EDID
 * @spec: of kind EDID_AUTO
 * @name: the connector's name, at most 13 characters of it are used
 * @width: what @spec leaves open
 * @height: likewise
 * @out: where to
 *
 * A mode that needs a DisplayID extension takes two blocks at least.
 *
 * Return: its size in bytes; 0 if the mode is beyond all that can be said.
 */
size_t edid_generate(const struct edid_spec *spec, const char *name, uint32_t width,
		     uint32_t height, uint8_t out[EDID_MAX_BYTES])
{
	uint32_t blocks = spec->blocks, first, i = 1;
	struct timing t;

	if (spec->width) {
		width = spec->width;
		height = spec->height;
	}
	make_timing(&t, width, height, spec->mhz);
	if (!fits_dtd(&t) && !fits_displayid(&t))
		return 0;
	if (!fits_dtd(&t) && blocks < 2)
		blocks = 2;
	memset(out, 0, (size_t)blocks * EDID_BLOCK);
	put_base(out, &t, name, blocks - 1);
	if (!fits_dtd(&t))
		put_displayid(out + EDID_BLOCK * i++, &t);
	for (first = i; i < blocks; i++)
		put_cta(out + (size_t)EDID_BLOCK * i, i, i == first);
	return (size_t)blocks * EDID_BLOCK;
}

/**
 * edid_displ_be() - the EDID that displ_be makes
 * @width: of the connector's resolution
 * @height: likewise
 * @out: where to; 128 bytes are used
 *
 * One timing at 60 Hz. A field keeps the lowest bits of what does not fit: 16 of
 * the clock, 12 of a side, 10 of the front porch. Blanking is 35 % of the
 * width and 3.5 % of the height.
 *
 * Return: its size in bytes.
 */
size_t edid_displ_be(uint32_t width, uint32_t height, uint8_t out[EDID_MAX_BYTES])
{
	uint32_t hblank = width * 35 / 100, hfront = width / 4, hsync = width * 3 / 100;
	uint32_t vblank = height * 35 / 1000, vfront = height / 200, vsync = height / 200;
	uint64_t clock = (uint64_t)(width + hblank) * (height + vblank) * 60 / 10000;
	uint8_t *d = out + DTD_FIRST;

	memset(out, 0, EDID_BLOCK);
	memcpy(out, header, sizeof(header));
	put_vendor(out);
	out[10] = 'M';
	out[11] = 'V';
	out[16] = 1;		/* week and year */
	out[17] = 2020 - 1990;
	out[18] = 1;
	out[19] = 4;
	out[20] = 0xa5;		/* digital, 8 bits for each colour, DisplayPort */
	out[23] = 120;		/* gamma 2.2 */
	out[24] = 0x06;		/* sRGB, the first timing is the native one */
	memset(out + 38, 0x01, 16);
	put16(d, (uint16_t)clock);
	put12(d + 2, width, hblank);
	put12(d + 5, height, vblank);
	d[8] = (uint8_t)hfront;
	d[9] = (uint8_t)hsync;
	d[10] = (uint8_t)((vfront & 0xf) << 4 | (vsync & 0xf));
	d[11] = (uint8_t)((hfront >> 8 & 3) << 6 | (hsync >> 8 & 3) << 4 | (vfront >> 4 & 3) << 2 |
			  (vsync >> 4 & 3));
	/* a millimetre has 2.54 pixels */
	put12(d + 12, width * 100 / 254, height * 100 / 254);
	d[17] = 0x18;		/* digital, separate syncs, both - */
	put_text(d + DTD_BYTES, 0xfc, "pv-display");
	out[127] = checksum(out, 127);
	return EDID_BLOCK;
}

static bool dtd_is(const uint8_t *d, uint32_t width, uint32_t height)
{
	return (d[0] || d[1]) && (d[2] | (uint32_t)(d[4] & 0xf0) << 4) == width &&
	       (d[5] | (uint32_t)(d[7] & 0xf0) << 4) == height;
}

static bool cta_has(const uint8_t *b, uint32_t width, uint32_t height)
{
	unsigned int at;

	for (at = b[2] < 4 ? 127 : b[2]; at + DTD_BYTES <= 127; at += DTD_BYTES)
		if (dtd_is(b + at, width, height))
			return true;
	return false;
}

static bool displayid_has(const uint8_t *b, uint32_t width, uint32_t height)
{
	unsigned int at, i, end = 5u + b[2];

	if (end > 126)
		end = 126;
	for (at = 5; at + 3 <= end && b[at + 2]; at += 3u + b[at + 2]) {
		if (b[at] != DISPLAYID_TYPE_I)
			continue;
		for (i = at + 3; i + TYPE_I_BYTES <= end && i < at + 3 + b[at + 2];
		     i += TYPE_I_BYTES)
			if ((b[i + 4] | (uint32_t)b[i + 5] << 8) + 1 == width &&
			    (b[i + 12] | (uint32_t)b[i + 13] << 8) + 1 == height)
				return true;
	}
	return false;
}

/**
 * edid_has_size() - does a detailed timing have this size
 * @edid: any bytes
 * @bytes: how many
 * @width: pixels
 * @height: lines
 *
 * Looks into base block, CTA and DisplayID (type I) extensions.
 *
 * Return: true if one has.
 */
bool edid_has_size(const uint8_t *edid, size_t bytes, uint32_t width, uint32_t height)
{
	size_t block;
	unsigned int i;

	for (block = 0; block + EDID_BLOCK <= bytes; block += EDID_BLOCK) {
		const uint8_t *b = edid + block;

		for (i = 0; !block && i < 4; i++)
			if (dtd_is(b + DTD_FIRST + i * DTD_BYTES, width, height))
				return true;
		if (block && b[0] == TAG_CTA && cta_has(b, width, height))
			return true;
		if (block && b[0] == TAG_DISPLAYID && displayid_has(b, width, height))
			return true;
	}
	return false;
}
