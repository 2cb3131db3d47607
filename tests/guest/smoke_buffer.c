// SPDX-License-Identifier: GPL-2.0 OR MIT
/* xdf-client smoke: dumb buffers, mappings, framebuffers, PRIME. */

#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pattern.h"
#include "smoke.h"

#define NO_HANDLE	0x7ffffff0u

/* A good answer to CREATE_DUMB: a buffer as large as asked for, or a clean no. */
static void try_dumb(int fd, uint32_t width, uint32_t height, uint32_t bpp, bool may_work)
{
	struct drm_mode_create_dumb d;
	char name[64];
	int ret = kms_dumb_create(fd, width, height, bpp, &d);
	uint64_t row = ((uint64_t)width * bpp + 7) / 8;

	snprintf(name, sizeof(name), "dumb-create-%ux%ux%u", width, height, bpp);
	if (ret) {
		expect_refused(name, ret);
		return;
	}
	rep_check(name,
		  may_work && d.handle && d.pitch >= row && d.size >= (uint64_t)d.pitch * height,
		  0);
	kms_dumb_destroy(fd, d.handle);
}

/* In a child that the kernel shall choose first when memory runs out. */
static void try_gigantic(int fd)
{
	static const uint32_t sizes[][3] = {
		{ 0xffffffff, 0xffffffff, 32 }, { 0xffffffff, 1, 32 }, { 1, 0xffffffff, 32 },
		{ 0x08000001, 1, 32 }, { 1, 0x08000001, 32 }, { 0x40000001, 4, 32 },
		{ 0x10000, 0x10000, 32 }, { 0x8000, 0x8000, 32 }, { 0xffff, 0x4000, 32 },
		{ 0x20000000, 1, 8 },
	};
	int status = 0;
	pid_t pid = fork();
	size_t i;

	if (pid) {
		if (pid < 0 || waitpid(pid, &status, 0) != pid)
			rep_fail("fork", errno, NULL);
		else if (WIFSIGNALED(status))
			rep_fail("dumb-gigantic", 0, "killed by signal %d", WTERMSIG(status));
		else if (WEXITSTATUS(status))
			rep_fail("dumb-gigantic", 0, "see above");
		return;
	}
	die_first();
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		try_dumb(fd, sizes[i][0], sizes[i][1], sizes[i][2], true);
	_exit(rep_failures() ? XDF_FAILED : XDF_OK);
}

/**
 * smoke_dumb - CREATE_DUMB, DESTROY_DUMB, MAP_DUMB with good and bad arguments
 * @s: the run
 */
void smoke_dumb(struct smoke *s)
{
	static const uint32_t bpps[] = {1, 8, 12, 16, 24, 32, 33, 64, 255, 0x80000000, 0xffffffff};
	int fd = s->kms.fd;
	struct drm_mode_create_dumb d;
	uint64_t offset;
	size_t i;

	expect("dumb-create-no-width", kms_dumb_create(fd, 0, 64, 32, &d), -EINVAL);
	expect("dumb-create-no-height", kms_dumb_create(fd, 64, 0, 32, &d), -EINVAL);
	expect("dumb-create-no-bpp", kms_dumb_create(fd, 64, 64, 0, &d), -EINVAL);
	for (i = 0; i < ARRAY_SIZE(bpps); i++)
		try_dumb(fd, 61, 47, bpps[i], bpps[i] <= 255);
	try_dumb(fd, 1, 1, 32, true);
	try_dumb(fd, 4097, 3, 32, true);
	try_gigantic(fd);

	expect_either("dumb-destroy-unknown", kms_dumb_destroy(fd, NO_HANDLE), -ENOENT, -EINVAL);
	expect_either("dumb-destroy-zero", kms_dumb_destroy(fd, 0), -ENOENT, -EINVAL);
	expect_either("dumb-map-unknown", kms_dumb_map(fd, NO_HANDLE, &offset), -ENOENT, -EINVAL);
	if (!rep_check("dumb-create", !kms_dumb_create(fd, 64, 64, 32, &d), 0))
		return;
	expect("dumb-map", kms_dumb_map(fd, d.handle, &offset), 0);
	expect("dumb-destroy", kms_dumb_destroy(fd, d.handle), 0);
	expect_either("dumb-destroy-twice", kms_dumb_destroy(fd, d.handle), -ENOENT, -EINVAL);
	expect_either("dumb-map-destroyed", kms_dumb_map(fd, d.handle, &offset), -ENOENT, -EINVAL);
}

