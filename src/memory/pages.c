// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: pages
 *
 * The memory of buffers, of three kinds: single pages; one physically contiguous
 * block, for importers of our dma-bufs that cannot gather pages; pages of another
 * driver's dma-buf. It is refcounted, as pages that a backend still maps must
 * outlive all else.
 */
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/llist.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/vmstat.h>
#include <linux/workqueue.h>

#include <drm/drm_prime.h>

#include "thunks.h"
#include "xdf_memory.h"
#include "xdf_module.h"

XDF_IMPORT_DMA_BUF;

/* So many pages are given back at once. */
#define RELEASE_CHUNK 512u

/* Larger memory is given back by a worker, as that takes its time. */
#define RELEASE_LATER 256

static LLIST_HEAD(unused);
static void release_work_fn(struct work_struct *work);
static DECLARE_WORK(release_work, release_work_fn);

/* An object for @count pages that are not there yet. */
static struct xdf_pages *pages_create(unsigned int count, enum xdf_memory kind)
{
	struct xdf_pages *pages;

	pages = xdf_alloc_paged(struct_size(pages, page, count),
				GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!pages)
		return ERR_PTR(-ENOMEM);
	refcount_set(&pages->refs, 1);
	pages->kind = kind;
	return pages;
}

static bool memory_available(unsigned int count, enum xdf_memory kind)
{
	long available = si_mem_available();

	/* Free pages of CMA count as available; single ones that stay cannot be had there. */
	if (kind != XDF_CONTIGUOUS)
		available -= (long)global_zone_page_state(NR_FREE_CMA_PAGES);
	return available > 0 && count <= (unsigned long)available;
}

/* Is it sensible to begin? The rest of the system must not be squeezed dry. */
static bool memory_at_hand(unsigned int count, enum xdf_memory kind)
{
	if (memory_available(count, kind))
		return true;
	/* What nobody uses any more is about to come back. */
	flush_work(&release_work);
	return memory_available(count, kind);
}

/**
 * xdf_pages_alloc - get zeroed memory, page by page
 * @count: number of pages of PAGE_SIZE bytes
 * @zone: 0, or __GFP_HIGHMEM when the kernel needs no address of the pages
 *
 * The memory is charged to the caller's control group, where what is charged
 * can be mapped by programs (not in v5.10). It does not wake the OOM killer: a
 * buffer that does not fit is the caller's problem alone, and one that cannot
 * fit is refused before anything is taken.
 *
 * Return: the memory with one reference, or an ERR_PTR: -ENOMEM, or -EINTR
 * when the caller was killed meanwhile.
 */
struct xdf_pages *xdf_pages_alloc(unsigned int count, gfp_t zone)
{
	gfp_t gfp = XDF_GFP_MAPPED | __GFP_ZERO | __GFP_RETRY_MAYFAIL | __GFP_NOWARN;
	struct xdf_pages *pages;

	if (!memory_at_hand(count, XDF_SYSTEM))
		return ERR_PTR(-ENOMEM);
	pages = pages_create(count, XDF_SYSTEM);
	if (IS_ERR(pages))
		return pages;

	while (pages->count < count) {
		struct page *page = fatal_signal_pending(current) ? NULL : alloc_page(gfp | zone);

		if (!page) {
			xdf_pages_put(pages);
			return ERR_PTR(fatal_signal_pending(current) ? -EINTR : -ENOMEM);
		}
		pages->page[pages->count++] = page;
		cond_resched();
	}
	return pages;
}

/**
 * xdf_pages_alloc_contiguous - get zeroed memory in one piece
 * @dev: the device that it is for, with a DMA mask
 * @count: number of pages of PAGE_SIZE bytes
 *
 * Comes from CMA where the kernel has it, else from the page allocator, whose
 * largest piece is some MiB.
 *
 * Return: the memory with one reference, or ERR_PTR(-ENOMEM).
 */
