// SPDX-License-Identifier: GPL-2.0 OR MIT
/* xdf-client many: how many buffers there can be, twice. */

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "client.h"

/* Create up to @want; return how many there were, the error in *err. */
static long fill_up(struct kms *k, const struct kms_pipe *pipe, struct kms_buf *bufs, long want,
		    int *err)
{
	long n;

	*err = 0;
	for (n = 0; n < want; n++) {
		*err = kms_buf_create(k, pipe->mode.hdisplay, pipe->mode.vdisplay,
				      DRM_FORMAT_XRGB8888, false, &bufs[n]);
		if (*err)
			break;
	}
	return n;
}

static int many(struct client *cl)
{
	struct kms_pipe pipes[KMS_MAX_PIPES];
	struct kms_buf *bufs;
	struct kms k;
	long count[2] = { 0 }, i, slack;
	int n = client_pipes(cl, &k, pipes), round, err, ret = 0, r;

	if (n < 0)
		return -n;
	bufs = calloc(cl->count, sizeof(*bufs));
	if (!bufs) {
		kms_close(&k);
		return rep_fail("memory", ENOMEM, NULL);
	}
	for (round = 0; round < 2 && !ret; round++) {
		uint64_t t0 = now_us(), t1;

		count[round] = fill_up(&k, &pipes[0], bufs, cl->count, &err);
		t1 = now_us();
		for (i = 0; i < count[round]; i++) {
			r = kms_buf_destroy(&k, &bufs[i]);
			if (r && !ret)
				ret = rep_fail("destroy", r, "buffer %ld", i);
		}
		rep_begin("many");
		rep_int("round", round);
		rep_int("wanted", cl->count);
		rep_int("count", count[round]);
		rep_errno("errno", err);
		rep_uint("width", pipes[0].mode.hdisplay);
		rep_uint("height", pipes[0].mode.vdisplay);
		rep_real("create_ms", (t1 - t0) / 1000.0);
		rep_real("destroy_ms", (now_us() - t1) / 1000.0);
		rep_end();
		if (err && err != -ENOMEM && err != -ENOSPC)
			ret = rep_fail("errno", err, "ENOMEM or ENOSPC expected");
		if (!count[round])
			ret = rep_fail("count", err, "not a single buffer");
	}
	/* where memory is the limit, a little of it comes and goes */
	slack = count[0] < cl->count ? count[0] / 20 + 1 : 0;
	if (!ret && labs(count[0] - count[1]) > slack)
		ret = rep_fail("count", 0, "%ld the first time, %ld the second", count[0],
			       count[1]);
	free(bufs);
	kms_close(&k);
	return ret;
}

/**
 * cmd_many - allocate until it fails, free, and do it again
 * @cl: command line
 *
 * A driver may answer ENOMEM or ENOSPC; it may not get its client killed, which
 * is why a child does the work.
 *
 * Return: exit code.
 */
int cmd_many(struct client *cl)
{
	int status = client_child(cl, many);

	if (WIFSIGNALED(status))
		return rep_fail("killed", 0, "signal %d: out of memory, and no error before that",
				WTERMSIG(status));
	return WEXITSTATUS(status);
}
