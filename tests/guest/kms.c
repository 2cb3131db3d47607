// SPDX-License-Identifier: GPL-2.0 OR MIT
/* KMS ioctls without libdrm, see kms.h. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "kms.h"

#define CARD_MAX	64

/* Events that were read and not handed out yet. */
static char events[4096];
static size_t events_at, events_have;

/**
 * kms_ioctl - an ioctl that is tried again when a signal broke it
 * @fd: file
 * @request: number
 * @arg: argument
 *
 * Return: what the ioctl returned, or a negative errno.
 */
int kms_ioctl(int fd, unsigned long request, void *arg)
{
	int ret;

	do {
		ret = ioctl(fd, request, arg);
	} while (ret < 0 && errno == EINTR);
	return ret < 0 ? -errno : ret;
}

/**
 * now_us - the clock of DRM events
 *
 * Return: CLOCK_MONOTONIC in microseconds.
 */
uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static int get_version(struct kms *k)
{
	struct drm_version v = {
		.name = k->driver, .name_len = sizeof(k->driver) - 1,
		.desc = k->desc, .desc_len = sizeof(k->desc) - 1,
		.date = k->date, .date_len = sizeof(k->date) - 1,
	};
	int ret = kms_ioctl(k->fd, DRM_IOCTL_VERSION, &v);

	if (ret)
		return ret;
	k->version[0] = v.version_major;
	k->version[1] = v.version_minor;
	k->version[2] = v.version_patchlevel;
	return 0;
}

/* "bochs-drm" and "bochs_drm" are the same driver to us. */
static bool same_driver(const char *a, const char *b)
{
	for (; *a && *b; a++, b++) {
		char x = *a == '-' ? '_' : *a, y = *b == '-' ? '_' : *b;

		if (x != y)
			return false;
	}
	return *a == *b;
}

static int try_open(struct kms *k, const char *path)
{
	int ret;

	snprintf(k->path, sizeof(k->path), "%s", path);
	k->fd = open(path, O_RDWR | O_CLOEXEC);
	if (k->fd < 0)
		return -errno;
	ret = get_version(k);
	if (ret) {
		close(k->fd);
		k->fd = -1;
	}
	return ret;
}

static int find_device(struct kms *k, const struct kms_choice *choice)
{
	char path[32];
	int i;

	if (choice->device)
		return try_open(k, choice->device);
	for (i = 0; i < CARD_MAX; i++) {
		snprintf(path, sizeof(path), "/dev/dri/card%d", i);
		if (try_open(k, path))
			continue;
		if (same_driver(k->driver, choice->driver))
			return 0;
		close(k->fd);
		k->fd = -1;
	}
	return -ENODEV;
}

/**
 * kms_open - open the device, waiting for it to appear
 * @k: cleared and filled in
 * @choice: which device, and how long to wait
 *
 * The node appears a moment before it can be opened, so that a change of the
 * directory alone is not enough: while waiting we look again every 100 ms.
 *
 * Return: 0, or -ENODEV when there is no such device, or another error.
 */
int kms_open(struct kms *k, const struct kms_choice *choice)
{
	uint64_t end = now_us() + (uint64_t)choice->wait_ms * 1000, now;
	int watch = -1, ret;
	char changes[4096];

	events_at = 0;
	events_have = 0;
	memset(k, 0, sizeof(*k));
	k->fd = -1;
	if (choice->wait_ms)
		watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	for (;;) {
		struct pollfd pfd = { .fd = watch, .events = POLLIN };

		if (watch >= 0) {
			inotify_add_watch(watch, "/dev", IN_CREATE);
			inotify_add_watch(watch, "/dev/dri", IN_CREATE | IN_ATTRIB);
		}
		ret = find_device(k, choice);
		now = now_us();
		if (!ret || now >= end)
			break;
		now = (end - now + 999) / 1000;
		if (poll(&pfd, watch >= 0, now > 100 ? 100 : (int)now) > 0)
			while (read(watch, changes, sizeof(changes)) > 0)
				;
	}
	if (watch >= 0)
		close(watch);
	return ret;
}

/**
 * kms_reopen - open the same device once more
 * @k: the device
 * @again: the new file
 *
 * Return: 0 or a negative errno.
 */
int kms_reopen(const struct kms *k, struct kms *again)
{
	memset(again, 0, sizeof(*again));
	return try_open(again, k->path);
}

static void free_props(struct kms_props *props)
{
	unsigned int i;

	for (i = 0; i < props->n; i++)
		free(props->p[i].enums);
	free(props->p);
	props->p = NULL;
	props->n = 0;
}

static int load_prop(int fd, struct kms_prop *p)
{
	struct drm_mode_get_property g = { .prop_id = p->id };
	uint64_t *values;
	unsigned int i;
	int ret;

	ret = kms_ioctl(fd, DRM_IOCTL_MODE_GETPROPERTY, &g);
	if (ret)
		return ret;
	memcpy(p->name, g.name, sizeof(p->name));
	p->name[sizeof(p->name) - 1] = 0;
	p->flags = g.flags;
	if (g.flags & DRM_MODE_PROP_BLOB)
		return 0;
	values = calloc(g.count_values + 1, sizeof(*values));
	p->enums = calloc(g.count_enum_blobs + 1, sizeof(*p->enums));
	if (!values || !p->enums) {
		free(values);
		return -ENOMEM;
	}
	g.values_ptr = ptr64(values);
	g.enum_blob_ptr = ptr64(p->enums);
	p->nenums = g.count_enum_blobs;
	ret = kms_ioctl(fd, DRM_IOCTL_MODE_GETPROPERTY, &g);
	for (i = 0; !ret && i < g.count_values && i < 8; i++)
		p->values[p->nvalues++] = values[i];
	free(values);
	return ret;
}

