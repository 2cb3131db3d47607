/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_PANIC_H
#define XDF_PANIC_H

struct drm_plane;
struct drm_scanout_buffer;

int xdf_panic_get_buffer(struct drm_plane *plane, struct drm_scanout_buffer *sb);
void xdf_panic_flush(struct drm_plane *plane);

#endif
