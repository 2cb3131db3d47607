// SPDX-License-Identifier: GPL-2.0 OR MIT
/* v7.2: struct drm_atomic_state became struct drm_atomic_commit */
#include <drm/drm_atomic.h>
void *probe(const struct drm_atomic_commit *commit);
void *probe(const struct drm_atomic_commit *commit)
{
	return commit->dev;
}
