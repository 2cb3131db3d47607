// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * src/edid.c: EDIDs of all lengths, each broken in each way. The bytes lie in
 * memory that ends with them.
 */
#include "unit.h"

#include "xdf_edid.h"

/* @blocks blocks of random bytes with good checksums, announced as @announced */
static u8 *make(u32 blocks, u32 announced, uint64_t *seed)
{
	static const u8 header[] = { 0, 255, 255, 255, 255, 255, 255, 0 };
	u8 *edid = unit_alloc(blocks * XDF_EDID_BLOCK);
	u32 i, b;

	for (i = 0; i < blocks * XDF_EDID_BLOCK; i++)
		edid[i] = (u8)unit_random(seed);
	memcpy(edid, header, sizeof(header));
	edid[18] = 1;
	edid[126] = (u8)(announced - 1);
	for (b = 0; b < blocks; b++) {
		u8 sum = 0;

		for (i = 0; i < 127; i++)
			sum = (u8)(sum + edid[b * 128 + i]);
		edid[b * 128 + 127] = (u8)-sum;
	}
	return edid;
}

static void judge(const u8 *edid, u32 size, u32 capacity, int expected)
{
	const char *why = "untouched";
	int ret = xdf_edid_check(edid, size, capacity, &why);

	assert_int_equal(ret, expected);
	if (ret < 0)
		assert_non_null(why);
	else
		assert_null(why);
}

static void good(void **state)
{
	uint64_t seed = 1;
	u32 blocks;

	(void)state;
	for (blocks = 1; blocks <= 16; blocks++) {
		u8 *edid = make(blocks, blocks, &seed);

		judge(edid, blocks * 128, 32768, (int)blocks * 128);
		judge(edid, blocks * 128, blocks * 128, (int)blocks * 128);
		free(edid);
	}
}

static void too_many(void **state)
{
	uint64_t seed = 5;
	u32 blocks;

	(void)state;
	for (blocks = 17; blocks <= 256; blocks++) {
		u8 *edid = make(blocks, blocks, &seed);

		judge(edid, blocks * 128, 32768, -EFBIG);
		free(edid);
	}
}

static void other_version(void **state)
{
	uint64_t seed = 6;
	u32 version;

	(void)state;
	for (version = 0; version < 256; version++) {
		u8 *edid = make(1, 1, &seed);

		edid[127] = (u8)(edid[127] + edid[18] - version);
		edid[18] = (u8)version;
		judge(edid, 128, 32768, version == 1 ? 128 : -EOPNOTSUPP);
		free(edid);
	}
}

static void more_than_announced(void **state)
{
	uint64_t seed = 2;
	u8 *edid = make(5, 2, &seed);

	(void)state;
	edid[4 * 128]++; /* does not belong to it */
	judge(edid, 5 * 128, 32768, 2 * 128);
	free(edid);
}

static void truncated(void **state)
{
	uint64_t seed = 3;
	u32 have, announced;

	(void)state;
	for (have = 1; have < 8; have++)
		for (announced = have + 1; announced <= 16; announced++) {
			u8 *edid = make(have, announced, &seed);

			judge(edid, have * 128, 32768, -EMSGSIZE);
			free(edid);
		}
}

static void sizes(void **state)
{
	static const u32 bad[] = { 1, 127, 129, 255, 32767, 32769, 32896, 65536, 0x7fffffff,
				   0x80000000, 0xffffff80, 0xffffffff };
	u32 i;

	(void)state;
	judge(NULL, 0, 32768, -ENODATA);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		judge(NULL, bad[i], 32768, -ERANGE);
	judge(NULL, 256, 128, -ERANGE);
	judge(NULL, 32768 + 128, 0xffffffff, -ERANGE);
}

static void each_byte_matters(void **state)
{
	uint64_t seed = 4;
	u8 *edid = make(3, 3, &seed);
	u32 i;

	(void)state;
	for (i = 0; i < 3 * 128; i++) {
		edid[i] ^= 0x40;
		judge(edid, 3 * 128, 32768, i < 8 ? -EINVAL : i == 18 ? -EOPNOTSUPP :
		      i == 126 ? -EFBIG : -EBADMSG);
		edid[i] ^= 0x40;
	}
	judge(edid, 3 * 128, 32768, 3 * 128);
	free(edid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good),
		cmocka_unit_test(too_many),
		cmocka_unit_test(other_version),
		cmocka_unit_test(more_than_announced),
		cmocka_unit_test(truncated),
		cmocka_unit_test(sizes),
		cmocka_unit_test(each_byte_matters),
	};

	return cmocka_run_group_tests_name("edid", tests, NULL, NULL);
}
