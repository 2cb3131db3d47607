/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_PGDIR_H
#define XDF_PGDIR_H

#include "xdf_pure.h"

/* Grant references in one page of a directory; the first word links on. */
#define XDF_PGDIR_REFS (XDF_GRANT_SIZE / 4 - 1)

u32 xdf_pgdir_pages(u32 refs);
int xdf_pgdir_read(const u32 *page, u32 *refs, u32 left);
u32 xdf_pgdir_fill(u32 *page, u32 next, const u32 *refs, u32 left);

#endif