struct xdf_pages *xdf_pages_alloc_contiguous(struct device *dev, unsigned int count)
{
	struct xdf_pages *pages;
	struct page *head;
	dma_addr_t dma;

	if (!memory_at_hand(count, XDF_CONTIGUOUS))
		return ERR_PTR(-ENOMEM);
	pages = pages_create(count, XDF_CONTIGUOUS);
	if (IS_ERR(pages))
		return pages;
	head = dma_alloc_pages(dev, (size_t)count << PAGE_SHIFT, &dma, DMA_BIDIRECTIONAL,
			       GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NOWARN);
	if (!head) {
		kvfree(pages);
		return ERR_PTR(-ENOMEM);
	}
	pages->dev = get_device(dev);
	pages->dma = dma;
	for (; pages->count < count; pages->count++)
		pages->page[pages->count] = head + pages->count;
	return pages;
}

/* Pages of a piece; it may begin behind the page that it names. */
static unsigned int sg_count(const struct scatterlist *sg)
{
	return DIV_ROUND_UP(offset_in_page(sg->offset) + sg->length, PAGE_SIZE);
}

/* All but the outer ends of the pieces must be at the bounds of pages. */
static int sg_check(struct sg_table *sgt)
{
	struct scatterlist *sg;
	unsigned int i;

	for_each_sgtable_sg(sgt, sg, i) {
		/* Memory of a device has no pages, and none that may be granted. */
		if (!sg_page(sg) || !pfn_valid(page_to_pfn(sg_page(sg))))
			return -EOPNOTSUPP;
		if (i && offset_in_page(sg->offset))
			return -EINVAL;
		if (i + 1 < sgt->orig_nents && !PAGE_ALIGNED(sg->offset + sg->length))
			return -EINVAL;
	}
	return 0;
}

/**
 * xdf_pages_import - use another driver's memory
 * @attach: our attachment to its dma-buf
 * @sgt: the mapping of @attach
 *
 * On success attachment, mapping and the reference to the dma-buf belong to the
 * memory. The attachment names the card's device, which the exporter needs to take
 * the mapping away: the memory holds it.
 *
 * Return: the memory with one reference, or an ERR_PTR: -EOPNOTSUPP when it is
 * not system memory, -EINVAL when it consists of parts of pages, -ENOMEM.
 */
struct xdf_pages *xdf_pages_import(struct dma_buf_attachment *attach, struct sg_table *sgt)
{
	unsigned int count = 0, i, k;
	struct xdf_pages *pages;
	struct scatterlist *sg;
	int ret;

	ret = sg_check(sgt);
	if (ret)
		return ERR_PTR(ret);
	for_each_sgtable_sg(sgt, sg, i)
		count += sg_count(sg);
	pages = pages_create(count, XDF_IMPORTED);
	if (IS_ERR(pages))
		return pages;
	for_each_sgtable_sg(sgt, sg, i) {
		unsigned long pfn = page_to_pfn(sg_page(sg)) + (sg->offset >> PAGE_SHIFT);

		for (k = 0; k < sg_count(sg); k++)
			pages->page[pages->count++] = pfn_to_page(pfn + k);
	}
	pages->offset = offset_in_page(sgt->sgl->offset);
	get_device(attach->dev);
	pages->attach = attach;
	pages->sgt = sgt;
	return pages;
}

static void release_system(struct xdf_pages *pages)
{
	unsigned int i, n;

	for (i = 0; i < pages->count; i += n) {
		n = min(pages->count - i, RELEASE_CHUNK);
		release_pages(pages->page + i, n);
		cond_resched();
	}
	kvfree(pages);
}

static void release_work_fn(struct work_struct *work)
{
	struct llist_node *list = llist_del_all(&unused);
	struct xdf_pages *pages, *next;

	llist_for_each_entry_safe(pages, next, list, unused)
		release_system(pages);
}

