// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: xen_drm_front
 *
 * A display for Xen guests: XenBus device vdispl, protocol displif, frontend
 * end, as a DRM/KMS device. This file is the driver on the bus: loading and
 * unloading.
 */
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/workqueue.h>

#include <xen/platform_pci.h>
#include <xen/xen.h>
#include <xen/xenbus.h>

#include <xen/interface/io/displif.h>

#include "thunks.h"
#include "xdf_kms.h"
#include "xdf_memory.h"
#include "xdf_module.h"
#include "xdf_xenbus.h"

static const struct xenbus_device_id xdf_ids[] = {
	{ XENDISPL_DRIVER_NAME },
	{ "" }
};
MODULE_ALIAS("xen:" XENDISPL_DRIVER_NAME);

/* Matches no device; see xdf_init(). */
static const struct xenbus_device_id xdf_no_ids[] = {
	{ "" }
};

XDF_DEFINE_XENBUS_REMOVE(xdf_remove)

static struct xenbus_driver xdf_driver = {
	.name = KBUILD_MODNAME,
	.ids = xdf_no_ids,
	XDF_XENBUS_NOT_ESSENTIAL
	.probe = xdf_probe,
	.remove = XDF_XENBUS_REMOVE(xdf_remove),
	.suspend = xdf_suspend,
	.resume = xdf_resume,
	.otherend_changed = xdf_backend_changed,
};

/* Another driver, the kernel's own drm_xen_front most likely, was faster. */
static int hint_if_taken(struct device *dev, void *data)
{
	struct xenbus_device *xdev = to_xenbus_device(dev);

	if (!strcmp(xdev->devicetype, XENDISPL_DRIVER_NAME) && dev->driver &&
	    dev->driver != &xdf_driver.driver)
		dev_info(dev, "is in use by another driver; to have %s take it: echo 'blacklist drm_xen_front' >/etc/modprobe.d/%s.conf and reboot\n",
			 KBUILD_MODNAME, KBUILD_MODNAME);
	return 0;
}

static int __init xdf_init(void)
{
	int ret;

	/* On another hypervisor, or none, there is nothing to do and to say. */
	if (!xen_domain() || !xen_has_pv_devices())
		return 0;

	ret = xdf_module_init();
	if (ret)
		return ret;
	ret = xdf_host_init();
	if (ret)
		goto err_module;

	/*
	 * Registration waits up to 30 s, before v5.17 up to 300 s, for the
	 * devices that it finds to connect. So it is made to find none, and the
	 * driver is offered its devices afterwards.
	 */
	ret = xenbus_register_frontend(&xdf_driver);
	if (ret)
		goto err_host;
	xdf_driver.ids = xdf_ids;
	ret = driver_attach(&xdf_driver.driver);
	if (ret)
		pr_warn("%s: looking for devices failed: %d\n", KBUILD_MODNAME, ret);
	bus_for_each_dev(xdf_driver.driver.bus, NULL, NULL, hint_if_taken);
	return 0;

err_host:
	xdf_host_exit();
err_module:
	xdf_module_exit();
	return ret;
}
module_init(xdf_init);

static void __exit xdf_exit(void)
{
	if (!xdf_wq)
		return;
	xenbus_unregister_driver(&xdf_driver);
	xdf_rebind_exit();
	xdf_module_wait_cards();
	xdf_host_exit();
	flush_workqueue(xdf_wq);
	xdf_grants_exit();
	xdf_module_exit(); /* with the last memory given back */
}
module_exit(xdf_exit);

MODULE_DESCRIPTION("Xen para-virtual display frontend (DRM/KMS)");
MODULE_AUTHOR("The xen-drm-front developers");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_VERSION(XDF_VERSION);
