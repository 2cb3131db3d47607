// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: hotplug
 *
 * Displays change while the driver runs. Whoever writes a connector's node in XenStore, be it
 * with the old value, makes the driver read it again and ask the backend for the EDID
 * again. Clients get a hotplug event, as for a monitor that was plugged in.
 */
#include <linux/atomic.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include <xen/xenbus.h>

#include <xen/interface/io/displif.h>

#include "xdf_bus.h"
#include "xdf_displif.h"
#include "xdf_kms.h"
#include "xdf_module.h"
#include "xdf_store.h"

/* Several nodes are often written in a row. */
#define SETTLE_MS 20
/* Clients that set all modes again are not made to do so more often. */
#define PACE_MS 500

/* Pause before EDIDs are looked for that had not come, and how often it doubles. */
#define EDID_PAUSE_MS 500
#define EDID_DOUBLE 4u

/* What has not come is looked for later, less and less often. */
static void screen_look_again(struct xdf_device *xdf)
{
	unsigned int doubled;

	mutex_lock(&xdf->state_lock);
	doubled = xdf->edid_waits / EDID_DOUBLE;
	WRITE_ONCE(xdf->edid_waits, xdf->edid_waits + 1);
	if (!xdf->removed)
		queue_delayed_work(xdf_wq, &xdf->screen_work,
				   msecs_to_jiffies(EDID_PAUSE_MS << min(doubled, EDID_DOUBLE)));
	mutex_unlock(&xdf->state_lock);
}

/* Ask for EDIDs. @anew: also for those that the backend has told. As xdf_edid_fetch(). */
static int screens_ask(struct xdf_device *xdf, struct xdf_link *link, bool anew)
{
	int ret = xdf_edid_fetch(xdf, link, anew);

	if (ret == -ETIMEDOUT)
		screen_look_again(xdf);
	else
		WRITE_ONCE(xdf->edid_waits, 0);
	return ret == -ETIMEDOUT || ret == -ENOTCONN ? 0 : ret;
}

/**
 * xdf_hotplug_ask - ask the backend for the EDIDs that it has not told over this link
 * @xdf: the device
 * @link: the present link
 *
 * Waits for the backend, not much longer than one request may take. EDIDs that come later
 * are taken by screen_work, and clients get a hotplug event. Takes state_lock.
 *
 * Return: 0, or -ENOMEM or -ENOSPC when memory or grants of ours did not suffice to
 * ask for all of them.
 */
int xdf_hotplug_ask(struct xdf_device *xdf, struct xdf_link *link)
{
	return screens_ask(xdf, link, false);
}

/*
 * Read the sizes again; what makes no sense now leaves the connector as it is. One that
 * the present link does not have stays off. Caller holds state_lock.
 */
static void screens_reread(struct xdf_device *xdf)
{
	struct xdf_connector_config config;
	unsigned int i;

	for (i = 0; i < min(xdf->num_pipes, xdf->config.num_connectors); i++) {
		if (!xdf_store_read_connector(xdf->xdev, i, &config) && config.width)
			xdf_screen_set_config(xdf->pipe[i], &config);
	}
}

/* For how long clients are not to be told once more, in jiffies. */
static unsigned long screen_pause(struct xdf_device *xdf)
{
	unsigned long next = READ_ONCE(xdf->screens_told) + msecs_to_jiffies(PACE_MS);
	unsigned long now = jiffies;

	return time_after(next, now) ? next - now : 0;
}

static void screen_work_fn(struct work_struct *work)
{
	struct xdf_device *xdf = container_of(work, struct xdf_device, screen_work.work);
	unsigned long pause = screen_pause(xdf);
	struct xdf_link *link = NULL;
	bool early, written = false;

	if (pause) {
		queue_delayed_work(xdf_wq, &xdf->screen_work, pause);
		return;
	}
	mutex_lock(&xdf->state_lock);
	early = !xdf->registered;
	if (early) {
		xdf->screens_missed = true;
	} else if (!xdf->removed) {
		written = xchg(&xdf->sizes_written, false);
		if (written)
			screens_reread(xdf);
		if (xdf->xdev->state == XenbusStateConnected)
			link = xdf_link_get(&xdf->slot);
	}
	mutex_unlock(&xdf->state_lock);
	if (early)
		return;
	if (link && screens_ask(xdf, link, written))
		screen_look_again(xdf); /* memory or grants may be there later */
	xdf_link_put(link);
	xdf_screen_tell(xdf);
}

/* Ours are the only other writes below this node; they are other nodes. */
static void screen_watch_fn(struct xenbus_watch *watch, const char *path, const char *token)
{
	struct xdf_device *xdf = container_of(watch, struct xdf_device, screen_watch);
	const char *node = kbasename(path);

	if (strcmp(node, XENDISPL_FIELD_RESOLUTION) && strcmp(node, XENDISPL_FIELD_UNIQUE_ID))
		return;
	/* Not each time: a writer that goes on for ever must not put it off for ever. */
	if (!xchg(&xdf->sizes_written, true))
		mod_delayed_work(xdf_wq, &xdf->screen_work, msecs_to_jiffies(SETTLE_MS));
}

/**
 * xdf_hotplug_catch_up - see to what has changed before there was a DRM device, or a watch
 * @xdf: the device, whose DRM device is registered now
 *
 * Caller holds state_lock.
 */
void xdf_hotplug_catch_up(struct xdf_device *xdf)
{
	lockdep_assert_held(&xdf->state_lock);
	if (xdf->screens_missed) {
		WRITE_ONCE(xdf->sizes_written, true);
		mod_delayed_work(xdf_wq, &xdf->screen_work, 0);
	}
	xdf->screens_missed = !xdf->screen_watched;
}

/**
 * xdf_hotplug_watch - begin to hear of changes in XenStore
 * @xdf: the device
 *
 * Runs in the thread that serves the watches, and not in work, which is not stopped while
 * the guest is being saved: see xdf_bus_retry(). Caller holds state_lock.
 */
void xdf_hotplug_watch(struct xdf_device *xdf)
{
	int ret;

	lockdep_assert_held(&xdf->state_lock);
	if (xdf->screen_watched)
		return;
	xdf->screen_watch.node = xdf->xdev->nodename;
	xdf->screen_watch.callback = screen_watch_fn;
	ret = register_xenbus_watch(&xdf->screen_watch);
	xdf->screen_watched = !ret;
	if (ret) {
		dev_warn(&xdf->xdev->dev,
			 "changes of size go unnoticed until there is a watch for them: %d\n", ret);
		xdf->screens_missed = true;
		xdf_bus_retry(xdf, XDF_BUS_WATCH_MS);
	} else if (xdf->registered) {
		xdf_hotplug_catch_up(xdf);
	}
}

/**
 * xdf_hotplug_stop - hear of no more changes
 * @xdf: the device, marked as removed
 *
 * Waits for what is under way; takes state_lock.
 */
void xdf_hotplug_stop(struct xdf_device *xdf)
{
	bool watched;

	mutex_lock(&xdf->state_lock);
	watched = xdf->screen_watched;
	xdf->screen_watched = false;
	mutex_unlock(&xdf->state_lock);
	if (watched)
		unregister_xenbus_watch(&xdf->screen_watch);
	cancel_delayed_work_sync(&xdf->screen_work);
}

/**
 * xdf_hotplug_init - prepare
 * @xdf: the device, new
 */
void xdf_hotplug_init(struct xdf_device *xdf)
{
	xdf->screens_told = jiffies - msecs_to_jiffies(PACE_MS);
	INIT_DELAYED_WORK(&xdf->screen_work, screen_work_fn);
}
