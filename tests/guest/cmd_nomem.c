// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * xdf-client nomem: each allocation that a call makes in the kernel fails once,
 * the first, the second, and so on until the call makes no more. Wants a kernel
 * with CONFIG_FAULT_INJECTION (/proc/self/fail-nth); which kinds of allocation may
 * fail is set in debugfs by whoever starts this.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "client.h"

#define FAIL_NTH	"/proc/thread-self/fail-nth"
/* More than any call makes; buffers are allocated page by page. */
#define MAX_NTH		20000
#define EVENT_MS	10000

struct nomem {
	struct kms kms;
	struct kms_pipe pipe;
	struct kms_buf shown[2];	/* the first is on the screen */
	struct kms_buf wide;		/* of which a part can be shown */
	struct drm_mode_create_dumb dumb;
	struct kms_buf buf;
	uint8_t *map;
	int nth, vgem, dmabuf, fd;
	uint32_t vgem_handle, handle;
};

static int buffer_size(const struct nomem *m)
{
	return (m->dumb.size + 4095) / 4096 * 4096;
}

/* --- what is done, and undone */

static int do_open(struct nomem *m)
{
	m->fd = open(m->kms.path, O_RDWR | O_CLOEXEC);
	return m->fd < 0 ? -errno : 0;
}

static int undo_open(struct nomem *m)
{
	return close(m->fd) ? -errno : 0;
}

static int do_dumb(struct nomem *m)
{
	return kms_dumb_create(m->kms.fd, m->pipe.mode.hdisplay, m->pipe.mode.vdisplay, 32, &m->dumb);
}

static int undo_dumb(struct nomem *m)
{
	return kms_dumb_destroy(m->kms.fd, m->dumb.handle);
}

static int do_map(struct nomem *m)
{
	uint64_t offset;
	int ret = kms_dumb_map(m->kms.fd, m->dumb.handle, &offset), i;

	if (ret)
		return ret;
	m->map = mmap(NULL, buffer_size(m), PROT_READ | PROT_WRITE, MAP_SHARED, m->kms.fd, offset);
	if (m->map == MAP_FAILED)
		return -errno;
	for (i = 0; i < buffer_size(m); i += 4096)
		m->map[i] = i >> 12;
	return 0;
}

static int undo_map(struct nomem *m)
{
	int i, bad = 0;

	for (i = 0; i < buffer_size(m); i += 4096)
		bad += m->map[i] != (uint8_t)(i >> 12);
	munmap(m->map, buffer_size(m));
	return bad ? -EIO : 0;
}

static int do_fb(struct nomem *m)
{
	return kms_addfb(m->kms.fd, m->dumb.width, m->dumb.height, DRM_FORMAT_XRGB8888, m->dumb.handle,
			 m->dumb.pitch, 0, &m->buf.fb);
}

static int undo_fb(struct nomem *m)
{
	return kms_rmfb(m->kms.fd, m->buf.fb);
}

static int do_export(struct nomem *m)
{
	return prime_export(m->kms.fd, m->dumb.handle, DRM_RDWR, &m->fd);
}

static int do_import(struct nomem *m)
{
	return prime_import(m->kms.fd, m->dmabuf, &m->handle);
}

static int undo_import(struct nomem *m)
{
	return gem_close(m->kms.fd, m->handle);
}

static int do_foreign_fb(struct nomem *m)
{
	return kms_addfb(m->kms.fd, m->dumb.width, m->dumb.height, DRM_FORMAT_XRGB8888, m->handle,
			 m->dumb.pitch, 0, &m->buf.fb);
}

static int do_off(struct nomem *m)
{
	return kms_off(&m->kms, &m->pipe, 1);
}

static int do_show(struct nomem *m)
{
	return kms_show(&m->kms, &m->pipe, m->shown, 1);
}

static int do_flip(struct nomem *m)
{
	return kms_flip(&m->pipe, &m->shown[1], 1);
}

static int flip_done(struct nomem *m)
{
	struct kms_event ev;
	int ret = kms_event(&m->kms, EVENT_MS, &ev);

	return ret < 0 ? ret : ret ? 0 : -ETIME;
}

static int undo_flip(struct nomem *m)
{
	int ret = flip_done(m);

	return ret ? ret : do_show(m);
}

