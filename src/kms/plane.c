// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: plane
 *
 * The primary plane, the only one that the protocol knows: it covers the whole
 * CRTC and shows a framebuffer, or a part of it. What there is to do for it
 * happens in the CRTC's flush.
 */
#include <linux/slab.h>

#include <drm/drm_atomic.h>
#include <drm/drm_atomic_helper.h>
#include <drm/drm_atomic_state_helper.h>
#include <drm/drm_blend.h>
#include <drm/drm_damage_helper.h>
#include <drm/drm_fourcc.h>
#include <drm/drm_gem_atomic_helper.h>
#include <drm/drm_modeset_helper_vtables.h>
#include <drm/drm_plane.h>
#include <drm/drm_print.h>

#include "thunks.h"
#include "xdf_buffer.h"
#include "xdf_formats.h"
#include "xdf_kms.h"
#include "xdf_panic.h"

/* A scale of 1, in the 16.16 numbers of plane coordinates. */
#define UNSCALED 0x10000

/* Where in its framebuffer a plane begins, in 16.16 pixels. */
struct origin {
	u32 x, y;
};

/* The first pixel that is seen: a plane may begin left of its CRTC, or above. */
static struct origin plane_origin(const struct drm_plane_state *state)
{
	if (!state->visible)
		return (struct origin){ state->src_x, state->src_y };
	return (struct origin){ state->src.x1, state->src.y1 };
}

/*
 * Does a state bring what the plane shows already? A new backend may not be able to, or
 * refuse it: that is not the fault of who draws, nor of what else is in his commit.
 */
static bool shown_already(const struct drm_plane *plane, const struct drm_plane_state *state)
{
	const struct drm_plane_state *old = plane->state;
	struct origin a = plane_origin(old), b = plane_origin(state);

	return old->fb == state->fb && old->crtc == state->crtc && a.x == b.x && a.y == b.y;
}

static int xdf_plane_check(struct drm_plane *plane, struct drm_atomic_commit *commit)
{
	struct drm_plane_state *state = drm_atomic_get_new_plane_state(commit, plane);
	struct drm_crtc_state *crtc_state;
	struct origin origin;
	int ret;

	if (!state->crtc)
		return 0;
	crtc_state = drm_atomic_get_new_crtc_state(commit, state->crtc);
	if (!crtc_state)
		return 0;
	ret = drm_atomic_helper_check_plane_state(state, crtc_state, UNSCALED, UNSCALED, false,
						  true);
	if (ret || !state->fb)
		return ret;
	/* The helper has nothing against one that lies outside. */
	if (crtc_state->enable && !state->visible) {
		drm_dbg_kms(plane->dev, "the plane must cover the whole CRTC\n");
		return -EINVAL;
	}
	origin = plane_origin(state);
	if ((!origin.x && !origin.y) || shown_already(plane, state))
		return 0;
	if ((origin.x | origin.y) & 0xffff) {
		drm_dbg_kms(plane->dev, "the protocol knows no parts of pixels\n");
		return -EINVAL;
	}
	return xdf_view_check(to_xdf(plane->dev), state->fb, origin.x >> 16, origin.y >> 16);
}
XDF_DEFINE_PLANE_CHECK(xdf_plane_check)

/* All is done when the CRTC flushes; the helpers insist on this one. */
static void xdf_plane_update(struct drm_plane *plane, struct drm_atomic_commit *commit)
{
}
XDF_DEFINE_PLANE_COMMIT(xdf_plane_update)

/* Learn what to wait for, and have the backend know what it will be asked to show. */
static int xdf_plane_prepare(struct drm_plane *plane, struct drm_plane_state *state)
{
	struct origin origin = plane_origin(state);
	struct xdf_view *view;
	int ret;

	if (!state->fb)
		return 0;
	ret = drm_gem_plane_helper_prepare_fb(plane, state);
	if (ret)
		return ret;
	view = xdf_view_get(to_xdf_fb(state->fb), origin.x >> 16, origin.y >> 16);
	if (IS_ERR(view)) {
		if (!shown_already(plane, state))
			return PTR_ERR(view);
		view = to_xdf_plane_state(plane->state)->view;
		xdf_view_hold(view);
	}
	to_xdf_plane_state(state)->view = view;
	return 0;
}

static void xdf_plane_cleanup(struct drm_plane *plane, struct drm_plane_state *state)
{
	xdf_view_put(to_xdf_plane_state(state)->view);
	to_xdf_plane_state(state)->view = NULL;
}

