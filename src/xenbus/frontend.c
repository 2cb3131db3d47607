// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: frontend
 *
 * The XenBus states. The DRM device is made when a backend connects for the
 * first time and stays until the toolstack takes the device away; links come
 * and go underneath:
 *
 *	backend			we
 *	Initialising, Closed	Initialising, drop the link
 *	InitWait		Initialising, drop the link, take back its rings, make a
 *				new link, publish it, Initialised
 *	Connected		Connected, then tell the backend of all buffers,
 *				framebuffers and modes: connect_work
 *	Closing			send nothing more
 *	any, offline or gone	unplug the DRM device, Closed
 *
 * What is published in XenStore (rings, event channels) stays valid until the backend
 * says Connected, Closing or Closed after our Initialised, or InitWait after our
 * Initialising: displ_be that starts over a connected frontend reads our old state, binds
 * to what it finds, and is deaf for good when that fails. So the state is written first
 * and the link dropped second, and its rings stay, without a request on them, until the
 * backend has seen that the driver begins anew.
 *
 * States are levels, not events: a backend may be in its third state when we
 * hear of its first. Initialising, and what follows it, is only ever written by
 * the thread that serves the watches, since newer kernels (xenbus_dev_changed())
 * may take the device for a new one otherwise.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <drm/drm_atomic_helper.h>
#include <drm/drm_drv.h>
#include <drm/drm_managed.h>
#include <drm/drm_print.h>

#include <xen/xen.h>
#include <xen/xenbus.h>

#include "thunks.h"
#include "xdf_buffer.h"
#include "xdf_bus.h"
#include "xdf_displif.h"
#include "xdf_kms.h"
#include "xdf_module.h"
#include "xdf_store.h"
#include "xdf_xenbus.h"

/* First and longest pause before a backend that failed us is tried again. */
#define RETRY_MIN_MS 100
#define RETRY_MAX_MS 5000
/* A link that lived as long was a good one. */
#define GOOD_LINK_MS 5000
/* How often a closing backend is looked at. */
#define CLOSE_POLL_MS 10
/* So many looks later it is told again to close, if that could not be written. */
#define CLOSE_AGAIN 10

/* The pipe of a connector that a backend speaks of, NULL before there is one. */
static struct xdf_pipe *link_pipe(struct xdf_device *xdf, unsigned int connector)
{
	/* Pairs with the release at the end of xdf_kms_init(). */
	unsigned int num_pipes = smp_load_acquire(&xdf->num_pipes);

	return connector < num_pipes ? xdf->pipe[connector] : NULL;
}

static void link_flip_event(void *owner, unsigned int connector, u64 fb_cookie)
{
	struct xdf_pipe *pipe = link_pipe(owner, connector);

	if (pipe)
		xdf_crtc_flip_event(pipe, fb_cookie);
}

static void link_flip_response(void *owner, unsigned int connector, u64 number, int err)
{
	struct xdf_pipe *pipe = link_pipe(owner, connector);

	if (pipe)
		xdf_crtc_flip_response(pipe, number, err);
}

static void link_refused(void *owner)
{
	struct xdf_device *xdf = owner;

	queue_delayed_work(xdf_wq, &xdf->connect_work, msecs_to_jiffies(RETRY_MIN_MS));
}

static void link_broken(void *owner)
{
	struct xdf_device *xdf = owner;

	queue_work(xdf_wq, &xdf->broken_work);
}

static const struct xdf_link_ops link_ops = {
	.flip_event = link_flip_event,
	.flip_response = link_flip_response,
	.refused = link_refused,
	.broken = link_broken,
};

/*
 * The backend is gone, or has to be: forget the link, but leave its rings where the backend
 * may still bind to them, see link_take_back(). Caller holds state_lock.
 */