static int load_props(int fd, uint32_t obj, uint32_t type, struct kms_props *props)
{
	struct drm_mode_obj_get_properties g = { .obj_id = obj, .obj_type = type };
	uint32_t *ids = NULL;
	uint64_t *values = NULL;
	unsigned int i;
	int ret;

	ret = kms_ioctl(fd, DRM_IOCTL_MODE_OBJ_GETPROPERTIES, &g);
	if (ret)
		return ret;
	ids = calloc(g.count_props + 1, sizeof(*ids));
	values = calloc(g.count_props + 1, sizeof(*values));
	props->p = calloc(g.count_props + 1, sizeof(*props->p));
	ret = -ENOMEM;
	if (!ids || !values || !props->p)
		goto out;
	g.props_ptr = ptr64(ids);
	g.prop_values_ptr = ptr64(values);
	ret = kms_ioctl(fd, DRM_IOCTL_MODE_OBJ_GETPROPERTIES, &g);
	for (i = 0; !ret && i < g.count_props; i++) {
		props->p[i].id = ids[i];
		props->p[i].value = values[i];
		props->n = i + 1;
		ret = load_prop(fd, &props->p[i]);
	}
out:
	free(ids);
	free(values);
	return ret;
}

/**
 * kms_prop - look a property up
 * @props: properties of an object
 * @name: name
 *
 * Return: the property, or NULL.
 */
const struct kms_prop *kms_prop(const struct kms_props *props, const char *name)
{
	unsigned int i;

	for (i = 0; i < props->n; i++)
		if (!strcmp(props->p[i].name, name))
			return &props->p[i];
	return NULL;
}

/**
 * kms_blob - read a property's bytes
 * @k: device
 * @id: of the blob
 * @data: where to put them, for the caller to free; a zero is behind them
 * @size: their number
 *
 * Return: 0 or a negative errno.
 */
int kms_blob(struct kms *k, uint32_t id, uint8_t **data, uint32_t *size)
{
	struct drm_mode_get_blob g = { .blob_id = id };
	int ret;

	*data = NULL;
	*size = 0;
	ret = kms_ioctl(k->fd, DRM_IOCTL_MODE_GETPROPBLOB, &g);
	if (ret)
		return ret;
	*data = calloc(1, g.length + 1);
	if (!*data)
		return -ENOMEM;
	g.data = ptr64(*data);
	*size = g.length;
	return kms_ioctl(k->fd, DRM_IOCTL_MODE_GETPROPBLOB, &g);
}

static const char *connector_type(uint32_t type)
{
	static const char * const names[] = {
		"Unknown", "VGA", "DVI-I", "DVI-D", "DVI-A", "Composite", "SVIDEO", "LVDS",
		"Component", "DIN", "DP", "HDMI-A", "HDMI-B", "TV", "eDP", "Virtual", "DSI",
		"DPI", "Writeback", "SPI", "USB",
	};

	return type < ARRAY_SIZE(names) ? names[type] : "Unknown";
}

static int load_connector(struct kms *k, struct kms_connector *c, uint32_t id)
{
	struct drm_mode_get_connector g = { .connector_id = id };
	uint32_t encoders[32];
	unsigned int room = 0, i;
	int ret;

	c->id = id;
	/* the list may grow between two calls */
	do {
		struct drm_mode_modeinfo *modes;

		memset(&g, 0, sizeof(g));
		g.connector_id = id;
		g.count_modes = room;
		g.modes_ptr = ptr64(c->modes);
		g.count_encoders = 32;
		g.encoders_ptr = ptr64(encoders);
		ret = kms_ioctl(k->fd, DRM_IOCTL_MODE_GETCONNECTOR, &g);
		if (ret)
			return ret;
		if (g.count_modes <= room)
			break;
		room = g.count_modes;
		modes = realloc(c->modes, room * sizeof(*modes));
		if (!modes)
			return -ENOMEM;
		c->modes = modes;
	} while (true);

	c->nmodes = g.count_modes;
	c->type = g.connector_type;
	c->status = g.connection;
	c->mm_width = g.mm_width;
	c->mm_height = g.mm_height;
	snprintf(c->name, sizeof(c->name), "%s-%u", connector_type(g.connector_type),
		 g.connector_type_id);
	for (i = 0; i < g.count_encoders && i < 32; i++) {
		struct drm_mode_get_encoder e = { .encoder_id = encoders[i] };

		ret = kms_ioctl(k->fd, DRM_IOCTL_MODE_GETENCODER, &e);
		if (ret)
			return ret;
		c->possible_crtcs |= e.possible_crtcs;
		if (encoders[i] == g.encoder_id)
			c->crtc_id = e.crtc_id;
	}
	return load_props(k->fd, id, DRM_MODE_OBJECT_CONNECTOR, &c->props);
}

