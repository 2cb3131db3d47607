// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: grant
 *
 * Memory shared with the backend. A page that a backend still maps must not go
 * back to the system, whatever the backend promised and however the link ended:
 * grants that cannot be ended move to a list of orphans, together with their
 * memory, and a work item tries again until the last mapping is gone.
 */
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include <xen/page.h>

#include "xdf_memory.h"
#include "xdf_pgdir.h"
#include "xdf_piece.h"

/* References are taken from the table in portions; one call takes a u16. */
#define GRANT_CHUNK 4096u
/* How often the orphans are looked after, in milliseconds. */
#define ORPHAN_PERIOD_MS 100
/* How long an unloading module waits for the last mappings to go. */
#define ORPHAN_EXIT_MS 1000

/*
 * So many references are left to the guest's disks and networks, which stand
 * still without; half of them are there for new links, when buffers have all the rest.
 */
#define FOR_OTHERS 256u

/* References that this module has, orphans included. */
static atomic_t held = ATOMIC_INIT(0);

static LIST_HEAD(orphans);
/* Protects orphans and the orphan member of what is on it. */
static DEFINE_SPINLOCK(orphan_lock);

static void orphan_work_fn(struct work_struct *work);
static DECLARE_DELAYED_WORK(orphan_work, orphan_work_fn);

/* What the table can hold without what is left to others, or without half of that. */
static unsigned int grants_limit(unsigned int parts)
{
	unsigned int all = gnttab_max_grant_frames() *
			   (XEN_PAGE_SIZE / sizeof(struct grant_entry_v1));

	return all - min(all / 4, FOR_OTHERS) / parts;
}

/**
 * xdf_grants_limit - how much one buffer could be granted at the very most
 *
 * Return: number of references that this guest's grant table can hold when it
 * has grown to the size that the hypervisor allows, without those that are left
 * to other devices.
 */
unsigned int xdf_grants_limit(void)
{
	return grants_limit(1);
}

/**
 * xdf_grants_room - may a buffer be granted?
 * @total: references that it takes
 *
 * Rings and the like are granted without this question: links are to come back when
 * buffers have taken all that they may.
 *
 * Return: whether so many are left for all devices of this module.
 */
bool xdf_grants_room(u32 total)
{
	unsigned int limit = xdf_grants_limit(), now = atomic_read(&held);

	return now <= limit && total <= limit - now;
}

/**
 * xdf_grants_create - let a domain map memory, for reading and writing
 * @domid: the backend's domain
 * @pages: the memory; a reference of its own is taken
 * @first: where to begin, in units of 4096 bytes
 * @total: how much to grant, in units of 4096 bytes, within the memory
 *
 * The backend needs write access even where it only reads: displ_be maps all
 * it gets read-write and fails otherwise.
 *
 * Return: the grants, to be given up with xdf_grants_end(), or an ERR_PTR:
 * -ENOSPC when the grant table is full, or what is left of it is for others; -ENOMEM.
 */
struct xdf_grants *xdf_grants_create(domid_t domid, struct xdf_pages *pages, u32 first, u32 total)
{
	struct xdf_grants *grants;
	grant_ref_t head;

	/* Buffers, links, and all that backends did not let go of. */
	if (atomic_add_return(total, &held) > grants_limit(2)) {
		atomic_sub(total, &held);
		return ERR_PTR(-ENOSPC);
	}
	grants = xdf_alloc_paged(struct_size(grants, ref, total), GFP_KERNEL);
	if (!grants) {
		atomic_sub(total, &held);
		return ERR_PTR(-ENOMEM);
	}
	INIT_LIST_HEAD(&grants->orphan);
	grants->pages = xdf_pages_get(pages);
	grants->count = 0;

	while (grants->count < total) {
		unsigned int n = min(total - grants->count, GRANT_CHUNK);

		if (gnttab_alloc_grant_references(n, &head)) {
			atomic_sub(total - grants->count, &held);
			xdf_grants_end(grants);
			return ERR_PTR(-ENOSPC);
		}
		for (; n; n--, grants->count++) {
			struct xdf_piece at = xdf_piece(first + grants->count, XEN_PFN_PER_PAGE);
			unsigned long gfn = xen_page_to_gfn(pages->page[at.page]) + at.nr;

			grants->ref[grants->count] = gnttab_claim_grant_reference(&head);
			gnttab_grant_foreign_access_ref(grants->ref[grants->count], domid, gfn, 0);
		}
		cond_resched();
	}
	return grants;
}

/**
 * xdf_grants_directory - make the page directory of a buffer and grant it
 * @domid: the backend's domain
 * @refs: grant references of the buffer, in order, or NULL to leave the places
 *	empty, for the backend to fill in
 * @count: number of references
 *
 * The pages of a directory have addresses in the kernel.
 *
 * Return: the grants, the first of which is the one to tell the backend; or an
 * ERR_PTR as of xdf_grants_create() and xdf_pages_alloc().
 */
