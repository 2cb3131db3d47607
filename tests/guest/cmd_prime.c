// SPDX-License-Identifier: GPL-2.0 OR MIT
/* xdf-client prime: buffers that go to other drivers, and come from them. */

#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pattern.h"
#include "smoke.h"

#define WIDTH	320u
#define HEIGHT	240u
#define PAGE	4096u
#define NO_HANDLE	0x7ffffff0u
/* 2 MB each: together far more than what comes and goes in an idle guest */
#define LEAK_HEIGHT	1536u
#define LEAK_ROUNDS	40
#define LEAK_WAIT_MS	20000

static void fill(uint8_t *p, size_t size, unsigned int seed)
{
	size_t i;

	for (i = 0; i < size; i++)
		p[i] = pattern(i, seed);
}

static uint8_t *map_fd(int fd, uint64_t offset, size_t size, int prot, int *ret)
{
	void *p = mmap(NULL, size, prot, MAP_SHARED, fd, offset);

	*ret = p == MAP_FAILED ? -errno : 0;
	return *ret ? NULL : p;
}

static int dumb(struct smoke *s, struct drm_mode_create_dumb *d, uint8_t **map)
{
	uint64_t offset;
	int ret = kms_dumb_create(s->kms.fd, WIDTH, HEIGHT, 32, d);

	if (!ret)
		ret = kms_dumb_map(s->kms.fd, d->handle, &offset);
	if (!ret)
		*map = map_fd(s->kms.fd, offset, d->size, PROT_READ | PROT_WRITE, &ret);
	return ret;
}

static bool same_file(int a, int b)
{
	struct stat x, y;

	return !fstat(a, &x) && !fstat(b, &y) && x.st_ino == y.st_ino && x.st_dev == y.st_dev;
}

static int sync_access(int fd, uint64_t flags)
{
	struct dma_buf_sync sync = { .flags = flags };

	return kms_ioctl(fd, DMA_BUF_IOCTL_SYNC, &sync);
}

/* Exports for reading and for both, and what may be done with each. */
static void exports(struct smoke *s, uint32_t flags, const char *how)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	bool both = flags & DRM_RDWR;
	struct drm_mode_create_dumb d;
	uint8_t *map, *p;
	int fd, ret, again;
	char name[48];

#define NAME(what) (snprintf(name, sizeof(name), "export-%s-%s", how, what), name)
	ret = dumb(s, &d, &map);
	expect(NAME("setup"), ret, 0);
	if (ret)
		return;
	fill(map, d.size, 1);
	ret = prime_export(s->kms.fd, d.handle, flags, &fd);
	expect(NAME("works"), ret, 0);
	if (ret)
		goto out;
	rep_check(NAME("mode"), (fcntl(fd, F_GETFL) & O_ACCMODE) == (both ? O_RDWR : O_RDONLY), 0);
	rep_check(NAME("size"), lseek(fd, 0, SEEK_END) == (off_t)d.size, 0);

	p = map_fd(fd, 0, d.size, PROT_READ, &ret);
	expect(NAME("mmap"), ret, 0);
	if (p) {
		expect(NAME("sync-start"), sync_access(fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ), 0);
		rep_check(NAME("agrees"), holds(p, 0, d.size, 1), 0);
		fill(map, d.size, 2);
		rep_check(NAME("sees-writes"), holds(p, 0, d.size, 2), 0);
		expect(NAME("sync-end"), sync_access(fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ), 0);
		munmap(p, d.size);
	}
	p = map_fd(fd, 0, d.size, PROT_READ | PROT_WRITE, &ret);
	expect(NAME("mmap-to-write"), ret, both ? 0 : -EACCES);
	if (p) {
		expect(NAME("write-start"), sync_access(fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_WRITE),
		       0);
		fill(p, d.size, 3);
		expect(NAME("write-end"), sync_access(fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE), 0);
		rep_check(NAME("written"), holds(map, 0, d.size, 3), 0);
		munmap(p, d.size);
	}
	p = map_fd(fd, 3 * page, 2 * page, PROT_READ, &ret);
	expect(NAME("mmap-inner"), ret, 0);
	if (p) {
		rep_check(NAME("inner-agrees"), holds(p, 3 * page, 2 * page, both ? 3 : 2), 0);
		munmap(p, 2 * page);
	}
	p = map_fd(fd, 0, d.size + page, PROT_READ, &ret);
	expect(NAME("mmap-beyond"), ret, -EINVAL);
	if (p)
		munmap(p, d.size + page);

	ret = prime_export(s->kms.fd, d.handle, flags, &again);
	expect(NAME("again"), ret, 0);
	rep_check(NAME("again-same"), !ret && same_file(fd, again), ret);
	if (!ret)
		close(again);
	close(fd);
