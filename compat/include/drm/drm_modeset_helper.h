/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_COMPAT_DRM_DRM_MODESET_HELPER_H
#define XDF_COMPAT_DRM_DRM_MODESET_HELPER_H

#include_next <drm/drm_modeset_helper.h>

#ifndef XDF_HAVE_DRM_FILL_FB_INFO
/* The core looks the info up again, in the same table. */
#define drm_helper_mode_fill_fb_struct(dev, fb, info, cmd) \
	((void)(info), drm_helper_mode_fill_fb_struct(dev, fb, cmd))
#endif

#endif /* XDF_COMPAT_DRM_DRM_MODESET_HELPER_H */
