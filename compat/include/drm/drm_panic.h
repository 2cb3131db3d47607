/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_COMPAT_DRM_PANIC_H
#define XDF_COMPAT_DRM_PANIC_H

/* Elsewhere nobody asks for a buffer, see XDF_PLANE_PANIC(). */
#ifdef XDF_HAVE_DRM_SCANOUT_PAGES
#include_next <drm/drm_panic.h>
#else
struct drm_format_info;
struct page;

struct drm_scanout_buffer {
	const struct drm_format_info *format;
	struct page **pages;
	unsigned int width;
	unsigned int height;
	unsigned int pitch[4];
};
#endif

#endif /* XDF_COMPAT_DRM_PANIC_H */
