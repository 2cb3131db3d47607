/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Between control.c (the socket) and the files that have commands.
 */
#ifndef XDF_BE_CONTROL_H
#define XDF_BE_CONTROL_H

#include "backend.h"

#define MAX_LINE 4096

enum wait_kind { WAIT_NONE, WAIT_FLIPS, WAIT_STATE, WAIT_CLOSED, WAIT_FAULTS };

/**
 * struct client - one connection to the control socket
 * @wait: what its last command waits for; @domid to @want say more
 * @seen: how often it had happened before
 */
struct client {
	TAILQ_ENTRY(client) entry;
	int fd;
	char in[MAX_LINE];
	size_t in_len;
	struct json out;
	size_t sent;
	bool eof;
	bool dead;
	enum wait_kind wait;
	uint32_t domid;
	uint32_t devid;
	uint32_t conn;
	uint32_t want;
	unsigned int seen;
	uint64_t deadline;
};

/* control.c */
void answer_ok(struct client *cl);
void answer_flush(struct client *cl);
void answer_error(struct client *cl, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* commands.c */
void command_run(struct client *cl, char *line);
bool wait_over(const struct client *cl);
void wait_timeout(struct client *cl);

#endif
