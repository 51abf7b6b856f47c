/* Pictures as files: PNG and JPEG, when nnc was built with their libraries. */
#ifndef NNC_IMAGE_H
#define NNC_IMAGE_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct diag;

enum { MAX_IMAGE_SIDE = 1 << 15 };

struct image {
	int width, height, channels;    /* 1: grey, 3: red, green, blue */
	unsigned char *pixels;          /* [height][width][channels] */
};

/** Whether the bytes begin as a PNG or JPEG does. */
bool image_is_known(const unsigned char *bytes, size_t size);

/** The picture as 1 or 3 channels of 8 bits, transparent parts over black. False: reported. */
bool image_read(struct image *image, int channels, struct arena *a, struct diag *d, const char *path,
		const unsigned char *bytes, size_t size);

/** The picture at another size: bilinear between the centres of pixels, edges repeated. */
void image_resize(struct image *image, int width, int height, struct arena *a);

#endif
