// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * tests/backend/pgdir.c: a backend that reads wrong would blame the driver.
 */
#include "unit.h"

#include "pgdir.h"
#include "xdf_pgdir.h"

#define WORDS (PAGE_BYTES / sizeof(uint32_t))
#define FIRST 100u /* grant reference of the first directory page, then 101, ... */

struct directory {
	unsigned int pages;
	unsigned int reads;
	uint32_t (*page)[WORDS];
	unsigned int faults;
	enum fault fault;
	uint64_t value;
};

static bool read_page(void *ctx, uint32_t gref, uint32_t page[WORDS])
{
	struct directory *d = ctx;

	d->reads++;
	if (gref < FIRST || gref - FIRST >= d->pages)
		return false;
	memcpy(page, d->page[gref - FIRST], PAGE_BYTES);
	return true;
}

static void note_fault(void *ctx, enum fault fault, uint64_t value, const char *text)
{
	struct directory *d = ctx;

	assert_non_null(text);
	d->faults++;
	d->fault = fault;
	d->value = value;
}

/* a directory as the driver makes it: references 5000, 5001, ... plus @base */
static void make(struct directory *d, uint32_t count, uint32_t base)
{
	uint32_t *refs = unit_alloc(count * sizeof(*refs));
	uint32_t i, done = 0;

	memset(d, 0, sizeof(*d));
	for (i = 0; i < count; i++)
		refs[i] = base + 5000 + i;
	d->pages = xdf_pgdir_pages(count);
	d->page = unit_alloc(d->pages * PAGE_BYTES);
	for (i = 0; i < d->pages; i++)
		done += xdf_pgdir_fill(d->page[i], i + 1 < d->pages ? FIRST + i + 1 : 0,
				       refs + done, count - done);
	free(refs);
}

static int walk(struct directory *d, uint32_t first, uint32_t *grefs, uint32_t count)
{
	const struct pgdir_reader reader = { read_page, d };
	const struct fault_sink sink = { note_fault, d };

	return pgdir_walk(&reader, first, grefs, count, &sink);
}

static void walk_reads_what_the_driver_wrote(void **state)
{
	static const uint32_t counts[] = { 1, 2, 1022, 1023, 1024, 2046, 2047, 3070, 65536 };
	unsigned int i;
	uint32_t k;

	(void)state;
	for (i = 0; i < 2 * ARRAY_SIZE(counts); i++) {
		uint32_t count = counts[i / 2], base = i % 2 ? 0xf0000000u : 0;
		uint32_t *grefs = unit_alloc(count * sizeof(*grefs));
		struct directory d;

		make(&d, count, base);
		assert_int_equal(walk(&d, FIRST, grefs, count), 0);
		assert_int_equal(d.faults, 0);
		assert_int_equal(d.reads, d.pages);
		for (k = 0; k < count; k++)
			assert_int_equal(grefs[k], base + 5000 + k);
		free(grefs);
		free(d.page);
	}
}

/* Make a directory for @count, spoil one word, expect this of the walk. */
static void spoiled(uint32_t count, unsigned int page, unsigned int word, uint32_t with, int ret,
		    enum fault fault, uint64_t value)
{
	uint32_t *grefs = unit_alloc(count * sizeof(*grefs));
	struct directory d;

	make(&d, count, 0);
	d.page[page][word] = with;
	assert_int_equal(walk(&d, FIRST, grefs, count), ret);
	assert_int_equal(d.faults, 1);
	assert_int_equal(d.fault, fault);
	assert_int_equal(d.value, value);
	assert_true(d.reads <= d.pages);
	free(grefs);
	free(d.page);
}

static void walk_chain_short(void **state)
{
	uint32_t grefs[1];
	struct directory d;

	(void)state;
	spoiled(1024, 0, 0, 0, -EINVAL, FAULT_DIR_SHORT, 1);
	spoiled(2047, 1, 0, 0, -EINVAL, FAULT_DIR_SHORT, 2);
	make(&d, 1, 0);
	assert_int_equal(walk(&d, 0, grefs, 1), -EINVAL);
	assert_int_equal(d.fault, FAULT_DIR_SHORT);
	assert_int_equal(d.reads, 0);
	free(d.page);
}

static void walk_chain_long(void **state)
{
	(void)state;
	spoiled(1, 0, 0, 77, 0, FAULT_DIR_LONG, 77);
	spoiled(1023, 0, 0, 77, 0, FAULT_DIR_LONG, 77);
	spoiled(2046, 1, 0, FIRST, 0, FAULT_DIR_LONG, FIRST);
}