static uint8_t *map_at(int fd, uint64_t offset, size_t size, int prot, int *ret)
{
	void *p = mmap(NULL, size, prot, MAP_SHARED, fd, offset);

	*ret = p == MAP_FAILED ? -errno : 0;
	return *ret ? NULL : p;
}

static void dirty_memory(int fd)
{
	struct drm_mode_create_dumb d;
	uint64_t offset;
	uint8_t *p;
	int ret;

	if (kms_dumb_create(fd, 640, 480, 32, &d))
		return;
	if (!kms_dumb_map(fd, d.handle, &offset)) {
		p = map_at(fd, offset, d.size, PROT_READ | PROT_WRITE, &ret);
		if (p) {
			memset(p, 0xa5, d.size);
			munmap(p, d.size);
		}
	}
	kms_dumb_destroy(fd, d.handle);
}

static void second_file_maps(struct smoke *s, uint64_t offset, size_t size)
{
	struct kms other;
	uint8_t *p;
	int ret;

	if (kms_reopen(&s->kms, &other))
		return;
	p = map_at(other.fd, offset, size, PROT_READ, &ret);
	expect_either("map-foreign-file", ret, -EACCES, -EINVAL);
	if (p)
		munmap(p, size);
	close(other.fd);
}

/**
 * smoke_map - mappings: whole, partial, twice, after the handle is gone
 * @s: the run
 */
void smoke_map(struct smoke *s)
{
	int fd = s->kms.fd, ret;
	size_t page = sysconf(_SC_PAGESIZE), i, stale = 0;
	struct drm_mode_create_dumb d;
	uint8_t *a, *b, *p;
	uint64_t offset;

	for (i = 0; i < 4; i++)
		dirty_memory(fd);
	if (kms_dumb_create(fd, 640, 480, 32, &d) || kms_dumb_map(fd, d.handle, &offset)) {
		rep_check("map-setup", false, ENOMEM);
		return;
	}
	a = map_at(fd, offset, d.size, PROT_READ | PROT_WRITE, &ret);
	expect("map-whole", ret, 0);
	if (!a)
		return;
	for (i = 0; i < d.size; i++)
		stale += a[i] != 0;
	rep_check("map-zeroed", !stale, 0);
	for (i = 0; i < d.size; i++)
		a[i] = pattern(i, 1);
	rep_check("map-readback", holds(a, 0, d.size, 1), 0);

	b = map_at(fd, offset, d.size, PROT_READ | PROT_WRITE, &ret);
	expect("map-second", ret, 0);
	if (b) {
		rep_check("map-second-agrees", holds(b, 0, d.size, 1), 0);
		b[0] = 0x77;
		b[d.size - 1] = 0x78;
		rep_check("map-second-writes", a[0] == 0x77 && a[d.size - 1] == 0x78, 0);
		a[0] = pattern(0, 1);
		a[d.size - 1] = pattern(d.size - 1, 1);
	}
	p = map_at(fd, offset, page, PROT_READ, &ret);
	expect("map-first-page", ret, 0);
	if (p) {
		rep_check("map-first-page-agrees", holds(p, 0, page, 1), 0);
		munmap(p, page);
	}
	/* many drivers want the offset they gave; one that takes others must mean it */
	p = map_at(fd, offset + 3 * page, 2 * page, PROT_READ, &ret);
	expect_either("map-inner-pages", ret, 0, -EINVAL);
	if (p) {
		rep_check("map-inner-pages-agree", holds(p, 3 * page, 2 * page, 1), 0);
		munmap(p, 2 * page);
	}
	p = map_at(fd, offset, d.size + page, PROT_READ, &ret);
	expect_refused("map-beyond", ret);
	if (p)
		munmap(p, d.size + page);
	second_file_maps(s, offset, d.size);

	/* the kernel's copy routines must be able to reach the pages, too */
	ret = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (ret >= 0) {
		rep_check("map-write-from", write(ret, a, d.size) == (ssize_t)d.size, 0);
		close(ret);
	}

	expect("map-destroy-handle", kms_dumb_destroy(fd, d.handle), 0);
	rep_check("map-survives-handle", holds(a, 0, d.size, 1), 0);
	a[5] = 0x99;
	rep_check("map-survives-handle-write", a[5] == 0x99 && (!b || b[5] == 0x99), 0);
	p = map_at(fd, offset, d.size, PROT_READ, &ret);
	expect_refused("map-destroyed-offset", ret);
	if (p)
		munmap(p, d.size);
	munmap(a, d.size);
	if (b)
		munmap(b, d.size);
}

