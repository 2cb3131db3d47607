/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_COMPAT_DRM_DRM_GEM_ATOMIC_HELPER_H
#define XDF_COMPAT_DRM_DRM_GEM_ATOMIC_HELPER_H

#ifdef XDF_HAVE_DRM_GEM_PLANE_PREPARE_FB
#include_next <drm/drm_gem_atomic_helper.h>
#else
#include <drm/drm_gem_framebuffer_helper.h>

#define drm_gem_plane_helper_prepare_fb drm_gem_fb_prepare_fb
#endif

#endif /* XDF_COMPAT_DRM_DRM_GEM_ATOMIC_HELPER_H */