static void link_drop(struct xdf_device *xdf)
{
	struct xdf_link *link;
	unsigned int i;

	lockdep_assert_held(&xdf->state_lock);
	link = xdf->slot.link;
	xdf->heard = false;
	if (!link)
		return;

	/*
	 * Clear the slot only after the rings are disarmed: a reader that sees NULL may end
	 * grants at once, because no old request can be carried out any more.
	 */
	xdf_link_kill(link);
	xdf_link_disarm(link, false);
	xdf_link_set(&xdf->slot, NULL);
	for (i = 0; i < xdf->num_pipes; i++)
		xdf_crtc_link_lost(xdf->pipe[i]);
	xdf_edid_link_lost(xdf);
	xdf_dbuf_link_lost(xdf);

	/* A backend that was restarted is welcome at once, one that misbehaves later. */
	if ((READ_ONCE(link->good) && !READ_ONCE(link->broken)) ||
	    time_after(jiffies, xdf->linked + msecs_to_jiffies(GOOD_LINK_MS)))
		xdf->attempts = 0;
	xdf->published = link;
}

/*
 * The backend cannot bind to the rings of the last link any more: close its event channels,
 * end its grants. Caller holds state_lock.
 */
static void link_take_back(struct xdf_device *xdf)
{
	lockdep_assert_held(&xdf->state_lock);
	if (!xdf->published)
		return;
	xdf_link_close(xdf->published);
	xdf_link_put(xdf->published);
	xdf->published = NULL;
}

/* The backend waits for us: make a link. Caller holds state_lock. */
static void link_make(struct xdf_device *xdf)
{
	struct xenbus_device *xdev = xdf->xdev;
	struct xdf_config *config;
	struct xdf_link *link;
	int ret;

	lockdep_assert_held(&xdf->state_lock);
	link_take_back(xdf);
	config = kzalloc(sizeof(*config), GFP_KERNEL);
	if (!config) {
		xdf_bus_retry(xdf, RETRY_MAX_MS);
		return;
	}
	ret = xdf_store_read(xdev, config);
	if (ret) {
		/* What is wrong is for the toolstack to mend; its backend will move again then. */
		if (ret == -ENOMEM)
			xdf_bus_retry(xdf, RETRY_MAX_MS);
		kfree(config);
		return;
	}

	ret = xdf_kms_prepare(xdf, config->num_connectors);
	link = ret ? ERR_PTR(ret) :
		     xdf_link_create(xdev, config->num_connectors, ++xdf->serial ?: ++xdf->serial,
				     &link_ops, xdf, READ_ONCE(xdf_timeout_ms));
	if (IS_ERR(link)) {
		/* Once is enough. */
		if (!xdf->starved)
			xenbus_dev_error(xdev, PTR_ERR(link),
					 "not enough memory, grants (max_grant_frames) or event channels (max_event_channels) for %u connectors; it is tried again",
					 config->num_connectors);
		xdf->starved = true;
		/* Where event channels were missing xenbus_alloc_evtchn() has written Closing. */
		xdf_bus_switch(xdf, XenbusStateInitialising);
		goto out;
	}
	xdf->starved = false;
	link->version = config->version;
	link->be_alloc = config->be_alloc;
	xdf->config = *config;
	xdf_screen_configure(xdf, config);
	xdf->linked = jiffies;
	xdf_link_set(&xdf->slot, link);

	ret = xdf_link_publish(link);
	if (ret) {
		xenbus_dev_error(xdev, ret, "writing rings and event channels to XenStore");
		link_drop(xdf);
		goto out;
	}
	if (!xdf_bus_switch(xdf, XenbusStateInitialised)) {
		link_drop(xdf);
		xdf_bus_switch(xdf, XenbusStateInitialising);
	}
out:
	/* Memory or grants may be there later. */
	if (!xdf->slot.link)
		xdf_bus_retry(xdf, RETRY_MAX_MS);
	kfree(config);
}

