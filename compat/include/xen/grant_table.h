/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_COMPAT_XEN_GRANT_TABLE_H
#define XDF_COMPAT_XEN_GRANT_TABLE_H

#include_next <xen/grant_table.h>

#ifndef XDF_HAVE_GNTTAB_TRY_END
/* RHEL 9: Linux 5.14 without the fixes of XSA-396. */
static inline int gnttab_try_end_foreign_access(grant_ref_t ref)
{
#ifdef XDF_HAVE_GNTTAB_QUERY
	/* gnttab_end_foreign_access_ref() logs each failure, and is tried often. */
	if (gnttab_query_foreign_access(ref) || !gnttab_end_foreign_access_ref(ref, 0))
		return 0;
#else
	if (!gnttab_end_foreign_access_ref(ref))
		return 0;
#endif
	gnttab_free_grant_reference(ref);
	return 1;
}
#endif

/*
 * xdf_gnttab_end_later - let the kernel end a grant when the backend lets go of it
 *
 * Return: whether the kernel holds the page until then. It does not before
 * XSA-396: then the caller must never free the page if this is false.
 */
static inline bool xdf_gnttab_end_later(grant_ref_t ref)
{
#if !defined(XDF_HAVE_GNTTAB_TRY_END)
	return gnttab_try_end_foreign_access(ref);
#elif defined(XDF_HAVE_GNTTAB_END_PAGE)
	gnttab_end_foreign_access(ref, NULL);
	return true;
#else
	gnttab_end_foreign_access(ref, 0, 0);
	return true;
#endif
}

#endif /* XDF_COMPAT_XEN_GRANT_TABLE_H */
