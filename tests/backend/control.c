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
#include "parse.h"

#define MAX_LINE 4096
#define MAX_WORDS 8
#define MAX_CLIENTS 32

enum wait_kind { WAIT_NONE, WAIT_FLIPS, WAIT_STATE, WAIT_CLOSED };

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
	unsigned int seen;		/* how often it had happened before */
	uint64_t deadline;
};

static TAILQ_HEAD(, client) clients = TAILQ_HEAD_INITIALIZER(clients);
static unsigned int nclients;
static int listener = -1;

static void answer_ok(struct client *cl)
{
	json_open(&cl->out, NULL, '{');
	json_bool(&cl->out, "ok", true);
	json_close(&cl->out, '}');
	json_raw(&cl->out, "\n", 1);
}

__attribute__((format(printf, 2, 3)))
static void answer_error(struct client *cl, const char *fmt, ...)
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

static void flush(struct client *cl)
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

/* ---- commands ---- */

static void status_conn(struct json *j, const struct conn *c, bool bound)
{
	json_open(j, NULL, '{');
	json_u64(j, "conn", c->index);
	json_str(j, "unique_id", c->unique_id);
	json_u64(j, "width", c->width);
	json_u64(j, "height", c->height);
	json_bool(j, "bound", bound);
	json_bool(j, "configured", c->configured);
	json_bool(j, "crtc_off", c->crtc_off);
	if (c->fb)
		json_hex(j, "fb", c->fb->cookie);
	json_u64(j, "flips", c->count.flips);
	json_u64(j, "events", c->count.events);
	json_u64(j, "events_dropped", c->count.dropped);
	json_u64(j, "flips_pending", c->nflips);
	json_u64(j, "notify_in", c->count.notify_in);
	json_u64(j, "notify_evt_in", c->count.notify_evt_in);
	json_u64(j, "notify_rsp", c->count.notify_rsp);
	json_u64(j, "notify_evt", c->count.notify_evt);
	json_bool(j, "picture", c->picture.fmt);
	json_bool(j, "picture_current", c->picture_current);
	json_close(j, '}');
}

static void do_status(struct client *cl)
{
	struct json *j = &cl->out;
	unsigned int i, n = 0;
	struct device *dev;

	TAILQ_FOREACH(dev, &be.devices, entry) {
		n++;
		json_open(j, NULL, '{');
		json_str(j, "t", "device");
		json_u64(j, "dom", dev->domid);
		json_u64(j, "dev", dev->devid);
		json_bool(j, "gone", dev->gone);
		json_i64(j, "be_state", dev->be);
		json_i64(j, "fe_state", dev->fe);
		json_bool(j, "bound", dev->bound);
		json_u64(j, "binds", dev->binds);
		json_u64(j, "version", dev->version);
		add_counts(j, dev);
		json_open(j, "connectors", '[');
		for (i = 0; i < dev->nknown; i++)
			status_conn(j, dev->conns[i], i < dev->nconns);
		json_close(j, ']');
		json_close(j, '}');
		json_raw(j, "\n", 1);
	}
	json_open(j, NULL, '{');
	json_str(j, "t", "backend");
	json_str(j, "version", XDF_BACKEND_VERSION);
	json_real(j, "pace", be.opt.pace_hz, 3);
	json_u64(j, "devices", n);
	json_u64(j, "mapped", be.mapped);
	json_u64(j, "violations", be.nfaults);
	json_u64(j, "warnings", be.nwarnings);
	json_u64(j, "bugs", be.nbugs);
	json_close(j, '}');
	json_raw(j, "\n", 1);
	answer_ok(cl);
}

static void do_dump(struct client *cl, const char *dir)
{
	unsigned int failed;

	if (!dir)
		dir = be.opt.png_dir;
	if (!dir) {
		answer_error(cl, "dump: no directory (no --png-dir)");
		return;
	}
	failed = save_pictures(dir, false, NULL, &cl->out);
	if (failed)
		answer_error(cl, "dump: %u pictures could not be written", failed);
	else
		answer_ok(cl);
}

static const char *const help[] = {
	"status                                        devices, connectors, counts",
	"hash                                          hash of each connector's picture",
	"dump [DIR]                                    write PNGs (default: --png-dir)",
	"pace HZ                                       flips per second, 0: at once",
	"wait flips DOMID DEVID CONN N TIMEOUT_MS      N flips done since the device appeared",
	"wait state DOMID DEVID STATE TIMEOUT_MS       the backend's state is or becomes STATE",
	"wait closed DOMID DEVID TIMEOUT_MS            was bound and is not, closes, or is gone",
	"quit                                          close all devices and end",
	"help                                          this",
};

static void do_help(struct client *cl)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(help); i++) {
		json_open(&cl->out, NULL, '{');
		json_str(&cl->out, "help", help[i]);
		json_close(&cl->out, '}');
		json_raw(&cl->out, "\n", 1);
	}
	answer_ok(cl);
}

