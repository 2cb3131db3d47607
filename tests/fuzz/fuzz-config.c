// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * src/pure/config.c: the input is the text of a XenStore node. It is read a second
 * time here, with the C library's means.
 */
#include "fuzz.h"

#include "xdf_config.h"

static const char digits[] = "0123456789";

/* one to five digits and nothing else */
static bool is_number(const char *text, size_t length)
{
	return length >= 1 && length <= 5 && strspn(text, digits) >= length;
}

static void resolution(const char *text)
{
	u32 width = 0xdead, height = 0xbeef;
	int ret = xdf_config_resolution(text, &width, &height);
	const char *x = strchr(text, 'x');
	unsigned long w, h;

	if (ret)
		promise(width == 0xdead && height == 0xbeef);
	if (!x || !is_number(text, (size_t)(x - text)) || !is_number(x + 1, strlen(x + 1))) {
		promise(ret == -EINVAL);
		return;
	}
	w = strtoul(text, NULL, 10);
	h = strtoul(x + 1, NULL, 10);
	if (w < 1 || w > 8192 || h < 1 || h > 8192) {
		promise(ret == -ERANGE);
		return;
	}
	promise(!ret && width == w && height == h);
}

static void version(const char *text)
{
	int ret = xdf_config_version(text);
	unsigned long best = 0, v;
	const char *entry, *end;

	for (entry = text; entry; entry = *end ? end + 1 : NULL) {
		end = entry + strcspn(entry, ",");
		if (!is_number(entry, (size_t)(end - entry)))
			continue;
		v = strtoul(entry, NULL, 10);
		if (v <= 2 && v > best)
			best = v;
	}
	promise(ret == (best ? (int)best : -EPROTONOSUPPORT));
}

static void be_alloc(const char *text)
{
	int ret = xdf_config_be_alloc(text);

	promise(ret == (!strcmp(text, "0") ? 0 : !strcmp(text, "1") ? 1 : -EINVAL));
}

static void unique_id(const char *text)
{
	char *id = exactly(XDF_UNIQUE_ID_LEN + 1);
	size_t i, length = strlen(text);

	if (length > XDF_UNIQUE_ID_LEN)
		length = XDF_UNIQUE_ID_LEN;
	xdf_config_unique_id(text, id);
	promise(strnlen(id, XDF_UNIQUE_ID_LEN + 1) == length);
	for (i = 0; i < length; i++) {
		bool fit = text[i] >= '!' && text[i] <= '~';

		promise(id[i] == (fit ? text[i] : '?'));
	}
	free(id);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	char *text = exactly(size + 1);

	memcpy(text, data, size);
	text[size] = '\0';
	resolution(text);
	version(text);
	be_alloc(text);
	unique_id(text);
	free(text);
	return 0;
}
