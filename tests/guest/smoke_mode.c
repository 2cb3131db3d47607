// SPDX-License-Identifier: GPL-2.0 OR MIT
/* xdf-client smoke: modes, atomic commits, vertical blanks. */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "smoke.h"

#define NO_OBJECT	0x7ffffff0u
#define EVENT_MS	5000

static int get_crtc(struct smoke *s, const struct kms_pipe *p, struct drm_mode_crtc *c)
{
	memset(c, 0, sizeof(*c));
	c->crtc_id = p->crtc->id;
	return kms_ioctl(s->kms.fd, DRM_IOCTL_MODE_GETCRTC, c);
}

/* A buffer of the pipe's size with a frame in it. */
static int frame_buf(struct smoke *s, struct kms_pipe *p, unsigned int which, struct kms_buf *buf)
{
	struct frame f = {
		.width = p->mode.hdisplay, .height = p->mode.vdisplay, .pipe = p->index,
		.buffer = which, .number = which,
	};
	int ret = kms_buf_create(&s->kms, f.width, f.height, DRM_FORMAT_XRGB8888, true, buf);

	return ret ? ret : paint_frame(&f, buf, 0, f.height);
}

static int flip_event(struct smoke *s, struct kms_pipe *p, struct kms_buf *buf, uint64_t cookie)
{
	struct kms_event ev;
	int ret = kms_flip(p, buf, cookie);

	if (ret)
		return ret;
	ret = kms_event(&s->kms, EVENT_MS, &ev);
	if (ret <= 0)
		return ret ? ret : -ETIMEDOUT;
	return ev.user_data == cookie ? 0 : -EPROTO;
}

static void bad_setcrtc(struct smoke *s, struct kms_pipe *p, struct kms_buf *buf)
{
	struct drm_mode_modeinfo bad = p->mode;
	uint32_t crtc = p->crtc->id, con = p->con->id;
	struct drm_mode_crtc c;
	struct kms_buf small;
	int ret;

	expect("setcrtc-crtc-unknown", kms_setcrtc(&s->kms, NO_OBJECT, buf->fb, con, &p->mode),
	       -ENOENT);
	expect("setcrtc-connector-unknown",
	       kms_setcrtc(&s->kms, crtc, buf->fb, NO_OBJECT, &p->mode), -ENOENT);
	expect("setcrtc-fb-unknown", kms_setcrtc(&s->kms, crtc, NO_OBJECT, con, &p->mode), -ENOENT);
	memset(&bad, 0, sizeof(bad));
	expect("setcrtc-mode-zero", kms_setcrtc(&s->kms, crtc, buf->fb, con, &bad), -EINVAL);
	bad = p->mode;
	bad.hsync_start = 0;
	bad.htotal = 1;
	expect("setcrtc-mode-garbage", kms_setcrtc(&s->kms, crtc, buf->fb, con, &bad), -EINVAL);
	/* 60 Hz by the 32 bit numbers, no line at all by the 16 bit ones */
	bad = p->mode;
	bad.htotal = 2048;
	bad.vtotal = 1024;
	bad.vscan = 64;
	bad.clock = 8053063;
	expect_refused("setcrtc-mode-vscan", kms_setcrtc(&s->kms, crtc, buf->fb, con, &bad));
	memset(&c, 0, sizeof(c));
	c.crtc_id = crtc;
	c.fb_id = buf->fb;
	c.mode = p->mode;
	c.mode_valid = 1;
	expect("setcrtc-no-connector", kms_ioctl(s->kms.fd, DRM_IOCTL_MODE_SETCRTC, &c), -EINVAL);

	ret = kms_buf_create(&s->kms, p->mode.hdisplay / 2, p->mode.vdisplay / 2,
			     DRM_FORMAT_XRGB8888, false, &small);
	if (!ret) {
		ret = kms_setcrtc(&s->kms, crtc, small.fb, con, &p->mode);
		rep_check("setcrtc-fb-smaller-than-mode", ret == -ENOSPC || ret == -EINVAL, ret);
		kms_buf_destroy(&s->kms, &small);
	}
}

/**
 * smoke_mode - SETCRTC, removal of what is shown, flips where there is no picture
 * @s: the run
 */
