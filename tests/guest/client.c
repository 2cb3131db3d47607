// SPDX-License-Identifier: GPL-2.0 OR MIT
/* What the subcommands share: opening, painting, holding. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"
#include "pixel.h"

/**
 * client_open - open and load the device, report a failure
 * @cl: command line
 * @k: the device
 *
 * Return: XDF_OK, or the exit code.
 */
int client_open(struct client *cl, struct kms *k)
{
	int ret = kms_open(k, &cl->choice);
	unsigned int tries;

	if (ret)
		return rep_fail("open", ret, "%s", cl->choice.device ? cl->choice.device :
				cl->choice.driver);
	/* A card that has just appeared lists connectors a moment before they can be asked for. */
	for (tries = 250; (ret = kms_load(k)) == -ENOENT && tries; tries--)
		poll(NULL, 0, 20);
	if (ret) {
		kms_close(k);
		return rep_fail("load", ret, "reading connectors, CRTCs and planes");
	}
	return XDF_OK;
}

/**
 * client_pipes - open the device and find what to show pictures on
 * @cl: command line
 * @k: the device
 * @pipes: KMS_MAX_PIPES of them
 *
 * Return: the number of pipes, or minus the exit code.
 */
int client_pipes(struct client *cl, struct kms *k, struct kms_pipe *pipes)
{
	int n = client_open(cl, k);

	if (n)
		return -n;
	if (cl->need_atomic && !k->atomic) {
		rep_skip("atomic", "the driver has no atomic interface");
		kms_close(k);
		return -XDF_SKIP;
	}
	n = kms_pipes(k, &cl->choice, pipes);
	if (n < 0) {
		rep_fail("pipes", n, "connector %s, mode %s",
			 cl->choice.connector ? cl->choice.connector : "all",
			 cl->choice.mode ? cl->choice.mode : "preferred");
		kms_close(k);
		return -XDF_FAILED;
	}
	return n;
}

/**
 * client_hold - keep the picture as long as the command line says
 * @cl: command line
 */
void client_hold(const struct client *cl)
{
	struct pollfd pfd = { .fd = STDIN_FILENO, .events = POLLIN };

	if (!cl->hold_stdin && !cl->hold_ms)
		return;
	rep_begin("hold");
	rep_int("ms", cl->hold_ms);
	rep_bool("stdin", cl->hold_stdin);
	rep_end();
	if (cl->hold_ms)
		poll(&pfd, cl->hold_stdin, cl->hold_ms);
	else
		while (poll(&pfd, 1, -1) < 0 && errno == EINTR)
			;
}

/**
 * client_step - one stage of a command is done
 * @cl: command line
 * @stage: its name
 *
 * With --hold-stdin: says so, and waits for a line.
 *
 * Return: false when it was "exit" or the end.
 */
bool client_step(const struct client *cl, const char *stage)
{
	char text[64];
	size_t n = 0;

	if (!cl->hold_stdin)
		return true;
	rep_begin("done");
	rep_str("stage", stage);
	rep_end();
	/* byte by byte: what is behind the line is for the next one */
	while (n < sizeof(text) - 1) {
		ssize_t got = read(STDIN_FILENO, text + n, 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		if (text[n] == '\n')
			break;
		n++;
	}
	text[n] = 0;
	return strcmp(text, "exit");
}

/**
 * die_first - be the one that the kernel kills when memory runs out
 *
 * For a child that asks for too much, so that only it has to suffer.  It dies
 * with its parent, too.
 */
void die_first(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (fd < 0)
		return;
	if (write(fd, "1000", 4) < 0)
		rep_skip("oom_score_adj", err_name(errno));
	close(fd);
}

/**
 * client_child - let a child do what may be killed for it
 * @cl: command line
 * @work: what to do, gives the exit code
 *
 * Return: its status as of waitpid().
 */
int client_child(struct client *cl, int (*work)(struct client *cl))
{
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		die_first();
		status = work(cl);
		_exit(status ? status : rep_failures() ? XDF_FAILED : XDF_OK);
	}
	if (pid < 0)
		return W_EXITCODE(rep_fail("fork", errno, NULL), 0);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return W_EXITCODE(rep_fail("wait", errno, NULL), 0);
	return status;
}

/* Rows are made in plain memory: a mapping may be slow to read. */
static uint32_t *new_row(uint32_t width)
{
	return malloc((size_t)width * sizeof(uint32_t));
}

