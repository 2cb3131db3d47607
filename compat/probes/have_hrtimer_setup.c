// SPDX-License-Identifier: GPL-2.0 OR MIT
/* v6.13: 908a1d775422 ("hrtimers: Introduce hrtimer_setup() to replace hrtimer_init()"); hrtimer_init() is gone since about v6.15 */
#include <linux/hrtimer.h>
enum hrtimer_restart tick(struct hrtimer *timer);
void probe(struct hrtimer *timer);
void probe(struct hrtimer *timer)
{
	hrtimer_setup(timer, tick, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
}
