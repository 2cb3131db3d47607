/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_COMPAT_DRM_DRM_GEM_FRAMEBUFFER_HELPER_H
#define XDF_COMPAT_DRM_DRM_GEM_FRAMEBUFFER_HELPER_H

#include_next <drm/drm_gem_framebuffer_helper.h>

#ifndef XDF_HAVE_DRM_GEM_FB_INIT_INFO
/* The core looks the info up again, in the same table. */
#define drm_gem_fb_init_with_funcs(dev, fb, file, info, cmd, funcs) \
	((void)(info), drm_gem_fb_init_with_funcs(dev, fb, file, cmd, funcs))
#endif

#endif /* XDF_COMPAT_DRM_DRM_GEM_FRAMEBUFFER_HELPER_H */