static int load_plane(struct kms *k, struct kms_plane *p, uint32_t id)
{
	struct drm_mode_get_plane g = { .plane_id = id };
	const struct kms_prop *type;
	int ret;

	p->id = id;
	ret = kms_ioctl(k->fd, DRM_IOCTL_MODE_GETPLANE, &g);
	if (ret)
		return ret;
	p->formats = calloc(g.count_format_types + 1, sizeof(*p->formats));
	if (!p->formats)
		return -ENOMEM;
	g.format_type_ptr = ptr64(p->formats);
	ret = kms_ioctl(k->fd, DRM_IOCTL_MODE_GETPLANE, &g);
	if (ret)
		return ret;
	p->nformats = g.count_format_types;
	p->possible_crtcs = g.possible_crtcs;
	ret = load_props(k->fd, id, DRM_MODE_OBJECT_PLANE, &p->props);
	type = kms_prop(&p->props, "type");
	p->type = type ? type->value : 0;
	return ret;
}

static int load_planes(struct kms *k)
{
	struct drm_mode_get_plane_res g = { 0 };
	uint32_t *ids;
	unsigned int i;
	int ret;

	ret = kms_ioctl(k->fd, DRM_IOCTL_MODE_GETPLANERESOURCES, &g);
	if (ret)
		return ret;
	ids = calloc(g.count_planes + 1, sizeof(*ids));
	k->planes = calloc(g.count_planes + 1, sizeof(*k->planes));
	if (!ids || !k->planes) {
		free(ids);
		return -ENOMEM;
	}
	g.plane_id_ptr = ptr64(ids);
	ret = kms_ioctl(k->fd, DRM_IOCTL_MODE_GETPLANERESOURCES, &g);
	for (i = 0; !ret && i < g.count_planes; i++) {
		k->nplanes = i + 1;
		ret = load_plane(k, &k->planes[i], ids[i]);
	}
	free(ids);
	return ret;
}

/**
 * kms_load - read connectors, CRTCs, planes and properties
 * @k: the device; what was loaded before is dropped
 *
 * Return: 0 or a negative errno.
 */
int kms_load(struct kms *k)
{
	struct drm_set_client_cap planes = { DRM_CLIENT_CAP_UNIVERSAL_PLANES, 1 };
	struct drm_set_client_cap atomic = { DRM_CLIENT_CAP_ATOMIC, 1 };
	struct drm_mode_card_res r = { 0 };
	uint32_t crtcs[32], connectors[32];
	unsigned int i;
	int ret;

	kms_unload(k);
	kms_ioctl(k->fd, DRM_IOCTL_SET_CLIENT_CAP, &planes);
	k->atomic = !kms_ioctl(k->fd, DRM_IOCTL_SET_CLIENT_CAP, &atomic);

	r.count_crtcs = 32;
	r.crtc_id_ptr = ptr64(crtcs);
	r.count_connectors = 32;
	r.connector_id_ptr = ptr64(connectors);
	ret = kms_ioctl(k->fd, DRM_IOCTL_MODE_GETRESOURCES, &r);
	if (ret)
		return ret;
	if (r.count_crtcs > 32 || r.count_connectors > 32)
		return -E2BIG;
	k->min_width = r.min_width;
	k->max_width = r.max_width;
	k->min_height = r.min_height;
	k->max_height = r.max_height;
	k->crtcs = calloc(r.count_crtcs + 1, sizeof(*k->crtcs));
	k->connectors = calloc(r.count_connectors + 1, sizeof(*k->connectors));
	if (!k->crtcs || !k->connectors)
		return -ENOMEM;
	for (i = 0; i < r.count_crtcs; i++) {
		struct drm_mode_crtc g = { .crtc_id = crtcs[i] };

		k->crtcs[i].id = crtcs[i];
		k->crtcs[i].index = i;
		k->ncrtcs = i + 1;
		if (!kms_ioctl(k->fd, DRM_IOCTL_MODE_GETCRTC, &g))
			k->crtcs[i].active = g.mode_valid;
		ret = load_props(k->fd, crtcs[i], DRM_MODE_OBJECT_CRTC, &k->crtcs[i].props);
		if (ret)
			return ret;
	}
	for (i = 0; i < r.count_connectors; i++) {
		k->nconnectors = i + 1;
		ret = load_connector(k, &k->connectors[i], connectors[i]);
		if (ret)
			return ret;
	}
	return load_planes(k);
}

/**
 * kms_unload - forget what kms_load() read
 * @k: the device
 */
void kms_unload(struct kms *k)
{
	unsigned int i;

	for (i = 0; i < k->ncrtcs; i++)
		free_props(&k->crtcs[i].props);
	for (i = 0; i < k->nconnectors; i++) {
		free_props(&k->connectors[i].props);
		free(k->connectors[i].modes);
	}
	for (i = 0; i < k->nplanes; i++) {
		free_props(&k->planes[i].props);
		free(k->planes[i].formats);
	}
	free(k->crtcs);
	free(k->connectors);
	free(k->planes);
	k->crtcs = NULL;
	k->connectors = NULL;
	k->planes = NULL;
	k->ncrtcs = 0;
	k->nconnectors = 0;
	k->nplanes = 0;
}

