/* Finds shapes in a picture: detect PICTURE.png LABELS.txt OUT.png prints them and draws a box round each. */
#include <stdio.h>

#include "labels.h"
#include "model.h"
#include "picture.h"

enum { SIDE = 48, TOP = 8 };
static const float least_score = .4f;

int main(int argc, char **argv)
{
	static float image[3 * SIDE * SIDE];
	float scores[TOP], boxes[TOP * 4];
	int64_t kinds[TOP];
	struct picture picture;
	int found = 0, written;

	if (argc != 4) {
		fprintf(stderr, "usage: detect PICTURE.png LABELS.txt OUT.png\n");
		return 2;
	}
	if (!picture_read(&picture, argv[1]))
		return 1;
	picture_planes(&picture, SIDE, SIDE, image);
	if (model_run(image, scores, kinds, boxes)) {
		picture_free(&picture);
		return 1;
	}
	for (int k = 0; k < TOP; k++) {
		float corners[4];
		if (scores[k] < least_score)
			continue;
		for (int c = 0; c < 4; c++)
			corners[c] = boxes[4 * k + c] / SIDE;
		picture_box(&picture, corners, colour_of((int)kinds[k]));
		printf("found:   %-9s %3.0f %%  from %.0f,%.0f to %.0f,%.0f\n", label_read(argv[2], (int)kinds[k]),
		       100 * (double)scores[k], (double)(corners[0] * (float)picture.width),
		       (double)(corners[1] * (float)picture.height), (double)(corners[2] * (float)picture.width),
		       (double)(corners[3] * (float)picture.height));
		found++;
	}
	printf("answer:  %d shapes\n", found);
	written = picture_write(&picture, argv[3]);
	picture_free(&picture);
	return !written;
}
