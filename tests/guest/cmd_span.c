// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * xdf-client span: one framebuffer for all connectors, each shows its part of it,
 * as X does with several monitors.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"

#define MARGIN		64	/* room to pan, to the right and below */
#define PAN_X		48
#define PAN_Y		17
#define PANS		30	/* places one after the other, a line apart */
#define FLIP_TIMEOUT_MS	5000
#define COOKIE		0x5350000000000000ull

struct span {
	struct kms kms;
	struct kms_pipe pipes[KMS_MAX_PIPES];
	struct { uint32_t x, y; } at[KMS_MAX_PIPES];
	int n;
	uint32_t width, height;
	struct kms_buf bufs[2];
	uint32_t *model[2];		/* what each buffer holds, row after row */
};

/* Side by side or, with @column, one below the other. */
static void lay_out(struct span *s, bool column)
{
	uint32_t x = 0, y = 0;
	int i;

	for (i = 0; i < s->n; i++) {
		uint32_t w = s->pipes[i].mode.hdisplay, h = s->pipes[i].mode.vdisplay;

		s->at[i].x = x;
		s->at[i].y = y;
		if (x + w > s->width)
			s->width = x + w;
		if (y + h > s->height)
			s->height = y + h;
		if (column)
			y += h;
		else
			x += w;
	}
	s->width += MARGIN;
	s->height += MARGIN;
}

/* Rows of the model to the buffer. */
static void copy_rows(struct span *s, int which, uint32_t first, uint32_t end)
{
	struct kms_buf *buf = &s->bufs[which];
	uint32_t y;

	for (y = first; y < end; y++)
		memcpy(buf->map + (size_t)y * buf->pitch, s->model[which] + (size_t)y * s->width,
		       s->width * sizeof(uint32_t));
}

/* A frame of its own colour where each connector looks, a pattern elsewhere. */
static void paint(struct span *s, int which)
{
	uint32_t x, y;
	int i;

	for (y = 0; y < s->height; y++)
		for (x = 0; x < s->width; x++)
			s->model[which][(size_t)y * s->width + x] =
				(x * 0x050301 + y * 0x010702 + which * 0x400000) & 0xffffff;
	for (i = 0; i < s->n; i++) {
		struct frame f = {
			.width = s->pipes[i].mode.hdisplay, .height = s->pipes[i].mode.vdisplay,
			.pipe = s->pipes[i].index, .buffer = which, .number = i + 1,
		};

		for (y = 0; y < (uint32_t)f.height; y++)
			frame_row(&f, y, s->model[which] +
				  (size_t)(s->at[i].y + y) * s->width + s->at[i].x);
	}
	copy_rows(s, which, 0, s->height);
}

/* Show a buffer, everything moved by @dx, @dy. */
static int show(struct span *s, int which, uint32_t dx, uint32_t dy)
{
	struct kms *k = &s->kms;
	struct kms_req r;
	int i, ret = 0;

	if (!k->atomic) {
		for (i = 0; !ret && i < s->n; i++) {
			struct kms_pipe *p = &s->pipes[i];
			struct drm_mode_crtc c = {
				.crtc_id = p->crtc->id, .fb_id = s->bufs[which].fb,
				.x = s->at[i].x + dx, .y = s->at[i].y + dy,
				.set_connectors_ptr = (uintptr_t)&p->con->id,
				.count_connectors = 1, .mode = p->mode, .mode_valid = 1,
			};

			ret = kms_ioctl(k->fd, DRM_IOCTL_MODE_SETCRTC, &c);
		}
		return ret;
	}
	kms_req_init(&r);
	for (i = 0; i < s->n; i++) {
		struct kms_pipe *p = &s->pipes[i];

		kms_req_show(&r, p, &s->bufs[which]);
		/* of two values for a property the later one counts */
		kms_req_add(&r, p->plane->id, &p->plane->props, "SRC_X",
			    (uint64_t)(s->at[i].x + dx) << 16);
		kms_req_add(&r, p->plane->id, &p->plane->props, "SRC_Y",
			    (uint64_t)(s->at[i].y + dy) << 16);
	}
	ret = kms_req_commit(k, &r, DRM_MODE_ATOMIC_ALLOW_MODESET, 0);
	kms_req_free(k, &r);
	return ret;
}