void smoke_mode(struct smoke *s)
{
	struct kms_pipe *p = &s->pipes[0];
	bool atomic = s->kms.atomic;
	struct drm_mode_crtc c;
	struct kms_buf a, b;
	int ret;

	ret = frame_buf(s, p, 0, &a);
	if (!ret)
		ret = frame_buf(s, p, 1, &b);
	expect("mode-setup", ret, 0);
	if (ret)
		return;
	bad_setcrtc(s, p, &a);

	ret = kms_setcrtc(&s->kms, p->crtc->id, a.fb, p->con->id, &p->mode);
	expect("setcrtc", ret, 0);
	ret = get_crtc(s, p, &c);
	rep_check("getcrtc", !ret && c.mode_valid && c.fb_id == a.fb &&
		  c.mode.hdisplay == p->mode.hdisplay && c.mode.vdisplay == p->mode.vdisplay, ret);
	expect("setcrtc-same-again", kms_setcrtc(&s->kms, p->crtc->id, a.fb, p->con->id, &p->mode),
	       0);
	expect("setcrtc-other-fb", kms_setcrtc(&s->kms, p->crtc->id, b.fb, p->con->id, &p->mode),
	       0);

	/* both interfaces in turn: nothing of one may confuse the other */
	s->kms.atomic = false;
	expect("flip-legacy", flip_event(s, p, &a, 0x1001), 0);
	s->kms.atomic = atomic;
	if (atomic)
		expect("flip-atomic", flip_event(s, p, &b, 0x1002), 0);
	expect("flip-same-fb", flip_event(s, p, &b, 0x1003), 0);
	expect("setcrtc-off", kms_setcrtc(&s->kms, p->crtc->id, 0, 0, NULL), 0);
	ret = get_crtc(s, p, &c);
	rep_check("getcrtc-off", !ret && !c.mode_valid, ret);

	/* flips on a CRTC that is off */
	s->kms.atomic = false;
	expect_refused("flip-legacy-off", kms_flip(p, &a, 0x1004));
	s->kms.atomic = atomic;
	if (atomic)
		expect_refused("flip-atomic-off", kms_flip(p, &a, 0x1005));

	/* the picture that is shown is removed: off, or on without it, but not broken */
	ret = kms_show(&s->kms, p, &a, 1);
	expect("show-before-rmfb", ret, 0);
	expect("rmfb-active", kms_rmfb(s->kms.fd, a.fb), 0);
	a.fb = 0;
	ret = get_crtc(s, p, &c);
	rep_check("rmfb-active-gone", !ret && !c.fb_id, ret);
	expect("show-after-rmfb", kms_show(&s->kms, p, &b, 1), 0);
	expect("flip-after-rmfb", flip_event(s, p, &b, 0x1006), 0);
	expect("handle-of-active", kms_dumb_destroy(s->kms.fd, b.handle), 0);
	b.handle = 0;
	expect("flip-without-handle", flip_event(s, p, &b, 0x1007), 0);
	kms_buf_destroy(&s->kms, &a);
	kms_buf_destroy(&s->kms, &b);
}

/* Commit "show @buf on @p" after changing one property of it. */
static int show_but(struct smoke *s, struct kms_pipe *p, struct kms_buf *buf, uint32_t obj,
		    const struct kms_props *props, const char *name, uint64_t value, uint32_t flags)
{
	struct kms_req r;
	int ret;

	kms_req_init(&r);
	kms_req_show(&r, p, buf);
	if (name)
		kms_req_add(&r, obj, props, name, value);
	ret = kms_req_commit(&s->kms, &r, flags, 0);
	kms_req_free(&s->kms, &r);
	return ret;
}

/* A plane of which nothing is shown, which DRM takes where the CRTC is off. */
static int show_nothing(struct smoke *s, struct kms_pipe *p, struct kms_buf *buf, uint32_t flags)
{
	const struct kms_props *props = &p->plane->props;
	uint32_t id = p->plane->id;
	struct kms_req r;
	int ret;

	kms_req_init(&r);
	kms_req_off(&r, p);
	kms_req_add(&r, id, props, "FB_ID", buf->fb);
	kms_req_add(&r, id, props, "CRTC_ID", p->crtc->id);
	kms_req_add(&r, id, props, "SRC_X", 0);
	kms_req_add(&r, id, props, "SRC_Y", (uint64_t)buf->height << 16);
	kms_req_add(&r, id, props, "SRC_W", 0);
	kms_req_add(&r, id, props, "SRC_H", 0);
	kms_req_add(&r, id, props, "CRTC_X", 0);
	kms_req_add(&r, id, props, "CRTC_Y", 0);
	kms_req_add(&r, id, props, "CRTC_W", 0);
	kms_req_add(&r, id, props, "CRTC_H", 0);
	ret = kms_req_commit(&s->kms, &r, flags, 0);
	kms_req_free(&s->kms, &r);
	return ret;
}

