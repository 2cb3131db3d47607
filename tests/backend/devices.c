// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The devices: their coming and going, and what the clock does to them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/io/xenbus.h>

#include "backend.h"
#include "vnc.h"
#include "device.h"
#include "parse.h"

/* devices that are no more, kept for their pictures and counts */
#define MAX_GHOSTS 64

/**
 * device_find() - look a device up
 * @domid: guest
 * @devid: its device
 *
 * Return: the device, perhaps one that is gone; or NULL.
 */
struct device *device_find(uint32_t domid, uint32_t devid)
{
	struct device *dev;

	TAILQ_FOREACH(dev, &be.devices, entry)
		if (dev->domid == domid && dev->devid == devid)
			return dev;
	return NULL;
}

/**
 * device_closed() - was it in use and is not any more
 * @dev: device
 *
 * Return: true if so.
 */
bool device_closed(const struct device *dev)
{
	return dev->gone || (dev->binds && !dev->bound);
}

static void forget(struct device *dev)
{
	unsigned int i;

	for (i = 0; i < dev->nknown; i++) {
		vnc_detach(dev->conns[i]);
		picture_free(&dev->conns[i]->picture);
		free(dev->conns[i]->unique_id);
		edid_source_free(dev->conns[i]->edid);
		free(dev->conns[i]);
	}
	TAILQ_REMOVE(&be.devices, dev, entry);
	free(dev->be_path);
	free(dev->fe_path);
	free(dev);
}

static void forget_old_ghosts(void)
{
	struct device *dev, *oldest = NULL;
	unsigned int n = 0;

	TAILQ_FOREACH(dev, &be.devices, entry) {
		if (dev->gone && !oldest)
			oldest = dev;
		n += dev->gone;
	}
	if (n > MAX_GHOSTS)
		forget(oldest);
}

static struct device *create(uint32_t domid, uint32_t devid)
{
	struct device *dev = calloc(1, sizeof(*dev));

	if (!dev)
		return NULL;
	if (asprintf(&dev->be_path, "%s/%u/%u", be.root, domid, devid) < 0) {
		free(dev);
		return NULL;
	}
	dev->domid = domid;
	dev->devid = devid;
	dev->gone = true;
	dev->bind_due = NEVER;
	dev->leak_due = NEVER;
	TAILQ_INIT(&dev->dbufs);
	TAILQ_INIT(&dev->fbs);
	TAILQ_INSERT_TAIL(&be.devices, dev, entry);
	forget_old_ghosts();
	return dev;
}

/* a directory appeared, or was there when we started */
static void start_device(struct device *dev, char *fe_path, int state)
{
	struct json *j;
	int fe;

	free(dev->fe_path);
	dev->fe_path = fe_path;
	dev->gone = false;
	dev->fe = -1;
	dev->be = state;
	dev->offline = !is_online(dev);
	fe = read_frontend(dev);
	j = log_begin_dev("device", dev);
	json_str(j, "backend", dev->be_path);
	json_str(j, "frontend", dev->fe_path);
	json_i64(j, "state", state);
	json_bool(j, "online", !dev->offline);
	log_end();
	publish_versions(dev);
	dev->watching = xs_watch_frontend(dev);
	if (!dev->watching)
		bug(dev, "watching %s: %s", dev->fe_path, strerror(errno));
	if (dev->offline) {
		if (state != XenbusStateClosed)
			be_switch(dev, XenbusStateClosed);
	} else if (state == XenbusStateClosed ||
		   (be_switch(dev, XenbusStateClosing) && be_switch(dev, XenbusStateClosed))) {
		be_switch(dev, XenbusStateInitialising);
	}
	/*
	 * A frontend that is slower than we sees our 5, 6 and 1 when we have read its state. So
	 * do all with a pause: how fast they are must not matter.
	 */
	if (be.opt.bind_pause && !dev->offline)
		frontend_changed(dev, fe);
	else
		sync_device(dev);
}

/**
 * device_poke() - something about this device may have changed
 * @domid: guest
 * @devid: its device
 */
void device_poke(uint32_t domid, uint32_t devid)
{
	struct device *dev = device_find(domid, devid);
	uint32_t state, fe_domid;
	char *dir, *fe_path;

	if (dev && !dev->gone) {
		sync_device(dev);
		return;
	}
	if (asprintf(&dir, "%s/%u/%u", be.root, domid, devid) < 0)
		return;
	fe_path = xs_get(XBT_NULL, dir, "frontend");
	/* all three come at once from xl, one by one from a script */
	if (!fe_path || !xs_get_u32(dir, "state", &state) ||
	    !xs_get_u32(dir, "frontend-id", &fe_domid)) {
		free(fe_path);
		free(dir);
		return;
	}
	free(dir);
	if (!dev)
		dev = create(domid, devid);
	if (!dev || fe_domid != domid) {
		if (dev)
			warning(dev, NULL, "frontend-id-is-not-domid", fe_domid);
		free(fe_path);
		return;
	}
	start_device(dev, fe_path, (int)state);
}

