// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: late
 *
 * A request that was not answered in time may have been carried out: what it names counts
 * as known to the backend. If the answer comes later and is an error, it is not, and has to
 * be told again. The answer counts that came last.
 */
#include "xdf_late.h"

static unsigned int late_find(const struct xdf_late *late, u64 cookie)
{
	unsigned int i;

	for (i = 0; i < late->num; i++)
		if (late->cookie[i] == cookie)
			break;
	return i;
}

/**
 * xdf_late_note - the backend has answered the request that makes something known to it
 * @late: what is known of such answers
 * @cookie: name of a display buffer or framebuffer
 * @refused: the answer was an error, and nobody waited for it
 *
 * What does not fit any more is lost.
 */
void xdf_late_note(struct xdf_late *late, u64 cookie, bool refused)
{
	unsigned int i = late_find(late, cookie);

	if (refused && i == late->num && i < XDF_LATE_MAX)
		late->cookie[late->num++] = cookie;
	else if (!refused && i < late->num)
		late->cookie[i] = late->cookie[--late->num];
}

/**
 * xdf_late_has - was something refused late?
 * @late: what is known
 * @cookie: name of a display buffer or framebuffer
 *
 * Return: whether it was, and nobody has taken note.
 */
bool xdf_late_has(const struct xdf_late *late, u64 cookie)
{
	return late_find(late, cookie) < late->num;
}

/**
 * xdf_late_take - take note of one that was refused late
 * @late: what is known; one less afterwards
 *
 * Return: its name, 0 when there is none.
 */
u64 xdf_late_take(struct xdf_late *late)
{
	return late->num ? late->cookie[--late->num] : 0;
}
