// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: phase
 *
 * What a flip event says about the time of the backend's frames. The event
 * comes when two virtual machines have run since the frame began: its own time
 * is that of the frame and some noise. Clients measure the rate of a display by
 * the times of two frames, so a tick keeps to its time, which many events have
 * set, and each new one moves the next ones by a little.
 */
#include "xdf_phase.h"

/* An event in the last part of a frame is about the next tick. */
#define NEXT_DIVISOR 4
/*
 * Ticks are moved by this part of what they are off. Events are late by chance, but
 * early for a reason: the clock settles where few come before their tick.
 */
#define LATE_GAIN 32
#define EARLY_GAIN 8
/* And by at most this part of a frame: tests of displays allow twice as much. */
#define NUDGE_DIVISOR 400
/* An event is near its tick when it is off by no more. */
#define EARLY_DIVISOR 32
#define LATE_DIVISOR 8
/* So many more that are not than are: the clock is wrong, and not they. */
#define MISSES 4
/*
 * But events are late when the backend's host has too much to do, too, and several in
 * a row: a clock that was right for so many of them stands as many more.
 */
#define TRUST 28
/* The backend's frames are longer than ours when each event is later by the same. */
#define SAME_DIVISOR 32

/* Which way a tick is off by more than chance: 1 late, -1 early, or 0. */
static int phase_miss(s64 late, s64 period)
{
	if (late > period / LATE_DIVISOR)
		return 1;
	return late < -(period / EARLY_DIVISOR) ? -1 : 0;
}

/*
 * One more that missed its tick on that side, or did not. Returns whether the
 * clock is wrong.
 */
static bool phase_count(struct xdf_phase *phase, int miss)
{
	int most = MISSES + (miss > 0 ? phase->trust : 0);

	if (!miss) {
		phase->misses -= (phase->misses > 0) - (phase->misses < 0);
		phase->trust += phase->trust < TRUST;
	} else if (miss * phase->misses < 0) {
		phase->misses = miss;
	} else if (miss * phase->misses < most) {
		phase->misses += miss;
	}
	return miss * phase->misses >= most;
}

/* Are the backend's frames longer than those of the clock? */
static bool phase_slower(struct xdf_phase *phase, s64 late)
{
	s64 growth = late - phase->late, more = growth - phase->growth;
	s64 same = phase->period / SAME_DIVISOR;

	if (growth <= 0 || more > same || more < -same)
		phase->steady = 0;
	else if (phase->steady < MISSES)
		phase->steady++;
	phase->growth = growth;
	return phase->steady == MISSES;
}

/* By how much ticks are to be moved. */
static s64 phase_shift(s64 late, s64 period, bool lost)
{
	s64 nudge = div_s64(period, NUDGE_DIVISOR);

	if (lost)
		return late < period / LATE_DIVISOR ? late : period / LATE_DIVISOR;
	late = div_s64(late, late < 0 ? EARLY_GAIN : LATE_GAIN);
	if (late < -nudge)
		return -nudge;
	return late < nudge ? late : nudge;
}

/**
 * xdf_phase_frames - frames that are over
 * @phase: of the clock
 * @stretch: by how much the frame that began with the last tick is longer, ns
 * @now: ns on the clock's scale
 *
 * A frame that was stretched in vain ended when it should have.
 *
 * Return: their number since the last tick, however long ago that was.
 */
u64 xdf_phase_frames(const struct xdf_phase *phase, s64 stretch, s64 now)
{
	if (now < phase->tick + phase->period + stretch)
		return 0;
	return div64_u64(now - phase->tick, phase->period);
}

/**
 * xdf_phase_event - a flip event has come
 * @phase: of the clock, whose last tick is at most a frame and a stretch old;
 *	its ticks are moved
 * @event: when, ns on the clock's scale
 * @sent: when the backend was asked for the flip, ns
 *
 * The second flip in a frame is the next tick, come early: no two flips have the
 * same number, and a backend that is faster than the mode sets the pace. An event
 * near the next tick is that tick, at the tick's own time. One that is too early
 * waits for it, as otherwise its time would be far ahead; so does that of a flip
 * that was sent since the last tick, as otherwise it would have a time from before
 * it was asked for. What else there is belongs to the last tick.
 *
 * Return: the tick that it belongs to. With XDF_PHASE_NEXT the last tick is a new
 * one, at most a thirty-second of a frame after @event.
 */
enum xdf_phase_verdict xdf_phase_event(struct xdf_phase *phase, s64 event, s64 sent)
{
	s64 period = phase->period, late = event - phase->tick;
	bool next = late >= period - period / NEXT_DIVISOR;
	bool fresh = sent > phase->tick;
	bool lost, slower;
	s64 shift;
	int miss;

	if (!next && phase->flipped) {
		/* The last tick may be ahead. */
		if (late > 0)
			phase->tick = event;
		return XDF_PHASE_NEXT;
	}
	if (next)
		late -= period;

	miss = phase_miss(late, period);
	slower = phase_slower(phase, late);
	lost = phase_count(phase, miss) || (miss > 0 && slower);
	if (lost)
		phase->trust = 0;
	shift = phase_shift(late, period, lost);
	phase->tick += shift;
	phase->late = late - shift;

	if (next && (miss >= 0 || lost)) {
		phase->tick += period;
		return XDF_PHASE_NEXT;
	}
	if (next || fresh)
		return XDF_PHASE_WAIT;
	return XDF_PHASE_LAST;
}
