// SPDX-License-Identifier: GPL-2.0 OR MIT
/* v6.2: dma_buf_unmap_attachment() wants the exporter's lock held, this one takes it */
#include <linux/dma-buf.h>
void probe(struct dma_buf_attachment *attach, struct sg_table *sgt);
void probe(struct dma_buf_attachment *attach, struct sg_table *sgt)
{
	dma_buf_unmap_attachment_unlocked(attach, sgt, DMA_BIDIRECTIONAL);
}
