// SPDX-License-Identifier: GPL-2.0 OR MIT
/* v5.11: drm_dev_alloc() and friends take a const struct drm_driver */
#include <drm/drm_drv.h>
struct probe { struct drm_device drm; };
struct probe *probe(struct device *parent, const struct drm_driver *driver);
struct probe *probe(struct device *parent, const struct drm_driver *driver)
{
	void *(*alloc)(struct device *parent, const struct drm_driver *driver,
		       size_t size, size_t offset) = __devm_drm_dev_alloc;

	return alloc(parent, driver, sizeof(struct probe), 0);
}
