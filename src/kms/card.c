// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: kms
 *
 * The DRM device: one pipe of plane, CRTC, encoder and connector for each
 * connector that XenStore names.
 */
#include <linux/module.h>
#include <linux/workqueue.h>

#include <drm/drm_atomic.h>
#include <drm/drm_atomic_helper.h>
#include <drm/drm_drv.h>
#include <drm/drm_file.h>
#include <drm/drm_fourcc.h>
#include <drm/drm_gem.h>
#include <drm/drm_ioctl.h>
#include <drm/drm_managed.h>
#include <drm/drm_mode_config.h>
#include <drm/drm_modeset_helper_vtables.h>
#include <drm/drm_prime.h>
#include <drm/drm_property.h>
#include <drm/drm_probe_helper.h>
#include <drm/drm_vblank.h>

#include "thunks.h"
#include "xdf_buffer.h"
#include "xdf_kms.h"
#include "xdf_memory.h"
#include "xdf_module.h"

/* The smallest framebuffer that backends take in practice: formats.c tries this one. */
#define MIN_SIZE 64u

DEFINE_DRM_GEM_FOPS(xdf_fops);

/*
 * DRM shows the device to udev before its connectors can be asked for (drm_dev_register()).
 * A client that is as fast as that waits here, killably.
 */
static int xdf_open(struct drm_device *drm, struct drm_file *file)
{
	struct xdf_device *xdf = to_xdf(drm);
	int ret = wait_for_completion_killable(&xdf->registration);

	if (ret)
		return ret;
	return READ_ONCE(xdf->registered) ? 0 : -ENODEV;
}

const struct drm_driver xdf_drm_driver = {
	.driver_features = DRIVER_GEM | DRIVER_MODESET | DRIVER_ATOMIC,
	.fops = &xdf_fops,
	.open = xdf_open,
	.dumb_create = xdf_gem_dumb_create,
	.debugfs_init = xdf_debugfs_init,
	.gem_prime_import_sg_table = xdf_gem_import,
	XDF_DRM_DRIVER_PRIME
	XDF_DRM_DRIVER_FBDEV
	.name = "xen_drm_front",
	.desc = "Xen para-virtual display",
	XDF_DRM_DRIVER_DATE("20261123")
	.major = 1,
	.minor = 0,
};

XDF_DEFINE_FB_CREATE(xdf_fb_create)

static const struct drm_mode_config_funcs xdf_mode_config_funcs = {
	.fb_create = XDF_FB_CREATE(xdf_fb_create),
	.atomic_check = drm_atomic_helper_check,
	.atomic_commit = xdf_commit,
};

static const struct drm_mode_config_helper_funcs xdf_mode_config_helper_funcs = {
	.atomic_commit_tail = xdf_commit_tail,
};

static int pipe_init(struct xdf_pipe *pipe)
{
	int ret;

	ret = xdf_plane_init(pipe);
	if (ret)
		return ret;
	ret = xdf_crtc_init(pipe);
	if (ret)
		return ret;
	return xdf_connector_init(pipe);
}

/**
 * xdf_kms_prepare - have memory for pipes
 * @xdf: the device
 * @count: how many are wanted at least
 *
 * They stay until the DRM device goes. Caller holds state_lock.
 *
 * Return: 0 or -ENOMEM.
 */
int xdf_kms_prepare(struct xdf_device *xdf, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		struct xdf_pipe *pipe;

		if (xdf->pipe[i])
			continue;
		pipe = xdf_alloc_paged(sizeof(*pipe), GFP_KERNEL | __GFP_ZERO);
		if (!pipe)
			return -ENOMEM;
		pipe->xdf = xdf;
		pipe->index = i;
		xdf->pipe[i] = pipe;
	}
	return 0;
}

/**
 * xdf_kms_fini - free the pipes
 * @xdf: the device, which nobody uses any more
 */
void xdf_kms_fini(struct xdf_device *xdf)
{
	unsigned int i;

	for (i = 0; i < XDF_MAX_CONNECTORS; i++)
		kvfree(xdf->pipe[i]);
}

/* Turning all off, and a device to do it to. */
struct kms_shutdown {
	struct work_struct work;
	struct drm_device *drm;
};

static void kms_shutdown_fn(struct work_struct *work)
{
	drm_atomic_helper_shutdown(container_of(work, struct kms_shutdown, work)->drm);
}

