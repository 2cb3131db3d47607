// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Faults on purpose: from text, whose turn it is, random numbers. Pure.
 */
#include <stdlib.h>
#include <string.h>

#include "inject.h"
#include "parse.h"

static const struct {
	const char *word;
	enum inject_value value;
	bool excuses;
	const char *help;
} kinds[] = {
#define X(symbol, word, value, excuses, help) { word, value, excuses, help },
	INJECTIONS(X)
#undef X
};

/* the operations that requests of a real frontend have, from XENDISPL_OP_DBUF_CREATE on */
static const char *const ops[] = {
	"create", "destroy", "attach", "detach", "config", "flip", "edid"
};

#define FIRST_OP 0x10u

/**
 * inject_word() - a fault's name
 * @kind: which
 *
 * Return: as in the option.
 */
const char *inject_word(enum inject_kind kind)
{
	return kinds[kind].word;
}

/**
 * inject_help() - what it does
 * @kind: which
 *
 * Return: a sentence.
 */
const char *inject_help(enum inject_kind kind)
{
	return kinds[kind].help;
}

/**
 * inject_form() - what is behind its name
 * @kind: which
 *
 * Return: "=MS", say; "" if nothing.
 */
const char *inject_form(enum inject_kind kind)
{
	switch (kinds[kind].value) {
	case VALUE_STATUS:
		return "=STATUS";
	case VALUE_NUMBER:
		return "=N";
	case VALUE_MAYBE:
		return "[=N]";
	case VALUE_JUMP:
		return "=+N|-N|random[.SEED]";
	case VALUE_COOKIE:
		return "=zero|stale|N";
	case VALUE_STORM:
		return "=events|notify|request";
	case VALUE_SEED:
		return "[=SEED]";
	default:
		return "";
	}
}

/**
 * inject_excuses() - may the frontend go wrong because of it
 * @kind: which
 *
 * Return: true if it may.
 */
bool inject_excuses(enum inject_kind kind)
{
	return kinds[kind].excuses;
}

static bool number(const char *s, uint64_t *v)
{
	char *end;

	/* no sign, no blank */
	if (*s < '0' || *s > '9' || strlen(s) > 18)
		return false;
	*v = strtoull(s, &end, 0);
	return !*end;
}

static bool one_of(const char *s, const char *const *words, unsigned int n, uint64_t *v)
{
	for (*v = 0; *v < n; ++*v)
		if (!strcmp(s, words[*v]))
			return true;
	return false;
}

static bool parse_jump(const char *s, struct inject *in)
{
	bool minus = *s == '-';
	uint64_t v = 1;

	if (!strncmp(s, "random", 6)) {
		in->random = true;
		if (s[6] && (s[6] != '.' || !number(s + 7, &v)))
			return false;
		in->seed = v;
		return true;
	}
	if ((*s != '+' && !minus) || !number(s + 1, &v) || !v || v > UINT32_MAX)
		return false;
	in->value = minus ? -(int64_t)v : (int64_t)v;
	return true;
}

/* @s is NULL if there is no value */
static bool parse_value(const char *s, struct inject *in)
{
	static const char *const storms[] = { "events", "notify", "request" };
	static const char *const cookies[] = { "zero", "stale" };
	int32_t status = 0;
	uint64_t v = 0;
	bool ok = s;

	switch (kinds[in->kind].value) {
	case VALUE_NONE:
		return !s;
	case VALUE_STATUS:
		ok = ok && (!strcmp(s, "0") || parse_status(s, &status));
		in->value = status;
		return ok;
	case VALUE_NUMBER:
		ok = ok && number(s, &v) && v <= UINT32_MAX;
		break;
	case VALUE_MAYBE:
		if (!s)
			v = in->kind == INJECT_WRONG_ID ? 1 :
			    in->kind == INJECT_EVENT_TYPE ? 255 :
			    in->kind == INJECT_DIR_BAD ? 0x7fffffff :
			    in->kind == INJECT_DIR_NEXT ? 0xdeadbeef : 0;
		ok = !s || (number(s, &v) && v <= UINT32_MAX);
		break;
	case VALUE_JUMP:
		return ok && parse_jump(s, in);
	case VALUE_COOKIE:
		ok = ok && (one_of(s, cookies, ARRAY_SIZE(cookies), &v) || number(s, &in->cookie));
		break;
	case VALUE_STORM:
		ok = ok && one_of(s, storms, ARRAY_SIZE(storms), &v);
		break;
	case VALUE_SEED:
		v = 1;
		ok = !s || number(s, &v);
		in->seed = v;
		break;
	}
	in->value = (int64_t)v;
	return ok;
}

