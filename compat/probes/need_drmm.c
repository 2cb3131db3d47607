// SPDX-License-Identifier: GPL-2.0 OR MIT
/* needed: managed DRM devices (devm_drm_dev_alloc, drmm_mode_config_init) */
/* v5.9: b0b5849e0cc0 ("drm: Add devm_drm_dev_alloc macro") */
#include <drm/drm_drv.h>
#include <drm/drm_managed.h>
#include <drm/drm_mode_config.h>
struct probe { struct drm_device drm; };
struct probe *probe(struct device *parent, struct drm_driver *driver);
struct probe *probe(struct device *parent, struct drm_driver *driver)
{
	struct probe *p = devm_drm_dev_alloc(parent, driver, struct probe, drm);

	return drmm_mode_config_init(&p->drm) ? NULL : p;
}