static int do_pan(struct nomem *m)
{
	struct kms_req r;
	int ret;

	kms_req_init(&r);
	kms_req_add(&r, m->pipe.plane->id, &m->pipe.plane->props, "FB_ID", m->wide.fb);
	kms_req_add(&r, m->pipe.plane->id, &m->pipe.plane->props, "SRC_X", 16ull << 16);
	ret = kms_req_commit(&m->kms, &r, 0, 0);
	kms_req_free(&m->kms, &r);
	return ret;
}

static int unpan(struct nomem *m)
{
	struct kms_req r;
	int ret;

	kms_req_init(&r);
	kms_req_add(&r, m->pipe.plane->id, &m->pipe.plane->props, "FB_ID", m->shown[0].fb);
	kms_req_add(&r, m->pipe.plane->id, &m->pipe.plane->props, "SRC_X", 0);
	ret = kms_req_commit(&m->kms, &r, 0, 0);
	kms_req_free(&m->kms, &r);
	return ret;
}

/* The view of the part is kept with its framebuffer: each try wants a new one. */
static int before_pan(struct nomem *m)
{
	return kms_buf_create(&m->kms, m->pipe.mode.hdisplay + 32, m->pipe.mode.vdisplay,
			      DRM_FORMAT_XRGB8888, false, &m->wide);
}

static int after_pan(struct nomem *m)
{
	return kms_buf_destroy(&m->kms, &m->wide);
}

static int do_dirty(struct nomem *m)
{
	struct drm_mode_fb_dirty_cmd d = { .fb_id = m->shown[0].fb };

	return kms_ioctl(m->kms.fd, DRM_IOCTL_MODE_DIRTYFB, &d);
}

static int do_probe(struct nomem *m)
{
	struct drm_mode_get_connector c = { .connector_id = m->pipe.con->id };

	return kms_ioctl(m->kms.fd, DRM_IOCTL_MODE_GETCONNECTOR, &c);
}

/* The same once more must find what there was at the beginning. */
static int undo_probe(struct nomem *m)
{
	struct drm_mode_get_connector c = { .connector_id = m->pipe.con->id };
	int ret = kms_ioctl(m->kms.fd, DRM_IOCTL_MODE_GETCONNECTOR, &c);

	return ret ? ret : c.count_modes == m->pipe.con->nmodes ? 0 : -ENODATA;
}

static int before_dumb(struct nomem *m)
{
	return do_dumb(m);
}

static int before_import(struct nomem *m)
{
	int ret = do_dumb(m);

	if (ret)
		return ret;
	ret = vgem_create(buffer_size(m), &m->vgem, &m->vgem_handle, &m->dmabuf);
	if (ret)
		undo_dumb(m);
	return ret;
}

static int after_import(struct nomem *m)
{
	close(m->dmabuf);
	close(m->vgem);
	return undo_dumb(m);
}

static int before_foreign_fb(struct nomem *m)
{
	int ret = before_import(m);

	return ret ? ret : do_import(m);
}

static int after_foreign_fb(struct nomem *m)
{
	int ret = undo_import(m), err = after_import(m);

	return ret ? ret : err;
}

static int nothing(struct nomem *m)
{
	(void)m;
	return 0;
}

/*
 * Each try is before, call, undo, after; undo only when the call succeeded.
 * What must be there for all tries at once is there already.
 */
static const struct call {
	const char *name;
	int (*before)(struct nomem *m);
	int (*call)(struct nomem *m);
	int (*undo)(struct nomem *m);
	int (*after)(struct nomem *m);
} calls[] = {
	{ "open", nothing, do_open, undo_open, nothing },
	{ "create-dumb", nothing, do_dumb, undo_dumb, nothing },
	{ "map", before_dumb, do_map, undo_map, undo_dumb },
	{ "addfb", before_dumb, do_fb, undo_fb, undo_dumb },
	{ "export", before_dumb, do_export, undo_open, undo_dumb },
	{ "import", before_import, do_import, undo_import, after_import },
	{ "addfb-imported", before_foreign_fb, do_foreign_fb, undo_fb, after_foreign_fb },
	{ "set-mode", do_off, do_show, nothing, do_show },
	{ "flip", nothing, do_flip, undo_flip, nothing },
	{ "pan", before_pan, do_pan, unpan, after_pan },
	{ "dirty", nothing, do_dirty, nothing, nothing },
	{ "probe", nothing, do_probe, undo_probe, nothing },
	{ "off", nothing, do_off, do_show, nothing },
};

