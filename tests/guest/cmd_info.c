// SPDX-License-Identifier: GPL-2.0 OR MIT
/* xdf-client info: what is there. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "monitor.h"

static const struct {
	uint64_t cap;
	const char *name;
} caps[] = {
	{ DRM_CAP_DUMB_BUFFER, "dumb_buffer" },
	{ DRM_CAP_VBLANK_HIGH_CRTC, "vblank_high_crtc" },
	{ DRM_CAP_DUMB_PREFERRED_DEPTH, "dumb_preferred_depth" },
	{ DRM_CAP_DUMB_PREFER_SHADOW, "dumb_prefer_shadow" },
	{ DRM_CAP_PRIME, "prime" },
	{ DRM_CAP_TIMESTAMP_MONOTONIC, "timestamp_monotonic" },
	{ DRM_CAP_ASYNC_PAGE_FLIP, "async_page_flip" },
	{ DRM_CAP_CURSOR_WIDTH, "cursor_width" },
	{ DRM_CAP_CURSOR_HEIGHT, "cursor_height" },
	{ DRM_CAP_ADDFB2_MODIFIERS, "addfb2_modifiers" },
	{ DRM_CAP_PAGE_FLIP_TARGET, "page_flip_target" },
	{ DRM_CAP_CRTC_IN_VBLANK_EVENT, "crtc_in_vblank_event" },
	{ DRM_CAP_SYNCOBJ, "syncobj" },
};

/* Property ids and numbers say nothing about these, so tell what is in them. */
static void report_edid(const char *key, const uint8_t *edid, uint32_t size)
{
	struct monitor m;
	char timing[40];

	monitor_read(&m, edid, size);
	rep_obj(key);
	rep_uint("size", size);
	rep_uint("blocks", size / EDID_BLOCK);
	rep_hex64("hash", hash_bytes(edid, size));
	if (size) {
		rep_bool("valid", m.valid);
		rep_str("monitor", m.name);
	}
	if (m.timing) {
		snprintf(timing, sizeof(timing), "%ux%u@%u.%03u", m.width, m.height, m.mhz / 1000,
			 m.mhz % 1000);
		rep_str("timing", timing);
	}
	rep_close();
}

/* True if the property is a blob that people can be told about. */
static bool report_blob(struct kms *k, const struct kms_prop *p)
{
	bool edid = !strcmp(p->name, "EDID"), path = !strcmp(p->name, "PATH");
	uint32_t size = 0;
	uint8_t *data = NULL;
	int ret = 0;

	if (!(p->flags & DRM_MODE_PROP_BLOB) || (!edid && !path))
		return false;
	if (p->value)
		ret = kms_blob(k, p->value, &data, &size);
	if (ret)
		rep_errno(p->name, ret);
	else if (edid)
		report_edid(p->name, data, size);
	else
		rep_str(p->name, size ? (const char *)data : "");
	free(data);
	return true;
}

static void report_props(struct kms *k, const struct kms_props *props)
{
	unsigned int i, j;

	rep_obj("properties");
	for (i = 0; i < props->n; i++) {
		const struct kms_prop *p = &props->p[i];
		const char *name = NULL;

		for (j = 0; p->flags & DRM_MODE_PROP_ENUM && j < p->nenums; j++)
			if (p->enums[j].value == p->value)
				name = p->enums[j].name;
		if (report_blob(k, p))
			continue;
		if (name)
			rep_str(p->name, name);
		else
			rep_uint(p->name, p->value);
	}
	rep_close();
}

static void report_device(struct kms *k)
{
	char version[48];
	unsigned int i;
	uint64_t value;

	snprintf(version, sizeof(version), "%d.%d.%d", k->version[0], k->version[1], k->version[2]);
	rep_begin("device");
	rep_str("path", k->path);
	rep_str("driver", k->driver);
	rep_str("desc", k->desc);
	rep_str("date", k->date);
	rep_str("version", version);
	rep_bool("atomic", k->atomic);
	rep_uint("min_width", k->min_width);
	rep_uint("max_width", k->max_width);
	rep_uint("min_height", k->min_height);
	rep_uint("max_height", k->max_height);
	rep_uint("connectors", k->nconnectors);
	rep_uint("crtcs", k->ncrtcs);
	rep_uint("planes", k->nplanes);
	rep_obj("caps");
	for (i = 0; i < ARRAY_SIZE(caps); i++)
		if (!kms_cap(k, caps[i].cap, &value))
			rep_uint(caps[i].name, value);
	rep_end();
}

static void report_connector(struct kms *k, const struct kms_connector *c,
			     unsigned int index)
{
	static const char * const status[] = { "?", "connected", "disconnected", "unknown" };
	unsigned int i;

	rep_begin("connector");
	rep_uint("index", index);
	rep_uint("id", c->id);
	rep_str("name", c->name);
	rep_str("status", status[c->status < 4 ? c->status : 0]);
	rep_uint("crtc", c->crtc_id);
	rep_uint("possible_crtcs", c->possible_crtcs);
	rep_uint("mm_width", c->mm_width);
	rep_uint("mm_height", c->mm_height);
	rep_arr("modes");
	for (i = 0; i < c->nmodes; i++) {
		const struct drm_mode_modeinfo *m = &c->modes[i];

		rep_obj(NULL);
		rep_str("name", m->name);
		rep_uint("width", m->hdisplay);
		rep_uint("height", m->vdisplay);
		rep_real("refresh", mode_refresh(m) / 1000.0);
		rep_bool("preferred", m->type & DRM_MODE_TYPE_PREFERRED);
		rep_close();
	}
	rep_close();
	report_props(k, &c->props);
	rep_end();
}

static void report_plane(struct kms *k, const struct kms_plane *p)
{
	static const char * const types[] = { "overlay", "primary", "cursor" };
	unsigned int i;

	rep_begin("plane");
	rep_uint("id", p->id);
	rep_str("type", p->type < 3 ? types[p->type] : "?");
	rep_uint("possible_crtcs", p->possible_crtcs);
	rep_arr("formats");
	for (i = 0; i < p->nformats; i++)
		rep_fourcc(NULL, p->formats[i]);
	rep_close();
	report_props(k, &p->props);
	rep_end();
}

/**
 * cmd_info - report the device, a line for each of its parts
 * @cl: command line
 *
 * Return: exit code.
 */
int cmd_info(struct client *cl)
{
	struct kms k;
	unsigned int i;
	int ret = client_open(cl, &k);

	if (ret)
		return ret;
	report_device(&k);
	for (i = 0; i < k.nconnectors; i++)
		report_connector(&k, &k.connectors[i], i);
	for (i = 0; i < k.ncrtcs; i++) {
		rep_begin("crtc");
		rep_uint("index", i);
		rep_uint("id", k.crtcs[i].id);
		rep_bool("active", k.crtcs[i].active);
		report_props(&k, &k.crtcs[i].props);
		rep_end();
	}
	for (i = 0; i < k.nplanes; i++)
		report_plane(&k, &k.planes[i]);
	kms_close(&k);
	return XDF_OK;
}
