/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_GRANT_H
#define XDF_GRANT_H

#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/types.h>

#include <xen/grant_table.h>

struct page;

/**
 * struct xdf_pages - memory that several owners share
 *
 * A GEM object, a display buffer and grants that the backend has not unmapped
 * yet all hold a reference; the pages go back to the system with the last one.
 *
 * @refs: number of owners
 * @count: number of pages of PAGE_SIZE bytes
 * @page: the pages, each with one reference that belongs to this object
 */
struct xdf_pages {
	refcount_t refs;
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

struct xdf_pages *xdf_pages_alloc(unsigned int count, gfp_t zone);
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

struct xdf_grants *xdf_grants_create(domid_t domid, struct xdf_pages *pages);
struct xdf_grants *xdf_grants_directory(domid_t domid, const grant_ref_t *refs, u32 count);
void xdf_grants_end(struct xdf_grants *grants);
unsigned int xdf_grants_limit(void);
void xdf_grants_exit(void);

#endif
