// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * xdf-backend: the reference backend of the display protocol (displif).
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xentoollog.h>

#include "backend.h"
#include "vnc.h"
#include "parse.h"

struct backend be;

static const char usage_text[] =
"Usage: xdf-backend [OPTION]...\n"
"       xdf-backend --control PATH --send COMMAND\n"
"\n"
"Reference backend for the Xen display protocol (displif, XenBus device vdispl).\n"
"Runs in dom0 or a driver domain, serves all guests, shows nothing on a screen:\n"
"it keeps the picture of each connector and writes it as PNG.\n"
"\n"
"  --versions LIST   protocol versions to publish (default 1,2); none: no node\n"
"  --formats LIST[:STATUS]\n"
"                    pixel formats to accept, by DRM name or fourcc (default all);\n"
"                    FB_ATTACH answers STATUS to others (default EINVAL). Behind displ_be\n"
"                    bochs is XR24,BX24, virtio-gpu XR24,AR24:ENOENT\n"
"  --min-fb N|WxH    FB_ATTACH answers -22 to less, as behind displ_be with a DRM driver\n"
"                    that has such a limit (virtio-gpu 32, mediatek 64)\n"
"  --modes WxH[,WxH]...  the only sizes that SET_CONFIG takes, -22 to others; otherwise\n"
"                    the resolution and the detailed timings of the EDID\n"
"  --edid SPEC       what GET_EDID answers, with any version (default auto):\n"
"                    none: error -22, as older backends do;\n"
"                    auto[:BLOCKS][:WxH][@HZ]: an EDID of 1..256 blocks with one mode,\n"
"                    by default one block, the resolution in XenStore, 60 Hz;\n"
"                    displ_be: as displ_be makes it, from the resolution: what is too\n"
"                    large for its fields loses the upper bits;\n"
"                    file:PATH: these bytes as they are\n"
"  --fault SPEC[,SPEC]  do wrong on purpose; help lists what\n"
"  --pace HZ         a flip's event comes at the next tick of a clock of HZ per\n"
"                    second (default 60); 0: at once\n"
"  --order ORDER     event-first, response-first or mixed (default: takes turns).\n"
"                    With a pace the response comes first, unless event-first:\n"
"                    then a flip's response, and those behind it, wait for the event\n"
"  --no-alloc        answer -22 to a frontend that wants its buffers from us (be-alloc),\n"
"                    as displ_be without zero copy does\n"
"  --no-stale-bind   when started over a connected frontend, wait for it to begin\n"
"                    anew; otherwise its rings are taken as they are, as displ_be does\n"
"  --bind-pause MS   so long between reading a frontend's state, if that says bind, and\n"
"                    reading what to bind to; what it writes meanwhile is seen after that\n"
"  --deaf-after-failed-bind  as displ_be: when a bind failed (5, 6) nothing that the\n"
"                    frontend writes is heard until the device is removed, or we are\n"
"                    started again\n"
"  --connector-names LIST  a unique-id that is not in LIST (A,B,...) makes the bind fail\n"
"  --png-dir DIR     write DIR/DOMID-DEVID-CONNECTOR.png when a device closes, at\n"
"                    the end, on SIGUSR1 and on the command dump\n"
"  --vnc [ADDRESS:]PORT  each connector over VNC, to look at only; the first on PORT\n"
"                    of ADDRESS (default 127.0.0.1), the next on the port after it\n"
"  --vnc-password FILE  its first line is what viewers are asked for; none: nothing.\n"
"                    An address beyond loopback needs one or the other\n"
"  --no-pictures     do not copy what is shown: no PNG, no hash; for measuring, as the\n"
"                    copy takes longer than all the rest\n"
"  --control PATH    unix socket for commands; --send help lists them\n"
"  --send COMMAND    send a command to a running backend, print its answer, exit\n"
"                    with 0 or 1\n"
"  --connect-timeout MS  with --send: how long to wait for the socket (default 5000)\n"
"  --log FILE        JSON lines, one for each event (default: standard output)\n"
"  --quiet-flips     log every 100th flip only\n"
"  --strict-close    what a frontend leaves at close is a violation at once; otherwise\n"
"                    5 s later, and not if the guest dies meanwhile: a guest that powers\n"
"                    off closes its devices with everything in use\n"
"  --lax             protocol violations are logged but do not change the exit status\n"
"  --help, --version\n"
"\n"
"Exit status: 0 fine, 1 broken, 2 wrong options, 3 a frontend violated the protocol.\n"
"SIGTERM and SIGINT close all devices (states 5, 6) and end.\n";

