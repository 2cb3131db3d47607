// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: xen_drm_front
 *
 * A display for Xen guests: XenBus device vdispl, protocol displif, frontend
 * end, as a DRM/KMS device. This file is the module: parameters, the driver on
 * the bus, loading and unloading.
 */
#include <linux/atomic.h>
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/wait_bit.h>
#include <linux/workqueue.h>

#include <xen/platform_pci.h>
#include <xen/xen.h>
#include <xen/xenbus.h>

#include <xen/interface/io/displif.h>

#include "thunks.h"
#include "xdf_kms.h"
#include "xdf_memory.h"
#include "xdf_xenbus.h"

#define TIMEOUT_MIN 50
#define TIMEOUT_MAX 60000

#define REFRESH_MIN 10
#define REFRESH_MAX 240

/* Work of all devices; outlives each of them. */
struct workqueue_struct *xdf_wq;

/* How long a request to the backend may take, in milliseconds. */
unsigned int xdf_timeout_ms = 1000;

/* Frames a second of a connector without an EDID. */
unsigned int xdf_refresh = 60;

/**
 * struct xdf_range - a parameter that is a number
 * @value: where it is kept
 * @min: smallest value
 * @max: largest value
 */
struct xdf_range {
	unsigned int *value;
	unsigned int min;
	unsigned int max;
};

static int range_set(const char *text, const struct kernel_param *param)
{
	const struct xdf_range *range = param->arg;
	unsigned int value;

	if (kstrtouint(text, 0, &value) || value < range->min || value > range->max) {
		pr_err("%s: %s=\"%.32s\" refused: a number from %u to %u is wanted\n",
		       KBUILD_MODNAME, param->name, text, range->min, range->max);
		return -EINVAL;
	}
	WRITE_ONCE(*range->value, value);
	return 0;
}

static int range_get(char *text, const struct kernel_param *param)
{
	const struct xdf_range *range = param->arg;

	return scnprintf(text, PAGE_SIZE, "%u\n", READ_ONCE(*range->value));
}

static const struct kernel_param_ops range_ops = {
	.set = range_set,
	.get = range_get,
};

static struct xdf_range timeout_range = { &xdf_timeout_ms, TIMEOUT_MIN, TIMEOUT_MAX };
module_param_cb(timeout_ms, &range_ops, &timeout_range, 0644);
__MODULE_PARM_TYPE(timeout_ms, "uint");
MODULE_PARM_DESC(timeout_ms,
		 "How long the backend may take to answer a request, in ms, 50 to 60000 (default: 1000)");

static struct xdf_range refresh_range = { &xdf_refresh, REFRESH_MIN, REFRESH_MAX };
module_param_cb(refresh, &range_ops, &refresh_range, 0444);
__MODULE_PARM_TYPE(refresh, "uint");
MODULE_PARM_DESC(refresh,
		 "Frames a second of connectors whose backend has no EDID, 10 to 240 (default: 60)");

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

/* DRM devices that are not gone yet. */
static atomic_t cards = ATOMIC_INIT(0);

/**
 * xdf_card_made - there is one more DRM device
 *
 * The module stays until as many are gone. The last one to use a device may have given up
 * its module first: so does fbdev when /dev/fb0 is closed, and a commit never had one.
 */
void xdf_card_made(void)
{
	atomic_inc(&cards);
}

/**
 * xdf_card_gone - a DRM device is gone, but for what DRM itself does to free it
 */
void xdf_card_gone(void)
{
	if (atomic_dec_and_test(&cards))
		wake_up_var(&cards);
}

static int __init xdf_init(void)
{
	int ret;

	/* On another hypervisor, or none, there is nothing to do and to say. */
	if (!xen_domain() || !xen_has_pv_devices())
		return 0;

	xdf_wq = alloc_workqueue(KBUILD_MODNAME, WQ_UNBOUND, 0);
	if (!xdf_wq)
		return -ENOMEM;

	ret = xdf_host_init();
	if (ret)
		goto err_wq;

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
err_wq:
	destroy_workqueue(xdf_wq);
	xdf_wq = NULL;
	return ret;
}
module_init(xdf_init);

static void __exit xdf_exit(void)
{
	if (!xdf_wq)
		return;
	xenbus_unregister_driver(&xdf_driver);
	xdf_rebind_exit();
	/* Whoever uses one yet is about to be done, else the module would be in use. */
	wait_var_event(&cards, !atomic_read(&cards));
	xdf_host_exit();
	flush_workqueue(xdf_wq);
	xdf_grants_exit();
	destroy_workqueue(xdf_wq); /* with the last memory given back */
}
module_exit(xdf_exit);

MODULE_DESCRIPTION("Xen para-virtual display frontend (DRM/KMS)");
MODULE_AUTHOR("The xen-drm-front developers");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_VERSION(XDF_VERSION);
