// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Buffers from many sources, see buffer.h. */

#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/udmabuf.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "buffer.h"
#include "report.h"

#define UDMABUF		"/dev/udmabuf"
#define NODES		64

static const char * const kinds[BUF_KINDS] = { "dumb", "self", "udmabuf", "vgem" };

/**
 * buf_kind_parse - a kind by its name
 * @name: the name
 * @kind: where to put it
 *
 * Return: false if there is no such kind.
 */
bool buf_kind_parse(const char *name, enum buf_kind *kind)
{
	unsigned int i;

	for (i = 0; i < BUF_KINDS; i++)
		if (!strcmp(name, kinds[i]))
			*kind = i;
	return !strcmp(name, kinds[*kind]);
}

/**
 * buf_kind_name - the name of a kind
 * @kind: the kind
 *
 * Return: the name.
 */
const char *buf_kind_name(enum buf_kind kind)
{
	return kinds[kind];
}

/**
 * vgem_open - open the device of the vgem driver
 *
 * Return: the file, or a negative errno: -ENODEV when there is none.
 */
int vgem_open(void)
{
	char path[32], name[16];
	int i, fd;

	for (i = 0; i < NODES; i++) {
		struct drm_version v = { .name = name, .name_len = sizeof(name) - 1 };

		snprintf(path, sizeof(path), "/dev/dri/card%d", i);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			continue;
		memset(name, 0, sizeof(name));
		if (!kms_ioctl(fd, DRM_IOCTL_VERSION, &v) && !strcmp(name, "vgem"))
			return fd;
		close(fd);
	}
	return -ENODEV;
}

/**
 * buf_kind_check - can such buffers be had here?
 * @kind: the kind
 *
 * Return: XDF_OK, or XDF_SKIP after a report.
 */
int buf_kind_check(enum buf_kind kind)
{
	int fd;

	if (kind == BUF_UDMABUF && access(UDMABUF, R_OK | W_OK)) {
		rep_skip("udmabuf", "the kernel has no " UDMABUF);
		return XDF_SKIP;
	}
	if (kind == BUF_VGEM) {
		fd = vgem_open();
		if (fd < 0) {
			rep_skip("vgem", "no device of vgem: modprobe vgem");
			return XDF_SKIP;
		}
		close(fd);
	}
	return XDF_OK;
}

/**
 * prime_export - make a dma-buf of a buffer
 * @fd: device
 * @handle: buffer
 * @flags: DRM_RDWR or 0
 * @dmabuf: the dma-buf
 *
 * Return: 0 or a negative errno.
 */
int prime_export(int fd, uint32_t handle, uint32_t flags, int *dmabuf)
{
	struct drm_prime_handle p = { .handle = handle, .flags = flags | DRM_CLOEXEC, .fd = -1 };
	int ret = kms_ioctl(fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, &p);

	*dmabuf = ret ? -1 : p.fd;
	return ret;
}

/**
 * prime_import - make a buffer of a dma-buf
 * @fd: device
 * @dmabuf: the dma-buf
 * @handle: buffer
 *
 * Return: 0 or a negative errno.
 */
int prime_import(int fd, int dmabuf, uint32_t *handle)
{
	struct drm_prime_handle p = { .fd = dmabuf };
	int ret = kms_ioctl(fd, DRM_IOCTL_PRIME_FD_TO_HANDLE, &p);

	*handle = ret ? 0 : p.handle;
	return ret;
}

/**
 * gem_close - give up a handle of any kind
 * @fd: device
 * @handle: buffer
 *
 * Return: 0 or a negative errno.
 */
int gem_close(int fd, uint32_t handle)
{
	struct drm_gem_close c = { .handle = handle };

	return kms_ioctl(fd, DRM_IOCTL_GEM_CLOSE, &c);
}

static uint64_t whole_pages(uint64_t size)
{
	uint64_t page = sysconf(_SC_PAGESIZE);

	return (size + page - 1) / page * page;
}

/**
 * udmabuf_create - a dma-buf of memory of this process
 * @size: bytes, whole pages
 * @dmabuf: the dma-buf
 *
 * Return: 0 or a negative errno.
 */
int udmabuf_create(uint64_t size, int *dmabuf)
{
	struct udmabuf_create c = { .flags = UDMABUF_FLAGS_CLOEXEC, .size = size };
	int fd = open(UDMABUF, O_RDWR | O_CLOEXEC), mem, ret = 0;

	if (fd < 0)
		return -errno;
	mem = memfd_create("xdf-client", MFD_ALLOW_SEALING | MFD_CLOEXEC);
	if (mem < 0 || ftruncate(mem, size) || fcntl(mem, F_ADD_SEALS, F_SEAL_SHRINK))
		ret = -errno;
	c.memfd = mem;
	if (!ret) {
		*dmabuf = ioctl(fd, UDMABUF_CREATE, &c);
		ret = *dmabuf < 0 ? -errno : 0;
	}
	if (mem >= 0)
		close(mem);
	close(fd);
	return ret;
}

/**
 * vgem_create - a dma-buf of vgem's memory
 * @size: bytes, whole pages
 * @source: file of vgem
 * @source_handle: the buffer there
 * @dmabuf: the dma-buf
 *
 * Return: 0 or a negative errno; then nothing is left open.
 */