enum {
	OPT_VERSIONS = 256,
	OPT_FORMATS,
	OPT_MIN_FB,
	OPT_MODES,
	OPT_EDID,
	OPT_FAULT,
	OPT_PACE,
	OPT_ORDER,
	OPT_NO_ALLOC,
	OPT_NO_STALE_BIND,
	OPT_BIND_PAUSE,
	OPT_DEAF,
	OPT_CONNECTOR_NAMES,
	OPT_PNG_DIR,
	OPT_NO_PICTURES,
	OPT_VNC,
	OPT_VNC_PASSWORD,
	OPT_CONTROL,
	OPT_SEND,
	OPT_CONNECT_TIMEOUT,
	OPT_LOG,
	OPT_QUIET_FLIPS,
	OPT_STRICT_CLOSE,
	OPT_LAX,
	OPT_HELP,
	OPT_VERSION,
};

static const struct option long_options[] = {
	{ "versions", required_argument, NULL, OPT_VERSIONS },
	{ "formats", required_argument, NULL, OPT_FORMATS },
	{ "min-fb", required_argument, NULL, OPT_MIN_FB },
	{ "modes", required_argument, NULL, OPT_MODES },
	{ "edid", required_argument, NULL, OPT_EDID },
	{ "fault", required_argument, NULL, OPT_FAULT },
	{ "pace", required_argument, NULL, OPT_PACE },
	{ "order", required_argument, NULL, OPT_ORDER },
	{ "no-alloc", no_argument, NULL, OPT_NO_ALLOC },
	{ "no-stale-bind", no_argument, NULL, OPT_NO_STALE_BIND },
	{ "bind-pause", required_argument, NULL, OPT_BIND_PAUSE },
	{ "deaf-after-failed-bind", no_argument, NULL, OPT_DEAF },
	{ "connector-names", required_argument, NULL, OPT_CONNECTOR_NAMES },
	{ "png-dir", required_argument, NULL, OPT_PNG_DIR },
	{ "vnc", required_argument, NULL, OPT_VNC },
	{ "vnc-password", required_argument, NULL, OPT_VNC_PASSWORD },
	{ "no-pictures", no_argument, NULL, OPT_NO_PICTURES },
	{ "control", required_argument, NULL, OPT_CONTROL },
	{ "send", required_argument, NULL, OPT_SEND },
	{ "connect-timeout", required_argument, NULL, OPT_CONNECT_TIMEOUT },
	{ "log", required_argument, NULL, OPT_LOG },
	{ "quiet-flips", no_argument, NULL, OPT_QUIET_FLIPS },
	{ "strict-close", no_argument, NULL, OPT_STRICT_CLOSE },
	{ "lax", no_argument, NULL, OPT_LAX },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 }
};

