// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: rebind
 *
 * A DRM device that was half made when memory ran out cannot be made once more.
 * The device on the bus is taken from the driver and given to it again, as somebody
 * could do by the files unbind and bind, and all begins anew.
 */
#include <linux/device.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>

#include <xen/xenbus.h>

#include "xdf_kms.h"

/* Pause before a device is bound again. */
#define REBIND_MS 5000

static void rebind_work_fn(struct work_struct *work);
static DECLARE_DELAYED_WORK(rebind_work, rebind_work_fn);

/* Protects failed and the rebind member of what is on it. */
static DEFINE_MUTEX(failed_lock);
static LIST_HEAD(failed);

/* One that has no driver since probing failed, too, with a reference; only the work's. */
static struct device *unbound;

/* The log was told, and no card has come of it yet; under failed_lock. */
static bool told;

/* One of the list, off the list, with a reference. */
static struct device *failed_next(void)
{
	struct xdf_device *xdf;
	struct device *dev = NULL;

	mutex_lock(&failed_lock);
	xdf = list_first_entry_or_null(&failed, struct xdf_device, rebind);
	if (xdf) {
		list_del_init(&xdf->rebind);
		dev = get_device(&xdf->xdev->dev);
	}
	mutex_unlock(&failed_lock);
	return dev;
}

static void rebind_later(void)
{
	/*
	 * Never while the guest is being saved: that holds the lock of the watches, which
	 * unbinding takes, and waits for the lock of the device, which unbinding holds.
	 */
	queue_delayed_work(system_freezable_wq, &rebind_work, msecs_to_jiffies(REBIND_MS));
}

static void rebind_work_fn(struct work_struct *work)
{
	struct device *dev = unbound;

	unbound = NULL;
	/* Somebody else has given it a driver. */
	if (dev && READ_ONCE(dev->driver)) {
		put_device(dev);
		dev = NULL;
	}
	dev = dev ?: failed_next();
	if (!dev)
		return;
	/* What it says is about the search for a driver, not about what probe says. */
	if (!device_reprobe(dev) && !READ_ONCE(dev->driver) && device_is_registered(dev))
		unbound = dev;
	else
		put_device(dev);
	rebind_later();
}

/**
 * xdf_rebind - begin anew with a device whose DRM device could not be made
 * @xdf: the device
 * @err: why
 *
 * If it was for memory, which may be there later. Caller holds state_lock.
 */
void xdf_rebind(struct xdf_device *xdf, int err)
{
	lockdep_assert_held(&xdf->state_lock);
	if (err != -ENOMEM) {
		xenbus_dev_error(xdf->xdev, err, "making the DRM device");
		return;
	}
	mutex_lock(&failed_lock);
	if (!told)
		xenbus_dev_error(xdf->xdev, err, "making the DRM device; it is tried again");
	told = true;
	list_add_tail(&xdf->rebind, &failed);
	mutex_unlock(&failed_lock);
	rebind_later();
}

/**
 * xdf_rebind_cancel - the device goes anyway
 * @xdf: the device, marked as removed
 */
void xdf_rebind_cancel(struct xdf_device *xdf)
{
	mutex_lock(&failed_lock);
	list_del_init(&xdf->rebind);
	told = told && !xdf->registered;
	mutex_unlock(&failed_lock);
}

/**
 * xdf_rebind_exit - the module goes, and has no device any more
 */
void xdf_rebind_exit(void)
{
	cancel_delayed_work_sync(&rebind_work);
	put_device(unbound);
}