out:
	munmap(map, d.size);
	expect(NAME("destroy"), kms_dumb_destroy(s->kms.fd, d.handle), 0);
#undef NAME
}

static void bad_exports(struct smoke *s)
{
	struct drm_prime_handle p = { .flags = 1u << 20, .fd = -1 };
	struct drm_mode_create_dumb d;
	uint32_t handle;
	int fd, ret;

	expect("export-unknown", prime_export(s->kms.fd, NO_HANDLE, DRM_RDWR, &fd), -ENOENT);
	if (kms_dumb_create(s->kms.fd, WIDTH, HEIGHT, 32, &d))
		return;
	p.handle = d.handle;
	expect("export-flags-unknown", kms_ioctl(s->kms.fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, &p),
	       -EINVAL);
	expect("import-closed", prime_import(s->kms.fd, 1000, &handle), -EBADF);
	ret = prime_import(s->kms.fd, s->kms.fd, &handle);
	expect("import-no-dmabuf", ret, -EINVAL);
	kms_dumb_destroy(s->kms.fd, d.handle);
}

/* One of handle, dma-buf and framebuffer goes. */
static int drop(struct smoke *s, int what, uint32_t handle, int dmabuf, uint32_t fb)
{
	switch (what) {
	case 0:
		return gem_close(s->kms.fd, handle);
	case 1:
		return close(dmabuf) ? -errno : 0;
	default:
		return kms_rmfb(s->kms.fd, fb);
	}
}

/* Whatever goes first, a mapping stays good until it goes, too. */
static void orders(struct smoke *s)
{
	static const int order[][3] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 },
	};
	static const char letter[] = "hdf";	/* handle, dma-buf, framebuffer */
	struct drm_mode_create_dumb d;
	uint8_t *a, *b, *first, *last;
	uint32_t fb;
	char name[48];
	int fd, ret;
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(order); i++) {
		bool good = true;

		ret = dumb(s, &d, &a);
		if (!ret)
			ret = prime_export(s->kms.fd, d.handle, DRM_RDWR, &fd);
		if (!ret)
			ret = kms_addfb(s->kms.fd, WIDTH, HEIGHT, DRM_FORMAT_XRGB8888, d.handle,
					d.pitch, 0, &fb);
		if (!ret)
			b = map_fd(fd, 0, d.size, PROT_READ | PROT_WRITE, &ret);
		expect("order-setup", ret, 0);
		if (ret)
			return;
		for (j = 0; j < 3 && !ret; j++) {
			ret = drop(s, order[i][j], d.handle, fd, fb);
			fill(a, d.size, i * 8 + j);
			good &= holds(b, 0, d.size, i * 8 + j);
			fill(b, d.size, i * 8 + j + 100);
			good &= holds(a, 0, d.size, i * 8 + j + 100);
		}
		first = i & 1 ? a : b;
		last = i & 1 ? b : a;
		munmap(first, d.size);
		good &= holds(last, 0, d.size, i * 8 + 102);
		fill(last, d.size, 7);
		good &= holds(last, 0, d.size, 7);
		munmap(last, d.size);
		snprintf(name, sizeof(name), "order-%c%c%c", letter[order[i][0]],
			 letter[order[i][1]], letter[order[i][2]]);
		rep_check(name, good && !ret, ret);
	}
}