__attribute__((noreturn, format(printf, 1, 2)))
static void usage_error(const char *fmt, ...)
{
	va_list ap;

	fputs("xdf-backend: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputs(" (see --help)\n", stderr);
	exit(EXIT_USAGE);
}

/* "XR24,RG16", "all", "XR24:ENOENT" */
static void set_formats(const char *list)
{
	size_t end = strcspn(list, ":");
	const struct pixfmt *f;
	unsigned int i;

	be.opt.format_status = -EINVAL;
	if (list[end] && !parse_status(list + end + 1, &be.opt.format_status))
		usage_error("--formats: '%s' is no error number", list + end + 1);
	memset(be.opt.formats, 0, sizeof(be.opt.formats));
	if (end == 3 && !strncmp(list, "all", end)) {
		for (i = 0; pixfmt_by_index(i); i++)
			be.opt.formats[i] = true;
		return;
	}
	for (;;) {
		size_t n = strcspn(list, ",:");

		f = pixfmt_by_name(list, n);
		if (!f)
			usage_error("--formats: '%.*s' is no format we know", (int)n, list);
		for (i = 0; pixfmt_by_index(i); i++)
			be.opt.formats[i] |= pixfmt_by_index(i) == f;
		if (list[n] != ',')
			return;
		list += n + 1;
	}
}

static void set_order(const char *text)
{
	if (!strcmp(text, "mixed"))
		be.opt.order = ORDER_MIXED;
	else if (!strcmp(text, "event-first"))
		be.opt.order = ORDER_EVENT_FIRST;
	else if (!strcmp(text, "response-first"))
		be.opt.order = ORDER_RESPONSE_FIRST;
	else
		usage_error("--order: '%s' is not event-first, response-first or mixed", text);
}

/**
 * set_pace() - how fast flips complete
 * @text: flips per second; 0: at once
 *
 * Events that wait for a tick of the old clock keep their time, but with 0
 * they go out now.
 *
 * Return: false if @text makes no sense.
 */
bool set_pace(const char *text)
{
	struct device *dev;
	unsigned int i;

	if (!parse_pace(text, &be.opt.pace_hz))
		return false;
	TAILQ_FOREACH(dev, &be.devices, entry)
		for (i = 0; be.opt.pace_hz == 0 && dev->bound && i < dev->nconns; i++)
			conn_flush_flips(dev->conns[i], NEVER);
	return true;
}

struct arguments {
	const char *send;
	uint32_t connect_ms;
	const char *vnc;
};

static void one_option(int opt, struct arguments *args)
{
	const char *why;
	uint32_t ms;

	switch (opt) {
	case OPT_VERSIONS:
		be.opt.versions = strcmp(optarg, "none") ? optarg : NULL;
		if (be.opt.versions && !list_valid(optarg))
			usage_error("--versions: '%s' is not none or a list of numbers", optarg);
		break;
	case OPT_FORMATS:
		set_formats(optarg);
		break;
	case OPT_MIN_FB:
		if (!parse_least(optarg, &be.opt.min_width, &be.opt.min_height))
			usage_error("--min-fb: '%s' is not N or WxH within 1..16384", optarg);
		break;
	case OPT_MODES:
		if (!sizes_valid(optarg))
			usage_error("--modes: '%s' is not WxH[,WxH]... within 1..16384", optarg);
		be.opt.modes = optarg;
		break;
	case OPT_EDID:
		why = monitor_set_edid(NULL, optarg);
		if (why)
			usage_error("--edid: '%s': %s", optarg, why);
		break;
	case OPT_FAULT:
		if (!strcmp(optarg, "help")) {
			mischief_help(NULL);
			exit(EXIT_OK);
		}
		why = mischief_add(optarg);
		if (why)
			usage_error("--fault: '%s': %s", optarg, why);
		break;
	case OPT_PACE:
		if (!parse_pace(optarg, &be.opt.pace_hz))
			usage_error("--pace: '%s' is not 0 or 0.01..10000", optarg);
		break;
	case OPT_ORDER:
		set_order(optarg);
		break;
	case OPT_NO_ALLOC:
		be.opt.no_alloc = true;
		break;
	case OPT_NO_STALE_BIND:
		be.opt.no_stale_bind = true;
		break;
	case OPT_BIND_PAUSE:
		if (!parse_u32(optarg, &ms) || ms > 60000)
			usage_error("--bind-pause: '%s' is not 0..60000", optarg);
		be.opt.bind_pause = ms * NSEC_PER_MSEC;
		break;
	case OPT_DEAF:
		be.opt.deaf = true;
		break;
	case OPT_CONNECTOR_NAMES:
		be.opt.connector_names = optarg;
		break;
	case OPT_PNG_DIR:
		be.opt.png_dir = optarg;
		break;
	case OPT_VNC:
		why = vnc_parse(optarg);
		if (why)
			usage_error("--vnc: '%s': %s", optarg, why);
		args->vnc = optarg;
		break;
	case OPT_VNC_PASSWORD:
		why = vnc_password(optarg);
		if (why)
			usage_error("--vnc-password: '%s': %s", optarg, why);
		break;
	case OPT_NO_PICTURES:
		be.opt.no_pictures = true;
		break;
	case OPT_CONTROL:
		be.opt.control = optarg;
		break;
	case OPT_SEND:
		args->send = optarg;
		break;
	case OPT_CONNECT_TIMEOUT:
		if (!parse_u32(optarg, &args->connect_ms))
			usage_error("--connect-timeout: '%s' is no number", optarg);
		break;
	case OPT_LOG:
		be.opt.log = optarg;
		break;
	case OPT_QUIET_FLIPS:
		be.opt.quiet_flips = true;
		break;
	case OPT_STRICT_CLOSE:
		be.opt.strict_close = true;
		break;
	case OPT_LAX:
		be.opt.lax = true;
		break;
	case OPT_HELP:
		fputs(usage_text, stdout);
		exit(EXIT_OK);
	case OPT_VERSION:
		puts("xdf-backend " XDF_BACKEND_VERSION);
		exit(EXIT_OK);
	}
}

static void parse_options(int argc, char **argv, struct arguments *args)
{
	const char *why;
	struct stat st;
	int opt;

	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
		if (opt == ':')
			usage_error("%s needs a value", argv[optind - 1]);
		if (opt == '?')
			usage_error("%s: no such option", argv[optind - 1]);
		one_option(opt, args);
	}
	if (optind < argc)
		usage_error("'%s' is too much", argv[optind]);
	if (args->send && !be.opt.control)
		usage_error("--send needs --control");
	if (args->send && (strchr(args->send, '\n') || !args->send[strspn(args->send, " \t")]))
		usage_error("--send takes one line, not empty");
	why = vnc_check();
	if (!args->send && why)
		usage_error("--vnc: '%s': %s", args->vnc, why);
	if (!args->send && be.opt.png_dir && (stat(be.opt.png_dir, &st) || !S_ISDIR(st.st_mode)))
		usage_error("--png-dir: '%s' is no directory", be.opt.png_dir);
}

