// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * xdf-client: a KMS client that draws, flips, checks and reports.
 *
 * Runs inside a guest from its initramfs, so it is one static binary and needs
 * nothing but a device node.
 */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "pixel.h"

static const struct command {
	const char *name;
	int (*run)(struct client *cl);
	bool count;		/* takes a number */
} commands[] = {
	{ "info", cmd_info, false },
	{ "card", cmd_card, false },
	{ "flip", cmd_flip, true },
	{ "modeset", cmd_modeset, true },
	{ "smoke", cmd_smoke, false },
	{ "hold-open", cmd_hold_open, false },
	{ "many", cmd_many, true },
	{ "big", cmd_big, false },
	{ "span", cmd_span, false },
	{ "dirty", cmd_dirty, true },
	{ "dirty-killed", cmd_killed, true },
	{ "fb", cmd_fb, false },
	{ "fb-fill", cmd_fb, true },
	{ "formats", cmd_formats, false },
	{ "prime", cmd_prime, false },
	{ "fence", cmd_fence, false },
	{ "outfence", cmd_outfence, false },
	{ "nomem", cmd_nomem, false },
	{ "bench-flip", cmd_bench_flip, true },
	{ "bench-other", cmd_bench_other, true },
	{ "bench-buffer", cmd_bench_buffer, true },
	{ "bench-hold", cmd_bench_hold, true },
	{ "bench-map", cmd_bench_map, true },
	{ "ping", cmd_ping, true },
};

static const char usage_text[] =
"usage: xdf-client COMMAND [NUMBER] [OPTION]...\n"
"\n"
"  info                 what device, connectors, CRTCs, planes, properties there are\n"
"  card                 a test card on every connected connector\n"
"  flip N               N page flips with events on each connector, checked\n"
"  modeset N            N times off and on, with checks\n"
"  smoke                API checks that any good KMS driver passes\n"
"  hold-open            keep device and picture, obey lines on stdin:\n"
"                       touch, flip, ioctl, exit\n"
"  many N               up to N buffers, free them, once more the same number\n"
"  big                  buffers too large for memory are refused at once\n"
"  span                 one framebuffer, each connector shows its part of it:\n"
"                       mode set, flip, dirty, pan, flip, many pans; --hold-stdin: each by\n"
"                       a line\n"
"  dirty N              N times drawing into what is shown, told by DIRTYFB or damage;\n"
"                       --hold-stdin: begins, and ends, by a line\n"
"  dirty-killed N       who waits to say that he has drawn is killed, N times: nobody waits\n"
"                       for that later\n"
"  fb                   the hash of what the console's memory, /dev/fb0, holds\n"
"  fb-fill N            the same after filling it with pattern number N\n"
"  formats              framebuffers with good and bad formats, pitches, modifiers\n"
"  prime                dma-bufs of ours, of vgem and udmabuf: checks\n"
"  fence                flips to buffers of vgem that somebody still draws into\n"
"  outfence             flips whose fences are held longer than the card; --hold-stdin:\n"
"                       each stage by a line\n"
"  nomem                each allocation of each call fails once, where the kernel can do that\n"
"  bench-flip N         N flips on each connector, each as soon as the one before is shown\n"
"  bench-other N        N flips; how long other calls take meanwhile\n"
"  bench-buffer N       N times a buffer and its framebuffer, of --mode's size\n"
"  bench-hold N         N of them at once, with --map without framebuffers; --hold-stdin:\n"
"                       they go by a line\n"
"  bench-map N          map and touch a buffer, write it N times, beside plain memory\n"
"  ping N               N event channel round trips to domain 0, begun by a line\n"
"\n"
"  --device PATH        default: the first /dev/dri/card* of the driver\n"
"  --driver NAME        default: xen_drm_front\n"
"  --wait MS            wait that long for device and connector to appear\n"
"  --connector WHICH    all (default), a number from 0, an object id, a name\n"
"  --mode WxH[@HZ]      default: the preferred mode\n"
"  --legacy | --atomic  force one interface (default: atomic if there is one)\n"
"  --hold MS            card, modeset: keep the picture that long at the end\n"
"  --hold-stdin         card, modeset: keep it until a line or the end of stdin\n"
"  --keep               card: leave the picture behind at exit (Linux 6.8)\n"
"  --format FOURCC      card, dirty: XR24 (default) AR24 XB24 AB24 BX24 RG16 RG24 XR30 AR30 XB30\n"
"                       AB30; the hash is that of the picture in 8 bits\n"
"  --then FOURCC        card: flip to one in that format; --hold-stdin: by a line\n"
"  --buffer KIND        card, flip, dirty: dumb (default), self (exported and imported again),\n"
"                       udmabuf, vgem: another driver's, imported\n"
"  --offset N           card, flip, dirty: where framebuffers begin in their buffers, in bytes\n"
"  --title TEXT         card: default xen-drm-front\n"
"  --buffers 2|3        flip: default 2\n"
"  --column             span: connectors one below the other (default: a row)\n"
"  --strict             flip: demand pacing by vertical blanks\n"
"  --map                hold-open: map the buffer, too\n"
"  --fence HOW          fence: write (default), read: nothing to wait for, close: the\n"
"                       one who draws goes away, lent: in a buffer of this device,\n"
"                       pending: and is not waited for\n"
"\n"
"exit status: 0 all fine, 1 something failed, 2 usage, 77 cannot be tried here\n";

static int usage(const char *why, const char *arg)
{
	if (!why) {
		fputs(usage_text, stdout);
		return XDF_OK;
	}
	fprintf(stderr, "xdf-client: %s%s%s\nTry 'xdf-client --help'.\n", why, arg ? ": " : "",
		arg ? arg : "");
	return XDF_USAGE;
}