/**
 * kms_close - close the device and forget about it
 * @k: the device
 */
void kms_close(struct kms *k)
{
	kms_unload(k);
	if (k->fd >= 0)
		close(k->fd);
	k->fd = -1;
}

/**
 * kms_cap - ask for a capability
 * @k: the device
 * @cap: DRM_CAP_*
 * @value: where to put it
 *
 * Return: 0 or a negative errno.
 */
int kms_cap(struct kms *k, uint64_t cap, uint64_t *value)
{
	struct drm_get_cap g = { .capability = cap };
	int ret = kms_ioctl(k->fd, DRM_IOCTL_GET_CAP, &g);

	*value = ret ? 0 : g.value;
	return ret;
}

/**
 * kms_drop_master - let others set modes
 * @k: the device
 *
 * Return: 0 or a negative errno.
 */
int kms_drop_master(struct kms *k)
{
	return kms_ioctl(k->fd, DRM_IOCTL_DROP_MASTER, NULL);
}

/**
 * mode_refresh - refresh rate of a mode
 * @m: the mode
 *
 * Return: the rate in mHz.
 */
unsigned int mode_refresh(const struct drm_mode_modeinfo *m)
{
	uint64_t dots = (uint64_t)m->htotal * m->vtotal;

	if (!dots || !m->clock)
		return m->vrefresh * 1000;
	return ((uint64_t)m->clock * 1000000 + dots / 2) / dots;
}

/**
 * kms_plane_has - can a plane show a format?
 * @p: the plane
 * @fourcc: DRM_FORMAT_*
 *
 * Return: true if its list has it.
 */
bool kms_plane_has(const struct kms_plane *p, uint32_t fourcc)
{
	unsigned int i;

	for (i = 0; i < p->nformats; i++)
		if (p->formats[i] == fourcc)
			return true;
	return false;
}

static bool wanted(const struct kms_connector *c, unsigned int index, const char *which)
{
	char *end;
	unsigned long n;

	if (!which || !strcmp(which, "all"))
		return true;
	if (!strcmp(which, c->name))
		return true;
	n = strtoul(which, &end, 10);
	return end != which && !*end && (n == index || n == c->id);
}

static const struct drm_mode_modeinfo *choose_mode(const struct kms_connector *c, const char *want)
{
	unsigned int w = 0, h = 0, hz = 0, i;

	if (!c->nmodes)
		return NULL;
	if (!want) {
		for (i = 0; i < c->nmodes; i++)
			if (c->modes[i].type & DRM_MODE_TYPE_PREFERRED)
				return &c->modes[i];
		return &c->modes[0];
	}
	if (sscanf(want, "%ux%u@%u", &w, &h, &hz) < 2)
		return NULL;
	for (i = 0; i < c->nmodes; i++) {
		const struct drm_mode_modeinfo *m = &c->modes[i];

		if (m->hdisplay == w && m->vdisplay == h &&
		    (!hz || (mode_refresh(m) + 500) / 1000 == hz))
			return m;
	}
	return NULL;
}

static struct kms_crtc *choose_crtc(struct kms *k, const struct kms_connector *c, uint32_t used)
{
	unsigned int i;

	for (i = 0; i < k->ncrtcs; i++)
		if (k->crtcs[i].id == c->crtc_id && !(used & 1u << i))
			return &k->crtcs[i];
	for (i = 0; i < k->ncrtcs; i++)
		if (c->possible_crtcs & 1u << i && !(used & 1u << i))
			return &k->crtcs[i];
	return NULL;
}

static struct kms_plane *choose_plane(struct kms *k, const struct kms_crtc *crtc, uint64_t used)
{
	unsigned int i;

	for (i = 0; i < k->nplanes && i < 64; i++)
		if (k->planes[i].type == DRM_PLANE_TYPE_PRIMARY && !(used & 1ull << i) &&
		    k->planes[i].possible_crtcs & 1u << crtc->index)
			return &k->planes[i];
	return NULL;
}

static int find_pipes(struct kms *k, const struct kms_choice *choice, struct kms_pipe *pipes)
{
	uint32_t crtcs = 0;
	uint64_t planes = 0;
	unsigned int i;
	int n = 0;

	for (i = 0; i < k->nconnectors && n < KMS_MAX_PIPES; i++) {
		struct kms_connector *c = &k->connectors[i];
		const struct drm_mode_modeinfo *m;
		struct kms_pipe *p = &pipes[n];

		if (c->status != 1 || !wanted(c, i, choice->connector))
			continue;
		m = choose_mode(c, choice->mode);
		if (!m)
			return -ENOENT;
		p->kms = k;
		p->index = i;
		p->con = c;
		p->mode = *m;
		p->crtc = choose_crtc(k, c, crtcs);
		if (!p->crtc)
			return -ENOSPC;
		crtcs |= 1u << p->crtc->index;
		p->plane = choose_plane(k, p->crtc, planes);
		if (!p->plane)
			return -ENOSPC;
		planes |= 1ull << (p->plane - k->planes);
		n++;
	}
	return n;
}