/*
 * Planes that begin left of and above their CRTCs, by @dx, @dy, and end with them; or that
 * lie to the right of them, with nothing to be seen.
 */
static int place(struct span *s, int which, uint32_t dx, uint32_t dy, bool outside, uint32_t flags)
{
	struct kms_req r;
	int i, ret;

	kms_req_init(&r);
	for (i = 0; i < s->n; i++) {
		struct kms_pipe *p = &s->pipes[i];
		const struct kms_props *props = &p->plane->props;
		uint32_t w = p->mode.hdisplay + dx, h = p->mode.vdisplay + dy;

		kms_req_show(&r, p, &s->bufs[which]);
		kms_req_add(&r, p->plane->id, props, "SRC_X", (uint64_t)s->at[i].x << 16);
		kms_req_add(&r, p->plane->id, props, "SRC_Y", (uint64_t)s->at[i].y << 16);
		kms_req_add(&r, p->plane->id, props, "SRC_W", (uint64_t)w << 16);
		kms_req_add(&r, p->plane->id, props, "SRC_H", (uint64_t)h << 16);
		kms_req_add(&r, p->plane->id, props, "CRTC_X",
			    outside ? p->mode.hdisplay + dx : -(uint64_t)dx);
		kms_req_add(&r, p->plane->id, props, "CRTC_Y", outside ? 0 : -(uint64_t)dy);
		kms_req_add(&r, p->plane->id, props, "CRTC_W", w);
		kms_req_add(&r, p->plane->id, props, "CRTC_H", h);
	}
	ret = kms_req_commit(&s->kms, &r, flags, 0);
	kms_req_free(&s->kms, &r);
	return ret;
}

/* A flip on each CRTC; where they look stays as it is. */
static int flip(struct span *s, int which)
{
	uint32_t waiting = 0;
	int i, ret;

	for (i = 0; i < s->n; i++) {
		ret = kms_flip(&s->pipes[i], &s->bufs[which], COOKIE + i);
		if (ret)
			return rep_fail("flip", ret, "%s", s->pipes[i].con->name);
		waiting |= 1u << i;
	}
	while (waiting) {
		struct kms_event ev;

		ret = kms_event(&s->kms, FLIP_TIMEOUT_MS, &ev);
		if (ret <= 0)
			return rep_fail("event", ret ? ret : ETIMEDOUT, NULL);
		if (ev.user_data - COOKIE >= (uint64_t)s->n ||
		    !(waiting & 1u << (ev.user_data - COOKIE)))
			return rep_fail("event", 0, "unknown user data %016llx",
					(unsigned long long)ev.user_data);
		waiting &= ~(1u << (ev.user_data - COOKIE));
	}
	return 0;
}

/* A bar through all that is shown, drawn into the shown buffer. */
static int dirty(struct span *s, int which)
{
	struct drm_clip_rect clip = { .x1 = 3, .x2 = s->width - MARGIN - 3 };
	struct drm_mode_fb_dirty_cmd d = {
		.fb_id = s->bufs[which].fb, .num_clips = 1, .clips_ptr = (uintptr_t)&clip,
	};
	uint32_t x, y;
	int ret;

	clip.y1 = 5;
	clip.y2 = s->height - MARGIN - 5;
	for (y = clip.y1; y < clip.y2; y++)
		for (x = clip.x1; x < clip.x2; x++)
			s->model[which][(size_t)y * s->width + x] ^= (x + y) % 9 ? 0 : 0x3f7fff;
	copy_rows(s, which, clip.y1, clip.y2);
	ret = kms_ioctl(s->kms.fd, DRM_IOCTL_MODE_DIRTYFB, &d);
	return ret ? rep_fail("dirty", ret, NULL) : 0;
}

static void report(struct span *s, const char *stage, int which, uint32_t dx, uint32_t dy)
{
	int i;

	for (i = 0; i < s->n; i++) {
		uint32_t x = s->at[i].x + dx, y = s->at[i].y + dy, row;
		struct kms_pipe *p = &s->pipes[i];
		uint64_t hash = HASH_START;

		for (row = 0; row < p->mode.vdisplay; row++)
			hash = hash_row(hash, s->model[which] + (size_t)(y + row) * s->width + x,
					p->mode.hdisplay);
		rep_begin("span");
		rep_str("stage", stage);
		rep_str("connector", p->con->name);
		rep_uint("index", p->index);
		rep_str("api", s->kms.atomic ? "atomic" : "legacy");
		rep_uint("x", x);
		rep_uint("y", y);
		rep_uint("width", p->mode.hdisplay);
		rep_uint("height", p->mode.vdisplay);
		rep_hex64("hash", hash);
		rep_end();
	}
}

