// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * tests/backend/picture.c: what is compared with what the guest drew.
 */
#include "unit.h"

#include "picture.h"

/* One pixel of each format, by hand from drm_fourcc.h; X and A are all ones. */
static const struct {
	const char *name;
	const char *fourcc;
	uint8_t bpp;
	uint8_t red[4];
	uint8_t green[4];
	uint8_t blue[4];
	uint8_t none[4];
} pixels[] = {
	{ "XRGB8888", "XR24", 32, { 0, 0, 255, 255 }, { 0, 255, 0, 255 }, { 255, 0, 0, 255 },
	  { 0, 0, 0, 255 } },
	{ "ARGB8888", "AR24", 32, { 0, 0, 255, 255 }, { 0, 255, 0, 255 }, { 255, 0, 0, 255 },
	  { 0, 0, 0, 255 } },
	{ "XBGR8888", "XB24", 32, { 255, 0, 0, 255 }, { 0, 255, 0, 255 }, { 0, 0, 255, 255 },
	  { 0, 0, 0, 255 } },
	{ "ABGR8888", "AB24", 32, { 255, 0, 0, 255 }, { 0, 255, 0, 255 }, { 0, 0, 255, 255 },
	  { 0, 0, 0, 255 } },
	{ "RGBX8888", "RX24", 32, { 255, 0, 0, 255 }, { 255, 0, 255, 0 }, { 255, 255, 0, 0 },
	  { 255, 0, 0, 0 } },
	{ "RGBA8888", "RA24", 32, { 255, 0, 0, 255 }, { 255, 0, 255, 0 }, { 255, 255, 0, 0 },
	  { 255, 0, 0, 0 } },
	{ "BGRX8888", "BX24", 32, { 255, 255, 0, 0 }, { 255, 0, 255, 0 }, { 255, 0, 0, 255 },
	  { 255, 0, 0, 0 } },
	{ "BGRA8888", "BA24", 32, { 255, 255, 0, 0 }, { 255, 0, 255, 0 }, { 255, 0, 0, 255 },
	  { 255, 0, 0, 0 } },
	{ "XRGB2101010", "XR30", 32, { 0, 0, 0xf0, 0xff }, { 0, 0xfc, 0x0f, 0xc0 },
	  { 0xff, 0x03, 0, 0xc0 }, { 0, 0, 0, 0xc0 } },
	{ "ARGB2101010", "AR30", 32, { 0, 0, 0xf0, 0xff }, { 0, 0xfc, 0x0f, 0xc0 },
	  { 0xff, 0x03, 0, 0xc0 }, { 0, 0, 0, 0xc0 } },
	{ "XBGR2101010", "XB30", 32, { 0xff, 0x03, 0, 0xc0 }, { 0, 0xfc, 0x0f, 0xc0 },
	  { 0, 0, 0xf0, 0xff }, { 0, 0, 0, 0xc0 } },
	{ "ABGR2101010", "AB30", 32, { 0xff, 0x03, 0, 0xc0 }, { 0, 0xfc, 0x0f, 0xc0 },
	  { 0, 0, 0xf0, 0xff }, { 0, 0, 0, 0xc0 } },
	{ "RGB888", "RG24", 24, { 0, 0, 255 }, { 0, 255, 0 }, { 255, 0, 0 }, { 0 } },
	{ "BGR888", "BG24", 24, { 255, 0, 0 }, { 0, 255, 0 }, { 0, 0, 255 }, { 0 } },
	{ "RGB565", "RG16", 16, { 0, 0xf8 }, { 0xe0, 0x07 }, { 0x1f, 0 }, { 0 } },
	{ "BGR565", "BG16", 16, { 0x1f, 0 }, { 0xe0, 0x07 }, { 0, 0xf8 }, { 0 } },
	{ "XRGB1555", "XR15", 16, { 0, 0xfc }, { 0xe0, 0x83 }, { 0x1f, 0x80 }, { 0, 0x80 } },
	{ "ARGB1555", "AR15", 16, { 0, 0xfc }, { 0xe0, 0x83 }, { 0x1f, 0x80 }, { 0, 0x80 } },
	{ "XRGB4444", "XR12", 16, { 0, 0xff }, { 0xf0, 0xf0 }, { 0x0f, 0xf0 }, { 0, 0xf0 } },
	{ "ARGB4444", "AR12", 16, { 0, 0xff }, { 0xf0, 0xf0 }, { 0x0f, 0xf0 }, { 0, 0xf0 } },
};

