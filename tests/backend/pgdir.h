/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_BE_PGDIR_H
#define XDF_BE_PGDIR_H

#include "check.h"
#include "common.h"

#define PGDIR_GREFS (PAGE_BYTES / sizeof(uint32_t) - 1)

/**
 * struct pgdir_reader - how to get at a directory page
 * @read: copies the whole page that @gref names to @page; false if it cannot
 * @ctx: handed to @read
 */
struct pgdir_reader {
	bool (*read)(void *ctx, uint32_t gref, uint32_t page[PAGE_BYTES / sizeof(uint32_t)]);
	void *ctx;
};

/**
 * struct pgdir_writer - how to fill a directory page
 * @write: reads where the chain goes on, then writes @count references behind
 *         that; false if the page cannot be had
 * @ctx: handed to @write
 */
struct pgdir_writer {
	bool (*write)(void *ctx, uint32_t gref, const uint32_t *grefs, uint32_t count,
		      uint32_t *next);
	void *ctx;
};

int pgdir_fill(const struct pgdir_writer *writer, uint32_t first, const uint32_t *grefs,
	       uint32_t count, const struct fault_sink *sink);
int pgdir_walk(const struct pgdir_reader *reader, uint32_t first, uint32_t *grefs, uint32_t count,
	       const struct fault_sink *sink);
bool has_duplicate(const uint32_t *v, uint32_t count, uint32_t *which);

#endif
