// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: dbuf
 *
 * Display buffers: memory, its grants for the present link, and the backend's
 * knowledge of it. A buffer outlives links; each new one gets new grants and is
 * announced again.
 *
 * Nobody waits for a buffer or framebuffer to be destroyed. What is not used
 * any more goes to the device's list of zombies, and a work item tells the
 * backend: first the framebuffer, then its buffer, then the grants are ended.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include <drm/drm_drv.h>
#include <drm/drm_print.h>

#include "xdf_buffer.h"
#include "xdf_displif.h"
#include "xdf_kms.h"
#include "xdf_memory.h"
#include "xdf_module.h"
#include "xdf_pgdir.h"
#include "xdf_piece.h"

/* Unmap what the backend allocated; it must be before the backend frees it. */
static void dbuf_unmap(struct xdf_dbuf *dbuf)
{
	mutex_lock(&dbuf->foreign_lock);
	xdf_foreign_unmap(dbuf->foreign);
	dbuf->foreign = NULL;
	mutex_unlock(&dbuf->foreign_lock);
}

/*
 * Take access back; the backend was told to let go, or is gone. @link: the one over
 * which it may not have come yet to what it was told, or NULL.
 */
static void dbuf_end_grants(struct xdf_dbuf *dbuf, struct xdf_link *link)
{
	dbuf_unmap(dbuf);
	xdf_link_keep(link, dbuf->grants);
	dbuf->grants = NULL;
	xdf_link_keep(link, dbuf->directory);
	dbuf->directory = NULL;
	dbuf->serial = 0;
}

/* Grant the buffer's pages and the directory that lists them. */
static int dbuf_grant(struct xdf_dbuf *dbuf, domid_t domid)
{
	u32 refs = xdf_dbuf_pages(dbuf);
	struct xdf_grants *grants;

	if (!xdf_grants_room(refs))
		return -ENOSPC;
	grants = xdf_grants_create(domid, dbuf->pages, dbuf->first, refs);
	if (IS_ERR(grants))
		return PTR_ERR(grants);
	dbuf->grants = grants;

	grants = xdf_grants_directory(domid, grants->ref, refs);
	if (IS_ERR(grants)) {
		dbuf_end_grants(dbuf, NULL);
		return PTR_ERR(grants);
	}
	dbuf->directory = grants;
	return 0;
}

/* Map what the directory, now filled in by the backend, lists. */
static struct xdf_foreign *dbuf_map(struct xdf_dbuf *dbuf, domid_t domid)
{
	const struct xdf_pages *pages = dbuf->directory->pages;
	u32 refs = xdf_dbuf_pages(dbuf), done = 0, i;
	struct xdf_foreign *foreign;
	grant_ref_t *ref;
	u32 *copy;
	int n = 0;

	copy = kmalloc(XDF_GRANT_SIZE, GFP_KERNEL);
	ref = xdf_alloc_paged(array_size(refs, sizeof(*ref)), GFP_KERNEL);
	if (!copy || !ref) {
		foreign = ERR_PTR(-ENOMEM);
		goto out;
	}
	for (i = 0; done < refs; i++, done += n) {
		struct xdf_piece at = xdf_piece(i, XEN_PFN_PER_PAGE);

		/* It stays shared: judge a copy. */
		memcpy(copy, page_address(pages->page[at.page]) + at.offset, XDF_GRANT_SIZE);
		n = xdf_pgdir_read(copy, ref + done, refs - done);
		if (n < 0) {
			foreign = ERR_PTR(-EPROTO);
			goto out;
		}
	}
	foreign = xdf_foreign_map(domid, ref, refs);
out:
	kvfree(ref);
	kfree(copy);
	return foreign;
}

/**
 * xdf_dbuf_request - send DBUF_CREATE
 * @link: the link
 * @dbuf: the buffer, whose directory is granted
 * @be_alloc: the backend shall allocate the memory and fill in the directory
 *
 * Return: as of xdf_proto_dbuf_create().
 */