/**
 * kms_pipes - a CRTC and a primary plane for each connected connector
 * @k: the device, loaded; it is loaded again while waiting for a connector
 * @choice: which connectors, which mode, how long to wait
 * @pipes: where to put them, KMS_MAX_PIPES
 *
 * Return: the number of pipes, at least 1, or a negative errno: -ENXIO if no
 * wanted connector is connected, -ENOENT if the wanted mode is not there.
 */
int kms_pipes(struct kms *k, const struct kms_choice *choice, struct kms_pipe *pipes)
{
	uint64_t end = now_us() + (uint64_t)choice->wait_ms * 1000;
	int n, ret;

	for (;;) {
		n = find_pipes(k, choice, pipes);
		if (n || now_us() >= end)
			break;
		poll(NULL, 0, 50);
		ret = kms_load(k);
		if (ret)
			return ret;
	}
	if (choice->legacy)
		k->atomic = false;
	return n ? n : -ENXIO;
}

/**
 * fourcc_bpp - bits of a pixel
 * @fourcc: DRM_FORMAT_*
 *
 * Return: the number, 32 for formats we do not know.
 */
unsigned int fourcc_bpp(uint32_t fourcc)
{
	switch (fourcc) {
	case DRM_FORMAT_C8:
		return 8;
	case DRM_FORMAT_RGB565:
	case DRM_FORMAT_BGR565:
	case DRM_FORMAT_XRGB1555:
	case DRM_FORMAT_ARGB1555:
	case DRM_FORMAT_XRGB4444:
	case DRM_FORMAT_ARGB4444:
		return 16;
	case DRM_FORMAT_RGB888:
	case DRM_FORMAT_BGR888:
		return 24;
	case DRM_FORMAT_XRGB16161616:
	case DRM_FORMAT_ARGB16161616:
	case DRM_FORMAT_XBGR16161616:
	case DRM_FORMAT_ABGR16161616:
		return 64;
	default:
		return 32;
	}
}

/**
 * kms_dumb_create - allocate a dumb buffer
 * @fd: device
 * @width: pixels in a row
 * @height: rows
 * @bpp: bits of a pixel
 * @out: the ioctl's structure, as the kernel left it
 *
 * Return: 0 or a negative errno.
 */
int kms_dumb_create(int fd, uint32_t width, uint32_t height, uint32_t bpp,
		    struct drm_mode_create_dumb *out)
{
	memset(out, 0, sizeof(*out));
	out->width = width;
	out->height = height;
	out->bpp = bpp;
	return kms_ioctl(fd, DRM_IOCTL_MODE_CREATE_DUMB, out);
}

/**
 * kms_dumb_destroy - free a dumb buffer
 * @fd: device
 * @handle: the buffer
 *
 * Return: 0 or a negative errno.
 */
int kms_dumb_destroy(int fd, uint32_t handle)
{
	struct drm_mode_destroy_dumb d = { .handle = handle };

	return kms_ioctl(fd, DRM_IOCTL_MODE_DESTROY_DUMB, &d);
}

/**
 * kms_dumb_map - ask where to mmap a dumb buffer
 * @fd: device
 * @handle: the buffer
 * @offset: the offset for mmap()
 *
 * Return: 0 or a negative errno.
 */
int kms_dumb_map(int fd, uint32_t handle, uint64_t *offset)
{
	struct drm_mode_map_dumb m = { .handle = handle };
	int ret = kms_ioctl(fd, DRM_IOCTL_MODE_MAP_DUMB, &m);

	*offset = m.offset;
	return ret;
}

/**
 * kms_addfb - make a framebuffer of one plane
 * @fd: device
 * @width: pixels in a row
 * @height: rows
 * @fourcc: DRM_FORMAT_*
 * @handle: buffer
 * @pitch: bytes from row to row
 * @offset: where it begins in the buffer
 * @fb: id of the framebuffer
 *
 * Return: 0 or a negative errno.
 */
int kms_addfb(int fd, uint32_t width, uint32_t height, uint32_t fourcc, uint32_t handle,
	      uint32_t pitch, uint32_t offset, uint32_t *fb)
{
	struct drm_mode_fb_cmd2 c = {
		.width = width, .height = height, .pixel_format = fourcc,
		.handles = { handle }, .pitches = { pitch }, .offsets = { offset },
	};
	int ret = kms_ioctl(fd, DRM_IOCTL_MODE_ADDFB2, &c);

	*fb = ret ? 0 : c.fb_id;
	return ret;
}

/**
 * kms_rmfb - remove a framebuffer
 * @fd: device
 * @fb: id
 *
 * Return: 0 or a negative errno.
 */
int kms_rmfb(int fd, uint32_t fb)
{
	return kms_ioctl(fd, DRM_IOCTL_MODE_RMFB, &fb);
}

/**
 * kms_buf_create - dumb buffer, framebuffer and mapping in one
 * @k: device
 * @width: pixels in a row
 * @height: rows
 * @fourcc: DRM_FORMAT_*
 * @map: map it too
 * @buf: cleared and filled in
 *
 * Return: 0 or a negative errno; then nothing is left behind.
 */
