// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Devices: XenBus states, bind, release.
 *
 * XenStore is read as it is now at every watch event (levels, not edges); a
 * change of the frontend's state is what makes us act. The states are those of
 * displ_be: 5,6,1,2 at start, 5,6,2 when the frontend closes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/io/xenbus.h>

#include "backend.h"
#include "parse.h"

/* leftovers at close are a fault unless the guest is gone by then */
#define LEAK_VERDICT (5 * NSEC_PER_SEC)

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

static void log_state(const struct device *dev, const char *type, int from, int to)
{
	struct json *j = log_begin_dev(type, dev);

	json_i64(j, "from", from);
	json_i64(j, "to", to);
	log_end();
}

/* write our state; false if the directory is gone or somebody else wrote it */
static bool be_switch(struct device *dev, int state)
{
	char text[4];
	int ret;

	snprintf(text, sizeof(text), "%d", state);
	ret = xs_put_guarded(dev->be_path, "state", dev->be, "state", text);
	if (ret) {
		/* the watch that came with it tells us what to do */
		if (ret != -ENOENT && ret != -EBUSY)
			bug(dev, "writing state %d: %s", state, strerror(-ret));
		return false;
	}
	log_state(dev, "be-state", dev->be, state);
	dev->be = state;
	dev->states_seen[state]++;
	return true;
}

static void publish_versions(struct device *dev)
{
	int ret;

	if (!be.opt.versions) {
		/* one may be left from another backend */
		xs_remove(dev->be_path, XENDISPL_FIELD_BE_VERSIONS);
		return;
	}
	ret = xs_put_guarded(dev->be_path, "state", -1, XENDISPL_FIELD_BE_VERSIONS,
			     be.opt.versions);
	if (ret && ret != -ENOENT)
		bug(dev, "writing versions: %s", strerror(-ret));
}

/* ---- bind and release ---- */

static void release(struct device *dev, const char *why)
{
	unsigned int i;
	struct json *j;

	if (!dev->bound && !dev->mapped && !dev->nconns)
		return;
	j = log_begin_dev("unbind", dev);
	json_str(j, "why", why);
	json_u64(j, "left_dbufs", dbufs_listed(dev));
	json_u64(j, "left_fbs", dev->nfbs);
	json_u64(j, "left_mapped", dev->mapped);
	json_u64(j, "left_shared", dev->shared);
	log_end();
	for (i = 0; i < dev->nconns; i++)
		conn_close(dev->conns[i]);
	buffers_drop(dev);
	dev->nconns = 0;
	dev->closes += dev->bound;
	dev->bound = false;
	dev->stale = false;
	dev->broken = false;
	if (dev->mapped || dev->shared)
		bug(dev, "%llu pages are still mapped, %llu granted",
		    (unsigned long long)dev->mapped, (unsigned long long)dev->shared);
}

static struct conn *get_conn(struct device *dev, unsigned int index)
{
	struct conn *c;

	if (index < dev->nknown)
		return dev->conns[index];
	c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	c->dev = dev;
	c->index = index;
	dev->conns[dev->nknown++] = c;
	return c;
}

/* the toolstack's part of a connector; NULL or what is wrong with it */
static const char *read_connector(struct conn *c)
{
	const char *wrong = NULL;
	char *dir, *text;

	if (asprintf(&dir, "%s/%u", c->dev->fe_path, c->index) < 0)
		return "out of memory";
	free(c->unique_id);
	c->unique_id = xs_get(XBT_NULL, dir, XENDISPL_FIELD_UNIQUE_ID);
	text = xs_get(XBT_NULL, dir, XENDISPL_FIELD_RESOLUTION);
	if (!c->unique_id)
		wrong = "unique-id is missing";
	else if (!parse_resolution(text, &c->width, &c->height))
		wrong = "resolution is missing or senseless";
	free(text);
	free(dir);
	return wrong;
}

/* what the frontend chose, 1 if it did not say */
static void read_version(struct device *dev)
{
	char *text = xs_get(XBT_NULL, dev->fe_path, XENDISPL_FIELD_FE_VERSION);
	uint32_t v = 0;

	dev->version = 1;
	if (!text) {
		if (be.opt.versions)
			fault(dev, NULL, FAULT_VERSION_MISSING, 0, "versions is %s",
			      be.opt.versions);
	} else if (!parse_u32(text, &v) ||
		   (be.opt.versions && !list_contains(be.opt.versions, text))) {
		fault(dev, NULL, FAULT_VERSION_UNKNOWN, v, "not in %s",
		      be.opt.versions ? be.opt.versions : "any list");
	} else {
		dev->version = v;
	}
	free(text);
}

static void read_be_alloc(struct device *dev)
{
	char *text = xs_get(XBT_NULL, dev->fe_path, XENDISPL_FIELD_BE_ALLOC);

	dev->be_alloc = text && !strcmp(text, "1");
	free(text);
}

