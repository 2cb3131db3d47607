/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_COMPAT_LINUX_HIGHMEM_H
#define XDF_COMPAT_LINUX_HIGHMEM_H

#include_next <linux/highmem.h>

/* Before v5.11 not while sleeping; whoever uses it here copies a page at most. */
#ifndef XDF_HAVE_KMAP_LOCAL
#define kmap_local_page(page) kmap_atomic(page)
#define kunmap_local(address) kunmap_atomic(address)
#endif

#endif /* XDF_COMPAT_LINUX_HIGHMEM_H */