static const struct drm_plane_helper_funcs xdf_plane_helper_funcs = {
	.prepare_fb = xdf_plane_prepare,
	.cleanup_fb = xdf_plane_cleanup,
	.atomic_check = XDF_PLANE_CHECK(xdf_plane_check),
	.atomic_update = XDF_PLANE_COMMIT(xdf_plane_update),
	XDF_PLANE_PANIC(xdf_panic_get_buffer, xdf_panic_flush)
};

static void xdf_plane_reset(struct drm_plane *plane)
{
	struct xdf_plane_state *state;

	if (plane->state)
		plane->funcs->atomic_destroy_state(plane, plane->state);
	state = kzalloc(sizeof(*state), GFP_KERNEL);
	if (state)
		__drm_atomic_helper_plane_reset(plane, &state->base);
	else
		plane->state = NULL;
}

static struct drm_plane_state *xdf_plane_duplicate_state(struct drm_plane *plane)
{
	struct xdf_plane_state *state = kzalloc(sizeof(*state), GFP_KERNEL);

	if (!state)
		return NULL;
	__drm_atomic_helper_plane_duplicate_state(plane, &state->base);
	return &state->base;
}

static void xdf_plane_destroy_state(struct drm_plane *plane, struct drm_plane_state *state)
{
	__drm_atomic_helper_plane_destroy_state(state);
	kfree(to_xdf_plane_state(state));
}

static const struct drm_plane_funcs xdf_plane_funcs = {
	.reset = xdf_plane_reset,
	.destroy = drm_plane_cleanup,
	.update_plane = drm_atomic_helper_update_plane,
	.disable_plane = drm_atomic_helper_disable_plane,
	.atomic_duplicate_state = xdf_plane_duplicate_state,
	.atomic_destroy_state = xdf_plane_destroy_state,
};

/* Make what was drawn fit to be read by the backend. */
static void plane_sync(struct drm_plane_state *old, struct drm_plane_state *state)
{
	struct xdf_view *view = to_xdf_plane_state(state)->view;
	struct drm_rect rect;

	if (!view)
		return;
	if (xdf_pages_sync(view->dbuf->pages))
		drm_dbg_kms(state->plane->dev, "the exporter of a framebuffer cannot flush it\n");
	/* What has changed in another framebuffer is not known. */
	if (old->fb != state->fb || !drm_atomic_helper_damage_merged(old, state, &rect))
		xdf_dbuf_sync(view->dbuf, 0, view->dbuf->height);
	else
		xdf_dbuf_sync(view->dbuf, max_t(int, rect.y1 - view->y, 0), rect.y2 - view->y);
}

/**
 * xdf_plane_sync - the first step of a commit
 * @commit: its fences are signalled, nothing is sent yet
 *
 * May sleep.
 */
void xdf_plane_sync(struct drm_atomic_commit *commit)
{
	struct drm_plane_state *old, *state;
	struct drm_plane *plane;
	int i;

	for_each_oldnew_plane_in_state(commit, plane, old, state, i)
		if (state->fb)
			plane_sync(old, state);
}

/**
 * xdf_plane_init - make the primary plane of a pipe
 * @pipe: the pipe
 *
 * It offers the formats that the first backend took.
 *
 * Return: 0 or an error of DRM's.
 */
int xdf_plane_init(struct xdf_pipe *pipe)
{
	static const u64 linear[] = { DRM_FORMAT_MOD_LINEAR, DRM_FORMAT_MOD_INVALID };
	u32 formats[XDF_NUM_FORMATS];
	unsigned int i, num = 0;
	int ret;

	for (i = 0; i < XDF_NUM_FORMATS; i++)
		if (pipe->xdf->formats & BIT(i))
			formats[num++] = xdf_formats[i].fourcc;
	drm_plane_helper_add(&pipe->plane, &xdf_plane_helper_funcs);
	ret = drm_universal_plane_init(&pipe->xdf->drm, &pipe->plane, BIT(pipe->index),
				       &xdf_plane_funcs, formats, num,
				       linear, DRM_PLANE_TYPE_PRIMARY, NULL);
	if (ret)
		return ret;
	/*
	 * There is nothing behind the plane: its colours, taken as premultiplied,
	 * are what is seen, whatever alpha says.
	 */
	ret = drm_plane_create_blend_mode_property(&pipe->plane, BIT(DRM_MODE_BLEND_PREMULTI) |
								 BIT(DRM_MODE_BLEND_PIXEL_NONE));
	if (ret)
		return ret;
	/* The protocol knows whole pictures only; clients may spare us none of it. */
	drm_plane_enable_fb_damage_clips(&pipe->plane);
	return 0;
}
