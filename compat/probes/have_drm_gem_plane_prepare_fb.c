// SPDX-License-Identifier: GPL-2.0 OR MIT
/* v5.13: drm_gem_fb_prepare_fb() got a new name and header */
#include <drm/drm_gem_atomic_helper.h>
int probe(struct drm_plane *plane, struct drm_plane_state *state);
int probe(struct drm_plane *plane, struct drm_plane_state *state)
{
	return drm_gem_plane_helper_prepare_fb(plane, state);
}
