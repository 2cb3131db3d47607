// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A device: XenBus states, bind, release.
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
#include "vnc.h"
#include "device.h"
#include "parse.h"

/* leftovers at close are a fault unless the guest is gone by then */
#define LEAK_VERDICT (5 * NSEC_PER_SEC)

static void log_state(const struct device *dev, const char *type, int from, int to)
{
	struct json *j = log_begin_dev(type, dev);

	json_i64(j, "from", from);
	json_i64(j, "to", to);
	log_end();
}

/**
 * be_switch() - write our state
 * @dev: device
 * @state: which
 *
 * Return: false if the directory is gone or somebody else wrote it.
 */
bool be_switch(struct device *dev, int state)
{
	char text[12];
	int ret;

	if (mischief_stays(dev))
		return false;
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

/**
 * publish_versions() - tell the frontend which versions we speak
 * @dev: device
 */
void publish_versions(struct device *dev)
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

/* Numbers that are no state of the bus can be forced, too: they are all one. */
static int state_number(uint32_t v)
{
	return v <= XenbusStateReconfigured ? (int)v : XenbusStateReconfigured + 1;
}

/**
 * device_force_state() - write a state without doing what belongs to it
 * @dev: device
 * @state: which
 *
 * Return: 0 or -errno.
 */
int device_force_state(struct device *dev, uint32_t state)
{
	char text[12];
	struct json *j;
	int ret;

	snprintf(text, sizeof(text), "%u", state);
	ret = xs_put_guarded(dev->be_path, "state", -1, "state", text);
	j = log_begin_dev("fault", dev);
	json_str(j, "what", "state");
	json_i64(j, "from", dev->be);
	json_i64(j, "to", state);
	json_i64(j, "status", ret);
	log_end();
	if (!ret) {
		dev->be = state_number(state);
		dev->excused = true;
	}
	return ret;
}

/* ---- bind and release ---- */

/**
 * release() - let go of all that is the frontend's
 * @dev: device, bound, half bound or not
 * @why: for the log
 */
void release(struct device *dev, const char *why)
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
	dev->excused = false;
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
	else if (be.opt.connector_names && !list_contains(be.opt.connector_names, c->unique_id))
		wrong = "unique-id is not the name of a connector";
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

/**
 * read_frontend() - the frontend's state as XenStore has it
 * @dev: device
 *
 * Return: the state, 0 if there is none or none that makes sense.
 */
int read_frontend(struct device *dev)
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
	bool ours;
	int fe;

	j = log_begin_dev("bind-failed", dev);
	json_u64(j, "conn", index);
	json_str(j, "why", wrong);
	json_bool(j, "stale", stale);
	json_bool(j, "deaf", be.opt.deaf);
	log_end();
	release(dev, "bind failed");
	dev->deaf = be.opt.deaf;
	/*
	 * A frontend or a guest that went away meanwhile did no wrong, nor did
	 * one that saw before us that the toolstack takes the device away.
	 */
	fe = read_frontend(dev);
	ours = be_switch(dev, XenbusStateClosing);
	if (ours && frontends && !stale && xs_is_domain_introduced(be.xs, dev->domid) &&
	    (fe == XenbusStateInitialised || fe == XenbusStateConnected))
		fault(dev, NULL, FAULT_NODES, index, "%s", wrong);
	if (ours)
		be_switch(dev, XenbusStateClosed);
}

static void bind_device(struct device *dev, bool stale)
{
	unsigned int i, index = 0;
	bool frontends = false;
	const char *wrong;
	struct json *j;

	/* only after a state that was forced */
	release(dev, "binds anew");
	dev->stale = stale;
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
	for (i = 0; i < dev->nconns; i++)
		vnc_attach(dev->conns[i]);
	if (!be_switch(dev, XenbusStateConnected))
		release(dev, "state was written by somebody else");
}

/* the frontend's state says bind: from now on it may change, as it is not read again before */
static void decide_to_bind(struct device *dev)
{
	bool stale = dev->fe == -1;
	struct json *j;

	if (!be.opt.bind_pause) {
		bind_device(dev, stale);
		return;
	}
	dev->bind_due = clock_ns() + be.opt.bind_pause;
	dev->bind_stale = stale;
	j = log_begin_dev("bind-pause", dev);
	json_u64(j, "ms", be.opt.bind_pause / NSEC_PER_MSEC);
	json_bool(j, "stale", stale);
	log_end();
}

