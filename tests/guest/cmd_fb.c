// SPDX-License-Identifier: GPL-2.0 OR MIT
/* xdf-client fb: what the console's memory, /dev/fb0, holds. */

#include <errno.h>
#include <fcntl.h>
#include <linux/fb.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "client.h"

#define FB_DEVICE "/dev/fb0"

/*
 * Fill the whole screen in one write; @seed starts the colours, so that two fills
 * differ. Line by line it would not do: some kernels, 6.12 for one, take
 * a write of exactly one line for an empty one (drm_fb_helper's damage).
 */
static int fill(int fd, const struct fb_var_screeninfo *var, size_t pitch, uint32_t seed)
{
	size_t size = pitch * var->yres;
	uint32_t *all = calloc(1, size);
	unsigned int x, y;
	int err = 0;

	if (!all)
		return ENOMEM;
	for (y = 0; y < var->yres; y++)
		for (x = 0; x < var->xres; x++)
			all[y * pitch / 4 + x] =
				(seed * 0x9e3779b1u + y * 0x10301u + x * 0x507u) & 0xffffff;
	if (pwrite(fd, all, size, 0) != (ssize_t)size)
		err = errno ? errno : EIO;
	free(all);
	return err;
}

/* Hash of a width x height corner, which is what a smaller connector shows. */
static int hash_corner(int fd, size_t pitch, unsigned int width, unsigned int height, uint32_t *row,
		       uint64_t *hash)
{
	unsigned int x, y;

	*hash = HASH_START;
	for (y = 0; y < height; y++) {
		if (pread(fd, row, width * 4, y * pitch) != (ssize_t)(width * 4))
			return errno ? errno : EIO;
		for (x = 0; x < width; x++)
			row[x] &= 0xffffff;
		*hash = hash_row(*hash, row, width);
	}
	return 0;
}

static int report(struct client *cl, int fd)
{
	struct fb_var_screeninfo var;
	struct fb_fix_screeninfo fix;
	uint64_t hash;
	uint32_t *row;
	int err = 0;

	if (ioctl(fd, FBIOGET_VSCREENINFO, &var) || ioctl(fd, FBIOGET_FSCREENINFO, &fix))
		return rep_fail("fb-info", errno, NULL);
	if (var.bits_per_pixel != 32)
		return rep_fail("fb-depth", EINVAL, "%u bits", var.bits_per_pixel);
	row = malloc(var.xres * sizeof(*row));
	if (!row)
		return rep_fail("memory", ENOMEM, NULL);

	if (cl->count)
		err = fill(fd, &var, fix.line_length, cl->count);
	if (!err)
		err = hash_corner(fd, fix.line_length, var.xres, var.yres, row, &hash);
	free(row);
	if (err)
		return rep_fail("fb-io", err, NULL);
	rep_begin("fb");
	rep_str("id", fix.id);
	rep_uint("width", var.xres);
	rep_uint("height", var.yres);
	rep_uint("pitch", fix.line_length);
	rep_hex64("hash", hash);
	rep_end();
	return XDF_OK;
}

/**
 * cmd_fb - the hash of what the console's memory holds
 * @cl: options; a count other than 0 fills the screen with a pattern first
 *
 * Return: exit status.
 */
int cmd_fb(struct client *cl)
{
	int fd = open(FB_DEVICE, O_RDWR | O_CLOEXEC), ret;

	if (fd < 0) {
		rep_skip("fb", "there is no " FB_DEVICE);
		return XDF_SKIP;
	}
	ret = report(cl, fd);
	close(fd);
	return ret;
}