int xdf_dbuf_request(struct xdf_link *link, const struct xdf_dbuf *dbuf, bool be_alloc)
{
	struct xendispl_dbuf_create_req req = {
		.dbuf_cookie = dbuf->cookie,
		.width = dbuf->width,
		.height = dbuf->height,
		.bpp = dbuf->bpp,
		/* All that is shared: backends map as much, and no more. */
		.buffer_sz = dbuf->offset + dbuf->size,
		.flags = be_alloc ? XENDISPL_DBUF_FLG_REQ_ALLOC : 0,
		.gref_directory = dbuf->directory->ref[0],
		.data_ofs = dbuf->offset,
	};

	return xdf_proto_dbuf_create(link, &req);
}

/* A buffer that the backend may come to make yet, and that nobody wants any more. */
struct dbuf_stray {
	struct xdf_zombie zombie;
	u64 cookie;
	u32 serial;
};

/* Runs in reap_work. */
static void stray_reap(struct xdf_device *xdf, struct xdf_zombie *zombie)
{
	struct dbuf_stray *stray = container_of(zombie, struct dbuf_stray, zombie);
	struct xdf_link *link = xdf_link_get_serial(&xdf->slot, stray->serial);

	if (link)
		xdf_proto_dbuf_forget(link, stray->cookie);
	xdf_link_put(link);
	kfree(stray);
}

/* It may have made it, or come to that yet, and we have no use for it: it goes by that name. */
static void dbuf_abandon(struct xdf_dbuf *dbuf, struct xdf_link *link)
{
	struct dbuf_stray *stray = kzalloc(sizeof(*stray), GFP_KERNEL);

	if (stray) {
		stray->cookie = dbuf->cookie;
		stray->serial = link->serial;
		stray->zombie.reap = stray_reap;
		xdf_reap(dbuf->xdf, &stray->zombie);
	} else {
		xdf_proto_dbuf_destroy(link, dbuf->cookie);
	}
	dbuf_end_grants(dbuf, link);
	dbuf->cookie = atomic64_inc_return(&dbuf->xdf->cookie);
}

/*
 * Have the backend allocate the memory. -EOPNOTSUPP when it does not want to, -EDQUOT when
 * this guest cannot map it.
 */
static int dbuf_announce_foreign(struct xdf_dbuf *dbuf, struct xdf_link *link)
{
	u32 refs = xdf_dbuf_pages(dbuf);
	struct xdf_foreign *foreign;
	int ret;

	if (!xdf_grants_room(xdf_pgdir_pages(refs)))
		return -ENOSPC;
	dbuf->directory = xdf_grants_directory(link->domid, NULL, refs);
	if (IS_ERR(dbuf->directory)) {
		ret = PTR_ERR(dbuf->directory);
		dbuf->directory = NULL;
		return ret;
	}
	dbuf->serial = link->serial;
	ret = xdf_dbuf_request(link, dbuf, true);
	if (xdf_link_unanswered(ret)) {
		dbuf_abandon(dbuf, link);
		return ret;
	}
	if (ret) {
		dbuf_end_grants(dbuf, NULL);
		return ret == XDF_UNSENT ? ret : -EOPNOTSUPP;
	}
	foreign = dbuf_map(dbuf, link->domid);
	if (IS_ERR(foreign)) {
		ret = PTR_ERR(foreign);
		if (ret == -EPROTO) {
			xdf_link_break(link, "page directory of its buffer lists what cannot be mapped");
			dbuf_end_grants(dbuf, link);
			return -ENOTCONN;
		}
		dbuf_abandon(dbuf, link);
		return ret == -ENOSPC ? -EDQUOT : ret;
	}
	mutex_lock(&dbuf->foreign_lock);
	dbuf->foreign = foreign;
	mutex_unlock(&dbuf->foreign_lock);
	xdf_dbuf_sync(dbuf, 0, dbuf->height);
	return 0;
}