static void bad_commits(struct smoke *s, struct kms_pipe *p, struct kms_buf *buf)
{
	const uint32_t test = DRM_MODE_ATOMIC_TEST_ONLY | DRM_MODE_ATOMIC_ALLOW_MODESET;
	const struct kms_props *plane = &p->plane->props, *crtc = &p->crtc->props;
	uint32_t pid = p->plane->id, cid = p->crtc->id;
	uint64_t w = p->mode.hdisplay;
	struct kms_req r;

	expect_refused("atomic-source-too-wide",
		       show_but(s, p, buf, pid, plane, "SRC_W", (w + 1) << 16, test));
	expect_refused("atomic-source-beyond",
		       show_but(s, p, buf, pid, plane, "SRC_X", 1 << 16, test));
	expect_refused("atomic-mode-blob-unknown",
		       show_but(s, p, buf, cid, crtc, "MODE_ID", NO_OBJECT, test));
	expect_refused("atomic-fb-unknown",
		       show_but(s, p, buf, pid, plane, "FB_ID", NO_OBJECT, test));
	expect_refused("atomic-crtc-unknown",
		       show_but(s, p, buf, pid, plane, "CRTC_ID", NO_OBJECT, test));
	expect_refused("atomic-fb-is-a-crtc", show_but(s, p, buf, pid, plane, "FB_ID", cid, test));
	expect_refused("atomic-shows-nothing", show_nothing(s, p, buf, test));
	expect_refused("atomic-active-2", show_but(s, p, buf, cid, crtc, "ACTIVE", 2, test));
	expect_refused("atomic-active-without-mode",
		       show_but(s, p, buf, cid, crtc, "MODE_ID", 0, test));
	expect_refused("atomic-plane-without-crtc",
		       show_but(s, p, buf, pid, plane, "CRTC_ID", 0, test));
	expect("atomic-flags-unknown",
	       show_but(s, p, buf, 0, NULL, NULL, 0, test | 0x80000000), -EINVAL);
	expect("atomic-test-with-event",
	       show_but(s, p, buf, 0, NULL, NULL, 0, test | DRM_MODE_PAGE_FLIP_EVENT), -EINVAL);

	kms_req_init(&r);
	expect("atomic-empty", kms_req_commit(&s->kms, &r, 0, 0), 0);
	kms_req_add(&r, NO_OBJECT, crtc, "ACTIVE", 1);
	expect("atomic-object-unknown", kms_req_commit(&s->kms, &r, 0, 0), -ENOENT);
	kms_req_free(&s->kms, &r);
}

static void test_each_format(struct smoke *s, struct kms_pipe *p)
{
	const uint32_t test = DRM_MODE_ATOMIC_TEST_ONLY | DRM_MODE_ATOMIC_ALLOW_MODESET;
	unsigned int i;

	for (i = 0; i < p->plane->nformats; i++) {
		struct kms_buf buf;
		char name[32], fourcc[5];
		int ret = kms_buf_create(&s->kms, p->mode.hdisplay, p->mode.vdisplay,
					 p->plane->formats[i], false, &buf);

		if (ret)
			continue;	/* smoke_fb() has told */
		snprintf(name, sizeof(name), "atomic-format-%s",
			 fourcc_name(p->plane->formats[i], fourcc));
		expect(name, show_but(s, p, &buf, 0, NULL, NULL, 0, test), 0);
		kms_buf_destroy(&s->kms, &buf);
	}
}