static const struct pixfmt *format(const char *name)
{
	const struct pixfmt *fmt = pixfmt_by_name(name, strlen(name));

	assert_non_null(fmt);
	return fmt;
}

static void formats_found(void **state)
{
	unsigned int i, n = 0;

	(void)state;
	while (pixfmt_by_index(n))
		n++;
	assert_int_equal(n, ARRAY_SIZE(pixels));
	assert_null(pixfmt_by_index(UINT32_MAX));
	for (i = 0; i < ARRAY_SIZE(pixels); i++) {
		const struct pixfmt *fmt = format(pixels[i].name);
		uint32_t code;

		memcpy(&code, pixels[i].fourcc, 4); /* tests run on little-endian hosts */
		assert_string_equal(fmt->name, pixels[i].name);
		assert_int_equal(fmt->bpp, pixels[i].bpp);
		assert_ptr_equal(pixfmt_by_fourcc(code), fmt);
		assert_ptr_equal(pixfmt_by_name(pixels[i].fourcc, 4), fmt);
		assert_int_equal(FOURCC(pixels[i].fourcc), code);
	}
	assert_null(pixfmt_by_fourcc(0));
	assert_null(pixfmt_by_fourcc(FOURCC("YUYV")));
	assert_null(pixfmt_by_name("XRGB888", 7));
	assert_null(pixfmt_by_name("XR24x", 5));
	assert_null(pixfmt_by_name("", 0));
	assert_non_null(pixfmt_by_name("XRGB8888,RGB565", 8));
}

static void fourcc_printable(void **state)
{
	char text[5];

	(void)state;
	fourcc_text(FOURCC("XR24"), text);
	assert_string_equal(text, "XR24");
	fourcc_text(0, text);
	assert_string_equal(text, "????");
	fourcc_text(0x7f1fff0a, text);
	assert_string_equal(text, "????");
	fourcc_text(0x207e2041, text);
	assert_string_equal(text, "A ~ ");
}

static void pitch(void **state)
{
	static const struct {
		uint32_t width;
		uint32_t bpp;
		uint64_t pitch;
	} table[] = {
		{ 0, 32, 0 }, { 1, 32, 4 }, { 1, 24, 4 }, { 1, 16, 4 }, { 2, 24, 8 }, { 3, 16, 8 },
		{ 4, 24, 12 }, { 5, 24, 16 }, { 1366, 16, 2732 }, { 1367, 16, 2736 },
		{ 8192, 32, 32768 }, { UINT32_MAX, 32, 17179869180ull },
		{ UINT32_MAX, 24, 12884901888ull },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++)
		assert_int_equal(assumed_pitch(table[i].width, table[i].bpp), table[i].pitch);
}

static void rows_convert(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(pixels); i++) {
		const struct pixfmt *fmt = format(pixels[i].name);
		unsigned int bytes = fmt->bpp / 8u, b;
		uint8_t *src = unit_alloc(5 * bytes);
		uint32_t *dst = unit_alloc(5 * sizeof(*dst));

		memcpy(src, pixels[i].red, bytes);
		memcpy(src + bytes, pixels[i].green, bytes);
		memcpy(src + 2 * bytes, pixels[i].blue, bytes);
		memcpy(src + 3 * bytes, pixels[i].none, bytes);
		for (b = 0; b < bytes; b++)
			src[4 * bytes + b] = 255;
		row_to_xrgb(fmt, src, dst, 5);
		assert_int_equal(dst[0], 0xff0000);
		assert_int_equal(dst[1], 0x00ff00);
		assert_int_equal(dst[2], 0x0000ff);
		assert_int_equal(dst[3], 0);
		assert_int_equal(dst[4], 0xffffff);
		free(dst);
		free(src);
	}
}

