// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * include/xdf_piece.h, with pages of 4, 16 and 64 KiB: pieces lie one behind the
 * other, none across the bound of a page, and pages that are asked for hold them.
 */
#include "unit.h"

#include "xdf_piece.h"

static const u32 per_page[] = { 1, 4, 16 };

static void check_piece(u32 i, u32 per)
{
	struct xdf_piece piece = xdf_piece(i, per);
	u64 page_size = (u64)per * XDF_GRANT_SIZE;

	assert_true(piece.page * page_size + piece.offset == (u64)i * XDF_GRANT_SIZE);
	assert_true(piece.offset + XDF_GRANT_SIZE <= page_size);
	assert_int_equal(piece.nr * XDF_GRANT_SIZE, piece.offset);
	/* the page that holds the last of i + 1 pieces is the last one asked for */
	if (i < UINT32_MAX)
		assert_int_equal(xdf_piece_pages(i + 1, per), piece.page + 1);
}

static void test_each_of_the_first(void **state)
{
	(void)state;
	for (size_t p = 0; p < ARRAY_SIZE(per_page); p++) {
		assert_int_equal(xdf_piece_pages(0, per_page[p]), 0);
		for (u32 i = 0; i < 5000; i++)
			check_piece(i, per_page[p]);
	}
}

static void test_bounds(void **state)
{
	static const u32 at[] = { 65535, 65536, 0x00ffffff, 0x7fffffff, 0x80000000u,
				  UINT32_MAX - 16, UINT32_MAX - 1, UINT32_MAX };

	(void)state;
	for (size_t p = 0; p < ARRAY_SIZE(per_page); p++)
		for (size_t i = 0; i < ARRAY_SIZE(at); i++)
			check_piece(at[i], per_page[p]);
	assert_int_equal(xdf_piece_pages(UINT32_MAX, 1), UINT32_MAX);
	assert_int_equal(xdf_piece_pages(UINT32_MAX, 4), 0x40000000);
	assert_int_equal(xdf_piece_pages(UINT32_MAX, 16), 0x10000000);
}

/* figures of a screen, by hand: 1024x768 takes 768 pieces, 800x600 469 */
static void test_screens(void **state)
{
	(void)state;
	assert_int_equal(xdf_piece_pages(768, 1), 768);
	assert_int_equal(xdf_piece_pages(768, 4), 192);
	assert_int_equal(xdf_piece_pages(768, 16), 48);
	assert_int_equal(xdf_piece_pages(469, 4), 118);
	assert_int_equal(xdf_piece_pages(469, 16), 30);
	assert_int_equal(xdf_piece(468, 4).page, 117);
	assert_int_equal(xdf_piece(468, 4).offset, 0);
	assert_int_equal(xdf_piece(468, 16).page, 29);
	assert_int_equal(xdf_piece(468, 16).offset, 16384);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_of_the_first),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_screens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
