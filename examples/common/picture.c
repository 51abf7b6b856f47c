#include "picture.h"

#include <math.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SIDE = 16384 };

int picture_make(struct picture *p, int width, int height)
{
	p->width = width;
	p->height = height;
	p->rgb = calloc((size_t)width * (size_t)height, 3);
	return p->rgb != NULL;
}

void picture_free(struct picture *p)
{
	free(p->rgb);
	p->rgb = NULL;
}

int picture_read(struct picture *p, const char *path)
{
	static const png_color black;
	png_image image = { .version = PNG_IMAGE_VERSION };

	p->rgb = NULL;
	if (png_image_begin_read_from_file(&image, path)) {
		image.format = PNG_FORMAT_RGB;
		if (image.width <= MOST_SIDE && image.height <= MOST_SIDE &&
		    picture_make(p, (int)image.width, (int)image.height) &&
		    png_image_finish_read(&image, &black, p->rgb, 0, NULL))
			return 1;
	}
	fprintf(stderr, "%s: %s\n", path, *image.message ? image.message : "too large");
	png_image_free(&image);
	picture_free(p);
	return 0;
}

int picture_write(const struct picture *p, const char *path)
{
	png_image image = { .version = PNG_IMAGE_VERSION, .format = PNG_FORMAT_RGB };

	image.width = (png_uint_32)p->width;
	image.height = (png_uint_32)p->height;
	if (png_image_write_to_file(&image, path, 0, p->rgb, 0, NULL))
		return 1;
	fprintf(stderr, "%s: %s\n", path, image.message);
	return 0;
}

static unsigned char *pixel(const struct picture *p, int x, int y)
{
	return p->rgb + ((size_t)y * (size_t)p->width + (size_t)x) * 3;
}

/* How much of source element i lies in [from, to). */
static double covered(int i, double from, double to)
{
	return fmin(i + 1, to) - fmax(i, from);
}

void picture_planes(const struct picture *p, int width, int height, float *planes)
{
	const double across = (double)p->width / width, down = (double)p->height / height;

	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++) {
			const double left = x * across, right = left + across, top = y * down, bottom = top + down;
			double sum[3] = { 0 };
			for (int i = (int)top; i < bottom && i < p->height; i++)
				for (int j = (int)left; j < right && j < p->width; j++) {
					const double part = covered(i, top, bottom) * covered(j, left, right);
					const unsigned char *rgb = pixel(p, j, i);
					for (int c = 0; c < 3; c++)
						sum[c] += part * rgb[c];
				}
			for (int c = 0; c < 3; c++)
				planes[(c * height + y) * width + x] = (float)(sum[c] / (across * down * 255));
		}
}

static int pixel_at(float part, int side)
{
	const float at = part * (float)(side - 1);

	return at <= 0 ? 0 : at >= (float)(side - 1) ? side - 1 : (int)(at + .5f);
}

void picture_box(struct picture *p, const float corners[4], struct colour c)
{
	const int x0 = pixel_at(corners[0], p->width), y0 = pixel_at(corners[1], p->height);
	const int x1 = pixel_at(corners[2], p->width), y1 = pixel_at(corners[3], p->height);

	for (int y = y0; y <= y1; y++)
		for (int x = x0; x <= x1; x++)
			if (y < y0 + 2 || y > y1 - 2 || x < x0 + 2 || x > x1 - 2)
				memcpy(pixel(p, x, y), c.rgb, 3);
}

struct colour colour_of(int k)
{
	static const struct colour colours[] = {
		{ { 230, 25, 75 } }, { { 60, 180, 75 } }, { { 255, 225, 25 } }, { { 0, 130, 200 } },
		{ { 245, 130, 48 } }, { { 145, 30, 180 } }, { { 70, 240, 240 } }, { { 240, 50, 230 } },
	};

	return colours[(size_t)k % (sizeof colours / sizeof *colours)];
}