int vgem_create(uint64_t size, int *source, uint32_t *source_handle, int *dmabuf)
{
	uint32_t page = sysconf(_SC_PAGESIZE);
	struct drm_mode_create_dumb d;
	int ret;

	*source = vgem_open();
	if (*source < 0)
		return *source;
	ret = kms_dumb_create(*source, page, size / page, 8, &d);
	if (!ret) {
		*source_handle = d.handle;
		ret = d.size < size ? -ERANGE :
		      prime_export(*source, d.handle, DRM_RDWR, dmabuf);
	}
	if (ret) {
		close(*source);
		*source = 0;
		*source_handle = 0;
	}
	return ret;
}

/**
 * buf_pitch - bytes from row to row where we may choose
 * @width: pixels
 * @fourcc: DRM_FORMAT_*
 *
 * Return: what the protocol takes for granted, whole 32 bit words.
 */
uint32_t buf_pitch(uint32_t width, uint32_t fourcc)
{
	return (width * fourcc_bpp(fourcc) + 31) / 32 * 4;
}

/* A dumb buffer with room for a framebuffer that begins at @offset. */
static int create_dumb(struct kms *k, const struct buf_spec *spec, struct kms_buf *buf)
{
	uint32_t pitch = buf_pitch(buf->width, spec->fourcc);
	struct drm_mode_create_dumb d;
	int ret;

	ret = kms_dumb_create(k->fd, buf->width, buf->height + (spec->offset + pitch - 1) / pitch,
			      fourcc_bpp(spec->fourcc), &d);
	if (ret)
		return ret;
	buf->handle = d.handle;
	buf->pitch = d.pitch;
	buf->size = d.size;
	return 0;
}

/* The memory, and a handle of ours to it. */
static int create_memory(struct kms *k, const struct buf_spec *spec, struct kms_buf *buf)
{
	int ret;

	switch (spec->kind) {
	case BUF_DUMB:
		return create_dumb(k, spec, buf);
	case BUF_SELF:
		ret = create_dumb(k, spec, buf);
		if (!ret)
			ret = prime_export(k->fd, buf->handle, DRM_RDWR, &buf->dmabuf);
		if (ret)
			return ret;
		ret = gem_close(k->fd, buf->handle);
		buf->handle = 0;
		break;
	default:
		buf->pitch = buf_pitch(buf->width, spec->fourcc);
		buf->size = whole_pages((uint64_t)buf->pitch * buf->height + spec->offset);
		ret = spec->kind == BUF_UDMABUF ? udmabuf_create(buf->size, &buf->dmabuf) :
		      vgem_create(buf->size, &buf->source, &buf->source_handle, &buf->dmabuf);
		break;
	}
	return ret ? ret : prime_import(k->fd, buf->dmabuf, &buf->handle);
}

static int map(struct kms *k, const struct buf_spec *spec, struct kms_buf *buf)
{
	uint64_t at = 0;
	int fd = buf->dmabuf, ret;
	void *p;

	if (spec->kind == BUF_DUMB) {
		fd = k->fd;
		ret = kms_dumb_map(fd, buf->handle, &at);
		if (ret)
			return ret;
	}
	p = mmap(NULL, buf->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, at);
	if (p == MAP_FAILED)
		return -errno;
	buf->offset = spec->offset;
	buf->map = (uint8_t *)p + spec->offset;
	return 0;
}

/**
 * buf_create - a mapped buffer with a framebuffer
 * @k: device
 * @spec: what kind
 * @width: pixels in a row
 * @height: rows
 * @buf: cleared and filled in; ended by kms_buf_destroy()
 *
 * Where there is a dma-buf it is that which is mapped: drawing is between
 * buf_begin() and buf_end() then.
 *
 * Return: 0 or a negative errno; then nothing is left behind.
 */
int buf_create(struct kms *k, const struct buf_spec *spec, uint32_t width, uint32_t height,
	       struct kms_buf *buf)
{
	int ret;

	memset(buf, 0, sizeof(*buf));
	buf->width = width;
	buf->height = height;
	buf->fourcc = spec->fourcc;
	ret = create_memory(k, spec, buf);
	if (!ret)
		ret = map(k, spec, buf);
	if (!ret)
		ret = kms_addfb(k->fd, width, height, spec->fourcc, buf->handle, buf->pitch,
				spec->offset, &buf->fb);
	if (ret)
		kms_buf_destroy(k, buf);
	return ret;
}

static int dmabuf_sync(const struct kms_buf *buf, uint64_t flags)
{
	struct dma_buf_sync s = { .flags = flags | DMA_BUF_SYNC_RW };

	return buf->dmabuf ? kms_ioctl(buf->dmabuf, DMA_BUF_IOCTL_SYNC, &s) : 0;
}

/**
 * buf_begin - before the mapping is read or written
 * @buf: the buffer
 *
 * Return: 0 or a negative errno.
 */
int buf_begin(const struct kms_buf *buf)
{
	return dmabuf_sync(buf, DMA_BUF_SYNC_START);
}

/**
 * buf_end - after the mapping was read or written
 * @buf: the buffer
 *
 * Return: 0 or a negative errno.
 */
int buf_end(const struct kms_buf *buf)
{
	return dmabuf_sync(buf, DMA_BUF_SYNC_END);
}
