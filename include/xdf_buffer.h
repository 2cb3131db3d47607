/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_BUFFER_H
#define XDF_BUFFER_H

#include <linux/kref.h>
#include <linux/list.h>

#include <drm/drm_framebuffer.h>
#include <drm/drm_gem.h>
#include <drm/drm_plane.h>

#include "xdf_memory.h"
#include "xdf_pure.h"

struct dma_buf_attachment;
struct drm_format_info;
struct drm_mode_create_dumb;
struct drm_mode_fb_cmd2;
struct sg_table;
struct xdf_device;
struct xdf_foreign;
struct xdf_link;

/**
 * struct xdf_zombie - something that the backend must be told to forget
 * @node: entry in the device's list, under its reap_lock
 * @reap: does it; may sleep; frees the object around the zombie
 */
struct xdf_zombie {
	struct list_head node;
	void (*reap)(struct xdf_device *xdf, struct xdf_zombie *zombie);
};

/*
 * Pause before a backend that did not answer is told again of buffers, and the first one
 * before what memory or grants did not suffice for is tried again.
 */
#define XDF_REPLAY_PAUSE_MS 500

/**
 * struct xdf_dbuf - a display buffer of the protocol
 *
 * The protocol has no pitch: the backend takes each line for @width pixels of
 * @bpp bits, rounded up to 32 bits. Framebuffers with the same pitch that begin at
 * the same place share one.
 *
 * @refs: one for each framebuffer on it, one for the GEM object
 * @zombie: for the time after the last reference
 * @node: entry in the device's dbufs, under buf_lock
 * @xdf: the device
 * @cookie: its name to the backend
 * @width: in pixels
 * @height: in lines
 * @bpp: bits a pixel
 * @size: from @offset on, in bytes, a multiple of nothing; the memory covers it
 * @first: where it begins in the memory, in units of 4096 bytes
 * @offset: and from there on, in bytes, less than 4096
 * @pages: the memory, one reference held
 * @serial: link on which the backend was told of it, 0 for none; buf_lock
 * @grants: of the memory, for that link, NULL when the backend allocated its
 *	own; under buf_lock
 * @directory: grants of the page directory, for that link; under buf_lock
 * @foreign_lock: protects @foreign; taken inside buf_lock
 * @foreign: the memory that the backend allocated for it, NULL when it shows ours
 */
struct xdf_dbuf {
	struct kref refs;
	struct xdf_zombie zombie;
	struct list_head node;
	struct xdf_device *xdf;
	u64 cookie;
	u32 width;
	u32 height;
	u32 bpp;
	u32 size;
	u32 first;
	u32 offset;
	struct xdf_pages *pages;
	u32 serial;
	struct xdf_grants *grants;
	struct xdf_grants *directory;
	struct mutex foreign_lock;
	struct xdf_foreign *foreign;
};

/**
 * struct xdf_gem - a GEM object
 * @base: the GEM object
 * @pages: the memory, one reference held
 * @width: in pixels as a dumb buffer was asked for, 0 for imported memory
 * @height: in lines as a dumb buffer was asked for
 * @bpp: bits a pixel as a dumb buffer was asked for
 * @dbuf: the display buffer made last for it, NULL before; under buf_lock
 * @shared: there is, or was, a dma-buf of it; set once, read without a lock
 * @vmap_lock: protects @vaddr and @vmap_count
 * @vaddr: kernel mapping, NULL when @vmap_count is 0
 * @vmap_count: users of @vaddr
 */
struct xdf_gem {
	struct drm_gem_object base;
	struct xdf_pages *pages;
	u32 width;
	u32 height;
	u32 bpp;
	struct xdf_dbuf *dbuf;
	bool shared;
	struct mutex vmap_lock;
	void *vaddr;
	unsigned int vmap_count;
};

/**
 * struct xdf_view - what the backend knows as a framebuffer
 *
 * A whole framebuffer or the part of it that begins at some pixel: the protocol
 * shows framebuffers from their first pixel on, so another beginning is another
 * framebuffer to it.
 *
 * @zombie: for the time after the framebuffer is gone
 * @node: entry in the device's views, under buf_lock
 * @fb_node: entry in the framebuffer's views, under view_lock; empty when it is on its
 *	way out
 * @xdf: the device
 * @fb: the framebuffer, which may be gone when @fb_node is empty
 * @cookie: its name to the backend
 * @dbuf: what it lies on, one reference held
 * @serial: link on which the backend was told of it, 0 for none; written under
 *	buf_lock
 * @pass: the replay that came to it last; under buf_lock
 * @x: first column of the framebuffer, in pixels
 * @y: first line of the framebuffer
 * @width: in pixels
 * @height: in lines
 * @format: DRM fourcc
 * @users: plane states that show it; under view_lock
 */
