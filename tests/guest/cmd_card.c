// SPDX-License-Identifier: GPL-2.0 OR MIT
/* xdf-client card: a test card on every connector. */

#include "client.h"

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

/**
 * cmd_card - draw and show the test card
 * @cl: command line
 *
 * Return: exit code.
 */
int cmd_card(struct client *cl)
{
	struct kms_pipe pipes[KMS_MAX_PIPES];
	struct kms_buf bufs[KMS_MAX_PIPES] = { 0 };
	uint64_t hash[KMS_MAX_PIPES], start, shown;
	struct kms k;
	int n = buf_kind_check(cl->spec.kind), i, ret = 0;

	if (n)
		return n;
	n = client_pipes(cl, &k, pipes);
	if (n < 0)
		return -n;
	for (i = 0; i < n; i++) {
		ret = buf_create(&k, &cl->spec, pipes[i].mode.hdisplay, pipes[i].mode.vdisplay,
				 &bufs[i]);
		if (ret) {
			ret = rep_fail("buffer", ret, "%s %ux%u, %s", pipes[i].con->name,
				       pipes[i].mode.hdisplay, pipes[i].mode.vdisplay,
				       buf_kind_name(cl->spec.kind));
			goto out;
		}
		ret = paint_card(cl, &pipes[i], &bufs[i], &hash[i]);
		if (ret) {
			ret = rep_fail("paint", ret, NULL);
			goto out;
		}
		ret = check_buf("readback", &bufs[i], hash[i]);
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
	client_hold(cl);
	for (i = 0; i < n; i++)
		check_buf("after-hold", &bufs[i], hash[i]);
	if (cl->keep)
		for (i = 0; i < n; i++)
			leave_picture(&k, &pipes[i], &bufs[i]);
	/* the picture stays until the last file is closed */
	kms_close(&k);
	return XDF_OK;

out:
	for (i = 0; i < n; i++)
		kms_buf_destroy(&k, &bufs[i]);
	kms_close(&k);
	return ret;
}
