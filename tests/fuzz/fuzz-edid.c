// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * src/edid.c: the input is what a backend says of an EDID, and its bytes. A
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

static int expected(const u8 *edid, u32 size, u32 capacity)
{
	static const char header[] = "\0\xff\xff\xff\xff\xff\xff";
	u32 length, i;

	if (!size)
		return -ENODATA;
	if (size > capacity || size > 32768 || size & 127)
		return -ERANGE;
	if (memcmp(edid, header, 8))
		return -EINVAL;
	if (edid[18] != 1)
		return -EOPNOTSUPP;
	length = 128 * (1 + edid[126]);
	if (length > 2048)
		return -EFBIG;
	if (length > size)
		return -EMSGSIZE;
	for (i = 0; i < length; i += 128)
		if (sum_of(edid + i))
			return -EBADMSG;
	return (int)length;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t length)
{
	struct input in = { data, length };
	u8 what = take8(&in);
	u32 size = take32(&in), capacity = take32(&in);
	u16 spoilt = take16(&in);
	const char *why = "nothing";
	u8 *edid;
	int ret;

	if (what & TRUE_SIZE)
		size = (u32)(size % 300) * 128;
	if (what & TRUE_CAPACITY)
		capacity = 32768;
	/* what is not to be read is not there */
	if (!size || size > capacity || size > 32768 || size % 128) {
		edid = exactly(1);
	} else {
		edid = filled(&in, size);
		repair(edid, size, what, spoilt);
	}
	ret = xdf_edid_check(edid, size, capacity, &why);
	promise(ret == expected(edid, size, capacity));
	promise(ret > 0 ? !why : why && strlen(why) > 5 && strcmp(why, "nothing"));
	if (ret > 0)
		promise((u32)ret <= size && (u32)ret <= capacity && ret % 128 == 0);
	free(edid);
	return 0;
}
