/* Names irises: iris LABELS.txt reads rows of four lengths in cm, with commas between, and prints a species for
 * each; where a row ends with one, it counts how many are right. */
#include <stdio.h>
#include <string.h>

#include "labels.h"
#include "model.h"

enum { LENGTHS = 4, SPECIES = 3 };

int main(int argc, char **argv)
{
	float x[LENGTHS], probabilities[SPECIES];
	int flowers = 0, named = 0, right = 0, n;
	char line[128], name[32];
	int64_t label;

	if (argc != 2) {
		fprintf(stderr, "usage: iris LABELS.txt <FLOWERS.csv\n");
		return 2;
	}
	while (fgets(line, sizeof line, stdin)) {
		n = sscanf(line, "%f,%f,%f,%f,%31[a-z]", &x[0], &x[1], &x[2], &x[3], name);
		if (n < LENGTHS) {
			fprintf(stderr, "iris: no four lengths: %s", line);
			return 1;
		}
		if (model_run(x, &label, probabilities))
			return 1;
		printf("%-10s %5.1f %%", label_read(argv[1], (int)label), 100 * (double)probabilities[label]);
		flowers++;
		if (n > LENGTHS) {
			named++;
			right += !strcmp(name, label_read(argv[1], (int)label));
			printf("  (%s)", name);
		}
		putchar('\n');
	}
	printf("answer:  %d flowers", flowers);
	if (named)
		printf(", %d of %d right", right, named);
	putchar('\n');
	return 0;
}
