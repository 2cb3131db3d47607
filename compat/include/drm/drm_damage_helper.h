/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_COMPAT_DRM_DRM_DAMAGE_HELPER_H
#define XDF_COMPAT_DRM_DRM_DAMAGE_HELPER_H

#include_next <drm/drm_damage_helper.h>

/* drm_plane_enable_fb_damage_clips() moved there in about v5.15. */
#include <drm/drm_plane.h>

#endif /* XDF_COMPAT_DRM_DRM_DAMAGE_HELPER_H */
