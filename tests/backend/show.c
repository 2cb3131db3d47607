// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What the connectors show, and where it goes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "vnc.h"

/**
 * show_fb() - keep a copy of the connector's framebuffer as it is now
 * @c: connector with a framebuffer at least as large as its mode
 */
void show_fb(struct conn *c)
{
	const struct fb *fb = c->fb;
	const struct dbuf *d = fb->dbuf;

	if (be.opt.no_pictures)
		return;
	if (!picture_take(&c->picture, fb->fmt, c->mode_width, c->mode_height,
			  d->map ? d->map + d->data_ofs : NULL, fb->pitch)) {
		c->picture_current = false;
		warning(c->dev, c, "no-memory-for-picture", 0);
		return;
	}
	c->picture_current = true;
	c->picture_serial++;
	vnc_changed(c);
}

/* a large picture takes seconds: do not count it twice */
static uint64_t hash(struct conn *c)
{
	if (c->hash_serial != c->picture_serial) {
		c->hash = picture_hash(&c->picture);
		c->hash_serial = c->picture_serial;
	}
	return c->hash;
}

static void describe(struct json *j, struct conn *c, const char *path, const char *error)
{
	json_u64(j, "dom", c->dev->domid);
	json_u64(j, "dev", c->dev->devid);
	json_u64(j, "conn", c->index);
	json_str(j, "unique_id", c->unique_id);
	if (path)
		json_str(j, "path", path);
	json_u64(j, "width", c->picture.width);
	json_u64(j, "height", c->picture.height);
	json_str(j, "format", c->picture.fmt->fourcc);
	json_bool(j, "current", c->picture_current);
	if (error)
		json_str(j, "error", error);
	else
		json_hex16(j, "hash", hash(c));
}

static void answer(struct json *out, const char *type, struct conn *c, const char *path,
		   const char *error)
{
	json_open(out, NULL, '{');
	json_str(out, "t", type);
	describe(out, c, path, error);
	json_close(out, '}');
	json_raw(out, "\n", 1);
}

static bool save_one(struct conn *c, const char *dir, struct json *out)
{
	const char *why;
	char *path;
	bool ok;

	if (asprintf(&path, "%s/%u-%u-%u.png", dir, c->dev->domid, c->dev->devid, c->index) < 0)
		return false;
	ok = picture_write_png(&c->picture, path, &why);
	describe(log_begin("png"), c, path, ok ? NULL : why);
	log_end();
	if (out)
		answer(out, "png", c, path, ok ? NULL : why);
	free(path);
	return ok;
}

/**
 * save_pictures() - write the last picture of each connector
 * @dir: directory
 * @only_new: leave out what is in --png-dir already
 * @only: a device, or NULL for all
 * @out: gets a line for each picture too, may be NULL
 *
 * Return: how many could not be written.
 */
unsigned int save_pictures(const char *dir, bool only_new, struct device *only, struct json *out)
{
	bool home = be.opt.png_dir && !strcmp(dir, be.opt.png_dir);
	unsigned int i, failed = 0;
	struct device *dev;

	TAILQ_FOREACH(dev, &be.devices, entry) {
		if (only && dev != only)
			continue;
		for (i = 0; i < dev->nknown; i++) {
			struct conn *c = dev->conns[i];

			if (!c->picture.fmt)
				continue;
			if (only_new && c->picture_saved == c->picture_serial)
				continue;
			if (!save_one(c, dir, out))
				failed++;
			else if (home)
				c->picture_saved = c->picture_serial;
		}
	}
	return failed;
}

/**
 * add_hashes() - a line for each connector that showed something
 * @out: where to
 */
void add_hashes(struct json *out)
{
	struct device *dev;
	unsigned int i;

	TAILQ_FOREACH(dev, &be.devices, entry) {
		for (i = 0; i < dev->nknown; i++) {
			struct conn *c = dev->conns[i];

			if (c->picture.fmt)
				answer(out, "hash", c, NULL, NULL);
		}
	}
}
