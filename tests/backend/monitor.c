// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What a connector says of its monitor: the EDID, and the resolution in
 * XenStore. Both can change while a frontend is connected: it reads them again
 * when the resolution's node is written, even with the same value.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "edid.h"
#include "parse.h"

/* an EDID from a file is passed on as it is, up to this size */
#define MAX_FILE (1u << 20)

/**
 * struct edid_source - where a connector's EDID comes from
 * @text: as it was given
 * @spec: the same, understood
 * @bytes: of EDID_FILE: what was in the file
 * @size: how many
 */
struct edid_source {
	char *text;
	struct edid_spec spec;
	uint8_t *bytes;
	size_t size;
};

/* of connectors that have none of their own; NULL: "auto" */
static struct edid_source *common;

static const char *read_file(struct edid_source *s)
{
	FILE *f = fopen(s->spec.path, "re");
	size_t n;

	if (!f)
		return strerror(errno);
	s->bytes = malloc(MAX_FILE + 1);
	n = s->bytes ? fread(s->bytes, 1, MAX_FILE + 1, f) : 0;
	fclose(f);
	s->size = n;
	if (!n)
		return s->bytes ? "the file is empty or cannot be read" : "out of memory";
	return n > MAX_FILE ? "the file has more than 1 MiB" : NULL;
}

/**
 * edid_source_free() - forget one
 * @s: the source, or NULL
 */
void edid_source_free(struct edid_source *s)
{
	if (!s)
		return;
	free(s->bytes);
	free(s->text);
	free(s);
}

static struct edid_source *source_new(const char *text, const char **why)
{
	struct edid_source *s = calloc(1, sizeof(*s));

	*why = "out of memory";
	if (s)
		s->text = strdup(text);
	if (!s || !s->text)
		goto fail;
	*why = edid_parse(s->text, &s->spec);
	if (!*why && s->spec.kind == EDID_FILE)
		*why = read_file(s);
	if (!*why)
		return s;
fail:
	edid_source_free(s);
	return NULL;
}

/**
 * monitor_set_edid() - choose an EDID
 * @c: connector; NULL: all, those with an EDID of their own too
 * @text: see edid_parse()
 *
 * Return: NULL, or what is wrong with @text.
 */
const char *monitor_set_edid(struct conn *c, const char *text)
{
	const char *why;
	struct edid_source *s = source_new(text, &why);
	struct device *dev;
	unsigned int i;

	if (!s)
		return why;
	if (c) {
		edid_source_free(c->edid);
		c->edid = s;
		return NULL;
	}
	TAILQ_FOREACH(dev, &be.devices, entry) {
		for (i = 0; i < dev->nknown; i++) {
			edid_source_free(dev->conns[i]->edid);
			dev->conns[i]->edid = NULL;
		}
	}
	edid_source_free(common);
	common = s;
	return NULL;
}

/**
 * monitor_forget() - free what monitor_set_edid() keeps for all
 */
void monitor_forget(void)
{
	edid_source_free(common);
	common = NULL;
}

/**
 * monitor_edid_text() - which EDID a connector has
 * @c: connector
 *
 * Return: as it was chosen.
 */
const char *monitor_edid_text(const struct conn *c)
{
	const struct edid_source *s = c->edid ? c->edid : common;

	return s ? s->text : "auto";
}

static const struct edid_spec *spec_of(const struct conn *c)
{
	static const struct edid_spec usual = { .kind = EDID_AUTO, .blocks = 1, .mhz = 60000 };
	const struct edid_source *s = c->edid ? c->edid : common;

	return s ? &s->spec : &usual;
}

/* the connector's EDID; valid until the next call; 0: it has none */
static size_t make_edid(const struct conn *c, const uint8_t **bytes)
{
	static uint8_t made[EDID_MAX_BYTES];
	const struct edid_source *s = c->edid ? c->edid : common;
	const struct edid_spec *spec = spec_of(c);

	switch (spec->kind) {
	case EDID_AUTO:
		*bytes = made;
		return edid_generate(spec, c->unique_id ? c->unique_id : "", c->width, c->height,
				     made);
	case EDID_DISPL_BE:
		*bytes = made;
		return edid_displ_be(c->width, c->height, made);
	case EDID_FILE:
		*bytes = s->bytes;
		return s->size;
	default:
		return 0;
	}
}

static void widen(struct conn *c, uint32_t width, uint32_t height)
{
	if (width > c->far_width)
		c->far_width = width;
	if (height > c->far_height)
		c->far_height = height;
}

/**
 * monitor_start() - a frontend connects
 * @c: connector whose resolution was read
 */
