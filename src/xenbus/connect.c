// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: connect
 *
 * What happens when a backend has connected: it is asked what it can do, the
 * first time the DRM device is made, later it is told all that the last backend
 * knew.
 */
#include <linux/kernel.h>
#include <linux/module.h>

#include <drm/drm_drv.h>
#include <drm/drm_print.h>

#include <xen/xenbus.h>

#include "thunks.h"
#include "xdf_bus.h"
#include "xdf_buffer.h"
#include "xdf_displif.h"
#include "xdf_kms.h"
#include "xdf_module.h"

/* The longest pause before what memory or grants did not suffice for is tried again. */
#define REPLAY_PAUSE_MAX_MS 8000
/* So often in a row may a backend say nothing before the DRM device is made all the same. */
#define EXPLORE_TRIES 3

/* First connection: make the DRM device known. Caller holds state_lock. */
static int card_register(struct xdf_device *xdf)
{
	int ret;

	if (xdf->failed)
		return -ECANCELED;
	xdf_screen_forget(xdf);
	ret = xdf_kms_init(xdf);
	if (!ret)
		ret = drm_dev_register(&xdf->drm, 0);
	if (ret) {
		/* DRM does not take it back, and would warn of each object as the card goes. */
		xdf->drm.registered = false;
		xdf->failed = true;
		complete_all(&xdf->registration);
		xdf_rebind(xdf, ret);
		return -ECANCELED;
	}
	WRITE_ONCE(xdf->registered, true);
	complete_all(&xdf->registration);
	xdf_hotplug_catch_up(xdf);
	return 0;
}

/* Say what we are connected to. */
static void card_announce(struct xdf_device *xdf, const struct xdf_link *link)
{
	const struct xdf_config *config = &xdf->config;
	char text[XDF_MAX_CONNECTORS * 12];
	unsigned int i;
	int len = 0;

	xdf->announced = link->serial;
	for (i = 0; i < config->num_connectors; i++)
		len += scnprintf(text + len, sizeof(text) - len, " %ux%u",
				 config->connector[i].width, config->connector[i].height);
	dev_info_ratelimited(xdf->drm.dev,
			     "connected to domain %u, protocol %u, %s buffers, %u connector%s:%s\n",
			     link->domid, config->version,
			     config->be_alloc ? "backend" :
			     xdf_gem_contiguous() ? "contiguous" : "system",
			     config->num_connectors, config->num_connectors > 1 ? "s" : "", text);
}

/*
 * Ask what cannot change once the DRM device is registered, and what clients should see
 * first. A backend that answers nothing for so many tries is not waited for any longer.
 */
static int card_explore(struct xdf_device *xdf, struct xdf_link *link)
{
	u32 tried = xdf->formats_tried;
	int ret;

	ret = xdf_formats_learn(xdf, link);
	if (tried != xdf->formats_tried)
		xdf->tries = 0;
	if (ret == -ETIMEDOUT && xdf->tries >= EXPLORE_TRIES) {
		dev_warn(xdf->drm.dev,
			 "the backend does not say which pixel formats it takes: only those that it has named are offered\n");
		ret = 0;
	}
	return ret ?: xdf_hotplug_ask(xdf, link);
}

/*
 * The first link that works: make the DRM device. What is learned here is what
 * clients see first, formats for good: not from half an answer.
 */
static int card_begin(struct xdf_device *xdf, struct xdf_link *link)
{
	int ret;

	ret = card_explore(xdf, link);
	if (ret)
		return ret;
	mutex_lock(&xdf->state_lock);
	if (xdf->removed)
		ret = -ECANCELED;
	else if (READ_ONCE(link->dead))
		ret = -ENOTCONN; /* another one will follow */
	else
		ret = card_register(xdf);
	mutex_unlock(&xdf->state_lock);
	return ret;
}

/* Say once for each link that there is one. */
static void link_announce(struct xdf_device *xdf, struct xdf_link *link)
{
	mutex_lock(&xdf->state_lock);
	if (!xdf->removed && xdf->announced != link->serial && !READ_ONCE(link->dead))
		card_announce(xdf, link);
	mutex_unlock(&xdf->state_lock);
}

