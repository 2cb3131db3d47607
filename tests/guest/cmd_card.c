// SPDX-License-Identifier: GPL-2.0 OR MIT
/* xdf-client card: a test card on every connector. */

#include <errno.h>

#include "client.h"

#define FLIP_TIMEOUT_MS	5000

/* since Linux 6.8: give the framebuffer up without taking it off the screen */
#ifndef DRM_IOCTL_MODE_CLOSEFB
struct drm_mode_closefb {
	__u32 fb_id;
	__u32 pad;
};

#define DRM_IOCTL_MODE_CLOSEFB	DRM_IOWR(0xD0, struct drm_mode_closefb)
#endif

static void leave_picture(struct kms *k, const struct kms_pipe *pipe, struct kms_buf *buf)
{
	struct drm_mode_closefb c = { .fb_id = buf->fb };
	int ret = kms_ioctl(k->fd, DRM_IOCTL_MODE_CLOSEFB, &c);

	rep_begin("keep");
	rep_str("connector", pipe->con->name);
	rep_bool("ok", !ret);
	rep_errno("result", ret);
	rep_end();
}

/* A card for a connector, in its own buffer. */
static int make_card(struct client *cl, struct kms_pipe *pipe, struct kms_buf *buf, uint64_t *hash)
{
	int ret = buf_create(pipe->kms, &cl->spec, pipe->mode.hdisplay, pipe->mode.vdisplay, buf);

	if (ret)
		return rep_fail("buffer", ret, "%s %ux%u, %s", pipe->con->name, pipe->mode.hdisplay,
				pipe->mode.vdisplay, buf_kind_name(cl->spec.kind));
	ret = paint_card(cl, pipe, buf, hash);
	if (ret)
		return rep_fail("paint", ret, NULL);
	return check_buf("readback", buf, *hash);
}

/* Cards in another format, which are flipped to. */
static int flip_to_cards(struct client *cl, struct kms *k, struct kms_pipe *pipes,
			 struct kms_buf *bufs, uint64_t *hash, int n)
{
	struct kms_event ev;
	int i, ret;

	cl->spec.fourcc = cl->then;
	for (i = 0; i < n; i++) {
		ret = make_card(cl, &pipes[i], &bufs[i], &hash[i]);
		if (ret)
			return ret;
	}
	for (i = 0; i < n; i++) {
		ret = kms_flip(&pipes[i], &bufs[i], i);
		if (ret)
			return rep_fail("flip", ret, "%s", pipes[i].con->name);
	}
	for (i = 0; i < n; i++) {
		ret = kms_event(k, FLIP_TIMEOUT_MS, &ev);
		if (ret <= 0)
			return rep_fail("event", ret ? ret : ETIMEDOUT, NULL);
	}
	for (i = 0; i < n; i++) {
		report_picture("then", &pipes[i], &bufs[i], hash[i]);
		rep_end();
	}
	return 0;
}

/**
 * cmd_card - draw and show the test card
 * @cl: command line
 *
 * Return: exit code.
 */
int cmd_card(struct client *cl)
{
	struct kms_pipe pipes[KMS_MAX_PIPES];
	struct kms_buf bufs[KMS_MAX_PIPES] = { 0 }, then[KMS_MAX_PIPES] = { 0 };
	uint64_t hash[KMS_MAX_PIPES], start, shown;
	struct kms k;
	int n = buf_kind_check(cl->spec.kind), i, ret = 0;

	if (n)
		return n;
	n = client_pipes(cl, &k, pipes);
	if (n < 0)
		return -n;
	for (i = 0; i < n; i++) {
		ret = make_card(cl, &pipes[i], &bufs[i], &hash[i]);
		if (ret)
			goto out;
	}

	start = now_us();
	ret = kms_show(&k, pipes, bufs, n);
	shown = now_us();
	if (ret) {
		ret = rep_fail("modeset", ret, "%d connectors, %s", n,
			       k.atomic ? "atomic" : "legacy");
		goto out;
	}
	for (i = 0; i < n; i++) {
		report_picture("card", &pipes[i], &bufs[i], hash[i]);
		rep_uint("refresh_mhz", mode_refresh(&pipes[i].mode));
		rep_str("api", k.atomic ? "atomic" : "legacy");
		rep_str("buffer", buf_kind_name(cl->spec.kind));
		rep_uint("offset", bufs[i].offset);
		rep_real("modeset_ms", (shown - start) / 1000.0);
		rep_end();
	}
	if (!cl->then) {
		client_hold(cl);
	} else if (client_step(cl, "card")) {
		ret = flip_to_cards(cl, &k, pipes, then, hash, n);
		if (ret)
			goto out;
		client_hold(cl);
	}
	for (i = 0; i < n; i++)
		check_buf("after-hold", then[i].fb ? &then[i] : &bufs[i], hash[i]);
	if (cl->keep)
		for (i = 0; i < n; i++)
			leave_picture(&k, &pipes[i], &bufs[i]);
	/* the picture stays until the last file is closed */
	kms_close(&k);
	return XDF_OK;

out:
	for (i = 0; i < n; i++) {
		kms_buf_destroy(&k, &then[i]);
		kms_buf_destroy(&k, &bufs[i]);
	}
	kms_close(&k);
	return ret;
}