static void on_signal(void *ctx, short revents)
{
	struct signalfd_siginfo info;
	int fd = *(int *)ctx;

	(void)revents;
	while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo != SIGUSR1)
			be.quit++;
		else if (be.opt.png_dir)
			save_pictures(be.opt.png_dir, false, NULL, NULL);
	}
}

static bool start_signals(int *fd)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGUSR1);
	/* before libxenstore starts its thread, which inherits this */
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return false;
	*fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return *fd >= 0 && loop_add(*fd, POLLIN, on_signal, fd);
}

static bool start(int *signal_fd, const struct arguments *args)
{
	const char *what = "signals";

	if (!start_signals(signal_fd))
		goto fail;
	what = be.opt.log;
	if (!log_open(be.opt.log))
		goto fail;
	what = "event channels (/dev/xen/evtchn)";
	be.evtchn = xenevtchn_open(NULL, 0);
	if (!be.evtchn || !ports_start())
		goto fail;
	what = "grant tables (/dev/xen/gntdev)";
	/* a reference that cannot be mapped is in our log; the library's word adds nothing */
	be.xtl = xtl_createlogger_stdiostream(stderr, XTL_CRITICAL, 0);
	be.gnttab = xengnttab_open(be.xtl, 0);
	if (!be.gnttab)
		goto fail;
	what = "xenstore";
	if (!xs_start())
		goto fail;
	what = args->vnc;
	if (!vnc_start())
		goto fail;
	what = be.opt.control;
	if (!control_start())
		goto fail;
	return true;
fail:
	fprintf(stderr, "xdf-backend: %s: %s\n", what, strerror(errno));
	return false;
}