/* "CONN" or "DOM.DEV.CONN" */
static bool parse_where(char *s, struct inject *in)
{
	uint32_t v[3];
	char *part;
	int n = 0;

	while ((part = strsep(&s, ".")))
		if (n == 3 || !parse_u32(part, &v[n++]))
			return false;
	if (n == 2)
		return false;
	if (n == 3) {
		in->dom = v[0];
		in->dev = v[1];
	}
	in->conn = v[n - 1];
	return true;
}

/* cut off what is behind the last @c, if there is one: behind the value's first character */
static char *cut(char *text, char c)
{
	char *value = strchr(text, '='), *at = strrchr(text, c);

	if (!at || (value && at <= value + 1))
		return NULL;
	*at = '\0';
	return at + 1;
}

/**
 * inject_parse() - a fault from its text
 * @text: NAME[=VALUE][/OP][@[DOM.DEV.]CONN][+SKIP][:TIMES]
 * @in: the result, valid only if NULL is returned
 *
 * Return: NULL, or what is wrong.
 */
const char *inject_parse(const char *text, struct inject *in)
{
	char copy[128], *times, *skip, *where, *op, *value;
	uint64_t v;
	unsigned int i;

	memset(in, 0, sizeof(*in));
	in->op = ANY;
	in->dom = ANY;
	in->dev = ANY;
	in->conn = ANY;
	in->left = UNLIMITED;
	if (strlen(text) >= sizeof(copy))
		return "too long";
	strcpy(copy, text);
	/* from the end to the beginning */
	times = cut(copy, ':');
	skip = cut(copy, '+');
	where = cut(copy, '@');
	op = cut(copy, '/');
	value = strchr(copy, '=');
	if (value)
		*value++ = '\0';
	for (i = 0; i < INJECT_COUNT && strcmp(kinds[i].word, copy); i++)
		;
	if (i == INJECT_COUNT)
		return "no such fault, see --fault help";
	in->kind = (enum inject_kind)i;
	if (!parse_value(value, in))
		return "its value is missing, too much or senseless, see --fault help";
	if (times && (!number(times, &in->left) || !in->left))
		return "behind ':' is how many times, at least 1";
	if (skip && !number(skip, &in->skip))
		return "behind '+' is how many occasions pass first";
	if (where && !parse_where(where, in))
		return "behind '@' is a connector, or DOMID.DEVID.CONN";
	if (!op)
		return NULL;
	if (in->kind > INJECT_DIE)
		return "'/' and an operation is for what is done to requests";
	if (!one_of(op, ops, ARRAY_SIZE(ops), &v))
		return "behind '/' is create, destroy, attach, detach, config, flip or edid";
	in->op = FIRST_OP + (uint32_t)v;
	return NULL;
}

/**
 * inject_takes() - here is an occasion: is it this fault's turn
 * @in: the fault; counts
 * @dom: guest
 * @dev: its device
 * @conn: connector, ANY: none in particular
 * @op: operation, ANY: none in particular
 *
 * Return: true if so.
 */
bool inject_takes(struct inject *in, uint32_t dom, uint32_t dev, uint32_t conn, uint32_t op)
{
	if ((in->dom != ANY && (in->dom != dom || in->dev != dev)) ||
	    (in->conn != ANY && conn != ANY && in->conn != conn) ||
	    (in->op != ANY && in->op != op))
		return false;
	if (in->skip) {
		in->skip--;
		return false;
	}
	if (!in->left)
		return false;
	if (in->left != UNLIMITED)
		in->left--;
	in->applied++;
	return true;
}

/**
 * inject_random() - the next random number of a fault
 * @in: the fault
 *
 * Return: 64 random bits; the same ones for the same seed.
 */
uint64_t inject_random(struct inject *in)
{
	/* splitmix64 */
	uint64_t z = in->seed += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

/**
 * inject_jump() - how far an index jumps
 * @in: a fault with VALUE_JUMP
 *
 * Return: to be added to the index, never 0.
 */
uint32_t inject_jump(struct inject *in)
{
	uint32_t jump = (uint32_t)in->value;

	while (!jump)
		jump = (uint32_t)inject_random(in);
	return jump;
}

/**
 * inject_fill() - random bytes
 * @in: the fault
 * @bytes: where to
 * @n: how many
 */
void inject_fill(struct inject *in, void *bytes, size_t n)
{
	uint8_t *p = bytes;
	uint64_t v = 0;
	size_t i;

	for (i = 0; i < n; i++, v >>= 8) {
		if (i % 8 == 0)
			v = inject_random(in);
		p[i] = (uint8_t)v;
	}
}
