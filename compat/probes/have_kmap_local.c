// SPDX-License-Identifier: GPL-2.0 OR MIT
/* v5.11: mappings of high memory that may sleep and belong to the thread */
#include <linux/highmem.h>
void *probe(struct page *page);
void *probe(struct page *page)
{
	return kmap_local_page(page);
}
