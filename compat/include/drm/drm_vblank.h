/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_COMPAT_DRM_DRM_VBLANK_H
#define XDF_COMPAT_DRM_DRM_VBLANK_H

#include_next <drm/drm_vblank.h>

#ifdef XDF_HAVE_DRM_IRQ_ENABLED
#include <drm/drm_device.h>

/* The mark of a device with vblanks is drm_vblank_init() itself from v5.15 on. */
static inline int xdf_drm_vblank_init(struct drm_device *drm, unsigned int crtcs)
{
	int ret = drm_vblank_init(drm, crtcs);

	drm->irq_enabled = !ret;
	return ret;
}

#define drm_vblank_init xdf_drm_vblank_init
#endif

#endif /* XDF_COMPAT_DRM_DRM_VBLANK_H */