int kms_buf_create(struct kms *k, uint32_t width, uint32_t height, uint32_t fourcc, bool map,
		   struct kms_buf *buf)
{
	struct drm_mode_create_dumb d;
	uint64_t offset;
	int ret;

	memset(buf, 0, sizeof(*buf));
	buf->width = width;
	buf->height = height;
	buf->fourcc = fourcc;
	ret = kms_dumb_create(k->fd, width, height, fourcc_bpp(fourcc), &d);
	if (ret)
		return ret;
	buf->handle = d.handle;
	buf->pitch = d.pitch;
	buf->size = d.size;
	ret = kms_addfb(k->fd, width, height, fourcc, d.handle, d.pitch, 0, &buf->fb);
	if (!ret && map) {
		ret = kms_dumb_map(k->fd, d.handle, &offset);
		if (!ret) {
			buf->map = mmap(NULL, d.size, PROT_READ | PROT_WRITE, MAP_SHARED, k->fd,
					offset);
			if (buf->map == MAP_FAILED) {
				ret = -errno;
				buf->map = NULL;
			}
		}
	}
	if (ret)
		kms_buf_destroy(k, buf);
	return ret;
}

/**
 * kms_buf_destroy - undo kms_buf_create() or buf_create()
 * @k: device
 * @buf: the buffer; what it lacks is skipped
 *
 * Return: 0 or the first error.
 */
int kms_buf_destroy(struct kms *k, struct kms_buf *buf)
{
	int ret = 0, r;

	if (buf->map && munmap(buf->map - buf->offset, buf->size))
		ret = -errno;
	if (buf->fb) {
		r = kms_rmfb(k->fd, buf->fb);
		ret = ret ? ret : r;
	}
	if (buf->handle) {
		struct drm_gem_close c = { .handle = buf->handle };

		r = buf->dmabuf ? kms_ioctl(k->fd, DRM_IOCTL_GEM_CLOSE, &c) :
		    kms_dumb_destroy(k->fd, buf->handle);
		ret = ret ? ret : r;
	}
	if (buf->dmabuf > 0)
		close(buf->dmabuf);
	if (buf->source > 0)
		close(buf->source);
	memset(buf, 0, sizeof(*buf));
	return ret;
}

/**
 * kms_req_init - begin a batch of changes
 * @r: the batch
 */
void kms_req_init(struct kms_req *r)
{
	memset(r, 0, sizeof(*r));
}

/**
 * kms_req_add - add a change
 * @r: the batch; an error is kept and reported by kms_req_commit()
 * @obj: id of the object
 * @props: its properties
 * @name: name of the property
 * @value: its new value
 */
void kms_req_add(struct kms_req *r, uint32_t obj, const struct kms_props *props,
		 const char *name, uint64_t value)
{
	const struct kms_prop *p = kms_prop(props, name);

	if (!p) {
		r->err = r->err ? r->err : -ENOENT;
		return;
	}
	if (r->n == r->room) {
		unsigned int room = r->room ? r->room * 2 : 64;
		struct kms_change *c = realloc(r->c, room * sizeof(*c));

		if (!c) {
			r->err = -ENOMEM;
			return;
		}
		r->c = c;
		r->room = room;
	}
	r->c[r->n] = (struct kms_change){
		.obj = obj, .prop = p->id, .value = value, .order = r->n,
	};
	r->n++;
}

static void req_plane(struct kms_req *r, const struct kms_pipe *pipe, const struct kms_buf *buf)
{
	const struct kms_props *props = &pipe->plane->props;
	uint32_t id = pipe->plane->id, w = pipe->mode.hdisplay, h = pipe->mode.vdisplay;

	kms_req_add(r, id, props, "FB_ID", buf ? buf->fb : 0);
	kms_req_add(r, id, props, "CRTC_ID", buf ? pipe->crtc->id : 0);
	kms_req_add(r, id, props, "SRC_X", 0);
	kms_req_add(r, id, props, "SRC_Y", 0);
	kms_req_add(r, id, props, "SRC_W", buf ? (uint64_t)w << 16 : 0);
	kms_req_add(r, id, props, "SRC_H", buf ? (uint64_t)h << 16 : 0);
	kms_req_add(r, id, props, "CRTC_X", 0);
	kms_req_add(r, id, props, "CRTC_Y", 0);
	kms_req_add(r, id, props, "CRTC_W", buf ? w : 0);
	kms_req_add(r, id, props, "CRTC_H", buf ? h : 0);
}

/**
 * kms_req_show - add all that a pipe needs to show a buffer
 * @r: the batch
 * @pipe: the pipe
 * @buf: the buffer
 */
void kms_req_show(struct kms_req *r, const struct kms_pipe *pipe, const struct kms_buf *buf)
{
	struct drm_mode_create_blob b = {.data = ptr64(&pipe->mode), .length = sizeof(pipe->mode)};
	int ret;

	ret = r->nblobs == KMS_MAX_PIPES ? -E2BIG :
	      kms_ioctl(pipe->kms->fd, DRM_IOCTL_MODE_CREATEPROPBLOB, &b);
	if (ret) {
		r->err = r->err ? r->err : ret;
		return;
	}
	r->blobs[r->nblobs++] = b.blob_id;
	kms_req_add(r, pipe->con->id, &pipe->con->props, "CRTC_ID", pipe->crtc->id);
	kms_req_add(r, pipe->crtc->id, &pipe->crtc->props, "MODE_ID", b.blob_id);
	kms_req_add(r, pipe->crtc->id, &pipe->crtc->props, "ACTIVE", 1);
	req_plane(r, pipe, buf);
}

