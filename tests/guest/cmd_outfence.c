// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * xdf-client outfence: the fence of a commit, as compositors hand it to others; it may
 * be held longer than the card. With --hold-stdin each stage by a line: "shown" (the
 * fence is signalled), "closed" (the card's file), "asked" (the fence, for its state).
 * Other fences, one for each further flip, are asked nothing: they are only closed.
 */

#include <errno.h>
#include <linux/sync_file.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"

#define WAIT_MS	20000
#define FENCES	3

/* A flip with a fence in place of an event. */
static int flip(struct kms *k, struct kms_pipe *pipe, const struct kms_buf *buf, int *fence)
{
	int32_t fd = -1;
	struct kms_req r;
	int ret;

	kms_req_init(&r);
	kms_req_add(&r, pipe->plane->id, &pipe->plane->props, "FB_ID", buf->fb);
	kms_req_add(&r, pipe->crtc->id, &pipe->crtc->props, "OUT_FENCE_PTR", ptr64(&fd));
	ret = kms_req_commit(k, &r, DRM_MODE_ATOMIC_NONBLOCK, 0);
	kms_req_free(k, &r);
	*fence = fd;
	return ret;
}

/* Wait for it; whoever polls one has the kernel look for him when it is closed. */
static int wait_for(int fence)
{
	struct pollfd pfd = { .fd = fence, .events = POLLIN };
	int ret;

	do {
		ret = poll(&pfd, 1, WAIT_MS);
	} while (ret < 0 && errno == EINTR);
	return ret < 0 ? -errno : ret ? 0 : -ETIMEDOUT;
}

static int ask(int fence)
{
	struct sync_fence_info one = { 0 };
	struct sync_file_info info = { .num_fences = 1, .sync_fence_info = ptr64(&one) };
	int ret = kms_ioctl(fence, SYNC_IOC_FILE_INFO, &info);

	if (ret)
		return rep_fail("fence-info", ret, NULL);
	if (info.num_fences != 1 || info.status != 1)
		return rep_fail("fence-info", 0, "%u fences, status %d: 1 and 1 expected",
				info.num_fences, info.status);
	rep_begin("outfence");
	rep_str("driver", one.driver_name);
	rep_str("timeline", one.obj_name);
	rep_int("status", info.status);
	rep_end();
	return 0;
}

static int run(struct client *cl, struct kms *k, struct kms_pipe *pipe, struct kms_buf *bufs,
	       int *fences)
{
	int i, ret;

	for (i = 0; i < 2; i++) {
		ret = buf_create(k, &cl->spec, pipe->mode.hdisplay, pipe->mode.vdisplay, &bufs[i]);
		if (ret)
			return rep_fail("buffer", ret, "%s", pipe->con->name);
	}
	ret = kms_show(k, pipe, bufs, 1);
	if (ret)
		return rep_fail("modeset", ret, NULL);
	for (i = 0; i < FENCES; i++) {
		ret = flip(k, pipe, &bufs[(i + 1) % 2], &fences[i]);
		if (ret)
			return rep_fail("flip", ret, "%s: with a fence", pipe->con->name);
		if (fences[i] < 0)
			return rep_fail("flip", 0, "%s: no fence came of it", pipe->con->name);
		ret = wait_for(fences[i]);
		if (ret)
			return rep_fail("fence", ret, "%s", pipe->con->name);
	}
	return 0;
}

/**
 * cmd_outfence - keep fences of flips longer than the card
 * @cl: command line
 *
 * Return: exit code.
 */
int cmd_outfence(struct client *cl)
{
	struct kms_pipe pipes[KMS_MAX_PIPES];
	struct kms_buf bufs[2] = { 0 };
	int fences[FENCES], i, ret;
	struct kms k;

	for (i = 0; i < FENCES; i++)
		fences[i] = -1;
	ret = client_pipes(cl, &k, pipes);
	if (ret < 0)
		return -ret;
	if (!k.atomic) {
		rep_skip("outfence", "only atomic commits have fences");
		kms_close(&k);
		return XDF_SKIP;
	}
	ret = run(cl, &k, &pipes[0], bufs, fences);
	if (!ret)
		client_step(cl, "shown");
	for (i = 0; i < 2; i++)
		kms_buf_destroy(&k, &bufs[i]);
	kms_close(&k);
	if (!ret && client_step(cl, "closed"))
		ret = ask(fences[0]);
	if (!ret)
		client_step(cl, "asked");
	for (i = 0; i < FENCES; i++)
		if (fences[i] >= 0)
			close(fences[i]);
	return ret;
}
