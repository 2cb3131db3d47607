/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_BE_EDID_H
#define XDF_BE_EDID_H

#include "common.h"

#define EDID_BLOCK 128u
#define EDID_MAX_BLOCKS 256u
#define EDID_MAX_BYTES (EDID_BLOCK * EDID_MAX_BLOCKS)
#define EDID_MAX_HZ 500u

enum edid_kind { EDID_NONE, EDID_AUTO, EDID_DISPL_BE, EDID_FILE };

/**
 * struct edid_spec - what a connector answers to GET_EDID
 * @kind: an error, something generated in our way or in that of displ_be, or the
 *        bytes of a file
 * @blocks: how many blocks of 128 bytes, EDID_AUTO
 * @width: of the only mode; 0: the connector's resolution
 * @height: likewise
 * @mhz: its rate in thousandths of a Hertz
 * @path: the file, part of the text that was parsed
 */
struct edid_spec {
	enum edid_kind kind;
	uint32_t blocks;
	uint32_t width;
	uint32_t height;
	uint32_t mhz;
	const char *path;
};

const char *edid_parse(const char *text, struct edid_spec *spec);
size_t edid_generate(const struct edid_spec *spec, const char *name, uint32_t width,
		     uint32_t height, uint8_t out[EDID_MAX_BYTES]);
size_t edid_displ_be(uint32_t width, uint32_t height, uint8_t out[EDID_MAX_BYTES]);
bool edid_has_size(const uint8_t *edid, size_t bytes, uint32_t width, uint32_t height);

#endif
