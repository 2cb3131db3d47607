/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_BE_CHECK_H
#define XDF_BE_CHECK_H

#include "common.h"
#include "displif.h"

/*
 * What a frontend can do wrong: X(symbol, word in log and status)
 */
#define FAULTS(X) \
	X(RESERVED_HEADER, "reserved-header") \
	X(RESERVED_TAIL, "reserved-tail") \
	X(COOKIE_ZERO, "cookie-zero") \
	X(COOKIE_DUPLICATE, "cookie-duplicate") \
	X(COOKIE_ADDRESS, "cookie-kernel-address") \
	X(UNKNOWN_OP, "unknown-op") \
	X(UNKNOWN_DBUF, "unknown-dbuf") \
	X(UNKNOWN_FB, "unknown-fb") \
	X(DIR_SHORT, "directory-short") \
	X(DIR_LONG, "directory-long") \
	X(DIR_GREF_ZERO, "directory-gref-zero") \
	X(DIR_GREF_DUPLICATE, "directory-gref-duplicate") \
	X(GREF_UNMAPPABLE, "gref-unmappable") \
	X(FLAGS, "flags") \
	X(ALLOC_UNASKED, "alloc-unasked") \
	X(ALLOC_MAPPED, "alloc-still-mapped") \
	X(DATA_OFS, "data-ofs") \
	X(BUFFER_SMALL, "buffer-small") \
	X(EDID_BUFFER, "edid-buffer") \
	X(GEOMETRY, "geometry") \
	X(FB_TOO_BIG, "fb-too-big") \
	X(DESTROY_BEFORE_DETACH, "destroy-before-detach") \
	X(DETACH_SHOWN, "detach-shown") \
	X(CONFIG_OUTSIDE, "config-outside") \
	X(CONFIG_BPP, "config-bpp") \
	X(CONFIG_RESET, "config-reset-fields") \
	X(FLIP_UNCONFIGURED, "flip-unconfigured") \
	X(RING_OVERFLOW, "ring-overflow") \
	X(EVENT_CONS, "event-cons") \
	X(FRONTEND_STATE, "frontend-state") \
	X(NODES, "nodes") \
	X(VERSION_MISSING, "version-missing") \
	X(VERSION_UNKNOWN, "version-unknown") \
	X(LEAK, "leak")

enum fault {
#define X(symbol, word) FAULT_##symbol,
	FAULTS(X)
#undef X
	FAULT_COUNT
};

/**
 * struct fault_sink - who wants to hear of faults
 * @report: called once for each; @value and @text say more, @text may be ""
 * @ctx: handed to @report
 */
struct fault_sink {
	void (*report)(void *ctx, enum fault fault, uint64_t value, const char *text);
	void *ctx;
};

const char *fault_word(enum fault fault);
void check_request(const struct xendispl_req *req, unsigned int version,
		   const struct fault_sink *sink);
const char *op_name(uint8_t op);

#endif
