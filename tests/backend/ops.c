// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The requests: each gets its private copy and gives a status. Error numbers
 * are those of displ_be (and of the dom0 kernel behind it).
 */
#include <errno.h>
#include <string.h>

#include "backend.h"

static const char *const names[] = {
	[OPI_DBUF_CREATE] = "DBUF_CREATE",
	[OPI_DBUF_DESTROY] = "DBUF_DESTROY",
	[OPI_FB_ATTACH] = "FB_ATTACH",
	[OPI_FB_DETACH] = "FB_DETACH",
	[OPI_SET_CONFIG] = "SET_CONFIG",
	[OPI_PG_FLIP] = "PG_FLIP",
	[OPI_GET_EDID] = "GET_EDID",
	[OPI_UNKNOWN] = "UNKNOWN",
};

/**
 * op_index() - index of an operation in counts
 * @op: its number in a request
 *
 * Return: the index.
 */
enum op_index op_index(uint8_t op)
{
	switch (op) {
	case XENDISPL_OP_DBUF_CREATE:
		return OPI_DBUF_CREATE;
	case XENDISPL_OP_DBUF_DESTROY:
		return OPI_DBUF_DESTROY;
	case XENDISPL_OP_FB_ATTACH:
		return OPI_FB_ATTACH;
	case XENDISPL_OP_FB_DETACH:
		return OPI_FB_DETACH;
	case XENDISPL_OP_SET_CONFIG:
		return OPI_SET_CONFIG;
	case XENDISPL_OP_PG_FLIP:
		return OPI_PG_FLIP;
	case XENDISPL_OP_GET_EDID:
		return OPI_GET_EDID;
	default:
		return OPI_UNKNOWN;
	}
}

/**
 * op_index_name() - its name
 * @i: index
 *
 * Return: the name.
 */
const char *op_index_name(enum op_index i)
{
	return names[i];
}

static void report(void *ctx, enum fault kind, uint64_t value, const char *text)
{
	struct conn *c = ctx;

	fault(c->dev, c, kind, value, "%s", text);
}

static int dbuf_create_op(struct conn *c, const struct xendispl_dbuf_create_req *r,
			  const struct fault_sink *sink)
{
	if (!r->dbuf_cookie)
		return -EINVAL;
	if (dbuf_find(c->dev, r->dbuf_cookie)) {
		/* displ_be says 0 and keeps the old one */
		fault(c->dev, c, FAULT_COOKIE_DUPLICATE, r->dbuf_cookie, "dbuf");
		return 0;
	}
	if (!r->gref_directory)
		fault(c->dev, c, FAULT_DIR_SHORT, 0, "no directory");
	if (r->flags & XENDISPL_DBUF_FLG_REQ_ALLOC) {
		if (!c->dev->be_alloc)
			fault(c->dev, c, FAULT_ALLOC_UNASKED, r->dbuf_cookie, "be-alloc is not 1");
		/* without a directory nobody could know of the pages */
		if (!c->dev->be_alloc || be.opt.no_alloc || r->data_ofs || !r->gref_directory ||
		    !r->buffer_sz)
			return -EINVAL;
	}
	return dbuf_create(c->dev, r, sink);
}

static int dbuf_destroy_op(struct conn *c, const struct xendispl_dbuf_destroy_req *r)
{
	struct dbuf *d = dbuf_find(c->dev, r->dbuf_cookie);
	uint32_t n;

	if (!d) {
		fault(c->dev, c, FAULT_UNKNOWN_DBUF, r->dbuf_cookie, "destroy");
		return 0;
	}
	n = d->grefs ? shares_in_use(c->dev, d->grefs, d->pages) : 0;
	if (n)
		fault(c->dev, c, FAULT_ALLOC_MAPPED, r->dbuf_cookie, "%u of %u pages", n, d->pages);
	if (d->refs > 1)
		fault(c->dev, c, FAULT_DESTROY_BEFORE_DETACH, r->dbuf_cookie,
		      "%u framebuffers are on it", dbuf_fbs(c->dev, d));
	dbuf_destroy(c->dev, d);
	return 0;
}

