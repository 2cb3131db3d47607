/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_COMPAT_LINUX_IOSYS_MAP_H
#define XDF_COMPAT_LINUX_IOSYS_MAP_H

#if defined(XDF_HAVE_IOSYS_MAP)
#include_next <linux/iosys-map.h>
#elif defined(XDF_HAVE_DMA_BUF_MAP)
/* v5.11 to v5.17: the same thing under its first name */
#include <linux/dma-buf-map.h>

#define iosys_map dma_buf_map
#define iosys_map_set_vaddr dma_buf_map_set_vaddr
#else
/* Before, a mapping was a pointer.  See XDF_GEM_VMAP in thunks.h. */
#include <linux/types.h>

struct iosys_map {
	void *vaddr;
	bool is_iomem;
};

static inline void iosys_map_set_vaddr(struct iosys_map *map, void *vaddr)
{
	map->vaddr = vaddr;
	map->is_iomem = false;
}
#endif

#endif /* XDF_COMPAT_LINUX_IOSYS_MAP_H */
