// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: edid_fetch
 *
 * Asks the backend for the EDIDs of all connectors (displif.h, XENDISPL_OP_GET_EDID).
 * The requests of all connectors are on their way at once. A response that is late is
 * taken when it comes: a backend on a busy host may need seconds for the first one.
 */
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include <drm/drm_print.h>

#include "xdf_displif.h"
#include "xdf_edid.h"
#include "xdf_kms.h"
#include "xdf_memory.h"

/* A request without a response for so many timeouts is sent again, so many times in all. */
#define LOST_TIMEOUTS 4
#define TRIES 3

/**
 * struct xdf_edid_request - a GET_EDID that is on its way
 * @call: its outcome
 * @resp: the response
 * @link: the link, one reference held
 * @pages: where the backend writes the EDID
 * @grants: grants of @pages
 * @directory: the list of @grants for the backend
 * @sent: when the request was put on the ring, in jiffies
 * @outdated: the display has changed since
 */
struct xdf_edid_request {
	struct xdf_call call;
	struct xendispl_resp resp;
	struct xdf_link *link;
	struct xdf_pages *pages;
	struct xdf_grants *grants;
	struct xdf_grants *directory;
	unsigned long sent;
	bool outdated;
};

/* Free a request. @unanswered: the backend may still write the EDID. */
static void request_free(struct xdf_edid_request *request, bool unanswered)
{
	struct xdf_link *link = unanswered ? request->link : NULL;

	xdf_link_keep(link, request->directory);
	xdf_link_keep(link, request->grants);
	xdf_pages_put(request->pages);
	xdf_link_put(request->link);
	kfree(request);
}

/* Memory that the backend may write an EDID to. */
static int request_share(struct xdf_edid_request *request, domid_t domid)
{
	struct xdf_pages *pages;
	struct xdf_grants *grants;

	pages = xdf_pages_alloc(DIV_ROUND_UP(XDF_EDID_MAX, PAGE_SIZE), 0);
	if (IS_ERR(pages))
		return PTR_ERR(pages);
	grants = xdf_grants_create(domid, pages, 0, XDF_EDID_MAX / XDF_GRANT_SIZE);
	if (IS_ERR(grants)) {
		xdf_pages_put(pages);
		return PTR_ERR(grants);
	}
	request->directory = xdf_grants_directory(domid, grants->ref,
						  XDF_EDID_MAX / XDF_GRANT_SIZE);
	if (IS_ERR(request->directory)) {
		xdf_grants_end(grants);
		xdf_pages_put(pages);
		return PTR_ERR(request->directory);
	}
	request->pages = pages;
	request->grants = grants;
	return 0;
}

/* Ask for the EDID of one connector. Caller holds ask_lock. */
static int request_send(struct xdf_pipe *pipe, struct xdf_link *link)
{
	struct xdf_edid_request *request = kzalloc(sizeof(*request), GFP_KERNEL);
	int ret;

	if (!request)
		return -ENOMEM;
	ret = request_share(request, link->domid);
	if (ret) {
		kfree(request);
		return ret;
	}
	request->call.resp = &request->resp;
	request->sent = jiffies;
	request->link = link;
	kref_get(&link->refs);
	ret = xdf_proto_get_edid(link, pipe->index, request->directory->ref[0], XDF_EDID_MAX,
				 &request->call);
	if (ret) {
		request_free(request, false);
		/* A ring without room is asked later, as one that does not answer. */
		return ret == -ENOSPC ? -ETIMEDOUT : ret;
	}
	pipe->screen.request = request;
	return 0;
}

/* A private copy of what the backend wrote: @size bytes, or less if it lies. */
static u8 *request_copy(const struct xdf_edid_request *request, u32 size)
{
	u32 left = min(size, XDF_EDID_MAX), done, part;
	u8 *edid = xdf_alloc_paged(max(left, XDF_EDID_BLOCK), GFP_KERNEL | __GFP_ZERO);

	for (done = 0; edid && done < left; done += part) {
		part = min_t(u32, left - done, PAGE_SIZE);
		memcpy(edid + done, page_address(request->pages->page[done / PAGE_SIZE]), part);
	}
	return edid;
}

/* The backend has answered. Returns -ENOMEM when memory of ours did not suffice. */
static int request_take(struct xdf_pipe *pipe, const struct xdf_edid_request *request)
{
	u32 size = request->resp.op.get_edid.edid_sz;
	struct drm_device *drm = &pipe->xdf->drm;
	const char *wrong = NULL;
	u8 *edid = NULL;
	int err = request->call.err;

	if (!err) {
		edid = request_copy(request, size);
		if (!edid)
			return -ENOMEM;
		err = xdf_edid_check(edid, size, XDF_EDID_MAX, &wrong);
	}
	if (err < 0) {
		drm_dbg_kms(drm, "connector %u: no EDID: %d\n", pipe->index, err);
		kvfree(edid);
		edid = NULL;
	}
	if (xdf_screen_set_edid(pipe, edid, edid ? err : 0, wrong) && wrong && err != -ENODATA)
		dev_warn_ratelimited(drm->dev, "connector %u: EDID of %u bytes %s: %s\n",
				     pipe->index, size, edid ? "used in part" : "ignored", wrong);
	return 0;
}

