// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The commands of the control socket.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend.h"
#include "control.h"
#include "parse.h"

#define MAX_WORDS 8

static void status_conn(struct json *j, const struct conn *c, bool bound)
{
	json_open(j, NULL, '{');
	json_u64(j, "conn", c->index);
	json_str(j, "unique_id", c->unique_id);
	json_u64(j, "width", c->width);
	json_u64(j, "height", c->height);
	json_str(j, "edid", monitor_edid_text(c));
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
	json_u64(j, "shared", be.shared);
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
	"edid all SPEC                                 what GET_EDID answers, see --help; the guests",
	"edid [DOMID DEVID] CONN SPEC                  are told by writing the resolution again",
	"resize [DOMID DEVID] CONN WxH                 another resolution, in XenStore and here",
	"fault SPEC[,SPEC]                             do wrong on purpose",
	"fault                                         what is to be done wrong, how often it was",
	"fault help                                    what can be done wrong",
	"fault clear [NAME]                            no more; without NAME count anew, too",
	"state [DOMID DEVID] N                         write this XenBus state and do nothing else",
	"recover [DOMID DEVID]                         from there: 5, release, 6 (and 2)",
	"die                                           be gone without a word",
	"wait faults N TIMEOUT_MS                      N faults were made since fault clear",
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
		{ "faults", WAIT_FAULTS, 4 },
	};
	uint32_t v[5] = { 0 };
	unsigned int k;
	int i;

	for (k = 0; k < ARRAY_SIZE(kinds); k++)
		if (n > 1 && !strcmp(word[1], kinds[k].name))
			break;
	if (k == ARRAY_SIZE(kinds)) {
		answer_error(cl, "wait: for flips, state, closed or faults, see help");
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

static bool numbers(struct client *cl, char **word, int n, uint32_t *v)
{
	int i;

	for (i = 0; i < n; i++) {
		if (!parse_u32(word[i], &v[i])) {
			answer_error(cl, "'%s' is no number", word[i]);
			return false;
		}
	}
	return true;
}

/* DOMID and DEVID, or NULL for the only device that there is */
static struct device *find_device(struct client *cl, const uint32_t *v)
{
	struct device *dev = NULL, *other;

	if (v) {
		dev = device_find(v[0], v[1]);
		if (dev && dev->gone)
			dev = NULL;
	} else {
		TAILQ_FOREACH(other, &be.devices, entry) {
			if (other->gone)
				continue;
			if (dev) {
				answer_error(cl, "several devices: say DOMID DEVID too");
				return NULL;
			}
			dev = other;
		}
	}
	if (!dev)
		answer_error(cl, "no such device");
	return dev;
}

/* three words are DOMID DEVID CONN, one is CONN of the only device */
static struct conn *find_conn(struct client *cl, char **word, int n)
{
	struct device *dev;
	uint32_t v[3];

	if (!numbers(cl, word, n, v))
		return NULL;
	dev = find_device(cl, n == 3 ? v : NULL);
	if (!dev)
		return NULL;
	if (v[n - 1] < dev->nknown)
		return dev->conns[v[n - 1]];
	answer_error(cl, "device %u/%u has had %u connectors so far", dev->domid, dev->devid,
		     dev->nknown);
	return NULL;
}

static void answer_told(struct client *cl, const char *command, int ret)
{
	if (ret)
		answer_error(cl, "%s: writing the resolution: %s", command, strerror(-ret));
	else
		answer_ok(cl);
}

static int tell_all(void)
{
	struct device *dev;
	unsigned int i;
	int ret = 0, err;

	TAILQ_FOREACH(dev, &be.devices, entry) {
		for (i = 0; !dev->gone && i < dev->nconns; i++) {
			err = monitor_tell(dev->conns[i]);
			ret = ret ? ret : err;
		}
	}
	return ret;
}

/* edid all SPEC, edid CONN SPEC, edid DOMID DEVID CONN SPEC */
static void do_edid(struct client *cl, char **word, int n)
{
	struct conn *c = NULL;
	const char *why;

	if (n != 3 && n != 5) {
		answer_error(cl, "edid: takes [DOMID DEVID] CONN or all, and SPEC");
		return;
	}
	if (n == 5 || strcmp(word[1], "all")) {
		c = find_conn(cl, word + 1, n - 2);
		if (!c)
			return;
	}
	why = monitor_set_edid(c, word[n - 1]);
	if (why)
		answer_error(cl, "edid: '%s': %s", word[n - 1], why);
	else
		answer_told(cl, "edid", c ? monitor_tell(c) : tell_all());
}

static void do_resize(struct client *cl, char **word, int n)
{
	uint32_t width, height;
	struct conn *c;

	if (n != 3 && n != 5) {
		answer_error(cl, "resize: takes [DOMID DEVID] CONN and WxH");
		return;
	}
	if (!parse_resolution(word[n - 1], &width, &height)) {
		answer_error(cl, "resize: '%s' is not WxH within 1..16384", word[n - 1]);
		return;
	}
	c = find_conn(cl, word + 1, n - 2);
	if (c)
		answer_told(cl, "resize", monitor_resize(c, width, height));
}

static void do_fault(struct client *cl, char **word, int n)
{
	const char *why = NULL;

	if (n == 1) {
		mischief_list(&cl->out);
	} else if (!strcmp(word[1], "clear") && n <= 3) {
		if (!mischief_clear(n == 3 ? word[2] : NULL) && n == 3)
			why = "there was none";
	} else if (!strcmp(word[1], "help") && n == 2) {
		mischief_help(&cl->out);
	} else if (n == 2) {
		why = mischief_add(word[1]);
	} else {
		why = "takes one word: faults are separated by commas";
	}
	if (why)
		answer_error(cl, "fault: '%s': %s", word[n - 1], why);
	else
		answer_ok(cl);
}

/* state [DOMID DEVID] N */
static void do_state(struct client *cl, char **word, int n)
{
	struct device *dev;
	uint32_t v[3];
	int ret;

	if (n != 2 && n != 4) {
		answer_error(cl, "state: takes [DOMID DEVID] and a number");
		return;
	}
	if (!numbers(cl, word + 1, n - 1, v))
		return;
	dev = find_device(cl, n == 4 ? v : NULL);
	if (!dev)
		return;
	ret = device_force_state(dev, v[n - 2]);
	if (ret)
		answer_error(cl, "state: %s", strerror(-ret));
	else
		answer_ok(cl);
}

static void do_recover(struct client *cl, char **word, int n)
{
	struct device *dev;
	uint32_t v[2];

	if (n != 1 && n != 3) {
		answer_error(cl, "recover: takes [DOMID DEVID]");
		return;
	}
	if (!numbers(cl, word + 1, n - 1, v))
		return;
	dev = find_device(cl, n == 3 ? v : NULL);
	if (!dev)
		return;
	device_recover(dev);
	answer_ok(cl);
}

static void do_die(struct client *cl)
{
	answer_ok(cl);
	answer_flush(cl);
	log_close();
	_exit(EXIT_OK);
}

static void do_quit(struct client *cl)
{
	be.quit++;
	answer_ok(cl);
}

/**
 * command_run() - carry out a command
 * @cl: who says it; gets the answer, now or (wait) later
 * @line: the command, changed in place
 */
void command_run(struct client *cl, char *line)
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
	else if (!strcmp(word[0], "edid"))
		do_edid(cl, word, n);
	else if (!strcmp(word[0], "resize"))
		do_resize(cl, word, n);
	else if (!strcmp(word[0], "fault"))
		do_fault(cl, word, n);
	else if (!strcmp(word[0], "state"))
		do_state(cl, word, n);
	else if (!strcmp(word[0], "recover"))
		do_recover(cl, word, n);
	else if (!strcmp(word[0], "die") && n == 1)
		do_die(cl);
	else if (!strcmp(word[0], "wait"))
		do_wait(cl, word, n);
	else if (!strcmp(word[0], "quit") && n == 1)
		do_quit(cl);
	else if (!strcmp(word[0], "help"))
		do_help(cl);
	else
		answer_error(cl, "'%s' with %d words: no such command, see help", word[0], n - 1);
}

/**
 * wait_over() - did happen what a client waits for
 * @cl: the client
 *
 * Return: true if it did.
 */
bool wait_over(const struct client *cl)
{
	const struct device *dev = device_find(cl->domid, cl->devid);

	if (cl->wait == WAIT_FAULTS)
		return mischief_applied() >= cl->want;
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

/**
 * wait_timeout() - tell a client that it waited long enough
 * @cl: the client
 */
void wait_timeout(struct client *cl)
{
	const struct device *dev = device_find(cl->domid, cl->devid);

	if (cl->wait == WAIT_FAULTS)
		answer_error(cl, "timeout: %llu faults", (unsigned long long)mischief_applied());
	else if (!dev)
		answer_error(cl, "timeout: device %u/%u never appeared", cl->domid, cl->devid);
	else if (cl->wait == WAIT_FLIPS)
		answer_error(cl, "timeout: %llu flips", cl->conn < dev->nknown ?
			     (unsigned long long)dev->conns[cl->conn]->count.flips : 0);
	else
		answer_error(cl, "timeout: backend %d, frontend %d%s%s", dev->be, dev->fe,
			     dev->bound ? ", bound" : "", dev->gone ? ", gone" : "");
}