static void release_contiguous(struct xdf_pages *pages)
{
	dma_free_pages(pages->dev, (size_t)pages->count << PAGE_SHIFT, pages->page[0], pages->dma,
		       DMA_BIDIRECTIONAL);
	put_device(pages->dev);
	kvfree(pages);
}

static void release_imported(struct xdf_pages *pages)
{
	struct dma_buf *dma_buf = pages->attach->dmabuf;
	struct device *dev = pages->attach->dev;

	dma_buf_unmap_attachment_unlocked(pages->attach, pages->sgt, DMA_BIDIRECTIONAL);
	dma_buf_detach(dma_buf, pages->attach);
	dma_buf_put(dma_buf);
	put_device(dev);
	kvfree(pages);
}

/**
 * xdf_pages_split - have each page counted by itself
 * @pages: memory that the kernel is to free page by page, as others let go of it;
 *	nothing is done unless it is contiguous
 *
 * A block has one count for all of its pages, those of CMA one for each. What is
 * behind the memory in the block is given back.
 */
void xdf_pages_split(struct xdf_pages *pages)
{
	unsigned int order = get_order((size_t)pages->count << PAGE_SHIFT), i;
	struct page *head = pages->page[0];

	if (pages->kind != XDF_CONTIGUOUS)
		return;
	if (order && !page_count(head + 1)) {
		split_page(head, order);
		for (i = pages->count; i < 1u << order; i++)
			put_page(head + i);
	}
	put_device(pages->dev);
	pages->kind = XDF_SYSTEM;
}

/**
 * xdf_pages_put - give up ownership; the last owner's call frees the memory
 * @pages: the memory, or NULL
 *
 * It may be given back a moment later: a client that closes many buffers is not
 * kept waiting. May sleep.
 */
void xdf_pages_put(struct xdf_pages *pages)
{
	if (!pages || !refcount_dec_and_test(&pages->refs))
		return;
	switch (pages->kind) {
	case XDF_CONTIGUOUS:
		release_contiguous(pages);
		break;
	case XDF_IMPORTED:
		release_imported(pages);
		break;
	default:
		if (pages->count < RELEASE_LATER) {
			release_system(pages);
			break;
		}
		llist_add(&pages->unused, &unused);
		queue_work(xdf_wq, &release_work);
	}
}

/**
 * xdf_pages_sg_table - describe the memory to another driver
 * @pages: the memory
 * @count: how much of it, in pages of PAGE_SIZE bytes
 * @drm: the device
 *
 * Contiguous memory is a single entry, whatever the limits of our own device.
 *
 * Return: the table, for the caller to free, or ERR_PTR(-ENOMEM).
 */
struct sg_table *xdf_pages_sg_table(struct xdf_pages *pages, unsigned int count,
				    struct drm_device *drm)
{
	struct sg_table *sgt;

	if (pages->kind != XDF_CONTIGUOUS)
		return drm_prime_pages_to_sg(drm, pages->page, count);
	sgt = kmalloc(sizeof(*sgt), GFP_KERNEL);
	if (!sgt)
		return ERR_PTR(-ENOMEM);
	if (sg_alloc_table(sgt, 1, GFP_KERNEL)) {
		kfree(sgt);
		return ERR_PTR(-ENOMEM);
	}
	sg_set_page(sgt->sgl, pages->page[0], count << PAGE_SHIFT, 0);
	return sgt;
}

/**
 * xdf_pages_sync - make what a device has drawn visible to processors
 * @pages: the memory; does nothing unless it is imported
 *
 * The backend reads with a processor, of another domain. May sleep.
 *
 * Return: 0 or what the exporter said.
 */
int xdf_pages_sync(struct xdf_pages *pages)
{
	struct dma_buf *dma_buf;
	int ret;

	if (pages->kind != XDF_IMPORTED)
		return 0;
	dma_buf = pages->attach->dmabuf;
	ret = dma_buf_begin_cpu_access(dma_buf, DMA_FROM_DEVICE);
	return ret ?: dma_buf_end_cpu_access(dma_buf, DMA_FROM_DEVICE);
}
