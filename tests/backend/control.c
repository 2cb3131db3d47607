// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The control socket: a command per line, answered by lines of JSON of which
 * the last is {"ok":true} or {"ok":false,"error":"..."}.
 */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "backend.h"
#include "control.h"

#define MAX_CLIENTS 32

static TAILQ_HEAD(, client) clients = TAILQ_HEAD_INITIALIZER(clients);
static unsigned int nclients;
static int listener = -1;

/**
 * answer_ok() - the last line of a command that worked
 * @cl: who said it
 */
void answer_ok(struct client *cl)
{
	json_open(&cl->out, NULL, '{');
	json_bool(&cl->out, "ok", true);
	json_close(&cl->out, '}');
	json_raw(&cl->out, "\n", 1);
}

/**
 * answer_error() - the last line of a command that did not
 * @cl: who said it
 * @fmt: why, printf style
 */
void answer_error(struct client *cl, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	json_open(&cl->out, NULL, '{');
	json_bool(&cl->out, "ok", false);
	json_str(&cl->out, "error", text);
	json_close(&cl->out, '}');
	json_raw(&cl->out, "\n", 1);
}

/**
 * answer_flush() - send what was answered so far
 * @cl: to whom
 */
void answer_flush(struct client *cl)
{
	while (cl->sent < cl->out.len) {
		ssize_t n = send(cl->fd, cl->out.text + cl->sent, cl->out.len - cl->sent,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		if (n < 0) {
			cl->dead = true;
			return;
		}
		cl->sent += (size_t)n;
	}
	if (cl->sent == cl->out.len) {
		json_reset(&cl->out);
		cl->sent = 0;
	}
	if (cl->out.broken || (cl->eof && !cl->out.len && cl->wait == WAIT_NONE))
		cl->dead = true;
	loop_set_events(cl->fd, (short)((cl->eof ? 0 : POLLIN) | (cl->out.len ? POLLOUT : 0)));
}

static void close_client(struct client *cl)
{
	loop_del(cl->fd);
	close(cl->fd);
	TAILQ_REMOVE(&clients, cl, entry);
	nclients--;
	json_free(&cl->out);
	free(cl);
}

/* ---- lines ---- */

/* lines that are complete, as long as none of them waits */
static void run_lines(struct client *cl)
{
	char *end;

	while (cl->wait == WAIT_NONE && (end = memchr(cl->in, '\n', cl->in_len))) {
		char line[MAX_LINE];
		size_t n = (size_t)(end - cl->in);

		memcpy(line, cl->in, n);
		line[n] = '\0';
		cl->in_len -= n + 1;
		memmove(cl->in, end + 1, cl->in_len);
		command_run(cl, line);
	}
}

/**
 * control_check_waits() - is anybody's waiting over; close who is done
 * @now: the time
 */
void control_check_waits(uint64_t now)
{
	struct client *cl, *next;

	for (cl = TAILQ_FIRST(&clients); cl; cl = next) {
		next = TAILQ_NEXT(cl, entry);
		while (cl->wait != WAIT_NONE) {
			if (wait_over(cl))
				answer_ok(cl);
			else if (cl->deadline <= now)
				wait_timeout(cl);
			else
				break;
			cl->wait = WAIT_NONE;
			run_lines(cl);
		}
		answer_flush(cl);
		if (cl->dead)
			close_client(cl);
	}
}

/**
 * control_next_deadline() - when somebody has waited long enough
 *
 * Return: time, or NEVER.
 */
uint64_t control_next_deadline(void)
{
	uint64_t next = NEVER;
	struct client *cl;

	TAILQ_FOREACH(cl, &clients, entry)
		if (cl->wait != WAIT_NONE)
			next = min_u64(next, cl->deadline);
	return next;
}

/* ---- sockets ---- */

static void on_client(void *ctx, short revents)
{
	struct client *cl = ctx;
	ssize_t n;

	if (revents & (POLLERR | POLLHUP | POLLNVAL))
		cl->dead = !(revents & POLLIN);
	if (revents & POLLIN) {
		n = recv(cl->fd, cl->in + cl->in_len, sizeof(cl->in) - cl->in_len, MSG_DONTWAIT);
		if (n > 0)
			cl->in_len += (size_t)n;
		else if (n == 0)
			cl->eof = true;
		else if (errno != EAGAIN && errno != EINTR)
			cl->dead = true;
		run_lines(cl);
		if (cl->in_len == sizeof(cl->in)) {
			answer_error(cl, "line too long");
			cl->eof = true;
			cl->in_len = 0;
		}
	}
	/* control_check_waits() at the end of the turn sends and closes */
}

static void on_listener(void *ctx, short revents)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct client *cl;

	(void)ctx;
	(void)revents;
	if (fd < 0)
		return;
	cl = nclients < MAX_CLIENTS ? calloc(1, sizeof(*cl)) : NULL;
	if (!cl || !loop_add(fd, POLLIN, on_client, cl)) {
		free(cl);
		close(fd);
		return;
	}
	cl->fd = fd;
	nclients++;
	TAILQ_INSERT_TAIL(&clients, cl, entry);
}

/**
 * control_start() - open the socket
 *
 * A socket that a dead backend left behind is replaced, a living one is not.
 *
 * Return: false if that does not work; errno says why.
 */
bool control_start(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	const char *path = be.opt.control;
	struct stat st;

	if (!path)
		return true;
	if (strlen(path) >= sizeof(addr.sun_path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	strcpy(addr.sun_path, path);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listener < 0)
		return false;
	if (!stat(path, &st) && S_ISSOCK(st.st_mode)) {
		if (!connect(listener, (struct sockaddr *)&addr, sizeof(addr))) {
			close(listener);
			listener = -1;
			errno = EADDRINUSE;
			return false;
		}
		unlink(path);
		close(listener);
		listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (listener < 0)
			return false;
	}
	umask(077);
	if (bind(listener, (struct sockaddr *)&addr, sizeof(addr)) || listen(listener, 16)) {
		int err = errno;

		umask(022);
		close(listener);
		listener = -1;
		errno = err;
		return false;
	}
	umask(022);
	return loop_add(listener, POLLIN, on_listener, NULL);
}

/**
 * control_stop() - answer what is due, close the socket
 */
void control_stop(void)
{
	struct client *cl;

	while ((cl = TAILQ_FIRST(&clients))) {
		if (cl->wait != WAIT_NONE)
			answer_error(cl, "the backend ends");
		answer_flush(cl);
		close_client(cl);
	}
	if (listener >= 0) {
		loop_del(listener);
		close(listener);
		unlink(be.opt.control);
		listener = -1;
	}
}
