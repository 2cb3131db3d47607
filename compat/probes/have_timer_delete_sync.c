// SPDX-License-Identifier: GPL-2.0 OR MIT
/* v6.2: 9b13df3fb64e ("timers: Rename del_timer_sync() to timer_delete_sync()"); in later stable kernels too */
#include <linux/timer.h>
int probe(struct timer_list *timer);
int probe(struct timer_list *timer)
{
	return timer_delete_sync(timer);
}