/**
 * paint_card - draw the test card of a connector
 * @cl: command line
 * @pipe: the connector
 * @buf: where to, mapped
 * @hash: hash of what is to be seen
 *
 * Return: 0 or a negative errno.
 */
int paint_card(const struct client *cl, const struct kms_pipe *pipe, struct kms_buf *buf,
	       uint64_t *hash)
{
	unsigned int mhz = mode_refresh(&pipe->mode), y;
	const struct pixel_format *pf = pixel_format(buf->fourcc);
	char system[FONT_TEXT_MAX], mode[FONT_TEXT_MAX], hz[16];
	struct card_words words = {
		.title = cl->title, .system = system, .name = pipe->con->name, .mode = mode,
	};
	uint32_t *row = new_row(buf->width);
	struct utsname un;
	struct card card;
	int ret, end;

	if (!row)
		return -ENOMEM;
	if (mhz % 1000 < 50 || mhz % 1000 > 950)
		snprintf(hz, sizeof(hz), "%u", (mhz + 500) / 1000);
	else
		snprintf(hz, sizeof(hz), "%u.%02u", mhz / 1000, mhz % 1000 / 10);
	snprintf(mode, sizeof(mode), "%u*%u @ %s Hz", pipe->mode.hdisplay, pipe->mode.vdisplay, hz);
	uname(&un);
	snprintf(system, sizeof(system), "%.10s %.50s %.20s", un.sysname, un.release, un.machine);

	card_init(&card, buf->width, buf->height, &words);
	*hash = HASH_START;
	ret = buf_begin(buf);
	for (y = 0; y < buf->height; y++) {
		card_row(&card, y, row);
		pixel_put(pf, row, buf->map + (size_t)y * buf->pitch, buf->width);
		pixel_seen(pf, row, buf->width);
		*hash = hash_row(*hash, row, buf->width);
	}
	end = buf_end(buf);
	free(row);
	return ret ? ret : end;
}

/**
 * paint_frame - draw rows of a frame
 * @f: the frame
 * @buf: where to, mapped
 * @first: first row
 * @end: the row after the last one
 *
 * Return: 0 or a negative errno.
 */
int paint_frame(const struct frame *f, struct kms_buf *buf, int first, int end)
{
	const struct pixel_format *pf = pixel_format(buf->fourcc);
	uint32_t *row = new_row(buf->width);
	int y, ret, done;

	if (!row)
		return -ENOMEM;
	ret = buf_begin(buf);
	for (y = first; y < end; y++) {
		frame_row(f, y, row);
		pixel_put(pf, row, buf->map + (size_t)y * buf->pitch, buf->width);
	}
	done = buf_end(buf);
	free(row);
	return ret ? ret : done;
}

/**
 * check_buf - read a buffer back through its mapping
 * @what: name for the report
 * @buf: the buffer, mapped
 * @hash: what it must hold
 *
 * Return: 0, or XDF_FAILED after a report.
 */
int check_buf(const char *what, const struct kms_buf *buf, uint64_t hash)
{
	const struct pixel_format *pf = pixel_format(buf->fourcc);
	uint32_t *row = new_row(buf->width);
	uint64_t got = HASH_START;
	unsigned int y;
	int ret;

	if (!row)
		return rep_fail(what, ENOMEM, NULL);
	ret = buf_begin(buf);
	for (y = 0; y < buf->height; y++) {
		pixel_get(pf, buf->map + (size_t)y * buf->pitch, row, buf->width);
		got = hash_row(got, row, buf->width);
	}
	free(row);
	ret = buf_end(buf) | ret;
	if (ret)
		return rep_fail(what, ret, "DMA_BUF_IOCTL_SYNC");
	if (got == hash)
		return 0;
	return rep_fail(what, EIO, "buffer %ux%u reads back as %016llx, %016llx was written",
			buf->width, buf->height, (unsigned long long)got, (unsigned long long)hash);
}

/**
 * report_picture - begin a report about a picture on a connector
 * @type: value of "t"
 * @pipe: the connector
 * @buf: the picture
 * @hash: its hash
 *
 * The caller adds what else there is to say and calls rep_end().
 */
void report_picture(const char *type, const struct kms_pipe *pipe, const struct kms_buf *buf,
		    uint64_t hash)
{
	rep_begin(type);
	rep_str("connector", pipe->con->name);
	rep_uint("index", pipe->index);
	rep_uint("width", buf->width);
	rep_uint("height", buf->height);
	rep_fourcc("fourcc", buf->fourcc);
	rep_hex64("hash", hash);
}
