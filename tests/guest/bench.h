/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What the bench's commands share: spreads, and what a stretch of work cost. */
#ifndef XDF_BENCH_H
#define XDF_BENCH_H

#include <stdint.h>

/* Times of one kind of step, microseconds. */
struct spread {
	uint32_t *v;
	unsigned int n, room;
};

int spread_init(struct spread *s, unsigned int room);
void spread_add(struct spread *s, uint64_t since_us);
void spread_sort(struct spread *s);
void spread_values(const char *key, uint32_t *v, unsigned int n);
void spread_report(struct spread *s, const char *key);
void spread_free(struct spread *s);

/* Counters of this process and of the whole guest at one time. */
struct cost {
	uint64_t time_us;	/* monotonic */
	uint64_t user_us, sys_us;	/* of this process */
	uint64_t switches;	/* of this process */
	uint64_t all_switches;	/* of all processes */
	uint64_t interrupts;	/* of the display */
	uint64_t all_interrupts;
	uint64_t busy_ticks;	/* all CPUs, 1/100 s */
};

void cost_now(struct cost *c);
void cost_report(const struct cost *from, const struct cost *to, uint64_t steps);
uint64_t file_number(const char *path, const char *key);

#endif
