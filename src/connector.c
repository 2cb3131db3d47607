// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: connector
 *
 * A connector and its encoder. Its modes are those of the backend's EDID. Where
 * there is none XenStore names one size, of which a mode is made.
 */
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include <drm/drm_atomic_helper.h>
#include <drm/drm_connector.h>
#include <drm/drm_edid.h>
#include <drm/drm_encoder.h>
#include <drm/drm_modes.h>
#include <drm/drm_modeset_helper_vtables.h>
#include <drm/drm_probe_helper.h>

#include "xdf_device.h"

static struct xdf_pipe *connector_to_pipe(struct drm_connector *connector)
{
	return container_of(connector, struct xdf_pipe, connector);
}

/* The one mode of a display of which only the size is known. */
static int add_size(struct drm_connector *connector, u32 width, u32 height)
{
	struct drm_display_mode *mode = drm_mode_create(connector->dev);

	if (!mode)
		return 0;
	/*
	 * CVT would round the width down to a multiple of 8. The blanking is
	 * there for programs that compute with it; nothing is blanked.
	 */
	mode->type = DRM_MODE_TYPE_DRIVER | DRM_MODE_TYPE_PREFERRED;
	mode->hdisplay = width;
	mode->hsync_start = width + 48;
	mode->hsync_end = width + 80;
	mode->htotal = width + 160;
	mode->vdisplay = height;
	mode->vsync_start = height + 3;
	mode->vsync_end = height + 8;
	mode->vtotal = height + 30;
	mode->clock = DIV_ROUND_CLOSEST_ULL(mul_u32_u32(mode->htotal, mode->vtotal) *
					    READ_ONCE(xdf_refresh), 1000);
	mode->flags = DRM_MODE_FLAG_PHSYNC | DRM_MODE_FLAG_NVSYNC;
	drm_mode_set_name(mode);
	drm_mode_probed_add(connector, mode);
	return 1;
}

/* A size is offered once, however many rates it has. Caller holds screen_lock. */
static void screen_add_size(struct xdf_screen *screen, u16 width, u16 height)
{
	unsigned int i;

	for (i = 0; i < screen->num_sizes; i++)
		if (screen->size[i].width == width && screen->size[i].height == height)
			return;
	if (i == XDF_SCREEN_SIZES)
		return;
	screen->size[i].width = width;
	screen->size[i].height = height;
	screen->num_sizes++;
}

/*
 * Note the sizes among the modes just added that fit the display, whose own mode
 * is the preferred one. The others are pruned, see xdf_crtc_mode_valid().
 */
static unsigned int screen_note_sizes(struct xdf_pipe *pipe)
{
	struct drm_connector *connector = &pipe->connector;
	struct xdf_screen *screen = &pipe->screen;
	struct drm_display_mode *mode;
	unsigned int num, width = 0, height = 0;

	list_for_each_entry(mode, &connector->probed_modes, head) {
		if (!(mode->type & DRM_MODE_TYPE_PREFERRED))
			continue;
		width = mode->hdisplay;
		height = mode->vdisplay;
		break;
	}
	mutex_lock(&pipe->xdf->screen_lock);
	if (!width) {
		width = screen->width;
		height = screen->height;
	}
	screen->num_sizes = 0;
	list_for_each_entry(mode, &connector->probed_modes, head)
		if (mode->hdisplay <= min_t(u32, width, XDF_MAX_SIZE) &&
		    mode->vdisplay <= min_t(u32, height, XDF_MAX_SIZE))
			screen_add_size(screen, mode->hdisplay, mode->vdisplay);
	num = screen->num_sizes;
	mutex_unlock(&pipe->xdf->screen_lock);
	return num;
}

/* Tell users which of the toolstack's connectors this is. */
static void connector_set_path(struct xdf_pipe *pipe)
{
	char path[XDF_UNIQUE_ID_LEN + 5];

	mutex_lock(&pipe->xdf->screen_lock);
	snprintf(path, sizeof(path), "xen:%s", pipe->screen.unique_id);
	mutex_unlock(&pipe->xdf->screen_lock);
	if (!pipe->connector.path_blob_ptr || strcmp(pipe->connector.path_blob_ptr->data, path))
		drm_connector_set_path_property(&pipe->connector, path);
}

static int xdf_connector_get_modes(struct drm_connector *connector)
{
	struct xdf_pipe *pipe = connector_to_pipe(connector);
	struct xdf_screen *screen = &pipe->screen;
	struct edid *edid = NULL;
	u32 width, height;
	int count;

	mutex_lock(&pipe->xdf->screen_lock);
	if (screen->edid)
		edid = kmemdup(screen->edid, screen->edid_size, GFP_KERNEL);
	width = screen->width;
	height = screen->height;
	screen->num_sizes = 0;
	mutex_unlock(&pipe->xdf->screen_lock);

	connector_set_path(pipe);
	drm_connector_update_edid_property(connector, edid);
	count = edid ? drm_add_edid_modes(connector, edid) : 0;
	kfree(edid);
	if (count && screen_note_sizes(pipe))
		return count;
	return count + (width ? add_size(connector, width, height) : 0);
}

static enum drm_connector_status xdf_connector_detect(struct drm_connector *connector, bool force)
{
	struct xdf_pipe *pipe = connector_to_pipe(connector);
	bool there;

	/* A lost link does not unplug the monitor: the backend will be back. */
	mutex_lock(&pipe->xdf->screen_lock);
	there = pipe->screen.width;
	mutex_unlock(&pipe->xdf->screen_lock);
	return there ? connector_status_connected : connector_status_disconnected;
}

static const struct drm_connector_helper_funcs xdf_connector_helper_funcs = {
	.get_modes = xdf_connector_get_modes,
};

static const struct drm_connector_funcs xdf_connector_funcs = {
	.reset = drm_atomic_helper_connector_reset,
	.detect = xdf_connector_detect,
	.fill_modes = drm_helper_probe_single_connector_modes,
	.destroy = drm_connector_cleanup,
	.atomic_duplicate_state = drm_atomic_helper_connector_duplicate_state,
	.atomic_destroy_state = drm_atomic_helper_connector_destroy_state,
};

static const struct drm_encoder_funcs xdf_encoder_funcs = {
	.destroy = drm_encoder_cleanup,
};

/**
 * xdf_connector_init - make encoder and connector of a pipe
 * @pipe: the pipe, with its CRTC
 *
 * Return: 0 or an error of DRM's.
 */
int xdf_connector_init(struct xdf_pipe *pipe)
{
	struct drm_device *drm = &pipe->xdf->drm;
	int ret;

	ret = drm_encoder_init(drm, &pipe->encoder, &xdf_encoder_funcs, DRM_MODE_ENCODER_VIRTUAL,
			       NULL);
	if (ret)
		return ret;
	pipe->encoder.possible_crtcs = drm_crtc_mask(&pipe->crtc);

	drm_connector_helper_add(&pipe->connector, &xdf_connector_helper_funcs);
	ret = drm_connector_init(drm, &pipe->connector, &xdf_connector_funcs,
				 DRM_MODE_CONNECTOR_VIRTUAL);
	if (ret)
		return ret;
	drm_connector_attach_edid_property(&pipe->connector);
	drm_object_attach_property(&pipe->connector.base, drm->mode_config.path_property, 0);
	connector_set_path(pipe);
	return drm_connector_attach_encoder(&pipe->connector, &pipe->encoder);
}