struct xdf_view {
	struct xdf_zombie zombie;
	struct list_head node;
	struct list_head fb_node;
	struct xdf_device *xdf;
	struct xdf_fb *fb;
	u64 cookie;
	struct xdf_dbuf *dbuf;
	u32 serial;
	u32 pass;
	u32 x;
	u32 y;
	u32 width;
	u32 height;
	u32 format;
	unsigned int users;
};

/**
 * struct xdf_fb - a framebuffer
 * @base: the framebuffer; obj[0] is a struct xdf_gem
 * @xdf: the device
 * @views: what the backend knows of it, under view_lock; the first is the whole
 * @num_views: their number, under view_lock
 */
struct xdf_fb {
	struct drm_framebuffer base;
	struct xdf_device *xdf;
	struct list_head views;
	unsigned int num_views;
};

/**
 * struct xdf_plane_state - state of a plane
 * @base: DRM's part
 * @view: what is shown, NULL until the state is prepared, or for nothing
 * @quick: nothing is to be waited for in the commit that brings this
 */
struct xdf_plane_state {
	struct drm_plane_state base;
	struct xdf_view *view;
	bool quick;
};

static inline struct xdf_plane_state *to_xdf_plane_state(struct drm_plane_state *state)
{
	return container_of(state, struct xdf_plane_state, base);
}

static inline struct xdf_gem *to_xdf_gem(struct drm_gem_object *obj)
{
	return container_of(obj, struct xdf_gem, base);
}

static inline struct xdf_fb *to_xdf_fb(struct drm_framebuffer *fb)
{
	return container_of(fb, struct xdf_fb, base);
}

/**
 * xdf_pitch - length of a line, as the backend computes it
 * @width: in pixels
 * @bpp: bits a pixel
 *
 * Return: bytes, a multiple of 4; 64 bits, so that nothing wraps.
 */
static inline u64 xdf_pitch(u32 width, u32 bpp)
{
	return ((u64)width * bpp + 31) / 32 * 4;
}

/**
 * xdf_dbuf_pages - size of a buffer as the protocol counts it
 * @dbuf: the buffer
 *
 * Return: number of grant references, 4096 bytes each.
 */
static inline u32 xdf_dbuf_pages(const struct xdf_dbuf *dbuf)
{
	return DIV_ROUND_UP((u64)dbuf->offset + dbuf->size, XDF_GRANT_SIZE);
}

/* gem.c */
struct drm_gem_object *xdf_gem_import(struct drm_device *drm, struct dma_buf_attachment *attach,
				      struct sg_table *sgt);
bool xdf_gem_contiguous(void);
int xdf_gem_dumb_create(struct drm_file *file, struct drm_device *drm,
			struct drm_mode_create_dumb *args);

/* fb.c */
struct drm_framebuffer *xdf_fb_create(struct drm_device *drm, struct drm_file *file,
				      const struct drm_format_info *info,
				      const struct drm_mode_fb_cmd2 *cmd);

/* view.c */
int xdf_view_check(struct xdf_device *xdf, struct drm_framebuffer *fb, u32 x, u32 y);
struct xdf_view *xdf_view_get(struct xdf_fb *fb, u32 x, u32 y);
void xdf_view_hold(struct xdf_view *view);
void xdf_view_put(struct xdf_view *view);
void xdf_view_discard(struct xdf_fb *fb);
int xdf_view_replay(struct xdf_device *xdf, struct xdf_link *link);
bool xdf_view_known(struct xdf_device *xdf, const struct xdf_link *link, u64 fb_cookie);
void xdf_view_retract(struct xdf_device *xdf, struct xdf_link *link);

/* dbuf.c */
struct xdf_dbuf *xdf_dbuf_create(struct xdf_device *xdf, struct xdf_pages *pages, u64 start,
				 u32 width, u32 height, u32 bpp);
void xdf_dbuf_put(struct xdf_dbuf *dbuf);
void xdf_dbuf_sync(struct xdf_dbuf *dbuf, u32 y1, u32 y2);
int xdf_dbuf_announce(struct xdf_dbuf *dbuf, struct xdf_link *link);
void xdf_dbuf_retract(struct xdf_device *xdf, struct xdf_link *link);
bool xdf_dbuf_any_foreign(struct xdf_device *xdf);
void xdf_dbuf_link_lost(struct xdf_device *xdf);
void xdf_reap(struct xdf_device *xdf, struct xdf_zombie *zombie);
void xdf_dbuf_refused(struct xdf_device *xdf, struct xdf_link *link, u64 cookie);
int xdf_dbuf_request(struct xdf_link *link, const struct xdf_dbuf *dbuf, bool be_alloc);
void xdf_connect_again(struct xdf_device *xdf);
void xdf_reap_wait(struct xdf_device *xdf);
void xdf_reap_work_fn(struct work_struct *work);

#endif