static void walk_page_not_there(void **state)
{
	(void)state;
	spoiled(2047, 0, 0, 99, -EINVAL, FAULT_GREF_UNMAPPABLE, 99);
	spoiled(2047, 1, 0, UINT32_MAX, -EINVAL, FAULT_GREF_UNMAPPABLE, UINT32_MAX);
}

static void walk_gref_zero(void **state)
{
	(void)state;
	spoiled(1, 0, 1, 0, -EINVAL, FAULT_DIR_GREF_ZERO, 0);
	spoiled(1023, 0, 1023, 0, -EINVAL, FAULT_DIR_GREF_ZERO, 1022);
	spoiled(1024, 1, 1, 0, -EINVAL, FAULT_DIR_GREF_ZERO, 1023);
	spoiled(2046, 1, 1023, 0, -EINVAL, FAULT_DIR_GREF_ZERO, 2045);
}

static void walk_gref_twice(void **state)
{
	(void)state;
	spoiled(2, 0, 2, 5000, 0, FAULT_DIR_GREF_DUPLICATE, 5000);
	spoiled(1024, 1, 1, 5000, 0, FAULT_DIR_GREF_DUPLICATE, 5000);
}

/* A chain that bites its tail ends, and says what it did. */
static void walk_chain_loops(void **state)
{
	uint32_t *grefs = unit_alloc(3069 * sizeof(*grefs));
	struct directory d;

	(void)state;
	make(&d, 3069, 0);
	d.page[0][0] = FIRST;
	assert_int_equal(walk(&d, FIRST, grefs, 3069), 0);
	assert_int_equal(d.reads, 3);
	/* a page too many, a page twice, references twice */
	assert_int_equal(d.faults, 3);
	free(grefs);
	free(d.page);
}

static void walk_ignores_unused_entries(void **state)
{
	struct directory d;
	uint32_t grefs[10];
	unsigned int i;

	(void)state;
	make(&d, 10, 0);
	for (i = 11; i < WORDS; i++)
		d.page[0][i] = 5000;
	assert_int_equal(walk(&d, FIRST, grefs, 10), 0);
	assert_int_equal(d.faults, 0);
	free(d.page);
}

static bool write_page(void *ctx, uint32_t gref, const uint32_t *grefs, uint32_t count,
		       uint32_t *next)
{
	struct directory *d = ctx;

	d->reads++;
	if (gref < FIRST || gref - FIRST >= d->pages)
		return false;
	assert_in_range(count, 1, WORDS - 1);
	*next = d->page[gref - FIRST][0];
	memcpy(d->page[gref - FIRST] + 1, grefs, count * sizeof(*grefs));
	return true;
}

/* references 9000, 9001, ... into a chain of the driver's that is empty */
static int fill(struct directory *d, uint32_t first, uint32_t count)
{
	const struct pgdir_writer writer = { write_page, d };
	const struct fault_sink sink = { note_fault, d };
	uint32_t *grefs = unit_alloc(count * sizeof(*grefs)), i;
	int ret;

	for (i = 0; i < count; i++)
		grefs[i] = 9000 + i;
	ret = pgdir_fill(&writer, first, grefs, count, &sink);
	free(grefs);
	return ret;
}

static void make_empty(struct directory *d, uint32_t count)
{
	unsigned int i;

	make(d, count, 0);
	for (i = 0; i < d->pages; i++)
		memset(d->page[i] + 1, 0, PAGE_BYTES - sizeof(uint32_t));
}

static void fill_writes_what_the_driver_reads(void **state)
{
	static const uint32_t counts[] = { 1, 2, 1022, 1023, 1024, 2046, 2047, 3070, 65536 };
	unsigned int i;
	uint32_t k, done;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		uint32_t *refs = unit_alloc(counts[i] * sizeof(*refs));
		struct directory d;

		make_empty(&d, counts[i]);
		assert_int_equal(fill(&d, FIRST, counts[i]), 0);
		assert_int_equal(d.faults, 0);
		assert_int_equal(d.reads, d.pages);
		for (done = 0, k = 0; k < d.pages; k++) {
			assert_int_equal(d.page[k][0], k + 1 < d.pages ? FIRST + k + 1 : 0);
			done += (uint32_t)xdf_pgdir_read(d.page[k], refs + done, counts[i] - done);
		}
		assert_int_equal(done, counts[i]);
		for (k = 0; k < done; k++)
			assert_int_equal(refs[k], 9000 + k);
		/* nothing behind the last reference */
		k = counts[i] - (d.pages - 1) * (WORDS - 1);
		for (k++; k < WORDS; k++)
			assert_int_equal(d.page[d.pages - 1][k], 0);
		free(refs);
		free(d.page);
	}
}

