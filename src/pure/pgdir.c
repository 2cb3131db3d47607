// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: pgdir
 *
 * The page directory tells the backend the grant references of a buffer: a
 * chain of pages, each the reference of the next page (0 ends the chain) and
 * then up to 1023 references (displif.h, struct xendispl_page_directory). How
 * many there are is not transmitted, it follows from the buffer's size. For a
 * buffer of the backend's the chain is ours and the backend fills in the
 * references.
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

/**
 * xdf_pgdir_read - read one page of a directory that the backend has filled in
 * @page: private copy of its 4096 bytes; the link is not looked at, we know how
 *	the chain goes on
 * @refs: where the references go
 * @left: references still to be read
 *
 * Return: how many references were in this page, or -EINVAL when one of them is
 * missing.
 */
int xdf_pgdir_read(const u32 *page, u32 *refs, u32 left)
{
	u32 n = left < XDF_PGDIR_REFS ? left : XDF_PGDIR_REFS;
	u32 i;

	for (i = 0; i < n; i++) {
		if (!page[1 + i])
			return -EINVAL;
		refs[i] = page[1 + i];
	}
	return (int)n;
}