struct xdf_grants *xdf_grants_directory(domid_t domid, const grant_ref_t *refs, u32 count)
{
	u32 num = xdf_pgdir_pages(count);
	struct xdf_grants *directory;
	struct xdf_pages *pages;
	u32 i, done = 0;

	pages = xdf_pages_alloc(xdf_piece_pages(num, XEN_PFN_PER_PAGE), 0);
	if (IS_ERR(pages))
		return ERR_CAST(pages);
	directory = xdf_grants_create(domid, pages, 0, num);
	for (i = 0; !IS_ERR(directory) && i < num; i++) {
		struct xdf_piece at = xdf_piece(i, XEN_PFN_PER_PAGE);
		u32 *page = page_address(pages->page[at.page]) + at.offset;
		u32 next = i + 1 < num ? directory->ref[i + 1] : 0;

		if (refs)
			done += xdf_pgdir_fill(page, next, refs + done, count - done);
		else
			xdf_pgdir_fill(page, next, NULL, 0);
	}
	xdf_pages_put(pages); /* the grants hold them */
	return directory;
}

/* End what the backend does not map (any more). True when nothing is left. */
static bool grants_try_end(struct xdf_grants *grants)
{
	unsigned int i, kept = 0;

	for (i = 0; i < grants->count; i++) {
		if (!gnttab_try_end_foreign_access(grants->ref[i]))
			grants->ref[kept++] = grants->ref[i];
		if (i % 1024 == 1023)
			cond_resched();
	}
	atomic_sub(grants->count - kept, &held);
	grants->count = kept;
	return !kept;
}

static void grants_free(struct xdf_grants *grants)
{
	xdf_pages_put(grants->pages);
	kvfree(grants);
}

/**
 * xdf_grants_end - take access back and let the memory go
 * @grants: from xdf_grants_create(), or NULL
 *
 * What the backend still maps is kept until it does not. May sleep.
 */
void xdf_grants_end(struct xdf_grants *grants)
{
	if (!grants)
		return;
	if (grants_try_end(grants)) {
		grants_free(grants);
		return;
	}
	spin_lock(&orphan_lock);
	list_add_tail(&grants->orphan, &orphans);
	spin_unlock(&orphan_lock);
	schedule_delayed_work(&orphan_work, msecs_to_jiffies(ORPHAN_PERIOD_MS));
}

/* Look once after all orphans. True when none is left. */
static bool orphans_drain(void)
{
	struct xdf_grants *grants, *next;
	LIST_HEAD(todo);
	bool empty;

	spin_lock(&orphan_lock);
	list_splice_init(&orphans, &todo);
	spin_unlock(&orphan_lock);

	list_for_each_entry_safe(grants, next, &todo, orphan) {
		if (!grants_try_end(grants))
			continue;
		list_del(&grants->orphan);
		grants_free(grants);
	}

	spin_lock(&orphan_lock);
	list_splice(&todo, &orphans);
	empty = list_empty(&orphans);
	spin_unlock(&orphan_lock);
	return empty;
}

/**
 * xdf_grants_orphaned - how much backends still map of what was given up
 *
 * Return: number of grants of all devices.
 */
unsigned int xdf_grants_orphaned(void)
{
	struct xdf_grants *grants;
	unsigned int count = 0;

	spin_lock(&orphan_lock);
	list_for_each_entry(grants, &orphans, orphan)
		count += grants->count;
	spin_unlock(&orphan_lock);
	return count;
}

static void orphan_work_fn(struct work_struct *work)
{
	if (!orphans_drain())
		schedule_delayed_work(&orphan_work, msecs_to_jiffies(ORPHAN_PERIOD_MS));
}

/**
 * xdf_grants_exit - the module goes: get rid of the orphans
 *
 * Waits a second at the most. What a backend maps even then is handed to the
 * kernel's own list of deferred grants, which keeps the pages as long as it
 * takes. Where that list does not hold pages (xdf_gnttab_end_later()), the memory
 * is never freed.
 */
void xdf_grants_exit(void)
{
	unsigned long end = jiffies + msecs_to_jiffies(ORPHAN_EXIT_MS);
	struct xdf_grants *grants, *next;
	unsigned int i, kept, left = 0, lost = 0;

	cancel_delayed_work_sync(&orphan_work);
	while (!orphans_drain() && time_before(jiffies, end))
		msleep(20);

	list_for_each_entry_safe(grants, next, &orphans, orphan) {
		xdf_pages_split(grants->pages); /* some of them go now, others later */
		left += grants->count;
		list_del(&grants->orphan);
		for (i = 0, kept = 0; i < grants->count; i++)
			kept += !xdf_gnttab_end_later(grants->ref[i]);
		lost += kept;
		if (!kept)
			grants_free(grants);
	}
	if (left)
		pr_warn("%s: the backend still maps %u pages, %s\n", KBUILD_MODNAME, left,
			lost ? "this kernel loses their memory" :
			"the kernel frees them when it lets go");
}
