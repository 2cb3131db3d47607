/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_COMPAT_DRM_CLIENTS_DRM_CLIENT_SETUP_H
#define XDF_COMPAT_DRM_CLIENTS_DRM_CLIENT_SETUP_H

/*
 * drm_client_setup() came with v6.13 and stable kernels, in two places one after
 * the other. Before, a driver called the emulation of its choice: v6.11 about
 * the one of TTM, which has nothing of TTM in it; before, the generic one,
 * which had a header of its own from v6.2.
 */
#if __has_include_next(<drm/clients/drm_client_setup.h>)
#include_next <drm/clients/drm_client_setup.h>
#elif __has_include(<drm/drm_client_setup.h>)
#include <drm/drm_client_setup.h>
#else
struct drm_device;
struct drm_format_info;

#if __has_include(<drm/drm_fbdev_ttm.h>)
#include <drm/drm_fbdev_ttm.h>
#define xdf_fbdev_setup drm_fbdev_ttm_setup
#elif __has_include(<drm/drm_fbdev_generic.h>)
#include <drm/drm_fbdev_generic.h>
#define xdf_fbdev_setup drm_fbdev_generic_setup
#else
#include <drm/drm_fb_helper.h>
#define xdf_fbdev_setup drm_fbdev_generic_setup
#endif

static inline void drm_client_setup(struct drm_device *drm,
				    const struct drm_format_info *format)
{
	/* 0 would mean the bits of colour, 24, which are not those of a pixel. */
	xdf_fbdev_setup(drm, 32);
}
#endif

#endif /* XDF_COMPAT_DRM_CLIENTS_DRM_CLIENT_SETUP_H */
