// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Grant references to memory, and a count of what is mapped.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "backend.h"

/**
 * grants_map() - map pages of a guest, one behind the other
 * @dev: device, names the guest
 * @grefs: its references
 * @count: how many, at least 1
 *
 * Mapped for reading and writing always, as displ_be does: a read-only grant
 * does not work there and shall not work here.
 *
 * Return: the memory, or NULL; errno says why.
 */
void *grants_map(struct device *dev, uint32_t *grefs, uint32_t count)
{
	void *map = xengnttab_map_domain_grant_refs(be.gnttab, count, dev->domid, grefs,
						    PROT_READ | PROT_WRITE);

	if (!map) {
		int err = errno;

		log_errno(dev, "map-failed", err, grefs[0], count);
		errno = err;
		return NULL;
	}
	dev->mapped += count;
	be.mapped += count;
	return map;
}

/**
 * grants_unmap() - the reverse
 * @dev: device
 * @map: what grants_map() gave
 * @count: the very same number
 */
void grants_unmap(struct device *dev, void *map, uint32_t count)
{
	if (xengnttab_unmap(be.gnttab, map, count)) {
		bug(dev, "unmapping %u pages: %s", count, strerror(errno));
		return;
	}
	dev->mapped -= count;
	be.mapped -= count;
}