/* Show the backend memory of ours. */
static int dbuf_announce_own(struct xdf_dbuf *dbuf, struct xdf_link *link)
{
	int ret;

	ret = dbuf_grant(dbuf, link->domid);
	if (ret)
		return ret;
	dbuf->serial = link->serial;
	ret = xdf_dbuf_request(link, dbuf, false);
	if (ret && ret != -ETIMEDOUT && ret != -EINTR)
		dbuf_end_grants(dbuf, ret == -ENOTCONN ? link : NULL);
	return ret;
}

/**
 * xdf_dbuf_announce - grant a buffer and tell the backend of it
 * @dbuf: a buffer that this link does not know
 * @link: the present link
 *
 * Where XenStore wants it the backend is asked to allocate the memory; if it does
 * not, or there is no room to map it, ours is used. Caller holds buf_lock. After an
 * error the backend does not know the buffer, except after -ETIMEDOUT and -EINTR: then
 * it may know one of ours, and the buffer stays marked.
 *
 * Return: 0, -ENOSPC when grants run out, -ENOMEM, -EINVAL when the link's version
 * cannot express where it begins, or as of xdf_dbuf_request().
 */
int xdf_dbuf_announce(struct xdf_dbuf *dbuf, struct xdf_link *link)
{
	struct device *dev = dbuf->xdf->drm.dev;
	int ret;

	lockdep_assert_held(&dbuf->xdf->buf_lock);
	if (dbuf->serial == link->serial)
		return 0;
	/* It was made for a backend that knew more. */
	if (dbuf->offset && link->version < 2)
		return -EINVAL;
	if (link->be_alloc && dbuf->pages->kind != XDF_IMPORTED && !dbuf->offset) {
		ret = dbuf_announce_foreign(dbuf, link);
		if (ret == -EOPNOTSUPP) {
			link->be_alloc = false;
			dev_info_ratelimited(dev,
					     "be-alloc is 1, but the backend does not allocate; our own buffers are used\n");
		} else if (ret == -EDQUOT) {
			dev_info_ratelimited(dev,
					     "be-alloc is 1, but this guest may not map more of the backend's memory (max_maptrack_frames); a buffer of our own is used\n");
		} else {
			return ret;
		}
	}
	return dbuf_announce_own(dbuf, link);
}

/**
 * xdf_dbuf_refused - the backend has refused a buffer when nobody waited any more
 * @xdf: the device
 * @link: the present link
 * @cookie: the buffer's name; nothing happens if there is none of that name
 *
 * Caller holds buf_lock. The backend does not know the buffer.
 */
void xdf_dbuf_refused(struct xdf_device *xdf, struct xdf_link *link, u64 cookie)
{
	struct xdf_dbuf *dbuf;

	lockdep_assert_held(&xdf->buf_lock);
	list_for_each_entry(dbuf, &xdf->dbufs, node)
		if (dbuf->cookie == cookie && dbuf->serial == link->serial)
			dbuf_end_grants(dbuf, NULL);
}

/**
 * xdf_dbuf_sync - bring the backend's memory up to date
 * @dbuf: the buffer; nothing is done unless the backend allocated it
 * @y1: first line
 * @y2: behind the last line
 *
 * May sleep; must be over when the flip is sent.
 */
void xdf_dbuf_sync(struct xdf_dbuf *dbuf, u32 y1, u32 y2)
{
	u64 pitch = xdf_pitch(dbuf->width, dbuf->bpp);
	u64 start = (u64)dbuf->first * XDF_GRANT_SIZE;

	mutex_lock(&dbuf->foreign_lock);
	if (dbuf->foreign)
		xdf_foreign_write(dbuf->foreign, dbuf->pages, start, pitch * y1,
				  pitch * min(y2, dbuf->height));
	mutex_unlock(&dbuf->foreign_lock);
}

/**
 * xdf_dbuf_retract - have the backend forget all buffers, and end their grants
 * @xdf: the device
 * @link: the present link, which knows of no framebuffer any more
 *
 * Caller holds buf_lock.
 */
