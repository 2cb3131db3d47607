// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: screen
 *
 * What is known of the display behind each connector: its size by XenStore and,
 * where the backend has one, its EDID. Both may change while we run: whoever
 * writes a connector's node in XenStore, be it with the old value, makes us read
 * it again and ask for the EDID again, and clients hear of it as of a monitor
 * that was plugged in.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <drm/drm_print.h>
#include <drm/drm_probe_helper.h>

#include <xen/xenbus.h>

#include <xen/interface/io/displif.h>

#include "xdf_bus.h"
#include "xdf_device.h"
#include "xdf_edid.h"
#include "xdf_grant.h"
#include "xdf_link.h"
#include "xdf_proto.h"
#include "xdf_store.h"

/* Several nodes are often written in a row. */
#define SETTLE_MS 20
/* Clients that set all modes again are not made to do so more often. */
#define PACE_MS 500

/* Take over a new EDID, or none. */
static void screen_set_edid(struct xdf_pipe *pipe, u8 *edid, u32 size)
{
	struct xdf_screen *screen = &pipe->screen;
	u8 *old;

	mutex_lock(&pipe->xdf->screen_lock);
	if (screen->edid_size == size && (!size || !memcmp(screen->edid, edid, size))) {
		mutex_unlock(&pipe->xdf->screen_lock);
		kvfree(edid);
		return;
	}
	pipe->xdf->screens_changed = true;
	old = screen->edid;
	screen->edid = edid;
	screen->edid_size = size;
	mutex_unlock(&pipe->xdf->screen_lock);
	kvfree(old);
}

/* Take over a connector's size and name. */
static void screen_set_config(struct xdf_pipe *pipe, const struct xdf_connector_config *config)
{
	struct xdf_screen *screen = &pipe->screen;

	mutex_lock(&pipe->xdf->screen_lock);
	if (screen->width != config->width || screen->height != config->height ||
	    strcmp(screen->unique_id, config->unique_id))
		pipe->xdf->screens_changed = true;
	screen->width = config->width;
	screen->height = config->height;
	memcpy(screen->unique_id, config->unique_id, sizeof(screen->unique_id));
	mutex_unlock(&pipe->xdf->screen_lock);
}

/**
 * xdf_screen_configure - take over what XenStore says of all connectors
 * @xdf: the device
 * @config: the configuration; connectors that it does not have show nothing
 */
void xdf_screen_configure(struct xdf_device *xdf, const struct xdf_config *config)
{
	static const struct xdf_connector_config none;
	unsigned int i;

	for (i = 0; i < XDF_MAX_CONNECTORS && xdf->pipe[i]; i++)
		screen_set_config(xdf->pipe[i],
				  i < config->num_connectors ? &config->connector[i] : &none);
}

/* Ask for a connector's EDID; a private copy, or NULL when it has none. */
static u8 *edid_read(struct xdf_link *link, unsigned int connector, u32 *size, const char **why,
		     int *err)
{
	struct xdf_link *unanswered = NULL;
	struct xdf_grants *grants, *directory;
	struct xdf_pages *pages;
	u8 *edid = NULL;
	u32 done;

	*why = NULL;
	pages = xdf_pages_alloc(DIV_ROUND_UP(XDF_EDID_MAX, PAGE_SIZE), 0);
	if (IS_ERR(pages)) {
		*err = PTR_ERR(pages);
		return NULL;
	}
	grants = xdf_grants_create(link->domid, pages, 0, XDF_EDID_MAX / XDF_GRANT_SIZE);
	if (IS_ERR(grants)) {
		*err = PTR_ERR(grants);
		goto out_pages;
	}
	directory = xdf_grants_directory(link->domid, grants->ref, XDF_EDID_MAX / XDF_GRANT_SIZE);
	if (IS_ERR(directory)) {
		*err = PTR_ERR(directory);
		goto out_grants;
	}
	*err = xdf_proto_get_edid(link, connector, directory->ref[0], XDF_EDID_MAX, size);
	if (xdf_link_unanswered(*err))
		unanswered = link;
	if (*err) {
		/* It is the backend that has no room. */
		if (*err == -ENOMEM || *err == -ENOSPC)
			*err = -EAGAIN;
		goto out;
	}

	/* It stays shared: judge a copy. */
	edid = xdf_alloc_paged(XDF_EDID_MAX, GFP_KERNEL | __GFP_ZERO);
	if (!edid) {
		*err = -ENOMEM;
		goto out;
	}
	for (done = 0; done < min(*size, XDF_EDID_MAX); done += PAGE_SIZE)
		memcpy(edid + done, page_address(pages->page[done / PAGE_SIZE]),
		       min_t(u32, min(*size, XDF_EDID_MAX) - done, PAGE_SIZE));
	*err = xdf_edid_check(edid, *size, XDF_EDID_MAX, why);
	if (*err < 0) {
		kvfree(edid);
		edid = NULL;
	} else {
		*size = *err;
		*err = 0;
	}
out:
	xdf_link_keep(unanswered, directory);
out_grants:
	xdf_link_keep(unanswered, grants);
out_pages:
	xdf_pages_put(pages);
	return edid;
}

