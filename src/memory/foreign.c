// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: foreign
 *
 * Buffers that the backend allocated. Its pages are mapped where the kernel has
 * addresses without memory, and written to from there. Clients never map them:
 * in a PV guest page table entries of user space cannot name foreign pages, and
 * wherever a backend may die a mapping of its memory may go stale. They draw into
 * memory of ours, of which each flip copies what has changed.
 */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include <xen/interface/grant_table.h>
#include <xen/page.h>

#include "xdf_memory.h"
#include "xdf_pure.h"

/* Pages that are mapped and unmapped at a time. */
#define BATCH 64u

/* Xen's GNTST_no_space: out of handles. Older kernels have no name for it. */
#define NO_HANDLES (-13)

/* How much this guest may map in all is not the backend's to know. */
static bool no_space(s16 status)
{
	return status == NO_HANDLES || status == GNTST_no_device_space;
}

/* Map a few pages. All those that could be are counted as mapped on an error, too. */
static int map_batch(struct xdf_foreign *foreign, domid_t domid, const grant_ref_t *refs,
		     struct gnttab_map_grant_ref *op, u32 n)
{
	struct page **page = foreign->page + foreign->mapped;
	u32 i, good = 0;
	int ret;

	for (i = 0; i < n; i++)
		gnttab_set_map_op(&op[i], (unsigned long)page_address(page[i]), GNTMAP_host_map,
				  refs[i], domid);
	ret = gnttab_map_refs(op, NULL, page, n);
	for (i = 0; i < n; i++) {
		if (op[i].status != GNTST_okay) {
			if (!no_space(op[i].status))
				ret = -EPROTO;
			else if (!ret)
				ret = -ENOSPC;
			continue;
		}
		/* Keep those that are mapped together: they are all unmapped later. */
		swap(page[good], page[i]);
		foreign->handle[foreign->mapped + good++] = op[i].handle;
	}
	foreign->mapped += good;
	return ret;
}

/**
 * xdf_foreign_map - map memory that the backend granted
 * @domid: the backend's domain
 * @refs: its grant references
 * @count: their number
 *
 * May sleep.
 *
 * Return: the mapping, to be given up with xdf_foreign_unmap(), or an ERR_PTR:
 * -ENOMEM, -ENOSPC when this guest may not map more, -EPROTO when a reference cannot be
 * mapped.
 */
struct xdf_foreign *xdf_foreign_map(domid_t domid, const grant_ref_t *refs, u32 count)
{
	struct gnttab_map_grant_ref *op = kcalloc(BATCH, sizeof(*op), GFP_KERNEL);
	struct xdf_foreign *foreign;
	int ret = -ENOMEM;

	foreign = xdf_alloc_paged(struct_size(foreign, handle, count),
				  GFP_KERNEL | __GFP_ZERO);
	if (!op || !foreign)
		goto err;
	foreign->page = xdf_alloc_paged(array_size(count, sizeof(*foreign->page)),
					GFP_KERNEL | __GFP_ZERO);
	if (!foreign->page)
		goto err;
	ret = gnttab_alloc_pages(count, foreign->page);
	if (ret)
		goto err;
	foreign->count = count;

	while (!ret && foreign->mapped < count) {
		ret = map_batch(foreign, domid, refs + foreign->mapped, op,
				min(count - foreign->mapped, BATCH));
		cond_resched();
	}
	if (ret)
		goto err;
	kfree(op);
	return foreign;
err:
	xdf_foreign_unmap(foreign);
	kfree(op);
	return ERR_PTR(ret);
}

/**
 * xdf_foreign_unmap - let go of the backend's memory
 * @foreign: from xdf_foreign_map(), or NULL
 *
 * May sleep.
 */
void xdf_foreign_unmap(struct xdf_foreign *foreign)
{
	struct gnttab_unmap_grant_ref op[16];
	u32 done = 0;

	if (!foreign)
		return;
	while (done < foreign->mapped) {
		u32 i, n = min_t(u32, foreign->mapped - done, ARRAY_SIZE(op));
		struct page **page = foreign->page + done;

		for (i = 0; i < n; i++)
			gnttab_set_unmap_op(&op[i], (unsigned long)page_address(page[i]),
					    GNTMAP_host_map, foreign->handle[done + i]);
		if (gnttab_unmap_refs(op, NULL, page, n))
			pr_warn_ratelimited("%s: unmapping memory of the backend failed\n",
					    KBUILD_MODNAME);
		done += n;
		cond_resched();
	}
	if (foreign->count)
		gnttab_free_pages(foreign->count, foreign->page);
	kvfree(foreign->page);
	kvfree(foreign);
}

/**
 * xdf_foreign_write - copy a part of a buffer to the backend
 * @foreign: the backend's memory
 * @pages: ours
 * @skip: where the buffer begins in our memory, in bytes
 * @start: first byte of the buffer
 * @end: behind the last byte, within both
 *
 * May sleep.
 */
void xdf_foreign_write(struct xdf_foreign *foreign, const struct xdf_pages *pages, u64 skip,
		       u64 start, u64 end)
{
	while (start < end) {
		u32 at = start % XDF_GRANT_SIZE;
		u32 len = min_t(u64, XDF_GRANT_SIZE - at, end - start);
		char *from = kmap_local_page(pages->page[(skip + start) >> PAGE_SHIFT]);

		memcpy(page_address(foreign->page[start / XDF_GRANT_SIZE]) + at,
		       from + offset_in_page(skip + start), len);
		kunmap_local(from);
		start += len;
		cond_resched();
	}
}
