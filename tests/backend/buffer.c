// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Display buffers and framebuffers of a device.
 *
 * A buffer's pages stay mapped until its cookie is destroyed and the last
 * framebuffer on it is detached.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "parse.h"
#include "pgdir.h"

/**
 * dbuf_find() - look a display buffer up
 * @dev: device
 * @cookie: its name
 *
 * Return: the buffer, or NULL.
 */
struct dbuf *dbuf_find(struct device *dev, uint64_t cookie)
{
	struct dbuf *d;

	TAILQ_FOREACH(d, &dev->dbufs, entry)
		if (d->listed && d->cookie == cookie)
			return d;
	return NULL;
}

/* a directory page is mapped only while it is copied */
static bool read_directory(void *ctx, uint32_t gref, uint32_t page[PAGE_BYTES / sizeof(uint32_t)])
{
	struct device *dev = ctx;
	void *map = grants_map(dev, &gref, 1);

	if (!map)
		return false;
	memcpy(page, map, PAGE_BYTES);
	grants_unmap(dev, map, 1);
	return true;
}

/**
 * pages_map() - map the pages that a page directory names
 * @dev: device
 * @directory: grant reference of its first page
 * @pages: how many there are
 * @sink: hears what is wrong with the directory
 * @map: the memory, on success; grants_unmap() gives it back
 *
 * Return: 0 or -errno.
 */
int pages_map(struct device *dev, uint32_t directory, uint32_t pages,
	      const struct fault_sink *sink, uint8_t **map)
{
	const struct pgdir_reader reader = { read_directory, dev };
	uint32_t *grefs;
	int ret;

	if (pages > MAX_BUFFER_PAGES || dev->buffer_pages + pages > MAX_DEVICE_PAGES)
		return -ENOMEM;
	grefs = calloc(pages, sizeof(*grefs));
	if (!grefs)
		return -ENOMEM;
	ret = pgdir_walk(&reader, directory, grefs, pages, sink);
	if (!ret) {
		*map = grants_map(dev, grefs, pages);
		if (!*map) {
			ret = errno == ENOMEM ? -ENOMEM : -EINVAL;
			if (ret == -EINVAL)
				sink->report(sink->ctx, FAULT_GREF_UNMAPPABLE, directory,
					     "buffer page");
		}
	}
	free(grefs);
	return ret;
}

/* the frontend's directory page: where does it go on, and our references */
static bool write_directory(void *ctx, uint32_t gref, const uint32_t *grefs, uint32_t count,
			    uint32_t *next)
{
	struct device *dev = ctx;
	uint32_t *page = grants_map(dev, &gref, 1);
	struct inject *in;

	if (!page)
		return false;
	*next = __atomic_load_n(&page[0], __ATOMIC_RELAXED);
	in = mischief(INJECT_DIR_NEXT, dev, NULL, ANY);
	if (in)
		page[0] = (uint32_t)in->value;
	memcpy(page + 1, grefs, count * sizeof(*grefs));
	grants_unmap(dev, page, 1);
	return true;
}

/* memory of ours for a buffer */
static int alloc_pages(struct device *dev, struct dbuf *d, uint32_t directory,
		       const struct fault_sink *sink)
{
	const struct pgdir_writer writer = { write_directory, dev };
	uint32_t *told = NULL;
	int ret = -ENOMEM;

	if (d->pages > MAX_BUFFER_PAGES || dev->buffer_pages + d->pages > MAX_DEVICE_PAGES)
		return -ENOMEM;
	d->grefs = calloc(d->pages, sizeof(*d->grefs));
	if (d->grefs)
		d->map = pages_share(dev, d->pages, d->grefs);
	if (d->map)
		told = malloc(d->pages * sizeof(*told));
	if (told) {
		memcpy(told, d->grefs, d->pages * sizeof(*told));
		mischief_grefs(dev, told, d->pages);
		ret = pgdir_fill(&writer, directory, told, d->pages, sink);
		free(told);
	}
	if (!ret)
		return 0;
	if (d->map)
		pages_unshare(dev, d->map, d->pages);
	free(d->grefs);
	return ret;
}

/**
 * dbuf_create() - take a new display buffer of the frontend
 * @dev: device
 * @r: the request; its cookie is not known yet
 * @sink: hears what is wrong with the page directory
 *
 * The directory has buffer_sz rounded up to pages; the picture begins at
 * data_ofs in them and must end there.
 *
 * Like displ_be: without a directory there is a buffer without pages (black),
 * without a size the geometry comes with the framebuffer.
 *
 * Return: 0 or -errno.
 */