/* Make a link now, or later when the last ones were no good. */
static void link_try(struct xdf_device *xdf)
{
	unsigned int ms;

	if (!xdf->attempts++) {
		link_make(xdf);
		return;
	}
	ms = RETRY_MIN_MS << min(xdf->attempts - 2, 6u);
	xdf_bus_retry(xdf, min(ms, RETRY_MAX_MS + 0u));
}

/*
 * The backend broke the protocol. Asking it to close is all that may be done
 * here; its next states lead to a new link.
 */
static void broken_work_fn(struct work_struct *work)
{
	struct xdf_device *xdf = container_of(work, struct xdf_device, broken_work);

	mutex_lock(&xdf->state_lock);
	if (!xdf->removed && xdf->slot.link && READ_ONCE(xdf->slot.link->dead)) {
		link_drop(xdf);
		xdf_bus_switch(xdf, XenbusStateClosing);
	}
	mutex_unlock(&xdf->state_lock);
}

/* Have the backend let go of all buffers, in the order that it likes. */
static void card_retract(struct xdf_device *xdf)
{
	struct xdf_link *link = xdf_link_get(&xdf->slot);

	/* Whatever turning off the CRTCs has set free comes first. */
	flush_work(&xdf->reap_work);
	if (link) {
		mutex_lock(&xdf->buf_lock);
		xdf_view_retract(xdf, link);
		mutex_unlock(&xdf->buf_lock);
	}
	xdf_link_put(link);
}

static bool card_says_closing(struct xdf_device *xdf)
{
	bool said;

	mutex_lock(&xdf->state_lock);
	said = xdf_bus_switch(xdf, XenbusStateClosing);
	mutex_unlock(&xdf->state_lock);
	return said;
}

/*
 * May the backend in state @be still bind to the rings, as it has not seen our state or not
 * reacted to it?
 */
static bool bind_pending(const struct xdf_device *xdf, int be)
{
	switch (xdf->xdev->state) {
	case XenbusStateInitialised:
		return be == XenbusStateInitWait || be == XenbusStateInitialising ||
		       be == XenbusStateClosing;
	case XenbusStateInitialising:
		return xdf->published && (be == XenbusStateInitialising ||
					  be == XenbusStateConnected || be == XenbusStateClosing);
	default:
		return false;
	}
}

/* Has the backend not let go, after our Closing? displ_be is in InitWait, others in Closed. */
static bool close_pending(int be)
{
	return be == XenbusStateConnected || be == XenbusStateClosing ||
	       be == XenbusStateInitialising;
}

/* Wait a little. False when there is no time left, or the caller is being killed. */
static bool close_poll(unsigned long end)
{
	schedule_timeout_killable(msecs_to_jiffies(CLOSE_POLL_MS));
	return time_before(jiffies, end) && !fatal_signal_pending(current);
}

/*
 * Ask the backend to close, whatever became of the link: it may still map our memory. A
 * bind that is under way comes first: one that fails makes displ_be deaf to the next driver.
 */
static void card_close(struct xdf_device *xdf)
{
	unsigned long end = jiffies + msecs_to_jiffies(READ_ONCE(xdf_timeout_ms));
	const char *path = xdf->xdev->otherend;
	struct xdf_link *link;
	unsigned int polls = 0;
	bool said;

	while (bind_pending(xdf, xdf_store_state(path)) && close_poll(end))
		;
	link = xdf_link_get(&xdf->slot);
	if (!link)
		return;
	xdf_link_kill(link);
	said = card_says_closing(xdf);
	while (!READ_ONCE(link->silent) && close_pending(xdf_store_state(path)) && close_poll(end))
		if (!said && !(++polls % CLOSE_AGAIN))
			said = card_says_closing(xdf);
	xdf_link_put(link);
}

/*
 * The device goes, be it that the toolstack takes it or that the driver is
 * unbound. Clients that have it open keep their memory and get -ENODEV. Does
 * nothing the second time, and says so.
 */
