// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Page directories: a chain of pages with grant references. Pure.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pgdir.h"

/* bitmaps for grant references up to this number take 512 KiB at most */
#define BITMAP_LIMIT (1u << 22)

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/**
 * has_duplicate() - does a number occur twice
 * @v: the numbers
 * @count: how many
 * @which: one that does
 *
 * Return: true if one does; false also if there is no memory to tell.
 */
bool has_duplicate(const uint32_t *v, uint32_t count, uint32_t *which)
{
	uint32_t i, top = 0;
	uint32_t *map;
	bool found = false;

	for (i = 0; i < count; i++)
		if (v[i] > top)
			top = v[i];
	if (top < BITMAP_LIMIT) {
		map = calloc(top / 32 + 1, sizeof(*map));
		for (i = 0; map && i < count && !found; i++) {
			found = map[v[i] / 32] >> v[i] % 32 & 1;
			map[v[i] / 32] |= 1u << v[i] % 32;
			*which = v[i];
		}
		free(map);
		return found;
	}
	map = calloc(count, sizeof(*map));
	if (!map)
		return false;
	memcpy(map, v, count * sizeof(*map));
	qsort(map, count, sizeof(*map), by_value);
	for (i = 1; i < count && !found; i++) {
		found = map[i] == map[i - 1];
		*which = map[i];
	}
	free(map);
	return found;
}

/**
 * pgdir_walk() - read the grant references of a buffer
 * @reader: reads directory pages
 * @first: grant reference of the first page
 * @grefs: room for @count references
 * @count: how many the buffer has, at least 1
 * @sink: hears what is wrong with the directory
 *
 * At most as many pages are read as @count references need, so a chain that
 * bites its own tail comes to an end. Unused entries of the last page are
 * nobody's business.
 *
 * Return: 0, or -EINVAL if the chain ends early, a page cannot be read or a
 * reference is 0, or -ENOMEM.
 */
int pgdir_walk(const struct pgdir_reader *reader, uint32_t first, uint32_t *grefs, uint32_t count,
	       const struct fault_sink *sink)
{
	uint32_t pages = (uint32_t)((count + PGDIR_GREFS - 1) / PGDIR_GREFS);
	uint32_t *page = malloc(PAGE_BYTES), *dirs = calloc(pages, sizeof(*dirs));
	uint32_t i, k, done = 0, next = first, twin;
	int ret = -ENOMEM;

	if (!page || !dirs)
		goto out;
	ret = -EINVAL;
	for (i = 0; i < pages; i++) {
		uint32_t n = (uint32_t)min_u64(count - done, PGDIR_GREFS);

		if (!next) {
			sink->report(sink->ctx, FAULT_DIR_SHORT, i, "pages in the chain");
			goto out;
		}
		dirs[i] = next;
		if (!reader->read(reader->ctx, next, page)) {
			sink->report(sink->ctx, FAULT_GREF_UNMAPPABLE, next, "directory page");
			goto out;
		}
		next = page[0];
		memcpy(grefs + done, page + 1, n * sizeof(*grefs));
		for (k = 0; k < n; k++) {
			if (!grefs[done + k]) {
				sink->report(sink->ctx, FAULT_DIR_GREF_ZERO, done + k, "entry");
				goto out;
			}
		}
		done += n;
	}
	if (next)
		sink->report(sink->ctx, FAULT_DIR_LONG, next, "next of the last page");
	if (has_duplicate(dirs, pages, &twin))
		sink->report(sink->ctx, FAULT_DIR_GREF_DUPLICATE, twin, "directory page");
	if (has_duplicate(grefs, count, &twin))
		sink->report(sink->ctx, FAULT_DIR_GREF_DUPLICATE, twin, "buffer page");
	ret = 0;
out:
	free(dirs);
	free(page);
	return ret;
}

/**
 * pgdir_fill() - tell a frontend the references of a buffer that we allocated
 * @writer: writes directory pages
 * @first: grant reference of the first page
 * @grefs: the references
 * @count: how many, at least 1
 * @sink: hears what is wrong with the directory
 *
 * The chain is the frontend's. At most as many pages are touched as @count
 * references need.
 *
 * Return: 0; -EINVAL if the chain ends early or a page cannot be had.
 */
int pgdir_fill(const struct pgdir_writer *writer, uint32_t first, const uint32_t *grefs,
	       uint32_t count, const struct fault_sink *sink)
{
	uint32_t done = 0, pages = 0, next = first;

	while (done < count) {
		uint32_t n = (uint32_t)min_u64(count - done, PGDIR_GREFS), here = next;

		if (!here) {
			sink->report(sink->ctx, FAULT_DIR_SHORT, pages, "pages in the chain");
			return -EINVAL;
		}
		if (!writer->write(writer->ctx, here, grefs + done, n, &next)) {
			sink->report(sink->ctx, FAULT_GREF_UNMAPPABLE, here, "directory page");
			return -EINVAL;
		}
		done += n;
		pages++;
	}
	if (next)
		sink->report(sink->ctx, FAULT_DIR_LONG, next, "next of the last page");
	return 0;
}
