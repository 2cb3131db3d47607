// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: formats
 *
 * Which pixel formats a backend takes is not said anywhere. XRGB8888 is what all
 * of them take; of the others we learn by offering the backend a small
 * framebuffer of each at every connection.
 */
#include <linux/jiffies.h>
#include <linux/kernel.h>

#include <drm/drm_fourcc.h>

#include "xdf_buffer.h"
#include "xdf_device.h"
#include "xdf_formats.h"
#include "xdf_link.h"
#include "xdf_proto.h"

/* Size of the framebuffers for the trial: what any display can hold. */
#define TRIAL_SIZE 64
/* What a slow backend does not tell in this time, clients of the first link never see. */
#define LEARN_TIMEOUTS 4

const struct xdf_format xdf_formats[XDF_NUM_FORMATS] = {
	{ DRM_FORMAT_XRGB8888, 32 }, /* the first one is not tried, it is relied on */
	{ DRM_FORMAT_ARGB8888, 32 },
	{ DRM_FORMAT_XBGR8888, 32 },
	{ DRM_FORMAT_ABGR8888, 32 },
	{ DRM_FORMAT_BGRX8888, 32 },
	{ DRM_FORMAT_XRGB2101010, 32 },
	{ DRM_FORMAT_ARGB2101010, 32 },
	{ DRM_FORMAT_XBGR2101010, 32 },
	{ DRM_FORMAT_ABGR2101010, 32 },
	{ DRM_FORMAT_RGB888, 24 },
	{ DRM_FORMAT_RGB565, 16 },
};

/* Nothing more can be learned over this link, or not in time. */
static bool give_up(int err, unsigned long end)
{
	return xdf_link_unanswered(err) || err == XDF_UNSENT || time_after(jiffies, end);
}

/* Try all formats that fit a buffer. False when nothing more can be learned. */
static bool try_formats(struct xdf_device *xdf, struct xdf_link *link,
			const struct xdf_dbuf *dbuf, unsigned long end, u32 *found)
{
	unsigned int i;
	u64 cookie;
	bool stop;
	int ret;

	for (i = 1; i < XDF_NUM_FORMATS; i++) {
		if (xdf_formats[i].bpp != dbuf->bpp)
			continue;
		cookie = XDF_TRIAL | atomic64_inc_return(&xdf->cookie);
		ret = xdf_proto_fb_attach(link, dbuf->cookie, cookie, TRIAL_SIZE, TRIAL_SIZE,
					  xdf_formats[i].fourcc);
		if (!ret)
			*found |= BIT(i);
		/* Without an answer it may be attached all the same. */
		stop = give_up(ret, end);
		while ((!ret || xdf_link_unanswered(ret)) &&
		       xdf_reap_again(xdf, link, xdf_proto_fb_detach(link, cookie)))
			;
		if (stop)
			return false;
	}
	return true;
}

/*
 * The same for a depth: make a buffer of it. 0 to go on; -ENOMEM or -ENOSPC when we
 * have no room for the buffer, -ECANCELED when nothing more can be learned.
 */
static int try_depth(struct xdf_device *xdf, struct xdf_link *link, u32 bpp, unsigned long end,
		     u32 *found)
{
	struct xdf_dbuf dbuf = {
		.cookie = XDF_TRIAL | atomic64_inc_return(&xdf->cookie),
		.width = TRIAL_SIZE,
		.height = TRIAL_SIZE,
		.bpp = bpp,
		.size = xdf_pitch(TRIAL_SIZE, bpp) * TRIAL_SIZE,
	};
	struct xdf_link *unanswered = NULL;
	bool go_on;
	int ret;

	dbuf.pages = xdf_pages_alloc(DIV_ROUND_UP(dbuf.size, PAGE_SIZE), 0);
	if (IS_ERR(dbuf.pages))
		return PTR_ERR(dbuf.pages);
	dbuf.grants = xdf_grants_create(link->domid, dbuf.pages, 0,
					DIV_ROUND_UP(dbuf.size, XDF_GRANT_SIZE));
	if (IS_ERR(dbuf.grants)) {
		ret = PTR_ERR(dbuf.grants);
		goto out_pages;
	}
	dbuf.directory = xdf_grants_directory(link->domid, dbuf.grants->ref,
					      DIV_ROUND_UP(dbuf.size, XDF_GRANT_SIZE));
	if (IS_ERR(dbuf.directory)) {
		ret = PTR_ERR(dbuf.directory);
		goto out_grants;
	}

	ret = xdf_proto_dbuf_create(link, &dbuf, false);
	go_on = !give_up(ret, end);
	if (!ret && go_on)
		go_on = try_formats(xdf, link, &dbuf, end, found);
	if (!ret || xdf_link_unanswered(ret))
		ret = xdf_dbuf_forget(xdf, link, dbuf.cookie);
	/* Requests are served in order: this answer is one to those before. */
	if (xdf_link_unanswered(ret) || ret == XDF_UNSENT)
		unanswered = link;
	ret = go_on ? 0 : -ECANCELED;

	xdf_link_keep(unanswered, dbuf.directory);
out_grants:
	xdf_link_keep(unanswered, dbuf.grants);
out_pages:
	xdf_pages_put(dbuf.pages);
	return ret;
}

/**
 * xdf_formats_learn - find out which pixel formats the backend takes
 * @xdf: the device
 * @link: the present link
 * @formats: set to a bitmap of entries of xdf_formats[]
 *
 * Waits for the backend: for one that is slow, in all not much longer than four requests
 * may take; for one that does not answer, one. What is not known by then counts as not
 * taken.
 *
 * Return: 0, also when the backend did not let us learn more; -ENOMEM or -ENOSPC
 * when memory or grants of ours did not suffice to try all of them.
 */
int xdf_formats_learn(struct xdf_device *xdf, struct xdf_link *link, u32 *formats)
{
	static const u32 depths[] = { 32, 16, 24 };
	unsigned long end = jiffies + LEARN_TIMEOUTS * link->timeout;
	unsigned int i;
	int ret = 0;

	BUILD_BUG_ON(XDF_NUM_FORMATS > 32);
	*formats = BIT(0);
	for (i = 0; i < ARRAY_SIZE(depths) && !ret; i++)
		ret = try_depth(xdf, link, depths[i], end, formats);
	return ret == -ECANCELED ? 0 : ret;
}
