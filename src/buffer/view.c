// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: view
 *
 * A view is what the backend knows as a framebuffer: a display buffer with a
 * format, a visible size and a cookie. Cookies come from a counter: they tell the
 * backend nothing about us and are never used twice.
 *
 * A framebuffer of DRM's has a view of the whole, and one for each other place
 * where a plane begins to show it: X lays all monitors into one framebuffer.
 */
#include <linux/math64.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include <drm/drm_fourcc.h>
#include <drm/drm_print.h>

#include "xdf_buffer.h"
#include "xdf_displif.h"
#include "xdf_kms.h"

/* Each has grants of its own; a client that pans all day shall not hoard them. */
#define VIEWS_MAX 20

/* Runs in reap_work, before the buffer underneath: both are put in order. */
static void view_reap(struct xdf_device *xdf, struct xdf_zombie *zombie)
{
	struct xdf_view *view = container_of(zombie, struct xdf_view, zombie);
	struct xdf_link *link;
	int ret;

	mutex_lock(&xdf->buf_lock);
	list_del(&view->node);
	mutex_unlock(&xdf->buf_lock);

	link = xdf_link_get_serial(&xdf->slot, view->serial);
	if (link) {
		xdf_crtc_let_go(xdf, link, view->cookie);
		do {
			ret = xdf_proto_fb_detach(link, view->cookie);
		} while (xdf_link_again(link, ret));
		xdf_link_put(link);
	}
	xdf_dbuf_put(view->dbuf);
	kfree(view);
}

/* Nobody can find it any more. Caller holds view_lock. */
static void view_retire(struct xdf_view *view)
{
	list_del_init(&view->fb_node);
	view->fb->num_views--;
	view->zombie.reap = view_reap;
	xdf_reap(view->xdf, &view->zombie);
}

/**
 * xdf_view_discard - have the backend forget a framebuffer, later and in order
 * @fb: no plane state shows it
 *
 * Does not sleep.
 */
void xdf_view_discard(struct xdf_fb *fb)
{
	struct xdf_view *view, *next;

	spin_lock(&fb->xdf->view_lock);
	list_for_each_entry_safe(view, next, &fb->views, fb_node)
		view_retire(view);
	spin_unlock(&fb->xdf->view_lock);
}

/* A backend that had no room for a request did not answer it. */
static int view_errno(int ret)
{
	if (ret != XDF_UNSENT)
		return xdf_client_errno(ret);
	return fatal_signal_pending(current) ? -EINTR : -ETIMEDOUT;
}

/* Tell the backend of a view that this link does not know. */
static int view_announce(struct xdf_view *view, struct xdf_link *link)
{
	int ret;

	if (view->serial == link->serial)
		return 0;
	ret = xdf_dbuf_announce(view->dbuf, link);
	if (ret)
		return view_errno(ret);
	ret = xdf_proto_fb_attach(link, view->dbuf->cookie, view->cookie, view->width,
				  view->height, view->format);
	/* Without an answer it may or may not know it. */
	if (!ret || ret == -ETIMEDOUT || ret == -EINTR)
		WRITE_ONCE(view->serial, link->serial);
	/*
	 * It may not have come to the buffer, or have refused it when nobody waited any
	 * more; or will not, which another try brings to light.
	 */
	else if (ret != -ENOTCONN && ret != XDF_UNSENT &&
		 (xdf_channel_owes(&link->channel[0]) ||
		  xdf_channel_refused(&link->channel[0], view->dbuf->cookie)))
		ret = -ETIMEDOUT;
	return view_errno(ret);
}

/*
 * The backend has refused something when nobody waited for the answer any more: it does
 * not know it, nor what lies on it. Not before it has said all that it owes: what was
 * told it again meanwhile may be answered yet. Caller holds buf_lock.
 */
static void views_reconsider(struct xdf_device *xdf, struct xdf_link *link)
{
	struct xdf_view *view;
	u64 cookie;

	/* Answers that nobody waits for do not interrupt. */
	xdf_channel_poll(&link->channel[0]);
	if (xdf_channel_owes(&link->channel[0]))
		return;
	while ((cookie = xdf_channel_take_refused(&link->channel[0]))) {
		list_for_each_entry(view, &xdf->views, node)
			if (view->serial == link->serial &&
			    (view->cookie == cookie || view->dbuf->cookie == cookie))
				WRITE_ONCE(view->serial, 0);
		xdf_dbuf_refused(xdf, link, cookie);
	}
}