void monitor_start(struct conn *c)
{
	c->far_width = 0;
	c->far_height = 0;
	widen(c, c->width, c->height);
}

/**
 * monitor_has_mode() - can a connector show pictures of this size
 * @c: connector
 * @width: pixels
 * @height: lines
 *
 * Return: true if it is one of --modes; without these, if it is the resolution
 * in XenStore, or a detailed timing of the EDID, which takes precedence.
 */
bool monitor_has_mode(const struct conn *c, uint32_t width, uint32_t height)
{
	const uint8_t *bytes;
	size_t n;

	if (be.opt.modes)
		return sizes_contain(be.opt.modes, width, height);
	if (width == c->width && height == c->height)
		return true;
	n = make_edid(c, &bytes);
	return n && edid_has_size(bytes, n, width, height);
}

/**
 * monitor_inside() - may a frontend believe that this fits
 * @c: connector
 * @right: x + width
 * @bottom: y + height
 *
 * A connector that shrank answers an error to the old size, but that is no
 * fault of a frontend that did not hear of it yet. An EDID from a file may
 * have modes of which we know nothing.
 *
 * Return: true if it may.
 */
bool monitor_inside(const struct conn *c, uint64_t right, uint64_t bottom)
{
	return spec_of(c)->kind == EDID_FILE ||
	       (right <= c->far_width && bottom <= c->far_height);
}

/**
 * monitor_get_edid() - GET_EDID
 * @c: connector
 * @r: the request
 * @size: bytes of EDID, set on success
 * @sink: hears what is wrong with the page directory
 *
 * Return: 0 or -errno.
 */
int monitor_get_edid(struct conn *c, const struct xendispl_get_edid_req *r, uint32_t *size,
		     const struct fault_sink *sink)
{
	uint32_t pages = (uint32_t)(((uint64_t)r->buffer_sz + PAGE_BYTES - 1) / PAGE_BYTES);
	const struct edid_spec *spec = spec_of(c);
	const uint8_t *bytes;
	size_t n = make_edid(c, &bytes);
	uint8_t *map;
	int ret;

	if (!n || !r->buffer_sz || !r->gref_directory || r->buffer_sz < n)
		return -EINVAL;
	/* all of it, as displ_be does */
	ret = pages_map(c->dev, r->gref_directory, pages, sink, &map);
	if (ret)
		return ret;
	memcpy(map, bytes, n);
	*size = (uint32_t)n;
	mischief_edid(c, map, n, size);
	grants_unmap(c->dev, map, pages);
	if (spec->kind == EDID_FILE)
		widen(c, MAX_SIDE, MAX_SIDE);
	else if (spec->width)
		widen(c, spec->width, spec->height);
	return 0;
}

static int put_resolution(struct conn *c, uint32_t width, uint32_t height)
{
	char *dir, text[24];
	int ret;

	if (c->dev->gone)
		return -ENODEV;
	if (asprintf(&dir, "%s/%u", c->dev->fe_path, c->index) < 0)
		return -ENOMEM;
	snprintf(text, sizeof(text), "%ux%u", width, height);
	ret = xs_put_guarded(dir, XENDISPL_FIELD_RESOLUTION, -1, XENDISPL_FIELD_RESOLUTION, text);
	free(dir);
	return ret;
}

/**
 * monitor_tell() - have the frontend read EDID and resolution again
 * @c: connector
 *
 * Return: 0 or -errno.
 */
int monitor_tell(struct conn *c)
{
	int ret = put_resolution(c, c->width, c->height);
	struct json *j = log_begin_dev("edid", c->dev);

	json_u64(j, "conn", c->index);
	json_str(j, "spec", monitor_edid_text(c));
	json_i64(j, "status", ret);
	log_end();
	return ret;
}

/**
 * monitor_resize() - another resolution
 * @c: connector
 * @width: pixels
 * @height: lines
 *
 * From now on SET_CONFIG takes this one. What is shown stays until then.
 *
 * Return: 0 or -errno.
 */
int monitor_resize(struct conn *c, uint32_t width, uint32_t height)
{
	struct json *j;
	int ret;

	/* one thread: a frontend that is quick waits until we are done */
	ret = put_resolution(c, width, height);
	if (!ret) {
		c->width = width;
		c->height = height;
		widen(c, width, height);
	}
	j = log_begin_dev("resize", c->dev);
	json_u64(j, "conn", c->index);
	json_u64(j, "width", width);
	json_u64(j, "height", height);
	json_i64(j, "status", ret);
	log_end();
	return ret;
}
