// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * src/pure/pgdir.c: the input is a list of grant references, and then what a backend
 * left in a page.
 */
#include "fuzz.h"

#include "xdf_pgdir.h"

/* Enough for a chain of a few pages. */
#define MAX_REFS 4200

static void pages(u32 refs)
{
	u64 room = (u64)xdf_pgdir_pages(refs) * XDF_PGDIR_REFS;

	promise(room >= refs && room - refs < XDF_PGDIR_REFS);
}

/* What is laid out is what is read again. */
static void fill(const struct input *in, u32 num)
{
	u32 *refs = num ? filled(in, num * sizeof(*refs)) : NULL;
	u32 *back = exactly(num * sizeof(*back) + 1);
	u32 *page = exactly(XDF_GRANT_SIZE);
	u32 i, n, want, done = 0, count = 0;
	bool zero;
	int ret;

	do {
		n = xdf_pgdir_fill(page, 0xabcd0000 + count, num ? refs + done : NULL, num - done);
		want = num - done < 1023 ? num - done : 1023;
		promise(n == want);
		promise(page[0] == 0xabcd0000 + count);
		for (i = 0, zero = false; i < 1023; i++) {
			promise(page[1 + i] == (i < n ? refs[done + i] : 0));
			zero |= i < n && !page[1 + i];
		}
		ret = xdf_pgdir_read(page, back + done, num - done);
		promise(ret == (zero ? -EINVAL : (int)n));
		promise(zero || !n || !memcmp(back + done, refs + done, n * sizeof(*refs)));
		done += n;
		count++;
	} while (done < num);
	promise(count == (num ? xdf_pgdir_pages(num) : 1));
	free(page);
	free(back);
	free(refs);
}

static void backend(const struct input *in, u32 num, u32 hole)
{
	u32 *page = filled(in, XDF_GRANT_SIZE);
	u32 want = num < 1023 ? num : 1023;
	u32 *refs = exactly(want * sizeof(*refs) + 1);
	u32 i, first_zero;
	int ret;

	if (hole < 1024)
		page[hole] = 0;
	ret = xdf_pgdir_read(page, refs, num);
	for (first_zero = 0; first_zero < want; first_zero++)
		if (!page[1 + first_zero])
			break;
	promise(ret == (first_zero < want ? -EINVAL : (int)want));
	for (i = 0; i < first_zero; i++)
		promise(refs[i] == page[1 + i]);
	free(refs);
	free(page);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	u32 num, hole;

	pages(take32(&in));
	num = take16(&in) % MAX_REFS;
	hole = take16(&in);
	fill(&in, num);
	backend(&in, num, hole);
	return 0;
}
