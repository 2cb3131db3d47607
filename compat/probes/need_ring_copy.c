// SPDX-License-Identifier: GPL-2.0 OR MIT
/* needed: responses copied out of a shared ring (RING_COPY_RESPONSE) */
/* v5.16: 629a5d87e26f ("xen: sync include/xen/interface/io/ring.h with Xen's newest version"); in stable kernels too */
#include <linux/types.h>
#include <xen/xen.h>
#include <xen/interface/io/ring.h>
struct probe_req { u32 id; };
struct probe_rsp { u32 id; };
DEFINE_RING_TYPES(probe, struct probe_req, struct probe_rsp);
u32 probe(struct probe_front_ring *ring);
u32 probe(struct probe_front_ring *ring)
{
	struct probe_rsp rsp;

	RING_COPY_RESPONSE(ring, 0, &rsp);
	return RING_RESPONSE_PROD_OVERFLOW(ring, 1) ? 0 : rsp.id;
}
