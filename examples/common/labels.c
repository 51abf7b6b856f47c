#include "labels.h"

#include <stdio.h>
#include <string.h>

const char *label_read(const char *path, int n)
{
	static char line[64];
	FILE *f = fopen(path, "r");

	strcpy(line, "?");
	while (f && n-- >= 0)
		if (!fgets(line, sizeof line, f))
			strcpy(line, "?");
	if (f)
		fclose(f);
	line[strcspn(line, "\n")] = '\0';
	return line;
}

int greatest(const float *scores, int n)
{
	int best = 0;

	for (int i = 1; i < n; i++)
		if (scores[i] > scores[best])
			best = i;
	return best;
}