void xdf_dbuf_retract(struct xdf_device *xdf, struct xdf_link *link)
{
	struct xdf_dbuf *dbuf;
	int ret;

	list_for_each_entry(dbuf, &xdf->dbufs, node) {
		dbuf_unmap(dbuf);
		ret = 0;
		if (dbuf->serial == link->serial)
			ret = xdf_proto_dbuf_destroy(link, dbuf->cookie);
		if (READ_ONCE(link->silent))
			xdf_link_kill(link); /* we are leaving: do not wait for each */
		dbuf_end_grants(dbuf, ret ? link : NULL);
	}
}

/**
 * xdf_connect_again - the backend did not answer when it was told of something new
 * @xdf: the device
 *
 * It is told again after a pause, as a new backend would be. Caller holds buf_lock
 * and has seen the link in place under it: link_drop() takes that lock, so nothing
 * is queued for a device that is gone.
 */
void xdf_connect_again(struct xdf_device *xdf)
{
	lockdep_assert_held(&xdf->buf_lock);
	queue_delayed_work(xdf_wq, &xdf->connect_work, msecs_to_jiffies(XDF_REPLAY_PAUSE_MS));
}

/**
 * xdf_dbuf_link_lost - the link is dead: all its grants end
 * @xdf: the device
 *
 * Takes buf_lock. Pages that the backend still maps stay granted, as orphans,
 * until it does not.
 */
void xdf_dbuf_link_lost(struct xdf_device *xdf)
{
	struct xdf_dbuf *dbuf;
	struct xdf_view *view;

	mutex_lock(&xdf->buf_lock);
	list_for_each_entry(view, &xdf->views, node)
		WRITE_ONCE(view->serial, 0);
	list_for_each_entry(dbuf, &xdf->dbufs, node)
		dbuf_end_grants(dbuf, NULL);
	mutex_unlock(&xdf->buf_lock);
}

/**
 * xdf_dbuf_any_foreign - is memory of the backend's mapped?
 * @xdf: the device
 *
 * Caller holds buf_lock.
 *
 * Return: whether there is any.
 */
bool xdf_dbuf_any_foreign(struct xdf_device *xdf)
{
	struct xdf_dbuf *dbuf;

	lockdep_assert_held(&xdf->buf_lock);
	list_for_each_entry(dbuf, &xdf->dbufs, node)
		if (dbuf->foreign)
			return true;
	return false;
}

/**
 * xdf_dbuf_create - make a display buffer that no backend knows yet
 * @xdf: the device
 * @pages: its memory; a reference is taken
 * @start: where it begins, in bytes from the first page on
 * @width: in pixels
 * @height: in lines
 * @bpp: bits a pixel
 *
 * Caller holds buf_lock and has checked that the memory covers it.
 *
 * Return: the buffer with one reference, or ERR_PTR(-ENOMEM).
 */
struct xdf_dbuf *xdf_dbuf_create(struct xdf_device *xdf, struct xdf_pages *pages, u64 start,
				 u32 width, u32 height, u32 bpp)
{
	struct xdf_dbuf *dbuf = kzalloc(sizeof(*dbuf), GFP_KERNEL);

	lockdep_assert_held(&xdf->buf_lock);
	if (!dbuf)
		return ERR_PTR(-ENOMEM);
	kref_init(&dbuf->refs);
	dbuf->xdf = xdf;
	dbuf->cookie = atomic64_inc_return(&xdf->cookie);
	dbuf->width = width;
	dbuf->height = height;
	dbuf->bpp = bpp;
	dbuf->size = xdf_pitch(width, bpp) * height;
	dbuf->first = start / XDF_GRANT_SIZE;
	dbuf->offset = start % XDF_GRANT_SIZE;
	dbuf->pages = xdf_pages_get(pages);
	mutex_init(&dbuf->foreign_lock);
	list_add_tail(&dbuf->node, &xdf->dbufs);
	return dbuf;
}