struct bad_fb {
	const char *name;
	uint32_t width, height, fourcc, pitch, offset;
};

static void bad_fbs(struct smoke *s, const struct drm_mode_create_dumb *d)
{
	const uint32_t xr = DRM_FORMAT_XRGB8888;
	const struct bad_fb bad[] = {
		{ "fb-no-width", 0, 480, xr, d->pitch, 0 },
		{ "fb-no-height", 640, 0, xr, d->pitch, 0 },
		{ "fb-no-pitch", 640, 480, xr, 0, 0 },
		{ "fb-pitch-too-small", 640, 480, xr, 640 * 4 - 4, 0 },
		{ "fb-pitch-too-large", 640, 480, xr, d->pitch * 2, 0 },
		{ "fb-pitch-overflow", 640, 480, xr, 0xffffffff, 0 },
		{ "fb-offset-beyond", 640, 480, xr, d->pitch, (uint32_t)d->size },
		{ "fb-offset-past-end", 640, 480, xr, d->pitch, 4096 },
		{ "fb-offset-overflow", 640, 480, xr, d->pitch, 0xfffff000 },
		{ "fb-too-wide", s->kms.max_width + 1, 1, xr, (s->kms.max_width + 1) * 4, 0 },
		{ "fb-too-high", 640, 4800, xr, d->pitch, 0 },
		{ "fb-format-unknown", 640, 480, fourcc_code('Z', 'Z', 'Z', '9'), d->pitch, 0 },
		{ "fb-format-none", 640, 480, 0, d->pitch, 0 },
		{ "fb-format-two-planes", 640, 320, DRM_FORMAT_NV12, d->pitch, 0 },
	};
	uint32_t fb;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		int ret = kms_addfb(s->kms.fd, bad[i].width, bad[i].height, bad[i].fourcc,
				    d->handle, bad[i].pitch, bad[i].offset, &fb);

		/* the core says ERANGE where pitch * height + offset needs more than 32 bits */
		expect_either(bad[i].name, ret, -EINVAL, -ERANGE);
		if (!ret)
			kms_rmfb(s->kms.fd, fb);
	}
}