/*
 * States may pass by within one turn of the loop (5,6,2): what happened since
 * the command came counts as well as what is.
 */
static unsigned int times_seen(const struct client *cl)
{
	const struct device *dev = device_find(cl->domid, cl->devid);

	if (!dev)
		return 0;
	if (cl->wait == WAIT_CLOSED)
		return dev->closes;
	if (cl->wait == WAIT_STATE && cl->want < ARRAY_SIZE(dev->states_seen))
		return dev->states_seen[cl->want];
	return 0;
}

static void do_wait(struct client *cl, char **word, int n)
{
	static const struct {
		const char *name;
		enum wait_kind kind;
		int words;
	} kinds[] = {
		{ "flips", WAIT_FLIPS, 7 },
		{ "state", WAIT_STATE, 6 },
		{ "closed", WAIT_CLOSED, 5 },
	};
	uint32_t v[5] = { 0 };
	unsigned int k;
	int i;

	for (k = 0; k < ARRAY_SIZE(kinds); k++)
		if (n > 1 && !strcmp(word[1], kinds[k].name))
			break;
	if (k == ARRAY_SIZE(kinds)) {
		answer_error(cl, "wait: for flips, state or closed, see help");
		return;
	}
	if (n != kinds[k].words) {
		answer_error(cl, "wait %s: takes %d numbers, see help", word[1],
			     kinds[k].words - 2);
		return;
	}
	for (i = 2; i < n; i++) {
		if (!parse_u32(word[i], &v[i - 2])) {
			answer_error(cl, "wait %s: '%s' is no number", word[1], word[i]);
			return;
		}
	}
	cl->domid = v[0];
	cl->devid = v[1];
	cl->conn = kinds[k].kind == WAIT_FLIPS ? v[2] : 0;
	cl->want = v[n - 4];
	cl->deadline = clock_ns() + v[n - 3] * NSEC_PER_MSEC;
	cl->wait = kinds[k].kind;
	cl->seen = times_seen(cl);
}

static void do_hash(struct client *cl)
{
	add_hashes(&cl->out);
	answer_ok(cl);
}

static void do_pace(struct client *cl, const char *text)
{
	if (set_pace(text))
		answer_ok(cl);
	else
		answer_error(cl, "pace: '%s' is not 0 or 0.01..10000", text);
}

static void do_quit(struct client *cl)
{
	be.quit++;
	answer_ok(cl);
}

static void run_command(struct client *cl, char *line)
{
	char *word[MAX_WORDS];
	int n = split_words(line, word, MAX_WORDS);

	if (!n)
		return;
	if (n < 0)
		answer_error(cl, "too many words");
	else if (!strcmp(word[0], "status") && n == 1)
		do_status(cl);
	else if (!strcmp(word[0], "hash") && n == 1)
		do_hash(cl);
	else if (!strcmp(word[0], "dump") && n <= 2)
		do_dump(cl, n == 2 ? word[1] : NULL);
	else if (!strcmp(word[0], "pace") && n == 2)
		do_pace(cl, word[1]);
	else if (!strcmp(word[0], "wait"))
		do_wait(cl, word, n);
	else if (!strcmp(word[0], "quit") && n == 1)
		do_quit(cl);
	else if (!strcmp(word[0], "help"))
		do_help(cl);
	else
		answer_error(cl, "'%s' with %d words: no such command, see help", word[0], n - 1);
}

/* ---- waiting ---- */

static bool wait_over(const struct client *cl)
{
	const struct device *dev = device_find(cl->domid, cl->devid);

	if (!dev)
		return false;
	switch (cl->wait) {
	case WAIT_FLIPS:
		return cl->conn < dev->nknown && dev->conns[cl->conn]->count.flips >= cl->want;
	case WAIT_STATE:
		return (!dev->gone && dev->be == (int)cl->want) || times_seen(cl) != cl->seen;
	case WAIT_CLOSED:
		return device_closed(dev) || times_seen(cl) != cl->seen;
	default:
		return true;
	}
}

static void wait_timeout(struct client *cl)
{
	const struct device *dev = device_find(cl->domid, cl->devid);

	if (!dev)
		answer_error(cl, "timeout: device %u/%u never appeared", cl->domid, cl->devid);
	else if (cl->wait == WAIT_FLIPS)
		answer_error(cl, "timeout: %llu flips", cl->conn < dev->nknown ?
			     (unsigned long long)dev->conns[cl->conn]->count.flips : 0);
	else
		answer_error(cl, "timeout: backend %d, frontend %d%s%s", dev->be, dev->fe,
			     dev->bound ? ", bound" : "", dev->gone ? ", gone" : "");
}

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
		run_command(cl, line);
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
		flush(cl);
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
		flush(cl);
		close_client(cl);
	}
	if (listener >= 0) {
		loop_del(listener);
		close(listener);
		unlink(be.opt.control);
		listener = -1;
	}
}
