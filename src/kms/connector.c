// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: connector
 *
 * A connector and its encoder. It offers all modes of the backend's EDID, the size that
 * XenStore names, and the mode that is set. XenStore's size is the preferred one where the
 * EDID has it: it is what the toolstack has chosen for this guest.
 */
#include <linux/device.h>
#include <linux/list.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include <drm/drm_atomic_helper.h>
#include <drm/drm_connector.h>
#include <drm/drm_edid.h>
#include <drm/drm_encoder.h>
#include <drm/drm_modes.h>
#include <drm/drm_modeset_helper_vtables.h>
#include <drm/drm_probe_helper.h>

#include "xdf_edid.h"
#include "xdf_kms.h"
#include "xdf_module.h"

/* Frames a second of a connector without an EDID. */
unsigned int xdf_refresh = 60;

static struct xdf_range refresh_range = { &xdf_refresh, 10, 240 };
module_param_cb(refresh, &xdf_range_ops, &refresh_range, 0444);
__MODULE_PARM_TYPE(refresh, "uint");
MODULE_PARM_DESC(refresh,
		 "Frames a second of connectors whose backend has no EDID, 10 to 240 (default: 60)");

static struct xdf_pipe *connector_to_pipe(struct drm_connector *connector)
{
	return container_of(connector, struct xdf_pipe, connector);
}

/* A mode of a display of which only the size is known; its type is 0. */
static struct drm_display_mode *add_size(struct drm_connector *connector, u32 width, u32 height)
{
	struct drm_display_mode *mode = drm_mode_create(connector->dev);

	if (!mode)
		return NULL;
	/*
	 * CVT would round the width down to a multiple of 8. The blanking is
	 * there for programs that compute with it; nothing is blanked.
	 */
	mode->type = DRM_MODE_TYPE_DRIVER;
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
	return mode;
}

/* The EDID that the backend wrote, as drm_edid_read_custom() wants to read it. */
struct backend_edid {
	struct xdf_screen *screen;
	struct mutex *lock;
	bool read;
};

static int read_block(void *context, u8 *buf, unsigned int block, size_t len)
{
	struct backend_edid *source = context;
	size_t start = (size_t)block * XDF_EDID_BLOCK;
	int ret = -ENODATA;

	mutex_lock(source->lock);
	if (start + len <= source->screen->edid_size) {
		memcpy(buf, source->screen->edid + start, len);
		source->read = true;
		ret = 0;
	}
	mutex_unlock(source->lock);
	return ret;
}

/*
 * Add the modes of the EDID: of drm.edid_firmware= or debugfs edid_override where somebody
 * has given one, else of the backend's. Returns whether it is the backend's.
 */
static bool add_edid_modes(struct xdf_pipe *pipe)
{
	struct backend_edid source = {
		.screen = &pipe->screen,
		.lock = &pipe->xdf->screen_lock,
	};
	const struct drm_edid *edid;

	edid = drm_edid_read_custom(&pipe->connector, read_block, &source);
	drm_edid_connector_update(&pipe->connector, edid);
	if (edid)
		drm_edid_connector_add_modes(&pipe->connector);
	drm_edid_free(edid);
	return source.read;
}

/* Does the list consist of one mode that displ_be has garbled? See xdf_edid_wrapped(). */
static bool only_wrapped(const struct list_head *modes, u32 width, u32 height)
{
	const struct drm_display_mode *mode;
	struct xdf_timing timing;

	if (!list_is_singular(modes))
		return false;
	mode = list_first_entry(modes, struct drm_display_mode, head);
	timing.width = mode->hdisplay;
	timing.height = mode->vdisplay;
	timing.htotal = mode->htotal;
	timing.vtotal = mode->vtotal;
	timing.clock_khz = mode->clock;
	return xdf_edid_wrapped(&timing, width, height);
}

static void drop_modes(struct drm_connector *connector)
{
	struct drm_display_mode *mode, *next;

	list_for_each_entry_safe(mode, next, &connector->probed_modes, head) {
		list_del(&mode->head);
		drm_mode_destroy(connector->dev, mode);
	}
}

/* Can the mode be set, if the backend has a mode of its size? */
static bool usable(const struct drm_display_mode *mode)
{
	return mode->hdisplay <= XDF_MAX_SIZE && mode->vdisplay <= XDF_MAX_SIZE &&
	       xdf_crtc_timing_valid(mode) == MODE_OK;
}

static bool has_size(const struct drm_display_mode *mode, u32 width, u32 height)
{
	return mode->hdisplay == width && mode->vdisplay == height;
}

/* How far a mode's rate is from the one that the user asked for. */
static unsigned int rate_error(const struct drm_display_mode *mode)
{
	return abs(drm_mode_vrefresh(mode) - (int)READ_ONCE(xdf_refresh));
}

/*
 * The mode that clients should take: XenStore's size, at the EDID's preferred rate or the
 * one nearest to "refresh", else the mode that the EDID prefers; or NULL.
 */
static struct drm_display_mode *preferred_mode(const struct drm_connector *connector, u32 width,
					       u32 height)
{
	struct drm_display_mode *mode, *best = NULL, *own = NULL;

	list_for_each_entry(mode, &connector->probed_modes, head) {
		bool prefers = mode->type & DRM_MODE_TYPE_PREFERRED;

		if (!usable(mode))
			continue;
		if (prefers && !own)
			own = mode;
		if (!has_size(mode, width, height))
			continue;
		if (prefers)
			return mode;
		if (!best || rate_error(mode) < rate_error(best))
			best = mode;
	}
	return best ?: own;
}

/*
 * Offer XenStore's size, and mark the mode that clients should take. An EDID that somebody
 * has given the guest itself, not @backends, knows better which one that is.
 */
