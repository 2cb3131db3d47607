// SPDX-License-Identifier: GPL-2.0 OR MIT
/* v5.18: 7938f4218168 ("dma-buf-map: Rename to iosys-map") */
#include <linux/iosys-map.h>
bool probe(struct iosys_map *map);
bool probe(struct iosys_map *map)
{
	return iosys_map_is_null(map);
}
