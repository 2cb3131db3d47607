// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What can be said about a request without knowing anything else. Pure.
 */
#include <stddef.h>
#include <string.h>

#include "check.h"
#include "parse.h"
#include "picture.h"

static const char *const words[] = {
#define X(symbol, word) word,
	FAULTS(X)
#undef X
};

/* cookies from here on are addresses of a 64-bit kernel, not names */
#define KERNEL_ADDRESSES 0xffff000000000000ull

/**
 * fault_word() - a fault's name
 * @fault: which
 *
 * Return: the word that log and status use.
 */
const char *fault_word(enum fault fault)
{
	return words[fault];
}

/**
 * op_name() - name of an operation
 * @op: number
 *
 * Return: as in displif.h, "UNKNOWN" otherwise.
 */
const char *op_name(uint8_t op)
{
	switch (op) {
	case XENDISPL_OP_DBUF_CREATE:
		return "DBUF_CREATE";
	case XENDISPL_OP_DBUF_DESTROY:
		return "DBUF_DESTROY";
	case XENDISPL_OP_FB_ATTACH:
		return "FB_ATTACH";
	case XENDISPL_OP_FB_DETACH:
		return "FB_DETACH";
	case XENDISPL_OP_SET_CONFIG:
		return "SET_CONFIG";
	case XENDISPL_OP_PG_FLIP:
		return "PG_FLIP";
	case XENDISPL_OP_GET_EDID:
		return "GET_EDID";
	default:
		return "UNKNOWN";
	}
}

static void report(const struct fault_sink *sink, enum fault fault, uint64_t value,
		   const char *text)
{
	sink->report(sink->ctx, fault, value, text);
}

static void check_cookie(const struct fault_sink *sink, uint64_t cookie, const char *which)
{
	if (!cookie)
		report(sink, FAULT_COOKIE_ZERO, 0, which);
	else if (cookie >= KERNEL_ADDRESSES)
		report(sink, FAULT_COOKIE_ADDRESS, cookie, which);
}

/* bytes of struct xendispl_req that the operation uses */
static size_t used_bytes(uint8_t op)
{
#define END(member, field) (offsetof(struct xendispl_req, op.member.field) + \
			    sizeof(((struct xendispl_req *)0)->op.member.field))
	switch (op) {
	case XENDISPL_OP_DBUF_CREATE:
		return END(dbuf_create, data_ofs);
	case XENDISPL_OP_DBUF_DESTROY:
		return END(dbuf_destroy, dbuf_cookie);
	case XENDISPL_OP_FB_ATTACH:
		return END(fb_attach, pixel_format);
	case XENDISPL_OP_FB_DETACH:
		return END(fb_detach, fb_cookie);
	case XENDISPL_OP_SET_CONFIG:
		return END(set_config, bpp);
	case XENDISPL_OP_PG_FLIP:
		return END(pg_flip, fb_cookie);
	case XENDISPL_OP_GET_EDID:
		return END(get_edid, gref_directory);
	default:
		return sizeof(struct xendispl_req);
	}
#undef END
}

