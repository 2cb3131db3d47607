// SPDX-License-Identifier: GPL-2.0 OR MIT
/* xdf-client formats: which layouts ADDFB2 takes. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "smoke.h"

#define WIDTH	320u
#define HEIGHT	240u

/* All with one plane, so that nothing but the format is wrong with them. */
static const struct {
	uint32_t fourcc, bpp;
} others[] = {
	{ DRM_FORMAT_C8, 8 }, { DRM_FORMAT_R8, 8 }, { DRM_FORMAT_RGB332, 8 },
	{ DRM_FORMAT_BGR233, 8 }, { DRM_FORMAT_R16, 16 }, { DRM_FORMAT_RG88, 16 },
	{ DRM_FORMAT_XRGB4444, 16 }, { DRM_FORMAT_ARGB4444, 16 }, { DRM_FORMAT_RGBX4444, 16 },
	{ DRM_FORMAT_XRGB1555, 16 }, { DRM_FORMAT_ARGB1555, 16 }, { DRM_FORMAT_BGRA5551, 16 },
	{ DRM_FORMAT_RGB565, 16 }, { DRM_FORMAT_BGR565, 16 }, { DRM_FORMAT_YUYV, 16 },
	{ DRM_FORMAT_UYVY, 16 }, { DRM_FORMAT_RGB888, 24 }, { DRM_FORMAT_BGR888, 24 },
	{ DRM_FORMAT_XRGB8888, 32 }, { DRM_FORMAT_ARGB8888, 32 }, { DRM_FORMAT_XBGR8888, 32 },
	{ DRM_FORMAT_ABGR8888, 32 }, { DRM_FORMAT_RGBX8888, 32 }, { DRM_FORMAT_RGBA8888, 32 },
	{ DRM_FORMAT_BGRX8888, 32 }, { DRM_FORMAT_BGRA8888, 32 },
	{ DRM_FORMAT_XRGB2101010, 32 }, { DRM_FORMAT_ARGB2101010, 32 },
	{ DRM_FORMAT_XBGR2101010, 32 }, { DRM_FORMAT_ABGR2101010, 32 },
	{ DRM_FORMAT_RGBX1010102, 32 }, { DRM_FORMAT_BGRA1010102, 32 },
	{ DRM_FORMAT_AYUV, 32 }, { DRM_FORMAT_XRGB16161616F, 64 },
	{ DRM_FORMAT_ABGR16161616F, 64 },
};

static const uint64_t modifiers[] = {
	I915_FORMAT_MOD_X_TILED, I915_FORMAT_MOD_Y_TILED, DRM_FORMAT_MOD_ARM_AFBC(1),
	DRM_FORMAT_MOD_NVIDIA_BLOCK_LINEAR_2D(0, 0, 0, 0, 0), DRM_FORMAT_MOD_SAMSUNG_64_32_TILE,
	DRM_FORMAT_MOD_INVALID,
};

static uint32_t pitch_of(uint32_t bpp)
{
	return (WIDTH * bpp + 31) / 32 * 4;
}

static int try_fb(struct smoke *s, uint32_t handle, uint32_t fourcc, uint32_t pitch)
{
	uint32_t fb;
	int ret = kms_addfb(s->kms.fd, WIDTH, HEIGHT, fourcc, handle, pitch, 0, &fb);

	return ret ? ret : kms_rmfb(s->kms.fd, fb);
}

static void each_format(struct smoke *s, uint32_t handle)
{
	const struct kms_plane *plane = s->pipes[0].plane;
	char name[32], fourcc[5];
	unsigned int listed = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(others); i++) {
		bool taken = kms_plane_has(plane, others[i].fourcc);

		listed += taken;
		snprintf(name, sizeof(name), "format-%s-%s", taken ? "listed" : "other",
			 fourcc_name(others[i].fourcc, fourcc));
		expect(name, try_fb(s, handle, others[i].fourcc, pitch_of(others[i].bpp)),
		       taken ? 0 : -EINVAL);
	}
	rep_check("format-all-known", listed == plane->nformats, 0);
	expect("format-none", try_fb(s, handle, 0, pitch_of(32)), -EINVAL);
	expect("format-unknown",
	       try_fb(s, handle, fourcc_code('Z', 'Z', 'Z', '9'), pitch_of(32)), -EINVAL);
	expect("format-big-endian",
	       try_fb(s, handle, DRM_FORMAT_XRGB8888 | DRM_FORMAT_BIG_ENDIAN, pitch_of(32)),
	       -EINVAL);
}