/* one pixel of a format by its value */
static uint32_t convert(const char *name, uint32_t value)
{
	uint8_t src[4] = { (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
			   (uint8_t)(value >> 24) };
	uint32_t dst;

	row_to_xrgb(format(name), src, &dst, 1);
	return dst;
}

static void values_convert(void **state)
{
	(void)state;
	assert_int_equal(convert("XRGB8888", 0x12345678), 0x345678);
	assert_int_equal(convert("ABGR8888", 0x12345678), 0x785634);
	assert_int_equal(convert("RGBX8888", 0x12345678), 0x123456);
	assert_int_equal(convert("BGRX8888", 0x12345678), 0x563412);
	assert_int_equal(convert("RGB888", 0x345678), 0x345678);
	assert_int_equal(convert("BGR888", 0x345678), 0x785634);
	/* few bits become many so that all ones stay all ones */
	assert_int_equal(convert("RGB565", 0x8410), 0x848284);
	assert_int_equal(convert("RGB565", 0x0861), 0x080c08);
	assert_int_equal(convert("BGR565", 0x000f), 0x7b0000);
	assert_int_equal(convert("XRGB1555", 0x4210), 0x848484);
	assert_int_equal(convert("XRGB4444", 0xf123), 0x112233);
	assert_int_equal(convert("XRGB2101010", 0x3fbfdbfe), 0xfefdff);
	assert_int_equal(convert("ARGB2101010", 0xc123456b), 0x04345a);
	assert_int_equal(convert("XBGR2101010", 0x3fbfdbfe), 0xfffdfe);
	assert_int_equal(convert("ABGR2101010", 0x00000003), 0x000000);
	assert_int_equal(convert("ABGR2101010", 0x00000004), 0x010000);
}

/* FNV-1a of a text, known from its authors, then of ours step by step */
static uint64_t fnv1a(const void *bytes, size_t length)
{
	const uint8_t *p = bytes;
	uint64_t h = 14695981039346656037ull;

	while (length--) {
		h ^= *p++;
		h *= 1099511628211ull;
	}
	return h;
}

static void hash_is_fnv1a(void **state)
{
	static const uint8_t bytes[12] = { 1, 2, 3, 99, 4, 5, 6, 98, 7, 8, 9, 97 };
	static const uint8_t as_hashed[12] = { 1, 2, 3, 0, 4, 5, 6, 0, 7, 8, 9, 0 };
	struct picture p = { 0 };

	(void)state;
	assert_true(fnv1a("foobar", 6) == 0x85944171f73967e8ull);
	assert_true(picture_take(&p, format("XRGB8888"), 3, 1, bytes, 12));
	assert_true(picture_hash(&p) == fnv1a(as_hashed, 12));
	assert_true(picture_take(&p, format("XRGB8888"), 1, 3, bytes, 4));
	assert_true(picture_hash(&p) == fnv1a(as_hashed, 12));
	picture_free(&p);
	assert_null(p.data);
	assert_null(p.fmt);
}

/* The same colours have the same hash in each format of 8 bits a colour. */
static void hash_same_in_all_formats(void **state)
{
	static const char * const names[] = {
		"XRGB8888", "ARGB8888", "XBGR8888", "ABGR8888", "RGBX8888", "RGBA8888", "BGRX8888",
		"BGRA8888", "RGB888", "BGR888"
	};
	enum { WIDTH = 13, HEIGHT = 7 };
	uint64_t expected = 0;
	unsigned int i, k, c;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		const struct pixfmt *fmt = format(names[i]);
		unsigned int bytes = fmt->bpp / 8u;
		uint64_t seed = 5, pitch = assumed_pitch(WIDTH, fmt->bpp);
		/* the last row need not have its padding */
		uint8_t *src = unit_alloc(pitch * (HEIGHT - 1) + WIDTH * bytes);
		struct picture p = { 0 };

		for (k = 0; k < WIDTH * HEIGHT; k++) {
			uint64_t rgb = unit_random(&seed);
			uint8_t *at = src + k / WIDTH * pitch + k % WIDTH * bytes;

			for (c = 0; c < 3; c++)
				at[fmt->shift[c] / 8] = (uint8_t)(rgb >> 8 * c);
		}
		assert_true(picture_take(&p, fmt, WIDTH, HEIGHT, src, pitch));
		free(src); /* it is a copy */
		if (!i)
			expected = picture_hash(&p);
		assert_true(picture_hash(&p) == expected);
		picture_free(&p);
	}
}

