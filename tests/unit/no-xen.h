/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Included ahead of the backend's pgdir.c, which wants no more of the
 * protocol's header than this; so libxen-dev need not be there.
 */
#define XDF_BE_DISPLIF_H
struct xendispl_req;
