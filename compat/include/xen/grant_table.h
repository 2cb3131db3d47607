/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_COMPAT_XEN_GRANT_TABLE_H
#define XDF_COMPAT_XEN_GRANT_TABLE_H

#include <linux/mm.h>

#include_next <xen/grant_table.h>

#ifndef XDF_HAVE_GNTTAB_END_PAGE
static inline void xdf_gnttab_end_foreign_access(grant_ref_t ref,
						 struct page *page)
{
	gnttab_end_foreign_access(ref, 0,
				  page ? (unsigned long)page_address(page) : 0);
}

#define gnttab_end_foreign_access(ref, page) \
	xdf_gnttab_end_foreign_access(ref, page)
#endif

#endif /* XDF_COMPAT_XEN_GRANT_TABLE_H */
