// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: framebuffer
 *
 * DRM's framebuffers. Only layouts that the protocol can express are taken; what
 * the backend knows of them are their views.
 */
#include <linux/slab.h>

#include <drm/drm_damage_helper.h>
#include <drm/drm_drv.h>
#include <drm/drm_fourcc.h>
#include <drm/drm_gem_framebuffer_helper.h>
#include <drm/drm_modeset_helper.h>
#include <drm/drm_print.h>

#include "xdf_buffer.h"
#include "xdf_kms.h"

/* Give up a framebuffer that DRM does not know (any more). */
static void fb_discard(struct xdf_fb *fb)
{
	xdf_view_discard(fb);
	drm_gem_object_put(fb->base.obj[0]);
	kfree(fb);
}

static void xdf_fb_destroy(struct drm_framebuffer *base)
{
	drm_framebuffer_cleanup(base);
	fb_discard(to_xdf_fb(base));
}

static bool clip_inside(const struct drm_clip_rect *clip, const struct drm_framebuffer *fb)
{
	return clip->x1 < clip->x2 && clip->y1 < clip->y2 && clip->x2 <= fb->width &&
	       clip->y2 <= fb->height;
}

/*
 * DRM_IOCTL_MODE_DIRTYFB. DRM refuses clips that do not lie inside the framebuffer. X sends
 * such, with negative coordinates in 16 bits, for a rotated monitor, and never calls again
 * after an error: the whole framebuffer is taken as changed then.
 */
static int xdf_fb_dirty(struct drm_framebuffer *fb, struct drm_file *file, unsigned int flags,
			unsigned int color, struct drm_clip_rect *clips, unsigned int num_clips)
{
	unsigned int i;

	for (i = 0; i < num_clips; i++) {
		if (clip_inside(&clips[i], fb))
			continue;
		clips = NULL;
		num_clips = 0;
	}
	return drm_atomic_helper_dirtyfb(fb, file, flags, color, clips, num_clips);
}

static const struct drm_framebuffer_funcs xdf_fb_funcs = {
	.destroy = xdf_fb_destroy,
	.create_handle = drm_gem_fb_create_handle,
	.dirty = xdf_fb_dirty,
};

/* The core does not ask whether there is a plane that could show it. */
static bool format_offered(struct drm_device *drm, u32 fourcc)
{
	const struct drm_plane *plane = &to_xdf(drm)->pipe[0]->plane;
	unsigned int i;

	for (i = 0; i < plane->format_count; i++)
		if (plane->format_types[i] == fourcc)
			return true;
	return false;
}

/* What the protocol cannot express must not come to the screen garbled. */
static int fb_check(struct drm_device *drm, const struct drm_format_info *info,
		    const struct drm_mode_fb_cmd2 *cmd)
{
	if (!format_offered(drm, cmd->pixel_format)) {
		drm_dbg_kms(drm, "the backend does not take format 0x%08x\n", cmd->pixel_format);
		return -EINVAL;
	}
	if (info->num_planes != 1 || !info->cpp[0] || cmd->modifier[0]) {
		drm_dbg_kms(drm, "only linear formats with one plane\n");
		return -EINVAL;
	}
	if (!cmd->pitches[0] || cmd->pitches[0] % 4 ||
	    xdf_pitch(cmd->pitches[0] / info->cpp[0], info->cpp[0] * 8) !=
	    cmd->pitches[0]) {
		drm_dbg_kms(drm, "the protocol cannot express a pitch of %u\n", cmd->pitches[0]);
		return -EINVAL;
	}
	return 0;
}

/* A framebuffer on the client's buffer, known to nobody yet. */
static struct xdf_fb *fb_alloc(struct drm_device *drm, struct drm_file *file,
			       const struct drm_format_info *info,
			       const struct drm_mode_fb_cmd2 *cmd)
{
	struct drm_gem_object *obj;
	struct xdf_fb *fb;
	u64 end;

	obj = drm_gem_object_lookup(file, cmd->handles[0]);
	if (!obj)
		return ERR_PTR(-ENOENT);
	/* The backend knows whole lines only, the last one too. */
	end = cmd->offsets[0] + (u64)cmd->height * cmd->pitches[0];
	if ((u64)cmd->width * info->cpp[0] > cmd->pitches[0] || end > obj->size) {
		drm_dbg_kms(drm, "%ux%u needs %llu bytes, the buffer has %zu\n", cmd->width,
			    cmd->height, end, obj->size);
		drm_gem_object_put(obj);
		return ERR_PTR(-EINVAL);
	}
	fb = kzalloc(sizeof(*fb), GFP_KERNEL);
	if (!fb) {
		drm_gem_object_put(obj);
		return ERR_PTR(-ENOMEM);
	}
	drm_helper_mode_fill_fb_struct(drm, &fb->base, info, cmd);
	fb->base.obj[0] = obj;
	fb->xdf = to_xdf(drm);
	INIT_LIST_HEAD(&fb->views);
	return fb;
}

/**
 * xdf_fb_create - DRM_IOCTL_MODE_ADDFB2
 * @drm: the device
 * @file: the client
 * @info: the format
 * @cmd: size, pitch, offset, handle
 *
 * The first framebuffer on a buffer grants the buffer to the backend.
 *
 * Return: the framebuffer, or an ERR_PTR: -EINVAL for a layout that the protocol
 * cannot express, -ENOENT for no such handle, -ENOSPC when the grants run out,
 * -ENOMEM, -EINTR, or the backend's own error.
 */
struct drm_framebuffer *xdf_fb_create(struct drm_device *drm, struct drm_file *file,
				      const struct drm_format_info *info,
				      const struct drm_mode_fb_cmd2 *cmd)
{
	struct xdf_view *view;
	struct xdf_fb *fb;
	int ret;

	ret = fb_check(drm, info, cmd);
	if (ret)
		return ERR_PTR(ret);
	/*
	 * No drm_dev_enter(): whoever unplugs any DRM device would wait for our backend.
	 * The link ends after the unplugging, and with it what is announced too late.
	 */
	if (drm_dev_is_unplugged(drm))
		return ERR_PTR(-ENODEV);

	fb = fb_alloc(drm, file, info, cmd);
	if (IS_ERR(fb))
		return ERR_CAST(fb);
	ret = xdf_view_check(fb->xdf, &fb->base, 0, 0);
	if (!ret) {
		view = xdf_view_get(fb, 0, 0); /* the first: it is made and announced */
		ret = PTR_ERR_OR_ZERO(view);
		if (!ret)
			xdf_view_put(view);
	}
	/* Only now: from here on others can find it. */
	if (!ret)
		ret = drm_framebuffer_init(drm, &fb->base, &xdf_fb_funcs);
	if (ret) {
		fb_discard(fb);
		return ERR_PTR(ret);
	}
	return &fb->base;
}