/*
 * Grants of the last link may be in use until the last backend is gone for good;
 * a framebuffer for which there were none would never be shown again.
 */
static bool lacks(int err)
{
	return err == -ENOMEM || err == -ENOSPC;
}

/*
 * Tell a new backend of all that the last one knew. What it was told already is left
 * alone, setting a mode again can be seen.
 */
static int link_replay(struct xdf_device *xdf, struct xdf_link *link)
{
	unsigned int i;
	bool again;
	int ret, err;

	mutex_lock(&xdf->buf_lock);
	ret = xdf_view_replay(xdf, link);
	if (!ret || lacks(ret)) {
		mutex_lock(&xdf->config_lock);
		again = xdf->ready == link->serial;
		WRITE_ONCE(xdf->ready, link->serial);
		for (i = 0; i < xdf->num_pipes; i++) {
			if (xdf_crtc_resend(xdf->pipe[i], link) && again)
				continue;
			err = xdf_crtc_replay(xdf->pipe[i], link);
			ret = ret ?: err;
		}
		mutex_unlock(&xdf->config_lock);
		/* There is more to tell, but not before it has said what it owes. */
		if (ret != -ENOTCONN && !lacks(ret) && READ_ONCE(link->channel[0].late.num))
			ret = -ETIMEDOUT;
	}
	mutex_unlock(&xdf->buf_lock);
	return ret;
}

/* Memory and grants may be there later: again, less and less often. */
static unsigned int pause_ms(struct xdf_device *xdf, int err)
{
	unsigned int tries = xdf->tries++;

	if (!lacks(err))
		return XDF_REPLAY_PAUSE_MS;
	return min(XDF_REPLAY_PAUSE_MS << min(tries, 4u), REPLAY_PAUSE_MAX_MS);
}

/* Bring a link to life, or go on where that stopped. */
static int link_begin(struct xdf_device *xdf, struct xdf_link *link)
{
	bool first = !xdf->registered;
	int ret, err;

	if (first) {
		ret = card_begin(xdf, link);
		if (ret)
			return ret;
	}
	link_announce(xdf, link);
	/* A picture that was there comes back first. */
	ret = link_replay(xdf, link);
	if (!ret)
		WRITE_ONCE(link->good, true);
	if (first)
		xdf_console_init(xdf);
	if (ret == -ENOTCONN || ret == -ECANCELED)
		return ret;
	err = xdf_hotplug_ask(xdf, link);
	xdf_screen_tell(xdf);
	xdf_screen_tell_status(xdf); /* it may take, or refuse, what the last one did not */
	return ret ?: err;
}

/**
 * xdf_connect_work_fn - bring a new link to life
 * @work: the device's connect_work
 *
 * Takes state_lock, but not while it waits for the backend.
 */
void xdf_connect_work_fn(struct work_struct *work)
{
	struct xdf_device *xdf = container_of(work, struct xdf_device, connect_work.work);
	struct xdf_link *link = NULL;
	bool again;
	int ret;

	mutex_lock(&xdf->state_lock);
	if (!xdf->removed && xdf->xdev->state == XenbusStateConnected)
		link = xdf_link_get(&xdf->slot);
	mutex_unlock(&xdf->state_lock);
	if (!link)
		return;

	ret = link_begin(xdf, link);
	again = ret == -ETIMEDOUT || lacks(ret);
	/* Once is enough to say that it does not answer, or what there is too little of. */
	if (ret && ret != -ENOTCONN && ret != -ECANCELED && !(again && xdf->tries))
		dev_warn_ratelimited(&xdf->xdev->dev, "%s: %d%s\n", xdf->registered ?
				     "telling the backend of buffers and modes" :
				     "asking the backend what it can do", ret,
				     again ? "; it is tried again" : "");
	if (again && !READ_ONCE(xdf->removed))
		queue_delayed_work(xdf_wq, &xdf->connect_work,
				   msecs_to_jiffies(pause_ms(xdf, ret)));
	else
		xdf->tries = 0;
	xdf_link_put(link);
}
