// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Spreads and costs for the bench. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "bench.h"
#include "kms.h"
#include "report.h"

/**
 * spread_init - make room
 * @s: zeroed
 * @room: so many times can be kept
 *
 * Return: 0 or a negative errno.
 */
int spread_init(struct spread *s, unsigned int room)
{
	s->v = calloc(room ? room : 1, sizeof(*s->v));
	s->room = s->v ? room : 0;
	s->n = 0;
	return s->v ? 0 : -ENOMEM;
}

/**
 * spread_add - one more
 * @s: the spread; what does not fit is dropped
 * @since_us: when the step began; it ends now
 */
void spread_add(struct spread *s, uint64_t since_us)
{
	if (s->n < s->room)
		s->v[s->n++] = now_us() - since_us;
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/**
 * spread_sort - put the values in order
 * @s: the spread
 */
void spread_sort(struct spread *s)
{
	qsort(s->v, s->n, sizeof(*s->v), by_value);
}

/**
 * spread_values - what values there are, as an object of the line that is being written
 * @key: its name
 * @v: the values, sorted by this
 * @n: how many
 */
void spread_values(const char *key, uint32_t *v, unsigned int n)
{
	if (!n)
		return;
	qsort(v, n, sizeof(*v), by_value);
	rep_obj(key);
	rep_uint("min", v[0]);
	rep_uint("p50", v[n / 2]);
	rep_uint("p95", v[(uint64_t)n * 95 / 100]);
	rep_uint("p99", v[(uint64_t)n * 99 / 100]);
	rep_uint("max", v[n - 1]);
	rep_close();
}

/**
 * spread_report - the same of a spread
 * @s: the spread
 * @key: its name
 */
void spread_report(struct spread *s, const char *key)
{
	spread_values(key, s->v, s->n);
}

/**
 * spread_free - give the room back
 * @s: the spread
 */
void spread_free(struct spread *s)
{
	free(s->v);
	s->v = NULL;
	s->n = s->room = 0;
}

/**
 * file_number - a number in a file of /proc
 * @path: the file
 * @key: how its line begins
 *
 * Return: the number after @key, 0 if there is none.
 */
uint64_t file_number(const char *path, const char *key)
{
	char line[4096];
	uint64_t value = 0;
	FILE *f = fopen(path, "r");

	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f)) {
		if (strncmp(line, key, strlen(key)))
			continue;
		value = strtoull(line + strlen(key), NULL, 10);
		break;
	}
	fclose(f);
	return value;
}

/* Interrupts of the display's event channels, over all CPUs. */
static uint64_t display_interrupts(void)
{
	char line[4096], *p, *end;
	uint64_t sum = 0;
	FILE *f = fopen("/proc/interrupts", "r");

	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f)) {
		if (!strstr(line, "vdispl"))
			continue;
		p = strchr(line, ':');
		while (p) {
			unsigned long long v = strtoull(p + 1, &end, 10);

			if (end == p + 1 || (*end != ' ' && *end != '\t'))
				break;
			sum += v;
			p = end;
		}
	}
	fclose(f);
	return sum;
}

static uint64_t busy_ticks(void)
{
	unsigned long long user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, soft = 0;
	FILE *f = fopen("/proc/stat", "r");
	int n = 0;

	if (f) {
		n = fscanf(f, "cpu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system, &idle,
			   &wait, &irq, &soft);
		fclose(f);
	}
	return n == 7 ? user + nice + system + irq + soft : 0;
}

static uint64_t us(const struct timeval *tv)
{
	return tv->tv_sec * 1000000ull + tv->tv_usec;
}

/**
 * cost_now - read all counters
 * @c: filled
 */
void cost_now(struct cost *c)
{
	struct rusage ru;

	c->interrupts = display_interrupts();
	c->all_interrupts = file_number("/proc/stat", "intr ");
	c->all_switches = file_number("/proc/stat", "ctxt ");
	c->busy_ticks = busy_ticks();
	getrusage(RUSAGE_SELF, &ru);
	c->user_us = us(&ru.ru_utime);
	c->sys_us = us(&ru.ru_stime);
	c->switches = ru.ru_nvcsw + ru.ru_nivcsw;
	c->time_us = now_us();
}

/**
 * cost_report - what so many steps cost, into the line that is being written
 * @from: before them
 * @to: after them
 * @steps: how many
 */
void cost_report(const struct cost *from, const struct cost *to, uint64_t steps)
{
	double n = steps ? steps : 1, seconds = (to->time_us - from->time_us) / 1e6;

	rep_uint("steps", steps);
	rep_real("seconds", seconds);
	rep_real("per_second", seconds > 0 ? steps / seconds : 0);
	rep_real("interrupts", (to->interrupts - from->interrupts) / n);
	rep_real("all_interrupts", (to->all_interrupts - from->all_interrupts) / n);
	rep_real("user_us", (to->user_us - from->user_us) / n);
	rep_real("sys_us", (to->sys_us - from->sys_us) / n);
	rep_real("busy_us", (to->busy_ticks - from->busy_ticks) * 10000 / n);
	rep_real("switches", (to->switches - from->switches) / n);
	rep_real("all_switches", (to->all_switches - from->all_switches) / n);
}