static int fb_attach_op(struct conn *c, const struct xendispl_fb_attach_req *r)
{
	struct dbuf *d = dbuf_find(c->dev, r->dbuf_cookie);
	const struct pixfmt *fmt;
	unsigned int i;
	int ret;

	if (!r->fb_cookie)
		return -EINVAL;
	if (!d) {
		fault(c->dev, c, FAULT_UNKNOWN_DBUF, r->dbuf_cookie, "attach");
		return -ENOENT;
	}
	if (fb_find(c->dev, r->fb_cookie)) {
		fault(c->dev, c, FAULT_COOKIE_DUPLICATE, r->fb_cookie, "fb");
		return 0;
	}
	for (i = 0; (fmt = pixfmt_by_index(i)); i++)
		if (be.opt.formats[i] && FOURCC(fmt->fourcc) == r->pixel_format)
			break;
	if (!fmt)
		return be.opt.format_status;
	if (r->width < be.opt.min_width || r->height < be.opt.min_height)
		return -EINVAL;
	if (d->width && fmt->bpp != d->bpp)
		warning(c->dev, c, "fb-bpp-is-not-dbuf-bpp", fmt->bpp);
	if (d->width && (r->width > d->width || r->height > d->height))
		fault(c->dev, c, FAULT_FB_TOO_BIG, r->fb_cookie, "%ux%u on %ux%u",
		      r->width, r->height, d->width, d->height);
	ret = fb_create(c->dev, d, r, fmt);
	if (ret == -EINVAL && !d->width)
		fault(c->dev, c, FAULT_FB_TOO_BIG, r->fb_cookie, "%ux%u on %u bytes",
		      r->width, r->height, d->bytes);
	return ret;
}

static int fb_detach_op(struct conn *c, const struct xendispl_fb_detach_req *r)
{
	struct device *dev = c->dev;
	struct fb *fb = fb_find(dev, r->fb_cookie);
	unsigned int i;

	if (!fb) {
		fault(dev, c, FAULT_UNKNOWN_FB, r->fb_cookie, "detach");
		return 0;
	}
	for (i = 0; i < dev->nconns; i++) {
		struct conn *shown = dev->conns[i];

		if (shown->fb != fb)
			continue;
		/* the CRTC is off now, until the next SET_CONFIG */
		fault(dev, shown, FAULT_DETACH_SHOWN, r->fb_cookie, "the CRTC is off now");
		shown->fb = NULL;
		shown->crtc_off = true;
		shown->picture_current = false;
	}
	fb_destroy(dev, fb);
	return 0;
}

static int set_config_op(struct conn *c, const struct xendispl_set_config_req *r)
{
	struct fb *fb;

	if (!r->fb_cookie) {
		/* a flip that is under way comes to its end first */
		conn_flush_flips(c, NEVER);
		c->fb = NULL;
		c->configured = false;
		c->crtc_off = false;
		c->picture_current = false;
		return 0;
	}
	fb = fb_find(c->dev, r->fb_cookie);
	if (!fb) {
		fault(c->dev, c, FAULT_UNKNOWN_FB, r->fb_cookie, "config");
		return -ENOENT;
	}
	if (!monitor_inside(c, (uint64_t)r->x + r->width, (uint64_t)r->y + r->height))
		fault(c->dev, c, FAULT_CONFIG_OUTSIDE, (uint64_t)r->width << 32 | r->height,
		      "%ux%u+%u+%u in %ux%u", r->width, r->height, r->x, r->y,
		      c->width, c->height);
	if (r->bpp != fb->fmt->bpp)
		fault(c->dev, c, FAULT_CONFIG_BPP, r->bpp, "framebuffer has %u", fb->fmt->bpp);
	if (!monitor_has_mode(c, r->width, r->height))
		return -EINVAL;
	if (fb->width < r->width || fb->height < r->height)
		return -ENOSPC;
	conn_flush_flips(c, NEVER);
	c->fb = fb;
	c->configured = true;
	c->crtc_off = false;
	c->mode_width = r->width;
	c->mode_height = r->height;
	show_fb(c);
	return 0;
}

static int pg_flip_op(struct conn *c, const struct xendispl_page_flip_req *r)
{
	struct fb *fb = fb_find(c->dev, r->fb_cookie);

	if (!fb) {
		fault(c->dev, c, FAULT_UNKNOWN_FB, r->fb_cookie, "flip");
		return -ENOENT;
	}
	if (!c->configured) {
		fault(c->dev, c, FAULT_FLIP_UNCONFIGURED, r->fb_cookie, "no SET_CONFIG");
		return -EINVAL;
	}
	if (c->crtc_off)
		return -EBUSY;
	if (fb->fmt != c->fb->fmt)
		return -EINVAL;
	if (fb->width < c->mode_width || fb->height < c->mode_height)
		return -ENOSPC;
	if (c->nflips == MAX_PENDING_FLIPS)
		return -EBUSY;
	if (c->nflips)
		warning(c->dev, c, "flip-while-pending", r->fb_cookie);
	c->fb = fb;
	show_fb(c);
	return 0;
}

