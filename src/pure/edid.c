// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: edid
 *
 * Judges an EDID that a backend has written before DRM parses it, and repairs
 * the copy: blocks that are damaged or missing are left out. Also recognises
 * the EDIDs that displ_be makes of sizes which do not fit an EDID.
 */
#include "xdf_edid.h"

/* Bytes of the base block: version, and number of extension blocks. */
#define VERSION 18
#define EXTENSIONS 126

/* HF-EEODB, CTA-861 7.5.17: the first data block of the first extension. */
#define CTA_TAG 0x02
#define EEODB_AT 4
#define EEODB_HEADER 0xe2
#define EEODB_TAG 0x78

/* displ_be keeps 16 bits of the pixel clock, in units of 10 kHz, and 12 of each side. */
#define CLOCK_WRAP_KHZ 655360u
#define SIDE_WRAP 4096u
/* The rate that displ_be meant, and the lowest one that a display is believed, in Hz. */
#define WRAPPED_HZ 60u
#define LOWEST_HZ 20u

static u8 block_sum(const u8 *block)
{
	u8 sum = 0;
	u32 i;

	for (i = 0; i < XDF_EDID_BLOCK; i++)
		sum += block[i];
	return sum;
}

/* The bytes of a block must sum up to 0. */
static void block_mend(u8 *block)
{
	block[XDF_EDID_BLOCK - 1] -= block_sum(block);
}

/*
 * The byte of the first extension that overrides the number of extensions, which old
 * parsers read from the base block; NULL when there is none.
 */
static u8 *eeodb(u8 *edid, u32 blocks)
{
	u8 *block = edid + XDF_EDID_BLOCK;

	if (blocks < 2 || block_sum(block) || block[0] != CTA_TAG ||
	    block[EEODB_AT] != EEODB_HEADER || block[EEODB_AT + 1] != EEODB_TAG)
		return NULL;
	return &block[EEODB_AT + 2];
}

/*
 * Move the good ones of @blocks blocks together. Returns their number, and what is wrong
 * with those that are left out.
 */
static u32 keep_good(u8 *edid, u32 blocks, const char **why)
{
	u32 i, kept = 1;

	for (i = 1; i < blocks; i++) {
		const u8 *block = edid + i * XDF_EDID_BLOCK;

		if (block_sum(block)) {
			*why = "the checksum of a block is wrong";
			continue;
		}
		if (kept == XDF_EDID_BLOCKS) {
			*why = "it has more than 16 blocks";
			break;
		}
		if (kept != i)
			memmove(edid + kept * XDF_EDID_BLOCK, block, XDF_EDID_BLOCK);
		kept++;
	}
	return kept;
}

/* Have the blocks announce as many as there are. */
static void announce(u8 *edid, u32 blocks)
{
	u8 *override = eeodb(edid, blocks);

	if (override && *override != blocks - 1) {
		*override = blocks - 1;
		block_mend(edid + XDF_EDID_BLOCK);
	}
	if (edid[EXTENSIONS] != blocks - 1) {
		edid[EXTENSIONS] = blocks - 1;
		block_mend(edid);
	}
}

/**
 * xdf_edid_check - judge an EDID, and leave out what is wrong
 * @edid: private copy of what the backend wrote, @size bytes or @capacity, whichever is
 *	less; changed so that DRM finds nothing wrong with it
 * @size: number of bytes the backend says there are
 * @capacity: number of bytes there was room for
 * @why: set to what is wrong, a constant text, on an error and when part of the EDID is
 *	left out; else to NULL
 *
 * An extension with a wrong checksum, or announced and not there, does not make the others
 * worthless. The base block must be good. Blocks that nothing announces do not belong to
 * the EDID. More than 16 keep DRM's parser busy: the modes that it makes of the last blocks
 * it compares with all those of the first.
 *
 * Return: size of the EDID in bytes, 128 to 2048, a multiple of 128, not more than @size.
 * -ENODATA when there is none, -ERANGE when there is no whole block, -EINVAL when it does not
 * begin as an EDID does, -EOPNOTSUPP when its version is not 1, -EBADMSG when the checksum
 * of the base block is wrong.
 */
int xdf_edid_check(u8 *edid, u32 size, u32 capacity, const char **why)
{
	static const u8 header[8] = { 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00 };
	u32 there = size < capacity ? size : capacity;
	u32 blocks, announced, kept;
	const u8 *override;

	*why = "it is empty";
	if (!size)
		return -ENODATA;
	*why = "it is shorter than one block of 128 bytes";
	blocks = (there < XDF_EDID_MAX ? there : XDF_EDID_MAX) / XDF_EDID_BLOCK;
	if (!blocks)
		return -ERANGE;
	*why = "it does not begin with the EDID header";
	if (memcmp(edid, header, sizeof(header)))
		return -EINVAL;
	*why = "its version is not 1";
	if (edid[VERSION] != 1)
		return -EOPNOTSUPP;
	*why = "the checksum of its base block is wrong";
	if (block_sum(edid))
		return -EBADMSG;

	*why = NULL;
	announced = edid[EXTENSIONS] + 1u;
	override = eeodb(edid, blocks);
	if (override && *override + 1u > announced)
		announced = *override + 1u;
	if (announced > blocks)
		*why = "it has fewer whole blocks than it announces";
	kept = keep_good(edid, announced < blocks ? announced : blocks, why);
	announce(edid, kept);
	return (int)(kept * XDF_EDID_BLOCK);
}

/* Refresh rate in Hz, rounded down. */
static u32 rate(const struct xdf_timing *timing, u64 clock_khz)
{
	u32 total = timing->htotal * timing->vtotal;

	return total ? (u32)div64_u64(clock_khz * 1000, total) : 0;
}

/**
 * xdf_edid_wrapped - has displ_be made this timing of a size that does not fit an EDID?
 * @timing: the only timing of an EDID
 * @width: of the display by XenStore, in pixels
 * @height: of the display by XenStore, in lines
 *
 * displ_be makes an EDID of the size in XenStore, for 60 Hz, and cuts off the upper bits
 * of pixel clock and sides: 3840x2160 is said to have 3.4 Hz, and 5120x1440 to be 1024x1440.
 *
 * Return: whether it has.
 */
bool xdf_edid_wrapped(const struct xdf_timing *timing, u32 width, u32 height)
{
	u32 hz, meant;

	if (timing->width != width || timing->height != height)
		return (width >= SIDE_WRAP || height >= SIDE_WRAP) &&
		       timing->width == width % SIDE_WRAP && timing->height == height % SIDE_WRAP;
	hz = rate(timing, timing->clock_khz);
	meant = rate(timing, (u64)timing->clock_khz + CLOCK_WRAP_KHZ);
	return hz < LOWEST_HZ || meant == WRAPPED_HZ || meant == WRAPPED_HZ - 1;
}
