// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: edid
 *
 * Judges what a backend calls an EDID before DRM sees it: DRM computes its size
 * from a byte inside it.
 */
#include "xdf_edid.h"

/* Bytes of the first block: version, and number of the blocks behind it. */
#define VERSION 18
#define EXTENSIONS 126

/* All bytes of a block sum up to 0. */
static bool block_good(const u8 *block)
{
	u8 sum = 0;
	u32 i;

	for (i = 0; i < XDF_EDID_BLOCK; i++)
		sum += block[i];
	return !sum;
}

/**
 * xdf_edid_check - judge an EDID
 * @edid: private copy of what the backend wrote, @size bytes; not read when
 *	@size is out of range
 * @size: number of bytes the backend says there are
 * @capacity: number of bytes there was room for
 * @why: set to what is wrong, a constant text, on an error
 *
 * What DRM's parser would complain of in many lines each time that it looks is refused
 * here, and so is what keeps it busy: the modes that it makes of the last blocks it
 * compares with all those of the first.
 *
 * Return: size of the EDID in bytes, 128 to 2048, not more than @size: blocks
 * behind those that it announces do not belong to it. -ENODATA when there is
 * none, -ERANGE when @size is impossible, -EINVAL when it does not begin as an
 * EDID does, -EOPNOTSUPP when it is none of version 1, -EFBIG when it announces more than
 * 16 blocks, -EMSGSIZE when blocks are missing, -EBADMSG when a checksum is wrong.
 */
int xdf_edid_check(const u8 *edid, u32 size, u32 capacity, const char **why)
{
	static const u8 header[8] = { 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00 };
	u32 blocks, i;

	*why = "it is empty";
	if (!size)
		return -ENODATA;
	*why = "its size is no multiple of 128 bytes, or more than there was room for";
	if (size > capacity || size > XDF_EDID_MAX || size % XDF_EDID_BLOCK)
		return -ERANGE;
	*why = "it does not begin with the EDID header";
	if (memcmp(edid, header, sizeof(header)))
		return -EINVAL;
	*why = "its version is not 1";
	if (edid[VERSION] != 1)
		return -EOPNOTSUPP;
	*why = "it has more than 16 blocks";
	blocks = edid[EXTENSIONS] + 1u;
	if (blocks > XDF_EDID_BLOCKS)
		return -EFBIG;
	*why = "it has fewer blocks than it announces";
	if (blocks > size / XDF_EDID_BLOCK)
		return -EMSGSIZE;
	*why = "a checksum is wrong";
	for (i = 0; i < blocks; i++)
		if (!block_good(edid + i * XDF_EDID_BLOCK))
			return -EBADMSG;
	*why = NULL;
	return (int)(blocks * XDF_EDID_BLOCK);
}
