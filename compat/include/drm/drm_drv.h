/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_COMPAT_DRM_DRM_DRV_H
#define XDF_COMPAT_DRM_DRM_DRV_H

#include_next <drm/drm_drv.h>

#ifndef XDF_HAVE_DRM_DRIVER_CONST
/* The core does not write to it, it only did not say so. */
#undef devm_drm_dev_alloc
#define devm_drm_dev_alloc(parent, driver, type, member) \
	((type *)__devm_drm_dev_alloc(parent, (struct drm_driver *)(driver), \
				      sizeof(type), offsetof(type, member)))
#endif

#endif /* XDF_COMPAT_DRM_DRM_DRV_H */
