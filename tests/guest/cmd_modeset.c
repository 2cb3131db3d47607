// SPDX-License-Identifier: GPL-2.0 OR MIT
/* xdf-client modeset: off and on again, in every way there is. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"

#define DPMS_ON		0
#define DPMS_OFF	3

enum way {
	WAY_FULL,		/* CRTC, connector and plane let go */
	WAY_ACTIVE,		/* ACTIVE = 0, everything stays bound */
	WAY_DPMS,		/* the connector's DPMS property */
	WAY_PLANE,		/* the plane alone */
	WAYS,
};

static const char * const way_names[] = { "full", "active", "dpms", "plane" };

struct stats {
	unsigned int done, refused;
	double off_ms, on_ms, worst_ms;
};

static int set_active(struct kms *k, struct kms_pipe *pipes, int n, bool on)
{
	struct kms_req r;
	int i, ret;

	kms_req_init(&r);
	for (i = 0; i < n; i++)
		kms_req_add(&r, pipes[i].crtc->id, &pipes[i].crtc->props, "ACTIVE", on);
	ret = kms_req_commit(k, &r, DRM_MODE_ATOMIC_ALLOW_MODESET, 0);
	kms_req_free(k, &r);
	return ret;
}

static int set_dpms(struct kms *k, struct kms_pipe *pipes, int n, uint64_t value)
{
	int i, ret = 0;

	for (i = 0; !ret && i < n; i++) {
		const struct kms_prop *p = kms_prop(&pipes[i].con->props, "DPMS");
		struct drm_mode_connector_set_property s = {
			.value = value, .connector_id = pipes[i].con->id,
		};

		if (!p)
			return -ENOENT;
		s.prop_id = p->id;
		ret = kms_ioctl(k->fd, DRM_IOCTL_MODE_SETPROPERTY, &s);
	}
	return ret;
}

static int plane_off(struct kms *k, struct kms_pipe *pipes, int n)
{
	struct kms_req r;
	int i, ret;

	kms_req_init(&r);
	for (i = 0; i < n; i++) {
		kms_req_add(&r, pipes[i].plane->id, &pipes[i].plane->props, "FB_ID", 0);
		kms_req_add(&r, pipes[i].plane->id, &pipes[i].plane->props, "CRTC_ID", 0);
	}
	ret = kms_req_commit(k, &r, 0, 0);
	kms_req_free(k, &r);
	return ret;
}

/* Does the kernel say what we asked for?  The CRTC's ACTIVE is the truth. */
static bool crtc_active(struct kms *k, const struct kms_pipe *pipe)
{
	struct drm_mode_obj_get_properties g = {
		.obj_id = pipe->crtc->id, .obj_type = DRM_MODE_OBJECT_CRTC,
	};
	const struct kms_prop *active = kms_prop(&pipe->crtc->props, "ACTIVE");
	uint32_t ids[64];
	uint64_t values[64];
	unsigned int i;

	if (!active) {
		struct drm_mode_crtc c = { .crtc_id = pipe->crtc->id };

		return !kms_ioctl(k->fd, DRM_IOCTL_MODE_GETCRTC, &c) && c.mode_valid;
	}
	g.count_props = 64;
	g.props_ptr = (uintptr_t)ids;
	g.prop_values_ptr = (uintptr_t)values;
	if (kms_ioctl(k->fd, DRM_IOCTL_MODE_OBJ_GETPROPERTIES, &g))
		return false;
	for (i = 0; i < g.count_props && i < 64; i++)
		if (ids[i] == active->id)
			return values[i];
	return false;
}

static int expect_state(struct kms *k, struct kms_pipe *pipes, int n, bool on, const char *way,
			long cycle)
{
	int i;

	for (i = 0; i < n; i++)
		if (crtc_active(k, &pipes[i]) != on)
			return rep_fail("state", 0, "%s is %s in cycle %ld, %s", pipes[i].con->name,
					on ? "off" : "on", cycle, way);
	return 0;
}

/* Off and on in one way; the picture is @bufs afterwards. */
static int cycle(struct kms *k, struct kms_pipe *pipes, struct kms_buf *bufs, int n, enum way way,
		 long number, struct stats *st)
{
	const char *name = way_names[way];
	uint64_t t0 = now_us(), t1, t2;
	int ret;

	switch (way) {
	case WAY_ACTIVE:
		ret = set_active(k, pipes, n, false);
		break;
	case WAY_DPMS:
		ret = set_dpms(k, pipes, n, DPMS_OFF);
		break;
	case WAY_PLANE:
		ret = plane_off(k, pipes, n);
		/* a driver may want the primary plane on whenever the CRTC is */
		if (ret == -EINVAL) {
			st->refused++;
			return 0;
		}
		break;
	default:
		ret = kms_off(k, pipes, n);
		break;
	}
	t1 = now_us();
	if (ret)
		return rep_fail("off", ret, "%s, cycle %ld", name, number);
	ret = expect_state(k, pipes, n, way == WAY_PLANE, name, number);
	if (ret)
		return ret;

	if (way == WAY_ACTIVE)
		ret = set_active(k, pipes, n, true);
	else if (way == WAY_DPMS)
		ret = set_dpms(k, pipes, n, DPMS_ON);
	if (!ret) {
		if (way == WAY_ACTIVE || way == WAY_DPMS)
			ret = expect_state(k, pipes, n, true, name, number);
		if (ret)
			return ret;
		/* another picture each time */
		ret = kms_show(k, pipes, bufs, n);
	}
	t2 = now_us();
	if (ret)
		return rep_fail("on", ret, "%s, cycle %ld", name, number);
	ret = expect_state(k, pipes, n, true, name, number);
	if (ret)
		return ret;

	st->done++;
	st->off_ms += (t1 - t0) / 1000.0;
	st->on_ms += (t2 - t1) / 1000.0;
	if ((t2 - t0) / 1000.0 > st->worst_ms)
		st->worst_ms = (t2 - t0) / 1000.0;
	return 0;
}

