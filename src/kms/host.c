// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: host
 *
 * The device that DRM sees as the card's parent: a platform device between the
 * device on the Xen bus and the card. libdrm knows what to make of a card on the
 * platform bus, but has never heard of a bus called xen: drmGetDevices() would
 * leave the card out, and with it programs that look for cards in that way.
 */
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/platform_device.h>

#include <drm/drm_device.h>
#include <drm/drm_file.h>

#include "xdf_kms.h"

/* There is nothing to drive: it gives the card's parent a name in sysfs and logs. */
static struct platform_driver host_driver = {
	.driver = {
		.name = KBUILD_MODNAME,
		.suppress_bind_attrs = true,
	},
};

/**
 * xdf_host_init - the module is loaded
 *
 * Return: 0 or what the platform bus said.
 */
int xdf_host_init(void)
{
	return platform_driver_register(&host_driver);
}

/**
 * xdf_host_exit - the module is unloaded
 */
void xdf_host_exit(void)
{
	platform_driver_unregister(&host_driver);
}

/* Open files keep its memory. */
static void host_destroy(void *host)
{
	platform_device_unregister(host);
}

/**
 * xdf_host_create - put a platform device between a card and its parent
 * @drm: the card, allocated with its parent and not registered
 * @id: number of the device
 *
 * It goes when the parent's driver does, be it that the bus gives up right after probe,
 * which older kernels do without calling remove. DMA mask and limits are those of the
 * platform device; any page can be granted.
 *
 * Return: 0 or -errno.
 */
int xdf_host_create(struct drm_device *drm, int id)
{
	struct platform_device_info info = {
		.parent = drm->dev,
		.name = KBUILD_MODNAME,
		.id = id,
		.dma_mask = DMA_BIT_MASK(64),
	};
	struct platform_device *host = platform_device_register_full(&info);

	if (IS_ERR(host))
		return PTR_ERR(host);
	/* Pages are granted one by one, however they come; no longer piece is one too long. */
	dma_set_max_seg_size(&host->dev, UINT_MAX);
	/* Both were set from the parent that DRM was given. */
	get_device(&host->dev);
	put_device(drm->dev);
	drm->dev = &host->dev;
	drm->primary->kdev->parent = &host->dev;
	return devm_add_action_or_reset(info.parent, host_destroy, host);
}
