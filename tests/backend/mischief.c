// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The faults that are to be made (inject.h), and those that go by the clock:
 * storms and random bytes. Where a fault of another kind is made the code asks
 * mischief() whether it is its turn.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "inject.h"

/* notifications or events of a storm in one turn of the loop */
#define STORM_TURN 16

/* between two times that a page is filled with random bytes */
#define FUZZ_PERIOD (5 * NSEC_PER_MSEC)

struct active {
	TAILQ_ENTRY(active) entry;
	struct inject in;
	char text[];
};

static TAILQ_HEAD(, active) actives = TAILQ_HEAD_INITIALIZER(actives);
static uint64_t napplied;

static const char *add_one(const char *text, size_t len)
{
	struct active *a = calloc(1, sizeof(*a) + len + 1);
	const char *why;

	if (!a)
		return "out of memory";
	memcpy(a->text, text, len);
	why = inject_parse(a->text, &a->in);
	if (why)
		free(a);
	else
		TAILQ_INSERT_TAIL(&actives, a, entry);
	return why;
}

/**
 * mischief_add() - faults to be made from now on
 * @list: one or more, separated by commas
 *
 * Those before a bad one are added.
 *
 * Return: NULL, or what is wrong.
 */
const char *mischief_add(const char *list)
{
	const char *why = NULL;

	while (!why) {
		size_t n = strcspn(list, ",");

		why = add_one(list, n);
		if (!list[n])
			break;
		list += n + 1;
	}
	return why;
}

/**
 * mischief_clear() - make a fault no more
 * @word: its name; NULL: all, and begin to count anew
 *
 * Return: how many there were.
 */
unsigned int mischief_clear(const char *word)
{
	struct active *a, *next;
	unsigned int n = 0;

	for (a = TAILQ_FIRST(&actives); a; a = next) {
		next = TAILQ_NEXT(a, entry);
		if (word && strcmp(word, inject_word(a->in.kind)))
			continue;
		TAILQ_REMOVE(&actives, a, entry);
		free(a);
		n++;
	}
	if (!word)
		napplied = 0;
	return n;
}

/**
 * mischief_applied() - how many faults were made
 *
 * Return: the number since the start or the last "fault clear".
 */
uint64_t mischief_applied(void)
{
	return napplied;
}

/**
 * mischief_list() - the faults that are to be made
 * @out: gets a line for each
 */
void mischief_list(struct json *out)
{
	struct active *a;

	TAILQ_FOREACH(a, &actives, entry) {
		json_open(out, NULL, '{');
		json_str(out, "t", "fault");
		json_str(out, "spec", a->text);
		json_u64(out, "applied", a->in.applied);
		if (a->in.left != UNLIMITED)
			json_u64(out, "left", a->in.left);
		json_close(out, '}');
		json_raw(out, "\n", 1);
	}
}

/* "no-answer[/OP]..." and what it does */
static void help_line(unsigned int i, char *text, size_t room, const char **sentence)
{
	snprintf(text, room, "%s%s%s", inject_word((enum inject_kind)i),
		 inject_form((enum inject_kind)i), i <= INJECT_DIE ? "[/OP]" : "");
	*sentence = inject_help((enum inject_kind)i);
}

/**
 * mischief_help() - all faults that can be made
 * @out: gets a line for each; NULL: standard output, for people
 */
void mischief_help(struct json *out)
{
	const char *sentence;
	unsigned int i;
	char text[80];

	if (!out)
		puts("NAME[=VALUE][/OP][@[DOMID.DEVID.]CONN][+SKIP][:TIMES], several separated by commas\n"
		     "OP is create, destroy, attach, detach, config, flip or edid; without it all are\n"
		     "meant, without TIMES each time. SKIP occasions pass first.\n");
	for (i = 0; i < INJECT_COUNT; i++) {
		help_line(i, text, sizeof(text), &sentence);
		if (!out) {
			printf("  %-34s %s\n", text, sentence);
			continue;
		}
		json_open(out, NULL, '{');
		json_str(out, "fault", text);
		json_str(out, "help", sentence);
		json_close(out, '}');
		json_raw(out, "\n", 1);
	}
}

/* each one, but of what goes on and on less and less */
static bool worth_a_line(const struct inject *in)
{
	bool endless = in->kind == INJECT_STORM || in->kind == INJECT_FUZZ_REQ ||
		       in->kind == INJECT_FUZZ_EVT || in->kind == INJECT_FUZZ_BOTH;

	return !endless || !(in->applied & (in->applied - 1));
}

static void made(struct active *a, struct device *dev, const struct conn *c, uint32_t op)
{
	struct json *j;

	napplied++;
	if (inject_excuses(a->in.kind))
		dev->excused = true;
	if (!worth_a_line(&a->in))
		return;
	j = log_begin_dev("fault", dev);
	if (c)
		json_u64(j, "conn", c->index);
	json_str(j, "what", inject_word(a->in.kind));
	json_str(j, "spec", a->text);
	if (op != ANY)
		json_str(j, "op", op_name((uint8_t)op));
	json_u64(j, "n", a->in.applied);
	log_end();
}

/**
 * mischief() - an occasion to make a fault
 * @kind: of this kind
 * @dev: device
 * @c: one of its connectors, or NULL
 * @op: operation of a request, or ANY
 *
 * Return: the fault to be made, counted and logged; NULL: none.
 */
struct inject *mischief(enum inject_kind kind, struct device *dev, struct conn *c, uint32_t op)
{
	struct active *a;

