// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Memory of ours, granted to a guest (be-alloc), and whether the guest still
 * has it mapped: our own grant table says so.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <xenctrl.h>

#include "backend.h"

/* what xen-gntalloc gives out at most, all programs together; its default is 1024 */
#define LIMIT_PATH "/sys/module/xen_gntalloc/parameters/limit"
#define LIMIT (1u << 20)

static xengntshr_handle *shr;
static xc_interface *xc;
static const volatile grant_entry_v1_t *table;
static uint32_t table_entries;

static void raise_limit(void)
{
	unsigned int limit = 0;
	FILE *f = fopen(LIMIT_PATH, "r+e");
	struct json *j;

	if (!f)
		return;
	if (fscanf(f, "%u", &limit) == 1 && limit < LIMIT) {
		rewind(f);
		fprintf(f, "%u\n", LIMIT);
		fflush(f);
		j = log_begin("gntalloc-limit");
		json_u64(j, "from", limit);
		json_u64(j, "to", LIMIT);
		log_end();
	}
	fclose(f);
}

static bool start(void)
{
	if (shr)
		return true;
	shr = xengntshr_open(be.xtl, 0);
	if (!shr)
		return false;
	raise_limit();
	return true;
}

/**
 * shares_stop() - the backend ends
 */
void shares_stop(void)
{
	if (table)
		munmap((void *)(uintptr_t)table, table_entries * sizeof(*table));
	table = NULL;
	if (xc)
		xc_interface_close(xc);
	xc = NULL;
	if (shr)
		xengntshr_close(shr);
	shr = NULL;
}

/**
 * pages_share() - get memory that a guest may map
 * @dev: device, names the guest
 * @count: pages
 * @grefs: their grant references
 *
 * Return: the memory, all 0; NULL: there is none, errno says why.
 */
void *pages_share(struct device *dev, uint32_t count, uint32_t *grefs)
{
	void *map = NULL;
	int err;

	if (start())
		map = xengntshr_share_pages(shr, dev->domid, (int)count, grefs, 1);
	if (!map) {
		err = errno;
		log_errno(dev, "share-failed", err, 0, count);
		errno = err;
		return NULL;
	}
	dev->shared += count;
	be.shared += count;
	return map;
}

/**
 * pages_unshare() - the reverse
 * @dev: device
 * @map: what pages_share() gave
 * @count: the very same number
 *
 * Pages that the guest has mapped are safe: the kernel keeps them until it
 * lets go.
 */
void pages_unshare(struct device *dev, void *map, uint32_t count)
{
	if (xengntshr_unshare(shr, map, count)) {
		bug(dev, "giving back %u pages: %s", count, strerror(errno));
		return;
	}
	dev->shared -= count;
	be.shared -= count;
}

/* our grant table, at least up to this reference */
static bool map_table(uint32_t gref)
{
	int n = 0;

	if (gref < table_entries)
		return true;
	if (!xc)
		xc = xc_interface_open(be.xtl, NULL, 0);
	if (!xc)
		return false;
	/* it grows by whole pages and never shrinks */
	if (table)
		munmap((void *)(uintptr_t)table, table_entries * sizeof(*table));
	table = xc_gnttab_map_table_v1(xc, DOMID_SELF, &n);
	table_entries = table ? (uint32_t)n : 0;
	return gref < table_entries;
}

/**
 * shares_in_use() - how many of our pages a guest has mapped
 * @dev: device, names the guest
 * @grefs: the pages' grant references
 * @count: how many
 *
 * Return: the number; 0 also where the grant table cannot be read (no PV
 * domain, version 2 of the table).
 */
uint32_t shares_in_use(const struct device *dev, const uint32_t *grefs, uint32_t count)
{
	uint32_t i, n = 0;

	for (i = 0; i < count; i++) {
		if (!map_table(grefs[i]))
			return 0;
		n += table[grefs[i]].domid == dev->domid &&
		     table[grefs[i]].flags & (GTF_reading | GTF_writing);
	}
	return n;
}
