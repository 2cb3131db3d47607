// SPDX-License-Identifier: GPL-2.0 OR MIT
/* v5.17: 6b1775f26a2d ("xen/grant-table: add gnttab_try_end_foreign_access()"), XSA-396; in stable kernels from 4.9 on */
#include <xen/grant_table.h>
int probe(grant_ref_t ref);
int probe(grant_ref_t ref)
{
	return gnttab_try_end_foreign_access(ref);
}
