// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * src/pure/phase.c: the times of ticks, with backends of many kinds.
 */
#include "unit.h"

#include "xdf_phase.h"

#define FRAMES 2000

/* lengths of a frame: 400, 144, 60, 20 and 1 Hz */
static const s64 periods[] = { 2500000, 6944444, 16666667, 50000000, 1000000000 };

/* the same numbers at each run, from 0 to 1000 */
static s64 noise(u32 *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return (s64)(*seed >> 8) % 1001;
}

/**
 * struct backend - how one behaves; all in thousandths of a frame of the mode
 * @start: where its frames are, in those of the clock
 * @period: from frame to frame
 * @noise: events are late by up to so much
 * @pause: ... and now and then by this
 * @early: ... or before their time by this
 * @busy: ... or late by up to this, a quarter of them, six in a row
 */
struct backend {
	int start;
	int period;
	int noise;
	int pause;
	int early;
	int busy;
};

/**
 * struct course - what came of it
 * @off: between the last tick and its event
 * @worst: most that a frame's length was off, of the second half
 * @ahead: most that a tick was later than its event, of the second half
 * @numbers: ticks that went by
 */
struct course {
	s64 off;
	s64 worst;
	s64 ahead;
	int numbers;
};

/* A client flips in each frame, as soon as it knows that the last one is shown. */
static struct course run(s64 period, const struct backend *be)
{
	struct xdf_phase phase = { .period = period };
	s64 frame = period * be->start / 1000, sent = 0, last = 0;
	struct course c = { 0 };
	int i, last_numbers = 0;
	u32 seed = 1;

	for (i = 0; i < FRAMES; i++) {
		s64 event, shown;

		frame += period * be->period / 1000;
		event = frame + period * be->noise / 1000 * noise(&seed) / 1000;
		if (i % 50 == 49)
			event += period * be->pause / 1000;
		if (i % 50 == 24)
			event -= period * be->early / 1000;
		if (i % 24 >= 18)
			event += period * be->busy / 1000 * noise(&seed) / 1000;
		/* as in vblank.c: a client's frame is longer by a quarter */
		if (event >= phase.tick + period + period / 4) {
			s64 n = (event - phase.tick) / period;

			phase.tick += n * period;
			phase.flipped = false;
			c.numbers += (int)n;
		}
		shown = event;
		switch (xdf_phase_event(&phase, event, sent)) {
		case XDF_PHASE_WAIT:
			assert_true(phase.tick + period > event);
			shown = phase.tick + period;
			phase.tick += period;
			/* fall through */
		case XDF_PHASE_NEXT:
			c.numbers++;
			break;
		case XDF_PHASE_LAST:
			break;
		}
		phase.flipped = true;
		c.off = event - phase.tick;
		assert_true(phase.tick >= last);
		sent = shown + period / 100;
		if (i > FRAMES / 2) {
			s64 length = phase.tick - last - (c.numbers - last_numbers) * period;

			if (llabs(length) > c.worst)
				c.worst = llabs(length);
			if (phase.tick - shown > c.ahead)
				c.ahead = phase.tick - shown;
		}
		last = phase.tick;
		last_numbers = c.numbers;
	}
	return c;
}

/* The tests of displays allow a frame to be off by a two-hundredth. */
static void test_noise(void **state)
{
	static const struct backend backends[] = {
		{ .period = 1000 },
		{ .period = 1000, .noise = 20 },
		{ .period = 1000, .noise = 60 },
		{ .period = 1000, .noise = 110 },
		{ .period = 1000, .noise = 20, .pause = 120 },
		{ .period = 1000, .noise = 20, .pause = 200 },
		{ .period = 1000, .noise = 20, .early = 60 },
		{ .period = 1000, .noise = 20, .pause = 180, .early = 180 },
		{ .period = 1000, .noise = 20, .busy = 200 },
		{ .period = 1000, .noise = 60, .busy = 230 },
	};
	size_t i, k;
	int start;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(periods); i++)
		for (k = 0; k < ARRAY_SIZE(backends); k++)
			for (start = -450; start <= 450; start += 90) {
				struct backend be = backends[k];
				struct course c;

				be.start = start;
				c = run(periods[i], &be);
				assert_true(c.worst < periods[i] / 200);
				assert_true(c.ahead <= periods[i] / 32);
				/* of all numbers each once, but for the first few */
				assert_in_range(c.numbers, FRAMES - 4, FRAMES + 4);
			}
}

