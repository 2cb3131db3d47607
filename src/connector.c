// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: connector
 *
 * A connector and its encoder. The backend names one resolution; a mode is made
 * of it, at 60 Hz.
 */
#include <linux/math64.h>

#include <drm/drm_atomic_helper.h>
#include <drm/drm_connector.h>
#include <drm/drm_encoder.h>
#include <drm/drm_modes.h>
#include <drm/drm_modeset_helper_vtables.h>
#include <drm/drm_probe_helper.h>

#include "xdf_device.h"

/* Frames a second where nobody says otherwise. */
#define REFRESH 60

static const struct xdf_connector_config *connector_config(struct drm_connector *connector)
{
	struct xdf_pipe *pipe = container_of(connector, struct xdf_pipe, connector);

	return &pipe->xdf->config.connector[pipe->index];
}

static int xdf_connector_get_modes(struct drm_connector *connector)
{
	const struct xdf_connector_config *config = connector_config(connector);
	struct drm_display_mode *mode;

	if (!config->width)
		return 0;
	mode = drm_mode_create(connector->dev);
	if (!mode)
		return 0;

	/*
	 * CVT would round the width down to a multiple of 8. The blanking is
	 * there for programs that compute with it; nothing is blanked.
	 */
	mode->type = DRM_MODE_TYPE_DRIVER | DRM_MODE_TYPE_PREFERRED;
	mode->hdisplay = config->width;
	mode->hsync_start = config->width + 48;
	mode->hsync_end = config->width + 80;
	mode->htotal = config->width + 160;
	mode->vdisplay = config->height;
	mode->vsync_start = config->height + 3;
	mode->vsync_end = config->height + 8;
	mode->vtotal = config->height + 30;
	mode->clock = DIV_ROUND_CLOSEST_ULL(mul_u32_u32(mode->htotal, mode->vtotal) * REFRESH,
					    1000);
	mode->flags = DRM_MODE_FLAG_PHSYNC | DRM_MODE_FLAG_NVSYNC;
	drm_mode_set_name(mode);
	drm_mode_probed_add(connector, mode);
	return 1;
}

static enum drm_connector_status xdf_connector_detect(struct drm_connector *connector, bool force)
{
	/* A lost link does not unplug the monitor: the backend will be back. */
	return connector_config(connector)->width ? connector_status_connected :
						    connector_status_disconnected;
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
	return drm_connector_attach_encoder(&pipe->connector, &pipe->encoder);
}
