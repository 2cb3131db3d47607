// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * src/pure/pgdir.c: a directory is laid out, then read as a backend would read it.
 */
#include "unit.h"

#include "xdf_pgdir.h"

#define WORDS (XDF_GRANT_SIZE / 4)

/*
 * Guest memory with the directory in it. Page i is granted as gref(i), which
 * are in no order; each page is an allocation of its own, of 4096 bytes.
 */
struct memory {
	unsigned int pages;
	u32 **page;
};

static u32 gref(unsigned int i)
{
	return 8 + (i ^ 0x55) * 3;
}

static struct memory *memory_new(unsigned int pages)
{
	struct memory *m = unit_alloc(sizeof(*m));
	unsigned int i;

	m->pages = pages;
	m->page = unit_alloc((pages + 1) * sizeof(*m->page));
	for (i = 0; i < pages; i++)
		m->page[i] = unit_alloc(XDF_GRANT_SIZE);
	return m;
}

static void memory_free(struct memory *m)
{
	unsigned int i;

	for (i = 0; i < m->pages; i++)
		free(m->page[i]);
	free(m->page);
	free(m);
}

/* the page behind a grant reference, NULL when it is nobody's */
static const u32 *memory_map(const struct memory *m, u32 ref)
{
	unsigned int i;

	for (i = 0; i < m->pages; i++)
		if (gref(i) == ref)
			return m->page[i];
	return NULL;
}

static u32 *make_refs(u32 count)
{
	u32 *refs = unit_alloc(count * sizeof(*refs) + !count);
	u64 seed = count;
	u32 i;

	for (i = 0; i < count; i++)
		refs[i] = (u32)unit_random(&seed) | 1;
	return refs;
}

static void pages_table(void **state)
{
	static const struct {
		u32 refs;
		u32 pages;
	} table[] = {
		{ 0, 0 }, { 1, 1 }, { 2, 1 }, { 1022, 1 }, { 1023, 1 }, { 1024, 2 },
		{ 2045, 2 }, { 2046, 2 }, { 2047, 3 }, { 3069, 3 }, { 3070, 4 },
		{ 65472, 64 }, { 65473, 65 }, { 65536, 65 },
		{ 0x7fffffff, 2099203 }, { 0x80000000u, 2099203 },
		{ 4294967292u, 4198404 }, { 4294967293u, 4198405 }, { UINT32_MAX, 4198405 },
	};
	unsigned int i;

	(void)state;
	assert_int_equal(XDF_PGDIR_REFS, 1023);
	for (i = 0; i < ARRAY_SIZE(table); i++)
		assert_int_equal(xdf_pgdir_pages(table[i].refs), table[i].pages);
}

static void pages_fit_exactly(void **state)
{
	u32 refs;

	(void)state;
	for (refs = 1; refs < 70000; refs++) {
		u64 pages = xdf_pgdir_pages(refs);

		assert_true(pages * 1023 >= refs);
		assert_true((pages - 1) * 1023 < refs);
	}
}

/* the driver's loop over the pages of a directory */
static void lay_out(struct memory *m, const u32 *refs, u32 count)
{
	u32 done = 0, i;

	for (i = 0; i < m->pages; i++)
		done += xdf_pgdir_fill(m->page[i], i + 1 < m->pages ? gref(i + 1) : 0,
				       refs + done, count - done);
	assert_int_equal(done, count);
}

/* Follow the chain without a word of pgdir.c; true if it lists @refs. */
static void read_back(const struct memory *m, const u32 *refs, u32 count)
{
	u32 next = count ? gref(0) : 0, done = 0, pages = 0;

	while (next) {
		const u32 *page = memory_map(m, next);
		unsigned int i;

		assert_non_null(page);
		assert_true(pages++ < m->pages);
		for (i = 1; i < WORDS; i++) {
			if (done < count)
				assert_int_equal(page[i], refs[done++]);
			else
				assert_int_equal(page[i], 0);
		}
		next = page[0];
		if (done < count)
			assert_int_not_equal(next, 0);
	}
	assert_int_equal(done, count);
	assert_int_equal(pages, m->pages);
}

static void chain_reads_back(void **state)
{
	static const u32 counts[] = {
		0, 1, 2, 511, 1021, 1022, 1023, 1024, 1025, 2045, 2046, 2047, 2048, 3069, 3070,
		65472, 65473, 65536
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		struct memory *m = memory_new(xdf_pgdir_pages(counts[i]));
		u32 *refs = make_refs(counts[i]), *before = make_refs(counts[i]);

		lay_out(m, refs, counts[i]);
		read_back(m, refs, counts[i]);
		assert_memory_equal(refs, before, counts[i] * sizeof(*refs) + !counts[i]);
		free(before);
		free(refs);
		memory_free(m);
	}
}

