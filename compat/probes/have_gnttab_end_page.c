// SPDX-License-Identifier: GPL-2.0 OR MIT
/* v5.18 about: takes the page to free, not "readonly" and an address */
#include <xen/grant_table.h>
void probe(grant_ref_t ref, struct page *page);
void probe(grant_ref_t ref, struct page *page)
{
	gnttab_end_foreign_access(ref, page);
}
