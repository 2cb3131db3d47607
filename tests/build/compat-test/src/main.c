// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Not a driver: every shadow header and every thunk of compat/ in use, to be
 * compiled and linked against each kernel by tests/build.  Written for the
 * newest kernel, as src/ is.
 */
#include <linux/dma-buf.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/iosys-map.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

#include <drm/drm_atomic.h>
#include <drm/drm_atomic_helper.h>
#include <drm/drm_crtc_helper.h>
#include <drm/drm_damage_helper.h>
#include <drm/drm_drv.h>
#include <drm/drm_fourcc.h>
#include <drm/drm_framebuffer.h>
#include <drm/drm_gem.h>
#include <drm/drm_gem_atomic_helper.h>
#include <drm/drm_ioctl.h>
#include <drm/drm_managed.h>
#include <drm/drm_modeset_helper.h>
#include <drm/drm_prime.h>
#include <drm/drm_print.h>
#include <drm/drm_vblank.h>

#include <xen/events.h>
#include <xen/grant_table.h>
#include <xen/xen.h>
#include <xen/xenbus.h>

#include "thunks.h"

struct ct_device {
	struct drm_device drm;
	struct drm_plane plane;
	struct drm_crtc crtc;
	struct hrtimer tick;
	grant_ref_t gref;
};

static int ct_plane_check(struct drm_plane *plane,
			  struct drm_atomic_commit *commit)
{
	struct drm_plane_state *state =
		drm_atomic_get_new_plane_state(commit, plane);
	struct drm_crtc_state *crtc_state;

	if (!state->crtc)
		return 0;
	crtc_state = drm_atomic_get_new_crtc_state(commit, state->crtc);
	return drm_atomic_helper_check_plane_state(state, crtc_state,
						   1 << 16, 1 << 16,
						   false, true);
}
XDF_DEFINE_PLANE_CHECK(ct_plane_check)

static void ct_plane_update(struct drm_plane *plane,
			    struct drm_atomic_commit *commit)
{
	struct drm_plane_state *old = drm_atomic_get_old_plane_state(commit, plane);
	struct drm_plane_state *new = drm_atomic_get_new_plane_state(commit, plane);
	struct drm_rect damage;

	if (drm_atomic_helper_damage_merged(old, new, &damage))
		drm_dbg_kms(plane->dev, "%d lines\n", drm_rect_height(&damage));
}
XDF_DEFINE_PLANE_COMMIT(ct_plane_update)

static void ct_plane_disable(struct drm_plane *plane,
			     struct drm_atomic_commit *commit)
{
	drm_dbg_kms(commit->dev, "off\n");
}
XDF_DEFINE_PLANE_COMMIT(ct_plane_disable)

static const struct drm_plane_helper_funcs ct_plane_helper_funcs = {
	.prepare_fb = drm_gem_plane_helper_prepare_fb,
	.atomic_check = XDF_PLANE_CHECK(ct_plane_check),
	.atomic_update = XDF_PLANE_COMMIT(ct_plane_update),
	.atomic_disable = XDF_PLANE_COMMIT(ct_plane_disable),
};

static void ct_crtc_commit(struct drm_crtc *crtc,
			   struct drm_atomic_commit *commit)
{
	struct drm_crtc_state *state = drm_atomic_get_new_crtc_state(commit, crtc);

	if (state->active)
		drm_crtc_vblank_on(crtc);
}
XDF_DEFINE_CRTC_COMMIT(ct_crtc_commit)

static const struct drm_crtc_helper_funcs ct_crtc_helper_funcs = {
	.atomic_begin = XDF_CRTC_COMMIT(ct_crtc_commit),
	.atomic_flush = XDF_CRTC_COMMIT(ct_crtc_commit),
	.atomic_enable = XDF_CRTC_COMMIT(ct_crtc_commit),
	.atomic_disable = XDF_CRTC_COMMIT(ct_crtc_commit),
};

static struct drm_framebuffer *
ct_fb_create(struct drm_device *drm, struct drm_file *file,
	     const struct drm_format_info *info,
	     const struct drm_mode_fb_cmd2 *cmd)
{
	struct drm_framebuffer *fb = kzalloc(sizeof(*fb), GFP_KERNEL);

	if (!fb)
		return ERR_PTR(-ENOMEM);
	drm_helper_mode_fill_fb_struct(drm, fb, info, cmd);
	return fb;
}
XDF_DEFINE_FB_CREATE(ct_fb_create)

static const struct drm_mode_config_funcs ct_mode_config_funcs = {
	.fb_create = XDF_FB_CREATE(ct_fb_create),
	.atomic_check = drm_atomic_helper_check,
	.atomic_commit = drm_atomic_helper_commit,
};

static void ct_commit_tail(struct drm_atomic_commit *commit)
{
	drm_atomic_helper_commit_tail(commit);
}

