/* Says which shape a picture shows: classify PICTURE.png LABELS.txt prints the five likeliest. */
#include <stdio.h>

#include "labels.h"
#include "model.h"
#include "picture.h"

enum { SIDE = 48, KINDS = 8, TOP = 5 };

int main(int argc, char **argv)
{
	static float image[3 * SIDE * SIDE];
	float kinds[KINDS];
	struct picture picture;

	if (argc != 3) {
		fprintf(stderr, "usage: classify PICTURE.png LABELS.txt\n");
		return 2;
	}
	if (!picture_read(&picture, argv[1]))
		return 1;
	picture_planes(&picture, SIDE, SIDE, image);
	picture_free(&picture);
	if (model_run(image, kinds))
		return 1;
	for (int k = 0; k < TOP; k++) {
		const int best = greatest(kinds, KINDS);
		printf("%s %-9s %6.2f %%\n", k ? "        " : "answer: ", label_read(argv[2], best),
		       100 * (double)kinds[best]);
		kinds[best] = -1;
	}
	return 0;
}