/*
 * Open every connector. On failure *index and *ours say which and whether the
 * frontend (false: the toolstack or we) is to blame.
 */
static const char *open_connectors(struct device *dev, unsigned int *index, bool *frontends)
{
	const char *wrong;
	char name[12];
	unsigned int n;

	for (n = 0; n <= MAX_CONNECTORS; n++) {
		struct conn *c;

		*index = n;
		*frontends = false;
		snprintf(name, sizeof(name), "%u", n);
		if (!xs_exists(dev->fe_path, name))
			return n ? NULL : "no connectors";
		if (n == MAX_CONNECTORS)
			return "too many connectors";
		c = get_conn(dev, n);
		if (!c)
			return "out of memory";
		dev->nconns = n + 1;
		wrong = read_connector(c);
		if (wrong)
			return wrong;
		monitor_start(c);
		*frontends = true;
		wrong = conn_open(c);
		if (wrong)
			return wrong;
	}
	return NULL;
}

static int read_frontend(struct device *dev)
{
	char *text = xs_get(XBT_NULL, dev->fe_path, "state");
	uint32_t v = 0;

	if (text && (!parse_u32(text, &v) || v > XenbusStateReconfigured)) {
		if (dev->fe != 0)
			fault(dev, NULL, FAULT_FRONTEND_STATE, v, "\"%.20s\" is no state", text);
		v = 0;
	}
	free(text);
	return (int)v;
}

static void bind_failed(struct device *dev, const char *wrong, unsigned int index, bool frontends)
{
	bool stale = dev->stale;
	struct json *j;
	int fe;

	j = log_begin_dev("bind-failed", dev);
	json_u64(j, "conn", index);
	json_str(j, "why", wrong);
	log_end();
	release(dev, "bind failed");
	/* a frontend or a guest that went away meanwhile did no wrong */
	fe = read_frontend(dev);
	if (frontends && !stale && xs_is_domain_introduced(be.xs, dev->domid) &&
	    (fe == XenbusStateInitialised || fe == XenbusStateConnected))
		fault(dev, NULL, FAULT_NODES, index, "%s", wrong);
	if (be_switch(dev, XenbusStateClosing))
		be_switch(dev, XenbusStateClosed);
}

static void bind_device(struct device *dev)
{
	unsigned int i, index = 0;
	bool frontends = false;
	const char *wrong;
	struct json *j;

	dev->stale = dev->fe == -1;
	wrong = open_connectors(dev, &index, &frontends);
	if (wrong) {
		bind_failed(dev, wrong, index, frontends);
		return;
	}
	read_version(dev);
	read_be_alloc(dev);
	dev->bound = true;
	dev->binds++;
	j = log_begin_dev("bind", dev);
	json_u64(j, "version", dev->version);
	json_bool(j, "be_alloc", dev->be_alloc);
	json_bool(j, "stale", dev->stale);
	json_open(j, "connectors", '[');
	for (i = 0; i < dev->nconns; i++) {
		json_open(j, NULL, '{');
		json_u64(j, "conn", i);
		json_str(j, "unique_id", dev->conns[i]->unique_id);
		json_u64(j, "width", dev->conns[i]->width);
		json_u64(j, "height", dev->conns[i]->height);
		json_close(j, '}');
	}
	json_close(j, ']');
	log_end();
	if (!be_switch(dev, XenbusStateConnected))
		release(dev, "state was written by somebody else");
}

/* ---- what a close leaves behind ---- */

static void leak_verdict(struct device *dev, bool guilty)
{
	if (dev->leak_due == NEVER)
		return;
	dev->leak_due = NEVER;
	if (guilty)
		fault(dev, NULL, FAULT_LEAK, dev->leak_dbufs, "%u dbufs and %u fbs left at close",
		      dev->leak_dbufs, dev->leak_fbs);
	else
		warning(dev, NULL, "left-by-dying-guest", dev->leak_dbufs);
}

static void leak_check(struct device *dev)
{
	dev->leak_dbufs = dbufs_listed(dev);
	dev->leak_fbs = dev->nfbs;
	if (dev->stale || !(dev->leak_dbufs || dev->leak_fbs))
		return;
	/*
	 * A guest that powers off closes its devices like this too, with
	 * everything in use: wait and see.
	 */
	dev->leak_due = clock_ns() + LEAK_VERDICT;
	if (be.opt.strict_close)
		leak_verdict(dev, true);
}

/* ---- states ---- */

static bool is_online(const struct device *dev)
{
	char *text = xs_get(XBT_NULL, dev->be_path, "online");
	bool off = text && !strcmp(text, "0");

	free(text);
	return !off;
}

/* later in this turn of the loop: the frontend shall not wait for it */
static void save_after_close(struct device *dev)
{
	dev->save_due = be.opt.png_dir;
}