static bool card_down(struct xdf_device *xdf, bool gone)
{
	struct xdf_link *link;
	bool removed;

	mutex_lock(&xdf->state_lock);
	removed = xdf->removed;
	xdf->removed = true;
	mutex_unlock(&xdf->state_lock);
	if (removed)
		return false;

	/* A backend that takes its time for each answer is not waited for to the last one. */
	link = xdf_link_get(&xdf->slot);
	if (link)
		xdf_link_limit(link);
	xdf_link_put(link);

	xdf_rebind_cancel(xdf);
	xdf_bus_stop(xdf);
	xdf_hotplug_stop(xdf);
	cancel_work_sync(&xdf->broken_work);
	cancel_delayed_work_sync(&xdf->connect_work);

	if (xdf->registered) {
		xdf_kms_shutdown(xdf);
		card_retract(xdf);
	}

	if (!gone)
		card_close(xdf);
	mutex_lock(&xdf->state_lock);
	link_drop(xdf);
	link_take_back(xdf);
	mutex_unlock(&xdf->state_lock);
	xdf_crtc_config_stop(xdf);
	flush_work(&xdf->reap_work);
	/* Without a link, and after those, nobody queues these any more. */
	cancel_work_sync(&xdf->broken_work);
	cancel_delayed_work_sync(&xdf->connect_work);
	return true;
}

/* For people: why there is no picture. Caller holds state_lock. */
static void backend_lost(struct xdf_device *xdf)
{
	struct xenbus_device *xdev = xdf->xdev;
	const struct xdf_link *link = xdf->slot.link;

	if (!link)
		return;
	if (xdev->state == XenbusStateInitialised && !xdf->rejected) {
		xdf->rejected = true;
		dev_err_ratelimited(&xdev->dev,
				    "backend (domain %u) closed without connecting: its log says why; displ_be wants the name of one of its own connectors\n",
				    link->domid);
	} else if (xdf->announced == link->serial && !READ_ONCE(link->broken)) {
		dev_warn_ratelimited(&xdev->dev,
				     "backend (domain %u) is gone; the picture comes back with the next one\n",
				     link->domid);
	}
}

/*
 * One step after the backend's state, which was written after we were connected (@late), or
 * maybe before. Caller holds state_lock.
 */
static void backend_state(struct xdf_device *xdf, enum xenbus_state be, bool late)
{
	struct xenbus_device *xdev = xdf->xdev;
	bool written;

	xdf->unheard = false;
	switch (be) {
	case XenbusStateInitialising:
	case XenbusStateInitialised:
	case XenbusStateClosed:
	case XenbusStateUnknown:
		cancel_delayed_work(&xdf->retry_work); /* this backend begins anew */
		backend_lost(xdf);
		xdf_bus_switch(xdf, XenbusStateInitialising);
		link_drop(xdf);
		if (xdf->published)
			xdf_link_disarm(xdf->published, true);
		break;
	case XenbusStateInitWait:
		/*
		 * We have answered this already: it was the first of several states
		 * in a row that we heard of, and now we hear of the others.
		 */
		if (xdev->state == XenbusStateInitialised && xdf->slot.link &&
		    !READ_ONCE(xdf->slot.link->dead))
			break;
		/* Or we have put it off. */
		if (!xdf->slot.link && delayed_work_pending(&xdf->retry_work))
			break;
		backend_lost(xdf);
		written = xdf_bus_switch(xdf, XenbusStateInitialising);
		link_drop(xdf);
		if (!written)
			break;
		link_take_back(xdf);
		link_try(xdf);
		break;
	case XenbusStateConnected:
		/*
		 * It closed, and took up the old rings again before we looked; or it is
		 * connected to those of an earlier kernel.
		 */
		if (xdf->slot.link ? READ_ONCE(xdf->slot.link->dead) || late :
				xdev->state == XenbusStateInitialising) {
			backend_lost(xdf);
			xdf_bus_switch(xdf, XenbusStateClosing);
			link_drop(xdf);
			break;
		}
		if (xdev->state != XenbusStateInitialised || !xdf->slot.link)
			break;
		if (!xdf_bus_switch(xdf, XenbusStateConnected)) {
			xdf_bus_switch(xdf, XenbusStateClosing);
			link_drop(xdf);
			break;
		}
		xdf->rejected = false;
		xdf_bus_hear_out(xdf);
		xdf_hotplug_watch(xdf);
		mod_delayed_work(xdf_wq, &xdf->connect_work, 0);
		break;
	case XenbusStateClosing:
		/* It still maps our pages; Closed will follow. */
		if (xdf->slot.link)
			xdf_link_kill(xdf->slot.link);
		break;
	default:
		break;
	}
}