/* A buffer of ours that comes back, to this file and to another one. */
static void own(struct smoke *s)
{
	struct drm_mode_create_dumb d;
	uint32_t h, h2, there, fb;
	struct kms other;
	uint8_t *map;
	uint64_t offset;
	int fd, ret;

	ret = dumb(s, &d, &map);
	if (!ret)
		ret = prime_export(s->kms.fd, d.handle, DRM_RDWR, &fd);
	expect("own-setup", ret, 0);
	if (ret)
		return;
	fill(map, d.size, 5);
	ret = prime_import(s->kms.fd, fd, &h);
	rep_check("own-same-handle", !ret && h == d.handle, ret);
	/* one handle, however often it is imported */
	expect("own-close", gem_close(s->kms.fd, d.handle), 0);
	expect("own-close-twice", gem_close(s->kms.fd, d.handle), -EINVAL);

	ret = prime_import(s->kms.fd, fd, &h);
	expect("own-after-close", ret, 0);
	ret = prime_import(s->kms.fd, fd, &h2);
	rep_check("own-twice", !ret && h == h2, ret);
	ret = kms_dumb_map(s->kms.fd, h, &offset);
	expect("own-map-again", ret, 0);
	if (!ret) {
		uint8_t *p = map_fd(s->kms.fd, offset, d.size, PROT_READ, &ret);

		rep_check("own-same-memory", p && holds(p, 0, d.size, 5), ret);
		if (p)
			munmap(p, d.size);
	}
	expect("own-fb",
	       kms_addfb(s->kms.fd, WIDTH, HEIGHT, DRM_FORMAT_XRGB8888, h, d.pitch, 0, &fb), 0);
	if (fb)
		expect("own-rmfb", kms_rmfb(s->kms.fd, fb), 0);

	ret = kms_reopen(&s->kms, &other);
	if (!ret) {
		ret = prime_import(other.fd, fd, &there);
		expect("own-other-file", ret, 0);
		expect("own-gone-here", gem_close(s->kms.fd, h), 0);
		close(fd);
		fd = -1;
		munmap(map, d.size);
		/* now that file alone has it */
		ret = kms_dumb_map(other.fd, there, &offset);
		map = ret ? NULL : map_fd(other.fd, offset, d.size, PROT_READ, &ret);
		rep_check("own-lives-there", map && holds(map, 0, d.size, 5), ret);
		close(other.fd);
		/* and now only this mapping has */
		rep_check("own-lives-mapped", map && holds(map, 0, d.size, 5), ret);
	}
	if (fd >= 0)
		close(fd);
	if (map)
		munmap(map, d.size);
}

static void to_vgem(struct smoke *s)
{
	struct drm_mode_create_dumb d;
	int vgem = vgem_open(), fd, back, ret;
	uint32_t h;
	uint8_t *map, *p;

	if (vgem < 0) {
		rep_skip("vgem", "no device of vgem: modprobe vgem");
		return;
	}
	ret = dumb(s, &d, &map);
	if (!ret)
		ret = prime_export(s->kms.fd, d.handle, DRM_RDWR, &fd);
	expect("vgem-setup", ret, 0);
	if (ret)
		goto out;
	fill(map, d.size, 9);
	ret = prime_import(vgem, fd, &h);
	expect("vgem-import", ret, 0);
	if (!ret) {
		expect("vgem-export", prime_export(vgem, h, DRM_RDWR, &back), 0);
		rep_check("vgem-same-dmabuf", back >= 0 && same_file(fd, back), 0);
		/* all that is ours goes; vgem keeps the memory */
		munmap(map, d.size);
		map = NULL;
		expect("vgem-close-ours", gem_close(s->kms.fd, d.handle), 0);
		close(fd);
		p = map_fd(back, 0, d.size, PROT_READ | PROT_WRITE, &ret);
		rep_check("vgem-keeps", p && holds(p, 0, d.size, 9), ret);
		close(back);
		expect("vgem-close", gem_close(vgem, h), 0);
		rep_check("vgem-mapped", p && holds(p, 0, d.size, 9), ret);
		if (p)
			munmap(p, d.size);
	} else {
		close(fd);
		gem_close(s->kms.fd, d.handle);
	}
	if (map)
		munmap(map, d.size);
out:
	close(vgem);
}