/**
 * devices_scan() - look for devices in XenStore
 */
void devices_scan(void)
{
	unsigned int ndoms, ndevs, i, k;
	uint32_t domid, devid;
	char **doms, **devs, *dir;

	devices_poke_all();
	doms = xs_directory(be.xs, XBT_NULL, be.root, &ndoms);
	for (i = 0; doms && i < ndoms; i++) {
		if (!parse_u32(doms[i], &domid) ||
		    asprintf(&dir, "%s/%s", be.root, doms[i]) < 0)
			continue;
		devs = xs_directory(be.xs, XBT_NULL, dir, &ndevs);
		for (k = 0; devs && k < ndevs; k++) {
			if (!parse_u32(devs[k], &devid))
				continue;
			if (!device_find(domid, devid) || device_find(domid, devid)->gone)
				device_poke(domid, devid);
		}
		free(devs);
		free(dir);
	}
	free(doms);
}

/**
 * devices_poke_all() - anything may have changed
 */
void devices_poke_all(void)
{
	struct device *dev;

	TAILQ_FOREACH(dev, &be.devices, entry)
		if (!dev->gone)
			sync_device(dev);
}

/**
 * devices_check_domains() - a domain died: was it one of ours
 */
void devices_check_domains(void)
{
	struct device *dev;

	TAILQ_FOREACH(dev, &be.devices, entry) {
		if (dev->gone || xs_is_domain_introduced(be.xs, dev->domid))
			continue;
		leak_verdict(dev, false);
		if (dev->be == XenbusStateConnected)
			shut(dev, "guest is dead", false);
	}
}

/**
 * devices_run_deferred() - what the clock or a full hand left to do
 * @now: the time
 */
void devices_run_deferred(uint64_t now)
{
	struct device *dev;
	unsigned int i;

	TAILQ_FOREACH(dev, &be.devices, entry) {
		for (i = 0; dev->bound && i < dev->nconns; i++) {
			struct conn *c = dev->conns[i];

			conn_flush_flips(c, now);
			conn_flush_late(c, now);
			mischief_run(c, now);
			if (c->more)
				conn_run(c);
		}
		if (dev->bind_due <= now)
			bind_paused(dev);
		if (dev->broken)
			shut(dev, "ring is broken", false);
		if (dev->leak_due <= now)
			leak_verdict(dev, xs_is_domain_introduced(be.xs, dev->domid));
		if (dev->save_due)
			save_pictures(be.opt.png_dir, true, dev, NULL);
		dev->save_due = false;
	}
}

/**
 * devices_next_deadline() - when devices_run_deferred() is due
 *
 * Return: time; 0: at once; NEVER: nothing to do.
 */
uint64_t devices_next_deadline(void)
{
	uint64_t next = NEVER;
	struct device *dev;
	unsigned int i;

	TAILQ_FOREACH(dev, &be.devices, entry) {
		next = min_u64(next, dev->leak_due);
		next = min_u64(next, dev->bind_due);
		if (dev->broken)
			return 0;
		for (i = 0; dev->bound && i < dev->nconns; i++) {
			if (dev->conns[i]->more)
				return 0;
			next = min_u64(next, conn_next_flip(dev->conns[i]));
			next = min_u64(next, conn_next_late(dev->conns[i]));
			next = min_u64(next, mischief_next(dev->conns[i]));
		}
	}
	return next;
}

/**
 * devices_leak_pending() - does a device wait for the verdict on its leftovers
 *
 * Return: true if one does.
 */
bool devices_leak_pending(void)
{
	struct device *dev;

	TAILQ_FOREACH(dev, &be.devices, entry)
		if (dev->leak_due != NEVER)
			return true;
	return false;
}

/**
 * devices_shutdown() - the backend ends: close all devices
 */
void devices_shutdown(void)
{
	struct device *dev;

	TAILQ_FOREACH(dev, &be.devices, entry) {
		leak_verdict(dev, xs_is_domain_introduced(be.xs, dev->domid));
		if (!dev->gone && read_own_state(dev) >= 0 && dev->be != XenbusStateClosed)
			shut(dev, "backend ends", false);
		dev->bind_due = NEVER;
		release(dev, "backend ends");
	}
}

/**
 * devices_forget() - free everything
 */
void devices_forget(void)
{
	struct device *dev;

	while ((dev = TAILQ_FIRST(&be.devices)))
		forget(dev);
}
