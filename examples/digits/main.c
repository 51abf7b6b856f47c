/* Reads a digit from a picture with the C that nnc wrote: digits PICTURE.png LABELS.txt */
#include <stdio.h>
#include <time.h>

#include "labels.h"
#include "model.h"
#include "picture.h"

enum { SIDE = 8, CLASSES = 10, REPEATS = 20000 };

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
	float planes[3 * SIDE * SIDE], scores[CLASSES]; /* the picture is grey: its red plane says all */
	struct picture picture;
	double began;
	int best, i;

	if (argc != 3) {
		fprintf(stderr, "usage: digits PICTURE.png LABELS.txt\n");
		return 2;
	}
	if (!picture_read(&picture, argv[1]))
		return 1;
	picture_planes(&picture, SIDE, SIDE, planes);
	picture_free(&picture);
	if (model_run(planes, scores))
		return 1;
	best = greatest(scores, CLASSES);
	printf("answer:  %s (score %.2f)\n", label_read(argv[2], best), (double)scores[best]);
	began = seconds();
	for (i = 0; i < REPEATS; i++)
		model_run(planes, scores);
	printf("time:    %.2f microseconds\n", 1e6 * (seconds() - began) / REPEATS);
	printf("RAM:     %d bytes of arena\n", (int)MODEL_ARENA_BYTES);
	return 0;
}
