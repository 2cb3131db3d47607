// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: framebuffer
 *
 * A framebuffer is a display buffer with a format and a visible size, and a
 * cookie that names it to the backend. Cookies come from a counter: they tell
 * the backend nothing about us and are never used twice.
 */
#include <linux/slab.h>

#include <drm/drm_damage_helper.h>
#include <drm/drm_drv.h>
#include <drm/drm_fourcc.h>
#include <drm/drm_gem_framebuffer_helper.h>
#include <drm/drm_modeset_helper.h>
#include <drm/drm_print.h>

#include "xdf_buffer.h"
#include "xdf_device.h"
#include "xdf_link.h"
#include "xdf_proto.h"

/* Runs in reap_work, before the buffer underneath: both are put in order. */
static void fb_reap(struct xdf_device *xdf, struct xdf_zombie *zombie)
{
	struct xdf_fb *fb = container_of(zombie, struct xdf_fb, zombie);
	struct xdf_link *link;

	mutex_lock(&xdf->buf_lock);
	list_del(&fb->node);
	mutex_unlock(&xdf->buf_lock);

	link = xdf_link_get_serial(xdf, fb->serial);
	if (link) {
		if (!READ_ONCE(link->silent))
			xdf_crtc_wait_unused(xdf, fb->cookie, link->timeout);
		xdf_proto_fb_detach(link, fb->cookie);
		xdf_link_put(link);
	}
	xdf_dbuf_put(fb->dbuf);
	kfree(fb);
}

/* Give up a framebuffer that DRM does not know (any more). */
static void fb_discard(struct xdf_fb *fb)
{
	drm_gem_object_put(fb->base.obj[0]);
	if (!fb->dbuf) {
		kfree(fb);
		return;
	}
	fb->zombie.reap = fb_reap;
	xdf_reap(fb->xdf, &fb->zombie);
}

static void xdf_fb_destroy(struct drm_framebuffer *base)
{
	drm_framebuffer_cleanup(base);
	fb_discard(to_xdf_fb(base));
}

static const struct drm_framebuffer_funcs xdf_fb_funcs = {
	.destroy = xdf_fb_destroy,
	.create_handle = drm_gem_fb_create_handle,
	.dirty = drm_atomic_helper_dirtyfb,
};

/* Tell the backend of a framebuffer that this link does not know. */
static int fb_announce(struct xdf_fb *fb, struct xdf_link *link)
{
	int ret;

	if (fb->serial == link->serial)
		return 0;
	ret = xdf_dbuf_announce(fb->dbuf, link);
	if (ret)
		return ret;
	ret = xdf_proto_fb_attach(link, fb->dbuf->cookie, fb->cookie, fb->base.width,
				  fb->base.height, fb->base.format->format);
	/* Without an answer it may or may not know it. */
	if (!ret || ret == -ETIMEDOUT || ret == -EINTR)
		fb->serial = link->serial;
	return ret;
}

/**
 * xdf_fb_replay - tell a new backend of all framebuffers
 * @xdf: the device
 * @link: the new link
 *
 * Caller holds buf_lock. Their buffers are announced with them. What the backend
 * refuses is left out: it must not keep the others from the screen.
 *
 * Return: 0, -ENOTCONN, -ETIMEDOUT or -EINTR.
 */
int xdf_fb_replay(struct xdf_device *xdf, struct xdf_link *link)
{
	struct xdf_fb *fb;
	int ret;

	list_for_each_entry(fb, &xdf->fbs, node) {
		ret = fb_announce(fb, link);
		if (ret == -ENOTCONN || ret == -ETIMEDOUT || ret == -EINTR)
			return ret;
		if (ret)
			dev_warn_ratelimited(xdf->drm.dev,
					     "the new backend refused framebuffer %llu: %d\n",
					     fb->cookie, ret);
	}
	return 0;
}

/**
 * xdf_fb_retract - have the backend forget all framebuffers and buffers
 * @xdf: the device, with all its CRTCs off
 * @link: the present link
 *
 * Caller holds buf_lock. The objects stay, nobody knows of them.
 */
void xdf_fb_retract(struct xdf_device *xdf, struct xdf_link *link)
{
	struct xdf_fb *fb;

	list_for_each_entry(fb, &xdf->fbs, node) {
		if (fb->serial == link->serial)
			xdf_proto_fb_detach(link, fb->cookie);
		fb->serial = 0;
		if (READ_ONCE(link->silent))
			xdf_link_kill(link); /* we are leaving: do not wait for each */
	}
	xdf_dbuf_retract(xdf, link);
}

