// SPDX-License-Identifier: GPL-2.0 OR MIT
/* v5.11: 01fd30da0474 ("dma-buf: Add struct dma-buf-map for storing struct dma_buf.vaddr_ptr"); v5.18 renamed it to iosys_map */
#include <linux/dma-buf-map.h>
bool probe(struct dma_buf_map *map);
bool probe(struct dma_buf_map *map)
{
	return dma_buf_map_is_null(map);
}