static void chain_reads_back_random(void **state)
{
	u64 seed = 7;
	unsigned int i;

	(void)state;
	for (i = 0; i < 300; i++) {
		u32 count = unit_below(&seed, 5000);
		struct memory *m = memory_new(xdf_pgdir_pages(count));
		u32 *refs = make_refs(count);

		lay_out(m, refs, count);
		read_back(m, refs, count);
		free(refs);
		memory_free(m);
	}
}

static void fill_every_count(void **state)
{
	u32 left, i;

	(void)state;
	for (left = 0; left <= 1100; left++) {
		u32 n = left > 1023 ? 1023 : left;
		u32 *page = unit_alloc(XDF_GRANT_SIZE), *refs = make_refs(left);

		assert_int_equal(xdf_pgdir_fill(page, 0xdeadbeef, refs, left), n);
		assert_int_equal(page[0], 0xdeadbeef);
		for (i = 0; i < 1023; i++)
			assert_int_equal(page[1 + i], i < n ? refs[i] : 0);
		free(refs);
		free(page);
	}
}

/* of however many are left, no more than 1023 are looked at */
static void fill_reads_no_further(void **state)
{
	static const u32 left[] = { 1023, 1024, 65536, 0x40000000, 0x80000000u, UINT32_MAX };
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(left); i++) {
		u32 *page = unit_alloc(XDF_GRANT_SIZE), *refs = make_refs(1023);

		assert_int_equal(xdf_pgdir_fill(page, 1, refs, left[i]), 1023);
		assert_int_equal(page[0], 1);
		assert_memory_equal(page + 1, refs, 1023 * sizeof(*refs));
		free(refs);
		free(page);
	}
}

/* what fill lays out read gives back; the link is not looked at */
static void read_filled(void **state)
{
	static const u32 counts[] = { 1, 2, 1022, 1023 };
	u32 *refs = unit_alloc(1023 * sizeof(*refs)), *got;
	u32 *page = unit_alloc(4096);
	u32 i, k;

	(void)state;
	for (i = 0; i < 1023; i++)
		refs[i] = i * 7 + 1;
	for (k = 0; k < ARRAY_SIZE(counts); k++) {
		got = unit_alloc(counts[k] * sizeof(*got));
		xdf_pgdir_fill(page, 0xdeadbeef, refs, counts[k]);
		assert_int_equal(xdf_pgdir_read(page, got, counts[k]), counts[k]);
		assert_memory_equal(got, refs, counts[k] * sizeof(*got));
		free(got);
	}
	got = unit_alloc(1023 * sizeof(*got));
	xdf_pgdir_fill(page, 0, refs, 1023);
	assert_int_equal(xdf_pgdir_read(page, got, 5000), 1023);
	free(got);
	free(page);
	free(refs);
}

static void read_missing(void **state)
{
	u32 *refs = unit_alloc(1023 * sizeof(*refs)), *got = unit_alloc(1023 * sizeof(*got));
	u32 *page = unit_alloc(4096);
	u32 i;

	(void)state;
	for (i = 0; i < 1023; i++)
		refs[i] = i + 1;
	for (i = 0; i < 1023; i++) {
		xdf_pgdir_fill(page, 0, refs, 1023);
		page[1 + i] = 0;
		assert_int_equal(xdf_pgdir_read(page, got, 1023), -EINVAL);
		/* what lies behind the end does not matter */
		if (i)
			assert_int_equal(xdf_pgdir_read(page, got, i), i);
	}
	xdf_pgdir_fill(page, 0, NULL, 0);
	assert_int_equal(xdf_pgdir_read(page, got, 1), -EINVAL);
	free(page);
	free(got);
	free(refs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_table),
		cmocka_unit_test(pages_fit_exactly),
		cmocka_unit_test(chain_reads_back),
		cmocka_unit_test(chain_reads_back_random),
		cmocka_unit_test(fill_every_count),
		cmocka_unit_test(fill_reads_no_further),
		cmocka_unit_test(read_filled),
		cmocka_unit_test(read_missing),
	};

	return cmocka_run_group_tests_name("pgdir", tests, NULL, NULL);
}
