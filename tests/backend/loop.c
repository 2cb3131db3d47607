// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The event loop: file descriptors with a function each, and one timer that is
 * set to whatever is due next.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "backend.h"

#define MAX_FDS 64

static struct {
	int fd;
	short events;
	loop_fn fn;
	void *ctx;
} slots[MAX_FDS];
static unsigned int nslots;
static int timer = -1;
static uint64_t timer_set = NEVER;

/**
 * loop_add() - care for a file descriptor
 * @fd: descriptor
 * @events: POLLIN, POLLOUT
 * @fn: called when one of them is there, or an error
 * @ctx: handed to @fn
 *
 * Return: false if there is no room.
 */
bool loop_add(int fd, short events, loop_fn fn, void *ctx)
{
	if (nslots == MAX_FDS)
		return false;
	slots[nslots].fd = fd;
	slots[nslots].events = events;
	slots[nslots].fn = fn;
	slots[nslots].ctx = ctx;
	nslots++;
	return true;
}

/**
 * loop_set_events() - care for other events of a descriptor
 * @fd: descriptor
 * @events: POLLIN, POLLOUT
 */
void loop_set_events(int fd, short events)
{
	unsigned int i;

	for (i = 0; i < nslots; i++)
		if (slots[i].fd == fd)
			slots[i].events = events;
}

/**
 * loop_del() - care no longer; may be called by the descriptor's function
 * @fd: descriptor
 */
void loop_del(int fd)
{
	unsigned int i;

	for (i = 0; i < nslots; i++) {
		if (slots[i].fd == fd) {
			slots[i] = slots[--nslots];
			return;
		}
	}
}

static bool set_timer(uint64_t at)
{
	struct itimerspec its;

	if (timer < 0)
		timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (timer < 0)
		return false;
	if (at == timer_set)
		return true;
	memset(&its, 0, sizeof(its));
	if (at != NEVER) {
		if (!at)
			at = 1;
		its.it_value.tv_sec = (time_t)(at / NSEC_PER_SEC);
		its.it_value.tv_nsec = (long)(at % NSEC_PER_SEC);
	}
	if (timerfd_settime(timer, TFD_TIMER_ABSTIME, &its, NULL))
		return false;
	timer_set = at;
	return true;
}

/**
 * loop_turn() - wait for something, then call who cares
 * @deadline: come back at this time at the latest; 0: at once
 *
 * Return: false if waiting does not work any more.
 */
bool loop_turn(uint64_t deadline)
{
	struct pollfd fds[MAX_FDS + 1];
	unsigned int i, k, n = nslots;
	int ret;

	if (!set_timer(deadline ? deadline : NEVER))
		return false;
	for (i = 0; i < n; i++) {
		fds[i].fd = slots[i].fd;
		fds[i].events = slots[i].events;
		fds[i].revents = 0;
	}
	fds[n].fd = timer;
	fds[n].events = POLLIN;
	fds[n].revents = 0;
	ret = poll(fds, n + 1, deadline ? -1 : 0);
	if (ret < 0)
		return errno == EINTR;
	if (fds[n].revents) {
		uint64_t ticks;

		if (read(timer, &ticks, sizeof(ticks)) > 0)
			timer_set = NEVER;
	}
	for (i = 0; i < n; i++) {
		if (!fds[i].revents)
			continue;
		/* an earlier function may have removed or moved it */
		for (k = 0; k < nslots; k++) {
			if (slots[k].fd == fds[i].fd) {
				slots[k].fn(slots[k].ctx, fds[i].revents);
				break;
			}
		}
	}
	return true;
}