/* Each pixel and each of its three bytes counts, the fourth does not. */
static void hash_sees_every_byte(void **state)
{
	uint8_t src[4 * 5 * 3] = { 0 };
	struct picture p = { 0 };
	uint64_t zero;
	unsigned int i;

	(void)state;
	assert_true(picture_take(&p, format("XRGB8888"), 5, 3, src, 20));
	zero = picture_hash(&p);
	for (i = 0; i < sizeof(src); i++) {
		src[i] = 1;
		assert_true(picture_take(&p, format("XRGB8888"), 5, 3, src, 20));
		assert_int_equal(picture_hash(&p) == zero, i % 4 == 3);
		src[i] = 0;
	}
	picture_free(&p);
}

static void take_sizes(void **state)
{
	static const struct {
		uint32_t width;
		uint32_t height;
		uint32_t extra; /* bytes between the rows */
	} table[] = {
		{ 1, 1, 0 }, { 64, 64, 0 }, { 64, 64, 4 }, { 3, 100, 60 }, { 100, 3, 0 },
		{ 640, 480, 0 }, { 639, 480, 4 }, { 2, 2, 0 }, { 640, 1, 0 }, { 300, 300, 8 },
	};
	struct picture p = { 0 };
	uint64_t seed = 3;
	unsigned int i;
	uint32_t y;

	(void)state;
	for (i = 0; i < 3 * ARRAY_SIZE(table); i++) {
		const struct pixfmt *fmt = format(i % 3 ? i % 3 == 1 ? "RGB888" : "RGB565" :
						  "XRGB8888");
		size_t row = (size_t)table[i / 3].width * fmt->bpp / 8;
		size_t pitch = row + table[i / 3].extra;
		size_t size = pitch * (table[i / 3].height - 1) + row, k;
		uint8_t *src = unit_alloc(size);

		for (k = 0; k < size; k++)
			src[k] = (uint8_t)unit_random(&seed);
		assert_true(picture_take(&p, fmt, table[i / 3].width, table[i / 3].height, src,
					 pitch));
		assert_ptr_equal(p.fmt, fmt);
		assert_int_equal(p.width, table[i / 3].width);
		assert_int_equal(p.height, table[i / 3].height);
		assert_true(p.room >= row * p.height);
		assert_true(p.room / 4 <= row * p.height);
		for (y = 0; y < p.height; y++)
			assert_memory_equal(p.data + row * y, src + pitch * y, row);
		free(src);
	}
	/* no source: black, whatever was there */
	assert_true(picture_take(&p, format("XRGB8888"), 250, 250, NULL, 0));
	for (y = 0; y < 250 * 250 * 4; y++)
		assert_int_equal(p.data[y], 0);
	picture_free(&p);
	picture_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats_found),
		cmocka_unit_test(fourcc_printable),
		cmocka_unit_test(pitch),
		cmocka_unit_test(rows_convert),
		cmocka_unit_test(values_convert),
		cmocka_unit_test(hash_is_fnv1a),
		cmocka_unit_test(hash_same_in_all_formats),
		cmocka_unit_test(hash_sees_every_byte),
		cmocka_unit_test(take_sizes),
	};

	return cmocka_run_group_tests_name("backend, picture", tests, NULL, NULL);
}
