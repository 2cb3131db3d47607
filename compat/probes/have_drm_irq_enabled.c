// SPDX-License-Identifier: GPL-2.0 OR MIT
/* v5.15 about: moved into the legacy drivers; before, without it the vblank ioctls give -EOPNOTSUPP */
#include <drm/drm_device.h>
void probe(struct drm_device *drm);
void probe(struct drm_device *drm)
{
	drm->irq_enabled = true;
}
