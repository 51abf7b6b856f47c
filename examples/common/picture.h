/* Pictures of any size for the example programs: PNG files in, what a network takes of them, PNG files out. */
#ifndef EXAMPLES_COMMON_PICTURE_H
#define EXAMPLES_COMMON_PICTURE_H

/** Red, green, blue, a byte each, row by row; `rgb` is the picture's own. */
struct picture {
	int width, height;
	unsigned char *rgb;
};

struct colour {
	unsigned char rgb[3];
};

/** Reads a PNG file of any kind, transparent parts black. Returns 0, with a line to stderr, when it cannot. */
int picture_read(struct picture *p, const char *path);

/** A black picture. Returns 0 without memory. */
int picture_make(struct picture *p, int width, int height);

/** Writes a PNG file. Returns 0, with a line to stderr, when it cannot. */
int picture_write(const struct picture *p, const char *path);

void picture_free(struct picture *p);

/** The picture scaled to width x height as planes, red then green then blue, values from 0 to 1: each is the mean of
 * the part of the picture that it covers. planes: 3 * width * height. */
void picture_planes(const struct picture *p, int width, int height, float *planes);

/** Draws the edge of a box, two pixels wide, its corners in parts of the picture's sides from 0 to 1. */
void picture_box(struct picture *p, const float corners[4], struct colour c);

/** Colour k of a few that differ well. */
struct colour colour_of(int k);

#endif