/* Stages, each until the next line on stdin if --hold-stdin says so. */
static int stages(struct client *cl, struct span *s)
{
	int i, ret = show(s, 0, 0, 0);

	if (ret == -EINVAL) {
		rep_skip("span", "the driver refuses to show a part of a framebuffer");
		return XDF_SKIP;
	}
	if (ret)
		return rep_fail("modeset", ret, NULL);
	report(s, "show", 0, 0, 0);
	if (!client_step(cl, "show"))
		return 0;

	ret = flip(s, 1);
	if (ret)
		return ret;
	report(s, "flip", 1, 0, 0);
	if (!client_step(cl, "flip"))
		return 0;

	ret = dirty(s, 1);
	if (ret)
		return ret;
	report(s, "dirty", 1, 0, 0);
	if (!client_step(cl, "dirty"))
		return 0;

	ret = show(s, 1, PAN_X, PAN_Y);
	if (ret == -EINVAL) {
		rep_skip("pan", "the driver refuses a part that begins here");
		return 0;
	}
	if (ret)
		return rep_fail("pan", ret, NULL);
	report(s, "pan", 1, PAN_X, PAN_Y);
	if (!client_step(cl, "pan"))
		return 0;

	ret = flip(s, 0);
	if (ret)
		return ret;
	report(s, "pan-flip", 0, PAN_X, PAN_Y);
	if (!client_step(cl, "pan-flip") || !s->kms.atomic)
		return 0;

	/* the helpers of the kernel leave this one to the driver */
	ret = place(s, 1, PAN_X, PAN_Y, true, DRM_MODE_ATOMIC_TEST_ONLY |
		    DRM_MODE_ATOMIC_ALLOW_MODESET);
	if (ret != -EINVAL)
		return rep_fail("outside", ret, "planes beside their CRTCs");
	ret = place(s, 1, PAN_X, PAN_Y, false, DRM_MODE_ATOMIC_ALLOW_MODESET);
	if (ret)
		return rep_fail("left", ret, NULL);
	report(s, "left", 1, PAN_X, PAN_Y);
	if (!client_step(cl, "left"))
		return 0;

	for (i = 1; i <= PANS; i++) {
		ret = show(s, 0, PAN_X, i);
		if (ret)
			return rep_fail("pans", ret, "place %d", i);
	}
	report(s, "pans", 0, PAN_X, PANS);
	client_step(cl, "pans");
	return 0;
}

static int prepare(struct span *s)
{
	int i, ret;

	for (i = 0; i < 2; i++) {
		ret = kms_buf_create(&s->kms, s->width, s->height, DRM_FORMAT_XRGB8888, true,
				     &s->bufs[i]);
		if (ret)
			return rep_fail("buffer", ret, "%ux%u", s->width, s->height);
		s->model[i] = malloc((size_t)s->width * s->height * sizeof(uint32_t));
		if (!s->model[i])
			return rep_fail("memory", ENOMEM, NULL);
		paint(s, i);
	}
	return 0;
}

/**
 * cmd_span - one framebuffer over all connectors
 * @cl: command line
 *
 * Return: exit code.
 */
int cmd_span(struct client *cl)
{
	static struct span s;
	int i, ret, r;

	s.n = client_pipes(cl, &s.kms, s.pipes);
	if (s.n < 0)
		return -s.n;
	lay_out(&s, cl->column);
	if (s.width > s.kms.max_width || s.height > s.kms.max_height) {
		rep_skip("span", "all connectors together are larger than a framebuffer may be");
		ret = XDF_SKIP;
	} else {
		ret = prepare(&s);
		if (!ret)
			ret = stages(cl, &s);
	}
	for (i = 0; i < 2; i++) {
		r = kms_buf_destroy(&s.kms, &s.bufs[i]);
		if (r && !ret)
			ret = rep_fail("destroy", r, NULL);
		free(s.model[i]);
	}
	kms_close(&s.kms);
	return ret;
}