static void settle_modes(struct drm_connector *connector, u32 width, u32 height, bool backends)
{
	struct drm_display_mode *mode, *preferred, *added = NULL;
	bool listed = false;

	list_for_each_entry(mode, &connector->probed_modes, head)
		listed |= usable(mode) && has_size(mode, width, height);
	preferred = preferred_mode(connector, backends ? width : 0, backends ? height : 0);
	if (!listed && width)
		added = add_size(connector, width, height);
	if (!preferred)
		preferred = added;
	list_for_each_entry(mode, &connector->probed_modes, head)
		mode->type &= ~DRM_MODE_TYPE_PREFERRED;
	if (preferred)
		preferred->type |= DRM_MODE_TYPE_PREFERRED;
}

/* Note a size, once, however many rates it has. Caller holds screen_lock. */
static void screen_note_size(struct xdf_screen *screen, u16 width, u16 height)
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
 * Note the sizes of all modes, for xdf_screen_has_size(). The mode that is set stays
 * possible, as the last one: clients may need time, or a VT switch, to see the others.
 */
static void note_modes(struct xdf_pipe *pipe)
{
	struct drm_connector *connector = &pipe->connector;
	struct xdf_screen *screen = &pipe->screen;
	struct drm_display_mode *mode, set;

	mutex_lock(&pipe->xdf->screen_lock);
	screen->num_sizes = 0;
	list_for_each_entry(mode, &connector->probed_modes, head)
		if (usable(mode))
			screen_note_size(screen, mode->hdisplay, mode->vdisplay);
	set = screen->mode;
	mutex_unlock(&pipe->xdf->screen_lock);
	if (!set.clock || xdf_screen_has_size(pipe, set.hdisplay, set.vdisplay))
		return;
	mode = drm_mode_duplicate(connector->dev, &set);
	if (!mode)
		return;
	mode->type = DRM_MODE_TYPE_DRIVER;
	drm_mode_probed_add(connector, mode);
}

/*
 * DRM's clients set what video= says, whether the display has it or not, and show nothing
 * then.
 */
static void check_cmdline(struct xdf_pipe *pipe)
{
	struct drm_cmdline_mode *cmdline = &pipe->connector.cmdline_mode;
	struct drm_display_mode *mode;
	bool good = false;

	if (!cmdline->specified)
		return;
	mode = drm_mode_create_from_cmdline_mode(pipe->connector.dev, cmdline);
	if (mode) {
		good = usable(mode) && xdf_screen_has_size(pipe, mode->hdisplay, mode->vdisplay);
		drm_mode_destroy(pipe->connector.dev, mode);
	}
	if (good)
		return;
	dev_warn(pipe->xdf->drm.dev,
		 "connector %u: video=%s:%ux%u ignored: the display has no such mode; give it that size in the guest's vdispl entry, or name one of /sys/class/drm/*-%s/modes\n",
		 pipe->index, pipe->connector.name, cmdline->xres, cmdline->yres,
		 pipe->connector.name);
	cmdline->specified = false;
}

static int xdf_connector_get_modes(struct drm_connector *connector)
{
	struct xdf_pipe *pipe = connector_to_pipe(connector);
	struct drm_display_mode *mode;
	u32 width, height;
	bool backends;
	int count = 0;

	mutex_lock(&pipe->xdf->screen_lock);
	width = pipe->screen.width;
	height = pipe->screen.height;
	mutex_unlock(&pipe->xdf->screen_lock);

	backends = add_edid_modes(pipe);
	if (backends && only_wrapped(&connector->probed_modes, width, height))
		drop_modes(connector);
	settle_modes(connector, width, height, backends);
	note_modes(pipe);
	check_cmdline(pipe);
	list_for_each_entry(mode, &connector->probed_modes, head)
		count++;
	return count;
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

/*
 * DRM sorts modes by size. One that the display does not have any more comes last: clients
 * without a preference take the first one.
 */
static int xdf_connector_fill_modes(struct drm_connector *connector, u32 max_width, u32 max_height)
{
	int count = drm_helper_probe_single_connector_modes(connector, max_width, max_height);
	struct xdf_pipe *pipe = connector_to_pipe(connector);
	struct drm_display_mode *mode;

	list_for_each_entry(mode, &connector->modes, head) {
		if (xdf_screen_has_size(pipe, mode->hdisplay, mode->vdisplay))
			continue;
		list_move_tail(&mode->head, &connector->modes);
		break;
	}
	return count;
}

/* The toolstack's name of the connector, for people and scripts. */
static ssize_t unique_id_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct xdf_pipe *pipe = connector_to_pipe(dev_get_drvdata(dev));
	ssize_t len;

	mutex_lock(&pipe->xdf->screen_lock);
	len = sysfs_emit(buf, "%s\n", pipe->screen.unique_id);
	mutex_unlock(&pipe->xdf->screen_lock);
	return len;
}
static DEVICE_ATTR_RO(unique_id);

static int xdf_connector_late_register(struct drm_connector *connector)
{
	return device_create_file(connector->kdev, &dev_attr_unique_id);
}

static void xdf_connector_early_unregister(struct drm_connector *connector)
{
	device_remove_file(connector->kdev, &dev_attr_unique_id);
}

static const struct drm_connector_funcs xdf_connector_funcs = {
	.late_register = xdf_connector_late_register,
	.early_unregister = xdf_connector_early_unregister,
	.reset = drm_atomic_helper_connector_reset,
	.detect = xdf_connector_detect,
	.fill_modes = xdf_connector_fill_modes,
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
	return drm_connector_attach_encoder(&pipe->connector, &pipe->encoder);
}
