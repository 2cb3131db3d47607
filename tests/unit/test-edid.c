// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * src/pure/edid.c: EDIDs of all lengths, each broken in each way, and those of
 * tests/edid. The bytes lie in memory that ends with them.
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

static u8 sum_of(const u8 *block)
{
	u8 sum = 0;
	u32 i;

	for (i = 0; i < 128; i++)
		sum = (u8)(sum + block[i]);
	return sum;
}

/* @partial: part of it is left out, or what is wrong with it */
static void judge_part(u8 *edid, u32 size, u32 capacity, int expected, bool partial)
{
	const char *why = "untouched";
	int ret = xdf_edid_check(edid, size, capacity, &why), i;

	assert_int_equal(ret, expected);
	if (partial)
		assert_true(why && strlen(why) > 5 && strcmp(why, "untouched"));
	else
		assert_null(why);
	/* whatever was wrong, what is left is without fault */
	for (i = 0; i < ret; i += 128)
		assert_int_equal(sum_of(edid + i), 0);
	if (ret > 0)
		assert_int_equal(edid[126], ret / 128 - 1);
}

static void judge(u8 *edid, u32 size, u32 capacity, int expected)
{
	judge_part(edid, size, capacity, expected, expected < 0);
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

		judge_part(edid, blocks * 128, 32768, 16 * 128, true);
		judge(edid, blocks * 128, 32768, 16 * 128);
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
		for (announced = have + 1; announced <= 256; announced++) {
			u8 *edid = make(have, announced, &seed);

			judge_part(edid, have * 128, 32768, (int)have * 128, true);
			free(edid);
		}
}

/* The last block is not all there; or there was no room for what the backend says. */
static void cut(void **state)
{
	uint64_t seed = 7;
	u32 size;

	(void)state;
	for (size = 128; size < 384; size++) {
		u8 *edid = make(3, 3, &seed);
		u8 *end = unit_copy(edid, size);

		judge_part(end, size, 32768, (int)(size / 128) * 128, true);
		free(end);
		end = unit_copy(edid, size);
		judge_part(end, 384, size, (int)(size / 128) * 128, true);
		free(end);
		free(edid);
	}
}

static void sizes(void **state)
{
	u32 size;

	(void)state;
	judge(NULL, 0, 32768, -ENODATA);
	for (size = 1; size < 128; size++)
		judge(NULL, size, 32768, -ERANGE);
	judge(NULL, 256, 127, -ERANGE);
	judge(NULL, 0xffffffff, 127, -ERANGE);
	judge(NULL, 0xffffffff, 0, -ERANGE);
}

/* A size beyond all room: as many whole blocks as there may be are looked at, not more. */
static void lies(void **state)
{
	static const u32 lie[] = { 32769, 65536, 0x7fffffff, 0x80000000, 0xffffff80, 0xffffffff };
	uint64_t seed = 8;
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(lie); i++) {
		u8 *edid = make(256, 2, &seed);

		judge(edid, lie[i], 32768, 256);
		judge(edid, lie[i], 0xffffffff, 256);
		free(edid);
	}
}

static void each_byte_matters(void **state)
{
	uint64_t seed = 4;
	u8 *good = make(3, 3, &seed);
	u32 i;

	(void)state;
	for (i = 0; i < 3 * 128; i++) {
		u8 *edid = unit_copy(good, 3 * 128);

		edid[i] ^= 0x40;
		if (i >= 128)
			judge_part(edid, 3 * 128, 32768, 2 * 128, true);
		else
			judge(edid, 3 * 128, 32768, i < 8 ? -EINVAL : i == 18 ? -EOPNOTSUPP :
			      -EBADMSG);
		/* the block that is good is kept, wherever it was */
		if (i >= 128)
			assert_memory_equal(edid + 128, good + (i < 256 ? 256 : 128), 128);
		free(edid);
	}
	judge(good, 3 * 128, 32768, 3 * 128);
	free(good);
}

/* HF-EEODB: an extension says that there are more of them than the base block says. */
static void override(void **state)
{
	uint64_t seed = 9;
	u32 have, says;

	(void)state;
	for (have = 2; have <= 16; have++)
		for (says = 0; says < 256; says++) {
			u8 *edid = make(have, 2, &seed), *cta = edid + 128;
			u32 kept = says + 1 < 2 ? 2 : says + 1 < have ? says + 1 : have;

			memcpy(cta, "\x02\x03\x10\x00\xe2\x78", 6);
			cta[6] = (u8)says;
			cta[127] = (u8)(cta[127] - sum_of(cta));
			judge_part(edid, have * 128, 32768, (int)kept * 128, says + 1 > have);
			/* old parsers and new ones count the same */
			assert_int_equal(cta[6], kept - 1);
			free(edid);
		}
}

static u8 *read_file(const char *name, u32 *size)
{
	char path[512];
	FILE *file;
	u8 bytes[4096], *edid;

	snprintf(path, sizeof(path), "%s/%s", EDID_DIR, name);
	file = fopen(path, "rb");
	assert_non_null(file);
	*size = (u32)fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	edid = unit_copy(bytes, *size);
	return edid;
}