static int run(struct conn *c, const struct xendispl_req *req, struct xendispl_resp *rsp,
	       const struct fault_sink *sink)
{
	switch (req->operation) {
	case XENDISPL_OP_DBUF_CREATE:
		return dbuf_create_op(c, &req->op.dbuf_create, sink);
	case XENDISPL_OP_DBUF_DESTROY:
		return dbuf_destroy_op(c, &req->op.dbuf_destroy);
	case XENDISPL_OP_FB_ATTACH:
		return fb_attach_op(c, &req->op.fb_attach);
	case XENDISPL_OP_FB_DETACH:
		return fb_detach_op(c, &req->op.fb_detach);
	case XENDISPL_OP_SET_CONFIG:
		return set_config_op(c, &req->op.set_config);
	case XENDISPL_OP_PG_FLIP:
		return pg_flip_op(c, &req->op.pg_flip);
	case XENDISPL_OP_GET_EDID:
		return monitor_get_edid(c, &req->op.get_edid, &rsp->op.get_edid.edid_sz, sink);
	default:
		return -EINVAL;
	}
}

/**
 * op_run() - do what a request asks for
 * @c: connector on whose ring it came
 * @req: a private copy
 * @rsp: its response, filled in here
 *
 * Buffer operations are taken on any ring. The event of a flip is the
 * caller's affair.
 */
void op_run(struct conn *c, const struct xendispl_req *req, struct xendispl_resp *rsp)
{
	const struct fault_sink sink = { report, c };

	memset(rsp, 0, sizeof(*rsp));
	rsp->id = req->id;
	rsp->operation = req->operation;
	check_request(req, c->dev->version, &sink);
	rsp->status = run(c, req, rsp, &sink);
}

static void log_fields(struct json *j, const struct xendispl_req *req)
{
	char text[5];

	switch (req->operation) {
	case XENDISPL_OP_DBUF_CREATE:
		json_hex(j, "dbuf", req->op.dbuf_create.dbuf_cookie);
		json_u64(j, "width", req->op.dbuf_create.width);
		json_u64(j, "height", req->op.dbuf_create.height);
		json_u64(j, "bpp", req->op.dbuf_create.bpp);
		json_u64(j, "bytes", req->op.dbuf_create.buffer_sz);
		json_u64(j, "flags", req->op.dbuf_create.flags);
		json_u64(j, "directory", req->op.dbuf_create.gref_directory);
		json_u64(j, "data_ofs", req->op.dbuf_create.data_ofs);
		break;
	case XENDISPL_OP_DBUF_DESTROY:
		json_hex(j, "dbuf", req->op.dbuf_destroy.dbuf_cookie);
		break;
	case XENDISPL_OP_FB_ATTACH:
		json_hex(j, "dbuf", req->op.fb_attach.dbuf_cookie);
		json_hex(j, "fb", req->op.fb_attach.fb_cookie);
		json_u64(j, "width", req->op.fb_attach.width);
		json_u64(j, "height", req->op.fb_attach.height);
		fourcc_text(req->op.fb_attach.pixel_format, text);
		json_str(j, "format", text);
		break;
	case XENDISPL_OP_FB_DETACH:
		json_hex(j, "fb", req->op.fb_detach.fb_cookie);
		break;
	case XENDISPL_OP_SET_CONFIG:
		json_hex(j, "fb", req->op.set_config.fb_cookie);
		json_u64(j, "x", req->op.set_config.x);
		json_u64(j, "y", req->op.set_config.y);
		json_u64(j, "width", req->op.set_config.width);
		json_u64(j, "height", req->op.set_config.height);
		json_u64(j, "bpp", req->op.set_config.bpp);
		break;
	case XENDISPL_OP_PG_FLIP:
		json_hex(j, "fb", req->op.pg_flip.fb_cookie);
		break;
	case XENDISPL_OP_GET_EDID:
		json_u64(j, "bytes", req->op.get_edid.buffer_sz);
		json_u64(j, "directory", req->op.get_edid.gref_directory);
		break;
	default:
		json_u64(j, "code", req->operation);
		break;
	}
}

/**
 * op_log() - write a request and its answer to the log, and count it
 * @c: connector
 * @req: the request
 * @rsp: its answer
 * @flipped: a flip that was carried out
 * @ns: how long it took
 */
void op_log(struct conn *c, const struct xendispl_req *req, const struct xendispl_resp *rsp,
	    bool flipped, uint64_t ns)
{
	enum op_index i = op_index(req->operation);
	int status = rsp->status;
	struct device *dev = c->dev;
	struct json *j;

	dev->ops[i]++;
	if (status)
		dev->errors[i]++;
	if (be.opt.quiet_flips && flipped && !status && c->count.flips % 100)
		return;
	j = log_begin_dev("op", dev);
	json_u64(j, "ring", c->index);
	json_str(j, "op", op_name(req->operation));
	json_u64(j, "id", req->id);
	log_fields(j, req);
	if (flipped)
		json_u64(j, "n", c->count.flips);
	if (i == OPI_GET_EDID)
		json_u64(j, "edid_sz", rsp->op.get_edid.edid_sz);
	json_i64(j, "status", status);
	json_u64(j, "us", ns / 1000);
	log_end();
}