static int arm(const struct nomem *m, unsigned int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", n);

	return pwrite(m->nth, text, len, 0) == len ? 0 : -errno;
}

/* What is left of the count; 0 when the allocation was reached and failed. */
static long armed(const struct nomem *m)
{
	char text[16] = "";

	return pread(m->nth, text, sizeof(text) - 1, 0) > 0 ? strtol(text, NULL, 10) : -1;
}

static bool right_errno(int err)
{
	return err == -ENOMEM || err == -ENOSPC;
}

/* One call of all; false when the rest makes no sense. */
static bool step_through(struct nomem *m, const struct call *c)
{
	unsigned int n, failed = 0, wrong = 0;
	int err = 0, ret;
	long left = 0;

	for (n = 1; n <= MAX_NTH; n++) {
		ret = c->before(m);
		if (ret) {
			rep_fail(c->name, ret, "not possible any more after failure %u", n - 1);
			return false;
		}
		ret = arm(m, n);
		if (!ret)
			err = c->call(m);
		left = ret ? ret : armed(m);
		arm(m, 0);
		if (left < 0) {
			rep_fail(FAIL_NTH, left, NULL);
			return false;
		}
		if (err && (left || !right_errno(err)) && wrong++ < 5)
			rep_fail(c->name, err, "allocation %u%s", n, left ? " was not reached" : "");
		failed += !!err;
		ret = err ? 0 : c->undo(m);
		if (ret)
			rep_fail(c->name, ret, "after success with failure %u: cannot be undone", n);
		/* and now as if nothing had been */
		if (!ret && !left) {
			ret = c->call(m);
			if (!ret)
				ret = c->undo(m);
			if (ret)
				rep_fail(c->name, ret, "does not work after failure %u", n);
		}
		if (!ret) {
			ret = c->after(m);
			if (ret)
				rep_fail(c->name, ret, "cleaning up after failure %u", n);
		}
		if (ret)
			return false;
		if (left)
			break;
	}
	rep_begin("nomem");
	rep_str("call", c->name);
	rep_uint("allocations", n - 1);
	rep_uint("failed", failed);
	rep_uint("wrong", wrong);
	rep_bool("ok", left && !wrong);
	rep_end();
	if (!left)
		rep_fail(c->name, 0, "no end after %u allocations", MAX_NTH);
	if (n == 1)
		rep_fail(c->name, 0, "not a single allocation: may none fail?");
	return true;
}

/**
 * cmd_nomem - memory runs out in the middle of each call
 * @cl: command line
 *
 * Return: exit code.
 */
int cmd_nomem(struct client *cl)
{
	struct kms_pipe pipes[KMS_MAX_PIPES];
	struct nomem m = { .nth = open(FAIL_NTH, O_RDWR | O_CLOEXEC) };
	int n, i, ret, vgem;
	size_t c;

	if (m.nth < 0) {
		rep_skip("nomem", "the kernel has no " FAIL_NTH ": CONFIG_FAULT_INJECTION");
		return XDF_SKIP;
	}
	n = client_pipes(cl, &m.kms, pipes);
	if (n < 0)
		return -n;
	m.pipe = pipes[0];
	m.pipe.kms = &m.kms;
	for (i = 0; i < 2; i++) {
		ret = kms_buf_create(&m.kms, m.pipe.mode.hdisplay, m.pipe.mode.vdisplay,
				     DRM_FORMAT_XRGB8888, false, &m.shown[i]);
		if (ret)
			return rep_fail("buffer", ret, NULL);
	}
	ret = do_show(&m);
	if (ret)
		return rep_fail("show", ret, NULL);
	vgem = buf_kind_check(BUF_VGEM);
	for (c = 0; c < ARRAY_SIZE(calls); c++) {
		if (vgem != XDF_OK && strstr(calls[c].name, "import"))
			continue;
		if (!step_through(&m, &calls[c]))
			break;
	}
	kms_close(&m.kms);
	close(m.nth);
	return rep_failures() ? XDF_FAILED : XDF_OK;
}