static const struct drm_mode_config_helper_funcs ct_mode_config_helper_funcs = {
	.atomic_commit_tail = ct_commit_tail,
};

static int ct_gem_vmap(struct drm_gem_object *obj, struct iosys_map *map)
{
	void *vaddr = kzalloc(obj->size, GFP_KERNEL);

	if (!vaddr)
		return -ENOMEM;
	iosys_map_set_vaddr(map, vaddr);
	return 0;
}
XDF_DEFINE_GEM_VMAP(ct_gem_vmap)

static void ct_gem_vunmap(struct drm_gem_object *obj, struct iosys_map *map)
{
	kfree(map->vaddr);
}
XDF_DEFINE_GEM_VUNMAP(ct_gem_vunmap)

static int ct_gem_mmap(struct drm_gem_object *obj, struct vm_area_struct *vma)
{
	vm_flags_set(vma, VM_DONTEXPAND);
	return 0;
}

static const struct drm_gem_object_funcs ct_gem_funcs = {
	.vmap = XDF_GEM_VMAP(ct_gem_vmap),
	.vunmap = XDF_GEM_VUNMAP(ct_gem_vunmap),
	.mmap = ct_gem_mmap,
};

DEFINE_DRM_GEM_FOPS(ct_fops);

static const struct drm_driver ct_driver = {
	.driver_features = DRIVER_GEM | DRIVER_MODESET | DRIVER_ATOMIC,
	XDF_DRM_DRIVER_PRIME
	.fops = &ct_fops,
	.name = "xen-drm-front",
	.desc = "compat test",
	XDF_DRM_DRIVER_DATE("20261123")
	.major = 1,
};

static enum hrtimer_restart ct_tick(struct hrtimer *timer)
{
	struct ct_device *ct = container_of(timer, struct ct_device, tick);

	drm_crtc_handle_vblank(&ct->crtc);
	return HRTIMER_NORESTART;
}

static irqreturn_t ct_interrupt(int irq, void *data)
{
	xen_irq_lateeoi(irq, XEN_EOI_FLAG_SPURIOUS);
	return IRQ_HANDLED;
}

static void ct_remove(struct xenbus_device *dev)
{
	struct ct_device *ct = dev_get_drvdata(&dev->dev);
	int idx;

	if (drm_dev_enter(&ct->drm, &idx)) {
		hrtimer_cancel(&ct->tick);
		drm_dev_exit(idx);
	}
	if (!gnttab_try_end_foreign_access(ct->gref) && !xdf_gnttab_end_later(ct->gref))
		dev_warn(&dev->dev, "still mapped\n");
	drm_dev_unplug(&ct->drm);
}
XDF_DEFINE_XENBUS_REMOVE(ct_remove)

static int ct_probe(struct xenbus_device *dev, const struct xenbus_device_id *id)
{
	struct ct_device *ct;
	struct drm_gem_object *obj;
	int err;

	ct = devm_drm_dev_alloc(&dev->dev, &ct_driver, struct ct_device, drm);
	if (IS_ERR(ct))
		return PTR_ERR(ct);
	dev_set_drvdata(&dev->dev, ct);

	err = drmm_mode_config_init(&ct->drm);
	if (err)
		return err;
	ct->drm.mode_config.funcs = &ct_mode_config_funcs;
	ct->drm.mode_config.helper_private = &ct_mode_config_helper_funcs;
	hrtimer_setup(&ct->tick, ct_tick, CLOCK_MONOTONIC, HRTIMER_MODE_REL);

	drm_plane_helper_add(&ct->plane, &ct_plane_helper_funcs);
	drm_plane_enable_fb_damage_clips(&ct->plane);
	drm_crtc_helper_add(&ct->crtc, &ct_crtc_helper_funcs);
	obj = drmm_kzalloc(&ct->drm, sizeof(*obj), GFP_KERNEL);
	if (!obj)
		return -ENOMEM;
	obj->funcs = &ct_gem_funcs;

	err = drm_vblank_init(&ct->drm, 1);
	if (err)
		return err;
	return xdf_bind_lateeoi_handler(dev, 0, ct_interrupt, "ct", ct);
}

static const struct xenbus_device_id ct_ids[] = { { "xdf-compat-test" }, { "" } };

static struct xenbus_driver ct_xenbus_driver = {
	.ids = ct_ids,
	.probe = ct_probe,
	.remove = XDF_XENBUS_REMOVE(ct_remove),
	XDF_XENBUS_NOT_ESSENTIAL
};

static int __init ct_init(void)
{
	return xen_domain() ? xenbus_register_frontend(&ct_xenbus_driver) : -ENODEV;
}
module_init(ct_init);

static void __exit ct_exit(void)
{
	xenbus_unregister_driver(&ct_xenbus_driver);
}
module_exit(ct_exit);

MODULE_DESCRIPTION("Compile test of compat/, not to be loaded");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_VERSION(XDF_VERSION);
XDF_IMPORT_DMA_BUF;
