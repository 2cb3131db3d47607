/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Before v6.2 the exporter's lock is not ours to take. */
#ifndef XDF_COMPAT_LINUX_DMA_BUF_H
#define XDF_COMPAT_LINUX_DMA_BUF_H

#include_next <linux/dma-buf.h>

#ifndef XDF_HAVE_DMA_BUF_UNMAP_UNLOCKED
static inline void dma_buf_unmap_attachment_unlocked(struct dma_buf_attachment *attach,
						     struct sg_table *sgt,
						     enum dma_data_direction direction)
{
	dma_buf_unmap_attachment(attach, sgt, direction);
}
#endif

#endif