	TAILQ_FOREACH(a, &actives, entry) {
		if (a->in.kind != kind ||
		    !inject_takes(&a->in, dev->domid, dev->devid, c ? c->index : ANY, op))
			continue;
		made(a, dev, c, op);
		return &a->in;
	}
	return NULL;
}

/* one that goes by the clock and has not come to its end */
static bool meant(const struct active *a, enum inject_kind kind, const struct conn *c)
{
	const struct inject *in = &a->in;

	return in->kind == kind && in->left && (in->conn == ANY || in->conn == c->index) &&
	       (in->dom == ANY || (in->dom == c->dev->domid && in->dev == c->dev->devid));
}

static bool any_meant(enum inject_kind kind, const struct conn *c)
{
	struct active *a;

	TAILQ_FOREACH(a, &actives, entry)
		if (meant(a, kind, c))
			return true;
	return false;
}

static void storm(struct conn *c)
{
	struct inject *in;
	unsigned int i;

	for (i = 0; i < STORM_TURN; i++) {
		in = mischief(INJECT_STORM, c->dev, c, ANY);
		if (!in)
			return;
		if (in->value == STORM_EVENTS)
			event_unasked(c);
		else
			xenevtchn_notify(be.evtchn, in->value == STORM_NOTIFY ? c->evt_port :
							c->req_port);
	}
}

static void fuzz(struct conn *c, enum inject_kind kind)
{
	struct inject *in = mischief(kind, c->dev, c, ANY);

	if (!in)
		return;
	if (kind != INJECT_FUZZ_EVT) {
		inject_fill(in, c->ring.sring, PAGE_BYTES);
		/* from here on the producer index of requests says nothing */
		c->fuzzed = true;
		xenevtchn_notify(be.evtchn, c->req_port);
	}
	if (kind != INJECT_FUZZ_REQ) {
		inject_fill(in, c->evt, PAGE_BYTES);
		xenevtchn_notify(be.evtchn, c->evt_port);
	}
}

/**
 * mischief_run() - make the faults that go by the clock
 * @c: open connector
 * @now: the time
 */
void mischief_run(struct conn *c, uint64_t now)
{
	storm(c);
	if (now < c->fuzz_due)
		return;
	fuzz(c, INJECT_FUZZ_REQ);
	fuzz(c, INJECT_FUZZ_EVT);
	fuzz(c, INJECT_FUZZ_BOTH);
	c->fuzz_due = now + FUZZ_PERIOD;
}

/**
 * mischief_next() - when mischief_run() is due
 * @c: open connector
 *
 * Return: time; 0: at once; NEVER.
 */
uint64_t mischief_next(const struct conn *c)
{
	if (any_meant(INJECT_STORM, c))
		return 0;
	if (any_meant(INJECT_FUZZ_REQ, c) || any_meant(INJECT_FUZZ_EVT, c) ||
	    any_meant(INJECT_FUZZ_BOTH, c))
		return c->fuzz_due;
	return NEVER;
}

/**
 * mischief_stays() - shall a device remain in its state
 * @dev: device
 *
 * Return: true if a fault "stay" with its state is there.
 */
bool mischief_stays(struct device *dev)
{
	struct active *a;

	TAILQ_FOREACH(a, &actives, entry) {
		if (a->in.kind != INJECT_STAY || a->in.value != dev->be ||
		    !inject_takes(&a->in, dev->domid, dev->devid, ANY, ANY))
			continue;
		made(a, dev, NULL, ANY);
		return true;
	}
	return false;
}

/**
 * mischief_edid() - spoil an EDID
 * @c: connector
 * @edid: the EDID, changed in place
 * @n: its size, not 0
 * @size: the size that the frontend is told
 */
void mischief_edid(struct conn *c, uint8_t *edid, size_t n, uint32_t *size)
{
	struct inject *in = mischief(INJECT_EDID_RANDOM, c->dev, c, ANY);

	if (in)
		inject_fill(in, edid, n);
	in = mischief(INJECT_EDID_BLOCKS, c->dev, c, ANY);
	if (in && n >= 128) {
		/* the sum stays what it was */
		edid[127] = (uint8_t)(edid[127] + edid[126] - (uint8_t)in->value);
		edid[126] = (uint8_t)in->value;
	}
	if (mischief(INJECT_EDID_SUM, c->dev, c, ANY))
		edid[n - 1] ^= 0x55;
	in = mischief(INJECT_EDID_SIZE, c->dev, c, ANY);
	if (in)
		*size = (uint32_t)in->value;
}

/**
 * mischief_grefs() - spoil the references of a buffer that we allocated
 * @dev: device
 * @grefs: a copy of them, changed in place
 * @count: how many
 */
void mischief_grefs(struct device *dev, uint32_t *grefs, uint32_t count)
{
	struct inject *in;

	if (mischief(INJECT_DIR_ZERO, dev, NULL, ANY))
		grefs[count / 2] = 0;
	if (count > 1 && mischief(INJECT_DIR_TWICE, dev, NULL, ANY))
		grefs[count - 1] = grefs[0];
	if (mischief(INJECT_DIR_FEW, dev, NULL, ANY))
		memset(grefs + count / 2, 0, (count - count / 2) * sizeof(*grefs));
	in = mischief(INJECT_DIR_BAD, dev, NULL, ANY);
	if (in)
		grefs[count / 2] = (uint32_t)in->value;
}
