// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * src/pure/late.c: what was refused late, against a plain set.
 */
#include "unit.h"

#include "xdf_late.h"

static void test_empty(void **state)
{
	struct xdf_late late = {};

	(void)state;
	assert_false(xdf_late_has(&late, 1));
	assert_int_equal(xdf_late_take(&late), 0);
	xdf_late_note(&late, 1, false);
	assert_int_equal(late.num, 0);
}

static void test_last_answer_counts(void **state)
{
	struct xdf_late late = {};

	(void)state;
	xdf_late_note(&late, 7, true);
	xdf_late_note(&late, 9, true);
	xdf_late_note(&late, 7, true);
	assert_int_equal(late.num, 2);
	assert_true(xdf_late_has(&late, 7));
	xdf_late_note(&late, 7, false);
	assert_false(xdf_late_has(&late, 7));
	assert_true(xdf_late_has(&late, 9));
	assert_int_equal(xdf_late_take(&late), 9);
	assert_int_equal(xdf_late_take(&late), 0);
}

static void test_overflow(void **state)
{
	struct xdf_late *late = unit_alloc(sizeof(*late));
	u64 i, seen = 0;

	(void)state;
	memset(late, 0, sizeof(*late));
	for (i = 1; i <= 2 * XDF_LATE_MAX; i++)
		xdf_late_note(late, i, true);
	assert_int_equal(late->num, XDF_LATE_MAX);
	for (i = 1; i <= 2 * XDF_LATE_MAX; i++)
		assert_int_equal(xdf_late_has(late, i), i <= XDF_LATE_MAX);
	while ((i = xdf_late_take(late)))
		seen |= 1ull << i;
	assert_true(seen == 0x1fffffffeull);
	free(late);
}

/* Any sequence of answers leaves what a plain set has. */
static void test_random(void **state)
{
	struct xdf_late late = {};
	bool set[20] = {};
	unsigned int n, i, x = 1;

	(void)state;
	for (n = 0; n < 20000; n++) {
		x = x * 1103515245 + 12345;
		i = 1 + (x >> 16) % 19;
		if ((x >> 28) % 8 == 0) {
			u64 c = xdf_late_take(&late);

			assert_true(!c || set[c]);
			set[c] = false;
		} else {
			set[i] = (x >> 25) & 1;
			xdf_late_note(&late, i, set[i]);
		}
		for (i = 1; i < 20; i++)
			assert_int_equal(xdf_late_has(&late, i), set[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_last_answer_counts),
		cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
