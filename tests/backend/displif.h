/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The protocol's public header, with the barriers it wants from its user.
 */
#ifndef XDF_BE_DISPLIF_H
#define XDF_BE_DISPLIF_H

#include <stdint.h>
#include <string.h>

#include <xen/xen.h>
#include <xen/grant_table.h>
#include <xen/event_channel.h>
#include <xen/io/displif.h>

/* ring.h gives them other names for old interfaces; macros look when they are used */
#undef xen_mb
#undef xen_rmb
#undef xen_wmb
#define xen_mb() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define xen_rmb() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define xen_wmb() __atomic_thread_fence(__ATOMIC_RELEASE)

#endif
