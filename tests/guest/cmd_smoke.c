// SPDX-License-Identifier: GPL-2.0 OR MIT
/* xdf-client smoke: API checks that any good KMS driver passes. */

#include <errno.h>
#include <string.h>

#include "smoke.h"

/**
 * expect - one check: an exact answer
 * @name: name of the check
 * @ret: what the call returned, 0 or a negative errno
 * @want: what it ought to
 */
void expect(const char *name, int ret, int want)
{
	rep_check(name, ret == want, ret);
}

/**
 * expect_either - one check: one of two answers
 * @name: name of the check
 * @ret: what the call returned
 * @one: a good answer
 * @other: another one
 */
void expect_either(const char *name, int ret, int one, int other)
{
	rep_check(name, ret == one || ret == other, ret);
}

/**
 * expect_refused - one check: an error, and one that makes sense for a bad request
 * @name: name of the check
 * @ret: what the call returned
 */
void expect_refused(const char *name, int ret)
{
	static const int sane[] = {
		EINVAL, ENOENT, ENOMEM, ENOSPC, E2BIG, EOVERFLOW, ERANGE, EBUSY, EACCES, EPERM,
		EOPNOTSUPP, ENOSYS, EBADF, ENXIO, ENODEV,
	};
	bool ok = false;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sane); i++)
		ok |= ret == -sane[i];
	rep_check(name, ok, ret);
}

/**
 * cmd_smoke - run all checks, a line for each
 * @cl: command line
 *
 * Return: exit code.
 */
int cmd_smoke(struct client *cl)
{
	static struct smoke s;

	s.cl = cl;
	s.n = client_pipes(cl, &s.kms, s.pipes);
	if (s.n < 0)
		return -s.n;
	smoke_dumb(&s);
	smoke_map(&s);
	smoke_fb(&s);
	smoke_prime(&s);
	smoke_mode(&s);
	smoke_atomic(&s);
	smoke_vblank(&s);
	/* the last: it closes and opens the device */
	smoke_files(&s);
	kms_close(&s.kms);
	rep_begin("smoke");
	rep_uint("failed", rep_failures());
	rep_end();
	return rep_failures() ? XDF_FAILED : XDF_OK;
}