/* Find or make the display buffer with the layout of a framebuffer. */
static struct xdf_dbuf *fb_dbuf(struct xdf_device *xdf, struct xdf_fb *fb)
{
	struct xdf_gem *gem = to_xdf_gem(fb->base.obj[0]);
	u32 pitch = fb->base.pitches[0];
	u32 bpp = fb->base.format->cpp[0] * 8;
	u32 width = (u64)pitch * 8 / bpp;
	u32 height = (gem->base.size - fb->base.offsets[0]) / pitch;
	u64 start = (u64)gem->pages->offset + fb->base.offsets[0];
	struct xdf_dbuf *dbuf = gem->dbuf;

	/* Backends that do not negotiate know version 1, without data_ofs. */
	if (start % XDF_GRANT_SIZE && xdf->config.version < 2) {
		drm_dbg_kms(&xdf->drm, "protocol 1 cannot express an offset of %llu bytes\n",
			    start);
		return ERR_PTR(-EINVAL);
	}
	if (dbuf && dbuf->bpp == bpp && dbuf->height >= fb->base.height &&
	    dbuf->first == start / XDF_GRANT_SIZE && dbuf->offset == start % XDF_GRANT_SIZE &&
	    xdf_pitch(dbuf->width, bpp) == pitch) {
		kref_get(&dbuf->refs);
		return dbuf;
	}
	/* The client's own words, where they fit. */
	if (gem->bpp == bpp && gem->height >= fb->base.height && !start &&
	    xdf_pitch(gem->width, bpp) == pitch) {
		width = gem->width;
		height = gem->height;
	}
	dbuf = xdf_dbuf_create(xdf, gem->pages, start, width, height, bpp);
	if (IS_ERR(dbuf))
		return dbuf;
	xdf_dbuf_put(gem->dbuf);
	kref_get(&dbuf->refs);
	gem->dbuf = dbuf;
	return dbuf;
}

/* Make it known to the backend, if there is one that knows the others. */
static int fb_publish(struct xdf_device *xdf, struct xdf_fb *fb)
{
	struct xdf_link *link;
	int ret = 0;

	if (mutex_lock_killable(&xdf->buf_lock))
		return -EINTR;
	if (!fb->dbuf) {
		struct xdf_dbuf *dbuf = fb_dbuf(xdf, fb);

		if (IS_ERR(dbuf)) {
			mutex_unlock(&xdf->buf_lock);
			return PTR_ERR(dbuf);
		}
		fb->dbuf = dbuf;
		fb->cookie = atomic64_inc_return(&xdf->cookie);
		list_add_tail(&fb->node, &xdf->fbs);
	}
	link = xdf_link_get_serial(xdf, xdf->ready);
	if (link) {
		ret = fb_announce(fb, link);
		/* A link that died meanwhile is no error: the next one is told. */
		if (ret == -ENOTCONN)
			ret = 0;
		xdf_link_put(link);
	}
	mutex_unlock(&xdf->buf_lock);
	return ret;
}

/* What the protocol cannot express must not come to the screen garbled. */
static int fb_check(struct drm_device *drm, const struct drm_format_info *info,
		    const struct drm_mode_fb_cmd2 *cmd)
{
	if (info->num_planes != 1 || !info->cpp[0] || cmd->modifier[0]) {
		drm_dbg_kms(drm, "only linear formats with one plane\n");
		return -EINVAL;
	}
	if (!cmd->pitches[0] || cmd->pitches[0] % 4 ||
	    xdf_pitch((u64)cmd->pitches[0] * 8 / (info->cpp[0] * 8), info->cpp[0] * 8) !=
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
 * -ENOMEM, -ETIMEDOUT when the backend does not answer, -EINTR, or the
 * backend's own error.
 */
struct drm_framebuffer *xdf_fb_create(struct drm_device *drm, struct drm_file *file,
				      const struct drm_format_info *info,
				      const struct drm_mode_fb_cmd2 *cmd)
{
	struct xdf_device *xdf = to_xdf(drm);
	struct xdf_fb *fb;
	int ret, idx;

	ret = fb_check(drm, info, cmd);
	if (ret)
		return ERR_PTR(ret);
	if (!drm_dev_enter(drm, &idx))
		return ERR_PTR(-ENODEV);

	fb = fb_alloc(drm, file, info, cmd);
	if (IS_ERR(fb)) {
		ret = PTR_ERR(fb);
		goto out;
	}
	ret = fb_publish(xdf, fb);
	if (ret == -ENOSPC || ret == -ENOMEM) {
		/* What is on its way out may hold what we need. */
		flush_work(&xdf->reap_work);
		ret = fb_publish(xdf, fb);
	}
	/* Only now: from here on others can find it. */
	if (!ret)
		ret = drm_framebuffer_init(drm, &fb->base, &xdf_fb_funcs);
	if (ret)
		fb_discard(fb);
out:
	drm_dev_exit(idx);
	return ret ? ERR_PTR(ret) : &fb->base;
}