static void log_start(void)
{
	struct json *j = log_begin("start");
	unsigned int i;

	json_str(j, "version", XDF_BACKEND_VERSION);
	json_u64(j, "domid", be.domid);
	json_str(j, "versions", be.opt.versions);
	json_real(j, "pace", be.opt.pace_hz, 3);
	json_open(j, "formats", '[');
	for (i = 0; pixfmt_by_index(i); i++)
		if (be.opt.formats[i])
			json_str(j, NULL, pixfmt_by_index(i)->fourcc);
	json_close(j, ']');
	log_end();
}

static void log_summary(int status)
{
	uint64_t flips = 0, events = 0, dropped = 0;
	struct json *j;
	struct device *dev;
	unsigned int i;

	j = log_begin("summary");
	json_open(j, "devices", '[');
	TAILQ_FOREACH(dev, &be.devices, entry) {
		json_open(j, NULL, '{');
		json_u64(j, "dom", dev->domid);
		json_u64(j, "dev", dev->devid);
		json_u64(j, "binds", dev->binds);
		add_counts(j, dev);
		json_close(j, '}');
		for (i = 0; i < dev->nknown; i++) {
			flips += dev->conns[i]->count.flips;
			events += dev->conns[i]->count.events;
			dropped += dev->conns[i]->count.dropped;
		}
	}
	json_close(j, ']');
	json_u64(j, "flips", flips);
	json_u64(j, "events", events);
	json_u64(j, "events_dropped", dropped);
	json_u64(j, "grants_still_mapped", be.mapped);
	json_u64(j, "pages_still_shared", be.shared);
	json_u64(j, "violations", be.nfaults);
	json_u64(j, "warnings", be.nwarnings);
	json_u64(j, "bugs", be.nbugs);
	json_u64(j, "faults_made", mischief_applied());
	json_i64(j, "exit", status);
	log_end();
}

static int finish(void)
{
	int status = EXIT_OK;

	devices_shutdown();
	if (be.opt.png_dir)
		save_pictures(be.opt.png_dir, true, NULL, NULL);
	control_stop();
	vnc_stop();
	if (be.mapped || be.shared)
		bug(NULL, "%llu grants are still mapped, %llu pages granted",
		    (unsigned long long)be.mapped, (unsigned long long)be.shared);
	if (be.nbugs)
		status = EXIT_BROKEN;
	else if (be.nfaults && !be.opt.lax)
		status = EXIT_FAULTS;
	log_summary(status);
	devices_forget();
	monitor_forget();
	mischief_clear(NULL);
	xs_stop();
	shares_stop();
	xengnttab_close(be.gnttab);
	xenevtchn_close(be.evtchn);
	if (be.xtl)
		xtl_logger_destroy(be.xtl);
	log_close();
	return status;
}

int main(int argc, char **argv)
{
	struct arguments args = { NULL, 5000, NULL };
	int signal_fd;

	TAILQ_INIT(&be.devices);
	be.opt.versions = "1,2";
	be.opt.pace_hz = 60;
	set_formats("all");
	parse_options(argc, argv, &args);
	if (args.send)
		return client_main(be.opt.control, args.send, args.connect_ms);
	if (!start(&signal_fd, &args))
		return EXIT_BROKEN;
	log_start();
	devices_scan();
	/* a leak whose verdict is pending has its time, unless we are told twice */
	while (!be.quit || (be.quit == 1 && devices_leak_pending())) {
		uint64_t next = min_u64(devices_next_deadline(), control_next_deadline());

		next = min_u64(next, vnc_next_deadline());

		if (!loop_turn(next)) {
			bug(NULL, "poll: %s", strerror(errno));
			break;
		}
		devices_run_deferred(clock_ns());
		control_check_waits(clock_ns());
		vnc_run(clock_ns());
	}
	return finish();
}
