// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Must compile on every kernel that has DRM and Xen, however old. */
#include <linux/module.h>
#include <drm/drm_drv.h>
#include <xen/xenbus.h>
int probe(struct drm_device *drm, struct xenbus_device *dev);
int probe(struct drm_device *drm, struct xenbus_device *dev)
{
	return drm_dev_register(drm, dev->state);
}