int dbuf_create(struct device *dev, const struct xendispl_dbuf_create_req *r,
		const struct fault_sink *sink)
{
	uint64_t pitch = 0, bytes = (uint64_t)r->buffer_sz + PAGE_BYTES - 1;
	struct dbuf *d;
	int ret;

	if (r->width > MAX_SIDE || r->height > MAX_SIDE)
		return -EINVAL;
	if (r->width) {
		if (r->bpp != 16 && r->bpp != 24 && r->bpp != 32)
			return -EINVAL;
		pitch = assumed_pitch(r->width, r->bpp);
	}
	if (dev->ndbufs >= MAX_DBUFS)
		return -ENOMEM;
	d = calloc(1, sizeof(*d));
	if (!d)
		return -ENOMEM;
	d->cookie = r->dbuf_cookie;
	d->width = r->width;
	d->height = r->height;
	d->bpp = r->bpp;
	d->bytes = r->buffer_sz;
	/* the bytes were reserved before version 2 */
	d->data_ofs = dev->version >= 2 ? r->data_ofs : 0;
	d->pitch = pitch;
	if (r->gref_directory && r->buffer_sz) {
		d->pages = (uint32_t)(bytes / PAGE_BYTES);
		/* displ_be reads behind its mapping here and dies */
		if (pitch * r->height + d->data_ofs > (uint64_t)d->pages * PAGE_BYTES)
			ret = -EINVAL;
		else if (r->flags & XENDISPL_DBUF_FLG_REQ_ALLOC)
			ret = alloc_pages(dev, d, r->gref_directory, sink);
		else
			ret = pages_map(dev, r->gref_directory, d->pages, sink, &d->map);
		if (ret) {
			free(d);
			return ret;
		}
		dev->buffer_pages += d->pages;
	}
	d->refs = 1;
	d->listed = true;
	dev->ndbufs++;
	TAILQ_INSERT_TAIL(&dev->dbufs, d, entry);
	return 0;
}

static void dbuf_put(struct device *dev, struct dbuf *d)
{
	if (--d->refs)
		return;
	if (d->map) {
		if (d->grefs)
			pages_unshare(dev, d->map, d->pages);
		else
			grants_unmap(dev, d->map, d->pages);
		dev->buffer_pages -= d->pages;
	}
	free(d->grefs);
	TAILQ_REMOVE(&dev->dbufs, d, entry);
	dev->ndbufs--;
	free(d);
}

/**
 * dbuf_destroy() - the frontend wants its buffer back
 * @dev: device
 * @d: a buffer whose cookie is known; its cookie may be used again
 */
void dbuf_destroy(struct device *dev, struct dbuf *d)
{
	d->listed = false;
	dbuf_put(dev, d);
}

/**
 * dbuf_fbs() - how many framebuffers are on a display buffer
 * @dev: device
 * @d: the buffer
 *
 * Return: the number.
 */
unsigned int dbuf_fbs(struct device *dev, const struct dbuf *d)
{
	unsigned int n = 0;
	struct fb *fb;

	TAILQ_FOREACH(fb, &dev->fbs, entry)
		n += fb->dbuf == d;
	return n;
}

/**
 * dbufs_listed() - how many display buffers were created and not destroyed
 * @dev: device
 *
 * Return: the number.
 */
unsigned int dbufs_listed(const struct device *dev)
{
	unsigned int n = 0;
	struct dbuf *d;

	TAILQ_FOREACH(d, &dev->dbufs, entry)
		n += d->listed;
	return n;
}

/**
 * fb_find() - look a framebuffer up
 * @dev: device
 * @cookie: its name
 *
 * Return: the framebuffer, or NULL.
 */
struct fb *fb_find(struct device *dev, uint64_t cookie)
{
	struct fb *fb;

	TAILQ_FOREACH(fb, &dev->fbs, entry)
		if (fb->cookie == cookie)
			return fb;
	return NULL;
}

/**
 * fb_create() - put a framebuffer on a display buffer
 * @dev: device
 * @d: the buffer
 * @r: the request; its cookie is not known yet
 * @fmt: its pixel format
 *
 * Nothing outside the buffer's pages can be reached through what this accepts.
 *
 * Return: 0 or -errno; -EINVAL if the buffer is too small.
 */
int fb_create(struct device *dev, struct dbuf *d, const struct xendispl_fb_attach_req *r,
	      const struct pixfmt *fmt)
{
	uint64_t pitch = d->pitch ? d->pitch : assumed_pitch(r->width, fmt->bpp);
	uint64_t row = ((uint64_t)r->width * fmt->bpp + 7) / 8;
	struct fb *fb;

	if (!r->width || !r->height || r->width > MAX_SIDE || r->height > MAX_SIDE || row > pitch)
		return -EINVAL;
	if (d->width && r->height > d->height)
		return -EINVAL;
	if (d->map && d->data_ofs + pitch * r->height > (uint64_t)d->pages * PAGE_BYTES)
		return -EINVAL;
	if (dev->nfbs >= MAX_FBS)
		return -ENOMEM;
	fb = calloc(1, sizeof(*fb));
	if (!fb)
		return -ENOMEM;
	fb->cookie = r->fb_cookie;
	fb->dbuf = d;
	fb->width = r->width;
	fb->height = r->height;
	fb->pitch = pitch;
	fb->fmt = fmt;
	d->refs++;
	dev->nfbs++;
	TAILQ_INSERT_TAIL(&dev->fbs, fb, entry);
	return 0;
}

/**
 * fb_destroy() - take a framebuffer off its display buffer
 * @dev: device
 * @fb: the framebuffer; no connector may point to it any more
 */
void fb_destroy(struct device *dev, struct fb *fb)
{
	TAILQ_REMOVE(&dev->fbs, fb, entry);
	dev->nfbs--;
	dbuf_put(dev, fb->dbuf);
	free(fb);
}

/**
 * buffers_drop() - everything goes
 * @dev: device; no connector may point to a framebuffer any more
 */
void buffers_drop(struct device *dev)
{
	struct dbuf *d;
	struct fb *fb;

	while ((fb = TAILQ_FIRST(&dev->fbs)))
		fb_destroy(dev, fb);
	while ((d = TAILQ_FIRST(&dev->dbufs)))
		dbuf_destroy(dev, d);
}
