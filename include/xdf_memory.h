/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_MEMORY_H
#define XDF_MEMORY_H

#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/types.h>
#include <linux/vmalloc.h>

#include <xen/grant_table.h>

struct device;
struct dma_buf_attachment;
struct drm_device;
struct page;
struct sg_table;

/**
 * enum xdf_memory - where memory comes from
 * @XDF_SYSTEM: single pages
 * @XDF_CONTIGUOUS: one block from the DMA API, for devices that cannot gather
 * @XDF_IMPORTED: another driver's dma-buf
 * @XDF_MEMORY_KINDS: number of kinds
 */
enum xdf_memory {
	XDF_SYSTEM,
	XDF_CONTIGUOUS,
	XDF_IMPORTED,
	XDF_MEMORY_KINDS
};

/**
 * struct xdf_pages - memory that several owners share
 *
 * A GEM object, a display buffer and grants that the backend has not unmapped
 * yet all hold a reference; the pages go back to where they came from with the
 * last one.
 *
 * @refs: number of owners
 * @unused: entry in the list of what nobody owns any more
 * @kind: where it comes from
 * @offset: where the data begin in the first page, in bytes; only imported
 *	memory may have one
 * @dev: of contiguous memory: the device it was allocated for, one reference held
 * @dma: of contiguous memory: its DMA address
 * @attach: of imported memory: our attachment to the dma-buf, owned
 * @sgt: of imported memory: the mapping of @attach, owned
 * @count: number of pages of PAGE_SIZE bytes
 * @page: the pages
 */
struct xdf_pages {
	refcount_t refs;
	struct llist_node unused;
	enum xdf_memory kind;
	u32 offset;
	union {
		struct {
			struct device *dev;
			dma_addr_t dma;
		};
		struct {
			struct dma_buf_attachment *attach;
			struct sg_table *sgt;
		};
	};
	unsigned int count;
	struct page *page[];
};

/**
 * struct xdf_grants - pages of ours that a backend may map, read and write
 *
 * Owned by whoever created it until xdf_grants_end(); after that by the orphan
 * list, for as long as the backend keeps mappings.
 *
 * @orphan: entry in the list of orphans, under its lock
 * @pages: the memory, one reference held
 * @count: number of references in @ref that are still granted
 * @ref: grant references, in the order of the memory, 4096 bytes each
 */
struct xdf_grants {
	struct list_head orphan;
	struct xdf_pages *pages;
	unsigned int count;
	grant_ref_t ref[];
};

/**
 * xdf_alloc_paged - room for a list, never of more than one page in a piece
 * @size: in bytes, any number
 * @gfp: how
 *
 * kvmalloc() would try larger pieces first, which a guest that has run for weeks
 * has to look for. The kernel does not warn when there is no memory: the caller does,
 * or its client is told.
 *
 * Return: for kvfree(), or NULL.
 */
static inline void *xdf_alloc_paged(size_t size, gfp_t gfp)
{
	gfp |= __GFP_NOWARN;
	return size <= PAGE_SIZE ? kmalloc(size, gfp) : __vmalloc(size, gfp);
}

struct xdf_pages *xdf_pages_alloc(unsigned int count, gfp_t zone);
struct xdf_pages *xdf_pages_alloc_contiguous(struct device *dev, unsigned int count);
struct xdf_pages *xdf_pages_import(struct dma_buf_attachment *attach, struct sg_table *sgt);
struct sg_table *xdf_pages_sg_table(struct xdf_pages *pages, unsigned int count,
				    struct drm_device *drm);
int xdf_pages_sync(struct xdf_pages *pages);
void xdf_pages_split(struct xdf_pages *pages);
void xdf_pages_put(struct xdf_pages *pages);

/**
 * xdf_pages_get - become one more owner of the memory
 * @pages: memory that the caller owns already
 *
 * Return: @pages.
 */
static inline struct xdf_pages *xdf_pages_get(struct xdf_pages *pages)
{
	refcount_inc(&pages->refs);
	return pages;
}

struct xdf_grants *xdf_grants_create(domid_t domid, struct xdf_pages *pages, u32 first, u32 total);
struct xdf_grants *xdf_grants_directory(domid_t domid, const grant_ref_t *refs, u32 count);
void xdf_grants_end(struct xdf_grants *grants);
unsigned int xdf_grants_limit(void);
bool xdf_grants_room(u32 total);
unsigned int xdf_grants_orphaned(void);
void xdf_grants_exit(void);

/* foreign.c */
/**
 * struct xdf_foreign - memory of the backend's that is mapped here
 * @count: number of grants, 4096 bytes each
 * @mapped: how many of them are mapped
 * @page: a page for each, of which the first 4096 bytes are the backend's
 * @handle: names of the mappings to the hypervisor
 */
struct xdf_foreign {
	u32 count;
	u32 mapped;
	struct page **page;
	grant_handle_t handle[];
};

struct xdf_foreign *xdf_foreign_map(domid_t domid, const grant_ref_t *refs, u32 count);
void xdf_foreign_unmap(struct xdf_foreign *foreign);
void xdf_foreign_write(struct xdf_foreign *foreign, const struct xdf_pages *pages, u64 skip,
		       u64 start, u64 end);

#endif