/* Framebuffers on a foreign buffer of a certain size. */
static void foreign_sizes(struct smoke *s, uint32_t h, uint64_t size, const char *kind)
{
	const uint32_t xr = DRM_FORMAT_XRGB8888, pitch = WIDTH * 4;
	uint32_t rows = size / pitch, fb;
	const struct {
		const char *name;
		uint32_t width, height, pitch, offset;
		int want;
	} t[] = {
		{ "exact", WIDTH, rows, pitch, 0, 0 },
		{ "too-high", WIDTH, rows + 1, pitch, 0, -EINVAL },
		{ "too-wide", WIDTH + 16, rows, pitch + 64, 0, -EINVAL },
		{ "pitch-too-long", WIDTH, rows, pitch + 64, 0, -EINVAL },
		{ "behind-the-end", WIDTH, 1, pitch, size, -EINVAL },
		{ "over-the-end", WIDTH, rows, pitch, PAGE, -EINVAL },
		{ "second-page", WIDTH, rows - PAGE / pitch - 1, pitch, PAGE, 0 },
	};
	char name[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		int ret = kms_addfb(s->kms.fd, t[i].width, t[i].height, xr, h, t[i].pitch,
				    t[i].offset, &fb);

		snprintf(name, sizeof(name), "%s-fb-%s", kind, t[i].name);
		expect(name, ret, t[i].want);
		if (!ret)
			kms_rmfb(s->kms.fd, fb);
	}
}

/* A buffer of somebody else: handles, sizes, lifetime. */
static void foreign(struct smoke *s, enum buf_kind which)
{
	const struct buf_spec spec = { .kind = which, .fourcc = DRM_FORMAT_XRGB8888 };
	const char *kind = buf_kind_name(which);
	uint32_t h, fb, fb2;
	struct kms_buf buf;
	uint64_t offset;
	uint8_t *p;
	char name[64];
	int fd, ret;

#define NAME(what) (snprintf(name, sizeof(name), "%s-%s", kind, what), name)
	ret = buf_create(&s->kms, &spec, WIDTH, HEIGHT, &buf);
	expect(NAME("import"), ret, 0);
	if (ret)
		return;
	expect(NAME("sync"), buf_begin(&buf), 0);
	fill(buf.map, buf.size, 21);
	expect(NAME("sync-end"), buf_end(&buf), 0);
	ret = prime_import(s->kms.fd, buf.dmabuf, &h);
	rep_check(NAME("import-twice"), !ret && h == buf.handle, ret);
	foreign_sizes(s, buf.handle, buf.size, kind);
	expect(NAME("map-dumb"), kms_dumb_map(s->kms.fd, buf.handle, &offset), -EINVAL);
	ret = prime_export(s->kms.fd, buf.handle, DRM_RDWR, &fd);
	rep_check(NAME("export-same"), !ret && same_file(fd, buf.dmabuf), ret);
	if (!ret)
		close(fd);

	/* its owner lets go of it: what we have of it lives on */
	close(buf.dmabuf);
	if (buf.source)
		close(buf.source);
	buf.source = 0;
	munmap(buf.map - buf.offset, buf.size);
	buf.map = NULL;
	ret = prime_export(s->kms.fd, buf.handle, DRM_RDWR, &buf.dmabuf);
	p = ret ? NULL : map_fd(buf.dmabuf, 0, buf.size, PROT_READ, &ret);
	rep_check(NAME("outlives-owner"), p && holds(p, 0, buf.size, 21), ret);
	/* by the framebuffer alone */
	expect(NAME("close-handle"), gem_close(s->kms.fd, buf.handle), 0);
	buf.handle = 0;
	ret = prime_import(s->kms.fd, buf.dmabuf, &h);
	expect(NAME("import-after-close"), ret, 0);
	ret = kms_addfb(s->kms.fd, WIDTH, HEIGHT, DRM_FORMAT_XRGB8888, h, buf.pitch, 0, &fb2);
	expect(NAME("second-fb"), ret, 0);
	expect(NAME("close-second"), gem_close(s->kms.fd, h), 0);
	fb = buf.fb;
	close(buf.dmabuf);
	expect(NAME("rmfb"), kms_rmfb(s->kms.fd, fb), 0);
	rep_check(NAME("mapped"), p && holds(p, 0, buf.size, 21), 0);
	expect(NAME("rmfb-second"), kms_rmfb(s->kms.fd, fb2), 0);
	rep_check(NAME("mapped-alone"), p && holds(p, 0, buf.size, 21), 0);
	if (p)
		munmap(p, buf.size);
#undef NAME
}

