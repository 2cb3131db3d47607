// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: bus
 *
 * How our state is written to XenStore, and what there is for later: the thread that
 * serves the watches has to do it, as newer kernels may take the device for a new one
 * otherwise, and it has to be called for that.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>

#include <xen/xenbus.h>

#include "xdf_bus.h"
#include "xdf_kms.h"
#include "xdf_store.h"

/* Pause before a state is written that could not be written. */
#define SWITCH_MS 1000

/* How often Closed is written until it is there, and the pause in between. */
#define CLOSED_TRIES	10
#define CLOSED_PAUSE_MS 200

/* A node that each guest has. */
static const char spare_node[] = "domid";

/* What XenStore says of us: a state, or Unknown, for who has no node or nonsense there. */
static int own_state(const struct xdf_device *xdf)
{
	int state, ret = xenbus_scanf(XBT_NIL, xdf->xdev->nodename, "state", "%d", &state);

	if (ret == 1)
		return state > 0 && state <= XenbusStateReconfigured ? state : XenbusStateUnknown;
	return ret == -ENOENT || ret == -ERANGE ? XenbusStateUnknown : ret;
}

/**
 * xdf_bus_switch - write our state
 * @xdf: the device
 * @state: which
 *
 * The bus does not tell whether it could: without memory, or the right to do it, it leaves
 * XenStore as it is, or writes Closing, and may take the state for written all the same.
 * What could not be written is tried again, see xdf_backend_retry(), unless the device is
 * removed. Caller holds state_lock.
 *
 * The bus is to know what is there: it writes nothing that it takes for written, and from
 * Linux 7.2 on takes a device for a new one where XenStore says Initialising and it knows
 * another state. So this is what it is told, too, when it cannot be known; and when we have
 * said more than that already, then that it is a new one is for the bus to find out.
 *
 * Return: whether it is there, or nobody needs it: the node is gone, or another device's.
 */
bool xdf_bus_switch(struct xdf_device *xdf, enum xenbus_state state)
{
	struct xenbus_device *xdev = xdf->xdev;
	enum xenbus_state before;
	int is;

	lockdep_assert_held(&xdf->state_lock);
	if (xdev->state == state && !xdf->unwritten)
		return true;
	if (xdf->unwritten && xdev->state == XenbusStateInitialising) {
		is = own_state(xdf);
		if (is > 0)
			xdev->state = is;
	}
	before = xdev->state;
	xenbus_switch_state(xdev, state);
	is = own_state(xdf);
	if (is < 0) /* it was not that one, most likely, that failed */
		is = own_state(xdf);
	if (is == XenbusStateInitialising && before != is && state != is) {
		xdev->state = before;
		is = XenbusStateUnknown;
	}
	if (is)
		xdev->state = is > 0 ? is : XenbusStateInitialising;
	xdf->unwritten = is != state && is != XenbusStateUnknown;
	if (!xdf->unwritten)
		return true;
	xdf->wanted = state;
	if (!xdf->removed)
		xdf_bus_retry(xdf, SWITCH_MS);
	return false;
}

/**
 * xdf_bus_closed - the last that we write: the toolstack waits for it
 * @xdf: the device, removed
 * @first: for the first time
 *
 * Runs in the thread that serves the watches of the whole guest: there are not many tries,
 * however often somebody asks for it.
 */
void xdf_bus_closed(struct xdf_device *xdf, bool first)
{
	unsigned int tries = first ? CLOSED_TRIES : 1;

	mutex_lock(&xdf->state_lock);
	while (!xdf_bus_switch(xdf, XenbusStateClosed) && --tries)
		msleep(CLOSED_PAUSE_MS);
	mutex_unlock(&xdf->state_lock);
	complete(&xdf->xdev->down);
}

/**
 * xdf_bus_retry - have xdf_backend_retry() called
 * @xdf: the device, not removed
 * @ms: after this time, unless it is to be called anyway
 *
 * Not while the guest is being saved: XenStore waits for new watches, and is closed to
 * them.
 */
void xdf_bus_retry(struct xdf_device *xdf, unsigned int ms)
{
	queue_delayed_work(system_freezable_wq, &xdf->retry_work, msecs_to_jiffies(ms));
}

/* Not for a guest that shuts down, nor one whose backend was not found when it was restored. */
static bool can_retry(const struct xdf_device *xdf)
{
	return xdf->xdev->otherend && system_state <= SYSTEM_RUNNING;
}