static void odd_fbs(struct smoke *s, const struct drm_mode_create_dumb *d)
{
	struct drm_mode_fb_cmd2 c2 = {
		.width = 640, .height = 480, .pixel_format = DRM_FORMAT_XRGB8888,
		.handles = { d->handle }, .pitches = { d->pitch },
	}, try2;
	struct drm_mode_fb_cmd c1 = {
		.width = 640, .height = 480, .pitch = d->pitch, .bpp = 32, .depth = 24,
		.handle = d->handle,
	};
	struct drm_mode_fb_dirty_cmd dirty = { 0 };
	struct drm_clip_rect clip = { .x1 = 10, .y1 = 10, .x2 = 20, .y2 = 20 };
	int fd = s->kms.fd, ret;
	uint32_t fb;

	try2 = c2;
	try2.flags = 1u << 31;
	expect("fb-flags-unknown", kms_ioctl(fd, DRM_IOCTL_MODE_ADDFB2, &try2), -EINVAL);
	try2 = c2;
	try2.flags = DRM_MODE_FB_MODIFIERS;
	try2.modifier[0] = fourcc_mod_code(INTEL, 1);
	expect("fb-modifier-foreign", kms_ioctl(fd, DRM_IOCTL_MODE_ADDFB2, &try2), -EINVAL);
	expect_either("fb-no-handle",
		      kms_addfb(fd, 640, 480, DRM_FORMAT_XRGB8888, 0, d->pitch, 0, &fb), -EINVAL,
		      -ENOENT);
	expect_either("fb-handle-unknown",
		      kms_addfb(fd, 640, 480, DRM_FORMAT_XRGB8888, NO_HANDLE, d->pitch, 0, &fb),
		      -ENOENT, -EINVAL);
	expect("fb-rm-unknown", kms_rmfb(fd, NO_HANDLE), -ENOENT);

	expect("fb-legacy-add", kms_ioctl(fd, DRM_IOCTL_MODE_ADDFB, &c1), 0);
	if (c1.fb_id) {
		struct drm_mode_fb_cmd get = { .fb_id = c1.fb_id };

		ret = kms_ioctl(fd, DRM_IOCTL_MODE_GETFB, &get);
		rep_check("fb-get", !ret && get.width == 640 && get.height == 480 &&
			  get.pitch == d->pitch && get.bpp == 32 && get.depth == 24, ret);
		if (!ret && get.handle && get.handle != d->handle)
			kms_dumb_destroy(fd, get.handle);
		dirty.fb_id = c1.fb_id;
		/* one that is not shown: nothing to do, and no harm */
		expect_either("fb-dirty-all", kms_ioctl(fd, DRM_IOCTL_MODE_DIRTYFB, &dirty), 0,
			      -ENOSYS);
		dirty.num_clips = 1;
		dirty.clips_ptr = (uintptr_t)&clip;
		expect_either("fb-dirty-clip", kms_ioctl(fd, DRM_IOCTL_MODE_DIRTYFB, &dirty), 0,
			      -ENOSYS);
		dirty.num_clips = 100000;
		ret = kms_ioctl(fd, DRM_IOCTL_MODE_DIRTYFB, &dirty);
		expect_either("fb-dirty-too-many", ret, -EINVAL, -ENOSYS);
		expect("fb-rm", kms_rmfb(fd, c1.fb_id), 0);
		expect("fb-rm-twice", kms_rmfb(fd, c1.fb_id), -ENOENT);
	}
}

static void each_format(struct smoke *s)
{
	const struct kms_plane *p = s->pipes[0].plane;
	unsigned int i;

	for (i = 0; i < p->nformats; i++) {
		struct kms_buf buf;
		char name[32], fourcc[5];
		int ret = kms_buf_create(&s->kms, 640, 480, p->formats[i], true, &buf);

		snprintf(name, sizeof(name), "fb-format-%s", fourcc_name(p->formats[i], fourcc));
		expect(name, ret, 0);
		if (!ret)
			kms_buf_destroy(&s->kms, &buf);
	}
}

/**
 * smoke_fb - ADDFB2, ADDFB, RMFB, GETFB, DIRTYFB with good and bad arguments
 * @s: the run
 */
void smoke_fb(struct smoke *s)
{
	struct drm_mode_create_dumb d;
	uint32_t fb;
	int ret;

	ret = kms_dumb_create(s->kms.fd, 640, 480, 32, &d);
	expect("fb-setup", ret, 0);
	if (ret)
		return;
	bad_fbs(s, &d);
	odd_fbs(s, &d);
	each_format(s);

	/* the buffer outlives its handle as long as a framebuffer has it */
	ret = kms_addfb(s->kms.fd, 640, 480, DRM_FORMAT_XRGB8888, d.handle, d.pitch, 0, &fb);
	expect("fb-add", ret, 0);
	expect("fb-handle-gone", kms_dumb_destroy(s->kms.fd, d.handle), 0);
	if (!ret)
		expect("fb-rm-after-handle", kms_rmfb(s->kms.fd, fb), 0);
}