/**
 * bind_paused() - the pause before a bind is over
 * @dev: device with a time in @bind_due
 *
 * Then look at the frontend's state, whose changes nobody looked at meanwhile.
 */
void bind_paused(struct device *dev)
{
	bool late = read_frontend(dev) != dev->fe;
	struct json *j = log_begin_dev("bind-pause-over", dev);

	json_bool(j, "stale", dev->bind_stale);
	json_bool(j, "late", late);
	log_end();
	dev->bind_due = NEVER;
	bind_device(dev, dev->bind_stale);
	sync_device(dev);
}

/* ---- what a close leaves behind ---- */

/**
 * leak_verdict() - what a frontend left at close: was it a fault
 * @dev: device
 * @guilty: true if it was
 */
void leak_verdict(struct device *dev, bool guilty)
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
	if (dev->stale || dev->excused || !(dev->leak_dbufs || dev->leak_fbs))
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

/**
 * is_online() - does the toolstack want the device
 * @dev: device
 *
 * Return: true if so.
 */
bool is_online(const struct device *dev)
{
	char *text = xs_get(XBT_NULL, dev->be_path, "online");
	bool off = text && !strcmp(text, "0");

	free(text);
	return !off;
}

/**
 * save_after_close() - write pictures, if --png-dir says where
 * @dev: device
 *
 * Later in this turn of the loop: the frontend shall not wait for it.
 */
void save_after_close(struct device *dev)
{
	dev->save_due = be.opt.png_dir;
}

/**
 * shut() - states 5, 6, and perhaps 2
 * @dev: device
 * @why: for the log
 * @reopen: wait for the frontend again
 *
 * Everything is released before 6 can be seen.
 */
void shut(struct device *dev, const char *why, bool reopen)
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

/**
 * frontend_changed() - the frontend's state is another one than the last that was read
 * @dev: device
 * @fe: the state
 */
void frontend_changed(struct device *dev, int fe)
{
	log_state(dev, "fe-state", dev->fe, fe);
	check_order(dev, fe);
	if (fe == XenbusStateInitialising || fe == XenbusStateInitialised ||
	    fe == XenbusStateConnected)
		leak_verdict(dev, true);
	switch (fe) {
	case XenbusStateInitialising:
		if (dev->be == XenbusStateConnected || dev->bound)
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
			decide_to_bind(dev);
		break;
	case XenbusStateClosing:
	case XenbusStateClosed:
		if (dev->be != XenbusStateConnected && !dev->bound)
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
	unsigned int i;

	leak_verdict(dev, false);
	release(dev, "backend's directory is gone");
	if (dev->watching)
		xs_unwatch_frontend(dev);
	dev->watching = false;
	for (i = 0; i < dev->nknown; i++)
		vnc_detach(dev->conns[i]);
	dev->gone = true;
	dev->deaf = false;
	dev->bind_due = NEVER;
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
	dev->bind_due = NEVER;
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
		if (!dev->offline && !dev->deaf)
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

/**
 * read_own_state() - our state as XenStore has it
 * @dev: device
 *
 * Return: the state, -1 if there is none.
 */
int read_own_state(const struct device *dev)
{
	uint32_t v;

	return xs_get_u32(dev->be_path, "state", &v) ? state_number(v) : -1;
}

/**
 * sync_device() - make what we do fit to what XenStore says now
 * @dev: device that is not gone
 */
void sync_device(struct device *dev)
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
		dev->bind_due = NEVER;
		leak_verdict(dev, false);
		shut(dev, "taken offline by the toolstack", false);
	}
	if (dev->bind_due != NEVER)
		return;
	fe = read_frontend(dev);
	if (fe == dev->fe)
		return;
	if (!dev->deaf) {
		frontend_changed(dev, fe);
		return;
	}
	log_state(dev, "fe-state-ignored", dev->fe, fe);
	dev->fe = fe;
}

/**
 * device_recover() - go on as if there had been no fault of ours
 * @dev: device that is not gone
 *
 * States 5, 6; then 2, unless the frontend has to hear of these first. It is
 * listened to again.
 */
void device_recover(struct device *dev)
{
	dev->deaf = false;
	dev->bind_due = NEVER;
	shut(dev, "recovers", dev->fe == XenbusStateInitialising ||
	     dev->fe == XenbusStateClosing || dev->fe == XenbusStateClosed);
}
