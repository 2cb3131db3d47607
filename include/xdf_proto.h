/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_PROTO_H
#define XDF_PROTO_H

#include <linux/types.h>

struct xdf_call;
struct xdf_dbuf;
struct xdf_link;

int xdf_proto_dbuf_create(struct xdf_link *link, const struct xdf_dbuf *dbuf, bool be_alloc);
int xdf_proto_dbuf_destroy(struct xdf_link *link, u64 dbuf_cookie);
int xdf_proto_fb_attach(struct xdf_link *link, u64 dbuf_cookie, u64 fb_cookie, u32 width,
			u32 height, u32 format);
int xdf_proto_fb_detach(struct xdf_link *link, u64 fb_cookie);
int xdf_proto_set_config(struct xdf_link *link, unsigned int connector, u64 fb_cookie, u32 width,
			 u32 height, u32 bpp);
int xdf_proto_get_edid(struct xdf_link *link, unsigned int connector, u32 gref_directory,
		       u32 capacity, struct xdf_call *call);
int xdf_proto_pg_flip(struct xdf_link *link, unsigned int connector, u64 fb_cookie, u64 number);

#endif
