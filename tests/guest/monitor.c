// SPDX-License-Identifier: GPL-2.0 OR MIT
/* What an EDID says, see monitor.h. */

#include <string.h>

#include "draw.h"
#include "monitor.h"

#define DESCRIPTORS	54
#define DESCRIPTOR	18
#define DESC_NAME	0xfc
#define TAG_DISPLAYID	0x70
#define DISPLAYID_TYPE1	0x03
#define TYPE1		20

static uint32_t le16(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8;
}

static void set_timing(struct monitor *m, uint64_t clock_10khz, uint32_t width, uint32_t hblank,
		       uint32_t height, uint32_t vblank)
{
	uint64_t dots = (uint64_t)(width + hblank) * (height + vblank);

	m->timing = true;
	m->width = width;
	m->height = height;
	m->mhz = dots ? (clock_10khz * 10000000 + dots / 2) / dots : 0;
}

static void read_name(struct monitor *m, const uint8_t *text)
{
	size_t n;

	for (n = 0; n < 13 && text[n] != '\n'; n++)
		m->name[n] = text[n] >= 0x20 && text[n] < 0x7f ? text[n] : '?';
	m->name[n] = 0;
}

/* The first descriptor is the preferred timing, if it is one. */
static void read_base(struct monitor *m, const uint8_t *b)
{
	const uint8_t *d = b + DESCRIPTORS;
	int i;

	if (le16(d))
		set_timing(m, le16(d), d[2] | (d[4] & 0xf0) << 4, d[3] | (d[4] & 0x0f) << 8,
			   d[5] | (d[7] & 0xf0) << 4, d[6] | (d[7] & 0x0f) << 8);
	for (i = 0; i < 4; i++, d += DESCRIPTOR)
		if (!le16(d) && !d[2] && d[3] == DESC_NAME)
			read_name(m, d + 5);
}

/* Modes too large for the base block are here, the preferred one marked. */
static void read_displayid(struct monitor *m, const uint8_t *b)
{
	unsigned int at, i, end = 5 + b[2] < EDID_BLOCK - 2 ? 5 + b[2] : EDID_BLOCK - 2;

	for (at = 5; at + 3 <= end && b[at + 2]; at += 3 + b[at + 2]) {
		if (b[at] != DISPLAYID_TYPE1)
			continue;
		for (i = at + 3; i + TYPE1 <= end && i < at + 3 + b[at + 2]; i += TYPE1) {
			const uint8_t *t = b + i;

			if (m->timing || !(t[3] & 0x80))
				continue;
			set_timing(m, (le16(t) | (uint64_t)t[2] << 16) + 1, le16(t + 4) + 1,
				   le16(t + 6) + 1, le16(t + 12) + 1, le16(t + 14) + 1);
		}
	}
}

/**
 * monitor_read - decode name and preferred timing of an EDID
 * @m: what was found
 * @edid: any bytes
 * @size: their number
 */
void monitor_read(struct monitor *m, const uint8_t *edid, size_t size)
{
	static const uint8_t magic[8] = { 0, 255, 255, 255, 255, 255, 255, 0 };
	size_t at, i;

	memset(m, 0, sizeof(*m));
	m->valid = size && !(size % EDID_BLOCK) && !memcmp(edid, magic, sizeof(magic));
	for (at = 0; at + EDID_BLOCK <= size; at += EDID_BLOCK) {
		const uint8_t *b = edid + at;
		uint8_t sum = 0;

		for (i = 0; i < EDID_BLOCK; i++)
			sum += b[i];
		m->valid &= !sum;
		if (!at)
			read_base(m, b);
		else if (b[0] == TAG_DISPLAYID)
			read_displayid(m, b);
	}
}

/**
 * hash_bytes - FNV-1a, 64 bits
 * @p: bytes
 * @size: their number
 *
 * Return: the hash.
 */
uint64_t hash_bytes(const uint8_t *p, size_t size)
{
	uint64_t hash = HASH_START;
	size_t i;

	for (i = 0; i < size; i++)
		hash = (hash ^ p[i]) * HASH_PRIME;
	return hash;
}