/*
 * A dma-buf is mapped before its object has an offset on the device: getting one
 * must not move the mapping. Reading into it fails with EFAULT where touching it
 * would be a SIGBUS.
 */
static void prime_before_offset(int fd)
{
	struct drm_prime_handle out = { .flags = DRM_CLOEXEC | DRM_RDWR };
	struct drm_mode_create_dumb d;
	int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC), ret;
	uint64_t offset;
	uint8_t *p;

	if (zero < 0 || kms_dumb_create(fd, 64, 64, 32, &d)) {
		rep_check("prime-offset-setup", false, ENOMEM);
		return;
	}
	out.handle = d.handle;
	expect("prime-offset-export", kms_ioctl(fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, &out), 0);
	p = map_at(out.fd, 0, d.size, PROT_READ | PROT_WRITE, &ret);
	if (p) {
		expect("prime-offset-map", kms_dumb_map(fd, d.handle, &offset), 0);
		ret = read(zero, p, 1) == 1 ? 0 : -errno;
		expect("prime-offset-stays", ret, 0);
		munmap(p, d.size);
	}
	close(out.fd);
	close(zero);
	kms_dumb_destroy(fd, d.handle);
}

/**
 * smoke_prime - a dumb buffer as a dma-buf and back
 * @s: the run
 */
void smoke_prime(struct smoke *s)
{
	struct drm_prime_handle out = { .flags = DRM_CLOEXEC | DRM_RDWR }, in = { 0 };
	struct dma_buf_sync sync = { .flags = DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW };
	int fd = s->kms.fd, ret;
	struct kms_buf buf;
	uint64_t cap;
	uint8_t *p;
	size_t i;

	kms_cap(&s->kms, DRM_CAP_PRIME, &cap);
	if (!(cap & DRM_PRIME_CAP_EXPORT)) {
		rep_skip("prime", "the driver exports no dma-buf");
		return;
	}
	prime_before_offset(fd);
	if (kms_buf_create(&s->kms, 320, 240, DRM_FORMAT_XRGB8888, true, &buf)) {
		rep_check("prime-setup", false, ENOMEM);
		return;
	}
	for (i = 0; i < buf.size; i++)
		buf.map[i] = pattern(i, 3);
	out.handle = buf.handle;
	ret = kms_ioctl(fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, &out);
	expect("prime-export", ret, 0);
	if (ret)
		goto out;
	p = map_at(out.fd, 0, buf.size, PROT_READ | PROT_WRITE, &ret);
	/* not every exporter lets one map it, but then it must say so */
	if (ret)
		expect_refused("prime-mmap", ret);
	if (p) {
		expect("prime-sync-start", kms_ioctl(out.fd, DMA_BUF_IOCTL_SYNC, &sync), 0);
		rep_check("prime-mmap-agrees", holds(p, 0, buf.size, 3), 0);
		p[9] = 0x42;
		sync.flags = DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW;
		expect("prime-sync-end", kms_ioctl(out.fd, DMA_BUF_IOCTL_SYNC, &sync), 0);
		rep_check("prime-mmap-writes", buf.map[9] == 0x42, 0);
	}
	if (cap & DRM_PRIME_CAP_IMPORT) {
		in.fd = out.fd;
		ret = kms_ioctl(fd, DRM_IOCTL_PRIME_FD_TO_HANDLE, &in);
		rep_check("prime-import-own", !ret && in.handle == buf.handle, ret);
		in.fd = open("/dev/null", O_RDWR | O_CLOEXEC);
		ret = kms_ioctl(fd, DRM_IOCTL_PRIME_FD_TO_HANDLE, &in);
		expect_refused("prime-import-no-dmabuf", ret);
		close(in.fd);
	}
	kms_buf_destroy(&s->kms, &buf);
	if (p) {
		rep_check("prime-outlives-handle", p[10] == pattern(10, 3), 0);
		munmap(p, lseek(out.fd, 0, SEEK_END));
	}
	close(out.fd);
out:
	kms_buf_destroy(&s->kms, &buf);
}