static void check_dbuf(const struct xendispl_dbuf_create_req *r, unsigned int version,
		       const struct fault_sink *sink)
{
	uint64_t pages = ((uint64_t)r->buffer_sz + PAGE_BYTES - 1) / PAGE_BYTES;
	uint64_t data_ofs = r->data_ofs;

	check_cookie(sink, r->dbuf_cookie, "dbuf");
	if (r->flags & ~(uint32_t)XENDISPL_DBUF_FLG_REQ_ALLOC)
		report(sink, FAULT_FLAGS, r->flags, "unknown bits");
	if (version < 2 && r->data_ofs) {
		report(sink, FAULT_DATA_OFS, r->data_ofs, "reserved in protocol 1");
		data_ofs = 0;
	}
	if (!r->width || !r->height || r->width > MAX_SIDE || r->height > MAX_SIDE)
		report(sink, FAULT_GEOMETRY, (uint64_t)r->width << 32 | r->height, "dbuf size");
	if (r->bpp != 16 && r->bpp != 24 && r->bpp != 32)
		report(sink, FAULT_GEOMETRY, r->bpp, "dbuf bpp");
	if (!r->buffer_sz) {
		report(sink, FAULT_BUFFER_SMALL, 0, "no bytes");
	} else if (r->width <= MAX_SIDE && r->height <= MAX_SIDE && r->bpp <= 64) {
		uint64_t need = assumed_pitch(r->width, r->bpp) * r->height;

		/* the protocol does not say whether buffer_sz includes data_ofs; its pages do */
		if (need > r->buffer_sz)
			report(sink, FAULT_BUFFER_SMALL, r->buffer_sz, "less than pitch * height");
		else if (need + data_ofs > pages * PAGE_BYTES)
			report(sink, FAULT_BUFFER_SMALL, r->buffer_sz,
			       "pages for less than data_ofs + pitch * height");
	}
}

static void check_config(const struct xendispl_set_config_req *r, const struct fault_sink *sink)
{
	if (r->fb_cookie)
		check_cookie(sink, r->fb_cookie, "fb");
	else if (r->x || r->y || r->width || r->height || r->bpp)
		report(sink, FAULT_CONFIG_RESET, 0, "cookie 0 but other fields are not");
}

/**
 * check_request() - look at a request by itself
 * @req: a private copy
 * @version: protocol version that was agreed upon
 * @sink: hears what is wrong with it
 */
void check_request(const struct xendispl_req *req, unsigned int version,
		   const struct fault_sink *sink)
{
	const uint8_t *bytes = (const uint8_t *)req;
	size_t i;

	for (i = 0; i < sizeof(req->reserved); i++) {
		if (req->reserved[i]) {
			report(sink, FAULT_RESERVED_HEADER,
			       offsetof(struct xendispl_req, reserved) + i, "byte");
			break;
		}
	}
	for (i = used_bytes(req->operation); i < sizeof(*req); i++) {
		if (bytes[i]) {
			report(sink, FAULT_RESERVED_TAIL, i, "byte");
			break;
		}
	}
	switch (req->operation) {
	case XENDISPL_OP_DBUF_CREATE:
		check_dbuf(&req->op.dbuf_create, version, sink);
		break;
	case XENDISPL_OP_DBUF_DESTROY:
		check_cookie(sink, req->op.dbuf_destroy.dbuf_cookie, "dbuf");
		break;
	case XENDISPL_OP_FB_ATTACH:
		check_cookie(sink, req->op.fb_attach.dbuf_cookie, "dbuf");
		check_cookie(sink, req->op.fb_attach.fb_cookie, "fb");
		if (!req->op.fb_attach.width || !req->op.fb_attach.height)
			report(sink, FAULT_GEOMETRY, 0, "fb size");
		break;
	case XENDISPL_OP_FB_DETACH:
		check_cookie(sink, req->op.fb_detach.fb_cookie, "fb");
		break;
	case XENDISPL_OP_SET_CONFIG:
		check_config(&req->op.set_config, sink);
		break;
	case XENDISPL_OP_PG_FLIP:
		check_cookie(sink, req->op.pg_flip.fb_cookie, "fb");
		break;
	case XENDISPL_OP_GET_EDID:
		/* may be tried with any version: an error is an answer */
		if (req->op.get_edid.buffer_sz < XENDISPL_EDID_MAX_SIZE)
			report(sink, FAULT_EDID_BUFFER, req->op.get_edid.buffer_sz,
			       "less than 32768 bytes");
		if (!req->op.get_edid.gref_directory)
			report(sink, FAULT_DIR_SHORT, 0, "no directory");
		break;
	default:
		report(sink, FAULT_UNKNOWN_OP, req->operation, "");
		break;
	}
}