/**
 * xdf_backend_retry - what could not be done, or was put off
 * @xdf: the device, not removed
 *
 * Runs in the thread that serves the watches. Caller holds state_lock.
 */
void xdf_backend_retry(struct xdf_device *xdf)
{
	struct xenbus_device *xdev = xdf->xdev;
	int be = xdf_store_state(xdev->otherend);
	int gone = be < 0 ? be : xdf_store_gone(xdev->otherend, be);

	lockdep_assert_held(&xdf->state_lock);
	if (gone < 0) {
		xdf_bus_retry(xdf, RETRY_MAX_MS);
		return;
	}
	if (gone) {
		/* The toolstack waits for this, and takes the device then. */
		link_drop(xdf);
		link_take_back(xdf);
		xdf_bus_switch(xdf, XenbusStateClosed);
		return;
	}
	if (xdf->unheard) {
		backend_state(xdf, be, xdf->unheard_late);
	} else if (!xdf->slot.link && be == XenbusStateInitWait) {
		if (xdf_bus_switch(xdf, XenbusStateInitialising))
			link_make(xdf);
	} else if (xdf->unwritten) {
		xdf_bus_switch(xdf, xdf->wanted);
	}
	if (!xdf->slot.link || xdev->state != XenbusStateConnected)
		return;
	if (!xdf->hearing && !xdf->heard)
		xdf_bus_hear_out(xdf);
	xdf_hotplug_watch(xdf);
}

/* There was no memory to read the backend's state: do not take it for gone. */
static void backend_unheard(struct xdf_device *xdf)
{
	mutex_lock(&xdf->state_lock);
	if (!xdf->removed) {
		xdf->unheard = true;
		xdf->unheard_late = xdf->heard;
		xdf_bus_retry(xdf, RETRY_MIN_MS);
	}
	mutex_unlock(&xdf->state_lock);
}

/**
 * xdf_backend_changed - xenbus_driver.otherend_changed
 * @xdev: the device on the bus
 * @be: state of the backend, XenbusStateUnknown when it is gone
 *
 * Runs in the thread that serves all watches of the guest: does not wait for
 * the backend.
 */
void xdf_backend_changed(struct xenbus_device *xdev, enum xenbus_state be)
{
	struct xdf_device *xdf = dev_get_drvdata(&xdev->dev);
	int state = 0;
	int gone;

	/* So it is told, too, when there was no memory to read it. */
	if (be == XenbusStateUnknown) {
		state = xdf_store_state(xdev->otherend);
		be = max(state, 0);
	}
	gone = state < 0 ? state : xdf_store_gone(xdev->otherend, be);
	if (gone < 0) {
		backend_unheard(xdf);
		return;
	}
	if (gone) {
		struct xdf_link *link = xdf_link_get(&xdf->slot);

		/* Nobody shall wait for it any longer, least of all we. */
		if (link)
			xdf_link_kill(link);
		xdf_link_put(link);
		xdf_bus_closed(xdf, card_down(xdf, true));
		return;
	}
	mutex_lock(&xdf->state_lock);
	if (!xdf->removed)
		backend_state(xdf, be, xdf->heard);
	mutex_unlock(&xdf->state_lock);
}