static bool number(const char *s, long lo, long hi, long *out)
{
	char *end;

	errno = 0;
	*out = strtol(s, &end, 10);
	return !errno && end != s && !*end && *out >= lo && *out <= hi;
}

enum {
	OPT_DEVICE = 256,
	OPT_DRIVER,
	OPT_WAIT,
	OPT_CONNECTOR,
	OPT_MODE,
	OPT_LEGACY,
	OPT_ATOMIC,
	OPT_HOLD,
	OPT_HOLD_STDIN,
	OPT_KEEP,
	OPT_FORMAT,
	OPT_THEN,
	OPT_BUFFER,
	OPT_OFFSET,
	OPT_TITLE,
	OPT_BUFFERS,
	OPT_COLUMN,
	OPT_STRICT,
	OPT_MAP,
	OPT_FENCE,
	OPT_HELP,
};

static const struct option options[] = {
	{ "device", required_argument, NULL, OPT_DEVICE },
	{ "driver", required_argument, NULL, OPT_DRIVER },
	{ "wait", required_argument, NULL, OPT_WAIT },
	{ "connector", required_argument, NULL, OPT_CONNECTOR },
	{ "mode", required_argument, NULL, OPT_MODE },
	{ "legacy", no_argument, NULL, OPT_LEGACY },
	{ "atomic", no_argument, NULL, OPT_ATOMIC },
	{ "hold", required_argument, NULL, OPT_HOLD },
	{ "hold-stdin", no_argument, NULL, OPT_HOLD_STDIN },
	{ "keep", no_argument, NULL, OPT_KEEP },
	{ "format", required_argument, NULL, OPT_FORMAT },
	{ "then", required_argument, NULL, OPT_THEN },
	{ "buffer", required_argument, NULL, OPT_BUFFER },
	{ "offset", required_argument, NULL, OPT_OFFSET },
	{ "title", required_argument, NULL, OPT_TITLE },
	{ "buffers", required_argument, NULL, OPT_BUFFERS },
	{ "column", no_argument, NULL, OPT_COLUMN },
	{ "strict", no_argument, NULL, OPT_STRICT },
	{ "map", no_argument, NULL, OPT_MAP },
	{ "fence", required_argument, NULL, OPT_FENCE },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

int main(int argc, char **argv)
{
	const struct command *cmd = NULL;
	struct client cl = {
		.choice.driver = "xen_drm_front",
		.buffers = 2,
		.title = "xen-drm-front",
		.spec.fourcc = DRM_FORMAT_XRGB8888,
	};
	size_t i;
	long n;
	int opt, ret;

	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (opt) {
		case OPT_DEVICE:
			cl.choice.device = optarg;
			break;
		case OPT_DRIVER:
			cl.choice.driver = optarg;
			break;
		case OPT_WAIT:
			if (!number(optarg, 0, 3600000, &n))
				return usage("bad number of milliseconds", optarg);
			cl.choice.wait_ms = n;
			break;
		case OPT_CONNECTOR:
			cl.choice.connector = optarg;
			break;
		case OPT_MODE:
			cl.choice.mode = optarg;
			break;
		case OPT_LEGACY:
			cl.choice.legacy = true;
			break;
		case OPT_ATOMIC:
			cl.choice.legacy = false;
			cl.need_atomic = true;
			break;
		case OPT_HOLD:
			if (!number(optarg, 0, 86400000, &n))
				return usage("bad number of milliseconds", optarg);
			cl.hold_ms = n;
			break;
		case OPT_HOLD_STDIN:
			cl.hold_stdin = true;
			break;
		case OPT_KEEP:
			cl.keep = true;
			break;
		case OPT_FORMAT:
		case OPT_THEN:
			*(opt == OPT_THEN ? &cl.then : &cl.spec.fourcc) = pixel_fourcc(optarg);
			if (!pixel_fourcc(optarg))
				return usage("not a format that this draws in", optarg);
			break;
		case OPT_BUFFER:
			if (!buf_kind_parse(optarg, &cl.spec.kind))
				return usage("not one of dumb, self, udmabuf, vgem", optarg);
			break;
		case OPT_OFFSET:
			if (!number(optarg, 0, 1 << 30, &n))
				return usage("bad number of bytes", optarg);
			cl.spec.offset = n;
			break;
		case OPT_TITLE:
			cl.title = optarg;
			break;
		case OPT_BUFFERS:
			if (!number(optarg, 2, 3, &n))
				return usage("bad number of buffers", optarg);
			cl.buffers = n;
			break;
		case OPT_COLUMN:
			cl.column = true;
			break;
		case OPT_STRICT:
			cl.strict = true;
			break;
		case OPT_MAP:
			cl.map = true;
			break;
		case OPT_FENCE:
			if (!fence_how_parse(optarg, &cl.fence))
				return usage("not one of write, read, close", optarg);
			break;
		case OPT_HELP:
		case 'h':
			return usage(NULL, NULL);
		default:
			return XDF_USAGE;
		}
	}

	if (optind == argc)
		return usage("no command", NULL);
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(argv[optind], commands[i].name))
			cmd = &commands[i];
	if (!cmd)
		return usage("no such command", argv[optind]);
	optind++;
	if (cmd->count) {
		if (optind == argc)
			return usage("a number is missing after", cmd->name);
		if (!number(argv[optind], 1, 1000000000, &cl.count))
			return usage("bad number", argv[optind]);
		optind++;
	}
	if (optind != argc)
		return usage("too many arguments", argv[optind]);

	ret = cmd->run(&cl);
	return ret ? ret : rep_failures() ? XDF_FAILED : XDF_OK;
}
