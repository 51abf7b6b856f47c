/* Reads a digit from a picture with the C that nnc wrote: digits PICTURE.png LABELS.txt */
#include <png.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "model.h"

enum { SIDE = 8, CLASSES = 10, REPEATS = 20000 };

/** The picture in grey from 0 to 1, row by row. It must be SIDE x SIDE. Returns 0 when it is not. */
static int picture_read(const char *path, float grey[SIDE * SIDE])
{
	png_image image = { .version = PNG_IMAGE_VERSION };
	png_byte bytes[SIDE * SIDE];
	int i;

	if (!png_image_begin_read_from_file(&image, path))
		return 0;
	image.format = PNG_FORMAT_GRAY;
	if (image.width != SIDE || image.height != SIDE || !png_image_finish_read(&image, NULL, bytes, 0, NULL)) {
		png_image_free(&image);
		return 0;
	}
	for (i = 0; i < SIDE * SIDE; i++)
		grey[i] = (float)bytes[i] / 255.0f;
	return 1;
}

/** Line n of a text file without its end; "?" when there is none. */
static const char *label_read(const char *path, int n)
{
	static char line[64];
	FILE *f = fopen(path, "r");

	while (f && n-- >= 0)
		if (!fgets(line, sizeof line, f))
			strcpy(line, "?");
	if (f)
		fclose(f);
	line[strcspn(line, "\n")] = '\0';
	return line;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
	float grey[SIDE * SIDE], scores[CLASSES];
	int best = 0, i;
	double began;

	if (argc != 3 || !picture_read(argv[1], grey)) {
		fprintf(stderr, "usage: digits PICTURE.png LABELS.txt, the picture %d x %d\n", SIDE, SIDE);
		return 2;
	}
	if (model_run(grey, scores))
		return 1;
	for (i = 1; i < CLASSES; i++)
		if (scores[i] > scores[best])
			best = i;
	printf("answer:  %s (score %.2f)\n", label_read(argv[2], best), (double)scores[best]);
	began = seconds();
	for (i = 0; i < REPEATS; i++)
		model_run(grey, scores);
	printf("time:    %.2f microseconds\n", 1e6 * (seconds() - began) / REPEATS);
	printf("RAM:     %d bytes of arena\n", (int)MODEL_ARENA_BYTES);
	return 0;
}
