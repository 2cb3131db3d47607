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
	return err == -ETIMEDOUT || err == -ENOTCONN || err == -EINTR || time_after(jiffies, end);
}

/* Try all formats that fit a buffer. False when it makes no sense to go on. */
static bool try_formats(struct xdf_device *xdf, struct xdf_link *link,
			const struct xdf_dbuf *dbuf, unsigned long end, u32 *found)
{
	unsigned int i;
	u64 cookie;
	int ret;

	for (i = 1; i < XDF_NUM_FORMATS; i++) {
		if (xdf_formats[i].bpp != dbuf->bpp)
			continue;
		cookie = atomic64_inc_return(&xdf->cookie);
		ret = xdf_proto_fb_attach(link, dbuf->cookie, cookie, TRIAL_SIZE, TRIAL_SIZE,
					  xdf_formats[i].fourcc);
		if (!ret)
			*found |= BIT(i);
		/* Without an answer it may be attached all the same. */
		if (!ret || ret == -ETIMEDOUT || ret == -EINTR)
			xdf_proto_fb_detach(link, cookie);
		if (give_up(ret, end))
			return false;
	}
	return true;
}

/* The same for a depth: make a buffer of it. */
static bool try_depth(struct xdf_device *xdf, struct xdf_link *link, u32 bpp, unsigned long end,
		      u32 *found)
{
	struct xdf_dbuf dbuf = {
		.cookie = atomic64_inc_return(&xdf->cookie),
		.width = TRIAL_SIZE,
		.height = TRIAL_SIZE,
		.bpp = bpp,
		.size = xdf_pitch(TRIAL_SIZE, bpp) * TRIAL_SIZE,
	};
	bool go_on = false;
	int ret;

	dbuf.pages = xdf_pages_alloc(DIV_ROUND_UP(dbuf.size, PAGE_SIZE), 0);
	if (IS_ERR(dbuf.pages))
		return false;
	dbuf.grants = xdf_grants_create(link->domid, dbuf.pages, 0,
					DIV_ROUND_UP(dbuf.size, XDF_GRANT_SIZE));
	if (IS_ERR(dbuf.grants))
		goto out_pages;
	dbuf.directory = xdf_grants_directory(link->domid, dbuf.grants->ref,
					      DIV_ROUND_UP(dbuf.size, XDF_GRANT_SIZE));
	if (IS_ERR(dbuf.directory))
		goto out_grants;

	ret = xdf_proto_dbuf_create(link, &dbuf, false);
	go_on = !give_up(ret, end);
	if (!ret && go_on)
		go_on = try_formats(xdf, link, &dbuf, end, found);
	if (!ret || ret == -ETIMEDOUT || ret == -EINTR)
		xdf_proto_dbuf_destroy(link, dbuf.cookie);

	xdf_grants_end(dbuf.directory);
out_grants:
	xdf_grants_end(dbuf.grants);
out_pages:
	xdf_pages_put(dbuf.pages);
	return go_on;
}

/**
 * xdf_formats_learn - find out which pixel formats the backend takes
 * @xdf: the device
 * @link: the present link
 *
 * Waits for the backend, in all not much longer than one request may take. What
 * is not known by then counts as not taken.
 *
 * Return: bitmap of entries of xdf_formats[].
 */
u32 xdf_formats_learn(struct xdf_device *xdf, struct xdf_link *link)
{
	unsigned long end = jiffies + link->timeout;
	u32 found = BIT(0);

	BUILD_BUG_ON(XDF_NUM_FORMATS > 32);
	if (try_depth(xdf, link, 32, end, &found) && try_depth(xdf, link, 16, end, &found))
		try_depth(xdf, link, 24, end, &found);
	return found;
}
