// SPDX-License-Identifier: GPL-2.0 OR MIT
/* v6.17 about: takes the format info that .fb_create() got */
#include <linux/types.h>
#include <drm/drm_gem_framebuffer_helper.h>
struct drm_file;
struct drm_format_info;
int probe(struct drm_device *drm, struct drm_framebuffer *fb, struct drm_file *file,
	  const struct drm_format_info *info, const struct drm_mode_fb_cmd2 *cmd);
int probe(struct drm_device *drm, struct drm_framebuffer *fb, struct drm_file *file,
	  const struct drm_format_info *info, const struct drm_mode_fb_cmd2 *cmd)
{
	return drm_gem_fb_init_with_funcs(drm, fb, file, info, cmd, NULL);
}