/**
 * xdf_resume - xenbus_driver.resume: the guest was restored, maybe elsewhere
 * @xdev: the device on the bus, in state Initialising, with another backend
 *
 * Grants and event channels are gone. Buffers, framebuffers and modes are not,
 * they are told to the backend when it gets ready for us.
 *
 * Return: 0.
 */
int xdf_resume(struct xenbus_device *xdev)
{
	struct xdf_device *xdf = dev_get_drvdata(&xdev->dev);

	mutex_lock(&xdf->state_lock);
	if (!xdf->removed) {
		cancel_delayed_work(&xdf->retry_work);
		link_drop(xdf);
		link_take_back(xdf); /* its event channels are gone */
		xdf->unwritten = false;
		xdf->unheard = false;
		xdf->attempts = 0;
	}
	mutex_unlock(&xdf->state_lock);
	return 0;
}

/* The last user of the DRM device is gone. */
static void xdf_release(struct drm_device *drm, void *data)
{
	xdf_screen_fini(to_xdf(drm));
	xdf_kms_fini(to_xdf(drm));
	xdf_card_gone();
}

/**
 * xdf_probe - xenbus_driver.probe
 * @xdev: the device on the bus
 * @id: its type
 *
 * Waits for nothing: what there is to do is done when the backend moves, and
 * the bus calls xdf_backend_changed() once right after this.
 *
 * Return: 0 or -ENOMEM.
 */
int xdf_probe(struct xenbus_device *xdev, const struct xenbus_device_id *id)
{
	struct xdf_device *xdf;
	unsigned int number;
	int ret;

	xdf = devm_drm_dev_alloc(&xdev->dev, &xdf_drm_driver, struct xdf_device, drm);
	if (IS_ERR(xdf))
		return PTR_ERR(xdf);

	/* The bus has checked the number: devices are called vdispl-N. */
	if (kstrtouint(kbasename(xdev->nodename), 10, &number))
		return -EINVAL;
	xdf->xdev = xdev;
	mutex_init(&xdf->state_lock);
	mutex_init(&xdf->buf_lock);
	mutex_init(&xdf->config_lock);
	xdf_screen_init(xdf);
	xdf_hotplug_init(xdf);
	xdf_outfence_init(xdf);
	xdf_link_slot_init(&xdf->slot);
	spin_lock_init(&xdf->view_lock);
	spin_lock_init(&xdf->reap_lock);
	init_waitqueue_head(&xdf->settled);
	init_completion(&xdf->registration);
	INIT_LIST_HEAD(&xdf->dbufs);
	INIT_LIST_HEAD(&xdf->views);
	INIT_LIST_HEAD(&xdf->reap);
	INIT_LIST_HEAD(&xdf->rebind);
	atomic64_set(&xdf->cookie, 0);
	INIT_WORK(&xdf->reap_work, xdf_reap_work_fn);
	INIT_DELAYED_WORK(&xdf->connect_work, xdf_connect_work_fn);
	INIT_DELAYED_WORK(&xdf->config_work, xdf_crtc_config_work_fn);
	INIT_WORK(&xdf->broken_work, broken_work_fn);
	xdf_bus_init(xdf);
	xdf_card_made();
	ret = drmm_add_action_or_reset(&xdf->drm, xdf_release, NULL);
	if (ret)
		return ret;
	ret = xdf_host_create(&xdf->drm, number);
	if (ret)
		return ret;
	dev_set_drvdata(&xdev->dev, xdf);
	return 0;
}

/**
 * xdf_remove - xenbus_driver.remove
 * @xdev: the device on the bus
 *
 * Waits for the backend to let go: to answer that it does, not longer than four requests
 * may take, and to close, not longer than one.
 */
void xdf_remove(struct xenbus_device *xdev)
{
	card_down(dev_get_drvdata(&xdev->dev), false);
}
