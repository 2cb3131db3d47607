// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: pgdir
 *
 * The page directory tells the backend the grant references of a buffer: a
 * chain of pages, each the reference of the next page (0 ends the chain) and
 * then up to 1023 references (displif.h, struct xendispl_page_directory). How
 * many there are is not transmitted, it follows from the buffer's size.
 */
#include "xdf_pgdir.h"

/**
 * xdf_pgdir_pages - length of the chain
 * @refs: number of grant references to list
 *
 * Return: number of directory pages, each of 4096 bytes.
 */
u32 xdf_pgdir_pages(u32 refs)
{
	return refs / XDF_PGDIR_REFS + !!(refs % XDF_PGDIR_REFS);
}

/**
 * xdf_pgdir_fill - lay out one page of a directory
 * @page: 4096 bytes, written whole
 * @next: grant reference of the following directory page, 0 for the last
 * @refs: references still to be listed, may be NULL when there are none
 * @left: their number
 *
 * Return: how many references went into this page.
 */
u32 xdf_pgdir_fill(u32 *page, u32 next, const u32 *refs, u32 left)
{
	u32 n = left < XDF_PGDIR_REFS ? left : XDF_PGDIR_REFS;

	page[0] = next;
	if (n)
		memcpy(page + 1, refs, n * sizeof(*refs));
	memset(page + 1 + n, 0, (XDF_PGDIR_REFS - n) * sizeof(*refs));
	return n;
}
