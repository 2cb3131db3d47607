// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The log: one line of JSON for each thing that happens; faults are counted here.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"

/* lines of one kind of fault per device; more are only counted */
#define FAULT_LINES 200

static FILE *out;
static struct json line;

/**
 * log_open() - where the log goes
 * @path: file to append to, NULL: standard output
 *
 * Return: false if it cannot be opened; errno says why.
 */
bool log_open(const char *path)
{
	out = path ? fopen(path, "ae") : stdout;
	if (!out)
		return false;
	setvbuf(out, NULL, _IOLBF, 0);
	return true;
}

/**
 * log_begin() - begin a line
 * @type: its "t"
 *
 * Only one line can be under way.
 *
 * Return: put the rest in here, then log_end().
 */
struct json *log_begin(const char *type)
{
	if (line.len)
		abort();
	json_open(&line, NULL, '{');
	json_str(&line, "t", type);
	json_real(&line, "ts", (double)clock_ns() / 1e9, 6);
	return &line;
}

/**
 * log_begin_dev() - begin a line about a device
 * @type: its "t"
 * @dev: the device
 *
 * Return: as log_begin().
 */
struct json *log_begin_dev(const char *type, const struct device *dev)
{
	struct json *j = log_begin(type);

	json_u64(j, "dom", dev->domid);
	json_u64(j, "dev", dev->devid);
	return j;
}

/**
 * log_end() - write the line
 */
void log_end(void)
{
	json_close(&line, '}');
	json_raw(&line, "\n", 1);
	if (out && !line.broken)
		fwrite(line.text, 1, line.len, out);
	json_reset(&line);
}

/**
 * log_close() - the end
 */
void log_close(void)
{
	if (out)
		fflush(out);
	if (out && out != stdout)
		fclose(out);
	out = NULL;
	json_free(&line);
}

/**
 * fault() - the frontend broke the protocol
 * @dev: whose frontend
 * @conn: on which connector, or NULL
 * @kind: what
 * @value: a number that says more
 * @fmt: a text that says more, printf style
 *
 * In a session with a stale frontend it is a warning: we bound to rings that
 * were not made for us. Likewise after a fault of ours that may have caused it.
 */
void fault(struct device *dev, struct conn *conn, enum fault kind, uint64_t value,
	   const char *fmt, ...)
{
	struct json *j;
	char text[160];
	va_list ap;

	if (dev->stale || dev->excused) {
		warning(dev, conn, fault_word(kind), value);
		return;
	}
	dev->nfaults++;
	be.nfaults++;
	if (++dev->faults[kind] > FAULT_LINES)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	j = log_begin_dev("violation", dev);
	if (conn)
		json_u64(j, "conn", conn->index);
	json_str(j, "what", fault_word(kind));
	json_hex(j, "value", value);
	if (text[0])
		json_str(j, "text", text);
	if (dev->faults[kind] == FAULT_LINES)
		json_bool(j, "last_logged", true);
	log_end();
}

/**
 * warning() - odd, but allowed, or not the frontend's doing
 * @dev: the device
 * @conn: on which connector, or NULL
 * @what: a word
 * @value: a number that says more
 */
void warning(struct device *dev, struct conn *conn, const char *what, uint64_t value)
{
	struct json *j;

	be.nwarnings++;
	if (++dev->nwarnings > 10 * FAULT_LINES)
		return;
	j = log_begin_dev("warning", dev);
	if (conn)
		json_u64(j, "conn", conn->index);
	json_str(j, "what", what);
	json_hex(j, "value", value);
	log_end();
}

/**
 * bug() - we did something wrong ourselves
 * @dev: device, or NULL
 * @fmt: what, printf style
 */
void bug(struct device *dev, const char *fmt, ...)
{
	struct json *j;
	char text[200];
	va_list ap;

	be.nbugs++;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	j = dev ? log_begin_dev("bug", dev) : log_begin("bug");
	json_str(j, "text", text);
	log_end();
}

/**
 * log_errno() - the system refused something that a frontend asked for
 * @dev: whose frontend
 * @type: "t" of the line
 * @err: errno
 * @first: the grant reference, or the first of them, or the port
 * @count: how many
 */
void log_errno(struct device *dev, const char *type, int err, uint64_t first, uint64_t count)
{
	const char *name = strerrorname_np(err);
	struct json *j;

	if (++dev->nrefused > FAULT_LINES)
		return;
	j = log_begin_dev(type, dev);
	json_u64(j, "first", first);
	json_u64(j, "count", count);
	json_i64(j, "errno", err);
	json_str(j, "name", name ? name : "?");
	json_str(j, "text", strerror(err));
	log_end();
}

/**
 * add_counts() - what a device did, for status and summary
 * @j: where to
 * @dev: the device
 */
void add_counts(struct json *j, const struct device *dev)
{
	unsigned int i;

	json_open(j, "ops", '{');
	for (i = 0; i < OPI_COUNT; i++)
		if (dev->ops[i])
			json_u64(j, op_index_name((enum op_index)i), dev->ops[i]);
	json_close(j, '}');
	json_open(j, "errors", '{');
	for (i = 0; i < OPI_COUNT; i++)
		if (dev->errors[i])
			json_u64(j, op_index_name((enum op_index)i), dev->errors[i]);
	json_close(j, '}');
	json_u64(j, "dbufs", dev->ndbufs);
	json_u64(j, "fbs", dev->nfbs);
	json_u64(j, "mapped", dev->mapped);
	json_u64(j, "shared", dev->shared);
	json_u64(j, "warnings", dev->nwarnings);
	json_u64(j, "violations", dev->nfaults);
	json_open(j, "violation_kinds", '{');
	for (i = 0; i < FAULT_COUNT; i++)
		if (dev->faults[i])
			json_u64(j, fault_word((enum fault)i), dev->faults[i]);
	json_close(j, '}');
}
