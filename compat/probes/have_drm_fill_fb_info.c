// SPDX-License-Identifier: GPL-2.0 OR MIT
/* v6.17 about: takes the format info that .fb_create() got */
#include <drm/drm_modeset_helper.h>
struct drm_device;
struct drm_format_info;
void probe(struct drm_device *drm, struct drm_framebuffer *fb,
	   const struct drm_format_info *info, const struct drm_mode_fb_cmd2 *cmd);
void probe(struct drm_device *drm, struct drm_framebuffer *fb,
	   const struct drm_format_info *info, const struct drm_mode_fb_cmd2 *cmd)
{
	drm_helper_mode_fill_fb_struct(drm, fb, info, cmd);
}
