// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: config
 *
 * XenStore strings to numbers. The toolstack writes most of them, but a
 * backend owns some, so none is trusted: digits only, no sign, no blanks, no
 * overflow, nothing behind the number.
 */
#include "xdf_config.h"

/*
 * Read a decimal number of at most five digits and return what follows it,
 * NULL when there is no digit or too many.
 */
static const char *number(const char *text, u32 *value)
{
	unsigned int digits = 0;

	for (*value = 0; *text >= '0' && *text <= '9'; text++) {
		if (++digits > 5)
			return NULL;
		*value = *value * 10 + (u32)(*text - '0');
	}
	return digits ? text : NULL;
}

/**
 * xdf_config_resolution - read a connector's "resolution" node
 * @text: "<width>x<height>" in pixels, decimal
 * @width: set to the width, 1 to 8192
 * @height: set to the height, 1 to 8192
 *
 * Return: 0, -EINVAL when @text has another form or more than five digits,
 * -ERANGE when a number is 0 or larger than 8192. Nothing is set on an error.
 */
int xdf_config_resolution(const char *text, u32 *width, u32 *height)
{
	u32 w, h;

	text = number(text, &w);
	if (!text || *text++ != 'x')
		return -EINVAL;
	text = number(text, &h);
	if (!text || *text)
		return -EINVAL;
	if (!w || !h || w > XDF_MAX_SIZE || h > XDF_MAX_SIZE)
		return -ERANGE;
	*width = w;
	*height = h;
	return 0;
}

/**
 * xdf_config_version - choose the protocol version
 * @versions: the backend's "versions" node, numbers separated by commas, or
 *	NULL when it has none: that means version 1
 *
 * Entries that are no number are passed over.
 *
 * Return: the highest version that both sides speak, or -EPROTONOSUPPORT when
 * there is none.
 */
int xdf_config_version(const char *versions)
{
	u32 best = 0, v;

	if (!versions)
		return 1;
	while (*versions) {
		const char *end = number(versions, &v);

		if (end && (!*end || *end == ',') && v > best && v <= XDF_PROTOCOL_VERSION)
			best = v;
		while (*versions && *versions != ',')
			versions++;
		if (*versions)
			versions++;
	}
	return best ? (int)best : -EPROTONOSUPPORT;
}

/**
 * xdf_config_be_alloc - shall the backend allocate buffers?
 * @text: the "be-alloc" node, NULL when there is none: that means no
 *
 * Return: 0 or 1, or -EINVAL for anything else but "0" and "1".
 */
int xdf_config_be_alloc(const char *text)
{
	if (!text)
		return 0;
	if ((*text != '0' && *text != '1') || text[1])
		return -EINVAL;
	return *text - '0';
}

/**
 * xdf_config_unique_id - keep a name from XenStore in a form fit to print
 * @text: the "unique-id" node, NULL when there is none
 * @id: buffer of XDF_UNIQUE_ID_LEN + 1 bytes; cut to fit, each byte that is
 *	a blank or no printable ASCII becomes '?'
 */
void xdf_config_unique_id(const char *text, char *id)
{
	unsigned int i = 0;

	for (; text && text[i] && i < XDF_UNIQUE_ID_LEN; i++)
		id[i] = text[i] > ' ' && text[i] < 0x7f ? text[i] : '?';
	id[i] = 0;
}