/**
 * xdf_screen_ask - ask the backend for the EDIDs of all connectors
 * @xdf: the device
 * @link: the present link
 *
 * Waits for the backend, for a silent one not much longer than once. Without an
 * EDID a connector has the mode that XenStore says.
 *
 * Return: 0, or -ENOMEM or -ENOSPC when memory or grants of ours did not suffice to
 * ask for all of them.
 */
int xdf_screen_ask(struct xdf_device *xdf, struct xdf_link *link)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < link->num_channels; i++) {
		const char *why;
		u32 size = 0;
		u8 *edid;
		int err;

		edid = edid_read(link, i, &size, &why, &err);
		if (!edid && err == -ENOTCONN)
			break;
		if (!edid && (err == -ENOMEM || err == -ENOSPC)) {
			ret = err;
			continue;
		}
		/* That tells nothing of the display. */
		if (!edid && (err == -EAGAIN || err == -ETIMEDOUT))
			continue;
		if (why && err != -ENODATA)
			dev_warn_ratelimited(xdf->drm.dev,
					     "connector %u: EDID of %u bytes ignored: %s\n", i,
					     size, why);
		else if (err)
			drm_dbg_kms(&xdf->drm, "connector %u: no EDID: %d\n", i, err);
		screen_set_edid(xdf->pipe[i], edid, edid ? size : 0);
	}
	return ret;
}

/* Has a display become another one since this was asked last? */
static bool screens_changed(struct xdf_device *xdf)
{
	bool changed;

	mutex_lock(&xdf->screen_lock);
	changed = xdf->screens_changed;
	xdf->screens_changed = false;
	mutex_unlock(&xdf->screen_lock);
	return changed;
}

/**
 * xdf_screen_forget - what is known by now is what clients see first
 * @xdf: the device, whose DRM device is about to be registered
 */
void xdf_screen_forget(struct xdf_device *xdf)
{
	screens_changed(xdf);
}

/**
 * xdf_screen_tell - tell clients that displays have changed, if they have
 * @xdf: the device, whose DRM device is registered
 *
 * A backend that comes back with the same displays is nobody's business: clients
 * take an event without a change for a sign that something is wrong with the card
 * (Weston 16 sets all modes again, and ends in an assertion when a flip is under way).
 */
void xdf_screen_tell(struct xdf_device *xdf)
{
	if (!READ_ONCE(xdf->removed) && screens_changed(xdf)) {
		WRITE_ONCE(xdf->screens_told, jiffies);
		drm_kms_helper_hotplug_event(&xdf->drm);
	}
}

/*
 * Read the sizes again; what makes no sense now leaves the connector as it is. One that
 * the present link does not have stays off. Caller holds state_lock.
 */
static void screens_reread(struct xdf_device *xdf)
{
	struct xdf_connector_config config;
	unsigned int i;

	for (i = 0; i < min(xdf->num_pipes, xdf->config.num_connectors); i++) {
		if (!xdf_store_read_connector(xdf->xdev, i, &config) && config.width)
			screen_set_config(xdf->pipe[i], &config);
	}
}

/* For how long clients are not to be told once more, in jiffies. */
static unsigned long screen_pause(struct xdf_device *xdf)
{
	unsigned long next = READ_ONCE(xdf->screens_told) + msecs_to_jiffies(PACE_MS);
	unsigned long now = jiffies;

	return time_after(next, now) ? next - now : 0;
}

