// SPDX-License-Identifier: GPL-2.0 OR MIT
/* xdf-client dirty: drawing into what is shown, and saying so. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "pixel.h"

#define MAX_CLIPS	3

enum way {
	WAY_WHOLE,		/* DIRTYFB without clips */
	WAY_CLIP,		/* DIRTYFB with one */
	WAY_CLIPS,		/* DIRTYFB with several */
	WAY_DAMAGE,		/* a commit with FB_DAMAGE_CLIPS */
	WAY_NODAMAGE,		/* a commit of the same buffer without it */
	WAYS,
};

static const char * const way_names[] = { "whole", "clip", "clips", "damage", "no-damage" };

struct canvas {
	struct kms_pipe *pipe;
	struct kms_buf buf;
	uint32_t *model;		/* what the buffer holds, row after row */
	struct drm_mode_rect clip[MAX_CLIPS];
	uint32_t seed;
	bool vblank;
	uint32_t first_seq, last_seq;
	unsigned int requests[WAYS];
};

/* Numbers that are the same in every run. */
static uint32_t next(struct canvas *c)
{
	c->seed = c->seed * 1664525 + 1013904223;
	return c->seed >> 8;
}

static struct drm_mode_rect somewhere(struct canvas *c)
{
	uint32_t w = c->buf.width, h = c->buf.height;
	struct drm_mode_rect r;

	r.x1 = next(c) % w;
	r.y1 = next(c) % h;
	r.x2 = r.x1 + 1 + next(c) % 96;
	r.y2 = r.y1 + 1 + next(c) % 48;
	if (r.x2 > (int32_t)w)
		r.x2 = w;
	if (r.y2 > (int32_t)h)
		r.y2 = h;
	return r;
}

/* Columns of the model to a row of the buffer. */
static void put(struct canvas *c, int y, int x1, int x2)
{
	const struct pixel_format *pf = pixel_format(c->buf.fourcc);

	pixel_put(pf, c->model + (size_t)y * c->buf.width + x1,
		  c->buf.map + (size_t)y * c->buf.pitch + x1 * pf->bpp / 8, x2 - x1);
}

/* Draw nowhere but there. */
static void draw(struct canvas *c, const struct drm_mode_rect *r)
{
	uint32_t color = next(c) & 0xffffff;
	int x, y;

	for (y = r->y1; y < r->y2; y++) {
		for (x = r->x1; x < r->x2; x++)
			c->model[(size_t)y * c->buf.width + x] =
				(x ^ y) & 1 ? color : ~color & 0xffffff;
		put(c, y, r->x1, r->x2);
	}
}

static int say_dirty(struct kms *k, struct canvas *c, unsigned int n)
{
	struct drm_clip_rect clips[MAX_CLIPS];
	struct drm_mode_fb_dirty_cmd d = { .fb_id = c->buf.fb, .num_clips = n };
	unsigned int i;

	for (i = 0; i < n; i++)
		clips[i] = (struct drm_clip_rect){
			.x1 = c->clip[i].x1, .y1 = c->clip[i].y1,
			.x2 = c->clip[i].x2, .y2 = c->clip[i].y2,
		};
	if (n)
		d.clips_ptr = (uintptr_t)clips;
	return kms_ioctl(k->fd, DRM_IOCTL_MODE_DIRTYFB, &d);
}

static int commit(struct kms *k, struct canvas *c, unsigned int n)
{
	const struct kms_plane *p = c->pipe->plane;
	struct drm_mode_create_blob blob = {
		.data = (uintptr_t)c->clip, .length = n * sizeof(c->clip[0]),
	};
	struct kms_req r;
	int ret = n ? kms_ioctl(k->fd, DRM_IOCTL_MODE_CREATEPROPBLOB, &blob) : 0;

	if (ret)
		return ret;
	kms_req_init(&r);
	if (n) {
		r.blobs[r.nblobs++] = blob.blob_id;
		kms_req_add(&r, p->id, &p->props, "FB_DAMAGE_CLIPS", blob.blob_id);
	}
	kms_req_add(&r, p->id, &p->props, "FB_ID", c->buf.fb);
	ret = kms_req_commit(k, &r, 0, 0);
	kms_req_free(k, &r);
	return ret;
}

static int one(struct kms *k, struct canvas *c, enum way way)
{
	unsigned int n = way == WAY_CLIP ? 1 : MAX_CLIPS, i;
	int ret;

	ret = buf_begin(&c->buf);
	for (i = 0; i < n; i++) {
		c->clip[i] = somewhere(c);
		draw(c, &c->clip[i]);
	}
	ret = ret | buf_end(&c->buf);
	if (ret)
		return rep_fail("sync", ret, "%s", c->pipe->con->name);
	if (way == WAY_DAMAGE)
		ret = commit(k, c, n);
	else if (way == WAY_NODAMAGE)
		ret = commit(k, c, 0);
	else
		ret = say_dirty(k, c, way == WAY_WHOLE ? 0 : n);
	if (ret)
		return rep_fail("dirty", ret, "%s, %s", c->pipe->con->name, way_names[way]);
	c->requests[way]++;
	return 0;
}