static void report_damage(struct smoke *s, struct kms_pipe *p, struct kms_buf *buf)
{
	const struct kms_prop *clips = kms_prop(&p->plane->props, "FB_DAMAGE_CLIPS");
	struct drm_mode_rect rect[2] = {
		{ 8, 8, 24, 24 }, { 0, 0, (int)buf->width, (int)buf->height },
	};
	struct drm_mode_create_blob blob = { .data = (uintptr_t)rect, .length = sizeof(rect) };
	struct drm_mode_fb_dirty_cmd dirty = { .fb_id = buf->fb };
	struct drm_clip_rect clip = { .x1 = 8, .y1 = 8, .x2 = 24, .y2 = 24 };
	struct kms_req r;
	int i, ret = 0;

	for (i = 0; i < 20 && !ret; i++) {
		dirty.num_clips = 1;
		dirty.clips_ptr = (uintptr_t)&clip;
		ret = kms_ioctl(s->kms.fd, DRM_IOCTL_MODE_DIRTYFB, &dirty);
	}
	expect_either("dirty-shown", ret, 0, -ENOSYS);
	if (!clips) {
		rep_skip("damage", "the plane has no FB_DAMAGE_CLIPS");
		return;
	}
	ret = kms_ioctl(s->kms.fd, DRM_IOCTL_MODE_CREATEPROPBLOB, &blob);
	if (ret)
		return;
	kms_req_init(&r);
	kms_req_add(&r, p->plane->id, &p->plane->props, "FB_ID", buf->fb);
	kms_req_add(&r, p->plane->id, &p->plane->props, "FB_DAMAGE_CLIPS", blob.blob_id);
	expect("atomic-damage", kms_req_commit(&s->kms, &r, 0, 0), 0);
	kms_req_free(&s->kms, &r);
	r.blobs[r.nblobs++] = blob.blob_id;
	kms_req_free(&s->kms, &r);
}

/**
 * smoke_atomic - TEST_ONLY commits, bad commits, damage
 * @s: the run
 */
void smoke_atomic(struct smoke *s)
{
	const uint32_t test = DRM_MODE_ATOMIC_TEST_ONLY | DRM_MODE_ATOMIC_ALLOW_MODESET;
	struct kms_pipe *p = &s->pipes[0];
	struct drm_mode_crtc before, after;
	struct kms_buf a, b;
	struct kms_req r;
	int ret, i;

	if (!s->kms.atomic) {
		rep_skip("atomic", "no atomic interface, or --legacy");
		return;
	}
	ret = frame_buf(s, p, 0, &a);
	if (!ret)
		ret = frame_buf(s, p, 1, &b);
	if (!ret)
		ret = kms_show(&s->kms, p, &a, 1);
	expect("atomic-show", ret, 0);
	if (ret)
		return;

	get_crtc(s, p, &before);
	expect("atomic-test-show", show_but(s, p, &b, 0, NULL, NULL, 0, test), 0);
	kms_req_init(&r);
	kms_req_off(&r, p);
	expect("atomic-test-off", kms_req_commit(&s->kms, &r, test, 0), 0);
	expect("atomic-off-without-allow", kms_req_commit(&s->kms, &r, 0, 0), -EINVAL);
	kms_req_free(&s->kms, &r);
	bad_commits(s, p, &b);
	test_each_format(s, p);
	get_crtc(s, p, &after);
	rep_check("atomic-test-changes-nothing", !memcmp(&before, &after, sizeof(before)), 0);

	report_damage(s, p, &a);
	/* modes without ALLOW_MODESET when nothing changes: fine */
	expect("atomic-show-same-mode", show_but(s, p, &b, 0, NULL, NULL, 0, 0), 0);
	for (i = 0, ret = 0; i < 30 && !ret; i++)
		ret = show_but(s, p, i & 1 ? &a : &b, 0, NULL, NULL, 0, 0);
	expect("atomic-blocking-commits", ret, 0);
	expect("atomic-flip-event", flip_event(s, p, &a, 0x2001), 0);
	expect("atomic-off", kms_off(&s->kms, p, 1), 0);
	expect("atomic-on", kms_show(&s->kms, p, &b, 1), 0);
	kms_buf_destroy(&s->kms, &a);
	kms_buf_destroy(&s->kms, &b);
}