static void screen_work_fn(struct work_struct *work)
{
	struct xdf_device *xdf = container_of(work, struct xdf_device, screen_work.work);
	unsigned long pause = screen_pause(xdf);
	struct xdf_link *link = NULL;
	bool early;

	if (pause) {
		queue_delayed_work(xdf_wq, &xdf->screen_work, pause);
		return;
	}
	mutex_lock(&xdf->state_lock);
	early = !xdf->registered;
	if (early) {
		xdf->screens_missed = true;
	} else if (!xdf->removed) {
		screens_reread(xdf);
		if (xdf->xdev->state == XenbusStateConnected)
			link = xdf_link_get(xdf);
	}
	mutex_unlock(&xdf->state_lock);
	if (early)
		return;
	if (link)
		xdf_screen_ask(xdf, link);
	xdf_link_put(link);
	xdf_screen_tell(xdf);
}

/* Ours are the only other writes below this node; they are other nodes. */
static void screen_watch_fn(struct xenbus_watch *watch, const char *path, const char *token)
{
	struct xdf_device *xdf = container_of(watch, struct xdf_device, screen_watch);
	const char *node = kbasename(path);

	if (!strcmp(node, XENDISPL_FIELD_RESOLUTION) || !strcmp(node, XENDISPL_FIELD_UNIQUE_ID))
		queue_delayed_work(xdf_wq, &xdf->screen_work, msecs_to_jiffies(SETTLE_MS));
}

/**
 * xdf_screen_catch_up - see to what has changed before there was a DRM device, or a watch
 * @xdf: the device, whose DRM device is registered now
 *
 * Caller holds state_lock.
 */
void xdf_screen_catch_up(struct xdf_device *xdf)
{
	lockdep_assert_held(&xdf->state_lock);
	if (xdf->screens_missed)
		queue_delayed_work(xdf_wq, &xdf->screen_work, 0);
	xdf->screens_missed = !xdf->screen_watched;
}

/**
 * xdf_screen_watch - begin to hear of changes in XenStore
 * @xdf: the device
 *
 * Runs in the thread that serves the watches, and not in work, which is not stopped while
 * the guest is being saved: see xdf_bus_retry(). Caller holds state_lock.
 */
void xdf_screen_watch(struct xdf_device *xdf)
{
	int ret;

	lockdep_assert_held(&xdf->state_lock);
	if (xdf->screen_watched)
		return;
	xdf->screen_watch.node = xdf->xdev->nodename;
	xdf->screen_watch.callback = screen_watch_fn;
	ret = register_xenbus_watch(&xdf->screen_watch);
	xdf->screen_watched = !ret;
	if (ret) {
		dev_warn(&xdf->xdev->dev,
			 "changes of size go unnoticed until there is a watch for them: %d\n", ret);
		xdf->screens_missed = true;
		xdf_bus_retry(xdf, XDF_BUS_WATCH_MS);
	} else if (xdf->registered) {
		xdf_screen_catch_up(xdf);
	}
}

/**
 * xdf_screen_stop - hear of no more changes
 * @xdf: the device, marked as removed
 *
 * Waits for what is under way; takes state_lock.
 */
void xdf_screen_stop(struct xdf_device *xdf)
{
	bool watched;

	mutex_lock(&xdf->state_lock);
	watched = xdf->screen_watched;
	xdf->screen_watched = false;
	mutex_unlock(&xdf->state_lock);
	if (watched)
		unregister_xenbus_watch(&xdf->screen_watch);
	cancel_delayed_work_sync(&xdf->screen_work);
}

/**
 * xdf_screen_init - prepare
 * @xdf: the device, new
 */
void xdf_screen_init(struct xdf_device *xdf)
{
	mutex_init(&xdf->screen_lock);
	xdf->screens_told = jiffies - msecs_to_jiffies(PACE_MS);
	INIT_DELAYED_WORK(&xdf->screen_work, screen_work_fn);
}

/**
 * xdf_screen_fini - free what was remembered
 * @xdf: the device, which nobody uses any more
 */
void xdf_screen_fini(struct xdf_device *xdf)
{
	unsigned int i;

	for (i = 0; i < XDF_MAX_CONNECTORS && xdf->pipe[i]; i++)
		kvfree(xdf->pipe[i]->screen.edid);
}