/* The protocol has no pitch: the backend takes whole words for @WIDTH or more pixels. */
static void each_pitch(struct smoke *s, uint32_t handle)
{
	const struct kms_plane *plane = s->pipes[0].plane;
	char name[40], fourcc[5];
	unsigned int i, more;

	for (i = 0; i < plane->nformats; i++) {
		uint32_t f = plane->formats[i], pitch = pitch_of(fourcc_bpp(f));

		fourcc_name(f, fourcc);
		for (more = 1; more <= 3; more++) {
			snprintf(name, sizeof(name), "pitch-%s-plus-%u", fourcc, more);
			expect(name, try_fb(s, handle, f, pitch + more), -EINVAL);
		}
		snprintf(name, sizeof(name), "pitch-%s-wider", fourcc);
		expect(name, try_fb(s, handle, f, pitch + 64), 0);
		snprintf(name, sizeof(name), "pitch-%s-short", fourcc);
		expect(name, try_fb(s, handle, f, pitch - 4), -EINVAL);
	}
}

static int with_modifier(struct smoke *s, uint32_t handle, uint32_t flags, uint64_t modifier)
{
	struct drm_mode_fb_cmd2 c = {
		.width = WIDTH, .height = HEIGHT, .pixel_format = DRM_FORMAT_XRGB8888,
		.handles = { handle }, .pitches = { pitch_of(32) }, .flags = flags,
		.modifier = { modifier },
	};
	int ret = kms_ioctl(s->kms.fd, DRM_IOCTL_MODE_ADDFB2, &c);

	return ret ? ret : kms_rmfb(s->kms.fd, c.fb_id);
}

static void each_modifier(struct smoke *s, uint32_t handle)
{
	char name[40];
	uint64_t cap;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(modifiers); i++) {
		snprintf(name, sizeof(name), "modifier-%016llx", (unsigned long long)modifiers[i]);
		expect(name, with_modifier(s, handle, DRM_MODE_FB_MODIFIERS, modifiers[i]),
		       -EINVAL);
	}
	expect("modifier-without-flag", with_modifier(s, handle, 0, modifiers[0]), -EINVAL);
	kms_cap(&s->kms, DRM_CAP_ADDFB2_MODIFIERS, &cap);
	expect("modifier-linear",
	       with_modifier(s, handle, DRM_MODE_FB_MODIFIERS, DRM_FORMAT_MOD_LINEAR),
	       cap ? 0 : -EINVAL);
}

/**
 * cmd_formats - ADDFB2 with good and bad formats, pitches and modifiers
 * @cl: command line
 *
 * What the plane lists must be taken, and nothing else.
 *
 * Return: exit code.
 */
int cmd_formats(struct client *cl)
{
	static struct smoke s;
	struct drm_mode_create_dumb d;
	int ret;

	s.cl = cl;
	s.n = client_pipes(cl, &s.kms, s.pipes);
	if (s.n < 0)
		return -s.n;
	/* large enough for 64 bits a pixel and longer lines */
	ret = kms_dumb_create(s.kms.fd, WIDTH * 2 + 64, HEIGHT, 32, &d);
	expect("formats-setup", ret, 0);
	if (!ret) {
		each_format(&s, d.handle);
		each_pitch(&s, d.handle);
		each_modifier(&s, d.handle);
		expect("formats-end", kms_dumb_destroy(s.kms.fd, d.handle), 0);
	}
	kms_close(&s.kms);
	return rep_failures() ? XDF_FAILED : XDF_OK;
}
