// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * src/pure/edid.c: the input is what a backend says of an EDID, and its bytes. A
 * checksum is seldom right by chance, so the input may ask for it.
 */
#include "fuzz.h"

#include "xdf_edid.h"

enum { HEADER = 1, CHECKSUMS = 2, EXTENSIONS = 4, SPOIL = 8, TRUE_SIZE = 16, TRUE_CAPACITY = 32 };

static u8 sum_of(const u8 *block)
{
	u8 sum = 0;
	int i;

	for (i = 0; i < 128; i++)
		sum = (u8)(sum + block[i]);
	return sum;
}

/* What the input asks for; @size is a multiple of 128. */
static void repair(u8 *edid, u32 size, u8 what, u16 spoilt)
{
	u32 i;

	if (what & HEADER) {
		memset(edid, 0xff, 8);
		edid[0] = 0;
		edid[7] = 0;
		edid[18] = 1;
	}
	if (what & EXTENSIONS)
		edid[126] = (u8)(size / 128 - 1);
	for (i = 0; what & CHECKSUMS && i < size; i += 128)
		edid[i + 127] = (u8)(edid[i + 127] - sum_of(edid + i));
	if (what & SPOIL)
		edid[spoilt % size] ^= 1;
}

/* The error that must come, or 1 when there is a base block to keep. */
static int expected(const u8 *edid, u32 size, u32 capacity)
{
	static const char header[] = "\0\xff\xff\xff\xff\xff\xff";

	if (!size)
		return -ENODATA;
	if (size < 128 || capacity < 128)
		return -ERANGE;
	if (memcmp(edid, header, 8))
		return -EINVAL;
	if (edid[18] != 1)
		return -EOPNOTSUPP;
	if (sum_of(edid))
		return -EBADMSG;
	return 1;
}

/* What is left has no fault, and nothing was made up: each block was there before. */
static void is_sound(const u8 *edid, u32 kept, const u8 *before, u32 blocks)
{
	u32 i, j, n = 0;

	promise(edid[126] == kept - 1);
	for (i = 0; i < kept; i++)
		promise(!sum_of(edid + i * 128));
	for (i = 2; i < kept; i++) {
		for (j = n + 1; j < blocks && memcmp(edid + i * 128, before + j * 128, 128); j++)
			;
		promise(j < blocks);
		n = j;
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t length)
{
	struct input in = { data, length };
	u8 what = take8(&in);
	u32 size = take32(&in), capacity = take32(&in);
	u16 spoilt = take16(&in);
	const char *why = "nothing";
	u32 there, blocks;
	u8 *edid, *before;
	int ret, want;

	if (what & TRUE_SIZE)
		size = (u32)(size % 300) * 128;
	if (what & TRUE_CAPACITY)
		capacity = 32768;
	there = size < capacity ? size : capacity;
	there = there < 32768 ? there : 32768;
	blocks = there / 128;
	/* what is not to be read is not there */
	if (!blocks) {
		edid = exactly(1);
		before = exactly(1);
	} else {
		edid = filled(&in, there);
		repair(edid, blocks * 128, what, spoilt);
		before = exactly(there);
		memcpy(before, edid, there);
	}
	want = expected(edid, size, capacity);
	ret = xdf_edid_check(edid, size, capacity, &why);
	promise(want < 0 ? ret == want : ret >= 128 && ret <= 2048 && ret % 128 == 0);
	promise(ret > 0 ? (u32)ret <= there : why && strlen(why) > 5 && strcmp(why, "nothing"));
	promise(!why || strcmp(why, "nothing"));
	if (ret > 0)
		is_sound(edid, (u32)ret / 128, before, blocks);
	free(edid);
	free(before);
	return 0;
}