/* One that this pass has not come to; those it has are at the end. Caller holds buf_lock. */
static struct xdf_view *view_unknown(struct xdf_device *xdf, struct xdf_link *link, u32 pass)
{
	struct xdf_view *view;

	list_for_each_entry(view, &xdf->views, node)
		if (view->serial != link->serial && view->pass != pass)
			return view;
	return NULL;
}

/**
 * xdf_view_replay - tell a new backend of all views
 * @xdf: the device
 * @link: the new link
 *
 * Caller holds buf_lock, which is let go of and taken again between any two of them: a
 * backend may take its time for each. Those that are made meanwhile are told at the end, in
 * one go. Their buffers are announced with them. What the backend refuses is left out: it
 * must not keep the others from the screen.
 *
 * Return: 0, and buf_lock was held since all were known; -ENOTCONN, -ETIMEDOUT or
 * -EINTR; -ECANCELED when the device goes; -ENOMEM or -ENOSPC when memory or grants did
 * not suffice for all of them.
 */
int xdf_view_replay(struct xdf_device *xdf, struct xdf_link *link)
{
	u32 pass = ++xdf->view_passes;
	unsigned int fair = 0;
	struct xdf_view *view;
	int ret, lacking = 0;

	views_reconsider(xdf, link);
	list_for_each_entry(view, &xdf->views, node)
		fair++;
	while ((view = view_unknown(xdf, link, pass))) {
		u64 cookie = view->cookie;

		view->pass = pass;
		list_move_tail(&view->node, &xdf->views);
		ret = view_announce(view, link);
		/* Whoever makes more of them all the time has to wait in the end. */
		if (fair) {
			fair--;
			mutex_unlock(&xdf->buf_lock);
			cond_resched();
			mutex_lock(&xdf->buf_lock);
		}
		if (ret == -ENOTCONN || ret == -ETIMEDOUT || ret == -EINTR)
			return ret;
		if (READ_ONCE(xdf->removed))
			return -ECANCELED;
		if (READ_ONCE(link->dead))
			return -ENOTCONN;
		if (ret == -ENOMEM || ret == -ENOSPC)
			lacking = ret;
		else if (ret)
			dev_warn_ratelimited(xdf->drm.dev,
					     "the backend refused framebuffer %llu: %d\n",
					     cookie, ret);
	}
	return lacking;
}

/**
 * xdf_view_known - has the backend been told of a framebuffer?
 * @xdf: the device
 * @link: the present link
 * @fb_cookie: its name
 *
 * Caller holds buf_lock.
 *
 * Return: whether it has.
 */
bool xdf_view_known(struct xdf_device *xdf, const struct xdf_link *link, u64 fb_cookie)
{
	const struct xdf_view *view;

	lockdep_assert_held(&xdf->buf_lock);
	list_for_each_entry(view, &xdf->views, node)
		if (view->cookie == fb_cookie)
			return view->serial == link->serial;
	return false;
}

/**
 * xdf_view_retract - have the backend forget all framebuffers and buffers
 * @xdf: the device
 * @link: the present link, which ends with this
 *
 * Caller holds buf_lock. The objects stay, nobody knows of them.
 */
void xdf_view_retract(struct xdf_device *xdf, struct xdf_link *link)
{
	struct xdf_view *view;

	list_for_each_entry(view, &xdf->views, node) {
		if (view->serial == link->serial)
			xdf_proto_fb_detach(link, view->cookie);
		WRITE_ONCE(view->serial, 0);
		if (READ_ONCE(link->silent))
			xdf_link_kill(link); /* we are leaving: do not wait for each */
	}
	xdf_dbuf_retract(xdf, link);
}

/* First byte of a part of a framebuffer, from the first page of its memory on. */
static u64 view_start(const struct drm_framebuffer *fb, u32 x, u32 y)
{
	const struct xdf_gem *gem = to_xdf_gem(fb->obj[0]);

	return (u64)gem->pages->offset + fb->offsets[0] + (u64)y * fb->pitches[0] +
	       (u64)x * fb->format->cpp[0];
}

/**
 * xdf_view_check - can the protocol express a part of a framebuffer?
 * @xdf: the device
 * @fb: the framebuffer, with its object and layout
 * @x: first column, in pixels
 * @y: first line
 *
 * Return: 0, or -EINVAL when it has no pixel, when it begins where a page does not and the
 * backend does not speak version 2, when its last line would end behind the memory, or when
 * the protocol cannot express so much.
 */
