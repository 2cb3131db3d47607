// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * tests/backend/inject.c: which fault is made when.
 */
#include "unit.h"

#include "inject.h"

static const char *parse(const char *text, struct inject *in)
{
	char *copy = unit_text(text);
	const char *why = inject_parse(copy, in);

	free(copy);
	return why;
}

static struct inject good(const char *text)
{
	struct inject in;
	const char *why = parse(text, &in);

	if (why)
		fail_msg("\"%s\": %s", text, why);
	return in;
}

static void words(void **state)
{
	unsigned int i, k;

	(void)state;
	for (i = 0; i < INJECT_COUNT; i++) {
		const char *word = inject_word((enum inject_kind)i);

		assert_true(strlen(inject_help((enum inject_kind)i)) > 20);
		/* what ends a name must not be in it */
		assert_int_equal(strcspn(word, "=/@+:, "), strlen(word));
		for (k = 0; k < i; k++)
			assert_string_not_equal(word, inject_word((enum inject_kind)k));
	}
}

static void values(void **state)
{
	(void)state;
	assert_int_equal(good("no-answer").kind, INJECT_NO_ANSWER);
	assert_int_equal(good("late=250").value, 250);
	assert_int_equal(good("status=EINVAL").value, -22);
	assert_int_equal(good("status=5").value, -5);
	assert_int_equal(good("status=-5").value, -5);
	assert_int_equal(good("status=+5").value, 5);
	assert_int_equal(good("status=0").value, 0);
	assert_int_equal(good("lie=0").value, 0);
	assert_int_equal(good("wrong-id").value, 1);
	assert_int_equal(good("wrong-id=0x8000").value, 0x8000);
	assert_int_equal(good("rsp-prod=+1000").value, 1000);
	assert_int_equal(good("rsp-prod=-5").value, -5);
	assert_int_equal(good("rsp-prod=+0x7fffffff").value, 0x7fffffff);
	assert_false(good("rsp-prod=+1").random);
	assert_true(good("rsp-prod=random").random);
	assert_int_equal(good("rsp-prod=random").seed, 1);
	assert_int_equal(good("in-prod=random.77").seed, 77);
	assert_int_equal(good("event-type").value, 255);
	assert_int_equal(good("event-cookie=zero").value, COOKIE_ZERO);
	assert_int_equal(good("event-cookie=stale").value, COOKIE_STALE);
	assert_int_equal(good("event-cookie=0x1234").value, COOKIE_NUMBER);
	assert_int_equal(good("event-cookie=0x1234").cookie, 0x1234);
	assert_int_equal(good("storm=events").value, STORM_EVENTS);
	assert_int_equal(good("storm=notify").value, STORM_NOTIFY);
	assert_int_equal(good("storm=request").value, STORM_REQUEST);
	assert_int_equal(good("fuzz-req").seed, 1);
	assert_int_equal(good("fuzz-both=9").seed, 9);
	assert_int_equal(good("edid-size=4294967295").value, 4294967295ll);
	assert_int_equal(good("dir-bad").value, 0x7fffffff);
	assert_int_equal(good("dir-next=0").value, 0);
	assert_int_equal(good("stay=6").value, 6);
}

static void rest(void **state)
{
	struct inject in = good("status=+5/create@3+7:2");

	(void)state;
	assert_int_equal(in.value, 5);
	assert_int_equal(in.op, 0x10);
	assert_int_equal(in.conn, 3);
	assert_true(in.dom == ANY && in.dev == ANY);
	assert_int_equal(in.skip, 7);
	assert_int_equal(in.left, 2);
	in = good("rsp-prod=-9/edid@12.1.0:1");
	assert_int_equal(in.value, -9);
	assert_int_equal(in.op, 0x16);
	assert_true(in.dom == 12 && in.dev == 1 && in.conn == 0);
	assert_int_equal(in.left, 1);
	in = good("rsp-prod=+9+3");
	assert_int_equal(in.value, 9);
	assert_int_equal(in.skip, 3);
	in = good("die");
	assert_true(in.op == ANY && in.conn == ANY && in.left == UNLIMITED && !in.skip);
}

