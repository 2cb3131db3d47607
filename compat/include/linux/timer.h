/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_COMPAT_LINUX_TIMER_H
#define XDF_COMPAT_LINUX_TIMER_H

#include_next <linux/timer.h>

#ifndef XDF_HAVE_TIMER_DELETE_SYNC
static inline int timer_delete_sync(struct timer_list *timer)
{
	return del_timer_sync(timer);
}
#endif

/* v6.16: from_timer() before */
#ifndef timer_container_of
#define timer_container_of(var, timer, member) \
	container_of(timer, typeof(*(var)), member)
#endif

#endif /* XDF_COMPAT_LINUX_TIMER_H */