static bool has_way(struct kms *k, const struct canvas *c, enum way way)
{
	if (way == WAY_DAMAGE)
		return k->atomic && kms_prop(&c->pipe->plane->props, "FB_DAMAGE_CLIPS");
	return way != WAY_NODAMAGE || k->atomic;
}

/* The number of the present frame. */
static uint32_t sequence(struct kms *k, const struct canvas *c)
{
	struct drm_crtc_get_sequence g = { .crtc_id = c->pipe->crtc->id };

	if (!c->vblank || kms_ioctl(k->fd, DRM_IOCTL_CRTC_GET_SEQUENCE, &g))
		return 0;
	return g.sequence;
}

static int prepare(struct client *cl, struct kms *k, struct canvas *c)
{
	struct frame f = {
		.width = c->pipe->mode.hdisplay, .height = c->pipe->mode.vdisplay,
		.pipe = c->pipe->index,
	};
	int y, ret = buf_create(k, &cl->spec, f.width, f.height, &c->buf);

	if (ret)
		return rep_fail("buffer", ret, "%s, %s", c->pipe->con->name,
				buf_kind_name(cl->spec.kind));
	c->seed = c->pipe->index + 1;
	c->model = malloc((size_t)f.width * f.height * sizeof(*c->model));
	if (!c->model)
		return rep_fail("memory", ENOMEM, NULL);
	ret = buf_begin(&c->buf);
	for (y = 0; y < f.height; y++) {
		frame_row(&f, y, c->model + (size_t)y * f.width);
		put(c, y, 0, f.width);
	}
	ret = ret | buf_end(&c->buf);
	return ret ? rep_fail("sync", ret, "%s", c->pipe->con->name) : 0;
}

static void report(struct client *cl, struct kms *k, struct canvas *c)
{
	const struct pixel_format *pf = pixel_format(c->buf.fourcc);
	unsigned int all = 0, y;
	uint64_t hash = HASH_START;
	enum way way;

	for (y = 0; y < c->buf.height; y++) {
		uint32_t *row = c->model + (size_t)y * c->buf.width;

		pixel_seen(pf, row, c->buf.width);
		hash = hash_row(hash, row, c->buf.width);
	}
	report_picture("dirty", c->pipe, &c->buf, hash);
	rep_str("api", k->atomic ? "atomic" : "legacy");
	rep_str("buffer", buf_kind_name(cl->spec.kind));
	for (way = 0; way < WAYS; way++) {
		rep_uint(way_names[way], c->requests[way]);
		all += c->requests[way];
	}
	rep_uint("requests", all);
	if (c->vblank)
		rep_uint("frames", c->last_seq - c->first_seq);
	rep_end();
	check_buf("readback", &c->buf, hash);
}

/**
 * cmd_dirty - draw into the front buffer of each connector, again and again
 * @cl: command line
 *
 * Return: exit code.
 */
int cmd_dirty(struct client *cl)
{
	static struct kms_buf shown[KMS_MAX_PIPES];
	static struct canvas c[KMS_MAX_PIPES];
	struct kms_pipe pipes[KMS_MAX_PIPES];
	struct kms k;
	int n = buf_kind_check(cl->spec.kind), i, ret = 0;
	long round;

	if (n)
		return n;
	n = client_pipes(cl, &k, pipes);
	if (n < 0)
		return -n;
	for (i = 0; i < n && !ret; i++) {
		c[i].pipe = &pipes[i];
		ret = prepare(cl, &k, &c[i]);
		shown[i] = c[i].buf;
	}
	if (!ret) {
		ret = kms_show(&k, pipes, shown, n);
		if (ret)
			ret = rep_fail("modeset", ret, NULL);
	}
	if (!ret && !client_step(cl, "shown"))
		goto out;
	for (i = 0; i < n && !ret; i++) {
		c[i].vblank = kms_has_vblank(&k, pipes[i].crtc, NULL);
		c[i].first_seq = sequence(&k, &c[i]);
	}
	for (round = 0; round < cl->count; round++)
		for (i = 0; i < n && !ret; i++)
			if (has_way(&k, &c[i], round % WAYS))
				ret = one(&k, &c[i], round % WAYS);
	for (i = 0; i < n && !ret; i++) {
		c[i].last_seq = sequence(&k, &c[i]);
		report(cl, &k, &c[i]);
	}
	if (!ret)
		client_step(cl, "dirty");
out:
	for (i = 0; i < n; i++) {
		int r = kms_buf_destroy(&k, &c[i].buf);

		if (r && !ret)
			ret = rep_fail("destroy", r, NULL);
		free(c[i].model);
	}
	kms_close(&k);
	return ret;
}