int xdf_view_check(struct xdf_device *xdf, struct drm_framebuffer *fb, u32 x, u32 y)
{
	const struct xdf_pages *pages = to_xdf_gem(fb->obj[0])->pages;
	u64 start = view_start(fb, x, y);
	u64 size;

	/* DRM lets nothing of it be shown where the CRTC is off. */
	if (x >= fb->width || y >= fb->height) {
		drm_dbg_kms(&xdf->drm, "nothing of the framebuffer is shown\n");
		return -EINVAL;
	}
	/* Backends that do not negotiate know version 1, without data_ofs. */
	if (start % XDF_GRANT_SIZE && READ_ONCE(xdf->config.version) < 2) {
		drm_dbg_kms(&xdf->drm, "protocol 1 cannot express an offset of %llu bytes\n",
			    start);
		return -EINVAL;
	}
	/* The backend knows whole lines only, the last one too. */
	size = (u64)(fb->height - y) * fb->pitches[0];
	if (start + size > (u64)pages->count << PAGE_SHIFT) {
		drm_dbg_kms(&xdf->drm, "no memory behind the last line, from column %u on\n", x);
		return -EINVAL;
	}
	if (start % XDF_GRANT_SIZE + size > U32_MAX) {
		drm_dbg_kms(&xdf->drm, "the protocol knows no more than 4 GiB\n");
		return -EINVAL;
	}
	return 0;
}

/* Find or make the display buffer with the layout of a view. */
static struct xdf_dbuf *view_dbuf(struct xdf_device *xdf, struct drm_framebuffer *fb, u32 x, u32 y)
{
	struct xdf_gem *gem = to_xdf_gem(fb->obj[0]);
	u64 start = view_start(fb, x, y);
	u32 pitch = fb->pitches[0];
	u32 bpp = fb->format->cpp[0] * 8;
	u32 width = div_u64((u64)pitch * 8, bpp);
	u32 height = fb->height - y;
	struct xdf_dbuf *dbuf = gem->dbuf;

	if (dbuf && dbuf->bpp == bpp && dbuf->height >= height &&
	    dbuf->first == start / XDF_GRANT_SIZE && dbuf->offset == start % XDF_GRANT_SIZE &&
	    xdf_pitch(dbuf->width, bpp) == pitch) {
		kref_get(&dbuf->refs);
		return dbuf;
	}
	/*
	 * The client's own words, where they fit; else all that is behind it, but
	 * of foreign memory, which can be of any size, only what is shown.
	 */
	if (gem->bpp == bpp && gem->height >= height && !start &&
	    xdf_pitch(gem->width, bpp) == pitch) {
		width = gem->width;
		height = gem->height;
	} else if (!x && gem->pages->kind != XDF_IMPORTED) {
		height = div_u64(gem->base.size - (start - gem->pages->offset), pitch);
	}
	dbuf = xdf_dbuf_create(xdf, gem->pages, start, width, height, bpp);
	if (IS_ERR(dbuf) || x || y)
		return dbuf;
	xdf_dbuf_put(gem->dbuf);
	kref_get(&dbuf->refs);
	gem->dbuf = dbuf;
	return dbuf;
}

/* Only kept for the next time; never that of the whole. Caller holds view_lock. */
static bool view_idle(const struct xdf_view *view)
{
	return !view->users && (view->x || view->y);
}

/* The oldest such. Caller holds view_lock. */
static struct xdf_view *view_unused(struct xdf_fb *fb)
{
	struct xdf_view *view;

	list_for_each_entry(view, &fb->views, fb_node)
		if (view_idle(view))
			return view;
	return NULL;
}

/* A new view with one user. Caller holds buf_lock. */
static struct xdf_view *view_create(struct xdf_fb *fb, u32 x, u32 y)
{
	struct xdf_device *xdf = fb->xdf;
	struct xdf_view *view, *old;

	view = kzalloc(sizeof(*view), GFP_KERNEL);
	if (!view)
		return ERR_PTR(-ENOMEM);
	view->dbuf = view_dbuf(xdf, &fb->base, x, y);
	if (IS_ERR(view->dbuf)) {
		old = ERR_CAST(view->dbuf);
		kfree(view);
		return old;
	}
	view->xdf = xdf;
	view->fb = fb;
	view->cookie = atomic64_inc_return(&xdf->cookie);
	view->x = x;
	view->y = y;
	view->width = fb->base.width - x;
	view->height = fb->base.height - y;
	view->format = fb->base.format->format;
	view->users = 1;
	list_add_tail(&view->node, &xdf->views);

