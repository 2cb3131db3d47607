/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_FOREIGN_H
#define XDF_FOREIGN_H

#include <linux/types.h>

#include <xen/grant_table.h>

struct page;
struct xdf_pages;

/**
 * struct xdf_foreign - memory of the backend's that is mapped here
 * @count: number of grants, 4096 bytes each
 * @mapped: how many of them are mapped
 * @page: a page for each, of which the first 4096 bytes are the backend's
 * @handle: names of the mappings to the hypervisor
 */
struct xdf_foreign {
	u32 count;
	u32 mapped;
	struct page **page;
	grant_handle_t handle[];
};

struct xdf_foreign *xdf_foreign_map(domid_t domid, const grant_ref_t *refs, u32 count);
void xdf_foreign_unmap(struct xdf_foreign *foreign);
void xdf_foreign_write(struct xdf_foreign *foreign, const struct xdf_pages *pages, u64 skip,
		       u64 start, u64 end);

#endif
