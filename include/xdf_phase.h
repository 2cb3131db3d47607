/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_PHASE_H
#define XDF_PHASE_H

#include "xdf_pure.h"

/**
 * enum xdf_phase_verdict - which tick a flip event belongs to
 * @XDF_PHASE_LAST: the last one
 * @XDF_PHASE_NEXT: the next one, which it is
 * @XDF_PHASE_WAIT: the next one, which comes by itself
 */
enum xdf_phase_verdict {
	XDF_PHASE_LAST,
	XDF_PHASE_NEXT,
	XDF_PHASE_WAIT,
};

/**
 * struct xdf_phase - when the ticks of a clock are; who uses it locks it
 * @tick: time of the last one, ns; it may be a little ahead
 * @period: from one to the next, ns
 * @flipped: a flip was completed since
 * @misses: so many more events were far off than were not, negative: early
 * @trust: events that were not, since the clock was wrong last; bounded
 * @late: by how much the last event was later than its tick, as the ticks are now, ns
 * @growth: by how much more than the one before it, ns
 * @steady: how often in a row @growth was the same, more or less; bounded
 */
struct xdf_phase {
	s64 tick;
	s64 period;
	bool flipped;
	int misses;
	int trust;
	s64 late;
	s64 growth;
	int steady;
};

u64 xdf_phase_frames(const struct xdf_phase *phase, s64 stretch, s64 now);
enum xdf_phase_verdict xdf_phase_event(struct xdf_phase *phase, s64 event, s64 sent);

#endif
