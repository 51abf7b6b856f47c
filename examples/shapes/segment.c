/* Says of each pixel of a picture what it belongs to: segment PICTURE.png LABELS.txt OUT.png writes a mask as large as
 * the picture, each kind in its colour and the ground black. */
#include <stdio.h>
#include <string.h>

#include "labels.h"
#include "model.h"
#include "picture.h"

enum { SIDE = 48, KINDS = 4 };

/* The mask, scaled to the size of a picture, in colours. */
static int write_mask(const uint8_t *mask, int width, int height, const char *path)
{
	struct picture out;
	int written;

	if (!picture_make(&out, width, height))
		return 0;
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++) {
			const int kind = mask[y * SIDE / height * SIDE + x * SIDE / width];
			const struct colour c = colour_of(kind - 1);
			if (kind)
				memcpy(out.rgb + ((size_t)y * (size_t)width + (size_t)x) * 3, c.rgb, 3);
		}
	written = picture_write(&out, path);
	picture_free(&out);
	return written;
}

int main(int argc, char **argv)
{
	static float image[3 * SIDE * SIDE];
	static uint8_t mask[SIDE * SIDE];
	int pixels[KINDS + 1] = { 0 }, kinds = 0;
	struct picture picture;

	if (argc != 4) {
		fprintf(stderr, "usage: segment PICTURE.png LABELS.txt OUT.png\n");
		return 2;
	}
	if (!picture_read(&picture, argv[1]))
		return 1;
	picture_planes(&picture, SIDE, SIDE, image);
	picture_free(&picture);
	if (model_run(image, mask))
		return 1;
	for (int i = 0; i < SIDE * SIDE; i++)
		pixels[mask[i]]++;
	for (int k = 1; k <= KINDS; k++)
		if (pixels[k] > SIDE * SIDE / 200) {
			printf("covers:  %-9s %4.1f %%\n", label_read(argv[2], k - 1),
			       100. * pixels[k] / (SIDE * SIDE));
			kinds++;
		}
	printf("answer:  %d kinds\n", kinds);
	return !write_mask(mask, picture.width, picture.height, argv[3]);
}