static int one_cycle(struct client *cl, struct kms *k, struct kms_pipe *pipes,
		     struct kms_buf (*bufs)[KMS_MAX_PIPES], struct frame *frames, int n,
		     long number, struct stats *st)
{
	enum way way = number % WAYS, ways[2] = { WAY_FULL, way };
	struct kms_buf *next = bufs[number & 1];
	int i, ret = 0, first, end;

	(void)cl;
	for (i = 0; i < n && !ret; i++) {
		frames[i].number = number;
		frames[i].buffer = number & 1;
		frame_strip(&frames[i], &first, &end);
		ret = paint_frame(&frames[i], &next[i], first, end);
	}
	if (ret)
		return rep_fail("paint", ret, NULL);
	for (i = 0; i < 2 && !ret; i++) {
		if (i && way == WAY_FULL)
			break;
		if (!k->atomic && (ways[i] == WAY_ACTIVE || ways[i] == WAY_PLANE))
			continue;
		ret = cycle(k, pipes, next, n, ways[i], number, &st[ways[i]]);
	}
	return ret;
}

/**
 * cmd_modeset - turn all off and on many times
 * @cl: command line
 *
 * Return: exit code.
 */
int cmd_modeset(struct client *cl)
{
	static struct kms_buf bufs[2][KMS_MAX_PIPES];
	static struct frame frames[KMS_MAX_PIPES];
	static struct stats st[WAYS];
	struct kms_pipe pipes[KMS_MAX_PIPES];
	uint32_t *row;
	struct kms k;
	int n = client_pipes(cl, &k, pipes), i, j, ret = 0;
	long number = 0;

	if (n < 0)
		return -n;
	for (i = 0; i < n && !ret; i++) {
		frames[i].width = pipes[i].mode.hdisplay;
		frames[i].height = pipes[i].mode.vdisplay;
		frames[i].pipe = pipes[i].index;
		for (j = 0; j < 2 && !ret; j++) {
			ret = kms_buf_create(&k, frames[i].width, frames[i].height,
					     DRM_FORMAT_XRGB8888, true, &bufs[j][i]);
			frames[i].buffer = j;
			if (!ret)
				ret = paint_frame(&frames[i], &bufs[j][i], 0, frames[i].height);
		}
		if (ret)
			ret = rep_fail("buffer", ret, "%s", pipes[i].con->name);
	}
	if (!ret) {
		ret = kms_show(&k, pipes, bufs[0], n);
		if (ret)
			ret = rep_fail("modeset", ret, NULL);
	}
	while (!ret && number < cl->count) {
		number++;
		ret = one_cycle(cl, &k, pipes, bufs, frames, n, number, st);
	}

	for (i = 0; i < WAYS; i++) {
		if (!st[i].done && !st[i].refused)
			continue;
		rep_begin("modeset");
		rep_str("way", way_names[i]);
		rep_str("api", k.atomic ? "atomic" : "legacy");
		rep_uint("cycles", st[i].done);
		rep_uint("refused", st[i].refused);
		if (st[i].done) {
			rep_real("off_ms", st[i].off_ms / st[i].done);
			rep_real("on_ms", st[i].on_ms / st[i].done);
			rep_real("worst_ms", st[i].worst_ms);
		}
		rep_end();
	}
	for (i = 0; i < n && !ret; i++) {
		struct kms_buf *buf = &bufs[number & 1][i];
		uint64_t hash;

		row = malloc((size_t)buf->width * sizeof(*row));
		if (!row) {
			ret = rep_fail("memory", ENOMEM, NULL);
			break;
		}
		hash = frame_hash(&frames[i], row);
		free(row);
		report_picture("picture", &pipes[i], buf, hash);
		rep_int("cycles", number);
		rep_end();
		check_buf("readback", buf, hash);
	}
	if (!ret)
		client_hold(cl);
	for (i = 0; i < n; i++)
		for (j = 0; j < 2; j++) {
			int r = kms_buf_destroy(&k, &bufs[j][i]);

			if (r && !ret)
				ret = rep_fail("destroy", r, NULL);
		}
	kms_close(&k);
	return ret;
}