/**
 * xdf_kms_shutdown - clients can do no more with the DRM device, and all is turned off
 * @xdf: the device, registered, marked as removed
 *
 * Not by the caller himself: he may be a user's task who writes to the file unbind, and a
 * signal would end it half way. Waits as long as commits that are under way need.
 */
void xdf_kms_shutdown(struct xdf_device *xdf)
{
	struct kms_shutdown shutdown = { .drm = &xdf->drm };

	drm_dev_unplug(&xdf->drm);
	INIT_WORK_ONSTACK(&shutdown.work, kms_shutdown_fn);
	queue_work(xdf_wq, &shutdown.work);
	flush_work(&shutdown.work);
	destroy_work_on_stack(&shutdown.work);
}

/* The clocks, before what DRM has for them goes. */
static void stop_clocks(struct drm_device *drm, void *data)
{
	struct xdf_device *xdf = to_xdf(drm);
	unsigned int i;

	for (i = 0; i < xdf->num_pipes; i++)
		xdf_vblank_fini(xdf->pipe[i]);
}

/*
 * The smallest framebuffer: X tries one of the smallest size at its start, and takes a
 * refusal by the backend's own DRM driver, which has a limit, for one of all formats.
 */
static void limit_size(struct xdf_device *xdf)
{
	struct drm_mode_config *config = &xdf->drm.mode_config;
	unsigned int i;

	config->min_width = MIN_SIZE;
	config->min_height = MIN_SIZE;
	for (i = 0; i < xdf->config.num_connectors; i++) {
		const struct xdf_connector_config *connector = &xdf->config.connector[i];

		if (!connector->width)
			continue;
		config->min_width = min_t(int, config->min_width, connector->width);
		config->min_height = min_t(int, config->min_height, connector->height);
	}
	config->max_width = XDF_MAX_SIZE;
	config->max_height = XDF_MAX_SIZE;
}

/* Desktops take a new preferred mode at a hotplug event where a connector has this. */
static int offer_mode_updates(struct xdf_device *xdf)
{
	struct drm_property *property;
	unsigned int i;

	property = drm_property_create_range(&xdf->drm, DRM_MODE_PROP_IMMUTABLE,
					     "hotplug_mode_update", 0, 1);
	if (!property)
		return -ENOMEM;
	for (i = 0; i < xdf->config.num_connectors; i++)
		drm_object_attach_property(&xdf->pipe[i]->connector.base, property, 1);
	return 0;
}

/**
 * xdf_kms_init - make the pipes, before the DRM device is registered
 * @xdf: the device, with its configuration
 *
 * What was made before an error goes with the DRM device.
 *
 * Return: 0 or an error of DRM's.
 */
int xdf_kms_init(struct xdf_device *xdf)
{
	struct drm_device *drm = &xdf->drm;
	unsigned int i;
	int ret;

	ret = drmm_mode_config_init(drm);
	if (ret)
		return ret;
	drm->mode_config.funcs = &xdf_mode_config_funcs;
	drm->mode_config.helper_private = &xdf_mode_config_helper_funcs;
	limit_size(xdf);
	drm->mode_config.preferred_depth = 24;

	for (i = 0; i < xdf->config.num_connectors; i++) {
		ret = pipe_init(xdf->pipe[i]);
		if (ret)
			return ret;
	}
	ret = offer_mode_updates(xdf);
	if (ret)
		return ret;

	ret = drm_vblank_init(drm, xdf->config.num_connectors);
	if (ret)
		return ret;
	ret = drmm_add_action_or_reset(drm, stop_clocks, NULL);
	if (ret)
		return ret;
	/* Counts and timestamps are exact, nothing is lost while the clock rests. */
	drm->max_vblank_count = U32_MAX;
	drm->vblank_disable_immediate = true;
	drm_mode_config_reset(drm);
	/* It cannot say that there was no memory, and others do not look. */
	for (i = 0; i < xdf->config.num_connectors; i++) {
		const struct xdf_pipe *pipe = xdf->pipe[i];

		if (!pipe->plane.state || !pipe->crtc.state || !pipe->connector.state)
			return -ENOMEM;
	}
	/* From here on the link's callbacks may reach the pipes. */
	smp_store_release(&xdf->num_pipes, xdf->config.num_connectors);
	return 0;
}