/* A backend that is faster or slower than the mode sets the pace. */
static void test_other_rate(void **state)
{
	static const int rates[] = { 300, 800, 960, 990, 999, 1001, 1010, 1040, 1080 };
	size_t i, k;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(periods); i++)
		for (k = 0; k < ARRAY_SIZE(rates); k++) {
			struct backend be = { .period = rates[k] };
			struct course c = run(periods[i], &be);

			/* not much more than an eighth too late, never much too early */
			assert_true(c.off <= periods[i] / 4);
			assert_true(c.ahead <= periods[i] / 32);
			assert_in_range(c.numbers, FRAMES - 8, FRAMES + 8);
		}
}

/* What is asked for after a tick is not shown at it. */
static void test_between(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(periods); i++) {
		s64 p = periods[i];
		struct xdf_phase phase = { .tick = 5 * p, .period = p };

		assert_int_equal(xdf_phase_event(&phase, 5 * p + p / 50, 5 * p + p / 100),
				 XDF_PHASE_WAIT);
		assert_int_equal(xdf_phase_event(&phase, 5 * p + p / 5, 5 * p + p / 100),
				 XDF_PHASE_WAIT);
		assert_int_equal(xdf_phase_event(&phase, 5 * p + p / 50, 5 * p - p / 100),
				 XDF_PHASE_LAST);
		assert_int_equal(xdf_phase_event(&phase, 5 * p + p / 2, 5 * p + p / 2 - p / 100),
				 XDF_PHASE_WAIT);
		/* a backend that shows them at once, and a client that goes on */
		phase.flipped = true;
		assert_int_equal(xdf_phase_event(&phase, 5 * p + p / 2, 5 * p + p / 2 - p / 100),
				 XDF_PHASE_NEXT);
		assert_true(phase.tick == 5 * p + p / 2);
	}
}

/* As many flips as a client can: each has a number of its own. */
static void test_at_once(void **state)
{
	struct xdf_phase phase = { .period = periods[2], .flipped = true };
	s64 now = 0;
	int i;

	(void)state;
	for (i = 0; i < FRAMES; i++) {
		s64 sent = now;

		now += 300000;
		assert_int_equal(xdf_phase_event(&phase, now, sent), XDF_PHASE_NEXT);
		assert_true(phase.tick == now);
	}
}

/* Whatever comes, the time of a tick is not far from that of its event. */
static void test_anything(void **state)
{
	u32 seed = 7;
	size_t i;
	int k;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(periods); i++) {
		struct xdf_phase phase = { .period = periods[i] };
		s64 now = 0, last = 0;

		for (k = 0; k < FRAMES; k++) {
			now += periods[i] * noise(&seed) / 800;
			if (now >= phase.tick + periods[i] * 5 / 4) {
				phase.tick += (now - phase.tick) / periods[i] * periods[i];
				phase.flipped = false;
			}
			if (xdf_phase_event(&phase, now, last) != XDF_PHASE_WAIT)
				phase.flipped = true;
			assert_true(phase.tick <= now + periods[i] / 32);
			assert_true(phase.tick > now - periods[i] * 5 / 4);
			last = now;
		}
	}
}

/* However long nobody looks, the last tick is less than a frame and a stretch old then. */
static void test_frames(void **state)
{
	static const u64 rest[] = { 0, 1, 2, 1000, 0xffffffff, 0x100000000, 0x100000001, 0x180000001 };
	u32 i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(periods); i++)
		for (j = 0; j < ARRAY_SIZE(rest); j++) {
			struct xdf_phase phase = { .period = periods[i], .tick = 12345 };
			s64 tick = phase.tick + (s64)rest[j] * periods[i];

			assert_int_equal(xdf_phase_frames(&phase, 0, tick), rest[j]);
			assert_int_equal(xdf_phase_frames(&phase, 0, tick + periods[i] - 1), rest[j]);
			assert_int_equal(xdf_phase_frames(&phase, periods[i] / 4, tick),
					 rest[j] == 1 ? 0 : rest[j]);
			assert_int_equal(xdf_phase_frames(&phase, 0, phase.tick - 1), 0);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_other_rate),
		cmocka_unit_test(test_between),
		cmocka_unit_test(test_at_once),
		cmocka_unit_test(test_anything),
		cmocka_unit_test(test_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
