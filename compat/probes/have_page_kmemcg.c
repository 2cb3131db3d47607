// SPDX-License-Identifier: GPL-2.0 OR MIT
/* v5.11: gone, 18b2db3b0385 ("mm: Convert page kmemcg type to a page memcg flag") */
#include <linux/mm.h>
#include <linux/page-flags.h>
bool probe(struct page *page);
bool probe(struct page *page)
{
	return PageKmemcg(page);
}