/*
 * A watch that fires once, when it is registered, whatever the node. One that could not be
 * unregistered for want of memory is there for good, to XenStore, which takes it for
 * another node only.
 */
static bool watch_once(struct xdf_device *xdf, struct xenbus_watch *watch,
		       void (*fn)(struct xenbus_watch *, const char *, const char *))
{
	int ret;

	if (!watch->node)
		watch->node = xdf->xdev->nodename;
	watch->callback = fn;
	ret = register_xenbus_watch(watch);
	if (ret == -EEXIST) {
		watch->node = watch->node == spare_node ? xdf->xdev->nodename : spare_node;
		ret = register_xenbus_watch(watch);
	}
	return !ret;
}

/* The second half of a retry, in the thread that serves all watches. */
static void retry_watch_fn(struct xenbus_watch *watch, const char *path, const char *token)
{
	struct xdf_device *xdf = container_of(watch, struct xdf_device, retry_watch);

	mutex_lock(&xdf->state_lock);
	if (xdf->retrying) {
		xdf->retrying = false;
		unregister_xenbus_watch(watch);
		if (!xdf->removed && can_retry(xdf))
			xdf_backend_retry(xdf);
	}
	mutex_unlock(&xdf->state_lock);
}

/*
 * The pause is over. Writing Initialised here, beside the thread that serves the
 * watches, could make that thread see XenStore's old state with our new one, and
 * take the device for a new one. A watch fires once when it is registered: that
 * brings us into that thread.
 */
static void retry_work_fn(struct work_struct *work)
{
	struct xdf_device *xdf = container_of(work, struct xdf_device, retry_work.work);

	mutex_lock(&xdf->state_lock);
	if (!xdf->removed && !xdf->retrying) {
		xdf->retrying = watch_once(xdf, &xdf->retry_watch, retry_watch_fn);
		if (!xdf->retrying)
			xdf_bus_retry(xdf, XDF_BUS_WATCH_MS);
	}
	mutex_unlock(&xdf->state_lock);
}

static void heard_watch_fn(struct xenbus_watch *watch, const char *path, const char *token)
{
	struct xdf_device *xdf = container_of(watch, struct xdf_device, heard_watch);

	mutex_lock(&xdf->state_lock);
	if (xdf->hearing) {
		xdf->hearing = false;
		unregister_xenbus_watch(watch);
		xdf->heard = xdf->xdev->state == XenbusStateConnected;
	}
	mutex_unlock(&xdf->state_lock);
}

/**
 * xdf_bus_hear_out - learn when all has been heard that was written before now
 * @xdf: the device, which is connected
 *
 * A backend that dies now and begins anew may have been through all states before we
 * look, and have taken up the old rings: all that we see is that it writes its state,
 * Connected. But so do we when we hear late of the states that led to this. A watch fires
 * when it is registered, behind all that; whatever is heard after it tells of another
 * backend. Runs in the thread that serves the watches. Caller holds state_lock.
 */
void xdf_bus_hear_out(struct xdf_device *xdf)
{
	lockdep_assert_held(&xdf->state_lock);
	if (xdf->hearing)
		unregister_xenbus_watch(&xdf->heard_watch);
	xdf->hearing = watch_once(xdf, &xdf->heard_watch, heard_watch_fn);
	if (!xdf->hearing)
		xdf_bus_retry(xdf, XDF_BUS_WATCH_MS);
}

/**
 * xdf_bus_stop - nothing of this happens any more
 * @xdf: the device, marked as removed
 */
void xdf_bus_stop(struct xdf_device *xdf)
{
	bool retrying, hearing;

	cancel_delayed_work_sync(&xdf->retry_work);
	mutex_lock(&xdf->state_lock);
	retrying = xdf->retrying;
	xdf->retrying = false;
	hearing = xdf->hearing;
	xdf->hearing = false;
	mutex_unlock(&xdf->state_lock);
	if (retrying)
		unregister_xenbus_watch(&xdf->retry_watch);
	if (hearing)
		unregister_xenbus_watch(&xdf->heard_watch);
}

/**
 * xdf_bus_init - prepare
 * @xdf: the device, new
 */
void xdf_bus_init(struct xdf_device *xdf)
{
	INIT_DELAYED_WORK(&xdf->retry_work, retry_work_fn);
}
