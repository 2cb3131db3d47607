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
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/string.h>

#include <drm/drm_atomic.h>
#include <drm/drm_connector.h>
#include <drm/drm_modeset_lock.h>
#include <drm/drm_print.h>
#include <drm/drm_probe_helper.h>

#include <xen/xenbus.h>

#include <xen/interface/io/displif.h>

#include "../xenbus/xdf_bus.h"
#include "../xenbus/xdf_store.h"
#include "xdf_displif.h"
#include "xdf_kms.h"
#include "xdf_module.h"

/* Several nodes are often written in a row. */
#define SETTLE_MS 20
/* Clients that set all modes again are not made to do so more often. */
#define PACE_MS 500

/* Pause before EDIDs are looked for that had not come, and how often it doubles. */
#define EDID_PAUSE_MS 500
#define EDID_DOUBLE 4u

/**
 * xdf_screen_set_edid - take over a new EDID, or none
 * @pipe: the pipe
 * @edid: checked, from kvmalloc(), the screen's from now on; NULL for none
 * @size: its size in bytes
 * @wrong: what is wrong with what the backend wrote, a constant text, or NULL
 *
 * Takes screen_lock.
 *
 * Return: whether anything is another than before.
 */
bool xdf_screen_set_edid(struct xdf_pipe *pipe, u8 *edid, u32 size, const char *wrong)
{
	struct xdf_screen *screen = &pipe->screen;
	bool same, news;

	mutex_lock(&pipe->xdf->screen_lock);
	same = screen->edid_size == size && (!size || !memcmp(screen->edid, edid, size));
	news = !same || screen->edid_wrong != wrong;
	screen->edid_wrong = wrong;
	if (!same) {
		pipe->xdf->screens_changed = true;
		swap(screen->edid, edid);
		screen->edid_size = size;
	}
	mutex_unlock(&pipe->xdf->screen_lock);
	kvfree(edid);
	return news;
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
 * xdf_screen_has_size - does a display have a mode of this size?
 * @pipe: the pipe
 * @width: in pixels
 * @height: in lines
 *
 * Takes screen_lock.
 *
 * Return: whether its EDID, as far as it is known, or XenStore has it.
 */
bool xdf_screen_has_size(struct xdf_pipe *pipe, u32 width, u32 height)
{
	const struct xdf_screen *screen = &pipe->screen;
	unsigned int i;
	bool has;

	mutex_lock(&pipe->xdf->screen_lock);
	has = screen->width == width && screen->height == height;
	for (i = 0; i < screen->num_sizes && !has; i++)
		has = screen->size[i].width == width && screen->size[i].height == height;
	mutex_unlock(&pipe->xdf->screen_lock);
	return has;
}

/**
 * xdf_screen_used_size - was a mode of this size set before?
 * @pipe: the pipe
 * @width: in pixels
 * @height: in lines
 *
 * A client that had the display before, as X on another VT, sets its mode again. Takes
 * screen_lock.
 *
 * Return: whether it is one of the last eight sizes.
 */
bool xdf_screen_used_size(struct xdf_pipe *pipe, u32 width, u32 height)
{
	const struct xdf_screen *screen = &pipe->screen;
	bool used = false;
	unsigned int i;

	mutex_lock(&pipe->xdf->screen_lock);
	for (i = 0; i < screen->num_used && !used; i++)
		used = screen->used[i].width == width && screen->used[i].height == height;
	mutex_unlock(&pipe->xdf->screen_lock);
	return used;
}

/**
 * xdf_screen_set_mode - a mode was set, or none
 * @pipe: the pipe
 * @mode: the mode, or NULL
 *
 * It stays in the list of modes until another one is set. Takes screen_lock.
 */
void xdf_screen_set_mode(struct xdf_pipe *pipe, const struct drm_display_mode *mode)
{
	struct xdf_screen *screen = &pipe->screen;
	unsigned int i;

	mutex_lock(&pipe->xdf->screen_lock);
	screen->outgrown = false;
	if (!mode) {
		screen->mode.clock = 0;
		goto out;
	}
	screen->mode = *mode;
	for (i = 0; i < screen->num_used; i++)
		if (screen->used[i].width == mode->hdisplay &&
		    screen->used[i].height == mode->vdisplay)
			break;
	if (i == screen->num_used && i < XDF_SCREEN_USED)
		screen->num_used++;
	/* To the front; the oldest one falls off the end. */
	for (i = min(i, XDF_SCREEN_USED - 1u); i; i--)
		screen->used[i] = screen->used[i - 1];
	screen->used[0].width = mode->hdisplay;
	screen->used[0].height = mode->vdisplay;
out:
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

/* What has not come is looked for later, less and less often. */
static void screen_look_again(struct xdf_device *xdf)
{
	unsigned int doubled;

	mutex_lock(&xdf->state_lock);
	doubled = xdf->edid_waits / EDID_DOUBLE;
	WRITE_ONCE(xdf->edid_waits, xdf->edid_waits + 1);
	if (!xdf->removed)
		queue_delayed_work(xdf_wq, &xdf->screen_work,
				   msecs_to_jiffies(EDID_PAUSE_MS << min(doubled, EDID_DOUBLE)));
	mutex_unlock(&xdf->state_lock);
}

/* Ask for EDIDs. @anew: also for those that the backend has told. As xdf_edid_fetch(). */
static int screens_ask(struct xdf_device *xdf, struct xdf_link *link, bool anew)
{
	int ret = xdf_edid_fetch(xdf, link, anew);

	if (ret == -ETIMEDOUT)
		screen_look_again(xdf);
	else
		WRITE_ONCE(xdf->edid_waits, 0);
	return ret == -ETIMEDOUT || ret == -ENOTCONN ? 0 : ret;
}

/**
 * xdf_screen_ask - ask the backend for the EDIDs that it has not told over this link
 * @xdf: the device
 * @link: the present link
 *
 * Waits for the backend, not much longer than one request may take. EDIDs that come later
 * are taken by screen_work, and clients get a hotplug event. Takes state_lock.
 *
 * Return: 0, or -ENOMEM or -ENOSPC when memory or grants of ours did not suffice to
 * ask for all of them.
 */
int xdf_screen_ask(struct xdf_device *xdf, struct xdf_link *link)
{
	return screens_ask(xdf, link, false);
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

/*
 * Have DRM list the modes of all connectors anew, and look whether those that are set are
 * among them still.
 */
static void screens_probe(struct xdf_device *xdf)
{
	const struct drm_mode_config *config = &xdf->drm.mode_config;
	unsigned int i;

	for (i = 0; i < xdf->num_pipes; i++) {
		struct drm_connector *connector = &xdf->pipe[i]->connector;
		struct xdf_screen *screen = &xdf->pipe[i]->screen;
		struct xdf_size set = { 0 };
		bool fits;

		mutex_lock(&xdf->drm.mode_config.mutex);
		connector->funcs->fill_modes(connector, config->max_width, config->max_height);
		mutex_unlock(&xdf->drm.mode_config.mutex);
		mutex_lock(&xdf->screen_lock);
		if (screen->mode.clock)
			set = (struct xdf_size){ screen->mode.hdisplay, screen->mode.vdisplay };
		mutex_unlock(&xdf->screen_lock);
		fits = !set.width || xdf_screen_has_size(xdf->pipe[i], set.width, set.height);
		mutex_lock(&xdf->screen_lock);
		screen->outgrown = screen->mode.clock && !fits;
		mutex_unlock(&xdf->screen_lock);
	}
}

/*
 * Set a connector's link-status: Bad makes clients set a mode again, or another one.
 * Returns whether it is another one than before.
 */
static bool screen_set_status(struct xdf_pipe *pipe)
{
	struct drm_modeset_lock *lock = &pipe->xdf->drm.mode_config.connection_mutex;
	bool bad = xdf_crtc_refused(pipe), news;
	int status;

	mutex_lock(&pipe->xdf->screen_lock);
	bad |= pipe->screen.outgrown;
	mutex_unlock(&pipe->xdf->screen_lock);
	status = bad ? DRM_MODE_LINK_STATUS_BAD : DRM_MODE_LINK_STATUS_GOOD;
	drm_modeset_lock(lock, NULL);
	news = pipe->connector.state->link_status != status;
	drm_modeset_unlock(lock);
	if (news)
		drm_connector_set_link_status_property(&pipe->connector, status);
	return news;
}

static bool screens_set_status(struct xdf_device *xdf)
{
	bool news = false;
	unsigned int i;

	for (i = 0; i < xdf->num_pipes; i++)
		news |= screen_set_status(xdf->pipe[i]);
	return news;
}

/**
 * xdf_screen_tell - tell clients that displays have changed, if they have
 * @xdf: the device, whose DRM device is registered
 *
 * Process context, no locks held. A backend that comes back with the same displays sends
 * no event: clients take an event without a change for a sign that something is wrong with
 * the card (Weston 16 sets all modes again, and ends in an assertion when a flip is under
 * way).
 */
void xdf_screen_tell(struct xdf_device *xdf)
{
	if (READ_ONCE(xdf->removed) || !screens_changed(xdf))
		return;
	screens_probe(xdf);
	screens_set_status(xdf);
	WRITE_ONCE(xdf->screens_told, jiffies);
	drm_kms_helper_hotplug_event(&xdf->drm);
}

/**
 * xdf_screen_tell_status - tell clients of modes that the backend refuses, or takes again
 * @xdf: the device, whose DRM device is registered
 *
 * Process context, no locks held.
 */
void xdf_screen_tell_status(struct xdf_device *xdf)
{
	if (!READ_ONCE(xdf->removed) && screens_set_status(xdf))
		drm_kms_helper_hotplug_event(&xdf->drm);
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
	bool early, written = false;

	if (pause) {
		queue_delayed_work(xdf_wq, &xdf->screen_work, pause);
		return;
	}
	mutex_lock(&xdf->state_lock);
	early = !xdf->registered;
	if (early) {
		xdf->screens_missed = true;
	} else if (!xdf->removed) {
		written = xchg(&xdf->sizes_written, false);
		if (written)
			screens_reread(xdf);
		if (xdf->xdev->state == XenbusStateConnected)
			link = xdf_link_get(&xdf->slot);
	}
	mutex_unlock(&xdf->state_lock);
	if (early)
		return;
	if (link)
		screens_ask(xdf, link, written);
	xdf_link_put(link);
	xdf_screen_tell(xdf);
}

/* Ours are the only other writes below this node; they are other nodes. */
static void screen_watch_fn(struct xenbus_watch *watch, const char *path, const char *token)
{
	struct xdf_device *xdf = container_of(watch, struct xdf_device, screen_watch);
	const char *node = kbasename(path);

	if (strcmp(node, XENDISPL_FIELD_RESOLUTION) && strcmp(node, XENDISPL_FIELD_UNIQUE_ID))
		return;
	/* Not each time: a writer that goes on for ever must not put it off for ever. */
	if (!xchg(&xdf->sizes_written, true))
		mod_delayed_work(xdf_wq, &xdf->screen_work, msecs_to_jiffies(SETTLE_MS));
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
	if (xdf->screens_missed) {
		WRITE_ONCE(xdf->sizes_written, true);
		mod_delayed_work(xdf_wq, &xdf->screen_work, 0);
	}
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
	mutex_init(&xdf->ask_lock);
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