static void fill_chain_is_wrong(void **state)
{
	static const struct {
		uint32_t count, first;
		unsigned int page;
		uint32_t next;
		int ret;
		unsigned int reads;
		enum fault fault;
		uint64_t value;
	} table[] = {
		{ 1, 0, 0, 0, -EINVAL, 0, FAULT_DIR_SHORT, 0 },
		{ 1, 99, 0, 0, -EINVAL, 1, FAULT_GREF_UNMAPPABLE, 99 },
		{ 1024, FIRST, 0, 0, -EINVAL, 1, FAULT_DIR_SHORT, 1 },
		{ 2047, FIRST, 1, 0, -EINVAL, 2, FAULT_DIR_SHORT, 2 },
		{ 2047, FIRST, 0, 7, -EINVAL, 2, FAULT_GREF_UNMAPPABLE, 7 },
		{ 1023, FIRST, 0, 7, 0, 1, FAULT_DIR_LONG, 7 },
		/* it bites its tail */
		{ 3069, FIRST, 0, FIRST, 0, 3, FAULT_DIR_LONG, FIRST },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct directory d;

		make_empty(&d, table[i].count);
		d.page[table[i].page][0] = table[i].next;
		assert_int_equal(fill(&d, table[i].first, table[i].count), table[i].ret);
		assert_int_equal(d.reads, table[i].reads);
		assert_int_equal(d.faults, 1);
		assert_int_equal(d.fault, table[i].fault);
		assert_int_equal(d.value, table[i].value);
		free(d.page);
	}
}

static void duplicates(void **state)
{
	static const struct {
		uint32_t v[5];
		uint32_t count;
		bool found;
		uint32_t which;
	} table[] = {
		{ { 0 }, 0, false, 0 }, { { 7 }, 1, false, 0 }, { { 7, 7 }, 2, true, 7 },
		{ { 7, 8, 9, 10, 11 }, 5, false, 0 }, { { 31, 32, 63, 64, 32 }, 5, true, 32 },
		{ { 1, 33, 65, 97, 129 }, 5, false, 0 }, { { 0, 5, 0 }, 3, true, 0 },
		/* on both sides of the bitmap's limit */
		{ { 4194303, 1, 4194303 }, 3, true, 4194303 },
		{ { 4194303, 1, 4194302 }, 3, false, 0 },
		{ { 4194304, 1, 4194304 }, 3, true, 4194304 },
		{ { 4194304, 1, 2 }, 3, false, 0 },
		{ { UINT32_MAX, 1, 2, UINT32_MAX }, 4, true, UINT32_MAX },
		{ { 3, UINT32_MAX, 1, 3, 2 }, 5, true, 3 },
		{ { 5, UINT32_MAX, 5 }, 3, true, 5 },
		{ { UINT32_MAX, 0, 0x80000000u, 0x7fffffff, 1 }, 5, false, 0 },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		uint32_t count = table[i].count, which = 0;
		uint32_t *v = unit_copy(table[i].v, count * sizeof(*v));

		assert_int_equal(has_duplicate(v, count, &which), table[i].found);
		if (table[i].found)
			assert_int_equal(which, table[i].which);
		assert_memory_equal(v, table[i].v, count * sizeof(*v));
		free(v);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walk_reads_what_the_driver_wrote),
		cmocka_unit_test(walk_chain_short),
		cmocka_unit_test(walk_chain_long),
		cmocka_unit_test(walk_page_not_there),
		cmocka_unit_test(walk_gref_zero),
		cmocka_unit_test(walk_gref_twice),
		cmocka_unit_test(walk_chain_loops),
		cmocka_unit_test(walk_ignores_unused_entries),
		cmocka_unit_test(fill_writes_what_the_driver_reads),
		cmocka_unit_test(fill_chain_is_wrong),
		cmocka_unit_test(duplicates),
	};

	return cmocka_run_group_tests_name("backend, pgdir", tests, NULL, NULL);
}
