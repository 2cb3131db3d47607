/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_COMPAT_DRM_CLIENTS_DRM_CLIENT_SETUP_H
#define XDF_COMPAT_DRM_CLIENTS_DRM_CLIENT_SETUP_H

#include <linux/kconfig.h>
#include <linux/stddef.h>

/*
 * drm_client_setup() came with v6.13 and stable kernels, in two places one after
 * the other. Before, a driver called the emulation of its choice: v6.11 about
 * the one of TTM, which has nothing of TTM in it; before, the generic one,
 * which had a header of its own from v6.2.
 */
#if __has_include_next(<drm/clients/drm_client_setup.h>)
#include_next <drm/clients/drm_client_setup.h>
#define XDF_DRM_CLIENTS 1
#elif __has_include(<drm/drm_client_setup.h>)
#include <drm/drm_client_setup.h>
#define XDF_DRM_CLIENTS 1
#else
#define XDF_DRM_CLIENTS 0
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

/*
 * The option without which this kernel has no text console. The emulation needs that
 * of TTM: drm_client_setup() warns or crashes if drm_driver.fbdev_probe is NULL. The
 * other client, drm_log, does not need it.
 */
#if !IS_ENABLED(CONFIG_DRM_FBDEV_EMULATION) && !IS_ENABLED(CONFIG_DRM_CLIENT_LOG)
#define XDF_CONSOLE_LACKS "CONFIG_DRM_FBDEV_EMULATION"
#elif XDF_DRM_CLIENTS && !IS_ENABLED(CONFIG_DRM_CLIENT_SETUP)
#define XDF_CONSOLE_LACKS "CONFIG_DRM_CLIENT_SELECTION"
#elif XDF_DRM_CLIENTS && IS_ENABLED(CONFIG_DRM_FBDEV_EMULATION) && \
	!defined(XDF_HAVE_DRM_DRIVER_FBDEV_PROBE)
#define XDF_CONSOLE_LACKS "CONFIG_DRM_TTM_HELPER"
#elif !XDF_DRM_CLIENTS && __has_include(<drm/drm_fbdev_ttm.h>) && \
	!IS_ENABLED(CONFIG_DRM_TTM_HELPER)
#define XDF_CONSOLE_LACKS "CONFIG_DRM_TTM_HELPER"
#endif

/*
 * xdf_console_setup - let DRM show the text console
 *
 * Return: NULL, or the option that this kernel is built without.
 */
static inline const char *xdf_console_setup(struct drm_device *drm)
{
#ifdef XDF_CONSOLE_LACKS
	return XDF_CONSOLE_LACKS;
#else
	drm_client_setup(drm, NULL);
	return NULL;
#endif
}

#endif /* XDF_COMPAT_DRM_CLIENTS_DRM_CLIENT_SETUP_H */