static void sequence_advances(struct smoke *s, struct kms_pipe *p)
{
	struct drm_crtc_get_sequence a = { .crtc_id = p->crtc->id }, b = a;
	struct drm_crtc_queue_sequence q = {
		.crtc_id = p->crtc->id, .flags = DRM_CRTC_SEQUENCE_RELATIVE, .sequence = 2,
		.user_data = 0x3001,
	};
	unsigned int mhz = mode_refresh(&p->mode);
	struct kms_event ev = { 0 };
	double want, got;
	int ret;

	/* a second of it, in which nobody waits for a blank */
	kms_ioctl(s->kms.fd, DRM_IOCTL_CRTC_GET_SEQUENCE, &a);
	poll(NULL, 0, 1000);
	ret = kms_ioctl(s->kms.fd, DRM_IOCTL_CRTC_GET_SEQUENCE, &b);
	got = (double)(b.sequence - a.sequence);
	want = (b.sequence_ns - a.sequence_ns) / 1e9 * mhz / 1000;
	rep_begin("sequence");
	rep_real("counted", got);
	rep_real("expected", want);
	rep_bool("active", b.active);
	rep_end();
	rep_check("vblank-count-matches-time",
		  !ret && got >= 30 && got > want - 2 && got < want + 2, ret);

	ret = kms_ioctl(s->kms.fd, DRM_IOCTL_CRTC_QUEUE_SEQUENCE, &q);
	expect("vblank-queue-sequence", ret, 0);
	if (ret)
		return;
	ret = kms_event(&s->kms, EVENT_MS, &ev);
	rep_check("vblank-sequence-event", ret == 1 && ev.type == DRM_EVENT_CRTC_SEQUENCE &&
		  ev.user_data == 0x3001, ret < 0 ? ret : 0);
	rep_check("vblank-sequence-number", ev.sequence >= (uint32_t)b.sequence + 1, 0);
}

static int wait_vblank(struct smoke *s, struct kms_pipe *p, unsigned int type, unsigned int seq,
		       union drm_wait_vblank *v)
{
	unsigned int pipe = p->crtc->index;

	memset(v, 0, sizeof(*v));
	v->request.type = type;
	if (pipe == 1)
		v->request.type |= _DRM_VBLANK_SECONDARY;
	else if (pipe)
		v->request.type |= pipe << _DRM_VBLANK_HIGH_CRTC_SHIFT;
	v->request.sequence = seq;
	return kms_ioctl(s->kms.fd, DRM_IOCTL_WAIT_VBLANK, v);
}

/**
 * smoke_vblank - the ioctls about vertical blanks
 * @s: the run
 */
void smoke_vblank(struct smoke *s)
{
	struct kms_pipe *p = &s->pipes[0];
	uint64_t period, t;
	union drm_wait_vblank v;
	struct kms_event ev;
	struct kms_buf buf;
	bool vblank;
	int ret, err, first;

	ret = frame_buf(s, p, 0, &buf);
	if (!ret)
		ret = kms_show(&s->kms, p, &buf, 1);
	expect("vblank-setup", ret, 0);
	if (ret)
		return;
	vblank = kms_has_vblank(&s->kms, p->crtc, &err);
	first = wait_vblank(s, p, _DRM_VBLANK_RELATIVE, 0, &v);
	rep_begin("vblank");
	rep_bool("vblank", vblank);
	rep_errno("get_sequence", err);
	rep_errno("wait_vblank", first);
	rep_end();
	rep_check("vblank-interfaces-agree", vblank == !first, first);
	if (!vblank)
		goto out;

	period = 1000000000ull / (mode_refresh(&p->mode) ? mode_refresh(&p->mode) : 60000);
	sequence_advances(s, p);
	t = now_us();
	ret = wait_vblank(s, p, _DRM_VBLANK_RELATIVE, 10, &v);
	t = now_us() - t;
	expect("vblank-wait-10", ret, 0);
	rep_check("vblank-wait-10-takes-10-frames", t > period * 8 && t < period * 20 + 100000, 0);
	ret = wait_vblank(s, p, _DRM_VBLANK_RELATIVE | _DRM_VBLANK_EVENT, 1, &v);
	expect("vblank-event-queue", ret, 0);
	if (!ret) {
		ret = kms_event(&s->kms, EVENT_MS, &ev);
		rep_check("vblank-event", ret == 1 && ev.type == DRM_EVENT_VBLANK && ev.sequence &&
			  ev.time_us && ev.time_us <= now_us(), ret < 0 ? ret : 0);
	}
	expect("vblank-off", kms_off(&s->kms, p, 1), 0);
	expect_refused("vblank-wait-when-off", wait_vblank(s, p, _DRM_VBLANK_RELATIVE, 1, &v));
	expect("vblank-on", kms_show(&s->kms, p, &buf, 1), 0);
	expect("vblank-wait-when-on", wait_vblank(s, p, _DRM_VBLANK_RELATIVE, 1, &v), 0);
out:
	kms_buf_destroy(&s->kms, &buf);
}