/* Runs in reap_work: the last reference is gone. */
static void dbuf_reap(struct xdf_device *xdf, struct xdf_zombie *zombie)
{
	struct xdf_dbuf *dbuf = container_of(zombie, struct xdf_dbuf, zombie);
	struct xdf_link *link;
	int ret = 0;

	mutex_lock(&xdf->buf_lock);
	dbuf_unmap(dbuf); /* off the list a suspend would not see it */
	list_del(&dbuf->node);
	mutex_unlock(&xdf->buf_lock);

	/* Off the list it is ours alone; a lost link is noticed by its serial. */
	link = xdf_link_get_serial(&xdf->slot, dbuf->serial);
	if (link) {
		ret = xdf_proto_dbuf_forget(link, dbuf->cookie);
		if (ret && ret != -ENOTCONN && ret != XDF_UNSENT)
			dev_warn_ratelimited(xdf->drm.dev, "backend failed to destroy buffer %llu: %d\n",
					     dbuf->cookie, ret);
	}
	dbuf_end_grants(dbuf, ret ? link : NULL);
	xdf_link_put(link);
	xdf_pages_put(dbuf->pages);
	mutex_destroy(&dbuf->foreign_lock);
	kfree(dbuf);
}

static void dbuf_release(struct kref *refs)
{
	struct xdf_dbuf *dbuf = container_of(refs, struct xdf_dbuf, refs);

	dbuf->zombie.reap = dbuf_reap;
	xdf_reap(dbuf->xdf, &dbuf->zombie);
}

/**
 * xdf_dbuf_put - give up a reference
 * @dbuf: the buffer, or NULL
 *
 * Does not sleep.
 */
void xdf_dbuf_put(struct xdf_dbuf *dbuf)
{
	if (dbuf)
		kref_put(&dbuf->refs, dbuf_release);
}

/**
 * xdf_reap - have an unused object forgotten, later and in order
 * @xdf: the device; kept alive until it is done
 * @zombie: part of the object, its reap function is set
 *
 * Does not sleep.
 */
void xdf_reap(struct xdf_device *xdf, struct xdf_zombie *zombie)
{
	atomic_inc(&xdf->reaping);
	spin_lock(&xdf->reap_lock);
	list_add_tail(&zombie->node, &xdf->reap);
	spin_unlock(&xdf->reap_lock);
	/* The work, once queued, holds a reference of its own. */
	drm_dev_get(&xdf->drm);
	if (!queue_work(xdf_wq, &xdf->reap_work))
		drm_dev_put(&xdf->drm);
}

/**
 * xdf_reap_wait - wait for what is on its way out: it may hold what is missing
 * @xdf: the device
 *
 * Killable, and not longer than a request may take: a slow backend has its own
 * idea of when.
 */
void xdf_reap_wait(struct xdf_device *xdf)
{
	wait_event_killable_timeout(xdf->settled, !atomic_read(&xdf->reaping),
				    msecs_to_jiffies(READ_ONCE(xdf_timeout_ms)));
}

/**
 * xdf_reap_work_fn - take leave of everything that nobody uses any more
 * @work: the device's reap_work
 *
 * The device may be gone when this returns.
 */
void xdf_reap_work_fn(struct work_struct *work)
{
	struct xdf_device *xdf = container_of(work, struct xdf_device, reap_work);
	struct xdf_zombie *zombie;

	for (;;) {
		spin_lock(&xdf->reap_lock);
		zombie = list_first_entry_or_null(&xdf->reap, struct xdf_zombie, node);
		if (zombie)
			list_del(&zombie->node);
		spin_unlock(&xdf->reap_lock);
		if (!zombie)
			break;
		zombie->reap(xdf, zombie);
		atomic_dec(&xdf->reaping);
		wake_up(&xdf->settled);
	}
	drm_dev_put(&xdf->drm);
}