static uint64_t available(void)
{
	FILE *f = fopen("/proc/meminfo", "re");
	unsigned long long kib = 0;
	char line[128];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %llu", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib * 1024;
}

/* All is given back: half of it missing is too much. */
static void no_leak(struct smoke *s, enum buf_kind which)
{
	const struct buf_spec spec = { .kind = which, .fourcc = DRM_FORMAT_XRGB8888 };
	uint64_t before = available(), end;
	uint64_t much = (uint64_t)LEAK_ROUNDS * WIDTH * 4 * LEAK_HEIGHT / 2;
	struct kms_buf buf;
	char name[64];
	int i, ret = 0;

	for (i = 0; i < LEAK_ROUNDS && !ret; i++) {
		ret = buf_create(&s->kms, &spec, WIDTH, LEAK_HEIGHT, &buf);
		if (!ret) {
			/* one that has no page until somebody writes */
			memset(buf.map, i, (size_t)buf.pitch * LEAK_HEIGHT);
			ret = kms_buf_destroy(&s->kms, &buf);
		}
	}
	snprintf(name, sizeof(name), "%s-%d-times", buf_kind_name(which), LEAK_ROUNDS);
	expect(name, ret, 0);
	/* the last of it goes when the backend has let go */
	end = now_us() + LEAK_WAIT_MS * 1000ull;
	while (available() + much < before && now_us() < end)
		poll(NULL, 0, 20);
	snprintf(name, sizeof(name), "%s-all-freed", buf_kind_name(which));
	rep_check(name, before && available() + much >= before, 0);
}

/**
 * cmd_prime - checks of PRIME export and import
 * @cl: command line
 *
 * Return: exit code.
 */
int cmd_prime(struct client *cl)
{
	static struct smoke s;
	enum buf_kind kind;
	uint64_t cap;

	s.cl = cl;
	s.n = client_pipes(cl, &s.kms, s.pipes);
	if (s.n < 0)
		return -s.n;
	kms_cap(&s.kms, DRM_CAP_PRIME, &cap);
	rep_check("cap", cap == (DRM_PRIME_CAP_IMPORT | DRM_PRIME_CAP_EXPORT), 0);
	exports(&s, 0, "rdonly");
	exports(&s, DRM_RDWR, "rdwr");
	bad_exports(&s);
	orders(&s);
	own(&s);
	to_vgem(&s);
	no_leak(&s, BUF_DUMB);
	no_leak(&s, BUF_SELF);
	for (kind = BUF_UDMABUF; kind < BUF_KINDS; kind++) {
		if (buf_kind_check(kind))
			continue;
		foreign(&s, kind);
		no_leak(&s, kind);
	}
	kms_close(&s.kms);
	return rep_failures() ? XDF_FAILED : XDF_OK;
}