/**
 * kms_req_off - add all that it takes to turn a pipe off
 * @r: the batch
 * @pipe: the pipe
 */
void kms_req_off(struct kms_req *r, const struct kms_pipe *pipe)
{
	kms_req_add(r, pipe->con->id, &pipe->con->props, "CRTC_ID", 0);
	kms_req_add(r, pipe->crtc->id, &pipe->crtc->props, "MODE_ID", 0);
	kms_req_add(r, pipe->crtc->id, &pipe->crtc->props, "ACTIVE", 0);
	req_plane(r, pipe, NULL);
}

static int by_object(const void *a, const void *b)
{
	const struct kms_change *x = a, *y = b;

	if (x->obj != y->obj)
		return x->obj < y->obj ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

/**
 * kms_req_commit - hand a batch to the kernel
 * @k: device
 * @r: the batch; it may be committed again
 * @flags: DRM_MODE_ATOMIC_*, DRM_MODE_PAGE_FLIP_EVENT
 * @user_data: for the event
 *
 * Return: 0 or a negative errno.
 */
int kms_req_commit(struct kms *k, struct kms_req *r, uint32_t flags, uint64_t user_data)
{
	uint32_t *objs, *counts, *props;
	uint64_t *values;
	struct drm_mode_atomic a = { .flags = flags, .user_data = user_data };
	unsigned int i, n = 0;
	int ret = -ENOMEM;

	if (r->err)
		return r->err;
	objs = calloc(r->n + 1, sizeof(*objs));
	counts = calloc(r->n + 1, sizeof(*counts));
	props = calloc(r->n + 1, sizeof(*props));
	values = calloc(r->n + 1, sizeof(*values));
	if (!objs || !counts || !props || !values)
		goto out;
	if (r->n)
		qsort(r->c, r->n, sizeof(*r->c), by_object);
	for (i = 0; i < r->n; i++) {
		if (!n || objs[n - 1] != r->c[i].obj)
			objs[n++] = r->c[i].obj;
		counts[n - 1]++;
		props[i] = r->c[i].prop;
		values[i] = r->c[i].value;
	}
	a.count_objs = n;
	a.objs_ptr = ptr64(objs);
	a.count_props_ptr = ptr64(counts);
	a.props_ptr = ptr64(props);
	a.prop_values_ptr = ptr64(values);
	ret = kms_ioctl(k->fd, DRM_IOCTL_MODE_ATOMIC, &a);
out:
	free(objs);
	free(counts);
	free(props);
	free(values);
	return ret;
}

/**
 * kms_req_free - end a batch
 * @k: device
 * @r: the batch
 */
void kms_req_free(struct kms *k, struct kms_req *r)
{
	struct drm_mode_destroy_blob b;
	unsigned int i;

	for (i = 0; i < r->nblobs; i++) {
		b.blob_id = r->blobs[i];
		kms_ioctl(k->fd, DRM_IOCTL_MODE_DESTROYPROPBLOB, &b);
	}
	free(r->c);
	memset(r, 0, sizeof(*r));
}

/**
 * kms_setcrtc - the legacy way to set a mode
 * @k: device
 * @crtc: id
 * @fb: id, 0 turns the CRTC off
 * @connector: id, not used when @fb is 0
 * @mode: mode, not used when @fb is 0
 *
 * Return: 0 or a negative errno.
 */
int kms_setcrtc(struct kms *k, uint32_t crtc, uint32_t fb, uint32_t connector,
		const struct drm_mode_modeinfo *mode)
{
	struct drm_mode_crtc c = { .crtc_id = crtc, .fb_id = fb };

	if (fb) {
		c.set_connectors_ptr = ptr64(&connector);
		c.count_connectors = 1;
		c.mode = *mode;
		c.mode_valid = 1;
	}
	return kms_ioctl(k->fd, DRM_IOCTL_MODE_SETCRTC, &c);
}

/**
 * kms_show - set modes, on all pipes at once where the driver is atomic
 * @k: device
 * @pipes: pipes
 * @bufs: one buffer for each
 * @n: their number
 *
 * Returns when the pictures are shown.
 *
 * Return: 0 or a negative errno.
 */
int kms_show(struct kms *k, struct kms_pipe *pipes, struct kms_buf *bufs, unsigned int n)
{
	struct kms_req r;
	unsigned int i;
	int ret = 0;

	if (!k->atomic) {
		for (i = 0; !ret && i < n; i++)
			ret = kms_setcrtc(k, pipes[i].crtc->id, bufs[i].fb, pipes[i].con->id,
					  &pipes[i].mode);
		return ret;
	}
	kms_req_init(&r);
	for (i = 0; i < n; i++)
		kms_req_show(&r, &pipes[i], &bufs[i]);
	ret = kms_req_commit(k, &r, DRM_MODE_ATOMIC_ALLOW_MODESET, 0);
	kms_req_free(k, &r);
	return ret;
}

/**
 * kms_off - turn pipes off
 * @k: device
 * @pipes: pipes
 * @n: their number
 *
 * Return: 0 or a negative errno.
 */
int kms_off(struct kms *k, struct kms_pipe *pipes, unsigned int n)
{
	struct kms_req r;
	unsigned int i;
	int ret = 0;

	if (!k->atomic) {
		for (i = 0; !ret && i < n; i++)
			ret = kms_setcrtc(k, pipes[i].crtc->id, 0, 0, NULL);
		return ret;
	}
	kms_req_init(&r);
	for (i = 0; i < n; i++)
		kms_req_off(&r, &pipes[i]);
	ret = kms_req_commit(k, &r, DRM_MODE_ATOMIC_ALLOW_MODESET, 0);
	kms_req_free(k, &r);
	return ret;
}

/**
 * kms_flip - queue a page flip with an event
 * @pipe: pipe
 * @buf: what to show
 * @user_data: for the event
 *
 * Return: 0 or a negative errno.
 */
int kms_flip(struct kms_pipe *pipe, const struct kms_buf *buf, uint64_t user_data)
{
	struct kms *k = pipe->kms;
	struct drm_mode_crtc_page_flip f = {
		.crtc_id = pipe->crtc->id, .fb_id = buf->fb,
		.flags = DRM_MODE_PAGE_FLIP_EVENT, .user_data = user_data,
	};
	struct kms_req r;
	int ret;

	if (!k->atomic)
		return kms_ioctl(k->fd, DRM_IOCTL_MODE_PAGE_FLIP, &f);
	kms_req_init(&r);
	kms_req_add(&r, pipe->plane->id, &pipe->plane->props, "FB_ID", buf->fb);
	ret = kms_req_commit(k, &r, DRM_MODE_ATOMIC_NONBLOCK | DRM_MODE_PAGE_FLIP_EVENT, user_data);
	kms_req_free(k, &r);
	return ret;
}

/* What is left of a wait that was interrupted; the first time it begins anew. */
static int time_left(uint64_t *end, int timeout_ms)
{
	uint64_t now = now_us();

	if (timeout_ms < 0)
		return timeout_ms;
	if (!*end)
		*end = now + (uint64_t)timeout_ms * 1000;
	return now < *end ? (int)((*end - now + 999) / 1000) : 0;
}

/**
 * kms_event - wait for the next event
 * @k: device
 * @timeout_ms: how long; -1: as long as it takes
 * @ev: where to put it
 *
 * Events that one read() returned together are handed out one by one, so there
 * must be one device per process that uses this. The clock is read only if there is
 * a reason: under Xen that may cost more than the call.
 *
 * Return: 1 for an event, 0 for none in time, or a negative errno.
 */
int kms_event(struct kms *k, int timeout_ms, struct kms_event *ev)
{
	struct drm_event head;
	int left = timeout_ms;
	uint64_t end = 0;

	while (events_at >= events_have) {
		struct pollfd pfd = { .fd = k->fd, .events = POLLIN };
		ssize_t got = -1;
		int ret;

		ret = poll(&pfd, 1, left);
		if (!ret)
			return 0;
		if (ret > 0) {
			/* a device that is gone: POLLHUP or POLLERR without data */
			if (!(pfd.revents & POLLIN))
				return -ENODEV;
			got = read(k->fd, events, sizeof(events));
			if (!got)
				return -ENODEV;
		}
		if (got < 0 && errno != EINTR && errno != EAGAIN)
			return -errno;
		if (got < 0)
			left = time_left(&end, timeout_ms);
		events_at = 0;
		events_have = got > 0 ? got : 0;
	}

	memset(ev, 0, sizeof(*ev));
	memcpy(&head, events + events_at, sizeof(head));
	if (head.length < sizeof(head) || head.length > events_have - events_at)
		return -EPROTO;
	ev->type = head.type;
	if (head.type == DRM_EVENT_CRTC_SEQUENCE) {
		struct drm_event_crtc_sequence s;

		memcpy(&s, events + events_at, sizeof(s));
		ev->user_data = s.user_data;
		ev->sequence = s.sequence;
		ev->time_us = s.time_ns / 1000;
	} else if (head.type == DRM_EVENT_VBLANK || head.type == DRM_EVENT_FLIP_COMPLETE) {
		struct drm_event_vblank v;

		memcpy(&v, events + events_at, sizeof(v));
		ev->user_data = v.user_data;
		ev->sequence = v.sequence;
		ev->crtc_id = v.crtc_id;
		ev->time_us = (uint64_t)v.tv_sec * 1000000 + v.tv_usec;
	}
	events_at += head.length;
	return 1;
}

/**
 * kms_has_vblank - does a CRTC count vertical blanks?
 * @k: device
 * @crtc: the CRTC, active
 * @err: what the ioctl answered, may be NULL
 *
 * Return: true if it does.
 */
bool kms_has_vblank(struct kms *k, const struct kms_crtc *crtc, int *err)
{
	struct drm_crtc_get_sequence g = { .crtc_id = crtc->id };
	int ret = kms_ioctl(k->fd, DRM_IOCTL_CRTC_GET_SEQUENCE, &g);

	if (err)
		*err = ret;
	return !ret;
}