/* 5, release, 6; everything is released before 6 can be seen; then perhaps 2 */
static void shut(struct device *dev, const char *why, bool reopen)
{
	if (dev->be != XenbusStateClosing)
		be_switch(dev, XenbusStateClosing);
	release(dev, why);
	if (be_switch(dev, XenbusStateClosed) && reopen && is_online(dev))
		be_switch(dev, XenbusStateInitWait);
	save_after_close(dev);
}

static void check_order(struct device *dev, int fe)
{
	if (fe == XenbusStateInitWait || fe > XenbusStateReconfiguring)
		fault(dev, NULL, FAULT_FRONTEND_STATE, (uint64_t)fe, "never a frontend's state");
	if (dev->fe == -1 || dev->stale)
		return;
	/* it says 4 after our 4, and publishes rings (3) only while we have none */
	if ((fe == XenbusStateConnected &&
	     (dev->be == XenbusStateInitialising || dev->be == XenbusStateInitWait)) ||
	    (fe == XenbusStateInitialised && dev->be == XenbusStateConnected))
		fault(dev, NULL, FAULT_FRONTEND_STATE, (uint64_t)fe,
		      "came from %d while we are at %d", dev->fe, dev->be);
}

static void frontend_changed(struct device *dev, int fe)
{
	log_state(dev, "fe-state", dev->fe, fe);
	check_order(dev, fe);
	if (fe == XenbusStateInitialising || fe == XenbusStateInitialised ||
	    fe == XenbusStateConnected)
		leak_verdict(dev, true);
	switch (fe) {
	case XenbusStateInitialising:
		if (dev->be == XenbusStateConnected)
			shut(dev, "frontend started anew", true);
		else if (dev->be != XenbusStateInitWait && !dev->offline)
			be_switch(dev, XenbusStateInitWait);
		break;
	case XenbusStateInitialised:
	case XenbusStateConnected:
		if (dev->fe == -1 && be.opt.no_stale_bind)
			break;
		if ((dev->be == XenbusStateInitialising || dev->be == XenbusStateInitWait) &&
		    !dev->offline)
			bind_device(dev);
		break;
	case XenbusStateClosing:
	case XenbusStateClosed:
		if (dev->be != XenbusStateConnected)
			break;
		leak_check(dev);
		shut(dev, "frontend closed", true);
		break;
	case XenbusStateUnknown:
		if (dev->be == XenbusStateConnected)
			shut(dev, "frontend's directory is gone", false);
		break;
	}
	dev->fe = fe;
}

static void directory_gone(struct device *dev)
{
	leak_verdict(dev, false);
	release(dev, "backend's directory is gone");
	if (dev->watching)
		xs_unwatch_frontend(dev);
	dev->watching = false;
	dev->gone = true;
	dev->be = 0;
	dev->fe = -1;
	log_begin_dev("device-gone", dev);
	log_end();
	save_after_close(dev);
}

/* the toolstack wrote our state; it does so to have the device closed */
static void foreign_state(struct device *dev, int state)
{
	int was = dev->be;

	log_state(dev, "be-state-by-others", was, state);
	switch (state) {
	case XenbusStateClosing:
	case XenbusStateClosed:
		dev->be = state;
		leak_verdict(dev, false);
		release(dev, "closed by the toolstack");
		be_switch(dev, XenbusStateClosed);
		save_after_close(dev);
		break;
	case XenbusStateInitialising:
		dev->be = state;
		release(dev, "reset by the toolstack");
		publish_versions(dev);
		if (!dev->offline)
			be_switch(dev, XenbusStateInitWait);
		break;
	default:
		/* nothing that we could do something about */
		dev->be = state;
		if (dev->bound)
			release(dev, "state was written by somebody else");
		break;
	}
}

static int read_own_state(const struct device *dev)
{
	uint32_t v;

	return xs_get_u32(dev->be_path, "state", &v) && v <= XenbusStateReconfigured ? (int)v : -1;
}

/* make what we do fit to what XenStore says now */
static void sync_device(struct device *dev)
{
	int state = read_own_state(dev), fe;

	if (state < 0) {
		directory_gone(dev);
		return;
	}
	dev->offline = !is_online(dev);
	if (state != dev->be)
		foreign_state(dev, state);
	if (dev->offline && dev->be != XenbusStateClosed) {
		leak_verdict(dev, false);
		shut(dev, "taken offline by the toolstack", false);
	}
	fe = read_frontend(dev);
	if (fe != dev->fe)
		frontend_changed(dev, fe);
}

/* ---- coming and going ---- */

static void forget(struct device *dev)
{
	unsigned int i;

	for (i = 0; i < dev->nknown; i++) {
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

	free(dev->fe_path);
	dev->fe_path = fe_path;
	dev->gone = false;
	dev->fe = -1;
	dev->be = state;
	dev->offline = !is_online(dev);
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
			if (c->more)
				conn_run(c);
		}
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
		if (dev->broken)
			return 0;
		for (i = 0; dev->bound && i < dev->nconns; i++) {
			if (dev->conns[i]->more)
				return 0;
			next = min_u64(next, conn_next_flip(dev->conns[i]));
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