	spin_lock(&xdf->view_lock);
	list_add_tail(&view->fb_node, &fb->views);
	old = ++fb->num_views > VIEWS_MAX ? view_unused(fb) : NULL;
	if (old)
		view_retire(old);
	spin_unlock(&xdf->view_lock);
	return view;
}

/* Give up what is kept for the next time, of all framebuffers: it has grants of its own. */
static void views_give_up(struct xdf_device *xdf)
{
	struct xdf_view *view;

	if (mutex_lock_killable(&xdf->buf_lock))
		return;
	spin_lock(&xdf->view_lock);
	list_for_each_entry(view, &xdf->views, node)
		if (view_idle(view) && !list_empty(&view->fb_node))
			view_retire(view);
	spin_unlock(&xdf->view_lock);
	mutex_unlock(&xdf->buf_lock);
}

/* One of a framebuffer's views, with one more user, or NULL. */
static struct xdf_view *view_find(struct xdf_fb *fb, u32 x, u32 y)
{
	struct xdf_view *view;

	spin_lock(&fb->xdf->view_lock);
	list_for_each_entry(view, &fb->views, fb_node) {
		if (view->x == x && view->y == y) {
			view->users++;
			spin_unlock(&fb->xdf->view_lock);
			return view;
		}
	}
	spin_unlock(&fb->xdf->view_lock);
	return NULL;
}

/* Find or make a view; tell the backend of a new one if it knows the others. */
static struct xdf_view *view_publish(struct xdf_fb *fb, u32 x, u32 y)
{
	struct xdf_device *xdf = fb->xdf;
	struct xdf_view *view;
	struct xdf_link *link;
	int ret = 0;

	if (mutex_lock_killable(&xdf->buf_lock))
		return ERR_PTR(-EINTR);
	view = view_find(fb, x, y);
	if (!view)
		view = view_create(fb, x, y);
	link = IS_ERR(view) ? NULL : xdf_link_get_serial(&xdf->slot, xdf->ready);
	if (link) {
		ret = view_announce(view, link);
		/*
		 * A link that died meanwhile is no error: the next one is told. Nor is a
		 * backend that does not answer: it may be dead, and nobody knows yet.
		 */
		if (ret == -ETIMEDOUT)
			xdf_connect_again(xdf);
		if (ret == -ENOTCONN || ret == -ETIMEDOUT)
			ret = 0;
		xdf_link_put(link);
	}
	mutex_unlock(&xdf->buf_lock);
	if (!ret)
		return view;
	xdf_view_put(view);
	return ERR_PTR(ret);
}

/**
 * xdf_view_get - find or make a view of a framebuffer, and show the backend
 * @fb: the framebuffer
 * @x: first column, in pixels
 * @y: first line; xdf_view_check() has found nothing against it
 *
 * The first view of a buffer grants the buffer to the backend. Waits for the
 * backend only for a view that is not there yet; one that does not answer in time is
 * told again later.
 *
 * Return: the view, to be given up with xdf_view_put(), or an ERR_PTR: -ENOSPC
 * when the grants run out, -ENOMEM, -EINTR, or the backend's own error.
 */
struct xdf_view *xdf_view_get(struct xdf_fb *fb, u32 x, u32 y)
{
	struct xdf_view *view;

	view = view_find(fb, x, y);
	/* The whole was announced, or will be by a replay; a part may have failed. */
	if (view && (x || y) && !READ_ONCE(view->serial)) {
		xdf_view_put(view);
		view = NULL;
	}
	if (!view)
		view = view_publish(fb, x, y);
	if (view == ERR_PTR(-ENOSPC) || view == ERR_PTR(-ENOMEM)) {
		views_give_up(fb->xdf);
		xdf_reap_wait(fb->xdf);
		view = view_publish(fb, x, y);
	}
	return view;
}

/**
 * xdf_view_hold - a view that is shown has one more user
 * @view: of a plane's state; NULL is nothing
 */
void xdf_view_hold(struct xdf_view *view)
{
	if (!view)
		return;
	spin_lock(&view->xdf->view_lock);
	view->users++;
	spin_unlock(&view->xdf->view_lock);
}

/**
 * xdf_view_put - a view is shown no longer
 * @view: from xdf_view_get(), or NULL
 *
 * It stays with its framebuffer, for the next time.
 */
void xdf_view_put(struct xdf_view *view)
{
	if (!view)
		return;
	spin_lock(&view->xdf->view_lock);
	view->users--;
	spin_unlock(&view->xdf->view_lock);
}