static void real_ones(void **state)
{
	static const struct {
		const char *name;
		int kept;
		bool partial;
	} table[] = {
		{ "act8360-pref1080p-4k30.bin", 256, false },
		{ "aoc1950-announces-1-more-block.bin", 128, true },
		{ "benq-cta-checksum-wrong.bin", 128, true },
		{ "displ_be-3840x2160.bin", 128, false },
		{ "displ_be-5120x1440.bin", 128, false },
		{ "displ_be-7680x4320.bin", 128, false },
		{ "interlaced-only-640x960i.bin", 128, false },
		{ "samsung-lc49g95t-pref3840x1080-native5120x1440.bin", 384, false },
	};
	unsigned int i;
	u32 size;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		u8 *edid = read_file(table[i].name, &size);

		judge_part(edid, size, 32768, table[i].kept, table[i].partial);
		free(edid);
	}
	/* a backend that counts wrong: 251 bytes of 256 */
	{
		u8 *edid = read_file("act8360-pref1080p-4k30.bin", &size);
		u8 *end = unit_copy(edid, 251);

		judge_part(end, 251, 32768, 128, true);
		free(end);
		free(edid);
	}
}

/* The first detailed timing of a base block. */
static struct xdf_timing timing_of(const u8 *edid)
{
	const u8 *d = edid + 54;
	struct xdf_timing t = {
		.width = d[2] | (d[4] & 0xf0u) << 4,
		.height = d[5] | (d[7] & 0xf0u) << 4,
		.clock_khz = (d[0] | d[1] << 8) * 10u,
	};

	t.htotal = t.width + (d[3] | (d[4] & 0x0fu) << 8);
	t.vtotal = t.height + (d[6] | (d[7] & 0x0fu) << 8);
	return t;
}

static void wrapped_files(void **state)
{
	static const struct { const char *name; u32 width, height; bool wrapped; } table[] = {
		{ "displ_be-3840x2160.bin", 3840, 2160, true },
		{ "displ_be-5120x1440.bin", 5120, 1440, true },
		{ "displ_be-7680x4320.bin", 7680, 4320, true },
		/* the same bytes where XenStore says something else: it is a display's own */
		{ "displ_be-3840x2160.bin", 1920, 1080, false },
		{ "displ_be-5120x1440.bin", 1024, 1440, false },
		{ "displ_be-7680x4320.bin", 3584, 224, false },
		{ "act8360-pref1080p-4k30.bin", 1920, 1080, false },
		{ "samsung-lc49g95t-pref3840x1080-native5120x1440.bin", 3840, 1080, false },
	};
	unsigned int i;
	u32 size;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		u8 *edid = read_file(table[i].name, &size);
		struct xdf_timing t = timing_of(edid);

		assert_int_equal(xdf_edid_wrapped(&t, table[i].width, table[i].height),
				 table[i].wrapped);
		free(edid);
	}
}

/* Every size, with what displ_be makes of it, and rates that displays have. */
static void wrapped_sizes(void **state)
{
	static const u32 rates[] = { 24, 30, 50, 60, 75, 100, 144, 240 };
	u32 w, h, i;

	(void)state;
	for (w = 64; w <= 8192; w += 37)
		for (h = 64; h <= 8192; h += 41) {
			/* blanking of a fifth of each side, about as CVT's */
			u64 clock = (u64)(w + w / 5) * (h + h / 20) * 60 / 10000;
			struct xdf_timing t = {
				w % 4096, h % 4096, w % 4096 + w / 5, h % 4096 + h / 20,
				(u32)(clock % 65536) * 10,
			};
			bool garbled = clock >= 65536 || w >= 4096 || h >= 4096;

			/* once round or not at all; twice may land anywhere */
			if (clock < 2 * 65536 || w >= 4096 || h >= 4096)
				assert_int_equal(xdf_edid_wrapped(&t, w, h), garbled);
			if (w >= 4096 || h >= 4096)
				continue;
			for (i = 0; i < ARRAY_SIZE(rates); i++) {
				u64 khz = (u64)t.htotal * t.vtotal * rates[i] / 1000;
				u64 hz60 = (u64)t.htotal * t.vtotal * 60 / 1000;
				bool ambiguous = khz + 655360 >= hz60 - hz60 / 50 &&
						 khz + 655360 <= hz60 + hz60 / 50;

				t.clock_khz = (u32)khz;
				/* a clock that fits says what it means */
				if (khz < 655360 && !ambiguous)
					assert_false(xdf_edid_wrapped(&t, w, h));
			}
		}
	{
		struct xdf_timing none = { 800, 600, 0, 0, 40000 };

		assert_true(xdf_edid_wrapped(&none, 800, 600));	/* no rate at all */
	}
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
		cmocka_unit_test(cut),
		cmocka_unit_test(lies),
		cmocka_unit_test(each_byte_matters),
		cmocka_unit_test(override),
		cmocka_unit_test(real_ones),
		cmocka_unit_test(wrapped_files),
		cmocka_unit_test(wrapped_sizes),
	};

	return cmocka_run_group_tests_name("edid", tests, NULL, NULL);
}
