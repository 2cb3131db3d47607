// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * xdf-picture FILE [X,Y]...: what a picture file holds, PNG or PPM.
 *
 * Without places: "WIDTHxHEIGHT HASH", where the hash is xdf-backend's and
 * xdf-client's (FNV-1a over B, G, R, 0 of each pixel).  With places: the colour
 * of each as RRGGBB, on one line.
 */
#include <ctype.h>
#include <inttypes.h>
#include <png.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST 16384u

struct picture {
	unsigned int width, height;
	uint8_t *rgb;
};

static int fail(const char *file, const char *why)
{
	fprintf(stderr, "xdf-picture: %s: %s\n", file, why);
	return 1;
}

/* ppm_number() - after blanks and comments; 0 is none */
static unsigned int ppm_number(FILE *f)
{
	unsigned int n = 0;
	int c = getc(f);

	while (isspace(c) || c == '#') {
		while (c == '#' && c != EOF && c != '\n')
			c = getc(f);
		c = getc(f);
	}
	while (isdigit(c) && n <= LARGEST) {
		n = n * 10 + (unsigned int)(c - '0');
		c = getc(f);
	}
	return isspace(c) ? n : 0;
}

static const char *read_ppm(FILE *f, struct picture *p)
{
	size_t size;

	if (getc(f) != 'P' || getc(f) != '6')
		return "neither PNG nor PPM (P6)";
	p->width = ppm_number(f);
	p->height = ppm_number(f);
	if (!p->width || !p->height || p->width > LARGEST || p->height > LARGEST || ppm_number(f) != 255)
		return "a PPM of 8 bits and sensible size is wanted";
	size = 3ul * p->width * p->height;
	p->rgb = malloc(size);
	if (!p->rgb)
		return "out of memory";
	return fread(p->rgb, 1, size, f) == size ? NULL : "it ends early";
}

static const char *read_png(const char *file, struct picture *p)
{
	static png_image image = { .version = PNG_IMAGE_VERSION };

	if (!png_image_begin_read_from_file(&image, file))
		return image.message;
	image.format = PNG_FORMAT_RGB;
	p->width = image.width;
	p->height = image.height;
	p->rgb = malloc(PNG_IMAGE_SIZE(image));
	if (!p->rgb)
		return "out of memory";
	return png_image_finish_read(&image, NULL, p->rgb, 0, NULL) ? NULL : image.message;
}

static uint64_t hash(const struct picture *p)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < (size_t)p->width * p->height; i++) {
		const uint8_t *rgb = p->rgb + 3 * i;

		h = (h ^ rgb[2]) * 0x100000001b3u;
		h = (h ^ rgb[1]) * 0x100000001b3u;
		h = (h ^ rgb[0]) * 0x100000001b3u;
		h *= 0x100000001b3u;
	}
	return h;
}

int main(int argc, char **argv)
{
	struct picture p = {};
	const char *why;
	FILE *f;
	int c;

	if (argc < 2 || argv[1][0] == '-') {
		fprintf(stderr, "usage: xdf-picture FILE [X,Y]...\n");
		return 2;
	}
	f = fopen(argv[1], "rb");
	if (!f) {
		perror(argv[1]);
		return 1;
	}
	c = getc(f);
	rewind(f);
	why = c == 0x89 ? read_png(argv[1], &p) : read_ppm(f, &p);
	if (why)
		return fail(argv[1], why);
	if (argc == 2)
		printf("%ux%u %016" PRIx64 "\n", p.width, p.height, hash(&p));
	for (int i = 2; i < argc; i++) {
		unsigned int x, y;
		const uint8_t *rgb;
		char rest;

		if (sscanf(argv[i], "%u,%u%c", &x, &y, &rest) != 2 || x >= p.width || y >= p.height)
			return fail(argv[i], "no place in the picture");
		rgb = p.rgb + 3 * ((size_t)y * p.width + x);
		printf("%02x%02x%02x%c", rgb[0], rgb[1], rgb[2], i == argc - 1 ? '\n' : ' ');
	}
	return 0;
}
