// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: screen
 *
 * The display behind each connector: its size by XenStore, its EDID, the modes that were
 * set, and what clients are told of all that.
 */
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/string.h>

#include <drm/drm_atomic.h>
#include <drm/drm_connector.h>
#include <drm/drm_modeset_lock.h>
#include <drm/drm_print.h>
#include <drm/drm_probe_helper.h>

#include "xdf_kms.h"

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

/**
 * xdf_screen_set_config - take over a connector's size and name
 * @pipe: the pipe
 * @config: as XenStore says
 *
 * Takes screen_lock.
 */
void xdf_screen_set_config(struct xdf_pipe *pipe, const struct xdf_connector_config *config)
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
		xdf_screen_set_config(xdf->pipe[i],
				      i < config->num_connectors ? &config->connector[i] : &none);
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
		screen->outgrown = screen->mode.clock && !fits &&
				   screen->mode.hdisplay == set.width &&
				   screen->mode.vdisplay == set.height;
		mutex_unlock(&xdf->screen_lock);
	}
}

/*
 * Is a mode bad, and have clients been told of just this one? X answers each event by
 * setting the same mode again, others turn the output off and on again: neither of it is
 * news. Updates what they were told, unless nothing is on.
 */
static bool screen_told(struct xdf_pipe *pipe, bool enabled, bool *bad)
{
	struct xdf_screen *screen = &pipe->screen;
	struct xdf_size set = { 0 };
	bool told = true;

	mutex_lock(&pipe->xdf->screen_lock);
	*bad |= screen->outgrown;
	if (enabled && screen->mode.clock) {
		if (*bad)
			set = (struct xdf_size){ screen->mode.hdisplay, screen->mode.vdisplay };
		told = *bad && screen->bad.width == set.width && screen->bad.height == set.height;
		screen->bad = set;
	}
	mutex_unlock(&pipe->xdf->screen_lock);
	return told;
}

/*
 * Set a connector's link-status: Bad makes clients set a mode again, or another one.
 * Returns whether clients are to be told.
 */
static bool screen_set_status(struct xdf_pipe *pipe)
{
	struct drm_modeset_lock *lock = &pipe->xdf->drm.mode_config.connection_mutex;
	bool enabled, bad = xdf_crtc_refused(pipe, &enabled), told, news;
	int status;

	told = screen_told(pipe, enabled, &bad);
	status = bad ? DRM_MODE_LINK_STATUS_BAD : DRM_MODE_LINK_STATUS_GOOD;
	drm_modeset_lock(lock, NULL);
	news = pipe->connector.state->link_status != status;
	drm_modeset_unlock(lock);
	if (news)
		drm_connector_set_link_status_property(&pipe->connector, status);
	return news && !told;
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

/**
 * xdf_screen_init - prepare
 * @xdf: the device, new
 */
void xdf_screen_init(struct xdf_device *xdf)
{
	mutex_init(&xdf->screen_lock);
	mutex_init(&xdf->ask_lock);
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
