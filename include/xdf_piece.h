/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Xen's pages are 4096 bytes, the guest's may be 4, 16 or 64 KiB. Memory is granted,
 * listed in directories and counted in pieces of the first kind, numbered from the
 * beginning of a list of pages of the second. Pure.
 */
#ifndef XDF_PIECE_H
#define XDF_PIECE_H

#include "xdf_pure.h"

/**
 * struct xdf_piece - where a piece lies
 *
 * @page: index of the guest's page
 * @nr: which piece of that page
 * @offset: the same in bytes
 */
struct xdf_piece {
	u32 page;
	u32 nr;
	u32 offset;
};

/**
 * xdf_piece - find a piece
 * @i: its number
 * @per_page: pieces in a page of the guest's
 *
 * Return: where it lies.
 */
static inline struct xdf_piece xdf_piece(u32 i, u32 per_page)
{
	return (struct xdf_piece){
		.page = i / per_page,
		.nr = i % per_page,
		.offset = i % per_page * XDF_GRANT_SIZE,
	};
}

/**
 * xdf_piece_pages - memory for so many pieces
 * @count: their number
 * @per_page: pieces in a page of the guest's
 *
 * Return: number of pages.
 */
static inline u32 xdf_piece_pages(u32 count, u32 per_page)
{
	return count / per_page + !!(count % per_page);
}

#endif
