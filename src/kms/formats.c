// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: formats
 *
 * The protocol has no way to say which pixel formats a backend takes. The driver offers
 * the first backend a small framebuffer of each, before the DRM device is registered:
 * DRM cannot change the formats of a plane afterwards.
 */
#include <linux/jiffies.h>
#include <linux/kernel.h>

#include <drm/drm_fourcc.h>

#include "xdf_buffer.h"
#include "xdf_displif.h"
#include "xdf_formats.h"
#include "xdf_kms.h"

/* Size of the framebuffers for the trial: what any display can hold. */
#define TRIAL_SIZE 64
/* How long one call may take; a backend that answers so slowly is asked further by the next. */
#define LEARN_TIMEOUTS 4

const struct xdf_format xdf_formats[XDF_NUM_FORMATS] = {
	{ DRM_FORMAT_XRGB8888, 32 }, /* the first one is offered whatever the backend says */
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

/* The backend did not answer, or could not at this moment: that says nothing of formats. */
static bool says_nothing(int err)
{
	return xdf_link_unanswered(err) || err == XDF_UNSENT || err == -ENOMEM ||
	       err == -ENOSPC || err == -EBUSY;
}

/* Nothing more can be learned over this link, or not in this call. */
static bool give_up(int err, unsigned long end)
{
	return says_nothing(err) || time_after(jiffies, end);
}

/* The backend has answered: it takes a format, or refuses it with @err. */
static void format_note(struct xdf_device *xdf, unsigned int format, int err)
{
	xdf->formats_tried |= BIT(format);
	if (!err)
		WRITE_ONCE(xdf->formats, xdf->formats | BIT(format));
	else if (!format)
		dev_warn(xdf->drm.dev,
			 "the backend refused a framebuffer of %ux%u XRGB8888: %d; its log may say why\n",
			 TRIAL_SIZE, TRIAL_SIZE, err);
}

/* Is there a format of this depth that the backend has said nothing of? */
static bool depth_unknown(const struct xdf_device *xdf, u32 bpp)
{
	unsigned int i;

	for (i = 0; i < XDF_NUM_FORMATS; i++)
		if (xdf_formats[i].bpp == bpp && !(xdf->formats_tried & BIT(i)))
			return true;
	return false;
}

/* Try all formats that fit a buffer. False when nothing more can be learned now. */
static bool try_formats(struct xdf_device *xdf, struct xdf_link *link,
			const struct xdf_dbuf *dbuf, unsigned long end)
{
	unsigned int i;
	u64 cookie;
	bool stop;
	int ret;

	for (i = 0; i < XDF_NUM_FORMATS; i++) {
		if (xdf_formats[i].bpp != dbuf->bpp || (xdf->formats_tried & BIT(i)))
			continue;
		cookie = XDF_TRIAL | atomic64_inc_return(&xdf->cookie);
		ret = xdf_proto_fb_attach(link, dbuf->cookie, cookie, TRIAL_SIZE, TRIAL_SIZE,
					  xdf_formats[i].fourcc);
		if (!says_nothing(ret))
			format_note(xdf, i, ret);
		/* Without an answer it may be attached all the same. */
		stop = give_up(ret, end);
		while ((!ret || xdf_link_unanswered(ret)) &&
		       xdf_link_again(link, xdf_proto_fb_detach(link, cookie)))
			;
		if (stop)
			return false;
	}
	return true;
}

/* The backend refused to make a buffer of a depth: it takes none of its formats. */
static void depth_refused(struct xdf_device *xdf, u32 bpp, int err)
{
	unsigned int i;

	for (i = 0; i < XDF_NUM_FORMATS; i++)
		if (xdf_formats[i].bpp == bpp && !(xdf->formats_tried & BIT(i)))
			format_note(xdf, i, err);
}

/*
 * Try the formats of a depth: make a buffer of it. 0 to go on; -ENOMEM or -ENOSPC when
 * there is no room for the buffer; -ETIMEDOUT when nothing more can be learned now.
 */
static int try_depth(struct xdf_device *xdf, struct xdf_link *link, u32 bpp, unsigned long end)
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

	if (!depth_unknown(xdf, bpp))
		return 0;
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

	ret = xdf_dbuf_request(link, &dbuf, false);
	go_on = !give_up(ret, end);
	if (!ret && go_on)
		go_on = try_formats(xdf, link, &dbuf, end);
	else if (ret && go_on)
		depth_refused(xdf, bpp, ret);
	if (!ret || xdf_link_unanswered(ret))
		ret = xdf_proto_dbuf_forget(link, dbuf.cookie);
	/* Requests are served in order: this answer is one to those before. */
	if (xdf_link_unanswered(ret) || ret == XDF_UNSENT)
		unanswered = link;
	ret = go_on ? 0 : -ETIMEDOUT;

	xdf_link_keep(unanswered, dbuf.directory);
out_grants:
	xdf_link_keep(unanswered, dbuf.grants);
out_pages:
	xdf_pages_put(dbuf.pages);
	return ret;
}

/**
 * xdf_formats_learn - find out which pixel formats the backend takes
 * @xdf: the device, whose DRM device is not registered
 * @link: the present link
 *
 * Fills in xdf_device.formats; XRGB8888 is always in it. Waits for the backend: for one
 * that is slow, not much longer than four requests may take; for one that does not answer,
 * one. The next call goes on where this one stopped.
 *
 * Return: 0 when all is known; -ETIMEDOUT when it is not; -ENOTCONN; -ENOMEM or -ENOSPC
 * when memory or grants of ours did not suffice.
 */
int xdf_formats_learn(struct xdf_device *xdf, struct xdf_link *link)
{
	static const u32 depths[] = { 32, 16, 24 };
	unsigned long end = jiffies + LEARN_TIMEOUTS * link->timeout;
	unsigned int i;
	int ret = 0;

	BUILD_BUG_ON(XDF_NUM_FORMATS > 32);
	WRITE_ONCE(xdf->formats, xdf->formats | BIT(0));
	for (i = 0; i < ARRAY_SIZE(depths) && !ret; i++)
		ret = try_depth(xdf, link, depths[i], end);
	return ret == -ETIMEDOUT && READ_ONCE(link->dead) ? -ENOTCONN : ret;
}