static bool request_is_lost(struct xdf_edid_request *request)
{
	return !completion_done(&request->call.done) &&
	       time_after(jiffies, request->sent + LOST_TIMEOUTS * request->link->timeout);
}

/* The backend itself had no memory: that says nothing of the display. */
static bool says_nothing(int err)
{
	return err == -ENOMEM || err == -ENOSPC;
}

/*
 * Go on with the request of one connector: send it, or take its response. Caller holds
 * ask_lock. Returns 0 when the backend's answer is known; -ETIMEDOUT when the backend is
 * to be asked or waited for later; -ENOMEM or -ENOSPC when memory or grants of ours did
 * not suffice; -ENOTCONN.
 */
static int pipe_send(struct xdf_pipe *pipe, struct xdf_link *link)
{
	struct xdf_screen *screen = &pipe->screen;
	int ret;

	if (screen->edid_link == link->serial)
		return 0;
	if (screen->request && request_is_lost(screen->request)) {
		if (screen->edid_tries >= TRIES) {
			dev_warn(pipe->xdf->drm.dev,
				 "connector %u: the backend does not answer GET_EDID; its EDID is not used\n",
				 pipe->index);
			screen->edid_link = link->serial;
			return 0;
		}
		if (!xdf_channel_abandon(&link->channel[pipe->index], &screen->request->call)) {
			request_free(screen->request, true);
			screen->request = NULL;
		} else {
			complete(&screen->request->call.done); /* for pipe_wait() */
		}
	}
	if (screen->request)
		return -ETIMEDOUT;
	ret = request_send(pipe, link);
	screen->edid_tries += !ret;
	return ret;
}

/* Take the response for one connector, if it comes before @end. Otherwise as pipe_send(). */

static int pipe_wait(struct xdf_pipe *pipe, struct xdf_link *link, unsigned long end)
{
	struct xdf_screen *screen = &pipe->screen;
	struct xdf_edid_request *request = screen->request;
	unsigned long now = jiffies;
	int ret;

	if (!request)
		return 0;
	ret = xdf_channel_wait(&link->channel[pipe->index], &request->call,
			       time_before(now, end) ? end - now : 1);
	if (ret)
		return -ETIMEDOUT;
	ret = request->call.err;
	if (ret == -ENOTCONN)
		return ret;
	if (says_nothing(ret) && screen->edid_tries < TRIES) {
		ret = -ETIMEDOUT;
	} else {
		ret = says_nothing(ret) ? 0 : request_take(pipe, request);
		if (!ret && !request->outdated)
			screen->edid_link = link->serial;
		else if (!ret)
			ret = -ETIMEDOUT;
	}
	screen->request = NULL;
	request_free(request, false);
	return ret;
}

/**
 * xdf_edid_fetch - ask the backend for the EDIDs of all connectors
 * @xdf: the device
 * @link: the present link
 * @anew: displays may have changed: ask again for what the backend has told
 *
 * Waits for the backend, for all connectors together not longer than one request may
 * take. What comes later is taken by the next call. Without an EDID a connector has
 * the mode that XenStore says. Takes ask_lock.
 *
 * Return: 0; -ETIMEDOUT when EDIDs are still to come: call it again later; -ENOMEM or
 * -ENOSPC when memory or grants of ours did not suffice; -ENOTCONN.
 */
int xdf_edid_fetch(struct xdf_device *xdf, struct xdf_link *link, bool anew)
{
	unsigned long start, end;
	unsigned int i, num;
	int ret = 0, err;

	mutex_lock(&xdf->ask_lock);
	start = jiffies;
	end = start + xdf_link_patience(link);
	num = READ_ONCE(link->dead) ? 0 : link->num_channels;
	for (i = 0; i < num; i++) {
		struct xdf_screen *screen = &xdf->pipe[i]->screen;

		if (anew) {
			screen->edid_link = 0;
			screen->edid_tries = 0;
			if (screen->request)
				screen->request->outdated = true;
		}
		err = pipe_send(xdf->pipe[i], link);
		if (err != -ETIMEDOUT)
			ret = ret ?: err;
	}
	for (i = 0; i < num; i++) {
		err = pipe_wait(xdf->pipe[i], link, end);
		if (err != -ETIMEDOUT)
			ret = ret ?: err;
	}
	err = 0;
	for (i = 0; i < num; i++)
		err |= xdf->pipe[i]->screen.edid_link != link->serial;
	mutex_unlock(&xdf->ask_lock);
	if (err && time_before(READ_ONCE(link->heard), start))
		xdf_link_timed_out(link);
	return ret ?: err ? -ETIMEDOUT : 0;
}

/**
 * xdf_edid_link_lost - no response comes any more
 * @xdf: the device, whose link is dead
 *
 * Takes ask_lock.
 */
void xdf_edid_link_lost(struct xdf_device *xdf)
{
	unsigned int i;

	mutex_lock(&xdf->ask_lock);
	for (i = 0; i < XDF_MAX_CONNECTORS && xdf->pipe[i]; i++) {
		if (xdf->pipe[i]->screen.request)
			request_free(xdf->pipe[i]->screen.request, true);
		xdf->pipe[i]->screen.request = NULL;
		xdf->pipe[i]->screen.edid_tries = 0;
	}
	mutex_unlock(&xdf->ask_lock);
}
