// SPDX-License-Identifier: GPL-2.0 OR MIT
/* v5.17: gone, with "readonly" of gnttab_end_foreign_access_ref(); 1dbd11ca75fe ("xen: remove gnttab_query_foreign_access()"), XSA-396 */
/* exported: gnttab_query_foreign_access */
#include <xen/grant_table.h>
int probe(grant_ref_t ref);
int probe(grant_ref_t ref)
{
	return gnttab_query_foreign_access(ref) || gnttab_end_foreign_access_ref(ref, 0);
}