static void nonsense(void **state)
{
	static const char * const bad[] = {
		"", "=", "no", "no-answer=1", "no-answer=", "late", "late=", "late=x", "late=-1",
		"late=4294967296", "status", "status=", "status=EFOO", "rsp-prod", "rsp-prod=5",
		"rsp-prod=+0", "rsp-prod=+", "rsp-prod=+4294967296", "rsp-prod=random.",
		"rsp-prod=randomly", "storm", "storm=rain", "event-cookie", "event-cookie=-1",
		"no-answer/", "no-answer/fly", "no-answer/flip/flip", "event-lost/flip",
		"no-answer@", "no-answer@x", "no-answer@1.2", "no-answer@1.2.3.4", "no-answer@-1",
		"no-answer:", "no-answer:0", "no-answer:x", "no-answer:-1", "no-answer+",
		"no-answer+x", "no-answer ", " no-answer", "stay", "fuzz-req=x", "fuzz-req=",
		"late=99999999999999999999999999999999999", "die,die",
		"no-answer/flip@0+1:1:1", "no-answer:1+1",
	};
	struct inject in;
	unsigned int i;
	char *text;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		if (!parse(bad[i], &in))
			fail_msg("\"%s\"", bad[i]);
	text = unit_long_text('a', 100000);
	assert_non_null(inject_parse(text, &in));
	free(text);
}

static void turns(void **state)
{
	struct inject in = good("no-answer/flip@1+2:3");
	unsigned int i;

	(void)state;
	/* not meant: nothing is counted */
	assert_false(inject_takes(&in, 1, 0, 0, 0x15));
	assert_false(inject_takes(&in, 1, 0, 1, 0x10));
	assert_int_equal(in.skip, 2);
	for (i = 0; i < 10; i++)
		assert_int_equal(inject_takes(&in, i, i, 1, 0x15), i >= 2 && i < 5);
	assert_int_equal(in.applied, 3);
	assert_int_equal(in.left, 0);
	in = good("event-lost@7.1.0");
	assert_false(inject_takes(&in, 7, 0, 0, ANY));
	assert_false(inject_takes(&in, 6, 1, 0, ANY));
	assert_false(inject_takes(&in, 7, 1, 1, ANY));
	for (i = 0; i < 1000; i++)
		assert_true(inject_takes(&in, 7, 1, 0, ANY));
	assert_true(in.left == UNLIMITED);
	/* an occasion that has no connector */
	assert_true(inject_takes(&in, 7, 1, ANY, ANY));
}

static void jumps(void **state)
{
	struct inject in = good("in-prod=-3"), other;
	unsigned int i;

	(void)state;
	assert_true(inject_jump(&in) == (uint32_t)-3);
	assert_true(inject_jump(&in) == (uint32_t)-3);
	in = good("in-prod=random.5");
	other = good("in-prod=random.5");
	for (i = 0; i < 1000; i++) {
		uint32_t jump = inject_jump(&in);

		assert_int_not_equal(jump, 0);
		assert_true(jump == inject_jump(&other));
	}
	other = good("in-prod=random.6");
	assert_true(inject_jump(&in) != inject_jump(&other));
}

static void bytes(void **state)
{
	unsigned int count[256] = { 0 }, i;
	struct inject in, other;
	uint8_t *a, *b;
	size_t n;

	(void)state;
	for (n = 0; n < 20; n++) {
		in = good("fuzz-req=3");
		other = good("fuzz-evt=3");
		a = unit_alloc(n + 1);
		b = unit_alloc(n + 1);
		inject_fill(&in, a, n);
		inject_fill(&other, b, n);
		assert_memory_equal(a, b, n + 1);
		assert_int_equal(a[n], 0xa5);
		free(a);
		free(b);
	}
	a = unit_alloc(1 << 20);
	inject_fill(&in, a, 1 << 20);
	for (i = 0; i < 1 << 20; i++)
		count[a[i]]++;
	for (i = 0; i < 256; i++)
		assert_in_range(count[i], 3500, 4700);
	free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),
		cmocka_unit_test(values),
		cmocka_unit_test(rest),
		cmocka_unit_test(nonsense),
		cmocka_unit_test(turns),
		cmocka_unit_test(jumps),
		cmocka_unit_test(bytes),
	};

	return cmocka_run_group_tests_name("backend, inject", tests, NULL, NULL);
}
