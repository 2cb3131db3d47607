// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: proto
 *
 * One function for each request of displif. Unless it says otherwise it waits
 * for the backend's answer, killably and not longer than the link's timeout, and returns
 * what xdf_channel_call() returns: 0, the backend's error, XDF_UNSENT, -ETIMEDOUT,
 * -ENOTCONN or -EINTR.
 *
 * Requests about buffers are not about a connector; the protocol wants them on
 * the ring of connector 0.
 */
#include "xdf_displif.h"

/* Every byte that is not used must be 0, reserved ones and the rest of the union. */
static void request_init(struct xendispl_req *req, u8 operation)
{
	memset(req, 0, sizeof(*req));
	req->operation = operation;
}

/**
 * xdf_proto_dbuf_create - tell the backend of a display buffer
 * @link: the link
 * @dbuf: as it goes on the wire, displif.h; its directory is granted, and filled in unless
 *	the backend shall allocate the memory
 *
 * Return: see above.
 */
int xdf_proto_dbuf_create(struct xdf_link *link, const struct xendispl_dbuf_create_req *dbuf)
{
	struct xendispl_req req;

	request_init(&req, XENDISPL_OP_DBUF_CREATE);
	/* One by one: the struct has padding, which may hold anything. */
	req.op.dbuf_create.dbuf_cookie = dbuf->dbuf_cookie;
	req.op.dbuf_create.width = dbuf->width;
	req.op.dbuf_create.height = dbuf->height;
	req.op.dbuf_create.bpp = dbuf->bpp;
	req.op.dbuf_create.buffer_sz = dbuf->buffer_sz;
	req.op.dbuf_create.flags = dbuf->flags;
	req.op.dbuf_create.gref_directory = dbuf->gref_directory;
	req.op.dbuf_create.data_ofs = dbuf->data_ofs;
	return xdf_channel_call(&link->channel[0], &req, NULL);
}

/**
 * xdf_proto_dbuf_destroy - have the backend forget and unmap a display buffer
 * @link: the link
 * @dbuf_cookie: name of the buffer; its framebuffers are detached already
 *
 * Return: see above.
 */
int xdf_proto_dbuf_destroy(struct xdf_link *link, u64 dbuf_cookie)
{
	struct xendispl_req req;

	request_init(&req, XENDISPL_OP_DBUF_DESTROY);
	req.op.dbuf_destroy.dbuf_cookie = dbuf_cookie;
	return xdf_channel_call(&link->channel[0], &req, NULL);
}

/**
 * xdf_proto_dbuf_forget - the same, whatever room there is on the ring
 * @link: the link
 * @dbuf_cookie: name of the buffer; its framebuffers are detached
 *
 * Not for clients' tasks: it may take as long as a link can be without answers.
 *
 * Return: as of xdf_proto_dbuf_destroy(); XDF_UNSENT when the link ended first.
 */
int xdf_proto_dbuf_forget(struct xdf_link *link, u64 dbuf_cookie)
{
	int ret;

	do {
		ret = xdf_proto_dbuf_destroy(link, dbuf_cookie);
	} while (xdf_link_again(link, ret));
	return ret;
}

/**
 * xdf_proto_fb_attach - tell the backend of a framebuffer
 * @link: the link
 * @dbuf_cookie: name of the display buffer it lies on
 * @fb_cookie: name of the framebuffer
 * @width: visible width in pixels
 * @height: visible height in lines
 * @format: DRM fourcc
 *
 * Return: see above.
 */
int xdf_proto_fb_attach(struct xdf_link *link, u64 dbuf_cookie, u64 fb_cookie, u32 width,
			u32 height, u32 format)
{
	struct xendispl_req req;

	request_init(&req, XENDISPL_OP_FB_ATTACH);
	req.op.fb_attach.dbuf_cookie = dbuf_cookie;
	req.op.fb_attach.fb_cookie = fb_cookie;
	req.op.fb_attach.width = width;
	req.op.fb_attach.height = height;
	req.op.fb_attach.pixel_format = format;
	return xdf_channel_call(&link->channel[0], &req, NULL);
}

/**
 * xdf_proto_fb_detach - have the backend forget a framebuffer
 * @link: the link
 * @fb_cookie: name of the framebuffer, not on any screen
 *
 * Does not wait for the answer: requests on one ring are served in order, and
 * the display buffer's destruction waits. May sleep for space on the ring.
 *
 * Return: 0 when it is on its way, else see above.
 */
int xdf_proto_fb_detach(struct xdf_link *link, u64 fb_cookie)
{
	struct xendispl_req req;
	int ret;

	request_init(&req, XENDISPL_OP_FB_DETACH);
	req.op.fb_detach.fb_cookie = fb_cookie;
	ret = xdf_channel_send(&link->channel[0], &req, 0);
	/* The answers to earlier ones do not interrupt: make room. */
	xdf_channel_poll(&link->channel[0]);
	return ret == -ENOSPC ? xdf_channel_call(&link->channel[0], &req, NULL) : ret;
}

/**
 * xdf_proto_set_config - set a mode and show a framebuffer, or turn off
 * @link: the link
 * @connector: number of the connector
 * @fb_cookie: name of the framebuffer, 0 to turn the connector off; then the
 *	other arguments must be 0 too
 * @width: of the mode, in pixels
 * @height: of the mode, in lines
 * @bpp: bits a pixel of the framebuffer
 *
 * Return: see above.
 */
int xdf_proto_set_config(struct xdf_link *link, unsigned int connector, u64 fb_cookie, u32 width,
			 u32 height, u32 bpp)
{
	struct xendispl_req req;

	request_init(&req, XENDISPL_OP_SET_CONFIG);
	req.op.set_config.fb_cookie = fb_cookie;
	req.op.set_config.width = width;
	req.op.set_config.height = height;
	req.op.set_config.bpp = bpp;
	return xdf_channel_call(&link->channel[connector], &req, NULL);
}

/**
 * xdf_proto_pg_flip - have the backend show a framebuffer; does not wait
 * @link: the link
 * @connector: number of the connector, which has a mode
 * @fb_cookie: name of the framebuffer
 * @number: what flip_response is told with the answer
 *
 * Any context. The outcome comes by flip_event and flip_response.
 *
 * Return: 0 when it is on its way, -ENOSPC, -ENOTCONN.
 */
int xdf_proto_pg_flip(struct xdf_link *link, unsigned int connector, u64 fb_cookie, u64 number)
{
	struct xendispl_req req;

	request_init(&req, XENDISPL_OP_PG_FLIP);
	req.op.pg_flip.fb_cookie = fb_cookie;
	return xdf_channel_send(&link->channel[connector], &req, number);
}

/**
 * xdf_proto_get_edid - have the backend write a connector's EDID; does not wait
 * @link: the link
 * @connector: number of the connector
 * @gref_directory: grant of the directory of the buffer it goes to
 * @capacity: size of that buffer in bytes
 * @call: the response goes here: see xdf_channel_ask()
 *
 * Belongs to version 2, but backends that speak 1 know it too or refuse it.
 *
 * Return: 0 when it is on its way, -ENOSPC, -ENOTCONN.
 */
int xdf_proto_get_edid(struct xdf_link *link, unsigned int connector, u32 gref_directory,
		       u32 capacity, struct xdf_call *call)
{
	struct xendispl_req req;

	request_init(&req, XENDISPL_OP_GET_EDID);
	req.op.get_edid.buffer_sz = capacity;
	req.op.get_edid.gref_directory = gref_directory;
	return xdf_channel_ask(&link->channel[connector], &req, call);
}
