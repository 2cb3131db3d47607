/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The KMS ioctls, without libdrm: a test must see exactly what the kernel
 * answers.  All functions return 0 or a negative errno unless they say otherwise.
 */
#ifndef XDF_KMS_H
#define XDF_KMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util.h"

#include <drm.h>
#include <drm_fourcc.h>
#include <drm_mode.h>

#define DRM_PLANE_TYPE_PRIMARY	1

#define KMS_NAME	32
#define KMS_MAX_PIPES	16

struct kms_prop {
	uint32_t id;
	uint32_t flags;
	uint64_t value;
	char name[DRM_PROP_NAME_LEN];
	unsigned int nvalues;
	uint64_t values[8];
	unsigned int nenums;
	struct drm_mode_property_enum *enums;
};

struct kms_props {
	unsigned int n;
	struct kms_prop *p;
};

struct kms_crtc {
	uint32_t id;
	unsigned int index;
	bool active;
	struct kms_props props;
};

struct kms_connector {
	uint32_t id;
	char name[KMS_NAME];
	uint32_t type;
	uint32_t status;
	uint32_t mm_width, mm_height;
	uint32_t crtc_id;		/* the one it is on now, or 0 */
	uint32_t possible_crtcs;	/* bit: index of the CRTC */
	unsigned int nmodes;
	struct drm_mode_modeinfo *modes;
	struct kms_props props;
};

struct kms_plane {
	uint32_t id;
	uint32_t type;
	uint32_t possible_crtcs;
	unsigned int nformats;
	uint32_t *formats;
	struct kms_props props;
};

struct kms {
	int fd;
	char path[64];
	char driver[64];
	char desc[128];
	char date[64];
	int version[3];
	bool atomic;
	uint32_t min_width, max_width, min_height, max_height;
	unsigned int ncrtcs, nconnectors, nplanes;
	struct kms_crtc *crtcs;
	struct kms_connector *connectors;
	struct kms_plane *planes;
};

/* A connector with what feeds it. */
struct kms_pipe {
	struct kms *kms;
	unsigned int index;		/* of the connector among all of the device */
	struct kms_connector *con;
	struct kms_crtc *crtc;
	struct kms_plane *plane;
	struct drm_mode_modeinfo mode;
};

struct kms_buf {
	uint32_t width, height, fourcc;
	uint32_t handle, pitch, fb;
	uint64_t size;
	uint8_t *map;			/* the first pixel, NULL when not mapped */
	uint32_t offset;		/* of the first pixel in the mapping */
	/* of buffers that come from somewhere else, or 0 */
	int dmabuf;
	int source;			/* file of the driver that made it */
	uint32_t source_handle;
};

/* A batch of property changes. */
struct kms_req {
	unsigned int n, room;
	struct kms_change {
		uint32_t obj, prop;
		uint64_t value;
		unsigned int order;
	} *c;
	int err;			/* first error while adding */
	uint32_t blobs[KMS_MAX_PIPES];
	unsigned int nblobs;
};

struct kms_event {
	uint32_t type;
	uint32_t crtc_id;
	uint32_t sequence;
	uint64_t user_data;
	uint64_t time_us;
};

/* What the command line says about device and connector. */
struct kms_choice {
	const char *device;		/* path, or NULL: look for the driver */
	const char *driver;
	int wait_ms;
	const char *connector;		/* NULL or "all", index, object id or name */
	const char *mode;		/* NULL: preferred; or "WxH" or "WxH@R" */
	bool legacy;
};

/* A pointer, as ioctls take it. */
static inline uint64_t ptr64(const void *p)
{
	return (uintptr_t)p;
}

int kms_ioctl(int fd, unsigned long request, void *arg);
uint64_t now_us(void);

int kms_open(struct kms *k, const struct kms_choice *choice);
int kms_reopen(const struct kms *k, struct kms *again);
int kms_load(struct kms *k);
void kms_unload(struct kms *k);
void kms_close(struct kms *k);
int kms_cap(struct kms *k, uint64_t cap, uint64_t *value);
int kms_pipes(struct kms *k, const struct kms_choice *choice, struct kms_pipe *pipes);
unsigned int mode_refresh(const struct drm_mode_modeinfo *m);
int kms_drop_master(struct kms *k);

const struct kms_prop *kms_prop(const struct kms_props *props, const char *name);
int kms_blob(struct kms *k, uint32_t id, uint8_t **data, uint32_t *size);
bool kms_plane_has(const struct kms_plane *p, uint32_t fourcc);

unsigned int fourcc_bpp(uint32_t fourcc);
int kms_dumb_create(int fd, uint32_t width, uint32_t height, uint32_t bpp,
		    struct drm_mode_create_dumb *out);
int kms_dumb_destroy(int fd, uint32_t handle);
int kms_dumb_map(int fd, uint32_t handle, uint64_t *offset);
int kms_addfb(int fd, uint32_t width, uint32_t height, uint32_t fourcc, uint32_t handle,
	      uint32_t pitch, uint32_t offset, uint32_t *fb);
int kms_rmfb(int fd, uint32_t fb);
int kms_buf_create(struct kms *k, uint32_t width, uint32_t height, uint32_t fourcc, bool map,
		   struct kms_buf *buf);
int kms_buf_destroy(struct kms *k, struct kms_buf *buf);

void kms_req_init(struct kms_req *r);
void kms_req_add(struct kms_req *r, uint32_t obj, const struct kms_props *props,
		 const char *name, uint64_t value);
void kms_req_show(struct kms_req *r, const struct kms_pipe *pipe, const struct kms_buf *buf);
void kms_req_off(struct kms_req *r, const struct kms_pipe *pipe);
int kms_req_commit(struct kms *k, struct kms_req *r, uint32_t flags, uint64_t user_data);
void kms_req_free(struct kms *k, struct kms_req *r);

int kms_show(struct kms *k, struct kms_pipe *pipes, struct kms_buf *bufs, unsigned int n);
int kms_off(struct kms *k, struct kms_pipe *pipes, unsigned int n);
int kms_flip(struct kms_pipe *pipe, const struct kms_buf *buf, uint64_t user_data);
int kms_setcrtc(struct kms *k, uint32_t crtc, uint32_t fb, uint32_t connector,
		const struct drm_mode_modeinfo *mode);
int kms_event(struct kms *k, int timeout_ms, struct kms_event *ev);
bool kms_has_vblank(struct kms *k, const struct kms_crtc *crtc, int *err);

#endif
