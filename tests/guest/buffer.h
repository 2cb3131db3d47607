/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Buffers from many sources, with a framebuffer on them. */
#ifndef XDF_BUFFER_H
#define XDF_BUFFER_H

#include "kms.h"

/* Where the memory comes from. */
enum buf_kind {
	BUF_DUMB,
	BUF_SELF,		/* dumb, exported, closed and imported again */
	BUF_UDMABUF,		/* a memfd of ours, made a dma-buf */
	BUF_VGEM,		/* a dumb buffer of vgem's */
	BUF_KINDS,
};

struct buf_spec {
	enum buf_kind kind;
	uint32_t fourcc;
	uint32_t offset;	/* of the framebuffer in the buffer, bytes */
};

bool buf_kind_parse(const char *name, enum buf_kind *kind);
const char *buf_kind_name(enum buf_kind kind);
int buf_kind_check(enum buf_kind kind);

int vgem_open(void);
int prime_export(int fd, uint32_t handle, uint32_t flags, int *dmabuf);
int prime_import(int fd, int dmabuf, uint32_t *handle);
int gem_close(int fd, uint32_t handle);
int udmabuf_create(uint64_t size, int *dmabuf);
int vgem_create(uint64_t size, int *source, uint32_t *source_handle, int *dmabuf);
uint32_t buf_pitch(uint32_t width, uint32_t fourcc);

int buf_create(struct kms *k, const struct buf_spec *spec, uint32_t width, uint32_t height,
	       struct kms_buf *buf);
int buf_begin(const struct kms_buf *buf);
int buf_end(const struct kms_buf *buf);

#endif
