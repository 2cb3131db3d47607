// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * xdf-grants DOMID: how many grant references a domain has given out, and how
 * many of them are in use (mapped) now, read from the grant table itself.
 * Runs in domain 0.  Knows nothing of frontend or backend: that is the point.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <xenctrl.h>
#include <xenforeignmemory.h>
#include <xen/grant_table.h>
#include <xen/memory.h>

/* the guest's console and XenStore pages: there before any driver */
#define RESERVED 8

int main(int argc, char **argv)
{
	struct gnttab_query_size size = {};
	unsigned int given = 0, used = 0;
	xenforeignmemory_handle *fm;
	xc_interface *xc;
	int domid;

	if (argc != 2) {
		fprintf(stderr, "usage: xdf-grants DOMID\n");
		return 2;
	}
	domid = atoi(argv[1]);
	xc = xc_interface_open(NULL, NULL, 0);
	fm = xenforeignmemory_open(NULL, 0);
	if (!xc || !fm) {
		perror("xdf-grants: open");
		return 1;
	}
	size.dom = domid;
	if (xc_gnttab_query_size(xc, &size) || size.status != GNTST_okay) {
		fprintf(stderr, "xdf-grants: no grant table of domain %d (status %d)\n", domid, size.status);
		return 1;
	}
	/* not a frame more than there is: mapping one would make the table grow */
	for (unsigned int f = 0; f < size.nr_frames; f++) {
		void *page = NULL;
		xenforeignmemory_resource_handle *h;
		const volatile struct grant_entry_v1 *e;

		h = xenforeignmemory_map_resource(fm, domid, XENMEM_resource_grant_table,
						  XENMEM_resource_grant_table_id_shared, f, 1, &page,
						  PROT_READ | PROT_WRITE, 0);
		if (!h) {
			perror("xdf-grants: map");
			return 1;
		}
		e = page;
		for (unsigned int i = 0; i < XC_PAGE_SIZE / sizeof(*e); i++) {
			if (f == 0 && i < RESERVED)
				continue;
			if ((e[i].flags & GTF_type_mask) == GTF_invalid)
				continue;
			given++;
			if (e[i].flags & (GTF_reading | GTF_writing))
				used++;
		}
		xenforeignmemory_unmap_resource(fm, h);
	}
	printf("%u given %u in use %u frames\n", given, used, size.nr_frames);
	return 0;
}
